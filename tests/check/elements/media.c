/* The result in a pipeline: queries, seeking, decoding.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "foxapiharness.h"

#include <string.h>

#define SIZE (3 * 1024 * 1024 + 5)
#define SECONDS 2
#define STRETCH (12 * 1024 * 1024)

static void
setup (void)
{
  harness_setup_sized (SIZE);
}

static gboolean
is_seekable (GstElement * source)
{
  g_autoptr (GstQuery) query = gst_query_new_seeking (GST_FORMAT_BYTES);
  gboolean seekable = FALSE;

  fail_unless (gst_element_query (source, query));
  gst_query_parse_seeking (query, NULL, &seekable, NULL, NULL);
  return seekable;
}

/* Where the server supports no ranges, the size may be known all the same */
static const struct
{
  gboolean no_length;
  gboolean no_ranges;
} servers[] = {
  {FALSE, FALSE}, {FALSE, TRUE}, {TRUE, TRUE},
};

TEST (test_queries)
{
  FoxapiSimOptions options = harness_options ();
  g_autoptr (Run) run = NULL;
  gint64 duration = -1;

  options.no_length = servers[__i__].no_length;
  options.no_ranges = servers[__i__].no_ranges;
  harness_setup_with (&options);
  run = run_new (harness_source (NULL));
  run_preroll (run);
  gst_element_query_duration (run->source, GST_FORMAT_BYTES, &duration);
  fail_unless_equals_int64 (duration, servers[__i__].no_length ? -1 :
      (gint64) g_bytes_get_size (payload));
  fail_unless_equals_int (is_seekable (run->source), !servers[__i__].no_ranges);
}

static void
seek (Run * run, gint64 start)
{
  fail_unless (gst_element_seek_simple (run->pipeline, GST_FORMAT_BYTES,
          GST_SEEK_FLAG_FLUSH, start));
}

/* This part of the file arrives, and is paid for once. */
static void
play_part (Run * run, gint64 start, gint64 stop)
{
  g_autoptr (GBytes) expected = g_bytes_new_from_bytes (payload, start,
      stop - start);

  run_to_eos (run);
  run_assert_data (run, expected);
  assert_requests (FOXAPI_SIM_SUBMIT, 1);
}

static const struct
{
  gint64 start;
  gint64 stop;
} seeks[] = {
  {0, SIZE}, {SIZE / 2, SIZE}, {SIZE - 1, SIZE}, {1000, 2000},
};

TEST (test_seek)
{
  gint64 start = seeks[__i__].start;
  gint64 stop = seeks[__i__].stop;
  g_autoptr (Run) run = run_new (harness_source (NULL));

  run_preroll (run);
  fail_unless (gst_element_seek (run->pipeline, 1.0, GST_FORMAT_BYTES,
          GST_SEEK_FLAG_FLUSH, GST_SEEK_TYPE_SET, start, stop == SIZE
          ? GST_SEEK_TYPE_NONE : GST_SEEK_TYPE_SET, stop));
  play_part (run, start, stop);
}

/* Back and forth, then to the beginning for the whole of it; and once more after
 * the end, as a looping player does it */
TEST (test_seek_often)
{
  const gint64 places[] = { SIZE - 7, 5, SIZE / 3, 2 * (SIZE / 3), 0 };
  g_autoptr (Run) run = run_new (harness_source (NULL));

  run_preroll (run);
  for (guint i = 0; i < G_N_ELEMENTS (places); i++) {
    seek (run, places[i]);
    run_wait (run, GST_MESSAGE_ASYNC_DONE);
  }
  play_part (run, 0, SIZE);
  seek (run, 0);
  play_part (run, 0, SIZE);
}

/* A download that breaks after a seek is resumed where it was */
TEST (test_seek_and_break)
{
  FoxapiSimFault cut = {.cut_at = 100000 };
  g_autoptr (Run) run = run_new (harness_source (NULL));

  foxapi_sim_script (sim, FOXAPI_SIM_RESULT, 2, &cut);
  run_preroll (run);
  seek (run, SIZE / 2);
  play_part (run, SIZE / 2, SIZE);
}

/* The file changes between start and seek: another video's second half is no
 * half of this one. */
