/* The two outputs: a buffer for each frame of the program
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gst/base/base.h>

#include "gstfoxapiplaceholder.h"
#include "gstfoxapiprogram.h"

G_BEGIN_DECLS

/* The clock of a live source. GstBaseSrc has one, which moves all timestamps
 * by what the first buffer is early or late; here they are counted and stay. */
typedef struct
{
  GstClockID id;                /* (nullable): the source's object lock */
  gboolean is_interrupted;      /* likewise */
} GstFoxapiClockWait;

#define GST_TYPE_FOXAPI_BIN_OUTPUT (gst_foxapi_bin_output_get_type ())
G_DECLARE_DERIVABLE_TYPE (GstFoxapiBinOutput, gst_foxapi_bin_output, GST,
    FOXAPI_BIN_OUTPUT, GstPushSrc)

struct _GstFoxapiBinOutputClass
{
  GstPushSrcClass parent_class;

  GstFoxapiStream stream;       /* which output of the program it is */
  /* waits until the output begins, and tells its first frame */
  GstFoxapiContent (*begin) (GstFoxapiBinOutput * self, GstFoxapiProgram * program,
      guint64 * frame);
  /* when the frame is due */
  GstClockTime (*get_time) (GstFoxapiProgram * program, guint64 frame);
  /* the buffer of the frame, which a clock may say is due; only with
   * GST_FOXAPI_CONTENT_RESULT */
  GstFoxapiContent (*make) (GstFoxapiBinOutput * self, GstFoxapiProgram * program,
      guint64 frame, gboolean is_due, GstBuffer ** buffer);
  /* EOS has left */
  void (*ended) (GstFoxapiProgram * program);
};

GstElement *gst_foxapi_bin_output_new (GType type, const gchar * name,
    GstFoxapiProgram * program);
void gst_foxapi_bin_output_set_group (GstFoxapiBinOutput * output, guint group_id);

#define GST_TYPE_FOXAPI_VIDEO_OUTPUT (gst_foxapi_video_output_get_type ())
G_DECLARE_FINAL_TYPE (GstFoxapiVideoOutput, gst_foxapi_video_output, GST,
    FOXAPI_VIDEO_OUTPUT, GstFoxapiBinOutput)

GstElement *gst_foxapi_video_output_new (GstFoxapiProgram * program);
void gst_foxapi_video_output_set_caps (GstFoxapiVideoOutput * output,
    GstCaps * caps);
void gst_foxapi_video_output_set_placeholder (GstFoxapiVideoOutput * output,
    GstFoxapiPlaceholder * placeholder);

#define GST_TYPE_FOXAPI_AUDIO_OUTPUT (gst_foxapi_audio_output_get_type ())
G_DECLARE_FINAL_TYPE (GstFoxapiAudioOutput, gst_foxapi_audio_output, GST,
    FOXAPI_AUDIO_OUTPUT, GstFoxapiBinOutput)

/* The one format of the output's sound; silence is zero. */
#define GST_FOXAPI_AUDIO_FORMAT "S16LE"
#define GST_FOXAPI_AUDIO_RATE 48000
#define GST_FOXAPI_AUDIO_CHANNELS 2
#define GST_FOXAPI_AUDIO_BPF 4
#define GST_FOXAPI_AUDIO_CAPS "audio/x-raw, format = (string) " \
    GST_FOXAPI_AUDIO_FORMAT ", rate = (int) 48000, channels = (int) 2, " \
    "channel-mask = (bitmask) 0x3, layout = (string) interleaved"

GstElement *gst_foxapi_audio_output_new (GstFoxapiProgram * program);

G_END_DECLS
