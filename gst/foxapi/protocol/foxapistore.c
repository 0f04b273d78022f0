/* The record of paid tasks
 *
 * A directory with one small JSON file per task (docs/task-store.md). Rules:
 *
 * - A file appears under its name complete and synced, or not at all: it is
 *   written under another name, synced, renamed, and the directory synced.
 * - The holder of a record has flock() on the file that the name leads to. The
 *   kernel drops it with the process. As a rename puts another file under the
 *   name, the new one is locked before, and whoever opens a record looks, once
 *   it has the lock, whether the name still leads to what it locked.
 * - What is not a record of ours is never changed.
 *
 * All calls block on the file system; they are made in streaming threads.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "foxapistore.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "foxapijson.h"
#include "foxapitask.h"

#define FORMAT "gst-foxapi task"
#define VERSION 1
#define SUFFIX ".task"
#define TEMPORARY_PREFIX ".new-"
#define TEMPORARY_LIFETIME_S (60 * 60)
#define MAX_FILE_BYTES (64 * 1024)
#define NAME_IDENTITY_CHARS 32
#define TEXT_CHARS 200

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

/**
 * foxapi_store_get_default_directory:
 *
 * Returns: (transfer full): `$XDG_STATE_HOME/gst-foxapi`
 *
 * Since: 0.1
 */
gchar *
foxapi_store_get_default_directory (void)
{
  return g_build_filename (g_get_user_state_dir (), "gst-foxapi", NULL);
}

/**
 * foxapi_store_identify:
 * @service: address of the service
 * @key_digest: digest of the key
 * @body: the request as JSON, local files in it named by their content
 *
 * Returns: (transfer full): a digest, the same only for the same request to the
 *   same service under the same key
 *
 * Since: 0.1
 */
