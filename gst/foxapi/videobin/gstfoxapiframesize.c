/* The service's frame sizes
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstfoxapiframesize.h"

/* What API.md says of the results; of values that it does not know, the same
 * as of its defaults. */
void
gst_foxapi_get_frame_size (GstFoxapiResolution resolution,
    GstFoxapiAspectRatio aspect_ratio, gint * width, gint * height)
{
  static const gint sizes[2][5][2] = {
    {{1280, 720}, {720, 1280}, {960, 960}, {1088, 832}, {832, 1088}},
    {{1920, 1080}, {1080, 1920}, {1440, 1440}, {1632, 1248}, {1248, 1632}},
  };

  if ((guint) resolution > GST_FOXAPI_RESOLUTION_1080P)
    resolution = GST_FOXAPI_RESOLUTION_1080P;
  if ((guint) aspect_ratio > GST_FOXAPI_ASPECT_RATIO_3_4)
    aspect_ratio = GST_FOXAPI_ASPECT_RATIO_16_9;
  *width = sizes[resolution][aspect_ratio][0];
  *height = sizes[resolution][aspect_ratio][1];
}
