/* The FoxAPI service, simulated: the program.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "foxapisim.h"
#include "foxapisimspec.h"

#include <glib-unix.h>
#include <json-glib/json-glib.h>
#include <locale.h>
#include <signal.h>
#include <string.h>

#define SUMMARY \
    "Simulates the FoxAPI video service on this machine: tasks that take " \
    "their time,\nand real MP4 files as results. Nothing is charged."

#define DESCRIPTION \
    "Prompts that mean something:\n" \
    "  [fail]       the task ends as failed\n" \
    "  [cancelled]  the task ends as cancelled\n" \
    "  [slow]       the task takes ten times as long\n" \
    "\n" \
    "Faults, as ROUTE:NTH:KIND[=VALUE][,KIND[=VALUE]...]:\n" \
    "  ROUTE is submit, ask, upload, result or other; NTH counts its " \
    "requests from 1,\n" \
    "  0 means every one that has no fault of its own. KIND is\n" \
    "  status=N         answer with this status\n" \
    "  retry-after=V, location=V, content-type=V, header=NAME:VALUE\n" \
    "                   add or replace a header\n" \
    "  body=TEXT        answer with this body (takes the rest, commas " \
    "included)\n" \
    "  act-first        carry the request out, then let the fault strike\n" \
    "  reset, close     reset or close the connection instead of an answer\n" \
    "  cut-at=N         close it after N bytes of the body\n" \
    "  reset-at=N       reset it after N bytes of the body\n" \
    "  hold             answer only after SIGUSR1\n" \
    "  hold-at=N        stop after N bytes of the body until SIGUSR1\n" \
    "  drip=MS          send the body byte by byte with this pause\n" \
    "  endless          send a body that never ends\n" \
    "\n" \
    "Examples:\n" \
    "  A service that takes 3 seconds for a task, on a port of its choice:\n" \
    "    foxapi-sim --generation-time 3\n" \
    "  The first submission meets a busy service, the first download breaks " \
    "off:\n" \
    "    foxapi-sim --fault submit:1:status=503,retry-after=2 \\\n" \
    "        --fault result:1:cut-at=100000\n" \
    "  A submission is charged, but its answer is lost:\n" \
    "    foxapi-sim --fault submit:1:act-first,reset\n" \
    "  In a script, waiting until it listens:\n" \
    "    foxapi-sim --quiet --port-file url.txt & " \
    "until test -s url.txt; do sleep 0.1; done\n" \
    "  And then:\n" \
    "    FOXAPI_BASE_URL=$(cat url.txt) " \
    "FOXAPI_API_KEY=test-key-0123456789 \\\n" \
    "        gst-launch-1.0 foxapivideosrc prompt=\"A fox\" ! decodebin ! " \
    "autovideosink\n" \
    "\n" \
    "SIGINT and SIGTERM end it and print what was charged."

typedef struct
{
  gint port;
  gint result_port;
  gdouble generation_time;
  gdouble queue_time;
  gint estimated_time;
  gint progress_step;
  gchar *api_key;
  gchar *result_form;
  gboolean moov_at_end;
  gboolean no_ranges;
  gboolean no_length;
  gchar *tls_cert;
  gchar *tls_key;
  gboolean quiet;
  gchar *ledger;
  gchar *port_file;
  gchar **faults;
  gchar **tasks;
} Arguments;

static void
arguments_clear (Arguments * arguments)
{
  g_free (arguments->api_key);
  g_free (arguments->result_form);
  g_free (arguments->tls_cert);
  g_free (arguments->tls_key);
  g_free (arguments->ledger);
  g_free (arguments->port_file);
  g_strfreev (arguments->faults);
  g_strfreev (arguments->tasks);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Arguments, arguments_clear)
     static gboolean
         parse_arguments (Arguments * arguments, int *argc, char ***argv,
    GError ** error)
{
  const GOptionEntry entries[] = {
    {"port", 'p', 0, G_OPTION_ARG_INT, &arguments->port,
        "Port of the API; 0, the default, picks one", "N"},
    {"result-port", 0, 0, G_OPTION_ARG_INT, &arguments->result_port,
        "Port of results and uploads; 0, the default, picks one", "N"},
    {"generation-time", 'g', 0, G_OPTION_ARG_DOUBLE,
          &arguments->generation_time,
        "How long a task takes, in seconds (default 5)", "S"},
    {"queue-time", 0, 0, G_OPTION_ARG_DOUBLE, &arguments->queue_time,
        "How much of that it is pending (default 0.5)", "S"},
    {"estimated-time", 0, 0, G_OPTION_ARG_INT, &arguments->estimated_time,
        "The estimate that is announced; 0, the default, is the generation "
          "time, -1 leaves it out", "S"},
    {"progress-step", 0, 0, G_OPTION_ARG_INT, &arguments->progress_step,
        "Progress goes in steps of this, 1 to 100 (default 10)", "N"},
    {"api-key", 'k', 0, G_OPTION_ARG_STRING, &arguments->api_key,
        "The only key that is accepted (default test-key-0123456789)", "KEY"},
    {"result-form", 0, 0, G_OPTION_ARG_STRING, &arguments->result_form,
        "Which published form results have: objects (default), strings or "
          "output", "FORM"},
    {"moov-at-end", 0, 0, G_OPTION_ARG_NONE, &arguments->moov_at_end,
        "Files have their index behind the media", NULL},
    {"no-ranges", 0, 0, G_OPTION_ARG_NONE, &arguments->no_ranges,
        "Results cannot be asked for in part", NULL},
    {"no-length", 0, 0, G_OPTION_ARG_NONE, &arguments->no_length,
        "Results are sent chunked, without a length", NULL},
    {"tls-cert", 0, 0, G_OPTION_ARG_FILENAME, &arguments->tls_cert,
        "Speak TLS with this certificate (PEM)", "FILE"},
    {"tls-key", 0, 0, G_OPTION_ARG_FILENAME, &arguments->tls_key,
        "Its private key (PEM)", "FILE"},
    {"fault", 'f', 0, G_OPTION_ARG_STRING_ARRAY, &arguments->faults,
        "What goes wrong, see below; may be repeated", "FAULT"},
    {"task", 't', 0, G_OPTION_ARG_STRING_ARRAY, &arguments->tasks,
        "A task that somebody has submitted before; may be repeated", "ID"},
    {"ledger", 0, 0, G_OPTION_ARG_FILENAME, &arguments->ledger,
        "Write what was charged into this file at the end (JSON)", "FILE"},
    {"port-file", 0, 0, G_OPTION_ARG_FILENAME, &arguments->port_file,
        "Write the base URL into this file once it listens", "FILE"},
    {"quiet", 'q', 0, G_OPTION_ARG_NONE, &arguments->quiet,
        "Print no line a request", NULL},
    {NULL, 0, 0, 0, NULL, NULL, NULL}
  };
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);

  g_option_context_set_summary (context, SUMMARY);
  g_option_context_set_description (context, DESCRIPTION);
  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, argc, argv, error))
    return FALSE;
  if (*argc > 1) {
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_UNKNOWN_OPTION,
        "\"%s\" is not an option", (*argv)[1]);
    return FALSE;
  }
  return TRUE;
}

static gboolean
check_range (const gchar * name, gdouble value, gdouble min, gdouble max,
    GError ** error)
{
  if (value >= min && value <= max)
    return TRUE;
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
      "--%s must be within %g and %g", name, min, max);
  return FALSE;
}

static gboolean
find_result_form (const gchar * name, guint * form, GError ** error)
{
  static const gchar *const forms[] = { "objects", "strings", "output" };

  for (guint i = 0; i < G_N_ELEMENTS (forms); i++) {
    if (strcmp (forms[i], name) == 0) {
      *form = i;
      return TRUE;
    }
  }
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
      "--result-form must be objects, strings or output");
  return FALSE;
}

static gboolean
fill_options (FoxapiSimOptions * options, const Arguments * arguments,
    GError ** error)
{
  const gchar *form = arguments->result_form;

  if (!check_range ("port", arguments->port, 0, 65535, error)
      || !check_range ("result-port", arguments->result_port, 0, 65535, error)
      || !check_range ("generation-time", arguments->generation_time, 0,
          86400, error)
      || !check_range ("queue-time", arguments->queue_time, 0, 86400, error)
      || !check_range ("estimated-time", arguments->estimated_time, -1, 86400,
          error)
      || !check_range ("progress-step", arguments->progress_step, 1, 100, error)
      || !find_result_form (form != NULL ? form : "objects",
          &options->result_form, error))
    return FALSE;
  if (arguments->tls_cert != NULL || arguments->tls_key != NULL) {
    const gchar *cert =
        arguments->tls_cert ? arguments->tls_cert : arguments->tls_key;

    options->tls_certificate = g_tls_certificate_new_from_files (cert,
        arguments->tls_key ? arguments->tls_key : cert, error);
    if (options->tls_certificate == NULL)
      return FALSE;
  }
  options->api_port = arguments->port;
  options->result_port = arguments->result_port;
  options->api_key = arguments->api_key;
  options->generation_time_ms = arguments->generation_time * 1000 + 0.5;
  options->queue_time_ms = arguments->queue_time * 1000 + 0.5;
  options->estimated_time = arguments->estimated_time;
  options->progress_step = arguments->progress_step;
  options->moov_at_end = arguments->moov_at_end;
  options->no_ranges = arguments->no_ranges;
  options->no_length = arguments->no_length;
  options->verbose = !arguments->quiet;
  return TRUE;
}

static GPtrArray *
parse_faults (gchar ** texts, GError ** error)
{
  g_autoptr (GPtrArray) specs = g_ptr_array_new_with_free_func (
      (GDestroyNotify) foxapi_sim_spec_free);

  for (guint i = 0; texts != NULL && texts[i] != NULL; i++) {
    FoxapiSimSpec *spec = foxapi_sim_spec_parse (texts[i], error);

    if (spec == NULL) {
      g_prefix_error (error, "--fault %s: ", texts[i]);
      return NULL;
    }
    g_ptr_array_add (specs, spec);
  }
  return g_steal_pointer (&specs);
}

static void
add_member (JsonBuilder * builder, const gchar * name, const gchar * value)
{
  json_builder_set_member_name (builder, name);
  if (value != NULL)
    json_builder_add_string_value (builder, value);
  else
    json_builder_add_null_value (builder);
}

static void
add_task (JsonBuilder * builder, const FoxapiSimTask * task)
{
  g_autoptr (JsonNode) request = NULL;

  json_builder_begin_object (builder);
  add_member (builder, "id", task->id);
  add_member (builder, "status", task->status);
  json_builder_set_member_name (builder, "progress");
  json_builder_add_int_value (builder, task->progress);
  add_member (builder, "result_url", task->result_url);
  json_builder_set_member_name (builder, "delivered");
  json_builder_add_boolean_value (builder, task->delivered);
  json_builder_set_member_name (builder, "request");
  if (task->body != NULL)
    request = json_from_string (task->body, NULL);
  if (request != NULL)
    json_builder_add_value (builder, g_steal_pointer (&request));
  else
    json_builder_add_null_value (builder);
  json_builder_end_object (builder);
}

static const gchar *const route_names[FOXAPI_SIM_N_ROUTES] = {
  [FOXAPI_SIM_SUBMIT] = "submit",
  [FOXAPI_SIM_ASK] = "ask",
  [FOXAPI_SIM_UPLOAD] = "upload",
  [FOXAPI_SIM_RESULT] = "result",
  [FOXAPI_SIM_OTHER] = "other",
};

static gboolean
write_ledger (FoxapiSim * sim, const gchar * path, GError ** error)
{
  g_autoptr (GPtrArray) tasks = foxapi_sim_get_tasks (sim);
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  g_autoptr (JsonNode) root = NULL;
  g_autofree gchar *text = NULL;

  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "tasks");
  json_builder_begin_array (builder);
  for (guint i = 0; i < tasks->len; i++)
    add_task (builder, g_ptr_array_index (tasks, i));
  json_builder_end_array (builder);
  json_builder_set_member_name (builder, "requests");
  json_builder_begin_object (builder);
  for (guint i = 0; i < FOXAPI_SIM_N_ROUTES; i++) {
    json_builder_set_member_name (builder, route_names[i]);
    json_builder_add_int_value (builder, foxapi_sim_count_requests (sim, i));
  }
  json_builder_end_object (builder);
  json_builder_end_object (builder);
  root = json_builder_get_root (builder);
  text = json_to_string (root, TRUE);
  return g_file_set_contents (path, text, -1, error);
}

static void
print_summary (FoxapiSim * sim)
{
  g_autoptr (GPtrArray) tasks = foxapi_sim_get_tasks (sim);

  g_print ("Charged %u task%s", tasks->len, tasks->len == 1 ? "" : "s");
  for (guint i = 0; i < FOXAPI_SIM_N_ROUTES; i++)
    g_print ("%s %u %s", i == 0 ? "; requests:" : ",",
        foxapi_sim_count_requests (sim, i), route_names[i]);
  g_print ("\n");
  for (guint i = 0; i < tasks->len; i++) {
    FoxapiSimTask *task = g_ptr_array_index (tasks, i);

    g_print ("%s %s%s\n", task->id, task->status,
        task->delivered ? ", delivered" : "");
  }
}

static gboolean
on_end (gpointer data)
{
  g_main_loop_quit (data);
  return G_SOURCE_CONTINUE;
}

static gboolean
on_release (gpointer data)
{
  foxapi_sim_release (data);
  return G_SOURCE_CONTINUE;
}

static gboolean
announce (FoxapiSim * sim, const Arguments * arguments, GError ** error)
{
  const gchar *url = foxapi_sim_get_base_url (sim);

  g_print ("FOXAPI_BASE_URL=%s\n", url);
  g_print ("Use it: FOXAPI_BASE_URL=%s FOXAPI_API_KEY=%s gst-launch-1.0 "
      "foxapivideosrc prompt=\"A fox\" ! decodebin ! autovideosink\n", url,
      arguments->api_key != NULL ? "YOUR_KEY" : foxapi_sim_get_api_key (sim));
  if (arguments->port_file == NULL)
    return TRUE;
  return g_file_set_contents (arguments->port_file, url, -1, error);
}

static gboolean
run (FoxapiSim * sim, const Arguments * arguments, GError ** error)
{
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  guint sources[3];

  sources[0] = g_unix_signal_add (SIGINT, on_end, loop);
  sources[1] = g_unix_signal_add (SIGTERM, on_end, loop);
  sources[2] = g_unix_signal_add (SIGUSR1, on_release, sim);
  if (!announce (sim, arguments, error))
    return FALSE;
  g_main_loop_run (loop);
  for (guint i = 0; i < G_N_ELEMENTS (sources); i++)
    g_source_remove (sources[i]);
  print_summary (sim);
  return arguments->ledger == NULL
      || write_ledger (sim, arguments->ledger, error);
}

/* Everything that may fail, so that main() has one place to say so */
static gboolean
serve (int argc, char **argv, GError ** error)
{
  g_auto (Arguments) arguments = {
    .generation_time = 5,.queue_time = 0.5,.progress_step = 10
  };
  FoxapiSimOptions options = { 0 };
  g_autoptr (GPtrArray) specs = NULL;
  FoxapiSim *sim;
  gboolean served;

  if (!parse_arguments (&arguments, &argc, &argv, error)
      || !fill_options (&options, &arguments, error))
    return FALSE;
  specs = parse_faults (arguments.faults, error);
  sim = specs != NULL ? foxapi_sim_new (&options, error) : NULL;
  g_clear_object (&options.tls_certificate);
  if (sim == NULL)
    return FALSE;
  for (guint i = 0; i < specs->len; i++) {
    FoxapiSimSpec *spec = g_ptr_array_index (specs, i);

    foxapi_sim_script (sim, spec->route, spec->nth, spec->fault);
  }
  for (guint i = 0; arguments.tasks != NULL && arguments.tasks[i] != NULL; i++)
    g_free (foxapi_sim_add_named_task (sim, arguments.tasks[i], NULL));
  served = run (sim, &arguments, error);
  foxapi_sim_free (sim);
  return served;
}

int
main (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;

  setlocale (LC_ALL, "");
  if (serve (argc, argv, &error))
    return 0;
  g_printerr ("%s: %s\n", g_get_prgname (), error->message);
  return 1;
}
