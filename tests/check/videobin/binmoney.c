/* What foxapivideobin pays for: once for a generation, whatever starts and stops,
 * crashes and captures there are; and no paid task is lost before it was shown.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "binharness.h"

#include <glib/gstdio.h>
#include <string.h>

/* Sources for the pads. What is live is another picture every time. */
#define PICTURE "videotestsrc num-buffers=3 pattern=ball ! " BIN_RAW
/* Nothing is left to be refused when its pad goes. */
#define ONE_PICTURE "videotestsrc num-buffers=1 ! " BIN_RAW
#define OTHER_PICTURE "videotestsrc num-buffers=3 pattern=smpte ! " BIN_RAW
#define MOTION "videotestsrc num-buffers=30 pattern=ball ! " BIN_RAW
#define CAMERA "videotestsrc name=camera is-live=true pattern=solid-color ! " \
    BIN_RAW
#define OTHER_CAMERA "videotestsrc is-live=true pattern=ball ! " BIN_RAW

/* The nth task, which has not been shown, is shown for nothing when the bin
 * starts. */
static void
assert_kept (Run * run, guint nth)
{
  fail_unless (harness_is_recorded (nth));
  run_play (run);
  fail_if (harness_is_recorded (nth));
  assert_requests (FOXAPI_SIM_SUBMIT, nth);
}

/* Restarts */

TEST (test_restarts)
{
  g_autoptr (Run) run = bin_run_new (bin_new ("is-live", __i__ == 0,
          "placeholder", 0, NULL));

  /* A submission that is stopped on its way has an unknown outcome. */
  for (guint i = 0; i < 3; i++) {
    run_to_task (run, GST_STATE_PAUSED, NULL);
    run_set_state (run, GST_STATE_READY);
    bin_abandon (run);
  }
  fail_unless (harness_is_recorded (1));
  foxapi_sim_set_task (sim, NULL, "completed", 100);
  run_play (run);
  fail_if (harness_is_recorded (1));
  /* Shown again for nothing */
  run_play (run);
  assert_requests (FOXAPI_SIM_SUBMIT, 1);
}

/* Removed before the service has answered, and added again, as itself or as another
 * with the same request: it waits for that answer. */
TEST (test_removed_while_submitting)
{
  Run *run = bin_run_new (bin_new (NULL, NULL));
  g_autoptr (Run) other = bin_run_new (bin_new (NULL, NULL));

  harness_hold (FOXAPI_SIM_SUBMIT, 1);
  run_to_request (run, GST_STATE_PLAYING, FOXAPI_SIM_SUBMIT, 1);
  run_stop (run);
  if (__i__ == 1) {
    run_free (run);
    run = g_steal_pointer (&other);
  }
  run_set_state (run, GST_STATE_PLAYING);
  foxapi_sim_release (sim);
  run_wait_task (run, NULL);
  run_complete (run);
  run_free (run);
  assert_requests (FOXAPI_SIM_SUBMIT, 1);
}

/* What a supervisor does with a source that it takes for stuck */
TEST (test_supervisor)
{
  g_autoptr (Run) run = bin_run_new (bin_new (NULL, NULL));

  run_to_task (run, GST_STATE_PLAYING, NULL);
  for (guint i = 0; i < 10; i++) {
    gst_element_set_locked_state (run->source, TRUE);
    gst_element_set_state (run->source, GST_STATE_NULL);
    gst_element_set_locked_state (run->source, FALSE);
    fail_unless (gst_element_sync_state_with_parent (run->source));
  }
  run_complete (run);
  assert_requests (FOXAPI_SIM_SUBMIT, 1);
}

TEST (test_changed_is_new)
{
  g_autoptr (Run) run = bin_run_new (bin_new (NULL, NULL));

  bin_abandon (run);
  g_object_set (run->source, "prompt", "A fox", "width", 32, NULL);
  bin_abandon (run);
  assert_requests (FOXAPI_SIM_SUBMIT, 1);
  g_object_set (run->source, "prompt", "A wolf", NULL);
  bin_abandon (run);
  assert_requests (FOXAPI_SIM_SUBMIT, 2);
}

/* The record */

/* Nothing is shown in PAUSED, however much is decoded. */
TEST (test_paused_keeps)
{
  g_autoptr (Run) run = bin_run_new (bin_new ("is-live", FALSE, "placeholder",
          __i__, NULL));

  run_to_task (run, GST_STATE_PAUSED, NULL);
  foxapi_sim_set_task (sim, NULL, "completed", 100);
  run_wait_task (run, "completed");
  fail_unless_equals_int (gst_element_get_state (run->pipeline, NULL, NULL,
          60 * GST_SECOND), GST_STATE_CHANGE_SUCCESS);
  run_stop (run);
  assert_kept (run, 1);
}

