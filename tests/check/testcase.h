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

/* A test for each element of an array, whose index is __i__ */
#define tcase_add_rows(tcase, test, rows) \
  tcase_add_loop_test (tcase, test, 0, G_N_ELEMENTS (rows))

G_END_DECLS
