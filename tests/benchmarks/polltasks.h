/* Simulated tasks for the poll plan, on a virtual clock
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

#include "foxapipoll.h"

G_BEGIN_DECLS

#define POLL_SHORTEST_GAP 3.0   /* seconds */

/* One task: when its result is there, and what shapes its progress */
typedef struct
{
  gdouble duration;             /* seconds */
  gdouble turn;                 /* a share of the duration */
  gdouble level;                /* a percentage */
  gdouble steps[9];             /* shares of the duration, in order */
} PollTask;

/* The way that the progress of a task goes */
typedef enum
{
  POLL_NONE, POLL_ZERO, POLL_HALF, POLL_EARLY_HUNDRED, POLL_TENS, POLL_STEADY,
  POLL_QUEUED, POLL_UNEVEN, POLL_STOPS, POLL_STOPS_ANYWHERE, POLL_FALLS,
  POLL_ENDS_EARLY,
} PollProgress;

/* Tasks whose progress goes the same way */
typedef struct
{
  const gchar *name;
  PollProgress progress;
  guint most_asked;             /* about a task of 5 minutes; 0: no promise */
  gboolean late_result;         /* completed for some seconds without one */
} PollFamily;

/* When to ask */
typedef enum
{
  POLL_BY_PLAN,
  POLL_BY_AGE,                  /* after a twelfth of the age, 3 s at least */
  POLL_FIXED,                   /* every 5 s */
} PollAsker;

typedef struct
{
  gdouble asked;                /* questions about a task, mean */
  guint most_asked;
  gdouble delay;                /* seconds, mean */
  gdouble late;                 /* 95th percentile of the delay, as a share of
                                 * 10 % of the duration or 5 s */
  gdouble shortest_gap;         /* seconds from an answer to a question */
} PollSummary;

extern const PollFamily poll_families[];
extern const guint n_poll_families;

/* duration: in seconds, of each task; 0: drawn for each */
PollSummary poll_run (const PollFamily * family, PollAsker asker,
    gdouble duration, guint32 seed, guint n_tasks);

G_END_DECLS
