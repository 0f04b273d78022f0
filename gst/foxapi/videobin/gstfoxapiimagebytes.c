/* Bytes → one encoded image, cut where it ends
 *
 * A stream may cut an image anywhere, and have the next one right behind it. The
 * formats say where they end, without decoding: PNG and WebP by the lengths of
 * their chunks, JPEG by its markers.
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

static const struct
{
  const gchar *media_type;
  const gchar *suffix;
} formats[] = {
  [GST_FOXAPI_IMAGE_JPEG] = {"image/jpeg", "jpg"},
  [GST_FOXAPI_IMAGE_PNG] = {"image/png", "png"},
  [GST_FOXAPI_IMAGE_WEBP] = {"image/webp", "webp"},
};

const gchar *
gst_foxapi_image_format_get_media_type (GstFoxapiImageFormat format)
{
  return formats[format].media_type;
}

const gchar *
gst_foxapi_image_format_get_suffix (GstFoxapiImageFormat format)
{
  return formats[format].suffix;
}

void
gst_foxapi_image_bytes_init (GstFoxapiImageBytes * image)
{
  memset (image, 0, sizeof (*image));
  image->bytes = g_byte_array_new ();
}

void
gst_foxapi_image_bytes_clear (GstFoxapiImageBytes * image)
{
  g_clear_pointer (&image->bytes, g_byte_array_unref);
}

void
gst_foxapi_image_bytes_reset (GstFoxapiImageBytes * image)
{
  gst_foxapi_image_bytes_clear (image);
  gst_foxapi_image_bytes_init (image);
}

void
gst_foxapi_image_bytes_add (GstFoxapiImageBytes * image, const guint8 * data,
    gsize size)
{
  g_byte_array_append (image->bytes, data, size);
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

/* What there is of the image */
static const guint8 *
peek (GstFoxapiImageBytes * image, gsize * size)
{
  *size = image->bytes->len - image->start;
  return image->bytes->data + image->start;
}

static void
start_at (GstFoxapiImageBytes * image, gsize position)
{
  gsize size;
  const guint8 *data = peek (image, &size);

  image->start += position;
  image->position = 0;
  image->in_scan = FALSE;
  image->format = identify (data + position, size - position);
}

/* Passes over what is no beginning of an image. */
void
gst_foxapi_image_bytes_find (GstFoxapiImageBytes * image)
{
  while (image->format == GST_FOXAPI_IMAGE_NONE)
    start_at (image, 1);
  /* What was passed over is let go, but not for each byte anew. */
  if (image->start > image->bytes->len / 2) {
    g_byte_array_remove_range (image->bytes, 0, image->start);
    image->start = 0;
  }
}

typedef enum
{
  SCAN_WANTS_MORE,
  SCAN_AT_END,
  SCAN_BROKEN,                  /* from image->position on */
} Scan;

static guint32
read_32_big (const guint8 * data)
{
  guint32 value;

  memcpy (&value, data, sizeof (value));
  return GUINT32_FROM_BE (value);
}

/* A chunk: length, name, data, checksum. The chunk IEND ends the image. */
static Scan
scan_png (GstFoxapiImageBytes * image)
{
  gsize size;
  const guint8 *data = peek (image, &size);

  if (image->position == 0)
    image->position = 8;
  while (image->position + 8 <= size) {
    const guint8 *chunk = data + image->position;
    gsize next = image->position + 12 + (gsize) read_32_big (chunk);

    if (memcmp (chunk + 4, "IEND", 4) == 0 && next > size)
      return SCAN_WANTS_MORE;
    image->position = next;
    if (memcmp (chunk + 4, "IEND", 4) == 0)
      return SCAN_AT_END;
  }
  return SCAN_WANTS_MORE;
}

static Scan
scan_webp (GstFoxapiImageBytes * image)
{
  gsize size;
  const guint8 *data = peek (image, &size);
  guint32 length;

  memcpy (&length, data + 4, sizeof (length));
  image->position = 8 + (gsize) GUINT32_FROM_LE (length);
  return image->position <= size ? SCAN_AT_END : SCAN_WANTS_MORE;
}

