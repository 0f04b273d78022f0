/* A pipeline around foxapivideobin that keeps what each frame showed and sounded.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "recorder.h"

#include <gst/video/video.h>

/* Only a broken test sees the end of this. */
#define TIMEOUT_US (60 * G_USEC_PER_SEC)

static void
track_init (Track * track)
{
  g_mutex_init (&track->lock);
  g_cond_init (&track->grown);
  track->times = g_array_new (FALSE, FALSE, sizeof (GstClockTime));
  track->ends = g_array_new (FALSE, FALSE, sizeof (GstClockTime));
  track->numbers = g_array_new (FALSE, FALSE, sizeof (gint64));
  track->flow = g_string_new (NULL);
}

static void
track_clear (Track * track)
{
  g_array_unref (track->times);
  g_array_unref (track->ends);
  g_array_unref (track->numbers);
  g_string_free (track->flow, TRUE);
  gst_clear_buffer (&track->last);
  gst_clear_caps (&track->caps);
  g_mutex_clear (&track->lock);
  g_cond_clear (&track->grown);
}

/* Of the middle of the picture */
static gint64
get_frame_number (Track * track, GstBuffer * buffer)
{
  GstVideoInfo info;
  GstVideoFrame frame;
  guint8 luma;

  fail_unless (gst_video_info_from_caps (&info, track->caps));
  fail_unless_equals_uint64 (gst_buffer_get_size (buffer), info.size);
  fail_unless (gst_video_frame_map (&frame, &info, buffer, GST_MAP_READ));
  luma = ((guint8 *) GST_VIDEO_FRAME_PLANE_DATA (&frame, 0))
      [GST_VIDEO_FRAME_PLANE_STRIDE (&frame, 0) * (info.height / 2)
      + info.width / 2];
  gst_video_frame_unmap (&frame);
  return clip_get_frame (luma);
}

/* All samples of a buffer follow the one before, or there are no more. */
static gint64
get_sample_number (GstBuffer * buffer)
{
  gint64 number;
  gboolean silent;
  GstMapInfo map;

  fail_unless (gst_buffer_map (buffer, &map, GST_MAP_READ));
  number = clip_get_sample (map.data);
  silent = number < 0;
  for (gsize i = 0; i < map.size / 4; i++) {
    gint64 sample = clip_get_sample (map.data + 4 * i);

    if (sample < 0)
      silent = TRUE;
    fail_unless_equals_int64 (sample, silent ? -1 : number + (gint64) i);
  }
  gst_buffer_unmap (buffer, &map);
  return number;
}

static void
take_buffer (Track * track, GstBuffer * buffer)
{
  gboolean is_video = g_str_has_prefix (gst_structure_get_name
      (gst_caps_get_structure (track->caps, 0)), "video");
  GstClockTime end = GST_BUFFER_PTS (buffer) + GST_BUFFER_DURATION (buffer);
  gint64 number = is_video ? get_frame_number (track, buffer) :
      get_sample_number (buffer);

  g_array_append_val (track->times, GST_BUFFER_PTS (buffer));
  g_array_append_val (track->ends, end);
  g_array_append_val (track->numbers, number);
  gst_buffer_replace (&track->last, buffer);
}

static gchar
take_event (Track * track, GstEvent * event)
{
  gchar letter = harness_event_letter (event);
  GstCaps *caps;

  if (letter == 'c') {
    gst_event_parse_caps (event, &caps);
    gst_caps_replace (&track->caps, caps);
  }
  return letter;
}

static GstPadProbeReturn
on_flow (GstPad * pad, GstPadProbeInfo * info, gpointer data)
{
  Track *track = data;
  gchar letter = 'b';

  g_mutex_lock (&track->lock);
  if (GST_PAD_PROBE_INFO_TYPE (info) & GST_PAD_PROBE_TYPE_BUFFER)
    take_buffer (track, GST_PAD_PROBE_INFO_BUFFER (info));
  else
    letter = take_event (track, GST_PAD_PROBE_INFO_EVENT (info));
  g_string_append_c (track->flow, letter);
  g_cond_broadcast (&track->grown);
  g_mutex_unlock (&track->lock);
  return GST_PAD_PROBE_OK;
}

void
recorder_setup (void)
{
  const Clip clip = { N_FRAMES, FPS, 1, N_FRAMES * SAMPLES_PER_FRAME };
  FoxapiSimOptions options;

  payload = clip_make (&clip);
  options = harness_options ();
  harness_setup_with (&options);
}

GstElement *
recorder_bin (const gchar * property, ...)
{
  GstElement *bin = harness_element ("foxapivideobin");
  va_list args;

  g_object_set (bin, "width", 64, "height", 48, NULL);
  va_start (args, property);
  if (property != NULL)
    g_object_set_valist (G_OBJECT (bin), property, args);
  va_end (args);
  return bin;
}

static GstElement *
add_sink (Recorder * self, const gchar * name, Track * track)
{
  GstElement *sink = gst_element_factory_make ("fakesink", NULL);
  g_autoptr (GstPad) pad = gst_element_get_static_pad (sink, "sink");

  g_object_set (sink, "sync", FALSE, NULL);
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER
      | GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, on_flow, track, NULL);
  gst_bin_add (GST_BIN (self->pipeline), sink);
  fail_unless (gst_element_link_pads (self->bin, name, sink, "sink"));
  return sink;
}

