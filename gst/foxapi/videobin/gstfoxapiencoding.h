/* Raw frames → PNG, JPEG, MP4
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gio/gio.h>
#include <glib.h>
#include <gst/gst.h>
#include <gst/video/video.h>

#include "gstfoxapicapturefile.h"

G_BEGIN_DECLS

gboolean gst_foxapi_png_write (const GstVideoFrame * frame,
    GstFoxapiCaptureFile * file, guint64 limit, GCancellable * cancellable,
    gboolean * fits, GError ** error);

gboolean gst_foxapi_movie_clear_times (const gchar * path);

typedef enum
{
  GST_FOXAPI_ENCODING_JPEG,
  GST_FOXAPI_ENCODING_MP4,
} GstFoxapiEncodingFormat;

/* One file being encoded. One thread uses it; any other may cancel it. */
typedef struct _GstFoxapiEncoding GstFoxapiEncoding;

GstFoxapiEncoding *gst_foxapi_encoding_new (GstFoxapiEncodingFormat format,
    const GstVideoInfo * info, guint bitrate, const gchar * path,
    GError ** error);
GstFoxapiEncoding *gst_foxapi_encoding_ref (GstFoxapiEncoding * encoding);
void gst_foxapi_encoding_unref (GstFoxapiEncoding * encoding);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GstFoxapiEncoding, gst_foxapi_encoding_unref)

gboolean gst_foxapi_encoding_start (GstFoxapiEncoding * encoding,
    GError ** error);
gboolean gst_foxapi_encoding_set_caps (GstFoxapiEncoding * encoding,
    GstCaps * caps, GError ** error);
gboolean gst_foxapi_encoding_push (GstFoxapiEncoding * encoding,
    GstBuffer * buffer, GError ** error);
gboolean gst_foxapi_encoding_finish (GstFoxapiEncoding * encoding,
    GError ** error);
void gst_foxapi_encoding_cancel (GstFoxapiEncoding * encoding);

G_END_DECLS
