/* The simulator's own test: that it is as strict as the service, and that its
 * answers are the service's. What it does to a client's connections, the tests of
 * the clients see.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#ifndef _GNU_SOURCE
#define _GNU_SOURCE             /* memmem() */
#endif

#include "foxapisim.h"

#include <gst/gst.h>
#include <gst/video/video.h>
#include <libsoup/soup.h>
#include <string.h>

/* A short, valid submission */
#define GOOD_BODY \
    "{\"model\":\"wan-2.7-reference-to-video\",\"prompt\":\"A fox\"}"

/* One answer, complete */
typedef struct
{
  guint status;
  SoupMessageHeaders *headers;
  gchar *text;                  /* the body, to its first NUL */
} Reply;

typedef struct
{
  FoxapiSim *sim;
  SoupSession *session;
} Fixture;

static const FoxapiSimOptions usual;

static Fixture *
fixture_new (FoxapiSimOptions options)
{
  Fixture *fixture = g_new0 (Fixture, 1);
  g_autoptr (GError) error = NULL;

  fixture->sim = foxapi_sim_new (&options, &error);
  g_assert_no_error (error);
  /* No machine's proxy stands before a simulator. */
  fixture->session = soup_session_new_with_options ("timeout", 60,
      "proxy-resolver", NULL, NULL);
  return fixture;
}

static void
fixture_free (Fixture * fixture)
{
  soup_session_abort (fixture->session);
  g_object_unref (fixture->session);
  foxapi_sim_free (fixture->sim);
  g_free (fixture);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Fixture, fixture_free)
     static void reply_free (Reply * reply)
{
  soup_message_headers_unref (reply->headers);
  g_free (reply->text);
  g_free (reply);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Reply, reply_free)
/* @header is one more header, "Name: value", or NULL */
     static Reply *call (Fixture * fixture, const gchar * method,
    const gchar * url, const gchar * header, const gchar * type, GBytes * body)
{
  g_autoptr (SoupMessage) message = soup_message_new (method, url);
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) answer = NULL;
  Reply *reply = g_new0 (Reply, 1);

  g_assert_nonnull (message);
  soup_message_add_flags (message, SOUP_MESSAGE_NO_REDIRECT);
  if (header != NULL) {
    g_auto (GStrv) parts = g_strsplit (header, ": ", 2);

    soup_message_headers_append (soup_message_get_request_headers (message),
        parts[0], parts[1]);
  }
  if (body != NULL)
    soup_message_set_request_body_from_bytes (message, type, body);
  answer = soup_session_send_and_read (fixture->session, message, NULL, &error);
  g_assert_no_error (error);
  reply->status = soup_message_get_status (message);
  reply->headers =
      soup_message_headers_ref (soup_message_get_response_headers (message));
  reply->text = g_strdup_printf ("%.*s", (gint) g_bytes_get_size (answer),
      (const gchar *) g_bytes_get_data (answer, NULL));
  return reply;
}

/* A call to the API with its key; GET without a body */
static Reply *
call_api (Fixture * fixture, const gchar * path, const gchar * type,
    GBytes * body)
{
  g_autofree gchar *authorization = g_strconcat ("Authorization: Bearer ",
      foxapi_sim_get_api_key (fixture->sim), NULL);
  g_autofree gchar *url =
      g_strconcat (foxapi_sim_get_base_url (fixture->sim), path, NULL);

  return call (fixture, body ? "POST" : "GET", url, authorization, type, body);
}

static Reply *
submit (Fixture * fixture, const gchar * json)
{
  g_autoptr (GBytes) body = g_bytes_new (json, strlen (json));

  return call_api (fixture, "/v1/videos/generations", "application/json", body);
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

  soup_message_headers_append (part, "Content-Disposition", all);
  soup_message_headers_append (part, "Content-Type", "image/png");
  soup_multipart_append_part (multipart, part, bytes);
  if (file_name != NULL)
    soup_multipart_append_form_string (multipart, "file_name", file_name);
  soup_multipart_append_form_string (multipart, "auto_cleanup", "true");
  soup_multipart_to_message (multipart, headers, &body);
  return call_api (fixture, "/v1/files/upload/stream",
      soup_message_headers_get_one (headers, "Content-Type"), body);
}

