/* The properties that tell of the task
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "gstfoxapisettings.h"

G_BEGIN_DECLS

/**
 * GstFoxapiTaskProperty:
 *
 * The properties' ids; the owner's follow.
 */
typedef enum
{
  GST_FOXAPI_PROP_TASK_ID = GST_FOXAPI_SETTINGS_PROP_LAST + 1,
  GST_FOXAPI_PROP_STATUS,
  GST_FOXAPI_PROP_PROGRESS,
  GST_FOXAPI_PROP_TASK,
  GST_FOXAPI_TASK_PROP_LAST = GST_FOXAPI_PROP_TASK,
} GstFoxapiTaskProperty;

void gst_foxapi_task_properties_install (GObjectClass * klass);

G_END_DECLS
