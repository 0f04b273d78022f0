/* Generations ahead of the air: the next shot is made while one is shown
 *
 * The engine runs one generation. One whose result is there, and has not been shown
 * to its end, is taken out of it and kept, with the record of its task, so that the
 * next one can begin. At a stop those that are kept are parked, for the next start.
 *
 * Threads: the control thread, and whoever starts and stops.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstfoxapibinprivate.h"

typedef struct
{
  guint clip;                   /* number of its file */
  guint shot;
  GstStructure *current;        /* (nullable): of that shot */
  FoxapiGeneration *generation;
} Kept;

static void
kept_free (Kept * kept)
{
  gst_clear_structure (&kept->current);
  g_clear_pointer (&kept->generation, foxapi_generation_free);
  g_free (kept);
}

static Kept *
take_from_engine (GstFoxapiVideoBin * self)
{
  Kept *kept = g_new0 (Kept, 1);

  kept->clip = self->latest;
  GST_OBJECT_LOCK (self);
  kept->shot = self->shot;
  kept->current = self->current ? gst_structure_copy (self->current) : NULL;
  GST_OBJECT_UNLOCK (self);
  kept->generation = g_steal_pointer (&self->engine.generation);
  return kept;
}

/* The engine goes on with that shot: it resumes what is paid for, unless the
 * application has named another task since. The engine is stopped.
 * @kept: (transfer full) */
static void
give_to_engine (GstFoxapiVideoBin * self, Kept * kept)
{
  GstFoxapiEngine *engine = &self->engine;
  g_autoptr (FoxapiTask) old_task = NULL;
  FoxapiTask *task = kept->generation->task;

  g_clear_pointer (&engine->generation, foxapi_generation_free);
  engine->is_next_shot = engine->is_new_try = FALSE;
  GST_OBJECT_LOCK (self);
  self->shot = kept->shot;
  gst_clear_structure (&self->current);
  self->current = g_steal_pointer (&kept->current);
  old_task = g_steal_pointer (&engine->task);
  engine->task = task ? foxapi_task_ref (task) : NULL;
  g_free (engine->task_id);
  engine->task_id = g_strdup (kept->generation->task_id);
  GST_OBJECT_UNLOCK (self);
  engine->generation = g_steal_pointer (&kept->generation);
  kept_free (kept);
}

/* It goes on being shown, and the next shot can begin. %FALSE: that was dropped. */
gboolean
gst_foxapi_video_bin_keep_generation (GstFoxapiVideoBin * self)
{
  Kept *kept = take_from_engine (self);

  if (gst_foxapi_video_bin_advance (self, NULL)) {
    g_queue_push_tail (&self->kept, kept);
    return TRUE;
  }
  self->engine.generation = g_steal_pointer (&kept->generation);
  kept_free (kept);
  return FALSE;
}

/* The clip has been shown to its end, or failed to be: then its record stays.
 * @task_id: (out) (transfer full) (optional): its task. %FALSE: it is none of those
 * that are kept. */
gboolean
gst_foxapi_video_bin_finish_kept (GstFoxapiVideoBin * self, guint clip,
    gboolean is_shown, gchar ** task_id)
{
  GList *link = self->kept.head;
  Kept *kept;
  gboolean has_arrived;

  while (link != NULL && ((Kept *) link->data)->clip != clip)
    link = link->next;
  if (link == NULL)
    return FALSE;
  kept = link->data;
  g_queue_delete_link (&self->kept, link);
  GST_OBJECT_LOCK (self);
  has_arrived = is_shown && !self->pipeline_has_failed;
  GST_OBJECT_UNLOCK (self);
  foxapi_generation_handed_out (kept->generation);
  if (has_arrived)
    foxapi_generation_delivered (kept->generation, &self->engine.run);
  foxapi_generation_let_go (kept->generation);
  if (task_id != NULL)
    *task_id = g_strdup (kept->generation->task_id);
  kept_free (kept);
  return TRUE;
}

/* A stop: the next start goes on with the oldest clip that has not been shown to its
 * end, and what is paid for behind it is there when its turn comes. */
void
gst_foxapi_video_bin_park (GstFoxapiVideoBin * self)
{
  Kept *oldest = g_queue_pop_head (&self->kept), *kept;

  if (oldest == NULL)
    return;
  foxapi_generation_let_go (oldest->generation);
  if (self->engine.generation != NULL)
    g_queue_push_tail (&self->kept, take_from_engine (self));
  else
    gst_foxapi_video_bin_go_back (self);
  while ((kept = g_queue_pop_tail (&self->kept)) != NULL) {
    foxapi_generation_let_go (kept->generation);
    GST_OBJECT_LOCK (self);
    g_queue_push_head (&self->parked, kept);
    GST_OBJECT_UNLOCK (self);
  }
  give_to_engine (self, oldest);
}

/* %TRUE: the engine has the shot that is to begin, and resumes it. Those before it
 * have been dropped, and in the place of this one the application may have named a
 * task: their records stay in the store. */
gboolean
gst_foxapi_video_bin_unpark (GstFoxapiVideoBin * self)
{
  Kept *kept, *found = NULL;

  GST_OBJECT_LOCK (self);
  while (found == NULL && (kept = g_queue_peek_head (&self->parked)) != NULL
      && kept->shot <= self->shot) {
    g_queue_pop_head (&self->parked);
    if (kept->shot == self->shot && self->engine.named_task_id == NULL
        && !self->engine.task_is_forgotten)
      found = kept;
    else
      kept_free (kept);
  }
  GST_OBJECT_UNLOCK (self);
  if (found != NULL)
    give_to_engine (self, found);
  return found != NULL;
}

/* Called with the object lock: whether the shot was begun in a run before */
gboolean
gst_foxapi_video_bin_is_parked (GstFoxapiVideoBin * self,
    const GstStructure * shot)
{
  gboolean is_parked = FALSE;
  guint number = 0;

  gst_structure_get_uint (shot, "shot", &number);
  for (GList * l = self->parked.head; l != NULL; l = l->next)
    is_parked |= ((Kept *) l->data)->shot + 1 == number;
  return is_parked;
}

/* Called with the object lock: of the shots behind number @shot, those that no
 * property names */
void
gst_foxapi_video_bin_ask_for_parked (GstFoxapiVideoBin * self, guint shot)
{
  for (GList * l = self->parked.head; l != NULL; l = l->next) {
    Kept *kept = l->data;

    if (kept->shot > shot && kept->current != NULL)
      g_queue_push_tail (&self->waiting, gst_structure_copy (kept->current));
  }
}

/* Called with the object lock: the shot of that number is not wanted any more. Its
 * record stays in the store. */
void
gst_foxapi_video_bin_drop_parked (GstFoxapiVideoBin * self, guint number)
{
  for (GList * l = self->parked.head; l != NULL; l = l->next) {
    if (((Kept *) l->data)->shot + 1 == number) {
      kept_free (l->data);
      g_queue_delete_link (&self->parked, l);
      return;
    }
  }
}

/* Their records stay in the store. */
void
gst_foxapi_video_bin_forget_parked (GstFoxapiVideoBin * self)
{
  g_queue_clear_full (&self->parked, (GDestroyNotify) kept_free);
}
