/* Where a result comes from, as tags
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gst/gst.h>

#include "foxapitask.h"

G_BEGIN_DECLS

GstTagList *gst_foxapi_tags_new (const gchar * prompt, FoxapiTask * task);

G_END_DECLS
