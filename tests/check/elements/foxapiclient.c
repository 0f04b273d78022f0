/* A client in a process of its own, to be killed, interrupted or looked at when
 * it has gone: runs the pipeline that its arguments describe, as gst-launch-1.0
 * does, but built like the tests, sanitizers included.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <glib-unix.h>
#include <gst/gst.h>

static gboolean
on_interrupt (gpointer data)
{
  g_main_loop_quit (data);
  return G_SOURCE_CONTINUE;
}

static gboolean
on_message (GstBus * bus, GstMessage * message, gpointer data)
{
  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_EOS
      || GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR)
    g_main_loop_quit (data);
  return G_SOURCE_CONTINUE;
}

static int
run (const gchar ** description)
{
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr (GError) error = NULL;
  GstElement *pipeline = gst_parse_launchv (description, &error);
  GstBus *bus;
  guint interrupt, watch;

  if (error != NULL) {
    g_printerr ("%s\n", error->message);
    gst_clear_object (&pipeline);
    return 1;
  }
  interrupt = g_unix_signal_add (SIGINT, on_interrupt, loop);
  bus = gst_element_get_bus (pipeline);
  watch = gst_bus_add_watch (bus, on_message, loop);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  g_main_loop_run (loop);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  g_source_remove (watch);
  g_source_remove (interrupt);
  gst_object_unref (bus);
  gst_object_unref (pipeline);
  return 0;
}

static void
load_plugins (const gchar * paths)
{
  g_auto (GStrv) list = g_strsplit (paths, G_SEARCHPATH_SEPARATOR_S, -1);

  for (gchar ** path = list; *path != NULL; path++) {
    g_autoptr (GstPlugin) plugin = gst_plugin_load_file (*path, NULL);

    if (plugin == NULL)
      g_printerr ("%s can't be loaded\n", *path);
  }
}

int
main (int argc, char **argv)
{
  const gchar *paths = g_getenv ("CHECK_PLUGINS");
  int status;

  gst_init (&argc, &argv);
  if (paths != NULL)
    load_plugins (paths);
  status = run ((const gchar **) argv + 1);
  gst_deinit ();
  return status;
}
