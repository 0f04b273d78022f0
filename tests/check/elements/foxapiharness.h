/* What the tests of foxapivideosrc share: a simulator for every test, a
 * pipeline that keeps all it was told, and requests taken apart.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gst/check/gstcheck.h>
#include <json-glib/json-glib.h>

#include "foxapisim.h"

G_BEGIN_DECLS

/* The fixture of a test: harness_setup() and harness_teardown(), or a setup of
 * its own that calls harness_setup_with(). */
extern FoxapiSim *sim;
extern GBytes *payload;         /* what the results of the simulator are */
extern gchar *store;            /* a directory for this test alone */

void harness_setup (void);
void harness_setup_with (const FoxapiSimOptions * options);
void harness_teardown (void);
/* Options for tests: a task of some ten milliseconds with @payload as result, which
 * is late by one question */
FoxapiSimOptions harness_options (void);
/* The same bytes for the same size, different everywhere */
GBytes *harness_make_payload (gsize size);

/* (transfer full): of this factory, set up for the simulator and the store, with
 * a prompt and a quick beat */
GstElement *harness_element (const gchar * factory);
/* (transfer full): a foxapivideosrc like that, and the given properties on top */
GstElement *harness_source (const gchar * property, ...);
/* Strings up to NULL */
void harness_set_list (GstElement * source, const gchar * property, ...);
/* (transfer full): for a client of the simulator in a process of its own; with the
 * leaks tracer it tells on stderr */
GSubprocessLauncher *harness_launcher (gboolean trace_leaks);
/* (transfer full): such a client with a foxapivideosrc, the store, and one more
 * property */
GSubprocess *harness_spawn (const gchar * property, gboolean trace_leaks);
/* Waits for the end of a client with the leaks tracer, of which nothing may be
 * left. One that a request is held for is interrupted there; -1: none is. */
void harness_assert_no_leak (GSubprocess * client, gint held_route);
gchar *harness_get_string (GstElement * source, const gchar * property);
void harness_remove_tree (const gchar * path);
/* All files below a directory: (element-type filename) */
GPtrArray *harness_list_files (const gchar * directory);
/* Whether a file of this directory contains @text */
gboolean harness_files_contain (const gchar * directory, const gchar * text);

/* To a state, and there within a minute */
void harness_go (GstElement * element, GstState state, gboolean may_fail);
/* From NULL through two states, either up or down or twice the same, and back.
 * Takes the element. */
void harness_exercise (GstElement * element, gboolean may_fail);

/* s(tream-start), c(aps), g (segment), t (the event foxapi-task), f (flush-stop),
 * e (EOS), or ? */
gchar harness_event_letter (GstEvent * event);

/* A pipeline of a source and a fakesink. @flow has a letter for everything
 * that reached the sink: that of the event, or b(uffer). A flush-stop empties
 * @data. */
typedef struct
{
  GstElement *pipeline;
  GstElement *source;
  GstElement *sink;
  GstBus *bus;
  GPtrArray *messages;          /* all that were popped, in order */

  GMutex lock;                  /* of what follows */
  GByteArray *data;
  GString *flow;
  GstStructure *event;          /* the last foxapi-task */
  GstCaps *caps;
} Run;

/* Takes the floating source, or shares one that somebody else owns */
Run *run_new (GstElement * source);
/* To NULL, and everything that was posted is in @messages afterwards */
void run_stop (Run * run);
void run_free (Run * run);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Run, run_free)

/* The next message of one of these types, (transfer none); fails without one,
 * and where an ERROR comes that was not waited for */
GstMessage *run_wait (Run * run, GstMessageType types);
/* The next foxapi-task, (transfer none), with this status unless NULL */
const GstStructure *run_wait_task (Run * run, const gchar * status);
void run_set_state (Run * run, GstState state);
/* From wherever it is to PLAYING and to EOS, no ERROR on the way */
void run_to_eos (Run * run);
/* From wherever it is to PLAYING, which has to end in exactly one ERROR of the
 * resource domain with this code and no EOS. Returns its details; stops. */
const GstStructure *run_to_error (Run * run, gint code);
/* As run_to_error(), but the state change itself has to fail */
GstMessage *run_refused (Run * run, gint code);
guint run_count (Run * run, GstMessageType type);
/* (transfer full) (element-type GstStructure): all foxapi-task so far */
GPtrArray *run_tasks (Run * run);
/* The bytes that arrived are these */
void run_assert_data (Run * run, GBytes * expected);
gboolean run_flow_has (Run * run, gchar letter);

void assert_uint (const GstStructure * structure, const gchar * field,
    guint value);
void assert_int (const GstStructure * structure, const gchar * field,
    gint value);
void assert_string (const GstStructure * structure, const gchar * field,
    const gchar * value);
void assert_boolean (const GstStructure * structure, const gchar * field,
    gboolean value);
void assert_absent (const GstStructure * structure, const gchar * field);

#define assert_requests(route, n) \
  fail_unless_equals_int (foxapi_sim_count_requests (sim, route), n)
/* The JSON of the nth submission is this, up to the order of members */
void assert_body (guint nth, const gchar * expected);
/* (transfer full): the id of the ledger's nth task */
gchar *harness_task_id (guint nth);
/* (transfer full): of the nth request of a route; a header may be %NULL */
gchar *harness_request_path (FoxapiSimRoute route, guint nth);
gchar *harness_request_body (FoxapiSimRoute route, guint nth);
gchar *harness_request_header (FoxapiSimRoute route, guint nth,
    const gchar * name);
/* Nothing has arrived at any route */
void assert_nothing_sent (void);
/* Whatever came on the results' port came without a key */
void assert_no_key_on_results (void);

G_END_DECLS
