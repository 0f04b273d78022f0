/* The end of a reference branch: what it makes of what comes, and that nobody
 * beside it notices.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "gstfoxapicapture.h"

#include <gst/app/gstappsink.h>
#include <gst/check/gstcheck.h>
#include <gst/check/gstharness.h>
#include <gst/video/video.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

#define MIB (1024 * 1024)

static gchar *directory;

static GList *
list_directory (void)
{
  g_autoptr (GDir) dir = g_dir_open (directory, 0, NULL);
  const gchar *name;
  GList *names = NULL;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    names = g_list_prepend (names, g_build_filename (directory, name, NULL));
  return names;
}

static void
assert_files (guint n)
{
  GList *names = list_directory ();

  fail_unless_equals_int (g_list_length (names), n);
  g_list_free_full (names, g_free);
}

/* GStreamer's tracer, where meson.build has it run */
static GstTracer *
get_tracer (void)
{
  GList *tracers = gst_tracing_get_active_tracers ();
  GstTracer *tracer = tracers ? gst_object_ref (tracers->data) : NULL;

  g_list_free_full (tracers, gst_object_unref);
  return tracer;
}

static void
assert_nothing_lives (void)
{
  g_autoptr (GstTracer) tracer = get_tracer ();
  GstStructure *structure = NULL;
  const GValue *list;

  if (tracer == NULL)
    return;
  g_signal_emit_by_name (tracer, "get-live-objects", &structure);
  list = gst_structure_get_value (structure, "live-objects-list");
  for (guint i = 0; i < gst_value_list_get_size (list); i++) {
    const GValue *value = gst_value_list_get_value (list, i);
    g_autofree gchar *text = g_strdup_value_contents (value);

    fail ("Left: %s", text);
  }
  gst_structure_free (structure);
}

static void
setup (void)
{
  directory = g_dir_make_tmp ("foxapi-capture-XXXXXX", NULL);
  fail_unless (directory != NULL);
}

static void
empty_directory (void)
{
  GList *names = list_directory ();

  for (GList * l = names; l != NULL; l = l->next)
    g_unlink (l->data);
  g_list_free_full (names, g_free);
}

static void
teardown (void)
{
  empty_directory ();
  g_rmdir (directory);
  g_clear_pointer (&directory, g_free);
  assert_nothing_lives ();
}

/* A capture in a pipeline behind a description that ends with the element `out`,
 * or alone in it. */
typedef struct
{
  GstElement *pipeline;
  GstFoxapiCapture *capture;
  GstBus *bus;
} Graph;

static Graph *
graph_new (GstFoxapiCaptureKind kind, const gchar * description)
{
  Graph *graph = g_new0 (Graph, 1);
  GstElement *capture = gst_foxapi_capture_new (kind ==
      GST_FOXAPI_CAPTURE_IMAGE ? "image_0" : "video_0", kind);
  g_autoptr (GError) error = NULL;

  graph->pipeline = description ? gst_parse_launch (description, &error) :
      gst_pipeline_new (NULL);
  fail_unless (error == NULL, "%s", error ? error->message : "");
  if (!GST_IS_PIPELINE (graph->pipeline)) {
    GstElement *only = graph->pipeline;

    graph->pipeline = gst_pipeline_new (NULL);
    gst_bin_add (GST_BIN (graph->pipeline), only);
  }
  graph->bus = gst_element_get_bus (graph->pipeline);
  graph->capture = gst_object_ref (capture);
  gst_foxapi_capture_set_up (graph->capture, directory, 3 * GST_SECOND);
  gst_bin_add (GST_BIN (graph->pipeline), capture);
  if (description != NULL) {
    g_autoptr (GstElement) out = gst_bin_get_by_name (GST_BIN
        (graph->pipeline), "out");

    fail_unless (gst_element_link (out, capture));
  }
  return graph;
}

static void
graph_free (Graph * graph)
{
  gst_element_set_state (graph->pipeline, GST_STATE_NULL);
  gst_object_unref (graph->bus);
  gst_object_unref (graph->capture);
  ASSERT_OBJECT_REFCOUNT (graph->pipeline, "pipeline", 1);
  gst_object_unref (graph->pipeline);
  g_free (graph);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Graph, graph_free)
     static void graph_play (Graph * graph)
{
  fail_if (gst_element_set_state (graph->pipeline, GST_STATE_PLAYING) ==
      GST_STATE_CHANGE_FAILURE);
}

static void
graph_stop (Graph * graph)
{
  gst_element_set_state (graph->pipeline, GST_STATE_NULL);
  gst_bus_set_flushing (graph->bus, TRUE);
  gst_bus_set_flushing (graph->bus, FALSE);
}

/* What the capture says: the next foxapi-reference or ERROR. */
static GstMessage *
graph_pop (Graph * graph)
{
  GstMessage *message = gst_bus_timed_pop_filtered (graph->bus,
      60 * GST_SECOND, GST_MESSAGE_ELEMENT | GST_MESSAGE_ERROR);

  fail_unless (message != NULL);
  return message;
}

/* The captured bytes */
static GBytes *
graph_get_bytes (Graph * graph)
{
  g_autofree gchar *uri = gst_foxapi_capture_dup_uri (graph->capture);
  g_autofree gchar *path = NULL;
  g_autofree gchar *hex = NULL;
  gchar *contents;
  gsize size;
  GStatBuf status;

  fail_unless (uri != NULL);
  path = g_filename_from_uri (uri, NULL, NULL);
  fail_unless (g_file_get_contents (path, &contents, &size, NULL));
  hex = g_compute_checksum_for_data (G_CHECKSUM_SHA256, (guchar *) contents,
      size);
  fail_unless (strstr (path, hex) != NULL, "%s", path);
  fail_unless_equals_int (g_stat (path, &status), 0);
  fail_unless_equals_int (status.st_mode & 0777, 0600);
  return g_bytes_new_take (contents, size);
}

/* Waits until it is complete. */
static GBytes *
graph_capture (Graph * graph, const gchar * media_type)
{
  g_autoptr (GstMessage) message = graph_pop (graph);
  const GstStructure *structure = gst_message_get_structure (message);
  g_autoptr (GError) error = NULL;
  GBytes *bytes;
  guint64 size;

  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR)
    gst_message_parse_error (message, &error, NULL);
  fail_unless (error == NULL, "%s", error ? error->message : "");
  fail_unless (gst_structure_has_name (structure, "foxapi-reference"));
  fail_unless (GST_MESSAGE_SRC (message) == GST_OBJECT (graph->capture));
  fail_unless_equals_string (gst_structure_get_string (structure, "pad"),
      GST_OBJECT_NAME (graph->capture));
  fail_unless_equals_string (gst_structure_get_string (structure,
          "media-type"), media_type);
  bytes = graph_get_bytes (graph);
  fail_unless (gst_structure_get_uint64 (structure, "size", &size));
  fail_unless_equals_uint64 (size, g_bytes_get_size (bytes));
  assert_files (1);
  return bytes;
}

static void
assert_error (GstMessage * message, Graph * graph, GQuark domain, gint code,
    const gchar * text)
{
  g_autoptr (GError) error = NULL;
  g_autofree gchar *debug = NULL;

  fail_unless_equals_int (GST_MESSAGE_TYPE (message), GST_MESSAGE_ERROR);
  fail_unless (GST_MESSAGE_SRC (message) == GST_OBJECT (graph->capture));
  gst_message_parse_error (message, &error, &debug);
  fail_unless (g_error_matches (error, domain, code), "%s", error->message);
  fail_unless (strstr (error->message, GST_OBJECT_NAME (graph->capture))
      != NULL, "%s", error->message);
  fail_unless (strstr (error->message, text) != NULL, "%s", error->message);
}

