/* What the measured programs share
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "benchutil.h"

#include <gio/gio.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

/* The certificate authority of the servers here. The runner makes it, and sets
 * this where there is TLS: an application without it would not load one. */
#define CA_VARIABLE "FOXAPI_BENCH_CA"

gdouble
bench_now (void)
{
  return (gdouble) g_get_monotonic_time () / G_USEC_PER_SEC;
}

static gdouble
to_seconds (struct timeval time)
{
  return (gdouble) time.tv_sec + (gdouble) time.tv_usec / G_USEC_PER_SEC;
}

/**
 * bench_usage_now:
 *
 * Returns: what this process has used so far
 */
BenchUsage
bench_usage_now (void)
{
  struct rusage usage;
  BenchUsage now;

  getrusage (RUSAGE_SELF, &usage);
  now.wall = bench_now ();
  now.cpu = to_seconds (usage.ru_utime) + to_seconds (usage.ru_stime);
  now.switches = usage.ru_nvcsw + usage.ru_nivcsw;
  return now;
}

/**
 * bench_usage_since:
 * @start: of bench_usage_now()
 *
 * Returns: what was used since then
 */
BenchUsage
bench_usage_since (const BenchUsage * start)
{
  BenchUsage used = bench_usage_now ();

  used.wall -= start->wall;
  used.cpu -= start->cpu;
  used.switches -= start->switches;
  return used;
}

static glong
read_field (const gchar * file, const gchar * field)
{
  g_autofree gchar *text = NULL;
  const gchar *line;

  if (!g_file_get_contents (file, &text, NULL, NULL))
    return -1;
  line = strstr (text, field);
  return line ? strtol (line + strlen (field), NULL, 10) : -1;
}

/**
 * bench_read_status:
 * @field: such as "VmHWM:"
 *
 * Returns: a number of the kernel's status of this process; sizes are in KiB
 */
glong
bench_read_status (const gchar * field)
{
  return read_field ("/proc/self/status", field);
}

/**
 * bench_read_rollup:
 * @field: such as "Private_Dirty:"
 *
 * Returns: KiB, the sum over all of this process's memory
 */
glong
bench_read_rollup (const gchar * field)
{
  return read_field ("/proc/self/smaps_rollup", field);
}

/**
 * bench_parse_kind:
 * @name: as on a command line
 *
 * Returns: whom it names
 */
BenchKind
bench_parse_kind (const gchar * name)
{
  if (g_str_equal (name, "souphttpsrc"))
    return BENCH_SOUP;
  if (g_str_equal (name, "curlhttpsrc"))
    return BENCH_CURL;
  if (g_str_equal (name, "foxapivideosrc"))
    return BENCH_FOXAPI;
  return BENCH_FLOOR;
}

/* One for all, as an application would have it. */
static void
set_authority (GstElement * source)
{
  static GTlsDatabase *database;
  const gchar *file = g_getenv (CA_VARIABLE);

  if (file == NULL || *file == '\0')
    return;
  if (database == NULL)
    database = g_tls_file_database_new (file, NULL);
  g_object_set (source, "tls-database", database, NULL);
}

/**
 * bench_make_source:
 * @kind: whom
 * @url: the file to read; for foxapivideosrc the service to ask for it
 *
 * Returns: (transfer floating): the source, as an application sets it up
 */
GstElement *
bench_make_source (BenchKind kind, const gchar * url)
{
  static guint n_made;
  g_autofree gchar *prompt = NULL;
  GstElement *source = NULL;

  switch (kind) {
    case BENCH_FLOOR:
      source = gst_element_factory_make ("appsrc", NULL);
      break;
    case BENCH_SOUP:
      source = gst_element_factory_make ("souphttpsrc", NULL);
      break;
    case BENCH_CURL:
      source = gst_element_factory_make ("curlhttpsrc", NULL);
      break;
    case BENCH_FOXAPI:
      source = gst_element_factory_make ("foxapivideosrc", NULL);
      break;
  }
  if (source == NULL) {
    fprintf (stderr, "A source is not installed\n");
    exit (EXIT_FAILURE);
  }

  if (kind == BENCH_FOXAPI) {
    prompt = g_strdup_printf ("Measurement %d, %u", (gint) getpid (), n_made++);
    g_object_set (source, "prompt", prompt, "base-url", url, NULL);
    set_authority (source);
  } else if (kind != BENCH_FLOOR) {
    g_object_set (source, "location", url, NULL);
    if (kind == BENCH_SOUP)
      set_authority (source);
  }
  return source;
}

/**
 * bench_wait_for:
 * @pipeline: a pipeline
 * @type: which message
 *
 * Waits on the pipeline's bus.
 *
 * Returns: %TRUE if the message came, %FALSE on an error, which is printed
 */
gboolean
bench_wait_for (GstElement * pipeline, GstMessageType type)
{
  g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);
  g_autoptr (GstMessage) message = gst_bus_timed_pop_filtered (bus,
      GST_CLOCK_TIME_NONE, type | GST_MESSAGE_ERROR);
  g_autoptr (GError) error = NULL;

  if (GST_MESSAGE_TYPE (message) != GST_MESSAGE_ERROR)
    return TRUE;
  gst_message_parse_error (message, &error, NULL);
  fprintf (stderr, "%s\n", error->message);
  return FALSE;
}

/**
 * bench_connect:
 * @url: an http URL
 * @path: (out): its path
 *
 * Returns: a socket that is connected to the URL's server; -1 on failure
 */
gint
bench_connect (const gchar * url, gchar ** path)
{
  g_autoptr (GUri) uri = g_uri_parse (url, G_URI_FLAGS_NONE, NULL);
  g_autofree gchar *port = NULL;
  struct addrinfo hints = {.ai_socktype = SOCK_STREAM };
  struct addrinfo *address;
  gint descriptor;

  if (uri == NULL)
    return -1;
  port = g_strdup_printf ("%d", g_uri_get_port (uri));
  if (getaddrinfo (g_uri_get_host (uri), port, &hints, &address) != 0)
    return -1;

  descriptor = socket (address->ai_family, SOCK_STREAM, 0);
  if (connect (descriptor, address->ai_addr, address->ai_addrlen) != 0) {
    close (descriptor);
    descriptor = -1;
  }
  freeaddrinfo (address);
  *path = g_strdup (g_uri_get_path (uri));
  return descriptor;
}
