/* What the tests of foxapivideosrc share.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "foxapiharness.h"

#include <signal.h>
#include <string.h>

/* Only a broken test sees the end of this. */
#define TIMEOUT (100 * GST_SECOND)

/* What a buffer may hold beyond its bytes, so that they begin well */
#define ALIGNMENT 128

FoxapiSim *sim;
GBytes *payload;
gchar *store;

GBytes *
harness_make_payload (gsize size)
{
  guint8 *data = g_malloc (size + 4);
  guint32 state = 2463534242u;

  for (gsize i = 0; i < size; i += 4) {
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    memcpy (data + i, &state, 4);
  }
  return g_bytes_new_take (data, size);
}

FoxapiSimOptions
harness_options (void)
{
  FoxapiSimOptions options = {
    .generation_time_ms = 50,
    .progress_step = 50,
    /* "completed" comes before the result, as it does from the service. */
    .late_results_ms = 1,
  };

  if (payload == NULL)
    payload = harness_make_payload (100003);
  options.payload = payload;
  return options;
}

/* Where the plugin path doesn't lead to the plugins, CHECK_PLUGINS does */
static void
load_plugins (void)
{
  const gchar *paths = g_getenv ("CHECK_PLUGINS");
  g_auto (GStrv) list = g_strsplit (paths ? paths : "",
      G_SEARCHPATH_SEPARATOR_S, -1);

  for (gchar ** path = list; *path != NULL; path++) {
    g_autoptr (GstPlugin) plugin = gst_plugin_load_file (*path, NULL);

    fail_unless (plugin != NULL, "%s can't be loaded", *path);
  }
}

void
harness_setup_with (const FoxapiSimOptions * options)
{
  g_autoptr (GError) error = NULL;

  g_clear_pointer (&sim, foxapi_sim_free);
  if (store != NULL)
    harness_remove_tree (store);
  g_clear_pointer (&store, g_free);
  load_plugins ();
  g_unsetenv ("FOXAPI_API_KEY");
  g_unsetenv ("FOXAPI_BASE_URL");
  store = g_dir_make_tmp ("foxapi-store-XXXXXX", &error);
  fail_unless (store != NULL);
  sim = foxapi_sim_new (options, &error);
  fail_unless (sim != NULL, "No simulator: %s",
      error != NULL ? error->message : "");
}

void
harness_setup (void)
{
  FoxapiSimOptions options = harness_options ();

  harness_setup_with (&options);
}

void
harness_setup_sized (gsize size)
{
  g_clear_pointer (&payload, g_bytes_unref);
  payload = harness_make_payload (size);
  harness_setup ();
}

void
harness_setup_manual (void)
{
  FoxapiSimOptions options = harness_options ();

  options.manual = TRUE;
  harness_setup_with (&options);
}

void
harness_setup_player (void)
{
  FoxapiSimOptions options = harness_options ();

  options.payload = NULL;
  harness_setup_with (&options);
  g_setenv ("FOXAPI_BASE_URL", foxapi_sim_get_base_url (sim), TRUE);
  g_setenv ("FOXAPI_API_KEY", foxapi_sim_get_api_key (sim), TRUE);
  g_setenv ("XDG_STATE_HOME", store, TRUE);
}

void
harness_teardown (void)
{
  /* Threads of what is gone may be on their way out. */
  gst_task_cleanup_all ();
  g_clear_pointer (&sim, foxapi_sim_free);
  g_clear_pointer (&payload, g_bytes_unref);
  harness_remove_tree (store);
  g_clear_pointer (&store, g_free);
}

gboolean
harness_has (const gchar * factory)
{
  return gst_registry_check_feature_version (gst_registry_get (), factory, 0,
      0, 0);
}

GstElement *
harness_element (const gchar * factory)
{
  GstElement *element = gst_element_factory_make (factory, NULL);

  fail_unless (element != NULL, "There is no %s", factory);
  g_object_set (element, "base-url", foxapi_sim_get_base_url (sim), "api-key",
      foxapi_sim_get_api_key (sim), "task-store", store, "prompt", "A fox",
      "poll-interval", 20, NULL);
  return element;
}

GstElement *
harness_source (const gchar * property, ...)
{
  GstElement *source = harness_element ("foxapivideosrc");
  va_list args;

  va_start (args, property);
  if (property != NULL)
    g_object_set_valist (G_OBJECT (source), property, args);
  va_end (args);
  return source;
}

