/* The clip cache: what was paid for once plays for ever.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "foxapiharness.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PART 60000              /* bytes of a download that is stopped */
static const FoxapiSimFault held = {.hold_at = PART };

static const FoxapiSimFault gone = {.status = 404,.body =
      "{\"error\":{\"message\":\"none\"}}"
};

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
set_up (gboolean is_rendered, gboolean is_endless)
{
  FoxapiSimOptions options = harness_options ();

  if (is_rendered)
    options.payload = NULL;
  options.moov_at_end = is_rendered;
  options.no_length = options.no_ranges = is_endless;
  harness_setup_with (&options);
  disk_is_full = FALSE;
  g_unsetenv ("FOXAPI_CLIP_CACHE_SIZE");
  g_setenv ("FOXAPI_CLIP_CACHE", "", TRUE);
  g_free (cache);
  cache = g_build_filename (store, "clips", NULL);
}

static void
setup (void)
{
  set_up (FALSE, FALSE);
}

static void
setup_rendered (void)
{
  set_up (TRUE, FALSE);
}

static void
setup_endless (void)
{
  set_up (FALSE, TRUE);
}

/* Larger than what fits into one buffer */
static void
setup_large (void)
{
  payload = harness_make_payload (6000001);
  setup ();
}

static GstElement *
source_with (const gchar * property, const gchar * value)
{
  GstElement *source = harness_source ("clip-cache", cache, NULL);

  if (property != NULL)
    g_object_set (source, property, value, NULL);
  return source;
}

/* To the end, and to NULL */
static void
play (GstElement * source, gboolean is_cached)
{
  g_autoptr (Run) run = run_new (source);
  const GstStructure *task;

  task = run_to_task (run, GST_STATE_PLAYING, is_cached ? "completed" : NULL);
  assert_boolean (task, "cached", is_cached);
  run_to_result (run);
  assert_boolean (run->event, "cached", is_cached);
}

/* Likewise, with so many requests by then, and a WARNING with these words if
 * any */
static void
play_and_count (GstElement * source, const gchar * warning, guint n_submitted,
    guint n_downloaded)
{
  g_autoptr (Run) run = run_new (source);

  run_to_result (run);
  run_assert_says (run, GST_MESSAGE_WARNING, warning, NULL);
  assert_requests (FOXAPI_SIM_SUBMIT, n_submitted);
  assert_requests (FOXAPI_SIM_RESULT, n_downloaded);
}

/* (transfer full): the one file of the cache with this end */
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
  fail_unless (found != NULL, "No %s", suffix);
  return found;
}

static guint
count_files (const gchar * directory, const gchar * suffix)
{
  g_autoptr (GPtrArray) files = harness_list_files (directory);
  guint n = 0;

  for (guint i = 0; i < files->len; i++)
    n += g_str_has_suffix (g_ptr_array_index (files, i), suffix);
  return n;
}

static gboolean
has_file (const gchar * suffix)
{
  return count_files (cache, suffix) > 0;
}

static void
change_payload (gsize size)
{
  g_bytes_unref (payload);
  payload = harness_make_payload (size);
  foxapi_sim_change_result (sim, payload);
}

static gchar *
get_digest (GBytes * bytes)
{
  return g_compute_checksum_for_bytes (G_CHECKSUM_SHA256, bytes);
}

/* The clip under its digest, with these bytes */
static void
assert_kept (GBytes * bytes)
{
  g_autofree gchar *path = find_file (".mp4");
  g_autofree gchar *digest = get_digest (bytes);
  g_autofree gchar *name = g_path_get_basename (path);
  g_autofree gchar *expected = g_strconcat (digest, ".mp4", NULL);
  g_autofree gchar *content = NULL;
  gsize length;

  fail_unless_equals_string (name, expected);
  fail_unless (g_file_get_contents (path, &content, &length, NULL));
  fail_unless_equals_int (length, g_bytes_get_size (bytes));
  fail_if (has_file (".part"));
  fail_if (has_file (".part.json"));
}

