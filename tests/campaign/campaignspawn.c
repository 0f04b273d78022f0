/* The money campaign: a client becomes a process, to play, or to make a result that
 * can be decoded.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "campaign.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <spawn.h>
#include <unistd.h>

/* The level that a developer sets when something is strange, for some of the
 * clients: the key must not be in their logs either. */
#define LOG_LEVEL "*:6,foxapivideosrc:9"
#define ONE_IN_LOGS 6

static void
add (GPtrArray * arguments, const gchar * name, const gchar * value)
{
  if (value == NULL)
    return;
  g_ptr_array_add (arguments, g_strconcat ("--", name, "=", value, NULL));
}

static void
add_number (GPtrArray * arguments, const gchar * name, gint64 value)
{
  g_ptr_array_add (arguments, g_strdup_printf ("--%s=%" G_GINT64_FORMAT, name,
          value));
}

static gchar **
make_arguments (CampaignRun * run)
{
  static const gchar *const modes[] = { "plain", "loop", "supervise" };
  CampaignJob *job = run->job;
  GPtrArray *list = g_ptr_array_new ();
  g_autofree gchar *agent = g_strdup_printf ("campaign/%u", run->number);

  g_ptr_array_add (list, g_strdup (job->campaign->client));
  add (list, "base-url", job->base_url);
  add (list, "prompt", job->prompt);
  add (list, "store", job->store);
  add (list, "output", run->output);
  add (list, "task-id", run->task_id);
  add (list, "user-agent", agent);
  add (list, "mode", modes[run->plan.mode]);
  if (job->has_reference) {
    g_autofree gchar *uri = g_strdup_printf ("file://%s/reference.png",
        job->directory);

    add (list, "reference", uri);
  }
  if (job->is_bin)
    g_ptr_array_add (list, g_strdup ("--bin"));
  add (list, "behind", job->behind);
  if (run->plan.consents)
    g_ptr_array_add (list, g_strdup ("--consent"));
  if (run->plan.only_task)
    g_ptr_array_add (list, g_strdup ("--only-task"));
  add_number (list, "retries", job->retries);
  add_number (list, "timeout", job->timeout_s);
  add_number (list, "task-timeout", job->task_timeout_s);
  add_number (list, "poll-interval", job->poll_interval_ms);
  add_number (list, "patience", job->patience_ms);
  add_number (list, "cycles", g_rand_int_range (job->rand, 2, 5));
  add_number (list, "seed", g_rand_int_range (job->rand, 0, G_MAXINT));
  add_number (list, "file-limit", job->file_limit);
  if (run->plan.output_limit > 0)
    add_number (list, "output-limit", run->plan.output_limit);
  g_ptr_array_add (list, NULL);
  return (gchar **) g_ptr_array_free (list, FALSE);
}

/* What all clients have */
static gchar **
get_environment (const Campaign * campaign)
{
  g_autofree gchar *registry = g_build_filename (campaign->directory,
      "registry", NULL);
  gchar **environment = g_get_environ ();

  environment = g_environ_setenv (environment, "FOXAPI_API_KEY", campaign->key,
      TRUE);
  environment = g_environ_unsetenv (environment, "FOXAPI_BASE_URL");
  environment = g_environ_setenv (environment, "GST_REGISTRY", registry, TRUE);
  environment = g_environ_setenv (environment, "GST_REGISTRY_FORK", "no", TRUE);
  environment = g_environ_setenv (environment, "G_DEBUG", "fatal-criticals",
      TRUE);
  environment = g_environ_setenv (environment, "GSETTINGS_BACKEND", "memory",
      TRUE);
  return g_environ_setenv (environment, "no_proxy", "127.0.0.1", TRUE);
}

static gchar **
make_environment (CampaignRun * run)
{
  gchar **environment = get_environment (run->job->campaign);

  environment = g_environ_setenv (environment, "TMPDIR", run->job->directory,
      TRUE);
  environment = g_environ_setenv (environment, "XDG_STATE_HOME",
      run->job->directory, TRUE);
  environment = g_environ_setenv (environment, "FOXAPI_CLIP_CACHE",
      run->job->clips ? run->job->clips : "", TRUE);
  if (g_rand_int_range (run->job->rand, 0, ONE_IN_LOGS) == 0)
    environment = g_environ_setenv (environment, "GST_DEBUG", LOG_LEVEL, TRUE);
  return environment;
}

static gboolean
spawn (CampaignRun * run, gint out, GPid * pid)
{
  g_auto (GStrv) arguments = make_arguments (run);
  g_auto (GStrv) environment = make_environment (run);
  posix_spawn_file_actions_t actions;
  gint code;

  posix_spawn_file_actions_init (&actions);
  posix_spawn_file_actions_addopen (&actions, STDIN_FILENO, "/dev/null",
      O_RDONLY, 0);
  posix_spawn_file_actions_adddup2 (&actions, out, STDOUT_FILENO);
  posix_spawn_file_actions_addopen (&actions, STDERR_FILENO, run->errors,
      O_WRONLY | O_CREAT | O_TRUNC, 0600);
  code = posix_spawn (pid, arguments[0], &actions, NULL, arguments,
      environment);
  posix_spawn_file_actions_destroy (&actions);
  errno = code;
  return code == 0;
}

/* Starts @run's process; *@fd is where its lines come from. */
GPid
campaign_spawn (CampaignRun * run, gint * fd, GError ** error)
{
  gint ends[2];
  GPid pid = 0;
  gboolean spawned;

  if (pipe2 (ends, O_CLOEXEC) != 0) {
    g_set_error_literal (error, G_FILE_ERROR, g_file_error_from_errno (errno),
        "There is no pipe");
    return 0;
  }
  fcntl (ends[0], F_SETFL, O_NONBLOCK);
  spawned = spawn (run, ends[1], &pid);
  if (!spawned)
    g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (errno),
        "%s cannot be started", run->job->campaign->client);
  close (ends[1]);
  if (!spawned) {
    close (ends[0]);
    return 0;
  }
  *fd = ends[0];
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
