/* What the bin's children tell → what the bin tells
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gst/gst.h>

#include "gstfoxapibinclips.h"
#include "gstfoxapibinoptions.h"
#include "gstfoxapibintask.h"
#include "gstfoxapidirector.h"

G_BEGIN_DECLS

/* The bin's messages. Children's messages are handled in whatever thread
 * posts them; it gives the director a cue. Any thread; it has a lock of its
 * own, and no lock is held when a message is posted. */
typedef struct _GstFoxapiBinReports GstFoxapiBinReports;

GstFoxapiBinReports *gst_foxapi_bin_reports_new (GstElement * bin,
    GstElement * source, const GstFoxapiBinOptions * options,
    GstFoxapiBinClips * clips, GstFoxapiDirector * director);
void gst_foxapi_bin_reports_free (GstFoxapiBinReports * reports);

gboolean gst_foxapi_bin_reports_handle (GstFoxapiBinReports * reports,
    GstMessage * message);
void gst_foxapi_bin_reports_fail (GstFoxapiBinReports * reports,
    const GError * error);
gboolean gst_foxapi_bin_reports_has_failed (GstFoxapiBinReports * reports);
GstFoxapiBinTask *gst_foxapi_bin_reports_get_task (GstFoxapiBinReports *
    reports);

void gst_foxapi_bin_reports_set_is_starting (GstFoxapiBinReports * reports,
    gboolean is_starting);
void gst_foxapi_bin_reports_set_is_playing (GstFoxapiBinReports * reports,
    gboolean is_playing);
void gst_foxapi_bin_reports_forget_failure (GstFoxapiBinReports * reports);
void gst_foxapi_bin_reports_new_generation (GstFoxapiBinReports * reports);
void gst_foxapi_bin_reports_delivered (GstFoxapiBinReports * reports);
void gst_foxapi_bin_reports_ending (GstFoxapiBinReports * reports,
    GFunc when_told, gpointer user_data);
void gst_foxapi_bin_reports_new_placeholder (GstFoxapiBinReports * reports);
void gst_foxapi_bin_reports_stopping (GstFoxapiBinReports * reports);
void gst_foxapi_bin_reports_stopped (GstFoxapiBinReports * reports);

G_END_DECLS
