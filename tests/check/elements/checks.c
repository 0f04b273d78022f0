/* What is wrong is found before anything is sent. That each kind of value reaches
 * the check; what the check finds is in protocol/rules.c, and what is wrong with
 * an address or a key in protocol/client.c.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "foxapiharness.h"

/* One ERROR of this code that names the property, a failed state change, and
 * nothing on the wire. Takes @source. */
static void
refuse (GstElement * source, gint code, const gchar * property)
{
  g_autoptr (Run) run = run_new (source);

  run_refused (run, code);
  run_assert_says (run, GST_MESSAGE_ERROR, property, NULL);
  assert_nothing_sent ();
}

/* A value out of range is neither dropped nor clamped, and an enum that was set to
 * nothing known does not become the default. */
static const struct
{
  const gchar *property;
  gint64 value;
} numbers[] = {
  {"duration", 11}, {"duration", G_MAXINT}, {"duration", G_MININT},
  {"seed", -2}, {"seed", G_MAXINT64}, {"seed", G_MININT64},
  {"resolution", 77}, {"aspect-ratio", 77}, {"multi-shots", 77},
  {"enable-safety-checker", 77}, {"retries", -2}, {"timeout", G_MAXUINT},
  {"poll-interval", G_MAXUINT}, {"result-index", G_MAXUINT},
};

TEST (test_number)
{
  GstElement *source = harness_source (NULL);

  /* gst_check_init() takes GObject's warnings for failures. */
  _gst_check_expecting_log = TRUE;
  if (g_str_equal (numbers[__i__].property, "seed"))
    g_object_set (source, "seed", numbers[__i__].value, NULL);
  else
    g_object_set (source, numbers[__i__].property, (gint) numbers[__i__].value,
        NULL);
  _gst_check_expecting_log = FALSE;
  refuse (source, GST_RESOURCE_ERROR_SETTINGS, numbers[__i__].property);
}

/* What the error names, if that is not the property */
static const struct
{
  const gchar *property;
  const gchar *text;
  const gchar *named;
} texts[] = {
  {"prompt", NULL}, {"prompt", " \t\n"}, {"prompt", "\xe3\x80\x80"},
  {"negative-prompt", " "}, {"model", " "}, {"prompt", "a\xff\xfe"},
  {"negative-prompt", "a\xff\xfe"},
  {"model", "a\xff\xfe"}, {"base-url", "not a url"},
  {"base-url", "http://127.0.0.1:0"}, {"task-id", "../../v1/x"},
  {"task-id", "\xff"}, {"first-frame-url", "https://a.example/1"},
  {"reference-image", "https://a.example/\xff", "reference-image-urls"},
  /* These would end their headers and begin others. */
  {"api-key", "a\r\nX-Evil: 1"}, {"user-agent", "a\r\nX-Evil: 1"},
  /* A prompt that is only the next word of a launch line was an empty one. */
  {"prompt", "!", "prompt is empty"}, {"prompt", "seed=5", "prompt is empty"},
  {"prompt", "negative_prompt=fog", "prompt is empty"}, {"prompt",
      "task-store=", "prompt is empty"},
  {"prompt", "name=fox", "prompt is empty"}, {"prompt",
      "negative-prompt=thick fog", "prompt is empty"},
  /* Nor is it a value of another property: what follows would be lost, and paid
   * for with its default. */
  {"task-store", "duration=2", "took the next word"}, {"clip-cache",
      "duration=2", "took the next word"},
  {"user-agent", "duration=2", "took the next word"}, {"proxy", "duration=2",
      "took the next word"},
  {"proxy-id", "duration=2", "took the next word"}, {"base-url", "duration=2",
      "took the next word"},
  {"task-id", "duration=2", "took the next word"}, {"reference-image",
      "duration=2", "took the next word"},
};

TEST (test_text)
{
  refuse (harness_source (texts[__i__].property, texts[__i__].text, NULL),
      GST_RESOURCE_ERROR_SETTINGS, texts[__i__].named ? texts[__i__].named :
      texts[__i__].property);
}

/* Fields of extra-parameters are checked like the properties they replace */
static const gchar *const extras[] = {
  "duration,duration=(int)11",
  "duration,duration=(double)5.5",
  "seed,seed=(gint64)2147483648",
  "multi,multi_shots=(int)1",
  "reference,reference_video_urls=(int)<1,2>",
  "prompt,prompt=(string)\"  \"",
};

TEST (test_extra_parameters)
{
  GstElement *source = harness_source (NULL);
  g_autoptr (GstStructure) extra =
      gst_structure_from_string (extras[__i__], NULL);

  fail_unless (extra != NULL);
  g_object_set (source, "extra-parameters", extra, NULL);
  refuse (source, GST_RESOURCE_ERROR_SETTINGS, gst_structure_get_name (extra));
}

