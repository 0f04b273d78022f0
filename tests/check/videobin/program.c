/* What is on the air at each frame: real players, no element, no clock, one
 * thread where one will do.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "gstfoxapiplaceholder.h"
#include "gstfoxapiprogram.h"

#include <glib/gstdio.h>
#include <gst/app/app.h>
#include <gst/check/gsttestclock.h>
#include <string.h>

#include "../testcase.h"
#include "clip.h"

#define BPF 4

#define VIDEO_CAPS "video/x-raw, format=I420, width=16, height=12, " \
    "framerate=%d/%d, pixel-aspect-ratio=1/1"
#define AUDIO_CAPS "audio/x-raw, format=S16LE, rate=48000, channels=2, " \
    "channel-mask=(bitmask)3, layout=interleaved"

static gchar *directory;
static gchar *location;
static GstFoxapiProgram *program;
static GPtrArray *players;
static GstFoxapiProgramSettings settings;
static GstElement *source;      /* for whose clock it begins */
static GstClock *test_clock;
static GThreadPool *control;    /* one thread, as the bin's */
static gint n_told[3];          /* atomic: by GstFoxapiProgramEvent */

/* What has been shown is delivered at once. */
static void
deliver (gpointer data, gpointer user_data)
{
  gst_foxapi_program_delivered (data);
}

/* Called with the program's lock */
static void
on_event (GstFoxapiProgramEvent event, GstFoxapiPlayer * player,
    gpointer user_data)
{
  g_atomic_int_inc (&n_told[event]);
  if (event == GST_FOXAPI_PROGRAM_ENDED)
    g_thread_pool_push (control, program, NULL);
}

#define assert_told(event, n) \
  fail_unless_equals_int (g_atomic_int_get (&n_told[event]), n)

static void
write_this_clip (const Clip * clip)
{
  g_autoptr (GBytes) bytes = clip_make (clip);

  fail_unless (g_file_set_contents (location, g_bytes_get_data (bytes, NULL),
          g_bytes_get_size (bytes), NULL));
}

/* Of so many frames, and sound as long as so many */
static void
write_clip (guint n_frames, guint n_heard)
{
  const Clip clip = { n_frames, FPS, 1, n_heard * SAMPLES_PER_FRAME };

  write_this_clip (&clip);
}

static void
free_player (gpointer player)
{
  gst_element_set_state (player, GST_STATE_NULL);
  gst_object_unref (player);
}

static void
setup (void)
{
  directory = g_dir_make_tmp ("foxapi-program-XXXXXX", NULL);
  fail_unless (directory != NULL);
  location = g_build_filename (directory, "clip.mov", NULL);
  write_clip (10, 10);
  settings = (GstFoxapiProgramSettings) {
  .has_placeholder = TRUE,.end = GST_FOXAPI_END_EOS,.fps_n = FPS,.fps_d = 1};
  memset (n_told, 0, sizeof n_told);
  players = g_ptr_array_new_with_free_func (free_player);
  control = g_thread_pool_new (deliver, NULL, 1, TRUE, NULL);
  program = gst_foxapi_program_new (on_event, NULL);
  gst_foxapi_program_set_audio_format (program, CLIP_RATE, BPF);
  test_clock = gst_test_clock_new ();
  source = gst_object_ref_sink (gst_element_factory_make ("identity", NULL));
  gst_element_set_clock (source, test_clock);
}

static void
teardown (void)
{
  gst_foxapi_program_stop (program);
  g_clear_pointer (&players, g_ptr_array_unref);
  gst_task_cleanup_all ();
  g_thread_pool_free (control, FALSE, TRUE);
  g_clear_pointer (&program, gst_foxapi_program_free);
  gst_clear_object (&source);
  gst_clear_object (&test_clock);
  g_unlink (location);
  g_rmdir (directory);
  g_clear_pointer (&location, g_free);
  g_clear_pointer (&directory, g_free);
}

static void
start (void)
{
  gst_foxapi_program_start (program, &settings);
  gst_foxapi_program_set_video_is_linked (program, TRUE);
}

/* Of one result, behind which none is to come */
static void
start_last (void)
{
  start ();
  gst_foxapi_program_set_more_to_come (program, FALSE);
}

static GstFoxapiPlayer *
make_player (void)
{
  g_autofree gchar *text = g_strdup_printf (VIDEO_CAPS, settings.fps_n,
      settings.fps_d);
  g_autoptr (GstCaps) video_caps = gst_caps_from_string (text);
  g_autoptr (GstCaps) audio_caps = gst_caps_from_string (AUDIO_CAPS);
  GstElement *player = gst_foxapi_player_new (location, video_caps, audio_caps);

  g_ptr_array_add (players, gst_object_ref_sink (player));
  return GST_FOXAPI_PLAYER (player);
}

