/* One record of a paid task: a file, and who holds it
 *
 * - A file appears under its name complete and synced, or not at all: it is
 *   written under another name, synced, renamed, and the directory synced.
 * - The holder of a record has flock() on the file that the name leads to. The
 *   kernel drops it with the process. As a rename puts another file under the
 *   name, the new one is locked before, and whoever opens a record looks, once
 *   it has the lock, whether the name still leads to what it locked.
 * - What is not a record of ours is never changed.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "foxapirecord.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "foxapijson.h"
#include "foxapitask.h"

#define FORMAT "gst-foxapi task"
#define VERSION 1
#define MAX_FILE_BYTES (64 * 1024)

struct _FoxapiRecord
{
  gchar *path;
  gint fd;                      /* holds the lock; -1 while let go */
  JsonObject *object;
};

static gboolean
set_errno_error (GError ** error, const gchar * what, const gchar * path)
{
  gint saved_errno = errno;

  g_set_error (error, G_IO_ERROR, g_io_error_from_errno (saved_errno),
      "%s %s: %s", what, path, g_strerror (saved_errno));
  return FALSE;
}

/* Reading */

/* Opens and locks what @path leads to. -1 if another holds it, if it is gone,
 * or if it is no plain file of this user (*foreign is set then). */
static gint
open_and_lock (const gchar * path, gboolean * foreign)
{
  struct stat locked, named;
  gint fd;

  *foreign = FALSE;
  fd = open (path, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0) {
    *foreign = errno != ENOENT;
    return -1;
  }
  if (fstat (fd, &locked) != 0 || !S_ISREG (locked.st_mode)
      || locked.st_uid != geteuid () || locked.st_size > MAX_FILE_BYTES) {
    *foreign = TRUE;
    close (fd);
    return -1;
  }
  if (flock (fd, LOCK_EX | LOCK_NB) != 0 || lstat (path, &named) != 0
      || named.st_ino != locked.st_ino || named.st_dev != locked.st_dev) {
    close (fd);
    return -1;
  }
  return fd;
}

/* (nullable): what a file says that is a record of ours */
static JsonObject *
read_file (gint fd)
{
  g_autofree gchar *text = g_malloc (MAX_FILE_BYTES);
  g_autoptr (JsonObject) object = NULL;
  gssize length = pread (fd, text, MAX_FILE_BYTES, 0);
  gint64 version, created;

  object = length > 0 ? foxapi_json_parse (text, length, NULL) : NULL;
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
  return g_steal_pointer (&object);
}

/**
 * foxapi_record_open:
 * @path: what may be a record
 * @foreign: (out): there is something that is not a record of ours
 *
 * Returns: (transfer full) (nullable): the record, held; %NULL also if another
 *   holds it
 *
 * Since: 0.1
 */
FoxapiRecord *
foxapi_record_open (const gchar * path, gboolean * foreign)
{
  g_autoptr (JsonObject) object = NULL;
  FoxapiRecord *record;
  gint fd = open_and_lock (path, foreign);

  if (fd < 0)
    return NULL;
  object = read_file (fd);
  if (object == NULL) {
    *foreign = TRUE;
    close (fd);
    return NULL;
  }

  record = g_new0 (FoxapiRecord, 1);
  record->path = g_strdup (path);
  record->fd = fd;
  record->object = g_steal_pointer (&object);
  return record;
}

/**
 * foxapi_record_peek:
 * @path: what may be a record
 *
 * Reads without holding.
 *
 * Returns: (transfer full) (nullable): what the record says
 *
 * Since: 0.1
 */
