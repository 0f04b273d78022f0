/* Children that work whatever the state of their bin
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

void gst_foxapi_backstage_add (gpointer bin, GstElement * element);
void gst_foxapi_backstage_remove (gpointer bin, GstElement * element);

G_END_DECLS
