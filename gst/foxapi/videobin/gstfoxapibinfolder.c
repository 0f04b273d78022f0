/* The folder of the bin's files: captures, results, last frames
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstfoxapibinfolder.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <gst/video/video.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gstfoxapicapturefile.h"
#include "gstfoxapipng.h"

struct _GstFoxapiBinFolder
{
  gchar *path;                  /* NULL until it is needed */
};

GstFoxapiBinFolder *
gst_foxapi_bin_folder_new (void)
{
  return g_new0 (GstFoxapiBinFolder, 1);
}

static void
remove_files (const gchar * folder)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const gchar *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL) {
    g_autofree gchar *path = g_build_filename (folder, name, NULL);

    g_unlink (path);
  }
}

/* Removes it with all that is in it. */
void
gst_foxapi_bin_folder_free (GstFoxapiBinFolder * folder)
{
  if (folder->path != NULL) {
    remove_files (folder->path);
    g_rmdir (folder->path);
  }
  g_free (folder->path);
  g_free (folder);
}

static gboolean
is_own_directory (const gchar * path)
{
  GStatBuf status;

  return g_lstat (path, &status) == 0 && S_ISDIR (status.st_mode)
      && status.st_uid == geteuid ();
}

/* Makes the folder, once more if need be: whoever cleans folders of
 * temporary files may have taken it away since. Returns FALSE if it is not
 * there. */
gboolean
gst_foxapi_bin_folder_ensure (GstFoxapiBinFolder * folder, GError ** error)
{
  if (folder->path == NULL) {
    folder->path = g_dir_make_tmp ("gst-foxapi-XXXXXX", error);
    return folder->path != NULL;
  }
  if (g_mkdir (folder->path, 0700) == 0 || is_own_directory (folder->path))
    return TRUE;
  g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (errno),
      "%s: %s", folder->path, g_strerror (errno));
  return FALSE;
}

/* Returns where it is; NULL before gst_foxapi_bin_folder_ensure(). */
const gchar *
gst_foxapi_bin_folder_get_path (GstFoxapiBinFolder * folder)
{
  return folder->path;
}

gchar *
gst_foxapi_bin_folder_dup_clip_path (GstFoxapiBinFolder * folder, guint clip)
{
  g_autofree gchar *name = g_strdup_printf ("result-%u.mp4", clip);

  return g_build_filename (folder->path, name, NULL);
}

void
gst_foxapi_bin_folder_remove_clip (GstFoxapiBinFolder * folder, guint clip)
{
  g_autofree gchar *path = NULL;

  if (folder->path == NULL)
    return;
  path = gst_foxapi_bin_folder_dup_clip_path (folder, clip);
  g_unlink (path);
}

/* Returns uRI of an image of the frame, or NULL. */
gchar *
gst_foxapi_bin_folder_write_frame (GstFoxapiBinFolder * folder,
    GstBuffer * buffer, GstCaps * caps, GCancellable * cancellable,
    GError ** error)
{
  g_autoptr (GstFoxapiCaptureFile) file = NULL;
  g_autofree gchar *path = NULL;
  GstVideoInfo info;
  GstVideoFrame frame;
  gboolean is_written, fits;

  file = gst_foxapi_capture_file_new (folder->path, "last", error);
  if (file == NULL || !gst_video_info_from_caps (&info, caps)
      || !gst_video_frame_map (&frame, &info, buffer, GST_MAP_READ))
    return NULL;
  is_written = gst_foxapi_png_write (&frame, file, G_MAXUINT64, cancellable,
      &fits, error);
  gst_video_frame_unmap (&frame);
  if (is_written)
    path = gst_foxapi_capture_file_keep (file, "png", error);
  return path ? gst_filename_to_uri (path, error) : NULL;
}
