/* Errors: the table of docs/service.md row by row, and what a service may write
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <string.h>

#include "foxapierror.h"
#include "protocoltest.h"

#define KEY "sk-0123456789abcdef"

static GError *
read_status (FoxapiCall call, guint status, const gchar * body)
{
  const FoxapiErrorAnswer answer = {.status = status,.body = body,
    .length = body ? strlen (body) : 0
  };

  return foxapi_error_new_from_answer (call, &answer, NULL, KEY);
}

#define SAID "{\"error\":{\"message\":\"Its words\",\"type\":\"its_type\"," \
    "\"code\":\"its_code\"}}"

/* docs/service.md, row by row: the class, the charge of a submission, whether a
 * submission is sent again, and whether other calls are. */
static const struct
{
  guint status;
  FoxapiErrorCode code;
  FoxapiCharge charge;
  gboolean sent_again;
  gboolean passing;
} statuses[] = {
  {302, FOXAPI_ERROR_FAILED, FOXAPI_CHARGE_NO, FALSE, FALSE},
  {400, FOXAPI_ERROR_SETTINGS, FOXAPI_CHARGE_NO, FALSE, FALSE},
  {401, FOXAPI_ERROR_NOT_AUTHORIZED, FOXAPI_CHARGE_NO, FALSE, FALSE},
  {402, FOXAPI_ERROR_NOT_AUTHORIZED, FOXAPI_CHARGE_NO, FALSE, FALSE},
  {403, FOXAPI_ERROR_NOT_AUTHORIZED, FOXAPI_CHARGE_NO, FALSE, FALSE},
  {404, FOXAPI_ERROR_NOT_FOUND, FOXAPI_CHARGE_NO, FALSE, FALSE},
  {407, FOXAPI_ERROR_CONNECT, FOXAPI_CHARGE_NO, FALSE, FALSE},
  {413, FOXAPI_ERROR_SETTINGS, FOXAPI_CHARGE_NO, FALSE, FALSE},
  {418, FOXAPI_ERROR_SETTINGS, FOXAPI_CHARGE_NO, FALSE, FALSE},
  {422, FOXAPI_ERROR_SETTINGS, FOXAPI_CHARGE_NO, FALSE, FALSE},
  {429, FOXAPI_ERROR_BUSY, FOXAPI_CHARGE_NO, TRUE, TRUE},
  {500, FOXAPI_ERROR_FAILED, FOXAPI_CHARGE_MAYBE, FALSE, TRUE},
  {501, FOXAPI_ERROR_FAILED, FOXAPI_CHARGE_MAYBE, FALSE, TRUE},
  {502, FOXAPI_ERROR_FAILED, FOXAPI_CHARGE_MAYBE, FALSE, TRUE},
  {503, FOXAPI_ERROR_FAILED, FOXAPI_CHARGE_MAYBE, FALSE, TRUE},
  {504, FOXAPI_ERROR_FAILED, FOXAPI_CHARGE_MAYBE, FALSE, TRUE},
  {520, FOXAPI_ERROR_FAILED, FOXAPI_CHARGE_MAYBE, FALSE, TRUE},
  {524, FOXAPI_ERROR_FAILED, FOXAPI_CHARGE_MAYBE, FALSE, TRUE},
  {530, FOXAPI_ERROR_FAILED, FOXAPI_CHARGE_MAYBE, FALSE, TRUE},
  {599, FOXAPI_ERROR_FAILED, FOXAPI_CHARGE_MAYBE, FALSE, TRUE},
};

TEST (test_statuses)
{
  static const FoxapiCall calls[] = { FOXAPI_CALL_SUBMIT, FOXAPI_CALL_ASK,
    FOXAPI_CALL_UPLOAD
  };
  guint status = statuses[__i__].status;
  g_autofree gchar *number = g_strdup_printf ("HTTP %u", status);

  for (guint i = 0; i < G_N_ELEMENTS (calls); i++) {
    gboolean paid = calls[i] == FOXAPI_CALL_SUBMIT;
    const ErrorMeaning meaning = { statuses[__i__].code, status,
      paid ? statuses[__i__].charge : FOXAPI_CHARGE_NOT_ASKED,
      paid ? statuses[__i__].sent_again : statuses[__i__].passing
    };
    g_autoptr (GError) error = read_status (calls[i], status, SAID);
    const FoxapiErrorDetails *details = foxapi_error_get_details (error);

    check_error (error, &meaning);
    fail_unless_equals_string (details->code, "its_code");
    fail_unless_equals_string (details->type, "its_type");
    fail_unless_equals_int64 (details->retry_after_us, -1);
    check_words (error->message, "Its words", number, NULL);
  }
}

