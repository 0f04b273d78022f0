/* The FoxAPI service, simulated: faults, written as text.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * ROUTE:NTH:KIND[=VALUE][,KIND[=VALUE]…], for instance
 * "submit:1:status=503,retry-after=2". A body takes the rest of the text, as
 * it may hold commas.
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "foxapisimprivate.h"
#include "foxapisimspec.h"

#include <string.h>

typedef enum
{
  VALUE_FLAG,
  VALUE_UINT,
  VALUE_UINT64,
  VALUE_HEADER,                 /* the header is called as the kind is */
  VALUE_ANY_HEADER,             /* NAME:VALUE */
  VALUE_BODY,
} ValueType;

static const struct
{
  const gchar *name;
  ValueType type;
  goffset offset;
  guint64 min;
  guint64 max;
} kinds[] = {
  {"status", VALUE_UINT, G_STRUCT_OFFSET (FoxapiSimFault, status), 200, 599},
  {"retry-after", VALUE_HEADER, 0, 0, 0},
  {"location", VALUE_HEADER, 0, 0, 0},
  {"content-type", VALUE_HEADER, 0, 0, 0},
  {"header", VALUE_ANY_HEADER, 0, 0, 0},
  {"body", VALUE_BODY, 0, 0, 0},
  {"act-first", VALUE_FLAG, G_STRUCT_OFFSET (FoxapiSimFault, act_first), 0, 0},
  {"reset", VALUE_FLAG, G_STRUCT_OFFSET (FoxapiSimFault, reset), 0, 0},
  {"close", VALUE_FLAG, G_STRUCT_OFFSET (FoxapiSimFault, close), 0, 0},
  {"cut-at", VALUE_UINT64, G_STRUCT_OFFSET (FoxapiSimFault, cut_at), 1,
      G_MAXINT64},
  {"reset-at", VALUE_UINT64, G_STRUCT_OFFSET (FoxapiSimFault, reset_at), 1,
      G_MAXINT64},
  {"hold", VALUE_FLAG, G_STRUCT_OFFSET (FoxapiSimFault, hold), 0, 0},
  {"hold-at", VALUE_UINT64, G_STRUCT_OFFSET (FoxapiSimFault, hold_at), 1,
      G_MAXINT64},
  {"drip", VALUE_UINT, G_STRUCT_OFFSET (FoxapiSimFault, drip_ms), 1, 60000},
  {"endless", VALUE_FLAG, G_STRUCT_OFFSET (FoxapiSimFault, endless), 0, 0},
};

static const gchar *const route_names[FOXAPI_SIM_N_ROUTES] = {
  [FOXAPI_SIM_SUBMIT] = "submit",
  [FOXAPI_SIM_ASK] = "ask",
  [FOXAPI_SIM_UPLOAD] = "upload",
  [FOXAPI_SIM_RESULT] = "result",
  [FOXAPI_SIM_OTHER] = "other",
};

void
foxapi_sim_spec_free (FoxapiSimSpec * spec)
{
  g_clear_pointer (&spec->fault, foxapi_sim_fault_free);
  g_free (spec);
}

static gboolean
fail (GError ** error, const gchar * format, ...)
G_GNUC_PRINTF (2, 3);

     static gboolean fail (GError ** error, const gchar * format, ...)
{
  va_list args;

  va_start (args, format);
  if (error != NULL)
    *error = g_error_new_valist (G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
        format, args);
  va_end (args);
  return FALSE;
}

static gboolean
add_header (FoxapiSimFault * fault, const gchar * name, const gchar * value,
    GError ** error)
{
  gchar *lines;

  if (*name == '\0' || *value == '\0' || strpbrk (value, "\r\n") != NULL)
    return fail (error, "header %s needs a name and a value on one line", name);
  lines = g_strdup_printf ("%s%s%s: %s", fault->headers ? fault->headers : "",
      fault->headers ? "\n" : "", name, value);
  g_free ((gchar *) fault->headers);
  fault->headers = lines;
  return TRUE;
}

static gboolean
add_any_header (FoxapiSimFault * fault, const gchar * text, GError ** error)
{
  g_auto (GStrv) parts = g_strsplit (text, ":", 2);

  if (g_strv_length (parts) != 2)
    return fail (error, "header=%s: expected header=NAME:VALUE", text);
  return add_header (fault, g_strstrip (parts[0]), g_strstrip (parts[1]),
      error);
}

