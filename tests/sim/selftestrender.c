/* The simulator's own test: rendered results.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#ifndef _GNU_SOURCE
#define _GNU_SOURCE             /* memmem() */
#endif

#include "selftestutil.h"

#include <gst/gst.h>
#include <gst/video/video.h>
#include <string.h>

typedef struct
{
  guint frames;
  gint width;
  gint height;
  GstClockTime end;
  gint64 sound;                 /* nanoseconds */
} Counted;

static GstPadProbeReturn
on_frame (GstPad * pad, GstPadProbeInfo * info, gpointer data)
{
  Counted *counted = data;
  GstBuffer *buffer = GST_PAD_PROBE_INFO_BUFFER (info);
  g_autoptr (GstCaps) caps = gst_pad_get_current_caps (pad);
  GstVideoInfo video;

  g_assert_true (gst_video_info_from_caps (&video, caps));
  counted->width = video.width;
  counted->height = video.height;
  counted->frames++;
  counted->end = GST_BUFFER_PTS (buffer) + GST_BUFFER_DURATION (buffer);
  return GST_PAD_PROBE_OK;
}

static GstPadProbeReturn
on_sound (G_GNUC_UNUSED GstPad * pad, GstPadProbeInfo * info, gpointer data)
{
  Counted *counted = data;

  counted->sound += GST_BUFFER_DURATION (GST_PAD_PROBE_INFO_BUFFER (info));
  return GST_PAD_PROBE_OK;
}

static void
probe (GstElement * pipeline, const gchar * name, GstPadProbeCallback callback,
    gpointer data)
{
  g_autoptr (GstElement) sink = gst_bin_get_by_name (GST_BIN (pipeline), name);
  g_autoptr (GstPad) pad = gst_element_get_static_pad (sink, "sink");

  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, callback, data, NULL);
}

/* Decodes the whole file */
static Counted
count (GBytes * bytes)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GstElement) pipeline = gst_parse_launch ("giostreamsrc name=source"
      " ! decodebin name=d ! videoconvert ! fakesink name=video sync=false"
      " d. ! audioconvert ! fakesink name=sound sync=false", &error);
  g_autoptr (GstElement) source = NULL;
  g_autoptr (GInputStream) stream =
      g_memory_input_stream_new_from_bytes (bytes);
  g_autoptr (GstBus) bus = NULL;
  g_autoptr (GstMessage) message = NULL;
  Counted counted = { 0 };

  g_assert_no_error (error);
  gst_object_ref_sink (pipeline);
  source = gst_bin_get_by_name (GST_BIN (pipeline), "source");
  g_object_set (source, "stream", stream, NULL);
  probe (pipeline, "video", on_frame, &counted);
  probe (pipeline, "sound", on_sound, &counted);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  bus = gst_element_get_bus (pipeline);
  message = gst_bus_timed_pop_filtered (bus, 60 * GST_SECOND,
      GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  g_assert_nonnull (message);
  g_assert_cmpint (GST_MESSAGE_TYPE (message), ==, GST_MESSAGE_EOS);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  return counted;
}

/* Where a box of the file's top level begins */
static goffset
find_box (GBytes * bytes, const gchar * name)
{
  gsize size;
  const guint8 *data = g_bytes_get_data (bytes, &size);

  for (gsize at = 0; at + 8 <= size;) {
    guint32 length;

    memcpy (&length, data + at, sizeof length);
    length = GUINT32_FROM_BE (length);
    if (memcmp (data + at + 4, name, 4) == 0)
      return at;
    g_assert_cmpuint (length, >=, 8);
    at += length;
  }
  return -1;
}

