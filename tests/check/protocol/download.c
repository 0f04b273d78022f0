/* The result's bytes, from a server that does as it should
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <string.h>

#include "foxapidownload.h"
#include "protocoltest.h"

#define SIZE 300000

static FoxapiSim *sim;
static GBytes *payload;
static FoxapiDownload *download;

/* Nothing here expires. */
static gchar *
renew (gpointer user_data, GCancellable * cancellable, GError ** error)
{
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_FAILED, "renewed");
  return NULL;
}

static void
setup_with (FoxapiSimOptions options, gsize size)
{
  g_autoptr (FoxapiSession) session = make_session ();
  g_autofree gchar *link = NULL;

  payload = make_payload (size, 1);
  options.manual = TRUE;
  options.payload = payload;
  sim = make_sim (&options);
  link = make_link (sim);
  download = foxapi_download_new (session, link, NULL, 5, renew, NULL);
}

static void
teardown (void)
{
  g_clear_pointer (&download, foxapi_download_free);
  g_clear_pointer (&sim, foxapi_sim_free);
  g_clear_pointer (&payload, g_bytes_unref);
}

static void
open_at (guint64 position)
{
  g_autoptr (GError) error = NULL;

  fail_unless (foxapi_download_open (download, position, NULL, &error), "%s",
      error ? error->message : "");
}

/* All that is left, in pieces of up to @piece bytes */
static GBytes *
read_rest (gsize piece)
{
  GByteArray *bytes = g_byte_array_new ();
  g_autofree guint8 *buffer = g_malloc (piece);
  g_autoptr (GError) error = NULL;
  gssize n;

  while ((n = foxapi_download_read (download, buffer, piece, NULL, &error))
      > 0) {
    fail_unless ((gsize) n <= piece);
    g_byte_array_append (bytes, buffer, n);
  }
  fail_unless (n == 0, "%s", error ? error->message : "");
  return g_byte_array_free_to_bytes (bytes);
}

static void
check_rest (guint64 position, gsize piece)
{
  gsize size = g_bytes_get_size (payload);
  g_autoptr (GBytes) expected =
      g_bytes_new_from_bytes (payload, position, size - position);
  g_autoptr (GBytes) rest = NULL;
  guint8 byte;

  open_at (position);
  rest = read_rest (piece);
  fail_unless (g_bytes_equal (rest, expected), "%" G_GSIZE_FORMAT " bytes",
      g_bytes_get_size (rest));
  fail_unless_equals_int (foxapi_download_read (download, &byte, 1, NULL,
          NULL), 0);
}

static void
check_size_known (gboolean known)
{
  guint64 size = 0;

  fail_unless ((foxapi_download_get_size (download, &size) != FALSE) == known);
  if (known)
    fail_unless_equals_uint64 (size, g_bytes_get_size (payload));
}

GST_START_TEST (test_nothing_known)
{
  setup_with ((FoxapiSimOptions) {
      0}
      , SIZE);
  check_size_known (FALSE);
  fail_if (foxapi_download_is_seekable (download));
  fail_unless_equals_int (foxapi_sim_count_requests (sim, FOXAPI_SIM_RESULT),
      0);
}

GST_END_TEST;

GST_START_TEST (test_whole)
{
  g_autofree gchar *authorization = NULL;

  setup_with ((FoxapiSimOptions) {
      0}
      , SIZE);
  open_at (0);
  check_size_known (TRUE);
  fail_unless (foxapi_download_is_seekable (download));
  check_rest (0, 65536);
  check_size_known (TRUE);
  authorization = dup_header (sim, FOXAPI_SIM_RESULT, 1, "Authorization");
  fail_unless (authorization == NULL);
}

GST_END_TEST;

/* One request is enough for a whole result. */
GST_START_TEST (test_one_request)
{
  setup_with ((FoxapiSimOptions) {
      0}
      , SIZE);
  check_rest (0, 65536);
  fail_unless_equals_int (foxapi_sim_count_requests (sim, FOXAPI_SIM_RESULT),
      1);
}

GST_END_TEST;

GST_START_TEST (test_pieces)
{
  static const gsize pieces[] = { 1, 7, 4096, 1000000 };

  setup_with ((FoxapiSimOptions) {
      0}, 20000);
  for (guint i = 0; i < G_N_ELEMENTS (pieces); i++)
    check_rest (0, pieces[i]);
}

GST_END_TEST;

GST_START_TEST (test_small)
{
  setup_with ((FoxapiSimOptions) {
      0}
      , 1);
  check_rest (0, 4096);
}

GST_END_TEST;

GST_START_TEST (test_positions)
{
  static const guint64 positions[] = { 100, 1, SIZE - 1, SIZE / 2, 0 };

  setup_with ((FoxapiSimOptions) {
      0}, SIZE);
  for (guint i = 0; i < G_N_ELEMENTS (positions); i++) {
    check_rest (positions[i], 65536);
    check_size_known (TRUE);
  }
}

GST_END_TEST;

/* In the middle of reading, to and fro */
GST_START_TEST (test_jumps)
{
  const guint8 *expected;
  guint64 positions[] = { 0, 200000, 5, 299990, 0 };

  setup_with ((FoxapiSimOptions) {
      0}, SIZE);
  expected = g_bytes_get_data (payload, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (positions); i++) {
    guint8 buffer[1000];
    gssize n;

    open_at (positions[i]);
    n = foxapi_download_read (download, buffer, sizeof buffer, NULL, NULL);
    fail_unless (n > 0);
    fail_unless (memcmp (buffer, expected + positions[i], n) == 0);
  }
}

