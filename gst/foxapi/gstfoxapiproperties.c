/* The properties of the elements that generate
 *
 * Their values are elsewhere: foxapivideobin's plugin has the properties only, and
 * hands what is set on to its foxapivideosrc.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstfoxapiproperties.h"

#include <gio/gio.h>
#include <string.h>

#include "foxapirequest.h"
#include "gstfoxapienums.h"

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
  g_object_class_install_property (klass, GST_FOXAPI_PROP_MODEL,
      g_param_spec_string ("model", "Model",
          "Name of the model that generates. The rules of this default model "
          "are checked here, those of any other by the service",
          FOXAPI_DEFAULT_MODEL, READWRITE));
  g_object_class_install_property (klass, GST_FOXAPI_PROP_PROMPT,
      g_param_spec_string ("prompt", "Prompt",
          "What the video shows, at most 5000 characters. Required", NULL,
          READWRITE));
  g_object_class_install_property (klass, GST_FOXAPI_PROP_REFERENCE_IMAGE_URLS,
      new_reference_list_spec ("reference-image-urls", "Reference images",
          "Images of the subjects' appearance, each at most 20 MB: http, https "
          "or file URIs, for instance '<\"https://a/b.jpg\",\"file:///c.png\">'."
          " Local files are uploaded. Empty: none"));
  g_object_class_install_property (klass, GST_FOXAPI_PROP_REFERENCE_VIDEO_URLS,
      new_reference_list_spec ("reference-video-urls", "Reference videos",
          "Videos of the subjects' motion, each at most 100 MB: http, https or "
          "file URIs. Local files are uploaded. Empty: none"));
  g_object_class_install_property (klass, GST_FOXAPI_PROP_DURATION,
      g_param_spec_int ("duration", "Duration",
          "Length of the video in seconds, 2 to 10 for the default model. Other "
          "models get it only if it is set", G_MININT, G_MAXINT,
          FOXAPI_DEFAULT_DURATION, READWRITE));
  g_object_class_install_property (klass, GST_FOXAPI_PROP_RESOLUTION,
      gst_foxapi_param_spec_enum ("resolution", "Resolution",
          "Size class of the video. Other models than the default one get it "
          "only if it is set", GST_TYPE_FOXAPI_RESOLUTION,
          GST_FOXAPI_RESOLUTION_1080P, READWRITE));
  g_object_class_install_property (klass, GST_FOXAPI_PROP_ASPECT_RATIO,
      gst_foxapi_param_spec_enum ("aspect-ratio", "Aspect ratio",
          "Shape of the video. Other models than the default one get it only "
          "if it is set", GST_TYPE_FOXAPI_ASPECT_RATIO,
          GST_FOXAPI_ASPECT_RATIO_16_9, READWRITE));
  g_object_class_install_property (klass, GST_FOXAPI_PROP_NEGATIVE_PROMPT,
      g_param_spec_string ("negative-prompt", "Negative prompt",
          "What the video should not show, at most 500 characters. NULL: not "
          "sent", NULL, READWRITE));
  g_object_class_install_property (klass, GST_FOXAPI_PROP_SEED,
      g_param_spec_int64 ("seed", "Seed",
          "Start of the model's random numbers, 0 to 2147483647, for results "
          "that resemble each other. -1: not sent, the service draws one",
          G_MININT64, G_MAXINT64, -1, READWRITE));
  g_object_class_install_property (klass, GST_FOXAPI_PROP_MULTI_SHOTS,
      gst_foxapi_param_spec_enum ("multi-shots", "Multiple shots",
          "Whether the video may have several shots. default: not sent, the "
          "model decides", GST_TYPE_FOXAPI_SWITCH, FOXAPI_SWITCH_DEFAULT,
          READWRITE));
  g_object_class_install_property (klass, GST_FOXAPI_PROP_ENABLE_SAFETY_CHECKER,
      gst_foxapi_param_spec_enum ("enable-safety-checker", "Safety checker",
          "Whether the service checks prompt and result for unsafe content. "
          "default: not sent, the model decides", GST_TYPE_FOXAPI_SWITCH,
          FOXAPI_SWITCH_DEFAULT, READWRITE));
  g_object_class_install_property (klass, GST_FOXAPI_PROP_EXTRA_PARAMETERS,
      g_param_spec_boxed ("extra-parameters", "Extra parameters",
          "Further fields of the request, for other models: strings, booleans, "
          "numbers, nested structures and arrays. They win over the properties "
          "above. NULL: none", GST_TYPE_STRUCTURE, READWRITE));
}

static void
install_service_properties (GObjectClass * klass)
{
  g_object_class_install_property (klass, GST_FOXAPI_PROP_API_KEY,
      g_param_spec_string ("api-key", "API key",
          "Key of the account that pays. Goes to the service alone and cannot "
          "be read back. NULL: the environment's FOXAPI_API_KEY, which is the "
          "better place", NULL, SECRET));
  g_object_class_install_property (klass, GST_FOXAPI_PROP_BASE_URL,
      g_param_spec_string ("base-url", "Base URL",
          "Address of the service. NULL: the environment's FOXAPI_BASE_URL, "
          "then https://api.foxapi.cc", NULL, READWRITE));
  g_object_class_install_property (klass, GST_FOXAPI_PROP_TIMEOUT,
      g_param_spec_uint ("timeout", "Timeout",
          "Seconds without a byte on one request until it counts as lost. 0: "
          "no limit", 0, G_MAXINT, GST_FOXAPI_DEFAULT_TIMEOUT, READWRITE));
  g_object_class_install_property (klass, GST_FOXAPI_PROP_SUBMIT_TIMEOUT,
      g_param_spec_uint ("submit-timeout", "Submit timeout",
          "Seconds that the answer to a submission or an upload may take once "
          "it has been sent. Giving up earlier never saves money. 0: no limit",
          0, G_MAXUINT, GST_FOXAPI_DEFAULT_SUBMIT_TIMEOUT, READWRITE));
  g_object_class_install_property (klass, GST_FOXAPI_PROP_TASK_TIMEOUT,
      g_param_spec_uint ("task-timeout", "Task timeout",
          "Seconds from the start until the task must have completed; the task "
          "is kept for the next start. 0: no limit", 0, G_MAXUINT,
          GST_FOXAPI_DEFAULT_TASK_TIMEOUT, READWRITE));
  g_object_class_install_property (klass, GST_FOXAPI_PROP_POLL_INTERVAL,
      g_param_spec_uint ("poll-interval", "Poll interval",
          "Milliseconds between two questions about the task. 0: adaptive, by "
          "the task's age and progress, at most one every 3 s", 0, G_MAXUINT,
          GST_FOXAPI_DEFAULT_POLL_INTERVAL, READWRITE));
  g_object_class_install_property (klass, GST_FOXAPI_PROP_RETRIES,
      g_param_spec_int ("retries", "Retries",
          "How often a submission (only where certainly nothing was charged), "
          "an upload, a download or an unusable answer is tried again. -1: no "
          "limit", -1, G_MAXINT, GST_FOXAPI_DEFAULT_RETRIES, READWRITE));
  g_object_class_install_property (klass, GST_FOXAPI_PROP_USER_AGENT,
      g_param_spec_string ("user-agent", "User-Agent",
          "Value of the User-Agent header; libsoup's name follows a space at "
          "its end", GST_FOXAPI_DEFAULT_USER_AGENT, READWRITE));
  g_object_class_install_property (klass, GST_FOXAPI_PROP_PROXY,
      g_param_spec_string ("proxy", "Proxy",
          "URI of the HTTP proxy. NULL: that of the environment or the desktop",
          NULL, READWRITE));
  g_object_class_install_property (klass, GST_FOXAPI_PROP_PROXY_ID,
      g_param_spec_string ("proxy-id", "Proxy user",
          "User name for the proxy. NULL: none", NULL, READWRITE));
  g_object_class_install_property (klass, GST_FOXAPI_PROP_PROXY_PW,
      g_param_spec_string ("proxy-pw", "Proxy password",
          "Password for the proxy. Cannot be read back. NULL: none", NULL,
          SECRET));
  g_object_class_install_property (klass, GST_FOXAPI_PROP_SSL_STRICT,
      g_param_spec_boolean ("ssl-strict", "Strict TLS",
          "Whether certificates must verify. FALSE gives the key to whoever "
          "stands in between", GST_FOXAPI_DEFAULT_SSL_STRICT, READWRITE));
  g_object_class_install_property (klass, GST_FOXAPI_PROP_TLS_DATABASE,
      g_param_spec_object ("tls-database", "TLS database",
          "Certificate authorities to trust. NULL: the system's",
          G_TYPE_TLS_DATABASE, READWRITE));
  g_object_class_install_property (klass, GST_FOXAPI_PROP_TLS_INTERACTION,
      g_param_spec_object ("tls-interaction", "TLS interaction",
          "Asks the user for certificates and passwords. NULL: nobody is asked",
          G_TYPE_TLS_INTERACTION, READWRITE));
  g_object_class_install_property (klass, GST_FOXAPI_PROP_TASK_STORE,
      g_param_spec_string ("task-store", "Task store",
          "Directory of the record of paid tasks, by which a task outlives its "
          "process. NULL: $XDG_STATE_HOME/gst-foxapi. Empty: no record", NULL,
          READWRITE));
  g_object_class_install_property (klass,
      GST_FOXAPI_PROP_RESUBMIT_MAYBE_CHARGED,
      g_param_spec_boolean ("resubmit-maybe-charged", "Resubmit maybe charged",
          "Whether to submit a request again whose earlier submission may have "
          "been charged without an answer. Not set: the environment's "
          "FOXAPI_RESUBMIT_MAYBE_CHARGED", FALSE, READWRITE));
}

static void
install_task_properties (GObjectClass * klass)
{
  const GParamFlags readable = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;

  g_object_class_install_property (klass, GST_FOXAPI_PROP_TASK_ID,
      g_param_spec_string ("task-id", "Task id",
          "Set before the start: the task to take up, and nothing is submitted. "
          "Reads as the current task. Set to NULL: the next start submits anew",
          NULL, G_PARAM_READWRITE | GST_PARAM_MUTABLE_READY |
          G_PARAM_STATIC_STRINGS));
  g_object_class_install_property (klass, GST_FOXAPI_PROP_STATUS,
      g_param_spec_string ("status", "Status",
          "Last known status of the task in the service's words: pending, "
          "processing, completed, failed, cancelled. NULL: no task", NULL,
          readable));
  g_object_class_install_property (klass, GST_FOXAPI_PROP_PROGRESS,
      g_param_spec_int ("progress", "Progress",
          "Last known progress of the task in percent", 0, 100, 0, readable));
  g_object_class_install_property (klass, GST_FOXAPI_PROP_TASK,
      g_param_spec_boxed ("task", "Task",
          "The structure of the last foxapi-task message. NULL: no task",
          GST_TYPE_STRUCTURE, readable));
}

/**
 * gst_foxapi_properties_install:
 * @klass: class of an element that generates
 *
 * Installs the properties; their ids are those up to %GST_FOXAPI_PROP_LAST.
 */
void
gst_foxapi_properties_install (GObjectClass * klass)
{
  install_generation_properties (klass);
  install_service_properties (klass);
  install_task_properties (klass);
}

/**
 * gst_foxapi_property_is_of_generation:
 * @id: a property's id
 *
 * Returns: %TRUE if the property says what to generate
 */
gboolean
gst_foxapi_property_is_of_generation (guint id)
{
  return id >= GST_FOXAPI_PROP_MODEL && id <= GST_FOXAPI_PROP_EXTRA_PARAMETERS;
}
