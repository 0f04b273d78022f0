/* Simulated tasks for the poll plan, on a virtual clock
 *
 * The service as it is: tasks take minutes, and their progress is hardly worth
 * the name. Its estimate is the same for every task, and nobody here looks at it.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "polltasks.h"

#include <math.h>
#include <stdlib.h>

/* Durations are log-normal, within these */
#define MEDIAN 240.0
#define SIGMA 0.8
#define SHORTEST 20.0
#define LONGEST 1200.0

/* An answer takes so long, and as long again on average as it happens */
#define ANSWER_TIME 0.2

/* A delay is tolerable up to a tenth of the duration or this */
#define TOLERABLE_DELAY 5.0

/* In percent, at the share @t of the duration; -1: there is none */
static gint
get_progress (PollProgress progress, const PollTask * task, gdouble t)
{
  gint n = 0;

  switch (progress) {
    case POLL_ZERO:
      return 0;
    case POLL_HALF:
      return t < task->turn ? 0 : 50;
    case POLL_EARLY_HUNDRED:
      return t < task->turn / 2 ? 0 : t < task->turn ? 50 : 100;
    case POLL_TENS:
      return (gint) (10 * t) * 10;
    case POLL_STEADY:
      return (gint) (100 * t);
    case POLL_QUEUED:
      return (gint) (100 * MAX (t - task->turn, 0) / (1 - task->turn));
    case POLL_UNEVEN:
      while (n < (gint) G_N_ELEMENTS (task->steps) && task->steps[n] <= t)
        n++;
      return 10 * n;
    case POLL_STOPS:           /* as it should, and then no more */
      return (gint) (100 * MIN (t, task->turn));
    case POLL_STOPS_ANYWHERE:  /* whatever time is left */
      return (gint) (task->level * MIN (t / task->turn, 1));
    case POLL_FALLS:
      return (gint) (task->level * fmod (3 * t, 1));
    case POLL_ENDS_EARLY:      /* done at the level, all of a sudden */
      return (gint) (MAX (task->level, 50) * t);
    case POLL_NONE:
    default:
      return -1;
  }
}

const PollFamily poll_families[] = {
  {"no progress", POLL_NONE, 45, FALSE},
  {"stays at 0", POLL_ZERO, 45, FALSE},
  {"0, 50", POLL_HALF, 45, FALSE},
  {"0, 50, 100 before the end", POLL_EARLY_HUNDRED, 45, FALSE},
  {"0, 50, late result", POLL_HALF, 45, TRUE},
  {"steps of 10", POLL_TENS, 22, FALSE},
  {"steady", POLL_STEADY, 22, FALSE},
  {"steady after a queue", POLL_QUEUED, 45, FALSE},
  {"uneven steps of 10", POLL_UNEVEN, 45, FALSE},
  {"stops", POLL_STOPS, 45, FALSE},
  {"stops anywhere", POLL_STOPS_ANYWHERE, 45, FALSE},
  {"falls back", POLL_FALLS, 45, FALSE},
  {"ends early", POLL_ENDS_EARLY, 0, FALSE},
};

const guint n_poll_families = G_N_ELEMENTS (poll_families);

static gint
compare_doubles (gconstpointer a, gconstpointer b)
{
  gdouble x = *(const gdouble *) a, y = *(const gdouble *) b;

  return x < y ? -1 : x > y;
}

/* Box and Muller */
static gdouble
draw_duration (GRand * rand)
{
  gdouble radius = sqrt (-2 * log (1 - g_rand_double (rand)));
  gdouble normal = radius * cos (2 * G_PI * g_rand_double (rand));

  return CLAMP (MEDIAN * exp (SIGMA * normal), SHORTEST, LONGEST);
}

static PollTask
draw_task (GRand * rand, gdouble duration)
{
  PollTask task;

  task.duration = draw_duration (rand);
  if (duration > 0)
    task.duration = duration;
  task.turn = g_rand_double_range (rand, 0.1, 0.9);
  task.level = g_rand_double_range (rand, 20, 100);
  for (guint i = 0; i < G_N_ELEMENTS (task.steps); i++)
    task.steps[i] = (i + g_rand_double_range (rand, 0.5, 1.5)) / 10;
  return task;
}

typedef struct
{
  guint asked;
  gdouble delay;
  gdouble shortest_gap;
} Outcome;

static gint64
get_next_time (PollAsker asker, const FoxapiPollPlan * plan, gint64 now_us)
{
  switch (asker) {
    case POLL_BY_AGE:
      return now_us + MAX (3 * G_USEC_PER_SEC, now_us / 12);
    case POLL_FIXED:
      return now_us + 5 * G_USEC_PER_SEC;
    default:
      return foxapi_poll_plan_next (plan);
  }
}

/* The task starts at 0, and with its submission's answer */
static Outcome
follow (GRand * rand, const PollFamily * family, const PollTask * task,
    PollAsker asker)
{
  gint64 end_us = (gint64) (task->duration * G_USEC_PER_SEC), now_us = 0;
  gint64 completed_us = end_us + 1, asked_us = 0;
  Outcome outcome = { 0, 0, G_MAXDOUBLE };
  FoxapiPollPlan plan;

  if (family->late_result)
    completed_us = end_us - g_rand_int_range (rand, 1, 20) * G_USEC_PER_SEC;
  foxapi_poll_plan_init (&plan, 0, 0, 0);

  for (;;) {
    gdouble answer_time = ANSWER_TIME * (1 - log (1 - g_rand_double (rand)));
    gint64 before_us = now_us;

    foxapi_poll_plan_observe (&plan, now_us, get_progress (family->progress,
            task, (gdouble) asked_us / (gdouble) end_us),
        asked_us >= completed_us);

    asked_us = get_next_time (asker, &plan, now_us);
    outcome.asked++;
    outcome.shortest_gap = MIN (outcome.shortest_gap,
        (gdouble) (asked_us - before_us) / G_USEC_PER_SEC);
    now_us = asked_us + (gint64) (answer_time * G_USEC_PER_SEC);
    if (asked_us >= end_us)
      break;
  }
  outcome.delay = (gdouble) (now_us - end_us) / G_USEC_PER_SEC;
  return outcome;
}

PollSummary
poll_run (const PollFamily * family, PollAsker asker, gdouble duration,
    guint32 seed, guint n_tasks)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (seed);
  g_autofree gdouble *late = g_new (gdouble, n_tasks);
  PollSummary summary = { 0, 0, 0, 0, G_MAXDOUBLE };

  for (guint i = 0; i < n_tasks; i++) {
    PollTask task = draw_task (rand, duration);
    Outcome outcome = follow (rand, family, &task, asker);

    summary.asked += (gdouble) outcome.asked / n_tasks;
    summary.most_asked = MAX (summary.most_asked, outcome.asked);
    summary.delay += outcome.delay / n_tasks;
    summary.shortest_gap = MIN (summary.shortest_gap, outcome.shortest_gap);
    late[i] = outcome.delay / MAX (TOLERABLE_DELAY, task.duration / 10);
  }
  qsort (late, n_tasks, sizeof *late, compare_doubles);
  summary.late = late[(guint) ceil (0.95 * n_tasks) - 1];
  return summary;
}
