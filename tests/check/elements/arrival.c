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

/* A pipeline of a source and @rest, whose first element is linked to it */
typedef struct
{
  GstElement *pipeline;
  GstElement *source;
  GstBus *bus;
  GMutex lock;
  GCond moved;
  gboolean end_has_left;        /* the lock: EOS has left the source, */
  gboolean end_has_come;        /* or come to a sink */
} Line;

static GstPadProbeReturn
on_event (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  Line *line = user_data;

  if (GST_EVENT_TYPE (GST_PAD_PROBE_INFO_EVENT (info)) == GST_EVENT_EOS) {
    g_mutex_lock (&line->lock);
    if (GST_PAD_IS_SRC (pad))
      line->end_has_left = TRUE;
    else
      line->end_has_come = TRUE;
    g_cond_signal (&line->moved);
    g_mutex_unlock (&line->lock);
  }
  return GST_PAD_PROBE_OK;
}

static Line *
line_new (const gchar * rest)
{
  Line *line = g_new0 (Line, 1);
  g_autoptr (GError) error = NULL;
  g_autoptr (GstPad) pad = NULL;
  GstElement *bin = gst_parse_bin_from_description (rest, TRUE, &error);

  fail_unless (error == NULL, "%s", error ? error->message : "");
  line->pipeline = gst_pipeline_new (NULL);
  line->source = harness_source (NULL);
  g_object_set (line->source, "blocksize", 2048, NULL);
  gst_bin_add_many (GST_BIN (line->pipeline), line->source, bin, NULL);
  fail_unless (gst_element_link (line->source, bin));
  line->bus = gst_element_get_bus (line->pipeline);
  pad = gst_element_get_static_pad (line->source, "src");
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, on_event, line,
      NULL);
  return line;
}

static void
line_free (Line * line)
{
  gst_element_set_state (line->pipeline, GST_STATE_NULL);
  gst_object_unref (line->bus);
  gst_object_unref (line->pipeline);
  g_free (line);
}

/* *INDENT-OFF* */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Line, line_free)
/* *INDENT-ON* */

static void
line_wait_end (Line * line)
{
  g_mutex_lock (&line->lock);
  while (!line->end_has_left)
    g_cond_wait (&line->moved, &line->lock);
  g_mutex_unlock (&line->lock);
}

/* Plays until this pad of an element has handled the end. */
static void
line_play_to (Line * line, const gchar * element, const gchar * pad_name)
{
  g_autoptr (GstElement) found = gst_bin_get_by_name (GST_BIN (line->pipeline),
      element);
  g_autoptr (GstPad) pad = gst_element_get_static_pad (found, pad_name);

  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, on_event, line,
      NULL);
  gst_element_set_state (line->pipeline, GST_STATE_PLAYING);
  g_mutex_lock (&line->lock);
  while (!line->end_has_come)
    g_cond_wait (&line->moved, &line->lock);
  g_mutex_unlock (&line->lock);
  /* The probe ran with this lock, and so does what follows it. */
  GST_PAD_STREAM_LOCK (pad);
  GST_PAD_STREAM_UNLOCK (pad);
}

static void
line_wait (Line * line, GstMessageType type)
{
  g_autoptr (GstMessage) message = gst_bus_timed_pop_filtered (line->bus,
      60 * GST_SECOND, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);

  fail_unless (message != NULL, "nothing came");
  fail_unless_equals_int (GST_MESSAGE_TYPE (message), type);
}

static GstElement *
line_get (Line * line, const gchar * name)
{
  GstElement *element = gst_bin_get_by_name (GST_BIN (line->pipeline), name);

  fail_unless (element != NULL);
  gst_object_unref (element);
  return element;
}

/* Blocks a sink: everything but what it has already taken stays in front of it. */
static gulong
block (GstElement * sink, GstPad ** pad)
{
  *pad = gst_element_get_static_pad (sink, "sink");
  return gst_pad_add_probe (*pad, GST_PAD_PROBE_TYPE_BLOCK |
      GST_PAD_PROBE_TYPE_BUFFER, NULL, NULL, NULL);
}

static void
assert_recorded (gboolean recorded)
{
  g_autofree gchar *id = harness_task_id (1);

  fail_unless_equals_int (harness_files_contain (store, id), recorded);
}

