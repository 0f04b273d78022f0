/* The record of paid tasks: how old they get, and disks where anything may fail
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <glib/gstdio.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>
#include <utime.h>

#include "foxapijson.h"
#include "protocoltest.h"
#include "storetest.h"

#define DAY_S (24 * 60 * 60)

/* Puts @created in place of the time that the record was made. */
static void
set_created (const gchar * path, gint64 created)
{
  g_autofree gchar *text = NULL, *changed = NULL;
  g_autoptr (JsonObject) object = NULL;
  g_autoptr (JsonObject) copy = json_object_new ();
  g_autoptr (GList) names = NULL;
  gsize length;

  fail_unless (g_file_get_contents (path, &text, &length, NULL));
  object = foxapi_json_parse (text, length, NULL);
  fail_unless (object != NULL);
  names = json_object_get_members (object);
  for (GList * l = names; l != NULL; l = l->next)
    json_object_set_member (copy, l->data, json_object_dup_member (object,
            l->data));
  json_object_set_int_member (copy, "created", created);
  changed = foxapi_json_to_text (copy);
  fail_unless (g_file_set_contents (path, changed, -1, NULL));
}

static gint64
get_now (void)
{
  return g_get_real_time () / G_USEC_PER_SEC;
}

GST_START_TEST (test_young_by_its_word)
{
  g_autofree gchar *path = add_file ("task-1");
  g_autoptr (FoxapiRecord) record = NULL;

  set_created (path, get_now () - DAY_S + 600);
  record = take (NULL);
  fail_unless (record != NULL);
}

GST_END_TEST;

GST_START_TEST (test_old_by_its_word)
{
  static const gint64 ages[] = { DAY_S + 600, 10 * DAY_S, 10000 * DAY_S };

  for (guint i = 0; i < G_N_ELEMENTS (ages); i++) {
    g_autofree gchar *path = add_file ("task-1");
    g_autoptr (GError) warning = NULL;

    set_created (path, get_now () - ages[i]);
    fail_unless (take (&warning) == NULL);
    fail_unless (warning == NULL);
    fail_if (is_there (path));
  }
}

GST_END_TEST;

/* A clock that was wrong makes nothing live for ever. */
GST_START_TEST (test_old_by_the_file_system)
{
  g_autofree gchar *path = add_file ("task-1");
  struct utimbuf times = { get_now () - DAY_S - 600, get_now () - DAY_S - 600 };

  set_created (path, get_now () + 100 * DAY_S);
  fail_unless (utime (path, &times) == 0);
  fail_unless (take (NULL) == NULL);
  fail_if (is_there (path));
}

GST_END_TEST;

/* What is old goes, whosever request it was; an old intent is not told of. */
GST_START_TEST (test_old_records_of_others)
{
  g_autofree gchar *path = add_file (NULL);
  g_autofree gchar *mine = identity;
  struct utimbuf times = { get_now () - DAY_S - 600, get_now () - DAY_S - 600 };

  fail_unless (utime (path, &times) == 0);
  identity = foxapi_store_identify (SERVICE, KEY_DIGEST, "{}");
  fail_unless (take (NULL) == NULL);
  fail_if (is_there (path));
  g_free (identity);
  identity = g_steal_pointer (&mine);
}

GST_END_TEST;

/* But not while its process lives */
GST_START_TEST (test_old_and_held)
{
  g_autoptr (FoxapiRecord) record = try_to_add (directory, NULL);
  struct utimbuf times = { get_now () - DAY_S - 600, get_now () - DAY_S - 600 };

  fail_unless (utime (foxapi_record_get_path (record), &times) == 0);
  fail_unless (take (NULL) == NULL);
  fail_unless (is_there (foxapi_record_get_path (record)));
}

GST_END_TEST;

GST_START_TEST (test_impossible_times)
{
  static const gint64 times[] = { G_MININT64, G_MININT64 + 1, -1, 0,
    G_MAXINT64
  };

  for (guint i = 0; i < G_N_ELEMENTS (times); i++) {
    g_autofree gchar *path = add_file ("task-1");
    g_autoptr (FoxapiRecord) record = NULL;

    set_created (path, times[i]);
    record = take (NULL);
    fail_unless ((record != NULL) == (times[i] == G_MAXINT64));
    if (record != NULL)
      foxapi_record_remove (record);
  }
}

GST_END_TEST;

/* What a process that died while it wrote has left goes, once it is old. */
GST_START_TEST (test_stale_temporary)
{
  g_autofree gchar *path = g_build_filename (directory, ".new-0123456789abcdef",
      NULL);
  struct utimbuf times = { get_now () - DAY_S, get_now () - DAY_S };

  fail_unless (g_file_set_contents (path, "{", 1, NULL));
  fail_unless (utime (path, &times) == 0);
  fail_unless (take (NULL) == NULL);
  fail_if (is_there (path));
}

