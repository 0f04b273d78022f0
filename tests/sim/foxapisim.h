/* The FoxAPI service, simulated: the library that tests are written against.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* Every rendered result has this many frames a second, without exception. */
#define FOXAPI_SIM_FPS 25

/* A simulated service on two loopback ports: the API, and results and uploads
 * ("another origin"). It runs in a thread and main context of its own; every
 * function here may be called from any thread. */
typedef struct _FoxapiSim FoxapiSim;

typedef enum
{
  FOXAPI_SIM_SUBMIT,            /* POST /v1/videos/generations */
  FOXAPI_SIM_ASK,               /* GET /v1/tasks/{id} */
  FOXAPI_SIM_UPLOAD,            /* POST /v1/files/upload/stream */
  FOXAPI_SIM_RESULT,            /* GET of a result, on the second port */
  FOXAPI_SIM_OTHER,             /* anything else, on either port */
  FOXAPI_SIM_N_ROUTES,
} FoxapiSimRoute;

extern const gchar *const foxapi_sim_route_names[FOXAPI_SIM_N_ROUTES];

/* What a completed task says of its result */
typedef enum
{
  FOXAPI_SIM_OBJECTS,           /* "results": [{"url": …}] */
  FOXAPI_SIM_STRINGS,           /* "results": ["…"] */
  FOXAPI_SIM_OUTPUT,            /* "output": {"url": …, "urls": […]} */
  FOXAPI_SIM_VIDEO_URL,         /* "results": [{"video_url": …}] */
  FOXAPI_SIM_NULL,              /* nothing yet: "results": null */
  FOXAPI_SIM_ABSENT,            /* nothing yet: no "results" */
  FOXAPI_SIM_EMPTY,             /* nothing yet: "results": [] */
  FOXAPI_SIM_VOICE,             /* a result without a link: a voice's id */
  FOXAPI_SIM_N_FORMS,
} FoxapiSimForm;

/* Zeroed, these are the service as it is usually met. */
typedef struct
{
  guint api_port;               /* 0 picks a free one */
  guint result_port;
  const gchar *api_key;         /* the only key that is accepted; NULL:
                                   "test-key-0123456789" and every "sk-…" */
  const gchar *models;          /* that the key may use, with commas between them;
                                   NULL: all */
  guint generation_time_ms;     /* from submission to "completed" */
  guint queue_time_ms;          /* how much of that it is "pending" */
  guint progress_step;          /* progress goes in steps of this; 0 means 10,
                                   100 stands still until the end */
  gint estimated_time;          /* task_info.estimated_time in seconds; 0: 45
                                   whatever happens, as the service does; -1: none;
                                   -2: no task_info */
  gboolean manual;              /* tasks stay "pending" until
                                   foxapi_sim_set_task() */
  gboolean at_once;             /* the answer to a submission says what has become
                                   of the task, not "pending" */
  GBytes *payload;              /* stands in for the MP4 of every task (fast, exact
                                   tests); NULL renders a real one */
  guint result_form;            /* a FoxapiSimForm */
  guint late_results_ms;        /* a completed task has no results for so long, and
                                   progress 50 */
  guint late_form;              /* one of the forms for "nothing yet"; 0: null */
  const gchar *failure;         /* "error" of a failed task: its code,
                                   "null" or "text"; NULL: generation_failed */
  guint late_link_ms;           /* a link is 404 for so long after it was first
                                   handed out */
  guint range_status;           /* what a request with Range gets, 0: its range */
  gboolean no_ranges;           /* Range is ignored, Accept-Ranges is none */
  gboolean no_length;           /* results are chunked */
  gboolean no_validators;       /* results have no ETag and no Last-Modified */
  gboolean moov_at_end;         /* rendered files have their index at the end */
  GTlsCertificate *tls_certificate;     /* both ports speak TLS with it */
  gboolean verbose;             /* one line a request on stdout */
} FoxapiSimOptions;

/* What happens to one request instead of, or on top of, the honest answer. A
 * zeroed struct is the honest answer. */
