/* The result's bytes through faults: whole and the right ones, or an error
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
static gchar *first_link;
static guint n_renewals;
static const gchar *renewed_link;       /* NULL: one that works */

static gchar *
renew (gpointer user_data, GCancellable * cancellable, GError ** error)
{
  n_renewals++;
  if (renewed_link != NULL && *renewed_link == '\0') {
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_FAILED, "no new link");
    return NULL;
  }
  return renewed_link ? g_strdup (renewed_link) : make_link (sim);
}

static void
start_with (FoxapiSimOptions options, gint retries)
{
  g_autoptr (FoxapiSession) session = make_session ();

  payload = make_payload (SIZE, 1);
  options.manual = TRUE;
  options.payload = payload;
  sim = make_sim (&options);
  first_link = make_link (sim);
  download = foxapi_download_new (session, first_link, retries, renew, NULL);
  n_renewals = 0;
  renewed_link = NULL;
}

static void
start (gint retries)
{
  start_with ((FoxapiSimOptions) {
      0}, retries);
}

/* Begins anew with another link. */
static void
start_at (const gchar * link, gint retries)
{
  g_autoptr (FoxapiSession) session = make_session ();

  foxapi_download_free (download);
  download = foxapi_download_new (session, link, retries, renew, NULL);
}

static void
teardown (void)
{
  g_clear_pointer (&download, foxapi_download_free);
  g_clear_pointer (&sim, foxapi_sim_free);
  g_clear_pointer (&payload, g_bytes_unref);
  g_clear_pointer (&first_link, g_free);
}

/* Opens where @bytes end and reads on to the end, or to @error. What was read
 * has to be right in any case. */
static gboolean
read_on (GByteArray * bytes, gboolean open, GError ** error)
{
  const guint8 *expected = g_bytes_get_data (payload, NULL);
  guint8 buffer[65536];
  gssize n;

  if (open && !foxapi_download_open (download, bytes->len, NULL, error))
    return FALSE;
  while ((n = foxapi_download_read (download, buffer, sizeof buffer, NULL,
              error)) > 0) {
    fail_unless (bytes->len + n <= SIZE, "more than there is");
    fail_unless (memcmp (buffer, expected + bytes->len, n) == 0,
        "other bytes behind %u", bytes->len);
    g_byte_array_append (bytes, buffer, n);
  }
  return n == 0;
}

static void
check_whole (void)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  g_autoptr (GError) error = NULL;

  fail_unless (read_on (bytes, TRUE, &error), "%s", error ? error->message :
      "");
  fail_unless_equals_int (bytes->len, SIZE);
}

static void
check_fails (FoxapiErrorCode code, guint http_status)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  g_autoptr (GError) error = NULL;

  fail_if (read_on (bytes, TRUE, &error));
  fail_unless (error != NULL && error->domain == FOXAPI_ERROR);
  fail_unless (error->code == (gint) code, "code %d: %s", error->code,
      error->message);
  fail_unless_equals_int (foxapi_error_get_details (error)->http_status,
      http_status);
}

/* Exactly so many bytes, and no more are there */
static void
read_start (GByteArray * bytes, gsize size)
{
  guint8 buffer[1000];

  fail_unless (foxapi_download_open (download, 0, NULL, NULL));
  while (bytes->len < size) {
    gssize n = foxapi_download_read (download, buffer,
        MIN (sizeof buffer, size - bytes->len), NULL, NULL);

    fail_unless (n > 0);
    g_byte_array_append (bytes, buffer, n);
  }
}

static guint
count_requests (void)
{
  return foxapi_sim_count_requests (sim, FOXAPI_SIM_RESULT);
}

static void
script (guint nth, FoxapiSimFault fault)
{
  script_nth (sim, FOXAPI_SIM_RESULT, nth, fault);
}

static void
check_range (guint nth, const gchar * expected)
{
  g_autofree gchar *range = dup_header (sim, FOXAPI_SIM_RESULT, nth, "Range");

  fail_unless_equals_string (range, expected);
}

GST_START_TEST (test_cut)
{
  start (5);
  script (1, (FoxapiSimFault) {
      .cut_at = 100000});
  script (2, (FoxapiSimFault) {
      .cut_at = 1});
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
      .reset_at = 100000});
  script (2, (FoxapiSimFault) {
      .reset = TRUE});
  script (3, (FoxapiSimFault) {
      .close = TRUE});
  check_whole ();
  fail_unless_equals_int (count_requests (), 4);
}

GST_END_TEST;

/* libsoup takes a chunked body that was cut between chunks for a whole one. */
GST_START_TEST (test_chunked_cut)
{
  start_with ((FoxapiSimOptions) {
        .no_length = TRUE}, 5);
  script (1, (FoxapiSimFault) {
      .cut_at = 131072});
  script (2, (FoxapiSimFault) {
      .cut_at = 65536});
  check_whole ();
}

GST_END_TEST;

GST_START_TEST (test_chunked_cut_no_ranges)
{
  start_with ((FoxapiSimOptions) {
        .no_length = TRUE,.no_ranges = TRUE}, 5);
  script (1, (FoxapiSimFault) {
      .cut_at = 131072});
  check_whole ();
}

