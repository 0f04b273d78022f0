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

/* Something to be done to the client of @wish in @round */
static CampaignAction *
plan_add_action (CampaignJob * job, guint round, guint wish, CampaignAct act,
    CampaignEvent event)
{
  CampaignRunPlan *plan = &job->runs[round][wish];
  CampaignAction *action = &plan->actions[plan->n_actions++];

  g_assert (plan->n_actions <= CAMPAIGN_MAX_ACTIONS);
  action->act = act;
  action->event = event;
  action->nth = 1;
  return action;
}

/* As above, to the first client, at its @nth request */
static CampaignAction *
plan_add_action_on_request (CampaignJob * job, CampaignAct act,
    FoxapiSimRoute route, guint nth)
{
  CampaignAction *action = plan_add_action (job, 0, 0, act, CAMPAIGN_REQUEST);

  action->route = route;
  action->nth = nth;
  return action;
}

static void
set_delay (CampaignJob * job, CampaignAction * action, gint up_to_ms)
{
  action->delay_us = plan_draw (job, 0, up_to_ms * 1000);
}

/* SIGKILL, by phase; delays go up to so many milliseconds */

static void
plan_kill_before_submission (CampaignJob * job, guint round, guint wish)
{
  CampaignAction *action;

  if (plan_one_in (job, 3)) {
    action =
        plan_add_action (job, round, wish, CAMPAIGN_KILL, CAMPAIGN_SPAWNED);
    set_delay (job, action, 80);
  } else {
    action = plan_add_action (job, round, wish, CAMPAIGN_KILL, CAMPAIGN_LINE);
    action->line = "start";
    set_delay (job, action, 12);
  }
}

static void
plan_kill_at_request (CampaignJob * job, guint round, guint wish,
    FoxapiSimRoute route, guint nth, gint up_to_ms)
{
  CampaignAction *action =
      plan_add_action (job, round, wish, CAMPAIGN_KILL, CAMPAIGN_REQUEST);

  action->route = route;
  action->nth = nth;
  set_delay (job, action, up_to_ms);
}

static void
plan_kill_with_task (CampaignJob * job, guint round, guint wish)
{
  CampaignAction *action =
      plan_add_action (job, round, wish, CAMPAIGN_KILL, CAMPAIGN_LINE);

  action->line = "task";
  action->nth = plan_draw (job, 1, 3);
  set_delay (job, action, 60);
}

/* Up to the last byte, after which the file is complete and the client has yet
 * to say so */
static void
kill_at_bytes (CampaignJob * job, guint round, guint wish)
{
  guint64 size = g_bytes_get_size (job->media);
  CampaignAction *action =
      plan_add_action (job, round, wish, CAMPAIGN_KILL, CAMPAIGN_BYTES);

  action->nth =
      plan_one_in (job, 3) ? size : 1 + size * g_rand_double (job->rand);
  set_delay (job, action, plan_one_in (job, 2) ? 0 : 6);
}

static void
plan_kill_in_download (CampaignJob * job, guint round, guint wish)
{
  if (plan_one_in (job, 2))
    kill_at_bytes (job, round, wish);
  else
    plan_kill_at_request (job, round, wish, FOXAPI_SIM_RESULT, 1, 10);
}

