/* The end of a reference branch: what it makes of what comes, and that nobody
 * beside it notices.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "gstfoxapicapture.h"

#include "../testcase.h"
#include <gst/app/gstappsink.h>
#include <gst/video/video.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

#define MIB (1024 * 1024)
#define IMAGE GST_FOXAPI_CAPTURE_IMAGE
#define VIDEO GST_FOXAPI_CAPTURE_VIDEO

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
  gst_task_cleanup_all ();
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
  const gchar *name = kind == IMAGE ? "image_0" : "video_0";
  GstElement *capture = gst_foxapi_capture_new (name, kind);
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

/* *INDENT-OFF* */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Graph, graph_free)
/* *INDENT-ON* */

static void
graph_play (Graph * graph)
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

/* *INDENT-OFF* */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Feed, feed_free)
/* *INDENT-ON* */

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

static void
feed_frame (Feed * feed, GstBuffer * frame)
{
  fail_unless_equals_int (gst_pad_push (feed->src, frame), GST_FLOW_OK);
}

/* The one ERROR, after which everything is taken, and nothing comes of it */
static void
feed_fail (Feed * feed, GQuark domain, gint code, const gchar * text)
{
  graph_fail (feed->graph, domain, code, text);
  feed_begin (feed, NULL);
  fail_unless_equals_int (feed_bytes (feed, "more", 4), GST_FLOW_OK);
  feed_end (feed);
  graph_stop (feed->graph);
  assert_nothing_more (feed->graph);
  assert_files (0);
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

/* (transfer full) (element-type GstSample): all that a pipeline with the sink
 * `out` makes, and how long it says that is */
static GPtrArray *
run_pipeline (const gchar * description, gint64 * duration)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GstElement) pipeline = gst_parse_launch (description, &error);
  g_autoptr (GstElement) sink = NULL;
  GPtrArray *samples = g_ptr_array_new_with_free_func ((GDestroyNotify)
      gst_sample_unref);
  GstSample *sample;

  fail_unless (error == NULL, "%s", error ? error->message : "");
  sink = gst_bin_get_by_name (GST_BIN (pipeline), "out");
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  while ((sample = gst_app_sink_pull_sample (GST_APP_SINK (sink))) != NULL) {
    if (samples->len == 0 && duration != NULL)
      gst_element_query_duration (pipeline, GST_FORMAT_TIME, duration);
    g_ptr_array_add (samples, sample);
  }
  gst_element_set_state (pipeline, GST_STATE_NULL);
  return samples;
}

static GBytes *
make_bytes (const gchar * description)
{
  g_autoptr (GPtrArray) samples = run_pipeline (description, NULL);
  g_autoptr (GByteArray) array = g_byte_array_new ();

  for (guint i = 0; i < samples->len; i++) {
    GstBuffer *buffer = gst_sample_get_buffer (g_ptr_array_index (samples, i));
    GstMapInfo map;

    gst_buffer_map (buffer, &map, GST_MAP_READ);
    g_byte_array_append (array, map.data, map.size);
    gst_buffer_unmap (buffer, &map);
  }
  return g_byte_array_free_to_bytes (g_steal_pointer (&array));
}

#define ONE_FRAME "videotestsrc num-buffers=1 pattern=snow ! " \
    "video/x-raw,width=67,height=45 ! videoconvert ! "
#define SINK " ! appsink name=out sync=false"
#define MOVIE "videotestsrc num-buffers=5 ! x264enc ! mp4mux" SINK

/* The images first */
static const struct
{
  const gchar *description;
  const gchar *caps;
  const gchar *media_type;
  GstFoxapiCaptureKind kind;
} files[] = {
  {ONE_FRAME "jpegenc" SINK, "image/jpeg", "image/jpeg", IMAGE},
  {ONE_FRAME "pngenc" SINK, "image/png", "image/png", IMAGE},
  {ONE_FRAME "webpenc" SINK, "image/webp", "image/webp", IMAGE},
  {MOVIE, "video/quicktime,variant=iso", "video/mp4", VIDEO},
};

static void
assert_equal_bytes (GBytes * bytes, GBytes * expected)
{
  fail_unless_equals_uint64 (g_bytes_get_size (bytes),
      g_bytes_get_size (expected));
  fail_unless (g_bytes_equal (bytes, expected));
}

/* How a clip and how a picture are decoded */
#define CLIP "qtdemux ! h264parse ! avdec_h264"
#define PICTURE "pngdec"

/* (transfer full) (element-type GstSample): what was captured, whose pixels are
 * square, and whose first frame is shown at once */
static GPtrArray *
decode (Graph * graph, const gchar * decoder, gint64 * duration)
{
  g_autofree gchar *uri = gst_foxapi_capture_dup_uri (graph->capture);
  g_autofree gchar *path = g_filename_from_uri (uri, NULL, NULL);
  g_autofree gchar *description = g_strdup_printf ("filesrc location=%s ! %s "
      "! video/x-raw,pixel-aspect-ratio=1/1 ! appsink name=out sync=false",
      path, decoder);
  GPtrArray *frames = run_pipeline (description, duration);

  fail_unless (frames->len > 0, "No frame");
  if (g_str_equal (decoder, CLIP))
    fail_unless_equals_uint64 (GST_BUFFER_PTS (gst_sample_get_buffer
            (g_ptr_array_index (frames, 0))), 0);
  return frames;
}

