/* HTTP: connections, proxy and TLS as the application wants them, one call, and
 * when to make it again
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <libsoup/soup.h>

G_BEGIN_DECLS

typedef struct
{
  guint timeout;                /* seconds without a byte; 0: no limit */
  guint submit_timeout;         /* seconds for the answer to a POST that was
                                   sent; 0: no limit */
  gchar *user_agent;            /* (nullable) */
  gchar *proxy;                 /* (nullable): that of the environment */
  gchar *proxy_id;              /* (nullable) */
  gchar *proxy_pw;              /* (nullable) */
  gboolean ssl_strict;          /* refuse certificates that do not verify */
  GTlsDatabase *tls_database;   /* (nullable) */
  GTlsInteraction *tls_interaction;     /* (nullable) */
} FoxapiSessionSettings;

/* Shared by all who want the same: a process that follows many tasks has few
 * connections. To be used from any thread. */
typedef struct _FoxapiSession FoxapiSession;

FoxapiSession *foxapi_session_new (const FoxapiSessionSettings * settings,
    GError ** error);
FoxapiSession *foxapi_session_ref (FoxapiSession * session);
void foxapi_session_unref (FoxapiSession * session);

/* Whether a request may still be kept from being sent: changed from open, atomically,
 * by whoever comes first */
typedef enum
{
  FOXAPI_GATE_OPEN,
  FOXAPI_GATE_PASSED,           /* it leaves */
  FOXAPI_GATE_CLOSED,           /* it does not, and is cancelled */
} FoxapiGate;

/* What is sent with a POST; one that can seek can be sent again where a proxy wants
 * that. */
typedef struct
{
  const gchar *type;
  GInputStream *stream;
  goffset length;
  gint *gate;                   /* (nullable): a FoxapiGate */
} FoxapiBody;

typedef struct
{
  guint status;
  SoupMessageHeaders *headers;
  GInputStream *stream;         /* the body, as it comes */
  GString *body;                /* or all of it */
  GSocket *socket;              /* (nullable): what it comes from, if known */
  gboolean sent;                /* the request left: the server may have acted */
} FoxapiResponse;

void foxapi_response_clear (FoxapiResponse * answer);

gboolean foxapi_session_send (FoxapiSession * session, SoupMessage * message,
    FoxapiResponse * answer, GCancellable * cancellable, GError ** error);
gboolean foxapi_session_call (FoxapiSession * session, SoupMessage * message,
    const FoxapiBody * body, gint64 deadline_us, gsize max_bytes,
    FoxapiResponse * answer, GCancellable * cancellable, GError ** error);

GSource *foxapi_session_cancel_at (FoxapiSession * session, gint64 time_us,
    GCancellable * cancellable);

/* When to make it again */

gint64 foxapi_retry_parse_after (const gchar * value, gint64 now_s);
gint64 foxapi_retry_get_delay (guint attempt, gint64 retry_after_us,
    gdouble random);
gboolean foxapi_retry_is_allowed (gint retries, guint attempt);
gboolean foxapi_wait_hold (GCancellable * cancellable, GError ** error);
gboolean foxapi_wait_until (gint64 wake_us, GCancellable * cancellable,
    GError ** error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (FoxapiSession, foxapi_session_unref)
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (FoxapiResponse, foxapi_response_clear)

G_END_DECLS
