/* An element never pays twice for the same request without being asked.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "foxapiharness.h"

/* The element leaves to READY, or to NULL. */
static const GstState rests[] = { GST_STATE_READY, GST_STATE_NULL };

/* Charged nothing: the next start submits */
static const FoxapiSimFault free_faults[] = {
  {.status = 402}, {.status = 422}, {.status = 429}, {.status = 407},
};

TEST (test_nothing_charged)
{
  g_autoptr (Run) run = run_new (harness_source ("retries", 0, NULL));

  foxapi_sim_script (sim, FOXAPI_SIM_SUBMIT, 1, &free_faults[__i__]);
  run_set_state (run, GST_STATE_PLAYING);
  run_wait (run, GST_MESSAGE_ERROR);
  run_set_state (run, rests[__i__ % 2]);
  run_to_result (run);
  assert_requests (FOXAPI_SIM_SUBMIT, 2);
}

TEST (test_running)
{
  g_autoptr (Run) run = run_new (harness_source (NULL));
  const GstStructure *task;

  assert_boolean (run_to_task (run, GST_STATE_PAUSED, NULL), "resumed", FALSE);
  for (guint i = 0; i < 3; i++) {
    run_set_state (run, rests[__i__]);
    task = run_to_task (run, GST_STATE_PLAYING, NULL);
    assert_boolean (task, "resumed", TRUE);
    assert_task (task, 1);
  }
  run_complete (run);
  run_assert_data (run, payload);
  assert_requests (FOXAPI_SIM_SUBMIT, 1);
}

/* A looping player */
TEST (test_completed)
{
  g_autoptr (Run) run = run_new (harness_source (NULL));

  for (guint i = 0; i < 4; i++) {
    run_to_eos (run);
    run_assert_data (run, payload);
    run_set_state (run, rests[__i__]);
    g_byte_array_set_size (run->data, 0);
  }
  assert_requests (FOXAPI_SIM_SUBMIT, 1);
}

/* Another element of the application gets the finished task by its id, and needs
 * no prompt, as nothing is to be generated. */
TEST (test_task_id)
{
  g_autofree gchar *id = foxapi_sim_add_task (sim, "completed");
  g_autoptr (Run) run = run_new (harness_source ("task-id", id, "prompt",
          __i__ ? "A fox" : NULL, NULL));

  run_to_result (run);
  assert_requests (FOXAPI_SIM_SUBMIT, 0);
  assert_property (run->source, "task-id", id);
}

/* What is set between two starts, and how many generations that makes: two
 * where a property of the first table changes, or the task is given up; one
 * where it is set to what it is, or is another property. */
static const struct
{
  const gchar *property;
  const gchar *value;
  guint n_submitted;
} settings[] = {
  {"task-id", NULL, 2},
  {"model", "test-model", 2}, {"prompt", "A hare", 2},
  {"reference-image-urls", "<\"https://a.example/1\">", 2},
  {"reference-video-urls", "<\"https://a.example/1\">", 2},
  {"duration", "6", 2}, {"resolution", "720p", 2}, {"aspect-ratio", "1:1", 2},
  {"negative-prompt", "rain", 2}, {"seed", "5", 2}, {"multi-shots", "true", 2},
  {"enable-safety-checker", "false", 2},
  {"extra-parameters", "extra,prompt=(string)other", 2},

  {"prompt", "A fox", 1}, {"duration", "5", 1}, {"resolution", "1080p", 1},
  {"reference-image-urls", "<>", 1}, {"timeout", "29", 1},
  {"task-timeout", "1000", 1}, {"poll-interval", "10", 1}, {"retries", "3", 1},
  {"user-agent", "x/1", 1}, {"ssl-strict", "true", 1}, {"blocksize", "5000", 1},
};

TEST (test_set_between_starts)
{
  guint nth = __i__ / 2;
  g_autoptr (Run) run = run_new (harness_source (NULL));

  run_to_eos (run);
  run_set_state (run, rests[__i__ % 2]);
  if (settings[nth].value != NULL)
    harness_set (run->source, settings[nth].property, settings[nth].value);
  else
    g_object_set (run->source, settings[nth].property, NULL, NULL);
  run_to_eos (run);
  assert_requests (FOXAPI_SIM_SUBMIT, settings[nth].n_submitted);
}

static const gchar *const ends[] = { "failed", "cancelled" };

