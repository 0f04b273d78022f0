/* The result's bytes → buffers
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstfoxapidelivery.h"

/**
 * gst_foxapi_delivery_init:
 * @delivery: (out caller-allocates): made ready; nothing is opened
 * @job: the job whose result it is
 */
void
gst_foxapi_delivery_init (GstFoxapiDelivery * delivery, GstFoxapiJob * job)
{
  memset (delivery, 0, sizeof (*delivery));
  delivery->job = job;
  delivery->tail_start = G_MAXUINT64;
}

/**
 * gst_foxapi_delivery_clear:
 * @delivery: a delivery; its connection is closed
 */
void
gst_foxapi_delivery_clear (GstFoxapiDelivery * delivery)
{
  g_clear_pointer (&delivery->download, foxapi_download_free);
  delivery->is_open = FALSE;
}

static gchar *
renew_link (gpointer user_data, GCancellable * cancellable, GError ** error)
{
  GstFoxapiJob *job = user_data;

  return foxapi_generation_renew_link (job->generation, &job->run, error);
}

static FoxapiDownload *
new_download (GstFoxapiJob * job)
{
  FoxapiTask *task = foxapi_generation_get_task (job->generation);

  return foxapi_download_new (foxapi_client_get_session (job->client),
      foxapi_task_get_results (task)[0], job->run.retries, renew_link, job);
}

/**
 * gst_foxapi_delivery_open:
 * @delivery: a delivery of a completed task's result
 * @offset: where the next byte is wanted from
 * @error: return location: %FOXAPI_ERROR or G_IO_ERROR_CANCELLED
 *
 * Opens the result at @offset, unless that is where it is already.
 *
 * Returns: %TRUE if it can be read
 */
gboolean
gst_foxapi_delivery_open (GstFoxapiDelivery * delivery, guint64 offset,
    GError ** error)
{
  if (delivery->is_open && delivery->position == offset)
    return TRUE;

  if (delivery->download == NULL)
    delivery->download = new_download (delivery->job);
  delivery->is_open = foxapi_download_open (delivery->download, offset,
      delivery->job->run.cancellable, error);
  delivery->position = offset;
  delivery->run_start = offset;
  delivery->count = 0;
  return delivery->is_open;
}

/* The record of the task goes when the last buffer has been taken. A filesink
 * would still have some of it in memory then: this has it written. */
static void
mark_last (GstFoxapiDelivery * delivery, GstBuffer * buffer)
{
  guint64 size;

  if (foxapi_download_get_size (delivery->download, &size)
      && delivery->position == size)
    GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_SYNC_AFTER);
}

static void
note_handed_out (GstFoxapiDelivery * delivery, guint64 start, guint64 end)
{
  guint64 size;

  if (start <= delivery->head_end)
    delivery->head_end = MAX (delivery->head_end, end);
  if (foxapi_download_get_size (delivery->download, &size) && end == size)
    delivery->tail_start = MIN (delivery->tail_start, delivery->run_start);
}

/**
 * gst_foxapi_delivery_read:
 * @delivery: an open delivery
 * @buffer: gets the bytes, its size, and its offsets
 * @length: how many bytes are wanted at most
 * @error: return location: %FOXAPI_ERROR or G_IO_ERROR_CANCELLED
 *
 * Returns: the number of bytes; 0 only at the proven end; -1 on errors
 */
gssize
gst_foxapi_delivery_read (GstFoxapiDelivery * delivery, GstBuffer * buffer,
    gsize length, GError ** error)
{
  guint64 start = delivery->position;
  GstMapInfo map;
  gssize n;

  if (!gst_buffer_map (buffer, &map, GST_MAP_WRITE)) {
    g_set_error_literal (error, FOXAPI_ERROR, FOXAPI_ERROR_FAILED,
        "There is no memory to read the result into. Free some, then start "
        "again.");
    return -1;
  }
  n = foxapi_download_read (delivery->download, map.data,
      MIN (map.size, length), delivery->job->run.cancellable, error);
  gst_buffer_unmap (buffer, &map);
  if (n <= 0)
    return n;

  delivery->position += n;
  delivery->count++;
  note_handed_out (delivery, start, delivery->position);
  gst_buffer_set_size (buffer, n);
  GST_BUFFER_OFFSET (buffer) = start;
  GST_BUFFER_OFFSET_END (buffer) = delivery->position;
  mark_last (delivery, buffer);
  return n;
}

/**
 * gst_foxapi_delivery_get_size:
 * @delivery: a delivery that was opened
 * @size: (out): bytes of the whole result
 *
 * Returns: %TRUE if it is known
 */
gboolean
gst_foxapi_delivery_get_size (GstFoxapiDelivery * delivery, guint64 * size)
{
  return foxapi_download_get_size (delivery->download, size);
}

/**
 * gst_foxapi_delivery_is_seekable:
 * @delivery: a delivery that was opened
 *
 * Returns: %TRUE if it can be opened anywhere
 */
gboolean
gst_foxapi_delivery_is_seekable (GstFoxapiDelivery * delivery)
{
  return foxapi_download_is_seekable (delivery->download);
}

/**
 * gst_foxapi_delivery_count:
 * @delivery: a delivery
 *
 * Returns: the number of buffers read since it was last opened somewhere
 */
guint
gst_foxapi_delivery_count (GstFoxapiDelivery * delivery)
{
  return delivery->count;
}

/**
 * gst_foxapi_delivery_is_complete:
 * @delivery: a delivery
 *
 * Returns: %TRUE if every byte has been handed out, in whatever order
 */
gboolean
gst_foxapi_delivery_is_complete (GstFoxapiDelivery * delivery)
{
  return delivery->head_end >= delivery->tail_start;
}
