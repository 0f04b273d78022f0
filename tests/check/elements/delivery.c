/* The result is delivered byte for byte, or it is an error; never a short EOS.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "foxapiharness.h"

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
  run_to_result (run);
  assert_requests (FOXAPI_SIM_SUBMIT, 1);
}

/* What is no file cannot be synced. */
TEST (test_device)
{
  GstElement *source = harness_source (NULL);
  GstElement *sink = gst_element_factory_make ("filesink", NULL);
  g_autoptr (Run) run = run_new_to (source, sink);

  if (__i__ == 1)
    harness_set (source, "output", "task");
  g_object_set (sink, "location", "/dev/null", NULL);
  run_play (run);
}

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
TEST (test_probe)
{
  g_autoptr (Run) run = run_new (harness_source (NULL));
  g_autoptr (GstPad) pad = gst_element_get_static_pad (run->source, "src");
  guint64 end = 0;

  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, on_buffer, &end, NULL);
  deliver (run);
  fail_unless_equals_uint64 (end, SIZE);
  assert_requests (FOXAPI_SIM_RESULT, 1);
}

/* On both sides of what one call reads for several, and at it */
static const guint blocksizes[] = { 1, 65535, 65536, 100001, G_MAXUINT, 0 };

TEST (test_blocksizes)
{
  g_autoptr (Run) run = NULL;

  harness_setup_sized (blocksizes[__i__] == 1 ? 2000 : SIZE);
  run = run_new (harness_source ("blocksize", blocksizes[__i__], NULL));
  deliver (run);
}

/* For which the base class counts time, and does not say where to read */
TEST (test_timestamps)
{
  g_autoptr (Run) run = NULL;

  harness_setup_sized (SIZE);
  run = run_new (harness_source ("do-timestamp", TRUE, NULL));
  deliver (run);
}

/* To an ERROR of this code that names the task, which was paid for once */
static const GstStructure *
fail_delivery (Run * run, gint code)
{
  const GstStructure *details = run_to_error (run, code);

  assert_task (details, 1);
  assert_requests (FOXAPI_SIM_SUBMIT, 1);
  return details;
}

/* A broken download that can't be resumed safely, and an empty one */
TEST (test_no_delivery)
{
  FoxapiSimOptions options;
  FoxapiSimFault cut = {.cut_at = PART };
  g_autoptr (Run) run = NULL;

  if (__i__ == 0)
    payload = g_bytes_new (NULL, 0);
  options = __i__ == 0 ? harness_options () : large_options ();
  options.no_validators = TRUE;
  harness_setup_with (&options);
  run = run_new (harness_source ("retries", 1, NULL));
  foxapi_sim_script (sim, FOXAPI_SIM_RESULT, 0, &cut);
  fail_delivery (run, GST_RESOURCE_ERROR_READ);
  fail_unless_equals_int (run_flow_has (run, 'b'), __i__);
}

/* The link expires, or the file changes, in the middle (what else breaks:
 * protocol/downloadfaults.c) */
TEST (test_in_the_middle)
{
  g_autoptr (GBytes) other = harness_make_payload (SIZE);
  FoxapiSimFault cut = {.cut_at = PART };
  g_autoptr (Run) run = run_new (harness_source (NULL));

  foxapi_sim_script (sim, FOXAPI_SIM_RESULT, 1, &cut);
  harness_hold (FOXAPI_SIM_RESULT, 2);
  run_to_request (run, GST_STATE_PLAYING, FOXAPI_SIM_RESULT, 2);
  if (__i__ == 0)
    foxapi_sim_expire_links (sim);
  else
    foxapi_sim_change_result (sim, other);
  foxapi_sim_release (sim);
  if (__i__ == 0)
    deliver (run);
  else
    fail_delivery (run, GST_RESOURCE_ERROR_READ);
}

/* A link is asked for once more, through the task. */
TEST (test_expired_link)
{
  g_autoptr (Run) run = run_new (harness_source (NULL));
  guint asks;

  harness_refuse (FOXAPI_SIM_RESULT, __i__, 410);
  run_to_task (run, GST_STATE_PAUSED, "completed");
  asks = foxapi_sim_count_requests (sim, FOXAPI_SIM_ASK);
  if (__i__ == 1)
    deliver (run);
  else
    assert_uint (fail_delivery (run, GST_RESOURCE_ERROR_NOT_FOUND),
        "http-status", 410);
  assert_requests (FOXAPI_SIM_RESULT, 2);
  fail_unless (foxapi_sim_count_requests (sim, FOXAPI_SIM_ASK) <= asks + 1);
}

TEST (test_bad_link)
{
  g_autofree gchar *id = foxapi_sim_add_task (sim, "completed");
  g_autofree gchar *body = g_strdup_printf ("{\"id\":\"%s\",\"status\":"
      "\"completed\",\"results\":[{\"url\":\"file:///etc/hostname\"}]}", id);
  FoxapiSimFault fault = {.status = 200,.body = body };
  g_autoptr (Run) run = run_new (harness_source ("task-id", id, NULL));

  foxapi_sim_script (sim, FOXAPI_SIM_ASK, 0, &fault);
  run_to_error (run, GST_RESOURCE_ERROR_FAILED);
  fail_if (run_flow_has (run, 'b'));
}

/* A question about memory would wait behind what a branch that prerolls holds. */
TEST (test_forked)
{
  g_autoptr (Run) run = run_new_to (harness_source (NULL),
      harness_forked_sink ());

  run_set_state (run, GST_STATE_PAUSED);
  run_wait (run, GST_MESSAGE_APPLICATION);
  run_stop (run);
}

static const Test tests[] = {
  CASE ("bytes", setup, harness_teardown),
  ONCE (test_probe),
  TIMES (test_device, 2),
  TIMES (test_in_the_middle, 2),
  TIMES (test_expired_link, 2),
  ONCE (test_bad_link),
  ONCE (test_forked),
  CASE ("servers", NULL, harness_teardown),
  ROWS (test_blocksizes, blocksizes),
  ONCE (test_timestamps),
  TIMES (test_no_delivery, 2),
};

CHECK_MAIN (delivery, tests)
