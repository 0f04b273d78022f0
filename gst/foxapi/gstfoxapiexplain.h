/* What failed behind a task does not know of it: its ERROR, with the task
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

gchar *gst_foxapi_say_kept (const gchar * text, const gchar * task_id);
GstMessage *gst_foxapi_explain_error (GstMessage * message,
    const gchar * advice, const gchar * task_id);
GstMessage *gst_foxapi_explain_stream_error (GstMessage * message,
    const gchar * task_id);

G_END_DECLS
