/* What the tests of foxapivideobin share.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "binharness.h"

#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Only a broken test sees the end of this. */
#define TIMEOUT_US (60 * G_USEC_PER_SEC)

#define PICTURES "videotestsrc num-buffers=10 pattern=ball ! " \
    "video/x-raw,format=I420,width=64,height=36,framerate=25/1 ! " \
    "x264enc speed-preset=ultrafast tune=zerolatency ! h264parse ! mux. "
#define SOUND "audiotestsrc num-buffers=20 samplesperbuffer=960 ! " \
    "audio/x-raw,rate=48000,channels=2 ! avenc_aac ! aacparse ! mux. "
#define MUX "mp4mux name=mux"

GBytes *bin_result;
GBytes *bin_result_without_video;
gchar *bin_tmp;

static GCond arrived;
static pid_t owner;             /* of the folder */

/* Before anything asks for the folder of temporary files: GLib remembers it. */
static void
make_tmp (void)
{
  const gchar *parent = g_getenv ("TMPDIR");

  bin_tmp = g_build_filename (parent ? parent : "/tmp", "foxapi-bin-XXXXXX",
      NULL);
  fail_unless (g_mkdtemp (bin_tmp) != NULL);
  g_setenv ("TMPDIR", bin_tmp, TRUE);
  fail_unless_equals_string (g_get_tmp_dir (), bin_tmp);
}

/* No GSubprocess, whose thread would be missed in the tests, which are forked */
GBytes *
bin_make_file (const gchar * line)
{
  g_autofree gchar *path = g_build_filename (bin_tmp, "made", NULL);
  g_autofree gchar *all = g_strdup_printf ("%s ! filesink location=%s", line,
      path);
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) words = NULL;
  g_autoptr (GPtrArray) argv = g_ptr_array_new ();
  gchar *data = NULL;
  gsize size;
  gint status;

  fail_unless (g_shell_parse_argv (all, NULL, &words, &error));
  g_ptr_array_add (argv, (gpointer) g_getenv ("CHECK_CLIENT"));
  for (guint i = 0; words[i] != NULL; i++)
    g_ptr_array_add (argv, words[i]);
  g_ptr_array_add (argv, NULL);
  fail_unless (g_spawn_sync (NULL, (gchar **) argv->pdata, NULL,
          G_SPAWN_DEFAULT, NULL, NULL, NULL, NULL, &status, &error), "%s",
      error ? error->message : "");
  fail_unless (g_spawn_check_wait_status (status, &error), "%s",
      error ? error->message : "");
  fail_unless (g_file_get_contents (path, &data, &size, NULL));
  fail_unless (size > 0, "Nothing came of %s", line);
  g_unlink (path);
  return g_bytes_new_take (data, size);
}

/* Tests are forked, and end like programs. */
static void
remove_tmp (void)
{
  if (getpid () != owner)
    return;
  g_clear_pointer (&bin_result, g_bytes_unref);
  g_clear_pointer (&bin_result_without_video, g_bytes_unref);
  harness_remove_tree (bin_tmp);
  g_clear_pointer (&bin_tmp, g_free);
}

void
bin_prepare (void)
{
  if (bin_tmp != NULL)
    return;
  make_tmp ();
  owner = getpid ();
  atexit (remove_tmp);
  bin_result = bin_make_file (PICTURES SOUND MUX);
  bin_result_without_video = bin_make_file (SOUND MUX);
}

/* What a test that failed has left is not the next one's fault. */
static void
clean_tmp (void)
{
  harness_remove_tree (bin_tmp);
  fail_unless_equals_int (g_mkdir (bin_tmp, 0700), 0);
}

static void
setup (gboolean manual, gboolean without_length)
{
  FoxapiSimOptions options;

  clean_tmp ();
  g_clear_pointer (&payload, g_bytes_unref);
  payload = g_bytes_ref (bin_result);
  options = harness_options ();
  options.manual = manual;
  options.no_length = options.no_ranges = without_length;
  harness_setup_with (&options);
}

