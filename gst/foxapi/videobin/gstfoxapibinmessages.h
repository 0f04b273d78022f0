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

/* The bin's messages. Children's messages are handled in whatever thread
 * posts them, which sends the control thread a message. Any thread; it has a
 * lock of its own, and no lock is held when a message is posted. */
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
gchar *gst_foxapi_bin_messages_make_text (GstFoxapiBinMessages * messages);
GstEvent *gst_foxapi_bin_messages_make_task_event (GstFoxapiBinMessages *
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
