/* Starts, stops and removals of foxapivideobin, in every phase; and nothing of it
 * stays behind.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "binharness.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <gst/app/app.h>
#include <sys/file.h>
#include <unistd.h>

typedef enum
{
  PHASE_CAPTURE,                /* nothing has come to its pad */
  PHASE_UPLOAD,
  PHASE_SUBMIT,
  PHASE_ASK,
  PHASE_DOWNLOAD,
  PHASE_STAGED,                 /* downloaded, and nobody plays */
  PHASE_ON_AIR,
  PHASE_HELD,
  PHASE_REPEATED,
  PHASE_NEXT_SHOT,
  PHASE_FAILED,
  N_PHASES
} Phase;

/* What leads to a phase: a property, and what requests of a route meet, each or the
 * nth */
static const struct
{
  const gchar *property;
  const gchar *value;
  FoxapiSimRoute route;
  FoxapiSimFault fault;
  guint nth;
} ways[N_PHASES] = {
  [PHASE_UPLOAD] = {NULL, NULL, FOXAPI_SIM_UPLOAD, {.hold = TRUE}},
  [PHASE_SUBMIT] = {NULL, NULL, FOXAPI_SIM_SUBMIT, {.hold = TRUE}},
  [PHASE_ASK] = {NULL, NULL, FOXAPI_SIM_ASK, {.hold = TRUE}},
  [PHASE_DOWNLOAD] = {NULL, NULL, FOXAPI_SIM_RESULT, {.hold_at = 1000}},
  [PHASE_HELD] = {"end", "hold"},
  [PHASE_REPEATED] = {"end", "repeat"},
  [PHASE_NEXT_SHOT] = {"next-prompts", "<\"It runs\">", FOXAPI_SIM_SUBMIT,
      {.hold = TRUE}, 2},
  [PHASE_FAILED] = {NULL, NULL, FOXAPI_SIM_SUBMIT, {.status = 402}},
};

static Run *
new_run (Phase phase)
{
  GstElement *bin = bin_new ("on-error", 1, NULL);
  g_autofree gchar *picture = harness_make_file ("a.png", "", -1);

  if (phase == PHASE_UPLOAD)
    harness_set_list (bin, "reference-image-urls", picture, NULL);
  if (ways[phase].property != NULL)
    harness_set (bin, ways[phase].property, ways[phase].value);
  foxapi_sim_script (sim, ways[phase].route, ways[phase].nth,
      &ways[phase].fault);
  return bin_run_new (bin);
}

static void
reach (Run * run, Phase phase)
{
  gboolean is_held = ways[phase].fault.hold || ways[phase].fault.hold_at > 0;

  if (phase == PHASE_CAPTURE)
    bin_request (run, "image_%u");
  run_set_state (run, phase == PHASE_STAGED ? GST_STATE_PAUSED :
      GST_STATE_PLAYING);
  if (is_held)
    harness_wait_requests (ways[phase].route, MAX (ways[phase].nth, 1));
  else if (phase == PHASE_CAPTURE)
    bin_wait_buffers (run, 3);
  else if (phase == PHASE_STAGED)
    run_wait_task (run, "completed");
  else if (phase == PHASE_FAILED)
    run_wait (run, GST_MESSAGE_WARNING);
  else
    bin_wait_on_air (run);
  if (phase == PHASE_HELD || phase == PHASE_REPEATED)
    bin_wait_buffers (run, bin_count_buffers (run) + RESULT_FRAMES + 2);
}

static void
assert_nothing_left (void)
{
  g_autofree gchar *left = bin_leftovers ();

  fail_unless_equals_string (left, "");
}

static guint
count_threads (void)
{
  g_autoptr (GDir) tasks = g_dir_open ("/proc/self/task", 0, NULL);
  guint n = 0;

  while (tasks != NULL && g_dir_read_name (tasks) != NULL)
    n++;
  return n;
}

/* A thread that has just been waited for may still hold what it worked for, for a
 * moment. What keeps it for good keeps this until the test's time is up. */
static void
wait_until_gone (GWeakRef * ref)
{
  GObject *object;

  while ((object = g_weak_ref_get (ref)) != NULL) {
    g_object_unref (object);
    g_thread_yield ();
  }
}

/* To NULL: no call is left hanging but a submission, whose answer is awaited, no
 * file, and the bin goes with its last reference. */
