/* The simulator's own test: routes, strictness, ledger and results.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "selftestutil.h"

#include <glib/gstdio.h>
#include <string.h>

#define MODEL "\"model\":\"wan-2.7-reference-to-video\""

static const gchar payload_text[] = "0123456789abcdefghijklmnopqrstuvwxyz";

static GBytes *
make_payload (void)
{
  return g_bytes_new_static (payload_text, strlen (payload_text));
}

static Fixture *
payload_fixture (FoxapiSimOptions options)
{
  g_autoptr (GBytes) payload = make_payload ();

  options.payload = payload;
  return fixture_new (&options);
}

static void
test_submit (void)
{
  g_autoptr (Fixture) fixture = payload_fixture ((FoxapiSimOptions) {
      .manual = TRUE});
  g_autoptr (Reply) reply = submit (fixture, GOOD_BODY);
  g_autofree gchar *id = reply_dup_string (reply, "$.id");
  g_autofree gchar *status = reply_dup_string (reply, "$.status");
  g_autofree gchar *object = reply_dup_string (reply, "$.object");
  g_autoptr (GPtrArray) tasks = foxapi_sim_get_tasks (fixture->sim);
  g_autoptr (GPtrArray) requests =
      foxapi_sim_get_requests (fixture->sim, FOXAPI_SIM_SUBMIT);
  g_autofree gchar *type = NULL;
  FoxapiSimTask *task;
  FoxapiSimRequest *request;

  g_assert_cmpuint (reply->status, ==, 200);
  g_assert_true (g_regex_match_simple ("^task-unified-[0-9]+-[a-z0-9]{8}$", id,
          0, 0));
  g_assert_cmpstr (status, ==, "pending");
  g_assert_cmpstr (object, ==, "video.generation.task");
  g_assert_cmpint (reply_get_int (reply, "$.progress"), ==, 0);
  g_assert_cmpint (reply_get_int (reply, "$.task_info.estimated_time"), ==, 45);
  g_assert_cmpint (reply_get_int (reply, "$.usage.credits_reserved"), ==, 5);
  g_assert_cmpuint (tasks->len, ==, 1);
  task = g_ptr_array_index (tasks, 0);
  g_assert_cmpstr (task->id, ==, id);
  g_assert_cmpstr (task->body, ==, GOOD_BODY);
  g_assert_false (task->delivered);
  g_assert_cmpuint (requests->len, ==, 1);
  request = g_ptr_array_index (requests, 0);
  g_assert_cmpuint (request->nth, ==, 1);
  g_assert_cmpuint (request->connection, ==, 1);
  g_assert_cmpstr (request->method, ==, "POST");
  g_assert_cmpstr (request->path, ==, "/v1/videos/generations");
  g_assert_cmpmem (g_bytes_get_data (request->body, NULL),
      g_bytes_get_size (request->body), GOOD_BODY, strlen (GOOD_BODY));
  type = foxapi_sim_request_get_header (request, "content-TYPE");
  g_assert_cmpstr (type, ==, "application/json");
  g_assert_null (foxapi_sim_request_get_header (request, "X-Absent"));
}

typedef struct
{
  const gchar *body;
  guint status;
  const gchar *word;            /* in the message */
} Strict;

