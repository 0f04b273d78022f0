/* The FoxAPI service, simulated: the library that tests are written against.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* Every rendered result has this many frames a second, without exception. */
#define FOXAPI_SIM_FPS 25

/**
 * FoxapiSim:
 *
 * A simulated service on two loopback ports: the API, and results and uploads
 * ("another origin"). It runs in a thread and main context of its own; every
 * function here may be called from any thread.
 */
typedef struct _FoxapiSim FoxapiSim;

/**
 * FoxapiSimRoute:
 * @FOXAPI_SIM_SUBMIT: POST /v1/videos/generations
 * @FOXAPI_SIM_ASK: GET /v1/tasks/{id}
 * @FOXAPI_SIM_UPLOAD: POST /v1/files/upload/stream
 * @FOXAPI_SIM_RESULT: GET of a result, on the second port
 * @FOXAPI_SIM_OTHER: anything else, on either port
 */
typedef enum
{
  FOXAPI_SIM_SUBMIT,
  FOXAPI_SIM_ASK,
  FOXAPI_SIM_UPLOAD,
  FOXAPI_SIM_RESULT,
  FOXAPI_SIM_OTHER,
  FOXAPI_SIM_N_ROUTES,
} FoxapiSimRoute;

/**
 * FoxapiSimOptions:
 * @api_port: port of the API, 0 picks a free one
 * @result_port: port of the results, 0 picks a free one
 * @api_key: the only key that is accepted; %NULL means "test-key-0123456789"
 * @generation_time_ms: how long a task runs from submission to "completed"
 * @queue_time_ms: how much of that it stays "pending" with progress 0
 * @progress_step: progress is reported in steps of this (1 to 100; 0 means 10)
 * @estimated_time: `task_info.estimated_time` in seconds; -1 leaves it out,
 *   0 means @generation_time_ms rounded up
 * @manual: tasks stay "pending" until foxapi_sim_set_task() says otherwise
 * @payload: bytes that stand in for the rendered MP4 of every task (fast, exact
 *   tests); %NULL renders a real one
 * @result_form: which of the three published forms a result has: 0 (objects in
 *   `results`), 1 (strings in `results`), 2 (`output`)
 * @no_ranges: the result's server ignores Range and says Accept-Ranges: none
 * @no_length: results are sent chunked, without Content-Length
 * @no_validators: results carry neither ETag nor Last-Modified
 * @moov_at_end: rendered files have their index behind the media
 * @tls_certificate: (nullable): both ports speak TLS with this certificate
 * @verbose: print one line a request on stdout
 */
typedef struct
{
  guint api_port;
  guint result_port;
  const gchar *api_key;
  guint generation_time_ms;
  guint queue_time_ms;
  guint progress_step;
  gint estimated_time;
  gboolean manual;
  GBytes *payload;
  guint result_form;
  gboolean no_ranges;
  gboolean no_length;
  gboolean no_validators;
  gboolean moov_at_end;
  GTlsCertificate *tls_certificate;
  gboolean verbose;
} FoxapiSimOptions;

/**
 * FoxapiSimFault:
 *
 * What happens to one request instead of, or on top of, the honest answer.
 * A zeroed struct is the honest answer. What the service does before the fault
 * strikes is decided by @act_first.
 *
 * @status: HTTP status to answer with; 0 leaves the honest one
 * @headers: (nullable): "Name: value\nName: value", added to the answer,
 *   replacing the honest ones of that name
 * @body: (nullable): body of the answer in place of the honest one
 * @body_length: length of @body, -1 where it ends with a NUL
 * @act_first: the service carries the request out first (a submission makes
 *   and charges a task, an upload is stored), then @status, @body or the fault
 *   replace the answer: what a lost answer looks like
 * @reset: the connection is reset (RST) instead of any answer
 * @close: the connection is closed (FIN) instead of any answer
 * @cut_at: close the connection after this many bytes of the body, with the
 *   headers promising all of it (chunked answers: cut at a chunk's end); 0 off
 * @reset_at: as @cut_at, by a reset
 * @hold: answer only after foxapi_sim_release()
 * @hold_at: send this many bytes of the body, then wait for
 *   foxapi_sim_release(); 0 off
 * @drip_ms: send the body byte by byte with this pause; 0 off
 * @endless: the body never ends (chunked, until the peer goes away)
 */
