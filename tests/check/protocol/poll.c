/* The poll plan: what it promises, whatever it is told
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <gst/check/gstcheck.h>

#include "foxapipoll.h"
#include "polltasks.h"

#define SECOND ((gint64) G_USEC_PER_SEC)

/* No question is further off than this: foxapi_poll_plan_next() */
#define LONGEST (60 * SECOND)

#define N_TASKS 500

static const guint32 seeds[] = { 1, 20 };

/* The plan's next question, answered in the same words as before */
static gint64
ask_once (FoxapiPollPlan * plan, gint64 now, gint progress, gint estimated)
{
  gint64 next = foxapi_poll_plan_next (plan, now);

  foxapi_poll_plan_observe (plan, next, FALSE, progress, estimated, -1);
  return next;
}

/* The same, about a task that makes a percent every so many seconds, from the
 * time 0 on and up to a level */
static gint64
ask_working (FoxapiPollPlan * plan, gint64 now, gint pace, gint level)
{
  gint64 next = foxapi_poll_plan_next (plan, now);
  gint progress = (gint) MIN (next / (pace * SECOND), level);

  foxapi_poll_plan_observe (plan, next, FALSE, progress, 1000, -1);
  return next;
}

GST_START_TEST (test_first_question)
{
  FoxapiPollPlan plan;
  gint64 next;

  /* after the submission alone, and after what it answered */
  foxapi_poll_plan_init (&plan, 5 * SECOND, 0);
  next = foxapi_poll_plan_next (&plan, 5 * SECOND);
  fail_unless (next >= 6 * SECOND && next <= 8 * SECOND);
  foxapi_poll_plan_observe (&plan, 5 * SECOND, TRUE, 0, 45, -1);
  next = foxapi_poll_plan_next (&plan, 5 * SECOND);
  fail_unless (next >= 6 * SECOND && next <= 8 * SECOND);

  /* even if it is due any moment */
  foxapi_poll_plan_observe (&plan, 5 * SECOND, FALSE, 99, 1, -1);
  next = foxapi_poll_plan_next (&plan, 5 * SECOND);
  fail_unless (next >= 6 * SECOND);
}

GST_END_TEST;

GST_START_TEST (test_fixed_beat)
{
  FoxapiPollPlan plan;
  gint64 start = 12345, now = start;

  foxapi_poll_plan_init (&plan, start, 250);
  for (gint i = 1; i <= 100; i++) {
    now = foxapi_poll_plan_next (&plan, now);
    fail_unless_equals_int64 (now, start + i * 250000);
    /* the time that an answer takes does not add up, nor what it says */
    now += 1000 * i;
    foxapi_poll_plan_observe (&plan, now, FALSE, i, 3, -1);
  }

  /* an answer that takes two beats and a half */
  now = start + 100 * 250000 + 625000;
  foxapi_poll_plan_observe (&plan, now, FALSE, 50, -1, -1);
  fail_unless_equals_int64 (foxapi_poll_plan_next (&plan, now),
      start + 103 * 250000);

  /* overdue is now */
  fail_unless_equals_int64 (foxapi_poll_plan_next (&plan, now + 60 * SECOND),
      now + 60 * SECOND);
}

GST_END_TEST;

GST_START_TEST (test_fixed_beat_extremes)
{
  FoxapiPollPlan plan;

  foxapi_poll_plan_init (&plan, G_MININT64, 1);
  foxapi_poll_plan_observe (&plan, G_MAXINT64, FALSE, 1, 1, 1);
  fail_unless_equals_int64 (foxapi_poll_plan_next (&plan, G_MAXINT64),
      G_MAXINT64);

  foxapi_poll_plan_init (&plan, 0, G_MAXUINT);
  fail_unless_equals_int64 (foxapi_poll_plan_next (&plan, 0),
      (gint64) G_MAXUINT * 1000);
}

GST_END_TEST;

GST_START_TEST (test_give_up)
{
  FoxapiPollPlan plan;

  foxapi_poll_plan_init (&plan, 7 * SECOND, 0);
  fail_unless_equals_int64 (foxapi_poll_plan_give_up (&plan, 0), G_MAXINT64);
  fail_unless_equals_int64 (foxapi_poll_plan_give_up (&plan, 1800),
      1807 * SECOND);

  /* a task that was taken up a day late gets as long */
  foxapi_poll_plan_observe (&plan, 8 * SECOND, FALSE, 10, 60,
      24 * 3600 * SECOND);
  fail_unless_equals_int64 (foxapi_poll_plan_give_up (&plan, 1800),
      1807 * SECOND);

  foxapi_poll_plan_init (&plan, G_MAXINT64 - SECOND, 0);
  fail_unless_equals_int64 (foxapi_poll_plan_give_up (&plan, G_MAXUINT),
      G_MAXINT64);
}

