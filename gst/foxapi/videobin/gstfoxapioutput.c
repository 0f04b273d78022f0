/* An output, pictures or sound: a buffer for each frame of the program, when it is due
 *
 * A source whose timestamps are counted: whatever is on the air, a frame follows the
 * frame before it. The sound has a buffer for each frame of the pictures, so that one
 * decision is about both.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstfoxapioutput.h"

#include <gst/audio/audio.h>
#include <gst/video/video.h>

GST_DEBUG_CATEGORY_STATIC (foxapi_output_debug);
#define GST_CAT_DEFAULT foxapi_output_debug

/* The first picture of the placeholder is waited for, so that the output does not
 * begin with a flash of black, but no longer than this. */
#define FIRST_PICTURE_TIMEOUT GST_SECOND

/* Threads and locks: create() runs in the streaming thread, and waits in the clock,
 * in the program and in the placeholder, which have locks of their own. That of the
 * placeholder may be taken with the object lock. */

struct _GstFoxapiBinOutput
{
  GstPushSrc parent;

  GstFoxapiStream stream;       /* which output of the program it is */
  GstFoxapiProgram *program;    /* outlives this */
  guint group_id;               /* of the stream; set below PAUSED */

  /* The object lock */
  GstCaps *all;                 /* that there may ever be; not changed */
  GstCaps *caps;                /* possible ones, or the fixed ones of this run */
  GstCaps *preferred;           /* where there is a choice */
  gint64 max_lateness;          /* nanoseconds; -1: nothing is dropped */
  GstClockTime earliest;        /* downstream drops what ends before it */
  GstClockID clock_id;          /* (nullable): what create() waits for */
  gboolean is_interrupted;      /* it may not wait */
  GstFoxapiPlaceholder *placeholder;    /* (nullable) */

  /* The streaming thread */
  gboolean has_begun;
  guint64 first;                /* frame of the stream */
  guint64 frame;                /* the next one */
  guint64 n_dropped;
  GstBuffer *unsent;            /* (nullable): of @frame, and has not left yet */

  /* The same, of the pictures */
  GstBuffer *picture;           /* last of the placeholder, black without one */
  GList *events;                /* (element-type GstEvent): for the next buffer */
  GstStructure *on_air;         /* (nullable): to be told with the next buffer */
};

static GstStaticPadTemplate src_template = GST_STATIC_PAD_TEMPLATE ("src",
    GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS_ANY);

/* *INDENT-OFF* */
G_DEFINE_FINAL_TYPE (GstFoxapiBinOutput, gst_foxapi_bin_output,
    GST_TYPE_PUSH_SRC)
/* *INDENT-ON* */

static gboolean
gst_foxapi_bin_output_start (GstBaseSrc * src)
{
  GstFoxapiBinOutput *self = GST_FOXAPI_BIN_OUTPUT (src);

  self->has_begun = FALSE;
  self->n_dropped = 0;
  GST_OBJECT_LOCK (src);
  self->earliest = 0;
  GST_OBJECT_UNLOCK (src);
  return TRUE;
}

static gboolean
gst_foxapi_bin_output_stop (GstBaseSrc * src)
{
  GstFoxapiBinOutput *self = GST_FOXAPI_BIN_OUTPUT (src);

  gst_clear_buffer (&self->unsent);
  gst_clear_buffer (&self->picture);
  g_list_free_full (g_steal_pointer (&self->events),
      (GDestroyNotify) gst_mini_object_unref);
  gst_clear_structure (&self->on_air);
  GST_OBJECT_LOCK (src);
  gst_caps_replace (&self->caps, self->all);
  GST_OBJECT_UNLOCK (src);
  return TRUE;
}

