/* foxapi-generate: a prompt becomes a file
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <fcntl.h>
#include <glib-unix.h>
#include <gst/gst.h>
#include <json-glib/json-glib.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "foxapiintl.h"
#include "generateoptions.h"
#include "outputfile.h"

#define BAR_CHARS 30
#define REDRAW_MS 250

/* foxapi-generate(1) */
typedef enum
{
  EXIT_SAVED = 0,
  EXIT_FAILED = 1,
  EXIT_USAGE = 2,
  EXIT_NOT_AUTHORIZED = 3,
  EXIT_MAYBE_CHARGED = 4,
  EXIT_BUSY = 5,
  EXIT_RESUMABLE = 6,
  EXIT_TASK_FAILED = 7,
  EXIT_SIGNAL = 128,
} ExitStatus;

typedef struct
{
  GenerateOptions options;
  GMainLoop *loop;
  GstElement *pipeline;
  OutputFile file;
  gchar *task_id;               /* NULL until there is a task */
  gchar *text;                  /* of the last PROGRESS message */
  gint percent;
  gint64 started_us;            /* of the phase that the bar shows */
  gboolean is_downloading;
  gboolean has_bar;             /* standard error is a terminal */
  gboolean has_ended;
  gint has_failed;              /* atomic: there was an ERROR */
  guint signals[3];             /* sources */
  int status;
} Job;

/* *INDENT-OFF* */
static void say (Job * job, const gchar * format, ...) G_GNUC_PRINTF (2, 3);
/* *INDENT-ON* */

/* Ends the bar's line first. */
static void
say (Job * job, const gchar * format, ...)
{
  g_autofree gchar *text = NULL;
  va_list args;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  g_printerr ("%s%s\n", job->has_bar ? "\r\033[K" : "", text);
}

static void
draw_bar (Job * job)
{
  gchar bar[BAR_CHARS + 1];
  gint filled = job->percent * BAR_CHARS / 100;
  gint passed_s = (g_get_monotonic_time () - job->started_us)
      / G_USEC_PER_SEC;
  gint left_s = job->percent > 0 ?
      (gint64) passed_s * (100 - job->percent) / job->percent : -1;

  if (!job->has_bar || job->task_id == NULL || job->has_ended)
    return;
  memset (bar, '.', BAR_CHARS);
  memset (bar, '#', filled);
  bar[BAR_CHARS] = '\0';
  g_printerr ("\r\033[K%s [%s] %3d %%, ", job->is_downloading ?
      _("Downloading") : _("Generating"), bar, job->percent);
  g_printerr (_("%d:%02d so far"), passed_s / 60, passed_s % 60);
  /* Not of a task: its progress jumps. */
  if (job->is_downloading && left_s >= 0)
    g_printerr (_(", %d:%02d left"), left_s / 60, left_s % 60);
}

static gboolean
on_redraw (gpointer data)
{
  draw_bar (data);
  return G_SOURCE_CONTINUE;
}

static JsonObject *
new_event (Job * job, const gchar * name)
{
  JsonObject *event = json_object_new ();

  json_object_set_string_member (event, "event", name);
  if (job->task_id != NULL)
    json_object_set_string_member (event, "task-id", job->task_id);
  return event;
}

/* As one line of JSON */
static void
print_event (Job * job, JsonObject * event)
{
  g_autoptr (JsonNode) node = json_node_new (JSON_NODE_OBJECT);
  g_autofree gchar *text = NULL;

  json_node_take_object (node, event);
  text = json_to_string (node, FALSE);
  /* JSON is UTF-8, whatever the locale. */
  if (job->options.json) {
    printf ("%s\n", text);
    fflush (stdout);
  }
}

static void
end (Job * job, int status)
{
  if (job->has_ended)
    return;
  job->has_ended = TRUE;
  job->status = status;
  g_main_loop_quit (job->loop);
}

static void
tell_status (Job * job, const GstStructure * task)
{
  const gchar *status = gst_structure_get_string (task, "status");
  const gchar *why = gst_structure_get_string (task, "error-message");

  g_print ("%s %s, %d %%%s%s\n", job->task_id, status ? status :
      _("in an unknown state"), job->percent, why ? ": " : "", why ? why : "");
}

