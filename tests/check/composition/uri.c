/* foxapi:// URIs: read, written, refused
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "foxapiharness.h"

#define DEFAULT "foxapi://generate/wan-2.7-reference-to-video"

static GstElement *
make (const gchar * uri, GError ** error)
{
  return gst_element_make_from_uri (GST_URI_SRC, uri, NULL, error);
}

static void
assert_refused (const gchar * uri, const gchar * named)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GstElement) source = make (uri, &error);

  fail_unless (source == NULL, "%s was taken", uri);
  fail_unless (error->domain == GST_URI_ERROR);
  fail_unless (strstr (error->message, named) != NULL, "%s: %s", uri,
      error->message);
}

/* The URI of the element that a URI makes makes an equal one. */
static void
assert_round_trip (const gchar * uri)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GstElement) one = make (uri, &error);
  g_autoptr (GstElement) other = NULL;
  g_autofree gchar *once = NULL, *twice = NULL;

  fail_unless (one != NULL, "%s: %s", uri, error ? error->message : "");
  once = gst_uri_handler_get_uri (GST_URI_HANDLER (one));
  other = make (once, &error);
  fail_unless (other != NULL, "%s: %s", once, error ? error->message : "");
  twice = gst_uri_handler_get_uri (GST_URI_HANDLER (other));
  fail_unless_equals_string (once, twice);
}

TEST (test_all_fields)
{
  g_autoptr (GstElement) source = make (DEFAULT "?prompt=A+fox%2C%20a%26b"
      "&reference_image_urls=https://a/1.png&reference_image_urls=https://a/2"
      "&reference_video_urls=file:///v.mp4&duration=7&resolution=720p"
      "&aspect_ratio=9:16&negative_prompt=&seed=42&multi_shots=true"
      "&enable_safety_checker=false", NULL);
  gint duration, resolution, aspect_ratio, multi_shots, safety_checker;
  g_autofree gchar *prompt = NULL, *negative_prompt = NULL;
  GValue images = G_VALUE_INIT;
  gint64 seed;

  g_value_init (&images, GST_TYPE_ARRAY);
  g_object_get_property (G_OBJECT (source), "reference-image-urls", &images);
  g_object_get (source, "prompt", &prompt, "duration", &duration,
      "resolution", &resolution, "aspect-ratio", &aspect_ratio,
      "negative-prompt", &negative_prompt, "seed", &seed,
      "multi-shots", &multi_shots, "enable-safety-checker", &safety_checker,
      NULL);
  fail_unless_equals_string (prompt, "A fox, a&b");
  fail_unless_equals_int (gst_value_array_get_size (&images), 2);
  fail_unless_equals_int (duration, 7);
  fail_unless_equals_int (resolution, 0);
  fail_unless_equals_int (aspect_ratio, 1);
  fail_unless_equals_string (negative_prompt, "");
  fail_unless_equals_int64 (seed, 42);
  fail_unless_equals_int (multi_shots, 1);
  fail_unless_equals_int (safety_checker, 0);
  g_value_unset (&images);
}

/* A field may be written as its property is. */
TEST (test_hyphens)
{
  g_autoptr (GstElement) source = make ("foxapi://generate/"
      "wan-2.7-text-to-video?prompt=a&aspect-ratio=9:16&negative-prompt=b"
      "&enable-prompt-expansion=true", NULL);
  g_autofree gchar *uri = gst_uri_handler_get_uri (GST_URI_HANDLER (source));

  fail_unless (strstr (uri, "aspect_ratio=9:16") != NULL
      && strstr (uri, "negative_prompt=b") != NULL
      && strstr (uri, "enable_prompt_expansion=true") != NULL, "%s", uri);
}

TEST (test_round_trips)
{
  assert_round_trip (DEFAULT "?prompt=a");
  assert_round_trip (DEFAULT "?prompt=%C3%BC%20%F0%9F%A6%8A%2B%26%3D%23%25");
  assert_round_trip (DEFAULT "?prompt=a&reference_image_urls="
      "https://a/b%3Fx%3D1%26y%3D2&reference_image_urls=file:///a%2520b.png");
  assert_round_trip (DEFAULT "?prompt=a&duration=2&resolution=1080p&seed=0");
  assert_round_trip ("foxapi://generate/x?prompt=a&resolution=480p&n=5&f=1.5"
      "&s=%225%22&t=true&image_urls=https://a&o=%7B%22a%22:[1,2]%7D");
  assert_round_trip ("foxapi://tasks/task-unified-1-abc");
}

