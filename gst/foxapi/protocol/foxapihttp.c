/* HTTP: connections, proxy and TLS as the application wants them, one call, and
 * when to make it again
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "foxapihttp.h"

#include <fcntl.h>
#include <glib-unix.h>
#include <glib/gi18n-lib.h>
#include <glib/gstdio.h>
#include <string.h>

#include "foxapiearlyanswer.h"
#include "foxapierror.h"
#include "foxapiproxies.h"

/* A synchronous send that waits for a free connection does not notice its
 * cancellable (measured, libsoup 3.2.3), so there must never be such a wait. */
#define MAX_CONNECTIONS 10000

/* The bodies of errors are read for a message, no further. */
#define ERROR_BODY_MAX_BYTES (64 * 1024)

/* The first pause; each further one is twice as long. Five of them, the default
 * of the property retries, make about eight seconds. */
#define FIRST_DELAY_US (G_USEC_PER_SEC / 4)
#define MAX_DELAY_US (30 * G_USEC_PER_SEC)

/* More than an hour is not believed. A call that costs nothing is made again after
 * a minute: a person who waits for a video would have given up by then. */
#define MAX_RETRY_AFTER_US (G_GINT64_CONSTANT (3600) * G_USEC_PER_SEC)
#define MAX_FREE_DELAY_US (60 * G_USEC_PER_SEC)

/* A run needs about so many at once: to wake it, for its record, for a
 * connection. */
#define N_PIPES 4

/* So long a connection that nobody uses is kept, and a SoupSession in all */
#define MAX_IDLE_US (60 * G_USEC_PER_SEC)
#define MAX_AGE_US (240 * G_USEC_PER_SEC)

typedef struct
{
  SoupSession *session;
  gint64 made_us;
  gint64 used_us;
} Soup;

struct _FoxapiSession
{
  guint ref_count;              /* under the lock */
  FoxapiSessionSettings settings;
  GQueue soups;                 /* (element-type Soup): those that no thread sends
                                 * with, the latest first; under the lock */
  FoxapiProxies *proxies;
  GMainContext *deadlines;      /* has a timer for each call, */
  GThread *deadlines_thread;    /* and this one runs them, */
  gint is_closing;              /* atomic: until then */
  gint wants_http2;             /* atomic: a server refused to speak anything else */
};

/* All that are in use: whoever wants the same shares one. */
static GMutex lock;
static GList *sessions;         /* under the lock */

