/* Raw frames → PNG, JPEG, MP4
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstfoxapiencoding.h"

#include <fcntl.h>
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <png.h>
#include <string.h>
#include <unistd.h>

/* A raw frame → a PNG */

/* pngenc copies all that it has for each 8 KiB more: a photograph of 20 MiB
 * takes it ten seconds and more, in which nothing stops it. This gives libpng
 * a row after the other, can be cancelled at any of them, and ends where the
 * file gets too large. */

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

/* A movie without the time at which it was made */

/* The muxer writes the time of day into the file. The same frames would make
 * another file in the next second, another reference, and another charge. */

/* Levels of boxes that are looked into: moov, trak, mdia */
#define MAX_DEPTH 3

typedef struct
{
  guint64 start;                /* of its contents */
  guint64 end;
  gchar type[5];
} Box;

static gboolean
read_box (gint fd, guint64 position, guint64 end, Box * box)
{
  guint8 head[16];
  guint32 size;
  guint64 large;

  if (end < position + 8 || pread (fd, head, 8, position) != 8)
    return FALSE;
  memcpy (&size, head, sizeof (size));
  memcpy (box->type, head + 4, 4);
  box->type[4] = '\0';
  box->start = position + 8;
  large = GUINT32_FROM_BE (size);
  if (large == 0)
    large = end - position;
  if (large == 1) {
    if (pread (fd, head, 16, position) != 16)
      return FALSE;
    memcpy (&large, head + 8, sizeof (large));
    large = GUINT64_FROM_BE (large);
    box->start = position + 16;
  }
  if (large > end - position || position + large < box->start)
    return FALSE;
  box->end = position + large;
  return TRUE;
}

/* Version and flags, then when it was made and when it was changed: 4 bytes
 * each, or 8 from version 1 on. */
static gboolean
clear_times (gint fd, const Box * box)
{
  const guint8 zeros[16] = { 0 };
  guint8 version;
  gssize n;

  if (pread (fd, &version, 1, box->start) != 1)
    return FALSE;
  n = version == 0 ? 8 : 16;
  if (box->start + 4 + n > box->end)
    return FALSE;
  return pwrite (fd, zeros, n, box->start + 4) == n;
}

static gboolean
visit (gint fd, guint64 position, guint64 end, guint depth, gboolean * found)
{
  Box box;

  for (; position < end; position = box.end) {
    gboolean done = TRUE;

    if (!read_box (fd, position, end, &box))
      return FALSE;
    if (g_str_equal (box.type, "mvhd") || g_str_equal (box.type, "tkhd")
        || g_str_equal (box.type, "mdhd"))
      done = clear_times (fd, &box);
    else if (depth < MAX_DEPTH && (g_str_equal (box.type, "moov")
            || g_str_equal (box.type, "trak")
            || g_str_equal (box.type, "mdia")))
      done = visit (fd, box.start, box.end, depth + 1, found);
    if (!done)
      return FALSE;
    *found |= g_str_equal (box.type, "mvhd");
  }
  return TRUE;
}

/* Returns TRUE if it is a movie, and the times of its making are zero now. */
gboolean
gst_foxapi_movie_clear_times (const gchar * path)
{
  gint fd = g_open (path, O_RDWR | O_CLOEXEC, 0);
  gboolean done = FALSE, found = FALSE;
  GStatBuf status;

  if (fd < 0)
    return FALSE;
  if (g_stat (path, &status) == 0)
    done = visit (fd, 0, status.st_size, 0, &found);
  close (fd);
  return done && found;
}

/* Raw frames → an encoded file, in a pipeline of its own */

/* The elements are in no bin of the application's: their messages reach the
 * sync handler below and nothing else. There is no source element, the frames
 * are pushed from here, so that the thread that brings them encodes them too. */

struct _GstFoxapiEncoding
{
  GstPad *src;                  /* the one who encodes */
  GstElement *pipeline;

  GMutex lock;                  /* of what follows */
  GCond changed;
  gboolean is_at_end;
  gboolean is_cancelled;
  GError *error;                /* the first */
};

/* What stands before a filesink. */
typedef struct
{
  const gchar *factory;
  const gchar *properties;      /* (nullable): as on a launch line */
} Stage;

static const Stage jpeg_stages[] = {
  {"videoconvert", NULL},
  {"jpegenc", "quality=90"},
};

/* Without lookahead the encoder holds no more than the frame it works on: a
 * camera gets its buffers back. Without a buffer to be kept full its threads do
 * not race, and the same frames make the same file. */
