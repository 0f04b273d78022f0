/* GstStructure ↔ JSON object: the extra parameters
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstfoxapistructure.h"

#include <glib/gi18n-lib.h>
#include <math.h>

#include "foxapierror.h"

static JsonNode *
refuse (GError ** error, const gchar * why)
{
  g_set_error (error, FOXAPI_ERROR, FOXAPI_ERROR_SETTINGS,
      _("%s, but must be a string, boolean, number, structure or array"), why);
  return NULL;
}

static JsonNode *
double_to_node (gdouble value, GError ** error)
{
  if (!isfinite (value))
    return refuse (error, _("is not a finite number"));
  return json_node_init_double (json_node_alloc (), value);
}

static JsonNode *
unsigned_to_node (guint64 value, GError ** error)
{
  if (value > G_MAXINT64)
    return refuse (error, _("is larger than JSON integers are"));
  return json_node_init_int (json_node_alloc (), (gint64) value);
}

static JsonNode *
string_to_node (const gchar * text, GError ** error)
{
  if (text == NULL)
    return json_node_init_null (json_node_alloc ());
  if (!g_utf8_validate (text, -1, NULL))
    return refuse (error, _("is not UTF-8 text"));
  return json_node_init_string (json_node_alloc (), text);
}

static JsonNode *
structure_to_node (const GstStructure * structure, GError ** error)
{
  g_autoptr (JsonObject) object =
      gst_foxapi_structure_to_json (structure, error);

  return object ? json_node_init_object (json_node_alloc (), object) : NULL;
}

/* GstValueArray and GstValueList look the same to JSON. */
static JsonNode *
values_to_node (const GValue * values, guint n,
    const GValue * (*get) (const GValue * values, guint i), GError ** error)
{
  g_autoptr (JsonArray) array = json_array_sized_new (n);

  for (guint i = 0; i < n; i++) {
    JsonNode *node = gst_foxapi_value_to_json (get (values, i), error);

    if (node == NULL)
      return NULL;
    json_array_add_element (array, node);
  }
  return json_node_init_array (json_node_alloc (), array);
}

/* Strings, booleans and numbers become theirs, GstValueArray and GstValueList
 * arrays, structures objects; a NULL string becomes null. */
JsonNode *
gst_foxapi_value_to_json (const GValue * value, GError ** error)
{
  GType type = G_VALUE_TYPE (value);

  switch (type) {
    case G_TYPE_STRING:
      return string_to_node (g_value_get_string (value), error);
    case G_TYPE_BOOLEAN:
      return json_node_init_boolean (json_node_alloc (),
          g_value_get_boolean (value));
    case G_TYPE_INT:
      return json_node_init_int (json_node_alloc (), g_value_get_int (value));
    case G_TYPE_INT64:
      return json_node_init_int (json_node_alloc (), g_value_get_int64 (value));
    case G_TYPE_LONG:
      return json_node_init_int (json_node_alloc (), g_value_get_long (value));
    case G_TYPE_UINT:
      return json_node_init_int (json_node_alloc (), g_value_get_uint (value));
    case G_TYPE_UINT64:
      return unsigned_to_node (g_value_get_uint64 (value), error);
    case G_TYPE_ULONG:
      return unsigned_to_node (g_value_get_ulong (value), error);
    case G_TYPE_DOUBLE:
      return double_to_node (g_value_get_double (value), error);
    case G_TYPE_FLOAT:
      return double_to_node (g_value_get_float (value), error);
    default:
      break;
  }

  if (type == GST_TYPE_STRUCTURE && gst_value_get_structure (value) != NULL)
    return structure_to_node (gst_value_get_structure (value), error);
  if (type == GST_TYPE_ARRAY)
    return values_to_node (value, gst_value_array_get_size (value),
        gst_value_array_get_value, error);
  if (type == GST_TYPE_LIST)
    return values_to_node (value, gst_value_list_get_size (value),
        gst_value_list_get_value, error);
  return refuse (error, g_type_name (type));
}

/* The members in the order of their names, so that equal structures make equal
 * texts; an error names the field. */
JsonObject *
gst_foxapi_structure_to_json (const GstStructure * structure, GError ** error)
{
  g_autoptr (JsonObject) object = json_object_new ();
  g_autoptr (GList) names = NULL;
  gint n = gst_structure_n_fields (structure);

  for (gint i = 0; i < n; i++)
    names = g_list_prepend (names,
        (gpointer) gst_structure_nth_field_name (structure, i));
  names = g_list_sort (names, (GCompareFunc) g_strcmp0);

  for (GList * l = names; l != NULL; l = l->next) {
    JsonNode *node =
        gst_foxapi_value_to_json (gst_structure_get_value (structure,
            l->data), error);

    if (node == NULL) {
      g_prefix_error (error, _("field %s "), (const gchar *) l->data);
      return NULL;
    }
    json_object_set_member (object, l->data, node);
  }
  return g_steal_pointer (&object);
}

static gboolean node_to_value (JsonNode * node, GValue * value,
    GError ** error);

/* The elements of a GstValueArray are all of one type. */
static gboolean
array_to_value (JsonArray * array, GValue * value, GError ** error)
{
  guint n = json_array_get_length (array);
  GType type = G_TYPE_INVALID;

  g_value_init (value, GST_TYPE_ARRAY);
  for (guint i = 0; i < n; i++) {
    GValue element = G_VALUE_INIT;

    if (!node_to_value (json_array_get_element (array, i), &element, error))
      return FALSE;
    if (i > 0 && G_VALUE_TYPE (&element) != type) {
      g_value_unset (&element);
      g_set_error_literal (error, FOXAPI_ERROR, FOXAPI_ERROR_SETTINGS,
          _("has an array with values of several kinds"));
      return FALSE;
    }
    type = G_VALUE_TYPE (&element);
    gst_value_array_append_and_take_value (value, &element);
  }
  return TRUE;
}

/* @value is to be unset, whatever is returned. */
static gboolean
node_to_value (JsonNode * node, GValue * value, GError ** error)
{
  if (JSON_NODE_HOLDS_ARRAY (node))
    return array_to_value (json_node_get_array (node), value, error);

  if (JSON_NODE_HOLDS_OBJECT (node)) {
    g_value_init (value, GST_TYPE_STRUCTURE);
    g_value_take_boxed (value,
        gst_foxapi_structure_from_json (json_node_get_object (node), error));
    return g_value_get_boxed (value) != NULL;
  }
  if (JSON_NODE_HOLDS_NULL (node))
    g_value_init (value, G_TYPE_STRING);
  else
    json_node_get_value (node, value);
  return TRUE;
}

GstStructure *
gst_foxapi_structure_from_json (JsonObject * object, GError ** error)
{
  g_autoptr (GstStructure) structure = gst_structure_new_empty ("parameters");
  g_autoptr (GList) names = json_object_get_members (object);

  for (GList * l = names; l != NULL; l = l->next) {
    GValue value = G_VALUE_INIT;

    if (!node_to_value (json_object_get_member (object, l->data), &value,
            error)) {
      g_value_unset (&value);
      g_prefix_error (error, _("field %s "), (const gchar *) l->data);
      return NULL;
    }
    gst_structure_take_value (structure, l->data, &value);
  }
  return g_steal_pointer (&structure);
}
