/* What goes wrong is told once, as by one element, with its details; and the
 * output goes on.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "binharness.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>

/* The output goes on, and there was one message of this type, of WARNINGs and
 * ERRORs */
static void
assert_goes_on (Run * run, GstMessageType type)
{
  bin_wait_buffers (run, bin_count_buffers (run) + 5);
  fail_if (run_flow_has (run, 'e'));
  run_stop (run);
  bin_assert_count (run, GST_MESSAGE_WARNING, type == GST_MESSAGE_WARNING);
  bin_assert_count (run, GST_MESSAGE_ERROR, type == GST_MESSAGE_ERROR);
}

/* Properties: nothing is sent, and the change of state fails. */

static const struct
{
  const gchar *name;
  const gchar *value;
} wrong[] = {
  {"prompt", ""},
  {"duration", "11"},
  {"width", "-1"},
  {"height", "8193"},
  {"framerate", "241/1"},
  {"placeholder", "image"},
  {"reference-seconds", "0.1"},
  {"next-prompts", "<\"\">"},
  {"next-prompts", "<\"It runs\",\"  \">"},
  {"api-key", ""},
  {"base-url", "ftp://example"},
};

TEST (test_wrong_property)
{
  g_autoptr (Run) run = bin_run_new (bin_new ("on-error", 1, NULL));

  harness_set (run->source, wrong[__i__].name, wrong[__i__].value);
  run_refused (run, g_str_equal (wrong[__i__].name, "api-key") ?
      GST_RESOURCE_ERROR_NOT_AUTHORIZED : GST_RESOURCE_ERROR_SETTINGS);
  bin_assert_count (run, GST_MESSAGE_ERROR, 1);
  bin_assert_count (run, GST_MESSAGE_WARNING, 0);
  assert_nothing_sent ();
}

/* What follows wants what the output cannot be: found before it is paid for */
static const struct
{
  const gchar *pad;
  const gchar *caps;
  const gchar *possible;
} mismatches[] = {
  {"video", "video/x-raw,interlace-mode=interleaved", "progressive"},
  {"video", "video/x-raw,pixel-aspect-ratio=2/1", "pixel-aspect-ratio"},
  {"video", "video/x-raw,framerate=500/1", "25/1"},
  {"video", "video/x-raw,framerate=0/1", "25/1"},
  {"audio", "audio/x-raw,channels=6", "S16LE"},
};

TEST (test_mismatch)
{
  g_autoptr (Run) run = bin_run_new (bin_new ("on-error", 1, NULL));
  gboolean is_video = g_str_equal (mismatches[__i__].pad, "video");
  GstElement *filter = gst_element_factory_make ("capsfilter", NULL);
  GstElement *sink = is_video ? run->sink :
      gst_element_factory_make ("fakesink", NULL);

  gst_bin_add (GST_BIN (run->pipeline), filter);
  if (is_video)
    gst_element_unlink (run->source, sink);
  else
    gst_bin_add (GST_BIN (run->pipeline), sink);
  fail_unless (gst_element_link_pads (run->source, mismatches[__i__].pad,
          filter, "sink") && gst_element_link (filter, sink));
  /* Some would not be linked with it. */
  harness_set (filter, "caps", mismatches[__i__].caps);
  run_refused_with (run, GST_CORE_ERROR, GST_CORE_ERROR_NEGOTIATION);
  bin_assert_count (run, GST_MESSAGE_ERROR, 1);
  run_assert_says (run, GST_MESSAGE_ERROR, mismatches[__i__].pad,
      mismatches[__i__].possible, "Nothing was sent", NULL);
  assert_nothing_sent ();
}

/* The folder of temporary files cannot be written: said at the start, also where
 * a pad has been asked for before. */
