/* Request bodies: exact, and nothing in them that is unset
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <string.h>

#include "foxapijson.h"
#include "foxapirequest.h"
#include "protocoltest.h"
#include "requesttest.h"

#define FOX "\xf0\x9f\xa6\x8a"

GST_START_TEST (test_least)
{
  g_autoptr (FoxapiRequest) request = make_request ("A fox");

  check_body (request, "{\"model\":\"wan-2.7-reference-to-video\","
      "\"prompt\":\"A fox\",\"duration\":5,\"resolution\":\"1080p\","
      "\"aspect_ratio\":\"16:9\"}");
}

GST_END_TEST;

GST_START_TEST (test_everything)
{
  static const gchar *const images[] =
      { "https://a/1.png?x=1&y=%20", "http://b",
    NULL
  };
  static const gchar *const videos[] = { "file:///tmp/v.mp4", NULL };
  g_autoptr (FoxapiRequest) request = make_request ("\"A\"\n\\" FOX);

  request->reference_image_urls = g_strdupv ((GStrv) images);
  request->reference_video_urls = g_strdupv ((GStrv) videos);
  request->duration = 10;
  g_free (request->resolution);
  request->resolution = g_strdup ("720p");
  g_free (request->aspect_ratio);
  request->aspect_ratio = g_strdup ("3:4");
  request->negative_prompt = g_strdup ("blur");
  request->seed = FOXAPI_SEED_MAX;
  request->multi_shots = FOXAPI_SWITCH_FALSE;
  request->enable_safety_checker = FOXAPI_SWITCH_TRUE;
  check_body (request, "{\"model\":\"wan-2.7-reference-to-video\","
      "\"prompt\":\"\\\"A\\\"\\n\\\\" FOX "\",\"reference_image_urls\":"
      "[\"https://a/1.png?x=1&y=%20\",\"http://b\"],"
      "\"reference_video_urls\":[\"file:///tmp/v.mp4\"],\"duration\":10,"
      "\"resolution\":\"720p\",\"aspect_ratio\":\"3:4\","
      "\"negative_prompt\":\"blur\",\"seed\":2147483647,"
      "\"multi_shots\":false,\"enable_safety_checker\":true}");
}

GST_END_TEST;

GST_START_TEST (test_every_word)
{
  static const gchar *const ratios[] = { "16:9", "9:16", "1:1", "4:3", "3:4" };
  static const gchar *const resolutions[] = { "720p", "1080p" };
  g_autoptr (FoxapiRequest) request = make_request ("A fox");

  for (guint i = 0; i < G_N_ELEMENTS (ratios); i++) {
    g_free (request->aspect_ratio);
    request->aspect_ratio = g_strdup (ratios[i]);
    check_accepted (request);
  }
  for (guint i = 0; i < G_N_ELEMENTS (resolutions); i++) {
    g_free (request->resolution);
    request->resolution = g_strdup (resolutions[i]);
    check_accepted (request);
  }
}

GST_END_TEST;

GST_START_TEST (test_empty_lists_are_unset)
{
  static const gchar *const none[] = { NULL };
  g_autoptr (FoxapiRequest) request = make_request ("A fox");

  request->reference_image_urls = g_strdupv ((GStrv) none);
  request->reference_video_urls = g_strdupv ((GStrv) none);
  request->seed = 0;
  check_body (request, "{\"model\":\"wan-2.7-reference-to-video\","
      "\"prompt\":\"A fox\",\"duration\":5,\"resolution\":\"1080p\","
      "\"aspect_ratio\":\"16:9\",\"seed\":0}");
}

GST_END_TEST;

/* Other models reject fields they don't know: only what was set is sent. */
GST_START_TEST (test_other_model)
{
  g_autoptr (FoxapiRequest) request = make_request ("A fox");

  g_free (request->model);
  request->model = g_strdup (OTHER_MODEL);
  check_body (request, "{\"model\":\"" OTHER_MODEL "\",\"prompt\":\"A fox\"}");

  request->duration = 15;
  request->has_duration = TRUE;
  check_body (request, "{\"model\":\"" OTHER_MODEL "\",\"prompt\":\"A fox\","
      "\"duration\":15}");
  request->has_resolution = request->has_aspect_ratio = TRUE;
  check_body (request, "{\"model\":\"" OTHER_MODEL "\",\"prompt\":\"A fox\","
      "\"duration\":15,\"resolution\":\"1080p\",\"aspect_ratio\":\"16:9\"}");
}