static GstPadProbeReturn
note_end (GstPad * pad, GstPadProbeInfo * info, gpointer has_ended)
{
  if (GST_EVENT_TYPE (GST_PAD_PROBE_INFO_EVENT (info)) == GST_EVENT_EOS)
    g_atomic_int_set ((gint *) has_ended, TRUE);
  return GST_PAD_PROBE_OK;
}

/* Nor in a pause, in which a queue takes all of the last result. */
TEST (test_pause_keeps)
{
  GstElement *bin = bin_new ("is-live", FALSE, "placeholder", 0, NULL);
  g_autoptr (Run) run = bin_run_new (bin);
  GstElement *queue = gst_element_factory_make ("queue", NULL);
  g_autoptr (GstPad) pad = gst_element_get_static_pad (queue, "sink");
  gint has_ended = FALSE;

  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, note_end,
      &has_ended, NULL);
  harness_set_list (bin, "next-prompts", "It runs", NULL);
  gst_element_unlink (bin, run->sink);
  gst_bin_add (GST_BIN (run->pipeline), queue);
  fail_unless (gst_element_link_many (bin, queue, run->sink, NULL));
  bin_complete (run);
  bin_wait_buffers (run, RESULT_FRAMES);
  harness_wait_requests (FOXAPI_SIM_SUBMIT, 2);
  run_wait_task (run, "pending");
  run_set_state (run, GST_STATE_PAUSED);
  foxapi_sim_set_task (sim, NULL, "completed", 100);
  while (!g_atomic_int_get (&has_ended))
    g_usleep (1000);
  run_stop (run);
  assert_kept (run, 2);
}

/* Until the stop lets the pad go */
static GstPadProbeReturn
stay_in_the_middle (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  return bin_count_buffers (user_data) < RESULT_FRAMES / 2 ?
      GST_PAD_PROBE_PASS : GST_PAD_PROBE_OK;
}

/* Pictures stop there until the probe is taken away, see harness_unblock(), or the bin
 * stops. */
static gulong
stop_in_the_middle (Run * run)
{
  g_autoptr (GstPad) pad = gst_element_get_static_pad (run->sink, "sink");

  return gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BLOCK
      | GST_PAD_PROBE_TYPE_BUFFER, stay_in_the_middle, run, NULL);
}

/* A program whose next shot is made while the first is on the air */
static Run *
new_ahead (const gchar * prompt)
{
  GstElement *bin = bin_new ("placeholder", 0, "shot-continuity", FALSE, NULL);

  harness_set_list (bin, "next-prompts", prompt, NULL);
  return bin_run_new (bin);
}

/* Stopped in the middle of the result, of which no more leaves meanwhile */
TEST (test_middle_keeps)
{
  g_autoptr (Run) run = bin_run_new (bin_new ("placeholder", 0, NULL));

  stop_in_the_middle (run);
  bin_complete (run);
  bin_wait_buffers (run, RESULT_FRAMES / 2);
  run_stop (run);
  fail_unless (harness_is_recorded (1));
}

/* Who could not take what was shown says so by an ERROR of its own. */
TEST (test_failure_elsewhere_keeps)
{
  g_autoptr (Run) run = bin_run_new (bin_new ("placeholder", 0, NULL));

  bin_complete (run);
  bin_wait_buffers (run, 2);
  GST_ELEMENT_ERROR (run->sink, RESOURCE, NO_SPACE_LEFT, ("full"), (NULL));
  run_wait (run, GST_MESSAGE_ERROR);
  run_wait (run, GST_MESSAGE_EOS);
  run_stop (run);
  assert_kept (run, 1);
}

/* The ERROR of the shot that is made ahead is not that of the clip on the air. */
TEST (test_failure_ahead_drops)
{
  g_autoptr (Run) run = new_ahead ("It runs");
  gulong probe = stop_in_the_middle (run);

  harness_refuse (FOXAPI_SIM_SUBMIT, 2, 422);
  harness_set (run->source, "placeholder", "black");
  run_set_state (run, GST_STATE_PLAYING);
  bin_wait_buffers (run, 3);
  foxapi_sim_set_task (sim, NULL, "completed", 100);
  run_wait (run, GST_MESSAGE_ERROR);
  fail_unless (harness_is_recorded (1));
  harness_unblock (run->sink, probe);
  run_wait (run, GST_MESSAGE_EOS);
  run_stop (run);
  fail_if (harness_is_recorded (1));
}

