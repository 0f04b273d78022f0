/* The money campaign: what became of the money.
 *
 * The service's own ledger says which tasks were charged, and which client
 * submitted them (each has a User-Agent of its own); the clients' lines say what
 * their users got and were told.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "campaign.h"

#include <stdlib.h>
#include <string.h>

/* One submission that the service has seen */
typedef struct
{
  guint run;                    /* number of the client */
  CampaignOutcome outcome;
  const gchar *task_id;         /* NULL: not charged */
  gboolean told;                /* "maybe charged" */
  gboolean shown;               /* its id */
  guint delivered_by;           /* number of the client, 0: none */
  guint delivered_again_by;
  gboolean will_fail;           /* says the service */
  gboolean failed;              /* and the user was told */
} Submission;

typedef struct
{
  CampaignJob *job;
  GPtrArray *tasks;
  GArray *submissions;
} Ledger;

#define SUBMISSION(ledger, i) \
  (&g_array_index ((ledger)->submissions, Submission, (i)))

static guint
get_run_number (FoxapiSimRequest * request)
{
  g_autofree gchar *agent =
      foxapi_sim_request_get_header (request, "User-Agent");

  if (agent == NULL || !g_str_has_prefix (agent, "campaign/"))
    return 0;
  return atoi (agent + strlen ("campaign/"));
}

static gboolean
is_charged (CampaignOutcome outcome)
{
  return outcome == CAMPAIGN_HONEST || outcome == CAMPAIGN_UNKNOWN_CHARGED;
}

static gboolean
has_failed (const gchar * status)
{
  return g_strcmp0 (status, "failed") == 0
      || g_strcmp0 (status, "cancelled") == 0;
}

/* Returns how many charges the faults account for. */
static guint
read_submissions (Ledger * ledger, CampaignJob * job)
{
  g_autoptr (GPtrArray) requests =
      foxapi_sim_get_requests (job->sim, FOXAPI_SIM_SUBMIT);
  guint n_charged = 0;

  ledger->job = job;
  ledger->tasks = foxapi_sim_get_tasks (job->sim);
  ledger->submissions = g_array_new (FALSE, TRUE, sizeof (Submission));
  for (guint i = 0; i < requests->len; i++) {
    Submission submission = { 0 };

    submission.run = get_run_number (g_ptr_array_index (requests, i));
    submission.outcome = campaign_fault_get_outcome (job, i + 1);
    if (is_charged (submission.outcome) && n_charged < ledger->tasks->len) {
      FoxapiSimTask *task = g_ptr_array_index (ledger->tasks, n_charged);

      submission.task_id = task->id;
      submission.will_fail = has_failed (task->status);
    }
    n_charged += is_charged (submission.outcome);
    g_array_append_val (ledger->submissions, submission);
  }
  return n_charged;
}

static void
ledger_clear (Ledger * ledger)
{
  g_ptr_array_unref (ledger->tasks);
  g_array_unref (ledger->submissions);
}

static Submission *
find (Ledger * ledger, const gchar * task_id)
{
  for (guint i = 0; i < ledger->submissions->len && task_id != NULL; i++) {
    if (g_strcmp0 (SUBMISSION (ledger, i)->task_id, task_id) == 0)
      return SUBMISSION (ledger, i);
  }
  return NULL;
}

/* What the users got and were told, in the order of the clients */

static void
note_task (Ledger * ledger, JsonObject * line)
{
  Submission *submission = find (ledger, campaign_line_string (line, "id"));

  if (submission != NULL)
    submission->shown = TRUE;
}

/* Of two that run at the same time, one may be killed before the other looks. */
static gboolean
was_before (Ledger * ledger, Submission * submission, CampaignRun * run)
{
  GPtrArray *runs = ledger->job->runs_done;
  CampaignRun *other;

  if (submission->run < run->number || submission->run > runs->len)
    return submission->run < run->number;
  other = g_ptr_array_index (runs, submission->run - 1);
  return other != run && other->killed;
}

static guint
tell_before (Ledger * ledger, CampaignRun * run, gboolean shown)
{
  guint n = 0;

  for (guint i = 0; i < ledger->submissions->len
      && SUBMISSION (ledger, i)->run != run->number; i++) {
    Submission *submission = SUBMISSION (ledger, i);

    if (was_before (ledger, submission, run) && submission->delivered_by == 0
        && submission->shown == shown) {
      submission->told = TRUE;
      n++;
    }
  }
  return n;
}

