/* Simulated tasks for the poll plan, on a virtual clock
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Counted are the questions, and the seconds between a task's end and the
 * question that finds it. A fixed beat makes of them half the mean duration,
 * whatever the beat is, so that is the measure.
 */

#include "polltasks.h"

#include <math.h>
#include <stdlib.h>

/* A delay is tolerable up to a tenth of the task or 3 s, whichever is more */
#define DELAY_SHARE 0.1
#define DELAY_FLOOR 3.0

#define BEAT 3.0
#define GROWING_BEAT_MAX 5.0

#define N_STAGES 3

/* Stories: the progress at a time */

static gdouble
worked (const PollTask * task, gdouble t)
{
  return CLAMP ((t - task->queue) / (task->duration - task->queue), 0.0, 1.0);
}

static gint
percent (gdouble share)
{
  return (gint) floor (100.0 * CLAMP (share, 0.0, 1.0));
}

static gint
story_zero (const PollTask * task, gdouble t)
{
  (void) task;
  (void) t;
  return 0;
}

/* A straight line, where the power is 1 */
static gint
story_power (const PollTask * task, gdouble t)
{
  return percent (pow (worked (task, t), task->bend));
}

static gint
story_steps (const PollTask * task, gdouble t)
{
  return story_power (task, t) / 10 * 10;
}

/* Slow, fast, slow */
static gint
story_wave (const PollTask * task, gdouble t)
{
  gdouble w = worked (task, t);

  return percent (w * w * (3 - 2 * w));
}

/* Stages that begin fast and end at a quarter of the pace */
static gint
story_stages (const PollTask * task, gdouble t)
{
  gdouble w = worked (task, t);

  return percent (w + 0.04 * sin (N_STAGES * 2 * G_PI * w));
}

/* Up to the bend by the turn, and no further */
static gint
story_stops (const PollTask * task, gdouble t)
{
  return (gint) (task->bend * MIN (worked (task, t) / task->turn, 1.0));
}

/* Nearly done early, then creeping */
static gint
story_ahead (const PollTask * task, gdouble t)
{
  return MIN (percent (1 - pow (1 - worked (task, t), task->bend)), 99);
}

/* Up to the bend by the turn, back to a quarter of it, up to the end */
static gint
story_back (const PollTask * task, gdouble t)
{
  gdouble w = worked (task, t);

  if (w < task->turn)
    return (gint) (task->bend * w / task->turn);
  w = (w - task->turn) / (1 - task->turn);
  return (gint) (task->bend / 4 + (100 - task->bend / 4) * w);
}

/* Up to the bend and back to nothing, time and again */
static gint
story_saw (const PollTask * task, gdouble t)
{
  return (gint) (task->bend * fmod (4 * worked (task, t), 1.0));
}

/* Completed at the bend already */
static gint
story_short (const PollTask * task, gdouble t)
{
  return (gint) (task->bend * worked (task, t));
}

#define STRAIGHT {1, 1}, {0, 0}
#define NO_ESTIMATE 0, 1, 0

