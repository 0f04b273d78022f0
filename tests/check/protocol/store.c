/* The record of paid tasks: what is kept, and who holds it
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <fcntl.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "protocoltest.h"
#include "storetest.h"

static FoxapiRecord *
take_task (const gchar * id)
{
  return foxapi_store_take_task (directory, SERVICE, id, NULL);
}

TEST (test_life)
{
  FoxapiRecord *record;

  check_nothing_to_take ();
  record = add (NULL);
  fail_unless (record->task_id == NULL);
  fail_unless_equals_int (count_files (), 1);
  fail_unless (foxapi_record_set_task_id (record, "task-1", NULL));
  fail_unless_equals_string (record->task_id, "task-1");
  fail_unless_equals_int (count_files (), 1);
  foxapi_record_free (record);

  record = take_record ("task-1");
  foxapi_record_remove (record);
  fail_unless_equals_int (count_files (), 0);
  foxapi_record_free (record);
  check_nothing_to_take ();
}

TEST (test_file)
{
  g_autoptr (FoxapiRecord) record = add ("task-1");
  const gchar *path = record->path;
  g_autofree gchar *parent = g_path_get_dirname (path);
  g_autofree gchar *text = NULL;
  struct stat status;

  fail_unless_equals_string (parent, directory);
  fail_unless (g_str_has_suffix (path, ".task"));
  fail_unless (lstat (path, &status) == 0);
  fail_unless (S_ISREG (status.st_mode));
  fail_unless_equals_int (status.st_mode & 07777, 0600);
  fail_unless (g_file_get_contents (path, &text, NULL, NULL));
  check_words (text, "task-1", SERVICE, "a-model", "A fox", identity, NULL);
  fail_unless (g_str_has_suffix (text, "\n"));
}

/* The mode does not depend on the umask, in neither direction. */
TEST (test_modes)
{
  static const mode_t masks[] = { 0, 022, 077 };
  g_autofree gchar *parent = g_build_filename (directory, "new", NULL);
  g_autofree gchar *below = g_build_filename (parent, "below", NULL);

  for (guint i = 0; i < G_N_ELEMENTS (masks); i++) {
    mode_t old = umask (masks[i]);
    g_autoptr (FoxapiRecord) record = add_in (below, NULL);
    struct stat status;

    umask (old);
    fail_unless (record != NULL);
    fail_unless (stat (record->path, &status) == 0);
    fail_unless_equals_int (status.st_mode & 07777, 0600);
    fail_unless (stat (below, &status) == 0);
    fail_unless_equals_int (status.st_mode & 07777, 0700);
    foxapi_record_remove (record);
    fail_unless (g_rmdir (below) == 0 && g_rmdir (parent) == 0);
  }
}

/* The service, the key and the request make it. */
static const gchar *const identities[][3] = {
  {SERVICE, KEY_DIGEST, "{\"prompt\":\"A\"}"},
  {SERVICE, KEY_DIGEST, "{\"prompt\":\"B\"}"},
  {SERVICE, "other", "{\"prompt\":\"A\"}"},
  {"http://other", KEY_DIGEST, "{\"prompt\":\"A\"}"},
};

TEST (test_identities)
{
  g_autofree gchar *other = foxapi_store_identify (identities[__i__][0],
      identities[__i__][1], identities[__i__][2]);

  fail_unless_equals_int (g_str_equal (other, identity), __i__ == 0);
}

/* Two names that begin alike don't make two requests equal. */
TEST (test_other_request)
{
  g_autoptr (FoxapiRecord) record = add ("task-1");
  g_autofree gchar *mine = g_strdup (identity);
  gchar *last = identity + strlen (identity) - 1;

  foxapi_record_let_go (record);
  *last = *last == '0' ? '1' : '0';
  check_nothing_to_take ();
  g_free (identity);
  identity = foxapi_store_identify (SERVICE, KEY_DIGEST, "{}");
  check_nothing_to_take ();
  g_free (identity);
  identity = g_steal_pointer (&mine);
  check_taken ("task-1");
}

