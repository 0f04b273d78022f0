/* The bytes of a generation's result, from wherever they are
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "foxapiresult.h"

#include <glib/gi18n-lib.h>

struct _FoxapiResult
{
  FoxapiGeneration *generation; /* not owned, like what it runs with */
  const FoxapiRun *run;
  FoxapiDownload *download;     /* NULL: the result is a clip of the cache */
  gboolean is_open;             /* the download, */
  guint64 download_position;    /* and where */
  guint64 position;             /* of the next byte that read returns */
  gboolean has_part;            /* what the part has is read from there */
  gboolean is_filling;          /* what is downloaded goes into the part, too */
  gboolean is_kept;             /* the part has become a clip */
};

static gchar *
renew_link (gpointer user_data, GCancellable * cancellable, GError ** error)
{
  FoxapiResult *result = user_data;

  return foxapi_generation_renew_link (result->generation, result->run, error);
}

/* %FALSE: the task has no such result. */
static gboolean
make_download (FoxapiResult * result, GError ** error)
{
  const gchar *link = foxapi_generation_choose_link (result->generation,
      result->run, error);

  g_clear_pointer (&result->download, foxapi_download_free);
  if (link != NULL)
    result->download = foxapi_client_download (result->run->client, link,
        result->run->retries, renew_link, result);
  return link != NULL;
}

FoxapiResult *
foxapi_result_new (FoxapiGeneration * generation, const FoxapiRun * run,
    GError ** error)
{
  g_autoptr (FoxapiResult) result = g_new0 (FoxapiResult, 1);

  result->generation = generation;
  result->run = run;
  result->has_part = generation->part != NULL;
  if (generation->clip == NULL && !make_download (result, error))
    return NULL;
  return g_steal_pointer (&result);
}

void
foxapi_result_free (FoxapiResult * result)
{
  g_clear_pointer (&result->download, foxapi_download_free);
  g_free (result);
}

/* %FALSE: it is not known. */
gboolean
foxapi_result_get_size (FoxapiResult * result, guint64 * size)
{
  if (result->download != NULL)
    return foxapi_download_get_size (result->download, size);
  *size = result->generation->clip->size;
  return TRUE;
}

gboolean
foxapi_result_is_seekable (FoxapiResult * result)
{
  return result->download == NULL
      || foxapi_download_is_seekable (result->download);
}

gboolean
foxapi_result_is_encrypted (FoxapiResult * result)
{
  return result->download != NULL
      && foxapi_download_is_encrypted (result->download);
}

/* Filling the cache */

static void
keep_whole (FoxapiResult * result)
{
  if (!result->is_filling || !foxapi_part_is_whole (result->generation->part))
    return;
  result->is_filling = FALSE;
  result->is_kept = TRUE;
  foxapi_generation_keep_clip (result->generation, result->run);
}

/* Why this result cannot be kept; NULL: it can. */
static gchar *
find_obstacle (FoxapiResult * result, FoxapiSource * source)
{
  g_autofree gchar *needed = NULL, *allowed = NULL;

  if (!foxapi_download_get_source (result->download, source))
    return g_strdup (_("The server does not tell how long the file is."));
  if (source->size <= result->run->clip_limit)
    return NULL;
  needed = g_format_size (source->size);
  allowed = g_format_size (result->run->clip_limit);
  return g_strdup_printf (_("It has %s, and FOXAPI_CLIP_CACHE_SIZE allows %s "
          "for all clips together: set it to more, such as 20G."), needed,
      allowed);
}

static void
begin_filling (FoxapiResult * result)
{
  FoxapiSource source;
  g_autofree gchar *obstacle = find_obstacle (result, &source);

  if (obstacle != NULL) {
    foxapi_run_warn (result->run, FOXAPI_CHARGE_NOT_ASKED,
        _
        ("The clip cache does not keep this clip: the next start with the same "
            "request pays for a new one. %s"), obstacle);
    result->has_part = FALSE;
    foxapi_part_discard (result->generation->part);
    return;
  }
  foxapi_part_set_source (result->generation->part, &source);
  result->is_filling = TRUE;
}