static const Strict strict[] = {
  {"", 400, "JSON"},
  {"{" MODEL ",\"prompt\":\"a\",}", 400, "JSON"},
  {"{" MODEL ",\"prompt\":\"a\"} x", 400, "JSON"},
  {"// c\n{" MODEL ",\"prompt\":\"a\"}", 400, "JSON"},
  {"{" MODEL ",\"prompt\":\"\\ud800\"}", 400, "JSON"},
  {"{" MODEL ",\"prompt\":\"\\u0000\"}", 400, "JSON"},
  {"{" MODEL ",\"prompt\":\"a\xff\"}", 400, "UTF-8"},
  {"[]", 422, "object"},
  {"{\"prompt\":\"a\"}", 422, "model"},
  {"{\"model\":\"gpt\",\"prompt\":\"a\"}", 422, "model"},
  {"{\"model\":7,\"prompt\":\"a\"}", 422, "model"},
  {"{" MODEL "}", 422, "prompt"},
  {"{" MODEL ",\"prompt\":\"\"}", 422, "prompt"},
  {"{" MODEL ",\"prompt\":null}", 422, "prompt"},
  {"{" MODEL ",\"prompt\":{\"a\":1}}", 422, "prompt"},
  {"{" MODEL ",\"prompt\":\"a\",\"duration\":5.0}", 422, "duration"},
  {"{" MODEL ",\"prompt\":\"a\",\"duration\":\"5\"}", 422, "duration"},
  {"{" MODEL ",\"prompt\":\"a\",\"duration\":1}", 422, "duration"},
  {"{" MODEL ",\"prompt\":\"a\",\"duration\":11}", 422, "duration"},
  {"{" MODEL ",\"prompt\":\"a\",\"duration\":null}", 422, "duration"},
  {"{" MODEL ",\"prompt\":\"a\",\"resolution\":\"480p\"}", 422, "resolution"},
  {"{" MODEL ",\"prompt\":\"a\",\"aspect_ratio\":\"2:1\"}", 422,
      "aspect_ratio"},
  {"{" MODEL ",\"prompt\":\"a\",\"seed\":-1}", 422, "seed"},
  {"{" MODEL ",\"prompt\":\"a\",\"seed\":2147483648}", 422, "seed"},
  {"{" MODEL ",\"prompt\":\"a\",\"seed\":99999999999999999999}", 422, "seed"},
  {"{" MODEL ",\"prompt\":\"a\",\"multi_shots\":1}", 422, "multi_shots"},
  {"{" MODEL ",\"prompt\":\"a\",\"foo\":1}", 422, "foo"},
  {"{" MODEL ",\"prompt\":\"a\",\"reference_image_urls\":\"x\"}", 422,
      "reference_image_urls"},
  {"{" MODEL ",\"prompt\":\"a\",\"reference_video_urls\":[1]}", 422,
      "reference_video_urls"},
  {"{" MODEL ",\"prompt\":\"a\",\"reference_image_urls\":"
        "[\"file:///etc/passwd\"]}", 422, "reference_image_urls"},
  {"{" MODEL ",\"prompt\":\"a\",\"reference_image_urls\":null,"
        "\"negative_prompt\":null,\"seed\":null,\"multi_shots\":null,"
        "\"enable_safety_checker\":false,\"duration\":10}", 200, NULL},
#define MODEL_OF(name) "{\"model\":\"" name "\",\"prompt\":\"a\""
  {MODEL_OF ("test-of-tomorrow") ",\"anything\":[1]}", 200, NULL},
  {MODEL_OF ("seedance-2.0") "}", 422, "not known"},
  {MODEL_OF ("sora-2-pro") ",\"model_params\":{\"a\":1}}", 200, NULL},
  {MODEL_OF ("wan-2.7-text-to-video") ",\"duration\":15}", 200, NULL},
  {MODEL_OF ("wan-2.7-text-to-video") ",\"reference_image_urls\":[]}", 422,
      "reference_image_urls is not a field"},
  {MODEL_OF ("wan-2.7-image-to-video") ",\"image_urls\":[]}", 422,
      "image_urls must not have 0 items"},
  {MODEL_OF ("wan-2.7-image-to-video") ",\"video_url\":\"x\"}", 422,
      "video_url must hold http"},
  {MODEL_OF ("fabric-1.0") "}", 422, "prompt is not a field"},
  {MODEL_OF ("seedance-2.0-text-to-video") ",\"duration\":-1}", 200, NULL},
  {MODEL_OF ("seedance-2.0-text-to-video") ",\"duration\":-2}", 422,
      "duration"},
  {MODEL_OF ("veo-3.1-text-to-video") ",\"resolution\":\"4k\"}", 200, NULL},
  {MODEL_OF ("veo-3.1-lite-text-to-video") ",\"resolution\":\"4k\"}", 422,
      "resolution must be one of"},
  {MODEL_OF ("veo-3.1-lite-text-to-video") ",\"enhance_prompt\":true}", 422,
      "enhance_prompt is not a field"},
  {MODEL_OF ("kling-o3-text-to-video") ",\"multi_prompt\":[{\"x\":1}]}", 422,
      "x is not a field"},
#undef MODEL_OF
};

static void
test_strict (void)
{
  g_autoptr (Fixture) fixture = payload_fixture ((FoxapiSimOptions) {
      0});
  g_autoptr (GPtrArray) tasks = NULL;
  guint charged = 0;

  for (guint i = 0; i < G_N_ELEMENTS (strict); i++) {
    g_autoptr (Reply) reply = submit (fixture, strict[i].body);
    g_autofree gchar *message = reply_dup_message (reply);

    g_test_message ("body %u: %u %s", i, reply->status, message);
    g_assert_cmpuint (reply->status, ==, strict[i].status);
    if (strict[i].word != NULL)
      g_assert_nonnull (strstr (message, strict[i].word));
    charged += reply->status == 200;
  }
  tasks = foxapi_sim_get_tasks (fixture->sim);
  g_assert_cmpuint (tasks->len, ==, charged);
  check_violations (fixture, 1);
}

