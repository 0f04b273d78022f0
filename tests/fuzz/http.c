/* Fuzz target: an answer of the service, or of a result's server, as it is on
 * the wire
 *
 * The first byte chooses the call. The rest is what a server on the loopback
 * writes before it closes: parts with a byte 0x1e between them are the answers
 * to one request after the other, the last one serves for all that follow.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "foxapiclient.h"
#include "foxapidownload.h"
#include "fuzz.h"

#define NEXT_ANSWER 0x1e
#define MAX_REQUESTS 64

static int listener = -1;
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

/* A request's head, to its empty line; its body is left unread. */
static void
read_head (int connection)
{
  gchar head[4096];
  gsize n = 0;

  while (n < sizeof head) {
    ssize_t more = read (connection, head + n, sizeof head - n);

    if (more <= 0)
      return;
    n += more;
    if (g_strstr_len (head, n, "\r\n\r\n") != NULL)
      return;
  }
}

static gpointer
serve (gpointer user_data)
{
  for (;;) {
    int connection = accept (listener, NULL, NULL);
    g_autoptr (GBytes) answer = NULL;
    gchar rest[4096];

    if (connection < 0)
      continue;
    read_head (connection);
    answer = take_answer ();
    if (g_bytes_get_size (answer) > 0)
      send (connection, g_bytes_get_data (answer, NULL),
          g_bytes_get_size (answer), MSG_NOSIGNAL);
    /* not a reset, which would take the answer back */
    shutdown (connection, SHUT_WR);
    while (read (connection, rest, sizeof rest) > 0);
    close (connection);
  }
  return NULL;
}

static void
start_server (void)
{
  struct sockaddr_in address = {.sin_family = AF_INET };
  socklen_t length = sizeof address;

  address.sin_addr.s_addr = htonl (INADDR_LOOPBACK);
  listener = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  FUZZ_REQUIRE (listener >= 0);
  FUZZ_REQUIRE (bind (listener, (struct sockaddr *) &address, length) == 0);
  FUZZ_REQUIRE (listen (listener, MAX_REQUESTS) == 0);
  FUZZ_REQUIRE (getsockname (listener, (struct sockaddr *) &address, &length)
      == 0);
  base_url = g_strdup_printf ("http://127.0.0.1:%u", ntohs (address.sin_port));
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
    task = foxapi_client_submit (client, "{}", NULL, &error);
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
  if (listener < 0)
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
