/* The properties that say what to generate and where
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
#include "gstfoxapistructure.h"

enum
{
  PROP_0,
  PROP_MODEL,
  PROP_PROMPT,
  PROP_REFERENCE_IMAGE_URLS,
  PROP_REFERENCE_VIDEO_URLS,
  PROP_DURATION,
  PROP_RESOLUTION,
  PROP_ASPECT_RATIO,
  PROP_NEGATIVE_PROMPT,
  PROP_SEED,
  PROP_MULTI_SHOTS,
  PROP_ENABLE_SAFETY_CHECKER,
  PROP_EXTRA_PARAMETERS,
  PROP_API_KEY,
  PROP_BASE_URL,
  PROP_TIMEOUT,
  PROP_TASK_TIMEOUT,
  PROP_POLL_INTERVAL,
  PROP_RETRIES,
  PROP_USER_AGENT,
  PROP_PROXY,
  PROP_PROXY_ID,
  PROP_PROXY_PW,
  PROP_SSL_STRICT,
  PROP_TLS_DATABASE,
  PROP_TLS_INTERACTION,
  PROP_TASK_STORE,
  PROP_LAST
};

G_STATIC_ASSERT (PROP_LAST == GST_FOXAPI_SETTINGS_PROP_LAST + 1);

#define DEFAULT_TIMEOUT 30
#define DEFAULT_TASK_TIMEOUT 1800
#define DEFAULT_POLL_INTERVAL 0
#define DEFAULT_RETRIES 5
#define DEFAULT_USER_AGENT "gst-foxapi/" PACKAGE_VERSION " "
#define DEFAULT_SSL_STRICT TRUE

#define READWRITE (G_PARAM_READWRITE | GST_PARAM_MUTABLE_READY | \
    G_PARAM_STATIC_STRINGS)
/* A pipeline graph prints every readable property. */
#define SECRET (G_PARAM_WRITABLE | GST_PARAM_MUTABLE_READY | \
    G_PARAM_STATIC_STRINGS)

static GParamSpec *
new_reference_list_spec (const gchar * name, const gchar * nick,
    const gchar * blurb)
{
  return gst_param_spec_array (name, nick, blurb,
      g_param_spec_string ("url", "URL", "http, https or file URI", NULL,
          G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS), READWRITE);
}

static void
install_generation_properties (GObjectClass * klass)
{
  g_object_class_install_property (klass, PROP_MODEL,
      g_param_spec_string ("model", "Model",
          "Name of the model that generates. The rules of this default model "
          "are checked here, those of any other by the service",
          FOXAPI_DEFAULT_MODEL, READWRITE));
  g_object_class_install_property (klass, PROP_PROMPT,
      g_param_spec_string ("prompt", "Prompt",
          "What the video shows, at most 5000 characters. Required", NULL,
          READWRITE));
  g_object_class_install_property (klass, PROP_REFERENCE_IMAGE_URLS,
      new_reference_list_spec ("reference-image-urls", "Reference images",
          "Images of the subjects' appearance, each at most 20 MB: http, https "
          "or file URIs, for instance '<\"https://a/b.jpg\",\"file:///c.png\">'."
          " Local files are uploaded. Empty: none"));
  g_object_class_install_property (klass, PROP_REFERENCE_VIDEO_URLS,
      new_reference_list_spec ("reference-video-urls", "Reference videos",
          "Videos of the subjects' motion, each at most 100 MB: http, https or "
          "file URIs. Local files are uploaded. Empty: none"));
  g_object_class_install_property (klass, PROP_DURATION,
      g_param_spec_int ("duration", "Duration",
          "Length of the video in seconds, 2 to 10 for the default model. Other "
          "models get it only if it is set", G_MININT, G_MAXINT,
          FOXAPI_DEFAULT_DURATION, READWRITE));
  g_object_class_install_property (klass, PROP_RESOLUTION,
      gst_foxapi_param_spec_enum ("resolution", "Resolution",
          "Size class of the video. Other models than the default one get it "
          "only if it is set", GST_TYPE_FOXAPI_RESOLUTION,
          GST_FOXAPI_RESOLUTION_1080P, READWRITE));
  g_object_class_install_property (klass, PROP_ASPECT_RATIO,
      gst_foxapi_param_spec_enum ("aspect-ratio", "Aspect ratio",
          "Shape of the video. Other models than the default one get it only "
          "if it is set", GST_TYPE_FOXAPI_ASPECT_RATIO,
          GST_FOXAPI_ASPECT_RATIO_16_9, READWRITE));
  g_object_class_install_property (klass, PROP_NEGATIVE_PROMPT,
      g_param_spec_string ("negative-prompt", "Negative prompt",
          "What the video should not show, at most 500 characters. NULL: not "
          "sent", NULL, READWRITE));
  g_object_class_install_property (klass, PROP_SEED,
      g_param_spec_int64 ("seed", "Seed",
          "Start of the model's random numbers, 0 to 2147483647, for results "
          "that resemble each other. -1: not sent, the service draws one",
          G_MININT64, G_MAXINT64, -1, READWRITE));
  g_object_class_install_property (klass, PROP_MULTI_SHOTS,
      gst_foxapi_param_spec_enum ("multi-shots", "Multiple shots",
          "Whether the video may have several shots. default: not sent, the "
          "model decides", GST_TYPE_FOXAPI_SWITCH, FOXAPI_SWITCH_DEFAULT,
          READWRITE));
  g_object_class_install_property (klass, PROP_ENABLE_SAFETY_CHECKER,
      gst_foxapi_param_spec_enum ("enable-safety-checker", "Safety checker",
          "Whether the service checks prompt and result for unsafe content. "
          "default: not sent, the model decides", GST_TYPE_FOXAPI_SWITCH,
          FOXAPI_SWITCH_DEFAULT, READWRITE));
  g_object_class_install_property (klass, PROP_EXTRA_PARAMETERS,
      g_param_spec_boxed ("extra-parameters", "Extra parameters",
          "Further fields of the request, for other models: strings, booleans, "
          "numbers, nested structures and arrays. They win over the properties "
          "above. NULL: none", GST_TYPE_STRUCTURE, READWRITE));
}

