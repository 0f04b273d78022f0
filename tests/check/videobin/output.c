/* What leaves foxapivideobin: every frame and every sample in its place, from the
 * placeholder through the result to the end.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "recorder.h"

#include <gst/app/app.h>
#include <gst/base/base.h>
#include <string.h>

/* The result is in the video from frame @at on, at the clip's own rate, with the
 * sound beside it; the places of both tracks are the same. On the air the clock does
 * not wait for a process that stood still: a frame that is not decoded in time is
 * replaced by the one before it, and sound by silence. What is there is in its place
 * then, too, and none is there too early. */
static void
assert_result (Recorder * recorder, guint at, gboolean is_live)
{
  gint64 number, shown = 0;

  for (guint i = 0; i < N_FRAMES; i++) {
    gboolean may_lack = is_live && i > 0;

    if (recorder->sinks[0] != NULL) {
      number = recorder_number (&recorder->video, at + i);
      fail_unless (number == i || (may_lack && number == shown),
          "Place %u has the number %" G_GINT64_FORMAT, i, number);
      shown = number;
    }
    if (recorder->sinks[1] != NULL) {
      number = recorder_number (&recorder->audio, at + i);
      fail_unless (number == (gint64) i * SAMPLES_PER_FRAME || (may_lack
              && number == -1), "Place %u has the sample %" G_GINT64_FORMAT, i,
          number);
    }
  }
}

/* Both tracks have so many buffers, and more only if the end came late */
static void
assert_length (Recorder * recorder, guint n, gboolean is_live)
{
  Track *tracks[] = { &recorder->video, &recorder->audio };
  guint longest = MAX (tracks[0]->times->len, tracks[1]->times->len);

  for (guint i = 0; i < G_N_ELEMENTS (tracks); i++) {
    if (recorder->sinks[i] != NULL)
      fail_unless_equals_int (tracks[i]->times->len, is_live ? longest : n);
  }
  fail_unless (longest >= n, "%u instead of %u", longest, n);
}

/* Where the event foxapi-task left: so many frames before it */
static guint
count_before_event (Track * track)
{
  const gchar *at = strchr (track->flow->str, 't');
  guint n = 0;

  fail_unless (at != NULL, "There was no event");
  for (const gchar * p = track->flow->str; p < at; p++)
    n += *p == 'b';
  return n;
}

static GstElement *
make_bin (gboolean is_live, const gchar * placeholder)
{
  GstElement *bin = recorder_bin ("is-live", is_live, "framerate", FPS, 1,
      NULL);

  harness_set (bin, "placeholder", placeholder);
  return bin;
}

/* Live or not, picture, sound or both */
TEST (test_placeholder_then_result)
{
  gboolean is_live = __i__ & 1, video = (__i__ >> 1) != 1;
  gboolean audio = (__i__ >> 1) != 2;
  g_autoptr (Recorder) recorder = recorder_new (make_bin (is_live, "black"),
      video, audio);
  Track *track = video ? &recorder->video : &recorder->audio;
  guint at;

  recorder_keep_to_the_clock (recorder);
  recorder_to_eos (recorder);
  at = recorder_wait_number (track, 0, 0);
  assert_length (recorder, at + N_FRAMES, is_live);
  assert_result (recorder, at, is_live);
  for (guint i = 0; i < at; i++)
    fail_unless_equals_int64 (recorder_number (track, i), -1);
  if (video) {
    recorder_assert_video (recorder, FPS, 1);
    fail_unless_equals_int (count_before_event (&recorder->video), at);
  }
  if (audio)
    recorder_assert_audio (recorder, FPS, 1);
}

/* Results exactly back to back, at other rates and sizes */
static const struct
{
  gint width, height, fps_n, fps_d;
  guint n;                      /* frames of a shot */
} outputs[] = {
  {64, 48, 25, 1, 20}, {63, 47, 30, 1, 24}, {33, 95, 30000, 1001, 24},
  {16, 12, 60, 1, 48}
};

