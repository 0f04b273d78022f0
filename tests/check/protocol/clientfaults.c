/* The calls of the service when it, or the way to it, fails: what each fault
 * means for the money
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "foxapijson.h"
#include "clienttest.h"

static const ErrorMeaning never_reached = { FOXAPI_ERROR_CONNECT, 0,
  FOXAPI_CHARGE_NO, TRUE
};

static const ErrorMeaning answer_lost = { FOXAPI_ERROR_FAILED, 0,
  FOXAPI_CHARGE_MAYBE, FALSE
};

static const ErrorMeaning free_fault = { FOXAPI_ERROR_CONNECT, 0,
  FOXAPI_CHARGE_NOT_ASKED, TRUE
};

static const ErrorMeaning unusable = { FOXAPI_ERROR_FAILED, 200,
  FOXAPI_CHARGE_MAYBE, FALSE
};

static const ErrorMeaning free_unusable = { FOXAPI_ERROR_FAILED, 200,
  FOXAPI_CHARGE_NOT_ASKED, FALSE
};

static const ErrorMeaning server_fault = { FOXAPI_ERROR_FAILED, 500,
  FOXAPI_CHARGE_MAYBE, FALSE
};

static guint
count_tasks (void)
{
  g_autoptr (GPtrArray) tasks = foxapi_sim_get_tasks (sim);

  return tasks->len;
}

TEST (test_refused)
{
  g_autoptr (GError) submit_error = NULL, ask_error = NULL;

  /* its port is closed from now on, its address is known */
  g_clear_pointer (&sim, foxapi_sim_free);
  fail_if (make_call (FOXAPI_CALL_SUBMIT, &submit_error));
  check_error (submit_error, &never_reached);
  fail_if (make_call (FOXAPI_CALL_ASK, &ask_error));
  check_error (ask_error, &free_fault);
}

/* Nobody speaks TLS there, and waits for the rest of the request: it cannot
 * have left. */
TEST (test_tls_refused)
{
  g_autofree gchar *url = g_strconcat ("https",
      foxapi_sim_get_base_url (sim) + strlen ("http"), NULL);
  FoxapiSessionSettings settings = {.timeout = 1,.ssl_strict = TRUE };
  g_autoptr (FoxapiSession) session = foxapi_session_new (&settings, NULL);
  g_autoptr (GError) error = NULL;

  foxapi_client_unref (client);
  client = foxapi_client_new (session, url, foxapi_sim_get_api_key (sim), NULL);
  fail_if (make_call (FOXAPI_CALL_SUBMIT, &error));
  fail_unless (error->domain == FOXAPI_ERROR, "%s", error->message);
  fail_unless_equals_int (error->code, FOXAPI_ERROR_CONNECT);
  fail_unless_equals_int (foxapi_error_get_details (error)->charge,
      FOXAPI_CHARGE_NO);
  fail_unless_equals_int (count_tasks (), 0);
}

TEST (test_certificate)
{
  const ErrorMeaning bad_certificate = { FOXAPI_ERROR_CONNECT, 0,
    FOXAPI_CHARGE_NO, FALSE
  };
  FoxapiSessionSettings settings = {.timeout = 60,.ssl_strict = TRUE };
  g_autoptr (GTlsCertificate) certificate = make_certificate ();
  FoxapiSimOptions options = {.manual = TRUE,.tls_certificate = certificate };
  g_autoptr (GError) error = NULL;

  if (certificate == NULL)
    return;
  client_teardown ();
  sim = make_sim (&options);
  client = make_client_with (sim, &settings);
  fail_if (make_call (FOXAPI_CALL_SUBMIT, &error));
  check_error (error, &bad_certificate);
  check_requests (FOXAPI_SIM_SUBMIT, 0);
  foxapi_client_unref (client);
  settings.ssl_strict = FALSE;
  client = make_client_with (sim, &settings);
  fail_unless (make_call (FOXAPI_CALL_SUBMIT, NULL));
}

#define RUNNING "{\"id\":\"task-1\",\"status\":\"pending\"}"

/* What a call meets on its way and back, what that means, and how many tasks
 * there are then. An answer that never ends is left after 16 MiB; whatever it
 * was, its connection does not stay. */