static void
offer_player (GstFoxapiPlayer * player)
{
  gst_foxapi_program_offer (program, player,
      g_list_prepend (NULL,
          gst_event_new_custom (GST_EVENT_CUSTOM_DOWNSTREAM_STICKY,
              gst_structure_new_empty ("test"))), NULL);
  fail_unless (gst_element_set_state (GST_ELEMENT (player), GST_STATE_PLAYING)
      != GST_STATE_CHANGE_FAILURE);
}

static GstFoxapiPlayer *
offer (void)
{
  GstFoxapiPlayer *player = make_player ();

  offer_player (player);
  return player;
}

static void
wait_until_ready (GstFoxapiPlayer * player)
{
  while (!gst_foxapi_player_is_ready (player))
    g_usleep (1000);
}

static GstFlowReturn
begin_stream (GstFoxapiStream stream, guint64 * frame)
{
  return gst_foxapi_program_begin (program, stream, source, frame);
}

static guint64
begin (void)
{
  guint64 frame = 1, sound = 2;

  fail_unless_equals_int (begin_stream (GST_FOXAPI_STREAM_VIDEO, &frame),
      GST_FLOW_OK);
  fail_unless_equals_int (begin_stream (GST_FOXAPI_STREAM_AUDIO, &sound),
      GST_FLOW_OK);
  fail_unless_equals_uint64 (frame, sound);
  return frame;
}

/* The number of the result's frame that is shown, -1 of the placeholder, -2 at
 * the end, -3 where that is waited for. */
static gint
show_with_event (guint64 frame, gboolean * has_event)
{
  g_autoptr (GstBuffer) buffer = NULL;
  g_autoptr (GstStructure) on_air = NULL;
  GList *events = NULL;
  guint8 luma;
  GstFlowReturn flow = gst_foxapi_program_get_frame (program, frame, &buffer,
      &events, &on_air);

  *has_event = events != NULL;
  g_list_free_full (events, (GDestroyNotify) gst_mini_object_unref);
  if (flow == GST_FLOW_EOS)
    return -2;
  if (flow == GST_FLOW_FLUSHING)
    return -3;
  fail_unless_equals_int (flow, GST_FLOW_OK);
  if (buffer == NULL)
    return -1;
  fail_unless_equals_int (gst_buffer_extract (buffer, 0, &luma, 1), 1);
  fail_unless (clip_get_frame (luma) >= 0, "Grey %d is no clip's", luma);
  return clip_get_frame (luma);
}

static gint
show (guint64 frame)
{
  gboolean has_event;

  return show_with_event (frame, &has_event);
}

/* The number of the first sample, whose others have to follow it; -1 of silence */
static gint64
get_first_sample (GstBuffer * buffer)
{
  GstMapInfo map;
  gint64 number;

  fail_unless (gst_buffer_map (buffer, &map, GST_MAP_READ));
  number = clip_get_sample (map.data);
  for (gsize i = 0; i < map.size / BPF; i++)
    fail_unless_equals_int64 (clip_get_sample (map.data + i * BPF),
        number < 0 ? -1 : number + (gint64) i);
  gst_buffer_unmap (buffer, &map);
  return number;
}

/* Likewise of @frame; -2 at the end, -3 where that is waited for */
static gint64
listen (guint64 frame)
{
  g_autoptr (GstBuffer) buffer = NULL;
  GstFlowReturn flow = gst_foxapi_program_get_samples (program, frame,
      settings.is_live, &buffer);

  if (flow == GST_FLOW_EOS)
    return -2;
  if (flow == GST_FLOW_FLUSHING)
    return -3;
  fail_unless_equals_int (flow, GST_FLOW_OK);
  return get_first_sample (buffer);
}

/* Whether there is sound with @frame */
static gboolean
listen_any (guint64 frame)
{
  g_autoptr (GstBuffer) buffer = NULL;
  guint8 sample[BPF];

  fail_unless_equals_int (gst_foxapi_program_get_samples (program, frame,
          settings.is_live, &buffer), GST_FLOW_OK);
  gst_buffer_extract (buffer, 0, sample, BPF);
  return clip_get_sample (sample) >= 0;
}

static gpointer
listen_in_thread (gpointer user_data)
{
  g_autoptr (GstBuffer) buffer = NULL;

  return GINT_TO_POINTER (gst_foxapi_program_get_samples (program, 3, FALSE,
          &buffer));
}

/* This picture and the sound beside it, as of show() and listen() */
static void
assert_frame (guint64 frame, gint shown, gint64 heard)
{
  fail_unless_equals_int (show (frame), shown);
  fail_unless_equals_int64 (listen (frame), heard);
}

