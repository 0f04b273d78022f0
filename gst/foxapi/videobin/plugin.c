/* The plugin foxapivideobin: what it registers
 *
 * It is one of its own, so that who uses foxapivideosrc alone does not load what
 * only the bin needs. Both have the properties and their enumerations, whose types
 * belong to the plugin that is loaded first; all else the bin asks of a
 * foxapivideosrc.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstfoxapivideobin.h"

static gboolean
plugin_init (GstPlugin * plugin)
{
  return GST_ELEMENT_REGISTER (foxapivideobin, plugin);
}

GST_PLUGIN_DEFINE (GST_VERSION_MAJOR, GST_VERSION_MINOR, foxapivideobin,
    "Generated video in live graphs", plugin_init, PACKAGE_VERSION,
    "LGPL", "gst-foxapi", "https://foxapi.cc")