static void
plan_kill_anywhere (CampaignJob * job, guint round, guint wish)
{
  switch (plan_draw (job, 0, 4)) {
    case 0:
      plan_kill_before_submission (job, round, wish);
      break;
    case 1:
      plan_kill_at_request (job, round, wish, FOXAPI_SIM_SUBMIT, 1, 8);
      break;
    case 2:
      plan_kill_at_request (job, round, wish, FOXAPI_SIM_ASK, plan_draw (job, 1,
              6), 20);
      break;
    case 3:
      plan_kill_with_task (job, round, wish);
      break;
    default:
      plan_kill_in_download (job, round, wish);
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

static void
draw_result_options (CampaignJob * job)
{
  job->options.no_ranges = plan_one_in (job, 4);
  job->options.no_length = plan_one_in (job, 4);
  job->options.no_validators = plan_one_in (job, 4);
}

/* The families */

static void
plan_honest (CampaignJob * job)
{
  job->mode = plan_draw (job, CAMPAIGN_MODE_PLAIN, CAMPAIGN_MODE_LOOP);
  draw_result_options (job);
}

static void
plan_refused (CampaignJob * job)
{
  job->mode = plan_draw (job, CAMPAIGN_MODE_PLAIN, CAMPAIGN_MODE_SUPERVISE);
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
  job->mode = plan_draw (job, CAMPAIGN_MODE_PLAIN, CAMPAIGN_MODE_SUPERVISE);
  campaign_fault_lost_answer (job, 1);
  if (plan_one_in (job, 3))
    campaign_fault_lost_answer (job, 2);
}

static void
plan_late_answer (CampaignJob * job)
{
  job->mode = plan_draw (job, CAMPAIGN_MODE_PLAIN, CAMPAIGN_MODE_LOOP);
  job->timeout_s = 1;
  campaign_fault_held_answer (job, 1);
}

static void
plan_questions (CampaignJob * job)
{
  job->mode = plan_draw (job, CAMPAIGN_MODE_PLAIN, CAMPAIGN_MODE_LOOP);
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
  job->mode = plan_draw (job, CAMPAIGN_MODE_PLAIN, CAMPAIGN_MODE_LOOP);
  draw_result_options (job);
  campaign_fault_result (job, 1);
  sprinkle (job, campaign_fault_result, 4, 2);
}

static void
plan_stalled_download (CampaignJob * job)
{
  job->timeout_s = 1;
  draw_result_options (job);
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
  plan_add_action_on_request (job, CAMPAIGN_EXPIRE_LINKS, FOXAPI_SIM_RESULT,
      nth);
  plan_add_action_on_request (job, CAMPAIGN_RELEASE, FOXAPI_SIM_RESULT, nth);
}

static void
plan_changed_result (CampaignJob * job)
{
  draw_result_options (job);
  campaign_fault_cut_result (job, 1);
  campaign_fault_held (job, FOXAPI_SIM_RESULT, 2);
  plan_add_action_on_request (job, CAMPAIGN_CHANGE_RESULT, FOXAPI_SIM_RESULT,
      2);
  plan_add_action_on_request (job, CAMPAIGN_RELEASE, FOXAPI_SIM_RESULT, 2);
}

static void
plan_failed_task (CampaignJob * job)
{
  gchar *prompt = g_strconcat (job->prompt,
      plan_one_in (job, 3) ? " [cancelled]" : " [fail]", NULL);

  g_free (job->prompt);
  job->prompt = prompt;
  job->mode = plan_draw (job, CAMPAIGN_MODE_PLAIN, CAMPAIGN_MODE_SUPERVISE);
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
  job->patience_ms = 5000;
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
    plan_kill_with_task (job, 0, 0);
    job->runs[0][0].actions[0].nth = 1;
    job->runs[0][0].actions[0].delay_us = plan_draw (job, 0, 5000);
    job->runs[1][0].only_task = TRUE;
  }
}

static void
plan_twins (CampaignJob * job)
{
  job->n_wishes = 2;
  for (guint wish = 0; wish < job->n_wishes; wish++) {
    if (plan_one_in (job, 2))
      plan_kill_anywhere (job, 0, wish);
  }
}

/* All are killed when each has a task, and started again at once. */
static void
plan_crowd (CampaignJob * job)
{
  job->n_wishes = CAMPAIGN_MAX_WISHES;
  job->options.generation_time_ms = plan_draw (job, 500, 800);
  for (guint wish = 0; wish < job->n_wishes; wish++) {
    CampaignAction *action =
        plan_add_action (job, 0, wish, CAMPAIGN_KILL, CAMPAIGN_LINE);

    action->line = "task";
  }
}

/* Of two equal submissions the first is never answered; both are killed, the
 * one without an id and the other with. */
static void
plan_half_known (CampaignJob * job)
{
  job->n_wishes = 2;
  job->options.generation_time_ms = plan_draw (job, 500, 800);
  campaign_fault_held_answer (job, 1);
  for (guint wish = 0; wish < job->n_wishes; wish++) {
    CampaignAction *action =
        plan_add_action (job, 0, wish, CAMPAIGN_KILL, CAMPAIGN_LINE);

    action->line = "task";
    plan_kill_at_request (job, 0, wish, FOXAPI_SIM_SUBMIT, 2, 0);
    job->runs[0][wish].actions[1].delay_us = plan_draw (job, 100, 200) * 1000;
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
      plan_add_action (job, 0, 0, CAMPAIGN_LOCK_STORE, CAMPAIGN_SPAWNED);
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
  plan_add_action_on_request (job, plan_one_in (job, 2) ? CAMPAIGN_LIMIT_FILES :
      CAMPAIGN_LOCK_STORE, FOXAPI_SIM_SUBMIT, 1);
  plan_add_action_on_request (job, CAMPAIGN_RELEASE, FOXAPI_SIM_SUBMIT, 1);
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
  job->mode = plan_draw (job, CAMPAIGN_MODE_PLAIN, CAMPAIGN_MODE_LOOP);
}

static void
plan_service_down (CampaignJob * job)
{
  CampaignAction *action =
      plan_add_action (job, 0, 0, CAMPAIGN_OPEN_SERVICE, CAMPAIGN_LINE);

  job->service_is_down = TRUE;
  action->line = "progress";
  action->nth = 2;
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
  job->mode = plan_draw (job, CAMPAIGN_MODE_PLAIN, CAMPAIGN_MODE_SUPERVISE);
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
  draw_result_options (job);
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
  job->patience_ms = 5000;
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
  job->patience_ms = plan_draw (job, 300, 600);
  sprinkle (job, campaign_fault_question, 6, 6);
  sprinkle (job, campaign_fault_result, 3, 6);
}

#endif

/* The end has left the source long before it has arrived. */
static void
plan_behind (CampaignJob * job)
{
  job->mode = plan_draw (job, CAMPAIGN_MODE_PLAIN, CAMPAIGN_MODE_LOOP);
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
  job->n_wishes = plan_draw (job, 1, CAMPAIGN_MAX_WISHES);
  job->mode = plan_draw (job, CAMPAIGN_MODE_PLAIN, CAMPAIGN_MODE_LOOP);
  sprinkle (job, campaign_fault_result, 3, 4);
  for (guint wish = 0; wish < job->n_wishes; wish++) {
    for (guint round = 0; round < CAMPAIGN_PLANNED_ROUNDS; round++) {
      if (plan_one_in (job, 3))
        plan_kill_anywhere (job, round, wish);
      else if (plan_one_in (job, 3))
        plan_kill_in_download (job, round, wish);
    }
  }
}

static const CampaignFamily families[] = {
  {"honest service", plan_honest},
  {"submission refused", plan_refused},
  {"service busy", plan_busy},
  {"service down at first", plan_service_down},
  {"answer lost", plan_lost_answer},
  {"answer never comes", plan_late_answer},
  {"questions disturbed", plan_questions},
  {"question refused", plan_last_questions},
  {"task too slow", plan_slow_task},
  {"task fails", plan_failed_task},
  {"download broken", plan_download},
  {"download stalled", plan_stalled_download},
  {"link expired", plan_expired_link},
  {"result changed", plan_changed_result},
  {"upload disturbed", plan_upload},
  {"killed before", plan_killed_early},
  {"killed submitting", plan_killed_submitting},
  {"killed waiting", plan_killed_waiting},
  {"killed downloading", plan_killed_downloading},
  {"looping player", plan_loop},
  {"impatient supervisor", plan_supervisor},
  {"only the task", plan_only_task},
  {"two at once", plan_twins},
  {"four restarted at once", plan_crowd},
  {"one of two unknown", plan_half_known},
  {"no store", plan_no_store},
  {"disk fills up", plan_full_disk},
  {"output full", plan_full_output},
  {"everything", plan_mixed},
  {"behind a queue", plan_queue},
  {"behind an encoder", plan_encoder},
#ifdef HAVE_VIDEOBIN
  {"bin, disturbed", plan_bin},
  {"bin, killed", plan_bin_killed},
  {"bin, restarted", plan_bin_restarted},
#endif
  {"clip cache", plan_clip_cache},
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