gulong
harness_block (GstElement * element)
{
  g_autoptr (GstPad) pad = gst_element_get_static_pad (element, "sink");

  return gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BLOCK
      | GST_PAD_PROBE_TYPE_BUFFER, NULL, NULL, NULL);
}

void
harness_unblock (GstElement * element, gulong probe)
{
  g_autoptr (GstPad) pad = gst_element_get_static_pad (element, "sink");

  gst_pad_remove_probe (pad, probe);
}

void
harness_set_list (GstElement * source, const gchar * property, ...)
{
  GValue list = G_VALUE_INIT;
  const gchar *text;
  va_list args;

  g_value_init (&list, GST_TYPE_ARRAY);
  va_start (args, property);
  while ((text = va_arg (args, const gchar *)) != NULL)
  {
    GValue value = G_VALUE_INIT;

    g_value_init (&value, G_TYPE_STRING);
    g_value_set_string (&value, text);
    gst_value_array_append_and_take_value (&list, &value);
  }
  va_end (args);
  g_object_set_property (G_OBJECT (source), property, &list);
  g_value_unset (&list);
}

void
harness_set_uri (GstElement * source, const gchar * uri)
{
  g_autoptr (GError) error = NULL;

  fail_unless (gst_uri_handler_set_uri (GST_URI_HANDLER (source), uri, &error),
      "%s: %s", uri, error ? error->message : "");
}

GSubprocessLauncher *
harness_launcher (gboolean trace_leaks)
{
  GSubprocessLauncher *launcher = g_subprocess_launcher_new (trace_leaks
      ? G_SUBPROCESS_FLAGS_STDERR_PIPE : G_SUBPROCESS_FLAGS_NONE);

  g_subprocess_launcher_setenv (launcher, "FOXAPI_API_KEY",
      foxapi_sim_get_api_key (sim), TRUE);
  if (trace_leaks) {
    g_subprocess_launcher_setenv (launcher, "GST_TRACERS", "leaks", TRUE);
    g_subprocess_launcher_setenv (launcher, "GST_DEBUG", "GST_TRACER:7", TRUE);
    g_subprocess_launcher_setenv (launcher, "GST_DEBUG_NO_COLOR", "1", TRUE);
  }
  return launcher;
}

GSubprocess *
harness_spawn (const gchar * property, gboolean trace_leaks)
{
  g_autoptr (GSubprocessLauncher) launcher = harness_launcher (trace_leaks);
  const gchar *program = g_getenv ("CHECK_CLIENT");
  g_autofree gchar *url = g_strconcat ("base-url=",
      foxapi_sim_get_base_url (sim), NULL);
  g_autofree gchar *directory = g_strconcat ("task-store=", store, NULL);
  g_autoptr (GError) error = NULL;
  GSubprocess *client;

  fail_unless (program != NULL, "CHECK_CLIENT does not say which client");
  client = g_subprocess_launcher_spawn (launcher, &error, program,
      "foxapivideosrc", "prompt=A fox", "poll-interval=20", "retries=0", url,
      directory, property, "!", "fakesink", NULL);
  fail_unless (client != NULL, "No client: %s",
      error != NULL ? error->message : "");
  return client;
}

void
harness_kill (GSubprocess * client)
{
  g_subprocess_send_signal (client, SIGKILL);
  fail_unless (g_subprocess_wait (client, NULL, NULL));
}

void
harness_assert_no_leak (const LeakWay * way,
    GSubprocess * (*spawn) (const gchar * line, gboolean trace_leaks))
{
  g_autoptr (GSubprocess) client = NULL;
  g_autofree gchar *text = NULL;
  g_auto (GStrv) lines = NULL;
  gboolean active = FALSE;

  if (way->route >= 0)
    foxapi_sim_script (sim, way->route, 0, &way->fault);
  client = spawn (way->line, TRUE);
  if (way->fault.hold || way->fault.hold_at > 0) {
    fail_unless (foxapi_sim_wait_requests (sim, way->route, 1));
    g_subprocess_send_signal (client, SIGINT);
  }
  fail_unless (g_subprocess_communicate_utf8 (client, NULL, NULL, NULL, &text,
          NULL));
  lines = g_strsplit (text, "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++) {
    active |= strstr (lines[i], "object-alive.class") != NULL;
    fail_if (strstr (lines[i], "object-alive, ") != NULL
        && strstr (lines[i], "new format") == NULL, "Left: %s", lines[i]);
  }
  fail_unless (active, "The leaks tracer was not active");
}

