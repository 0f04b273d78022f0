/* What every suite is put together with
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gst/check/gstcheck.h>

G_BEGIN_DECLS

/* A case of @suite, in which each test has this fixture; both may be NULL */
static inline TCase *
add_case (Suite * suite, const gchar * name, SFun setup, SFun teardown)
{
  TCase *tcase = tcase_create (name);

  suite_add_tcase (suite, tcase);
  tcase_add_checked_fixture (tcase, setup, teardown);
  return tcase;
}

/* The tests of a program, in one table of these:
 *
 * static const Test tests[] = {
 *   CASE ("a fixture", setup, teardown),
 *   ONCE (test_of_one_thing),
 *   ROWS (test_of_a_table, rows),
 * };
 *
 * CHECK_MAIN (name_of_the_suite, tests)
 */
typedef struct
{
  const gchar *name;
  void (*test) (gint i);        /* NULL: here begins a case */
  gint from, to;                /* @i is from the one up to the other */
  SFun setup, teardown;         /* around each test of the case */
  SFun prepare;                 /* once, before its first test */
} Test;

#define CASE(name, setup, teardown) \
  { name, NULL, 0, 0, setup, teardown, NULL }
#define RANGE(test, from, to)   { G_STRINGIFY (test), test, from, to }
#define TIMES(test, n)          RANGE (test, 0, n)
#define ROWS(test, rows)        TIMES (test, G_N_ELEMENTS (rows))
#define ONCE(test)              TIMES (test, 1)

/* A test is a function that fails or returns. Which row or case of its own it looks
 * at is __i__, as between GST_START_TEST and GST_END_TEST; like these, it says where
 * it began, for a crash. */
/* *INDENT-OFF* */
#define TEST(name) \
  static void name ## _body (gint __i__); \
  static void \
  name (gint i) \
  { \
    tcase_fn_start (#name, __FILE__, __LINE__); \
    name ## _body (i); \
  } \
  static void name ## _body (gint __i__ G_GNUC_UNUSED)
/* *INDENT-ON* */

static inline Suite *
make_suite (const gchar * name, const Test * tests, gsize n)
{
  Suite *suite = suite_create (name);
  TCase *tcase = NULL;

  for (gsize i = 0; i < n; i++) {
    const Test *test = &tests[i];

    if (test->test != NULL) {
      _tcase_add_test (tcase, test->test, test->name, 0, 0, test->from,
          test->to);
      continue;
    }
    tcase = add_case (suite, test->name, test->setup, test->teardown);
    tcase_add_unchecked_fixture (tcase, test->prepare, NULL);
  }
  return suite;
}

#define CHECK_MAIN(name, tests) \
  static Suite * \
  name ## _suite (void) \
  { \
    return make_suite (#name, tests, G_N_ELEMENTS (tests)); \
  } \
  GST_CHECK_MAIN (name)

G_END_DECLS
