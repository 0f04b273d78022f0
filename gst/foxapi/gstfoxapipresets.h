/* Presets: the generation properties under a name
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

void gst_foxapi_presets_init (gpointer iface, gpointer data);

G_END_DECLS
