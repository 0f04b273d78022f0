/* The properties that both elements have, and their values
 *
 * They are read and written with the owner's object lock.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstfoxapisettings.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#include "foxapiclips.h"
#include "foxapierror.h"
#include "foxapirequest.h"

#define DEFAULT_USER_AGENT "gst-foxapi/" PACKAGE_VERSION " "

#define PLACE(member) G_STRUCT_OFFSET (GstFoxapiSettings, member)

typedef enum
{
  KIND_TEXT,
  KIND_UINT,
  KIND_INT,
  KIND_BOOLEAN,
  KIND_OBJECT,
} Kind;

/* The properties that are no fields of the request; the first two stand for lists
 * that are, and have no value of their own. */
static const struct
{
  const gchar *name;
  Kind kind;
  gsize place;                  /* of the value; 0: it has none */
  gint value;                   /* the default, if it is a number */
  const gchar *nick;
  const gchar *blurb;
  gboolean is_secret;           /* a pipeline graph prints what can be read */
} rows[GST_FOXAPI_PROP_LAST + 1] = {
  [GST_FOXAPI_PROP_REFERENCE_IMAGE] = {"reference-image", KIND_TEXT, 0, 0,
        "Reference image",
      "One image in place of the list reference-image-urls, such as "
        "fox.png. NULL: no image, or several"},
  [GST_FOXAPI_PROP_REFERENCE_VIDEO] = {"reference-video", KIND_TEXT, 0, 0,
        "Reference video",
      "One video in place of the list reference-video-urls, such as "
        "fox.mp4. NULL: no video, or several"},
  [GST_FOXAPI_PROP_API_KEY] = {"api-key", KIND_TEXT, PLACE (api_key), 0,
        "API key",
      "API key of the account that pays. It is sent only to the service "
        "and cannot be read back. NULL: the environment variable "
        "FOXAPI_API_KEY, which is the safer place", TRUE},
  [GST_FOXAPI_PROP_BASE_URL] = {"base-url", KIND_TEXT, PLACE (base_url), 0,
        "Base URL",
      "Address of the service, with or without /v1 at its end. NULL: the "
        "environment variable FOXAPI_BASE_URL, or else https://api.foxapi.cc"},
  [GST_FOXAPI_PROP_TIMEOUT] =
      {"timeout", KIND_UINT, PLACE (session.timeout), 30,
        "Timeout",
      "Seconds that a connection may stay silent before the element gives "
        "up on the request. 0: no limit"},
  [GST_FOXAPI_PROP_SUBMIT_TIMEOUT] = {"submit-timeout", KIND_UINT,
        PLACE (session.submit_timeout), 180, "Submit timeout",
      "Seconds to wait for the answer to a submission or an upload after "
        "it was sent. A short time saves no money, because the service may "
        "charge all the same. 0: no limit"},
  [GST_FOXAPI_PROP_TASK_TIMEOUT] = {"task-timeout", KIND_UINT,
        PLACE (task_timeout), 1800, "Task timeout",
      "Seconds from the start within which the task must complete. After "
        "that there is an error, and the next start resumes the task. 0: no "
        "limit"},
  [GST_FOXAPI_PROP_POLL_INTERVAL] = {"poll-interval", KIND_UINT,
        PLACE (poll_interval), 0, "Poll interval",
      "Milliseconds between two polls of the task. 0: adaptive, by the age "
        "and progress of the task, at least 3 s"},
  [GST_FOXAPI_PROP_RETRIES] =
      {"retries", KIND_INT, PLACE (retries), 5, "Retries",
      "How often the element retries a submission (only if it certainly "
        "was not charged), an upload, a download or an unusable answer. -1: "
        "no limit"},
  [GST_FOXAPI_PROP_USER_AGENT] = {"user-agent", KIND_TEXT,
        PLACE (session.user_agent), 0, "User-Agent",
      "Value of the User-Agent header. If it ends with a space, libsoup "
        "appends its own name"},
  [GST_FOXAPI_PROP_PROXY] =
      {"proxy", KIND_TEXT, PLACE (session.proxy), 0, "Proxy",
      "URI of the HTTP proxy. NULL: the proxy of the environment or the "
        "desktop"},
  [GST_FOXAPI_PROP_PROXY_ID] =
      {"proxy-id", KIND_TEXT, PLACE (session.proxy_id), 0,
      "Proxy user", "User name for the proxy. NULL: none"},
  [GST_FOXAPI_PROP_PROXY_PW] = {"proxy-pw", KIND_TEXT,
        PLACE (session.proxy_pw), 0, "Proxy password",
      "Password for the proxy. It cannot be read back. NULL: none", TRUE},
  [GST_FOXAPI_PROP_SSL_STRICT] = {"ssl-strict", KIND_BOOLEAN,
        PLACE (session.ssl_strict), TRUE, "Strict TLS",
      "Whether to refuse certificates that do not verify. FALSE lets "
        "anyone on the network path read the key"},
  [GST_FOXAPI_PROP_TLS_DATABASE] = {"tls-database", KIND_OBJECT,
        PLACE (session.tls_database), 0, "TLS database",
      "Certificate authorities to trust. NULL: those of the system"},
  [GST_FOXAPI_PROP_TLS_INTERACTION] = {"tls-interaction", KIND_OBJECT,
        PLACE (session.tls_interaction), 0, "TLS interaction",
      "Object that asks the user for certificates and passwords. NULL: the "
        "element asks nobody"},
  [GST_FOXAPI_PROP_RESULT_INDEX] = {"result-index", KIND_UINT,
        PLACE (result_index), 0, "Result index",
      "Which result to download if a task has several, from 0"},
  [GST_FOXAPI_PROP_CLIP_CACHE] =
      {"clip-cache", KIND_TEXT, PLACE (clip_cache), 0,
        "Clip cache",
      "Directory for delivered clips: a request whose clip is there costs "
        "nothing. NULL: the environment variable FOXAPI_CLIP_CACHE, or else "
        "$XDG_CACHE_HOME/gst-foxapi if a foxapi:// URI was set, or else none. "
        "Empty: none"},
  [GST_FOXAPI_PROP_TASK_STORE] =
      {"task-store", KIND_TEXT, PLACE (task_store), 0,
        "Task store",
      "Directory for the records of paid tasks, with which a new process can "
        "resume them. NULL: $XDG_STATE_HOME/gst-foxapi. Empty: no records"},
  [GST_FOXAPI_PROP_RESUBMIT_MAYBE_CHARGED] = {"resubmit-maybe-charged",
        KIND_BOOLEAN, PLACE (resubmit_maybe_charged), 0,
        "Resubmit maybe charged",
      "Whether to submit a request again although the answer to an earlier "
        "submission was lost and the service may have charged for it. Not set: "
        "the environment variable FOXAPI_RESUBMIT_MAYBE_CHARGED"},
};

