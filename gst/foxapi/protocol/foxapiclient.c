/* The service at one address under one key: submit, ask, upload, list models
 *
 * One call here is one request on the wire, never more: whether to repeat it is
 * decided by those who know what it costs.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "foxapiclient.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#include "foxapijson.h"

/* Shorter keys (there are none but in tests) may occur in any answer by chance;
 * they are kept out of messages for people, but not out of ids and links. */
#define KEY_MIN_TELLING_LENGTH 8

struct _FoxapiClient
{
  gatomicrefcount ref_count;
  FoxapiSession *session;
  gchar *base_url;              /* without a slash at its end */
  gchar *api_key;
  gchar *account;               /* the same for all who share limits */
  gint64 deadline_us;
};

static gboolean
is_http (GUri * uri)
{
  return g_str_equal (g_uri_get_scheme (uri), "http")
      || g_str_equal (g_uri_get_scheme (uri), "https");
}

/* The key goes there, so what is not plainly an address is refused rather than
 * repaired: GUri takes spaces for part of a host, and escapes them. It has made
 * ASCII of a name in another script. Underscores are in no name of the Internet, but
 * in those of containers. */
static gboolean
is_host (const gchar * host)
{
  if (host == NULL || *host == '\0' || *host == '.')
    return FALSE;
  if (strchr (host, ':') != NULL)
    return TRUE;
  return strstr (host, "..") == NULL && host[strspn (host,
          G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "-_.")] == '\0';
}

static GUri *
parse_base_url (const gchar * text)
{
  g_autoptr (GUri) uri = g_uri_parse (text, G_URI_FLAGS_SCHEME_NORMALIZE, NULL);

  for (const gchar * c = text; *c != '\0'; c++) {
    if ((guchar) * c <= ' ' || *c == 0x7f)
      return NULL;
  }
  if (uri == NULL || !is_http (uri) || g_uri_get_userinfo (uri) != NULL
      || g_uri_get_query (uri) != NULL || g_uri_get_fragment (uri) != NULL
      || !is_host (g_uri_get_host (uri)) || g_uri_get_port (uri) == 0)
    return NULL;
  return g_steal_pointer (&uri);
}

/* What can be shown of it: a user's password and a query are nobody's business,
 * and what has no scheme may be a key in the wrong place. */
static gchar *
quote_base_url (const gchar * text, const gchar * api_key)
{
  const gchar *start = strstr (text, "://"), *shown_from, *at;
  g_autofree gchar *shown = NULL, *quoted = NULL;
  gsize length;

  if (start == NULL)
    return g_strdup ("");

  start += strlen ("://");
  at = strrchr (start, '@');
  shown_from = at ? at : start;
  length = strcspn (shown_from, "?#");
  /* Not plainly a user: whose part is it? */
  if (at != NULL && strcspn (start, "@?#") < (gsize) (at - start))
    length = 0;

  shown = g_strdup_printf ("%.*s%s%.*s%s", (gint) (start - text), text,
      at ? "…" : "", (gint) length, shown_from,
      at == NULL && shown_from[length] != '\0' ? "…" : "");
  quoted = foxapi_error_quote (shown, api_key);
  return g_strdup_printf (_(" is \"%s\", but"), quoted);
}

/* @text without a slash at its end, and without the /v1 that many clients have as
 * their address: the calls have it. The key is kept out of the error. */
static gchar *
normalise_base_url (const gchar * text, const gchar * api_key, GError ** error)
{
  g_autoptr (GUri) uri = parse_base_url (text);
  g_autofree gchar *value = NULL;
  gchar *normal;

  if (uri == NULL) {
    value = quote_base_url (text, api_key);
    g_set_error (error, FOXAPI_ERROR, FOXAPI_ERROR_SETTINGS,
        _("The property base-url (or FOXAPI_BASE_URL)%s must be an http or "
            "https URL without spaces, user name, query and fragment, such "
            "as %s. Nothing was sent."), value, FOXAPI_DEFAULT_BASE_URL);
    return NULL;
  }

  normal = g_uri_to_string (uri);
  while (g_str_has_suffix (normal, "/"))
    normal[strlen (normal) - 1] = '\0';
  if (g_str_has_suffix (normal, "/v1"))
    normal[strlen (normal) - strlen ("/v1")] = '\0';
  return normal;
}

/* RFC 6750's b64token: nothing that could end a header, or that JSON escapes */
static gboolean
is_token (const gchar * key)
{
  gsize n = strspn (key, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "-._~+/");

  return n > 0 && key[n + strspn (key + n, "=")] == '\0';
}

