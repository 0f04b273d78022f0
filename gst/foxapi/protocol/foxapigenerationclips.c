/* What a generation has to do with the clip cache
 *
 * No fault of the cache stops a generation, but one that would have to be paid for
 * again.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "foxapigeneration.h"

#include <glib/gi18n-lib.h>

/* Between two looks at what another process makes of the same clip, and how long its
 * download may stand still */
#define LOOK_US (200 * 1000)
#define STALLED_US (3 * G_USEC_PER_SEC)

/* To be told so means to forget the clip: a person who sees another video in its
 * place should have decided that. */
void
foxapi_generation_set_damaged_error (FoxapiGeneration * generation,
    const FoxapiRun * run, GError ** error)
{
  g_autofree gchar *command =
      foxapi_clips_get_command (run->clip_directory, "forget",
      generation->damaged);

  g_set_error (error, FOXAPI_ERROR, FOXAPI_ERROR_READ,
      _("The clip of this request, which was paid for, is damaged or lost in "
          "the clip cache, and %s. Nothing was submitted. To generate it again, "
          "and pay again, run `%s`, then start again."),
      generation->task_id ? _("the service no longer has its result") :
      _("its task is not known"), command);
}

/* A clip that is there may be of another task than the one that is wanted. %FALSE:
 * cancelled. */
static gboolean
find_clip (FoxapiGeneration * generation, const FoxapiRun * run,
    GError ** error)
{
  FoxapiClipOrigin origin = { foxapi_client_get_base_url (run->client),
    generation->body, NULL, {NULL}
  };
  g_autofree gchar *digest = NULL, *task_id = NULL;
  g_autoptr (FoxapiClip) clip = NULL;
  g_autoptr (GError) fault = NULL;

  if (generation->is_new_take && generation->task_id == NULL)
    return TRUE;
  digest = foxapi_clips_find (run->clip_directory, generation->clip_identity,
      &task_id, &fault);
  if (digest != NULL)
    clip = foxapi_clips_open (run->clip_directory, digest, &origin,
        run->cancellable, &fault);
  else if (fault != NULL)
    digest = g_strdup (generation->clip_identity);
  /* Whoever has removed a clip by hand may have left what leads to it. */
  if (task_id == NULL && g_error_matches (fault, FOXAPI_ERROR,
          FOXAPI_ERROR_NOT_FOUND))
    g_clear_pointer (&digest, g_free);
  if (digest == NULL) {
    g_clear_pointer (&generation->damaged, g_free);
    return TRUE;
  }
  if (g_error_matches (fault, G_IO_ERROR, G_IO_ERROR_CANCELLED)) {
    g_propagate_error (error, g_steal_pointer (&fault));
    return FALSE;
  }
  if (clip == NULL && g_strcmp0 (digest, generation->damaged) != 0) {
    foxapi_run_warn (run, FOXAPI_CHARGE_NOT_ASKED, _("%s. The element "
            "downloads it again, if the service still has it."),
        fault->message);
    g_free (generation->damaged);
    generation->damaged = g_steal_pointer (&digest);
  }
  if (clip != NULL && (generation->task_id == NULL
          || g_str_equal (clip->task->id, generation->task_id)))
    generation->clip = g_steal_pointer (&clip);
  return TRUE;
}

/* Whether the one that downloads the same clip has stood still for some time. Its
 * pipeline may be paused, or be this one, and wait for what waits here. */
static gboolean
is_stalled (const FoxapiPartProgress * now, guint64 * length, gint64 * since_us)
{
  gint64 now_us = g_get_monotonic_time ();

  if (now->is_downloading && now->length == *length)
    return now_us - *since_us >= STALLED_US;
  *length = now->length;
  *since_us = now_us;
  return FALSE;
}

/* Waits for the one that makes the same clip. Ends when there is a clip or a part, or
 * when this one has to download by itself; %FALSE: cancelled, or overdue. */
static gboolean
wait_for_clip (FoxapiGeneration * generation, const FoxapiRun * run,
    GError ** error)
{
  gint64 since_us = g_get_monotonic_time ();
  guint64 length = 0;
  gboolean is_told = FALSE;

  while (find_clip (generation, run, error)) {
    g_autoptr (GError) warning = NULL;
    g_autofree gchar *task_id = NULL;
    FoxapiPartProgress progress;
    gboolean is_taken;

    if (generation->clip != NULL || generation->part != NULL)
      return TRUE;
    generation->part = foxapi_part_take (run->clip_directory,
        generation->clip_identity, &is_taken, &warning);
    /* It may have become a clip just before. */
    if (generation->part != NULL)
      continue;
    if (!is_taken) {
      foxapi_run_warn (run, FOXAPI_CHARGE_NOT_ASKED,
          _("The clip cache cannot keep this clip (%s). The generation goes "
              "on."), warning->message);
      return TRUE;
    }
    foxapi_part_look (run->clip_directory, generation->clip_identity,
        &progress);
    task_id = progress.task_id;
    if (is_stalled (&progress, &length, &since_us)) {
      if (generation->task_id == NULL)
        generation->task_id = g_steal_pointer (&task_id);
      return TRUE;
    }
    if (!is_told)
      run->observer->waiting (run->user_data,
          _("Waiting for the same clip, which another pipeline downloads"));
    is_told = TRUE;
    if (!foxapi_run_wait_in_time (run, g_get_monotonic_time () + LOOK_US,
            error))
      return FALSE;
  }
  return FALSE;
}

