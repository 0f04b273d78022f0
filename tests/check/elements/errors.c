/* Errors as an application sees them: domain, code, details, one ERROR, no EOS. One
 * case of each kind; the table of statuses is in protocol/error.c.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "foxapiharness.h"

#include <string.h>

/* One row: what the submission meets and what comes of it */
typedef struct
{
  FoxapiSimFault fault;
  gint code;
  gboolean maybe_charged;
  guint submissions;            /* with two retries */
} Row;

#define BODY(text) {.status = 200,.body = text }

static const Row rows[] = {
  {{.status = 400}, GST_RESOURCE_ERROR_SETTINGS, FALSE, 1},
  {{.status = 402}, GST_RESOURCE_ERROR_NOT_AUTHORIZED, FALSE, 1},
  {{.status = 404}, GST_RESOURCE_ERROR_NOT_FOUND, FALSE, 1},
  {{.status = 429,.headers = "Retry-After: 0"}, GST_RESOURCE_ERROR_BUSY, FALSE,
      3},
  {{.status = 503,.headers = "Retry-After: 0"}, GST_RESOURCE_ERROR_FAILED,
      TRUE, 1},
  {{.status = 500,.act_first = TRUE}, GST_RESOURCE_ERROR_FAILED, TRUE, 1},
  {{.status = 403,.body = "error code: 1010"},
      GST_RESOURCE_ERROR_NOT_AUTHORIZED, FALSE, 1},
  {{.reset = TRUE}, GST_RESOURCE_ERROR_FAILED, TRUE, 1},
  {{.cut_at = 5,.act_first = TRUE}, GST_RESOURCE_ERROR_FAILED, TRUE, 1},
  /* An answer that was good and can't be used */
  {BODY (""), GST_RESOURCE_ERROR_FAILED, TRUE, 1},
  {BODY ("{\"id\":\"../x/y\",\"status\":\"pending\"}"),
      GST_RESOURCE_ERROR_FAILED, TRUE, 1},
};

GST_START_TEST (test_submission)
{
  const Row *row = &rows[__i__];
  g_autoptr (Run) run = run_new (harness_source ("retries", 2, NULL));
  const GstStructure *details;

  foxapi_sim_script (sim, FOXAPI_SIM_SUBMIT, 0, &row->fault);
  details = run_to_error (run, row->code);
  assert_requests (FOXAPI_SIM_SUBMIT, row->submissions);
  assert_requests (FOXAPI_SIM_ASK, 0);
  assert_requests (FOXAPI_SIM_RESULT, 0);
  if (row->fault.status != 0)
    assert_uint (details, "http-status", row->fault.status);
  assert_boolean (details, "maybe-charged", row->maybe_charged);
}

GST_END_TEST;

GST_START_TEST (test_details)
{
  FoxapiSimFault fault = {.status = 422,.headers = "x-request-id: req-7",
    .body = "{\"error\":{\"message\":\"no such channel\",\"type\":"
        "\"service_unavailable_error\","
        "\"code\":\"unsupported_advanced_options\"}}"
  };
  g_autoptr (Run) run = run_new (harness_source (NULL));
  const GstStructure *details;

  foxapi_sim_script (sim, FOXAPI_SIM_SUBMIT, 0, &fault);
  details = run_to_error (run, GST_RESOURCE_ERROR_SETTINGS);
  assert_uint (details, "http-status", 422);
  assert_string (details, "error-type", "service_unavailable_error");
  assert_string (details, "error-code", "unsupported_advanced_options");
  assert_string (details, "request-id", "req-7");
}

GST_END_TEST;

/* 100,000 nested arrays crash json-glib */
GST_START_TEST (test_deep_answer)
{
  g_autofree gchar *deep = g_strnfill (200000, '[');
  FoxapiSimFault fault = {.status = 200,.body = deep };
  g_autoptr (Run) run = run_new (harness_source (NULL));
  const GstStructure *details;

  foxapi_sim_script (sim, FOXAPI_SIM_SUBMIT, 1, &fault);
  details = run_to_error (run, GST_RESOURCE_ERROR_FAILED);
  assert_boolean (details, "maybe-charged", TRUE);
  assert_requests (FOXAPI_SIM_SUBMIT, 1);
}

GST_END_TEST;

GST_START_TEST (test_endless_answer)
{
  FoxapiSimFault fault = {.endless = TRUE };
  g_autoptr (Run) run = run_new (harness_source (NULL));
  const GstStructure *details;

  foxapi_sim_script (sim, FOXAPI_SIM_SUBMIT, 1, &fault);
  details = run_to_error (run, GST_RESOURCE_ERROR_FAILED);
  assert_boolean (details, "maybe-charged", TRUE);
  assert_requests (FOXAPI_SIM_SUBMIT, 1);
  fail_unless (foxapi_sim_wait_idle (sim, FOXAPI_SIM_SUBMIT));
}

