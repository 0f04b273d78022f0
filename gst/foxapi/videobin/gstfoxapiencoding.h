/* Raw frames → PNG, JPEG, MP4
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gio/gio.h>
#include <glib.h>
#include <gst/gst.h>
#include <gst/video/video.h>

#include "gstfoxapifolder.h"

G_BEGIN_DECLS

gboolean gst_foxapi_png_write (GstBuffer * frame,
    const GstVideoInfo * frame_info, GstFoxapiCaptureFile * file,
    guint64 limit, GCancellable * cancellable, GError ** error);

typedef enum
{
  GST_FOXAPI_ENCODING_JPEG,
  GST_FOXAPI_ENCODING_MP4,
} GstFoxapiEncodingFormat;

/* One file being encoded, by one thread; any other may cancel it. */
typedef struct _GstFoxapiEncoding GstFoxapiEncoding;

GstFoxapiEncoding *gst_foxapi_encoding_new (GstFoxapiEncodingFormat format,
    const GstVideoInfo * info, guint bitrate, const gchar * path,
    GCancellable * cancellable, GError ** error);
void gst_foxapi_encoding_free (GstFoxapiEncoding * encoding);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GstFoxapiEncoding, gst_foxapi_encoding_free)

gboolean gst_foxapi_encoding_push (GstFoxapiEncoding * encoding,
    GstBuffer * buffer, GstCaps * caps, GError ** error);
gboolean gst_foxapi_encoding_finish (GstFoxapiEncoding * encoding,
    GError ** error);

G_END_DECLS
