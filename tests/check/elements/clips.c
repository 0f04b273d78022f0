/* The clip cache: what was paid for once plays for ever.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "foxapiharness.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static gchar *cache;            /* the directory of the clips */
static gboolean disk_is_full;

/* Stands before that of the C library: the plugin's calls come here. */
ssize_t
pwrite (int fd, const void *bytes, size_t size, off_t position)
{
  g_autofree gchar *link = g_strdup_printf ("/proc/self/fd/%d", fd);
  g_autofree gchar *path = g_file_read_link (link, NULL);

  if (disk_is_full && path != NULL && g_str_has_suffix (path, ".part")) {
    errno = ENOSPC;
    return -1;
  }
  return syscall (SYS_pwrite64, fd, bytes, size, position);
}

static void
set_up_cache (void)
{
  disk_is_full = FALSE;
  g_unsetenv ("FOXAPI_CLIP_CACHE_SIZE");
  g_setenv ("FOXAPI_CLIP_CACHE", "", TRUE);
  g_free (cache);
  cache = g_build_filename (store, "clips", NULL);
}

static void
setup (void)
{
  harness_setup ();
  set_up_cache ();
}

static void
setup_rendered (void)
{
  FoxapiSimOptions options = harness_options ();

  options.payload = NULL;
  options.moov_at_end = TRUE;
  harness_setup_with (&options);
  set_up_cache ();
}

static void
setup_endless (void)
{
  FoxapiSimOptions options = harness_options ();

  options.no_length = TRUE;
  options.no_ranges = TRUE;
  harness_setup_with (&options);
  set_up_cache ();
}

/* Larger than what fits into one buffer */
static void
setup_large (void)
{
  FoxapiSimOptions options;

  g_clear_pointer (&payload, g_bytes_unref);
  payload = harness_make_payload (6000001);
  options = harness_options ();
  harness_setup_with (&options);
  set_up_cache ();
}

static GstElement *
source_with (const gchar * property, const gchar * value)
{
  GstElement *source = harness_source ("clip-cache", cache, NULL);

  if (property != NULL)
    g_object_set (source, property, value, NULL);
  return source;
}

static void
set_uri (GstElement * source, const gchar * uri)
{
  g_autoptr (GError) error = NULL;

  fail_unless (gst_uri_handler_set_uri (GST_URI_HANDLER (source), uri, &error),
      "%s", error ? error->message : "");
}

/* To the end, and to NULL */
static void
play (GstElement * source, gboolean is_cached)
{
  g_autoptr (Run) run = run_new (source);
  const GstStructure *task;

  run_set_state (run, GST_STATE_PLAYING);
  task = run_wait_task (run, is_cached ? "completed" : NULL);
  assert_boolean (task, "cached", is_cached);
  run_to_eos (run);
  run_stop (run);
  run_assert_data (run, payload);
  assert_boolean (run->event, "cached", is_cached);
}

/* (transfer full): the one file of the cache with this end, or %NULL */
static gchar *
find_file (const gchar * suffix)
{
  g_autoptr (GPtrArray) files = harness_list_files (cache);
  gchar *found = NULL;

  for (guint i = 0; i < files->len; i++) {
    if (!g_str_has_suffix (g_ptr_array_index (files, i), suffix))
      continue;
    fail_unless (found == NULL, "More than one %s", suffix);
    found = g_strdup (g_ptr_array_index (files, i));
  }
  return found;
}

static guint
count_files (const gchar * suffix)
{
  g_autoptr (GPtrArray) files = harness_list_files (cache);
  guint n = 0;

  for (guint i = 0; i < files->len; i++)
    n += g_str_has_suffix (g_ptr_array_index (files, i), suffix);
  return n;
}

static gboolean
has_file (const gchar * suffix)
{
  return count_files (suffix) > 0;
}

/* The clip under its digest, with these bytes */
static void
assert_kept (GBytes * bytes)
{
  g_autofree gchar *path = find_file (".mp4");
  g_autofree gchar *digest =
      g_compute_checksum_for_bytes (G_CHECKSUM_SHA256, bytes);
  g_autofree gchar *name = NULL, *content = NULL;
  g_autofree gchar *expected = g_strconcat (digest, ".mp4", NULL);
  gsize length;

  fail_unless (path != NULL);
  name = g_path_get_basename (path);
  fail_unless_equals_string (name, expected);
  fail_unless (g_file_get_contents (path, &content, &length, NULL));
  fail_unless_equals_int (length, g_bytes_get_size (bytes));
  fail_if (has_file (".part"));
  fail_if (has_file (".part.json"));
}

static gboolean
has_warned (Run * run, const gchar * words)
{
  for (guint i = 0; i < run->messages->len; i++) {
    GstMessage *message = g_ptr_array_index (run->messages, i);
    g_autoptr (GError) warning = NULL;

    if (GST_MESSAGE_TYPE (message) != GST_MESSAGE_WARNING)
      continue;
    gst_message_parse_warning (message, &warning, NULL);
    if (strstr (warning->message, words) != NULL)
      return TRUE;
  }
  return FALSE;
}

