/* What the bin's task has told of itself
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

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

G_END_DECLS
