/* The record of paid tasks: file systems where anything may fail, and directories
 * where anything may lie
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#define _GNU_SOURCE             /* AT_EMPTY_PATH */
#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "foxapijson.h"
#include "protocoltest.h"
#include "storetest.h"

/* What the functions below, which take the place of the C library's, make of
 * the file system: what fails, with which error, and who owns what there is */
typedef struct
{
  gint flock_errno, fsync_errno, rename_errno;
  uid_t file_owner, directory_owner;
  mode_t added_mode;
} Disk;

static Disk disk;
static guint n_exclusive;       /* locks */
static FoxapiRecord *answered;  /* gets its id just before the next lock */

static gint
fail_with (gint error)
{
  errno = error;
  return -1;
}

int
flock (int fd, int operation)
{
  g_autoptr (FoxapiRecord) record = g_steal_pointer (&answered);

  if (record != NULL)
    fail_unless (foxapi_record_set_task_id (record, "task-1", NULL));
  g_clear_pointer (&record, foxapi_record_free);
  if (disk.flock_errno != 0)
    return fail_with (disk.flock_errno);
  n_exclusive += (operation & LOCK_EX) != 0;
  return syscall (SYS_flock, fd, operation);
}

int
fsync (int fd)
{
  if (disk.fsync_errno != 0)
    return fail_with (disk.fsync_errno);
  return syscall (SYS_fsync, fd);
}

int
rename (const char *from, const char *to)
{
  if (disk.rename_errno != 0)
    return fail_with (disk.rename_errno);
  return renameat (AT_FDCWD, from, AT_FDCWD, to);
}

int
fstat (int fd, struct stat *status)
{
  gint result = fstatat (fd, "", status, AT_EMPTY_PATH);

  if (disk.file_owner != 0)
    status->st_uid = disk.file_owner;
  status->st_mode |= disk.added_mode;
  return result;
}

int
stat (const char *path, struct stat *status)
{
  gint result = fstatat (AT_FDCWD, path, status, 0);

  if (disk.directory_owner != 0)
    status->st_uid = disk.directory_owner;
  status->st_mode |= disk.added_mode;
  return result;
}

static void
teardown (void)
{
  disk = (Disk) {
  0};
  store_teardown ();
}

/* What the file system lacks costs a warning at most: the record is there, it is
 * taken up, an intent is told of, and it goes in the end. */
static void
check_works (gboolean warns)
{
  g_autoptr (GError) warning = NULL;
  FoxapiRecord *record = add_in (directory, &warning);

  fail_unless (record != NULL);
  fail_unless ((warning != NULL) == warns, "%s", warning ? warning->message :
      "no warning");
  foxapi_record_let_go (record);
  fail_unless (take (1, NULL) == NULL);
  fail_unless (foxapi_record_hold (record));
  fail_unless (foxapi_record_set_task_id (record, "task-1", NULL));
  foxapi_record_free (record);

  record = take_record ("task-1");
  fail_unless (g_str_has_prefix (record->prompt, "A fox"));
  foxapi_record_let_go (record);
  fail_unless (foxapi_record_hold (record));
  remove_record (record);
  fail_unless_equals_int (count_files (), 0);
}

static const struct
{
  Disk disk;
  gboolean warns;
} lacks[] = {
  {{.flock_errno = ENOLCK}, TRUE}, {{.flock_errno = ENOTSUP}, TRUE},
  {{.flock_errno = ENOSYS}, TRUE}, {{.flock_errno = EINVAL}, TRUE},
  {{.flock_errno = EBADF}, TRUE},
  {{.fsync_errno = EINVAL}, TRUE}, {{.fsync_errno = ENOTSUP}, TRUE},
  {{.fsync_errno = ENOSYS}, TRUE}, {{.fsync_errno = EIO}, TRUE},
  {{.rename_errno = EPERM}, FALSE}, {{.rename_errno = EXDEV}, FALSE},
  {{.rename_errno = ENOTSUP}, FALSE}, {{.rename_errno = EACCES}, FALSE},
  /* Everything is somebody else's, and everybody's: WSL, vfat, some containers
   * */
  {{.file_owner = 12345,.directory_owner = 12345,.added_mode = 0777}, FALSE},
  /* Files get another owner, but nobody else can write in the directory. */
  {{.file_owner = 12345}, FALSE},
};

TEST (test_lacks)
{
  disk = lacks[__i__].disk;
  check_works (lacks[__i__].warns);
}

/* Who looks at an intent, if only for a moment, must not be taken for its holder by
 * another who looks: that one would pay. */
TEST (test_looking_is_shared)
{
  g_free (add_file (NULL));
  n_exclusive = 0;
  fail_unless (take (1, NULL) == NULL);
  fail_unless_equals_int (n_exclusive, 0);
}

/* The task of an answer that came between a look's open and its lock is paid for. */
TEST (test_answered_during_look)
{
  answered = add (NULL);
  check_taken ("task-1");
}