GST_END_TEST;

GST_START_TEST (test_plain_value)
{
  FoxapiPollPlan plan, copy, before;
  gint64 now = 0;

  foxapi_poll_plan_init (&plan, 0, 0);
  for (gint i = 0; i < 10; i++)
    now = ask_once (&plan, now, 5 * i, 60);

  /* being asked changes nothing, and a copy tells the same */
  before = copy = plan;
  fail_unless_equals_int64 (foxapi_poll_plan_next (&plan, now),
      foxapi_poll_plan_next (&copy, now));
  fail_unless_equals_int (foxapi_poll_plan_remaining (&plan, now),
      foxapi_poll_plan_remaining (&copy, now));
  fail_unless (memcmp (&before, &plan, sizeof plan) == 0);
  fail_unless_equals_int64 (ask_once (&plan, now, 55, 60),
      ask_once (&copy, now, 55, 60));
}

GST_END_TEST;

/* Nonsense of every kind, by chance: the gap stays within its bounds */
GST_START_TEST (test_hostile_answers)
{
  const gint levels[] = { G_MININT, -1, 0, 1, 10, 95, 99, 100, 101, G_MAXINT };
  const gint estimates[] = { G_MININT, -1, 0, 1, 45, 1200, G_MAXINT };
  const gint64 ages[] = { G_MININT64, -1, 0, SECOND, G_MAXINT64 };
  const gint64 starts[] = { G_MININT64, -SECOND, 0, G_MAXINT64 / 2 };
  g_autoptr (GRand) rand = g_rand_new_with_seed (11);

#define ANY(array) \
    ((array)[g_rand_int_range (rand, 0, G_N_ELEMENTS (array))])
  for (gint i = 0; i < 500; i++) {
    FoxapiPollPlan plan;
    gint64 now = ANY (starts);

    foxapi_poll_plan_init (&plan, now, 0);
    for (gint j = 0; j < 60; j++) {
      gint progress = g_rand_boolean (rand) ? ANY (levels)
          : g_rand_int_range (rand, 0, 101);
      gint64 next;

      foxapi_poll_plan_observe (&plan, now, g_rand_boolean (rand), progress,
          ANY (estimates), j % 7 == 0 ? ANY (ages) : -1);
      next = foxapi_poll_plan_next (&plan, now);
      fail_unless (next - now >= SECOND);
      fail_unless (next - now <= LONGEST);
      fail_unless (foxapi_poll_plan_remaining (&plan, now) >= -1);
      /* the answer comes at once, late, or very late */
      now = next + (j % 5 == 0 ? g_rand_int (rand) : j % 2 * SECOND);
    }
  }
#undef ANY
}

GST_END_TEST;

GST_START_TEST (test_hostile_clock)
{
  FoxapiPollPlan plan;
  gint64 next;

  /* time that stands still, and time that goes back */
  foxapi_poll_plan_init (&plan, 100 * SECOND, 0);
  for (gint i = 0; i < 1000; i++) {
    foxapi_poll_plan_observe (&plan, (100 - i) * SECOND, FALSE, i % 101, 60,
        -1);
    next = foxapi_poll_plan_next (&plan, (100 - i) * SECOND);
    fail_unless (next >= 101 * SECOND && next <= 160 * SECOND);
  }

  /* time that jumps over all there is */
  foxapi_poll_plan_init (&plan, G_MININT64, 0);
  foxapi_poll_plan_observe (&plan, G_MININT64, TRUE, 0, 60, 1);
  foxapi_poll_plan_observe (&plan, G_MAXINT64, FALSE, 50, 60, G_MAXINT64);
  fail_unless_equals_int64 (foxapi_poll_plan_next (&plan, G_MAXINT64),
      G_MAXINT64);
  fail_unless (foxapi_poll_plan_remaining (&plan, G_MAXINT64) >= -1);
  fail_unless_equals_int64 (foxapi_poll_plan_give_up (&plan, 0), G_MAXINT64);

  /* the end of time in small steps */
  foxapi_poll_plan_init (&plan, G_MAXINT64 - 10 * SECOND, 0);
  next = G_MAXINT64 - 10 * SECOND;
  for (gint i = 0; i < 100; i++) {
    gint64 before = next;

    next = ask_once (&plan, next, i, 100);
    fail_unless (next - before >= SECOND || next == G_MAXINT64);
  }
}

GST_END_TEST;

/* A question that is overdue is due now, one that is not stays where it is */
GST_START_TEST (test_late_caller)
{
  FoxapiPollPlan plan;
  gint64 next;

  foxapi_poll_plan_init (&plan, 0, 0);
  foxapi_poll_plan_observe (&plan, 0, TRUE, 0, 60, -1);
  next = foxapi_poll_plan_next (&plan, 0);
  fail_unless_equals_int64 (foxapi_poll_plan_next (&plan, next - 1), next);
  fail_unless_equals_int64 (foxapi_poll_plan_next (&plan, next), next);
  fail_unless_equals_int64 (foxapi_poll_plan_next (&plan, next + SECOND),
      next + SECOND);
}

