/* foxapivideobin: a prompt in a live graph
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/**
 * SECTION:element-foxapivideobin
 * @title: foxapivideobin
 *
 * foxapivideobin is foxapivideosrc for graphs that cannot wait: its output, raw
 * video and sound in fixed formats, begins at once with a placeholder and goes
 * over to the result when that is there, at a frame boundary and without a gap.
 * References may come from the graph: the request pads `image_%u` and `video_%u`
 * take encoded or raw media and make files of them, which are uploaded.
 *
 * It has the generation, service and task properties of foxapivideosrc, and its
 * messages; what is said there about money holds here. A result counts as
 * delivered when it has been shown to its end.
 *
 * ## Example launch lines
 * |[
 * gst-launch-1.0 foxapivideobin prompt="A kite over the dunes" placeholder=pattern show-progress=true ! videoconvert ! autovideosink
 * ]|
 * Shows a test pattern with the progress, then the video.
 * |[
 * gst-launch-1.0 videotestsrc num-buffers=1 ! foxapivideobin.image_0 foxapivideobin name=foxapivideobin prompt="It comes alive" placeholder=reference ! videoconvert ! autovideosink
 * ]|
 * Takes a frame of the graph as the reference, and shows it until the result is
 * there.
 *
 * Since: 0.1
 */

/* The way of the data:
 *
 *   image_%u, video_%u → captures → files ┐
 *                     properties of this ─┴→ foxapivideosrc → stage → file
 *                                                                      ↓
 *   video, audio ← tees ← playouts ← program ← players (file → frames, samples)
 *                             ↑
 *                        placeholder
 *
 * Only the playouts and the tees change their states with the bin. The others
 * work at PLAYING from the start to the stop, whatever the bin's state: a pipeline
 * that prerolls may be waiting for what they make. So their states are locked, and
 * none of them needs a clock.
 *
 * Threads and locks:
 *
 * - The director's thread does whatever changes states and children between start
 *   and stop. The fields under "The director" belong to it then, and to the thread
 *   that changes the bin's state at other times.
 * - Children's messages are handled in whatever thread posts them; it passes a cue
 *   to the director.
 * - Properties come from any thread: the object lock. No lock is held when a
 *   message is posted.
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstfoxapivideobin.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <gst/video/video.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gstfoxapiaudioplayout.h"
#include "gstfoxapibinoptions.h"
#include "gstfoxapibranch.h"
#include "gstfoxapicapture.h"
#include "gstfoxapicapturefile.h"
#include "gstfoxapidirector.h"
#include "gstfoxapiexplain.h"
#include "gstfoxapiframesize.h"
#include "gstfoxapimessages.h"
#include "gstfoxapipng.h"
#include "gstfoxapiremaining.h"
#include "gstfoxapistage.h"
#include "gstfoxapivideoplayout.h"

GST_DEBUG_CATEGORY_STATIC (foxapi_video_bin_debug);
#define GST_CAT_DEFAULT foxapi_video_bin_debug

/* So many seconds a result that was taken to its end waits for the bin to play,
 * which makes it a delivery; then the graph may need the end to preroll. */
#define PREROLL_TICKS 2

/* Properties of foxapivideosrc that the bin changes for each generation: what the
 * application has set is kept here. */
typedef enum
{
  OWN_PROMPT,
  OWN_IMAGES,
  OWN_VIDEOS,
  N_OWN
} Own;

static const gchar *const own_names[N_OWN] = {
  "prompt", "reference-image-urls", "reference-video-urls"
};

struct _GstFoxapiVideoBin
{
  GstBin parent;

  /* Made with the bin */
  GstElement *source;           /* (nullable): its plugin may be missing */
  GstElement *stage;
  GstElement *video_playout;
  GstElement *audio_playout;
  GstPad *video_pad;
  GstPad *audio_pad;
  GstFoxapiProgram *program;
  GstFoxapiDirector *director;
  gchar *directory;             /* of files; NULL until one is needed */
  GCancellable *cancellable;    /* of what the director may be at */

  /* The object lock */
  GstFoxapiBinOptions options;
  GValue own[N_OWN];
  guint next_pad[2];            /* lowest free number, by kind */
  GThread *starter;             /* (nullable): who is in start() */
  gboolean has_failed;          /* the generation, and that was told */
  gboolean placeholder_has_failed;      /* likewise */
  gboolean is_playing;
  GstMessage *progress;         /* (nullable): held back, see handle_progress() */
  GQueue to_post;               /* messages, see post_queued() */
  gboolean is_posting;
  GstStructure *task;           /* (nullable): last foxapi-task of this run */
  gint64 task_time_us;          /* when it came */
  gint64 submitted_us;
  guint n_asked;                /* generations that `next` has asked for */

  /* The director */
  GstFoxapiBinOptions run;      /* the options of this run */
  GstCaps *video_caps;
  GstCaps *audio_caps;
  GstElement *placeholder;      /* (nullable) */
  GList *players;               /* children */
  GHashTable *pending;          /* captures that have nothing yet */
  guint shot;                   /* which prompt: 0 is `prompt` itself */
  gchar *continuity;            /* (nullable): URI of the last frame before */
  guint clip;                   /* number of the latest generation's file */
  guint staged;                 /* of the latest file that is complete */
  gboolean is_generating;       /* since the submission, until it is delivered */
  gboolean is_aired;            /* the latest clip, to its end */
  guint patience;               /* seconds that its end still waits for a play */
  gboolean has_played;
};

enum
{
  SIGNAL_NEXT,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

/* *INDENT-OFF* */
static GstStaticPadTemplate video_template = GST_STATIC_PAD_TEMPLATE ("video",
    GST_PAD_SRC, GST_PAD_ALWAYS,
    GST_STATIC_CAPS ("video/x-raw, format = (string) I420, "
        "width = (int) [ 1, 8192 ], height = (int) [ 1, 8192 ], "
        "framerate = (fraction) [ 0, max ]"));

static GstStaticPadTemplate audio_template = GST_STATIC_PAD_TEMPLATE ("audio",
    GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS (GST_FOXAPI_AUDIO_CAPS));

G_DEFINE_FINAL_TYPE (GstFoxapiVideoBin, gst_foxapi_video_bin, GST_TYPE_BIN)
GST_ELEMENT_REGISTER_DEFINE (foxapivideobin, "foxapivideobin", GST_RANK_NONE,
    GST_TYPE_FOXAPI_VIDEO_BIN)
/* *INDENT-ON* */

static GQuark
get_clip_quark (void)
{
  return g_quark_from_static_string ("foxapi-clip");
}

/* Files */

static gboolean
is_own_directory (const gchar * path)
{
  GStatBuf status;

  return g_lstat (path, &status) == 0 && S_ISDIR (status.st_mode)
      && status.st_uid == geteuid ();
}

/* Whoever cleans folders of temporary files may have taken it away since. */
static gboolean
ensure_directory (GstFoxapiVideoBin * self, GError ** error)
{
  if (self->directory == NULL)
    self->directory = g_dir_make_tmp ("gst-foxapi-XXXXXX", error);
  else if (g_mkdir (self->directory, 0700) != 0
      && !is_own_directory (self->directory))
    g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (errno),
        "%s: %s", self->directory, g_strerror (errno));
  else
    return TRUE;
  return self->directory != NULL && *error == NULL;
}

static gchar *
get_clip_path (GstFoxapiVideoBin * self, guint clip)
{
  g_autofree gchar *name = g_strdup_printf ("result-%u.mp4", clip);

  return g_build_filename (self->directory, name, NULL);
}

static void
remove_clip (GstFoxapiVideoBin * self, guint clip)
{
  g_autofree gchar *path = get_clip_path (self, clip);

  g_unlink (path);
}

static void
drop_continuity (GstFoxapiVideoBin * self)
{
  g_autofree gchar *path = self->continuity ?
      g_filename_from_uri (self->continuity, NULL, NULL) : NULL;

  if (path != NULL)
    g_unlink (path);
  g_clear_pointer (&self->continuity, g_free);
}

