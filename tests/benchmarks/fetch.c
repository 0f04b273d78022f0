/* Delivery: a source into a fakesink, once
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 *   fetch souphttpsrc|foxapivideosrc URL [BYTES-PER-SECOND [BLOCKSIZE]]
 *
 * Prints what it took from PLAYING to EOS. With a rate other than 0, the sink is
 * slow; with a block size, the source is not left to its own.
 */

#include <stdio.h>
#include <stdlib.h>

#include "benchutil.h"

typedef struct
{
  guint64 bytes;
  guint64 buffers;
  gdouble rate;                 /* bytes per second, 0: as fast as they come */
  gdouble first;                /* when the first buffer was there */
} Sink;

static GstPadProbeReturn
on_buffer (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  Sink *sink = user_data;
  gsize size = gst_buffer_get_size (GST_PAD_PROBE_INFO_BUFFER (info));

  if (sink->buffers++ == 0)
    sink->first = bench_now ();
  sink->bytes += size;
  if (sink->rate > 0)
    g_usleep ((gulong) ((gdouble) size / sink->rate * G_USEC_PER_SEC));
  return GST_PAD_PROBE_OK;
}

static GstElement *
make_pipeline (GstElement * source, Sink * sink)
{
  GstElement *pipeline = gst_pipeline_new (NULL);
  GstElement *fakesink = gst_element_factory_make ("fakesink", NULL);
  g_autoptr (GstPad) pad = gst_element_get_static_pad (fakesink, "sink");

  g_object_set (fakesink, "sync", FALSE, NULL);
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, on_buffer, sink, NULL);
  gst_bin_add_many (GST_BIN (pipeline), source, fakesink, NULL);
  gst_element_link (source, fakesink);
  return pipeline;
}

int
main (int argc, char **argv)
{
  Sink sink = { 0 };
  BenchUsage start, used;
  GstElement *pipeline, *source;
  gboolean ended;

  gst_init (&argc, &argv);
  if (argc < 3)
    return EXIT_FAILURE;
  if (argc > 3)
    sink.rate = g_ascii_strtod (argv[3], NULL);

  source = bench_make_source (bench_parse_kind (argv[1]), argv[2]);
  if (argc > 4)
    gst_util_set_object_arg (G_OBJECT (source), "blocksize", argv[4]);

  pipeline = make_pipeline (source, &sink);
  start = bench_usage_now ();
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  ended = bench_wait_for (pipeline, GST_MESSAGE_EOS);
  used = bench_usage_since (&start);
  printf ("{\"wall\": %.6f, \"cpu\": %.6f, \"switches\": %ld, \"peak\": %ld, "
      "\"bytes\": %" G_GUINT64_FORMAT ", \"buffers\": %" G_GUINT64_FORMAT ", "
      "\"first\": %.6f}\n", used.wall, used.cpu, used.switches,
      bench_read_status ("VmHWM:"), sink.bytes, sink.buffers,
      sink.first - start.wall);

  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_object_unref (pipeline);
  return ended ? EXIT_SUCCESS : EXIT_FAILURE;
}