static GParamSpec *
make_spec (guint id)
{
  const gchar *name = rows[id].name, *nick = rows[id].nick;
  const gchar *blurb = rows[id].blurb;
  GParamFlags flags = GST_PARAM_MUTABLE_READY | G_PARAM_STATIC_STRINGS
      | (rows[id].is_secret ? G_PARAM_WRITABLE : G_PARAM_READWRITE);

  switch (rows[id].kind) {
    case KIND_UINT:
      return g_param_spec_uint (name, nick, blurb, 0, G_MAXUINT,
          rows[id].value, flags);
    case KIND_INT:
      return g_param_spec_int (name, nick, blurb, G_MININT, G_MAXINT,
          rows[id].value, flags);
    case KIND_BOOLEAN:
      return g_param_spec_boolean (name, nick, blurb, rows[id].value, flags);
    case KIND_OBJECT:
      return g_param_spec_object (name, nick, blurb,
          id == GST_FOXAPI_PROP_TLS_DATABASE ? G_TYPE_TLS_DATABASE :
          G_TYPE_TLS_INTERACTION, flags);
    case KIND_TEXT:
    default:
      return g_param_spec_string (name, nick, blurb,
          id == GST_FOXAPI_PROP_USER_AGENT ? DEFAULT_USER_AGENT : NULL, flags);
  }
}

static void
install_task_properties (GObjectClass * klass)
{
  const GParamFlags readable = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;

  g_object_class_install_property (klass, GST_FOXAPI_PROP_TASK_ID,
      g_param_spec_string ("task-id", "Task id",
          "Id of the current task. Set it before the start to resume that task "
          "without a new submission; set it to NULL to have the next start "
          "submit again",
          NULL, G_PARAM_READWRITE | GST_PARAM_MUTABLE_READY |
          G_PARAM_STATIC_STRINGS));
  g_object_class_install_property (klass, GST_FOXAPI_PROP_STATUS,
      g_param_spec_string ("status", "Status",
          "Last known status of the task, in the service's words: pending, "
          "processing, completed, failed, cancelled. NULL: no task", NULL,
          readable));
  g_object_class_install_property (klass, GST_FOXAPI_PROP_PROGRESS,
      g_param_spec_int ("progress", "Progress",
          "Last known progress of the task in percent", 0, 100, 0, readable));
  g_object_class_install_property (klass, GST_FOXAPI_PROP_TASK,
      g_param_spec_boxed ("task", "Task",
          "Structure of the last foxapi-task message. NULL: no task",
          GST_TYPE_STRUCTURE, readable));
}