/* It plays to the end, and a WARNING says why the cache has nothing of it. */
static void
assert_not_kept (GstElement * source, const gchar * warning)
{
  g_autoptr (Run) run = run_new (source);

  run_to_result (run);
  run_assert_says (run, GST_MESSAGE_WARNING, warning, NULL);
  fail_if (has_file (".mp4"));
  fail_if (has_file (".part"));
}

/* (transfer full): the metadata of the one clip */
static gchar *
read_metadata (void)
{
  g_autofree gchar *path = find_file (".json");
  gchar *text = NULL;

  fail_unless (g_file_get_contents (path, &text, NULL, NULL));
  return text;
}

static void
write_metadata (const gchar * text)
{
  g_autofree gchar *path = find_file (".json");

  fail_unless (g_file_set_contents (path, text, -1, NULL));
}

/* The one clip is this one, and was used so often. */
static void
assert_metadata (guint n_uses)
{
  g_autofree gchar *text = read_metadata ();
  g_autofree gchar *uses = g_strdup_printf ("\"uses\" : %u", n_uses);
  g_autofree gchar *id = harness_task_id (1);

  fail_unless (strstr (text, uses) != NULL, "Not %s: %s", uses, text);
  fail_unless (strstr (text, "\"prompt\" : \"A fox\"") != NULL, "%s", text);
  fail_unless (strstr (text, id) != NULL, "No %s in: %s", id, text);
}

/* Neither a key nor a request; an element that brought the clip has it from
 * there, too. */
TEST (test_cached)
{
  g_autoptr (GstElement) source = gst_object_ref_sink (source_with (NULL,
          NULL));

  play (source, FALSE);
  assert_kept (payload);
  play (source_with ("api-key", NULL), TRUE);
  play (source_with ("task-store", ""), TRUE);
  assert_metadata (2);
  play (source, TRUE);
  assert_requests (FOXAPI_SIM_SUBMIT, 1);
  assert_requests (FOXAPI_SIM_RESULT, 1);
  fail_if (harness_files_contain (store, foxapi_sim_get_api_key (sim)));
}

TEST (test_other_requests)
{
  play (source_with (NULL, NULL), FALSE);
  play (source_with ("prompt", "A hare"), FALSE);
  play (harness_source (NULL), FALSE);
  assert_requests (FOXAPI_SIM_SUBMIT, 3);
}

/* Unset, the environment says where it is; then only a URI has one. */
TEST (test_where)
{
  g_autofree gchar *standard =
      g_build_filename (g_get_user_cache_dir (), "gst-foxapi", NULL);
  GstElement *source = harness_source (NULL);

  harness_remove_tree (standard);
  harness_set_uri (source, "foxapi://generate/?prompt=A+fox");
  play (source, FALSE);
  fail_if (g_file_test (standard, G_FILE_TEST_EXISTS));

  g_unsetenv ("FOXAPI_CLIP_CACHE");
  play (harness_source (NULL), FALSE);
  fail_if (g_file_test (standard, G_FILE_TEST_EXISTS));
  source = harness_source (NULL);
  harness_set_uri (source, "foxapi://generate/?prompt=A+fox");
  play (source, FALSE);
  fail_unless (g_file_test (standard, G_FILE_TEST_EXISTS));
  harness_remove_tree (standard);

  g_setenv ("FOXAPI_CLIP_CACHE", cache, TRUE);
  play (harness_source (NULL), FALSE);
  play (harness_source (NULL), TRUE);
  play (harness_source ("clip-cache", "", NULL), FALSE);
  fail_if (g_file_test (standard, G_FILE_TEST_EXISTS));
}

