/* The result link → its bytes
 *
 * The end of a body is believed only where it can be checked: against the
 * length that the server named, or, where it named none, by asking for what
 * follows. A body that ends early goes on by a range request (RFC 9110, 14), if
 * the file is provably still the same one.
 *
 * Every request here is a fresh one that carries no credentials.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "foxapidownload.h"

#include "foxapierror.h"
#include "foxapiretry.h"
#include "foxapiwait.h"

#define MAX_REDIRECTS 10
#define SKIP_BYTES (64 * 1024)

/* Reading on waits as long for the next bytes, and no longer than that in all:
 * bytes that come fast are worth more in one piece (measured: half the processor
 * time), bytes that come slowly are worth having now. */
#define PATIENCE_US 1000
#define PATIENCE_IN_ALL_US 10000

#define LOST_FOR_GOOD "The connection to the result was lost, and its server " \
    "names neither ETag nor Last-Modified to go on by"

struct _FoxapiDownload
{
  FoxapiSession *session;
  gchar *link;
  gint retries;
  FoxapiDownloadRenew renew;
  gpointer user_data;

  GInputStream *stream;         /* NULL: to be opened at position */
  GSocket *socket;              /* what it reads from; NULL: not known */
  gboolean is_fresh;            /* nothing has been read since it was opened */
  gboolean is_encrypted;
  guint64 position;             /* of the next byte that read returns */
  guint64 stream_end;           /* where the answer ends; G_MAXUINT64 unknown */
  guint64 to_skip;              /* bytes of a whole answer before position */
  gboolean confirming;          /* the end was seen, but not yet proved */
  gboolean at_end;

  gboolean has_size;
  guint64 size;
  gboolean seekable;
  gboolean is_known;            /* the validators are those of this file */
  gchar *etag;                  /* strong ones only */
  gchar *last_modified;
  guint n_faults;               /* against retries */
};

/**
 * foxapi_download_new:
 * @session: the session to read with
 * @link: the result's link
 * @retries: how often to go on after a fault, -1 without limit
 * @renew: asks for a new link
 * @user_data: for @renew
 *
 * Returns: (transfer full): a download, at which nothing has been sent
 *
 * Since: 0.1
 */
FoxapiDownload *
foxapi_download_new (FoxapiSession * session, const gchar * link,
    gint retries, FoxapiDownloadRenew renew, gpointer user_data)
{
  FoxapiDownload *download = g_new0 (FoxapiDownload, 1);

  download->session = foxapi_session_ref (session);
  download->link = g_strdup (link);
  download->retries = retries;
  download->renew = renew;
  download->user_data = user_data;
  return download;
}

static void
close_stream (FoxapiDownload * download)
{
  g_clear_object (&download->stream);
  g_clear_object (&download->socket);
}

/**
 * foxapi_download_free:
 * @download: (transfer full): a download
 *
 * Since: 0.1
 */
void
foxapi_download_free (FoxapiDownload * download)
{
  close_stream (download);
  foxapi_session_unref (download->session);
  g_free (download->link);
  g_free (download->etag);
  g_free (download->last_modified);
  g_free (download);
}

/**
 * foxapi_download_get_size:
 * @download: a download
 * @size: (out): bytes of the whole result
 *
 * Returns: %TRUE if the server has said it
 *
 * Since: 0.1
 */
gboolean
foxapi_download_get_size (FoxapiDownload * download, guint64 * size)
{
  *size = download->size;
  return download->has_size;
}

/**
 * foxapi_download_is_seekable:
 * @download: a download
 *
 * Returns: %TRUE if the server has shown that it has ranges
 *
 * Since: 0.1
 */
gboolean
foxapi_download_is_seekable (FoxapiDownload * download)
{
  return download->seekable && download->has_size;
}

/**
 * foxapi_download_is_encrypted:
 * @download: a download that was opened
 *
 * Returns: %TRUE if it comes over TLS, piece by piece of 16 KiB at most
 *
 * Since: 0.1
 */
gboolean
foxapi_download_is_encrypted (FoxapiDownload * download)
{
  return download->is_encrypted;
}

