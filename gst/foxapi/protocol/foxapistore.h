/* The records of paid tasks
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "foxapirecord.h"

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

gchar *foxapi_store_get_default_directory (void);

gchar *foxapi_store_identify (const gchar * service, const gchar * key_digest,
    const gchar * body);

FoxapiRecord *foxapi_store_take (const gchar * directory,
    const gchar * identity, gboolean * lost_intent, GError ** warning);
void foxapi_store_forget_lost (const gchar * directory,
    const gchar * identity);
FoxapiRecord *foxapi_store_take_task (const gchar * directory,
    const gchar * service, const gchar * task_id);
FoxapiRecord *foxapi_store_add (const gchar * directory,
    const FoxapiStoreEntry * entry, GError ** error);

G_END_DECLS
