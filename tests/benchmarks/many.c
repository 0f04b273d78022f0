/* Many elements that wait
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 *   many foxapivideosrc|souphttpsrc|floor URL N SECONDS one|each
 *
 * Starts one element, then the rest of N, in one pipeline or in one each, has
 * them wait, and prints what each of them costs meanwhile. URL gets a number
 * at its end.
 */

#include <stdio.h>
#include <stdlib.h>

#include "benchutil.h"

/* foxapivideosrc says when it waits. Of the others, after this long whatever was
 * started waits, and so long more for each. */
#define SETTLE_US (1500 * 1000)
#define SETTLE_EACH_US 4000

typedef struct
{
  const gchar *kind;
  const gchar *url;
  gboolean in_one;
  GPtrArray *pipelines;
  guint n;
} Crowd;

typedef struct
{
  glong memory;                 /* KiB that nobody else has */
  glong threads;
  guint descriptors;
} Footprint;

static guint
count_descriptors (void)
{
  g_autoptr (GDir) folder = g_dir_open ("/proc/self/fd", 0, NULL);
  guint n = 0;

  while (g_dir_read_name (folder) != NULL)
    n++;
  return n - 1;
}

static Footprint
measure (void)
{
  Footprint footprint = {
    .memory = bench_read_field ("smaps_rollup", "Private_Dirty:"),
    .threads = bench_read_field ("status", "Threads:"),
    .descriptors = count_descriptors (),
  };

  return footprint;
}

static gint n_tasks;            /* task messages so far */

/* Nobody reads the messages, so they must not pile up. */
static GstBusSyncReply
drop (GstBus * bus, GstMessage * message, gpointer user_data)
{
  if (gst_message_has_name (message, "foxapi-task")
      && g_strcmp0 (gst_structure_get_string (gst_message_get_structure
              (message), "status"), "pending") == 0)
    g_atomic_int_inc (&n_tasks);
  gst_message_unref (message);
  return GST_BUS_DROP;
}

static GstElement *
get_pipeline (Crowd * crowd)
{
  GstElement *pipeline;
  GstBus *bus;

  if (crowd->in_one && crowd->pipelines->len > 0)
    return g_ptr_array_index (crowd->pipelines, 0);
  pipeline = gst_pipeline_new (NULL);
  bus = gst_element_get_bus (pipeline);
  gst_bus_set_sync_handler (bus, drop, NULL, NULL);
  gst_object_unref (bus);
  g_ptr_array_add (crowd->pipelines, pipeline);
  return pipeline;
}

static void
add (Crowd * crowd)
{
  g_autofree gchar *url = g_strdup_printf ("%s/%u", crowd->url, crowd->n++);
  GstElement *source = bench_make_source (crowd->kind, url);
  GstElement *sink = gst_element_factory_make ("fakesink", NULL);
  GstElement *pipeline = get_pipeline (crowd);

  gst_bin_add_many (GST_BIN (pipeline), source, sink, NULL);
  gst_element_link (source, sink);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  gst_element_sync_state_with_parent (sink);
  gst_element_sync_state_with_parent (source);
}

static void
settle (const Crowd * crowd)
{
  g_usleep (SETTLE_US + crowd->n * SETTLE_EACH_US);
  while (bench_is_foxapi (crowd->kind)
      && (guint) g_atomic_int_get (&n_tasks) < crowd->n)
    g_usleep (SETTLE_US);
}

static gdouble
stop (Crowd * crowd)
{
  gdouble start = bench_now ();

  for (guint i = 0; i < crowd->pipelines->len; i++)
    gst_element_set_state (g_ptr_array_index (crowd->pipelines, i),
        GST_STATE_NULL);
  return bench_now () - start;
}

int
main (int argc, char **argv)
{
  Crowd crowd = { 0 };
  Footprint first, all;
  BenchUsage start, used;
  gdouble began;
  guint n;

  gst_init (&argc, &argv);
  if (argc < 6)
    return EXIT_FAILURE;
  crowd.kind = argv[1];
  crowd.url = argv[2];
  crowd.in_one = g_str_equal (argv[5], "one");
  crowd.pipelines = g_ptr_array_new_with_free_func (gst_object_unref);
  n = strtoul (argv[3], NULL, 10);

  add (&crowd);
  settle (&crowd);
  first = measure ();
  while (crowd.n < n)
    add (&crowd);
  settle (&crowd);

  began = bench_now ();
  start = bench_usage_now ();
  g_usleep (g_ascii_strtod (argv[4], NULL) * G_USEC_PER_SEC);
  used = bench_usage_since (&start);
  all = measure ();
  printf ("{\"from\": %.6f, \"until\": %.6f, \"cpu\": %.6f, \"switches\": %ld, "
      "\"memory\": %ld, \"added_memory\": %ld, \"threads\": %ld, "
      "\"added_threads\": %ld, \"descriptors\": %u", began, bench_now (),
      used.cpu, used.switches, all.memory, all.memory - first.memory,
      all.threads, all.threads - first.threads, all.descriptors);
  printf (", \"stop\": %.6f}\n", stop (&crowd));
  fflush (stdout);
  g_ptr_array_unref (crowd.pipelines);
  return EXIT_SUCCESS;
}
