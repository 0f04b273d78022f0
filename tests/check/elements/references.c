/* Local files among the references are uploaded first, and their URLs sent.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "foxapiharness.h"

#include <glib/gstdio.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define MIB (1024 * 1024)

static gchar *directory;

static void
setup (void)
{
  harness_setup ();
  directory = g_build_filename (store, "mine", NULL);
  fail_unless_equals_int (g_mkdir (directory, 0700), 0);
}

static void
teardown (void)
{
  harness_teardown ();
  g_clear_pointer (&directory, g_free);
}

/* (transfer full): the URI of a file with this content, or of that many holes */
static gchar *
make_file (const gchar * name, const gchar * content, goffset size)
{
  g_autofree gchar *path = g_build_filename (directory, name, NULL);
  gint fd = g_open (path, O_CREAT | O_WRONLY | O_TRUNC, 0600);

  fail_unless (fd >= 0);
  if (content != NULL)
    fail_unless (write (fd, content, strlen (content)) >= 0);
  else
    fail_unless_equals_int (ftruncate (fd, size), 0);
  close (fd);
  return g_filename_to_uri (path, NULL, NULL);
}

/* (transfer full): the one URL that the nth submission has in this member */
static gchar *
sent_url (guint nth, const gchar * member, guint index)
{
  g_autofree gchar *text = harness_request_body (FOXAPI_SIM_SUBMIT, nth);
  g_autoptr (JsonNode) root = json_from_string (text, NULL);
  JsonArray *array = json_object_get_array_member (json_node_get_object (root),
      member);

  fail_unless (array != NULL && json_array_get_length (array) > index);
  return g_strdup (json_array_get_string_element (array, index));
}

static void
assert_upload (const gchar * url, const gchar * content)
{
  g_autoptr (GBytes) upload = foxapi_sim_get_upload (sim, url);
  g_autoptr (GBytes) expected = g_bytes_new (content, strlen (content));

  fail_unless (upload != NULL, "%s is no upload", url);
  fail_unless (g_bytes_equal (upload, expected));
}

GST_START_TEST (test_upload)
{
  g_autofree gchar *image = make_file ("a b\xc3\xa9.png", "a picture", 0);
  g_autofree gchar *video = make_file ("v.mp4", "a video\r\n--x\r\n", 0);
  g_autofree gchar *image_url = NULL, *other_url = NULL, *video_url = NULL;
  g_autofree gchar *key = NULL, *type = NULL;
  GstElement *source = harness_source (NULL);
  g_autoptr (Run) run = NULL;

  harness_set_list (source, "reference-image-urls", "https://a.example/1",
      image, NULL);
  harness_set_list (source, "reference-video-urls", video, NULL);
  run = run_new (source);
  run_to_eos (run);
  assert_requests (FOXAPI_SIM_UPLOAD, 2);
  assert_requests (FOXAPI_SIM_SUBMIT, 1);
  other_url = sent_url (1, "reference_image_urls", 0);
  fail_unless_equals_string (other_url, "https://a.example/1");
  image_url = sent_url (1, "reference_image_urls", 1);
  assert_upload (image_url, "a picture");
  video_url = sent_url (1, "reference_video_urls", 0);
  assert_upload (video_url, "a video\r\n--x\r\n");
  key = harness_request_header (FOXAPI_SIM_UPLOAD, 1, "Authorization");
  fail_unless_equals_string (key, "Bearer test-key-0123456789");
  type = harness_request_header (FOXAPI_SIM_UPLOAD, 1, "Content-Type");
  fail_unless (g_str_has_prefix (type, "multipart/form-data"));
  assert_no_key_on_results ();
}

GST_END_TEST;

GST_START_TEST (test_missing)
{
  g_autofree gchar *uri =
      g_strdup_printf ("file://%s/nothing-there.png", directory);
  g_autofree gchar *good = make_file ("good.png", "x", 0);
  GstElement *source = harness_source (NULL);
  g_autoptr (Run) run = NULL;

  harness_set_list (source, __i__ ? "reference-video-urls"
      : "reference-image-urls", good, uri, NULL);
  run = run_new (source);
  run_to_error (run, GST_RESOURCE_ERROR_NOT_FOUND);
  assert_nothing_sent ();
}

GST_END_TEST;

static const struct
{
  const gchar *list;
  goffset limit;
} limits[] = {
  {"reference-image-urls", 20 * MIB},
  {"reference-video-urls", 100 * MIB},
};

GST_START_TEST (test_too_large)
{
  g_autofree gchar *uri = make_file ("large", NULL, limits[__i__].limit + 1);
  g_autofree gchar *good = make_file ("good.png", "x", 0);
  GstElement *source = harness_source (NULL);
  g_autoptr (Run) run = NULL;

  harness_set_list (source, limits[__i__].list, good, uri, NULL);
  run = run_new (source);
  run_to_error (run, GST_RESOURCE_ERROR_SETTINGS);
  assert_nothing_sent ();
}

GST_END_TEST;

/* Exactly the limit is allowed. (Of the images; a hundred MiB take long.) */
GST_START_TEST (test_largest)
{
  g_autofree gchar *uri = make_file ("large", NULL, limits[0].limit);
  GstElement *source = harness_source (NULL);
  g_autoptr (Run) run = NULL;

  harness_set_list (source, limits[0].list, uri, NULL);
  run = run_new (source);
  run_to_eos (run);
  assert_requests (FOXAPI_SIM_UPLOAD, 1);
  assert_requests (FOXAPI_SIM_SUBMIT, 1);
}