TEST (test_seek)
{
  g_autoptr (Run) run = NULL;
  g_autoptr (GBytes) rest = g_bytes_new_from_bytes (payload, 90000,
      g_bytes_get_size (payload) - 90000);
  gint64 duration;

  play (source_with (NULL, NULL), FALSE);
  run = run_new (source_with ("api-key", NULL));
  run_preroll (run);
  fail_unless (gst_element_query_duration (run->source, GST_FORMAT_BYTES,
          &duration));
  fail_unless_equals_int (duration, g_bytes_get_size (payload));
  fail_unless (gst_element_seek_simple (run->pipeline, GST_FORMAT_BYTES,
          GST_SEEK_FLAG_FLUSH, 90000));
  run_play (run);
  run_assert_data (run, rest);
}

/* Plays until PART bytes have been sent, and stops there. */
static void
begin_download (GstElement * source)
{
  g_autoptr (Run) run = run_new (source);
  gsize length = 0;

  foxapi_sim_script (sim, FOXAPI_SIM_RESULT, 1, &held);
  run_set_state (run, GST_STATE_PLAYING);
  while (length < PART) {
    g_mutex_lock (&run->lock);
    length = run->data->len;
    g_mutex_unlock (&run->lock);
    g_usleep (1000);
  }
  run_stop (run);
  foxapi_sim_release (sim);
}

/* The next element gets the rest of the download, and pays nothing. */
static void
assert_goes_on (GstElement * source)
{
  play (source, FALSE);
  assert_requests (FOXAPI_SIM_SUBMIT, 1);
  assert_requests (FOXAPI_SIM_RESULT, 2);
  assert_header (FOXAPI_SIM_RESULT, 2, "Range", "bytes=" G_STRINGIFY (PART)
      "-");
  assert_kept (payload);
}

/* Not only the store knows the task of what is there in part. */
TEST (test_download_goes_on)
{
  begin_download (source_with (NULL, NULL));
  fail_unless (has_file (".part"));
  assert_goes_on (source_with ("task-store", __i__ ? store : ""));
}

TEST (test_download_goes_on_after_kill)
{
  g_autofree gchar *property = g_strconcat ("clip-cache=", cache, NULL);
  g_autoptr (GSubprocess) client = NULL;
  GStatBuf status = { 0 };

  foxapi_sim_script (sim, FOXAPI_SIM_RESULT, 1, &held);
  client = harness_spawn (property, FALSE);
  while (status.st_size < PART) {
    if (has_file (".part")) {
      g_autofree gchar *path = find_file (".part");

      g_stat (path, &status);
    }
    g_usleep (1000);
  }
  harness_kill (client);
  foxapi_sim_release (sim);
  assert_goes_on (source_with (NULL, NULL));
}

TEST (test_changed_file_is_read_anew)
{
  begin_download (source_with (NULL, NULL));
  change_payload (99001);
  play (source_with (NULL, NULL), FALSE);
  assert_kept (payload);
}

/* In the cache is safe, wherever the pipeline comes to: no record is needed. */
TEST (test_record_goes_when_kept)
{
  g_autoptr (Run) run = run_new (source_with (NULL, NULL));

  run_preroll (run);
  run_stop (run);
  assert_kept (payload);
  fail_unless_equals_int (count_files (store, ".task"), 0);
}

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

TEST (test_damaged_is_fetched_again)
{
  play (source_with (NULL, NULL), FALSE);
  damage ();
  play_and_count (source_with (NULL, NULL), "damaged", 1, 2);
  assert_kept (payload);
  play (source_with ("api-key", NULL), TRUE);
}

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

TEST (test_compared_from_time_to_time)
{
  g_autoptr (GRegex) regex = g_regex_new (stale[__i__][0], 0, 0, NULL);
  g_autofree gchar *text = NULL, *changed = NULL;

  play (source_with (NULL, NULL), FALSE);
  damage_silently ();
  text = read_metadata ();
  changed = g_regex_replace_literal (regex, text, -1, 0, stale[__i__][1], 0,
      NULL);
  fail_if (g_str_equal (text, changed));
  write_metadata (changed);
  play_and_count (source_with (NULL, NULL), "damaged", 1, 2);
}

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

