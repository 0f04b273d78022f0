/* Bytes → one encoded image, cut where it ends
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef enum
{
  GST_FOXAPI_IMAGE_UNKNOWN,     /* more bytes are needed */
  GST_FOXAPI_IMAGE_JPEG,
  GST_FOXAPI_IMAGE_PNG,
  GST_FOXAPI_IMAGE_WEBP,
  GST_FOXAPI_IMAGE_NONE,
} GstFoxapiImageFormat;

/* The bytes of one image, as far as they have come. All 0 is none. */
typedef struct
{
  GByteArray *bytes;            /* (nullable) */
  gsize start;                  /* where in them the image starts */
  GstFoxapiImageFormat format;
  gsize position;               /* in the image: where to look next, or its end */
  gboolean in_scan;             /* JPEG: in data that has no length */
  gboolean is_complete;
} GstFoxapiImageBytes;

void gst_foxapi_image_bytes_clear (GstFoxapiImageBytes * image);
gboolean gst_foxapi_image_bytes_add (GstFoxapiImageBytes * image,
    const guint8 * data, gsize size, gboolean find);
const gchar *gst_foxapi_image_bytes_get_media_type (const GstFoxapiImageBytes *
    image);

G_END_DECLS
