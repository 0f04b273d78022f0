/* The FoxAPI service, simulated: what its parts share.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "foxapisim.h"

#include <glib-unix.h>
#include <json-glib/json-glib.h>
#include <libsoup/soup.h>

G_BEGIN_DECLS

#define FOXAPI_SIM_MAX_JSON ((guint64) 1024 * 1024)
#define FOXAPI_SIM_MAX_JSON_DEPTH 64
/* Of any body: what is in front of the service takes no more. */
#define FOXAPI_SIM_MAX_BODY ((guint64) 100 * 1000 * 1000)
#define FOXAPI_SIM_MAX_STORAGE ((guint64) 512 * 1024 * 1024)

typedef struct _FoxapiSimExchange FoxapiSimExchange;
typedef struct _FoxapiSimWire FoxapiSimWire;

/* What a submission asks for, checked; also what is rendered. Reference-counted
 * (g_atomic_rc_box_*), never changed */
typedef struct
{
  gchar *model;
  gchar *prompt;
  gint duration;
  gint width;
  gint height;
  gint64 seed;
  gboolean silent;
  GPtrArray *references;        /* (element-type utf8) */
} FoxapiSimOrder;

/* A result that is, or was, rendered, guarded by the simulator's lock */
typedef struct
{
  gchar *key;
  FoxapiSimOrder *order;
  gboolean done;
  GBytes *bytes;                /* once it is done, unless it failed */
  gchar *failure;
} FoxapiSimRender;

/* One task of the ledger, guarded by the simulator's lock. */
typedef struct
{
  gchar *id;
  gchar *body;
  FoxapiSimOrder *order;
  gint64 created;               /* Unix seconds */
  gint64 started_us;            /* monotonic */
  guint pace;                   /* how many times as long it takes */
  const gchar *end_status;      /* how it ends when time decides */
  gboolean fixed;               /* foxapi_sim_set_task() decides, not time */
  gint64 completed_us;          /* when that was first seen */
  gint64 handed_us;             /* when its link was first handed out, */
  guint handed_generation;      /* and which link that was */
  gchar *status;
  gint progress;
  FoxapiSimRender *render;      /* owned by the renderer; NULL: the payload */
  gboolean delivered;
} FoxapiSimEntry;

/* How a refusal is written. Those up to FOXAPI_SIM_ERROR_TEXT are the
 * service's own. */
typedef enum
{
  FOXAPI_SIM_ERROR_NONE,        /* it is none */
  FOXAPI_SIM_ERROR_OBJECT,      /* {"error": {"message", "type", "code"}} */
  FOXAPI_SIM_ERROR_FLAT,        /* {"code", "message"} */
  FOXAPI_SIM_ERROR_DETAIL,      /* {"detail": "…"} */
  FOXAPI_SIM_ERROR_DETAIL_LIST, /* {"detail": [{"loc", "msg", "type"}]} */
  FOXAPI_SIM_ERROR_STRING,      /* {"error": "…"} */
  FOXAPI_SIM_ERROR_TEXT,
  FOXAPI_SIM_ERROR_EMPTY,
  FOXAPI_SIM_ERROR_CLOUDFLARE,
  FOXAPI_SIM_ERROR_XML,
  FOXAPI_SIM_ERROR_PAGE,
} FoxapiSimErrorForm;

typedef struct
{
  const gchar *name;
  guint status;                 /* 0: that of the fault */
  FoxapiSimErrorForm form;
  const gchar *type;            /* NULL: that of the status */
  const gchar *code;
  const gchar *message;
} FoxapiSimError;

/* One answer, before anything of it is sent. */
typedef struct
{
  guint status;
  FoxapiSimErrorForm form;      /* of a refusal, whose body is made of what
                                   follows and of note */
  const gchar *type;            /* NULL: that of the status */
  const gchar *code;
  SoupMessageHeaders *headers;
  GBytes *body;
  gboolean chunked;
  gboolean head_only;
  gchar *delivers;              /* the task whose result ends in this body */
  gchar *note;                  /* for the line in the log; of a refusal, its
                                   message */
} FoxapiSimAnswer;

/* One connection, from its beginning until it is closed. Server thread only,
 * but for number and routes, which the lock guards. */
typedef struct
{
  FoxapiSim *sim;
  GSocket *socket;
  SoupServerMessage *message;   /* the first, kept for its "disconnected" */
  gboolean stolen;              /* "disconnected" is not the end of it */
  gboolean busy;                /* from a request to the end of its answer */
  gboolean peer_gone;
  GSource *gone_source;
  GSource *close_source;
  guint number;
  gboolean routes[FOXAPI_SIM_N_ROUTES];
} FoxapiSimConnection;

