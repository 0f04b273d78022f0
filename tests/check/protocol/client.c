/* The calls of the service, as they are on the wire
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <string.h>

#include "clienttest.h"

static void
check_header (FoxapiSimRoute route, const gchar * name, const gchar * expected)
{
  g_autofree gchar *value = dup_header (sim, route, 1, name);

  fail_unless (g_strcmp0 (value, expected) == 0, "%s: %s", name, value);
}

static void
check_authorization (FoxapiSimRoute route)
{
  g_autofree gchar *bearer =
      g_strconcat ("Bearer ", foxapi_sim_get_api_key (sim), NULL);

  check_header (route, "Authorization", bearer);
  check_header (route, "User-Agent", "gst-foxapi-test");
}

/* Method, path and body of the only request of @route */
static void
check_request (FoxapiSimRoute route, const gchar * method, const gchar * path,
    const gchar * body)
{
  FoxapiSimRequest *request = dup_request (sim, route, 1);
  g_autofree gchar *text = g_strndup (g_bytes_get_data (request->body, NULL),
      g_bytes_get_size (request->body));

  check_requests (route, 1);
  fail_unless_equals_string (request->method, method);
  fail_unless_equals_string (request->path, path);
  fail_unless_equals_string (text, body);
  free_request (request);
}

TEST (test_submit)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (FoxapiTask) task =
      foxapi_client_submit (client, GOOD_BODY, NULL, NULL, &error);

  fail_unless (task != NULL, "%s", error ? error->message : "");
  fail_unless_equals_int (task->state, FOXAPI_TASK_RUNNING);
  check_request (FOXAPI_SIM_SUBMIT, "POST", "/v1/videos/generations",
      GOOD_BODY);
  check_header (FOXAPI_SIM_SUBMIT, "Content-Type", "application/json");
  check_authorization (FOXAPI_SIM_SUBMIT);
}

TEST (test_ask)
{
  g_autofree gchar *id = foxapi_sim_add_task (sim, "processing");
  g_autofree gchar *path = g_strconcat ("/v1/tasks/", id, NULL);
  g_autoptr (FoxapiTask) task = foxapi_client_ask (client, id, NULL, NULL);

  fail_unless (task != NULL);
  fail_unless_equals_string (task->id, id);
  fail_unless_equals_string (task->status, "processing");
  check_request (FOXAPI_SIM_ASK, "GET", path, "");
  check_authorization (FOXAPI_SIM_ASK);
}

/* An id is one segment of the path, whatever is in it. */
TEST (test_ask_odd_id)
{
  const ErrorMeaning unknown = { FOXAPI_ERROR_NOT_FOUND, 404,
    FOXAPI_CHARGE_NOT_ASKED, FALSE
  };
  g_autoptr (GError) error = NULL;
  FoxapiSimRequest *request;

  fail_unless (foxapi_client_ask (client, "a;b=\xc3\xa9&c", NULL, &error)
      == NULL);
  check_error (error, &unknown);
  request = dup_request (sim, FOXAPI_SIM_ASK, 1);
  fail_unless (strpbrk (request->path + strlen ("/v1/tasks/"), "/?#") == NULL);
  fail_unless (g_str_is_ascii (request->path), "%s", request->path);
  free_request (request);
}

static void
check_models (guint nth, const gchar * body, const gchar * names,
    const gchar * fault)
{
  FoxapiSimFault answer = {.body = body };
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) models = NULL;
  g_autofree gchar *all = NULL;

  foxapi_sim_script (sim, FOXAPI_SIM_OTHER, nth, &answer);
  models = foxapi_client_list_models (client, NULL, &error);
  all = models ? g_strjoinv (" ", models) : NULL;
  fail_unless (g_strcmp0 (all, names) == 0, "%s", all);
  fail_unless (fault == NULL || strstr (error->message, fault) != NULL, "%s",
      error->message);
}

TEST (test_models)
{
  check_models (1, "{\"data\":[{\"id\":\"one\"},{\"id\":7},3,{},"
      "{\"id\":\"t\\nwo\",\"more\":null}]}", "one t wo", NULL);
  check_models (2, "{\"data\":[]}", "", NULL);
  check_models (3, "{\"models\":[]}", NULL, "no list of models");
  check_models (4, "[", NULL, "no list of models");
  check_header (FOXAPI_SIM_OTHER, "Accept", "application/json");
  check_authorization (FOXAPI_SIM_OTHER);
}