typedef struct
{
  guint status;                 /* HTTP status; 0 leaves the honest one */
  const gchar *headers;         /* "Name: value\nName: value", in place of the honest
                                   ones of that name; "Name:" takes it away */
  const gchar *body;            /* in place of the honest one */
  gssize body_length;           /* of body; 0 or -1: up to its NUL */
  const gchar *answer;          /* an answer of the service or of what is in front of
                                   it, by its name in foxapisimanswer.c */
  gboolean act_first;           /* carried out first (a task is charged, a file
                                   stored): what a lost answer looks like */
  guint delay_ms;               /* carried out, and answered so much later */
  gboolean gzip;                /* the body comes compressed, asked for or not */
  gboolean reset;               /* RST instead of any answer */
  gboolean close;               /* FIN instead of any answer */
  guint64 cut_at;               /* closed after so many bytes of the body, all of
                                   it promised (chunked: at a chunk's end); 0 off */
  guint64 reset_at;             /* as cut_at, by a reset */
  gboolean hold;                /* answered after foxapi_sim_release() */
  guint64 hold_at;              /* after so many bytes of the body, wait for
                                   foxapi_sim_release(); 0 off */
  guint drip_ms;                /* byte by byte with this pause; 0 off */
  gboolean endless;             /* chunked, until the peer goes away */
} FoxapiSimFault;

/* One recorded request, complete. Reference-counted (g_atomic_rc_box_*): the list of
 * foxapi_sim_get_requests() owns what it holds. */
typedef struct
{
  FoxapiSimRoute route;
  guint nth;                    /* counted from 1 in its route */
  gchar *method;
  gchar *path;                  /* with the query */
  gchar *headers;               /* one "Name: value" a line, as received */
  GBytes *body;
  gchar *id;                    /* the service's name for it: x-request-id */
  gint64 time_us;               /* g_get_monotonic_time () at arrival */
  guint connection;             /* numbered from 1: the same number is the same
                                   connection */
} FoxapiSimRequest;

/* One line of the ledger: a task that was created and charged */
typedef struct
{
  gchar *id;
  gchar *model;
  gint64 created;               /* Unix seconds */
  gchar *body;                  /* the request that was charged, as received */
  gchar *status;
  gint progress;
  gchar *result_url;
  gboolean delivered;           /* a result was sent to its last byte */
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

/* (nullable): the same as text, ROUTE:NTH:KIND[=VALUE][,KIND[=VALUE]…] */
FoxapiSimFault *foxapi_sim_fault_parse (const gchar * text,
    FoxapiSimRoute * route, guint * nth, GError ** error);
void foxapi_sim_fault_free (FoxapiSimFault * fault);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (FoxapiSimFault, foxapi_sim_fault_free)
/* The names of the kinds of faults, and of the answers, for people */
gchar *foxapi_sim_fault_list (void);
gchar *foxapi_sim_error_list (void);

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
/* What completed tasks say of their results from now on */
void foxapi_sim_set_form (FoxapiSim * sim, FoxapiSimForm form);
/* Result links handed out before this have expired. */
void foxapi_sim_expire_links (FoxapiSim * sim);
/* The result's bytes and validators change ("a changed file"). */
void foxapi_sim_change_result (FoxapiSim * sim, GBytes * payload);

/* (transfer full) (element-type FoxapiSimTask): the ledger */
GPtrArray *foxapi_sim_get_tasks (FoxapiSim * sim);
/* (transfer full) (element-type utf8): what no client may ever do, a file of this
 * machine named to the service, or the key sent elsewhere. What nobody has taken is
 * a CRITICAL at the simulator's end. */
GPtrArray *foxapi_sim_take_violations (FoxapiSim * sim);
/* (transfer full): the result's bytes of a task (%NULL: the latest) */
GBytes *foxapi_sim_get_result (FoxapiSim * sim, const gchar * id);
/* (transfer full): the bytes of an upload by its url, %NULL if unknown */
GBytes *foxapi_sim_get_upload (FoxapiSim * sim, const gchar * url);

G_END_DECLS