TEST (test_no_place_for_files)
{
  g_autoptr (Run) run = bin_run_new (bin_new (NULL, NULL));

  harness_remove_tree (bin_tmp);
  if (__i__ == 1)
    bin_feed (run, "videotestsrc is-live=true", "image_0");
  run_refused (run, GST_RESOURCE_ERROR_OPEN_WRITE);
  bin_assert_count (run, GST_MESSAGE_ERROR, 1);
  assert_nothing_sent ();
}

/* The service: one fault of each call, told as ERROR or as WARNING; which fault is
 * which is the business of foxapivideosrc's tests. */

static const struct
{
  FoxapiSimRoute route;
  FoxapiSimFault fault;
  gint code;
  gboolean has_task;
} faults[] = {
  {FOXAPI_SIM_SUBMIT, {.status = 500}, GST_RESOURCE_ERROR_FAILED, FALSE},
  {FOXAPI_SIM_ASK, {.status = 404}, GST_RESOURCE_ERROR_NOT_FOUND, TRUE},
  {FOXAPI_SIM_RESULT, {.status = 410}, GST_RESOURCE_ERROR_NOT_FOUND, TRUE},
};

TEST (test_fault)
{
  gboolean is_warning = __i__ % 2;
  guint nth = __i__ / 2;
  g_autoptr (Run) run = bin_run_new (bin_new ("retries", 0, "on-error",
          is_warning, NULL));
  const GstStructure *details;

  foxapi_sim_script (sim, faults[nth].route, 0, &faults[nth].fault);
  if (is_warning)
    details = bin_to_warning (run, GST_RESOURCE_ERROR, faults[nth].code);
  else
    details = run_to_error (run, faults[nth].code);
  assert_uint (details, "http-status", faults[nth].fault.status);
  if (faults[nth].has_task)
    assert_task (details, 1);
  else
    assert_boolean (details, "maybe-charged", TRUE);
  if (is_warning)
    assert_goes_on (run, GST_MESSAGE_WARNING);
  bin_assert_count (run, GST_MESSAGE_ERROR, !is_warning);
  bin_assert_count (run, GST_MESSAGE_WARNING, is_warning);
}

/* A generation that has failed leaves no file when the next one begins. */
TEST (test_no_file_of_what_failed)
{
  g_autoptr (Run) run = bin_run_new (bin_new ("retries", 0, "on-error", 1,
          NULL));
  FoxapiSimFault gone = {.status = 410 };
  FoxapiSimFault hold = {.hold = TRUE };
  g_autofree gchar *left = NULL;

  foxapi_sim_script (sim, FOXAPI_SIM_RESULT, 0, &gone);
  bin_to_warning (run, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NOT_FOUND);
  foxapi_sim_script (sim, FOXAPI_SIM_ASK, 0, &hold);
  fail_unless (harness_act (run->source, "retry"));
  run_wait_progress_type (run, GST_PROGRESS_TYPE_START);
  left = bin_leftovers ();
  fail_if (strstr (left, "/result-1.") != NULL, "%s", left);
}

/* Nobody at home: this may be known before the start has returned, and is no
 * fault of the properties even then. */
TEST (test_service_is_down)
{
  g_autoptr (Run) run = bin_run_new (bin_new ("retries", 0, "on-error", 1,
          "base-url", "http://127.0.0.1:9", NULL));

  bin_to_warning (run, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_OPEN_READ);
  assert_goes_on (run, GST_MESSAGE_WARNING);
}

/* The output of a bin without a placeholder ends. */
TEST (test_end_without_placeholder)
{
  g_autoptr (Run) run = bin_run_new (bin_new ("placeholder", 0, "on-error", 1,
          "is-live", __i__ == 0, "retries", 0, NULL));

  harness_refuse (FOXAPI_SIM_SUBMIT, 0, 422);
  bin_to_warning (run, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_SETTINGS);
  run_wait (run, GST_MESSAGE_EOS);
  fail_unless_equals_int (bin_count_buffers (run), 0);
  run_stop (run);
  bin_assert_count (run, GST_MESSAGE_WARNING, 1);
}

