/* What is wrong is found before anything is sent.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "foxapiharness.h"

#include <string.h>

/* gst_check_init() takes GObject's warnings for failures; a value out of range
 * may warn or not, but it has to reach the check. */
static void
begin_warnings (void)
{
  _gst_check_expecting_log = TRUE;
}

static void
end_warnings (void)
{
  _gst_check_expecting_log = FALSE;
}

/* One ERROR of this code that names the property, a failed state change, and
 * nothing on the wire. Takes @source. */
static void
refuse (GstElement * source, gint code, const gchar * property)
{
  g_autoptr (Run) run = run_new (source);
  GstMessage *message = run_refused (run, code);
  g_autoptr (GError) error = NULL;
  g_autofree gchar *debug = NULL;

  gst_message_parse_error (message, &error, &debug);
  if (property != NULL)
    fail_unless (strstr (error->message, property) != NULL,
        "%s is not named: %s", property, error->message);
  assert_nothing_sent ();
}

static const gint durations[] = { 1, 0, -1, 11, 15, G_MAXINT, G_MININT };

GST_START_TEST (test_duration)
{
  GstElement *source = harness_source (NULL);

  begin_warnings ();
  g_object_set (source, "duration", durations[__i__], NULL);
  end_warnings ();
  refuse (source, GST_RESOURCE_ERROR_SETTINGS, "duration");
}

GST_END_TEST;

static const gint64 seeds[] = {
  -2, G_GINT64_CONSTANT (2147483648), G_MAXINT64, G_MININT64
};

GST_START_TEST (test_seed)
{
  GstElement *source = harness_source (NULL);

  begin_warnings ();
  g_object_set (source, "seed", seeds[__i__], NULL);
  end_warnings ();
  refuse (source, GST_RESOURCE_ERROR_SETTINGS, "seed");
}

GST_END_TEST;

/* An enum that was set to nothing known must not become the default */
static const gchar *const enums[] = {
  "resolution", "aspect-ratio", "multi-shots", "enable-safety-checker"
};

