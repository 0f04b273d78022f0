/* Errors of the protocol library: HTTP status and body, or a fault of the
 * connection, become one GError that knows whether money may have been spent
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "foxapierror.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#include "foxapijson.h"

/* A message of the service longer than this is not a message for people; of a web
 * page the first words are enough. */
#define SERVICE_TEXT_MAX 500
#define PAGE_TEXT_MAX 120
#define PAGE_MAX_BYTES 8192

typedef FoxapiErrorDetails FoxapiErrorPrivate;

static void
foxapi_error_private_init (FoxapiErrorPrivate * details)
{
  details->retry_after_us = -1;
}

static void
foxapi_error_private_copy (const FoxapiErrorPrivate * from,
    FoxapiErrorPrivate * to)
{
  *to = *from;
  to->code = g_strdup (from->code);
  to->type = g_strdup (from->type);
  to->request_id = g_strdup (from->request_id);
}

static void
foxapi_error_private_clear (FoxapiErrorPrivate * details)
{
  g_clear_pointer (&details->code, g_free);
  g_clear_pointer (&details->type, g_free);
  g_clear_pointer (&details->request_id, g_free);
}

/* *INDENT-OFF* */
G_DEFINE_EXTENDED_ERROR (FoxapiError, foxapi_error)
/* *INDENT-ON* */

const FoxapiErrorDetails *
foxapi_error_get_details (const GError * error)
{
  if (error == NULL || error->domain != FOXAPI_ERROR)
    return NULL;

  return foxapi_error_get_private (error);
}

FoxapiErrorDetails *
foxapi_error_edit_details (GError * error)
{
  g_return_val_if_fail (error != NULL && error->domain == FOXAPI_ERROR, NULL);

  return foxapi_error_get_private (error);
}

/* What a status means, and what a person can do about it (docs/service.md). Who
 * has said it stands before the first text. */
typedef struct
{
  guint status;
  FoxapiErrorCode code;
  gboolean passing;
  const gchar *what;
  const gchar *remedy;
} Meaning;

static const Meaning meanings[] = {
  {400, FOXAPI_ERROR_SETTINGS, FALSE, N_("could not read the request"),
      N_("Check the properties, extra-parameters first")},
  {401, FOXAPI_ERROR_NOT_AUTHORIZED, FALSE, N_("does not accept the API key"),
      N_("Set FOXAPI_API_KEY (or the property api-key) to a valid key")},
  {402, FOXAPI_ERROR_NOT_AUTHORIZED, FALSE,
        N_("says that the account's balance is too low"),
      N_("Top up the account, then start again")},
  {403, FOXAPI_ERROR_NOT_AUTHORIZED, FALSE, N_("does not allow this call"),
      N_("Check what the API key is allowed to do")},
  {404, FOXAPI_ERROR_NOT_FOUND, FALSE, N_("does not know this address"),
      N_("Check the property base-url")},
  {407, FOXAPI_ERROR_CONNECT, FALSE, N_("asks for a user name and a password"),
      N_("Set the properties proxy-id and proxy-pw to what the proxy accepts")},
  {413, FOXAPI_ERROR_SETTINGS, FALSE, N_("finds the request too large"),
      N_("Shorten the prompt or use smaller references")},
  {422, FOXAPI_ERROR_SETTINGS, FALSE, N_("refuses the request"),
      N_("Change the property that it names")},
  {429, FOXAPI_ERROR_BUSY, TRUE, N_("asks to slow down"),
      N_("Start again later, or run fewer generations at once")},
  {503, FOXAPI_ERROR_FAILED, TRUE, N_("is not available"),
      N_("Start again later")},
};

static const Meaning other_client_error = {
  0, FOXAPI_ERROR_SETTINGS, FALSE, N_("refuses the request"),
  N_("Check the properties and base-url")
};

static const Meaning other_server_error = {
  0, FOXAPI_ERROR_FAILED, TRUE, N_("failed"), N_("Start again later")
};

static const Meaning redirection = {
  0, FOXAPI_ERROR_FAILED, FALSE, N_("answered with a redirection, which the "
      "element does not follow with the API key"), N_("Check the property "
      "base-url")
};

static const Meaning unusable_answer = {
  0, FOXAPI_ERROR_FAILED, FALSE, N_("gave an unusable answer"),
  N_("Check the property base-url, or start again later")
};

static const Meaning no_such_task = {
  404, FOXAPI_ERROR_NOT_FOUND, FALSE, N_("does not know this task"),
  N_("Check task-id, base-url, and whether the API key belongs to the "
      "account that paid for the task")
};