static void
assert_size (Graph * graph, const gchar * decoder, gint width, gint height)
{
  g_autoptr (GPtrArray) frames = decode (graph, decoder, NULL);
  GstCaps *caps = gst_sample_get_caps (g_ptr_array_index (frames, 0));
  GstVideoInfo info;

  fail_unless (gst_video_info_from_caps (&info, caps));
  fail_unless_equals_int (info.width, width);
  fail_unless_equals_int (info.height, height);
}

/* Byte for byte: whole, in pieces, with caps and without; an image with more behind */
TEST (test_encoded)
{
  const gsize sizes[] = { G_MAXSIZE, 7, 1 };
  guint nth = __i__ / 6;
  g_autoptr (GBytes) file = make_bytes (files[nth].description);
  g_autoptr (Feed) feed = feed_new (files[nth].kind, __i__ % 2 ?
      files[nth].caps : NULL);
  g_autoptr (GBytes) captured = NULL;

  fail_unless (g_bytes_get_size (file) > 100);
  feed_pieces (feed, file, sizes[__i__ / 2 % 3]);
  if (files[nth].kind == IMAGE)
    feed_pieces (feed, file, sizes[__i__ / 2 % 3]);
  else
    feed_end (feed);
  captured = graph_capture (feed->graph, files[nth].media_type);
  assert_equal_bytes (captured, file);
  if (files[nth].kind == IMAGE) {
    fail_unless_equals_int (feed_bytes (feed, "late", 4), GST_FLOW_OK);
    feed_end (feed);
  }
  assert_nothing_more (feed->graph);
}

static const gchar *raw_formats[] = {
  "I420", "NV12", "YUY2", "RGB", "BGRx", "RGBA", "ARGB", "GRAY8", "GRAY16_LE",
  "Y444", "Y42B", "I420_10LE", "P010_10LE", "v210", "RGB16", "AYUV64",
  "NV12_64Z32"
};

TEST (test_raw_image)
{
  gint width = __i__ % 2 ? 321 : 64, height = __i__ % 2 ? 7 : 48;
  g_autofree gchar *description = g_strdup_printf ("videotestsrc num-buffers=1 "
      "! videoconvert ! capsfilter name=out caps=video/x-raw,format=%s,width=%d,"
      "height=%d", raw_formats[__i__], width, height);
  g_autoptr (Graph) graph = graph_new (IMAGE, description);
  g_autoptr (GBytes) captured = NULL;

  graph_play (graph);
  captured = graph_capture (graph, "image/png");
  assert_size (graph, PICTURE, width, height);
}

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

TEST (test_shape)
{
  gboolean is_clip = __i__ % 2;
  gint width = shapes[__i__ / 2].width;
  g_autofree gchar *description = g_strdup_printf ("videotestsrc num-buffers=5 "
      "! video/x-raw,format=I420,%s ! capssetter name=out caps=video/x-raw,%s",
      shapes[__i__ / 2].size, shapes[__i__ / 2].shape);
  g_autoptr (Graph) graph = graph_new (is_clip ? VIDEO : IMAGE, description);
  g_autoptr (GBytes) captured = NULL;

  graph_play (graph);
  captured = graph_capture (graph, is_clip ? "video/mp4" : "image/png");
  assert_size (graph, is_clip ? CLIP : PICTURE, is_clip ? width & ~1 : width,
      shapes[__i__ / 2].height);
}

/* Two moments in one frame, black and white: a reference shows one of them. */
TEST (test_fields)
{
  g_autofree gchar *caps = g_strdup_printf ("video/x-raw,format=GRAY8,width=16,"
      "height=8,framerate=25/1,interlace-mode=%s",
      __i__ ? "mixed" : "interleaved");
  GstBuffer *frame = gst_buffer_new_allocate (NULL, 16 * 8, NULL);
  g_autoptr (Feed) feed = feed_new (IMAGE, caps);
  g_autoptr (GBytes) captured = NULL;
  g_autoptr (GPtrArray) decoded = NULL;
  GstBuffer *picture;

  for (guint y = 0; y < 8; y++)
    gst_buffer_memset (frame, y * 16, y % 2 ? 235 : 16, 16);
  GST_BUFFER_PTS (frame) = 0;
  GST_BUFFER_FLAG_SET (frame, GST_VIDEO_BUFFER_FLAG_INTERLACED);
  feed_frame (feed, frame);
  captured = graph_capture (feed->graph, "image/png");
  decoded = decode (feed->graph, PICTURE, NULL);
  picture = gst_sample_get_buffer (g_ptr_array_index (decoded, 0));
  for (guint i = 0; i < 16 * 8; i++) {
    guint8 luma;

    gst_buffer_extract (picture, i, &luma, 1);
    fail_unless (luma < 32, "%u at %u", luma, i);
  }
}

