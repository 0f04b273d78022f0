/* The poll plan: how often it asks, and how late it learns of the end
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "../testcase.h"

#include "foxapipoll.h"
#include "polltasks.h"

#define SECOND ((gint64) G_USEC_PER_SEC)
#define SHORTEST (3 * SECOND)
#define LONGEST (40 * SECOND)
#define FIVE_MINUTES 300.0
#define N_TASKS 1000

static const guint32 seeds[] = { 1, 20, 300 };

static gint64
get_gap (const FoxapiPollPlan * plan)
{
  return foxapi_poll_plan_next (plan) - plan->answered_us;
}

/* The same with nothing known but the time */
static gint64
get_blind_gap (gint64 age_us)
{
  FoxapiPollPlan plan;

  foxapi_poll_plan_init (&plan, 0, 0, 0);
  foxapi_poll_plan_observe (&plan, age_us, -1, FALSE);
  return get_gap (&plan);
}

/* A task that makes a percent in so many seconds, asked as planned */
static void
run_steadily (FoxapiPollPlan * plan, gint64 pace_us, gint64 until_us)
{
  foxapi_poll_plan_init (plan, 0, 0, 0);
  foxapi_poll_plan_observe (plan, 0, 0, FALSE);
  while (foxapi_poll_plan_next (plan) <= until_us) {
    gint64 now_us = foxapi_poll_plan_next (plan);

    foxapi_poll_plan_observe (plan, now_us, (gint) (now_us / pace_us), FALSE);
  }
}

GST_START_TEST (test_first_question)
{
  FoxapiPollPlan plan;

  /* some seconds after the submission, whatever it answered */
  foxapi_poll_plan_init (&plan, 5 * SECOND, 0, 0);
  fail_unless_equals_int64 (get_gap (&plan), 4 * SECOND);
  foxapi_poll_plan_observe (&plan, 5 * SECOND, 99, FALSE);
  fail_unless_equals_int64 (get_gap (&plan), 4 * SECOND);
}

GST_END_TEST;

GST_START_TEST (test_fixed_interval)
{
  FoxapiPollPlan plan;

  foxapi_poll_plan_init (&plan, 0, 300 * SECOND, 250);
  for (gint i = 0; i <= 101; i++) {
    foxapi_poll_plan_observe (&plan, i * SECOND, i, i == 101);
    fail_unless_equals_int64 (get_gap (&plan), SECOND / 4);
  }

  foxapi_poll_plan_init (&plan, 0, 0, G_MAXUINT);
  fail_unless_equals_int64 (get_gap (&plan), (gint64) G_MAXUINT * 1000);
}

GST_END_TEST;

GST_START_TEST (test_resumed)
{
  const gint64 ages[] = { 0, 60 * SECOND, 600 * SECOND };
  FoxapiPollPlan plan, wrong;

  for (guint i = 0; i < G_N_ELEMENTS (ages); i++) {
    foxapi_poll_plan_init (&plan, 7 * SECOND, ages[i], 0);
    foxapi_poll_plan_observe (&plan, 7 * SECOND, -1, FALSE);
    fail_unless_equals_int64 (get_gap (&plan), get_blind_gap (ages[i]));
  }

  /* two clocks that disagree: a task from the future is new, and one from last
   * year is not asked about much more rarely than one of ten minutes */
  foxapi_poll_plan_init (&plan, 7 * SECOND, -3600 * SECOND, 0);
  fail_unless_equals_int64 (get_gap (&plan), get_blind_gap (0));
  foxapi_poll_plan_init (&wrong, 7 * SECOND, 365 * 24 * 3600 * SECOND, 0);
  fail_unless (get_gap (&wrong) <= 21 * SECOND);

  /* the level at which it is met is no rise, nor is the next one a pace */
  foxapi_poll_plan_init (&plan, 0, 100 * SECOND, 0);
  foxapi_poll_plan_observe (&plan, 0, 40, FALSE);
  foxapi_poll_plan_observe (&plan, 10 * SECOND, 60, FALSE);
  fail_unless_equals_int64 (get_gap (&plan), get_blind_gap (110 * SECOND));
  fail_unless_equals_int (foxapi_poll_plan_remaining (&plan, 10 * SECOND), -1);
}

GST_END_TEST;

GST_START_TEST (test_progress_lengthens_the_gap)
{
  FoxapiPollPlan plan;
  gint64 before_us;

  /* ten minutes, half of them over */
  run_steadily (&plan, 6 * SECOND, 300 * SECOND);
  fail_unless (get_gap (&plan) > 2 * get_blind_gap (300 * SECOND));

  /* as soon as it stands still, or is not told, it is worth nothing */
  for (gint i = 0; i < 2; i++) {
    before_us = foxapi_poll_plan_next (&plan);
    foxapi_poll_plan_observe (&plan, before_us, i ? plan.level : -1, FALSE);
    fail_unless_equals_int64 (get_gap (&plan), get_blind_gap (before_us));
  }
  foxapi_poll_plan_observe (&plan, before_us + SECOND, plan.level + 5, FALSE);
  fail_unless (get_gap (&plan) > get_blind_gap (before_us + SECOND));

  /* and less the nearer the end */
  run_steadily (&plan, 6 * SECOND, 599 * SECOND);
  fail_unless (get_gap (&plan) <= get_blind_gap (600 * SECOND));
}

GST_END_TEST;

