/* The references that the graph offers: request pads, and what they capture
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gst/gst.h>

#include "gstfoxapicapture.h"

G_BEGIN_DECLS

/* The captures of a bin: children, each behind a ghost pad of its name. What
 * is waited for belongs to the director between start and stop, and to the
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
