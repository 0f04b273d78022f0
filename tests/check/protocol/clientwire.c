/* The calls of the service against servers that no service is like: what comes
 * breaks off, or comes too early
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <string.h>

#include "protocoltest.h"

static const ErrorMeaning answer_lost = { FOXAPI_ERROR_FAILED, 0,
  FOXAPI_CHARGE_MAYBE, FALSE
};

static const ErrorMeaning free_fault = { FOXAPI_ERROR_CONNECT, 0,
  FOXAPI_CHARGE_NOT_ASKED, TRUE
};

/* A server that writes @text, and closes. One that @refuses writes it behind
 * the request's head, and does nothing more. One that @drips writes it again
 * and again, as long as somebody listens. */
typedef struct
{
  GSocketListener *listener;
  guint16 port;
  const gchar *text;
  gboolean refuses;
  GTlsCertificate *certificate; /* (nullable): with it, it refuses by TLS */
  gboolean drips;
  GCancellable *stopped;
  GThread *thread;
} RawServer;

/* To the end of a head, and of a body if it is a submission */
static void
read_request (GInputStream * stream)
{
  gchar request[4096] = "";
  gsize length = 0;
  gssize n = 1;

  while (n > 0 && (strstr (request, "\r\n\r\n") == NULL
          || (*request == 'P' && strchr (request, '}') == NULL))) {
    n = g_input_stream_read (stream, request + length,
        sizeof (request) - 1 - length, NULL, NULL);
    length += MAX (n, 0);
  }
}

static void
refuse (RawServer * server, GSocketConnection * connection)
{
  g_autoptr (GIOStream) stream = server->certificate != NULL ?
      g_tls_server_connection_new (G_IO_STREAM (connection),
      server->certificate, NULL) : g_object_ref (G_IO_STREAM (connection));
  gchar head[16];

  g_input_stream_read (g_io_stream_get_input_stream (stream), head,
      sizeof (head), NULL, NULL);
  g_output_stream_write_all (g_io_stream_get_output_stream (stream),
      server->text, strlen (server->text), NULL, NULL, NULL);
  g_socket_condition_wait (g_socket_connection_get_socket (connection),
      G_IO_ERR | G_IO_HUP, server->stopped, NULL);
}

static void
drip (RawServer * server, GSocketConnection * connection)
{
  GSocket *socket = g_socket_connection_get_socket (connection);

  while (!g_socket_condition_timed_wait (socket, G_IO_ERR | G_IO_HUP, 10000,
          server->stopped, NULL)
      && !g_cancellable_is_cancelled (server->stopped))
    g_socket_send (socket, server->text, strlen (server->text), NULL, NULL);
}

static gpointer
serve (gpointer user_data)
{
  RawServer *server = user_data;
  g_autoptr (GSocketConnection) connection =
      g_socket_listener_accept (server->listener, NULL, server->stopped, NULL);
  GInputStream *input;
  GOutputStream *output;

  /* The call's deadline may have come before it connected. */
  if (connection == NULL)
    return NULL;
  input = g_io_stream_get_input_stream (G_IO_STREAM (connection));
  output = g_io_stream_get_output_stream (G_IO_STREAM (connection));
  if (server->refuses) {
    refuse (server, connection);
    return NULL;
  }
  read_request (input);
  g_output_stream_write_all (output, server->text, strlen (server->text), NULL,
      NULL, NULL);
  if (server->drips)
    drip (server, connection);
  return NULL;
}

static void
start_server (RawServer * server, const gchar * text)
{
  server->text = text;
  server->stopped = g_cancellable_new ();
  server->listener = g_socket_listener_new ();
  server->port = g_socket_listener_add_any_inet_port (server->listener, NULL,
      NULL);
  server->thread = g_thread_new ("server", serve, server);
}

static FoxapiClient *
make_client_of (RawServer * server)
{
  FoxapiSessionSettings settings = {.timeout = 60 };
  g_autoptr (FoxapiSession) session = foxapi_session_new (&settings, NULL);
  g_autofree gchar *url = g_strdup_printf ("http%s://127.0.0.1:%u",
      server->certificate ? "s" : "", server->port);

  return foxapi_client_new (session, url, "key-0123456789", NULL);
}

