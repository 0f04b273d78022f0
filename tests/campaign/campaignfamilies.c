/* The money campaign: the families of jobs, each with its kind of fault.
 *
 * A plan decides, by the job's dice, what will go wrong and when. It sets the
 * simulator's options, scripts faults, and says what is done to the clients of
 * the first rounds; later rounds run undisturbed.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "campaign.h"

/* What plans are made of: dice, actions */

/* The job's dice: from @from to @to, both included */
static gint
plan_draw (CampaignJob * job, gint from, gint to)
{
  return g_rand_int_range (job->rand, from, to + 1);
}

static gboolean
plan_one_in (CampaignJob * job, gint n)
{
  return plan_draw (job, 1, n) == 1;
}

#define AT_LINE(act, name, n) ((CampaignAction) {act, CAMPAIGN_LINE, name, 0, n})
#define AT_REQUEST(act, route, n) \
    ((CampaignAction) {act, CAMPAIGN_REQUEST, NULL, route, n})

/* Something to be done to the client of @video in @round */
static CampaignAction *
plan_action (CampaignJob * job, guint round, guint video, CampaignAction action)
{
  CampaignRunPlan *plan = &job->runs[round][video];

  g_assert (plan->n_actions < CAMPAIGN_MAX_ACTIONS);
  plan->actions[plan->n_actions] = action;
  return &plan->actions[plan->n_actions++];
}

/* The same, up to so many milliseconds late */
static void
plan_late_action (CampaignJob * job, guint round, guint video,
    CampaignAction action, gint up_to_ms)
{
  action.delay_us = plan_draw (job, 0, up_to_ms * 1000);
  plan_action (job, round, video, action);
}

/* SIGKILL, by phase */

static void
plan_kill_before_submission (CampaignJob * job, guint round, guint video)
{
  if (plan_one_in (job, 3))
    plan_late_action (job, round, video, (CampaignAction) {
        CAMPAIGN_KILL, CAMPAIGN_SPAWNED}
      , 80);
  else
  plan_late_action (job, round, video, AT_LINE (CAMPAIGN_KILL, "start", 1), 12);
}

static void
plan_kill_at_request (CampaignJob * job, guint round, guint video,
    FoxapiSimRoute route, guint nth, gint up_to_ms)
{
  plan_late_action (job, round, video, AT_REQUEST (CAMPAIGN_KILL, route, nth),
      up_to_ms);
}

static void
plan_kill_with_task (CampaignJob * job, guint round, guint video)
{
  guint nth = plan_draw (job, 1, 3);

  plan_late_action (job, round, video, AT_LINE (CAMPAIGN_KILL, "task", nth),
      60);
}

/* Up to the last byte, after which the file is complete and the client has yet
 * to say so */
static void
kill_at_bytes (CampaignJob * job, guint round, guint video)
{
  guint64 size = g_bytes_get_size (job->media);
  CampaignAction action = { CAMPAIGN_KILL, CAMPAIGN_BYTES };

  action.nth =
      plan_one_in (job, 3) ? size : 1 + size * g_rand_double (job->rand);
  plan_late_action (job, round, video, action, plan_one_in (job, 2) ? 0 : 6);
}

static void
plan_kill_in_download (CampaignJob * job, guint round, guint video)
{
  if (plan_one_in (job, 2))
    kill_at_bytes (job, round, video);
  else
    plan_kill_at_request (job, round, video, FOXAPI_SIM_RESULT, 1, 10);
}

static void
plan_kill_anywhere (CampaignJob * job, guint round, guint video)
{
  switch (plan_draw (job, 0, 4)) {
    case 0:
      plan_kill_before_submission (job, round, video);
      break;
    case 1:
      plan_kill_at_request (job, round, video, FOXAPI_SIM_SUBMIT, 1, 8);
      break;
    case 2:
      plan_kill_at_request (job, round, video, FOXAPI_SIM_ASK, plan_draw (job,
              1, 6), 20);
      break;
    case 3:
      plan_kill_with_task (job, round, video);
      break;
    default:
      plan_kill_in_download (job, round, video);
      break;
  }
}

/* Faults, sprinkled */

static void
sprinkle (CampaignJob * job, void (*fault) (CampaignJob *, guint),
    guint up_to, gint one_in_n)
{
  for (guint nth = 1; nth <= up_to; nth++) {
    if (plan_one_in (job, one_in_n))
      fault (job, nth);
  }
}