static void
graph_fail (Graph * graph, GQuark domain, gint code, const gchar * text)
{
  g_autoptr (GstMessage) message = graph_pop (graph);
  g_autofree gchar *uri = gst_foxapi_capture_dup_uri (graph->capture);

  assert_error (message, graph, domain, code, text);
  fail_unless (uri == NULL);
}

static void
assert_nothing_more (Graph * graph)
{
  fail_unless (gst_bus_pop_filtered (graph->bus, GST_MESSAGE_ELEMENT |
          GST_MESSAGE_ERROR | GST_MESSAGE_EOS | GST_MESSAGE_ASYNC_START)
      == NULL);
}

/* A capture that the test itself feeds: nothing is between. */
typedef struct
{
  Graph *graph;
  GstPad *src;
} Feed;

static gboolean live;           /* what upstream says of itself */

static gboolean
answer (GstPad * pad, GstObject * parent, GstQuery * query)
{
  if (GST_QUERY_TYPE (query) != GST_QUERY_LATENCY)
    return gst_pad_query_default (pad, parent, query);
  gst_query_set_latency (query, live, 0, GST_CLOCK_TIME_NONE);
  return TRUE;
}

static void
feed_begin (Feed * feed, const gchar * caps)
{
  GstSegment segment;

  gst_pad_set_active (feed->src, TRUE);
  gst_pad_push_event (feed->src, gst_event_new_stream_start ("test"));
  if (caps != NULL)
    gst_pad_push_event (feed->src,
        gst_event_new_caps (gst_caps_from_string (caps)));
  gst_segment_init (&segment, caps && g_str_has_prefix (caps, "video/x-raw") ?
      GST_FORMAT_TIME : GST_FORMAT_BYTES);
  gst_pad_push_event (feed->src, gst_event_new_segment (&segment));
}

static Feed *
feed_new (GstFoxapiCaptureKind kind, const gchar * caps)
{
  Feed *feed = g_new0 (Feed, 1);
  g_autoptr (GstPad) sink = NULL;

  feed->graph = graph_new (kind, NULL);
  feed->src = gst_pad_new ("src", GST_PAD_SRC);
  gst_object_ref_sink (feed->src);
  gst_pad_set_query_function (feed->src, answer);
  sink = gst_element_get_static_pad (GST_ELEMENT (feed->graph->capture),
      "sink");
  fail_unless_equals_int (gst_pad_link (feed->src, sink), GST_PAD_LINK_OK);
  graph_play (feed->graph);
  feed_begin (feed, caps);
  return feed;
}

static void
feed_free (Feed * feed)
{
  gst_pad_set_active (feed->src, FALSE);
  graph_free (feed->graph);
  gst_object_unref (feed->src);
  g_free (feed);
  live = FALSE;
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Feed, feed_free)
     static GstFlowReturn
         feed_bytes (Feed * feed, gconstpointer data, gsize size)
{
  return gst_pad_push (feed->src, gst_buffer_new_memdup (data, size));
}

/* All of @bytes, cut into pieces of @size bytes */
static void
feed_pieces (Feed * feed, GBytes * bytes, gsize size)
{
  gsize total;
  const guint8 *data = g_bytes_get_data (bytes, &total);

  for (gsize at = 0; at < total; at += size)
    fail_unless_equals_int (feed_bytes (feed, data + at, MIN (size,
                total - at)), GST_FLOW_OK);
}

static void
feed_end (Feed * feed)
{
  gst_pad_push_event (feed->src, gst_event_new_eos ());
}

#define SMALL "video/x-raw,format=RGB,width=16,height=8,framerate=25/1"
#define SMALL_BYTES (16 * 8 * 3)

/* A frame of one colour */
static GstBuffer *
new_frame (guint8 value, GstClockTime time)
{
  GstBuffer *frame = gst_buffer_new_allocate (NULL, SMALL_BYTES, NULL);

  gst_buffer_memset (frame, 0, value, SMALL_BYTES);
  GST_BUFFER_PTS (frame) = time;
  return frame;
}

/* What a pipeline with the sink `out` makes in its first buffer */
static GBytes *
make_bytes (const gchar * description)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GstElement) pipeline = gst_parse_launch (description, &error);
  g_autoptr (GstElement) sink = gst_bin_get_by_name (GST_BIN (pipeline), "out");
  g_autoptr (GByteArray) array = g_byte_array_new ();
  GstSample *sample;

  fail_unless (error == NULL);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  while ((sample = gst_app_sink_pull_sample (GST_APP_SINK (sink))) != NULL) {
    GstMapInfo map;

    gst_buffer_map (gst_sample_get_buffer (sample), &map, GST_MAP_READ);
    g_byte_array_append (array, map.data, map.size);
    gst_buffer_unmap (gst_sample_get_buffer (sample), &map);
    gst_sample_unref (sample);
  }
  gst_element_set_state (pipeline, GST_STATE_NULL);
  return g_byte_array_free_to_bytes (g_steal_pointer (&array));
}

#define ONE_FRAME "videotestsrc num-buffers=1 pattern=snow ! " \
    "video/x-raw,width=67,height=45 ! videoconvert ! "

static const struct
{
  const gchar *caps;
  const gchar *description;
} images[] = {
  {"image/jpeg", ONE_FRAME "jpegenc ! appsink name=out sync=false"},
  {"image/png", ONE_FRAME "pngenc ! appsink name=out sync=false"},
  {"image/webp", ONE_FRAME "webpenc ! appsink name=out sync=false"},
};

static void
assert_equal_bytes (GBytes * bytes, GBytes * expected)
{
  fail_unless_equals_uint64 (g_bytes_get_size (bytes),
      g_bytes_get_size (expected));
  fail_unless (g_bytes_equal (bytes, expected));
}

/* Byte for byte: whole, in pieces, with caps and without, with more behind. */
GST_START_TEST (test_encoded_image)
{
  const gsize sizes[] = { G_MAXSIZE, 7, 1 };
  g_autoptr (GBytes) image = make_bytes (images[__i__ / 6].description);
  const gchar *media_type = images[__i__ / 6].caps;
  const gchar *caps = __i__ % 2 ? media_type : NULL;
  g_autoptr (Feed) feed = feed_new (GST_FOXAPI_CAPTURE_IMAGE, caps);
  g_autoptr (GBytes) captured = NULL;

  fail_unless (g_bytes_get_size (image) > 100);
  feed_pieces (feed, image, sizes[__i__ / 2 % 3]);
  feed_pieces (feed, image, sizes[__i__ / 2 % 3]);
  captured = graph_capture (feed->graph, media_type);
  assert_equal_bytes (captured, image);
  fail_unless_equals_int (feed_bytes (feed, "late", 4), GST_FLOW_OK);
  feed_end (feed);
  assert_nothing_more (feed->graph);
}

GST_END_TEST;

static const gchar *raw_formats[] = {
  "I420", "NV12", "YUY2", "RGB", "BGRx", "RGBA", "ARGB", "GRAY8", "GRAY16_LE",
  "Y444", "Y42B", "I420_10LE", "P010_10LE", "v210", "RGB16", "AYUV64",
  "NV12_64Z32"
};

