/* The values of the properties that say what to generate and where
 *
 * They are read and written with the owner's object lock.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstfoxapisettings.h"

#include <string.h>

#include "foxapicatalogue.h"
#include "foxapirequest.h"
#include "foxapiuri.h"
#include "gstfoxapiproperties.h"

void
gst_foxapi_settings_init (GstFoxapiSettings * settings)
{
  memset (settings, 0, sizeof (*settings));
  gst_foxapi_fields_init (&settings->fields);
  settings->session.timeout = GST_FOXAPI_DEFAULT_TIMEOUT;
  settings->session.user_agent = g_strdup (GST_FOXAPI_DEFAULT_USER_AGENT);
  settings->session.ssl_strict = GST_FOXAPI_DEFAULT_SSL_STRICT;
  settings->session.submit_timeout = GST_FOXAPI_DEFAULT_SUBMIT_TIMEOUT;
  settings->task_timeout = GST_FOXAPI_DEFAULT_TASK_TIMEOUT;
  settings->poll_interval = GST_FOXAPI_DEFAULT_POLL_INTERVAL;
  settings->retries = GST_FOXAPI_DEFAULT_RETRIES;
}

void
gst_foxapi_settings_clear (GstFoxapiSettings * settings)
{
  gst_foxapi_fields_clear (&settings->fields);
  foxapi_session_settings_clear (&settings->session);
  g_clear_pointer (&settings->api_key, g_free);
  g_clear_pointer (&settings->base_url, g_free);
  g_clear_pointer (&settings->task_store, g_free);
}

/* All but the generation properties */
void
gst_foxapi_settings_copy_service (const GstFoxapiSettings * settings,
    GstFoxapiSettings * copy)
{
  *copy = *settings;
  memset (&copy->fields, 0, sizeof (copy->fields));
  foxapi_session_settings_copy (&settings->session, &copy->session);
  copy->api_key = g_strdup (settings->api_key);
  copy->base_url = g_strdup (settings->base_url);
  copy->task_store = g_strdup (settings->task_store);
}

/* Without the password that it may carry. */
static gchar *
hide_password (const gchar * proxy)
{
  g_autoptr (GUri) uri = NULL;

  if (proxy == NULL || strchr (proxy, '@') == NULL)
    return g_strdup (proxy);
  uri = g_uri_parse (proxy, G_URI_FLAGS_HAS_PASSWORD, NULL);
  return uri ? g_uri_to_string_partial (uri, G_URI_HIDE_USERINFO) : NULL;
}

static void
replace_string (gchar ** place, const GValue * value)
{
  g_free (*place);
  *place = g_value_dup_string (value);
}

static gboolean
set_service_property (GstFoxapiSettings * settings, guint id,
    const GValue * value)
{
  FoxapiSessionSettings *session = &settings->session;

  switch (id) {
    case GST_FOXAPI_PROP_API_KEY:
      replace_string (&settings->api_key, value);
      break;
    case GST_FOXAPI_PROP_BASE_URL:
      replace_string (&settings->base_url, value);
      break;
    case GST_FOXAPI_PROP_TIMEOUT:
      session->timeout = g_value_get_uint (value);
      break;
    case GST_FOXAPI_PROP_SUBMIT_TIMEOUT:
      settings->session.submit_timeout = g_value_get_uint (value);
      break;
    case GST_FOXAPI_PROP_TASK_TIMEOUT:
      settings->task_timeout = g_value_get_uint (value);
      break;
    case GST_FOXAPI_PROP_POLL_INTERVAL:
      settings->poll_interval = g_value_get_uint (value);
      break;
    case GST_FOXAPI_PROP_RETRIES:
      settings->retries = g_value_get_int (value);
      break;
    case GST_FOXAPI_PROP_USER_AGENT:
      replace_string (&session->user_agent, value);
      break;
    case GST_FOXAPI_PROP_PROXY:
      replace_string (&session->proxy, value);
      break;
    case GST_FOXAPI_PROP_PROXY_ID:
      replace_string (&session->proxy_id, value);
      break;
    case GST_FOXAPI_PROP_PROXY_PW:
      replace_string (&session->proxy_pw, value);
      break;
    case GST_FOXAPI_PROP_SSL_STRICT:
      session->ssl_strict = g_value_get_boolean (value);
      break;
    case GST_FOXAPI_PROP_TLS_DATABASE:
      g_set_object (&session->tls_database, g_value_get_object (value));
      break;
    case GST_FOXAPI_PROP_TLS_INTERACTION:
      g_set_object (&session->tls_interaction, g_value_get_object (value));
      break;
    case GST_FOXAPI_PROP_RESULT_INDEX:
      settings->result_index = g_value_get_uint (value);
      break;
    case GST_FOXAPI_PROP_TASK_STORE:
      replace_string (&settings->task_store, value);
      break;
    case GST_FOXAPI_PROP_RESUBMIT_MAYBE_CHARGED:
      settings->resubmit_maybe_charged = g_value_get_boolean (value);
      settings->has_resubmit_maybe_charged = TRUE;
      break;
    default:
      return FALSE;
  }
  return TRUE;
}

