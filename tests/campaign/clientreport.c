/* A client of the money campaign: what its user is told, as JSON on stdout
 *
 * One object a line, written at once, so that a killed client has said each
 * thing wholly or not at all.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "client.h"

#include <errno.h>
#include <json-glib/json-glib.h>
#include <string.h>
#include <unistd.h>

static JsonBuilder *
begin_line (Client * client, const gchar * name)
{
  JsonBuilder *builder = json_builder_new ();

  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "line");
  json_builder_add_string_value (builder, name);
  json_builder_set_member_name (builder, "start");
  json_builder_add_int_value (builder, client->n_starts);
  return builder;
}

static void
add_string (JsonBuilder * builder, const gchar * name, const gchar * value)
{
  if (value == NULL)
    return;
  json_builder_set_member_name (builder, name);
  json_builder_add_string_value (builder, value);
}

/* Ends and frees @builder. */
static void
end_line (JsonBuilder * builder)
{
  g_autoptr (JsonNode) root = NULL;
  g_autofree gchar *json = NULL, *line = NULL;
  gsize length, done = 0;

  json_builder_end_object (builder);
  root = json_builder_get_root (builder);
  json = json_to_string (root, FALSE);
  line = g_strconcat (json, "\n", NULL);
  length = strlen (line);
  while (done < length) {
    gssize n = write (STDOUT_FILENO, line + done, length - done);

    if (n < 0 && errno != EINTR)
      break;
    done += MAX (n, 0);
  }
  g_object_unref (builder);
}

/* Counts a start, and tells of it before anything happens. */
void
client_report_start (Client * client)
{
  client->n_starts++;
  end_line (begin_line (client, "start"));
}

/* @checksum: (nullable): SHA-256 of what was delivered */
void
client_report_end (Client * client, const gchar * checksum, guint64 length)
{
  JsonBuilder *builder = begin_line (client, "eos");

  add_string (builder, "checksum", checksum);
  json_builder_set_member_name (builder, "length");
  json_builder_add_int_value (builder, length);
  end_line (builder);
}

/* Each field of @structure that is a string, a boolean or a number */
static gboolean
add_field (GQuark id, const GValue * value, gpointer user_data)
{
  JsonBuilder *builder = user_data;
  const gchar *name = g_quark_to_string (id);

  if (G_VALUE_HOLDS_STRING (value)) {
    add_string (builder, name, g_value_get_string (value));
    return TRUE;
  }
  if (G_VALUE_HOLDS_BOOLEAN (value)) {
    json_builder_set_member_name (builder, name);
    json_builder_add_boolean_value (builder, g_value_get_boolean (value));
  } else if (G_VALUE_HOLDS_INT (value)) {
    json_builder_set_member_name (builder, name);
    json_builder_add_int_value (builder, g_value_get_int (value));
  } else if (G_VALUE_HOLDS_UINT (value)) {
    json_builder_set_member_name (builder, name);
    json_builder_add_int_value (builder, g_value_get_uint (value));
  }
  return TRUE;
}

static void
report_task (Client * client, GstMessage * message)
{
  const GstStructure *structure = gst_message_get_structure (message);
  JsonBuilder *builder;

  if (!gst_structure_has_name (structure, "foxapi-task"))
    return;
  builder = begin_line (client, "task");
  gst_structure_foreach (structure, add_field, builder);
  end_line (builder);
}

static void
report_progress (Client * client, GstMessage * message)
{
  JsonBuilder *builder = begin_line (client, "progress");
  g_autofree gchar *text = NULL;
  g_autofree gchar *name = NULL;
  GstProgressType type;

  gst_message_parse_progress (message, &type, NULL, &text);
  name = g_enum_to_string (GST_TYPE_PROGRESS_TYPE, type);
  add_string (builder, "type", name);
  add_string (builder, "text", text);
  end_line (builder);
}

static void
report_fault (Client * client, GstMessage * message)
{
  gboolean is_error = GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR;
  JsonBuilder *builder = begin_line (client, is_error ? "error" : "warning");
  g_autoptr (GError) error = NULL;
  g_autofree gchar *debug = NULL;
  const GstStructure *details = NULL;

  if (is_error) {
    gst_message_parse_error (message, &error, &debug);
    gst_message_parse_error_details (message, &details);
  } else {
    gst_message_parse_warning (message, &error, &debug);
    gst_message_parse_warning_details (message, &details);
  }
  add_string (builder, "from", GST_MESSAGE_SRC_NAME (message));
  add_string (builder, "text", error->message);
  add_string (builder, "debug", debug);
  add_string (builder, "domain", g_quark_to_string (error->domain));
  json_builder_set_member_name (builder, "code");
  json_builder_add_int_value (builder, error->code);
  if (details != NULL)
    gst_structure_foreach (details, add_field, builder);
  end_line (builder);
}

void
client_report_message (Client * client, GstMessage * message)
{
  switch (GST_MESSAGE_TYPE (message)) {
    case GST_MESSAGE_ELEMENT:
      report_task (client, message);
      break;
    case GST_MESSAGE_PROGRESS:
      report_progress (client, message);
      break;
    case GST_MESSAGE_ERROR:
    case GST_MESSAGE_WARNING:
      report_fault (client, message);
      break;
    default:
      break;
  }
}

GstMessageType
client_report_pending (Client * client)
{
  GstMessageType seen = GST_MESSAGE_UNKNOWN;
  GstMessage *message;

  while ((message = gst_bus_pop (client->bus)) != NULL) {
    seen |= GST_MESSAGE_TYPE (message);
    client_report_message (client, message);
    gst_message_unref (message);
  }
  return seen;
}