GST_END_TEST;

GST_START_TEST (test_timeout)
{
  FoxapiSimFault fault = {.hold = TRUE };
  g_autoptr (Run) run = run_new (harness_source ("submit-timeout", 1, NULL));
  const GstStructure *details;

  foxapi_sim_script (sim, FOXAPI_SIM_SUBMIT, 1, &fault);
  details = run_to_error (run, GST_RESOURCE_ERROR_FAILED);
  assert_boolean (details, "maybe-charged", TRUE);
  assert_requests (FOXAPI_SIM_SUBMIT, 1);
}

GST_END_TEST;

static guint
find_closed_port (void)
{
  g_autoptr (GSocketListener) listener = g_socket_listener_new ();

  return g_socket_listener_add_any_inet_port (listener, NULL, NULL);
}

GST_START_TEST (test_refused)
{
  g_autofree gchar *url = g_strdup_printf ("http://127.0.0.1:%u",
      find_closed_port ());
  g_autoptr (Run) run = run_new (harness_source ("base-url", url, "retries", 1,
          NULL));
  const GstStructure *details;

  details = run_to_error (run, GST_RESOURCE_ERROR_OPEN_READ);
  if (details != NULL && gst_structure_has_field (details, "maybe-charged"))
    assert_boolean (details, "maybe-charged", FALSE);
  assert_nothing_sent ();
}

GST_END_TEST;

GST_START_TEST (test_no_such_name)
{
  g_autoptr (Run) run = run_new (harness_source ("base-url",
          "http://foxapi.invalid", "retries", 0, NULL));
  const GstStructure *details;

  details = run_to_error (run, GST_RESOURCE_ERROR_OPEN_READ);
  if (details != NULL && gst_structure_has_field (details, "maybe-charged"))
    assert_boolean (details, "maybe-charged", FALSE);
}

GST_END_TEST;

/* What ends the questions about a task that is there */
static const struct
{
  guint status;
  gint code;
  guint asks;
} ask_rows[] = {
  {401, GST_RESOURCE_ERROR_NOT_AUTHORIZED, 1},
  {403, GST_RESOURCE_ERROR_NOT_AUTHORIZED, 1},
  {404, GST_RESOURCE_ERROR_NOT_FOUND, 2},
};

GST_START_TEST (test_ask)
{
  FoxapiSimFault fault = {.status = ask_rows[__i__].status };
  g_autoptr (Run) run = run_new (harness_source (NULL));
  g_autofree gchar *id = NULL;
  const GstStructure *details;

  foxapi_sim_script (sim, FOXAPI_SIM_ASK, 0, &fault);
  details = run_to_error (run, ask_rows[__i__].code);
  id = harness_task_id (1);
  assert_uint (details, "http-status", fault.status);
  assert_string (details, "task-id", id);
  assert_requests (FOXAPI_SIM_SUBMIT, 1);
  assert_requests (FOXAPI_SIM_ASK, ask_rows[__i__].asks);
}

GST_END_TEST;

static const gchar *const unusable[] = { "nonsense", "{\"id\":\"x\"}" };

GST_START_TEST (test_unusable_answers)
{
  FoxapiSimFault fault = {.status = 200,.body = unusable[__i__] };
  g_autoptr (Run) run = run_new (harness_source ("retries", 2, NULL));
  g_autofree gchar *id = NULL;
  const GstStructure *details;

  foxapi_sim_script (sim, FOXAPI_SIM_ASK, 0, &fault);
  details = run_to_error (run, GST_RESOURCE_ERROR_FAILED);
  id = harness_task_id (1);
  assert_string (details, "task-id", id);
  assert_requests (FOXAPI_SIM_SUBMIT, 1);
  fail_unless (foxapi_sim_count_requests (sim, FOXAPI_SIM_ASK) <= 3);
}

GST_END_TEST;

/* The text of the only ERROR */
static gchar *
get_error_text (Run * run)
{
  for (guint i = 0; i < run->messages->len; i++) {
    GstMessage *message = g_ptr_array_index (run->messages, i);
    g_autoptr (GError) error = NULL;

    if (GST_MESSAGE_TYPE (message) != GST_MESSAGE_ERROR)
      continue;
    gst_message_parse_error (message, &error, NULL);
    return g_strdup (error->message);
  }
  return NULL;
}

