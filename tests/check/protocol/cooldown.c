/* Services that have asked for a pause: a table, and a clock of the test's own
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "foxapicooldown.h"
#include "protocoltest.h"

#define SECOND ((gint64) G_USEC_PER_SEC)
#define NOW (1000 * SECOND)

static FoxapiCooldowns *table;

static void
setup (void)
{
  table = foxapi_cooldowns_new ();
}

static void
teardown (void)
{
  g_clear_pointer (&table, foxapi_cooldowns_free);
}

static void
check_left (const gchar * name, gint64 now_us, gint64 expected_us)
{
  gint64 left_us = foxapi_cooldowns_get_left (table, name, now_us);

  fail_unless (left_us == expected_us, "%s: %" G_GINT64_FORMAT, name, left_us);
}

GST_START_TEST (test_nobody_asked)
{
  check_left ("a", NOW, 0);
}

GST_END_TEST;

GST_START_TEST (test_until_its_end)
{
  foxapi_cooldowns_note (table, "a", NOW + 5 * SECOND, NOW);
  check_left ("a", NOW, 5 * SECOND);
  check_left ("a", NOW + 4 * SECOND, SECOND);
  check_left ("a", NOW + 5 * SECOND - 1, 1);
  check_left ("a", NOW + 5 * SECOND, 0);
  check_left ("a", NOW + 60 * SECOND, 0);
}

GST_END_TEST;

GST_START_TEST (test_each_for_itself)
{
  foxapi_cooldowns_note (table, "a", NOW + 5 * SECOND, NOW);
  check_left ("b", NOW, 0);
  foxapi_cooldowns_note (table, "b", NOW + SECOND, NOW);
  check_left ("a", NOW, 5 * SECOND);
  check_left ("b", NOW, SECOND);
}

GST_END_TEST;

/* Two were told, and the longer pause is the one that counts. */
GST_START_TEST (test_never_shorter)
{
  foxapi_cooldowns_note (table, "a", NOW + 5 * SECOND, NOW);
  foxapi_cooldowns_note (table, "a", NOW + 2 * SECOND, NOW + SECOND);
  check_left ("a", NOW + SECOND, 4 * SECOND);
  foxapi_cooldowns_note (table, "a", NOW + 8 * SECOND, NOW + SECOND);
  check_left ("a", NOW + SECOND, 7 * SECOND);
}

GST_END_TEST;

/* A pause that is over does not hold the next one back. */
GST_START_TEST (test_again)
{
  foxapi_cooldowns_note (table, "a", NOW + 5 * SECOND, NOW);
  foxapi_cooldowns_note (table, "a", NOW + 7 * SECOND, NOW + 6 * SECOND);
  check_left ("a", NOW + 6 * SECOND, SECOND);
}

GST_END_TEST;

/* "Retry-After: 0", or none that could be read */
GST_START_TEST (test_no_pause)
{
  foxapi_cooldowns_note (table, "a", NOW, NOW);
  check_left ("a", NOW, 0);
  foxapi_cooldowns_note (table, "a", NOW - 1, NOW);
  check_left ("a", NOW, 0);
}

GST_END_TEST;

static Suite *
cooldown_suite (void)
{
  Suite *suite = suite_create ("cooldown");
  TCase *tcase = tcase_create ("table");

  suite_add_tcase (suite, tcase);
  tcase_add_checked_fixture (tcase, setup, teardown);
  tcase_add_test (tcase, test_nobody_asked);
  tcase_add_test (tcase, test_until_its_end);
  tcase_add_test (tcase, test_each_for_itself);
  tcase_add_test (tcase, test_never_shorter);
  tcase_add_test (tcase, test_again);
  tcase_add_test (tcase, test_no_pause);
  return suite;
}

GST_CHECK_MAIN (cooldown);