TEST (test_task_fails)
{
  g_autoptr (Run) run = bin_run_new (bin_new ("on-error", 1, NULL));
  const GstStructure *details;

  run_to_task (run, GST_STATE_PLAYING, "pending");
  foxapi_sim_set_task (sim, NULL, "failed", -1);
  details = bin_wait_warning (run, GST_RESOURCE_ERROR,
      GST_RESOURCE_ERROR_FAILED);
  assert_task (details, 1);
  assert_goes_on (run, GST_MESSAGE_WARNING);
  assert_requests (FOXAPI_SIM_SUBMIT, 1);
}

/* The result: what cannot be shown is kept, and told with the task's id. */

static void
assert_task_is_kept (const GstStructure * details)
{
  assert_task (details, 1);
  fail_unless (harness_is_recorded (1));
}

/* Noise, or sound alone */
static const struct
{
  gboolean is_sound;
  GstStreamError code;
} no_pictures[] = {
  {FALSE, GST_STREAM_ERROR_TYPE_NOT_FOUND}, {TRUE, GST_STREAM_ERROR_WRONG_TYPE},
};

TEST (test_no_pictures)
{
  gboolean is_warning = __i__ % 2;
  guint nth = __i__ / 2;
  g_autoptr (GBytes) noise = harness_make_payload (50000);
  g_autoptr (Run) run = bin_run_new (bin_new ("on-error", is_warning, NULL));
  const GstStructure *details = NULL;

  foxapi_sim_change_result (sim, no_pictures[nth].is_sound ?
      bin_result_without_video : noise);
  run_set_state (run, GST_STATE_PLAYING);
  if (is_warning)
    details = bin_wait_warning (run, GST_STREAM_ERROR, no_pictures[nth].code);
  else
    gst_message_parse_error_details (run_wait (run, GST_MESSAGE_ERROR),
        &details);
  assert_task_is_kept (details);
  assert_goes_on (run, is_warning ? GST_MESSAGE_WARNING : GST_MESSAGE_ERROR);
}

/* Nothing is left to be shown, and the next shot does not wait for it. */
TEST (test_noise_is_not_waited_for)
{
  g_autoptr (GBytes) noise = harness_make_payload (50000);
  g_autoptr (Run) run = bin_run_new (bin_new ("on-error", 1, "placeholder", 0,
          "is-live", __i__ & 1, NULL));

  foxapi_sim_change_result (sim, noise);
  if (__i__ & 2)
    harness_set_list (run->source, "next-prompts", "It runs", NULL);
  run_set_state (run, GST_STATE_PLAYING);
  run_wait (run, GST_MESSAGE_EOS);
  run_stop (run);
  bin_assert_count (run, GST_MESSAGE_WARNING, __i__ & 2 ? 2 : 1);
}

/* The result of a shot that is generated ahead is under way when the one before turns
 * out to be noise: that is told as any failure, and nothing else is submitted. */
TEST (test_noise_before_a_prefetched_shot)
{
  gboolean is_error = __i__ == 0, is_warning = __i__ == 1;
  g_autoptr (GBytes) noise = harness_make_payload (50000);
  g_autoptr (Run) run = bin_run_new (bin_new ("on-error", __i__,
          "shot-continuity", FALSE, NULL));
  g_autofree gchar *next_id = NULL;
  const GstStructure *details = NULL;

  harness_set_list (run->source, "next-prompts", "It runs", "It rests", NULL);
  foxapi_sim_change_result (sim, noise);
  run_set_state (run, GST_STATE_PLAYING);
  bin_wait_buffers (run, 3);
  run_wait_task (run, "pending");
  foxapi_sim_set_task (sim, NULL, "completed", 100);
  if (is_error)
    gst_message_parse_error_details (run_wait (run, GST_MESSAGE_ERROR),
        &details);
  else
    details = bin_wait_warning (run, GST_STREAM_ERROR,
        GST_STREAM_ERROR_TYPE_NOT_FOUND);
  assert_task_is_kept (details);
  if (__i__ < 2) {
    harness_wait_requests (FOXAPI_SIM_SUBMIT, 2);
    harness_wait_requests (FOXAPI_SIM_ASK, 1 + foxapi_sim_count_requests (sim,
            FOXAPI_SIM_ASK));
    next_id = harness_task_id (2);
    foxapi_sim_change_result (sim, bin_result);
    foxapi_sim_set_task (sim, next_id, "completed", 100);
  }
  if (is_error)
    bin_wait_warning (run, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_FAILED);
  if (is_warning)
    harness_wait_requests (FOXAPI_SIM_SUBMIT, 3);
  else
    run_wait (run, GST_MESSAGE_EOS);
  run_stop (run);
  bin_assert_count (run, GST_MESSAGE_ERROR, is_error);
  bin_assert_count (run, GST_MESSAGE_WARNING, 1);
  assert_requests (FOXAPI_SIM_SUBMIT, is_warning ? 3 : 2);
}

