/* Players: what opens, loops, seeks and replays a URI pays once
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "foxapiharness.h"

#define URI "foxapi://generate/wan-2.7-reference-to-video?prompt=A+player" \
    "&duration=2&resolution=720p"

/* Players make the source themselves: its interval is set on the way. */
static void
on_source (GstElement * player, GstElement * source, gpointer user_data)
{
  g_object_set (source, "poll-interval", 20, NULL);
}

/* The sinks keep to the clock, as real ones do. */
static GstElement *
new_player (const gchar * factory)
{
  GstElement *player = gst_element_factory_make (factory, NULL);

  g_object_set (player, "uri", URI,
      "video-sink", gst_element_factory_make ("fakevideosink", NULL),
      "audio-sink", gst_element_factory_make ("fakeaudiosink", NULL), NULL);
  g_signal_connect (player, "source-setup", G_CALLBACK (on_source), NULL);
  return player;
}

static void
play_to_end (GstElement * player)
{
  gst_element_set_state (player, GST_STATE_PLAYING);
  harness_wait (player, GST_MESSAGE_EOS);
}

static void
drop (GstElement * pipeline)
{
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_object_unref (pipeline);
}

static gchar *
run_program (const gchar * const *argv)
{
  g_autoptr (GError) error = NULL;
  gchar *out = NULL;
  gint status;

  fail_unless (g_spawn_sync (NULL, (gchar **) argv, NULL, G_SPAWN_SEARCH_PATH,
          NULL, NULL, &out, NULL, &status, &error), "%s",
      error ? error->message : "");
  fail_unless (g_spawn_check_wait_status (status, &error), "%s: %s", argv[0],
      error ? error->message : "");
  return out;
}

/* With playbin: playbin3 of GStreamer 1.22 crashes now and then when its state
 * goes down, whatever its source is. */
TEST (test_play_and_seek)
{
  GstElement *player = new_player ("playbin");

  gst_element_set_state (player, GST_STATE_PAUSED);
  harness_wait (player, GST_MESSAGE_ASYNC_DONE);
  fail_unless (gst_element_seek_simple (player, GST_FORMAT_TIME,
          GST_SEEK_FLAG_FLUSH | GST_SEEK_FLAG_ACCURATE, GST_SECOND));
  harness_wait (player, GST_MESSAGE_ASYNC_DONE);
  play_to_end (player);

  /* Back to the beginning, and once more */
  fail_unless (gst_element_seek_simple (player, GST_FORMAT_TIME,
          GST_SEEK_FLAG_FLUSH, 0));
  harness_wait (player, GST_MESSAGE_EOS);
  assert_requests (FOXAPI_SIM_SUBMIT, 1);
  drop (player);
}

TEST (test_replay)
{
  GstElement *player = new_player ("playbin");

  gst_element_set_state (player, GST_STATE_PAUSED);
  harness_wait (player, GST_MESSAGE_ASYNC_DONE);
  gst_element_set_state (player, GST_STATE_READY);
  gst_element_set_state (player, GST_STATE_PAUSED);
  harness_wait (player, GST_MESSAGE_ASYNC_DONE);
  gst_element_set_state (player, GST_STATE_NULL);
  play_to_end (player);
  assert_requests (FOXAPI_SIM_SUBMIT, 1);
  drop (player);
}

#define N_LOOPS 3

static GstElement *
new_line (void)
{
  GstElement *pipeline = gst_pipeline_new (NULL);
  GstElement *source = gst_element_make_from_uri (GST_URI_SRC, URI, NULL, NULL);
  GstElement *sink = gst_element_factory_make ("fakesink", NULL);

  on_source (pipeline, source, NULL);
  gst_bin_add_many (GST_BIN (pipeline), source, sink, NULL);
  fail_unless (gst_element_link (source, sink));
  return pipeline;
}

/* A gapless loop, as the players see it: the next source is made when the one
 * before has said all, and is still there. (Not with players: in such a loop
 * playbin of GStreamer 1.22 may lock up between its own threads, and playbin3
 * crashes in a probe of its own, 1 of 14 times on a loaded machine.) */
TEST (test_loop)
{
  GstElement *lines[N_LOOPS];

  for (guint i = 0; i < N_LOOPS; i++) {
    lines[i] = new_line ();
    play_to_end (lines[i]);
  }
  assert_requests (FOXAPI_SIM_SUBMIT, 1);
  for (guint i = 0; i < N_LOOPS; i++)
    drop (lines[i]);
}

TEST (test_discover_then_play)
{
  static const gchar *const argv[] = { "gst-discoverer-1.0", URI, NULL };
  g_autofree gchar *out = run_program (argv);
  GstElement *player = new_player ("playbin");

  fail_unless (strstr (out, "Width: 1280") != NULL, "%s", out);
  play_to_end (player);
  assert_requests (FOXAPI_SIM_SUBMIT, 1);
  drop (player);
}

TEST (test_gst_play)
{
  static const gchar *const argv[] = { "gst-play-1.0", "--no-interactive",
    "--videosink=fakevideosink", "--audiosink=fakesink", URI, NULL
  };

  g_free (run_program (argv));
  assert_requests (FOXAPI_SIM_SUBMIT, 1);
}

static void
link_to_sink (GstElement * source, GstPad * pad, gpointer user_data)
{
  GstElement *sink = gst_element_factory_make ("fakesink", NULL);
  g_autoptr (GstPad) sink_pad = gst_element_get_static_pad (sink, "sink");

  gst_bin_add (user_data, sink);
  gst_element_sync_state_with_parent (sink);
  fail_unless (gst_pad_link (pad, sink_pad) == GST_PAD_LINK_OK);
}

TEST (test_uri_source)
{
  static const gchar *const factories[] = { "uridecodebin", "uridecodebin3" };
  GstElement *pipeline = gst_pipeline_new (NULL);
  GstElement *source = gst_element_factory_make (factories[__i__], NULL);

  g_object_set (source, "uri", URI, NULL);
  g_signal_connect (source, "source-setup", G_CALLBACK (on_source), NULL);
  g_signal_connect (source, "pad-added", G_CALLBACK (link_to_sink), pipeline);
  gst_bin_add (GST_BIN (pipeline), source);
  play_to_end (pipeline);
  assert_requests (FOXAPI_SIM_SUBMIT, 1);
  drop (pipeline);
}

static const Test tests[] = {
  CASE ("players", harness_setup_player, harness_teardown),
  ONCE (test_play_and_seek),
  ONCE (test_replay),
  ONCE (test_loop),
  ONCE (test_discover_then_play),
  ONCE (test_gst_play),
  TIMES (test_uri_source, 2),
};

CHECK_MAIN (players, tests)
