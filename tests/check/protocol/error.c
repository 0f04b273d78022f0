/* Errors: API.md's table row by row, and what a service may write into them
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
  return foxapi_error_new_from_status (call, status, body,
      body ? strlen (body) : 0, KEY);
}

static void
check_status (FoxapiCall call, guint status, FoxapiErrorCode code,
    FoxapiCharge charge, gboolean passing)
{
  const ErrorMeaning meaning = { code, status, charge, passing };
  g_autoptr (GError) error = read_status (call, status,
      "{\"error\":{\"message\":\"Its words\",\"type\":\"its_type\",\"code\":"
      "\"its_code\"}}");
  const FoxapiErrorDetails *details = foxapi_error_get_details (error);
  g_autofree gchar *number = g_strdup_printf ("%u", status);

  check_error (error, &meaning);
  fail_unless_equals_string (details->code, "its_code");
  fail_unless_equals_string (details->type, "its_type");
  fail_unless_equals_int64 (details->retry_after_us, -1);
  check_words (error->message, "Its words", number, NULL);
}

/* API.md, errors, the last column and what follows it. Of 500, 502 and 504 it
 * cannot be known whether they passed in time. */
GST_START_TEST (test_submissions)
{
  FoxapiCall call = FOXAPI_CALL_SUBMIT;
  FoxapiCharge no = FOXAPI_CHARGE_NO, maybe = FOXAPI_CHARGE_MAYBE;

  check_status (call, 400, FOXAPI_ERROR_SETTINGS, no, FALSE);
  check_status (call, 401, FOXAPI_ERROR_NOT_AUTHORIZED, no, FALSE);
  check_status (call, 402, FOXAPI_ERROR_NOT_AUTHORIZED, no, FALSE);
  check_status (call, 403, FOXAPI_ERROR_NOT_AUTHORIZED, no, FALSE);
  check_status (call, 404, FOXAPI_ERROR_NOT_FOUND, no, FALSE);
  check_status (call, 413, FOXAPI_ERROR_SETTINGS, no, FALSE);
  check_status (call, 422, FOXAPI_ERROR_SETTINGS, no, FALSE);
  check_status (call, 429, FOXAPI_ERROR_BUSY, no, TRUE);
  check_status (call, 503, FOXAPI_ERROR_FAILED, no, TRUE);
  check_status (call, 500, FOXAPI_ERROR_FAILED, maybe, TRUE);
  check_status (call, 502, FOXAPI_ERROR_FAILED, maybe, TRUE);
  check_status (call, 504, FOXAPI_ERROR_FAILED, maybe, TRUE);
}

GST_END_TEST;

/* Questions and uploads cost nothing, whatever comes of them. */
GST_START_TEST (test_other_calls)
{
  static const FoxapiCall calls[] = { FOXAPI_CALL_ASK, FOXAPI_CALL_UPLOAD };
  FoxapiCharge none = FOXAPI_CHARGE_NOT_ASKED;

  for (guint i = 0; i < G_N_ELEMENTS (calls); i++) {
    check_status (calls[i], 400, FOXAPI_ERROR_SETTINGS, none, FALSE);
    check_status (calls[i], 401, FOXAPI_ERROR_NOT_AUTHORIZED, none, FALSE);
    check_status (calls[i], 402, FOXAPI_ERROR_NOT_AUTHORIZED, none, FALSE);
    check_status (calls[i], 403, FOXAPI_ERROR_NOT_AUTHORIZED, none, FALSE);
    check_status (calls[i], 404, FOXAPI_ERROR_NOT_FOUND, none, FALSE);
    check_status (calls[i], 413, FOXAPI_ERROR_SETTINGS, none, FALSE);
    check_status (calls[i], 422, FOXAPI_ERROR_SETTINGS, none, FALSE);
    check_status (calls[i], 429, FOXAPI_ERROR_BUSY, none, TRUE);
    check_status (calls[i], 500, FOXAPI_ERROR_FAILED, none, TRUE);
    check_status (calls[i], 502, FOXAPI_ERROR_FAILED, none, TRUE);
    check_status (calls[i], 503, FOXAPI_ERROR_FAILED, none, TRUE);
    check_status (calls[i], 504, FOXAPI_ERROR_FAILED, none, TRUE);
  }
}

GST_END_TEST;

