/* What the bin's task has told of itself
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstfoxapibintask.h"

#include "gstfoxapiremaining.h"

struct _GstFoxapiBinTask
{
  GMutex lock;                  /* of what follows */
  GstStructure *told;           /* (nullable): the last foxapi-task */
  gint64 time_us;               /* when it came */
  gint64 submitted_us;          /* when the first came; 0: none has */
};

GstFoxapiBinTask *
gst_foxapi_bin_task_new (void)
{
  GstFoxapiBinTask *self = g_new0 (GstFoxapiBinTask, 1);

  g_mutex_init (&self->lock);
  return self;
}

void
gst_foxapi_bin_task_free (GstFoxapiBinTask * task)
{
  gst_clear_structure (&task->told);
  g_mutex_clear (&task->lock);
  g_free (task);
}

void
gst_foxapi_bin_task_note (GstFoxapiBinTask * task, const GstStructure * told)
{
  g_mutex_lock (&task->lock);
  gst_clear_structure (&task->told);
  task->told = gst_structure_copy (told);
  task->time_us = g_get_monotonic_time ();
  if (task->submitted_us == 0)
    task->submitted_us = task->time_us;
  g_mutex_unlock (&task->lock);
}

/* What comes next is about another one. */
void
gst_foxapi_bin_task_forget (GstFoxapiBinTask * task)
{
  g_mutex_lock (&task->lock);
  gst_clear_structure (&task->told);
  task->submitted_us = 0;
  g_mutex_unlock (&task->lock);
}

/* Returns its id, if it is known, or NULL. */
gchar *
gst_foxapi_bin_task_dup_id (GstFoxapiBinTask * task)
{
  gchar *id = NULL;

  g_mutex_lock (&task->lock);
  if (task->told != NULL)
    id = g_strdup (gst_structure_get_string (task->told, "id"));
  g_mutex_unlock (&task->lock);
  return id;
}

/* Called with the lock, and with something told. What was left when that came,
 * less the time since. */
static gint
get_remaining (GstFoxapiBinTask * self, gint progress)
{
  gint64 since_us = g_get_monotonic_time () - self->time_us;
  gint estimate = 0, remaining;

  gst_structure_get_int (self->told, "estimated-time", &estimate);
  remaining = gst_foxapi_remaining_seconds ((gdouble) (self->time_us
          - self->submitted_us) / G_USEC_PER_SEC, progress, estimate);
  return remaining < 0 ? remaining :
      MAX (remaining - (gint) (since_us / G_USEC_PER_SEC), 0);
}

gchar *
gst_foxapi_bin_task_make_text (GstFoxapiBinTask * task)
{
  gchar *text = NULL;
  gint progress = 0;

  g_mutex_lock (&task->lock);
  if (task->told != NULL) {
    gst_structure_get_int (task->told, "progress", &progress);
    text = gst_foxapi_remaining_text (progress, get_remaining (task, progress));
  }
  g_mutex_unlock (&task->lock);
  return text ? text : g_strdup ("");
}

/* Returns the event foxapi-task; NULL if nothing is known. */
GstEvent *
gst_foxapi_bin_task_make_event (GstFoxapiBinTask * task)
{
  GstEvent *event = NULL;

  g_mutex_lock (&task->lock);
  if (task->told != NULL)
    event = gst_event_new_custom (GST_EVENT_CUSTOM_DOWNSTREAM_STICKY,
        gst_structure_copy (task->told));
  g_mutex_unlock (&task->lock);
  return event;
}
