/* Waits until a buffer is due
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gst/base/base.h>

G_BEGIN_DECLS

/* The beat of a live source. GstBaseSrc has one, which moves all timestamps
 * by what the first buffer is early or late; here they are counted and stay. */
typedef struct
{
  GstClockID id;                /* (nullable): the source's object lock */
  gboolean is_interrupted;      /* likewise */
} GstFoxapiBeat;

GstFlowReturn gst_foxapi_beat_wait (GstFoxapiBeat * beat, GstBaseSrc * src,
    GstClockTime time, gboolean * has_clock);
void gst_foxapi_beat_interrupt (GstFoxapiBeat * beat, GstBaseSrc * src,
    gboolean is_interrupted);

G_END_DECLS