TEST (test_refused)
{
  assert_refused (DEFAULT "?prompt=a&bogus=1", "bogus");
  assert_refused (DEFAULT "?prompt=a&generate_audio=true", "generate_audio");
  assert_refused (DEFAULT "?prompt=a&duration=five", "duration");
  assert_refused (DEFAULT "?prompt=a&duration=5.5", "duration");
  assert_refused (DEFAULT "?prompt=a&duration=99999999999", "duration");
  assert_refused (DEFAULT "?prompt=a&seed=", "seed");
  assert_refused (DEFAULT "?prompt=a&multi_shots=yes", "multi_shots");
  assert_refused (DEFAULT "?prompt=a&resolution=480p", "resolution");
  assert_refused (DEFAULT "?prompt=a&prompt=b", "prompt");
  assert_refused ("foxapi://generate/x?prompt=a&prompt=b", "prompt");
  assert_refused (DEFAULT "?prompt=%FF", "write % as %25");
  assert_refused (DEFAULT "?prompt=50%+off", "write % as %25");
  assert_refused (DEFAULT "?prompt=a&aspect-ratio=9:16&aspect_ratio=1:1",
      "aspect_ratio more than once");
  assert_refused (DEFAULT "/more?prompt=a", "path");
  assert_refused ("foxapi://generate/x?prompt=a&model=y", "model");
  assert_refused ("foxapi://tasks/", "tasks");
  assert_refused ("foxapi://tasks/a%2Fb", "tasks");
  assert_refused ("foxapi://elsewhere/x", "generate");
}

/* Neither taken nor repeated in the message */
TEST (test_keys_are_refused)
{
  static const gchar *const uris[] = {
    DEFAULT "?prompt=a&api_key=sk-secret-0123",
    "foxapi://generate/x?prompt=a&api_key=sk-secret-0123",
    "foxapi://generate/x?prompt=a&API-Key=sk-secret-0123",
    "foxapi://generate/x?prompt=a&token=sk-secret-0123",
    "foxapi://generate/x?prompt=a&Authorization=sk-secret-0123",
    "foxapi://sk-secret-0123@generate/x?prompt=a",
    "foxapi://user:sk-secret-0123@tasks/task-1",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (uris); i++) {
    g_autoptr (GError) error = NULL;

    fail_unless (make (uris[i], &error) == NULL, "%s was taken", uris[i]);
    fail_unless (strstr (error->message, "sk-secret") == NULL, "%s",
        error->message);
    fail_unless (strstr (error->message, "key") != NULL, "%s", error->message);
  }
}

/* What a URI means at the service */
TEST (test_extra_parameters_on_the_wire)
{
  g_autoptr (Run) run = run_new (harness_source (NULL));

  harness_set_uri (run->source,
      "foxapi://generate/test-model?prompt=a+b&duration=12"
      "&image_urls=https://a/1.png&generate_audio=true&ratio=21:9");
  run_to_eos (run);
  assert_body (1, "{\"model\":\"test-model\",\"prompt\":\"a b\","
      "\"duration\":12,\"image_urls\":[\"https://a/1.png\"],"
      "\"generate_audio\":true,\"ratio\":\"21:9\"}");
}

/* Only what JSON calls a number is sent as one. */
TEST (test_numbers_on_the_wire)
{
  static const gchar uri[] =
      "foxapi://generate/test-model?prompt=a&whole=7&minus=-7"
      "&real=1.5&power=2e3&zip=007&hex=0x10&dot=1."
      "&ok=%5B7,8%5D&long=12345678901234567890&huge=1e999&plus=%2B5"
      "&word=True&half=.5&quoted=%227%22";
  g_autoptr (Run) run = run_new (harness_source (NULL));

  harness_set_uri (run->source, uri);
  run_to_eos (run);
  assert_body (1,
      "{\"model\":\"test-model\",\"prompt\":\"a\",\"whole\":7,\"minus\":-7,"
      "\"real\":1.5,\"power\":2000.0,\"zip\":\"007\",\"hex\":\"0x10\","
      "\"dot\":\"1.\",\"ok\":[7,8],"
      "\"long\":\"12345678901234567890\",\"huge\":\"1e999\",\"plus\":\"+5\","
      "\"word\":\"True\",\"half\":\".5\",\"quoted\":\"7\"}");
  assert_round_trip (uri);
}

TEST (test_task_uri_takes_up)
{
  g_autofree gchar *id = foxapi_sim_add_task (sim, "completed");
  g_autofree gchar *uri = g_strconcat ("foxapi://tasks/", id, NULL);
  g_autoptr (Run) run = run_new (harness_source (NULL));

  harness_set_uri (run->source, uri);
  run_to_result (run);
  assert_requests (FOXAPI_SIM_SUBMIT, 0);
}

TEST (test_not_while_running)
{
  g_autoptr (Run) run = run_new (harness_source (NULL));
  g_autoptr (GError) error = NULL;

  run_to_eos (run);
  fail_if (gst_uri_handler_set_uri (GST_URI_HANDLER (run->source),
          DEFAULT "?prompt=b", &error));
  fail_unless (g_error_matches (error, GST_URI_ERROR, GST_URI_ERROR_BAD_STATE));
}

static const Test tests[] = {
  CASE ("uri", harness_setup, harness_teardown),
  ONCE (test_all_fields),
  ONCE (test_hyphens),
  ONCE (test_round_trips),
  ONCE (test_refused),
  ONCE (test_keys_are_refused),
  ONCE (test_extra_parameters_on_the_wire),
  ONCE (test_numbers_on_the_wire),
  ONCE (test_task_uri_takes_up),
  ONCE (test_not_while_running),
};

CHECK_MAIN (uri, tests)
