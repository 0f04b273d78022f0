/* An element never pays twice for the same request without being asked.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "foxapiharness.h"

/* Leaves to READY, or to NULL */
static const GstState rests[] = { GST_STATE_READY, GST_STATE_NULL };

/* Charged nothing: the next start submits */
static const FoxapiSimFault free_faults[] = {
  {.status = 402}, {.status = 422}, {.status = 429}, {.status = 407},
};

GST_START_TEST (test_nothing_charged)
{
  g_autoptr (Run) run = run_new (harness_source ("retries", 0, NULL));

  foxapi_sim_script (sim, FOXAPI_SIM_SUBMIT, 1, &free_faults[__i__]);
  run_set_state (run, GST_STATE_PLAYING);
  run_wait (run, GST_MESSAGE_ERROR);
  run_set_state (run, rests[__i__ % 2]);
  run_to_eos (run);
  assert_requests (FOXAPI_SIM_SUBMIT, 2);
  run_assert_data (run, payload);
}

GST_END_TEST;

GST_START_TEST (test_running)
{
  g_autoptr (Run) run = run_new (harness_source (NULL));
  g_autofree gchar *id = NULL;
  const GstStructure *task;

  run_set_state (run, GST_STATE_PAUSED);
  assert_boolean (run_wait_task (run, NULL), "resumed", FALSE);
  id = harness_task_id (1);
  for (guint i = 0; i < 3; i++) {
    run_set_state (run, rests[__i__]);
    run_set_state (run, GST_STATE_PLAYING);
    task = run_wait_task (run, NULL);
    assert_boolean (task, "resumed", TRUE);
    assert_string (task, "id", id);
  }
  foxapi_sim_set_task (sim, NULL, "completed", 100);
  run_wait (run, GST_MESSAGE_EOS);
  run_assert_data (run, payload);
  assert_requests (FOXAPI_SIM_SUBMIT, 1);
}

GST_END_TEST;

/* A looping player */
GST_START_TEST (test_completed)
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

GST_END_TEST;

/* Another element of the application gets the finished task by its id, and needs
 * no prompt, as nothing is to be generated. */
GST_START_TEST (test_task_id)
{
  g_autofree gchar *id = foxapi_sim_add_task (sim, "completed");
  g_autofree gchar *read = NULL;
  g_autoptr (Run) run = run_new (harness_source ("task-id", id, "prompt",
          __i__ ? "A fox" : NULL, NULL));

  run_to_eos (run);
  run_assert_data (run, payload);
  assert_requests (FOXAPI_SIM_SUBMIT, 0);
  read = harness_get_string (run->source, "task-id");
  fail_unless_equals_string (read, id);
}

GST_END_TEST;

/* Every property of the first table */
static const gchar *const changes[][2] = {
  {"model", "test-model"}, {"prompt", "A hare"},
  {"reference-image-urls", "<\"https://a.example/1\">"},
  {"reference-video-urls", "<\"https://a.example/1\">"}, {"duration", "6"},
  {"resolution", "720p"}, {"aspect-ratio", "1:1"}, {"negative-prompt", "rain"},
  {"seed", "5"}, {"multi-shots", "true"}, {"enable-safety-checker", "false"},
  {"extra-parameters", "extra,prompt=(string)other"},
};

GST_START_TEST (test_changed_property)
{
  g_autoptr (Run) run = run_new (harness_source (NULL));

  run_to_eos (run);
  run_set_state (run, GST_STATE_READY);
  gst_util_set_object_arg (G_OBJECT (run->source), changes[__i__][0],
      changes[__i__][1]);
  run_to_eos (run);
  assert_requests (FOXAPI_SIM_SUBMIT, 2);
}

GST_END_TEST;

/* Set to what it is, or none of the first table */
static const gchar *const no_changes[][2] = {
  {"prompt", "A fox"}, {"duration", "5"}, {"resolution", "1080p"},
  {"timeout", "29"}, {"task-timeout", "1000"}, {"poll-interval", "10"},
  {"retries", "3"}, {"user-agent", "x/1"}, {"ssl-strict", "true"},
  {"blocksize", "5000"}, {"reference-image-urls", "<>"},
};

GST_START_TEST (test_unchanged_property)
{
  g_autoptr (Run) run = run_new (harness_source (NULL));

  run_to_eos (run);
  run_set_state (run, GST_STATE_NULL);
  gst_util_set_object_arg (G_OBJECT (run->source), no_changes[__i__][0],
      no_changes[__i__][1]);
  run_to_eos (run);
  assert_requests (FOXAPI_SIM_SUBMIT, 1);
}

