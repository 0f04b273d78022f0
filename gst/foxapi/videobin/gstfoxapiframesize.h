/* The service's frame sizes
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "gstfoxapienums.h"

G_BEGIN_DECLS

void gst_foxapi_get_frame_size (GstFoxapiResolution resolution,
    GstFoxapiAspectRatio aspect_ratio, gint * width, gint * height);

G_END_DECLS
