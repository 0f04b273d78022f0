/* What the tests of the elements share: every way through their states.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "foxapiharness.h"

void
harness_go (GstElement * element, GstState state, gboolean may_fail)
{
  GstStateChangeReturn result = gst_element_set_state (element, state);

  if (result == GST_STATE_CHANGE_ASYNC)
    result = gst_element_get_state (element, NULL, NULL, 60 * GST_SECOND);
  fail_if (result == GST_STATE_CHANGE_FAILURE && !may_fail,
      "No way to state %s", gst_element_state_get_name (state));
  fail_if (result == GST_STATE_CHANGE_ASYNC, "Stuck on the way to %s",
      gst_element_state_get_name (state));
}

void
harness_exercise (GstElement * element, gboolean may_fail)
{
  const GstState states[] = {
    GST_STATE_NULL, GST_STATE_READY, GST_STATE_PAUSED, GST_STATE_PLAYING
  };

  for (guint i = 0; i < 4; i++) {
    for (guint j = 0; j < 4; j++) {
      harness_go (element, states[i], may_fail);
      harness_go (element, states[j], may_fail);
      harness_go (element, states[i], may_fail);
      harness_go (element, GST_STATE_NULL, FALSE);
    }
  }
  gst_object_unref (element);
}
