/* A captured file: written under a temporary name, kept under its content's
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/* A file on its way. It belongs to one thread. */
typedef struct _GstFoxapiCaptureFile GstFoxapiCaptureFile;

GstFoxapiCaptureFile *gst_foxapi_capture_file_new (const gchar * directory,
    const gchar * name, GError ** error);
void gst_foxapi_capture_file_free (GstFoxapiCaptureFile * file);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GstFoxapiCaptureFile,
    gst_foxapi_capture_file_free)

const gchar *gst_foxapi_capture_file_get_path (GstFoxapiCaptureFile * file);
gboolean gst_foxapi_capture_file_write (GstFoxapiCaptureFile * file,
    gconstpointer data, gsize size, GError ** error);
gboolean gst_foxapi_capture_file_get_size (GstFoxapiCaptureFile * file,
    guint64 * size, GError ** error);
gchar *gst_foxapi_capture_file_keep (GstFoxapiCaptureFile * file,
    const gchar * suffix, GError ** error);

G_END_DECLS
