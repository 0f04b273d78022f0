/* What becomes of the branches that give references: the rest of their graph is
 * none the wiser.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "binharness.h"

/* A launch line around the bin `bin`, which has the policy @branches and its
 * pictures at the sink of the run. It never ends, so that there is always more
 * to wait for. */
static Run *
run_line (gint branches, const gchar * line)
{
  Run *run = bin_run_new (bin_new ("reference-branches", branches,
          "reference-seconds", 0.5, "end", 1, NULL));
  g_autoptr (GError) error = NULL;
  GstElement *feed = gst_parse_bin_from_description (line, FALSE, &error);

  fail_unless (feed != NULL, "%s: %s", line, error ? error->message : "");
  gst_bin_add (GST_BIN (run->pipeline), feed);
  return run;
}

/* From an element of the feed to a pad of the bin */
static void
link_feed (Run * run, const gchar * name, const gchar * pad_name)
{
  g_autoptr (GstElement) last = gst_bin_get_by_name (GST_BIN (run->pipeline),
      name);

  fail_unless (gst_element_link_pads (last, NULL, run->source, pad_name));
}

/* A letter for each buffer and each EOS of the pad that is watched */
static GAsyncQueue *seen;

static void
setup (void)
{
  bin_setup ();
  if (seen == NULL)
    seen = g_async_queue_new ();
}

static GstPadProbeReturn
on_watched (GstPad * pad, GstPadProbeInfo * info, gpointer data)
{
  gboolean is_buffer =
      GST_PAD_PROBE_INFO_TYPE (info) & GST_PAD_PROBE_TYPE_BUFFER;

  if (is_buffer
      || GST_EVENT_TYPE (GST_PAD_PROBE_INFO_EVENT (info)) == GST_EVENT_EOS)
    g_async_queue_push (seen, GINT_TO_POINTER (is_buffer ? 'b' : 'e'));
  return GST_PAD_PROBE_OK;
}

static void
watch (Run * run, const gchar * name, const gchar * pad_name)
{
  g_autoptr (GstElement) element = gst_bin_get_by_name (GST_BIN
      (run->pipeline), name);
  g_autoptr (GstPad) pad = gst_element_get_static_pad (element, pad_name);

  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER
      | GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, on_watched, NULL, NULL);
}

static void
forget_seen (void)
{
  while (g_async_queue_try_pop (seen) != NULL);
}

static void
assert_silence (Run * run)
{
  bin_wait_buffers (run, bin_count_buffers (run) + 2);
  run_stop (run);
  fail_unless_equals_int (run_count (run, GST_MESSAGE_ERROR), 0);
  fail_unless_equals_int (run_count (run, GST_MESSAGE_WARNING), 0);
  assert_requests (FOXAPI_SIM_SUBMIT, 1);
}

/* The camera's other branch flows on, whatever the policy, and both times. */
TEST (test_tee)
{
  static const gchar *const lines[] = {
    "videotestsrc is-live=true ! " BIN_RAW " ! tee name=last "
        "last. ! queue ! fakesink name=other",
    "videotestsrc is-live=true ! " BIN_RAW " ! tee name=t t. ! queue name=last "
        "t. ! queue ! fakesink name=other",
    "videotestsrc is-live=true ! " BIN_RAW " ! tee name=t "
        "t. ! queue ! videoconvert name=last t. ! queue ! fakesink name=other",
  };
  g_autoptr (Run) run = run_line (__i__ % 2, lines[__i__ / 2]);

  link_feed (run, "last", "image_0");
  watch (run, "other", "sink");
  for (guint i = 0; i < 2; i++) {
    run_to_task (run, GST_STATE_PLAYING, NULL);
    forget_seen ();
    for (guint n = 0; n < 5; n++)
      fail_unless (GPOINTER_TO_INT (g_async_queue_pop (seen)) == 'b');
    run_set_state (run, GST_STATE_NULL);
  }
  assert_requests (FOXAPI_SIM_UPLOAD, 1);
  run_set_state (run, GST_STATE_PLAYING);
  assert_silence (run);
}

