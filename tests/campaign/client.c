/* A client of the money campaign: a process with foxapivideosrc in it, or
 * foxapivideobin, that does what it is told to, and says on stdout what a user would have been told.
 *
 * The key comes by FOXAPI_API_KEY, as it should.
 *
 * Exit codes: 0 delivered, 1 an ERROR message, 2 wrong use.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "client.h"

#include <linux/capability.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

static ClientOptions options = {
  .cycles = 3,
  .restart_ms = 200,
  .file_limit = -1,
  .output_limit = -1,
};

static const GOptionEntry entries[] = {
  {"set", 0, 0, G_OPTION_ARG_STRING_ARRAY, &options.properties,
      "a property of the source", "NAME=VALUE"},
  {"output", 0, 0, G_OPTION_ARG_FILENAME, &options.output, "file", NULL},
  {"mode", 0, 0, G_OPTION_ARG_STRING, &options.mode_name,
      "plain, loop or supervise; clip makes a result", NULL},
  {"bin", 0, 0, G_OPTION_ARG_NONE, &options.is_bin, "foxapivideobin", NULL},
  {"behind", 0, 0, G_OPTION_ARG_STRING, &options.behind,
      "between the source and the file: queue or encoder", NULL},
  {"frames", 0, 0, G_OPTION_ARG_INT, &options.n_frames, "of a clip", NULL},
  {"cycles", 0, 0, G_OPTION_ARG_INT, &options.cycles, "starts of a loop", NULL},
  {"restart", 0, 0, G_OPTION_ARG_INT, &options.restart_ms,
      "of a supervisor, milliseconds", NULL},
  {"seed", 0, 0, G_OPTION_ARG_INT, &options.seed, "", NULL},
  {"file-limit", 0, 0, G_OPTION_ARG_INT64, &options.file_limit,
      "no file grows beyond this, until the result arrives", NULL},
  {"output-limit", 0, 0, G_OPTION_ARG_INT64, &options.output_limit,
      "nor beyond this from then on", NULL},
  G_OPTION_ENTRY_NULL
};

/* Read-only directories stop root only without its capabilities. */
static void
drop_capabilities (void)
{
  struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
  struct __user_cap_data_struct none[2];

  memset (none, 0, sizeof (none));
  if (syscall (SYS_capset, &header, none) != 0)
    g_printerr ("Capabilities are kept\n");
}

static void
set_file_limit (rlim_t bytes)
{
  struct rlimit limit;

  getrlimit (RLIMIT_FSIZE, &limit);
  limit.rlim_cur = MIN (bytes, limit.rlim_max);
  setrlimit (RLIMIT_FSIZE, &limit);
}

static GstPadProbeReturn
on_first_buffer (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  set_file_limit (options.output_limit >= 0 ? (rlim_t) options.output_limit :
      RLIM_INFINITY);
  return GST_PAD_PROBE_REMOVE;
}

/* The disk is full for the store, or for the output. */
static void
watch_first_buffer (GstElement * sink)
{
  g_autoptr (GstPad) pad = gst_element_get_static_pad (sink, "sink");

  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, on_first_buffer, NULL,
      NULL);
}

/* What goes out are the frames of the result, all of them, and nothing else. */
static GstElement *
make_bin (void)
{
  g_autoptr (GstCaps) caps = gst_caps_from_string (CLIENT_CLIP_CAPS);
  const GstStructure *structure = gst_caps_get_structure (caps, 0);
  GstElement *bin = gst_element_factory_make ("foxapivideobin", NULL);

  if (bin == NULL)
    return NULL;
  gst_util_set_object_arg (G_OBJECT (bin), "placeholder", "none");
  g_object_set (bin, "is-live", FALSE, NULL);
  for (gint i = 0; i < gst_structure_n_fields (structure); i++) {
    const gchar *name = gst_structure_nth_field_name (structure, i);

    if (g_object_class_find_property (G_OBJECT_GET_CLASS (bin), name) != NULL)
      g_object_set_property (G_OBJECT (bin), name,
          gst_structure_get_value (structure, name));
  }
  return bin;
}

static GstElement *
make_source (void)
{
  GstElement *source = options.is_bin ? make_bin () :
      gst_element_factory_make ("foxapivideosrc", NULL);

  if (source == NULL)
    return NULL;
  for (gchar ** each = options.properties; each && *each; each++) {
    g_auto (GStrv) parts = g_strsplit (*each, "=", 2);

    if (G_PARAM_SPEC_VALUE_TYPE (g_object_class_find_property
            (G_OBJECT_GET_CLASS (source), parts[0])) == G_TYPE_STRING)
      g_object_set (source, parts[0], parts[1], NULL);
    else
      gst_util_set_object_arg (G_OBJECT (source), parts[0], parts[1]);
  }
  return source;
}

static void
add_ghost (GstElement * bin, const gchar * child, const gchar * name)
{
  g_autoptr (GstElement) element = gst_bin_get_by_name (GST_BIN (bin), child);
  g_autoptr (GstPad) pad = gst_element_get_static_pad (element, name);

  gst_element_add_pad (bin, gst_ghost_pad_new (name, pad));
}

/* Each takes its time with everything, so that much is on its way when the end
 * leaves the source. */