/* An intent, too, while its submission is under way: whoever looks is told of it, and
 * cannot remove it. */
TEST (test_held_in_this_process)
{
  g_autoptr (FoxapiRecord) record = add (NULL);
  g_autoptr (GPtrArray) intents = g_ptr_array_new_with_free_func
      ((GDestroyNotify) foxapi_record_free);
  FoxapiRecord *intent;

  check_nothing_to_take ();
  fail_unless (foxapi_store_take (directory, identity, NULL, intents, NULL,
          NULL) == NULL);
  fail_unless_equals_int (intents->len, 1);
  intent = g_ptr_array_index (intents, 0);
  fail_unless (intent->is_held && !foxapi_record_hold (intent));
  foxapi_record_remove (intent);
  fail_unless (is_there (record->path));
  fail_unless (foxapi_record_set_task_id (record, "task-1", NULL));
  check_nothing_to_take ();
  foxapi_record_let_go (record);
  check_taken ("task-1");
  fail_unless (foxapi_record_hold (record));
  fail_unless (foxapi_record_hold (record));
  check_nothing_to_take ();
}

TEST (test_hold_in_vain)
{
  g_autoptr (FoxapiRecord) record = add ("task-1");
  FoxapiRecord *other;

  foxapi_record_let_go (record);
  other = take (0, NULL);
  fail_if (foxapi_record_hold (record));
  /* who holds nothing removes nothing */
  foxapi_record_remove (record);
  fail_unless_equals_int (count_files (), 1);
  remove_record (other);
  fail_if (foxapi_record_hold (record));
}

/* It is told of until somebody has it forgotten. */
TEST (test_lost_intent)
{
  g_autoptr (GPtrArray) lost = g_ptr_array_new_with_free_func ((GDestroyNotify)
      foxapi_record_free);
  g_autofree gchar *path = add_file (NULL);
  g_autoptr (FoxapiRecord) own = NULL;
  FoxapiRecord *intent;

  fail_unless (take (1, NULL) == NULL);
  fail_unless (foxapi_store_take (directory, identity, NULL, lost, NULL, NULL)
      == NULL);
  fail_unless_equals_int (lost->len, 1);
  intent = g_ptr_array_index (lost, 0);
  fail_unless_equals_string (intent->path, path);
  fail_unless_equals_string (intent->model, "a-model");
  fail_unless (intent->created > 0);
  own = add (NULL);
  fail_unless (take (1, NULL) == NULL);
  /* who holds nothing removes nothing */
  foxapi_record_remove (intent);
  fail_unless (is_there (path));
  fail_unless (foxapi_record_hold (intent));
  foxapi_record_remove (intent);
  check_nothing_to_take ();
  fail_unless_equals_int (count_files (), 1);
}

/* Who takes up the task is not told of the intent beside it: whoever comes next
 * and is about to pay is. */
TEST (test_lost_intent_beside_a_task)
{
  FoxapiRecord *record;

  foxapi_record_free (add (NULL));
  foxapi_record_free (add ("task-1"));
  record = take_record ("task-1");
  fail_unless_equals_int (count_files (), 2);
  fail_unless (take (1, NULL) == NULL);
  foxapi_record_free (record);
}

/* The process died when the id was on the disk, but not under the name yet. */
TEST (test_id_under_the_temporary_name)
{
  g_autofree gchar *path = add_file ("task-1");
  g_autofree gchar *name = g_path_get_basename (path);
  g_autofree gchar *new_name = g_strconcat (".new-", name, NULL);
  g_autofree gchar *temporary = g_build_filename (directory, new_name, NULL);
  g_autofree gchar *intent = add_file (NULL);
  g_autoptr (FoxapiRecord) record = NULL;

  fail_unless (g_rename (path, temporary) == 0);
  fail_unless (g_rename (intent, path) == 0);
  record = take_record ("task-1");
  fail_unless_equals_string (record->path, path);
  fail_unless_equals_int (count_files (), 1);
  check_nothing_to_take ();
}