/* The warning is about the submissions of clients before whose outcome was not
 * written down: no id was shown, or it could not be recorded. */
static void
note_warning (Ledger * ledger, CampaignRun * run, JsonObject * line)
{
  if (!campaign_line_maybe_charged (line))
    return;
  if (tell_before (ledger, run, FALSE) == 0)
    tell_before (ledger, run, TRUE);
}

/* The error is about the client's last submission. Where it has made none, it was
 * refused because of one before it. */
static void
note_error (Ledger * ledger, CampaignRun * run, JsonObject * line,
    const gchar * status, const gchar * task_id)
{
  Submission *last = NULL;

  for (guint i = 0; i < ledger->submissions->len; i++) {
    if (SUBMISSION (ledger, i)->run == run->number)
      last = SUBMISSION (ledger, i);
  }
  if (last != NULL && campaign_line_maybe_charged (line))
    last->told = TRUE;
  else if (last == NULL)
    note_warning (ledger, run, line);

  last = find (ledger, task_id);
  if (last != NULL && has_failed (status))
    last->failed = last->will_fail;
}

static void
note_delivery (Ledger * ledger, CampaignRun * run, const gchar * task_id)
{
  Submission *submission = find (ledger, task_id);

  if (submission == NULL || run->plan.only_task)
    return;
  if (submission->delivered_by == 0)
    submission->delivered_by = run->number;
  else if (submission->delivered_by != run->number)
    submission->delivered_again_by = run->number;
}

static void
note_run (Ledger * ledger, CampaignRun * run)
{
  const gchar *task_id = NULL, *status = NULL;

  for (guint i = 0; i < run->lines->len; i++) {
    JsonObject *line = g_ptr_array_index (run->lines, i);

    if (campaign_line_is (line, "task")) {
      task_id = campaign_line_string (line, "id");
      status = campaign_line_string (line, "status");
      note_task (ledger, line);
    } else if (campaign_line_is (line, "error")) {
      note_error (ledger, run, line, status, task_id);
    } else if (campaign_line_is (line, "warning")) {
      note_warning (ledger, run, line);
    } else if (campaign_line_is (line, "eos")) {
      note_delivery (ledger, run, task_id);
    }
  }
  if (run->left_whole_file)
    note_delivery (ledger, run, task_id);
}

/* The sums */

static void
count_charged (Ledger * ledger, Submission * submission)
{
  CampaignJob *job = ledger->job;
  guint *sum = job->counts;

  sum[CAMPAIGN_CHARGED]++;
  if (submission->delivered_by == submission->run)
    sum[CAMPAIGN_DELIVERED]++;
  else if (submission->delivered_by != 0)
    sum[CAMPAIGN_RECOVERED]++;
  else if (submission->failed)
    sum[CAMPAIGN_FAILED]++;
  else if (!submission->told)
    campaign_job_violation (job, CAMPAIGN_LOST,
        "task %s of client %u was charged and is lost", submission->task_id,
        submission->run);
  sum[CAMPAIGN_TOLD] += submission->told;
}

/* Each video is worth one charge, and with a clip cache all of them are worth one. A
 * further one is paid knowingly if the user was told of another that it may have
 * been charged. */
static void
count_doubled (Ledger * ledger, guint charged, guint told)
{
  CampaignJob *job = ledger->job;
  guint n_worth = job->clips ? 1 : job->n_videos;

  if (charged > n_worth + told) {
    guint doubled = charged - n_worth - told;

    campaign_job_violation (job, CAMPAIGN_DOUBLED,
        "%u charged for %u video(s), told of %u", charged, job->n_videos, told);
    job->counts[CAMPAIGN_DOUBLED] += doubled - 1;
  }
}

/* A submission whose outcome is unknown is the last of its client, and its user
 * is told, unless the client did not live to say it. */
static void
check_unknown (Ledger * ledger, guint index)
{
  CampaignJob *job = ledger->job;
  Submission *submission = SUBMISSION (ledger, index);
  CampaignRun *run = g_ptr_array_index (job->runs_done, submission->run - 1);

  for (guint i = index + 1; i < ledger->submissions->len; i++) {
    if (SUBMISSION (ledger, i)->run == submission->run)
      campaign_job_violation (job, CAMPAIGN_RESENT,
          "client %u submitted again after a lost answer", run->number);
  }
  if (!submission->told && !submission->shown && !run->killed)
    campaign_job_violation (job, CAMPAIGN_RESENT,
        "client %u did not say that it may have been charged", run->number);
}