static gboolean
interrupt (GstBaseSrc * src, gboolean is_interrupted)
{
  GstFoxapiBinOutput *self = GST_FOXAPI_BIN_OUTPUT (src);

  GST_OBJECT_LOCK (src);
  self->is_interrupted = is_interrupted;
  if (is_interrupted && self->clock_id != NULL)
    gst_clock_id_unschedule (self->clock_id);
  if (self->placeholder != NULL)
    gst_foxapi_placeholder_interrupt (self->placeholder, is_interrupted);
  GST_OBJECT_UNLOCK (src);
  gst_foxapi_program_interrupt (self->program, self->stream, is_interrupted);
  return TRUE;
}

/* A pause, or a stop: create() lets go. */
static gboolean
gst_foxapi_bin_output_unlock (GstBaseSrc * src)
{
  return interrupt (src, TRUE);
}

static gboolean
gst_foxapi_bin_output_unlock_stop (GstBaseSrc * src)
{
  return interrupt (src, FALSE);
}

/* The format */

static gboolean
fixate_field (GQuark field, const GValue * wanted, gpointer user_data)
{
  GstStructure *structure = user_data;
  const gchar *name = g_quark_to_string (field);

  if (G_VALUE_HOLDS_INT (wanted))
    gst_structure_fixate_field_nearest_int (structure, name,
        g_value_get_int (wanted));
  else if (GST_VALUE_HOLDS_FRACTION (wanted))
    gst_structure_fixate_field_nearest_fraction (structure, name,
        gst_value_get_fraction_numerator (wanted),
        gst_value_get_fraction_denominator (wanted));
  else
    gst_structure_fixate_field_string (structure, name,
        g_value_get_string (wanted));
  return TRUE;
}

/* The value of the field that is nearest to @wanted among those of @caps */
static gint
get_nearest (const GstStructure * structure, const gchar * field, gint wanted)
{
  g_autoptr (GstStructure) copy = gst_structure_copy (structure);
  gint nearest = wanted;

  gst_structure_fixate_field_nearest_int (copy, field, wanted);
  gst_structure_get_int (copy, field, &nearest);
  return nearest;
}

/* Where one side of the picture cannot be as preferred, the other keeps the shape. */
static void
keep_shape (const GstStructure * structure, GstStructure * preferred)
{
  gint width, height, other;

  if (!gst_structure_get (preferred, "width", G_TYPE_INT, &width, "height",
          G_TYPE_INT, &height, NULL))
    return;
  other = get_nearest (structure, "width", width);
  other = get_nearest (structure, "height",
      gst_util_uint64_scale_int_round (height, other, width));
  gst_structure_set (preferred, "height", G_TYPE_INT, other, "width",
      G_TYPE_INT, gst_util_uint64_scale_int_round (width, other, height), NULL);
}

/* @caps: (transfer full) */
static GstCaps *
choose (GstCaps * caps, GstCaps * preferred)
{
  g_autoptr (GstStructure) wanted = gst_structure_copy (gst_caps_get_structure
      (preferred, 0));
  GstStructure *structure;

  caps = gst_caps_make_writable (gst_caps_truncate (caps));
  structure = gst_caps_get_structure (caps, 0);
  keep_shape (structure, wanted);
  gst_structure_foreach (wanted, fixate_field, structure);
  return gst_caps_fixate (caps);
}

/* What the run may have, until something asks for the one format that it has.
 * @preferred: fixed */
void
gst_foxapi_bin_output_set_caps (GstFoxapiBinOutput * output, GstCaps * possible,
    GstCaps * preferred)
{
  GST_OBJECT_LOCK (output);
  gst_caps_replace (&output->caps, possible);
  gst_caps_replace (&output->preferred, preferred);
  GST_OBJECT_UNLOCK (output);
}

/* Called from any thread: whoever is first asks downstream, and from then on they
 * stay: results are decoded for them. (transfer full) */