/* Every form in which the service, or what stands in front of it, says something */
static const struct
{
  const gchar *body;
  const gchar *said;            /* NULL: nothing */
  const gchar *code;
  const gchar *type;
} forms[] = {
  {"{\"error\":{\"message\":\"Its words\",\"type\":\"t\",\"code\":\"c\"}}",
      "(HTTP 422: Its words)", "c", "t"},
  {"{\"error\":{\"message\":\"Its words\",\"code\":1003}}", "Its words",
      "1003", NULL},
  {"{\"code\":\"c\",\"message\":\"Its words\"}", "Its words", "c", NULL},
  {"{\"code\":7,\"message\":\"Its words\",\"data\":null}", "Its words", "7",
      NULL},
  {"{\"error\":\"Its words\"}", "Its words", NULL, NULL},
  {"{\"error\":\"Its\",\"message\":\"words\",\"code\":\"c\"}", "Its: words",
      "c", NULL},
  {"{\"detail\":\"Its words\"}", "Its words", NULL, NULL},
  {"{\"detail\":{\"message\":\"Its words\",\"code\":\"c\"}}", "Its words",
      "c", NULL},
  {"{\"detail\":[{\"loc\":[\"body\",\"seed\",0],\"msg\":\"too big\","
        "\"type\":\"value_error\"},{\"msg\":\"no\"},\"text\",5]}",
      "(HTTP 422: body.seed: too big; no; text)", NULL, NULL},
  {"error code: 1010", "(HTTP 422: error code: 1010)", NULL, NULL},
  {" Too\n many\tconnections ", "(HTTP 422: Too many connections)", NULL, NULL},
  {"<!DOCTYPE html>\n<html><head><title>\n 413 Payload\n Too Large </title>"
        "<style>a{}</style></head><body><h1>Oops</h1></body></html>",
      "(HTTP 422: 413 Payload Too Large)", NULL, NULL},
  {"<html><title> </title><style>p { color: red }</style><script>x < 1"
        "</script><p>Access <b>denied</b></p></html>",
      "(HTTP 422: Access denied)", NULL, NULL},
  {"[\"x\"]", "[\"x\"]", NULL, NULL},
  {"{\"error\":{\"message\":\"x\"", "{\"error\"", NULL, NULL},
  {NULL, NULL, NULL, NULL},
  {"", NULL, NULL, NULL},
  {" \n", NULL, NULL, NULL},
  {"{}", NULL, NULL, NULL},
  {"{\"id\":5,\"status\":\"pending\",\"type\":\"video\"}", NULL, NULL, NULL},
  {"{\"error\":null,\"detail\":[]}", NULL, NULL, NULL},
  {"{\"error\":{\"message\":{},\"type\":[],\"code\":1.5}}", NULL, NULL, NULL},
  {"{\"detail\":[5,null,{\"loc\":5,\"msg\":[]}]}", NULL, NULL, NULL},
  {"<html><title></title></html>", NULL, NULL, NULL},
};

TEST (test_forms)
{
  g_autoptr (GError) error = read_status (FOXAPI_CALL_SUBMIT, 422,
      forms[__i__].body);
  const FoxapiErrorDetails *details = foxapi_error_get_details (error);

  check_words (error->message, forms[__i__].said ? forms[__i__].said
      : "(HTTP 422).", NULL);
  fail_unless_equals_string (details->code, forms[__i__].code);
  fail_unless_equals_string (details->type, forms[__i__].type);
}

/* Whose refusal it is, and that the one in front of the service passes */
TEST (test_whose)
{
  static const gchar *const foreign[] = { "error code: 1010", "",
    "<html><title>Attention Required! | Cloudflare</title></html>"
  };
  const ErrorMeaning own = { FOXAPI_ERROR_NOT_AUTHORIZED, 403,
    FOXAPI_CHARGE_NOT_ASKED, FALSE
  };
  const ErrorMeaning paid = { FOXAPI_ERROR_NOT_AUTHORIZED, 403,
    FOXAPI_CHARGE_NO, FALSE
  };
  const ErrorMeaning passing = { FOXAPI_ERROR_NOT_AUTHORIZED, 403,
    FOXAPI_CHARGE_NOT_ASKED, TRUE
  };
  g_autoptr (GError) service = read_status (FOXAPI_CALL_ASK, 403, SAID);
  g_autoptr (GError) gateway = read_status (FOXAPI_CALL_ASK, 502,
      "<title>Bad gateway</title>");

  check_error (service, &own);
  fail_unless (g_str_has_prefix (service->message, "The service does not"));
  fail_unless (g_str_has_prefix (gateway->message, "Something in front of"));
  for (guint i = 0; i < G_N_ELEMENTS (foreign); i++) {
    g_autoptr (GError) ask = read_status (FOXAPI_CALL_ASK, 403, foreign[i]);
    g_autoptr (GError) submit = read_status (FOXAPI_CALL_SUBMIT, 403,
        foreign[i]);

    check_error (ask, &passing);
    check_error (submit, &paid);
    check_words (submit->message, "omething in front of", "user-agent", NULL);
  }
}

