/* What foxapivideobin tells of what it shows, and what can be changed while it does.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "recorder.h"

#include <string.h>

static Recorder *
new_recorder (const gchar * end, const gchar * on_error, gboolean is_live)
{
  GstElement *bin = recorder_bin ("is-live", is_live, "framerate", FPS, 1,
      "retries", 0, NULL);
  Recorder *recorder;

  harness_set (bin, "end", end);
  harness_set (bin, "on-error", on_error);
  recorder = recorder_new (bin, TRUE, TRUE);
  recorder_keep_to_the_clock (recorder);
  return recorder;
}

/* (transfer full): the next message foxapi-on-air */
static GstMessage *
next_on_air (Recorder * recorder)
{
  for (;;) {
    g_autoptr (GstMessage) message = recorder_wait_message (recorder,
        GST_MESSAGE_ELEMENT | GST_MESSAGE_ERROR | GST_MESSAGE_EOS);

    fail_unless_equals_int (GST_MESSAGE_TYPE (message), GST_MESSAGE_ELEMENT);
    if (gst_message_has_name (message, "foxapi-on-air"))
      return g_steal_pointer (&message);
  }
}

/* It says that this is shown. Its running time */
static GstClockTime
assert_on_air (Recorder * recorder, GstMessage * message, const gchar * what,
    guint shot)
{
  const GstStructure *structure = gst_message_get_structure (message);
  guint64 running_time = GST_CLOCK_TIME_NONE;
  guint number = 0;

  fail_unless (GST_MESSAGE_SRC (message) == GST_OBJECT (recorder->bin));
  assert_string (structure, "what", what);
  fail_unless (gst_structure_get_uint64 (structure, "running-time",
          &running_time));
  gst_structure_get_uint (structure, "shot", &number);
  fail_unless_equals_int (number, shot);
  fail_unless_equals_int (gst_structure_has_field (structure, "task-id"),
      shot > 0);
  return running_time;
}

static GstClockTime
wait_on_air (Recorder * recorder, const gchar * what, guint shot)
{
  g_autoptr (GstMessage) message = next_on_air (recorder);

  return assert_on_air (recorder, message, what, shot);
}

/* The first clip, behind the placeholder */
static void
play_to_clip (Recorder * recorder)
{
  recorder_play (recorder);
  wait_on_air (recorder, "placeholder", 0);
  wait_on_air (recorder, "clip", 1);
}

static void
assert_state (Recorder * recorder, const gchar * nick, guint shot)
{
  GParamSpec *spec = g_object_class_find_property (G_OBJECT_GET_CLASS
      (recorder->bin), "state");
  gint state = -1;
  guint number = G_MAXUINT;

  g_object_get (recorder->bin, "state", &state, "current-shot", &number, NULL);
  fail_unless_equals_string (g_enum_get_value (G_PARAM_SPEC_ENUM
          (spec)->enum_class, state)->value_nick, nick);
  fail_unless_equals_int (number, shot);
}

TEST (test_what_is_shown)
{
  g_autoptr (Recorder) recorder = new_recorder ("hold", "error", __i__);
  GstClockTime placeholder, clip, hold;
  guint at;

  assert_state (recorder, "stopped", 0);
  harness_hold (FOXAPI_SIM_SUBMIT, 1);
  recorder_play (recorder);
  placeholder = wait_on_air (recorder, "placeholder", 0);
  assert_state (recorder, "placeholder", 0);
  foxapi_sim_release (sim);
  clip = wait_on_air (recorder, "clip", 1);
  hold = wait_on_air (recorder, "hold", 1);
  assert_state (recorder, "hold", 1);
  fail_unless (harness_act (recorder->bin, "next"));
  wait_on_air (recorder, "clip", 2);
  wait_on_air (recorder, "hold", 2);
  harness_set (recorder->bin, "end", "eos");
  recorder_to_eos (recorder);
  assert_state (recorder, "ended", 2);
  gst_element_set_state (recorder->pipeline, GST_STATE_READY);
  assert_state (recorder, "stopped", 0);

  at = recorder_wait_number (&recorder->video, 0, 0);
  fail_unless_equals_uint64 (recorder_time (&recorder->video, 0), placeholder);
  fail_unless_equals_uint64 (recorder_time (&recorder->video, at), clip);
  fail_unless (hold >= clip + N_FRAMES * GST_SECOND / FPS);
  recorder_assert_both (recorder, FPS, 1);
}

