/* Reference branches: request pads, and a file for each
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstfoxapicapture.h"

#include <glib/gstdio.h>
#include <gst/video/video.h>
#include <stdio.h>

#include "foxapireferences.h"
#include "gstfoxapirecorder.h"
#include "gstfoxapicontrol.h"

GST_DEBUG_CATEGORY_STATIC (foxapi_capture_debug);
#define GST_CAT_DEFAULT foxapi_capture_debug

/* The end of a reference branch: graph media → one reference file */

/* Threads and locks:
 *
 * - change_state() runs in the thread of the owner. From READY to PAUSED it
 *   decides what this run does, and where it has nothing to do it posts from
 *   there what it would have posted: there may never be a streaming thread.
 * - The probe and the queries of the ghost pad run in the threads of the graph.
 *   They never wait for the file: behind them is the queue.
 * - The listener's functions run in the thread of the queue, which alone
 *   captures: see gstfoxapirecorder.c.
 * - All that these share is guarded by the object lock. No lock is held when a
 *   message is posted.
 */

#define DEFAULT_CLIP_TIME (3 * GST_SECOND)

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
  PHASE_DONE,
  PHASE_FAILED,
} Phase;

struct _GstFoxapiCapture
{
  GstBin parent;

  /* Set when it is made */
  GstFoxapiCaptureKind kind;
  gchar *directory;
  GstPad *sink;
  GstElement *queue;
  GstElement *recorder;

  /* The object lock */
  GstClockTime clip_time;
  Phase phase;
  gboolean is_raw;
  gboolean queue_is_set;
  gboolean is_live;             /* upstream, as it was asked in this run */

  /* What was captured last; the object lock */
  gchar *path;                  /* (nullable) */
  gboolean has_result;          /* %FALSE: what is at path has had its day */
  const gchar *media_type;
  guint64 size;
  gboolean was_live;
  gboolean is_forgotten;        /* from the next start on */
};

G_DEFINE_FINAL_TYPE (GstFoxapiCapture, gst_foxapi_capture, GST_TYPE_BIN)
     static const gchar *get_fitting (GstFoxapiCapture * self)
{
  return self->kind == GST_FOXAPI_CAPTURE_IMAGE ? "JPEG, PNG or WebP" :
      "MP4 or QuickTime (video/quicktime)";
}

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

/* text: (transfer full). The first of a run is posted. */
static void
post_error (GstFoxapiCapture * self, GQuark domain, gint code, gchar * text)
{
  if (!advance (self, PHASE_CAPTURE, PHASE_FINISH, PHASE_FAILED)) {
    g_free (text);
    return;
  }
  gst_element_message_full (GST_ELEMENT (self), GST_MESSAGE_ERROR, domain, code,
      text, NULL, __FILE__, GST_FUNCTION, __LINE__);
}

/* The listener */

static void
on_enough (gpointer user_data)
{
  advance (user_data, PHASE_CAPTURE, PHASE_CAPTURE, PHASE_FINISH);
}

static void
on_captured (gpointer user_data, const gchar * path, const gchar * media_type,
    guint64 size)
{
  GstFoxapiCapture *self = user_data;
  g_autofree gchar *unused = NULL;
  gboolean wanted;

  GST_OBJECT_LOCK (self);
  wanted = self->phase == PHASE_FINISH;
  if (wanted) {
    self->phase = PHASE_DONE;
    unused = g_steal_pointer (&self->path);
    self->path = g_strdup (path);
    self->has_result = TRUE;
    self->media_type = media_type;
    self->size = size;
    self->was_live = self->is_live;
  } else if (g_strcmp0 (self->path, path) != 0) {
    unused = g_strdup (path);
  }
  GST_OBJECT_UNLOCK (self);

  if (unused != NULL && !(wanted && g_str_equal (unused, path)))
    g_unlink (unused);
  if (wanted)
    post_reference (self);
}

static void
on_refused (gpointer user_data, GstCaps * caps)
{
  GstFoxapiCapture *self = user_data;
  g_autofree gchar *name = gst_object_get_name (GST_OBJECT (self));
  const gchar *found = "something unknown";
  const gchar *memory = "";

  if (caps != NULL && gst_caps_get_size (caps) > 0) {
    found = gst_structure_get_name (gst_caps_get_structure (caps, 0));
    if (g_str_equal (found, "video/x-raw"))
      memory = " in another memory or format";
  }
  post_error (self, GST_STREAM_ERROR, GST_STREAM_ERROR_WRONG_TYPE,
      g_strdup_printf
      ("The pad %s got %s%s. Give it %s, or raw video in system " "memory.",
          name, found, memory, get_fitting (self)));
}