const PollFamily poll_families[] = {
  {"progress, straight", 0.25, story_power, STRAIGHT, 0, NO_ESTIMATE, FALSE},
  {"progress and estimate", 0.25, story_power, STRAIGHT, 0, 0.25, 1, 0, FALSE},
  {"progress, wrong estimate", 0.25, story_power, STRAIGHT, 0, 0.25, 5, 0,
      FALSE},
  {"progress in steps of 10", 0.25, story_steps, STRAIGHT, 0, NO_ESTIMATE,
      FALSE},
  {"progress after a queue", 0.25, story_power, STRAIGHT, 0.6, NO_ESTIMATE,
      FALSE},
  {"progress, bent", 0.25, story_power, {0.5, 2}, {0, 0}, 0, NO_ESTIMATE,
      FALSE},
  {"progress in stages", 0.25, story_stages, STRAIGHT, 0, NO_ESTIMATE, FALSE},
  {"estimate, sigma 0.2", 0.65, NULL, STRAIGHT, 0, 0.2, 1, 0, FALSE},
  {"estimate, sigma 0.25", 0.65, story_zero, STRAIGHT, 0, 0.25, 1, 0, FALSE},
  {"nothing known", 1.3, NULL, STRAIGHT, 0, NO_ESTIMATE, FALSE},
  {"progress stays at 0", 1.3, story_zero, STRAIGHT, 0.6, NO_ESTIMATE, FALSE},
  {"estimate 5 times off", 1.3, NULL, STRAIGHT, 0, 0.2, 5, 0, FALSE},
  {"estimate 5 times too short", 1.3, NULL, STRAIGHT, 0, 0.2, 5, -1, FALSE},
  {"estimate 5 times too long", 1.3, NULL, STRAIGHT, 0, 0.2, 5, 1, FALSE},
  {"stops at 95", 1.3, story_stops, {95, 95}, {0.3, 0.9}, 0, NO_ESTIMATE,
      FALSE},
  {"stops at 99", 1.3, story_stops, {99, 99}, {0.3, 0.9}, 0, NO_ESTIMATE,
      FALSE},
  {"completed at 95", 1.3, story_short, {95, 95}, {0, 0}, 0, NO_ESTIMATE,
      FALSE},
  {"runs ahead", 1.3, story_ahead, {2, 6}, {0, 0}, 0, NO_ESTIMATE, FALSE},
  {"falls back once", 1.3, story_back, {40, 95}, {0.2, 0.6}, 0, NO_ESTIMATE,
      FALSE},
  {"falls back often", 1.3, story_saw, {30, 95}, {0, 0}, 0, NO_ESTIMATE,
      FALSE},
  {"stops, wrong estimate", 1.3, story_stops, {90, 99}, {0.3, 0.9}, 0.5, 0.2,
      5, 0, FALSE},
  {"ahead, wrong estimate", 1.3, story_ahead, {2, 6}, {0, 0}, 0, 0.2, 5, 0,
      FALSE},
  {"back, wrong estimate", 1.3, story_saw, {40, 95}, {0, 0}, 0.3, 0.2, 5, 0,
      FALSE},
  {"steps of 10 after a queue", 0.25, story_steps, STRAIGHT, 0.6, NO_ESTIMATE,
      TRUE},
  {"progress in a wave", 0.25, story_wave, STRAIGHT, 0, NO_ESTIMATE, TRUE},
  {"estimate, sigma 0.3", 0.65, NULL, STRAIGHT, 0, 0.3, 1, 0, TRUE},
  {"completed at 50 to 90", 1.3, story_short, {50, 90}, {0, 0}, 0,
      NO_ESTIMATE, TRUE},
};

const guint n_poll_families = G_N_ELEMENTS (poll_families);

const PollDurations poll_durations[] = {
  {"about a minute", 60, 0.72, {5, 1200}},
  {"5 s to 20 min", 0, 0, {5, 1200}},
};

const guint n_poll_durations = G_N_ELEMENTS (poll_durations);

/* Chance */

static gdouble
draw (GRand * rand, PollRange range)
{
  return range.min + (range.max - range.min) * g_rand_double (rand);
}

static gdouble
draw_scale (GRand * rand, PollRange range)
{
  PollRange logs = { log (range.min), log (range.max) };

  return exp (draw (rand, logs));
}

/* Box and Muller */
static gdouble
draw_normal (GRand * rand)
{
  gdouble radius = sqrt (-2.0 * log (1.0 - g_rand_double (rand)));

  return radius * cos (2 * G_PI * g_rand_double (rand));
}

static gdouble
draw_duration (GRand * rand, const PollDurations * durations)
{
  gdouble drawn;

  if (durations->sigma <= 0)
    return draw_scale (rand, durations->range);
  drawn = durations->median * exp (durations->sigma * draw_normal (rand));
  return CLAMP (drawn, durations->range.min, durations->range.max);
}

