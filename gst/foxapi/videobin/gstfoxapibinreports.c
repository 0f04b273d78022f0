/* What the bin's children tell → what the bin tells
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstfoxapibinreports.h"

#include "gstfoxapibinprogress.h"
#include "gstfoxapicapture.h"
#include "gstfoxapimessages.h"
#include "gstfoxapiplaceholder.h"
#include "gstfoxapiplayer.h"
#include "gstfoxapiplayout.h"
#include "gstfoxapistage.h"

GST_DEBUG_CATEGORY_EXTERN (foxapi_video_bin_debug);
#define GST_CAT_DEFAULT foxapi_video_bin_debug

struct _GstFoxapiBinReports
{
  /* Not owned: the bin, and what it has as long as it posts messages */
  GstElement *bin;
  GstElement *source;           /* (nullable) */
  const GstFoxapiBinOptions *options;   /* the bin's object lock */
  GstFoxapiBinClips *clips;
  GstFoxapiDirector *director;

  GstFoxapiBinTask *task;
  GstFoxapiBinProgress *progress;

  GMutex lock;                  /* of what follows */
  GThread *starter;             /* (nullable): who is starting the bin */
  gboolean has_failed;          /* the generation, and that was told */
  gboolean placeholder_has_failed;      /* likewise */
  gboolean output_has_failed;   /* likewise */
  gboolean is_delivered;        /* the generation's result */
};

/* None of them is owned; @bin handles no message when they are gone. */
GstFoxapiBinReports *
gst_foxapi_bin_reports_new (GstElement * bin, GstElement * source,
    const GstFoxapiBinOptions * options, GstFoxapiBinClips * clips,
    GstFoxapiDirector * director)
{
  GstFoxapiBinReports *self = g_new0 (GstFoxapiBinReports, 1);

  self->bin = bin;
  self->source = source;
  self->options = options;
  self->clips = clips;
  self->director = director;
  self->task = gst_foxapi_bin_task_new ();
  self->progress = gst_foxapi_bin_progress_new (bin);
  g_mutex_init (&self->lock);
  return self;
}

void
gst_foxapi_bin_reports_free (GstFoxapiBinReports * reports)
{
  gst_foxapi_bin_progress_free (reports->progress);
  gst_foxapi_bin_task_free (reports->task);
  g_mutex_clear (&reports->lock);
  g_free (reports);
}

static gboolean
is_within (GstMessage * message, gpointer element)
{
  GstObject *from = GST_MESSAGE_SRC (message);

  return element != NULL && from != NULL && (from == element
      || gst_object_has_as_ancestor (from, element));
}

/* (transfer full) (nullable): who posted it, or is around that */
static GstObject *
find_of_type (GstMessage * message, GType type)
{
  GstObject *object = GST_MESSAGE_SRC (message) ?
      gst_object_ref (GST_MESSAGE_SRC (message)) : NULL;

  while (object != NULL && !G_TYPE_CHECK_INSTANCE_TYPE (object, type)) {
    GstObject *parent = gst_object_get_parent (object);

    gst_object_unref (object);
    object = parent;
  }
  return object;
}

static gboolean
is_of_type (GstMessage * message, GType type)
{
  g_autoptr (GstObject) object = find_of_type (message, type);

  return object != NULL;
}

/* %TRUE for the first failure of its kind: what follows from it is no news. */
static gboolean
claim (GstFoxapiBinReports * self, gboolean * has_failed)
{
  gboolean is_first;

  g_mutex_lock (&self->lock);
  is_first = !*has_failed;
  *has_failed = TRUE;
  g_mutex_unlock (&self->lock);
  return is_first;
}

/* As if the bin had posted it */
static void
post_as_own (GstFoxapiBinReports * self, GstMessage * message)
{
  const GstStructure *structure = gst_message_get_structure (message);
  GstMessage *own = gst_message_new_custom (GST_MESSAGE_TYPE (message),
      GST_OBJECT (self->bin),
      structure ? gst_structure_copy (structure) : NULL);

  gst_message_set_seqnum (own, gst_message_get_seqnum (message));
  gst_element_post_message (self->bin, own);
}

