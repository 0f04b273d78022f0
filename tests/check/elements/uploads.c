/* Several local references are uploaded at once: a few, in their order, each
 * once, and all or nothing.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "foxapiharness.h"

#include <errno.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* As the element has it (foxapiupload.c); one of them in its own thread */
#define AT_ONCE 4
#define N_FILES 6

static gchar *uris[N_FILES];

/* What a file holds: "picture 3" */
static gchar *
make_content (guint index)
{
  return g_strdup_printf ("picture %u", index);
}

static void
setup (void)
{
  harness_setup ();
  for (guint i = 0; i < N_FILES; i++) {
    g_autofree gchar *name = g_strdup_printf ("%u.png", i);
    g_autofree gchar *content = make_content (i);

    uris[i] = harness_make_file (name, content, -1);
  }
}

static void
teardown (void)
{
  for (guint i = 0; i < N_FILES; i++)
    g_clear_pointer (&uris[i], g_free);
  harness_teardown ();
}

static Run *
new_run (guint n_files, gint retries)
{
  GstElement *source = harness_source ("retries", retries, NULL);

  /* NULL ends the list. */
  harness_set_list (source, "reference-image-urls", uris[0],
      n_files > 1 ? uris[1] : NULL, uris[2], uris[3], uris[4], uris[5], NULL);
  return run_new (source);
}

/* Threads of this process that upload */
static guint
count_threads (void)
{
  g_autoptr (GDir) dir = g_dir_open ("/proc/self/task", 0, NULL);
  const gchar *name;
  guint n = 0;

  fail_unless (dir != NULL);
  while ((name = g_dir_read_name (dir)) != NULL) {
    g_autofree gchar *path =
        g_build_filename ("/proc/self/task", name, "comm", NULL);
    g_autofree gchar *comm = NULL;

    /* A thread may end meanwhile. */
    if (g_file_get_contents (path, &comm, NULL, NULL)
        && g_str_has_prefix (comm, "foxapi-upload"))
      n++;
  }
  return n;
}

/* The kernel lists a thread for a moment after it was joined, and one that an
 * uploading thread has begun under that one's name until it has named itself.
 * What was left behind would be listed until this test's time is up. */
static void
wait_for_threads (guint n)
{
  while (count_threads () != n)
    g_thread_yield ();
}

/* The URLs of the submission are those of the files, in their order. */
static void
assert_sent (guint n_files)
{
  g_autoptr (JsonObject) body = harness_submitted (1);
  JsonArray *urls = json_object_get_array_member (body, "reference_image_urls");

  assert_requests (FOXAPI_SIM_SUBMIT, 1);
  fail_unless_equals_int (json_array_get_length (urls), n_files);
  for (guint i = 0; i < n_files; i++) {
    g_autofree gchar *content = make_content (i);

    assert_upload (json_array_get_string_element (urls, i), content);
  }
}

/* Which file the nth upload was */
static guint
which_file (guint nth)
{
  g_autofree gchar *body = harness_request_body (FOXAPI_SIM_UPLOAD, nth);
  const gchar *content = strstr (body, "picture ");

  fail_unless (content != NULL, "%s", body);
  return content[strlen ("picture ")] - '0';
}

/* That four have arrived while none was answered is four at once. Nothing is submitted
 * while one of them, here the second, is still on its way. */
static const struct
{
  guint n_files;
  guint held;                   /* 0: each */
  guint n_uploads;              /* until then */
  gint n_threads;               /* by then; -1: whatever is left */
} waits[] = {
  {N_FILES, 0, AT_ONCE, AT_ONCE - 1}, {1, 0, 1, 0}, {N_FILES, 2, N_FILES, -1},
};

TEST (test_at_once)
{
  g_autoptr (Run) run = new_run (waits[__i__].n_files, 5);

  harness_hold (FOXAPI_SIM_UPLOAD, waits[__i__].held);
  run_to_request (run, GST_STATE_PLAYING, FOXAPI_SIM_UPLOAD,
      waits[__i__].n_uploads);
  if (waits[__i__].n_threads >= 0)
    wait_for_threads (waits[__i__].n_threads);
  assert_requests (FOXAPI_SIM_UPLOAD, waits[__i__].n_uploads);
  assert_requests (FOXAPI_SIM_SUBMIT, 0);
  foxapi_sim_release (sim);
  run_wait (run, GST_MESSAGE_EOS);
  wait_for_threads (0);
  assert_requests (FOXAPI_SIM_UPLOAD, waits[__i__].n_files);
  assert_sent (waits[__i__].n_files);
}