static void
remove_directory (GstFoxapiVideoBin * self)
{
  g_autoptr (GDir) dir = NULL;
  const gchar *name;

  if (self->directory == NULL)
    return;
  dir = g_dir_open (self->directory, 0, NULL);
  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL) {
    g_autofree gchar *path = g_build_filename (self->directory, name, NULL);

    g_unlink (path);
  }
  g_rmdir (self->directory);
  g_clear_pointer (&self->directory, g_free);
}

/* Captures */

static gint
compare_names (gconstpointer a, gconstpointer b)
{
  const gchar *const names[] = { GST_OBJECT_NAME (a), GST_OBJECT_NAME (b) };
  guint64 numbers[2];

  for (guint i = 0; i < 2; i++)
    numbers[i] = g_ascii_strtoull (strchr (names[i], '_') + 1, NULL, 10);
  return numbers[0] < numbers[1] ? -1 : numbers[0] > numbers[1];
}

/* (transfer full): the captures with names that begin so, in the order of their
 * numbers */
static GList *
list_captures (GstFoxapiVideoBin * self, const gchar * prefix)
{
  GList *captures = NULL;

  GST_OBJECT_LOCK (self);
  for (GList * l = GST_BIN_CHILDREN (self); l != NULL; l = l->next) {
    if (GST_IS_FOXAPI_CAPTURE (l->data)
        && g_str_has_prefix (GST_OBJECT_NAME (l->data), prefix))
      captures = g_list_insert_sorted (captures, gst_object_ref (l->data),
          compare_names);
  }
  GST_OBJECT_UNLOCK (self);
  return captures;
}

static void
forget_captures (GstFoxapiVideoBin * self)
{
  GList *captures = list_captures (self, "");

  for (GList * l = captures; l != NULL; l = l->next)
    gst_foxapi_capture_forget (l->data);
  g_list_free_full (captures, gst_object_unref);
}

/* Properties */

static gint
find_own (const gchar * name)
{
  for (gint i = 0; i < N_OWN; i++) {
    if (g_str_equal (name, own_names[i]))
      return i;
  }
  return -1;
}

/* What is set on a bin that is not running begins the program anew; while it runs
 * it is for the next generation. */
static void
set_source_property (GstFoxapiVideoBin * self, guint id, const GValue * value,
    GParamSpec * pspec)
{
  gint own = find_own (pspec->name);

  GST_OBJECT_LOCK (self);
  if (own >= 0)
    g_value_copy (value, &self->own[own]);
  if (GST_STATE (self) <= GST_STATE_READY
      && (id == GST_FOXAPI_PROP_TASK_ID
          || gst_foxapi_property_is_of_generation (id))) {
    self->shot = 0;
    drop_continuity (self);
  }
  GST_OBJECT_UNLOCK (self);

  if (self->source != NULL)
    g_object_set_property (G_OBJECT (self->source), pspec->name, value);
  if (id == GST_FOXAPI_PROP_TASK_ID && g_value_get_string (value) == NULL)
    forget_captures (self);
}

static void
gst_foxapi_video_bin_set_property (GObject * object, guint id,
    const GValue * value, GParamSpec * pspec)
{
  GstFoxapiVideoBin *self = GST_FOXAPI_VIDEO_BIN (object);
  gboolean is_known;

  if (id <= GST_FOXAPI_PROP_LAST) {
    set_source_property (self, id, value, pspec);
    return;
  }
  GST_OBJECT_LOCK (self);
  is_known = gst_foxapi_bin_options_set (&self->options, id, value);
  GST_OBJECT_UNLOCK (self);
  if (!is_known)
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

static void
gst_foxapi_video_bin_get_property (GObject * object, guint id, GValue * value,
    GParamSpec * pspec)
{
  GstFoxapiVideoBin *self = GST_FOXAPI_VIDEO_BIN (object);
  gint own = find_own (pspec->name);
  gboolean is_known = TRUE;

  if (own < 0 && id <= GST_FOXAPI_PROP_LAST) {
    if (self->source != NULL)
      g_object_get_property (G_OBJECT (self->source), pspec->name, value);
    return;
  }
  GST_OBJECT_LOCK (self);
  if (own >= 0)
    g_value_copy (&self->own[own], value);
  else
    is_known = gst_foxapi_bin_options_get (&self->options, id, value);
  GST_OBJECT_UNLOCK (self);
  if (!is_known)
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

/* Messages */

static gboolean
is_within (GstMessage * message, gpointer element)
{
  GstObject *from = GST_MESSAGE_SRC (message);

  return element != NULL && from != NULL && (from == element
      || gst_object_has_as_ancestor (from, element));
}

static gboolean
is_of_type (GstMessage * message, GType type)
{
  g_autoptr (GstObject) object = GST_MESSAGE_SRC (message) ?
      gst_object_ref (GST_MESSAGE_SRC (message)) : NULL;

  while (object != NULL && !G_TYPE_CHECK_INSTANCE_TYPE (object, type)) {
    GstObject *parent = gst_object_get_parent (object);

    gst_object_unref (object);
    object = parent;
  }
  return object != NULL;
}

/* %TRUE for the first failure of its kind: what follows from it is no news. */
static gboolean
claim (GstFoxapiVideoBin * self, gboolean * has_failed)
{
  gboolean is_first;

  GST_OBJECT_LOCK (self);
  is_first = !*has_failed;
  *has_failed = TRUE;
  GST_OBJECT_UNLOCK (self);
  return is_first;
}

/* As if the bin had posted it */
static void
post_as_own (GstFoxapiVideoBin * self, GstMessage * message)
{
  const GstStructure *structure = gst_message_get_structure (message);
  GstMessage *own = gst_message_new_custom (GST_MESSAGE_TYPE (message),
      GST_OBJECT (self), structure ? gst_structure_copy (structure) : NULL);

  gst_message_set_seqnum (own, gst_message_get_seqnum (message));
  gst_element_post_message (GST_ELEMENT (self), own);
}

static void
post_as_warning (GstFoxapiVideoBin * self, GstMessage * message)
{
  g_autoptr (GError) error = NULL;
  g_autofree gchar *debug = NULL;
  const GstStructure *details = NULL;

  gst_message_parse_error (message, &error, &debug);
  gst_message_parse_error_details (message, &details);
  gst_element_post_message (GST_ELEMENT (self),
      gst_message_new_warning_with_details (GST_OBJECT (self), error, debug,
          details ? gst_structure_copy (details) : NULL));
}

/* What has failed to show or to store a result does not know of its task. */
static GstMessage *
explain (GstFoxapiVideoBin * self, GstMessage * message)
{
  const GstStructure *details = NULL;
  g_autofree gchar *task_id = NULL;
  gboolean is_of_player = is_of_type (message, GST_TYPE_FOXAPI_PLAYER);
  gboolean is_of_task = is_of_player || is_within (message, self->stage);

  gst_message_parse_error_details (message, &details);
  if (details != NULL && gst_structure_has_field (details, "task-id"))
    return gst_message_ref (message);
  GST_OBJECT_LOCK (self);
  if (self->task != NULL && is_of_task)
    task_id = g_strdup (gst_structure_get_string (self->task, "id"));
  GST_OBJECT_UNLOCK (self);
  if (task_id == NULL)
    return gst_message_ref (message);
  return gst_foxapi_explain_error (gst_message_ref (message), is_of_player ?
      "The result cannot be shown; foxapivideosrc ! filesink saves it." : NULL,
      task_id);
}

/* What fails the change of state by its return: properties that are wrong, and
 * nothing that other threads find out meanwhile. */
static gboolean
is_of_start (GstFoxapiVideoBin * self, GstMessage * message)
{
  gboolean is_in_start;

  GST_OBJECT_LOCK (self);
  is_in_start = self->starter == g_thread_self ();
  GST_OBJECT_UNLOCK (self);
  return is_in_start && !is_of_type (message, GST_TYPE_FOXAPI_CAPTURE);
}

/* The generation, or what shows it, has failed. */
static void
handle_error (GstFoxapiVideoBin * self, GstMessage * message)
{
  g_autoptr (GstMessage) explained = NULL;
  gboolean is_warning;

  if (!claim (self, &self->has_failed))
    return;
  GST_OBJECT_LOCK (self);
  is_warning = self->options.on_error == GST_FOXAPI_ERROR_POLICY_WARNING;
  GST_OBJECT_UNLOCK (self);
  explained = explain (self, message);
  if (is_warning && !is_of_start (self, message))
    post_as_warning (self, explained);
  else
    post_as_own (self, explained);
  gst_foxapi_director_cue (self->director, GST_FOXAPI_CUE_FAILED,
      GST_MESSAGE_SRC (message));
}

static void
note_task (GstFoxapiVideoBin * self, const GstStructure * task)
{
  GST_OBJECT_LOCK (self);
  gst_clear_structure (&self->task);
  self->task = gst_structure_copy (task);
  self->task_time_us = g_get_monotonic_time ();
  if (self->submitted_us == 0)
    self->submitted_us = self->task_time_us;
  GST_OBJECT_UNLOCK (self);
}

/* Called with the object lock */
static gboolean
has_something_to_show (GstFoxapiVideoBin * self)
{
  return self->is_playing || (!self->options.is_live
      && self->options.placeholder == GST_FOXAPI_PLACEHOLDER_KIND_NONE);
}

/* Posts what is queued, in its order, whichever threads queue it. */
static void
post_queued (GstFoxapiVideoBin * self)
{
  GstMessage *message;

  GST_OBJECT_LOCK (self);
  if (!self->is_posting) {
    self->is_posting = TRUE;
    while ((message = g_queue_pop_head (&self->to_post)) != NULL) {
      GST_OBJECT_UNLOCK (self);
      gst_element_post_message (GST_ELEMENT (self), message);
      GST_OBJECT_LOCK (self);
    }
    self->is_posting = FALSE;
  }
  GST_OBJECT_UNLOCK (self);
}

/* Called with the object lock */
static void
queue_progress (GstFoxapiVideoBin * self, GstMessage * message,
    GstProgressType type)
{
  GstStructure *structure = gst_structure_copy (gst_message_get_structure
      (message));

  gst_structure_set (structure, "type", GST_TYPE_PROGRESS_TYPE, type, NULL);
  g_queue_push_tail (&self->to_post, gst_message_new_custom
      (GST_MESSAGE_PROGRESS, GST_OBJECT (self), structure));
}

/* An open PROGRESS asks the application to wait with PLAYING until it is complete
 * (gst-launch-1.0 does). Where a placeholder is there to be played, it is posted
 * when it does not delay anything any more. */
static void
handle_progress (GstFoxapiVideoBin * self, GstMessage * message)
{
  GstProgressType type;

  gst_message_parse_progress (message, &type, NULL, NULL);
  GST_OBJECT_LOCK (self);
  gst_clear_message (&self->progress);
  if (has_something_to_show (self))
    queue_progress (self, message, type);
  else if (type == GST_PROGRESS_TYPE_START
      || type == GST_PROGRESS_TYPE_CONTINUE)
    self->progress = gst_message_ref (message);
  GST_OBJECT_UNLOCK (self);
  post_queued (self);
}

static void
note_playing (GstFoxapiVideoBin * self, gboolean is_playing)
{
  GST_OBJECT_LOCK (self);
  self->is_playing = is_playing;
  if (self->progress != NULL && is_playing)
    queue_progress (self, self->progress, GST_PROGRESS_TYPE_START);
  gst_clear_message (&self->progress);
  GST_OBJECT_UNLOCK (self);
  post_queued (self);
}

static void
handle_source_message (GstFoxapiVideoBin * self, GstMessage * message)
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

static void
handle_stage_message (GstFoxapiVideoBin * self, GstMessage * message)
{
  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR)
    handle_error (self, message);
  else if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_EOS)
    gst_foxapi_director_cue (self->director, GST_FOXAPI_CUE_DELIVERED, NULL);
}

