/* The result's bytes through faults: whole and the right ones, or an error
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "downloadtest.h"

#include <string.h>

GST_START_TEST (test_cut)
{
  start (5);
  script (1, (FoxapiSimFault) {
      .cut_at = 100000}
  );
  script (2, (FoxapiSimFault) {
      .cut_at = 1}
  );
  check_whole ();
  fail_unless_equals_int (count_requests (), 3);
  check_range (2, "bytes=100000-");
  check_range (3, "bytes=100001-");
  fail_unless_equals_int (n_renewals, 0);
}

GST_END_TEST;

GST_START_TEST (test_reset)
{
  start (5);
  script (1, (FoxapiSimFault) {
      .reset_at = 100000}
  );
  script (2, (FoxapiSimFault) {
      .reset = TRUE}
  );
  script (3, (FoxapiSimFault) {
      .close = TRUE}
  );
  check_whole ();
  fail_unless_equals_int (count_requests (), 4);
}

GST_END_TEST;

/* libsoup takes a chunked body that was cut between chunks for a whole one. */
GST_START_TEST (test_chunked_cut)
{
  start_with ((FoxapiSimOptions) {
      .no_length = TRUE}
      , 5);
  script (1, (FoxapiSimFault) {
      .cut_at = 131072}
  );
  script (2, (FoxapiSimFault) {
      .cut_at = 65536}
  );
  check_whole ();
}

GST_END_TEST;

GST_START_TEST (test_chunked_cut_no_ranges)
{
  start_with ((FoxapiSimOptions) {
      .no_length = TRUE,.no_ranges = TRUE}
      , 5);
  script (1, (FoxapiSimFault) {
      .cut_at = 131072}
  );
  check_whole ();
}

GST_END_TEST;

GST_START_TEST (test_cut_no_ranges)
{
  start_with ((FoxapiSimOptions) {
      .no_ranges = TRUE}
      , 5);
  script (1, (FoxapiSimFault) {
      .cut_at = 100000}
  );
  script (2, (FoxapiSimFault) {
      .cut_at = 50000}
  );
  check_whole ();
}

GST_END_TEST;

/* Without a proof that it is the same file, the rest of it is not joined on. */
GST_START_TEST (test_cut_no_validators)
{
  start_with ((FoxapiSimOptions) {
      .no_validators = TRUE}
      , 5);
  script (1, (FoxapiSimFault) {
      .cut_at = 100000}
  );
  check_fails (FOXAPI_ERROR_READ, 0);
}

GST_END_TEST;

GST_START_TEST (test_chunked_cut_no_validators)
{
  start_with ((FoxapiSimOptions) {
      .no_validators = TRUE,.no_length = TRUE}
      , 5);
  script (1, (FoxapiSimFault) {
      .cut_at = 131072}
  );
  check_fails (FOXAPI_ERROR_READ, 0);
}

GST_END_TEST;

GST_START_TEST (test_retries)
{
  start (0);
  script (0, (FoxapiSimFault) {
      .close = TRUE}
  );
  script (1, (FoxapiSimFault) {
      .cut_at = 1000}
  );
  check_fails (FOXAPI_ERROR_READ, 0);
  fail_unless_equals_int (count_requests (), 1);
  start_at (first_link, 2);
  check_fails (FOXAPI_ERROR_CONNECT, 0);
  fail_unless_equals_int (count_requests (), 4);
}

GST_END_TEST;

/* @file is another one, from behind the first bytes on. */
static void
check_changed (GBytes * file)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  g_autoptr (GError) error = NULL;

  script (1, (FoxapiSimFault) {
      .cut_at = 100000});
  read_start (bytes, 100000);
  foxapi_sim_change_result (sim, file);
  fail_if (read_on (bytes, FALSE, &error));
  fail_unless_equals_int (bytes->len, 100000);
  fail_unless (error->domain == FOXAPI_ERROR);
  fail_unless_equals_int (error->code, FOXAPI_ERROR_READ);
}

/* Faults that were overcome do not add up. */
GST_START_TEST (test_many_faults)
{
  start (1);
  for (guint i = 1; i <= 10; i++)
    script (i, (FoxapiSimFault) {
        .cut_at = 1000}
  );
  check_whole ();
  fail_unless_equals_int (count_requests (), 11);
}