/* Neither a key nor a request */
GST_START_TEST (test_cached)
{
  g_autofree gchar *known_path = NULL, *known = NULL;

  play (source_with (NULL, NULL), FALSE);
  assert_kept (payload);
  play (source_with ("api-key", NULL), TRUE);
  play (source_with ("task-store", ""), TRUE);
  assert_requests (FOXAPI_SIM_SUBMIT, 1);
  assert_requests (FOXAPI_SIM_RESULT, 1);
  fail_if (harness_files_contain (store, foxapi_sim_get_api_key (sim)));
  known_path = find_file (".json");
  fail_unless (g_file_get_contents (known_path, &known, NULL, NULL));
  fail_unless (strstr (known, "\"uses\" : 2") != NULL, "%s", known);
  fail_unless (strstr (known, "\"prompt\" : \"A fox\"") != NULL, "%s", known);
}

GST_END_TEST;

/* The element that brought the clip has it from there, too. */
GST_START_TEST (test_restart_is_cached)
{
  g_autoptr (GstElement) source = gst_object_ref_sink (source_with (NULL,
          NULL));

  play (source, FALSE);
  play (source, TRUE);
  assert_requests (FOXAPI_SIM_SUBMIT, 1);
  assert_requests (FOXAPI_SIM_RESULT, 1);
}

GST_END_TEST;

GST_START_TEST (test_other_requests)
{
  play (source_with (NULL, NULL), FALSE);
  play (source_with ("prompt", "A hare"), FALSE);
  play (harness_source (NULL), FALSE);
  assert_requests (FOXAPI_SIM_SUBMIT, 3);
}

GST_END_TEST;

/* Unset, the environment says where it is; then only a URI has one. */
GST_START_TEST (test_where)
{
  g_autofree gchar *standard =
      g_build_filename (g_get_user_cache_dir (), "gst-foxapi", NULL);
  GstElement *source = harness_source (NULL);

  harness_remove_tree (standard);
  set_uri (source, "foxapi://generate/?prompt=A+fox");
  play (source, FALSE);
  fail_if (g_file_test (standard, G_FILE_TEST_EXISTS));

  g_unsetenv ("FOXAPI_CLIP_CACHE");
  play (harness_source (NULL), FALSE);
  fail_if (g_file_test (standard, G_FILE_TEST_EXISTS));
  source = harness_source (NULL);
  set_uri (source, "foxapi://generate/?prompt=A+fox");
  play (source, FALSE);
  fail_unless (g_file_test (standard, G_FILE_TEST_EXISTS));
  harness_remove_tree (standard);

  g_setenv ("FOXAPI_CLIP_CACHE", cache, TRUE);
  play (harness_source (NULL), FALSE);
  play (harness_source (NULL), TRUE);
  play (harness_source ("clip-cache", "", NULL), FALSE);
  fail_if (g_file_test (standard, G_FILE_TEST_EXISTS));
}

GST_END_TEST;

GST_START_TEST (test_seek)
{
  g_autoptr (Run) run = NULL;
  g_autoptr (GBytes) rest = g_bytes_new_from_bytes (payload, 90000,
      g_bytes_get_size (payload) - 90000);
  gint64 duration;

  play (source_with (NULL, NULL), FALSE);
  run = run_new (source_with ("api-key", NULL));
  run_set_state (run, GST_STATE_PAUSED);
  run_wait (run, GST_MESSAGE_ASYNC_DONE);
  fail_unless (gst_element_query_duration (run->source, GST_FORMAT_BYTES,
          &duration));
  fail_unless_equals_int (duration, g_bytes_get_size (payload));
  fail_unless (gst_element_seek_simple (run->pipeline, GST_FORMAT_BYTES,
          GST_SEEK_FLAG_FLUSH, 90000));
  run_to_eos (run);
  run_stop (run);
  run_assert_data (run, rest);
}

GST_END_TEST;

/* Plays until so many bytes have been sent, and stops there. */
static void
begin_download_of (GstElement * source, guint64 bytes)
{
  FoxapiSimFault hold = {.hold_at = bytes };
  g_autoptr (Run) run = run_new (source);
  gsize length = 0;

  foxapi_sim_script (sim, FOXAPI_SIM_RESULT, 1, &hold);
  run_set_state (run, GST_STATE_PLAYING);
  while (length < bytes) {
    g_mutex_lock (&run->lock);
    length = run->data->len;
    g_mutex_unlock (&run->lock);
    g_usleep (1000);
  }
  run_stop (run);
  foxapi_sim_release (sim);
}

static void
begin_download (guint64 bytes)
{
  begin_download_of (source_with (NULL, NULL), bytes);
}

GST_START_TEST (test_download_goes_on)
{
  g_autofree gchar *range = NULL;

  begin_download (60000);
  fail_unless (has_file (".part"));
  play (source_with (NULL, NULL), FALSE);
  assert_requests (FOXAPI_SIM_SUBMIT, 1);
  assert_requests (FOXAPI_SIM_RESULT, 2);
  range = harness_request_header (FOXAPI_SIM_RESULT, 2, "Range");
  fail_unless_equals_string (range, "bytes=60000-");
  assert_kept (payload);
}

GST_END_TEST;

