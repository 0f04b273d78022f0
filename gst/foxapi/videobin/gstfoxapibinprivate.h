/* foxapivideobin: its state, its threads, and what its files do for each other
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "gstfoxapicapture.h"
#include "gstfoxapicontrol.h"
#include "gstfoxapiengine.h"
#include "gstfoxapifolder.h"
#include "gstfoxapiplaceholder.h"
#include "gstfoxapiprogram.h"
#include "gstfoxapivideobin.h"

G_BEGIN_DECLS

/* Properties that only the program can answer; the others are options. */
enum
{
  GST_FOXAPI_BIN_PROP_STATE = GST_FOXAPI_PROP_LAST + 1,
  GST_FOXAPI_BIN_PROP_CURRENT_SHOT,
  GST_FOXAPI_BIN_PROP_QUEUED_SHOTS,
  GST_FOXAPI_BIN_PROP_FIRST_OPTION,
};

#define GST_FOXAPI_BIN_N_OPTIONS 15

/* Their values are described where they are registered. */

/* What is shown before the first result. */
typedef enum
{
  GST_FOXAPI_PLACEHOLDER_KIND_NONE,
  GST_FOXAPI_PLACEHOLDER_KIND_BLACK,
  GST_FOXAPI_PLACEHOLDER_KIND_PATTERN,
  GST_FOXAPI_PLACEHOLDER_KIND_IMAGE,
  GST_FOXAPI_PLACEHOLDER_KIND_REFERENCE,
} GstFoxapiPlaceholderKind;

/* How a failed generation is told. */
typedef enum
{
  GST_FOXAPI_ERROR_POLICY_ERROR,
  GST_FOXAPI_ERROR_POLICY_WARNING,
  GST_FOXAPI_ERROR_POLICY_EOS,
} GstFoxapiErrorPolicy;

/* What becomes of the branches when the references are there. */
typedef enum
{
  GST_FOXAPI_BRANCH_POLICY_FLOW,
  GST_FOXAPI_BRANCH_POLICY_RELEASE,
} GstFoxapiBranchPolicy;

/* The values as a run reads them */
typedef struct
{
  gint placeholder;
  gchar *placeholder_location;
  gboolean show_progress;
  gboolean is_live;
  gint width;
  gint height;
  gint fps_n;
  gint fps_d;
  gint64 max_lateness;
  gint end;
  gint on_error;
  gint reference_branches;
  gdouble reference_seconds;
  GStrv next_prompts;
  gboolean shot_continuity;
  guint prefetch;
} GstFoxapiBinOptions;

#define GST_TYPE_FOXAPI_PLACEHOLDER_KIND \
    (gst_foxapi_placeholder_kind_get_type ())
#define GST_TYPE_FOXAPI_STATE (gst_foxapi_state_get_type ())
#define GST_TYPE_FOXAPI_END (gst_foxapi_end_get_type ())
#define GST_TYPE_FOXAPI_ERROR_POLICY (gst_foxapi_error_policy_get_type ())
#define GST_TYPE_FOXAPI_BRANCH_POLICY (gst_foxapi_branch_policy_get_type ())

GType gst_foxapi_placeholder_kind_get_type (void);
GType gst_foxapi_end_get_type (void);
GType gst_foxapi_state_get_type (void);
GType gst_foxapi_error_policy_get_type (void);
GType gst_foxapi_branch_policy_get_type (void);

/* A shot: `shot` uint, its number from 1 on, and by their names the properties that
 * it has a value of its own of. */
#define GST_FOXAPI_SHOT_STRUCTURE "foxapi-shot"

/* Threads and locks:
 *
 * - The control thread does whatever changes states and children between start
 *   and stop. The fields under "The control thread" belong to it then, and to the
 *   thread that changes the bin's state at other times.
 * - The worker runs one generation, to the file of its result. Between its start
 *   and its end the engine is its own, but for properties.
 * - Whatever else happens, in whatever thread, is told to the control thread. What an
 *   output has to say is posted at once: EOS follows it.
 * - Properties, requests and pads come from any thread: the object lock. The
 *   program's lock may be taken with it, and none is held when a message is posted.
 * - The header of each part says whose it is, or that it has a lock of its own.
 */
