/* When to try again: Retry-After, pauses, counting
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "foxapihttp.h"
#include "protocoltest.h"

#define SECOND ((gint64) G_USEC_PER_SEC)

/* Sat, 06 Sep 2025 13:23:51 GMT */
#define NOW G_GINT64_CONSTANT (1757165031)

static const struct
{
  const gchar *value;
  gint64 after_s;               /* -1: it says nothing */
} values[] = {
  {"0", 0},
  {"1", 1},
  {"60", 60},
  {"61", 61},
  /* More than an hour is not believed. */
  {"86400", 3600},
  {"2147483648", 3600},
  {"9223372036854775808", 3600},
  {"99999999999999999999999999999999999999999999", 3600},
  {"Sat, 06 Sep 2025 13:23:51 GMT", 0},
  {"Sat, 06 Sep 2025 13:24:01 GMT", 10},
  {"Saturday, 06-Sep-25 13:24:01 GMT", 10},
  {"Sat Sep  6 13:24:01 2025", 10},
  {"Sat, 06 Sep 2025 13:23:41 GMT", 0},
  {"Thu, 01 Jan 1970 00:00:00 GMT", 0},
  {"Sat, 06 Sep 2025 15:23:51 GMT", 3600},
  {"Thu, 31 Dec 2099 23:59:59 GMT", 3600},
  {NULL, -1},
  {"", -1},
  {" ", -1},
  {"soon", -1},
  {"-1", -1},
  {"-99999999999999999999", -1},
  {"1.5", -1},
  {"1e3", -1},
  {"0x10", -1},
  {"5s", -1},
  {"5, 10", -1},
  {"NaN", -1},
  {"infinity", -1},
  {"Sat, 06 Sep", -1},
  {"\xff\xfe", -1},
  {"\n", -1},
  {"Sat, 36 Sep 2025 13:23:51 GMT", -1},
  {"Sat, 06 Sep 2025 25:61:61 GMT", -1},
  {"Sat, 06 Foo 2025 13:23:51 GMT", -1},
  {"Sat, 06 Sep 99999999999 13:23:51 GMT", -1},
};

TEST (test_retry_after)
{
  gint64 expected_s = values[__i__].after_s;
  gint64 after_us = foxapi_retry_parse_after (values[__i__].value, NOW);

  fail_unless (after_us == (expected_s < 0 ? -1 : expected_s * SECOND),
      "%s: %" G_GINT64_FORMAT, values[__i__].value, after_us);
}

/* Whatever the clock says */
TEST (test_clocks)
{
  static const gint64 clocks[] = { 0, NOW, G_MAXINT32, G_MAXUINT32 };

  for (guint i = 0; i < G_N_ELEMENTS (clocks); i++) {
    gint64 after_us = foxapi_retry_parse_after
        ("Sat, 06 Sep 2025 13:24:01 GMT", clocks[i]);

    fail_unless (after_us >= 0 && after_us <= 3600 * SECOND);
  }
}

/* The longest pause after this attempt: what chance gives at most */
static gint64
get_longest (guint attempt)
{
  return foxapi_retry_get_delay (attempt, -1, 0.999999999);
}

TEST (test_pauses_double)
{
  for (guint attempt = 1; attempt < 6; attempt++) {
    gint64 least = foxapi_retry_get_delay (attempt, -1, 0);
    gint64 next = foxapi_retry_get_delay (attempt + 1, -1, 0);

    fail_unless (least > 0);
    fail_unless_equals_int64 (next, 2 * least);
    fail_unless (get_longest (attempt) <= get_longest (attempt + 1));
  }
}

/* Chance spreads a pause, by no more than half of it. */
TEST (test_pauses_vary)
{
  for (guint attempt = 1; attempt < 20; attempt++) {
    gint64 least = foxapi_retry_get_delay (attempt, -1, 0);
    gint64 middle = foxapi_retry_get_delay (attempt, -1, 0.5);
    gint64 most = get_longest (attempt);

    fail_unless (least < middle && middle < most && most <= 2 * least);
  }
}

TEST (test_pauses_end_somewhere)
{
  static const guint attempts[] = { 16, 31, 32, 33, 63, 64, 65, 1000,
    G_MAXINT, G_MAXUINT
  };

  for (guint i = 0; i < G_N_ELEMENTS (attempts); i++) {
    fail_unless_equals_int64 (foxapi_retry_get_delay (attempts[i], -1, 0),
        foxapi_retry_get_delay (20, -1, 0));
    fail_unless (get_longest (attempts[i]) <= 60 * SECOND);
  }
  fail_unless (foxapi_retry_get_delay (0, -1, 0) > 0);
}

/* What the service asked for is the least, and it cannot ask for too much. */
TEST (test_wish_of_the_service)
{
  for (guint attempt = 1; attempt < 10; attempt++) {
    gint64 pause = foxapi_retry_get_delay (attempt, 7 * SECOND, 0.5);

    fail_unless (pause >= 7 * SECOND && pause <= 8 * SECOND);
    fail_unless_equals_int64 (foxapi_retry_get_delay (attempt, 7 * SECOND, 0),
        7 * SECOND);
    fail_unless (foxapi_retry_get_delay (attempt, 0, 0) >= 0);
    fail_unless (foxapi_retry_get_delay (attempt, G_MAXINT64, 0.5)
        <= 61 * SECOND);
  }
}

TEST (test_retries)
{
  fail_if (foxapi_retry_is_allowed (0, 1));
  fail_unless (foxapi_retry_is_allowed (1, 1));
  fail_if (foxapi_retry_is_allowed (1, 2));
  for (guint attempt = 1; attempt <= 5; attempt++)
    fail_unless (foxapi_retry_is_allowed (5, attempt));
  fail_if (foxapi_retry_is_allowed (5, 6));
  fail_if (foxapi_retry_is_allowed (5, G_MAXUINT));
  fail_unless (foxapi_retry_is_allowed (-1, 1));
  fail_unless (foxapi_retry_is_allowed (-1, G_MAXUINT));
  fail_unless (foxapi_retry_is_allowed (G_MAXINT, G_MAXINT));
}

static const Test tests[] = {
  CASE ("retry-after", NULL, NULL),
  ROWS (test_retry_after, values),
  ONCE (test_clocks),
  CASE ("pauses", NULL, NULL),
  ONCE (test_pauses_double),
  ONCE (test_pauses_vary),
  ONCE (test_pauses_end_somewhere),
  ONCE (test_wish_of_the_service),
  ONCE (test_retries),
};

CHECK_MAIN (retry, tests)
