/* foxapivideobin: a prompt in a live graph
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

#define GST_TYPE_FOXAPI_VIDEO_BIN (gst_foxapi_video_bin_get_type ())
G_DECLARE_FINAL_TYPE (GstFoxapiVideoBin, gst_foxapi_video_bin, GST,
    FOXAPI_VIDEO_BIN, GstBin)

GST_ELEMENT_REGISTER_DECLARE (foxapivideobin)

G_END_DECLS