/* The value of the answer's first member of this name that is a string */
static gchar *
reply_dup_string (Reply * reply, const gchar * member)
{
  g_autofree gchar *pattern = g_strdup_printf ("\"%s\":\"([^\"]*)\"", member);
  g_autoptr (GRegex) regex = g_regex_new (pattern, 0, 0, NULL);
  g_autoptr (GMatchInfo) match = NULL;

  g_regex_match (regex, reply->text, 0, &match);
  return g_match_info_fetch (match, 1);
}

#define MODEL "\"model\":\"wan-2.7-reference-to-video\""
/* A good submission with one more field, or none */
#define BODY(field) "{" MODEL ",\"prompt\":\"a\"," field "}"
#define HOUR_MS 3600000

static const gchar payload_text[] = "0123456789abcdefghijklmnopqrstuvwxyz";

static Fixture *
payload_fixture (FoxapiSimOptions options)
{
  g_autoptr (GBytes) payload =
      g_bytes_new_static (payload_text, strlen (payload_text));

  options.payload = payload;
  return fixture_new (options);
}

/* So many violations have been recorded since the last time. */
static void
check_violations (Fixture * fixture, guint n)
{
  g_autoptr (GPtrArray) violations = foxapi_sim_take_violations (fixture->sim);

  g_assert_cmpuint (violations->len, ==, n);
}

static guint
count_tasks (Fixture * fixture)
{
  g_autoptr (GPtrArray) tasks = foxapi_sim_get_tasks (fixture->sim);

  return tasks->len;
}

static const struct
{
  const gchar *body;
  guint status;
  const gchar *word;            /* in the message */
} strict[] = {
  {"", 400, "JSON"},
  {BODY (""), 400, "JSON"},
  {"{" MODEL ",\"prompt\":\"a\"} x", 400, "JSON"},
  {"// c\n{" MODEL ",\"prompt\":\"a\"}", 400, "JSON"},
  {"{" MODEL ",\"prompt\":\"\\ud800\"}", 400, "JSON"},
  {"{" MODEL ",\"prompt\":\"\\u0000\"}", 400, "JSON"},
  {"{" MODEL ",\"prompt\":\"a\xff\"}", 400, "UTF-8"},
  {"{" MODEL ",\"prompt\":\"a\nb\"}", 400, "JSON"},
  {"{" MODEL ",\"prompt\":\"\\x\"}", 400, "JSON"},
  {"{" MODEL ",\"prompt\":\"\\ud83e\\u0041\"}", 400, "JSON"},
  {"{" MODEL ",\"prompt\":'a'}", 400, "JSON"},
  {BODY ("\"seed\":01"), 400, "JSON"},
  {BODY ("\"seed\":1."), 400, "JSON"},
  {BODY ("\"multi_shots\":True"), 400, "JSON"},
  {"{" MODEL ",\"prompt\":\"\\uD83E\\udd8a [[[{ \\\"\\\\\" , \"seed\" : 0 }\n",
      200, NULL},
  {"[]", 422, "object"},
  {"{\"prompt\":\"a\"}", 422, "model"},
  {"{\"model\":\"gpt\",\"prompt\":\"a\"}", 422, "model"},
  {"{\"model\":7,\"prompt\":\"a\"}", 422, "model"},
  {"{" MODEL "}", 422, "prompt"},
  {"{" MODEL ",\"prompt\":\"\"}", 422, "prompt"},
  {"{" MODEL ",\"prompt\":null}", 422, "prompt"},
  {"{" MODEL ",\"prompt\":{\"a\":1}}", 422, "prompt"},
  {BODY ("\"duration\":5.0"), 422, "duration"},
  {BODY ("\"duration\":\"5\""), 422, "duration"},
  {BODY ("\"duration\":1"), 422, "duration"},
  {BODY ("\"duration\":11"), 422, "duration"},
  {BODY ("\"duration\":null"), 422, "duration"},
  {BODY ("\"resolution\":\"480p\""), 422, "resolution"},
  {BODY ("\"aspect_ratio\":\"2:1\""), 422, "aspect_ratio"},
  {BODY ("\"seed\":-1"), 422, "seed"},
  {BODY ("\"seed\":2147483648"), 422, "seed"},
  {BODY ("\"seed\":99999999999999999999"), 422, "seed"},
  {BODY ("\"multi_shots\":1"), 422, "multi_shots"},
  {BODY ("\"foo\":1"), 422, "foo"},
  {BODY ("\"reference_image_urls\":\"x\""), 422, "reference_image_urls"},
  {BODY ("\"reference_video_urls\":[1]"), 422, "reference_video_urls"},
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
  {MODEL_OF ("kling-v3-text-to-video") ",\"voice_ids\":[1]}", 422,
      "voice_ids must be an array of strings"},
  {MODEL_OF ("kling-o3-reference-to-video") ",\"elements\":[\"x\"]}", 422,
      "elements must be an array of objects"},
#undef MODEL_OF
};

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
test_strict (void)
{
  g_autoptr (Fixture) fixture = payload_fixture (usual);
  g_autofree gchar *bomb = g_strnfill (200000, '[');
  g_autoptr (Reply) nested = submit (fixture, bomb);
  guint charged = 0;

  g_assert_cmpuint (nested->status, ==, 400);
  for (guint i = 0; i < G_N_ELEMENTS (strict); i++) {
    g_autoptr (Reply) reply = submit (fixture, strict[i].body);

    g_test_message ("body %u: %u %s", i, reply->status, reply->text);
    g_assert_cmpuint (reply->status, ==, strict[i].status);
    if (strict[i].word != NULL)
      g_assert_nonnull (strstr (reply->text, strict[i].word));
    charged += reply->status == 200;
  }
  g_assert_cmpuint (count_tasks (fixture), ==, charged);
  check_violations (fixture, 1);

  g_assert_cmpuint (submit_long (fixture, "ä", 5000), ==, 200);
  g_assert_cmpuint (submit_long (fixture, "ä", 5001), ==, 422);
  g_assert_cmpuint (submit_long (fixture, "0123456789", 200000), ==, 413);
}