TEST (test_missing_directory)
{
  g_autofree gchar *missing = g_build_filename (directory, "a", "b", NULL);
  g_autofree gchar *parent = g_path_get_dirname (missing);
  g_autoptr (GError) warning = NULL;
  g_autoptr (FoxapiRecord) record = NULL;
  g_autoptr (GPtrArray) lost = g_ptr_array_new ();

  fail_unless (foxapi_store_take (missing, identity, NULL, lost, NULL, &warning)
      == NULL);
  fail_unless (warning == NULL && lost->len == 0);
  fail_unless (foxapi_store_take_task (missing, SERVICE, "task-1",
          NULL) == NULL);
  fail_if (is_there (parent));
  record = add_in (missing, NULL);
  fail_unless (record != NULL);
  foxapi_record_remove (record);
  fail_unless (g_rmdir (missing) == 0 && g_rmdir (parent) == 0);
}

/* Paths that cannot be a directory: nothing is made, and a reason is given. */
TEST (test_impossible_directories)
{
  g_autofree gchar *file = add_file ("task-1");
  g_autofree gchar *below = g_build_filename (file, "below", NULL);
  const gchar *const paths[] = { file, below, "/dev/null/x", "/dev/full", "" };

  for (guint i = 0; i < G_N_ELEMENTS (paths); i++) {
    g_autoptr (GError) error = NULL, warning = NULL;
    g_autoptr (GPtrArray) lost = g_ptr_array_new ();

    fail_unless (add_in (paths[i], &error) == NULL);
    fail_unless (error != NULL && *error->message != '\0');
    fail_unless (foxapi_store_take (paths[i], identity, NULL, lost, NULL,
            &warning)
        == NULL);
    fail_unless_equals_int (lost->len, 0);
  }
  fail_unless (is_there (file));
}

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
  fail_unless (g_chmod (directory, 0700) == 0);
}

/* Nothing is written; what is there can be found only by who may read it. */
TEST (test_read_only_directory)
{
  g_autofree gchar *path = add_file ("task-1");
  g_autoptr (GError) error = NULL;
  g_autoptr (FoxapiRecord) record = NULL;

  become_nobody (0555);
  fail_unless (add_in (directory, &error) == NULL);
  fail_unless (g_error_matches (error, G_IO_ERROR,
          G_IO_ERROR_PERMISSION_DENIED));
  record = take (0, NULL);
  fail_unless ((record != NULL) == (getuid () != 0));
  become_myself_again ();
  fail_unless (is_there (path));
}

/* What can only be read is taken up all the same. */
TEST (test_read_only_file)
{
  g_autofree gchar *path = add_file ("task-1");
  g_autoptr (FoxapiRecord) record = NULL;

  fail_unless (g_chmod (path, 0444) == 0);
  become_nobody (0555);
  record = take (0, NULL);
  become_myself_again ();
  fail_unless (record != NULL);
}

TEST (test_unreadable_directory)
{
  g_autofree gchar *path = add_file ("task-1");
  g_autoptr (GError) warning = NULL;

  become_nobody (0);
  fail_unless (take (0, &warning) == NULL);
  fail_unless (warning != NULL && *warning->message != '\0');
  become_myself_again ();
  fail_unless (is_there (path));
}

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

TEST (test_full_disk_at_the_intent)
{
  static const rlim_t limits[] = { 0, 1, 100 };

  if (!is_alone ())
    return;
  for (guint i = 0; i < G_N_ELEMENTS (limits); i++) {
    g_autoptr (GError) error = NULL;

    limit_files (limits[i]);
    fail_unless (add_in (directory, &error) == NULL);
    fail_unless (error != NULL);
    fail_unless_equals_int (count_files (), 0);
  }
}

/* An intent that was written has the room that its id needs, though no other
 * file gets any. */
TEST (test_full_disk_at_the_id)
{
  g_autoptr (FoxapiRecord) record = add_in (directory, NULL);
  g_autoptr (FoxapiRecord) again = NULL;
  g_autofree gchar *longest = g_strnfill (200, 'x');
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
  again = take (0, NULL);
  fail_unless (again != NULL);
  fail_unless_equals_string (again->task_id, longest);
  fail_unless_equals_int (count_files (), 1);
}

/* A task is found again, whatever was asked for. */
TEST (test_odd_requests)
{
  g_autofree gchar *longest = g_strnfill (100000, 'x');
  GString *wide = g_string_new (NULL);
  const gchar *texts[] = { longest, NULL, "a\"b\\\n\x01", "", "a\xff" };

  for (guint i = 0; i < 5000; i++)
    g_string_append (wide, "\xf0\x9f\xa6\x8a");
  texts[1] = wide->str;
  for (guint i = 0; i < G_N_ELEMENTS (texts); i++) {
    g_autoptr (JsonObject) body = json_object_new ();
    FoxapiRecord *record;

    json_object_set_string_member (body, "model", texts[i]);
    json_object_set_string_member (body, "prompt", texts[i]);
    record = foxapi_store_add (directory, identity, SERVICE, KEY_DIGEST, body,
        NULL);
    fail_unless (record != NULL, "text %u", i);
    fail_unless (foxapi_record_set_task_id (record, "task-1", NULL));
    foxapi_record_free (record);
    remove_record (take_record ("task-1"));
  }
  g_string_free (wide, TRUE);
}