/* Frames @start and those behind it are these of the result, with their sound. */
static void
assert_shows (guint64 start, guint from, guint n)
{
  for (guint i = 0; i < n; i++) {
    assert_frame (start + i, from + i, (gint64) (from + i) * SAMPLES_PER_FRAME);
  }
}

TEST (test_switch_is_the_same_for_picture_and_sound)
{
  guint64 frame;
  gboolean has_event = FALSE;
  gint shown;

  start ();
  fail_unless_equals_uint64 (begin (), 0);
  for (frame = 0; frame < 5; frame++) {
    fail_unless_equals_int (show_with_event (frame, &has_event), -1);
    fail_unless_equals_int64 (listen (frame), -1);
    fail_if (has_event);
  }
  wait_until_ready (offer ());
  assert_told (GST_FOXAPI_PROGRAM_ON_AIR, 0);

  /* What was decided ahead stays */
  while ((shown = show_with_event (frame, &has_event)) < 0) {
    fail_unless_equals_int (shown, -1);
    fail_if (has_event);
    fail_unless_equals_int64 (listen (frame++), -1);
    fail_unless (frame < 10);
  }
  assert_told (GST_FOXAPI_PROGRAM_ON_AIR, 1);
  fail_unless (has_event, "The event is not with the first frame");
  fail_unless_equals_int (shown, 0);
  fail_unless_equals_int64 (listen (frame), 0);
  fail_unless_equals_int (show_with_event (frame + 1, &has_event), 1);
  fail_if (has_event);
  fail_unless_equals_int64 (listen (frame + 1), SAMPLES_PER_FRAME);

  gst_foxapi_program_set_more_to_come (program, FALSE);
  assert_shows (frame + 2, 2, 8);
  /* The last one has not been let go yet */
  assert_told (GST_FOXAPI_PROGRAM_ENDED, 0);
  assert_frame (frame + 10, -2, -2);
  assert_told (GST_FOXAPI_PROGRAM_ENDED, 1);
  assert_told (GST_FOXAPI_PROGRAM_GONE, 1);
}

/* Of a result that is decided, and nobody has seen yet, nothing is lost. */
TEST (test_placeholder_ahead_of_a_result)
{
  guint64 frame = 1;

  start ();
  begin ();
  fail_unless_equals_int (show (0), -1);
  wait_until_ready (offer ());
  while (listen (frame) < 0)
    fail_unless_equals_int (show (frame++), -1);
  fail_unless (gst_foxapi_program_show_placeholder (program));
  fail_unless_equals_int (show (frame), 0);
  assert_shows (frame + 1, 1, 9);
}

/* Whatever the end of a clip is, the placeholder takes its place: behind the eight
 * frames that are decoded already. In one thread: whoever waited would wait for ever. */
TEST (test_placeholder_in_a_clip)
{
  guint64 frame = 1;

  write_clip (50, 50);
  settings.end = __i__;
  start_last ();
  wait_until_ready (offer ());
  fail_unless_equals_uint64 (begin (), 0);
  assert_shows (0, 0, 1);
  fail_unless (gst_foxapi_program_show_placeholder (program));
  while (show (frame) == (gint) frame)
    frame++;
  fail_unless (frame <= 1 + 8, "%u frames are shown", (guint) frame);
  for (guint i = 0; i < 5; i++)
    assert_frame (frame + i, -1, -1);
}

/* A muxer without queues takes a picture when it has the sound behind it, and the
 * other way round. In one thread: whoever waited would wait for ever. */
TEST (test_either_stream_may_be_ahead)
{
  const guint ahead[] = { __i__ == 0 ? 1 : 0, __i__ == 0 ? 0 : 1 };
  guint64 video, sound;
  gint shown = 0;
  gint64 heard = 0;

  settings.has_placeholder = FALSE;
  start_last ();
  offer ();
  video = sound = begin ();
  while (shown != -2 || heard != -2) {
    while (shown != -2 && video < sound + 1 + ahead[0]) {
      shown = show (video);
      fail_unless_equals_int (shown, video < 10 ? (gint) video : -2);
      video++;
    }
    while (heard != -2 && sound < video + ahead[1]) {
      heard = listen (sound);
      fail_unless_equals_int64 (heard, sound < 10 ?
          (gint64) sound * SAMPLES_PER_FRAME : -2);
      sound++;
    }
  }
  fail_unless_equals_uint64 (video, 11);
  fail_unless_equals_uint64 (sound, 11);
}

/* Of a result whose sound is longer than its ten pictures, the rest is cut;
 * behind one that is shorter, or has none, there is silence. */