/* Of a source that is not live, and of which nothing is left to flow, the next
 * start has the reference, too. */
TEST (test_tee_again)
{
  g_autoptr (Run) run =
      run_line (1,
      "videotestsrc num-buffers=50 pattern=red ! " BIN_RAW
      " ! tee name=t t. ! queue name=last t. ! queue ! fakesink");

  link_feed (run, "last", "image_0");
  for (guint i = 0; i < 3; i++) {
    run_to_task (run, GST_STATE_PLAYING, NULL);
    run_set_state (run, GST_STATE_NULL);
  }
  run_set_state (run, GST_STATE_PLAYING);
  assert_silence (run);
}

/* A source of its own ends, without a word, and starts again with the bin. */
TEST (test_own_source)
{
  static const gchar *const lines[] = {
    "videotestsrc is-live=true ! " BIN_RAW " ! identity name=last",
    "videotestsrc pattern=red ! " BIN_RAW " ! identity name=last",
    "videotestsrc is-live=true ! " BIN_RAW " ! queue ! identity name=last",
    /* Both ways out of the tee are for the bin. */
    "videotestsrc is-live=true ! " BIN_RAW " ! tee name=t ! queue ! "
        "identity name=last t. ! queue ! identity name=second",
  };
  g_autoptr (Run) run = run_line (1, lines[__i__]);

  link_feed (run, "last", "image_0");
  if (__i__ == 3)
    link_feed (run, "second", "video_0");
  watch (run, "last", "src");
  for (guint i = 0; i < 3; i++) {
    forget_seen ();
    run_to_task (run, GST_STATE_PLAYING, NULL);
    while (__i__ < 3 && GPOINTER_TO_INT (g_async_queue_pop (seen)) != 'e');
    run_set_state (run, GST_STATE_NULL);
  }
  run_set_state (run, GST_STATE_PLAYING);
  assert_silence (run);
}

/* What a demuxer and a decoder give, of which the sound goes nowhere, or
 * elsewhere */
TEST (test_decoded)
{
  g_autofree gchar *path = harness_write_file ("film.mp4", bin_result);
  g_autofree gchar *line = g_strdup_printf ("filesrc location=%s ! qtdemux "
      "name=d d.video_0 ! queue ! h264parse ! decodebin ! videoconvert ! "
      "identity name=last %s", path, __i__ / 2 ?
      "d.audio_0 ! queue ! fakesink" : "");
  g_autoptr (Run) run = run_line (__i__ % 2, line);

  link_feed (run, "last", "video_0");
  run_to_task (run, GST_STATE_PLAYING, "completed");
  assert_silence (run);
}

TEST (test_three_at_once)
{
  g_autoptr (Run) run = run_line (__i__, "videotestsrc num-buffers=1 "
      "pattern=ball ! " BIN_RAW " ! identity name=a "
      "videotestsrc num-buffers=30 pattern=snow ! " BIN_RAW
      " ! identity name=b " "videotestsrc is-live=true ! " BIN_RAW
      " ! pngenc ! identity name=c");

  link_feed (run, "a", "image_0");
  link_feed (run, "b", "video_0");
  link_feed (run, "c", "image_1");
  run_set_state (run, GST_STATE_PLAYING);
  for (guint i = 0; i < 3; i++)
    bin_wait_reference (run);
  run_wait_task (run, "completed");
  assert_silence (run);
  assert_requests (FOXAPI_SIM_UPLOAD, 3);
}

static const Test tests[] = {
  BIN_CASE ("branches", setup),
  TIMES (test_tee, 6),
  ONCE (test_tee_again),
  TIMES (test_own_source, 4),
  TIMES (test_decoded, 4),
  TIMES (test_three_at_once, 2),
};

CHECK_MAIN (binbranches, tests)