static void
settings_copy (const FoxapiSessionSettings * settings,
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

static void
settings_clear (FoxapiSessionSettings * settings)
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

/* Deadlines. A synchronous call cannot end at a given time by itself: the timeout of
 * a socket counts anew with each byte, and not at all while libsoup asks a proxy to
 * connect. So a timer cancels it. */

static gpointer
run_deadlines (gpointer user_data)
{
  FoxapiSession *session = user_data;

  while (!g_atomic_int_get (&session->is_closing))
    g_main_context_iteration (session->deadlines, TRUE);
  return NULL;
}

static gboolean
on_deadline (gpointer cancellable)
{
  g_cancellable_cancel (cancellable);
  return G_SOURCE_REMOVE;
}

static void
pass_on (GCancellable * cancellable, gpointer other)
{
  g_cancellable_cancel (other);
}

/* (transfer full): of g_get_monotonic_time(); to be destroyed before the session goes */
GSource *
foxapi_session_cancel_at (FoxapiSession * session, gint64 time_us,
    GCancellable * cancellable)
{
  GSource *timer = g_timeout_source_new (0);

  g_source_set_callback (timer, on_deadline, g_object_ref (cancellable),
      g_object_unref);
  g_source_set_ready_time (timer, time_us);
  g_source_attach (timer, session->deadlines);
  return timer;
}

/* A SoupSession sends for one thread at a time: all its connections to a host share a
 * GNetworkAddress, and GIO (2.74 to 2.89) replaces the addresses in there without a
 * lock, so that two threads that connect at once can end the process. The one that
 * was used last is used next: it has the connection.
 *
 * Nor may libsoup close idle connections, or forget hosts after five minutes: it does
 * so in the main loop of the application, without a lock (3.2) and while a thread
 * takes the connection (to 3.6). So a SoupSession goes before that. */

/* Called with the lock */
static Soup *
make_soup (FoxapiSession * session)
{
  const FoxapiSessionSettings *settings = &session->settings;
  Soup *soup = g_new (Soup, 1);

  soup->made_us = soup->used_us = g_get_monotonic_time ();
  soup->session = soup_session_new_with_options ("timeout", settings->timeout,
      "idle-timeout", 0, "user-agent", settings->user_agent,
      "max-conns", MAX_CONNECTIONS, "max-conns-per-host", MAX_CONNECTIONS,
      "tls-interaction", settings->tls_interaction,
      "proxy-resolver", session->proxies, NULL);
  if (settings->tls_database != NULL)
    soup_session_set_tls_database (soup->session, settings->tls_database);
  return soup;
}

static void
free_soup (Soup * soup)
{
  g_object_unref (soup->session);
  g_free (soup);
}

static Soup *
take_soup (FoxapiSession * session)
{
  gint64 now_us = g_get_monotonic_time ();
  GQueue old = G_QUEUE_INIT;
  Soup *soup = NULL;

  g_mutex_lock (&lock);
  for (GList * l = session->soups.head, *next; l != NULL; l = next) {
    Soup *one = l->data;

    next = l->next;
    if (now_us < MIN (one->used_us + MAX_IDLE_US, one->made_us + MAX_AGE_US))
      continue;
    g_queue_unlink (&session->soups, l);
    g_queue_push_tail_link (&old, l);
  }
  soup = g_queue_pop_head (&session->soups);
  if (soup == NULL)
    soup = make_soup (session);
  g_mutex_unlock (&lock);
  g_queue_clear_full (&old, (GDestroyNotify) free_soup);
  return soup;
}

static void
give_soup_back (FoxapiSession * session, Soup * soup)
{
  g_mutex_lock (&lock);
  soup->used_us = g_get_monotonic_time ();
  g_queue_push_head (&session->soups, soup);
  g_mutex_unlock (&lock);
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
  settings_copy (settings, &session->settings);
  g_queue_push_head (&session->soups, make_soup (session));
  session->deadlines = g_main_context_new ();
  session->deadlines_thread = g_thread_new ("foxapi-deadlines", run_deadlines,
      session);
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
        _("The property user-agent has a line end, which would end its "
            "header. Set it to one line. Nothing was sent."));
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

  g_atomic_int_set (&session->is_closing, TRUE);
  g_main_context_wakeup (session->deadlines);
  g_thread_join (session->deadlines_thread);
  g_main_context_unref (session->deadlines);
  g_queue_clear_full (&session->soups, (GDestroyNotify) free_soup);
  g_object_unref (session->proxies);
  settings_clear (&session->settings);
  g_free (session);
}

void
foxapi_response_clear (FoxapiResponse * answer)
{
  g_clear_pointer (&answer->headers, soup_message_headers_unref);
  g_clear_object (&answer->stream);
  if (answer->body != NULL)
    g_string_free (g_steal_pointer (&answer->body), TRUE);
  g_clear_object (&answer->socket);
}

/* One call */

typedef struct
{
  FoxapiSession *session;
  const FoxapiBody *body;
  GCancellable *ended;          /* what the call itself looks at */
  FoxapiWatchedBody *watched;   /* what libsoup reads of it */
  GSocket *socket;              /* NULL: a connection that is used again */
  gboolean offers_http1_only;
  gboolean handshake_failed;    /* as far as is known yet */
  gboolean is_refused;          /* libsoup would send half of it again */
  gboolean sent;
} Call;