/* The size of the frames that a file decodes to; their pixels are square */
static void
decode_size (GBytes * bytes, const gchar * decoder, gint * width, gint * height)
{
  g_autofree gchar *path = g_build_filename (directory, "decode", NULL);
  g_autofree gchar *description = g_strdup_printf ("filesrc location=%s ! %s ! "
      "video/x-raw,pixel-aspect-ratio=1/1 ! appsink name=out sync=false", path,
      decoder);
  g_autoptr (GstElement) pipeline = gst_parse_launch (description, NULL);
  g_autoptr (GstElement) sink = gst_bin_get_by_name (GST_BIN (pipeline), "out");
  g_autoptr (GstSample) sample = NULL;
  GstStructure *structure;

  fail_unless (g_file_set_contents (path, g_bytes_get_data (bytes, NULL),
          g_bytes_get_size (bytes), NULL));
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  sample = gst_app_sink_pull_sample (GST_APP_SINK (sink));
  fail_unless (sample != NULL);
  structure = gst_caps_get_structure (gst_sample_get_caps (sample), 0);
  gst_structure_get_int (structure, "width", width);
  gst_structure_get_int (structure, "height", height);
  gst_element_set_state (pipeline, GST_STATE_NULL);
}

GST_START_TEST (test_raw_image)
{
  g_autofree gchar *description = g_strdup_printf ("videotestsrc num-buffers=1 "
      "! videoconvert ! capsfilter name=out caps=video/x-raw,format=%s,width=%d,"
      "height=%d", raw_formats[__i__], __i__ % 2 ? 321 : 64,
      __i__ % 2 ? 7 : 48);
  g_autoptr (Graph) graph = graph_new (GST_FOXAPI_CAPTURE_IMAGE, description);
  g_autoptr (GBytes) captured = NULL;
  gint width = 0, height = 0;

  graph_play (graph);
  captured = graph_capture (graph, "image/png");
  decode_size (captured, "pngdec", &width, &height);
  fail_unless_equals_int (width, __i__ % 2 ? 321 : 64);
  fail_unless_equals_int (height, __i__ % 2 ? 7 : 48);
}

GST_END_TEST;

/* What is shown has the same shape, with square pixels. */
static const struct
{
  const gchar *size;
  const gchar *shape;
  gint width, height;
} shapes[] = {
  {"width=720,height=576", "pixel-aspect-ratio=16/11", 1047, 576},
  {"width=720,height=480", "pixel-aspect-ratio=8/9", 720, 540},
  {"width=720,height=576",
      "pixel-aspect-ratio=16/11,interlace-mode=interleaved", 720, 396},
  {"width=64,height=48", "interlace-mode=interleaved", 64, 48},
  {"width=64,height=48", "interlace-mode=mixed", 64, 48},
};

GST_START_TEST (test_shape)
{
  gboolean is_clip = __i__ % 2;
  g_autofree gchar *description = g_strdup_printf ("videotestsrc num-buffers=5 "
      "! video/x-raw,format=I420,%s ! capssetter name=out caps=video/x-raw,%s",
      shapes[__i__ / 2].size, shapes[__i__ / 2].shape);
  g_autoptr (Graph) graph = graph_new (is_clip ? GST_FOXAPI_CAPTURE_VIDEO :
      GST_FOXAPI_CAPTURE_IMAGE, description);
  g_autoptr (GBytes) captured = NULL;
  gint width = 0, height = 0;

  graph_play (graph);
  captured = graph_capture (graph, is_clip ? "video/mp4" : "image/png");
  decode_size (captured, is_clip ? "qtdemux ! h264parse ! avdec_h264" :
      "pngdec", &width, &height);
  fail_unless_equals_int (width, is_clip ? shapes[__i__ / 2].width & ~1 :
      shapes[__i__ / 2].width);
  fail_unless_equals_int (height, shapes[__i__ / 2].height);
}

GST_END_TEST;

/* Two moments in one frame, black and white: a reference shows one of them. */
GST_START_TEST (test_fields)
{
  static const gchar *const modes[] = { "interleaved", "mixed" };
  g_autofree gchar *caps = g_strdup_printf ("video/x-raw,format=GRAY8,width=16,"
      "height=8,framerate=25/1,interlace-mode=%s", modes[__i__]);
  GstBuffer *frame = gst_buffer_new_allocate (NULL, 16 * 8, NULL);
  g_autoptr (Feed) feed = feed_new (GST_FOXAPI_CAPTURE_IMAGE, caps);
  g_autoptr (GBytes) captured = NULL;
  g_autoptr (GstBuffer) decoded = NULL;
  GstHarness *harness = gst_harness_new ("pngdec");

  for (guint y = 0; y < 8; y++)
    gst_buffer_memset (frame, y * 16, y % 2 ? 235 : 16, 16);
  GST_BUFFER_PTS (frame) = 0;
  GST_BUFFER_FLAG_SET (frame, GST_VIDEO_BUFFER_FLAG_INTERLACED);
  gst_pad_push (feed->src, frame);
  captured = graph_capture (feed->graph, "image/png");
  gst_harness_set_src_caps_str (harness, "image/png");
  gst_harness_push (harness, gst_buffer_new_wrapped_bytes (captured));
  decoded = gst_harness_pull (harness);
  for (guint i = 0; i < 16 * 8; i++) {
    guint8 luma;

    gst_buffer_extract (decoded, i, &luma, 1);
    fail_unless (luma < 32, "%u at %u", luma, i);
  }
  gst_harness_teardown (harness);
}

GST_END_TEST;

GST_START_TEST (test_first_good_frame)
{
  const GstBufferFlags flags[] = { GST_BUFFER_FLAG_CORRUPTED,
    GST_BUFFER_FLAG_GAP, GST_BUFFER_FLAG_DECODE_ONLY
  };
  g_autoptr (Feed) feed = feed_new (GST_FOXAPI_CAPTURE_IMAGE, SMALL);
  g_autoptr (Feed) other = NULL;
  g_autoptr (GBytes) captured = NULL, expected = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (flags); i++) {
    GstBuffer *frame = new_frame (i, i);

    GST_BUFFER_FLAG_SET (frame, flags[i]);
    fail_unless_equals_int (gst_pad_push (feed->src, frame), GST_FLOW_OK);
  }
  fail_unless_equals_int (gst_pad_push (feed->src, gst_buffer_new ()),
      GST_FLOW_OK);
  fail_unless_equals_int (gst_pad_push (feed->src, new_frame (200, 10)),
      GST_FLOW_OK);
  gst_pad_push (feed->src, new_frame (100, 11));
  captured = graph_capture (feed->graph, "image/png");

  graph_stop (feed->graph);
  empty_directory ();
  other = feed_new (GST_FOXAPI_CAPTURE_IMAGE, SMALL);
  gst_pad_push (other->src, new_frame (200, 0));
  expected = graph_capture (other->graph, "image/png");
  assert_equal_bytes (captured, expected);
}

GST_END_TEST;

/* Plays a captured clip: its frames, when the first is shown, and its length. */
static guint
decode_clip (Graph * graph, GstClockTime * start, GstClockTime * end)
{
  g_autofree gchar *uri = gst_foxapi_capture_dup_uri (graph->capture);
  g_autofree gchar *path = g_filename_from_uri (uri, NULL, NULL);
  g_autofree gchar *description = g_strdup_printf ("filesrc location=%s ! "
      "qtdemux ! h264parse ! avdec_h264 ! appsink name=out sync=false", path);
  g_autoptr (GstElement) pipeline = gst_parse_launch (description, NULL);
  g_autoptr (GstElement) sink = gst_bin_get_by_name (GST_BIN (pipeline), "out");
  GstSample *sample;
  guint n = 0;

  *start = GST_CLOCK_TIME_NONE;
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  while ((sample = gst_app_sink_pull_sample (GST_APP_SINK (sink))) != NULL) {
    GstBuffer *frame = gst_sample_get_buffer (sample);

    if (n++ == 0) {
      gint64 duration = 0;

      *start = GST_BUFFER_PTS (frame);
      gst_element_query_duration (pipeline, GST_FORMAT_TIME, &duration);
      *end = duration;
    }
    gst_sample_unref (sample);
  }
  gst_element_set_state (pipeline, GST_STATE_NULL);
  return n;
}

