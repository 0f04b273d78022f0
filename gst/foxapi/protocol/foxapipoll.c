/* When to ask about a task next
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Where the task ends at the rate h(t), questions a gap g apart find its end
 * g/2 late on average, and the best gap is sqrt (2 * EXCHANGE / h). So the
 * code below does two things: it turns what the service says into a rate, and
 * it adds up questions, 1/g of one per second, until one is due.
 * docs/poll-plan.md has the derivation, with the numbers that come out.
 */

#include "foxapipoll.h"

#include <math.h>
#include <string.h>

/* Seconds of delay that one question may save, the exchange rate. The product
 * of questions and delay is least where it equals their ratio, and that ratio
 * is 0.02 where it matters most: a minute and an estimate, 35 questions for
 * 0.7 s. */
#define EXCHANGE 0.02

/* Never more than one question per second */
#define SHORTEST_GAP 1.0

/* The delay that is always tolerable: 3 s, or a tenth of the task */
#define DELAY_FLOOR 3.0
#define DELAY_SHARE 0.1

/* While progress vouches for the task, a longer silence is worth its risk */
#define PROGRESS_SHARE 0.5

/* Whatever is believed, nobody waits longer */
#define LONGEST_GAP 60.0

/* With nothing known a beat is the best there is (no other plan has a better
 * worst case), as slow as the delay allows. Very long tasks slow it down: it
 * is that of a task whose rate of ending is unknown itself. */
#define BEAT DELAY_FLOOR
#define BEAT_SLOWS_AFTER 600.0

/* An estimate that failed has cost questions, and the delay has to make up for
 * them, as the product is of both: half way, as ratios go, from the beat to
 * the shortest gap */
#define BEAT_AFTER_ESTIMATE 1.73

/* Nine estimates in ten are right, to a sixth */
#define ESTIMATE_TRUST 0.9
#define ESTIMATE_SIGMA (1 / 6.0)

/* Progress goes as a power of the time, of an exponent that is 1 give or take
 * this: what a straight line through it may be wrong by */
#define BEND_SIGMA (1 / 6.0)

/* Services finish somewhat before or after their last step */
#define STEP_SIGMA 0.1

/* A fall by no more, a coarse step, is noise and not a new beginning */
#define FALL_NOISE 10

/* Times below this cannot be told apart: the clocks of two machines */
#define TINY 0.3

/* Claims about the past beyond a week serve nobody */
#define OLDEST_US (7 * 24 * 3600 * (gint64) G_USEC_PER_SEC)

/* A statement about the end: log-logistic from @origin on, right on average,
 * with the long tail of one that may be wrong. All times are in seconds since
 * the task was created. */
typedef struct
{
  gdouble origin;
  gdouble median;               /* after the origin */
  gdouble steepness;
  gdouble weight;               /* the chance that it is right at all */
  gdouble late;                 /* 1, or by how much a step is overdue */
} Forecast;

/* What is known, ready for being asked about any moment */
typedef struct
{
  gboolean forecast_known;
  gboolean by_progress;
  gboolean vouched;             /* by progress that never took anything back */
  gboolean pending;
  Forecast forecast;
} Outlook;

static gint64
add_saturated (gint64 a, gint64 b)
{
  if (b > 0 && a > G_MAXINT64 - b)
    return G_MAXINT64;
  if (b < 0 && a < G_MININT64 - b)
    return G_MININT64;
  return a + b;
}

/* Differences are taken in floating point, where they cannot overflow */
static gdouble
seconds_between (gint64 from_us, gint64 to_us)
{
  return ((gdouble) to_us - (gdouble) from_us) / G_USEC_PER_SEC;
}

static gdouble
task_time (const FoxapiPollPlan * plan, gint64 at_us)
{
  return seconds_between (plan->created_us, at_us);
}

static gint
common_divisor (gint a, gint b)
{
  while (b != 0) {
    gint rest = a % b;

    a = b;
    b = rest;
  }
  return a;
}

/* Forecasts */

