/* The HTTP session: connections, proxy and TLS as the application wants them
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <libsoup/soup.h>

#include "foxapierrands.h"

G_BEGIN_DECLS

/**
 * FoxapiSessionSettings:
 * @timeout: seconds without a byte on one request, 0 for no limit
 * @user_agent: (nullable): value of the User-Agent header
 * @proxy: (nullable): URI of the proxy; %NULL for that of the environment
 * @proxy_id: (nullable): user name for the proxy
 * @proxy_pw: (nullable): password for the proxy
 * @ssl_strict: refuse certificates that don't verify
 * @tls_database: (nullable): certificate authorities
 * @tls_interaction: (nullable): asks a person for passwords and certificates
 *
 * Since: 0.1
 */
typedef struct
{
  guint timeout;
  gchar *user_agent;
  gchar *proxy;
  gchar *proxy_id;
  gchar *proxy_pw;
  gboolean ssl_strict;
  GTlsDatabase *tls_database;
  GTlsInteraction *tls_interaction;
} FoxapiSessionSettings;

/**
 * FoxapiSession:
 *
 * A #SoupSession with what each message needs around it, shared by all who want
 * the same: a process that follows many tasks has few connections.
 * Reference-counted, to be used synchronously from any thread.
 *
 * Since: 0.1
 */
typedef struct _FoxapiSession FoxapiSession;

void foxapi_session_settings_copy (const FoxapiSessionSettings * settings,
    FoxapiSessionSettings * copy);
void foxapi_session_settings_clear (FoxapiSessionSettings * settings);

FoxapiSession *foxapi_session_new (const FoxapiSessionSettings * settings,
    GError ** error);
FoxapiSession *foxapi_session_ref (FoxapiSession * session);
void foxapi_session_unref (FoxapiSession * session);

void foxapi_session_run (FoxapiSession * session, FoxapiErrand errand,
    gpointer data, GCancellable * cancellable);
GInputStream *foxapi_session_send (FoxapiSession * session,
    SoupMessage * message, gboolean * sent, GCancellable * cancellable,
    GError ** error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (FoxapiSession, foxapi_session_unref)

G_END_DECLS
