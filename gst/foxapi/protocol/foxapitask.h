/* One answer of the service about a task
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* What a task's status comes down to */
typedef enum
{
  FOXAPI_TASK_RUNNING,          /* and every status that is not known here */
  FOXAPI_TASK_COMPLETED,        /* there is a link */
  FOXAPI_TASK_LINKLESS,         /* completed with something that has no link */
  FOXAPI_TASK_FAILED,           /* failed or cancelled */
} FoxapiTaskState;

/* Never changed once it is made, so that threads share it without a lock; a newer
 * answer is another one. What the service did not send, or sent with a wrong type,
 * is NULL, -1, or has its has_ flag unset. */
typedef struct
{
  gatomicrefcount ref_count;

  gchar *id;                    /* fit for a path */
  FoxapiTaskState state;
  gchar *status;                /* in the service's words */
  gint progress;                /* percent, rounded and held within 0 to 100 */
  gchar *model;
  gchar *object;
  gchar *type;
  gboolean has_created;
  gint64 created;               /* Unix seconds */
  gboolean has_can_cancel;
  gboolean can_cancel;
  gint estimated_time;          /* seconds */
  const gchar *const *results;  /* links, each once; never NULL */
  gchar *linkless;              /* JSON of a result that has no link */
  gboolean has_seed;
  gint64 seed;
  gchar *error_code;            /* these three of a failed task */
  gchar *error_type;
  gchar *error_message;
  gchar *json;                  /* the answer as received */
} FoxapiTask;

FoxapiTask *foxapi_task_new_from_json (const gchar * text, gsize length,
    const gchar * asked_id, GError ** error);
FoxapiTask *foxapi_task_ref (FoxapiTask * task);
void foxapi_task_unref (FoxapiTask * task);

gboolean foxapi_task_id_is_valid (const gchar * id);
gboolean foxapi_task_equal (const FoxapiTask * a, const FoxapiTask * b);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (FoxapiTask, foxapi_task_unref)

G_END_DECLS