static void
handle_capture_message (GstFoxapiVideoBin * self, GstMessage * message)
{
  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR) {
    handle_error (self, message);
  } else if (gst_message_has_name (message, GST_FOXAPI_REFERENCE_STRUCTURE)) {
    gst_foxapi_director_cue (self->director, GST_FOXAPI_CUE_CAPTURED,
        GST_MESSAGE_SRC (message));
    post_as_own (self, message);
  }
}

/* Without its picture, the placeholder is black. */
static void
handle_placeholder_error (GstFoxapiVideoBin * self, GstMessage * message)
{
  g_autoptr (GError) error = NULL;
  g_autofree gchar *debug = NULL;

  if (!claim (self, &self->placeholder_has_failed))
    return;
  gst_message_parse_error (message, &error, &debug);
  GST_ELEMENT_WARNING (self, RESOURCE, READ,
      ("The placeholder cannot be shown, it is black instead: %s",
          error->message), ("%s", debug ? debug : ""));
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

static void
gst_foxapi_video_bin_handle_message (GstBin * bin, GstMessage * message)
{
  GstFoxapiVideoBin *self = GST_FOXAPI_VIDEO_BIN (bin);
  gboolean is_error = GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR;
  gboolean is_for_all = FALSE;

  if (!is_private (message))
    is_for_all = TRUE;
  else if (is_within (message, self->source))
    handle_source_message (self, message);
  else if (is_within (message, self->stage))
    handle_stage_message (self, message);
  else if (is_of_type (message, GST_TYPE_FOXAPI_CAPTURE))
    handle_capture_message (self, message);
  else if (is_of_type (message, GST_TYPE_FOXAPI_PLACEHOLDER)) {
    if (is_error)
      handle_placeholder_error (self, message);
  } else if (is_of_type (message, GST_TYPE_FOXAPI_PLAYER)) {
    if (is_error)
      handle_error (self, message);
  } else
    is_for_all = TRUE;

  if (is_for_all)
    GST_BIN_CLASS (gst_foxapi_video_bin_parent_class)->handle_message (bin,
        message);
  else
    gst_message_unref (message);
}

/* From here on to the next heading: the director */

static void
add_locked (GstFoxapiVideoBin * self, GstElement * element)
{
  gst_element_set_locked_state (element, TRUE);
  gst_bin_add (GST_BIN (self), element);
}

static void
remove_child (GstFoxapiVideoBin * self, GstElement * element)
{
  gst_element_set_state (element, GST_STATE_NULL);
  gst_bin_remove (GST_BIN (self), element);
}

static gchar *
choose_placeholder_uri (GstFoxapiVideoBin * self, const gchar * reference)
{
  switch ((GstFoxapiPlaceholderKind) self->run.placeholder) {
    case GST_FOXAPI_PLACEHOLDER_KIND_IMAGE:
      return gst_filename_to_uri (self->run.placeholder_location, NULL);
    case GST_FOXAPI_PLACEHOLDER_KIND_REFERENCE:
      return g_strdup (reference);
    default:
      return NULL;
  }
}

static void
set_placeholder (GstFoxapiVideoBin * self, GstElement * placeholder)
{
  if (self->run.show_progress && !gst_foxapi_placeholder_draw_text
      (GST_FOXAPI_PLACEHOLDER (placeholder)))
    GST_ELEMENT_WARNING (self, CORE, MISSING_PLUGIN,
        ("The progress cannot be drawn: the element textoverlay is missing. "
            "Install the package gstreamer1.0-x."), (NULL));
  if (self->placeholder != NULL)
    remove_child (self, self->placeholder);
  GST_OBJECT_LOCK (self);
  self->placeholder_has_failed = FALSE;
  GST_OBJECT_UNLOCK (self);
  self->placeholder = placeholder;
  add_locked (self, placeholder);
  gst_foxapi_video_playout_set_placeholder (GST_FOXAPI_VIDEO_PLAYOUT
      (self->video_playout), GST_FOXAPI_PLACEHOLDER (placeholder));
  gst_element_set_state (placeholder, GST_STATE_PLAYING);
}

/* @reference: (nullable): URI of the first reference */
static void
make_placeholder (GstFoxapiVideoBin * self, const gchar * reference)
{
  g_autofree gchar *uri = choose_placeholder_uri (self, reference);

  if (self->run.placeholder == GST_FOXAPI_PLACEHOLDER_KIND_NONE)
    return;
  if (uri != NULL)
    set_placeholder (self, gst_foxapi_placeholder_new_picture (uri,
            self->video_caps));
  else
    set_placeholder (self, gst_foxapi_placeholder_new_pattern
        (self->run.placeholder == GST_FOXAPI_PLACEHOLDER_KIND_PATTERN ?
            "smpte" : "black", self->video_caps));
}

static void
update_text (GstFoxapiVideoBin * self)
{
  g_autofree gchar *text = NULL;
  gint progress = 0, estimate = 0, remaining;
  gint64 now_us = g_get_monotonic_time ();

  if (self->placeholder == NULL || !self->run.show_progress)
    return;
  GST_OBJECT_LOCK (self);
  if (self->task != NULL) {
    gst_structure_get_int (self->task, "progress", &progress);
    gst_structure_get_int (self->task, "estimated-time", &estimate);
    remaining = gst_foxapi_remaining_seconds ((gdouble) (self->task_time_us
            - self->submitted_us) / G_USEC_PER_SEC, progress, estimate);
    if (remaining >= 0)
      remaining = MAX (remaining - (gint) ((now_us - self->task_time_us)
              / G_USEC_PER_SEC), 0);
    text = gst_foxapi_remaining_text (progress, remaining);
  }
  GST_OBJECT_UNLOCK (self);
  gst_foxapi_placeholder_set_text (GST_FOXAPI_PLACEHOLDER (self->placeholder),
      text ? text : "");
}

static void
append_uri (GValue * list, const gchar * uri)
{
  GValue value = G_VALUE_INIT;

  g_value_init (&value, G_TYPE_STRING);
  g_value_set_string (&value, uri);
  gst_value_array_append_and_take_value (list, &value);
}

static void
append_captures (GstFoxapiVideoBin * self, const gchar * prefix, GValue * list)
{
  GList *captures = list_captures (self, prefix);

  for (GList * l = captures; l != NULL; l = l->next) {
    g_autofree gchar *uri = gst_foxapi_capture_dup_uri (l->data);

    if (uri != NULL)
      append_uri (list, uri);
  }
  g_list_free_full (captures, gst_object_unref);
}

/* The application's URLs, behind the last frame of the shot before, and in front
 * of what the pads have captured. */
static void
set_references (GstFoxapiVideoBin * self, Own own, const gchar * prefix)
{
  GValue list = G_VALUE_INIT;

  g_value_init (&list, GST_TYPE_ARRAY);
  if (own == OWN_IMAGES && self->continuity != NULL)
    append_uri (&list, self->continuity);
  GST_OBJECT_LOCK (self);
  for (guint i = 0; i < gst_value_array_get_size (&self->own[own]); i++)
    gst_value_array_append_value (&list,
        gst_value_array_get_value (&self->own[own], i));
  GST_OBJECT_UNLOCK (self);
  append_captures (self, prefix, &list);
  g_object_set_property (G_OBJECT (self->source), own_names[own], &list);
  g_value_unset (&list);
}

static guint
count_shots (GstFoxapiVideoBin * self)
{
  return 1 + (self->run.next_prompts ?
      g_strv_length (self->run.next_prompts) : 0);
}

static void
set_prompt (GstFoxapiVideoBin * self)
{
  g_autofree gchar *prompt = NULL;

  if (self->shot > 0 && self->shot < count_shots (self)) {
    prompt = g_strdup (self->run.next_prompts[self->shot - 1]);
  } else {
    GST_OBJECT_LOCK (self);
    prompt = g_value_dup_string (&self->own[OWN_PROMPT]);
    GST_OBJECT_UNLOCK (self);
  }
  g_object_set (self->source, "prompt", prompt, NULL);
}

static guint
get_clip (GstObject * player)
{
  return GPOINTER_TO_UINT (g_object_get_qdata (G_OBJECT (player),
          get_clip_quark ()));
}

/* All references are there. Posts what is wrong, if so. */
static gboolean
begin_generation (GstFoxapiVideoBin * self)
{
  g_autofree gchar *path = NULL;

  gst_element_set_state (self->stage, GST_STATE_NULL);
  gst_element_set_state (self->source, GST_STATE_NULL);

  GST_OBJECT_LOCK (self);
  gst_clear_structure (&self->task);
  self->submitted_us = 0;
  self->has_failed = FALSE;
  GST_OBJECT_UNLOCK (self);
  self->clip++;
  self->is_generating = TRUE;
  self->is_aired = FALSE;
  self->patience = 0;

  set_prompt (self);
  set_references (self, OWN_IMAGES, "image_");
  set_references (self, OWN_VIDEOS, "video_");
  path = get_clip_path (self, self->clip);
  gst_foxapi_stage_set_location (GST_FOXAPI_STAGE (self->stage), path);
  GST_DEBUG_OBJECT (self, "generating shot %u", self->shot);

  if (gst_element_set_state (self->stage, GST_STATE_PLAYING)
      != GST_STATE_CHANGE_FAILURE
      && gst_element_set_state (self->source, GST_STATE_PLAYING)
      != GST_STATE_CHANGE_FAILURE)
    return TRUE;
  gst_element_set_state (self->stage, GST_STATE_NULL);
  return FALSE;
}

static gchar *
make_first_reference (GstFoxapiVideoBin * self)
{
  GList *captures = list_captures (self, "");
  gchar *uri = NULL;

  for (GList * l = captures; l != NULL && uri == NULL; l = l->next)
    uri = gst_foxapi_capture_dup_uri (l->data);
  g_list_free_full (captures, gst_object_unref);
  for (Own own = OWN_IMAGES; uri == NULL && own < N_OWN; own++) {
    GST_OBJECT_LOCK (self);
    if (gst_value_array_get_size (&self->own[own]) > 0)
      uri = g_value_dup_string (gst_value_array_get_value (&self->own[own], 0));
    GST_OBJECT_UNLOCK (self);
  }
  return uri;
}

static void
release_branch (GstFoxapiVideoBin * self, GstElement * capture)
{
  g_autoptr (GstPad) pad = gst_element_get_static_pad (GST_ELEMENT (self),
      GST_OBJECT_NAME (capture));

  if (pad != NULL && gst_foxapi_branch_release (pad))
    gst_foxapi_capture_keep (GST_FOXAPI_CAPTURE (capture));
}

static void
restore_branch (GstFoxapiVideoBin * self, GstElement * capture)
{
  g_autoptr (GstPad) pad = gst_element_get_static_pad (GST_ELEMENT (self),
      GST_OBJECT_NAME (capture));

  if (pad != NULL)
    gst_foxapi_branch_restore (pad);
}

static void
on_captured (GstFoxapiVideoBin * self, GstElement * capture)
{
  if (!g_hash_table_remove (self->pending, capture))
    return;
  if (self->run.reference_branches == GST_FOXAPI_BRANCH_POLICY_RELEASE)
    release_branch (self, capture);
  if (g_hash_table_size (self->pending) > 0)
    return;

  if (self->run.placeholder == GST_FOXAPI_PLACEHOLDER_KIND_REFERENCE) {
    g_autofree gchar *uri = make_first_reference (self);

    make_placeholder (self, uri);
  }
  begin_generation (self);
}

/* The application has taken a reference away that is waited for. Whether it wants
 * the rest to be paid for is not known. */
static void
on_released (GstFoxapiVideoBin * self, GstElement * capture)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GstMessage) message = NULL;

  /* It stays pending, so that nothing is generated. */
  if (!g_hash_table_contains (self->pending, capture))
    return;
  error = g_error_new (GST_STREAM_ERROR, GST_STREAM_ERROR_FAILED,
      "The pad %s was released before its reference was there. Nothing was "
      "sent. Start again to generate without it.", GST_OBJECT_NAME (capture));
  message = gst_message_new_error (GST_OBJECT (self), error, NULL);
  handle_error (self, message);
}

