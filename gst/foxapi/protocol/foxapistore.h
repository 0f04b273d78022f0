/* The records of paid tasks (docs/task-store.md)
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gio/gio.h>
#include <json-glib/json-glib.h>
#include <sys/stat.h>

G_BEGIN_DECLS

/* How long a result lives at the service, in seconds (docs/service.md). */
#define FOXAPI_STORE_LIFETIME_S (24 * 60 * 60)

/* One task that was paid for or, without an id, a request that was about to be
 * sent: an intent. Unchanged by all but the functions below. */
typedef struct
{
  gchar *path;
  gint64 created;               /* Unix seconds, as the clock was then */
  gchar *service;
  gchar *model;                 /* (nullable) */
  gchar *prompt;                /* (nullable) cut */
  gchar *key_digest;
  gchar *identity;
  gchar *task_id;               /* (nullable) */

  gint fd;                      /* has the lock; -1: not held */
  gchar *process;               /* (nullable): that sends an intent */
  gboolean is_held;             /* by somebody else, when it was looked at */
} FoxapiRecord;

gchar *foxapi_store_get_default_directory (void);
gchar *foxapi_store_get_process (void);
gchar *foxapi_store_identify (const gchar * service, const gchar * key_digest,
    const gchar * body);
gboolean foxapi_store_is_trusted (const gchar * path, const struct stat *file);

FoxapiRecord *foxapi_store_take (const gchar * directory,
    const gchar * identity, GHashTable * given_up, GPtrArray * lost,
    GCancellable * cancellable, GError ** warning);
FoxapiRecord *foxapi_store_take_task (const gchar * directory,
    const gchar * service, const gchar * task_id, GCancellable * cancellable);
FoxapiRecord *foxapi_store_add (const gchar * directory,
    const gchar * identity, const gchar * service, const gchar * key_digest,
    JsonObject * body, GError ** warning);

gboolean foxapi_record_set_task_id (FoxapiRecord * record,
    const gchar * task_id, GError ** error);
gboolean foxapi_record_hold (FoxapiRecord * record);
void foxapi_record_let_go (FoxapiRecord * record);
void foxapi_record_remove (FoxapiRecord * record);
void foxapi_record_free (FoxapiRecord * record);

gchar *foxapi_record_describe (const FoxapiRecord * record);
gchar *foxapi_record_get_forget_command (const FoxapiRecord * record);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (FoxapiRecord, foxapi_record_free)

G_END_DECLS
