/* What the tests of requests share
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "requesttest.h"

#include <string.h>

#include "foxapijson.h"
#include "foxapirequest.h"
#include "protocoltest.h"

JsonObject *
parse_object (const gchar * text)
{
  g_autofree gchar *json = g_strdelimit (g_strdup (text), "'", '"');
  JsonObject *object = foxapi_json_parse (json, strlen (json), NULL);

  fail_unless (object != NULL, "%s", text);
  return object;
}

static gchar *
to_sorted_text (JsonObject * object)
{
  g_autoptr (JsonObject) sorted = json_object_new ();
  g_autoptr (GList) names = g_list_sort (json_object_get_members (object),
      (GCompareFunc) g_strcmp0);

  for (GList * l = names; l != NULL; l = l->next)
    json_object_set_member (sorted, l->data, json_object_dup_member (object,
            l->data));
  return foxapi_json_to_text (sorted);
}

gchar *
build_body (const gchar * properties, const gchar * extra, GError ** error)
{
  g_autoptr (JsonObject) set = parse_object (properties);
  g_autoptr (JsonObject) further = extra ? parse_object (extra) : NULL;
  g_autoptr (JsonObject) body = foxapi_request_build (set, further, error);

  return body ? to_sorted_text (body) : NULL;
}

void
check_body (const RequestRow * row)
{
  g_autoptr (GError) error = NULL;
  g_autofree gchar *body = build_body (row->properties, row->extra, &error);
  g_autoptr (JsonObject) expected = parse_object (row->expected);
  g_autofree gchar *wanted = to_sorted_text (expected);

  fail_unless (body != NULL, "%s: %s", row->properties,
      error ? error->message : "");
  fail_unless_equals_string (body, wanted);
}

void
check_refused (const RequestRow * row)
{
  g_autoptr (GError) error = NULL;
  g_autofree gchar *body = build_body (row->properties, row->extra, &error);
  g_autofree gchar *expected = g_strdelimit (g_strdup (row->expected), "'",
      '"');
  g_auto (GStrv) words = g_strsplit (expected, "|", -1);
  const ErrorMeaning settings = {.code = FOXAPI_ERROR_SETTINGS };

  fail_unless (body == NULL, "%s %s was accepted", row->properties,
      row->extra ? row->extra : "");
  check_error (error, &settings);
  for (guint i = 0; words[i] != NULL; i++)
    fail_unless (strstr (error->message, words[i]) != NULL, "no %s in: %s",
        words[i], error->message);
  fail_unless (g_str_has_suffix (error->message, "Nothing was sent."), "%s",
      error->message);
  fail_unless (strlen (error->message) < 700, "%s", error->message);
}