GstCaps *
gst_foxapi_bin_output_fix_caps (GstFoxapiBinOutput * output)
{
  g_autoptr (GstCaps) possible = NULL, preferred = NULL, taken = NULL;
  GstCaps *caps;

  GST_OBJECT_LOCK (output);
  possible = gst_caps_ref (output->caps);
  preferred = gst_caps_ref (output->preferred);
  GST_OBJECT_UNLOCK (output);
  if (gst_caps_is_fixed (possible))
    return g_steal_pointer (&possible);

  /* The tee behind answers with what is possible, or nothing. What downstream takes
   * nothing of fails when it comes there. The order is this output's own: a converter
   * would have all sound mono. */
  taken = gst_pad_peer_query_caps (GST_BASE_SRC_PAD (output), possible);
  caps = gst_caps_intersect_full (possible, taken, GST_CAPS_INTERSECT_FIRST);
  if (gst_caps_is_empty (caps))
    gst_caps_replace (&caps, possible);
  caps = choose (caps, preferred);
  GST_OBJECT_LOCK (output);
  if (!gst_caps_is_fixed (output->caps))
    gst_caps_replace (&output->caps, caps);
  else
    gst_caps_replace (&caps, output->caps);
  GST_OBJECT_UNLOCK (output);
  GST_DEBUG_OBJECT (output, "%" GST_PTR_FORMAT, (gpointer) caps);
  return caps;
}

static gboolean
gst_foxapi_bin_output_negotiate (GstBaseSrc * src)
{
  g_autoptr (GstCaps) caps = gst_foxapi_bin_output_fix_caps
      (GST_FOXAPI_BIN_OUTPUT (src));

  return gst_base_src_set_caps (src, caps);
}

static GstCaps *
gst_foxapi_bin_output_get_caps (GstBaseSrc * src, GstCaps * filter)
{
  g_autoptr (GstCaps) caps = NULL;

  GST_OBJECT_LOCK (src);
  caps = gst_caps_ref (GST_FOXAPI_BIN_OUTPUT (src)->caps);
  GST_OBJECT_UNLOCK (src);
  return filter ? gst_caps_intersect_full (filter, caps,
      GST_CAPS_INTERSECT_FIRST) : g_steal_pointer (&caps);
}

/* (transfer full) (nullable): what is possible, as text, if downstream takes nothing
 * of it */
gchar *
gst_foxapi_bin_output_find_mismatch (GstFoxapiBinOutput * output)
{
  g_autoptr (GstCaps) possible = gst_foxapi_bin_output_get_caps (GST_BASE_SRC
      (output), NULL);
  g_autoptr (GstCaps) caps = gst_pad_peer_query_caps (GST_BASE_SRC_PAD
      (output), possible);

  return gst_caps_is_empty (caps) ? gst_caps_to_string (possible) : NULL;
}

/* A frame is there when it is due, and may stay as long as is wanted. */
static gboolean
gst_foxapi_bin_output_query (GstBaseSrc * src, GstQuery * query)
{
  if (GST_QUERY_TYPE (query) == GST_QUERY_LATENCY) {
    gst_query_set_latency (query, gst_base_src_is_live (src), 0,
        GST_CLOCK_TIME_NONE);
    return TRUE;
  }
  return GST_BASE_SRC_CLASS (gst_foxapi_bin_output_parent_class)->query (src,
      query);
}

/* Lateness */

/* What a sink says that drops frames: what is this far from it is late, too. */
static gboolean
gst_foxapi_bin_output_event (GstBaseSrc * src, GstEvent * event)
{
  GstFoxapiBinOutput *self = GST_FOXAPI_BIN_OUTPUT (src);
  GstClockTimeDiff lateness;
  GstClockTime time;

  if (GST_EVENT_TYPE (event) == GST_EVENT_QOS) {
    gst_event_parse_qos (event, NULL, NULL, &lateness, &time);
    GST_OBJECT_LOCK (src);
    self->earliest = self->max_lateness >= 0 && lateness > self->max_lateness
        && GST_CLOCK_TIME_IS_VALID (time) ? time + 2 * (guint64) lateness : 0;
    GST_OBJECT_UNLOCK (src);
  }
  return GST_BASE_SRC_CLASS (gst_foxapi_bin_output_parent_class)->event (src,
      event);
}