void
bin_setup (void)
{
  setup (FALSE, FALSE);
}

void
bin_setup_manual (void)
{
  setup (TRUE, FALSE);
}

void
bin_setup_without_length (void)
{
  setup (FALSE, TRUE);
}

GstElement *
bin_new (const gchar * property, ...)
{
  GstElement *bin = harness_element ("foxapivideobin");
  va_list args;

  g_object_set (bin, "name", "bin", "width", 64, "height", 36, "framerate", 25,
      1, NULL);
  /* Without a reference each start has a WARNING of its own. */
  harness_set_list (bin, "reference-image-urls", "https://a.example/1", NULL);
  va_start (args, property);
  if (property != NULL)
    g_object_set_valist (G_OBJECT (bin), property, args);
  va_end (args);
  return bin;
}

GSubprocess *
bin_spawn (const gchar * line, gboolean trace_leaks)
{
  g_autoptr (GSubprocessLauncher) launcher = harness_launcher (trace_leaks);
  g_autofree gchar *all = g_strdup_printf ("%s foxapivideobin name=bin "
      "prompt=Fox poll-interval=20 retries=0 width=64 height=36 "
      "framerate=25/1 base-url=%s task-store=%s %s", g_getenv ("CHECK_CLIENT"),
      foxapi_sim_get_base_url (sim), store, line);
  g_auto (GStrv) words = NULL;
  g_autoptr (GError) error = NULL;
  GSubprocess *client;

  fail_unless (g_shell_parse_argv (all, NULL, &words, &error));
  client = g_subprocess_launcher_spawnv (launcher,
      (const gchar * const *) words, &error);
  fail_unless (client != NULL, "%s", error ? error->message : "");
  return client;
}

gchar *
bin_leftovers (void)
{
  g_autoptr (GDir) directory = g_dir_open (bin_tmp, 0, NULL);
  GString *text = g_string_new (NULL);
  const gchar *name;

  while (directory != NULL && (name = g_dir_read_name (directory)) != NULL) {
    g_autofree gchar *path = g_build_filename (bin_tmp, name, NULL);
    g_autoptr (GPtrArray) files = NULL;

    if (!g_str_has_prefix (name, "gst-foxapi"))
      continue;
    g_string_append_printf (text, "%s\n", path);
    files = harness_list_files (path);
    for (guint i = 0; i < files->len; i++)
      g_string_append_printf (text, "%s\n",
          (gchar *) g_ptr_array_index (files, i));
  }
  return g_string_free (text, FALSE);
}

static GstPadProbeReturn
on_arrived (GstPad * pad, GstPadProbeInfo * info, gpointer data)
{
  Run *run = data;

  g_mutex_lock (&run->lock);
  g_cond_broadcast (&arrived);
  g_mutex_unlock (&run->lock);
  return GST_PAD_PROBE_OK;
}

Run *
bin_run_new (GstElement * bin)
{
  Run *run = run_new (bin);
  g_autoptr (GstPad) pad = gst_element_get_static_pad (run->sink, "sink");

  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, on_arrived, run, NULL);
  return run;
}

void
bin_complete (Run * run)
{
  run_to_task (run, GST_STATE_PLAYING, NULL);
  foxapi_sim_set_task (sim, NULL, "completed", 100);
}

void
bin_abandon (Run * run)
{
  run_to_task (run, GST_STATE_PLAYING, NULL);
  run_stop (run);
}

/* Called with the lock: the buffers that have arrived from this point on */
static guint
count (const gchar * flow)
{
  guint n = 0;

  for (; flow != NULL && *flow != '\0'; flow++)
    n += *flow == 'b';
  return n;
}

guint
bin_count_buffers (Run * run)
{
  guint n;

  g_mutex_lock (&run->lock);
  n = count (run->flow->str);
  g_mutex_unlock (&run->lock);
  return n;
}

