/* An entry in the catalogue is all that a model needs: models.json of this folder
 * stands in the place of the plugin's.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "foxapiharness.h"

/* Takes floating @source. */
static void
set (GstElement * source, const gchar * property, const gchar * format,
    const gchar * uri)
{
  g_auto (GStrv) parts = g_strsplit (format, "%s", 2);
  g_autofree gchar *text = parts[1] == NULL ? g_strdup (format) :
      g_strconcat (parts[0], uri, parts[1], NULL);

  harness_set (source, property, text);
}

/* Its names on the wire, its words, its media in whatever field */
TEST (test_entry_alone)
{
  g_autofree gchar *frame = harness_make_file ("a.png", "a frame", -1);
  g_autofree gchar *photo = harness_make_file ("b.png", "a photo", -1);
  GstElement *source = harness_source ("model", "test-model", "duration", 3,
      "first-frame-url", frame, NULL);
  g_autoptr (Run) run = run_new (source);
  g_autoptr (JsonObject) body = NULL;

  set (source, "resolution", "8k", NULL);
  set (source, "extra-parameters",
      "x,cast=(structure)<\"e\\,photo\\=(string)\\\"%s\\\"\\;\">", photo);
  run_to_eos (run);

  assert_requests (FOXAPI_SIM_UPLOAD, 2);
  body = harness_submitted (1);
  fail_unless_equals_int (json_object_get_size (body), 6);
  fail_unless_equals_int (json_object_get_int_member (body, "size"), 3);
  fail_unless_equals_string (json_object_get_string_member (body,
          "resolution"), "8k");
  assert_upload (json_object_get_string_member (body, "opening"), "a frame");
  assert_upload (json_object_get_string_member (json_array_get_object_element
          (json_object_get_array_member (body, "cast"), 0), "photo"),
      "a photo");
}

/* Property, text and what the ERROR names */
static const struct
{
  const gchar *model;
  const gchar *property;
  const gchar *text;
  const gchar *named;
} wrong[] = {
  {"test-model", "aspect-ratio", "16:9", "aspect-ratio"},
  {"test-model", "duration", "4", "3 or 5"},
  {"test-model", "resolution", "720p", "8k"},
  {"test-model", "prompt", "twenty-one characters", "20"},
  {"test-model", "extra-parameters", "x,oppening=(string)\"https://a/b\"",
      "oppening"},
  {"test-model-2", "extra-parameters", "x,cast=(string)<\"a\">", "cast"},
};

TEST (test_refused)
{
  GstElement *source = harness_source ("model", wrong[__i__].model,
      "first-frame-url", "https://a.example/b.png", NULL);
  g_autoptr (Run) run = run_new (source);

  set (source, wrong[__i__].property, wrong[__i__].text, NULL);
  run_refused (run, GST_RESOURCE_ERROR_SETTINGS);
  run_assert_says (run, GST_MESSAGE_ERROR, wrong[__i__].named,
      wrong[__i__].model, NULL);
  assert_nothing_sent ();
}

/* No money for what cannot be played */
TEST (test_no_video)
{
  g_autoptr (Run) run = run_new (harness_source ("model", "test-model-3",
          NULL));

  run_refused (run, GST_RESOURCE_ERROR_SETTINGS);
  run_assert_says (run, GST_MESSAGE_ERROR, "voice_id", NULL);
  assert_nothing_sent ();
}

TEST (test_too_large)
{
  g_autofree gchar *frame = harness_make_file ("a.png", "thirteen byte", -1);
  g_autoptr (Run) run = run_new (harness_source ("model", "test-model",
          "first-frame-url", frame, NULL));

  run_refused (run, GST_RESOURCE_ERROR_SETTINGS);
  run_assert_says (run, GST_MESSAGE_ERROR, "first-frame-url", NULL);
  assert_nothing_sent ();
}

/* (transfer full): the link of the task that a run has completed */
static gchar *
get_link (Run * run)
{
  g_autoptr (GstStructure) task = NULL;
  const GValue *results;

  g_object_get (run->source, "task", &task, NULL);
  results = gst_structure_get_value (task, "results");
  return g_value_dup_string (gst_value_array_get_value (results, 0));
}

/* Some make several: one is chosen, and another one costs nothing more. */
TEST (test_result_index)
{
  g_autoptr (Run) one =
      run_new (harness_source ("model", "test-model", "first-frame-url",
          "https://a.example/b.png", NULL));
  g_autoptr (Run) other = NULL, wrong_one = NULL;
  g_autofree gchar *link = NULL, *id = NULL, *body = NULL;
  FoxapiSimFault answer = {.status = 200 };

  run_to_eos (one);
  link = get_link (one);
  id = harness_task_id (1);
  run_stop (one);

  body = g_strdup_printf ("{\"id\":\"%s\",\"status\":\"completed\","
      "\"results\":[\"http://127.0.0.1:1/none\",\"%s\"]}", id, link);
  answer.body = body;
  for (guint nth = 1; nth < 20; nth++)
    foxapi_sim_script (sim, FOXAPI_SIM_ASK, nth, &answer);
  other = run_new (harness_source ("task-id", id, "result-index", 1, NULL));
  run_to_result (other);
  run_stop (other);

  wrong_one = run_new (harness_source ("task-id", id, "result-index", 2, NULL));
  run_to_error (wrong_one, GST_RESOURCE_ERROR_SETTINGS);
  assert_requests (FOXAPI_SIM_SUBMIT, 1);
}

static const Test tests[] = {
  CASE ("models", harness_setup, harness_teardown),
  ONCE (test_entry_alone),
  ROWS (test_refused, wrong),
  ONCE (test_too_large),
  ONCE (test_no_video),
  ONCE (test_result_index),
};

CHECK_MAIN (models, tests)