static void
stop_server (RawServer * server)
{
  g_cancellable_cancel (server->stopped);
  g_thread_join (server->thread);
  g_object_unref (server->listener);
  g_object_unref (server->stopped);
}

/* The connection ends in the middle of the answer, which only the JSON shows where
 * nothing says how long it is. */
static const gchar *const cut_answers[] = {
  "HTTP/1.1 200 OK\r\nContent-Le",
  "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n",
  "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"id\":\"task-1\",",
  "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nf\r\n{\"id\":\"task-1\"",
  "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
      "f\r\n{\"id\":\"task-1\",\r\n",
  "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
      "a\r\n{\"id\":\"tas\r\n",
  "HTTP/1.1 200 OK\r\n\r\n{\"id\":\"task-1\",\"a\":{}",
};

TEST (test_answer_broken_off)
{
  RawServer server = { NULL };
  g_autoptr (FoxapiClient) client = NULL;
  g_autoptr (GError) error = NULL;

  start_server (&server, cut_answers[__i__]);
  client = make_client_of (&server);
  fail_unless (foxapi_client_submit (client, GOOD_BODY, NULL, NULL,
          &error) == NULL);
  check_error (error, &answer_lost);
  stop_server (&server);
}

/* A server that does not want a file says so while it is sent, and reads no
 * more, by HTTP and by HTTPS. What the sockets between them hold is less than
 * the file. */
TEST (test_refused_early)
{
  const ErrorMeaning too_large = { FOXAPI_ERROR_SETTINGS, 413,
    FOXAPI_CHARGE_NOT_ASKED, FALSE
  };
  const gsize size = 64 * 1024 * 1024;
  g_autoptr (GTlsCertificate) certificate = make_certificate ();
  RawServer server = {.refuses = TRUE,
    .certificate = __i__ ? certificate : NULL
  };
  g_autoptr (FoxapiClient) client = NULL;
  g_autoptr (GInputStream) form =
      g_memory_input_stream_new_from_data (g_malloc0 (size), size, g_free);
  g_autoptr (GError) error = NULL;

  if (__i__ && certificate == NULL)
    return;
  start_server (&server, "HTTP/1.1 413 Payload Too Large\r\n"
      "Content-Length: 2\r\n\r\n{}");
  client = make_client_of (&server);
  fail_unless (foxapi_client_upload (client, form,
          "multipart/form-data; boundary=fox", size, NULL, &error) == NULL);
  check_error (error, &too_large);
  stop_server (&server);
}

/* Neither a socket's timeout ends these calls, nor libsoup: a head, a body and an
 * answer of a proxy without end. */
static const struct
{
  const gchar *text;
  gboolean is_proxy;
} drips[] = {
  {"HTTP/1.1 200 OK\r\nX: x", FALSE},
  {"HTTP/1.1 200 OK\r\n\r\n ", FALSE},
  {"", TRUE},
};

TEST (test_deadline)
{
  RawServer server = {.drips = TRUE };
  FoxapiSessionSettings settings = { 0 };
  g_autoptr (FoxapiSession) session = NULL;
  g_autoptr (FoxapiClient) other = NULL;
  g_autofree gchar *url = NULL;
  g_autoptr (GError) error = NULL;

  start_server (&server, drips[__i__].text);
  url = g_strdup_printf ("http://127.0.0.1:%u", server.port);
  settings.proxy = drips[__i__].is_proxy ? url : NULL;
  session = foxapi_session_new (&settings, NULL);
  other = foxapi_client_new (session, drips[__i__].is_proxy ?
      "https://api.example" : url, "key-0123456789", NULL);
  foxapi_client_set_deadline (other, g_get_monotonic_time () + 200000);
  fail_unless (foxapi_client_ask (other, "task-1", NULL, &error) == NULL);
  check_error (error, &free_fault);
  fail_unless (foxapi_error_get_details (error)->timed_out, "%s",
      error->message);
  stop_server (&server);
}

static const Test tests[] = {
  CASE ("answers", NULL, NULL),
  ROWS (test_answer_broken_off, cut_answers),
  TIMES (test_refused_early, 2),
  ROWS (test_deadline, drips),
};

CHECK_MAIN (clientwire, tests)
