/* The result's bytes through faults: whole and the right ones, or an error
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "downloadtest.h"

#include <string.h>

/* Without a proof that it is the same file, the rest of it is not joined on.
 * libsoup takes a chunked body that was cut between chunks for a whole one. */
static const struct
{
  FoxapiSimOptions options;
  FoxapiSimFault faults[3];
  guint requests;               /* 0: it fails */
} breaks[] = {
  {{0}, {{.reset_at = 100000}, {.reset = TRUE}, {.close = TRUE}}, 4},
  {{.no_length = TRUE}, {{.cut_at = 131072}, {.cut_at = 65536}}, 3},
  {{.no_ranges = TRUE}, {{.cut_at = 100000}, {.cut_at = 50000}}, 3},
  {{.no_length = TRUE,.no_ranges = TRUE}, {{.cut_at = 131072}}, 3},
  {{.no_validators = TRUE}, {{.cut_at = 100000}}, 0},
  {{.no_validators = TRUE,.no_length = TRUE}, {{.cut_at = 131072}}, 0},
};

TEST (test_break)
{
  start_with (breaks[__i__].options, 5);
  for (guint i = 0; i < G_N_ELEMENTS (breaks[0].faults); i++)
    script (i + 1, breaks[__i__].faults[i]);
  if (breaks[__i__].requests > 0) {
    check_whole ();
    fail_unless_equals_int (count_requests (), breaks[__i__].requests);
  } else {
    check_fails (FOXAPI_ERROR_READ, 0);
  }
}

TEST (test_cut)
{
  start (5);
  script_cut (1, 100000);
  script_cut (2, 1);
  check_whole ();
  fail_unless_equals_int (count_requests (), 3);
  check_range (2, "bytes=100000-");
  check_range (3, "bytes=100001-");
  fail_unless_equals_int (n_renewals, 0);
}

TEST (test_retries)
{
  const FoxapiSimFault closed = {.close = TRUE };

  start (0);
  script (0, closed);
  script_cut (1, 1000);
  check_fails (FOXAPI_ERROR_READ, 0);
  fail_unless_equals_int (count_requests (), 1);
  start_at (first_link, 2);
  check_fails (FOXAPI_ERROR_CONNECT, 0);
  fail_unless_equals_int (count_requests (), 4);
}

/* Faults that were overcome do not add up. */
TEST (test_many_faults)
{
  start (1);
  for (guint i = 1; i <= 10; i++)
    script_cut (i, 1000);
  check_whole ();
  fail_unless_equals_int (count_requests (), 11);
}

/* The file is another one, of @size bytes, from behind @cut bytes on. In the last
 * row the end of a chunked body comes where one byte was still to be skipped. */
static const struct
{
  FoxapiSimOptions options;
  gsize cut;
  gsize size;
} changes[] = {
  {{0}, 100000, SIZE},
  {{0}, 100000, 1000},
  {{.no_ranges = TRUE}, 100000, SIZE},
  {{.no_length = TRUE}, 65536, SIZE},
  {{.no_length = TRUE,.no_ranges = TRUE,.no_validators = TRUE}, 65536, 65535},
};

TEST (test_changed)
{
  g_autoptr (GBytes) other = make_payload (changes[__i__].size, 2);
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  g_autoptr (GError) error = NULL;

  start_with (changes[__i__].options, 0);
  script_cut (1, changes[__i__].cut);
  read_start (bytes, changes[__i__].cut);
  foxapi_sim_change_result (sim, other);
  fail_if (read_on (bytes, FALSE, &error));
  fail_unless_equals_int (bytes->len, changes[__i__].cut);
  fail_unless (g_error_matches (error, FOXAPI_ERROR, FOXAPI_ERROR_READ), "%s",
      error->message);
}

TEST (test_cancelled)
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

/* A read that waits is woken. */
static gpointer
cancel_when_asked (gpointer user_data)
{
  foxapi_sim_wait_requests (sim, FOXAPI_SIM_RESULT, 1);
  g_cancellable_cancel (user_data);
  return NULL;
}

TEST (test_cancelled_while_waiting)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GError) error = NULL;
  const FoxapiSimFault hold = {.hold = TRUE };
  GThread *thread;

  start (5);
  script (1, hold);
  thread = g_thread_new ("cancel", cancel_when_asked, cancellable);
  fail_if (foxapi_download_open (download, 0, cancellable, &error));
  g_thread_join (thread);
  fail_unless (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED));
  check_whole ();
}

/* Going on after a cancellation needs the same proof as after a fault. */
TEST (test_cancelled_and_changed)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  g_autoptr (GBytes) other = make_payload (SIZE, 2);
  g_autoptr (GError) error = NULL;
  const FoxapiSimOptions options = {.no_validators = TRUE };
  guint8 byte;

  start_with (options, 5);
  read_start (bytes, 1000);
  foxapi_sim_change_result (sim, other);
  g_cancellable_cancel (cancellable);
  fail_unless_equals_int (foxapi_download_read (download, &byte, 1,
          cancellable, NULL), -1);
  fail_if (read_on (bytes, FALSE, &error));
  fail_unless_equals_int (error->code, FOXAPI_ERROR_READ);
}

/* What lasts is asked for once. */
static const guint lasting[] = { 204, 302, 304, 400, 402, 451 };