gchar *
foxapi_store_identify (const gchar * service, const gchar * key_digest,
    const gchar * body)
{
  g_autofree gchar *text = g_strjoin ("\n", service, key_digest, body, NULL);

  return g_compute_checksum_for_string (G_CHECKSUM_SHA256, text, -1);
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

/* Seconds since the record was made, by its own word or the file system's,
 * whichever is older. */
static gint64
get_age (FoxapiRecord * record)
{
  gint64 created = 0, now = g_get_real_time () / G_USEC_PER_SEC;
  struct stat status;

  foxapi_json_get_int (record->object, "created", &created);
  created = MAX (created, 0);
  if (fstat (record->fd, &status) == 0)
    created = MIN (created, (gint64) status.st_mtime);
  return now - created;
}

static FoxapiRecord *
open_record (const gchar * path, gboolean * foreign)
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

/* What a process that died while it wrote has left. */
static void
remove_stale_temporary (const gchar * path)
{
  gint64 now = g_get_real_time () / G_USEC_PER_SEC;
  struct stat status;

  if (lstat (path, &status) == 0 && S_ISREG (status.st_mode)
      && now - status.st_mtime > TEMPORARY_LIFETIME_S)
    g_unlink (path);
}

typedef gboolean (*ObjectTest) (JsonObject * object, gpointer user_data);
typedef gboolean (*RecordTest) (FoxapiRecord * record, gpointer user_data);

typedef struct
{
  const gchar *directory;
  const gchar *prefix;          /* of the names worth opening */
  ObjectTest interesting;       /* NULL: the name says it */
  RecordTest wanted;
  gpointer user_data;
  guint n_foreign;
  gchar *foreign_path;
} Search;

static gboolean
is_old_file (const gchar * path)
{
  struct stat status;

  return lstat (path, &status) == 0 && status.st_mtime
      < g_get_real_time () / G_USEC_PER_SEC - FOXAPI_STORE_LIFETIME_S;
}

/* Opens what @path leads to, unless it is a record that is to go. */
static FoxapiRecord *
open_young (Search * search, const gchar * path)
{
  gboolean foreign;
  FoxapiRecord *record = open_record (path, &foreign);

  if (record == NULL) {
    if (foreign && search->n_foreign++ == 0)
      search->foreign_path = g_strdup (path);
    return NULL;
  }
  if (get_age (record) > FOXAPI_STORE_LIFETIME_S) {
    foxapi_record_remove (record);
    g_clear_pointer (&record, foxapi_record_free);
  }
  return record;
}

static void
remove_if_old (Search * search, const gchar * name)
{
  g_autofree gchar *path = g_build_filename (search->directory, name, NULL);
  g_autoptr (FoxapiRecord) record = NULL;

  if (g_str_has_prefix (name, TEMPORARY_PREFIX))
    remove_stale_temporary (path);
  else if (g_str_has_suffix (name, SUFFIX) && is_old_file (path))
    record = open_young (search, path);
}

/* Reads without holding: see run_search(). */
static gboolean
peek (Search * search, const gchar * path)
{
  g_autoptr (JsonObject) object = NULL;
  struct stat status;
  gint fd = open (path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

  if (fd < 0)
    return FALSE;
  if (fstat (fd, &status) == 0 && S_ISREG (status.st_mode))
    object = read_file (fd);
  close (fd);
  return object != NULL && search->interesting (object, search->user_data);
}

static FoxapiRecord *
examine (Search * search, const gchar * name)
{
  g_autofree gchar *path = g_build_filename (search->directory, name, NULL);
  g_autoptr (FoxapiRecord) record = NULL;

  if (!g_str_has_suffix (name, SUFFIX)
      || !g_str_has_prefix (name, search->prefix)) {
    remove_if_old (search, name);
    return NULL;
  }

  if (search->interesting != NULL && !peek (search, path))
    return NULL;
  record = open_young (search, path);
  if (record != NULL && search->wanted (record, search->user_data))
    return g_steal_pointer (&record);
  return NULL;
}

/* The first record that @search wants. The rest of the directory is gone through
 * for what is old only: to open a record is to hold it for a moment, and another
 * process that looks just then would go on to pay. */
static FoxapiRecord *
run_search (Search * search, GError ** error)
{
  g_autoptr (GError) fault = NULL;
  g_autoptr (GDir) dir = g_dir_open (search->directory, 0, &fault);
  FoxapiRecord *found = NULL;
  const gchar *name;

  if (dir == NULL) {
    if (!g_error_matches (fault, G_FILE_ERROR, G_FILE_ERROR_NOENT))
      g_propagate_error (error, g_steal_pointer (&fault));
    return NULL;
  }
  while ((name = g_dir_read_name (dir)) != NULL) {
    if (found == NULL)
      found = examine (search, name);
    else
      remove_if_old (search, name);
  }
  return found;
}

typedef struct
{
  const gchar *identity;
  gboolean lost_intent;
} Wanted;

static gboolean
is_of_identity (FoxapiRecord * record, const gchar * identity)
{
  return g_strcmp0 (foxapi_json_get_string (record->object, "identity"),
      identity) == 0;
}

static gboolean
is_task_of_identity (FoxapiRecord * record, gpointer user_data)
{
  Wanted *wanted = user_data;

  if (!is_of_identity (record, wanted->identity))
    return FALSE;
  if (foxapi_record_get_task_id (record) != NULL)
    return TRUE;

  /* Nobody holds it and it has no id: its process died in between. */
  wanted->lost_intent = TRUE;
  return FALSE;
}

static gboolean
remove_intent (FoxapiRecord * record, gpointer user_data)
{
  const Wanted *wanted = user_data;

  if (is_of_identity (record, wanted->identity)
      && foxapi_record_get_task_id (record) == NULL)
    foxapi_record_remove (record);
  return FALSE;
}

/* A lost intent is told of once, there is nothing else that it could be good
 * for. But it stays until somebody is about to pay again and has to be told. */
static void
forget_intents (const gchar * directory, const gchar * prefix, Wanted * wanted)
{
  Search search = { directory, prefix, NULL, remove_intent, wanted };

  run_search (&search, NULL);
  g_free (search.foreign_path);
}

/**
 * foxapi_store_take:
 * @directory: where the records are
 * @identity: of the request that is about to be submitted
 * @lost_intent: (out): there is no such task, but such a request was once about
 *   to be submitted, and what became of it is not known
 * @warning: return location: the store could not be read, or has files that are
 *   no records; the search went on
 *
 * Looks for a task that was paid for by an equal request and that no living
 * process holds, and takes hold of it. Records that are older than a result
 * lives are removed on the way.
 *
 * Returns: (transfer full) (nullable): the record, with a task id
 *
 * Since: 0.1
 */
FoxapiRecord *
foxapi_store_take (const gchar * directory, const gchar * identity,
    gboolean * lost_intent, GError ** warning)
{
  g_autofree gchar *prefix = g_strndup (identity, NAME_IDENTITY_CHARS);
  Wanted wanted = { identity, FALSE };
  Search search = { directory, prefix, NULL, is_task_of_identity, &wanted };
  FoxapiRecord *record = run_search (&search, warning);

  *lost_intent = record == NULL && wanted.lost_intent;
  if (*lost_intent)
    forget_intents (directory, prefix, &wanted);
  if (search.n_foreign > 0) {
    g_set_error (warning, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
        "%u file(s) cannot be read as records and were left alone, the first "
        "is %s", search.n_foreign, search.foreign_path);
    g_free (search.foreign_path);
  }
  return record;
}

static gboolean
describes_task (JsonObject * object, gpointer user_data)
{
  const gchar *const *wanted = user_data;

  return g_strcmp0 (foxapi_json_get_string (object, "service"), wanted[0]) == 0
      && g_strcmp0 (foxapi_json_get_string (object, "task_id"), wanted[1]) == 0;
}

static gboolean
is_task_of_service (FoxapiRecord * record, gpointer user_data)
{
  return describes_task (record->object, user_data);
}

/**
 * foxapi_store_take_task:
 * @directory: where the records are
 * @service: address of the service
 * @task_id: a task that a person asked to take up
 *
 * Returns: (transfer full) (nullable): the task's record, if there is one that
 *   no living process holds
 *
 * Since: 0.1
 */
FoxapiRecord *
foxapi_store_take_task (const gchar * directory, const gchar * service,
    const gchar * task_id)
{
  const gchar *wanted[] = { service, task_id };
  Search search = { directory, "", describes_task, is_task_of_service, wanted };
  FoxapiRecord *record = run_search (&search, NULL);

  g_free (search.foreign_path);
  return record;
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
  g_autofree gchar *name = g_strdup_printf (TEMPORARY_PREFIX "%08x%08x",
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

static gchar *
shorten (const gchar * text)
{
  if (text == NULL || !g_utf8_validate (text, -1, NULL))
    return NULL;
  return g_utf8_substring (text, 0, MIN (g_utf8_strlen (text, -1), TEXT_CHARS));
}

static JsonObject *
new_object (const FoxapiStoreEntry * entry)
{
  JsonObject *object = json_object_new ();
  g_autofree gchar *model = shorten (entry->model);
  g_autofree gchar *prompt = shorten (entry->prompt);

  json_object_set_string_member (object, "format", FORMAT);
  json_object_set_int_member (object, "version", VERSION);
  json_object_set_int_member (object, "created",
      g_get_real_time () / G_USEC_PER_SEC);
  json_object_set_string_member (object, "service", entry->service);
  if (model != NULL)
    json_object_set_string_member (object, "model", model);
  if (prompt != NULL)
    json_object_set_string_member (object, "prompt", prompt);
  json_object_set_string_member (object, "key_digest", entry->key_digest);
  json_object_set_string_member (object, "identity", entry->identity);
  return object;
}

/**
 * foxapi_store_add:
 * @directory: where the records are; made if it is missing
 * @entry: what is about to be submitted
 * @error: return location
 *
 * Writes down the intent to submit, and holds it. When this returns a record,
 * it is on the disk.
 *
 * Returns: (transfer full) (nullable): the record, without a task id
 *
 * Since: 0.1
 */
FoxapiRecord *
foxapi_store_add (const gchar * directory, const FoxapiStoreEntry * entry,
    GError ** error)
{
  g_autoptr (FoxapiRecord) record = NULL;
  g_autofree gchar *name = NULL;

  if (g_mkdir_with_parents (directory, 0700) != 0) {
    set_errno_error (error, "cannot make the directory", directory);
    return NULL;
  }

  name = g_strdup_printf ("%.*s-%08x" SUFFIX, NAME_IDENTITY_CHARS,
      entry->identity, g_random_int ());
  record = g_new0 (FoxapiRecord, 1);
  record->fd = -1;
  record->path = g_build_filename (directory, name, NULL);
  record->object = new_object (entry);
  if (!write_record (record, error)) {
    foxapi_record_remove (record);
    return NULL;
  }
  return g_steal_pointer (&record);
}

/* One held record */

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