static GError *
new_read_error (const gchar * what)
{
  return g_error_new (FOXAPI_ERROR, FOXAPI_ERROR_READ, "%s. Start again to "
      "read it anew.", what);
}

/* The file that was being read */

static gchar *
dup_strong_etag (SoupMessageHeaders * headers)
{
  const gchar *etag = soup_message_headers_get_one (headers, "ETag");

  return etag && !g_str_has_prefix (etag, "W/") ? g_strdup (etag) : NULL;
}

static gboolean
has_validator (FoxapiDownload * download)
{
  return download->etag != NULL || download->last_modified != NULL;
}

/* Learns what identifies the file from the first answer, compares later ones
 * with it. */
static gboolean
check_same_file (FoxapiDownload * download, SoupMessageHeaders * headers,
    gboolean has_size, guint64 size, GError ** error)
{
  g_autofree gchar *etag = dup_strong_etag (headers);
  const gchar *date = soup_message_headers_get_one (headers, "Last-Modified");
  gboolean same;

  if (!download->is_known) {
    download->is_known = TRUE;
    download->etag = g_steal_pointer (&etag);
    download->last_modified = g_strdup (date);
    download->has_size = has_size;
    download->size = size;
    return TRUE;
  }

  if (download->etag != NULL)
    same = g_strcmp0 (etag, download->etag) == 0;
  else
    same = g_strcmp0 (date, download->last_modified) == 0;
  if (has_size && download->has_size)
    same = same && size == download->size;
  if (!same) {
    g_propagate_error (error,
        new_read_error ("The result changed while it was read"));
    return FALSE;
  }
  if (has_size) {
    download->has_size = TRUE;
    download->size = size;
  }
  return TRUE;
}

/* Answers */

static gboolean
take_whole (FoxapiDownload * download, SoupMessageHeaders * headers,
    GError ** error)
{
  gboolean has_size =
      soup_message_headers_get_encoding (headers) ==
      SOUP_ENCODING_CONTENT_LENGTH;
  guint64 size = has_size ?
      (guint64) soup_message_headers_get_content_length (headers) : 0;
  const gchar *ranges = soup_message_headers_get_one (headers,
      "Accept-Ranges");

  if (!check_same_file (download, headers, has_size, size, error))
    return FALSE;

  download->seekable = ranges && g_ascii_strcasecmp (ranges, "bytes") == 0;
  download->stream_end = has_size ? size : G_MAXUINT64;
  download->to_skip = download->position;
  return TRUE;
}

/* Whether the answer's own length, if it names one, is that of its range. */
static gboolean
has_length_of_range (SoupMessageHeaders * headers, goffset start, goffset end)
{
  return soup_message_headers_get_encoding (headers) !=
      SOUP_ENCODING_CONTENT_LENGTH
      || soup_message_headers_get_content_length (headers) == end - start + 1;
}

static gboolean
take_range (FoxapiDownload * download, SoupMessageHeaders * headers,
    GError ** error)
{
  goffset start, end, total;

  if (!soup_message_headers_get_content_range (headers, &start, &end, &total)
      || start < 0 || end < start || (total >= 0 && end >= total)
      || (guint64) start != download->position
      || !has_length_of_range (headers, start, end)) {
    g_propagate_error (error,
        new_read_error ("The result's server answered with another range than "
            "it was asked for"));
    return FALSE;
  }
  if (!check_same_file (download, headers, total >= 0, MAX (total, 0), error))
    return FALSE;

  download->seekable = TRUE;
  download->stream_end = (guint64) end + 1;
  download->to_skip = 0;
  return TRUE;
}

/* 416: there is nothing at the position. Right behind the last byte that is
 * the proof that all has been read. */