/* A log-logistic whose logarithm deviates by @sigma */
static gdouble
steepness_of (gdouble sigma)
{
  return G_PI / (sqrt (3.0) * MAX (sigma, 0.02));
}

/* The odds that it ended before @t, if the forecast is right; the exponent is
 * held within what a double can say */
static gdouble
forecast_odds (const Forecast * forecast, gdouble t)
{
  gdouble since = t - forecast->origin;

  if (since <= 0)
    return 0;
  return exp (MIN (forecast->steepness * log (since / forecast->median), 100));
}

/* The rate at which it ends now, if the forecast is right */
static gdouble
forecast_rate (const Forecast * forecast, gdouble t)
{
  gdouble odds = forecast_odds (forecast, t);

  if (odds <= 0)
    return 0;
  return forecast->steepness / (t - forecast->origin) * odds / (1 + odds);
}

/* The chance that it is right, now that the task is still running: Bayes,
 * against a forecast of the same median that may be wrong by any factor */
static gdouble
forecast_trust (const Forecast * forecast, gdouble t)
{
  gdouble since = MAX (t - forecast->origin, 0);
  gdouble right = forecast->weight / (1 + forecast_odds (forecast, t));
  gdouble wrong = (1 - forecast->weight) / (1 + since / forecast->median);

  return right / (right + wrong);
}

static gboolean
forecast_by_estimate (const FoxapiPollPlan * plan, Forecast * forecast)
{
  if (plan->estimated_us <= 0)
    return FALSE;
  forecast->origin = 0;
  forecast->median = (gdouble) plan->estimated_us / G_USEC_PER_SEC;
  forecast->steepness = steepness_of (ESTIMATE_SIGMA);
  forecast->weight = ESTIMATE_TRUST;
  forecast->late = 1;
  return TRUE;
}

/* Seconds for one percent, from the later half of what was seen: recent enough
 * to follow a bend, long enough to outweigh the slack of its ends */
static gdouble
measure_pace (const FoxapiPollPlan * plan, gdouble * error)
{
  const FoxapiPollMark *last = &plan->marks[plan->n_marks - 1], *first;
  gdouble span, slack;
  guint i = 0;

  if (plan->n_marks == 1) {
    /* the work began at any time before, more likely early than late */
    span = seconds_between (plan->begun_us, last->at_us);
    slack = seconds_between (0, last->slack_us) / sqrt (3.0);
    *error = 0.5 + slack / MAX (span, TINY);
    return span / last->level;
  }
  while (i + 2 < plan->n_marks && 2 * plan->marks[i].level < last->level)
    i++;
  first = &plan->marks[i];
  span = MAX (seconds_between (first->at_us, last->at_us), TINY / 10);
  slack = hypot (seconds_between (0, first->slack_us),
      seconds_between (0, last->slack_us)) / sqrt (3.0);
  *error = slack / span;
  return span / (last->level - first->level);
}

static gboolean
forecast_by_progress (const FoxapiPollPlan * plan, Forecast * forecast)
{
  const FoxapiPollMark *last;
  gdouble pace, pace_error, done, left, slack, bend, step, sigma, due;

  if (plan->n_marks == 0)
    return FALSE;
  last = &plan->marks[plan->n_marks - 1];
  pace = measure_pace (plan, &pace_error);
  if (pace <= 0)
    return FALSE;

  slack = seconds_between (0, last->slack_us) / sqrt (3.0);
  done = last->level / 100.0;
  left = MAX (100 - last->level, 1);    /* 100, and not completed yet */
  forecast->origin = task_time (plan, last->at_us);
  forecast->median = MAX (left * pace, MAX (slack, TINY));

  /* d ln (remaining) / d exponent of (done = time to that power) */
  bend = BEND_SIGMA * (done < 1 ? -log (done) / (1 - done) : 1);
  step = STEP_SIGMA * plan->step / MAX (left, plan->step);
  slack /= forecast->median;
  sigma = sqrt (pace_error * pace_error + bend * bend + step * step
      + slack * slack);

  /* A step that takes f times its time: the rest may, or it may not */
  due = MAX (pace * MIN (plan->step, left), TINY)
      + forecast->median * slack;
  forecast->late = MAX (task_time (plan, plan->last_us) - forecast->origin, 0)
      / due;
  forecast->late = MAX (forecast->late, 1);
  forecast->median *= forecast->late;
  forecast->steepness = steepness_of (hypot (sigma, log (forecast->late)));

  /* The chance that it is right once more, of one that was right so often:
   * Jeffreys' rule. Who took back n promises is believed once in n + 1. */
  forecast->weight = (1 - 0.5 / (1.0 + plan->kept)) / (1.0 + plan->falls);
  return TRUE;
}

