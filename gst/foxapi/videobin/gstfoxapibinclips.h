/* The files of clips, and the players that show them
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gio/gio.h>
#include <gst/base/base.h>
#include <gst/gst.h>

#include "gstfoxapiprogram.h"

G_BEGIN_DECLS

#define GST_TYPE_FOXAPI_CLIP_SINK (gst_foxapi_clip_sink_get_type ())
G_DECLARE_FINAL_TYPE (GstFoxapiClipSink, gst_foxapi_clip_sink, GST, FOXAPI_CLIP_SINK,
    GstBaseSink)

/* Called in the streaming thread, without a lock, when the file is complete. */
typedef void (*GstFoxapiClipSinkFunc) (gpointer user_data);

GstElement *gst_foxapi_clip_sink_new (GstFoxapiClipSinkFunc complete,
    gpointer user_data);
void gst_foxapi_clip_sink_set_location (GstFoxapiClipSink * clip_sink,
    const gchar * location);
GstEvent *gst_foxapi_clip_sink_dup_tags (GstFoxapiClipSink * clip_sink);
void gst_foxapi_clip_sink_let_go (GstFoxapiClipSink * clip_sink);

/* A temporary folder, which is made when the first file needs it. It has no
 * lock: whoever requests pads or starts makes it, while nothing runs; from
 * then on its path stays. */
typedef struct _GstFoxapiBinFolder GstFoxapiBinFolder;

GstFoxapiBinFolder *gst_foxapi_bin_folder_new (void);
void gst_foxapi_bin_folder_free (GstFoxapiBinFolder * folder);
void gst_foxapi_bin_folder_close (GstFoxapiBinFolder * folder);

gboolean gst_foxapi_bin_folder_ensure (GstFoxapiBinFolder * folder,
    GError ** error);
const gchar *gst_foxapi_bin_folder_get_path (GstFoxapiBinFolder * folder);

gchar *gst_foxapi_bin_folder_write_frame (GstFoxapiBinFolder * folder,
    GstBuffer * buffer, GstCaps * caps, GCancellable * cancellable,
    GError ** error);

/* Each result is a file with a number, and each showing of it a player, a
 * child of the bin. They belong to the control thread between start and stop, and
 * to the thread that changes the bin's state at other times. */
typedef struct _GstFoxapiBinClips GstFoxapiBinClips;

GstFoxapiBinClips *gst_foxapi_bin_clips_new (GstBin * bin,
    GstFoxapiProgram * program, GstFoxapiBinFolder * folder);
void gst_foxapi_bin_clips_free (GstFoxapiBinClips * clips);

void gst_foxapi_bin_clips_start (GstFoxapiBinClips * clips,
    GstCaps * video_caps, GstCaps * audio_caps);
void gst_foxapi_bin_clips_stop (GstFoxapiBinClips * clips);

gchar *gst_foxapi_bin_clips_begin (GstFoxapiBinClips * clips);
void gst_foxapi_bin_clips_show (GstFoxapiBinClips * clips, GList * events);
void gst_foxapi_bin_clips_repeat (GstFoxapiBinClips * clips,
    GstObject * player);
gboolean gst_foxapi_bin_clips_is_latest (GstFoxapiBinClips * clips,
    GstObject * player);
void gst_foxapi_bin_clips_withdraw (GstFoxapiBinClips * clips,
    GstObject * who);
void gst_foxapi_bin_clips_gone (GstFoxapiBinClips * clips, GstObject * player);

G_END_DECLS
