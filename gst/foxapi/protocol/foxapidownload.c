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

#include <glib/gi18n-lib.h>
#include <string.h>

#include "foxapierror.h"
#include "foxapihttp.h"

#define MAX_REDIRECTS 10
#define SKIP_BYTES (64 * 1024)

/* What a link or a Location may hold: a lone % is no reason to refuse it. */
#define URI_FLAGS (SOUP_HTTP_URI_FLAGS | G_URI_FLAGS_PARSE_RELAXED)

/* So often a new link that leads nowhere yet is tried again: some seconds. */
#define LATE_ATTEMPTS 5

/* As much is looked at to know a page from a video. */
#define LOOK_BYTES 512
#define ENOUGH_BYTES 64

/* Reading on waits as long for the next bytes, and no longer than that in all:
 * bytes that come fast are worth more in one piece (measured: half the processor
 * time), bytes that come slowly are worth having now. */
#define READ_ON_US 1000
#define READ_ON_MAX_US 10000

/* What is asked for. Servers that refuse the first may know the second. */
typedef enum
{
  ASK_FROM_POSITION,            /* bytes=N-: at 0 it tells if there are ranges */
  ASK_FROM_START,               /* bytes=0- */
  ASK_WITHOUT_RANGE,
} Ask;

struct _FoxapiDownload
{
  FoxapiSession *session;
  gchar *link;
  gchar *api_key;               /* kept out of what a server says */
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
  Ask ask;
  guint8 head[LOOK_BYTES];      /* the first bytes, which have been looked at */
  gsize head_length;
  gsize head_read;              /* so many of them were handed out */
  gboolean at_end;

  gboolean has_size;
  guint64 size;
  gboolean seekable;
  gboolean is_known;            /* the validators are those of this file */
  gchar *etag;                  /* strong ones only */
  gchar *last_modified;
  guint n_faults;               /* in a row, without a new byte */
};

FoxapiDownload *
foxapi_download_new (FoxapiSession * session, const gchar * link,
    const gchar * api_key, gint retries, FoxapiDownloadRenew renew,
    gpointer user_data)
{
  FoxapiDownload *download = g_new0 (FoxapiDownload, 1);

  download->session = foxapi_session_ref (session);
  download->link = g_strdup (link);
  download->api_key = g_strdup (api_key);
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
  download->head_length = download->head_read = 0;
}

static gpointer
unref_stream (gpointer stream)
{
  g_object_unref (stream);
  return NULL;
}

/* libsoup ends the process where a message ends with another default context than it
 * was sent with. Streaming threads have none of their own; who stops them may have one
 * (GstPlay). */
void
foxapi_download_free (FoxapiDownload * download)
{
  if (download->stream != NULL && g_main_context_get_thread_default () != NULL)
    g_thread_join (g_thread_new ("foxapi-close", unref_stream,
            g_steal_pointer (&download->stream)));
  close_stream (download);
  foxapi_session_unref (download->session);
  g_free (download->link);
  g_free (download->api_key);
  g_free (download->etag);
  g_free (download->last_modified);
  g_free (download);
}

/* The start of the file is there already, from an earlier download: what follows has
 * to be of the same file. Before it is opened. */
void
foxapi_download_expect (FoxapiDownload * download, const FoxapiSource * source)
{
  download->is_known = TRUE;
  download->has_size = TRUE;
  download->seekable = TRUE;
  download->size = source->size;
  download->etag = g_strdup (source->etag);
  download->last_modified = g_strdup (source->last_modified);
}

/* Once it was opened; what is in @source is borrowed. %FALSE: its size is not known. */
gboolean
foxapi_download_get_source (FoxapiDownload * download, FoxapiSource * source)
{
  source->etag = download->etag;
  source->last_modified = download->last_modified;
  source->size = download->size;
  return download->has_size;
}

gboolean
foxapi_download_get_size (FoxapiDownload * download, guint64 * size)
{
  *size = download->size;
  return download->has_size;
}

gboolean
foxapi_download_is_seekable (FoxapiDownload * download)
{
  return download->seekable && download->has_size;
}

gboolean
foxapi_download_is_encrypted (FoxapiDownload * download)
{
  return download->is_encrypted;
}

