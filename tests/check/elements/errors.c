/* Errors as an application sees them: domain, code, details, one ERROR, no EOS. One
 * case of each kind; the table of statuses is in protocol/error.c.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "foxapiharness.h"

/* What every request of a route meets, what comes of it, and how often it is sent
 * with two retries (0: nobody counts) */
static const struct
{
  FoxapiSimRoute route;
  FoxapiSimFault fault;
  gint code;
  guint requests;
  gboolean maybe_charged;
} faults[] = {
  {FOXAPI_SIM_SUBMIT, {.status = 400}, GST_RESOURCE_ERROR_SETTINGS, 1, FALSE},
  {FOXAPI_SIM_SUBMIT, {.status = 402}, GST_RESOURCE_ERROR_NOT_AUTHORIZED, 1,
      FALSE},
  {FOXAPI_SIM_SUBMIT, {.status = 404}, GST_RESOURCE_ERROR_NOT_FOUND, 1, FALSE},
  {FOXAPI_SIM_SUBMIT, {.status = 429,.headers = "Retry-After: 0"},
      GST_RESOURCE_ERROR_BUSY, 3, FALSE},
  {FOXAPI_SIM_SUBMIT, {.status = 503,.headers = "Retry-After: 0"},
      GST_RESOURCE_ERROR_FAILED, 1, TRUE},
  {FOXAPI_SIM_SUBMIT, {.reset = TRUE}, GST_RESOURCE_ERROR_FAILED, 1, TRUE},
  {FOXAPI_SIM_SUBMIT, {.hold = TRUE}, GST_RESOURCE_ERROR_FAILED, 1, TRUE},
  /* An answer that was good and can't be used */
  {FOXAPI_SIM_SUBMIT, {.status = 200,.body = ""}, GST_RESOURCE_ERROR_FAILED, 1,
      TRUE},
  /* From here on the task is there, and is named. */
  {FOXAPI_SIM_ASK, {.status = 401}, GST_RESOURCE_ERROR_NOT_AUTHORIZED, 1},
  {FOXAPI_SIM_ASK, {.status = 403}, GST_RESOURCE_ERROR_NOT_AUTHORIZED, 1},
  {FOXAPI_SIM_ASK, {.status = 404}, GST_RESOURCE_ERROR_NOT_FOUND, 2},
  {FOXAPI_SIM_ASK, {.status = 200,.body = "nonsense"},
      GST_RESOURCE_ERROR_FAILED, 3},
  {FOXAPI_SIM_RESULT, {.reset = TRUE}, GST_RESOURCE_ERROR_READ, 0},
  {FOXAPI_SIM_RESULT, {.status = 503,.headers = "Retry-After: 0"},
      GST_RESOURCE_ERROR_FAILED, 0},
};

TEST (test_fault)
{
  FoxapiSimRoute route = faults[__i__].route;
  const FoxapiSimFault *fault = &faults[__i__].fault;
  const FoxapiSimFault cut = {.cut_at = 1000 };
  gboolean has_task = route != FOXAPI_SIM_SUBMIT;
  g_autoptr (Run) run = run_new (harness_source ("retries", 2,
          "submit-timeout", has_task ? 30 : 1, NULL));
  const GstStructure *details;

  /* A result that breaks has begun well. */
  if (route == FOXAPI_SIM_RESULT && fault->reset)
    foxapi_sim_script (sim, route, 1, &cut);
  foxapi_sim_script (sim, route, 0, fault);
  details = run_to_error (run, faults[__i__].code);
  if (faults[__i__].requests > 0)
    assert_requests (route, faults[__i__].requests);
  if (fault->status != 0)
    assert_uint (details, "http-status", fault->status);
  if (has_task) {
    assert_task (details, 1);
    assert_requests (FOXAPI_SIM_SUBMIT, 1);
  } else {
    assert_requests (FOXAPI_SIM_ASK, 0);
    assert_boolean (details, "maybe-charged", faults[__i__].maybe_charged);
  }
}

TEST (test_details)
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

TEST (test_refused)
{
  g_autoptr (GSocketListener) listener = g_socket_listener_new ();
  g_autofree gchar *url = g_strdup_printf ("http://127.0.0.1:%u",
      g_socket_listener_add_any_inet_port (listener, NULL, NULL));
  g_autoptr (Run) run = run_new (harness_source ("base-url", url, "retries", 1,
          NULL));

  g_socket_listener_close (listener);
  assert_boolean (run_to_error (run, GST_RESOURCE_ERROR_OPEN_READ),
      "maybe-charged", FALSE);
  assert_nothing_sent ();
}

