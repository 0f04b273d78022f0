/* second-take: a generation from a generation, in one pipeline that grows
 *
 *   second-take PROMPT NEXT-PROMPT FIRST.mp4 SECOND.mp4 [PROPERTY=VALUE...]
 *
 * When the first task has completed, its message has links to the results. They
 * become the reference videos of a second element, which is added to the running
 * pipeline while the first one still downloads. Each of the two is paid for.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <glib/gstdio.h>
#include <gst/gst.h>
#include <stdlib.h>
#include <string.h>

typedef struct
{
  GstElement *pipeline;
  const gchar *prompts[2];
  const gchar *files[2];
  gchar **settings;             /* PROPERTY=VALUE, of both elements */
  guint n_takes;                /* that have been added */
  guint n_saved;                /* that are files by now */
  GstElement *sources[2];       /* children of the pipeline */
  GstElement *sinks[2];         /* so are these */
} Takes;

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

/* (transfer full): the name of a file until it is complete */
static gchar *
part_of (const gchar * file)
{
  return g_strconcat (file, ".part", NULL);
}

/* @references: (nullable): a GstValueArray of URLs */
static void
add_take (Takes * takes, const GValue * references)
{
  guint nth = takes->n_takes++;
  GstElement *source = gst_element_factory_make ("foxapivideosrc", NULL);
  GstElement *sink = gst_element_factory_make ("filesink", NULL);
  g_autofree gchar *part = NULL;

  if (source == NULL || sink == NULL) {
    g_printerr ("foxapivideosrc or filesink is missing: see the README\n");
    exit (EXIT_FAILURE);
  }
  g_object_set (source, "prompt", takes->prompts[nth], "model",
      references ? "wan-2.7-reference-to-video" : "wan-2.7-text-to-video",
      NULL);
  for (gchar ** setting = takes->settings; *setting != NULL; setting++) {
    if (!set_property (source, *setting))
      exit (EXIT_FAILURE);
  }
  if (references != NULL)
    g_object_set_property (G_OBJECT (source), "reference-video-urls",
        references);
  /* It is added while the others play: there is no common preroll any more. */
  part = part_of (takes->files[nth]);
  g_object_set (sink, "location", part, "async", FALSE, NULL);

  gst_bin_add_many (GST_BIN (takes->pipeline), source, sink, NULL);
  gst_element_link (source, sink);
  gst_element_sync_state_with_parent (sink);
  gst_element_sync_state_with_parent (source);
  takes->sources[nth] = source;
  takes->sinks[nth] = sink;
}

static void
on_task (Takes * takes, GstMessage * message)
{
  const GstStructure *task = gst_message_get_structure (message);
  const GValue *results = gst_structure_get_value (task, "results");

  g_print ("%s: %s\n", gst_structure_get_string (task, "id"),
      gst_structure_get_string (task, "status"));
  if (results != NULL && takes->n_takes == 1
      && GST_MESSAGE_SRC (message) == GST_OBJECT (takes->sources[0]))
    add_take (takes, results);
}

/* A short result may be a file before the second take is there, which would end
 * the pipeline: so the sinks are counted, not the pipeline's EOS. */
static void
on_forwarded (Takes * takes, GstMessage * message)
{
  g_autoptr (GstMessage) forwarded = NULL;

  gst_structure_get (gst_message_get_structure (message), "message",
      GST_TYPE_MESSAGE, &forwarded, NULL);
  if (GST_MESSAGE_TYPE (forwarded) != GST_MESSAGE_EOS)
    return;
  for (guint i = 0; i < takes->n_takes; i++) {
    if (GST_MESSAGE_SRC (forwarded) == GST_OBJECT (takes->sinks[i])) {
      g_autofree gchar *part = part_of (takes->files[i]);

      g_rename (part, takes->files[i]);
      takes->n_saved++;
    }
  }
}

/* %FALSE: it has ended */
static gboolean
handle (Takes * takes, GstMessage * message, int *status)
{
  g_autoptr (GError) error = NULL;

  switch (GST_MESSAGE_TYPE (message)) {
    case GST_MESSAGE_ELEMENT:
      if (gst_message_has_name (message, "foxapi-task"))
        on_task (takes, message);
      else if (gst_message_has_name (message, "GstBinForwarded"))
        on_forwarded (takes, message);
      return takes->n_saved < G_N_ELEMENTS (takes->sources);
    case GST_MESSAGE_ERROR:
      gst_message_parse_error (message, &error, NULL);
      g_printerr ("%s\n", error->message);
      *status = EXIT_FAILURE;
      return FALSE;
    default:
      return TRUE;
  }
}

int
main (int argc, char **argv)
{
  Takes takes = { NULL };
  g_autoptr (GstBus) bus = NULL;
  int status = EXIT_SUCCESS;
  gboolean goes_on = TRUE;

  gst_init (&argc, &argv);
  if (argc < 5) {
    g_printerr ("Usage: second-take PROMPT NEXT-PROMPT FIRST.mp4 SECOND.mp4 "
        "[PROPERTY=VALUE...]\n");
    return 2;
  }
  takes.pipeline = gst_pipeline_new (NULL);
  g_object_set (takes.pipeline, "message-forward", TRUE, NULL);
  memcpy (takes.prompts, argv + 1, sizeof (takes.prompts));
  memcpy (takes.files, argv + 3, sizeof (takes.files));
  takes.settings = argv + 5;

  bus = gst_element_get_bus (takes.pipeline);
  add_take (&takes, NULL);
  if (gst_element_set_state (takes.pipeline, GST_STATE_PLAYING)
      == GST_STATE_CHANGE_FAILURE)
    status = EXIT_FAILURE;
  while (goes_on) {
    g_autoptr (GstMessage) message = gst_bus_timed_pop (bus,
        GST_CLOCK_TIME_NONE);

    goes_on = handle (&takes, message, &status);
  }
  gst_element_set_state (takes.pipeline, GST_STATE_NULL);
  gst_object_unref (takes.pipeline);
  return status;
}
