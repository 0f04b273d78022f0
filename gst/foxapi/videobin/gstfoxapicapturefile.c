/* A captured file: written under a temporary name, kept under its content's
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstfoxapicapturefile.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define PIECE_BYTES (64 * 1024)

struct _GstFoxapiCaptureFile
{
  gchar *directory;
  gchar *name;                  /* what the final name starts with */
  gchar *path;                  /* %NULL once it was kept */
  gint fd;
};

static void
set_error (GError ** error, gint code, const gchar * directory)
{
  g_set_error (error, GST_RESOURCE_ERROR,
      code == ENOSPC || code == EDQUOT ? GST_RESOURCE_ERROR_NO_SPACE_LEFT :
      GST_RESOURCE_ERROR_WRITE,
      "The reference could not be written into %s (%s). Make room and see that "
      "the folder can be written to, then start again.", directory,
      g_strerror (code));
}

/* Returns an empty file, for its owner alone, that goes with
 * gst_foxapi_capture_file_free() unless it was kept, or NULL. */
GstFoxapiCaptureFile *
gst_foxapi_capture_file_new (const gchar * directory, const gchar * name,
    GError ** error)
{
  g_autoptr (GstFoxapiCaptureFile) file = g_new0 (GstFoxapiCaptureFile, 1);
  g_autofree gchar *base = g_strdup_printf (".%s-XXXXXX", name);
  g_autofree gchar *path = g_build_filename (directory, base, NULL);

  file->directory = g_strdup (directory);
  file->name = g_strdup (name);
  file->fd = g_mkstemp_full (path, O_RDWR | O_CLOEXEC, 0600);
  if (file->fd < 0) {
    set_error (error, errno, directory);
    return NULL;
  }
  file->path = g_steal_pointer (&path);
  return g_steal_pointer (&file);
}

void
gst_foxapi_capture_file_free (GstFoxapiCaptureFile * file)
{
  if (file->fd >= 0)
    close (file->fd);
  if (file->path != NULL)
    g_unlink (file->path);
  g_free (file->directory);
  g_free (file->name);
  g_free (file->path);
  g_free (file);
}

const gchar *
gst_foxapi_capture_file_get_path (GstFoxapiCaptureFile * file)
{
  return file->path;
}

/* Returns TRUE if all of them were written. */
gboolean
gst_foxapi_capture_file_write (GstFoxapiCaptureFile * file, gconstpointer data,
    gsize size, GError ** error)
{
  const gchar *bytes = data;

  while (size > 0) {
    gssize n = write (file->fd, bytes, size);

    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0) {
      set_error (error, errno, file->directory);
      return FALSE;
    }
    bytes += n;
    size -= n;
  }
  return TRUE;
}

/* Returns TRUE if it is there. */
gboolean
gst_foxapi_capture_file_get_size (GstFoxapiCaptureFile * file, guint64 * size,
    GError ** error)
{
  struct stat status;

  if (fstat (file->fd, &status) != 0) {
    set_error (error, errno, file->directory);
    return FALSE;
  }
  *size = status.st_size;
  return TRUE;
}

static gchar *
digest (GstFoxapiCaptureFile * file, GError ** error)
{
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);
  g_autofree guchar *piece = g_malloc (PIECE_BYTES);
  goffset position = 0;
  gssize n;

  while ((n = pread (file->fd, piece, PIECE_BYTES, position)) != 0) {
    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0) {
      set_error (error, errno, file->directory);
      return NULL;
    }
    g_checksum_update (checksum, piece, n);
    position += n;
  }
  return g_strdup (g_checksum_get_string (checksum));
}

/* Gives it its name, which says what it holds: equal bytes, equal name.
 * Returns its path, or NULL. */
gchar *
gst_foxapi_capture_file_keep (GstFoxapiCaptureFile * file,
    const gchar * suffix, GError ** error)
{
  g_autofree gchar *hex = digest (file, error);
  g_autofree gchar *base = NULL;
  g_autofree gchar *path = NULL;

  if (hex == NULL)
    return NULL;

  base = g_strdup_printf ("%s-%s.%s", file->name, hex, suffix);
  path = g_build_filename (file->directory, base, NULL);
  if (g_rename (file->path, path) != 0) {
    set_error (error, errno, file->directory);
    return NULL;
  }
  g_clear_pointer (&file->path, g_free);
  return g_steal_pointer (&path);
}