/* The application names a task while a clip is on the air and the next shot is made:
 * before a stop, or for a shot that was paid for before a stop. */
TEST (test_task_named_ahead)
{
  gboolean is_parked = __i__ == 1;
  g_autofree gchar *id = NULL;
  g_autoptr (Run) run = new_ahead ("It runs");

  stop_in_the_middle (run);
  bin_complete (run);
  harness_wait_requests (FOXAPI_SIM_SUBMIT, 2);
  run_wait_task (run, "pending");
  id = foxapi_sim_add_task (sim, "pending");
  if (is_parked) {
    run_set_state (run, GST_STATE_READY);
    run_to_task (run, GST_STATE_PAUSED, "completed");
    g_object_set (run->source, "task-id", id, NULL);
  } else {
    g_object_set (run->source, "task-id", id, NULL);
    run_set_state (run, GST_STATE_READY);
  }
  assert_property (run->source, "task-id", id);
  assert_string (run_to_task (run, GST_STATE_PLAYING, "pending"), "id", id);
  run_stop (run);
  assert_requests (FOXAPI_SIM_SUBMIT, 2);
}

/* The application ends the program before the first result is there: the shot behind
 * it would not be shown, and is not paid for. */
TEST (test_ended_before_the_result)
{
  g_autoptr (Run) run = new_ahead ("It runs");
  g_autoptr (GAsyncQueue) players = g_async_queue_new ();

  run_to_task (run, GST_STATE_PLAYING, "pending");
  gst_element_send_event (run->source, gst_event_new_eos ());
  run_wait (run, GST_MESSAGE_EOS);
  g_signal_connect_swapped (run->source, "element-added",
      G_CALLBACK (g_async_queue_push), players);
  foxapi_sim_set_task (sim, NULL, "completed", 100);
  g_async_queue_pop (players);
  bin_assert_begins_no_clip (run, 2);
  run_stop (run);
  assert_requests (FOXAPI_SIM_SUBMIT, 1);
}

/* What is set while a shot is made or shown is for the next one: a start goes on with
 * those that are paid for. */
TEST (test_set_for_the_next)
{
  gboolean is_parked = __i__ == 1;
  guint n_paid = is_parked ? 2 : 1;
  g_autoptr (Run) run = new_ahead (is_parked ? "It runs" : NULL);
  gulong probe = stop_in_the_middle (run);

  if (is_parked) {
    bin_complete (run);
    harness_wait_requests (FOXAPI_SIM_SUBMIT, 2);
  } else {
    run_to_task (run, GST_STATE_PLAYING, "pending");
  }
  g_object_set (run->source, "duration", 3, "prompt", "It rests", NULL);
  fail_unless (harness_act (run->source, "next"));
  run_stop (run);
  harness_unblock (run->sink, probe);
  foxapi_sim_set_task (sim, NULL, "completed", 100);
  assert_task (run_to_task (run, GST_STATE_PLAYING, NULL), 1);
  harness_wait_requests (FOXAPI_SIM_SUBMIT, n_paid + 1);
  assert_body_has (FOXAPI_SIM_SUBMIT, n_paid + 1, "It rests");
  run_stop (run);
  assert_requests (FOXAPI_SIM_SUBMIT, n_paid + 1);
}

/* What is set on a bin that does not run counts, also where the start after that fails. */
TEST (test_set_before_a_start_that_fails)
{
  g_autoptr (Run) run = bin_run_new (bin_new (NULL, NULL));

  bin_abandon (run);
  g_object_set (run->source, "prompt", "A wolf", "placeholder", 3, NULL);
  fail_unless_equals_int (gst_element_set_state (run->pipeline,
          GST_STATE_PLAYING), GST_STATE_CHANGE_FAILURE);
  run_stop (run);
  g_object_set (run->source, "placeholder", 0, NULL);
  run_to_request (run, GST_STATE_PLAYING, FOXAPI_SIM_SUBMIT, 2);
  run_stop (run);
  assert_body_has (FOXAPI_SIM_SUBMIT, 2, "A wolf");
}

