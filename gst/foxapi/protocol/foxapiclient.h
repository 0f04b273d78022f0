/* The service at one address under one key: submit, ask, upload
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "foxapidownload.h"
#include "foxapierror.h"
#include "foxapihttp.h"
#include "foxapitask.h"

G_BEGIN_DECLS

#define FOXAPI_DEFAULT_BASE_URL "https://api.foxapi.cc"

/* Any thread may call; each call blocks the calling thread only. */
typedef struct _FoxapiClient FoxapiClient;

FoxapiClient *foxapi_client_new (FoxapiSession * session,
    const gchar * base_url, const gchar * api_key, GError ** error);
void foxapi_client_set_deadline (FoxapiClient * client, gint64 deadline_us);
FoxapiClient *foxapi_client_ref (FoxapiClient * client);
void foxapi_client_unref (FoxapiClient * client);

gboolean foxapi_client_check_key (FoxapiClient * client, GError ** error);
const gchar *foxapi_client_get_base_url (FoxapiClient * client);
gchar *foxapi_client_get_key_digest (FoxapiClient * client);
FoxapiDownload *foxapi_client_download (FoxapiClient * client,
    const gchar * link, gint retries, FoxapiDownloadRenew renew,
    gpointer user_data);
void foxapi_client_cool_down (FoxapiClient * client, gint64 pause_us);
gint64 foxapi_client_get_pause_left (FoxapiClient * client);

GSource *foxapi_client_cancel_at (FoxapiClient * client, gint64 time_us,
    GCancellable * cancellable);

FoxapiTask *foxapi_client_submit (FoxapiClient * client, const gchar * body,
    gint * gate, GCancellable * cancellable, GError ** error);
FoxapiTask *foxapi_client_ask (FoxapiClient * client, const gchar * id,
    GCancellable * cancellable, GError ** error);
GStrv foxapi_client_list_models (FoxapiClient * client,
    GCancellable * cancellable, GError ** error);
gchar *foxapi_client_upload (FoxapiClient * client, GInputStream * form,
    const gchar * content_type, goffset length, GCancellable * cancellable,
    GError ** error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (FoxapiClient, foxapi_client_unref)

G_END_DECLS