/* The colours of a field, of whose lines a clip has every other, are not taken for
 * those of two fields: each pair of lines has its own. What says that there are two
 * may be with the buffer alone, or with its metadata, too. */
TEST (test_colours_of_fields)
{
  const guint side = 64, stride = 2 * side;
  const guint8 colours[] = { 64, 192 };
  g_autoptr (Feed) feed = feed_new (VIDEO, "video/x-raw,"
      "format=YUY2,width=64,height=64,framerate=25/1,"
      "interlace-mode=interleaved");
  g_autoptr (GBytes) captured = NULL;
  g_autoptr (GPtrArray) decoded = NULL;
  GstBuffer *frame = gst_buffer_new_allocate (NULL, side * stride, NULL);
  GstSample *sample;
  GstVideoInfo info;

  gst_buffer_memset (frame, 0, 128, side * stride);
  for (guint i = 1; i < side * stride; i += 2)
    gst_buffer_memset (frame, i, colours[i / (4 * stride) % 2], 1);
  GST_BUFFER_PTS (frame) = 0;
  GST_BUFFER_FLAG_SET (frame, GST_VIDEO_BUFFER_FLAG_INTERLACED);
  if (__i__ == 1)
    gst_buffer_add_video_meta (frame, GST_VIDEO_FRAME_FLAG_INTERLACED,
        GST_VIDEO_FORMAT_YUY2, side, side);
  feed_frame (feed, frame);
  feed_end (feed);
  captured = graph_capture (feed->graph, "video/mp4");
  decoded = decode (feed->graph, CLIP, NULL);
  sample = g_ptr_array_index (decoded, 0);
  fail_unless (gst_video_info_from_caps (&info, gst_sample_get_caps (sample)));
  /* Scaled: each has two lines, which are nearer to it than to its neighbours. */
  for (guint y = 0; y < side / 2; y++) {
    guint8 colour;

    gst_buffer_extract (gst_sample_get_buffer (sample), info.offset[1]
        + y * info.stride[1], &colour, 1);
    fail_unless (ABS (colour - colours[y / 2 % 2]) < 48, "%u at %u", colour, y);
  }
}

TEST (test_first_good_frame)
{
  const GstBufferFlags flags[] = { GST_BUFFER_FLAG_CORRUPTED,
    GST_BUFFER_FLAG_GAP, GST_BUFFER_FLAG_DECODE_ONLY
  };
  g_autoptr (Feed) feed = feed_new (IMAGE, SMALL);
  g_autoptr (Feed) other = NULL;
  g_autoptr (GBytes) captured = NULL, expected = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (flags); i++) {
    GstBuffer *frame = new_frame (i, i);

    GST_BUFFER_FLAG_SET (frame, flags[i]);
    feed_frame (feed, frame);
  }
  feed_frame (feed, gst_buffer_new ());
  feed_frame (feed, new_frame (200, 10));
  feed_frame (feed, new_frame (100, 11));
  captured = graph_capture (feed->graph, "image/png");

  graph_stop (feed->graph);
  empty_directory ();
  other = feed_new (IMAGE, SMALL);
  feed_frame (other, new_frame (200, 0));
  expected = graph_capture (other->graph, "image/png");
  assert_equal_bytes (captured, expected);
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
TEST (test_raw_clip)
{
  guint nth = __i__ % G_N_ELEMENTS (clips);
  gboolean by_other = __i__ >= (gint) G_N_ELEMENTS (clips);
  GstPluginFeature *hidden = by_other ? hide ("x264enc") : NULL;
  g_autoptr (Graph) graph = graph_new (VIDEO, clips[nth].source);
  g_autoptr (GBytes) captured = NULL;
  g_autoptr (GPtrArray) frames = NULL;
  gint64 end = 0;

  gst_foxapi_capture_set_up (graph->capture, directory, clips[nth].clip_time);
  graph_play (graph);
  captured = graph_capture (graph, "video/mp4");
  frames = decode (graph, CLIP, &end);
  fail_unless_equals_int (frames->len, clips[nth].frames);
  fail_unless (ABS (end - (gint64) clips[nth].end) < GST_MSECOND,
      "%" GST_TIME_FORMAT, GST_TIME_ARGS (end));
  if (hidden != NULL)
    show (hidden);
}

/* The same frames make the same file, whenever: another would be another
 * reference, and another charge. */
