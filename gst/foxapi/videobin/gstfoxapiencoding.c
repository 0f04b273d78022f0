/* Raw frames → PNG, JPEG, MP4
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstfoxapiencoding.h"

#include <glib/gi18n-lib.h>
#include <png.h>
#include <string.h>

/* The size with square pixels that shows as much: whoever reads a reference does not
 * ask for the shape of its pixels. */
static void
get_square_size (const GstVideoInfo * info, gint * width, gint * height)
{
  *width = info->width;
  *height = info->height;
  if (info->par_n > info->par_d)
    *width = gst_util_uint64_scale_int_round (info->width, info->par_n,
        info->par_d);
  else if (info->par_n > 0 && info->par_n < info->par_d)
    *height = gst_util_uint64_scale_int_round (info->height, info->par_d,
        info->par_n);
}

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

/* Returns: (transfer full) (nullable): with @info */
static GstBuffer *
convert (GstBuffer * frame, const GstVideoInfo * frame_info,
    const PngKind * kind, GstVideoInfo * info)
{
  GstVideoConverter *converter;
  GstVideoFrame source, converted;
  GstBuffer *buffer = NULL;
  gint width, height;

  if (!gst_video_frame_map (&source, frame_info, frame, GST_MAP_READ))
    return NULL;
  get_square_size (&source.info, &width, &height);
  gst_video_info_set_format (info, kind->format, width, height);
  info->fps_n = source.info.fps_n;
  info->fps_d = source.info.fps_d;
  info->interlace_mode = source.info.interlace_mode;
  converter = gst_video_converter_new (&source.info, info,
      gst_structure_new_empty ("options"));
  if (converter != NULL)
    buffer = gst_buffer_new_allocate (NULL, GST_VIDEO_INFO_SIZE (info), NULL);
  if (buffer != NULL
      && gst_video_frame_map (&converted, info, buffer, GST_MAP_WRITE)) {
    gst_video_converter_frame (converter, &source, &converted);
    gst_video_frame_unmap (&converted);
  }
  g_clear_pointer (&converter, gst_video_converter_free);
  gst_video_frame_unmap (&source);
  return buffer;
}

/* %FALSE without an error: it is larger than @limit. */
gboolean
gst_foxapi_png_write (GstBuffer * frame, const GstVideoInfo * frame_info,
    GstFoxapiCaptureFile * file, guint64 limit, GCancellable * cancellable,
    GError ** error)
{
  const PngKind *kind = choose_kind (frame_info->finfo);
  PngWriter writer = { file, limit, 0, cancellable, NULL };
  GstVideoInfo info;
  g_autoptr (GstBuffer) buffer = convert (frame, frame_info, kind, &info);
  GstVideoFrame converted;
  png_structp png;
  png_infop head;
  gboolean fits;

  if (buffer == NULL || !gst_video_frame_map (&converted, &info, buffer,
          GST_MAP_READ)) {
    g_set_error (error, GST_STREAM_ERROR, GST_STREAM_ERROR_ENCODE,
        _("The element cannot convert raw video of the format %s. Put "
            "videoconvert before the pad."),
        GST_VIDEO_FORMAT_INFO_NAME (frame_info->finfo));
    return FALSE;
  }
  png = png_create_write_struct (PNG_LIBPNG_VER_STRING, NULL, on_error,
      on_warning);
  head = png_create_info_struct (png);
  fits = write_rows (png, head, &writer, &converted, kind);
  png_destroy_write_struct (&png, &head);
  gst_video_frame_unmap (&converted);
  if (writer.error != NULL)
    g_propagate_error (error, writer.error);
  return fits;
}

/* Raw frames → an encoded file, in a pipeline of its own */

/* The elements are in no bin of the application's: nobody but this reads their bus.
 * There is no source element, the frames are pushed from here, so that the thread
 * that brings them encodes them too. */

struct _GstFoxapiEncoding
{
  GstPad *src;                  /* the one who encodes */
  GstElement *pipeline;
  GstBus *bus;
  GstMessage *fault;            /* (nullable): its first ERROR */
  gboolean is_timeless;         /* see clear_times() */

  GCancellable *cancellable;
  gulong cancelled_handler;
};

#define CONVERT "videoconvert name=first ! videoscale add-borders=false ! " \
    "capsfilter name=caps ! "
#define WRITE " ! filesink name=file sync=false async=false"

/* Without lookahead x264enc holds no more than the frame it works on: a camera gets
 * its buffers back. Without a buffer to be kept full its threads do not race, and
 * the same frames make the same file. */
