/* The records of paid tasks: a directory with one small JSON file per task
 *
 * - A file appears under its name complete and synced, or not at all: it is
 *   written under another name, synced, renamed, and the directory synced. Where
 *   the file system cannot do that, it is written in place.
 * - The holder of a record has flock() on its file, exclusively. The kernel drops
 *   it with the process. Whoever only looks takes it shared, so that two who look
 *   do not take each other for a holder. Where there are no locks, a record counts
 *   as free: to ask about a task twice is free, to pay twice is not.
 * - Nothing here depends on the clock, which may have been wrong.
 * - What is not a record of ours is never changed.
 *
 * All calls block on the file system; they are made in streaming threads.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "foxapistore.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <glib/gstdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "foxapijson.h"
#include "foxapitask.h"

#define FORMAT "gst-foxapi task"
#define VERSION 1
#define SUFFIX ".task"
#define TEMPORARY_PREFIX ".new-"
#define MAX_FILE_BYTES (64 * 1024)
#define NAME_IDENTITY_CHARS 32
#define TEXT_CHARS 200

/* Who looks is done in microseconds. */
#define MAX_LOCK_ATTEMPTS 20
#define LOCK_PAUSE_US 2000

gchar *
foxapi_store_get_default_directory (void)
{
  return g_build_filename (g_get_user_state_dir (), "gst-foxapi", NULL);
}

/* (transfer full): of this process, and of no other: containers that share a store may
 * have equal numbers */
gchar *
foxapi_store_get_process (void)
{
  static gsize token = 0;

  if (g_once_init_enter (&token))
    g_once_init_leave (&token, (gsize) g_random_int () | 1);
  return g_strdup_printf ("%d-%08x", (gint) getpid (), (guint) token);
}

/* A digest, the same only for the same request to the same service under the same
 * key. In @body each local file is named by its content. */
gchar *
foxapi_store_identify (const gchar * service, const gchar * key_digest,
    const gchar * body)
{
  g_autofree gchar *text = g_strjoin ("\n", service, key_digest, body, NULL);

  return g_compute_checksum_for_string (G_CHECKSUM_SHA256, text, -1);
}

static void
set_errno_error (GError ** error, const gchar * what, const gchar * path)
{
  gint saved_errno = errno;

  /* Of warnings the first one counts. */
  if (error != NULL && *error == NULL)
    g_set_error (error, G_IO_ERROR, g_io_error_from_errno (saved_errno),
        "%s %s: %s", what, path, g_strerror (saved_errno));
}

static gchar *
get_temporary_path (const gchar * path)
{
  g_autofree gchar *directory = g_path_get_dirname (path);
  g_autofree gchar *name = g_path_get_basename (path);
  g_autofree gchar *new_name = g_strconcat (TEMPORARY_PREFIX, name, NULL);

  return g_build_filename (directory, new_name, NULL);
}

/* Reading */

/* Another user must not slip in a record, and with it another video. The owner of
 * the file alone does not tell: mounts of Windows disks, of vfat and of some
 * containers give every file to somebody else. But a directory in which only its
 * owner can write has nobody else's records; and in any other, a file of the
 * directory's owner is as good as the directory. */
gboolean
foxapi_store_is_trusted (const gchar * path, const struct stat *file)
{
  g_autofree gchar *parent = NULL;
  struct stat directory;

  if (file->st_uid == geteuid ())
    return TRUE;
  parent = g_path_get_dirname (path);
  return stat (parent, &directory) == 0
      && (directory.st_uid == file->st_uid
      || (directory.st_mode & (S_IWGRP | S_IWOTH)) == 0);
}

static gint
open_file (const gchar * path)
{
  const gint flags = O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
  gint fd = open (path, O_RDWR | flags);

  if (fd < 0 && (errno == EACCES || errno == EPERM || errno == EROFS))
    fd = open (path, O_RDONLY | flags);
  return fd;
}