/* A local file, by its URI or its path, wherever it stands; a prompt is free. And
 * the key in an address, or in a file. */
static void
test_violations (void)
{
  static const gchar *const bodies[] = {
    "{\"model\":\"x\",\"a\":{\"b\":[{\"c\":\"FILE:///etc/x\"}]}}",
    "{" MODEL
        ",\"prompt\":\"a\",\"reference_video_urls\":[\"/proc/self/exe\"]}",
  };
  g_autoptr (Fixture) fixture = payload_fixture (usual);
  FoxapiSimFault fault = {.status = 500 };
  g_autoptr (Reply) free = submit (fixture,
      "{" MODEL ",\"prompt\":\"file:///etc/passwd\"}");
  g_autoptr (GBytes) file = g_bytes_new_static ("\0 test-key-0123456789", 21);
  g_autoptr (Reply) in_address = NULL, in_file = NULL;

  g_assert_cmpuint (free->status, ==, 200);
  foxapi_sim_script (fixture->sim, FOXAPI_SIM_SUBMIT, 3, &fault);
  for (guint i = 0; i < G_N_ELEMENTS (bodies); i++) {
    g_autoptr (Reply) reply = submit (fixture, bodies[i]);

    g_assert_cmpuint (reply->status, >=, 400);
    check_violations (fixture, 1);
  }
  in_address = call_api (fixture, "/v1/tasks/x?key=test-key-0123456789", NULL,
      NULL);
  g_assert_nonnull (strstr (in_address->text, "key_leaked"));
  check_violations (fixture, 1);
  in_file = upload (fixture, file, "name=\"file\"; filename=\"a.png\"", NULL);
  g_assert_nonnull (strstr (in_file->text, "key_leaked"));
  check_violations (fixture, 1);
}

#define SUBMIT "/v1/videos/generations"

static const struct
{
  const gchar *method;
  const gchar *path;
  const gchar *key;             /* what stands in Authorization */
  const gchar *type;            /* of a good body, if there is one */
  guint status;
} routes[] = {
  {"POST", SUBMIT, NULL, "application/json", 401},
  {"POST", SUBMIT, "Bearer key", "application/json", 401},
  {"POST", SUBMIT, "k e y", "application/json", 401},
  {"POST", SUBMIT, "Bearer k e y", "text/plain", 400},
  {"POST", SUBMIT "?a=1", "Bearer k e y", "application/json", 400},
  {"POST", SUBMIT, "Bearer k e y", "application/json", 200},
  {"GET", SUBMIT, "Bearer k e y", NULL, 405},
  {"DELETE", "/v1/tasks/x", "Bearer k e y", NULL, 405},
  {"GET", "/v1/tasks/x", "Bearer k e y", NULL, 404},
  {"GET", "/v1/tasks/x?y=1", "Bearer k e y", NULL, 400},
  {"GET", "/v1/tasks/x?sync_upstream=true", "Bearer k e y", NULL, 404},
  {"GET", "/v1/other", "Bearer k e y", NULL, 404},
  {"HEAD", "/v1/other", "Bearer k e y", NULL, 404},
  {"GET", "/v1/models", NULL, NULL, 401},
  {"GET", "/v1/models", "Bearer k e y", NULL, 200},
  {"GET", "/v1/models?x=1", "Bearer k e y", NULL, 400},
  {"POST", "/v1/models", "Bearer k e y", "application/json", 405},
};