static const struct
{
  guint n_heard;                /* with so many pictures */
  GstFoxapiEnd end;
} sounds[] = {
  {15, GST_FOXAPI_END_HOLD}, {6, GST_FOXAPI_END_EOS}, {0, GST_FOXAPI_END_EOS},
};

TEST (test_sound_of_another_length)
{
  guint n_heard = sounds[__i__].n_heard;

  write_clip (10, n_heard);
  settings.has_placeholder = FALSE;
  settings.end = sounds[__i__].end;
  start_last ();
  offer ();
  fail_unless_equals_uint64 (begin (), 0);
  for (guint frame = 0; frame < 10; frame++)
    assert_frame (frame, frame, frame < n_heard ?
        (gint64) frame * SAMPLES_PER_FRAME : -1);
  if (settings.end == GST_FOXAPI_END_EOS)
    assert_frame (10, -2, -2);
  for (guint frame = 10; frame < n_heard; frame++)
    assert_frame (frame, 9, -1);
  assert_told (GST_FOXAPI_PROGRAM_ENDED, 1);
  assert_told (GST_FOXAPI_PROGRAM_GONE, 1);
}

/* Not live, a repetition that is not there yet is waited for. */
static gpointer
show_in_thread (gpointer frame)
{
  return GINT_TO_POINTER (show (GPOINTER_TO_UINT (frame)));
}

TEST (test_repeats_without_a_gap)
{
  GThread *thread;

  settings.end = GST_FOXAPI_END_REPEAT;
  settings.has_placeholder = __i__ == 0;
  start_last ();
  wait_until_ready (offer ());
  fail_unless_equals_uint64 (begin (), 0);
  assert_shows (0, 0, 5);
  wait_until_ready (offer ());
  assert_shows (5, 5, 5);
  assert_shows (10, 0, 10);

  thread = g_thread_new ("late", show_in_thread, GUINT_TO_POINTER (20));
  offer ();
  fail_unless_equals_int (GPOINTER_TO_INT (g_thread_join (thread)), 0);
  fail_unless_equals_int64 (listen (20), 0);
  assert_shows (21, 1, 9);
}

/* What follows the last frame of a result while the next one, or its repetition, is
 * not there yet: that frame. A program that is not live waits (-3), where there is
 * nothing else to show on purpose. */
static const struct
{
  gboolean is_live;
  gboolean has_placeholder;
  gboolean more_to_come;
  GstFoxapiEnd end;
  gint shown;
} gaps[] = {
  {TRUE, TRUE, FALSE, GST_FOXAPI_END_REPEAT, 9},
  {FALSE, TRUE, FALSE, GST_FOXAPI_END_REPEAT, -3},
  {TRUE, FALSE, TRUE, GST_FOXAPI_END_EOS, 9},
  {FALSE, FALSE, TRUE, GST_FOXAPI_END_EOS, -3},
  {FALSE, TRUE, TRUE, GST_FOXAPI_END_EOS, 9},
};

TEST (test_gap_behind_a_result)
{
  settings.is_live = gaps[__i__].is_live;
  settings.has_placeholder = gaps[__i__].has_placeholder;
  settings.end = gaps[__i__].end;
  start ();
  gst_foxapi_program_set_more_to_come (program, gaps[__i__].more_to_come);
  wait_until_ready (offer ());
  fail_unless_equals_uint64 (begin (), 0);
  assert_shows (0, 0, 10);
  /* Whoever would wait comes back. */
  gst_foxapi_program_interrupt (program, GST_FOXAPI_STREAM_VIDEO, TRUE);
  gst_foxapi_program_interrupt (program, GST_FOXAPI_STREAM_AUDIO, TRUE);
  assert_frame (10, gaps[__i__].shown, gaps[__i__].shown < 0 ? -3 : -1);
}

/* The frame that the next generation gets is the one with which the result has
 * ended, whatever is on the air by then. */
TEST (test_final_frame)
{
  g_autoptr (GstBuffer) frame = NULL;
  guint8 luma;

  settings.end = GST_FOXAPI_END_REPEAT;
  start ();
  wait_until_ready (offer ());
  fail_unless_equals_uint64 (begin (), 0);
  fail_unless (gst_foxapi_program_dup_final_frame (program) == NULL);
  assert_shows (0, 0, 10);
  wait_until_ready (offer ());
  assert_shows (10, 0, 5);
  frame = gst_foxapi_program_dup_final_frame (program);
  fail_unless (frame != NULL);
  fail_unless_equals_int (gst_buffer_extract (frame, 0, &luma, 1), 1);
  fail_unless_equals_int (clip_get_frame (luma), 9);
}

typedef struct
{
  const gchar *kind;            /* of media */
  GstElement *found;
} SinkSearch;

