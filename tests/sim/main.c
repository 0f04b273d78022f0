/* The FoxAPI service, simulated: the program.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "foxapisim.h"

#include <glib-unix.h>
#include <json-glib/json-glib.h>
#include <locale.h>
#include <signal.h>
#include <string.h>

#define SUMMARY \
    "Simulates the FoxAPI video service on this machine: tasks that take " \
    "their time,\nand real MP4 files as results. Nothing is charged."

#define DESCRIPTION \
    "A fault is ROUTE:NTH:KIND[=V][,KIND[=V]...]. ROUTE is submit, ask, upload, " \
    "result\nor other; NTH counts its requests from 1, 0 means every one that " \
    "has no fault of its\nown.\nKinds: %s\nAnswers: %s\n\n" \
    "docs/internals/simulator.md says what they do, has examples, and words of " \
    "a prompt\nthat mean something. SIGINT and SIGTERM end it and print what was " \
    "charged."

static struct
{
  FoxapiSimOptions options;
  gdouble generation_time;
  gdouble queue_time;
  gdouble late_results;
  gdouble late_link;
  gchar *api_key;
  gchar *models;
  gchar *failure;
  gchar *result_form;
  gchar *tls_cert;
  gchar *tls_key;
  gboolean quiet;
  gchar *ledger;
  gchar *port_file;
  gchar **faults;
  gchar **tasks;
} arguments = {
  .options = {.progress_step = 10},
  .generation_time = 5,
  .queue_time = 0.5
};

static const GOptionEntry entries[] = {
  {"port", 'p', 0, G_OPTION_ARG_INT, &arguments.options.api_port,
      "Port of the API; 0, the default, picks one", "N"},
  {"result-port", 0, 0, G_OPTION_ARG_INT, &arguments.options.result_port,
      "Port of results and uploads; 0, the default, picks one", "N"},
  {"generation-time", 'g', 0, G_OPTION_ARG_DOUBLE,
        &arguments.generation_time,
      "How long a task takes, in seconds (default 5)", "S"},
  {"queue-time", 0, 0, G_OPTION_ARG_DOUBLE, &arguments.queue_time,
      "How much of that it is pending (default 0.5)", "S"},
  {"late-results", 0, 0, G_OPTION_ARG_DOUBLE, &arguments.late_results,
      "How long a completed task has no results yet (default 0)", "S"},
  {"late-link", 0, 0, G_OPTION_ARG_DOUBLE, &arguments.late_link,
      "How long a fresh link answers 404 (default 0)", "S"},
  {"estimated-time", 0, 0, G_OPTION_ARG_INT, &arguments.options.estimated_time,
      "The estimate that is announced; the default is 45 whatever happens, "
        "-1 leaves it out, -2 all of task_info", "S"},
  {"progress-step", 0, 0, G_OPTION_ARG_INT, &arguments.options.progress_step,
      "Progress goes in steps of this, 1 to 100 (default 10); 100 stands "
        "still", "N"},
  {"at-once", 0, 0, G_OPTION_ARG_NONE, &arguments.options.at_once,
      "The answer to a submission says what has become of the task", NULL},
  {"failure", 0, 0, G_OPTION_ARG_STRING, &arguments.failure,
      "The error of a failed task: its code, null or text (default "
        "generation_failed)", "CODE"},
  {"api-key", 'k', 0, G_OPTION_ARG_STRING, &arguments.api_key,
      "The only key that is accepted (default test-key-0123456789 and every "
        "one that begins with sk-)", "KEY"},
  {"models", 0, 0, G_OPTION_ARG_STRING, &arguments.models,
      "The models that the key may use (default all)", "ID,ID"},
  {"result-form", 0, 0, G_OPTION_ARG_STRING, &arguments.result_form,
      "What completed tasks say of their result: objects (default), strings, "
        "output, video-url, null, absent, empty or voice", "FORM"},
  {"moov-at-end", 0, 0, G_OPTION_ARG_NONE, &arguments.options.moov_at_end,
      "Files have their index behind the media", NULL},
  {"no-ranges", 0, 0, G_OPTION_ARG_NONE, &arguments.options.no_ranges,
      "Results cannot be asked for in part", NULL},
  {"range-status", 0, 0, G_OPTION_ARG_INT, &arguments.options.range_status,
      "Who asks for a part of a result gets this status", "N"},
  {"no-length", 0, 0, G_OPTION_ARG_NONE, &arguments.options.no_length,
      "Results are sent chunked, without a length", NULL},
  {"tls-cert", 0, 0, G_OPTION_ARG_FILENAME, &arguments.tls_cert,
      "Speak TLS with this certificate (PEM)", "FILE"},
  {"tls-key", 0, 0, G_OPTION_ARG_FILENAME, &arguments.tls_key,
      "Its private key (PEM)", "FILE"},
  {"fault", 'f', 0, G_OPTION_ARG_STRING_ARRAY, &arguments.faults,
      "What goes wrong, see below; may be repeated", "FAULT"},
  {"task", 't', 0, G_OPTION_ARG_STRING_ARRAY, &arguments.tasks,
      "A task that somebody has submitted before; may be repeated", "ID"},
  {"ledger", 0, 0, G_OPTION_ARG_FILENAME, &arguments.ledger,
      "Write what was charged into this file at the end (JSON)", "FILE"},
  {"port-file", 0, 0, G_OPTION_ARG_FILENAME, &arguments.port_file,
      "Write the base URL into this file once it listens", "FILE"},
  {"quiet", 'q', 0, G_OPTION_ARG_NONE, &arguments.quiet,
      "Print no line a request", NULL},
  G_OPTION_ENTRY_NULL
};

static gboolean
parse_arguments (int *argc, char ***argv, GError ** error)
{
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_autofree gchar *kinds = foxapi_sim_fault_list ();
  g_autofree gchar *answers = foxapi_sim_error_list ();
  g_autofree gchar *description = g_strdup_printf (DESCRIPTION, kinds, answers);

  g_option_context_set_summary (context, SUMMARY);
  g_option_context_set_description (context, description);
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
check_ranges (GError ** error)
{
  const FoxapiSimOptions *options = &arguments.options;
  const struct
  {
    const gchar *name;
    gdouble value;
    gdouble min;
    gdouble max;
  } ranges[] = {
    {"port", options->api_port, 0, 65535},
    {"result-port", options->result_port, 0, 65535},
    {"generation-time", arguments.generation_time, 0, 86400},
    {"queue-time", arguments.queue_time, 0, 86400},
    {"late-results", arguments.late_results, 0, 86400},
    {"late-link", arguments.late_link, 0, 86400},
    {"estimated-time", options->estimated_time, -2, 86400},
    {"progress-step", options->progress_step, 1, 100},
    {"range-status", options->range_status, 0, 599},
  };

  for (guint i = 0; i < G_N_ELEMENTS (ranges); i++) {
    if (ranges[i].value < ranges[i].min || ranges[i].value > ranges[i].max) {
      g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
          "--%s must be within %g and %g", ranges[i].name, ranges[i].min,
          ranges[i].max);
      return FALSE;
    }
  }
  return TRUE;
}

static gboolean
find_result_form (const gchar * name, guint * form, GError ** error)
{
  static const gchar *const forms[FOXAPI_SIM_N_FORMS + 1] = {
    "objects", "strings", "output", "video-url", "null", "absent", "empty",
    "voice", NULL
  };
  g_autofree gchar *all = NULL;

  for (*form = 0; forms[*form] != NULL; (*form)++) {
    if (strcmp (forms[*form], name) == 0)
      return TRUE;
  }
  all = g_strjoinv (", ", (gchar **) forms);
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
      "--result-form must be one of %s", all);
  return FALSE;
}

static gboolean
fill_options (GError ** error)
{
  FoxapiSimOptions *options = &arguments.options;

  if (!check_ranges (error)
      || (arguments.result_form != NULL
          && !find_result_form (arguments.result_form, &options->result_form,
              error)))
    return FALSE;
  if (arguments.tls_cert != NULL || arguments.tls_key != NULL) {
    const gchar *cert =
        arguments.tls_cert ? arguments.tls_cert : arguments.tls_key;

    options->tls_certificate = g_tls_certificate_new_from_files (cert,
        arguments.tls_key ? arguments.tls_key : cert, error);
    if (options->tls_certificate == NULL)
      return FALSE;
  }
  options->api_key = arguments.api_key;
  options->models = arguments.models;
  options->failure = arguments.failure;
  options->generation_time_ms = arguments.generation_time * 1000 + 0.5;
  options->queue_time_ms = arguments.queue_time * 1000 + 0.5;
  options->late_results_ms = arguments.late_results * 1000 + 0.5;
  options->late_link_ms = arguments.late_link * 1000 + 0.5;
  options->verbose = !arguments.quiet;
  return TRUE;
}

static gboolean
script (FoxapiSim * sim, gchar ** faults, GError ** error)
{
  for (guint i = 0; faults != NULL && faults[i] != NULL; i++) {
    FoxapiSimRoute route;
    guint nth;
    g_autoptr (FoxapiSimFault) fault =
        foxapi_sim_fault_parse (faults[i], &route, &nth, error);

    if (fault == NULL) {
      g_prefix_error (error, "--fault %s: ", faults[i]);
      return FALSE;
    }
    foxapi_sim_script (sim, route, nth, fault);
  }
  return TRUE;
}

/* A line of the ledger, with the request as it was */
static void
add_task (GVariantBuilder * tasks, const FoxapiSimTask * task)
{
  const gchar *body = task->body ? task->body : "null";
  g_autoptr (GVariant) request =
      g_variant_take_ref (json_gvariant_deserialize_data (body, -1, NULL,
          NULL));

  g_variant_builder_add_parsed (tasks, "{'id': <%s>, 'model': <%s>, "
      "'created': <%x>, 'status': <%s>, 'progress': <%i>, 'result_url': <%s>, "
      "'delivered': <%b>, 'request': %v}", task->id, task->model,
      task->created, task->status, task->progress, task->result_url,
      task->delivered, request);
}

