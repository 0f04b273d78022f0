/* The end of a reference branch: graph media → one reference file
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstfoxapicapture.h"

#include <glib/gi18n-lib.h>
#include <glib/gstdio.h>
#include <gst/video/video.h>

#include "foxapireferences.h"

GST_DEBUG_CATEGORY (foxapi_capture_debug);
#define GST_CAT_DEFAULT foxapi_capture_debug

/* Threads and locks:
 *
 * - change_state() runs in the thread of the owner. From READY to PAUSED it
 *   decides what this run does, and where it has nothing to do it posts from
 *   there what it would have posted: there may never be a streaming thread.
 * - The probe and the queries of the ghost pad run in the threads of the graph.
 *   They never wait for the file: behind them is the queue.
 * - The functions of the end pad, which the queue pushes to, run in the thread of
 *   the queue, which alone captures: the recorder is its own while there is such a
 *   thread, and otherwise of whoever changes the state.
 * - All that these share is guarded by the object lock. No lock is held when a
 *   message is posted.
 */

#define MIB (1024 * 1024)

/* What the queue holds: frames where it blocks, and bytes of frames where it
 * leaks, which is a second or so that an encoder may lag behind. */
#define QUEUED_FRAMES 4
#define QUEUED_LIVE_BYTES (64 * MIB)
#define QUEUED_BYTES (1 * MIB)

/* As of GstQueueLeaky, which has no header */
#define NO_LEAK 0
#define LEAK_NEW 1
#define LEAK_OLD 2

typedef enum
{
  PHASE_IDLE,                   /* below PAUSED */
  PHASE_CAPTURE,
  PHASE_FINISH,                 /* it has all it needs */
  PHASE_DONE,                   /* and it has it, or there will be none */
} Phase;

struct _GstFoxapiCapture
{
  GstBin parent;

  /* Set when it is made */
  GstFoxapiCaptureKind kind;
  GstPad *sink;
  GstElement *queue;
  GstPad *end;                  /* the queue's peer, which no element has */
  GCancellable *cancellable;    /* of the recorder */

  /* The thread of the queue */
  GstFoxapiRecorder *recorder;  /* (nullable): until it has finished */

  /* The object lock */
  gchar *directory;
  GstClockTime clip_time;
  Phase phase;
  gboolean is_raw;
  gboolean queue_is_set;
  gboolean is_live;             /* upstream, as it was asked in this run */
  gboolean is_released;         /* what comes gets EOS in return */

  /* What was captured last; the object lock */
  gchar *path;                  /* (nullable) */
  gboolean has_result;          /* %FALSE: what is at path has had its day */
  const gchar *media_type;
  guint64 size;
  gboolean was_live;
  gboolean is_forgotten;        /* from the next start on */
};

/* *INDENT-OFF* */
G_DEFINE_FINAL_TYPE (GstFoxapiCapture, gst_foxapi_capture, GST_TYPE_BIN)
/* *INDENT-ON* */

/* Goes from one of two phases into another. */
static gboolean
advance (GstFoxapiCapture * self, Phase from, Phase or_from, Phase to)
{
  gboolean advanced;

  GST_OBJECT_LOCK (self);
  advanced = self->phase == from || self->phase == or_from;
  if (advanced)
    self->phase = to;
  GST_OBJECT_UNLOCK (self);
  return advanced;
}

static void
post_reference (GstFoxapiCapture * self)
{
  GstStructure *structure;
  g_autofree gchar *name = gst_object_get_name (GST_OBJECT (self));

  GST_OBJECT_LOCK (self);
  structure = gst_structure_new (GST_FOXAPI_REFERENCE_STRUCTURE,
      "pad", G_TYPE_STRING, name,
      "media-type", G_TYPE_STRING, self->media_type,
      "size", G_TYPE_UINT64, self->size, NULL);
  GST_OBJECT_UNLOCK (self);
  gst_element_post_message (GST_ELEMENT (self),
      gst_message_new_element (GST_OBJECT (self), structure));
}

