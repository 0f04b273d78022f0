/* Reference branches: request pads, and a file for each
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/* The ELEMENT message of a complete capture: `pad` string, `media-type`
 * string, `size` uint64. */
#define GST_FOXAPI_REFERENCE_STRUCTURE "foxapi-reference"

/* What a capture makes of its branch. */
typedef enum
{
  /* an image: JPEG, PNG or WebP, or a frame of raw video */
  GST_FOXAPI_CAPTURE_IMAGE,
  /* a video: MP4 or QuickTime, or a clip of raw video */
  GST_FOXAPI_CAPTURE_VIDEO,
} GstFoxapiCaptureKind;

#define GST_TYPE_FOXAPI_CAPTURE (gst_foxapi_capture_get_type ())
/* A bin with the ghost pad `sink`, which captures once a start and drops
 * what comes later. It posts, once a start, either the ELEMENT message
 * `foxapi-reference` or an ERROR, and the branch flows on either way. */
G_DECLARE_FINAL_TYPE (GstFoxapiCapture, gst_foxapi_capture, GST,
    FOXAPI_CAPTURE, GstBin)

GstCaps *gst_foxapi_capture_get_caps (GstFoxapiCaptureKind kind);

GstElement *gst_foxapi_capture_new (const gchar * name,
    GstFoxapiCaptureKind kind);
void gst_foxapi_capture_set_directory (GstFoxapiCapture * self,
    const gchar * directory);
void gst_foxapi_capture_set_clip_time (GstFoxapiCapture * self,
    GstClockTime clip_time);

gchar *gst_foxapi_capture_dup_uri (GstFoxapiCapture * self);
void gst_foxapi_capture_forget (GstFoxapiCapture * self);

/* The captures of a bin: children, each behind a ghost pad of its name. What
 * is waited for belongs to the control thread between start and stop, and to the
 * thread that changes the bin's state at other times; pads come and go in
 * any thread, and are the bin's, under its object lock. */
typedef struct _GstFoxapiBinCaptures GstFoxapiBinCaptures;

GstFoxapiBinCaptures *gst_foxapi_bin_captures_new (GstBin * bin);
void gst_foxapi_bin_captures_free (GstFoxapiBinCaptures * captures);

gchar *gst_foxapi_bin_captures_choose_name (GstFoxapiBinCaptures * captures,
    GstFoxapiCaptureKind kind, const gchar * wanted);
GstPad *gst_foxapi_bin_captures_add (GstFoxapiBinCaptures * captures,
    GstPadTemplate * templ, GstFoxapiCaptureKind kind, const gchar * name);
void gst_foxapi_bin_captures_forget (GstFoxapiBinCaptures * captures);

void gst_foxapi_bin_captures_append_uris (GstFoxapiBinCaptures * captures,
    const gchar * prefix, GValue * list);
gchar *gst_foxapi_bin_captures_dup_first_uri (GstFoxapiBinCaptures * captures);

void gst_foxapi_bin_captures_start (GstFoxapiBinCaptures * captures,
    const gchar * directory, GstClockTime clip_time);
gchar *gst_foxapi_bin_captures_dup_unlinked (GstFoxapiBinCaptures * captures);
void gst_foxapi_bin_captures_stop (GstFoxapiBinCaptures * captures);
gboolean gst_foxapi_bin_captures_is_waiting (GstFoxapiBinCaptures * captures);
gboolean gst_foxapi_bin_captures_is_awaited (GstFoxapiBinCaptures * captures,
    GstElement * capture);
gboolean gst_foxapi_bin_captures_arrived (GstFoxapiBinCaptures * captures,
    GstElement * capture);
void gst_foxapi_bin_captures_release_branch (GstFoxapiBinCaptures * captures,
    GstElement * capture);

G_END_DECLS