static const Meaning refused_upload = {
  403, FOXAPI_ERROR_NOT_AUTHORIZED, FALSE, N_("refuses the file"),
  N_("Check what the API key is allowed to do, and whether the account's "
      "storage is full")
};

/* Not the service's refusal: Cloudflare's, a proxy's. Such things pass. */
static const Meaning refused_in_front = {
  403, FOXAPI_ERROR_NOT_AUTHORIZED, TRUE, N_("blocks the call"),
  N_("Start again later or from another network, and set the property "
      "user-agent if the answer says error code 1010")
};

/* Codes, or types where there is no code: of refusals and of failed tasks */
typedef struct
{
  const gchar *code;
  const gchar *what;            /* NULL: what the status says */
  const gchar *remedy;
} CodeMeaning;

#define NO_CHANNEL N_("has no channel for the model at the moment")
#define LATER N_("Nothing is wrong with the request: start again later")
#define NO_MONEY N_("says that the account's balance is too low")
#define TOP_UP N_("Top up the account, then start again")
#define REFERENCE N_("Check the references: each must be a file of a type that " \
    "the model takes, at an address that the service can read")
#define NAMED N_("Change the property, or the field of extra-parameters, that it " \
    "names")
#define TRY_ANEW N_("Start again later, or change the prompt or another property")

static const CodeMeaning code_meanings[] = {
  {"no_compatible_channel", NO_CHANNEL, LATER},
  {"no_available_model", NO_CHANNEL, LATER},
  {"service_unavailable_error", NO_CHANNEL, LATER},
  {"model_unavailable", NO_CHANNEL, LATER},
  {"service_unavailable", NULL, LATER},
  {"model_not_found", N_("does not know the model, or not for this API key"),
      N_("Set the property model to one that the key may use: foxapi-models "
            "(GET /v1/models) lists them")},
  {"unsupported_advanced_options", NULL,
      N_("Leave out the optional properties and fields: what is not set is "
            "not sent")},
  {"invalid_image_url", NULL, REFERENCE},
  {"invalid_file_type", NULL, REFERENCE},
  {"invalid_param", NULL, NAMED},
  {"model_rule_violation", NULL, NAMED},
  {"model_not_support_capability", NULL, NAMED},
  {"content_policy_violation", NULL,
      N_("Change the prompt or the references: they break the service's "
            "rules")},
  {"insufficient_quota", NO_MONEY, TOP_UP},
  {"insufficient_user_quota", NO_MONEY, TOP_UP},
  {"quota_not_enough", NO_MONEY, TOP_UP},
  {"generation_failed", NULL, TRY_ANEW},
  {"timeout", NULL, TRY_ANEW},
  {"unknown_error", NULL, TRY_ANEW},
};

#define NOT_CHARGED N_(" Nothing was charged.")

#define UNKNOWN_OUTCOME N_("The service may have made a task and charged for it: look for " \
    "a charge of this time and model in the console of your account, then set " \
    "task-id to the task that you find there, or to NULL to submit again (in a " \
    "new process: resubmit-maybe-charged=true)")

static const Meaning *
find_meaning (FoxapiCall call, guint status, gboolean in_front)
{
  if (call == FOXAPI_CALL_ASK && status == 404)
    return &no_such_task;
  if (status == 403 && in_front)
    return &refused_in_front;
  if (status == 403 && call == FOXAPI_CALL_UPLOAD)
    return &refused_upload;

  for (gsize i = 0; i < G_N_ELEMENTS (meanings); i++) {
    if (meanings[i].status == status)
      return &meanings[i];
  }

  if (status >= 500)
    return &other_server_error;
  if (status >= 400)
    return &other_client_error;
  return status >= 300 ? &redirection : &unusable_answer;
}

static const CodeMeaning *
find_code_meaning (const gchar * code)
{
  for (gsize i = 0; code != NULL && i < G_N_ELEMENTS (code_meanings); i++) {
    if (g_str_equal (code_meanings[i].code, code))
      return &code_meanings[i];
  }
  return NULL;
}

/* Behind the character @c as a service may write it (itself, percent-encoded, or as
 * JSON escapes it), or %NULL. g_str_has_prefix() of GLib 2.84 would measure all of
 * @text for each of its characters. */