/* The check library notes each assertion in a file of its own, and exits where
 * it cannot: none is made until the limit is lifted, with the WARNING. */
static void
limit_file_size (rlim_t size)
{
  struct rlimit limit;

  signal (SIGXFSZ, SIG_IGN);
  g_assert_cmpint (getrlimit (RLIMIT_FSIZE, &limit), ==, 0);
  limit.rlim_cur = MIN (size, limit.rlim_max);
  g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &limit), ==, 0);
}

/* This one leaves room for those notes. */
TEST (test_no_room_for_the_result)
{
  g_autoptr (GBytes) large = harness_make_payload (400000);
  g_autoptr (Run) run = bin_run_new (bin_new ("on-error", 1, NULL));

  limit_file_size (200000);
  foxapi_sim_change_result (sim, large);
  assert_task_is_kept (bin_to_warning (run, GST_RESOURCE_ERROR,
          GST_RESOURCE_ERROR_WRITE));
  limit_file_size (RLIM_INFINITY);
  assert_goes_on (run, GST_MESSAGE_WARNING);
}

static GstBusSyncReply
lift_limit (GstBus * bus, GstMessage * message, gpointer user_data)
{
  g_autoptr (GError) error = NULL;

  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_WARNING) {
    gst_message_parse_warning (message, &error, NULL);
    if (g_error_matches (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_WRITE))
      limit_file_size (RLIM_INFINITY);
  }
  return GST_BUS_PASS;
}

/* When so many results are on the air: the task's event comes with the first frame of
 * one, whose file is complete. */
static GstPadProbeReturn
leave_no_room (GstPad * pad, GstPadProbeInfo * info, gpointer n_results)
{
  guint *n = n_results;

  if (GST_EVENT_TYPE (GST_PAD_PROBE_INFO_EVENT (info)) ==
      GST_EVENT_CUSTOM_DOWNSTREAM_STICKY && --*n == 0)
    limit_file_size (0);
  return GST_PAD_PROBE_OK;
}

/* Plays until there is no room for the last frame of the nth shot, behind which there
 * is one more. */
static void
fill_disk_at (Run * run, guint nth)
{
  g_autoptr (GstPad) pad = gst_element_get_static_pad (run->source, "video");

  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, leave_no_room,
      g_memdup2 (&nth, sizeof nth), g_free);
  gst_bus_set_sync_handler (run->bus, lift_limit, NULL, NULL);
  harness_set_list (run->source, "next-prompts", "It runs", nth == 2 ?
      "It rests" : NULL, NULL);
  bin_to_warning (run, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_WRITE);
  assert_requests (FOXAPI_SIM_SUBMIT, nth);
}

static void
remove_results (void)
{
  g_autoptr (GPtrArray) files = harness_list_files (bin_tmp);

  for (guint i = 0; i < files->len; i++) {
    const gchar *path = g_ptr_array_index (files, i);

    if (strstr (path, "/result-1.") != NULL)
      g_remove (path);
  }
}

/* What cannot be repeated any more is not the failure of the shot that is being
 * made meanwhile. */
