/* The rules of a request, checked before anything is sent
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <string.h>

#include "foxapirequest.h"
#include "foxapirules.h"
#include "protocoltest.h"
#include "requesttest.h"

#define FOX "\xf0\x9f\xa6\x8a"  /* one character of four bytes */
#define ACCENT "\xcc\x81"       /* a combining mark: a character of its own */

static void
check_refused (const FoxapiRequest * request, const gchar * property,
    const gchar * value, const gchar * rule)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonObject) body = foxapi_request_to_body (request, &error);
  const ErrorMeaning settings = {.code = FOXAPI_ERROR_SETTINGS };

  fail_unless (body == NULL, "%s was accepted", property);
  check_error (error, &settings);
  check_words (error->message, property, value, rule, NULL);
  fail_unless (strlen (error->message) < 500);
}

/* The service is the judge there, of lengths, too, and of a missing prompt. */
GST_START_TEST (test_other_model_is_not_judged)
{
  g_autoptr (FoxapiRequest) request = make_request (NULL);

  g_free (request->model);
  request->model = g_strdup (OTHER_MODEL);
  check_body (request, "{\"model\":\"" OTHER_MODEL "\"}");
  request->prompt = g_strnfill (6000, 'x');
  request->negative_prompt = g_strnfill (600, 'x');
  request->duration = 60;
  request->has_duration = TRUE;
  request->seed = FOXAPI_SEED_MAX + 1;
  check_accepted (request);
}

GST_END_TEST;

GST_START_TEST (test_model_unset)
{
  g_autoptr (FoxapiRequest) request = make_request ("A fox");

  g_clear_pointer (&request->model, g_free);
  check_body (request, "{\"model\":\"wan-2.7-reference-to-video\","
      "\"prompt\":\"A fox\",\"duration\":5,\"resolution\":\"1080p\","
      "\"aspect_ratio\":\"16:9\"}");
  request->model = g_strdup ("");
  check_refused (request, "model", "\"\"", "name of a model");
}

GST_END_TEST;

/* @unit repeated, up to the limit and one more */
static void
check_limit (const gchar * unit, guint n)
{
  g_autoptr (FoxapiRequest) request = make_request (NULL);
  GString *text = g_string_new (NULL);
  gboolean is_prompt = n == FOXAPI_PROMPT_MAX_CHARS;
  gchar **field;

  for (guint i = 0; i < n; i++)
    g_string_append (text, unit);
  if (!is_prompt)
    request->prompt = g_strdup ("A fox");
  field = is_prompt ? &request->prompt : &request->negative_prompt;
  *field = g_strdup (text->str);
  check_accepted (request);

  g_free (*field);
  g_string_append (text, unit);
  *field = g_string_free (text, FALSE);
  check_refused (request, is_prompt ? "prompt" : "negative-prompt",
      is_prompt ? "5001" : "501", is_prompt ? "5000" : "500");
}

GST_START_TEST (test_characters_not_bytes)
{
  static const gchar *const units[] = { "x", "\xc3\xa9", "\xe7\x8b\x90", FOX,
    ACCENT
  };

  for (guint i = 0; i < G_N_ELEMENTS (units); i++) {
    check_limit (units[i], 5000);
    check_limit (units[i], 500);
  }
}

GST_END_TEST;

/* A letter with a mark on it is two characters, a family of three is five. */
GST_START_TEST (test_composed_characters)
{
  g_autoptr (FoxapiRequest) request = make_request (NULL);
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < 2500; i++)
    g_string_append (text, "e" ACCENT);
  request->prompt = g_strdup (text->str);
  check_accepted (request);
  g_free (request->prompt);
  request->prompt = g_strconcat (text->str, ACCENT, NULL);
  check_refused (request, "prompt", "5001", "5000");

  g_string_truncate (text, 0);
  for (guint i = 0; i < 1000; i++)
    g_string_append (text, FOX "\xe2\x80\x8d" FOX "\xe2\x80\x8d" FOX);
  g_free (request->prompt);
  request->prompt = g_string_free (text, FALSE);
  check_accepted (request);
}

GST_END_TEST;

GST_START_TEST (test_text_rules)
{
  g_autoptr (FoxapiRequest) request = make_request (NULL);

  check_refused (request, "prompt", "not set", "5000");
  request->prompt = g_strdup ("");
  check_refused (request, "prompt", "\"\"", "5000");
  g_free (request->prompt);
  request->prompt = g_strdup ("a\xff");
  check_refused (request, "prompt", "UTF-8", "5000");
  g_free (request->prompt);
  request->prompt = g_strdup ("A fox");
  request->negative_prompt = g_strdup ("\xc3");
  check_refused (request, "negative-prompt", "UTF-8", "500");
  g_free (request->negative_prompt);
  request->negative_prompt = g_strdup ("");
  check_accepted (request);
}

GST_END_TEST;