void
harness_script_next (FoxapiSimRoute route, guint n,
    const FoxapiSimFault * fault)
{
  guint before = foxapi_sim_count_requests (sim, route);

  for (guint i = 1; i <= n; i++)
    foxapi_sim_script (sim, route, before + i, fault);
}

void
harness_hold (FoxapiSimRoute route, guint nth)
{
  const FoxapiSimFault fault = {.hold = TRUE };

  foxapi_sim_script (sim, route, nth, &fault);
}

void
harness_refuse (FoxapiSimRoute route, guint nth, guint status)
{
  const FoxapiSimFault fault = {.status = status };

  foxapi_sim_script (sim, route, nth, &fault);
}

void
harness_wait_requests (FoxapiSimRoute route, guint n)
{
  fail_unless (foxapi_sim_wait_requests (sim, route, n),
      "Waited in vain for %u requests: there are %u", n,
      foxapi_sim_count_requests (sim, route));
}

void
harness_set (gpointer element, const gchar * property, const gchar * text)
{
  gst_util_set_object_arg (G_OBJECT (element), property, text);
}

guint
harness_queue_shot (GstElement * bin, const gchar * prompt,
    const gchar * fields)
{
  g_autoptr (GstStructure) structure = fields ?
      gst_structure_from_string (fields, NULL) : NULL;
  guint number = G_MAXUINT;

  g_signal_emit_by_name (bin, "queue-shot", prompt, structure, &number);
  return number;
}

gboolean
harness_act (GstElement * element, const gchar * signal)
{
  gboolean is_done;

  g_signal_emit_by_name (element, signal, &is_done);
  return is_done;
}

gchar *
harness_get_string (GstElement * source, const gchar * property)
{
  gchar *value = NULL;

  g_object_get (source, property, &value, NULL);
  return value;
}

gchar
harness_event_letter (GstEvent * event)
{
  switch (GST_EVENT_TYPE (event)) {
    case GST_EVENT_STREAM_START:
      return 's';
    case GST_EVENT_CAPS:
      return 'c';
    case GST_EVENT_SEGMENT:
      return 'g';
    case GST_EVENT_FLUSH_STOP:
      return 'f';
    case GST_EVENT_EOS:
      return 'e';
    case GST_EVENT_CUSTOM_DOWNSTREAM_STICKY:
      return gst_event_has_name (event, "foxapi-task") ? 't' : '?';
    default:
      return '?';
  }
}

static gchar
take_event (Run * run, GstEvent * event)
{
  gchar letter = harness_event_letter (event);
  GstCaps *caps;

  if (letter == 'c') {
    gst_event_parse_caps (event, &caps);
    gst_caps_replace (&run->caps, caps);
  } else if (letter == 'f') {
    g_byte_array_set_size (run->data, 0);
  } else if (letter == 't') {
    gst_clear_structure (&run->event);
    run->event = gst_structure_copy (gst_event_get_structure (event));
  }
  return letter;
}

static void
take_buffer (Run * run, GstBuffer * buffer)
{
  GstMapInfo map;
  gsize offset, held;

  /* A queue that counts its bytes must not hold many times as much. */
  gst_buffer_get_sizes (buffer, &offset, &held);
  fail_unless (held <= 2 * gst_buffer_get_size (buffer) + ALIGNMENT,
      "A buffer of %" G_GSIZE_FORMAT " bytes holds %" G_GSIZE_FORMAT,
      gst_buffer_get_size (buffer), held);

  fail_unless (gst_buffer_map (buffer, &map, GST_MAP_READ));
  g_byte_array_append (run->data, map.data, map.size);
  gst_buffer_unmap (buffer, &map);
}

static GstPadProbeReturn
on_flow (GstPad * pad, GstPadProbeInfo * info, gpointer data)
{
  Run *run = data;
  gchar letter = 'b';

  g_mutex_lock (&run->lock);
  if (GST_PAD_PROBE_INFO_TYPE (info) & GST_PAD_PROBE_TYPE_BUFFER)
    take_buffer (run, GST_PAD_PROBE_INFO_BUFFER (info));
  else
    letter = take_event (run, GST_PAD_PROBE_INFO_EVENT (info));
  g_string_append_c (run->flow, letter);
  g_mutex_unlock (&run->lock);
  return GST_PAD_PROBE_OK;
}

