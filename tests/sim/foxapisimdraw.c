/* The FoxAPI service, simulated: the frames of a result.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Rows and columns of one value each, so that drawing and encoding cost
 * little: tests share the processor with this.
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "foxapisimdraw.h"

#include <string.h>

#define MARGIN 16

void
foxapi_sim_still_free (FoxapiSimStill * still)
{
  gst_buffer_unref (still->buffer);
  g_free (still);
}

/* 0 to 255 and back as @x goes on */
static guint
triangle (guint x)
{
  x %= 512;
  return x < 256 ? x : 511 - x;
}

static void
fill_plane (GstVideoFrame * frame, guint plane, guint8 value)
{
  guint8 *row = GST_VIDEO_FRAME_PLANE_DATA (frame, plane);
  gint stride = GST_VIDEO_FRAME_PLANE_STRIDE (frame, plane);

  memset (row, value,
      (gsize) stride * GST_VIDEO_FRAME_COMP_HEIGHT (frame, plane));
}

/* A slope of grey that wanders down, and a bright column that crosses the
 * picture every two seconds */
static void
draw_background (GstVideoFrame * frame, guint nth, guint hue)
{
  gint width = GST_VIDEO_FRAME_WIDTH (frame);
  gint height = GST_VIDEO_FRAME_HEIGHT (frame);
  gint stride = GST_VIDEO_FRAME_PLANE_STRIDE (frame, 0);
  guint8 *data = GST_VIDEO_FRAME_PLANE_DATA (frame, 0);
  guint crossing = 2 * FOXAPI_SIM_FPS;
  gint bar = width / 32;
  gint at = (gint) ((nth % crossing) * (width - bar) / crossing);

  for (gint y = 0; y < height; y++) {
    memset (data + (gsize) y * stride,
        40 + triangle (y * 512 / height + nth * 4) / 4, width);
    memset (data + (gsize) y * stride + at, 190, bar);
  }
  fill_plane (frame, 1, 96 + triangle (hue + nth) / 4);
  fill_plane (frame, 2, 96 + triangle (hue * 3 + nth / 2) / 4);
}

static void
draw_still (GstVideoFrame * frame, FoxapiSimStill * still, gint left, gint top)
{
  GstVideoFrame source;

  if (!gst_video_frame_map (&source, &still->info, still->buffer, GST_MAP_READ))
    return;
  for (guint plane = 0; plane < 3; plane++) {
    gint shift = plane == 0 ? 0 : 1;
    gint from_stride = GST_VIDEO_FRAME_PLANE_STRIDE (&source, plane);
    gint to_stride = GST_VIDEO_FRAME_PLANE_STRIDE (frame, plane);
    const guint8 *from = GST_VIDEO_FRAME_PLANE_DATA (&source, plane);
    guint8 *to = GST_VIDEO_FRAME_PLANE_DATA (frame, plane);

    to += (gsize) (top >> shift) * to_stride + (left >> shift);
    for (gint y = 0; y < GST_VIDEO_FRAME_COMP_HEIGHT (&source, plane); y++)
      memcpy (to + (gsize) y * to_stride, from + (gsize) y * from_stride,
          GST_VIDEO_FRAME_COMP_WIDTH (&source, plane));
  }
  gst_video_frame_unmap (&source);
}

/* Frame @nth of a video, with the @stills in a row at the bottom right */
GstBuffer *
foxapi_sim_draw_frame (const GstVideoInfo * info, guint nth, guint hue,
    GPtrArray * stills)
{
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, info->size, NULL);
  GstVideoFrame frame;
  gint right;

  if (!gst_video_frame_map (&frame, info, buffer, GST_MAP_WRITE)) {
    gst_buffer_unref (buffer);
    return NULL;
  }
  draw_background (&frame, nth, hue);
  right = info->width - MARGIN;
  for (guint i = 0; i < stills->len; i++) {
    FoxapiSimStill *still = g_ptr_array_index (stills, i);
    gint left = (right - still->info.width) & ~1;
    gint top = (info->height - MARGIN - still->info.height) & ~1;

    if (left < 0 || top < 0)
      break;
    draw_still (&frame, still, left, top);
    right = left - MARGIN;
  }
  gst_video_frame_unmap (&frame);
  GST_BUFFER_PTS (buffer) =
      gst_util_uint64_scale (nth, GST_SECOND, FOXAPI_SIM_FPS);
  GST_BUFFER_DURATION (buffer) = GST_SECOND / FOXAPI_SIM_FPS;
  return buffer;
}
