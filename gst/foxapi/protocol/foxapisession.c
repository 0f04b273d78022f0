/* HTTP: connections, proxy and TLS as the application wants them, and one call
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "foxapisession.h"

#include <string.h>

#include "foxapiearlyanswer.h"
#include "foxapierror.h"
#include "foxapiproxies.h"

/* A synchronous send that waits for a free connection does not notice its
 * cancellable (measured, libsoup 3.2.3), so there must never be such a wait. */
#define MAX_CONNECTIONS 10000

struct _FoxapiSession
{
  guint ref_count;              /* under the lock */
  FoxapiSessionSettings settings;
  SoupSession *soup;
  FoxapiProxies *proxies;
  gint wants_http2;             /* atomic: a server refused to speak anything else */
};

/* All that are in use: whoever wants the same shares one. */
static GMutex lock;
static GList *sessions;         /* under the lock */

void
foxapi_session_settings_copy (const FoxapiSessionSettings * settings,
    FoxapiSessionSettings * copy)
{
  *copy = *settings;
  copy->user_agent = g_strdup (settings->user_agent);
  copy->proxy = g_strdup (settings->proxy);
  copy->proxy_id = g_strdup (settings->proxy_id);
  copy->proxy_pw = g_strdup (settings->proxy_pw);
  if (copy->tls_database != NULL)
    g_object_ref (copy->tls_database);
  if (copy->tls_interaction != NULL)
    g_object_ref (copy->tls_interaction);
}

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
  return a->timeout == b->timeout && a->submit_timeout == b->submit_timeout
      && a->ssl_strict == b->ssl_strict
      && g_strcmp0 (a->user_agent, b->user_agent) == 0
      && g_strcmp0 (a->proxy, b->proxy) == 0
      && g_strcmp0 (a->proxy_id, b->proxy_id) == 0
      && g_strcmp0 (a->proxy_pw, b->proxy_pw) == 0
      && a->tls_database == b->tls_database
      && a->tls_interaction == b->tls_interaction;
}

/* Called with the lock. GLib 2.74 has threads wait for each other for ever where
 * one registers the types of GIO's modules while the other initialises libsoup's
 * classes, so both happen here. */
static FoxapiSession *
make_session (const FoxapiSessionSettings * settings, GError ** error)
{
  FoxapiProxies *proxies = foxapi_proxies_new (settings->proxy,
      settings->proxy_id, settings->proxy_pw, error);
  FoxapiSession *session;

  if (proxies == NULL)
    return NULL;
  g_type_class_unref (g_type_class_ref (SOUP_TYPE_MESSAGE));

  session = g_new0 (FoxapiSession, 1);
  session->ref_count = 1;
  session->proxies = proxies;
  foxapi_session_settings_copy (settings, &session->settings);
  session->soup = soup_session_new_with_options ("timeout", settings->timeout,
      "user-agent", settings->user_agent, "max-conns", MAX_CONNECTIONS,
      "max-conns-per-host", MAX_CONNECTIONS,
      "tls-interaction", settings->tls_interaction,
      "proxy-resolver", proxies, NULL);
  if (settings->tls_database != NULL)
    soup_session_set_tls_database (session->soup, settings->tls_database);
  sessions = g_list_prepend (sessions, session);
  return session;
}

/* (transfer full) (nullable): the one of all who want the same */
FoxapiSession *
foxapi_session_new (const FoxapiSessionSettings * settings, GError ** error)
{
  FoxapiSession *session = NULL;

  if (settings->user_agent != NULL
      && strpbrk (settings->user_agent, "\r\n") != NULL) {
    g_set_error_literal (error, FOXAPI_ERROR, FOXAPI_ERROR_SETTINGS,
        "The property user-agent has a line end, which would end its header. "
        "Set it to one line. Nothing was sent.");
    return NULL;
  }

  g_mutex_lock (&lock);
  for (GList * l = sessions; l != NULL && session == NULL; l = l->next) {
    if (settings_equal (&((FoxapiSession *) l->data)->settings, settings))
      session = l->data;
  }
  if (session != NULL)
    session->ref_count++;
  else
    session = make_session (settings, error);
  g_mutex_unlock (&lock);
  return session;
}

FoxapiSession *
foxapi_session_ref (FoxapiSession * session)
{
  g_mutex_lock (&lock);
  session->ref_count++;
  g_mutex_unlock (&lock);
  return session;
}

void
foxapi_session_unref (FoxapiSession * session)
{
  gboolean is_last;

  g_mutex_lock (&lock);
  is_last = --session->ref_count == 0;
  if (is_last)
    sessions = g_list_remove (sessions, session);
  g_mutex_unlock (&lock);
  if (!is_last)
    return;

  g_object_unref (session->soup);
  g_object_unref (session->proxies);
  foxapi_session_settings_clear (&session->settings);
  g_free (session);
}

