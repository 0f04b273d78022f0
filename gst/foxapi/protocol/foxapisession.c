/* The HTTP session: connections, proxy and TLS as the application wants them
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "foxapisession.h"

#include <string.h>

#include "foxapierror.h"

/* A synchronous send that waits for a free connection does not notice its
 * cancellable (measured, libsoup 3.2.3), so there must never be such a wait. */
#define MAX_CONNECTIONS 10000

struct _FoxapiSession
{
  gatomicrefcount ref_count;
  SoupSession *soup;
  gboolean has_proxy;           /* named by the application */
  gchar *proxy_id;
  gchar *proxy_pw;
  gboolean ssl_strict;
};

static gboolean
set_proxy (SoupSession * soup, const gchar * proxy, GError ** error)
{
  g_autoptr (GProxyResolver) resolver = NULL;
  g_autoptr (GUri) uri = NULL;

  if (proxy == NULL || *proxy == '\0')
    return TRUE;

  uri = g_uri_parse (proxy, G_URI_FLAGS_HAS_PASSWORD, NULL);
  if (uri == NULL || g_uri_get_host (uri) == NULL
      || *g_uri_get_host (uri) == '\0') {
    g_set_error_literal (error, FOXAPI_ERROR, FOXAPI_ERROR_SETTINGS,
        "The property proxy must be a URI such as http://proxy.example:3128. "
        "Nothing was sent.");
    return FALSE;
  }

  resolver = g_simple_proxy_resolver_new (proxy, NULL);
  soup_session_set_proxy_resolver (soup, resolver);
  return TRUE;
}

/**
 * foxapi_session_new:
 * @settings: what the application wants
 * @error: return location, %FOXAPI_ERROR_SETTINGS
 *
 * Returns: (transfer full) (nullable): a session, which has no connections yet
 *
 * Since: 0.1
 */
FoxapiSession *
foxapi_session_new (const FoxapiSessionSettings * settings, GError ** error)
{
  g_autoptr (SoupSession) soup = NULL;
  FoxapiSession *session;

  soup = soup_session_new_with_options ("timeout", settings->timeout,
      "user-agent", settings->user_agent,
      "max-conns", MAX_CONNECTIONS, "max-conns-per-host", MAX_CONNECTIONS,
      "tls-interaction", settings->tls_interaction, NULL);
  if (settings->tls_database != NULL)
    soup_session_set_tls_database (soup, settings->tls_database);
  /* Answers are bounded by what arrives, not by what it unpacks to. */
  soup_session_remove_feature_by_type (soup, SOUP_TYPE_CONTENT_DECODER);
  if (!set_proxy (soup, settings->proxy, error))
    return NULL;

  session = g_new0 (FoxapiSession, 1);
  g_atomic_ref_count_init (&session->ref_count);
  session->soup = g_steal_pointer (&soup);
  session->has_proxy = settings->proxy != NULL && *settings->proxy != '\0';
  session->proxy_id = g_strdup (settings->proxy_id);
  session->proxy_pw = g_strdup (settings->proxy_pw);
  session->ssl_strict = settings->ssl_strict;
  return session;
}

/**
 * foxapi_session_ref:
 * @session: a session
 *
 * Returns: (transfer full): @session
 *
 * Since: 0.1
 */
FoxapiSession *
foxapi_session_ref (FoxapiSession * session)
{
  g_atomic_ref_count_inc (&session->ref_count);
  return session;
}

/**
 * foxapi_session_unref:
 * @session: (transfer full): a session
 *
 * Since: 0.1
 */
void
foxapi_session_unref (FoxapiSession * session)
{
  if (!g_atomic_ref_count_dec (&session->ref_count))
    return;

  g_object_unref (session->soup);
  g_free (session->proxy_id);
  g_free (session->proxy_pw);
  g_free (session);
}

static gboolean
accept_any_certificate (SoupMessage * message, GTlsCertificate * certificate,
    GTlsCertificateFlags errors, gpointer user_data)
{
  return TRUE;
}

/* Only a proxy is given a password; what a server asks for is not ours. */
static gboolean
authenticate_at_proxy (SoupMessage * message, SoupAuth * auth,
    gboolean retrying, gpointer user_data)
{
  FoxapiSession *session = user_data;

  if (!soup_auth_is_for_proxy (auth) || retrying || session->proxy_id == NULL)
    return FALSE;

  soup_auth_authenticate (auth, session->proxy_id,
      session->proxy_pw ? session->proxy_pw : "");
  return TRUE;
}

/* A proxy that is asked for something plain answers 407 to the request itself,
 * and may drop a body that it does not want: then it would look as if a
 * submission had left. So it is told at once who asks. (With TLS it is a CONNECT
 * that is answered.) */
static void
introduce_to_proxy (FoxapiSession * session, SoupMessage * message)
{
  g_autofree gchar *credentials = NULL, *encoded = NULL, *basic = NULL;

  if (!session->has_proxy || session->proxy_id == NULL
      || strcmp (g_uri_get_scheme (soup_message_get_uri (message)),
          "http") != 0)
    return;

  credentials = g_strconcat (session->proxy_id, ":",
      session->proxy_pw ? session->proxy_pw : "", NULL);
  encoded = g_base64_encode ((const guchar *) credentials,
      strlen (credentials));
  basic = g_strconcat ("Basic ", encoded, NULL);
  soup_message_headers_replace (soup_message_get_request_headers (message),
      "Proxy-Authorization", basic);
}

static void
note_sent (SoupMessage * message, gpointer user_data)
{
  gboolean *sent = user_data;

  *sent = TRUE;
}

/**
 * foxapi_session_send:
 * @session: a session
 * @message: a request; it keeps its status and headers after this
 * @sent: (out) (optional): the request's headers left completely: the server
 *   may have acted on it
 * @cancellable: (nullable): ends the call at once
 * @error: return location, as GIO and libsoup set it
 *
 * Sends a request and reads the head of its answer, in the calling thread.
 * Redirections are not followed: each caller has its own view of where it may
 * go.
 *
 * Returns: (transfer full) (nullable): the answer's body
 *
 * Since: 0.1
 */
GInputStream *
foxapi_session_send (FoxapiSession * session, SoupMessage * message,
    gboolean * sent, GCancellable * cancellable, GError ** error)
{
  gboolean left = FALSE;
  gulong wrote_headers;
  GInputStream *body;

  soup_message_add_flags (message, SOUP_MESSAGE_NO_REDIRECT);
  introduce_to_proxy (session, message);
  wrote_headers = g_signal_connect (message, "wrote-headers",
      G_CALLBACK (note_sent), &left);
  g_signal_connect (message, "authenticate",
      G_CALLBACK (authenticate_at_proxy), session);
  if (!session->ssl_strict)
    g_signal_connect (message, "accept-certificate",
        G_CALLBACK (accept_any_certificate), NULL);

  body = soup_session_send (session->soup, message, cancellable, error);

  g_signal_handler_disconnect (message, wrote_headers);
  if (sent != NULL)
    *sent = left;
  return body;
}