/* @event: (transfer full) (nullable): goes ahead of the first frame */
static void
add_player (GstFoxapiVideoBin * self, GstEvent * event)
{
  g_autofree gchar *path = get_clip_path (self, self->staged);
  GstElement *player = gst_foxapi_player_new (NULL, path, self->video_caps,
      self->audio_caps);

  g_object_set_qdata (G_OBJECT (player), get_clip_quark (),
      GUINT_TO_POINTER (self->staged));
  self->players = g_list_prepend (self->players, player);
  add_locked (self, player);
  gst_foxapi_program_offer (self->program, GST_FOXAPI_PLAYER (player), event);
  gst_element_set_state (player, GST_STATE_PLAYING);
}

static gboolean
has_more_shots (GstFoxapiVideoBin * self)
{
  gboolean is_asked;

  GST_OBJECT_LOCK (self);
  is_asked = self->n_asked > 0;
  GST_OBJECT_UNLOCK (self);
  return is_asked || self->shot + 1 < count_shots (self);
}

/* The event foxapi-task of the latest generation; NULL if nothing is known */
static GstEvent *
make_task_event (GstFoxapiVideoBin * self)
{
  GstEvent *event = NULL;

  GST_OBJECT_LOCK (self);
  if (self->task != NULL)
    event = gst_event_new_custom (GST_EVENT_CUSTOM_DOWNSTREAM_STICKY,
        gst_structure_copy (self->task));
  GST_OBJECT_UNLOCK (self);
  return event;
}

