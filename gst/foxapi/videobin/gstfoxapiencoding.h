/* Raw frames → an encoded file, in a pipeline of its own
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gst/gst.h>
#include <gst/video/video.h>

G_BEGIN_DECLS

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