static gboolean
open_named_clip (FoxapiGeneration * generation, const FoxapiRun * run,
    GError ** error)
{
  FoxapiClipOrigin origin = { NULL };
  g_autoptr (GError) fault = NULL;

  if (run->clip_directory == NULL)
    g_set_error_literal (&fault, FOXAPI_ERROR, FOXAPI_ERROR_SETTINGS,
        _("There is no clip cache to play the clip from, because clip-cache "
            "is empty"));
  else
    generation->clip = foxapi_clips_open (run->clip_directory,
        generation->digest, &origin, run->cancellable, &fault);
  if (generation->clip != NULL)
    return TRUE;
  if (fault->domain == FOXAPI_ERROR) {
    g_autofree gchar *said = g_steal_pointer (&fault->message);

    fault->message = g_strdup_printf (_("%s. Bring the clip there with "
            "`foxapi-clips import`, or set clip-cache to the directory that has "
            "it."), said);
  }
  g_propagate_error (error, g_steal_pointer (&fault));
  return FALSE;
}

/* Looks for the result in the cache, and takes upon itself to bring it there if it
 * is not. */
gboolean
foxapi_generation_enter_cache (FoxapiGeneration * generation,
    const FoxapiRun * run, GError ** error)
{
  if (generation->digest != NULL)
    return open_named_clip (generation, run, error);
  if (run->clip_directory == NULL) {
    g_clear_pointer (&generation->damaged, g_free);
    return TRUE;
  }
  if (generation->text == NULL)
    generation->text = g_strconcat ("task ", generation->task_id, NULL);
  g_free (generation->clip_identity);
  generation->clip_identity =
      foxapi_clips_identify (foxapi_client_get_base_url (run->client),
      generation->text, run->result_index);
  /* Without a key, or just for a task, nothing will be downloaded. With the answer to
   * a submission comes its place. */
  if (run->until_task || generation->is_attached
      || !foxapi_client_check_key (run->client, NULL))
    return find_clip (generation, run, error);
  return wait_for_clip (generation, run, error);
}

/* Whoever has paid has the clip: no record has to keep it. */
void
foxapi_generation_play_clip (FoxapiGeneration * generation,
    const FoxapiRun * run)
{
  FoxapiTask *task = generation->clip->task;
  FoxapiRecord *record = run->store_directory == NULL ? NULL :
      foxapi_store_take_task (run->store_directory,
      foxapi_client_get_base_url (run->client), task->id, run->cancellable);

  g_clear_pointer (&generation->part, foxapi_part_free);
  if (record != NULL) {
    foxapi_record_remove (record);
    foxapi_record_free (record);
  }
  foxapi_generation_know (generation, task);
  run->observer->task (run->user_data, task, TRUE, -1);
}

/* Of a clip that was there, or was being downloaded, the task is known: asking for
 * it is free. */
void
foxapi_generation_take_from_cache (FoxapiGeneration * generation,
    const FoxapiRun * run, GError ** error)
{
  const gchar *task_id = NULL;

  if (generation->part != NULL && generation->is_new_take)
    foxapi_part_discard (generation->part);
  if (generation->part != NULL)
    task_id = foxapi_part_get_task_id (generation->part);
  generation->task_id = g_strdup (task_id);
  if (task_id == NULL && generation->damaged != NULL)
    generation->task_id = foxapi_clips_find_task (run->clip_directory,
        generation->clip_identity, generation->damaged);
  generation->from_cache = generation->task_id != NULL;
  if (!generation->from_cache && generation->damaged != NULL)
    foxapi_generation_set_damaged_error (generation, run, error);
}

/* The result is there in full. */
void
foxapi_generation_keep_clip (FoxapiGeneration * generation,
    const FoxapiRun * run)
{
  const gchar *service = foxapi_client_get_base_url (run->client);
  g_autofree gchar *what = g_strconcat ("task ", generation->task_id, NULL);
  g_autofree gchar *task_identity =
      foxapi_clips_identify (service, what, run->result_index);
  FoxapiClipOrigin origin = { service, generation->body, generation->task,
    {generation->clip_identity, task_identity, NULL}
  };
  g_autoptr (GError) fault = NULL;

  if (foxapi_part_keep (generation->part, &origin, run->cancellable, &fault)) {
    foxapi_generation_delivered (generation, run);
    if (!foxapi_clips_trim (run->clip_directory, run->clip_limit))
      foxapi_run_warn (run, FOXAPI_CHARGE_NOT_ASKED,
          _("The clips that are pinned leave no room for this one: the clip "
              "cache removes it with the next one, and its request is paid for "
              "again. Set FOXAPI_CLIP_CACHE_SIZE to more, such as 20G, or unpin "
              "some with `foxapi-clips unpin`."));
  } else if (!g_cancellable_is_cancelled (run->cancellable)) {
    foxapi_run_warn (run, FOXAPI_CHARGE_NOT_ASKED,
        _("The clip cache cannot keep this clip (%s). The delivery goes on."),
        fault->message);
  }
}
