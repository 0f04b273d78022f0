/* What comes out of a reference branch → a file
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gst/gst.h>

#include "gstfoxapicapture.h"

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

GstBuffer *gst_foxapi_clip_end (GstFoxapiClip * clip);

/* Called by a recorder in its streaming thread. One of the last three is
 * called in a run, once; none after it was cancelled. */
typedef struct
{
  /* no more data is needed; the file is not complete yet */
  void (*enough) (gpointer user_data);
  /* it is; @path is */
  void (*captured) (gpointer user_data, const gchar * path,
      const gchar * media_type, guint64 size);
  /* the branch carries something else: @caps, or NULL if unknown */
  void (*refused) (gpointer user_data, GstCaps * caps);
  /* there will be none */
  void (*failed) (gpointer user_data, const GError * error);
} GstFoxapiRecorderListener;

#define GST_TYPE_FOXAPI_RECORDER (gst_foxapi_recorder_get_type ())
/* The last element of a branch, with the pad `sink`. It is no sink to its
 * bin: it does not preroll and posts nothing. */
G_DECLARE_FINAL_TYPE (GstFoxapiRecorder, gst_foxapi_recorder, GST,
    FOXAPI_RECORDER, GstElement)

GstElement *gst_foxapi_recorder_new (GstFoxapiCaptureKind kind,
    const gchar * name, const GstFoxapiRecorderListener * listener,
    gpointer user_data);

void gst_foxapi_recorder_prepare (GstFoxapiRecorder * self,
    const gchar * directory, GstClockTime clip_time);
void gst_foxapi_recorder_cancel (GstFoxapiRecorder * self);
void gst_foxapi_recorder_release (GstFoxapiRecorder * self);

G_END_DECLS
