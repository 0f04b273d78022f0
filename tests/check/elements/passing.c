/* Faults that pass: what is tried again, how often and how long after.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "foxapiharness.h"

/* Faults that certainly charged nothing */
static const FoxapiSimFault free_faults[] = {
  {.status = 429,.headers = "Retry-After: 0"},
  {.status = 429,.body = "<html>Busy</html>",.headers = "Retry-After: 0"},
  {.status = 429,.headers = "Retry-After: Thu, 01 Jan 1970 00:00:00 GMT"},
};

GST_START_TEST (test_submission)
{
  g_autoptr (Run) run = run_new (harness_source (NULL));
  g_autofree gchar *first_body = NULL, *second_body = NULL;

  foxapi_sim_script (sim, FOXAPI_SIM_SUBMIT, 1, &free_faults[__i__]);
  run_to_eos (run);
  assert_requests (FOXAPI_SIM_SUBMIT, 2);
  first_body = harness_request_body (FOXAPI_SIM_SUBMIT, 1);
  second_body = harness_request_body (FOXAPI_SIM_SUBMIT, 2);
  fail_unless_equals_string (first_body, second_body);
  run_assert_data (run, payload);
}

GST_END_TEST;

static void
fail_submissions (guint n)
{
  for (guint i = 1; i <= n; i++)
    foxapi_sim_script (sim, FOXAPI_SIM_SUBMIT, i, &free_faults[i % 2]);
}

/* As many as were asked for, not one more */
static const gint retries[] = { 0, 1, 3 };

GST_START_TEST (test_retries_are_counted)
{
  gint n = retries[__i__];
  g_autoptr (Run) failing = run_new (harness_source ("retries", n, NULL));
  g_autoptr (Run) passing = run_new (harness_source ("retries", n, NULL));

  foxapi_sim_script (sim, FOXAPI_SIM_SUBMIT, 0, &free_faults[0]);
  run_to_error (failing, GST_RESOURCE_ERROR_BUSY);
  assert_requests (FOXAPI_SIM_SUBMIT, n + 1);

  foxapi_sim_script (sim, FOXAPI_SIM_SUBMIT, 2 * n + 2, &(FoxapiSimFault) {
      0});
  run_to_eos (passing);
  assert_requests (FOXAPI_SIM_SUBMIT, 2 * n + 2);
}

GST_END_TEST;

GST_START_TEST (test_retries_without_limit)
{
  g_autoptr (Run) run = run_new (harness_source ("retries", -1, NULL));

  fail_submissions (12);
  run_to_eos (run);
  assert_requests (FOXAPI_SIM_SUBMIT, 13);
}

GST_END_TEST;

static gint64
gap_between_submissions (void)
{
  g_autoptr (GPtrArray) requests =
      foxapi_sim_get_requests (sim, FOXAPI_SIM_SUBMIT);
  FoxapiSimRequest *one = g_ptr_array_index (requests, 0);
  FoxapiSimRequest *two = g_ptr_array_index (requests, 1);

  return two->time_us - one->time_us;
}

/* Not before the time that the service names. How long after is nobody's
 * business here. */
GST_START_TEST (test_retry_after_seconds)
{
  FoxapiSimFault fault = {.status = 429,.headers = "Retry-After: 2" };
  g_autoptr (Run) run = run_new (harness_source (NULL));

  foxapi_sim_script (sim, FOXAPI_SIM_SUBMIT, 1, &fault);
  run_to_eos (run);
  assert_requests (FOXAPI_SIM_SUBMIT, 2);
  fail_unless (gap_between_submissions () >= 19 * G_TIME_SPAN_SECOND / 10);
}

GST_END_TEST;

/* Longer than there is time: the error comes at once. */
GST_START_TEST (test_retry_after_task_timeout)
{
  FoxapiSimFault fault = {.status = 429,.headers = "Retry-After: 1801" };
  g_autoptr (Run) run = run_new (harness_source (NULL));

  foxapi_sim_script (sim, FOXAPI_SIM_SUBMIT, 0, &fault);
  run_to_error (run, GST_RESOURCE_ERROR_BUSY);
  assert_requests (FOXAPI_SIM_SUBMIT, 1);
}

GST_END_TEST;