TEST (test_shots_back_to_back)
{
  GstElement *bin = make_bin (FALSE, "none");
  g_autoptr (Recorder) recorder = recorder_new (bin, TRUE, TRUE);
  gint fps_n = outputs[__i__].fps_n, fps_d = outputs[__i__].fps_d;
  guint n = outputs[__i__].n;

  g_object_set (bin, "width", outputs[__i__].width, "height",
      outputs[__i__].height, "framerate", fps_n, fps_d, NULL);
  harness_set_list (bin, "next-prompts", "It looks around", "It trots away",
      NULL);
  recorder_to_eos (recorder);
  assert_requests (FOXAPI_SIM_SUBMIT, 3);
  recorder_assert_both (recorder, fps_n, fps_d);
  fail_unless_equals_int (recorder->video.times->len, 3 * n);
  fail_unless_equals_int (recorder->audio.times->len, 3 * n);
  for (guint at = 0; at < 3 * n; at += n) {
    fail_unless_equals_int64 (recorder_number (&recorder->video, at), 0);
    fail_unless_equals_int64 (recorder_number (&recorder->video, at + n - 1),
        N_FRAMES - 1);
    fail_unless_equals_int64 (recorder_number (&recorder->audio, at), 0);
  }
}

/* What the nth submission has as its only reference image */
static GBytes *
get_reference (guint nth)
{
  g_autoptr (JsonObject) body = harness_submitted (nth);
  JsonArray *urls = json_object_get_array_member (body, "reference_image_urls");

  fail_unless (urls != NULL && json_array_get_length (urls) == 1);
  return foxapi_sim_get_upload (sim, json_array_get_string_element (urls, 0));
}

/* The grey of a picture of the output's size, in the range of video */
static gint
decode_png (GBytes * png)
{
  g_autofree gchar *location = harness_write_file ("upload.png", png);
  g_autofree gchar *line = g_strdup_printf ("filesrc location=%s ! decodebin "
      "! videoconvert ! video/x-raw,format=GRAY8,width=64,height=48 ! "
      "appsink name=sink", location);
  g_autoptr (GstElement) pipeline = gst_parse_launch (line, NULL);
  g_autoptr (GstElement) sink = gst_bin_get_by_name (GST_BIN (pipeline),
      "sink");
  g_autoptr (GstSample) sample = NULL;
  guint8 luma;

  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  sample = gst_app_sink_pull_sample (GST_APP_SINK (sink));
  gst_element_set_state (pipeline, GST_STATE_NULL);
  fail_unless (sample != NULL, "The upload is no picture of this size");
  gst_buffer_extract (gst_sample_get_buffer (sample), 0, &luma, 1);
  return 16 + luma * 219 / 255;
}

/* The frame with which a shot has ended is the first reference of the next, also
 * where a repetition is on the air meanwhile. */
TEST (test_shot_continuity)
{
  GstElement *bin = make_bin (FALSE, "none");
  g_autoptr (Recorder) recorder = recorder_new (bin, TRUE, TRUE);
  g_autoptr (GBytes) png = NULL;

  harness_set (bin, "end", __i__ == 0 ? "eos" : "repeat");
  harness_set_list (bin, "next-prompts", "It looks around", NULL);
  if (__i__ == 0) {
    recorder_to_eos (recorder);
  } else {
    recorder_play (recorder);
    harness_wait_requests (FOXAPI_SIM_SUBMIT, 2);
  }
  assert_requests (FOXAPI_SIM_UPLOAD, 1);
  png = get_reference (2);
  fail_unless (ABS (decode_png (png) - clip_get_luma (N_FRAMES - 1)) <= 2,
      "The reference has the grey %d", decode_png (png));
}

/* What follows the end, for twice the result's length, or where it is live and
 * frames may come late, behind the last frame */