static FoxapiRecord *
parse_record (const gchar * text, gsize length)
{
  g_autoptr (JsonObject) object = foxapi_json_parse (text, length, NULL);
  FoxapiRecord *record;
  gint64 version, created;

  if (object == NULL
      || g_strcmp0 (foxapi_json_get_string (object, "format"), FORMAT) != 0
      || !foxapi_json_get_int (object, "version", &version)
      || version != VERSION
      || foxapi_json_get_string (object, "identity") == NULL
      || !foxapi_json_get_int (object, "created", &created))
    return NULL;
  if (json_object_has_member (object, "task_id")
      && !foxapi_task_id_is_valid (foxapi_json_get_string (object, "task_id")))
    return NULL;

  record = g_new0 (FoxapiRecord, 1);
  record->fd = -1;
  record->created = created;
  record->service = g_strdup (foxapi_json_get_string (object, "service"));
  record->model = g_strdup (foxapi_json_get_string (object, "model"));
  record->prompt = g_strdup (foxapi_json_get_string (object, "prompt"));
  record->key_digest = g_strdup (foxapi_json_get_string (object, "key_digest"));
  record->identity = g_strdup (foxapi_json_get_string (object, "identity"));
  record->task_id = g_strdup (foxapi_json_get_string (object, "task_id"));
  record->process = g_strdup (foxapi_json_get_string (object, "process"));
  return record;
}

/* Opens a record without locking it. *foreign: what is there is none of ours. */
static FoxapiRecord *
open_record (const gchar * path, gboolean * foreign)
{
  g_autofree gchar *text = NULL;
  FoxapiRecord *record = NULL;
  struct stat status;
  gssize length = 0;
  gint fd = open_file (path);

  if (fd < 0) {
    *foreign = errno != ENOENT;
    return NULL;
  }
  if (fstat (fd, &status) == 0 && S_ISREG (status.st_mode)
      && status.st_size <= MAX_FILE_BYTES
      && foxapi_store_is_trusted (path, &status)) {
    text = g_malloc (status.st_size + 1);
    length = pread (fd, text, status.st_size, 0);
  }
  if (length > 0)
    record = parse_record (text, length);
  *foreign = record == NULL;
  if (record == NULL) {
    close (fd);
    return NULL;
  }
  record->path = g_strdup (path);
  record->fd = fd;
  return record;
}

/* %FALSE: a living process holds it. */
static gboolean
lock_file (gint fd, gint operation, const gchar * path, GError ** warning)
{
  for (guint attempt = 1; attempt <= MAX_LOCK_ATTEMPTS; attempt++) {
    if (flock (fd, operation | LOCK_NB) == 0)
      return TRUE;
    if (errno != EWOULDBLOCK) {
      set_errno_error (warning, _("cannot lock"), path);
      return TRUE;
    }
    if (flock (fd, LOCK_SH | LOCK_NB) != 0)
      return FALSE;
    flock (fd, LOCK_UN);
    g_usleep (LOCK_PAUSE_US + g_random_int_range (0, LOCK_PAUSE_US));
  }
  /* Nobody holds it; somebody looks at it, and was stopped meanwhile. */
  return TRUE;
}

/* Locks a record that was opened, an intent shared: see above. It may have been
 * removed, or have got its id, before the lock was there. Inode numbers do not
 * tell, as some file systems make them up. */
static gboolean
lock_record (FoxapiRecord * record, GError ** warning)
{
  g_autoptr (FoxapiRecord) now = NULL;
  gboolean foreign;

  record->is_held = !lock_file (record->fd, record->task_id ? LOCK_EX :
      LOCK_SH, record->path, warning);
  if (record->is_held)
    return FALSE;
  now = open_record (record->path, &foreign);
  return now != NULL && g_strcmp0 (now->task_id, record->task_id) == 0
      && g_strcmp0 (now->identity, record->identity) == 0;
}

/* A process that died between writing the id and renaming the file has lost
 * nothing. */
static FoxapiRecord *
finish_renaming (const FoxapiRecord * intent)
{
  g_autofree gchar *temporary = get_temporary_path (intent->path);
  g_autoptr (FoxapiRecord) record = NULL;
  gboolean foreign;

  record = open_record (temporary, &foreign);
  if (record == NULL || record->task_id == NULL
      || g_strcmp0 (record->identity, intent->identity) != 0
      || !lock_record (record, NULL)
      || rename (temporary, intent->path) != 0)
    return NULL;
  g_free (record->path);
  record->path = g_strdup (intent->path);
  return g_steal_pointer (&record);
}

