/* What the control thread does: starts generations, shows their clips, goes on
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gio/gio.h>

#include "gstfoxapibinclips.h"
#include "gstfoxapibinmessages.h"
#include "gstfoxapibinoptions.h"
#include "gstfoxapibinshots.h"
#include "gstfoxapicapture.h"
#include "gstfoxapicontrol.h"
#include "gstfoxapienums.h"
#include "gstfoxapiprogram.h"
#include "gstfoxapivideobin.h"

G_BEGIN_DECLS

/* Threads and locks:
 *
 * - The control thread does whatever changes states and children between start
 *   and stop. The fields under "The control thread" belong to it then, and to the thread
 *   that changes the bin's state at other times.
 * - Children's messages are handled in whatever thread posts them; it passes a message
 *   to the control thread.
 * - Properties come from any thread: the object lock, or the lock of whoever has
 *   them. No lock is held when a message is posted.
 * - Locks are taken in this order: the object lock, that of the shots, that of the
 *   program. All others are taken alone.
 * - The header of each part says whose it is, or that it has a lock of its own.
 */
struct _GstFoxapiVideoBin
{
  GstBin parent;

  /* Made with the bin */
  GstElement *source;
  GstElement *clip_sink;
  GstElement *video_output;
  GstElement *audio_output;
  GstPad *video_pad;
  GstFoxapiProgram *program;
  GstFoxapiControl *control;
  GstFoxapiBinFolder *folder;
  GstFoxapiBinCaptures *captures;
  GstFoxapiBinShots *shots;
  GstFoxapiBinClips *clips;
  GstFoxapiBinMessages *messages;
  GCancellable *cancellable;    /* of what the control thread may be at */

  /* The object lock */
  GstFoxapiBinOptions options;

  /* The control thread */
  GstFoxapiBinOptions run;      /* the options of this run */
  GstCaps *video_caps;
  GstElement *placeholder;      /* (nullable) */
  gboolean is_generating;       /* since the submission, until it is delivered */
  gboolean has_ended;            /* the latest clip, to its end */
  guint preroll_ticks;               /* seconds that its end still waits for a play */
  gboolean has_played;
  gboolean failure_is_seen;     /* that of the latest generation */
};

/* gstfoxapibinrun.c */

gboolean gst_foxapi_video_bin_start (GstFoxapiVideoBin * self);
void gst_foxapi_video_bin_stop (GstFoxapiVideoBin * self);

/* gstfoxapibincues.c */

void gst_foxapi_video_bin_on_message (GstFoxapiControlMessage type, GstObject * object,
    gpointer user_data);

/* gstfoxapibingeneration.c */

/* gstfoxapibinplaceholder.c */

G_END_DECLS