/* Of the result, or in all */
static void
wait_for_buffers (Run * run, guint n, gboolean of_result)
{
  gint64 end_us = g_get_monotonic_time () + TIMEOUT_US;
  gboolean is_there = TRUE;

  g_mutex_lock (&run->lock);
  while (count (of_result ? strchr (run->flow->str, 't') : run->flow->str) < n
      && is_there)
    is_there = g_cond_wait_until (&arrived, &run->lock, end_us);
  g_mutex_unlock (&run->lock);
  fail_unless (is_there, "Waited in vain for %u buffers%s", n, of_result ?
      " of the result" : "");
}

void
bin_wait_buffers (Run * run, guint n)
{
  wait_for_buffers (run, n, FALSE);
}

void
bin_wait_on_air (Run * run)
{
  wait_for_buffers (run, 1, TRUE);
}

void
bin_request (Run * run, const gchar * pad)
{
  g_autoptr (GstPad) requested = gst_element_request_pad_simple (run->source,
      pad);

  fail_unless (requested != NULL, "There is no pad %s", pad);
}

GstElement *
bin_feed (Run * run, const gchar * line, const gchar * pad)
{
  g_autoptr (GError) error = NULL;
  g_autofree gchar *all = g_strdup_printf ("%s ! identity", line);
  GstElement *feed = gst_parse_bin_from_description (all, TRUE, &error);
  g_autoptr (GstPad) sink = NULL;

  fail_unless (feed != NULL, "%s: %s", line, error ? error->message : "");
  gst_bin_add (GST_BIN (run->pipeline), feed);
  fail_unless (gst_element_link_pads (feed, "src", run->source, pad));
  sink = gst_element_get_static_pad (run->source, pad);
  fail_unless (sink != NULL, "There is no pad %s", pad);
  return feed;
}

const GstStructure *
bin_wait_reference (Run * run)
{
  for (;;) {
    GstMessage *message = run_wait (run, GST_MESSAGE_ELEMENT);

    if (gst_message_has_name (message, "foxapi-reference"))
      return gst_message_get_structure (message);
  }
}

const GstStructure *
bin_wait_warning (Run * run, GQuark domain, gint code)
{
  GstMessage *message = run_wait (run, GST_MESSAGE_WARNING);
  const GstStructure *details = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree gchar *debug = NULL;

  gst_message_parse_warning (message, &error, &debug);
  fail_unless (error->domain == domain && error->code == code,
      "%s %d instead of %s %d: %s (%s)", g_quark_to_string (error->domain),
      error->code, g_quark_to_string (domain), code, error->message, debug);
  fail_unless (GST_MESSAGE_SRC (message) == GST_OBJECT (run->source));
  gst_message_parse_warning_details (message, &details);
  return details;
}

const GstStructure *
bin_to_warning (Run * run, GQuark domain, gint code)
{
  run_set_state (run, GST_STATE_PLAYING);
  return bin_wait_warning (run, domain, code);
}

void
bin_assert_begins_no_clip (Run * run, guint clip)
{
  g_autofree gchar *name = g_strdup_printf ("/result-%u.", clip);
  g_autofree gchar *left = NULL;

  g_object_set (run->source, "end", 99, NULL);
  bin_wait_warning (run, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_SETTINGS);
  left = bin_leftovers ();
  fail_if (strstr (left, name) != NULL, "%s", left);
}

void
bin_assert_count (Run * run, GstMessageType type, guint n)
{
  fail_unless_equals_int (run_count (run, type), n);
  for (guint i = 0; i < run->messages->len; i++) {
    GstMessage *message = g_ptr_array_index (run->messages, i);

    if (GST_MESSAGE_TYPE (message) == type)
      fail_unless (GST_MESSAGE_SRC (message) == GST_OBJECT (run->source),
          "%s is from %s", GST_MESSAGE_TYPE_NAME (message),
          GST_MESSAGE_SRC_NAME (message));
  }
}
