/* The beat of the pictures
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "gstfoxapiplaceholder.h"
#include "gstfoxapiplayout.h"

G_BEGIN_DECLS

#define GST_TYPE_FOXAPI_VIDEO_PLAYOUT (gst_foxapi_video_playout_get_type ())
G_DECLARE_FINAL_TYPE (GstFoxapiVideoPlayout, gst_foxapi_video_playout, GST,
    FOXAPI_VIDEO_PLAYOUT, GstFoxapiPlayout)

GstElement *gst_foxapi_video_playout_new (GstFoxapiProgram * program);
void gst_foxapi_video_playout_set_caps (GstFoxapiVideoPlayout * playout,
    GstCaps * caps);
void gst_foxapi_video_playout_set_placeholder (GstFoxapiVideoPlayout * playout,
    GstFoxapiPlaceholder * placeholder);

G_END_DECLS