TEST (test_upload)
{
  static const gchar form[] = "--fox\r\nContent-Disposition: form-data; "
      "name=\"file\"; filename=\"a.png\"\r\nContent-Type: image/png\r\n\r\n"
      "12345\r\n--fox--\r\n";
  g_autoptr (GInputStream) stream =
      g_memory_input_stream_new_from_data (form, strlen (form), NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) stored = NULL;
  g_autofree gchar *url = foxapi_client_upload (client, stream,
      "multipart/form-data; boundary=fox", strlen (form), NULL, &error);

  fail_unless (url != NULL, "%s", error ? error->message : "");
  fail_unless (g_str_has_prefix (url, foxapi_sim_get_result_base_url (sim)));
  stored = foxapi_sim_get_upload (sim, url);
  fail_unless (stored != NULL && g_bytes_get_size (stored) == 5);
  check_request (FOXAPI_SIM_UPLOAD, "POST", "/v1/files/upload/stream", form);
  check_header (FOXAPI_SIM_UPLOAD, "Content-Type",
      "multipart/form-data; boundary=fox");
  check_authorization (FOXAPI_SIM_UPLOAD);
}

static const ErrorMeaning unusable = { FOXAPI_ERROR_FAILED, 200,
  FOXAPI_CHARGE_NOT_ASKED, FALSE
};

static const gchar *const no_uploads[] = { "", "{}", "[]", "<html></html>",
  "{\"url\":5}", "{\"url\":\"\"}", "{\"url\":\"ftp://a/b\"}",
  "{\"url\":\"file:///etc/passwd\"}", "{\"url\":\"/a/b\"}"
};

TEST (test_upload_answers)
{
  FoxapiSimFault answer = {.status = 200,.body = no_uploads[__i__] };

  check_fault (FOXAPI_CALL_UPLOAD, answer, &unusable);
}

static FoxapiClient *
new_client (const gchar * base_url, const gchar * key, GError ** error)
{
  g_autoptr (FoxapiSession) session = make_session ();

  return foxapi_client_new (session, base_url, key, error);
}

static const gchar *const good_base_urls[][2] = {
  {"https://api.foxapi.cc", "https://api.foxapi.cc"},
  {"https://api.foxapi.cc/", "https://api.foxapi.cc"},
  {"http://127.0.0.1:8080///", "http://127.0.0.1:8080"},
  {"https://proxy.example/fox/api/", "https://proxy.example/fox/api"},
  {"https://api.foxapi.cc/v1/", "https://api.foxapi.cc"},
  {"http://[::1]:80", "http://[::1]:80"},
  {"HTTP://Api_1.example.:8080/", "http://Api_1.example.:8080"},
  {"https://a:", "https://a"},
  {"https://a:65535", "https://a:65535"},
  {"https://\xc3\xa9.example", "https://xn--9ca.example"},
};

TEST (test_good_base_url)
{
  g_autoptr (FoxapiClient) other = new_client (good_base_urls[__i__][0],
      "key-12345", NULL);
  const gchar *url;

  fail_unless (other != NULL);
  url = foxapi_client_get_base_url (other);
  fail_unless (g_str_equal (url, good_base_urls[__i__][1])
      || g_str_equal (url, "http://[::1]"), "%s", url);
}

static const struct
{
  const gchar *url;
  const gchar *shown;           /* of the value; NULL: nothing */
} bad_base_urls[] = {
  {"", NULL},
  {"api.foxapi.cc", NULL},
  {"sk-0123456789", NULL},
  {"ftp://a", "\"ftp://a\""},
  {"file:///", "\"file:///\""},
  {"mailto:a@b", NULL},
  {"https:a", NULL},
  {"https//a", NULL},
  {"\xff", NULL},
  {"http://a b/", "\"http://a b/\""},
  {" http://a", "\" http://a\""},
  {"http://a\n", "\"http://a\""},
  {"http://a/b c", "\"http://a/b c\""},
  {"http://a\x7f", "\"http://a\""},
  {"https://", "\"https://\""},
  {"https:///v1", "\"https:///v1\""},
  {"https://:80", "\"https://:80\""},
  {"https://a%20b", "\"https://a%20b\""},
  {"https://a\\b", "\"https://a\\b\""},
  {"https://$HOST", "\"https://$HOST\""},
  {"https://a..b", "\"https://a..b\""},
  {"https://.", "\"https://.\""},
  {"https://[zz]", "\"https://[zz]\""},
  {"https://[::1", "\"https://[::1\""},
  {"https://a:0", "\"https://a:0\""},
  {"https://a:99999", "\"https://a:99999\""},
  {"https://a:x", "\"https://a:x\""},
  {"https://user@a", "\"https://…@a\""},
  {"https://user:pw@a/b", "\"https://…@a/b\""},
  {"https://@a", "\"https://…@a\""},
  {"https://u:pw#x@a", "\"https://…\""},
  {"https://u:x@pw@a", "\"https://…\""},
  {"https://a?x@pw", "\"https://…\""},
  {"https://a?pw", "\"https://a…\""},
  {"https://a/b#pw", "\"https://a/b…\""},
  {"https://a/?x#pw", "\"https://a/…\""},
  {"https://key-12345 a", "\"https://[API key] a\""},
  {"https://a/%zz", "\"https://a/%zz\""},
};