GST_END_TEST;

GST_START_TEST (test_cut_no_ranges)
{
  start_with ((FoxapiSimOptions) {
        .no_ranges = TRUE}, 5);
  script (1, (FoxapiSimFault) {
      .cut_at = 100000});
  script (2, (FoxapiSimFault) {
      .cut_at = 50000});
  check_whole ();
}

GST_END_TEST;

/* Without a proof that it is the same file, the rest of it is not joined on. */
GST_START_TEST (test_cut_no_validators)
{
  start_with ((FoxapiSimOptions) {
        .no_validators = TRUE}, 5);
  script (1, (FoxapiSimFault) {
      .cut_at = 100000});
  check_fails (FOXAPI_ERROR_READ, 0);
}

GST_END_TEST;

GST_START_TEST (test_chunked_cut_no_validators)
{
  start_with ((FoxapiSimOptions) {
        .no_validators = TRUE,.no_length = TRUE}, 5);
  script (1, (FoxapiSimFault) {
      .cut_at = 131072});
  check_fails (FOXAPI_ERROR_READ, 0);
}

GST_END_TEST;

GST_START_TEST (test_retries)
{
  start (0);
  script (0, (FoxapiSimFault) {
      .cut_at = 1000});
  check_fails (FOXAPI_ERROR_READ, 0);
  fail_unless_equals_int (count_requests (), 1);
  start_at (first_link, 2);
  check_fails (FOXAPI_ERROR_READ, 0);
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
        .no_ranges = TRUE}, 5);
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
        .no_length = TRUE,.no_ranges = TRUE,.no_validators = TRUE}, 0);
  script (1, (FoxapiSimFault) {
      .cut_at = 65536});
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
        .no_length = TRUE}, 5);
  script (1, (FoxapiSimFault) {
      .cut_at = 65536});
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
      .hold = TRUE});
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
        .no_validators = TRUE}, 5);
  read_start (bytes, 1000);
  foxapi_sim_change_result (sim, other);
  g_cancellable_cancel (cancellable);
  fail_unless_equals_int (foxapi_download_read (download, &byte, 1,
          cancellable, NULL), -1);
  fail_if (read_on (bytes, FALSE, &error));
  fail_unless_equals_int (error->code, FOXAPI_ERROR_READ);
}

GST_END_TEST;

GST_START_TEST (test_expired)
{
  start (5);
  foxapi_sim_expire_links (sim);
  check_whole ();
  fail_unless_equals_int (n_renewals, 1);
}

GST_END_TEST;

/* The same file under a new link, from where it was */
GST_START_TEST (test_expired_in_the_middle)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();

  start (5);
  script (1, (FoxapiSimFault) {
      .cut_at = 100000});
  read_start (bytes, 100000);
  script (2, (FoxapiSimFault) {
      .status = 410});
  renewed_link = first_link;
  fail_unless (read_on (bytes, FALSE, NULL));
  fail_unless_equals_int (bytes->len, SIZE);
  fail_unless_equals_int (n_renewals, 1);
  check_range (3, "bytes=100000-");
}

GST_END_TEST;

GST_START_TEST (test_gone)
{
  static const guint statuses[] = { 403, 404, 410 };

  start (5);
  for (guint i = 0; i < G_N_ELEMENTS (statuses); i++) {
    script (0, (FoxapiSimFault) {
        .status = statuses[i]});
    n_renewals = 0;
    renewed_link = first_link;
    start_at (first_link, 5);
    check_fails (FOXAPI_ERROR_NOT_FOUND, statuses[i]);
    fail_unless_equals_int (n_renewals, 1);
  }
}

GST_END_TEST;

GST_START_TEST (test_no_new_link)
{
  g_autoptr (GError) error = NULL;

  start (5);
  script (0, (FoxapiSimFault) {
      .status = 404});
  renewed_link = "";
  fail_if (foxapi_download_open (download, 0, NULL, &error));
  fail_unless (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_FAILED));
  fail_unless_equals_string (error->message, "no new link");
}

GST_END_TEST;

GST_START_TEST (test_statuses)
{
  static const guint lasting[] = { 204, 304, 400, 401, 402, 406, 451 };

  start (5);
  for (guint i = 0; i < G_N_ELEMENTS (lasting); i++) {
    guint before = count_requests ();
    g_autoptr (GError) error = NULL;

    script (0, (FoxapiSimFault) {
        .status = lasting[i],.body = ""});
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
        .status = passing[i]});
  start_at (first_link, 5);
  check_whole ();
  fail_unless_equals_int (count_requests (), 1 + G_N_ELEMENTS (passing));
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
        .status = 416,.headers = headers[i],.body = ""});
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
      .status = status,.headers = headers,.body = body,
      .body_length = (gssize) size});
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

