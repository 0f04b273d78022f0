/* What the tests of foxapivideosrc share: what was sent and what was said.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "foxapiharness.h"

#include <string.h>

void
assert_uint (const GstStructure * structure, const gchar * field, guint value)
{
  guint found = 0;

  fail_unless (structure != NULL, "There is no structure with %s", field);
  fail_unless (gst_structure_get_uint (structure, field, &found),
      "There is no uint %s", field);
  fail_unless (found == value, "%s is %u, not %u", field, found, value);
}

void
assert_int (const GstStructure * structure, const gchar * field, gint value)
{
  gint found = 0;

  fail_unless (structure != NULL, "There is no structure with %s", field);
  fail_unless (gst_structure_get_int (structure, field, &found),
      "There is no int %s", field);
  fail_unless (found == value, "%s is %d, not %d", field, found, value);
}

void
assert_string (const GstStructure * structure, const gchar * field,
    const gchar * value)
{
  const gchar *found;

  fail_unless (structure != NULL, "There is no structure with %s", field);
  found = gst_structure_get_string (structure, field);
  fail_unless (g_strcmp0 (found, value) == 0, "%s is \"%s\", not \"%s\"",
      field, found, value);
}

void
assert_boolean (const GstStructure * structure, const gchar * field,
    gboolean value)
{
  gboolean found = FALSE;

  fail_unless (structure != NULL, "There is no structure with %s", field);
  fail_unless (gst_structure_get_boolean (structure, field, &found),
      "There is no boolean %s", field);
  fail_unless (found == value, "%s is %d, not %d", field, found, value);
}

void
assert_absent (const GstStructure * structure, const gchar * field)
{
  fail_if (gst_structure_has_field (structure, field), "There is a %s", field);
}

static void append_canonical (GString * out, JsonNode * node);

static void
append_object (GString * out, JsonObject * object)
{
  g_autoptr (GList) names = g_list_sort (json_object_get_members (object),
      (GCompareFunc) strcmp);

  g_string_append_c (out, '{');
  for (GList * l = names; l != NULL; l = l->next) {
    g_string_append_printf (out, "%s\"%s\":", l == names ? "" : ",",
        (const gchar *) l->data);
    append_canonical (out, json_object_get_member (object, l->data));
  }
  g_string_append_c (out, '}');
}

/* One spelling for equal values: 5 and 5.0 differ, the order of members
 * doesn't. */
static void
append_canonical (GString * out, JsonNode * node)
{
  if (JSON_NODE_HOLDS_OBJECT (node)) {
    append_object (out, json_node_get_object (node));
  } else if (JSON_NODE_HOLDS_ARRAY (node)) {
    JsonArray *array = json_node_get_array (node);

    g_string_append_c (out, '[');
    for (guint i = 0; i < json_array_get_length (array); i++) {
      if (i > 0)
        g_string_append_c (out, ',');
      append_canonical (out, json_array_get_element (array, i));
    }
    g_string_append_c (out, ']');
  } else {
    g_autofree gchar *text = json_to_string (node, FALSE);

    g_string_append (out, text);
  }
}

static gchar *
to_canonical (const gchar * text)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonNode) node = json_from_string (text, &error);
  GString *out = g_string_new (NULL);

  fail_unless (node != NULL, "This is not JSON: %s", text);
  append_canonical (out, node);
  return g_string_free (out, FALSE);
}

static FoxapiSimRequest *
get_request (GPtrArray * requests, guint nth)
{
  fail_unless (requests->len >= nth, "There are %u requests, not %u",
      requests->len, nth);
  return g_ptr_array_index (requests, nth - 1);
}

gchar *
harness_request_path (FoxapiSimRoute route, guint nth)
{
  g_autoptr (GPtrArray) requests = foxapi_sim_get_requests (sim, route);

  return g_strdup (get_request (requests, nth)->path);
}

gchar *
harness_request_body (FoxapiSimRoute route, guint nth)
{
  g_autoptr (GPtrArray) requests = foxapi_sim_get_requests (sim, route);
  GBytes *body = get_request (requests, nth)->body;

  return g_strndup (g_bytes_get_data (body, NULL), g_bytes_get_size (body));
}

gchar *
harness_request_header (FoxapiSimRoute route, guint nth, const gchar * name)
{
  g_autoptr (GPtrArray) requests = foxapi_sim_get_requests (sim, route);

  return foxapi_sim_request_get_header (get_request (requests, nth), name);
}

void
assert_body (guint nth, const gchar * expected)
{
  g_autofree gchar *text = harness_request_body (FOXAPI_SIM_SUBMIT, nth);
  g_autofree gchar *wanted = to_canonical (expected);
  g_autofree gchar *found = to_canonical (text);

  fail_unless_equals_string (found, wanted);
}

gchar *
harness_task_id (guint nth)
{
  g_autoptr (GPtrArray) tasks = foxapi_sim_get_tasks (sim);
  FoxapiSimTask *task;

  fail_unless (tasks->len >= nth, "There are %u tasks, not %u", tasks->len,
      nth);
  task = g_ptr_array_index (tasks, nth - 1);
  return g_strdup (task->id);
}

void
assert_nothing_sent (void)
{
  for (guint i = 0; i < FOXAPI_SIM_N_ROUTES; i++)
    assert_requests ((FoxapiSimRoute) i, 0);
}

void
assert_no_key_on_results (void)
{
  g_autoptr (GPtrArray) requests =
      foxapi_sim_get_requests (sim, FOXAPI_SIM_RESULT);

  for (guint i = 0; i < requests->len; i++) {
    FoxapiSimRequest *request = g_ptr_array_index (requests, i);
    g_autofree gchar *header =
        foxapi_sim_request_get_header (request, "Authorization");

    fail_unless (header == NULL);
    fail_unless (strstr (request->headers, foxapi_sim_get_api_key (sim))
        == NULL);
  }
}