/* What to do follows the code, and the type where there is none. */
static const struct
{
  guint status;
  const gchar *member;
  const gchar *remedy;
} remedies[] = {
  {422, "\"code\":\"no_compatible_channel\"", "start again later"},
  {422, "\"code\":\"no_available_model\"", "start again later"},
  {422, "\"type\":\"service_unavailable_error\"", "start again later"},
  {422, "\"code\":\"model_not_found\"", "GET /v1/models"},
  {404, "\"code\":\"model_not_found\"", "GET /v1/models"},
  {422, "\"code\":\"unsupported_advanced_options\",\"type\":"
        "\"service_unavailable_error\"", "Leave out the optional"},
  {422, "\"code\":\"invalid_image_url\"", "Check the references"},
  {422, "\"code\":\"invalid_file_type\"", "Check the references"},
  {422, "\"code\":\"invalid_param\"", "that it names"},
  {422, "\"code\":\"model_rule_violation\"", "that it names"},
  {422, "\"code\":\"model_not_support_capability\"", "that it names"},
  {422, "\"code\":\"something_new\"", "Change the property that it names"},
  {403, "\"code\":\"insufficient_user_quota\"", "Top up"},
  {403, "\"code\":\"quota_not_enough\"", "Top up"},
  {402, "\"type\":\"insufficient_quota\"", "Top up"},
  {503, "\"type\":\"service_unavailable\"", "may have made a task"},
  {503, "\"code\":\"no_compatible_channel\"", "may have made a task"},
};

TEST (test_remedies)
{
  g_autofree gchar *body =
      g_strdup_printf ("{\"error\":{\"message\":\"m\",%s}}",
      remedies[__i__].member);
  g_autoptr (GError) error = read_status (FOXAPI_CALL_SUBMIT,
      remedies[__i__].status, body);

  check_words (error->message, remedies[__i__].remedy, NULL);
}

TEST (test_request_id)
{
  static const gchar *const bodies[][2] = {
    {"{\"error\":{\"message\":\"Bad (request id: 2025-Ab_c.9)\"}}",
        "2025-Ab_c.9"},
    {"{\"error\":{\"message\":\"Bad, Request_ID: x1\"}}", "x1"},
    {"{\"message\":\"request_id:x1, sorry\"}", "x1"},
    {"{\"error\":{\"message\":\"a request idle\"}}", NULL},
    {"", NULL},
  };
  const FoxapiErrorAnswer answer = {.status = 500,.request_id = "req-7\n",
    .body = bodies[0][0],.length = strlen (bodies[0][0])
  };
  g_autoptr (GError) header = foxapi_error_new_from_answer (FOXAPI_CALL_ASK,
      &answer, NULL, KEY);

  fail_unless_equals_string (foxapi_error_get_details (header)->request_id,
      "req-7");
  for (guint i = 0; i < G_N_ELEMENTS (bodies); i++) {
    g_autoptr (GError) error = read_status (FOXAPI_CALL_ASK, 500, bodies[i][0]);

    fail_unless_equals_string (foxapi_error_get_details (error)->request_id,
        bodies[i][1]);
  }
}

TEST (test_task_failed)
{
  const ErrorMeaning failed = {.code = FOXAPI_ERROR_FAILED };
  g_autoptr (GError) policy = foxapi_error_new_task_failed ("failed",
      "content_policy_violation", "task_error", "No foxes (request id: r-1)");
  g_autoptr (GError) later = foxapi_error_new_task_failed ("failed",
      "model_unavailable", NULL, NULL);
  g_autoptr (GError) silent = foxapi_error_new_task_failed ("cancelled", NULL,
      NULL, NULL);
  const FoxapiErrorDetails *details = foxapi_error_get_details (policy);

  check_error (policy, &failed);
  check_words (policy->message, "ended as failed: No foxes", "the prompt",
      "task-id to NULL", NULL);
  fail_unless_equals_string (details->code, "content_policy_violation");
  fail_unless_equals_string (details->type, "task_error");
  fail_unless_equals_string (details->request_id, "r-1");
  check_words (later->message, "ended as failed: model_unavailable", "later",
      NULL);
  check_words (silent->message, "ended as cancelled. ", "the prompt", NULL);
}