static const Stage x264_stages[] = {
  {"videoconvert", NULL},
  {"videoscale", "add-borders=false"},
  {"capsfilter", NULL},
  {"x264enc", "tune=zerolatency,speed-preset=veryfast,key-int-max=60,"
        "vbv-buf-capacity=0"},
  {"mp4mux", NULL},
};

static const Stage openh264_stages[] = {
  {"videoconvert", NULL},
  {"videoscale", "add-borders=false"},
  {"capsfilter", NULL},
  {"openh264enc", "rate-control=bitrate,complexity=medium,gop-size=60"},
  {"h264parse", NULL},
  {"mp4mux", NULL},
};

static gboolean
is_installed (const gchar * name)
{
  g_autoptr (GstElementFactory) factory = gst_element_factory_find (name);

  return factory != NULL;
}

static const Stage *
get_stages (GstFoxapiEncodingFormat format, guint * n)
{
  switch (format) {
    case GST_FOXAPI_ENCODING_JPEG:
      *n = G_N_ELEMENTS (jpeg_stages);
      return jpeg_stages;
    case GST_FOXAPI_ENCODING_MP4:
      break;
  }
  if (!is_installed ("x264enc") && is_installed ("openh264enc")) {
    *n = G_N_ELEMENTS (openh264_stages);
    return openh264_stages;
  }
  *n = G_N_ELEMENTS (x264_stages);
  return x264_stages;
}

static const gchar *
get_package (const gchar * factory)
{
  if (g_str_equal (factory, "x264enc"))
    return "gstreamer1.0-plugins-ugly (x264enc) or gstreamer1.0-plugins-bad "
        "(openh264enc)";
  if (g_str_equal (factory, "h264parse"))
    return "gstreamer1.0-plugins-bad";
  if (g_str_has_prefix (factory, "video"))
    return "gstreamer1.0-plugins-base";
  if (g_str_equal (factory, "filesink") || g_str_equal (factory, "capsfilter"))
    return "libgstreamer1.0-0";
  return "gstreamer1.0-plugins-good";
}

static GstElement *
add_element (GstFoxapiEncoding * encoding, const gchar * factory,
    GError ** error)
{
  GstElement *element = gst_element_factory_make (factory, NULL);

  if (element == NULL) {
    g_set_error (error, GST_CORE_ERROR, GST_CORE_ERROR_MISSING_PLUGIN,
        "The element %s is missing, which encodes raw video for a reference. "
        "Install %s, or link encoded media.", factory, get_package (factory));
    return NULL;
  }
  gst_bin_add (GST_BIN (encoding->pipeline), element);
  return element;
}

static void
set_properties (GstElement * element, const gchar * properties)
{
  g_auto (GStrv) pairs = g_strsplit (properties, ",", -1);

  for (guint i = 0; pairs[i] != NULL; i++) {
    g_auto (GStrv) pair = g_strsplit (pairs[i], "=", 2);

    gst_util_set_object_arg (G_OBJECT (element), pair[0], pair[1]);
  }
}

/* The sizes that any H.264 encoder takes */
static gint
get_even (gint size)
{
  return MAX (size & ~1, 16);
}

/* One format through the whole clip, whatever comes: the muxer takes no change, not
 * even of the colorimetry, which H.264 has in its head. */
static void
set_clip_caps (GstElement * filter, const GstVideoInfo * info)
{
  gint width = get_even (info->width), height = get_even (info->height);
  g_autofree gchar *colorimetry = NULL;
  g_autoptr (GstCaps) caps = NULL;
  GstVideoInfo clip;

  gst_video_info_set_format (&clip, GST_VIDEO_FORMAT_I420, width, height);
  if (GST_VIDEO_INFO_IS_YUV (info))
    colorimetry = gst_video_colorimetry_to_string (&info->colorimetry);
  if (colorimetry == NULL)
    colorimetry = gst_video_colorimetry_to_string (&clip.colorimetry);
  caps = gst_caps_new_simple ("video/x-raw", "format", G_TYPE_STRING, "I420",
      "width", G_TYPE_INT, width, "height", G_TYPE_INT, height,
      "pixel-aspect-ratio", GST_TYPE_FRACTION, info->par_n, info->par_d,
      "colorimetry", G_TYPE_STRING, colorimetry, NULL);
  g_object_set (filter, "caps", caps, NULL);
}

/* bitrate: kbit a second */
static void
set_bitrate (GstElement * encoder, const gchar * factory, guint bitrate)
{
  if (g_str_equal (factory, "x264enc"))
    g_object_set (encoder, "bitrate", bitrate, NULL);
  else
    g_object_set (encoder, "bitrate", bitrate * 1000, NULL);
}