TEST (test_repetition_fails)
{
  g_autoptr (Run) run = bin_run_new (bin_new ("on-error", 0, "end", 2, NULL));
  g_autofree gchar *id = NULL;
  gboolean is_shown = FALSE;

  harness_set_list (run->source, "next-prompts", "It runs", NULL);
  bin_complete (run);
  harness_wait_requests (FOXAPI_SIM_SUBMIT, 2);
  run_wait_task (run, "pending");
  remove_results ();
  bin_wait_warning (run, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NOT_FOUND);
  id = harness_task_id (2);
  foxapi_sim_set_task (sim, id, "completed", 100);
  while (!is_shown) {
    bin_wait_buffers (run, bin_count_buffers (run) + 5);
    g_mutex_lock (&run->lock);
    is_shown = g_strcmp0 (gst_structure_get_string (run->event, "id"), id) == 0;
    g_mutex_unlock (&run->lock);
  }
  run_stop (run);
  bin_assert_count (run, GST_MESSAGE_WARNING, 1);
  bin_assert_count (run, GST_MESSAGE_ERROR, 0);
  assert_requests (FOXAPI_SIM_SUBMIT, 2);
}

/* What was repeated is repeated again where the shot that follows cannot be shown. */
TEST (test_repeats_before_noise)
{
  g_autoptr (GBytes) noise = harness_make_payload (50000);
  g_autoptr (Run) run = bin_run_new (bin_new ("on-error", 1, "end", 2,
          "is-live", __i__ == 0, NULL));
  g_autofree gchar *id = NULL;
  guint n_repetitions = 0;

  harness_set_list (run->source, "next-prompts", "It runs", NULL);
  bin_complete (run);
  harness_wait_requests (FOXAPI_SIM_SUBMIT, 2);
  run_wait_task (run, "pending");
  foxapi_sim_change_result (sim, noise);
  id = harness_task_id (2);
  foxapi_sim_set_task (sim, id, "completed", 100);
  bin_wait_warning (run, GST_STREAM_ERROR, GST_STREAM_ERROR_TYPE_NOT_FOUND);
  while (n_repetitions < 3) {
    const GstStructure *structure =
        gst_message_get_structure (run_wait (run, GST_MESSAGE_ELEMENT));

    n_repetitions += gst_structure_has_name (structure, "foxapi-on-air")
        && g_strcmp0 (gst_structure_get_string (structure, "what"),
        "clip") == 0;
  }
  run_stop (run);
}

/* Nor is it that of the last shot, whether that has been shown or is on the air. */
TEST (test_repetition_of_the_last_fails)
{
  g_autoptr (Run) run = bin_run_new (bin_new ("on-error", 0, "end", 2,
          "is-live", __i__ < 2, NULL));

  bin_complete (run);
  bin_wait_on_air (run);
  if (__i__ % 2 == 0)
    bin_wait_buffers (run, bin_count_buffers (run) + 2 * RESULT_FRAMES);
  remove_results ();
  bin_wait_warning (run, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NOT_FOUND);
  bin_wait_buffers (run, bin_count_buffers (run) + 2 * RESULT_FRAMES);
  run_stop (run);
  bin_assert_count (run, GST_MESSAGE_WARNING, 1);
  bin_assert_count (run, GST_MESSAGE_ERROR, 0);
}

/* A shot that was to go on from a frame is not paid for without it. */
TEST (test_no_room_for_the_last_frame)
{
  g_autoptr (Run) run = bin_run_new (bin_new ("on-error", 1, "end", 1, NULL));

  fill_disk_at (run, 1);
  assert_goes_on (run, GST_MESSAGE_WARNING);
  assert_requests (FOXAPI_SIM_SUBMIT, 1);
}

