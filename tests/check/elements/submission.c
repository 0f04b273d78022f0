/* What is sent: one request, exactly, with the key and to the API alone.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "foxapiharness.h"

#include <string.h>

#define DEFAULTS "\"duration\":5,\"resolution\":\"1080p\"," \
    "\"aspect_ratio\":\"16:9\""
#define WAN "\"model\":\"wan-2.7-reference-to-video\"," DEFAULTS

/* Submits and leaves; @source is taken */
static void
submit (GstElement * source, guint nth)
{
  g_autoptr (Run) run = run_new (source);

  run_set_state (run, GST_STATE_PAUSED);
  run_wait_task (run, NULL);
  run_stop (run);
  assert_requests (FOXAPI_SIM_SUBMIT, nth);
}

GST_START_TEST (test_defaults)
{
  g_autofree gchar *path = NULL, *type = NULL, *agent = NULL;

  submit (harness_source (NULL), 1);
  assert_body (1, "{" WAN ",\"prompt\":\"A fox\"}");
  path = harness_request_path (FOXAPI_SIM_SUBMIT, 1);
  fail_unless_equals_string (path, "/v1/videos/generations");
  type = harness_request_header (FOXAPI_SIM_SUBMIT, 1, "Content-Type");
  fail_unless_equals_string (type, "application/json");
  agent = harness_request_header (FOXAPI_SIM_SUBMIT, 1, "User-Agent");
  fail_unless (agent != NULL && *agent != '\0');
}

GST_END_TEST;

GST_START_TEST (test_every_property)
{
  GstElement *source = harness_source ("prompt", "Dance", "duration", 7,
      "negative-prompt", "rain", "seed", G_GINT64_CONSTANT (42), NULL);

  gst_util_set_object_arg (G_OBJECT (source), "resolution", "720p");
  gst_util_set_object_arg (G_OBJECT (source), "aspect-ratio", "9:16");
  gst_util_set_object_arg (G_OBJECT (source), "multi-shots", "true");
  gst_util_set_object_arg (G_OBJECT (source), "enable-safety-checker", "false");
  harness_set_list (source, "reference-image-urls", "https://a.example/1.png",
      "https://a.example/2.png", NULL);
  harness_set_list (source, "reference-video-urls", "http://b.example/v.mp4",
      NULL);
  submit (source, 1);
  assert_body (1, "{\"model\":\"wan-2.7-reference-to-video\","
      "\"prompt\":\"Dance\",\"duration\":7,\"resolution\":\"720p\","
      "\"aspect_ratio\":\"9:16\",\"negative_prompt\":\"rain\",\"seed\":42,"
      "\"multi_shots\":true,\"enable_safety_checker\":false,"
      "\"reference_image_urls\":[\"https://a.example/1.png\","
      "\"https://a.example/2.png\"],"
      "\"reference_video_urls\":[\"http://b.example/v.mp4\"]}");
}

GST_END_TEST;

static const gchar *const ratios[] = { "16:9", "9:16", "1:1", "4:3", "3:4" };

GST_START_TEST (test_aspect_ratios)
{
  GstElement *source = harness_source (NULL);
  g_autofree gchar *expected = g_strdup_printf ("{\"prompt\":\"A fox\","
      "\"model\":\"wan-2.7-reference-to-video\",\"duration\":5,"
      "\"resolution\":\"1080p\",\"aspect_ratio\":\"%s\"}", ratios[__i__]);

  gst_util_set_object_arg (G_OBJECT (source), "aspect-ratio", ratios[__i__]);
  submit (source, 1);
  assert_body (1, expected);
}

GST_END_TEST;

GST_START_TEST (test_limits)
{
  submit (harness_source ("seed", G_GINT64_CONSTANT (0), "duration", 2, NULL),
      1);
  submit (harness_source ("seed", G_GINT64_CONSTANT (2147483647), "duration",
          10, NULL), 2);
  assert_body (1, "{\"model\":\"wan-2.7-reference-to-video\",\"seed\":0,"
      "\"prompt\":\"A fox\",\"duration\":2,\"resolution\":\"1080p\","
      "\"aspect_ratio\":\"16:9\"}");
  assert_body (2, "{\"model\":\"wan-2.7-reference-to-video\","
      "\"seed\":2147483647,\"prompt\":\"A fox\",\"duration\":10,"
      "\"resolution\":\"1080p\",\"aspect_ratio\":\"16:9\"}");
}

GST_END_TEST;

GST_START_TEST (test_set_back_to_unset)
{
  GstElement *source = harness_source ("negative-prompt", "rain", "seed",
      G_GINT64_CONSTANT (1), NULL);

  gst_util_set_object_arg (G_OBJECT (source), "multi-shots", "true");
  harness_set_list (source, "reference-image-urls", "https://a.example/1",
      NULL);
  g_object_set (source, "negative-prompt", NULL, "seed", G_GINT64_CONSTANT (-1),
      NULL);
  gst_util_set_object_arg (G_OBJECT (source), "multi-shots", "default");
  harness_set_list (source, "reference-image-urls", NULL);
  submit (source, 1);
  assert_body (1, "{" WAN ",\"prompt\":\"A fox\"}");
}

