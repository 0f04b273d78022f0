/* The record of paid tasks: no task is lost with its process.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "foxapiharness.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>

/* Every file of the store is for its owner alone and has no key in it. */
static guint
look_at_files (void)
{
  g_autoptr (GPtrArray) files = harness_list_files (store);
  GStatBuf info;

  for (guint i = 0; i < files->len; i++) {
    fail_unless_equals_int (g_stat (g_ptr_array_index (files, i), &info), 0);
    fail_unless_equals_int (info.st_mode & 0777, 0600);
  }
  fail_if (harness_files_contain (store, foxapi_sim_get_api_key (sim)));
  return files->len;
}

/* Whether a WARNING has said that something may have been charged */
static gboolean
has_warned (Run * run)
{
  for (guint i = 0; i < run->messages->len; i++) {
    GstMessage *message = g_ptr_array_index (run->messages, i);
    const GstStructure *details = NULL;
    gboolean maybe = FALSE;

    if (GST_MESSAGE_TYPE (message) != GST_MESSAGE_WARNING)
      continue;
    gst_message_parse_warning_details (message, &details);
    if (details != NULL && gst_structure_get_boolean (details, "maybe-charged",
            &maybe) && maybe)
      return TRUE;
  }
  return FALSE;
}

/* It makes a second task, whatever there was of the first. */
static void
assert_submits_anew (Run * run)
{
  assert_boolean (run_to_task (run, GST_STATE_PAUSED, NULL), "resumed", FALSE);
  assert_requests (FOXAPI_SIM_SUBMIT, 2);
}

TEST (test_intent_before_request)
{
  g_autoptr (Run) run = run_new (harness_source (NULL));

  harness_hold (FOXAPI_SIM_SUBMIT, 1);
  run_to_request (run, GST_STATE_PAUSED, FOXAPI_SIM_SUBMIT, 1);
  fail_unless (look_at_files () >= 1);
}

static GstBusSyncReply
on_message (GstBus * bus, GstMessage * message, gpointer data)
{
  gint *found = data;

  if (*found < 0 && GST_MESSAGE_TYPE (message) == GST_MESSAGE_ELEMENT
      && gst_message_has_name (message, "foxapi-task"))
    *found = harness_files_contain (store, gst_structure_get_string
        (gst_message_get_structure (message), "id"));
  return GST_BUS_PASS;
}

TEST (test_id_before_message)
{
  g_autoptr (Run) run = run_new (harness_source (NULL));
  gint found = -1;

  gst_bus_set_sync_handler (run->bus, on_message, &found, NULL);
  run_play (run);
  fail_unless_equals_int (found, TRUE);
}

TEST (test_gone_when_delivered)
{
  g_autoptr (Run) run = run_new (harness_source (NULL));
  g_autoptr (Run) other = run_new (harness_source (NULL));

  run_preroll (run);
  fail_unless (harness_is_recorded (1));
  run_to_eos (run);
  fail_if (harness_is_recorded (1));
  run_stop (run);
  look_at_files ();
  run_to_eos (other);
  assert_requests (FOXAPI_SIM_SUBMIT, 2);
  fail_if (has_warned (other));
}

/* The answer has begun to come when the pipeline stops, and the process ends.
 * (transfer full) */
static GSubprocess *
interrupt_submission (void)
{
  FoxapiSimFault slow = {.drip_ms = 15,.act_first = TRUE };
  GSubprocess *client;

  foxapi_sim_script (sim, FOXAPI_SIM_SUBMIT, 1, &slow);
  client = harness_spawn ("seed=-1", FALSE);
  harness_wait_requests (FOXAPI_SIM_SUBMIT, 1);
  g_subprocess_send_signal (client, SIGINT);
  return client;
}

/* By another element, after a crash, after an interrupt, or while the process that was
 * interrupted waits for the answer */
TEST (test_taken_up)
{
  g_autoptr (Run) run = run_new (harness_source (NULL));
  g_autoptr (GSubprocess) client = NULL;
  const GstStructure *task;

  if (__i__ == 0) {
    run_abandon (harness_source (NULL));
  } else if (__i__ < 3) {
    client = interrupt_submission ();
    fail_unless (__i__ == 1 || g_subprocess_wait (client, NULL, NULL));
  } else {
    client = harness_spawn ("seed=-1", FALSE);
    harness_wait_requests (FOXAPI_SIM_ASK, 1);
    harness_kill (client);
  }
  fail_unless (look_at_files () >= 1);
  task = run_to_task (run, GST_STATE_PLAYING, NULL);
  assert_task (task, 1);
  assert_boolean (task, "resumed", TRUE);
  run_complete (run);
  run_assert_data (run, payload);
  assert_requests (FOXAPI_SIM_SUBMIT, 1);
  fail_if (has_warned (run));
  fail_if (harness_is_recorded (1));
}

