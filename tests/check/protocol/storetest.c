/* What the tests of the task store share
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "storetest.h"

#include <sys/stat.h>

#include "foxapijson.h"
#include "protocoltest.h"

#define BODY "{\"model\":\"a-model\",\"prompt\":\"A fox\"}"

gchar *directory;
gchar *identity;

void
store_setup (void)
{
  directory = make_directory ();
  identity = foxapi_store_identify (SERVICE, KEY_DIGEST, "{\"prompt\":\"A\"}");
}

void
store_teardown (void)
{
  g_clear_pointer (&directory, remove_directory);
  g_clear_pointer (&identity, g_free);
}

FoxapiRecord *
add_in (const gchar * where, GError ** warning)
{
  g_autoptr (JsonObject) body = foxapi_json_parse (BODY, strlen (BODY), NULL);

  return foxapi_store_add (where, identity, SERVICE, KEY_DIGEST, body, warning);
}

FoxapiRecord *
add (const gchar * id)
{
  g_autoptr (GError) error = NULL;
  FoxapiRecord *record = add_in (directory, &error);

  fail_unless (record != NULL && error == NULL, "%s",
      error ? error->message : "");
  if (id != NULL)
    fail_unless (foxapi_record_set_task_id (record, id, NULL));
  return record;
}

gchar *
add_file (const gchar * id)
{
  g_autoptr (FoxapiRecord) record = add (id);

  return g_strdup (record->path);
}

FoxapiRecord *
take (guint n_lost, GError ** warning)
{
  g_autoptr (GPtrArray) lost = g_ptr_array_new_with_free_func ((GDestroyNotify)
      foxapi_record_free);
  FoxapiRecord *record = foxapi_store_take (directory, identity, NULL, lost,
      NULL, warning);
  guint n_held = 0;

  for (guint i = 0; i < lost->len; i++)
    n_held += ((FoxapiRecord *) g_ptr_array_index (lost, i))->is_held;
  fail_unless_equals_int (lost->len - n_held, n_lost);
  return record;
}

FoxapiRecord *
take_record (const gchar * id)
{
  FoxapiRecord *record = take (0, NULL);

  fail_unless (record != NULL, "There is no record of %s", id);
  fail_unless_equals_string (record->task_id, id);
  return record;
}

void
remove_record (FoxapiRecord * record)
{
  foxapi_record_remove (record);
  foxapi_record_free (record);
}

void
check_taken (const gchar * id)
{
  g_autoptr (GError) warning = NULL;
  g_autoptr (FoxapiRecord) record = take (0, &warning);

  fail_unless (warning == NULL, "%s", warning ? warning->message : "");
  fail_unless (record != NULL);
  fail_unless_equals_string (record->task_id, id);
}

void
check_nothing_to_take (void)
{
  g_autoptr (GError) warning = NULL;

  fail_unless (take (0, &warning) == NULL);
  fail_unless (warning == NULL, "%s", warning ? warning->message : "");
}

gboolean
is_there (const gchar * path)
{
  struct stat status;

  return lstat (path, &status) == 0;
}

guint
count_files (void)
{
  g_auto (GStrv) names = list_directory (directory);

  return g_strv_length (names);
}