/* The first of a run is posted. */
static void
post_error (GstFoxapiCapture * self, const GError * error)
{
  g_autofree gchar *name = gst_object_get_name (GST_OBJECT (self));
  gboolean is_whole = g_error_matches (error, GST_STREAM_ERROR,
      GST_STREAM_ERROR_WRONG_TYPE);

  if (!advance (self, PHASE_CAPTURE, PHASE_FINISH, PHASE_DONE))
    return;
  gst_element_message_full (GST_ELEMENT (self), GST_MESSAGE_ERROR,
      error->domain, error->code, is_whole ? g_strdup (error->message) :
      g_strdup_printf (_("The pad %s has no reference. %s"), name,
          error->message), NULL, __FILE__, GST_FUNCTION, __LINE__);
}

/* The end of the branch */

/* path: (transfer full) */
static void
keep (GstFoxapiCapture * self, gchar * path, const gchar * media_type,
    guint64 size)
{
  g_autofree gchar *unused = path;
  gboolean wanted;

  GST_OBJECT_LOCK (self);
  wanted = self->phase == PHASE_FINISH;
  if (wanted) {
    self->phase = PHASE_DONE;
    unused = g_steal_pointer (&self->path);
    self->path = path;
    self->has_result = TRUE;
    self->media_type = media_type;
    self->size = size;
    self->was_live = self->is_live;
  }
  /* Equal bytes have one file. */
  if (g_strcmp0 (self->path, unused) == 0)
    g_clear_pointer (&unused, g_free);
  GST_OBJECT_UNLOCK (self);

  if (unused != NULL)
    g_unlink (unused);
  if (wanted)
    post_reference (self);
}

/* The branch has said all, or enough. */
static void
finish (GstFoxapiCapture * self)
{
  g_autoptr (GstFoxapiRecorder) recorder = g_steal_pointer (&self->recorder);
  g_autoptr (GError) error = NULL;
  const gchar *media_type = NULL;
  guint64 size = 0;
  gchar *path;

  if (!advance (self, PHASE_CAPTURE, PHASE_CAPTURE, PHASE_FINISH))
    return;
  path = gst_foxapi_recorder_finish (recorder, &media_type, &size, &error);
  if (path != NULL) {
    GST_INFO_OBJECT (self, "captured %s, %" G_GUINT64_FORMAT " bytes", path,
        size);
    keep (self, path, media_type, size);
  } else if (!g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED)) {
    post_error (self, error);
  }
}

static GstFlowReturn
gst_foxapi_capture_chain (GstPad * pad, GstObject * parent, GstBuffer * buffer)
{
  GstFoxapiCapture *self = gst_pad_get_element_private (pad);

  if (self->recorder == NULL)
    gst_buffer_unref (buffer);
  else if (!gst_foxapi_recorder_take (self->recorder, buffer))
    finish (self);
  return GST_FLOW_OK;
}

static gboolean
gst_foxapi_capture_event (GstPad * pad, GstObject * parent, GstEvent * event)
{
  GstFoxapiCapture *self = gst_pad_get_element_private (pad);

  /* Others come from the threads of the graph. */
  if (GST_EVENT_IS_SERIALIZED (event) && self->recorder != NULL
      && !gst_foxapi_recorder_take_event (self->recorder, event))
    finish (self);
  gst_event_unref (event);
  return TRUE;
}

/* The ghost pad */

static gboolean
is_upstream_live (GstFoxapiCapture * self)
{
  g_autoptr (GstQuery) query = gst_query_new_latency ();
  gboolean live = FALSE;

  if (gst_pad_peer_query (self->sink, query))
    gst_query_parse_latency (query, &live, NULL, NULL);
  return live;
}

static void
set_queue (GstFoxapiCapture * self, guint leaky, guint frames, guint bytes)
{
  g_object_set (self->queue, "leaky", leaky, "max-size-buffers", frames,
      "max-size-bytes", bytes, "max-size-time", G_GUINT64_CONSTANT (0), NULL);
}