static void
on_task (Job * job, const GstStructure * task)
{
  const gchar *status = gst_structure_get_string (task, "status");
  JsonObject *event;
  gboolean resumed = FALSE;
  gint progress = 0;

  if (job->task_id == NULL)
    job->started_us = g_get_monotonic_time ();
  g_free (job->task_id);
  job->task_id = g_strdup (gst_structure_get_string (task, "id"));
  gst_structure_get_int (task, "progress", &progress);
  gst_structure_get_boolean (task, "resumed", &resumed);
  job->percent = progress;

  event = new_event (job, "task");
  if (status != NULL)
    json_object_set_string_member (event, "status", status);
  json_object_set_int_member (event, "progress", progress);
  json_object_set_boolean_member (event, "resumed", resumed);
  print_event (job, event);
  if (job->options.status && !job->options.json)
    tell_status (job, task);
  draw_bar (job);
}

static void
on_progress (Job * job, GstMessage * message)
{
  g_autofree gchar *code = NULL, *text = NULL;
  GstProgressType type;
  gboolean is_download;

  gst_message_parse_progress (message, &type, &code, &text);
  is_download = strcmp (code, "download") == 0;
  if (is_download && type == GST_PROGRESS_TYPE_START) {
    job->is_downloading = TRUE;
    job->percent = 0;
    job->started_us = g_get_monotonic_time ();
  }
  if (is_download)
    gst_structure_get_int (gst_message_get_structure (message), "percent",
        &job->percent);

  /* The error or the signal has its own line, and the bar shows percentages. */
  if (!job->options.quiet && type != GST_PROGRESS_TYPE_ERROR
      && type != GST_PROGRESS_TYPE_CANCELED
      && !(type == GST_PROGRESS_TYPE_CONTINUE && (is_download
              || (job->has_bar && strchr (text, '%') != NULL)))
      && g_strcmp0 (text, job->text) != 0) {
    say (job, "%s", text);
    g_free (job->text);
    job->text = g_steal_pointer (&text);
  }
  draw_bar (job);
}

static void
on_warning (Job * job, GstMessage * message)
{
  JsonObject *event = new_event (job, "warning");
  g_autoptr (GError) warning = NULL;

  gst_message_parse_warning (message, &warning, NULL);
  say (job, _("Warning: %s"), warning->message);
  json_object_set_string_member (event, "message", warning->message);
  print_event (job, event);
}

/* What a script can do about an ERROR */
static ExitStatus
to_exit_status (Job * job, const GError * error, const GstStructure * details)
{
  g_autofree gchar *status = NULL;
  gboolean maybe_charged = FALSE;

  g_object_get (job->options.source, "status", &status, NULL);
  if (details != NULL)
    gst_structure_get_boolean (details, "maybe-charged", &maybe_charged);
  if (maybe_charged)
    return EXIT_MAYBE_CHARGED;
  if (g_strcmp0 (status, "failed") == 0 || g_strcmp0 (status, "cancelled") == 0)
    return EXIT_TASK_FAILED;
  if (job->task_id != NULL)
    return g_error_matches (error, GST_RESOURCE_ERROR,
        GST_RESOURCE_ERROR_NOT_FOUND) ? EXIT_FAILED : EXIT_RESUMABLE;
  if (error->domain != GST_RESOURCE_ERROR)
    return EXIT_FAILED;
  switch (error->code) {
    case GST_RESOURCE_ERROR_NOT_FOUND: /* a file, or the task-id */
    case GST_RESOURCE_ERROR_SETTINGS:
      return EXIT_USAGE;
    case GST_RESOURCE_ERROR_NOT_AUTHORIZED:
      return EXIT_NOT_AUTHORIZED;
    case GST_RESOURCE_ERROR_BUSY:
    case GST_RESOURCE_ERROR_OPEN_READ:
      return EXIT_BUSY;
    default:
      return EXIT_FAILED;
  }
}