/* Not only the store knows the task of what is there in part. */
GST_START_TEST (test_download_goes_on_without_record)
{
  begin_download (60000);
  play (source_with ("task-store", ""), FALSE);
  assert_requests (FOXAPI_SIM_SUBMIT, 1);
  assert_kept (payload);
}

GST_END_TEST;

GST_START_TEST (test_download_goes_on_after_kill)
{
  FoxapiSimFault hold = {.hold_at = 60000 };
  g_autofree gchar *property = g_strconcat ("clip-cache=", cache, NULL);
  g_autofree gchar *range = NULL;
  g_autoptr (GSubprocess) client = NULL;
  GStatBuf status = { 0 };

  foxapi_sim_script (sim, FOXAPI_SIM_RESULT, 1, &hold);
  client = harness_spawn (property, FALSE);
  while (status.st_size < 60000) {
    g_autofree gchar *path = find_file (".part");

    if (path != NULL)
      g_stat (path, &status);
    g_usleep (1000);
  }
  g_subprocess_send_signal (client, SIGKILL);
  fail_unless (g_subprocess_wait (client, NULL, NULL));
  foxapi_sim_release (sim);
  play (source_with (NULL, NULL), FALSE);
  range = harness_request_header (FOXAPI_SIM_RESULT, 2, "Range");
  fail_unless_equals_string (range, "bytes=60000-");
  assert_requests (FOXAPI_SIM_SUBMIT, 1);
  assert_kept (payload);
}

GST_END_TEST;

GST_START_TEST (test_changed_file_is_read_anew)
{
  begin_download (60000);
  g_bytes_unref (payload);
  payload = harness_make_payload (99001);
  foxapi_sim_change_result (sim, payload);
  play (source_with (NULL, NULL), FALSE);
  assert_kept (payload);
}

GST_END_TEST;

/* In the cache is safe, wherever the pipeline comes to: no record is needed. */
GST_START_TEST (test_record_goes_when_kept)
{
  g_autoptr (Run) run = run_new (source_with (NULL, NULL));
  g_autoptr (GPtrArray) files = NULL;

  run_set_state (run, GST_STATE_PAUSED);
  run_wait (run, GST_MESSAGE_ASYNC_DONE);
  fail_if (has_file (".task"));
  run_stop (run);
  assert_kept (payload);
  files = harness_list_files (store);
  for (guint i = 0; i < files->len; i++)
    fail_if (g_str_has_suffix (g_ptr_array_index (files, i), ".task"));
}

GST_END_TEST;

static void
damage (void)
{
  g_autofree gchar *path = find_file (".mp4");
  g_autofree gchar *content = NULL;
  gsize length;

  fail_unless (g_file_get_contents (path, &content, &length, NULL));
  content[length / 2] ^= 1;
  fail_unless (g_file_set_contents (path, content, length, NULL));
}

GST_START_TEST (test_damaged_is_fetched_again)
{
  g_autoptr (Run) run = NULL;

  play (source_with (NULL, NULL), FALSE);
  damage ();
  run = run_new (source_with (NULL, NULL));
  run_to_eos (run);
  run_stop (run);
  run_assert_data (run, payload);
  fail_unless (has_warned (run, "damaged"));
  assert_requests (FOXAPI_SIM_SUBMIT, 1);
  assert_requests (FOXAPI_SIM_RESULT, 2);
  assert_kept (payload);
  play (source_with ("api-key", NULL), TRUE);
}

GST_END_TEST;

/* Damage that shows in no time and no size, as a disk does it */
static void
damage_silently (void)
{
  g_autofree gchar *path = find_file (".mp4");
  struct stat before;
  struct timespec times[2];
  gint fd = g_open (path, O_RDWR | O_CLOEXEC, 0);

  fail_unless (fd >= 0 && fstat (fd, &before) == 0);
  times[0] = before.st_atim;
  times[1] = before.st_mtim;
  fail_unless_equals_int (pwrite (fd, "fox", 3, 50000), 3);
  fail_unless_equals_int (futimens (fd, times), 0);
  close (fd);
}

/* As if the clip had last been compared a day ago, or before the machine booted */
static const gchar *const stale[][2] = {
  {"\"time\" : [0-9]+", "\"time\" : 1700000000"},
  {"\"boot\" : \"[^\"]*\"", "\"boot\" : \"another\""},
};

GST_START_TEST (test_compared_from_time_to_time)
{
  g_autoptr (GRegex) regex = g_regex_new (stale[__i__][0], 0, 0, NULL);
  g_autofree gchar *path = NULL, *text = NULL, *changed = NULL;
  g_autoptr (Run) run = run_new (source_with (NULL, NULL));

  play (source_with (NULL, NULL), FALSE);
  damage_silently ();
  path = find_file (".json");
  fail_unless (g_file_get_contents (path, &text, NULL, NULL));
  changed = g_regex_replace_literal (regex, text, -1, 0, stale[__i__][1], 0,
      NULL);
  fail_if (g_str_equal (text, changed));
  fail_unless (g_file_set_contents (path, changed, -1, NULL));
  run_to_eos (run);
  run_stop (run);
  run_assert_data (run, payload);
  fail_unless (has_warned (run, "damaged"));
  assert_requests (FOXAPI_SIM_SUBMIT, 1);
}

GST_END_TEST;

