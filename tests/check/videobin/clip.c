/* Clips of which every frame and every sample tells its number.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "clip.h"

#include <gst/app/app.h>
#include <glib/gstdio.h>

#define WIDTH 64
#define HEIGHT 48
#define DARKEST 20
#define STEP 4

/* So that no sample is silence */
#define RIGHT_OFFSET 1

guint8
clip_get_luma (guint64 frame)
{
  return DARKEST + STEP * (frame % CLIP_FRAMES);
}

gint
clip_get_frame (guint8 luma)
{
  gint number = (luma - DARKEST + STEP / 2) / STEP;

  return luma + STEP / 2 < DARKEST || number >= CLIP_FRAMES
      || ABS (luma - clip_get_luma (number)) > 1 ? -1 : number;
}

gint64
clip_get_sample (const guint8 * data)
{
  gint64 left = GST_READ_UINT16_LE (data);
  gint64 right = GST_READ_UINT16_LE (data + 2);

  return right == 0 ? -1 : left + ((right - RIGHT_OFFSET) << 15);
}

static void
push (GstElement * pipeline, const gchar * name, GstBuffer * buffer)
{
  g_autoptr (GstElement) source = gst_bin_get_by_name (GST_BIN (pipeline),
      name);

  if (buffer != NULL)
    gst_app_src_push_buffer (GST_APP_SRC (source), buffer);
  else
    gst_app_src_end_of_stream (GST_APP_SRC (source));
}

static void
push_frames (GstElement * pipeline, const Clip * clip)
{
  for (guint i = 0; i < clip->n_frames; i++) {
    GstBuffer *buffer = gst_buffer_new_allocate (NULL, WIDTH * HEIGHT * 2,
        NULL);
    GstMapInfo map;

    fail_unless (gst_buffer_map (buffer, &map, GST_MAP_WRITE));
    for (gsize at = 0; at < map.size; at += 2) {
      map.data[at] = 128;
      map.data[at + 1] = clip_get_luma (i);
    }
    gst_buffer_unmap (buffer, &map);
    GST_BUFFER_PTS (buffer) = gst_util_uint64_scale (i,
        GST_SECOND * clip->fps_d, clip->fps_n);
    GST_BUFFER_DURATION (buffer) = gst_util_uint64_scale (i + 1,
        GST_SECOND * clip->fps_d, clip->fps_n) - GST_BUFFER_PTS (buffer);
    push (pipeline, "video", buffer);
  }
  push (pipeline, "video", NULL);
}

static void
push_samples (GstElement * pipeline, const Clip * clip)
{
  const guint block = CLIP_RATE / 100;

  for (guint start = 0; start < clip->n_samples; start += block) {
    guint n = MIN (block, clip->n_samples - start);
    GstBuffer *buffer = gst_buffer_new_allocate (NULL, n * 4, NULL);
    GstMapInfo map;

    fail_unless (gst_buffer_map (buffer, &map, GST_MAP_WRITE));
    for (guint i = 0; i < n; i++) {
      GST_WRITE_UINT16_LE (map.data + 4 * i, (start + i) & 0x7fff);
      GST_WRITE_UINT16_LE (map.data + 4 * i + 2, RIGHT_OFFSET
          + ((start + i) >> 15));
    }
    gst_buffer_unmap (buffer, &map);
    GST_BUFFER_PTS (buffer) = gst_util_uint64_scale (start, GST_SECOND,
        CLIP_RATE);
    GST_BUFFER_DURATION (buffer) = gst_util_uint64_scale (n, GST_SECOND,
        CLIP_RATE);
    push (pipeline, "audio", buffer);
  }
  push (pipeline, "audio", NULL);
}

static GstElement *
parse_pipeline (const Clip * clip, const gchar * location)
{
  g_autofree gchar *line = g_strdup_printf ("%s name=mux ! filesink "
      "location=%s appsrc name=video format=time max-bytes=0 caps=video/x-raw,"
      "format=UYVY,width=%d,height=%d,framerate=%u/%u ! mux.video_0%s",
      clip->is_matroska ? "matroskamux" : "qtmux", location,
      WIDTH, HEIGHT, clip->fps_n, clip->fps_d,
      clip->n_samples ==
      0 ? "" : " appsrc name=audio format=time max-bytes=0 caps=audio/x-raw,"
      "format=S16LE,rate=48000,channels=2,layout=interleaved ! mux.audio_0");
  g_autoptr (GError) error = NULL;
  GstElement *pipeline = gst_parse_launch (line, &error);

  fail_unless (error == NULL, "%s", error != NULL ? error->message : "");
  return pipeline;
}

GBytes *
clip_make (const Clip * clip)
{
  g_autofree gchar *directory = g_dir_make_tmp ("foxapi-clip-XXXXXX", NULL);
  g_autofree gchar *location = g_build_filename (directory, "clip.mov", NULL);
  g_autoptr (GstElement) pipeline = parse_pipeline (clip, location);
  g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);
  g_autoptr (GstMessage) message = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree gchar *debug = NULL;
  gchar *data;
  gsize size;

  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  push_frames (pipeline, clip);
  if (clip->n_samples > 0)
    push_samples (pipeline, clip);
  message = gst_bus_timed_pop_filtered (bus, 60 * GST_SECOND,
      GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  fail_unless (message != NULL);
  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR)
    gst_message_parse_error (message, &error, &debug);
  fail_unless (error == NULL, "No clip: %s (%s)", error ? error->message : "",
      debug);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  fail_unless (g_file_get_contents (location, &data, &size, NULL));
  fail_unless_equals_int (g_remove (location), 0);
  fail_unless_equals_int (g_rmdir (directory), 0);
  return g_bytes_new_take (data, size);
}
