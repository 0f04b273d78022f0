/* The folder of the bin's files, captures, results, last frames; and files on their
 * way into it
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gio/gio.h>
#include <gst/gst.h>

G_BEGIN_DECLS

/* A temporary folder, which is made when the first file needs it. It has no
 * lock: whoever requests pads or starts makes it, while nothing runs; from
 * then on its path stays. */
typedef struct
{
  gchar *path;                  /* NULL until it is needed */
  gint fd;                      /* locks it: a process that uses it lives; or -1 */
} GstFoxapiFolder;

void gst_foxapi_folder_clear (GstFoxapiFolder * folder);
void gst_foxapi_folder_close (GstFoxapiFolder * folder);
gboolean gst_foxapi_folder_ensure (GstFoxapiFolder * folder, GError ** error);

/* A file on its way. It belongs to one thread. */
typedef struct
{
  gchar *directory;
  gchar *name;                  /* what the final name starts with */
  gchar *path;                  /* NULL once it was kept */
  gint fd;
} GstFoxapiCaptureFile;

GstFoxapiCaptureFile *gst_foxapi_capture_file_new (const gchar * directory,
    const gchar * name, GError ** error);
void gst_foxapi_capture_file_free (GstFoxapiCaptureFile * file);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GstFoxapiCaptureFile,
    gst_foxapi_capture_file_free)

gboolean gst_foxapi_capture_file_write (GstFoxapiCaptureFile * file,
    gconstpointer data, gsize size, GError ** error);
gboolean gst_foxapi_capture_file_get_size (GstFoxapiCaptureFile * file,
    guint64 * size, GError ** error);
gchar *gst_foxapi_capture_file_keep (GstFoxapiCaptureFile * file,
    const gchar * media_type, GError ** error);

G_END_DECLS
