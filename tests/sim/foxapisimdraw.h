/* The FoxAPI service, simulated: pictures.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "foxapisimprivate.h"

#include <gst/gst.h>
#include <gst/video/video.h>

G_BEGIN_DECLS

/* At most this many references are shown; the others are only counted on. */
#define FOXAPI_SIM_MAX_STILLS 4

/* A reference, small, as it appears in the video: I420. */
typedef struct
{
  GstVideoInfo info;
  GstBuffer *buffer;
} FoxapiSimStill;

void foxapi_sim_still_free (FoxapiSimStill * still);

/* foxapisimdraw.c */
GstBuffer *foxapi_sim_draw_frame (const GstVideoInfo * info, guint nth,
    guint hue, GPtrArray * stills);

/* foxapisimstill.c: in the renderer's thread, without the lock */
FoxapiSimStill *foxapi_sim_still_new (FoxapiSim * sim, const gchar * url,
    gint width, gint height);

/* foxapisimrender.c: runs @pipeline until @wanted or the end of the simulator
 * or @timeout; FALSE with @error where that was not reached */
gboolean foxapi_sim_run_pipeline (FoxapiSim * sim, GstElement * pipeline,
    GstState state, GstMessageType wanted, GstClockTime timeout,
    GError ** error);

G_END_DECLS
