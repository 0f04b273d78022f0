/* The record of paid tasks: a directory where anything may lie
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "protocoltest.h"
#include "storetest.h"

/* A file under the name of a record of this request */
static gchar *
make_name (const gchar * rest)
{
  g_autofree gchar *name = g_strdup_printf ("%.32s-%s.task", identity, rest);

  return g_build_filename (directory, name, NULL);
}

/* It is left alone, a person is told, and what is good is found beside it. */
static void
check_left_alone (const gchar * path)
{
  g_autoptr (GError) warning = NULL;
  g_autofree gchar *good = NULL;
  FoxapiRecord *record;

  fail_unless (take (&warning) == NULL);
  fail_unless (warning != NULL);
  check_words (warning->message, path, NULL);
  fail_unless (is_there (path));

  good = add_file ("task-1");
  record = take (NULL);
  fail_unless (record != NULL);
  fail_unless_equals_string (foxapi_record_get_task_id (record), "task-1");
  foxapi_record_remove (record);
  foxapi_record_free (record);
  fail_unless (is_there (path) && !is_there (good));
}

static void
check_contents_left_alone (const gchar * contents, gssize length)
{
  g_autofree gchar *path = make_name ("00000000");
  g_autofree gchar *after = NULL;
  gsize after_length;

  if (length < 0)
    length = strlen (contents);
  fail_unless (g_file_set_contents (path, contents, length, NULL));
  check_left_alone (path);
  fail_unless (g_file_get_contents (path, &after, &after_length, NULL));
  fail_unless (after_length == (gsize) length
      && memcmp (after, contents, length) == 0);
  fail_unless (g_unlink (path) == 0);
}

/* A good record in which @from reads @to */
static void
check_change_left_alone (const gchar * from, const gchar * to)
{
  g_autofree gchar *path = add_file ("task-1");
  g_autofree gchar *text = NULL;
  GString *changed;

  fail_unless (g_file_get_contents (path, &text, NULL, NULL));
  changed = g_string_new (text);
  fail_unless (g_string_replace (changed, from, to, 1) == 1, "%s", from);
  g_unlink (path);
  check_contents_left_alone (changed->str, changed->len);
  g_string_free (changed, TRUE);
}

GST_START_TEST (test_garbage)
{
  g_autofree gchar *deep = g_strnfill (100000, '[');
  g_autofree gchar *large = g_strnfill (1024 * 1024, ' ');

  check_contents_left_alone ("", 0);
  check_contents_left_alone ("\n", -1);
  check_contents_left_alone ("\0\0\0\0", 4);
  check_contents_left_alone ("{}", -1);
  check_contents_left_alone ("[]", -1);
  check_contents_left_alone ("My diary\n", -1);
  check_contents_left_alone ("\xff\xd8\xff\xe0", -1);
  check_contents_left_alone (deep, 60000);
  check_contents_left_alone (deep, -1);
  check_contents_left_alone (large, -1);
}

GST_END_TEST;

GST_START_TEST (test_truncated)
{
  g_autofree gchar *path = add_file ("task-1");
  g_autofree gchar *text = NULL;
  gsize length;

  fail_unless (g_file_get_contents (path, &text, NULL, NULL));
  g_unlink (path);
  length = strrchr (text, '}') - text;
  for (gsize n = 0; n <= length; n += 7)
    check_contents_left_alone (text, n);
}

GST_END_TEST;

GST_START_TEST (test_of_another_kind)
{
  check_change_left_alone ("\"version\" : 1", "\"version\" : 2");
  check_change_left_alone ("\"version\" : 1", "\"version\" : 1000000");
  check_change_left_alone ("\"version\" : 1", "\"version\" : \"1\"");
  check_change_left_alone ("\"version\" : 1", "\"revision\" : 1");
  check_change_left_alone ("gst-foxapi task", "another program's task");
  check_change_left_alone ("\"identity\"", "\"identify\"");
  check_change_left_alone ("\"created\" : ", "\"created\" : -0.");
  check_change_left_alone ("\"task-1\"", "\"../../task-1\"");
  check_change_left_alone ("\"task-1\"", "\"\"");
  check_change_left_alone ("\"task-1\"", "7");
  check_change_left_alone ("\"task-1\"", "null");
}

GST_END_TEST;

GST_START_TEST (test_symlink)
{
  g_autofree gchar *good = add_file ("task-1");
  g_autofree gchar *elsewhere = make_directory ();
  g_autofree gchar *target = g_build_filename (elsewhere, "target", NULL);
  g_autofree gchar *path = make_name ("00000000");
  g_autofree gchar *text = NULL, *after = NULL;

  fail_unless (g_file_get_contents (good, &text, NULL, NULL));
  fail_unless (g_file_set_contents (target, text, -1, NULL));
  g_unlink (good);
  fail_unless (symlink (target, path) == 0);
  check_left_alone (path);
  fail_unless (g_file_get_contents (target, &after, NULL, NULL));
  fail_unless_equals_string (after, text);
  g_unlink (target);
  check_left_alone (path);
  remove_directory (g_steal_pointer (&elsewhere));
}

GST_END_TEST;

/* Opening one for reading would wait for a writer for ever. */
GST_START_TEST (test_fifo)
{
  g_autofree gchar *path = make_name ("00000000");

  fail_unless (mkfifo (path, 0600) == 0);
  check_left_alone (path);
}

GST_END_TEST;

GST_START_TEST (test_subdirectory)
{
  g_autofree gchar *path = make_name ("00000000");

  fail_unless (g_mkdir (path, 0700) == 0);
  check_left_alone (path);
}

GST_END_TEST;

/* Names that are no record's are nobody's business here. */
GST_START_TEST (test_other_names)
{
  static const gchar *const names[] = { "README", ".hidden", "a.task~",
    ".task", "x.task", "-.task", "\xff\xfe.task", ".new-0123456789abcdef"
  };
  g_autofree gchar *good = add_file ("task-1");
  g_autoptr (GError) warning = NULL;
  g_autoptr (FoxapiRecord) record = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
    g_autofree gchar *path = g_build_filename (directory, names[i], NULL);

    fail_unless (g_file_set_contents (path, "x", 1, NULL));
  }
  record = take (&warning);
  fail_unless (record != NULL);
  fail_unless_equals_string (foxapi_record_get_path (record), good);
  fail_unless (warning == NULL);
  for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
    g_autofree gchar *path = g_build_filename (directory, names[i], NULL);

    fail_unless (is_there (path));
  }
}

GST_END_TEST;

static Suite *
storehostile_suite (void)
{
  Suite *suite = suite_create ("storehostile");
  TCase *hostile = tcase_create ("hostile");

  suite_add_tcase (suite, hostile);
  tcase_add_checked_fixture (hostile, store_setup, store_teardown);
  tcase_add_test (hostile, test_garbage);
  tcase_add_test (hostile, test_truncated);
  tcase_add_test (hostile, test_of_another_kind);
  tcase_add_test (hostile, test_symlink);
  tcase_add_test (hostile, test_fifo);
  tcase_add_test (hostile, test_subdirectory);
  tcase_add_test (hostile, test_other_names);
  return suite;
}

GST_CHECK_MAIN (storehostile);