/* A prompt is any text, also one that looks like part of a command line. */
static const gchar *const prompts[] =
    { "name=Fox, a neon sign", "duration=5 a fox", "e=mc2", "=", "! !" };

TEST (test_any_prompt)
{
  g_autofree gchar *body = g_strdup_printf ("{\"model\":"
      "\"wan-2.7-reference-to-video\",\"prompt\":\"%s\",\"duration\":5,"
      "\"resolution\":\"1080p\",\"aspect_ratio\":\"16:9\"}",
      prompts[__i__]);
  g_autoptr (Run) run = run_new (harness_source ("prompt", prompts[__i__],
          NULL));

  run_to_eos (run);
  assert_body (1, body);
}

TEST (test_no_key)
{
  if (__i__ == 1)
    g_setenv ("FOXAPI_API_KEY", "", TRUE);
  refuse (harness_source ("api-key", NULL, NULL),
      GST_RESOURCE_ERROR_NOT_AUTHORIZED, "FOXAPI_API_KEY");
}

TEST (test_base_url_of_environment)
{
  g_setenv ("FOXAPI_BASE_URL", "not a url", TRUE);
  refuse (harness_source ("base-url", NULL, NULL),
      GST_RESOURCE_ERROR_SETTINGS, "FOXAPI_BASE_URL");
}

/* Of another model the service is the judge: out of range for this one, and
 * sent as it was set. */
TEST (test_other_model)
{
  g_autoptr (Run) run = run_new (harness_source ("model", "a-new-model",
          "duration", 99, NULL));

  run_to_error (run, GST_RESOURCE_ERROR_SETTINGS);
  assert_requests (FOXAPI_SIM_SUBMIT, 1);
  assert_body (1, "{\"model\":\"a-new-model\",\"prompt\":\"A fox\","
      "\"duration\":99}");
}

/* 2^32 microseconds are 4294.97 seconds. */
static const guint limits[] = { 4295, 4294968, G_MAXUINT };

TEST (test_long_limit)
{
  g_autoptr (Run) run = run_new (harness_source ("task-timeout",
          limits[__i__], "submit-timeout", limits[__i__], NULL));

  run_to_result (run);
}

/* A slip in the model is told, but the service is the judge. */
TEST (test_misspelt_model)
{
  g_autoptr (Run) run = run_new (harness_source ("model",
          "wan-2.7-text2video", NULL));

  run_to_error (run, GST_RESOURCE_ERROR_SETTINGS);
  run_assert_says (run, GST_MESSAGE_WARNING, "mean wan-2.7-text-to-video",
      NULL);
  run_assert_says (run, GST_MESSAGE_ERROR, "mean wan-2.7-text-to-video?", NULL);
}

/* Text alone is the work of another model, but the service is the judge. */
TEST (test_no_reference)
{
  g_autoptr (Run) run = run_new (harness_source (NULL));

  run_to_eos (run);
  run_assert_says (run, GST_MESSAGE_WARNING, "reference-image-urls",
      "wan-2.7-text-to-video", NULL);
  run_stop (run);

  harness_set_list (run->source, "reference-image-urls",
      "https://a.example/b.png", NULL);
  run_to_eos (run);
  fail_unless_equals_int (run_count (run, GST_MESSAGE_WARNING), 1);
}

/* Nothing is sent before it is right and starts, and then it is. */
TEST (test_corrected)
{
  g_autoptr (Run) run = run_new (harness_source ("prompt", NULL, NULL));

  for (guint i = 0; i < 3; i++) {
    run_set_state (run, GST_STATE_READY);
    run_set_state (run, GST_STATE_NULL);
  }
  fail_unless_equals_int (run_count (run, GST_MESSAGE_ELEMENT), 0);
  run_refused (run, GST_RESOURCE_ERROR_SETTINGS);
  assert_nothing_sent ();
  g_object_set (run->source, "prompt", "A fox", NULL);
  run_to_result (run);
  assert_requests (FOXAPI_SIM_SUBMIT, 1);
}

static const Test tests[] = {
  CASE ("before", harness_setup, harness_teardown),
  ROWS (test_number, numbers),
  ROWS (test_text, texts),
  ROWS (test_extra_parameters, extras),
  ROWS (test_any_prompt, prompts),
  TIMES (test_no_key, 2),
  ONCE (test_base_url_of_environment),
  ONCE (test_other_model),
  ROWS (test_long_limit, limits),
  ONCE (test_misspelt_model),
  ONCE (test_no_reference),
  ONCE (test_corrected),
};

CHECK_MAIN (checks, tests)
