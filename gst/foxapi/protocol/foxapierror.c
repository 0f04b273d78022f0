/* Errors of the protocol library: HTTP status and body, or a fault of the
 * connection, become one GError that knows whether money may have been spent
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "foxapierror.h"

#include <string.h>

#include "foxapijson.h"

/* A message of the service longer than this is not a message for people. */
#define SERVICE_TEXT_MAX 500

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
}

static void
foxapi_error_private_clear (FoxapiErrorPrivate * details)
{
  g_clear_pointer (&details->code, g_free);
  g_clear_pointer (&details->type, g_free);
}

/* *INDENT-OFF* */
G_DEFINE_EXTENDED_ERROR (FoxapiError, foxapi_error)
/* *INDENT-ON* */

/**
 * foxapi_error_get_details:
 * @error: an error of any domain
 *
 * Returns: (nullable) (transfer none): the details, %NULL if @error is not of
 *   the domain %FOXAPI_ERROR
 *
 * Since: 0.1
 */
const FoxapiErrorDetails *
foxapi_error_get_details (const GError * error)
{
  if (error == NULL || error->domain != FOXAPI_ERROR)
    return NULL;

  return foxapi_error_get_private (error);
}

/**
 * foxapi_error_edit_details:
 * @error: an error of the domain %FOXAPI_ERROR
 *
 * Returns: (transfer none): the details, to be filled in by whoever makes the
 *   error
 *
 * Since: 0.1
 */
FoxapiErrorDetails *
foxapi_error_edit_details (GError * error)
{
  g_return_val_if_fail (error != NULL && error->domain == FOXAPI_ERROR, NULL);

  return foxapi_error_get_private (error);
}

/* What a status means and what a person can do about it (API.md, errors). */
typedef struct
{
  guint status;
  FoxapiErrorCode code;
  gboolean passing;
  const gchar *what;
  const gchar *remedy;
} StatusMeaning;

static const StatusMeaning status_meanings[] = {
  {400, FOXAPI_ERROR_SETTINGS, FALSE,
        "The service could not read the request",
      "Check the properties, extra-parameters first"},
  {401, FOXAPI_ERROR_NOT_AUTHORIZED, FALSE,
        "The service does not accept the API key",
      "Set FOXAPI_API_KEY (or the property api-key) to a valid key"},
  {402, FOXAPI_ERROR_NOT_AUTHORIZED, FALSE,
        "The account's balance is too low",
      "Top up the account, then start again"},
  {403, FOXAPI_ERROR_NOT_AUTHORIZED, FALSE,
        "The service forbids this to the API key",
      "Check what the key is allowed to do, and the account's storage"},
  {404, FOXAPI_ERROR_NOT_FOUND, FALSE,
        "The service knows no such address",
      "Check the property base-url"},
  {413, FOXAPI_ERROR_SETTINGS, FALSE,
        "The request is too large for the service",
      "Shorten the prompt or use smaller references"},
  {422, FOXAPI_ERROR_SETTINGS, FALSE,
        "The service refuses the request",
      "Change the property that it names"},
  {429, FOXAPI_ERROR_BUSY, TRUE,
        "The service asks to slow down",
      "Start again later, or run fewer generations at once"},
  {503, FOXAPI_ERROR_FAILED, TRUE,
        "The service has no free channel for the model",
      "Start again later"},
};

static const StatusMeaning other_client_error = {
  0, FOXAPI_ERROR_SETTINGS, FALSE, "The service refuses the request",
  "Check the properties and base-url"
};

static const StatusMeaning other_server_error = {
  0, FOXAPI_ERROR_FAILED, TRUE, "The service failed", "Start again later"
};

static const StatusMeaning other_answer = {
  0, FOXAPI_ERROR_FAILED, FALSE, "The service gave an answer of no use",
  "Check the property base-url: a redirection is not followed, because the "
      "API key goes to no other address"
};

static const StatusMeaning no_such_task = {
  404, FOXAPI_ERROR_NOT_FOUND, FALSE, "The service knows no such task",
  "Check task-id, base-url, and whether the API key is of the account that "
      "paid for the task. Without a task-id the next start submits anew"
};

static const StatusMeaning *
meaning_of_status (FoxapiCall call, guint status)
{
  if (call == FOXAPI_CALL_ASK && status == 404)
    return &no_such_task;

  for (gsize i = 0; i < G_N_ELEMENTS (status_meanings); i++) {
    if (status_meanings[i].status == status)
      return &status_meanings[i];
  }

  if (status >= 500)
    return &other_server_error;
  if (status >= 400)
    return &other_client_error;
  return &other_answer;
}

/* API.md: nothing is charged by 4xx and by 503; any other answer that is not
 * the task leaves it open. A redirection was not acted upon. */
