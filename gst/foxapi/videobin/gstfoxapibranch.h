/* What becomes of a reference branch that has given what it was for
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

gboolean gst_foxapi_branch_release (GstPad * pad);
gboolean gst_foxapi_branch_is_being_cut (GstPad * pad);
void gst_foxapi_branch_restore (GstPad * pad);

G_END_DECLS