static void
test_routes (void)
{
  g_autoptr (Fixture) fixture = payload_fixture ((FoxapiSimOptions) {
      .api_key = "k e y"});
  g_autoptr (GBytes) body = g_bytes_new_static (GOOD_BODY, strlen (GOOD_BODY));

  for (guint i = 0; i < G_N_ELEMENTS (routes); i++) {
    g_autofree gchar *url = g_strconcat (foxapi_sim_get_base_url (fixture->sim),
        routes[i].path, NULL);
    g_autofree gchar *header =
        g_strconcat ("Authorization: ", routes[i].key, NULL);
    g_autoptr (Reply) reply = call (fixture, routes[i].method, url,
        routes[i].key ? header : NULL, routes[i].type,
        routes[i].type ? body : NULL);

    g_test_message ("%s %s", routes[i].method, routes[i].path);
    g_assert_cmpuint (reply->status, ==, routes[i].status);
  }
}

/* What the answer to a submission, and that to the question after it, has in it,
 * or, behind a !, has not */
static const struct
{
  FoxapiSimOptions options;
  const gchar *prompt;
  const gchar *submitted;
  const gchar *asked;
} answers[] = {
  {{.manual = TRUE}, "A fox", "\"status\":\"pending\"", "\"progress\":0"},
  {{0}, "A fox", "\"estimated_time\":45", "\"results\":[{"},
  {{0}, "[fail]", "\"credits_reserved\":5", "\"type\":\"task_error\""},
  {{0}, "a [cancelled]", "pending", "\"status\":\"cancelled\""},
  {{.late_results_ms = HOUR_MS}, "A fox", "pending",
      "\"progress\":50,\"status\":\"completed\""},
  {{.late_results_ms = HOUR_MS}, "A fox", "pending", "\"results\":null"},
  {{.result_form = FOXAPI_SIM_EMPTY}, "A fox", "pending", "\"results\":[]"},
  {{.result_form = FOXAPI_SIM_ABSENT}, "A fox", "pending", "!\"results\""},
  {{.result_form = FOXAPI_SIM_VOICE}, "A fox", "pending",
      "\"results\":[{\"voice_id\":"},
  {{.at_once = TRUE,.estimated_time = -2}, "A fox", "\"url\":\"http",
      "!task_info"},
  {{.at_once = TRUE,.failure = "text"}, "[fail]", "\"error\":\"",
      "\"status\":\"failed\""},
};

static void
check_text (const gchar * text, const gchar * wanted)
{
  gboolean absent = *wanted == '!';

  g_test_message ("%s in %s", wanted, text);
  g_assert_true ((strstr (text, wanted + absent) == NULL) == absent);
}

static void
test_answers (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (answers); i++) {
    g_autoptr (Fixture) fixture = payload_fixture (answers[i].options);
    g_autofree gchar *body = g_strdup_printf ("{" MODEL ",\"prompt\":\"%s\"}",
        answers[i].prompt);
    g_autoptr (Reply) submitted = submit (fixture, body);
    g_autofree gchar *id = reply_dup_string (submitted, "id");
    g_autofree gchar *path = g_strconcat ("/v1/tasks/", id, NULL);
    g_autoptr (Reply) asked = call_api (fixture, path, NULL, NULL);

    g_assert_true (g_regex_match_simple ("^task-unified-[0-9]+-[a-z0-9]{8}$",
            id, 0, 0));
    check_text (submitted->text, answers[i].submitted);
    check_text (asked->text, answers[i].asked);
  }
}