/* One request on its way to an answer. Server thread only. */
struct _FoxapiSimExchange
{
  FoxapiSim *sim;
  SoupServerMessage *message;
  gboolean on_results;
  FoxapiSimRoute route;
  const gchar *method;          /* owned by message */
  gchar *path;                  /* without the query */
  gchar *query;
  GBytes *body;
  gboolean too_large;
  gboolean leaks_key;           /* to another origin, or by its path */
  FoxapiSimFault *fault;        /* NULL: the honest answer */
  FoxapiSimAnswer *answer;
  gchar *id;                    /* x-request-id */
  GSource *gone_source;         /* while held: the peer went away */
  GSource *delay_source;        /* held for a time */
};

struct _FoxapiSim
{
  /* Set before the thread starts, never changed afterwards */
  FoxapiSimOptions options;
  gchar *api_key;
  gboolean any_key;             /* every "sk-…" is good, too */
  GTlsCertificate *tls_certificate;
  JsonParser *models;           /* models.json */
  gchar **allowed_models;       /* (nullable): that the key may use */
  GMainContext *context;
  GThread *thread;

  /* Server thread only, from start to end of the thread */
  GMainLoop *loop;
  SoupServer *api_server;
  SoupServer *result_server;
  GList *held;                  /* (element-type FoxapiSimExchange) */
  GList *wires;                 /* (element-type FoxapiSimWire) */

  /* lock guards everything below; changed is signalled with every change.
   * Nothing in libsoup or GStreamer that may call back happens while it is
   * held. */
  GMutex lock;
  GCond changed;
  gboolean started;
  gboolean stopping;
  gboolean released;
  GError *start_error;
  gchar *base_url;              /* written once, before started is set */
  gchar *result_base_url;
  GHashTable *faults[FOXAPI_SIM_N_ROUTES];      /* nth → FoxapiSimFault */
  GPtrArray *requests;          /* (element-type FoxapiSimRequest) */
  guint counts[FOXAPI_SIM_N_ROUTES];
  GList *connections;           /* (element-type FoxapiSimConnection) */
  guint n_connections;
  GPtrArray *tasks;             /* (element-type FoxapiSimEntry) */
  GHashTable *tasks_by_id;
  GQueue uploads;
  guint64 uploads_size;
  guint n_uploads;
  GPtrArray *violations;        /* (element-type utf8) */
  guint link_generation;
  FoxapiSimForm form;           /* of results */
  guint result_version;
  gint64 result_modified;       /* Unix seconds */
  GBytes *payload;
  GThread *render_thread;
  GHashTable *renders;          /* key → FoxapiSimRender */
  GQueue render_queue;          /* (element-type FoxapiSimRender) */
  guint64 barriers_posted;      /* to the server's thread, which */
  guint64 barriers_passed;      /* passes them in turn */
  gpointer render_bus;          /* GstBus of the pipeline that runs now */
};

/* To the end of the block */
#define FOXAPI_SIM_LOCK(sim) \
    G_GNUC_UNUSED g_autoptr (GMutexLocker) locker = \
        g_mutex_locker_new (&(sim)->lock)

/* foxapisim.c */
void foxapi_sim_post (FoxapiSim * sim, GSourceFunc function, gpointer data);
FoxapiSimConnection *foxapi_sim_track_connection (FoxapiSim * sim,
    SoupServerMessage * message);
void foxapi_sim_set_busy (SoupServerMessage * message, gboolean busy);
GIOStream *foxapi_sim_steal_connection (FoxapiSim * sim,
    SoupServerMessage * message);
void foxapi_sim_connection_closed (FoxapiSim * sim, GSocket * socket);

/* foxapisimserve.c */
void foxapi_sim_serve (FoxapiSim * sim, SoupServer * server);
void foxapi_sim_resume_held (FoxapiSim * sim);
void foxapi_sim_drop_held (FoxapiSim * sim);
void foxapi_sim_log_exchange (FoxapiSimExchange * exchange,
    const gchar * what);

/* foxapisimanswer.c */
FoxapiSimAnswer *foxapi_sim_answer_new (guint status,
    const gchar * content_type, GBytes * body);
FoxapiSimAnswer *foxapi_sim_answer_new_json (guint status,
    GVariant * object);