TEST (test_leave)
{
  Phase phase = __i__;
  Run *run = new_run (phase);
  GWeakRef bin;

  g_weak_ref_init (&bin, run->source);
  reach (run, phase);
  run_stop (run);
  for (guint i = 0; i < FOXAPI_SIM_N_ROUTES; i++)
    fail_unless (i == FOXAPI_SIM_SUBMIT || foxapi_sim_wait_idle (sim, i));
  foxapi_sim_release (sim);
  fail_unless (foxapi_sim_wait_idle (sim, FOXAPI_SIM_SUBMIT));
  fail_unless_equals_int (run_count (run, GST_MESSAGE_ERROR), 0);
  run_free (run);
  wait_until_gone (&bin);
  assert_nothing_left ();
}

/* To READY and on again: it goes on with the same task. */
TEST (test_ready_and_on)
{
  Phase phase = __i__;
  g_autoptr (Run) run = new_run (phase);
  guint n;

  reach (run, phase);
  run_set_state (run, GST_STATE_READY);
  foxapi_sim_release (sim);
  n = bin_count_buffers (run);
  run_set_state (run, GST_STATE_PLAYING);
  /* Where nobody knows what became of the submission, it is not sent again. */
  if (phase == PHASE_CAPTURE || phase == PHASE_FAILED || phase == PHASE_SUBMIT
      || phase == PHASE_NEXT_SHOT)
    bin_wait_buffers (run, n + 3);
  else if (phase == PHASE_HELD || phase == PHASE_REPEATED)
    bin_wait_buffers (run, n + 20);
  else
    run_wait (run, GST_MESSAGE_EOS);
  run_stop (run);
  fail_unless_equals_int (run_count (run, GST_MESSAGE_ERROR), 0);
  fail_if (foxapi_sim_count_requests (sim, FOXAPI_SIM_SUBMIT) > 2);
}

/* Out of a pipeline that goes on, with another source of the same mixer */
static const Phase removals[] = {
  PHASE_CAPTURE, PHASE_ASK, PHASE_STAGED, PHASE_ON_AIR, PHASE_REPEATED
};

TEST (test_remove)
{
  Phase phase = removals[__i__];
  Run *run = new_run (phase);
  GstElement *bin = run->source;
  GWeakRef ref;

  g_weak_ref_init (&ref, bin);
  reach (run, phase);
  gst_element_set_locked_state (bin, TRUE);
  fail_unless_equals_int (gst_element_set_state (bin, GST_STATE_NULL),
      GST_STATE_CHANGE_SUCCESS);
  run->source = NULL;
  fail_unless (gst_bin_remove (GST_BIN (run->pipeline), bin));
  run_set_state (run, GST_STATE_READY);
  fail_unless_equals_int (run_count (run, GST_MESSAGE_ERROR), 0);
  run_free (run);
  wait_until_gone (&ref);
  assert_nothing_left ();
}

/* A pause while there is nothing to show, of the output that waits for it */
TEST (test_pause_while_waiting)
{
  GstElement *bin = bin_new ("is-live", __i__ == 0, "placeholder", 0, NULL);
  g_autoptr (Run) run = bin_run_new (bin);

  harness_set_list (bin, "next-prompts", "It runs", NULL);
  harness_hold (FOXAPI_SIM_SUBMIT, 2);
  run_set_state (run, GST_STATE_PLAYING);
  bin_wait_buffers (run, RESULT_FRAMES);
  harness_wait_requests (FOXAPI_SIM_SUBMIT, 2);
  run_set_state (run, GST_STATE_PAUSED);
  run_set_state (run, GST_STATE_PLAYING);
  foxapi_sim_release (sim);
  run_wait (run, GST_MESSAGE_EOS);
  run_stop (run);
  fail_unless (bin_count_buffers (run) >= 2 * RESULT_FRAMES);
}

/* Many come and go while a mixer plays, also while the first one submits: those
 * behind it wait for its answer, or take its task up. */

static GstElement *
add_to_mixer (GstElement * pipeline, GstElement * mixer, GstPad ** pad)
{
  GstElement *bin = bin_new (NULL, NULL);
  g_autofree gchar *name = g_strdup_printf ("bin-%p", bin);
  g_autoptr (GstPad) src = NULL;

  gst_object_set_name (GST_OBJECT (bin), name);
  gst_bin_add (GST_BIN (pipeline), bin);
  src = gst_element_get_static_pad (bin, "video");
  *pad = gst_element_request_pad_simple (mixer, "sink_%u");
  fail_unless_equals_int (gst_pad_link (src, *pad), GST_PAD_LINK_OK);
  fail_unless (gst_element_sync_state_with_parent (bin));
  return bin;
}

static void
remove_from_mixer (GstElement * pipeline, GstElement * mixer, GstElement * bin,
    GstPad * pad)
{
  gst_element_set_state (bin, GST_STATE_NULL);
  gst_element_release_request_pad (mixer, pad);
  gst_object_unref (pad);
  gst_bin_remove (GST_BIN (pipeline), bin);
}