/* Without a store nothing is known, with another request nothing is equal */
static const gchar *const others[][2] = {
  {"task-store", ""}, {"prompt", "A hare"}, {"duration", "6"},
  {"reference-image-urls", "<\"https://a.example/1\">"},
};

TEST (test_not_taken_up)
{
  GstElement *source = harness_source (NULL);
  g_autoptr (Run) run = run_new (source);

  run_abandon (harness_source (NULL));
  harness_set (source, others[__i__][0], others[__i__][1]);
  assert_submits_anew (run);
}

/* A task of another key is none of ours: the other service refuses this key,
 * which shows that it was asked for a new task. */
TEST (test_other_key)
{
  g_autoptr (Run) run = run_new (harness_source ("api-key", "another", NULL));

  run_abandon (harness_source (NULL));
  run_to_error (run, GST_RESOURCE_ERROR_NOT_AUTHORIZED);
  assert_requests (FOXAPI_SIM_SUBMIT, 2);
}

TEST (test_two_at_once)
{
  g_autoptr (Run) one = run_new (harness_source (NULL));
  g_autoptr (Run) two = run_new (harness_source (NULL));
  g_autofree gchar *first_id = NULL, *second_id = NULL;

  run_to_task (one, GST_STATE_PLAYING, NULL);
  run_to_task (two, GST_STATE_PLAYING, NULL);
  assert_requests (FOXAPI_SIM_SUBMIT, 2);
  first_id = harness_get_string (one->source, "task-id");
  second_id = harness_get_string (two->source, "task-id");
  fail_if (g_strcmp0 (first_id, second_id) == 0);
  foxapi_sim_set_task (sim, first_id, "completed", 100);
  foxapi_sim_set_task (sim, second_id, "completed", 100);
  run_wait (one, GST_MESSAGE_EOS);
  run_wait (two, GST_MESSAGE_EOS);
  fail_if (harness_files_contain (store, first_id));
  fail_if (harness_files_contain (store, second_id));
}

/* While the other process lives, its task is its own */
TEST (test_other_process)
{
  g_autoptr (GSubprocess) client = harness_spawn ("seed=-1", FALSE);
  g_autoptr (Run) run = run_new (harness_source (NULL));

  harness_wait_requests (FOXAPI_SIM_ASK, 1);
  assert_submits_anew (run);
  harness_kill (client);
}

/* A process is killed while its submission is under way: what came of that
 * nobody knows. */
static void
lose_answer (void)
{
  FoxapiSimFault hold = {.hold = TRUE,.act_first = TRUE };
  g_autoptr (GSubprocess) client = NULL;

  foxapi_sim_script (sim, FOXAPI_SIM_SUBMIT, 1, &hold);
  client = harness_spawn ("seed=-1", FALSE);
  harness_wait_requests (FOXAPI_SIM_SUBMIT, 1);
  harness_kill (client);
}

/* Nothing is sent, and the error says how to go on. It comes again with each start,
 * whatever is set or not that is no consent. */
static void
assert_refused (Run * run)
{
  g_autoptr (GPtrArray) files = harness_list_files (store);
  g_autofree gchar *name = g_path_get_basename (g_ptr_array_index (files, 0));
  guint n_submitted = foxapi_sim_count_requests (sim, FOXAPI_SIM_SUBMIT);

  for (guint i = 0; i < 2; i++) {
    assert_boolean (run_to_error (run, GST_RESOURCE_ERROR_FAILED),
        "maybe-charged", TRUE);
    run_assert_says (run, GST_MESSAGE_ERROR, "wan-2.7-reference-to-video", name,
        "resubmit-maybe-charged=true", NULL);
    assert_requests (FOXAPI_SIM_SUBMIT, n_submitted);
    g_object_set (run->source, "task-id", NULL, NULL);
  }
}

/* Also where the element that was told of it has not been stopped */
TEST (test_neighbour_of_a_lost_answer)
{
  FoxapiSimFault lost = {.status = 504,.act_first = TRUE };
  g_autoptr (Run) run = run_new (harness_source (NULL));
  g_autoptr (Run) other = run_new (harness_source (NULL));

  foxapi_sim_script (sim, FOXAPI_SIM_SUBMIT, 1, &lost);
  run_set_state (run, GST_STATE_PLAYING);
  run_wait (run, GST_MESSAGE_ERROR);
  assert_refused (other);
}

TEST (test_lost_answer_is_not_paid_again)
{
  g_autoptr (Run) run = run_new (harness_source (NULL));
  g_autoptr (Run) other = run_new (harness_source (NULL));

  lose_answer ();
  assert_refused (run);
  assert_refused (other);
  fail_if (has_warned (run));
  /* another request is another matter */
  g_object_set (run->source, "prompt", "A hare", NULL);
  assert_submits_anew (run);
}