static FoxapiRecord *
take_file (const gchar * path, const gchar * identity, gboolean * foreign,
    GError ** warning)
{
  g_autoptr (FoxapiRecord) record = NULL;
  FoxapiRecord *finished;
  gboolean changed;
  guint n_looks = 0;

  /* A record that has changed meanwhile is an intent that got its id, or one that
   * is gone. */
  do {
    g_clear_pointer (&record, foxapi_record_free);
    record = open_record (path, foreign);
    if (record == NULL || !g_str_equal (record->identity, identity))
      return NULL;
    changed = !lock_record (record, warning) && !record->is_held;
  } while (changed && n_looks++ == 0);
  if (changed || (record->is_held && record->task_id != NULL))
    return NULL;
  if (record->is_held) {
    foxapi_record_let_go (record);
  } else if (record->task_id == NULL) {
    finished = finish_renaming (record);
    if (finished != NULL)
      return finished;
    foxapi_record_let_go (record);
  }
  return g_steal_pointer (&record);
}

/* (nullable): the next name of a record */
static const gchar *
read_name (GDir * dir, const gchar * prefix, GCancellable * cancellable)
{
  const gchar *name = NULL;

  while (!g_cancellable_is_cancelled (cancellable)
      && (name = g_dir_read_name (dir)) != NULL) {
    if (g_str_has_prefix (name, prefix) && g_str_has_suffix (name, SUFFIX))
      return name;
  }
  return NULL;
}

/* Looks for a task that was paid for by an equal request and that no living process
 * holds, and takes hold of it; not one whose path is in
 * @given_up (nullable). If there is none, @lost gets the intents: of requests
 * that were about to be sent by a process that has gone, or are, and are held. What
 * could not be read does not stop the search, it is told in @warning. */
FoxapiRecord *
foxapi_store_take (const gchar * directory, const gchar * identity,
    GHashTable * given_up, GPtrArray * lost, GCancellable * cancellable,
    GError ** warning)
{
  g_autofree gchar *prefix = g_strndup (identity, NAME_IDENTITY_CHARS);
  g_autofree gchar *foreign_path = NULL;
  g_autoptr (FoxapiRecord) found = NULL;
  g_autoptr (GError) fault = NULL;
  g_autoptr (GDir) dir = g_dir_open (directory, 0, &fault);
  const gchar *name;
  guint n_foreign = 0;

  if (dir == NULL) {
    if (!g_error_matches (fault, G_FILE_ERROR, G_FILE_ERROR_NOENT))
      g_propagate_error (warning, g_steal_pointer (&fault));
    return NULL;
  }
  while (found == NULL && (name = read_name (dir, prefix, cancellable)) != NULL) {
    g_autofree gchar *path = g_build_filename (directory, name, NULL);
    g_autoptr (FoxapiRecord) record = NULL;
    gboolean foreign;

    record = take_file (path, identity, &foreign, &fault);
    if (foreign && n_foreign++ == 0)
      foreign_path = g_steal_pointer (&path);
    if (record == NULL)
      continue;
    if (record->task_id == NULL)
      g_ptr_array_add (lost, g_steal_pointer (&record));
    else if (given_up == NULL
        || !g_hash_table_contains (given_up, record->path))
      found = g_steal_pointer (&record);
  }

  if (found != NULL)
    g_ptr_array_set_size (lost, 0);
  if (n_foreign > 0)
    g_set_error (warning, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
        _("%u file(s) are no readable records and were ignored, the first "
            "is %s"), n_foreign, foreign_path);
  else if (fault != NULL)
    g_propagate_error (warning, g_steal_pointer (&fault));
  return g_steal_pointer (&found);
}

/* The record of a task that a person asked for, if no living process holds it */
FoxapiRecord *
foxapi_store_take_task (const gchar * directory, const gchar * service,
    const gchar * task_id, GCancellable * cancellable)
{
  g_autoptr (GDir) dir = g_dir_open (directory, 0, NULL);
  const gchar *name;

  while (dir != NULL && (name = read_name (dir, "", cancellable)) != NULL) {
    g_autofree gchar *path = g_build_filename (directory, name, NULL);
    gboolean foreign;
    g_autoptr (FoxapiRecord) record = open_record (path, &foreign);

    if (record != NULL && g_strcmp0 (record->service, service) == 0
        && g_strcmp0 (record->task_id, task_id) == 0
        && lock_record (record, NULL))
      return g_steal_pointer (&record);
  }
  return NULL;
}

/* Writing */

