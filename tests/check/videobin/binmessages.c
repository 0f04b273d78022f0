/* foxapivideobin as one element: its properties are foxapivideosrc's, and its messages
 * come from it alone (what it sends: elements/submission.c; that the key is nowhere:
 * elements/secrets.c).
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "binharness.h"

/* Properties */

static gboolean
has_equal_default (GParamSpec * a, GParamSpec * b)
{
  GValue other = G_VALUE_INIT;
  gboolean is_equal;

  g_value_init (&other, G_PARAM_SPEC_VALUE_TYPE (b));
  g_param_value_set_default (b, &other);
  is_equal = GST_IS_PARAM_SPEC_ARRAY_LIST (a)
      || g_param_value_defaults (a, &other);
  g_value_unset (&other);
  return is_equal;
}

TEST (test_same_properties)
{
  GstElement *source = gst_object_ref_sink (harness_source (NULL));
  GstElement *bin = gst_object_ref_sink (bin_new (NULL, NULL));
  g_autofree GParamSpec **specs = NULL;
  guint n, n_same = 0;

  specs = g_object_class_list_properties (G_OBJECT_GET_CLASS (source), &n);
  for (guint i = 0; i < n; i++) {
    GParamSpec *spec = specs[i], *own;

    if (spec->owner_type != G_OBJECT_TYPE (source)
        || g_str_equal (spec->name, "output"))
      continue;
    own = g_object_class_find_property (G_OBJECT_GET_CLASS (bin), spec->name);
    fail_unless (own != NULL, "There is no %s", spec->name);
    fail_unless (own->value_type == spec->value_type, "%s", spec->name);
    fail_unless_equals_int (own->flags, spec->flags);
    fail_unless_equals_string (g_param_spec_get_blurb (own),
        g_param_spec_get_blurb (spec));
    fail_unless (has_equal_default (own, spec), "%s", spec->name);
    n_same++;
  }
  fail_unless (n_same >= 30, "Only %u properties", n_same);
  fail_if (g_object_class_find_property (G_OBJECT_GET_CLASS (bin),
          "api-key")->flags & G_PARAM_READABLE);
  gst_object_unref (source);
  gst_object_unref (bin);
}

/* Messages */

/* In the streaming thread; read when that has ended */
static void
on_notify (GObject * object, GParamSpec * pspec, gpointer user_data)
{
  guint *n_notified = user_data;

  ++*n_notified;
}

TEST (test_tasks)
{
  g_autoptr (Run) run = bin_run_new (bin_new ("placeholder", 0, NULL));
  g_autoptr (GPtrArray) tasks = NULL;
  g_autofree gchar *id = NULL;
  guint n_notified = 0;
  gint progress;

  g_signal_connect (run->source, "notify::status", G_CALLBACK (on_notify),
      &n_notified);
  run_play (run);
  fail_unless (n_notified >= 2);
  bin_assert_count (run, GST_MESSAGE_ELEMENT, run_count (run,
          GST_MESSAGE_ELEMENT));
  tasks = run_tasks (run);
  id = harness_task_id (1);
  fail_unless (tasks->len >= 2);
  assert_string (g_ptr_array_index (tasks, 0), "status", "pending");
  assert_string (g_ptr_array_index (tasks, tasks->len - 1), "status",
      "completed");
  assert_string (run->event, "id", id);
  assert_property (run->source, "task-id", id);
  g_object_get (run->source, "progress", &progress, NULL);
  fail_unless_equals_int (progress, 100);
}

/* All are the bin's. That of the download is the source's own: it would hold up
 * a preroll. */
static void
assert_progress (Run * run, const gchar * pattern)
{
  bin_assert_count (run, GST_MESSAGE_PROGRESS, run_count (run,
          GST_MESSAGE_PROGRESS));
  run_assert_progress (run, "generate", pattern);
  run_assert_progress (run, "download", "^$");
}

/* An open one would keep gst-launch-1.0 from playing. */
TEST (test_progress_is_held_back)
{
  g_autoptr (Run) run = bin_run_new (bin_new ("is-live", FALSE, NULL));

  run_to_task (run, GST_STATE_PAUSED, "pending");
  fail_unless_equals_int (run_count (run, GST_MESSAGE_PROGRESS), 0);
  run_set_state (run, GST_STATE_PLAYING);
  run_wait (run, GST_MESSAGE_PROGRESS);
  assert_progress (run, "^sc*$");
  run_complete (run);
}

/* Each that is opened is closed. */
TEST (test_progress_is_balanced)
{
  g_autoptr (Run) run = bin_run_new (bin_new ("on-error", 1, NULL));

  run_to_task (run, GST_STATE_PLAYING, "pending");
  run_wait (run, GST_MESSAGE_PROGRESS);
  if (__i__ == 0) {
    run_complete (run);
  } else if (__i__ == 1) {
    foxapi_sim_set_task (sim, NULL, "failed", -1);
    run_wait (run, GST_MESSAGE_WARNING);
  }
  run_stop (run);
  assert_progress (run, "^sc*[CXE]$");
}

/* Nobody plays: nothing is opened. */
TEST (test_no_progress_in_paused)
{
  g_autoptr (Run) run = bin_run_new (bin_new (NULL, NULL));

  run_to_task (run, GST_STATE_PAUSED, "pending");
  foxapi_sim_set_task (sim, NULL, "completed", 100);
  run_wait_task (run, "completed");
  run_stop (run);
  assert_progress (run, "^$");
}

TEST (test_reference_message)
{
  g_autoptr (Run) run = bin_run_new (bin_new (NULL, NULL));
  const GstStructure *structure;

  bin_request (run, "image_%u");
  bin_feed (run, "videotestsrc num-buffers=1 ! " BIN_RAW, "image_0");
  run_set_state (run, GST_STATE_PLAYING);
  structure = bin_wait_reference (run);
  assert_string (structure, "pad", "image_0");
  assert_string (structure, "media-type", "image/png");
  fail_unless (gst_structure_has_field_typed (structure, "size",
          G_TYPE_UINT64));
  run_wait_task (run, "pending");
  run_stop (run);
  bin_assert_count (run, GST_MESSAGE_ELEMENT, run_count (run,
          GST_MESSAGE_ELEMENT));
}

static const Test tests[] = {
  BIN_CASE ("timed", bin_setup),
  ONCE (test_same_properties),
  ONCE (test_tasks),
  BIN_CASE ("manual", bin_setup_manual),
  ONCE (test_progress_is_held_back),
  TIMES (test_progress_is_balanced, 3),
  ONCE (test_no_progress_in_paused),
  ONCE (test_reference_message),
};

CHECK_MAIN (binmessages, tests)