static void
on_failed (gpointer user_data, const GError * error)
{
  GstFoxapiCapture *self = user_data;
  g_autofree gchar *name = gst_object_get_name (GST_OBJECT (self));

  post_error (self, error->domain, error->code,
      g_strdup_printf ("The pad %s has no reference. %s", name,
          error->message));
}

static const GstFoxapiRecorderListener listener = {
  on_enough,
  on_captured,
  on_refused,
  on_failed,
};

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
  gboolean raw, live;

  GST_OBJECT_LOCK (self);
  if (self->queue_is_set) {
    GST_OBJECT_UNLOCK (self);
    return;
  }
  self->queue_is_set = TRUE;
  raw = self->is_raw;
  GST_OBJECT_UNLOCK (self);

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
  g_autoptr (GstCaps) fitting = gst_foxapi_capture_get_caps (self->kind);
  GstCaps *caps;

  gst_event_parse_caps (event, &caps);
  if (!gst_caps_is_subset (caps, fitting))
    return FALSE;
  GST_OBJECT_LOCK (self);
  self->is_raw = gst_structure_has_name (gst_caps_get_structure (caps, 0),
      "video/x-raw");
  GST_OBJECT_UNLOCK (self);
  return TRUE;
}

static gboolean
is_capturing (GstFoxapiCapture * self)
{
  gboolean capturing;

  GST_OBJECT_LOCK (self);
  capturing = self->phase == PHASE_CAPTURE;
  GST_OBJECT_UNLOCK (self);
  return capturing;
}

/* What the pad itself needs before it takes a buffer, wanted or not */
static gboolean
is_needed_by_pad (GstPadProbeInfo * info)
{
  GstEvent *event;

  if (!(GST_PAD_PROBE_INFO_TYPE (info) & GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM))
    return FALSE;
  event = GST_PAD_PROBE_INFO_EVENT (info);
  return GST_EVENT_TYPE (event) == GST_EVENT_STREAM_START
      || GST_EVENT_TYPE (event) == GST_EVENT_SEGMENT;
}

/* Before anything else sees what comes: what is not needed is gone from here
 * with OK, so that the rest of the graph is none the wiser. */