static gboolean
write_ledger (FoxapiSim * sim, GPtrArray * violations, const gchar * path,
    GError ** error)
{
  g_autoptr (GPtrArray) charged = foxapi_sim_get_tasks (sim);
  GVariantBuilder tasks = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE ("aa{sv}"));
  GVariantBuilder requests = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE ("a{su}"));
  g_autoptr (GVariant) ledger = NULL;
  g_autoptr (JsonNode) root = NULL;
  g_autofree gchar *text = NULL;

  for (guint i = 0; i < charged->len; i++)
    add_task (&tasks, g_ptr_array_index (charged, i));
  for (guint i = 0; i < FOXAPI_SIM_N_ROUTES; i++)
    g_variant_builder_add (&requests, "{su}", foxapi_sim_route_names[i],
        foxapi_sim_count_requests (sim, i));
  ledger = g_variant_ref_sink (g_variant_new_parsed ("{'tasks': %v, "
          "'requests': %v, 'violations': %v}", g_variant_builder_end (&tasks),
          g_variant_builder_end (&requests),
          g_variant_new_strv ((const gchar * const *) violations->pdata,
              violations->len)));
  root = json_gvariant_serialize (ledger);
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
        foxapi_sim_count_requests (sim, i), foxapi_sim_route_names[i]);
  g_print ("\n");
  for (guint i = 0; i < tasks->len; i++) {
    FoxapiSimTask *task = g_ptr_array_index (tasks, i);
    g_autoptr (GDateTime) created =
        g_date_time_new_from_unix_local (task->created);
    g_autofree gchar *time = g_date_time_format (created, "%F %T");

    g_print ("%s %s %s %s%s\n", time, task->model, task->id, task->status,
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
announce (FoxapiSim * sim, GError ** error)
{
  const gchar *url = foxapi_sim_get_base_url (sim);

  g_print ("FOXAPI_BASE_URL=%s\n", url);
  g_print ("Use it: FOXAPI_BASE_URL=%s FOXAPI_API_KEY=%s gst-launch-1.0 "
      "foxapivideosrc prompt=\"A fox\" ! decodebin ! autovideosink\n", url,
      arguments.api_key != NULL ? "YOUR_KEY" : foxapi_sim_get_api_key (sim));
  if (arguments.port_file == NULL)
    return TRUE;
  return g_file_set_contents (arguments.port_file, url, -1, error);
}

static gboolean
run (FoxapiSim * sim, GError ** error)
{
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr (GPtrArray) violations = NULL;
  guint sources[3];

  sources[0] = g_unix_signal_add (SIGINT, on_end, loop);
  sources[1] = g_unix_signal_add (SIGTERM, on_end, loop);
  sources[2] = g_unix_signal_add (SIGUSR1, on_release, sim);
  if (!announce (sim, error))
    return FALSE;
  g_main_loop_run (loop);
  for (guint i = 0; i < G_N_ELEMENTS (sources); i++)
    g_source_remove (sources[i]);
  print_summary (sim);
  violations = foxapi_sim_take_violations (sim);
  for (guint i = 0; i < violations->len; i++)
    g_print ("VIOLATION: %s\n", (gchar *) g_ptr_array_index (violations, i));
  return arguments.ledger == NULL
      || write_ledger (sim, violations, arguments.ledger, error);
}

/* Everything that may fail, so that main() has one place to say so */
static gboolean
serve (int argc, char **argv, GError ** error)
{
  FoxapiSim *sim;
  gboolean served;

  if (!parse_arguments (&argc, &argv, error) || !fill_options (error))
    return FALSE;
  sim = foxapi_sim_new (&arguments.options, error);
  if (sim == NULL)
    return FALSE;
  for (guint i = 0; arguments.tasks != NULL && arguments.tasks[i] != NULL; i++)
    g_free (foxapi_sim_add_named_task (sim, arguments.tasks[i], NULL));
  served = script (sim, arguments.faults, error) && run (sim, error);
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
