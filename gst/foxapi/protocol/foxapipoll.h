/* When to ask about a task next
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* What the plan knows of a task: a plain value. Times are microseconds of the
 * caller's clock; the plan reads none itself. */
typedef struct
{
  gint64 interval_us;           /* fixed; 0: adaptive */
  gint64 created_us;            /* the task, as far as is known */
  gint64 answered_us;           /* the latest answer */
  gint64 finished_us;           /* first answer that says so without a result */
  gboolean finished;
  gint level;                   /* progress in percent; -1: none so far */
  gboolean fell;                /* ever */
  gint first_level;             /* after the first rise; 0: none so far */
  gint64 first_rise_us;
  gint64 last_rise_us;
} FoxapiPollPlan;

void foxapi_poll_plan_init (FoxapiPollPlan * plan, gint64 now_us,
    gint64 age_us, guint interval_ms);
void foxapi_poll_plan_observe (FoxapiPollPlan * plan, gint64 now_us,
    gint progress, gboolean completed);
gint64 foxapi_poll_plan_next (const FoxapiPollPlan * plan);
gint foxapi_poll_plan_remaining (const FoxapiPollPlan * plan, gint64 now_us);

G_END_DECLS
