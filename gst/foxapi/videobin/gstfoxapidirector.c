/* The thread that acts on what the others tell
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstfoxapidirector.h"

typedef struct
{
  gboolean is_last;
  GstFoxapiCue cue;
  GstObject *object;            /* (nullable): owned */
} Message;

struct _GstFoxapiDirector
{
  GstFoxapiDirectorFunc func;
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

GstFoxapiDirector *
gst_foxapi_director_new (GstFoxapiDirectorFunc func, gpointer user_data)
{
  GstFoxapiDirector *self = g_new0 (GstFoxapiDirector, 1);

  self->func = func;
  self->user_data = user_data;
  self->queue = g_async_queue_new_full (message_free);
  return self;
}

void
gst_foxapi_director_free (GstFoxapiDirector * director)
{
  g_async_queue_unref (director->queue);
  g_free (director);
}

static gpointer
direct (gpointer data)
{
  GstFoxapiDirector *self = data;
  gint64 tick_us = g_get_monotonic_time () + G_USEC_PER_SEC;

  for (;;) {
    gint64 now_us = g_get_monotonic_time ();
    Message *message = g_async_queue_timeout_pop (self->queue,
        MAX (tick_us - now_us, 0));
    gboolean is_last;

    if (message == NULL) {
      tick_us = g_get_monotonic_time () + G_USEC_PER_SEC;
      self->func (GST_FOXAPI_CUE_TICK, NULL, self->user_data);
      continue;
    }
    is_last = message->is_last;
    if (!is_last)
      self->func (message->cue, message->object, self->user_data);
    message_free (message);
    if (is_last)
      return NULL;
  }
}

void
gst_foxapi_director_start (GstFoxapiDirector * director)
{
  director->thread = g_thread_new ("foxapidirector", direct, director);
}

/* Returns when the thread has ended; cues that it has not got to stay. */
void
gst_foxapi_director_stop (GstFoxapiDirector * director)
{
  Message *message;

  if (director->thread == NULL)
    return;
  message = g_new0 (Message, 1);
  message->is_last = TRUE;
  g_async_queue_push_front (director->queue, message);
  g_thread_join (g_steal_pointer (&director->thread));
}

/* Forgets all cues. */
void
gst_foxapi_director_clear (GstFoxapiDirector * director)
{
  Message *message;

  while ((message = g_async_queue_try_pop (director->queue)) != NULL)
    message_free (message);
}

void
gst_foxapi_director_cue (GstFoxapiDirector * director, GstFoxapiCue cue,
    gpointer object)
{
  Message *message = g_new0 (Message, 1);

  message->cue = cue;
  message->object = object ? gst_object_ref (object) : NULL;
  g_async_queue_push (director->queue, message);
}