/* What a link answers */
static const struct
{
  FoxapiSimOptions options;
  const gchar *method;
  const gchar *query;
  const gchar *header;
  guint status;
  const gchar *text;            /* in the body */
  gboolean expired;
} results[] = {
  {{0}, "GET", "", NULL, 200, payload_text, FALSE},
  {{0}, "GET", "", "Range: bytes=2-4", 206, "234", FALSE},
  {{0}, "GET", "", "Range: bytes=-2", 206, "yz", FALSE},
  {{0}, "GET", "", "Range: bytes=36-", 416, "", FALSE},
  {{0}, "GET", "", "Range: bytes=0-1,4-5", 200, payload_text, FALSE},
  {{0}, "PUT", "", NULL, 405, "", FALSE},
  {{0}, "GET", "?a=1", NULL, 400, "", FALSE},
  {{0}, "GET", "", NULL, 404, "", TRUE},
  {{.range_status = 501}, "GET", "", "Range: bytes=3-", 501, "", FALSE},
  {{.late_link_ms = HOUR_MS}, "GET", "", NULL, 404, "", FALSE},
  /* The key of the service, shown to another origin */
  {{0}, "GET", "", "Authorization: Bearer x", 400, "", FALSE},
  {{0}, "GET", "", "Cookie: key=test-key-0123456789", 400, "", FALSE},
  {{0}, "GET", "?key=test-key-0123456789", NULL, 400, "", FALSE},
};

#define N_LEAKS 3               /* the last ones */

static void
test_results (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (results); i++) {
    g_autoptr (Fixture) fixture = payload_fixture (results[i].options);
    g_autofree gchar *id = foxapi_sim_add_task (fixture->sim, "completed");
    g_autofree gchar *path = g_strconcat ("/v1/tasks/", id, NULL);
    g_autoptr (Reply) asked = call_api (fixture, path, NULL, NULL);
    g_autofree gchar *link = reply_dup_string (asked, "url");
    g_autofree gchar *url = g_strconcat (link, results[i].query, NULL);
    g_autoptr (Reply) reply = NULL;

    if (results[i].expired)
      foxapi_sim_expire_links (fixture->sim);
    reply = call (fixture, results[i].method, url, results[i].header, NULL,
        NULL);
    g_test_message ("%u: %u %s", i, reply->status, reply->text);
    g_assert_cmpuint (reply->status, ==, results[i].status);
    g_assert_nonnull (strstr (reply->text, results[i].text));
    check_violations (fixture, i + N_LEAKS >= G_N_ELEMENTS (results));
  }
}

static void
test_upload (void)
{
  static const gchar *const refused[][3] = {
    {"name=\"data\"; filename=\"a.png\"", NULL, "unknown name"},
    {"name=\"file\"", NULL, "file is missing"},
    {"name=\"file\"; filename*=UTF-8''a.png", NULL, "file is missing"},
    {"name=\"file\"; filename=\"f\xc3\xbc.png\"", NULL, "file is missing"},
    {"name=\"file\"; filename=\"a/b.png\"", NULL, "filename is a path"},
    {"name=\"file\"; filename=\"a.png\"", "../b.png", "file_name is a path"},
    {"name=\"file_name\"", "b.png", "file_name is there twice"},
    {"name=\"auto_cleanup\"", NULL, "auto_cleanup is there twice"},
  };
  g_autoptr (Fixture) fixture = payload_fixture (usual);
  g_autoptr (GBytes) bytes = g_bytes_new_static ("a picture", 9);
  g_autoptr (GBytes) text = g_bytes_new_static ("true", 4);
  g_autoptr (Reply) good = upload (fixture, bytes,
      "name=\"file\"; filename=\"a.png\"", "b.png");
  g_autofree gchar *url = reply_dup_string (good, "url");
  g_autofree gchar *wrong = g_strconcat (url, "x", NULL);
  const gchar *references[] = { url, "https://a.example/b", wrong };
  g_autoptr (GBytes) large = NULL;
  g_autoptr (Reply) too_large = NULL;

  g_assert_cmpuint (good->status, ==, 200);
  g_assert_nonnull (strstr (good->text, "\"filename\":\"b.png\""));
  for (guint i = 0; i < G_N_ELEMENTS (references); i++) {
    g_autofree gchar *body = g_strdup_printf ("{" MODEL ",\"prompt\":\"a\","
        "\"reference_image_urls\":[\"%s\"]}", references[i]);
    g_autoptr (Reply) reply = submit (fixture, body);

    g_assert_cmpuint (reply->status, ==, i < 2 ? 200 : 422);
  }
  for (guint i = 0; i < G_N_ELEMENTS (refused); i++) {
    g_autoptr (Reply) reply =
        upload (fixture, text, refused[i][0], refused[i][1]);

    g_test_message ("%u: %s", i, reply->text);
    g_assert_cmpuint (reply->status, ==, 422);
    g_assert_nonnull (strstr (reply->text, refused[i][2]));
  }

  /* With the form around it, it is more than Cloudflare lets through. */
  large = g_bytes_new_take (g_malloc0 (100 * 1000 * 1000), 100 * 1000 * 1000);
  too_large =
      upload (fixture, large, "name=\"file\"; filename=\"a.png\"", NULL);
  g_assert_cmpuint (too_large->status, ==, 413);
}