static GstPadProbeReturn
on_data (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  GstFoxapiCapture *self = user_data;
  GstEvent *event;

  if (!is_capturing (self))
    return is_needed_by_pad (info) ? GST_PAD_PROBE_OK : GST_PAD_PROBE_DROP;
  if (!(GST_PAD_PROBE_INFO_TYPE (info) & GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM)) {
    prepare_queue (self);
    return GST_PAD_PROBE_OK;
  }
  event = GST_PAD_PROBE_INFO_EVENT (info);
  if (GST_EVENT_TYPE (event) == GST_EVENT_CAPS && !note_caps (self, event)) {
    GstCaps *caps;

    gst_event_parse_caps (event, &caps);
    on_refused (self, caps);
    return GST_PAD_PROBE_DROP;
  }
  return GST_PAD_PROBE_OK;
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

/* Answered here: a query that went through the queue would wait for the
 * encoder. */
static gboolean
gst_foxapi_capture_query (GstPad * pad, GstObject * parent, GstQuery * query)
{
  GstFoxapiCapture *self = GST_FOXAPI_CAPTURE (parent);
  g_autoptr (GstCaps) fitting = NULL;
  g_autoptr (GstCaps) answer = NULL;
  GstCaps *caps;

  switch (GST_QUERY_TYPE (query)) {
    case GST_QUERY_CAPS:
      fitting = gst_foxapi_capture_get_caps (self->kind);
      gst_query_parse_caps (query, &caps);
      answer = caps ? gst_caps_intersect_full (caps, fitting,
          GST_CAPS_INTERSECT_FIRST) : gst_caps_ref (fitting);
      gst_query_set_caps_result (query, answer);
      return TRUE;
    case GST_QUERY_ACCEPT_CAPS:
      fitting = gst_foxapi_capture_get_caps (self->kind);
      gst_query_parse_accept_caps (query, &caps);
      gst_query_set_accept_caps_result (query, gst_caps_is_subset (caps,
              fitting));
      return TRUE;
    case GST_QUERY_ALLOCATION:
      return answer_allocation (query);
    default:
      /* Nothing of this branch is kept waiting for. */
      return GST_QUERY_IS_SERIALIZED (query) ? FALSE :
          gst_pad_query_default (pad, parent, query);
  }
}

/* The states */

/* Whether nothing more comes from upstream: asked of the pad that has said so,
 * behind the ghost pads of bins around this one, which forget it when they
 * stop. */
static gboolean
is_upstream_at_eos (GstFoxapiCapture * self)
{
  g_autoptr (GstPad) peer = gst_pad_get_peer (self->sink);

  while (peer != NULL && GST_IS_PROXY_PAD (peer) && !GST_PAD_IS_EOS (peer)) {
    GstProxyPad *inner = gst_proxy_pad_get_internal (GST_PROXY_PAD (peer));
    GstPad *next = inner ? gst_pad_get_peer (GST_PAD (inner)) : NULL;

    gst_clear_object (&inner);
    gst_object_unref (peer);
    peer = next;
  }
  return peer != NULL && GST_PAD_IS_EOS (peer);
}

/* What this run does */
static Phase
begin (GstFoxapiCapture * self)
{
  gboolean at_eos = is_upstream_at_eos (self);
  g_autofree gchar *directory = NULL;
  GstClockTime clip_time;
  Phase phase;

  GST_OBJECT_LOCK (self);
  if (self->has_result && !self->is_forgotten && (self->was_live || at_eos)
      && g_file_test (self->path, G_FILE_TEST_IS_REGULAR))
    phase = PHASE_DONE;
  else
    phase = at_eos ? PHASE_FAILED : PHASE_CAPTURE;
  /* Until the new one is there, there is none. */
  self->has_result = phase == PHASE_DONE;
  self->is_forgotten = FALSE;
  self->is_raw = FALSE;
  self->queue_is_set = FALSE;
  directory = g_strdup (self->directory);
  clip_time = self->clip_time;
  GST_OBJECT_UNLOCK (self);

  gst_foxapi_recorder_prepare (GST_FOXAPI_RECORDER (self->recorder),
      directory, clip_time);
  return phase;
}

static void
end (GstFoxapiCapture * self)
{
  GST_OBJECT_LOCK (self);
  self->phase = PHASE_IDLE;
  GST_OBJECT_UNLOCK (self);
  gst_foxapi_recorder_cancel (GST_FOXAPI_RECORDER (self->recorder));
}

static void
post_end_of_stream (GstFoxapiCapture * self)
{
  g_autofree gchar *name = gst_object_get_name (GST_OBJECT (self));

  post_error (self, GST_STREAM_ERROR, GST_STREAM_ERROR_FORMAT,
      g_strdup_printf ("The pad %s has no reference. The stream has ended "
          "already. Start its source again.", name));
}

static GstStateChangeReturn
gst_foxapi_capture_change_state (GstElement * element,
    GstStateChange transition)
{
  GstFoxapiCapture *self = GST_FOXAPI_CAPTURE (element);
  GstElementClass *parent = GST_ELEMENT_CLASS (gst_foxapi_capture_parent_class);
  Phase phase = PHASE_IDLE;
  GstStateChangeReturn ret;

  if (transition == GST_STATE_CHANGE_READY_TO_PAUSED) {
    phase = begin (self);
    GST_OBJECT_LOCK (self);
    self->phase = phase == PHASE_FAILED ? PHASE_CAPTURE : phase;
    GST_OBJECT_UNLOCK (self);
  } else if (transition == GST_STATE_CHANGE_PAUSED_TO_READY) {
    end (self);
  }
  ret = parent->change_state (element, transition);
  if (transition == GST_STATE_CHANGE_PAUSED_TO_READY
      || (phase != PHASE_IDLE && ret == GST_STATE_CHANGE_FAILURE)) {
    end (self);
    gst_foxapi_recorder_release (GST_FOXAPI_RECORDER (self->recorder));
    return ret;
  }
  if (phase == PHASE_DONE)
    post_reference (self);
  else if (phase == PHASE_FAILED)
    post_end_of_stream (self);
  return ret;
}

GstCaps *
gst_foxapi_capture_get_caps (GstFoxapiCaptureKind kind)
{
  return gst_caps_from_string (kind == GST_FOXAPI_CAPTURE_IMAGE ?
      "image/jpeg; image/png; image/webp; video/x-raw" :
      "video/quicktime; video/x-raw");
}

void
gst_foxapi_capture_set_directory (GstFoxapiCapture * self,
    const gchar * directory)
{
  g_return_if_fail (GST_IS_FOXAPI_CAPTURE (self));
  g_return_if_fail (directory != NULL);

  GST_OBJECT_LOCK (self);
  g_free (self->directory);
  self->directory = g_strdup (directory);
  GST_OBJECT_UNLOCK (self);
}

void
gst_foxapi_capture_set_clip_time (GstFoxapiCapture * self,
    GstClockTime clip_time)
{
  g_return_if_fail (GST_IS_FOXAPI_CAPTURE (self));
  g_return_if_fail (clip_time > 0 && GST_CLOCK_TIME_IS_VALID (clip_time));

  GST_OBJECT_LOCK (self);
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

  g_return_val_if_fail (GST_IS_FOXAPI_CAPTURE (self), NULL);

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
  g_return_if_fail (GST_IS_FOXAPI_CAPTURE (self));

  GST_OBJECT_LOCK (self);
  self->is_forgotten = TRUE;
  GST_OBJECT_UNLOCK (self);
}

static void
gst_foxapi_capture_finalize (GObject * object)
{
  GstFoxapiCapture *self = GST_FOXAPI_CAPTURE (object);

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
  self->clip_time = DEFAULT_CLIP_TIME;
  /* A bin around this one neither waits for its preroll nor for its end. */
  gst_bin_set_suppressed_flags (GST_BIN (self), GST_ELEMENT_FLAG_SINK);
}

static void
add_sink (GstFoxapiCapture * self)
{
  g_autoptr (GstCaps) caps = gst_foxapi_capture_get_caps (self->kind);
  g_autoptr (GstPad) target = gst_element_get_static_pad (self->queue, "sink");
  GstPadTemplate *template = gst_pad_template_new ("sink", GST_PAD_SINK,
      GST_PAD_ALWAYS, caps);

  gst_object_ref_sink (template);
  self->sink = gst_ghost_pad_new_from_template ("sink", target, template);
  gst_object_unref (template);
  gst_pad_set_query_function (self->sink, gst_foxapi_capture_query);
  gst_pad_add_probe (self->sink, GST_PAD_PROBE_TYPE_DATA_DOWNSTREAM, on_data,
      self, NULL);
  g_signal_connect_swapped (self->sink, "unlinked",
      G_CALLBACK (gst_foxapi_capture_forget), self);
  gst_element_add_pad (GST_ELEMENT (self), self->sink);
}

GstElement *
gst_foxapi_capture_new (const gchar * name, GstFoxapiCaptureKind kind)
{
  GstFoxapiCapture *self = g_object_new (GST_TYPE_FOXAPI_CAPTURE,
      "name", name, NULL);

  self->kind = kind;
  self->queue = gst_element_factory_make ("queue", NULL);
  self->recorder = gst_foxapi_recorder_new (kind, name, &listener, self);
  gst_bin_add_many (GST_BIN (self), self->queue, self->recorder, NULL);
  gst_element_link (self->queue, self->recorder);
  add_sink (self);
  return GST_ELEMENT (self);
}

/* The references that the graph offers: request pads, and what they capture */

struct _GstFoxapiBinCaptures
{
  GstBin *bin;                  /* outlives this */
  guint next_pad[2];            /* the bin's object lock: lowest free, by kind */
  GHashTable *pending;          /* the control thread: those that have nothing yet */
};

GstFoxapiBinCaptures *
gst_foxapi_bin_captures_new (GstBin * bin)
{
  GstFoxapiBinCaptures *self = g_new0 (GstFoxapiBinCaptures, 1);

  self->bin = bin;
  self->pending = g_hash_table_new (NULL, NULL);
  return self;
}

void
gst_foxapi_bin_captures_free (GstFoxapiBinCaptures * captures)
{
  g_hash_table_unref (captures->pending);
  g_free (captures);
}

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
list_captures (GstFoxapiBinCaptures * self, const gchar * prefix)
{
  GList *captures = NULL;

  GST_OBJECT_LOCK (self->bin);
  for (GList * l = GST_BIN_CHILDREN (self->bin); l != NULL; l = l->next) {
    if (GST_IS_FOXAPI_CAPTURE (l->data)
        && g_str_has_prefix (GST_OBJECT_NAME (l->data), prefix))
      captures = g_list_insert_sorted (captures, gst_object_ref (l->data),
          compare_names);
  }
  GST_OBJECT_UNLOCK (self->bin);
  return captures;
}

gchar *
gst_foxapi_bin_captures_choose_name (GstFoxapiBinCaptures * captures,
    GstFoxapiCaptureKind kind, const gchar * wanted)
{
  const gchar *prefix = kind == GST_FOXAPI_CAPTURE_IMAGE ? "image" : "video";
  guint *next = &captures->next_pad[kind];
  guint number;
  gchar end;

  GST_OBJECT_LOCK (captures->bin);
  if (wanted != NULL && g_str_has_prefix (wanted, prefix)
      && sscanf (wanted + strlen (prefix), "_%u%c", &number, &end) == 1)
    *next = MAX (*next, number + 1);
  else
    number = (*next)++;
  GST_OBJECT_UNLOCK (captures->bin);
  return g_strdup_printf ("%s_%u", prefix, number);
}

GstPad *
gst_foxapi_bin_captures_add (GstFoxapiBinCaptures * captures,
    GstPadTemplate * templ, GstFoxapiCaptureKind kind, const gchar * name)
{
  GstElement *capture = gst_foxapi_capture_new (name, kind);
  g_autoptr (GstPad) target = gst_element_get_static_pad (capture, "sink");
  GstPad *pad;

  gst_foxapi_bin_add_locked (captures->bin, capture);
  pad = gst_ghost_pad_new_from_template (name, target, templ);
  g_signal_connect_object (pad, "unlinked",
      G_CALLBACK (gst_foxapi_capture_forget), capture, G_CONNECT_SWAPPED);
  gst_element_add_pad (GST_ELEMENT (captures->bin), pad);
  return pad;
}

/* None has anything: all of them capture anew at the next start. */
void
gst_foxapi_bin_captures_forget (GstFoxapiBinCaptures * captures)
{
  GList *list = list_captures (captures, "");

  for (GList * l = list; l != NULL; l = l->next)
    gst_foxapi_capture_forget (l->data);
  g_list_free_full (list, gst_object_unref);
}

void
gst_foxapi_bin_captures_append_uris (GstFoxapiBinCaptures * captures,
    const gchar * prefix, GValue * list)
{
  GList *found = list_captures (captures, prefix);

  for (GList * l = found; l != NULL; l = l->next) {
    gchar *uri = gst_foxapi_capture_dup_uri (l->data);
    GValue value = G_VALUE_INIT;

    if (uri == NULL)
      continue;
    g_value_init (&value, G_TYPE_STRING);
    g_value_take_string (&value, uri);
    gst_value_array_append_and_take_value (list, &value);
  }
  g_list_free_full (found, gst_object_unref);
}

/* Returns the URI of the first that has one, or NULL. */
gchar *
gst_foxapi_bin_captures_dup_first_uri (GstFoxapiBinCaptures * captures)
{
  GList *list = list_captures (captures, "");
  gchar *uri = NULL;

  for (GList * l = list; l != NULL && uri == NULL; l = l->next)
    uri = gst_foxapi_capture_dup_uri (l->data);
  g_list_free_full (list, gst_object_unref);
  return uri;
}

/* Starts all, and waits for all. */
void
gst_foxapi_bin_captures_start (GstFoxapiBinCaptures * captures,
    const gchar * directory, GstClockTime clip_time)
{
  GList *list = list_captures (captures, "");

  for (GList * l = list; l != NULL; l = l->next)
    g_hash_table_add (captures->pending, l->data);
  for (GList * l = list; l != NULL; l = l->next) {
    gst_foxapi_capture_set_directory (l->data, directory);
    gst_foxapi_capture_set_clip_time (l->data, clip_time);
    gst_element_set_state (l->data, GST_STATE_PLAYING);
  }
  g_list_free_full (list, gst_object_unref);
}

static GstPad *
get_pad (GstFoxapiBinCaptures * self, GstElement * capture)
{
  return gst_element_get_static_pad (GST_ELEMENT (self->bin),
      GST_OBJECT_NAME (capture));
}

/* Returns the names of the pads that are linked to nothing, or NULL. */
gchar *
gst_foxapi_bin_captures_dup_unlinked (GstFoxapiBinCaptures * captures)
{
  GList *list = list_captures (captures, "");
  g_autoptr (GString) names = g_string_new (NULL);

  for (GList * l = list; l != NULL; l = l->next) {
    g_autoptr (GstPad) pad = get_pad (captures, l->data);

    if (pad != NULL && !gst_pad_is_linked (pad))
      g_string_append_printf (names, "%s%s", names->len > 0 ? ", " : "",
          GST_PAD_NAME (pad));
  }
  g_list_free_full (list, gst_object_unref);
  return names->len > 0 ? g_strdup (names->str) : NULL;
}

/* What a branch is told when its reference is there, where that may be told */
static GQuark
get_probe_quark (void)
{
  return g_quark_from_static_string ("foxapi-enough-probe");
}

static void
remove_probe (GstPad * pad)
{
  gulong probe = GPOINTER_TO_SIZE (g_object_steal_qdata (G_OBJECT (pad),
          get_probe_quark ()));

  if (probe != 0)
    gst_pad_remove_probe (pad, probe);
}

/* Stops all, and waits for none. Branches may flow again. */
void
gst_foxapi_bin_captures_stop (GstFoxapiBinCaptures * captures)
{
  GList *list = list_captures (captures, "");

  for (GList * l = list; l != NULL; l = l->next) {
    g_autoptr (GstPad) pad = get_pad (captures, l->data);

    gst_element_set_state (l->data, GST_STATE_NULL);
    if (pad != NULL)
      remove_probe (pad);
  }
  g_list_free_full (list, gst_object_unref);
  g_hash_table_remove_all (captures->pending);
}

/* Returns TRUE if there is one that has nothing yet. */
gboolean
gst_foxapi_bin_captures_is_waiting (GstFoxapiBinCaptures * captures)
{
  return g_hash_table_size (captures->pending) > 0;
}

/* Returns TRUE if it has nothing yet. */
gboolean
gst_foxapi_bin_captures_is_awaited (GstFoxapiBinCaptures * captures,
    GstElement * capture)
{
  return g_hash_table_contains (captures->pending, capture);
}

/* Returns TRUE if it was waited for. */
gboolean
gst_foxapi_bin_captures_arrived (GstFoxapiBinCaptures * captures,
    GstElement * capture)
{
  return g_hash_table_remove (captures->pending, capture);
}

/* (transfer full) (nullable): the peer, behind the ghost pads of bins */
static GstPad *
get_real_peer (GstPad * pad)
{
  GstPad *peer = gst_pad_get_peer (pad);

  while (peer != NULL && GST_IS_PROXY_PAD (peer)) {
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
  GstPad *feeding = NULL;
  GValue item = G_VALUE_INIT;

  *n_feeding = 0;
  while (links != NULL && gst_iterator_next (links, &item) == GST_ITERATOR_OK) {
    (*n_feeding)++;
    gst_object_replace ((GstObject **) & feeding, g_value_get_object (&item));
    g_value_reset (&item);
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

static GstPadProbeReturn
say_enough (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  gst_mini_object_unref (GST_PAD_PROBE_INFO_DATA (info));
  GST_PAD_PROBE_INFO_FLOW_RETURN (info) = GST_FLOW_EOS;
  return GST_PAD_PROBE_HANDLED;
}

/* A source that feeds nothing else ends with its next buffer. */
void
gst_foxapi_bin_captures_release_branch (GstFoxapiBinCaptures * captures,
    GstElement * capture)
{
  g_autoptr (GstPad) pad = get_pad (captures, capture);
  gulong probe;

  if (pad == NULL || !feeds_nothing_else (pad))
    return;
  probe = gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER
      | GST_PAD_PROBE_TYPE_BUFFER_LIST, say_enough, NULL, NULL);
  g_object_set_qdata (G_OBJECT (pad), get_probe_quark (),
      GSIZE_TO_POINTER (probe));
}