TEST (test_same_clip)
{
  g_autoptr (Graph) graph = graph_new (VIDEO,
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

/* Frames that come when they like, change their size, and go back in time */
TEST (test_irregular_clip)
{
  const guint times[] = { 7000, 7010, 7300, 7350, 100, 130, 900, 1000, 2000 };
  g_autoptr (Feed) feed = feed_new (VIDEO,
      "video/x-raw,format=RGB,width=16,height=8,framerate=0/1");
  g_autoptr (GBytes) clip = NULL;
  g_autoptr (GPtrArray) frames = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (times); i++) {
    if (i == 3)
      gst_pad_push_event (feed->src,
          gst_event_new_caps (gst_caps_from_string ("video/x-raw,format=GRAY8,"
                  "width=32,height=8,framerate=5/1,interlace-mode=mixed")));
    feed_frame (feed, new_frame (i * 20, times[i] * GST_MSECOND));
  }
  feed_end (feed);
  clip = graph_capture (feed->graph, "video/mp4");
  frames = decode (feed->graph, CLIP, NULL);
  fail_unless_equals_int (frames->len, G_N_ELEMENTS (times));
}

/* What was cut off by a flush or a new stream does not end up in the file. */
TEST (test_bytes_anew)
{
  guint nth = __i__ % 2 ? G_N_ELEMENTS (files) - 1 : 0;
  g_autoptr (GBytes) bytes = make_bytes (files[nth].description);
  g_autoptr (Feed) feed = feed_new (files[nth].kind, NULL);
  g_autoptr (GBytes) captured = NULL;

  feed_bytes (feed, g_bytes_get_data (bytes, NULL), 90);
  if (__i__ < 2) {
    gst_pad_push_event (feed->src, gst_event_new_flush_start ());
    gst_pad_push_event (feed->src, gst_event_new_flush_stop (TRUE));
  }
  feed_begin (feed, NULL);
  feed_pieces (feed, bytes, G_MAXSIZE);
  feed_end (feed);
  captured = graph_capture (feed->graph, files[nth].media_type);
  assert_equal_bytes (captured, bytes);
}

/* A stream of JPEGs that starts within one and has one that was cut off */
TEST (test_broken_images)
{
  g_autoptr (GBytes) image = make_bytes (files[0].description);
  g_autoptr (Feed) feed = feed_new (IMAGE, "image/jpeg");
  g_autoptr (GBytes) captured = NULL;
  gsize size;
  const guint8 *data = g_bytes_get_data (image, &size);

  feed_bytes (feed, data + 1000, size - 1000);
  feed_bytes (feed, data, size - 200);
  feed_pieces (feed, image, 100);
  captured = graph_capture (feed->graph, "image/jpeg");
  assert_equal_bytes (captured, image);
}

/* Errors, each exactly once, and everything is still taken after it. */
static const struct
{
  GstFoxapiCaptureKind kind;
  const gchar *caps;
  const gchar *data;
  gint code;
  const gchar *text;
} faults[] = {
  {IMAGE, NULL, "", GST_STREAM_ERROR_FORMAT,
      "ended before a usable image"},
  {IMAGE, "image/png", "neither this nor that",
      GST_STREAM_ERROR_FORMAT, "ended before a usable image"},
  {IMAGE, SMALL, "", GST_STREAM_ERROR_FORMAT,
      "ended before a usable frame"},
  {VIDEO, SMALL, "", GST_STREAM_ERROR_FORMAT,
      "ended before a usable frame"},
  {VIDEO, "video/quicktime", "", GST_STREAM_ERROR_FORMAT,
      "ended before a usable video"},
  {IMAGE, NULL,
        "#!AMR\n and so on, and on", GST_STREAM_ERROR_WRONG_TYPE,
      "The pad image_0 got audio/x-amr-nb-sh. Give it "
        "JPEG, PNG or WebP, or raw video"},
  {VIDEO, NULL,
        "#!AMR\n and so on, and on", GST_STREAM_ERROR_WRONG_TYPE,
      "The pad video_0 got audio/x-amr-nb-sh. Give it " "MP4 or QuickTime"},
  {IMAGE, NULL, "\1\2\3\4\5\6\7\1\2\3\4\5\6\7",
      GST_STREAM_ERROR_WRONG_TYPE, "got something unknown"},
  {IMAGE, "video/x-matroska", "",
      GST_STREAM_ERROR_WRONG_TYPE, "The pad image_0 got video/x-matroska"},
  {IMAGE,
        "video/x-raw(memory:GLMemory),format=RGBA,width=1,height=1", "",
      GST_STREAM_ERROR_WRONG_TYPE, "another memory"},
};

TEST (test_fault)
{
  g_autoptr (Feed) feed = feed_new (faults[__i__].kind, faults[__i__].caps);

  if (*faults[__i__].data != '\0')
    fail_unless_equals_int (feed_bytes (feed, faults[__i__].data,
            strlen (faults[__i__].data)), GST_FLOW_OK);
  feed_end (feed);
  feed_fail (feed, GST_STREAM_ERROR, faults[__i__].code, faults[__i__].text);
}

/* What is larger than the service takes */
TEST (test_too_large)
{
  gboolean is_image = __i__ == 0;
  const guint8 head[] = "\x89PNG\r\n\x1a\n\x7f\xff\xff\xff" "IDAT";
  g_autoptr (Feed) feed = feed_new (is_image ? IMAGE :
      VIDEO, is_image ? "image/png" : "video/quicktime");
  g_autofree guint8 *zeros = g_malloc0 (MIB);
  guint n = is_image ? 20 : 100;

  feed_bytes (feed, head, sizeof (head));
  for (guint i = 0; i < n; i++)
    fail_unless_equals_int (feed_bytes (feed, zeros, MIB), GST_FLOW_OK);
  feed_fail (feed, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_SETTINGS,
      is_image ? "20 MB" : "100 MB");
}

/* Of which no file can be as small as the service takes, or the disk */
static void
fill_with_noise (GstBuffer * frame)
{
  g_autoptr (GRand) random = g_rand_new_with_seed (1);
  GstMapInfo map;

  gst_buffer_map (frame, &map, GST_MAP_WRITE);
  for (gsize i = 0; i + 4 <= map.size; i += 4)
    GST_WRITE_UINT32_LE (map.data + i, g_rand_int (random));
  gst_buffer_unmap (frame, &map);
}

/* A PNG of it would be larger than the service takes. */
TEST (test_large_frame)
{
  const guint side = 2700;
  GstBuffer *frame = gst_buffer_new_allocate (NULL, side * side * 3, NULL);
  g_autoptr (Feed) feed = feed_new (IMAGE,
      "video/x-raw,format=RGB,width=2700,height=2700,framerate=0/1");
  g_autoptr (GBytes) captured = NULL;

  fill_with_noise (frame);
  feed_frame (feed, frame);
  captured = graph_capture (feed->graph, "image/jpeg");
  fail_unless (g_bytes_get_size (captured) < 20 * MIB);
}

/* A folder that is not there */
TEST (test_no_folder)
{
  g_autoptr (Feed) feed = feed_new (__i__ ? VIDEO : IMAGE, SMALL);

  g_rmdir (directory);
  for (guint i = 0; i < 3; i++)
    feed_frame (feed, new_frame (1, i * GST_SECOND));
  feed_fail (feed, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_WRITE, directory);
}

TEST (test_no_encoder)
{
  GstPluginFeature *x264enc = hide ("x264enc");
  GstPluginFeature *openh264enc = hide ("openh264enc");
  g_autoptr (Feed) feed = feed_new (VIDEO, SMALL);

  for (guint i = 0; i < 3; i++)
    feed_frame (feed, new_frame (1, i * GST_SECOND));
  feed_fail (feed, GST_CORE_ERROR, GST_CORE_ERROR_MISSING_PLUGIN,
      "gstreamer1.0-plugins-ugly");
  show (x264enc);
  show (openh264enc);
}

static GstElement *
find_queue (Graph * graph)
{
  GstElement *queue = NULL;

  GST_OBJECT_LOCK (graph->capture);
  for (GList * l = GST_BIN_CHILDREN (graph->capture); l; l = l->next)
    if (g_str_has_prefix (GST_OBJECT_NAME (l->data), "queue"))
      queue = l->data;
  GST_OBJECT_UNLOCK (graph->capture);
  return queue;
}

/* (transfer full): the pad at which what comes out of the capture's queue is held */
static GstPad *
hold_queue (Graph * graph, gulong * probe)
{
  GstPad *pad = gst_element_get_static_pad (find_queue (graph), "src");

  *probe = gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BLOCK |
      GST_PAD_PROBE_TYPE_BUFFER, NULL, NULL, NULL);
  return pad;
}

