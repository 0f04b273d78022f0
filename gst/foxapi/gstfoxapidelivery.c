/* The result's bytes → buffers
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstfoxapidelivery.h"

#include <glib/gi18n-lib.h>

/* Reading to an address off a multiple of this costs twice the processor time
 * (measured). */
#define ALIGNMENT_MASK 63

/* TLS comes in records of 16 KiB: larger buffers take memory and save nothing
 * (measured). */
#define ENCRYPTED_SIZE (128 * 1024)

/* Larger buffers than this would not be filled. */
#define MAX_SIZE (4 * 1024 * 1024)

/* A call costs as much as reading some ten KiB: smaller buffers than this are
 * filled from what one call has read ahead. */
#define AHEAD_SIZE (64 * 1024)

/* A buffer of which less than this part is filled gives its memory back: queues
 * count bytes, and must not hold much more than what they count. */
#define WORTHY_PART 2

void
gst_foxapi_delivery_init (GstFoxapiDelivery * delivery,
    GstFoxapiEngine * engine)
{
  memset (delivery, 0, sizeof (*delivery));
  delivery->engine = engine;
  delivery->tail_start = G_MAXUINT64;
}

static void
clear_pool (GstFoxapiDelivery * delivery)
{
  if (delivery->pool != NULL)
    gst_buffer_pool_set_active (delivery->pool, FALSE);
  gst_clear_object (&delivery->pool);
}

/* Closes the connection. */
void
gst_foxapi_delivery_clear (GstFoxapiDelivery * delivery)
{
  g_clear_pointer (&delivery->result, foxapi_result_free);
  clear_pool (delivery);
  g_clear_pointer (&delivery->ahead, g_free);
  delivery->ahead_start = delivery->ahead_end = 0;
  delivery->is_open = FALSE;
}

/* Opens the result of a completed task at @offset, unless it is there already. */
gboolean
gst_foxapi_delivery_open (GstFoxapiDelivery * delivery, guint64 offset,
    GError ** error)
{
  if (delivery->is_open && delivery->position == offset)
    return TRUE;

  if (delivery->result == NULL)
    delivery->result = foxapi_result_new (delivery->engine->generation,
        &delivery->engine->run, error);
  if (delivery->result == NULL)
    return FALSE;
  delivery->is_open = foxapi_result_open (delivery->result, offset, error);
  delivery->position = offset;
  delivery->ahead_start = delivery->ahead_end = 0;
  delivery->count = 0;
  return delivery->is_open;
}

/* Pools have descriptors, so there is none before it is needed. */
static gboolean
make_pool (GstFoxapiDelivery * delivery, guint size)
{
  GstAllocationParams params;
  GstStructure *config;

  clear_pool (delivery);
  delivery->pool = gst_buffer_pool_new ();
  delivery->pool_size = size;

  gst_allocation_params_init (&params);
  params.align = ALIGNMENT_MASK;
  config = gst_buffer_pool_get_config (delivery->pool);
  gst_buffer_pool_config_set_params (config, NULL, size, 0, 0);
  gst_buffer_pool_config_set_allocator (config, NULL, &params);
  return gst_buffer_pool_set_config (delivery->pool, config)
      && gst_buffer_pool_set_active (delivery->pool, TRUE);
}

static GstBuffer *
take_buffer (GstFoxapiDelivery * delivery, guint size, GstMapInfo * map)
{
  g_autoptr (GstBuffer) buffer = NULL;

  if ((delivery->pool == NULL || delivery->pool_size < size)
      && !make_pool (delivery, size))
    return NULL;
  if (gst_buffer_pool_acquire_buffer (delivery->pool, &buffer, NULL)
      != GST_FLOW_OK || !gst_buffer_map (buffer, map, GST_MAP_WRITE))
    return NULL;
  return g_steal_pointer (&buffer);
}

static void
cut_buffer (GstBuffer ** buffer, gsize size)
{
  GstBuffer *small;

  if (size >= gst_buffer_get_size (*buffer) / WORTHY_PART) {
    gst_buffer_set_size (*buffer, size);
    return;
  }
  small = gst_buffer_copy_region (*buffer,
      GST_BUFFER_COPY_MEMORY | GST_BUFFER_COPY_DEEP, 0, size);
  gst_buffer_unref (*buffer);
  *buffer = small;
}

static gssize
read_bytes (GstFoxapiDelivery * delivery, guint8 * data, gsize size,
    GError ** error)
{
  if (delivery->ahead_start == delivery->ahead_end) {
    gssize n;

    if (size >= AHEAD_SIZE)
      return foxapi_result_read (delivery->result, data, size, error);
    if (delivery->ahead == NULL)
      delivery->ahead = g_malloc (AHEAD_SIZE);
    n = foxapi_result_read (delivery->result, delivery->ahead, AHEAD_SIZE,
        error);
    if (n <= 0)
      return n;
    delivery->ahead_start = 0;
    delivery->ahead_end = n;
  }
  size = MIN (size, delivery->ahead_end - delivery->ahead_start);
  memcpy (data, delivery->ahead + delivery->ahead_start, size);
  delivery->ahead_start += size;
  return size;
}

/* Reads up to @length bytes into a new buffer. Returns their number, 0 only at the
 * proven end, or -1. */
gssize
gst_foxapi_delivery_read (GstFoxapiDelivery * delivery, guint length,
    GstBuffer ** buffer, GError ** error)
{
  g_autoptr (GstBuffer) new_buffer = NULL;
  guint64 start = delivery->position;
  GstMapInfo map;
  gssize n;

  length = MIN (length, foxapi_result_is_encrypted (delivery->result) ?
      ENCRYPTED_SIZE : MAX_SIZE);
  new_buffer = take_buffer (delivery, length, &map);
  if (new_buffer == NULL) {
    g_set_error_literal (error, FOXAPI_ERROR, FOXAPI_ERROR_FAILED,
        _("There is not enough memory to read the result. Free some, then "
            "start again."));
    return -1;
  }
  n = read_bytes (delivery, map.data, length, error);
  gst_buffer_unmap (new_buffer, &map);
  if (n <= 0)
    return n;

  delivery->position += n;
  delivery->count++;
  cut_buffer (&new_buffer, n);
  GST_BUFFER_OFFSET (new_buffer) = start;
  GST_BUFFER_OFFSET_END (new_buffer) = delivery->position;
  *buffer = g_steal_pointer (&new_buffer);
  return n;
}

/* A buffer of these bytes leaves the element. Not all that is read does: the base
 * class drops buffers for an EOS, or a seek. */
void
gst_foxapi_delivery_pushed (GstFoxapiDelivery * delivery, guint64 start,
    guint64 end)
{
  guint64 size;

  if (start != delivery->run_end)
    delivery->run_start = start;
  delivery->run_end = end;
  if (start <= delivery->head_end)
    delivery->head_end = MAX (delivery->head_end, end);
  if (foxapi_result_get_size (delivery->result, &size) && end == size)
    delivery->tail_start = MIN (delivery->tail_start, delivery->run_start);
}

/* Whether every byte has been pushed, in whatever order */
gboolean
gst_foxapi_delivery_is_complete (GstFoxapiDelivery * delivery)
{
  return delivery->head_end >= delivery->tail_start;
}
