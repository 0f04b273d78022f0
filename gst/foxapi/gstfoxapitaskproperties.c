/* The properties that tell of the task
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstfoxapitaskproperties.h"

/**
 * gst_foxapi_task_properties_install:
 * @klass: an element's class, with the settings' properties
 */
void
gst_foxapi_task_properties_install (GObjectClass * klass)
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