TEST (test_lasting_status)
{
  g_autoptr (GError) error = NULL;

  start (5);
  script_status (0, lasting[__i__], NULL);
  fail_if (foxapi_download_open (download, 0, NULL, &error));
  fail_unless (error->domain == FOXAPI_ERROR, "%s", error->message);
  fail_unless_equals_int (count_requests (), 1);
}

TEST (test_passing_statuses)
{
  static const guint passing[] = { 429, 500, 502, 503, 504 };

  start (5);
  for (guint i = 0; i < G_N_ELEMENTS (passing); i++)
    script_status (i + 1, passing[i], NULL);
  check_whole ();
  fail_unless_equals_int (count_requests (), 1 + G_N_ELEMENTS (passing));
}

#define HTML "<!DOCTYPE html><html><title>Please log in</title>"

/* What may come in the place of a result, and what the error says */
static const struct
{
  const gchar *headers;
  const gchar *body;
  const gchar *words;
} no_results[] = {
  {"Content-Type: text/html; charset=utf-8", HTML, "Please log in"},
  {"Content-Type: video/mp4", HTML, "Please log in"},
  {"Content-Type: application/octet-stream", "Expired", "Expired"},
  {"Content-Type: text/plain", "error code: 1010", "1010"},
  {"Content-Type: application/json", "{\"code\":\"AccessDenied\"}",
      "AccessDenied"},
  {"Content-Type: application/xml",
      "<Error><Code>AccessDenied</Code></Error>", "AccessDenied"},
  {"Content-Type: video/mp4\nContent-Encoding: gzip", "\x1f\x8b\x08", "gzip"},
  {"Content-Type: video/mp4\nContent-Encoding: br", "x", "br"},
};

TEST (test_no_result)
{
  const FoxapiSimFault answer = {.status = 200,
    .headers = no_results[__i__].headers,.body = no_results[__i__].body
  };
  g_autoptr (GError) error = NULL;

  start (5);
  script (0, answer);
  fail_if (foxapi_download_open (download, 0, NULL, &error));
  fail_unless (g_error_matches (error, FOXAPI_ERROR, FOXAPI_ERROR_READ),
      "%s", error->message);
  check_words (error->message, no_results[__i__].words, NULL);
}

/* Whoever does not want ranges is asked without. */
static const guint range_refusals[] = { 406, 416, 501 };

TEST (test_ranges_refused)
{
  start (0);
  script_status (1, range_refusals[__i__], NULL);
  check_whole ();
  fail_unless_equals_int (count_requests (), 2);
  check_range (1, "bytes=0-");
  check_range (2, NULL);
}

/* The end of a chunked body is confirmed by the request that was liked before. */
static const guint end_refusals[] = { 400, 403, 416, 501 };

TEST (test_range_at_the_end_refused)
{
  const FoxapiSimOptions options = {.no_length = TRUE,.no_ranges = TRUE };

  start_with (options, 0);
  script_status (2, end_refusals[__i__], NULL);
  check_whole ();
  fail_unless_equals_int (n_renewals, 0);
}

/* 416 is the end only right behind the last byte. */
static const gchar *const no_ranges[] = { "X-Nothing: 1",
  "Content-Range: bytes */0", "Content-Range: bytes */*",
  "Content-Range: bytes */-1", "Content-Range: bytes */99999999999999999999",
  "Content-Range: bytes */300000", "Content-Range: bytes 0-1/2",
};

TEST (test_range_not_satisfiable)
{
  start (0);
  script_status (0, 416, no_ranges[__i__]);
  check_fails (FOXAPI_ERROR_READ, 0);
}

/* Parts that are not the one asked for, or not as long as they say */
static const struct
{
  const gchar *headers;
  gsize size;
} parts[] = {
  {"X-Nothing: 1", 100},
  {"Content-Range: nonsense", 100},
  {"Content-Range: bytes 1-100/300000", 100},
  {"Content-Range: bytes 99-0/100", 100},
  {"Content-Range: bytes 0-100/100", 101},
  {"Content-Range: bytes */100", 100},
  {"Content-Range: lines 0-99/100", 100},
  {"Content-Range: bytes 0-99/100", 200},
  {"Content-Range: bytes 0-99/300000\nETag: \"a\"", 200},
};

TEST (test_other_parts)
{
  FoxapiSimFault fault = {.status = 206,.headers = parts[__i__].headers,
    .body_length = (gssize) parts[__i__].size
  };

  start (0);
  fault.body = g_bytes_get_data (payload, NULL);
  script (0, fault);
  check_fails (FOXAPI_ERROR_READ, 0);
}

static const Test tests[] = {
  CASE ("breaks", NULL, download_teardown),
  ROWS (test_break, breaks),
  ONCE (test_cut),
  ONCE (test_retries),
  ONCE (test_many_faults),
  ROWS (test_changed, changes),
  ONCE (test_cancelled),
  ONCE (test_cancelled_while_waiting),
  ONCE (test_cancelled_and_changed),
  CASE ("answers", NULL, download_teardown),
  ROWS (test_lasting_status, lasting),
  ONCE (test_passing_statuses),
  ROWS (test_no_result, no_results),
  ROWS (test_ranges_refused, range_refusals),
  ROWS (test_range_at_the_end_refused, end_refusals),
  ROWS (test_range_not_satisfiable, no_ranges),
  ROWS (test_other_parts, parts),
};

CHECK_MAIN (downloadfaults, tests)