/* A local file, by its URI or its path, wherever it stands; a prompt is free. */
static void
test_violations (void)
{
  static const gchar *const bodies[] = {
    "{\"model\":\"x\",\"a\":{\"b\":[{\"c\":\"FILE:///etc/x\"}]}}",
    "{" MODEL
        ",\"prompt\":\"a\",\"reference_video_urls\":[\"/proc/self/exe\"]}",
  };
  g_autoptr (Fixture) fixture = payload_fixture ((FoxapiSimOptions) {
      0});
  FoxapiSimFault fault = {.status = 500 };
  g_autoptr (Reply) free = submit (fixture,
      "{" MODEL ",\"prompt\":\"file:///etc/passwd\"}");

  g_assert_cmpuint (free->status, ==, 200);
  foxapi_sim_script (fixture->sim, FOXAPI_SIM_SUBMIT, 3, &fault);
  for (guint i = 0; i < G_N_ELEMENTS (bodies); i++) {
    g_autoptr (Reply) reply = submit (fixture, bodies[i]);

    g_assert_cmpuint (reply->status, >=, 400);
    check_violations (fixture, 1);
  }
}

/* A body with @n times @piece in the prompt */
static guint
submit_long (Fixture * fixture, const gchar * piece, guint n)
{
  g_autoptr (GString) body = g_string_new ("{" MODEL ",\"prompt\":\"");
  g_autoptr (Reply) reply = NULL;

  for (guint i = 0; i < n; i++)
    g_string_append (body, piece);
  g_string_append (body, "\"}");
  reply = submit (fixture, body->str);
  return reply->status;
}

static void
test_lengths (void)
{
  g_autoptr (Fixture) fixture = payload_fixture ((FoxapiSimOptions) {
      0});
  g_autofree gchar *bomb = g_strnfill (200000, '[');
  g_autoptr (Reply) nested = submit (fixture, bomb);

  g_assert_cmpuint (nested->status, ==, 400);
  g_assert_cmpuint (submit_long (fixture, "ä", 5000), ==, 200);
  g_assert_cmpuint (submit_long (fixture, "ä", 5001), ==, 422);
  g_assert_cmpuint (submit_long (fixture, "0123456789", 200000), ==, 413);
}

static guint
try_api (Fixture * fixture, const gchar * method, const gchar * path,
    const gchar * authorization, const gchar * type)
{
  g_autofree gchar *url =
      g_strconcat (foxapi_sim_get_base_url (fixture->sim), path, NULL);
  g_autofree gchar *header = authorization == NULL ? NULL
      : g_strconcat ("Authorization: ", authorization, NULL);
  g_autoptr (GBytes) body = g_bytes_new_static (GOOD_BODY, strlen (GOOD_BODY));
  g_autoptr (Reply) reply =
      call (fixture, method, url, header, type, type ? body : NULL);

  g_assert_no_error (reply->error);
  return reply->status;
}

static void
test_routes (void)
{
  g_autoptr (Fixture) fixture = payload_fixture ((FoxapiSimOptions) {
      .api_key = "k e y"});
  const gchar *generations = "/v1/videos/generations";
  const gchar *json = "application/json";
  const gchar *good = "Bearer k e y";

  g_assert_cmpuint (try_api (fixture, "POST", generations, NULL, json), ==,
      401);
  g_assert_cmpuint (try_api (fixture, "POST", generations, "Bearer key", json),
      ==, 401);
  g_assert_cmpuint (try_api (fixture, "POST", generations, "k e y", json), ==,
      401);
  g_assert_cmpuint (try_api (fixture, "POST", generations, good, "text/plain"),
      ==, 400);
  g_assert_cmpuint (try_api (fixture, "POST", "/v1/videos/generations?a=1",
          good, json), ==, 400);
  g_assert_cmpuint (try_api (fixture, "GET", generations, good, NULL), ==, 405);
  g_assert_cmpuint (try_api (fixture, "DELETE", "/v1/tasks/x", good, NULL), ==,
      405);
  g_assert_cmpuint (try_api (fixture, "GET", "/v1/tasks/x", good, NULL), ==,
      404);
  g_assert_cmpuint (try_api (fixture, "GET", "/v1/tasks/x?y=1", good, NULL),
      ==, 400);
  g_assert_cmpuint (try_api (fixture, "GET", "/v1/tasks/x?sync_upstream=true",
          good, NULL), ==, 404);
  g_assert_cmpuint (try_api (fixture, "GET", "/v1/other", good, NULL), ==, 404);
  g_assert_cmpuint (try_api (fixture, "HEAD", "/v1/other", good, NULL), ==,
      404);
  g_assert_cmpuint (try_api (fixture, "GET", "/v1/models", NULL, NULL), ==,
      401);
  g_assert_cmpuint (try_api (fixture, "GET", "/v1/models", good, NULL), ==,
      200);
  g_assert_cmpuint (try_api (fixture, "POST", "/v1/models", good, json), ==,
      405);
  g_assert_cmpuint (try_api (fixture, "POST", generations, good, json), ==,
      200);
  g_assert_cmpuint (foxapi_sim_count_requests (fixture->sim,
          FOXAPI_SIM_SUBMIT), ==, 6);
  g_assert_cmpuint (foxapi_sim_count_requests (fixture->sim, FOXAPI_SIM_ASK),
      ==, 3);
  g_assert_cmpuint (foxapi_sim_count_requests (fixture->sim,
          FOXAPI_SIM_OTHER), ==, 7);
}

