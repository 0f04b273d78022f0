/* The properties of the elements that say where and how to generate, and which task
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

#define READWRITE (G_PARAM_READWRITE | GST_PARAM_MUTABLE_READY | \
    G_PARAM_STATIC_STRINGS)
/* A pipeline graph prints every readable property. */
#define SECRET (G_PARAM_WRITABLE | GST_PARAM_MUTABLE_READY | \
    G_PARAM_STATIC_STRINGS)

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
  g_object_class_install_property (klass, GST_FOXAPI_PROP_RESULT_INDEX,
      g_param_spec_uint ("result-index", "Result index",
          "Which of a task's results is downloaded, where the model makes several",
          0, G_MAXUINT, 0, READWRITE));
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
          "Set before the start: the task to resume; nothing is submitted then. "
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

/* Their ids are those up to GST_FOXAPI_PROP_LAST. */
void
gst_foxapi_properties_install (GObjectClass * klass)
{
  gst_foxapi_fields_install (klass);
  install_service_properties (klass);
  install_task_properties (klass);
}
