/* The result link → its bytes
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "foxapisession.h"

G_BEGIN_DECLS

/**
 * FoxapiDownload:
 *
 * Reads a result in order, or from any position where the server has ranges.
 * For one thread at a time.
 *
 * Since: 0.1
 */
typedef struct _FoxapiDownload FoxapiDownload;

/**
 * FoxapiDownloadRenew:
 * @user_data: as given
 * @cancellable: (nullable): ends the call
 * @error: return location
 *
 * Asks for a new link, because the old one has expired.
 *
 * Returns: (transfer full) (nullable): the new link
 *
 * Since: 0.1
 */
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

gboolean foxapi_download_get_size (FoxapiDownload * download, guint64 * size);
gboolean foxapi_download_is_seekable (FoxapiDownload * download);
gboolean foxapi_download_is_encrypted (FoxapiDownload * download);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (FoxapiDownload, foxapi_download_free)

G_END_DECLS
