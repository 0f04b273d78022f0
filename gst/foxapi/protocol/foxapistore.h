/* The record of paid tasks
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* How long a result lives (API.md): older records are of no use. */
#define FOXAPI_STORE_LIFETIME_S (24 * 60 * 60)

/**
 * FoxapiStoreEntry:
 * @identity: what makes two requests equal: foxapi_store_identify()
 * @service: address of the service
 * @key_digest: tells two keys apart without telling either
 * @model: (nullable): for people who read the record
 * @prompt: (nullable): alike
 *
 * What a record says from the first moment on.
 *
 * Since: 0.1
 */
typedef struct
{
  const gchar *identity;
  const gchar *service;
  const gchar *key_digest;
  const gchar *model;
  const gchar *prompt;
} FoxapiStoreEntry;

/**
 * FoxapiRecord:
 *
 * One record, held by this process: no other element takes up its task until it
 * is released, or the process is gone.
 *
 * Since: 0.1
 */
typedef struct _FoxapiRecord FoxapiRecord;

gchar *foxapi_store_get_default_directory (void);

gchar *foxapi_store_identify (const gchar * service, const gchar * key_digest,
    const gchar * body);

FoxapiRecord *foxapi_store_take (const gchar * directory,
    const gchar * identity, gboolean * lost_intent, GError ** warning);
FoxapiRecord *foxapi_store_take_task (const gchar * directory,
    const gchar * service, const gchar * task_id);
FoxapiRecord *foxapi_store_add (const gchar * directory,
    const FoxapiStoreEntry * entry, GError ** error);

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