/* A server of results without some of what servers have; also a family by itself */
static void
plan_any_server (CampaignJob * job)
{
  job->options.no_ranges = plan_one_in (job, 4);
  job->options.no_length = plan_one_in (job, 4);
  job->options.no_validators = plan_one_in (job, 4);
}

/* The families */

static void
plan_refused (CampaignJob * job)
{
  campaign_fault_refusal (job, 1);
  sprinkle (job, campaign_fault_refusal, 3, 3);
}

static void
plan_busy (CampaignJob * job)
{
  guint n = plan_draw (job, 1, 4);

  for (guint nth = 1; nth <= n; nth++)
    campaign_fault_passing_refusal (job, nth);
}

static void
plan_lost_answer (CampaignJob * job)
{
  campaign_fault_lost_answer (job, 1);
  if (plan_one_in (job, 3))
    campaign_fault_lost_answer (job, 2);
}

static void
plan_late_answer (CampaignJob * job)
{
  job->timeout_s = 1;
  campaign_fault_held_answer (job, 1);
}

static void
plan_questions (CampaignJob * job)
{
  sprinkle (job, campaign_fault_question, 8, 2);
  if (plan_one_in (job, 4)) {
    job->timeout_s = 1;
    campaign_fault_held (job, FOXAPI_SIM_ASK, plan_draw (job, 1, 4));
  }
}

static void
plan_last_questions (CampaignJob * job)
{
  guint first = plan_draw (job, 1, 4);

  campaign_fault_last_question (job, first);
  if (plan_one_in (job, 2))
    campaign_fault_last_question (job, first + 1);
}

static void
plan_download (CampaignJob * job)
{
  plan_any_server (job);
  campaign_fault_result (job, 1);
  sprinkle (job, campaign_fault_result, 4, 2);
}

static void
plan_stalled_download (CampaignJob * job)
{
  job->timeout_s = 1;
  plan_any_server (job);
  if (plan_one_in (job, 2))
    campaign_fault_held (job, FOXAPI_SIM_RESULT, 1);
  else
    campaign_fault_result_held_at (job, 1);
}

/* The links expire before the first byte, or where the download goes on. */
static void
plan_expired_link (CampaignJob * job)
{
  guint nth = plan_draw (job, 1, 2);

  if (nth == 2)
    campaign_fault_cut_result (job, 1);
  campaign_fault_held (job, FOXAPI_SIM_RESULT, nth);
  plan_action (job, 0, 0, AT_REQUEST (CAMPAIGN_EXPIRE_LINKS,
          FOXAPI_SIM_RESULT, nth));
  plan_action (job, 0, 0, AT_REQUEST (CAMPAIGN_RELEASE, FOXAPI_SIM_RESULT,
          nth));
}

static void
plan_changed_result (CampaignJob * job)
{
  plan_any_server (job);
  campaign_fault_cut_result (job, 1);
  campaign_fault_held (job, FOXAPI_SIM_RESULT, 2);
  plan_action (job, 0, 0, AT_REQUEST (CAMPAIGN_CHANGE_RESULT,
          FOXAPI_SIM_RESULT, 2));
  plan_action (job, 0, 0, AT_REQUEST (CAMPAIGN_RELEASE, FOXAPI_SIM_RESULT, 2));
}

static void
plan_failed_task (CampaignJob * job)
{
  gchar *prompt = g_strconcat (job->prompt,
      plan_one_in (job, 3) ? " [cancelled]" : " [fail]", NULL);

  g_free (job->prompt);
  job->prompt = prompt;
  sprinkle (job, campaign_fault_question, 4, 4);
}

static void
plan_killed_early (CampaignJob * job)
{
  for (guint round = 0; round < CAMPAIGN_PLANNED_ROUNDS; round++) {
    if (round == 0 || plan_one_in (job, 2))
      plan_kill_before_submission (job, round, 0);
  }
}

/* In the one window that no client can close: charged, and not yet answered */
static void
plan_killed_submitting (CampaignJob * job)
{
  plan_kill_at_request (job, 0, 0, FOXAPI_SIM_SUBMIT, 1, 10);
  if (plan_one_in (job, 2))
    campaign_fault_held_answer (job, 1);
  if (plan_one_in (job, 3))
    plan_kill_at_request (job, 1, 0, FOXAPI_SIM_SUBMIT, 1, 10);
}

