/* When to ask about a task next
 *
 * The older a task is, the longer it may wait for the next question. Progress
 * makes the wait longer still, but only after an answer that has just seen it
 * rise. docs/internals/poll-plan.md derives the numbers.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "foxapipoll.h"

#include <string.h>

/* From an answer to the next question: 4 s and a share of the task's age */
#define FIRST_GAP_US (4 * G_USEC_PER_SEC)
#define AGE_SHARE 36

/* Whatever is believed, nobody waits longer */
#define LONGEST_GAP_US (40 * G_USEC_PER_SEC)

/* The age of a resumed task comes from the service's clock: a wrong one must
 * not make the gaps long */
#define OLDEST_US (10 * 60 * G_USEC_PER_SEC)

/* A task that is finished gets its result within seconds */
#define RESULT_GAP_US (3 * G_USEC_PER_SEC)
#define RESULT_SHARE 3

/* Progress tells the pace once it has risen so far, in percent, from its first
 * rise on: before that comes the queue. Then a gap may be a tenth of the whole
 * duration, and half of what is left. */
#define TELLING_RISE 10
#define WHOLE_SHARE 10
#define LEFT_SHARE 2

/* From the latest rise to the end, at the pace seen; -1: unknown */
static gint64
estimate_left (const FoxapiPollPlan * plan)
{
  gint rise = plan->level - plan->first_level;

  if (plan->finished || plan->fell || plan->first_level == 0
      || rise < TELLING_RISE)
    return -1;
  return (plan->last_rise_us - plan->first_rise_us)
      * (100 - plan->level) / rise;
}

/* age_us: how old a resumed task is, as far as the clocks tell; 0 for a new
 * one. interval_ms: from an answer to the next question; 0: adaptive. */
void
foxapi_poll_plan_init (FoxapiPollPlan * plan, gint64 now_us, gint64 age_us,
    guint interval_ms)
{
  memset (plan, 0, sizeof *plan);
  plan->interval_us = interval_ms * G_TIME_SPAN_MILLISECOND;
  plan->created_us = now_us - CLAMP (age_us, 0, OLDEST_US);
  plan->answered_us = now_us;
  plan->level = -1;
}

/* An answer about a task that still runs, the submission's included. progress
 * is -1 where it has none; completed: it says so and holds no result. */
void
foxapi_poll_plan_observe (FoxapiPollPlan * plan, gint64 now_us,
    gint progress, gboolean completed)
{
  plan->answered_us = now_us;
  if ((completed || progress >= 100) && !plan->finished) {
    plan->finished = TRUE;
    plan->finished_us = now_us;
  }
  if (progress < 0)
    return;

  if (progress < plan->level) {
    plan->fell = TRUE;
  } else if (progress > plan->level && plan->level >= 0) {
    plan->last_rise_us = now_us;
    if (plan->first_level == 0) {
      plan->first_level = progress;
      plan->first_rise_us = now_us;
    }
  }
  plan->level = progress;
}

/* The time of the next question, which may have passed already */
gint64
foxapi_poll_plan_next (const FoxapiPollPlan * plan)
{
  gint64 age_us = plan->answered_us - plan->created_us;
  gint64 gap_us = FIRST_GAP_US + age_us / AGE_SHARE;
  gint64 left_us = estimate_left (plan);

  if (plan->interval_us > 0)
    return plan->answered_us + plan->interval_us;

  if (plan->finished) {
    gint64 waited_us = plan->answered_us - plan->finished_us;

    gap_us = MIN (gap_us, RESULT_GAP_US + waited_us / RESULT_SHARE);
  } else if (left_us >= 0 && plan->answered_us == plan->last_rise_us) {
    gint64 trusted_us = MIN (left_us / LEFT_SHARE,
        (age_us + left_us) / WHOLE_SHARE);

    gap_us = MAX (gap_us, trusted_us);
  }
  return plan->answered_us + MIN (gap_us, LONGEST_GAP_US);
}

/* Seconds that the task will still take, for people; -1: unknown. The service's
 * own estimate is the same number for every task, so it is not asked. */
gint
foxapi_poll_plan_remaining (const FoxapiPollPlan * plan, gint64 now_us)
{
  gint64 left_us = estimate_left (plan);

  if (left_us >= 0)
    left_us -= now_us - plan->last_rise_us;
  if (left_us < 0)
    return -1;
  return (gint) ((left_us + G_USEC_PER_SEC - 1) / G_USEC_PER_SEC);
}