TEST (test_hundred)
{
  g_autoptr (GError) error = NULL;
  GstElement *background = gst_parse_bin_from_description
      ("videotestsrc is-live=true ! " BIN_RAW " ! compositor name=mix", TRUE,
      &error);
  Run *run = bin_run_new (background);
  g_autoptr (GstElement) mixer = gst_bin_get_by_name (GST_BIN (background),
      "mix");
  guint n_threads = 0;

  run_set_state (run, GST_STATE_PLAYING);
  bin_wait_buffers (run, 2);
  for (guint i = 0; i < 100; i++) {
    GstPad *pad;
    GstElement *bin = add_to_mixer (background, mixer, &pad);

    if (i % 10 == 0)
      bin_wait_buffers (run, bin_count_buffers (run) + 2);
    remove_from_mixer (background, mixer, bin, pad);
    if (i == 20)
      n_threads = count_threads ();
  }
  fail_unless (count_threads () <= n_threads + 10, "%u threads, then %u",
      n_threads, count_threads ());
  bin_wait_buffers (run, bin_count_buffers (run) + 2);
  run_stop (run);
  bin_assert_count (run, GST_MESSAGE_ERROR, 0);
  fail_if (foxapi_sim_count_requests (sim, FOXAPI_SIM_SUBMIT) > 1);
  run_free (run);
  assert_nothing_left ();
}

/* Outputs are linked, and linked elsewhere, while it plays. */

static GstElement *
add_late_sink (Run * run, const gchar * pad)
{
  GstElement *sink = gst_element_factory_make ("appsink", NULL);

  g_object_set (sink, "async", FALSE, "sync", FALSE, "max-buffers", 3, NULL);
  gst_bin_add (GST_BIN (run->pipeline), sink);
  gst_element_sync_state_with_parent (sink);
  fail_unless (gst_element_link_pads (run->source, pad, sink, "sink"));
  return sink;
}

/* What follows is whole: a segment, caps of @media and the times after @time. */
static GstClockTime
take_buffers (GstElement * sink, const gchar * media, GstClockTime time)
{
  for (guint i = 0; i < 10; i++) {
    g_autoptr (GstSample) sample =
        gst_app_sink_try_pull_sample (GST_APP_SINK (sink), 60 * GST_SECOND);
    GstClockTime next;

    fail_unless (sample != NULL);
    fail_unless (gst_structure_has_name (gst_caps_get_structure
            (gst_sample_get_caps (sample), 0), media));
    fail_unless_equals_int (gst_sample_get_segment (sample)->format,
        GST_FORMAT_TIME);
    next = GST_BUFFER_PTS (gst_sample_get_buffer (sample));
    fail_unless (!GST_CLOCK_TIME_IS_VALID (time) || next > time);
    time = next;
  }
  return time;
}

/* What a run had decided on is open again behind it. */
TEST (test_links_after_a_run)
{
  g_autoptr (Run) run = bin_run_new (bin_new ("width", 0, "height", 0, NULL));
  GstElement *filter = gst_element_factory_make ("capsfilter", NULL);

  bin_abandon (run);
  gst_element_unlink (run->source, run->sink);
  harness_set (filter, "caps", "video/x-raw,width=32,height=18");
  gst_bin_add (GST_BIN (run->pipeline), filter);
  fail_unless (gst_element_link_many (run->source, filter, run->sink, NULL));
}

TEST (test_links_while_it_plays)
{
  Run *run = bin_run_new (bin_new ("is-live", __i__ == 0, "end", 1, NULL));
  GstElement *video, *audio;
  GstClockTime time;

  harness_hold (FOXAPI_SIM_SUBMIT, 1);
  run_set_state (run, GST_STATE_PLAYING);
  bin_wait_buffers (run, 2);
  audio = add_late_sink (run, "audio");
  time = take_buffers (audio, "audio/x-raw", GST_CLOCK_TIME_NONE);
  gst_element_unlink (run->source, run->sink);
  take_buffers (audio, "audio/x-raw", time);
  video = add_late_sink (run, "video");
  time = take_buffers (video, "video/x-raw", GST_CLOCK_TIME_NONE);
  foxapi_sim_release (sim);
  run_wait_task (run, "completed");
  take_buffers (video, "video/x-raw", time);
  run_stop (run);
  bin_assert_count (run, GST_MESSAGE_ERROR, 0);
  run_free (run);
  assert_nothing_left ();
}