static void
find_sink (const GValue * value, gpointer user_data)
{
  GstElement *element = g_value_get_object (value);
  SinkSearch *search = user_data;
  g_autoptr (GstCaps) caps = NULL;

  if (!GST_IS_APP_SINK (element))
    return;
  caps = gst_app_sink_get_caps (GST_APP_SINK (element));
  if (caps != NULL && g_str_has_prefix (gst_structure_get_name
          (gst_caps_get_structure (caps, 0)), search->kind))
    search->found = element;
}

static GstPad *
get_pad (GstFoxapiPlayer * player, const gchar * kind)
{
  GstIterator *it = gst_bin_iterate_elements (GST_BIN (player));
  SinkSearch search = {.kind = kind };

  fail_unless_equals_int (gst_iterator_foreach (it, find_sink, &search),
      GST_ITERATOR_DONE);
  gst_iterator_free (it);
  fail_unless (search.found != NULL);
  return gst_element_get_static_pad (search.found, "sink");
}

/* Live, a frame that is late is left out, and nothing behind it is. */
TEST (test_late_frames_are_dropped)
{
  g_autoptr (GstPad) pad = NULL;
  GstFoxapiPlayer *player;
  gulong id;
  gint shown = 0;
  guint n;
  guint64 frame;

  write_clip (50, 50);
  settings.is_live = TRUE;
  settings.end = GST_FOXAPI_END_HOLD;
  start_last ();
  player = offer ();
  wait_until_ready (player);
  pad = get_pad (player, "video");
  id = gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BLOCK
      | GST_PAD_PROBE_TYPE_BUFFER, NULL, NULL, NULL);
  n = gst_foxapi_player_count_frames (player);

  /* A frame may have been on its way already. */
  fail_unless_equals_uint64 (begin (), 0);
  for (frame = 0; frame < 20; frame++) {
    gint number = show (frame);

    fail_unless (number == (gint) frame || (frame >= n && number >= shown
            && number < (gint) frame));
    shown = number;
  }
  fail_unless (shown < 19);

  gst_pad_remove_probe (pad, id);
  while (shown != (gint) frame - 1) {
    fail_unless (frame < 50, "The picture does not catch up");
    wait_until_ready (player);
    fail_unless (show (frame) >= shown);
    shown = show (frame++);
  }
  for (; frame < 50; frame++) {
    wait_until_ready (player);
    assert_frame (frame, frame, frame * SAMPLES_PER_FRAME);
  }
  assert_frame (50, 49, -1);
}

/* A decoder that stops in front of one buffer until it is told to go on */
typedef struct
{
  GMutex lock;
  GCond moved;
  guint n_left;                 /* that pass before */
  gboolean is_open;
} Gate;

static GstPadProbeReturn
wait_at_gate (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  Gate *gate = user_data;

  g_mutex_lock (&gate->lock);
  while (gate->n_left == 0 && !gate->is_open)
    g_cond_wait (&gate->moved, &gate->lock);
  if (gate->n_left > 0)
    gate->n_left--;
  g_mutex_unlock (&gate->lock);
  return GST_PAD_PROBE_OK;
}

static void
open_gate (Gate * gate)
{
  g_mutex_lock (&gate->lock);
  gate->is_open = TRUE;
  g_cond_signal (&gate->moved);
  g_mutex_unlock (&gate->lock);
}

#define STALL_FRAMES 50

/* Whichever frame the decoder is late with, for however long, the output repeats
 * the one before and goes on, and so does the sound. Nothing here may wait: it is
 * one thread. */
static void
assert_survives_stall (GstFoxapiEnd end, guint stall)
{
  Gate gate = {.n_left = stall };
  GstFoxapiPlayer *player, *again = NULL;
  g_autoptr (GstPad) pad = NULL;
  guint64 frame;
  gint shown = -1, before = -1;

  settings.is_live = TRUE;
  settings.end = end;
  start_last ();
  g_mutex_init (&gate.lock);
  g_cond_init (&gate.moved);
  player = make_player ();
  pad = get_pad (player, "video");
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, wait_at_gate, &gate, NULL);
  offer_player (player);
  fail_unless_equals_uint64 (begin (), 0);
  if (stall < 8)
    open_gate (&gate);
  wait_until_ready (player);

  for (frame = 0; frame < STALL_FRAMES + 30 && shown != -2; frame++) {
    /* The decoder is as fast as it can be, but for the gate. */
    if (frame == stall + 15)
      open_gate (&gate);
    if (again == NULL && (frame >= stall + 15 || frame + 8 < stall))
      wait_until_ready (player);
    shown = show (frame);
    listen (frame);
    fail_unless (shown >= before || shown == -2 || (again != NULL
            && shown == 0), "Frame %d follows %d", shown, before);
    if (end == GST_FOXAPI_END_REPEAT && again == NULL
        && gst_foxapi_player_has_ended (player, GST_FOXAPI_STREAM_VIDEO)) {
      again = offer ();
      wait_until_ready (again);
    }
    before = shown;
  }
  fail_unless_equals_int (shown, end == GST_FOXAPI_END_EOS ? -2 : end ==
      GST_FOXAPI_END_HOLD ? STALL_FRAMES - 1 : shown);
  fail_unless (end != GST_FOXAPI_END_REPEAT || (again != NULL && shown >= 0));
  assert_told (GST_FOXAPI_PROGRAM_ENDED, 1);
  g_mutex_clear (&gate.lock);
  g_cond_clear (&gate.moved);
}