/* With the first buffer: is there somebody who can't wait? Frames can be left
 * out of a clip. Bytes can't, and whoever writes them does not lag behind: what
 * such a queue has no room for is beyond the limit anyway. */
static void
prepare_queue (GstFoxapiCapture * self)
{
  gboolean is_set, raw, live;

  GST_OBJECT_LOCK (self);
  is_set = self->queue_is_set;
  self->queue_is_set = TRUE;
  raw = self->is_raw;
  GST_OBJECT_UNLOCK (self);
  if (is_set)
    return;

  live = is_upstream_live (self);
  GST_INFO_OBJECT (self, "%s, %s", raw ? "raw" : "encoded",
      live ? "live" : "not live");
  GST_OBJECT_LOCK (self);
  self->is_live = live;
  GST_OBJECT_UNLOCK (self);
  if (live && raw)
    set_queue (self, LEAK_OLD, 0, QUEUED_LIVE_BYTES);
  else if (live)
    set_queue (self, LEAK_NEW, 0, FOXAPI_VIDEO_MAX_BYTES + MIB);
  else if (raw)
    set_queue (self, NO_LEAK, QUEUED_FRAMES, 0);
  else
    set_queue (self, NO_LEAK, 0, QUEUED_BYTES);
}

/* Returns: %TRUE if they fit */
static gboolean
note_caps (GstFoxapiCapture * self, GstEvent * event)
{
  g_autoptr (GstCaps) fitting = gst_foxapi_recorder_get_caps (self->kind);
  g_autoptr (GError) error = NULL;
  GstCaps *caps;

  gst_event_parse_caps (event, &caps);
  if (!gst_caps_is_subset (caps, fitting)) {
    error = gst_foxapi_recorder_new_type_error (self->kind,
        GST_OBJECT_NAME (self), caps);
    post_error (self, error);
    return FALSE;
  }
  GST_OBJECT_LOCK (self);
  self->is_raw = gst_structure_has_name (gst_caps_get_structure (caps, 0),
      "video/x-raw");
  GST_OBJECT_UNLOCK (self);
  return TRUE;
}

/* What is not needed is gone from here with OK, so that the rest of the graph is
 * none the wiser, unless it is to end. The pad itself needs two events before it
 * takes a buffer, wanted or not. */
static GstPadProbeReturn
drop (GstPadProbeInfo * info, gboolean is_released)
{
  GstEventType type;

  if (GST_PAD_PROBE_INFO_TYPE (info) & GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM) {
    type = GST_EVENT_TYPE (GST_PAD_PROBE_INFO_EVENT (info));
    return type == GST_EVENT_STREAM_START || type == GST_EVENT_SEGMENT ?
        GST_PAD_PROBE_OK : GST_PAD_PROBE_DROP;
  }
  if (!is_released)
    return GST_PAD_PROBE_DROP;
  gst_mini_object_unref (GST_PAD_PROBE_INFO_DATA (info));
  GST_PAD_PROBE_INFO_FLOW_RETURN (info) = GST_FLOW_EOS;
  return GST_PAD_PROBE_HANDLED;
}

/* Before anything else sees what comes */
static GstPadProbeReturn
on_data (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  GstFoxapiCapture *self = user_data;
  gboolean is_capturing, is_released;
  GstEvent *event;

  GST_OBJECT_LOCK (self);
  is_capturing = self->phase == PHASE_CAPTURE;
  is_released = self->is_released;
  GST_OBJECT_UNLOCK (self);
  if (!is_capturing)
    return drop (info, is_released);
  if (!(GST_PAD_PROBE_INFO_TYPE (info) & GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM)) {
    prepare_queue (self);
    return GST_PAD_PROBE_OK;
  }
  event = GST_PAD_PROBE_INFO_EVENT (info);
  return GST_EVENT_TYPE (event) != GST_EVENT_CAPS || note_caps (self, event) ?
      GST_PAD_PROBE_OK : GST_PAD_PROBE_DROP;
}

