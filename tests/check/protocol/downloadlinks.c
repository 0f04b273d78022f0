/* The result's link: where it leads, and where it must not
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "downloadtest.h"

#include <string.h>

TEST (test_expired)
{
  start (5);
  foxapi_sim_expire_links (sim);
  check_whole ();
  fail_unless_equals_int (n_renewals, 1);
}

/* The same file under a new link, from where it was */
TEST (test_expired_in_the_middle)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();

  start (5);
  script_cut (1, 100000);
  read_start (bytes, 100000);
  script_status (2, 410, NULL);
  renewed_link = first_link;
  fail_unless (read_on (bytes, FALSE, NULL));
  fail_unless_equals_int (bytes->len, SIZE);
  fail_unless_equals_int (n_renewals, 1);
  check_range (3, "bytes=100000-");
}

static const guint gone[] = { 401, 403, 404, 410 };

TEST (test_gone)
{
  start (5);
  script_status (0, gone[__i__], NULL);
  renewed_link = first_link;
  check_fails (FOXAPI_ERROR_NOT_FOUND, gone[__i__]);
  fail_unless_equals_int (n_renewals, 1);
}

/* Not every server behind a new link has the file at once. */
TEST (test_late)
{
  start (0);
  for (guint i = 1; i <= 3; i++)
    script_status (i, 404, NULL);
  renewed_link = first_link;
  check_whole ();
  fail_unless_equals_int (n_renewals, 1);
}

TEST (test_signature_expired)
{
  const FoxapiSimFault expired = {.status = 400,
    .headers = "Content-Type: application/xml",
    .body = "<Error><Code>AccessDenied</Code><Message>Request has expired"
        "</Message></Error>"
  };

  start (0);
  script (1, expired);
  check_whole ();
  fail_unless_equals_int (n_renewals, 1);
}

TEST (test_no_new_link)
{
  g_autoptr (GError) error = NULL;

  start (5);
  script_status (0, 404, NULL);
  renewed_link = "";
  fail_if (foxapi_download_open (download, 0, NULL, &error));
  fail_unless (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_FAILED));
  fail_unless_equals_string (error->message, "no new link");
}

/* "localhost" is another host than "127.0.0.1", and answers as well. */
TEST (test_redirect)
{
  g_autofree gchar *near = NULL, *far = NULL;

  start (0);
  near = g_strconcat ("Location: ", first_link, NULL);
  far = g_strconcat ("Location: http://localhost", strrchr (first_link, ':'),
      NULL);
  script_status (1, 302, far);
  script_status (2, 307, near);
  check_whole ();
  fail_unless_equals_int (count_requests (), 3);
  check_range (3, "bytes=0-");
}

TEST (test_endless_redirects)
{
  g_autofree gchar *headers = NULL;

  start (5);
  headers = g_strconcat ("Location: ", first_link, NULL);
  script_status (0, 302, headers);
  check_fails (FOXAPI_ERROR_FAILED, 0);
  fail_unless (count_requests () <= 21, "%u requests", count_requests ());
}

/* None of these leads to a result that may be fetched. */
static const gchar *const wrong_links[] = { "file:///etc/passwd", "ftp://a/b",
  "data:video/mp4,x", "javascript:x", "https://", "http:", "http:///a",
  "http:a", "http://a:b:c/", "http://a:99999/", "http://%00/", "http://[::1/",
  /* Behind here they are relative, which a redirect may be. */
  "", "out.mp4", "/etc/passwd", "//a/b",
};

#define N_ABSOLUTE (G_N_ELEMENTS (wrong_links) - 4)

static void
check_not_fetched (void)
{
  g_autoptr (GError) error = NULL;

  fail_if (foxapi_download_open (download, 0, NULL, &error));
  fail_unless (error->domain == FOXAPI_ERROR);
  fail_unless_equals_int (error->code, FOXAPI_ERROR_FAILED);
}

TEST (test_wrong_redirect)
{
  g_autofree gchar *headers = g_strconcat ("Location: ", wrong_links[__i__],
      NULL);

  start (0);
  script_status (0, 302, headers);
  check_not_fetched ();
}

TEST (test_wrong_link)
{
  start (0);
  start_at (wrong_links[__i__], 0);
  check_not_fetched ();
}

TEST (test_link_is_no_header)
{
  g_autoptr (GPtrArray) requests = NULL;
  g_autofree gchar *link = NULL;

  start (0);
  link = g_strconcat (first_link, "\r\nX-Evil: 1", NULL);
  start_at (link, 0);
  foxapi_download_open (download, 0, NULL, NULL);
  requests = foxapi_sim_get_requests (sim, FOXAPI_SIM_RESULT);
  for (guint i = 1; i <= requests->len; i++) {
    g_autofree gchar *evil = dup_header (sim, FOXAPI_SIM_RESULT, i, "X-Evil");

    fail_unless (evil == NULL);
  }
}

TEST (test_not_reached)
{
  start (0);
  g_clear_pointer (&sim, foxapi_sim_free);
  check_fails (FOXAPI_ERROR_CONNECT, 0);
}

static const Test tests[] = {
  CASE ("links", NULL, download_teardown),
  ONCE (test_expired),
  ONCE (test_expired_in_the_middle),
  ROWS (test_gone, gone),
  ONCE (test_late),
  ONCE (test_signature_expired),
  ONCE (test_no_new_link),
  ONCE (test_redirect),
  ONCE (test_endless_redirects),
  TIMES (test_wrong_redirect, N_ABSOLUTE),
  ROWS (test_wrong_link, wrong_links),
  ONCE (test_link_is_no_header),
  ONCE (test_not_reached),
};

CHECK_MAIN (downloadlinks, tests)
