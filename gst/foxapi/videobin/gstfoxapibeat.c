/* Waits until a buffer is due
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Threads and locks: the streaming thread waits, without a lock; the others
 * interrupt it. The source's object lock guards the beat. */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstfoxapibeat.h"

/* (transfer full) (nullable): what to wait on; NULL if interrupted. Without a clock
 * nothing can be waited for, and @has_clock is unset. */
static GstClockID
begin (GstFoxapiBeat * beat, GstBaseSrc * src, GstClockTime time,
    gboolean * has_clock)
{
  GstClockID id = NULL;
  GstClock *clock;

  GST_OBJECT_LOCK (src);
  clock = GST_ELEMENT_CLOCK (src);
  *has_clock = clock != NULL;
  if (clock != NULL && !beat->is_interrupted) {
    id = gst_clock_new_single_shot_id (clock,
        GST_ELEMENT (src)->base_time + time);
    beat->id = gst_clock_id_ref (id);
  }
  GST_OBJECT_UNLOCK (src);
  return id;
}

static void
end (GstFoxapiBeat * beat, GstBaseSrc * src)
{
  GST_OBJECT_LOCK (src);
  g_clear_pointer (&beat->id, gst_clock_id_unref);
  GST_OBJECT_UNLOCK (src);
}

/* Waits for it in the streaming thread, also through a pause. */
GstFlowReturn
gst_foxapi_beat_wait (GstFoxapiBeat * beat, GstBaseSrc * src, GstClockTime time,
    gboolean * has_clock)
{
  for (;;) {
    GstClockID id = begin (beat, src, time, has_clock);
    GstClockReturn result = GST_CLOCK_UNSCHEDULED;
    GstFlowReturn flow;

    if (!*has_clock)
      return GST_FLOW_OK;
    if (id != NULL) {
      result = gst_clock_id_wait (id, NULL);
      gst_clock_id_unref (id);
      end (beat, src);
    }
    if (result != GST_CLOCK_UNSCHEDULED)
      return GST_FLOW_OK;
    flow = gst_base_src_wait_playing (src);
    if (flow != GST_FLOW_OK)
      return flow;
  }
}

void
gst_foxapi_beat_interrupt (GstFoxapiBeat * beat, GstBaseSrc * src,
    gboolean is_interrupted)
{
  GST_OBJECT_LOCK (src);
  beat->is_interrupted = is_interrupted;
  if (is_interrupted && beat->id != NULL)
    gst_clock_id_unschedule (beat->id);
  GST_OBJECT_UNLOCK (src);
}
