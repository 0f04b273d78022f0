/* The simulator's own test: faults.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "selftestutil.h"

#include "foxapisimspec.h"

#include <string.h>

static const gchar payload_text[] = "0123456789abcdefghijklmnopqrstuvwxyz";

static Fixture *
payload_fixture (FoxapiSimOptions options)
{
  g_autoptr (GBytes) payload =
      g_bytes_new_static (payload_text, strlen (payload_text));

  options.payload = payload;
  return fixture_new (&options);
}

static guint
count_tasks (Fixture * fixture)
{
  g_autoptr (GPtrArray) tasks = foxapi_sim_get_tasks (fixture->sim);

  return tasks->len;
}

static void
test_answers (void)
{
  g_autoptr (Fixture) fixture = payload_fixture ((FoxapiSimOptions) {
      0});
  FoxapiSimFault busy = {.status = 503,.headers = "Retry-After: 2\nX-A: b" };
  FoxapiSimFault html = {.status = 502,.body = "<html>",.body_length = -1,
    .headers = "Content-Type: text/html",.act_first = TRUE
  };
  FoxapiSimFault empty = {.body = "",.body_length = -1 };
  FoxapiSimFault added = {.headers = "X-C: d" };
  g_autoptr (Reply) first = NULL;
  g_autoptr (Reply) second = NULL;
  g_autoptr (Reply) third = NULL;
  g_autoptr (Reply) fourth = NULL;
  g_autofree gchar *type = NULL;

  foxapi_sim_script (fixture->sim, FOXAPI_SIM_SUBMIT, 0, &added);
  foxapi_sim_script (fixture->sim, FOXAPI_SIM_SUBMIT, 1, &busy);
  foxapi_sim_script (fixture->sim, FOXAPI_SIM_SUBMIT, 2, &html);
  foxapi_sim_script (fixture->sim, FOXAPI_SIM_SUBMIT, 3, &empty);
  first = submit (fixture, GOOD_BODY);
  type = reply_dup_string (first, "$.error.type");
  g_assert_cmpuint (first->status, ==, 503);
  g_assert_cmpstr (type, ==, "service_unavailable");
  g_assert_cmpstr (soup_message_headers_get_one (first->headers,
          "Retry-After"), ==, "2");
  g_assert_cmpuint (count_tasks (fixture), ==, 0);
  second = submit (fixture, GOOD_BODY);
  g_assert_cmpuint (second->status, ==, 502);
  g_assert_cmpstr (soup_message_headers_get_content_type (second->headers,
          NULL), ==, "text/html");
  g_assert_cmpuint (g_bytes_get_size (second->body), ==, 6);
  g_assert_cmpuint (count_tasks (fixture), ==, 1);
  third = submit (fixture, GOOD_BODY);
  g_assert_cmpuint (third->status, ==, 200);
  g_assert_cmpuint (g_bytes_get_size (third->body), ==, 0);
  g_assert_cmpuint (count_tasks (fixture), ==, 1);
  fourth = submit (fixture, GOOD_BODY);
  g_assert_cmpuint (fourth->status, ==, 200);
  g_assert_cmpstr (soup_message_headers_get_one (fourth->headers, "X-C"), ==,
      "d");
  g_assert_cmpuint (count_tasks (fixture), ==, 2);
}

static void
test_lost_answers (void)
{
  g_autoptr (Fixture) fixture = payload_fixture ((FoxapiSimOptions) {
      0});
  FoxapiSimFault reset = {.reset = TRUE };
  FoxapiSimFault closed = {.close = TRUE,.act_first = TRUE };
  FoxapiSimFault cut = {.cut_at = 5 };
  g_autoptr (Reply) first = NULL;
  g_autoptr (Reply) second = NULL;
  g_autoptr (Reply) third = NULL;

  foxapi_sim_script (fixture->sim, FOXAPI_SIM_SUBMIT, 1, &reset);
  foxapi_sim_script (fixture->sim, FOXAPI_SIM_SUBMIT, 2, &closed);
  foxapi_sim_script (fixture->sim, FOXAPI_SIM_SUBMIT, 3, &cut);
  first = submit (fixture, GOOD_BODY);
  g_assert_nonnull (first->error);
  g_assert_cmpuint (count_tasks (fixture), ==, 0);
  second = submit (fixture, GOOD_BODY);
  g_assert_nonnull (second->error);
  g_assert_cmpuint (count_tasks (fixture), ==, 1);
  third = submit (fixture, GOOD_BODY);
  g_assert_nonnull (third->error);
  g_assert_cmpuint (count_tasks (fixture), ==, 2);
  g_assert_cmpuint (foxapi_sim_count_requests (fixture->sim,
          FOXAPI_SIM_SUBMIT), ==, 3);
  g_assert_true (foxapi_sim_wait_idle (fixture->sim, FOXAPI_SIM_SUBMIT));
}

typedef struct
{
  FoxapiSimFault fault;
  gsize body;                   /* bytes of it that come */
  gboolean reset;
} Broken;