/* Tried again, it is that shot, and not the one before it. */
TEST (test_room_for_the_last_frame_again)
{
  g_autoptr (Run) run = bin_run_new (bin_new ("on-error", 1, "end", 1, NULL));

  fill_disk_at (run, 1);
  fail_unless (harness_act (run->source, "retry"));
  harness_wait_requests (FOXAPI_SIM_SUBMIT, 2);
  run_stop (run);
  assert_body_has (FOXAPI_SIM_SUBMIT, 2, "It runs");
}

/* Started again, it repeats the shot that it could not go on from, with the
 * reference that this had: without it, it would be another one, and paid for. */
TEST (test_no_room_repeats_the_shot)
{
  g_autoptr (Run) run = bin_run_new (bin_new ("on-error", 1, "end", 1, NULL));

  fill_disk_at (run, 2);
  run_set_state (run, GST_STATE_READY);
  run_to_request (run, GST_STATE_PLAYING, FOXAPI_SIM_SUBMIT, 3);
  assert_body_has (FOXAPI_SIM_SUBMIT, 3, "It rests");
  run_stop (run);
}

static GstBusSyncReply
ask_for_another (GstBus * bus, GstMessage * message, gpointer bin)
{
  gboolean is_asked = FALSE;

  /* Without its reference there is no other. */
  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_WARNING) {
    is_asked = harness_act (bin, "next");
    fail_unless_equals_int (is_asked, GST_ELEMENT (bin)->numsinkpads == 0);
  }
  return GST_BUS_PASS;
}

/* Asked for as soon as the failure is known */
TEST (test_next_after_a_failure)
{
  g_autoptr (Run) run = bin_run_new (bin_new ("on-error", 1, "placeholder",
          __i__, NULL));

  harness_refuse (FOXAPI_SIM_SUBMIT, 1, 422);
  gst_bus_set_sync_handler (run->bus, ask_for_another, run->source, NULL);
  run_to_eos (run);
  gst_bus_set_sync_handler (run->bus, NULL, NULL, NULL);
  assert_requests (FOXAPI_SIM_SUBMIT, 2);
}

/* Asked for when the message is read, while the failure is being acted on: what is
 * promised is shown, and nothing else is paid for. */
TEST (test_next_after_the_message)
{
  g_autoptr (Run) run = bin_run_new (bin_new ("on-error", 1, "placeholder", 0,
          "is-live", FALSE, NULL));
  gboolean is_asked = FALSE;

  harness_refuse (FOXAPI_SIM_SUBMIT, 1, 422);
  bin_to_warning (run, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_SETTINGS);
  is_asked = harness_act (run->source, "next");
  run_wait (run, GST_MESSAGE_EOS);
  run_stop (run);
  fail_unless_equals_int (bin_count_buffers (run) > 0, is_asked);
  assert_requests (FOXAPI_SIM_SUBMIT, is_asked ? 2 : 1);
}

static GstBusSyncReply
ask_while_it_starts (GstBus * bus, GstMessage * message, gpointer user_data)
{
  Run *run = user_data;

  /* One of its children is ahead of it. */
  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_STATE_CHANGED
      && GST_OBJECT_PARENT (GST_MESSAGE_SRC (message))
      == GST_OBJECT (run->source)
      && GST_STATE (GST_MESSAGE_SRC (message)) == GST_STATE_PAUSED) {
    fail_unless (GST_STATE (run->source) == GST_STATE_READY);
    gst_bus_set_sync_handler (bus, NULL, NULL, NULL);
    fail_unless (harness_act (run->source, "next"));
  }
  return GST_BUS_PASS;
}

/* What was asked for before a failure is made where failures are warnings, and is
 * told of where they are errors. */
