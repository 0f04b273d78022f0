/* What the tests of foxapivideobin share, beside what those of foxapivideosrc
 * share.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "foxapiharness.h"

G_BEGIN_DECLS

/* Of the result that bin_prepare() makes */
#define RESULT_FRAMES 10
/* As small as the output of bin_new() */
#define BIN_RAW "video/x-raw,width=64,height=36,framerate=25/1"

/* Before the first test of a BIN_CASE, once for the whole program: small results to
 * share, made in another process, and a folder of temporary files of our own, which
 * goes with the program. */
void bin_prepare (void);
extern GBytes *bin_result;
extern GBytes *bin_result_without_video;
extern gchar *bin_tmp;

/* A case in which each test has one of the setups that follow */
#define BIN_CASE(name, setup) \
  { name, NULL, 0, 0, setup, harness_teardown, bin_prepare }

/* A simulator that gives the shared result. In manual mode the test says when
 * it is there; without a length, only its end says how long it is. */
void bin_setup (void);
void bin_setup_manual (void);
void bin_setup_without_length (void);

/* (transfer full): what a launch line writes, run in another process */
GBytes *bin_make_file (const gchar * line);

/* (transfer floating): a small, live bin for the simulator */
GstElement *bin_new (const gchar * property, ...) G_GNUC_NULL_TERMINATED;

/* (transfer full): a client of the simulator with a bin; @line follows its
 * properties. See harness_spawn(). */
GSubprocess *bin_spawn (const gchar * line, gboolean trace_leaks);

/* What the elements of the plugin have left below the folder of temporary files,
 * one path a line; empty if all is gone */
gchar *bin_leftovers (void);

/* (transfer full): the bin with a sink at its pictures; see run_new() */
Run *bin_run_new (GstElement * bin);

/* From wherever it is to PLAYING, until its task is known; it completes the
 * task then, or stops, as if the application had gone */
void bin_complete (Run * run);
void bin_abandon (Run * run);

/* Waits until so many buffers, in all, have arrived at the run's sink */
void bin_wait_buffers (Run * run, guint n);
guint bin_count_buffers (Run * run);
/* Waits until a buffer of the result has arrived there */
void bin_wait_on_air (Run * run);

/* Asks the bin for a pad, which has this name, or the template's next one */
void bin_request (Run * run, const gchar * pad);
/* Adds and links what @line describes to the request pad @pad of @bin, in the
 * run's pipeline. Asks for the pad if need be. Returns it. */
GstElement *bin_feed (Run * run, const gchar * line, const gchar * pad);

/* The next message foxapi-reference, (transfer none) */
const GstStructure *bin_wait_reference (Run * run);
/* The run's one WARNING, with which it goes on; its details. From wherever it is to
 * PLAYING, and there. */
const GstStructure *bin_wait_warning (Run * run, GQuark domain, gint code);
const GstStructure *bin_to_warning (Run * run, GQuark domain, gint code);
/* What the bin has been told of by now has not begun this clip. Its control thread says
 * that a value is wrong when it has done everything before. */
void bin_assert_begins_no_clip (Run * run, guint clip);
/* Exactly so many messages of a type came from the bin, and none from others */
void bin_assert_count (Run * run, GstMessageType type, guint n);

G_END_DECLS