/* Other prompts are another program, from its first shot; the same are none. */
TEST (test_next_prompts_change)
{
  gboolean is_same = __i__ == 1;
  g_autoptr (Run) run = bin_run_new (bin_new ("placeholder", 0, NULL));
  g_autofree gchar *body = NULL;

  harness_set_list (run->source, "next-prompts", "It runs", NULL);
  bin_complete (run);
  harness_wait_requests (FOXAPI_SIM_SUBMIT, 2);
  run_wait_task (run, "pending");
  run_set_state (run, GST_STATE_READY);
  harness_set_list (run->source, "next-prompts", "It runs", is_same ? NULL :
      "It rests", NULL);
  run_to_request (run, GST_STATE_PLAYING, FOXAPI_SIM_SUBMIT, is_same ? 2 : 3);
  assert_task (run_wait_task (run, "pending"), is_same ? 2 : 3);
  run_stop (run);
  body = harness_request_body (FOXAPI_SIM_SUBMIT, is_same ? 2 : 3);
  fail_unless_equals_int (strstr (body, "It runs") != NULL, is_same);
}

/* Whoever asks for no pictures, or for no sound, has seen it all the same. */
TEST (test_end_drops)
{
  g_autoptr (Run) run = bin_run_new (bin_new ("placeholder", 0, "end", __i__,
          NULL));

  bin_complete (run);
  if (__i__ == 0)
    run_wait (run, GST_MESSAGE_EOS);
  else
    bin_wait_buffers (run, 3 * RESULT_FRAMES);
  run_stop (run);
  fail_if (harness_is_recorded (1));
}

/* Other processes */

static void
run_client (const gchar * line)
{
  g_autoptr (GSubprocess) client = bin_spawn (line, FALSE);

  fail_unless (g_subprocess_wait_check (client, NULL, NULL));
}

/* Killed while the task runs, while the result comes in and while it is on the
 * content, which is seen from a file that grows: the next process shows it. Neither
 * may be over before the kill: the end of the result is held back, and the file
 * takes the first frame and then a byte a second. */
TEST (test_killed)
{
  const FoxapiSimFault hold_at = {.hold_at = 1000 };
  g_autofree gchar *path = g_build_filename (store, "shown", NULL);
  g_autofree gchar *line = g_strdup_printf ("placeholder=%d is-live=true ! "
      "filesink buffer-mode=2 sync=true max-bitrate=8 location=%s",
      __i__ == 2 ? 0 : 1, path);
  g_autoptr (GSubprocess) client = bin_spawn (line, FALSE);
  GStatBuf status;

  if (__i__ == 1)
    foxapi_sim_script (sim, FOXAPI_SIM_RESULT, 1, &hold_at);
  harness_wait_requests (FOXAPI_SIM_ASK, 1);
  if (__i__ > 0) {
    foxapi_sim_set_task (sim, NULL, "completed", 100);
    harness_wait_requests (FOXAPI_SIM_RESULT, 1);
  }
  while (__i__ == 2 && (g_stat (path, &status) != 0 || status.st_size == 0))
    g_usleep (1000);
  harness_kill (client);
  fail_unless (harness_is_recorded (1));
  foxapi_sim_set_task (sim, NULL, "completed", 100);
  run_client ("placeholder=0 ! fakesink");
  fail_if (harness_is_recorded (1));
  assert_requests (FOXAPI_SIM_SUBMIT, 1);
}

/* The same captured content in another process is the same task. */
TEST (test_same_content_elsewhere)
{
  g_autoptr (GBytes) clip = bin_make_file (MOTION " ! x264enc ! mp4mux");
  g_autofree gchar *path = harness_write_file ("clip.mp4", clip);
  g_autofree gchar *file =
      g_strdup_printf ("! fakesink filesrc location=%s ! bin.video_0", path);
  const gchar *const lines[] = {
    "! fakesink " PICTURE " ! bin.image_0",
    "reference-seconds=1 ! fakesink " MOTION " ! bin.video_0",
    file,
  };
  g_autoptr (GSubprocess) client = bin_spawn (lines[__i__], FALSE);

  harness_wait_requests (FOXAPI_SIM_ASK, 1);
  harness_kill (client);
  fail_unless (harness_is_recorded (1));
  foxapi_sim_set_task (sim, NULL, "completed", 100);
  run_client (lines[__i__]);
  assert_requests (FOXAPI_SIM_SUBMIT, 1);
  assert_requests (FOXAPI_SIM_UPLOAD, 1);
}

/* Captures */

