/* The result's bytes, from a server that does as it should
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "downloadtest.h"

#include <string.h>

static void
open_at (guint64 position)
{
  g_autoptr (GError) error = NULL;

  fail_unless (foxapi_download_open (download, position, NULL, &error), "%s",
      error ? error->message : "");
}

/* All behind @position, in pieces of up to @piece bytes, and then the end, again
 * and again */
static void
check_rest (guint64 position, gsize piece)
{
  gsize size = g_bytes_get_size (payload);
  g_autoptr (GBytes) expected =
      g_bytes_new_from_bytes (payload, position, size - position);
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  g_autofree guint8 *buffer = g_malloc (piece);
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) rest = NULL;
  gssize n;

  open_at (position);
  while ((n = foxapi_download_read (download, buffer, piece, NULL, &error))
      > 0) {
    fail_unless ((gsize) n <= piece);
    g_byte_array_append (bytes, buffer, n);
  }
  fail_unless (n == 0, "%s", error ? error->message : "");
  rest = g_byte_array_free_to_bytes (g_steal_pointer (&bytes));
  fail_unless (g_bytes_equal (rest, expected), "%" G_GSIZE_FORMAT " bytes",
      g_bytes_get_size (rest));
  fail_unless_equals_int (foxapi_download_read (download, buffer, 1, NULL,
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

/* One request is enough for a whole result, and none is sent before. */
TEST (test_whole)
{
  g_autofree gchar *authorization = NULL;

  start (5);
  check_size_known (FALSE);
  fail_if (foxapi_download_is_seekable (download));
  fail_unless_equals_int (count_requests (), 0);
  open_at (0);
  check_size_known (TRUE);
  fail_unless (foxapi_download_is_seekable (download));
  start_at (first_link, 5);
  check_rest (0, 65536);
  check_size_known (TRUE);
  fail_unless_equals_int (count_requests (), 2);
  authorization = dup_header (sim, FOXAPI_SIM_RESULT, 1, "Authorization");
  fail_unless (authorization == NULL);
}

/* One byte is little room for libsoup to find the end of a chunked body in. */
static const struct
{
  gsize size;
  gsize piece;
  gboolean no_length;
} pieces[] = {
  {1, 4096, FALSE}, {2000, 1, FALSE}, {20000, 7, FALSE}, {100, 1, TRUE},
};

TEST (test_pieces)
{
  const FoxapiSimOptions options = {.no_length = pieces[__i__].no_length };

  start_sized (options, 5, pieces[__i__].size);
  check_rest (0, pieces[__i__].piece);
}

/* To and fro, after the end and in the middle of reading */
TEST (test_positions)
{
  static const guint64 positions[] = { 100, 1, SIZE - 1, SIZE / 2, 0 };
  const guint8 *expected;
  guint8 buffer[1000];

  start (5);
  expected = g_bytes_get_data (payload, NULL);
  for (guint i = 0; i < 2 * G_N_ELEMENTS (positions); i++) {
    guint64 position = positions[i / 2];

    if (i % 2) {
      check_rest (position, 65536);
      continue;
    }
    open_at (position);
    fail_unless (foxapi_download_read (download, buffer, 1, NULL, NULL) == 1);
    fail_unless (buffer[0] == expected[position]);
  }
  open_at (SIZE);
  fail_unless_equals_int (foxapi_download_read (download, buffer, 1, NULL,
          NULL), 0);
}

TEST (test_behind_the_end)
{
  g_autoptr (GError) error = NULL;
  guint8 byte;

  start (5);
  if (foxapi_download_open (download, SIZE + 1000, NULL, &error))
    fail_unless (foxapi_download_read (download, &byte, 1, NULL, &error) <= 0);
  if (error != NULL)
    fail_unless_equals_int (error->code, FOXAPI_ERROR_READ);
}

/* Poor servers. Without ranges a later position is reached by reading up to it;
 * where no length is named, the end is believed only when it is confirmed; without
 * validators nobody knows whether it is the same file still. */
static const FoxapiSimOptions servers[] = {
  {.no_ranges = TRUE},
  {.no_length = TRUE},
  {.no_length = TRUE,.no_ranges = TRUE},
  {.no_validators = TRUE},
  {.no_length = TRUE,.no_ranges = TRUE,.no_validators = TRUE},
};

TEST (test_poor_server)
{
  const FoxapiSimOptions *options = &servers[__i__];

  start_with (*options, 5);
  check_rest (0, 65536);
  if (options->no_ranges)
    fail_if (foxapi_download_is_seekable (download));
  if (!options->no_length)
    check_size_known (TRUE);
  if (options->no_length && options->no_ranges)
    fail_unless (count_requests () > 1);
  if (options->no_validators)
    return;
  check_rest (12345, 65536);
  check_rest (SIZE - 1, 10);
}

/* Nothing is no result. */
static const FoxapiSimOptions empties[] = {
  {0}, {.no_ranges = TRUE},
  {.no_length = TRUE,.no_ranges = TRUE,.no_validators = TRUE},
};

TEST (test_empty)
{
  start_sized (empties[__i__], 5, 0);
  check_fails (FOXAPI_ERROR_READ, 0);
}

static const Test tests[] = {
  CASE ("servers", NULL, download_teardown),
  ONCE (test_whole),
  ROWS (test_pieces, pieces),
  ONCE (test_positions),
  ONCE (test_behind_the_end),
  ROWS (test_poor_server, servers),
  ROWS (test_empty, empties),
};

CHECK_MAIN (download, tests)
