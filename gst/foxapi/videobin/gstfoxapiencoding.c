/* Raw frames → an encoded file, in a pipeline of its own
 *
 * The elements are in no bin of the application's: their messages reach the sync
 * handler below and nothing else. There is no source element, the frames are
 * pushed from here, so that the thread that brings them encodes them too.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstfoxapiencoding.h"

#include <gio/gio.h>

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

/* One format through the whole clip, whatever comes: the muxer takes no change. */
static void
set_clip_caps (GstElement * filter, const GstVideoInfo * info)
{
  g_autoptr (GstCaps) caps = gst_caps_new_simple ("video/x-raw",
      "format", G_TYPE_STRING, "I420",
      "width", G_TYPE_INT, get_even (info->width),
      "height", G_TYPE_INT, get_even (info->height),
      "pixel-aspect-ratio", GST_TYPE_FRACTION, info->par_n, info->par_d, NULL);

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