static const Broken broken[] = {
  {{.reset = TRUE}, 0, TRUE},
  {{.close = TRUE}, 0, FALSE},
  {{.cut_at = 7}, 7, FALSE},
  {{.cut_at = 1000}, 36, FALSE},
  {{.reset_at = 7}, 7, TRUE},
  {{.drip_ms = 1}, 36, FALSE},
  {{.drip_ms = 1,.cut_at = 3}, 3, FALSE},
  {{.endless = TRUE,.cut_at = 100}, 0, FALSE},
};

static void
test_broken_results (void)
{
  g_autoptr (Fixture) fixture = payload_fixture ((FoxapiSimOptions) {
      0});
  g_autofree gchar *url = make_result (fixture);

  for (guint i = 0; i < G_N_ELEMENTS (broken); i++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (GByteArray) bytes = NULL;
    gsize body;

    foxapi_sim_script (fixture->sim, FOXAPI_SIM_RESULT, i + 1,
        &broken[i].fault);
    bytes = raw_get (fixture, url, &error);
    if (broken[i].reset)
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CONNECTION_CLOSED);
    else
      g_assert_no_error (error);
    if (broken[i].fault.reset || broken[i].fault.close) {
      g_assert_cmpuint (bytes->len, ==, 0);
      continue;
    }
    body = find_body (bytes);
    if (broken[i].fault.endless)
      /* One chunk of 100 bytes, and no last one */
      g_assert_cmpuint (bytes->len - body, ==, strlen ("64\r\n") + 100 + 2);
    else
      g_assert_cmpmem (bytes->data + body, bytes->len - body, payload_text,
          broken[i].body);
  }
}

static void
test_broken_chunks (void)
{
  g_autoptr (Fixture) fixture = payload_fixture ((FoxapiSimOptions) {
      .no_length = TRUE});
  FoxapiSimFault cut = {.cut_at = 16 };
  FoxapiSimFault whole = {.hold_at = 16 };
  g_autofree gchar *url = make_result (fixture);
  g_autoptr (GByteArray) bytes = NULL;
  g_autoptr (Reply) reply = NULL;

  foxapi_sim_script (fixture->sim, FOXAPI_SIM_RESULT, 1, &cut);
  foxapi_sim_script (fixture->sim, FOXAPI_SIM_RESULT, 2, &whole);
  bytes = raw_get (fixture, url, NULL);
  g_assert_cmpmem (bytes->data + find_body (bytes),
      bytes->len - find_body (bytes), "10\r\n0123456789abcdef\r\n", 22);
  foxapi_sim_release (fixture->sim);
  reply = fetch (fixture, url, NULL);
  g_assert_no_error (reply->error);
  g_assert_cmpuint (g_bytes_get_size (reply->body), ==, 36);
}

typedef struct
{
  Fixture *fixture;
  const gchar *url;             /* NULL submits */
  Reply *reply;
} Call;

/* A client of its own, so that one case may hold several answers */
static gpointer
call_thread (gpointer data)
{
  Call *this = data;
  Fixture own = { this->fixture->sim, NULL };

  own.session = soup_session_new ();
  this->reply = this->url != NULL ? fetch (&own, this->url, NULL)
      : submit (&own, GOOD_BODY);
  soup_session_abort (own.session);
  g_object_unref (own.session);
  return NULL;
}