/* A new process would resume the task and get all of it, and pay nothing. */
static void
assert_resumes (void)
{
  g_autoptr (Run) run = run_new (harness_source (NULL));

  run_set_state (run, GST_STATE_PLAYING);
  assert_boolean (run_wait_task (run, NULL), "resumed", TRUE);
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

GST_START_TEST (test_stopped_in_a_queue)
{
  g_autoptr (GstPad) pad = NULL;
  g_autoptr (Line) line = line_new (ways[__i__]);

  block (line_get (line, "sink"), &pad);
  g_object_set (line_get (line, "sink"), "async", FALSE, NULL);
  gst_element_set_state (line->pipeline, GST_STATE_PLAYING);
  line_wait_end (line);
  gst_element_set_state (line->pipeline, GST_STATE_NULL);
  assert_recorded (TRUE);
  assert_resumes ();
}

GST_END_TEST;

GST_START_TEST (test_through_a_queue)
{
  g_autoptr (GstPad) pad = NULL;
  g_autoptr (Line) line = line_new (ways[__i__]);
  gulong probe = block (line_get (line, "sink"), &pad);

  g_object_set (line_get (line, "sink"), "async", FALSE, NULL);
  gst_element_set_state (line->pipeline, GST_STATE_PLAYING);
  line_wait_end (line);
  assert_recorded (TRUE);
  gst_pad_remove_probe (pad, probe);
  line_wait (line, GST_MESSAGE_EOS);
  assert_recorded (FALSE);
}

GST_END_TEST;

/* Paused in the middle and stopped there */
GST_START_TEST (test_paused)
{
  g_autoptr (GstPad) pad = NULL;
  g_autoptr (Line) line = line_new (ways[__i__]);

  block (line_get (line, "sink"), &pad);
  g_object_set (line_get (line, "sink"), "async", FALSE, NULL);
  gst_element_set_state (line->pipeline, GST_STATE_PLAYING);
  line_wait_end (line);
  gst_element_set_state (line->pipeline, GST_STATE_PAUSED);
  gst_element_set_state (line->pipeline, GST_STATE_PLAYING);
  gst_element_set_state (line->pipeline, GST_STATE_READY);
  assert_recorded (TRUE);
}

GST_END_TEST;

/* The end follows the failure to the sink, and hides it: the queue sends it where
 * it has it already. */
GST_START_TEST (test_failure_behind_a_queue)
{
  g_autoptr (GstPad) pad = NULL;
  g_autoptr (Line) line = line_new (UNBOUNDED
      " ! identity name=gate error-after=40 ! fakesink sync=false async=false");
  gulong probe = block (line_get (line, "gate"), &pad);

  line_play_to (line, "q", "sink");
  gst_pad_remove_probe (pad, probe);
  line_wait (line, GST_MESSAGE_ERROR);
  /* The queue posts an ERROR, too. */
  line_wait (line, GST_MESSAGE_ERROR);
  line_wait (line, GST_MESSAGE_EOS);
  gst_element_set_state (line->pipeline, GST_STATE_NULL);
  assert_recorded (TRUE);
  assert_resumes ();
}

GST_END_TEST;

GST_START_TEST (test_full_disk_behind_a_queue)
{
  g_autoptr (Line) line = line_new (UNBOUNDED " ! filesink location=/dev/full");

  gst_element_set_state (line->pipeline, GST_STATE_PLAYING);
  line_wait (line, GST_MESSAGE_ERROR);
  gst_element_set_state (line->pipeline, GST_STATE_NULL);
  assert_recorded (TRUE);
}

GST_END_TEST;

/* What the sink wrote is on the disk when the record has gone, whatever stands
 * before it. */
static const gchar *const before_files[] = {
  "", UNBOUNDED " ! ", "queue ! tee ! queue ! "
};

GST_START_TEST (test_file_is_synced)
{
  g_autofree gchar *path = g_build_filename (store, "clip.mp4", NULL);
  g_autofree gchar *rest = g_strdup_printf ("%s filesink location=\"%s\"",
      before_files[__i__], path);
  g_autoptr (Line) line = line_new (rest);

  g_clear_pointer (&synced_path, g_free);
  gst_element_set_state (line->pipeline, GST_STATE_PLAYING);
  line_wait (line, GST_MESSAGE_EOS);
  assert_recorded (FALSE);
  fail_unless_equals_string (synced_path, path);
}

GST_END_TEST;

static GstBusSyncReply
drop_messages (GstBus * bus, GstMessage * message, gpointer user_data)
{
  gst_message_unref (message);
  return GST_BUS_DROP;
}

/* An application that keeps all messages to itself */
GST_START_TEST (test_dropped_messages)
{
  g_autoptr (Line) line = line_new (UNBOUNDED
      " ! fakesink name=sink sync=false");

  gst_bus_set_sync_handler (line->bus, drop_messages, NULL, NULL);
  line_play_to (line, "sink", "sink");
  gst_element_set_state (line->pipeline, GST_STATE_NULL);
  assert_recorded (FALSE);
}

GST_END_TEST;

/* Another branch of the pipeline goes on for ever. */
GST_START_TEST (test_beside_another_branch)
{
  g_autoptr (Line) line = line_new ("fakesink name=sink sync=false");
  GstElement *other = gst_parse_bin_from_description
      ("fakesrc ! fakesink sync=false", FALSE, NULL);

  gst_bin_add (GST_BIN (line->pipeline), other);
  line_play_to (line, "sink", "sink");
  gst_element_set_state (line->pipeline, GST_STATE_NULL);
  assert_recorded (FALSE);
}

GST_END_TEST;

GST_START_TEST (test_end_from_the_application)
{
  g_autoptr (GstPad) pad = NULL;
  g_autoptr (Line) line = line_new ("fakesink name=sink sync=false");
  gulong probe = block (line_get (line, "sink"), &pad);

  g_object_set (line_get (line, "sink"), "async", FALSE, NULL);
  gst_element_set_state (line->pipeline, GST_STATE_PLAYING);
  foxapi_sim_wait_requests (sim, FOXAPI_SIM_RESULT, 1);
  gst_element_send_event (line->pipeline, gst_event_new_eos ());
  gst_pad_remove_probe (pad, probe);
  line_wait (line, GST_MESSAGE_EOS);
  gst_element_set_state (line->pipeline, GST_STATE_NULL);
  assert_recorded (TRUE);
  assert_resumes ();
}

GST_END_TEST;

/* The task alone arrives like everything else. */
GST_START_TEST (test_task_in_a_queue)
{
  g_autoptr (GstPad) pad = NULL;
  g_autoptr (Line) line = line_new (ways[0]);
  gulong probe = block (line_get (line, "sink"), &pad);

  g_object_set (line_get (line, "sink"), "async", FALSE, NULL);
  gst_util_set_object_arg (G_OBJECT (line->source), "output", "task");
  gst_element_set_state (line->pipeline, GST_STATE_PLAYING);
  line_wait_end (line);
  assert_recorded (TRUE);
  if (__i__ == 0) {
    gst_element_set_state (line->pipeline, GST_STATE_NULL);
    assert_recorded (TRUE);
    return;
  }
  gst_pad_remove_probe (pad, probe);
  line_wait (line, GST_MESSAGE_EOS);
  assert_recorded (FALSE);
}

GST_END_TEST;

/* A player that loops without a gap: the sinks of the first round have no end, as
 * the second one follows, which has the task but not its record. */
GST_START_TEST (test_after_a_gapless_loop)
{
  g_autoptr (GstPad) pad = NULL;
  g_autoptr (Line) round_one = line_new (ways[0]);
  g_autoptr (Line) round_two = line_new (ways[0]);

  block (line_get (round_one, "sink"), &pad);
  g_object_set (line_get (round_one, "sink"), "async", FALSE, NULL);
  gst_element_set_state (round_one->pipeline, GST_STATE_PLAYING);
  line_wait_end (round_one);
  gst_element_set_state (round_two->pipeline, GST_STATE_PAUSED);
  fail_unless_equals_int (gst_element_get_state (round_two->pipeline, NULL,
          NULL, GST_CLOCK_TIME_NONE), GST_STATE_CHANGE_SUCCESS);
  gst_element_set_state (round_one->pipeline, GST_STATE_NULL);
  assert_recorded (TRUE);
  gst_element_set_state (round_two->pipeline, GST_STATE_PLAYING);
  line_wait (round_two, GST_MESSAGE_EOS);
  assert_requests (FOXAPI_SIM_SUBMIT, 1);
  assert_recorded (FALSE);
}

GST_END_TEST;

static Suite *
arrival_suite (void)
{
  Suite *suite = suite_create ("arrival");
  TCase *tcase = tcase_create ("arrival");

  suite_add_tcase (suite, tcase);
  tcase_add_checked_fixture (tcase, harness_setup, harness_teardown);
  tcase_add_loop_test (tcase, test_stopped_in_a_queue, 0, G_N_ELEMENTS (ways));
  tcase_add_loop_test (tcase, test_through_a_queue, 0, G_N_ELEMENTS (ways));
  tcase_add_loop_test (tcase, test_paused, 0, 1);
  tcase_add_test (tcase, test_failure_behind_a_queue);
  tcase_add_test (tcase, test_full_disk_behind_a_queue);
  tcase_add_loop_test (tcase, test_file_is_synced, 0,
      G_N_ELEMENTS (before_files));
  tcase_add_test (tcase, test_dropped_messages);
  tcase_add_test (tcase, test_beside_another_branch);
  tcase_add_test (tcase, test_end_from_the_application);
  tcase_add_test (tcase, test_after_a_gapless_loop);
  tcase_add_loop_test (tcase, test_task_in_a_queue, 0, 2);
  return suite;
}

GST_CHECK_MAIN (arrival)
