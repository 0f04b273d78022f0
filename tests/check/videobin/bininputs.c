/* What the shots of the bin are made from: pads for each input that models have, and
 * the last frame of the shot before.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "binharness.h"

#include <string.h>

#define PICTURE "videotestsrc num-buffers=1 ! video/x-raw,width=640,height=360"
#define MOTION "videotestsrc num-buffers=50 ! " \
    "video/x-raw,width=640,height=360,framerate=25/1"

/* A bin without the harness's reference */
static Run *
new_run (const gchar * model)
{
  GstElement *bin = bin_new ("model", model, NULL);

  harness_set_list (bin, "reference-image-urls", NULL);
  return bin_run_new (bin);
}

/* The field of the nth submission, or the only item of its list */
static gchar *
get_field (guint nth, const gchar * field)
{
  g_autoptr (JsonObject) body = harness_submitted (nth);
  JsonNode *value = json_object_get_member (body, field);

  fail_unless (value != NULL, "No %s in the submission", field);
  if (!JSON_NODE_HOLDS_ARRAY (value))
    return g_strdup (json_node_get_string (value));
  fail_unless_equals_int (json_array_get_length (json_node_get_array (value)),
      1);
  return g_strdup (json_array_get_string_element (json_node_get_array (value),
          0));
}

/* It was uploaded, and begins so at @offset. */
static void
assert_file (const gchar * url, gsize offset, const gchar * magic)
{
  g_autoptr (GBytes) bytes = foxapi_sim_get_upload (sim, url);
  gsize size;
  const gchar *data;

  fail_unless (bytes != NULL, "%s is no upload", url);
  data = g_bytes_get_data (bytes, &size);
  fail_unless (size > offset + strlen (magic)
      && memcmp (data + offset, magic, strlen (magic)) == 0);
}

#define PNG 1, "PNG"
#define MP4 4, "ftyp"

static const struct
{
  const gchar *model;
  const gchar *pad;
  const gchar *field;
} inputs[] = {
  {"wan-2.7-image-to-video", "first_frame", "image_urls"},
  {"pixverse-v6-image-to-video", "first_frame", "image_url"},
  {"wan-2.7-video-edit", "source_video", "video_url"},
};

TEST (test_pad)
{
  g_autoptr (Run) run = new_run (inputs[__i__].model);
  gboolean is_video = g_str_equal (inputs[__i__].pad, "source_video");
  g_autofree gchar *url = NULL;

  bin_feed (run, is_video ? MOTION : PICTURE, inputs[__i__].pad);
  bin_abandon (run);
  assert_requests (FOXAPI_SIM_UPLOAD, 1);
  url = get_field (1, inputs[__i__].field);
  if (is_video)
    assert_file (url, MP4);
  else
    assert_file (url, PNG);
}

/* Both into one list, in their order, whichever pad is first */
TEST (test_both_frames)
{
  g_autoptr (Run) run = new_run ("wan-2.7-image-to-video");

  bin_feed (run, PICTURE, "last_frame");
  g_object_set (run->source, "first-frame-url", "https://a.example/1", NULL);
  bin_abandon (run);
  assert_body_has (FOXAPI_SIM_SUBMIT, 1,
      "\"image_urls\":[\"https://a.example/1\",\"");
  assert_requests (FOXAPI_SIM_UPLOAD, 1);
}

/* The application ends the program before the references are there: nothing is paid
 * for that it would not show. */
TEST (test_ended_before_the_references)
{
  g_autoptr (Run) run = new_run ("wan-2.7-image-to-video");
  GstElement *feed = bin_feed (run, PICTURE " ! identity name=hold",
      "first_frame");
  g_autoptr (GstElement) hold = gst_bin_get_by_name (GST_BIN (feed), "hold");
  gulong probe = harness_block (hold);

  run_set_state (run, GST_STATE_PLAYING);
  gst_element_send_event (run->source, gst_event_new_eos ());
  run_wait (run, GST_MESSAGE_EOS);
  harness_unblock (hold, probe);
  bin_wait_reference (run);
  bin_assert_begins_no_clip (run, 1);
  run_stop (run);
  assert_requests (FOXAPI_SIM_SUBMIT, 0);
}

static void
assert_told (Run * run, const gchar * pad, const gchar * what)
{
  run_refused (run, GST_RESOURCE_ERROR_SETTINGS);
  run_assert_says (run, GST_MESSAGE_ERROR, pad, what, NULL);
  assert_nothing_sent ();
}