static void
on_error (Job * job, GstMessage * message)
{
  JsonObject *event = new_event (job, "error");
  g_autoptr (GError) error = NULL;
  const GstStructure *details = NULL;
  ExitStatus status;

  gst_message_parse_error (message, &error, NULL);
  gst_message_parse_error_details (message, &details);
  status = to_exit_status (job, error, details);

  json_object_set_string_member (event, "message", error->message);
  json_object_set_int_member (event, "exit-status", status);
  json_object_set_boolean_member (event, "maybe-charged",
      status == EXIT_MAYBE_CHARGED);
  print_event (job, event);
  say (job, _("Error: %s"), error->message);
  /* What fails behind the source knows of no task. */
  if (status == EXIT_RESUMABLE
      && GST_MESSAGE_SRC (message) != GST_OBJECT (job->options.source))
    say (job, _("The task %s is paid for. When you have fixed this, the "
            "same command resumes it at no new charge."), job->task_id);
  if (status == EXIT_MAYBE_CHARGED)
    say (job, _("If the console shows the task, run foxapi-generate --task-id "
            "with its id. If it shows no charge, run the same command with "
            "--resubmit-maybe-charged."));
  end (job, status);
}

static gboolean
on_message (GstBus * bus, GstMessage * message, gpointer data)
{
  Job *job = data;

  /* What follows an error is only its consequence. */
  if (job->has_ended)
    return G_SOURCE_CONTINUE;
  switch (GST_MESSAGE_TYPE (message)) {
    case GST_MESSAGE_ELEMENT:
      if (gst_message_has_name (message, "foxapi-task"))
        on_task (job, gst_message_get_structure (message));
      break;
    case GST_MESSAGE_PROGRESS:
      on_progress (job, message);
      break;
    case GST_MESSAGE_WARNING:
      on_warning (job, message);
      break;
    case GST_MESSAGE_ERROR:
      on_error (job, message);
      break;
    case GST_MESSAGE_EOS:
      end (job, EXIT_SAVED);
      break;
    default:
      break;
  }
  return G_SOURCE_CONTINUE;
}

/* Whether a new process finds the task by its request */
static gboolean
is_recorded (Job * job)
{
  g_autofree gchar *directory = NULL;
  g_autoptr (GDir) records = NULL;
  gboolean is_found = FALSE;
  const gchar *name;

  g_object_get (job->options.source, "task-store", &directory, NULL);
  if (directory == NULL)
    directory = g_build_filename (g_get_user_state_dir (), "gst-foxapi", NULL);
  records = g_dir_open (directory, 0, NULL);
  while (!is_found && records && (name = g_dir_read_name (records)) != NULL) {
    g_autofree gchar *path = g_build_filename (directory, name, NULL);
    g_autofree gchar *text = NULL;

    is_found = g_str_has_suffix (name, ".task")
        && g_file_get_contents (path, &text, NULL, NULL)
        && strstr (text, job->task_id) != NULL;
  }
  return is_found;
}

/* From here on, a signal ends the process at once. */
static void
release_signals (Job * job)
{
  for (guint i = 0; i < G_N_ELEMENTS (job->signals); i++) {
    if (job->signals[i] != 0)
      g_source_remove (job->signals[i]);
    job->signals[i] = 0;
  }
}

static gboolean
on_signal (Job * job, int number)
{
  JsonObject *event;

  if (job->has_ended)
    return G_SOURCE_CONTINUE;
  /* Of a task that was named the answer may not be there yet. */
  if (job->task_id == NULL)
    g_object_get (job->options.source, "task-id", &job->task_id, NULL);
  event = new_event (job, "interrupted");
  json_object_set_int_member (event, "exit-status", EXIT_SIGNAL + number);
  print_event (job, event);
  if (job->options.status)
    say (job, _("Stopped. The task goes on at the service."));
  else if (job->task_id != NULL && is_recorded (job))
    say (job,
        _("Stopped. Task %s is paid for and goes on at the service: run the "
            "same command again to resume it, at no new charge."),
        job->task_id);
  else if (job->task_id != NULL)
    say (job,
        _("Stopped. Task %s is paid for and goes on at the service, but is not "
            "recorded: run foxapi-generate --task-id %s to resume it, at no new "
            "charge."), job->task_id, job->task_id);
  else
    say (job,
        _("Stopped. If the request has been sent, the program waits up to "
            "10 s for its answer; a second Ctrl-C would lose it. Then run the same "
            "command again: that resumes the task, or says how to find it."));
  end (job, EXIT_SIGNAL + number);
  /* That comes from the shell and from the system, one after the other. */
  if (number != SIGHUP)
    release_signals (job);
  return G_SOURCE_CONTINUE;
}

static gboolean
on_interrupt (gpointer job)
{
  return on_signal (job, SIGINT);
}

static gboolean
on_terminate (gpointer job)
{
  return on_signal (job, SIGTERM);
}

