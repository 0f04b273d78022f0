/* What the tests of the client share
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "clienttest.h"

FoxapiSim *sim;
FoxapiClient *client;

void
client_setup (void)
{
  g_autoptr (GBytes) payload = make_payload (1000, 1);
  FoxapiSimOptions options = make_options (payload);

  sim = make_sim (&options);
  client = make_client (sim);
}

void
client_teardown (void)
{
  g_clear_pointer (&client, foxapi_client_unref);
  g_clear_pointer (&sim, foxapi_sim_free);
}

FoxapiClient *
make_client_with (FoxapiSim * of, const FoxapiSessionSettings * settings)
{
  g_autoptr (FoxapiSession) session = foxapi_session_new (settings, NULL);

  return foxapi_client_new (session, foxapi_sim_get_base_url (of),
      foxapi_sim_get_api_key (of), NULL);
}

gboolean
make_call (FoxapiCall call, GError ** error)
{
  g_autoptr (FoxapiTask) task = NULL;
  g_autoptr (GInputStream) stream =
      g_memory_input_stream_new_from_data ("x", 1, NULL);
  g_autofree gchar *url = NULL;

  if (call == FOXAPI_CALL_SUBMIT)
    task = foxapi_client_submit (client, GOOD_BODY, NULL, NULL, error);
  else if (call == FOXAPI_CALL_ASK)
    task = foxapi_client_ask (client, "task-1", NULL, error);
  else
    url = foxapi_client_upload (client, stream,
        "multipart/form-data; boundary=fox", 1, NULL, error);
  return task != NULL || url != NULL;
}

void
check_fault (FoxapiCall call, FoxapiSimFault fault,
    const ErrorMeaning * meaning)
{
  static const FoxapiSimRoute routes[] = {
    [FOXAPI_CALL_SUBMIT] = FOXAPI_SIM_SUBMIT,
    [FOXAPI_CALL_ASK] = FOXAPI_SIM_ASK,
    [FOXAPI_CALL_UPLOAD] = FOXAPI_SIM_UPLOAD,
  };
  guint before = foxapi_sim_count_requests (sim, routes[call]);
  g_autoptr (GError) error = NULL;

  script_all (sim, routes[call], fault);
  fail_if (make_call (call, &error));
  check_error (error, meaning);
  check_requests (routes[call], before + 1);
}

void
check_requests (FoxapiSimRoute route, guint n)
{
  fail_unless_equals_int (foxapi_sim_count_requests (sim, route), n);
}
