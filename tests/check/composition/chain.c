/* A second generation from the first: two elements, one process, and the second
 * is made when the first tells its results
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "foxapiharness.h"

static void
use_results_as_references (const GstStructure * task, GstElement * next)
{
  const GValue *results = gst_structure_get_value (task, "results");

  fail_unless (results != NULL);
  g_object_set_property (G_OBJECT (next), "reference-video-urls", results);
}

/* They may come later than the word "completed". */
static const GstStructure *
wait_for_results (Run * run)
{
  const GstStructure *task;

  do {
    task = run_wait_task (run, "completed");
  } while (!gst_structure_has_field (task, "results"));
  return task;
}

/* Neither the status nor the progress tells that the results have come. */
TEST (test_results_alone)
{
  g_autofree gchar *id = foxapi_sim_add_task (sim, "completed");
  g_autoptr (Run) run = run_new (harness_source ("task-id", id, NULL));

  foxapi_sim_set_form (sim, FOXAPI_SIM_NULL);
  foxapi_sim_set_task (sim, id, "completed", 50);
  run_set_state (run, GST_STATE_PLAYING);
  fail_if (gst_structure_has_field (run_wait_task (run, "completed"),
          "results"));
  foxapi_sim_set_form (sim, FOXAPI_SIM_OBJECTS);
  wait_for_results (run);
  run_wait (run, GST_MESSAGE_EOS);
}

TEST (test_result_becomes_reference)
{
  g_autoptr (Run) one = run_new (harness_source ("prompt", "first", NULL));
  g_autoptr (Run) other = NULL;
  GstElement *next = harness_source ("prompt", "second", NULL);
  g_autofree gchar *expected = NULL;
  g_autoptr (GPtrArray) tasks = NULL;
  const FoxapiSimTask *task;

  run_set_state (one, GST_STATE_PLAYING);
  use_results_as_references (wait_for_results (one), next);

  /* While the one one still delivers */
  other = run_new (next);
  run_to_eos (other);
  run_wait (one, GST_MESSAGE_EOS);

  tasks = foxapi_sim_get_tasks (sim);
  fail_unless_equals_int (tasks->len, 2);
  task = g_ptr_array_index (tasks, 0);
  expected = g_strdup_printf ("{\"model\":\"wan-2.7-reference-to-video\","
      "\"prompt\":\"second\",\"reference_video_urls\":[\"%s\"],\"duration\":5,"
      "\"resolution\":\"1080p\",\"aspect_ratio\":\"16:9\"}", task->result_url);
  assert_body (2, expected);
  run_stop (one);
  run_assert_data (one, payload);
  run_assert_data (other, payload);
}

static const Test tests[] = {
  CASE ("chain", harness_setup, harness_teardown),
  ONCE (test_results_alone),
  ONCE (test_result_becomes_reference),
};

CHECK_MAIN (chain, tests)