static void
test_render (void)
{
  g_autoptr (Fixture) fixture = fixture_new ((FoxapiSimOptions) {
      0});
  const gchar *body = "{\"model\":\"wan-2.7-reference-to-video\","
      "\"prompt\":\"A <fox> & a hen\",\"duration\":2,\"resolution\":\"720p\","
      "\"aspect_ratio\":\"4:3\"}";
  g_autoptr (Reply) submitted = submit (fixture, body);
  g_autoptr (GBytes) result = foxapi_sim_get_result (fixture->sim, NULL);
  g_autoptr (Reply) again = NULL;
  g_autoptr (GBytes) same = NULL;
  Counted counted;

  g_assert_cmpuint (submitted->status, ==, 200);
  g_assert_nonnull (result);
  counted = count (result);
  g_assert_cmpint (counted.width, ==, 1088);
  g_assert_cmpint (counted.height, ==, 832);
  g_assert_cmpuint (counted.frames, ==, 2 * FOXAPI_SIM_FPS);
  g_assert_cmpuint (counted.end, ==, 2 * GST_SECOND);
  g_assert_cmpint (ABS (counted.sound - (gint64) (2 * GST_SECOND)), <,
      50 * GST_MSECOND);
  g_assert_cmpint (find_box (result, "moov"), <, find_box (result, "mdat"));

  /* The same request is another task and the same file */
  again = submit (fixture, body);
  g_assert_cmpuint (again->status, ==, 200);
  same = foxapi_sim_get_result (fixture->sim, NULL);
  g_assert_true (same == result);
}

/* One reference that is there and one that is not, in another model's size,
 * with the index at the end. The simulator ends while it renders another. */
static void
test_render_references (void)
{
  g_autoptr (Fixture) fixture = fixture_new ((FoxapiSimOptions) {
      .moov_at_end = TRUE});
  g_autoptr (Reply) submitted = NULL;
  g_autoptr (Reply) silent = NULL;
  g_autoptr (Reply) last = NULL;
  g_autoptr (GBytes) png = g_bytes_new_static ("\x89PNG", 4);
  g_autoptr (GBytes) result = NULL;
  g_autoptr (Reply) uploaded = upload (fixture, png,
      "name=\"file\"; filename=\"a.png\"", NULL);
  g_autofree gchar *url = reply_dup_string (uploaded, "url");
  g_autofree gchar *body = g_strdup_printf ("{\"model\":"
      "\"grok-imagine-reference-to-video\","
      "\"prompt\":\"A fox\",\"duration\":1,\"resolution\":\"480p\","
      "\"aspect_ratio\":\"9:16\",\"reference_image_urls\":[\"%s\",\"https://example.com/x?a&b\"]"
      "}", url);
  Counted counted;

  submitted = submit (fixture, body);
  g_assert_cmpuint (submitted->status, ==, 200);
  result = foxapi_sim_get_result (fixture->sim, NULL);
  g_assert_nonnull (result);
  counted = count (result);
  g_assert_cmpint (counted.width, ==, 480);
  g_assert_cmpint (counted.height, ==, 848);
  g_assert_cmpuint (counted.frames, ==, FOXAPI_SIM_FPS);
  g_assert_cmpint (find_box (result, "moov"), >, find_box (result, "mdat"));

  /* Another one without sound */
  silent = submit (fixture, "{\"model\":\"pixverse-v6-text-to-video\","
      "\"prompt\":\"A fox\",\"duration\":1,\"resolution\":\"360p\","
      "\"generate_audio\":false}");
  g_assert_cmpuint (silent->status, ==, 200);
  g_bytes_unref (result);
  result = foxapi_sim_get_result (fixture->sim, NULL);
  g_assert_nonnull (result);
  g_assert_null (memmem (g_bytes_get_data (result, NULL),
          g_bytes_get_size (result), "soun", 4));

  last = submit (fixture, GOOD_BODY);
  g_assert_cmpuint (last->status, ==, 200);
}

void
add_render_tests (void)
{
  gst_init (NULL, NULL);
  g_test_add_func ("/sim/render/file", test_render);
  g_test_add_func ("/sim/render/references", test_render_references);
}
