/* One answer of the service about a task
 *
 * The service's manual exists in several versions: everything here is read with a
 * typed getter, and what is absent or of another type stays unset.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "foxapitask.h"

#include <glib/gi18n-lib.h>
#include <math.h>
#include <string.h>

#include "foxapierror.h"
#include "foxapijson.h"

/* Ids go into paths of URLs and of the task store. */
#define ID_MAX_LENGTH 200

FoxapiTask *
foxapi_task_ref (FoxapiTask * task)
{
  g_atomic_ref_count_inc (&task->ref_count);
  return task;
}

void
foxapi_task_unref (FoxapiTask * task)
{
  if (!g_atomic_ref_count_dec (&task->ref_count))
    return;

  g_free (task->id);
  g_free (task->status);
  g_free (task->model);
  g_free (task->object);
  g_free (task->type);
  g_strfreev ((GStrv) task->results);
  g_free (task->linkless);
  g_free (task->error_code);
  g_free (task->error_type);
  g_free (task->error_message);
  g_free (task->json);
  g_free (task);
}

/* An id becomes part of a path: slashes, control characters, what is special in a
 * URL, and `.` and `..` are refused. */
gboolean
foxapi_task_id_is_valid (const gchar * id)
{
  if (id == NULL || *id == '\0' || strlen (id) > ID_MAX_LENGTH)
    return FALSE;
  if (!g_utf8_validate (id, -1, NULL))
    return FALSE;
  if (g_str_equal (id, ".") || g_str_equal (id, ".."))
    return FALSE;

  for (const gchar * c = id; *c != '\0'; c = g_utf8_next_char (c)) {
    gunichar character = g_utf8_get_char (c);

    if (!g_unichar_isgraph (character) || strchr ("/\\?#%", *c) != NULL)
      return FALSE;
  }
  return TRUE;
}

static const gchar *const link_names[] = { "url", "video_url", "urls" };

/* A relative reference, or an id of something that is no file, is no link. */
static gboolean
is_link (const gchar * text)
{
  return text != NULL && strstr (text, "://") != NULL;
}

/* The links in a result, in the service's order and each once: a text is one, an
 * object has it as `url` or `video_url`, or several as `urls`. */
static void
add_links (FoxapiTask * task, GPtrArray * links, JsonNode * node)
{
  const gchar *text = foxapi_json_node_get_string (node);

  if (is_link (text)) {
    if (!g_ptr_array_find_with_equal_func (links, text, g_str_equal, NULL))
      g_ptr_array_add (links, g_strdup (text));
  } else if (node != NULL && JSON_NODE_HOLDS_ARRAY (node)) {
    JsonArray *list = json_node_get_array (node);

    for (guint i = 0; i < json_array_get_length (list); i++)
      add_links (task, links, json_array_get_element (list, i));
  } else if (node != NULL && JSON_NODE_HOLDS_OBJECT (node)) {
    JsonObject *result = json_node_get_object (node);

    for (guint i = 0; i < G_N_ELEMENTS (link_names); i++)
      add_links (task, links, json_object_get_member (result, link_names[i]));
    if (!task->has_seed)
      task->has_seed = foxapi_json_get_int (result, "seed", &task->seed);
  }
}

/* Whether a result is there, if not as a link. Where a link has a place and that
 * is empty, it is late, whatever else there is. */
static gboolean
holds_something (JsonNode * node)
{
  g_autoptr (GList) values = NULL;
  gboolean has_place = FALSE;

  if (node == NULL || JSON_NODE_HOLDS_NULL (node))
    return FALSE;
  if (JSON_NODE_HOLDS_VALUE (node))
    return json_node_get_value_type (node) != G_TYPE_STRING
        || *json_node_get_string (node) != '\0';
  if (JSON_NODE_HOLDS_ARRAY (node)) {
    values = json_array_get_elements (json_node_get_array (node));
  } else {
    JsonObject *object = json_node_get_object (node);

    for (guint i = 0; i < G_N_ELEMENTS (link_names); i++) {
      JsonNode *link = json_object_get_member (object, link_names[i]);

      has_place |= link != NULL;
      if (holds_something (link))
        return TRUE;
    }
    if (!has_place)
      values = json_object_get_values (object);
  }
  for (GList * l = values; l != NULL; l = l->next) {
    if (holds_something (l->data))
      return TRUE;
  }
  return FALSE;
}

static void
read_results (FoxapiTask * task, JsonObject * object)
{
  static const gchar *const names[] = { "results", "output" };
  g_autoptr (GPtrArray) links = g_ptr_array_new_with_free_func (g_free);

  for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
    JsonNode *node = json_object_get_member (object, names[i]);

    add_links (task, links, node);
    if (task->linkless == NULL && holds_something (node))
      task->linkless = json_to_string (node, FALSE);
  }
  if (links->len > 0)
    g_clear_pointer (&task->linkless, g_free);
  g_ptr_array_add (links, NULL);
  task->results = (const gchar * const *) g_ptr_array_steal (links, NULL);
}

