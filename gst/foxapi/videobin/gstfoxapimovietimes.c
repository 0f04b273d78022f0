/* A movie without the time at which it was made
 *
 * The muxer writes the time of day into the file. The same frames would make
 * another file in the next second, another reference, and another charge.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstfoxapimovietimes.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

/* Levels of boxes that are looked into: moov, trak, mdia */
#define MAX_DEPTH 3

typedef struct
{
  guint64 start;                /* of its contents */
  guint64 end;
  gchar type[5];
} Box;

static gboolean
read_box (gint fd, guint64 position, guint64 end, Box * box)
{
  guint8 head[16];
  guint32 size;
  guint64 large;

  if (end < position + 8 || pread (fd, head, 8, position) != 8)
    return FALSE;
  memcpy (&size, head, sizeof (size));
  memcpy (box->type, head + 4, 4);
  box->type[4] = '\0';
  box->start = position + 8;
  large = GUINT32_FROM_BE (size);
  if (large == 0)
    large = end - position;
  if (large == 1) {
    if (pread (fd, head, 16, position) != 16)
      return FALSE;
    memcpy (&large, head + 8, sizeof (large));
    large = GUINT64_FROM_BE (large);
    box->start = position + 16;
  }
  if (large > end - position || position + large < box->start)
    return FALSE;
  box->end = position + large;
  return TRUE;
}

/* Version and flags, then when it was made and when it was changed: 4 bytes
 * each, or 8 from version 1 on. */
static gboolean
clear_times (gint fd, const Box * box)
{
  const guint8 zeros[16] = { 0 };
  guint8 version;
  gssize n;

  if (pread (fd, &version, 1, box->start) != 1)
    return FALSE;
  n = version == 0 ? 8 : 16;
  if (box->start + 4 + n > box->end)
    return FALSE;
  return pwrite (fd, zeros, n, box->start + 4) == n;
}

static gboolean
visit (gint fd, guint64 position, guint64 end, guint depth, gboolean * found)
{
  Box box;

  for (; position < end; position = box.end) {
    gboolean done = TRUE;

    if (!read_box (fd, position, end, &box))
      return FALSE;
    if (g_str_equal (box.type, "mvhd") || g_str_equal (box.type, "tkhd")
        || g_str_equal (box.type, "mdhd"))
      done = clear_times (fd, &box);
    else if (depth < MAX_DEPTH && (g_str_equal (box.type, "moov")
            || g_str_equal (box.type, "trak")
            || g_str_equal (box.type, "mdia")))
      done = visit (fd, box.start, box.end, depth + 1, found);
    if (!done)
      return FALSE;
    *found |= g_str_equal (box.type, "mvhd");
  }
  return TRUE;
}

/* Returns TRUE if it is a movie, and the times of its making are zero now. */
gboolean
gst_foxapi_movie_clear_times (const gchar * path)
{
  gint fd = g_open (path, O_RDWR | O_CLOEXEC, 0);
  gboolean done = FALSE, found = FALSE;
  GStatBuf status;

  if (fd < 0)
    return FALSE;
  if (g_stat (path, &status) == 0)
    done = visit (fd, 0, status.st_size, 0, &found);
  close (fd);
  return done && found;
}
