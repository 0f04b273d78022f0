/* The money campaign: a job, from its plan to its last client.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "campaign.h"

#include <glib/gstdio.h>
#include <string.h>

/* Faults are few, so that each video comes to its end long before this. */
#define MAX_ROUNDS 16

/* What a user wants, and what was found out about it */
typedef struct
{
  gboolean settled;
  gchar *task_id;               /* to be taken up from now on */
  gboolean consents;            /* to a charge beside one that is unknown */
  CampaignRun *run;             /* the latest */
} Video;

static GBytes *
make_payload (CampaignJob * job, gsize size)
{
  guint32 *words = g_malloc (size + sizeof (guint32));

  for (gsize i = 0; i <= size / sizeof (guint32); i++)
    words[i] = g_rand_int (job->rand);
  return g_bytes_new_take (words, size);
}

/* What a job has unless its family says otherwise */
static void
draw_defaults (CampaignJob * job)
{
  job->payload = make_payload (job, g_rand_int_range (job->rand, 100 * 1000,
          2 * 1000 * 1000));
  job->changed_payload = make_payload (job, g_rand_boolean (job->rand) ?
      g_bytes_get_size (job->payload) :
      (gsize) g_rand_int_range (job->rand, 50 * 1000, 2 * 1000 * 1000));
  job->media = g_bytes_ref (job->payload);
  job->options.generation_time_ms = g_rand_int_range (job->rand, 100, 500);
  job->options.queue_time_ms = g_rand_int_range (job->rand, 0, 100);
  job->options.progress_step = g_rand_int_range (job->rand, 5, 50);
  job->options.result_form = g_rand_int_range (job->rand, 0, 4);
  job->options.estimated_time = g_rand_int_range (job->rand, -2, 1);
  job->options.late_results_ms = g_rand_int_range (job->rand, 0, 100);
  job->options.late_form = g_rand_int_range (job->rand, FOXAPI_SIM_NULL,
      FOXAPI_SIM_VOICE);
  job->options.payload = job->payload;
  job->options.api_key = job->campaign->key;
  job->n_videos = 1;
  job->shares_store = g_rand_boolean (job->rand);
  job->retries = g_rand_int_range (job->rand, 1, 4);
  job->timeout_s = 30;
  job->task_timeout_s = 120;
  job->poll_interval_ms = g_rand_int_range (job->rand, 20, 51);
  job->restart_ms = g_rand_int_range (job->rand, 120, 300);
  job->file_limit = -1;
}

static void
make_directories (CampaignJob * job)
{
  g_autofree gchar *reference = g_build_filename (job->directory,
      "reference.png", NULL);

  g_mkdir_with_parents (job->directory, 0700);
  g_file_set_contents (reference, "\x89PNG\r\n\x1a\n and a fox", -1, NULL);
  if (!job->has_no_store)
    g_mkdir_with_parents (job->store, 0700);
}

CampaignJob *
campaign_job_new (const Campaign * campaign, guint index)
{
  CampaignJob *job = g_new0 (CampaignJob, 1);
  guint32 seed[] = { campaign->seed, index };

  job->campaign = campaign;
  job->index = index;
  job->family = campaign_family_get (index);
  job->rand = g_rand_new_with_seed_array (seed, G_N_ELEMENTS (seed));
  job->prompt = g_strdup_printf ("Job %u of seed %u", index, campaign->seed);
  job->directory = g_strdup_printf ("%s/job-%u", campaign->directory, index);
  job->faults = g_array_new (FALSE, FALSE, sizeof (CampaignFault));
  job->texts = g_ptr_array_new_with_free_func (g_free);
  job->runs_done = g_ptr_array_new_with_free_func
      ((GDestroyNotify) campaign_run_free);
  job->report = g_string_new (NULL);
  job->counts[CAMPAIGN_JOBS] = 1;

  draw_defaults (job);
  job->store = g_build_filename (job->directory, "store", NULL);
  if (job->family->last_mode > CAMPAIGN_MODE_PLAIN)
    job->mode = g_rand_int_range (job->rand, 0, job->family->last_mode + 1);
  job->family->plan (job);
  if (job->shares_store && !job->has_no_store) {
    g_free (job->store);
    job->store = g_build_filename (campaign->directory, "store", NULL);
  }
  make_directories (job);
  return job;
}