GST_END_TEST;

/* Quotes, escapes and characters beyond the basic plane come back as they were
 * from any JSON parser. */
GST_START_TEST (test_characters)
{
  const gchar *prompt = "\"Quoted\" \\ / back\b tab\t line\nfeed \x01\x7f "
      "\xc3\xa9 \xe7\x8b\x90 \xf0\x9f\xa6\x8a \xe2\x80\xa8";
  g_autofree gchar *text = NULL;
  g_autoptr (JsonNode) root = NULL;

  submit (harness_source ("prompt", prompt, NULL), 1);
  text = harness_request_body (FOXAPI_SIM_SUBMIT, 1);
  root = json_from_string (text, NULL);
  fail_unless_equals_string (json_object_get_string_member
      (json_node_get_object (root), "prompt"), prompt);
}

GST_END_TEST;

static gchar *
repeat (const gchar * text, guint n)
{
  GString *out = g_string_new (NULL);

  while (n-- > 0)
    g_string_append (out, text);
  return g_string_free (out, FALSE);
}

/* 5000 and 500 characters, whatever their bytes */
GST_START_TEST (test_longest_prompts)
{
  g_autofree gchar *prompt = repeat ("\xf0\x9f\xa6\x8a", 5000);
  g_autofree gchar *negative = repeat ("\xe7\x8b\x90", 500);
  g_autofree gchar *text = NULL;
  g_autoptr (JsonNode) root = NULL;
  JsonObject *body;

  submit (harness_source ("prompt", prompt, "negative-prompt", negative, NULL),
      1);
  text = harness_request_body (FOXAPI_SIM_SUBMIT, 1);
  root = json_from_string (text, NULL);
  body = json_node_get_object (root);
  fail_unless_equals_string (json_object_get_string_member (body, "prompt"),
      prompt);
  fail_unless_equals_string (json_object_get_string_member (body,
          "negative_prompt"), negative);
}

GST_END_TEST;

/* As gst-launch-1.0 sets it */
GST_START_TEST (test_list_as_text)
{
  GstElement *source = harness_source (NULL);

  gst_util_set_object_arg (G_OBJECT (source), "reference-image-urls",
      "<\"https://a.example/b?x=1&y=2,3\",\"https://a.example/c.jpg\">");
  submit (source, 1);
  assert_body (1, "{" WAN ",\"prompt\":\"A fox\",\"reference_image_urls\":["
      "\"https://a.example/b?x=1&y=2,3\",\"https://a.example/c.jpg\"]}");
}

GST_END_TEST;

/* Of the three that are always sent for the default model, another one gets
 * what the application has set, even to the value that was there before. */
GST_START_TEST (test_other_model)
{
  GstElement *source;

  submit (harness_source ("model", "test-model", NULL), 1);
  assert_body (1, "{\"model\":\"test-model\",\"prompt\":\"A fox\"}");

  submit (harness_source ("model", "test-model", "duration", 5, NULL), 2);
  assert_body (2, "{\"model\":\"test-model\",\"prompt\":\"A fox\","
      "\"duration\":5}");

  source = harness_source ("model", "test-model", "duration", 15, NULL);
  gst_util_set_object_arg (G_OBJECT (source), "resolution", "1080p");
  gst_util_set_object_arg (G_OBJECT (source), "aspect-ratio", "16:9");
  submit (source, 3);
  assert_body (3, "{\"model\":\"test-model\",\"prompt\":\"A fox\","
      "\"duration\":15,\"resolution\":\"1080p\",\"aspect_ratio\":\"16:9\"}");
}

GST_END_TEST;

GST_START_TEST (test_extra_parameters)
{
  GstElement *source = harness_source ("model", "test-model", NULL);
  g_autoptr (GstStructure) extra = gst_structure_from_string ("extra,"
      "ratio=(string)21:9,generate_audio=(boolean)true,count=(int)3,"
      "big=(gint64)9007199254740993,scale=(double)0.5,"
      "image_urls=(string)<\"https://a.example/1\",\"https://a.example/2\">,"
      "options=(structure)[o,camera=(structure)[c,pan=(int)-2,"
      "path=(int)<1,2>],name=(string)x];", NULL);

  fail_unless (extra != NULL);
  g_object_set (source, "extra-parameters", extra, NULL);
  submit (source, 1);
  assert_body (1, "{\"model\":\"test-model\",\"prompt\":\"A fox\","
      "\"ratio\":\"21:9\",\"generate_audio\":true,\"count\":3,"
      "\"big\":9007199254740993,\"scale\":0.5,"
      "\"image_urls\":[\"https://a.example/1\",\"https://a.example/2\"],"
      "\"options\":{\"camera\":{\"pan\":-2,\"path\":[1,2]},\"name\":\"x\"}}");
}

