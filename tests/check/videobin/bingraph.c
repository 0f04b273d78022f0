/* What the graph around a bin sees of it: one preroll, one group of streams, no
 * seeks, and an end whenever it wants one.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "binharness.h"

#include <gst/app/app.h>

static guint
count_from (Run * run, gpointer source, GstMessageType type)
{
  guint n = 0;

  for (guint i = 0; i < run->messages->len; i++) {
    GstMessage *message = g_ptr_array_index (run->messages, i);

    n += GST_MESSAGE_TYPE (message) == type
        && GST_MESSAGE_SRC (message) == GST_OBJECT (source);
  }
  return n;
}

/* A result that is there at once is made ready while the graph goes to PLAYING,
 * which is none of the graph's business. */
TEST (test_one_preroll)
{
  g_autofree gchar *id = foxapi_sim_add_task (sim, "completed");
  g_autoptr (Run) run = bin_run_new (bin_new ("task-id", id, NULL));

  run_play (run);
  fail_unless_equals_int (count_from (run, run->pipeline,
          GST_MESSAGE_ASYNC_DONE), 1);
  fail_unless_equals_int (count_from (run, run->source,
          GST_MESSAGE_ASYNC_DONE), 0);
}

/* Without width and height the output has the size of the result. */
static const struct
{
  const gchar *resolution;
  const gchar *aspect_ratio;
  gint width;
  gint height;
} sizes[] = {
  {"720p", "9:16", 720, 1280}, {"1080p", "4:3", 1632, 1248},
  {"480p", "16:9", 852, 480}, {"480p", "9:16", 480, 852},
  {"540p", "1:1", 540, 540}, {"4k", "16:9", 3840, 2160},
  {"720p", "21:9", 1680, 720}, {"720p", "720x1280", 720, 1280},
  {"720p", "adaptive", 1280, 720},
};

TEST (test_size)
{
  GstElement *bin = bin_new ("width", 0, "height", 0, "model", "test-model",
      NULL);
  g_autoptr (Run) run = bin_run_new (bin);
  g_autoptr (GstPad) pad = gst_element_get_static_pad (bin, "video");
  g_autoptr (GstCaps) caps = NULL;
  gint width, height;

  harness_set (bin, "resolution", sizes[__i__].resolution);
  harness_set (bin, "aspect-ratio", sizes[__i__].aspect_ratio);
  run_set_state (run, GST_STATE_PLAYING);
  bin_wait_buffers (run, 1);
  caps = gst_pad_get_current_caps (pad);
  fail_unless (gst_structure_get (gst_caps_get_structure (caps, 0), "width",
          G_TYPE_INT, &width, "height", G_TYPE_INT, &height, NULL));
  run_stop (run);
  fail_unless_equals_int (width, sizes[__i__].width);
  fail_unless_equals_int (height, sizes[__i__].height);
}

static guint
get_group (GstElement * sink)
{
  g_autoptr (GstPad) pad = gst_element_get_static_pad (sink, "sink");
  g_autoptr (GstEvent) event = gst_pad_get_sticky_event (pad,
      GST_EVENT_STREAM_START, 0);
  guint group_id = GST_GROUP_ID_INVALID;

  fail_unless (event != NULL && gst_event_parse_group_id (event, &group_id));
  return group_id;
}

/* As in a player, whose streams wait for each other's ends */
TEST (test_one_group)
{
  g_autoptr (Run) run = bin_run_new (bin_new ("end", 1, NULL));
  GstElement *sound = gst_element_factory_make ("appsink", NULL);
  g_autoptr (GstSample) sample = NULL;
  guint group_id;

  gst_bin_add (GST_BIN (run->pipeline), sound);
  g_object_set (sound, "drop", TRUE, "max-buffers", 1, NULL);
  fail_unless (gst_element_link_pads (run->source, "audio", sound, "sink"));
  run_set_state (run, GST_STATE_PLAYING);
  bin_wait_buffers (run, 2);
  sample = gst_app_sink_pull_sample (GST_APP_SINK (sound));
  fail_unless (sample != NULL);
  group_id = get_group (sound);
  fail_unless_equals_int (get_group (run->sink), group_id);

  /* Each start is a new group. */
  run_set_state (run, GST_STATE_READY);
  run_set_state (run, GST_STATE_PLAYING);
  bin_wait_buffers (run, bin_count_buffers (run) + 2);
  fail_if (get_group (run->sink) == group_id);
  run_stop (run);
}

/* The bin answers for its output, not for the file behind it. */
TEST (test_no_seek)
{
  g_autoptr (Run) run = bin_run_new (bin_new ("end", 1, NULL));
  g_autoptr (GstQuery) seeking = gst_query_new_seeking (GST_FORMAT_BYTES);
  g_autoptr (GstQuery) uri = gst_query_new_uri ();
  gboolean seekable = FALSE;
  gint64 size;

  run_to_task (run, GST_STATE_PLAYING, "completed");
  bin_wait_buffers (run, bin_count_buffers (run) + 5);
  fail_if (gst_element_seek_simple (run->source, GST_FORMAT_TIME,
          GST_SEEK_FLAG_FLUSH, 0));
  fail_if (gst_element_seek_simple (run->pipeline, GST_FORMAT_TIME,
          GST_SEEK_FLAG_FLUSH, 0));
  if (gst_element_query (run->source, seeking))
    gst_query_parse_seeking (seeking, NULL, &seekable, NULL, NULL);
  fail_if (seekable);
  fail_if (gst_element_query_duration (run->source, GST_FORMAT_BYTES, &size)
      && size >= 0);
  fail_if (gst_element_query (run->source, uri));
  bin_wait_buffers (run, bin_count_buffers (run) + 2);
  run_stop (run);
  fail_if (run_flow_has (run, 'f'), "It has flushed");
}