/* A task that is complete when it is made needs no question. */
GST_START_TEST (test_completed_at_once)
{
  g_autofree gchar *id = foxapi_sim_add_task (sim, "completed");
  g_autoptr (GPtrArray) tasks = foxapi_sim_get_tasks (sim);
  FoxapiSimTask *task = g_ptr_array_index (tasks, 0);
  g_autofree gchar *body = g_strdup_printf ("{\"id\":\"%s\",\"status\":"
      "\"completed\",\"results\":[\"%s\"]}", id, task->result_url);
  FoxapiSimFault fault = {.status = 201,.body = body };
  g_autoptr (Run) run = run_new (harness_source (NULL));

  foxapi_sim_script (sim, FOXAPI_SIM_SUBMIT, 1, &fault);
  run_to_eos (run);
  run_assert_data (run, payload);
  assert_requests (FOXAPI_SIM_SUBMIT, 1);
  assert_requests (FOXAPI_SIM_ASK, 0);
}

GST_END_TEST;

/* Five seconds at least, where the service names none */
GST_START_TEST (test_no_retry_after)
{
  FoxapiSimFault fault = {.status = 429,.headers = "Retry-After: soon" };
  g_autoptr (Run) run = run_new (harness_source (NULL));

  foxapi_sim_script (sim, FOXAPI_SIM_SUBMIT, 1, &fault);
  run_to_eos (run);
  assert_requests (FOXAPI_SIM_SUBMIT, 2);
  fail_unless (gap_between_submissions () >= 5 * G_TIME_SPAN_SECOND);
}

GST_END_TEST;

GST_START_TEST (test_retry_after_date)
{
  g_autoptr (GDateTime) now = g_date_time_new_now_utc ();
  g_autoptr (GDateTime) then = g_date_time_add_seconds (now, 3);
  g_autofree gchar *header =
      g_date_time_format (then, "Retry-After: %a, %d %b %Y %H:%M:%S GMT");
  FoxapiSimFault fault = {.status = 429,.headers = header };
  g_autoptr (Run) run = run_new (harness_source (NULL));
  gint64 due = g_date_time_to_unix (then) * G_TIME_SPAN_SECOND;
  gint64 offset = g_get_real_time () - g_get_monotonic_time ();
  g_autoptr (GPtrArray) requests = NULL;
  FoxapiSimRequest *again;

  foxapi_sim_script (sim, FOXAPI_SIM_SUBMIT, 1, &fault);
  run_to_eos (run);
  assert_requests (FOXAPI_SIM_SUBMIT, 2);
  requests = foxapi_sim_get_requests (sim, FOXAPI_SIM_SUBMIT);
  again = g_ptr_array_index (requests, 1);
  fail_unless (again->time_us + offset >= due - G_TIME_SPAN_SECOND);
}

GST_END_TEST;

GST_START_TEST (test_refused_then_there)
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

GST_END_TEST;

/* One bad answer is not a failed task */
static const FoxapiSimFault ask_faults[] = {
  {.status = 500},
  {.status = 429,.headers = "Retry-After: 0"},
  {.reset = TRUE},
  {.status = 200,.body = "<html>A proxy's page</html>"},
  {.close = TRUE},
  {.status = 502,.body = ""},
  {.cut_at = 9},
  {.status = 503,.headers = "Retry-After: 0"},
  {.status = 200,.body = "{\"id\":"},
  {.status = 504},
  {.reset_at = 3},
  {.status = 403,.body = "error code: 1010"},
  {.status = 404},
};

GST_START_TEST (test_asking)
{
  g_autoptr (Run) run = run_new (harness_source ("retries", 1, NULL));

  foxapi_sim_script (sim, FOXAPI_SIM_ASK, 1, &ask_faults[__i__]);
  run_to_eos (run);
  run_stop (run);
  run_assert_data (run, payload);
  assert_requests (FOXAPI_SIM_SUBMIT, 1);
  fail_unless_equals_int (run_count (run, GST_MESSAGE_ERROR), 0);
}

GST_END_TEST;

/* More of one passing kind than there are retries: completed without a result is a
 * task that still runs. */
static const FoxapiSimFault stubborn_faults[] = {
  {.status = 403,.body = "<html>Access denied</html>"},
  {.status = 200,.body = "{\"status\":\"completed\",\"progress\":50,"
        "\"results\":null}"},
  {.status = 503,.headers = "Retry-After: 0"},
  {.reset = TRUE},
};

