/* Presets: parameter sets under a name
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "foxapiharness.h"

static gchar *
uri_of (GstElement * source)
{
  return gst_uri_handler_get_uri (GST_URI_HANDLER (source));
}

TEST (test_saved_and_loaded)
{
  g_autoptr (GstElement) one = harness_source ("prompt",
      "Eine \"Füchsin\"; x=1\nand a second line", "duration", 7, "seed",
      G_GINT64_CONSTANT (5), "resolution", 0, "aspect-ratio", 1, "multi-shots",
      1, NULL);
  g_autoptr (GstElement) other = harness_source ("negative-prompt", "rain",
      NULL);
  g_autofree gchar *wanted = NULL, *loaded = NULL, *negative = NULL;

  gst_object_ref_sink (one);
  gst_object_ref_sink (other);
  harness_set_list (one, "reference-image-urls", "https://a/b?x=1&y=2",
      "file:///c%20d.png", NULL);
  gst_util_set_object_arg (G_OBJECT (one), "extra-parameters",
      "p, a=(string)\"b c\", n=(int)5");
  fail_unless (gst_preset_save_preset (GST_PRESET (one), "a fox"));
  fail_unless (gst_preset_load_preset (GST_PRESET (other), "a fox"));

  /* Equal in every generation property, also in those that were unset */
  wanted = uri_of (one);
  loaded = uri_of (other);
  fail_unless_equals_string (loaded, wanted);
  negative = harness_get_string (other, "negative-prompt");
  fail_unless (negative == NULL);
}

/* What was set to nothing has no text in a file. */
TEST (test_nothing_is_saved)
{
  g_autoptr (GstElement) one = harness_source ("extra-parameters", NULL,
      "negative-prompt", NULL, "last-frame-url", NULL, NULL);
  g_autoptr (GstElement) other = harness_source ("negative-prompt", "rain",
      NULL);
  g_autofree gchar *negative = NULL;

  gst_object_ref_sink (one);
  gst_object_ref_sink (other);
  fail_unless (gst_preset_save_preset (GST_PRESET (one), "a fox"));
  fail_unless (gst_preset_load_preset (GST_PRESET (other), "a fox"));
  negative = harness_get_string (other, "negative-prompt");
  fail_unless (negative == NULL);
}

/* Neither a key nor a task belongs to a set that is saved and handed on. */
TEST (test_only_generation_properties)
{
  g_autoptr (GstElement) source = harness_source (NULL);
  g_auto (GStrv) names = NULL;

  gst_object_ref_sink (source);
  names = gst_preset_get_property_names (GST_PRESET (source));
  fail_unless (g_strv_contains ((const gchar * const *) names, "prompt"));
  fail_if (g_strv_contains ((const gchar * const *) names, "api-key"));
  fail_if (g_strv_contains ((const gchar * const *) names, "proxy-pw"));
  fail_if (g_strv_contains ((const gchar * const *) names, "task-id"));
  fail_if (g_strv_contains ((const gchar * const *) names, "task-store"));
}

TEST (test_unknown_preset)
{
  g_autoptr (GstElement) source = harness_source ("prompt", "kept", NULL);
  g_autofree gchar *prompt = NULL;

  gst_object_ref_sink (source);
  fail_if (gst_preset_load_preset (GST_PRESET (source), "no such preset"));
  prompt = harness_get_string (source, "prompt");
  fail_unless_equals_string (prompt, "kept");
}

static const Test tests[] = {
  CASE ("presets", harness_setup, harness_teardown),
  ONCE (test_saved_and_loaded),
  ONCE (test_nothing_is_saved),
  ONCE (test_only_generation_properties),
  ONCE (test_unknown_preset),
};

CHECK_MAIN (presets, tests)
