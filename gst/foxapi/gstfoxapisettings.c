/* The values of the properties that say what to generate and where
 *
 * A number is stored as the application set it, right or wrong: the check at the
 * start of the element names it, where GObject would go on with the default.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstfoxapisettings.h"

#include "foxapierror.h"
#include "foxapiuri.h"
#include "gstfoxapienums.h"
#include "gstfoxapiproperties.h"
#include "gstfoxapistructure.h"

/**
 * gst_foxapi_settings_init:
 * @settings: (out caller-allocates): gets the defaults
 */
void
gst_foxapi_settings_init (GstFoxapiSettings * settings)
{
  memset (settings, 0, sizeof (*settings));
  settings->request = foxapi_request_new ();
  settings->session.timeout = GST_FOXAPI_DEFAULT_TIMEOUT;
  settings->session.user_agent = g_strdup (GST_FOXAPI_DEFAULT_USER_AGENT);
  settings->session.ssl_strict = GST_FOXAPI_DEFAULT_SSL_STRICT;
  settings->submit_timeout = GST_FOXAPI_DEFAULT_SUBMIT_TIMEOUT;
  settings->task_timeout = GST_FOXAPI_DEFAULT_TASK_TIMEOUT;
  settings->poll_interval = GST_FOXAPI_DEFAULT_POLL_INTERVAL;
  settings->retries = GST_FOXAPI_DEFAULT_RETRIES;
}

/**
 * gst_foxapi_settings_clear:
 * @settings: freed but for the struct itself
 */
void
gst_foxapi_settings_clear (GstFoxapiSettings * settings)
{
  g_clear_pointer (&settings->request, foxapi_request_free);
  g_clear_pointer (&settings->extra_parameters, gst_structure_free);
  foxapi_session_settings_clear (&settings->session);
  g_clear_pointer (&settings->api_key, g_free);
  g_clear_pointer (&settings->base_url, g_free);
  g_clear_pointer (&settings->task_store, g_free);
}

/**
 * gst_foxapi_settings_copy_service:
 * @settings: settings whose owner's object lock is held
 * @copy: (out caller-allocates): gets a copy of all but the generation
 *   properties, to be cleared
 */
void
gst_foxapi_settings_copy_service (const GstFoxapiSettings * settings,
    GstFoxapiSettings * copy)
{
  *copy = *settings;
  copy->request = NULL;
  copy->extra_parameters = NULL;
  foxapi_session_settings_copy (&settings->session, &copy->session);
  copy->api_key = g_strdup (settings->api_key);
  copy->base_url = g_strdup (settings->base_url);
  copy->task_store = g_strdup (settings->task_store);
}

