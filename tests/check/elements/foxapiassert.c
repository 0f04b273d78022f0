/* What the tests of foxapivideosrc share: what was sent and what was said.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

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

void
assert_task (const GstStructure * structure, guint nth)
{
  g_autofree gchar *id = harness_task_id (nth);

  assert_string (structure, structure != NULL
      && gst_structure_has_field (structure, "id") ? "id" : "task-id", id);
}

/* One spelling for equal bodies: 5 and 5.0 differ, the order of the fields
 * doesn't. */
static gchar *
to_canonical (const gchar * text)
{
  g_autoptr (JsonNode) node = json_from_string (text, NULL);
  g_autoptr (JsonNode) sorted_node = json_node_new (JSON_NODE_OBJECT);
  JsonObject *object, *sorted = json_object_new ();
  g_autoptr (GList) names = NULL;

  fail_unless (node != NULL, "This is not JSON: %s", text);
  object = json_node_get_object (node);
  names = g_list_sort (json_object_get_members (object), (GCompareFunc) strcmp);
  for (GList * l = names; l != NULL; l = l->next)
    json_object_set_member (sorted, l->data,
        json_object_dup_member (object, l->data));
  json_node_take_object (sorted_node, sorted);
  return json_to_string (sorted_node, FALSE);
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

void
assert_body_has (FoxapiSimRoute route, guint nth, const gchar * words)
{
  g_autofree gchar *body = harness_request_body (route, nth);

  fail_unless (strstr (body, words) != NULL, "No %s in: %s", words, body);
}

void
assert_header (FoxapiSimRoute route, guint nth, const gchar * name,
    const gchar * value)
{
  g_autofree gchar *found = harness_request_header (route, nth, name);

  fail_unless_equals_string (found, value);
}

void
assert_property (GstElement * element, const gchar * property,
    const gchar * text)
{
  g_autofree gchar *found = harness_get_string (element, property);

  fail_unless_equals_string (found, text);
}

guint
harness_count_rendered (GstElement * pipeline, const gchar * sink)
{
  g_autoptr (GstElement) element = gst_bin_get_by_name (GST_BIN (pipeline),
      sink);
  g_autoptr (GstStructure) stats = NULL;
  guint64 n = 0;

  g_object_get (element, "stats", &stats, NULL);
  fail_unless (gst_structure_get_uint64 (stats, "rendered", &n));
  return n;
}

void
assert_caps (GstElement * pipeline, const gchar * sink, const gchar * caps)
{
  g_autoptr (GstElement) element = gst_bin_get_by_name (GST_BIN (pipeline),
      sink);
  g_autoptr (GstPad) pad = gst_element_get_static_pad (element, "sink");
  g_autoptr (GstCaps) found = gst_pad_get_current_caps (pad);
  g_autoptr (GstCaps) wanted = gst_caps_from_string (caps);
  g_autofree gchar *text = found ? gst_caps_to_string (found) : NULL;

  fail_unless (found != NULL && gst_caps_is_subset (found, wanted), "%s: %s",
      caps, text);
}

JsonObject *
harness_submitted (guint nth)
{
  g_autofree gchar *text = harness_request_body (FOXAPI_SIM_SUBMIT, nth);
  g_autoptr (JsonNode) root = json_from_string (text, NULL);

  fail_unless (root != NULL, "This is not JSON: %s", text);
  return json_node_dup_object (root);
}

void
assert_upload (const gchar * url, const gchar * content)
{
  g_autoptr (GBytes) upload = foxapi_sim_get_upload (sim, url);
  gsize length = strlen (content), size = 0;
  const gchar *data;

  fail_unless (upload != NULL, "%s is no upload", url);
  data = g_bytes_get_data (upload, &size);
  fail_unless (size >= length
      && memcmp (data + size - length, content, length) == 0, "%s is another",
      url);
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

gboolean
harness_is_recorded (guint nth)
{
  g_autofree gchar *id = harness_task_id (nth);

  return harness_files_contain (store, id);
}

void
assert_nothing_sent (void)
{
  for (guint i = 0; i < FOXAPI_SIM_N_ROUTES; i++)
    assert_requests ((FoxapiSimRoute) i, 0);
}
