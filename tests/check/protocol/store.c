/* The record of paid tasks: what is kept, and who holds it
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "foxapistore.h"
#include "protocoltest.h"

#define SERVICE "https://api.foxapi.cc"
#define KEY_DIGEST "aaaabbbbccccdddd"

static gchar *directory;
static gchar *identity;

static void
setup (void)
{
  directory = make_directory ();
  identity = foxapi_store_identify (SERVICE, KEY_DIGEST, "{\"prompt\":\"A\"}");
}

static void
teardown (void)
{
  g_clear_pointer (&directory, remove_directory);
  g_clear_pointer (&identity, g_free);
}

static FoxapiRecord *
add (void)
{
  FoxapiStoreEntry entry =
      { identity, SERVICE, KEY_DIGEST, "a-model", "A fox" };
  g_autoptr (GError) error = NULL;
  FoxapiRecord *record = foxapi_store_add (directory, &entry, &error);

  fail_unless (record != NULL, "%s", error ? error->message : "");
  return record;
}

static FoxapiRecord *
add_task (const gchar * id)
{
  g_autoptr (GError) error = NULL;
  FoxapiRecord *record = add ();

  fail_unless (foxapi_record_set_task_id (record, id, &error), "%s",
      error ? error->message : "");
  return record;
}

/* What is there for an equal request; nothing here is worth a warning. */
static FoxapiRecord *
take (gboolean expect_lost_intent)
{
  g_autoptr (GError) warning = NULL;
  gboolean lost_intent = 2;
  FoxapiRecord *record = foxapi_store_take (directory, identity, &lost_intent,
      &warning);

  fail_unless (warning == NULL, "%s", warning ? warning->message : "");
  fail_unless_equals_int (lost_intent, expect_lost_intent);
  return record;
}

static void
check_nothing_to_take (void)
{
  fail_unless (take (FALSE) == NULL);
}

static void
check_taken (const gchar * id)
{
  g_autoptr (FoxapiRecord) record = take (FALSE);

  fail_unless (record != NULL);
  fail_unless_equals_string (foxapi_record_get_task_id (record), id);
}

static guint
count_files (void)
{
  g_auto (GStrv) names = list_directory (directory);

  return g_strv_length (names);
}

GST_START_TEST (test_life)
{
  FoxapiRecord *record;

  check_nothing_to_take ();
  record = add ();
  fail_unless (foxapi_record_get_task_id (record) == NULL);
  fail_unless_equals_int (count_files (), 1);
  fail_unless (foxapi_record_set_task_id (record, "task-1", NULL));
  fail_unless_equals_string (foxapi_record_get_task_id (record), "task-1");
  fail_unless_equals_int (count_files (), 1);
  foxapi_record_free (record);

  record = take (FALSE);
  fail_unless_equals_string (foxapi_record_get_task_id (record), "task-1");
  foxapi_record_remove (record);
  fail_unless_equals_int (count_files (), 0);
  foxapi_record_free (record);
  check_nothing_to_take ();
}

GST_END_TEST;

