/* What the application is told: the task, its progress, the sticky event.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "foxapiharness.h"

#include <string.h>

/* The nth question is answered by this text, in which %s is the task's id */
static void
script_answer (FoxapiSimRoute route, guint nth, const gchar * before,
    const gchar * id, const gchar * after)
{
  g_autofree gchar *body = g_strconcat (before, id, after, NULL);
  FoxapiSimFault fault = {.status = 200,.body = body };

  foxapi_sim_script (sim, route, nth, &fault);
}

static gint64
get_int64 (const GstStructure * structure, const gchar * field)
{
  gint64 value = 0;

  fail_unless (gst_structure_get_int64 (structure, field, &value),
      "There is no int64 %s", field);
  return value;
}

#define BEFORE "{\"created\":1757165031,\"unheard_of\":{\"a\":[1]},\"id\":\""
#define AFTER "\",\"model\":\"wan-2.7-reference-to-video\"," \
    "\"object\":\"video.generation.task\",\"progress\":12," \
    "\"status\":\"pending\",\"task_info\":{\"can_cancel\":true," \
    "\"estimated_time\":45},\"usage\":{\"credits_reserved\":5}," \
    "\"error\":null,\"results\":null,\"output\":null,\"type\":\"video\"}"

TEST (test_fields)
{
  g_autofree gchar *id = foxapi_sim_add_task (sim, "pending");
  g_autofree gchar *json = g_strconcat (BEFORE, id, AFTER, NULL);
  g_autoptr (Run) run = run_new (harness_source (NULL));
  const GstStructure *task;

  script_answer (FOXAPI_SIM_SUBMIT, 1, BEFORE, id, AFTER);
  task = run_to_task (run, GST_STATE_PAUSED, NULL);
  assert_string (task, "id", id);
  assert_string (task, "status", "pending");
  assert_int (task, "progress", 12);
  assert_string (task, "model", "wan-2.7-reference-to-video");
  assert_string (task, "object", "video.generation.task");
  assert_string (task, "type", "video");
  fail_unless_equals_int64 (get_int64 (task, "created"), 1757165031);
  assert_boolean (task, "can-cancel", TRUE);
  assert_int (task, "estimated-time", 45);
  assert_boolean (task, "resumed", FALSE);
  assert_string (task, "json", json);
}

TEST (test_missing_fields)
{
  static const gchar *const fields[] = { "status", "progress", "model",
    "object", "type", "created", "can-cancel", "estimated-time", "results",
    "error-code", "error-message"
  };
  g_autofree gchar *id = foxapi_sim_add_task (sim, "pending");
  g_autoptr (Run) run = run_new (harness_source (NULL));
  const GstStructure *task;

  script_answer (FOXAPI_SIM_SUBMIT, 1, "{\"id\":\"", id, "\"}");
  task = run_to_task (run, GST_STATE_PLAYING, NULL);
  assert_string (task, "id", id);
  for (guint i = 0; i < G_N_ELEMENTS (fields); i++)
    assert_absent (task, fields[i]);
  run_complete (run);
  run_assert_data (run, payload);
}

/* In the streaming thread; read when that has ended */
static void
on_notify (GObject * object, GParamSpec * pspec, gpointer user_data)
{
  g_string_append_printf (user_data, "%s ", pspec->name);
}

