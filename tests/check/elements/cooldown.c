/* What the service answers to one element with 429 holds for all of them.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "foxapiharness.h"

static const FoxapiSimFault a_minute = {.status = 429,
  .headers = "Retry-After: 60"
};

static const FoxapiSimFault a_second = {.status = 429,
  .headers = "Retry-After: 1"
};

/* Until it says that it waits because of HTTP 429 */
static void
wait_for_pause (Run * run)
{
  run_wait_progress (run, "429");
}

static Run *
start (const gchar * property, const gchar * value)
{
  Run *run = run_new (harness_source (property, value, NULL));

  run_set_state (run, GST_STATE_PLAYING);
  return run;
}

/* Whatever the other ones want to send, they do not, and stop at once. */
TEST (test_another)
{
  FoxapiSimRoute route = __i__ ? FOXAPI_SIM_ASK : FOXAPI_SIM_SUBMIT;
  g_autoptr (Run) told = NULL, submits = NULL, asks = NULL;
  g_autofree gchar *id = foxapi_sim_add_task (sim, "pending");

  foxapi_sim_script (sim, route, 1, &a_minute);
  told = __i__ ? start ("task-id", id) : start ("prompt", "One");
  wait_for_pause (told);

  submits = start ("prompt", "Another");
  wait_for_pause (submits);
  asks = start ("task-id", id);
  wait_for_pause (asks);
  run_stop (submits);
  run_stop (asks);
  run_stop (told);
  assert_requests (FOXAPI_SIM_SUBMIT, route == FOXAPI_SIM_SUBMIT);
  assert_requests (FOXAPI_SIM_ASK, route == FOXAPI_SIM_ASK);
}

/* The pause ends, and then both get what they want, for one charge each. */
TEST (test_afterwards)
{
  g_autoptr (Run) told = NULL, other = NULL;
  g_autoptr (GPtrArray) requests = NULL;
  gint64 start_us;

  foxapi_sim_script (sim, FOXAPI_SIM_SUBMIT, 1, &a_second);
  told = start ("prompt", "One");
  wait_for_pause (told);
  other = start ("prompt", "Another");
  run_to_eos (other);
  run_to_eos (told);

  requests = foxapi_sim_get_requests (sim, FOXAPI_SIM_SUBMIT);
  fail_unless_equals_int (requests->len, 3);
  start_us = ((FoxapiSimRequest *) g_ptr_array_index (requests, 0))->time_us;
  for (guint i = 1; i < 3; i++) {
    FoxapiSimRequest *request = g_ptr_array_index (requests, i);

    fail_unless (request->time_us - start_us >= G_TIME_SPAN_SECOND);
  }
}

/* Another key, another account, another limit */
TEST (test_another_key)
{
  g_autoptr (Run) told = NULL, other = NULL;
  FoxapiSimFault honest = { 0 };

  foxapi_sim_script (sim, FOXAPI_SIM_SUBMIT, 1, &a_minute);
  foxapi_sim_script (sim, FOXAPI_SIM_SUBMIT, 2, &honest);
  told = start ("prompt", "One");
  wait_for_pause (told);
  other = run_new (harness_source ("api-key", "another-key-0123456789", NULL));
  run_to_error (other, GST_RESOURCE_ERROR_NOT_AUTHORIZED);
  assert_requests (FOXAPI_SIM_SUBMIT, 2);
}

/* It has no attempt left, and still knows what to tell the others. The time for
 * their tasks goes on meanwhile; nothing was sent, nothing charged. */
TEST (test_task_timeout)
{
  g_autoptr (Run) told = run_new (harness_source ("retries", 0, NULL));
  g_autoptr (Run) other = run_new (harness_source ("task-timeout", 1, NULL));
  const GstStructure *details;

  foxapi_sim_script (sim, FOXAPI_SIM_SUBMIT, 1, &a_minute);
  run_to_error (told, GST_RESOURCE_ERROR_BUSY);
  details = run_to_error (other, GST_RESOURCE_ERROR_BUSY);
  assert_boolean (details, "maybe-charged", FALSE);
  assert_requests (FOXAPI_SIM_SUBMIT, 1);
}

static const Test tests[] = {
  CASE ("429", harness_setup, harness_teardown),
  TIMES (test_another, 2),
  ONCE (test_afterwards),
  ONCE (test_another_key),
  ONCE (test_task_timeout),
};

CHECK_MAIN (cooldown, tests)