/* A clock that is wrong, now or then, decides nothing. */
TEST (test_any_time)
{
  static const gint64 times[] = { G_MININT64, -1, 0, 1, 1700000000,
    4000000000, G_MAXINT64
  };

  for (guint i = 0; i < G_N_ELEMENTS (times); i++) {
    FoxapiRecord *record = add (NULL);

    record->created = times[i];
    fail_unless (foxapi_record_set_task_id (record, "task-1", NULL));
    foxapi_record_free (record);
    record = take (0, NULL);
    fail_unless (record != NULL && record->created == times[i]);
    remove_record (record);
  }
}

/* To look at a record is not to hold it. */
TEST (test_looking_is_not_holding)
{
  g_autofree gchar *path = add_file ("task-1");
  g_autofree gchar *intent = NULL;
  gint fd = open (path, O_RDONLY);
  FoxapiRecord *record;

  fail_unless (flock (fd, LOCK_SH) == 0);
  record = take (0, NULL);
  fail_unless (record != NULL);
  foxapi_record_free (record);
  fail_unless (g_unlink (path) == 0);
  close (fd);

  intent = add_file (NULL);
  fd = open (intent, O_RDONLY);
  fail_unless (flock (fd, LOCK_SH) == 0);
  fail_unless (take (1, NULL) == NULL);
  close (fd);
}

/* Who is stopped while it looks through many records stops at once. */
TEST (test_cancelled)
{
  g_autoptr (GPtrArray) lost = g_ptr_array_new ();
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();

  foxapi_record_free (add ("task-1"));
  foxapi_record_free (add (NULL));
  g_cancellable_cancel (cancellable);
  fail_unless (foxapi_store_take (directory, identity, NULL, lost, cancellable,
          NULL)
      == NULL);
  fail_unless (foxapi_store_take_task (directory, SERVICE, "task-1",
          cancellable) == NULL);
  fail_unless_equals_int (lost->len, 0);
}

/* Two equal requests at once: a task each, and each is taken once. */
TEST (test_two_of_a_kind)
{
  g_autoptr (FoxapiRecord) a = NULL, b = NULL;

  foxapi_record_free (add ("task-1"));
  foxapi_record_free (add ("task-2"));
  fail_unless_equals_int (count_files (), 2);
  a = take (0, NULL);
  b = take (0, NULL);
  fail_unless (a != NULL && b != NULL);
  fail_if (g_str_equal (a->task_id, b->task_id));
  check_nothing_to_take ();
}

TEST (test_take_task)
{
  g_autoptr (FoxapiRecord) record = NULL;

  fail_unless (take_task ("task-1") == NULL);
  foxapi_record_free (add ("task-1"));
  foxapi_record_free (add (NULL));
  fail_unless (take_task ("task-2") == NULL);
  fail_unless (foxapi_store_take_task (directory, "http://x", "task-1", NULL)
      == NULL);
  record = take_task ("task-1");
  fail_unless (record != NULL);
  fail_unless_equals_string (record->task_id, "task-1");
  fail_unless (take_task ("task-1") == NULL);
  /* an intent that nobody asked for stays */
  fail_unless_equals_int (count_files (), 2);
}

/* The task of a record that was taken can be replaced, the lock stays. */
TEST (test_set_id_again)
{
  FoxapiRecord *record;

  foxapi_record_free (add ("task-1"));
  record = take (0, NULL);
  fail_unless (foxapi_record_set_task_id (record, "task-2", NULL));
  check_nothing_to_take ();
  fail_unless_equals_int (count_files (), 1);
  foxapi_record_free (record);
  check_taken ("task-2");
}

