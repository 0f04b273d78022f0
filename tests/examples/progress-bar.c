/* progress-bar: a prompt becomes a file, with a bar while it takes its time
 *
 *   progress-bar PROMPT FILE.mp4 [PROPERTY=VALUE...]
 *   progress-bar --task=ID FILE.mp4
 *
 * Shows how an application follows the messages of foxapivideosrc, draws the
 * progress and the time, ends cleanly on Ctrl-C, and says how to go on without
 * paying again. On a terminal the bar is redrawn in place; elsewhere a line is
 * printed for each change.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <glib-unix.h>
#include <gst/gst.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BAR_CHARS 30
#define REDRAW_MS 250
#define EXIT_INTERRUPTED 130

typedef struct
{
  GMainLoop *loop;
  GstElement *pipeline;
  const gchar *file;

  gchar *task_id;               /* NULL until there is a task */
  gint progress;
  gint64 started_us;            /* when the task was first heard of */
  gboolean is_downloading;
  gboolean on_terminal;
  int status;                   /* to exit with */
} Job;

/* Not what is left: the service's estimate is the same for every task, and its
 * progress jumps. */
static gchar *
describe (Job * job)
{
  gchar bar[BAR_CHARS + 1];
  gint filled = job->progress * BAR_CHARS / 100;
  gint elapsed_s = (g_get_monotonic_time () - job->started_us) / G_USEC_PER_SEC;

  if (job->is_downloading)
    return g_strdup ("Downloading");
  memset (bar, '.', BAR_CHARS);
  memset (bar, '#', filled);
  bar[BAR_CHARS] = '\0';
  return g_strdup_printf ("[%s] %3d %%, %d:%02d so far", bar, job->progress,
      elapsed_s / 60, elapsed_s % 60);
}

static void
draw (Job * job)
{
  g_autofree gchar *text = NULL;

  if (job->task_id == NULL)
    return;
  text = describe (job);
  if (job->on_terminal)
    g_print ("\r\033[K%s", text);
  else
    g_print ("%s\n", text);
}

static gboolean
on_redraw (gpointer data)
{
  draw (data);
  return G_SOURCE_CONTINUE;
}

/* Ends the bar's line, for text that is to stay. */
static void
end_line (Job * job)
{
  if (job->on_terminal && job->task_id != NULL)
    g_print ("\n");
}

static void
read_task (Job * job, const GstStructure * task)
{
  const gchar *id = gst_structure_get_string (task, "id");

  if (g_strcmp0 (id, job->task_id) != 0) {
    g_free (job->task_id);
    job->task_id = g_strdup (id);
  }
  gst_structure_get_int (task, "progress", &job->progress);
}

static void
on_task (Job * job, const GstStructure * task)
{
  gboolean is_first = job->task_id == NULL, resumed = FALSE;

  read_task (job, task);
  if (is_first) {
    gst_structure_get_boolean (task, "resumed", &resumed);
    job->started_us = g_get_monotonic_time ();
    g_print ("Task %s%s\n", job->task_id,
        resumed ? ", taken up: nothing is charged again" : ", charged");
  }
  job->is_downloading = gst_structure_has_field (task, "results");
  draw (job);
}

static void
on_warning (Job * job, GstMessage * message)
{
  g_autoptr (GError) warning = NULL;

  gst_message_parse_warning (message, &warning, NULL);
  end_line (job);
  g_printerr ("Warning: %s\n", warning->message);
}

/* The message itself says what to do; the details say it to programs. */
static void
on_error (Job * job, GstMessage * message)
{
  g_autoptr (GError) error = NULL;
  const GstStructure *details = NULL;
  gboolean maybe_charged = FALSE;

  gst_message_parse_error (message, &error, NULL);
  gst_message_parse_error_details (message, &details);
  if (details != NULL)
    gst_structure_get_boolean (details, "maybe-charged", &maybe_charged);

  end_line (job);
  g_printerr ("%s%s\n", maybe_charged ? "MAYBE CHARGED. " : "", error->message);
  job->status = EXIT_FAILURE;
  g_main_loop_quit (job->loop);
}

static gboolean
on_message (GstBus * bus, GstMessage * message, gpointer data)
{
  Job *job = data;

  switch (GST_MESSAGE_TYPE (message)) {
    case GST_MESSAGE_ELEMENT:
      if (gst_message_has_name (message, "foxapi-task"))
        on_task (job, gst_message_get_structure (message));
      break;
    case GST_MESSAGE_WARNING:
      on_warning (job, message);
      break;
    case GST_MESSAGE_ERROR:
      on_error (job, message);
      break;
    case GST_MESSAGE_EOS:
      end_line (job);
      g_print ("Saved %s\n", job->file);
      g_main_loop_quit (job->loop);
      break;
    default:
      break;
  }
  return G_SOURCE_CONTINUE;
}

