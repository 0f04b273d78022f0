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

/**
 * FoxapiTask:
 *
 * One answer of the service about a task: immutable and reference-counted, so
 * that threads share it without a lock. A newer answer is another #FoxapiTask.
 *
 * Since: 0.1
 */
typedef struct _FoxapiTask FoxapiTask;

FoxapiTask *foxapi_task_new_from_json (const gchar * text, gsize length,
    const gchar * asked_id, GError ** error);
FoxapiTask *foxapi_task_ref (FoxapiTask * task);
void foxapi_task_unref (FoxapiTask * task);

gboolean foxapi_task_id_is_valid (const gchar * id);

const gchar *foxapi_task_get_id (const FoxapiTask * task);
FoxapiTaskState foxapi_task_get_state (const FoxapiTask * task);
const gchar *foxapi_task_get_status (const FoxapiTask * task);
gint foxapi_task_get_progress (const FoxapiTask * task);
const gchar *foxapi_task_get_model (const FoxapiTask * task);
const gchar *foxapi_task_get_object (const FoxapiTask * task);
const gchar *foxapi_task_get_kind (const FoxapiTask * task);
gboolean foxapi_task_get_created (const FoxapiTask * task, gint64 * created);
gboolean foxapi_task_get_can_cancel (const FoxapiTask * task,
    gboolean * can_cancel);
gint foxapi_task_get_estimated_time (const FoxapiTask * task);
const gchar *const *foxapi_task_get_results (const FoxapiTask * task);
gboolean foxapi_task_get_seed (const FoxapiTask * task, gint64 * seed);
const gchar *foxapi_task_get_error_code (const FoxapiTask * task);
const gchar *foxapi_task_get_error_type (const FoxapiTask * task);
const gchar *foxapi_task_get_error_message (const FoxapiTask * task);
const gchar *foxapi_task_get_linkless (const FoxapiTask * task);
const gchar *foxapi_task_get_json (const FoxapiTask * task);

gboolean foxapi_task_says_the_same (const FoxapiTask * a, const FoxapiTask * b);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (FoxapiTask, foxapi_task_unref)

G_END_DECLS