FoxapiSimAnswer *foxapi_sim_answer_new_error (guint status, const gchar * code,
    const gchar * format, ...) G_GNUC_PRINTF (3, 4);
FoxapiSimAnswer *foxapi_sim_answer_new_named (const gchar * name,
    guint status);
void foxapi_sim_answer_free (FoxapiSimAnswer * answer);
void foxapi_sim_answer_finish (FoxapiSimAnswer * answer,
    const FoxapiSimFault * fault, const gchar * request_id);
void foxapi_sim_answer_to_message (FoxapiSimAnswer * answer,
    SoupServerMessage * message);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (FoxapiSimAnswer, foxapi_sim_answer_free)

const FoxapiSimError *foxapi_sim_error_find (const gchar * name);

/* foxapisimfault.c */
FoxapiSimFault *foxapi_sim_fault_copy (const FoxapiSimFault * fault);
gboolean foxapi_sim_fault_replaces_answer (const FoxapiSimFault * fault);
gboolean foxapi_sim_fault_needs_wire (const FoxapiSimFault * fault);
void foxapi_sim_clear_source (GSource ** source);
GSource *foxapi_sim_watch_gone (FoxapiSim * sim, GSocket * socket,
    GUnixFDSourceFunc callback, gpointer data);
void foxapi_sim_wire_take (FoxapiSimExchange * exchange);
void foxapi_sim_wires_cancel (FoxapiSim * sim);

/* foxapisimapi.c, foxapisimupload.c, foxapisimresult.c: with the lock held.
 * act FALSE checks the request and leaves everything as it was. */
FoxapiSimAnswer *foxapi_sim_answer_api (FoxapiSimExchange * exchange,
    gboolean act);
FoxapiSimAnswer *foxapi_sim_answer_upload (FoxapiSimExchange * exchange,
    gboolean act);
FoxapiSimAnswer *foxapi_sim_answer_result (FoxapiSimExchange * exchange);
FoxapiSimAnswer *foxapi_sim_answer_upload_get (FoxapiSimExchange * exchange);
GBytes *foxapi_sim_upload_find (FoxapiSim * sim, const gchar * url);
void foxapi_sim_uploads_clear (FoxapiSim * sim);

/* foxapisimcheck.c */
gboolean foxapi_sim_json_check (const gchar * data, gsize length,
    GError ** error);
gboolean foxapi_sim_models_load (FoxapiSim * sim, GError ** error);
GList *foxapi_sim_models_list (FoxapiSim * sim);
FoxapiSimOrder *foxapi_sim_order_new_default (void);
FoxapiSimOrder *foxapi_sim_order_check (FoxapiSim * sim, JsonObject * object,
    const gchar ** code, gchar ** message);
void foxapi_sim_order_unref (FoxapiSimOrder * order);

/* foxapisimledger.c: with the lock held */
void foxapi_sim_entry_free (FoxapiSimEntry * entry);
void foxapi_sim_request_unref (FoxapiSimRequest * request);
FoxapiSimEntry *foxapi_sim_entry_new (FoxapiSim * sim, FoxapiSimOrder * order,
    GBytes * body);
FoxapiSimEntry *foxapi_sim_entry_find (FoxapiSim * sim, const gchar * id);
void foxapi_sim_entry_update (FoxapiSim * sim, FoxapiSimEntry * entry);
gchar *foxapi_sim_entry_get_url (FoxapiSim * sim, FoxapiSimEntry * entry);
GBytes *foxapi_sim_entry_get_bytes (FoxapiSim * sim, FoxapiSimEntry * entry);
const gchar *foxapi_sim_entry_get_failure (FoxapiSimEntry * entry);
void foxapi_sim_add_violation (FoxapiSim * sim, const gchar * format, ...)
    G_GNUC_PRINTF (2, 3);
void foxapi_sim_look_for_violations (FoxapiSimExchange * exchange,
    const FoxapiSimRequest * request);
/* foxapisimledger.c: takes the lock itself */
void foxapi_sim_mark_delivered (FoxapiSim * sim, const gchar * id);

/* foxapisimrender.c */
gboolean foxapi_sim_renderer_start (FoxapiSim * sim, GError ** error);
void foxapi_sim_renderer_stop (FoxapiSim * sim);
/* with the lock held */
FoxapiSimRender *foxapi_sim_renderer_ask (FoxapiSim * sim,
    const gchar * key_text, FoxapiSimOrder * order);
void foxapi_sim_render_free (FoxapiSimRender * render);

G_END_DECLS