static void
post_dropped (GstFoxapiBinOutput * self, guint64 first, GstClockTime now)
{
  GstClockTime time = gst_foxapi_program_frame_to_time (self->program, first);
  GstClockTime end = gst_foxapi_program_frame_to_time (self->program,
      self->frame);
  GstMessage *message = gst_message_new_qos (GST_OBJECT (self), TRUE, time,
      time, time, end - time);

  gst_message_set_qos_values (message, GST_CLOCK_DIFF (time, now), 1.0,
      1000000);
  gst_message_set_qos_stats (message, GST_FORMAT_BUFFERS,
      self->frame - self->first - self->n_dropped, self->n_dropped);
  gst_element_post_message (GST_ELEMENT (self), message);
}

/* Goes on with the frame that is due. %FALSE: that is the next one anyway. */
static gboolean
drop_late_frames (GstFoxapiBinOutput * self)
{
  GstClockTime now = gst_element_get_current_running_time (GST_ELEMENT (self));
  GstClockTime due = gst_foxapi_program_frame_to_time (self->program,
      self->frame);
  guint64 first = self->frame;
  GstClockTime earliest;
  gint64 max_lateness;

  GST_OBJECT_LOCK (self);
  max_lateness = self->max_lateness;
  earliest = self->earliest;
  GST_OBJECT_UNLOCK (self);
  if (max_lateness < 0 || !GST_CLOCK_TIME_IS_VALID (now))
    return FALSE;
  if (now > due + max_lateness)
    earliest = MAX (earliest, now);
  self->frame = MAX (first, gst_foxapi_program_time_to_frame (self->program,
          earliest));
  self->n_dropped += self->frame - first;
  if (self->frame > first)
    post_dropped (self, first, now);
  return self->frame > first;
}

/* Waits for the clock, also through a pause. Without one nothing is due. */
static GstFlowReturn
wait_until_due (GstFoxapiBinOutput * self, gboolean * is_due)
{
  GstClockTime time = gst_foxapi_program_frame_to_time (self->program,
      self->frame);
  GstFlowReturn flow = GST_FLOW_OK;

  *is_due = FALSE;
  while (flow == GST_FLOW_OK && !*is_due) {
    GstClockID id = NULL;
    GstClock *clock;

    GST_OBJECT_LOCK (self);
    clock = GST_ELEMENT_CLOCK (self);
    if (clock != NULL && !self->is_interrupted)
      id = self->clock_id = gst_clock_new_single_shot_id (clock,
          GST_ELEMENT (self)->base_time + time);
    GST_OBJECT_UNLOCK (self);
    if (clock == NULL)
      return GST_FLOW_OK;
    if (id != NULL) {
      *is_due = gst_clock_id_wait (id, NULL) != GST_CLOCK_UNSCHEDULED;
      GST_OBJECT_LOCK (self);
      self->clock_id = NULL;
      GST_OBJECT_UNLOCK (self);
      gst_clock_id_unref (id);
    }
    if (!*is_due)
      flow = gst_base_src_wait_playing (GST_BASE_SRC (self));
  }
  return flow;
}

/* What the buffers hold */

/* The output is always I420. */
static GstBuffer *
make_black (const GstVideoInfo * info)
{
  gsize luma = GST_VIDEO_INFO_PLANE_OFFSET (info, 1);
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, info->size, NULL);

  gst_buffer_memset (buffer, 0, 16, luma);
  gst_buffer_memset (buffer, luma, 128, info->size - luma);
  return buffer;
}

