/* The result is delivered byte for byte, or it is an error; never a short EOS.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "foxapiharness.h"

#include <string.h>

#define SIZE (5 * 1024 * 1024 + 17)
#define PART 1000000

/* Options as every test here begins with: some MB */
static FoxapiSimOptions
large_options (void)
{
  payload = harness_make_payload (SIZE);
  return harness_options ();
}

static void
setup (void)
{
  FoxapiSimOptions options = large_options ();

  options.late_results_ms = 0;
  harness_setup_with (&options);
}

/* To EOS, every byte there, and paid once */
static void
deliver (Run * run)
{
  run_to_eos (run);
  run_stop (run);
  run_assert_data (run, payload);
  assert_requests (FOXAPI_SIM_SUBMIT, 1);
  assert_no_key_on_results ();
}

GST_START_TEST (test_whole)
{
  g_autoptr (Run) run = run_new (harness_source (NULL));

  deliver (run);
  assert_requests (FOXAPI_SIM_RESULT, 1);
}

GST_END_TEST;

/* What is no file cannot be synced. */
GST_START_TEST (test_device)
{
  GstElement *source = harness_source (NULL);
  g_autoptr (Run) run = run_new (source);
  GstElement *sink = gst_element_factory_make ("filesink", NULL);

  if (__i__ == 1)
    gst_util_set_object_arg (G_OBJECT (source), "output", "task");
  g_object_set (sink, "location", "/dev/null", NULL);
  gst_element_unlink (source, run->sink);
  gst_bin_remove (GST_BIN (run->pipeline), run->sink);
  run->sink = sink;
  gst_bin_add (GST_BIN (run->pipeline), sink);
  fail_unless (gst_element_link (source, sink));
  run_to_eos (run);
  run_stop (run);
}

GST_END_TEST;

/* Where the next buffer has to begin */
static GstPadProbeReturn
on_buffer (GstPad * pad, GstPadProbeInfo * info, gpointer data)
{
  GstBuffer *buffer = GST_PAD_PROBE_INFO_BUFFER (info);
  guint64 *end = data;

  fail_unless_equals_uint64 (GST_BUFFER_OFFSET (buffer), *end);
  *end = GST_BUFFER_OFFSET_END (buffer);
  return GST_PAD_PROBE_OK;
}

/* An application that looks at what leaves sees all of it, once. */
GST_START_TEST (test_probe)
{
  g_autoptr (Run) run = run_new (harness_source (NULL));
  g_autoptr (GstPad) pad = gst_element_get_static_pad (run->source, "src");
  guint64 end = 0;

  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, on_buffer, &end, NULL);
  deliver (run);
  fail_unless_equals_uint64 (end, SIZE);
}

GST_END_TEST;

/* On both sides of what one call reads for several, and at it */
static const guint blocksizes[] = { 1, 4096, 65535, 65536, 100001,
  3 * 1024 * 1024, G_MAXUINT
};

GST_START_TEST (test_blocksizes)
{
  FoxapiSimOptions options;
  g_autoptr (Run) run = NULL;

  payload = harness_make_payload (blocksizes[__i__] == 1 ? 2000 : SIZE);
  options = harness_options ();
  harness_setup_with (&options);
  run = run_new (harness_source ("blocksize", blocksizes[__i__], NULL));
  deliver (run);
}

GST_END_TEST;

static const FoxapiSimFault breaks[] = {
  {.cut_at = PART}, {.reset_at = PART}, {.cut_at = 1}, {.reset = TRUE},
  {.close = TRUE}, {.cut_at = SIZE - 1},
  {.status = 503,.headers = "Retry-After: 0"},
};

GST_START_TEST (test_resumed)
{
  guint n = __i__ % G_N_ELEMENTS (breaks);
  g_autoptr (Run) run = run_new (harness_source ("blocksize",
          (guint) __i__ == n ? 512 * 1024 : 4000, NULL));

  foxapi_sim_script (sim, FOXAPI_SIM_RESULT, 1, &breaks[n]);
  deliver (run);
  assert_requests (FOXAPI_SIM_RESULT, 2);
  if (breaks[n].cut_at != 0) {
    g_autofree gchar *range =
        harness_request_header (FOXAPI_SIM_RESULT, 2, "Range");

    fail_unless (range != NULL && g_str_has_prefix (range, "bytes="));
  }
}

