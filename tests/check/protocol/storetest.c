/* What the tests of the task store share
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "storetest.h"

#include <sys/stat.h>

#include "protocoltest.h"

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
try_to_add (const gchar * where, GError ** error)
{
  FoxapiStoreEntry entry =
      { identity, SERVICE, KEY_DIGEST, "a-model", "A fox" };

  return foxapi_store_add (where, &entry, error);
}

gchar *
add_file (const gchar * id)
{
  g_autoptr (FoxapiRecord) record = try_to_add (directory, NULL);

  fail_unless (record != NULL);
  if (id != NULL)
    fail_unless (foxapi_record_set_task_id (record, id, NULL));
  return g_strdup (foxapi_record_get_path (record));
}

FoxapiRecord *
take (GError ** warning)
{
  gboolean lost_intent = TRUE;
  FoxapiRecord *record = foxapi_store_take (directory, identity, &lost_intent,
      warning);

  fail_if (lost_intent);
  return record;
}

gboolean
is_there (const gchar * path)
{
  struct stat status;

  return lstat (path, &status) == 0;
}