/* Of what is shown to its end, and of what is held already */
TEST (test_end_changes)
{
  gboolean is_live = __i__ & 1, is_held = __i__ >> 1;
  g_autoptr (Recorder) recorder = new_recorder ("hold", "error", is_live);

  play_to_clip (recorder);
  if (is_held)
    wait_on_air (recorder, "hold", 1);
  harness_set (recorder->bin, "end", "repeat");
  wait_on_air (recorder, "clip", 1);
  wait_on_air (recorder, "clip", 1);
  harness_set (recorder->bin, "end", "hold");
  wait_on_air (recorder, "hold", 1);
  harness_set (recorder->bin, "end", "eos");
  recorder_to_eos (recorder);
  recorder_assert_both (recorder, FPS, 1);
  assert_requests (FOXAPI_SIM_SUBMIT, 1);
}

/* The next WARNING, but for what the default model without references gets */
static void
wait_warning (Recorder * recorder, const gchar * text)
{
  gboolean is_other;

  do {
    g_autoptr (GstMessage) message =
        recorder_wait_message (recorder,
        GST_MESSAGE_WARNING | GST_MESSAGE_ERROR);
    g_autoptr (GError) error = NULL;

    fail_unless_equals_int (GST_MESSAGE_TYPE (message), GST_MESSAGE_WARNING);
    gst_message_parse_warning (message, &error, NULL);
    is_other = strstr (error->message, "has no reference") != NULL;
    fail_unless (is_other || strstr (error->message, text) != NULL, "%s",
        error->message);
  } while (is_other);
}

/* What cannot be is told of, and changes nothing, while the other does. */
TEST (test_no_such_end)
{
  g_autoptr (Recorder) recorder = new_recorder ("hold", "error", FALSE);
  gint end, on_error;

  harness_hold (FOXAPI_SIM_RESULT, 1);
  recorder_play (recorder);
  wait_on_air (recorder, "placeholder", 0);
  g_object_set (recorder->bin, "end", 99, "on-error", 1, NULL);
  wait_warning (recorder, "property end");
  foxapi_sim_release (sim);
  g_object_get (recorder->bin, "end", &end, "on-error", &on_error, NULL);
  fail_unless (end == 1 && on_error == 1);
  wait_on_air (recorder, "clip", 1);
  wait_on_air (recorder, "hold", 1);
}

/* A failure ends an output that nobody watches: of the first shot, with and without
 * a placeholder, and of one behind a result that is held or repeated. */
static const struct
{
  const gchar *end;
  const gchar *placeholder;
  gboolean is_live;
  guint nth;
} failures[] = {
  {"hold", "black", TRUE, 1}, {"hold", "black", FALSE, 1},
  {"eos", "none", TRUE, 1}, {"hold", "black", TRUE, 2},
  {"repeat", "black", FALSE, 2}, {"repeat", "none", TRUE, 2},
};

TEST (test_failure_ends)
{
  g_autoptr (Recorder) recorder = new_recorder (failures[__i__].end, "warning",
      failures[__i__].is_live);

  harness_set (recorder->bin, "placeholder", failures[__i__].placeholder);
  harness_set_list (recorder->bin, "next-prompts", "It looks around",
      "It trots away", NULL);
  harness_refuse (FOXAPI_SIM_SUBMIT, failures[__i__].nth, 422);
  harness_set (recorder->bin, "on-error", "eos");
  recorder_to_eos (recorder);
  assert_state (recorder, "ended", failures[__i__].nth - 1);
  assert_requests (FOXAPI_SIM_SUBMIT, failures[__i__].nth);
}

/* A consumer that is held up for ten frames gets what is due then; the other output
 * loses nothing. -1: it gets all, late. */