/* By content: the first name is the one that goes. */
TEST (test_same_content)
{
  g_autofree gchar *content = make_content (0);
  g_autofree gchar *twin = harness_make_file ("twin.png", content, -1);
  GstElement *source = harness_source (NULL);
  g_autoptr (Run) run = run_new (source);
  g_autoptr (JsonObject) body = NULL;
  JsonArray *images;

  harness_set_list (source, "reference-image-urls", uris[0], twin, uris[1],
      NULL);
  run_to_eos (run);
  assert_requests (FOXAPI_SIM_UPLOAD, 2);
  body = harness_submitted (1);
  images = json_object_get_array_member (body, "reference_image_urls");
  fail_unless_equals_string (json_array_get_string_element (images, 0),
      json_array_get_string_element (images, 1));
  fail_if (g_str_equal (json_array_get_string_element (images, 0),
          json_array_get_string_element (images, 2)));
}

/* The error is that of the one that failed by itself, and names its file; the
 * others end at once, though nobody answers them. */
TEST (test_one_fails)
{
  g_autoptr (Run) run = new_run (N_FILES, 5);
  g_autoptr (GError) error = NULL;

  for (guint i = 1; i < AT_ONCE; i++)
    harness_hold (FOXAPI_SIM_UPLOAD, i);
  harness_refuse (FOXAPI_SIM_UPLOAD, AT_ONCE, 403);
  run_set_state (run, GST_STATE_PLAYING);
  gst_message_parse_error (run_wait (run, GST_MESSAGE_ERROR), &error, NULL);
  wait_for_threads (0);
  fail_unless (g_error_matches (error, GST_RESOURCE_ERROR,
          GST_RESOURCE_ERROR_NOT_AUTHORIZED), "%s", error->message);
  run_assert_says (run, GST_MESSAGE_ERROR, uris[which_file (AT_ONCE)], NULL);
  run_stop (run);
  fail_unless (foxapi_sim_wait_idle (sim, FOXAPI_SIM_UPLOAD));
  fail_unless_equals_int (run_count (run, GST_MESSAGE_ERROR), 1);
  assert_requests (FOXAPI_SIM_UPLOAD, AT_ONCE);
  assert_requests (FOXAPI_SIM_SUBMIT, 0);
}

/* Stopped: all at once, and nothing is left. Then it goes on. */
TEST (test_stopped)
{
  g_autoptr (Run) run = new_run (N_FILES, 5);

  harness_hold (FOXAPI_SIM_UPLOAD, 0);
  run_to_request (run, GST_STATE_PLAYING, FOXAPI_SIM_UPLOAD, AT_ONCE);
  run_stop (run);
  wait_for_threads (0);
  fail_unless (foxapi_sim_wait_idle (sim, FOXAPI_SIM_UPLOAD));
  assert_requests (FOXAPI_SIM_UPLOAD, AT_ONCE);
  assert_requests (FOXAPI_SIM_SUBMIT, 0);
  fail_unless_equals_int (run_count (run, GST_MESSAGE_ERROR), 0);

  foxapi_sim_release (sim);
  run_to_eos (run);
  assert_requests (FOXAPI_SIM_UPLOAD, AT_ONCE + N_FILES);
  assert_sent (N_FILES);
}

/* Stopped in the pause before another attempt, too */
TEST (test_stopped_in_pause)
{
  const FoxapiSimFault fault = {.status = 500,.headers = "Retry-After: 60" };
  g_autoptr (Run) run = new_run (N_FILES, 5);

  foxapi_sim_script (sim, FOXAPI_SIM_UPLOAD, 0, &fault);
  run_to_request (run, GST_STATE_PLAYING, FOXAPI_SIM_UPLOAD, AT_ONCE);
  run_stop (run);
  wait_for_threads (0);
  fail_unless_equals_int (run_count (run, GST_MESSAGE_ERROR), 0);
  assert_requests (FOXAPI_SIM_SUBMIT, 0);
}

static const FoxapiSimFault passing[] = { {.status = 500}, {.reset = TRUE} };