/* One clip: what goes in, how long it is to be, and what comes out. */
static const struct
{
  const gchar *source;
  GstClockTime clip_time;
  guint frames;
  GstClockTime end;
} clips[] = {
  {"videotestsrc timestamp-offset=5000000000 ! video/x-raw,width=320,"
        "height=240,framerate=25/1 ! identity name=out",
      2 * GST_SECOND, 50, 2 * GST_SECOND},
  {"videotestsrc ! video/x-raw,width=161,height=91,framerate=30/1,format=RGB "
        "! identity name=out", GST_SECOND, 30, GST_SECOND},
  {"videotestsrc num-buffers=10 ! video/x-raw,width=64,height=64,"
        "framerate=10/1,format=NV12 ! identity name=out", 5 * GST_SECOND, 10,
      GST_SECOND},
  {"videotestsrc num-buffers=1 ! video/x-raw,width=64,height=64,"
        "framerate=10/1 ! identity name=out", 5 * GST_SECOND, 1,
      GST_SECOND / 10},
  {"videotestsrc ! video/x-raw,width=1,height=1,framerate=10/1 ! identity "
        "name=out", GST_SECOND, 10, GST_SECOND},
  {"videotestsrc ! video/x-raw,width=64,height=64,framerate=10/1 ! "
        "capssetter replace=false caps=video/x-raw,framerate=0/1 ! identity "
        "name=out", GST_SECOND, 10, GST_SECOND},
};

/* (transfer full): an element that this process has no more, for show() */
static GstPluginFeature *
hide (const gchar * factory)
{
  GstRegistry *registry = gst_registry_get ();
  GstPluginFeature *feature = gst_registry_lookup_feature (registry, factory);

  fail_unless (feature != NULL);
  gst_registry_remove_feature (registry, feature);
  return feature;
}

static void
show (GstPluginFeature * feature)
{
  gst_registry_add_feature (gst_registry_get (), feature);
  gst_object_unref (feature);
}

/* By either encoder. Behind openh264enc the parser puts its own durations, which
 * shortens the last frame where frames last longer than their rate says. */
GST_START_TEST (test_raw_clip)
{
  guint nth = __i__ % G_N_ELEMENTS (clips);
  gboolean by_other = __i__ >= (gint) G_N_ELEMENTS (clips);
  GstPluginFeature *hidden = by_other ? hide ("x264enc") : NULL;
  g_autoptr (Graph) graph = graph_new (GST_FOXAPI_CAPTURE_VIDEO,
      clips[nth].source);
  g_autoptr (GBytes) captured = NULL;
  GstClockTime start = 1, end = 0;

  gst_foxapi_capture_set_up (graph->capture, directory, clips[nth].clip_time);
  graph_play (graph);
  captured = graph_capture (graph, "video/mp4");
  fail_unless_equals_int (decode_clip (graph, &start, &end), clips[nth].frames);
  fail_unless_equals_uint64 (start, 0);
  fail_unless (end + GST_MSECOND > clips[nth].end
      && end < clips[nth].end + GST_MSECOND, "%" GST_TIME_FORMAT,
      GST_TIME_ARGS (end));
  if (hidden != NULL)
    show (hidden);
}

GST_END_TEST;

/* The same frames make the same file, whenever: another would be another
 * reference, and another charge. */
GST_START_TEST (test_same_clip)
{
  g_autoptr (Graph) graph = graph_new (GST_FOXAPI_CAPTURE_VIDEO,
      "videotestsrc pattern=ball ! video/x-raw,width=640,height=360,"
      "framerate=25/1 ! identity name=out");
  g_autofree gchar *uri = NULL, *other_uri = NULL;
  time_t past;
  g_autoptr (GBytes) clip = NULL, other = NULL;

  gst_foxapi_capture_set_up (graph->capture, directory, GST_SECOND);
  graph_play (graph);
  clip = graph_capture (graph, "video/mp4");
  uri = gst_foxapi_capture_dup_uri (graph->capture);
  graph_stop (graph);

  /* The muxer's clock ticks in seconds. */
  past = time (NULL);
  while (time (NULL) == past)
    g_usleep (1000);
  graph_play (graph);
  other = graph_capture (graph, "video/mp4");
  assert_equal_bytes (other, clip);
  other_uri = gst_foxapi_capture_dup_uri (graph->capture);
  fail_unless_equals_string (other_uri, uri);
}

GST_END_TEST;

/* Frames that come when they like, change their size, and go back in time */
GST_START_TEST (test_irregular_clip)
{
  const guint times[] = { 7000, 7010, 7300, 7350, 100, 130, 900, 1000, 2000 };
  g_autoptr (Feed) feed = feed_new (GST_FOXAPI_CAPTURE_VIDEO,
      "video/x-raw,format=RGB,width=16,height=8,framerate=0/1");
  GstClockTime start = 1, end = 0;
  g_autoptr (GBytes) clip = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (times); i++) {
    if (i == 3)
      gst_pad_push_event (feed->src,
          gst_event_new_caps (gst_caps_from_string ("video/x-raw,format=GRAY8,"
                  "width=32,height=8,framerate=5/1,interlace-mode=mixed")));
    fail_unless_equals_int (gst_pad_push (feed->src, new_frame (i * 20,
                times[i] * GST_MSECOND)), GST_FLOW_OK);
  }
  feed_end (feed);
  clip = graph_capture (feed->graph, "video/mp4");
  fail_unless_equals_int (decode_clip (feed->graph, &start, &end), 9);
  fail_unless_equals_uint64 (start, 0);
}

GST_END_TEST;

#define MOVIE "videotestsrc num-buffers=5 ! x264enc ! mp4mux ! appsink name=out"

GST_START_TEST (test_movie)
{
  const gsize sizes[] = { G_MAXSIZE, 7, 4096 };
  g_autoptr (GBytes) movie = make_bytes (MOVIE);
  g_autoptr (Feed) feed = feed_new (GST_FOXAPI_CAPTURE_VIDEO,
      __i__ % 2 ? "video/quicktime,variant=iso" : NULL);
  g_autoptr (GBytes) captured = NULL;

  feed_pieces (feed, movie, sizes[__i__ / 2]);
  feed_end (feed);
  captured = graph_capture (feed->graph, "video/mp4");
  assert_equal_bytes (captured, movie);
}

GST_END_TEST;

/* What was cut off by a flush or a new stream does not end up in the file. */
GST_START_TEST (test_bytes_anew)
{
  g_autoptr (GBytes) bytes = make_bytes (__i__ % 2 ? MOVIE :
      images[0].description);
  g_autoptr (Feed) feed = feed_new (__i__ % 2 ? GST_FOXAPI_CAPTURE_VIDEO :
      GST_FOXAPI_CAPTURE_IMAGE, NULL);
  g_autoptr (GBytes) captured = NULL;

  feed_bytes (feed, g_bytes_get_data (bytes, NULL), 90);
  if (__i__ < 2) {
    gst_pad_push_event (feed->src, gst_event_new_flush_start ());
    gst_pad_push_event (feed->src, gst_event_new_flush_stop (TRUE));
  }
  feed_begin (feed, NULL);
  feed_pieces (feed, bytes, G_MAXSIZE);
  feed_end (feed);
  captured = graph_capture (feed->graph, __i__ % 2 ? "video/mp4" :
      "image/jpeg");
  assert_equal_bytes (captured, bytes);
}

