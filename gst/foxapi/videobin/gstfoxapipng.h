/* A raw frame → a PNG
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "gstfoxapicapturefile.h"

#include <gio/gio.h>
#include <gst/video/video.h>

G_BEGIN_DECLS

gboolean gst_foxapi_png_write (const GstVideoFrame * frame,
    GstFoxapiCaptureFile * file, guint64 limit, GCancellable * cancellable,
    gboolean * fits, GError ** error);

G_END_DECLS
