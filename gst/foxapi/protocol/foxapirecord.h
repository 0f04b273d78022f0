/* One record of a paid task: a file, and who holds it
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gio/gio.h>
#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/* Of files that are being written */
#define FOXAPI_RECORD_TEMPORARY_PREFIX ".new-"

/**
 * FoxapiRecord:
 *
 * One record, held by this process: no other element takes up its task until it
 * is released, or the process is gone.
 *
 * Since: 0.1
 */
typedef struct _FoxapiRecord FoxapiRecord;

FoxapiRecord *foxapi_record_open (const gchar * path, gboolean * foreign);
JsonObject *foxapi_record_peek (const gchar * path);
JsonObject *foxapi_record_new_object (void);
FoxapiRecord *foxapi_record_create (const gchar * path, JsonObject * object,
    GError ** error);

gint64 foxapi_record_get_age (FoxapiRecord * record);
JsonObject *foxapi_record_get_object (FoxapiRecord * record);
const gchar *foxapi_record_get_path (FoxapiRecord * record);
const gchar *foxapi_record_get_task_id (FoxapiRecord * record);
gboolean foxapi_record_set_task_id (FoxapiRecord * record,
    const gchar * task_id, GError ** error);
gboolean foxapi_record_hold (FoxapiRecord * record);
void foxapi_record_let_go (FoxapiRecord * record);
void foxapi_record_remove (FoxapiRecord * record);
void foxapi_record_free (FoxapiRecord * record);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (FoxapiRecord, foxapi_record_free)

G_END_DECLS