GST_END_TEST;

/* Whatever stands still: within a tenth of the time, or 3 s, to the bound */
GST_START_TEST (test_no_news)
{
  const gint estimates[] = { -1, 1, 60, 100000 };

  for (guint i = 0; i < G_N_ELEMENTS (estimates); i++) {
    FoxapiPollPlan plan;
    gint64 now = 0;

    foxapi_poll_plan_init (&plan, 0, 0);
    foxapi_poll_plan_observe (&plan, 0, TRUE, 0, estimates[i], -1);
    while (now < 24 * 3600 * SECOND) {
      gint64 next = ask_once (&plan, now, i % 2 ? 0 : -1, estimates[i]);

      fail_unless (next - now <= CLAMP (now / 10 + 1, 3 * SECOND, LONGEST));
      now = next;
    }
  }
}

GST_END_TEST;

GST_START_TEST (test_progress_stands_still)
{
  const gint levels[] = { 1, 50, 95, 99, 100 };

  for (guint i = 0; i < G_N_ELEMENTS (levels); i++) {
    FoxapiPollPlan plan;
    gint64 now = 0, stopped = 0;
    guint asked = 0;

    /* a percent per second, and then no more for an hour */
    foxapi_poll_plan_init (&plan, 0, 0);
    while (now < 3600 * SECOND) {
      gint64 next = ask_working (&plan, now, 1, levels[i]);

      if (now > levels[i] * SECOND) {
        stopped = stopped ? stopped : now;
        asked++;
        fail_unless (next - now <= MAX (3 * SECOND, now / 2 + 1));
      }
      now = next;
    }
    /* it does not go on asking every second */
    fail_unless (asked < (now - stopped) / SECOND / 2);
  }
}

GST_END_TEST;

GST_START_TEST (test_progress_is_believed)
{
  FoxapiPollPlan plan;
  gint64 now = 0;
  guint asked = 0;

  /* ten minutes: a beat of 3 s would ask 200 times */
  foxapi_poll_plan_init (&plan, 0, 0);
  while (now < 600 * SECOND) {
    now = ask_working (&plan, now, 6, 99);
    asked++;
  }
  fail_unless (asked < 60);
  fail_unless (now - 600 * SECOND <= 3 * SECOND);
}

GST_END_TEST;

GST_START_TEST (test_queue_then_progress)
{
  FoxapiPollPlan plan;
  gint remaining;
  gint64 now = 0;

  /* three minutes in the queue, then a percent per second: the pace is that
   * of the work */
  foxapi_poll_plan_init (&plan, 0, 0);
  while (now < 210 * SECOND) {
    gboolean pending = now < 180 * SECOND;

    foxapi_poll_plan_observe (&plan, now, pending,
        pending ? 0 : (gint) (now / SECOND - 180), -1, -1);
    now = foxapi_poll_plan_next (&plan, now);
  }
  remaining = foxapi_poll_plan_remaining (&plan, 210 * SECOND);
  fail_unless (remaining >= 55 && remaining <= 90, "%d", remaining);
}

GST_END_TEST;

GST_START_TEST (test_remaining)
{
  FoxapiPollPlan plan;
  gint remaining, before = G_MAXINT;
  gint64 now = 0;

  foxapi_poll_plan_init (&plan, 0, 0);
  fail_unless_equals_int (foxapi_poll_plan_remaining (&plan, 0), -1);
  foxapi_poll_plan_observe (&plan, 0, TRUE, 0, -1, -1);
  fail_unless_equals_int (foxapi_poll_plan_remaining (&plan, 0), -1);

  /* by the estimate, until it is clearly wrong */
  foxapi_poll_plan_observe (&plan, 0, TRUE, 0, 60, -1);
  fail_unless_equals_int (foxapi_poll_plan_remaining (&plan, 0), 60);
  remaining = foxapi_poll_plan_remaining (&plan, 20 * SECOND);
  fail_unless (remaining >= 39 && remaining <= 42, "%d", remaining);
  fail_unless (foxapi_poll_plan_remaining (&plan, 61 * SECOND) > 0);
  fail_unless_equals_int (foxapi_poll_plan_remaining (&plan, 200 * SECOND), -1);

  /* by the progress, whatever the estimate was */
  foxapi_poll_plan_init (&plan, 0, 0);
  while (now < 90 * SECOND) {
    now = ask_working (&plan, now, 1, 99);
    remaining = foxapi_poll_plan_remaining (&plan, now);
    if (now >= 30 * SECOND) {
      fail_unless (remaining >= 1 && remaining <= before);
      before = remaining;
    }
  }
  fail_unless (remaining <= 15, "%d", remaining);
}

