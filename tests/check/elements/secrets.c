/* The key is nowhere but in the header of calls to the API.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "foxapiharness.h"

#include <string.h>

#define KEY "sk-live-Zq7xSecret0815KeyThatMustNotLeak"

/* Where the key turned up in a log, NULL so far; and how much was looked at */
static gchar *leak;
static guint n_lines;
static GMutex leak_lock;

static void
on_line (GstDebugCategory * category, GstDebugLevel level, const gchar * file,
    const gchar * function, gint line, GObject * object,
    GstDebugMessage * message, gpointer data)
{
  const gchar *text = gst_debug_message_get (message);

  /* The simulator is a stranger, and has the key by right */
  g_mutex_lock (&leak_lock);
  n_lines++;
  if (leak == NULL && text != NULL && strstr (text, KEY) != NULL)
    leak = g_strdup_printf ("%s:%d: %s", file, line, text);
  g_mutex_unlock (&leak_lock);
}

static void
setup (void)
{
  FoxapiSimOptions options = harness_options ();

  options.api_key = KEY;
  harness_setup_with (&options);
  gst_debug_remove_log_function (gst_debug_log_default);
  gst_debug_add_log_function (on_line, NULL, NULL);
  gst_debug_set_active (TRUE);
  gst_debug_set_default_threshold (GST_LEVEL_MEMDUMP);
}

static void
teardown (void)
{
  gst_debug_set_default_threshold (GST_LEVEL_NONE);
  gst_debug_remove_log_function (on_line);
  harness_teardown ();
  g_clear_pointer (&leak, g_free);
}

static void
assert_clean (const gchar * where, const gchar * text)
{
  fail_if (text != NULL && strstr (text, KEY) != NULL, "In %s: %s", where,
      text);
}

static void
assert_clean_error (GstMessage * message)
{
  g_autoptr (GError) error = NULL;
  g_autofree gchar *debug = NULL;

  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR)
    gst_message_parse_error (message, &error, &debug);
  else if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_WARNING)
    gst_message_parse_warning (message, &error, &debug);
  if (error != NULL)
    assert_clean ("an error", error->message);
  assert_clean ("a debug text", debug);
}

/* Strings within a structure are escaped in its text, so look at each one */
static gboolean
check_field (GQuark field, const GValue * value, gpointer data)
{
  g_autofree gchar *text = gst_value_serialize (value);

  if (G_VALUE_HOLDS_STRING (value))
    assert_clean (g_quark_to_string (field), g_value_get_string (value));
  if (GST_VALUE_HOLDS_STRUCTURE (value))
    gst_structure_foreach (gst_value_get_structure (value), check_field, data);
  assert_clean (g_quark_to_string (field), text);
  return TRUE;
}

static void
assert_clean_messages (Run * run)
{
  for (guint i = 0; i < run->messages->len; i++) {
    GstMessage *message = g_ptr_array_index (run->messages, i);
    const GstStructure *structure = gst_message_get_structure (message);

    if (structure != NULL)
      gst_structure_foreach (structure, check_field, NULL);
    assert_clean_error (message);
  }
}

static void
assert_clean_properties (GstElement * source)
{
  guint n;
  g_autofree GParamSpec **specs =
      g_object_class_list_properties (G_OBJECT_GET_CLASS (source), &n);

  for (guint i = 0; i < n; i++) {
    GValue value = G_VALUE_INIT;
    g_autofree gchar *text = NULL;

    if (!(specs[i]->flags & G_PARAM_READABLE))
      continue;
    g_value_init (&value, specs[i]->value_type);
    g_object_get_property (G_OBJECT (source), specs[i]->name, &value);
    if (!G_VALUE_HOLDS_BOXED (&value) || g_value_get_boxed (&value) != NULL) {
      text = g_strdup_value_contents (&value);
      assert_clean (specs[i]->name, text);
      if (GST_VALUE_HOLDS_STRUCTURE (&value))
        gst_structure_foreach (gst_value_get_structure (&value), check_field,
            NULL);
    }
    g_value_unset (&value);
  }
}

/* Everything that this run has said, shown, stored or pushed */
static void
assert_clean_run (Run * run)
{
  g_autofree gchar *dot = gst_debug_bin_to_dot_data (GST_BIN (run->pipeline),
      GST_DEBUG_GRAPH_SHOW_ALL | GST_DEBUG_GRAPH_SHOW_FULL_PARAMS);
  g_autofree gchar *data = NULL;

  assert_clean ("the graph", dot);
  run_stop (run);
  assert_clean_messages (run);
  assert_clean_properties (run->source);
  if (run->event != NULL)
    gst_structure_foreach (run->event, check_field, NULL);
  data = g_strndup ((const gchar *) run->data->data, run->data->len);
  assert_clean ("the data", data);
  fail_if (harness_files_contain (store, KEY), "In the task store");
  g_mutex_lock (&leak_lock);
  fail_unless (n_lines > 0);
  fail_if (leak != NULL, "In the log: %s", leak);
  g_mutex_unlock (&leak_lock);
}