/* One message a change, and none in between; and a notify of what it changes */
TEST (test_changes)
{
  const struct
  {
    const gchar *status;
    gint progress;
  } steps[] = {
    {"pending", 0}, {"processing", 0}, {"processing", 40},
    {"processing", 70}, {"completed", 100}
  };
  g_autoptr (GString) notified = g_string_new (NULL);
  g_autoptr (Run) run = run_new (harness_source (NULL));
  g_autoptr (GPtrArray) tasks = NULL;

  g_signal_connect (run->source, "notify", G_CALLBACK (on_notify), notified);
  run_set_state (run, GST_STATE_PLAYING);
  for (guint i = 0; i < G_N_ELEMENTS (steps); i++) {
    guint asked = foxapi_sim_count_requests (sim, FOXAPI_SIM_ASK);

    if (i > 0)
      foxapi_sim_set_task (sim, NULL, steps[i].status, steps[i].progress);
    assert_int (run_wait_task (run, steps[i].status), "progress",
        steps[i].progress);
    if (i + 1 < G_N_ELEMENTS (steps))
      harness_wait_requests (FOXAPI_SIM_ASK, asked + 3);
  }
  run_wait (run, GST_MESSAGE_EOS);
  run_stop (run);
  tasks = run_tasks (run);
  fail_unless_equals_int (tasks->len, G_N_ELEMENTS (steps));
  fail_unless_equals_string (notified->str,
      "task-id status status progress progress status progress ");
}

static void
assert_result (const GstStructure * task, const gchar * url)
{
  const GValue *list = gst_structure_get_value (task, "results");

  fail_unless (list != NULL && GST_VALUE_HOLDS_ARRAY (list));
  fail_unless_equals_int (gst_value_array_get_size (list), 1);
  fail_unless_equals_string (g_value_get_string (gst_value_array_get_value
          (list, 0)), url);
}

TEST (test_failed)
{
  g_autoptr (Run) run = run_new (harness_source (NULL));
  const GstStructure *task;

  run_to_task (run, GST_STATE_PAUSED, "pending");
  foxapi_sim_set_task (sim, NULL, "failed", -1);
  task = run_wait_task (run, "failed");
  assert_string (task, "error-code", "generation_failed");
  fail_unless (gst_structure_get_string (task, "error-message") != NULL);
  run_wait (run, GST_MESSAGE_ERROR);
}

/* stream-start, then the task before the first buffer, last the EOS */
TEST (test_event)
{
  g_autoptr (Run) run = run_new (harness_source (NULL));
  const gchar *task, *buffer;
  g_autoptr (GPtrArray) tasks = NULL, charged = NULL;

  run_play (run);
  task = strchr (run->flow->str, 't');
  buffer = strchr (run->flow->str, 'b');
  fail_unless (task != NULL && buffer != NULL && task < buffer,
      "Downstream got %s", run->flow->str);
  fail_unless (run->flow->str[run->flow->len - 1] == 'e');
  tasks = run_tasks (run);
  fail_unless (gst_structure_is_equal (run->event,
          g_ptr_array_index (tasks, tasks->len - 1)));
  charged = foxapi_sim_get_tasks (sim);
  assert_result (run->event,
      ((FoxapiSimTask *) g_ptr_array_index (charged, 0))->result_url);
}

/* The generation completes, fails, or is left. */
static const gchar *const ends[] = { "^sc+C$", "^sc+E$", "^sc+X$" };

TEST (test_progress_messages)
{
  g_autoptr (Run) run = run_new (harness_source (NULL));

  run_to_task (run, GST_STATE_PLAYING, "pending");
  foxapi_sim_set_task (sim, NULL, "processing", 50);
  run_wait_task (run, "processing");
  if (__i__ == 0) {
    run_complete (run);
  } else if (__i__ == 1) {
    foxapi_sim_set_task (sim, NULL, "failed", -1);
    run_wait (run, GST_MESSAGE_ERROR);
  }
  run_stop (run);
  run_assert_progress (run, "generate", ends[__i__]);
}

/* What gst-launch-1.0 prints of a task that was named says once that it costs
 * nothing. */
TEST (test_progress_of_named_task)
{
  g_autofree gchar *task_id = foxapi_sim_add_task (sim, "pending");
  g_autoptr (Run) run = run_new (harness_source ("task-id", task_id, NULL));
  g_autofree gchar *text = NULL;
  g_auto (GStrv) parts = NULL;

  run_to_task (run, GST_STATE_PLAYING, "pending");
  run_complete (run);
  text = run_text (run, GST_MESSAGE_PROGRESS);
  parts = g_strsplit (text, "Resuming task ", -1);
  fail_unless (g_strv_length (parts) == 2, "%s", text);
}