static gboolean
gst_foxapi_bin_output_set_base_caps (GstBaseSrc * src, GstCaps * caps)
{
  GstFoxapiBinOutput *self = GST_FOXAPI_BIN_OUTPUT (src);
  GstVideoInfo video;
  GstAudioInfo audio;

  if (self->stream == GST_FOXAPI_STREAM_AUDIO) {
    if (!gst_audio_info_from_caps (&audio, caps))
      return FALSE;
    gst_foxapi_program_set_audio_format (self->program, audio.rate, audio.bpf);
    return TRUE;
  }
  if (!gst_video_info_from_caps (&video, caps))
    return FALSE;
  gst_clear_buffer (&self->picture);
  self->picture = make_black (&video);
  return TRUE;
}

/* The placeholder's next picture, or the one before it once more. */
static void
update_picture (GstFoxapiBinOutput * self, GstClockTime timeout)
{
  g_autoptr (GstFoxapiPlaceholder) placeholder = NULL;
  GstBuffer *picture = NULL;

  GST_OBJECT_LOCK (self);
  if (self->placeholder != NULL)
    placeholder = gst_object_ref (self->placeholder);
  GST_OBJECT_UNLOCK (self);

  if (placeholder != NULL)
    picture = gst_foxapi_placeholder_take_frame (placeholder, timeout);
  if (picture != NULL) {
    gst_buffer_unref (self->picture);
    self->picture = picture;
  }
}

/* What the program shows, and in front of its first result the placeholder */
static GstFlowReturn
make_picture (GstFoxapiBinOutput * self, GstBuffer ** buffer)
{
  g_autoptr (GstBuffer) shown = NULL;
  GstStructure *on_air = NULL;
  GList *events = NULL;
  GstFlowReturn flow = gst_foxapi_program_get_frame (self->program,
      self->frame, &shown, &events, &on_air);

  if (flow != GST_FLOW_OK)
    return flow;
  /* One whose buffer a flush has thrown away is still to be sent. */
  self->events = g_list_concat (self->events, events);
  if (on_air != NULL) {
    gst_clear_structure (&self->on_air);
    self->on_air = on_air;
  }
  if (shown == NULL) {
    update_picture (self, 0);
    shown = gst_buffer_ref (self->picture);
  }
  *buffer = gst_buffer_new ();
  gst_buffer_copy_into (*buffer, shown,
      GST_BUFFER_COPY_MEMORY | GST_BUFFER_COPY_META, 0, -1);
  return GST_FLOW_OK;
}

/* The buffer of the next frame, when that is due */
static GstFlowReturn
make_next (GstFoxapiBinOutput * self, GstBuffer ** buffer)
{
  gboolean is_live = gst_base_src_is_live (GST_BASE_SRC (self));
  gboolean is_due = FALSE, is_gap = FALSE;
  GstFlowReturn flow = GST_FLOW_OK;

  if (!self->has_begun) {
    update_picture (self, FIRST_PICTURE_TIMEOUT);
    flow = gst_foxapi_program_begin (self->program, self->stream,
        GST_ELEMENT (self), &self->first);
    self->frame = self->first;
    self->has_begun = flow == GST_FLOW_OK;
  }
  if (flow == GST_FLOW_OK && is_live) {
    is_gap = drop_late_frames (self);
    flow = wait_until_due (self, &is_due);
  }
  if (flow == GST_FLOW_OK)
    flow = self->stream == GST_FOXAPI_STREAM_VIDEO ? make_picture (self, buffer)
        : gst_foxapi_program_get_samples (self->program, self->frame, is_due,
        buffer);
  if (flow != GST_FLOW_OK)
    return flow;
  gst_foxapi_program_stamp (self->program, self->stream, self->frame, *buffer);
  if (is_gap)
    GST_BUFFER_FLAG_SET (*buffer, GST_BUFFER_FLAG_DISCONT);
  return GST_FLOW_OK;
}

/* The base class throws away what it has got in a pause (from GStreamer 1.24 on) or
 * a flush, and asks anew: that frame is still the next one. */
