/* Local references: bounded memory, once each, and never for nothing
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "foxapiharness.h"

#include <glib/gstdio.h>
#include <sys/resource.h>
#include <unistd.h>

#define MIB (1024 * 1024)

static gchar *
make_file (const gchar * name, const gchar * contents)
{
  gchar *path = g_build_filename (store, name, NULL);

  fail_unless (g_file_set_contents (path, contents, -1, NULL));
  return path;
}

static gchar *
to_uri (const gchar * path)
{
  return g_filename_to_uri (path, NULL, NULL);
}

/* The parts of the form are the file's bytes, its name and its type. */
GST_START_TEST (test_form)
{
  g_autofree gchar *path = make_file ("a b.png", "\x89PNG\r\n\x1a\n the rest");
  g_autofree gchar *uri = to_uri (path);
  GstElement *source = harness_source (NULL);
  g_autoptr (Run) run = NULL;
  g_autofree gchar *body = NULL, *type = NULL, *submitted = NULL;

  harness_set_list (source, "reference-image-urls", uri, NULL);
  run = run_new (source);
  run_to_eos (run);
  assert_requests (FOXAPI_SIM_UPLOAD, 1);
  type = harness_request_header (FOXAPI_SIM_UPLOAD, 1, "Content-Type");
  fail_unless (g_str_has_prefix (type, "multipart/form-data; boundary="));
  body = harness_request_body (FOXAPI_SIM_UPLOAD, 1);
  fail_unless (strstr (body, "name=\"file\"") != NULL, "%s", body);
  fail_unless (strstr (body, "image/png") != NULL, "%s", body);
  submitted = harness_request_body (FOXAPI_SIM_SUBMIT, 1);
  fail_unless (strstr (submitted, "file:") == NULL, "%s", submitted);
}

GST_END_TEST;

GST_START_TEST (test_named_twice_uploaded_once)
{
  g_autofree gchar *one_path = make_file ("one.png", "one");
  g_autofree gchar *other_path = make_file ("other.png", "other");
  g_autofree gchar *one = to_uri (one_path), *other = to_uri (other_path);
  GstElement *source = harness_source (NULL);
  g_autoptr (Run) run = NULL;

  harness_set_list (source, "reference-image-urls", one, other, one, NULL);
  harness_set_list (source, "reference-video-urls", one, NULL);
  run = run_new (source);
  run_to_eos (run);
  assert_requests (FOXAPI_SIM_UPLOAD, 2);
  assert_requests (FOXAPI_SIM_SUBMIT, 1);

  /* Neither a restart nor a replay uploads again. */
  run_stop (run);
  run_to_eos (run);
  assert_requests (FOXAPI_SIM_UPLOAD, 2);
  assert_requests (FOXAPI_SIM_SUBMIT, 1);
}

GST_END_TEST;

/* A task that another process paid for is found by what the files hold, under
 * whatever name. */
GST_START_TEST (test_taken_up_by_content)
{
  g_autofree gchar *one_path = make_file ("one.png", "the same");
  g_autofree gchar *other_path = make_file ("other.png", "the same");
  g_autofree gchar *one_uri = to_uri (one_path);
  g_autofree gchar *other_uri = to_uri (other_path);
  GstElement *one_source = harness_source (NULL);
  GstElement *other_source = harness_source (NULL);
  g_autoptr (Run) one = NULL, other = NULL;

  harness_set_list (one_source, "reference-image-urls", one_uri, NULL);
  harness_set_list (other_source, "reference-image-urls", other_uri, NULL);
  one = run_new (one_source);
  run_set_state (one, GST_STATE_PAUSED);
  run_wait_task (one, "completed");
  run_stop (one);
  other = run_new (other_source);
  run_to_eos (other);
  assert_requests (FOXAPI_SIM_UPLOAD, 1);
  assert_requests (FOXAPI_SIM_SUBMIT, 1);
}

GST_END_TEST;

GST_START_TEST (test_failed_upload_charges_nothing)
{
  const FoxapiSimFault fault = {.status = 403 };
  g_autofree gchar *path = make_file ("one.png", "one");
  g_autofree gchar *uri = to_uri (path);
  GstElement *source = harness_source ("retries", 1, NULL);
  g_autoptr (Run) run = NULL;

  foxapi_sim_script (sim, FOXAPI_SIM_UPLOAD, 0, &fault);
  harness_set_list (source, "reference-image-urls", uri, NULL);
  run = run_new (source);
  run_to_error (run, GST_RESOURCE_ERROR_NOT_AUTHORIZED);
  assert_requests (FOXAPI_SIM_SUBMIT, 0);

  /* What kept it from uploading is gone: it goes on, and submits. */
  foxapi_sim_script (sim, FOXAPI_SIM_UPLOAD, 0, NULL);
  run_to_eos (run);
  assert_requests (FOXAPI_SIM_SUBMIT, 1);
}