/* Plays until the task is known, from NULL to NULL, with a feed of its own */
static void
abandon_with (Run * run, GstElement ** feed, const gchar * line,
    const gchar * pad)
{
  if (*feed != NULL) {
    g_autoptr (GstPad) src = gst_element_get_static_pad (*feed, "src");
    g_autoptr (GstPad) peer = gst_pad_get_peer (src);

    if (peer != NULL)
      gst_pad_unlink (src, peer);
    gst_element_set_state (*feed, GST_STATE_NULL);
    gst_bin_remove (GST_BIN (run->pipeline), *feed);
  }
  *feed = bin_feed (run, line, pad);
  bin_abandon (run);
}

TEST (test_content_decides)
{
  g_autoptr (Run) run = bin_run_new (bin_new ("reference-seconds", 1.0, NULL));
  const gchar *name = __i__ == 0 ? "image_0" : "video_0";
  GstElement *feed = NULL;

  abandon_with (run, &feed, __i__ == 0 ? PICTURE : MOTION, name);
  abandon_with (run, &feed, __i__ == 0 ? PICTURE : MOTION, name);
  bin_abandon (run);
  assert_requests (FOXAPI_SIM_SUBMIT, 1);
  assert_requests (FOXAPI_SIM_UPLOAD, 1);
  abandon_with (run, &feed, OTHER_PICTURE, name);
  assert_requests (FOXAPI_SIM_SUBMIT, 2);
}

/* A camera never gives the same picture twice: it is asked once. */
static void
turn_camera (Run * run, guint color)
{
  g_autoptr (GstElement) camera = gst_bin_get_by_name (GST_BIN (run->pipeline),
      "camera");

  g_object_set (camera, "foreground-color", 0xff000000 | color, NULL);
}

TEST (test_camera)
{
  g_autoptr (Run) run = bin_run_new (bin_new ("reference-branches", __i__,
          NULL));
  GstElement *feed = NULL;

  abandon_with (run, &feed, CAMERA, "image_0");
  turn_camera (run, 0x406080);
  bin_abandon (run);
  bin_abandon (run);
  assert_requests (FOXAPI_SIM_SUBMIT, 1);
  assert_requests (FOXAPI_SIM_UPLOAD, 1);
  /* The application wants another picture: it says so in one of two ways. */
  g_object_set (run->source, "task-id", NULL, NULL);
  bin_abandon (run);
  bin_abandon (run);
  assert_requests (FOXAPI_SIM_SUBMIT, 2);
  assert_requests (FOXAPI_SIM_UPLOAD, 2);
  abandon_with (run, &feed, OTHER_CAMERA, "image_0");
  assert_requests (FOXAPI_SIM_SUBMIT, 3);
  assert_requests (FOXAPI_SIM_UPLOAD, 3);
}

/* References: what arrives, and in which order */

static GBytes *
get_upload (JsonArray * urls, guint nth)
{
  GBytes *bytes = foxapi_sim_get_upload (sim, json_array_get_string_element
      (urls, nth));

  fail_unless (bytes != NULL, "%s was not uploaded",
      json_array_get_string_element (urls, nth));
  return bytes;
}

/* A PNG as far as a capture looks: its chunks, the last of which is empty */
static gchar *
make_png_like (GBytes ** bytes)
{
  g_autofree gchar *path = NULL;

  *bytes = bin_make_file (PICTURE " ! pngenc snapshot=true");
  path = harness_write_file ("like.png", *bytes);
  return g_strdup_printf ("filesrc blocksize=%d location=%s ! "
      "image/png", 1000, path);
}

TEST (test_order_and_bytes)
{
  g_autoptr (Run) run = bin_run_new (bin_new ("reference-seconds", 1.0, NULL));
  g_autofree gchar *local = g_build_filename (store, "a.jpg", NULL);
  g_autofree gchar *uri = g_filename_to_uri (local, NULL, NULL);
  g_autoptr (GBytes) png = NULL, found = NULL, clip = NULL;
  g_autofree gchar *line = make_png_like (&png);
  g_autoptr (JsonObject) body = NULL;
  g_auto (GValue) list = G_VALUE_INIT;
  JsonArray *images, *videos;

  fail_unless (g_file_set_contents (local, "\xff\xd8\xff local picture", -1,
          NULL));
  harness_set_list (run->source, "reference-image-urls",
      "https://a.example/1.png", uri, NULL);
  bin_feed (run, PICTURE, "image_7");
  bin_feed (run, line, "image_2");
  bin_request (run, "video_%u");
  bin_feed (run, MOTION, "video_0");
  bin_abandon (run);

  body = harness_submitted (1);
  images = json_object_get_array_member (body, "reference_image_urls");
  videos = json_object_get_array_member (body, "reference_video_urls");
  fail_unless_equals_int (json_array_get_length (images), 4);
  fail_unless_equals_int (json_array_get_length (videos), 1);
  fail_unless_equals_string (json_array_get_string_element (images, 0),
      "https://a.example/1.png");
  assert_upload (json_array_get_string_element (images, 1), "local picture");
  found = get_upload (images, 2);
  fail_unless (g_bytes_equal (found, png));
  clip = get_upload (videos, 0);
  fail_unless (memcmp ((const gchar *) g_bytes_get_data (clip, NULL) + 4,
          "ftyp", 4) == 0);

  /* As the application has set it, and no more */
  g_value_init (&list, GST_TYPE_ARRAY);
  g_object_get_property (G_OBJECT (run->source), "reference-image-urls", &list);
  fail_unless_equals_int (gst_value_array_get_size (&list), 2);
  fail_unless_equals_string (g_value_get_string (gst_value_array_get_value
          (&list, 1)), uri);
}