static GstFlowReturn
gst_foxapi_bin_output_create (GstPushSrc * src, GstBuffer ** buffer)
{
  GstFoxapiBinOutput *self = GST_FOXAPI_BIN_OUTPUT (src);
  GstFlowReturn flow = GST_FLOW_OK;

  while (flow == GST_FLOW_OK && self->unsent == NULL) {
    flow = make_next (self, &self->unsent);
    if (flow == GST_FLOW_FLUSHING && gst_base_src_is_live (GST_BASE_SRC (src)))
      flow = gst_base_src_wait_playing (GST_BASE_SRC (src));
  }
  if (flow == GST_FLOW_OK)
    *buffer = gst_buffer_ref (self->unsent);
  return flow;
}

/* Here the segment, which goes first, has left already. */
static GstPadProbeReturn
on_frame_leaves (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  GstFoxapiBinOutput *self = user_data;

  gst_clear_buffer (&self->unsent);
  self->frame++;
  while (self->events != NULL) {
    GstEvent *event = self->events->data;

    self->events = g_list_delete_link (self->events, self->events);
    gst_pad_push_event (pad, event);
  }
  if (self->on_air != NULL)
    gst_element_post_message (GST_ELEMENT (self), gst_message_new_element
        (GST_OBJECT (self), g_steal_pointer (&self->on_air)));
  return GST_PAD_PROBE_OK;
}

/* The base class gives each stream a group of its own: streams that belong
 * together would wait for each other's ends, where groups follow each other. Behind
 * an end, whoever takes the buffers may have enough. */
static GstPadProbeReturn
on_event (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  GstFoxapiBinOutput *self = user_data;
  GstEvent *event = GST_PAD_PROBE_INFO_EVENT (info);

  if (GST_EVENT_TYPE (event) == GST_EVENT_STREAM_START) {
    GST_PAD_PROBE_INFO_DATA (info) = event = gst_event_make_writable (event);
    gst_event_set_group_id (event, self->group_id);
  } else if (GST_EVENT_TYPE (event) != GST_EVENT_EOS) {
    return GST_PAD_PROBE_OK;
  } else if (self->stream == GST_FOXAPI_STREAM_VIDEO) {
    gst_foxapi_program_close (self->program);
  } else {
    gst_foxapi_program_audio_is_gone (self->program);
  }
  return GST_PAD_PROBE_OK;
}

/* See gstfoxapivideosrc.c: buffers have memory of the player's or the placeholder's. */
static GstPadProbeReturn
on_query (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  return GST_QUERY_TYPE (GST_PAD_PROBE_INFO_QUERY (info)) ==
      GST_QUERY_ALLOCATION ? GST_PAD_PROBE_DROP : GST_PAD_PROBE_OK;
}

/* From GStreamer 1.26 on the base class forgets to call unlock_stop() when a pause is
 * so short that create() has not noticed it. One that is not live goes on in a pause:
 * its task would not come back. */
static GstStateChangeReturn
gst_foxapi_bin_output_change_state (GstElement * element,
    GstStateChange transition)
{
  GstBaseSrc *src = GST_BASE_SRC (element);

  if (transition == GST_STATE_CHANGE_PLAYING_TO_PAUSED
      && gst_base_src_is_live (src))
    GST_BASE_SRC_GET_CLASS (src)->unlock (src);
  else if (transition == GST_STATE_CHANGE_PAUSED_TO_PLAYING
      && gst_base_src_is_live (src))
    GST_BASE_SRC_GET_CLASS (src)->unlock_stop (src);
  return GST_ELEMENT_CLASS
      (gst_foxapi_bin_output_parent_class)->change_state (element, transition);
}

static void
gst_foxapi_bin_output_finalize (GObject * object)
{
  GstFoxapiBinOutput *self = GST_FOXAPI_BIN_OUTPUT (object);

  gst_clear_caps (&self->all);
  gst_clear_caps (&self->caps);
  gst_clear_caps (&self->preferred);
  gst_clear_object (&self->placeholder);

  G_OBJECT_CLASS (gst_foxapi_bin_output_parent_class)->finalize (object);
}