GST_END_TEST;

/* Several breaks, each after some progress */
GST_START_TEST (test_resumed_often)
{
  g_autoptr (Run) run = run_new (harness_source (NULL));

  for (guint i = 0; i < 4; i++)
    foxapi_sim_script (sim, FOXAPI_SIM_RESULT, i + 1, &breaks[i % 2]);
  deliver (run);
  assert_requests (FOXAPI_SIM_RESULT, 5);
}

GST_END_TEST;

/* A chunked answer that was cut looks complete to libsoup */
GST_START_TEST (test_chunked)
{
  FoxapiSimOptions options = large_options ();
  FoxapiSimFault cut = {.cut_at = PART };
  g_autoptr (Run) run = NULL;

  options.no_length = TRUE;
  harness_setup_with (&options);
  run = run_new (harness_source (NULL));
  if (__i__ > 0)
    foxapi_sim_script (sim, FOXAPI_SIM_RESULT, 1, &cut);
  if (__i__ > 1)
    foxapi_sim_script (sim, FOXAPI_SIM_RESULT, 2, &cut);
  deliver (run);
}

GST_END_TEST;

GST_START_TEST (test_no_ranges)
{
  FoxapiSimOptions options = large_options ();
  g_autoptr (Run) run = NULL;

  options.no_ranges = TRUE;
  options.no_validators = __i__ == 1;
  harness_setup_with (&options);
  run = run_new (harness_source (NULL));
  deliver (run);
}

GST_END_TEST;

/* Where a broken download can't be resumed safely */
GST_START_TEST (test_not_resumable)
{
  FoxapiSimOptions options = large_options ();
  FoxapiSimFault cut = {.cut_at = PART };
  g_autoptr (Run) run = NULL;
  g_autofree gchar *id = NULL;
  const GstStructure *details;

  options.no_validators = __i__ == 0;
  options.no_ranges = __i__ == 1;
  harness_setup_with (&options);
  run = run_new (harness_source (NULL));
  foxapi_sim_script (sim, FOXAPI_SIM_RESULT, 0, &cut);
  details = run_to_error (run, GST_RESOURCE_ERROR_READ);
  id = harness_task_id (1);
  assert_string (details, "task-id", id);
  assert_requests (FOXAPI_SIM_SUBMIT, 1);
}

GST_END_TEST;

GST_START_TEST (test_changed_file)
{
  g_autoptr (GBytes) other = harness_make_payload (SIZE + (__i__ == 1));
  FoxapiSimFault cut = {.cut_at = PART };
  FoxapiSimFault hold = {.hold = TRUE };
  g_autoptr (Run) run = run_new (harness_source (NULL));

  foxapi_sim_script (sim, FOXAPI_SIM_RESULT, 1, &cut);
  foxapi_sim_script (sim, FOXAPI_SIM_RESULT, 2, &hold);
  run_set_state (run, GST_STATE_PLAYING);
  fail_unless (foxapi_sim_wait_requests (sim, FOXAPI_SIM_RESULT, 2));
  foxapi_sim_change_result (sim, other);
  foxapi_sim_release (sim);
  run_to_error (run, GST_RESOURCE_ERROR_READ);
  assert_requests (FOXAPI_SIM_SUBMIT, 1);
}

GST_END_TEST;

GST_START_TEST (test_empty)
{
  FoxapiSimOptions options;
  g_autoptr (Run) run = NULL;

  payload = g_bytes_new (NULL, 0);
  options = harness_options ();
  options.no_length = __i__ == 1;
  harness_setup_with (&options);
  run = run_new (harness_source ("retries", 1, NULL));
  run_to_error (run, GST_RESOURCE_ERROR_READ);
  fail_if (run_flow_has (run, 'b'));
}

GST_END_TEST;

static const guint expired[] = { 401, 403, 404, 410 };