GST_END_TEST;

GST_START_TEST (test_missing_directory)
{
  g_autofree gchar *missing = g_build_filename (directory, "a", "b", NULL);
  g_autofree gchar *parent = g_path_get_dirname (missing);
  g_autoptr (GError) warning = NULL;
  g_autoptr (FoxapiRecord) record = NULL;
  gboolean lost_intent = TRUE;

  fail_unless (foxapi_store_take (missing, identity, &lost_intent, &warning)
      == NULL);
  fail_unless (warning == NULL && !lost_intent);
  fail_unless (foxapi_store_take_task (missing, SERVICE, "task-1") == NULL);
  fail_if (is_there (parent));
  record = try_to_add (missing, NULL);
  fail_unless (record != NULL);
  foxapi_record_remove (record);
  fail_unless (g_rmdir (missing) == 0 && g_rmdir (parent) == 0);
}

GST_END_TEST;

/* Paths that cannot be a directory: nothing is made, and a reason is given. */
GST_START_TEST (test_impossible_directories)
{
  g_autofree gchar *file = add_file ("task-1");
  g_autofree gchar *below = g_build_filename (file, "below", NULL);
  const gchar *const paths[] = { file, below, "/dev/null/x", "/dev/full", "" };

  for (guint i = 0; i < G_N_ELEMENTS (paths); i++) {
    g_autoptr (GError) error = NULL, warning = NULL;
    gboolean lost_intent = TRUE;

    fail_unless (try_to_add (paths[i], &error) == NULL);
    fail_unless (error != NULL && *error->message != '\0');
    fail_unless (foxapi_store_take (paths[i], identity, &lost_intent, &warning)
        == NULL);
    fail_if (lost_intent);
  }
  fail_unless (is_there (file));
}

GST_END_TEST;

/* Who may do everything sees no mode, and becomes somebody who may not. */
static void
become_nobody (mode_t mode)
{
  fail_unless (g_chmod (directory, mode) == 0);
  if (geteuid () == 0)
    fail_unless (seteuid (65534) == 0);
}

static void
become_myself_again (void)
{
  if (getuid () == 0)
    fail_unless (seteuid (0) == 0);
}

/* Nothing is written; what is there can be found only by its owner. */
GST_START_TEST (test_read_only_directory)
{
  g_autofree gchar *path = add_file ("task-1");
  g_autoptr (GError) error = NULL;
  g_autoptr (FoxapiRecord) record = NULL;

  become_nobody (0555);
  fail_unless (try_to_add (directory, &error) == NULL);
  fail_unless (g_error_matches (error, G_IO_ERROR,
          G_IO_ERROR_PERMISSION_DENIED));
  record = take (NULL);
  fail_unless ((record != NULL) == (getuid () != 0));
  become_myself_again ();
  fail_unless (is_there (path));
}

GST_END_TEST;

GST_START_TEST (test_unreadable_directory)
{
  g_autofree gchar *path = add_file ("task-1");
  g_autoptr (GError) warning = NULL;

  become_nobody (0);
  fail_unless (take (&warning) == NULL);
  fail_unless (warning != NULL && *warning->message != '\0');
  become_myself_again ();
  fail_unless (is_there (path));
}

GST_END_TEST;

/* What is limited stays limited: not where all tests share a process */
static gboolean
is_alone (void)
{
  return g_strcmp0 (g_getenv ("CK_FORK"), "no") != 0;
}

/* From here on files have no room for more than this. */
static void
limit_files (rlim_t size)
{
  struct rlimit limit;

  signal (SIGXFSZ, SIG_IGN);
  fail_unless (getrlimit (RLIMIT_FSIZE, &limit) == 0);
  limit.rlim_cur = size;
  fail_unless (setrlimit (RLIMIT_FSIZE, &limit) == 0);
}

GST_START_TEST (test_full_disk_at_the_intent)
{
  static const rlim_t limits[] = { 0, 1, 100 };

  if (!is_alone ())
    return;
  for (guint i = 0; i < G_N_ELEMENTS (limits); i++) {
    g_autoptr (GError) error = NULL;
    g_auto (GStrv) names = NULL;

    limit_files (limits[i]);
    fail_unless (try_to_add (directory, &error) == NULL);
    fail_unless (error != NULL);
    names = list_directory (directory);
    fail_unless_equals_int (g_strv_length (names), 0);
  }
}

GST_END_TEST;

/* An intent that was written has the room that its id needs, though no other
 * file gets any. */
