/* Fuzz target: foxapi:// URIs
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <string.h>

#include "foxapierror.h"
#include "foxapijson.h"
#include "foxapirequest.h"
#include "foxapitask.h"
#include "foxapiuri.h"
#include "fuzz.h"

/* The URI that is made of fields makes the same fields. */
static void
require_round_trip (JsonObject * fields)
{
  g_autofree gchar *uri = foxapi_uri_build (fields);
  g_autoptr (JsonObject) again = NULL;
  g_autoptr (JsonNode) a = NULL, b = NULL;
  g_autofree gchar *task_id = NULL;

  FUZZ_REQUIRE (foxapi_uri_parse (uri, &again, &task_id, NULL));
  FUZZ_REQUIRE (again != NULL && task_id == NULL);
  a = json_node_init_object (json_node_alloc (), fields);
  b = json_node_init_object (json_node_alloc (), again);
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

static void
require_task_round_trip (const gchar * task_id)
{
  g_autofree gchar *uri = foxapi_uri_build_for_task (task_id);
  g_autoptr (JsonObject) fields = NULL;
  g_autofree gchar *again = NULL;

  FUZZ_REQUIRE (foxapi_task_id_is_valid (task_id));
  FUZZ_REQUIRE (foxapi_uri_parse (uri, &fields, &again, NULL));
  FUZZ_REQUIRE (fields == NULL && g_str_equal (again, task_id));
}

int
LLVMFuzzerTestOneInput (const uint8_t * data, size_t size)
{
  g_autofree gchar *uri = g_strndup ((const gchar *) data, size);
  g_autoptr (JsonObject) fields = NULL;
  g_autofree gchar *task_id = NULL;
  g_autoptr (GError) error = NULL;
  gboolean good;

  fuzz_make_criticals_fatal ();
  good = foxapi_uri_parse (uri, &fields, &task_id, &error);
  FUZZ_REQUIRE (good == (error == NULL));
  FUZZ_REQUIRE (good == ((fields != NULL) != (task_id != NULL)));
  if (fields != NULL) {
    require_round_trip (fields);
    require_judgement (fields);
  }
  if (task_id != NULL)
    require_task_round_trip (task_id);
  if (error != NULL)
    FUZZ_REQUIRE (g_utf8_validate (error->message, -1, NULL));
  return 0;
}