static void
post_as_warning (GstFoxapiBinReports * self, GstMessage * message)
{
  g_autoptr (GError) error = NULL;
  g_autofree gchar *debug = NULL;
  const GstStructure *details = NULL;

  gst_message_parse_error (message, &error, &debug);
  gst_message_parse_error_details (message, &details);
  gst_element_post_message (self->bin,
      gst_message_new_warning_with_details (GST_OBJECT (self->bin), error,
          debug, details ? gst_structure_copy (details) : NULL));
}

/* What has failed to show or to store a result does not know of its task. */
static GstMessage *
explain (GstFoxapiBinReports * self, GstMessage * message)
{
  const GstStructure *details = NULL;
  g_autofree gchar *task_id = NULL;
  gboolean is_of_player = is_of_type (message, GST_TYPE_FOXAPI_PLAYER);
  gboolean is_of_task = is_of_player
      || is_of_type (message, GST_TYPE_FOXAPI_STAGE);

  gst_message_parse_error_details (message, &details);
  if (details != NULL && gst_structure_has_field (details, "task-id"))
    return gst_message_ref (message);
  if (is_of_task)
    task_id = gst_foxapi_bin_task_dup_id (self->task);
  if (task_id == NULL)
    return gst_message_ref (message);
  return gst_foxapi_explain_error (gst_message_ref (message), is_of_player ?
      "The result cannot be shown; foxapivideosrc ! filesink saves it." : NULL,
      task_id);
}

/* What fails the change of state by its return: properties that are wrong, and
 * nothing that other threads find out meanwhile. */
static gboolean
is_of_start (GstFoxapiBinReports * self, GstMessage * message)
{
  gboolean is_in_start;

  g_mutex_lock (&self->lock);
  is_in_start = self->starter == g_thread_self ();
  g_mutex_unlock (&self->lock);
  return is_in_start && !is_of_type (message, GST_TYPE_FOXAPI_CAPTURE);
}

/* The generation, or what shows it, has failed. */
static void
handle_error (GstFoxapiBinReports * self, GstMessage * message)
{
  g_autoptr (GstMessage) explained = NULL;
  gboolean is_warning;

  if (!claim (self, &self->has_failed))
    return;
  GST_OBJECT_LOCK (self->bin);
  is_warning = self->options->on_error == GST_FOXAPI_ERROR_POLICY_WARNING;
  GST_OBJECT_UNLOCK (self->bin);
  explained = explain (self, message);
  if (is_warning && !is_of_start (self, message))
    post_as_warning (self, explained);
  else
    post_as_own (self, explained);
  gst_foxapi_director_cue (self->director, GST_FOXAPI_CUE_FAILED,
      GST_MESSAGE_SRC (message));
}

static void
handle_progress (GstFoxapiBinReports * self, GstMessage * message)
{
  gboolean may_delay;

  GST_OBJECT_LOCK (self->bin);
  may_delay = !self->options->is_live
      && self->options->placeholder == GST_FOXAPI_PLACEHOLDER_KIND_NONE;
  GST_OBJECT_UNLOCK (self->bin);
  gst_foxapi_bin_progress_post (self->progress, message, may_delay);
}

static void
handle_source_message (GstFoxapiBinReports * self, GstMessage * message)
{
  switch (GST_MESSAGE_TYPE (message)) {
    case GST_MESSAGE_ERROR:
      handle_error (self, message);
      break;
    case GST_MESSAGE_ELEMENT:
      if (gst_message_has_name (message, GST_FOXAPI_TASK_STRUCTURE))
        gst_foxapi_bin_task_note (self->task,
            gst_message_get_structure (message));
      post_as_own (self, message);
      break;
    case GST_MESSAGE_PROGRESS:
      handle_progress (self, message);
      break;
    case GST_MESSAGE_WARNING:
    case GST_MESSAGE_INFO:
      post_as_own (self, message);
      break;
    default:
      break;
  }
}