static gboolean
on_hangup (gpointer job)
{
  return on_signal (job, SIGHUP);
}

/* nohup has it ignored. */
static gboolean
ends_at_hangup (void)
{
  struct sigaction action;

  return sigaction (SIGHUP, NULL, &action) == 0 && action.sa_handler != SIG_IGN;
}

/* Whoever starts a program with these closed would have what it says in the file of
 * the video, which would be one of them. */
static void
open_standard_files (void)
{
  gint fd;

  do
    fd = open ("/dev/null", O_RDWR);
  while (fd >= 0 && fd <= STDERR_FILENO);
  if (fd >= 0)
    close (fd);
}

/* The source's own check and request, without a start */
static int
print_request (Job * job)
{
  const gchar *api_key = g_getenv ("FOXAPI_API_KEY");
  g_autoptr (GstBus) bus = gst_bus_new ();
  g_autoptr (GstQuery) query = gst_query_new_custom (GST_QUERY_CUSTOM,
      gst_structure_new_empty ("foxapi-check"));
  const GstStructure *answer = gst_query_get_structure (query);
  const gchar *request, *doubt;

  /* Whoever only tries it out may have none yet. */
  if (api_key == NULL || *api_key == '\0')
    g_object_set (job->options.source, "api-key", "none", NULL);
  gst_element_set_bus (job->options.source, bus);
  if (!gst_element_query (job->options.source, query)) {
    g_autoptr (GstMessage) message = gst_bus_pop_filtered (bus,
        GST_MESSAGE_ERROR);

    if (message != NULL)
      on_error (job, message);
    return message ? job->status : EXIT_FAILED;
  }
  request = gst_structure_get_string (answer, "request");
  doubt = gst_structure_get_string (answer, "doubt");
  if (request != NULL) {
    g_autoptr (JsonNode) node = json_from_string (request, NULL);
    g_autofree gchar *text = json_to_string (node, !job->options.json);

    printf ("%s\n", text);
    fflush (stdout);
  }
  if (ferror (stdout)) {
    say (job, "%s", _("The output cannot be written."));
    return EXIT_FAILED;
  }
  if (doubt != NULL)
    say (job, _("Warning: %s"), doubt);
  if (api_key == NULL || *api_key == '\0')
    say (job, _("Warning: %s"), _("There is no API key: set FOXAPI_API_KEY "
            "before you generate."));
  if (!job->options.quiet)
    g_printerr (_("Nothing was sent.\n"));
  return EXIT_SAVED;
}

static void
on_failure (GstBus * bus, GstMessage * message, gpointer data)
{
  Job *job = data;

  g_atomic_int_set (&job->has_failed, TRUE);
}

/* In the streaming thread, when the sink has written all, or has failed before: a
 * sink ends all the same. The source connects
 * after this: its task's record outlives the name of the file, so that a video that
 * is paid for is never without both. */
static void
on_end_of_stream (GstBus * bus, GstMessage * message, gpointer data)
{
  Job *job = data;
  g_autoptr (GError) error = NULL;

  if (job->file.part != NULL && !g_atomic_int_get (&job->has_failed)
      && !output_file_keep (&job->file, &error))
    gst_element_message_full (job->pipeline, GST_MESSAGE_ERROR,
        GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_WRITE,
        g_strconcat (error->message, ".", NULL), NULL, __FILE__, GST_FUNCTION,
        __LINE__);
}

static void
tell_saved (Job * job)
{
  JsonObject *event = new_event (job, "saved");

  json_object_set_string_member (event, "file", job->options.output);
  json_object_set_int_member (event, "exit-status", EXIT_SAVED);
  print_event (job, event);
  if (job->options.json || job->options.quiet)
    return;
  say (job, _("Saved %s"), job->options.output);
  if (!isatty (STDOUT_FILENO))
    printf ("%s\n", job->options.output);
}