/* Until there is something that it holds */
static void
wait_until_held (GstPad * pad)
{
  while (!gst_pad_is_blocking (pad))
    g_usleep (1000);
}

#define LARGE "video/x-raw,format=RGB,width=1024,height=1024,framerate=25/1"

static GstBuffer *
new_large_frame (guint i)
{
  GstBuffer *frame = gst_buffer_new_allocate (NULL, 3 * MIB, NULL);

  GST_BUFFER_PTS (frame) = i * GST_SECOND / 25;
  return frame;
}

/* A camera never waits: what the encoder has no time for is left out, and the clip
 * goes on to the last frame. */
TEST (test_live_leaks)
{
  const guint n = 60;
  g_autoptr (Feed) feed = NULL;
  g_autoptr (GBytes) captured = NULL;
  g_autoptr (GPtrArray) frames = NULL;
  gint64 duration;
  g_autoptr (GstPad) pad = NULL;
  gulong probe;

  live = TRUE;
  feed = feed_new (VIDEO, LARGE);
  pad = hold_queue (feed->graph, &probe);
  feed_frame (feed, new_large_frame (0));
  wait_until_held (pad);
  for (guint i = 1; i < n; i++)
    feed_frame (feed, new_large_frame (i));
  feed_end (feed);
  gst_pad_remove_probe (pad, probe);
  captured = graph_capture (feed->graph, "video/mp4");
  frames = decode (feed->graph, CLIP, &duration);
  fail_unless (frames->len < n);
  fail_unless_equals_int64 (duration, n * GST_SECOND / 25);
}

/* Nor does a live source of bytes, of which nothing is left out. */
TEST (test_live_bytes)
{
  const guint n = 70;
  g_autofree guint8 *data = g_malloc0 (n * MIB);
  g_autoptr (GBytes) movie = NULL, captured = NULL;
  g_autoptr (Feed) feed = NULL;
  g_autoptr (GstPad) pad = NULL;
  gulong probe;

  memcpy (data, "\0\0\0\x10" "ftypqt  ", 12);
  movie = g_bytes_new_static (data, n * MIB);
  live = TRUE;
  feed = feed_new (VIDEO, "video/quicktime");
  pad = hold_queue (feed->graph, &probe);
  feed_pieces (feed, movie, MIB);
  feed_end (feed);
  gst_pad_remove_probe (pad, probe);
  captured = graph_capture (feed->graph, "video/quicktime");
  assert_equal_bytes (captured, movie);
}