/* Of several addresses that are tried at the same time one gets CONNECTED. */
static void
note_socket (Call * call, GIOStream * connection)
{
  if (!G_IS_SOCKET_CONNECTION (connection))
    return;
  g_set_object (&call->socket, g_socket_connection_get_socket
      (G_SOCKET_CONNECTION (connection)));
  if (call->is_refused)
    g_socket_close (call->socket, NULL);
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
    case G_SOCKET_CLIENT_CONNECTED:
      note_socket (call, connection);
      if (event == G_SOCKET_CLIENT_CONNECTING)
        break;
      if (call->watched != NULL)
        foxapi_watched_body_set_connection (call->watched, connection);
      foxapi_proxies_introduce (call->session->proxies, connection, message);
      break;
    case G_SOCKET_CLIENT_TLS_HANDSHAKING:
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

/* Just before the first byte. Behind a closed gate the cancellation is on its way. */
static void
on_starting (SoupMessage * message, gpointer user_data)
{
  Call *call = user_data;
  gint *gate = call->body ? call->body->gate : NULL;

  if (gate != NULL && !g_atomic_int_compare_and_exchange (gate,
          FOXAPI_GATE_OPEN, FOXAPI_GATE_PASSED)
      && g_atomic_int_get (gate) == FOXAPI_GATE_CLOSED)
    g_cancellable_cancel (call->ended);
}

static void
on_wrote_headers (SoupMessage * message, gpointer user_data)
{
  Call *call = user_data;

  call->sent = TRUE;
}

/* The answer to a submission or an upload may take longer than others. */
static void
on_wrote_body (SoupMessage * message, gpointer user_data)
{
  Call *call = user_data;

  if (call->body != NULL && call->socket != NULL)
    g_socket_set_timeout (call->socket, call->session->settings.submit_timeout);
}

static void
set_body (Call * call, SoupMessage * message)
{
  g_clear_object (&call->watched);
  call->watched = foxapi_watched_body_new (call->body->stream);
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

static void
prepare (Call * call, SoupMessage * message)
{
  SoupMessageHeaders *headers = soup_message_get_request_headers (message);

  soup_message_add_flags (message, SOUP_MESSAGE_NO_REDIRECT);
  soup_message_headers_replace (headers, "Accept-Encoding", "identity");
  if (call->body != NULL) {
    soup_message_add_flags (message, SOUP_MESSAGE_NEW_CONNECTION);
    set_body (call, message);
  }
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
set_fault (Call * call, GError * fault, GError ** error)
{
  if (call->is_refused) {
    g_clear_error (&fault);
    fault = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED,
        _("the request was turned away before it was read"));
  } else if (call->handshake_failed && call->offers_http1_only
      && g_error_matches (fault, G_TLS_ERROR, G_TLS_ERROR_MISC)) {
    /* The next attempt offers what it wants. */
    g_atomic_int_set (&call->session->wants_http2, TRUE);
  }
  g_propagate_error (error, fault);
}

/* Redirections are not followed: each caller has its own view of where it may go.
 * What is sent with a body is sent once, on a connection of its own. */
static gboolean
read_head (Call * call, SoupMessage * message, FoxapiResponse * answer,
    GCancellable * cancellable, GError ** error)
{
  Soup *soup = take_soup (call->session);
  GError *fault = NULL;

  prepare (call, message);
  answer->stream = soup_session_send (soup->session, message, cancellable,
      &fault);
  /* It does not go before the stream is closed. */
  if (answer->stream != NULL)
    g_object_set_data_full (G_OBJECT (answer->stream), "foxapi-soup",
        g_object_ref (soup->session), g_object_unref);
  give_soup_back (call->session, soup);
  g_signal_handlers_disconnect_by_data (message, call);
  if (call->body != NULL && call->socket != NULL)
    g_socket_set_timeout (call->socket, call->session->settings.timeout);
  answer->socket = call->socket;

  if (answer->stream == NULL && call->watched != NULL
      && foxapi_watched_body_take_answer (call->watched, answer)) {
    g_clear_error (&fault);
  } else if (answer->stream != NULL && is_from_proxy (call, message)) {
    call->sent = FALSE;
    fault = foxapi_proxies_new_error (message);
    g_clear_object (&answer->stream);
  } else if (answer->stream != NULL) {
    answer->status = soup_message_get_status (message);
    answer->headers = soup_message_headers_ref
        (soup_message_get_response_headers (message));
    /* So libsoup closes the connection behind the body. The request does not ask
     * the server for it: then libsoup would take any end for the end. Nor may the
     * socket be closed here: behind the body other threads have the connection, and
     * would close it at the same time. */
    if (call->body != NULL)
      soup_message_headers_replace (answer->headers, "Connection", "close");
  }
  answer->sent = call->sent;
  g_clear_object (&call->watched);
  if (answer->stream != NULL)
    return TRUE;
  set_fault (call, fault, error);
  return FALSE;
}

/* Sends a request without a body, and reads the head of its answer. @answer says in
 * any case whether the request left. */
gboolean
foxapi_session_send (FoxapiSession * session, SoupMessage * message,
    FoxapiResponse * answer, GCancellable * cancellable, GError ** error)
{
  Call call = {.session = session };

  memset (answer, 0, sizeof (*answer));
  return read_head (&call, message, answer, cancellable, error);
}

/* To the end, or to somewhere behind @max_bytes. It never asks for a few bytes only:
 * of a chunked body libsoup 3.2 asserts when it is asked for one. */
static void
read_body (FoxapiResponse * answer, gsize max_bytes,
    GCancellable * cancellable, GError ** error)
{
  gchar piece[16 * 1024];
  gssize n = 1;

  answer->body = g_string_sized_new (4096);
  while (n > 0 && answer->body->len <= max_bytes) {
    n = g_input_stream_read (answer->stream, piece, sizeof (piece), cancellable,
        error);
    if (n > 0)
      g_string_append_len (answer->body, piece, n);
  }
}

/* GLib 2.74 ends the process where it finds no descriptor to wake a wait with. So they
 * are looked for first. */
static gboolean
has_descriptors (void)
{
  gint fds[2 * N_PIPES];
  guint n = 0;

  while (n < N_PIPES && g_unix_open_pipe (fds + 2 * n, FD_CLOEXEC, NULL))
    n++;
  for (guint i = 0; i < 2 * n; i++)
    g_close (fds[i], NULL);
  return n == N_PIPES;
}

/* One call: sends a request, and reads its answer to the end, or to somewhere behind
 * @max_bytes; of an answer that is no success, less. @deadline_us: when it has to end,
 * in the time of g_get_monotonic_time(), or G_MAXINT64.
 * @answer says in any case whether the request left. */
gboolean
foxapi_session_call (FoxapiSession * session, SoupMessage * message,
    const FoxapiBody * body, gint64 deadline_us, gsize max_bytes,
    FoxapiResponse * answer, GCancellable * cancellable, GError ** error)
{
  Call call = {.session = session,.body = body };
  g_autoptr (GCancellable) ended = g_cancellable_new ();
  g_autoptr (GSource) timer = NULL;
  g_autoptr (GError) fault = NULL;
  gulong handler;

  call.ended = ended;
  memset (answer, 0, sizeof (*answer));
  if (!has_descriptors ()) {
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_TOO_MANY_OPEN_FILES,
        _("the process has no file descriptors left"));
    return FALSE;
  }
  timer = foxapi_session_cancel_at (session, deadline_us, ended);
  handler = cancellable ? g_cancellable_connect (cancellable,
      G_CALLBACK (pass_on), ended, NULL) : 0;
  if (read_head (&call, message, answer, ended, &fault)) {
    if (SOUP_STATUS_IS_SUCCESSFUL (answer->status))
      read_body (answer, max_bytes, ended, &fault);
    else
      read_body (answer, ERROR_BODY_MAX_BYTES, ended, NULL);
  }
  g_clear_object (&answer->stream);
  g_cancellable_disconnect (cancellable, handler);
  g_source_destroy (timer);

  if (g_error_matches (fault, G_IO_ERROR, G_IO_ERROR_CANCELLED)
      && !g_cancellable_is_cancelled (cancellable))
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT,
        _("it took too long"));
  else if (fault != NULL)
    g_propagate_error (error, g_error_copy (fault));
  return fault == NULL;
}