/* With consent it is, with a warning; whose own submission stands for both then. A
 * property wins over the environment. */
TEST (test_lost_answer_with_consent)
{
  g_autoptr (Run) run = run_new (harness_source ("resubmit-maybe-charged",
          FALSE, NULL));

  lose_answer ();
  fail_unless (g_setenv ("FOXAPI_RESUBMIT_MAYBE_CHARGED", "true", TRUE));
  assert_refused (run);
  if (__i__ == 0) {
    g_unsetenv ("FOXAPI_RESUBMIT_MAYBE_CHARGED");
    g_object_set (run->source, "resubmit-maybe-charged", TRUE, NULL);
  } else {
    run_free (g_steal_pointer (&run));
    run = run_new (harness_source (NULL));
  }
  assert_submits_anew (run);
  run_stop (run);
  g_unsetenv ("FOXAPI_RESUBMIT_MAYBE_CHARGED");
  fail_unless (has_warned (run));
  fail_unless_equals_int (look_at_files (), 1);
}

/* Who removes the record (foxapi-tasks forget) has decided, too. */
TEST (test_lost_answer_forgotten)
{
  g_autoptr (Run) run = run_new (harness_source (NULL));
  g_autoptr (GPtrArray) files = NULL;

  lose_answer ();
  assert_refused (run);
  files = harness_list_files (store);
  fail_unless (g_unlink (g_ptr_array_index (files, 0)) == 0);
  assert_submits_anew (run);
  fail_if (has_warned (run));
}

/* Who consents, but does not get as far as to pay, has settled nothing: killed
 * before a submission of its own, or refused. */
TEST (test_lost_answer_outlives_a_refusal)
{
  FoxapiSimFault refused = {.status = 402 };
  g_autoptr (Run) run = run_new (harness_source ("resubmit-maybe-charged",
          TRUE, NULL));
  g_autoptr (Run) again = run_new (harness_source (NULL));

  lose_answer ();
  foxapi_sim_script (sim, FOXAPI_SIM_SUBMIT, 2, &refused);
  run_to_error (run, GST_RESOURCE_ERROR_NOT_AUTHORIZED);
  fail_unless (has_warned (run));
  assert_refused (again);
}

/* Nothing was charged by a 429: who is killed in the pause after it has lost no
 * answer. */
TEST (test_no_intent_in_a_pause)
{
  FoxapiSimFault busy = {.status = 429,.headers = "Retry-After: 60" };
  g_autoptr (Run) run = run_new (harness_source (NULL));

  foxapi_sim_script (sim, FOXAPI_SIM_SUBMIT, 1, &busy);
  run_set_state (run, GST_STATE_PAUSED);
  run_wait_progress (run, "Retrying");
  fail_unless_equals_int (look_at_files (), 0);
}

/* Makes all records two days older or younger: a clock that was wrong */
static void
shift_records (gint64 seconds)
{
  g_autoptr (GPtrArray) files = harness_list_files (store);

  for (guint i = 0; i < files->len; i++) {
    const gchar *path = g_ptr_array_index (files, i);
    g_autofree gchar *text = NULL, *value = NULL;
    g_autoptr (GRegex) regex =
        g_regex_new ("(?<=\"created\" : )-?[0-9]+", 0, 0, NULL);
    g_autofree gchar *changed = NULL;

    fail_unless (g_file_get_contents (path, &text, NULL, NULL));
    value = g_strdup_printf ("%" G_GINT64_FORMAT,
        g_get_real_time () / G_USEC_PER_SEC + seconds);
    changed = g_regex_replace_literal (regex, text, -1, 0, value, 0, NULL);
    fail_if (g_str_equal (text, changed));
    fail_unless (g_file_set_contents_full (path, changed, -1,
            G_FILE_SET_CONTENTS_CONSISTENT, 0600, NULL));
  }
}

/* To ask is free: a task is taken up whatever its record says of its age. */
TEST (test_any_clock)
{
  g_autoptr (Run) run = run_new (harness_source (NULL));

  run_abandon (harness_source (NULL));
  shift_records (G_GINT64_CONSTANT (-10000) * 86400);
  foxapi_sim_set_task (sim, NULL, "completed", 100);
  run_to_eos (run);
  assert_requests (FOXAPI_SIM_SUBMIT, 1);
}

/* The service has forgotten a task. If results live no longer than that, it is paid
 * for again, with a warning; if it should know it, a person decides. */
