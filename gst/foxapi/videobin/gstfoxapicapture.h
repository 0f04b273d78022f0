/* The end of a reference branch: graph media → one reference file
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "gstfoxapirecorder.h"

G_BEGIN_DECLS

/* The ELEMENT message of a complete capture: `pad` string, `media-type`
 * string, `size` uint64. */
#define GST_FOXAPI_REFERENCE_STRUCTURE "foxapi-reference"

#define GST_TYPE_FOXAPI_CAPTURE (gst_foxapi_capture_get_type ())
/* A bin with the ghost pad `sink`, which captures once a start and drops
 * what comes later. It posts, once a start, either the ELEMENT message
 * `foxapi-reference` or an ERROR, and the branch flows on either way. */
G_DECLARE_FINAL_TYPE (GstFoxapiCapture, gst_foxapi_capture, GST,
    FOXAPI_CAPTURE, GstBin)

GstElement *gst_foxapi_capture_new (const gchar * name,
    GstFoxapiCaptureKind kind);
void gst_foxapi_capture_set_up (GstFoxapiCapture * self,
    const gchar * directory, GstClockTime clip_time);
gchar *gst_foxapi_capture_dup_uri (GstFoxapiCapture * self);
void gst_foxapi_capture_forget (GstFoxapiCapture * self);
void gst_foxapi_capture_release_branch (GstFoxapiCapture * self);

G_END_DECLS
