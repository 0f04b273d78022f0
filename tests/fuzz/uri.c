/* Fuzz target: foxapi:// URIs
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <string.h>

#include "foxapierror.h"
#include "foxapijson.h"
#include "foxapitask.h"
#include "foxapiuri.h"
#include "fuzz.h"

/* What would be sent, or the rule that keeps it from being sent */
static gchar *
describe (const FoxapiRequest * request)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonObject) body = foxapi_request_to_body (request, &error);

  FUZZ_REQUIRE ((body == NULL) == (error != NULL));
  FUZZ_REQUIRE (body == NULL || foxapi_json_reads_back (body));
  return body ? foxapi_json_to_text (body) : g_strdup (error->message);
}

/* The URI that is made of settings makes the same settings. */
static void
require_round_trip (const FoxapiRequest * request)
{
  g_autofree gchar *uri = foxapi_uri_build (request);
  g_autoptr (FoxapiRequest) again = NULL;
  g_autofree gchar *task_id = NULL, *before = NULL, *after = NULL;

  FUZZ_REQUIRE (foxapi_uri_parse (uri, &again, &task_id, NULL));
  FUZZ_REQUIRE (again != NULL && task_id == NULL);
  before = describe (request);
  after = describe (again);
  FUZZ_REQUIRE (g_str_equal (before, after));
}

static void
require_task_round_trip (const gchar * task_id)
{
  g_autofree gchar *uri = foxapi_uri_build_for_task (task_id);
  g_autoptr (FoxapiRequest) request = NULL;
  g_autofree gchar *again = NULL;

  FUZZ_REQUIRE (foxapi_task_id_is_valid (task_id));
  FUZZ_REQUIRE (foxapi_uri_parse (uri, &request, &again, NULL));
  FUZZ_REQUIRE (request == NULL && g_str_equal (again, task_id));
}

int
LLVMFuzzerTestOneInput (const uint8_t * data, size_t size)
{
  g_autofree gchar *uri = g_strndup ((const gchar *) data, size);
  g_autoptr (FoxapiRequest) request = NULL;
  g_autofree gchar *task_id = NULL;
  g_autoptr (GError) error = NULL;
  gboolean good;

  fuzz_make_criticals_fatal ();
  good = foxapi_uri_parse (uri, &request, &task_id, &error);
  FUZZ_REQUIRE (good == (error == NULL));
  FUZZ_REQUIRE (good == ((request != NULL) != (task_id != NULL)));
  if (request != NULL)
    require_round_trip (request);
  if (task_id != NULL)
    require_task_round_trip (task_id);
  if (error != NULL)
    FUZZ_REQUIRE (g_utf8_validate (error->message, -1, NULL));
  return 0;
}