GST_END_TEST;

/* What is no file to read, and never sends anything */
GST_START_TEST (test_no_file)
{
  g_autofree gchar *folder = g_strdup_printf ("file://%s", directory);
  const gchar *uris[] = { folder, "file://elsewhere.example/a.png", "file://" };
  GstElement *source = harness_source (NULL);
  g_autoptr (Run) run = NULL;

  harness_set_list (source, "reference-image-urls", uris[__i__], NULL);
  run = run_new (source);
  gst_element_set_state (run->pipeline, GST_STATE_PLAYING);
  run_wait (run, GST_MESSAGE_ERROR);
  run_stop (run);
  fail_unless_equals_int (run_count (run, GST_MESSAGE_ERROR), 1);
  assert_nothing_sent ();
}

GST_END_TEST;

static const struct
{
  FoxapiSimFault fault;
  gint code;
} rows[] = {
  {{.status = 401}, GST_RESOURCE_ERROR_NOT_AUTHORIZED},
  {{.status = 403}, GST_RESOURCE_ERROR_NOT_AUTHORIZED},
  {{.status = 413}, GST_RESOURCE_ERROR_SETTINGS},
  {{.status = 429,.headers = "Retry-After: 0"}, GST_RESOURCE_ERROR_BUSY},
  {{.status = 503,.headers = "Retry-After: 0"}, GST_RESOURCE_ERROR_FAILED},
  {{.status = 200,.body = "nonsense"}, GST_RESOURCE_ERROR_FAILED},
  {{.status = 200,.body = "{\"url\":\"file:///etc/passwd\"}"},
      GST_RESOURCE_ERROR_FAILED},
};

/* An upload that fails costs nothing: no submission */
GST_START_TEST (test_refused)
{
  g_autofree gchar *uri = make_file ("a.png", "a picture", 0);
  GstElement *source = harness_source ("retries", 1, NULL);
  g_autoptr (Run) run = NULL;
  const GstStructure *details;

  foxapi_sim_script (sim, FOXAPI_SIM_UPLOAD, 0, &rows[__i__].fault);
  harness_set_list (source, "reference-image-urls", uri, NULL);
  run = run_new (source);
  details = run_to_error (run, rows[__i__].code);
  if (rows[__i__].fault.status != 200)
    assert_uint (details, "http-status", rows[__i__].fault.status);
  if (details != NULL && gst_structure_has_field (details, "maybe-charged"))
    assert_boolean (details, "maybe-charged", FALSE);
  assert_requests (FOXAPI_SIM_SUBMIT, 0);
}

GST_END_TEST;

static const FoxapiSimFault passing[] = {
  {.status = 503,.headers = "Retry-After: 0"}, {.reset = TRUE},
  {.status = 500},
};

GST_START_TEST (test_passing)
{
  g_autofree gchar *uri = make_file ("a.png", "a picture", 0);
  g_autofree gchar *url = NULL;
  GstElement *source = harness_source (NULL);
  g_autoptr (Run) run = NULL;

  foxapi_sim_script (sim, FOXAPI_SIM_UPLOAD, 1, &passing[__i__]);
  harness_set_list (source, "reference-image-urls", uri, NULL);
  run = run_new (source);
  run_to_eos (run);
  assert_requests (FOXAPI_SIM_UPLOAD, 2);
  assert_requests (FOXAPI_SIM_SUBMIT, 1);
  url = sent_url (1, "reference_image_urls", 0);
  assert_upload (url, "a picture");
}

GST_END_TEST;

static void
abandon (const gchar * uri)
{
  GstElement *source = harness_source (NULL);
  g_autoptr (Run) run = NULL;

  harness_set_list (source, "reference-image-urls", uri, NULL);
  run = run_new (source);
  run_set_state (run, GST_STATE_PAUSED);
  run_wait_task (run, NULL);
  run_stop (run);
}

/* In the store local files count by content, not by name or time */
GST_START_TEST (test_content_counts)
{
  FoxapiSimFault hold = {.hold = TRUE };
  g_autofree gchar *one = make_file ("one.png", "a picture", 0);
  g_autofree gchar *two = make_file ("two.png", "a picture", 0);
  g_autofree gchar *changed = NULL;

  foxapi_sim_script (sim, FOXAPI_SIM_RESULT, 0, &hold);
  abandon (one);
  assert_requests (FOXAPI_SIM_SUBMIT, 1);
  abandon (two);
  assert_requests (FOXAPI_SIM_SUBMIT, 1);
  changed = make_file ("one.png", "another picture", 0);
  abandon (changed);
  assert_requests (FOXAPI_SIM_SUBMIT, 2);
}

GST_END_TEST;

static Suite *
references_suite (void)
{
  Suite *suite = suite_create ("references");
  TCase *tcase = tcase_create ("local");

  suite_add_tcase (suite, tcase);
  tcase_add_checked_fixture (tcase, setup, teardown);
  tcase_add_test (tcase, test_upload);
  tcase_add_loop_test (tcase, test_missing, 0, 2);
  tcase_add_loop_test (tcase, test_too_large, 0, G_N_ELEMENTS (limits));
  tcase_add_test (tcase, test_largest);
  tcase_add_loop_test (tcase, test_no_file, 0, 3);
  tcase_add_loop_test (tcase, test_refused, 0, G_N_ELEMENTS (rows));
  tcase_add_loop_test (tcase, test_passing, 0, G_N_ELEMENTS (passing));
  tcase_add_test (tcase, test_content_counts);
  return suite;
}

GST_CHECK_MAIN (references);