static void
install_service_properties (GObjectClass * klass)
{
  g_object_class_install_property (klass, PROP_API_KEY,
      g_param_spec_string ("api-key", "API key",
          "Key of the account that pays. Goes to the service alone and cannot "
          "be read back. NULL: the environment's FOXAPI_API_KEY, which is the "
          "better place", NULL, SECRET));
  g_object_class_install_property (klass, PROP_BASE_URL,
      g_param_spec_string ("base-url", "Base URL",
          "Address of the service. NULL: the environment's FOXAPI_BASE_URL, "
          "then https://api.foxapi.cc", NULL, READWRITE));
  g_object_class_install_property (klass, PROP_TIMEOUT,
      g_param_spec_uint ("timeout", "Timeout",
          "Seconds without a byte on one request until it counts as lost. 0: "
          "no limit", 0, G_MAXINT, DEFAULT_TIMEOUT, READWRITE));
  g_object_class_install_property (klass, PROP_TASK_TIMEOUT,
      g_param_spec_uint ("task-timeout", "Task timeout",
          "Seconds from the start until the task must have completed; the task "
          "is kept for the next start. 0: no limit", 0, G_MAXUINT,
          DEFAULT_TASK_TIMEOUT, READWRITE));
  g_object_class_install_property (klass, PROP_POLL_INTERVAL,
      g_param_spec_uint ("poll-interval", "Poll interval",
          "Milliseconds between two questions about the task. 0: adaptive, by "
          "estimated time and progress, at most one a second", 0, G_MAXUINT,
          DEFAULT_POLL_INTERVAL, READWRITE));
  g_object_class_install_property (klass, PROP_RETRIES,
      g_param_spec_int ("retries", "Retries",
          "How often a submission (only where certainly nothing was charged), "
          "an upload, a download or an unusable answer is tried again. -1: no "
          "limit", -1, G_MAXINT, DEFAULT_RETRIES, READWRITE));
  g_object_class_install_property (klass, PROP_USER_AGENT,
      g_param_spec_string ("user-agent", "User-Agent",
          "Value of the User-Agent header; libsoup's name follows a space at "
          "its end", DEFAULT_USER_AGENT, READWRITE));
  g_object_class_install_property (klass, PROP_PROXY,
      g_param_spec_string ("proxy", "Proxy",
          "URI of the HTTP proxy. NULL: that of the environment or the desktop",
          NULL, READWRITE));
  g_object_class_install_property (klass, PROP_PROXY_ID,
      g_param_spec_string ("proxy-id", "Proxy user",
          "User name for the proxy. NULL: none", NULL, READWRITE));
  g_object_class_install_property (klass, PROP_PROXY_PW,
      g_param_spec_string ("proxy-pw", "Proxy password",
          "Password for the proxy. Cannot be read back. NULL: none", NULL,
          SECRET));
  g_object_class_install_property (klass, PROP_SSL_STRICT,
      g_param_spec_boolean ("ssl-strict", "Strict TLS",
          "Whether certificates must verify. FALSE gives the key to whoever "
          "stands in between", DEFAULT_SSL_STRICT, READWRITE));
  g_object_class_install_property (klass, PROP_TLS_DATABASE,
      g_param_spec_object ("tls-database", "TLS database",
          "Certificate authorities to trust. NULL: the system's",
          G_TYPE_TLS_DATABASE, READWRITE));
  g_object_class_install_property (klass, PROP_TLS_INTERACTION,
      g_param_spec_object ("tls-interaction", "TLS interaction",
          "Asks the user for certificates and passwords. NULL: nobody is asked",
          G_TYPE_TLS_INTERACTION, READWRITE));
  g_object_class_install_property (klass, PROP_TASK_STORE,
      g_param_spec_string ("task-store", "Task store",
          "Directory of the record of paid tasks, by which a task outlives its "
          "process. NULL: $XDG_STATE_HOME/gst-foxapi. Empty: no record", NULL,
          READWRITE));
}