GST_END_TEST;

GST_START_TEST (test_task_id_to_null)
{
  g_autoptr (Run) run = run_new (harness_source (NULL));

  run_to_eos (run);
  run_set_state (run, rests[__i__]);
  g_object_set (run->source, "task-id", NULL, NULL);
  run_to_eos (run);
  assert_requests (FOXAPI_SIM_SUBMIT, 2);
}

GST_END_TEST;

static const gchar *const ends[] = { "failed", "cancelled" };

GST_START_TEST (test_ended_task)
{
  g_autoptr (Run) run = run_new (harness_source (NULL));
  g_autofree gchar *id = NULL;

  run_set_state (run, GST_STATE_PAUSED);
  run_wait_task (run, "pending");
  foxapi_sim_set_task (sim, NULL, ends[__i__ % 2], -1);
  run_to_error (run, GST_RESOURCE_ERROR_FAILED);
  id = harness_task_id (1);
  for (guint i = 0; i < 2; i++) {
    assert_string (run_to_error (run, GST_RESOURCE_ERROR_FAILED), "task-id",
        id);
    assert_requests (FOXAPI_SIM_SUBMIT, 1);
  }
  if (__i__ < 2)
    g_object_set (run->source, "prompt", "A hare", NULL);
  else
    g_object_set (run->source, "task-id", NULL, NULL);
  run_set_state (run, GST_STATE_PLAYING);
  assert_boolean (run_wait_task (run, "pending"), "resumed", FALSE);
  assert_requests (FOXAPI_SIM_SUBMIT, 2);
}

GST_END_TEST;

static const FoxapiSimFault unknown[] = {
  {.status = 504,.act_first = TRUE}, {.reset = TRUE},
  {.status = 200,.body = "nonsense",.act_first = TRUE},
};

GST_START_TEST (test_unknown_outcome)
{
  gboolean change = __i__ % 2;
  g_autoptr (Run) run = run_new (harness_source (NULL));

  foxapi_sim_script (sim, FOXAPI_SIM_SUBMIT, 1, &unknown[__i__ / 2]);
  for (guint i = 0; i < 3; i++) {
    assert_boolean (run_to_error (run, GST_RESOURCE_ERROR_FAILED),
        "maybe-charged", TRUE);
    assert_requests (FOXAPI_SIM_SUBMIT, 1);
  }
  if (change)
    g_object_set (run->source, "prompt", "A hare", NULL);
  else
    g_object_set (run->source, "task-id", NULL, NULL);
  run_to_eos (run);
  assert_requests (FOXAPI_SIM_SUBMIT, 2);
  run_assert_data (run, payload);
  if (!change)
    return;

  /* Whoever changes it back was told of the first one, and has decided. */
  run_set_state (run, GST_STATE_NULL);
  g_object_set (run->source, "prompt", "A fox", NULL);
  run_to_eos (run);
  assert_requests (FOXAPI_SIM_SUBMIT, 3);
}

GST_END_TEST;

/* The answer to a submission that was on its way when its element was stopped */
static const FoxapiSimFault held[] = {
  {.hold = TRUE,.act_first = TRUE},
  {.hold = TRUE,.act_first = TRUE,.status = 504},
  {.hold = TRUE,.status = 422},
};

static void
leave_while_submitting (Run * run, const FoxapiSimFault * answer, guint rest)
{
  foxapi_sim_script (sim, FOXAPI_SIM_SUBMIT, 1, answer);
  run_set_state (run, GST_STATE_PLAYING);
  fail_unless (foxapi_sim_wait_requests (sim, FOXAPI_SIM_SUBMIT, 1));
  run_set_state (run, rests[rest % 2]);
}

/* Until it waits for the answer to what was sent before */
static void
join (Run * run)
{
  gboolean joined = FALSE;

  run_set_state (run, GST_STATE_PLAYING);
  while (!joined) {
    g_autofree gchar *text = NULL;

    gst_message_parse_progress (run_wait (run, GST_MESSAGE_PROGRESS), NULL,
        NULL, &text);
    joined = strstr (text, "Waiting for the answer") != NULL;
  }
}

/* The element waits for it, and pays once; also without a record. */
GST_START_TEST (test_left_while_submitting)
{
  g_autoptr (Run) run = run_new (harness_source ("task-store",
          __i__ < 2 ? store : "", NULL));

  leave_while_submitting (run, &held[0], __i__);
  join (run);
  if (__i__ >= 2)
    run_set_state (run, rests[__i__ % 2]);
  foxapi_sim_release (sim);
  run_set_state (run, GST_STATE_PLAYING);
  assert_boolean (run_wait_task (run, NULL), "resumed", FALSE);
  run_wait (run, GST_MESSAGE_EOS);
  run_assert_data (run, payload);
  assert_requests (FOXAPI_SIM_SUBMIT, 1);
}

