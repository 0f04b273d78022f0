/* The first frame: from "completed" to the first decoded picture
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 *   firstframe ROUNDS SERVICE LINK FILE
 *   firstframe ROUNDS URI FILE
 *
 * Each round has every contestant show a first frame, and prints the seconds
 * each took: foxapivideosrc, souphttpsrc, playbin, curl and then play. SERVICE
 * answers a question with the task that has LINK, and says in the answer when it
 * did; for the others that moment is when they are told LINK. FILE is where
 * curl downloads to.
 *
 * With a URI of a clip in the clip cache the contestants are foxapivideosrc and
 * filesrc, which plays FILE.
 */

#include <gio/gio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "benchutil.h"

/* Beats of the questions: that and no longer stays of what row 2 measures. */
#define POLL_INTERVAL_MS 20

typedef struct
{
  GMutex lock;
  GCond seen;
  gdouble completed;
  gdouble first_frame;
} Show;

static GstPadProbeReturn
on_frame (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  Show *show = user_data;

  g_mutex_lock (&show->lock);
  if (show->first_frame == 0)
    show->first_frame = bench_now ();
  g_cond_signal (&show->seen);
  g_mutex_unlock (&show->lock);
  return GST_PAD_PROBE_OK;
}

static GstElement *
make_sink (Show * show)
{
  GstElement *sink = gst_element_factory_make ("fakesink", NULL);

  g_object_set (sink, "sync", FALSE, "async", FALSE, NULL);
  if (show != NULL)
    bench_watch (sink, on_frame, show);
  return sink;
}

static void
on_pad (GstElement * decoder, GstPad * pad, gpointer user_data)
{
  GstElement *pipeline = GST_ELEMENT (gst_element_get_parent (decoder));
  g_autoptr (GstCaps) caps = gst_pad_get_current_caps (pad);
  const gchar *kind = gst_structure_get_name (gst_caps_get_structure (caps, 0));
  GstElement *sink = make_sink (g_str_has_prefix (kind, "video/") ? user_data :
      NULL);
  g_autoptr (GstPad) sink_pad = gst_element_get_static_pad (sink, "sink");

  gst_bin_add (GST_BIN (pipeline), sink);
  gst_element_sync_state_with_parent (sink);
  gst_pad_link (pad, sink_pad);
  gst_object_unref (pipeline);
}

static GstElement *
make_pipeline (GstElement * source, Show * show)
{
  GstElement *pipeline = gst_pipeline_new (NULL);
  GstElement *decoder = gst_element_factory_make ("decodebin", NULL);

  g_signal_connect (decoder, "pad-added", G_CALLBACK (on_pad), show);
  gst_bin_add_many (GST_BIN (pipeline), source, decoder, NULL);
  gst_element_link (source, decoder);
  return pipeline;
}

/* The service says in its answer when it gave it. */
static GstBusSyncReply
on_message (GstBus * bus, GstMessage * message, gpointer user_data)
{
  Show *show = user_data;
  const GstStructure *structure = gst_message_get_structure (message);
  const gchar *json, *answered;

  if (!gst_message_has_name (message, "foxapi-task")
      || !gst_structure_has_field (structure, "results"))
    return GST_BUS_PASS;
  json = gst_structure_get_string (structure, "json");
  answered = strstr (json, "\"answered\": ");
  show->completed = g_ascii_strtod (answered + strlen ("\"answered\": "), NULL);
  return GST_BUS_PASS;
}

static gdouble
play (GstElement * pipeline, Show * show)
{
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  g_mutex_lock (&show->lock);
  while (show->first_frame == 0)
    g_cond_wait (&show->seen, &show->lock);
  g_mutex_unlock (&show->lock);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_object_unref (pipeline);
  return show->first_frame - show->completed;
}

static gdouble
show_foxapi (const gchar * service)
{
  Show show = { 0 };
  GstElement *source = bench_make_source ("foxapivideosrc", service);
  GstElement *pipeline = make_pipeline (source, &show);
  g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);

  g_object_set (source, "poll-interval", POLL_INTERVAL_MS, NULL);
  gst_bus_set_sync_handler (bus, on_message, &show, NULL);
  return play (pipeline, &show);
}

static gdouble
show_soup (const gchar * link)
{
  Show show = { 0 };
  GstElement *source = bench_make_source ("souphttpsrc", link);
  GstElement *pipeline = make_pipeline (source, &show);

  gst_element_set_state (pipeline, GST_STATE_READY);
  show.completed = bench_now ();
  return play (pipeline, &show);
}

static gdouble
show_playbin (const gchar * link)
{
  Show show = { 0 };
  GstElement *pipeline = gst_element_factory_make ("playbin", NULL);

  g_object_set (pipeline, "video-sink", make_sink (&show),
      "audio-sink", make_sink (NULL), NULL);
  gst_element_set_state (pipeline, GST_STATE_READY);
  show.completed = bench_now ();
  g_object_set (pipeline, "uri", link, NULL);
  return play (pipeline, &show);
}

static gdouble
show_download (const gchar * link, const gchar * file)
{
  Show show = { 0 };
  g_autoptr (GSubprocess) curl = NULL;
  GstElement *source;

  show.completed = bench_now ();
  curl = g_subprocess_new (G_SUBPROCESS_FLAGS_NONE, NULL, "curl", "-s", "-o",
      file, link, NULL);
  g_subprocess_wait_check (curl, NULL, NULL);
  source = gst_element_factory_make ("filesrc", NULL);
  g_object_set (source, "location", file, NULL);
  return play (make_pipeline (source, &show), &show);
}

static gdouble
show_uri (const gchar * uri)
{
  Show show = { 0 };
  GstElement *source = gst_element_make_from_uri (GST_URI_SRC, uri, NULL, NULL);

  show.completed = bench_now ();
  return play (make_pipeline (source, &show), &show);
}

static int
compare_clip (guint rounds, const gchar * uri, const gchar * file)
{
  g_autofree gchar *file_uri = gst_filename_to_uri (file, NULL);

  for (guint i = 0; i <= rounds; i++) {
    gdouble clip = show_uri (uri);
    gdouble plain = show_uri (file_uri);

    if (i > 0)
      printf ("%.6f %.6f\n", clip, plain);
  }
  return EXIT_SUCCESS;
}

int
main (int argc, char **argv)
{
  guint rounds;

  gst_init (&argc, &argv);
  if (argc < 4)
    return EXIT_FAILURE;
  rounds = strtoul (argv[1], NULL, 10);
  if (argc == 4)
    return compare_clip (rounds, argv[2], argv[3]);

  /* The first round loads the plugins and is not counted. */
  for (guint i = 0; i <= rounds; i++) {
    gdouble foxapi = show_foxapi (argv[2]);
    gdouble soup = show_soup (argv[3]);
    gdouble playbin = show_playbin (argv[3]);
    gdouble download = show_download (argv[3], argv[4]);

    if (i > 0)
      printf ("%.6f %.6f %.6f %.6f\n", foxapi, soup, playbin, download);
  }
  return EXIT_SUCCESS;
}
