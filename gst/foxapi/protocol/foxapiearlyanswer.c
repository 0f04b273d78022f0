/* An answer that comes before the whole request was sent
 *
 * A server that does not want a body (413, 401) says so while it is on its way, and
 * closes. libsoup would write on, and tell of a lost connection. So whoever reads
 * the body for it looks whether there is an answer before each piece, and reads that
 * in its stead.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "foxapiearlyanswer.h"

#include <glib/gi18n-lib.h>
#include <string.h>

/* It is read for a message, no further. */
#define MAX_BYTES (64 * 1024)

struct _FoxapiWatchedBody
{
  GFilterInputStream parent;

  GIOStream *connection;        /* with TLS on it, if there is any */
  GSocket *socket;              /* below it */
  GByteArray *answer;           /* what has come */
};

/* *INDENT-OFF* */
G_DEFINE_FINAL_TYPE (FoxapiWatchedBody, foxapi_watched_body,
    G_TYPE_FILTER_INPUT_STREAM)
/* *INDENT-ON* */

/* %FALSE: a body without a length that has not ended, or no head yet */
static gboolean
find_body (GByteArray * answer, SoupMessageHeaders * headers, guint * status,
    gsize * start)
{
  const gchar *text = (const gchar *) answer->data;
  const gchar *end = g_strstr_len (text, answer->len, "\r\n\r\n");

  *start = end ? (gsize) (end - text) + 4 : 0;
  return end != NULL && soup_headers_parse_response (text, *start - 2, headers,
      NULL, status, NULL);
}

static gboolean
is_whole (GByteArray * answer)
{
  g_autoptr (SoupMessageHeaders) headers =
      soup_message_headers_new (SOUP_MESSAGE_HEADERS_RESPONSE);
  guint status;
  gsize start;

  if (!find_body (answer, headers, &status, &start))
    return FALSE;
  if (soup_message_headers_get_encoding (headers) == SOUP_ENCODING_CHUNKED)
    return answer->len >= start + 5
        && memcmp (answer->data + answer->len - 5, "0\r\n\r\n", 5) == 0;
  return soup_message_headers_get_encoding (headers) ==
      SOUP_ENCODING_CONTENT_LENGTH
      && (goffset) (answer->len - start) >=
      soup_message_headers_get_content_length (headers);
}

static void
read_answer (FoxapiWatchedBody * self, const gchar * first, gsize size,
    GCancellable * cancellable)
{
  GInputStream *stream = g_io_stream_get_input_stream (self->connection);
  gchar piece[4096];
  gssize n;

  self->answer = g_byte_array_new ();
  g_byte_array_append (self->answer, (const guint8 *) first, size);
  while (self->answer->len < MAX_BYTES && !is_whole (self->answer)
      && (n = g_input_stream_read (stream, piece, sizeof (piece), cancellable,
              NULL)) > 0)
    g_byte_array_append (self->answer, (const guint8 *) piece, n);
}

/* %FALSE: there is no reason to read on. What can be read is no answer yet where it
 * is TLS's own. */
static gboolean
look (FoxapiWatchedBody * self, GCancellable * cancellable, GError ** error)
{
  GPollableInputStream *stream;
  gchar first[4096];
  gssize n;

  if (self->connection == NULL)
    return TRUE;
  if (!g_socket_condition_wait (self->socket, G_IO_IN | G_IO_OUT, cancellable,
          error))
    return FALSE;

  stream = G_POLLABLE_INPUT_STREAM (g_io_stream_get_input_stream
      (self->connection));
  n = g_pollable_input_stream_read_nonblocking (stream, first, sizeof (first),
      cancellable, NULL);
  if (n <= 0)
    return TRUE;
  read_answer (self, first, n, cancellable);
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_CLOSED,
      _("the server answered before the request was sent"));
  return FALSE;
}

static gssize
foxapi_watched_body_read (GInputStream * stream, void *buffer, gsize count,
    GCancellable * cancellable, GError ** error)
{
  FoxapiWatchedBody *self = FOXAPI_WATCHED_BODY (stream);
  gssize n = g_input_stream_read (G_FILTER_INPUT_STREAM (stream)->base_stream,
      buffer, count, cancellable, error);

  /* Behind the end there is nothing left to save: that answer is libsoup's. */
  if (n > 0 && !look (self, cancellable, error))
    return -1;
  return n;
}

static void
foxapi_watched_body_finalize (GObject * object)
{
  FoxapiWatchedBody *self = FOXAPI_WATCHED_BODY (object);

  g_clear_object (&self->connection);
  g_clear_object (&self->socket);
  g_clear_pointer (&self->answer, g_byte_array_unref);
  G_OBJECT_CLASS (foxapi_watched_body_parent_class)->finalize (object);
}

static void
foxapi_watched_body_init (FoxapiWatchedBody * self)
{
}

static void
foxapi_watched_body_class_init (FoxapiWatchedBodyClass * klass)
{
  G_OBJECT_CLASS (klass)->finalize = foxapi_watched_body_finalize;
  G_INPUT_STREAM_CLASS (klass)->read_fn = foxapi_watched_body_read;
}

FoxapiWatchedBody *
foxapi_watched_body_new (GInputStream * body)
{
  return g_object_new (FOXAPI_TYPE_WATCHED_BODY, "base-stream", body,
      "close-base-stream", FALSE, NULL);
}

/* @connection: (nullable): of one that speaks HTTP/2 there is nothing to see */
void
foxapi_watched_body_set_connection (FoxapiWatchedBody * self,
    GIOStream * connection)
{
  g_set_object (&self->connection, connection);
  if (G_IS_SOCKET_CONNECTION (connection))
    g_set_object (&self->socket, g_socket_connection_get_socket
        (G_SOCKET_CONNECTION (connection)));
}

static GBytes *
join_chunks (const gchar * text, gsize length)
{
  GByteArray *joined = g_byte_array_new ();
  const gchar *end = text + length;

  while (text < end) {
    const gchar *line = g_strstr_len (text, end - text, "\r\n");
    guint64 size = line ? g_ascii_strtoull (text, NULL, 16) : 0;

    if (size == 0)
      break;
    text = line + 2;
    size = MIN (size, (guint64) (end - text));
    g_byte_array_append (joined, (const guint8 *) text, size);
    text += MIN (size + 2, (guint64) (end - text));
  }
  return g_byte_array_free_to_bytes (joined);
}

/* %FALSE: there was none, or nothing that could be read. */
gboolean
foxapi_watched_body_take_answer (FoxapiWatchedBody * self,
    FoxapiResponse * answer)
{
  g_autoptr (SoupMessageHeaders) headers =
      soup_message_headers_new (SOUP_MESSAGE_HEADERS_RESPONSE);
  g_autoptr (GBytes) body = NULL;
  guint status;
  gsize start;

  if (self->answer == NULL
      || !find_body (self->answer, headers, &status, &start))
    return FALSE;
  if (soup_message_headers_get_encoding (headers) == SOUP_ENCODING_CHUNKED)
    body = join_chunks ((const gchar *) self->answer->data + start,
        self->answer->len - start);
  else
    body = g_bytes_new (self->answer->data + start, self->answer->len - start);

  answer->status = status;
  answer->headers = g_steal_pointer (&headers);
  answer->stream = g_memory_input_stream_new_from_bytes (body);
  return TRUE;
}