static void
check_status (Fixture * fixture, const gchar * id, const gchar * status,
    gint progress)
{
  g_autoptr (Reply) reply = ask (fixture, id);
  g_autofree gchar *text = reply_dup_string (reply, "$.status");

  g_assert_cmpuint (reply->status, ==, 200);
  g_assert_cmpstr (text, ==, status);
  g_assert_cmpint (reply_get_int (reply, "$.progress"), ==, progress);
}

static void
test_manual (void)
{
  g_autoptr (Fixture) fixture = payload_fixture ((FoxapiSimOptions) {
      .manual = TRUE});
  g_autoptr (Reply) submitted = submit (fixture, GOOD_BODY);
  g_autofree gchar *id = reply_dup_string (submitted, "$.id");
  g_autofree gchar *added = NULL, *named = NULL;

  check_status (fixture, id, "pending", 0);
  foxapi_sim_set_task (fixture->sim, id, "processing", 30);
  check_status (fixture, id, "processing", 30);
  foxapi_sim_set_task (fixture->sim, NULL, NULL, 60);
  check_status (fixture, id, "processing", 60);
  foxapi_sim_set_task (fixture->sim, NULL, "resting", -1);
  check_status (fixture, id, "resting", 60);
  foxapi_sim_set_task (fixture->sim, NULL, "failed", -1);
  check_status (fixture, id, "failed", 60);
  added = foxapi_sim_add_task (fixture->sim, "completed");
  check_status (fixture, added, "completed", 100);
  named = foxapi_sim_add_named_task (fixture->sim, "task-of-old", NULL);
  g_assert_cmpstr (named, ==, "task-of-old");
  check_status (fixture, "task-of-old", "pending", 0);
}

static void
test_prompts (void)
{
  g_autoptr (Fixture) fixture = payload_fixture ((FoxapiSimOptions) {
      0});
  g_autoptr (Reply) fail =
      submit (fixture, "{" MODEL ",\"prompt\":\"[fail]\"}");
  g_autoptr (Reply) cancelled =
      submit (fixture, "{" MODEL ",\"prompt\":\"a [cancelled]\"}");
  g_autofree gchar *fail_id = reply_dup_string (fail, "$.id");
  g_autofree gchar *cancelled_id = reply_dup_string (cancelled, "$.id");
  g_autoptr (Reply) asked = ask (fixture, fail_id);
  g_autofree gchar *type = reply_dup_string (asked, "$.error.type");

  check_status (fixture, fail_id, "failed", 0);
  g_assert_cmpstr (type, ==, "task_error");
  check_status (fixture, cancelled_id, "cancelled", 0);
}

static void
test_forms (void)
{
  const gchar *paths[] = { "$.results[0].url", "$.results[0]", "$.output.url",
    "$.results[0].video_url"
  };

  for (guint form = 0; form < G_N_ELEMENTS (paths); form++) {
    g_autoptr (Fixture) fixture = payload_fixture ((FoxapiSimOptions) {
        .result_form = form}
    );
    g_autoptr (Reply) submitted = submit (fixture, GOOD_BODY);
    g_autofree gchar *id = reply_dup_string (submitted, "$.id");
    g_autoptr (Reply) asked = ask (fixture, id);
    g_autofree gchar *url = reply_dup_string (asked, paths[form]);
    g_autoptr (Reply) fetched = fetch (fixture, url, NULL);
    g_autoptr (GPtrArray) tasks = NULL;

    g_assert_cmpuint (fetched->status, ==, 200);
    g_assert_cmpuint (g_bytes_get_size (fetched->body), ==, 36);
    tasks = foxapi_sim_get_tasks (fixture->sim);
    g_assert_true (((FoxapiSimTask *) g_ptr_array_index (tasks, 0))->delivered);
  }
}

