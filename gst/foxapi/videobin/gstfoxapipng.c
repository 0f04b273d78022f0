/* A raw frame → a PNG
 *
 * pngenc copies all that it has for each 8 KiB more: a photograph of 20 MiB takes
 * it ten seconds and more, in which nothing stops it. This gives libpng a row after
 * the other, can be cancelled at any of them, and ends where the file gets too
 * large.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstfoxapipng.h"

#include <png.h>

/* Each further level costs much time and saves little. */
#define COMPRESSION_LEVEL 3

/* The kinds of PNG, and what each is made from */
typedef struct
{
  GstVideoFormat format;
  gint color_type;
  gint depth;
} PngKind;

static const PngKind gray = { GST_VIDEO_FORMAT_GRAY8, PNG_COLOR_TYPE_GRAY, 8 };
static const PngKind gray16 =
    { GST_VIDEO_FORMAT_GRAY16_BE, PNG_COLOR_TYPE_GRAY, 16 };
static const PngKind color = { GST_VIDEO_FORMAT_RGB, PNG_COLOR_TYPE_RGB, 8 };
static const PngKind color_alpha =
    { GST_VIDEO_FORMAT_RGBA, PNG_COLOR_TYPE_RGB_ALPHA, 8 };

typedef struct
{
  GstFoxapiCaptureFile *file;
  guint64 limit;
  guint64 written;
  GCancellable *cancellable;
  GError *error;                /* why it stopped; NULL: the limit */
} PngWriter;

static const PngKind *
choose_kind (const GstVideoFormatInfo * info)
{
  if (GST_VIDEO_FORMAT_INFO_HAS_ALPHA (info))
    return &color_alpha;
  if (!GST_VIDEO_FORMAT_INFO_IS_GRAY (info))
    return &color;
  return GST_VIDEO_FORMAT_INFO_DEPTH (info, 0) > 8 ? &gray16 : &gray;
}

/* Called by libpng, which png_error() leaves by longjmp() */
static void
on_data (png_structp png, png_bytep data, png_size_t size)
{
  PngWriter *writer = png_get_io_ptr (png);

  writer->written += size;
  if (writer->written > writer->limit
      || g_cancellable_set_error_if_cancelled (writer->cancellable,
          &writer->error)
      || !gst_foxapi_capture_file_write (writer->file, data, size,
          &writer->error))
    png_error (png, "stopped");
}

static void
on_flush (png_structp png)
{
}

/* The default would print. */
static void
on_error (png_structp png, png_const_charp message)
{
  png_longjmp (png, 1);
}

static void
on_warning (png_structp png, png_const_charp message)
{
}

/* %FALSE: it was stopped */
static gboolean
write_rows (png_structp png, png_infop info, PngWriter * writer,
    const GstVideoFrame * frame, const PngKind * kind)
{
  const guint8 *data = GST_VIDEO_FRAME_PLANE_DATA (frame, 0);
  gsize stride = GST_VIDEO_FRAME_PLANE_STRIDE (frame, 0);

  /* No local changes behind this, as longjmp() may lose the change. */
  if (setjmp (png_jmpbuf (png)))
    return FALSE;
  png_set_write_fn (png, writer, on_data, on_flush);
  png_set_IHDR (png, info, frame->info.width, frame->info.height, kind->depth,
      kind->color_type, PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
      PNG_FILTER_TYPE_DEFAULT);
  png_set_compression_level (png, COMPRESSION_LEVEL);
  png_set_filter (png, PNG_FILTER_TYPE_BASE, PNG_FILTER_SUB);
  png_write_info (png, info);
  for (gint y = 0; y < frame->info.height; y++) {
    if (g_cancellable_set_error_if_cancelled (writer->cancellable,
            &writer->error))
      return FALSE;
    png_write_row (png, data + y * stride);
  }
  png_write_end (png, info);
  return TRUE;
}

/* Returns: (transfer full) (nullable) */
static GstBuffer *
convert (const GstVideoFrame * frame, const PngKind * kind, GstVideoInfo * info)
{
  GstVideoConverter *converter;
  GstVideoFrame converted;
  GstBuffer *buffer;

  gst_video_info_set_format (info, kind->format, frame->info.width,
      frame->info.height);
  info->fps_n = frame->info.fps_n;
  info->fps_d = frame->info.fps_d;
  info->interlace_mode = frame->info.interlace_mode;
  converter = gst_video_converter_new ((GstVideoInfo *) & frame->info, info,
      gst_structure_new_empty ("options"));
  if (converter == NULL)
    return NULL;
  buffer = gst_buffer_new_allocate (NULL, GST_VIDEO_INFO_SIZE (info), NULL);
  if (gst_video_frame_map (&converted, info, buffer, GST_MAP_WRITE)) {
    gst_video_converter_frame (converter, frame, &converted);
    gst_video_frame_unmap (&converted);
  } else {
    gst_clear_buffer (&buffer);
  }
  gst_video_converter_free (converter);
  return buffer;
}

/* Returns TRUE unless it failed. */
gboolean
gst_foxapi_png_write (const GstVideoFrame * frame, GstFoxapiCaptureFile * file,
    guint64 limit, GCancellable * cancellable, gboolean * fits, GError ** error)
{
  const PngKind *kind = choose_kind (frame->info.finfo);
  PngWriter writer = { file, limit, 0, cancellable, NULL };
  g_autoptr (GstBuffer) buffer = NULL;
  GstVideoInfo info;
  GstVideoFrame converted;
  png_structp png;
  png_infop head;

  *fits = FALSE;
  buffer = convert (frame, kind, &info);
  if (buffer == NULL || !gst_video_frame_map (&converted, &info, buffer,
          GST_MAP_READ)) {
    g_set_error (error, GST_STREAM_ERROR, GST_STREAM_ERROR_ENCODE,
        "Nothing here converts raw video of the format %s. Put videoconvert "
        "before the pad.", GST_VIDEO_FORMAT_INFO_NAME (frame->info.finfo));
    return FALSE;
  }
  png = png_create_write_struct (PNG_LIBPNG_VER_STRING, NULL, on_error,
      on_warning);
  head = png_create_info_struct (png);
  *fits = write_rows (png, head, &writer, &converted, kind);
  png_destroy_write_struct (&png, &head);
  gst_video_frame_unmap (&converted);
  if (writer.error != NULL)
    g_propagate_error (error, writer.error);
  return *fits || (writer.error == NULL && writer.written > limit);
}