TEST (test_ended_task)
{
  g_autoptr (Run) run = run_new (harness_source (NULL));

  run_to_task (run, GST_STATE_PAUSED, "pending");
  foxapi_sim_set_task (sim, NULL, ends[__i__ % 2], -1);
  run_to_error (run, GST_RESOURCE_ERROR_FAILED);
  for (guint i = 0; i < 2; i++) {
    assert_task (run_to_error (run, GST_RESOURCE_ERROR_FAILED), 1);
    assert_requests (FOXAPI_SIM_SUBMIT, 1);
  }
  if (__i__ < 2)
    g_object_set (run->source, "prompt", "A hare", NULL);
  else
    g_object_set (run->source, "task-id", NULL, NULL);
  assert_boolean (run_to_task (run, GST_STATE_PLAYING, "pending"), "resumed",
      FALSE);
  assert_requests (FOXAPI_SIM_SUBMIT, 2);
}

/* Sends, and leaves before the answer, which foxapi_sim_release() lets come */
static void
leave_while_submitting (Run * run, const FoxapiSimFault * answer, guint rest)
{
  foxapi_sim_script (sim, FOXAPI_SIM_SUBMIT, 1, answer);
  run_to_request (run, GST_STATE_PLAYING, FOXAPI_SIM_SUBMIT, 1);
  run_set_state (run, rests[rest % 2]);
}

static const FoxapiSimFault held = {.hold = TRUE,.act_first = TRUE };

/* Nobody knows what came of it; the last one came when the element had left. */
static const FoxapiSimFault unknown[] = {
  {.status = 504,.act_first = TRUE}, {.reset = TRUE},
  {.status = 200,.body = "nonsense",.act_first = TRUE},
  {.hold = TRUE,.act_first = TRUE,.status = 504},
};

/* Whatever is recorded of it, it is not sent again before the application gives
 * it up, or changes the request; who changes that back was told of it, and has
 * decided. */
TEST (test_unknown_outcome)
{
  const FoxapiSimFault *fault = &unknown[__i__ / 4];
  gboolean changes = __i__ % 2, is_recorded = __i__ / 2 % 2;
  g_autoptr (Run) run = run_new (harness_source ("task-store",
          is_recorded ? store : "", NULL));

  if (fault->hold)
    leave_while_submitting (run, fault, __i__);
  else
    foxapi_sim_script (sim, FOXAPI_SIM_SUBMIT, 1, fault);
  foxapi_sim_release (sim);
  for (guint i = 0; i < 3; i++) {
    assert_boolean (run_to_error (run, GST_RESOURCE_ERROR_FAILED),
        "maybe-charged", TRUE);
    assert_requests (FOXAPI_SIM_SUBMIT, 1);
  }
  g_object_set (run->source, changes ? "prompt" : "task-id",
      changes ? "A hare" : NULL, NULL);
  run_to_result (run);
  assert_requests (FOXAPI_SIM_SUBMIT, 2);
  if (changes) {
    g_object_set (run->source, "prompt", "A fox", NULL);
    run_to_eos (run);
    assert_requests (FOXAPI_SIM_SUBMIT, 3);
  }
}

/* Until it waits for the answer to what was sent before */
static void
join (Run * run)
{
  run_set_state (run, GST_STATE_PLAYING);
  run_wait_progress (run, "Waiting for the answer");
}

/* The element waits for it, and pays once, however often it is started: also
 * without a record, and where the application wants another take. */
static const struct
{
  gboolean is_recorded;
  gboolean is_new_take;
  guint n_leaves;               /* while it waits */
} waits[] = {
  {TRUE, FALSE, 0}, {FALSE, FALSE, 1}, {TRUE, TRUE, 3}, {FALSE, TRUE, 3},
};

TEST (test_left_while_submitting)
{
  guint nth = __i__ / 2;
  g_autoptr (Run) run = run_new (harness_source ("task-store",
          waits[nth].is_recorded ? store : "", NULL));

  if (waits[nth].is_new_take)
    g_object_set (run->source, "task-id", NULL, NULL);
  leave_while_submitting (run, &held, __i__);
  join (run);
  for (guint i = 0; i < waits[nth].n_leaves; i++) {
    run_set_state (run, rests[__i__ % 2]);
    join (run);
  }
  foxapi_sim_release (sim);
  assert_boolean (run_wait_task (run, NULL), "resumed", FALSE);
  run_to_result (run);
  assert_requests (FOXAPI_SIM_SUBMIT, 1);
}

/* (transfer full): with a clip cache of this name below the store, or none */
static Run *
new_run (const gchar * cache)
{
  g_autofree gchar *path = cache ? g_build_filename (store, cache, NULL) : NULL;

  return run_new (harness_source ("clip-cache", path ? path : "", NULL));
}