/* Nothing is paid for without being told so. */
TEST (test_damaged_and_gone)
{
  g_autoptr (Run) run = run_new (source_with (NULL, NULL));

  play (source_with (NULL, NULL), FALSE);
  damage ();
  foxapi_sim_script (sim, FOXAPI_SIM_ASK, 0, &gone);
  run_to_error (run, GST_RESOURCE_ERROR_READ);
  assert_requests (FOXAPI_SIM_SUBMIT, 1);
  fail_unless_equals_int (run->data->len, 0);

  spoil (".json", GONE);
  run_to_error (run, GST_RESOURCE_ERROR_READ);
  assert_requests (FOXAPI_SIM_SUBMIT, 1);
}

static GstElement *
source_of_clip (const gchar * digest)
{
  GstElement *source = source_with ("api-key", NULL);
  g_autofree gchar *uri = g_strconcat ("foxapi://clips/", digest, NULL);

  g_object_set (source, "prompt", NULL, NULL);
  harness_set_uri (source, uri);
  return source;
}

/* The clip and its requests are enough to play it, and to describe it anew. */
TEST (test_metadata_is_lost)
{
  g_autofree gchar *digest = get_digest (payload);

  play (source_with (NULL, NULL), FALSE);
  spoil (".json", __i__);
  play (source_of_clip (digest), TRUE);
  spoil (".json", GONE);
  for (guint i = 0; i < 3; i++)
    play (source_with ("api-key", NULL), TRUE);
  assert_requests (FOXAPI_SIM_SUBMIT, 1);
  assert_requests (FOXAPI_SIM_RESULT, 1);
  assert_metadata (3);
}

/* The request knows the task: downloading it again is free. */
TEST (test_metadata_is_lost_and_clip_is_damaged)
{
  g_autoptr (Run) run = run_new (source_with (NULL, NULL));

  play (source_with (NULL, NULL), FALSE);
  spoil (".json", __i__);
  damage ();
  play_and_count (source_with (NULL, NULL), NULL, 1, 2);
  play (source_with ("api-key", NULL), TRUE);

  spoil (".json", __i__);
  damage ();
  foxapi_sim_script (sim, FOXAPI_SIM_ASK, 0, &gone);
  run_to_error (run, GST_RESOURCE_ERROR_READ);
  assert_requests (FOXAPI_SIM_SUBMIT, 1);
}

/* Whoever removes a clip by hand leaves its requests. */
TEST (test_request_of_no_clip)
{
  g_autofree gchar *digest = get_digest (payload);
  g_autoptr (GPtrArray) files = NULL;

  play (source_with (NULL, NULL), FALSE);
  spoil (".json", GONE);
  spoil (".mp4", GONE);
  play_and_count (source_with (NULL, NULL), NULL, 1, 2);

  spoil (".json", GONE);
  spoil (".mp4", GONE);
  files = harness_list_files (cache);
  for (guint i = 0; i < files->len; i++) {
    if (g_str_has_suffix (g_ptr_array_index (files, i), ".request"))
      fail_unless (g_file_set_contents (g_ptr_array_index (files, i), digest,
              -1, NULL));
  }
  play_and_count (source_with (NULL, NULL), NULL, 2, 3);
}

/* There was a clip: nothing is paid for before a person has decided. The
 * element that was refused goes on then. */
TEST (test_request_of_no_use)
{
  g_autoptr (Run) run = run_new (source_with (NULL, NULL));

  play (source_with (NULL, NULL), FALSE);
  spoil (".request", __i__);
  run_to_error (run, GST_RESOURCE_ERROR_READ);
  run_assert_says (run, GST_MESSAGE_WARNING, "is of no use", NULL);
  assert_requests (FOXAPI_SIM_SUBMIT, 1);
  if (__i__ != DIRECTORY) {
    spoil (".request", GONE);
    run_to_eos (run);
    assert_requests (FOXAPI_SIM_SUBMIT, 2);
  }
}