/* Nothing is paid for without being told so. */
GST_START_TEST (test_damaged_and_gone)
{
  FoxapiSimFault gone = {.status = 404,.body =
        "{\"error\":{\"message\":\"none\"}}"
  };
  g_autoptr (Run) run = run_new (source_with (NULL, NULL));
  g_autofree gchar *path = NULL;

  play (source_with (NULL, NULL), FALSE);
  path = find_file (".json");
  damage ();
  foxapi_sim_script (sim, FOXAPI_SIM_ASK, 0, &gone);
  run_to_error (run, GST_RESOURCE_ERROR_READ);
  run_stop (run);
  assert_requests (FOXAPI_SIM_SUBMIT, 1);
  fail_unless_equals_int (run->data->len, 0);

  fail_unless_equals_int (g_unlink (path), 0);
  run_to_error (run, GST_RESOURCE_ERROR_READ);
  assert_requests (FOXAPI_SIM_SUBMIT, 1);
}

GST_END_TEST;

typedef enum
{
  GONE,
  EMPTY,
  GARBAGE,
  FIFO,
  DIRECTORY,
  N_FATES
} Fate;

/* What may have become of the files with this end */
static void
spoil (const gchar * suffix, Fate fate)
{
  g_autoptr (GPtrArray) files = harness_list_files (cache);

  for (guint i = 0; i < files->len; i++) {
    const gchar *path = g_ptr_array_index (files, i);

    if (!g_str_has_suffix (path, suffix))
      continue;
    g_unlink (path);
    if (fate == FIFO)
      fail_unless (mkfifo (path, 0600) == 0);
    else if (fate == DIRECTORY)
      fail_unless (g_mkdir (path, 0700) == 0);
    else if (fate != GONE)
      fail_unless (g_file_set_contents (path, fate == EMPTY ? "" : "{ fox", -1,
              NULL));
  }
}

static void
play_and_count (GstElement * source, guint n_submitted, guint n_downloaded)
{
  g_autoptr (Run) run = run_new (source);

  run_to_eos (run);
  run_stop (run);
  run_assert_data (run, payload);
  assert_requests (FOXAPI_SIM_SUBMIT, n_submitted);
  assert_requests (FOXAPI_SIM_RESULT, n_downloaded);
}

static GstElement *source_of_clip (const gchar * digest);

/* The clip and its requests are enough to play it, and to describe it anew. */
GST_START_TEST (test_metadata_is_lost)
{
  g_autofree gchar *digest =
      g_compute_checksum_for_bytes (G_CHECKSUM_SHA256, payload);
  g_autofree gchar *known_path = NULL, *known = NULL, *id = NULL;

  play (source_with (NULL, NULL), FALSE);
  id = harness_task_id (1);
  spoil (".json", __i__);
  play (source_of_clip (digest), TRUE);
  spoil (".json", GONE);
  play (source_with ("api-key", NULL), TRUE);
  play (source_with ("api-key", NULL), TRUE);
  play_and_count (source_with ("api-key", NULL), 1, 1);
  known_path = find_file (".json");
  fail_unless (g_file_get_contents (known_path, &known, NULL, NULL));
  fail_unless (strstr (known, "\"uses\" : 3") != NULL, "%s", known);
  fail_unless (strstr (known, "\"prompt\" : \"A fox\"") != NULL, "%s", known);
  fail_unless (strstr (known, id) != NULL, "%s", known);
}

GST_END_TEST;

/* The request knows the task: downloading it again is free. */
GST_START_TEST (test_metadata_is_lost_and_clip_is_damaged)
{
  FoxapiSimFault gone = {.status = 404,.body =
        "{\"error\":{\"message\":\"none\"}}"
  };
  g_autoptr (Run) run = run_new (source_with (NULL, NULL));

  play (source_with (NULL, NULL), FALSE);
  spoil (".json", __i__);
  damage ();
  play_and_count (source_with (NULL, NULL), 1, 2);
  play (source_with ("api-key", NULL), TRUE);

  spoil (".json", __i__);
  damage ();
  foxapi_sim_script (sim, FOXAPI_SIM_ASK, 0, &gone);
  run_to_error (run, GST_RESOURCE_ERROR_READ);
  assert_requests (FOXAPI_SIM_SUBMIT, 1);
}

GST_END_TEST;

/* Whoever removes a clip by hand leaves its requests. */
GST_START_TEST (test_request_of_no_clip)
{
  g_autofree gchar *digest =
      g_compute_checksum_for_bytes (G_CHECKSUM_SHA256, payload);
  g_autoptr (GPtrArray) files = NULL;

  play (source_with (NULL, NULL), FALSE);
  spoil (".json", GONE);
  spoil (".mp4", GONE);
  play_and_count (source_with (NULL, NULL), 1, 2);

  spoil (".json", GONE);
  spoil (".mp4", GONE);
  files = harness_list_files (cache);
  for (guint i = 0; i < files->len; i++) {
    if (g_str_has_suffix (g_ptr_array_index (files, i), ".request"))
      fail_unless (g_file_set_contents (g_ptr_array_index (files, i), digest,
              -1, NULL));
  }
  play_and_count (source_with (NULL, NULL), 2, 3);
}

GST_END_TEST;

