/* What the measured programs share
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/**
 * BenchKind:
 * @BENCH_FLOOR: a source of GStreamer's own that does nothing
 * @BENCH_SOUP: souphttpsrc
 * @BENCH_CURL: curlhttpsrc
 * @BENCH_FOXAPI: foxapivideosrc
 *
 * Who is measured.
 */
typedef enum
{
  BENCH_FLOOR,
  BENCH_SOUP,
  BENCH_CURL,
  BENCH_FOXAPI,
} BenchKind;

/**
 * BenchUsage:
 * @wall: seconds on the monotonic clock
 * @cpu: seconds of processor time of this process
 * @switches: its context switches
 *
 * What a stretch of work has taken, or, at one moment, what to subtract.
 */
typedef struct
{
  gdouble wall;
  gdouble cpu;
  glong switches;
} BenchUsage;

BenchUsage bench_usage_now (void);
BenchUsage bench_usage_since (const BenchUsage * start);
gdouble bench_now (void);
glong bench_read_status (const gchar * field);
glong bench_read_rollup (const gchar * field);

BenchKind bench_parse_kind (const gchar * name);
GstElement *bench_make_source (BenchKind kind, const gchar * url);
gboolean bench_wait_for (GstElement * pipeline, GstMessageType type);

gint bench_connect (const gchar * url, gchar ** path);

G_END_DECLS