static void
read_task_info (FoxapiTask * task, JsonObject * object)
{
  JsonObject *info = foxapi_json_get_object (object, "task_info");
  gdouble estimated_time;

  task->estimated_time = -1;
  if (info == NULL)
    return;

  task->has_can_cancel =
      foxapi_json_get_boolean (info, "can_cancel", &task->can_cancel);
  if (foxapi_json_get_number (info, "estimated_time", &estimated_time)
      && estimated_time >= 0 && estimated_time <= G_MAXINT)
    task->estimated_time = (gint) rint (estimated_time);
}

/* An object, a text or null */
static void
read_error (FoxapiTask * task, JsonObject * object)
{
  JsonObject *error = foxapi_json_get_object (object, "error");
  gint64 code;

  if (error == NULL) {
    task->error_message = g_strdup (foxapi_json_get_string (object, "error"));
    return;
  }

  task->error_code = g_strdup (foxapi_json_get_string (error, "code"));
  if (foxapi_json_get_int (error, "code", &code))
    task->error_code = g_strdup_printf ("%" G_GINT64_FORMAT, code);
  task->error_type = g_strdup (foxapi_json_get_string (error, "type"));
  task->error_message = g_strdup (foxapi_json_get_string (error, "message"));
}

/* A link makes a task complete, whatever its status is called. One that is called
 * completed and has nothing yet still runs: the links follow seconds later. */
static FoxapiTaskState
derive_state (const FoxapiTask * task)
{
  if (task->results[0] != NULL)
    return FOXAPI_TASK_COMPLETED;
  if (g_strcmp0 (task->status, "failed") == 0
      || g_strcmp0 (task->status, "cancelled") == 0)
    return FOXAPI_TASK_FAILED;
  if (g_strcmp0 (task->status, "completed") == 0 && task->linkless != NULL)
    return FOXAPI_TASK_LINKLESS;
  return FOXAPI_TASK_RUNNING;
}

static void
read_task (FoxapiTask * task, JsonObject * object)
{
  gdouble progress;

  task->status = g_strdup (foxapi_json_get_string (object, "status"));
  task->model = g_strdup (foxapi_json_get_string (object, "model"));
  task->object = g_strdup (foxapi_json_get_string (object, "object"));
  task->type = g_strdup (foxapi_json_get_string (object, "type"));
  task->has_created = foxapi_json_get_int (object, "created", &task->created);

  task->progress = -1;
  if (foxapi_json_get_number (object, "progress", &progress))
    task->progress = (gint) rint (CLAMP (progress, 0.0, 100.0));

  read_task_info (task, object);
  read_results (task, object);
  task->state = derive_state (task);
  if (task->state == FOXAPI_TASK_FAILED)
    read_error (task, object);
}

/* Why @task is of no use, NULL if it is. */
static const gchar *
find_fault (const FoxapiTask * task, const gchar * asked_id, gboolean names_id)
{
  if (!foxapi_task_id_is_valid (task->id))
    return _("it has no valid task id");
  if (asked_id == NULL)
    return NULL;
  if (!g_str_equal (task->id, asked_id))
    return _("it is about another task");
  if (!names_id && task->state == FOXAPI_TASK_FAILED)
    return _("it says that a task has failed, but not which");
  if (task->status == NULL && task->results[0] == NULL)
    return _("it has neither a status nor a result");
  return NULL;
}

/* Reads an answer (docs/service.md). @asked_id is the task that was asked about;
 * NULL for the answer to a submission, of which nothing but the id is needed. The
 * error is a clause for a message, such as "it is not JSON". */
FoxapiTask *
foxapi_task_new_from_json (const gchar * text, gsize length,
    const gchar * asked_id, GError ** error)
{
  g_autoptr (JsonObject) object = foxapi_json_parse (text, length, error);
  g_autoptr (FoxapiTask) task = NULL;
  const gchar *fault;
  gboolean names_id;

  if (object == NULL)
    return NULL;

  task = g_new0 (FoxapiTask, 1);
  g_atomic_ref_count_init (&task->ref_count);
  task->json = g_strndup (text, length);
  names_id = json_object_has_member (object, "id");
  task->id = g_strdup (names_id ? foxapi_json_get_string (object, "id")
      : asked_id);
  read_task (task, object);

  fault = find_fault (task, asked_id, names_id);
  if (fault != NULL) {
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, fault);
    return NULL;
  }
  return g_steal_pointer (&task);
}

/* Whether @b, a later answer about the same task, has nothing new to tell */
gboolean
foxapi_task_equal (const FoxapiTask * a, const FoxapiTask * b)
{
  return a->state == b->state && a->progress == b->progress
      && g_strcmp0 (a->status, b->status) == 0
      && g_strv_equal (a->results, b->results);
}