TEST (test_seek_in_changed_file)
{
  g_autoptr (GBytes) other = harness_make_payload (SIZE + 1);
  g_autoptr (Run) run = run_new (harness_source (NULL));

  run_preroll (run);
  foxapi_sim_change_result (sim, other);
  gst_element_seek_simple (run->pipeline, GST_FORMAT_BYTES,
      GST_SEEK_FLAG_FLUSH, SIZE / 2);
  run_to_error (run, GST_RESOURCE_ERROR_READ);
}

static void
decode (const gchar * head, guint frames)
{
  g_autofree gchar *launch = g_strdup_printf ("foxapivideosrc name=source "
      "prompt=\"A fox\" duration=%d resolution=720p aspect-ratio=9:16 "
      "poll-interval=20 base-url=%s api-key=%s task-store=%s %s", SECONDS,
      foxapi_sim_get_base_url (sim), foxapi_sim_get_api_key (sim), store, head);
  g_autoptr (GError) error = NULL;
  g_autoptr (GstElement) pipeline = gst_parse_launch (launch, &error);

  fail_unless (error == NULL, "%s", error ? error->message : "");
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  harness_wait (pipeline, GST_MESSAGE_EOS);
  fail_unless_equals_int (harness_count_rendered (pipeline, "video"), frames);
  fail_unless (harness_count_rendered (pipeline, "audio") > 0);
  assert_caps (pipeline, "video", "video/x-raw,width=720,height=1280");
  gst_element_set_state (pipeline, GST_STATE_NULL);
  assert_requests (FOXAPI_SIM_SUBMIT, 1);
}

static void
setup_rendered (gboolean moov_at_end)
{
  FoxapiSimOptions options = {
    .generation_time_ms = 50,.moov_at_end = moov_at_end,
  };

  harness_setup_with (&options);
}

/* A playable file, to the last frame */
TEST (test_decodebin)
{
  setup_rendered (FALSE);
  decode ("! decodebin name=d d. ! queue ! video/x-raw ! "
      "fakesink name=video sync=false d. ! queue ! audio/x-raw ! "
      "fakesink name=audio sync=false", SECONDS * FOXAPI_SIM_FPS);
}

/* (transfer full): @file with a box of 12 MiB of nothing before its index, so
 * that it is large enough for qtdemux not to keep it in memory */
static GBytes *
stretch (GBytes * file)
{
  gsize size, at = 0;
  const guint8 *data = g_bytes_get_data (file, &size);
  GByteArray *large = g_byte_array_new ();
  guint8 box[8] = { 0, 0, 0, 0, 'f', 'r', 'e', 'e' };
  g_autofree guint8 *nothing = g_malloc0 (STRETCH);

  while (at + 8 <= size && memcmp (data + at + 4, "moov", 4) != 0)
    at += GST_READ_UINT32_BE (data + at);
  fail_unless (at + 8 <= size, "The file has no moov");
  GST_WRITE_UINT32_BE (box, STRETCH + 8);
  g_byte_array_append (large, data, at);
  g_byte_array_append (large, box, 8);
  g_byte_array_append (large, nothing, STRETCH);
  g_byte_array_append (large, data + at, size - at);
  return g_byte_array_free_to_bytes (large);
}

#define DEMUX "! qtdemux name=d d.video_0 ! queue ! decodebin ! " \
    "fakesink name=video sync=false d.audio_0 ! queue ! " \
    "fakesink name=audio sync=false"

/* The index behind the media: of a large file qtdemux leaves the media out,
 * reads the index and seeks back, in push mode */
TEST (test_moov_at_end)
{
  FoxapiSimOptions options;
  g_autoptr (GBytes) file = NULL;

  setup_rendered (TRUE);
  decode (DEMUX, SECONDS * FOXAPI_SIM_FPS);
  file = foxapi_sim_get_result (sim, NULL);
  harness_teardown ();
  payload = stretch (file);
  options = harness_options ();
  harness_setup_with (&options);
  decode (DEMUX, SECONDS * FOXAPI_SIM_FPS);
  fail_unless (foxapi_sim_count_requests (sim, FOXAPI_SIM_RESULT) > 1);
}

static const Test tests[] = {
  CASE ("seeking", setup, harness_teardown),
  ROWS (test_queries, servers),
  ROWS (test_seek, seeks),
  ONCE (test_seek_often),
  ONCE (test_seek_and_break),
  ONCE (test_seek_in_changed_file),
  CASE ("servers", NULL, harness_teardown),
  ONCE (test_decodebin),
  ONCE (test_moov_at_end),
};

CHECK_MAIN (media, tests)
