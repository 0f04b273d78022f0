/* What comes out of a branch → a captured file
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "gstfoxapicapture.h"

G_BEGIN_DECLS

/* Called by a collector in its streaming thread. One of the last three is
 * called in a run, once; none after it was cancelled. */
typedef struct
{
  /* no more data is needed; the file is not complete yet */
  void (*sated) (gpointer user_data);
  /* it is; @path is */
  void (*captured) (gpointer user_data, const gchar * path,
      const gchar * media_type, guint64 size);
  /* the branch carries something else: @caps, or NULL if unknown */
  void (*refused) (gpointer user_data, GstCaps * caps);
  /* there will be none */
  void (*failed) (gpointer user_data, const GError * error);
} GstFoxapiCollectorListener;

#define GST_TYPE_FOXAPI_COLLECTOR (gst_foxapi_collector_get_type ())
/* The last element of a branch, with the pad `sink`. It is no sink to its
 * bin: it does not preroll and posts nothing. */
G_DECLARE_FINAL_TYPE (GstFoxapiCollector, gst_foxapi_collector, GST,
    FOXAPI_COLLECTOR, GstElement)

GstElement *gst_foxapi_collector_new (GstFoxapiCaptureKind kind,
    const gchar * name, const GstFoxapiCollectorListener * listener,
    gpointer user_data);

void gst_foxapi_collector_prepare (GstFoxapiCollector * self,
    const gchar * directory, GstClockTime clip_time);
void gst_foxapi_collector_cancel (GstFoxapiCollector * self);
void gst_foxapi_collector_release (GstFoxapiCollector * self);

G_END_DECLS
