/* Cancels what runs too long
 *
 * A call to a server that drips along byte by byte never times out by itself, so
 * it is cancelled from outside: by the thread of a clock that all elements share.
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
  gint64 time_us;
  GCancellable *cancellable;
  GstClockID id;                /* NULL until it is armed; the owner's */

  GMutex lock;
  gboolean is_watching;         /* under the lock */
};

static void
gst_foxapi_deadline_unref (gpointer user_data)
{
  GstFoxapiDeadline *deadline = user_data;

  if (!g_atomic_ref_count_dec (&deadline->ref_count))
    return;

  g_object_unref (deadline->cancellable);
  g_mutex_clear (&deadline->lock);
  g_free (deadline);
}

/* (transfer none): the clock of g_get_monotonic_time(). Not the system clock: that
 * may be one of the network, or jump, as the application likes. */
static GstClock *
get_clock (void)
{
  static GstClock *clock;

  if (g_once_init_enter (&clock)) {
    GstClock *monotonic = g_object_new (GST_TYPE_SYSTEM_CLOCK, "name",
        "foxapideadline", "clock-type", GST_CLOCK_TYPE_MONOTONIC, NULL);

    gst_object_ref_sink (monotonic);
    GST_OBJECT_FLAG_SET (monotonic, GST_OBJECT_FLAG_MAY_BE_LEAKED);
    g_once_init_leave (&clock, monotonic);
  }
  return clock;
}

static gboolean
on_deadline (GstClock * clock, GstClockTime time, GstClockID id,
    gpointer user_data)
{
  GstFoxapiDeadline *deadline = user_data;

  g_mutex_lock (&deadline->lock);
  if (deadline->is_watching)
    g_cancellable_cancel (deadline->cancellable);
  g_mutex_unlock (&deadline->lock);
  return TRUE;
}

/**
 * gst_foxapi_deadline_new:
 * @time_us: when to cancel, in the time of g_get_monotonic_time()
 * @cancellable: what to cancel then
 *
 * Returns: (transfer full): a deadline that does nothing until it is armed
 *
 * Since: 0.1
 */
GstFoxapiDeadline *
gst_foxapi_deadline_new (gint64 time_us, GCancellable * cancellable)
{
  GstFoxapiDeadline *deadline = g_new0 (GstFoxapiDeadline, 1);

  g_atomic_ref_count_init (&deadline->ref_count);
  g_mutex_init (&deadline->lock);
  deadline->time_us = time_us;
  deadline->cancellable = g_object_ref (cancellable);
  return deadline;
}

/**
 * gst_foxapi_deadline_arm:
 * @deadline: a deadline
 *
 * Sets the clock. The first use of it in a process takes some milliseconds: its
 * owner spends them beside the thread that asks the service.
 *
 * Since: 0.1
 */
void
gst_foxapi_deadline_arm (GstFoxapiDeadline * deadline)
{
  GstClock *clock = get_clock ();
  gint64 left_us = MAX (deadline->time_us - g_get_monotonic_time (), 0);

  deadline->id = gst_clock_new_single_shot_id (clock,
      gst_clock_get_time (clock) + left_us * GST_USECOND);
  g_atomic_ref_count_inc (&deadline->ref_count);
  gst_clock_id_wait_async (deadline->id, on_deadline, deadline,
      gst_foxapi_deadline_unref);
}

/**
 * gst_foxapi_deadline_watch:
 * @deadline: a deadline
 * @is_watching: whether what runs from now on is to end then
 *
 * To be called from any thread. What begins too late is cancelled at once; when
 * this returns from a call with %FALSE, nothing is cancelled any more.
 *
 * Since: 0.1
 */
void
gst_foxapi_deadline_watch (GstFoxapiDeadline * deadline, gboolean is_watching)
{
  g_mutex_lock (&deadline->lock);
  deadline->is_watching = is_watching;
  if (is_watching && g_get_monotonic_time () >= deadline->time_us)
    g_cancellable_cancel (deadline->cancellable);
  g_mutex_unlock (&deadline->lock);
}

/**
 * gst_foxapi_deadline_free:
 * @deadline: (transfer full): a deadline
 *
 * Since: 0.1
 */
void
gst_foxapi_deadline_free (GstFoxapiDeadline * deadline)
{
  gst_foxapi_deadline_watch (deadline, FALSE);
  if (deadline->id != NULL) {
    gst_clock_id_unschedule (deadline->id);
    gst_clock_id_unref (deadline->id);
  }
  gst_foxapi_deadline_unref (deadline);
}