GST_END_TEST;

static guint
count_text (const gchar * text, const gchar * what)
{
  guint n = 0;

  while ((text = strstr (text, what)) != NULL) {
    text += strlen (what);
    n++;
  }
  return n;
}

GST_START_TEST (test_extra_parameters_win)
{
  GstElement *source = harness_source ("duration", 4, NULL);
  g_autoptr (GstStructure) extra = gst_structure_new ("extra", "prompt",
      G_TYPE_STRING, "A hare", "duration", G_TYPE_INT, 8, "resolution",
      G_TYPE_STRING, "720p", NULL);
  g_autofree gchar *text = NULL;

  g_object_set (source, "extra-parameters", extra, NULL);
  submit (source, 1);
  assert_body (1, "{\"model\":\"wan-2.7-reference-to-video\","
      "\"prompt\":\"A hare\",\"duration\":8,\"resolution\":\"720p\","
      "\"aspect_ratio\":\"16:9\"}");
  text = harness_request_body (FOXAPI_SIM_SUBMIT, 1);
  fail_unless_equals_int (count_text (text, "\"prompt\""), 1);
  fail_unless_equals_int (count_text (text, "\"duration\""), 1);
}

GST_END_TEST;

GST_START_TEST (test_environment)
{
  GstElement *source = harness_source ("api-key", NULL, "base-url", NULL, NULL);
  g_autofree gchar *header = NULL;

  g_setenv ("FOXAPI_API_KEY", foxapi_sim_get_api_key (sim), TRUE);
  g_setenv ("FOXAPI_BASE_URL", foxapi_sim_get_base_url (sim), TRUE);
  submit (source, 1);
  header = harness_request_header (FOXAPI_SIM_SUBMIT, 1, "Authorization");
  fail_unless_equals_string (header, "Bearer test-key-0123456789");
}

GST_END_TEST;

GST_START_TEST (test_properties_before_environment)
{
  g_autofree gchar *header = NULL;

  g_setenv ("FOXAPI_API_KEY", "another-key", TRUE);
  g_setenv ("FOXAPI_BASE_URL", "http://127.0.0.1:9", TRUE);
  submit (harness_source (NULL), 1);
  header = harness_request_header (FOXAPI_SIM_SUBMIT, 1, "Authorization");
  fail_unless_equals_string (header, "Bearer test-key-0123456789");
}

GST_END_TEST;

GST_START_TEST (test_authorization)
{
  g_autoptr (Run) run = run_new (harness_source (NULL));
  g_autoptr (GPtrArray) asks = NULL;

  run_to_eos (run);
  run_stop (run);
  asks = foxapi_sim_get_requests (sim, FOXAPI_SIM_ASK);
  fail_unless (asks->len > 0);
  for (guint i = 0; i < asks->len; i++) {
    g_autofree gchar *header = foxapi_sim_request_get_header
        (g_ptr_array_index (asks, i), "Authorization");

    fail_unless_equals_string (header, "Bearer test-key-0123456789");
  }
  assert_requests (FOXAPI_SIM_RESULT, 1);
  assert_no_key_on_results ();
  assert_requests (FOXAPI_SIM_OTHER, 0);
}

GST_END_TEST;

GST_START_TEST (test_user_agent)
{
  g_autofree gchar *agent = NULL;

  submit (harness_source ("user-agent", "studio/7", NULL), 1);
  agent = harness_request_header (FOXAPI_SIM_SUBMIT, 1, "User-Agent");
  fail_unless_equals_string (agent, "studio/7");
}

GST_END_TEST;

static Suite *
submission_suite (void)
{
  Suite *suite = suite_create ("submission");
  TCase *tcase = tcase_create ("wire");

  suite_add_tcase (suite, tcase);
  tcase_add_checked_fixture (tcase, harness_setup, harness_teardown);
  tcase_add_test (tcase, test_defaults);
  tcase_add_test (tcase, test_every_property);
  tcase_add_loop_test (tcase, test_aspect_ratios, 0, G_N_ELEMENTS (ratios));
  tcase_add_test (tcase, test_limits);
  tcase_add_test (tcase, test_set_back_to_unset);
  tcase_add_test (tcase, test_characters);
  tcase_add_test (tcase, test_longest_prompts);
  tcase_add_test (tcase, test_list_as_text);
  tcase_add_test (tcase, test_other_model);
  tcase_add_test (tcase, test_extra_parameters);
  tcase_add_test (tcase, test_extra_parameters_win);
  tcase_add_test (tcase, test_environment);
  tcase_add_test (tcase, test_properties_before_environment);
  tcase_add_test (tcase, test_authorization);
  tcase_add_test (tcase, test_user_agent);
  return suite;
}

GST_CHECK_MAIN (submission);