static GString *
to_text (const FoxapiRecord * record)
{
  g_autoptr (JsonObject) object = json_object_new ();
  g_autoptr (JsonNode) node = json_node_new (JSON_NODE_OBJECT);
  g_autofree gchar *pretty = NULL;
  GString *text;

  json_object_set_string_member (object, "format", FORMAT);
  json_object_set_int_member (object, "version", VERSION);
  json_object_set_int_member (object, "created", record->created);
  json_object_set_string_member (object, "service", record->service);
  if (record->model != NULL)
    json_object_set_string_member (object, "model", record->model);
  if (record->prompt != NULL)
    json_object_set_string_member (object, "prompt", record->prompt);
  json_object_set_string_member (object, "key_digest", record->key_digest);
  json_object_set_string_member (object, "identity", record->identity);
  if (record->task_id != NULL)
    json_object_set_string_member (object, "task_id", record->task_id);
  else
    json_object_set_string_member (object, "process", record->process);

  json_node_set_object (node, object);
  pretty = json_to_string (node, TRUE);
  text = g_string_new (pretty);
  g_string_append_c (text, '\n');
  return text;
}

static gboolean
write_all (gint fd, const GString * text)
{
  gsize done = 0;

  while (done < text->len) {
    gssize n = pwrite (fd, text->str + done, text->len - done, done);

    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0)
      return FALSE;
    done += n;
  }
  return TRUE;
}

/* %FALSE: there is no room. What cannot be synced is there all the same, until the
 * power fails. */
static gboolean
sync_file (gint fd, const gchar * path, GError ** warning)
{
  if (fsync (fd) == 0)
    return TRUE;
  if (errno == ENOSPC || errno == EDQUOT)
    return FALSE;
  set_errno_error (warning, _("cannot sync"), path);
  return TRUE;
}

static void
sync_directory_of (const gchar * path, GError ** warning)
{
  g_autofree gchar *directory = g_path_get_dirname (path);
  gint fd = open (directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

  if (fd < 0 || fsync (fd) != 0)
    set_errno_error (warning, _("cannot sync"), directory);
  if (fd >= 0)
    close (fd);
}

/* A new and locked file, or -1 */
static gint
create_file (const gchar * path, const GString * text, GError ** warning)
{
  gint fd = open (path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
      0600);
  gint saved_errno;

  if (fd < 0)
    return -1;
  lock_file (fd, LOCK_EX, path, warning);
  if (write_all (fd, text) && sync_file (fd, path, warning))
    return fd;
  saved_errno = errno;
  g_unlink (path);
  close (fd);
  errno = saved_errno;
  return -1;
}

/* -1: this file system, or this moment, has no room for a second file, or cannot
 * rename. */
static gint
replace_file (const gchar * path, const GString * text, GError ** warning)
{
  g_autofree gchar *temporary = get_temporary_path (path);
  gint fd = create_file (temporary, text, warning);
  gint saved_errno;

  if (fd >= 0 && rename (temporary, path) != 0) {
    saved_errno = errno;
    g_unlink (temporary);
    close (fd);
    errno = saved_errno;
    return -1;
  }
  return fd;
}

/* Puts the record's text under its name, and its lock with it. */
static gboolean
write_record (FoxapiRecord * record, GError ** warning, GError ** error)
{
  GString *text = to_text (record);
  gint fd = replace_file (record->path, text, warning);
  gboolean written = fd >= 0;

  if (!written) {
    set_errno_error (error, _("cannot write"), record->path);
    if (record->fd < 0)
      written = (record->fd = create_file (record->path, text, warning)) >= 0;
    else                        /* it fits into the block that the intent has taken */
      written = write_all (record->fd, text)
          && ftruncate (record->fd, text->len) == 0
          && sync_file (record->fd, record->path, warning);
  }
  g_string_free (text, TRUE);
  if (written) {
    g_clear_error (error);
    sync_directory_of (record->path, warning);
  }
  /* The disk works for what is replaced, so that goes when all else is safe. */
  if (fd >= 0) {
    foxapi_record_let_go (record);
    record->fd = fd;
  }
  return written;
}

static gchar *
shorten (const gchar * text)
{
  if (text == NULL || !g_utf8_validate (text, -1, NULL))
    return NULL;
  return g_utf8_substring (text, 0, MIN (g_utf8_strlen (text, -1), TEXT_CHARS));
}

/* Writes down the intent to submit @body, and holds it. When this returns, it is on
 * the disk; if that is not certain, @warning says why. %NULL: there is no record. */
FoxapiRecord *
foxapi_store_add (const gchar * directory, const gchar * identity,
    const gchar * service, const gchar * key_digest, JsonObject * body,
    GError ** warning)
{
  g_autoptr (FoxapiRecord) record = g_new0 (FoxapiRecord, 1);
  g_autoptr (GError) note = NULL;
  g_autofree gchar *name = NULL;

  record->fd = -1;
  if (g_mkdir_with_parents (directory, 0700) != 0) {
    set_errno_error (warning, _("cannot make the directory"), directory);
    return NULL;
  }
  name = g_strdup_printf ("%.*s-%08x" SUFFIX, NAME_IDENTITY_CHARS, identity,
      g_random_int ());
  record->path = g_build_filename (directory, name, NULL);
  record->created = g_get_real_time () / G_USEC_PER_SEC;
  record->service = g_strdup (service);
  record->model = shorten (foxapi_json_get_string (body, "model"));
  record->prompt = shorten (foxapi_json_get_string (body, "prompt"));
  record->key_digest = g_strdup (key_digest);
  record->identity = g_strdup (identity);
  record->process = foxapi_store_get_process ();
  if (!write_record (record, &note, warning))
    return NULL;
  if (note != NULL)
    g_propagate_error (warning, g_steal_pointer (&note));
  return g_steal_pointer (&record);
}

/* %TRUE: the id is on the disk. */
gboolean
foxapi_record_set_task_id (FoxapiRecord * record, const gchar * task_id,
    GError ** error)
{
  g_autoptr (GError) fault = NULL;

  g_free (record->task_id);
  record->task_id = g_strdup (task_id);
  if (write_record (record, NULL, &fault))
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&fault));
  return FALSE;
}

