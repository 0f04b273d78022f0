/* PROGRESS that does not keep the application from playing
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstfoxapibinprogress.h"

struct _GstFoxapiBinProgress
{
  GstElement *element;          /* whose messages they are; outlives this */

  GMutex lock;                  /* of what follows; not held when one is posted */
  gboolean is_playing;
  GstMessage *held;             /* (nullable): the last one that is held back */
  GstMessage *open;             /* (nullable): the last one, if it is open */
  gboolean is_closed;           /* nothing can come of it any more */
  GQueue to_post;               /* (element-type GstMessage) */
  gboolean is_posting;
  GFunc when_closed;            /* (nullable): called behind the last one */
  gpointer user_data;           /* for @when_closed */
};

GstFoxapiBinProgress *
gst_foxapi_bin_progress_new (GstElement * element)
{
  GstFoxapiBinProgress *self = g_new0 (GstFoxapiBinProgress, 1);

  self->element = element;
  g_mutex_init (&self->lock);
  g_queue_init (&self->to_post);
  return self;
}

void
gst_foxapi_bin_progress_free (GstFoxapiBinProgress * progress)
{
  gst_clear_message (&progress->held);
  gst_clear_message (&progress->open);
  g_queue_clear_full (&progress->to_post, (GDestroyNotify) gst_message_unref);
  g_mutex_clear (&progress->lock);
  g_free (progress);
}

/* Posts what is queued, in its order, whichever threads queue it. */
static void
post_queued (GstFoxapiBinProgress * self)
{
  GFunc when_closed = NULL;
  GstMessage *message;

  g_mutex_lock (&self->lock);
  if (!self->is_posting) {
    self->is_posting = TRUE;
    while ((message = g_queue_pop_head (&self->to_post)) != NULL) {
      g_mutex_unlock (&self->lock);
      gst_element_post_message (self->element, message);
      g_mutex_lock (&self->lock);
    }
    self->is_posting = FALSE;
    when_closed = self->when_closed;
    self->when_closed = NULL;
  }
  g_mutex_unlock (&self->lock);
  if (when_closed != NULL)
    when_closed (self->element, self->user_data);
}

static gboolean
is_open (GstProgressType type)
{
  return type == GST_PROGRESS_TYPE_START || type == GST_PROGRESS_TYPE_CONTINUE;
}

/* Called with the lock */
static void
queue (GstFoxapiBinProgress * self, GstMessage * message, GstProgressType type,
    const gchar * text)
{
  GstStructure *structure = gst_structure_copy (gst_message_get_structure
      (message));

  gst_structure_set (structure, "type", GST_TYPE_PROGRESS_TYPE, type, NULL);
  if (text != NULL)
    gst_structure_set (structure, "text", G_TYPE_STRING, text, NULL);
  message = gst_message_new_custom (GST_MESSAGE_PROGRESS,
      GST_OBJECT (self->element), structure);
  gst_message_replace (&self->open, is_open (type) ? message : NULL);
  g_queue_push_tail (&self->to_post, message);
}

/* Posts it as the element's own, now or when that plays. */
void
gst_foxapi_bin_progress_post (GstFoxapiBinProgress * progress,
    GstMessage * message, gboolean may_delay)
{
  GstProgressType type;

  gst_message_parse_progress (message, &type, NULL, NULL);
  g_mutex_lock (&progress->lock);
  gst_clear_message (&progress->held);
  if (progress->is_closed)
    GST_DEBUG_OBJECT (progress->element, "the output has ended: no progress");
  else if (progress->is_playing || may_delay)
    queue (progress, message, type, NULL);
  else if (is_open (type))
    progress->held = gst_message_ref (message);
  g_mutex_unlock (&progress->lock);
  post_queued (progress);
}

/* Posts what was held back, or forgets it. */
void
gst_foxapi_bin_progress_set_is_playing (GstFoxapiBinProgress * progress,
    gboolean is_playing)
{
  g_mutex_lock (&progress->lock);
  progress->is_playing = is_playing;
  if (progress->held != NULL && is_playing)
    queue (progress, progress->held, GST_PROGRESS_TYPE_START, NULL);
  gst_clear_message (&progress->held);
  if (!is_playing) {
    gst_clear_message (&progress->open);
    progress->is_closed = FALSE;
  }
  g_mutex_unlock (&progress->lock);
  post_queued (progress);
}

/* Whoever waits for the progress waits no longer, until the element stops. */
void
gst_foxapi_bin_progress_close (GstFoxapiBinProgress * progress,
    GFunc when_closed, gpointer user_data)
{
  g_autoptr (GstMessage) open = NULL;

  g_mutex_lock (&progress->lock);
  progress->is_closed = TRUE;
  progress->when_closed = when_closed;
  progress->user_data = user_data;
  gst_clear_message (&progress->held);
  open = g_steal_pointer (&progress->open);
  if (open != NULL)
    queue (progress, open, GST_PROGRESS_TYPE_CANCELED,
        "Ended before the result");
  g_mutex_unlock (&progress->lock);
  post_queued (progress);
}