/* %FALSE, for whoever returns that */
static gboolean
set_read_error (GError ** error, const gchar * what)
{
  g_set_error (error, FOXAPI_ERROR, FOXAPI_ERROR_READ, _("%s. Start again "
          "to download it from the beginning."), what);
  return FALSE;
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

/* Between two parts of a file there must be proof that it is one file. */
static gboolean
check_resumable (FoxapiDownload * download, GError ** error)
{
  return has_validator (download)
      || set_read_error (error, _("The connection to the result's server was "
          "lost, and the download cannot be resumed, because the server sends "
          "neither ETag nor Last-Modified"));
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
  if (!same)
    return set_read_error (error, _("The result changed during the download"));
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

  download->seekable = download->ask != ASK_WITHOUT_RANGE && ranges
      && g_ascii_strcasecmp (ranges, "bytes") == 0;
  download->stream_end = has_size ? size : G_MAXUINT64;
  download->to_skip = download->position;
  return TRUE;
}

static gboolean
take_range (FoxapiDownload * download, SoupMessageHeaders * headers,
    GError ** error)
{
  guint64 asked = download->ask == ASK_FROM_POSITION ? download->position : 0;
  goffset start, end, total;

  if (!soup_message_headers_get_content_range (headers, &start, &end, &total)
      || start < 0 || end < start || (total >= 0 && end >= total)
      || (guint64) start != asked
      || (soup_message_headers_get_encoding (headers) ==
          SOUP_ENCODING_CONTENT_LENGTH
          && soup_message_headers_get_content_length (headers) !=
          end - start + 1))
    return set_read_error (error, _("The result's server sent another range "
            "than the element asked for"));
  if (!check_same_file (download, headers, total >= 0, MAX (total, 0), error))
    return FALSE;

  download->seekable = TRUE;
  download->stream_end = (guint64) end + 1;
  download->to_skip = download->position - asked;
  return TRUE;
}

/* 416: there is nothing at the position. Right behind the last byte that is the
 * proof that all has been read, even if the server does not say (RFC 9110, 15.5.17)
 * how long the whole is. */
static gboolean
take_nothing (FoxapiDownload * download, SoupMessageHeaders * headers,
    GError ** error)
{
  const gchar *range = soup_message_headers_get_one (headers, "Content-Range");
  guint64 total = download->position;

  if ((range == NULL || !g_str_has_prefix (range, "bytes */")
          || !g_ascii_string_to_unsigned (range + strlen ("bytes */"), 10, 0,
              G_MAXINT64, &total, NULL)) && !download->confirming)
    total = G_MAXUINT64;
  if (total <= download->position && (download->has_size ?
          download->size == total : download->position == total)) {
    download->has_size = TRUE;
    download->size = total;
    download->at_end = TRUE;
    return TRUE;
  }
  return set_read_error (error, _("The result is shorter than it was"));
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

/* Pages in place of a result */

static gboolean
is_text (const guint8 * bytes, gsize length)
{
  const gchar *end;

  for (gsize i = 0; i < length; i++) {
    if (bytes[i] == 0x7f || (bytes[i] < ' '
            && strchr ("\t\n\v\f\r", bytes[i] ? bytes[i] : 1) == NULL))
      return FALSE;
  }
  /* The last character may have been cut. */
  return g_utf8_validate_len ((const gchar *) bytes, length, &end)
      || end + 4 > (const gchar *) bytes + length;
}

/* What names no type, or any, is a page if it reads like one. */
static gboolean
is_page (SoupMessageHeaders * headers, const guint8 * bytes, gsize length)
{
  const gchar *type = soup_message_headers_get_content_type (headers, NULL);
  gsize start = 0;

  if (type != NULL && (g_ascii_strncasecmp (type, "text/", 5) == 0
          || strstr (type, "json") != NULL || strstr (type, "xml") != NULL))
    return TRUE;
  if (length == 0 || !is_text (bytes, length))
    return FALSE;
  if (type == NULL || g_str_has_suffix (type, "/octet-stream"))
    return TRUE;

  if (length >= 3 && memcmp (bytes, "\xef\xbb\xbf", 3) == 0)
    start = 3;
  while (start < length && g_ascii_isspace (bytes[start]))
    start++;
  return start < length && strchr ("<{[", bytes[start]) != NULL;
}

static GError *
new_transport_error (FoxapiDownload * download, const GError * cause)
{
  GError *error;
  gboolean from_proxy = g_error_matches (cause, G_IO_ERROR,
      G_IO_ERROR_PROXY_FAILED)
      || g_error_matches (cause, G_IO_ERROR, G_IO_ERROR_PROXY_AUTH_FAILED)
      || g_error_matches (cause, G_IO_ERROR, G_IO_ERROR_PROXY_NEED_AUTH)
      || g_error_matches (cause, G_IO_ERROR, G_IO_ERROR_PROXY_NOT_ALLOWED);

  if (g_error_matches (cause, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return g_error_copy (cause);

  if (download->is_known && !from_proxy)
    error = g_error_new (FOXAPI_ERROR, FOXAPI_ERROR_READ,
        _("The connection to the result's server was lost (%s). Start again "
            "to download the result from the beginning."), cause->message);
  else
    error = g_error_new (FOXAPI_ERROR, FOXAPI_ERROR_CONNECT,
        _("The result's server could not be reached, or did not answer "
            "(%s). Check the network and the proxy, then start again."),
        cause->message);
  foxapi_error_edit_details (error)->passing =
      !g_error_matches (cause, G_TLS_ERROR, G_TLS_ERROR_BAD_CERTIFICATE)
      && (!from_proxy || cause->code == G_IO_ERROR_PROXY_FAILED);
  return error;
}

/* Reads the first bytes, as far as it takes to know that they are of no page. */
static gboolean
look_at_head (FoxapiDownload * download, SoupMessageHeaders * headers,
    GCancellable * cancellable, GError ** error)
{
  g_autoptr (GError) fault = NULL;
  g_autofree gchar *words = NULL;
  gssize n = 1;

  while (n > 0 && download->head_length < ENOUGH_BYTES
      && is_text (download->head, download->head_length)) {
    n = g_input_stream_read (download->stream,
        download->head + download->head_length,
        LOOK_BYTES - download->head_length, cancellable, &fault);
    download->head_length += MAX (n, 0);
  }
  if (n < 0) {
    g_propagate_error (error, new_transport_error (download, fault));
    return FALSE;
  }
  if (!is_page (headers, download->head, download->head_length))
    return TRUE;

  words = foxapi_error_quote_page ((const gchar *) download->head,
      download->head_length, download->api_key);
  g_set_error (error, FOXAPI_ERROR, FOXAPI_ERROR_READ,
      _("The server sent a page instead of the result: \"%s\". If the page "
          "comes from your network (a login, a filter), resolve that first."),
      words);
  return FALSE;
}

/* It was asked not to be, and the length and the ranges would be of something
 * else. Stores hand out aws-chunked, which is long undone, as it was uploaded. */
static gboolean
check_not_encoded (SoupMessageHeaders * headers, GError ** error)
{
  const gchar *coding = soup_message_headers_get_list (headers,
      "Content-Encoding");

  if (coding == NULL || *coding == '\0'
      || g_ascii_strcasecmp (coding, "identity") == 0
      || g_ascii_strcasecmp (coding, "aws-chunked") == 0)
    return TRUE;
  g_set_error (error, FOXAPI_ERROR, FOXAPI_ERROR_READ,
      _("The result's server, or a proxy in front of it, sends the result "
          "encoded (%s) although the element did not ask for that. Start "
          "again later, or from another network."), coding);
  return FALSE;
}

static GError *
new_status_error (FoxapiDownload * download, const FoxapiResponse * answer,
    GCancellable * cancellable)
{
  guint status = answer->status;
  guint8 body[2048];
  gsize length = 0;
  g_autofree gchar *words = NULL, *said = NULL;
  gboolean expired = status == 401 || status == 403 || status == 404
      || status == 410;
  GError *error;
  FoxapiErrorDetails *details;

  g_input_stream_read_all (answer->stream, body, sizeof (body), &length,
      cancellable, NULL);
  if (is_text (body, length))
    words = foxapi_error_quote_page ((const gchar *) body, length,
        download->api_key);
  if (words != NULL && *words != '\0')
    said = g_strconcat (": ", words, NULL);

  /* S3 and those like it say so of a signature that is too old. */
  if (status == 400 && said != NULL && memchr (body, '<', length) != NULL) {
    g_autofree gchar *lower = g_ascii_strdown ((const gchar *) body, length);

    expired = strstr (lower, "expire") != NULL;
  }

  if (expired)
    error = g_error_new (FOXAPI_ERROR, FOXAPI_ERROR_NOT_FOUND,
        _("The link to the result no longer works (HTTP %u%s). Links live "
            "24 hours; an older result has to be generated again."),
        status, said ? said : "");
  else
    error = g_error_new (FOXAPI_ERROR, FOXAPI_ERROR_FAILED,
        _("The result's server did not deliver the result (HTTP %u%s). "
            "Start again later to download it."), status, said ? said : "");
  details = foxapi_error_edit_details (error);
  details->http_status = status;
  details->passing = status >= 500 || status == 429 || status == 408;
  details->retry_after_us =
      foxapi_retry_parse_after (soup_message_headers_get_one (answer->headers,
          "Retry-After"), g_get_real_time () / G_USEC_PER_SEC);
  return error;
}

/* Is it the range that was refused? Of an end that has been seen already, whatever
 * else there is may be meant so. */
static gboolean
refuses_range (FoxapiDownload * download, guint status)
{
  if (download->ask == ASK_WITHOUT_RANGE)
    return FALSE;
  if (status == 416)
    return download->position == 0 || download->ask != ASK_FROM_POSITION;
  return status == 406 || status == 501
      || (download->confirming && status < 500 && status != 429
      && status != 408 && status != 200 && status != 203 && status != 206);
}

static gboolean
take_answer (FoxapiDownload * download, const FoxapiResponse * answer,
    GCancellable * cancellable, GError ** error)
{
  gboolean taken;

  if (answer->status == 206 || answer->status == 200 || answer->status == 203) {
    if (!check_not_encoded (answer->headers, error))
      return FALSE;
    taken = answer->status == 206 ?
        take_range (download, answer->headers, error) :
        take_whole (download, answer->headers, error);
  } else if (answer->status == 416) {
    taken = take_nothing (download, answer->headers, error);
  } else {
    g_propagate_error (error, new_status_error (download, answer, cancellable));
    return FALSE;
  }
  if (!taken || download->at_end)
    return taken;

  download->stream = wrap_stream (answer->headers, answer->stream);
  g_set_object (&download->socket, answer->socket);
  if (download->position > 0 || look_at_head (download, answer->headers,
          cancellable, error))
    return TRUE;
  close_stream (download);
  return FALSE;
}

/* Requests */

/* Results come over http and https and from nowhere else. */
static SoupMessage *
new_message (FoxapiDownload * download, GUri * uri, GError ** error)
{
  const gchar *scheme = uri ? g_uri_get_scheme (uri) : "";
  const gchar *host = uri ? g_uri_get_host (uri) : NULL;
  SoupMessage *message = NULL;

  if ((g_str_equal (scheme, "http") || g_str_equal (scheme, "https"))
      && host != NULL && *host != '\0')
    message = soup_message_new_from_uri ("GET", uri);
  if (message == NULL) {
    g_set_error_literal (error, FOXAPI_ERROR, FOXAPI_ERROR_FAILED,
        _("The service gave a link to the result that is no http or https "
            "URL. Ask the service's support."));
    return NULL;
  }

  soup_message_disable_feature (message, SOUP_TYPE_CONTENT_DECODER);
  if (download->ask != ASK_WITHOUT_RANGE) {
    g_autofree gchar *range = g_strdup_printf ("bytes=%" G_GUINT64_FORMAT "-",
        download->ask == ASK_FROM_POSITION ? download->position : 0);

    soup_message_headers_replace (soup_message_get_request_headers (message),
        "Range", range);
  }
  return message;
}

/* Where @message is redirected to, %NULL if it is not. */
static GUri *
get_redirection (SoupMessage * message, const FoxapiResponse * answer)
{
  const gchar *location = soup_message_headers_get_one (answer->headers,
      "Location");

  if (!SOUP_STATUS_IS_REDIRECTION (answer->status) || location == NULL)
    return NULL;
  return g_uri_parse_relative (soup_message_get_uri (message), location,
      URI_FLAGS, NULL);
}

/* One request at the position, along its redirections. */
static gboolean
request_once (FoxapiDownload * download, GCancellable * cancellable,
    GError ** error)
{
  g_autoptr (GUri) uri = g_uri_parse (download->link, URI_FLAGS, NULL);

  for (guint hop = 0; hop <= MAX_REDIRECTS; hop++) {
    g_autoptr (SoupMessage) message = NULL;
    g_autoptr (GError) fault = NULL;
    g_auto (FoxapiResponse) answer = { 0 };
    GUri *next;

    message = new_message (download, uri, error);
    if (message == NULL)
      return FALSE;
    if (!foxapi_session_send (download->session, message, &answer,
            cancellable, &fault)) {
      g_propagate_error (error, new_transport_error (download, fault));
      return FALSE;
    }
    download->is_encrypted = g_str_equal (g_uri_get_scheme (uri), "https");
    next = get_redirection (message, &answer);
    if (next == NULL && refuses_range (download, answer.status)) {
      download->ask = download->ask == ASK_FROM_POSITION
          && download->position > 0 ? ASK_FROM_START : ASK_WITHOUT_RANGE;
      return request_once (download, cancellable, error);
    }
    if (next == NULL)
      return take_answer (download, &answer, cancellable, error);
    g_uri_unref (uri);
    uri = next;
  }

  g_set_error_literal (error, FOXAPI_ERROR, FOXAPI_ERROR_FAILED,
      _("The link to the result redirects without end. Ask the service's "
          "support."));
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
  if (download->position > 0 && !check_resumable (download, error))
    return FALSE;

  delay_us = foxapi_retry_get_delay (download->n_faults,
      details->retry_after_us, g_random_double ());
  return foxapi_wait_until (g_get_monotonic_time () + delay_us, cancellable,
      error);
}

/* Opens a stream at the position, through faults, an expired link, and one that
 * is so new that not every server behind it has the file. */
static gboolean
reopen (FoxapiDownload * download, GCancellable * cancellable, GError ** error)
{
  gboolean renewed = FALSE;
  guint n_late = 0;

  close_stream (download);
  download->is_fresh = TRUE;
  for (;;) {
    g_autoptr (GError) fault = NULL;

    if (request_once (download, cancellable, &fault))
      return TRUE;
    if (!g_error_matches (fault, FOXAPI_ERROR, FOXAPI_ERROR_NOT_FOUND)) {
      if (!recover (download, fault, cancellable, error))
        return FALSE;
    } else if (!renewed) {
      gchar *link = download->renew (download->user_data, cancellable, error);

      if (link == NULL)
        return FALSE;
      renewed = TRUE;
      g_free (download->link);
      download->link = link;
    } else if (foxapi_error_get_details (fault)->http_status == 404
        && n_late < LATE_ATTEMPTS) {
      gint64 delay_us = foxapi_retry_get_delay (++n_late, -1,
          g_random_double ());

      if (!foxapi_wait_until (g_get_monotonic_time () + delay_us, cancellable,
              error))
        return FALSE;
    } else {
      g_propagate_error (error, g_steal_pointer (&fault));
      return FALSE;
    }
  }
}

/* Begins to read at @position. After this the size, if there is one, and whether
 * there are ranges is known. */
gboolean
foxapi_download_open (FoxapiDownload * download, guint64 position,
    GCancellable * cancellable, GError ** error)
{
  download->position = position;
  download->confirming = FALSE;
  download->at_end = FALSE;
  if (download->ask == ASK_FROM_START)
    download->ask = ASK_FROM_POSITION;
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
      end_us = now_us + READ_ON_MAX_US;
    if (now_us >= end_us || !g_socket_condition_timed_wait (download->socket,
            G_IO_IN, READ_ON_US, cancellable, NULL))
      break;
  }
  return filled;
}

static gssize
read_stream (FoxapiDownload * download, guint8 * buffer, gsize size,
    GCancellable * cancellable, GError ** error)
{
  gssize n = skip (download, cancellable, error);

  if (download->head_read < download->head_length) {
    n = MIN (size, download->head_length - download->head_read);
    memcpy (buffer, download->head + download->head_read, n);
    download->head_read += n;
  } else if (n > 0)
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

  if (download->to_skip > 0)
    return set_read_error (error, _("The result is shorter than it was"));
  if (download->has_size ? download->position >= download->size :
      download->confirming || download->position == 0) {
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

  set_read_error (&fault, _("The download broke off before its end"));
  foxapi_error_edit_details (fault)->passing = TRUE;
  return recover (download, fault, cancellable, error);
}

static gboolean
take_bytes (FoxapiDownload * download, gsize n, GError ** error)
{
  if (download->confirming && !check_resumable (download, error))
    return FALSE;
  if (download->stream_end - download->position < n)
    return set_read_error (error, _("The result is longer than its server "
            "said"));
  download->confirming = FALSE;
  download->n_faults = 0;
  download->position += n;
  return TRUE;
}

/* As much as is there, waiting only for the first byte. After it was cancelled it can
 * be called again, and goes on where it was. Returns 0 only when the whole result
 * has arrived. */
gssize
foxapi_download_read (FoxapiDownload * download, gpointer buffer, gsize size,
    GCancellable * cancellable, GError ** error)
{
  while (!download->at_end) {
    g_autoptr (GError) cause = NULL, fault = NULL;
    gssize n;

    if (download->stream == NULL) {
      /* The last one has ended, or was cancelled. */
      if ((download->position > 0 && !download->confirming
              && !check_resumable (download, error))
          || !reopen (download, cancellable, error))
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
  if (download->position > 0)
    return 0;
  set_read_error (error, _("The result is empty"));
  return -1;
}