/* An application that has enough before the result is there, and waits for the
 * progress to end: while it prerolls, or while it plays */
TEST (test_end_before_the_result)
{
  g_autoptr (Run) run = bin_run_new (bin_new ("is-live", FALSE, "placeholder",
          __i__, NULL));
  gboolean is_task_known = FALSE, is_progress_open = FALSE;

  run_set_state (run, __i__ == 0 ? GST_STATE_PAUSED : GST_STATE_PLAYING);
  while (!is_task_known || !is_progress_open) {
    GstMessage *message = run_wait (run,
        GST_MESSAGE_ELEMENT | GST_MESSAGE_PROGRESS);

    if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_PROGRESS)
      is_progress_open = TRUE;
    else if (gst_message_has_name (message, "foxapi-task"))
      is_task_known = TRUE;
  }
  fail_unless (gst_element_send_event (run->pipeline, gst_event_new_eos ()));
  run_wait_progress_type (run, GST_PROGRESS_TYPE_CANCELED);
  run_set_state (run, GST_STATE_PLAYING);
  run_wait (run, GST_MESSAGE_EOS);
  foxapi_sim_set_task (sim, NULL, "completed", 100);
  run_stop (run);
  run_assert_progress (run, "generate", "X$");
}

/* What is behind both outputs breaks: one ERROR, which names the task. */
TEST (test_graph_fails)
{
  g_autoptr (GError) fault = NULL;
  GstElement *bin = bin_new ("is-live", FALSE, "placeholder", 0, "on-error", 1,
      NULL);
  g_autoptr (Run) run = bin_run_new (bin);
  GstElement *sound = gst_element_factory_make ("fakesink", NULL);
  GstElement *broken[] = { gst_element_factory_make ("identity", NULL),
    gst_element_factory_make ("identity", NULL)
  };
  guint n = 0;

  gst_element_unlink (bin, run->sink);
  for (guint i = 0; i < G_N_ELEMENTS (broken); i++) {
    gst_bin_add (GST_BIN (run->pipeline), broken[i]);
    g_object_set (broken[i], "error-after", 3, NULL);
    if (i == 1)
      gst_bin_add (GST_BIN (run->pipeline), sound);
    fail_unless (gst_element_link_pads (bin, i == 0 ? "video" : "audio",
            broken[i], "sink"));
    fail_unless (gst_element_link (broken[i], i == 0 ? run->sink : sound));
  }
  run_set_state (run, GST_STATE_PLAYING);
  while (count_from (run, bin, GST_MESSAGE_ERROR) == 0)
    run_wait (run, GST_MESSAGE_ERROR);
  run_stop (run);
  for (guint i = 0; i < run->messages->len; i++) {
    GstMessage *message = g_ptr_array_index (run->messages, i);
    const GstStructure *details = NULL;

    if (GST_MESSAGE_TYPE (message) != GST_MESSAGE_ERROR
        || GST_MESSAGE_SRC (message) == GST_OBJECT (broken[0])
        || GST_MESSAGE_SRC (message) == GST_OBJECT (broken[1]))
      continue;
    n++;
    fail_unless (GST_MESSAGE_SRC (message) == GST_OBJECT (bin));
    gst_message_parse_error (message, &fault, NULL);
    fail_unless (g_error_matches (fault, GST_STREAM_ERROR,
            GST_STREAM_ERROR_FAILED));
    gst_message_parse_error_details (message, &details);
    assert_task (details, 1);
  }
  fail_unless_equals_int (n, 1);
}

/* A question about memory would wait behind what a branch that prerolls holds. */
TEST (test_forked)
{
  g_autoptr (Run) run = run_new_to (bin_new ("is-live", FALSE, NULL),
      harness_forked_sink ());

  run_set_state (run, GST_STATE_PAUSED);
  run_wait (run, GST_MESSAGE_APPLICATION);
  run_stop (run);
}

TEST (test_unlinked_pad_is_told_of)
{
  g_autoptr (Run) run = bin_run_new (bin_new (NULL, NULL));
  g_autoptr (GError) info = NULL;

  bin_request (run, "image_%u");
  run_set_state (run, GST_STATE_PLAYING);
  gst_message_parse_info (run_wait (run, GST_MESSAGE_INFO), &info, NULL);
  fail_unless (g_error_matches (info, GST_CORE_ERROR, GST_CORE_ERROR_PAD));
  fail_unless (strstr (info->message, "image_0") != NULL);
  bin_wait_buffers (run, 2);
  run_stop (run);
  assert_nothing_sent ();
}

static const Test tests[] = {
  BIN_CASE ("timed", bin_setup),
  ONCE (test_one_preroll),
  ROWS (test_size, sizes),
  ONCE (test_one_group),
  ONCE (test_no_seek),
  ONCE (test_graph_fails),
  ONCE (test_forked),
  ONCE (test_unlinked_pad_is_told_of),
  BIN_CASE ("manual", bin_setup_manual),
  TIMES (test_end_before_the_result, 2),
};

CHECK_MAIN (bingraph, tests)