TEST (test_hold_and_repeat)
{
  gboolean is_live = __i__ & 1, repeats = __i__ >> 1;
  GstElement *bin = make_bin (is_live, "black");
  g_autoptr (Recorder) recorder = recorder_new (bin, TRUE, TRUE);
  guint at, held_from = N_FRAMES, n = 2 * N_FRAMES;

  harness_set (bin, "end", repeats ? "repeat" : "hold");
  recorder_keep_to_the_clock (recorder);
  recorder_play (recorder);
  at = recorder_wait_number (&recorder->video, 0, 0);
  if (is_live && !repeats) {
    guint last = recorder_wait_number (&recorder->video, N_FRAMES - 1, at);

    held_from = MAX (held_from, last - at);
    n = held_from + N_FRAMES;
  }
  recorder_wait_both (recorder, at + n);
  gst_element_set_state (recorder->pipeline, GST_STATE_READY);
  assert_result (recorder, at, is_live);
  recorder_assert_both (recorder, FPS, 1);
  for (guint i = held_from; i < n && !(is_live && repeats); i++) {
    fail_unless_equals_int64 (recorder_number (&recorder->video, at + i),
        repeats ? i % N_FRAMES : N_FRAMES - 1);
    fail_unless_equals_int64 (recorder_number (&recorder->audio, at + i),
        repeats ? (gint64) i % N_FRAMES * SAMPLES_PER_FRAME : -1);
  }
  assert_requests (FOXAPI_SIM_SUBMIT, 1);
  fail_unless_equals_int (count_before_event (&recorder->video), at);
}

/* Repeats while the next shot is generated, as often as that takes */
TEST (test_repeats_until_the_next_shot)
{
  GstElement *bin = make_bin (FALSE, "none");
  g_autoptr (Recorder) recorder = recorder_new (bin, TRUE, TRUE);
  guint n;

  harness_hold (FOXAPI_SIM_SUBMIT, 2);
  harness_set (bin, "end", "repeat");
  harness_set_list (bin, "next-prompts", "It looks around", NULL);
  recorder_play (recorder);
  harness_wait_requests (FOXAPI_SIM_SUBMIT, 2);
  n = recorder_wait (&recorder->video, 0);
  n = recorder_wait (&recorder->video, n + 4 * N_FRAMES);
  foxapi_sim_release (sim);
  recorder_wait (&recorder->video, n + 4 * N_FRAMES);
  gst_element_set_state (recorder->pipeline, GST_STATE_READY);
  for (guint i = 0; i < recorder->video.numbers->len; i++)
    fail_unless_equals_int64 (recorder_number (&recorder->video, i),
        i % N_FRAMES);
}

/* Nothing to show: a pause, a stop and EOS have to get through all the same. */
TEST (test_waiting_can_be_left)
{
  g_autoptr (Recorder) recorder = recorder_new (make_bin (__i__ & 1, "none"),
      TRUE, TRUE);

  harness_hold (FOXAPI_SIM_SUBMIT, 1);
  recorder_play (recorder);
  harness_wait_requests (FOXAPI_SIM_SUBMIT, 1);
  if (__i__ & 2) {
    gst_element_set_state (recorder->pipeline, GST_STATE_PAUSED);
    foxapi_sim_release (sim);
    recorder_to_eos (recorder);
    assert_length (recorder, N_FRAMES, __i__ & 1);
    assert_result (recorder, 0, __i__ & 1);
  } else {
    fail_unless (gst_element_send_event (recorder->pipeline,
            gst_event_new_eos ()));
    recorder_to_eos (recorder);
    fail_unless_equals_int (recorder->video.times->len, 0);
    foxapi_sim_release (sim);
  }
  assert_requests (FOXAPI_SIM_SUBMIT, 1);
}