/* A reference that was captured, and is taken away again before the request goes
 * out, is missed in it: nothing is paid for without having been asked for. */

static const struct
{
  const gchar *message;         /* with which it is released */
  const gchar *placeholder;     /* that it is shown as, if so */
  gboolean is_only;
  gboolean is_fed;
} releases[] = {
  {"foxapi-reference", "black", TRUE, TRUE},
  {"foxapi-reference", "black", FALSE, TRUE},
  /* The last one has arrived, and nothing is read of it yet. */
  {"foxapi-reference", "reference", TRUE, TRUE},
  /* The bin is not running yet: it tells that the pad is not linked. */
  {"GstMessageInfo", "black", TRUE, FALSE},
};

static void
release_image_0 (GstElement * bin)
{
  g_autoptr (GstPad) pad = gst_element_get_static_pad (bin, "image_0");

  if (pad != NULL)
    gst_element_release_request_pad (bin, pad);
}

static GstBusSyncReply
release_with (GstBus * bus, GstMessage * message, gpointer bin)
{
  gint nth = GPOINTER_TO_INT (g_object_get_data (bin, "nth"));

  if (!gst_message_has_name (message, releases[nth].message))
    return GST_BUS_PASS;
  if (g_str_equal (releases[nth].placeholder, "reference"))
    g_signal_connect (bin, "element-added", G_CALLBACK (release_image_0), NULL);
  else
    release_image_0 (bin);
  return GST_BUS_PASS;
}

TEST (test_released_too_early)
{
  g_autoptr (Run) run = bin_run_new (bin_new (NULL, NULL));

  bin_request (run, "image_0");
  if (!releases[__i__].is_only)
    bin_request (run, "image_1");
  harness_set (run->source, "placeholder", releases[__i__].placeholder);
  g_object_set_data (G_OBJECT (run->source), "nth", GINT_TO_POINTER (__i__));
  if (releases[__i__].is_fed)
    bin_feed (run, ONE_PICTURE, "image_0");
  gst_bus_set_sync_handler (run->bus, release_with, run->source, NULL);
  run_to_error_of (run, GST_STREAM_ERROR, GST_STREAM_ERROR_FAILED);
  gst_bus_set_sync_handler (run->bus, NULL, NULL, NULL);
  run_assert_says (run, GST_MESSAGE_ERROR, "image_0", NULL);
  assert_nothing_sent ();
}

/* More: `next` */

/* Not before the references are there, and not when nobody would see it */
TEST (test_next_without_references)
{
  g_autoptr (Run) run = bin_run_new (bin_new ("on-error", 1, NULL));

  bin_request (run, "image_0");
  run_set_state (run, GST_STATE_PLAYING);
  harness_act (run->source, "next");
  bin_wait_buffers (run, 3);
  release_image_0 (run->source);
  bin_wait_warning (run, GST_STREAM_ERROR, GST_STREAM_ERROR_FAILED);
  harness_act (run->source, "next");
  bin_wait_buffers (run, bin_count_buffers (run) + 3);
  run_stop (run);
  assert_nothing_sent ();
}

TEST (test_next_at_the_end)
{
  g_autoptr (Run) run = bin_run_new (bin_new ("placeholder", 0, NULL));

  bin_complete (run);
  run_wait (run, GST_MESSAGE_EOS);
  fail_if (harness_act (run->source, "next"));
  run_stop (run);
  fail_if (harness_act (run->source, "next"));
  run_play (run);
  assert_requests (FOXAPI_SIM_SUBMIT, 1);
}