/**
 * gst_foxapi_settings_install:
 * @klass: class of an element that has #GstFoxapiSettings
 *
 * Installs the properties; their ids are those below
 * %GST_FOXAPI_SETTINGS_PROP_LAST.
 */
void
gst_foxapi_settings_install (GObjectClass * klass)
{
  install_generation_properties (klass);
  install_service_properties (klass);
}

/**
 * gst_foxapi_settings_is_generation_property:
 * @id: a property's id
 *
 * Returns: %TRUE if the property says what to generate
 */
gboolean
gst_foxapi_settings_is_generation_property (guint id)
{
  return id >= PROP_MODEL && id <= PROP_EXTRA_PARAMETERS;
}

/**
 * gst_foxapi_settings_list_generation_properties:
 * @klass: class of an element that has #GstFoxapiSettings
 *
 * Returns: (transfer full): the names of the generation properties: what people
 *   save under a name, which neither keys nor tasks belong to
 */
gchar **
gst_foxapi_settings_list_generation_properties (GObjectClass * klass)
{
  g_autoptr (GStrvBuilder) names = g_strv_builder_new ();
  g_autofree GParamSpec **specs = NULL;
  guint n;

  specs = g_object_class_list_properties (klass, &n);
  for (guint i = 0; i < n; i++) {
    if (specs[i]->owner_type == G_TYPE_FROM_CLASS (klass)
        && gst_foxapi_settings_is_generation_property (specs[i]->param_id))
      g_strv_builder_add (names, specs[i]->name);
  }
  return g_strv_builder_end (names);
}

/**
 * gst_foxapi_settings_init:
 * @settings: (out caller-allocates): gets the defaults
 */
