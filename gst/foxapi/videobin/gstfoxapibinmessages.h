/* Messages of the bin's children → messages of the bin
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>
#include <gst/gst.h>

#include "gstfoxapibinclips.h"
#include "gstfoxapibinoptions.h"
#include "gstfoxapicontrol.h"

G_BEGIN_DECLS

gint gst_foxapi_remaining_seconds (gdouble elapsed, gint progress,
    gint estimate);
gchar *gst_foxapi_remaining_text (gint progress, gint remaining);

/* The latest foxapi-task of the latest generation. Any thread; it has a lock
 * of its own. */
typedef struct _GstFoxapiBinTask GstFoxapiBinTask;

GstFoxapiBinTask *gst_foxapi_bin_task_new (void);
void gst_foxapi_bin_task_free (GstFoxapiBinTask * task);

void gst_foxapi_bin_task_note (GstFoxapiBinTask * task,
    const GstStructure * told);
void gst_foxapi_bin_task_forget (GstFoxapiBinTask * task);

gchar *gst_foxapi_bin_task_dup_id (GstFoxapiBinTask * task);
gchar *gst_foxapi_bin_task_make_text (GstFoxapiBinTask * task);
GstEvent *gst_foxapi_bin_task_make_event (GstFoxapiBinTask * task);

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

/* The bin's messages. Children's messages are handled in whatever thread
 * posts them; it sends the control thread a message. Any thread; it has a lock of its
 * own, and no lock is held when a message is posted. */
typedef struct _GstFoxapiBinMessages GstFoxapiBinMessages;

GstFoxapiBinMessages *gst_foxapi_bin_messages_new (GstElement * bin,
    GstElement * source, const GstFoxapiBinOptions * options,
    GstFoxapiBinClips * clips, GstFoxapiControl * control);
void gst_foxapi_bin_messages_free (GstFoxapiBinMessages * messages);

gboolean gst_foxapi_bin_messages_handle (GstFoxapiBinMessages * messages,
    GstMessage * message);
void gst_foxapi_bin_messages_fail (GstFoxapiBinMessages * messages,
    const GError * error);
gboolean gst_foxapi_bin_messages_has_failed (GstFoxapiBinMessages * messages);
GstFoxapiBinTask *gst_foxapi_bin_messages_get_task (GstFoxapiBinMessages *
    messages);

void gst_foxapi_bin_messages_set_is_starting (GstFoxapiBinMessages * messages,
    gboolean is_starting);
void gst_foxapi_bin_messages_set_is_playing (GstFoxapiBinMessages * messages,
    gboolean is_playing);
void gst_foxapi_bin_messages_forget_failure (GstFoxapiBinMessages * messages);
void gst_foxapi_bin_messages_new_generation (GstFoxapiBinMessages * messages);
void gst_foxapi_bin_messages_delivered (GstFoxapiBinMessages * messages);
void gst_foxapi_bin_messages_ending (GstFoxapiBinMessages * messages,
    GFunc when_told, gpointer user_data);
void gst_foxapi_bin_messages_new_placeholder (GstFoxapiBinMessages * messages);
void gst_foxapi_bin_messages_stopping (GstFoxapiBinMessages * messages);
void gst_foxapi_bin_messages_stopped (GstFoxapiBinMessages * messages);

G_END_DECLS