static const gchar *
skip_char (const gchar * text, gchar c)
{
  const gchar *digits = *text == '%' ? text + 1 :
      strncmp (text, "\\u00", 4) == 0 ? text + 4 : NULL;

  if (*text == c)
    return text + 1;
  if (*text == '\\' && text[1] == c)
    return text + 2;
  return digits != NULL && g_ascii_isxdigit (digits[0])
      && g_ascii_isxdigit (digits[1]) && g_ascii_xdigit_value (digits[0]) * 16
      + g_ascii_xdigit_value (digits[1]) == c ? digits + 2 : NULL;
}

gchar *
foxapi_redact (const gchar * text, const gchar * api_key)
{
  GString *clean;

  if (text == NULL || api_key == NULL || *api_key == '\0')
    return g_strdup (text);

  clean = g_string_new (NULL);
  while (*text != '\0') {
    const gchar *end = text;

    for (const gchar * c = api_key; end != NULL && *c != '\0'; c++)
      end = skip_char (end, *c);
    if (end != NULL)
      g_string_append (clean, "[API key]");
    else
      g_string_append_c (clean, *text);
    text = end ? end : text + 1;
  }
  return g_string_free (clean, FALSE);
}

static gchar *
quote (const gchar * text, const gchar * api_key, guint max_chars)
{
  g_autofree gchar *redacted = foxapi_redact (text, api_key);
  g_autofree gchar *valid = NULL;
  GString *clean;
  guint n_chars = 0;

  if (redacted == NULL)
    return NULL;

  valid = g_utf8_make_valid (redacted, -1);
  clean = g_string_new (NULL);
  for (const gchar * c = valid; *c != '\0' && n_chars < max_chars;
      c = g_utf8_next_char (c), n_chars++) {
    gunichar character = g_utf8_get_char (c);

    g_string_append_unichar (clean,
        g_unichar_iscntrl (character) ? ' ' : character);
  }
  return g_strchomp (g_string_free (clean, FALSE));
}

/* Makes @text fit for a message: without the key, without control characters, not
 * endless. */
gchar *
foxapi_error_quote (const gchar * text, const gchar * api_key)
{
  return quote (text, api_key, SERVICE_TEXT_MAX);
}

/* Services of this kind write codes as words and as numbers. */
static gchar *
quote_member (JsonObject * object, const gchar * name, const gchar * api_key)
{
  const gchar *text = foxapi_json_get_string (object, name);
  g_autofree gchar *number = NULL;
  gint64 value;

  if (text == NULL && foxapi_json_get_int (object, name, &value))
    text = number = g_strdup_printf ("%" G_GINT64_FORMAT, value);
  return foxapi_error_quote (text, api_key);
}

/* Where a rule was broken, and which: `{"loc":["body","prompt"],"msg":"…"}` */
static void
append_broken_rule (GString * said, JsonNode * node)
{
  JsonObject *rule = JSON_NODE_HOLDS_OBJECT (node) ?
      json_node_get_object (node) : NULL;
  JsonArray *place = rule ? foxapi_json_get_array (rule, "loc") : NULL;
  const gchar *text = rule ? foxapi_json_get_string (rule, "msg")
      : foxapi_json_node_get_string (node);
  gsize start = said->len;

  for (guint i = 0; place != NULL && i < json_array_get_length (place); i++) {
    const gchar *name =
        foxapi_json_node_get_string (json_array_get_element (place, i));

    if (name != NULL)
      g_string_append_printf (said, "%s%s", said->len > start ? "." : "", name);
  }
  if (text != NULL)
    g_string_append_printf (said, "%s%s", said->len > start ? ": " : "", text);
  if (said->len > start)
    g_string_append (said, "; ");
}

static gchar *
join_broken_rules (JsonArray * rules, const gchar * api_key)
{
  GString *said = g_string_new (NULL);
  g_autofree gchar *text = NULL;

  for (guint i = 0; i < json_array_get_length (rules); i++)
    append_broken_rule (said, json_array_get_element (rules, i));
  g_string_truncate (said, MAX (said->len, 2) - 2);
  text = g_string_free (said, FALSE);
  return foxapi_error_quote (text, api_key);
}

/* What the service's JSON says, in any of its forms: `{"error":{…}}`, the same
 * without the envelope, `{"error":"…"}`, `{"detail":…}` */