/* An open PROGRESS keeps gst-launch-1.0 from playing, and a pipeline that does not
 * play downloads no further. */
TEST (test_progress_of_download)
{
  g_autoptr (Run) run = run_new (harness_source (NULL));

  run_preroll (run);
  run_assert_progress (run, "download", "^$");
  run_to_eos (run);
  run_assert_progress (run, "download", "^sc*C$");
}

#ifndef GST_DISABLE_GST_DEBUG
static gint n_logged[2];        /* atomic: lines of this project, and those of them that
                                 * have no category of it */

static void
on_log (GstDebugCategory * category, GstDebugLevel level, const gchar * file,
    const gchar * function, gint line, GObject * object,
    GstDebugMessage * message, gpointer user_data)
{
  if (strstr (file, "gstfoxapi") == NULL)
    return;
  g_atomic_int_inc (&n_logged[0]);
  if (!g_str_has_prefix (gst_debug_category_get_name (category), "foxapi"))
    g_atomic_int_inc (&n_logged[1]);
}

static const gchar *const elements[] = {
  "foxapivideosrc",
#ifdef HAVE_VIDEOBIN
  "foxapivideobin",
#endif
};

/* Whoever asks for what the elements log does so by their names. */
TEST (test_categories)
{
  g_autoptr (Run) run = run_new (harness_element (elements[__i__]));

  gst_debug_remove_log_function (NULL);
  gst_debug_add_log_function (on_log, NULL, NULL);
  gst_debug_set_active (TRUE);
  gst_debug_set_default_threshold (GST_LEVEL_DEBUG);
  harness_refuse (FOXAPI_SIM_SUBMIT, 1, 402);
  run_to_error (run, GST_RESOURCE_ERROR_NOT_AUTHORIZED);
  run_stop (run);
  gst_debug_set_default_threshold (GST_LEVEL_NONE);
  gst_debug_remove_log_function (on_log);
  fail_unless (g_atomic_int_get (&n_logged[0]) > 0);
  fail_unless_equals_int (g_atomic_int_get (&n_logged[1]), 0);
}
#endif

TEST (test_progress_of_refusal)
{
  g_autoptr (Run) run = run_new (harness_source (NULL));

  harness_refuse (FOXAPI_SIM_SUBMIT, 1, 402);
  run_to_error (run, GST_RESOURCE_ERROR_NOT_AUTHORIZED);
  run_assert_progress (run, "generate", "^sE$");
}

TEST (test_properties)
{
  g_autoptr (Run) run = run_new (harness_source (NULL));
  g_autofree gchar *id = NULL;
  g_autoptr (GstStructure) none = NULL;
  g_autoptr (GstStructure) task = NULL;
  gint progress = -1;

  assert_property (run->source, "task-id", NULL);
  assert_property (run->source, "status", NULL);
  g_object_get (run->source, "task", &none, NULL);
  fail_unless (none == NULL);
  run_play (run);
  id = harness_task_id (1);
  assert_property (run->source, "task-id", id);
  assert_property (run->source, "status", "completed");
  g_object_get (run->source, "task", &task, "progress", &progress, NULL);
  fail_unless_equals_int (progress, 100);
  fail_unless (gst_structure_is_equal (task, run->event));
}

static const Test tests[] = {
  CASE ("manual", harness_setup_manual, harness_teardown),
  ONCE (test_fields),
  ONCE (test_missing_fields),
  ONCE (test_changes),
  ONCE (test_failed),
  ROWS (test_progress_messages, ends),
  ONCE (test_progress_of_named_task),
  CASE ("quick", harness_setup, harness_teardown),
  ONCE (test_event),
  ONCE (test_progress_of_refusal),
#ifndef GST_DISABLE_GST_DEBUG
  ROWS (test_categories, elements),
#endif
  ONCE (test_progress_of_download),
  ONCE (test_properties),
};

CHECK_MAIN (messages, tests)