TEST (test_default_directory)
{
  g_autofree gchar *path = foxapi_store_get_default_directory ();

  fail_unless (g_str_has_prefix (path, g_get_user_state_dir ()));
  fail_unless (g_str_has_suffix (path, "/gst-foxapi"));
}

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

  fail_unless (take (0, &warning) == NULL);
  fail_unless (warning != NULL);
  check_words (warning->message, path, NULL);
  fail_unless (is_there (path));

  good = add_file ("task-1");
  record = take_record ("task-1");
  remove_record (record);
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

TEST (test_garbage)
{
  static const gchar *const texts[] = { "", "\n", "{}", "[]", "My diary\n",
    "\xff\xd8\xff\xe0"
  };
  g_autofree gchar *deep = g_strnfill (100000, '[');
  g_autofree gchar *large = g_strnfill (1024 * 1024, ' ');

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    check_contents_left_alone (texts[i], -1);
  check_contents_left_alone ("\0\0\0\0", 4);
  check_contents_left_alone (deep, 60000);
  check_contents_left_alone (deep, -1);
  check_contents_left_alone (large, -1);
}

TEST (test_truncated)
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

/* A good record in which the first reads like the second */
static const gchar *const kinds[][2] = {
  {"\"version\" : 1", "\"version\" : 2"},
  {"\"version\" : 1", "\"version\" : 1000000"},
  {"\"version\" : 1", "\"version\" : \"1\""},
  {"\"version\" : 1", "\"revision\" : 1"},
  {"gst-foxapi task", "another program's task"},
  {"\"identity\"", "\"identify\""},
  {"\"created\" : ", "\"created\" : -0."},
  {"\"task-1\"", "\"../../task-1\""},
  {"\"task-1\"", "\"\""}, {"\"task-1\"", "7"}, {"\"task-1\"", "null"},
};

TEST (test_of_another_kind)
{
  g_autofree gchar *path = add_file ("task-1");
  g_autofree gchar *text = NULL;
  g_autoptr (GString) changed = NULL;

  fail_unless (g_file_get_contents (path, &text, NULL, NULL));
  changed = g_string_new (text);
  fail_unless_equals_int (g_string_replace (changed, kinds[__i__][0],
          kinds[__i__][1], 1), 1);
  g_unlink (path);
  check_contents_left_alone (changed->str, changed->len);
}

TEST (test_symlink)
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

/* A FIFO, which nobody opens who does not want to wait for a writer; a
 * directory */
TEST (test_no_file)
{
  g_autofree gchar *path = make_name ("00000000");

  fail_unless ((__i__ ? mkfifo (path, 0600) : g_mkdir (path, 0700)) == 0);
  check_left_alone (path);
}

/* Names that are no record's are nobody's business here. */
TEST (test_other_names)
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
  record = take (0, &warning);
  fail_unless (record != NULL);
  fail_unless_equals_string (record->path, good);
  fail_unless (warning == NULL);
  for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
    g_autofree gchar *path = g_build_filename (directory, names[i], NULL);

    fail_unless (is_there (path));
  }
}

/* Another user has put it into a directory where everybody can write. */
TEST (test_planted)
{
  g_autofree gchar *path = add_file ("task-1");
  g_autoptr (GError) warning = NULL;

  disk.file_owner = 12345;
  disk.added_mode = 0002;
  fail_unless (take (0, &warning) == NULL);
  fail_unless (warning != NULL);
  check_words (warning->message, path, NULL);
  fail_unless (is_there (path));
}

static const Test tests[] = {
  CASE ("disks", store_setup, teardown),
  ROWS (test_lacks, lacks),
  ONCE (test_looking_is_shared),
  ONCE (test_answered_during_look),
  ONCE (test_missing_directory),
  ONCE (test_impossible_directories),
  ONCE (test_read_only_directory),
  ONCE (test_read_only_file),
  ONCE (test_unreadable_directory),
  ONCE (test_full_disk_at_the_intent),
  ONCE (test_full_disk_at_the_id),
  ONCE (test_odd_requests),
  ONCE (test_default_directory),
  CASE ("hostile", store_setup, teardown),
  ONCE (test_planted),
  ONCE (test_garbage),
  ONCE (test_truncated),
  ROWS (test_of_another_kind, kinds),
  ONCE (test_symlink),
  TIMES (test_no_file, 2),
  ONCE (test_other_names),
};

CHECK_MAIN (storefiles, tests)