static const struct
{
  const gchar *answer;
  guint status;                 /* of the fault; 0 leaves it to the answer */
  guint expected;
  const gchar *type;            /* the Content-Type */
  const gchar *body;            /* found in it */
  gboolean named;               /* the request is, in the header */
} refusals[] = {
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
  g_autoptr (Fixture) fixture = payload_fixture (usual);

  for (guint i = 0; i < G_N_ELEMENTS (refusals); i++) {
    FoxapiSimFault fault = {.status = refusals[i].status,
      .answer = refusals[i].answer
    };
    g_autoptr (Reply) reply = NULL;
    const gchar *id;

    foxapi_sim_script (fixture->sim, FOXAPI_SIM_SUBMIT, i + 1, &fault);
    reply = submit (fixture, GOOD_BODY);
    g_test_message ("%u: %u %s", i, reply->status, reply->text);
    g_assert_cmpuint (reply->status, ==, refusals[i].expected);
    g_assert_cmpstr (soup_message_headers_get_content_type (reply->headers,
            NULL), ==, refusals[i].type);
    g_assert_nonnull (strstr (reply->text, refusals[i].body));
    id = soup_message_headers_get_one (reply->headers, "X-Request-Id");
    g_assert_true ((id != NULL) == refusals[i].named);
    g_assert_true (id == NULL || strstr (reply->text, id) != NULL);
  }
  g_assert_cmpuint (count_tasks (fixture), ==, 0);
}

/* The simulator ends in the middle of everything at once. */
static void
test_free (void)
{
  static const FoxapiSimFault faults[] = {
    {.hold = TRUE}, {.hold_at = 3}, {.endless = TRUE}, {.drip_ms = 60000}, {0}
  };
  static const gchar request[] = "GET /v1/tasks/x HTTP/1.1\r\n"
      "Host: 127.0.0.1\r\n\r\n";
  Fixture *fixture = payload_fixture (usual);
  g_autoptr (GSocketClient) client = g_socket_client_new ();
  g_autoptr (GPtrArray) connections =
      g_ptr_array_new_with_free_func (g_object_unref);

  g_socket_client_set_enable_proxy (client, FALSE);
  /* Behind the faults: half a request, and one that never comes */
  for (guint i = 0; i < G_N_ELEMENTS (faults) + 2; i++) {
    GSocketConnection *connection = g_socket_client_connect_to_uri (client,
        foxapi_sim_get_base_url (fixture->sim), 80, NULL, NULL);
    gsize length = i < G_N_ELEMENTS (faults) ? strlen (request)
        : i == G_N_ELEMENTS (faults) ? 10 : 0;

    g_ptr_array_add (connections, connection);
    if (i < G_N_ELEMENTS (faults))
      foxapi_sim_script (fixture->sim, FOXAPI_SIM_ASK, i + 1, &faults[i]);
    g_output_stream_write_all (g_io_stream_get_output_stream (G_IO_STREAM
            (connection)), request, length, NULL, NULL, NULL);
    g_assert_true (foxapi_sim_wait_requests (fixture->sim, FOXAPI_SIM_ASK,
            MIN (i + 1, G_N_ELEMENTS (faults))));
  }
  fixture_free (fixture);
}

