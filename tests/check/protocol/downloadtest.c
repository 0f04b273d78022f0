/* What the tests of downloads that go wrong share
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "downloadtest.h"

#include <string.h>

FoxapiSim *sim;
GBytes *payload;
FoxapiDownload *download;
gchar *first_link;
guint n_renewals;
const gchar *renewed_link;

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

void
start_sized (FoxapiSimOptions options, gint retries, gsize size)
{
  g_autoptr (FoxapiSession) session = make_session ();

  payload = make_payload (size, 1);
  options.manual = TRUE;
  options.payload = payload;
  sim = make_sim (&options);
  first_link = make_link (sim);
  download =
      foxapi_download_new (session, first_link, NULL, retries, renew, NULL);
  n_renewals = 0;
  renewed_link = NULL;
}

void
start_with (FoxapiSimOptions options, gint retries)
{
  start_sized (options, retries, SIZE);
}

void
start (gint retries)
{
  const FoxapiSimOptions usual = { 0 };

  start_with (usual, retries);
}

void
start_at (const gchar * link, gint retries)
{
  g_autoptr (FoxapiSession) session = make_session ();

  foxapi_download_free (download);
  download = foxapi_download_new (session, link, NULL, retries, renew, NULL);
}

void
download_teardown (void)
{
  g_clear_pointer (&download, foxapi_download_free);
  g_clear_pointer (&sim, foxapi_sim_free);
  g_clear_pointer (&payload, g_bytes_unref);
  g_clear_pointer (&first_link, g_free);
}

gboolean
read_on (GByteArray * bytes, gboolean open, GError ** error)
{
  const guint8 *expected = g_bytes_get_data (payload, NULL);
  guint8 buffer[65536];
  gssize n;

  if (open && !foxapi_download_open (download, bytes->len, NULL, error))
    return FALSE;
  while ((n = foxapi_download_read (download, buffer, sizeof buffer, NULL,
              error)) > 0) {
    fail_unless (bytes->len + (gsize) n <= g_bytes_get_size (payload),
        "more than there is");
    fail_unless (memcmp (buffer, expected + bytes->len, n) == 0,
        "other bytes behind %u", bytes->len);
    g_byte_array_append (bytes, buffer, n);
  }
  return n == 0;
}

void
check_whole (void)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  g_autoptr (GError) error = NULL;

  fail_unless (read_on (bytes, TRUE, &error), "%s", error ? error->message :
      "");
  fail_unless_equals_int (bytes->len, SIZE);
}

void
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

void
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

guint
count_requests (void)
{
  return foxapi_sim_count_requests (sim, FOXAPI_SIM_RESULT);
}

void
script (guint nth, FoxapiSimFault fault)
{
  script_nth (sim, FOXAPI_SIM_RESULT, nth, fault);
}

void
script_status (guint nth, guint status, const gchar * headers)
{
  const FoxapiSimFault fault = {.status = status,.headers = headers,.body = ""
  };

  script (nth, fault);
}

void
script_cut (guint nth, guint64 at)
{
  const FoxapiSimFault fault = {.cut_at = at };

  script (nth, fault);
}

void
check_range (guint nth, const gchar * expected)
{
  g_autofree gchar *range = dup_header (sim, FOXAPI_SIM_RESULT, nth, "Range");

  fail_unless_equals_string (range, expected);
}