Run *
run_new (GstElement * source)
{
  GstElement *sink = gst_element_factory_make ("fakesink", NULL);

  g_object_set (sink, "sync", FALSE, NULL);
  return run_new_to (source, sink);
}

Run *
run_new_to (GstElement * source, GstElement * sink)
{
  Run *run = g_new0 (Run, 1);
  g_autoptr (GstPad) pad = NULL;

  g_mutex_init (&run->lock);
  run->data = g_byte_array_new ();
  run->flow = g_string_new (NULL);
  run->messages =
      g_ptr_array_new_with_free_func ((GDestroyNotify) gst_message_unref);
  run->pipeline = gst_pipeline_new (NULL);
  run->source = source;
  run->sink = sink;
  g_object_set (run->pipeline, "auto-flush-bus", FALSE, NULL);
  gst_bin_add_many (GST_BIN (run->pipeline), run->source, run->sink, NULL);
  fail_unless (gst_element_link (run->source, run->sink));
  run->bus = gst_element_get_bus (run->pipeline);
  pad = gst_element_get_static_pad (run->sink, "sink");
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER
      | GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM | GST_PAD_PROBE_TYPE_EVENT_FLUSH,
      on_flow, run, NULL);
  return run;
}

static GstPadProbeReturn
on_forked (GstPad * pad, GstPadProbeInfo * info, gpointer n_buffers)
{
  GstObject *sink = gst_object_get_parent (GST_OBJECT (pad));
  guint n = ++*(guint *) n_buffers;

  if (n == 1)
    gst_pad_push_event (pad, gst_event_new_reconfigure ());
  if (n == 3)
    gst_element_post_message (GST_ELEMENT (sink),
        gst_message_new_application (sink, gst_structure_new_empty ("third")));
  gst_object_unref (sink);
  /* The sink itself would wait for PLAYING. */
  return GST_PAD_PROBE_DROP;
}

GstElement *
harness_forked_sink (void)
{
  GstElement *sink = gst_parse_bin_from_description ("tee name=t ! queue ! "
      "fakesink  t. ! fakesink name=all async=false", TRUE, NULL);
  g_autoptr (GstElement) all = gst_bin_get_by_name (GST_BIN (sink), "all");
  g_autoptr (GstPad) pad = gst_element_get_static_pad (all, "sink");

  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, on_forked,
      g_new0 (guint, 1), g_free);
  return sink;
}

static void
drain (Run * run)
{
  GstMessage *message;

  while ((message = gst_bus_pop (run->bus)) != NULL)
    g_ptr_array_add (run->messages, message);
}

void
run_stop (Run * run)
{
  fail_unless_equals_int (gst_element_set_state (run->pipeline,
          GST_STATE_NULL), GST_STATE_CHANGE_SUCCESS);
  drain (run);
}

void
run_free (Run * run)
{
  gst_element_set_state (run->pipeline, GST_STATE_NULL);
  gst_object_unref (run->pipeline);
  g_ptr_array_unref (run->messages);
  gst_bus_set_flushing (run->bus, TRUE);
  gst_object_unref (run->bus);
  g_byte_array_unref (run->data);
  g_string_free (run->flow, TRUE);
  gst_clear_structure (&run->event);
  gst_clear_caps (&run->caps);
  g_mutex_clear (&run->lock);
  g_free (run);
}

static void
fail_with_error (GstMessage * message)
{
  g_autoptr (GError) error = NULL;
  g_autofree gchar *debug = NULL;

  gst_message_parse_error (message, &error, &debug);
  fail ("An ERROR that was not expected: %s %d: %s (%s)",
      g_quark_to_string (error->domain), error->code, error->message, debug);
}

void
harness_wait (GstElement * pipeline, GstMessageType type)
{
  g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);
  g_autoptr (GstMessage) message = gst_bus_timed_pop_filtered (bus, TIMEOUT,
      type | GST_MESSAGE_ERROR);

  fail_unless (message != NULL, "Waited in vain for a message of type 0x%x",
      type);
  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR)
    fail_with_error (message);
}

void
harness_play (GstElement * pipeline)
{
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  harness_wait (pipeline, GST_MESSAGE_EOS);
  gst_element_set_state (pipeline, GST_STATE_NULL);
}