/* Time stands still in a pause. */
TEST (test_pause_and_go_on)
{
  g_autoptr (Recorder) recorder = recorder_new (make_bin (TRUE, "black"), TRUE,
      TRUE);
  guint at;

  harness_hold (FOXAPI_SIM_SUBMIT, 1);
  recorder_play (recorder);
  recorder_wait (&recorder->video, 5);
  gst_element_set_state (recorder->pipeline, GST_STATE_PAUSED);
  foxapi_sim_release (sim);
  recorder_play (recorder);
  at = recorder_wait_number (&recorder->video, 5, 0);
  gst_element_set_state (recorder->pipeline, GST_STATE_PAUSED);
  recorder_to_eos (recorder);
  assert_length (recorder, at - 5 + N_FRAMES, TRUE);
  assert_result (recorder, at - 5, TRUE);
  recorder_assert_both (recorder, FPS, 1);
}

static GstPadProbeReturn
on_blocked (GstPad * pad, GstPadProbeInfo * info, gpointer data)
{
  g_async_queue_push (data, pad);
  return GST_PAD_PROBE_OK;
}

/* The base class throws a buffer away when it is paused meanwhile, and asks for
 * another one: no frame may be missing then. */
TEST (test_thrown_away)
{
  static const gchar *const names[] = { "videooutput", "audiooutput" };
  g_autoptr (Recorder) recorder = recorder_new (make_bin (TRUE, "black"), TRUE,
      TRUE);
  g_autoptr (GstElement) output = gst_bin_get_by_name (GST_BIN (recorder->bin),
      names[__i__]);
  g_autoptr (GstPad) pad = gst_element_get_static_pad (output, "src");
  g_autoptr (GstBuffer) buffer = NULL;
  g_autoptr (GAsyncQueue) blocked = g_async_queue_new ();
  gulong probe;

  harness_hold (FOXAPI_SIM_SUBMIT, 1);
  recorder_play (recorder);
  recorder_wait_both (recorder, 3);
  probe = gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BLOCK
      | GST_PAD_PROBE_TYPE_BUFFER, on_blocked, blocked, NULL);
  g_async_queue_pop (blocked);
  fail_unless_equals_int (GST_BASE_SRC_GET_CLASS (output)->create (GST_BASE_SRC
          (output), GST_BUFFER_OFFSET_NONE, 0, &buffer), GST_FLOW_OK);
  gst_pad_remove_probe (pad, probe);
  recorder_wait_both (recorder, 10);
  gst_element_set_state (recorder->pipeline, GST_STATE_READY);
  recorder_assert_both (recorder, FPS, 1);
}

/* What is late is not made up for */
TEST (test_added_to_what_runs)
{
  g_autoptr (GstElement) pipeline = gst_parse_launch
      ("videotestsrc is-live=true ! fakesink", NULL);
  GstElement *bin = make_bin (TRUE, "black");
  g_autoptr (Recorder) recorder = recorder_new (gst_object_ref_sink (bin), TRUE,
      TRUE);
  GstClockTime now;

  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  gst_element_get_state (pipeline, NULL, NULL, GST_CLOCK_TIME_NONE);
  gst_element_set_locked_state (recorder->pipeline, TRUE);
  gst_bin_add (GST_BIN (pipeline), gst_object_ref (recorder->pipeline));
  now = gst_element_get_current_running_time (pipeline);
  gst_element_set_locked_state (recorder->pipeline, FALSE);
  fail_unless (gst_element_sync_state_with_parent (recorder->pipeline));
  recorder_wait_both (recorder, 3);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  recorder_assert_both (recorder, FPS, 1);
  fail_unless (recorder_time (&recorder->video, 0) >= now);
  fail_unless_equals_uint64 (recorder_time (&recorder->video, 0),
      recorder_time (&recorder->audio, 0));
  gst_object_unref (bin);
}

