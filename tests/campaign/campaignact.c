/* The money campaign: what is done to a client and its world, and when.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "campaign.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

static guint
count_lines (CampaignRun * run, const gchar * name)
{
  guint count = 0;

  for (guint i = 0; i < run->lines->len; i++)
    count += campaign_line_is (g_ptr_array_index (run->lines, i), name);
  return count;
}

static gboolean
has_come (CampaignRun * run, const CampaignAction * action)
{
  FoxapiSim *sim = run->job->sim;
  GStatBuf status;

  switch (action->event) {
    case CAMPAIGN_SPAWNED:
      return TRUE;
    case CAMPAIGN_LINE:
      return count_lines (run, action->line) >= action->nth;
    case CAMPAIGN_REQUEST:
      return sim != NULL && foxapi_sim_count_requests (sim, action->route)
          >= run->seen[action->route] + action->nth;
    case CAMPAIGN_BYTES:
      return g_stat (run->output, &status) == 0
          && (guint64) status.st_size >= action->nth;
    case CAMPAIGN_NO_EVENT:
    default:
      return FALSE;
  }
}

static void
limit_files (CampaignRun * run)
{
  struct rlimit limit;

  if (prlimit (run->pid, RLIMIT_FSIZE, NULL, &limit) != 0)
    return;
  limit.rlim_cur = 0;
  prlimit (run->pid, RLIMIT_FSIZE, &limit, NULL);
}

static void
open_service (CampaignJob * job)
{
  g_autoptr (GError) error = NULL;

  if (!campaign_job_open_service (job, &error))
    campaign_job_violation (job, &job->ledger.other,
        "the simulator did not start: %s", error->message);
}

static void
act (CampaignRun * run, CampaignAct what)
{
  CampaignJob *job = run->job;

  switch (what) {
    case CAMPAIGN_KILL:
      kill (run->pid, SIGKILL);
      break;
    case CAMPAIGN_LIMIT_FILES:
      limit_files (run);
      break;
    case CAMPAIGN_LOCK_STORE:
      g_chmod (job->store, 0500);
      break;
    case CAMPAIGN_RELEASE:
      foxapi_sim_release (job->sim);
      break;
    case CAMPAIGN_EXPIRE_LINKS:
      foxapi_sim_expire_links (job->sim);
      break;
    case CAMPAIGN_CHANGE_RESULT:
      foxapi_sim_change_result (job->sim, job->changed_payload);
      break;
    case CAMPAIGN_OPEN_SERVICE:
      open_service (job);
      break;
  }
}

/* Does what is due. When to look again, in the time of g_get_monotonic_time();
 * G_MAXINT64 if nothing is left to be done, 0 if an event is awaited that does
 * not announce itself. */
gint64
campaign_actions_step (CampaignRun * run)
{
  gint64 next_us = G_MAXINT64;

  for (guint i = 0; i < run->plan.n_actions; i++) {
    CampaignAction *action = &run->plan.actions[i];
    gint64 now_us = g_get_monotonic_time ();

    if (action->done)
      continue;
    if (action->due_us == 0 && has_come (run, action))
      action->due_us = now_us + action->delay_us;
    if (action->due_us == 0) {
      next_us = MIN (next_us, now_us + 1000);
    } else if (action->due_us <= now_us) {
      if (run->job->campaign->verbose)
        g_print ("  client %u: action %d\n", run->number, action->act);
      act (run, action->act);
      action->done = TRUE;
    } else {
      next_us = MIN (next_us, action->due_us);
    }
  }
  return next_us;
}
