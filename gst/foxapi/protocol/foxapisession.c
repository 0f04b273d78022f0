/* The HTTP session: connections, proxy and TLS as the application wants them
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "foxapisession.h"

#include <string.h>

#include "foxapierror.h"
#include "foxapiwarmup.h"

/* A synchronous send that waits for a free connection does not notice its
 * cancellable (measured, libsoup 3.2.3), so there must never be such a wait. */
#define MAX_CONNECTIONS 10000

struct _FoxapiSession
{
  guint ref_count;              /* under the lock */
  FoxapiSessionSettings settings;
  SoupSession *soup;
  FoxapiErrands *errands;       /* whose threads make calls on it */
};

/* All that are in use: whoever wants the same shares one. */
static GMutex lock;
static GList *sessions;         /* under the lock */

/**
 * foxapi_session_settings_copy:
 * @settings: settings
 * @copy: (out caller-allocates): gets them
 *
 * Since: 0.1
 */
void
foxapi_session_settings_copy (const FoxapiSessionSettings * settings,
    FoxapiSessionSettings * copy)
{
  copy->timeout = settings->timeout;
  copy->user_agent = g_strdup (settings->user_agent);
  copy->proxy = g_strdup (settings->proxy);
  copy->proxy_id = g_strdup (settings->proxy_id);
  copy->proxy_pw = g_strdup (settings->proxy_pw);
  copy->ssl_strict = settings->ssl_strict;
  copy->tls_database = settings->tls_database ?
      g_object_ref (settings->tls_database) : NULL;
  copy->tls_interaction = settings->tls_interaction ?
      g_object_ref (settings->tls_interaction) : NULL;
}

/**
 * foxapi_session_settings_clear:
 * @settings: freed but for the struct itself
 *
 * Since: 0.1
 */
void
foxapi_session_settings_clear (FoxapiSessionSettings * settings)
{
  g_clear_pointer (&settings->user_agent, g_free);
  g_clear_pointer (&settings->proxy, g_free);
  g_clear_pointer (&settings->proxy_id, g_free);
  g_clear_pointer (&settings->proxy_pw, g_free);
  g_clear_object (&settings->tls_database);
  g_clear_object (&settings->tls_interaction);
}

static gboolean
settings_equal (const FoxapiSessionSettings * a,
    const FoxapiSessionSettings * b)
{
  return a->timeout == b->timeout && a->ssl_strict == b->ssl_strict
      && g_strcmp0 (a->user_agent, b->user_agent) == 0
      && g_strcmp0 (a->proxy, b->proxy) == 0
      && g_strcmp0 (a->proxy_id, b->proxy_id) == 0
      && g_strcmp0 (a->proxy_pw, b->proxy_pw) == 0
      && a->tls_database == b->tls_database
      && a->tls_interaction == b->tls_interaction;
}

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

static SoupSession *
new_soup_session (const FoxapiSessionSettings * settings, GError ** error)
{
  g_autoptr (SoupSession) soup = soup_session_new_with_options ("timeout",
      settings->timeout, "user-agent", settings->user_agent,
      "max-conns", MAX_CONNECTIONS, "max-conns-per-host", MAX_CONNECTIONS,
      "tls-interaction", settings->tls_interaction, NULL);

  if (settings->tls_database != NULL)
    soup_session_set_tls_database (soup, settings->tls_database);
  /* Answers are bounded by what arrives, not by what it unpacks to. */
  soup_session_remove_feature_by_type (soup, SOUP_TYPE_CONTENT_DECODER);
  if (!set_proxy (soup, settings->proxy, error))
    return NULL;
  return g_steal_pointer (&soup);
}

/* Called with the lock */
static FoxapiSession *
find_session (const FoxapiSessionSettings * settings)
{
  for (GList * l = sessions; l != NULL; l = l->next) {
    FoxapiSession *session = l->data;

    if (settings_equal (&session->settings, settings))
      return session;
  }
  return NULL;
}

/**
 * foxapi_session_new:
 * @settings: what the application wants
 * @error: return location, %FOXAPI_ERROR_SETTINGS
 *
 * Returns: (transfer full) (nullable): the session of all who want the same; it
 *   may have connections
 *
 * Since: 0.1
 */