/* Each client that runs at the same time as others has a task of its own, unless the
 * cache has the clip. */
static void
check_shared (Ledger * ledger, Submission * submission)
{
  CampaignJob *job = ledger->job;
  CampaignRun *run;

  if (submission->delivered_again_by == 0 || job->clips != NULL)
    return;
  run = g_ptr_array_index (job->runs_done, submission->delivered_by - 1);
  /* One that was killed at the very end may have left its record. */
  if (!run->killed)
    campaign_job_violation (job, CAMPAIGN_OTHER,
        "task %s was delivered by client %u, and again by client %u",
        submission->task_id, submission->delivered_by,
        submission->delivered_again_by);
}

static void
count (Ledger * ledger)
{
  guint *sum = ledger->job->counts;
  guint told = 0;

  sum[CAMPAIGN_SUBMISSIONS] = ledger->submissions->len;
  for (guint i = 0; i < ledger->submissions->len; i++) {
    Submission *submission = SUBMISSION (ledger, i);

    if (submission->task_id != NULL) {
      count_charged (ledger, submission);
      check_shared (ledger, submission);
      told += submission->told;
    }
    if (submission->run == 0 || submission->run > ledger->job->runs_done->len)
      campaign_job_violation (ledger->job, CAMPAIGN_OTHER,
          "a submission came from nowhere");
    else if (submission->outcome == CAMPAIGN_UNKNOWN_CHARGED
        || submission->outcome == CAMPAIGN_UNKNOWN_FREE)
      check_unknown (ledger, i);
  }
  count_doubled (ledger, sum[CAMPAIGN_CHARGED], told);
}

static guint
ledger_init (Ledger * ledger, CampaignJob * job)
{
  guint n_charged = read_submissions (ledger, job);

  for (guint i = 0; i < job->runs_done->len; i++)
    note_run (ledger, g_ptr_array_index (job->runs_done, i));
  return n_charged;
}

void
campaign_ledger_check (CampaignJob * job)
{
  Ledger ledger;
  guint n_charged = ledger_init (&ledger, job);

  if (n_charged != ledger.tasks->len)
    campaign_job_violation (job, CAMPAIGN_OTHER,
        "%u tasks in the ledger, %u were expected", ledger.tasks->len,
        n_charged);
  count (&ledger);
  ledger_clear (&ledger);
}

gchar *
campaign_ledger_find_open (CampaignJob * job, gboolean * shown)
{
  Ledger ledger;
  gchar *task_id = NULL;

  ledger_init (&ledger, job);
  for (guint i = 0; i < ledger.submissions->len && task_id == NULL; i++) {
    Submission *submission = SUBMISSION (&ledger, i);

    if (submission->delivered_by == 0 && !submission->told
        && !submission->failed) {
      task_id = g_strdup (submission->task_id);
      *shown = submission->shown;
    }
  }
  ledger_clear (&ledger);
  return task_id;
}

static gboolean
is_told_of (CampaignJob * job, const gchar * task_id)
{
  for (guint i = 0; i < job->runs_done->len; i++) {
    CampaignRun *run = g_ptr_array_index (job->runs_done, i);

    if (strstr (run->text->str, task_id) != NULL
        || g_strcmp0 (run->task_id, task_id) == 0)
      return TRUE;
  }
  return FALSE;
}

gchar *
campaign_ledger_find_unknown (CampaignJob * job)
{
  g_autoptr (GPtrArray) tasks = foxapi_sim_get_tasks (job->sim);

  for (guint i = 0; i < tasks->len; i++) {
    FoxapiSimTask *task = g_ptr_array_index (tasks, i);

    if (!is_told_of (job, task->id))
      return g_strdup (task->id);
  }
  return NULL;
}

/* It has said that the result was delivered to its end, or was killed when all
 * of it was in its file. */
gboolean
campaign_ledger_is_fulfilled (CampaignRun * run)
{
  return !run->plan.only_task && (run->left_whole_file
      || campaign_run_last (run, "eos") != NULL);
}
