/* Nothing of an element outlives it: a client under GStreamer's leaks tracer,
 * which looks when everything has been taken down.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "foxapiharness.h"

static const LeakWay ways[] = {
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

TEST (test_leaks)
{
  harness_assert_no_leak (&ways[__i__], harness_spawn);
}

static const Test tests[] = {
  CASE ("objects", harness_setup, harness_teardown),
  ROWS (test_leaks, ways),
};

CHECK_MAIN (leaks, tests)
