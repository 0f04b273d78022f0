/* Times of a branch → times of a clip that starts at 0
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstfoxapiclip.h"

/* A frame for which nothing says how long it lasts */
#define DEFAULT_FRAME_DURATION (GST_SECOND / 25)

void
gst_foxapi_clip_init (GstFoxapiClip * clip, GstClockTime length)
{
  memset (clip, 0, sizeof (*clip));
  clip->length = length;
  clip->frame_duration = DEFAULT_FRAME_DURATION;
}

void
gst_foxapi_clip_clear (GstFoxapiClip * clip)
{
  gst_clear_buffer (&clip->held);
}

void
gst_foxapi_clip_set_frame_rate (GstFoxapiClip * clip, gint n, gint d)
{
  clip->frame_duration = n > 0 ? MAX (gst_util_uint64_scale (GST_SECOND, d, n),
      1) : DEFAULT_FRAME_DURATION;
}

static GstClockTime
get_duration (GstFoxapiClip * clip, GstBuffer * frame)
{
  return GST_BUFFER_DURATION_IS_VALID (frame)
      && GST_BUFFER_DURATION (frame) > 0 ? GST_BUFFER_DURATION (frame) :
      clip->frame_duration;
}

/* The time of the next frame. Where it has none, or time stands still or went
 * back (a seek), it follows the last one. */
static GstClockTime
get_time (GstFoxapiClip * clip, GstClockTime running_time)
{
  GstClockTime expected = clip->held ? GST_BUFFER_PTS (clip->held) +
      get_duration (clip, clip->held) : 0;
  GstClockTimeDiff time;

  if (!GST_CLOCK_TIME_IS_VALID (running_time))
    return expected;
  time = (GstClockTimeDiff) running_time - clip->base;
  if (!clip->has_base || (clip->held != NULL
          && time <= (GstClockTimeDiff) GST_BUFFER_PTS (clip->held))) {
    clip->base = (GstClockTimeDiff) (running_time - expected);
    clip->has_base = TRUE;
    return expected;
  }
  return time;
}

static GstBuffer *
release (GstFoxapiClip * clip, GstClockTime end)
{
  GstBuffer *frame = g_steal_pointer (&clip->held);

  if (frame != NULL)
    GST_BUFFER_DURATION (frame) = end - GST_BUFFER_PTS (frame);
  return frame;
}

/* Returns TRUE if the clip is as long as it should be: what is left comes
 * with gst_foxapi_clip_end(). */
gboolean
gst_foxapi_clip_add (GstFoxapiClip * clip, GstBuffer * frame,
    GstClockTime running_time, GstBuffer ** ready)
{
  GstClockTime time = get_time (clip, running_time);

  *ready = NULL;
  if (clip->held != NULL && time >= clip->length) {
    gst_buffer_unref (frame);
    GST_BUFFER_DURATION (clip->held) = clip->length -
        GST_BUFFER_PTS (clip->held);
    return TRUE;
  }
  *ready = release (clip, time);
  clip->held = gst_buffer_make_writable (frame);
  GST_BUFFER_PTS (clip->held) = time;
  GST_BUFFER_DTS (clip->held) = GST_CLOCK_TIME_NONE;
  return time + get_duration (clip, clip->held) >= clip->length;
}

/* Returns its last frame, which does not outlast the clip, or NULL. */
GstBuffer *
gst_foxapi_clip_end (GstFoxapiClip * clip)
{
  GstClockTime end;

  if (clip->held == NULL)
    return NULL;
  end = GST_BUFFER_PTS (clip->held) + get_duration (clip, clip->held);
  return release (clip, MIN (end, MAX (clip->length,
              GST_BUFFER_PTS (clip->held) + 1)));
}