GST_END_TEST;

/* Removed, and added again as another element, before the answer or after it */
GST_START_TEST (test_joined)
{
  Run *run = run_new (harness_source ("task-store", store, NULL));
  g_autoptr (Run) other = run_new (harness_source ("task-store", store, NULL));

  leave_while_submitting (run, &held[0], __i__);
  run_free (run);
  if (__i__ % 2)
    foxapi_sim_release (sim);
  else
    join (other);
  foxapi_sim_release (sim);
  run_set_state (other, GST_STATE_PLAYING);
  run_wait (other, GST_MESSAGE_EOS);
  run_assert_data (other, payload);
  assert_requests (FOXAPI_SIM_SUBMIT, 1);
}

GST_END_TEST;

/* Whoever waits no longer may give it up, whoever has sent it. */
GST_START_TEST (test_joined_and_given_up)
{
  Run *run = run_new (harness_source ("task-store", store, NULL));
  g_autoptr (Run) other = run_new (harness_source ("task-store", store, NULL));

  leave_while_submitting (run, &held[0], __i__);
  run_free (run);
  join (other);
  run_set_state (other, rests[__i__]);
  foxapi_sim_release (sim);
  g_object_set (other->source, "task-id", NULL, NULL);
  run_to_eos (other);
  assert_requests (FOXAPI_SIM_SUBMIT, 2);
}

GST_END_TEST;

/* A new take is one, however often it is started. */
GST_START_TEST (test_left_new_take)
{
  g_autoptr (Run) run = run_new (harness_source ("task-store",
          __i__ < 2 ? store : "", "task-id", NULL, NULL));

  leave_while_submitting (run, &held[0], __i__);
  for (guint i = 0; i < 3; i++) {
    join (run);
    run_set_state (run, rests[__i__ % 2]);
  }
  foxapi_sim_release (sim);
  run_to_eos (run);
  assert_requests (FOXAPI_SIM_SUBMIT, 1);
}

GST_END_TEST;

/* Without a record the process knows what it has paid for. */
GST_START_TEST (test_answered_for_nobody)
{
  Run *run = run_new (harness_source ("task-store", "", NULL));
  g_autoptr (Run) other = run_new (harness_source ("task-store", "", NULL));

  leave_while_submitting (run, &held[0], __i__);
  run_free (run);
  foxapi_sim_release (sim);
  fail_unless (foxapi_sim_wait_idle (sim, FOXAPI_SIM_SUBMIT));
  run_to_eos (other);
  run_assert_data (other, payload);
  assert_requests (FOXAPI_SIM_SUBMIT, 1);
}

GST_END_TEST;

/* With a clip cache, too: nobody else takes the place of the clip for free. */
GST_START_TEST (test_left_with_a_cache)
{
  g_autofree gchar *cache = g_build_filename (store, "cache", NULL);
  g_autoptr (Run) run = run_new (harness_source ("task-store", store,
          "clip-cache", cache, NULL));
  g_autoptr (Run) other = run_new (harness_source ("task-store", store,
          "clip-cache", cache, NULL));

  leave_while_submitting (run, &held[0], __i__);
  join (other);
  foxapi_sim_release (sim);
  run_wait (other, GST_MESSAGE_EOS);
  run_to_eos (run);
  assert_requests (FOXAPI_SIM_SUBMIT, 1);
}

GST_END_TEST;

/* One that joins has no cache, or another one: the place stays in that of the first,
 * with the task. */
GST_START_TEST (test_joined_without_the_cache)
{
  g_autofree gchar *cache = g_build_filename (store, "cache", NULL);
  g_autofree gchar *other_cache = g_build_filename (store, "other", NULL);
  g_autoptr (Run) run = run_new (harness_source ("task-store", store,
          "clip-cache", cache, NULL));
  g_autoptr (Run) other = run_new (harness_source ("task-store", store,
          "clip-cache", __i__ ? other_cache : "", NULL));
  g_autoptr (Run) third = run_new (harness_source ("task-store", store,
          "clip-cache", cache, NULL));

  leave_while_submitting (run, &held[0], __i__);
  join (other);
  foxapi_sim_release (sim);
  run_wait (other, GST_MESSAGE_EOS);
  run_stop (other);
  run_to_eos (third);
  run_stop (third);
  assert_requests (FOXAPI_SIM_SUBMIT, 1);
}

