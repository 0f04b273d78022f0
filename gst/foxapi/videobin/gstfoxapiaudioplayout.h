/* The beat of the sound
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "gstfoxapiplayout.h"

G_BEGIN_DECLS

#define GST_TYPE_FOXAPI_AUDIO_PLAYOUT (gst_foxapi_audio_playout_get_type ())
G_DECLARE_FINAL_TYPE (GstFoxapiAudioPlayout, gst_foxapi_audio_playout, GST,
    FOXAPI_AUDIO_PLAYOUT, GstFoxapiPlayout)

/* The one format of the output's sound; silence is zero. */
#define GST_FOXAPI_AUDIO_FORMAT "S16LE"
#define GST_FOXAPI_AUDIO_RATE 48000
#define GST_FOXAPI_AUDIO_CHANNELS 2
#define GST_FOXAPI_AUDIO_BPF 4
#define GST_FOXAPI_AUDIO_CAPS "audio/x-raw, format = (string) " \
    GST_FOXAPI_AUDIO_FORMAT ", rate = (int) 48000, channels = (int) 2, " \
    "channel-mask = (bitmask) 0x3, layout = (string) interleaved"

GstElement *gst_foxapi_audio_playout_new (GstFoxapiProgram * program);

G_END_DECLS
