/* Starting: from nothing to the first answer
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 *   start foxapivideosrc|souphttpsrc|floor URL
 *
 * Prints when, on the monotonic clock, the task message (foxapivideosrc) or the
 * first buffer (the others) was there. The server knows when it was asked.
 */

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "benchutil.h"

static void
print_and_leave (void)
{
  printf ("{\"answered\": %.6f}\n", bench_now ());
  fflush (stdout);
  _exit (EXIT_SUCCESS);
}

static GstPadProbeReturn
on_buffer (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  print_and_leave ();
  return GST_PAD_PROBE_OK;
}

static GstBusSyncReply
on_message (GstBus * bus, GstMessage * message, gpointer user_data)
{
  if (gst_message_has_name (message, "foxapi-task"))
    print_and_leave ();
  return GST_BUS_PASS;
}

int
main (int argc, char **argv)
{
  GstElement *pipeline, *source, *sink;
  GstBus *bus;

  gst_init (&argc, &argv);
  if (argc < 3)
    return EXIT_FAILURE;

  pipeline = gst_pipeline_new (NULL);
  source = g_str_equal (argv[1], "floor") ?
      gst_element_factory_make ("fakesrc", NULL) :
      bench_make_source (argv[1], argv[2]);
  sink = gst_element_factory_make ("fakesink", NULL);
  gst_bin_add_many (GST_BIN (pipeline), source, sink, NULL);
  gst_element_link (source, sink);

  bus = gst_element_get_bus (pipeline);
  gst_bus_set_sync_handler (bus, on_message, NULL, NULL);
  bench_watch (sink, on_buffer, NULL);

  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  bench_wait_for (pipeline, GST_MESSAGE_EOS);
  return EXIT_FAILURE;
}
