/* One generation: what is known of it
 *
 * It survives the element's restarts and decides what the next start may do
 * (docs/guide.md, what a restart does):
 *
 *   nothing known, or certainly nothing charged      submit
 *   a task, running or completed                     resume it
 *   outcome unknown, or the task failed              repeat the error
 *
 * The store is written before each step that it must survive: the intent before
 * the request leaves, the id before anyone is told of it.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "foxapigeneration.h"

/* @old: (transfer full) (nullable): that the application wants another one instead
 * of. It was told what it may pay for twice. @gives_up: also where the request is
 * the same. */
FoxapiGeneration *
foxapi_generation_new (FoxapiGeneration * old, gboolean gives_up)
{
  FoxapiGeneration *generation = g_new0 (FoxapiGeneration, 1);

  g_mutex_init (&generation->record_lock);
  if (old == NULL) {
    generation->given_up = g_hash_table_new_full (g_str_hash, g_str_equal,
        g_free, NULL);
    return generation;
  }
  generation->given_up = g_hash_table_ref (old->given_up);
  if ((old->failure != NULL || gives_up) && old->record_path != NULL)
    g_hash_table_add (generation->given_up, g_strdup (old->record_path));
  foxapi_generation_free (old);
  return generation;
}

/* What this process has handed out to its end and still plays. A player that loops
 * without a gap makes the next source while the last one is still there. Nobody has
 * asked the next one to pay: it takes up what is playing. Once the last source has
 * stopped, a new one is a new request. */
static GMutex playing_lock;
static GList *playing;          /* under the lock: of FoxapiGeneration, whose task and
                                   identity do not change meanwhile */

/* Its result was handed out in full. */
void
foxapi_generation_handed_out (FoxapiGeneration * generation)
{
  g_mutex_lock (&playing_lock);
  if (generation->identity != NULL && generation->task_id != NULL
      && g_list_find (playing, generation) == NULL)
    playing = g_list_prepend (playing, generation);
  g_mutex_unlock (&playing_lock);
}

static void
stop_playing (FoxapiGeneration * generation)
{
  g_mutex_lock (&playing_lock);
  playing = g_list_remove (playing, generation);
  g_mutex_unlock (&playing_lock);
}

/* (transfer full) (nullable): the task of an equal request */
gchar *
foxapi_generation_find_playing_task (const gchar * identity)
{
  gchar *task_id = NULL;

  g_mutex_lock (&playing_lock);
  for (GList * l = playing; l != NULL && task_id == NULL; l = l->next) {
    const FoxapiGeneration *generation = l->data;

    if (g_strcmp0 (generation->identity, identity) == 0)
      task_id = g_strdup (generation->task_id);
  }
  g_mutex_unlock (&playing_lock);
  return task_id;
}

/* The place in the cache goes with it: whoever finds that free pays. */
static void
leave_submission (FoxapiGeneration * generation)
{
  if (generation->is_attached)
    foxapi_submission_leave (generation->submission,
        g_steal_pointer (&generation->part));
  generation->is_attached = FALSE;
}

/* (transfer full); its record stays in the store. */
void
foxapi_generation_free (FoxapiGeneration * generation)
{
  stop_playing (generation);
  leave_submission (generation);
  g_clear_pointer (&generation->body, json_object_unref);
  g_clear_pointer (&generation->properties, json_object_unref);
  g_clear_pointer (&generation->first_answer, foxapi_task_unref);
  g_clear_pointer (&generation->task, foxapi_task_unref);
  g_clear_pointer (&generation->record, foxapi_record_free);
  g_clear_pointer (&generation->clip, foxapi_clip_free);
  g_clear_pointer (&generation->part, foxapi_part_free);
  g_clear_pointer (&generation->lost, g_ptr_array_unref);
  g_clear_pointer (&generation->submission, foxapi_submission_unref);
  g_hash_table_unref (generation->given_up);
  g_clear_error (&generation->failure);
  g_free (generation->body_text);
  g_free (generation->identity);
  g_free (generation->text);
  g_free (generation->clip_identity);
  g_free (generation->digest);
  g_free (generation->damaged);
  g_mutex_clear (&generation->record_lock);
  g_free (generation->record_path);
  g_free (generation->task_id);
  g_free (generation);
}

/* The store. No fault of it stops a generation. */

void
foxapi_generation_note_path (FoxapiGeneration * generation, const gchar * path)
{
  g_free (generation->record_path);
  generation->record_path = g_strdup (path);
}

void
foxapi_generation_set_record (FoxapiGeneration * generation,
    FoxapiRecord * record)
{
  g_mutex_lock (&generation->record_lock);
  generation->record = record;
  g_mutex_unlock (&generation->record_lock);
  if (record != NULL)
    foxapi_generation_note_path (generation, record->path);
}

void
foxapi_generation_drop_record (FoxapiGeneration * generation)
{
  g_mutex_lock (&generation->record_lock);
  if (generation->record != NULL)
    foxapi_record_remove (generation->record);
  g_clear_pointer (&generation->record, foxapi_record_free);
  g_mutex_unlock (&generation->record_lock);
}

void
foxapi_generation_let_go_of_record (FoxapiGeneration * generation)
{
  g_mutex_lock (&generation->record_lock);
  if (generation->record != NULL)
    foxapi_record_let_go (generation->record);
  g_mutex_unlock (&generation->record_lock);
}

/* It stops running: others may take up its task, and so may this one. A new request
 * that is equal is a new one. */
void
foxapi_generation_let_go (FoxapiGeneration * generation)
{
  stop_playing (generation);
  leave_submission (generation);
  g_clear_pointer (&generation->clip, foxapi_clip_free);
  foxapi_generation_let_go_of_record (generation);
  /* Whoever finds this free looks into the record next. */
  g_clear_pointer (&generation->part, foxapi_part_free);
}

/* The result has arrived: the record has served its purpose. The task itself stays
 * known, to be replayed. A player that loops without a gap has the record from an
 * element that was stopped since. */
void
foxapi_generation_delivered (FoxapiGeneration * generation,
    const FoxapiRun * run)
{
  g_mutex_lock (&generation->record_lock);
  if (generation->record == NULL && generation->task_id != NULL
      && run->store_directory != NULL)
    generation->record = foxapi_store_take_task (run->store_directory,
        foxapi_client_get_base_url (run->client), generation->task_id,
        run->cancellable);
  g_mutex_unlock (&generation->record_lock);
  foxapi_generation_drop_record (generation);
}

void
foxapi_generation_know (FoxapiGeneration * generation, FoxapiTask * task)
{
  if (generation->first_answer == NULL)
    generation->first_answer = foxapi_task_ref (task);
  g_clear_pointer (&generation->task, foxapi_task_unref);
  generation->task = foxapi_task_ref (task);
}