/* Not in the table: never repeated where it might have been charged */
GST_START_TEST (test_unlisted_statuses)
{
  static const guint statuses[] = { 501, 505, 520, 524, 599 };

  for (guint i = 0; i < G_N_ELEMENTS (statuses); i++)
    check_status (FOXAPI_CALL_SUBMIT, statuses[i], FOXAPI_ERROR_FAILED,
        FOXAPI_CHARGE_MAYBE, TRUE);
  check_status (FOXAPI_CALL_SUBMIT, 418, FOXAPI_ERROR_SETTINGS,
      FOXAPI_CHARGE_NO, FALSE);
  check_status (FOXAPI_CALL_SUBMIT, 302, FOXAPI_ERROR_FAILED,
      FOXAPI_CHARGE_NO, FALSE);
}

GST_END_TEST;

/* Every message ends in a sentence that says what to do, and a submission that
 * may have been charged says so. */
GST_START_TEST (test_messages_help)
{
  static const guint statuses[] = { 302, 400, 401, 402, 403, 404, 413, 418,
    422, 429, 500, 502, 503, 504
  };

  for (guint i = 0; i < G_N_ELEMENTS (statuses); i++) {
    g_autoptr (GError) error =
        read_status (FOXAPI_CALL_SUBMIT, statuses[i], NULL);

    fail_unless (g_str_has_suffix (error->message, "."));
    fail_unless (strstr (error->message, ". ") != NULL, "%s", error->message);
    if (foxapi_error_get_details (error)->charge == FOXAPI_CHARGE_MAYBE)
      check_words (error->message, "charged", NULL);
  }
}

GST_END_TEST;

/* Of a task that is not known another sentence helps than of an address. */
GST_START_TEST (test_not_found)
{
  g_autoptr (GError) task = read_status (FOXAPI_CALL_ASK, 404, NULL);
  g_autoptr (GError) address = read_status (FOXAPI_CALL_SUBMIT, 404, NULL);

  check_words (task->message, "task-id", NULL);
  check_words (address->message, "base-url", NULL);
}

GST_END_TEST;

GST_START_TEST (test_other_bodies)
{
  static const gchar *const bodies[] = { NULL, "", "<html><h1>Bad</h1></html>",
    "null", "[]", "{}", "{\"error\":null}", "{\"error\":\"bad\"}",
    "{\"error\":[]}", "{\"error\":{}}", "{\"error\":{\"message\":5,"
        "\"type\":[],\"code\":{}}}", "{\"message\":\"x\"}", "\xff\xfe",
    "{\"error\":{\"message\":\"x\"", "{\"error\":{\"message\":\"\"}}",
  };

  for (guint i = 0; i < G_N_ELEMENTS (bodies); i++) {
    const ErrorMeaning meaning = { FOXAPI_ERROR_FAILED, 502,
      FOXAPI_CHARGE_MAYBE, TRUE
    };
    g_autoptr (GError) error = read_status (FOXAPI_CALL_SUBMIT, 502, bodies[i]);

    check_error (error, &meaning);
    check_words (error->message, "502", NULL);
    fail_unless (strstr (error->message, "html") == NULL);
    fail_unless (foxapi_error_get_details (error)->code == NULL);
    fail_unless (foxapi_error_get_details (error)->type == NULL);
  }
}

GST_END_TEST;

static void
check_clean (const gchar * text)
{
  fail_unless (text != NULL && g_utf8_validate (text, -1, NULL));
  fail_unless (strstr (text, KEY) == NULL, "%s", text);
  for (; *text != '\0'; text = g_utf8_next_char (text))
    fail_if (g_unichar_iscntrl (g_utf8_get_char (text)), "U+%04X",
        g_utf8_get_char (text));
}

GST_START_TEST (test_key_is_redacted)
{
  g_autoptr (GError) error = read_status (FOXAPI_CALL_SUBMIT, 401,
      "{\"error\":{\"message\":\"Bad key " KEY KEY " (" KEY ")\",\"type\":\""
      KEY "\",\"code\":\"x-" KEY "\"}}");
  g_autoptr (GError) escaped = read_status (FOXAPI_CALL_ASK, 401,
      "{\"error\":{\"message\":\"\\u0073k-0123456789abcdef\",\"code\":"
      "\"sk\\u002d0123456789abcdef\"}}");
  const FoxapiErrorDetails *details = foxapi_error_get_details (error);

  check_clean (error->message);
  check_words (error->message, "Bad key ", NULL);
  check_clean (details->type);
  check_clean (details->code);
  check_clean (escaped->message);
  check_clean (foxapi_error_get_details (escaped)->code);
}