TEST (test_failure_keeps_the_queue)
{
  gboolean is_warning = __i__ & 1, is_asked = __i__ & 2;
  g_autoptr (Run) run = bin_run_new (bin_new ("on-error", is_warning, NULL));

  harness_refuse (FOXAPI_SIM_SUBMIT, 1, 422);
  if (!is_asked)
    harness_set_list (run->source, "next-prompts", "It runs", NULL);
  else
    gst_bus_set_sync_handler (run->bus, ask_while_it_starts, run, NULL);
  run_set_state (run, GST_STATE_PLAYING);
  if (is_warning) {
    bin_wait_warning (run, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_SETTINGS);
    run_wait (run, GST_MESSAGE_EOS);
    bin_assert_count (run, GST_MESSAGE_WARNING, 1);
  } else {
    run_wait (run, GST_MESSAGE_ERROR);
    bin_wait_warning (run, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_FAILED);
    run_assert_says (run, GST_MESSAGE_WARNING, "1 more shot has not", NULL);
  }
  run_stop (run);
  assert_requests (FOXAPI_SIM_SUBMIT, is_warning ? 2 : 1);
}

/* The shot behind one that failed fails in its turn, and that is told. */
TEST (test_no_room_after_a_failure)
{
  g_autoptr (Run) run = bin_run_new (bin_new ("on-error", 1, "end", 1, NULL));
  gboolean is_asked = FALSE;

  gst_bus_set_sync_handler (run->bus, lift_limit, NULL, NULL);
  harness_refuse (FOXAPI_SIM_SUBMIT, 2, 422);
  harness_set_list (run->source, "next-prompts", "It runs", NULL);
  bin_to_warning (run, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_SETTINGS);
  limit_file_size (0);
  is_asked = harness_act (run->source, "next");
  g_assert_true (is_asked);
  bin_wait_warning (run, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_WRITE);
  run_stop (run);
  assert_requests (FOXAPI_SIM_SUBMIT, 2);
}

/* A failure may be known before the bin is in PAUSED. */
TEST (test_next_while_it_starts)
{
  g_autoptr (Run) run = bin_run_new (bin_new (NULL, NULL));

  gst_bus_set_sync_handler (run->bus, ask_while_it_starts, run, NULL);
  run_to_eos (run);
  assert_requests (FOXAPI_SIM_SUBMIT, 2);
}

/* The folder of files went away under a bin that has one. */
TEST (test_no_folder_for_the_result)
{
  g_autoptr (Run) run = bin_run_new (bin_new ("on-error", 1, NULL));
  g_autofree gchar *there = NULL;
  guint n;

  bin_abandon (run);
  n = bin_count_buffers (run);
  there = bin_leftovers ();
  harness_remove_tree (g_strchomp (there));
  run_set_state (run, GST_STATE_PLAYING);
  foxapi_sim_set_task (sim, NULL, "completed", 100);
  bin_wait_buffers (run, n + 5);
  run_wait (run, GST_MESSAGE_EOS);
  run_stop (run);
  bin_assert_count (run, GST_MESSAGE_WARNING, 0);
}

/* Captures: nothing is submitted where a reference is missing, also where another
 * generation is asked for as soon as that is known. */

TEST (test_capture_fails)
{
  static const struct
  {
    const gchar *line;
    const gchar *pad;
    gint code;
  } captures[] = {
    {"fakesrc num-buffers=3 sizetype=fixed sizemax=100 filltype=zero",
        "video_0", GST_STREAM_ERROR_WRONG_TYPE},
    {"fakesrc num-buffers=0", "image_0", GST_STREAM_ERROR_FORMAT},
    {"fakesrc num-buffers=0", "video_0", GST_STREAM_ERROR_FORMAT},
    {"fakesrc num-buffers=3 sizetype=fixed sizemax=100 filltype=zero",
        "image_0", GST_STREAM_ERROR_WRONG_TYPE},
  };
  g_autoptr (Run) run = bin_run_new (bin_new ("on-error", 1, NULL));
  GstElement *feed =
      gst_parse_bin_from_description (captures[__i__ / 2].line, TRUE,
      NULL);
  g_autoptr (GstPad) pad = gst_element_request_pad_simple (run->source,
      captures[__i__ / 2].pad);
  g_autoptr (GstPad) src = gst_element_get_static_pad (feed, "src");

  gst_bin_add (GST_BIN (run->pipeline), feed);
  if (GST_PAD_LINK_FAILED (gst_pad_link (src, pad)))
    gst_pad_link_full (src, pad, GST_PAD_LINK_CHECK_NOTHING);
  if (__i__ & 1)
    gst_bus_set_sync_handler (run->bus, ask_for_another, run->source, NULL);
  bin_to_warning (run, GST_STREAM_ERROR, captures[__i__ / 2].code);
  fail_if (harness_act (run->source, "retry"));
  assert_goes_on (run, GST_MESSAGE_WARNING);
  assert_nothing_sent ();
}

