/* Messages of the bin's children → messages of the bin
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstfoxapibinmessages.h"

#include "gstfoxapibinclips.h"
#include "gstfoxapicapture.h"
#include "gstfoxapimessages.h"
#include "gstfoxapioutput.h"
#include "gstfoxapiplaceholder.h"
#include "gstfoxapiplayer.h"

GST_DEBUG_CATEGORY_EXTERN (foxapi_video_bin_debug);
#define GST_CAT_DEFAULT foxapi_video_bin_debug

/* An open PROGRESS asks the application to wait with PLAYING until it is
 * complete (gst-launch-1.0 does). Where a placeholder is there to be played,
 * it is posted when it does not delay anything any more. */
typedef struct
{
  GstElement *element;          /* whose messages they are; outlives this */

  GMutex lock;                  /* of what follows; not held when one is posted */
  gboolean is_playing;
  GstMessage *held;             /* (nullable): the last one that is held back */
  GstMessage *open;             /* (nullable): the last one, if it is open */
  gboolean is_closed;           /* nothing can come of it any more */
  GQueue to_post;               /* (element-type GstMessage) */
  gboolean is_posting;
  GFunc when_closed;            /* (nullable): called behind the last one */
  gpointer user_data;           /* for @when_closed */
} GstFoxapiBinProgress;

static GstFoxapiBinProgress *
progress_new (GstElement * element)
{
  GstFoxapiBinProgress *self = g_new0 (GstFoxapiBinProgress, 1);

  self->element = element;
  g_mutex_init (&self->lock);
  g_queue_init (&self->to_post);
  return self;
}

static void
progress_free (GstFoxapiBinProgress * progress)
{
  gst_clear_message (&progress->held);
  gst_clear_message (&progress->open);
  g_queue_clear_full (&progress->to_post, (GDestroyNotify) gst_message_unref);
  g_mutex_clear (&progress->lock);
  g_free (progress);
}

/* Posts what is queued, in its order, whichever threads queue it. */
static void
post_queued (GstFoxapiBinProgress * self)
{
  GFunc when_closed = NULL;
  GstMessage *message;

  g_mutex_lock (&self->lock);
  if (!self->is_posting) {
    self->is_posting = TRUE;
    while ((message = g_queue_pop_head (&self->to_post)) != NULL) {
      g_mutex_unlock (&self->lock);
      gst_element_post_message (self->element, message);
      g_mutex_lock (&self->lock);
    }
    self->is_posting = FALSE;
    when_closed = self->when_closed;
    self->when_closed = NULL;
  }
  g_mutex_unlock (&self->lock);
  if (when_closed != NULL)
    when_closed (self->element, self->user_data);
}

static gboolean
is_open (GstProgressType type)
{
  return type == GST_PROGRESS_TYPE_START || type == GST_PROGRESS_TYPE_CONTINUE;
}

/* Called with the lock */
static void
queue (GstFoxapiBinProgress * self, GstMessage * message, GstProgressType type,
    const gchar * text)
{
  GstStructure *structure = gst_structure_copy (gst_message_get_structure
      (message));

  gst_structure_set (structure, "type", GST_TYPE_PROGRESS_TYPE, type, NULL);
  if (text != NULL)
    gst_structure_set (structure, "text", G_TYPE_STRING, text, NULL);
  message = gst_message_new_custom (GST_MESSAGE_PROGRESS,
      GST_OBJECT (self->element), structure);
  gst_message_replace (&self->open, is_open (type) ? message : NULL);
  g_queue_push_tail (&self->to_post, message);
}

/* Posts it as the element's own, now or when that plays. */
static void
progress_post (GstFoxapiBinProgress * progress,
    GstMessage * message, gboolean may_delay)
{
  GstProgressType type;

  gst_message_parse_progress (message, &type, NULL, NULL);
  g_mutex_lock (&progress->lock);
  gst_clear_message (&progress->held);
  if (progress->is_closed)
    GST_DEBUG_OBJECT (progress->element, "the output has ended: no progress");
  else if (progress->is_playing || may_delay)
    queue (progress, message, type, NULL);
  else if (is_open (type))
    progress->held = gst_message_ref (message);
  g_mutex_unlock (&progress->lock);
  post_queued (progress);
}

/* Posts what was held back, or forgets it. */
static void
progress_set_is_playing (GstFoxapiBinProgress * progress, gboolean is_playing)
{
  g_mutex_lock (&progress->lock);
  progress->is_playing = is_playing;
  if (progress->held != NULL && is_playing)
    queue (progress, progress->held, GST_PROGRESS_TYPE_START, NULL);
  gst_clear_message (&progress->held);
  if (!is_playing) {
    gst_clear_message (&progress->open);
    progress->is_closed = FALSE;
  }
  g_mutex_unlock (&progress->lock);
  post_queued (progress);
}

