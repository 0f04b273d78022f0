/* Fuzz target: foxapi:// URIs
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "foxapierror.h"
#include "foxapijson.h"
#include "foxapirequest.h"
#include "foxapitask.h"
#include "foxapiuri.h"
#include "fuzz.h"

/* The URI that is made of what was read is read as the same. */
static void
require_round_trip (const FoxapiUri * uri)
{
  g_autofree gchar *text = foxapi_uri_build (uri);
  g_auto (FoxapiUri) again = { 0 };
  g_autoptr (JsonNode) a = NULL, b = NULL;

  FUZZ_REQUIRE (foxapi_uri_parse (text, &again, NULL));
  FUZZ_REQUIRE (g_strcmp0 (again.task_id, uri->task_id) == 0);
  FUZZ_REQUIRE (g_strcmp0 (again.digest, uri->digest) == 0);
  FUZZ_REQUIRE (again.take == uri->take);
  FUZZ_REQUIRE ((again.fields == NULL) == (uri->fields == NULL));
  if (uri->fields == NULL)
    return;
  a = json_node_init_object (json_node_alloc (), uri->fields);
  b = json_node_init_object (json_node_alloc (), again.fields);
  FUZZ_REQUIRE (json_node_equal (a, b));
}

/* Made a body of, or refused */
static void
require_judgement (JsonObject * fields)
{
  g_autoptr (JsonObject) properties = json_object_new ();
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonObject) body = foxapi_request_build (properties, fields,
      &error);

  FUZZ_REQUIRE ((body == NULL) == (error != NULL));
  FUZZ_REQUIRE (body == NULL || foxapi_json_reads_back (body));
}

int
LLVMFuzzerTestOneInput (const uint8_t * data, size_t size)
{
  g_autofree gchar *text = g_strndup ((const gchar *) data, size);
  g_auto (FoxapiUri) uri = { 0 };
  g_autoptr (GError) error = NULL;
  gboolean good;

  fuzz_make_criticals_fatal ();
  good = foxapi_uri_parse (text, &uri, &error);
  FUZZ_REQUIRE (good == (error == NULL));
  FUZZ_REQUIRE (good == ((uri.fields != NULL) + (uri.task_id != NULL)
          + (uri.digest != NULL) == 1));
  if (good)
    require_round_trip (&uri);
  if (uri.fields != NULL)
    require_judgement (uri.fields);
  if (uri.task_id != NULL)
    FUZZ_REQUIRE (foxapi_task_id_is_valid (uri.task_id));
  if (error != NULL)
    FUZZ_REQUIRE (g_utf8_validate (error->message, -1, NULL));
  return 0;
}
