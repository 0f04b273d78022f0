/* The money campaign: what its parts share.
 *
 * A job wants one video, or a few equal ones at once: it is a simulator of its own
 * with faults to come, and clients that are started, killed and started again until
 * each video is there, or the user was told why not. What became
 * of the money is read from the simulator's ledger.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gio/gio.h>
#include <json-glib/json-glib.h>

#include "foxapisim.h"

G_BEGIN_DECLS

#define CAMPAIGN_MAX_VIDEOS 4
#define CAMPAIGN_MAX_ACTIONS 3
#define CAMPAIGN_PLANNED_ROUNDS 3

/* What a client prints "eos" for: see client.h */
typedef enum
{
  CAMPAIGN_MODE_PLAIN,
  CAMPAIGN_MODE_LOOP,
  CAMPAIGN_MODE_SUPERVISE,
} CampaignMode;

typedef enum
{
  CAMPAIGN_NO_EVENT,
  CAMPAIGN_SPAWNED,
  CAMPAIGN_LINE,                /* the nth line of that name from the client */
  CAMPAIGN_REQUEST,             /* the nth of that route since it was spawned */
  CAMPAIGN_BYTES,               /* its output has grown to so many */
} CampaignEvent;

typedef enum
{
  CAMPAIGN_KILL,
  CAMPAIGN_LIMIT_FILES,         /* no file of the client can be written */
  CAMPAIGN_LOCK_STORE,          /* nothing can be created in the store */
  CAMPAIGN_RELEASE,             /* held answers go on */
  CAMPAIGN_EXPIRE_LINKS,
  CAMPAIGN_CHANGE_RESULT,
  CAMPAIGN_OPEN_SERVICE,        /* until then its port refused connections */
} CampaignAct;

/* @act is done @delay_us after @event. The delay is there to hit any moment; it
 * never stands for an event. */
typedef struct
{
  CampaignAct act;
  CampaignEvent event;
  const gchar *line;
  FoxapiSimRoute route;
  guint64 nth;
  guint delay_us;

  gint64 due_us;                /* 0 until the event has come */
  gboolean done;
} CampaignAction;

typedef struct
{
  CampaignMode mode;
  gboolean only_task;
  gboolean consents;            /* to being charged again, maybe */
  guint64 output_limit;         /* the disk is full from there on; 0: is not */
  CampaignAction actions[CAMPAIGN_MAX_ACTIONS];
  guint n_actions;
} CampaignRunPlan;

typedef struct _CampaignJob CampaignJob;

/* One client's life, and what it said */
typedef struct
{
  CampaignJob *job;
  guint number;                 /* in its job, from 1: in its User-Agent */
  guint video;
  CampaignRunPlan plan;
  gchar *task_id;               /* it was told to take this up */

  GPid pid;
  gint fd;
  GString *text;                /* all of stdout */
  gsize parsed;
  GPtrArray *lines;             /* of JsonObject */
  gchar *output;
  gchar *errors;                /* a file with its stderr */
  guint seen[FOXAPI_SIM_N_ROUTES];      /* before it was spawned */
  gint64 deadline_us;

  gboolean ended;
  gboolean killed;
  gboolean hung;
  gboolean left_whole_file;     /* when it was killed */
  gint wait_status;
} CampaignRun;

/* What the service does about the money of the nth submission */
typedef enum
{
  CAMPAIGN_HONEST,              /* charges, and answers */
  CAMPAIGN_REFUSED,             /* does not charge, and says so */
  CAMPAIGN_UNKNOWN_CHARGED,     /* charges, and the answer is lost */
  CAMPAIGN_UNKNOWN_FREE,        /* does not, and the client cannot know */
} CampaignOutcome;

/* @outcome matters for submissions only */
typedef struct
{
  FoxapiSimRoute route;
  guint nth;
  FoxapiSimFault fault;
  CampaignOutcome outcome;
} CampaignFault;

/* What is counted: the columns of the table, and the violations that have none */
typedef enum
{
  CAMPAIGN_JOBS,
  CAMPAIGN_CLIENTS,
  CAMPAIGN_KILLS,
  CAMPAIGN_SUBMISSIONS,
  CAMPAIGN_CHARGED,
  CAMPAIGN_DELIVERED,           /* by the client that submitted */
  CAMPAIGN_RECOVERED,           /* by another one */
  CAMPAIGN_FAILED,              /* by the service, which said so */
  CAMPAIGN_TOLD,                /* charged, and told "maybe charged" */
  CAMPAIGN_LOST,                /* from here on: must be 0 */
  CAMPAIGN_DOUBLED,
  CAMPAIGN_DIFFERING,
  CAMPAIGN_N_COLUMNS,
  CAMPAIGN_SHORT_ENDS = CAMPAIGN_N_COLUMNS,
  CAMPAIGN_SECOND_ERRORS,
  CAMPAIGN_RESENT,
  CAMPAIGN_KEYS,
  CAMPAIGN_BROKEN_CLIENTS,
  CAMPAIGN_OTHER,
  CAMPAIGN_N_COUNTS,
} CampaignCount;