TEST (test_late_decoder)
{
  static const guint stalls[] = { 0, 8, 9, 20, 25, 30, 40, 41, 42, 43, 44, 45,
    46, 47, 48, 49
  };
  guint n = G_N_ELEMENTS (stalls);

  write_clip (STALL_FRAMES, STALL_FRAMES);
  assert_survives_stall (__i__ / n, stalls[__i__ % n]);
}

/* Where the sound of a result is not decoded in time, one that is live goes on
 * without it, and what comes later is in its place; one that is not waits. */
TEST (test_late_sound)
{
  const Clip clip = { 50, FPS, 1, 50 * SAMPLES_PER_FRAME, TRUE };
  Gate gate = {.n_left = 16 };
  GstFoxapiPlayer *player;
  g_autoptr (GstPad) pad = NULL;
  guint64 frame = 0;
  gint64 heard;

  write_this_clip (&clip);
  settings.is_live = __i__;
  start_last ();
  g_mutex_init (&gate.lock);
  g_cond_init (&gate.moved);
  player = make_player ();
  pad = get_pad (player, "audio");
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, wait_at_gate, &gate, NULL);
  offer_player (player);
  wait_until_ready (player);
  fail_unless_equals_uint64 (begin (), 0);
  /* Whoever would wait comes back. */
  gst_foxapi_program_interrupt (program, GST_FOXAPI_STREAM_AUDIO, TRUE);
  if (settings.is_live) {
    while (listen_any (frame))
      frame++;
    for (guint i = 0; i < 5; i++)
      fail_if (listen_any (++frame));
    open_gate (&gate);
    while (!listen_any (frame))
      g_usleep (1000);
    while (++frame < 50) {
      wait_until_ready (player);
      fail_unless_equals_int64 (listen (frame), frame * SAMPLES_PER_FRAME);
    }
  } else {
    while ((heard = listen (frame)) >= 0) {
      fail_unless_equals_int64 (heard, frame * SAMPLES_PER_FRAME);
      fail_unless_equals_int (show (frame), frame);
      frame++;
    }
    fail_unless_equals_int64 (heard, -3);
    gst_foxapi_program_interrupt (program, GST_FOXAPI_STREAM_AUDIO, FALSE);
    open_gate (&gate);
    assert_shows (frame, frame, 50 - frame);
  }
  g_mutex_clear (&gate.lock);
  g_cond_clear (&gate.moved);
}

/* Live sound is due when the clock says so, also while nobody takes the pictures:
 * neither their decision nor their decoder holds it up. The pictures of this clip are
 * more than what decodebin has room for, 8 MiB. */
TEST (test_sound_without_pictures)
{
  const guint n = 1500;
  GstFoxapiPlayer *player;

  write_clip (n, n);
  settings.is_live = TRUE;
  settings.end = GST_FOXAPI_END_HOLD;
  start_last ();
  player = offer ();
  wait_until_ready (player);
  fail_unless_equals_uint64 (begin (), 0);
  fail_unless_equals_int (show (0), 0);
  for (guint64 frame = 0; frame < n; frame++) {
    while (!listen_any (frame))
      g_usleep (1000);
  }

  /* The pictures are still in order when somebody takes them again, and none is
   * shown before its time. Their numbers repeat. */
  for (guint64 frame = 1; frame < n + 10; frame++) {
    gint shown;

    wait_until_ready (player);
    shown = show (frame);
    fail_unless (shown >= 0 && (frame >= CLIP_FRAMES - 10
            || shown <= (gint) frame), "%d at %u", shown, (guint) frame);
  }
  assert_told (GST_FOXAPI_PROGRAM_ENDED, 1);
}