Recorder *
recorder_new (GstElement * bin, gboolean video, gboolean audio)
{
  Recorder *self = g_new0 (Recorder, 1);

  track_init (&self->video);
  track_init (&self->audio);
  self->pipeline = gst_pipeline_new (NULL);
  self->bin = bin;
  gst_bin_add (GST_BIN (self->pipeline), bin);
  if (video)
    self->sinks[0] = add_sink (self, "video", &self->video);
  if (audio)
    self->sinks[1] = add_sink (self, "audio", &self->audio);
  self->bus = gst_element_get_bus (self->pipeline);
  return self;
}

void
recorder_free (Recorder * self)
{
  gst_element_set_state (self->pipeline, GST_STATE_NULL);
  gst_object_unref (self->pipeline);
  gst_bus_set_flushing (self->bus, TRUE);
  gst_object_unref (self->bus);
  track_clear (&self->video);
  track_clear (&self->audio);
  g_free (self);
}

void
recorder_play (Recorder * self)
{
  fail_if (gst_element_set_state (self->pipeline, GST_STATE_PLAYING)
      == GST_STATE_CHANGE_FAILURE);
}

void
recorder_keep_to_the_clock (Recorder * self)
{
  for (guint i = 0; i < G_N_ELEMENTS (self->sinks); i++) {
    if (self->sinks[i] != NULL)
      g_object_set (self->sinks[i], "sync", TRUE, NULL);
  }
}

GstMessage *
recorder_wait_message (Recorder * self, GstMessageType types)
{
  GstMessage *message = gst_bus_timed_pop_filtered (self->bus,
      TIMEOUT_US * GST_USECOND, types);

  fail_unless (message != NULL, "Waited in vain for a message of type 0x%x",
      types);
  return message;
}

void
recorder_to_eos (Recorder * self)
{
  recorder_play (self);
  harness_wait (self->pipeline, GST_MESSAGE_EOS);
}

/* Called with the lock */
static void
wait_for_more (Track * track)
{
  gint64 until = g_get_monotonic_time () + TIMEOUT_US;

  fail_unless (g_cond_wait_until (&track->grown, &track->lock, until),
      "Waited in vain for more than %u buffers", track->times->len);
}

guint
recorder_wait (Track * track, guint n)
{
  guint there;

  g_mutex_lock (&track->lock);
  while (track->times->len < n)
    wait_for_more (track);
  there = track->times->len;
  g_mutex_unlock (&track->lock);
  return there;
}

void
recorder_wait_both (Recorder * self, guint n)
{
  recorder_wait (&self->video, n);
  recorder_wait (&self->audio, n);
}

guint
recorder_wait_number (Track * track, gint64 number, guint from)
{
  guint at = from;

  g_mutex_lock (&track->lock);
  while (at >= track->numbers->len || recorder_number (track, at) != number) {
    if (at < track->numbers->len)
      at++;
    else
      wait_for_more (track);
  }
  g_mutex_unlock (&track->lock);
  return at;
}

static guint
count (Track * track, gchar letter)
{
  guint n = 0;

  for (gsize i = 0; i < track->flow->len; i++)
    n += track->flow->str[i] == letter;
  return n;
}

/* Called with the track's lock */
static void
assert_events (Track * track)
{
  fail_unless_equals_int (count (track, 's'), 1);
  fail_unless_equals_int (count (track, 'c'), 1);
  fail_unless_equals_int (count (track, 'g'), 1);
  fail_unless (g_str_has_prefix (track->flow->str, "scg"));
}

/* When a frame begins, or the first sample that is heard with it */
static GstClockTime
get_start (guint64 frame, guint fps_n, guint fps_d, gboolean is_sound)
{
  guint64 sample = gst_util_uint64_scale_round (frame,
      (guint64) CLIP_RATE * fps_d, fps_n);

  return is_sound ? gst_util_uint64_scale (sample, GST_SECOND, CLIP_RATE) :
      gst_util_uint64_scale (frame, GST_SECOND * fps_d, fps_n);
}

static void
assert_track (Track * track, guint fps_n, guint fps_d, gboolean is_sound)
{
  guint64 frame;

  g_mutex_lock (&track->lock);
  assert_events (track);
  frame = gst_util_uint64_scale_round (recorder_time (track, 0), fps_n,
      GST_SECOND * fps_d);
  for (guint i = 0; i < track->times->len; i++, frame++) {
    fail_unless_equals_uint64 (recorder_time (track, i),
        get_start (frame, fps_n, fps_d, is_sound));
    fail_unless_equals_uint64 (recorder_get (track, ends, GstClockTime, i),
        get_start (frame + 1, fps_n, fps_d, is_sound));
  }
  g_mutex_unlock (&track->lock);
}

void
recorder_assert_video (Recorder * self, guint fps_n, guint fps_d)
{
  assert_track (&self->video, fps_n, fps_d, FALSE);
}

void
recorder_assert_audio (Recorder * self, guint fps_n, guint fps_d)
{
  assert_track (&self->audio, fps_n, fps_d, TRUE);
}

void
recorder_assert_both (Recorder * self, guint fps_n, guint fps_d)
{
  recorder_assert_video (self, fps_n, fps_d);
  recorder_assert_audio (self, fps_n, fps_d);
}