/* Progress that moves is better evidence than what was said beforehand */
static void
look_out (const FoxapiPollPlan * plan, Outlook * outlook)
{
  outlook->by_progress = forecast_by_progress (plan, &outlook->forecast);
  outlook->forecast_known = outlook->by_progress
      || forecast_by_estimate (plan, &outlook->forecast);
  outlook->vouched = outlook->by_progress && plan->falls == 0;
  outlook->pending = plan->pending;
}

/* Questions */

/* Questions per second that are best at @t: 1/g = sqrt (h / (2 * EXCHANGE)),
 * where rates add up, each with the chance that it is the right one */
static gdouble
question_rate (const Outlook * outlook, gdouble t)
{
  gdouble beat = 1 / (BEAT * BEAT), forecast = 0, trust;

  if (outlook->forecast_known) {
    trust = forecast_trust (&outlook->forecast, t);
    forecast = trust * forecast_rate (&outlook->forecast, t) / (2 * EXCHANGE);
    if (outlook->by_progress)
      beat *= 1 - trust;
    else
      beat = MAX (beat,
          (1 - trust) / (BEAT_AFTER_ESTIMATE * BEAT_AFTER_ESTIMATE));
  }
  /* a queue comes before the work: an end is half as likely for the moment */
  if (outlook->pending)
    beat /= 2;
  beat /= 1 + t / BEAT_SLOWS_AFTER;
  return sqrt (forecast + beat);
}

static gdouble
longest_gap (const Outlook * outlook, gdouble t)
{
  gdouble share = outlook->vouched ? PROGRESS_SHARE : DELAY_SHARE;

  return CLAMP (share * t, DELAY_FLOOR, LONGEST_GAP);
}

/* Adds up questions from @t on until one is due: trapezoids no higher than an
 * eighth of a question, nor so wide that they miss the forecast's rise */
static gdouble
best_gap (const Outlook * outlook, gdouble t)
{
  gdouble limit = longest_gap (outlook, t), gap = 0, sum = 0, width = 0.2;
  gdouble rate = question_rate (outlook, t);

  while (gap < limit) {
    gdouble next_rate, part;

    if (outlook->forecast_known) {
      gdouble rise = outlook->forecast.origin + outlook->forecast.median;

      width = MIN (width, MAX (fabs (rise - t - gap) / 3, 0.1));
    }
    next_rate = question_rate (outlook, t + gap + width);
    part = width * (rate + next_rate) / 2;
    if (part > 0.125 && width > 0.02) {
      width /= 2;
      continue;
    }
    if (sum + part >= 1) {
      gap += width * (1 - sum) / part;
      break;
    }
    sum += part;
    gap += width;
    rate = next_rate;
    width *= 1.5;
  }
  return CLAMP (gap, SHORTEST_GAP, limit);
}

/* Beats are counted from the start, so that the time answers take does not
 * add up. An answer within the last eighth before a beat stands for it. */
static gint64
next_beat (const FoxapiPollPlan * plan)
{
  gint64 interval = plan->interval_us;
  guint64 since = (guint64) plan->last_us - (guint64) plan->start_us;
  guint64 beats = (since + (guint64) (interval / 8)) / (guint64) interval;
  gint64 past = (gint64) (since - beats * (guint64) interval);

  return add_saturated (plan->last_us, interval - past);
}

