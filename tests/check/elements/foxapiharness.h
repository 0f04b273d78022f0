/* What the tests of foxapivideosrc share: a simulator for every test, a
 * pipeline that keeps all it was told, and requests taken apart.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "../testcase.h"
#include <json-glib/json-glib.h>

#include "foxapisim.h"

G_BEGIN_DECLS

/* The fixture of a test: harness_setup() and harness_teardown(), or a setup of
 * its own that calls harness_setup_with(), which takes the place of what there was. */
extern FoxapiSim *sim;
extern GBytes *payload;         /* what the results of the simulator are */
extern gchar *store;            /* a directory for this test alone */

void harness_setup (void);
/* With tasks that change when a test says so */
void harness_setup_manual (void);
void harness_setup_with (const FoxapiSimOptions * options);
/* With a result of so many bytes */
void harness_setup_sized (gsize size);
/* With a real MP4 for a result, and all that a URI cannot say in the environment */
void harness_setup_player (void);
void harness_teardown (void);
/* Options for tests: a task of some ten milliseconds with @payload as result, which
 * is late by one question */
FoxapiSimOptions harness_options (void);
/* The same bytes for the same size, different everywhere */
GBytes *harness_make_payload (gsize size);

/* Whether there is this element: the bin may be left out */
gboolean harness_has (const gchar * factory);
/* (transfer full): of this factory, set up for the simulator and the store, with
 * a prompt and quick polls */
GstElement *harness_element (const gchar * factory);
/* (transfer full): a foxapivideosrc like that, and the given properties on top */
GstElement *harness_source (const gchar * property, ...);
/* Nothing but what an element has already taken gets to its pad "sink", until this
 * probe is taken away. */
gulong harness_block (GstElement * element);
void harness_unblock (GstElement * element, gulong probe);
/* Strings up to NULL */
void harness_set_list (GstElement * source, const gchar * property, ...);
void harness_set_uri (GstElement * source, const gchar * uri);
/* (transfer full): for a client of the simulator in a process of its own; with the
 * leaks tracer it tells on stderr */
GSubprocessLauncher *harness_launcher (gboolean trace_leaks);
/* (transfer full): such a client with a foxapivideosrc, the store, and one more
 * property */
GSubprocess *harness_spawn (const gchar * property, gboolean trace_leaks);
/* At once; and it has gone */
void harness_kill (GSubprocess * client);
/* A way that a client may go: what its requests of a route meet (-1: nothing), and
 * what @spawn takes */
typedef struct
{
  gint route;
  FoxapiSimFault fault;
  const gchar *line;
} LeakWay;

/* Of a client that goes this way nothing is left, says the leaks tracer. Where a
 * request is held, it is interrupted there. */
void harness_assert_no_leak (const LeakWay * way,
    GSubprocess * (*spawn) (const gchar * line, gboolean trace_leaks));
/* The nth request of a route, or with 0 each, gets no answer before
 * foxapi_sim_release(); or this status */
void harness_hold (FoxapiSimRoute route, guint nth);
void harness_refuse (FoxapiSimRoute route, guint nth, guint status);
/* Until so many, in all, have arrived */
void harness_wait_requests (FoxapiSimRoute route, guint n);
/* This is what the next @n requests of a route meet */
void harness_script_next (FoxapiSimRoute route, guint n,
    const FoxapiSimFault * fault);
gchar *harness_get_string (GstElement * source, const gchar * property);
/* As gst-launch-1.0 sets it */
void harness_set (gpointer element, const gchar * property,
    const gchar * text);
/* The number of a shot that is queued with these fields of its own, NULL: none */
guint harness_queue_shot (GstElement * bin, const gchar * prompt,
    const gchar * fields);
/* What the element answers to an action signal without arguments */
gboolean harness_act (GstElement * element, const gchar * signal);
/* How a file in PNG begins */
#define HARNESS_PNG "\x89PNG\r\n\x1a\n"
/* (transfer full): the URI of a new file below the store with this content: a text
 * (length -1) comes behind the first bytes of the format that the name says, if that
 * is PNG or MP4 */
gchar *harness_make_file (const gchar * name, const gchar * content,
    gssize length);
/* (transfer full): the path of a new file in the store's directory */
gchar *harness_write_file (const gchar * name, GBytes * content);
void harness_remove_tree (const gchar * path);
/* All files below a directory: (element-type filename) */
GPtrArray *harness_list_files (const gchar * directory);
/* Whether a file of this directory contains @text */
gboolean harness_files_contain (const gchar * directory, const gchar * text);

