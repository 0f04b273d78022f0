/* Times of a branch → times of a clip that starts at 0
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/* Where a clip stands. A frame is held back until the next one says how long
 * it lasts: frame rates may be variable or unknown. */
typedef struct
{
  GstClockTime length;          /* of the clip */
  GstClockTime frame_duration;  /* where a frame does not say */
  GstBuffer *held;              /* (nullable): the last frame, with its time */
  gboolean has_base;
  GstClockTimeDiff base;        /* a running time minus this is the clip's */
} GstFoxapiClip;

void gst_foxapi_clip_init (GstFoxapiClip * clip, GstClockTime length);
void gst_foxapi_clip_clear (GstFoxapiClip * clip);
void gst_foxapi_clip_set_frame_rate (GstFoxapiClip * clip, gint n, gint d);

gboolean gst_foxapi_clip_add (GstFoxapiClip * clip, GstBuffer * frame,
    GstClockTime running_time, GstBuffer ** ready);
GstBuffer *gst_foxapi_clip_end (GstFoxapiClip * clip);

G_END_DECLS
