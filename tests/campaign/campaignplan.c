/* The money campaign: what plans are made of: dice, actions, and SIGKILL in each
 * phase of a client's life.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "campaignplan.h"

gint
plan_draw (CampaignJob * job, gint from, gint to)
{
  return g_rand_int_range (job->rand, from, to + 1);
}

gboolean
plan_one_in (CampaignJob * job, gint n)
{
  return plan_draw (job, 1, n) == 1;
}

CampaignAction *
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

CampaignAction *
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

/* SIGKILL, by phase */

void
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

void
plan_kill_at_request (CampaignJob * job, guint round, guint wish,
    FoxapiSimRoute route, guint nth, gint up_to_ms)
{
  CampaignAction *action =
      plan_add_action (job, round, wish, CAMPAIGN_KILL, CAMPAIGN_REQUEST);

  action->route = route;
  action->nth = nth;
  set_delay (job, action, up_to_ms);
}

void
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

void
plan_kill_in_download (CampaignJob * job, guint round, guint wish)
{
  if (plan_one_in (job, 2))
    kill_at_bytes (job, round, wish);
  else
    plan_kill_at_request (job, round, wish, FOXAPI_SIM_RESULT, 1, 10);
}

void
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