static void
plan_killed_waiting (CampaignJob * job)
{
  for (guint round = 0; round < CAMPAIGN_PLANNED_ROUNDS; round++) {
    if (plan_one_in (job, 2))
      plan_kill_with_task (job, round, 0);
    else
      plan_kill_at_request (job, round, 0, FOXAPI_SIM_ASK, plan_draw (job, 1,
              6), 20);
  }
}

static void
plan_killed_downloading (CampaignJob * job)
{
  /* Half of them write each byte at once, filesink writes pieces. */
  job->mode =
      plan_one_in (job, 2) ? CAMPAIGN_MODE_SUPERVISE : CAMPAIGN_MODE_PLAIN;
  job->restart_ms = 5000;
  job->timeout_s = 1;
  for (guint round = 0; round < CAMPAIGN_PLANNED_ROUNDS; round++) {
    plan_kill_in_download (job, round, 0);
    if (plan_one_in (job, 2))
      campaign_fault_result_held_at (job, round + 1);
  }
}

static void
plan_loop (CampaignJob * job)
{
  job->mode = CAMPAIGN_MODE_LOOP;
  if (plan_one_in (job, 2))
    sprinkle (job, campaign_fault_question, 6, 4);
  if (plan_one_in (job, 2))
    sprinkle (job, campaign_fault_result, 3, 4);
}

static void
plan_supervisor (CampaignJob * job)
{
  job->mode = CAMPAIGN_MODE_SUPERVISE;
  job->options.generation_time_ms = plan_draw (job, 500, 1200);
  if (plan_one_in (job, 2))
    sprinkle (job, campaign_fault_question, 6, 4);
}

static void
plan_only_task (CampaignJob * job)
{
  job->runs[0][0].only_task = TRUE;
  if (plan_one_in (job, 2)) {
    plan_late_action (job, 0, 0, AT_LINE (CAMPAIGN_KILL, "task", 1), 5);
    job->runs[1][0].only_task = TRUE;
  }
}

static void
plan_twins (CampaignJob * job)
{
  job->n_videos = 2;
  for (guint video = 0; video < job->n_videos; video++) {
    if (plan_one_in (job, 2))
      plan_kill_anywhere (job, 0, video);
  }
}

/* All are killed when each has a task, and started again at once. */
static void
plan_crowd (CampaignJob * job)
{
  job->n_videos = CAMPAIGN_MAX_VIDEOS;
  job->options.generation_time_ms = plan_draw (job, 500, 800);
  for (guint video = 0; video < job->n_videos; video++)
    plan_action (job, 0, video, AT_LINE (CAMPAIGN_KILL, "task", 1));
}

/* Of two equal submissions the first is never answered; both are killed, the
 * one without an id and the other with. */
static void
plan_half_known (CampaignJob * job)
{
  job->n_videos = 2;
  job->options.generation_time_ms = plan_draw (job, 500, 800);
  campaign_fault_held_answer (job, 1);
  for (guint video = 0; video < job->n_videos; video++) {
    plan_action (job, 0, video, AT_LINE (CAMPAIGN_KILL, "task", 1));
    plan_action (job, 0, video, AT_REQUEST (CAMPAIGN_KILL, FOXAPI_SIM_SUBMIT,
            2))->delay_us = plan_draw (job, 100, 200) * 1000;
  }
}

/* The store cannot be written, from the start. */
static void
plan_no_store (CampaignJob * job)
{
  job->has_no_store = TRUE;
  job->shares_store = FALSE;
  switch (plan_draw (job, 0, 3)) {
    case 0:
      job->file_limit = 0;
      break;
    case 1:
    plan_action (job, 0, 0, (CampaignAction) {
        CAMPAIGN_LOCK_STORE, CAMPAIGN_SPAWNED}
      );
      break;
    case 2:
      g_free (job->store);
      job->store = g_strdup ("");
      break;
    default:
      g_free (job->store);
      job->store = g_build_filename (job->campaign->client, "store", NULL);
      break;
  }
  if (plan_one_in (job, 2))
    plan_kill_with_task (job, 0, 0);
}

/* The disk fills up, or nothing can be created any more, between the intent and
 * the id. */