/* There was a clip: nothing is paid for before a person has decided. */
GST_START_TEST (test_request_of_no_use)
{
  g_autoptr (Run) run = run_new (source_with (NULL, NULL));

  play (source_with (NULL, NULL), FALSE);
  spoil (".request", __i__);
  run_to_error (run, GST_RESOURCE_ERROR_READ);
  fail_unless (has_warned (run, "is of no use"));
  assert_requests (FOXAPI_SIM_SUBMIT, 1);
  if (__i__ != DIRECTORY) {
    /* The element that was refused goes on when the person has decided. */
    run_stop (run);
    spoil (".request", GONE);
    run_to_eos (run);
    assert_requests (FOXAPI_SIM_SUBMIT, 2);
  }
}

GST_END_TEST;

GST_START_TEST (test_clip_is_not_a_file)
{
  g_autoptr (Run) run = run_new (source_with (NULL, NULL));

  play (source_with (NULL, NULL), FALSE);
  spoil (".mp4", __i__);
  run_to_eos (run);
  run_stop (run);
  run_assert_data (run, payload);
  fail_unless (has_warned (run, "not a regular file"));
  assert_requests (FOXAPI_SIM_SUBMIT, 1);
  assert_requests (FOXAPI_SIM_RESULT, 2);
}

GST_END_TEST;

/* A part of which the service knows nothing any more is nothing. */
GST_START_TEST (test_part_and_gone)
{
  FoxapiSimFault gone = {.status = 404,.body =
        "{\"error\":{\"message\":\"none\"}}"
  };
  g_autoptr (Run) run = run_new (source_with ("task-store", ""));

  begin_download (60000);
  for (guint i = 1; i <= 2; i++)
    foxapi_sim_script (sim, FOXAPI_SIM_ASK,
        foxapi_sim_count_requests (sim, FOXAPI_SIM_ASK) + i, &gone);
  run_to_eos (run);
  run_stop (run);
  run_assert_data (run, payload);
  fail_unless (has_warned (run, "charges for it again"));
  assert_requests (FOXAPI_SIM_SUBMIT, 2);
}

GST_END_TEST;

/* Likewise, by an element whose first start got no answer, and whose next one
 * therefore knows the task. Its file is uploaded: the simulator lets no other
 * body pass. */
GST_START_TEST (test_part_and_gone_after_a_restart)
{
  FoxapiSimFault wrong_key = {.status = 401 }, gone = {.status = 404,.body =
        "{\"error\":{\"message\":\"none\"}}"
  };
  g_autofree gchar *picture = harness_make_file ("a.png", "picture", -1);
  g_autoptr (Run) run = run_new (source_with ("reference-image", picture));
  guint asked;

  g_object_set (run->source, "task-store", "", NULL);
  begin_download_of (source_with ("reference-image", picture), 60000);
  asked = foxapi_sim_count_requests (sim, FOXAPI_SIM_ASK);
  foxapi_sim_script (sim, FOXAPI_SIM_ASK, asked + 1, &wrong_key);
  for (guint i = 2; i <= 3; i++)
    foxapi_sim_script (sim, FOXAPI_SIM_ASK, asked + i, &gone);
  run_to_error (run, GST_RESOURCE_ERROR_NOT_AUTHORIZED);
  run_stop (run);
  run_to_eos (run);
  run_stop (run);
  run_assert_data (run, payload);
  assert_requests (FOXAPI_SIM_SUBMIT, 2);
}

GST_END_TEST;

/* Without the cache its damaged clip is none of the element's business. */
GST_START_TEST (test_damaged_and_cache_is_off)
{
  FoxapiSimFault gone = {.status = 404,.body =
        "{\"error\":{\"message\":\"none\"}}"
  };
  g_autoptr (Run) run = run_new (source_with (NULL, NULL));
  guint asked;

  play (source_with (NULL, NULL), FALSE);
  damage ();
  asked = foxapi_sim_count_requests (sim, FOXAPI_SIM_ASK);
  for (guint i = 1; i <= 4; i++)
    foxapi_sim_script (sim, FOXAPI_SIM_ASK, asked + i, &gone);
  run_to_error (run, GST_RESOURCE_ERROR_READ);
  run_stop (run);
  g_object_set (run->source, "clip-cache", "", NULL);
  run_to_eos (run);
  run_assert_data (run, payload);
  assert_requests (FOXAPI_SIM_SUBMIT, 2);
}

GST_END_TEST;

GST_START_TEST (test_another_take)
{
  GstElement *source = source_with (NULL, NULL);

  play (source_with (NULL, NULL), FALSE);
  g_object_set (source, "task-id", NULL, NULL);
  play (source, FALSE);
  assert_requests (FOXAPI_SIM_SUBMIT, 2);
  play (source_with (NULL, NULL), TRUE);
}

GST_END_TEST;

GST_START_TEST (test_takes_of_a_uri)
{
  static const gchar *const uris[] = { "foxapi://generate/?prompt=A+fox",
    "foxapi://generate/?prompt=A+fox&take=2"
  };
  g_autofree gchar *one = NULL, *two = NULL;

  for (guint i = 0; i < 4; i++) {
    GstElement *source = source_with (NULL, NULL);

    set_uri (source, uris[i % 2]);
    play (source, i >= 2);
  }
  assert_requests (FOXAPI_SIM_SUBMIT, 2);
  one = harness_request_body (FOXAPI_SIM_SUBMIT, 1);
  two = harness_request_body (FOXAPI_SIM_SUBMIT, 2);
  fail_unless_equals_string (one, two);
}

