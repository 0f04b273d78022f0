/* contact-sheet: a few frames of a video in one picture
 *
 *   contact-sheet VIDEO PICTURE.png
 *
 * Decodes the video, takes a frame of each second, and puts them side by side.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <glib/gstdio.h>
#include <gst/app/app.h>
#include <gst/gst.h>
#include <gst/video/video.h>

#define FRAME_WIDTH 320
#define MAX_FRAMES 5

/* Runs until the pipeline has ended, and says why if it failed. */
static gboolean
run_to_end (GstElement * pipeline)
{
  g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);
  g_autoptr (GstMessage) message = NULL;
  g_autoptr (GError) error = NULL;

  message = gst_bus_timed_pop_filtered (bus, GST_CLOCK_TIME_NONE,
      GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_EOS)
    return TRUE;

  gst_message_parse_error (message, &error, NULL);
  g_printerr ("%s\n", error->message);
  return FALSE;
}

/* (transfer full) (nullable): NULL after the last one, and after an ERROR, which
 * appsink alone would wait through */
static GstSample *
pull_frame (GstElement * pipeline, GstAppSink * sink)
{
  g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);

  while (!gst_app_sink_is_eos (sink)) {
    GstSample *sample = gst_app_sink_try_pull_sample (sink, GST_SECOND / 10);

    if (sample != NULL)
      return sample;
    if (gst_bus_have_pending (bus)) {
      g_autoptr (GstMessage) message = gst_bus_pop_filtered (bus,
          GST_MESSAGE_ERROR);
      g_autoptr (GError) error = NULL;

      if (message == NULL)
        continue;
      gst_message_parse_error (message, &error, NULL);
      g_printerr ("%s\n", error->message);
      return NULL;
    }
  }
  return NULL;
}

/* (transfer full) (element-type GstSample): a frame of each second */
static GPtrArray *
take_frames (const gchar * path)
{
  g_autoptr (GPtrArray) frames =
      g_ptr_array_new_with_free_func ((GDestroyNotify) gst_sample_unref);
  g_autoptr (GstElement) pipeline = NULL, source = NULL, sink = NULL;
  GstSample *sample;

  pipeline = gst_parse_launch ("filesrc name=source ! decodebin ! videoconvert "
      "! videoscale ! videorate "
      "! video/x-raw,format=RGB,framerate=1/1,pixel-aspect-ratio=1/1,width="
      G_STRINGIFY (FRAME_WIDTH) " ! appsink name=sink sync=false", NULL);
  source = gst_bin_get_by_name (GST_BIN (pipeline), "source");
  sink = gst_bin_get_by_name (GST_BIN (pipeline), "sink");
  g_object_set (source, "location", path, NULL);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);

  while (frames->len < MAX_FRAMES
      && (sample = pull_frame (pipeline, GST_APP_SINK (sink))) != NULL)
    g_ptr_array_add (frames, sample);

  gst_element_set_state (pipeline, GST_STATE_NULL);
  return g_steal_pointer (&frames);
}

static void
copy_frame (GstVideoFrame * sheet, guint nth, const GstVideoFrame * frame)
{
  gsize row_bytes = FRAME_WIDTH * 3;

  for (gint y = 0; y < GST_VIDEO_FRAME_HEIGHT (frame); y++) {
    guint8 *to = (guint8 *) GST_VIDEO_FRAME_PLANE_DATA (sheet, 0)
        + y * GST_VIDEO_FRAME_PLANE_STRIDE (sheet, 0) + nth * row_bytes;
    guint8 *from = (guint8 *) GST_VIDEO_FRAME_PLANE_DATA (frame, 0)
        + y * GST_VIDEO_FRAME_PLANE_STRIDE (frame, 0);

    memcpy (to, from, row_bytes);
  }
}

static GstBuffer *
lay_out (GPtrArray * frames, GstVideoInfo * sheet_info)
{
  GstVideoInfo info;
  GstVideoFrame sheet;
  GstBuffer *buffer;

  gst_video_info_from_caps (&info,
      gst_sample_get_caps (g_ptr_array_index (frames, 0)));
  gst_video_info_set_format (sheet_info, GST_VIDEO_FORMAT_RGB,
      FRAME_WIDTH * frames->len, GST_VIDEO_INFO_HEIGHT (&info));
  buffer = gst_buffer_new_allocate (NULL, GST_VIDEO_INFO_SIZE (sheet_info),
      NULL);

  gst_video_frame_map (&sheet, sheet_info, buffer, GST_MAP_WRITE);
  for (guint i = 0; i < frames->len; i++) {
    GstVideoFrame frame;

    gst_video_frame_map (&frame, &info,
        gst_sample_get_buffer (g_ptr_array_index (frames, i)), GST_MAP_READ);
    copy_frame (&sheet, i, &frame);
    gst_video_frame_unmap (&frame);
  }
  gst_video_frame_unmap (&sheet);
  return buffer;
}

static gboolean
write_picture (GstBuffer * buffer, GstVideoInfo * info, const gchar * path)
{
  g_autoptr (GstElement) pipeline = NULL, source = NULL, sink = NULL;
  g_autoptr (GstCaps) caps = gst_video_info_to_caps (info);
  gboolean written;

  pipeline = gst_parse_launch ("appsrc name=source ! pngenc snapshot=true "
      "! filesink name=sink", NULL);
  source = gst_bin_get_by_name (GST_BIN (pipeline), "source");
  sink = gst_bin_get_by_name (GST_BIN (pipeline), "sink");
  g_object_set (sink, "location", path, NULL);
  g_object_set (source, "caps", caps, "format", GST_FORMAT_TIME, NULL);
  GST_BUFFER_PTS (buffer) = 0;
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  gst_app_src_push_buffer (GST_APP_SRC (source), gst_buffer_ref (buffer));
  gst_app_src_end_of_stream (GST_APP_SRC (source));

  written = run_to_end (pipeline);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  if (!written)
    g_unlink (path);
  return written;
}

int
main (int argc, char **argv)
{
  g_autoptr (GPtrArray) frames = NULL;
  g_autoptr (GstBuffer) sheet = NULL;
  GstVideoInfo info;

  gst_init (&argc, &argv);
  if (argc != 3) {
    g_printerr ("Usage: %s VIDEO PICTURE.png\n", argv[0]);
    return 2;
  }

  frames = take_frames (argv[1]);
  if (frames->len == 0) {
    g_printerr ("%s has no frames\n", argv[1]);
    return 1;
  }
  sheet = lay_out (frames, &info);
  return write_picture (sheet, &info, argv[2]) ? 0 : 1;
}
