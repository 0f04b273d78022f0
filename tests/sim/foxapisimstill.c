/* The FoxAPI service, simulated: a reference, as a small picture.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A reference that cannot be fetched or decoded does not fail the task: a box
 * with its URL stands in for it.
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "foxapisimdraw.h"

#include <gst/app/gstappsink.h>
#include <gst/app/gstappsrc.h>
#include <string.h>

#define FETCH_TIMEOUT_S 5
#define DECODE_TIMEOUT (10 * GST_SECOND)
#define MAX_URL_TEXT 120

#define TO_SINK \
    " ! videoconvert ! videoscale add-borders=true" \
    " ! capsfilter name=filter ! appsink name=sink sync=false"

/* Only from this machine: a simulator does not go out */
static gboolean
is_loopback (const gchar * url)
{
  g_autoptr (GUri) uri = g_uri_parse (url, G_URI_FLAGS_NONE, NULL);
  const gchar *host = uri != NULL ? g_uri_get_host (uri) : NULL;

  return g_strcmp0 (host, "127.0.0.1") == 0 || g_strcmp0 (host, "::1") == 0
      || g_strcmp0 (host, "localhost") == 0;
}

static GBytes *
read_all (GInputStream * stream, guint64 limit, GCancellable * cancellable)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();

  while (bytes->len <= limit) {
    g_autoptr (GBytes) piece =
        g_input_stream_read_bytes (stream, 64 * 1024, cancellable, NULL);

    if (piece == NULL)
      return NULL;
    if (g_bytes_get_size (piece) == 0)
      return g_byte_array_free_to_bytes (g_steal_pointer (&bytes));
    g_byte_array_append (bytes, g_bytes_get_data (piece, NULL),
        g_bytes_get_size (piece));
  }
  return NULL;
}

static GBytes *
fetch (FoxapiSim * sim, const gchar * url)
{
  g_autoptr (SoupSession) session = NULL;
  g_autoptr (SoupMessage) message = NULL;
  g_autoptr (GInputStream) stream = NULL;
  GBytes *bytes = foxapi_sim_get_upload (sim, url);

  if (bytes != NULL || !is_loopback (url))
    return bytes;
  message = soup_message_new ("GET", url);
  if (message == NULL)
    return NULL;
  soup_message_add_flags (message, SOUP_MESSAGE_NO_REDIRECT);
  session = soup_session_new_with_options ("timeout", FETCH_TIMEOUT_S, NULL);
  stream = soup_session_send (session, message, sim->render_cancellable, NULL);
  if (stream == NULL || soup_message_get_status (message) != 200)
    return NULL;
  return read_all (stream, FOXAPI_SIM_MAX_BODY, sim->render_cancellable);
}

/* The first frame that @pipeline has for its sink, in the wanted size */
static FoxapiSimStill *
take_still (FoxapiSim * sim, GstElement * pipeline, gint width, gint height)
{
  g_autoptr (GstElement) filter =
      gst_bin_get_by_name (GST_BIN (pipeline), "filter");
  g_autoptr (GstElement) sink =
      gst_bin_get_by_name (GST_BIN (pipeline), "sink");
  g_autoptr (GstCaps) caps = gst_caps_new_simple ("video/x-raw",
      "format", G_TYPE_STRING, "I420", "width", G_TYPE_INT, width,
      "height", G_TYPE_INT, height, "pixel-aspect-ratio", GST_TYPE_FRACTION,
      1, 1, NULL);
  g_autoptr (GstSample) sample = NULL;
  FoxapiSimStill *still = NULL;

  g_object_set (filter, "caps", caps, NULL);
  if (foxapi_sim_run_pipeline (sim, pipeline, GST_STATE_PAUSED,
          GST_MESSAGE_ASYNC_DONE, DECODE_TIMEOUT, NULL))
    sample = gst_app_sink_try_pull_preroll (GST_APP_SINK (sink), 0);
  if (sample != NULL && gst_sample_get_buffer (sample) != NULL) {
    still = g_new0 (FoxapiSimStill, 1);
    still->buffer = gst_buffer_ref (gst_sample_get_buffer (sample));
    if (!gst_video_info_from_caps (&still->info, gst_sample_get_caps (sample)))
      g_clear_pointer (&still, foxapi_sim_still_free);
  }
  gst_element_set_state (pipeline, GST_STATE_NULL);
  return still;
}

static GstElement *
make_pipeline (const gchar * text)
{
  GstElement *pipeline = gst_parse_launch_full (text, NULL,
      GST_PARSE_FLAG_FATAL_ERRORS, NULL);

  return pipeline != NULL ? gst_object_ref_sink (pipeline) : NULL;
}

static FoxapiSimStill *
decode (FoxapiSim * sim, GBytes * bytes, gint width, gint height)
{
  g_autoptr (GstElement) pipeline =
      make_pipeline ("appsrc name=source ! decodebin" TO_SINK);
  g_autoptr (GstElement) source = NULL;
  GstBuffer *buffer;

  if (pipeline == NULL || g_bytes_get_size (bytes) == 0)
    return NULL;
  source = gst_bin_get_by_name (GST_BIN (pipeline), "source");
  buffer = gst_buffer_new_wrapped_bytes (bytes);
  gst_app_src_push_buffer (GST_APP_SRC (source), buffer);
  gst_app_src_end_of_stream (GST_APP_SRC (source));
  return take_still (sim, pipeline, width, height);
}

static FoxapiSimStill *
draw_box (FoxapiSim * sim, const gchar * url, gint width, gint height)
{
  g_autoptr (GstElement) pipeline =
      make_pipeline ("videotestsrc num-buffers=1 pattern=solid-color"
      " foreground-color=0xff303060 ! capsfilter name=size"
      " ! textoverlay name=text valignment=center halignment=center"
      " wrap-mode=char font-desc=\"Sans 40\"" TO_SINK);
  g_autoptr (GstElement) text = NULL;
  g_autoptr (GstElement) size = NULL;
  g_autoptr (GstCaps) caps = NULL;
  g_autofree gchar *start = g_utf8_substring (url, 0,
      MIN (g_utf8_strlen (url, -1), MAX_URL_TEXT));
  g_autofree gchar *escaped = g_markup_escape_text (start, -1);

  if (pipeline == NULL)
    return NULL;
  caps = gst_caps_new_simple ("video/x-raw", "format", G_TYPE_STRING, "I420",
      "width", G_TYPE_INT, width, "height", G_TYPE_INT, height, NULL);
  size = gst_bin_get_by_name (GST_BIN (pipeline), "size");
  g_object_set (size, "caps", caps, NULL);
  text = gst_bin_get_by_name (GST_BIN (pipeline), "text");
  g_object_set (text, "text", escaped, NULL);
  return take_still (sim, pipeline, width, height);
}

/* NULL only where the simulator ends */
FoxapiSimStill *
foxapi_sim_still_new (FoxapiSim * sim, const gchar * url, gint width,
    gint height)
{
  g_autoptr (GBytes) bytes = fetch (sim, url);
  FoxapiSimStill *still = NULL;

  if (bytes != NULL)
    still = decode (sim, bytes, width, height);
  if (still == NULL)
    still = draw_box (sim, url, width, height);
  return still;
}
