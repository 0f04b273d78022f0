/* What failed behind a task does not know of it: its ERROR, with the task
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstfoxapiexplain.h"

gchar *
gst_foxapi_say_kept (const gchar * text, const gchar * task_id)
{
  return g_strdup_printf ("%s The task is paid for and kept: start again, or "
      "set task-id=%s anywhere, to take it up without another charge.", text,
      task_id);
}

/* Elements that show or store a result know nothing of the task that it is of:
 * gives their ERROR an advice (a sentence) and the task, in text and details. Both
 * may be NULL. */
GstMessage *
gst_foxapi_explain_error (GstMessage * message, const gchar * advice,
    const gchar * task_id)
{
  g_autoptr (GError) error = NULL;
  g_autofree gchar *debug = NULL;
  GstStructure *details = gst_structure_new_empty ("details");
  GstMessage *explained;

  gst_message_parse_error (message, &error, &debug);
  if (advice != NULL) {
    g_autofree gchar *text = g_strdup_printf ("%s %s", error->message, advice);

    g_free (error->message);
    error->message = g_steal_pointer (&text);
  }
  if (task_id != NULL) {
    g_autofree gchar *text = gst_foxapi_say_kept (error->message, task_id);

    g_free (error->message);
    error->message = g_steal_pointer (&text);
    gst_structure_set (details, "task-id", G_TYPE_STRING, task_id, NULL);
  }
  explained = gst_message_new_error_with_details (GST_MESSAGE_SRC (message),
      error, debug, details);
  gst_message_unref (message);
  return explained;
}

/* The base class ends the stream with an ERROR of its own when what is behind the
 * source fails: a full disk, a missing link. Others are returned as they are. */
GstMessage *
gst_foxapi_explain_stream_error (GstMessage * message, const gchar * task_id)
{
  g_autoptr (GError) error = NULL;

  gst_message_parse_error (message, &error, NULL);
  if (task_id == NULL || error->domain != GST_STREAM_ERROR)
    return message;
  return gst_foxapi_explain_error (message, NULL, task_id);
}