/* @base_url may have a path at its end; whoever may need no call of the service needs
 * no @api_key. Nothing is sent. */
FoxapiClient *
foxapi_client_new (FoxapiSession * session, const gchar * base_url,
    const gchar * api_key, GError ** error)
{
  g_autofree gchar *normal = normalise_base_url (base_url, api_key, error);
  g_autofree gchar *digest = NULL;
  FoxapiClient *client;

  if (normal == NULL)
    return NULL;
  if (api_key != NULL && *api_key != '\0' && !is_token (api_key)) {
    g_set_error_literal (error, FOXAPI_ERROR, FOXAPI_ERROR_SETTINGS,
        _("The API key has spaces or characters that no key has. Set "
            "FOXAPI_API_KEY (or the property api-key) again, without quotes "
            "and line ends. Nothing was sent."));
    return NULL;
  }

  client = g_new0 (FoxapiClient, 1);
  g_atomic_ref_count_init (&client->ref_count);
  client->session = foxapi_session_ref (session);
  client->base_url = g_steal_pointer (&normal);
  client->api_key = g_strdup (api_key ? api_key : "");
  digest = foxapi_client_get_key_digest (client);
  client->account = g_strconcat (client->base_url, " ", digest, NULL);
  client->deadline_us = G_MAXINT64;
  return client;
}

/* %FALSE: the client can make no call. */
gboolean
foxapi_client_check_key (FoxapiClient * client, GError ** error)
{
  if (*client->api_key != '\0')
    return TRUE;
  g_set_error_literal (error, FOXAPI_ERROR, FOXAPI_ERROR_NOT_AUTHORIZED,
      _("There is no API key. Set the environment variable FOXAPI_API_KEY "
          "(or the property api-key). Nothing was sent."));
  return FALSE;
}

/* When calls have to end, in the time of g_get_monotonic_time(), but a submission;
 * to be set between calls. */
void
foxapi_client_set_deadline (FoxapiClient * client, gint64 deadline_us)
{
  client->deadline_us = deadline_us;
}

FoxapiClient *
foxapi_client_ref (FoxapiClient * client)
{
  g_atomic_ref_count_inc (&client->ref_count);
  return client;
}

void
foxapi_client_unref (FoxapiClient * client)
{
  if (!g_atomic_ref_count_dec (&client->ref_count))
    return;
  foxapi_session_unref (client->session);
  g_free (client->base_url);
  g_free (client->api_key);
  g_free (client->account);
  g_free (client);
}

const gchar *
foxapi_client_get_base_url (FoxapiClient * client)
{
  return client->base_url;
}

/* (transfer full): of a result, whose server is not the service: the client's key
 * goes there as little as into any message */
FoxapiDownload *
foxapi_client_download (FoxapiClient * client, const gchar * link, gint retries,
    FoxapiDownloadRenew renew, gpointer user_data)
{
  return foxapi_download_new (client->session, link, client->api_key, retries,
      renew, user_data);
}

/* Tells two keys apart without telling either: an HMAC (RFC 2104, SHA-256) keyed
 * with the key */
gchar *
foxapi_client_get_key_digest (FoxapiClient * client)
{
  return g_compute_hmac_for_string (G_CHECKSUM_SHA256,
      (const guchar *) client->api_key, strlen (client->api_key),
      "gst-foxapi task store", -1);
}

/* Of all clients of this process: what is said to one request is meant for all that
 * come with the same key, and whoever goes on asking makes it worse. */
static GMutex pauses_lock;
static GHashTable *pauses;      /* under the lock; account → gint64, its end */

/* Notes that the service has answered 429. A shorter pause changes nothing. */
void
foxapi_client_cool_down (FoxapiClient * client, gint64 pause_us)
{
  gint64 end_us = g_get_monotonic_time () + pause_us, *known_us;

  g_mutex_lock (&pauses_lock);
  if (pauses == NULL)
    pauses = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  known_us = g_hash_table_lookup (pauses, client->account);
  if (known_us != NULL)
    *known_us = MAX (*known_us, end_us);
  else
    g_hash_table_insert (pauses, g_strdup (client->account),
        g_memdup2 (&end_us, sizeof (end_us)));
  g_mutex_unlock (&pauses_lock);
}

/* How long the service still wants to be left alone. Calls do not look at this:
 * whoever makes them waits. */
