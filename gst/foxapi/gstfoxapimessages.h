/* Task → messages and event; GError → element error
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gst/gst.h>

#include "foxapitask.h"

G_BEGIN_DECLS

#define GST_FOXAPI_TASK_STRUCTURE "foxapi-task"
#define GST_FOXAPI_CHECK_QUERY "foxapi-check"
#define GST_FOXAPI_PROGRESS_GENERATE "generate"
#define GST_FOXAPI_PROGRESS_DOWNLOAD "download"

/* Where the task of a start comes from */
typedef enum
{
  GST_FOXAPI_SUBMITTED,
  GST_FOXAPI_RESUMED,           /* a task that was there already */
  GST_FOXAPI_CACHED,            /* and its clip was there, too */
} GstFoxapiOrigin;

GstDebugCategory *gst_foxapi_get_debug_category (void);

GstStructure *gst_foxapi_task_to_structure (FoxapiTask * task,
    GstFoxapiOrigin origin);

GstEvent *gst_foxapi_new_task_event (FoxapiTask * task, GstFoxapiOrigin origin);
GstEvent *gst_foxapi_new_tag_event (const gchar * prompt, FoxapiTask * task);
GstMessage *gst_foxapi_new_progress (GstElement * element, const gchar * code,
    GstProgressType type, gint percent, const gchar * text);
GstMessage *gst_foxapi_new_error (GstElement * element, const GError * error,
    const gchar * task_id, gboolean kept);
void gst_foxapi_post_warning (GstElement * element, const GError * warning,
    const gchar * task_id);
GstMessage *gst_foxapi_explain_error (GstMessage * message,
    const gchar * advice, const gchar * task_id);
GstMessage *gst_foxapi_explain_stream_error (GstMessage * message,
    const gchar * task_id);

G_END_DECLS