/* The placeholder: WARNING, black, and the generation goes on. */

static void
go_on_black (Run * run)
{
  bin_to_warning (run, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_READ);
  bin_wait_buffers (run, 1);
  g_mutex_lock (&run->lock);
  fail_unless_equals_int (run->data->data[0], 16);
  g_mutex_unlock (&run->lock);
  run_complete (run);
  bin_assert_count (run, GST_MESSAGE_WARNING, 1);
  bin_assert_count (run, GST_MESSAGE_ERROR, 0);
}

TEST (test_placeholder_is_broken)
{
  g_autofree gchar *path = g_build_filename (store, "broken.png", NULL);
  g_autoptr (Run) run = NULL;

  fail_unless (g_file_set_contents (path, __i__ == 0 ? "no picture" :
          "\x89PNG\r\n\x1a\n and then nothing that is one", -1, NULL));
  run = bin_run_new (bin_new ("placeholder", 3, "placeholder-location", path,
          NULL));
  go_on_black (run);
}

/* A property that changes while it plays is checked, and no other. */
TEST (test_end_without_the_placeholder_file)
{
  g_autoptr (GBytes) png =
      bin_make_file ("videotestsrc num-buffers=1 ! pngenc");
  g_autofree gchar *path = harness_write_file ("gone.png", png);
  g_autoptr (Run) run = bin_run_new (bin_new ("placeholder", 3,
          "placeholder-location", path, "end", 1, NULL));

  bin_complete (run);
  bin_wait_on_air (run);
  g_unlink (path);
  g_object_set (run->source, "end", 0, NULL);
  run_wait (run, GST_MESSAGE_EOS);
  run_stop (run);
  bin_assert_count (run, GST_MESSAGE_WARNING, 0);
}

static const Test tests[] = {
  BIN_CASE ("service", bin_setup),
  ROWS (test_wrong_property, wrong),
  ROWS (test_mismatch, mismatches),
  TIMES (test_fault, 2 * G_N_ELEMENTS (faults)),
  TIMES (test_no_place_for_files, 2),
  ONCE (test_no_file_of_what_failed),
  ONCE (test_service_is_down),
  TIMES (test_end_without_placeholder, 2),
  TIMES (test_no_pictures, 2 * G_N_ELEMENTS (no_pictures)),
  TIMES (test_noise_is_not_waited_for, 4),
  ONCE (test_no_room_for_the_result),
  ONCE (test_no_room_for_the_last_frame),
  ONCE (test_room_for_the_last_frame_again),
  ONCE (test_no_room_repeats_the_shot),
  TIMES (test_next_after_a_failure, 2),
  TIMES (test_next_after_the_message, 10),
  TIMES (test_failure_keeps_the_queue, 4),
  ONCE (test_no_room_after_a_failure),
  ONCE (test_next_while_it_starts),
  BIN_CASE ("manual", bin_setup_manual),
  ONCE (test_task_fails),
  TIMES (test_noise_before_a_prefetched_shot, 3),
  ONCE (test_end_without_the_placeholder_file),
  ONCE (test_repetition_fails),
  TIMES (test_repetition_of_the_last_fails, 4),
  TIMES (test_repeats_before_noise, 2),
  ONCE (test_no_folder_for_the_result),
  TIMES (test_capture_fails, 8),
  TIMES (test_placeholder_is_broken, 2),
};

CHECK_MAIN (binfailures, tests)
