/* What the measured programs share
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/* What a stretch of work has taken, or, at one moment, what to subtract */
typedef struct
{
  gdouble wall;                 /* seconds on the monotonic clock */
  gdouble cpu;                  /* seconds of processor time of this process */
  glong switches;               /* its context switches */
} BenchUsage;

BenchUsage bench_usage_now (void);
BenchUsage bench_usage_since (const BenchUsage * start);
gdouble bench_now (void);
/* A number in the kernel's file on this process, behind a word such as "VmHWM:";
 * sizes are in KiB. */
glong bench_read_field (const gchar * file, const gchar * field);

/* (transfer floating): a source as an application sets it up. @kind is an element,
 * or "floor", a source of GStreamer's own that does nothing. @url is the file to
 * read; for foxapivideosrc the service to ask for it. */
GstElement *bench_make_source (const gchar * kind, const gchar * url);
gboolean bench_is_foxapi (const gchar * kind);
/* Has @callback called for each buffer that arrives at @sink */
void bench_watch (GstElement * sink, GstPadProbeCallback callback,
    gpointer user_data);
/* FALSE on an ERROR, which is printed */
gboolean bench_wait_for (GstElement * pipeline, GstMessageType type);
/* A socket that is connected to the server of an http URL, whose path it tells; -1
 * on failure */
gint bench_connect (const gchar * url, gchar ** path);

G_END_DECLS