gint64
foxapi_client_get_pause_left (FoxapiClient * client)
{
  gint64 *end_us = NULL, left_us = 0;

  g_mutex_lock (&pauses_lock);
  if (pauses != NULL)
    end_us = g_hash_table_lookup (pauses, client->account);
  if (end_us != NULL)
    left_us = MAX (*end_us - g_get_monotonic_time (), 0);
  g_mutex_unlock (&pauses_lock);
  return left_us;
}

static GError *
new_answer_error (FoxapiClient * client, FoxapiCall call,
    const FoxapiResponse * response, const gchar * unusable)
{
  FoxapiErrorAnswer answer = {
    .status = response->status,
    .request_id = soup_message_headers_get_one (response->headers,
        "x-request-id"),
    .body = response->body->str,
    .length = response->body->len,
  };
  GError *error = foxapi_error_new_from_answer (call, &answer, unusable,
      client->api_key);
  FoxapiErrorDetails *details = foxapi_error_edit_details (error);

  details->retry_after_us =
      foxapi_retry_parse_after (soup_message_headers_get_one (response->headers,
          "Retry-After"), g_get_real_time () / G_USEC_PER_SEC);
  if (details->http_status == 429)
    foxapi_client_cool_down (client, foxapi_retry_get_delay (1,
            details->retry_after_us, 0));
  return error;
}

/* The service may echo anything, and what it writes is handed on as received. */
static void
remove_key (FoxapiClient * client, GString * body)
{
  g_autofree gchar *clean = NULL;

  if (strlen (client->api_key) < KEY_MIN_TELLING_LENGTH)
    return;
  clean = foxapi_redact (body->str, client->api_key);
  if (!g_str_equal (clean, body->str))
    g_string_assign (body, clean);
}

/* One call of the service. @response, to be cleared in any case, has the body of an
 * answer of success. */
static gboolean
call_service (FoxapiClient * client, FoxapiCall call, SoupMessage * message,
    const FoxapiBody * body, FoxapiResponse * response,
    GCancellable * cancellable, GError ** error)
{
  SoupMessageHeaders *headers = soup_message_get_request_headers (message);
  g_autofree gchar *bearer = g_strconcat ("Bearer ", client->api_key, NULL);
  g_autoptr (GError) fault = NULL;

  soup_message_headers_replace (headers, "Authorization", bearer);
  soup_message_headers_replace (headers, "Accept", "application/json");

  if (!foxapi_session_call (client->session, message, body,
          call == FOXAPI_CALL_SUBMIT ? G_MAXINT64 : client->deadline_us,
          FOXAPI_JSON_MAX_BYTES, response, cancellable, &fault)) {
    g_propagate_error (error, foxapi_error_new_from_transport (call, fault,
            response->sent));
    return FALSE;
  }
  if (!SOUP_STATUS_IS_SUCCESSFUL (response->status)) {
    g_propagate_error (error, new_answer_error (client, call, response, NULL));
    return FALSE;
  }
  remove_key (client, response->body);
  return TRUE;
}

/* Of a body without a length libsoup 3.2 takes any end for the end. */
static GError *
new_unusable_error (FoxapiClient * client, FoxapiCall call,
    const FoxapiResponse * response, const GError * fault)
{
  if (g_error_matches (fault, G_IO_ERROR, G_IO_ERROR_PARTIAL_INPUT)
      && soup_message_headers_get_encoding (response->headers) !=
      SOUP_ENCODING_CONTENT_LENGTH)
    return foxapi_error_new_from_transport (call, fault, response->sent);
  return new_answer_error (client, call, response, fault->message);
}

static FoxapiTask *
call_for_task (FoxapiClient * client, FoxapiCall call, SoupMessage * message,
    const FoxapiBody * body, const gchar * asked_id,
    GCancellable * cancellable, GError ** error)
{
  g_auto (FoxapiResponse) response = { 0 };
  g_autoptr (GError) fault = NULL;
  FoxapiTask *task;

  if (!call_service (client, call, message, body, &response, cancellable,
          error))
    return NULL;
  task = foxapi_task_new_from_json (response.body->str, response.body->len,
      asked_id, &fault);
  if (task == NULL)
    g_propagate_error (error, new_unusable_error (client, call, &response,
            fault));
  return task;
}

/* The methods are given as text: SOUP_METHOD_GET and _POST intern it where they are
 * used first, which may be in several threads at once. */
static SoupMessage *
new_message (FoxapiClient * client, const gchar * method, const gchar * path)
{
  g_autofree gchar *url = g_strconcat (client->base_url, path, NULL);

  return soup_message_new (method, url);
}