/* The task that the application names for the next shot is paid for already. */
TEST (test_next_of_a_task)
{
  g_autofree gchar *shown = NULL, *id = NULL;
  g_autoptr (Run) run = bin_run_new (bin_new ("end", 1, NULL));

  run_to_task (run, GST_STATE_PLAYING, "pending");
  shown = harness_task_id (1);
  id = foxapi_sim_add_task (sim, "completed");
  g_object_set (run->source, "task-id", id, NULL);
  fail_unless (harness_act (run->source, "next"));
  foxapi_sim_set_task (sim, shown, "completed", 100);
  assert_string (run_wait_task (run, "completed"), "id", shown);
  assert_string (run_wait_task (run, "completed"), "id", id);
  run_stop (run);
  assert_property (run->source, "task-id", id);
  assert_requests (FOXAPI_SIM_SUBMIT, 1);
}

/* What is held has no file when the bin has stopped, also while the next shot is
 * being made. */
TEST (test_no_file_of_what_is_held)
{
  g_autoptr (Run) run = bin_run_new (bin_new ("end", 1, NULL));
  g_autofree gchar *left = NULL;

  bin_complete (run);
  bin_wait_on_air (run);
  bin_wait_buffers (run, bin_count_buffers (run) + 3 * RESULT_FRAMES);
  fail_unless (harness_act (run->source, "next"));
  harness_wait_requests (FOXAPI_SIM_SUBMIT, 2);
  run_stop (run);
  left = bin_leftovers ();
  fail_unless (strstr (left, "/result-") == NULL, "%s", left);
}

/* Each shot's files go when it has been shown. */
TEST (test_files_of_shots)
{
  GstElement *bin = bin_new (NULL, NULL);
  g_autoptr (Run) run = bin_run_new (bin);
  g_autofree gchar *left = NULL;
  guint n_results = 0, n_pictures = 0;

  harness_set_list (bin, "next-prompts", "It runs", "It rests", NULL);
  run_set_state (run, GST_STATE_PLAYING);
  for (guint i = 1; i <= 3; i++) {
    harness_wait_requests (FOXAPI_SIM_SUBMIT, i);
    run_wait_task (run, "pending");
    if (i < 3)
      foxapi_sim_set_task (sim, NULL, "completed", 100);
  }
  left = bin_leftovers ();
  for (const gchar * at = left; (at = strstr (at, "/result-")) != NULL; at++)
    n_results++;
  for (const gchar * at = left; (at = strstr (at, "/last-")) != NULL; at++)
    n_pictures++;
  fail_unless (n_results <= 2 && n_pictures == 1, "%s", left);
}

/* Three shots are paid for, and the second is dropped after a stop: the third, too,
 * is resumed. */
TEST (test_dropped_after_a_stop)
{
  g_autoptr (Run) run = new_ahead ("It runs");
  gulong probe = stop_in_the_middle (run);
  gboolean is_dropped = FALSE;

  harness_set_list (run->source, "next-prompts", "It runs", "It rests", NULL);
  g_object_set (run->source, "prefetch", 2, "task-store", "", NULL);
  run_to_request (run, GST_STATE_PLAYING, FOXAPI_SIM_RESULT, 3);
  run_set_state (run, GST_STATE_READY);
  harness_unblock (run->sink, probe);
  run_set_state (run, GST_STATE_PAUSED);
  g_signal_emit_by_name (run->source, "drop-shot", 2, &is_dropped);
  fail_unless (is_dropped);
  run_play (run);
  assert_requests (FOXAPI_SIM_SUBMIT, 3);
}

/* Stopped while one of five results is on the air, and the others are there or on
 * their way: none has a file any more, also in READY, where their folder stays. */
TEST (test_no_files_after_a_stop)
{
  g_autoptr (Run) run = new_ahead ("It runs");
  g_autofree gchar *before = NULL, *left = NULL;

  stop_in_the_middle (run);
  harness_set_list (run->source, "next-prompts", "It runs", "It rests",
      "It eats", "It sleeps", NULL);
  g_object_set (run->source, "prefetch", 4, NULL);
  run_to_request (run, GST_STATE_PLAYING, FOXAPI_SIM_RESULT, 5);
  before = bin_leftovers ();
  run_set_state (run, GST_STATE_READY);
  left = bin_leftovers ();
  for (guint i = 1; i <= 4; i++) {
    g_autofree gchar *name = g_strdup_printf ("/result-%u.mp4", i);

    fail_unless (strstr (before, name) != NULL, "%s", before);
  }
  fail_unless (strstr (left, "/gst-foxapi") != NULL, "%s", left);
  fail_if (strstr (left, "/result-") != NULL, "%s", left);
}