static gchar *
describe (GstFoxapiEncodingFormat format, guint bitrate)
{
  GstRegistry *registry = gst_registry_get ();

  if (format == GST_FOXAPI_ENCODING_JPEG)
    return g_strdup (CONVERT "jpegenc quality=90" WRITE);
  if (!gst_registry_check_feature_version (registry, "x264enc", 0, 0, 0)
      && gst_registry_check_feature_version (registry, "openh264enc", 0, 0, 0))
    return g_strdup_printf (CONVERT "openh264enc rate-control=bitrate "
        "complexity=medium gop-size=60 bitrate=%u ! h264parse ! "
        "mp4mux name=muxer" WRITE, bitrate * 1000);
  return g_strdup_printf (CONVERT "x264enc tune=zerolatency "
      "speed-preset=veryfast key-int-max=60 vbv-buf-capacity=0 bitrate=%u ! "
      "mp4mux name=muxer" WRITE, bitrate);
}

static const gchar *
get_package (const gchar * factory)
{
  if (g_str_equal (factory, "x264enc"))
    return _("gstreamer1.0-plugins-ugly (x264enc) or "
        "gstreamer1.0-plugins-bad (openh264enc)");
  if (g_str_equal (factory, "h264parse"))
    return "gstreamer1.0-plugins-bad";
  if (g_str_has_prefix (factory, "video"))
    return "gstreamer1.0-plugins-base";
  if (g_str_equal (factory, "filesink") || g_str_equal (factory, "capsfilter"))
    return "libgstreamer1.0-0";
  return "gstreamer1.0-plugins-good";
}

/* Returns: (transfer full) (nullable) */
static GstElement *
parse (const gchar * description, GError ** error)
{
  g_autoptr (GstParseContext) context = gst_parse_context_new ();
  GstElement *pipeline = gst_parse_launch_full (description, context,
      GST_PARSE_FLAG_FATAL_ERRORS, error);
  g_auto (GStrv) missing = gst_parse_context_get_missing_elements (context);

  if (pipeline != NULL)
    return gst_object_ref_sink (pipeline);
  if (missing != NULL) {
    g_clear_error (error);
    g_set_error (error, GST_CORE_ERROR, GST_CORE_ERROR_MISSING_PLUGIN,
        _("The element %s, which encodes raw video for a reference, is "
            "missing. Install %s, or link encoded media."), missing[0],
        get_package (missing[0]));
  }
  return NULL;
}

/* One format through the whole clip, whatever comes: the muxer takes no change, not
 * even of the colorimetry, which H.264 has in its head. */
static void
add_clip_fields (GstCaps * caps, const GstVideoInfo * info, gint width,
    gint height)
{
  g_autofree gchar *colorimetry = NULL;
  GstVideoInfo clip;

  gst_video_info_set_format (&clip, GST_VIDEO_FORMAT_I420, width, height);
  if (GST_VIDEO_INFO_IS_YUV (info))
    colorimetry = gst_video_colorimetry_to_string (&info->colorimetry);
  if (colorimetry == NULL)
    colorimetry = gst_video_colorimetry_to_string (&clip.colorimetry);
  gst_caps_set_simple (caps, "format", G_TYPE_STRING, "I420", "colorimetry",
      G_TYPE_STRING, colorimetry, NULL);
}

/* The sizes that any H.264 encoder takes */
static gint
get_even (gint size)
{
  return MAX (size & ~1, 16);
}

static GstCaps *
new_caps (GstFoxapiEncodingFormat format, const GstVideoInfo * info)
{
  gboolean is_clip = format == GST_FOXAPI_ENCODING_MP4;
  GstCaps *caps;
  gint width, height;

  get_square_size (info, &width, &height);
  if (is_clip) {
    width = get_even (width);
    height = get_even (height);
  }
  caps = gst_caps_new_simple ("video/x-raw", "width", G_TYPE_INT, width,
      "height", G_TYPE_INT, height, "pixel-aspect-ratio", GST_TYPE_FRACTION, 1,
      1, NULL);
  if (is_clip)
    add_clip_fields (caps, info, width, height);
  return caps;
}

/* The boxes within a box. One that tells when it was made has after its size and
 * type version and flags, then two times, of 4 bytes each, or 8 from version 1
 * on. */