void
foxapi_response_clear (FoxapiResponse * answer)
{
  g_clear_pointer (&answer->headers, soup_message_headers_unref);
  g_clear_object (&answer->stream);
  /* Not asked for by "Connection: close": then libsoup takes any end for the end. */
  if (answer->is_last && answer->socket != NULL)
    g_socket_close (answer->socket, NULL);
  g_clear_object (&answer->socket);
}

/* One call */

typedef struct
{
  FoxapiSession *session;
  const FoxapiBody *body;
  FoxapiWatchedBody *watched;   /* what libsoup reads of it */
  gint64 deadline_us;
  FoxapiResponse *answer;
  GSocket *socket;              /* NULL: a connection that is used again */
  gboolean offers_http1_only;
  gboolean handshake_failed;    /* as far as is known yet */
  gboolean is_refused;          /* libsoup would send half of it again */
  gboolean sent;
} Call;

/* A socket knows seconds; its connection is not used again. */
static void
limit_silence (Call * call, guint seconds)
{
  gint64 left_s = (call->deadline_us - g_get_monotonic_time ()
      + G_USEC_PER_SEC - 1) / G_USEC_PER_SEC;

  if (call->socket == NULL)
    return;
  left_s = CLAMP (left_s, 1, G_MAXUINT);
  if (call->deadline_us != G_MAXINT64 && (seconds == 0 || left_s < seconds))
    seconds = left_s;
  g_socket_set_timeout (call->socket, seconds);
}

/* HTTP/1.1 is all that is offered. Of HTTP/2 libsoup 3.2 drops the answer that is
 * on its way behind a GOAWAY, and sends what a server refuses again, without its
 * body; for results it takes a fifth more processor time (measured). */
static void
on_network_event (SoupMessage * message, GSocketClientEvent event,
    GIOStream * connection, gpointer user_data)
{
  static const gchar *const protocols[] = { "http/1.1", NULL };
  Call *call = user_data;

  switch (event) {
    case G_SOCKET_CLIENT_CONNECTING:
      if (!G_IS_SOCKET_CONNECTION (connection))
        break;
      g_set_object (&call->socket, g_socket_connection_get_socket
          (G_SOCKET_CONNECTION (connection)));
      limit_silence (call, call->session->settings.timeout);
      if (call->is_refused)
        g_socket_close (call->socket, NULL);
      break;
    case G_SOCKET_CLIENT_CONNECTED:
      if (call->watched != NULL)
        foxapi_watched_body_set_connection (call->watched, connection);
      foxapi_proxies_introduce (call->session->proxies, connection, message);
      break;
    case G_SOCKET_CLIENT_TLS_HANDSHAKING:
      limit_silence (call, call->session->settings.timeout);
      call->handshake_failed = TRUE;
      call->offers_http1_only = !g_atomic_int_get (&call->session->wants_http2);
      if (call->offers_http1_only)
        g_tls_connection_set_advertised_protocols (G_TLS_CONNECTION
            (connection), protocols);
      break;
    case G_SOCKET_CLIENT_TLS_HANDSHAKED:
      call->handshake_failed = FALSE;
      if (call->watched != NULL)
        foxapi_watched_body_set_connection (call->watched,
            g_strcmp0 (g_tls_connection_get_negotiated_protocol
                (G_TLS_CONNECTION (connection)),
                "h2") == 0 ? NULL : connection);
      break;
    default:
      break;
  }
}

static void
on_starting (SoupMessage * message, gpointer user_data)
{
  Call *call = user_data;

  limit_silence (call, call->session->settings.timeout);
}

static void
on_wrote_headers (SoupMessage * message, gpointer user_data)
{
  Call *call = user_data;

  call->sent = TRUE;
}

static void
on_wrote_body (SoupMessage * message, gpointer user_data)
{
  Call *call = user_data;

  if (call->body != NULL)
    limit_silence (call, call->session->settings.submit_timeout);
}

static void
set_body (Call * call, SoupMessage * message)
{
  g_clear_object (&call->watched);
  call->watched = foxapi_watched_body_new (call->body->stream,
      call->deadline_us);
  soup_message_set_request_body (message, call->body->type,
      G_INPUT_STREAM (call->watched), call->body->length);
}

/* libsoup sends a request again that a proxy or a server has not accepted, and drops
 * its body before. Either that goes with it, or nothing does. */
static void
on_restarted (SoupMessage * message, gpointer user_data)
{
  Call *call = user_data;

  if (call->body == NULL)
    return;
  call->is_refused = call->sent && !(G_IS_SEEKABLE (call->body->stream)
      && g_seekable_seek (G_SEEKABLE (call->body->stream), 0, G_SEEK_SET,
          NULL, NULL));
  call->sent = FALSE;
  if (!call->is_refused)
    set_body (call, message);
  else if (call->socket != NULL)
    g_socket_close (call->socket, NULL);
}