GST_END_TEST;

/* It was refused, and nothing was charged: the request is sent again, and its clip
 * kept. */
GST_START_TEST (test_left_and_refused)
{
  g_autofree gchar *cache = g_build_filename (store, "cache", NULL);
  g_autoptr (Run) run = run_new (harness_source ("task-store", store, NULL));
  g_autoptr (Run) other = run_new (harness_source ("task-store", store,
          "clip-cache", cache, NULL));

  leave_while_submitting (run, &held[2], __i__);
  join (other);
  foxapi_sim_release (sim);
  run_wait (other, GST_MESSAGE_EOS);
  run_assert_data (other, payload);
  run_stop (other);
  assert_requests (FOXAPI_SIM_SUBMIT, 2);
  fail_unless (harness_files_contain (cache, "gst-foxapi clip"));
}

GST_END_TEST;

/* Two wait for the answer, and the one that came later is stopped: the other goes
 * on. */
GST_START_TEST (test_joined_by_two)
{
  g_autofree gchar *cache = g_build_filename (store, "cache", NULL);
  g_autoptr (Run) run = run_new (harness_source ("task-store", store,
          "clip-cache", cache, NULL));
  g_autoptr (Run) other = run_new (harness_source ("task-store", store,
          "clip-cache", cache, NULL));

  leave_while_submitting (run, &held[0], __i__);
  join (other);
  join (run);
  run_set_state (other, rests[__i__]);
  foxapi_sim_release (sim);
  run_wait (run, GST_MESSAGE_EOS);
  run_stop (run);
  run_to_eos (other);
  assert_requests (FOXAPI_SIM_SUBMIT, 1);
  assert_requests (FOXAPI_SIM_RESULT, 1);
}

GST_END_TEST;

/* The time is up before the answer, which is not lost for that. */
GST_START_TEST (test_overdue_answer)
{
  g_autoptr (Run) run = run_new (harness_source ("task-store", store,
          "task-timeout", 3, NULL));

  foxapi_sim_script (sim, FOXAPI_SIM_SUBMIT, 1, &held[0]);
  for (guint i = 0; i < 2; i++)
    assert_boolean (run_to_error (run, GST_RESOURCE_ERROR_FAILED),
        "maybe-charged", TRUE);
  run_set_state (run, GST_STATE_READY);
  foxapi_sim_release (sim);
  g_object_set (run->source, "task-timeout", 0, NULL);
  run_to_eos (run);
  assert_requests (FOXAPI_SIM_SUBMIT, 1);
}

GST_END_TEST;

/* Nothing has left, and when the element has stopped nothing says that it may have. */
GST_START_TEST (test_left_before_it_left)
{
  g_autoptr (GSocketListener) listener = g_socket_listener_new ();
  guint port = g_socket_listener_add_any_inet_port (listener, NULL, NULL);
  g_autofree gchar *url = g_strdup_printf ("https://127.0.0.1:%u", port);
  g_autoptr (Run) run = run_new (harness_source ("base-url", url,
          "task-store", store, NULL));
  g_autoptr (GSocketConnection) connection = NULL;

  run_set_state (run, GST_STATE_PLAYING);
  connection = g_socket_listener_accept (listener, NULL, NULL, NULL);
  fail_unless (harness_files_contain (store, "identity"));
  run_set_state (run, rests[__i__]);
  fail_if (harness_files_contain (store, "identity"));
}

GST_END_TEST;

/* It is lost. */
GST_START_TEST (test_left_and_lost)
{
  g_autoptr (Run) run = run_new (harness_source ("task-store",
          __i__ < 2 ? store : "", NULL));

  leave_while_submitting (run, &held[1], __i__);
  foxapi_sim_release (sim);
  for (guint i = 0; i < 2; i++)
    assert_boolean (run_to_error (run, GST_RESOURCE_ERROR_FAILED),
        "maybe-charged", TRUE);
  assert_requests (FOXAPI_SIM_SUBMIT, 1);
  g_object_set (run->source, "task-id", NULL, NULL);
  run_to_eos (run);
  assert_requests (FOXAPI_SIM_SUBMIT, 2);
}

GST_END_TEST;

/* The application wants another one, whatever becomes of it. */
GST_START_TEST (test_left_and_given_up)
{
  g_autoptr (Run) run = run_new (harness_source ("task-store", store, NULL));

  leave_while_submitting (run, &held[0], __i__);
  g_object_set (run->source, "task-id", NULL, NULL);
  run_to_eos (run);
  assert_requests (FOXAPI_SIM_SUBMIT, 2);
}