/* %FALSE: the property is not one of these. */
gboolean
gst_foxapi_settings_set (GstFoxapiSettings * settings, guint id,
    const GValue * value)
{
  if (!gst_foxapi_field_is_known (id))
    return set_service_property (settings, id, value);
  gst_foxapi_fields_set (&settings->fields, id, value);
  return TRUE;
}

static gboolean
get_service_property (const GstFoxapiSettings * settings, guint id,
    GValue * value)
{
  const FoxapiSessionSettings *session = &settings->session;

  switch (id) {
    case GST_FOXAPI_PROP_BASE_URL:
      g_value_set_string (value, settings->base_url);
      break;
    case GST_FOXAPI_PROP_TIMEOUT:
      g_value_set_uint (value, session->timeout);
      break;
    case GST_FOXAPI_PROP_SUBMIT_TIMEOUT:
      g_value_set_uint (value, settings->session.submit_timeout);
      break;
    case GST_FOXAPI_PROP_TASK_TIMEOUT:
      g_value_set_uint (value, settings->task_timeout);
      break;
    case GST_FOXAPI_PROP_POLL_INTERVAL:
      g_value_set_uint (value, settings->poll_interval);
      break;
    case GST_FOXAPI_PROP_RETRIES:
      g_value_set_int (value, settings->retries);
      break;
    case GST_FOXAPI_PROP_USER_AGENT:
      g_value_set_string (value, session->user_agent);
      break;
    case GST_FOXAPI_PROP_PROXY:
      g_value_take_string (value, hide_password (session->proxy));
      break;
    case GST_FOXAPI_PROP_PROXY_ID:
      g_value_set_string (value, session->proxy_id);
      break;
    case GST_FOXAPI_PROP_SSL_STRICT:
      g_value_set_boolean (value, session->ssl_strict);
      break;
    case GST_FOXAPI_PROP_TLS_DATABASE:
      g_value_set_object (value, session->tls_database);
      break;
    case GST_FOXAPI_PROP_TLS_INTERACTION:
      g_value_set_object (value, session->tls_interaction);
      break;
    case GST_FOXAPI_PROP_RESULT_INDEX:
      g_value_set_uint (value, settings->result_index);
      break;
    case GST_FOXAPI_PROP_TASK_STORE:
      g_value_set_string (value, settings->task_store);
      break;
    case GST_FOXAPI_PROP_RESUBMIT_MAYBE_CHARGED:
      g_value_set_boolean (value, settings->resubmit_maybe_charged);
      break;
    default:
      return FALSE;
  }
  return TRUE;
}

gboolean
gst_foxapi_settings_get (const GstFoxapiSettings * settings, guint id,
    GValue * value)
{
  if (!gst_foxapi_field_is_known (id))
    return get_service_property (settings, id, value);
  g_value_copy (&settings->fields.values[id], value);
  return TRUE;
}

/* Sets all generation properties as @uri says: those that it does not name get
 * their defaults. A task's URI leaves them. Nothing has changed if it fails. */
gboolean
gst_foxapi_settings_set_uri (GstFoxapiSettings * settings, const gchar * uri,
    gchar ** task_id, GError ** error)
{
  g_autoptr (JsonObject) fields = NULL;

  return foxapi_uri_parse (uri, &fields, task_id, error)
      && (fields == NULL || gst_foxapi_fields_take_json (&settings->fields,
          fields, error));
}

/* (transfer full) (nullable): the URI of the generation properties; %NULL if none
 * is set, or one has no JSON form */
gchar *
gst_foxapi_settings_get_uri (const GstFoxapiSettings * settings)
{
  g_autoptr (JsonObject) properties = NULL, extra = NULL, fields = NULL;

  if (!gst_foxapi_fields_to_json (&settings->fields, &properties, &extra, NULL))
    return NULL;
  fields = foxapi_request_map (properties, extra);
  return json_object_get_size (fields) > 1 ? foxapi_uri_build (fields) : NULL;
}

/* The body of the request: its text is the same for the same properties. */
JsonObject *
gst_foxapi_settings_to_body (const GstFoxapiSettings * settings,
    GError ** error)
{
  g_autoptr (JsonObject) properties = NULL, extra = NULL, body = NULL;
  g_autofree gchar *known = NULL;

  if (!gst_foxapi_fields_to_json (&settings->fields, &properties, &extra,
          error))
    return NULL;
  body = foxapi_request_build (properties, extra, error);
  if (body == NULL)
    return NULL;
  known = foxapi_catalogue_suggest (json_object_get_string_member (body,
          "model"));
  if (known != NULL)
    GST_WARNING ("No model %s is known here, but %s is",
        json_object_get_string_member (body, "model"), known);
  return g_steal_pointer (&body);
}