GST_END_TEST;

GST_START_TEST (test_changed)
{
  g_autoptr (GBytes) other = make_payload (SIZE, 2);

  start (5);
  check_changed (other);
}

GST_END_TEST;

GST_START_TEST (test_changed_shorter)
{
  g_autoptr (GBytes) other = make_payload (1000, 2);

  start (5);
  check_changed (other);
}

GST_END_TEST;

GST_START_TEST (test_changed_no_ranges)
{
  g_autoptr (GBytes) other = make_payload (SIZE, 2);

  start_with ((FoxapiSimOptions) {
      .no_ranges = TRUE}
      , 5);
  check_changed (other);
}

GST_END_TEST;

/* The end of a chunked body comes where one byte was still to be skipped. */
GST_START_TEST (test_changed_shorter_by_one)
{
  g_autoptr (GBytes) other = make_payload (65535, 2);
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  g_autoptr (GError) error = NULL;

  start_with ((FoxapiSimOptions) {
      .no_length = TRUE,.no_ranges = TRUE,.no_validators = TRUE}
      , 0);
  script (1, (FoxapiSimFault) {
      .cut_at = 65536}
  );
  read_start (bytes, 65536);
  foxapi_sim_change_result (sim, other);
  fail_if (read_on (bytes, FALSE, &error));
  fail_unless (error->domain == FOXAPI_ERROR);
  fail_unless_equals_int (error->code, FOXAPI_ERROR_READ);
}

GST_END_TEST;

GST_START_TEST (test_changed_no_length)
{
  g_autoptr (GBytes) other = make_payload (SIZE, 2);
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  g_autoptr (GError) error = NULL;

  start_with ((FoxapiSimOptions) {
      .no_length = TRUE}
      , 5);
  script (1, (FoxapiSimFault) {
      .cut_at = 65536}
  );
  read_start (bytes, 65536);
  foxapi_sim_change_result (sim, other);
  fail_if (read_on (bytes, FALSE, &error));
  fail_unless_equals_int (error->code, FOXAPI_ERROR_READ);
}

GST_END_TEST;

GST_START_TEST (test_cancelled)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  g_autoptr (GError) error = NULL;
  guint8 byte;

  start (0);
  read_start (bytes, 100000);
  g_cancellable_cancel (cancellable);
  fail_unless_equals_int (foxapi_download_read (download, &byte, 1,
          cancellable, &error), -1);
  fail_unless (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED));
  fail_unless (read_on (bytes, FALSE, NULL));
  fail_unless_equals_int (bytes->len, SIZE);
}

GST_END_TEST;

/* A read that waits is woken. */
static gpointer
cancel_when_asked (gpointer user_data)
{
  foxapi_sim_wait_requests (sim, FOXAPI_SIM_RESULT, 1);
  g_cancellable_cancel (user_data);
  return NULL;
}

GST_START_TEST (test_cancelled_while_waiting)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GError) error = NULL;
  GThread *thread;

  start (5);
  script (1, (FoxapiSimFault) {
      .hold = TRUE}
  );
  thread = g_thread_new ("cancel", cancel_when_asked, cancellable);
  fail_if (foxapi_download_open (download, 0, cancellable, &error));
  g_thread_join (thread);
  fail_unless (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED));
  check_whole ();
}

GST_END_TEST;

/* Going on after a cancellation needs the same proof as after a fault. */
GST_START_TEST (test_cancelled_and_changed)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  g_autoptr (GBytes) other = make_payload (SIZE, 2);
  g_autoptr (GError) error = NULL;
  guint8 byte;

  start_with ((FoxapiSimOptions) {
      .no_validators = TRUE}
      , 5);
  read_start (bytes, 1000);
  foxapi_sim_change_result (sim, other);
  g_cancellable_cancel (cancellable);
  fail_unless_equals_int (foxapi_download_read (download, &byte, 1,
          cancellable, NULL), -1);
  fail_if (read_on (bytes, FALSE, &error));
  fail_unless_equals_int (error->code, FOXAPI_ERROR_READ);
}

GST_END_TEST;

