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

/* (transfer full): a line, which print_line() takes */
static JsonObject *
new_line (Client * client, const gchar * name)
{
  JsonObject *line = json_object_new ();

  json_object_set_string_member (line, "line", name);
  json_object_set_int_member (line, "start", client->n_starts);
  return line;
}

static void
set_string (JsonObject * line, const gchar * name, const gchar * value)
{
  if (value != NULL)
    json_object_set_string_member (line, name, value);
}

static void
print_line (JsonObject * line)
{
  g_autoptr (JsonNode) root = json_node_new (JSON_NODE_OBJECT);
  g_autofree gchar *json = NULL, *text = NULL;
  gsize length, done = 0;

  json_node_take_object (root, line);
  json = json_to_string (root, FALSE);
  text = g_strconcat (json, "\n", NULL);
  length = strlen (text);
  while (done < length) {
    gssize n = write (STDOUT_FILENO, text + done, length - done);

    if (n < 0 && errno != EINTR)
      break;
    done += MAX (n, 0);
  }
}

/* Counts a start, and tells of it before anything happens. */
void
client_report_start (Client * client)
{
  client->n_starts++;
  print_line (new_line (client, "start"));
}

/* @checksum: (nullable): SHA-256 of what was delivered */
void
client_report_end (Client * client, const gchar * checksum, guint64 length)
{
  JsonObject *line = new_line (client, "eos");

  set_string (line, "checksum", checksum);
  json_object_set_int_member (line, "length", length);
  print_line (line);
}

/* Each field of @structure that is a string, a boolean or a number */
static gboolean
add_field (GQuark id, const GValue * value, gpointer line)
{
  const gchar *name = g_quark_to_string (id);

  if (G_VALUE_HOLDS_STRING (value))
    set_string (line, name, g_value_get_string (value));
  else if (G_VALUE_HOLDS_BOOLEAN (value))
    json_object_set_boolean_member (line, name, g_value_get_boolean (value));
  else if (G_VALUE_HOLDS_INT (value))
    json_object_set_int_member (line, name, g_value_get_int (value));
  else if (G_VALUE_HOLDS_UINT (value))
    json_object_set_int_member (line, name, g_value_get_uint (value));
  return TRUE;
}

static void
report_task (Client * client, GstMessage * message)
{
  const GstStructure *structure = gst_message_get_structure (message);
  JsonObject *line;

  if (!gst_structure_has_name (structure, "foxapi-task"))
    return;
  line = new_line (client, "task");
  gst_structure_foreach (structure, add_field, line);
  print_line (line);
}

static void
report_progress (Client * client, GstMessage * message)
{
  JsonObject *line = new_line (client, "progress");
  g_autofree gchar *text = NULL;
  g_autofree gchar *name = NULL;
  GstProgressType type;

  gst_message_parse_progress (message, &type, NULL, &text);
  name = g_enum_to_string (GST_TYPE_PROGRESS_TYPE, type);
  set_string (line, "type", name);
  set_string (line, "text", text);
  print_line (line);
}

static void
report_fault (Client * client, GstMessage * message)
{
  gboolean is_error = GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR;
  JsonObject *line = new_line (client, is_error ? "error" : "warning");
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
  set_string (line, "from", GST_MESSAGE_SRC_NAME (message));
  set_string (line, "text", error->message);
  set_string (line, "debug", debug);
  set_string (line, "domain", g_quark_to_string (error->domain));
  json_object_set_int_member (line, "code", error->code);
  if (details != NULL)
    gst_structure_foreach (details, add_field, line);
  print_line (line);
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
