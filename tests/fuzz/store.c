/* Fuzz target: a file in the task store
 *
 * The input stands under the name of a record, and its task is asked for.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <glib/gstdio.h>
#include "foxapistore.h"
#include "foxapitask.h"
#include "fuzz.h"

#define IDENTITY \
    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define SERVICE "https://api.foxapi.cc"
#define NAME "0123456789abcdef0123456789abcdef-00000000.task"

static gchar *store_directory;

static void
remove_store (void)
{
  g_autoptr (GDir) dir = g_dir_open (store_directory, 0, NULL);
  const gchar *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL) {
    g_autofree gchar *path = g_build_filename (store_directory, name, NULL);

    g_unlink (path);
  }
  g_rmdir (store_directory);
  g_clear_pointer (&store_directory, g_free);
}

static const gchar *
get_store (void)
{
  if (store_directory == NULL) {
    store_directory = g_dir_make_tmp ("foxapi-fuzz-XXXXXX", NULL);
    FUZZ_REQUIRE (store_directory != NULL);
    atexit (remove_store);
  }
  return store_directory;
}

/* Without a rename, and without a sync */
static void
put_file (const gchar * path, const uint8_t * data, size_t size)
{
  FUZZ_REQUIRE (g_file_set_contents_full (path, (const gchar *) data, size,
          G_FILE_SET_CONTENTS_NONE, 0666, NULL));
}

/* What is no record of ours is not touched. */
static void
require_untouched (const gchar * path, const uint8_t * data, size_t size)
{
  g_autofree gchar *contents = NULL;
  gsize length;

  FUZZ_REQUIRE (g_file_get_contents (path, &contents, &length, NULL));
  FUZZ_REQUIRE (length == size);
  FUZZ_REQUIRE (size == 0 || memcmp (contents, data, size) == 0);
}

/* The task can be recorded anew, and is found by its id then. */
static void
use_record (FoxapiRecord * record)
{
  g_autofree gchar *id = g_strdup (record->task_id);
  g_autofree gchar *other = NULL;

  FUZZ_REQUIRE (foxapi_task_id_is_valid (id));
  foxapi_record_let_go (record);
  FUZZ_REQUIRE (foxapi_record_hold (record));
  other = g_strconcat ("task-", g_str_has_prefix (id, "task-2") ? "1" : "2",
      NULL);
  FUZZ_REQUIRE (foxapi_record_set_task_id (record, other, NULL));
  FUZZ_REQUIRE (g_str_equal (record->task_id, other));
}

static void
take_by_identity (const gchar * path, const uint8_t * data, size_t size)
{
  g_autoptr (GPtrArray) lost = g_ptr_array_new_with_free_func ((GDestroyNotify)
      foxapi_record_free);
  g_autoptr (GError) warning = NULL;
  g_autoptr (FoxapiRecord) record = NULL;

  record =
      foxapi_store_take (get_store (), IDENTITY, NULL, lost, NULL, &warning);
  FUZZ_REQUIRE (lost->len + (record != NULL) + (warning != NULL) <= 1);
  if (warning != NULL)
    require_untouched (path, data, size);
  if (record != NULL)
    use_record (record);
  if (lost->len > 0) {
    FoxapiRecord *intent = g_ptr_array_index (lost, 0);

    FUZZ_REQUIRE (foxapi_record_hold (intent));
    foxapi_record_remove (intent);
    FUZZ_REQUIRE (!g_file_test (path, G_FILE_TEST_EXISTS));
  }
}

int
LLVMFuzzerTestOneInput (const uint8_t * data, size_t size)
{
  g_autofree gchar *path = g_build_filename (get_store (), NAME, NULL);
  g_autoptr (FoxapiRecord) record = NULL;

  fuzz_make_criticals_fatal ();
  put_file (path, data, size);
  take_by_identity (path, data, size);

  put_file (path, data, size);
  record = foxapi_store_take_task (get_store (), SERVICE, "task-1", NULL);
  if (record != NULL)
    FUZZ_REQUIRE (g_strcmp0 (record->task_id, "task-1")
        == 0);
  g_unlink (path);
  return 0;
}