TEST (test_slow_consumer)
{
  gboolean drops = __i__ & 1;
  guint slow = __i__ >> 1;
  g_autoptr (Recorder) recorder = new_recorder ("hold", "error", TRUE);
  Track *tracks[] = { &recorder->video, &recorder->audio };
  g_autoptr (GstMessage) message = NULL;
  GstClockTime before, behind;
  gulong probe;
  guint n;

  g_object_set (recorder->bin, "max-lateness", drops ?
      (gint64) 100 * GST_MSECOND : (gint64) - 1, NULL);
  for (guint i = 0; i < 2; i++)
    g_object_set (recorder->sinks[i], "sync", FALSE, NULL);
  harness_hold (FOXAPI_SIM_SUBMIT, 1);
  recorder_play (recorder);
  recorder_wait (tracks[slow], 3);
  probe = harness_block (recorder->sinks[slow]);
  recorder_wait (tracks[!slow], recorder_wait (tracks[!slow], 0) + 10);
  n = recorder_wait (tracks[slow], 0);
  harness_unblock (recorder->sinks[slow], probe);
  recorder_wait (tracks[slow], n + 3);
  gst_element_set_state (recorder->pipeline, GST_STATE_READY);
  message = gst_bus_pop_filtered (recorder->bus, GST_MESSAGE_QOS);
  fail_unless_equals_int (message != NULL, drops);
  /* The one that was held, and the one behind it */
  before = recorder_get (tracks[slow], ends, GstClockTime, n);
  behind = recorder_time (tracks[slow], n + 1);
  fail_unless_equals_int (behind >= before + 3 * GST_SECOND / FPS, drops);
  if (slow == 0 || !drops)
    recorder_assert_audio (recorder, FPS, 1);
  if (slow == 1 || !drops)
    recorder_assert_video (recorder, FPS, 1);
}

/* What a sink would drop is not made. */
TEST (test_quality_of_service)
{
  g_autoptr (Recorder) recorder = new_recorder ("hold", "error", TRUE);
  g_autoptr (GstPad) pad = gst_element_get_static_pad (recorder->sinks[0],
      "sink");
  const GstClockTimeDiff lateness = 200 * GST_MSECOND;
  GstClockTime time, skipped = 0;
  guint n;

  g_object_set (recorder->bin, "max-lateness", (gint64) GST_SECOND / 10, NULL);
  harness_hold (FOXAPI_SIM_SUBMIT, 1);
  recorder_play (recorder);
  n = recorder_wait (&recorder->video, 3);
  time = recorder_time (&recorder->video, n - 1);
  fail_unless (gst_pad_push_event (pad, gst_event_new_qos
          (GST_QOS_TYPE_UNDERFLOW, 1.0, lateness, time)));
  recorder_wait (&recorder->video, n + 4);
  gst_element_set_state (recorder->pipeline, GST_STATE_READY);
  for (guint i = n; i < n + 4; i++)
    skipped =
        MAX (skipped, recorder_time (&recorder->video,
            i) - recorder_time (&recorder->video, i - 1));
  fail_unless (skipped >= (guint64) lateness, "%" GST_TIME_FORMAT,
      GST_TIME_ARGS (skipped));
  recorder_assert_audio (recorder, FPS, 1);
}

/* What a sink says of ages is no reason to count them, frame by frame. */
TEST (test_absurd_lateness)
{
  g_autoptr (Recorder) recorder = new_recorder ("hold", "error", TRUE);
  g_autoptr (GstPad) pad = gst_element_get_static_pad (recorder->sinks[__i__],
      "sink");

  g_object_set (recorder->bin, "max-lateness", (gint64) GST_SECOND / 10, NULL);
  recorder_play (recorder);
  recorder_wait (__i__ == 0 ? &recorder->video : &recorder->audio, 3);
  fail_unless (gst_pad_push_event (pad, gst_event_new_qos
          (GST_QOS_TYPE_UNDERFLOW, 1.0, G_MAXINT64 / 8, 0)));
  harness_wait (recorder->pipeline, GST_MESSAGE_QOS);
}