JsonObject *
foxapi_record_peek (const gchar * path)
{
  JsonObject *object = NULL;
  struct stat status;
  gint fd = open (path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

  if (fd < 0)
    return NULL;
  if (fstat (fd, &status) == 0 && S_ISREG (status.st_mode))
    object = read_file (fd);
  close (fd);
  return object;
}

/**
 * foxapi_record_get_age:
 * @record: a held record
 *
 * Returns: seconds since the record was made, by its own word or the file
 *   system's, whichever is older
 *
 * Since: 0.1
 */
gint64
foxapi_record_get_age (FoxapiRecord * record)
{
  gint64 created = 0, now = g_get_real_time () / G_USEC_PER_SEC;
  struct stat status;

  foxapi_json_get_int (record->object, "created", &created);
  created = MAX (created, 0);
  if (fstat (record->fd, &status) == 0)
    created = MIN (created, (gint64) status.st_mtime);
  return now - created;
}

/* Writing */

static gboolean
write_all (gint fd, const gchar * text, gsize length)
{
  gsize done = 0;

  while (done < length) {
    gssize n = pwrite (fd, text + done, length - done, done);

    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0)
      return FALSE;
    done += n;
  }
  return TRUE;
}

static gchar *
to_text (JsonObject * object, gsize * length)
{
  g_autoptr (JsonNode) node = json_node_new (JSON_NODE_OBJECT);
  g_autofree gchar *pretty = NULL;
  GString *text;

  json_node_set_object (node, object);
  pretty = json_to_string (node, TRUE);
  text = g_string_new (pretty);
  g_string_append_c (text, '\n');
  *length = text->len;
  return g_string_free (text, FALSE);
}

static gboolean
sync_directory (const gchar * directory, GError ** error)
{
  gint fd = open (directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  gboolean synced = fd >= 0 && fsync (fd) == 0;

  if (!synced)
    set_errno_error (error, "cannot sync", directory);
  if (fd >= 0)
    close (fd);
  return synced;
}

/* A new, locked and synced file with the record's text, not yet under its
 * name. */
static gint
write_temporary (const gchar * path, const gchar * text, gsize length,
    GError ** error)
{
  gint fd = open (path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
      0600);

  if (fd < 0) {
    set_errno_error (error, "cannot create", path);
    return -1;
  }
  if (flock (fd, LOCK_EX | LOCK_NB) != 0 || !write_all (fd, text, length)
      || fsync (fd) != 0) {
    set_errno_error (error, "cannot write", path);
    close (fd);
    g_unlink (path);
    return -1;
  }
  return fd;
}

/* Puts the record's text under its name, and its lock with it. */
static gboolean
write_record (FoxapiRecord * record, GError ** error)
{
  g_autofree gchar *directory = g_path_get_dirname (record->path);
  g_autofree gchar *name =
      g_strdup_printf (FOXAPI_RECORD_TEMPORARY_PREFIX "%08x%08x",
      g_random_int (), g_random_int ());
  g_autofree gchar *temporary = g_build_filename (directory, name, NULL);
  g_autofree gchar *text = NULL;
  gsize length;
  gint fd;

  text = to_text (record->object, &length);
  fd = write_temporary (temporary, text, length, error);
  if (fd < 0)
    return FALSE;
  if (rename (temporary, record->path) != 0) {
    set_errno_error (error, "cannot rename to", record->path);
    close (fd);
    g_unlink (temporary);
    return FALSE;
  }

  if (record->fd >= 0)
    close (record->fd);
  record->fd = fd;
  return sync_directory (directory, error);
}

/**
 * foxapi_record_new_object:
 *
 * Returns: (transfer full): what every record says first, to be added to
 *
 * Since: 0.1
 */
JsonObject *
foxapi_record_new_object (void)
{
  JsonObject *object = json_object_new ();

  json_object_set_string_member (object, "format", FORMAT);
  json_object_set_int_member (object, "version", VERSION);
  return object;
}

/**
 * foxapi_record_create:
 * @path: where
 * @object: (transfer full): what it says, of foxapi_record_new_object()
 * @error: return location
 *
 * Returns: (transfer full) (nullable): the record, held, and on the disk
 *
 * Since: 0.1
 */
FoxapiRecord *
foxapi_record_create (const gchar * path, JsonObject * object, GError ** error)
{
  g_autoptr (FoxapiRecord) record = g_new0 (FoxapiRecord, 1);

  record->fd = -1;
  record->path = g_strdup (path);
  record->object = object;
  if (!write_record (record, error)) {
    foxapi_record_remove (record);
    return NULL;
  }
  return g_steal_pointer (&record);
}

/* While it is held */

/**
 * foxapi_record_get_path:
 * @record: a record
 *
 * Returns: where the record is
 *
 * Since: 0.1
 */
const gchar *
foxapi_record_get_path (FoxapiRecord * record)
{
  return record->path;
}

/**
 * foxapi_record_get_task_id:
 * @record: a record
 *
 * Returns: (nullable): the task's id, %NULL while it is an intent
 *
 * Since: 0.1
 */
const gchar *
foxapi_record_get_task_id (FoxapiRecord * record)
{
  return foxapi_json_get_string (record->object, "task_id");
}

/**
 * foxapi_record_get_object:
 * @record: a record
 *
 * Returns: (transfer none): what it says
 *
 * Since: 0.1
 */
JsonObject *
foxapi_record_get_object (FoxapiRecord * record)
{
  return record->object;
}

/* Not atomic, but it fits into the block that the intent has taken: for a disk
 * that has filled up meanwhile. */
static gboolean
overwrite_in_place (FoxapiRecord * record)
{
  g_autofree gchar *text = NULL;
  gsize length;

  text = to_text (record->object, &length);
  return record->fd >= 0 && write_all (record->fd, text, length)
      && fsync (record->fd) == 0;
}

/**
 * foxapi_record_set_task_id:
 * @record: a record
 * @task_id: the task that the submission made
 * @error: return location
 *
 * Returns: %TRUE when the id is on the disk
 *
 * Since: 0.1
 */
gboolean
foxapi_record_set_task_id (FoxapiRecord * record, const gchar * task_id,
    GError ** error)
{
  g_autoptr (GError) fault = NULL;
  g_autoptr (JsonObject) old = record->object;
  g_autoptr (GList) names = json_object_get_members (old);

  /* What came from a parser is immutable. */
  record->object = json_object_new ();
  for (GList * l = names; l != NULL; l = l->next)
    json_object_set_member (record->object, l->data,
        json_object_dup_member (old, l->data));
  json_object_set_string_member (record->object, "task_id", task_id);

  if (write_record (record, &fault) || overwrite_in_place (record))
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&fault));
  return FALSE;
}