GST_START_TEST (test_asking_beyond_retries)
{
  g_autoptr (Run) run = run_new (harness_source ("retries", 0, NULL));

  for (guint i = 1; i <= 3; i++)
    foxapi_sim_script (sim, FOXAPI_SIM_ASK, i, &stubborn_faults[__i__]);
  run_to_eos (run);
  run_assert_data (run, payload);
  assert_requests (FOXAPI_SIM_SUBMIT, 1);
}

GST_END_TEST;

/* A question that nobody answers is lost after the timeout, and asked again. So
 * is a submission, but not sent again: the task is there before. */
GST_START_TEST (test_asking_timeout)
{
  FoxapiSimFault hold = {.hold = TRUE };
  g_autofree gchar *id = foxapi_sim_add_task (sim, "completed");
  g_autoptr (Run) run = run_new (harness_source ("task-id", id, "timeout", 1,
          NULL));

  foxapi_sim_script (sim, FOXAPI_SIM_ASK, 1, &hold);
  run_to_eos (run);
  run_assert_data (run, payload);
  fail_unless (foxapi_sim_count_requests (sim, FOXAPI_SIM_ASK) >= 2);
  assert_requests (FOXAPI_SIM_SUBMIT, 0);
}

GST_END_TEST;

/* What counts is how many unusable answers come in a row */
GST_START_TEST (test_unusable_now_and_then)
{
  FoxapiSimFault fault = {.status = 200,.body = "nonsense" };
  FoxapiSimOptions options;
  g_autoptr (Run) run = NULL;

  harness_teardown ();
  options = harness_options ();
  options.manual = TRUE;
  harness_setup_with (&options);
  for (guint i = 1; i < 12; i += 2)
    foxapi_sim_script (sim, FOXAPI_SIM_ASK, i, &fault);
  run = run_new (harness_source ("retries", 1, NULL));
  run_set_state (run, GST_STATE_PLAYING);
  fail_unless (foxapi_sim_wait_requests (sim, FOXAPI_SIM_ASK, 12));
  foxapi_sim_set_task (sim, NULL, "completed", 100);
  run_wait (run, GST_MESSAGE_EOS);
  run_assert_data (run, payload);
}

GST_END_TEST;

/* A status nobody has heard of is a task that still runs */
GST_START_TEST (test_unknown_status)
{
  g_autoptr (Run) run = NULL;
  FoxapiSimOptions options;

  harness_teardown ();
  options = harness_options ();
  options.manual = TRUE;
  harness_setup_with (&options);
  run = run_new (harness_source (NULL));
  run_set_state (run, GST_STATE_PLAYING);
  run_wait_task (run, "pending");
  foxapi_sim_set_task (sim, NULL, "paused_upstream", 30);
  assert_int (run_wait_task (run, "paused_upstream"), "progress", 30);
  foxapi_sim_set_task (sim, NULL, "completed", 100);
  run_wait (run, GST_MESSAGE_EOS);
  run_assert_data (run, payload);
}

GST_END_TEST;

static Suite *
passing_suite (void)
{
  Suite *suite = suite_create ("passing");
  TCase *tcase = tcase_create ("faults");

  suite_add_tcase (suite, tcase);
  tcase_add_checked_fixture (tcase, harness_setup, harness_teardown);
  tcase_add_loop_test (tcase, test_submission, 0, G_N_ELEMENTS (free_faults));
  tcase_add_loop_test (tcase, test_retries_are_counted, 0,
      G_N_ELEMENTS (retries));
  tcase_add_test (tcase, test_retries_without_limit);
  tcase_add_test (tcase, test_retry_after_seconds);
  tcase_add_test (tcase, test_no_retry_after);
  tcase_add_test (tcase, test_retry_after_task_timeout);
  tcase_add_test (tcase, test_completed_at_once);
  tcase_add_test (tcase, test_retry_after_date);
  tcase_add_test (tcase, test_refused_then_there);
  tcase_add_loop_test (tcase, test_asking, 0, G_N_ELEMENTS (ask_faults));
  tcase_add_loop_test (tcase, test_asking_beyond_retries, 0,
      G_N_ELEMENTS (stubborn_faults));
  tcase_add_test (tcase, test_asking_timeout);
  tcase_add_test (tcase, test_unusable_now_and_then);
  tcase_add_test (tcase, test_unknown_status);
  return suite;
}

GST_CHECK_MAIN (passing);
