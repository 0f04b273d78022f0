/* output=task: the task as JSON, without waiting for the result.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "foxapiharness.h"

#include <gst/check/gsttestclock.h>
#include <string.h>

static GstElement *
make_source (void)
{
  GstElement *source = harness_source (NULL);

  harness_set (source, "output", "task");
  return source;
}

static gchar *
get_data (Run * run)
{
  gchar *text;

  g_mutex_lock (&run->lock);
  text = g_strndup ((const gchar *) run->data->data, run->data->len);
  g_mutex_unlock (&run->lock);
  return text;
}

GST_START_TEST (test_buffer)
{
  g_autoptr (Run) run = run_new (make_source ());
  g_autoptr (GPtrArray) tasks = NULL;
  g_autofree gchar *id = NULL, *text = NULL;
  g_autoptr (JsonNode) root = NULL;

  run_play (run);
  id = harness_task_id (1);
  fail_unless (g_regex_match_simple ("^[^tbe]*t[^tbe]*be$", run->flow->str, 0,
          0), "%s", run->flow->str);
  fail_unless (run->caps != NULL);
  fail_unless (gst_structure_has_name (gst_caps_get_structure (run->caps, 0),
          "application/json"));
  text = get_data (run);
  root = json_from_string (text, NULL);
  fail_unless (root != NULL, "No JSON: %s", text);
  fail_unless_equals_string (json_object_get_string_member
      (json_node_get_object (root), "id"), id);
  tasks = run_tasks (run);
  fail_unless_equals_int (tasks->len, 1);
  assert_string (g_ptr_array_index (tasks, 0), "json", text);
  assert_requests (FOXAPI_SIM_SUBMIT, 1);
  assert_requests (FOXAPI_SIM_ASK, 0);
  assert_requests (FOXAPI_SIM_RESULT, 0);
}

GST_END_TEST;

/* The answer as it was sent, to the byte */
GST_START_TEST (test_bytes)
{
  const gchar *body = "{ \"status\" : \"pending\",\n \"id\":\"task-1\",\t"
      "\"x\":[1,2.50,\"\\u00e9\"]}\n";
  FoxapiSimFault fault = {.status = 200,.body = body };
  g_autoptr (Run) run = run_new (make_source ());
  g_autofree gchar *text = NULL;

  foxapi_sim_script (sim, FOXAPI_SIM_SUBMIT, 1, &fault);
  run_to_eos (run);
  text = get_data (run);
  fail_unless_equals_string (text, body);
}

GST_END_TEST;

/* COMPLETE comes right after the task, so that nobody waits in preroll */
GST_START_TEST (test_complete)
{
  g_autoptr (Run) run = run_new (make_source ());

  run_to_task (run, GST_STATE_PAUSED, "pending");
  run_wait_progress_type (run, GST_PROGRESS_TYPE_COMPLETE);
  run_wait (run, GST_MESSAGE_ASYNC_DONE);
  run_to_eos (run);
}

GST_END_TEST;

/* The application ends the stream as soon as it hears of the task, in the thread
 * that is about to push it. The base class drops the buffer for that. */
static GstBusSyncReply
end_at_complete (GstBus * bus, GstMessage * message, gpointer source)
{
  GstProgressType type;

  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_PROGRESS) {
    gst_message_parse_progress (message, &type, NULL, NULL);
    if (type == GST_PROGRESS_TYPE_COMPLETE)
      gst_element_send_event (source, gst_event_new_eos ());
  }
  return GST_BUS_PASS;
}

GST_START_TEST (test_end_at_complete)
{
  g_autoptr (Run) one = run_new (make_source ());
  g_autoptr (Run) two = run_new (make_source ());
  g_autofree gchar *text = NULL;

  gst_bus_set_sync_handler (one->bus, end_at_complete, one->source, NULL);
  run_to_eos (one);
  gst_bus_set_sync_handler (one->bus, NULL, NULL, NULL);
  run_stop (one);
  fail_if (run_flow_has (one, 'b'));

  run_play (two);
  text = get_data (two);
  fail_unless (strstr (text, "\"id\"") != NULL, "%s", text);
  assert_requests (FOXAPI_SIM_SUBMIT, 1);
}

GST_END_TEST;

/* An hour of the clock that the application has made the system's is none of this
 * process. */
GST_START_TEST (test_jumping_clock)
{
  g_autoptr (Run) run = run_new (harness_source ("task-timeout", 1800, NULL));
  GstClock *clock = gst_test_clock_new ();
  guint asked;

  gst_object_ref_sink (clock);
  gst_system_clock_set_default (clock);
  run_to_task (run, GST_STATE_PLAYING, "pending");
  gst_test_clock_advance_time (GST_TEST_CLOCK (clock), 3600 * GST_SECOND);
  while (gst_test_clock_peek_id_count (GST_TEST_CLOCK (clock)) > 0)
    gst_test_clock_crank (GST_TEST_CLOCK (clock));
  asked = foxapi_sim_count_requests (sim, FOXAPI_SIM_ASK);
  harness_wait_requests (FOXAPI_SIM_ASK, asked + 2);
  run_complete (run);
  gst_system_clock_set_default (NULL);
  gst_object_unref (clock);
}

GST_END_TEST;

/* The buffer is the delivery: nothing is kept, and the next one pays anew */
GST_START_TEST (test_store)
{
  g_autoptr (Run) one = run_new (make_source ());
  g_autoptr (Run) two = run_new (make_source ());

  run_play (one);
  fail_if (harness_is_recorded (1));
  run_to_eos (two);
  assert_requests (FOXAPI_SIM_SUBMIT, 2);
}

GST_END_TEST;

/* The same element again, and then from the task to its result: output is no
 * generation property, so the task is taken up */
GST_START_TEST (test_again)
{
  GstState rest = __i__ ? GST_STATE_NULL : GST_STATE_READY;
  g_autoptr (Run) run = run_new (make_source ());
  g_autofree gchar *id = NULL;

  run_to_eos (run);
  id = harness_get_string (run->source, "task-id");
  run_set_state (run, rest);
  run_to_eos (run);
  assert_property (run->source, "task-id", id);

  run_set_state (run, rest);
  g_byte_array_set_size (run->data, 0);
  harness_set (run->source, "output", "media");
  foxapi_sim_set_task (sim, NULL, "completed", 100);
  run_to_result (run);
  assert_requests (FOXAPI_SIM_SUBMIT, 1);
}

GST_END_TEST;

static Suite *
task_suite (void)
{
  Suite *suite = suite_create ("task");
  TCase *tcase =
      add_case (suite, "output", harness_setup_manual, harness_teardown);

  tcase_add_test (tcase, test_buffer);
  tcase_add_test (tcase, test_bytes);
  tcase_add_test (tcase, test_complete);
  tcase_add_test (tcase, test_end_at_complete);
  tcase_add_test (tcase, test_jumping_clock);
  tcase_add_test (tcase, test_store);
  tcase_add_loop_test (tcase, test_again, 0, 2);
  return suite;
}

GST_CHECK_MAIN (task);
