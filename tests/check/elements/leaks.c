/* Nothing of an element outlives it: a client under GStreamer's leaks tracer,
 * which looks when everything has been taken down.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "foxapiharness.h"

#include <signal.h>
#include <string.h>

/* Runs a client with one more property. Where a route is held, it is
 * interrupted there. */
static gchar *
launch (const gchar * property, gint held_route)
{
  g_autoptr (GSubprocess) client = harness_spawn (property, TRUE);
  gchar *text = NULL;

  if (held_route >= 0) {
    fail_unless (foxapi_sim_wait_requests (sim, held_route, 1));
    g_subprocess_send_signal (client, SIGINT);
  }
  fail_unless (g_subprocess_communicate_utf8 (client, NULL, NULL, NULL, &text,
          NULL));
  return text;
}

static void
assert_no_leak (const gchar * text)
{
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  gboolean active = FALSE;

  for (guint i = 0; lines[i] != NULL; i++) {
    active |= strstr (lines[i], "object-alive.class") != NULL;
    fail_if (strstr (lines[i], "object-alive, ") != NULL
        && strstr (lines[i], "new format") == NULL, "Left: %s", lines[i]);
  }
  fail_unless (active, "The leaks tracer was not active");
}

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
  g_autofree gchar *text = NULL;

  if (route >= 0)
    foxapi_sim_script (sim, route, 0, &ways[__i__].fault);
  text = launch (ways[__i__].property, held ? route : -1);
  assert_no_leak (text);
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