GST_START_TEST (test_progress_falls)
{
  FoxapiPollPlan plan;

  run_steadily (&plan, 3 * SECOND, 150 * SECOND);
  foxapi_poll_plan_observe (&plan, 160 * SECOND, 20, FALSE);
  fail_unless_equals_int (foxapi_poll_plan_remaining (&plan, 160 * SECOND), -1);

  /* not trusted any more */
  for (gint i = 0; i < 40; i++) {
    foxapi_poll_plan_observe (&plan, (170 + 3 * i) * SECOND, 21 + i, FALSE);
    fail_unless_equals_int64 (get_gap (&plan),
        get_blind_gap ((170 + 3 * i) * SECOND));
  }
}

GST_END_TEST;

/* 100 percent, or completed, and no result: it follows within seconds */
GST_START_TEST (test_finished_without_result)
{
  for (gint i = 0; i < 2; i++) {
    gint progress = i ? 100 : 50;
    FoxapiPollPlan plan;
    gint64 now_us = 600 * SECOND;
    guint asked = 0;

    run_steadily (&plan, 12 * SECOND, now_us);
    foxapi_poll_plan_observe (&plan, now_us, progress, i == 0);
    fail_unless_equals_int64 (get_gap (&plan), 3 * SECOND);
    fail_unless_equals_int (foxapi_poll_plan_remaining (&plan, now_us), -1);

    /* or it does not, and then there is no hurry any more */
    while (now_us < 900 * SECOND) {
      now_us = foxapi_poll_plan_next (&plan);
      foxapi_poll_plan_observe (&plan, now_us, progress, i == 0);
      asked++;
    }
    fail_unless (asked < 20, "%u questions", asked);
    fail_unless_equals_int64 (get_gap (&plan), get_blind_gap (now_us));
  }
}

GST_END_TEST;

GST_START_TEST (test_remaining)
{
  FoxapiPollPlan plan;
  gint remaining;

  /* unknown before progress has shown a pace */
  run_steadily (&plan, 3 * SECOND, 20 * SECOND);
  fail_unless_equals_int (foxapi_poll_plan_remaining (&plan, 20 * SECOND), -1);

  run_steadily (&plan, 3 * SECOND, 200 * SECOND);
  remaining = foxapi_poll_plan_remaining (&plan, 200 * SECOND);
  fail_unless (remaining >= 90 && remaining <= 110, "%d", remaining);
  fail_unless_equals_int (foxapi_poll_plan_remaining (&plan, 210 * SECOND),
      remaining - 10);

  /* it took longer than that: nobody knows */
  fail_unless_equals_int (foxapi_poll_plan_remaining (&plan, 400 * SECOND), -1);
}

GST_END_TEST;

/* Nonsense of every kind, by chance: the gap stays within its bounds */
GST_START_TEST (test_hostile_answers)
{
  const gint levels[] = { G_MININT, -1, 0, 1, 10, 95, 99, 100, 101, G_MAXINT };
  const gint64 ages[] = { G_MININT64, -1, 0, SECOND, G_MAXINT64 };
  g_autoptr (GRand) rand = g_rand_new_with_seed (11);

  for (gint i = 0; i < 500; i++) {
    FoxapiPollPlan plan;
    gint64 now_us = 0;

    foxapi_poll_plan_init (&plan, now_us, ages[i % G_N_ELEMENTS (ages)], 0);
    for (gint j = 0; j < 60; j++) {
      gint progress = g_rand_boolean (rand) ? g_rand_int_range (rand, 0, 101)
          : levels[g_rand_int_range (rand, 0, G_N_ELEMENTS (levels))];

      foxapi_poll_plan_observe (&plan, now_us, progress,
          g_rand_int_range (rand, 0, 50) == 0);
      fail_unless (get_gap (&plan) >= SHORTEST);
      fail_unless (get_gap (&plan) <= LONGEST);
      fail_unless (foxapi_poll_plan_remaining (&plan, now_us) >= -1);
      /* the answer comes at once, late, or very late */
      now_us = foxapi_poll_plan_next (&plan);
      now_us += j % 5 == 0 ? (gint64) g_rand_int (rand) * 1000 : j % 2 * SECOND;
    }
  }
}

GST_END_TEST;

/* The promises, on seeded tasks and a virtual clock: numbers, not timings */
GST_START_TEST (test_traces)
{
  const PollFamily *family = &poll_families[__i__];

  for (guint s = 0; s < G_N_ELEMENTS (seeds); s++) {
    PollSummary all = poll_run (family, POLL_BY_PLAN, 0, seeds[s], N_TASKS);
    PollSummary five = poll_run (family, POLL_BY_PLAN, FIVE_MINUTES, seeds[s],
        N_TASKS);

    fail_unless (all.shortest_gap >= POLL_SHORTEST_GAP, "%s: %g s",
        family->name, all.shortest_gap);
    if (family->most_asked == 0)
      continue;
    fail_unless (MAX (all.late, five.late) <= 1, "%s, seed %u: late %.2f, %.2f",
        family->name, seeds[s], all.late, five.late);
    fail_unless (five.most_asked <= family->most_asked,
        "%s, seed %u: asked %u times", family->name, seeds[s], five.most_asked);
  }
}

GST_END_TEST;

static Suite *
poll_suite (void)
{
  Suite *suite = suite_create ("poll");
  TCase *tcase = add_case (suite, "plan", NULL, NULL);

  tcase_add_test (tcase, test_first_question);
  tcase_add_test (tcase, test_fixed_interval);
  tcase_add_test (tcase, test_resumed);
  tcase_add_test (tcase, test_progress_lengthens_the_gap);
  tcase_add_test (tcase, test_progress_falls);
  tcase_add_test (tcase, test_finished_without_result);
  tcase_add_test (tcase, test_remaining);
  tcase_add_test (tcase, test_hostile_answers);
  tcase_add_loop_test (tcase, test_traces, 0, (gint) n_poll_families);
  return suite;
}

GST_CHECK_MAIN (poll);
