/* The thread that changes states, and the queue of what it is told
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstfoxapicontrol.h"

/* The thread that acts on what the others tell */

typedef struct
{
  gboolean is_last;
  GstFoxapiControlMessage type;
  GstObject *object;            /* (nullable): owned */
} Message;

struct _GstFoxapiControl
{
  GstFoxapiControlFunc func;
  gpointer user_data;
  GAsyncQueue *queue;
  GThread *thread;              /* whoever starts and stops it */
};

static void
message_free (gpointer data)
{
  Message *message = data;

  gst_clear_object (&message->object);
  g_free (message);
}

GstFoxapiControl *
gst_foxapi_control_new (GstFoxapiControlFunc func, gpointer user_data)
{
  GstFoxapiControl *self = g_new0 (GstFoxapiControl, 1);

  self->func = func;
  self->user_data = user_data;
  self->queue = g_async_queue_new_full (message_free);
  return self;
}

void
gst_foxapi_control_free (GstFoxapiControl * control)
{
  g_async_queue_unref (control->queue);
  g_free (control);
}

static gpointer
direct (gpointer data)
{
  GstFoxapiControl *self = data;
  gint64 tick_us = g_get_monotonic_time () + G_USEC_PER_SEC;

  for (;;) {
    gint64 now_us = g_get_monotonic_time ();
    Message *message = g_async_queue_timeout_pop (self->queue,
        MAX (tick_us - now_us, 0));
    gboolean is_last;

    if (message == NULL) {
      tick_us = g_get_monotonic_time () + G_USEC_PER_SEC;
      self->func (GST_FOXAPI_CONTROL_TICK, NULL, self->user_data);
      continue;
    }
    is_last = message->is_last;
    if (!is_last)
      self->func (message->type, message->object, self->user_data);
    message_free (message);
    if (is_last)
      return NULL;
  }
}

void
gst_foxapi_control_start (GstFoxapiControl * control)
{
  control->thread = g_thread_new ("foxapicontrol", direct, control);
}

/* Returns when the thread has ended; messages that it has not got to stay. */
void
gst_foxapi_control_stop (GstFoxapiControl * control)
{
  Message *message;

  if (control->thread == NULL)
    return;
  message = g_new0 (Message, 1);
  message->is_last = TRUE;
  g_async_queue_push_front (control->queue, message);
  g_thread_join (g_steal_pointer (&control->thread));
}

/* Forgets all messages. */
void
gst_foxapi_control_clear (GstFoxapiControl * control)
{
  Message *message;

  while ((message = g_async_queue_try_pop (control->queue)) != NULL)
    message_free (message);
}

void
gst_foxapi_control_send (GstFoxapiControl * control,
    GstFoxapiControlMessage type, gpointer object)
{
  Message *message = g_new0 (Message, 1);

  message->type = type;
  message->object = object ? gst_object_ref (object) : NULL;
  g_async_queue_push (control->queue, message);
}

/* Children that work whatever the state of their bin */

void
gst_foxapi_bin_add_locked (gpointer bin, GstElement * element)
{
  gst_element_set_locked_state (element, TRUE);
  gst_bin_add (GST_BIN (bin), element);
}

void
gst_foxapi_bin_remove_locked (gpointer bin, GstElement * element)
{
  gst_element_set_state (element, GST_STATE_NULL);
  gst_bin_remove (GST_BIN (bin), element);
}
