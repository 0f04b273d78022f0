/* The folder of the bin's files, captures, results, last frames; and files on their
 * way into it
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstfoxapifolder.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <glib/gstdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* The folder */

static void
remove_folder (const gchar * folder)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const gchar *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL) {
    g_autofree gchar *path = g_build_filename (folder, name, NULL);

    g_unlink (path);
  }
  g_rmdir (folder);
}

static void
unlock (GstFoxapiFolder * folder)
{
  if (folder->fd >= 0)
    close (folder->fd);
  folder->fd = -1;
}

/* Removes it with all that is in it. */
void
gst_foxapi_folder_clear (GstFoxapiFolder * folder)
{
  if (folder->path != NULL)
    remove_folder (folder->path);
  unlock (folder);
  g_free (folder->path);
}

static gboolean
is_own_directory (const gchar * path)
{
  GStatBuf status;

  return g_lstat (path, &status) == 0 && S_ISDIR (status.st_mode)
      && status.st_uid == geteuid ();
}

/* Returns a descriptor that holds it, or -1 where another process does. The kernel
 * lets go of it with the process, however that ends. */
static gint
lock_directory (const gchar * path)
{
  gint fd = open (path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

  if (fd >= 0 && flock (fd, LOCK_EX | LOCK_NB) != 0) {
    close (fd);
    fd = -1;
  }
  return fd;
}

/* Removes what killed processes have left. */
static void
sweep (const gchar * where)
{
  g_autoptr (GDir) dir = g_dir_open (where, 0, NULL);
  const gchar *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL) {
    g_autofree gchar *path = g_build_filename (where, name, NULL);
    gint fd;

    if (!g_str_has_prefix (name, "gst-foxapi-") || !is_own_directory (path))
      continue;
    fd = lock_directory (path);
    if (fd < 0)
      continue;
    remove_folder (path);
    close (fd);
  }
}

/* Goes while the bin is in NULL, unless it has a reference of a live branch, which
 * no other could replace. */
void
gst_foxapi_folder_close (GstFoxapiFolder * folder)
{
  if (folder->path == NULL || g_rmdir (folder->path) != 0)
    return;
  unlock (folder);
  g_clear_pointer (&folder->path, g_free);
}

/* Makes the folder, once more if need be: whoever cleans folders of
 * temporary files may have taken it away since. Returns FALSE if it is not
 * there. */
gboolean
gst_foxapi_folder_ensure (GstFoxapiFolder * folder, GError ** error)
{
  if (folder->path == NULL) {
    sweep (g_get_tmp_dir ());
    folder->path = g_dir_make_tmp ("gst-foxapi-XXXXXX", error);
    if (folder->path == NULL)
      return FALSE;
    folder->fd = lock_directory (folder->path);
  }
  if (is_own_directory (folder->path))
    return TRUE;
  if (g_mkdir (folder->path, 0700) == 0) {
    unlock (folder);
    folder->fd = lock_directory (folder->path);
    return TRUE;
  }
  g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (errno),
      "%s: %s", folder->path, g_strerror (errno));
  return FALSE;
}

/* A captured file: written under a temporary name, kept under its content's */

#define PIECE_BYTES (64 * 1024)

static void
set_error (GError ** error, gint code, const gchar * directory)
{
  g_set_error (error, GST_RESOURCE_ERROR,
      code == ENOSPC || code == EDQUOT ? GST_RESOURCE_ERROR_NO_SPACE_LEFT :
      GST_RESOURCE_ERROR_WRITE,
      _("The reference could not be written into %s (%s). Free some space, "
          "check that the folder is writable, then start again."), directory,
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

static const struct
{
  const gchar *media_type;
  const gchar *suffix;
} types[] = {
  {"image/jpeg", "jpg"},
  {"image/png", "png"},
  {"image/webp", "webp"},
  {"video/mp4", "mp4"},
  {"video/quicktime", "mov"},
};

static const gchar *
get_suffix (const gchar * media_type)
{
  guint i = 0;

  while (!g_str_equal (types[i].media_type, media_type))
    i++;
  return types[i].suffix;
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

/* Gives it its name, which says what it holds: equal bytes, equal name. @media_type:
 * one of those above. Returns its path, or NULL. */
gchar *
gst_foxapi_capture_file_keep (GstFoxapiCaptureFile * file,
    const gchar * media_type, GError ** error)
{
  g_autofree gchar *hex = digest (file, error);
  g_autofree gchar *base = NULL;
  g_autofree gchar *path = NULL;

  if (hex == NULL)
    return NULL;

  base = g_strdup_printf ("%s-%s.%s", file->name, hex, get_suffix (media_type));
  path = g_build_filename (file->directory, base, NULL);
  if (g_rename (file->path, path) != 0) {
    set_error (error, errno, file->directory);
    return NULL;
  }
  g_clear_pointer (&file->path, g_free);
  return g_steal_pointer (&path);
}
