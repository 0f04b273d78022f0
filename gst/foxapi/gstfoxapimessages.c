/* Task → messages and event; GError → element error: all that applications are
 * told, in one place (docs/errors.md)
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstfoxapimessages.h"

#include "foxapierror.h"

static void
set_string (GstStructure * structure, const gchar * name, const gchar * value)
{
  if (value != NULL)
    gst_structure_set (structure, name, G_TYPE_STRING, value, NULL);
}

static void
set_results (GstStructure * structure, FoxapiTask * task)
{
  const gchar *const *results = task->results;
  GValue list = G_VALUE_INIT;

  if (*results == NULL)
    return;

  g_value_init (&list, GST_TYPE_ARRAY);
  for (; *results != NULL; results++) {
    GValue url = G_VALUE_INIT;

    g_value_init (&url, G_TYPE_STRING);
    g_value_set_string (&url, *results);
    gst_value_array_append_and_take_value (&list, &url);
  }
  gst_structure_take_value (structure, "results", &list);
}

/* The structure `foxapi-task`; what the service did not send is absent. */
GstStructure *
gst_foxapi_task_to_structure (FoxapiTask * task, gboolean resumed)
{
  GstStructure *structure = gst_structure_new (GST_FOXAPI_TASK_STRUCTURE,
      "id", G_TYPE_STRING, task->id,
      "resumed", G_TYPE_BOOLEAN, resumed, NULL);

  set_string (structure, "status", task->status);
  if (task->progress >= 0)
    gst_structure_set (structure, "progress", G_TYPE_INT, task->progress, NULL);
  set_string (structure, "model", task->model);
  set_string (structure, "object", task->object);
  set_string (structure, "type", task->type);
  if (task->has_created)
    gst_structure_set (structure, "created", G_TYPE_INT64, task->created, NULL);
  if (task->has_can_cancel)
    gst_structure_set (structure, "can-cancel", G_TYPE_BOOLEAN,
        task->can_cancel, NULL);
  if (task->estimated_time >= 0)
    gst_structure_set (structure, "estimated-time", G_TYPE_INT,
        task->estimated_time, NULL);
  set_results (structure, task);
  set_string (structure, "error-code", task->error_code);
  set_string (structure, "error-message", task->error_message);
  set_string (structure, "json", task->json);
  return structure;
}

void
gst_foxapi_post_task (GstElement * element, FoxapiTask * task, gboolean resumed)
{
  gst_element_post_message (element,
      gst_message_new_element (GST_OBJECT (element),
          gst_foxapi_task_to_structure (task, resumed)));
}

GstEvent *
gst_foxapi_new_task_event (FoxapiTask * task, gboolean resumed)
{
  return gst_event_new_custom (GST_EVENT_CUSTOM_DOWNSTREAM_STICKY,
      gst_foxapi_task_to_structure (task, resumed));
}

/* @percent: -1 if it is not known */
void
gst_foxapi_post_progress (GstElement * element, const gchar * code,
    GstProgressType type, gint percent, const gchar * text)
{
  GstMessage *message = gst_message_new_progress (GST_OBJECT (element), type,
      code, text);

  if (type == GST_PROGRESS_TYPE_CONTINUE && percent >= 0)
    gst_structure_set (gst_message_writable_structure (message),
        "percent", G_TYPE_INT, percent, NULL);
  gst_element_post_message (element, message);
}

static gint
to_resource_error (const GError * error)
{
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND))
    return GST_RESOURCE_ERROR_NOT_FOUND;
  if (error->domain != FOXAPI_ERROR)
    return GST_RESOURCE_ERROR_FAILED;

  switch ((FoxapiErrorCode) error->code) {
    case FOXAPI_ERROR_SETTINGS:
      return GST_RESOURCE_ERROR_SETTINGS;
    case FOXAPI_ERROR_NOT_AUTHORIZED:
      return GST_RESOURCE_ERROR_NOT_AUTHORIZED;
    case FOXAPI_ERROR_NOT_FOUND:
      return GST_RESOURCE_ERROR_NOT_FOUND;
    case FOXAPI_ERROR_BUSY:
      return GST_RESOURCE_ERROR_BUSY;
    case FOXAPI_ERROR_CONNECT:
      return GST_RESOURCE_ERROR_OPEN_READ;
    case FOXAPI_ERROR_READ:
      return GST_RESOURCE_ERROR_READ;
    case FOXAPI_ERROR_FAILED:
      break;
  }
  return GST_RESOURCE_ERROR_FAILED;
}

static GstStructure *
new_details (const GError * error, const gchar * task_id)
{
  const FoxapiErrorDetails *details = foxapi_error_get_details (error);
  GstStructure *structure = gst_structure_new_empty ("details");

  set_string (structure, "task-id", task_id);
  if (details == NULL)
    return structure;

  if (details->http_status != 0)
    gst_structure_set (structure, "http-status", G_TYPE_UINT,
        details->http_status, NULL);
  set_string (structure, "error-code", details->code);
  set_string (structure, "error-type", details->type);
  set_string (structure, "request-id", details->request_id);
  if (details->charge != FOXAPI_CHARGE_NOT_ASKED)
    gst_structure_set (structure, "maybe-charged", G_TYPE_BOOLEAN,
        details->charge == FOXAPI_CHARGE_MAYBE, NULL);
  return structure;
}

/* What a developer wants to know, and no sentence says. */
static gchar *
describe (const GError * error, const gchar * task_id)
{
  const FoxapiErrorDetails *details = foxapi_error_get_details (error);
  GString *text = g_string_new (NULL);

  if (details != NULL && details->http_status != 0)
    g_string_append_printf (text, "HTTP status %u. ", details->http_status);
  if (details != NULL && details->code != NULL)
    g_string_append_printf (text, "Error code %s. ", details->code);
  if (details != NULL && details->request_id != NULL)
    g_string_append_printf (text, "Request %s. ", details->request_id);
  if (task_id != NULL)
    g_string_append_printf (text, "Task %s. ", task_id);
  if (text->len == 0)
    return g_string_free (text, TRUE);
  g_string_truncate (text, text->len - 1);
  return g_string_free (text, FALSE);
}

static gchar *
say_kept (const gchar * text, const gchar * task_id)
{
  return g_strdup_printf ("%s The task is paid for and kept: start again, or "
      "set task-id=%s anywhere, to resume it at no new charge.", text, task_id);
}

/* The one ERROR message of a fatal path. @task_id is the task that is paid for,
 * if there is one; @kept: it can be taken up. The object lock is not held. */
void
gst_foxapi_post_error (GstElement * element, const GError * error,
    const gchar * task_id, gboolean kept)
{
  gchar *text;

  if (task_id != NULL && kept)
    text = say_kept (error->message, task_id);
  else
    text = g_strdup (error->message);
  gst_element_message_full_with_details (element, GST_MESSAGE_ERROR,
      GST_RESOURCE_ERROR, to_resource_error (error), text,
      describe (error, task_id), __FILE__, GST_FUNCTION, __LINE__,
      new_details (error, task_id));
}

void
gst_foxapi_post_warning (GstElement * element, const GError * warning,
    const gchar * task_id)
{
  gst_element_message_full_with_details (element, GST_MESSAGE_WARNING,
      GST_RESOURCE_ERROR, to_resource_error (warning),
      g_strdup (warning->message), describe (warning, task_id), __FILE__,
      GST_FUNCTION, __LINE__, new_details (warning, task_id));
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
    g_autofree gchar *text = say_kept (error->message, task_id);

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