GST_END_TEST;

/* Extra fields come on top, nested as they are, and win. */
GST_START_TEST (test_extra)
{
  g_autoptr (FoxapiRequest) request = make_request ("A fox");

  g_free (request->model);
  request->model = g_strdup (OTHER_MODEL);
  request->extra = parse_object ("{\"prompt\":\"A hare\",\"ratio\":\"21:9\","
      "\"generate_audio\":true,\"camera\":{\"moves\":[1,2.5,\"up\",null]},"
      "\"audio_urls\":[\"https://a/b.wav\"],\"duration\":15}");
  check_body (request, "{\"model\":\"" OTHER_MODEL "\","
      "\"prompt\":\"A hare\",\"ratio\":\"21:9\",\"generate_audio\":true,"
      "\"camera\":{\"moves\":[1,2.5,\"up\",null]},"
      "\"audio_urls\":[\"https://a/b.wav\"],\"duration\":15}");
}

GST_END_TEST;

/* What JSON has no word for must not get into the body. */
GST_START_TEST (test_body_is_json)
{
  static const gchar *const extras[] = { "{\"zoom\":1e999}",
    "{\"zoom\":[{\"x\":-1e999}]}", "{\"zoom\":1e308}",
  };

  for (guint i = 0; i < G_N_ELEMENTS (extras); i++) {
    g_autoptr (FoxapiRequest) request = make_request ("A fox");
    g_autoptr (JsonObject) body = NULL, again = NULL;
    g_autofree gchar *text = NULL;

    request->extra = parse_object (extras[i]);
    body = foxapi_request_to_body (request, NULL);
    if (body == NULL)
      continue;
    text = foxapi_json_to_text (body);
    again = foxapi_json_parse (text, strlen (text), NULL);
    fail_unless (again != NULL, "%s", text);
  }
}

GST_END_TEST;

/* Whatever order the application had: one request, one text, one identity. */
GST_START_TEST (test_same_settings_same_text)
{
  g_autoptr (FoxapiRequest) a = make_request ("A fox");
  g_autoptr (FoxapiRequest) b = make_request ("A fox");
  g_autoptr (JsonObject) body_a = NULL, body_b = NULL;
  g_autofree gchar *text_a = NULL, *text_b = NULL;

  a->extra = parse_object ("{\"zoom\":1,\"angle\":{\"x\":1},\"seed\":5}");
  b->extra = parse_object ("{\"seed\":5,\"angle\":{\"x\":1},\"zoom\":1}");
  body_a = foxapi_request_to_body (a, NULL);
  body_b = foxapi_request_to_body (b, NULL);
  text_a = foxapi_json_to_text (body_a);
  text_b = foxapi_json_to_text (body_b);
  fail_unless_equals_string (text_a, text_b);
}

GST_END_TEST;

/* The request keeps what it had: it is sent again on the next start. */
GST_START_TEST (test_request_is_not_used_up)
{
  g_autoptr (FoxapiRequest) request = make_request ("A fox");
  g_autoptr (JsonObject) body = NULL, again = NULL;
  g_autofree gchar *a = NULL, *b = NULL;

  request->extra = parse_object ("{\"camera\":{\"x\":[1]}}");
  body = foxapi_request_to_body (request, NULL);
  json_object_set_int_member (body, "camera", 7);
  again = foxapi_request_to_body (request, NULL);
  a = print_member (again, "camera");
  fail_unless_equals_string (a, "{\"x\":[1]}");
  b = print_member (request->extra, "camera");
  fail_unless_equals_string (b, "{\"x\":[1]}");
}

GST_END_TEST;

static Suite *
request_suite (void)
{
  Suite *suite = suite_create ("request");
  TCase *bodies = tcase_create ("bodies");

  suite_add_tcase (suite, bodies);
  tcase_add_test (bodies, test_least);
  tcase_add_test (bodies, test_everything);
  tcase_add_test (bodies, test_every_word);
  tcase_add_test (bodies, test_empty_lists_are_unset);
  tcase_add_test (bodies, test_other_model);
  tcase_add_test (bodies, test_extra);
  tcase_add_test (bodies, test_body_is_json);
  tcase_add_test (bodies, test_same_settings_same_text);
  tcase_add_test (bodies, test_request_is_not_used_up);
  return suite;
}

GST_CHECK_MAIN (request);