TEST (test_passing)
{
  g_autoptr (Run) run = new_run (N_FILES, 5);

  foxapi_sim_script (sim, FOXAPI_SIM_UPLOAD, 1, &passing[__i__]);
  foxapi_sim_script (sim, FOXAPI_SIM_UPLOAD, 3, &passing[__i__]);
  run_to_eos (run);
  assert_requests (FOXAPI_SIM_UPLOAD, N_FILES + 2);
  assert_sent (N_FILES);
}

/* A service that takes one at a time refuses the others: the one that is left
 * uploads all, and no retry is spent. */
static const FoxapiSimFault crowded[] = {
  {.status = 429,.headers = "Retry-After: 0"},
  {.status = 503},
};

TEST (test_slowed_down)
{
  g_autoptr (Run) run = new_run (N_FILES, 0);

  harness_hold (FOXAPI_SIM_UPLOAD, 1);
  for (guint i = 2; i <= AT_ONCE; i++)
    foxapi_sim_script (sim, FOXAPI_SIM_UPLOAD, i, &crowded[__i__]);
  run_to_request (run, GST_STATE_PLAYING, FOXAPI_SIM_UPLOAD, AT_ONCE);
  foxapi_sim_release (sim);
  run_wait (run, GST_MESSAGE_EOS);
  assert_requests (FOXAPI_SIM_UPLOAD, N_FILES + AT_ONCE - 1);
  assert_sent (N_FILES);
}

/* One that takes none at all is an error, once. */
TEST (test_too_busy)
{
  g_autoptr (Run) run = new_run (N_FILES, 1);

  foxapi_sim_script (sim, FOXAPI_SIM_UPLOAD, 0, &crowded[0]);
  run_to_error (run, GST_RESOURCE_ERROR_BUSY);
  wait_for_threads (0);
  assert_requests (FOXAPI_SIM_UPLOAD, AT_ONCE - 1 + 2);
  assert_requests (FOXAPI_SIM_SUBMIT, 0);
}

/* Each file is told of once, with its place in the list. */
TEST (test_progress)
{
  g_autoptr (Run) run = new_run (N_FILES, 5);
  g_autofree gchar *text = NULL;

  run_to_eos (run);
  text = run_text (run, GST_MESSAGE_PROGRESS);
  for (guint i = 0; i < N_FILES; i++) {
    g_autofree gchar *line = g_strdup_printf ("Uploading %s (%u of %u)\n",
        uris[i], i + 1, N_FILES);
    g_auto (GStrv) parts = g_strsplit (text, line, -1);

    fail_unless (g_strv_length (parts) == 2, "Not once %s in: %s", line, text);
  }
}

/* Nothing closes a descriptor that another thread may have by now. After each close
 * there is time for the others to be where they must not. */
static gint n_closed_twice;
static gboolean is_watched;

int
close (int fd)
{
  int status = syscall (SYS_close, fd);

  if (!g_atomic_int_get (&is_watched))
    return status;
  if (status < 0 && errno == EBADF)
    g_atomic_int_inc (&n_closed_twice);
  g_usleep (1000);
  return status;
}

TEST (test_closed_once)
{
  g_atomic_int_set (&is_watched, TRUE);
  for (guint i = 0; i < 20; i++) {
    g_autoptr (Run) run = new_run (N_FILES, 5);

    run_play (run);
  }
  g_atomic_int_set (&is_watched, FALSE);
  fail_unless_equals_int (g_atomic_int_get (&n_closed_twice), 0);
}

/* The end of the time is an error that says so, with one file or several. */
TEST (test_overdue)
{
  g_autoptr (Run) run = new_run (__i__ ? N_FILES : 1, 5);

  g_object_set (run->source, "task-timeout", 1, NULL);
  harness_hold (FOXAPI_SIM_UPLOAD, 0);
  run_to_error (run, GST_RESOURCE_ERROR_FAILED);
  run_assert_says (run, GST_MESSAGE_ERROR, "task-timeout", NULL);
  wait_for_threads (0);
  assert_requests (FOXAPI_SIM_SUBMIT, 0);
}

static const Test tests[] = {
  CASE ("several", setup, teardown),
  ROWS (test_at_once, waits),
  ONCE (test_same_content),
  ONCE (test_one_fails),
  ONCE (test_stopped),
  ONCE (test_stopped_in_pause),
  ROWS (test_passing, passing),
  ROWS (test_slowed_down, crowded),
  ONCE (test_too_busy),
  ONCE (test_progress),
  ONCE (test_closed_once),
  TIMES (test_overdue, 2),
};

CHECK_MAIN (uploads, tests)
