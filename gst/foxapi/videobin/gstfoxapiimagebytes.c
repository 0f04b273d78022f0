/* Bytes → one encoded image, cut where it ends
 *
 * A stream may cut an image anywhere, and have the next one right behind it. The
 * formats say where they end, without decoding: PNG and WebP by the lengths of
 * their chunks, JPEG by its markers. GStreamer has parsers for two of them, none
 * for WebP.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstfoxapiimagebytes.h"

#include <string.h>

/* So many bytes tell the formats apart. */
#define SIGNATURE_BYTES 12

typedef enum
{
  SCAN_WANTS_MORE,
  SCAN_AT_END,
  SCAN_BROKEN,                  /* from image->position on */
} Scan;

void
gst_foxapi_image_bytes_clear (GstFoxapiImageBytes * image)
{
  g_clear_pointer (&image->bytes, g_byte_array_unref);
  memset (image, 0, sizeof (*image));
}

const gchar *
gst_foxapi_image_bytes_get_media_type (const GstFoxapiImageBytes * image)
{
  return image->format == GST_FOXAPI_IMAGE_JPEG ? "image/jpeg" :
      image->format == GST_FOXAPI_IMAGE_PNG ? "image/png" : "image/webp";
}

static GstFoxapiImageFormat
identify (const guint8 * data, gsize size)
{
  if (size < SIGNATURE_BYTES)
    return GST_FOXAPI_IMAGE_UNKNOWN;
  if (memcmp (data, "\xff\xd8\xff", 3) == 0)
    return GST_FOXAPI_IMAGE_JPEG;
  if (memcmp (data, "\x89PNG\r\n\x1a\n", 8) == 0)
    return GST_FOXAPI_IMAGE_PNG;
  if (memcmp (data, "RIFF", 4) == 0 && memcmp (data + 8, "WEBP", 4) == 0)
    return GST_FOXAPI_IMAGE_WEBP;
  return GST_FOXAPI_IMAGE_NONE;
}

/* Not aligned, which the macros of GStreamer do not mind, but sanitizers do */
static guint32
read_32 (const guint8 * data)
{
  guint32 value;

  memcpy (&value, data, sizeof (value));
  return value;
}

/* A chunk: length, name, data, checksum. The chunk IEND ends the image. */
static Scan
scan_png (GstFoxapiImageBytes * image, const guint8 * data, gsize size)
{
  image->position = MAX (image->position, 8);
  while (image->position + 8 <= size) {
    const guint8 *chunk = data + image->position;
    gsize next =
        image->position + 12 + (gsize) GUINT32_FROM_BE (read_32 (chunk));
    gboolean is_last = memcmp (chunk + 4, "IEND", 4) == 0;

    if (is_last && next > size)
      break;
    image->position = next;
    if (is_last)
      return SCAN_AT_END;
  }
  return SCAN_WANTS_MORE;
}

static Scan
scan_webp (GstFoxapiImageBytes * image, const guint8 * data, gsize size)
{
  image->position = 8 + (gsize) GUINT32_FROM_LE (read_32 (data + 4));
  return image->position <= size ? SCAN_AT_END : SCAN_WANTS_MORE;
}

static gboolean
is_restart_marker (guint8 code)
{
  return code >= 0xd0 && code <= 0xd7;
}

/* At a marker, which is two bytes, and may have a length and data behind it */
static Scan
scan_jpeg_marker (GstFoxapiImageBytes * image, const guint8 * at, gsize left)
{
  gsize length;

  /* An image that starts inside of this one: this one was cut off. */
  if (at[1] == 0xd8 || (at[1] == 0x00 && !image->in_scan))
    return SCAN_BROKEN;
  /* Any number of 0xff may stand before a marker's code. */
  if (at[1] == 0xff) {
    image->position++;
  } else if (at[1] <= 0x01 || at[1] == 0xd9 || is_restart_marker (at[1])) {
    image->position += 2;
  } else if (left >= 4) {
    length = at[2] << 8 | at[3];
    if (length < 2)
      return SCAN_BROKEN;
    image->in_scan = at[1] == 0xda;
    image->position += 2 + length;
  }
  return at[1] == 0xd9 ? SCAN_AT_END : SCAN_WANTS_MORE;
}

/* Markers, and behind the head of a scan data of any byte, but 0xff only before 0x00
 * or a restart marker */
static Scan
scan_jpeg (GstFoxapiImageBytes * image, const guint8 * data, gsize size)
{
  Scan scan = SCAN_WANTS_MORE;
  gsize before;

  image->position = MAX (image->position, 2);
  do {
    before = image->position;
    if (image->in_scan && before < size) {
      const guint8 *at = memchr (data + before, 0xff, size - before);

      image->position = at ? (gsize) (at - data) : size;
    }
    if (image->position + 2 > size)
      return SCAN_WANTS_MORE;
    if (data[image->position] != 0xff)
      return SCAN_BROKEN;
    scan = scan_jpeg_marker (image, data + image->position,
        size - image->position);
  } while (scan == SCAN_WANTS_MORE && image->position > before);
  return scan;
}

static void
start_at (GstFoxapiImageBytes * image, gsize start)
{
  image->start = start;
  image->position = 0;
  image->in_scan = FALSE;
  image->format = identify (image->bytes->data + start,
      image->bytes->len - start);
}

/* Passes over what is no beginning of an image. */
static void
find_start (GstFoxapiImageBytes * image)
{
  while (image->format == GST_FOXAPI_IMAGE_NONE)
    start_at (image, image->start + 1);
  /* What was passed over is let go, but not for each byte anew. */
  if (image->start > image->bytes->len / 2) {
    g_byte_array_remove_range (image->bytes, 0, image->start);
    image->start = 0;
  }
}

static Scan
scan (GstFoxapiImageBytes * image)
{
  const guint8 *data = image->bytes->data + image->start;
  gsize size = image->bytes->len - image->start;

  switch (image->format) {
    case GST_FOXAPI_IMAGE_JPEG:
      return scan_jpeg (image, data, size);
    case GST_FOXAPI_IMAGE_PNG:
      return scan_png (image, data, size);
    case GST_FOXAPI_IMAGE_WEBP:
      return scan_webp (image, data, size);
    default:
      return SCAN_WANTS_MORE;
  }
}

/* @find: whether the image may begin later. Returns TRUE if all of it has come: the
 * bytes from start on, as many as position says. */
gboolean
gst_foxapi_image_bytes_add (GstFoxapiImageBytes * image, const guint8 * data,
    gsize size, gboolean find)
{
  Scan result;

  if (image->bytes == NULL)
    image->bytes = g_byte_array_new ();
  g_byte_array_append (image->bytes, data, size);
  if (image->format == GST_FOXAPI_IMAGE_UNKNOWN)
    start_at (image, image->start);
  if (find)
    find_start (image);
  while ((result = scan (image)) == SCAN_BROKEN) {
    start_at (image, image->start + image->position);
    find_start (image);
  }
  image->is_complete = result == SCAN_AT_END;
  return image->is_complete;
}
