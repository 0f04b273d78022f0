/* Children that work whatever the state of their bin
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstfoxapibackstage.h"

void
gst_foxapi_backstage_add (gpointer bin, GstElement * element)
{
  gst_element_set_locked_state (element, TRUE);
  gst_bin_add (GST_BIN (bin), element);
}

void
gst_foxapi_backstage_remove (gpointer bin, GstElement * element)
{
  gst_element_set_state (element, GST_STATE_NULL);
  gst_bin_remove (GST_BIN (bin), element);
}