static gboolean
set_number (FoxapiSimFault * fault, guint kind, const gchar * value,
    GError ** error)
{
  guint64 number;

  if (!g_ascii_string_to_unsigned (value, 10, kinds[kind].min,
          kinds[kind].max, &number, NULL))
    return fail (error, "%s=%s: expected a number from %" G_GUINT64_FORMAT
        " to %" G_GUINT64_FORMAT, kinds[kind].name, value, kinds[kind].min,
        kinds[kind].max);
  if (kinds[kind].type == VALUE_UINT)
    G_STRUCT_MEMBER (guint, fault, kinds[kind].offset) = number;
  else
    G_STRUCT_MEMBER (guint64, fault, kinds[kind].offset) = number;
  return TRUE;
}

static gboolean
set_kind (FoxapiSimFault * fault, guint kind, const gchar * value,
    GError ** error)
{
  if (kinds[kind].type == VALUE_FLAG) {
    if (value != NULL)
      return fail (error, "%s takes no value", kinds[kind].name);
    G_STRUCT_MEMBER (gboolean, fault, kinds[kind].offset) = TRUE;
    return TRUE;
  }
  if (value == NULL)
    return fail (error, "%s needs a value", kinds[kind].name);
  switch (kinds[kind].type) {
    case VALUE_HEADER:
      return add_header (fault, kinds[kind].name, value, error);
    case VALUE_ANY_HEADER:
      return add_any_header (fault, value, error);
    case VALUE_BODY:
      g_free ((gchar *) fault->body);
      fault->body = g_strdup (value);
      fault->body_length = -1;
      return TRUE;
    case VALUE_FLAG:
    case VALUE_UINT:
    case VALUE_UINT64:
    default:
      return set_number (fault, kind, value, error);
  }
}

static gboolean
parse_kind (FoxapiSimFault * fault, const gchar * name, const gchar * value,
    GError ** error)
{
  g_autoptr (GString) all = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++) {
    if (strcmp (kinds[i].name, name) == 0)
      return set_kind (fault, i, value, error);
  }
  all = g_string_new (kinds[0].name);
  for (guint i = 1; i < G_N_ELEMENTS (kinds); i++)
    g_string_append_printf (all, ", %s", kinds[i].name);
  return fail (error, "\"%s\" is no kind of fault; these are: %s", name,
      all->str);
}

static gboolean
parse_kinds (FoxapiSimFault * fault, const gchar * text, GError ** error)
{
  while (TRUE) {
    gboolean is_body = g_str_has_prefix (text, "body=");
    gsize length = is_body ? strlen (text) : strcspn (text, ",");
    g_autofree gchar *name = g_strndup (text, length);
    gchar *value = strchr (name, '=');

    if (value != NULL)
      *value++ = '\0';
    if (!parse_kind (fault, name, value, error))
      return FALSE;
    if (text[length] == '\0')
      return TRUE;
    text += length + 1;
  }
}

static gboolean
parse_route (FoxapiSimSpec * spec, const gchar * name, GError ** error)
{
  for (guint i = 0; i < FOXAPI_SIM_N_ROUTES; i++) {
    if (strcmp (route_names[i], name) == 0) {
      spec->route = i;
      return TRUE;
    }
  }
  return fail (error, "\"%s\" is no route; these are: submit, ask, upload, "
      "result, other", name);
}

FoxapiSimSpec *
foxapi_sim_spec_parse (const gchar * text, GError ** error)
{
  g_autoptr (FoxapiSimSpec) spec = g_new0 (FoxapiSimSpec, 1);
  g_auto (GStrv) parts = g_strsplit (text, ":", 3);
  guint64 nth;

  spec->fault = g_new0 (FoxapiSimFault, 1);
  if (g_strv_length (parts) != 3) {
    fail (error, "\"%s\": expected ROUTE:NTH:KIND[=VALUE][,...]", text);
    return NULL;
  }
  if (!parse_route (spec, parts[0], error))
    return NULL;
  if (!g_ascii_string_to_unsigned (parts[1], 10, 0, G_MAXINT32, &nth, NULL)) {
    fail (error, "\"%s\": expected the number of a request, or 0 for all",
        parts[1]);
    return NULL;
  }
  spec->nth = nth;
  if (!parse_kinds (spec->fault, parts[2], error))
    return NULL;
  return g_steal_pointer (&spec);
}
