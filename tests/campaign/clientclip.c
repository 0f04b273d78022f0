/* A client of the money campaign: a result that can be decoded, and what it
 * becomes
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "client.h"

/* Each seed has a picture of its own. None is flat: whole rows of one byte may be
 * taken for packets of MPEG-TS. */
#define MAX_WAVE 200

/* Writes a file of raw frames as output, and beside it what goes out: the frames
 * alone, or as the encoder makes them. */
gint
client_make_clip (const ClientOptions * options)
{
  g_autofree gchar *line = g_strdup_printf ("videotestsrc num-buffers=%d "
      "pattern=zone-plate kt=5 kx2=%d ky2=%d ! " CLIENT_CLIP_CAPS " ! "
      "tee name=t ! queue ! avimux ! filesink location=\"%s\" "
      "t. ! queue ! %s ! filesink location=\"%s.frames\"", options->n_frames,
      1 + options->seed % MAX_WAVE, 1 + options->seed / MAX_WAVE % MAX_WAVE,
      options->output, options->behind ? CLIENT_ENCODER : "identity",
      options->output);
  g_autoptr (GError) error = NULL;
  g_autoptr (GstElement) pipeline = gst_parse_launch (line, &error);
  g_autoptr (GstBus) bus = NULL;
  g_autoptr (GstMessage) message = NULL;

  if (error != NULL) {
    g_printerr ("%s\n", error->message);
    return 2;
  }
  bus = gst_element_get_bus (pipeline);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  message = gst_bus_timed_pop_filtered (bus, GST_CLOCK_TIME_NONE,
      GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  return GST_MESSAGE_TYPE (message) == GST_MESSAGE_EOS ? 0 : 2;
}