/* Answers */

/* One mark makes room: that which its neighbours can spare best */
static void
drop_a_mark (FoxapiPollPlan * plan)
{
  guint best = 1;

  for (guint i = 2; i + 1 < plan->n_marks; i++) {
    if (plan->marks[i + 1].level - plan->marks[i - 1].level <
        plan->marks[best + 1].level - plan->marks[best - 1].level)
      best = i;
  }
  for (guint i = best; i + 1 < plan->n_marks; i++)
    plan->marks[i] = plan->marks[i + 1];
  plan->n_marks--;
}

/* The level was reached between the answer before and now; if the progress
 * rose by several steps in that time, then within the last of them */
static void
add_mark (FoxapiPollPlan * plan, gint64 now_us, gint64 before_us, gint level)
{
  guint64 slack = ((guint64) now_us - (guint64) before_us) / 2;
  gint rise = level - plan->level;
  FoxapiPollMark *mark;

  if (plan->n_marks == FOXAPI_POLL_MAX_MARKS)
    drop_a_mark (plan);
  plan->step = common_divisor (plan->step, level);
  if (rise > plan->step)
    slack = slack / rise * plan->step;

  mark = &plan->marks[plan->n_marks++];
  mark->slack_us = (gint64) slack;
  mark->at_us = now_us - mark->slack_us;
  mark->level = level;
  plan->level = level;
}

/* Back to an earlier level: whatever the past told, it was not the pace */
static void
begin_anew (FoxapiPollPlan * plan, gint64 now_us, gint level)
{
  plan->begun_us = plan->last_us;
  plan->n_marks = 0;
  plan->kept = 0;
  if (plan->falls < G_MAXUINT)
    plan->falls++;
  plan->level = 0;
  if (level > 0)
    add_mark (plan, now_us, now_us, level);
}

static void
observe_progress (FoxapiPollPlan * plan, gint64 now_us, gint progress)
{
  progress = MIN (progress, 100);
  if (progress < 0)
    return;
  if (progress > plan->level)
    add_mark (plan, now_us, plan->last_us, progress);
  else if (progress < plan->level - FALL_NOISE)
    begin_anew (plan, now_us, progress);
}

/* Services report the whole time, as at first, or what is left of it: the
 * reading that is nearer to the estimate before is meant */
static void
observe_estimate (FoxapiPollPlan * plan, gint64 now_us, gint estimated_s)
{
  gint64 whole = (gint64) estimated_s * G_USEC_PER_SEC;
  gdouble left, known = (gdouble) plan->estimated_us;

  if (estimated_s <= 0)
    return;
  left = (gdouble) whole + (gdouble) now_us - (gdouble) plan->created_us;
  if (plan->estimated_us > 0 && left < (gdouble) G_MAXINT64 / 2
      && fabs (left - known) < fabs ((gdouble) whole - known))
    whole = (gint64) left;
  plan->estimated_us = whole;
}

static void
observe_age (FoxapiPollPlan * plan, gint64 now_us, gint64 age_us)
{
  gint64 created;

  if (age_us < 0)
    return;
  created = add_saturated (now_us, -MIN (age_us, OLDEST_US));
  if (created < plan->created_us) {
    if (plan->begun_us == plan->created_us)
      plan->begun_us = created;
    plan->created_us = created;
  }
}

/**
 * foxapi_poll_plan_init:
 * @plan: (out caller-allocates): the plan
 * @now_us: when the submission was answered, or the task taken up
 * @interval_ms: milliseconds from question to question, 0 to adapt to what the
 *   service says
 *
 * Begins a plan.
 *
 * Since: 0.1
 */
void
foxapi_poll_plan_init (FoxapiPollPlan * plan, gint64 now_us, guint interval_ms)
{
  memset (plan, 0, sizeof *plan);
  plan->start_us = now_us;
  plan->created_us = now_us;
  plan->last_us = now_us;
  plan->begun_us = now_us;
  plan->interval_us = (gint64) interval_ms *1000;
  plan->estimated_us = -1;
  plan->step = 100;
}