static gboolean
drop_shot (Recorder * recorder, guint number)
{
  gboolean is_dropped = -1;

  g_signal_emit_by_name (recorder->bin, "drop-shot", number, &is_dropped);
  return is_dropped;
}

/* What waits, as "number prompt, …" */
static gchar *
list_shots (Recorder * recorder)
{
  g_auto (GValue) array = G_VALUE_INIT;
  GString *text = g_string_new (NULL);

  g_value_init (&array, GST_TYPE_ARRAY);
  g_object_get_property (G_OBJECT (recorder->bin), "queued-shots", &array);
  for (guint i = 0; i < gst_value_array_get_size (&array); i++) {
    const GstStructure *shot = g_value_get_boxed (gst_value_array_get_value
        (&array, i));
    const gchar *prompt = gst_structure_get_string (shot, "prompt");
    guint number = 0;

    fail_unless (gst_structure_get_uint (shot, "shot", &number));
    g_string_append_printf (text, "%s%u %s", i > 0 ? ", " : "", number,
        prompt ? prompt : "-");
  }
  return g_string_free (text, FALSE);
}

static void
assert_field (guint nth, const gchar * field, const gchar * value)
{
  g_autofree gchar *text = g_strdup_printf ("\"%s\":%s", field, value);

  assert_body_has (FOXAPI_SIM_SUBMIT, nth, text);
}

/* Shots with fields of their own, in their order, and one that is dropped */
TEST (test_queue)
{
  g_autoptr (Recorder) recorder = new_recorder ("eos", "error", FALSE);
  g_autofree gchar *waiting = NULL, *left = NULL;

  fail_unless_equals_int (harness_queue_shot (recorder->bin, "Too early", NULL),
      0);
  harness_hold (FOXAPI_SIM_SUBMIT, 1);
  harness_set_list (recorder->bin, "next-prompts", "Two", NULL);
  recorder_play (recorder);
  wait_on_air (recorder, "placeholder", 0);
  harness_wait_requests (FOXAPI_SIM_SUBMIT, 1);
  fail_unless_equals_int (harness_queue_shot (recorder->bin, "Three",
          "own,duration=3,resolution=(string)720p,seed=7,"
          "reference-image=(string)\"https://a.example/own\""), 3);
  fail_unless_equals_int (harness_queue_shot (recorder->bin, "Four", NULL), 4);
  fail_unless (harness_act (recorder->bin, "next"));
  waiting = list_shots (recorder);
  fail_unless_equals_string (waiting, "2 Two, 3 Three, 4 Four, 5 -");
  fail_unless (drop_shot (recorder, 4));
  fail_if (drop_shot (recorder, 4));
  fail_if (drop_shot (recorder, 1));
  fail_unless_equals_int (harness_queue_shot (recorder->bin, "Bad",
          "own,durations=3"), 0);
  wait_warning (recorder, "durations");
  fail_unless_equals_int (harness_queue_shot (recorder->bin, "Bad",
          "own,resolution=big"), 0);
  wait_warning (recorder, "resolution");
  fail_unless_equals_int (harness_queue_shot (recorder->bin, "Bad",
          "own,duration=99"), 0);
  wait_warning (recorder, "property duration is 99");
  fail_unless_equals_int (harness_queue_shot (recorder->bin, "Bad",
          "own,duration=(double)3.7"), 0);
  wait_warning (recorder, "duration is not");
  fail_unless_equals_int (harness_queue_shot (recorder->bin, "Bad",
          "own,seed=(guint64)18446744073709551615"), 0);
  wait_warning (recorder, "seed is not");
  fail_unless_equals_int (harness_queue_shot (recorder->bin, "Bad",
          "own,name=(string)a-model"), 0);
  wait_warning (recorder, "name is not");
  fail_unless_equals_int (harness_queue_shot (recorder->bin, " ", NULL), 0);
  wait_warning (recorder, "property prompt is empty");
  left = list_shots (recorder);
  fail_unless_equals_string (left, "2 Two, 3 Three, 5 -");
  foxapi_sim_release (sim);
  for (guint shot = 1; shot <= 3; shot++) {
    wait_on_air (recorder, "clip", shot);
    wait_on_air (recorder, "hold", shot);
  }
  wait_on_air (recorder, "clip", 5);
  recorder_to_eos (recorder);
  assert_requests (FOXAPI_SIM_SUBMIT, 4);
  assert_field (2, "prompt", "\"Two\"");
  assert_field (2, "duration", "5");
  assert_field (3, "prompt", "\"Three\"");
  assert_field (3, "duration", "3");
  assert_field (3, "seed", "7");
  assert_body_has (FOXAPI_SIM_SUBMIT, 3, "https://a.example/own");
  assert_field (4, "duration", "5");
  fail_unless_equals_int (harness_queue_shot (recorder->bin, "Too late", NULL),
      0);
}