TEST (test_bad_base_url)
{
  const gchar *url = bad_base_urls[__i__].url;
  const gchar *shown = bad_base_urls[__i__].shown;
  const ErrorMeaning settings = {.code = FOXAPI_ERROR_SETTINGS };
  g_autoptr (GError) error = NULL;

  fail_unless (new_client (url, "key-12345", &error) == NULL, "%s", url);
  check_error (error, &settings);
  check_words (error->message, "base-url", "http or https URL", shown, NULL);
  fail_unless ((shown == NULL) == (strchr (error->message, '"') == NULL),
      "%s", error->message);
  fail_unless (strstr (error->message, "pw") == NULL, "%s", error->message);
  fail_unless (strstr (error->message, "sk-") == NULL, "%s", error->message);
}

/* None at all; one that could end its header; characters that no key has */
static const gchar *const bad_keys[] = { NULL, "", "key 12345", "key-12345\n",
  "key\r\nHost: a", "\tkey", "k\xc3\xa9y", "key\x7f", "\"key-12345\"", "a\\b",
  "a=b", "==", "{key}"
};

TEST (test_bad_key)
{
  const gchar *key = bad_keys[__i__];
  gboolean is_none = key == NULL || *key == '\0';
  const ErrorMeaning meaning = {.code = is_none ? FOXAPI_ERROR_NOT_AUTHORIZED :
        FOXAPI_ERROR_SETTINGS
  };
  g_autoptr (GError) error = NULL;
  g_autoptr (FoxapiClient) other = new_client ("https://a", key, &error);

  if (is_none)
    fail_if (foxapi_client_check_key (other, &error));
  else
    fail_unless (other == NULL);
  check_error (error, &meaning);
  check_words (error->message, "FOXAPI_API_KEY", NULL);
  if (!is_none)
    fail_unless (strstr (error->message, key) == NULL, "%s", error->message);
}

static const gchar *const good_keys[] = { "sk-Ab0._~+/", "abc==" };

TEST (test_good_key)
{
  g_autoptr (FoxapiClient) other = new_client ("https://a", good_keys[__i__],
      NULL);

  fail_unless (other != NULL);
}

TEST (test_path_below_base_url)
{
  g_autofree gchar *base = g_strconcat (foxapi_sim_get_base_url (sim), "/deep/",
      NULL);
  g_autoptr (FoxapiClient) other = new_client (base,
      foxapi_sim_get_api_key (sim), NULL);
  FoxapiSimRequest *request;

  fail_unless (foxapi_client_submit (other, GOOD_BODY, NULL, NULL,
          NULL) == NULL);
  request = dup_request (sim, FOXAPI_SIM_OTHER, 1);
  fail_unless_equals_string (request->path, "/deep/v1/videos/generations");
  free_request (request);
}

TEST (test_key_digest)
{
  g_autoptr (FoxapiClient) same = new_client ("https://a",
      foxapi_sim_get_api_key (sim), NULL);
  g_autoptr (FoxapiClient) other = new_client ("https://a", "key-12345", NULL);
  g_autofree gchar *a = foxapi_client_get_key_digest (client);
  g_autofree gchar *b = foxapi_client_get_key_digest (same);
  g_autofree gchar *c = foxapi_client_get_key_digest (other);

  fail_unless_equals_int (strlen (a), 64);
  fail_unless (strspn (a, "0123456789abcdef") == 64);
  fail_unless_equals_string (a, b);
  fail_if (g_str_equal (a, c));
}

/* The key goes nowhere but where it was meant to go. */
static const guint redirects[] = { 301, 302, 303, 307, 308 };

TEST (test_redirects)
{
  guint status = redirects[__i__];
  const ErrorMeaning paid = { FOXAPI_ERROR_FAILED, status, FOXAPI_CHARGE_NO,
    FALSE
  };
  const ErrorMeaning free = { FOXAPI_ERROR_FAILED, status,
    FOXAPI_CHARGE_NOT_ASKED, FALSE
  };
  g_autofree gchar *other = g_strconcat (foxapi_sim_get_result_base_url (sim),
      "/v1/videos/generations", NULL);
  const gchar *const locations[] = { other, "/elsewhere",
    "http://127.0.0.1:9/elsewhere"
  };

  for (guint i = 0; i < G_N_ELEMENTS (locations); i++) {
    g_autofree gchar *headers = g_strconcat ("Location: ", locations[i], NULL);
    FoxapiSimFault fault = {.status = status,.headers = headers,.body = "" };

    check_fault (FOXAPI_CALL_SUBMIT, fault, &paid);
    check_fault (FOXAPI_CALL_ASK, fault, &free);
    check_fault (FOXAPI_CALL_UPLOAD, fault, &free);
  }
  check_requests (FOXAPI_SIM_OTHER, 0);
  check_requests (FOXAPI_SIM_RESULT, 0);
}