struct _GstFoxapiVideoBin
{
  GstBin parent;

  /* Made with the bin */
  GstElement *video_output;
  GstElement *audio_output;
  GstPad *video_pad;
  GstFoxapiProgram *program;
  GstFoxapiControl *control;    /* the control thread, and what it is told */
  GstFoxapiFolder folder;
  GCancellable *cancellable;    /* of what the control thread may be at */

  GstFoxapiEngine engine;       /* has its own rules */

  /* The object lock */
  GValue options[GST_FOXAPI_BIN_N_OPTIONS];     /* what only the bin has */
  guint next_pad[2];            /* lowest free number, by kind of capture */
  gboolean begins_anew;         /* the next start, with the first shot */
  guint shot;                   /* which prompt: 0 is `prompt` itself */
  gchar *last_frame;            /* (nullable): URI, of the shot before */
  GstStructure *current;        /* (nullable): the shot of that number, see
                                 * GST_FOXAPI_SHOT_STRUCTURE */
  GQueue waiting;               /* (element-type GstStructure): the shots behind it */
  GStrv prompts;                /* (nullable): next-prompts that are in there, or were */
  gboolean asked_since_failure; /* it asked when it could know of the failure */
  gboolean has_failed;          /* the generation, and that was told */
  gboolean begins_at_end;       /* the next shot, after a failure, when the clip
                                 * that is shown has ended */
  gboolean lacks_reference;     /* a capture has failed: nothing can be generated */
  gboolean holds_back;          /* what follows it: a clip before it has failed */
  gboolean is_delivered;        /* its result */
  gboolean output_has_failed;   /* and that was told, or is no news */
  gboolean pipeline_has_failed; /* an ERROR since the generation began, of anyone
                                 * but a generation */

  /* From start to stop: whoever changes the state */
  GstBus *bus;                  /* of the pipeline, if it has one */
  gulong bus_handler;

  /* The control thread */
  GstFoxapiBinOptions run;      /* the options of this run */
  gboolean is_checking;         /* the request, before there is all of it */
  GHashTable *pending;          /* captures, referenced, that have nothing yet */
  GHashTable *arrived;          /* the others, until a generation has read them */
  GstCaps *video_caps;
  GstElement *placeholder;      /* (nullable) */
  gboolean placeholder_has_failed;
  GThread *worker;              /* (nullable): since the generation began */
  GOutputStream *result;        /* (nullable): the worker's, while it works */
  gchar *result_path;           /* likewise */
  gint64 begun_us;              /* the latest generation */
  gboolean is_generating;       /* until it is delivered */
  gboolean has_ended;           /* the latest clip, to its end */
  guint preroll_ticks;          /* seconds that its end still waits for a play */
  gboolean is_playing;
  gboolean has_played;
  GstMessage *held;             /* (nullable): PROGRESS that waits for the play */
  GstMessage *open;             /* (nullable): the last one, if it is open */
  gboolean is_closed;           /* nothing can come of PROGRESS any more */

  /* Results on their way to the air: each is a file with a number, and each showing
   * of it a player. The control thread */
  GList *players;               /* children */
  guint latest;                 /* number of the latest generation's file */
  guint downloaded;             /* of the latest file that is complete */
  guint complete;               /* of the latest that was offered to the program, and
                                 * is repeated */
  guint on_air;                 /* of the one that is on the air, or was last */
  guint offered;                /* the same, while it waits for the air; 0: none does */
  GQueue to_show;               /* complete ones behind it */
  GQueue kept;                  /* generations of clips that have not ended, but the
                                 * latest; oldest first */
  GQueue parked;                /* of a run that was stopped: behind its last shot */
};

/* gstfoxapibinoptions.c: the properties that only the bin has */

void gst_foxapi_bin_options_install (GObjectClass * klass);

void gst_foxapi_bin_options_init (GValue * values);
void gst_foxapi_bin_options_read (GstFoxapiBinOptions * options,
    GstElement * element);
