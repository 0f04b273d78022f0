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

TEST (test_buffer)
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

/* The answer as it was sent, to the byte */
TEST (test_bytes)
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

/* COMPLETE comes right after the task, so that nobody waits in preroll */
TEST (test_complete)
{
  g_autoptr (Run) run = run_new (make_source ());

  run_to_task (run, GST_STATE_PAUSED, "pending");
  run_wait_progress_type (run, GST_PROGRESS_TYPE_COMPLETE);
  run_wait (run, GST_MESSAGE_ASYNC_DONE);
  run_to_eos (run);
}

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

TEST (test_end_at_complete)
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

/* An hour of the clock that the application has made the system's is none of this
 * process. */
TEST (test_jumping_clock)
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

/* The buffer is the delivery: nothing is kept, and the next one pays anew */
TEST (test_store)
{
  g_autoptr (Run) one = run_new (make_source ());
  g_autoptr (Run) two = run_new (make_source ());

  run_play (one);
  fail_if (harness_is_recorded (1));
  run_to_eos (two);
  assert_requests (FOXAPI_SIM_SUBMIT, 2);
}

/* The same element again, and then from the task to its result: output is no
 * generation property, so the task is taken up */
TEST (test_again)
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

static const Test tests[] = {
  CASE ("output", harness_setup_manual, harness_teardown),
  ONCE (test_buffer),
  ONCE (test_bytes),
  ONCE (test_complete),
  ONCE (test_end_at_complete),
  ONCE (test_jumping_clock),
  ONCE (test_store),
  TIMES (test_again, 2),
};

CHECK_MAIN (task, tests)
