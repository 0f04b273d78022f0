/* The limit of delivery: one request, and recv() until the end
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 *   receive URL
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "benchutil.h"

#define BLOCK_SIZE (1024 * 1024)

int
main (int argc, char **argv)
{
  g_autofree gchar *path = NULL, *request = NULL;
  gpointer block;
  BenchUsage start, used;
  guint64 bytes = 0;
  gssize n = 0;
  gint descriptor;

  if (argc < 2)
    return EXIT_FAILURE;
  block = aligned_alloc (4096, BLOCK_SIZE);
  start = bench_usage_now ();
  descriptor = bench_connect (argv[1], &path);
  request = g_strdup_printf ("GET %s HTTP/1.0\r\n\r\n", path);
  if (send (descriptor, request, strlen (request), 0) < 0)
    return EXIT_FAILURE;

  do {
    bytes += n;
    n = recv (descriptor, block, BLOCK_SIZE, 0);
  } while (n > 0);

  used = bench_usage_since (&start);
  printf ("{\"wall\": %.6f, \"cpu\": %.6f, \"switches\": %ld, \"peak\": %ld, "
      "\"bytes\": %" G_GUINT64_FORMAT "}\n", used.wall, used.cpu,
      used.switches, bench_read_status ("VmHWM:"), bytes);
  free (block);
  return n == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
