/* When a paid result counts as arrived: its task's record goes then, no earlier
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <sys/syscall.h>
#include <unistd.h>

#include "foxapiharness.h"

static gchar *synced_path;

/* Stands before that of the C library: the plugin's calls come here. */
int
fsync (int fd)
{
  g_autofree gchar *link = g_strdup_printf ("/proc/self/fd/%d", fd);
  gchar *path = g_file_read_link (link, NULL);

  if (path != NULL && g_str_has_suffix (path, ".mp4")) {
    g_free (synced_path);
    synced_path = g_steal_pointer (&path);
  }
  g_free (path);
  return syscall (SYS_fsync, fd);
}

#define UNBOUNDED "queue name=q max-size-bytes=0 max-size-buffers=0 " \
    "max-size-time=0"

/* The pads through which an EOS has gone, of those that are watched */
static GAsyncQueue *ends;

static void
setup (void)
{
  harness_setup ();
  ends = g_async_queue_new ();
}

static void
teardown (void)
{
  harness_teardown ();
  g_clear_pointer (&ends, g_async_queue_unref);
}

static GstPadProbeReturn
on_event (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  if (GST_EVENT_TYPE (GST_PAD_PROBE_INFO_EVENT (info)) == GST_EVENT_EOS)
    g_async_queue_push (ends, pad);
  return GST_PAD_PROBE_OK;
}

/* (transfer full): a pad of an element, watched */
static GstPad *
watch (GstElement * element, const gchar * name)
{
  GstPad *pad = gst_element_get_static_pad (element, name);

  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, on_event, NULL,
      NULL);
  return pad;
}

static void
wait_for_end (GstPad * pad)
{
  while (g_async_queue_pop (ends) != pad);
}

/* A pipeline of a source and @rest, whose first element is linked to it */
static Run *
new_line (const gchar * rest)
{
  g_autoptr (GError) error = NULL;
  GstElement *bin = gst_parse_bin_from_description (rest, TRUE, &error);

  fail_unless (error == NULL, "%s", error ? error->message : "");
  return run_new_to (harness_source ("blocksize", 2048, NULL), bin);
}

static GstElement *
get (Run * run, const gchar * name)
{
  GstElement *element = gst_bin_get_by_name (GST_BIN (run->pipeline), name);

  fail_unless (element != NULL);
  gst_object_unref (element);
  return element;
}

/* Plays until this sink pad of an element has handled the end. */
static void
play_to (Run * run, const gchar * name)
{
  g_autoptr (GstPad) pad = watch (get (run, name), "sink");

  gst_element_set_state (run->pipeline, GST_STATE_PLAYING);
  wait_for_end (pad);
  /* The probe ran with this lock, and so does what follows it. */
  GST_PAD_STREAM_LOCK (pad);
  GST_PAD_STREAM_UNLOCK (pad);
}

/* Plays until the end has left the source, and stands before the sink. Returns the
 * probe that holds it there. */
static gulong
play_into_a_queue (Run * run)
{
  GstElement *sink = get (run, "sink");
  gulong probe = harness_block (sink);
  g_autoptr (GstPad) source_pad = watch (run->source, "src");

  g_object_set (sink, "async", FALSE, NULL);
  gst_element_set_state (run->pipeline, GST_STATE_PLAYING);
  wait_for_end (source_pad);
  return probe;
}

static void
assert_recorded (gboolean recorded)
{
  fail_unless_equals_int (harness_is_recorded (1), recorded);
}

/* A new process would resume the task and get all of it, and pay nothing. */
static void
assert_resumes (void)
{
  g_autoptr (Run) run = run_new (harness_source (NULL));

  assert_boolean (run_to_task (run, GST_STATE_PLAYING, NULL), "resumed", TRUE);
  run_wait (run, GST_MESSAGE_EOS);
  run_stop (run);
  run_assert_data (run, payload);
  assert_requests (FOXAPI_SIM_SUBMIT, 1);
  assert_recorded (FALSE);
}

static const gchar *const ways[] = {
  UNBOUNDED " ! fakesink name=sink sync=false",
  UNBOUNDED " ! tee ! queue ! fakesink name=sink sync=false",
  "( " UNBOUNDED " ! identity ! fakesink name=sink sync=false )",
  "tee name=t ! " UNBOUNDED " ! fakesink name=sink sync=false "
      "t. ! queue ! fakesink sync=false",
};

TEST (test_stopped_in_a_queue)
{
  g_autoptr (Run) run = new_line (ways[__i__]);

  play_into_a_queue (run);
  gst_element_set_state (run->pipeline, GST_STATE_NULL);
  assert_recorded (TRUE);
  assert_resumes ();
}

