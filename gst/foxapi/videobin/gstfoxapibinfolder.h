/* The folder of the bin's files: captures, results, last frames
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
typedef struct _GstFoxapiBinFolder GstFoxapiBinFolder;

GstFoxapiBinFolder *gst_foxapi_bin_folder_new (void);
void gst_foxapi_bin_folder_free (GstFoxapiBinFolder * folder);

gboolean gst_foxapi_bin_folder_ensure (GstFoxapiBinFolder * folder,
    GError ** error);
const gchar *gst_foxapi_bin_folder_get_path (GstFoxapiBinFolder * folder);

gchar *gst_foxapi_bin_folder_dup_clip_path (GstFoxapiBinFolder * folder,
    guint clip);
void gst_foxapi_bin_folder_remove_clip (GstFoxapiBinFolder * folder,
    guint clip);

gchar *gst_foxapi_bin_folder_write_frame (GstFoxapiBinFolder * folder,
    GstBuffer * buffer, GstCaps * caps, GCancellable * cancellable,
    GError ** error);

G_END_DECLS