/* Asked for before the first result, while one runs, while it is held */
TEST (test_next)
{
  GstElement *bin = make_bin (FALSE, "none");
  g_autoptr (Recorder) recorder = recorder_new (bin, TRUE, TRUE);

  fail_if (harness_act (bin, "next"), "It does not run");
  harness_set (bin, "end", __i__ == 2 ? "hold" : "eos");
  recorder_play (recorder);
  if (__i__ == 2)
    recorder_wait (&recorder->video, N_FRAMES + 10);
  fail_unless (harness_act (bin, "next"));
  if (__i__ == 1) {
    recorder_wait (&recorder->video, N_FRAMES + 1);
    harness_act (bin, "next");
  }
  if (__i__ == 2) {
    guint at = recorder_wait_number (&recorder->video, 0, N_FRAMES);

    recorder_wait_both (recorder, at + N_FRAMES);
    gst_element_set_state (recorder->pipeline, GST_STATE_READY);
    assert_result (recorder, at, FALSE);
    assert_requests (FOXAPI_SIM_SUBMIT, 2);
  } else {
    recorder_to_eos (recorder);
    fail_unless_equals_int (recorder->video.times->len % N_FRAMES, 0);
    assert_requests (FOXAPI_SIM_SUBMIT, recorder->video.times->len / N_FRAMES);
    fail_if (harness_act (bin, "next"), "It has ended");
  }
  recorder_assert_both (recorder, FPS, 1);
}

/* A grey that no other placeholder has */
#define PICTURE_NUMBER 40

static gchar *
make_picture (void)
{
  gchar *location = g_build_filename (store, "picture.png", NULL);
  g_autofree gchar *line = g_strdup_printf ("videotestsrc num-buffers=1 "
      "pattern=solid-color foreground-color=0xffbfbfbf ! video/x-raw,"
      "format=RGB,width=64,height=48 ! pngenc ! filesink location=%s",
      location);
  g_autoptr (GstElement) pipeline = gst_parse_launch (line, NULL);

  harness_play (pipeline);
  return location;
}

/* As cameras and the service make it */
TEST (test_encoded_video_as_placeholder)
{
  GstElement *bin = make_bin (FALSE, "image");
  g_autoptr (Recorder) recorder = recorder_new (bin, TRUE, FALSE);
  g_autofree gchar *path = g_build_filename (store, "video.mp4", NULL);
  g_autofree gchar *line = g_strdup_printf ("videotestsrc num-buffers=5 ! "
      "video/x-raw,width=64,height=48 ! x264enc ! mp4mux name=m ! filesink "
      "location=%s audiotestsrc num-buffers=5 ! avenc_aac ! m.", path);
  g_autoptr (GstElement) encoding = gst_parse_launch (line, NULL);
  g_autoptr (GstMessage) message = NULL;

  harness_play (encoding);
  harness_hold (FOXAPI_SIM_SUBMIT, 1);
  g_object_set (bin, "placeholder-location", path, "reference-image",
      "https://a.example/1", NULL);
  recorder_play (recorder);
  recorder_wait (&recorder->video, 10);
  gst_element_set_state (recorder->pipeline, GST_STATE_READY);
  message = gst_bus_pop_filtered (recorder->bus, GST_MESSAGE_WARNING
      | GST_MESSAGE_ERROR);
  fail_unless (message == NULL);
}

/* The same from the first frame on: an image's path, a video's, a reference's URI */
TEST (test_picture_as_placeholder)
{
  GstElement *bin = make_bin (FALSE, __i__ == 2 ? "reference" : "image");
  g_autoptr (Recorder) recorder = recorder_new (bin, TRUE, FALSE);
  g_autofree gchar *picture = make_picture ();
  g_autofree gchar *uri = gst_filename_to_uri (picture, NULL);
  g_autofree gchar *video = harness_write_file ("video.mov", payload);

  harness_hold (FOXAPI_SIM_SUBMIT, 1);
  if (__i__ == 2)
    harness_set_list (bin, "reference-image-urls", uri, NULL);
  else
    g_object_set (bin, "placeholder-location", __i__ == 0 ? picture : video,
        NULL);
  recorder_keep_to_the_clock (recorder);
  recorder_play (recorder);
  recorder_wait (&recorder->video, 10);
  gst_element_set_state (recorder->pipeline, GST_STATE_READY);
  for (guint i = 0; i < recorder->video.numbers->len; i++)
    fail_unless_equals_int64 (recorder_number (&recorder->video, i),
        __i__ == 1 ? 0 : PICTURE_NUMBER);
  recorder_assert_video (recorder, FPS, 1);
}