/* The answer to a question about @id has @word in it, or has not */
static void
check_answer (Fixture * fixture, const gchar * id, const gchar * word,
    gboolean there)
{
  g_autoptr (Reply) reply = ask (fixture, id);
  g_autofree gchar *body = g_strndup (g_bytes_get_data (reply->body, NULL),
      g_bytes_get_size (reply->body));

  g_test_message ("%s", body);
  g_assert_cmpint (strstr (body, word) != NULL, ==, there);
}

/* "completed" is not the end where the links are late, and a result need not
 * have one. */
static void
test_late_results (void)
{
  g_autoptr (Fixture) fixture = payload_fixture ((FoxapiSimOptions) {
      .manual = TRUE,.late_results_ms = 3600000,.late_link_ms = 3600000});
  g_autoptr (Fixture) later = payload_fixture ((FoxapiSimOptions) {
      .late_link_ms = 3600000});
  g_autofree gchar *id = foxapi_sim_add_task (fixture->sim, "completed");
  g_autoptr (Reply) submitted = submit (later, GOOD_BODY);
  g_autofree gchar *given = reply_dup_string (submitted, "$.id");
  g_autoptr (Reply) asked = ask (later, given);
  g_autofree gchar *url = reply_dup_string (asked, "$.results[0].url");
  g_autoptr (Reply) fetched = fetch (later, url, NULL);

  check_answer (fixture, id, "\"progress\":50,\"status\":\"completed\"", TRUE);
  check_answer (fixture, id, "\"results\":null", TRUE);
  g_assert_cmpuint (fetched->status, ==, 404);

  foxapi_sim_set_form (later->sim, FOXAPI_SIM_EMPTY);
  check_answer (later, "x", "task_not_found", TRUE);
  g_free (id);
  id = foxapi_sim_add_task (later->sim, "completed");
  check_answer (later, id, "\"results\":[]", TRUE);
  foxapi_sim_set_form (later->sim, FOXAPI_SIM_ABSENT);
  check_answer (later, id, "results", FALSE);
  foxapi_sim_set_form (later->sim, FOXAPI_SIM_VOICE);
  check_answer (later, id, "\"results\":[{\"voice_id\":", TRUE);
}

/* What the service leaves out, and what it says at once */
static void
test_variants (void)
{
  g_autoptr (Fixture) fixture = payload_fixture ((FoxapiSimOptions) {
      .at_once = TRUE,.estimated_time = -2,.failure = "text"});
  g_autoptr (Reply) done = submit (fixture, GOOD_BODY);
  g_autoptr (Reply) failed =
      submit (fixture, "{" MODEL ",\"prompt\":\"[fail]\"}");
  g_autofree gchar *url = reply_dup_string (done, "$.results[0].url");
  g_autofree gchar *error = reply_dup_string (failed, "$.error");
  g_autoptr (JsonNode) info = reply_get (done, "$.task_info");

  g_assert_nonnull (url);
  g_assert_nonnull (error);
  g_assert_null (info);
}

static void
check_range (Fixture * fixture, const gchar * url, const gchar * range,
    guint status, const gchar * content_range, const gchar * body)
{
  g_autofree gchar *header = g_strconcat ("Range: ", range, NULL);
  g_autoptr (Reply) reply = fetch (fixture, url, header);

  g_assert_no_error (reply->error);
  g_assert_cmpuint (reply->status, ==, status);
  g_assert_cmpstr (soup_message_headers_get_one (reply->headers,
          "Content-Range"), ==, content_range);
  g_assert_cmpmem (g_bytes_get_data (reply->body, NULL),
      g_bytes_get_size (reply->body), body, strlen (body));
}