void gst_foxapi_bin_options_clear (GstFoxapiBinOptions * options);
gchar *gst_foxapi_bin_options_check (const GstFoxapiBinOptions * options);
gchar *gst_foxapi_bin_options_update (GstFoxapiBinOptions * options,
    GstElement * element);

/* gstfoxapibinrun.c: start and stop */

gboolean gst_foxapi_video_bin_start (GstFoxapiVideoBin * self);
void gst_foxapi_video_bin_stop (GstFoxapiVideoBin * self);

/* gstfoxapibinevents.c: what happens, and what the bin does about it */

void gst_foxapi_video_bin_on_event (GstFoxapiEvent event, gpointer object,
    GstMessage * message, gpointer user_data);
void gst_foxapi_video_bin_on_program_event (GstFoxapiProgramEvent event,
    GstFoxapiPlayer * player, gpointer user_data);

/* gstfoxapibinworker.c: one generation */

void gst_foxapi_video_bin_init_engine (GstFoxapiVideoBin * self);
gboolean gst_foxapi_video_bin_begin_generation (GstFoxapiVideoBin * self,
    GError ** error);
void gst_foxapi_video_bin_join_worker (GstFoxapiVideoBin * self);
void gst_foxapi_video_bin_end_generation (GstFoxapiVideoBin * self);

/* gstfoxapibinmessages.c: what the bin tells */

gboolean gst_foxapi_video_bin_take_message (GstFoxapiVideoBin * self,
    GstMessage * message);
void gst_foxapi_video_bin_post_as_own (GstFoxapiVideoBin * self,
    GstMessage * message);
void gst_foxapi_video_bin_post_as_warning (GstFoxapiVideoBin * self,
    GstMessage * message);
void gst_foxapi_video_bin_post_failure (GstFoxapiVideoBin * self,
    GstMessage * message, const gchar * task_id);
gboolean gst_foxapi_video_bin_tell_failure (GstFoxapiVideoBin * self,
    GstObject * part, GstMessage * message);
void gst_foxapi_video_bin_tell_progress (GstFoxapiVideoBin * self,
    gpointer object, GstMessage * message);
void gst_foxapi_video_bin_release_progress (GstFoxapiVideoBin * self);
void gst_foxapi_video_bin_close_progress (GstFoxapiVideoBin * self);

/* gstfoxapibinclips.c: what is shown; the control thread */

void gst_foxapi_video_bin_show_placeholder (GstFoxapiVideoBin * self,
    const gchar * reference);
void gst_foxapi_video_bin_update_text (GstFoxapiVideoBin * self);
void gst_foxapi_video_bin_tell_placeholder_error (GstFoxapiVideoBin * self,
    gpointer placeholder, GstMessage * message);
void gst_foxapi_video_bin_drop_placeholder (GstFoxapiVideoBin * self);

gchar *gst_foxapi_video_bin_begin_clip (GstFoxapiVideoBin * self);
void gst_foxapi_video_bin_show_clip (GstFoxapiVideoBin * self, GList * events);
void gst_foxapi_video_bin_repeat_clip (GstFoxapiVideoBin * self,
    GstObject * player);
void gst_foxapi_video_bin_on_air (GstFoxapiVideoBin * self, GstObject * player);
void gst_foxapi_video_bin_give_up_clip (GstFoxapiVideoBin * self,
    GstObject * player);
guint gst_foxapi_video_bin_get_result (gpointer player);
gboolean gst_foxapi_video_bin_is_latest (GstFoxapiVideoBin * self,
    GstObject * player);
void gst_foxapi_video_bin_remove_player (GstFoxapiVideoBin * self,
    gpointer player, GstMessage * message);
void gst_foxapi_video_bin_stop_clips (GstFoxapiVideoBin * self);

/* gstfoxapibinahead.c: generations ahead of the air */

gboolean gst_foxapi_video_bin_keep_generation (GstFoxapiVideoBin * self);
gboolean gst_foxapi_video_bin_finish_kept (GstFoxapiVideoBin * self, guint clip,
    gboolean is_shown, gchar ** task_id);
