/* What is sent: the properties as one request, exactly (what else makes a body:
 * protocol/request.c).
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "foxapiharness.h"

#define DEFAULTS "\"duration\":5,\"resolution\":\"1080p\"," \
    "\"aspect_ratio\":\"16:9\""
#define WAN "\"model\":\"wan-2.7-reference-to-video\"," DEFAULTS

/* Submits and leaves; @source is taken */
static void
submit (GstElement * source, guint nth)
{
  run_abandon (source);
  assert_requests (FOXAPI_SIM_SUBMIT, nth);
}

TEST (test_defaults)
{
  g_autofree gchar *path = NULL, *agent = NULL;

  submit (harness_source (NULL), 1);
  assert_body (1, "{" WAN ",\"prompt\":\"A fox\"}");
  path = harness_request_path (FOXAPI_SIM_SUBMIT, 1);
  fail_unless_equals_string (path, "/v1/videos/generations");
  assert_header (FOXAPI_SIM_SUBMIT, 1, "Content-Type", "application/json");
  agent = harness_request_header (FOXAPI_SIM_SUBMIT, 1, "User-Agent");
  fail_unless (agent != NULL && *agent != '\0');
}

/* Of either element */
TEST (test_every_property)
{
  const gchar *factory = __i__ ? "foxapivideobin" : "foxapivideosrc";
  GstElement *source;

  if (!harness_has (factory))
    return;
  source = harness_element (factory);
  g_object_set (source, "prompt", "Dance", "duration", 7, "negative-prompt",
      "rain", "seed", G_GINT64_CONSTANT (0), "user-agent", "studio/7",
      "reference-video", "http://b.example/v.mp4", NULL);
  harness_set (source, "resolution", "720p");
  harness_set (source, "aspect-ratio", "9:16");
  harness_set (source, "multi-shots", "true");
  harness_set (source, "enable-safety-checker", "false");
  /* As gst-launch-1.0 sets it */
  harness_set (source, "reference-image-urls",
      "<\"https://a.example/b?x=1&y=2,3\",\"https://a.example/2.png\">");
  submit (source, 1);
  assert_body (1, "{\"model\":\"wan-2.7-reference-to-video\","
      "\"prompt\":\"Dance\",\"duration\":7,\"resolution\":\"720p\","
      "\"aspect_ratio\":\"9:16\",\"negative_prompt\":\"rain\",\"seed\":0,"
      "\"multi_shots\":true,\"enable_safety_checker\":false,"
      "\"reference_image_urls\":[\"https://a.example/b?x=1&y=2,3\","
      "\"https://a.example/2.png\"],"
      "\"reference_video_urls\":[\"http://b.example/v.mp4\"]}");
  assert_header (FOXAPI_SIM_SUBMIT, 1, "User-Agent", "studio/7");
}

TEST (test_set_back_to_unset)
{
  GstElement *source = harness_source ("negative-prompt", "rain", "seed",
      G_GINT64_CONSTANT (1), NULL);

  harness_set (source, "multi-shots", "true");
  harness_set_list (source, "reference-image-urls", "https://a.example/1",
      NULL);
  g_object_set (source, "negative-prompt", NULL, "seed", G_GINT64_CONSTANT (-1),
      NULL);
  harness_set (source, "multi-shots", "default");
  harness_set_list (source, "reference-image-urls", NULL);
  submit (source, 1);
  assert_body (1, "{" WAN ",\"prompt\":\"A fox\"}");
}

/* Of the three that are always sent for the default model, another one gets
 * what the application has set, even to the value that was there before. */
TEST (test_other_model)
{
  GstElement *source;

  submit (harness_source ("model", "test-model", NULL), 1);
  assert_body (1, "{\"model\":\"test-model\",\"prompt\":\"A fox\"}");

  submit (harness_source ("model", "test-model", "duration", 5, NULL), 2);
  assert_body (2, "{\"model\":\"test-model\",\"prompt\":\"A fox\","
      "\"duration\":5}");

  source = harness_source ("model", "test-model", "duration", 15, NULL);
  harness_set (source, "resolution", "1080p");
  harness_set (source, "aspect-ratio", "16:9");
  submit (source, 3);
  assert_body (3, "{\"model\":\"test-model\",\"prompt\":\"A fox\","
      "\"duration\":15,\"resolution\":\"1080p\",\"aspect_ratio\":\"16:9\"}");
}

TEST (test_extra_parameters)
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

/* Alone, or behind what a property says */
TEST (test_environment)
{
  GstElement *source = __i__ == 0 ? harness_source ("api-key", NULL, "base-url",
      NULL, NULL) : harness_source (NULL);

  g_setenv ("FOXAPI_API_KEY", __i__ == 0 ? foxapi_sim_get_api_key (sim)
      : "another-key", TRUE);
  g_setenv ("FOXAPI_BASE_URL", __i__ == 0 ? foxapi_sim_get_base_url (sim)
      : "http://127.0.0.1:9", TRUE);
  submit (source, 1);
  assert_header (FOXAPI_SIM_SUBMIT, 1, "Authorization",
      "Bearer test-key-0123456789");
}

static const Test tests[] = {
  CASE ("wire", harness_setup, harness_teardown),
  ONCE (test_defaults),
  TIMES (test_every_property, 2),
  ONCE (test_set_back_to_unset),
  ONCE (test_other_model),
  ONCE (test_extra_parameters),
  TIMES (test_environment, 2),
};

CHECK_MAIN (submission, tests)