void
campaign_job_free (CampaignJob * job)
{
  g_clear_pointer (&job->sim, foxapi_sim_free);
  g_clear_object (&job->placeholder);
  g_ptr_array_unref (job->runs_done);
  g_ptr_array_unref (job->texts);
  g_array_unref (job->faults);
  g_bytes_unref (job->payload);
  g_bytes_unref (job->changed_payload);
  g_bytes_unref (job->media);
  g_string_free (job->report, TRUE);
  g_rand_free (job->rand);
  g_free (job->base_url);
  g_free (job->prompt);
  g_free (job->directory);
  g_free (job->store);
  g_free (job->clips);
  g_free (job);
}

void
campaign_job_violation (CampaignJob * job, CampaignCount count,
    const gchar * format, ...)
{
  va_list args;

  job->counts[count]++;
  g_string_append_printf (job->report,
      "VIOLATION in job %u of seed %u (%s): ", job->index, job->campaign->seed,
      job->family->name);
  va_start (args, format);
  g_string_append_vprintf (job->report, format, args);
  va_end (args);
  g_string_append_c (job->report, '\n');
}

/* The service */

gboolean
campaign_job_open_service (CampaignJob * job, GError ** error)
{
  FoxapiSim *sim = foxapi_sim_new (&job->options, error);

  g_clear_object (&job->placeholder);
  if (sim == NULL)
    return FALSE;
  if (job->base_url == NULL)
    job->base_url = g_strdup (foxapi_sim_get_base_url (sim));
  job->sim = sim;
  campaign_faults_apply (job);
  return TRUE;
}

/* Keeps a port, on which connections are refused, for the service to come. */
static gboolean
reserve_port (CampaignJob * job, GError ** error)
{
  g_autoptr (GInetAddress) local =
      g_inet_address_new_loopback (G_SOCKET_FAMILY_IPV4);
  g_autoptr (GSocketAddress) any_port = g_inet_socket_address_new (local, 0);
  g_autoptr (GSocketAddress) address = NULL;

  job->placeholder = g_socket_new (G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_STREAM,
      G_SOCKET_PROTOCOL_TCP, error);
  if (job->placeholder == NULL
      || !g_socket_bind (job->placeholder, any_port, TRUE, error))
    return FALSE;
  address = g_socket_get_local_address (job->placeholder, error);
  if (address == NULL)
    return FALSE;
  job->options.api_port =
      g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (address));
  job->base_url = g_strdup_printf ("http://127.0.0.1:%u",
      job->options.api_port);
  return TRUE;
}

/* What the user does next */

/* Told "maybe charged", one looks into the account's task list, or consents to
 * being charged again, maybe; with a task's id, one may use it. */
static void
decide (CampaignJob * job, Video * video)
{
  CampaignRun *run = video->run;
  JsonObject *task = campaign_run_last (run, "task");
  JsonObject *error = campaign_run_last (run, "error");
  const gchar *shown = campaign_line_string (task, "id");
  const gchar *status = campaign_line_string (task, "status");
  gboolean by_id = job->has_no_store || (job->n_videos == 1
      && g_rand_int_range (job->rand, 0, 4) == 0);

  if (campaign_ledger_is_fulfilled (run) || (error != NULL
          && (g_strcmp0 (status, "failed") == 0
              || g_strcmp0 (status, "cancelled") == 0))) {
    video->settled = TRUE;
    return;
  }
  if (video->task_id != NULL)
    return;
  if (run->plan.only_task && shown != NULL)
    video->task_id = g_strdup (shown);
  else if (campaign_line_maybe_charged (error) && g_rand_boolean (job->rand))
    video->task_id = campaign_ledger_find_unknown (job);
  else if (shown != NULL && by_id)
    video->task_id = g_strdup (shown);
  if (campaign_line_maybe_charged (error) && video->task_id == NULL)
    video->consents = TRUE;
}