/* While it is held, and after */

/* Lets others take up the task, without forgetting it here. */
void
foxapi_record_let_go (FoxapiRecord * record)
{
  if (record->fd >= 0) {
    /* A child that was forked meanwhile has the same lock. */
    flock (record->fd, LOCK_UN);
    close (record->fd);
  }
  record->fd = -1;
}

/* %FALSE: a record that was let go is gone, or has become another's. */
gboolean
foxapi_record_hold (FoxapiRecord * record)
{
  g_autoptr (FoxapiRecord) now = NULL;
  gboolean foreign;

  if (record->fd >= 0)
    return TRUE;
  now = open_record (record->path, &foreign);
  if (now == NULL || g_strcmp0 (now->task_id, record->task_id) != 0
      || !lock_record (now, NULL))
    return FALSE;
  record->fd = now->fd;
  now->fd = -1;
  return TRUE;
}

/* From the disk, if it is held. This is not synced: a record that comes back after
 * the power failed costs nothing, and whoever stops an element does not wait for
 * the disk. */
void
foxapi_record_remove (FoxapiRecord * record)
{
  g_autofree gchar *temporary = NULL;

  if (record->fd < 0)
    return;
  temporary = get_temporary_path (record->path);
  g_unlink (temporary);
  g_unlink (record->path);
  foxapi_record_let_go (record);
}

/* On the disk it stays. */
void
foxapi_record_free (FoxapiRecord * record)
{
  foxapi_record_let_go (record);
  g_free (record->path);
  g_free (record->service);
  g_free (record->model);
  g_free (record->prompt);
  g_free (record->key_digest);
  g_free (record->identity);
  g_free (record->task_id);
  g_free (record->process);
  g_free (record);
}

/* What people are told of it */

/* As the console of the account shows it, to be compared */
gchar *
foxapi_record_describe (const FoxapiRecord * record)
{
  g_autoptr (GDateTime) time =
      g_date_time_new_from_unix_local (record->created);
  g_autofree gchar *text = time ?
      g_date_time_format (time, "%Y-%m-%d %H:%M:%S %z") : NULL;

  return g_strdup_printf (_("model %s, %s"), record->model ? record->model :
      _("unknown"), text ? text : _("time unknown"));
}

/* How a person has a record removed */
gchar *
foxapi_record_get_forget_command (const FoxapiRecord * record)
{
  g_autofree gchar *directory = g_path_get_dirname (record->path);
  g_autofree gchar *standard = foxapi_store_get_default_directory ();
  g_autofree gchar *name = g_path_get_basename (record->path);
  g_autofree gchar *quoted = g_shell_quote (directory);

  if (g_str_equal (directory, standard))
    return g_strdup_printf ("foxapi-tasks forget %s", name);
  return g_strdup_printf ("foxapi-tasks forget %s %s", name, quoted);
}
