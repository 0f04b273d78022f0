/* The calls of the service: submit, ask, upload
 *
 * One call here is one request on the wire, never more: whether to repeat it is
 * decided by those who know what it costs.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "foxapiclient.h"

#include <string.h>

#include "foxapijson.h"
#include "foxapiretry.h"

/* The bodies of errors are read for a message, no further. */
#define ERROR_BODY_MAX_BYTES (64 * 1024)

/* Shorter keys (there are none but in tests) may occur in any answer by chance;
 * they are kept out of messages for people, but not out of ids and links. */
#define KEY_MIN_TELLING_LENGTH 8

struct _FoxapiClient
{
  FoxapiSession *session;
  gchar *base_url;              /* without a slash at its end */
  gchar *api_key;
  gchar *account;               /* the same for all who share limits */
  gint64 deadline_us;
};

/* RFC 6750's b64token: nothing that could end a header, or that JSON escapes */
static gboolean
is_token (const gchar * key)
{
  gsize n = strspn (key, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "-._~+/");

  return n > 0 && key[n + strspn (key + n, "=")] == '\0';
}

static gboolean
check_key (const gchar * api_key, GError ** error)
{
  if (api_key == NULL || *api_key == '\0') {
    g_set_error_literal (error, FOXAPI_ERROR, FOXAPI_ERROR_NOT_AUTHORIZED,
        "There is no API key. Set the environment variable FOXAPI_API_KEY "
        "(or the property api-key). Nothing was sent.");
    return FALSE;
  }
  if (!is_token (api_key)) {
    g_set_error_literal (error, FOXAPI_ERROR, FOXAPI_ERROR_SETTINGS,
        "The API key has spaces or characters that no key has. Set "
        "FOXAPI_API_KEY (or the property api-key) anew, without quotes and "
        "line ends. Nothing was sent.");
    return FALSE;
  }
  return TRUE;
}

/* @base_url may have a path at its end. Nothing is sent. */
FoxapiClient *
foxapi_client_new (FoxapiSession * session, const gchar * base_url,
    const gchar * api_key, GError ** error)
{
  g_autofree gchar *normal =
      foxapi_base_url_normalise (base_url, api_key, error);
  g_autofree gchar *digest = NULL;
  FoxapiClient *client;

  if (normal == NULL || !check_key (api_key, error))
    return NULL;

  client = g_new0 (FoxapiClient, 1);
  client->session = foxapi_session_ref (session);
  client->base_url = g_steal_pointer (&normal);
  client->api_key = g_strdup (api_key);
  digest = foxapi_client_get_key_digest (client);
  client->account = g_strconcat (client->base_url, " ", digest, NULL);
  client->deadline_us = G_MAXINT64;
  return client;
}

/* When calls have to end, in the time of g_get_monotonic_time(); to be set between
 * calls. */
void
foxapi_client_set_deadline (FoxapiClient * client, gint64 deadline_us)
{
  client->deadline_us = deadline_us;
}

void
foxapi_client_free (FoxapiClient * client)
{
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

/* Reads a body to its end, or to somewhere behind @max_bytes; returns %NULL on a
 * fault of the connection. It never asks for a few bytes only: of a chunked
 * body libsoup 3.2 asserts when it is asked for one. */
static GString *
read_body (FoxapiClient * client, GInputStream * stream, gsize max_bytes,
    GCancellable * cancellable, GError ** error)
{
  g_autoptr (GString) body = g_string_sized_new (4096);
  gchar piece[16 * 1024];

  while (body->len <= max_bytes) {
    gssize n = -1;

    if (g_get_monotonic_time () >= client->deadline_us)
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT,
          "the answer took too long");
    else
      n = g_input_stream_read (stream, piece, sizeof (piece), cancellable,
          error);
    if (n < 0) {
      g_string_free (g_steal_pointer (&body), TRUE);
      return NULL;
    }
    if (n == 0)
      break;
    g_string_append_len (body, piece, n);
  }
  return g_steal_pointer (&body);
}