/* An element that is linked to nothing */
TEST (test_alone)
{
  harness_exercise (gst_object_ref_sink (bin_new ("is-live", __i__ % 2 == 0,
              "placeholder", __i__ / 2, NULL)), FALSE);
  fail_if (foxapi_sim_count_requests (sim, FOXAPI_SIM_SUBMIT) > 1);
  assert_nothing_left ();
}

/* The folder of files is gone in NULL, also where nobody lets go of the bin, and so
 * is that of a process that was killed, but not that of one that lives. */
TEST (test_folder)
{
  g_autofree gchar *dead =
      g_build_filename (bin_tmp, "gst-foxapi-dead00", NULL);
  g_autofree gchar *alive = g_build_filename (bin_tmp, "gst-foxapi-alive0",
      NULL);
  g_autofree gchar *file = g_build_filename (dead, "result-1.mp4", NULL);
  g_autofree gchar *left = NULL;
  g_autoptr (Run) run = bin_run_new (bin_new (NULL, NULL));
  gint fd;

  fail_unless_equals_int (g_mkdir (dead, 0700), 0);
  fail_unless (g_file_set_contents (file, "video", -1, NULL));
  fail_unless_equals_int (g_mkdir (alive, 0700), 0);
  fd = open (alive, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  fail_unless (fd >= 0 && flock (fd, LOCK_EX | LOCK_NB) == 0);

  run_set_state (run, GST_STATE_PLAYING);
  run_wait (run, GST_MESSAGE_EOS);
  run_set_state (run, GST_STATE_NULL);
  left = bin_leftovers ();
  fail_unless_equals_string (g_strstrip (left), alive);
  close (fd);
  fail_unless_equals_int (g_rmdir (alive), 0);

  run_set_state (run, GST_STATE_PLAYING);
  run_wait (run, GST_MESSAGE_EOS);
  run_stop (run);
}

/* The result's tags go ahead of its first frame. */
static GstPadProbeReturn
on_tags (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  GstEvent *event = GST_PAD_PROBE_INFO_EVENT (info);
  GstTagList *tags;
  gchar **title = user_data;

  if (GST_EVENT_TYPE (event) == GST_EVENT_TAG) {
    gst_event_parse_tag (event, &tags);
    g_free (*title);
    *title = NULL;
    gst_tag_list_get_string (tags, GST_TAG_DESCRIPTION, title);
  }
  return GST_PAD_PROBE_OK;
}

/* A model that takes no reference makes the next shot without the last frame. */
TEST (test_shots_without_references)
{
  g_autoptr (Run) run = bin_run_new (bin_new ("model", "wan-2.7-text-to-video",
          NULL));

  harness_set_list (run->source, "reference-image-urls", NULL);
  harness_set_list (run->source, "next-prompts", "It runs", NULL);
  run_to_eos (run);
  assert_requests (FOXAPI_SIM_SUBMIT, 2);
}

TEST (test_tags)
{
  g_autoptr (Run) run = bin_run_new (bin_new ("prompt", "A tagged fox", NULL));
  g_autoptr (GstPad) pad = gst_element_get_static_pad (run->source, "video");
  g_autofree gchar *title = NULL;

  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, on_tags, &title,
      NULL);
  run_to_eos (run);
  fail_unless_equals_string (title, "A tagged fox");
}

/* With pads, which may be released in each state */
TEST (test_pads_come_and_go)
{
  GstElement *bin = gst_object_ref_sink (bin_new ("on-error", 1, NULL));
  GstPad *pads[3];

  for (guint i = 0; i < 3; i++) {
    pads[i] = gst_element_request_pad_simple (bin, i == 1 ? "video_%u" :
        "image_%u");
    fail_unless (pads[i] != NULL);
  }
  harness_go (bin, GST_STATE_PLAYING, FALSE);
  fail_unless (gst_element_request_pad_simple (bin, "image_%u") == NULL);
  for (guint i = 0; i < 3; i++) {
    gst_element_release_request_pad (bin, pads[i]);
    gst_object_unref (pads[i]);
  }
  harness_go (bin, GST_STATE_NULL, FALSE);
  gst_object_unref (bin);
  assert_nothing_sent ();
  assert_nothing_left ();
}

static const Test tests[] = {
  BIN_CASE ("life", bin_setup),
  TIMES (test_leave, N_PHASES),
  TIMES (test_ready_and_on, N_PHASES),
  TIMES (test_pause_while_waiting, 2),
  ROWS (test_remove, removals),
  ONCE (test_hundred),
  TIMES (test_links_while_it_plays, 2),
  ONCE (test_links_after_a_run),
  TIMES (test_alone, 6),
  ONCE (test_folder),
  ONCE (test_tags),
  ONCE (test_shots_without_references),
  ONCE (test_pads_come_and_go),
};

CHECK_MAIN (binlife, tests)
