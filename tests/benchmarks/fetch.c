/* Delivery: a source into a fakesink, once; or its limit, one request, and recv()
 * until the end
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 *   fetch souphttpsrc|foxapivideosrc URL [BYTES-PER-SECOND [BLOCKSIZE [decodebin]]]
 *   fetch recv URL
 *
 * Prints what it took from PLAYING to EOS. With a rate other than 0, the sink is
 * slow; with a block size other than 0, the source is not left to its own. With
 * decodebin all of it is decoded, and the bytes are those of the pictures.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "benchutil.h"

#define BLOCK_SIZE (1024 * 1024)

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

static void
on_pad (GstElement * decoder, GstPad * pad, gpointer fakesink)
{
  g_autoptr (GstPad) sink_pad = gst_element_get_static_pad (fakesink, "sink");
  g_autoptr (GstCaps) caps = gst_pad_get_current_caps (pad);

  if (g_str_has_prefix (gst_structure_get_name (gst_caps_get_structure (caps,
                  0)), "video/"))
    gst_pad_link (pad, sink_pad);
}

static GstElement *
make_pipeline (GstElement * source, Sink * sink, gboolean decodes)
{
  GstElement *pipeline = gst_pipeline_new (NULL);
  GstElement *fakesink = gst_element_factory_make ("fakesink", NULL);
  GstElement *decoder = NULL;

  g_object_set (fakesink, "sync", FALSE, NULL);
  bench_watch (fakesink, on_buffer, sink);
  gst_bin_add_many (GST_BIN (pipeline), source, fakesink, NULL);
  if (decodes) {
    decoder = gst_element_factory_make ("decodebin", NULL);
    g_signal_connect (decoder, "pad-added", G_CALLBACK (on_pad), fakesink);
    gst_bin_add (GST_BIN (pipeline), decoder);
  }
  gst_element_link (source, decodes ? decoder : fakesink);
  return pipeline;
}

static void
print (const BenchUsage * start, const Sink * sink)
{
  BenchUsage used = bench_usage_since (start);

  printf ("{\"wall\": %.6f, \"cpu\": %.6f, \"switches\": %ld, \"peak\": %ld, "
      "\"bytes\": %" G_GUINT64_FORMAT ", \"buffers\": %" G_GUINT64_FORMAT ", "
      "\"first\": %.6f}\n", used.wall, used.cpu, used.switches,
      bench_read_field ("status", "VmHWM:"), sink->bytes, sink->buffers,
      sink->first - start->wall);
}

static int
receive (const gchar * url)
{
  g_autofree gchar *path = NULL, *request = NULL;
  gpointer block = aligned_alloc (4096, BLOCK_SIZE);
  BenchUsage start = bench_usage_now ();
  gint descriptor = bench_connect (url, &path);
  Sink sink = {.first = start.wall };
  gssize n = 0;

  request = g_strdup_printf ("GET %s HTTP/1.0\r\n\r\n", path);
  if (send (descriptor, request, strlen (request), 0) < 0)
    return EXIT_FAILURE;
  do {
    sink.bytes += n;
    n = recv (descriptor, block, BLOCK_SIZE, 0);
  } while (n > 0);
  print (&start, &sink);
  free (block);
  return n == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

int
main (int argc, char **argv)
{
  Sink sink = { 0 };
  BenchUsage start;
  GstElement *pipeline, *source;
  gboolean ended;

  if (argc < 3)
    return EXIT_FAILURE;
  if (g_str_equal (argv[1], "recv"))
    return receive (argv[2]);
  gst_init (&argc, &argv);
  if (argc > 3)
    sink.rate = g_ascii_strtod (argv[3], NULL);

  source = bench_make_source (argv[1], argv[2]);
  if (argc > 4 && *argv[4] != '0')
    gst_util_set_object_arg (G_OBJECT (source), "blocksize", argv[4]);

  pipeline = make_pipeline (source, &sink, argc > 5);
  start = bench_usage_now ();
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  ended = bench_wait_for (pipeline, GST_MESSAGE_EOS);
  print (&start, &sink);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_object_unref (pipeline);
  return ended ? EXIT_SUCCESS : EXIT_FAILURE;
}