GST_START_TEST (test_expired_link)
{
  FoxapiSimFault fault = {.status = expired[__i__] };
  g_autoptr (Run) run = run_new (harness_source (NULL));
  guint asks;

  foxapi_sim_script (sim, FOXAPI_SIM_RESULT, 1, &fault);
  run_set_state (run, GST_STATE_PAUSED);
  run_wait_task (run, "completed");
  asks = foxapi_sim_count_requests (sim, FOXAPI_SIM_ASK);
  deliver (run);
  assert_requests (FOXAPI_SIM_RESULT, 2);
  fail_unless (foxapi_sim_count_requests (sim, FOXAPI_SIM_ASK) <= asks + 1);
}

GST_END_TEST;

GST_START_TEST (test_expired_for_good)
{
  FoxapiSimFault fault = {.status = expired[__i__] };
  g_autoptr (Run) run = run_new (harness_source (NULL));
  g_autofree gchar *id = NULL;
  const GstStructure *details;

  foxapi_sim_script (sim, FOXAPI_SIM_RESULT, 0, &fault);
  details = run_to_error (run, GST_RESOURCE_ERROR_NOT_FOUND);
  id = harness_task_id (1);
  assert_uint (details, "http-status", expired[__i__]);
  assert_string (details, "task-id", id);
  if (expired[__i__] == 404)
    fail_unless (foxapi_sim_count_requests (sim, FOXAPI_SIM_RESULT) > 2);
  else
    assert_requests (FOXAPI_SIM_RESULT, 2);
  assert_requests (FOXAPI_SIM_SUBMIT, 1);
}

GST_END_TEST;

/* A link that really expires between the answer and the download, and once
 * more in the middle of it */
GST_START_TEST (test_expired_in_the_middle)
{
  FoxapiSimFault cut = {.cut_at = PART };
  FoxapiSimFault hold = {.hold = TRUE };
  g_autoptr (Run) run = run_new (harness_source (NULL));

  foxapi_sim_script (sim, FOXAPI_SIM_RESULT, 1, &cut);
  foxapi_sim_script (sim, FOXAPI_SIM_RESULT, 2, &hold);
  run_set_state (run, GST_STATE_PLAYING);
  fail_unless (foxapi_sim_wait_requests (sim, FOXAPI_SIM_RESULT, 2));
  foxapi_sim_expire_links (sim);
  foxapi_sim_release (sim);
  deliver (run);
}

GST_END_TEST;

static gchar *
result_path (void)
{
  g_autoptr (GPtrArray) tasks = foxapi_sim_get_tasks (sim);
  FoxapiSimTask *task = g_ptr_array_index (tasks, 0);

  return g_strdup (strstr (task->result_url, "/results/"));
}

/* "localhost" is another host than "127.0.0.1", and answers as well */
GST_START_TEST (test_redirect)
{
  FoxapiSimOptions options = large_options ();
  g_autofree gchar *path = NULL, *location = NULL;
  g_autoptr (Run) run = NULL;

  options.manual = TRUE;
  harness_setup_with (&options);
  run = run_new (harness_source (NULL));
  run_set_state (run, GST_STATE_PLAYING);
  run_wait_task (run, "pending");
  /* Held, so that the link is known before it is followed */
  foxapi_sim_script (sim, FOXAPI_SIM_RESULT, 1, &(FoxapiSimFault) {
      .hold = TRUE}
  );
  foxapi_sim_set_task (sim, NULL, "completed", 100);
  fail_unless (foxapi_sim_wait_requests (sim, FOXAPI_SIM_RESULT, 1));
  run_set_state (run, GST_STATE_READY);
  fail_unless (foxapi_sim_wait_idle (sim, FOXAPI_SIM_RESULT));

  path = result_path ();
  location = g_strdup_printf ("Location: http://localhost%s%s",
      strrchr (foxapi_sim_get_result_base_url (sim), ':'), path);
  foxapi_sim_script (sim, FOXAPI_SIM_RESULT, 2, &(FoxapiSimFault) {
      .status = 302,.headers = location}
  );
  deliver (run);
  assert_requests (FOXAPI_SIM_RESULT, 3);
}

GST_END_TEST;

static const gchar *const bad_redirects[] = {
  "Location: file:///etc/hostname",
  "Location: ftp://127.0.0.1/x",
  "Location: /results/again",
  "Location: data:text/plain,x",
  "X-No: location",
};

