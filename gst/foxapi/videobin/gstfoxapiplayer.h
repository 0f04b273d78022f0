/* A result, decoded: frames and samples in the program's formats
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "gstfoxapidecoding.h"

G_BEGIN_DECLS

#define GST_TYPE_FOXAPI_PLAYER (gst_foxapi_player_get_type ())
G_DECLARE_FINAL_TYPE (GstFoxapiPlayer, gst_foxapi_player, GST, FOXAPI_PLAYER,
    GstFoxapiSinkBin)

typedef enum
{
  GST_FOXAPI_STREAM_VIDEO,      /* the pictures */
  GST_FOXAPI_STREAM_AUDIO,      /* the sound */
  GST_FOXAPI_N_STREAMS,
} GstFoxapiStream;

/* Called in a streaming thread, without a lock, whenever there is more to
 * take or nothing more will come. */
typedef void (*GstFoxapiPlayerFunc) (gpointer user_data);

const gchar *gst_foxapi_player_find_missing (void);
GstElement *gst_foxapi_player_new (const gchar * location,
    GstCaps * video_caps, GstCaps * audio_caps);
void gst_foxapi_player_set_listener (GstFoxapiPlayer * player,
    GstFoxapiPlayerFunc changed, gpointer user_data);

gboolean gst_foxapi_player_is_ready (GstFoxapiPlayer * player);
GstSample *gst_foxapi_player_take (GstFoxapiPlayer * player,
    GstFoxapiStream stream);
gboolean gst_foxapi_player_has_ended (GstFoxapiPlayer * player,
    GstFoxapiStream stream);
gint gst_foxapi_player_count_frames (GstFoxapiPlayer * player);
gboolean gst_foxapi_player_video_is_in_the_way (GstFoxapiPlayer * player);

void gst_foxapi_player_drop_audio (GstFoxapiPlayer * player);
void gst_foxapi_player_give_up (GstFoxapiPlayer * player);
gboolean gst_foxapi_player_claim_failure (GstFoxapiPlayer * player);

G_END_DECLS
