/* The plugin foxapi: what it registers
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "foxapiintl.h"
#include "gstfoxapivideosrc.h"
#ifdef HAVE_VIDEOBIN
#include "videobin/gstfoxapivideobin.h"
#endif

static gboolean
plugin_init (GstPlugin * plugin)
{
  foxapi_intl_bind ();
#ifdef HAVE_VIDEOBIN
  if (!GST_ELEMENT_REGISTER (foxapivideobin, plugin))
    return FALSE;
#endif
  return GST_ELEMENT_REGISTER (foxapivideosrc, plugin);
}

GST_PLUGIN_DEFINE (GST_VERSION_MAJOR, GST_VERSION_MINOR, foxapi,
    "Videos that the FoxAPI service generates from prompts", plugin_init,
    PACKAGE_VERSION, "LGPL", "gst-foxapi", "https://foxapi.cc")