TEST (test_through_a_queue)
{
  g_autoptr (Run) run = new_line (ways[__i__]);
  gulong probe = play_into_a_queue (run);

  assert_recorded (TRUE);
  harness_unblock (get (run, "sink"), probe);
  run_wait (run, GST_MESSAGE_EOS);
  assert_recorded (FALSE);
}

/* Paused in the middle and stopped there */
TEST (test_paused)
{
  g_autoptr (Run) run = new_line (ways[0]);

  play_into_a_queue (run);
  gst_element_set_state (run->pipeline, GST_STATE_PAUSED);
  gst_element_set_state (run->pipeline, GST_STATE_PLAYING);
  gst_element_set_state (run->pipeline, GST_STATE_READY);
  assert_recorded (TRUE);
}

/* The end follows the failure to the sink, and hides it: the queue sends it where
 * it has it already. */
TEST (test_failure_behind_a_queue)
{
  g_autoptr (Run) run = new_line (UNBOUNDED
      " ! identity name=gate error-after=40 ! fakesink sync=false async=false");
  gulong probe = harness_block (get (run, "gate"));

  play_to (run, "q");
  harness_unblock (get (run, "gate"), probe);
  run_wait (run, GST_MESSAGE_ERROR);
  /* The queue posts an ERROR, too. */
  run_wait (run, GST_MESSAGE_ERROR);
  run_wait (run, GST_MESSAGE_EOS);
  gst_element_set_state (run->pipeline, GST_STATE_NULL);
  assert_recorded (TRUE);
  assert_resumes ();
}

TEST (test_full_disk_behind_a_queue)
{
  g_autoptr (Run) run = new_line (UNBOUNDED " ! filesink location=/dev/full");

  gst_element_set_state (run->pipeline, GST_STATE_PLAYING);
  run_wait (run, GST_MESSAGE_ERROR);
  gst_element_set_state (run->pipeline, GST_STATE_NULL);
  assert_recorded (TRUE);
}

/* What the sink wrote is on the disk when the record has gone, whatever stands
 * before it. */
static const gchar *const before_files[] = {
  "", UNBOUNDED " ! ", "queue ! tee ! queue ! "
};

TEST (test_file_is_synced)
{
  g_autofree gchar *path = g_build_filename (store, "clip.mp4", NULL);
  g_autofree gchar *rest = g_strdup_printf ("%s filesink location=\"%s\"",
      before_files[__i__], path);
  g_autoptr (Run) run = new_line (rest);

  g_clear_pointer (&synced_path, g_free);
  gst_element_set_state (run->pipeline, GST_STATE_PLAYING);
  run_wait (run, GST_MESSAGE_EOS);
  assert_recorded (FALSE);
  fail_unless_equals_string (synced_path, path);
}

static GstBusSyncReply
drop_messages (GstBus * bus, GstMessage * message, gpointer user_data)
{
  gst_message_unref (message);
  return GST_BUS_DROP;
}

/* An application that keeps all messages to itself */
TEST (test_dropped_messages)
{
  g_autoptr (Run) run = new_line (UNBOUNDED " ! fakesink name=sink sync=false");

  gst_bus_set_sync_handler (run->bus, drop_messages, NULL, NULL);
  play_to (run, "sink");
  gst_element_set_state (run->pipeline, GST_STATE_NULL);
  assert_recorded (FALSE);
}

/* Another branch of the pipeline goes on for ever. */
TEST (test_beside_another_branch)
{
  g_autoptr (Run) run = new_line ("fakesink name=sink sync=false");
  GstElement *other = gst_parse_bin_from_description
      ("fakesrc ! fakesink sync=false", FALSE, NULL);

  gst_bin_add (GST_BIN (run->pipeline), other);
  play_to (run, "sink");
  gst_element_set_state (run->pipeline, GST_STATE_NULL);
  assert_recorded (FALSE);
}

/* A pipeline that forwards its sinks' ends, each of which may be the application's
 * word to stop. In the second row the sink plays, and ends, before the source does. */
TEST (test_forwarded_end)
{
  g_autoptr (Run) run = new_line ("fakesink name=sink sync=false");
  GstElement *other = gst_parse_bin_from_description
      ("fakesrc ! fakesink sync=false", FALSE, NULL);
  gboolean has_ended = FALSE;

  gst_bin_add (GST_BIN (run->pipeline), other);
  g_object_set (run->pipeline, "message-forward", TRUE, NULL);
  if (__i__ == 0) {
    gst_element_set_state (run->pipeline, GST_STATE_PLAYING);
  } else {
    gst_element_set_state (run->pipeline, GST_STATE_PAUSED);
    run_wait (run, GST_MESSAGE_ASYNC_DONE);
    gst_element_set_state (GST_ELEMENT (GST_OBJECT_PARENT (get (run, "sink"))),
        GST_STATE_PLAYING);
  }
  while (!has_ended) {
    GstMessage *message = run_wait (run, GST_MESSAGE_ELEMENT);
    g_autoptr (GstMessage) forwarded = NULL;

    has_ended = gst_message_has_name (message, "GstBinForwarded")
        && gst_structure_get (gst_message_get_structure (message), "message",
        GST_TYPE_MESSAGE, &forwarded, NULL)
        && GST_MESSAGE_TYPE (forwarded) == GST_MESSAGE_EOS;
  }
  assert_recorded (FALSE);
}