GST_END_TEST;

/* What is left, or the whole: both are read as they are meant */
GST_START_TEST (test_estimate_counts_down)
{
  FoxapiPollPlan whole, left;

  foxapi_poll_plan_init (&whole, 0, 0);
  foxapi_poll_plan_init (&left, 0, 0);
  for (gint t = 0; t < 50; t += 5) {
    foxapi_poll_plan_observe (&whole, t * SECOND, FALSE, -1, 60, -1);
    foxapi_poll_plan_observe (&left, t * SECOND, FALSE, -1, 60 - t, -1);
    fail_unless_equals_int64 (foxapi_poll_plan_next (&whole, 0),
        foxapi_poll_plan_next (&left, 0));
  }

  /* news are taken as such */
  foxapi_poll_plan_observe (&whole, 50 * SECOND, FALSE, -1, 300, -1);
  fail_unless (foxapi_poll_plan_remaining (&whole, 50 * SECOND) > 200);
}

GST_END_TEST;

GST_START_TEST (test_taken_up)
{
  FoxapiPollPlan plan;
  gint remaining;

  /* five minutes old and at 50: five more */
  foxapi_poll_plan_init (&plan, 0, 0);
  foxapi_poll_plan_observe (&plan, SECOND, FALSE, 50, -1, 300 * SECOND);
  remaining = foxapi_poll_plan_remaining (&plan, SECOND);
  fail_unless (remaining > 200 && remaining < 400, "%d", remaining);

  /* of an estimate that has 20 seconds to go */
  foxapi_poll_plan_init (&plan, 0, 0);
  foxapi_poll_plan_observe (&plan, 0, FALSE, -1, 60, 40 * SECOND);
  remaining = foxapi_poll_plan_remaining (&plan, 0);
  fail_unless (remaining >= 19 && remaining <= 25, "%d", remaining);

  /* of unknown age: the pace shows with the second step */
  foxapi_poll_plan_init (&plan, 0, 0);
  foxapi_poll_plan_observe (&plan, 0, FALSE, 50, -1, -1);
  fail_unless_equals_int (foxapi_poll_plan_remaining (&plan, 0), -1);
  foxapi_poll_plan_observe (&plan, 10 * SECOND, FALSE, 60, -1, -1);
  remaining = foxapi_poll_plan_remaining (&plan, 10 * SECOND);
  fail_unless (remaining >= 10 && remaining <= 60, "%d", remaining);
}

GST_END_TEST;

/* The targets, on seeded tasks and a virtual clock: numbers, not timings */
GST_START_TEST (test_traces)
{
  for (guint d = 0; d < n_poll_durations; d++) {
    const PollFamily *family = &poll_families[__i__];

    for (guint s = 0; s < G_N_ELEMENTS (seeds); s++) {
      PollSummary summary = poll_run (family, &poll_durations[d],
          POLL_BY_PLAN, seeds[s], N_TASKS);

      fail_unless (summary.rate <= 1.0, "%s: %g questions per second",
          family->name, summary.rate);
      if (family->beyond)
        continue;
      fail_unless (summary.ratio <= family->target,
          "%s, %s, seed %u: ratio %.3f, target %.2f", family->name,
          poll_durations[d].name, seeds[s], summary.ratio, family->target);
      fail_unless (summary.late <= 1.0, "%s, %s, seed %u: late %.2f",
          family->name, poll_durations[d].name, seeds[s], summary.late);
    }
  }
}

GST_END_TEST;

static Suite *
poll_suite (void)
{
  Suite *suite = suite_create ("poll");
  TCase *promises = tcase_create ("promises");
  TCase *traces = tcase_create ("traces");

  suite_add_tcase (suite, promises);
  tcase_add_test (promises, test_first_question);
  tcase_add_test (promises, test_fixed_beat);
  tcase_add_test (promises, test_fixed_beat_extremes);
  tcase_add_test (promises, test_give_up);
  tcase_add_test (promises, test_plain_value);
  tcase_add_test (promises, test_hostile_answers);
  tcase_add_test (promises, test_hostile_clock);
  tcase_add_test (promises, test_late_caller);
  tcase_add_test (promises, test_no_news);
  tcase_add_test (promises, test_progress_stands_still);
  tcase_add_test (promises, test_progress_is_believed);
  tcase_add_test (promises, test_queue_then_progress);
  tcase_add_test (promises, test_remaining);
  tcase_add_test (promises, test_estimate_counts_down);
  tcase_add_test (promises, test_taken_up);

  suite_add_tcase (suite, traces);
  tcase_set_timeout (traces, 120);
  tcase_add_loop_test (traces, test_traces, 0, (gint) n_poll_families);
  return suite;
}

GST_CHECK_MAIN (poll);
