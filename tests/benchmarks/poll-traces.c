/* The poll plan on seeded traces of simulated tasks
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Every task has a duration, perhaps an estimate, and a story that its
 * progress tells. The plan asks on a virtual clock; counted are its questions
 * and the seconds between the end of the task and the question that finds it.
 * Their product, divided by half the mean duration, is the ratio to a fixed
 * beat, which reaches 1 whatever the beat is. docs/poll-plan.md explains it.
 */

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "foxapipoll.h"

#define USEC 1e6

/* "Neither late nor slow": 10 % of the duration or 3 s, whichever is more */
#define DELAY_SHARE 0.1
#define DELAY_FLOOR 3.0

typedef struct
{
  gdouble duration;             /* seconds from submission to the end */
  gdouble queue;                /* of which before the work starts */
  gint estimated;               /* seconds, -1: not reported */
  gdouble bend;                 /* what the story makes of it */
  gdouble turn;                 /* likewise */
  gboolean flagged;             /* the queue shows as pending */
} Task;

typedef struct
{
  const gchar *name;
  gdouble target;               /* the ratio to stay below */
  gint (*progress) (const Task * task, gdouble t);      /* NULL: none */
  gdouble estimate_sigma;       /* of its logarithm; negative: no estimate */
  gdouble estimate_factor;      /* times or divided by; 1: right */
  gint estimate_side;           /* -1 only short, 1 only long, 0 either */
  gdouble bend_min, bend_max;   /* log-uniform */
  gdouble turn_min, turn_max;   /* uniform */
  gdouble queue_max;            /* share of the duration */
} Family;

typedef struct
{
  const gchar *name;
  gdouble median, sigma;        /* lognormal, where sigma > 0 */
  gdouble min, max;             /* log-uniform otherwise */
} Durations;

typedef struct
{
  guint requests;
  gdouble delay;
  gdouble min_gap;
} Outcome;

typedef struct
{
  gdouble duration, requests, delay, p95, rate;
} Summary;

/* Stories */

static gdouble
worked (const Task * task, gdouble t)
{
  return CLAMP ((t - task->queue) / (task->duration - task->queue), 0.0, 1.0);
}

static gint
percent (gdouble share)
{
  return (gint) floor (100.0 * CLAMP (share, 0.0, 1.0));
}

static gint
story_zero (const Task * task, gdouble t)
{
  (void) task;
  (void) t;
  return 0;
}

static gint
story_power (const Task * task, gdouble t)
{
  return percent (pow (worked (task, t), task->bend));
}

static gint
story_steps (const Task * task, gdouble t)
{
  return story_power (task, t) / 10 * 10;
}

/* slow, fast, slow */
static gint
story_wave (const Task * task, gdouble t)
{
  gdouble w = worked (task, t);

  return percent (w * w * (3 - 2 * w));
}

/* fast, slow, fast, as of several stages */
static gint
story_stages (const Task * task, gdouble t)
{
  gdouble w = worked (task, t);

  return percent (w + 0.04 * sin (3 * 2 * G_PI * w));
}

/* at the share `turn` of the time it shows `bend`, and stays there */
static gint
story_stops (const Task * task, gdouble t)
{
  gdouble w = worked (task, t) / task->turn;

  return (gint) floor (task->bend * MIN (w, 1.0));
}

/* early nearly done, and then creeps */
static gint
story_ahead (const Task * task, gdouble t)
{
  return MIN (percent (1 - pow (1 - worked (task, t), task->bend)), 99);
}

/* up to `bend`, back to a quarter of it, and up again */
static gint
story_back (const Task * task, gdouble t)
{
  gdouble w = worked (task, t);

  if (w < task->turn)
    return (gint) (task->bend * w / task->turn);
  w = (w - task->turn) / (1 - task->turn);
  return (gint) (task->bend / 4 + (100 - task->bend / 4) * w);
}

/* back time and again, and never above `bend` */
static gint
story_saw (const Task * task, gdouble t)
{
  return (gint) (task->bend * fmod (4 * worked (task, t) + 0.01, 1.0));
}

/* done when it is half done */
static gint
story_short (const Task * task, gdouble t)
{
  return (gint) (task->bend * worked (task, t));
}