static void
test_ranges (void)
{
  g_autoptr (Fixture) fixture = payload_fixture ((FoxapiSimOptions) {
      0});
  g_autofree gchar *url = make_result (fixture);

  check_range (fixture, url, "bytes=30-", 206, "bytes 30-35/36", "uvwxyz");
  check_range (fixture, url, "bytes=2-4", 206, "bytes 2-4/36", "234");
  check_range (fixture, url, "bytes=35-99", 206, "bytes 35-35/36", "z");
  check_range (fixture, url, "bytes=-2", 206, "bytes 34-35/36", "yz");
  check_range (fixture, url, "bytes=36-", 416, "bytes */36", "");
  check_range (fixture, url, "bytes=5-2", 200, NULL, payload_text);
  check_range (fixture, url, "bytes=0-1,4-5", 200, NULL, payload_text);
  check_range (fixture, url, "lines=0-1", 200, NULL, payload_text);
}

static void
test_if_range (void)
{
  g_autoptr (Fixture) fixture = payload_fixture ((FoxapiSimOptions) {
      0});
  g_autofree gchar *url = make_result (fixture);
  g_autoptr (Reply) first = fetch (fixture, url, NULL);
  g_autofree gchar *header = NULL;
  g_autoptr (Reply) same = NULL;
  g_autoptr (Reply) changed = NULL;
  g_autoptr (GBytes) other = g_bytes_new_static ("other", 5);
  const gchar *etag = soup_message_headers_get_one (first->headers, "ETag");

  g_assert_cmpstr (soup_message_headers_get_one (first->headers,
          "Accept-Ranges"), ==, "bytes");
  g_assert_nonnull (soup_message_headers_get_one (first->headers,
          "Last-Modified"));
  g_assert_cmpint (etag[0], ==, '"');
  /* Both headers on one line would be refused: one at a time is enough */
  header = g_strconcat ("If-Range: ", etag, NULL);
  same = fetch (fixture, url, header);
  g_assert_cmpuint (same->status, ==, 200);
  foxapi_sim_change_result (fixture->sim, other);
  changed = fetch (fixture, url, NULL);
  g_assert_cmpstr (soup_message_headers_get_one (changed->headers, "ETag"), !=,
      etag);
  g_assert_cmpuint (g_bytes_get_size (changed->body), ==, 5);
}

static void
test_links (void)
{
  g_autoptr (Fixture) fixture = payload_fixture ((FoxapiSimOptions) {
      0});
  g_autofree gchar *url = make_result (fixture);
  g_autofree gchar *query = g_strconcat (url, "?a=1", NULL);
  g_autoptr (Reply) leaked = fetch (fixture, url, "Authorization: Bearer x");
  g_autoptr (Reply) with_query = fetch (fixture, query, NULL);
  g_autoptr (Reply) head = call (fixture, "HEAD", url, NULL, NULL, NULL);
  g_autoptr (Reply) put = call (fixture, "PUT", url, NULL, NULL, NULL);
  g_autoptr (Reply) expired = NULL;

  g_assert_cmpuint (leaked->status, ==, 400);
  check_violations (fixture, 1);
  g_assert_cmpuint (with_query->status, ==, 400);
  g_assert_cmpuint (head->status, ==, 200);
  g_assert_cmpstr (soup_message_headers_get_one (head->headers,
          "Content-Length"), ==, "36");
  g_assert_cmpuint (put->status, ==, 405);
  foxapi_sim_expire_links (fixture->sim);
  expired = fetch (fixture, url, NULL);
  g_assert_cmpuint (expired->status, ==, 404);
}

static void
test_stores (void)
{
  g_autoptr (Fixture) fixture = payload_fixture ((FoxapiSimOptions) {
      .expired_link = "expired-400",.range_status = 501});
  g_autofree gchar *url = make_result (fixture);
  g_autoptr (Reply) part = fetch (fixture, url, "Range: bytes=3-");
  g_autoptr (Reply) expired = NULL;

  g_assert_cmpuint (part->status, ==, 501);
  foxapi_sim_expire_links (fixture->sim);
  expired = fetch (fixture, url, NULL);
  g_assert_cmpuint (expired->status, ==, 400);
  g_assert_cmpstr (soup_message_headers_get_content_type (expired->headers,
          NULL), ==, "application/xml");
}

static void
test_plain_results (void)
{
  g_autoptr (Fixture) fixture = payload_fixture ((FoxapiSimOptions) {
      .no_ranges = TRUE,.no_length = TRUE,.no_validators = TRUE});
  g_autofree gchar *url = make_result (fixture);
  g_autoptr (Reply) reply = fetch (fixture, url, "Range: bytes=3-");

  g_assert_cmpuint (reply->status, ==, 200);
  g_assert_cmpuint (g_bytes_get_size (reply->body), ==, 36);
  g_assert_cmpstr (soup_message_headers_get_one (reply->headers,
          "Accept-Ranges"), ==, "none");
  g_assert_cmpstr (soup_message_headers_get_one (reply->headers,
          "Transfer-Encoding"), ==, "chunked");
  g_assert_null (soup_message_headers_get_one (reply->headers, "ETag"));
  g_assert_null (soup_message_headers_get_one (reply->headers,
          "Last-Modified"));
}