/* What is queued stays so through a stop, also behind the prompts of the property. */
TEST (test_queue_survives_a_stop)
{
  g_autoptr (Recorder) recorder = new_recorder ("eos", "error", FALSE);
  g_autofree gchar *waiting = NULL;

  harness_hold (FOXAPI_SIM_SUBMIT, 1);
  harness_set_list (recorder->bin, "next-prompts", "Two", NULL);
  recorder_play (recorder);
  harness_wait_requests (FOXAPI_SIM_SUBMIT, 1);
  fail_unless_equals_int (harness_queue_shot (recorder->bin, "Three", NULL), 3);
  gst_element_set_state (recorder->pipeline, GST_STATE_READY);
  recorder_play (recorder);
  waiting = list_shots (recorder);
  fail_unless_equals_string (waiting, "2 Two, 3 Three");
  foxapi_sim_release (sim);
  recorder_to_eos (recorder);
  assert_requests (FOXAPI_SIM_SUBMIT, 3);
  assert_field (3, "prompt", "\"Three\"");
}

/* Nor does what was dropped come back, and a list that has changed counts. */
TEST (test_queue_changed_before_a_stop)
{
  g_autoptr (Recorder) recorder = new_recorder ("eos", "error", FALSE);
  g_autofree gchar *waiting = NULL;

  harness_hold (FOXAPI_SIM_SUBMIT, 1);
  harness_set_list (recorder->bin, "next-prompts", "Two", "Three", NULL);
  recorder_play (recorder);
  harness_wait_requests (FOXAPI_SIM_SUBMIT, 1);
  fail_unless (drop_shot (recorder, 2));
  fail_unless (drop_shot (recorder, 3));
  fail_unless_equals_int (harness_queue_shot (recorder->bin, "Mine", NULL), 2);
  if (__i__ == 1)
    harness_set_list (recorder->bin, "next-prompts", "Other", NULL);
  gst_element_set_state (recorder->pipeline, GST_STATE_READY);
  recorder_play (recorder);
  waiting = list_shots (recorder);
  fail_unless_equals_string (waiting, __i__ == 0 ? "2 Mine" :
      "2 Other, 3 Mine");
}

/* After a failure, next goes on with what is queued, and adds nothing to pay for. */
TEST (test_next_goes_on)
{
  g_autoptr (Recorder) recorder = new_recorder ("eos", "error", FALSE);
  g_autoptr (GstMessage) message = NULL;

  harness_refuse (FOXAPI_SIM_SUBMIT, 1, 422);
  harness_set_list (recorder->bin, "next-prompts", "Two", NULL);
  recorder_play (recorder);
  message = recorder_wait_message (recorder, GST_MESSAGE_ERROR);
  wait_warning (recorder, "Emit next");
  fail_unless (harness_act (recorder->bin, "next"));
  recorder_to_eos (recorder);
  assert_requests (FOXAPI_SIM_SUBMIT, 2);
  assert_field (2, "prompt", "\"Two\"");
}

/* All that waits is dropped while the clip before it is on the air: it ends. */
TEST (test_drop_all)
{
  g_autoptr (Recorder) recorder = new_recorder ("eos", "error", FALSE);

  harness_set_list (recorder->bin, "next-prompts", "Two", NULL);
  play_to_clip (recorder);
  fail_unless (drop_shot (recorder, 2));
  recorder_to_eos (recorder);
  assert_requests (FOXAPI_SIM_SUBMIT, 1);
}

