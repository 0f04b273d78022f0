/* Faults that pass: what is tried again, how often and how long after.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "foxapiharness.h"

static const FoxapiSimFault busy = {.status = 429,.body = "<html>Busy</html>",
  .headers = "Retry-After: 0"
};

/* The same is sent as often as was asked for, not once more. */
static const struct
{
  gint retries;
  guint n_busy;
  gboolean passes;
} submissions[] = {
  {5, 1, TRUE}, {0, 0, TRUE}, {0, 1, FALSE}, {2, 2, TRUE}, {2, 3, FALSE},
  {-1, 12, TRUE},
};

TEST (test_submission)
{
  guint n_busy = submissions[__i__].n_busy;
  g_autoptr (Run) run = run_new (harness_source ("retries",
          submissions[__i__].retries, NULL));
  g_autofree gchar *body = NULL;

  harness_script_next (FOXAPI_SIM_SUBMIT, n_busy, &busy);
  if (submissions[__i__].passes)
    run_to_result (run);
  else
    run_to_error (run, GST_RESOURCE_ERROR_BUSY);
  assert_requests (FOXAPI_SIM_SUBMIT, n_busy + submissions[__i__].passes);
  body = harness_request_body (FOXAPI_SIM_SUBMIT, 1);
  assert_body_has (FOXAPI_SIM_SUBMIT, foxapi_sim_count_requests (sim,
          FOXAPI_SIM_SUBMIT), body);
}

/* Not before the time that the service names, or five seconds where it names none.
 * How long after is nobody's business here. */
static const struct
{
  const gchar *header;
  gint64 seconds;
} pauses[] = {
  {"Retry-After: 2", 2}, {"Retry-After: soon", 5},
};

TEST (test_retry_after)
{
  FoxapiSimFault fault = {.status = 429,.headers = pauses[__i__].header };
  g_autoptr (Run) run = run_new (harness_source (NULL));
  g_autoptr (GPtrArray) requests = NULL;
  gint64 gap_us;

  foxapi_sim_script (sim, FOXAPI_SIM_SUBMIT, 1, &fault);
  run_to_eos (run);
  requests = foxapi_sim_get_requests (sim, FOXAPI_SIM_SUBMIT);
  fail_unless_equals_int (requests->len, 2);
  gap_us = ((FoxapiSimRequest *) g_ptr_array_index (requests, 1))->time_us
      - ((FoxapiSimRequest *) g_ptr_array_index (requests, 0))->time_us;
  fail_unless (gap_us >= pauses[__i__].seconds * G_TIME_SPAN_SECOND - 100000);
}

/* Longer than there is time: the error comes at once. */
TEST (test_retry_after_task_timeout)
{
  FoxapiSimFault fault = {.status = 429,.headers = "Retry-After: 1801" };
  g_autoptr (Run) run = run_new (harness_source (NULL));

  foxapi_sim_script (sim, FOXAPI_SIM_SUBMIT, 0, &fault);
  run_to_error (run, GST_RESOURCE_ERROR_BUSY);
  assert_requests (FOXAPI_SIM_SUBMIT, 1);
}

/* A task that is complete when it is made needs no question. */
TEST (test_completed_at_once)
{
  g_autofree gchar *id = foxapi_sim_add_task (sim, "completed");
  g_autoptr (GPtrArray) tasks = foxapi_sim_get_tasks (sim);
  FoxapiSimTask *task = g_ptr_array_index (tasks, 0);
  g_autofree gchar *body = g_strdup_printf ("{\"id\":\"%s\",\"status\":"
      "\"completed\",\"results\":[\"%s\"]}", id, task->result_url);
  FoxapiSimFault fault = {.status = 201,.body = body };
  g_autoptr (Run) run = run_new (harness_source (NULL));

  foxapi_sim_script (sim, FOXAPI_SIM_SUBMIT, 1, &fault);
  run_to_result (run);
  assert_requests (FOXAPI_SIM_SUBMIT, 1);
  assert_requests (FOXAPI_SIM_ASK, 0);
}