static void
remove_clip_if_unused (GstFoxapiVideoBin * self, guint clip)
{
  if (clip == self->staged || clip == self->clip)
    return;
  for (GList * l = self->players; l != NULL; l = l->next) {
    if (get_clip (l->data) == clip)
      return;
  }
  remove_clip (self, clip);
}

static void
on_staged (GstFoxapiVideoBin * self)
{
  guint before = self->staged;

  self->staged = self->clip;
  add_player (self, make_task_event (self));
  remove_clip_if_unused (self, before);
  /* In one piece: the application may ask for another meanwhile. */
  GST_OBJECT_LOCK (self);
  gst_foxapi_program_set_more_to_come (self->program, self->n_asked > 0
      || self->shot + 1 < count_shots (self));
  GST_OBJECT_UNLOCK (self);
}

static void
on_on_air (GstFoxapiVideoBin * self, GstObject * player)
{
  if (self->run.end == GST_FOXAPI_END_REPEAT
      && get_clip (player) == self->staged)
    add_player (self, NULL);
}

/* A graph that prerolls has everything and shows nothing: that is no delivery. But
 * an encoder may hold all of a result, and the preroll wait for what follows: EOS,
 * or the next shot. */
static void
let_go_if_shown (GstFoxapiVideoBin * self)
{
  if (!self->is_aired)
    return;
  self->patience = 0;
  if (self->has_played || (!self->run.is_live && has_more_shots (self)))
    gst_foxapi_stage_let_go (GST_FOXAPI_STAGE (self->stage));
  else
    self->patience = PREROLL_TICKS;
}

/* Sinks play before this does, and may have taken all of a short result by then:
 * only a graph that still does not play is one that prerolls. */
static void
lose_patience (GstFoxapiVideoBin * self)
{
  if (self->patience > 0 && --self->patience == 0)
    gst_foxapi_program_delivered (self->program);
}

static void
on_aired (GstFoxapiVideoBin * self, GstObject * player)
{
  gboolean has_failed;

  GST_OBJECT_LOCK (self);
  has_failed = self->has_failed;
  GST_OBJECT_UNLOCK (self);
  if (get_clip (player) != self->clip || has_failed || !self->is_generating) {
    /* It is a repetition, or there is nothing to deliver any more. */
    gst_foxapi_program_delivered (self->program);
    return;
  }
  self->is_aired = TRUE;
  let_go_if_shown (self);
}

static void
on_gone (GstFoxapiVideoBin * self, GstObject * player)
{
  GList *link = g_list_find (self->players, player);
  guint clip = get_clip (player);

  if (link == NULL)
    return;
  self->players = g_list_delete_link (self->players, link);
  remove_child (self, GST_ELEMENT (player));
  remove_clip_if_unused (self, clip);
}

/* (transfer full) (nullable): the file's URI */
static gchar *
write_frame (GstFoxapiVideoBin * self, GstBuffer * buffer, GError ** error)
{
  g_autoptr (GstFoxapiCaptureFile) file = NULL;
  g_autofree gchar *path = NULL;
  GstVideoInfo info;
  GstVideoFrame frame;
  gboolean is_written, fits;

  file = gst_foxapi_capture_file_new (self->directory, "last", error);
  if (file == NULL || !gst_video_info_from_caps (&info, self->video_caps)
      || !gst_video_frame_map (&frame, &info, buffer, GST_MAP_READ))
    return NULL;
  is_written = gst_foxapi_png_write (&frame, file, G_MAXUINT64,
      self->cancellable, &fits, error);
  gst_video_frame_unmap (&frame);
  if (is_written)
    path = gst_foxapi_capture_file_keep (file, "png", error);
  return path ? gst_filename_to_uri (path, error) : NULL;
}

static void
fail_to_continue (GstFoxapiVideoBin * self, const GError * fault)
{
  g_autoptr (GError) error = g_error_new (GST_RESOURCE_ERROR,
      GST_RESOURCE_ERROR_WRITE,
      "The last frame could not be made a reference of "
      "the next shot: %s. Nothing was sent for that shot. Make room, or set "
      "shot-continuity=false, then start again.",
      fault ? fault->message : "it cannot be read");
  g_autoptr (GstMessage) message =
      gst_message_new_error (GST_OBJECT (self), error, NULL);

  handle_error (self, message);
}

/* The last frame, as a file for the next generation. %FALSE: it was wanted, and
 * there is none, so that the shot would not be what is asked for. */
static gboolean
keep_last_frame (GstFoxapiVideoBin * self)
{
  g_autoptr (GstBuffer) frame = gst_foxapi_program_dup_final_frame
      (self->program);
  g_autoptr (GError) fault = NULL;

  drop_continuity (self);
  if (frame == NULL || !self->run.shot_continuity)
    return TRUE;
  self->continuity = write_frame (self, frame, &fault);
  if (self->continuity == NULL
      && !g_cancellable_is_cancelled (self->cancellable))
    fail_to_continue (self, fault);
  return self->continuity != NULL;
}

/* One more shot was asked for, in so many words: it is submitted even where it is
 * equal to the one before. */
static void
begin_next_shot (GstFoxapiVideoBin * self)
{
  if (!keep_last_frame (self))
    return;
  GST_OBJECT_LOCK (self);
  if (self->shot + 1 >= count_shots (self) && self->n_asked > 0)
    self->n_asked--;
  GST_OBJECT_UNLOCK (self);
  self->shot++;
  gst_element_set_state (self->stage, GST_STATE_NULL);
  gst_element_set_state (self->source, GST_STATE_READY);
  g_object_set (self->source, "task-id", NULL, NULL);
  if (!g_cancellable_is_cancelled (self->cancellable))
    begin_generation (self);
}

static void
on_delivered (GstFoxapiVideoBin * self)
{
  if (!self->is_generating)
    return;
  self->is_generating = FALSE;
  if (has_more_shots (self))
    begin_next_shot (self);
  gst_foxapi_program_delivered (self->program);
}

static void
on_next (GstFoxapiVideoBin * self)
{
  /* Without its references, nothing is generated. */
  if (g_hash_table_size (self->pending) > 0)
    return;
  if (!self->is_generating && has_more_shots (self))
    begin_next_shot (self);
  else
    let_go_if_shown (self);
}

