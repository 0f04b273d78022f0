/* A clip on its way into the cache
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "foxapiclips.h"
#include "foxapidownload.h"

G_BEGIN_DECLS

/* The download of a clip as far as it has come, in this process or an earlier one.
 * Who has it holds a lock: others who want the same clip wait for it. It belongs to
 * one thread at a time. */
typedef struct _FoxapiPart FoxapiPart;

FoxapiPart *foxapi_part_take (const gchar * directory, const gchar * identity,
    gboolean * is_taken, GError ** warning);
void foxapi_part_free (FoxapiPart * part);

gboolean foxapi_part_is_of (FoxapiPart * part, const gchar * directory,
    const gchar * identity);
const gchar *foxapi_part_get_task_id (FoxapiPart * part);
void foxapi_part_set_task (FoxapiPart * part, const gchar * task_id);
void foxapi_part_discard (FoxapiPart * part);

gboolean foxapi_part_get_source (FoxapiPart * part, FoxapiSource * source);
void foxapi_part_set_source (FoxapiPart * part, const FoxapiSource * source);

guint64 foxapi_part_get_length (FoxapiPart * part);
gssize foxapi_part_read (FoxapiPart * part, guint64 position, gpointer buffer,
    gsize size);
gboolean foxapi_part_write (FoxapiPart * part, guint64 position,
    gconstpointer bytes, gsize size, GError ** error);
gboolean foxapi_part_is_whole (FoxapiPart * part);
gboolean foxapi_part_keep (FoxapiPart * part, const FoxapiClipOrigin * origin,
    GCancellable * cancellable, GError ** error);

/* What another process makes of the same clip */
typedef struct
{
  gchar *task_id;               /* (nullable): it has submitted */
  guint64 length;               /* that has been downloaded */
  gboolean is_downloading;
} FoxapiPartProgress;

void foxapi_part_look (const gchar * directory, const gchar * identity,
    FoxapiPartProgress * progress);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (FoxapiPart, foxapi_part_free)

G_END_DECLS