GST_END_TEST;

/* Likewise of a task that is running: its record is not resumed, but stays. */
GST_START_TEST (test_running_given_up)
{
  g_autoptr (Run) run = run_new (harness_source ("task-store", store, NULL));
  g_autofree gchar *id = NULL;
  const GstStructure *task;

  run_set_state (run, GST_STATE_PAUSED);
  run_wait_task (run, NULL);
  run_set_state (run, rests[__i__]);
  g_object_set (run->source, "task-id", NULL, NULL);
  run_set_state (run, GST_STATE_PAUSED);
  task = run_wait_task (run, NULL);
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

GST_END_TEST;

/* An error after the submission keeps the task */
GST_START_TEST (test_after_an_error)
{
  g_autoptr (Run) run = run_new (harness_source (NULL));

  harness_refuse (FOXAPI_SIM_ASK, 1, 401);
  run_to_error (run, GST_RESOURCE_ERROR_NOT_AUTHORIZED);
  run_to_eos (run);
  run_assert_data (run, payload);
  assert_requests (FOXAPI_SIM_SUBMIT, 1);
}

GST_END_TEST;

/* A supervisor that sets a source which has not delivered yet back to NULL and
 * starts it again, over and over, at any moment of its life: it pays once. */
GST_START_TEST (test_supervisor)
{
  g_autoptr (Run) run = run_new (harness_source (NULL));
  guint asked = 0;

  for (guint i = 0; i < 12; i++) {
    run_set_state (run, GST_STATE_PLAYING);
    if (i == 0)
      run_wait_task (run, NULL);
    else
      fail_unless (foxapi_sim_wait_requests (sim, FOXAPI_SIM_ASK, asked + 1));
    fail_if (run_flow_has (run, 'b'));
    run_stop (run);
    asked = foxapi_sim_count_requests (sim, FOXAPI_SIM_ASK);
    foxapi_sim_set_task (sim, NULL, "processing", i * 5);
  }
  foxapi_sim_set_task (sim, NULL, "completed", 100);
  run_to_eos (run);
  run_assert_data (run, payload);
  assert_requests (FOXAPI_SIM_SUBMIT, 1);
  fail_unless_equals_int (run_count (run, GST_MESSAGE_ERROR), 0);
}

GST_END_TEST;

static Suite *
restart_suite (void)
{
  Suite *suite = suite_create ("restart");
  TCase *tcase = add_case (suite, "table", harness_setup, harness_teardown);

  tcase_add_rows (tcase, test_nothing_charged, free_faults);
  tcase_add_rows (tcase, test_completed, rests);
  tcase_add_loop_test (tcase, test_task_id, 0, 2);
  tcase_add_rows (tcase, test_changed_property, changes);
  tcase_add_rows (tcase, test_unchanged_property, no_changes);
  tcase_add_rows (tcase, test_task_id_to_null, rests);
  tcase_add_loop_test (tcase, test_unknown_outcome, 0,
      2 * G_N_ELEMENTS (unknown));
  tcase_add_loop_test (tcase, test_left_while_submitting, 0, 4);
  tcase_add_rows (tcase, test_joined, rests);
  tcase_add_rows (tcase, test_joined_and_given_up, rests);
  tcase_add_loop_test (tcase, test_left_new_take, 0, 4);
  tcase_add_rows (tcase, test_answered_for_nobody, rests);
  tcase_add_rows (tcase, test_left_with_a_cache, rests);
  tcase_add_rows (tcase, test_joined_without_the_cache, rests);
  tcase_add_rows (tcase, test_left_and_refused, rests);
  tcase_add_rows (tcase, test_joined_by_two, rests);
  tcase_add_test (tcase, test_overdue_answer);
  tcase_add_rows (tcase, test_left_before_it_left, rests);
  tcase_add_loop_test (tcase, test_left_and_lost, 0, 4);
  tcase_add_rows (tcase, test_left_and_given_up, rests);
  tcase_add_test (tcase, test_after_an_error);

  tcase = add_case (suite, "manual", harness_setup_manual, harness_teardown);
  tcase_add_rows (tcase, test_running, rests);
  tcase_add_rows (tcase, test_running_given_up, rests);
  tcase_add_loop_test (tcase, test_ended_task, 0, 4);
  tcase_add_test (tcase, test_supervisor);
  return suite;
}

GST_CHECK_MAIN (restart);