static void
test_hold (void)
{
  g_autoptr (Fixture) fixture = payload_fixture ((FoxapiSimOptions) {
      0});
  FoxapiSimFault hold = {.hold = TRUE };
  FoxapiSimFault act = {.hold = TRUE,.act_first = TRUE };
  Call calls[2] = { {fixture, NULL, NULL}, {fixture, NULL, NULL} };
  GThread *threads[2];

  foxapi_sim_script (fixture->sim, FOXAPI_SIM_SUBMIT, 1, &hold);
  foxapi_sim_script (fixture->sim, FOXAPI_SIM_SUBMIT, 2, &act);
  threads[0] = g_thread_new ("call", call_thread, &calls[0]);
  g_assert_true (foxapi_sim_wait_requests (fixture->sim, FOXAPI_SIM_SUBMIT, 1));
  g_assert_cmpuint (count_tasks (fixture), ==, 0);
  threads[1] = g_thread_new ("call", call_thread, &calls[1]);
  g_assert_true (foxapi_sim_wait_requests (fixture->sim, FOXAPI_SIM_SUBMIT, 2));
  g_assert_cmpuint (count_tasks (fixture), ==, 1);
  foxapi_sim_release (fixture->sim);
  for (guint i = 0; i < 2; i++) {
    g_thread_join (threads[i]);
    g_assert_no_error (calls[i].reply->error);
    g_assert_cmpuint (calls[i].reply->status, ==, 200);
    reply_free (calls[i].reply);
  }
  g_assert_cmpuint (count_tasks (fixture), ==, 2);
  g_assert_true (foxapi_sim_wait_idle (fixture->sim, FOXAPI_SIM_SUBMIT));
}

/* Sends a request and goes away without its answer */
static void
knock (Fixture * fixture, const gchar * url, FoxapiSimRoute route)
{
  g_autoptr (GUri) uri = g_uri_parse (url, G_URI_FLAGS_NONE, NULL);
  g_autoptr (GSocketClient) client = g_socket_client_new ();
  g_autoptr (GSocketConnection) connection =
      g_socket_client_connect_to_host (client, "127.0.0.1",
      g_uri_get_port (uri), NULL, NULL);
  g_autofree gchar *request = g_strdup_printf ("GET %s HTTP/1.1\r\n"
      "Host: 127.0.0.1\r\n\r\n", g_uri_get_path (uri));
  guint before = foxapi_sim_count_requests (fixture->sim, route);

  g_output_stream_write_all (g_io_stream_get_output_stream (G_IO_STREAM
          (connection)), request, strlen (request), NULL, NULL, NULL);
  g_assert_true (foxapi_sim_wait_requests (fixture->sim, route, before + 1));
}

static void
test_gone (void)
{
  g_autoptr (Fixture) fixture = payload_fixture ((FoxapiSimOptions) {
      0});
  g_autofree gchar *url = make_result (fixture);
  const FoxapiSimFault faults[] = {
    {.hold = TRUE}, {.hold_at = 3}, {.endless = TRUE}, {.drip_ms = 60000}, {0}
  };

  for (guint i = 0; i < G_N_ELEMENTS (faults); i++) {
    foxapi_sim_script (fixture->sim, FOXAPI_SIM_RESULT, 0, &faults[i]);
    knock (fixture, url, FOXAPI_SIM_RESULT);
    g_assert_true (foxapi_sim_wait_idle (fixture->sim, FOXAPI_SIM_RESULT));
  }
}

/* The simulator ends in the middle of everything at once. */
static void
test_free (void)
{
  Fixture *fixture = payload_fixture ((FoxapiSimOptions) { 0 });
  g_autofree gchar *url = make_result (fixture);
  const FoxapiSimFault faults[] = {
    {.hold = TRUE}, {.hold_at = 3}, {.endless = TRUE}, {.drip_ms = 60000}, {0}
  };
  g_autoptr (GUri) uri = g_uri_parse (url, G_URI_FLAGS_NONE, NULL);
  g_autoptr (GSocketClient) client = g_socket_client_new ();
  g_autoptr (GPtrArray) connections =
      g_ptr_array_new_with_free_func (g_object_unref);
  g_autofree gchar *request = g_strdup_printf ("GET %s HTTP/1.1\r\n"
      "Host: 127.0.0.1\r\n\r\n", g_uri_get_path (uri));

  for (guint i = 0; i < G_N_ELEMENTS (faults); i++) {
    GSocketConnection *connection = g_socket_client_connect_to_host (client,
        "127.0.0.1", g_uri_get_port (uri), NULL, NULL);

    foxapi_sim_script (fixture->sim, FOXAPI_SIM_RESULT, i + 1, &faults[i]);
    g_ptr_array_add (connections, connection);
    g_output_stream_write_all (g_io_stream_get_output_stream (G_IO_STREAM
            (connection)), request, strlen (request), NULL, NULL, NULL);
    g_assert_true (foxapi_sim_wait_requests (fixture->sim, FOXAPI_SIM_RESULT,
            i + 1));
  }
  /* One that never sends anything, and one that sends half a request */
  g_ptr_array_add (connections, g_socket_client_connect_to_host (client,
          "127.0.0.1", g_uri_get_port (uri), NULL, NULL));
  g_ptr_array_add (connections, g_socket_client_connect_to_host (client,
          "127.0.0.1", g_uri_get_port (uri), NULL, NULL));
  g_output_stream_write_all (g_io_stream_get_output_stream (G_IO_STREAM
          (g_ptr_array_index (connections, connections->len - 1))), request,
      10, NULL, NULL, NULL);
  fixture_free (fixture);
}