/* Removed, and added again as another element, before the answer or after it:
 * also without a record, as the process knows what it has paid for. Nobody else
 * takes the place of the clip for free: it stays in the cache of the first,
 * with the task. */
static const struct
{
  gboolean is_recorded;
  gboolean is_answered;         /* when the other one starts */
  const gchar *cache;           /* (nullable): of the first, which stays then */
  const gchar *other_cache;
} joins[] = {
  {TRUE, FALSE}, {TRUE, TRUE}, {FALSE, TRUE}, {TRUE, FALSE, "cache", "cache"},
  {TRUE, FALSE, "cache", NULL}, {TRUE, FALSE, "cache", "other"},
};

TEST (test_joined)
{
  guint nth = __i__ / 2;
  const gchar *cache = joins[nth].cache;
  const gchar *records = joins[nth].is_recorded ? store : "";
  g_autoptr (Run) run = new_run (cache);
  g_autoptr (Run) other = new_run (joins[nth].other_cache);
  g_autoptr (Run) third = new_run (cache);

  g_object_set (run->source, "task-store", records, NULL);
  g_object_set (other->source, "task-store", records, NULL);
  leave_while_submitting (run, &held, __i__);
  if (cache == NULL)
    run_free (g_steal_pointer (&run));
  if (joins[nth].is_answered) {
    foxapi_sim_release (sim);
    fail_unless (foxapi_sim_wait_idle (sim, FOXAPI_SIM_SUBMIT));
  } else {
    join (other);
  }
  foxapi_sim_release (sim);
  run_to_result (other);
  if (cache != NULL) {
    run_to_result (third);
    run_to_result (run);
  }
  assert_requests (FOXAPI_SIM_SUBMIT, 1);
}

/* Whoever waits no longer may give it up, whoever has sent it. */
TEST (test_joined_and_given_up)
{
  Run *run = new_run (NULL);
  g_autoptr (Run) other = new_run (NULL);

  leave_while_submitting (run, &held, __i__);
  run_free (run);
  join (other);
  run_set_state (other, rests[__i__]);
  foxapi_sim_release (sim);
  g_object_set (other->source, "task-id", NULL, NULL);
  run_to_eos (other);
  assert_requests (FOXAPI_SIM_SUBMIT, 2);
}

/* It was refused, and nothing was charged: the request is sent again, and its clip
 * kept. */
TEST (test_left_and_refused)
{
  const FoxapiSimFault refusal = {.hold = TRUE,.status = 422 };
  g_autofree gchar *cache = g_build_filename (store, "cache", NULL);
  g_autoptr (Run) run = new_run (NULL);
  g_autoptr (Run) other = new_run ("cache");

  leave_while_submitting (run, &refusal, __i__);
  join (other);
  foxapi_sim_release (sim);
  run_to_result (other);
  assert_requests (FOXAPI_SIM_SUBMIT, 2);
  fail_unless (harness_files_contain (cache, "gst-foxapi clip"));
}

/* Two wait for the answer, and the one that came later is stopped: the other goes
 * on. */
TEST (test_joined_by_two)
{
  g_autoptr (Run) run = new_run ("cache");
  g_autoptr (Run) other = new_run ("cache");

  leave_while_submitting (run, &held, __i__);
  join (other);
  join (run);
  run_set_state (other, rests[__i__]);
  foxapi_sim_release (sim);
  run_to_result (run);
  run_to_eos (other);
  assert_requests (FOXAPI_SIM_SUBMIT, 1);
  assert_requests (FOXAPI_SIM_RESULT, 1);
}

/* The time is up before the answer, which is not lost for that. */
TEST (test_overdue_answer)
{
  g_autoptr (Run) run = run_new (harness_source ("task-timeout", 3, NULL));

  foxapi_sim_script (sim, FOXAPI_SIM_SUBMIT, 1, &held);
  for (guint i = 0; i < 2; i++)
    assert_boolean (run_to_error (run, GST_RESOURCE_ERROR_FAILED),
        "maybe-charged", TRUE);
  run_set_state (run, GST_STATE_READY);
  foxapi_sim_release (sim);
  g_object_set (run->source, "task-timeout", 0, NULL);
  run_to_eos (run);
  assert_requests (FOXAPI_SIM_SUBMIT, 1);
}