GST_END_TEST;

/* A stream of JPEGs that starts within one and has one that was cut off */
GST_START_TEST (test_broken_images)
{
  g_autoptr (GBytes) image = make_bytes (images[0].description);
  g_autoptr (Feed) feed = feed_new (GST_FOXAPI_CAPTURE_IMAGE, "image/jpeg");
  g_autoptr (GBytes) captured = NULL;
  gsize size;
  const guint8 *data = g_bytes_get_data (image, &size);

  feed_bytes (feed, data + 1000, size - 1000);
  feed_bytes (feed, data, size - 200);
  feed_pieces (feed, image, 100);
  captured = graph_capture (feed->graph, "image/jpeg");
  assert_equal_bytes (captured, image);
}

GST_END_TEST;

/* Errors, each exactly once, and everything is still taken after it. */
static const struct
{
  GstFoxapiCaptureKind kind;
  const gchar *caps;
  const gchar *data;
  gboolean is_stream;
  gint code;
  const gchar *text;
} faults[] = {
  {GST_FOXAPI_CAPTURE_IMAGE, NULL, "", TRUE, GST_STREAM_ERROR_FORMAT,
      "ended before a usable image"},
  {GST_FOXAPI_CAPTURE_IMAGE, "image/png", "neither this nor that", TRUE,
      GST_STREAM_ERROR_FORMAT, "ended before a usable image"},
  {GST_FOXAPI_CAPTURE_IMAGE, SMALL, "", TRUE, GST_STREAM_ERROR_FORMAT,
      "ended before a usable frame"},
  {GST_FOXAPI_CAPTURE_VIDEO, SMALL, "", TRUE, GST_STREAM_ERROR_FORMAT,
      "ended before a usable frame"},
  {GST_FOXAPI_CAPTURE_VIDEO, "video/quicktime", "", TRUE,
      GST_STREAM_ERROR_FORMAT, "ended before a usable video"},
  {GST_FOXAPI_CAPTURE_IMAGE, NULL,
        "#!AMR\n and so on, and on", TRUE,
        GST_STREAM_ERROR_WRONG_TYPE,
      "The pad image_0 got audio/x-amr-nb-sh. Give it "
        "JPEG, PNG or WebP, or raw video"},
  {GST_FOXAPI_CAPTURE_VIDEO, NULL,
        "#!AMR\n and so on, and on", TRUE,
        GST_STREAM_ERROR_WRONG_TYPE,
      "The pad video_0 got audio/x-amr-nb-sh. Give it " "MP4 or QuickTime"},
  {GST_FOXAPI_CAPTURE_IMAGE, NULL, "\1\2\3\4\5\6\7\1\2\3\4\5\6\7", TRUE,
      GST_STREAM_ERROR_WRONG_TYPE, "got something unknown"},
  {GST_FOXAPI_CAPTURE_IMAGE, "video/x-matroska", "", TRUE,
      GST_STREAM_ERROR_WRONG_TYPE, "The pad image_0 got video/x-matroska"},
  {GST_FOXAPI_CAPTURE_IMAGE,
        "video/x-raw(memory:GLMemory),format=RGBA,width=1,height=1", "", TRUE,
      GST_STREAM_ERROR_WRONG_TYPE, "another memory"},
};

GST_START_TEST (test_fault)
{
  g_autoptr (Feed) feed = feed_new (faults[__i__].kind, faults[__i__].caps);

  if (*faults[__i__].data != '\0')
    fail_unless_equals_int (feed_bytes (feed, faults[__i__].data,
            strlen (faults[__i__].data)), GST_FLOW_OK);
  feed_end (feed);
  graph_fail (feed->graph, faults[__i__].is_stream ? GST_STREAM_ERROR :
      GST_RESOURCE_ERROR, faults[__i__].code, faults[__i__].text);
  feed_begin (feed, NULL);
  fail_unless_equals_int (feed_bytes (feed, "more", 4), GST_FLOW_OK);
  feed_end (feed);
  graph_stop (feed->graph);
  assert_nothing_more (feed->graph);
  assert_files (0);
}

GST_END_TEST;

/* What is larger than the service takes */
GST_START_TEST (test_too_large)
{
  gboolean is_image = __i__ == 0;
  const guint8 head[] = "\x89PNG\r\n\x1a\n\x7f\xff\xff\xff" "IDAT";
  g_autoptr (Feed) feed = feed_new (is_image ? GST_FOXAPI_CAPTURE_IMAGE :
      GST_FOXAPI_CAPTURE_VIDEO, is_image ? "image/png" : "video/quicktime");
  g_autofree guint8 *zeros = g_malloc0 (MIB);
  guint n = is_image ? 20 : 100;

  feed_bytes (feed, head, sizeof (head));
  for (guint i = 0; i < n; i++)
    fail_unless_equals_int (feed_bytes (feed, zeros, MIB), GST_FLOW_OK);
  graph_fail (feed->graph, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_SETTINGS,
      is_image ? "20 MB" : "100 MB");
  fail_unless_equals_int (feed_bytes (feed, zeros, MIB), GST_FLOW_OK);
  feed_end (feed);
  graph_stop (feed->graph);
  assert_nothing_more (feed->graph);
  assert_files (0);
}

GST_END_TEST;

/* Noise, of which a PNG would be larger than the service takes */
GST_START_TEST (test_large_frame)
{
  const guint side = 2700;
  gsize size = side * side * 3;
  GstBuffer *frame = gst_buffer_new_allocate (NULL, size, NULL);
  g_autoptr (Feed) feed = feed_new (GST_FOXAPI_CAPTURE_IMAGE,
      "video/x-raw,format=RGB,width=2700,height=2700,framerate=0/1");
  g_autoptr (GRand) random = g_rand_new_with_seed (1);
  g_autoptr (GBytes) captured = NULL;
  GstMapInfo map;

  gst_buffer_map (frame, &map, GST_MAP_WRITE);
  for (gsize i = 0; i + 4 <= size; i += 4)
    GST_WRITE_UINT32_LE (map.data + i, g_rand_int (random));
  gst_buffer_unmap (frame, &map);
  gst_pad_push (feed->src, frame);
  captured = graph_capture (feed->graph, "image/jpeg");
  fail_unless (g_bytes_get_size (captured) < 20 * MIB);
}

GST_END_TEST;

/* A folder that is not there */
GST_START_TEST (test_no_folder)
{
  const GstFoxapiCaptureKind kinds[] = { GST_FOXAPI_CAPTURE_IMAGE,
    GST_FOXAPI_CAPTURE_VIDEO
  };
  g_autoptr (Feed) feed = feed_new (kinds[__i__], SMALL);

  g_rmdir (directory);
  for (guint i = 0; i < 3; i++)
    fail_unless_equals_int (gst_pad_push (feed->src, new_frame (1,
                i * GST_SECOND)), GST_FLOW_OK);
  graph_fail (feed->graph, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_WRITE,
      directory);
  feed_end (feed);
  graph_stop (feed->graph);
  assert_nothing_more (feed->graph);
}

GST_END_TEST;

GST_START_TEST (test_no_encoder)
{
  GstPluginFeature *x264enc = hide ("x264enc");
  GstPluginFeature *openh264enc = hide ("openh264enc");
  g_autoptr (Feed) feed = feed_new (GST_FOXAPI_CAPTURE_VIDEO, SMALL);

  for (guint i = 0; i < 3; i++)
    fail_unless_equals_int (gst_pad_push (feed->src, new_frame (1,
                i * GST_SECOND)), GST_FLOW_OK);
  graph_fail (feed->graph, GST_CORE_ERROR, GST_CORE_ERROR_MISSING_PLUGIN,
      "gstreamer1.0-plugins-ugly");
  feed_end (feed);
  graph_stop (feed->graph);
  assert_nothing_more (feed->graph);
  assert_files (0);
  show (x264enc);
  show (openh264enc);
}