/* The result was shown to its end: the source may forget the task's record. */
static void
tell_arrival (GstFoxapiBinReports * self)
{
  g_autoptr (GstQuery) query = gst_query_new_custom (GST_QUERY_CUSTOM,
      gst_structure_new_empty (GST_FOXAPI_ARRIVED_QUERY));

  gst_element_query (self->source, query);
}

static void
handle_stage_message (GstFoxapiBinReports * self, GstMessage * message)
{
  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR)
    handle_error (self, message);
  else if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_EOS) {
    tell_arrival (self);
    gst_foxapi_director_cue (self->director, GST_FOXAPI_CUE_DELIVERED, NULL);
  }
}

static void
handle_capture_message (GstFoxapiBinReports * self, GstMessage * message)
{
  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR) {
    handle_error (self, message);
  } else if (gst_message_has_name (message, GST_FOXAPI_REFERENCE_STRUCTURE)) {
    /* Its generation tells of itself behind it. */
    post_as_own (self, message);
    gst_foxapi_director_cue (self->director, GST_FOXAPI_CUE_CAPTURED,
        GST_MESSAGE_SRC (message));
  }
}

/* Without its picture, the placeholder is black. */
static void
handle_placeholder_error (GstFoxapiBinReports * self, GstMessage * message)
{
  g_autoptr (GError) error = NULL;
  g_autofree gchar *debug = NULL;

  if (!claim (self, &self->placeholder_has_failed))
    return;
  gst_message_parse_error (message, &error, &debug);
  GST_ELEMENT_WARNING (self->bin, RESOURCE, READ,
      ("The placeholder cannot be shown, it is black instead: %s",
          error->message), ("%s", debug ? debug : ""));
}

/* A result that was shown before, and is repeated while the next one is made: its
 * failure is not that of the generation. */
static void
handle_player_error (GstFoxapiBinReports * self, GstMessage * message)
{
  g_autoptr (GstObject) player = find_of_type (message, GST_TYPE_FOXAPI_PLAYER);

  if (gst_foxapi_bin_clips_is_latest (self->clips, player)) {
    handle_error (self, message);
  } else if (gst_foxapi_player_claim_failure (GST_FOXAPI_PLAYER (player))) {
    post_as_warning (self, message);
    gst_foxapi_director_cue (self->director, GST_FOXAPI_CUE_WITHDRAWN, player);
  }
}

/* The base class of an output ends it with an ERROR when what is behind it fails,
 * and the other output follows. It is the graph's failure, whatever failures of
 * generations are to be. */
static void
handle_output_error (GstFoxapiBinReports * self, GstMessage * message)
{
  g_autoptr (GstMessage) explained = NULL;
  g_autofree gchar *task_id = NULL;
  gboolean is_delivered;

  if (!claim (self, &self->output_has_failed))
    return;
  g_mutex_lock (&self->lock);
  is_delivered = self->is_delivered;
  g_mutex_unlock (&self->lock);
  if (!is_delivered)
    task_id = gst_foxapi_bin_task_dup_id (self->task);
  explained = gst_foxapi_explain_stream_error (gst_message_ref (message),
      task_id);
  post_as_own (self, explained);
}

/* What children that are none of the graph's business tell of themselves */
static gboolean
is_private (GstMessage * message)
{
  switch (GST_MESSAGE_TYPE (message)) {
    case GST_MESSAGE_STATE_CHANGED:
    case GST_MESSAGE_STREAM_STATUS:
      return FALSE;
    default:
      return TRUE;
  }
}

/* Returns FALSE if it is nothing special: the bin does what every bin does. */
gboolean
gst_foxapi_bin_reports_handle (GstFoxapiBinReports * reports,
    GstMessage * message)
{
  gboolean is_error = GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR;

  if (!is_private (message))
    return FALSE;
  if (is_within (message, reports->source)) {
    handle_source_message (reports, message);
  } else if (is_of_type (message, GST_TYPE_FOXAPI_STAGE)) {
    handle_stage_message (reports, message);
  } else if (is_of_type (message, GST_TYPE_FOXAPI_CAPTURE)) {
    handle_capture_message (reports, message);
  } else if (is_of_type (message, GST_TYPE_FOXAPI_PLACEHOLDER)) {
    if (is_error)
      handle_placeholder_error (reports, message);
  } else if (is_of_type (message, GST_TYPE_FOXAPI_PLAYER)) {
    if (is_error)
      handle_player_error (reports, message);
  } else if (is_error && is_of_type (message, GST_TYPE_FOXAPI_PLAYOUT)) {
    handle_output_error (reports, message);
  } else {
    return FALSE;
  }
  return TRUE;
}