static gchar *
read_object (FoxapiErrorDetails * details, JsonObject * object,
    const gchar * api_key)
{
  static const gchar *const envelopes[] = { "error", "detail" };
  JsonObject *inner = object;
  g_autofree gchar *text = NULL, *message = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (envelopes) && text == NULL; i++) {
    JsonObject *envelope = foxapi_json_get_object (object, envelopes[i]);
    JsonArray *rules = foxapi_json_get_array (object, envelopes[i]);

    if (envelope != NULL)
      inner = envelope;
    text = rules ? join_broken_rules (rules, api_key)
        : quote_member (object, envelopes[i], api_key);
  }

  details->code = quote_member (inner, "code", api_key);
  message = quote_member (inner, "message", api_key);
  /* A task has a type, too. */
  if (inner != object || details->code != NULL || message != NULL)
    details->type = quote_member (inner, "type", api_key);
  if (message == NULL)
    return g_steal_pointer (&text);
  if (text == NULL)
    return g_steal_pointer (&message);
  return g_strconcat (text, ": ", message, NULL);
}

/* The title of a page, or its first words; of plain text, these */
gchar *
foxapi_error_quote_page (const gchar * body, gsize length,
    const gchar * api_key)
{
  g_autofree gchar *whole = g_strndup (body, length);
  g_autofree gchar *clean = foxapi_redact (whole, api_key);
  g_autofree gchar *page = g_strndup (clean, PAGE_MAX_BYTES);
  g_autoptr (GRegex) title = g_regex_new ("<title[^>]*>\\s*([^<]*[^<\\s])",
      G_REGEX_CASELESS | G_REGEX_RAW, 0, NULL);
  g_autoptr (GRegex) noise = g_regex_new
      ("(?:<(script|style)\\b.*?</\\1>|<[^>]*>|\\s)+",
      G_REGEX_CASELESS | G_REGEX_RAW | G_REGEX_DOTALL, 0, NULL);
  g_autoptr (GMatchInfo) match = NULL;
  g_autofree gchar *text = NULL, *words = NULL;

  if (g_regex_match (title, page, 0, &match))
    text = g_match_info_fetch (match, 1);
  words = g_regex_replace_literal (noise, text ? text : page, -1, 0, " ", 0,
      NULL);
  return words ? g_strchug (quote (words, NULL, PAGE_TEXT_MAX)) : NULL;
}

/* The service's support asks for this. It stands in a header, or only in the
 * message. */
static gchar *
find_request_id (const gchar * header, const gchar * message,
    const gchar * api_key)
{
  g_autoptr (GRegex) named = NULL;
  g_autoptr (GMatchInfo) match = NULL;

  if (header != NULL && *header != '\0')
    return foxapi_error_quote (header, api_key);
  if (message == NULL)
    return NULL;

  named = g_regex_new ("request[ _]id: *([[:alnum:]._-]+)", G_REGEX_CASELESS, 0,
      NULL);
  return g_regex_match (named, message, 0, &match) ?
      g_match_info_fetch (match, 1) : NULL;
}

/* Nothing is charged by 4xx, and a redirection was not acted upon. Any other
 * answer that is not the task leaves it open: clients that repeated a submission
 * after a 503 were charged twice. */
static FoxapiCharge
find_charge (FoxapiCall call, guint status)
{
  if (call != FOXAPI_CALL_SUBMIT)
    return FOXAPI_CHARGE_NOT_ASKED;
  return status >= 300 && status < 500 ? FOXAPI_CHARGE_NO : FOXAPI_CHARGE_MAYBE;
}

static const gchar *
name_speaker (guint status, gboolean in_front, const gchar * said)
{
  if (status == 407)
    return _("A proxy");
  if (!in_front)
    return _("The service");
  if (said == NULL || *said == '\0')
    return _("The service, or something in front of it,");
  return _("Something in front of the service");
}

/* The error for an answer that is not the wanted one; @unusable says why a 2xx is
 * not. Everything is in the details but the Retry-After. */
