/* State changes: every way up and down, and out of every phase at once. That
 * no call is still blocked is seen from the service: the connection is closed.
 * That of a submission stays open for some seconds, as its answer has the id of what
 * was paid for.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "foxapiharness.h"

#define HOUR_MS (60 * 60 * 1000)

/* Of a pipeline that leaves: it has left, and nothing of it is open. What was
 * held is not released before, so whoever waits for it waits still. */
static void
leave (Run * run, FoxapiSimRoute route)
{
  run_stop (run);
  if (route == FOXAPI_SIM_SUBMIT)
    foxapi_sim_release (sim);
  fail_unless (foxapi_sim_wait_idle (sim, route));
  fail_unless_equals_int (run_count (run, GST_MESSAGE_ERROR), 0);
  fail_unless_equals_int (run_count (run, GST_MESSAGE_EOS), 0);
}

typedef struct
{
  FoxapiSimRoute route;
  FoxapiSimFault fault;
} Phase;

static const Phase phases[] = {
  {FOXAPI_SIM_SUBMIT, {.hold = TRUE}},
  {FOXAPI_SIM_SUBMIT, {.hold = TRUE,.act_first = TRUE}},
  {FOXAPI_SIM_SUBMIT, {.hold_at = 10}},
  {FOXAPI_SIM_SUBMIT, {.status = 429,.headers = "Retry-After: 60"}},
  {FOXAPI_SIM_ASK, {.hold = TRUE}},
  {FOXAPI_SIM_ASK, {.hold_at = 10}},
  {FOXAPI_SIM_ASK, {.status = 503,.headers = "Retry-After: 60"}},
  {FOXAPI_SIM_RESULT, {.hold = TRUE}},
  {FOXAPI_SIM_RESULT, {.hold_at = 50000}},
  {FOXAPI_SIM_RESULT, {.drip_ms = HOUR_MS}},
  {FOXAPI_SIM_RESULT, {.status = 503,.headers = "Retry-After: 60"}},
};

/* A phase with either target state; wait for what it waits for, and leave */
TEST (test_leave)
{
  const Phase *phase = &phases[__i__ / 2];
  g_autoptr (Run) run = run_new (harness_source (NULL));

  foxapi_sim_script (sim, phase->route, 0, &phase->fault);
  run_set_state (run, __i__ % 2 ? GST_STATE_PLAYING : GST_STATE_PAUSED);
  harness_wait_requests (phase->route, 1);
  leave (run, phase->route);
}

TEST (test_leave_between_questions)
{
  g_autoptr (Run) run = run_new (harness_source ("poll-interval", HOUR_MS,
          NULL));

  run_to_task (run, GST_STATE_PAUSED, "pending");
  leave (run, FOXAPI_SIM_SUBMIT);
  fail_unless (foxapi_sim_wait_idle (sim, FOXAPI_SIM_ASK));
}

/* Also by a thread with a main context of its own, as that of GstPlay */
TEST (test_leave_prerolled)
{
  g_autoptr (Run) run = run_new (harness_source (NULL));
  g_autoptr (GMainContext) context = g_main_context_new ();

  run_preroll (run);
  if (__i__ > 0)
    g_main_context_push_thread_default (context);
  leave (run, FOXAPI_SIM_RESULT);
  if (__i__ > 0)
    g_main_context_pop_thread_default (context);
}

/* An application that has enough (gst-launch-1.0 -e, and Ctrl-C) and waits for the
 * progress to end, as it prerolls */
TEST (test_end_while_it_waits)
{
  FoxapiSimRoute route = __i__ == 0 ? FOXAPI_SIM_SUBMIT : FOXAPI_SIM_ASK;
  g_autoptr (Run) run = run_new (harness_source (NULL));

  harness_hold (route, 1);
  run_to_request (run, GST_STATE_PAUSED, route, 1);
  fail_unless (gst_element_send_event (run->pipeline, gst_event_new_eos ()));
  run_wait_progress_type (run, GST_PROGRESS_TYPE_CANCELED);
  run_set_state (run, GST_STATE_PLAYING);
  run_wait (run, GST_MESSAGE_EOS);
  run_stop (run);
  fail_unless_equals_int (run_count (run, GST_MESSAGE_ERROR), 0);
  assert_requests (FOXAPI_SIM_SUBMIT, 1);
}

static GstBusSyncReply
stay_past_the_deadline (GstBus * bus, GstMessage * message,
    gpointer deadline_us)
{
  if (gst_message_has_name (message, "foxapi-task")
      && g_strcmp0 (gst_structure_get_string (gst_message_get_structure
              (message), "status"), "completed") == 0) {
    while (g_get_monotonic_time () <= *(gint64 *) deadline_us)
      g_usleep (10000);
  }
  return GST_BUS_PASS;
}

/* A task that has completed in time is delivered, however long the application
 * takes to hear of it. It is there from the start, so one question is enough. */
TEST (test_deadline_behind_the_task)
{
  g_autofree gchar *id = foxapi_sim_add_task (sim, "completed");
  g_autoptr (Run) run = run_new (harness_source ("task-id", id,
          "task-timeout", 3, NULL));
  gint64 deadline_us = g_get_monotonic_time () + 4 * G_USEC_PER_SEC;

  gst_bus_set_sync_handler (run->bus, stay_past_the_deadline, &deadline_us,
      NULL);
  run_to_eos (run);
  gst_bus_set_sync_handler (run->bus, NULL, NULL, NULL);
  fail_unless_equals_int (run_count (run, GST_MESSAGE_ERROR), 0);
}