static void
note_full (GstElement * queue, GAsyncQueue * full)
{
  g_async_queue_push (full, queue);
}

static gpointer
push_frames (gpointer data)
{
  Feed *feed = data;
  GstFlowReturn flow = GST_FLOW_OK;

  for (guint i = 1; i < 60 && flow == GST_FLOW_OK; i++)
    flow = gst_pad_push (feed->src, new_large_frame (i));
  return GINT_TO_POINTER (flow);
}

/* Others wait, until the frames are taken or it is stopped. */
TEST (test_others_wait)
{
  g_autoptr (GAsyncQueue) full = g_async_queue_new ();
  g_autoptr (Feed) feed = feed_new (VIDEO, LARGE);
  g_autoptr (GstPad) pad = NULL;
  GThread *thread;
  gulong probe;

  pad = hold_queue (feed->graph, &probe);
  feed_frame (feed, new_large_frame (0));
  wait_until_held (pad);
  g_signal_connect (find_queue (feed->graph), "overrun", G_CALLBACK (note_full),
      full);
  thread = g_thread_new ("pusher", push_frames, feed);
  g_async_queue_pop (full);
  if (__i__ == 0) {
    gst_pad_remove_probe (pad, probe);
    fail_unless_equals_int (GPOINTER_TO_INT (g_thread_join (thread)),
        GST_FLOW_OK);
  } else {
    graph_stop (feed->graph);
    fail_unless_equals_int (GPOINTER_TO_INT (g_thread_join (thread)),
        GST_FLOW_FLUSHING);
    assert_files (0);
  }
}

/* Beside a branch that must get all, and the end of the stream */
#define TEE "tee name=t ! queue ! fakesink name=beside sync=false " \
    "t. ! identity name=out"