/* When to make it again: the clock and the dice are the caller's. */

/* `Retry-After` (RFC 9110, 10.2.3), seconds or an HTTP date, in microseconds from
 * @now_s (Unix seconds); -1 if it is neither */
gint64
foxapi_retry_parse_after (const gchar * value, gint64 now_s)
{
  g_autoptr (GDateTime) date = NULL;
  guint64 seconds;

  if (value == NULL)
    return -1;

  if (g_ascii_string_to_unsigned (value, 10, 0, G_MAXINT32, &seconds, NULL))
    return MIN ((gint64) seconds * G_USEC_PER_SEC, MAX_RETRY_AFTER_US);
  /* Digits alone that did not fit: a long time, not a date. */
  if (*value != '\0' && strspn (value, "0123456789") == strlen (value))
    return MAX_RETRY_AFTER_US;

  date = soup_date_time_new_from_http_string (value);
  if (date == NULL)
    return -1;
  return CLAMP (g_date_time_to_unix (date) - now_s, 0,
      MAX_RETRY_AFTER_US / G_USEC_PER_SEC) * G_USEC_PER_SEC;
}

/* The pause before the next attempt, of which @attempt (from 1) has just failed, in
 * microseconds. It doubles with each attempt. Half of it is left to chance (@random,
 * from 0 to below 1), so that many clients that failed together do not come back
 * together. What the server asked for is kept to (-1: nothing); chance only adds. */