static gboolean
take_nothing (FoxapiDownload * download, SoupMessageHeaders * headers,
    GError ** error)
{
  const gchar *range = soup_message_headers_get_one (headers, "Content-Range");
  guint64 total;

  if (range != NULL && g_str_has_prefix (range, "bytes */")
      && g_ascii_string_to_unsigned (range + strlen ("bytes */"), 10, 0,
          G_MAXINT64, &total, NULL) && total <= download->position
      && (download->has_size ? download->size == total :
          download->position == total)) {
    download->has_size = TRUE;
    download->size = total;
    download->at_end = TRUE;
    return TRUE;
  }
  g_propagate_error (error,
      new_read_error ("The result is shorter than it was"));
  return FALSE;
}

static GError *
new_status_error (guint status)
{
  gboolean expired = status == 403 || status == 404 || status == 410;
  GError *error;
  FoxapiErrorDetails *details;

  if (expired)
    error = g_error_new (FOXAPI_ERROR, FOXAPI_ERROR_NOT_FOUND,
        "The result's link does not lead to it any more (HTTP %u). Links live "
        "24 hours; a result that is older has to be generated again.", status);
  else
    error = g_error_new (FOXAPI_ERROR, FOXAPI_ERROR_FAILED,
        "The result's server did not give the result (HTTP %u). Start again "
        "later to read it.", status);
  details = foxapi_error_edit_details (error);
  details->http_status = status;
  details->passing = status >= 500 || status == 429 || status == 408;
  return error;
}

/* Of a chunked body libsoup 3.2 asserts when it is asked for one byte, as may
 * happen at the end of a buffer. So it is read in larger pieces. */
static GInputStream *
wrap_stream (SoupMessageHeaders * headers, GInputStream * stream)
{
  if (soup_message_headers_get_encoding (headers) != SOUP_ENCODING_CHUNKED)
    return g_object_ref (stream);
  return g_buffered_input_stream_new_sized (stream, SKIP_BYTES);
}

static gboolean
take_answer (FoxapiDownload * download, SoupMessage * message,
    GInputStream * stream, GError ** error)
{
  SoupMessageHeaders *headers = soup_message_get_response_headers (message);
  guint status = soup_message_get_status (message);
  gboolean taken;

  if (status == SOUP_STATUS_PARTIAL_CONTENT)
    taken = take_range (download, headers, error);
  else if (status == SOUP_STATUS_OK)
    taken = take_whole (download, headers, error);
  else if (status == SOUP_STATUS_REQUESTED_RANGE_NOT_SATISFIABLE)
    taken = take_nothing (download, headers, error);
  else {
    GError *fault = new_status_error (status);

    foxapi_error_edit_details (fault)->retry_after_us =
        foxapi_retry_parse_after (soup_message_headers_get_one (headers,
            "Retry-After"), g_get_real_time () / G_USEC_PER_SEC);
    g_propagate_error (error, fault);
    return FALSE;
  }

  if (taken && !download->at_end)
    download->stream = wrap_stream (headers, stream);
  return taken;
}

/* Requests */

/* Results come over http and https and from nowhere else (INTERFACE.md). */
static SoupMessage *
new_message (GUri * uri, guint64 position, GError ** error)
{
  g_autofree gchar *range = NULL;
  const gchar *scheme = uri ? g_uri_get_scheme (uri) : "";
  const gchar *host = uri ? g_uri_get_host (uri) : NULL;
  SoupMessage *message = NULL;

  if ((g_str_equal (scheme, "http") || g_str_equal (scheme, "https"))
      && host != NULL && *host != '\0')
    message = soup_message_new_from_uri ("GET", uri);
  if (message == NULL) {
    g_set_error_literal (error, FOXAPI_ERROR, FOXAPI_ERROR_FAILED,
        "The service gave a result link that is no http or https URL. Ask "
        "the service.");
    return NULL;
  }

  /* Asked for from the first byte on: the answer tells whether there are ranges
   * at all. */
  range = g_strdup_printf ("bytes=%" G_GUINT64_FORMAT "-", position);
  soup_message_headers_replace (soup_message_get_request_headers (message),
      "Range", range);
  return message;
}