/* The placeholder goes on, or what there is. */
static void
on_failed (GstFoxapiVideoBin * self, GstObject * who)
{
  for (GList * l = self->players; l != NULL; l = l->next) {
    if (who == l->data || gst_object_has_as_ancestor (who, l->data)) {
      gst_foxapi_program_withdraw (self->program, l->data);
      break;
    }
  }
  self->is_generating = FALSE;
  gst_foxapi_program_finish (self->program);
}

static void
on_cue (GstFoxapiCue cue, GstObject * object, gpointer user_data)
{
  GstFoxapiVideoBin *self = user_data;

  switch (cue) {
    case GST_FOXAPI_CUE_CAPTURED:
      on_captured (self, GST_ELEMENT (object));
      break;
    case GST_FOXAPI_CUE_RELEASED:
      on_released (self, GST_ELEMENT (object));
      break;
    case GST_FOXAPI_CUE_STAGED:
      on_staged (self);
      break;
    case GST_FOXAPI_CUE_DELIVERED:
      on_delivered (self);
      break;
    case GST_FOXAPI_CUE_ON_AIR:
      on_on_air (self, object);
      break;
    case GST_FOXAPI_CUE_AIRED:
      on_aired (self, object);
      break;
    case GST_FOXAPI_CUE_GONE:
      on_gone (self, object);
      break;
    case GST_FOXAPI_CUE_FAILED:
      on_failed (self, object);
      break;
    case GST_FOXAPI_CUE_PLAYING:
      self->has_played = TRUE;
      let_go_if_shown (self);
      break;
    case GST_FOXAPI_CUE_NEXT:
      on_next (self);
      break;
    case GST_FOXAPI_CUE_TICK:
      lose_patience (self);
      update_text (self);
      break;
  }
}

/* Cues from other threads */

static void
on_stage_complete (gpointer user_data)
{
  GstFoxapiVideoBin *self = user_data;

  gst_foxapi_director_cue (self->director, GST_FOXAPI_CUE_STAGED, NULL);
}

static void
on_program_event (GstFoxapiProgramEvent event, GstFoxapiPlayer * player,
    gpointer user_data)
{
  GstFoxapiVideoBin *self = user_data;
  static const GstFoxapiCue cues[] = {
    [GST_FOXAPI_PROGRAM_ON_AIR] = GST_FOXAPI_CUE_ON_AIR,
    [GST_FOXAPI_PROGRAM_AIRED] = GST_FOXAPI_CUE_AIRED,
    [GST_FOXAPI_PROGRAM_GONE] = GST_FOXAPI_CUE_GONE,
  };

  gst_foxapi_director_cue (self->director, cues[event], player);
}

static gboolean
gst_foxapi_video_bin_next (GstFoxapiVideoBin * self)
{
  gboolean is_running;

  GST_OBJECT_LOCK (self);
  is_running = GST_STATE (self) >= GST_STATE_PAUSED
      && gst_foxapi_program_ask_for_more (self->program);
  if (is_running)
    self->n_asked++;
  GST_OBJECT_UNLOCK (self);
  if (is_running)
    gst_foxapi_director_cue (self->director, GST_FOXAPI_CUE_NEXT, NULL);
  return is_running;
}

/* Starting and stopping: the thread that changes the state */

static gboolean
read_options (GstFoxapiVideoBin * self)
{
  g_autofree gchar *fault = NULL;

  gst_foxapi_bin_options_clear (&self->run);
  GST_OBJECT_LOCK (self);
  gst_foxapi_bin_options_copy (&self->options, &self->run);
  GST_OBJECT_UNLOCK (self);
  fault = gst_foxapi_bin_options_check (&self->run, G_OBJECT_GET_CLASS (self));
  if (fault != NULL)
    GST_ELEMENT_ERROR (self, RESOURCE, SETTINGS, ("%s Nothing was sent.",
            fault), (NULL));
  return fault == NULL;
}

/* Properties that are wrong are told before anything waits for references. */
static gboolean
check_source (GstFoxapiVideoBin * self)
{
  g_autoptr (GstQuery) query = gst_query_new_custom (GST_QUERY_CUSTOM,
      gst_structure_new_empty (GST_FOXAPI_CHECK_QUERY));

  return gst_element_query (self->source, query);
}

static void
make_caps (GstFoxapiVideoBin * self)
{
  GstFoxapiResolution resolution;
  GstFoxapiAspectRatio aspect_ratio;
  gint width, height;

  g_object_get (self->source, "resolution", &resolution, "aspect-ratio",
      &aspect_ratio, NULL);
  gst_foxapi_get_frame_size (resolution, aspect_ratio, &width, &height);
  if (self->run.width > 0)
    width = self->run.width;
  if (self->run.height > 0)
    height = self->run.height;

  gst_clear_caps (&self->video_caps);
  self->video_caps = gst_caps_new_simple ("video/x-raw", "format",
      G_TYPE_STRING, "I420", "width", G_TYPE_INT, width, "height", G_TYPE_INT,
      height, "framerate", GST_TYPE_FRACTION, self->run.fps_n, self->run.fps_d,
      "pixel-aspect-ratio", GST_TYPE_FRACTION, 1, 1, "interlace-mode",
      G_TYPE_STRING, "progressive", "colorimetry", G_TYPE_STRING, "bt709",
      "chroma-site", G_TYPE_STRING, "mpeg2", NULL);
  gst_foxapi_video_playout_set_caps (GST_FOXAPI_VIDEO_PLAYOUT
      (self->video_playout), self->video_caps);
}

static void
start_program (GstFoxapiVideoBin * self)
{
  const GstFoxapiProgramSettings settings = {
    .is_live = self->run.is_live,
    .has_placeholder = self->run.placeholder
        != GST_FOXAPI_PLACEHOLDER_KIND_NONE,
    .end = self->run.end,
    .fps_n = self->run.fps_n,
    .fps_d = self->run.fps_d,
    .rate = GST_FOXAPI_AUDIO_RATE,
    .bpf = GST_FOXAPI_AUDIO_BPF,
  };

  gst_base_src_set_live (GST_BASE_SRC (self->video_playout), self->run.is_live);
  gst_base_src_set_live (GST_BASE_SRC (self->audio_playout), self->run.is_live);
  gst_foxapi_program_start (self->program, &settings);
  gst_foxapi_program_set_video_is_linked (self->program,
      gst_pad_is_linked (self->video_pad));
}

static void
start_captures (GstFoxapiVideoBin * self)
{
  GList *captures = list_captures (self, "");

  for (GList * l = captures; l != NULL; l = l->next)
    g_hash_table_add (self->pending, l->data);
  for (GList * l = captures; l != NULL; l = l->next) {
    gst_foxapi_capture_set_clip_time (l->data,
        self->run.reference_seconds * GST_SECOND);
    gst_element_set_state (l->data, GST_STATE_PLAYING);
  }
  g_list_free_full (captures, gst_object_unref);
}

static gboolean
start (GstFoxapiVideoBin * self)
{
  g_autofree gchar *reference = NULL;
  g_autoptr (GError) error = NULL;

  /* What came when nothing was running any more */
  gst_foxapi_director_clear (self->director);
  GST_OBJECT_LOCK (self);
  self->n_asked = 0;
  GST_OBJECT_UNLOCK (self);

  if (!read_options (self))
    return FALSE;
  set_prompt (self);
  set_references (self, OWN_IMAGES, "image_");
  set_references (self, OWN_VIDEOS, "video_");
  if (!check_source (self))
    return FALSE;
  if (!ensure_directory (self, &error)) {
    GST_ELEMENT_ERROR (self, RESOURCE, OPEN_WRITE,
        ("There is no place for files: %s. Set TMPDIR to a folder that can be "
            "written. Nothing was sent.", error->message), (NULL));
    return FALSE;
  }

  g_cancellable_reset (self->cancellable);
  make_caps (self);
  start_program (self);
  self->has_played = FALSE;
  start_captures (self);
  if (g_hash_table_size (self->pending) == 0)
    reference = make_first_reference (self);
  make_placeholder (self, reference);
  if (g_hash_table_size (self->pending) == 0 && !begin_generation (self))
    return FALSE;
  gst_foxapi_director_start (self->director);
  return TRUE;
}

