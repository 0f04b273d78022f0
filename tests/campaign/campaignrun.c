/* The money campaign: a client's life, from its start to its end.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "campaign.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* How long to look only at what the clients say, when nothing is to be done to
 * any of them, and when something is. */
#define IDLE_MS 500
#define WATCHFUL_MS 2

/* @task_id: (nullable): to be taken up */
CampaignRun *
campaign_run_spawn (CampaignJob * job, guint video,
    const CampaignRunPlan * plan, const gchar * task_id)
{
  CampaignRun *run = g_new0 (CampaignRun, 1);
  g_autoptr (GError) error = NULL;

  run->job = job;
  run->video = video;
  run->plan = *plan;
  run->task_id = g_strdup (task_id);
  run->text = g_string_new (NULL);
  run->lines =
      g_ptr_array_new_with_free_func ((GDestroyNotify) json_object_unref);
  g_ptr_array_add (job->runs_done, run);
  run->number = job->runs_done->len;
  run->output = g_strdup_printf ("%s/output-%u", job->directory, run->number);
  run->errors = g_strdup_printf ("%s/errors-%u", job->directory, run->number);
  for (guint i = 0; i < FOXAPI_SIM_N_ROUTES && job->sim != NULL; i++)
    run->seen[i] = foxapi_sim_count_requests (job->sim, i);
  run->deadline_us = g_get_monotonic_time ()
      + job->campaign->hang_s * G_USEC_PER_SEC;

  run->pid = campaign_spawn (run, &run->fd, &error);
  if (run->pid == 0) {
    campaign_job_violation (job, CAMPAIGN_BROKEN_CLIENTS, "%s", error->message);
    run->ended = TRUE;
  }
  return run;
}

void
campaign_run_free (CampaignRun * run)
{
  g_free (run->task_id);
  g_string_free (run->text, TRUE);
  g_ptr_array_unref (run->lines);
  g_free (run->output);
  g_free (run->errors);
  g_free (run);
}

/* What it says */

JsonObject *
campaign_parse (const gchar * text, gssize length)
{
  g_autoptr (JsonParser) parser = json_parser_new ();
  JsonNode *root = NULL;

  if (json_parser_load_from_data (parser, text, length, NULL))
    root = json_parser_get_root (parser);
  return root != NULL && JSON_NODE_HOLDS_OBJECT (root)
      ? json_node_dup_object (root) : NULL;
}

static void
parse_lines (CampaignRun * run)
{
  gchar *end;

  while ((end = strchr (run->text->str + run->parsed, '\n')) != NULL) {
    const gchar *start = run->text->str + run->parsed;
    JsonObject *line = campaign_parse (start, end - start);

    run->parsed = end + 1 - run->text->str;
    if (run->job->campaign->verbose)
      g_print ("  client %u: %.*s\n", run->number, (gint) (end - start), start);
    if (line != NULL)
      g_ptr_array_add (run->lines, line);
  }
}

/* FALSE at the end */
static gboolean
read_lines (CampaignRun * run)
{
  gchar piece[4096];

  for (;;) {
    gssize n = read (run->fd, piece, sizeof (piece));

    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0)
      return errno == EAGAIN;
    if (n == 0)
      return FALSE;
    g_string_append_len (run->text, piece, n);
    parse_lines (run);
  }
}

/* Its output is what the service made. */
static gboolean
has_whole_file (CampaignRun * run)
{
  g_autoptr (GBytes) bytes = NULL;
  gchar *data = NULL;
  gsize length = 0;

  if (!g_file_get_contents (run->output, &data, &length, NULL))
    return FALSE;
  bytes = g_bytes_new_take (data, length);
  return g_bytes_equal (bytes, run->job->media)
      || g_bytes_equal (bytes, run->job->changed_payload);
}

static void
end (CampaignRun * run)
{
  close (run->fd);
  while (waitpid (run->pid, &run->wait_status, 0) < 0 && errno == EINTR);
  run->ended = TRUE;
  run->killed = !run->hung && WIFSIGNALED (run->wait_status)
      && WTERMSIG (run->wait_status) == SIGKILL;
  run->left_whole_file = run->killed && has_whole_file (run);
  if (run->job->campaign->verbose)
    g_print ("  client %u ended: %s %d\n", run->number,
        WIFSIGNALED (run->wait_status) ? "signal" : "code",
        WIFSIGNALED (run->wait_status) ? WTERMSIG (run->wait_status)
        : WEXITSTATUS (run->wait_status));
}

/* What is done to it and its world, and when */

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
    campaign_job_violation (job, CAMPAIGN_OTHER,
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
static gint64
take_actions (CampaignRun * run)
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

/* Waiting for all of them */

static void
step (CampaignRun * run)
{
  if (!read_lines (run)) {
    end (run);
    return;
  }
  if (!run->hung && g_get_monotonic_time () > run->deadline_us) {
    run->hung = TRUE;
    kill (run->pid, SIGKILL);
  }
}

/* How long poll() may sleep, as far as @run is concerned */
static gint
get_timeout (CampaignRun * run)
{
  gint64 due_us = take_actions (run);
  gint64 left_us;

  if (due_us == G_MAXINT64)
    return IDLE_MS;
  left_us = due_us - g_get_monotonic_time ();
  return CLAMP (left_us / 1000, 0, WATCHFUL_MS);
}

void
campaign_runs_wait (CampaignRun ** runs, guint n)
{
  for (;;) {
    struct pollfd fds[CAMPAIGN_MAX_VIDEOS];
    guint n_fds = 0;
    gint timeout = IDLE_MS;

    for (guint i = 0; i < n; i++) {
      if (!runs[i]->ended) {
        timeout = MIN (timeout, get_timeout (runs[i]));
        fds[n_fds++] = (struct pollfd) { runs[i]->fd, POLLIN, 0 };
      }
    }
    if (n_fds == 0)
      return;
    poll (fds, n_fds, timeout);
    for (guint i = 0; i < n; i++) {
      if (!runs[i]->ended)
        step (runs[i]);
    }
  }
}

/* What it has said */

gboolean
campaign_line_is (JsonObject * line, const gchar * name)
{
  return g_strcmp0 (campaign_line_string (line, "line"), name) == 0;
}

JsonObject *
campaign_run_last (CampaignRun * run, const gchar * name)
{
  for (guint i = run->lines->len; i > 0; i--) {
    JsonObject *line = g_ptr_array_index (run->lines, i - 1);

    if (name == NULL || campaign_line_is (line, name))
      return line;
  }
  return NULL;
}

/* (nullable) */
const gchar *
campaign_line_string (JsonObject * line, const gchar * field)
{
  if (line == NULL || !json_object_has_member (line, field))
    return NULL;
  return json_object_get_string_member (line, field);
}

gboolean
campaign_line_maybe_charged (JsonObject * line)
{
  return line != NULL && json_object_get_boolean_member_with_default (line,
      "maybe-charged", FALSE);
}