static const struct
{
  FoxapiCall call;
  FoxapiSimFault fault;
  const ErrorMeaning *meaning;
  guint n_tasks;
} faults[] = {
  {FOXAPI_CALL_SUBMIT, {.reset = TRUE}, &answer_lost, 0},
  {FOXAPI_CALL_SUBMIT, {.close = TRUE}, &answer_lost, 0},
  {FOXAPI_CALL_SUBMIT, {.act_first = TRUE,.reset = TRUE}, &answer_lost, 1},
  {FOXAPI_CALL_SUBMIT, {.act_first = TRUE,.close = TRUE}, &answer_lost, 1},
  /* The head says that it is well, and then the rest does not come. */
  {FOXAPI_CALL_SUBMIT, {.act_first = TRUE,.cut_at = 10}, &answer_lost, 1},
  {FOXAPI_CALL_SUBMIT, {.act_first = TRUE,.reset_at = 10}, &answer_lost, 1},
  /* Losing a question costs nothing. */
  {FOXAPI_CALL_ASK, {.reset = TRUE}, &free_fault, 0},
  {FOXAPI_CALL_ASK, {.close = TRUE}, &free_fault, 0},
  {FOXAPI_CALL_ASK, {.status = 200,.body = RUNNING,.cut_at = 5}, &free_fault,
      0},
  {FOXAPI_CALL_ASK, {.status = 200,.body = RUNNING,.reset_at = 5},
      &free_fault, 0},
  {FOXAPI_CALL_SUBMIT, {.status = 200,.body = "",.endless = TRUE}, &unusable,
      0},
  {FOXAPI_CALL_SUBMIT, {.status = 200,.body = "{\"id\":\"task-1\",\"a\":\"",
          .endless = TRUE}, &unusable, 0},
  {FOXAPI_CALL_ASK, {.status = 200,.body = "{\"id\":\"task-1\",\"a\":\"",
          .endless = TRUE}, &free_unusable, 0},
  {FOXAPI_CALL_SUBMIT, {.status = 500,.body = "{\"error\":",.endless = TRUE},
      &server_fault, 0},
};

TEST (test_fault)
{
  check_fault (faults[__i__].call, faults[__i__].fault, faults[__i__].meaning);
  fail_unless_equals_int (count_tasks (), faults[__i__].n_tasks);
  fail_unless (foxapi_sim_wait_idle (sim, FOXAPI_SIM_SUBMIT));
  fail_unless (foxapi_sim_wait_idle (sim, FOXAPI_SIM_ASK));
}

TEST (test_timeout)
{
  FoxapiSessionSettings settings = {.timeout = 1,.submit_timeout = 1,
    .ssl_strict = TRUE
  };
  FoxapiSimFault silence = {.hold = TRUE,.act_first = TRUE };

  foxapi_client_unref (client);
  client = make_client_with (sim, &settings);
  check_fault (FOXAPI_CALL_SUBMIT, silence, &answer_lost);
  check_fault (FOXAPI_CALL_ASK, silence, &free_fault);
}

/* The silence before a submission's answer is not that of a connection. */
TEST (test_slow_answer)
{
  FoxapiSessionSettings settings = {.timeout = 1,.submit_timeout = 60 };
  FoxapiSimFault slow = {.delay_ms = 2500 };
  g_autoptr (GError) error = NULL;

  foxapi_client_unref (client);
  client = make_client_with (sim, &settings);
  script_all (sim, FOXAPI_SIM_SUBMIT, slow);
  fail_unless (make_call (FOXAPI_CALL_SUBMIT, &error), "%s",
      error ? error->message : "");
}

/* The limit is reached while a task runs: no reason to end the process. */
TEST (test_no_descriptors)
{
  g_autofree gchar *id = foxapi_sim_add_task (sim, "pending");
  struct rlimit limit = {.rlim_cur = 200,.rlim_max = 200 };
  g_autoptr (FoxapiTask) task = NULL;
  g_autoptr (GError) error = NULL;
  gint fd, last = -1;

  fail_unless_equals_int (setrlimit (RLIMIT_NOFILE, &limit), 0);
  while ((fd = open ("/dev/null", O_RDONLY | O_CLOEXEC)) >= 0)
    last = fd;
  fail_unless (foxapi_client_ask (client, id, NULL, &error) == NULL);
  check_error (error, &free_fault);
  for (fd = last; fd > last - 20; fd--)
    close (fd);
  task = foxapi_client_ask (client, id, NULL, NULL);
  fail_unless (task != NULL);
}