static const struct
{
  const gchar *description;
  GstFoxapiCaptureKind kind;
  gboolean is_good;
} tees[] = {
  {"videotestsrc num-buffers=100 ! video/x-raw,width=64,height=64 ! " TEE,
      IMAGE, TRUE},
  {"videotestsrc num-buffers=100 is-live=true ! video/x-raw,width=64,"
        "height=64,framerate=100/1 ! " TEE, IMAGE, TRUE},
  {"videotestsrc num-buffers=100 ! video/x-raw,width=64,height=64 ! " TEE,
      VIDEO, TRUE},
  {"videotestsrc num-buffers=100 ! video/x-raw,width=64,height=64 ! "
        "jpegenc ! " TEE, IMAGE, TRUE},
  {"fakesrc num-buffers=100 sizetype=fixed filltype=zero ! " TEE,
      IMAGE, FALSE},
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

TEST (test_tee)
{
  gint n = 0;
  g_autoptr (Graph) graph = tee_new (__i__, &n);
  guint captured = 0, failed = 0;
  gboolean at_end = FALSE;
  g_autoptr (GstMessage) prerolled = NULL;
  g_autoptr (GstPad) pad = NULL;
  gulong probe;

  gst_foxapi_capture_set_up (graph->capture, directory, GST_SECOND);
  /* An error during preroll would stop the other branch, too. */
  pad = hold_queue (graph, &probe);
  graph_play (graph);
  prerolled = gst_bus_timed_pop_filtered (graph->bus, 60 * GST_SECOND,
      GST_MESSAGE_ASYNC_DONE);
  fail_unless (prerolled != NULL);
  gst_pad_remove_probe (pad, probe);
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

/* Stopped and started: a live one keeps what it has, another captures anew. */
TEST (test_restart)
{
  g_autoptr (Feed) feed = NULL;
  g_autoptr (GBytes) captured = NULL, again = NULL;
  g_autofree gchar *uri = NULL, *kept = NULL;
  gboolean forgotten = __i__ == 2;

  live = __i__ > 0;
  feed = feed_new (IMAGE, SMALL);
  feed_frame (feed, new_frame (1, 0));
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
  feed_frame (feed, new_frame (2, 0));
  if (!live || forgotten) {
    again = graph_capture (feed->graph, "image/png");
    fail_if (g_bytes_equal (again, captured));
  }
  assert_nothing_more (feed->graph);
}

/* Only the capture is restarted, behind a source that has said all. */
TEST (test_restart_at_eos)
{
  gboolean is_good = __i__ == 0;
  g_autoptr (Feed) feed = feed_new (IMAGE, SMALL);
  GstElement *capture = GST_ELEMENT (feed->graph->capture);
  g_autoptr (GBytes) captured = NULL, again = NULL;

  if (is_good) {
    feed_frame (feed, new_frame (1, 0));
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
  gst_foxapi_capture_forget (feed->graph->capture);
  fail_unless (gst_foxapi_capture_dup_uri (feed->graph->capture) == NULL);
}

/* Stopped while it waits, has some, encodes, and finishes: nothing is left. */
TEST (test_stop)
{
  const gchar *caps[] = { NULL, "image/png", "video/quicktime", LARGE, LARGE };
  gboolean is_image = __i__ == 1 || __i__ == 3;
  g_autoptr (Feed) feed = feed_new (is_image ? IMAGE : VIDEO, caps[__i__]);

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
        feed_frame (feed, new_large_frame (i));
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

/* Memory that cannot be read, which takes until the capture stops */
typedef GstAllocator Unreadable;
typedef GstAllocatorClass UnreadableClass;

GType unreadable_get_type (void);

/* *INDENT-OFF* */
G_DEFINE_TYPE (Unreadable, unreadable, GST_TYPE_ALLOCATOR)
/* *INDENT-ON* */

static GstPad *end;             /* of the capture */
static gint is_being_read;      /* atomic */

static gpointer
fail_to_map (GstMemory * memory, gsize size, GstMapFlags flags)
{
  g_atomic_int_set (&is_being_read, TRUE);
  while (!GST_PAD_IS_FLUSHING (end))
    g_usleep (1000);
  return NULL;
}

static void
free_memory (GstAllocator * allocator, GstMemory * memory)
{
  g_free (memory);
}

static void
unreadable_class_init (UnreadableClass * klass)
{
  klass->free = free_memory;
}

static void
unreadable_init (Unreadable * allocator)
{
  allocator->mem_type = "unreadable";
  allocator->mem_map = fail_to_map;
}

static GstBuffer *
new_unreadable_frame (void)
{
  g_autoptr (GstAllocator) allocator = gst_object_ref_sink (g_object_new
      (unreadable_get_type (), NULL));
  GstMemory *memory = g_new0 (GstMemory, 1);
  GstBuffer *frame = gst_buffer_new ();

  gst_memory_init (memory, 0, allocator, NULL, SMALL_BYTES, 0, 0, SMALL_BYTES);
  gst_buffer_append_memory (frame, memory);
  return frame;
}

/* What fails because it is stopped is no ERROR any more. */
TEST (test_failure_at_a_stop)
{
  g_autoptr (Feed) feed = feed_new (IMAGE, SMALL);
  g_autoptr (GstPad) src = gst_element_get_static_pad (find_queue (feed->graph),
      "src");

  end = gst_pad_get_peer (src);
  feed_frame (feed, new_unreadable_frame ());
  while (!g_atomic_int_get (&is_being_read))
    g_usleep (1000);
  gst_element_set_state (feed->graph->pipeline, GST_STATE_READY);
  assert_nothing_more (feed->graph);
  gst_clear_object (&end);
}

/* What links and what does not */
static const struct
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

TEST (test_negotiation)
{
  g_autoptr (Graph) graph = graph_new (IMAGE, NULL);
  g_autoptr (GstPad) sink = gst_element_get_static_pad (GST_ELEMENT
      (graph->capture), "sink");
  g_autoptr (GstCaps) caps = gst_caps_from_string (offers[__i__].caps);
  g_autoptr (GstPadTemplate) template = gst_object_ref_sink
      (gst_pad_template_new ("src", GST_PAD_SRC, GST_PAD_ALWAYS, caps));
  g_autoptr (GstPad) src = gst_object_ref_sink (gst_pad_new_from_template
      (template, "src"));

  fail_unless_equals_int (gst_pad_link (src, sink) == GST_PAD_LINK_OK,
      offers[__i__].fits);
  if (!gst_caps_is_any (caps))
    fail_unless_equals_int (gst_pad_query_accept_caps (sink, caps),
        offers[__i__].fits);
  gst_pad_unlink (src, sink);
}

/* Every pixel arrives. */
static const struct
{
  const gchar *format;
  guint bytes;                  /* of a pixel */
} pixels[] = {
  {"RGB", 3}, {"RGBA", 4}, {"GRAY8", 1}, {"GRAY16_BE", 2},
};

TEST (test_pixels)
{
  const guint width = 33, height = 300;
  g_autofree gchar *caps = g_strdup_printf ("video/x-raw,format=%s,width=%u,"
      "height=%u,framerate=0/1", pixels[__i__].format, width, height);
  gsize row = width * pixels[__i__].bytes, stride = GST_ROUND_UP_4 (row);
  g_autofree guint8 *data = g_malloc0 (stride * height);
  g_autoptr (Feed) feed = feed_new (IMAGE, caps);
  g_autoptr (GBytes) captured = NULL;
  g_autoptr (GPtrArray) decoded = NULL;
  GstSample *picture;
  GstVideoInfo info;
  GstVideoFrame frame;

  for (gsize i = 0; i < stride * height; i++)
    data[i] = i * i / 7;
  feed_bytes (feed, data, stride * height);
  captured = graph_capture (feed->graph, "image/png");

  decoded = decode (feed->graph, PICTURE, NULL);
  picture = g_ptr_array_index (decoded, 0);
  fail_unless (gst_video_info_from_caps (&info, gst_sample_get_caps (picture)));
  fail_unless_equals_string (GST_VIDEO_INFO_NAME (&info), pixels[__i__].format);
  fail_unless (gst_video_frame_map (&frame, &info,
          gst_sample_get_buffer (picture), GST_MAP_READ));
  for (guint y = 0; y < height; y++)
    fail_unless (memcmp ((guint8 *) GST_VIDEO_FRAME_PLANE_DATA (&frame, 0) +
            y * GST_VIDEO_FRAME_PLANE_STRIDE (&frame, 0), data + y * stride,
            row) == 0, "row %u", y);
  gst_video_frame_unmap (&frame);
}

/* A disk that takes no more than 8 KiB a file */
TEST (test_disk_is_full)
{
  g_autoptr (Feed) feed = feed_new (__i__ ? VIDEO :
      IMAGE, __i__ == 2 ? "video/quicktime" : LARGE);
  struct rlimit old, small;

  signal (SIGXFSZ, SIG_IGN);
  getrlimit (RLIMIT_FSIZE, &old);
  small = old;
  small.rlim_cur = 8192;
  setrlimit (RLIMIT_FSIZE, &small);
  for (guint i = 0; i < 10; i++) {
    GstBuffer *frame = new_large_frame (i);

    fill_with_noise (frame);
    feed_frame (feed, frame);
  }
  feed_end (feed);
  feed_fail (feed, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_WRITE,
      "could not be written");
  setrlimit (RLIMIT_FSIZE, &old);
}

/* Files, by the elements that people use */
static const gchar *const readers[][2] = {
  {"filesrc", "name=out"},
  {"filesrc blocksize=13", "name=out"},
  {"filesrc", "! typefind name=out"},
  {"filesrc", "! queue ! identity name=out"},
  {"multifilesrc", "name=out"},
  {"multifilesrc loop=true caps=image/webp", "name=out"},
};

TEST (test_files)
{
  g_autoptr (GBytes) image = make_bytes (files[2].description);
  g_autofree gchar *path = g_strconcat (directory, ".webp", NULL);
  g_autofree gchar *description = g_strdup_printf ("%s location=%s %s",
      readers[__i__][0], path, readers[__i__][1]);
  g_autoptr (Graph) graph = graph_new (IMAGE, description);
  g_autoptr (GBytes) captured = NULL;

  fail_unless (g_file_set_contents (path, g_bytes_get_data (image, NULL),
          g_bytes_get_size (image), NULL));
  graph_play (graph);
  captured = graph_capture (graph, "image/webp");
  assert_equal_bytes (captured, image);
  graph_stop (graph);
  g_unlink (path);
}

/* As its owner runs it: locked, and playing in a bin that only prerolls, for
 * which it is not there. */
TEST (test_locked)
{
  g_autoptr (Graph) graph = graph_new (IMAGE, "videotestsrc name=out");
  GstElement *capture = GST_ELEMENT (graph->capture);
  g_autoptr (GBytes) captured = NULL;

  fail_if (GST_OBJECT_FLAG_IS_SET (graph->pipeline, GST_ELEMENT_FLAG_SINK));
  gst_element_set_locked_state (capture, TRUE);
  fail_unless_equals_int (gst_element_set_state (capture, GST_STATE_PLAYING),
      GST_STATE_CHANGE_SUCCESS);
  fail_unless_equals_int (gst_element_set_state (graph->pipeline,
          GST_STATE_PAUSED), GST_STATE_CHANGE_SUCCESS);
  captured = graph_capture (graph, "image/png");
  assert_nothing_more (graph);
  gst_element_set_locked_state (capture, FALSE);
}

static const Test tests[] = {
  CASE ("media", setup, teardown),
  TIMES (test_encoded, G_N_ELEMENTS (files) * 6),
  ROWS (test_raw_image, raw_formats),
  TIMES (test_shape, G_N_ELEMENTS (shapes) * 2),
  TIMES (test_fields, 2),
  TIMES (test_colours_of_fields, 2),
  ONCE (test_first_good_frame),
  TIMES (test_raw_clip, G_N_ELEMENTS (clips) * 2 - 1),
  ONCE (test_same_clip),
  ONCE (test_irregular_clip),
  TIMES (test_bytes_anew, 4),
  ONCE (test_broken_images),
  ROWS (test_fault, faults),
  TIMES (test_too_large, 2),
  ONCE (test_large_frame),
  TIMES (test_no_folder, 2),
  ONCE (test_no_encoder),
  ONCE (test_live_leaks),
  ONCE (test_live_bytes),
  TIMES (test_others_wait, 2),
  ROWS (test_tee, tees),
  TIMES (test_restart, 3),
  TIMES (test_restart_at_eos, 2),
  TIMES (test_stop, 5),
  ONCE (test_failure_at_a_stop),
  ROWS (test_negotiation, offers),
  ROWS (test_files, readers),
  ONCE (test_locked),
  ROWS (test_pixels, pixels),
  TIMES (test_disk_is_full, 3),
};

CHECK_MAIN (capture, tests)
