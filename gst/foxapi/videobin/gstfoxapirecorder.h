/* What comes out of a reference branch → a file
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gio/gio.h>
#include <gst/gst.h>

G_BEGIN_DECLS

/* What a capture makes of its branch. */
typedef enum
{
  /* an image: JPEG, PNG or WebP, or a frame of raw video */
  GST_FOXAPI_CAPTURE_IMAGE,
  /* a video: MP4 or QuickTime, or a clip of raw video */
  GST_FOXAPI_CAPTURE_VIDEO,
} GstFoxapiCaptureKind;

/* What one run of a capture makes of its branch. One thread uses it; whatever it is
 * at ends early where its cancellable is cancelled. */
typedef struct _GstFoxapiRecorder GstFoxapiRecorder;

GstCaps *gst_foxapi_recorder_get_caps (GstFoxapiCaptureKind kind);

GstFoxapiRecorder *gst_foxapi_recorder_new (GstFoxapiCaptureKind kind,
    const gchar * name, const gchar * directory, GstClockTime clip_time,
    GCancellable * cancellable);
void gst_foxapi_recorder_free (GstFoxapiRecorder * recorder);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GstFoxapiRecorder, gst_foxapi_recorder_free)

gboolean gst_foxapi_recorder_take_event (GstFoxapiRecorder * recorder,
    GstEvent * event);
gboolean gst_foxapi_recorder_take (GstFoxapiRecorder * recorder,
    GstBuffer * buffer);
gchar *gst_foxapi_recorder_finish (GstFoxapiRecorder * recorder,
    const gchar ** media_type, guint64 * size, GError ** error);

GError *gst_foxapi_recorder_new_type_error (GstFoxapiCaptureKind kind,
    const gchar * name, const GstCaps * caps);

G_END_DECLS