/* The request's id and the pause that is asked for come from headers. */
TEST (test_headers)
{
  FoxapiSimFault busy = {.status = 429,
    .headers = "X-Request-Id: req-7\nRetry-After: 9"
  };
  g_autoptr (GError) error = NULL;
  const FoxapiErrorDetails *details;

  script_all (sim, FOXAPI_SIM_SUBMIT, busy);
  fail_if (make_call (FOXAPI_CALL_SUBMIT, &error));
  details = foxapi_error_get_details (error);
  fail_unless_equals_string (details->request_id, "req-7");
  fail_unless_equals_int64 (details->retry_after_us, 9 * G_USEC_PER_SEC);
}

static const gchar *const malformed[] = { "", " ", "null", "[]", "{}",
  "{\"id\"", "<html>welcome</html>", "{\"id\":5}", "{\"id\":\"../x\"}",
  "\xff\xfe", "{\"status\":\"pending\"}"
};

/* The last one is an answer to a question. */
TEST (test_malformed_answers)
{
  FoxapiSimFault fault = {.status = 200,.body = malformed[__i__],
    .act_first = TRUE
  };

  check_fault (FOXAPI_CALL_SUBMIT, fault, &unusable);
  if (__i__ + 1 < (gint) G_N_ELEMENTS (malformed))
    check_fault (FOXAPI_CALL_ASK, fault, &free_unusable);
  fail_unless_equals_int (count_tasks (), 1);
}

/* A good answer in a text of @length bytes */
static void
check_long (gsize length, gboolean good)
{
  g_autofree gchar *text = g_malloc (length + 1);
  FoxapiSimFault answer = {.status = 200,.body = text };
  g_autoptr (GError) error = NULL;
  static const gchar start[] = "{\"id\":\"task-1\",\"a\":\"";

  memset (text, 'x', length);
  memcpy (text, start, strlen (start));
  memcpy (text + length - 2, "\"}", 3);
  script_all (sim, FOXAPI_SIM_SUBMIT, answer);
  fail_unless (make_call (FOXAPI_CALL_SUBMIT, &error) == good,
      "%" G_GSIZE_FORMAT " bytes: %s", length, error ? error->message :
      "taken");
}

TEST (test_long_answers)
{
  check_long (1024 * 1024, TRUE);
  check_long (FOXAPI_JSON_MAX_BYTES, TRUE);
  check_long (FOXAPI_JSON_MAX_BYTES + 1, FALSE);
  check_long (64 * 1024 * 1024, FALSE);
}

/* The same in one chunk, which says nothing of the length of the whole, and what
 * follows in others */
static void
check_long_chunk (gsize length, const gchar * more, gboolean good)
{
  g_autoptr (GString) body = g_string_new (NULL);
  FoxapiSimFault answer = {.status = 200,
    .headers = "Transfer-Encoding: chunked"
  };
  g_autoptr (GError) error = NULL;
  gsize end;

  g_string_append_printf (body, "%zx\r\n{\"id\":\"task-1\",\"a\":\"", length);
  end = body->len + length - strlen ("{\"id\":\"task-1\",\"a\":\"");
  while (body->len < end - 2)
    g_string_append_c (body, 'x');
  g_string_append_printf (body, "\"}\r\n%s0\r\n\r\n", more);
  answer.body = body->str;
  answer.body_length = body->len;
  script_all (sim, FOXAPI_SIM_SUBMIT, answer);
  fail_unless (make_call (FOXAPI_CALL_SUBMIT, &error) == good,
      "%" G_GSIZE_FORMAT " bytes: %s", length, error ? error->message :
      "taken");
}

TEST (test_long_chunked_answers)
{
  check_long_chunk (1024 * 1024, "", TRUE);
  check_long_chunk (FOXAPI_JSON_MAX_BYTES - 1, "", TRUE);
  check_long_chunk (FOXAPI_JSON_MAX_BYTES + 1, "", FALSE);
  check_long_chunk (FOXAPI_JSON_MAX_BYTES, "", TRUE);
  check_long_chunk (FOXAPI_JSON_MAX_BYTES, "1\r\n \r\n", FALSE);
}

/* A body of an error is read up to 64 KiB; chunked, and just as long */
TEST (test_long_chunked_error)
{
  g_autofree gchar *text = g_strnfill (64 * 1024, ' ');
  g_autofree gchar *body = g_strconcat ("10000\r\n", text, "\r\n0\r\n\r\n",
      NULL);
  FoxapiSimFault fault = {.status = 500,.body = body,
    .headers = "Transfer-Encoding: chunked"
  };

  check_fault (FOXAPI_CALL_SUBMIT, fault, &server_fault);
}

