/* Stopping: how long set_state (NULL) takes
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 *   stop SERVICE RUNS PHASE=KIND,URL PHASE=KIND,URL…
 *
 * For each run, has each contestant in turn reach its phase, stops it, and prints
 * the seconds that took, one line a run. SERVICE is asked, by
 * /arrived/PHASE/N, when the phase is reached (silent: when somebody has said
 * something to the silent port); of floor there is nothing to see.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "benchutil.h"

/* From what the server sees to what the client has made of it. */
#define SETTLE_US 4000

/* For a phase that nobody sees. */
#define BLIND_US 25000

typedef struct
{
  gchar *phase;
  gchar *kind;
  gchar *url;
} Contestant;

static Contestant
parse_contestant (const gchar * text)
{
  g_auto (GStrv) words = g_strsplit_set (text, "=,", 3);
  Contestant contestant = { 0 };

  if (g_strv_length (words) != 3)
    exit (EXIT_FAILURE);
  contestant.phase = g_strdup (words[0]);
  contestant.kind = g_strdup (words[1]);
  contestant.url = g_strdup (words[2]);
  return contestant;
}

static void
wait_for_phase (const gchar * service, const gchar * phase, const gchar * id)
{
  g_autofree gchar *url = g_strdup_printf ("%s/arrived/%s/%s", service, phase,
      id);
  g_autofree gchar *path = NULL, *request = NULL;
  gchar answer[256];
  gint descriptor = bench_connect (url, &path);

  request = g_strdup_printf ("GET %s HTTP/1.1\r\n\r\n", path);
  if (send (descriptor, request, strlen (request), 0) < 0
      || recv (descriptor, answer, sizeof (answer), 0) <= 0)
    exit (EXIT_FAILURE);
  close (descriptor);
}

static gboolean
is_seen (const Contestant * contestant)
{
  return !g_str_equal (contestant->kind, "floor");
}

static gboolean
is_silent (const Contestant * contestant)
{
  return g_str_equal (contestant->phase, "silent");
}

static GstElement *
make_pipeline (const Contestant * contestant, const gchar * id)
{
  g_autofree gchar *url = is_seen (contestant) ?
      g_strdup_printf ("%s/%s", contestant->url, id) :
      g_strdup (contestant->url);
  GstElement *pipeline = gst_pipeline_new (NULL);
  GstElement *source = bench_make_source (contestant->kind, url);
  GstElement *sink = gst_element_factory_make ("fakesink", NULL);

  if (bench_is_foxapi (contestant->kind))
    g_object_set (source, "poll-interval",
        g_str_equal (contestant->phase, "running") ? 1000 : 1, NULL);
  gst_bin_add_many (GST_BIN (pipeline), source, sink, NULL);
  gst_element_link (source, sink);
  return pipeline;
}

static gdouble
run (const Contestant * contestant, const gchar * service)
{
  static guint n;
  g_autofree gchar *id = g_strdup_printf ("%d-%u", (gint) getpid (), n++);
  GstElement *pipeline = make_pipeline (contestant, id);
  gdouble start, took;

  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  if (is_seen (contestant))
    wait_for_phase (service, contestant->phase, is_silent (contestant) ? "hello"
        : id);
  g_usleep (is_seen (contestant) ? SETTLE_US : BLIND_US);

  start = bench_now ();
  gst_element_set_state (pipeline, GST_STATE_NULL);
  took = bench_now () - start;
  gst_object_unref (pipeline);
  return took;
}

int
main (int argc, char **argv)
{
  g_autofree Contestant *contestants = NULL;
  guint runs, n;

  gst_init (&argc, &argv);
  if (argc < 4)
    return EXIT_FAILURE;
  runs = strtoul (argv[2], NULL, 10);
  n = argc - 3;
  contestants = g_new0 (Contestant, n);
  for (guint i = 0; i < n; i++)
    contestants[i] = parse_contestant (argv[3 + i]);

  /* The first ones load what the others have by then. */
  for (guint i = 0; i < n; i++)
    run (&contestants[i], argv[1]);
  for (guint r = 0; r < runs; r++) {
    for (guint i = 0; i < n; i++)
      printf ("%s%.6f", i > 0 ? " " : "", run (&contestants[i], argv[1]));
    printf ("\n");
    fflush (stdout);
  }
  return EXIT_SUCCESS;
}