static FoxapiCharge
charge_of_status (FoxapiCall call, guint status)
{
  if (call != FOXAPI_CALL_SUBMIT)
    return FOXAPI_CHARGE_NOT_ASKED;
  if (status == 503 || (status >= 300 && status < 500))
    return FOXAPI_CHARGE_NO;
  return FOXAPI_CHARGE_MAYBE;
}

#define UNKNOWN_OUTCOME "Whether a task was made and charged is not known: " \
    "look into the account's task list before you submit again, then set " \
    "task-id to the task found there, or to NULL to submit anew (a new " \
    "process: just start it again)"

/* The length of the backslashes at @text, however they are written: JSON has two
 * ways, and puts one before what it escapes. */
static gsize
span_backslashes (const gchar * text)
{
  gsize n = 0;

  for (;;) {
    gsize plain = strspn (text + n, "\\");

    n += plain;
    if (plain > 0 && g_ascii_strncasecmp (text + n, "u005c", 5) == 0)
      n += 5;
    else if (plain == 0)
      return n;
  }
}

/* The length of @c at @text, 0 if something else is there. Behind a backslash it
 * may be written as its number. */
static gsize
span_character (const gchar * text, gchar c, gboolean escaped)
{
  gchar number[] = "u0000";

  if (escaped) {
    g_snprintf (number, sizeof (number), "u%04x", (guchar) c);
    if (g_ascii_strncasecmp (text, number, strlen (number)) == 0)
      return strlen (number);
  }
  return *text == c ? 1 : 0;
}

/* The length of @api_key at @text, 0 if it is not there. The service may have
 * escaped it for JSON, once or (an answer within an answer) more often, so that
 * backslashes tell nothing, in the key or around its characters. */
static gsize
span_key (const gchar * text, const gchar * api_key)
{
  gsize n = 0, n_backslashes = 0, n_characters = 0;

  for (const gchar * c = api_key; *c != '\0'; c++) {
    gsize width;

    if (*c == '\\')
      continue;
    n_backslashes = span_backslashes (text + n);
    n += n_backslashes;
    width = span_character (text + n, *c, n_backslashes > 0);
    if (width == 0)
      return 0;
    n += width;
    n_characters++;
  }
  /* In nothing but backslashes there is nothing to find it by. */
  if (n_characters == 0)
    return 0;
  return n + (g_str_has_suffix (api_key, "\\")
      ? span_backslashes (text + n) : 0);
}

/**
 * foxapi_redact:
 * @text: (nullable): a text that came from the service
 * @api_key: (nullable): the key
 *
 * Returns: (transfer full) (nullable): @text with every occurrence of @api_key
 *   blotted out, escaped for JSON or not; %NULL for %NULL
 *
 * Since: 0.1
 */
gchar *
foxapi_redact (const gchar * text, const gchar * api_key)
{
  const gchar *run_end = text;
  gsize key_length = api_key ? strlen (api_key) : 0;
  GString *clean;

  if (text == NULL || key_length == 0)
    return g_strdup (text);

  clean = g_string_sized_new (strlen (text));
  while (*text != '\0') {
    /* A run of backslashes looks the same from within as from its start. */
    gsize n = text >= run_end ? span_key (text, api_key) : 0;

    if (n == 0 && strncmp (text, api_key, key_length) == 0)
      n = key_length;
    if (n > 0) {
      g_string_append (clean, "[API key]");
      text += n;
    } else {
      if (text >= run_end)
        run_end = text + span_backslashes (text);
      g_string_append_c (clean, *text++);
    }
  }
  return g_string_free (clean, FALSE);
}

/**
 * foxapi_error_quote:
 * @text: (nullable): words of the service
 * @api_key: (nullable): the key
 *
 * Returns: (transfer full) (nullable): @text, fit for a message: without the
 *   key, without control characters, not endless
 *
 * Since: 0.1
 */
gchar *
foxapi_error_quote (const gchar * text, const gchar * api_key)
{
  g_autofree gchar *redacted = foxapi_redact (text, api_key);
  g_autofree gchar *valid = NULL;
  GString *clean;
  guint n_chars = 0;

  if (redacted == NULL)
    return NULL;

  valid = g_utf8_make_valid (redacted, -1);
  clean = g_string_new (NULL);
  for (const gchar * c = valid; *c != '\0' && n_chars < SERVICE_TEXT_MAX;
      c = g_utf8_next_char (c), n_chars++) {
    gunichar character = g_utf8_get_char (c);

    g_string_append_unichar (clean,
        g_unichar_iscntrl (character) ? ' ' : character);
  }
  return g_strchomp (g_string_free (clean, FALSE));
}

/* Fills @details from `{ "error": { … } }` and returns the message in it. The
 * bodies of proxies may be anything, then there is none. */