GError *
foxapi_error_new_from_answer (FoxapiCall call, const FoxapiErrorAnswer * answer,
    const gchar * unusable, const gchar * api_key)
{
  g_autoptr (JsonObject) object =
      foxapi_json_parse (answer->body, answer->length, NULL);
  const Meaning *meaning = find_meaning (call, answer->status, object == NULL);
  GError *error = g_error_new_literal (FOXAPI_ERROR, meaning->code, "");
  FoxapiErrorDetails *details = foxapi_error_edit_details (error);
  const CodeMeaning *special;
  g_autofree gchar *said = NULL;
  GString *text = g_string_new (NULL);

  details->http_status = answer->status;
  details->charge = find_charge (call, answer->status);
  details->passing = meaning->passing
      && (call != FOXAPI_CALL_SUBMIT || answer->status == 429);
  if (object != NULL)
    said = read_object (details, object, api_key);
  else if (answer->body != NULL)
    said = foxapi_error_quote_page (answer->body, answer->length, api_key);
  details->request_id = find_request_id (answer->request_id, said, api_key);

  special = find_code_meaning (details->code);
  if (special == NULL)
    special = find_code_meaning (details->type);
  if (meaning == &no_such_task)
    special = NULL;
  /* Translators: who, and what that one does, in two of the texts around */
  g_string_append_printf (text, _("%s %s (HTTP %u"),
      name_speaker (answer->status, object == NULL, said),
      _(special && special->what ? special->what : meaning->what),
      answer->status);
  if (unusable != NULL)
    g_string_append_printf (text, ", %s", unusable);
  if (said != NULL && *said != '\0')
    g_string_append_printf (text, ": %s", said);
  g_string_append_printf (text, _("). %s."),
      _(details->charge == FOXAPI_CHARGE_MAYBE ? UNKNOWN_OUTCOME
          : special ? special->remedy : meaning->remedy));
  if (details->charge == FOXAPI_CHARGE_NO)
    g_string_append (text, _(NOT_CHARGED));
  g_free (error->message);
  error->message = g_string_free (text, FALSE);
  return error;
}

/* A certificate that is refused now is refused in a second, too. */
static gboolean
transport_fault_passes (const GError * cause)
{
  return !g_error_matches (cause, G_TLS_ERROR, G_TLS_ERROR_BAD_CERTIFICATE)
      && !g_error_matches (cause, G_TLS_ERROR, G_TLS_ERROR_UNAVAILABLE)
      && !g_error_matches (cause, G_IO_ERROR, G_IO_ERROR_PROXY_NOT_ALLOWED)
      && !g_error_matches (cause, G_IO_ERROR, G_IO_ERROR_PROXY_AUTH_FAILED)
      && !g_error_matches (cause, G_IO_ERROR, G_IO_ERROR_PROXY_NEED_AUTH);
}

/* The error for a call that got no answer, or only a part of one; @sent: the
 * request's headers had left. A cancelled call stays G_IO_ERROR_CANCELLED, unless
 * it was a submission that had left. */
GError *
foxapi_error_new_from_transport (FoxapiCall call, const GError * cause,
    gboolean sent)
{
  gboolean unknown = call == FOXAPI_CALL_SUBMIT && sent;
  GError *error;
  FoxapiErrorDetails *details;

  if (g_error_matches (cause, G_IO_ERROR, G_IO_ERROR_CANCELLED) && !unknown)
    return g_error_copy (cause);

  if (unknown)
    error = g_error_new (FOXAPI_ERROR, FOXAPI_ERROR_FAILED,
        _("The submission was sent, but its answer was lost (%s). %s."),
        cause->message, _(UNKNOWN_OUTCOME));
  else
    error = g_error_new (FOXAPI_ERROR, FOXAPI_ERROR_CONNECT,
        _("The connection to the service failed (%s). Check the network, "
            "the property base-url and the proxy, then start again.%s"),
        cause->message, call == FOXAPI_CALL_SUBMIT ? _(NOT_CHARGED) : "");

  details = foxapi_error_edit_details (error);
  details->passing = !unknown && transport_fault_passes (cause);
  details->timed_out =
      g_error_matches (cause, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
  if (call == FOXAPI_CALL_SUBMIT)
    details->charge = unknown ? FOXAPI_CHARGE_MAYBE : FOXAPI_CHARGE_NO;
  return error;
}

/* The error for a task that failed or was cancelled; any of the last three may be
 * NULL. */
GError *
foxapi_error_new_task_failed (const gchar * status, const gchar * code,
    const gchar * type, const gchar * message)
{
  const CodeMeaning *special = find_code_meaning (code);
  g_autofree gchar *said = foxapi_error_quote (message ? message : code, NULL);
  GError *error = g_error_new (FOXAPI_ERROR, FOXAPI_ERROR_FAILED,
      _("The task ended as %s%s%s. %s. To submit the same request again, set "
          "task-id to NULL (in a new process: start again)."), status,
      said ? ": " : "", said ? said : "", _(special ? special->remedy
          : N_("Change the prompt or another generation property")));
  FoxapiErrorDetails *details = foxapi_error_edit_details (error);

  details->code = g_strdup (code);
  details->type = g_strdup (type);
  details->request_id = find_request_id (NULL, said, NULL);
  return error;
}