/* Text that is no text is never sent, to no model. */
GST_START_TEST (test_text_of_other_models)
{
  g_autoptr (FoxapiRequest) request = make_request ("a\xff");

  g_free (request->model);
  request->model = g_strdup (OTHER_MODEL);
  check_refused (request, "prompt", "UTF-8", "");
  g_free (request->prompt);
  request->prompt = g_strdup ("A fox");
  request->negative_prompt = g_strdup ("a\xff");
  check_refused (request, "negative-prompt", "UTF-8", "");
  g_free (request->model);
  request->model = g_strdup ("a\xff");
  check_refused (request, "model", "UTF-8", "");
}

GST_END_TEST;

static void
check_duration (gint duration, const gchar * as_text)
{
  g_autoptr (FoxapiRequest) request = make_request ("A fox");

  request->duration = duration;
  request->has_duration = TRUE;
  if (as_text == NULL)
    check_accepted (request);
  else
    check_refused (request, "duration", as_text, "from 2 to 10");
}

GST_START_TEST (test_duration)
{
  check_duration (2, NULL);
  check_duration (10, NULL);
  check_duration (1, "is 1,");
  check_duration (11, "is 11,");
  check_duration (0, "is 0,");
  check_duration (-5, "is -5,");
  check_duration (G_MAXINT, "is 2147483647,");
  check_duration (G_MININT, "is -2147483648,");
}

GST_END_TEST;

static void
check_seed (gint64 seed, const gchar * as_text)
{
  g_autoptr (FoxapiRequest) request = make_request ("A fox");

  request->seed = seed;
  if (as_text == NULL)
    check_accepted (request);
  else
    check_refused (request, "seed", as_text, "from 0 to 2147483647");
}

GST_START_TEST (test_seed)
{
  check_seed (-1, NULL);
  check_seed (0, NULL);
  check_seed (FOXAPI_SEED_MAX, NULL);
  check_seed (-2, "is -2,");
  check_seed (FOXAPI_SEED_MAX + 1, "is 2147483648,");
  check_seed (G_MAXINT64, "is 9223372036854775807,");
  check_seed (G_MININT64, "is -9223372036854775808,");
}

GST_END_TEST;

/* A value that names none of an enumeration comes as NULL, or as itself. */
GST_START_TEST (test_enumerations)
{
  g_autoptr (FoxapiRequest) request = make_request ("A fox");

  g_clear_pointer (&request->resolution, g_free);
  check_refused (request, "resolution", "not set", "720p or 1080p");
  request->resolution = g_strdup ("480p");
  check_refused (request, "resolution", "\"480p\"", "720p or 1080p");
  g_free (request->resolution);
  request->resolution = g_strdup ("720p");
  g_clear_pointer (&request->aspect_ratio, g_free);
  check_refused (request, "aspect-ratio", "not set", "4:3 or 3:4");
  request->aspect_ratio = g_strdup ("16/9");
  check_refused (request, "aspect-ratio", "\"16/9\"", "4:3 or 3:4");
  g_free (request->aspect_ratio);
  request->aspect_ratio = g_strdup ("1:1");
  request->multi_shots = 2;
  check_refused (request, "multi-shots", "is 2,", "default, false or true");
  request->multi_shots = FOXAPI_SWITCH_DEFAULT;
  request->enable_safety_checker = -7;
  check_refused (request, "enable-safety-checker", "is -7,",
      "default, false or true");
}

GST_END_TEST;

static void
check_reference (const gchar * url, gboolean good)
{
  const gchar *const urls[] = { "https://example.com/a.png", url, NULL };
  g_autoptr (FoxapiRequest) request = make_request ("A fox");

  request->reference_image_urls = g_strdupv ((GStrv) urls);
  if (good)
    check_accepted (request);
  else
    check_refused (request, "reference-image-urls", "https://", "http");
  g_clear_pointer (&request->reference_image_urls, g_strfreev);
  request->reference_video_urls = g_strdupv ((GStrv) urls);
  if (good)
    check_accepted (request);
  else
    check_refused (request, "reference-video-urls", "https://", "http");
}

GST_START_TEST (test_references)
{
  static const gchar *const bad[] = {
    "", "a.png", "/tmp/a.png", "ftp://a/b", "data:image/png;base64,AAAA",
    "https://", "http:///a", "javascript:x", "https", "https://a/%zz",
    "file://elsewhere/../%00", "file:x",
  };

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    check_reference (bad[i], FALSE);
  check_reference ("http://127.0.0.1:8080/a?b=c&d=%20#e", TRUE);
  check_reference ("https://[::1]/a", TRUE);
  check_reference ("HTTPS://EXAMPLE.COM/A.PNG", TRUE);
  check_reference ("file:///tmp/a%20b.png", TRUE);
}

GST_END_TEST;

/* The message says that these are to be percent-encoded. */
GST_START_TEST (test_reference_characters)
{
  check_reference ("https://a/b c", FALSE);
  check_reference ("https://a b/", FALSE);
  check_reference ("https://a/\n", FALSE);
}

GST_END_TEST;

GST_START_TEST (test_reference_not_text)
{
  const gchar *const urls[] = { "https://a/\xff", NULL };
  g_autoptr (FoxapiRequest) request = make_request ("A fox");

  request->reference_image_urls = g_strdupv ((GStrv) urls);
  check_refused (request, "reference-image-urls", "UTF-8", "http");
}

GST_END_TEST;