GST_END_TEST;

/* A take that was paid for and not delivered is resumed by none of the others. */
GST_START_TEST (test_takes_in_the_store)
{
  GstElement *one = source_with (NULL, NULL);
  GstElement *two = source_with (NULL, NULL);
  g_autoptr (Run) run = NULL;
  g_autofree gchar *uri = NULL;

  set_uri (one, "foxapi://generate/?prompt=A+fox");
  set_uri (two, "foxapi://generate/?prompt=A+fox&take=2");
  uri = gst_uri_handler_get_uri (GST_URI_HANDLER (two));
  fail_unless (g_str_has_suffix (uri, "&take=2"), "%s", uri);
  run = run_new (one);
  run_set_state (run, GST_STATE_PAUSED);
  run_wait_task (run, NULL);
  run_stop (run);
  play (two, FALSE);
  assert_requests (FOXAPI_SIM_SUBMIT, 2);
}

GST_END_TEST;

static GstElement *
source_of_clip (const gchar * digest)
{
  GstElement *source = source_with ("api-key", NULL);
  g_autofree gchar *uri = g_strconcat ("foxapi://clips/", digest, NULL);

  g_object_set (source, "prompt", NULL, NULL);
  set_uri (source, uri);
  return source;
}

GST_START_TEST (test_clip_uri)
{
  g_autofree gchar *digest =
      g_compute_checksum_for_bytes (G_CHECKSUM_SHA256, payload);
  g_autofree gchar *none = g_strnfill (64, '0');
  g_autoptr (Run) missing = run_new (source_of_clip (none));
  g_autoptr (Run) damaged = run_new (source_of_clip (digest));
  g_autofree gchar *uri = NULL;

  play (source_with (NULL, NULL), FALSE);
  play (source_of_clip (digest), TRUE);
  uri = gst_uri_handler_get_uri (GST_URI_HANDLER (damaged->source));
  fail_unless (g_str_has_suffix (uri, digest), "%s", uri);
  run_to_error (missing, GST_RESOURCE_ERROR_NOT_FOUND);
  damage ();
  run_to_error (damaged, GST_RESOURCE_ERROR_READ);
  assert_requests (FOXAPI_SIM_SUBMIT, 1);
}

GST_END_TEST;

GST_START_TEST (test_task_uri)
{
  g_autofree gchar *id = NULL, *uri = NULL;
  GstElement *source = source_with ("api-key", NULL);

  play (source_with (NULL, NULL), FALSE);
  id = harness_task_id (1);
  uri = g_strconcat ("foxapi://tasks/", id, NULL);
  set_uri (source, uri);
  play (source, TRUE);
}

GST_END_TEST;

GST_START_TEST (test_no_key)
{
  g_autoptr (Run) run = run_new (source_with ("api-key", NULL));

  run_to_error (run, GST_RESOURCE_ERROR_NOT_AUTHORIZED);
  assert_nothing_sent ();
}

GST_END_TEST;

/* Whoever comes second waits for the first one's clip. */
GST_START_TEST (test_two_at_once)
{
  FoxapiSimFault hold = {.hold = TRUE };
  g_autoptr (Run) one = run_new (source_with (NULL, NULL));
  g_autoptr (Run) two = run_new (source_with (NULL, NULL));
  g_autofree gchar *text = NULL;

  foxapi_sim_script (sim, FOXAPI_SIM_SUBMIT, 1, &hold);
  run_set_state (one, GST_STATE_PLAYING);
  fail_unless (foxapi_sim_wait_requests (sim, FOXAPI_SIM_SUBMIT, 1));
  run_set_state (two, GST_STATE_PLAYING);
  do {
    g_clear_pointer (&text, g_free);
    gst_message_parse_progress (run_wait (two, GST_MESSAGE_PROGRESS), NULL,
        NULL, &text);
  } while (!g_str_has_prefix (text, "Waiting for the same clip"));
  foxapi_sim_release (sim);
  run_to_eos (one);
  run_to_eos (two);
  run_stop (one);
  run_stop (two);
  run_assert_data (two, payload);
  assert_boolean (two->event, "cached", TRUE);
  assert_requests (FOXAPI_SIM_SUBMIT, 1);
  assert_requests (FOXAPI_SIM_RESULT, 1);
}

GST_END_TEST;

/* One that is paused may wait for the other one: both are of one pipeline. */
GST_START_TEST (test_stalled_is_not_waited_for)
{
  g_autoptr (Run) one = run_new (source_with (NULL, NULL));

  run_set_state (one, GST_STATE_PAUSED);
  run_wait (one, GST_MESSAGE_ASYNC_DONE);
  play (source_with (NULL, NULL), FALSE);
  run_to_eos (one);
  run_stop (one);
  run_assert_data (one, payload);
  assert_requests (FOXAPI_SIM_SUBMIT, 1);
  assert_kept (payload);
}

GST_END_TEST;