/* Every message ends in a sentence that says what to do, and a submission that
 * may have been charged says so. */
TEST (test_messages_help)
{
  for (guint i = 0; i < G_N_ELEMENTS (statuses); i++) {
    g_autoptr (GError) error =
        read_status (FOXAPI_CALL_SUBMIT, statuses[i].status, NULL);

    fail_unless (g_str_has_suffix (error->message, "."));
    fail_unless (strstr (error->message, ". ") != NULL, "%s", error->message);
    if (statuses[i].charge == FOXAPI_CHARGE_MAYBE)
      check_words (error->message, "charged", NULL);
    else
      fail_unless (g_str_has_suffix (error->message, " Nothing was charged."));
  }
}

/* Of a task that is not known another sentence helps than of an address. */
TEST (test_not_found)
{
  g_autoptr (GError) task = read_status (FOXAPI_CALL_ASK, 404, NULL);
  g_autoptr (GError) address = read_status (FOXAPI_CALL_SUBMIT, 404, NULL);

  check_words (task->message, "task-id", NULL);
  check_words (address->message, "base-url", NULL);
}

static void
check_clean (const gchar * text)
{
  fail_unless (text != NULL && g_utf8_validate (text, -1, NULL));
  fail_unless (strstr (text, KEY) == NULL, "%s", text);
  for (; *text != '\0'; text = g_utf8_next_char (text))
    fail_if (g_unichar_iscntrl (g_utf8_get_char (text)), "U+%04X",
        g_utf8_get_char (text));
}

/* The key, escaped or not; control characters, of which U+009B alone begins what
 * escape and bracket begin together; halves of characters */
static const gchar *const dirty[] = {
  "\"message\":\"Bad key " KEY KEY " (" KEY ")\",\"type\":\"" KEY
      "\",\"code\":\"x-" KEY "\"",
  "\"message\":\"\\u0073k-0123456789abcdef\",\"code\":"
      "\"sk\\u002d0123456789abcdef\"",
  "\"message\":\"a\\r\\nb\\u001b[31m\\u0007\\u007f\",\"code\":\"c\\nd\","
      "\"type\":\"\\u0001\"",
  "\"message\":\"a\\u009b31m\\u0085b\",\"code\":\"\\u0080c\\u009f\"",
  "\"message\":\"a\\ud83e b\",\"code\":\"\\ud83e c\",\"type\":\"x\\ud83e y\"",
};

TEST (test_dirty_texts)
{
  g_autofree gchar *body = g_strdup_printf ("{\"error\":{%s}}", dirty[__i__]);
  g_autoptr (GError) error = read_status (FOXAPI_CALL_SUBMIT, 422, body);
  const FoxapiErrorDetails *details = foxapi_error_get_details (error);

  check_clean (error->message);
  if (details->code != NULL)
    check_clean (details->code);
  if (details->type != NULL)
    check_clean (details->type);
  if (__i__ == 2)
    check_words (error->message, "a  b [31m", NULL);
}

/* Long texts end somewhere, between characters, and not in half a key. */
TEST (test_long_texts)
{
  for (guint n = 470; n < 510; n++) {
    g_autofree gchar *fill = g_strnfill (n, 'x');
    g_autofree gchar *body = g_strdup_printf ("{\"error\":{\"message\":\"%s"
        KEY "\xf0\x9f\xa6\x8a\xf0\x9f\xa6\x8a\",\"code\":\"%s" KEY "\"}}",
        fill, fill);
    g_autoptr (GError) error = read_status (FOXAPI_CALL_SUBMIT, 422, body);

    check_clean (error->message);
    fail_unless (strstr (error->message, "sk-0") == NULL);
    fail_unless (strlen (error->message) < 1500);
    check_clean (foxapi_error_get_details (error)->code);
  }
}

/* So do long pages. */
TEST (test_long_pages)
{
  for (guint n = 8192 - strlen (KEY); n <= 8192; n++) {
    g_autofree gchar *fill = g_strnfill (n, ' ');
    g_autofree gchar *body = g_strconcat (fill, KEY, NULL);
    g_autoptr (GError) error = read_status (FOXAPI_CALL_SUBMIT, 502, body);

    check_clean (error->message);
    fail_unless (strstr (error->message, "sk-0") == NULL);
  }
}

