/* The records of paid tasks
 *
 * A directory with one small JSON file per task (docs/task-store.md).
 *
 * All calls block on the file system; they are made in streaming threads.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "foxapistore.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "foxapijson.h"
#include "foxapitask.h"

#define SUFFIX ".task"
#define TEMPORARY_LIFETIME_S (60 * 60)
#define NAME_IDENTITY_CHARS 32
#define TEXT_CHARS 200

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
  FoxapiRecord *record = foxapi_record_open (path, &foreign);

  if (record == NULL) {
    if (foreign && search->n_foreign++ == 0)
      search->foreign_path = g_strdup (path);
    return NULL;
  }
  if (foxapi_record_get_age (record) > FOXAPI_STORE_LIFETIME_S) {
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

  if (g_str_has_prefix (name, FOXAPI_RECORD_TEMPORARY_PREFIX))
    remove_stale_temporary (path);
  else if (g_str_has_suffix (name, SUFFIX) && is_old_file (path))
    record = open_young (search, path);
}

/* Without holding: see run_search(). */
static gboolean
is_interesting (Search * search, const gchar * path)
{
  g_autoptr (JsonObject) object = NULL;

  if (search->interesting == NULL)
    return TRUE;
  object = foxapi_record_peek (path);
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

  if (!is_interesting (search, path))
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
  return g_strcmp0 (foxapi_json_get_string (foxapi_record_get_object (record),
          "identity"), identity) == 0;
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
  if (search.n_foreign > 0) {
    g_set_error (warning, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
        "%u file(s) cannot be read as records and were left alone, the first "
        "is %s", search.n_foreign, search.foreign_path);
    g_free (search.foreign_path);
  }
  return record;
}

/**
 * foxapi_store_forget_lost:
 * @directory: where the records are
 * @identity: of a request
 *
 * Removes the intents of processes that died, of which foxapi_store_take() has
 * told. To be called when somebody has paid again, or may have, whose own record
 * is held and stays: until then they are to be told of again.
 *
 * Since: 0.1
 */
void
foxapi_store_forget_lost (const gchar * directory, const gchar * identity)
{
  g_autofree gchar *prefix = g_strndup (identity, NAME_IDENTITY_CHARS);
  Wanted wanted = { identity, FALSE };
  Search search = { directory, prefix, NULL, remove_intent, &wanted };

  run_search (&search, NULL);
  g_free (search.foreign_path);
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
  return describes_task (foxapi_record_get_object (record), user_data);
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
  JsonObject *object = foxapi_record_new_object ();
  g_autofree gchar *model = shorten (entry->model);
  g_autofree gchar *prompt = shorten (entry->prompt);

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
  g_autofree gchar *name = NULL, *path = NULL;

  if (g_mkdir_with_parents (directory, 0700) != 0) {
    gint saved_errno = errno;

    g_set_error (error, G_IO_ERROR, g_io_error_from_errno (saved_errno),
        "cannot make the directory %s: %s", directory,
        g_strerror (saved_errno));
    return NULL;
  }

  name = g_strdup_printf ("%.*s-%08x" SUFFIX, NAME_IDENTITY_CHARS,
      entry->identity, g_random_int ());
  path = g_build_filename (directory, name, NULL);
  return foxapi_record_create (path, new_object (entry), error);
}