GST_START_TEST (test_ten_processes)
{
  g_autofree gchar *property = g_strconcat ("clip-cache=", cache, NULL);
  g_autoptr (GPtrArray) clients = g_ptr_array_new_with_free_func
      (g_object_unref);

  for (guint i = 0; i < 10; i++)
    g_ptr_array_add (clients, harness_spawn (property, FALSE));
  for (guint i = 0; i < 10; i++)
    fail_unless (g_subprocess_wait_check (g_ptr_array_index (clients, i), NULL,
            NULL));
  assert_requests (FOXAPI_SIM_SUBMIT, 1);
  assert_requests (FOXAPI_SIM_RESULT, 1);
  assert_kept (payload);
}

GST_END_TEST;

GST_START_TEST (test_full_disk)
{
  g_autoptr (Run) run = run_new (source_with (NULL, NULL));

  disk_is_full = TRUE;
  run_to_eos (run);
  run_stop (run);
  run_assert_data (run, payload);
  fail_unless (has_warned (run, "cannot keep"));
  fail_if (has_file (".mp4"));
  fail_if (has_file (".part"));
  disk_is_full = FALSE;
  play (source_with (NULL, NULL), FALSE);
  assert_kept (payload);
}

GST_END_TEST;

GST_START_TEST (test_no_directory)
{
  g_autoptr (Run) run = run_new (source_with ("clip-cache", "/dev/null/clips"));

  run_to_eos (run);
  run_stop (run);
  run_assert_data (run, payload);
  fail_unless (has_warned (run, "cannot keep"));
}

GST_END_TEST;

GST_START_TEST (test_no_length)
{
  g_autoptr (Run) run = run_new (source_with (NULL, NULL));

  run_to_eos (run);
  run_stop (run);
  run_assert_data (run, payload);
  fail_unless (has_warned (run, "does not tell how long"));
  fail_if (has_file (".mp4"));
  fail_if (has_file (".part"));
}

GST_END_TEST;

static void
change_payload (gsize size)
{
  g_bytes_unref (payload);
  payload = harness_make_payload (size);
  foxapi_sim_change_result (sim, payload);
}

static void
play_another (const gchar * prompt)
{
  change_payload (100003 + strlen (prompt));
  play (source_with ("prompt", prompt), FALSE);
}

GST_START_TEST (test_least_recently_used_goes)
{
  g_autofree gchar *path = NULL;

  g_setenv ("FOXAPI_CLIP_CACHE_SIZE", "150 k", TRUE);
  play_another ("A hare");
  path = find_file (".mp4");
  play_another ("A hound");
  fail_if (g_file_test (path, G_FILE_TEST_EXISTS));
  assert_kept (payload);
}

GST_END_TEST;

/* A slip must not leave a cache that keeps nothing. */
GST_START_TEST (test_sizes)
{
  static const gchar *const sizes[] = { "1.5M", "1.5 MB", "0.5G", "2kg",
    "12 boxes", "-5", "much"
  };
  g_autofree gchar *path = NULL;

  g_setenv ("FOXAPI_CLIP_CACHE_SIZE", sizes[__i__], TRUE);
  play_another ("A hare");
  path = find_file (".mp4");
  play_another ("A hound");
  fail_unless (g_file_test (path, G_FILE_TEST_EXISTS));
}

GST_END_TEST;

GST_START_TEST (test_size_below_one_clip)
{
  static const gchar *const sizes[] = { "1k", "0" };
  g_autoptr (Run) run = run_new (source_with (NULL, NULL));

  g_setenv ("FOXAPI_CLIP_CACHE_SIZE", sizes[__i__], TRUE);
  run_to_eos (run);
  run_stop (run);
  run_assert_data (run, payload);
  fail_unless (has_warned (run, "FOXAPI_CLIP_CACHE_SIZE"));
  fail_if (has_file (".mp4"));
  fail_if (has_file (".part"));
}

GST_END_TEST;

/* What is pinned stays, and whoever has no room for that is told. */
GST_START_TEST (test_pinned_leave_no_room)
{
  g_autofree gchar *path = NULL, *text = NULL, *pinned = NULL;
  g_autoptr (Run) run = run_new (source_with ("prompt", "A hound"));

  g_setenv ("FOXAPI_CLIP_CACHE_SIZE", "150k", TRUE);
  play_another ("A hare");
  path = find_file (".json");
  fail_unless (g_file_get_contents (path, &text, NULL, NULL));
  pinned = g_strconcat ("{\"pinned\": true, ", text + 1, NULL);
  fail_unless (g_file_set_contents (path, pinned, -1, NULL));
  change_payload (100001);
  run_to_eos (run);
  run_stop (run);
  fail_unless (has_warned (run, "pinned"));
  fail_unless (g_file_test (path, G_FILE_TEST_EXISTS));
}

GST_END_TEST;

/* What led to a clip goes with it, also where its metadata does not say so. */
GST_START_TEST (test_requests_go_with_their_clip)
{
  g_setenv ("FOXAPI_CLIP_CACHE_SIZE", "150k", TRUE);
  play_another ("A hare");
  spoil (".json", GONE);
  play_another ("A hound");
  fail_unless_equals_int (count_files (".request"), 2);
}