/* The base class waits for the streaming thread with this event, so the rest of the
 * result is held back, not the sink. */
TEST (test_end_from_the_application)
{
  g_autoptr (Run) run = new_line ("fakesink name=sink sync=false");
  FoxapiSimFault hold = {.hold_at = 1000 };

  foxapi_sim_script (sim, FOXAPI_SIM_RESULT, 1, &hold);
  g_object_set (get (run, "sink"), "async", FALSE, NULL);
  gst_element_set_state (run->pipeline, GST_STATE_PLAYING);
  foxapi_sim_wait_requests (sim, FOXAPI_SIM_RESULT, 1);
  gst_element_send_event (run->pipeline, gst_event_new_eos ());
  run_wait (run, GST_MESSAGE_EOS);
  gst_element_set_state (run->pipeline, GST_STATE_NULL);
  assert_recorded (TRUE);
  assert_resumes ();
}

/* All has left the source once, and a seek has flushed it on its way: the end that the
 * application sends then is not that of the result. */
TEST (test_end_after_a_seek)
{
  g_autoptr (Run) run = new_line (ways[0]);
  FoxapiSimFault hold = {.hold_at = 1000 };
  gulong probe;

  foxapi_sim_script (sim, FOXAPI_SIM_RESULT, 2, &hold);
  probe = play_into_a_queue (run);
  fail_unless (gst_element_seek_simple (run->pipeline, GST_FORMAT_BYTES,
          GST_SEEK_FLAG_FLUSH, 0));
  foxapi_sim_wait_requests (sim, FOXAPI_SIM_RESULT, 2);
  harness_unblock (get (run, "sink"), probe);
  gst_element_send_event (run->pipeline, gst_event_new_eos ());
  run_wait (run, GST_MESSAGE_EOS);
  gst_element_set_state (run->pipeline, GST_STATE_NULL);
  assert_recorded (TRUE);
  assert_resumes ();
}

/* The task alone arrives like everything else. */
TEST (test_task_in_a_queue)
{
  g_autoptr (Run) run = new_line (ways[0]);
  gulong probe;

  harness_set (run->source, "output", "task");
  probe = play_into_a_queue (run);
  assert_recorded (TRUE);
  if (__i__ == 0) {
    gst_element_set_state (run->pipeline, GST_STATE_NULL);
    assert_recorded (TRUE);
    return;
  }
  harness_unblock (get (run, "sink"), probe);
  run_wait (run, GST_MESSAGE_EOS);
  assert_recorded (FALSE);
}

/* A player that loops without a gap: the sinks of the first round have no end, as
 * the second one follows, which has the task but not its record. */
TEST (test_after_a_gapless_loop)
{
  g_autoptr (Run) round_one = new_line (ways[0]);
  g_autoptr (Run) round_two = new_line (ways[0]);

  play_into_a_queue (round_one);
  gst_element_set_state (round_two->pipeline, GST_STATE_PAUSED);
  fail_unless_equals_int (gst_element_get_state (round_two->pipeline, NULL,
          NULL, GST_CLOCK_TIME_NONE), GST_STATE_CHANGE_SUCCESS);
  gst_element_set_state (round_one->pipeline, GST_STATE_NULL);
  assert_recorded (TRUE);
  gst_element_set_state (round_two->pipeline, GST_STATE_PLAYING);
  run_wait (round_two, GST_MESSAGE_EOS);
  assert_requests (FOXAPI_SIM_SUBMIT, 1);
  assert_recorded (FALSE);
}

static const Test tests[] = {
  CASE ("arrival", setup, teardown),
  ROWS (test_stopped_in_a_queue, ways),
  ROWS (test_through_a_queue, ways),
  ONCE (test_paused),
  ONCE (test_failure_behind_a_queue),
  ONCE (test_full_disk_behind_a_queue),
  ROWS (test_file_is_synced, before_files),
  ONCE (test_dropped_messages),
  ONCE (test_beside_another_branch),
  TIMES (test_forwarded_end, 2),
  ONCE (test_end_from_the_application),
  ONCE (test_end_after_a_seek),
  ONCE (test_after_a_gapless_loop),
  TIMES (test_task_in_a_queue, 2),
};

CHECK_MAIN (arrival, tests)