typedef struct
{
  const gchar *name;
  void (*plan) (CampaignJob * job);
  CampaignMode last_mode;       /* what is drawn is at most this */
} CampaignFamily;

/* What all jobs have in common */
typedef struct
{
  gchar *directory;
  gchar *client;
  gchar *key;
  guint seed;
  gboolean verbose;
  guint hang_s;                 /* until a client counts as hung */
} Campaign;

struct _CampaignJob
{
  const Campaign *campaign;
  const CampaignFamily *family;
  guint index;
  GRand *rand;

  /* The plan */
  FoxapiSimOptions options;
  guint n_videos;
  CampaignRunPlan runs[CAMPAIGN_PLANNED_ROUNDS][CAMPAIGN_MAX_VIDEOS];
  CampaignMode mode;            /* of all runs for a video */
  gboolean service_is_down;     /* at first */
  gboolean shares_store;
  gboolean has_no_store;        /* that could be written */
  gboolean has_reference;
  gchar *clips;                 /* (nullable): its clip cache */
  gboolean is_bin;              /* its clients have a foxapivideobin */
  const gchar *behind;          /* (nullable): what they have before the file */
  gchar *prompt;
  gint retries;
  gint timeout_s;
  gint task_timeout_s;
  gint poll_interval_ms;
  gint restart_ms;
  gint64 file_limit;
  GArray *faults;               /* of CampaignFault */

  /* The work */
  gchar *directory;
  gchar *store;
  FoxapiSim *sim;
  gchar *base_url;
  GSocket *placeholder;         /* keeps the port of a service that is down */
  GBytes *payload;
  GBytes *changed_payload;
  GBytes *media;                /* what goes out if @payload comes in */
  GPtrArray *texts;             /* that faults point to */
  GPtrArray *runs_done;         /* of CampaignRun, in order of their numbers */

  guint counts[CAMPAIGN_N_COUNTS];
  GString *report;              /* violations, one a line */
};

/* campaignrun.c: a client */
CampaignRun *campaign_run_spawn (CampaignJob * job, guint video,
    const CampaignRunPlan * plan, const gchar * task_id);
/* Until all of them have ended */
void campaign_runs_wait (CampaignRun ** runs, guint n);
void campaign_run_free (CampaignRun * run);
/* The last line of a name (%NULL: of any), %NULL if there is none */
JsonObject *campaign_run_last (CampaignRun * run, const gchar * name);
/* (transfer full) (nullable): the object that a text is */
JsonObject *campaign_parse (const gchar * text, gssize length);
gboolean campaign_line_is (JsonObject * line, const gchar * name);
const gchar *campaign_line_string (JsonObject * line, const gchar * field);
gboolean campaign_line_maybe_charged (JsonObject * line);

/* campaignspawn.c */
/* A result that a bin, or (@behind) a pipeline, can decode */
void campaign_clip_use (CampaignJob * job, const gchar * behind);
GPid campaign_spawn (CampaignRun * run, gint * fd, GError ** error);

/* campaignjob.c: from the plan to the last run */
CampaignJob *campaign_job_new (const Campaign * campaign, guint index);
void campaign_job_free (CampaignJob * job);
void campaign_job_run (CampaignJob * job);
gboolean campaign_job_open_service (CampaignJob * job, GError ** error);
void campaign_job_violation (CampaignJob * job, CampaignCount count,
    const gchar * format, ...) G_GNUC_PRINTF (3, 4);

/* campaignfamilies.c */
const CampaignFamily *campaign_family_get (guint index);
guint campaign_family_count (void);

/* campaignfaults.c: faults by chance */
void campaign_fault_refusal (CampaignJob * job, guint nth);
void campaign_fault_passing_refusal (CampaignJob * job, guint nth);
void campaign_fault_lost_answer (CampaignJob * job, guint nth);
void campaign_fault_held_answer (CampaignJob * job, guint nth);
void campaign_fault_question (CampaignJob * job, guint nth);
void campaign_fault_last_question (CampaignJob * job, guint nth);
void campaign_fault_upload (CampaignJob * job, guint nth);
void campaign_fault_result (CampaignJob * job, guint nth);
void campaign_fault_result_held_at (CampaignJob * job, guint nth);
void campaign_fault_held (CampaignJob * job, FoxapiSimRoute route, guint nth);
void campaign_fault_cut_result (CampaignJob * job, guint nth);
CampaignOutcome campaign_fault_get_outcome (CampaignJob * job, guint nth);
void campaign_faults_apply (CampaignJob * job);

/* campaignledger.c: what became of the money */
void campaign_ledger_check (CampaignJob * job);
/* Ids of charged tasks that no client has told of: what a user finds in the
 * account's task list; (transfer full) (nullable) */
gchar *campaign_ledger_find_unknown (CampaignJob * job);
/* A task that was charged, and neither delivered nor told of; (transfer full)
 * (nullable). *@shown: a client told its id. */
gchar *campaign_ledger_find_open (CampaignJob * job, gboolean * shown);
gboolean campaign_ledger_is_fulfilled (CampaignRun * run);

/* campaignchecks.c: what else must not happen */
void campaign_checks (CampaignJob * job);

G_END_DECLS