static gint
draw_estimate (GRand * rand, const PollFamily * family, gdouble duration)
{
  gdouble error = exp (family->estimate_sigma * draw_normal (rand));
  gboolean shorter = g_rand_boolean (rand);

  if (family->estimate_sigma <= 0)
    return -1;
  if (family->estimate_side != 0)
    shorter = family->estimate_side < 0;
  error *= shorter ? 1 / family->estimate_factor : family->estimate_factor;
  return (gint) MAX (duration * error + 0.5, 1);
}

static PollTask
draw_task (GRand * rand, const PollFamily * family,
    const PollDurations * durations)
{
  PollRange queue = { 0, family->queue };
  PollTask task;

  task.duration = draw_duration (rand, durations);
  task.estimated = draw_estimate (rand, family, task.duration);
  task.bend = draw_scale (rand, family->bend);
  task.turn = draw (rand, family->turn);
  task.queue = task.duration * draw (rand, queue);
  task.queue_shows = g_rand_boolean (rand);
  return task;
}

/* One task */

typedef struct
{
  guint requests;
  gdouble delay;
  gdouble shortest_gap;
} Outcome;

static void
answer (FoxapiPollPlan * plan, const PollFamily * family,
    const PollTask * task, gint64 now_us)
{
  gdouble t = (gdouble) now_us / G_USEC_PER_SEC;
  gboolean pending = now_us == 0 || (task->queue_shows && t < task->queue);
  gint progress = family->progress ? family->progress (task, t) : -1;

  foxapi_poll_plan_observe (plan, now_us, pending, progress, task->estimated,
      -1);
}

static gint64
growing_beat (guint n_asked)
{
  gdouble gap = 1.0;

  for (guint i = 3; i <= n_asked + 1 && gap < GROWING_BEAT_MAX; i += 3)
    gap = MIN (2 * gap, GROWING_BEAT_MAX);
  return (gint64) (gap * G_USEC_PER_SEC);
}

static Outcome
follow (const PollFamily * family, const PollTask * task, PollAsker asker)
{
  const gint64 end = (gint64) (task->duration * G_USEC_PER_SEC);
  Outcome outcome = { 0, 0, G_MAXDOUBLE };
  FoxapiPollPlan plan;
  gint64 now = 0;

  foxapi_poll_plan_init (&plan, now,
      asker == POLL_BY_BEAT ? (guint) (BEAT * 1000) : 0);
  while (now < end) {
    gint64 next;

    answer (&plan, family, task, now);
    next = foxapi_poll_plan_next (&plan, now);
    if (asker == POLL_BY_GROWING_BEAT)
      next = now + growing_beat (outcome.requests);
    outcome.shortest_gap = MIN (outcome.shortest_gap,
        (gdouble) (next - now) / G_USEC_PER_SEC);
    outcome.requests++;
    now = next;
  }
  outcome.delay = (gdouble) (now - end) / G_USEC_PER_SEC;
  return outcome;
}

/* Many */

static gint
compare_doubles (gconstpointer a, gconstpointer b)
{
  gdouble x = *(const gdouble *) a, y = *(const gdouble *) b;

  return x < y ? -1 : x > y;
}

PollSummary
poll_run (const PollFamily * family, const PollDurations * durations,
    PollAsker asker, guint32 seed, guint n_tasks)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (seed);
  g_autofree gdouble *late = g_new (gdouble, n_tasks);
  PollSummary summary = { 0, };

  for (guint i = 0; i < n_tasks; i++) {
    PollTask task = draw_task (rand, family, durations);
    Outcome outcome = follow (family, &task, asker);

    summary.duration += task.duration / n_tasks;
    summary.requests += (gdouble) outcome.requests / n_tasks;
    summary.delay += outcome.delay / n_tasks;
    summary.rate = MAX (summary.rate, 1 / outcome.shortest_gap);
    late[i] = outcome.delay / MAX (DELAY_FLOOR, DELAY_SHARE * task.duration);
  }
  summary.product = summary.requests * summary.delay;
  summary.ratio = summary.product / (summary.duration / 2);
  qsort (late, n_tasks, sizeof *late, compare_doubles);
  summary.late = late[(guint) ceil (0.95 * n_tasks) - 1];
  return summary;
}