GST_START_TEST (test_full_disk_at_the_id)
{
  g_autoptr (FoxapiRecord) record = try_to_add (directory, NULL);
  g_autoptr (FoxapiRecord) again = NULL;
  g_autofree gchar *longest = g_strnfill (200, 'x');
  g_auto (GStrv) names = NULL;
  struct rlimit limit;

  if (!is_alone ())
    return;
  /* no new descriptor, so no new file */
  fail_unless (getrlimit (RLIMIT_NOFILE, &limit) == 0);
  limit.rlim_cur = 3;
  fail_unless (setrlimit (RLIMIT_NOFILE, &limit) == 0);
  fail_unless (foxapi_record_set_task_id (record, longest, NULL));
  limit.rlim_cur = limit.rlim_max;
  fail_unless (setrlimit (RLIMIT_NOFILE, &limit) == 0);

  foxapi_record_let_go (record);
  again = take (NULL);
  fail_unless (again != NULL);
  fail_unless_equals_string (foxapi_record_get_task_id (again), longest);
  names = list_directory (directory);
  fail_unless_equals_int (g_strv_length (names), 1);
}

GST_END_TEST;

GST_START_TEST (test_odd_entries)
{
  g_autofree gchar *prompt = g_strnfill (100000, 'x');
  g_autofree gchar *wide = NULL;
  const gchar *prompts[5] = { prompt, "a\"b\\\n\x01", "", "a\xff", NULL };
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < 5000; i++)
    g_string_append (text, "\xf0\x9f\xa6\x8a");
  wide = g_string_free (text, FALSE);
  prompts[4] = wide;
  for (guint i = 0; i < G_N_ELEMENTS (prompts); i++) {
    FoxapiStoreEntry entry = { identity, SERVICE, KEY_DIGEST, NULL,
      prompts[i]
    };
    g_autoptr (FoxapiRecord) record = foxapi_store_add (directory, &entry,
        NULL);
    g_autoptr (FoxapiRecord) again = NULL;

    fail_unless (record != NULL);
    fail_unless (foxapi_record_set_task_id (record, "task-1", NULL));
    foxapi_record_let_go (record);
    again = take (NULL);
    fail_unless (again != NULL, "prompt %u", i);
    foxapi_record_remove (again);
  }
}

GST_END_TEST;

/* A task is found again, however long the name of its model is. */
GST_START_TEST (test_long_model)
{
  g_autofree gchar *model = g_strnfill (100000, 'm');
  FoxapiStoreEntry entry = { identity, SERVICE, KEY_DIGEST, model, "A fox" };
  g_autoptr (FoxapiRecord) record = foxapi_store_add (directory, &entry, NULL);
  g_autoptr (FoxapiRecord) again = NULL;

  if (record == NULL)
    return;
  fail_unless (foxapi_record_set_task_id (record, "task-1", NULL));
  foxapi_record_let_go (record);
  again = take (NULL);
  fail_unless (again != NULL);
}

GST_END_TEST;

GST_START_TEST (test_default_directory)
{
  g_autofree gchar *path = foxapi_store_get_default_directory ();

  fail_unless (g_str_has_prefix (path, g_get_user_state_dir ()));
  fail_unless (g_str_has_suffix (path, "/gst-foxapi"));
}

GST_END_TEST;

static Suite *
storefiles_suite (void)
{
  Suite *suite = suite_create ("storefiles");
  TCase *ages = tcase_create ("ages");
  TCase *disks = tcase_create ("disks");

  suite_add_tcase (suite, ages);
  tcase_add_checked_fixture (ages, store_setup, store_teardown);
  tcase_add_test (ages, test_young_by_its_word);
  tcase_add_test (ages, test_old_by_its_word);
  tcase_add_test (ages, test_old_by_the_file_system);
  tcase_add_test (ages, test_old_records_of_others);
  tcase_add_test (ages, test_old_and_held);
  tcase_add_test (ages, test_impossible_times);
  tcase_add_test (ages, test_stale_temporary);
  suite_add_tcase (suite, disks);
  tcase_add_checked_fixture (disks, store_setup, store_teardown);
  tcase_add_test (disks, test_missing_directory);
  tcase_add_test (disks, test_impossible_directories);
  tcase_add_test (disks, test_read_only_directory);
  tcase_add_test (disks, test_unreadable_directory);
  tcase_add_test (disks, test_full_disk_at_the_intent);
  tcase_add_test (disks, test_full_disk_at_the_id);
  tcase_add_test (disks, test_odd_entries);
  tcase_add_test (disks, test_long_model);
  tcase_add_test (disks, test_default_directory);
  return suite;
}

GST_CHECK_MAIN (storefiles);