GstMessage *
run_wait (Run * run, GstMessageType types)
{
  GstMessage *message;

  while ((message = gst_bus_timed_pop (run->bus, TIMEOUT)) != NULL) {
    g_ptr_array_add (run->messages, message);
    if (GST_MESSAGE_TYPE_IS_EXTENDED (message))
      continue;
    if (GST_MESSAGE_TYPE (message) & types)
      return message;
    if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR)
      fail_with_error (message);
  }
  fail ("Waited in vain for a message of type 0x%x", types);
  return NULL;
}

const GstStructure *
run_wait_task (Run * run, const gchar * status)
{
  for (;;) {
    GstMessage *message = run_wait (run, GST_MESSAGE_ELEMENT);
    const GstStructure *structure = gst_message_get_structure (message);

    if (gst_structure_has_name (structure, "foxapi-task") && (status == NULL
            || g_strcmp0 (gst_structure_get_string (structure, "status"),
                status) == 0))
      return structure;
  }
}

void
run_wait_progress (Run * run, const gchar * words)
{
  gboolean is_there = FALSE;

  while (!is_there) {
    g_autofree gchar *text = NULL;

    gst_message_parse_progress (run_wait (run, GST_MESSAGE_PROGRESS), NULL,
        NULL, &text);
    is_there = strstr (text, words) != NULL;
  }
}

void
run_wait_progress_type (Run * run, GstProgressType type)
{
  GstProgressType found;

  do {
    gst_message_parse_progress (run_wait (run, GST_MESSAGE_PROGRESS), &found,
        NULL, NULL);
  } while (found != type);
}

void
run_set_state (Run * run, GstState state)
{
  fail_if (gst_element_set_state (run->pipeline, state)
      == GST_STATE_CHANGE_FAILURE);
}

const GstStructure *
run_to_task (Run * run, GstState state, const gchar * status)
{
  run_set_state (run, state);
  return run_wait_task (run, status);
}

void
run_to_request (Run * run, GstState state, FoxapiSimRoute route, guint n)
{
  run_set_state (run, state);
  harness_wait_requests (route, n);
}

void
run_preroll (Run * run)
{
  run_set_state (run, GST_STATE_PAUSED);
  run_wait (run, GST_MESSAGE_ASYNC_DONE);
}

void
run_to_eos (Run * run)
{
  run_set_state (run, GST_STATE_PLAYING);
  run_wait (run, GST_MESSAGE_EOS);
}

void
run_play (Run * run)
{
  run_to_eos (run);
  run_stop (run);
}

void
run_complete (Run * run)
{
  foxapi_sim_set_task (sim, NULL, "completed", 100);
  run_wait (run, GST_MESSAGE_EOS);
  run_stop (run);
}

void
run_to_result (Run * run)
{
  run_play (run);
  run_assert_data (run, payload);
}

void
run_abandon (GstElement * source)
{
  g_autoptr (Run) run = run_new (source);

  run_to_task (run, GST_STATE_PAUSED, NULL);
  run_stop (run);
}

/* The one ERROR that has been posted since @start */
static GstMessage *
only_error (Run * run, guint start, GQuark domain, gint code)
{
  GstMessage *found = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree gchar *debug = NULL;

  for (guint i = start; i < run->messages->len; i++) {
    GstMessage *message = g_ptr_array_index (run->messages, i);

    fail_if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_EOS, "EOS was posted");
    if (GST_MESSAGE_TYPE (message) != GST_MESSAGE_ERROR)
      continue;
    if (found != NULL)
      fail_with_error (message);
    found = message;
  }
  fail_unless (found != NULL, "There was no ERROR");
  gst_message_parse_error (found, &error, &debug);
  fail_unless (g_error_matches (error, domain, code),
      "%s %d instead of %s %d: %s (%s)", g_quark_to_string (error->domain),
      error->code, g_quark_to_string (domain), code, error->message, debug);
  return found;
}

const GstStructure *
run_to_error_of (Run * run, GQuark domain, gint code)
{
  const GstStructure *details = NULL;
  guint start = run->messages->len;
  GstMessage *message;

  /* An ERROR may be faster than the return of this */
  gst_element_set_state (run->pipeline, GST_STATE_PLAYING);
  run_wait (run, GST_MESSAGE_ERROR | GST_MESSAGE_EOS);
  run_stop (run);
  message = only_error (run, start, domain, code);
  fail_if (run_flow_has (run, 'e'), "EOS went downstream");
  gst_message_parse_error_details (message, &details);
  return details;
}

