/* A client of the money campaign: how applications play a source, and where to
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "client.h"

#include <fcntl.h>
#include <unistd.h>

/* How often an impatient one looks up */
#define TICK (5 * GST_MSECOND)

/* After so many ERROR messages a supervisor gives up. */
#define MAX_ERRORS 4

/* The output: a file that begins anew with each stream. Bytes are in it when the
 * sink has had them, and the end of one delivery can be told from the next. */

static void
start_over (Client * client)
{
  g_mutex_lock (&client->lock);
  if (ftruncate (client->fd, 0) != 0)
    g_printerr ("The output cannot be emptied\n");
  g_checksum_reset (client->checksum);
  client->length = 0;
  g_mutex_unlock (&client->lock);
}

static void
append (Client * client, const guint8 * data, gsize size)
{
  g_mutex_lock (&client->lock);
  if (pwrite (client->fd, data, size, client->length) != (gssize) size)
    g_printerr ("The output cannot be written\n");
  g_checksum_update (client->checksum, data, size);
  client->length += size;
  g_mutex_unlock (&client->lock);
}

static void
on_handoff (GstElement * sink, GstBuffer * buffer, GstPad * pad,
    gpointer user_data)
{
  GstMapInfo map;

  if (!gst_buffer_map (buffer, &map, GST_MAP_READ))
    return;
  append (user_data, map.data, map.size);
  gst_buffer_unmap (buffer, &map);
}

static GstPadProbeReturn
on_event (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  if (GST_EVENT_TYPE (GST_PAD_PROBE_INFO_EVENT (info)) ==
      GST_EVENT_STREAM_START)
    start_over (user_data);
  return GST_PAD_PROBE_OK;
}

/* The sink does not hold up the pipeline's start, as a source that is restarted
 * by itself would need. */
static void
connect_output (Client * client, GstElement * fakesink)
{
  g_autoptr (GstPad) pad = gst_element_get_static_pad (fakesink, "sink");

  /* A bin is a player, whose user may go while it plays. */
  g_object_set (fakesink, "async", FALSE, "sync", client->options->is_bin,
      "signal-handoffs", TRUE, NULL);
  g_signal_connect (fakesink, "handoff", G_CALLBACK (on_handoff), client);
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, on_event, client,
      NULL);
}

static guint64
get_length (Client * client)
{
  guint64 length;

  g_mutex_lock (&client->lock);
  length = client->length;
  g_mutex_unlock (&client->lock);
  return length;
}

static gchar *
get_checksum (Client * client)
{
  g_autoptr (GChecksum) copy = NULL;

  g_mutex_lock (&client->lock);
  copy = g_checksum_copy (client->checksum);
  g_mutex_unlock (&client->lock);
  return g_strdup (g_checksum_get_string (copy));
}

/* Playing */

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
static gint
run_plain (Client * client)
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
play_round (Client * client, const Whim * whim)
{
  gint64 start_us = g_get_monotonic_time ();

  client_report_start (client);
  gst_element_set_state (client->pipeline, GST_STATE_PLAYING);
  for (;;) {
    GstMessageType type = next_message (client, TICK);

    if (type == GST_MESSAGE_EOS || type == GST_MESSAGE_ERROR)
      return type;
    if ((whim->by_message && type == GST_MESSAGE_ELEMENT)
        || g_get_monotonic_time () - start_us >= whim->by_time_us
        || get_length (client) >= whim->by_length)
      return GST_MESSAGE_UNKNOWN;
  }
}

static void
report_delivery (Client * client)
{
  g_autofree gchar *checksum = get_checksum (client);

  client_report_end (client, checksum, get_length (client));
}

/* A looping player with a restless user. Only its last round plays for sure to
 * the end. */
static gint
run_loop (Client * client)
{
  const Whim none = { FALSE, G_MAXINT64, G_MAXUINT64 };
  g_autoptr (GRand) rand = g_rand_new_with_seed (client->options->seed);
  gboolean delivered = FALSE;

  for (gint round = 1; round <= client->options->cycles; round++) {
    gboolean last = round == client->options->cycles;
    Whim whim = last ? none : draw_whim (rand);
    GstMessageType type = play_round (client, &whim);
    GstState state = last || g_rand_boolean (rand) ? GST_STATE_NULL :
        GST_STATE_READY;

    if (type == GST_MESSAGE_EOS) {
      report_delivery (client);
      delivered = TRUE;
    }
    gst_element_set_state (client->pipeline, state);
    client_report_pending (client);
  }
  return delivered ? 0 : 1;
}

/* What fallbacksrc (gst-plugins-rs) does with a source that has failed or has
 * not delivered for a while, with less time. */
static void
restart_source (Client * client)
{
  gst_element_set_state (client->source, GST_STATE_NULL);
  client_report_pending (client);
  client_report_start (client);
  gst_element_sync_state_with_parent (client->source);
}

static gint
run_supervised (Client * client)
{
  gint64 restart_us = (gint64) client->options->restart_ms * 1000;
  gint64 last_us = g_get_monotonic_time ();
  guint64 last_length = 0;
  guint n_errors = 0;
  GstMessageType type = GST_MESSAGE_UNKNOWN;

  client_report_start (client);
  gst_element_set_state (client->pipeline, GST_STATE_PLAYING);
  while (type != GST_MESSAGE_EOS && n_errors < MAX_ERRORS) {
    guint64 length = get_length (client);

    type = next_message (client, TICK);
    if (length != last_length)
      last_us = g_get_monotonic_time ();
    last_length = length;
    if (type == GST_MESSAGE_ERROR)
      n_errors++;
    if (type == GST_MESSAGE_ERROR
        || g_get_monotonic_time () - last_us > restart_us) {
      restart_source (client);
      last_us = g_get_monotonic_time ();
    }
  }
  if (type == GST_MESSAGE_EOS)
    report_delivery (client);
  gst_element_set_state (client->pipeline, GST_STATE_NULL);
  client_report_pending (client);
  return type == GST_MESSAGE_EOS ? 0 : 1;
}

gint
client_run (Client * client, GstElement * sink, ClientMode mode)
{
  const gchar *path = client->options->output;
  gint code;

  if (mode == CLIENT_PLAIN) {
    g_object_set (sink, "location", path, "sync", client->options->is_bin,
        NULL);
    return run_plain (client);
  }
  client->fd = open (path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (client->fd < 0) {
    g_printerr ("The output cannot be made\n");
    return 2;
  }
  client->checksum = g_checksum_new (G_CHECKSUM_SHA256);
  connect_output (client, sink);
  code = mode == CLIENT_LOOP ? run_loop (client) : run_supervised (client);
  close (client->fd);
  g_checksum_free (client->checksum);
  return code;
}