/* Answers that end a task without a video: its first one, too. */
static const struct
{
  const gchar *members;
  const gchar *word;            /* of the ERROR */
  const gchar *code;
  const gchar *type;
} ends[] = {
  {"\"status\":\"failed\",\"error\":{\"code\":\"content_policy_violation\","
        "\"message\":\"No foxes\",\"type\":\"task_error\"}", "No foxes",
      "content_policy_violation", "task_error"},
  {"\"status\":\"failed\",\"error\":\"No foxes\"", "No foxes", NULL, NULL},
  {"\"status\":\"cancelled\",\"error\":null", "cancelled", NULL, NULL},
  {"\"status\":\"completed\",\"results\":[{\"voice_id\":\"v-1\"}]",
      "{\"voice_id\":\"v-1\"}", NULL, NULL},
};

static void
check_end (FoxapiSimRoute route, gint nth)
{
  g_autofree gchar *body = g_strdup_printf ("{\"id\":\"task-1\",%s}",
      ends[nth].members);
  FoxapiSimFault fault = {.status = 200,.body = body };
  g_autoptr (Run) run = run_new (harness_source ("task-id",
          route == FOXAPI_SIM_ASK ? "task-1" : NULL, NULL));
  g_autofree gchar *text = NULL;
  const GstStructure *details;

  foxapi_sim_script (sim, route, 0, &fault);
  details = run_to_error (run, GST_RESOURCE_ERROR_FAILED);
  assert_string (details, "task-id", "task-1");
  fail_unless_equals_string (gst_structure_get_string (details, "error-code"),
      ends[nth].code);
  fail_unless_equals_string (gst_structure_get_string (details, "error-type"),
      ends[nth].type);
  text = get_error_text (run);
  fail_unless (strstr (text, ends[nth].word) != NULL, "%s", text);
  assert_requests (route, 1);
  assert_requests (FOXAPI_SIM_RESULT, 0);
}

GST_START_TEST (test_task_ended)
{
  check_end (FOXAPI_SIM_ASK, __i__);
}

GST_END_TEST;

GST_START_TEST (test_task_ended_at_once)
{
  check_end (FOXAPI_SIM_SUBMIT, __i__);
}

GST_END_TEST;

/* The submission has to be through before. */
GST_START_TEST (test_task_timeout)
{
  FoxapiSimOptions options = harness_options ();
  g_autoptr (Run) run = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree gchar *id = NULL, *debug = NULL, *text = NULL;
  const GstStructure *details = NULL;
  GstMessage *message;

  options.manual = TRUE;
  harness_setup_with (&options);
  run = run_new (harness_source ("task-timeout", 5, NULL));
  run_set_state (run, GST_STATE_PLAYING);
  message = run_wait (run, GST_MESSAGE_ERROR);
  gst_message_parse_error (message, &error, &debug);
  fail_unless (g_error_matches (error, GST_RESOURCE_ERROR,
          GST_RESOURCE_ERROR_FAILED));
  gst_message_parse_error_details (message, &details);
  id = harness_task_id (1);
  assert_string (details, "task-id", id);
  text = g_strconcat (error->message, debug, NULL);
  fail_unless (strstr (text, id) != NULL, "Not in the text: %s", id);
  run_stop (run);
  fail_unless_equals_int (run_count (run, GST_MESSAGE_ERROR), 1);
  fail_unless_equals_int (run_count (run, GST_MESSAGE_EOS), 0);
  assert_requests (FOXAPI_SIM_SUBMIT, 1);
}

GST_END_TEST;

/* An answer that drips in for ever is no reason to wait longer for the task */
GST_START_TEST (test_task_timeout_in_a_drip)
{
  FoxapiSimFault fault = {.drip_ms = 500 };
  g_autofree gchar *id = foxapi_sim_add_task (sim, "running");
  g_autoptr (Run) run = run_new (harness_source ("task-id", id,
          "task-timeout", 3, NULL));
  const GstStructure *details;

  foxapi_sim_script (sim, FOXAPI_SIM_ASK, 0, &fault);
  details = run_to_error (run, GST_RESOURCE_ERROR_FAILED);
  assert_string (details, "task-id", id);
  assert_requests (FOXAPI_SIM_ASK, 1);
  fail_unless (foxapi_sim_wait_idle (sim, FOXAPI_SIM_ASK));
}

GST_END_TEST;

/* What the result's server may do for good */
static const Row result_rows[] = {
  {{.reset = TRUE}, GST_RESOURCE_ERROR_READ, FALSE, 1},
  /* Another range than the one that was asked for */
  {{.headers = "Content-Range: bytes 0-99002/100003"},
      GST_RESOURCE_ERROR_READ, FALSE, 1},
  {{.status = 500}, GST_RESOURCE_ERROR_FAILED, FALSE, 1},
  {{.status = 503,.headers = "Retry-After: 0"}, GST_RESOURCE_ERROR_FAILED,
      FALSE, 1},
};