const GstStructure *
run_to_error (Run * run, gint code)
{
  return run_to_error_of (run, GST_RESOURCE_ERROR, code);
}

GstMessage *
run_refused_with (Run * run, GQuark domain, gint code)
{
  guint start = run->messages->len;

  fail_unless_equals_int (gst_element_set_state (run->pipeline,
          GST_STATE_PAUSED), GST_STATE_CHANGE_FAILURE);
  run_stop (run);
  return only_error (run, start, domain, code);
}

GstMessage *
run_refused (Run * run, gint code)
{
  return run_refused_with (run, GST_RESOURCE_ERROR, code);
}

guint
run_count (Run * run, GstMessageType type)
{
  guint n = 0;

  drain (run);
  for (guint i = 0; i < run->messages->len; i++) {
    if (GST_MESSAGE_TYPE (g_ptr_array_index (run->messages, i)) == type)
      n++;
  }
  return n;
}

gchar *
run_text (Run * run, GstMessageType type)
{
  GString *all = g_string_new (NULL);

  drain (run);
  for (guint i = 0; i < run->messages->len; i++) {
    GstMessage *message = g_ptr_array_index (run->messages, i);
    g_autoptr (GError) error = NULL;
    g_autofree gchar *text = NULL;

    if (GST_MESSAGE_TYPE (message) != type)
      continue;
    if (type == GST_MESSAGE_ERROR)
      gst_message_parse_error (message, &error, NULL);
    else if (type == GST_MESSAGE_WARNING)
      gst_message_parse_warning (message, &error, NULL);
    else
      gst_message_parse_progress (message, NULL, NULL, &text);
    g_string_append_printf (all, "%s\n", error ? error->message : text);
  }
  return g_string_free (all, FALSE);
}

void
run_assert_says (Run * run, GstMessageType type, ...)
{
  g_autofree gchar *text = run_text (run, type);
  const gchar *words;
  va_list args;

  va_start (args, type);
  while ((words = va_arg (args, const gchar *)) != NULL)
      fail_unless (strstr (text, words) != NULL, "No \"%s\" in: %s", words,
        text);
  va_end (args);
}

void
run_assert_progress (Run * run, const gchar * wanted, const gchar * pattern)
{
  static const gchar letters[] = "scCXE";
  g_autoptr (GString) seen = g_string_new (NULL);

  drain (run);
  for (guint i = 0; i < run->messages->len; i++) {
    GstMessage *message = g_ptr_array_index (run->messages, i);
    g_autofree gchar *code = NULL, *text = NULL;
    GstProgressType type;

    if (GST_MESSAGE_TYPE (message) != GST_MESSAGE_PROGRESS)
      continue;
    gst_message_parse_progress (message, &type, &code, &text);
    fail_unless (text != NULL && *text != '\0');
    if (g_str_equal (code, wanted))
      g_string_append_c (seen, letters[type]);
  }
  fail_unless (g_regex_match_simple (pattern, seen->str, 0, 0),
      "%s: %s is not %s", wanted, seen->str, pattern);
}

GPtrArray *
run_tasks (Run * run)
{
  GPtrArray *tasks =
      g_ptr_array_new_with_free_func ((GDestroyNotify) gst_structure_free);

  drain (run);
  for (guint i = 0; i < run->messages->len; i++) {
    GstMessage *message = g_ptr_array_index (run->messages, i);

    if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ELEMENT
        && gst_message_has_name (message, "foxapi-task"))
      g_ptr_array_add (tasks,
          gst_structure_copy (gst_message_get_structure (message)));
  }
  return tasks;
}

void
run_assert_data (Run * run, GBytes * expected)
{
  gsize size, at = 0;
  const guint8 *data = g_bytes_get_data (expected, &size);

  g_mutex_lock (&run->lock);
  fail_unless_equals_uint64 (run->data->len, size);
  while (at < size && run->data->data[at] == data[at])
    at++;
  fail_unless (at == size, "Byte %" G_GSIZE_FORMAT " is another", at);
  g_mutex_unlock (&run->lock);
}

gboolean
run_flow_has (Run * run, gchar letter)
{
  gboolean has;

  g_mutex_lock (&run->lock);
  has = strchr (run->flow->str, letter) != NULL;
  g_mutex_unlock (&run->lock);
  return has;
}
