/* One client of the campaign: what its parts share.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/* How a client behaves. All of them end with the first result that was
 * delivered to its end, or with an ERROR that they do not get past. */
typedef enum
{
  CLIENT_PLAIN,                 /* gst-launch-1.0: one start, into a file */
  CLIENT_LOOP,                  /* stops and starts again, at any moment */
  CLIENT_SUPERVISE,             /* restarts a source that delivers nothing */
} ClientMode;

typedef struct
{
  gchar **properties;           /* of the source, NAME=VALUE */
  gchar *output;
  gchar *mode_name;
  gboolean is_bin;              /* foxapivideobin is the source */
  gchar *behind;                /* (nullable): queue or encoder */
  gint n_frames;
  gint cycles;
  gint restart_ms;
  gint seed;
  gint64 file_limit;
  gint64 output_limit;
} ClientOptions;

typedef struct
{
  const ClientOptions *options;
  GstElement *pipeline;
  GstElement *source;
  GstBus *bus;
  guint n_starts;

  gint fd;                      /* of the output */
  GMutex lock;                  /* of what follows */
  GChecksum *checksum;          /* of what is in the output */
  guint64 length;
} Client;

/* clientreport.c: one JSON object a line on stdout */
void client_report_start (Client * client);
void client_report_end (Client * client, const gchar * checksum,
    guint64 length);
/* What a message means for whoever waits: its type, after it was reported */
void client_report_message (Client * client, GstMessage * message);
/* All that was posted; the types that were seen */
GstMessageType client_report_pending (Client * client);

/* What a bin's results are made of. Those who wait for them see each frame. */
#define CLIENT_CLIP_CAPS \
    "video/x-raw,format=I420,width=80,height=48,framerate=60/1"

/* An encoder that is the same on each run */
#define CLIENT_ENCODER "y4menc"

/* clientmodes.c: plays the source into @sink as @mode says; the exit code */
gint client_run (Client * client, GstElement * sink, ClientMode mode);

G_END_DECLS