GST_END_TEST;

GST_START_TEST (test_at_the_end)
{
  guint8 byte;

  setup_with ((FoxapiSimOptions) {
      0}
      , SIZE);
  open_at (SIZE);
  fail_unless_equals_int (foxapi_download_read (download, &byte, 1, NULL,
          NULL), 0);
  check_rest (0, 65536);
}

GST_END_TEST;

GST_START_TEST (test_behind_the_end)
{
  g_autoptr (GError) error = NULL;
  guint8 byte;

  setup_with ((FoxapiSimOptions) {
      0}
      , SIZE);
  if (foxapi_download_open (download, SIZE + 1000, NULL, &error))
    fail_unless (foxapi_download_read (download, &byte, 1, NULL, &error) <= 0);
  if (error != NULL)
    fail_unless_equals_int (error->code, FOXAPI_ERROR_READ);
}

GST_END_TEST;

/* Without ranges a later position is reached by reading up to it. */
GST_START_TEST (test_no_ranges)
{
  setup_with ((FoxapiSimOptions) {
      .no_ranges = TRUE}
      , SIZE);
  check_rest (0, 65536);
  fail_if (foxapi_download_is_seekable (download));
  check_size_known (TRUE);
  check_rest (12345, 65536);
  check_rest (SIZE - 1, 10);
  fail_if (foxapi_download_is_seekable (download));
}

GST_END_TEST;

/* Where no length is named, the end is believed only when it is confirmed. */
GST_START_TEST (test_no_length)
{
  setup_with ((FoxapiSimOptions) {
      .no_length = TRUE}
      , SIZE);
  check_rest (0, 65536);
  check_rest (100000, 65536);
}

GST_END_TEST;

GST_START_TEST (test_no_length_no_ranges)
{
  setup_with ((FoxapiSimOptions) {
      .no_length = TRUE,.no_ranges = TRUE}
      , SIZE);
  check_rest (0, 65536);
  fail_unless (foxapi_sim_count_requests (sim, FOXAPI_SIM_RESULT) > 1);
  check_rest (100000, 65536);
}

GST_END_TEST;

GST_START_TEST (test_no_validators)
{
  setup_with ((FoxapiSimOptions) {
      .no_validators = TRUE}
      , SIZE);
  check_rest (0, 65536);
  check_size_known (TRUE);
}

GST_END_TEST;

GST_START_TEST (test_nothing_at_all)
{
  setup_with ((FoxapiSimOptions) {
      .no_length = TRUE,.no_ranges = TRUE,.no_validators = TRUE}
      , SIZE);
  check_rest (0, 65536);
}

GST_END_TEST;

/* One byte is little room for libsoup to find the end of a chunked body in. */
GST_START_TEST (test_single_bytes_no_length)
{
  setup_with ((FoxapiSimOptions) {
      .no_length = TRUE}
      , 100);
  check_rest (0, 1);
}

GST_END_TEST;

static void
check_empty (FoxapiSimOptions options)
{
  g_autoptr (GError) error = NULL;
  guint8 buffer[16];

  setup_with (options, 0);
  if (foxapi_download_open (download, 0, NULL, &error))
    fail_unless_equals_int (foxapi_download_read (download, buffer,
            sizeof buffer, NULL, &error), -1);
  fail_unless (error != NULL && error->domain == FOXAPI_ERROR);
  fail_unless_equals_int (error->code, FOXAPI_ERROR_READ);
}

GST_START_TEST (test_empty)
{
  check_empty ((FoxapiSimOptions) {
      0}
  );
}

GST_END_TEST;

GST_START_TEST (test_empty_no_ranges)
{
  check_empty ((FoxapiSimOptions) {
      .no_ranges = TRUE}
  );
}

GST_END_TEST;

GST_START_TEST (test_empty_no_length)
{
  check_empty ((FoxapiSimOptions) {
      .no_length = TRUE,.no_ranges = TRUE,.no_validators = TRUE}
  );
}

GST_END_TEST;

static Suite *
download_suite (void)
{
  Suite *suite = suite_create ("download");
  TCase *good = tcase_create ("good");
  TCase *poor = tcase_create ("poor");

  suite_add_tcase (suite, good);
  tcase_add_checked_fixture (good, NULL, teardown);
  tcase_add_test (good, test_nothing_known);
  tcase_add_test (good, test_whole);
  tcase_add_test (good, test_one_request);
  tcase_add_test (good, test_pieces);
  tcase_add_test (good, test_small);
  tcase_add_test (good, test_positions);
  tcase_add_test (good, test_jumps);
  tcase_add_test (good, test_at_the_end);
  tcase_add_test (good, test_behind_the_end);
  suite_add_tcase (suite, poor);
  tcase_add_checked_fixture (poor, NULL, teardown);
  tcase_add_test (poor, test_no_ranges);
  tcase_add_test (poor, test_no_length);
  tcase_add_test (poor, test_no_length_no_ranges);
  tcase_add_test (poor, test_single_bytes_no_length);
  tcase_add_test (poor, test_no_validators);
  tcase_add_test (poor, test_nothing_at_all);
  tcase_add_test (poor, test_empty);
  tcase_add_test (poor, test_empty_no_ranges);
  tcase_add_test (poor, test_empty_no_length);
  return suite;
}

GST_CHECK_MAIN (download);