GST_END_TEST;

GST_START_TEST (test_upload_goes_on_through_faults)
{
  const FoxapiSimFault lost = {.reset = TRUE }, busy = {.status = 503 };
  g_autofree gchar *path = make_file ("one.png", "one");
  g_autofree gchar *uri = to_uri (path);
  GstElement *source = harness_source (NULL);
  g_autoptr (Run) run = NULL;

  foxapi_sim_script (sim, FOXAPI_SIM_UPLOAD, 1, &lost);
  foxapi_sim_script (sim, FOXAPI_SIM_UPLOAD, 2, &busy);
  harness_set_list (source, "reference-image-urls", uri, NULL);
  run = run_new (source);
  run_to_eos (run);
  assert_requests (FOXAPI_SIM_UPLOAD, 3);
  assert_requests (FOXAPI_SIM_SUBMIT, 1);
}

GST_END_TEST;

GST_START_TEST (test_cancelled_upload)
{
  const FoxapiSimFault held = {.hold = TRUE };
  g_autofree gchar *path = make_file ("one.png", "one");
  g_autofree gchar *uri = to_uri (path);
  GstElement *source = harness_source (NULL);
  g_autoptr (Run) run = NULL;

  foxapi_sim_script (sim, FOXAPI_SIM_UPLOAD, 1, &held);
  harness_set_list (source, "reference-image-urls", uri, NULL);
  run = run_new (source);
  run_set_state (run, GST_STATE_PLAYING);
  fail_unless (foxapi_sim_wait_requests (sim, FOXAPI_SIM_UPLOAD, 1));
  run_stop (run);
  fail_unless (foxapi_sim_wait_idle (sim, FOXAPI_SIM_UPLOAD));
  assert_requests (FOXAPI_SIM_SUBMIT, 0);
}

GST_END_TEST;

/* 100 MB of video do not become 100 MB of process. The process is one of its
 * own, as the simulator in this one keeps all that it is sent. */
GST_START_TEST (test_memory)
{
  g_autofree gchar *path = g_build_filename (store, "large.mp4", NULL);
  g_autofree gchar *uri = NULL, *references = NULL, *base_url = NULL;
  g_autofree gchar *key = NULL, *records = NULL;
  const gchar *argv[] = { "gst-launch-1.0", "foxapivideosrc", "prompt=large",
    NULL, NULL, NULL, NULL, "poll-interval=20", "!", "fakesink", NULL
  };
  g_autoptr (GError) error = NULL;
  struct rusage usage;
  gint status;

  fail_unless (g_file_set_contents (path, "", 0, NULL));
  fail_unless_equals_int (truncate (path, 100 * MIB), 0);
  uri = to_uri (path);
  references = g_strdup_printf ("reference-video-urls=<\"%s\">", uri);
  base_url = g_strdup_printf ("base-url=%s", foxapi_sim_get_base_url (sim));
  key = g_strdup_printf ("api-key=%s", foxapi_sim_get_api_key (sim));
  records = g_strdup_printf ("task-store=%s", store);
  argv[3] = references;
  argv[4] = base_url;
  argv[5] = key;
  argv[6] = records;
  fail_unless (g_spawn_sync (NULL, (gchar **) argv, NULL, G_SPAWN_SEARCH_PATH |
          G_SPAWN_STDOUT_TO_DEV_NULL, NULL, NULL, NULL, NULL, &status, &error));
  fail_unless (g_spawn_check_wait_status (status, &error), "%s",
      error ? error->message : "");
  assert_requests (FOXAPI_SIM_UPLOAD, 1);
  fail_unless_equals_int (getrusage (RUSAGE_CHILDREN, &usage), 0);
  fail_unless (usage.ru_maxrss < 80 * 1024, "%ld KiB", usage.ru_maxrss);
}

GST_END_TEST;

static Suite *
upload_suite (void)
{
  Suite *suite = suite_create ("upload");
  TCase *tcase = tcase_create ("upload");

  suite_add_tcase (suite, tcase);
  tcase_add_checked_fixture (tcase, harness_setup, harness_teardown);
  tcase_add_test (tcase, test_form);
  tcase_add_test (tcase, test_named_twice_uploaded_once);
  tcase_add_test (tcase, test_taken_up_by_content);
  tcase_add_test (tcase, test_failed_upload_charges_nothing);
  tcase_add_test (tcase, test_upload_goes_on_through_faults);
  tcase_add_test (tcase, test_cancelled_upload);
  tcase_add_test (tcase, test_memory);
  return suite;
}

GST_CHECK_MAIN (upload)