static GStrv
dup_string_list (const GValue * array)
{
  guint n = gst_value_array_get_size (array);
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();

  if (n == 0)
    return NULL;
  for (guint i = 0; i < n; i++) {
    const GValue *value = gst_value_array_get_value (array, i);
    const gchar *text =
        G_VALUE_HOLDS_STRING (value) ? g_value_get_string (value) : NULL;

    g_strv_builder_add (builder, text ? text : "");
  }
  return g_strv_builder_end (builder);
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

static void
replace_string_list (GStrv * place, const GValue * value)
{
  g_strfreev (*place);
  *place = dup_string_list (value);
}

static void
replace_nick (gchar ** place, const GValue * value)
{
  g_free (*place);
  *place = gst_foxapi_enum_to_nick (G_VALUE_TYPE (value),
      g_value_get_enum (value));
}

static gboolean
set_generation_property (GstFoxapiSettings * settings, guint id,
    const GValue * value)
{
  FoxapiRequest *request = settings->request;

  switch (id) {
    case GST_FOXAPI_PROP_MODEL:
      replace_string (&request->model, value);
      break;
    case GST_FOXAPI_PROP_PROMPT:
      replace_string (&request->prompt, value);
      break;
    case GST_FOXAPI_PROP_REFERENCE_IMAGE_URLS:
      replace_string_list (&request->reference_image_urls, value);
      break;
    case GST_FOXAPI_PROP_REFERENCE_VIDEO_URLS:
      replace_string_list (&request->reference_video_urls, value);
      break;
    case GST_FOXAPI_PROP_DURATION:
      request->duration = g_value_get_int (value);
      request->has_duration = TRUE;
      break;
    case GST_FOXAPI_PROP_RESOLUTION:
      replace_nick (&request->resolution, value);
      request->has_resolution = TRUE;
      break;
    case GST_FOXAPI_PROP_ASPECT_RATIO:
      replace_nick (&request->aspect_ratio, value);
      request->has_aspect_ratio = TRUE;
      break;
    case GST_FOXAPI_PROP_NEGATIVE_PROMPT:
      replace_string (&request->negative_prompt, value);
      break;
    case GST_FOXAPI_PROP_SEED:
      request->seed = g_value_get_int64 (value);
      break;
    case GST_FOXAPI_PROP_MULTI_SHOTS:
      request->multi_shots = g_value_get_enum (value);
      break;
    case GST_FOXAPI_PROP_ENABLE_SAFETY_CHECKER:
      request->enable_safety_checker = g_value_get_enum (value);
      break;
    case GST_FOXAPI_PROP_EXTRA_PARAMETERS:
      g_clear_pointer (&settings->extra_parameters, gst_structure_free);
      settings->extra_parameters = g_value_dup_boxed (value);
      break;
    default:
      return FALSE;
  }
  return TRUE;
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
      settings->submit_timeout = g_value_get_uint (value);
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

/**
 * gst_foxapi_settings_set:
 * @settings: settings whose owner's object lock is held
 * @id: a property's id
 * @value: its new value
 *
 * Returns: %FALSE if the property is not one of these
 */
gboolean
gst_foxapi_settings_set (GstFoxapiSettings * settings, guint id,
    const GValue * value)
{
  return set_generation_property (settings, id, value)
      || set_service_property (settings, id, value);
}

static void
get_string_list (GStrv list, GValue * value)
{
  for (; list != NULL && *list != NULL; list++) {
    GValue url = G_VALUE_INIT;

    g_value_init (&url, G_TYPE_STRING);
    g_value_set_string (&url, *list);
    gst_value_array_append_and_take_value (value, &url);
  }
}

static void
get_nick (const gchar * nick, GValue * value)
{
  g_value_set_enum (value, gst_foxapi_enum_from_nick (G_VALUE_TYPE (value),
          nick));
}

static gboolean
get_generation_property (const GstFoxapiSettings * settings, guint id,
    GValue * value)
{
  const FoxapiRequest *request = settings->request;

  switch (id) {
    case GST_FOXAPI_PROP_MODEL:
      g_value_set_string (value, request->model);
      break;
    case GST_FOXAPI_PROP_PROMPT:
      g_value_set_string (value, request->prompt);
      break;
    case GST_FOXAPI_PROP_REFERENCE_IMAGE_URLS:
      get_string_list (request->reference_image_urls, value);
      break;
    case GST_FOXAPI_PROP_REFERENCE_VIDEO_URLS:
      get_string_list (request->reference_video_urls, value);
      break;
    case GST_FOXAPI_PROP_DURATION:
      g_value_set_int (value, request->duration);
      break;
    case GST_FOXAPI_PROP_RESOLUTION:
      get_nick (request->resolution, value);
      break;
    case GST_FOXAPI_PROP_ASPECT_RATIO:
      get_nick (request->aspect_ratio, value);
      break;
    case GST_FOXAPI_PROP_NEGATIVE_PROMPT:
      g_value_set_string (value, request->negative_prompt);
      break;
    case GST_FOXAPI_PROP_SEED:
      g_value_set_int64 (value, request->seed);
      break;
    case GST_FOXAPI_PROP_MULTI_SHOTS:
      g_value_set_enum (value, request->multi_shots);
      break;
    case GST_FOXAPI_PROP_ENABLE_SAFETY_CHECKER:
      g_value_set_enum (value, request->enable_safety_checker);
      break;
    case GST_FOXAPI_PROP_EXTRA_PARAMETERS:
      g_value_set_boxed (value, settings->extra_parameters);
      break;
    default:
      return FALSE;
  }
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
      g_value_set_uint (value, settings->submit_timeout);
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

/**
 * gst_foxapi_settings_get:
 * @settings: settings whose owner's object lock is held
 * @id: a property's id
 * @value: gets its value
 *
 * Returns: %FALSE if the property is not one of these
 */
gboolean
gst_foxapi_settings_get (const GstFoxapiSettings * settings, guint id,
    GValue * value)
{
  return get_generation_property (settings, id, value)
      || get_service_property (settings, id, value);
}

/**
 * gst_foxapi_settings_set_uri:
 * @settings: settings whose owner's object lock is held
 * @uri: a foxapi:// URI
 * @task_id: (out) (transfer full): the task that @uri names, %NULL if it
 *   describes a generation
 * @error: return location
 *
 * Sets all generation properties as @uri says: those that it does not name get
 * their defaults. A task's URI leaves them.
 *
 * Returns: %FALSE if @uri cannot be used; nothing has changed then
 */
gboolean
gst_foxapi_settings_set_uri (GstFoxapiSettings * settings, const gchar * uri,
    gchar ** task_id, GError ** error)
{
  g_autoptr (FoxapiRequest) request = NULL;
  g_autoptr (GstStructure) structure = NULL;
  g_autoptr (JsonObject) extra = NULL;

  if (!foxapi_uri_parse (uri, &request, task_id, error))
    return FALSE;
  if (request == NULL)
    return TRUE;

  extra = g_steal_pointer (&request->extra);
  if (extra != NULL) {
    structure = gst_foxapi_structure_from_json (extra, error);
    if (structure == NULL) {
      g_prefix_error (error, "The URI's ");
      return FALSE;
    }
  }

  g_clear_pointer (&settings->extra_parameters, gst_structure_free);
  settings->extra_parameters = g_steal_pointer (&structure);
  foxapi_request_free (settings->request);
  settings->request = g_steal_pointer (&request);
  return TRUE;
}

/* Calls @use on the request with the extra parameters put into it. */
static gpointer
with_extra (const GstFoxapiSettings * settings,
    gpointer (*use) (const FoxapiRequest * request, GError ** error),
    GError ** error)
{
  FoxapiRequest *request = settings->request;
  g_autoptr (JsonObject) extra = NULL;
  gpointer result;

  if (settings->extra_parameters != NULL) {
    extra = gst_foxapi_structure_to_json (settings->extra_parameters, error);
    if (extra == NULL) {
      g_prefix_error (error, "The property extra-parameters, ");
      return NULL;
    }
  }

  request->extra = extra;
  result = use (request, error);
  request->extra = NULL;
  return result;
}

static gpointer
build_uri (const FoxapiRequest * request, GError ** error)
{
  return foxapi_uri_build (request);
}

/**
 * gst_foxapi_settings_get_uri:
 * @settings: settings whose owner's object lock is held
 *
 * Returns: (transfer full) (nullable): the URI of the generation properties;
 *   %NULL if the extra parameters have no JSON form
 */
gchar *
gst_foxapi_settings_get_uri (const GstFoxapiSettings * settings)
{
  return with_extra (settings, build_uri, NULL);
}

static gpointer
make_body (const FoxapiRequest * request, GError ** error)
{
  return foxapi_request_to_body (request, error);
}

/**
 * gst_foxapi_settings_to_body:
 * @settings: settings whose owner's object lock is held
 * @error: return location, %FOXAPI_ERROR_SETTINGS
 *
 * Checks the generation properties and makes the body of the request.
 *
 * Returns: (transfer full) (nullable): the body; its text is the same for the
 *   same properties
 */
JsonObject *
gst_foxapi_settings_to_body (const GstFoxapiSettings * settings,
    GError ** error)
{
  return with_extra (settings, make_body, error);
}
