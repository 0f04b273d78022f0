/* The beat of an output: a buffer for each frame of the program
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gst/base/base.h>

#include "gstfoxapiprogram.h"

G_BEGIN_DECLS

#define GST_TYPE_FOXAPI_PLAYOUT (gst_foxapi_playout_get_type ())
G_DECLARE_DERIVABLE_TYPE (GstFoxapiPlayout, gst_foxapi_playout, GST,
    FOXAPI_PLAYOUT, GstPushSrc)

struct _GstFoxapiPlayoutClass
{
  GstPushSrcClass parent_class;

  GstFoxapiStream stream;       /* which output of the program it is */
  /* waits until the output begins, and tells its first frame */
  GstFoxapiAir (*begin) (GstFoxapiPlayout * self, GstFoxapiProgram * program,
      guint64 * frame);
  /* when the frame is due */
  GstClockTime (*get_time) (GstFoxapiProgram * program, guint64 frame);
  /* the buffer of the frame, which a clock may say is due; only with
   * GST_FOXAPI_AIR_RESULT */
  GstFoxapiAir (*make) (GstFoxapiPlayout * self, GstFoxapiProgram * program,
      guint64 frame, gboolean is_due, GstBuffer ** buffer);
  /* EOS has left */
  void (*ended) (GstFoxapiProgram * program);
};

GstElement *gst_foxapi_playout_new (GType type, const gchar * name,
    GstFoxapiProgram * program);
void gst_foxapi_playout_set_group (GstFoxapiPlayout * playout, guint group_id);

G_END_DECLS