/* Nothing has left, and when the element has stopped nothing says that it may have. */
TEST (test_left_before_it_left)
{
  g_autoptr (GSocketListener) listener = g_socket_listener_new ();
  guint port = g_socket_listener_add_any_inet_port (listener, NULL, NULL);
  g_autofree gchar *url = g_strdup_printf ("https://127.0.0.1:%u", port);
  g_autoptr (Run) run = run_new (harness_source ("base-url", url, NULL));
  g_autoptr (GSocketConnection) connection = NULL;

  run_set_state (run, GST_STATE_PLAYING);
  connection = g_socket_listener_accept (listener, NULL, NULL, NULL);
  fail_unless (harness_files_contain (store, "identity"));
  run_set_state (run, rests[__i__]);
  fail_if (harness_files_contain (store, "identity"));
}

/* The application wants another one, whatever becomes of it. */
TEST (test_left_and_given_up)
{
  g_autoptr (Run) run = new_run (NULL);

  leave_while_submitting (run, &held, __i__);
  g_object_set (run->source, "task-id", NULL, NULL);
  run_to_eos (run);
  assert_requests (FOXAPI_SIM_SUBMIT, 2);
}

/* Likewise of a task that is running: its record is not resumed, but stays. */
TEST (test_running_given_up)
{
  g_autoptr (Run) run = run_new (harness_source (NULL));
  g_autofree gchar *id = NULL;
  const GstStructure *task;

  run_to_task (run, GST_STATE_PAUSED, NULL);
  run_set_state (run, rests[__i__]);
  g_object_set (run->source, "task-id", NULL, NULL);
  task = run_to_task (run, GST_STATE_PAUSED, NULL);
  assert_boolean (task, "resumed", FALSE);
  id = harness_task_id (2);
  assert_string (task, "id", id);
  assert_requests (FOXAPI_SIM_SUBMIT, 2);
  run_set_state (run, GST_STATE_NULL);
  fail_unless (harness_files_contain (store, id));
  g_free (id);
  id = harness_task_id (1);
  fail_unless (harness_files_contain (store, id));
}

/* An error after the submission keeps the task */
TEST (test_after_an_error)
{
  g_autoptr (Run) run = run_new (harness_source (NULL));

  harness_refuse (FOXAPI_SIM_ASK, 1, 401);
  run_to_error (run, GST_RESOURCE_ERROR_NOT_AUTHORIZED);
  run_to_result (run);
  assert_requests (FOXAPI_SIM_SUBMIT, 1);
}

/* A supervisor that sets a source which has not delivered yet back to NULL and
 * starts it again, over and over, at any moment of its life: it pays once. */
TEST (test_supervisor)
{
  g_autoptr (Run) run = run_new (harness_source (NULL));
  guint asked = 0;

  for (guint i = 0; i < 12; i++) {
    run_set_state (run, GST_STATE_PLAYING);
    if (i == 0)
      run_wait_task (run, NULL);
    else
      harness_wait_requests (FOXAPI_SIM_ASK, asked + 1);
    fail_if (run_flow_has (run, 'b'));
    run_stop (run);
    asked = foxapi_sim_count_requests (sim, FOXAPI_SIM_ASK);
    foxapi_sim_set_task (sim, NULL, "processing", i * 5);
  }
  foxapi_sim_set_task (sim, NULL, "completed", 100);
  run_to_result (run);
  assert_requests (FOXAPI_SIM_SUBMIT, 1);
  fail_unless_equals_int (run_count (run, GST_MESSAGE_ERROR), 0);
}

static const Test tests[] = {
  CASE ("table", harness_setup, harness_teardown),
  ROWS (test_nothing_charged, free_faults),
  ROWS (test_completed, rests),
  TIMES (test_task_id, 2),
  TIMES (test_set_between_starts, 2 * G_N_ELEMENTS (settings)),
  TIMES (test_unknown_outcome, 4 * G_N_ELEMENTS (unknown)),
  TIMES (test_left_while_submitting, 2 * G_N_ELEMENTS (waits)),
  TIMES (test_joined, 2 * G_N_ELEMENTS (joins)),
  ROWS (test_joined_and_given_up, rests),
  ROWS (test_left_and_refused, rests),
  ROWS (test_joined_by_two, rests),
  ONCE (test_overdue_answer),
  ROWS (test_left_before_it_left, rests),
  ROWS (test_left_and_given_up, rests),
  ONCE (test_after_an_error),
  CASE ("manual", harness_setup_manual, harness_teardown),
  ROWS (test_running, rests),
  ROWS (test_running_given_up, rests),
  TIMES (test_ended_task, 4),
  ONCE (test_supervisor),
};

CHECK_MAIN (restart, tests)