/* Sound that no clock has made due follows the pictures. */
TEST (test_sound_without_clock)
{
  GThread *thread;

  settings.is_live = TRUE;
  start ();
  fail_unless_equals_uint64 (begin (), 0);
  fail_unless_equals_int (show (0), -1);
  for (guint64 frame = 0; frame < 3; frame++) {
    g_autoptr (GstBuffer) buffer = NULL;

    fail_unless_equals_int (gst_foxapi_program_get_samples (program, frame,
            FALSE, &buffer), GST_FLOW_OK);
  }
  thread = g_thread_new ("early", listen_in_thread, NULL);
  fail_unless_equals_int (show (1), -1);
  fail_unless_equals_int (GPOINTER_TO_INT (g_thread_join (thread)),
      GST_FLOW_OK);
}

/* Whoever is added to what runs begins with the next frame. */
TEST (test_live_begins_at_the_next_frame)
{
  settings.is_live = TRUE;
  gst_test_clock_set_time (GST_TEST_CLOCK (test_clock), 1010 * GST_MSECOND);
  start ();
  fail_unless_equals_uint64 (begin (), 26);
  assert_frame (26, -1, -1);
}

/* What waits lets go when it is told to, and goes on afterwards. */
static gpointer
begin_in_thread (gpointer stream)
{
  guint64 frame;

  return GINT_TO_POINTER (begin_stream (GPOINTER_TO_INT (stream), &frame));
}

TEST (test_waiting_is_interrupted)
{
  GThread *video, *audio;

  settings.has_placeholder = FALSE;
  start ();
  video = g_thread_new ("video", begin_in_thread, NULL);
  audio = g_thread_new ("audio", begin_in_thread,
      GINT_TO_POINTER (GST_FOXAPI_STREAM_AUDIO));
  gst_foxapi_program_interrupt (program, GST_FOXAPI_STREAM_VIDEO, TRUE);
  fail_unless_equals_int (GPOINTER_TO_INT (g_thread_join (video)),
      GST_FLOW_FLUSHING);
  gst_foxapi_program_interrupt (program, GST_FOXAPI_STREAM_AUDIO, TRUE);
  fail_unless_equals_int (GPOINTER_TO_INT (g_thread_join (audio)),
      GST_FLOW_FLUSHING);

  gst_foxapi_program_interrupt (program, GST_FOXAPI_STREAM_VIDEO, FALSE);
  gst_foxapi_program_interrupt (program, GST_FOXAPI_STREAM_AUDIO, FALSE);
  wait_until_ready (offer ());
  fail_unless_equals_uint64 (begin (), 0);
  assert_shows (0, 0, 10);
}

TEST (test_nothing_follows_the_end)
{
  settings.has_placeholder = FALSE;
  start_last ();
  wait_until_ready (offer ());
  begin ();
  assert_shows (0, 0, 9);
  fail_unless (gst_foxapi_program_ask_for_more (program));
  assert_shows (9, 9, 1);
  gst_foxapi_program_set_more_to_come (program, FALSE);
  fail_unless_equals_int (show (10), -2);
  fail_if (gst_foxapi_program_ask_for_more (program));
}

/* From the application, whatever is on the air or waited for */
TEST (test_close)
{
  guint64 frame;

  settings.has_placeholder = __i__ == 0;
  start ();
  if (__i__ == 0) {
    begin ();
    fail_unless_equals_int (show (0), -1);
  }
  gst_foxapi_program_close (program);
  if (__i__ == 0) {
    for (frame = 1; show (frame) != -2; frame++)
      fail_unless_equals_int64 (listen (frame), -1);
    fail_unless_equals_int64 (listen (frame), -2);
  } else {
    fail_unless_equals_int (begin_stream (GST_FOXAPI_STREAM_VIDEO, &frame),
        GST_FLOW_EOS);
    fail_unless_equals_int (begin_stream (GST_FOXAPI_STREAM_AUDIO, &frame),
        GST_FLOW_EOS);
  }
}

/* No result: a placeholder goes on, without one that is the end. */
TEST (test_finish)
{
  guint64 frame;

  settings.has_placeholder = __i__ == 0;
  start ();
  gst_foxapi_program_finish (program, FALSE);
  if (__i__ == 0) {
    begin ();
    for (frame = 0; frame < 20; frame++) {
      assert_frame (frame, -1, -1);
    }
  } else {
    fail_unless_equals_int (begin_stream (GST_FOXAPI_STREAM_VIDEO, &frame),
        GST_FLOW_EOS);
  }
}

/* A result of two seconds is two seconds at every rate, with its sound beside it. */
static const gint rates[][2] = {
  {30, 1}, {25, 1}, {30000, 1001}, {60, 1}, {5, 1}, {1, 1}
};