static gboolean
on_interrupt (gpointer data)
{
  Job *job = data;

  end_line (job);
  if (job->task_id != NULL)
    g_print ("Stopped. The task is paid for and goes on at the service. To go "
        "on, now or on another machine, without another charge:\n"
        "  %s --task=%s %s\n", g_get_prgname (), job->task_id, job->file);
  else
    g_print ("Stopped before a task was known. If there is one, the same "
        "command takes it up.\n");
  job->status = EXIT_INTERRUPTED;
  g_main_loop_quit (job->loop);
  return G_SOURCE_CONTINUE;
}

/* "PROPERTY=VALUE", as in a launch line. What does not fit is refused, because a
 * typing error would pay for another video: gst_util_set_object_arg() would keep
 * the default without a word. */
static gboolean
set_property (GstElement * source, const gchar * text)
{
  g_auto (GStrv) parts = g_strsplit (text, "=", 2);
  GParamSpec *pspec = parts[0] && parts[1] ?
      g_object_class_find_property (G_OBJECT_GET_CLASS (source),
      parts[0]) : NULL;
  g_auto (GValue) value = G_VALUE_INIT;

  if (pspec == NULL || !(pspec->flags & G_PARAM_WRITABLE)) {
    g_printerr ("%s is no PROPERTY=VALUE of foxapivideosrc\n", text);
    return FALSE;
  }
  g_value_init (&value, pspec->value_type);
  if (G_IS_PARAM_SPEC_STRING (pspec)) {
    g_value_set_string (&value, parts[1]);
  } else if (!gst_value_deserialize_with_pspec (&value, parts[1], pspec)
      || g_param_value_validate (pspec, &value)) {
    g_printerr ("%s takes no value %s: gst-inspect-1.0 foxapivideosrc lists "
        "what it takes\n", parts[0], parts[1]);
    return FALSE;
  }
  g_object_set_property (G_OBJECT (source), parts[0], &value);
  return TRUE;
}

/* The pipeline: a source of the wanted task or prompt, and the file */
static GstElement *
make_pipeline (const gchar * task, gchar ** words, const gchar ** file)
{
  g_autoptr (GstElement) pipeline = gst_pipeline_new (NULL);
  GstElement *source = gst_element_factory_make ("foxapivideosrc", NULL);
  GstElement *sink = gst_element_factory_make ("filesink", NULL);

  if (source == NULL) {
    g_printerr ("foxapivideosrc is not installed: set GST_PLUGIN_PATH\n");
    return NULL;
  }
  gst_bin_add_many (GST_BIN (pipeline), source, sink, NULL);
  gst_element_link (source, sink);

  if (task != NULL)
    g_object_set (source, "task-id", task, NULL);
  else
    g_object_set (source, "prompt", *words++, NULL);
  *file = *words++;
  g_object_set (sink, "location", *file, NULL);
  for (; *words != NULL; words++) {
    if (!set_property (source, *words))
      return NULL;
  }
  return g_steal_pointer (&pipeline);
}

static void
run (Job * job)
{
  g_autoptr (GstBus) bus = gst_element_get_bus (job->pipeline);
  guint sources[] = {
    gst_bus_add_watch (bus, on_message, job),
    g_unix_signal_add (SIGINT, on_interrupt, job),
    g_unix_signal_add (SIGTERM, on_interrupt, job),
    job->on_terminal ? g_timeout_add (REDRAW_MS, on_redraw, job) : 0,
  };

  gst_element_set_state (job->pipeline, GST_STATE_PLAYING);
  g_main_loop_run (job->loop);
  gst_element_set_state (job->pipeline, GST_STATE_NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (sources); i++) {
    if (sources[i] != 0)
      g_source_remove (sources[i]);
  }
}

int
main (int argc, char **argv)
{
  g_autofree gchar *task = NULL;
  g_auto (GStrv) words = NULL;
  const GOptionEntry entries[] = {
    {"task", 't', 0, G_OPTION_ARG_STRING, &task,
        "Take up this task instead of submitting a prompt", "ID"},
    {G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_STRING_ARRAY, &words, NULL, NULL},
    {NULL, 0, 0, 0, NULL, NULL, NULL}
  };
  g_autoptr (GOptionContext) context =
      g_option_context_new ("PROMPT FILE.mp4 [PROPERTY=VALUE...]");
  g_autoptr (GError) error = NULL;
  Job job = { NULL };

  g_option_context_add_main_entries (context, entries, NULL);
  g_option_context_add_group (context, gst_init_get_option_group ());
  if (!g_option_context_parse (context, &argc, &argv, &error)) {
    g_printerr ("%s\n", error->message);
    return 2;
  }
  if (words == NULL || g_strv_length (words) < (task ? 1 : 2)) {
    g_autofree gchar *help = g_option_context_get_help (context, TRUE, NULL);

    g_printerr ("%s", help);
    return 2;
  }

  job.pipeline = make_pipeline (task, words, &job.file);
  if (job.pipeline == NULL)
    return 2;
  job.loop = g_main_loop_new (NULL, FALSE);
  job.on_terminal = isatty (STDOUT_FILENO);
  run (&job);

  gst_object_unref (job.pipeline);
  g_main_loop_unref (job.loop);
  g_free (job.task_id);
  return job.status;
}