static void
stop (GstFoxapiVideoBin * self)
{
  GList *captures = list_captures (self, "");

  /* What is torn down has nothing to tell. */
  GST_OBJECT_LOCK (self);
  self->has_failed = TRUE;
  self->placeholder_has_failed = TRUE;
  GST_OBJECT_UNLOCK (self);
  g_cancellable_cancel (self->cancellable);
  gst_foxapi_director_stop (self->director);
  gst_foxapi_program_stop (self->program);
  gst_element_set_state (self->stage, GST_STATE_NULL);
  gst_element_set_state (self->source, GST_STATE_NULL);
  for (GList * l = captures; l != NULL; l = l->next) {
    gst_element_set_state (l->data, GST_STATE_NULL);
    restore_branch (self, l->data);
  }
  g_list_free_full (captures, gst_object_unref);

  while (self->players != NULL) {
    GstElement *player = self->players->data;

    guint clip = get_clip (GST_OBJECT (player));

    self->players = g_list_delete_link (self->players, self->players);
    /* In this order: it may be about to open the file. */
    remove_child (self, player);
    remove_clip (self, clip);
  }
  gst_foxapi_video_playout_set_placeholder (GST_FOXAPI_VIDEO_PLAYOUT
      (self->video_playout), NULL);
  if (self->placeholder != NULL)
    remove_child (self, g_steal_pointer (&self->placeholder));
  if (self->directory != NULL)
    remove_clip (self, self->clip);
  self->staged = 0;

  note_playing (self, FALSE);
  gst_foxapi_director_clear (self->director);
  g_hash_table_remove_all (self->pending);
  self->is_generating = FALSE;
  GST_OBJECT_LOCK (self);
  self->n_asked = 0;
  self->has_failed = FALSE;
  gst_clear_structure (&self->task);
  GST_OBJECT_UNLOCK (self);
}

static gboolean
start_or_tell (GstFoxapiVideoBin * self)
{
  gboolean is_started;

  GST_OBJECT_LOCK (self);
  self->starter = g_thread_self ();
  self->has_failed = FALSE;
  GST_OBJECT_UNLOCK (self);
  is_started = start (self);
  GST_OBJECT_LOCK (self);
  self->starter = NULL;
  GST_OBJECT_UNLOCK (self);
  return is_started;
}

/* The source is in a plugin of its own. */
static gboolean
has_source (GstFoxapiVideoBin * self)
{
  if (self->source == NULL)
    GST_ELEMENT_ERROR (self, CORE, MISSING_PLUGIN,
        ("The element foxapivideosrc is missing: its plugin, libgstfoxapi, "
            "belongs beside this one. Nothing was sent."), (NULL));
  return self->source != NULL;
}

static GstStateChangeReturn
gst_foxapi_video_bin_change_state (GstElement * element,
    GstStateChange transition)
{
  GstFoxapiVideoBin *self = GST_FOXAPI_VIDEO_BIN (element);
  GstStateChangeReturn result;

  if (transition == GST_STATE_CHANGE_NULL_TO_READY && !has_source (self))
    return GST_STATE_CHANGE_FAILURE;
  if (transition == GST_STATE_CHANGE_READY_TO_PAUSED && !start_or_tell (self)) {
    stop (self);
    return GST_STATE_CHANGE_FAILURE;
  }
  if (transition == GST_STATE_CHANGE_PAUSED_TO_READY)
    stop (self);

  result = GST_ELEMENT_CLASS (gst_foxapi_video_bin_parent_class)->change_state
      (element, transition);

  if (transition == GST_STATE_CHANGE_READY_TO_PAUSED
      && result == GST_STATE_CHANGE_FAILURE)
    stop (self);
  if (transition == GST_STATE_CHANGE_PAUSED_TO_PLAYING
      && result != GST_STATE_CHANGE_FAILURE) {
    note_playing (self, TRUE);
    gst_foxapi_director_cue (self->director, GST_FOXAPI_CUE_PLAYING, NULL);
  }
  return result;
}

/* EOS from the application ends the program, not the generation. Whatever else
 * comes is for the output, too, and not for what works behind it. */
static gboolean
gst_foxapi_video_bin_send_event (GstElement * element, GstEvent * event)
{
  GstFoxapiVideoBin *self = GST_FOXAPI_VIDEO_BIN (element);
  gboolean is_sent;

  if (GST_EVENT_TYPE (event) == GST_EVENT_EOS) {
    gst_event_unref (event);
    if (GST_STATE (self) < GST_STATE_PAUSED)
      return FALSE;
    gst_foxapi_program_close (self->program);
    return TRUE;
  }
  is_sent = gst_element_send_event (self->video_playout, gst_event_ref (event));
  is_sent &= gst_element_send_event (self->audio_playout, event);
  return is_sent;
}

/* Pads */

static void
on_unlinked (GstPad * pad, GstPad * peer, gpointer user_data)
{
  GstFoxapiCapture *capture = user_data;

  if (!gst_foxapi_branch_is_being_cut (pad))
    gst_foxapi_capture_forget (capture);
}

static GstPad *
add_capture (GstFoxapiVideoBin * self, GstPadTemplate * templ,
    GstFoxapiCaptureKind kind, const gchar * name)
{
  GstElement *capture = gst_foxapi_capture_new (name, kind, self->directory);
  g_autoptr (GstPad) target = gst_element_get_static_pad (capture, "sink");
  GstPad *pad;

  add_locked (self, capture);
  pad = gst_ghost_pad_new_from_template (name, target, templ);
  g_signal_connect_object (pad, "unlinked", G_CALLBACK (on_unlinked), capture,
      0);
  gst_element_add_pad (GST_ELEMENT (self), pad);
  return pad;
}

static gchar *
choose_pad_name (GstFoxapiVideoBin * self, GstFoxapiCaptureKind kind,
    const gchar * wanted)
{
  const gchar *prefix = kind == GST_FOXAPI_CAPTURE_IMAGE ? "image" : "video";
  guint number;
  gchar end;

  GST_OBJECT_LOCK (self);
  if (wanted != NULL && g_str_has_prefix (wanted, prefix)
      && sscanf (wanted + strlen (prefix), "_%u%c", &number, &end) == 1)
    self->next_pad[kind] = MAX (self->next_pad[kind], number + 1);
  else
    number = self->next_pad[kind]++;
  GST_OBJECT_UNLOCK (self);
  return g_strdup_printf ("%s_%u", prefix, number);
}

static GstPad *
gst_foxapi_video_bin_request_new_pad (GstElement * element,
    GstPadTemplate * templ, const gchar * wanted, const GstCaps * caps)
{
  GstFoxapiVideoBin *self = GST_FOXAPI_VIDEO_BIN (element);
  GstFoxapiCaptureKind kind = g_str_has_prefix (GST_PAD_TEMPLATE_NAME_TEMPLATE
      (templ), "image") ? GST_FOXAPI_CAPTURE_IMAGE : GST_FOXAPI_CAPTURE_VIDEO;
  g_autofree gchar *name = choose_pad_name (self, kind, wanted);
  g_autoptr (GstPad) existing = gst_element_get_static_pad (element, name);
  g_autoptr (GError) error = NULL;

  if (existing != NULL || GST_STATE (self) > GST_STATE_READY) {
    GST_WARNING_OBJECT (self, "%s cannot be requested %s", name,
        existing ? "twice" : "while the bin runs");
    return NULL;
  }
  if (!ensure_directory (self, &error)) {
    GST_WARNING_OBJECT (self, "no place for files: %s", error->message);
    return NULL;
  }
  return add_capture (self, templ, kind, name);
}