/* Whoever waits for the progress waits no longer, until the element stops. */
static void
progress_close (GstFoxapiBinProgress * progress,
    GFunc when_closed, gpointer user_data)
{
  g_autoptr (GstMessage) open = NULL;

  g_mutex_lock (&progress->lock);
  progress->is_closed = TRUE;
  progress->when_closed = when_closed;
  progress->user_data = user_data;
  gst_clear_message (&progress->held);
  open = g_steal_pointer (&progress->open);
  if (open != NULL)
    queue (progress, open, GST_PROGRESS_TYPE_CANCELED,
        "Ended before the result");
  g_mutex_unlock (&progress->lock);
  post_queued (progress);
}

/* What the bin's children tell → what the bin tells */

struct _GstFoxapiBinMessages
{
  /* Not owned: the bin, and what it has as long as it posts messages */
  GstElement *bin;
  GstElement *source;           /* (nullable) */
  const GstFoxapiBinOptions *options;   /* the bin's object lock */
  GstFoxapiBinClips *clips;
  GstFoxapiControl *control;

  GstFoxapiBinProgress *progress;

  GMutex lock;                  /* of what follows */
  GstStructure *task;           /* (nullable): the latest foxapi-task */
  gint64 submitted_us;          /* when the first came; 0: none has */
  GThread *starter;             /* (nullable): who is starting the bin */
  gboolean has_failed;          /* the generation, and that was told */
  gboolean placeholder_has_failed;      /* likewise */
  gboolean output_has_failed;   /* likewise */
  gboolean is_delivered;        /* the generation's result */
};

/* None of them is owned; @bin handles no message when they are gone. */
GstFoxapiBinMessages *
gst_foxapi_bin_messages_new (GstElement * bin, GstElement * source,
    const GstFoxapiBinOptions * options, GstFoxapiBinClips * clips,
    GstFoxapiControl * control)
{
  GstFoxapiBinMessages *self = g_new0 (GstFoxapiBinMessages, 1);

  self->bin = bin;
  self->source = source;
  self->options = options;
  self->clips = clips;
  self->control = control;
  self->progress = progress_new (bin);
  g_mutex_init (&self->lock);
  return self;
}

void
gst_foxapi_bin_messages_free (GstFoxapiBinMessages * messages)
{
  progress_free (messages->progress);
  gst_clear_structure (&messages->task);
  g_mutex_clear (&messages->lock);
  g_free (messages);
}

static void
note_task (GstFoxapiBinMessages * self, const GstStructure * task)
{
  g_mutex_lock (&self->lock);
  gst_clear_structure (&self->task);
  self->task = gst_structure_copy (task);
  if (self->submitted_us == 0)
    self->submitted_us = g_get_monotonic_time ();
  g_mutex_unlock (&self->lock);
}

static gchar *
dup_task_id (GstFoxapiBinMessages * self)
{
  gchar *id = NULL;

  g_mutex_lock (&self->lock);
  if (self->task != NULL)
    id = g_strdup (gst_structure_get_string (self->task, "id"));
  g_mutex_unlock (&self->lock);
  return id;
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
claim (GstFoxapiBinMessages * self, gboolean * has_failed)
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
post_as_own (GstFoxapiBinMessages * self, GstMessage * message)
{
  const GstStructure *structure = gst_message_get_structure (message);
  GstMessage *own = gst_message_new_custom (GST_MESSAGE_TYPE (message),
      GST_OBJECT (self->bin),
      structure ? gst_structure_copy (structure) : NULL);

  gst_message_set_seqnum (own, gst_message_get_seqnum (message));
  gst_element_post_message (self->bin, own);
}

static void
post_as_warning (GstFoxapiBinMessages * self, GstMessage * message)
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
explain (GstFoxapiBinMessages * self, GstMessage * message)
{
  const GstStructure *details = NULL;
  g_autofree gchar *task_id = NULL;
  gboolean is_of_player = is_of_type (message, GST_TYPE_FOXAPI_PLAYER);
  gboolean is_of_task = is_of_player
      || is_of_type (message, GST_TYPE_FOXAPI_CLIP_SINK);

  gst_message_parse_error_details (message, &details);
  if (details != NULL && gst_structure_has_field (details, "task-id"))
    return gst_message_ref (message);
  if (is_of_task)
    task_id = dup_task_id (self);
  if (task_id == NULL)
    return gst_message_ref (message);
  return gst_foxapi_explain_error (gst_message_ref (message), is_of_player ?
      "The result cannot be shown; foxapivideosrc ! filesink saves it." : NULL,
      task_id);
}

/* What fails the change of state by its return: properties that are wrong, and
 * nothing that other threads find out meanwhile. */
static gboolean
is_of_start (GstFoxapiBinMessages * self, GstMessage * message)
{
  gboolean is_in_start;

  g_mutex_lock (&self->lock);
  is_in_start = self->starter == g_thread_self ();
  g_mutex_unlock (&self->lock);
  return is_in_start && !is_of_type (message, GST_TYPE_FOXAPI_CAPTURE);
}

/* The generation, or what shows it, has failed. */
static void
handle_error (GstFoxapiBinMessages * self, GstMessage * message)
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
  gst_foxapi_control_send (self->control, GST_FOXAPI_CONTROL_FAILED,
      GST_MESSAGE_SRC (message));
}