GST_START_TEST (test_redirect)
{
  g_autofree gchar *headers = NULL;

  start (0);
  headers = g_strconcat ("Location: ", first_link, NULL);
  script (1, (FoxapiSimFault) {
      .status = 302,.headers = headers,.body = ""});
  script (2, (FoxapiSimFault) {
      .status = 307,.headers = headers,.body = ""});
  check_whole ();
  fail_unless_equals_int (count_requests (), 3);
  check_range (3, "bytes=0-");
}

GST_END_TEST;

GST_START_TEST (test_endless_redirects)
{
  g_autofree gchar *headers = NULL;

  start (5);
  headers = g_strconcat ("Location: ", first_link, NULL);
  script (0, (FoxapiSimFault) {
      .status = 302,.headers = headers,.body = ""});
  check_fails (FOXAPI_ERROR_FAILED, 0);
  fail_unless (count_requests () <= 21, "%u requests", count_requests ());
}

GST_END_TEST;

/* None of these leads to a result that may be fetched. */
static const gchar *const wrong_links[] = { "file:///etc/passwd", "ftp://a/b",
  "data:video/mp4,x", "javascript:x", "https://", "http:", "http:///a",
  "http:a", "http://a:b:c/", "http://a:99999/", "http://%00/", "http://[::1/",
};

static void
check_not_fetched (void)
{
  g_autoptr (GError) error = NULL;

  fail_if (foxapi_download_open (download, 0, NULL, &error));
  fail_unless (error->domain == FOXAPI_ERROR);
  fail_unless_equals_int (error->code, FOXAPI_ERROR_FAILED);
}

GST_START_TEST (test_wrong_redirect)
{
  g_autofree gchar *headers = g_strconcat ("Location: ", wrong_links[__i__],
      NULL);

  start (0);
  script (0, (FoxapiSimFault) {
      .status = 302,.headers = headers,.body = ""});
  check_not_fetched ();
}

GST_END_TEST;

GST_START_TEST (test_wrong_link)
{
  start (0);
  start_at (wrong_links[__i__], 0);
  check_not_fetched ();
}

GST_END_TEST;

GST_START_TEST (test_no_link)
{
  static const gchar *const links[] = { "", "out.mp4", "/etc/passwd", "//a/b" };

  start (0);
  for (guint i = 0; i < G_N_ELEMENTS (links); i++) {
    start_at (links[i], 0);
    check_fails (FOXAPI_ERROR_FAILED, 0);
  }
}

GST_END_TEST;

GST_START_TEST (test_not_reached)
{
  start (0);
  g_clear_pointer (&sim, foxapi_sim_free);
  check_fails (FOXAPI_ERROR_CONNECT, 0);
}

GST_END_TEST;

static Suite *
downloadfaults_suite (void)
{
  Suite *suite = suite_create ("downloadfaults");
  TCase *breaks = tcase_create ("breaks");
  TCase *links = tcase_create ("links");
  TCase *answers = tcase_create ("answers");

  suite_add_tcase (suite, breaks);
  tcase_add_checked_fixture (breaks, NULL, teardown);
  tcase_add_test (breaks, test_cut);
  tcase_add_test (breaks, test_reset);
  tcase_add_test (breaks, test_chunked_cut);
  tcase_add_test (breaks, test_chunked_cut_no_ranges);
  tcase_add_test (breaks, test_cut_no_ranges);
  tcase_add_test (breaks, test_cut_no_validators);
  tcase_add_test (breaks, test_chunked_cut_no_validators);
  tcase_add_test (breaks, test_retries);
  tcase_add_test (breaks, test_changed);
  tcase_add_test (breaks, test_changed_shorter);
  tcase_add_test (breaks, test_changed_no_ranges);
  tcase_add_test (breaks, test_changed_no_length);
  tcase_add_test (breaks, test_changed_shorter_by_one);
  tcase_add_test (breaks, test_cancelled);
  tcase_add_test (breaks, test_cancelled_while_waiting);
  tcase_add_test (breaks, test_cancelled_and_changed);
  suite_add_tcase (suite, links);
  tcase_add_checked_fixture (links, NULL, teardown);
  tcase_add_test (links, test_expired);
  tcase_add_test (links, test_expired_in_the_middle);
  tcase_add_test (links, test_gone);
  tcase_add_test (links, test_no_new_link);
  tcase_add_test (links, test_redirect);
  tcase_add_test (links, test_endless_redirects);
  tcase_add_loop_test (links, test_wrong_redirect, 0,
      G_N_ELEMENTS (wrong_links));
  tcase_add_loop_test (links, test_wrong_link, 0, G_N_ELEMENTS (wrong_links));
  tcase_add_test (links, test_no_link);
  tcase_add_test (links, test_not_reached);
  suite_add_tcase (suite, answers);
  tcase_add_checked_fixture (answers, NULL, teardown);
  tcase_add_test (answers, test_statuses);
  tcase_add_test (answers, test_passing_statuses);
  tcase_add_test (answers, test_range_not_satisfiable);
  tcase_add_test (answers, test_other_ranges);
  tcase_add_test (answers, test_more_than_promised);
  tcase_add_test (answers, test_more_than_the_part);
  return suite;
}

GST_CHECK_MAIN (downloadfaults);