/* What is not paid for is submitted again; what is paid for is resumed. */
static const struct
{
  FoxapiSimRoute route;
  FoxapiSimFault fault;
  guint n_submitted;
  gint64 seed;                  /* that is set before */
} retries[] = {
  {FOXAPI_SIM_SUBMIT, {.status = 422}, 2, -1},
  {FOXAPI_SIM_RESULT, {.status = 500}, 1, -1},
  {FOXAPI_SIM_RESULT, {.status = 500}, 1, 5},
  {FOXAPI_SIM_SUBMIT, {.status = 200,.body =
              "{\"id\":\"task-1\",\"status\":\"failed\"}"}, 2, -1},
};

TEST (test_retry)
{
  g_autoptr (Recorder) recorder = new_recorder ("hold", "warning", __i__ & 1);

  fail_if (harness_act (recorder->bin, "retry"));
  foxapi_sim_script (sim, retries[__i__].route, 1, &retries[__i__].fault);
  recorder_play (recorder);
  wait_on_air (recorder, "placeholder", 0);
  wait_warning (recorder, "");
  g_object_set (recorder->bin, "seed", retries[__i__].seed, NULL);
  fail_unless (harness_act (recorder->bin, "retry"));
  wait_on_air (recorder, "clip", 1);
  fail_if (harness_act (recorder->bin, "retry"));
  assert_requests (FOXAPI_SIM_SUBMIT, retries[__i__].n_submitted);
}

/* A retry that could not begin leaves nothing behind: what is asked for next is one
 * more shot. */
TEST (test_retry_cannot_begin)
{
  g_autoptr (Recorder) recorder = new_recorder ("hold", "warning", FALSE);

  harness_refuse (FOXAPI_SIM_RESULT, 1, 500);
  recorder_play (recorder);
  wait_warning (recorder, "");
  g_object_set (recorder->bin, "base-url", "not a url", NULL);
  fail_unless (harness_act (recorder->bin, "retry"));
  wait_warning (recorder, "base-url");
  g_object_set (recorder->bin, "base-url", foxapi_sim_get_base_url (sim),
      "prompt", "Another fox", NULL);
  fail_unless (harness_act (recorder->bin, "next"));
  wait_on_air (recorder, "clip", 2);
  assert_requests (FOXAPI_SIM_SUBMIT, 2);
}

/* It is the shot that could not begin, and not the one that was shown before. */
TEST (test_retry_of_the_next)
{
  g_autoptr (Recorder) recorder = new_recorder ("hold", "warning", FALSE);

  play_to_clip (recorder);
  wait_on_air (recorder, "hold", 1);
  g_object_set (recorder->bin, "duration", 99, NULL);
  fail_unless (harness_act (recorder->bin, "next"));
  wait_warning (recorder, "duration");
  g_object_set (recorder->bin, "duration", 3, NULL);
  fail_unless (harness_act (recorder->bin, "retry"));
  wait_on_air (recorder, "clip", 2);
  assert_requests (FOXAPI_SIM_SUBMIT, 2);
  assert_field (2, "duration", "3");
}

/* Of a clip that is on the air, one that repeats, and a frame that is held; the next
 * result follows. */
TEST (test_show_placeholder)
{
  static const gchar *const ends[] = { "eos", "repeat", "hold" };
  gboolean is_live = __i__ & 1;
  guint nth = __i__ >> 1;
  g_autoptr (Recorder) recorder = new_recorder (ends[nth], "error", is_live);

  fail_if (harness_act (recorder->bin, "show-placeholder"));
  play_to_clip (recorder);
  if (nth == 2)
    wait_on_air (recorder, "hold", 1);
  fail_unless (harness_act (recorder->bin, "show-placeholder"));
  wait_on_air (recorder, "placeholder", 0);
  fail_unless (harness_act (recorder->bin, "next"));
  wait_on_air (recorder, "clip", 2);
  harness_set (recorder->bin, "end", "eos");
  recorder_to_eos (recorder);
  fail_if (harness_act (recorder->bin, "show-placeholder"));
  recorder_assert_both (recorder, FPS, 1);
  assert_requests (FOXAPI_SIM_SUBMIT, 2);
}