/* Frames may have any strides: their metadata is understood. */
static gboolean
answer_allocation (GstQuery * query)
{
  GstCaps *caps;

  gst_query_parse_allocation (query, &caps, NULL);
  if (caps == NULL || gst_caps_get_size (caps) == 0
      || !gst_structure_has_name (gst_caps_get_structure (caps, 0),
          "video/x-raw"))
    return FALSE;
  gst_query_add_allocation_meta (query, GST_VIDEO_META_API_TYPE, NULL);
  return TRUE;
}

/* Nothing of this branch is kept waiting for: a query that went through the queue
 * would wait for the encoder. */
static gboolean
gst_foxapi_capture_query (GstPad * pad, GstObject * parent, GstQuery * query)
{
  if (GST_QUERY_TYPE (query) == GST_QUERY_ALLOCATION)
    return answer_allocation (query);
  return !GST_QUERY_IS_SERIALIZED (query)
      && gst_pad_query_default (pad, parent, query);
}

/* What is upstream */

/* (transfer full) (nullable): the peer, behind the ghost pads of bins */
static GstPad *
get_real_peer (GstPad * pad)
{
  GstPad *peer = gst_pad_get_peer (pad);

  /* These forget what they are told when their bins stop. */
  while (peer != NULL && GST_IS_PROXY_PAD (peer) && !GST_PAD_IS_EOS (peer)) {
    GstProxyPad *inner = gst_proxy_pad_get_internal (GST_PROXY_PAD (peer));
    GstPad *next = inner ? gst_pad_get_peer (GST_PAD (inner)) : NULL;

    gst_clear_object (&inner);
    gst_object_unref (peer);
    peer = next;
  }
  return peer;
}

/* Pads that are there on request, and more than one of them is used: a tee, and
 * whatever else branches off without minding who leaves. */
static gboolean
is_fork (GstPad * src)
{
  GstPadTemplate *templ = GST_PAD_PAD_TEMPLATE (src);
  g_autoptr (GstElement) element = gst_pad_get_parent_element (src);
  guint n_linked = 0;

  if (element == NULL || templ == NULL
      || GST_PAD_TEMPLATE_PRESENCE (templ) != GST_PAD_REQUEST)
    return FALSE;
  GST_OBJECT_LOCK (element);
  for (GList * l = element->srcpads; l != NULL; l = l->next)
    n_linked += gst_pad_is_linked (l->data);
  GST_OBJECT_UNLOCK (element);
  return n_linked > 1;
}

/* (transfer full) (nullable): the one sink pad that feeds @src, if it is one;
 * @n_feeding: how many there are */
static GstPad *
get_feeding (GstPad * src, guint * n_feeding)
{
  GstIterator *links = gst_pad_iterate_internal_links (src);
  GstIteratorResult result = GST_ITERATOR_OK;
  GstPad *feeding = NULL;
  GValue item = G_VALUE_INIT;

  *n_feeding = 0;
  while (links != NULL && (result == GST_ITERATOR_OK
          || result == GST_ITERATOR_RESYNC)) {
    result = gst_iterator_next (links, &item);
    if (result == GST_ITERATOR_RESYNC) {
      gst_iterator_resync (links);
      gst_clear_object (&feeding);
      *n_feeding = 0;
    } else if (result == GST_ITERATOR_OK) {
      (*n_feeding)++;
      gst_object_replace ((GstObject **) & feeding, g_value_get_object (&item));
      g_value_reset (&item);
    }
  }
  if (links != NULL)
    gst_iterator_free (links);
  g_value_unset (&item);
  if (*n_feeding > 1)
    gst_clear_object (&feeding);
  return feeding;
}

/* Whether all that feeds @pad is there for it alone. A tee and its like are not:
 * EOS from one of their branches ends all of them. */
