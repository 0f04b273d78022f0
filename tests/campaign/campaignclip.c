/* The money campaign: results that a bin can decode, of which all bytes that will
 * come out are known
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "campaign.h"

#include <glib/gstdio.h>

/* Up to a second and a half of playing */
#define MIN_FRAMES 10
#define MAX_FRAMES 90

static gboolean
make_files (CampaignJob * job, const gchar * path, GError ** error)
{
  g_autofree gchar *frames = g_strdup_printf ("--frames=%d",
      g_rand_int_range (job->rand, MIN_FRAMES, MAX_FRAMES));
  g_autofree gchar *seed = g_strdup_printf ("--seed=%d",
      g_rand_int_range (job->rand, 0, G_MAXINT));
  g_autofree gchar *output = g_strconcat ("--output=", path, NULL);
  gchar *arguments[] = { job->campaign->client, (gchar *) "--mode=clip", frames,
    seed, output, job->behind ? (gchar *) "--behind=encoder" : NULL, NULL
  };
  g_auto (GStrv) environment = campaign_get_environment (job->campaign);
  gint status;

  g_mkdir_with_parents (job->directory, 0700);
  return g_spawn_sync (NULL, arguments, environment, G_SPAWN_DEFAULT, NULL,
      NULL, NULL, NULL, &status, error)
      && g_spawn_check_wait_status (status, error);
}

static GBytes *
take_file (const gchar * path, GError ** error)
{
  gchar *data;
  gsize length;

  if (!g_file_get_contents (path, &data, &length, error))
    return NULL;
  g_remove (path);
  return g_bytes_new_take (data, length);
}

/* From now on the clients of @job have a bin, or an encoder behind the source, and
 * its result is one for them. */
void
campaign_clip_use (CampaignJob * job, const gchar * behind)
{
  g_autofree gchar *path = g_build_filename (job->directory, "clip", NULL);
  g_autofree gchar *frames = g_strconcat (path, ".frames", NULL);
  g_autoptr (GError) error = NULL;
  GBytes *payload = NULL, *media = NULL;

  job->is_bin = behind == NULL;
  job->behind = behind;
  if (make_files (job, path, &error))
    payload = take_file (path, &error);
  if (payload != NULL)
    media = take_file (frames, &error);
  if (media == NULL) {
    campaign_job_violation (job, &job->ledger.other, "there is no clip: %s",
        error->message);
    g_clear_pointer (&payload, g_bytes_unref);
    return;
  }
  g_bytes_unref (job->payload);
  g_bytes_unref (job->media);
  job->payload = payload;
  job->media = media;
  job->options.payload = payload;
}