/**
 * foxapi_poll_plan_observe:
 * @plan: the plan
 * @now_us: when the answer arrived
 * @pending: whether the task waits for its turn
 * @progress: 0 to 100, or -1 if the answer has none
 * @estimated_s: the seconds that the service expects, or -1
 * @age_us: how long ago the task was created, or -1: for tasks that were taken
 *   up, those just submitted begin with the plan
 *
 * Takes note of an answer. The submission's own is the first. Values that make
 * no sense are read as not reported.
 *
 * Since: 0.1
 */
void
foxapi_poll_plan_observe (FoxapiPollPlan * plan, gint64 now_us,
    gboolean pending, gint progress, gint estimated_s, gint64 age_us)
{
  gint level = plan->level;
  Forecast forecast;

  now_us = MAX (now_us, plan->last_us);
  observe_age (plan, now_us, age_us);
  observe_estimate (plan, now_us, estimated_s);
  observe_progress (plan, now_us, progress);
  plan->last_us = now_us;
  plan->pending = pending && plan->n_marks == 0;
  if (plan->pending)
    plan->begun_us = now_us;

  if (plan->kept < G_MAXUINT && forecast_by_progress (plan, &forecast)
      && (plan->level != level || forecast.late <= 1))
    plan->kept++;
}

/**
 * foxapi_poll_plan_next:
 * @plan: the plan
 * @now_us: the time
 *
 * Tells when to ask about the task next. Without a fixed interval that is a
 * second after the latest answer at the earliest, a minute at the latest.
 *
 * Returns: the time of the next question, @now_us if it is overdue
 *
 * Since: 0.1
 */
gint64
foxapi_poll_plan_next (const FoxapiPollPlan * plan, gint64 now_us)
{
  Outlook outlook;
  gdouble gap;

  if (plan->interval_us > 0)
    return MAX (next_beat (plan), now_us);
  look_out (plan, &outlook);
  gap = best_gap (&outlook, task_time (plan, plan->last_us));
  return MAX (add_saturated (plan->last_us,
          (gint64) ceil (gap * G_USEC_PER_SEC)), now_us);
}

/**
 * foxapi_poll_plan_give_up:
 * @plan: the plan
 * @timeout_s: the seconds that may pass, 0 for no limit
 *
 * Tells when to stop asking. It counts from the plan's beginning and not from
 * the task's, so that a task taken up late is asked about as well; the question
 * before should be put at this time, not after it.
 *
 * Returns: a time, %G_MAXINT64 for never
 *
 * Since: 0.1
 */
gint64
foxapi_poll_plan_give_up (const FoxapiPollPlan * plan, guint timeout_s)
{
  if (timeout_s == 0)
    return G_MAXINT64;
  return add_saturated (plan->start_us, (gint64) timeout_s * G_USEC_PER_SEC);
}

/**
 * foxapi_poll_plan_remaining:
 * @plan: the plan
 * @now_us: the time
 *
 * Tells a person how long it will take: the median of what is left, by the
 * forecast that is more likely right than wrong.
 *
 * Returns: seconds, or -1 if there is no such forecast
 *
 * Since: 0.1
 */
gint
foxapi_poll_plan_remaining (const FoxapiPollPlan * plan, gint64 now_us)
{
  const Forecast *forecast;
  gdouble t = task_time (plan, MAX (now_us, plan->last_us)), end;
  Outlook outlook;

  look_out (plan, &outlook);
  forecast = &outlook.forecast;
  if (!outlook.forecast_known || forecast_trust (forecast, t) < 0.5)
    return -1;
  /* still running at t, half of what may come is past where the odds of
   * having ended have doubled, and one more */
  end = forecast->origin + forecast->median
      * pow (1 + 2 * forecast_odds (forecast, t), 1 / forecast->steepness);
  return (gint) CLAMP (ceil (end - t), 0, G_MAXINT);
}