/* @disposition: of the part with the file, behind "form-data; " */
static Reply *
upload (Fixture * fixture, GBytes * bytes, const gchar * disposition,
    const gchar * file_name)
{
  g_autoptr (SoupMultipart) multipart =
      soup_multipart_new (SOUP_FORM_MIME_TYPE_MULTIPART);
  g_autoptr (SoupMessageHeaders) headers =
      soup_message_headers_new (SOUP_MESSAGE_HEADERS_REQUEST);
  g_autoptr (SoupMessageHeaders) part =
      soup_message_headers_new (SOUP_MESSAGE_HEADERS_MULTIPART);
  g_autoptr (GBytes) body = NULL;
  g_autofree gchar *all = g_strconcat ("form-data; ", disposition, NULL);
  g_autofree gchar *authorization = g_strconcat ("Authorization: Bearer ",
      foxapi_sim_get_api_key (fixture->sim), NULL);
  g_autofree gchar *url = g_strconcat (foxapi_sim_get_base_url (fixture->sim),
      "/v1/files/upload/stream", NULL);

  soup_message_headers_append (part, "Content-Disposition", all);
  soup_message_headers_append (part, "Content-Type", "image/png");
  soup_multipart_append_part (multipart, part, bytes);
  if (file_name != NULL)
    soup_multipart_append_form_string (multipart, "file_name", file_name);
  soup_multipart_append_form_string (multipart, "auto_cleanup", "true");
  soup_multipart_to_message (multipart, headers, &body);
  return call (fixture, "POST", url, authorization,
      soup_message_headers_get_one (headers, "Content-Type"), body);
}

static guint
submit_reference (Fixture * fixture, const gchar * url)
{
  g_autofree gchar *body = g_strdup_printf ("{" MODEL ",\"prompt\":\"a\","
      "\"reference_image_urls\":[\"%s\"]}", url);
  g_autoptr (Reply) reply = submit (fixture, body);

  return reply->status;
}

static void
test_upload (void)
{
  g_autoptr (Fixture) fixture = payload_fixture ((FoxapiSimOptions) {
      0});
  g_autoptr (GBytes) bytes = make_payload ();
  g_autoptr (Reply) reply = upload (fixture, bytes,
      "name=\"file\"; filename=\"a.png\"", "b.png");
  g_autofree gchar *filename = reply_dup_string (reply, "$.filename");
  g_autofree gchar *url = reply_dup_string (reply, "$.url");
  g_autofree gchar *wrong = g_strconcat (url, "x", NULL);
  g_autoptr (Reply) fetched = NULL;
  g_autoptr (Reply) too_large = NULL;
  g_autoptr (GPtrArray) names = NULL;
  g_autoptr (GBytes) stored = NULL;
  g_autoptr (GBytes) large = NULL;
  gsize length = 100 * 1000 * 1000;

  g_assert_cmpuint (reply->status, ==, 200);
  g_assert_cmpstr (filename, ==, "b.png");
  g_assert_cmpint (reply_get_int (reply, "$.size"), ==, 36);
  names = foxapi_sim_get_upload_names (fixture->sim);
  g_assert_cmpuint (names->len, ==, 2);
  g_assert_cmpstr (g_ptr_array_index (names, 0), ==, "a.png");
  g_assert_cmpstr (g_ptr_array_index (names, 1), ==, "b.png");
  stored = foxapi_sim_get_upload (fixture->sim, url);
  g_assert_true (g_bytes_equal (stored, bytes));
  fetched = fetch (fixture, url, NULL);
  g_assert_cmpuint (fetched->status, ==, 200);
  g_assert_true (g_bytes_equal (fetched->body, bytes));
  g_assert_cmpuint (submit_reference (fixture, url), ==, 200);
  g_assert_cmpuint (submit_reference (fixture, wrong), ==, 422);
  g_assert_cmpuint (submit_reference (fixture, "https://a.example/b"), ==, 200);

  /* With the form around it, it is more than Cloudflare lets through. */
  large = g_bytes_new_take (g_malloc0 (length), length);
  too_large =
      upload (fixture, large, "name=\"file\"; filename=\"a.png\"", NULL);
  g_assert_cmpuint (too_large->status, ==, 413);
  g_assert_cmpstr (soup_message_headers_get_content_type (too_large->headers,
          NULL), ==, "text/html");
}