/* How many bytes of the last frame are bright */
static guint
count_bright (Recorder * recorder)
{
  g_autoptr (GstBuffer) last = NULL;
  GstMapInfo map;
  guint n = 0;

  g_mutex_lock (&recorder->video.lock);
  if (recorder->video.last != NULL)
    last = gst_buffer_ref (recorder->video.last);
  g_mutex_unlock (&recorder->video.lock);
  if (last == NULL)
    return 0;
  fail_unless (gst_buffer_map (last, &map, GST_MAP_READ));
  for (gsize i = 0; i < map.size * 2 / 3; i++)
    n += map.data[i] > 200;
  gst_buffer_unmap (last, &map);
  return n;
}

/* Until it is another number, which it has to be within some seconds' frames */
static guint
wait_for_other_text (Recorder * recorder, guint bright)
{
  for (guint n = 1; count_bright (recorder) == bright; n++) {
    fail_unless (n < 10 * FPS, "What is drawn does not change");
    recorder_wait (&recorder->video, recorder_wait (&recorder->video, 0) + 1);
  }
  return count_bright (recorder);
}

TEST (test_progress_is_drawn)
{
  FoxapiSimOptions options = harness_options ();
  GstElement *bin;
  g_autoptr (Recorder) recorder = NULL;
  guint bright;

  g_clear_pointer (&sim, foxapi_sim_free);
  options.manual = TRUE;
  options.estimated_time = -1;
  sim = foxapi_sim_new (&options, NULL);
  fail_unless (sim != NULL);
  bin = make_bin (FALSE, "black");
  g_object_set (bin, "show-progress", TRUE, "width", 320, "height", 240, NULL);
  recorder = recorder_new (bin, TRUE, FALSE);
  recorder_keep_to_the_clock (recorder);
  recorder_play (recorder);
  harness_wait_requests (FOXAPI_SIM_ASK, 1);
  bright = wait_for_other_text (recorder, 0);
  foxapi_sim_set_task (sim, NULL, "running", 88);
  wait_for_other_text (recorder, bright);
}

/* Into a file through muxers that are linked to both pads directly */
static guint
count_frames (const gchar * location)
{
  g_autofree gchar *line = g_strdup_printf ("filesrc location=%s ! decodebin "
      "name=d d. ! video/x-raw ! fakesink name=sink sync=false d. ! "
      "audio/x-raw ! fakesink sync=false", location);
  g_autoptr (GstElement) pipeline = gst_parse_launch (line, NULL);
  guint n;

  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  harness_wait (pipeline, GST_MESSAGE_EOS);
  n = harness_count_rendered (pipeline, "sink");
  gst_element_set_state (pipeline, GST_STATE_NULL);
  return n;
}

/* (transfer full): a bin `f` that is not live, with the properties and the
 * elements that follow in @line */
static GstElement *
launch (const gchar * line)
{
  g_autofree gchar *all = g_strdup_printf ("foxapivideobin name=f prompt=Fox "
      "is-live=false placeholder=none poll-interval=20 base-url=%s api-key=%s "
      "task-store=%s %s", foxapi_sim_get_base_url (sim),
      foxapi_sim_get_api_key (sim), store, line);
  g_autoptr (GError) error = NULL;
  GstElement *pipeline = gst_parse_launch (all, &error);

  fail_unless (error == NULL, "%s", error ? error->message : "");
  return pipeline;
}

/* Of which none, and none of its streams, waits for another for ever */
static const gchar *const chains[] = {
  "f.video ! queue max-size-bytes=0 ! mux. f.audio ! mux. avimux name=mux",
  "f.video ! mux. f.audio ! mux. matroskamux name=mux",
  "f.video ! queue ! x264enc speed-preset=ultrafast rc-lookahead=40 ! "
      "queue ! mux. f.audio ! queue ! audioconvert ! avenc_aac ! mux. "
      "mp4mux name=mux"
};