/* Where @message is redirected to, %NULL if it is not. */
static GUri *
get_redirection (SoupMessage * message)
{
  const gchar *location = soup_message_headers_get_one
      (soup_message_get_response_headers (message), "Location");
  guint status = soup_message_get_status (message);

  if (!SOUP_STATUS_IS_REDIRECTION (status) || location == NULL)
    return NULL;
  return g_uri_parse_relative (soup_message_get_uri (message), location,
      SOUP_HTTP_URI_FLAGS, NULL);
}

static GError *
new_transport_error (FoxapiDownload * download, const GError * cause)
{
  GError *error;

  if (g_error_matches (cause, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return g_error_copy (cause);

  if (download->is_known)
    error = g_error_new (FOXAPI_ERROR, FOXAPI_ERROR_READ,
        "The connection to the result was lost (%s). Start again to read it "
        "anew.", cause->message);
  else
    error = g_error_new (FOXAPI_ERROR, FOXAPI_ERROR_CONNECT,
        "The result's server was not reached (%s). Check the network and the "
        "proxy, then start again.", cause->message);
  foxapi_error_edit_details (error)->passing =
      !g_error_matches (cause, G_TLS_ERROR, G_TLS_ERROR_BAD_CERTIFICATE);
  return error;
}

/* HTTP/1.1 is what is offered for results: it takes a fifth less processor time
 * than HTTP/2 in libsoup, and there is but one request. */
static void
on_network_event (SoupMessage * message, GSocketClientEvent event,
    GIOStream * connection, gpointer user_data)
{
  static const gchar *const protocols[] = { "http/1.1", NULL };
  FoxapiDownload *download = user_data;

  if (event == G_SOCKET_CLIENT_CONNECTED && G_IS_SOCKET_CONNECTION (connection))
    g_set_object (&download->socket,
        g_socket_connection_get_socket (G_SOCKET_CONNECTION (connection)));
  if (event == G_SOCKET_CLIENT_TLS_HANDSHAKING
      && G_IS_TLS_CONNECTION (connection))
    g_tls_connection_set_advertised_protocols (G_TLS_CONNECTION (connection),
        protocols);
}

/* One request at the position, along its redirections. */
static gboolean
request_once (FoxapiDownload * download, GCancellable * cancellable,
    GError ** error)
{
  g_autoptr (GUri) uri = g_uri_parse (download->link, SOUP_HTTP_URI_FLAGS,
      NULL);

  for (guint hop = 0; hop <= MAX_REDIRECTS; hop++) {
    g_autoptr (SoupMessage) message = NULL;
    g_autoptr (GInputStream) stream = NULL;
    g_autoptr (GError) fault = NULL;
    GUri *next;

    message = new_message (uri, download->position, error);
    if (message == NULL)
      return FALSE;
    g_clear_object (&download->socket);
    g_signal_connect (message, "network-event", G_CALLBACK (on_network_event),
        download);
    stream = foxapi_session_send (download->session, message, NULL,
        cancellable, &fault);
    g_signal_handlers_disconnect_by_data (message, download);
    if (stream == NULL) {
      g_propagate_error (error, new_transport_error (download, fault));
      return FALSE;
    }
    download->is_encrypted = g_str_equal (g_uri_get_scheme (uri), "https");
    next = get_redirection (message);
    if (next == NULL)
      return take_answer (download, message, stream, error);
    g_uri_unref (uri);
    uri = next;
  }

  g_set_error_literal (error, FOXAPI_ERROR, FOXAPI_ERROR_FAILED,
      "The result's link leads from one address to the next without end. Ask "
      "the service.");
  return FALSE;
}

/* May the download go on after @fault? Waits the due time if so. */
static gboolean
recover (FoxapiDownload * download, const GError * fault,
    GCancellable * cancellable, GError ** error)
{
  const FoxapiErrorDetails *details = foxapi_error_get_details (fault);
  gint64 delay_us;

  if (details == NULL || !details->passing
      || !foxapi_retry_is_allowed (download->retries, ++download->n_faults)) {
    g_propagate_error (error, g_error_copy (fault));
    return FALSE;
  }
  /* Between two parts of a file there must be proof that it is one file. */
  if (download->position > 0 && !has_validator (download)) {
    g_propagate_error (error, new_read_error (LOST_FOR_GOOD));
    return FALSE;
  }

  delay_us = foxapi_retry_get_delay (download->n_faults,
      details->retry_after_us, g_random_double ());
  return foxapi_wait_until (g_get_monotonic_time () + delay_us, cancellable,
      error);
}

static gboolean
renew_link (FoxapiDownload * download, GCancellable * cancellable,
    GError ** error)
{
  g_autofree gchar *link = download->renew (download->user_data, cancellable,
      error);

  if (link == NULL)
    return FALSE;
  g_free (download->link);
  download->link = g_steal_pointer (&link);
  return TRUE;
}

/* Opens a stream at the position, through faults and an expired link. */
static gboolean
reopen (FoxapiDownload * download, GCancellable * cancellable, GError ** error)
{
  gboolean renewed = FALSE;

  close_stream (download);
  download->is_fresh = TRUE;
  for (;;) {
    g_autoptr (GError) fault = NULL;

    if (request_once (download, cancellable, &fault))
      return TRUE;
    if (!renewed && g_error_matches (fault, FOXAPI_ERROR,
            FOXAPI_ERROR_NOT_FOUND)) {
      renewed = TRUE;
      if (!renew_link (download, cancellable, error))
        return FALSE;
    } else if (!recover (download, fault, cancellable, error)) {
      return FALSE;
    }
  }
}

/**
 * foxapi_download_open:
 * @download: a download
 * @position: of the first byte to read
 * @cancellable: (nullable): ends the call
 * @error: return location: %FOXAPI_ERROR or G_IO_ERROR_CANCELLED
 *
 * Begins to read at @position. After this the size, if there is one, and
 * whether there are ranges is known.
 *
 * Returns: %TRUE if there is something to read
 *
 * Since: 0.1
 */
gboolean
foxapi_download_open (FoxapiDownload * download, guint64 position,
    GCancellable * cancellable, GError ** error)
{
  download->position = position;
  download->confirming = FALSE;
  download->at_end = FALSE;
  return reopen (download, cancellable, error);
}

/* Reading */

/* Reads away what a server without ranges sends before the position. */
static gssize
skip (FoxapiDownload * download, GCancellable * cancellable, GError ** error)
{
  gssize n = 1;

  while (download->to_skip > 0 && n > 0) {
    n = g_input_stream_skip (download->stream, MIN (download->to_skip,
            SKIP_BYTES), cancellable, error);
    if (n > 0)
      download->to_skip -= n;
  }
  return n;
}

/* Adds what has arrived already. %FALSE: this is not the time for more. */
static gboolean
read_what_is_there (GPollableInputStream * stream, guint8 * buffer, gsize size,
    gsize * filled)
{
  while (*filled < size) {
    g_autoptr (GError) error = NULL;
    gssize n = g_pollable_input_stream_read_nonblocking (stream,
        buffer + *filled, size - *filled, NULL, &error);

    /* Whatever it is, the next blocking read sees it again. */
    if (n <= 0)
      return g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK);
    *filled += n;
  }
  return FALSE;
}

/* Reads on while bytes come fast. The first ones are handed out at once. */
static gsize
read_on (FoxapiDownload * download, guint8 * buffer, gsize size, gsize filled,
    GCancellable * cancellable)
{
  GPollableInputStream *stream = G_POLLABLE_INPUT_STREAM (download->stream);
  gboolean is_fresh = download->is_fresh;
  gint64 end_us = 0;

  download->is_fresh = FALSE;
  while (read_what_is_there (stream, buffer, size, &filled)
      && !is_fresh && download->socket != NULL) {
    gint64 now_us = g_get_monotonic_time ();

    if (end_us == 0)
      end_us = now_us + PATIENCE_IN_ALL_US;
    if (now_us >= end_us || !g_socket_condition_timed_wait (download->socket,
            G_IO_IN, PATIENCE_US, cancellable, NULL))
      break;
  }
  return filled;
}

static gssize
read_stream (FoxapiDownload * download, guint8 * buffer, gsize size,
    GCancellable * cancellable, GError ** error)
{
  gssize n = skip (download, cancellable, error);

  if (n > 0)
    n = g_input_stream_read (download->stream, buffer, size, cancellable,
        error);
  if (n > 0 && G_IS_POLLABLE_INPUT_STREAM (download->stream)
      && g_pollable_input_stream_can_poll (G_POLLABLE_INPUT_STREAM
          (download->stream)))
    n = read_on (download, buffer, size, n, cancellable);
  return n;
}

/* The stream has ended of itself. %TRUE: the end is reached, or reading goes on
 * with a new stream. */
static gboolean
judge_end (FoxapiDownload * download, GCancellable * cancellable,
    GError ** error)
{
  g_autoptr (GError) fault = NULL;

  if (download->to_skip > 0) {
    g_propagate_error (error, new_read_error ("The result is shorter than it "
            "was"));
    return FALSE;
  }
  if (download->has_size && download->position >= download->size) {
    download->at_end = TRUE;
    return TRUE;
  }
  if (!download->has_size && (download->confirming || download->position == 0)) {
    download->at_end = TRUE;
    return TRUE;
  }
  /* Nobody said how long it is, and a chunked body that was cut looks complete.
   * What follows settles it: there is nothing, or another reading ends at the
   * same byte. */
  if (!download->has_size) {
    download->confirming = TRUE;
    return TRUE;
  }
  /* A server may send less than all of what it was asked for. */
  if (download->position == download->stream_end && has_validator (download))
    return TRUE;

  fault = new_read_error ("The result broke off before its end");
  foxapi_error_edit_details (fault)->passing = TRUE;
  return recover (download, fault, cancellable, error);
}

static gboolean
take_bytes (FoxapiDownload * download, gsize n, GError ** error)
{
  if (download->confirming && !has_validator (download)) {
    g_propagate_error (error, new_read_error (LOST_FOR_GOOD));
    return FALSE;
  }
  if (download->stream_end - download->position < n) {
    g_propagate_error (error, new_read_error ("The result is longer than its "
            "server said"));
    return FALSE;
  }
  download->confirming = FALSE;
  download->position += n;
  return TRUE;
}

static gssize
finish (FoxapiDownload * download, GError ** error)
{
  if (download->position > 0)
    return 0;

  g_propagate_error (error, new_read_error ("The result is empty"));
  return -1;
}

/* A new stream where the last one ended, or was cancelled. */
static gboolean
go_on (FoxapiDownload * download, GCancellable * cancellable, GError ** error)
{
  if (download->position > 0 && !download->confirming
      && !has_validator (download)) {
    g_propagate_error (error, new_read_error (LOST_FOR_GOOD));
    return FALSE;
  }
  return reopen (download, cancellable, error);
}

/**
 * foxapi_download_read:
 * @download: an open download
 * @buffer: where to
 * @size: bytes that fit there, not 0
 * @cancellable: (nullable): ends the call
 * @error: return location: %FOXAPI_ERROR or G_IO_ERROR_CANCELLED
 *
 * Reads what comes next: as much as is there, waiting only for the first byte.
 * After it was cancelled it can be called again, and goes on where it was.
 *
 * Returns: the number of bytes; 0 only when the whole result has arrived; -1 on
 *   errors
 *
 * Since: 0.1
 */
gssize
foxapi_download_read (FoxapiDownload * download, gpointer buffer, gsize size,
    GCancellable * cancellable, GError ** error)
{
  while (!download->at_end) {
    g_autoptr (GError) cause = NULL, fault = NULL;
    gssize n;

    if (download->stream == NULL) {
      if (!go_on (download, cancellable, error))
        return -1;
      continue;
    }

    n = read_stream (download, buffer, size, cancellable, &cause);
    if (n > 0)
      return take_bytes (download, n, error) ? n : -1;

    close_stream (download);
    if (n == 0) {
      if (!judge_end (download, cancellable, error))
        return -1;
      continue;
    }
    fault = new_transport_error (download, cause);
    if (!recover (download, fault, cancellable, error))
      return -1;
  }
  return finish (download, error);
}
