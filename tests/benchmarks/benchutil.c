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

BenchUsage
bench_usage_since (const BenchUsage * start)
{
  BenchUsage used = bench_usage_now ();

  used.wall -= start->wall;
  used.cpu -= start->cpu;
  used.switches -= start->switches;
  return used;
}

glong
bench_read_field (const gchar * file, const gchar * field)
{
  g_autofree gchar *path = g_build_filename ("/proc/self", file, NULL);
  g_autofree gchar *text = NULL;
  const gchar *line;

  if (!g_file_get_contents (path, &text, NULL, NULL))
    return -1;
  line = strstr (text, field);
  return line ? strtol (line + strlen (field), NULL, 10) : -1;
}

gboolean
bench_is_foxapi (const gchar * kind)
{
  return g_str_equal (kind, "foxapivideosrc");
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

GstElement *
bench_make_source (const gchar * kind, const gchar * url)
{
  static guint n_made;
  g_autofree gchar *prompt = NULL;
  gboolean is_floor = g_str_equal (kind, "floor");
  GstElement *source =
      gst_element_factory_make (is_floor ? "appsrc" : kind, NULL);

  if (source == NULL) {
    fprintf (stderr, "%s is not installed\n", kind);
    exit (EXIT_FAILURE);
  }
  if (bench_is_foxapi (kind)) {
    prompt = g_strdup_printf ("Measurement %d, %u", (gint) getpid (), n_made++);
    g_object_set (source, "prompt", prompt, "base-url", url, NULL);
  } else if (!is_floor) {
    g_object_set (source, "location", url, NULL);
  }
  if (bench_is_foxapi (kind) || g_str_equal (kind, "souphttpsrc"))
    set_authority (source);
  return source;
}

void
bench_watch (GstElement * sink, GstPadProbeCallback callback,
    gpointer user_data)
{
  g_autoptr (GstPad) pad = gst_element_get_static_pad (sink, "sink");

  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, callback, user_data, NULL);
}

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