static void
test_spec (void)
{
  FoxapiSimRoute route;
  guint nth;
  g_autoptr (FoxapiSimFault) fault = foxapi_sim_fault_parse ("result:3:"
      "cut-at=99,retry-after=2,header=X: y,header=Z:,act-first,answer=flat,"
      "delay=7,body=a,b", &route, &nth, NULL);
  const gchar *wrong[] = {
    "", "submit", "submit:1", "submit:x:reset", "fetch:1:reset",
    "submit:-1:hold",
    "submit:1:", "submit:1:explode", "submit:1:reset=1", "submit:1:status",
    "submit:1:status=99", "submit:1:status=4x", "submit:1:header=a",
    "submit:1:drip=0", "submit:1:answer=x",
  };

  g_assert_nonnull (fault);
  g_assert_cmpint (route, ==, FOXAPI_SIM_RESULT);
  g_assert_cmpuint (nth, ==, 3);
  g_assert_cmpuint (fault->cut_at, ==, 99);
  g_assert_true (fault->act_first);
  g_assert_cmpstr (fault->headers, ==, "retry-after: 2\nX: y\nZ:");
  g_assert_cmpstr (fault->answer, ==, "flat");
  g_assert_cmpuint (fault->delay_ms, ==, 7);
  g_assert_cmpstr (fault->body, ==, "a,b");
  for (guint i = 0; i < G_N_ELEMENTS (wrong); i++) {
    g_autoptr (GError) error = NULL;

    g_assert_null (foxapi_sim_fault_parse (wrong[i], &route, &nth, &error));
    g_assert_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE);
  }
}

/* Rendered results */

/* What has come to a sink, which ends with the last of it */
typedef struct
{
  guint64 n;
  GstClockTime end;
  GstVideoInfo info;            /* of a picture */
} Arrived;

static Arrived
look_at (GstElement * pipeline, const gchar * name)
{
  g_autoptr (GstElement) sink = gst_bin_get_by_name (GST_BIN (pipeline), name);
  g_autoptr (GstStructure) stats = NULL;
  g_autoptr (GstSample) last = NULL;
  Arrived arrived = { 0 };
  GstBuffer *buffer;

  g_object_get (sink, "stats", &stats, "last-sample", &last, NULL);
  g_assert_nonnull (last);
  buffer = gst_sample_get_buffer (last);
  gst_structure_get_uint64 (stats, "rendered", &arrived.n);
  arrived.end = GST_BUFFER_PTS (buffer) + GST_BUFFER_DURATION (buffer);
  gst_video_info_from_caps (&arrived.info, gst_sample_get_caps (last));
  return arrived;
}

/* Decodes the whole file */
static Arrived
decode (GBytes * bytes, Arrived * sound)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GstElement) pipeline = gst_parse_launch ("giostreamsrc name=source"
      " ! decodebin name=d ! videoconvert ! fakesink name=video sync=false"
      " d. ! audioconvert ! fakesink name=sound sync=false", &error);
  g_autoptr (GstElement) source = NULL;
  g_autoptr (GInputStream) stream =
      g_memory_input_stream_new_from_bytes (bytes);
  g_autoptr (GstBus) bus = NULL;
  g_autoptr (GstMessage) message = NULL;
  Arrived pictures;

  g_assert_no_error (error);
  gst_object_ref_sink (pipeline);
  source = gst_bin_get_by_name (GST_BIN (pipeline), "source");
  g_object_set (source, "stream", stream, NULL);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  bus = gst_element_get_bus (pipeline);
  message = gst_bus_timed_pop_filtered (bus, 60 * GST_SECOND,
      GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  g_assert_nonnull (message);
  g_assert_cmpint (GST_MESSAGE_TYPE (message), ==, GST_MESSAGE_EOS);
  pictures = look_at (pipeline, "video");
  *sound = look_at (pipeline, "sound");
  gst_element_set_state (pipeline, GST_STATE_NULL);
  return pictures;
}

/* Where a box of the file's top level begins */
static goffset
find_box (GBytes * bytes, const gchar * name)
{
  gsize size;
  const guint8 *data = g_bytes_get_data (bytes, &size);

  for (gsize at = 0; at + 8 <= size;) {
    guint32 length;

    memcpy (&length, data + at, sizeof length);
    length = GUINT32_FROM_BE (length);
    if (memcmp (data + at + 4, name, 4) == 0)
      return at;
    g_assert_cmpuint (length, >=, 8);
    at += length;
  }
  return -1;
}