/* Returns: (transfer none) (nullable): the last element before the sink */
static GstElement *
add_stages (GstFoxapiEncoding * encoding, GstFoxapiEncodingFormat format,
    const GstVideoInfo * info, guint bitrate, GError ** error)
{
  guint n;
  const Stage *stages = get_stages (format, &n);
  GstElement *last = NULL;

  for (guint i = 0; i < n; i++) {
    GstElement *element = add_element (encoding, stages[i].factory, error);

    if (element == NULL)
      return NULL;
    if (stages[i].properties != NULL)
      set_properties (element, stages[i].properties);
    if (g_str_equal (stages[i].factory, "capsfilter"))
      set_clip_caps (element, info);
    if (g_str_has_suffix (stages[i].factory, "264enc"))
      set_bitrate (element, stages[i].factory, bitrate);
    if (last == NULL) {
      g_autoptr (GstPad) sink = gst_element_get_static_pad (element, "sink");

      gst_pad_link (encoding->src, sink);
    } else {
      gst_element_link (last, element);
    }
    last = element;
  }
  return last;
}

static gboolean
build (GstFoxapiEncoding * encoding, GstFoxapiEncodingFormat format,
    const GstVideoInfo * info, guint bitrate, const gchar * path,
    GError ** error)
{
  GstElement *last = add_stages (encoding, format, info, bitrate, error);
  GstElement *sink = last ? add_element (encoding, "filesink", error) : NULL;

  if (sink == NULL)
    return FALSE;
  g_object_set (sink, "location", path, "sync", FALSE, "async", FALSE, NULL);
  gst_element_link (last, sink);
  return TRUE;
}

/* The sync handler: any thread of the pipeline's elements */
static GstBusSyncReply
take_message (GstBus * bus, GstMessage * message, gpointer user_data)
{
  GstFoxapiEncoding *encoding = user_data;
  g_autoptr (GError) error = NULL;

  g_mutex_lock (&encoding->lock);
  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_EOS) {
    encoding->is_at_end = TRUE;
  } else if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR
      && encoding->error == NULL) {
    gst_message_parse_error (message, &error, NULL);
    encoding->error = g_steal_pointer (&error);
  }
  g_cond_broadcast (&encoding->changed);
  g_mutex_unlock (&encoding->lock);
  gst_message_unref (message);
  return GST_BUS_DROP;
}

/* Returns an encoding, not started, or NULL. */
GstFoxapiEncoding *
gst_foxapi_encoding_new (GstFoxapiEncodingFormat format,
    const GstVideoInfo * info, guint bitrate, const gchar * path,
    GError ** error)
{
  g_autoptr (GstFoxapiEncoding) encoding =
      g_atomic_rc_box_new0 (GstFoxapiEncoding);
  g_autoptr (GstBus) bus = NULL;

  g_mutex_init (&encoding->lock);
  g_cond_init (&encoding->changed);
  encoding->src = gst_pad_new ("src", GST_PAD_SRC);
  gst_object_ref_sink (encoding->src);
  encoding->pipeline = gst_pipeline_new (NULL);
  gst_object_ref_sink (encoding->pipeline);
  bus = gst_element_get_bus (encoding->pipeline);
  gst_bus_set_sync_handler (bus, take_message, encoding, NULL);
  gst_pipeline_use_clock (GST_PIPELINE (encoding->pipeline), NULL);
  if (!build (encoding, format, info, bitrate, path, error))
    return NULL;
  return g_steal_pointer (&encoding);
}

GstFoxapiEncoding *
gst_foxapi_encoding_ref (GstFoxapiEncoding * encoding)
{
  return g_atomic_rc_box_acquire (encoding);
}

static void
encoding_clear (gpointer data)
{
  GstFoxapiEncoding *encoding = data;
  g_autoptr (GstBus) bus = gst_element_get_bus (encoding->pipeline);

  gst_element_set_state (encoding->pipeline, GST_STATE_NULL);
  gst_bus_set_sync_handler (bus, NULL, NULL, NULL);
  gst_pad_set_active (encoding->src, FALSE);
  gst_object_unref (encoding->src);
  gst_object_unref (encoding->pipeline);
  g_clear_error (&encoding->error);
  g_mutex_clear (&encoding->lock);
  g_cond_clear (&encoding->changed);
}

void
gst_foxapi_encoding_unref (GstFoxapiEncoding * encoding)
{
  g_atomic_rc_box_release_full (encoding, encoding_clear);
}