GST_END_TEST;

static GstPadProbeReturn
keep_blocked (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  return GST_PAD_PROBE_OK;
}

/* What comes out of the capture's queue is held there. */
static GstElement *
hold_queue (Feed * feed, gulong * probe)
{
  GstElement *queue = NULL;
  g_autoptr (GstPad) src = NULL;

  GST_OBJECT_LOCK (feed->graph->capture);
  for (GList * l = GST_BIN_CHILDREN (feed->graph->capture); l; l = l->next)
    if (g_str_has_prefix (GST_OBJECT_NAME (l->data), "queue"))
      queue = l->data;
  GST_OBJECT_UNLOCK (feed->graph->capture);
  src = gst_element_get_static_pad (queue, "src");
  *probe = gst_pad_add_probe (src, GST_PAD_PROBE_TYPE_BLOCK |
      GST_PAD_PROBE_TYPE_BUFFER, keep_blocked, NULL, NULL);
  return queue;
}

static void
release_queue (GstElement * queue, gulong probe)
{
  g_autoptr (GstPad) src = gst_element_get_static_pad (queue, "src");

  gst_pad_remove_probe (src, probe);
}

#define LARGE "video/x-raw,format=RGB,width=1024,height=1024,framerate=25/1"

static GstBuffer *
new_large_frame (guint i)
{
  GstBuffer *frame = gst_buffer_new_allocate (NULL, 3 * MIB, NULL);

  GST_BUFFER_PTS (frame) = i * GST_SECOND / 25;
  return frame;
}

/* A camera never waits: what the encoder has no time for is left out. */
GST_START_TEST (test_live_leaks)
{
  g_autoptr (Feed) feed = NULL;
  g_autoptr (GBytes) captured = NULL;
  GstElement *queue;
  gulong probe;

  live = TRUE;
  feed = feed_new (GST_FOXAPI_CAPTURE_VIDEO, LARGE);
  gst_foxapi_capture_set_up (feed->graph->capture, directory, GST_SECOND);
  queue = hold_queue (feed, &probe);
  for (guint i = 0; i < 60; i++)
    fail_unless_equals_int (gst_pad_push (feed->src, new_large_frame (i)),
        GST_FLOW_OK);
  feed_end (feed);
  release_queue (queue, probe);
  captured = graph_capture (feed->graph, "video/mp4");
}

GST_END_TEST;

typedef struct
{
  GMutex lock;
  GCond changed;
  gboolean is_full;
} Fullness;

static void
note_full (GstElement * queue, Fullness * fullness)
{
  g_mutex_lock (&fullness->lock);
  fullness->is_full = TRUE;
  g_cond_broadcast (&fullness->changed);
  g_mutex_unlock (&fullness->lock);
}

static gpointer
push_frames (gpointer data)
{
  Feed *feed = data;
  GstFlowReturn flow = GST_FLOW_OK;

  for (guint i = 0; i < 60 && flow == GST_FLOW_OK; i++)
    flow = gst_pad_push (feed->src, new_large_frame (i));
  return GINT_TO_POINTER (flow);
}

/* Others wait, until the frames are taken or it is stopped. */
GST_START_TEST (test_others_wait)
{
  g_autoptr (Feed) feed = feed_new (GST_FOXAPI_CAPTURE_VIDEO, LARGE);
  Fullness fullness = { 0 };
  GstElement *queue;
  GThread *thread;
  gulong probe;

  queue = hold_queue (feed, &probe);
  g_signal_connect (queue, "overrun", G_CALLBACK (note_full), &fullness);
  thread = g_thread_new ("pusher", push_frames, feed);
  g_mutex_lock (&fullness.lock);
  while (!fullness.is_full)
    g_cond_wait (&fullness.changed, &fullness.lock);
  g_mutex_unlock (&fullness.lock);
  if (__i__ == 0) {
    release_queue (queue, probe);
    fail_unless_equals_int (GPOINTER_TO_INT (g_thread_join (thread)),
        GST_FLOW_OK);
  } else {
    graph_stop (feed->graph);
    fail_unless_equals_int (GPOINTER_TO_INT (g_thread_join (thread)),
        GST_FLOW_FLUSHING);
    assert_files (0);
  }
}

GST_END_TEST;

/* Beside a branch that must get all, and the end of the stream */
static const struct
{
  const gchar *description;
  GstFoxapiCaptureKind kind;
  gboolean is_good;
} tees[] = {
  {"videotestsrc num-buffers=100 ! video/x-raw,width=64,height=64 ! "
        "tee name=t ! queue ! fakesink name=beside sync=false "
        "t. ! identity name=out", GST_FOXAPI_CAPTURE_IMAGE, TRUE},
  {"videotestsrc num-buffers=100 is-live=true ! video/x-raw,width=64,"
        "height=64,framerate=100/1 ! "
        "tee name=t ! queue ! fakesink name=beside "
        "t. ! identity name=out", GST_FOXAPI_CAPTURE_IMAGE, TRUE},
  {"videotestsrc num-buffers=100 ! video/x-raw,width=64,height=64 ! "
        "tee name=t ! queue ! fakesink name=beside sync=false "
        "t. ! identity name=out", GST_FOXAPI_CAPTURE_VIDEO, TRUE},
  {"videotestsrc num-buffers=100 ! video/x-raw,width=64,height=64 ! "
        "jpegenc ! tee name=t ! queue ! fakesink name=beside sync=false "
        "t. ! identity name=out", GST_FOXAPI_CAPTURE_IMAGE, TRUE},
  {"fakesrc num-buffers=100 sizetype=fixed filltype=zero ! "
        "tee name=t ! queue ! fakesink name=beside sync=false "
        "t. ! identity name=out", GST_FOXAPI_CAPTURE_IMAGE, FALSE},
};

static void
count (GstElement * sink, GstBuffer * buffer, GstPad * pad, gint * n)
{
  g_atomic_int_inc (n);
}

static Graph *
tee_new (guint nth, gint * n)
{
  Graph *graph;
  g_autoptr (GstElement) beside = NULL;

  graph = graph_new (tees[nth].kind, tees[nth].description);
  beside = gst_bin_get_by_name (GST_BIN (graph->pipeline), "beside");
  g_object_set (beside, "signal-handoffs", TRUE, NULL);
  g_signal_connect (beside, "handoff", G_CALLBACK (count), n);
  return graph;
}

GST_START_TEST (test_tee)
{
  gint n = 0;
  g_autoptr (Graph) graph = tee_new (__i__, &n);
  guint captured = 0, failed = 0;
  gboolean at_end = FALSE;

  gst_foxapi_capture_set_up (graph->capture, directory, GST_SECOND);
  graph_play (graph);
  while (!at_end || captured + failed == 0) {
    g_autoptr (GstMessage) message = gst_bus_timed_pop_filtered (graph->bus,
        60 * GST_SECOND, GST_MESSAGE_EOS | GST_MESSAGE_ERROR |
        GST_MESSAGE_ELEMENT);

    fail_unless (message != NULL);
    at_end |= GST_MESSAGE_TYPE (message) == GST_MESSAGE_EOS;
    captured += GST_MESSAGE_TYPE (message) == GST_MESSAGE_ELEMENT;
    failed += GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR;
  }
  fail_unless_equals_int (captured, tees[__i__].is_good);
  fail_unless_equals_int (failed, !tees[__i__].is_good);
  fail_unless_equals_int (n, 100);
}