TEST (test_rates)
{
  const gint *rate = rates[__i__];
  guint64 n = gst_util_uint64_scale_round (2, rate[0], rate[1]);
  guint64 frame = 0;
  gint shown, before = 0;

  write_clip (50, 50);
  settings.has_placeholder = FALSE;
  settings.fps_n = rate[0];
  settings.fps_d = rate[1];
  start_last ();
  offer ();
  fail_unless_equals_uint64 (begin (), 0);
  for (; (shown = show (frame)) != -2; frame++) {
    fail_unless (ABS (shown - (gint) (frame * FPS * rate[1] / rate[0])) <= 1
        || rate[0] < FPS);
    fail_unless (shown >= before);
    before = shown;
    if (frame + 1 < n)
      fail_unless_equals_int64 (listen (frame),
          gst_foxapi_program_frame_to_sample (program, frame));
  }
  fail_unless_equals_uint64 (frame, n);
}

static void
assert_is_linked (const GValue * value, gpointer user_data)
{
  GstElement *child = g_value_get_object (value);

  for (GList * l = child->sinkpads; l != NULL; l = l->next)
    fail_unless (gst_pad_is_linked (l->data), "%s:%s is linked later",
        GST_DEBUG_PAD_NAME (l->data));
}

/* Nothing is linked while a player or a placeholder changes its state: bins that
 * look for the order of their children meanwhile find loops. */
TEST (test_links_are_there_from_the_start)
{
  g_autoptr (GstCaps) video = gst_caps_from_string ("video/x-raw");
  g_autoptr (GstCaps) audio = gst_caps_from_string ("audio/x-raw");
  GstElement *bin = __i__ == 0 ?
      gst_foxapi_player_new (location, video, audio) :
      gst_foxapi_placeholder_new_picture ("file:///picture.png", video);
  GstIterator *children = gst_bin_iterate_elements (GST_BIN (bin));

  fail_unless_equals_int (gst_iterator_foreach (children, assert_is_linked,
          NULL), GST_ITERATOR_DONE);
  gst_iterator_free (children);
  gst_object_unref (gst_object_ref_sink (bin));
}

static gpointer
take_in_thread (gpointer placeholder)
{
  return gst_foxapi_placeholder_take_frame (placeholder, G_MAXINT32 *
      GST_SECOND);
}

/* Whoever stops does not wait for a first picture that takes its time. */
TEST (test_waiting_for_a_picture_is_interrupted)
{
  g_autoptr (GstCaps) caps = gst_caps_from_string ("video/x-raw, format=I420, "
      "width=16, height=12, framerate=25/1");
  GstElement *placeholder = gst_object_ref_sink
      (gst_foxapi_placeholder_new_pattern ("black", caps));
  GThread *taker = g_thread_new ("taker", take_in_thread, placeholder);
  GstBuffer *frame;

  gst_foxapi_placeholder_interrupt (GST_FOXAPI_PLACEHOLDER (placeholder), TRUE);
  fail_unless (g_thread_join (taker) == NULL);

  gst_foxapi_placeholder_interrupt (GST_FOXAPI_PLACEHOLDER (placeholder),
      FALSE);
  taker = g_thread_new ("taker", take_in_thread, placeholder);
  gst_element_set_state (placeholder, GST_STATE_PLAYING);
  frame = g_thread_join (taker);
  fail_unless (frame != NULL);
  gst_buffer_unref (frame);
  gst_element_set_state (placeholder, GST_STATE_NULL);
  gst_object_unref (placeholder);
}

static const Test tests[] = {
  CASE ("general", setup, teardown),
  ONCE (test_switch_is_the_same_for_picture_and_sound),
  ONCE (test_placeholder_ahead_of_a_result),
  RANGE (test_placeholder_in_a_clip, GST_FOXAPI_END_EOS,
      GST_FOXAPI_END_REPEAT + 1),
  TIMES (test_either_stream_may_be_ahead, 2),
  ROWS (test_sound_of_another_length, sounds),
  TIMES (test_repeats_without_a_gap, 2),
  ROWS (test_gap_behind_a_result, gaps),
  ONCE (test_final_frame),
  ONCE (test_late_frames_are_dropped),
  TIMES (test_late_decoder, 3 * 16),
  TIMES (test_late_sound, 2),
  ONCE (test_sound_without_pictures),
  ONCE (test_sound_without_clock),
  ONCE (test_live_begins_at_the_next_frame),
  ONCE (test_waiting_is_interrupted),
  ONCE (test_nothing_follows_the_end),
  TIMES (test_close, 2),
  TIMES (test_finish, 2),
  ROWS (test_rates, rates),
  TIMES (test_links_are_there_from_the_start, 2),
  ONCE (test_waiting_for_a_picture_is_interrupted),
};

CHECK_MAIN (program, tests)