/* Answers that end a task without a video: its first one, too. */
static const struct
{
  FoxapiSimRoute route;
  const gchar *members;
  const gchar *word;            /* of the ERROR */
  const gchar *code;
  const gchar *type;
} ends[] = {
  {FOXAPI_SIM_ASK, "\"status\":\"failed\",\"error\":{\"code\":"
        "\"content_policy_violation\",\"message\":\"No foxes\","
        "\"type\":\"task_error\"}", "No foxes", "content_policy_violation",
      "task_error"},
  {FOXAPI_SIM_SUBMIT, "\"status\":\"failed\",\"error\":\"No foxes\"",
      "No foxes", NULL, NULL},
  {FOXAPI_SIM_ASK, "\"status\":\"cancelled\",\"error\":null", "cancelled",
      NULL, NULL},
  {FOXAPI_SIM_SUBMIT, "\"status\":\"completed\",\"results\":"
        "[{\"voice_id\":\"v-1\"}]", "{\"voice_id\":\"v-1\"}", NULL, NULL},
};

TEST (test_task_ended)
{
  FoxapiSimRoute route = ends[__i__].route;
  g_autofree gchar *body = g_strdup_printf ("{\"id\":\"task-1\",%s}",
      ends[__i__].members);
  FoxapiSimFault fault = {.status = 200,.body = body };
  g_autoptr (Run) run = run_new (harness_source ("task-id",
          route == FOXAPI_SIM_ASK ? "task-1" : NULL, NULL));
  const GstStructure *details;

  foxapi_sim_script (sim, route, 0, &fault);
  details = run_to_error (run, GST_RESOURCE_ERROR_FAILED);
  assert_string (details, "task-id", "task-1");
  fail_unless_equals_string (gst_structure_get_string (details, "error-code"),
      ends[__i__].code);
  fail_unless_equals_string (gst_structure_get_string (details, "error-type"),
      ends[__i__].type);
  run_assert_says (run, GST_MESSAGE_ERROR, ends[__i__].word, NULL);
  assert_requests (route, 1);
  assert_requests (FOXAPI_SIM_RESULT, 0);
}

/* Between two questions, and in an answer that drips in for ever */
static const FoxapiSimFault slow[] = { {0}, {.drip_ms = 500} };

TEST (test_task_timeout)
{
  g_autofree gchar *id = foxapi_sim_add_task (sim, "running");
  g_autoptr (Run) run = run_new (harness_source ("task-id", id,
          "task-timeout", 1, NULL));

  foxapi_sim_script (sim, FOXAPI_SIM_ASK, 0, &slow[__i__]);
  assert_string (run_to_error (run, GST_RESOURCE_ERROR_FAILED), "task-id", id);
  run_assert_says (run, GST_MESSAGE_ERROR, id, "task-timeout", NULL);
  fail_unless (foxapi_sim_wait_idle (sim, FOXAPI_SIM_ASK));
  assert_requests (FOXAPI_SIM_SUBMIT, 0);
}

/* A task that completed since the latest question is not overdue. */
TEST (test_last_question)
{
  g_autofree gchar *id = NULL;
  g_autoptr (Run) run = NULL;

  harness_setup_manual ();
  id = foxapi_sim_add_task (sim, "pending");
  run = run_new (harness_source ("task-id", id, "task-timeout", 8,
          "poll-interval", 3600000, NULL));
  run_to_task (run, GST_STATE_PLAYING, "pending");
  run_complete (run);
  run_assert_data (run, payload);
  assert_requests (FOXAPI_SIM_ASK, 2);
}

/* A mistyped id is nothing that anybody has paid for, whatever the service answers
 * before it has looked for it. */
static const struct
{
  const gchar *key;
  gint code;
  const gchar *named;
} mistyped[] = {
  {"test-key-0123456789", GST_RESOURCE_ERROR_NOT_FOUND, "task-id"},
  {"another-key", GST_RESOURCE_ERROR_NOT_AUTHORIZED, "If the service has the"},
};

TEST (test_unknown_task)
{
  g_autoptr (Run) run = run_new (harness_source ("task-id", "task-mistyped",
          "api-key", mistyped[__i__].key, NULL));
  g_autofree gchar *text = NULL;

  run_to_error (run, mistyped[__i__].code);
  run_assert_says (run, GST_MESSAGE_ERROR, mistyped[__i__].named, NULL);
  text = run_text (run, GST_MESSAGE_ERROR);
  fail_if (strstr (text, "paid for and kept") != NULL, "%s", text);
  assert_requests (FOXAPI_SIM_SUBMIT, 0);
}

/* The base class's own ERROR names the task, too */
TEST (test_not_linked)
{
  g_autoptr (Run) run = run_new (harness_source (NULL));
  g_autofree gchar *id = NULL;

  gst_element_unlink (run->source, run->sink);
  assert_task (run_to_error_of (run, GST_STREAM_ERROR,
          GST_STREAM_ERROR_FAILED), 1);
  id = harness_task_id (1);
  run_assert_says (run, GST_MESSAGE_ERROR, id, NULL);
}

static const Test tests[] = {
  CASE ("table", harness_setup, harness_teardown),
  ROWS (test_fault, faults),
  ONCE (test_details),
  ONCE (test_refused),
  ROWS (test_task_ended, ends),
  ROWS (test_task_timeout, slow),
  ONCE (test_last_question),
  ROWS (test_unknown_task, mistyped),
  ONCE (test_not_linked),
};

CHECK_MAIN (errors, tests)