static void
gst_foxapi_bin_output_init (GstFoxapiBinOutput * self)
{
  gst_base_src_set_format (GST_BASE_SRC (self), GST_FORMAT_TIME);
  gst_pad_add_probe (GST_BASE_SRC_PAD (self),
      GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, on_event, self, NULL);
  gst_pad_add_probe (GST_BASE_SRC_PAD (self), GST_PAD_PROBE_TYPE_BUFFER,
      on_frame_leaves, self, NULL);
  gst_pad_add_probe (GST_BASE_SRC_PAD (self),
      GST_PAD_PROBE_TYPE_QUERY_DOWNSTREAM, on_query, NULL, NULL);
}

static void
gst_foxapi_bin_output_class_init (GstFoxapiBinOutputClass * klass)
{
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);
  GstBaseSrcClass *src_class = GST_BASE_SRC_CLASS (klass);

  GST_DEBUG_CATEGORY_INIT (foxapi_output_debug, "foxapioutput", 0,
      "An output of the bin");

  G_OBJECT_CLASS (klass)->finalize = gst_foxapi_bin_output_finalize;
  gst_element_class_add_static_pad_template (element_class, &src_template);
  gst_element_class_set_static_metadata (element_class, "FoxAPI output",
      "Source/Video/Audio", "The pictures or the sound of the program",
      "The gst-foxapi authors");
  element_class->change_state = gst_foxapi_bin_output_change_state;
  src_class->negotiate = gst_foxapi_bin_output_negotiate;
  src_class->set_caps = gst_foxapi_bin_output_set_base_caps;
  src_class->get_caps = gst_foxapi_bin_output_get_caps;
  src_class->start = gst_foxapi_bin_output_start;
  src_class->stop = gst_foxapi_bin_output_stop;
  src_class->unlock = gst_foxapi_bin_output_unlock;
  src_class->unlock_stop = gst_foxapi_bin_output_unlock_stop;
  src_class->event = gst_foxapi_bin_output_event;
  src_class->query = gst_foxapi_bin_output_query;
  GST_PUSH_SRC_CLASS (klass)->create = gst_foxapi_bin_output_create;
}

/* @caps: all that it may ever have */
GstElement *
gst_foxapi_bin_output_new (GstFoxapiStream stream, const gchar * name,
    GstCaps * caps, GstFoxapiProgram * program)
{
  GstFoxapiBinOutput *self = g_object_new (GST_TYPE_FOXAPI_BIN_OUTPUT, "name",
      name, NULL);

  self->stream = stream;
  self->all = gst_caps_ref (caps);
  self->caps = gst_caps_ref (caps);
  self->program = program;
  return GST_ELEMENT (self);
}

/* For a run; the element is not running. */
void
gst_foxapi_bin_output_set_up (GstFoxapiBinOutput * output, gboolean is_live,
    gint64 max_lateness, guint group_id)
{
  gst_base_src_set_live (GST_BASE_SRC (output), is_live);
  GST_OBJECT_LOCK (output);
  output->max_lateness = max_lateness;
  output->group_id = group_id;
  GST_OBJECT_UNLOCK (output);
}

/* @placeholder: (nullable): what the pictures are before the first result */
void
gst_foxapi_bin_output_set_placeholder (GstFoxapiBinOutput * output,
    GstFoxapiPlaceholder * placeholder)
{
  GST_OBJECT_LOCK (output);
  if (output->placeholder != NULL)
    gst_foxapi_placeholder_interrupt (output->placeholder, TRUE);
  if (placeholder != NULL)
    gst_foxapi_placeholder_interrupt (placeholder, output->is_interrupted);
  gst_object_replace ((GstObject **) & output->placeholder,
      (GstObject *) placeholder);
  GST_OBJECT_UNLOCK (output);
}