static gboolean
is_restart_marker (guint8 code)
{
  return code >= 0xd0 && code <= 0xd7;
}

/* The data of a scan has any byte, but 0xff only before 0x00 or a restart
 * marker. */
static gboolean
skip_jpeg_scan (GstFoxapiImageBytes * image)
{
  gsize size;
  const guint8 *data = peek (image, &size);

  while (image->position + 1 < size) {
    const guint8 *at = memchr (data + image->position, 0xff,
        size - 1 - image->position);

    if (at == NULL) {
      image->position = size - 1;
      return FALSE;
    }
    image->position = at - data;
    if (at[1] != 0x00 && at[1] != 0xff && !is_restart_marker (at[1]))
      return TRUE;
    image->position += at[1] == 0xff ? 1 : 2;
  }
  return FALSE;
}

/* Steps over one marker and what belongs to it, which may reach beyond what has
 * come. */
static Scan
step_over_marker (GstFoxapiImageBytes * image, const guint8 * at, gsize left)
{
  gsize length;

  /* Any number of 0xff may stand before a marker's code. */
  if (at[1] == 0xff) {
    image->position++;
    return SCAN_WANTS_MORE;
  }
  if (at[1] == 0xd9) {
    image->position += 2;
    return SCAN_AT_END;
  }
  if (at[1] == 0x01 || is_restart_marker (at[1])) {
    image->position += 2;
    return SCAN_WANTS_MORE;
  }
  /* An image that starts inside of this one: this one was cut off. */
  if (at[1] == 0x00 || at[1] == 0xd8)
    return SCAN_BROKEN;
  if (left < 4)
    return SCAN_WANTS_MORE;
  length = at[2] << 8 | at[3];
  if (length < 2)
    return SCAN_BROKEN;
  image->in_scan = at[1] == 0xda;
  image->position += 2 + length;
  return SCAN_WANTS_MORE;
}

static Scan
scan_jpeg (GstFoxapiImageBytes * image)
{
  gsize size, before;
  const guint8 *data = peek (image, &size);
  Scan scan = SCAN_WANTS_MORE;

  if (image->position == 0)
    image->position = 2;
  do {
    before = image->position;
    if (image->in_scan && !skip_jpeg_scan (image))
      return SCAN_WANTS_MORE;
    image->in_scan = FALSE;
    if (image->position + 2 > size)
      return SCAN_WANTS_MORE;
    if (data[image->position] != 0xff)
      return SCAN_BROKEN;
    scan = step_over_marker (image, data + image->position,
        size - image->position);
  } while (scan == SCAN_WANTS_MORE && image->position > before);
  return scan;
}

static Scan
scan (GstFoxapiImageBytes * image)
{
  switch (image->format) {
    case GST_FOXAPI_IMAGE_JPEG:
      return scan_jpeg (image);
    case GST_FOXAPI_IMAGE_PNG:
      return scan_png (image);
    case GST_FOXAPI_IMAGE_WEBP:
      return scan_webp (image);
    case GST_FOXAPI_IMAGE_UNKNOWN:
    case GST_FOXAPI_IMAGE_NONE:
      break;
  }
  return SCAN_WANTS_MORE;
}

/* Returns TRUE if all of it has come; otherwise its format may be known
 * already. */
gboolean
gst_foxapi_image_bytes_is_complete (GstFoxapiImageBytes * image)
{
  Scan result;

  if (image->format == GST_FOXAPI_IMAGE_UNKNOWN)
    start_at (image, 0);
  while ((result = scan (image)) == SCAN_BROKEN) {
    start_at (image, image->position);
    gst_foxapi_image_bytes_find (image);
  }
  return result == SCAN_AT_END;
}

const guint8 *
gst_foxapi_image_bytes_get_data (GstFoxapiImageBytes * image, gsize * size)
{
  *size = image->position;
  return image->bytes->data + image->start;
}
