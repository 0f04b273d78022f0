/* Cancels what runs too long
 *
 * A call to a server that drips along byte by byte never times out by itself, so
 * it is cancelled from outside: by the thread of the system clock, which all
 * elements share.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstfoxapideadline.h"

/* Held by its owner and by the clock, which may be about to call when the owner
 * is done. */
struct _GstFoxapiDeadline
{
  gatomicrefcount ref_count;
  GstClockID id;

  GMutex lock;
  GCancellable *cancellable;    /* under the lock; NULL: nothing to cancel any
                                   more */
};

static void
gst_foxapi_deadline_unref (gpointer user_data)
{
  GstFoxapiDeadline *deadline = user_data;

  if (!g_atomic_ref_count_dec (&deadline->ref_count))
    return;

  g_clear_object (&deadline->cancellable);
  g_mutex_clear (&deadline->lock);
  g_free (deadline);
}

static gboolean
on_deadline (GstClock * clock, GstClockTime time, GstClockID id,
    gpointer user_data)
{
  GstFoxapiDeadline *deadline = user_data;

  g_mutex_lock (&deadline->lock);
  if (deadline->cancellable != NULL)
    g_cancellable_cancel (deadline->cancellable);
  g_mutex_unlock (&deadline->lock);
  return TRUE;
}

/**
 * gst_foxapi_deadline_new:
 * @time_us: when to cancel, in the time of g_get_monotonic_time();
 *   %G_MAXINT64 for never
 * @cancellable: what to cancel then
 *
 * Returns: (transfer full) (nullable): a deadline, to be freed when what it
 *   guards is done; %NULL for never
 *
 * Since: 0.1
 */
GstFoxapiDeadline *
gst_foxapi_deadline_new (gint64 time_us, GCancellable * cancellable)
{
  g_autoptr (GstClock) clock = NULL;
  GstFoxapiDeadline *deadline;
  gint64 left_us;

  if (time_us == G_MAXINT64)
    return NULL;

  deadline = g_new0 (GstFoxapiDeadline, 1);
  g_atomic_ref_count_init (&deadline->ref_count);
  g_mutex_init (&deadline->lock);
  deadline->cancellable = g_object_ref (cancellable);

  left_us = MAX (time_us - g_get_monotonic_time (), 0);
  clock = gst_system_clock_obtain ();
  deadline->id = gst_clock_new_single_shot_id (clock,
      gst_clock_get_time (clock) + left_us * GST_USECOND);
  g_atomic_ref_count_inc (&deadline->ref_count);
  gst_clock_id_wait_async (deadline->id, on_deadline, deadline,
      gst_foxapi_deadline_unref);
  return deadline;
}

/**
 * gst_foxapi_deadline_free:
 * @deadline: (transfer full): a deadline
 *
 * After this it cancels nothing.
 *
 * Since: 0.1
 */
void
gst_foxapi_deadline_free (GstFoxapiDeadline * deadline)
{
  g_mutex_lock (&deadline->lock);
  g_clear_object (&deadline->cancellable);
  g_mutex_unlock (&deadline->lock);

  gst_clock_id_unschedule (deadline->id);
  gst_clock_id_unref (deadline->id);
  gst_foxapi_deadline_unref (deadline);
}