/* A server that asks for a password gets none, nor a second request. */
TEST (test_challenge)
{
  const ErrorMeaning refused = { FOXAPI_ERROR_NOT_AUTHORIZED, 401,
    FOXAPI_CHARGE_NO, FALSE
  };
  FoxapiSimFault challenge = {.status = 401,.body = "",
    .headers = "WWW-Authenticate: Basic realm=\"x\""
  };

  check_fault (FOXAPI_CALL_SUBMIT, challenge, &refused);
}

/* A pause is of all who have the same address and key, and never gets shorter. */
TEST (test_pause)
{
  g_autoptr (FoxapiClient) same = new_client (foxapi_sim_get_base_url (sim),
      foxapi_sim_get_api_key (sim), NULL);
  g_autoptr (FoxapiClient) other = new_client (foxapi_sim_get_base_url (sim),
      "another-key-0123456789", NULL);

  fail_unless (foxapi_client_get_pause_left (client) == 0);
  foxapi_client_cool_down (client, 0);
  foxapi_client_cool_down (client, -1);
  fail_unless (foxapi_client_get_pause_left (client) == 0);
  foxapi_client_cool_down (client, G_TIME_SPAN_DAY);
  foxapi_client_cool_down (same, G_TIME_SPAN_SECOND);
  fail_unless (foxapi_client_get_pause_left (same) > G_TIME_SPAN_HOUR);
  fail_unless (foxapi_client_get_pause_left (same) <= G_TIME_SPAN_DAY);
  fail_unless (foxapi_client_get_pause_left (other) == 0);
}

/* What the service echoes is handed on without the key, escaped or not. */
static void
check_echo (FoxapiTask * task)
{
  const gchar *key = foxapi_sim_get_api_key (sim);

  fail_unless (task != NULL);
  fail_unless_equals_string (task->id, "task-1");
  fail_unless (strstr (task->json, key) == NULL);
  fail_unless (strstr (task->json, "test-key") == NULL);
  fail_unless (strstr (task->status, key) == NULL);
  fail_unless (strstr (task->model, key) == NULL);
  fail_unless (g_str_has_suffix (task->model, "-model"));
}

static const gchar *const echoes[] = {
  "{\"id\":\"task-1\",\"status\":\"test-key-0123456789\",\"model\":"
      "\"test-key-0123456789-model\",\"key\":[\"xtest-key-0123456789x\"]}",
  "{\"id\":\"task-1\",\"status\":\"\\u0074est-key-0123456789\",\"model\":"
      "\"test\\u002dkey-0123456789-model\",\"test-key-0123456789\":1}",
};

TEST (test_key_echoed)
{
  FoxapiSimFault answer = {.status = 200,.body = echoes[__i__] };
  g_autoptr (FoxapiTask) submitted = NULL, asked = NULL;

  script_all (sim, FOXAPI_SIM_SUBMIT, answer);
  script_all (sim, FOXAPI_SIM_ASK, answer);
  submitted = foxapi_client_submit (client, GOOD_BODY, NULL, NULL, NULL);
  check_echo (submitted);
  asked = foxapi_client_ask (client, "task-1", NULL, NULL);
  check_echo (asked);
}

/* Everything else is handed on as it was received. */
TEST (test_json_as_received)
{
  static const gchar body[] = " {\"id\" : \"task-1\",\n\"status\":\"pending\","
      "\"x\":\"\\u00e9\",\"n\":1.50}\n";
  g_autoptr (FoxapiTask) task = NULL;

  script_all (sim, FOXAPI_SIM_SUBMIT, (FoxapiSimFault) {
      .status = 200,.body = body}
  );
  task = foxapi_client_submit (client, GOOD_BODY, NULL, NULL, NULL);
  fail_unless (task != NULL);
  fail_unless_equals_string (task->json, body);
}

static const Test tests[] = {
  CASE ("calls", client_setup, client_teardown),
  ONCE (test_submit),
  ONCE (test_ask),
  ONCE (test_ask_odd_id),
  ONCE (test_models),
  ONCE (test_upload),
  ROWS (test_upload_answers, no_uploads),
  ROWS (test_good_base_url, good_base_urls),
  ROWS (test_bad_base_url, bad_base_urls),
  ONCE (test_path_below_base_url),
  ONCE (test_pause),
  ONCE (test_json_as_received),
  CASE ("secrets", client_setup, client_teardown),
  ROWS (test_bad_key, bad_keys),
  ROWS (test_good_key, good_keys),
  ONCE (test_key_digest),
  ROWS (test_redirects, redirects),
  ONCE (test_challenge),
  ROWS (test_key_echoed, echoes),
};

CHECK_MAIN (client, tests)