GST_END_TEST;

/* Stopped and started: a live one keeps what it has, another captures anew. */
GST_START_TEST (test_restart)
{
  g_autoptr (Feed) feed = NULL;
  g_autoptr (GBytes) captured = NULL, again = NULL;
  g_autofree gchar *uri = NULL, *kept = NULL;
  gboolean forgotten = __i__ == 2;

  live = __i__ > 0;
  feed = feed_new (GST_FOXAPI_CAPTURE_IMAGE, SMALL);
  gst_pad_push (feed->src, new_frame (1, 0));
  captured = graph_capture (feed->graph, "image/png");
  uri = gst_foxapi_capture_dup_uri (feed->graph->capture);
  graph_stop (feed->graph);
  kept = gst_foxapi_capture_dup_uri (feed->graph->capture);
  fail_unless_equals_string (kept, uri);

  if (forgotten)
    gst_foxapi_capture_forget (feed->graph->capture);
  gst_pad_set_active (feed->src, FALSE);
  graph_play (feed->graph);
  if (live && !forgotten) {
    again = graph_capture (feed->graph, "image/png");
    assert_equal_bytes (again, captured);
  }
  feed_begin (feed, SMALL);
  fail_unless_equals_int (gst_pad_push (feed->src, new_frame (2, 0)),
      GST_FLOW_OK);
  if (!live || forgotten) {
    again = graph_capture (feed->graph, "image/png");
    fail_if (g_bytes_equal (again, captured));
  }
  assert_nothing_more (feed->graph);
}

GST_END_TEST;

/* Only the capture is restarted, behind a source that has said all. */
GST_START_TEST (test_restart_at_eos)
{
  gboolean is_good = __i__ == 0;
  g_autoptr (Feed) feed = feed_new (GST_FOXAPI_CAPTURE_IMAGE, SMALL);
  GstElement *capture = GST_ELEMENT (feed->graph->capture);
  g_autoptr (GBytes) captured = NULL, again = NULL;
  g_autoptr (GstPad) sink = gst_element_get_static_pad (capture, "sink");

  if (is_good) {
    gst_pad_push (feed->src, new_frame (1, 0));
    captured = graph_capture (feed->graph, "image/png");
  }
  feed_end (feed);
  if (!is_good)
    graph_fail (feed->graph, GST_STREAM_ERROR, GST_STREAM_ERROR_FORMAT,
        "ended");
  gst_element_set_state (capture, GST_STATE_READY);
  gst_element_set_state (capture, GST_STATE_PLAYING);
  if (is_good)
    again = graph_capture (feed->graph, "image/png");
  else
    graph_fail (feed->graph, GST_STREAM_ERROR, GST_STREAM_ERROR_FORMAT,
        "has ended already");
  assert_nothing_more (feed->graph);

  gst_element_set_state (capture, GST_STATE_NULL);
  gst_pad_unlink (feed->src, sink);
  fail_unless (gst_foxapi_capture_dup_uri (feed->graph->capture) == NULL);
}

GST_END_TEST;

/* Stopped while it waits, has some, encodes, and finishes: nothing is left. */
GST_START_TEST (test_stop)
{
  const gchar *caps[] = { NULL, "image/png", "video/quicktime", LARGE, LARGE };
  gboolean is_image = __i__ == 1 || __i__ == 3;
  g_autoptr (Feed) feed = feed_new (is_image ? GST_FOXAPI_CAPTURE_IMAGE :
      GST_FOXAPI_CAPTURE_VIDEO, caps[__i__]);

  for (guint i = 0; i < 5; i++)
    switch (__i__) {
      case 1:
        feed_bytes (feed, "\x89PNG\r\n\x1a\n\0\0\1", 11);
        break;
      case 2:
        feed_bytes (feed, "\0\0\0\x10" "ftypqt", 10);
        break;
      case 3:
      case 4:
        gst_pad_push (feed->src, new_large_frame (i));
        break;
    }
  if (__i__ == 4)
    feed_end (feed);
  graph_stop (feed->graph);
  if (__i__ < 3)
    assert_files (0);
  for (GList * names = list_directory (); names != NULL;
      names = g_list_delete_link (names, names)) {
    fail_if (strstr (names->data, "/.") != NULL, "%s", (gchar *) names->data);
    g_free (names->data);
  }
}

GST_END_TEST;

/* What links and what does not */
GST_START_TEST (test_negotiation)
{
  const struct
  {
    const gchar *caps;
    gboolean fits;
  } offers[] = {
    {"ANY", TRUE},
    {"image/jpeg", TRUE},
    {"image/webp,width=5", TRUE},
    {"video/x-raw,format=v210", TRUE},
    {"video/x-raw(memory:GLMemory)", FALSE},
    {"video/x-h264", FALSE},
    {"video/quicktime", FALSE},
    {"audio/x-raw", FALSE},
  };
  g_autoptr (Graph) graph = graph_new (GST_FOXAPI_CAPTURE_IMAGE, NULL);
  g_autoptr (GstPad) sink = gst_element_get_static_pad (GST_ELEMENT
      (graph->capture), "sink");

  for (guint i = 0; i < G_N_ELEMENTS (offers); i++) {
    g_autoptr (GstCaps) caps = gst_caps_from_string (offers[i].caps);
    GstPadTemplate *template = gst_object_ref_sink (gst_pad_template_new ("src",
            GST_PAD_SRC, GST_PAD_ALWAYS, caps));
    GstPad *src = gst_object_ref_sink (gst_pad_new_from_template (template,
            "src"));

    fail_unless_equals_int (gst_pad_link (src, sink) == GST_PAD_LINK_OK,
        offers[i].fits);
    if (i > 0)
      fail_unless_equals_int (gst_pad_query_accept_caps (sink, caps),
          offers[i].fits);
    gst_pad_unlink (src, sink);
    gst_object_unref (src);
    gst_object_unref (template);
  }
}

GST_END_TEST;

/* Every pixel arrives. */
GST_START_TEST (test_pixels)
{
  const gchar *formats[] = { "RGB", "RGBA", "GRAY8", "GRAY16_BE" };
  const guint sizes[] = { 3, 4, 1, 2 };
  const guint width = 33, height = 300;
  g_autofree gchar *caps = g_strdup_printf ("video/x-raw,format=%s,width=%u,"
      "height=%u,framerate=0/1", formats[__i__], width, height);
  gsize stride = GST_ROUND_UP_4 (width * sizes[__i__]);
  g_autofree guint8 *pixels = g_malloc0 (stride * height);
  g_autoptr (Feed) feed = feed_new (GST_FOXAPI_CAPTURE_IMAGE, caps);
  g_autoptr (GBytes) captured = NULL;
  GstHarness *harness = gst_harness_new ("pngdec");
  GstVideoInfo info;
  GstVideoFrame frame;
  GstBuffer *decoded;
  GstCaps *decoded_caps;

  for (gsize i = 0; i < stride * height; i++)
    pixels[i] = i * i / 7;
  feed_bytes (feed, pixels, stride * height);
  captured = graph_capture (feed->graph, "image/png");

  gst_harness_set_src_caps_str (harness, "image/png");
  gst_harness_push (harness, gst_buffer_new_wrapped_bytes (captured));
  decoded = gst_harness_pull (harness);
  decoded_caps = gst_pad_get_current_caps (harness->sinkpad);
  fail_unless (gst_video_info_from_caps (&info, decoded_caps));
  fail_unless_equals_string (GST_VIDEO_INFO_NAME (&info), formats[__i__]);
  fail_unless (gst_video_frame_map (&frame, &info, decoded, GST_MAP_READ));
  for (guint y = 0; y < height; y++)
    fail_unless (memcmp ((guint8 *) GST_VIDEO_FRAME_PLANE_DATA (&frame, 0) +
            y * GST_VIDEO_FRAME_PLANE_STRIDE (&frame, 0), pixels + y * stride,
            width * sizes[__i__]) == 0, "row %u", y);
  gst_video_frame_unmap (&frame);
  gst_buffer_unref (decoded);
  gst_caps_unref (decoded_caps);
  gst_harness_teardown (harness);
}