/* A body larger than all buffers, to a client that does not read it at first:
 * it is not copied, and what comes is what was sent. */
static void
test_large (void)
{
  gsize length = 64 * 1024 * 1024 + 11;
  gchar *data = g_malloc0 (length);
  g_autoptr (GBytes) payload = g_bytes_new_take (data, length);
  FoxapiSimOptions options = {.payload = payload };
  g_autoptr (Fixture) fixture = fixture_new (&options);
  g_autofree gchar *url = make_result (fixture);
  g_autoptr (SoupMessage) message = soup_message_new ("GET", url);
  g_autoptr (GInputStream) slow = NULL;
  g_autoptr (Reply) reply = NULL;

  data[length - 1] = 'x';
  slow = soup_session_send (fixture->session, message, NULL, NULL);
  g_assert_nonnull (slow);
  reply = fetch (fixture, url, NULL);
  g_assert_no_error (reply->error);
  g_assert_true (g_bytes_equal (reply->body, payload));
}

typedef struct
{
  const gchar *answer;
  guint status;                 /* of the fault; 0 leaves it to the answer */
  guint expected;
  const gchar *type;            /* the Content-Type */
  const gchar *body;            /* found in it */
  gboolean named;               /* the request is, in the header */
} Refusal;

static const Refusal refusals[] = {
  {"no_compatible_channel", 0, 422, "application/json",
      "\"type\":\"service_unavailable_error\","
        "\"code\":\"no_compatible_channel\"", TRUE},
  {"insufficient_user_quota", 0, 403, "application/json", "quota", TRUE},
  {"flat", 400, 400, "application/json",
        "{\"code\":\"bad_thing\",\"message\":\"Something is bad (request id: ",
      TRUE},
  {"detail", 422, 422, "application/json", "{\"detail\":\"Something", TRUE},
  {"detail-list", 422, 422, "application/json", "{\"detail\":[{\"loc\":", TRUE},
  {"string", 500, 500, "application/json", "{\"error\":\"Something", TRUE},
  {"text", 503, 503, "text/plain", "Something", FALSE},
  {"empty", 503, 503, "text/plain", "", FALSE},
  {"cloudflare", 0, 520, "text/html", "unknown error", FALSE},
  {"cloudflare", 413, 413, "text/html", "413: ", FALSE},
  {"cloudflare", 403, 403, "text/html", "Attention Required!", FALSE},
  {"error-1010", 0, 403, "text/plain", "error code: 1010", FALSE},
  {"expired-400", 0, 400, "application/xml", "expired", FALSE},
  {"page", 0, 200, "text/html", "<!DOCTYPE html>", FALSE},
  {NULL, 524, 524, "text/html", "A timeout occurred", FALSE},
  {NULL, 429, 429, "application/json", "rate_limit_error", TRUE},
};

static void
test_refusals (void)
{
  g_autoptr (Fixture) fixture = payload_fixture ((FoxapiSimOptions) {
      0});
  g_autoptr (GPtrArray) requests = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (refusals); i++) {
    const Refusal *refusal = &refusals[i];
    FoxapiSimFault fault = {.status = refusal->status,
      .answer = refusal->answer
    };
    g_autoptr (Reply) reply = NULL;
    g_autofree gchar *body = NULL;
    const gchar *id;

    foxapi_sim_script (fixture->sim, FOXAPI_SIM_SUBMIT, i + 1, &fault);
    reply = submit (fixture, GOOD_BODY);
    body = g_strndup (g_bytes_get_data (reply->body, NULL),
        g_bytes_get_size (reply->body));
    g_test_message ("%u: %u %s", i, reply->status, body);
    g_assert_cmpuint (reply->status, ==, refusal->expected);
    g_assert_cmpstr (soup_message_headers_get_content_type (reply->headers,
            NULL), ==, refusal->type);
    g_assert_true (*refusal->body == '\0'
        || strstr (body, refusal->body) != NULL);
    id = soup_message_headers_get_one (reply->headers, "X-Request-Id");
    g_clear_pointer (&requests, g_ptr_array_unref);
    requests = foxapi_sim_get_requests (fixture->sim, FOXAPI_SIM_SUBMIT);
    g_assert_cmpstr (id, ==, !refusal->named ? NULL
        : ((FoxapiSimRequest *) g_ptr_array_index (requests, i))->id);
    g_assert_true (!refusal->named || strstr (body, id) != NULL);
  }
  g_assert_cmpuint (count_tasks (fixture), ==, 0);
}