static const struct
{
  const gchar *model;
  const gchar *pad;
} refusals[] = {
  {"wan-2.7-text-to-video", "first_frame"},
  {"wan-2.7-reference-to-video", "last_frame"},
  {"wan-2.7-reference-to-video", "source_video"},
  {"wan-2.7-text-to-video", "image_0"},
  {"wan-2.7-image-to-video", "video_3"},
};

/* Before anything is captured, and by the pad's name */
TEST (test_no_such_input)
{
  g_autoptr (Run) run = new_run (refusals[__i__].model);

  bin_request (run, refusals[__i__].pad);
  assert_told (run, refusals[__i__].pad, refusals[__i__].model);
}

TEST (test_pad_and_property)
{
  g_autoptr (Run) run = new_run ("wan-2.7-image-to-video");

  bin_request (run, "first_frame");
  g_object_set (run->source, "first-frame-url", "https://a.example/1", NULL);
  assert_told (run, "first_frame", "first-frame-url");
}

/* More of them than the model takes are refused before they are captured, too. */
TEST (test_too_many_pads)
{
  g_autoptr (Run) run = new_run ("wan-2.7-video-edit");

  bin_request (run, "image_%u");
  bin_request (run, "image_%u");
  g_object_set (run->source, "source-video-url", "https://a.example/1.mp4",
      NULL);
  assert_told (run, "reference-image-urls", "takes one");
}

/* The task that is named needs no input, nor does a start that resumes it. */
TEST (test_pad_of_a_task)
{
  g_autofree gchar *id = foxapi_sim_add_task (sim, "completed");
  g_autoptr (Run) run = new_run ("wan-2.7-text-to-video");

  g_object_set (run->source, "task-id", id, NULL);
  bin_feed (run, PICTURE, "first_frame");
  run_play (run);
  run_play (run);
  assert_requests (FOXAPI_SIM_SUBMIT, 0);
}

/* A path or a URI, and what a pad captures: each is shown until the result is there,
 * and nothing is wrong with it. */
TEST (test_placeholder)
{
  g_autoptr (GBytes) png = bin_make_file (PICTURE " ! pngenc");
  g_autofree gchar *path = harness_write_file ("fox.png", png);
  g_autofree gchar *uri = g_filename_to_uri (path, NULL, NULL);
  g_autoptr (Run) run = new_run ("wan-2.7-image-to-video");

  harness_set (run->source, "placeholder", "reference");
  if (__i__ < 2)
    g_object_set (run->source, "first-frame-url", __i__ ? uri : path, NULL);
  else
    bin_feed (run, PICTURE, "first_frame");
  run_play (run);
  assert_requests (FOXAPI_SIM_UPLOAD, 1);
  fail_unless_equals_int (run_count (run, GST_MESSAGE_WARNING), 0);
}

/* The next shot begins with the last frame, where the model has a first one and the
 * application's inputs leave room for it; otherwise that is a reference. */
static const struct
{
  const gchar *model;
  const gchar *property;        /* (nullable): an input of the application */
  const gchar *field;           /* (nullable): that the last frame becomes */
} continuities[] = {
  {"wan-2.7-image-to-video", "first-frame-url", "image_urls"},
  {"sora-2", NULL, "image_urls"},
  {"veo-3.1", NULL, "image_urls"},
  {"wan-2.7-reference-to-video", NULL, "reference_image_urls"},
  {"wan-2.7-video-edit", "source-video-url", "reference_image_url"},
};

TEST (test_continuity)
{
  g_autoptr (Run) run = new_run (continuities[__i__].model);
  g_autofree gchar *url = NULL;

  if (continuities[__i__].property != NULL)
    g_object_set (run->source, continuities[__i__].property,
        "https://a.example/1", NULL);
  harness_set_list (run->source, "next-prompts", "It runs", NULL);
  run_to_eos (run);
  assert_requests (FOXAPI_SIM_SUBMIT, 2);
  url = get_field (2, continuities[__i__].field);
  assert_file (url, PNG);
}

static void
wait_for_shot (Run * run, guint shot)
{
  const GstStructure *structure;
  guint number = 0;

  do {
    structure = gst_message_get_structure (run_wait (run, GST_MESSAGE_ELEMENT));
    if (gst_structure_has_name (structure, "foxapi-on-air"))
      gst_structure_get_uint (structure, "shot", &number);
  } while (number != shot);
}

