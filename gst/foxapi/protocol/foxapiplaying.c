/* Results that this process has handed out and still plays
 *
 * A player that loops without a gap makes the next source while the last one is
 * still there, after its end. Nobody has asked the next one to pay: it takes up
 * what is playing. Once the last source has stopped, a new one is a new request.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "foxapiplaying.h"

typedef struct
{
  gchar *identity;
  gchar *task_id;
} Playing;

static GMutex lock;
static GList *all;              /* of Playing; under the lock */

/* Called with the lock */
static GList *
find (const gchar * identity, const gchar * task_id)
{
  for (GList * l = all; l != NULL; l = l->next) {
    Playing *playing = l->data;

    if (g_str_equal (playing->identity, identity)
        && (task_id == NULL || g_str_equal (playing->task_id, task_id)))
      return l;
  }
  return NULL;
}

/**
 * foxapi_playing_add:
 * @identity: of a request, foxapi_store_identify()
 * @task_id: its task, whose result was handed out to its end
 *
 * Since: 0.1
 */
void
foxapi_playing_add (const gchar * identity, const gchar * task_id)
{
  Playing *playing = g_new (Playing, 1);

  playing->identity = g_strdup (identity);
  playing->task_id = g_strdup (task_id);
  g_mutex_lock (&lock);
  all = g_list_prepend (all, playing);
  g_mutex_unlock (&lock);
}

/**
 * foxapi_playing_remove:
 * @identity: as given to foxapi_playing_add()
 * @task_id: as given to foxapi_playing_add()
 *
 * Since: 0.1
 */
void
foxapi_playing_remove (const gchar * identity, const gchar * task_id)
{
  GList *link;

  g_mutex_lock (&lock);
  link = find (identity, task_id);
  if (link != NULL) {
    Playing *playing = link->data;

    all = g_list_delete_link (all, link);
    g_free (playing->identity);
    g_free (playing->task_id);
    g_free (playing);
  }
  g_mutex_unlock (&lock);
}

/**
 * foxapi_playing_find:
 * @identity: of a request that is about to be submitted
 *
 * Returns: (transfer full) (nullable): the task to take up instead
 *
 * Since: 0.1
 */
gchar *
foxapi_playing_find (const gchar * identity)
{
  gchar *task_id = NULL;
  GList *link;

  g_mutex_lock (&lock);
  link = find (identity, NULL);
  if (link != NULL)
    task_id = g_strdup (((Playing *) link->data)->task_id);
  g_mutex_unlock (&lock);
  return task_id;
}
