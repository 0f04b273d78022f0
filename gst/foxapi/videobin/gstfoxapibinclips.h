/* Results on their way to the air: their files and players
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gst/gst.h>

#include "gstfoxapibinfolder.h"
#include "gstfoxapiprogram.h"

G_BEGIN_DECLS

/* Each result is a file with a number, and each showing of it a player, a
 * child of the bin. They belong to the director between start and stop, and
 * to the thread that changes the bin's state at other times. */
typedef struct _GstFoxapiBinClips GstFoxapiBinClips;

GstFoxapiBinClips *gst_foxapi_bin_clips_new (GstBin * bin,
    GstFoxapiProgram * program, GstFoxapiBinFolder * folder);
void gst_foxapi_bin_clips_free (GstFoxapiBinClips * clips);

void gst_foxapi_bin_clips_start (GstFoxapiBinClips * clips,
    GstCaps * video_caps, GstCaps * audio_caps);
void gst_foxapi_bin_clips_stop (GstFoxapiBinClips * clips);

gchar *gst_foxapi_bin_clips_begin (GstFoxapiBinClips * clips);
void gst_foxapi_bin_clips_show (GstFoxapiBinClips * clips, GstEvent * event);
void gst_foxapi_bin_clips_repeat (GstFoxapiBinClips * clips,
    GstObject * player);
gboolean gst_foxapi_bin_clips_is_latest (GstFoxapiBinClips * clips,
    GstObject * player);
void gst_foxapi_bin_clips_withdraw (GstFoxapiBinClips * clips,
    GstObject * who);
void gst_foxapi_bin_clips_gone (GstFoxapiBinClips * clips, GstObject * player);

G_END_DECLS