/* A charge whose answer is slow, lost, or taken away from its request id */
static void
test_slow (void)
{
  g_autoptr (Fixture) fixture = payload_fixture ((FoxapiSimOptions) {
      0});
  FoxapiSimFault slow = {.delay_ms = 50,.headers = "X-Request-Id:" };
  FoxapiSimFault charged = {.status = 503,.act_first = TRUE };
  gint64 start = g_get_monotonic_time ();
  g_autoptr (Reply) first = NULL;
  g_autoptr (Reply) second = NULL;

  foxapi_sim_script (fixture->sim, FOXAPI_SIM_SUBMIT, 1, &slow);
  foxapi_sim_script (fixture->sim, FOXAPI_SIM_SUBMIT, 2, &charged);
  first = submit (fixture, GOOD_BODY);
  g_assert_cmpuint (first->status, ==, 200);
  g_assert_cmpint (g_get_monotonic_time () - start, >=, 50000);
  g_assert_null (soup_message_headers_get_one (first->headers, "X-Request-Id"));
  second = submit (fixture, GOOD_BODY);
  g_assert_cmpuint (second->status, ==, 503);
  g_assert_cmpuint (count_tasks (fixture), ==, 2);
}

static void
test_gzip (void)
{
  g_autoptr (Fixture) fixture = payload_fixture ((FoxapiSimOptions) {
      0});
  FoxapiSimFault gzip = {.gzip = TRUE };
  g_autofree gchar *url = make_result (fixture);
  g_autoptr (Reply) reply = NULL;

  foxapi_sim_script (fixture->sim, FOXAPI_SIM_RESULT, 1, &gzip);
  reply = fetch (fixture, url, NULL);
  g_assert_cmpstr (soup_message_headers_get_one (reply->headers,
          "Content-Encoding"), ==, "gzip");
  /* libsoup has decoded it */
  g_assert_cmpmem (g_bytes_get_data (reply->body, NULL),
      g_bytes_get_size (reply->body), payload_text, strlen (payload_text));
}

static void
test_spec (void)
{
  g_autoptr (FoxapiSimSpec) spec = foxapi_sim_spec_parse ("result:3:cut-at=99,"
      "retry-after=2,header=X: y,header=Z:,act-first,answer=flat,delay=7,body=a,b",
      NULL);
  const gchar *wrong[] = {
    "", "submit", "submit:1", "submit:x:reset", "fetch:1:reset",
    "submit:-1:hold",
    "submit:1:", "submit:1:explode", "submit:1:reset=1", "submit:1:status",
    "submit:1:status=99", "submit:1:status=4x", "submit:1:header=a",
    "submit:1:drip=0", "submit:1:answer=x",
  };

  g_assert_nonnull (spec);
  g_assert_cmpint (spec->route, ==, FOXAPI_SIM_RESULT);
  g_assert_cmpuint (spec->nth, ==, 3);
  g_assert_cmpuint (spec->fault->cut_at, ==, 99);
  g_assert_true (spec->fault->act_first);
  g_assert_cmpstr (spec->fault->headers, ==, "retry-after: 2\nX: y\nZ:");
  g_assert_cmpstr (spec->fault->answer, ==, "flat");
  g_assert_cmpuint (spec->fault->delay_ms, ==, 7);
  g_assert_cmpstr (spec->fault->body, ==, "a,b");
  for (guint i = 0; i < G_N_ELEMENTS (wrong); i++) {
    g_autoptr (GError) error = NULL;

    g_assert_null (foxapi_sim_spec_parse (wrong[i], &error));
    g_assert_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE);
  }
}

void
add_fault_tests (void)
{
  g_test_add_func ("/sim/fault/answers", test_answers);
  g_test_add_func ("/sim/fault/refusals", test_refusals);
  g_test_add_func ("/sim/fault/slow", test_slow);
  g_test_add_func ("/sim/fault/gzip", test_gzip);
  g_test_add_func ("/sim/fault/lost-answers", test_lost_answers);
  g_test_add_func ("/sim/fault/broken-results", test_broken_results);
  g_test_add_func ("/sim/fault/broken-chunks", test_broken_chunks);
  g_test_add_func ("/sim/fault/hold", test_hold);
  g_test_add_func ("/sim/fault/gone", test_gone);
  g_test_add_func ("/sim/fault/free", test_free);
  g_test_add_func ("/sim/fault/large", test_large);
  g_test_add_func ("/sim/fault/spec", test_spec);
}