/* How many buffers a fakesink of this name has got, before it stops; and they have
 * these caps */
guint harness_count_rendered (GstElement * pipeline, const gchar * sink);
void assert_caps (GstElement * pipeline, const gchar * sink,
    const gchar * caps);
/* For the next message of this type, while an ERROR fails */
void harness_wait (GstElement * pipeline, GstMessageType type);
/* Plays to EOS, and back to NULL */
void harness_play (GstElement * pipeline);
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
/* With something else in the place of the fakesink */
Run *run_new_to (GstElement * source, GstElement * sink);
/* (transfer floating): a sink of two branches. One prerolls, and keeps its first buffer;
 * the other has the source look for its format again with the first one, and posts an
 * APPLICATION message with the third. */
GstElement *harness_forked_sink (void);
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
/* Likewise, and until there is such a foxapi-task; until so many requests of a route
 * have arrived; to PAUSED, and until it is there */
const GstStructure *run_to_task (Run * run, GstState state,
    const gchar * status);
void run_to_request (Run * run, GstState state, FoxapiSimRoute route, guint n);
void run_preroll (Run * run);
/* For a PROGRESS with these words, of this type */
void run_wait_progress (Run * run, const gchar * words);
void run_wait_progress_type (Run * run, GstProgressType type);
/* From wherever it is to PLAYING and to EOS, no ERROR on the way */
void run_to_eos (Run * run);
/* Likewise, and to NULL */
void run_play (Run * run);
/* The latest task is complete now; from PLAYING to EOS and to NULL */
void run_complete (Run * run);
/* As run_play(); what has arrived is @payload */
void run_to_result (Run * run);
/* From wherever it is to PLAYING, which has to end in exactly one ERROR of the
 * resource domain with this code and no EOS. Returns its details; stops. */
const GstStructure *run_to_error (Run * run, gint code);
/* Likewise, of another domain */
const GstStructure *run_to_error_of (Run * run, GQuark domain, gint code);
/* Submits, or takes up a task, and leaves before the end, as if the application had
 * gone */
void run_abandon (GstElement * source);
/* As run_to_error(), but the state change itself has to fail; of another domain */
GstMessage *run_refused (Run * run, gint code);
GstMessage *run_refused_with (Run * run, GQuark domain, gint code);
guint run_count (Run * run, GstMessageType type);
/* (transfer full): the texts of all ERRORs, WARNINGs or PROGRESSes so far, in lines */
gchar *run_text (Run * run, GstMessageType type);
/* Fails unless these texts have these words, up to a NULL */
void run_assert_says (Run * run, GstMessageType type, ...)
    G_GNUC_NULL_TERMINATED;
/* All PROGRESSes of this code so far match a regular expression, a letter each:
 * s(tart), c(ontinue), C(omplete), X (cancelled), E(rror) */
void run_assert_progress (Run * run, const gchar * code,
    const gchar * pattern);
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
/* The nth task of the ledger is named, as "id" or as "task-id" */
void assert_task (const GstStructure * structure, guint nth);

#define assert_requests(route, n) \
  fail_unless_equals_int (foxapi_sim_count_requests (sim, route), n)
/* The JSON of the nth submission is this, up to the order of members */
void assert_body (guint nth, const gchar * expected);
/* (transfer full): the nth submission */
JsonObject *harness_submitted (guint nth);
/* The nth request of a route has these words in its body */
void assert_body_has (FoxapiSimRoute route, guint nth, const gchar * words);
/* There is an upload with this URL, and this content at its end. */
void assert_upload (const gchar * url, const gchar * content);
/* (transfer full): the id of the ledger's nth task */
gchar *harness_task_id (guint nth);
/* Whether the store has a record of it */
gboolean harness_is_recorded (guint nth);
/* (transfer full): of the nth request of a route; a header may be %NULL */
gchar *harness_request_path (FoxapiSimRoute route, guint nth);
gchar *harness_request_body (FoxapiSimRoute route, guint nth);
gchar *harness_request_header (FoxapiSimRoute route, guint nth,
    const gchar * name);
void assert_header (FoxapiSimRoute route, guint nth, const gchar * name,
    const gchar * value);
/* A property is this text, or NULL */
void assert_property (GstElement * element, const gchar * property,
    const gchar * text);
/* Nothing has arrived at any route */
void assert_nothing_sent (void);

G_END_DECLS