GST_START_TEST (test_statuses)
{
  static const guint lasting[] = { 204, 304, 400, 402, 451 };

  start (5);
  for (guint i = 0; i < G_N_ELEMENTS (lasting); i++) {
    guint before = count_requests ();
    g_autoptr (GError) error = NULL;

    script (0, (FoxapiSimFault) {
        .status = lasting[i],.body = ""}
    );
    start_at (first_link, 5);
    fail_if (foxapi_download_open (download, 0, NULL, &error), "%u",
        lasting[i]);
    fail_unless (error->domain == FOXAPI_ERROR);
    fail_unless_equals_int (count_requests (), before + 1);
  }
}

GST_END_TEST;

GST_START_TEST (test_passing_statuses)
{
  static const guint passing[] = { 429, 500, 502, 503, 504 };

  start (-1);
  for (guint i = 0; i < G_N_ELEMENTS (passing); i++)
    script (i + 1, (FoxapiSimFault) {
        .status = passing[i]}
  );
  start_at (first_link, 5);
  check_whole ();
  fail_unless_equals_int (count_requests (), 1 + G_N_ELEMENTS (passing));
}

GST_END_TEST;

/* What the service of results answers instead of one */
static void
check_not_a_result (const gchar * headers, const gchar * body,
    const gchar * words)
{
  g_autoptr (GError) error = NULL;

  script (0, (FoxapiSimFault) {
      .status = 200,.headers = headers,.body = body}
  );
  start_at (first_link, 5);
  fail_if (foxapi_download_open (download, 0, NULL, &error), "%s", headers);
  fail_unless (g_error_matches (error, FOXAPI_ERROR, FOXAPI_ERROR_READ),
      "%s", error->message);
  fail_unless (strstr (error->message, words) != NULL, "%s", error->message);
}

GST_START_TEST (test_pages)
{
  const gchar *html = "<!DOCTYPE html><html><title>Please log in</title>";

  start (0);
  check_not_a_result ("Content-Type: text/html; charset=utf-8", html,
      "Please log in");
  check_not_a_result ("Content-Type: video/mp4", html, "Please log in");
  check_not_a_result ("Content-Type: application/octet-stream", "Expired",
      "Expired");
  check_not_a_result ("Content-Type: text/plain", "error code: 1010", "1010");
  check_not_a_result ("Content-Type: application/json",
      "{\"code\":\"AccessDenied\"}", "AccessDenied");
  check_not_a_result ("Content-Type: application/xml",
      "<Error><Code>AccessDenied</Code></Error>", "AccessDenied");
}

GST_END_TEST;

GST_START_TEST (test_encoded)
{
  start (0);
  check_not_a_result ("Content-Type: video/mp4\nContent-Encoding: gzip",
      "\x1f\x8b\x08", "gzip");
  check_not_a_result ("Content-Type: video/mp4\nContent-Encoding: br", "x",
      "br");
}

GST_END_TEST;

/* Whoever does not want ranges is asked without. */
GST_START_TEST (test_ranges_refused)
{
  static const guint refusals[] = { 406, 416, 501 };

  start (0);
  for (guint i = 0; i < G_N_ELEMENTS (refusals); i++) {
    guint before = count_requests ();

    script (before + 1, (FoxapiSimFault) {
        .status = refusals[i],.body = ""}
    );
    start_at (first_link, 0);
    check_whole ();
    fail_unless_equals_int (count_requests (), before + 2);
    check_range (before + 1, "bytes=0-");
    check_range (before + 2, NULL);
  }
}

GST_END_TEST;

/* The end of a chunked body is confirmed by the request that was liked before. */
GST_START_TEST (test_range_at_the_end_refused)
{
  static const guint refusals[] = { 400, 403, 416, 501 };

  start_with ((FoxapiSimOptions) {
      .no_length = TRUE,.no_ranges = TRUE}
      , 0);
  for (guint i = 0; i < G_N_ELEMENTS (refusals); i++) {
    guint before = count_requests ();

    script (before + 2, (FoxapiSimFault) {
        .status = refusals[i],.body = ""}
    );
    start_at (first_link, 0);
    check_whole ();
    fail_unless_equals_int (n_renewals, 0);
  }
}

GST_END_TEST;