GST_START_TEST (test_file)
{
  g_autoptr (FoxapiRecord) record = add_task ("task-1");
  const gchar *path = foxapi_record_get_path (record);
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

GST_END_TEST;

/* The mode does not depend on the umask, in neither direction. */
GST_START_TEST (test_modes)
{
  static const mode_t masks[] = { 0, 022, 077 };
  g_autofree gchar *parent = g_build_filename (directory, "new", NULL);
  g_autofree gchar *below = g_build_filename (parent, "below", NULL);

  for (guint i = 0; i < G_N_ELEMENTS (masks); i++) {
    mode_t old = umask (masks[i]);
    FoxapiStoreEntry entry = { identity, SERVICE, KEY_DIGEST, NULL, NULL };
    g_autoptr (FoxapiRecord) record = foxapi_store_add (below, &entry, NULL);
    struct stat status;

    umask (old);
    fail_unless (record != NULL);
    fail_unless (stat (foxapi_record_get_path (record), &status) == 0);
    fail_unless_equals_int (status.st_mode & 07777, 0600);
    fail_unless (stat (below, &status) == 0);
    fail_unless_equals_int (status.st_mode & 07777, 0700);
    foxapi_record_remove (record);
    fail_unless (g_rmdir (below) == 0 && g_rmdir (parent) == 0);
  }
}

GST_END_TEST;

GST_START_TEST (test_identities)
{
  g_autofree gchar *same = foxapi_store_identify (SERVICE, KEY_DIGEST,
      "{\"prompt\":\"A\"}");
  g_autofree gchar *body = foxapi_store_identify (SERVICE, KEY_DIGEST,
      "{\"prompt\":\"B\"}");
  g_autofree gchar *key = foxapi_store_identify (SERVICE, "other",
      "{\"prompt\":\"A\"}");
  g_autofree gchar *service = foxapi_store_identify ("http://other",
      KEY_DIGEST, "{\"prompt\":\"A\"}");

  fail_unless_equals_string (same, identity);
  fail_if (g_str_equal (body, identity));
  fail_if (g_str_equal (key, identity));
  fail_if (g_str_equal (service, identity));
}

GST_END_TEST;

GST_START_TEST (test_other_request)
{
  g_autoptr (FoxapiRecord) record = add_task ("task-1");
  g_autofree gchar *mine = identity;

  foxapi_record_let_go (record);
  identity = foxapi_store_identify (SERVICE, KEY_DIGEST, "{}");
  check_nothing_to_take ();
  g_free (identity);
  identity = g_steal_pointer (&mine);
  check_taken ("task-1");
}

GST_END_TEST;

/* Two names that begin alike don't make two requests equal. */
GST_START_TEST (test_names_are_no_proof)
{
  g_autoptr (FoxapiRecord) record = add_task ("task-1");
  gchar last = identity[strlen (identity) - 1];

  foxapi_record_let_go (record);
  identity[strlen (identity) - 1] = last == '0' ? '1' : '0';
  check_nothing_to_take ();
  identity[strlen (identity) - 1] = last;
  check_taken ("task-1");
}

GST_END_TEST;

GST_START_TEST (test_held_in_this_process)
{
  g_autoptr (FoxapiRecord) record = add_task ("task-1");

  check_nothing_to_take ();
  foxapi_record_let_go (record);
  check_taken ("task-1");
  fail_unless (foxapi_record_hold (record));
  fail_unless (foxapi_record_hold (record));
  check_nothing_to_take ();
}

GST_END_TEST;

GST_START_TEST (test_hold_in_vain)
{
  g_autoptr (FoxapiRecord) record = add_task ("task-1");
  FoxapiRecord *other;

  foxapi_record_let_go (record);
  other = take (FALSE);
  fail_if (foxapi_record_hold (record));
  /* who holds nothing removes nothing */
  foxapi_record_remove (record);
  fail_unless_equals_int (count_files (), 1);
  foxapi_record_remove (other);
  foxapi_record_free (other);
  fail_if (foxapi_record_hold (record));
}

GST_END_TEST;

/* An intent is held, too, while its submission is under way. */
GST_START_TEST (test_intent_is_held)
{
  g_autoptr (FoxapiRecord) record = add ();

  check_nothing_to_take ();
  fail_unless (foxapi_record_set_task_id (record, "task-1", NULL));
  check_nothing_to_take ();
}

GST_END_TEST;

GST_START_TEST (test_lost_intent)
{
  g_autoptr (FoxapiRecord) own = NULL;

  foxapi_record_free (add ());
  fail_unless (take (TRUE) == NULL);
  /* Whoever was told may have died before anybody read it. */
  fail_unless (take (TRUE) == NULL);
  own = add ();
  foxapi_store_forget_lost (directory, identity);
  fail_unless_equals_int (count_files (), 1);
  check_nothing_to_take ();
}

GST_END_TEST;

/* Who takes up the task is not told of the intent beside it: whoever comes next
 * and is about to pay is. */
GST_START_TEST (test_lost_intent_beside_a_task)
{
  g_autoptr (FoxapiRecord) record = NULL;

  foxapi_record_free (add ());
  foxapi_record_free (add_task ("task-1"));
  record = take (FALSE);
  fail_unless_equals_string (foxapi_record_get_task_id (record), "task-1");
  fail_unless_equals_int (count_files (), 2);
  fail_unless (take (TRUE) == NULL);
  foxapi_store_forget_lost (directory, identity);
  fail_unless_equals_int (count_files (), 1);
  check_nothing_to_take ();
}

GST_END_TEST;

/* Two equal requests at once: a task each, and each is taken once. */
GST_START_TEST (test_two_of_a_kind)
{
  g_autoptr (FoxapiRecord) a = NULL, b = NULL;

  foxapi_record_free (add_task ("task-1"));
  foxapi_record_free (add_task ("task-2"));
  fail_unless_equals_int (count_files (), 2);
  a = take (FALSE);
  b = take (FALSE);
  fail_unless (a != NULL && b != NULL);
  fail_if (g_str_equal (foxapi_record_get_task_id (a),
          foxapi_record_get_task_id (b)));
  check_nothing_to_take ();
}

GST_END_TEST;

GST_START_TEST (test_take_task)
{
  g_autoptr (FoxapiRecord) record = NULL;

  fail_unless (foxapi_store_take_task (directory, SERVICE, "task-1") == NULL);
  foxapi_record_free (add_task ("task-1"));
  foxapi_record_free (add ());
  fail_unless (foxapi_store_take_task (directory, SERVICE, "task-2") == NULL);
  fail_unless (foxapi_store_take_task (directory, "http://x", "task-1")
      == NULL);
  record = foxapi_store_take_task (directory, SERVICE, "task-1");
  fail_unless (record != NULL);
  fail_unless_equals_string (foxapi_record_get_task_id (record), "task-1");
  fail_unless (foxapi_store_take_task (directory, SERVICE, "task-1") == NULL);
  /* an intent that nobody asked for stays */
  fail_unless_equals_int (count_files (), 2);
}

GST_END_TEST;

/* The task of a record that was taken can be replaced, the lock stays. */
GST_START_TEST (test_set_id_again)
{
  FoxapiRecord *record;

  foxapi_record_free (add_task ("task-1"));
  record = take (FALSE);
  fail_unless (foxapi_record_set_task_id (record, "task-2", NULL));
  check_nothing_to_take ();
  fail_unless_equals_int (count_files (), 1);
  foxapi_record_free (record);
  check_taken ("task-2");
}

GST_END_TEST;

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
hold_a_task (void)
{
  add_task ("task-1");
}

static void
hold_an_intent (void)
{
  add ();
}

static void
take_and_hold (void)
{
  if (take (FALSE) == NULL)
    _exit (1);
}

GST_START_TEST (test_crashed_holder)
{
  GPid pid = start_process (hold_a_task);

  check_nothing_to_take ();
  fail_unless (foxapi_store_take_task (directory, SERVICE, "task-1") == NULL);
  fail_unless_equals_int (count_files (), 1);
  kill_process (pid);
  check_taken ("task-1");
  fail_unless_equals_int (count_files (), 1);
}

GST_END_TEST;

GST_START_TEST (test_crashed_before_the_id)
{
  GPid pid = start_process (hold_an_intent);

  check_nothing_to_take ();
  kill_process (pid);
  fail_unless (take (TRUE) == NULL);
  foxapi_store_forget_lost (directory, identity);
  check_nothing_to_take ();
}

GST_END_TEST;

GST_START_TEST (test_taken_by_another_process)
{
  g_autoptr (FoxapiRecord) record = add_task ("task-1");
  GPid pid;

  foxapi_record_let_go (record);
  pid = start_process (take_and_hold);
  check_nothing_to_take ();
  fail_if (foxapi_record_hold (record));
  kill_process (pid);
  fail_unless (foxapi_record_hold (record));
}

GST_END_TEST;

/* What an application starts later has no part in what is held. */
GST_START_TEST (test_lock_is_not_inherited)
{
  gchar *argv[] = { (gchar *) "/bin/sh", (gchar *) "-c",
    (gchar *) "echo; exec cat", NULL
  };
  FoxapiRecord *record = add_task ("task-1");
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

GST_END_TEST;

static Suite *
store_suite (void)
{
  Suite *suite = suite_create ("store");
  TCase *records = tcase_create ("records");
  TCase *locks = tcase_create ("locks");

  suite_add_tcase (suite, records);
  tcase_add_checked_fixture (records, setup, teardown);
  tcase_add_test (records, test_life);
  tcase_add_test (records, test_file);
  tcase_add_test (records, test_modes);
  tcase_add_test (records, test_identities);
  tcase_add_test (records, test_other_request);
  tcase_add_test (records, test_names_are_no_proof);
  tcase_add_test (records, test_lost_intent);
  tcase_add_test (records, test_lost_intent_beside_a_task);
  tcase_add_test (records, test_take_task);
  tcase_add_test (records, test_set_id_again);
  suite_add_tcase (suite, locks);
  tcase_add_checked_fixture (locks, setup, teardown);
  tcase_add_test (locks, test_held_in_this_process);
  tcase_add_test (locks, test_hold_in_vain);
  tcase_add_test (locks, test_intent_is_held);
  tcase_add_test (locks, test_two_of_a_kind);
  tcase_add_test (locks, test_crashed_holder);
  tcase_add_test (locks, test_crashed_before_the_id);
  tcase_add_test (locks, test_taken_by_another_process);
  tcase_add_test (locks, test_lock_is_not_inherited);
  return suite;
}

GST_CHECK_MAIN (store);