GST_END_TEST;

GST_START_TEST (test_control_characters)
{
  g_autoptr (GError) error = read_status (FOXAPI_CALL_SUBMIT, 422,
      "{\"error\":{\"message\":\"a\\r\\nb\\u001b[31m\\u0007\\u007f\","
      "\"code\":\"c\\nd\",\"type\":\"\\u0001\"}}");

  check_clean (error->message);
  check_words (error->message, "a  b [31m", NULL);
  check_clean (foxapi_error_get_details (error)->code);
  check_clean (foxapi_error_get_details (error)->type);
}

GST_END_TEST;

/* U+009B alone begins what escape and bracket begin together. */
GST_START_TEST (test_c1_control_characters)
{
  g_autoptr (GError) error = read_status (FOXAPI_CALL_SUBMIT, 422,
      "{\"error\":{\"message\":\"a\\u009b31m\\u0085b\",\"code\":"
      "\"\\u0080c\\u009f\"}}");

  check_clean (error->message);
  check_clean (foxapi_error_get_details (error)->code);
}

GST_END_TEST;

GST_START_TEST (test_half_characters)
{
  g_autoptr (GError) error = read_status (FOXAPI_CALL_SUBMIT, 422,
      "{\"error\":{\"message\":\"a\\ud83e b\",\"code\":\"\\ud83e c\","
      "\"type\":\"x\\ud83e y\"}}");
  const FoxapiErrorDetails *details = foxapi_error_get_details (error);

  check_clean (error->message);
  if (details->code != NULL)
    check_clean (details->code);
  if (details->type != NULL)
    check_clean (details->type);
}

GST_END_TEST;

/* Long texts end somewhere, between characters, and not in half a key. */
GST_START_TEST (test_long_texts)
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

GST_END_TEST;

GST_START_TEST (test_redact)
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

GST_END_TEST;

/* The key may be escaped for JSON, once or twice, in one way or another. */
static const struct
{
  const gchar *key;
  const gchar *text;
  const gchar *clean;
} escapes[] = {
  {"a\"b\\c/d", "x a\"b\\c/d y", "x [API key] y"},
  {"a\"b\\c/d", "x a\\\"b\\\\c/d y", "x [API key] y"},
  {"a\"b\\c/d", "x a\\\"b\\\\c\\/d y", "x [API key] y"},
  {"a\"b\\c/d", "x a\\u0022b\\u005Cc\\u002fd y", "x [API key] y"},
  {"a\"b\\c/d", "x a\\\\\\\"b\\\\\\\\c/d y", "x [API key] y"},
  {"a\"b\\c/d", "x \\\\u0061\\\\u0022b\\\\u005cc/d y", "x [API key] y"},
  {"a\"b\\c/d", "x a\"b\\c-d y", "x a\"b\\c-d y"},
  {"a\"b\\c/d", "x a\"b\\c/", "x a\"b\\c/"},
  {"abc", "\\u0061bc \\u0061bd", "[API key] \\u0061bd"},
  {"u005cx", "\\u005cx", "\\[API key]"},
  {"\\abc\\", "x\\\\abc\\\\\"", "x[API key]\""},
  {"\\\\\\", "a\\b\\\\\\c\\\\d", "a\\b[API key]c\\\\d"},
  {"abc", "aabc ab abc", "a[API key] ab [API key]"},
};

GST_START_TEST (test_redact_escaped)
{
  g_autofree gchar *clean = foxapi_redact (escapes[__i__].text,
      escapes[__i__].key);

  fail_unless_equals_string (clean, escapes[__i__].clean);
}

GST_END_TEST;

/* Hostile, and yet through at once */
GST_START_TEST (test_redact_long)
{
  g_autofree gchar *text = g_strnfill (16 * 1024 * 1024, '\\');
  g_autofree gchar *clean = foxapi_redact (text, KEY);

  fail_unless (g_str_equal (clean, text));
}

GST_END_TEST;