static void
play_program (const gchar * clips)
{
  GstElement *bin = bin_new ("clip-cache", clips, "placeholder", 0, NULL);
  g_autoptr (Run) run = bin_run_new (bin);

  harness_set_list (bin, "next-prompts", "It runs", "It rests", "It runs",
      NULL);
  run_play (run);
}

/* A program is paid for once, also where two of its shots are equal. */
TEST (test_program_from_cache)
{
  g_autofree gchar *clips = g_build_filename (store, "clips", NULL);

  play_program (clips);
  assert_requests (FOXAPI_SIM_SUBMIT, 4);
  play_program (clips);
  assert_requests (FOXAPI_SIM_SUBMIT, 4);
  assert_requests (FOXAPI_SIM_RESULT, 4);
}

/* Also where it begins anew in the same element, and where a shot is tried again
 * that is equal to one before. */
TEST (test_equal_shots_from_cache)
{
  const FoxapiSimFault failed = {.status = 200,.body =
        "{\"id\":\"task-2\",\"status\":\"failed\"}"
  };
  gboolean fails = __i__ == 1;
  guint n = fails ? 3 : 2;
  g_autofree gchar *clips = g_build_filename (store, "clips", NULL);

  for (guint i = 0; i < 2; i++) {
    g_autoptr (Run) run = bin_run_new (bin_new ("clip-cache", clips,
            "placeholder", fails, "prompt", "It runs", "on-error", 1,
            "prefetch", 0, "end", fails, "shot-continuity", FALSE, NULL));

    harness_set_list (run->source, "next-prompts", "It runs", NULL);
    if (fails && i == 0) {
      foxapi_sim_script (sim, FOXAPI_SIM_SUBMIT, 2, &failed);
      bin_to_warning (run, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_FAILED);
      fail_unless (harness_act (run->source, "retry"));
      run_wait_task (run, "completed");
      bin_wait_buffers (run, bin_count_buffers (run) + 2 * RESULT_FRAMES);
      run_stop (run);
    } else if (fails) {
      run_set_state (run, GST_STATE_PLAYING);
      run_wait_task (run, "completed");
      run_wait_task (run, "completed");
      run_stop (run);
    } else {
      run_play (run);
      g_object_set (run->source, "prompt", "It runs", NULL);
      run_play (run);
      harness_set_list (run->source, "next-prompts", NULL);
      run_play (run);
      harness_set_list (run->source, "next-prompts", "It runs", NULL);
      run_play (run);
    }
    assert_requests (FOXAPI_SIM_SUBMIT, n);
  }
}

/* It is on the air, and has not been played. */
TEST (test_record_without_length)
{
  g_autoptr (Run) run = bin_run_new (bin_new ("is-live", FALSE, "placeholder",
          0, NULL));

  run_preroll (run);
  assert_kept (run, 1);
}

static const Test tests[] = {
  BIN_CASE ("money", bin_setup_manual),
  TIMES (test_restarts, 2),
  TIMES (test_removed_while_submitting, 2),
  ONCE (test_supervisor),
  ONCE (test_changed_is_new),
  TIMES (test_paused_keeps, 2),
  ONCE (test_pause_keeps),
  ONCE (test_middle_keeps),
  ONCE (test_failure_elsewhere_keeps),
  ONCE (test_failure_ahead_drops),
  TIMES (test_task_named_ahead, 2),
  ONCE (test_ended_before_the_result),
  TIMES (test_set_for_the_next, 2),
  ONCE (test_set_before_a_start_that_fails),
  TIMES (test_next_prompts_change, 2),
  TIMES (test_end_drops, 3),
  TIMES (test_killed, 3),
  TIMES (test_same_content_elsewhere, 3),
  TIMES (test_content_decides, 2),
  TIMES (test_camera, 2),
  ONCE (test_order_and_bytes),
  ROWS (test_released_too_early, releases),
  ONCE (test_next_without_references),
  ONCE (test_next_at_the_end),
  ONCE (test_next_of_a_task),
  ONCE (test_no_file_of_what_is_held),
  ONCE (test_files_of_shots),
  BIN_CASE ("without length", bin_setup_without_length),
  ONCE (test_record_without_length),
  BIN_CASE ("served", bin_setup),
  ONCE (test_program_from_cache),
  TIMES (test_equal_shots_from_cache, 2),
  ONCE (test_dropped_after_a_stop),
  ONCE (test_no_files_after_a_stop),
};

CHECK_MAIN (binmoney, tests)