static gboolean
feeds_nothing_else (GstPad * pad)
{
  g_autoptr (GstPad) at = gst_object_ref (pad);
  guint n_feeding = 1;

  while (at != NULL) {
    g_autoptr (GstPad) src = get_real_peer (at);

    if (src == NULL || is_fork (src))
      return FALSE;
    gst_object_unref (at);
    at = get_feeding (src, &n_feeding);
  }
  return n_feeding == 0;
}

/* The states */

/* What this run does. Returns TRUE if it captures. */
static gboolean
begin (GstFoxapiCapture * self)
{
  g_autoptr (GstPad) peer = get_real_peer (self->sink);
  gboolean at_eos = peer != NULL && GST_PAD_IS_EOS (peer);

  g_cancellable_reset (self->cancellable);
  GST_OBJECT_LOCK (self);
  self->has_result = self->has_result && !self->is_forgotten
      && (self->was_live || at_eos)
      && g_file_test (self->path, G_FILE_TEST_IS_REGULAR);
  self->phase = self->has_result ? PHASE_DONE : PHASE_CAPTURE;
  self->is_forgotten = FALSE;
  self->is_released = FALSE;
  self->is_raw = FALSE;
  self->queue_is_set = FALSE;
  if (!self->has_result && !at_eos)
    self->recorder = gst_foxapi_recorder_new (self->kind,
        GST_OBJECT_NAME (self), self->directory, self->clip_time,
        self->cancellable);
  GST_OBJECT_UNLOCK (self);
  return self->recorder != NULL;
}

static void
end (GstFoxapiCapture * self)
{
  GST_OBJECT_LOCK (self);
  self->phase = PHASE_IDLE;
  GST_OBJECT_UNLOCK (self);
  g_cancellable_cancel (self->cancellable);
  gst_pad_set_active (self->end, FALSE);
}

/* There may never be a streaming thread that tells it. */
static void
post_at_once (GstFoxapiCapture * self)
{
  g_autoptr (GError) error = NULL;
  gboolean has_result;

  GST_OBJECT_LOCK (self);
  has_result = self->has_result;
  GST_OBJECT_UNLOCK (self);
  if (has_result) {
    post_reference (self);
    return;
  }
  error = g_error_new_literal (GST_STREAM_ERROR, GST_STREAM_ERROR_FORMAT,
      _("The stream has ended already. Start its source again."));
  post_error (self, error);
}

static GstStateChangeReturn
gst_foxapi_capture_change_state (GstElement * element,
    GstStateChange transition)
{
  GstFoxapiCapture *self = GST_FOXAPI_CAPTURE (element);
  GstElementClass *parent = GST_ELEMENT_CLASS (gst_foxapi_capture_parent_class);
  gboolean is_start = transition == GST_STATE_CHANGE_READY_TO_PAUSED;
  gboolean is_over = transition == GST_STATE_CHANGE_PAUSED_TO_READY;
  gboolean captures = FALSE;
  GstStateChangeReturn ret;

  if (is_start) {
    captures = begin (self);
    gst_pad_set_active (self->end, TRUE);
  } else if (is_over) {
    end (self);
  }
  ret = parent->change_state (element, transition);
  if (is_over || (is_start && ret == GST_STATE_CHANGE_FAILURE)) {
    end (self);
    g_clear_pointer (&self->recorder, gst_foxapi_recorder_free);
  } else if (is_start && !captures) {
    post_at_once (self);
  }
  return ret;
}

/* For the next run: where the file is to be, and how long a clip of raw video is */
void
gst_foxapi_capture_set_up (GstFoxapiCapture * self, const gchar * directory,
    GstClockTime clip_time)
{
  GST_OBJECT_LOCK (self);
  g_free (self->directory);
  self->directory = g_strdup (directory);
  self->clip_time = clip_time;
  GST_OBJECT_UNLOCK (self);
}