/* Why it goes no further: cancelled, an element's error, or @fallback. */
static void
set_error (GstFoxapiEncoding * encoding, const gchar * fallback,
    GError ** error)
{
  g_mutex_lock (&encoding->lock);
  if (encoding->is_cancelled)
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_CANCELLED, "Cancelled");
  else if (encoding->error != NULL
      && encoding->error->domain == GST_RESOURCE_ERROR)
    g_set_error (error, GST_RESOURCE_ERROR,
        encoding->error->code == GST_RESOURCE_ERROR_NO_SPACE_LEFT ?
        GST_RESOURCE_ERROR_NO_SPACE_LEFT : GST_RESOURCE_ERROR_WRITE,
        "The reference could not be written (%s). Make room and see that the "
        "folder can be written to, then start again.",
        encoding->error->message);
  else
    g_set_error (error, GST_STREAM_ERROR, GST_STREAM_ERROR_ENCODE,
        "The raw video could not be encoded (%s). Put videoconvert or "
        "videoscale before the pad, or link encoded media.",
        encoding->error ? encoding->error->message : fallback);
  g_mutex_unlock (&encoding->lock);
}

static gboolean
is_cancelled (GstFoxapiEncoding * encoding)
{
  gboolean cancelled;

  g_mutex_lock (&encoding->lock);
  cancelled = encoding->is_cancelled;
  g_mutex_unlock (&encoding->lock);
  return cancelled;
}

/* Returns TRUE if it is ready for caps. */
gboolean
gst_foxapi_encoding_start (GstFoxapiEncoding * encoding, GError ** error)
{
  GstStateChangeReturn ret = gst_element_set_state (encoding->pipeline,
      GST_STATE_PLAYING);

  /* It may have been cancelled while it had nothing to be cancelled. */
  if (is_cancelled (encoding))
    gst_element_set_state (encoding->pipeline, GST_STATE_NULL);
  if (ret == GST_STATE_CHANGE_FAILURE || is_cancelled (encoding)) {
    set_error (encoding, "the encoder did not start", error);
    return FALSE;
  }
  gst_pad_set_active (encoding->src, TRUE);
  gst_pad_push_event (encoding->src, gst_event_new_stream_start ("reference"));
  return TRUE;
}

/* Returns TRUE if they can be encoded. */
gboolean
gst_foxapi_encoding_set_caps (GstFoxapiEncoding * encoding, GstCaps * caps,
    GError ** error)
{
  GstSegment segment;

  if (!gst_pad_push_event (encoding->src, gst_event_new_caps (caps))) {
    set_error (encoding, "its format is not known", error);
    return FALSE;
  }
  gst_segment_init (&segment, GST_FORMAT_TIME);
  gst_pad_push_event (encoding->src, gst_event_new_segment (&segment));
  return TRUE;
}

/* Returns TRUE if it was taken. */
gboolean
gst_foxapi_encoding_push (GstFoxapiEncoding * encoding, GstBuffer * buffer,
    GError ** error)
{
  GstFlowReturn flow = gst_pad_push (encoding->src, buffer);

  if (flow == GST_FLOW_OK)
    return TRUE;
  set_error (encoding, gst_flow_get_name (flow), error);
  return FALSE;
}

/* Waits until all is written. Returns TRUE if the file is complete. */
gboolean
gst_foxapi_encoding_finish (GstFoxapiEncoding * encoding, GError ** error)
{
  gboolean complete;

  gst_pad_push_event (encoding->src, gst_event_new_eos ());
  g_mutex_lock (&encoding->lock);
  while (!encoding->is_at_end && encoding->error == NULL
      && !encoding->is_cancelled)
    g_cond_wait (&encoding->changed, &encoding->lock);
  complete = encoding->error == NULL && !encoding->is_cancelled;
  g_mutex_unlock (&encoding->lock);
  if (!complete)
    set_error (encoding, "the end was not reached", error);
  gst_element_set_state (encoding->pipeline, GST_STATE_NULL);
  return complete;
}

/* Called from any thread. Whatever the encoding is in returns as soon as the
 * frame that is being encoded is done. */
void
gst_foxapi_encoding_cancel (GstFoxapiEncoding * encoding)
{
  g_mutex_lock (&encoding->lock);
  encoding->is_cancelled = TRUE;
  g_cond_broadcast (&encoding->changed);
  g_mutex_unlock (&encoding->lock);
  gst_element_set_state (encoding->pipeline, GST_STATE_NULL);
}