void gst_foxapi_video_bin_park (GstFoxapiVideoBin * self);
gboolean gst_foxapi_video_bin_unpark (GstFoxapiVideoBin * self);
void gst_foxapi_video_bin_ask_for_parked (GstFoxapiVideoBin * self, guint shot);
gboolean gst_foxapi_video_bin_is_parked (GstFoxapiVideoBin * self,
    const GstStructure * shot);
void gst_foxapi_video_bin_drop_parked (GstFoxapiVideoBin * self, guint number);
void gst_foxapi_video_bin_forget_parked (GstFoxapiVideoBin * self);

/* gstfoxapibincaptures.c: references of the graph; the control thread, or whoever
 * changes the state */

GstPad *gst_foxapi_video_bin_request_new_pad (GstElement * element,
    GstPadTemplate * templ, const gchar * wanted, const GstCaps * caps);
void gst_foxapi_video_bin_release_pad (GstElement * element, GstPad * pad);
void gst_foxapi_video_bin_forget_captures (GstFoxapiVideoBin * self);
void gst_foxapi_video_bin_append_captures (GstFoxapiVideoBin * self,
    const gchar * prefix, GValue * list, const gchar * stand_in);
void gst_foxapi_video_bin_await_captures (GstFoxapiVideoBin * self);
void gst_foxapi_video_bin_start_captures (GstFoxapiVideoBin * self);
void gst_foxapi_video_bin_tell_of_unlinked_pads (GstFoxapiVideoBin * self);
void gst_foxapi_video_bin_stop_captures (GstFoxapiVideoBin * self);
gboolean gst_foxapi_video_bin_is_waiting (GstFoxapiVideoBin * self);
gboolean gst_foxapi_video_bin_await_released (GstFoxapiVideoBin * self,
    GstElement * capture);
gboolean gst_foxapi_video_bin_capture_arrived (GstFoxapiVideoBin * self,
    GstElement * capture);
void gst_foxapi_video_bin_set_released_error (GstElement * capture,
    GError ** error);
gboolean gst_foxapi_video_bin_check_released (GstFoxapiVideoBin * self,
    GError ** error);

/* gstfoxapibinshots.c: which shot is next, and what it is made of */

void gst_foxapi_video_bin_set_last_frame (GstFoxapiVideoBin * self,
    gchar * uri);
void gst_foxapi_video_bin_reset_shots (GstFoxapiVideoBin * self);
gboolean gst_foxapi_video_bin_next (GstFoxapiVideoBin * self);
guint gst_foxapi_video_bin_queue_shot (GstFoxapiVideoBin * self,
    const gchar * prompt, const GstStructure * fields);
gboolean gst_foxapi_video_bin_drop_shot (GstFoxapiVideoBin * self, guint number);
void gst_foxapi_video_bin_list_shots (GstFoxapiVideoBin * self, GValue * array);
gboolean gst_foxapi_video_bin_retry (GstFoxapiVideoBin * self);
gboolean gst_foxapi_video_bin_finish (GstFoxapiVideoBin * self,
    gboolean goes_on, guint * n_waiting);
gboolean gst_foxapi_video_bin_has_more (GstFoxapiVideoBin * self);
void gst_foxapi_video_bin_announce_shots (GstFoxapiVideoBin * self);
gboolean gst_foxapi_video_bin_advance (GstFoxapiVideoBin * self,
    const gchar * last_frame);
void gst_foxapi_video_bin_go_back (GstFoxapiVideoBin * self);
void gst_foxapi_video_bin_adapt_fields (GstElement * element,
    GstFoxapiFields * fields);
gboolean gst_foxapi_video_bin_can_continue (GstFoxapiVideoBin * self);
gboolean gst_foxapi_video_bin_check_shots (GstFoxapiVideoBin * self,
    GError ** error);
gboolean gst_foxapi_video_bin_check_pads (GstFoxapiVideoBin * self,
    GError ** error);
gchar *gst_foxapi_video_bin_dup_first_reference (GstFoxapiVideoBin * self);

G_END_DECLS
