/* The shots of a program: which is next, and what it is made of
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gst/gst.h>

#include "gstfoxapicapture.h"
#include "gstfoxapibinmessages.h"
#include "gstfoxapiprogram.h"

G_BEGIN_DECLS

/* The prompts of a program, one after the other, and the references of each.
 * Properties and requests come from any thread: it has a lock of its own.
 * Which shot it is, and what it continues, changes in the control thread
 * between start and stop, and in the thread that sets properties at other
 * times. */
typedef struct _GstFoxapiBinShots GstFoxapiBinShots;

GstFoxapiBinShots *gst_foxapi_bin_shots_new (GObjectClass * klass);
void gst_foxapi_bin_shots_free (GstFoxapiBinShots * shots);

gboolean gst_foxapi_bin_shots_set (GstFoxapiBinShots * shots,
    const gchar * name, const GValue * value);
gboolean gst_foxapi_bin_shots_get (GstFoxapiBinShots * shots,
    const gchar * name, GValue * value);
void gst_foxapi_bin_shots_begin_anew (GstFoxapiBinShots * shots);

void gst_foxapi_bin_shots_start (GstFoxapiBinShots * shots,
    const gchar * const *next_prompts);
void gst_foxapi_bin_shots_stop (GstFoxapiBinShots * shots);

gboolean gst_foxapi_bin_shots_ask (GstFoxapiBinShots * shots,
    GstFoxapiProgram * program, GstFoxapiBinMessages * messages);
gboolean gst_foxapi_bin_shots_finish (GstFoxapiBinShots * shots,
    GstFoxapiProgram * program, gboolean goes_on, guint * n_waiting);
void gst_foxapi_bin_shots_leave_failure (GstFoxapiBinShots * shots,
    GstFoxapiBinMessages * messages);
gboolean gst_foxapi_bin_shots_has_more (GstFoxapiBinShots * shots);
void gst_foxapi_bin_shots_announce (GstFoxapiBinShots * shots,
    GstFoxapiProgram * program);
void gst_foxapi_bin_shots_advance (GstFoxapiBinShots * shots);
void gst_foxapi_bin_shots_take_last_frame (GstFoxapiBinShots * shots,
    gchar * uri);

guint gst_foxapi_bin_shots_get_number (GstFoxapiBinShots * shots);
void gst_foxapi_bin_shots_set_up (GstFoxapiBinShots * shots,
    GstElement * source, GstFoxapiBinCaptures * captures);
gchar *gst_foxapi_bin_shots_dup_first_reference (GstFoxapiBinShots * shots,
    GstFoxapiBinCaptures * captures);

G_END_DECLS