GST_END_TEST;

/* A disk that takes no more than 8 KiB a file */
GST_START_TEST (test_disk_is_full)
{
  const GstFoxapiCaptureKind kinds[] = { GST_FOXAPI_CAPTURE_IMAGE,
    GST_FOXAPI_CAPTURE_VIDEO, GST_FOXAPI_CAPTURE_VIDEO
  };
  g_autoptr (Feed) feed = feed_new (kinds[__i__], __i__ == 2 ?
      "video/quicktime" : LARGE);
  struct rlimit old, small;
  g_autoptr (GRand) random = g_rand_new_with_seed (1);

  signal (SIGXFSZ, SIG_IGN);
  getrlimit (RLIMIT_FSIZE, &old);
  small = old;
  small.rlim_cur = 8192;
  setrlimit (RLIMIT_FSIZE, &small);
  for (guint i = 0; i < 10; i++) {
    GstBuffer *frame = new_large_frame (i);
    GstMapInfo map;

    gst_buffer_map (frame, &map, GST_MAP_WRITE);
    for (gsize at = 0; at + 4 <= map.size; at += 4)
      GST_WRITE_UINT32_LE (map.data + at, g_rand_int (random));
    gst_buffer_unmap (frame, &map);
    fail_unless_equals_int (gst_pad_push (feed->src, frame), GST_FLOW_OK);
  }
  feed_end (feed);
  graph_fail (feed->graph, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_WRITE,
      "could not be written");
  setrlimit (RLIMIT_FSIZE, &old);
  graph_stop (feed->graph);
  assert_nothing_more (feed->graph);
  assert_files (0);
}

GST_END_TEST;

/* Files, by the elements that people use */
GST_START_TEST (test_files)
{
  const gchar *readers[][2] = {
    {"filesrc", "name=out"},
    {"filesrc blocksize=13", "name=out"},
    {"filesrc", "! typefind name=out"},
    {"filesrc", "! queue ! identity name=out"},
    {"multifilesrc", "name=out"},
    {"multifilesrc loop=true caps=image/webp", "name=out"},
  };
  g_autoptr (GBytes) image = make_bytes (images[2].description);
  g_autofree gchar *path = g_strconcat (directory, ".webp", NULL);
  g_autofree gchar *description = NULL;
  g_autoptr (Graph) graph = NULL;
  g_autoptr (GBytes) captured = NULL;
  gsize size;
  const gchar *data = g_bytes_get_data (image, &size);

  fail_unless (g_file_set_contents (path, data, size, NULL));
  description = g_strdup_printf ("%s location=%s %s", readers[__i__][0], path,
      readers[__i__][1]);
  graph = graph_new (GST_FOXAPI_CAPTURE_IMAGE, description);
  graph_play (graph);
  captured = graph_capture (graph, "image/webp");
  assert_equal_bytes (captured, image);
  graph_stop (graph);
  g_unlink (path);
}

GST_END_TEST;

/* As its owner runs it: locked, and playing in a bin that only prerolls, for
 * which it is not there. */
GST_START_TEST (test_locked)
{
  GstElement *pipeline = gst_pipeline_new (NULL);
  GstElement *source = gst_element_factory_make ("videotestsrc", NULL);
  g_autoptr (Graph) graph = g_new0 (Graph, 1);
  g_autoptr (GBytes) captured = NULL;

  graph->pipeline = pipeline;
  graph->bus = gst_element_get_bus (pipeline);
  graph->capture = GST_FOXAPI_CAPTURE (gst_object_ref (gst_foxapi_capture_new
          ("image_0", GST_FOXAPI_CAPTURE_IMAGE)));
  gst_foxapi_capture_set_up (graph->capture, directory, 3 * GST_SECOND);
  gst_bin_add_many (GST_BIN (pipeline), source, graph->capture, NULL);
  fail_unless (gst_element_link (source, GST_ELEMENT (graph->capture)));
  fail_if (GST_OBJECT_FLAG_IS_SET (pipeline, GST_ELEMENT_FLAG_SINK));
  gst_element_set_locked_state (GST_ELEMENT (graph->capture), TRUE);
  fail_unless_equals_int (gst_element_set_state (GST_ELEMENT (graph->capture),
          GST_STATE_PLAYING), GST_STATE_CHANGE_SUCCESS);
  fail_unless_equals_int (gst_element_set_state (pipeline, GST_STATE_PAUSED),
      GST_STATE_CHANGE_SUCCESS);
  captured = graph_capture (graph, "image/png");
  assert_nothing_more (graph);
  gst_element_set_locked_state (GST_ELEMENT (graph->capture), FALSE);
}

GST_END_TEST;

static Suite *
capture_suite (void)
{
  Suite *suite = suite_create ("capture");
  TCase *tcase = tcase_create ("media");

  suite_add_tcase (suite, tcase);
  tcase_add_checked_fixture (tcase, setup, teardown);
  tcase_add_loop_test (tcase, test_encoded_image, 0, G_N_ELEMENTS (images) * 6);
  tcase_add_loop_test (tcase, test_raw_image, 0, G_N_ELEMENTS (raw_formats));
  tcase_add_loop_test (tcase, test_shape, 0, G_N_ELEMENTS (shapes) * 2);
  tcase_add_loop_test (tcase, test_fields, 0, 2);
  tcase_add_test (tcase, test_first_good_frame);
  tcase_add_loop_test (tcase, test_raw_clip, 0, G_N_ELEMENTS (clips) * 2 - 1);
  tcase_add_test (tcase, test_same_clip);
  tcase_add_test (tcase, test_irregular_clip);
  tcase_add_loop_test (tcase, test_movie, 0, 6);
  tcase_add_loop_test (tcase, test_bytes_anew, 0, 4);
  tcase_add_test (tcase, test_broken_images);
  tcase_add_loop_test (tcase, test_fault, 0, G_N_ELEMENTS (faults));
  tcase_add_loop_test (tcase, test_too_large, 0, 2);
  tcase_add_test (tcase, test_large_frame);
  tcase_add_loop_test (tcase, test_no_folder, 0, 2);
  tcase_add_test (tcase, test_no_encoder);
  tcase_add_test (tcase, test_live_leaks);
  tcase_add_loop_test (tcase, test_others_wait, 0, 2);
  tcase_add_loop_test (tcase, test_tee, 0, G_N_ELEMENTS (tees));
  tcase_add_loop_test (tcase, test_restart, 0, 3);
  tcase_add_loop_test (tcase, test_restart_at_eos, 0, 2);
  tcase_add_loop_test (tcase, test_stop, 0, 5);
  tcase_add_test (tcase, test_negotiation);
  tcase_add_loop_test (tcase, test_files, 0, 6);
  tcase_add_test (tcase, test_locked);
  tcase_add_loop_test (tcase, test_pixels, 0, 4);
  tcase_add_loop_test (tcase, test_disk_is_full, 0, 3);
  return suite;
}

GST_CHECK_MAIN (capture);