static Recorder *
new_ahead (guint prefetch)
{
  Recorder *recorder = new_recorder ("eos", "error", FALSE);

  g_object_set (recorder->bin, "shot-continuity", FALSE, "prefetch", prefetch,
      NULL);
  harness_set_list (recorder->bin, "next-prompts", "Two", "Three", NULL);
  return recorder;
}

/* Until the first clip is on the air, where the pictures stop. */
static gulong
hold_first_clip (Recorder * recorder)
{
  play_to_clip (recorder);
  return harness_block (recorder->sinks[0]);
}

static void
assert_nothing_is_recorded (void)
{
  g_autoptr (GPtrArray) files = harness_list_files (store);

  for (guint i = 0; i < files->len; i++)
    fail_if (g_str_has_suffix (g_ptr_array_index (files, i), ".task"), "%s",
        (gchar *) g_ptr_array_index (files, i));
}

/* The clips from this one on are on the air once each; one behind the other. */
static void
assert_all_shown (Recorder * recorder, guint from)
{
  for (guint shot = from; shot <= 3; shot++) {
    g_autoptr (GstMessage) message = next_on_air (recorder);

    while (g_strcmp0 (gst_structure_get_string (gst_message_get_structure
                (message), "what"), "clip") != 0) {
      gst_message_unref (message);
      message = next_on_air (recorder);
    }
    assert_on_air (recorder, message, "clip", shot);
  }
  recorder_to_eos (recorder);
  assert_requests (FOXAPI_SIM_SUBMIT, 3);
  assert_nothing_is_recorded ();
}

/* While one clip is on the air the next is made, and as many as are asked for. */
TEST (test_prefetch)
{
  guint prefetch = __i__;
  g_autoptr (Recorder) recorder = new_ahead (prefetch);
  gulong probe = hold_first_clip (recorder);

  harness_wait_requests (FOXAPI_SIM_RESULT, 1 + prefetch);
  assert_requests (FOXAPI_SIM_SUBMIT, 1 + prefetch);
  harness_unblock (recorder->sinks[0], probe);
  assert_all_shown (recorder, 2);
  recorder_assert_both (recorder, FPS, 1);
}

/* Stopped with clips that are paid for and not shown: the next start shows them. */
TEST (test_prefetched_is_kept)
{
  guint prefetch = 1 + __i__;
  g_autoptr (Recorder) recorder = new_ahead (prefetch);
  gulong probe = hold_first_clip (recorder);

  harness_wait_requests (FOXAPI_SIM_RESULT, 1 + prefetch);
  gst_element_set_state (recorder->pipeline, GST_STATE_NULL);
  harness_unblock (recorder->sinks[0], probe);
  gst_bus_set_flushing (recorder->bus, TRUE);
  gst_bus_set_flushing (recorder->bus, FALSE);
  recorder_play (recorder);
  assert_all_shown (recorder, 1);
}

/* One that cannot begin ahead waits at the next start again. */
TEST (test_ahead_cannot_begin)
{
  g_autoptr (Recorder) recorder = new_ahead (1);
  g_autoptr (GstMessage) message = NULL;
  gulong probe;

  harness_hold (FOXAPI_SIM_RESULT, 1);
  recorder_play (recorder);
  wait_on_air (recorder, "placeholder", 0);
  harness_wait_requests (FOXAPI_SIM_RESULT, 1);
  probe = harness_block (recorder->sinks[0]);
  g_object_set (recorder->bin, "duration", 99, NULL);
  foxapi_sim_release (sim);
  message = recorder_wait_message (recorder, GST_MESSAGE_ERROR);
  g_object_set (recorder->bin, "duration", 5, NULL);
  gst_element_set_state (recorder->pipeline, GST_STATE_READY);
  harness_unblock (recorder->sinks[0], probe);
  gst_bus_set_flushing (recorder->bus, TRUE);
  gst_bus_set_flushing (recorder->bus, FALSE);
  recorder_play (recorder);
  assert_all_shown (recorder, 1);
}