gint64
foxapi_retry_get_delay (guint attempt, gint64 retry_after_us, gdouble random)
{
  guint doublings = CLAMP (attempt, 1, 16) - 1;
  gint64 delay_us = MIN ((gint64) FIRST_DELAY_US << doublings, MAX_DELAY_US);

  if (retry_after_us >= 0)
    return MIN (retry_after_us, MAX_FREE_DELAY_US)
        + (gint64) (FIRST_DELAY_US * random);
  return delay_us / 2 + (gint64) (delay_us / 2 * random);
}

/* @retries: how often to try again, -1 without limit */
gboolean
foxapi_retry_is_allowed (gint retries, guint attempt)
{
  return retries < 0 || attempt <= (guint) retries;
}

/* g_poll() counts in milliseconds that fit an int. */
static gint
milliseconds_until (gint64 wake_us)
{
  gint64 us = wake_us - g_get_monotonic_time ();

  if (us <= 0)
    return 0;
  return (gint) MIN ((us + 999) / 1000, G_MAXINT);
}

/* What wakes the waits is made once, to be released with
 * g_cancellable_release_fd(). */
gboolean
foxapi_wait_hold (GCancellable * cancellable, GError ** error)
{
  if (!has_descriptors ()) {
    g_set_error_literal (error, FOXAPI_ERROR, FOXAPI_ERROR_CONNECT,
        _("The process has no file descriptors left to call the service "
            "with. Close some or raise the limit (ulimit -n), then start "
            "again."));
    return FALSE;
  }

  /* libsoup asks for the default context, which has one, too. */
  g_main_context_default ();
  g_cancellable_get_fd (cancellable);
  return TRUE;
}

/* %FALSE: it was cancelled before @wake_us (of g_get_monotonic_time()). */
gboolean
foxapi_wait_until (gint64 wake_us, GCancellable * cancellable, GError ** error)
{
  GPollFD poll_fd;
  gint timeout_ms;

  if (g_cancellable_set_error_if_cancelled (cancellable, error))
    return FALSE;
  g_cancellable_make_pollfd (cancellable, &poll_fd);

  while ((timeout_ms = milliseconds_until (wake_us)) > 0) {
    if (g_poll (&poll_fd, 1, timeout_ms) > 0)
      break;
  }
  g_cancellable_release_fd (cancellable);
  return !g_cancellable_set_error_if_cancelled (cancellable, error);
}