/* 416 is the end only right behind the last byte. */
GST_START_TEST (test_range_not_satisfiable)
{
  static const gchar *const headers[] = { "X-Nothing: 1",
    "Content-Range: bytes */0", "Content-Range: bytes */*",
    "Content-Range: bytes */-1", "Content-Range: bytes */99999999999999999999",
    "Content-Range: bytes */300000", "Content-Range: bytes 0-1/2",
  };

  start (0);
  for (guint i = 0; i < G_N_ELEMENTS (headers); i++) {
    script (0, (FoxapiSimFault) {
        .status = 416,.headers = headers[i],.body = ""}
    );
    start_at (first_link, 0);
    check_fails (FOXAPI_ERROR_READ, 0);
  }
}

GST_END_TEST;

/* A part that is not the one asked for, or is not as long as it says */
static void
check_part (guint status, const gchar * headers, gsize size)
{
  g_autofree gchar *body = g_memdup2 (g_bytes_get_data (payload, NULL), size);
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  g_autoptr (GError) error = NULL;

  script (0, (FoxapiSimFault) {
      .status = status,.headers = headers,.body = body,.body_length =
        (gssize) size});
  start_at (first_link, 0);
  fail_if (read_on (bytes, TRUE, &error), "%s: %u bytes", headers, bytes->len);
  fail_unless (error->domain == FOXAPI_ERROR);
  fail_unless_equals_int (error->code, FOXAPI_ERROR_READ);
}

GST_START_TEST (test_other_ranges)
{
  start (0);
  check_part (206, "X-Nothing: 1", 100);
  check_part (206, "Content-Range: nonsense", 100);
  check_part (206, "Content-Range: bytes 1-100/300000", 100);
  check_part (206, "Content-Range: bytes 99-0/100", 100);
  check_part (206, "Content-Range: bytes 0-100/100", 101);
  check_part (206, "Content-Range: bytes */100", 100);
  check_part (206, "Content-Range: lines 0-99/100", 100);
}

GST_END_TEST;

/* The server says how long it is, and sends more. */
GST_START_TEST (test_more_than_promised)
{
  start (0);
  check_part (206, "Content-Range: bytes 0-99/100", 200);
}

GST_END_TEST;

GST_START_TEST (test_more_than_the_part)
{
  start (0);
  check_part (206, "Content-Range: bytes 0-99/300000\nETag: \"a\"", 200);
}

GST_END_TEST;

static Suite *
downloadfaults_suite (void)
{
  Suite *suite = suite_create ("downloadfaults");
  TCase *breaks = tcase_create ("breaks");
  TCase *answers = tcase_create ("answers");

  suite_add_tcase (suite, breaks);
  tcase_add_checked_fixture (breaks, NULL, download_teardown);
  tcase_add_test (breaks, test_cut);
  tcase_add_test (breaks, test_reset);
  tcase_add_test (breaks, test_chunked_cut);
  tcase_add_test (breaks, test_chunked_cut_no_ranges);
  tcase_add_test (breaks, test_cut_no_ranges);
  tcase_add_test (breaks, test_cut_no_validators);
  tcase_add_test (breaks, test_chunked_cut_no_validators);
  tcase_add_test (breaks, test_retries);
  tcase_add_test (breaks, test_many_faults);
  tcase_add_test (breaks, test_changed);
  tcase_add_test (breaks, test_changed_shorter);
  tcase_add_test (breaks, test_changed_no_ranges);
  tcase_add_test (breaks, test_changed_shorter_by_one);
  tcase_add_test (breaks, test_changed_no_length);
  tcase_add_test (breaks, test_cancelled);
  tcase_add_test (breaks, test_cancelled_while_waiting);
  tcase_add_test (breaks, test_cancelled_and_changed);
  suite_add_tcase (suite, answers);
  tcase_add_checked_fixture (answers, NULL, download_teardown);
  tcase_add_test (answers, test_statuses);
  tcase_add_test (answers, test_passing_statuses);
  tcase_add_test (answers, test_pages);
  tcase_add_test (answers, test_encoded);
  tcase_add_test (answers, test_ranges_refused);
  tcase_add_test (answers, test_range_at_the_end_refused);
  tcase_add_test (answers, test_range_not_satisfiable);
  tcase_add_test (answers, test_other_ranges);
  tcase_add_test (answers, test_more_than_promised);
  tcase_add_test (answers, test_more_than_the_part);
  return suite;
}

GST_CHECK_MAIN (downloadfaults);
