/* foxapivideosrc: a prompt as a source
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gst/base/gstbasesrc.h>

#include "gstfoxapifields.h"

G_BEGIN_DECLS

#define GST_TYPE_FOXAPI_VIDEO_SRC (gst_foxapi_video_src_get_type ())
G_DECLARE_FINAL_TYPE (GstFoxapiVideoSrc, gst_foxapi_video_src, GST,
    FOXAPI_VIDEO_SRC, GstBaseSrc)

GST_ELEMENT_REGISTER_DECLARE (foxapivideosrc)

/* For gstfoxapipresets.c: what to generate; the object lock */
GstFoxapiFields *gst_foxapi_video_src_get_fields (GstFoxapiVideoSrc * self);
void gst_foxapi_presets_init (gpointer iface, gpointer data);

G_END_DECLS
