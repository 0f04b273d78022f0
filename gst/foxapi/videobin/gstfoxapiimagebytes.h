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

/* The bytes of one image, as far as they have come. */
typedef struct
{
  GByteArray *bytes;
  gsize start;                  /* where in them the image starts */
  GstFoxapiImageFormat format;
  gsize position;               /* in the image: where to look next */
  gboolean in_scan;             /* JPEG: in data that has no length */
} GstFoxapiImageBytes;

void gst_foxapi_image_bytes_init (GstFoxapiImageBytes * image);
void gst_foxapi_image_bytes_clear (GstFoxapiImageBytes * image);
void gst_foxapi_image_bytes_reset (GstFoxapiImageBytes * image);

void gst_foxapi_image_bytes_add (GstFoxapiImageBytes * image,
    const guint8 * data, gsize size);
void gst_foxapi_image_bytes_find (GstFoxapiImageBytes * image);
gboolean gst_foxapi_image_bytes_is_complete (GstFoxapiImageBytes * image);
const guint8 *gst_foxapi_image_bytes_get_data (GstFoxapiImageBytes * image,
    gsize * size);

const gchar *gst_foxapi_image_format_get_media_type (GstFoxapiImageFormat
    format);
const gchar *gst_foxapi_image_format_get_suffix (GstFoxapiImageFormat format);

G_END_DECLS
