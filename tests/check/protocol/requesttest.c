/* What the tests of requests share
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "requesttest.h"

#include <string.h>

#include "foxapijson.h"
#include "protocoltest.h"

FoxapiRequest *
make_request (const gchar * prompt)
{
  FoxapiRequest *request = foxapi_request_new ();

  request->prompt = g_strdup (prompt);
  return request;
}

JsonObject *
parse_object (const gchar * text)
{
  JsonObject *object = foxapi_json_parse (text, strlen (text), NULL);

  fail_unless (object != NULL, "%s", text);
  return object;
}

gchar *
print_member (JsonObject * object, const gchar * name)
{
  return json_to_string (json_object_get_member (object, name), FALSE);
}

void
check_body (const FoxapiRequest * request, const gchar * expected)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonObject) body = foxapi_request_to_body (request, &error);
  g_autoptr (JsonObject) wanted = parse_object (expected);
  g_autoptr (GList) names = json_object_get_members (wanted);
  g_autofree gchar *text = NULL;

  fail_unless (body != NULL, "%s", error ? error->message : "");
  text = foxapi_json_to_text (body);
  fail_unless_equals_int (json_object_get_size (body),
      json_object_get_size (wanted));
  for (GList * l = names; l != NULL; l = l->next) {
    g_autofree gchar *a = NULL, *b = NULL;

    fail_unless (json_object_has_member (body, l->data), "%s", text);
    a = print_member (body, l->data);
    b = print_member (wanted, l->data);
    fail_unless_equals_string (a, b);
  }
}

void
check_accepted (const FoxapiRequest * request)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonObject) body = foxapi_request_to_body (request, &error);

  fail_unless (body != NULL, "%s", error ? error->message : "");
}
