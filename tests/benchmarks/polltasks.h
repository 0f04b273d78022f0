/* Simulated tasks for the poll plan, on a virtual clock
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

#include "foxapipoll.h"

G_BEGIN_DECLS

/* One task: when it ends, and what it tells until then */
typedef struct
{
  gdouble duration;             /* seconds from submission to the end */
  gdouble queue;                /* of which before the work starts */
  gboolean queue_shows;         /* as the status pending */
  gint estimated;               /* seconds, -1: not reported */
  gdouble bend;                 /* what the story makes of it */
  gdouble turn;                 /* likewise */
} PollTask;

typedef struct
{
  gdouble min, max;
} PollRange;

/* Tasks that tell the same story, and how well they are to be asked about */
typedef struct
{
  const gchar *name;
  gdouble target;               /* the ratio to a fixed beat, at most */
  gint (*progress) (const PollTask * task, gdouble t);  /* NULL: none */
  PollRange bend;               /* drawn evenly in its logarithm */
  PollRange turn;               /* drawn evenly */
  gdouble queue;                /* share of the duration, at most */
  gdouble estimate_sigma;       /* of its logarithm; 0: no estimate */
  gdouble estimate_factor;      /* it is off by this factor as well, either */
  gint estimate_side;           /* way, or only too short (-1) or long (1) */
  gboolean beyond;              /* two difficulties at once, or a story that
                                 * leads away: shown, not required */
} PollFamily;

/* Durations between 5 s and 20 min: lognormal where sigma is given, otherwise
 * even in their logarithm */
typedef struct
{
  const gchar *name;
  gdouble median, sigma;
  PollRange range;
} PollDurations;

/* Who asks */
typedef enum
{
  POLL_BY_PLAN,
  POLL_BY_BEAT,                 /* every 3 s */
  POLL_BY_GROWING_BEAT,         /* 1 s, doubled every three questions, to 5 s */
} PollAsker;

typedef struct
{
  gdouble duration;             /* mean, seconds */
  gdouble requests;             /* mean */
  gdouble delay;                /* mean, seconds */
  gdouble product;              /* of the two */
  gdouble ratio;                /* to half the mean duration */
  gdouble late;                 /* 95th percentile of the delay, as a share of
                                 * 10 % of the duration or 3 s */
  gdouble rate;                 /* questions per second, at most */
} PollSummary;

extern const PollFamily poll_families[];
extern const guint n_poll_families;
extern const PollDurations poll_durations[];
extern const guint n_poll_durations;

PollSummary poll_run (const PollFamily * family,
    const PollDurations * durations, PollAsker asker, guint32 seed,
    guint n_tasks);

G_END_DECLS