static void
handle_progress (GstFoxapiBinMessages * self, GstMessage * message)
{
  g_autofree gchar *code = NULL;
  gboolean may_delay;

  /* An open one of the download would hold up whoever prerolls: there it only ends
   * when the clip has been played. */
  gst_message_parse_progress (message, NULL, &code, NULL);
  if (!g_str_equal (code, "generate"))
    return;

  GST_OBJECT_LOCK (self->bin);
  may_delay = !self->options->is_live
      && self->options->placeholder == GST_FOXAPI_PLACEHOLDER_KIND_NONE;
  GST_OBJECT_UNLOCK (self->bin);
  progress_post (self->progress, message, may_delay);
}

static void
handle_source_message (GstFoxapiBinMessages * self, GstMessage * message)
{
  switch (GST_MESSAGE_TYPE (message)) {
    case GST_MESSAGE_ERROR:
      handle_error (self, message);
      break;
    case GST_MESSAGE_ELEMENT:
      if (gst_message_has_name (message, GST_FOXAPI_TASK_STRUCTURE))
        note_task (self, gst_message_get_structure (message));
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
tell_arrival (GstFoxapiBinMessages * self)
{
  g_autoptr (GstQuery) query = gst_query_new_custom (GST_QUERY_CUSTOM,
      gst_structure_new_empty (GST_FOXAPI_ARRIVED_QUERY));

  gst_element_query (self->source, query);
}

static void
handle_clip_sink_message (GstFoxapiBinMessages * self, GstMessage * message)
{
  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR)
    handle_error (self, message);
  else if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_EOS) {
    tell_arrival (self);
    gst_foxapi_control_send (self->control, GST_FOXAPI_CONTROL_DELIVERED, NULL);
  }
}

static void
handle_capture_message (GstFoxapiBinMessages * self, GstMessage * message)
{
  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR) {
    handle_error (self, message);
  } else if (gst_message_has_name (message, GST_FOXAPI_REFERENCE_STRUCTURE)) {
    /* Its generation tells of itself behind it. */
    post_as_own (self, message);
    gst_foxapi_control_send (self->control, GST_FOXAPI_CONTROL_CAPTURED,
        GST_MESSAGE_SRC (message));
  }
}

/* Without its picture, the placeholder is black. */
static void
handle_placeholder_error (GstFoxapiBinMessages * self, GstMessage * message)
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
handle_player_error (GstFoxapiBinMessages * self, GstMessage * message)
{
  g_autoptr (GstObject) player = find_of_type (message, GST_TYPE_FOXAPI_PLAYER);

  if (gst_foxapi_bin_clips_is_latest (self->clips, player)) {
    handle_error (self, message);
  } else if (gst_foxapi_player_claim_failure (GST_FOXAPI_PLAYER (player))) {
    post_as_warning (self, message);
    gst_foxapi_control_send (self->control, GST_FOXAPI_CONTROL_WITHDRAWN,
        player);
  }
}

/* The base class of an output ends it with an ERROR when what is behind it fails,
 * and the other output follows. It is the graph's failure, whatever failures of
 * generations are to be. */
static void
handle_output_error (GstFoxapiBinMessages * self, GstMessage * message)
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
    task_id = dup_task_id (self);
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
gst_foxapi_bin_messages_handle (GstFoxapiBinMessages * messages,
    GstMessage * message)
{
  gboolean is_error = GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR;

  if (!is_private (message))
    return FALSE;
  if (is_within (message, messages->source)) {
    handle_source_message (messages, message);
  } else if (is_of_type (message, GST_TYPE_FOXAPI_CLIP_SINK)) {
    handle_clip_sink_message (messages, message);
  } else if (is_of_type (message, GST_TYPE_FOXAPI_CAPTURE)) {
    handle_capture_message (messages, message);
  } else if (is_of_type (message, GST_TYPE_FOXAPI_PLACEHOLDER)) {
    if (is_error)
      handle_placeholder_error (messages, message);
  } else if (is_of_type (message, GST_TYPE_FOXAPI_PLAYER)) {
    if (is_error)
      handle_player_error (messages, message);
  } else if (is_error && is_of_type (message, GST_TYPE_FOXAPI_BIN_OUTPUT)) {
    handle_output_error (messages, message);
  } else {
    return FALSE;
  }
  return TRUE;
}