/**
 * foxapi_record_let_go:
 * @record: a record
 *
 * Lets others take up the task, without forgetting it here.
 *
 * Since: 0.1
 */
void
foxapi_record_let_go (FoxapiRecord * record)
{
  if (record->fd >= 0)
    close (record->fd);
  record->fd = -1;
}

/**
 * foxapi_record_hold:
 * @record: a record that may have been let go
 *
 * Returns: %TRUE if it is held (again), %FALSE if it is gone or another's
 *
 * Since: 0.1
 */
gboolean
foxapi_record_hold (FoxapiRecord * record)
{
  gboolean foreign;

  if (record->fd < 0)
    record->fd = open_and_lock (record->path, &foreign);
  return record->fd >= 0;
}

/**
 * foxapi_record_remove:
 * @record: a record
 *
 * Removes the record from the disk, if it is held. To be freed all the same. This
 * is not synced: a record that comes back after the power failed costs nothing, and
 * whoever stops an element does not wait for the disk.
 *
 * Since: 0.1
 */
void
foxapi_record_remove (FoxapiRecord * record)
{
  if (record->fd < 0)
    return;

  g_unlink (record->path);
  foxapi_record_let_go (record);
}

/**
 * foxapi_record_free:
 * @record: (transfer full): a record; on the disk it stays
 *
 * Since: 0.1
 */
void
foxapi_record_free (FoxapiRecord * record)
{
  foxapi_record_let_go (record);
  g_free (record->path);
  json_object_unref (record->object);
  g_free (record);
}