static void
test_render (void)
{
  g_autoptr (Fixture) fixture = fixture_new (usual);
  const gchar *body = "{\"model\":\"wan-2.7-reference-to-video\","
      "\"prompt\":\"A <fox> & a hen\",\"duration\":2,\"resolution\":\"720p\","
      "\"aspect_ratio\":\"4:3\"}";
  g_autoptr (Reply) submitted = submit (fixture, body);
  g_autoptr (GBytes) result = foxapi_sim_get_result (fixture->sim, NULL);
  g_autoptr (Reply) again = NULL;
  g_autoptr (GBytes) same = NULL;
  Arrived pictures, sound;

  g_assert_cmpuint (submitted->status, ==, 200);
  g_assert_nonnull (result);
  pictures = decode (result, &sound);
  g_assert_cmpint (pictures.info.width, ==, 1088);
  g_assert_cmpint (pictures.info.height, ==, 832);
  g_assert_cmpuint (pictures.n, ==, 2 * FOXAPI_SIM_FPS);
  g_assert_cmpuint (pictures.end, ==, 2 * GST_SECOND);
  g_assert_cmpint (ABS (GST_CLOCK_DIFF (sound.end, 2 * GST_SECOND)), <,
      50 * GST_MSECOND);
  /* A frame of AAC is 1024 samples, and a buffer. */
  g_assert_cmpuint (sound.n, >=, 2 * 48000 / 1024);
  g_assert_cmpint (find_box (result, "moov"), <, find_box (result, "mdat"));

  /* The same request is another task and the same file */
  again = submit (fixture, body);
  g_assert_cmpuint (again->status, ==, 200);
  same = foxapi_sim_get_result (fixture->sim, NULL);
  g_assert_true (same == result);
}

/* One reference that is there and one that is not, in another model's size,
 * with the index at the end. The simulator ends while it renders another. */
static void
test_render_references (void)
{
  g_autoptr (Fixture) fixture = fixture_new ((FoxapiSimOptions) {
      .moov_at_end = TRUE});
  g_autoptr (Reply) submitted = NULL;
  g_autoptr (Reply) silent = NULL;
  g_autoptr (Reply) last = NULL;
  g_autoptr (GBytes) png = g_bytes_new_static ("\x89PNG", 4);
  g_autoptr (GBytes) result = NULL;
  g_autoptr (Reply) uploaded = upload (fixture, png,
      "name=\"file\"; filename=\"a.png\"", NULL);
  g_autofree gchar *url = reply_dup_string (uploaded, "url");
  g_autofree gchar *body = g_strdup_printf ("{\"model\":"
      "\"grok-imagine-reference-to-video\","
      "\"prompt\":\"A fox\",\"duration\":1,\"resolution\":\"480p\","
      "\"aspect_ratio\":\"9:16\",\"reference_image_urls\":[\"%s\",\"https://example.com/x?a&b\"]"
      "}", url);
  Arrived pictures, sound;

  submitted = submit (fixture, body);
  g_assert_cmpuint (submitted->status, ==, 200);
  result = foxapi_sim_get_result (fixture->sim, NULL);
  g_assert_nonnull (result);
  pictures = decode (result, &sound);
  g_assert_cmpint (pictures.info.width, ==, 480);
  g_assert_cmpint (pictures.info.height, ==, 848);
  g_assert_cmpuint (pictures.n, ==, FOXAPI_SIM_FPS);
  g_assert_cmpint (find_box (result, "moov"), >, find_box (result, "mdat"));

  /* Another one without sound */
  silent = submit (fixture, "{\"model\":\"pixverse-v6-text-to-video\","
      "\"prompt\":\"A fox\",\"duration\":1,\"resolution\":\"360p\","
      "\"generate_audio\":false}");
  g_assert_cmpuint (silent->status, ==, 200);
  g_bytes_unref (result);
  result = foxapi_sim_get_result (fixture->sim, NULL);
  g_assert_nonnull (result);
  g_assert_null (memmem (g_bytes_get_data (result, NULL),
          g_bytes_get_size (result), "soun", 4));

  last = submit (fixture, GOOD_BODY);
  g_assert_cmpuint (last->status, ==, 200);
}

int
main (int argc, char **argv)
{
  gst_init (NULL, NULL);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sim/strict", test_strict);
  g_test_add_func ("/sim/violations", test_violations);
  g_test_add_func ("/sim/routes", test_routes);
  g_test_add_func ("/sim/answers", test_answers);
  g_test_add_func ("/sim/results", test_results);
  g_test_add_func ("/sim/upload", test_upload);
  g_test_add_func ("/sim/refusals", test_refusals);
  g_test_add_func ("/sim/free", test_free);
  g_test_add_func ("/sim/spec", test_spec);
  g_test_add_func ("/sim/render/file", test_render);
  g_test_add_func ("/sim/render/references", test_render_references);
  return g_test_run ();
}