static GstElement *
make_behind (void)
{
  gboolean encodes = g_str_equal (options.behind, "encoder");
  GstElement *bin = gst_parse_bin_from_description (encodes ?
      "decodebin name=first ! queue ! videoconvert ! identity sleep-time=2000 ! "
      CLIENT_ENCODER " ! queue ! identity name=last sleep-time=2000" :
      "queue name=first max-size-bytes=0 max-size-buffers=0 max-size-time=0 ! "
      "identity name=last sleep-time=2000", FALSE, NULL);

  add_ghost (bin, "first", "sink");
  add_ghost (bin, "last", "src");
  return bin;
}

static void
link_all (GstElement * pipeline, GstElement * source, GstElement * sink)
{
  GstElement *behind;

  if (options.behind == NULL) {
    gst_element_link_pads (source, options.is_bin ? "video" : "src", sink,
        "sink");
    return;
  }
  behind = make_behind ();
  gst_bin_add (GST_BIN (pipeline), behind);
  gst_element_link_many (source, behind, sink, NULL);
  g_object_set (source, "blocksize", 8192, NULL);
}

static gint
run_mode (ClientMode mode)
{
  Client client = {.options = &options,.source = make_source () };
  GstElement *sink = gst_element_factory_make (mode == CLIENT_PLAIN ?
      "filesink" : "fakesink", NULL);
  gint code;

  if (client.source == NULL || sink == NULL) {
    g_printerr ("Elements are missing\n");
    return 2;
  }
  watch_first_buffer (sink);
  client.pipeline = gst_pipeline_new (NULL);
  /* What is posted while it stops is to be seen. */
  g_object_set (client.pipeline, "auto-flush-bus", FALSE, NULL);
  client.bus = gst_element_get_bus (client.pipeline);
  gst_bin_add_many (GST_BIN (client.pipeline), client.source, sink, NULL);
  link_all (client.pipeline, client.source, sink);
  code = client_run (&client, sink, mode);
  gst_object_unref (client.bus);
  gst_object_unref (client.pipeline);
  return code;
}

/* Each seed has a picture of its own. None is flat: whole rows of one byte may be
 * taken for packets of MPEG-TS. */
#define MAX_WAVE 200

/* Writes a file of raw frames as output, and beside it what goes out: the frames
 * alone, or as the encoder makes them. */
static gint
make_clip (void)
{
  g_autofree gchar *line = g_strdup_printf ("videotestsrc num-buffers=%d "
      "pattern=zone-plate kt=5 kx2=%d ky2=%d ! " CLIENT_CLIP_CAPS " ! "
      "tee name=t ! queue ! avimux ! filesink location=\"%s\" "
      "t. ! queue ! %s ! filesink location=\"%s.frames\"", options.n_frames,
      1 + options.seed % MAX_WAVE, 1 + options.seed / MAX_WAVE % MAX_WAVE,
      options.output, options.behind ? CLIENT_ENCODER : "identity",
      options.output);
  g_autoptr (GError) error = NULL;
  g_autoptr (GstElement) pipeline = gst_parse_launch (line, &error);
  g_autoptr (GstBus) bus = NULL;
  g_autoptr (GstMessage) message = NULL;

  if (error != NULL) {
    g_printerr ("%s\n", error->message);
    return 2;
  }
  bus = gst_element_get_bus (pipeline);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  message = gst_bus_timed_pop_filtered (bus, GST_CLOCK_TIME_NONE,
      GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  return GST_MESSAGE_TYPE (message) == GST_MESSAGE_EOS ? 0 : 2;
}

/* What a bin and a clip need besides; a bin starts only where it could play what the
 * service makes. */
static const gchar *const more_plugins[] = { "app", "audioconvert", "audiorate",
  "audioresample", "avi", "isomp4", "openh264", "playback", "typefindfunctions",
  "videoconvertscale",
  "videorate", "videotestsrc", "y4menc"
};

static gboolean
load_plugin (const gchar * name, GError ** error)
{
  g_autofree gchar *path = g_strdup_printf ("%s/libgst%s.%s", GST_PLUGINS_DIR,
      name, G_MODULE_SUFFIX);
  g_autoptr (GstPlugin) plugin = gst_plugin_load_file (path, error);

  return plugin != NULL;
}

/* Only what is needed: the registry of a whole system takes long to make. */
static gboolean
load_plugins (GError ** error)
{
  if (!load_plugin ("coreelements", error))
    return FALSE;
  for (guint i = 0; i < G_N_ELEMENTS (more_plugins)
      && (options.is_bin || options.behind || options.n_frames > 0); i++) {
    if (!load_plugin (more_plugins[i], error))
      return FALSE;
  }
  return TRUE;
}

int
main (int argc, char **argv)
{
  static const gchar *const names[] = { "plain", "loop", "supervise" };
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_autoptr (GError) error = NULL;

  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, &argc, &argv, &error)) {
    g_printerr ("%s\n", error->message);
    return 2;
  }

  signal (SIGXFSZ, SIG_IGN);
  drop_capabilities ();
  g_setenv ("GST_PLUGIN_SYSTEM_PATH_1_0", "", TRUE);
  gst_init (NULL, NULL);
  if (!load_plugins (&error)) {
    g_printerr ("%s\n", error->message);
    return 2;
  }
  if (options.file_limit >= 0)
    set_file_limit (options.file_limit);

  if (g_strcmp0 (options.mode_name, "clip") == 0)
    return make_clip ();
  for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
    if (g_strcmp0 (options.mode_name, names[i]) == 0)
      return run_mode (i);
  }
  g_printerr ("There is no such mode\n");
  return 2;
}