static GError *
new_answer_error (FoxapiClient * client, FoxapiCall call,
    const FoxapiResponse * response, GString * body, const gchar * unusable)
{
  FoxapiErrorAnswer answer = {
    .status = response->status,
    .request_id = soup_message_headers_get_one (response->headers,
        "x-request-id"),
    .body = body ? body->str : NULL,
    .length = body ? body->len : 0,
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

/* The service may echo anything, and what it writes is handed on as received. A
 * key that was written with escapes is found by reading the text. */
static void
remove_key (FoxapiClient * client, GString * body)
{
  g_autoptr (JsonObject) object = NULL;
  g_autofree gchar *clean = NULL, *plain = NULL, *clean_plain = NULL;

  if (strlen (client->api_key) < KEY_MIN_TELLING_LENGTH)
    return;

  clean = foxapi_redact (body->str, client->api_key);
  if (strstr (clean, "\\u") != NULL)
    object = foxapi_json_parse (clean, strlen (clean), NULL);
  if (object != NULL) {
    plain = foxapi_json_to_text (object);
    clean_plain = foxapi_redact (plain, client->api_key);
  }
  if (g_strcmp0 (plain, clean_plain) != 0)
    g_string_assign (body, clean_plain);
  else if (!g_str_equal (clean, body->str))
    g_string_assign (body, clean);
}

/* One call of the service. Returns the body of an answer of success, and
 * @response, to be cleared in any case. */
static GString *
call_service (FoxapiClient * client, FoxapiCall call, SoupMessage * message,
    const FoxapiBody * request_body, FoxapiResponse * response,
    GCancellable * cancellable, GError ** error)
{
  SoupMessageHeaders *headers = soup_message_get_request_headers (message);
  g_autofree gchar *bearer = g_strconcat ("Bearer ", client->api_key, NULL);
  g_autoptr (GError) fault = NULL;
  g_autoptr (GString) body = NULL;

  soup_message_headers_replace (headers, "Authorization", bearer);
  soup_message_headers_replace (headers, "Accept", "application/json");

  if (foxapi_session_send (client->session, message, request_body,
          client->deadline_us, response, cancellable, &fault)) {
    if (!SOUP_STATUS_IS_SUCCESSFUL (response->status)) {
      body = read_body (client, response->stream, ERROR_BODY_MAX_BYTES,
          cancellable, NULL);
      g_propagate_error (error, new_answer_error (client, call, response, body,
              NULL));
      return NULL;
    }
    body = read_body (client, response->stream, FOXAPI_JSON_MAX_BYTES,
        cancellable, &fault);
  }
  if (body == NULL) {
    g_propagate_error (error, foxapi_error_new_from_transport (call, fault,
            response->sent));
    return NULL;
  }

  remove_key (client, body);
  return g_steal_pointer (&body);
}

static FoxapiTask *
call_for_task (FoxapiClient * client, FoxapiCall call, SoupMessage * message,
    const FoxapiBody * request_body, const gchar * asked_id,
    GCancellable * cancellable, GError ** error)
{
  g_auto (FoxapiResponse) response = { 0 };
  g_autoptr (GString) body = NULL;
  g_autoptr (GError) fault = NULL;
  FoxapiTask *task;

  body = call_service (client, call, message, request_body, &response,
      cancellable, error);
  if (body == NULL)
    return NULL;
  task = foxapi_task_new_from_json (body->str, body->len, asked_id, &fault);
  if (task == NULL)
    g_propagate_error (error, new_answer_error (client, call, &response, body,
            fault->message));
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

/* Sends a submission, once. This is the call that costs money: G_IO_ERROR_CANCELLED
 * only if nothing has left, and FOXAPI_ERROR says what may have been charged. */
FoxapiTask *
foxapi_client_submit (FoxapiClient * client, const gchar * body,
    GCancellable * cancellable, GError ** error)
{
  g_autoptr (SoupMessage) message = new_message (client, "POST",
      "/v1/videos/generations");
  g_autoptr (GInputStream) stream = g_memory_input_stream_new_from_data (body,
      -1, NULL);
  FoxapiBody request_body = { "application/json", stream, strlen (body) };

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

/* Uploads a reference, once: a form of @length bytes, with its boundary in
 * @content_type. Returns the URL to name in a request. */
gchar *
foxapi_client_upload (FoxapiClient * client, GInputStream * form,
    const gchar * content_type, goffset length, GCancellable * cancellable,
    GError ** error)
{
  g_autoptr (SoupMessage) message =
      new_message (client, "POST", "/v1/files/upload/stream");
  FoxapiBody request_body = { content_type, form, length };
  g_auto (FoxapiResponse) response = { 0 };
  g_autoptr (GString) answer = NULL;
  g_autoptr (JsonObject) object = NULL;
  g_autoptr (GUri) uri = NULL;
  const gchar *url;

  answer = call_service (client, FOXAPI_CALL_UPLOAD, message, &request_body,
      &response, cancellable, error);
  if (answer == NULL)
    return NULL;

  object = foxapi_json_parse (answer->str, answer->len, NULL);
  url = object ? foxapi_json_get_string (object, "url") : NULL;
  uri = url ? g_uri_parse (url, SOUP_HTTP_URI_FLAGS, NULL) : NULL;
  if (uri == NULL || (strcmp (g_uri_get_scheme (uri), "http") != 0
          && strcmp (g_uri_get_scheme (uri), "https") != 0)) {
    g_propagate_error (error, new_answer_error (client, FOXAPI_CALL_UPLOAD,
            &response, answer, "it has no http or https URL of the upload"));
    return NULL;
  }
  return g_strdup (url);
}