static void
gst_foxapi_video_bin_release_pad (GstElement * element, GstPad * pad)
{
  GstFoxapiVideoBin *self = GST_FOXAPI_VIDEO_BIN (element);
  g_autoptr (GstElement) capture = gst_bin_get_by_name (GST_BIN (element),
      GST_OBJECT_NAME (pad));

  gst_pad_set_active (pad, FALSE);
  gst_element_remove_pad (element, pad);
  if (capture == NULL)
    return;
  remove_child (self, capture);
  if (GST_STATE (self) > GST_STATE_READY)
    gst_foxapi_director_cue (self->director, GST_FOXAPI_CUE_RELEASED, capture);
}

static void
on_video_link_changed (GstPad * pad, GstPad * peer, gpointer user_data)
{
  GstFoxapiVideoBin *self = user_data;

  gst_foxapi_program_set_video_is_linked (self->program,
      gst_pad_is_linked (pad));
}

/* Both outputs go through a tee, which does not mind that nobody listens. */
static GstPad *
add_output (GstFoxapiVideoBin * self, GstElement * playout,
    GstStaticPadTemplate * templ)
{
  g_autoptr (GstPadTemplate) pad_template = gst_static_pad_template_get (templ);
  GstElement *tee = gst_element_factory_make ("tee", NULL);
  g_autoptr (GstPad) target = NULL;
  GstPad *pad;

  g_object_set (tee, "allow-not-linked", TRUE, NULL);
  gst_bin_add_many (GST_BIN (self), playout, tee, NULL);
  gst_element_link (playout, tee);
  target = gst_element_request_pad_simple (tee, "src_%u");
  pad = gst_ghost_pad_new_from_template (templ->name_template, target,
      pad_template);
  gst_element_add_pad (GST_ELEMENT (self), pad);
  return pad;
}

/* The class */

static void
gst_foxapi_video_bin_dispose (GObject * object)
{
  GstFoxapiVideoBin *self = GST_FOXAPI_VIDEO_BIN (object);
  GList *pads = NULL;

  GST_OBJECT_LOCK (self);
  for (GList * l = GST_ELEMENT (self)->sinkpads; l != NULL; l = l->next)
    pads = g_list_prepend (pads, gst_object_ref (l->data));
  GST_OBJECT_UNLOCK (self);
  for (GList * l = pads; l != NULL; l = l->next)
    gst_element_release_request_pad (GST_ELEMENT (self), l->data);
  g_list_free_full (pads, gst_object_unref);

  G_OBJECT_CLASS (gst_foxapi_video_bin_parent_class)->dispose (object);
}

static void
gst_foxapi_video_bin_finalize (GObject * object)
{
  GstFoxapiVideoBin *self = GST_FOXAPI_VIDEO_BIN (object);

  gst_foxapi_director_free (self->director);
  g_object_unref (self->cancellable);
  gst_foxapi_program_free (self->program);
  gst_foxapi_bin_options_clear (&self->options);
  gst_foxapi_bin_options_clear (&self->run);
  for (guint i = 0; i < N_OWN; i++)
    g_value_unset (&self->own[i]);
  gst_clear_structure (&self->task);
  gst_clear_caps (&self->video_caps);
  gst_clear_caps (&self->audio_caps);
  g_hash_table_unref (self->pending);
  g_free (self->continuity);
  remove_directory (self);

  G_OBJECT_CLASS (gst_foxapi_video_bin_parent_class)->finalize (object);
}

static void
init_generation (GstFoxapiVideoBin * self)
{
  self->source = gst_element_factory_make ("foxapivideosrc", "source");
  self->stage = gst_foxapi_stage_new (on_stage_complete, self);
  add_locked (self, self->stage);
  if (self->source != NULL) {
    add_locked (self, self->source);
    gst_element_link (self->source, self->stage);
  }
  for (guint i = 0; i < N_OWN; i++) {
    GParamSpec *pspec = g_object_class_find_property (G_OBJECT_GET_CLASS
        (self), own_names[i]);

    g_value_init (&self->own[i], G_PARAM_SPEC_VALUE_TYPE (pspec));
  }
}

static void
gst_foxapi_video_bin_init (GstFoxapiVideoBin * self)
{
  gst_foxapi_bin_options_init (&self->options);
  gst_foxapi_bin_options_init (&self->run);
  self->pending = g_hash_table_new (NULL, NULL);
  g_queue_init (&self->to_post);
  self->audio_caps = gst_caps_from_string (GST_FOXAPI_AUDIO_CAPS);
  self->cancellable = g_cancellable_new ();
  self->director = gst_foxapi_director_new (on_cue, self);
  self->program = gst_foxapi_program_new (on_program_event, self);

  /* Within are sinks, whose ends and prerolls are not the graph's. */
  gst_bin_set_suppressed_flags (GST_BIN (self), GST_ELEMENT_FLAG_SINK);
  GST_OBJECT_FLAG_SET (self, GST_ELEMENT_FLAG_SOURCE);

  init_generation (self);
  self->video_playout = gst_foxapi_video_playout_new (self->program);
  self->audio_playout = gst_foxapi_audio_playout_new (self->program);
  self->video_pad = add_output (self, self->video_playout, &video_template);
  self->audio_pad = add_output (self, self->audio_playout, &audio_template);
  g_signal_connect (self->video_pad, "linked",
      G_CALLBACK (on_video_link_changed), self);
  g_signal_connect (self->video_pad, "unlinked",
      G_CALLBACK (on_video_link_changed), self);
}

static void
add_request_template (GstElementClass * klass, const gchar * name,
    GstFoxapiCaptureKind kind)
{
  g_autoptr (GstCaps) caps = gst_foxapi_capture_get_caps (kind);

  gst_element_class_add_pad_template (klass, gst_pad_template_new (name,
          GST_PAD_SINK, GST_PAD_REQUEST, caps));
}

static void
gst_foxapi_video_bin_class_init (GstFoxapiVideoBinClass * klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);

  GST_DEBUG_CATEGORY_INIT (foxapi_video_bin_debug, "foxapivideobin", 0,
      "FoxAPI video bin");

  object_class->set_property = gst_foxapi_video_bin_set_property;
  object_class->get_property = gst_foxapi_video_bin_get_property;
  object_class->dispose = gst_foxapi_video_bin_dispose;
  object_class->finalize = gst_foxapi_video_bin_finalize;
  gst_foxapi_properties_install (object_class);
  gst_foxapi_bin_options_install (object_class);

  /**
   * GstFoxapiVideoBin::next:
   * @bin: the element
   *
   * Asks for another generation, with the properties as they are then. It begins
   * when all that was asked for before has been shown, and its result follows
   * what is on the air. Each is paid for.
   *
   * Returns: %FALSE if the element is not running, or its program has ended
   *
   * Since: 0.1
   */
  signals[SIGNAL_NEXT] = g_signal_new_class_handler ("next",
      G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST | G_SIGNAL_ACTION,
      G_CALLBACK (gst_foxapi_video_bin_next), NULL, NULL, NULL,
      G_TYPE_BOOLEAN, 0);

  gst_element_class_add_static_pad_template (element_class, &video_template);
  gst_element_class_add_static_pad_template (element_class, &audio_template);
  add_request_template (element_class, "image_%u", GST_FOXAPI_CAPTURE_IMAGE);
  add_request_template (element_class, "video_%u", GST_FOXAPI_CAPTURE_VIDEO);
  gst_element_class_set_static_metadata (element_class, "FoxAPI video bin",
      "Source/Video/Audio",
      "Shows a placeholder, then a video generated from a prompt and from "
      "references that the graph offers", "The gst-foxapi authors");
  element_class->send_event = gst_foxapi_video_bin_send_event;
  element_class->change_state = gst_foxapi_video_bin_change_state;
  element_class->request_new_pad = gst_foxapi_video_bin_request_new_pad;
  element_class->release_pad = gst_foxapi_video_bin_release_pad;
  GST_BIN_CLASS (klass)->handle_message = gst_foxapi_video_bin_handle_message;
}