TEST (test_unknown_to_service)
{
  FoxapiSimFault unknown = {.status = 404 };
  g_autoptr (Run) run = run_new (harness_source (NULL));

  run_abandon (harness_source (NULL));
  harness_script_next (FOXAPI_SIM_ASK, 4, &unknown);
  shift_records (__i__ == 0 ? -2 * 86400 : -3600);
  if (__i__ == 0) {
    assert_submits_anew (run);
    run_stop (run);
    fail_if (harness_is_recorded (1));
    run_assert_says (run, GST_MESSAGE_WARNING, "charges for it again", NULL);
  } else {
    run_to_error (run, GST_RESOURCE_ERROR_NOT_FOUND);
    run_assert_says (run, GST_MESSAGE_ERROR, "foxapi-tasks forget", NULL);
    assert_requests (FOXAPI_SIM_SUBMIT, 1);
    fail_unless (harness_is_recorded (1));
  }
}

/* The result of a task is gone for good: its record would send everybody who asks for
 * the same to the same dead link. */
TEST (test_expired_result)
{
  g_autoptr (Run) run = run_new (harness_source (NULL));
  g_autoptr (Run) other = run_new (harness_source (NULL));

  run_abandon (harness_source (NULL));
  foxapi_sim_set_task (sim, NULL, "completed", 100);
  harness_refuse (FOXAPI_SIM_RESULT, 0, 410);
  run_to_error (run, GST_RESOURCE_ERROR_NOT_FOUND);
  fail_unless (harness_is_recorded (1));
  shift_records (-2 * 86400);
  run_to_error (other, GST_RESOURCE_ERROR_NOT_FOUND);
  run_assert_says (other, GST_MESSAGE_ERROR, "has removed its record", NULL);
  fail_if (harness_is_recorded (1));
  assert_requests (FOXAPI_SIM_SUBMIT, 1);
}

/* A file that can't be read doesn't stop the job, and is left alone (what may be in
 * it: the protocol's test of the store). */
TEST (test_damaged)
{
  g_autoptr (Run) run = run_new (harness_source (NULL));
  g_autoptr (GPtrArray) files = NULL;
  guint before;

  run_abandon (harness_source (NULL));
  files = harness_list_files (store);
  for (guint i = 0; i < files->len; i++)
    fail_unless (g_file_set_contents_full (g_ptr_array_index (files, i), "[[",
            -1, G_FILE_SET_CONTENTS_CONSISTENT, 0600, NULL));
  before = look_at_files ();
  assert_submits_anew (run);
  foxapi_sim_set_task (sim, NULL, "completed", 100);
  run_to_result (run);
  run_assert_says (run, GST_MESSAGE_WARNING, "cannot be used in full", NULL);
  fail_unless (look_at_files () >= before);
}

/* Nor does a directory that can't be made. */
TEST (test_no_directory)
{
  g_autofree gchar *file = g_build_filename (store, "file", NULL);
  g_autofree gchar *below = g_build_filename (file, "below", NULL);
  g_autoptr (Run) run = run_new (harness_source ("task-store", below, NULL));

  fail_unless (g_file_set_contents (file, "mine", -1, NULL));
  run_to_result (run);
  run_assert_says (run, GST_MESSAGE_WARNING, "cannot record the task", NULL);
  assert_requests (FOXAPI_SIM_SUBMIT, 1);
}

/* NULL means $XDG_STATE_HOME/gst-foxapi, which is made */
TEST (test_default_directory)
{
  g_autofree gchar *path = NULL, *id = NULL;
  g_autoptr (Run) run = NULL;

  path = g_build_filename (g_get_user_state_dir (), "gst-foxapi", NULL);
  run = run_new (harness_source ("task-store", NULL, NULL));
  run_preroll (run);
  id = harness_task_id (1);
  fail_unless (harness_files_contain (path, id));
  run_to_eos (run);
  fail_if (harness_files_contain (path, id));
}

static const Test tests[] = {
  CASE ("record", harness_setup, harness_teardown),
  ONCE (test_intent_before_request),
  ONCE (test_id_before_message),
  ONCE (test_no_intent_in_a_pause),
  ONCE (test_gone_when_delivered),
  ONCE (test_no_directory),
  ONCE (test_default_directory),
  CASE ("taking up", harness_setup_manual, harness_teardown),
  TIMES (test_taken_up, 4),
  ROWS (test_not_taken_up, others),
  ONCE (test_other_key),
  ONCE (test_two_at_once),
  ONCE (test_other_process),
  ONCE (test_lost_answer_is_not_paid_again),
  ONCE (test_neighbour_of_a_lost_answer),
  TIMES (test_lost_answer_with_consent, 2),
  ONCE (test_lost_answer_forgotten),
  ONCE (test_lost_answer_outlives_a_refusal),
  ONCE (test_any_clock),
  TIMES (test_unknown_to_service, 2),
  ONCE (test_expired_result),
  ONCE (test_damaged),
};

CHECK_MAIN (store, tests)