GST_START_TEST (test_quote)
{
  g_autofree gchar *plain = foxapi_error_quote ("Refused: \xc3\xa9", KEY);
  g_autofree gchar *key = foxapi_error_quote ("a " KEY "\n", KEY);
  g_autofree gchar *format = foxapi_error_quote ("%s%n", KEY);

  fail_unless_equals_string (plain, "Refused: \xc3\xa9");
  check_clean (key);
  fail_unless_equals_string (format, "%s%n");
  fail_unless (foxapi_error_quote (NULL, KEY) == NULL);
}

GST_END_TEST;

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
GST_START_TEST (test_transport)
{
  static const gint codes[] = { G_IO_ERROR_CONNECTION_REFUSED,
    G_IO_ERROR_HOST_UNREACHABLE, G_IO_ERROR_TIMED_OUT,
    G_IO_ERROR_CONNECTION_CLOSED, G_IO_ERROR_FAILED
  };
  ErrorMeaning never = { FOXAPI_ERROR_CONNECT, 0, FOXAPI_CHARGE_NO, TRUE };
  ErrorMeaning lost = { FOXAPI_ERROR_FAILED, 0, FOXAPI_CHARGE_MAYBE, TRUE };
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
}

GST_END_TEST;

/* A certificate that is refused now is refused later, too. */
GST_START_TEST (test_tls)
{
  ErrorMeaning never = { FOXAPI_ERROR_CONNECT, 0, FOXAPI_CHARGE_NO, FALSE };

  check_transport (FOXAPI_CALL_SUBMIT, G_TLS_ERROR,
      G_TLS_ERROR_BAD_CERTIFICATE, FALSE, never);
}

GST_END_TEST;

GST_START_TEST (test_cancelled)
{
  static const FoxapiCall calls[] = { FOXAPI_CALL_SUBMIT, FOXAPI_CALL_ASK,
    FOXAPI_CALL_UPLOAD
  };
  ErrorMeaning lost = { FOXAPI_ERROR_FAILED, 0, FOXAPI_CHARGE_MAYBE, TRUE };
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

GST_END_TEST;

GST_START_TEST (test_unusable)
{
  ErrorMeaning paid = { FOXAPI_ERROR_FAILED, 200, FOXAPI_CHARGE_MAYBE, FALSE };
  ErrorMeaning free = { FOXAPI_ERROR_FAILED, 200, FOXAPI_CHARGE_NOT_ASKED,
    FALSE
  };
  g_autoptr (GError) submit = foxapi_error_new_unusable (FOXAPI_CALL_SUBMIT,
      "it is not JSON");
  g_autoptr (GError) ask = foxapi_error_new_unusable (FOXAPI_CALL_ASK,
      "it is not JSON");

  check_error (submit, &paid);
  check_words (submit->message, "it is not JSON", "charged", NULL);
  check_error (ask, &free);
  check_words (ask->message, "it is not JSON", NULL);
}

GST_END_TEST;

GST_START_TEST (test_copies_and_others)
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

GST_END_TEST;

static Suite *
error_suite (void)
{
  Suite *suite = suite_create ("error");
  TCase *table = tcase_create ("table");
  TCase *texts = tcase_create ("texts");

  suite_add_tcase (suite, table);
  tcase_add_test (table, test_submissions);
  tcase_add_test (table, test_other_calls);
  tcase_add_test (table, test_unlisted_statuses);
  tcase_add_test (table, test_messages_help);
  tcase_add_test (table, test_not_found);
  tcase_add_test (table, test_transport);
  tcase_add_test (table, test_tls);
  tcase_add_test (table, test_cancelled);
  tcase_add_test (table, test_unusable);
  tcase_add_test (table, test_copies_and_others);
  suite_add_tcase (suite, texts);
  tcase_add_test (texts, test_other_bodies);
  tcase_add_test (texts, test_key_is_redacted);
  tcase_add_test (texts, test_control_characters);
  tcase_add_test (texts, test_c1_control_characters);
  tcase_add_test (texts, test_half_characters);
  tcase_add_test (texts, test_long_texts);
  tcase_add_test (texts, test_redact);
  tcase_add_loop_test (texts, test_redact_escaped, 0, G_N_ELEMENTS (escapes));
  tcase_add_test (texts, test_redact_long);
  tcase_add_test (texts, test_quote);
  return suite;
}

GST_CHECK_MAIN (error);