TEST (test_into_a_file)
{
  g_autofree gchar *location = g_build_filename (store, "out", NULL);
  g_autofree gchar *line = g_strdup_printf ("width=64 height=48 "
      "framerate=30000/1001 next-prompts=<Two> %s ! filesink location=%s",
      chains[__i__], location);
  g_autoptr (GstElement) pipeline = launch (line);

  harness_play (pipeline);
  fail_unless_equals_int (count_frames (location), 48);
}

/* What downstream wants, where the properties leave it open */
static const struct
{
  const gchar *properties;
  const gchar *video_filter;
  const gchar *audio_filter;
  const gchar *video;
  const gchar *audio;
  guint bytes;                  /* of sound; 0: not as many as it gives */
} filters[] = {
  {"", "identity", "identity", "width=1280,height=720,framerate=30/1",
      "format=S16LE,rate=48000,channels=2", 4 * 48000 * N_FRAMES / FPS},
  {"", "video/x-raw,width=640,height=480,framerate=24/1",
        "audio/x-raw,rate=44100,channels=1,format=F32LE",
        "width=640,height=480,framerate=24/1",
      "format=F32LE,rate=44100,channels=1", 4 * 44100 * N_FRAMES / 24},
  {"", "video/x-raw,width=640", "audio/x-raw,rate=[8000,44100]",
        "width=640,height=360,framerate=30/1",
      "format=S16LE,rate=44100,channels=2", 4 * 44100 * N_FRAMES / FPS},
  {"", "video/x-raw,height=360", "audiomixer ! audio/x-raw,rate=32000",
        "width=640,height=360,framerate=30/1",
      "format=S16LE,rate=32000,channels=2", 0},
  {"width=320 height=200 framerate=25/1", "video/x-raw,width=[1,1000]",
        "audio/x-raw,channels=1", "width=320,height=200,framerate=25/1",
      "format=S16LE,rate=48000,channels=1", 2 * 48000 * N_FRAMES / FPS},
  {"", "identity", "audioconvert ! audio/x-raw,channels=(int){1,2}",
      "width=1280", "channels=2", 0},
  {"width=640", "identity", "identity", "width=640,height=360", "rate=48000",
      0},
  {"height=360", "identity", "identity", "width=640,height=360", "rate=48000",
      0},
  {"aspect-ratio=9:16", "video/x-raw,width=[1,1000],height=[1,320]",
      "identity", "width=180,height=320", "rate=48000", 0},
};

static GstPadProbeReturn
on_sound (GstPad * pad, GstPadProbeInfo * info, gpointer data)
{
  guint *bytes = data;

  *bytes += gst_buffer_get_size (GST_PAD_PROBE_INFO_BUFFER (info));
  return GST_PAD_PROBE_OK;
}

TEST (test_downstream_decides)
{
  g_autofree gchar *line = g_strdup_printf ("resolution=720p %s f.video ! %s ! "
      "fakesink name=video f.audio ! %s ! fakesink name=audio",
      filters[__i__].properties, filters[__i__].video_filter,
      filters[__i__].audio_filter);
  g_autoptr (GstElement) pipeline = launch (line);
  g_autofree gchar *video =
      g_strconcat ("video/x-raw,", filters[__i__].video, NULL);
  g_autofree gchar *audio =
      g_strconcat ("audio/x-raw,", filters[__i__].audio, NULL);
  g_autoptr (GstElement) sink = gst_bin_get_by_name (GST_BIN (pipeline),
      "audio");
  g_autoptr (GstPad) pad = gst_element_get_static_pad (sink, "sink");
  guint bytes = 0;

  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, on_sound, &bytes, NULL);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  harness_wait (pipeline, GST_MESSAGE_EOS);
  assert_caps (pipeline, "video", video);
  assert_caps (pipeline, "audio", audio);
  if (filters[__i__].bytes > 0)
    fail_unless_equals_int (bytes, filters[__i__].bytes);
  gst_element_set_state (pipeline, GST_STATE_NULL);
}