/* The model that is sent decides what is sent. */
GST_START_TEST (test_extra_model)
{
  g_autoptr (FoxapiRequest) request = make_request ("A fox");

  request->extra = parse_object ("{\"model\":\"" OTHER_MODEL "\"}");
  check_body (request, "{\"model\":\"" OTHER_MODEL "\",\"prompt\":\"A fox\"}");
  g_free (request->model);
  request->model = g_strdup (OTHER_MODEL);
  json_object_unref (request->extra);
  request->extra = parse_object ("{\"model\":\"wan-2.7-reference-to-video\"}");
  check_body (request, "{\"model\":\"wan-2.7-reference-to-video\","
      "\"prompt\":\"A fox\",\"duration\":5,\"resolution\":\"1080p\","
      "\"aspect_ratio\":\"16:9\"}");
  json_object_unref (request->extra);
  request->extra = parse_object ("{\"model\":7}");
  check_refused (request, "model", "is 7,", "name of a model");
  json_object_unref (request->extra);
  request->extra = parse_object ("{\"model\":null}");
  check_refused (request, "model", "null", "name of a model");
}

GST_END_TEST;

static void
check_extra (const gchar * extra, const gchar * field, const gchar * value)
{
  g_autoptr (FoxapiRequest) request = make_request ("A fox");

  request->extra = parse_object (extra);
  if (field == NULL)
    check_accepted (request);
  else
    check_refused (request, field, value, "extra-parameters");
}

/* They are checked like the properties, types included. */
GST_START_TEST (test_extra_is_checked)
{
  check_extra ("{\"duration\":7}", NULL, NULL);
  check_extra ("{\"duration\":11}", "duration", "is 11,");
  check_extra ("{\"duration\":\"5\"}", "duration", "\"5\"");
  check_extra ("{\"duration\":5.5}", "duration", "5.5");
  check_extra ("{\"duration\":5.0}", "duration", "5.0");
  check_extra ("{\"duration\":null}", "duration", "null");
  check_extra ("{\"duration\":true}", "duration", "true");
  check_extra ("{\"seed\":-1}", "seed", "is -1,");
  check_extra ("{\"seed\":null}", NULL, NULL);
  check_extra ("{\"seed\":4294967296}", "seed", "is 4294967296,");
  check_extra ("{\"prompt\":5}", "prompt", "is 5,");
  check_extra ("{\"prompt\":null}", "prompt", "null");
  check_extra ("{\"prompt\":[\"x\"]}", "prompt", "[\"x\"]");
  check_extra ("{\"negative_prompt\":null}", NULL, NULL);
  check_extra ("{\"resolution\":720}", "resolution", "is 720,");
  check_extra ("{\"aspect_ratio\":\"21:9\"}", "aspect_ratio", "21:9");
  check_extra ("{\"multi_shots\":1}", "multi_shots", "is 1,");
  check_extra ("{\"multi_shots\":null}", NULL, NULL);
  check_extra ("{\"reference_image_urls\":\"https://a/b\"}",
      "reference_image_urls", "\"https://a/b\"");
  check_extra ("{\"reference_image_urls\":[5]}", "reference_image_urls", "[5]");
  check_extra ("{\"reference_image_urls\":[]}", NULL, NULL);
  check_extra ("{\"reference_video_urls\":null}", NULL, NULL);
  check_extra ("{\"reference_video_urls\":[null]}", "reference_video_urls",
      "[null]");
}

GST_END_TEST;

GST_START_TEST (test_known_fields)
{
  static const gchar *const fields[] = {
    "model", "prompt", "reference_image_urls", "reference_video_urls",
    "duration", "resolution", "aspect_ratio", "negative_prompt", "seed",
    "multi_shots", "enable_safety_checker",
  };

  for (guint i = 0; i < G_N_ELEMENTS (fields); i++)
    fail_unless (foxapi_rules_know_field (fields[i]), "%s", fields[i]);
  fail_if (foxapi_rules_know_field ("ratio"));
  fail_if (foxapi_rules_know_field ("negative-prompt"));
  fail_if (foxapi_rules_know_field (""));
}

GST_END_TEST;

static Suite *
rules_suite (void)
{
  Suite *suite = suite_create ("rules");
  TCase *rules = tcase_create ("rules");

  suite_add_tcase (suite, rules);
  tcase_add_test (rules, test_other_model_is_not_judged);
  tcase_add_test (rules, test_model_unset);
  tcase_add_test (rules, test_characters_not_bytes);
  tcase_add_test (rules, test_composed_characters);
  tcase_add_test (rules, test_text_rules);
  tcase_add_test (rules, test_text_of_other_models);
  tcase_add_test (rules, test_duration);
  tcase_add_test (rules, test_seed);
  tcase_add_test (rules, test_enumerations);
  tcase_add_test (rules, test_references);
  tcase_add_test (rules, test_reference_characters);
  tcase_add_test (rules, test_reference_not_text);
  tcase_add_test (rules, test_extra_model);
  tcase_add_test (rules, test_extra_is_checked);
  tcase_add_test (rules, test_known_fields);
  return suite;
}

GST_CHECK_MAIN (rules);
