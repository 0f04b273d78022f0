/* When to ask about a task next
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The later half of 100 levels needs few witnesses; see the use of marks */
#define FOXAPI_POLL_MAX_MARKS 8

/**
 * FoxapiPollMark:
 * @at_us: when the level was reached, as well as the questions tell
 * @slack_us: give or take
 * @level: the progress then
 *
 * One step of the progress.
 *
 * Since: 0.1
 */
typedef struct
{
  gint64 at_us;
  gint64 slack_us;
  gint level;
} FoxapiPollMark;

/**
 * FoxapiPollPlan:
 *
 * What is known of a task, as far as it bears on when to ask again: a plain
 * value that may be copied and owns nothing. The plan reads no clock and does
 * no input or output, so the same answers at the same times always give the
 * same questions. docs/poll-plan.md derives it.
 *
 * All times are microseconds of one clock that the caller chooses, for example
 * g_get_monotonic_time(). A time before the latest one seen counts as that one.
 *
 * Since: 0.1
 */
typedef struct
{
  /*< private >*/
  gint64 start_us;              /* foxapi_poll_plan_init() */
  gint64 created_us;            /* the task's beginning: the start, or before */
  gint64 last_us;               /* the latest answer */
  gint64 interval_us;           /* 0: adaptive */
  gint64 estimated_us;          /* from beginning to end; -1: not reported */
  gint64 begun_us;              /* the work itself began here or later */
  gboolean pending;             /* queued, says the latest answer */

  gint level;                   /* the progress reached */
  gint step;                    /* divides 100 and every level seen */
  guint kept;                   /* answers that agreed with the forecast */
  guint falls;                  /* how often the progress fell back */
  guint n_marks;
  FoxapiPollMark marks[FOXAPI_POLL_MAX_MARKS];  /* in order of time and level */
} FoxapiPollPlan;

void foxapi_poll_plan_init (FoxapiPollPlan * plan, gint64 now_us,
    guint interval_ms);
void foxapi_poll_plan_observe (FoxapiPollPlan * plan, gint64 now_us,
    gboolean pending, gint progress, gint estimated_s, gint64 age_us);
gint64 foxapi_poll_plan_next (const FoxapiPollPlan * plan, gint64 now_us);
gint64 foxapi_poll_plan_give_up (const FoxapiPollPlan * plan, guint timeout_s);
gint foxapi_poll_plan_remaining (const FoxapiPollPlan * plan, gint64 now_us);

G_END_DECLS