/* Answers whoever asks for the caps, without a look at what is asked for. */
static gboolean
answer_query (GstPad * pad, GstObject * parent, GstQuery * query)
{
  g_autoptr (GstCaps) answer = gst_caps_from_string (g_object_get_data
      (G_OBJECT (pad), "answer"));
  GstCaps *caps;

  switch (GST_QUERY_TYPE (query)) {
    case GST_QUERY_CAPS:
      gst_query_set_caps_result (query, answer);
      return TRUE;
    case GST_QUERY_ACCEPT_CAPS:
      gst_query_parse_accept_caps (query, &caps);
      gst_query_set_accept_caps_result (query, gst_caps_can_intersect (caps,
              answer));
      return TRUE;
    default:
      return gst_pad_query_default (pad, parent, query);
  }
}

/* What such an answer leaves open is as it is where nobody answers; one that cannot be
 * ends the start with one ERROR, and costs nothing. */
static const struct
{
  guint stream;
  const gchar *answer;
  gboolean is_possible;
} answers[] = {
  {0, "ANY", TRUE}, {0, "video/x-raw", TRUE},
  {0, "video/x-raw, width=64; image/jpeg", TRUE},
  {0, "EMPTY", FALSE}, {0, "image/jpeg", FALSE},
  {0, "video/x-raw, format=RGB", FALSE},
  {0, "video/x-raw, width=100000, height=0", FALSE},
  {1, "audio/x-raw", TRUE}, {1, "audio/x-raw, channels=6", FALSE},
  {1, "audio/x-raw, format=U8, rate=1", FALSE},
};

TEST (test_careless_downstream)
{
  GstElement *bin = make_bin (FALSE, "none");
  g_autoptr (Recorder) recorder = recorder_new (bin, TRUE, TRUE);
  g_autoptr (GstPad) pad = gst_element_get_static_pad
      (recorder->sinks[answers[__i__].stream], "sink");
  g_autoptr (GstMessage) message = NULL;
  g_autoptr (GError) error = NULL;

  g_object_set (bin, "width", 0, "height", 0, NULL);
  g_object_set_data (G_OBJECT (pad), "answer",
      (gpointer) answers[__i__].answer);
  gst_pad_set_query_function (pad, answer_query);
  if (answers[__i__].is_possible) {
    recorder_to_eos (recorder);
    return;
  }
  fail_unless_equals_int (gst_element_set_state (recorder->pipeline,
          GST_STATE_PLAYING), GST_STATE_CHANGE_FAILURE);
  message = recorder_wait_message (recorder, GST_MESSAGE_ERROR);
  gst_message_parse_error (message, &error, NULL);
  fail_unless (g_error_matches (error, GST_CORE_ERROR,
          GST_CORE_ERROR_NEGOTIATION), "%s", error->message);
  assert_requests (FOXAPI_SIM_SUBMIT, 0);
  gst_element_set_state (recorder->pipeline, GST_STATE_READY);
  fail_if (gst_bus_pop_filtered (recorder->bus, GST_MESSAGE_ERROR) != NULL);
}

static const Test tests[] = {
  CASE ("general", recorder_setup, harness_teardown),
  TIMES (test_placeholder_then_result, 6),
  ROWS (test_shots_back_to_back, outputs),
  TIMES (test_shot_continuity, 2),
  TIMES (test_hold_and_repeat, 4),
  ONCE (test_repeats_until_the_next_shot),
  TIMES (test_waiting_can_be_left, 4),
  ONCE (test_pause_and_go_on),
  TIMES (test_thrown_away, 2),
  ONCE (test_added_to_what_runs),
  ONCE (test_encoded_video_as_placeholder),
  TIMES (test_picture_as_placeholder, 3),
  ONCE (test_progress_is_drawn),
  TIMES (test_next, 3),
  ROWS (test_into_a_file, chains),
  ROWS (test_careless_downstream, answers),
  ROWS (test_downstream_decides, filters),
};

CHECK_MAIN (output, tests)