/* As if a child had posted the ERROR. */
void
gst_foxapi_bin_messages_fail (GstFoxapiBinMessages * messages,
    const GError * error)
{
  g_autoptr (GstMessage) message =
      gst_message_new_error (GST_OBJECT (messages->bin), (GError *) error,
      NULL);

  handle_error (messages, message);
}

/* Returns TRUE if the latest generation has, or what shows it. */
gboolean
gst_foxapi_bin_messages_has_failed (GstFoxapiBinMessages * messages)
{
  gboolean has_failed;

  g_mutex_lock (&messages->lock);
  has_failed = messages->has_failed;
  g_mutex_unlock (&messages->lock);
  return has_failed;
}

/* (transfer full): how far the task is, for people; empty if that is not known */
gchar *
gst_foxapi_bin_messages_make_text (GstFoxapiBinMessages * messages)
{
  gint64 elapsed_s = 0;
  gint progress = -1;

  g_mutex_lock (&messages->lock);
  if (messages->task != NULL) {
    gst_structure_get_int (messages->task, "progress", &progress);
    elapsed_s = (g_get_monotonic_time () - messages->submitted_us)
        / G_USEC_PER_SEC;
  }
  g_mutex_unlock (&messages->lock);
  return progress < 0 ? g_strdup ("") : g_strdup_printf ("%d %%, %d:%02d since "
      "the start", progress, (gint) (elapsed_s / 60), (gint) (elapsed_s % 60));
}

/* (transfer full) (nullable): the event foxapi-task */
GstEvent *
gst_foxapi_bin_messages_make_task_event (GstFoxapiBinMessages * messages)
{
  GstEvent *event = NULL;

  g_mutex_lock (&messages->lock);
  if (messages->task != NULL)
    event = gst_event_new_custom (GST_EVENT_CUSTOM_DOWNSTREAM_STICKY,
        gst_structure_copy (messages->task));
  g_mutex_unlock (&messages->lock);
  return event;
}

/* What fails in this thread meanwhile fails the start, and is an ERROR
 * whatever the application wants later failures to be. */
void
gst_foxapi_bin_messages_set_is_starting (GstFoxapiBinMessages * messages,
    gboolean is_starting)
{
  g_mutex_lock (&messages->lock);
  messages->starter = is_starting ? g_thread_self () : NULL;
  if (is_starting)
    messages->has_failed = FALSE;
  g_mutex_unlock (&messages->lock);
}

void
gst_foxapi_bin_messages_set_is_playing (GstFoxapiBinMessages * messages,
    gboolean is_playing)
{
  progress_set_is_playing (messages->progress, is_playing);
}

static void
set_flag (GstFoxapiBinMessages * self, gboolean * flag, gboolean value)
{
  g_mutex_lock (&self->lock);
  *flag = value;
  g_mutex_unlock (&self->lock);
}

/* What fails from now on is news. */
void
gst_foxapi_bin_messages_forget_failure (GstFoxapiBinMessages * messages)
{
  set_flag (messages, &messages->has_failed, FALSE);
}

/* What comes next is about another generation. */
void
gst_foxapi_bin_messages_new_generation (GstFoxapiBinMessages * messages)
{
  g_mutex_lock (&messages->lock);
  gst_clear_structure (&messages->task);
  messages->submitted_us = 0;
  g_mutex_unlock (&messages->lock);
  set_flag (messages, &messages->has_failed, FALSE);
  set_flag (messages, &messages->is_delivered, FALSE);
}

/* The result has been shown, and its task is not kept any more. */
void
gst_foxapi_bin_messages_delivered (GstFoxapiBinMessages * messages)
{
  set_flag (messages, &messages->is_delivered, TRUE);
}

/* Nobody waits for a result any more. */
void
gst_foxapi_bin_messages_ending (GstFoxapiBinMessages * messages,
    GFunc when_told, gpointer user_data)
{
  progress_close (messages->progress, when_told, user_data);
}

/* What comes next is about another placeholder. */
void
gst_foxapi_bin_messages_new_placeholder (GstFoxapiBinMessages * messages)
{
  set_flag (messages, &messages->placeholder_has_failed, FALSE);
}

/* What is torn down has nothing to tell. */
void
gst_foxapi_bin_messages_stopping (GstFoxapiBinMessages * messages)
{
  set_flag (messages, &messages->has_failed, TRUE);
  set_flag (messages, &messages->placeholder_has_failed, TRUE);
  set_flag (messages, &messages->output_has_failed, TRUE);
}

/* Nothing is left that could tell something. */
void
gst_foxapi_bin_messages_stopped (GstFoxapiBinMessages * messages)
{
  progress_set_is_playing (messages->progress, FALSE);
  set_flag (messages, &messages->output_has_failed, FALSE);
  gst_foxapi_bin_messages_new_generation (messages);
}
