/* A raw frame → a PNG
 *
 * pngenc copies all that it has for each 8 KiB more: a photograph of 20 MiB takes
 * it ten seconds and more, in which nothing stops it. This takes a row after the
 * other, can be cancelled at any of them, and ends where the file gets too large.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstfoxapipng.h"

#include <string.h>

/* Each further level costs much time and saves little. */
#define COMPRESSION_LEVEL 3

#define CHUNK_BYTES (64 * 1024)

/* The kinds of PNG, and what each is made from */
typedef struct
{
  GstVideoFormat format;
  guint8 color_type;
  guint8 depth;
  guint pixel_bytes;
} PngKind;

static const PngKind gray = { GST_VIDEO_FORMAT_GRAY8, 0, 8, 1 };
static const PngKind gray16 = { GST_VIDEO_FORMAT_GRAY16_BE, 0, 16, 2 };
static const PngKind color = { GST_VIDEO_FORMAT_RGB, 2, 8, 3 };
static const PngKind color_alpha = { GST_VIDEO_FORMAT_RGBA, 6, 8, 4 };

typedef struct
{
  GstFoxapiCaptureFile *file;
  GConverter *compressor;
  guint8 *chunk;                /* length, type, data, checksum */
  gsize filled;                 /* of its data */
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

/* The checksum of PNG, four bits at a time */
static guint32
checksum (const guint8 * data, gsize size)
{
  static const guint32 table[16] = {
    0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac,
    0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c,
    0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
    0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c
  };
  guint32 sum = 0xffffffff;

  for (gsize i = 0; i < size; i++) {
    sum = table[(sum ^ data[i]) & 0x0f] ^ (sum >> 4);
    sum = table[(sum ^ (data[i] >> 4)) & 0x0f] ^ (sum >> 4);
  }
  return ~sum;
}

/* To any address */
static void
write_32_big (guint8 * data, guint32 value)
{
  value = GUINT32_TO_BE (value);
  memcpy (data, &value, sizeof (value));
}

/* The data is in the chunk already. */
static gboolean
write_chunk (PngWriter * writer, const gchar * type, gsize size,
    GError ** error)
{
  write_32_big (writer->chunk, size);
  memcpy (writer->chunk + 4, type, 4);
  write_32_big (writer->chunk + 8 + size, checksum (writer->chunk + 4,
          size + 4));
  writer->filled = 0;
  return gst_foxapi_capture_file_write (writer->file, writer->chunk, size + 12,
      error);
}

static gboolean
write_head (PngWriter * writer, const PngKind * kind, gint width, gint height,
    GError ** error)
{
  guint8 *data = writer->chunk + 8;

  memset (data, 0, 13);
  write_32_big (data, width);
  write_32_big (data + 4, height);
  data[8] = kind->depth;
  data[9] = kind->color_type;
  return gst_foxapi_capture_file_write (writer->file, "\x89PNG\r\n\x1a\n", 8,
      error) && write_chunk (writer, "IHDR", 13, error);
}

/* All of a row, and with the flag all that the compressor has kept back */
static gboolean
compress (PngWriter * writer, const guint8 * row, gsize size,
    GConverterFlags flags, GError ** error)
{
  GConverterResult result = G_CONVERTER_CONVERTED;

  while (size > 0 || (flags != 0 && result != G_CONVERTER_FINISHED)) {
    gsize n_read, n_written;

    result = g_converter_convert (writer->compressor, row, size,
        writer->chunk + 8 + writer->filled, CHUNK_BYTES - writer->filled,
        flags, &n_read, &n_written, error);
    if (result == G_CONVERTER_ERROR)
      return FALSE;
    row += n_read;
    size -= n_read;
    writer->filled += n_written;
    if (writer->filled == CHUNK_BYTES
        && !write_chunk (writer, "IDAT", writer->filled, error))
      return FALSE;
  }
  return flags == 0 || writer->filled == 0
      || write_chunk (writer, "IDAT", writer->filled, error);
}

/* Each row as its difference to the pixel on the left: good enough for most, and
 * quick. */
static void
filter_row (const guint8 * row, gsize size, guint pixel_bytes,
    guint8 * filtered)
{
  filtered[0] = 1;
  memcpy (filtered + 1, row, MIN (size, pixel_bytes));
  for (gsize i = pixel_bytes; i < size; i++)
    filtered[1 + i] = row[i] - row[i - pixel_bytes];
}

static gboolean
write_rows (PngWriter * writer, const GstVideoFrame * frame,
    const PngKind * kind, guint64 limit, GCancellable * cancellable,
    gboolean * fits, GError ** error)
{
  gsize size = (gsize) frame->info.width * kind->pixel_bytes;
  g_autofree guint8 *filtered = g_malloc (size + 1);
  guint64 written = 0;

  for (gint y = 0; y < frame->info.height; y++) {
    const guint8 *row = GST_VIDEO_FRAME_PLANE_DATA (frame, 0);

    row += (gsize) y *GST_VIDEO_FRAME_PLANE_STRIDE (frame, 0);

    if (g_cancellable_set_error_if_cancelled (cancellable, error))
      return FALSE;
    filter_row (row, size, kind->pixel_bytes, filtered);
    if (!compress (writer, filtered, size + 1, 0, error)
        || !gst_foxapi_capture_file_get_size (writer->file, &written, error))
      return FALSE;
    *fits = written <= limit;
    if (!*fits)
      return TRUE;
  }
  return compress (writer, filtered, 0, G_CONVERTER_INPUT_AT_END, error)
      && write_chunk (writer, "IEND", 0, error)
      && gst_foxapi_capture_file_get_size (writer->file, &written, error)
      && ((*fits = written <= limit), TRUE);
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

/**
 * gst_foxapi_png_write:
 * @frame: a mapped frame of any format
 * @file: an empty file, which gets it
 * @limit: the bytes that it may have
 * @cancellable: ends the call, from any thread
 * @fits: (out): whether it is complete: %FALSE where it would be too large
 * @error: return location: STREAM/ENCODE, RESOURCE/WRITE,
 *   RESOURCE/NO_SPACE_LEFT or G_IO_ERROR_CANCELLED
 *
 * Returns: %TRUE unless it failed
 */
gboolean
gst_foxapi_png_write (const GstVideoFrame * frame, GstFoxapiCaptureFile * file,
    guint64 limit, GCancellable * cancellable, gboolean * fits, GError ** error)
{
  const PngKind *kind = choose_kind (frame->info.finfo);
  g_autofree guint8 *chunk = g_malloc (CHUNK_BYTES + 12);
  g_autoptr (GZlibCompressor) compressor =
      g_zlib_compressor_new (G_ZLIB_COMPRESSOR_FORMAT_ZLIB, COMPRESSION_LEVEL);
  PngWriter writer = { file, G_CONVERTER (compressor), chunk, 0 };
  g_autoptr (GstBuffer) buffer = NULL;
  GstVideoInfo info;
  GstVideoFrame converted;
  gboolean written;

  *fits = FALSE;
  buffer = convert (frame, kind, &info);
  if (buffer == NULL || !gst_video_frame_map (&converted, &info, buffer,
          GST_MAP_READ)) {
    g_set_error (error, GST_STREAM_ERROR, GST_STREAM_ERROR_ENCODE,
        "Nothing here converts raw video of the format %s. Put videoconvert "
        "before the pad.", GST_VIDEO_FORMAT_INFO_NAME (frame->info.finfo));
    return FALSE;
  }
  written = write_head (&writer, kind, info.width, info.height, error)
      && write_rows (&writer, &converted, kind, limit, cancellable, fits,
      error);
  gst_video_frame_unmap (&converted);
  return written;
}