/* One that is made ahead fails: the clip that is on the air is delivered all the
 * same, and the others wait. */
TEST (test_prefetch_fails)
{
  g_autoptr (Recorder) recorder = new_ahead (1);
  gulong probe;

  harness_set (recorder->bin, "on-error", "eos");
  harness_refuse (FOXAPI_SIM_SUBMIT, 2, 422);
  probe = hold_first_clip (recorder);
  harness_wait_requests (FOXAPI_SIM_SUBMIT, 2);
  harness_unblock (recorder->sinks[0], probe);
  recorder_to_eos (recorder);
  fail_unless (recorder->video.times->len >= N_FRAMES);
  assert_requests (FOXAPI_SIM_SUBMIT, 2);
  assert_nothing_is_recorded ();
}

/* One of two that wait behind it is dropped: the other does not open the program
 * again, which is to end. */
TEST (test_dropped_behind_a_failure)
{
  g_autoptr (Recorder) recorder = new_ahead (1);
  FoxapiSimFault refused = {.hold = TRUE,.status = 422 };
  gulong probe;

  harness_set (recorder->bin, "on-error", "eos");
  harness_set_list (recorder->bin, "next-prompts", "Two", "Three", "Four",
      NULL);
  foxapi_sim_script (sim, FOXAPI_SIM_SUBMIT, 2, &refused);
  probe = hold_first_clip (recorder);
  foxapi_sim_release (sim);
  wait_warning (recorder, "The service refuses");
  wait_warning (recorder, "2 more shots have not begun");
  fail_unless (drop_shot (recorder, 3));
  g_object_set (recorder->bin, "end", 99, NULL);
  wait_warning (recorder, "property end");
  harness_unblock (recorder->sinks[0], probe);
  recorder_to_eos (recorder);
  assert_requests (FOXAPI_SIM_SUBMIT, 2);
}

static void
start_again (Recorder * recorder, GstState state)
{
  gst_element_set_state (recorder->pipeline, GST_STATE_READY);
  gst_bus_set_flushing (recorder->bus, TRUE);
  gst_bus_set_flushing (recorder->bus, FALSE);
  gst_element_set_state (recorder->pipeline, state);
}

/* A clip that is paid for is dropped after a stop, and does not come back at the next
 * one. */
TEST (test_dropped_stays_away)
{
  g_autoptr (Recorder) recorder = new_ahead (1);
  g_autofree gchar *waiting = NULL;
  gulong probe = hold_first_clip (recorder);

  harness_wait_requests (FOXAPI_SIM_RESULT, 2);
  harness_unblock (recorder->sinks[0], probe);
  start_again (recorder, GST_STATE_PAUSED);
  fail_unless (drop_shot (recorder, 2));
  start_again (recorder, GST_STATE_PAUSED);
  waiting = list_shots (recorder);
  fail_unless_equals_string (waiting, "3 Three");
}

static const Test tests[] = {
  CASE ("general", recorder_setup, harness_teardown),
  TIMES (test_what_is_shown, 2),
  TIMES (test_end_changes, 4),
  ONCE (test_no_such_end),
  ROWS (test_failure_ends, failures),
  TIMES (test_slow_consumer, 4),
  ONCE (test_quality_of_service),
  TIMES (test_absurd_lateness, 2),
  TIMES (test_prefetch, 3),
  TIMES (test_prefetched_is_kept, 2),
  ONCE (test_prefetch_fails),
  ONCE (test_ahead_cannot_begin),
  ONCE (test_dropped_behind_a_failure),
  ONCE (test_dropped_stays_away),
  ONCE (test_queue),
  ONCE (test_queue_survives_a_stop),
  TIMES (test_queue_changed_before_a_stop, 2),
  ONCE (test_next_goes_on),
  ONCE (test_drop_all),
  ROWS (test_retry, retries),
  ONCE (test_retry_cannot_begin),
  ONCE (test_retry_of_the_next),
  TIMES (test_show_placeholder, 6),
};

CHECK_MAIN (onair, tests)
