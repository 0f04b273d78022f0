/* Nothing of an element outlives it: a client under GStreamer's leaks tracer,
 * which looks when everything has been taken down.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "foxapiharness.h"

static const struct
{
  gint route;                   /* -1: no fault */
  FoxapiSimFault fault;
  const gchar *property;
} ways[] = {
  {-1, {0}, "seed=1"},
  {-1, {0}, "output=task"},
  {-1, {0}, "reference-image-urls=<\"https://a.example/1\">"},
  {-1, {0}, "extra-parameters=x,negative_prompt=(string)rain"},
  {-1, {0}, "duration=77"},
  {FOXAPI_SIM_SUBMIT, {.status = 422}, "seed=1"},
  {FOXAPI_SIM_SUBMIT, {.reset = TRUE}, "seed=1"},
  {FOXAPI_SIM_ASK, {.status = 404}, "seed=1"},
  {FOXAPI_SIM_ASK, {.status = 200,.body = "[[["}, "seed=1"},
  {FOXAPI_SIM_RESULT, {.status = 404}, "seed=1"},
  {FOXAPI_SIM_RESULT, {.reset = TRUE}, "seed=1"},
  {FOXAPI_SIM_SUBMIT, {.hold = TRUE}, "seed=1"},
  {FOXAPI_SIM_ASK, {.hold = TRUE}, "seed=1"},
  {FOXAPI_SIM_RESULT, {.hold = TRUE}, "seed=1"},
  {FOXAPI_SIM_RESULT, {.hold_at = 1000}, "seed=1"},
};

GST_START_TEST (test_leaks)
{
  gint route = ways[__i__].route;
  gboolean held = ways[__i__].fault.hold || ways[__i__].fault.hold_at > 0;
  g_autoptr (GSubprocess) client = NULL;

  if (route >= 0)
    foxapi_sim_script (sim, route, 0, &ways[__i__].fault);
  client = harness_spawn (ways[__i__].property, TRUE);
  harness_assert_no_leak (client, held ? route : -1);
}

GST_END_TEST;

static Suite *
leaks_suite (void)
{
  Suite *suite = suite_create ("leaks");
  TCase *tcase = tcase_create ("objects");

  suite_add_tcase (suite, tcase);
  tcase_add_checked_fixture (tcase, harness_setup, harness_teardown);
  tcase_add_loop_test (tcase, test_leaks, 0, G_N_ELEMENTS (ways));
  return suite;
}

GST_CHECK_MAIN (leaks);