TEST (test_redact)
{
  g_autofree gchar *clean = foxapi_redact (KEY " a " KEY KEY "b", KEY);
  g_autofree gchar *no_key = foxapi_redact ("a", NULL);
  g_autofree gchar *empty_key = foxapi_redact ("a", "");
  g_autofree gchar *other = foxapi_redact ("sk-0123456789abcde", KEY);

  check_clean (clean);
  check_words (clean, " a ", "b", NULL);
  fail_unless (foxapi_redact (NULL, KEY) == NULL);
  fail_unless_equals_string (no_key, "a");
  fail_unless_equals_string (empty_key, "a");
  fail_unless_equals_string (other, "sk-0123456789abcde");
}

/* As JSON, a URL or a form may have it: a key has what RFC 6750 allows. */
TEST (test_redact_escaped)
{
  g_autofree gchar *clean = foxapi_redact ("x a/b+c/= a\\/b+c\\/= a/b+c y "
      "a%2fb%2Bc%2F%3D a\\u002Fb+c\\u002f= %61/b+c/= a%2", "a/b+c/=");
  g_autofree gchar *dash = foxapi_redact ("key=sk%2D0123456789abcdef&",
      "sk-0123456789abcdef");
  g_autofree gchar *cut = foxapi_redact ("a%7", "o");

  fail_unless_equals_string (cut, "a%7");
  fail_unless_equals_string (clean, "x [API key] [API key] a/b+c y [API key] "
      "[API key] [API key] a%2");
  fail_unless_equals_string (dash, "key=[API key]&");
}

/* Hostile, and yet through at once */
TEST (test_redact_long)
{
  g_autofree gchar *text = g_strnfill (16 * 1024 * 1024, '\\');
  g_autofree gchar *clean = foxapi_redact (text, KEY);

  fail_unless (g_str_equal (clean, text));
}

TEST (test_quote)
{
  g_autofree gchar *plain = foxapi_error_quote ("Refused: \xc3\xa9", KEY);
  g_autofree gchar *key = foxapi_error_quote ("a " KEY "\n", KEY);
  g_autofree gchar *format = foxapi_error_quote ("%s%n", KEY);

  fail_unless_equals_string (plain, "Refused: \xc3\xa9");
  check_clean (key);
  fail_unless_equals_string (format, "%s%n");
  fail_unless (foxapi_error_quote (NULL, KEY) == NULL);
}

static void
check_transport (FoxapiCall call, GQuark domain, gint cause_code,
    gboolean sent, ErrorMeaning meaning)
{
  g_autoptr (GError) cause = g_error_new_literal (domain, cause_code, "Why");
  g_autoptr (GError) error = foxapi_error_new_from_transport (call, cause,
      sent);

  check_error (error, &meaning);
  check_words (error->message, "Why", NULL);
  fail_unless_equals_int64 (foxapi_error_get_details (error)->retry_after_us,
      -1);
}

/* Before anything left nothing was charged, afterwards it cannot be known. */
TEST (test_transport)
{
  static const gint codes[] = { G_IO_ERROR_CONNECTION_REFUSED,
    G_IO_ERROR_HOST_UNREACHABLE, G_IO_ERROR_TIMED_OUT,
    G_IO_ERROR_CONNECTION_CLOSED, G_IO_ERROR_FAILED
  };
  ErrorMeaning never = { FOXAPI_ERROR_CONNECT, 0, FOXAPI_CHARGE_NO, TRUE };
  ErrorMeaning lost = { FOXAPI_ERROR_FAILED, 0, FOXAPI_CHARGE_MAYBE, FALSE };
  ErrorMeaning free = { FOXAPI_ERROR_CONNECT, 0, FOXAPI_CHARGE_NOT_ASKED,
    TRUE
  };

  for (guint i = 0; i < G_N_ELEMENTS (codes); i++) {
    check_transport (FOXAPI_CALL_SUBMIT, G_IO_ERROR, codes[i], FALSE, never);
    check_transport (FOXAPI_CALL_SUBMIT, G_IO_ERROR, codes[i], TRUE, lost);
    check_transport (FOXAPI_CALL_ASK, G_IO_ERROR, codes[i], FALSE, free);
    check_transport (FOXAPI_CALL_ASK, G_IO_ERROR, codes[i], TRUE, free);
    check_transport (FOXAPI_CALL_UPLOAD, G_IO_ERROR, codes[i], TRUE, free);
  }
  check_transport (FOXAPI_CALL_SUBMIT, G_RESOLVER_ERROR,
      G_RESOLVER_ERROR_NOT_FOUND, FALSE, never);
  /* A certificate that is refused now is refused later, too. */
  never.passing = FALSE;
  check_transport (FOXAPI_CALL_SUBMIT, G_TLS_ERROR,
      G_TLS_ERROR_BAD_CERTIFICATE, FALSE, never);
}