static void
plan_full_disk (CampaignJob * job)
{
  job->shares_store = FALSE;
  campaign_fault_held_answer (job, 1);
  plan_action (job, 0, 0, AT_REQUEST (plan_one_in (job, 2) ?
          CAMPAIGN_LIMIT_FILES : CAMPAIGN_LOCK_STORE, FOXAPI_SIM_SUBMIT, 1));
  plan_action (job, 0, 0, AT_REQUEST (CAMPAIGN_RELEASE, FOXAPI_SIM_SUBMIT, 1));
  if (plan_one_in (job, 2))
    plan_kill_with_task (job, 0, 0);
}

/* The disk is full for the output, often only for its last bytes. */
static void
plan_full_output (CampaignJob * job)
{
  gsize size = g_bytes_get_size (job->payload);

  job->runs[0][0].output_limit = plan_one_in (job, 2) ?
      plan_draw (job, 1, size - 1) : plan_draw (job, size - 50000, size - 1);
}

static void
plan_slow_task (CampaignJob * job)
{
  job->task_timeout_s = 1;
  job->options.generation_time_ms = plan_draw (job, 1100, 2200);
}

static void
plan_service_down (CampaignJob * job)
{
  job->service_is_down = TRUE;
  plan_action (job, 0, 0, AT_LINE (CAMPAIGN_OPEN_SERVICE, "progress", 2));
}

static void
plan_upload (CampaignJob * job)
{
  job->has_reference = TRUE;
  sprinkle (job, campaign_fault_upload, 3, 2);
  if (plan_one_in (job, 2))
    plan_kill_anywhere (job, 0, 0);
}

/* Everything at once */
static void
plan_mixed (CampaignJob * job)
{
  job->has_reference = plan_one_in (job, 4);
  sprinkle (job, campaign_fault_lost_answer, 2, 4);
  sprinkle (job, campaign_fault_passing_refusal, 2, 4);
  sprinkle (job, campaign_fault_question, 12, 4);
  sprinkle (job, campaign_fault_last_question, 12, 16);
  sprinkle (job, campaign_fault_result, 5, 3);
  for (guint round = 0; round < CAMPAIGN_PLANNED_ROUNDS; round++) {
    if (plan_one_in (job, 2))
      plan_kill_anywhere (job, round, 0);
  }
}

#ifdef HAVE_VIDEOBIN
/* In a live graph: what is delivered is what was played to its end. */
static void
plan_bin (CampaignJob * job)
{
  campaign_clip_use (job, NULL);
  plan_any_server (job);
  sprinkle (job, campaign_fault_passing_refusal, 2, 3);
  sprinkle (job, campaign_fault_question, 6, 3);
  sprinkle (job, campaign_fault_last_question, 6, 12);
  sprinkle (job, campaign_fault_result, 3, 3);
  if (plan_one_in (job, 4))
    campaign_fault_lost_answer (job, 1);
}

static void
plan_bin_killed (CampaignJob * job)
{
  campaign_clip_use (job, NULL);
  job->mode =
      plan_one_in (job, 2) ? CAMPAIGN_MODE_SUPERVISE : CAMPAIGN_MODE_PLAIN;
  job->restart_ms = 5000;
  for (guint round = 0; round < CAMPAIGN_PLANNED_ROUNDS; round++) {
    if (round == 0 || plan_one_in (job, 2))
      plan_kill_anywhere (job, round, 0);
  }
}

static void
plan_bin_restarted (CampaignJob * job)
{
  campaign_clip_use (job, NULL);
  job->mode = plan_draw (job, CAMPAIGN_MODE_LOOP, CAMPAIGN_MODE_SUPERVISE);
  job->restart_ms = plan_draw (job, 300, 600);
  sprinkle (job, campaign_fault_question, 6, 6);
  sprinkle (job, campaign_fault_result, 3, 6);
}

#endif

/* The end has left the source long before it has arrived. */
static void
plan_behind (CampaignJob * job)
{
  for (guint round = 0; round < CAMPAIGN_PLANNED_ROUNDS; round++) {
    if (plan_one_in (job, 3))
      plan_kill_anywhere (job, round, 0);
    else
      plan_kill_in_download (job, round, 0);
  }
}

static void
plan_queue (CampaignJob * job)
{
  job->behind = "queue";
  plan_behind (job);
}

