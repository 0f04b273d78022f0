/* One local file: whether it can be uploaded, what it holds, whether it changes
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

typedef struct
{
  gchar *uri;
  GFile *file;
  goffset size;
  gchar *version;               /* another one after each change of the file */
  gchar *digest;                /* SHA-256 of the content, in hexadecimal */
  gchar *type;                  /* media type */
  gchar *extension;             /* with its dot, or "" */
  gboolean is_known;            /* by its first bytes */
  guint short_side;             /* pixels of an image's shorter side; 0: not known */
  gchar *url;                   /* at the service, when it is uploaded */
} FoxapiLocalFile;

gchar *foxapi_local_file_find_uri (const gchar * path);
gboolean foxapi_local_file_check (const gchar * uri, const gchar * what,
    goffset max_bytes, GError ** error);

FoxapiLocalFile *foxapi_local_file_read (const gchar * uri,
    gboolean start_only, GCancellable * cancellable, GError ** error);
void foxapi_local_file_free (FoxapiLocalFile * file);

gboolean foxapi_local_file_is_unchanged (FoxapiLocalFile * file,
    GError ** error);
GError *foxapi_local_file_new_changed_error (FoxapiLocalFile * file);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (FoxapiLocalFile, foxapi_local_file_free)

G_END_DECLS