typedef struct
{
  guint status;
  const gchar *headers;
  const gchar *body;
  gssize body_length;
  gboolean act_first;
  gboolean reset;
  gboolean close;
  guint64 cut_at;
  guint64 reset_at;
  gboolean hold;
  guint64 hold_at;
  guint drip_ms;
  gboolean endless;
} FoxapiSimFault;

/**
 * FoxapiSimRequest:
 *
 * One recorded request, complete. Reference-counted (g_rc_box_*): the list of
 * foxapi_sim_get_requests() owns what it holds.
 *
 * @headers: one "Name: value" a line, as received
 */
typedef struct
{
  FoxapiSimRoute route;
  guint nth;                    /* counted from 1 in its route */
  gchar *method;
  gchar *path;                  /* with the query */
  gchar *headers;
  GBytes *body;
  gint64 time_us;               /* g_get_monotonic_time () at arrival */
  guint connection;             /* numbered from 1: the same number is the same
                                   connection */
} FoxapiSimRequest;

/**
 * FoxapiSimTask:
 *
 * One line of the ledger: a task that was created and charged.
 *
 * @body: the request that was charged, as received
 * @delivered: a result response was sent to its last byte
 */
typedef struct
{
  gchar *id;
  gchar *body;
  gchar *status;
  gint progress;
  gchar *result_url;
  gboolean delivered;
} FoxapiSimTask;

FoxapiSim *foxapi_sim_new (const FoxapiSimOptions * options, GError ** error);
void foxapi_sim_free (FoxapiSim * sim);

/* "http://127.0.0.1:PORT", no slash at the end; owned by @sim */
const gchar *foxapi_sim_get_base_url (FoxapiSim * sim);
const gchar *foxapi_sim_get_result_base_url (FoxapiSim * sim);
const gchar *foxapi_sim_get_api_key (FoxapiSim * sim);

/* The fault for the @nth request of @route (counted from 1), or, with 0, for
 * every one that has none of its own. Copied; %NULL takes it away. */
void foxapi_sim_script (FoxapiSim * sim, FoxapiSimRoute route, guint nth,
    const FoxapiSimFault * fault);

/* Lets every held answer, and every later one that would be held, go on. */
void foxapi_sim_release (FoxapiSim * sim);

/* (transfer full) (element-type FoxapiSimRequest): in order of arrival */
GPtrArray *foxapi_sim_get_requests (FoxapiSim * sim, FoxapiSimRoute route);
guint foxapi_sim_count_requests (FoxapiSim * sim, FoxapiSimRoute route);
/* The value of a header of a recorded request, any case; %NULL if absent */
gchar *foxapi_sim_request_get_header (const FoxapiSimRequest * request,
    const gchar * name);

/* Blocks until @n requests of @route have arrived (not: been answered). FALSE
 * after 30 s, which only a broken test sees. */
gboolean foxapi_sim_wait_requests (FoxapiSim * sim, FoxapiSimRoute route,
    guint n);
/* Blocks until no connection of @route is open any more; FALSE as above. */
gboolean foxapi_sim_wait_idle (FoxapiSim * sim, FoxapiSimRoute route);

/* Changes a task (%NULL: the latest): @status %NULL and @progress -1 leave it.
 * "completed" needs the result, which is rendered first where it must be. */
void foxapi_sim_set_task (FoxapiSim * sim, const gchar * id,
    const gchar * status, gint progress);
/* Makes a task that nobody submitted here (to be taken up), returns its id. */
gchar *foxapi_sim_add_task (FoxapiSim * sim, const gchar * status);
/* The same under an id of the caller's choice, unless that is NULL. */
gchar *foxapi_sim_add_named_task (FoxapiSim * sim, const gchar * wanted_id,
    const gchar * status);
/* Result links handed out before this answer 404 from now on. */
void foxapi_sim_expire_links (FoxapiSim * sim);
/* The result's bytes and validators change ("a changed file"). */
void foxapi_sim_change_result (FoxapiSim * sim, GBytes * payload);

/* (transfer full) (element-type FoxapiSimTask): the ledger */
GPtrArray *foxapi_sim_get_tasks (FoxapiSim * sim);
/* (transfer full): the result's bytes of a task (%NULL: the latest) */
GBytes *foxapi_sim_get_result (FoxapiSim * sim, const gchar * id);
/* (transfer full): the bytes of an upload by its url, %NULL if unknown */
GBytes *foxapi_sim_get_upload (FoxapiSim * sim, const gchar * url);

G_END_DECLS
