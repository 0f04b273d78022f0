/* Fuzz target: the bodies of errors
 *
 * The first byte chooses the status, the second the call; the rest is the body.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "foxapierror.h"
#include "fuzz.h"

/* For people and logs: one line of text, without the key */
static void
require_fit_to_show (const gchar * text)
{
  if (text == NULL)
    return;
  FUZZ_REQUIRE (g_utf8_validate (text, -1, NULL));
  FUZZ_REQUIRE (strstr (text, FUZZ_KEY) == NULL);
  for (const gchar * p = text; *p != '\0'; p = g_utf8_next_char (p))
    FUZZ_REQUIRE (!g_unichar_iscntrl (g_utf8_get_char (p)));
}

static void
require_sense (const GError * error, FoxapiCall call, guint status)
{
  const FoxapiErrorDetails *details = foxapi_error_get_details (error);

  FUZZ_REQUIRE (details != NULL);
  FUZZ_REQUIRE (details->http_status == status);
  FUZZ_REQUIRE (details->retry_after_us == -1);
  FUZZ_REQUIRE ((call == FOXAPI_CALL_SUBMIT)
      == (details->charge != FOXAPI_CHARGE_NOT_ASKED));
  FUZZ_REQUIRE (*error->message != '\0');
  FUZZ_REQUIRE (strlen (error->message) < 4096);
  require_fit_to_show (error->message);
  require_fit_to_show (details->code);
  require_fit_to_show (details->type);
  require_fit_to_show (details->request_id);
}

int
LLVMFuzzerTestOneInput (const uint8_t * data, size_t size)
{
  static const guint statuses[] = {
    400, 401, 402, 403, 404, 413, 422, 429, 500, 502, 503, 504, 302, 418, 599
  };
  g_autoptr (GError) error = NULL;
  FoxapiErrorAnswer answer = { 0 };
  FoxapiCall call;
  guint status;

  fuzz_make_criticals_fatal ();
  if (size < 2)
    return 0;
  status = statuses[data[0] % G_N_ELEMENTS (statuses)];
  answer.status = status;
  call = data[1] % (FOXAPI_CALL_UPLOAD + 1);
  answer.body = (const gchar *) data + 2;
  answer.length = size - 2;
  error = foxapi_error_new_from_answer (call, &answer, NULL, FUZZ_KEY);
  FUZZ_REQUIRE (error != NULL);
  require_sense (error, call, status);
  return 0;
}