void
gst_foxapi_settings_init (GstFoxapiSettings * settings)
{
  memset (settings, 0, sizeof (*settings));
  settings->request = foxapi_request_new ();
  settings->session.timeout = DEFAULT_TIMEOUT;
  settings->session.user_agent = g_strdup (DEFAULT_USER_AGENT);
  settings->session.ssl_strict = DEFAULT_SSL_STRICT;
  settings->task_timeout = DEFAULT_TASK_TIMEOUT;
  settings->poll_interval = DEFAULT_POLL_INTERVAL;
  settings->retries = DEFAULT_RETRIES;
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
    case PROP_MODEL:
      replace_string (&request->model, value);
      break;
    case PROP_PROMPT:
      replace_string (&request->prompt, value);
      break;
    case PROP_REFERENCE_IMAGE_URLS:
      replace_string_list (&request->reference_image_urls, value);
      break;
    case PROP_REFERENCE_VIDEO_URLS:
      replace_string_list (&request->reference_video_urls, value);
      break;
    case PROP_DURATION:
      request->duration = g_value_get_int (value);
      request->has_duration = TRUE;
      break;
    case PROP_RESOLUTION:
      replace_nick (&request->resolution, value);
      request->has_resolution = TRUE;
      break;
    case PROP_ASPECT_RATIO:
      replace_nick (&request->aspect_ratio, value);
      request->has_aspect_ratio = TRUE;
      break;
    case PROP_NEGATIVE_PROMPT:
      replace_string (&request->negative_prompt, value);
      break;
    case PROP_SEED:
      request->seed = g_value_get_int64 (value);
      break;
    case PROP_MULTI_SHOTS:
      request->multi_shots = g_value_get_enum (value);
      break;
    case PROP_ENABLE_SAFETY_CHECKER:
      request->enable_safety_checker = g_value_get_enum (value);
      break;
    case PROP_EXTRA_PARAMETERS:
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
    case PROP_API_KEY:
      replace_string (&settings->api_key, value);
      break;
    case PROP_BASE_URL:
      replace_string (&settings->base_url, value);
      break;
    case PROP_TIMEOUT:
      session->timeout = g_value_get_uint (value);
      break;
    case PROP_TASK_TIMEOUT:
      settings->task_timeout = g_value_get_uint (value);
      break;
    case PROP_POLL_INTERVAL:
      settings->poll_interval = g_value_get_uint (value);
      break;
    case PROP_RETRIES:
      settings->retries = g_value_get_int (value);
      break;
    case PROP_USER_AGENT:
      replace_string (&session->user_agent, value);
      break;
    case PROP_PROXY:
      replace_string (&session->proxy, value);
      break;
    case PROP_PROXY_ID:
      replace_string (&session->proxy_id, value);
      break;
    case PROP_PROXY_PW:
      replace_string (&session->proxy_pw, value);
      break;
    case PROP_SSL_STRICT:
      session->ssl_strict = g_value_get_boolean (value);
      break;
    case PROP_TLS_DATABASE:
      g_set_object (&session->tls_database, g_value_get_object (value));
      break;
    case PROP_TLS_INTERACTION:
      g_set_object (&session->tls_interaction, g_value_get_object (value));
      break;
    case PROP_TASK_STORE:
      replace_string (&settings->task_store, value);
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
    case PROP_MODEL:
      g_value_set_string (value, request->model);
      break;
    case PROP_PROMPT:
      g_value_set_string (value, request->prompt);
      break;
    case PROP_REFERENCE_IMAGE_URLS:
      get_string_list (request->reference_image_urls, value);
      break;
    case PROP_REFERENCE_VIDEO_URLS:
      get_string_list (request->reference_video_urls, value);
      break;
    case PROP_DURATION:
      g_value_set_int (value, request->duration);
      break;
    case PROP_RESOLUTION:
      get_nick (request->resolution, value);
      break;
    case PROP_ASPECT_RATIO:
      get_nick (request->aspect_ratio, value);
      break;
    case PROP_NEGATIVE_PROMPT:
      g_value_set_string (value, request->negative_prompt);
      break;
    case PROP_SEED:
      g_value_set_int64 (value, request->seed);
      break;
    case PROP_MULTI_SHOTS:
      g_value_set_enum (value, request->multi_shots);
      break;
    case PROP_ENABLE_SAFETY_CHECKER:
      g_value_set_enum (value, request->enable_safety_checker);
      break;
    case PROP_EXTRA_PARAMETERS:
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
    case PROP_BASE_URL:
      g_value_set_string (value, settings->base_url);
      break;
    case PROP_TIMEOUT:
      g_value_set_uint (value, session->timeout);
      break;
    case PROP_TASK_TIMEOUT:
      g_value_set_uint (value, settings->task_timeout);
      break;
    case PROP_POLL_INTERVAL:
      g_value_set_uint (value, settings->poll_interval);
      break;
    case PROP_RETRIES:
      g_value_set_int (value, settings->retries);
      break;
    case PROP_USER_AGENT:
      g_value_set_string (value, session->user_agent);
      break;
    case PROP_PROXY:
      g_value_take_string (value, hide_password (session->proxy));
      break;
    case PROP_PROXY_ID:
      g_value_set_string (value, session->proxy_id);
      break;
    case PROP_SSL_STRICT:
      g_value_set_boolean (value, session->ssl_strict);
      break;
    case PROP_TLS_DATABASE:
      g_value_set_object (value, session->tls_database);
      break;
    case PROP_TLS_INTERACTION:
      g_value_set_object (value, session->tls_interaction);
      break;
    case PROP_TASK_STORE:
      g_value_set_string (value, settings->task_store);
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