TEST (test_clip_is_not_a_file)
{
  play (source_with (NULL, NULL), FALSE);
  spoil (".mp4", __i__);
  play_and_count (source_with (NULL, NULL), "not a regular file", 1, 2);
}

/* A part of which the service knows nothing any more is nothing. */
TEST (test_part_and_gone)
{
  begin_download (source_with (NULL, NULL));
  harness_script_next (FOXAPI_SIM_ASK, 2, &gone);
  play_and_count (source_with ("task-store", ""), "charges for it again", 2, 2);
}

/* Likewise, by an element whose first start got no answer, and whose next one
 * therefore knows the task. Its file is uploaded: the simulator lets no other
 * body pass. */
TEST (test_part_and_gone_after_a_restart)
{
  FoxapiSimFault wrong_key = {.status = 401 };
  g_autofree gchar *picture = harness_make_file ("a.png", "picture", -1);
  g_autoptr (Run) run = run_new (source_with ("reference-image", picture));

  g_object_set (run->source, "task-store", "", NULL);
  begin_download (source_with ("reference-image", picture));
  harness_script_next (FOXAPI_SIM_ASK, 1, &wrong_key);
  run_to_error (run, GST_RESOURCE_ERROR_NOT_AUTHORIZED);
  harness_script_next (FOXAPI_SIM_ASK, 2, &gone);
  run_to_result (run);
  assert_requests (FOXAPI_SIM_SUBMIT, 2);
}

/* Without the cache its damaged clip is none of the element's business. */
TEST (test_damaged_and_cache_is_off)
{
  g_autoptr (Run) run = run_new (source_with (NULL, NULL));

  play (source_with (NULL, NULL), FALSE);
  damage ();
  harness_script_next (FOXAPI_SIM_ASK, 4, &gone);
  run_to_error (run, GST_RESOURCE_ERROR_READ);
  g_object_set (run->source, "clip-cache", "", NULL);
  run_to_result (run);
  assert_requests (FOXAPI_SIM_SUBMIT, 2);
}

TEST (test_another_take)
{
  GstElement *source = source_with (NULL, NULL);

  play (source_with (NULL, NULL), FALSE);
  g_object_set (source, "task-id", NULL, NULL);
  play (source, FALSE);
  assert_requests (FOXAPI_SIM_SUBMIT, 2);
  play (source_with (NULL, NULL), TRUE);
}

TEST (test_takes_of_a_uri)
{
  static const gchar *const uris[] = { "foxapi://generate/?prompt=A+fox",
    "foxapi://generate/?prompt=A+fox&take=2"
  };
  g_autofree gchar *one = NULL, *two = NULL;

  for (guint i = 0; i < 4; i++) {
    GstElement *source = source_with (NULL, NULL);

    harness_set_uri (source, uris[i % 2]);
    play (source, i >= 2);
  }
  assert_requests (FOXAPI_SIM_SUBMIT, 2);
  one = harness_request_body (FOXAPI_SIM_SUBMIT, 1);
  two = harness_request_body (FOXAPI_SIM_SUBMIT, 2);
  fail_unless_equals_string (one, two);
}

/* A take that was paid for and not delivered is resumed by none of the others. */
TEST (test_takes_in_the_store)
{
  GstElement *one = source_with (NULL, NULL);
  GstElement *two = source_with (NULL, NULL);
  g_autofree gchar *uri = NULL;

  harness_set_uri (one, "foxapi://generate/?prompt=A+fox");
  harness_set_uri (two, "foxapi://generate/?prompt=A+fox&take=2");
  uri = gst_uri_handler_get_uri (GST_URI_HANDLER (two));
  fail_unless (g_str_has_suffix (uri, "&take=2"), "%s", uri);
  run_abandon (one);
  play (two, FALSE);
  assert_requests (FOXAPI_SIM_SUBMIT, 2);
}