static void
test_upload_names (void)
{
  static const gchar *const refused[][2] = {
    {"name=\"data\"; filename=\"a.png\"", NULL},
    {"name=\"file\"", NULL},
    {"name=\"file\"; filename*=UTF-8''a.png", NULL},
    {"name=\"file\"; filename=\"f\xc3\xbc.png\"", NULL},
    {"name=\"file\"; filename=\"a/b.png\"", NULL},
    {"name=\"file\"; filename=\"a.png\"", "../b.png"},
  };
  g_autoptr (Fixture) fixture = payload_fixture ((FoxapiSimOptions) {
      0});
  g_autoptr (GBytes) bytes = make_payload ();

  for (guint i = 0; i < G_N_ELEMENTS (refused); i++) {
    g_autoptr (Reply) reply =
        upload (fixture, bytes, refused[i][0], refused[i][1]);

    g_test_message ("%u", i);
    g_assert_cmpuint (reply->status, ==, 422);
  }
}

static void
test_tls (void)
{
  g_autofree gchar *dir = g_dir_make_tmp ("foxapi-sim-XXXXXX", NULL);
  g_autofree gchar *key = g_build_filename (dir, "key.pem", NULL);
  g_autofree gchar *cert = g_build_filename (dir, "cert.pem", NULL);
  const gchar *argv[] = { "openssl", "req", "-x509", "-newkey", "ec",
    "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
    "-subj", "/CN=127.0.0.1", "-keyout", key, "-out", cert, NULL
  };
  g_autoptr (GTlsCertificate) certificate = NULL;
  gboolean made = g_spawn_sync (NULL, (gchar **) argv, NULL,
      G_SPAWN_SEARCH_PATH | G_SPAWN_STDOUT_TO_DEV_NULL
      | G_SPAWN_STDERR_TO_DEV_NULL, NULL, NULL, NULL, NULL, NULL, NULL);

  if (made)
    certificate = g_tls_certificate_new_from_files (cert, key, NULL);
  g_unlink (key);
  g_unlink (cert);
  g_rmdir (dir);
  if (certificate == NULL) {
    g_test_skip ("no openssl to make a certificate, or no TLS");
    return;
  }
  {
    g_autoptr (Fixture) fixture = payload_fixture ((FoxapiSimOptions) {
        .tls_certificate = certificate}
    );
    g_autofree gchar *url = make_result (fixture);
    FoxapiSimFault cut = {.cut_at = 10 };
    g_autoptr (Reply) whole = fetch (fixture, url, NULL);
    g_autoptr (Reply) part = NULL;

    g_assert_true (g_str_has_prefix (url, "https://127.0.0.1:"));
    g_assert_cmpuint (whole->status, ==, 200);
    g_assert_cmpuint (g_bytes_get_size (whole->body), ==, 36);
    foxapi_sim_script (fixture->sim, FOXAPI_SIM_RESULT, 2, &cut);
    part = fetch (fixture, url, NULL);
    g_assert_nonnull (part->error);
    soup_session_abort (fixture->session);
    g_assert_true (foxapi_sim_wait_idle (fixture->sim, FOXAPI_SIM_RESULT));
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sim/api/submit", test_submit);
  g_test_add_func ("/sim/api/strict", test_strict);
  g_test_add_func ("/sim/api/violations", test_violations);
  g_test_add_func ("/sim/api/lengths", test_lengths);
  g_test_add_func ("/sim/api/routes", test_routes);
  g_test_add_func ("/sim/api/manual", test_manual);
  g_test_add_func ("/sim/api/prompts", test_prompts);
  g_test_add_func ("/sim/api/forms", test_forms);
  g_test_add_func ("/sim/api/late-results", test_late_results);
  g_test_add_func ("/sim/api/variants", test_variants);
  g_test_add_func ("/sim/result/ranges", test_ranges);
  g_test_add_func ("/sim/result/if-range", test_if_range);
  g_test_add_func ("/sim/result/links", test_links);
  g_test_add_func ("/sim/result/stores", test_stores);
  g_test_add_func ("/sim/result/plain", test_plain_results);
  g_test_add_func ("/sim/upload", test_upload);
  g_test_add_func ("/sim/upload/names", test_upload_names);
  g_test_add_func ("/sim/tls", test_tls);
  add_fault_tests ();
  add_render_tests ();
  return g_test_run ();
}