GST_START_TEST (test_result)
{
  const Row *row = &result_rows[__i__];
  FoxapiSimFault once = {.cut_at = 1000 };
  g_autoptr (Run) run = run_new (harness_source ("retries", 1, NULL));
  g_autofree gchar *id = NULL;
  const GstStructure *details;

  /* What breaks has begun well */
  if (row->code == GST_RESOURCE_ERROR_READ)
    foxapi_sim_script (sim, FOXAPI_SIM_RESULT, 1, &once);
  foxapi_sim_script (sim, FOXAPI_SIM_RESULT, 0, &row->fault);
  details = run_to_error (run, row->code);
  id = harness_task_id (1);
  assert_string (details, "task-id", id);
  if (row->fault.status >= 400)
    assert_uint (details, "http-status", row->fault.status);
  assert_requests (FOXAPI_SIM_SUBMIT, 1);
}

GST_END_TEST;

/* A mistyped id is nothing that anybody has paid for */
GST_START_TEST (test_unknown_task)
{
  g_autoptr (Run) run = run_new (harness_source ("task-id", "task-mistyped",
          NULL));
  g_autofree gchar *text = NULL;

  run_to_error (run, GST_RESOURCE_ERROR_NOT_FOUND);
  text = get_error_text (run);
  fail_unless (strstr (text, "task-id") != NULL, "%s", text);
  fail_if (strstr (text, "paid for and kept") != NULL, "%s", text);
}

GST_END_TEST;

/* The base class's own ERROR names the task, too */
GST_START_TEST (test_not_linked)
{
  g_autoptr (Run) run = run_new (harness_source (NULL));
  g_autofree gchar *id = NULL, *text = NULL;
  const GstStructure *details = NULL;
  GstMessage *message;

  gst_element_unlink (run->source, run->sink);
  run_set_state (run, GST_STATE_PLAYING);
  message = run_wait (run, GST_MESSAGE_ERROR);
  gst_message_parse_error_details (message, &details);
  run_stop (run);
  fail_unless_equals_int (run_count (run, GST_MESSAGE_ERROR), 1);
  fail_unless (details != NULL);
  id = harness_task_id (1);
  assert_string (details, "task-id", id);
  text = get_error_text (run);
  fail_unless (strstr (text, id) != NULL, "%s", text);
}

GST_END_TEST;

/* A task that completed since the latest question is not overdue. */
GST_START_TEST (test_last_question)
{
  FoxapiSimOptions options = harness_options ();
  g_autoptr (Run) run = NULL;

  options.manual = TRUE;
  harness_setup_with (&options);
  run = run_new (harness_source ("task-timeout", 10, "poll-interval", 3600000,
          NULL));
  run_set_state (run, GST_STATE_PLAYING);
  run_wait_task (run, "pending");
  foxapi_sim_set_task (sim, NULL, "completed", 100);
  run_wait (run, GST_MESSAGE_EOS);
  run_assert_data (run, payload);
  run_stop (run);
  assert_requests (FOXAPI_SIM_ASK, 1);
}

GST_END_TEST;

static Suite *
errors_suite (void)
{
  Suite *suite = suite_create ("errors");
  TCase *tcase = tcase_create ("table");

  suite_add_tcase (suite, tcase);
  tcase_add_checked_fixture (tcase, harness_setup, harness_teardown);
  tcase_add_loop_test (tcase, test_submission, 0, G_N_ELEMENTS (rows));
  tcase_add_test (tcase, test_details);
  tcase_add_test (tcase, test_deep_answer);
  tcase_add_test (tcase, test_endless_answer);
  tcase_add_test (tcase, test_timeout);
  tcase_add_test (tcase, test_refused);
  tcase_add_test (tcase, test_no_such_name);
  tcase_add_loop_test (tcase, test_ask, 0, G_N_ELEMENTS (ask_rows));
  tcase_add_loop_test (tcase, test_unusable_answers, 0,
      G_N_ELEMENTS (unusable));
  tcase_add_loop_test (tcase, test_task_ended, 0, G_N_ELEMENTS (ends));
  tcase_add_loop_test (tcase, test_task_ended_at_once, 0, G_N_ELEMENTS (ends));
  tcase_add_test (tcase, test_task_timeout_in_a_drip);
  tcase_add_loop_test (tcase, test_result, 0, G_N_ELEMENTS (result_rows));
  tcase_add_test (tcase, test_unknown_task);
  tcase_add_test (tcase, test_not_linked);

  tcase = tcase_create ("ended");
  suite_add_tcase (suite, tcase);
  tcase_add_checked_fixture (tcase, NULL, harness_teardown);
  tcase_add_test (tcase, test_task_timeout);
  tcase_add_test (tcase, test_last_question);
  return suite;
}

GST_CHECK_MAIN (errors);