static void
fill (FoxapiResult * result, gconstpointer bytes, gsize size)
{
  g_autoptr (GError) fault = NULL;

  if (foxapi_part_write (result->generation->part, result->position, bytes,
          size, &fault)) {
    keep_whole (result);
    return;
  }
  result->has_part = result->is_filling = FALSE;
  foxapi_run_warn (result->run, FOXAPI_CHARGE_NOT_ASKED,
      _("The clip cache cannot keep this clip (%s). The delivery goes on."),
      fault->message);
}

/* Opening and reading */

static gboolean
open_download (FoxapiResult * result, guint64 position, GError ** error)
{
  result->is_open = FALSE;
  if (!foxapi_download_open (result->download, position,
          result->run->cancellable, error))
    return FALSE;
  result->is_open = TRUE;
  result->download_position = position;
  if (result->has_part && !result->is_filling && !result->is_kept)
    begin_filling (result);
  return TRUE;
}

/* What an earlier process has downloaded goes on where it stopped, if the server says
 * that it is still the same file; otherwise it is downloaded anew. */
static gboolean
resume (FoxapiResult * result, const FoxapiSource * source, GError ** error)
{
  FoxapiPart *part = result->generation->part;
  guint64 length = foxapi_part_get_length (part);
  g_autoptr (GError) fault = NULL;

  if (source->etag != NULL || source->last_modified != NULL) {
    foxapi_download_expect (result->download, source);
    if (open_download (result, length, &fault)) {
      keep_whole (result);
      return TRUE;
    }
  }
  if (fault != NULL && !g_error_matches (fault, FOXAPI_ERROR,
          FOXAPI_ERROR_READ)) {
    g_propagate_error (error, g_steal_pointer (&fault));
    return FALSE;
  }
  foxapi_part_discard (part);
  foxapi_part_set_task (part, result->generation->task_id);
  return make_download (result, error);
}

/* Of a clip that was there before, and cannot be fetched again, a person decides. */
static gboolean
explain (FoxapiResult * result, GError * fault, GError ** error)
{
  const gchar *damaged = result->generation->damaged;

  if (damaged != NULL && g_error_matches (fault, FOXAPI_ERROR,
          FOXAPI_ERROR_NOT_FOUND)) {
    g_autofree gchar *said = g_steal_pointer (&fault->message);
    g_autofree gchar *command =
        foxapi_clips_get_command (result->run->clip_directory, "forget",
        damaged);

    fault->message = g_strdup_printf (_("%s To do so, and pay again, run "
            "`%s`, then start again."), said, command);
  }
  g_propagate_error (error, fault);
  return FALSE;
}

static gboolean
is_in_part (FoxapiResult * result)
{
  return result->has_part
      && result->position < foxapi_part_get_length (result->generation->part);
}

/* Begins to read at @position. After this the size, if there is one, and whether
 * it is seekable is known. */
gboolean
foxapi_result_open (FoxapiResult * result, guint64 position, GError ** error)
{
  FoxapiSource source;
  GError *fault = NULL;

  result->position = position;
  if (result->download == NULL)
    return TRUE;
  if (!result->is_open && result->has_part
      && foxapi_part_get_source (result->generation->part, &source)
      && !resume (result, &source, &fault))
    return explain (result, fault, error);
  if (result->is_open && is_in_part (result))
    return TRUE;
  if (result->is_open && result->download_position == position)
    return TRUE;
  return open_download (result, position, &fault)
      || explain (result, fault, error);
}

static gssize
read_download (FoxapiResult * result, gpointer buffer, gsize size,
    GError ** error)
{
  gssize n;

  if (result->download_position != result->position
      && !open_download (result, result->position, error))
    return -1;
  n = foxapi_download_read (result->download, buffer, size,
      result->run->cancellable, error);
  if (n > 0) {
    result->download_position += n;
    if (result->is_filling)
      fill (result, buffer, n);
  }
  return n;
}

/* As much as is there, waiting only for the first byte. After it was cancelled it can
 * be called again, and goes on where it was. Returns 0 only when the whole result
 * has arrived. */
gssize
foxapi_result_read (FoxapiResult * result, gpointer buffer, gsize size,
    GError ** error)
{
  gssize n = 0;

  if (result->download == NULL) {
    n = foxapi_clip_read (result->generation->clip, result->position, buffer,
        size, error);
  } else {
    if (is_in_part (result))
      n = foxapi_part_read (result->generation->part, result->position, buffer,
          size);
    if (n <= 0)
      n = read_download (result, buffer, size, error);
  }
  if (n > 0)
    result->position += n;
  return n;
}