/* Called from any thread. A capture that was stopped still has what it
 * captured; once it has started to capture anew it has nothing until that is
 * complete. Returns the file:// URI of what was captured, or NULL. */
gchar *
gst_foxapi_capture_dup_uri (GstFoxapiCapture * self)
{
  g_autofree gchar *path = NULL;

  GST_OBJECT_LOCK (self);
  if (self->has_result && (self->phase != PHASE_IDLE || !self->is_forgotten))
    path = g_strdup (self->path);
  GST_OBJECT_UNLOCK (self);
  return path ? g_filename_to_uri (path, NULL, NULL) : NULL;
}

/* Has the next start capture anew, whatever there is. Called from any
 * thread; until a running capture is stopped it keeps what it has. */
void
gst_foxapi_capture_forget (GstFoxapiCapture * self)
{
  GST_OBJECT_LOCK (self);
  self->is_forgotten = TRUE;
  GST_OBJECT_UNLOCK (self);
}

/* A source that feeds nothing else ends with its next buffer. */
void
gst_foxapi_capture_release_branch (GstFoxapiCapture * self)
{
  gboolean is_alone = feeds_nothing_else (self->sink);

  GST_OBJECT_LOCK (self);
  self->is_released = is_alone;
  GST_OBJECT_UNLOCK (self);
}

static void
gst_foxapi_capture_finalize (GObject * object)
{
  GstFoxapiCapture *self = GST_FOXAPI_CAPTURE (object);

  gst_object_unref (self->end);
  g_object_unref (self->cancellable);
  g_free (self->directory);
  g_free (self->path);
  G_OBJECT_CLASS (gst_foxapi_capture_parent_class)->finalize (object);
}

static void
gst_foxapi_capture_class_init (GstFoxapiCaptureClass * klass)
{
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = gst_foxapi_capture_finalize;
  element_class->change_state = gst_foxapi_capture_change_state;
  gst_element_class_set_static_metadata (element_class, "Reference capture",
      "Sink/Bin", "Makes a reference of what a branch carries", "gst-foxapi");
  GST_DEBUG_CATEGORY_INIT (foxapi_capture_debug, "foxapicapture", 0,
      "References from the graph");
}

static void
gst_foxapi_capture_init (GstFoxapiCapture * self)
{
  self->cancellable = g_cancellable_new ();
  self->queue = gst_element_factory_make ("queue", NULL);
  gst_bin_add (GST_BIN (self), self->queue);
}

GstElement *
gst_foxapi_capture_new (const gchar * name, GstFoxapiCaptureKind kind)
{
  GstFoxapiCapture *self = g_object_new (GST_TYPE_FOXAPI_CAPTURE,
      "name", name, NULL);
  g_autoptr (GstCaps) caps = gst_foxapi_recorder_get_caps (kind);
  g_autoptr (GstPadTemplate) templ = gst_object_ref_sink (gst_pad_template_new
      ("sink", GST_PAD_SINK, GST_PAD_ALWAYS, caps));
  g_autoptr (GstPad) in = gst_element_get_static_pad (self->queue, "sink");
  g_autoptr (GstPad) out = gst_element_get_static_pad (self->queue, "src");

  self->kind = kind;
  self->end = gst_object_ref_sink (gst_pad_new_from_template (templ, "end"));
  gst_pad_set_element_private (self->end, self);
  gst_pad_set_chain_function (self->end, gst_foxapi_capture_chain);
  gst_pad_set_event_function (self->end, gst_foxapi_capture_event);
  gst_pad_link (out, self->end);

  self->sink = gst_ghost_pad_new_from_template ("sink", in, templ);
  gst_pad_set_query_function (self->sink, gst_foxapi_capture_query);
  gst_pad_add_probe (self->sink, GST_PAD_PROBE_TYPE_DATA_DOWNSTREAM, on_data,
      self, NULL);
  gst_element_add_pad (GST_ELEMENT (self), self->sink);
  return GST_ELEMENT (self);
}
