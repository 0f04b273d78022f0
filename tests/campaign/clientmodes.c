/* A client of the money campaign: how applications play a source
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "client.h"

/* How often an impatient one looks up */
#define BEAT (5 * GST_MSECOND)

/* After so many ERROR messages a supervisor gives up. */
#define MAX_ERRORS 4

/* Pops one message and reports it: its type, 0 if none came in time */
static GstMessageType
next_message (Client * client, GstClockTime timeout)
{
  GstMessage *message = gst_bus_timed_pop (client->bus, timeout);
  GstMessageType type = GST_MESSAGE_UNKNOWN;

  if (message != NULL) {
    type = GST_MESSAGE_TYPE (message);
    client_report_message (client, message);
    gst_message_unref (message);
  }
  return type;
}

/* Plays it once. */
gint
client_run_plain (Client * client)
{
  GstMessageType type = GST_MESSAGE_UNKNOWN;

  client_report_start (client);
  gst_element_set_state (client->pipeline, GST_STATE_PLAYING);
  while (type != GST_MESSAGE_EOS && type != GST_MESSAGE_ERROR)
    type = next_message (client, GST_CLOCK_TIME_NONE);
  if (type == GST_MESSAGE_EOS)
    client_report_end (client, NULL, 0);
  gst_element_set_state (client->pipeline, GST_STATE_NULL);
  client_report_pending (client);
  return type == GST_MESSAGE_EOS ? 0 : 1;
}

/* What ends one round of a loop, besides EOS and ERROR */
typedef struct
{
  gboolean by_message;
  gint64 by_time_us;
  guint64 by_length;
} Whim;

static Whim
draw_whim (GRand * rand)
{
  Whim whim = { FALSE, G_MAXINT64, G_MAXUINT64 };

  switch (g_rand_int_range (rand, 0, 4)) {
    case 0:
      whim.by_message = TRUE;
      break;
    case 1:
      whim.by_time_us = g_rand_int_range (rand, 0, 200 * 1000);
      break;
    case 2:
      whim.by_length = g_rand_int_range (rand, 1, 300 * 1000);
      break;
    default:
      break;
  }
  return whim;
}

/* From the start to EOS, ERROR, or what @whim says: the message type */
static GstMessageType
play_round (Client * client, ClientOutput * output, const Whim * whim)
{
  gint64 start_us = g_get_monotonic_time ();

  client_report_start (client);
  gst_element_set_state (client->pipeline, GST_STATE_PLAYING);
  for (;;) {
    GstMessageType type = next_message (client, BEAT);

    if (type == GST_MESSAGE_EOS || type == GST_MESSAGE_ERROR)
      return type;
    if ((whim->by_message && type == GST_MESSAGE_ELEMENT)
        || g_get_monotonic_time () - start_us >= whim->by_time_us
        || client_output_get_length (output) >= whim->by_length)
      return GST_MESSAGE_UNKNOWN;
  }
}

static void
report_delivery (Client * client, ClientOutput * output)
{
  g_autofree gchar *checksum = client_output_get_checksum (output);

  client_report_end (client, checksum, client_output_get_length (output));
}

/* A looping player with a restless user. Only its last round plays for sure to
 * the end. */
gint
client_run_loop (Client * client, ClientOutput * output)
{
  const Whim none = { FALSE, G_MAXINT64, G_MAXUINT64 };
  g_autoptr (GRand) rand = g_rand_new_with_seed (client->options->seed);
  gboolean delivered = FALSE;

  for (gint round = 1; round <= client->options->cycles; round++) {
    gboolean last = round == client->options->cycles;
    Whim whim = last ? none : draw_whim (rand);
    GstMessageType type = play_round (client, output, &whim);
    GstState state = last || g_rand_boolean (rand) ? GST_STATE_NULL :
        GST_STATE_READY;

    if (type == GST_MESSAGE_EOS) {
      report_delivery (client, output);
      delivered = TRUE;
    }
    gst_element_set_state (client->pipeline, state);
    client_report_pending (client);
  }
  return delivered ? 0 : 1;
}

/* What fallbacksrc (gst-plugins-rs) does with a source that has failed or has
 * not delivered for a while, with less patience. */
static void
restart_source (Client * client)
{
  gst_element_set_state (client->source, GST_STATE_NULL);
  client_report_pending (client);
  client_report_start (client);
  gst_element_sync_state_with_parent (client->source);
}

gint
client_run_supervised (Client * client, ClientOutput * output)
{
  gint64 patience_us = (gint64) client->options->patience_ms * 1000;
  gint64 last_us = g_get_monotonic_time ();
  guint64 last_length = 0;
  guint n_errors = 0;
  GstMessageType type = GST_MESSAGE_UNKNOWN;

  client_report_start (client);
  gst_element_set_state (client->pipeline, GST_STATE_PLAYING);
  while (type != GST_MESSAGE_EOS && n_errors < MAX_ERRORS) {
    guint64 length = client_output_get_length (output);

    type = next_message (client, BEAT);
    if (length != last_length)
      last_us = g_get_monotonic_time ();
    last_length = length;
    if (type == GST_MESSAGE_ERROR)
      n_errors++;
    if (type == GST_MESSAGE_ERROR
        || g_get_monotonic_time () - last_us > patience_us) {
      restart_source (client);
      last_us = g_get_monotonic_time ();
    }
  }
  if (type == GST_MESSAGE_EOS)
    report_delivery (client, output);
  gst_element_set_state (client->pipeline, GST_STATE_NULL);
  client_report_pending (client);
  return type == GST_MESSAGE_EOS ? 0 : 1;
}