static gchar *
read_error_body (FoxapiErrorDetails * details, const gchar * body,
    gsize body_length, const gchar * api_key)
{
  g_autoptr (JsonObject) object = NULL;
  JsonObject *error;

  object = foxapi_json_parse (body, body_length, NULL);
  error = object ? foxapi_json_get_object (object, "error") : NULL;
  if (error == NULL)
    return NULL;

  details->code =
      foxapi_error_quote (foxapi_json_get_string (error, "code"), api_key);
  details->type =
      foxapi_error_quote (foxapi_json_get_string (error, "type"), api_key);
  return foxapi_error_quote (foxapi_json_get_string (error, "message"),
      api_key);
}

/**
 * foxapi_error_new_from_status:
 * @call: what was called
 * @status: the HTTP status of the answer
 * @body: (nullable): the answer's body
 * @body_length: its length in bytes
 * @api_key: (nullable): the key, kept out of what the service echoes
 *
 * Makes the error for an answer that is not the wanted one (API.md, errors).
 *
 * Returns: (transfer full): the error, with all details but the `Retry-After`
 *
 * Since: 0.1
 */
GError *
foxapi_error_new_from_status (FoxapiCall call, guint status,
    const gchar * body, gsize body_length, const gchar * api_key)
{
  const StatusMeaning *meaning = meaning_of_status (call, status);
  GError *error = g_error_new_literal (FOXAPI_ERROR, meaning->code, "");
  FoxapiErrorDetails *details = foxapi_error_edit_details (error);
  g_autofree gchar *said = NULL;
  const gchar *remedy = meaning->remedy;

  details->http_status = status;
  details->charge = charge_of_status (call, status);
  details->passing = meaning->passing;
  said = read_error_body (details, body, body_length, api_key);
  if (details->charge == FOXAPI_CHARGE_MAYBE)
    remedy = UNKNOWN_OUTCOME;

  g_free (error->message);
  if (said != NULL && *said != '\0')
    error->message = g_strdup_printf ("%s (HTTP %u: %s). %s.", meaning->what,
        status, said, remedy);
  else
    error->message = g_strdup_printf ("%s (HTTP %u). %s.", meaning->what,
        status, remedy);
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

/**
 * foxapi_error_new_from_transport:
 * @call: what was called
 * @cause: what GIO or libsoup reported
 * @sent: the request's headers had left
 *
 * Makes the error for a call that got no answer, or only part of one. A
 * cancelled call stays what it is: G_IO_ERROR_CANCELLED, unless it was a
 * submission that had left.
 *
 * Returns: (transfer full): the error
 *
 * Since: 0.1
 */
GError *
foxapi_error_new_from_transport (FoxapiCall call, const GError * cause,
    gboolean sent)
{
  gboolean unknown = call == FOXAPI_CALL_SUBMIT && sent;
  GError *error;
  FoxapiErrorDetails *details;

  if (g_error_matches (cause, G_IO_ERROR, G_IO_ERROR_CANCELLED) && !unknown)
    return g_error_copy (cause);

  if (unknown) {
    error = g_error_new (FOXAPI_ERROR, FOXAPI_ERROR_FAILED,
        "The submission was sent, but its answer was lost (%s). "
        UNKNOWN_OUTCOME ".", cause->message);
  } else {
    error = g_error_new (FOXAPI_ERROR, FOXAPI_ERROR_CONNECT,
        "The service was not reached (%s). Check the network, the property "
        "base-url and the proxy, then start again.", cause->message);
  }

  details = foxapi_error_edit_details (error);
  details->passing = transport_fault_passes (cause);
  details->timed_out =
      g_error_matches (cause, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
  if (call == FOXAPI_CALL_SUBMIT)
    details->charge = unknown ? FOXAPI_CHARGE_MAYBE : FOXAPI_CHARGE_NO;
  return error;
}

/**
 * foxapi_error_new_unusable:
 * @call: what was called
 * @why: why its 200 is of no use, for instance a message of the JSON parser
 *
 * Returns: (transfer full): the error
 *
 * Since: 0.1
 */
GError *
foxapi_error_new_unusable (FoxapiCall call, const gchar * why)
{
  gboolean unknown = call == FOXAPI_CALL_SUBMIT;
  GError *error = g_error_new (FOXAPI_ERROR, FOXAPI_ERROR_FAILED,
      "The service's answer cannot be used (%s). %s.", why,
      unknown ? UNKNOWN_OUTCOME : "Check the property base-url, or start again "
      "later");
  FoxapiErrorDetails *details = foxapi_error_edit_details (error);

  details->http_status = 200;
  if (unknown)
    details->charge = FOXAPI_CHARGE_MAYBE;
  return error;
}