static const Family families[] = {
  {"progress, linear", 0.25, story_power, -1, 1, 0, 1, 1, 0, 0, 0},
  {"progress and estimate", 0.25, story_power, 0.25, 1, 0, 1, 1, 0, 0, 0},
  {"progress in steps of 10", 0.25, story_steps, -1, 1, 0, 1, 1, 0, 0, 0},
  {"progress after a queue", 0.25, story_power, -1, 1, 0, 1, 1, 0, 0, 0.6},
  {"steps after a queue", 0.25, story_steps, 0.25, 1, 0, 1, 1, 0, 0, 0.6},
  {"progress, bent", 0.25, story_power, -1, 1, 0, 0.5, 2, 0, 0, 0},
  {"progress in a wave", 0.25, story_wave, -1, 1, 0, 1, 1, 0, 0, 0},
  {"progress in stages", 0.25, story_stages, -1, 1, 0, 1, 1, 0, 0, 0},
  {"estimate, sigma 0.2", 0.65, NULL, 0.2, 1, 0, 1, 1, 0, 0, 0},
  {"estimate, sigma 0.3", 0.65, story_zero, 0.3, 1, 0, 1, 1, 0, 0, 0},
  {"nothing known", 1.3, NULL, -1, 1, 0, 1, 1, 0, 0, 0},
  {"progress stays at 0", 1.3, story_zero, -1, 1, 0, 1, 1, 0, 0, 0.6},
  {"estimate 5 times off", 1.3, NULL, 0.2, 5, 0, 1, 1, 0, 0, 0},
  {"estimate 5 times too short", 1.3, NULL, 0.2, 5, -1, 1, 1, 0, 0, 0},
  {"estimate 5 times too long", 1.3, NULL, 0.2, 5, 1, 1, 1, 0, 0, 0},
  {"stops at 95", 1.3, story_stops, -1, 1, 0, 95, 95, 0.3, 0.9, 0},
  {"stops at 99", 1.3, story_stops, -1, 1, 0, 99, 99, 0.3, 0.9, 0},
  {"runs ahead", 1.3, story_ahead, -1, 1, 0, 2, 6, 0, 0, 0},
  {"falls back once", 1.3, story_back, -1, 1, 0, 40, 95, 0.2, 0.6, 0},
  {"falls back often", 1.3, story_saw, -1, 1, 0, 30, 95, 0, 0, 0},
  {"ends half done", 1.3, story_short, -1, 1, 0, 30, 90, 0, 0, 0},
  {"both mislead, stops", 1.3, story_stops, 0.2, 5, 0, 90, 99, 0.3, 0.9, 0.5},
  {"both mislead, ahead", 1.3, story_ahead, 0.2, 5, 0, 2, 6, 0, 0, 0},
  {"both mislead, back", 1.3, story_back, 0.2, 5, 0, 40, 95, 0.2, 0.6, 0.3},
};

static const Durations mixes[] = {
  {"minute", 60, 0.72, 0, 0},
  {"wide", 0, 0, 5, 1200},
  {"5s", 0, 0, 4.5, 5.5},
  {"15s", 0, 0, 14, 16},
  {"60s", 0, 0, 55, 65},
  {"200s", 0, 0, 190, 210},
  {"1200s", 0, 0, 1100, 1300},
};

/* Chance */

static gdouble
draw_uniform (GRand * rand, gdouble min, gdouble max)
{
  return min + (max - min) * g_rand_double (rand);
}

static gdouble
draw_log_uniform (GRand * rand, gdouble min, gdouble max)
{
  return exp (draw_uniform (rand, log (min), log (max)));
}

static gdouble
draw_normal (GRand * rand)
{
  gdouble u = 1.0 - g_rand_double (rand);

  return sqrt (-2.0 * log (u)) * cos (2 * G_PI * g_rand_double (rand));
}

static gdouble
draw_duration (GRand * rand, const Durations * mix)
{
  if (mix->sigma > 0)
    return CLAMP (mix->median * exp (mix->sigma * draw_normal (rand)), 5, 1200);
  return draw_log_uniform (rand, mix->min, mix->max);
}

static gint
draw_estimate (GRand * rand, const Family * family, gdouble duration)
{
  gdouble factor = family->estimate_factor;
  gint side = family->estimate_side;

  if (family->estimate_sigma < 0)
    return -1;
  if (side == 0)
    side = g_rand_boolean (rand) ? 1 : -1;
  if (side < 0)
    factor = 1 / factor;
  factor *= exp (family->estimate_sigma * draw_normal (rand));
  return MAX (1, (gint) (duration * factor + 0.5));
}