/* Nor is what follows waited for. */
TEST (test_held_error)
{
  FoxapiSessionSettings no_limits = {.timeout = 0,.submit_timeout = 0 };
  g_autofree gchar *text = g_strnfill (128 * 1024, ' ');
  FoxapiSimFault fault = {.status = 500,.body = text,.hold_at = 100 * 1024 };

  foxapi_client_unref (client);
  client = make_client_with (sim, &no_limits);
  check_fault (FOXAPI_CALL_SUBMIT, fault, &server_fault);
}

TEST (test_cancelled_before)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GError) submit_error = NULL, ask_error = NULL;

  g_cancellable_cancel (cancellable);
  fail_unless (foxapi_client_submit (client, GOOD_BODY, NULL, cancellable,
          &submit_error) == NULL);
  fail_unless (g_error_matches (submit_error, G_IO_ERROR,
          G_IO_ERROR_CANCELLED));
  fail_unless (foxapi_client_ask (client, "task-1", cancellable, &ask_error)
      == NULL);
  fail_unless (g_error_matches (ask_error, G_IO_ERROR, G_IO_ERROR_CANCELLED));
  check_requests (FOXAPI_SIM_SUBMIT, 0);
}

typedef struct
{
  GCancellable *cancellable;
  gboolean submit;
  FoxapiTask *task;
  GError *error;
} Call;

static gpointer
run_call (gpointer user_data)
{
  Call *call = user_data;

  if (call->submit)
    call->task =
        foxapi_client_submit (client, GOOD_BODY, NULL, call->cancellable,
        &call->error);
  else
    call->task = foxapi_client_ask (client, "task-1", call->cancellable,
        &call->error);
  return NULL;
}

/* Cancels a call whose request has arrived. */
static GError *
cancel_call (gboolean submit)
{
  FoxapiSimRoute route = submit ? FOXAPI_SIM_SUBMIT : FOXAPI_SIM_ASK;
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  Call call = {.cancellable = cancellable,.submit = submit };
  GThread *thread;

  script_all (sim, route, (FoxapiSimFault) {
      .hold = TRUE}
  );
  thread = g_thread_new ("call", run_call, &call);
  fail_unless (foxapi_sim_wait_requests (sim, route, 1));
  g_cancellable_cancel (cancellable);
  g_thread_join (thread);
  fail_unless (call.task == NULL && call.error != NULL);
  return call.error;
}

/* What left may have been charged; cancelling does not take it back. */
TEST (test_cancelled_after)
{
  g_autoptr (GError) submit_error = cancel_call (TRUE);
  g_autoptr (GError) ask_error = cancel_call (FALSE);

  fail_unless (submit_error->domain == FOXAPI_ERROR);
  fail_unless_equals_int (submit_error->code, FOXAPI_ERROR_FAILED);
  fail_unless_equals_int (foxapi_error_get_details (submit_error)->charge,
      FOXAPI_CHARGE_MAYBE);
  fail_unless (g_error_matches (ask_error, G_IO_ERROR, G_IO_ERROR_CANCELLED));
}

static const gchar *const bad_proxies[] = { "::", "http://", "://a:1",
  ":3128"
};

TEST (test_bad_proxy)
{
  const ErrorMeaning meaning = {.code = FOXAPI_ERROR_SETTINGS };
  FoxapiSessionSettings settings = {.proxy = (gchar *) bad_proxies[__i__] };
  g_autoptr (GError) error = NULL;

  fail_unless (foxapi_session_new (&settings, &error) == NULL);
  check_error (error, &meaning);
  check_words (error->message, "proxy", NULL);
}

static const Test tests[] = {
  CASE ("connections", client_setup, client_teardown),
  ONCE (test_refused),
  ONCE (test_tls_refused),
  ONCE (test_certificate),
  ROWS (test_fault, faults),
  ONCE (test_timeout),
  ONCE (test_slow_answer),
  ONCE (test_no_descriptors),
  ONCE (test_cancelled_before),
  ONCE (test_cancelled_after),
  ROWS (test_bad_proxy, bad_proxies),
  CASE ("answers", client_setup, client_teardown),
  ONCE (test_headers),
  ROWS (test_malformed_answers, malformed),
  ONCE (test_long_answers),
  ONCE (test_long_chunked_answers),
  ONCE (test_long_chunked_error),
  ONCE (test_held_error),
};

CHECK_MAIN (clientfaults, tests)
