/* The control thread of the bin, and what it is told
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstfoxapicontrol.h"

struct _GstFoxapiControl
{
  GstFoxapiControlFunc func;
  gpointer user_data;
  GAsyncQueue *queue;           /* of Entry */
  GThread *thread;              /* whoever starts and stops it */
};

typedef struct
{
  GstFoxapiEvent event;         /* GST_FOXAPI_N_EVENTS: the thread is to end */
  gpointer object;              /* (nullable) */
  GstMessage *message;          /* (nullable) */
} Entry;

static void
entry_free (gpointer data)
{
  Entry *entry = data;

  g_clear_object (&entry->object);
  gst_clear_message (&entry->message);
  g_free (entry);
}

GstFoxapiControl *
gst_foxapi_control_new (GstFoxapiControlFunc func, gpointer user_data)
{
  GstFoxapiControl *control = g_new0 (GstFoxapiControl, 1);

  control->func = func;
  control->user_data = user_data;
  control->queue = g_async_queue_new_full (entry_free);
  return control;
}

/* It is stopped. */
void
gst_foxapi_control_free (GstFoxapiControl * control)
{
  g_async_queue_unref (control->queue);
  g_free (control);
}

static Entry *
entry_new (GstFoxapiEvent event)
{
  Entry *entry = g_new0 (Entry, 1);

  entry->event = event;
  return entry;
}

/* Called from any thread. @object: (nullable); @message: (transfer full) (nullable) */
void
gst_foxapi_control_tell (GstFoxapiControl * control, GstFoxapiEvent event,
    gpointer object, GstMessage * message)
{
  Entry *entry = entry_new (event);

  entry->object = object ? gst_object_ref (object) : NULL;
  entry->message = message;
  g_async_queue_push (control->queue, entry);
}

static gpointer
run (gpointer data)
{
  GstFoxapiControl *control = data;
  gint64 tick_us = g_get_monotonic_time () + G_USEC_PER_SEC;
  gboolean is_over = FALSE;

  while (!is_over) {
    gint64 left_us = tick_us - g_get_monotonic_time ();
    Entry *entry = g_async_queue_timeout_pop (control->queue, MAX (left_us, 0));

    if (entry == NULL) {
      entry = entry_new (GST_FOXAPI_EVENT_TICK);
      tick_us = g_get_monotonic_time () + G_USEC_PER_SEC;
    }
    is_over = entry->event == GST_FOXAPI_N_EVENTS;
    if (!is_over)
      control->func (entry->event, entry->object, entry->message,
          control->user_data);
    entry_free (entry);
  }
  return NULL;
}

void
gst_foxapi_control_start (GstFoxapiControl * control)
{
  control->thread = g_thread_new ("foxapicontrol", run, control);
}

/* Returns when the thread has ended; what it has not got to stays in the queue. */
void
gst_foxapi_control_stop (GstFoxapiControl * control)
{
  if (control->thread == NULL)
    return;
  g_async_queue_push_front (control->queue, entry_new (GST_FOXAPI_N_EVENTS));
  g_thread_join (g_steal_pointer (&control->thread));
}

/* To be called while it is stopped. Empties the queue: what is torn down has nothing
 * to tell but, if @tells, the end of its PROGRESS. */
void
gst_foxapi_control_drain (GstFoxapiControl * control, gboolean tells)
{
  Entry *entry;

  while ((entry = g_async_queue_try_pop (control->queue)) != NULL) {
    if (tells && entry->event == GST_FOXAPI_EVENT_PROGRESS)
      control->func (entry->event, entry->object, entry->message,
          control->user_data);
    entry_free (entry);
  }
}