/* Only a proxy is given a password; what a server asks for is not ours. */
static gboolean
on_authenticate (SoupMessage * message, SoupAuth * auth, gboolean retrying,
    gpointer user_data)
{
  Call *call = user_data;

  return soup_auth_is_for_proxy (auth) && !retrying
      && foxapi_proxies_authenticate (call->session->proxies, auth);
}

static gboolean
accept_any_certificate (SoupMessage * message, GTlsCertificate * certificate,
    GTlsCertificateFlags errors, gpointer user_data)
{
  return TRUE;
}

/* A kept connection is one that others use, and that names no socket. */
static gboolean
has_own_connection (Call * call)
{
  gint64 left_us = call->deadline_us - g_get_monotonic_time ();
  guint timeout = call->session->settings.timeout;

  return call->body != NULL || (call->deadline_us != G_MAXINT64
      && (timeout == 0 || left_us < (gint64) timeout * G_USEC_PER_SEC));
}

static void
prepare (Call * call, SoupMessage * message)
{
  SoupMessageHeaders *headers = soup_message_get_request_headers (message);

  soup_message_add_flags (message, SOUP_MESSAGE_NO_REDIRECT);
  soup_message_headers_replace (headers, "Accept-Encoding", "identity");
  if (has_own_connection (call)) {
    soup_message_add_flags (message, SOUP_MESSAGE_NEW_CONNECTION);
    call->answer->is_last = TRUE;
  }
  if (call->body != NULL)
    set_body (call, message);
  g_signal_connect (message, "network-event", G_CALLBACK (on_network_event),
      call);
  g_signal_connect (message, "starting", G_CALLBACK (on_starting), call);
  g_signal_connect (message, "wrote-headers", G_CALLBACK (on_wrote_headers),
      call);
  g_signal_connect (message, "wrote-body", G_CALLBACK (on_wrote_body), call);
  g_signal_connect (message, "restarted", G_CALLBACK (on_restarted), call);
  g_signal_connect (message, "authenticate", G_CALLBACK (on_authenticate),
      call);
  if (!call->session->settings.ssl_strict)
    g_signal_connect (message, "accept-certificate",
        G_CALLBACK (accept_any_certificate), call);
}

/* libsoup hands out the answer to a CONNECT as that of the request, which has not
 * left then; 407 is a proxy's in any case. */
static gboolean
is_from_proxy (Call * call, SoupMessage * message)
{
  return !call->sent || soup_message_get_status (message) ==
      SOUP_STATUS_PROXY_AUTHENTICATION_REQUIRED;
}

static void
set_fault (Call * call, SoupMessage * message, GError * fault, GError ** error)
{
  if (call->is_refused) {
    g_clear_error (&fault);
    fault = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED,
        "the request was turned away before it was read");
  } else if (call->handshake_failed && call->offers_http1_only
      && g_error_matches (fault, G_TLS_ERROR, G_TLS_ERROR_MISC)) {
    /* The next attempt offers what it wants. */
    g_atomic_int_set (&call->session->wants_http2, TRUE);
  }
  g_propagate_error (error, fault);
}

/* Sends a request, and reads the head of its answer. Redirections are not followed:
 * each caller has its own view of where it may go. What is sent with a body is sent
 * once, on a connection of its own. @deadline_us: when it has to end, in the time of
 * g_get_monotonic_time(); it is not exact, and reading the body goes on beyond it.
 * @answer says in any case whether the request left. */
gboolean
foxapi_session_send (FoxapiSession * session, SoupMessage * message,
    const FoxapiBody * body, gint64 deadline_us, FoxapiResponse * answer,
    GCancellable * cancellable, GError ** error)
{
  Call call = {.session = session,.body = body,.deadline_us = deadline_us,
    .answer = answer
  };
  GError *fault = NULL;

  memset (answer, 0, sizeof (*answer));
  prepare (&call, message);
  answer->stream = soup_session_send (session->soup, message, cancellable,
      &fault);
  g_signal_handlers_disconnect_by_data (message, &call);
  limit_silence (&call, session->settings.timeout);
  answer->socket = call.socket;

  if (answer->stream == NULL && call.watched != NULL
      && foxapi_watched_body_take_answer (call.watched, answer)) {
    g_clear_error (&fault);
  } else if (answer->stream != NULL && is_from_proxy (&call, message)) {
    call.sent = FALSE;
    fault = foxapi_proxies_new_error (message);
    g_clear_object (&answer->stream);
  } else if (answer->stream != NULL) {
    answer->status = soup_message_get_status (message);
    answer->headers = soup_message_headers_ref
        (soup_message_get_response_headers (message));
  }
  answer->sent = call.sent;
  g_clear_object (&call.watched);
  if (answer->stream != NULL)
    return TRUE;
  set_fault (&call, message, fault, error);
  return FALSE;
}
