/* A file that gets its name when it is complete
 *
 * Until then it is NAME.part. Its lock keeps a second process from writing into
 * the same file; the kernel drops it with the process.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "outputfile.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <glib/gi18n-lib.h>
#include <glib/gstdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static gboolean
set_errno_error (GError ** error, const gchar * name, const gchar * what)
{
  gint code = errno;

  g_set_error (error, G_IO_ERROR, g_io_error_from_errno (code), "%s %s (%s)",
      name, what, g_strerror (code));
  return FALSE;
}

/* Whoever held the lock before may have removed the file meanwhile. */
static gboolean
is_removed (gint fd)
{
  struct stat status;

  return fstat (fd, &status) == 0 && status.st_nlink == 0;
}

/* Makes the part, or takes over one that a killed process has left. @name stays
 * the caller's. */
gboolean
output_file_open (OutputFile * file, const gchar * name, GError ** error)
{
  file->name = name;
  file->part = g_strconcat (name, ".part", NULL);
  file->is_complete = file->is_named = FALSE;
  do {
    file->lock = g_open (file->part, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
    if (file->lock < 0)
      return set_errno_error (error, file->part, _("cannot be written"));
    if (flock (file->lock, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK) {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_BUSY,
          _("Another process is writing %s"), file->part);
      g_close (file->lock, NULL);
      file->lock = -1;
      return FALSE;
    }
  } while (is_removed (file->lock) && g_close (file->lock, NULL));
  return TRUE;
}

/* Puts the file on the disk under its name. If that fails it stays a part. */
gboolean
output_file_keep (OutputFile * file, GError ** error)
{
  g_autofree gchar *folder = g_path_get_dirname (file->name);
  gint folder_fd;

  if (fsync (file->lock) < 0 && errno != EINVAL && errno != ENOTSUP)
    return set_errno_error (error, file->part, _("could not be written"));
  file->is_complete = TRUE;
  if (g_rename (file->part, file->name) < 0)
    return set_errno_error (error, file->part,
        _("is complete, but could not be renamed"));
  file->is_named = TRUE;

  folder_fd = g_open (folder, O_RDONLY | O_CLOEXEC, 0);
  if (folder_fd >= 0) {
    fsync (folder_fd);
    g_close (folder_fd, NULL);
  }
  return TRUE;
}

/* Removes a part that is not complete. */
void
output_file_close (OutputFile * file)
{
  if (file->lock >= 0) {
    if (!file->is_complete)
      g_unlink (file->part);
    g_close (file->lock, NULL);
  }
  g_clear_pointer (&file->part, g_free);
}