/* (transfer full): for a call of the client; to be destroyed before that goes */
GSource *
foxapi_client_cancel_at (FoxapiClient * client, gint64 time_us,
    GCancellable * cancellable)
{
  return foxapi_session_cancel_at (client->session, time_us, cancellable);
}

/* Sends a submission, once. This is the call that costs money: G_IO_ERROR_CANCELLED
 * only if nothing has left, and FOXAPI_ERROR says what may have been charged.
 * @gate: (nullable): a FoxapiGate */
FoxapiTask *
foxapi_client_submit (FoxapiClient * client, const gchar * body,
    gint * gate, GCancellable * cancellable, GError ** error)
{
  g_autoptr (SoupMessage) message = new_message (client, "POST",
      "/v1/videos/generations");
  g_autoptr (GInputStream) stream = g_memory_input_stream_new_from_data (body,
      -1, NULL);
  FoxapiBody request_body = { "application/json", stream, strlen (body),
    gate
  };

  return call_for_task (client, FOXAPI_CALL_SUBMIT, message, &request_body,
      NULL, cancellable, error);
}

/* Asks about a task, once. */
FoxapiTask *
foxapi_client_ask (FoxapiClient * client, const gchar * id,
    GCancellable * cancellable, GError ** error)
{
  g_autofree gchar *escaped = g_uri_escape_string (id, NULL, FALSE);
  g_autofree gchar *path = g_strconcat ("/v1/tasks/", escaped, NULL);
  g_autoptr (SoupMessage) message = new_message (client, "GET", path);

  return call_for_task (client, FOXAPI_CALL_ASK, message, NULL, id,
      cancellable, error);
}

/* Asks which models the key may use, once. Their names are fit to be shown. */
GStrv
foxapi_client_list_models (FoxapiClient * client, GCancellable * cancellable,
    GError ** error)
{
  g_autoptr (SoupMessage) message = new_message (client, "GET", "/v1/models");
  g_auto (FoxapiResponse) response = { 0 };
  g_autoptr (GStrvBuilder) names = g_strv_builder_new ();
  g_autoptr (JsonObject) object = NULL;
  JsonArray *models;

  if (!call_service (client, FOXAPI_CALL_LIST_MODELS, message, NULL, &response,
          cancellable, error))
    return NULL;
  object = foxapi_json_parse (response.body->str, response.body->len, NULL);
  models = object ? foxapi_json_get_array (object, "data") : NULL;
  if (models == NULL) {
    g_propagate_error (error, new_answer_error (client, FOXAPI_CALL_LIST_MODELS,
            &response, _("it has no list of models")));
    return NULL;
  }
  for (guint i = 0; i < json_array_get_length (models); i++) {
    JsonNode *node = json_array_get_element (models, i);
    const gchar *id = JSON_NODE_HOLDS_OBJECT (node) ?
        foxapi_json_get_string (json_node_get_object (node), "id") : NULL;
    g_autofree gchar *name = foxapi_error_quote (id, client->api_key);

    if (name != NULL)
      g_strv_builder_add (names, name);
  }
  return g_strv_builder_end (names);
}

/* Uploads a reference, once: a form of @length bytes, with its boundary in
 * @content_type. Returns the URL to name in a request. */
gchar *
foxapi_client_upload (FoxapiClient * client, GInputStream * form,
    const gchar * content_type, goffset length, GCancellable * cancellable,
    GError ** error)
{
  g_autoptr (SoupMessage) message =
      new_message (client, "POST", "/v1/files/upload/stream");
  FoxapiBody request_body = { content_type, form, length, NULL };
  g_auto (FoxapiResponse) response = { 0 };
  g_autoptr (JsonObject) object = NULL;
  g_autoptr (GUri) uri = NULL;
  const gchar *url;

  if (!call_service (client, FOXAPI_CALL_UPLOAD, message, &request_body,
          &response, cancellable, error))
    return NULL;

  object = foxapi_json_parse (response.body->str, response.body->len, NULL);
  url = object ? foxapi_json_get_string (object, "url") : NULL;
  uri = url ? g_uri_parse (url, SOUP_HTTP_URI_FLAGS, NULL) : NULL;
  if (uri == NULL || !is_http (uri)) {
    g_propagate_error (error, new_answer_error (client, FOXAPI_CALL_UPLOAD,
            &response, _("it has no http or https URL of the upload")));
    return NULL;
  }
  return g_strdup (url);
}