static void
visit_boxes (guint8 * data, gsize size)
{
  guint32 box_size;

  for (; size >= 8; data += box_size, size -= box_size) {
    const gchar *type = (const gchar *) data + 4;

    memcpy (&box_size, data, sizeof (box_size));
    box_size = GUINT32_FROM_BE (box_size);
    if (box_size < 8 || box_size > size)
      return;
    if (memcmp (type, "moov", 4) == 0 || memcmp (type, "trak", 4) == 0
        || memcmp (type, "mdia", 4) == 0)
      visit_boxes (data + 8, box_size - 8);
    else if (box_size >= 28 && (memcmp (type, "mvhd", 4) == 0
            || memcmp (type, "tkhd", 4) == 0 || memcmp (type, "mdhd", 4) == 0))
      memset (data + 12, 0, data[8] == 0 ? 8 : 16);
  }
}

/* The muxer writes the time of day into the file. The same frames would make
 * another file in the next second, another reference, and another charge. What
 * tells it is in one buffer, the box moov. */
static GstPadProbeReturn
clear_times (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  GstFoxapiEncoding *encoding = user_data;
  GstBuffer *buffer = GST_PAD_PROBE_INFO_BUFFER (info);
  gchar type[4];
  GstMapInfo map;

  if (gst_buffer_extract (buffer, 4, type, 4) < 4
      || memcmp (type, "moov", 4) != 0)
    return GST_PAD_PROBE_OK;
  buffer = gst_buffer_make_writable (buffer);
  GST_PAD_PROBE_INFO_DATA (info) = buffer;
  if (gst_buffer_map (buffer, &map, GST_MAP_READWRITE)) {
    visit_boxes (map.data, map.size);
    gst_buffer_unmap (buffer, &map);
    encoding->is_timeless = TRUE;
  }
  return GST_PAD_PROBE_OK;
}

static void
set_up (GstFoxapiEncoding * encoding, GstFoxapiEncodingFormat format,
    const GstVideoInfo * info, const gchar * path)
{
  GstBin *bin = GST_BIN (encoding->pipeline);
  g_autoptr (GstElement) first = gst_bin_get_by_name (bin, "first");
  g_autoptr (GstElement) filter = gst_bin_get_by_name (bin, "caps");
  g_autoptr (GstElement) muxer = gst_bin_get_by_name (bin, "muxer");
  g_autoptr (GstElement) file = gst_bin_get_by_name (bin, "file");
  g_autoptr (GstPad) sink = gst_element_get_static_pad (first, "sink");
  g_autoptr (GstCaps) caps = new_caps (format, info);

  g_object_set (filter, "caps", caps, NULL);
  g_object_set (file, "location", path, NULL);
  gst_pad_link (encoding->src, sink);
  if (muxer != NULL) {
    g_autoptr (GstPad) src = gst_element_get_static_pad (muxer, "src");

    gst_pad_add_probe (src, GST_PAD_PROBE_TYPE_BUFFER, clear_times, encoding,
        NULL);
  } else {
    encoding->is_timeless = TRUE;
  }
}

/* Called from any thread. Whatever the encoding is in returns as soon as the
 * frame that is being encoded is done. */
static void
on_cancelled (GCancellable * cancellable, GstFoxapiEncoding * encoding)
{
  gst_element_set_state (encoding->pipeline, GST_STATE_NULL);
  gst_bus_post (encoding->bus, gst_message_new_eos (NULL));
}

/* Why it goes no further: cancelled, an element's error, or @fallback. */
static void
set_error (GstFoxapiEncoding * encoding, const gchar * fallback,
    GError ** error)
{
  g_autoptr (GError) fault = NULL;

  if (g_cancellable_set_error_if_cancelled (encoding->cancellable, error))
    return;
  if (encoding->fault == NULL)
    encoding->fault = gst_bus_pop_filtered (encoding->bus, GST_MESSAGE_ERROR);
  if (encoding->fault != NULL)
    gst_message_parse_error (encoding->fault, &fault, NULL);
  if (fault != NULL && fault->domain == GST_RESOURCE_ERROR)
    g_set_error (error, GST_RESOURCE_ERROR,
        fault->code == GST_RESOURCE_ERROR_NO_SPACE_LEFT ?
        GST_RESOURCE_ERROR_NO_SPACE_LEFT : GST_RESOURCE_ERROR_WRITE,
        _("The reference could not be written (%s). Free some space, check "
            "that the folder is writable, then start again."), fault->message);
  else
    g_set_error (error, GST_STREAM_ERROR, GST_STREAM_ERROR_ENCODE,
        _("The raw video could not be encoded (%s). Put videoconvert or "
            "videoscale before the pad, or link encoded media."),
        fault ? fault->message : fallback);
}

