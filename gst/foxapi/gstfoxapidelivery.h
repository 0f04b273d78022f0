/* The result's bytes → buffers
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "gstfoxapiengine.h"

G_BEGIN_DECLS

/* One delivery of a result: where it is, and how much of it has been pushed. It
 * belongs to the streaming thread. */
typedef struct
{
  GstFoxapiEngine *engine;
  FoxapiResult *result;         /* NULL until it is opened */
  GstBufferPool *pool;          /* NULL until something is read */
  guint pool_size;              /* of its buffers */
  guint8 *ahead;                /* what was read ahead for small buffers, */
  gsize ahead_start;            /* and what of it is left */
  gsize ahead_end;
  gboolean is_open;
  guint64 position;             /* of the next byte, if it is open */
  guint count;                  /* buffers read since it was opened somewhere */
  guint64 run_start;            /* all bytes from here on were pushed in a row, */
  guint64 run_end;              /* and up to here */
  guint64 head_end;             /* all bytes before this were pushed */
  guint64 tail_start;           /* and all from here on */
} GstFoxapiDelivery;

void gst_foxapi_delivery_init (GstFoxapiDelivery * delivery,
    GstFoxapiEngine * engine);
void gst_foxapi_delivery_clear (GstFoxapiDelivery * delivery);

gboolean gst_foxapi_delivery_open (GstFoxapiDelivery * delivery,
    guint64 offset, GError ** error);
gssize gst_foxapi_delivery_read (GstFoxapiDelivery * delivery, guint length,
    GstBuffer ** buffer, GError ** error);

void gst_foxapi_delivery_pushed (GstFoxapiDelivery * delivery,
    guint64 start, guint64 end);
gboolean gst_foxapi_delivery_is_complete (GstFoxapiDelivery * delivery);

G_END_DECLS