static void
draw_task (GRand * rand, const Family * family, const Durations * mix,
    Task * task)
{
  task->duration = draw_duration (rand, mix);
  task->estimated = draw_estimate (rand, family, task->duration);
  task->bend = draw_log_uniform (rand, family->bend_min, family->bend_max);
  task->turn = draw_uniform (rand, family->turn_min, family->turn_max);
  task->queue = task->duration * draw_uniform (rand, 0, family->queue_max);
  task->flagged = g_rand_boolean (rand);
}

/* One task, asked about by the plan, or on a beat for comparison */

static void
tell (FoxapiPollPlan * plan, const Family * family, const Task * task,
    gdouble t, gint64 now_us)
{
  gint progress = family->progress ? family->progress (task, t) : -1;
  gboolean pending = t <= 0 || (task->flagged && t < task->queue);

  foxapi_poll_plan_observe (plan, now_us, pending, progress, task->estimated,
      -1);
}

static Outcome
follow (const Family * family, const Task * task, guint interval_ms)
{
  const gint64 start = 1000000;
  gint64 now = start, end = start + (gint64) (task->duration * USEC);
  Outcome outcome = { 0, 0, G_MAXDOUBLE };
  FoxapiPollPlan plan;

  foxapi_poll_plan_init (&plan, now, interval_ms);
  tell (&plan, family, task, 0, now);
  while (now < end) {
    gint64 next = foxapi_poll_plan_next (&plan, now);

    if (getenv ("TRACE"))
      printf ("%8.3f %3d -> %8.3f (end %8.3f)\n", (now - start) / USEC, family->progress ? family->progress (task, (now - start) / USEC) : -1,
      (next - start) / USEC, task->duration);
    outcome.min_gap = MIN (outcome.min_gap, (next - now) / USEC);
    outcome.requests++;
    now = next;
    if (now < end)
      tell (&plan, family, task, (now - start) / USEC, now);
  }
  outcome.delay = (now - end) / USEC;
  return outcome;
}

static gint
compare_doubles (gconstpointer a, gconstpointer b)
{
  gdouble x = *(const gdouble *) a, y = *(const gdouble *) b;

  return x < y ? -1 : x > y;
}

static Summary
run_family (const Family * family, const Durations * mix, guint32 seed,
    guint tasks, guint interval_ms)
{
  GRand *rand = g_rand_new_with_seed (seed);
  gdouble *shares = g_new (gdouble, tasks);
  Summary sum = { 0, 0, 0, 0, 0 };

  for (guint i = 0; i < tasks; i++) {
    Outcome outcome;
    Task task;

    draw_task (rand, family, mix, &task);
    outcome = follow (family, &task, interval_ms);
    sum.duration += task.duration / tasks;
    sum.requests += (gdouble) outcome.requests / tasks;
    sum.delay += outcome.delay / tasks;
    sum.rate = MAX (sum.rate, 1 / outcome.min_gap);
    shares[i] = outcome.delay
        / MAX (DELAY_FLOOR, DELAY_SHARE * task.duration);
  }
  qsort (shares, tasks, sizeof *shares, compare_doubles);
  sum.p95 = shares[(guint) (0.95 * (tasks - 1))];
  g_free (shares);
  g_rand_free (rand);
  return sum;
}

int
main (int argc, char **argv)
{
  guint32 seed = argc > 1 ? (guint32) atoi (argv[1]) : 1;
  guint tasks = argc > 2 ? (guint) atoi (argv[2]) : 1000;
  const char *only = argc > 3 ? argv[3] : NULL;

  for (guint m = 0; m < G_N_ELEMENTS (mixes); m++) {
    if (only && !strstr (only, mixes[m].name))
      continue;
    printf ("%s\n", mixes[m].name);
    for (guint f = 0; f < G_N_ELEMENTS (families); f++) {
      Summary s;
      double ratio;
      if (argc > 4 && (guint) atoi (argv[4]) != f)
        continue;
      s = run_family (&families[f], &mixes[m], seed, tasks, 0);
      ratio = s.requests * s.delay / (s.duration / 2);
      printf ("%2u  %-28s req %6.1f delay %6.2f prod %7.2f ratio %5.3f /%4.2f p95 %4.2f rate %.2f %s%s\n",
          f, families[f].name, s.requests, s.delay, s.requests * s.delay, ratio,
          families[f].target, s.p95, s.rate,
          ratio > families[f].target ? "MISS" : "", s.p95 > 1 ? " LATE" : "");
    }
  }
  return 0;
}