/* Runs @child in a process of its own, which then waits to be killed. */
static GPid
start_process (void (*child) (void))
{
  gint pipes[2];
  gchar byte;
  GPid pid;

  fail_unless (pipe (pipes) == 0);
  pid = fork ();
  fail_unless (pid >= 0);
  if (pid == 0) {
    child ();
    if (write (pipes[1], "x", 1) != 1)
      _exit (1);
    for (;;)
      pause ();
  }
  close (pipes[1]);
  fail_unless (read (pipes[0], &byte, 1) == 1);
  close (pipes[0]);
  return pid;
}

static void
kill_process (GPid pid)
{
  gint status;

  fail_unless (kill (pid, SIGKILL) == 0);
  fail_unless (waitpid (pid, &status, 0) == pid);
  fail_unless (WIFSIGNALED (status) && WTERMSIG (status) == SIGKILL);
}

static void
do_nothing (void)
{
}

static void
hold_a_task (void)
{
  add ("task-1");
}

static void
hold_an_intent (void)
{
  add (NULL);
}

static void
take_and_hold (void)
{
  if (take (0, NULL) == NULL)
    _exit (1);
}

TEST (test_crashed_holder)
{
  GPid pid = start_process (__i__ == 0 ? hold_a_task : hold_an_intent);

  check_nothing_to_take ();
  fail_unless (take_task ("task-1") == NULL);
  fail_unless_equals_int (count_files (), 1);
  kill_process (pid);
  if (__i__ == 0)
    check_taken ("task-1");
  else
    fail_unless (take (1, NULL) == NULL);
  fail_unless_equals_int (count_files (), 1);
}

TEST (test_taken_by_another_process)
{
  g_autoptr (FoxapiRecord) record = add ("task-1");
  GPid pid;

  foxapi_record_let_go (record);
  pid = start_process (take_and_hold);
  check_nothing_to_take ();
  fail_if (foxapi_record_hold (record));
  kill_process (pid);
  fail_unless (foxapi_record_hold (record));
}

/* What an application starts later has no part in what is held. */
/* A child that was forked has the same open file. */
TEST (test_lock_is_not_kept_by_a_child)
{
  g_autoptr (FoxapiRecord) record = add ("task-1");
  GPid pid = start_process (do_nothing);

  foxapi_record_let_go (record);
  check_taken ("task-1");
  kill_process (pid);
}

TEST (test_lock_is_not_inherited)
{
  gchar *argv[] = { (gchar *) "/bin/sh", (gchar *) "-c",
    (gchar *) "echo; exec cat", NULL
  };
  FoxapiRecord *record = add ("task-1");
  gint in, out;
  gchar byte;
  GPid pid;

  fail_unless (g_spawn_async_with_pipes (NULL, argv, NULL,
          G_SPAWN_LEAVE_DESCRIPTORS_OPEN | G_SPAWN_DO_NOT_REAP_CHILD, NULL,
          NULL, &pid, &in, &out, NULL, NULL));
  fail_unless (read (out, &byte, 1) == 1);
  foxapi_record_free (record);
  check_taken ("task-1");
  close (in);
  close (out);
  fail_unless (waitpid (pid, NULL, 0) == pid);
}

static const Test tests[] = {
  CASE ("records", store_setup, store_teardown),
  ONCE (test_life),
  ONCE (test_file),
  ONCE (test_modes),
  ROWS (test_identities, identities),
  ONCE (test_other_request),
  ONCE (test_lost_intent),
  ONCE (test_lost_intent_beside_a_task),
  ONCE (test_id_under_the_temporary_name),
  ONCE (test_any_time),
  ONCE (test_take_task),
  ONCE (test_cancelled),
  ONCE (test_set_id_again),
  CASE ("locks", store_setup, store_teardown),
  ONCE (test_held_in_this_process),
  ONCE (test_hold_in_vain),
  ONCE (test_looking_is_not_holding),
  ONCE (test_two_of_a_kind),
  TIMES (test_crashed_holder, 2),
  ONCE (test_taken_by_another_process),
  ONCE (test_lock_is_not_inherited),
  ONCE (test_lock_is_not_kept_by_a_child),
};

CHECK_MAIN (store, tests)