TEST (test_leave_upload)
{
  g_autofree gchar *uri = harness_make_file ("a.png", "a picture", -1);
  GstElement *source = harness_source ("task-store", "", NULL);
  g_autoptr (Run) run = run_new (source);

  harness_set_list (source, "reference-image-urls", uri, NULL);
  harness_hold (FOXAPI_SIM_UPLOAD, 0);
  run_to_request (run, GST_STATE_PAUSED, FOXAPI_SIM_UPLOAD, 1);
  leave (run, FOXAPI_SIM_UPLOAD);
  assert_requests (FOXAPI_SIM_SUBMIT, 0);
}

/* A listener whose backlog nobody takes from: connected, and never answered */
TEST (test_leave_unaccepted)
{
  g_autoptr (GSocketListener) listener = g_socket_listener_new ();
  guint port = g_socket_listener_add_any_inet_port (listener, NULL, NULL);
  g_autofree gchar *url = g_strdup_printf ("http://127.0.0.1:%u", port);
  g_autoptr (Run) run = run_new (harness_source ("base-url", url, NULL));
  g_autoptr (GSocketConnection) connection = NULL;
  GInputStream *input;
  gchar byte;

  run_set_state (run, GST_STATE_PLAYING);
  connection = g_socket_listener_accept (listener, NULL, NULL, NULL);
  fail_unless (connection != NULL);
  input = g_io_stream_get_input_stream (G_IO_STREAM (connection));
  fail_unless_equals_int (g_input_stream_read (input, &byte, 1, NULL, NULL), 1);
  run_stop (run);
  /* The peer reads the rest, and then the end */
  while (g_input_stream_read (input, &byte, 1, NULL, NULL) == 1) {
  }
}

/* Back from PAUSED to READY and on again, out of the phases of one task */
TEST (test_ready_and_on)
{
  g_autoptr (Run) run = run_new (harness_source (NULL));

  harness_hold (FOXAPI_SIM_ASK, 1);
  harness_hold (FOXAPI_SIM_RESULT, 1);
  run_to_request (run, GST_STATE_PLAYING, FOXAPI_SIM_ASK, 1);
  run_set_state (run, GST_STATE_READY);
  run_to_request (run, GST_STATE_PLAYING, FOXAPI_SIM_RESULT, 1);
  run_set_state (run, GST_STATE_READY);
  run_to_result (run);
  assert_requests (FOXAPI_SIM_SUBMIT, 1);
}

/* A flush in the middle of waiting: the task is known and taken up */
TEST (test_flush_while_waiting)
{
  g_autoptr (Run) run = run_new (harness_source (NULL));

  harness_hold (FOXAPI_SIM_ASK, 1);
  run_to_request (run, GST_STATE_PLAYING, FOXAPI_SIM_ASK, 1);
  gst_element_send_event (run->source, gst_event_new_flush_start ());
  gst_element_send_event (run->source, gst_event_new_flush_stop (TRUE));
  run_set_state (run, GST_STATE_READY);
  run_to_result (run);
  assert_requests (FOXAPI_SIM_SUBMIT, 1);
}

/* An element that is linked to nothing */
TEST (test_alone)
{
  harness_exercise (gst_object_ref_sink (harness_source (NULL)), FALSE);
}

/* As it was made, or all but ready; the bin as well, where there is one */
TEST (test_alone_without_key)
{
  const gchar *factory = __i__ / 2 ? "foxapivideobin" : "foxapivideosrc";
  GstElement *element;

  if (!harness_has (factory))
    return;
  element = __i__ % 2 ? harness_element (factory)
      : gst_element_factory_make (factory, NULL);
  g_object_set (element, "api-key", NULL, NULL);
  harness_exercise (gst_object_ref_sink (element), TRUE);
  assert_nothing_sent ();
}

/* The same in a pipeline. Wherever it was in between, it paid once. */
TEST (test_linked)
{
  GstElement *source = gst_object_ref_sink (harness_source (NULL));
  GstElement *pipeline = gst_pipeline_new (NULL);
  GstElement *sink = gst_element_factory_make ("fakesink", NULL);

  gst_bin_add_many (GST_BIN (pipeline), source, sink, NULL);
  fail_unless (gst_element_link (source, sink));
  harness_exercise (pipeline, FALSE);
  gst_object_unref (source);
  assert_requests (FOXAPI_SIM_SUBMIT, 1);
}

/* Made and dropped in every state */
TEST (test_dropped)
{
  for (guint i = 0; i < 20; i++)
    gst_object_unref (gst_object_ref_sink (harness_source (NULL)));
  assert_nothing_sent ();
}

static const Test tests[] = {
  CASE ("leaving", harness_setup, harness_teardown),
  TIMES (test_leave, 2 * G_N_ELEMENTS (phases)),
  ONCE (test_leave_between_questions),
  TIMES (test_leave_prerolled, 2),
  TIMES (test_end_while_it_waits, 2),
  ONCE (test_deadline_behind_the_task),
  ONCE (test_leave_upload),
  ONCE (test_leave_unaccepted),
  ONCE (test_ready_and_on),
  ONCE (test_flush_while_waiting),
  ONCE (test_alone),
  TIMES (test_alone_without_key, 4),
  ONCE (test_linked),
  ONCE (test_dropped),
};

CHECK_MAIN (states, tests)