static void
play (Job * job, GstElement * sink)
{
  g_autoptr (GstBus) bus = NULL;

  job->pipeline = gst_pipeline_new (NULL);
  gst_bin_add_many (GST_BIN (job->pipeline), gst_object_ref
      (job->options.source), sink, NULL);
  gst_element_link (job->options.source, sink);

  bus = gst_element_get_bus (job->pipeline);
  gst_bus_add_watch (bus, on_message, job);
  gst_bus_enable_sync_message_emission (bus);
  g_signal_connect (bus, "sync-message::error", G_CALLBACK (on_failure), job);
  g_signal_connect (bus, "sync-message::eos", G_CALLBACK (on_end_of_stream),
      job);
  job->signals[0] = g_unix_signal_add (SIGINT, on_interrupt, job);
  job->signals[1] = g_unix_signal_add (SIGTERM, on_terminate, job);
  if (ends_at_hangup ())
    job->signals[2] = g_unix_signal_add (SIGHUP, on_hangup, job);
  if (job->has_bar)
    g_timeout_add (REDRAW_MS, on_redraw, job);

  gst_element_set_state (job->pipeline, GST_STATE_PLAYING);
  g_main_loop_run (job->loop);
  gst_element_set_state (job->pipeline, GST_STATE_NULL);

  gst_bus_disable_sync_message_emission (bus);
  gst_bus_remove_watch (bus);
  gst_object_unref (job->pipeline);
}

/* With no record: to look at a task is not to have its result. */
static void
ask_for_status (Job * job)
{
  job->options.quiet = TRUE;
  g_object_set (job->options.source, "task-store", "", NULL);
  gst_util_set_object_arg (G_OBJECT (job->options.source), "output", "task");
  play (job, gst_element_factory_make ("fakesink", NULL));
}

/* What is wrong before there is anything to play */
static void
refuse (Job * job, const gchar * text)
{
  JsonObject *event = new_event (job, "error");

  job->status = EXIT_USAGE;
  json_object_set_string_member (event, "message", text);
  json_object_set_int_member (event, "exit-status", job->status);
  json_object_set_boolean_member (event, "maybe-charged", FALSE);
  print_event (job, event);
  say (job, "%s", text);
}

static void
save (Job * job)
{
  GstElement *sink;
  g_autoptr (GError) error = NULL;

  if (!output_file_open (&job->file, job->options.output, &error)) {
    g_autofree gchar *text =
        g_strdup_printf (_("%s. Name another file with -o. "
            "Nothing was sent."), error->message);

    refuse (job, text);
  } else {
    sink = gst_element_factory_make ("filesink", NULL);
    g_object_set (sink, "location", job->file.part, NULL);
    play (job, sink);
    /* A signal may have come in between. */
    if (job->file.is_named) {
      job->status = EXIT_SAVED;
      tell_saved (job);
    }
  }
  output_file_close (&job->file);
}

int
main (int argc, char **argv)
{
  Job job = { {NULL} };
  g_autoptr (GError) error = NULL;
  gboolean wants_json;

  open_standard_files ();
  setlocale (LC_ALL, "");
  foxapi_intl_bind ();
  gst_init (NULL, NULL);
  g_set_prgname ("foxapi-generate");
  job.options.source = gst_element_factory_make ("foxapivideosrc", NULL);
  if (job.options.source == NULL) {
    g_printerr (_("GStreamer does not find the element foxapivideosrc. Set "
            "GST_PLUGIN_PATH to the folder of libgstfoxapi.so.\n"));
    return EXIT_FAILED;
  }
  gst_object_ref_sink (job.options.source);

  job.loop = g_main_loop_new (NULL, FALSE);
  wants_json = g_strv_contains ((const gchar * const *) argv, "--json");
  if (!generate_options_parse (&job.options, &argc, &argv, &error)) {
    /* GOption takes back what it has read. */
    job.options.json = wants_json;
    /* What is not known may have the key as its value. */
    if (g_error_matches (error, G_OPTION_ERROR, G_OPTION_ERROR_UNKNOWN_OPTION))
      error->message[strcspn (error->message, "=")] = '\0';
    refuse (&job, error->message);
    say (&job, "%s", _("Try \"foxapi-generate --help\"."));
  } else if (job.options.version) {
    g_print ("foxapi-generate %s\n", PACKAGE_VERSION);
  } else if (job.options.dry_run) {
    job.status = print_request (&job);
  } else if (job.options.status) {
    ask_for_status (&job);
  } else {
    job.has_bar = !job.options.quiet && isatty (STDERR_FILENO);
    save (&job);
  }

  release_signals (&job);
  if (job.status == EXIT_SIGNAL + SIGHUP)
    signal (SIGHUP, SIG_IGN);
  generate_options_clear (&job.options);
  g_main_loop_unref (job.loop);
  g_free (job.task_id);
  g_free (job.text);
  return job.status;
}