FoxapiSession *
foxapi_session_new (const FoxapiSessionSettings * settings, GError ** error)
{
  FoxapiSession *session;
  SoupSession *soup;

  g_mutex_lock (&lock);
  session = find_session (settings);
  if (session != NULL) {
    session->ref_count++;
  } else if ((soup = new_soup_session (settings, error)) != NULL) {
    session = g_new0 (FoxapiSession, 1);
    session->ref_count = 1;
    session->soup = soup;
    session->errands = foxapi_errands_new ();
    foxapi_session_settings_copy (settings, &session->settings);
    sessions = g_list_prepend (sessions, session);
  }
  g_mutex_unlock (&lock);
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
  g_mutex_lock (&lock);
  session->ref_count++;
  g_mutex_unlock (&lock);
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
  gboolean is_last;

  foxapi_warm_up_finish ();
  g_mutex_lock (&lock);
  is_last = --session->ref_count == 0;
  if (is_last)
    sessions = g_list_remove (sessions, session);
  g_mutex_unlock (&lock);
  if (!is_last)
    return;

  foxapi_errands_free (session->errands);
  g_object_unref (session->soup);
  foxapi_session_settings_clear (&session->settings);
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
  const FoxapiSessionSettings *settings = user_data;

  if (!soup_auth_is_for_proxy (auth) || retrying || settings->proxy_id == NULL)
    return FALSE;

  soup_auth_authenticate (auth, settings->proxy_id,
      settings->proxy_pw ? settings->proxy_pw : "");
  return TRUE;
}

/* A proxy that is asked for something plain answers 407 to the request itself,
 * and may drop a body that it does not want: then it would look as if a
 * submission had left. So it is told at once who asks. (With TLS it is a CONNECT
 * that is answered.) */
static void
introduce_to_proxy (const FoxapiSessionSettings * settings,
    SoupMessage * message)
{
  g_autofree gchar *credentials = NULL, *encoded = NULL, *basic = NULL;

  if (settings->proxy == NULL || *settings->proxy == '\0'
      || settings->proxy_id == NULL
      || strcmp (g_uri_get_scheme (soup_message_get_uri (message)),
          "http") != 0)
    return;

  credentials = g_strconcat (settings->proxy_id, ":",
      settings->proxy_pw ? settings->proxy_pw : "", NULL);
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

static gboolean
is_shared (FoxapiSession * session)
{
  gboolean shared;

  g_mutex_lock (&lock);
  shared = session->ref_count > 1;
  g_mutex_unlock (&lock);
  return shared;
}

/**
 * foxapi_session_run:
 * @session: a session
 * @errand: makes a call with foxapi_session_send() and reads the answer; it ends
 *   soon when @cancellable is cancelled
 * @data: for @errand
 * @cancellable: (nullable): what @errand looks at
 *
 * Has a call made, and returns when it has been made. Whoever has the session for
 * himself makes it himself; calls of many are made by a few threads that they
 * share: see foxapi_errands_run().
 *
 * Since: 0.1
 */
void
foxapi_session_run (FoxapiSession * session, FoxapiErrand errand,
    gpointer data, GCancellable * cancellable)
{
  if (is_shared (session))
    foxapi_errands_run (session->errands, errand, data, cancellable);
  else
    errand (data);
}

static void
offer_http1_only (SoupMessage * message, GSocketClientEvent event,
    GIOStream * connection, gpointer user_data)
{
  static const gchar *const protocols[] = { "http/1.1", NULL };

  if (event == G_SOCKET_CLIENT_TLS_HANDSHAKING
      && G_IS_TLS_CONNECTION (connection))
    g_tls_connection_set_advertised_protocols (G_TLS_CONNECTION (connection),
        protocols);
}

/* libsoup gives each POST a connection of its own. Where others keep some for
 * later calls, that one need not stay; of HTTP/2 it would. */
static void
ask_to_close (SoupMessage * message)
{
  soup_message_headers_replace (soup_message_get_request_headers (message),
      "Connection", "close");
  g_signal_connect (message, "network-event", G_CALLBACK (offer_http1_only),
      NULL);
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
  if (g_str_equal (soup_message_get_method (message), "POST")
      && is_shared (session))
    ask_to_close (message);
  introduce_to_proxy (&session->settings, message);
  wrote_headers = g_signal_connect (message, "wrote-headers",
      G_CALLBACK (note_sent), &left);
  g_signal_connect (message, "authenticate",
      G_CALLBACK (authenticate_at_proxy), &session->settings);
  if (!session->settings.ssl_strict)
    g_signal_connect (message, "accept-certificate",
        G_CALLBACK (accept_any_certificate), NULL);

  body = soup_session_send (session->soup, message, cancellable, error);

  g_signal_handler_disconnect (message, wrote_headers);
  if (sent != NULL)
    *sent = left;
  return body;
}