TEST (test_clip_uri)
{
  g_autofree gchar *digest = get_digest (payload);
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

TEST (test_task_uri)
{
  g_autofree gchar *id = NULL, *uri = NULL;
  GstElement *source = source_with ("api-key", NULL);

  play (source_with (NULL, NULL), FALSE);
  id = harness_task_id (1);
  uri = g_strconcat ("foxapi://tasks/", id, NULL);
  harness_set_uri (source, uri);
  play (source, TRUE);
}

TEST (test_no_key)
{
  g_autoptr (Run) run = run_new (source_with ("api-key", NULL));

  run_to_error (run, GST_RESOURCE_ERROR_NOT_AUTHORIZED);
  assert_nothing_sent ();
}

/* Whoever comes second waits for the first one's clip. */
TEST (test_two_at_once)
{
  g_autoptr (Run) one = run_new (source_with (NULL, NULL));
  g_autoptr (Run) two = run_new (source_with (NULL, NULL));

  harness_hold (FOXAPI_SIM_SUBMIT, 1);
  run_to_request (one, GST_STATE_PLAYING, FOXAPI_SIM_SUBMIT, 1);
  run_set_state (two, GST_STATE_PLAYING);
  run_wait_progress (two, "Waiting for the same clip");
  foxapi_sim_release (sim);
  run_to_result (one);
  run_to_result (two);
  assert_boolean (two->event, "cached", TRUE);
  assert_requests (FOXAPI_SIM_SUBMIT, 1);
  assert_requests (FOXAPI_SIM_RESULT, 1);
}

/* One that is paused may wait for the other one: both are of one pipeline. */
TEST (test_stalled_is_not_waited_for)
{
  g_autoptr (Run) one = run_new (source_with (NULL, NULL));

  run_preroll (one);
  play (source_with (NULL, NULL), FALSE);
  run_to_result (one);
  assert_requests (FOXAPI_SIM_SUBMIT, 1);
  assert_kept (payload);
}

TEST (test_ten_processes)
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

TEST (test_full_disk)
{
  disk_is_full = TRUE;
  assert_not_kept (source_with (NULL, NULL), "cannot keep");
  disk_is_full = FALSE;
  play (source_with (NULL, NULL), FALSE);
  assert_kept (payload);
}

TEST (test_no_directory)
{
  assert_not_kept (source_with ("clip-cache", "/dev/null/clips"),
      "cannot keep");
}

TEST (test_no_length)
{
  assert_not_kept (source_with (NULL, NULL), "does not tell how long");
}

static void
play_another (const gchar * prompt)
{
  change_payload (100003 + strlen (prompt));
  play (source_with ("prompt", prompt), FALSE);
}

/* (transfer full): the path of the only clip in a cache of this size */
static gchar *
fill_cache (const gchar * size)
{
  g_setenv ("FOXAPI_CLIP_CACHE_SIZE", size, TRUE);
  play_another ("A hare");
  return find_file (".mp4");
}

/* The least recently used one goes where there is no room for two. A slip in the
 * size must not leave a cache that keeps nothing. */
static const gchar *const sizes[] = {
  "150 kB", "1.5M", "1.5 MB", "0.5G", "2kg", "12 boxes", "-5", "much"
};

TEST (test_sizes)
{
  g_autofree gchar *path = fill_cache (sizes[__i__]);

  play_another ("A hound");
  fail_unless_equals_int (g_file_test (path, G_FILE_TEST_EXISTS), __i__ > 0);
  if (__i__ == 0)
    assert_kept (payload);
}

TEST (test_size_below_one_clip)
{
  g_setenv ("FOXAPI_CLIP_CACHE_SIZE", __i__ ? "0" : "1k", TRUE);
  assert_not_kept (source_with (NULL, NULL), "FOXAPI_CLIP_CACHE_SIZE");
}

/* What is pinned stays, and whoever has no room for that is told. */
TEST (test_pinned_leave_no_room)
{
  g_autofree gchar *path = fill_cache ("150k");
  g_autofree gchar *text = read_metadata ();
  g_autofree gchar *pinned =
      g_strconcat ("{\"pinned\": true, ", text + 1, NULL);

  write_metadata (pinned);
  change_payload (100001);
  play_and_count (source_with ("prompt", "A hound"), "pinned", 2, 2);
  fail_unless (g_file_test (path, G_FILE_TEST_EXISTS));
}

/* What led to a clip goes with it, also where its metadata does not say so. */
TEST (test_requests_go_with_their_clip)
{
  g_free (fill_cache ("150k"));
  spoil (".json", GONE);
  play_another ("A hound");
  fail_unless_equals_int (count_files (cache, ".request"), 2);
}

TEST (test_what_is_read_stays)
{
  g_autofree gchar *path = fill_cache ("150k");
  g_autoptr (GBytes) bytes = g_bytes_ref (payload);
  g_autoptr (Run) run = run_new (source_with ("prompt", "A hare"));

  run_preroll (run);
  play_another ("A hound");
  fail_unless (g_file_test (path, G_FILE_TEST_EXISTS));
  run_play (run);
  run_assert_data (run, bytes);
  play_another ("A badger");
  fail_if (g_file_test (path, G_FILE_TEST_EXISTS));
}

/* A demuxer that reads the index at the end first, and does not come there again */
TEST (test_index_at_end)
{
  GstElement *pipeline =
      gst_parse_launch ("qtdemux name=demuxer ! fakesink", NULL);
  g_autoptr (GstElement) demuxer =
      gst_bin_get_by_name (GST_BIN (pipeline), "demuxer");
  g_autoptr (GBytes) result = NULL;
  GstElement *source = source_with (NULL, NULL);

  fail_unless (gst_bin_add (GST_BIN (pipeline), source)
      && gst_element_link (source, demuxer));
  harness_play (pipeline);
  gst_object_unref (pipeline);
  result = foxapi_sim_get_result (sim, NULL);
  assert_kept (result);
}

static const Test tests[] = {
  CASE ("cache", setup, harness_teardown),
  ONCE (test_cached),
  ONCE (test_other_requests),
  ONCE (test_where),
  ONCE (test_seek),
  TIMES (test_download_goes_on, 2),
  ONCE (test_download_goes_on_after_kill),
  ONCE (test_changed_file_is_read_anew),
  ONCE (test_record_goes_when_kept),
  ONCE (test_damaged_is_fetched_again),
  ROWS (test_compared_from_time_to_time, stale),
  ONCE (test_damaged_and_gone),
  TIMES (test_metadata_is_lost, DIRECTORY),
  TIMES (test_metadata_is_lost_and_clip_is_damaged, DIRECTORY),
  ONCE (test_request_of_no_clip),
  RANGE (test_request_of_no_use, EMPTY, N_FATES),
  RANGE (test_clip_is_not_a_file, FIFO, N_FATES),
  ONCE (test_part_and_gone),
  ONCE (test_part_and_gone_after_a_restart),
  ONCE (test_damaged_and_cache_is_off),
  ONCE (test_another_take),
  ONCE (test_takes_of_a_uri),
  ONCE (test_takes_in_the_store),
  ONCE (test_clip_uri),
  ONCE (test_task_uri),
  ONCE (test_no_key),
  ONCE (test_two_at_once),
  ONCE (test_ten_processes),
  ONCE (test_full_disk),
  ONCE (test_no_directory),
  ROWS (test_sizes, sizes),
  TIMES (test_size_below_one_clip, 2),
  ONCE (test_pinned_leave_no_room),
  ONCE (test_requests_go_with_their_clip),
  ONCE (test_what_is_read_stays),
  CASE ("large", setup_large, harness_teardown),
  ONCE (test_stalled_is_not_waited_for),
  CASE ("length", setup_endless, harness_teardown),
  ONCE (test_no_length),
  CASE ("index", setup_rendered, harness_teardown),
  ONCE (test_index_at_end),
};

CHECK_MAIN (clips, tests)
