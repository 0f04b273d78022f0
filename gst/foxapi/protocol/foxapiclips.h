/* The clip cache: delivered clips by the identity of their request (docs/clips.md)
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gio/gio.h>
#include <json-glib/json-glib.h>

#include "foxapidigest.h"
#include "foxapitask.h"

G_BEGIN_DECLS

/* A clip that is there to be read. It belongs to one thread at a time. */
typedef struct
{
  gchar *digest;
  guint64 size;
  gchar *prompt;                /* (nullable) */
  FoxapiTask *task;             /* that made it, completed */

  gint fd;                      /* has the lock that keeps the clip */
} FoxapiClip;

/* What is written down of a clip, all borrowed */
typedef struct
{
  const gchar *service;         /* (nullable) */
  JsonObject *body;             /* (nullable): of its request */
  FoxapiTask *task;             /* (nullable) */
  const gchar *identities[3];   /* of the requests that it is for; up to NULL */
} FoxapiClipOrigin;

gchar *foxapi_clips_get_default_directory (void);
guint64 foxapi_clips_get_limit (void);
gboolean foxapi_clips_is_digest (const gchar * text);
gchar *foxapi_clips_identify (const gchar * service, const gchar * what,
    guint result_index);

FoxapiClip *foxapi_clips_open (const gchar * directory, const gchar * digest,
    const FoxapiClipOrigin * origin, GCancellable * cancellable,
    GError ** error);
gchar *foxapi_clips_find (const gchar * directory, const gchar * identity,
    gchar ** task_id, GError ** error);
gchar *foxapi_clips_find_task (const gchar * directory, const gchar * identity,
    const gchar * digest);
gchar *foxapi_clips_get_command (const gchar * directory, const gchar * verb,
    const gchar * name);
gboolean foxapi_clips_keep (const gchar * directory, const gchar * path,
    gint fd, const gchar * digest, const FoxapiClipOrigin * origin,
    GError ** error);
gboolean foxapi_clips_trim (const gchar * directory, guint64 limit);

gssize foxapi_clip_read (FoxapiClip * clip, guint64 position, gpointer buffer,
    gsize size, GError ** error);
void foxapi_clip_free (FoxapiClip * clip);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (FoxapiClip, foxapi_clip_free)

/* For foxapipart.c, which writes into the same directory */
gchar *foxapi_clips_get_path (const gchar * directory, const gchar * name,
    const gchar * suffix);
gchar *foxapi_clips_get_boot (void);
JsonObject *foxapi_clips_read_object (const gchar * path,
    const gchar * format);
gboolean foxapi_clips_write_object (const gchar * path, JsonObject * object,
    GError ** error);
gint foxapi_clips_lock (const gchar * directory);
void foxapi_clips_unlock (gint lock);
gboolean foxapi_clips_digest (gint fd, guint64 size, FoxapiDigest * digest,
    GCancellable * cancellable, GError ** error);

G_END_DECLS