/* Their ids are those up to GST_FOXAPI_PROP_LAST. */
void
gst_foxapi_settings_install (GObjectClass * klass)
{
  gst_foxapi_fields_install (klass);
  for (guint id = GST_FOXAPI_N_FIELDS; rows[id].name != NULL; id++)
    g_object_class_install_property (klass, id, make_spec (id));
  install_task_properties (klass);
}

/* Values */

/* %NULL: the property has its value elsewhere. */
static gpointer
find_place (const GstFoxapiSettings * settings, guint id)
{
  return id <= GST_FOXAPI_PROP_LAST && rows[id].place != 0 ?
      G_STRUCT_MEMBER_P (settings, rows[id].place) : NULL;
}

void
gst_foxapi_settings_init (GstFoxapiSettings * settings)
{
  memset (settings, 0, sizeof (*settings));
  gst_foxapi_fields_init (&settings->fields);
  for (guint id = 0; id <= GST_FOXAPI_PROP_LAST; id++) {
    if (rows[id].value != 0)
      *(gint *) find_place (settings, id) = rows[id].value;
  }
  settings->session.user_agent = g_strdup (DEFAULT_USER_AGENT);
  settings->take = 1;
}

void
gst_foxapi_settings_clear (GstFoxapiSettings * settings)
{
  gst_foxapi_fields_clear (&settings->fields);
  for (guint id = 0; id <= GST_FOXAPI_PROP_LAST; id++) {
    gpointer place = find_place (settings, id);

    if (place == NULL)
      continue;
    if (rows[id].kind == KIND_TEXT)
      g_clear_pointer ((gchar **) place, g_free);
    else if (rows[id].kind == KIND_OBJECT)
      g_clear_object ((GObject **) place);
  }
}

void
gst_foxapi_settings_copy (const GstFoxapiSettings * settings,
    GstFoxapiSettings * copy)
{
  *copy = *settings;
  gst_foxapi_fields_copy (&settings->fields, &copy->fields);
  for (guint id = 0; id <= GST_FOXAPI_PROP_LAST; id++) {
    gpointer place = find_place (copy, id);

    if (place == NULL)
      continue;
    if (rows[id].kind == KIND_TEXT)
      *(gchar **) place = g_strdup (*(gchar **) place);
    else if (rows[id].kind == KIND_OBJECT && *(GObject **) place != NULL)
      g_object_ref (*(GObject **) place);
  }
}

/* A limit may be as long as it likes. */
static gboolean
check_number (guint id, gint64 value, GError ** error)
{
  gint64 least = rows[id].kind == KIND_INT ? -1 : 0;

  if (id == GST_FOXAPI_PROP_SUBMIT_TIMEOUT || id == GST_FOXAPI_PROP_TASK_TIMEOUT
      || (value >= least && value <= G_MAXINT))
    return TRUE;
  g_set_error (error, FOXAPI_ERROR, FOXAPI_ERROR_SETTINGS,
      _("The property %s is %lld, but must be from %lld to %d. Nothing was "
          "sent."), rows[id].name, (long long) value, (long long) least,
      G_MAXINT);
  return FALSE;
}

/* What is out of its range reaches this check, where GObject would warn and go on
 * with the default; of a negative number gst-launch-1.0 makes a large one. */