TEST (test_refused_then_there)
{
  g_autoptr (GSocketListener) listener = g_socket_listener_new ();
  guint port = g_socket_listener_add_any_inet_port (listener, NULL, NULL);
  FoxapiSimOptions options = harness_options ();
  g_autofree gchar *url = g_strdup_printf ("http://127.0.0.1:%u", port);
  g_autoptr (Run) run = run_new (harness_source ("base-url", url, "retries", -1,
          NULL));
  FoxapiSim *late;

  g_socket_listener_close (listener);
  run_set_state (run, GST_STATE_PLAYING);
  run_wait (run, GST_MESSAGE_STATE_CHANGED);
  options.api_port = port;
  late = foxapi_sim_new (&options, NULL);
  fail_unless (late != NULL);
  run_wait (run, GST_MESSAGE_EOS);
  run_stop (run);
  fail_unless_equals_int (foxapi_sim_count_requests (late, FOXAPI_SIM_SUBMIT),
      1);
  run_assert_data (run, payload);
  foxapi_sim_free (late);
}

/* One bad answer is not a failed task (which ones pass: protocol/error.c), nor are
 * more of one passing kind than there are retries: completed without a result is a
 * task that still runs. */
static const struct
{
  FoxapiSimFault fault;
  gint retries;
} answers[] = {
  {{.reset = TRUE}, 1},
  {{.cut_at = 9}, 1},
  {{.status = 200,.body = "<html>A proxy's page</html>"}, 1},
  {{.status = 404}, 1},
  {{.status = 403,.body = "<html>Access denied</html>"}, 0},
  {{.status = 200,.body = "{\"status\":\"completed\",\"progress\":50,"
              "\"results\":null}"}, 0},
  {{.reset = TRUE}, 0},
};

TEST (test_asking)
{
  gint retries = answers[__i__].retries;
  g_autoptr (Run) run = run_new (harness_source ("retries", retries, NULL));

  harness_script_next (FOXAPI_SIM_ASK, retries > 0 ? 1 : 3,
      &answers[__i__].fault);
  run_to_result (run);
  assert_requests (FOXAPI_SIM_SUBMIT, 1);
  fail_unless_equals_int (run_count (run, GST_MESSAGE_ERROR), 0);
}

/* A question that nobody answers is lost after the timeout, and asked again. So
 * is a submission, but not sent again: the task is there before. */
TEST (test_asking_timeout)
{
  g_autofree gchar *id = foxapi_sim_add_task (sim, "completed");
  g_autoptr (Run) run = run_new (harness_source ("task-id", id, "timeout", 1,
          NULL));

  harness_hold (FOXAPI_SIM_ASK, 1);
  run_to_result (run);
  fail_unless (foxapi_sim_count_requests (sim, FOXAPI_SIM_ASK) >= 2);
  assert_requests (FOXAPI_SIM_SUBMIT, 0);
}

/* What counts is how many unusable answers come in a row */
TEST (test_unusable_now_and_then)
{
  FoxapiSimFault fault = {.status = 200,.body = "nonsense" };
  g_autoptr (Run) run = NULL;

  harness_setup_manual ();
  for (guint i = 1; i < 12; i += 2)
    foxapi_sim_script (sim, FOXAPI_SIM_ASK, i, &fault);
  run = run_new (harness_source ("retries", 1, NULL));
  run_to_request (run, GST_STATE_PLAYING, FOXAPI_SIM_ASK, 12);
  run_complete (run);
  run_assert_data (run, payload);
}

static const Test tests[] = {
  CASE ("faults", harness_setup, harness_teardown),
  ROWS (test_submission, submissions),
  ROWS (test_retry_after, pauses),
  ONCE (test_retry_after_task_timeout),
  ONCE (test_completed_at_once),
  ONCE (test_refused_then_there),
  ROWS (test_asking, answers),
  ONCE (test_asking_timeout),
  ONCE (test_unusable_now_and_then),
};

CHECK_MAIN (passing, tests)