TEST (test_cancelled)
{
  static const FoxapiCall calls[] = { FOXAPI_CALL_SUBMIT, FOXAPI_CALL_ASK,
    FOXAPI_CALL_UPLOAD
  };
  ErrorMeaning lost = { FOXAPI_ERROR_FAILED, 0, FOXAPI_CHARGE_MAYBE, FALSE };
  g_autoptr (GError) cause = g_error_new_literal (G_IO_ERROR,
      G_IO_ERROR_CANCELLED, "Cancelled");

  for (guint i = 0; i < G_N_ELEMENTS (calls); i++) {
    g_autoptr (GError) error = foxapi_error_new_from_transport (calls[i],
        cause, FALSE);

    fail_unless (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED));
    fail_unless (foxapi_error_get_details (error) == NULL);
  }
  check_transport (FOXAPI_CALL_SUBMIT, G_IO_ERROR, G_IO_ERROR_CANCELLED, TRUE,
      lost);
}

TEST (test_unusable)
{
  static const gchar page[] = "<title>Sign in</title>";
  ErrorMeaning paid = { FOXAPI_ERROR_FAILED, 201, FOXAPI_CHARGE_MAYBE, FALSE };
  ErrorMeaning free = { FOXAPI_ERROR_FAILED, 201, FOXAPI_CHARGE_NOT_ASKED,
    FALSE
  };
  const FoxapiErrorAnswer answer = {.status = 201,.body = page,
    .length = strlen (page)
  };
  g_autoptr (GError) submit = foxapi_error_new_from_answer (FOXAPI_CALL_SUBMIT,
      &answer, "it is not JSON", KEY);
  g_autoptr (GError) ask = foxapi_error_new_from_answer (FOXAPI_CALL_ASK,
      &answer, "it is not JSON", KEY);

  check_error (submit, &paid);
  check_words (submit->message, "HTTP 201, it is not JSON: Sign in", "charged",
      NULL);
  check_error (ask, &free);
  check_words (ask->message, "it is not JSON: Sign in", "base-url", NULL);
}

TEST (test_copies_and_others)
{
  g_autoptr (GError) error = read_status (FOXAPI_CALL_SUBMIT, 429,
      "{\"error\":{\"message\":\"m\",\"type\":\"t\",\"code\":\"c\"}}");
  g_autoptr (GError) copy = NULL;
  g_autoptr (GError) other = g_error_new_literal (G_IO_ERROR, 0, "x");

  foxapi_error_edit_details (error)->retry_after_us = 7;
  copy = g_error_copy (error);
  g_clear_error (&error);
  fail_unless_equals_string (foxapi_error_get_details (copy)->code, "c");
  fail_unless_equals_string (foxapi_error_get_details (copy)->type, "t");
  fail_unless_equals_int64 (foxapi_error_get_details (copy)->retry_after_us, 7);
  fail_unless_equals_int (foxapi_error_get_details (copy)->http_status, 429);
  fail_unless (foxapi_error_get_details (other) == NULL);
  fail_unless (foxapi_error_get_details (NULL) == NULL);
}

static const Test tests[] = {
  CASE ("table", NULL, NULL),
  ROWS (test_statuses, statuses),
  ROWS (test_forms, forms),
  ONCE (test_whose),
  ROWS (test_remedies, remedies),
  ONCE (test_request_id),
  ONCE (test_task_failed),
  ONCE (test_messages_help),
  ONCE (test_not_found),
  ONCE (test_transport),
  ONCE (test_cancelled),
  ONCE (test_unusable),
  ONCE (test_copies_and_others),
  CASE ("texts", NULL, NULL),
  ROWS (test_dirty_texts, dirty),
  ONCE (test_long_texts),
  ONCE (test_long_pages),
  ONCE (test_redact),
  ONCE (test_redact_escaped),
  ONCE (test_redact_long),
  ONCE (test_quote),
};

CHECK_MAIN (error, tests)