static void
run_round (CampaignJob * job, Video * videos, guint round)
{
  CampaignRun *runs[CAMPAIGN_MAX_VIDEOS];
  guint n = 0;

  for (guint i = 0; i < job->n_videos; i++) {
    CampaignRunPlan plan = { 0 };

    if (videos[i].settled)
      continue;
    if (round < CAMPAIGN_PLANNED_ROUNDS)
      plan = job->runs[round][i];
    plan.mode = job->mode;
    plan.consents = videos[i].consents;
    videos[i].run = campaign_run_spawn (job, i, &plan, videos[i].task_id);
    runs[n++] = videos[i].run;
  }
  campaign_runs_wait (runs, n);
  if (!job->has_no_store)
    g_chmod (job->store, 0700);
  for (guint i = 0; i < job->n_videos; i++) {
    if (!videos[i].settled)
      decide (job, &videos[i]);
  }
}

static gboolean
are_settled (CampaignJob * job, Video * videos)
{
  for (guint i = 0; i < job->n_videos; i++) {
    if (!videos[i].settled)
      return FALSE;
  }
  return TRUE;
}

static gboolean
start_service (CampaignJob * job, GError ** error)
{
  return job->service_is_down ? reserve_port (job, error)
      : campaign_job_open_service (job, error);
}

static gboolean
has_record (CampaignJob * job, const gchar * task_id)
{
  g_autoptr (GDir) dir = g_dir_open (job->store, 0, NULL);
  const gchar *name;
  gboolean found = FALSE;

  while (dir != NULL && !found && (name = g_dir_read_name (dir)) != NULL) {
    g_autofree gchar *path = g_build_filename (job->store, name, NULL);
    g_autofree gchar *text = NULL;

    found = g_file_get_contents (path, &text, NULL, NULL)
        && strstr (text, task_id) != NULL;
  }
  return found;
}

/* The videos are there or given up, the faults have ended. What was charged
 * and is not delivered yet must be there for whoever starts again: by the store,
 * or by an id that the user was shown. */
static void
recover_rest (CampaignJob * job)
{
  const CampaignRunPlan calm = { 0 };

  for (guint i = 0; i < MAX_ROUNDS; i++) {
    gboolean shown = FALSE;
    g_autofree gchar *task_id = campaign_ledger_find_open (job, &shown);
    gboolean recorded;
    CampaignRun *run;

    if (task_id == NULL)
      return;
    recorded = has_record (job, task_id);
    if (!recorded && !shown)
      return;
    run = campaign_run_spawn (job, 0, &calm, recorded ? NULL : task_id);
    campaign_runs_wait (&run, 1);
  }
}

/* Plays @job, and reads the ledger. */
void
campaign_job_run (CampaignJob * job)
{
  Video videos[CAMPAIGN_MAX_VIDEOS] = { {0} };
  g_autoptr (GError) error = NULL;

  if (!start_service (job, &error)) {
    campaign_job_violation (job, CAMPAIGN_OTHER,
        "the simulator did not start: %s", error->message);
    return;
  }
  for (guint round = 0; round < MAX_ROUNDS && !are_settled (job, videos);
      round++)
    run_round (job, videos, round);
  if (!are_settled (job, videos))
    campaign_job_violation (job, CAMPAIGN_OTHER,
        "no result after %d rounds, though the faults had ended", MAX_ROUNDS);
  if (job->sim != NULL) {
    recover_rest (job);
    campaign_ledger_check (job);
  }
  campaign_checks (job);
  for (guint i = 0; i < job->n_videos; i++)
    g_free (videos[i].task_id);
}
