/* The money campaign: a client becomes a process, to play, or to make a result that
 * can be decoded.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "campaign.h"

#include <fcntl.h>
#include <glib-unix.h>
#include <glib/gstdio.h>

/* The level that a developer sets when something is strange, for some of the
 * clients: the key must not be in their logs either. */
#define LOG_LEVEL "*:6,foxapivideosrc:9"
#define ONE_IN_LOGS 6

/* Adds an argument */
static void
G_GNUC_PRINTF (2, 3)
add (GPtrArray * arguments, const gchar * format, ...)
{
  va_list args;

  va_start (args, format);
  g_ptr_array_add (arguments, g_strdup_vprintf (format, args));
  va_end (args);
}

static gchar **
make_arguments (CampaignRun * run)
{
  static const gchar *const modes[] = { "plain", "loop", "supervise" };
  CampaignJob *job = run->job;
  GPtrArray *list = g_ptr_array_new ();

  add (list, "%s", job->campaign->client);
  add (list, "--set=base-url=%s", job->base_url);
  add (list, "--set=prompt=%s", job->prompt);
  add (list, "--set=task-store=%s", job->store);
  add (list, "--set=user-agent=campaign/%u", run->number);
  add (list, "--set=retries=%d", job->retries);
  add (list, "--set=timeout=%d", job->timeout_s);
  add (list, "--set=submit-timeout=%d", job->timeout_s);
  add (list, "--set=task-timeout=%d", job->task_timeout_s);
  add (list, "--set=poll-interval=%d", job->poll_interval_ms);
  if (run->task_id != NULL)
    add (list, "--set=task-id=%s", run->task_id);
  if (job->has_reference)
    add (list, "--set=reference-image-urls=<\"file://%s/reference.png\">",
        job->directory);
  if (run->plan.consents)
    add (list, "--set=resubmit-maybe-charged=true");
  if (run->plan.only_task)
    add (list, "--set=output=task");
  if (job->is_bin)
    add (list, "--bin");
  if (job->behind != NULL)
    add (list, "--behind=%s", job->behind);
  add (list, "--output=%s", run->output);
  add (list, "--mode=%s", modes[run->plan.mode]);
  add (list, "--restart=%d", job->restart_ms);
  add (list, "--cycles=%d", g_rand_int_range (job->rand, 2, 5));
  add (list, "--seed=%d", g_rand_int_range (job->rand, 0, G_MAXINT));
  add (list, "--file-limit=%" G_GINT64_FORMAT, job->file_limit);
  if (run->plan.output_limit > 0)
    add (list, "--output-limit=%" G_GUINT64_FORMAT, run->plan.output_limit);
  g_ptr_array_add (list, NULL);
  return (gchar **) g_ptr_array_free (list, FALSE);
}

static gchar **
set_all (gchar ** environment, const gchar * (*variables)[2], guint n)
{
  for (guint i = 0; i < n; i++)
    environment = g_environ_setenv (environment, variables[i][0],
        variables[i][1], TRUE);
  return environment;
}

/* What all clients have */
static gchar **
get_environment (const Campaign * campaign)
{
  g_autofree gchar *registry = g_build_filename (campaign->directory,
      "registry", NULL);
  const gchar *variables[][2] = {
    {"FOXAPI_API_KEY", campaign->key}, {"GST_REGISTRY", registry},
    {"GST_REGISTRY_FORK", "no"}, {"G_DEBUG", "fatal-criticals"},
    {"GSETTINGS_BACKEND", "memory"}, {"no_proxy", "127.0.0.1"},
  };

  return g_environ_unsetenv (set_all (g_get_environ (), variables,
          G_N_ELEMENTS (variables)), "FOXAPI_BASE_URL");
}

static gchar **
make_environment (CampaignRun * run)
{
  CampaignJob *job = run->job;
  const gchar *variables[][2] = {
    {"TMPDIR", job->directory}, {"XDG_STATE_HOME", job->directory},
    {"FOXAPI_CLIP_CACHE", job->clips ? job->clips : ""},
    {"GST_DEBUG", LOG_LEVEL},
  };
  guint n = G_N_ELEMENTS (variables);

  if (g_rand_int_range (job->rand, 0, ONE_IN_LOGS) != 0)
    n--;
  return set_all (get_environment (job->campaign), variables, n);
}

/* Starts @run's process; *@fd is where its lines come from. */
GPid
campaign_spawn (CampaignRun * run, gint * fd, GError ** error)
{
  g_auto (GStrv) arguments = make_arguments (run);
  g_auto (GStrv) environment = make_environment (run);
  gint errors = g_open (run->errors, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
      0600);
  GPid pid = 0;

  if (g_spawn_async_with_pipes_and_fds (NULL,
          (const gchar * const *) arguments,
          (const gchar * const *) environment, G_SPAWN_DO_NOT_REAP_CHILD
          | G_SPAWN_LEAVE_DESCRIPTORS_OPEN | G_SPAWN_CLOEXEC_PIPES, NULL, NULL,
          -1, -1, errors, NULL, NULL, 0, &pid, NULL, fd, NULL, error))
    g_unix_set_fd_nonblocking (*fd, TRUE, NULL);
  g_close (errors, NULL);
  return pid;
}

/* Results of which all bytes that will come out are known */

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
  g_auto (GStrv) environment = get_environment (job->campaign);
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
    campaign_job_violation (job, CAMPAIGN_OTHER, "there is no clip: %s",
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