static gboolean
start (GstFoxapiEncoding * encoding, GError ** error)
{
  GstStateChangeReturn ret = gst_element_set_state (encoding->pipeline,
      GST_STATE_PLAYING);

  /* It may have been cancelled while it had nothing to be cancelled. */
  if (g_cancellable_is_cancelled (encoding->cancellable))
    gst_element_set_state (encoding->pipeline, GST_STATE_NULL);
  if (ret == GST_STATE_CHANGE_FAILURE
      || g_cancellable_is_cancelled (encoding->cancellable)) {
    set_error (encoding, _("the encoder did not start"), error);
    return FALSE;
  }
  gst_pad_set_active (encoding->src, TRUE);
  gst_pad_push_event (encoding->src, gst_event_new_stream_start ("reference"));
  return TRUE;
}

/* Returns an encoding that has started, or NULL. */
GstFoxapiEncoding *
gst_foxapi_encoding_new (GstFoxapiEncodingFormat format,
    const GstVideoInfo * info, guint bitrate, const gchar * path,
    GCancellable * cancellable, GError ** error)
{
  g_autofree gchar *description = describe (format, bitrate);
  GstElement *pipeline = parse (description, error);
  g_autoptr (GstFoxapiEncoding) encoding = NULL;

  if (pipeline == NULL)
    return NULL;
  encoding = g_new0 (GstFoxapiEncoding, 1);
  encoding->pipeline = pipeline;
  encoding->bus = gst_element_get_bus (pipeline);
  encoding->src = gst_object_ref_sink (gst_pad_new ("src", GST_PAD_SRC));
  encoding->cancellable = g_object_ref (cancellable);
  gst_pipeline_use_clock (GST_PIPELINE (pipeline), NULL);
  gst_pipeline_set_auto_flush_bus (GST_PIPELINE (pipeline), FALSE);
  set_up (encoding, format, info, path);
  encoding->cancelled_handler = g_cancellable_connect (cancellable,
      G_CALLBACK (on_cancelled), encoding, NULL);
  return start (encoding, error) ? g_steal_pointer (&encoding) : NULL;
}

void
gst_foxapi_encoding_free (GstFoxapiEncoding * encoding)
{
  g_cancellable_disconnect (encoding->cancellable, encoding->cancelled_handler);
  g_object_unref (encoding->cancellable);
  gst_element_set_state (encoding->pipeline, GST_STATE_NULL);
  /* Its messages hold the elements, and these the bus. */
  gst_bus_set_flushing (encoding->bus, TRUE);
  gst_clear_message (&encoding->fault);
  gst_object_unref (encoding->bus);
  gst_pad_set_active (encoding->src, FALSE);
  gst_object_unref (encoding->src);
  gst_object_unref (encoding->pipeline);
  g_free (encoding);
}

static gboolean
set_caps (GstFoxapiEncoding * encoding, GstCaps * caps)
{
  g_autoptr (GstCaps) current = gst_pad_get_current_caps (encoding->src);
  GstSegment segment;

  if (current != NULL && gst_caps_is_equal (current, caps))
    return TRUE;
  if (!gst_pad_push_event (encoding->src, gst_event_new_caps (caps)))
    return FALSE;
  gst_segment_init (&segment, GST_FORMAT_TIME);
  gst_pad_push_event (encoding->src, gst_event_new_segment (&segment));
  return TRUE;
}

/* Takes the buffer. Returns TRUE if it was encoded. */
gboolean
gst_foxapi_encoding_push (GstFoxapiEncoding * encoding, GstBuffer * buffer,
    GstCaps * caps, GError ** error)
{
  GstFlowReturn flow;

  if (!set_caps (encoding, caps)) {
    gst_buffer_unref (buffer);
    set_error (encoding, _("its format is not known"), error);
    return FALSE;
  }
  flow = gst_pad_push (encoding->src, buffer);
  if (flow == GST_FLOW_OK)
    return TRUE;
  set_error (encoding, gst_flow_get_name (flow), error);
  return FALSE;
}

/* Waits until all is written. Returns TRUE if the file is complete. */
gboolean
gst_foxapi_encoding_finish (GstFoxapiEncoding * encoding, GError ** error)
{
  g_autoptr (GstMessage) message = NULL;

  gst_pad_push_event (encoding->src, gst_event_new_eos ());
  message = gst_bus_timed_pop_filtered (encoding->bus, GST_CLOCK_TIME_NONE,
      GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  gst_element_set_state (encoding->pipeline, GST_STATE_NULL);
  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR)
    encoding->fault = g_steal_pointer (&message);
  else if (encoding->is_timeless
      && !g_cancellable_is_cancelled (encoding->cancellable))
    return TRUE;
  set_error (encoding, _("it did not reach the end"), error);
  return FALSE;
}
