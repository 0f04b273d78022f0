/* PROGRESS that does not keep the application from playing
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/* An open PROGRESS asks the application to wait with PLAYING until it is
 * complete (gst-launch-1.0 does). Where a placeholder is there to be played,
 * it is posted when it does not delay anything any more. Any thread; it has
 * a lock of its own. */
typedef struct _GstFoxapiBinProgress GstFoxapiBinProgress;

GstFoxapiBinProgress *gst_foxapi_bin_progress_new (GstElement * element);
void gst_foxapi_bin_progress_free (GstFoxapiBinProgress * progress);

void gst_foxapi_bin_progress_post (GstFoxapiBinProgress * progress,
    GstMessage * message, gboolean may_delay);
void gst_foxapi_bin_progress_set_is_playing (GstFoxapiBinProgress * progress,
    gboolean is_playing);
void gst_foxapi_bin_progress_close (GstFoxapiBinProgress * progress,
    GFunc when_closed, gpointer user_data);

G_END_DECLS