GST_START_TEST (test_enum)
{
  GstElement *source = harness_source (NULL);

  begin_warnings ();
  g_object_set (source, enums[__i__], 77, NULL);
  end_warnings ();
  refuse (source, GST_RESOURCE_ERROR_SETTINGS, enums[__i__]);
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

GST_START_TEST (test_prompt_missing)
{
  refuse (harness_source ("prompt", NULL, NULL), GST_RESOURCE_ERROR_SETTINGS,
      "prompt");
}

GST_END_TEST;

/* A prompt is any text, also one that looks like part of a command line. */
static const gchar *const prompts[] = {
  "name=Fox, a neon sign", "seed=5", "E=mc2", "!", "duration = long",
};

GST_START_TEST (test_any_prompt)
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

GST_END_TEST;

static const gchar *const letters[] = { "a", "\xf0\x9f\xa6\x8a" };

GST_START_TEST (test_prompt_too_long)
{
  g_autofree gchar *prompt = repeat (letters[__i__], 5001);

  refuse (harness_source ("prompt", prompt, NULL),
      GST_RESOURCE_ERROR_SETTINGS, "prompt");
}

GST_END_TEST;

GST_START_TEST (test_negative_prompt_too_long)
{
  g_autofree gchar *prompt = repeat (letters[__i__], 501);

  refuse (harness_source ("negative-prompt", prompt, NULL),
      GST_RESOURCE_ERROR_SETTINGS, "negative-prompt");
}

GST_END_TEST;

static const gchar *const texts[] = { "prompt", "negative-prompt", "model" };

GST_START_TEST (test_bad_utf8)
{
  refuse (harness_source (texts[__i__], "a\xff\xfe", NULL),
      GST_RESOURCE_ERROR_SETTINGS, texts[__i__]);
}

GST_END_TEST;

static const gchar *const lists[] = {
  "reference-image-urls", "reference-video-urls"
};

GST_START_TEST (test_bad_utf8_in_list)
{
  GstElement *source = harness_source (NULL);

  harness_set_list (source, lists[__i__], "https://a.example/\xff", NULL);
  refuse (source, GST_RESOURCE_ERROR_SETTINGS, lists[__i__]);
}

GST_END_TEST;

/* Fields of extra-parameters are checked like the properties they replace */
static const gchar *const extras[] = {
  "duration,duration=(int)11",
  "duration,duration=(int)1",
  "duration,duration=(string)\"5\"",
  "duration,duration=(double)5.5",
  "resolution,resolution=(string)480p",
  "resolution,resolution=(int)720",
  "aspect,aspect_ratio=(string)\"2:1\"",
  "seed,seed=(gint64)2147483648",
  "multi,multi_shots=(int)1",
  "enable,enable_safety_checker=(string)true",
  "prompt,prompt=(int)5",
  "reference,reference_image_urls=(string)\"https://a.example/x\"",
  "reference,reference_video_urls=(int)<1,2>",
};

GST_START_TEST (test_extra_parameters)
{
  GstElement *source = harness_source (NULL);
  g_autoptr (GstStructure) extra =
      gst_structure_from_string (extras[__i__], NULL);

  fail_unless (extra != NULL);
  g_object_set (source, "extra-parameters", extra, NULL);
  refuse (source, GST_RESOURCE_ERROR_SETTINGS, gst_structure_get_name (extra));
}

GST_END_TEST;

GST_START_TEST (test_extra_parameters_too_long)
{
  GstElement *source = harness_source (NULL);
  g_autofree gchar *prompt = repeat (letters[__i__], 5001);
  g_autoptr (GstStructure) extra =
      gst_structure_new ("extra", "prompt", G_TYPE_STRING, prompt, NULL);

  g_object_set (source, "extra-parameters", extra, NULL);
  refuse (source, GST_RESOURCE_ERROR_SETTINGS, "prompt");
}

GST_END_TEST;

GST_START_TEST (test_no_key)
{
  if (__i__ == 1)
    g_setenv ("FOXAPI_API_KEY", "", TRUE);
  refuse (harness_source ("api-key", NULL, NULL),
      GST_RESOURCE_ERROR_NOT_AUTHORIZED, NULL);
}

GST_END_TEST;

static const gchar *const header_properties[] = { "api-key", "user-agent" };

/* A value that would end its header and begin another one */
GST_START_TEST (test_bad_header)
{
  g_autoptr (Run) run = run_new (harness_source (header_properties[__i__],
          "a\r\nX-Evil: 1", NULL));

  fail_unless_equals_int (gst_element_set_state (run->pipeline,
          GST_STATE_PAUSED), GST_STATE_CHANGE_FAILURE);
  run_stop (run);
  fail_unless_equals_int (run_count (run, GST_MESSAGE_ERROR), 1);
  assert_nothing_sent ();
}

GST_END_TEST;

static const gchar *const base_urls[] = {
  "not a url", "ftp://127.0.0.1", "http://", "127.0.0.1", "file:///tmp",
  "http://a b/", "http://user:pw@127.0.0.1", "http://127.0.0.1/?x",
  "http://127.0.0.1/#x", "http://127.0.0.1:0", "http://127.0.0.1:65536",
};

GST_START_TEST (test_base_url)
{
  refuse (harness_source ("base-url", base_urls[__i__], NULL),
      GST_RESOURCE_ERROR_SETTINGS, "base-url");
}

GST_END_TEST;

GST_START_TEST (test_base_url_of_environment)
{
  g_setenv ("FOXAPI_BASE_URL", "not a url", TRUE);
  refuse (harness_source ("base-url", NULL, NULL),
      GST_RESOURCE_ERROR_SETTINGS, NULL);
}

GST_END_TEST;

static const gchar *const task_ids[] = {
  "../../v1/x", "a/b", "a\r\nb", "a\x01", "..", "\xff",
};

GST_START_TEST (test_task_id)
{
  refuse (harness_source ("task-id", task_ids[__i__], NULL),
      GST_RESOURCE_ERROR_SETTINGS, "task-id");
}

GST_END_TEST;

/* Of another model the service is the judge: out of range for this one, and
 * sent as it was set. */
GST_START_TEST (test_other_model)
{
  g_autoptr (Run) run = run_new (harness_source ("model", "a-new-model",
          "duration", 99, NULL));

  run_to_error (run, GST_RESOURCE_ERROR_SETTINGS);
  assert_requests (FOXAPI_SIM_SUBMIT, 1);
  assert_body (1, "{\"model\":\"a-new-model\",\"prompt\":\"A fox\","
      "\"duration\":99}");
}

GST_END_TEST;

/* 2^32 microseconds are 4294.97 seconds. */
static const guint limits[] = { 4295, 4294968, G_MAXUINT };

GST_START_TEST (test_long_limit)
{
  g_autoptr (Run) run = run_new (harness_source ("task-timeout",
          limits[__i__], "submit-timeout", limits[__i__], NULL));

  run_to_eos (run);
  run_assert_data (run, payload);
}

GST_END_TEST;

/* Text alone is the work of another model, but the service is the judge. */
GST_START_TEST (test_no_reference)
{
  g_autoptr (Run) without = run_new (harness_source (NULL));
  GstElement *source = harness_source (NULL);
  g_autoptr (Run) with = run_new (source);
  g_autoptr (Run) other = run_new (harness_source ("model",
          "wan-2.7-text-to-video", NULL));
  g_autoptr (GstMessage) message = NULL;
  g_autoptr (GError) warning = NULL;

  run_set_state (without, GST_STATE_PLAYING);
  message = gst_bus_timed_pop_filtered (without->bus, GST_CLOCK_TIME_NONE,
      GST_MESSAGE_WARNING);
  gst_message_parse_warning (message, &warning, NULL);
  fail_unless (strstr (warning->message, "reference-image-urls") != NULL
      && strstr (warning->message, "wan-2.7-text-to-video") != NULL, "%s",
      warning->message);
  run_stop (without);

  harness_set_list (source, "reference-image-urls", "https://a.example/b.png",
      NULL);
  run_to_eos (with);
  fail_unless_equals_int (run_count (with, GST_MESSAGE_WARNING), 0);
  run_to_eos (other);
  fail_unless_equals_int (run_count (other, GST_MESSAGE_WARNING), 0);
}

GST_END_TEST;

/* Once it is right it starts */
GST_START_TEST (test_corrected)
{
  g_autoptr (Run) run = run_new (harness_source ("prompt", NULL, NULL));

  run_refused (run, GST_RESOURCE_ERROR_SETTINGS);
  g_object_set (run->source, "prompt", "A fox", NULL);
  run_to_eos (run);
  assert_requests (FOXAPI_SIM_SUBMIT, 1);
  run_assert_data (run, payload);
}

GST_END_TEST;

GST_START_TEST (test_nothing_before_paused)
{
  g_autoptr (Run) run = run_new (harness_source (NULL));

  for (guint i = 0; i < 3; i++) {
    run_set_state (run, GST_STATE_READY);
    run_set_state (run, GST_STATE_NULL);
  }
  assert_nothing_sent ();
  fail_unless_equals_int (run_count (run, GST_MESSAGE_ELEMENT), 0);
}

GST_END_TEST;

static Suite *
checks_suite (void)
{
  Suite *suite = suite_create ("checks");
  TCase *tcase = tcase_create ("before");

#define LOOP(test, array) \
  tcase_add_loop_test (tcase, test, 0, G_N_ELEMENTS (array))
  suite_add_tcase (suite, tcase);
  tcase_add_checked_fixture (tcase, harness_setup, harness_teardown);
  LOOP (test_duration, durations);
  LOOP (test_seed, seeds);
  LOOP (test_enum, enums);
  tcase_add_test (tcase, test_prompt_missing);
  LOOP (test_any_prompt, prompts);
  LOOP (test_prompt_too_long, letters);
  LOOP (test_negative_prompt_too_long, letters);
  LOOP (test_bad_utf8, texts);
  LOOP (test_bad_utf8_in_list, lists);
  LOOP (test_extra_parameters, extras);
  LOOP (test_extra_parameters_too_long, letters);
  tcase_add_loop_test (tcase, test_no_key, 0, 2);
  tcase_add_loop_test (tcase, test_bad_header, 0,
      G_N_ELEMENTS (header_properties));
  LOOP (test_base_url, base_urls);
  tcase_add_test (tcase, test_base_url_of_environment);
  LOOP (test_task_id, task_ids);
  tcase_add_test (tcase, test_other_model);
  LOOP (test_long_limit, limits);
  tcase_add_test (tcase, test_no_reference);
  tcase_add_test (tcase, test_corrected);
  tcase_add_test (tcase, test_nothing_before_paused);
  return suite;
}

GST_CHECK_MAIN (checks);
