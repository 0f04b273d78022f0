/* A client of the money campaign: a file that begins anew with each stream
 *
 * Bytes are in the file when the sink has had them, and the end of one delivery
 * can be told from the next.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "client.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

struct _ClientOutput
{
  gint fd;
  GMutex lock;                  /* of what follows */
  GChecksum *checksum;
  guint64 length;
};

ClientOutput *
client_output_new (const gchar * path, GError ** error)
{
  gint fd = open (path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  ClientOutput *output;

  if (fd < 0) {
    g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (errno),
        "The output cannot be made");
    return NULL;
  }
  output = g_new0 (ClientOutput, 1);
  output->fd = fd;
  output->checksum = g_checksum_new (G_CHECKSUM_SHA256);
  g_mutex_init (&output->lock);
  return output;
}

void
client_output_free (ClientOutput * output)
{
  close (output->fd);
  g_checksum_free (output->checksum);
  g_mutex_clear (&output->lock);
  g_free (output);
}

static void
start_over (ClientOutput * output)
{
  g_mutex_lock (&output->lock);
  if (ftruncate (output->fd, 0) != 0)
    g_printerr ("The output cannot be emptied\n");
  g_checksum_reset (output->checksum);
  output->length = 0;
  g_mutex_unlock (&output->lock);
}

static void
append (ClientOutput * output, const guint8 * data, gsize size)
{
  g_mutex_lock (&output->lock);
  if (pwrite (output->fd, data, size, output->length) != (gssize) size)
    g_printerr ("The output cannot be written\n");
  g_checksum_update (output->checksum, data, size);
  output->length += size;
  g_mutex_unlock (&output->lock);
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
void
client_output_connect (ClientOutput * output, GstElement * fakesink)
{
  g_autoptr (GstPad) pad = gst_element_get_static_pad (fakesink, "sink");

  g_object_set (fakesink, "async", FALSE, "sync", FALSE, "signal-handoffs",
      TRUE, NULL);
  g_signal_connect (fakesink, "handoff", G_CALLBACK (on_handoff), output);
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, on_event, output,
      NULL);
}

guint64
client_output_get_length (ClientOutput * output)
{
  guint64 length;

  g_mutex_lock (&output->lock);
  length = output->length;
  g_mutex_unlock (&output->lock);
  return length;
}

gchar *
client_output_get_checksum (ClientOutput * output)
{
  g_autoptr (GChecksum) copy = NULL;

  g_mutex_lock (&output->lock);
  copy = g_checksum_copy (output->checksum);
  g_mutex_unlock (&output->lock);
  return g_strdup (g_checksum_get_string (copy));
}