GST_END_TEST;

GST_START_TEST (test_what_is_read_stays)
{
  g_autoptr (GBytes) bytes = NULL;
  g_autofree gchar *path = NULL;
  g_autoptr (Run) run = run_new (source_with ("prompt", "A hare"));

  g_setenv ("FOXAPI_CLIP_CACHE_SIZE", "150k", TRUE);
  play_another ("A hare");
  bytes = g_bytes_ref (payload);
  path = find_file (".mp4");
  run_set_state (run, GST_STATE_PAUSED);
  run_wait (run, GST_MESSAGE_ASYNC_DONE);
  play_another ("A hound");
  fail_unless (g_file_test (path, G_FILE_TEST_EXISTS));
  run_to_eos (run);
  run_stop (run);
  run_assert_data (run, bytes);
  play_another ("A badger");
  fail_if (g_file_test (path, G_FILE_TEST_EXISTS));
}

GST_END_TEST;

/* A demuxer that reads the index at the end first, and does not come there again */
GST_START_TEST (test_index_at_end)
{
  GstElement *pipeline =
      gst_parse_launch ("qtdemux name=demuxer ! fakesink", NULL);
  g_autoptr (GstElement) demuxer =
      gst_bin_get_by_name (GST_BIN (pipeline), "demuxer");
  g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);
  g_autoptr (GstMessage) message = NULL;
  g_autoptr (GBytes) result = NULL;
  GstElement *source = source_with (NULL, NULL);

  fail_unless (gst_bin_add (GST_BIN (pipeline), source)
      && gst_element_link (source, demuxer));
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  message = gst_bus_timed_pop_filtered (bus, 60 * GST_SECOND,
      GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  fail_unless (message != NULL
      && GST_MESSAGE_TYPE (message) == GST_MESSAGE_EOS);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_object_unref (pipeline);
  result = foxapi_sim_get_result (sim, NULL);
  assert_kept (result);
}

GST_END_TEST;

#define add(suite, name, fixture, test) \
  G_STMT_START { \
    TCase *other = tcase_create (name); \
    suite_add_tcase (suite, other); \
    tcase_add_checked_fixture (other, fixture, harness_teardown); \
    tcase_add_test (other, test); \
  } G_STMT_END

static Suite *
clips_suite (void)
{
  Suite *suite = suite_create ("clips");
  TCase *tcase = tcase_create ("cache");

  suite_add_tcase (suite, tcase);
  tcase_add_checked_fixture (tcase, setup, harness_teardown);
  tcase_add_test (tcase, test_cached);
  tcase_add_test (tcase, test_restart_is_cached);
  tcase_add_test (tcase, test_other_requests);
  tcase_add_test (tcase, test_where);
  tcase_add_test (tcase, test_seek);
  tcase_add_test (tcase, test_download_goes_on);
  tcase_add_test (tcase, test_download_goes_on_without_record);
  tcase_add_test (tcase, test_download_goes_on_after_kill);
  tcase_add_test (tcase, test_changed_file_is_read_anew);
  tcase_add_test (tcase, test_record_goes_when_kept);
  tcase_add_test (tcase, test_damaged_is_fetched_again);
  tcase_add_loop_test (tcase, test_compared_from_time_to_time, 0, 2);
  tcase_add_test (tcase, test_damaged_and_gone);
  tcase_add_loop_test (tcase, test_metadata_is_lost, 0, DIRECTORY);
  tcase_add_loop_test (tcase, test_metadata_is_lost_and_clip_is_damaged, 0,
      DIRECTORY);
  tcase_add_test (tcase, test_request_of_no_clip);
  tcase_add_loop_test (tcase, test_request_of_no_use, EMPTY, N_FATES);
  tcase_add_loop_test (tcase, test_clip_is_not_a_file, FIFO, N_FATES);
  tcase_add_test (tcase, test_part_and_gone);
  tcase_add_test (tcase, test_part_and_gone_after_a_restart);
  tcase_add_test (tcase, test_damaged_and_cache_is_off);
  tcase_add_test (tcase, test_another_take);
  tcase_add_test (tcase, test_takes_of_a_uri);
  tcase_add_test (tcase, test_takes_in_the_store);
  tcase_add_test (tcase, test_clip_uri);
  tcase_add_test (tcase, test_task_uri);
  tcase_add_test (tcase, test_no_key);
  tcase_add_test (tcase, test_two_at_once);
  tcase_add_test (tcase, test_ten_processes);
  tcase_add_test (tcase, test_full_disk);
  tcase_add_test (tcase, test_no_directory);
  tcase_add_test (tcase, test_least_recently_used_goes);
  tcase_add_loop_test (tcase, test_sizes, 0, 7);
  tcase_add_loop_test (tcase, test_size_below_one_clip, 0, 2);
  tcase_add_test (tcase, test_pinned_leave_no_room);
  tcase_add_test (tcase, test_requests_go_with_their_clip);
  tcase_add_test (tcase, test_what_is_read_stays);
  add (suite, "large", setup_large, test_stalled_is_not_waited_for);
  add (suite, "length", setup_endless, test_no_length);
  add (suite, "index", setup_rendered, test_index_at_end);
  return suite;
}

GST_CHECK_MAIN (clips)