/* Not followed, or not for ever; in any case an error */
GST_START_TEST (test_bad_redirect)
{
  FoxapiSimFault fault = {.status = 302,.headers = bad_redirects[__i__] };
  g_autoptr (Run) run = run_new (harness_source ("retries", 1, NULL));

  foxapi_sim_script (sim, FOXAPI_SIM_RESULT, 0, &fault);
  run_set_state (run, GST_STATE_PLAYING);
  run_wait (run, GST_MESSAGE_ERROR);
  run_stop (run);
  fail_unless_equals_int (run_count (run, GST_MESSAGE_ERROR), 1);
  fail_unless_equals_int (run_count (run, GST_MESSAGE_EOS), 0);
  fail_if (run_flow_has (run, 'b'));
  fail_unless (foxapi_sim_count_requests (sim, FOXAPI_SIM_RESULT) < 50);
  assert_requests (FOXAPI_SIM_SUBMIT, 1);
}

GST_END_TEST;

static const gchar *const bad_links[] = {
  "file:///etc/hostname", "ftp://127.0.0.1/x", "/results/x", "x", "http://",
  "javascript:alert(1)", "http://127.0.0.1:1/\\r\\nX-Evil: 1",
};

GST_START_TEST (test_bad_link)
{
  g_autofree gchar *id = foxapi_sim_add_task (sim, "completed");
  g_autofree gchar *body = g_strdup_printf ("{\"id\":\"%s\",\"status\":"
      "\"completed\",\"progress\":100,\"results\":[{\"url\":\"%s\"}]}", id,
      bad_links[__i__]);
  FoxapiSimFault fault = {.status = 200,.body = body };
  g_autoptr (Run) run = run_new (harness_source ("task-id", id, "retries", 1,
          NULL));

  foxapi_sim_script (sim, FOXAPI_SIM_ASK, 0, &fault);
  run_set_state (run, GST_STATE_PLAYING);
  run_wait (run, GST_MESSAGE_ERROR);
  run_stop (run);
  fail_unless_equals_int (run_count (run, GST_MESSAGE_ERROR), 1);
  fail_unless_equals_int (run_count (run, GST_MESSAGE_EOS), 0);
  fail_if (run_flow_has (run, 'b'));
  assert_requests (FOXAPI_SIM_SUBMIT, 0);
}

GST_END_TEST;

static Suite *
delivery_suite (void)
{
  Suite *suite = suite_create ("delivery");
  TCase *tcase = tcase_create ("bytes");

  suite_add_tcase (suite, tcase);
  tcase_add_checked_fixture (tcase, setup, harness_teardown);
  tcase_add_test (tcase, test_whole);
  tcase_add_test (tcase, test_probe);
  tcase_add_loop_test (tcase, test_device, 0, 2);
  tcase_add_loop_test (tcase, test_resumed, 0, 2 * G_N_ELEMENTS (breaks));
  tcase_add_test (tcase, test_resumed_often);
  tcase_add_loop_test (tcase, test_changed_file, 0, 2);
  tcase_add_loop_test (tcase, test_expired_link, 0, G_N_ELEMENTS (expired));
  tcase_add_loop_test (tcase, test_expired_for_good, 0, G_N_ELEMENTS (expired));
  tcase_add_test (tcase, test_expired_in_the_middle);
  tcase_add_loop_test (tcase, test_bad_redirect, 0,
      G_N_ELEMENTS (bad_redirects));
  tcase_add_loop_test (tcase, test_bad_link, 0, G_N_ELEMENTS (bad_links));

  tcase = tcase_create ("servers");
  suite_add_tcase (suite, tcase);
  tcase_add_checked_fixture (tcase, NULL, harness_teardown);
  tcase_add_loop_test (tcase, test_blocksizes, 0, G_N_ELEMENTS (blocksizes));
  tcase_add_loop_test (tcase, test_chunked, 0, 3);
  tcase_add_loop_test (tcase, test_no_ranges, 0, 2);
  tcase_add_loop_test (tcase, test_not_resumable, 0, 2);
  tcase_add_loop_test (tcase, test_empty, 0, 2);
  tcase_add_test (tcase, test_redirect);
  return suite;
}

GST_CHECK_MAIN (delivery);
