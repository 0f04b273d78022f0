/* The result link → its bytes
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "foxapihttp.h"

G_BEGIN_DECLS

/* What identifies a file on its server; NULL: not known */
typedef struct
{
  gchar *etag;
  gchar *last_modified;
  guint64 size;
} FoxapiSource;

/* Reads a result in order, or from any position where the server has ranges. For one
 * thread at a time. */
typedef struct _FoxapiDownload FoxapiDownload;

/* (transfer full) (nullable): a new link, because the old one has expired */
typedef gchar *(*FoxapiDownloadRenew) (gpointer user_data,
    GCancellable * cancellable, GError ** error);

FoxapiDownload *foxapi_download_new (FoxapiSession * session,
    const gchar * link, const gchar * api_key, gint retries,
    FoxapiDownloadRenew renew, gpointer user_data);
void foxapi_download_free (FoxapiDownload * download);

gboolean foxapi_download_open (FoxapiDownload * download, guint64 position,
    GCancellable * cancellable, GError ** error);
gssize foxapi_download_read (FoxapiDownload * download, gpointer buffer,
    gsize size, GCancellable * cancellable, GError ** error);

void foxapi_download_expect (FoxapiDownload * download,
    const FoxapiSource * source);
gboolean foxapi_download_get_source (FoxapiDownload * download,
    FoxapiSource * source);
gboolean foxapi_download_get_size (FoxapiDownload * download, guint64 * size);
gboolean foxapi_download_is_seekable (FoxapiDownload * download);
gboolean foxapi_download_is_encrypted (FoxapiDownload * download);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (FoxapiDownload, foxapi_download_free)

G_END_DECLS