static GstElement *
make_source (void)
{
  if (g_random_boolean ())
    return harness_source ("retries", 0, NULL);
  g_setenv ("FOXAPI_API_KEY", KEY, TRUE);
  return harness_source ("retries", 0, "api-key", NULL, NULL);
}

TEST (test_good_run)
{
  g_autoptr (Run) run = run_new (make_source ());

  run_to_eos (run);
  assert_clean_run (run);
}

/* A graph shows all that is in it. What it is given here is no video. */
TEST (test_bin)
{
  g_autoptr (Run) run = NULL;

  if (!harness_has ("foxapivideobin"))
    return;
  run = run_new (harness_element ("foxapivideobin"));
  run_to_task (run, GST_STATE_PLAYING, "completed");
  run_wait (run, GST_MESSAGE_ERROR);
  assert_clean_run (run);
}

/* Bodies in which a service that should know better says the key again */
#define ECHO "{\"error\":{\"message\":\"key " KEY " is bad\"," \
    "\"type\":\"t-" KEY "\",\"code\":\"" KEY "\"}}"
#define TASK_ECHO "\",\"status\":\"" KEY "\",\"model\":\"m " KEY "\"," \
    "\"object\":\"Bearer " KEY "\",\"type\":\"" KEY "\",\"x\":\"" KEY "\"}"
#define FAILED_ECHO "\",\"status\":\"failed\",\"error\":{\"code\":\"" KEY \
    "\",\"message\":\"Bearer " KEY "\",\"type\":\"" KEY "\"}}"

/* A result's server guesses the key. */
static const struct
{
  FoxapiSimRoute route;
  FoxapiSimFault fault;
} echoes[] = {
  {FOXAPI_SIM_SUBMIT, {.status = 401,.body = ECHO}},
  {FOXAPI_SIM_SUBMIT, {.status = 502,.body = KEY}},
  {FOXAPI_SIM_SUBMIT, {.status = 307,.body = "",
          .headers = "Location: http://127.0.0.1:9/" KEY}},
  {FOXAPI_SIM_SUBMIT, {.status = 200,.body = KEY}},
  {FOXAPI_SIM_SUBMIT, {.status = 200,.body = "{\"id\":\"" KEY "\"}"}},
  {FOXAPI_SIM_SUBMIT, {.status = 200,.body = "{\"id\":\"a/" KEY "\"}"}},
  {FOXAPI_SIM_ASK, {.status = 403,.body = ECHO}},
  {FOXAPI_SIM_RESULT, {.status = 404,.body = KEY,
          .headers = "X-Key: " KEY "\nETag: \"" KEY "\""}},
};

TEST (test_echo)
{
  g_autoptr (Run) run = run_new (make_source ());

  foxapi_sim_script (sim, echoes[__i__].route, 0, &echoes[__i__].fault);
  run_set_state (run, GST_STATE_PLAYING);
  run_wait (run, GST_MESSAGE_ERROR);
  assert_clean_run (run);
}

static const gchar *const task_echoes[] = { TASK_ECHO, FAILED_ECHO };

TEST (test_task_echo)
{
  g_autofree gchar *id = foxapi_sim_add_task (sim, "pending");
  g_autofree gchar *body = g_strconcat ("{\"id\":\"", id,
      task_echoes[__i__ % 2], NULL);
  FoxapiSimFault fault = {.status = 200,.body = body };
  GstElement *source = make_source ();
  g_autoptr (Run) run = run_new (source);

  if (__i__ >= 2)
    harness_set (source, "output", "task");
  foxapi_sim_script (sim, FOXAPI_SIM_SUBMIT, 1, &fault);
  foxapi_sim_script (sim, FOXAPI_SIM_ASK, 1, &fault);
  run_to_task (run, GST_STATE_PLAYING, NULL);
  if (__i__ == 0)
    foxapi_sim_set_task (sim, NULL, "completed", 100);
  run_wait (run, GST_MESSAGE_ERROR | GST_MESSAGE_EOS);
  assert_clean_run (run);
}

/* A proxy's password is a secret as well, and can't be read */
TEST (test_write_only)
{
  g_autoptr (GstElement) source = gst_object_ref_sink (harness_source (NULL));
  const gchar *names[] = { "api-key", "proxy-pw" };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
    GParamSpec *spec = g_object_class_find_property
        (G_OBJECT_GET_CLASS (source), names[i]);

    fail_unless (spec != NULL);
    fail_unless (spec->flags & G_PARAM_WRITABLE);
    fail_if (spec->flags & G_PARAM_READABLE);
  }
}

static const Test tests[] = {
  CASE ("key", setup, teardown),
  ONCE (test_good_run),
  ONCE (test_bin),
  ROWS (test_echo, echoes),
  TIMES (test_task_echo, 4),
  ONCE (test_write_only),
};

CHECK_MAIN (secrets, tests)