/* As if a child had posted the ERROR. */
void
gst_foxapi_bin_reports_fail (GstFoxapiBinReports * reports,
    const GError * error)
{
  g_autoptr (GstMessage) message =
      gst_message_new_error (GST_OBJECT (reports->bin), (GError *) error, NULL);

  handle_error (reports, message);
}

/* Returns TRUE if the latest generation has, or what shows it. */
gboolean
gst_foxapi_bin_reports_has_failed (GstFoxapiBinReports * reports)
{
  gboolean has_failed;

  g_mutex_lock (&reports->lock);
  has_failed = reports->has_failed;
  g_mutex_unlock (&reports->lock);
  return has_failed;
}

GstFoxapiBinTask *
gst_foxapi_bin_reports_get_task (GstFoxapiBinReports * reports)
{
  return reports->task;
}

/* What fails in this thread meanwhile fails the start, and is an ERROR
 * whatever the application wants later failures to be. */
void
gst_foxapi_bin_reports_set_is_starting (GstFoxapiBinReports * reports,
    gboolean is_starting)
{
  g_mutex_lock (&reports->lock);
  reports->starter = is_starting ? g_thread_self () : NULL;
  if (is_starting)
    reports->has_failed = FALSE;
  g_mutex_unlock (&reports->lock);
}

void
gst_foxapi_bin_reports_set_is_playing (GstFoxapiBinReports * reports,
    gboolean is_playing)
{
  gst_foxapi_bin_progress_set_is_playing (reports->progress, is_playing);
}

static void
set_flag (GstFoxapiBinReports * self, gboolean * flag, gboolean value)
{
  g_mutex_lock (&self->lock);
  *flag = value;
  g_mutex_unlock (&self->lock);
}

/* What fails from now on is news. */
void
gst_foxapi_bin_reports_forget_failure (GstFoxapiBinReports * reports)
{
  set_flag (reports, &reports->has_failed, FALSE);
}

/* What comes next is about another generation. */
void
gst_foxapi_bin_reports_new_generation (GstFoxapiBinReports * reports)
{
  gst_foxapi_bin_task_forget (reports->task);
  set_flag (reports, &reports->has_failed, FALSE);
  set_flag (reports, &reports->is_delivered, FALSE);
}

/* The result has been shown, and its task is not kept any more. */
void
gst_foxapi_bin_reports_delivered (GstFoxapiBinReports * reports)
{
  set_flag (reports, &reports->is_delivered, TRUE);
}

/* Nobody waits for a result any more. */
void
gst_foxapi_bin_reports_ending (GstFoxapiBinReports * reports, GFunc when_told,
    gpointer user_data)
{
  gst_foxapi_bin_progress_close (reports->progress, when_told, user_data);
}

/* What comes next is about another placeholder. */
void
gst_foxapi_bin_reports_new_placeholder (GstFoxapiBinReports * reports)
{
  set_flag (reports, &reports->placeholder_has_failed, FALSE);
}

/* What is torn down has nothing to tell. */
void
gst_foxapi_bin_reports_stopping (GstFoxapiBinReports * reports)
{
  set_flag (reports, &reports->has_failed, TRUE);
  set_flag (reports, &reports->placeholder_has_failed, TRUE);
  set_flag (reports, &reports->output_has_failed, TRUE);
}

/* Nothing is left that could tell something. */
void
gst_foxapi_bin_reports_stopped (GstFoxapiBinReports * reports)
{
  gst_foxapi_bin_progress_set_is_playing (reports->progress, FALSE);
  set_flag (reports, &reports->output_has_failed, FALSE);
  gst_foxapi_bin_reports_new_generation (reports);
}