static void
plan_encoder (CampaignJob * job)
{
  campaign_clip_use (job, "encoder");
  plan_behind (job);
}

/* All that want the same clip get it for one charge, whoever is killed. */
static void
plan_clip_cache (CampaignJob * job)
{
  job->clips = g_build_filename (job->directory, "clips", NULL);
  job->n_videos = plan_draw (job, 1, CAMPAIGN_MAX_VIDEOS);
  sprinkle (job, campaign_fault_result, 3, 4);
  for (guint video = 0; video < job->n_videos; video++) {
    for (guint round = 0; round < CAMPAIGN_PLANNED_ROUNDS; round++) {
      if (plan_one_in (job, 3))
        plan_kill_anywhere (job, round, video);
      else if (plan_one_in (job, 3))
        plan_kill_in_download (job, round, video);
    }
  }
}

static const CampaignFamily families[] = {
  {"honest service", plan_any_server, CAMPAIGN_MODE_LOOP},
  {"submission refused", plan_refused, CAMPAIGN_MODE_SUPERVISE},
  {"service busy", plan_busy, CAMPAIGN_MODE_PLAIN},
  {"service down at first", plan_service_down, CAMPAIGN_MODE_PLAIN},
  {"answer lost", plan_lost_answer, CAMPAIGN_MODE_SUPERVISE},
  {"answer never comes", plan_late_answer, CAMPAIGN_MODE_LOOP},
  {"questions disturbed", plan_questions, CAMPAIGN_MODE_LOOP},
  {"question refused", plan_last_questions, CAMPAIGN_MODE_PLAIN},
  {"task too slow", plan_slow_task, CAMPAIGN_MODE_LOOP},
  {"task fails", plan_failed_task, CAMPAIGN_MODE_SUPERVISE},
  {"download broken", plan_download, CAMPAIGN_MODE_LOOP},
  {"download stalled", plan_stalled_download, CAMPAIGN_MODE_PLAIN},
  {"link expired", plan_expired_link, CAMPAIGN_MODE_PLAIN},
  {"result changed", plan_changed_result, CAMPAIGN_MODE_PLAIN},
  {"upload disturbed", plan_upload, CAMPAIGN_MODE_PLAIN},
  {"killed before", plan_killed_early, CAMPAIGN_MODE_PLAIN},
  {"killed submitting", plan_killed_submitting, CAMPAIGN_MODE_PLAIN},
  {"killed waiting", plan_killed_waiting, CAMPAIGN_MODE_PLAIN},
  {"killed downloading", plan_killed_downloading, CAMPAIGN_MODE_PLAIN},
  {"looping player", plan_loop, CAMPAIGN_MODE_PLAIN},
  {"impatient supervisor", plan_supervisor, CAMPAIGN_MODE_PLAIN},
  {"only the task", plan_only_task, CAMPAIGN_MODE_PLAIN},
  {"two at once", plan_twins, CAMPAIGN_MODE_PLAIN},
  {"four restarted at once", plan_crowd, CAMPAIGN_MODE_PLAIN},
  {"one of two unknown", plan_half_known, CAMPAIGN_MODE_PLAIN},
  {"no store", plan_no_store, CAMPAIGN_MODE_PLAIN},
  {"disk fills up", plan_full_disk, CAMPAIGN_MODE_PLAIN},
  {"output full", plan_full_output, CAMPAIGN_MODE_PLAIN},
  {"everything", plan_mixed, CAMPAIGN_MODE_SUPERVISE},
  {"behind a queue", plan_queue, CAMPAIGN_MODE_LOOP},
  {"behind an encoder", plan_encoder, CAMPAIGN_MODE_LOOP},
#ifdef HAVE_VIDEOBIN
  {"bin, disturbed", plan_bin, CAMPAIGN_MODE_PLAIN},
  {"bin, killed", plan_bin_killed, CAMPAIGN_MODE_PLAIN},
  {"bin, restarted", plan_bin_restarted, CAMPAIGN_MODE_PLAIN},
#endif
  {"clip cache", plan_clip_cache, CAMPAIGN_MODE_LOOP},
};

const CampaignFamily *
campaign_family_get (guint index)
{
  return &families[index % G_N_ELEMENTS (families)];
}

guint
campaign_family_count (void)
{
  return G_N_ELEMENTS (families);
}