gboolean
gst_foxapi_settings_check (const GstFoxapiSettings * settings,
    GObjectClass * owner, GError ** error)
{
  for (guint id = 0; id <= GST_FOXAPI_PROP_LAST; id++) {
    gpointer place = find_place (settings, id);
    gboolean is_right = TRUE;

    if (place == NULL)
      continue;
    if (rows[id].kind == KIND_TEXT)
      is_right = gst_foxapi_check_word (rows[id].name, *(gchar **) place, owner,
          error);
    else if (rows[id].kind == KIND_INT)
      is_right = check_number (id, *(gint *) place, error);
    else if (rows[id].kind == KIND_UINT)
      is_right = check_number (id, *(guint *) place, error);
    if (!is_right)
      return FALSE;
  }
  return TRUE;
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

/* %FALSE: the property is not one of these. */
gboolean
gst_foxapi_settings_set (GstFoxapiSettings * settings, guint id,
    const GValue * value)
{
  gpointer place = find_place (settings, id);

  if (gst_foxapi_field_is_known (id)) {
    gst_foxapi_fields_set (&settings->fields, id, value);
    return TRUE;
  }
  if (place == NULL)
    return FALSE;

  if (G_VALUE_HOLDS_STRING (value)) {
    g_free (*(gchar **) place);
    *(gchar **) place = g_value_dup_string (value);
  } else if (G_VALUE_HOLDS_OBJECT (value)) {
    g_set_object ((GObject **) place, g_value_get_object (value));
  } else if (G_VALUE_HOLDS_UINT (value)) {
    *(guint *) place = g_value_get_uint (value);
  } else if (G_VALUE_HOLDS_INT (value)) {
    *(gint *) place = g_value_get_int (value);
  } else {
    *(gboolean *) place = g_value_get_boolean (value);
  }
  if (id == GST_FOXAPI_PROP_RESUBMIT_MAYBE_CHARGED)
    settings->has_resubmit_maybe_charged = TRUE;
  return TRUE;
}

gboolean
gst_foxapi_settings_get (const GstFoxapiSettings * settings, guint id,
    GValue * value)
{
  gpointer place = find_place (settings, id);

  if (gst_foxapi_field_is_known (id)) {
    g_value_copy (&settings->fields.values[id], value);
    return TRUE;
  }
  if (place == NULL)
    return FALSE;

  if (id == GST_FOXAPI_PROP_PROXY)
    g_value_take_string (value, hide_password (settings->session.proxy));
  else if (G_VALUE_HOLDS_STRING (value))
    g_value_set_string (value, *(gchar **) place);
  else if (G_VALUE_HOLDS_OBJECT (value))
    g_value_set_object (value, *(GObject **) place);
  else if (G_VALUE_HOLDS_UINT (value))
    g_value_set_uint (value, *(guint *) place);
  else if (G_VALUE_HOLDS_INT (value))
    g_value_set_int (value, *(gint *) place);
  else
    g_value_set_boolean (value, *(gboolean *) place);
  return TRUE;
}

/* (nullable): the property that has a list, where this one is for its only item */
const gchar *
gst_foxapi_settings_get_list_name (guint id)
{
  switch (id) {
    case GST_FOXAPI_PROP_REFERENCE_IMAGE:
      return "reference-image-urls";
    case GST_FOXAPI_PROP_REFERENCE_VIDEO:
      return "reference-video-urls";
    default:
      return NULL;
  }
}

/* gst-launch-1.0 makes no list of one text. %FALSE: the property stands for no
 * list. */
gboolean
gst_foxapi_settings_set_item (GObject * element, guint id, const GValue * value)
{
  const gchar *name = gst_foxapi_settings_get_list_name (id);
  g_auto (GValue) list = G_VALUE_INIT;

  if (name == NULL)
    return FALSE;
  g_value_init (&list, GST_TYPE_ARRAY);
  if (g_value_get_string (value) != NULL)
    gst_value_array_append_value (&list, value);
  g_object_set_property (element, name, &list);
  return TRUE;
}

gboolean
gst_foxapi_settings_get_item (GObject * element, guint id, GValue * value)
{
  const gchar *name = gst_foxapi_settings_get_list_name (id);
  g_auto (GValue) list = G_VALUE_INIT;

  if (name == NULL)
    return FALSE;
  g_value_init (&list, GST_TYPE_ARRAY);
  g_object_get_property (element, name, &list);
  if (gst_value_array_get_size (&list) == 1)
    g_value_copy (gst_value_array_get_value (&list, 0), value);
  return TRUE;
}

/* Sets all generation properties as @uri says: those that it does not name get
 * their defaults. The URI of a task or a clip leaves them. Nothing has changed if it
 * fails. */
gboolean
gst_foxapi_settings_set_uri (GstFoxapiSettings * settings, FoxapiUri * uri,
    GError ** error)
{
  if (uri->fields != NULL
      && !gst_foxapi_fields_take_json (&settings->fields, uri->fields, error))
    return FALSE;
  settings->take = MAX (uri->take, 1);
  settings->is_from_uri = TRUE;
  return TRUE;
}

/* (transfer full) (nullable): the directory of the clip cache, if there is one. A
 * URI is a clip, wherever it is opened; running a launch line again is asking for
 * another take. */
gchar *
gst_foxapi_settings_dup_cache (const GstFoxapiSettings * settings)
{
  const gchar *directory = settings->clip_cache;

  if (directory == NULL)
    directory = g_getenv ("FOXAPI_CLIP_CACHE");
  if (directory == NULL && settings->is_from_uri)
    return foxapi_clips_get_default_directory ();
  return directory != NULL && *directory != '\0' ? g_strdup (directory) : NULL;
}

/* (transfer full) (nullable): the URI of the generation properties; %NULL if none
 * is set, or one has no JSON form */
gchar *
gst_foxapi_settings_get_uri (const GstFoxapiSettings * settings)
{
  g_autoptr (JsonObject) properties = NULL, extra = NULL;
  g_auto (FoxapiUri) uri = {.take = settings->take };

  if (!gst_foxapi_fields_to_json (&settings->fields, NULL, &properties, &extra,
          NULL))
    return NULL;
  uri.fields = foxapi_request_map (properties, extra);
  return json_object_get_size (uri.fields) > 1 ? foxapi_uri_build (&uri) : NULL;
}