/* It is the model of that next shot that counts. */
TEST (test_continuity_of_another_model)
{
  g_autoptr (Run) run = new_run ("wan-2.7-text-to-video");
  g_autofree gchar *url = NULL;

  run_set_state (run, GST_STATE_PLAYING);
  fail_unless (harness_queue_shot (run->source, "It runs",
          "shot,model=(string)wan-2.7-image-to-video") > 1);
  run_wait (run, GST_MESSAGE_EOS);
  assert_requests (FOXAPI_SIM_SUBMIT, 2);
  url = get_field (2, "image_urls");
  assert_file (url, PNG);
}

/* The frame that a shot begins with is there until that has been shown, also where
 * the next one needs none: a start repeats the shot, and does not pay for it. */
TEST (test_continuity_kept)
{
  g_autoptr (Run) run = new_run ("wan-2.7-text-to-video");

  run_set_state (run, GST_STATE_PLAYING);
  fail_unless (harness_queue_shot (run->source, "It runs",
          "shot,model=(string)wan-2.7-image-to-video") > 1);
  fail_unless (harness_queue_shot (run->source, "It rests",
          "shot,model=(string)wan-2.7-text-to-video") > 1);
  wait_for_shot (run, 2);
  run_set_state (run, GST_STATE_READY);
  run_set_state (run, GST_STATE_PLAYING);
  wait_for_shot (run, 2);
  run_stop (run);
  assert_requests (FOXAPI_SIM_SUBMIT, 2);
}

/* The shot that is made ahead fails while a clip is shown: the one behind it begins with
 * the last frame of that clip, once that is there. */
TEST (test_continuity_after_a_failure)
{
  g_autoptr (Run) run = new_run ("wan-2.7-text-to-video");
  FoxapiSimFault refused = {.hold = TRUE,.status = 422 };
  gulong probe;
  g_autofree gchar *url = NULL;

  harness_set (run->source, "on-error", "warning");
  foxapi_sim_script (sim, FOXAPI_SIM_SUBMIT, 2, &refused);
  run_set_state (run, GST_STATE_PLAYING);
  fail_unless (harness_queue_shot (run->source, "It runs",
          "shot,model=(string)wan-2.7-text-to-video") > 1);
  fail_unless (harness_queue_shot (run->source, "It rests",
          "shot,model=(string)wan-2.7-image-to-video") > 1);
  wait_for_shot (run, 1);
  probe = harness_block (run->sink);
  harness_wait_requests (FOXAPI_SIM_SUBMIT, 2);
  foxapi_sim_release (sim);
  bin_wait_warning (run, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_SETTINGS);
  harness_unblock (run->sink, probe);
  run_wait (run, GST_MESSAGE_EOS);
  assert_requests (FOXAPI_SIM_SUBMIT, 3);
  url = get_field (3, "image_urls");
  assert_file (url, PNG);
}

/* veo-3.1 takes a first frame or references: those that are set stay. */
TEST (test_continuity_with_references)
{
  g_autoptr (Run) run = bin_run_new (bin_new ("model", "veo-3.1", NULL));

  harness_set_list (run->source, "next-prompts", "It runs", NULL);
  run_to_eos (run);
  assert_body_has (FOXAPI_SIM_SUBMIT, 2, "\"https://a.example/1\"]");
  assert_body_has (FOXAPI_SIM_SUBMIT, 2, "reference-to-video");
  assert_requests (FOXAPI_SIM_UPLOAD, 1);
}

static const Test tests[] = {
  BIN_CASE ("inputs", bin_setup),
  ROWS (test_pad, inputs),
  ONCE (test_both_frames),
  ONCE (test_ended_before_the_references),
  ROWS (test_no_such_input, refusals),
  ONCE (test_pad_and_property),
  ONCE (test_too_many_pads),
  ONCE (test_pad_of_a_task),
  TIMES (test_placeholder, 3),
  ROWS (test_continuity, continuities),
  ONCE (test_continuity_of_another_model),
  ONCE (test_continuity_kept),
  ONCE (test_continuity_after_a_failure),
  ONCE (test_continuity_with_references),
};

CHECK_MAIN (bininputs, tests)
