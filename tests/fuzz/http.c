/* Fuzz target: an answer of the service, or of a result's server, as it is on
 * the wire
 *
 * The first byte chooses the call. The rest is what a server on the loopback
 * writes before it closes: parts with a byte 0x1e between them are the answers
 * to one request after the other, the last one serves for all that follow.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "foxapiclient.h"
#include "foxapidownload.h"
#include "fuzz.h"

#define NEXT_ANSWER 0x1e

static GSocketListener *listener;
static gchar *base_url;
static GMutex lock;             /* of the two below */
static const uint8_t *answers;
static size_t answers_size;

/* Takes the next answer off the list, unless it is the last. */
static GBytes *
take_answer (void)
{
  const uint8_t *end;
  GBytes *answer;

  g_mutex_lock (&lock);
  end = answers_size > 0 ? memchr (answers, NEXT_ANSWER, answers_size) : NULL;
  answer = g_bytes_new (answers, end ? (gsize) (end - answers) : answers_size);
  if (end != NULL) {
    answers_size -= end + 1 - answers;
    answers = end + 1;
  }
  g_mutex_unlock (&lock);
  return answer;
}

static void
set_answers (const uint8_t * data, size_t size)
{
  g_mutex_lock (&lock);
  answers = data;
  answers_size = size;
  g_mutex_unlock (&lock);
}

/* Answers a request when its head has been read to the empty line; its body is left
 * unread. */
static void
answer (GSocketConnection * connection)
{
  GInputStream *input = g_io_stream_get_input_stream (G_IO_STREAM (connection));
  g_autoptr (GDataInputStream) lines = g_data_input_stream_new (input);
  g_autoptr (GBytes) bytes = NULL;
  gboolean is_empty = FALSE;

  while (!is_empty) {
    g_autofree gchar *line =
        g_data_input_stream_read_line (lines, NULL, NULL, NULL);

    is_empty = line == NULL || *line == '\0' || *line == '\r';
  }
  bytes = take_answer ();
  g_output_stream_write_all (g_io_stream_get_output_stream (G_IO_STREAM
          (connection)), g_bytes_get_data (bytes, NULL),
      g_bytes_get_size (bytes), NULL, NULL, NULL);
  /* not a reset, which would take the answer back */
  g_socket_shutdown (g_socket_connection_get_socket (connection), FALSE, TRUE,
      NULL);
  while (g_input_stream_skip (input, 4096, NULL, NULL) > 0);
}

static gpointer
serve (gpointer user_data)
{
  for (;;) {
    g_autoptr (GSocketConnection) connection =
        g_socket_listener_accept (listener, NULL, NULL, NULL);

    if (connection != NULL)
      answer (connection);
  }
  return NULL;
}

static void
start_server (void)
{
  guint port;

  listener = g_socket_listener_new ();
  port = g_socket_listener_add_any_inet_port (listener, NULL, NULL);
  FUZZ_REQUIRE (port != 0);
  base_url = g_strdup_printf ("http://127.0.0.1:%u", port);
  g_thread_unref (g_thread_new ("server", serve, NULL));
}

static void
require_error (const GError * error, gboolean submission)
{
  const FoxapiErrorDetails *details = foxapi_error_get_details (error);

  FUZZ_REQUIRE (details != NULL);
  FUZZ_REQUIRE (g_utf8_validate (error->message, -1, NULL));
  FUZZ_REQUIRE (strstr (error->message, FUZZ_KEY) == NULL);
  FUZZ_REQUIRE (submission == (details->charge != FOXAPI_CHARGE_NOT_ASKED));
  FUZZ_REQUIRE (details->retry_after_us >= -1);
}

static void
ask (FoxapiSession * session, gboolean submit)
{
  g_autoptr (FoxapiClient) client = foxapi_client_new (session, base_url,
      FUZZ_KEY, NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (FoxapiTask) task = NULL;

  if (submit)
    task = foxapi_client_submit (client, "{}", NULL, NULL, &error);
  else
    task = foxapi_client_ask (client, "task-1", NULL, &error);
  FUZZ_REQUIRE ((task == NULL) == (error != NULL));
  if (task == NULL)
    require_error (error, submit);
  else
    FUZZ_REQUIRE (strstr (task->json, FUZZ_KEY) == NULL);
}

static void
upload (FoxapiSession * session)
{
  g_autoptr (FoxapiClient) client = foxapi_client_new (session, base_url,
      FUZZ_KEY, NULL);
  g_autoptr (GInputStream) form =
      g_memory_input_stream_new_from_data ("x", 1, NULL);
  g_autoptr (GError) error = NULL;
  g_autofree gchar *url = foxapi_client_upload (client, form,
      "multipart/form-data; boundary=x", 1, NULL, &error);

  FUZZ_REQUIRE ((url == NULL) == (error != NULL));
  if (url == NULL)
    require_error (error, FALSE);
  else
    FUZZ_REQUIRE (g_str_has_prefix (url, "http")
        || g_ascii_strncasecmp (url, "http", 4) == 0);
}

static gchar *
renew (gpointer user_data, GCancellable * cancellable, GError ** error)
{
  return g_strconcat (base_url, "/again", NULL);
}

/* To the end, or to an error; the end is one only after all that was promised. */
static void
download (FoxapiSession * session)
{
  g_autofree gchar *link = g_strconcat (base_url, "/result", NULL);
  g_autoptr (FoxapiDownload) result =
      foxapi_download_new (session, link, NULL, 0, renew, NULL);
  g_autoptr (GError) error = NULL;
  guint64 total = 0, size;
  gchar buffer[4096];
  gssize n = -1;

  if (foxapi_download_open (result, 0, NULL, &error)) {
    while ((n = foxapi_download_read (result, buffer, sizeof buffer, NULL,
                &error)) > 0)
      total += n;
  }
  FUZZ_REQUIRE ((n < 0) == (error != NULL));
  if (n < 0) {
    require_error (error, FALSE);
    return;
  }
  FUZZ_REQUIRE (total > 0);
  if (foxapi_download_get_size (result, &size))
    FUZZ_REQUIRE (size == total);
}

int
LLVMFuzzerTestOneInput (const uint8_t * data, size_t size)
{
  FoxapiSessionSettings settings = {.timeout = 30,.ssl_strict = TRUE };
  g_autoptr (FoxapiSession) session = NULL;

  fuzz_make_criticals_fatal ();
  if (size < 1)
    return 0;
  if (listener == NULL)
    start_server ();
  session = foxapi_session_new (&settings, NULL);
  set_answers (data + 1, size - 1);
  if (data[0] % 4 < 2)
    ask (session, data[0] % 4 == 0);
  else if (data[0] % 4 == 2)
    upload (session);
  else
    download (session);
  set_answers (NULL, 0);
  return 0;
}
