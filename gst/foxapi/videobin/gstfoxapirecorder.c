/* What comes out of a reference branch → a file
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstfoxapirecorder.h"

#include <gst/base/gsttypefindhelper.h>

#include "foxapireferences.h"
#include "gstfoxapicapturefile.h"
#include "gstfoxapiencoding.h"
#include "gstfoxapiimagebytes.h"

GST_DEBUG_CATEGORY_STATIC (foxapi_recorder_debug);
#define GST_CAT_DEFAULT foxapi_recorder_debug

/* Times of a branch → times of a clip that starts at 0 */

/* A frame for which nothing says how long it lasts */
#define DEFAULT_FRAME_DURATION (GST_SECOND / 25)

static void
clip_times_init (GstFoxapiClip * clip, GstClockTime length)
{
  memset (clip, 0, sizeof (*clip));
  clip->length = length;
  clip->frame_duration = DEFAULT_FRAME_DURATION;
}

static void
clip_times_clear (GstFoxapiClip * clip)
{
  gst_clear_buffer (&clip->held);
}

static void
clip_times_set_frame_rate (GstFoxapiClip * clip, gint n, gint d)
{
  clip->frame_duration = n > 0 ? MAX (gst_util_uint64_scale (GST_SECOND, d, n),
      1) : DEFAULT_FRAME_DURATION;
}

static GstClockTime
get_duration (GstFoxapiClip * clip, GstBuffer * frame)
{
  return GST_BUFFER_DURATION_IS_VALID (frame)
      && GST_BUFFER_DURATION (frame) > 0 ? GST_BUFFER_DURATION (frame) :
      clip->frame_duration;
}

/* The time of the next frame. Where it has none, or time stands still or went
 * back (a seek), it follows the last one. */
static GstClockTime
get_time (GstFoxapiClip * clip, GstClockTime running_time)
{
  GstClockTime expected = clip->held ? GST_BUFFER_PTS (clip->held) +
      get_duration (clip, clip->held) : 0;
  GstClockTimeDiff time;

  if (!GST_CLOCK_TIME_IS_VALID (running_time))
    return expected;
  time = (GstClockTimeDiff) running_time - clip->base;
  if (!clip->has_base || (clip->held != NULL
          && time <= (GstClockTimeDiff) GST_BUFFER_PTS (clip->held))) {
    clip->base = (GstClockTimeDiff) (running_time - expected);
    clip->has_base = TRUE;
    return expected;
  }
  return time;
}

static GstBuffer *
release (GstFoxapiClip * clip, GstClockTime end)
{
  GstBuffer *frame = g_steal_pointer (&clip->held);

  if (frame != NULL)
    GST_BUFFER_DURATION (frame) = end - GST_BUFFER_PTS (frame);
  return frame;
}

/* Returns TRUE if the clip is as long as it should be: what is left comes
 * with gst_foxapi_clip_end(). */
static gboolean
clip_times_add (GstFoxapiClip * clip, GstBuffer * frame,
    GstClockTime running_time, GstBuffer ** ready)
{
  GstClockTime time = get_time (clip, running_time);

  *ready = NULL;
  if (clip->held != NULL && time >= clip->length) {
    gst_buffer_unref (frame);
    GST_BUFFER_DURATION (clip->held) = clip->length -
        GST_BUFFER_PTS (clip->held);
    return TRUE;
  }
  *ready = release (clip, time);
  clip->held = gst_buffer_make_writable (frame);
  GST_BUFFER_PTS (clip->held) = time;
  GST_BUFFER_DTS (clip->held) = GST_CLOCK_TIME_NONE;
  return time + get_duration (clip, clip->held) >= clip->length;
}

/* Returns its last frame, which does not outlast the clip, or NULL. */
GstBuffer *
gst_foxapi_clip_end (GstFoxapiClip * clip)
{
  GstClockTime end;

  if (clip->held == NULL)
    return NULL;
  end = GST_BUFFER_PTS (clip->held) + get_duration (clip, clip->held);
  return release (clip, MIN (end, MAX (clip->length,
              GST_BUFFER_PTS (clip->held) + 1)));
}

/* What comes out of a branch → a captured file */

/* Threads and locks:
 *
 * - prepare() and release() run in the thread that changes the state, when there
 *   is no streaming thread.
 * - The pad's functions run in the streaming thread, which alone writes and
 *   encodes, and alone calls the listener. No lock is held then.
 * - cancel() is called from any thread. What it shares with the streaming
 *   thread, the encoding, is guarded by the object lock.
 */

/* With fewer bytes a stream without caps is not given a name, unless it ends. */
#define TYPE_BYTES 2048

/* kbit a second: enough for a reference, and within what the service takes */
#define MIN_BITRATE 1000
#define MAX_BITRATE 20000

/* Where the frame rate is variable or unknown */
#define DEFAULT_FPS 30

struct _GstFoxapiRecorder
{
  GstElement parent;

  /* Set when it is made */
  GstPad *sink;
  GstFoxapiCaptureKind kind;
  gchar *name;
  gchar *directory;
  const GstFoxapiRecorderListener *listener;
  gpointer user_data;

  /* From prepare() to release(): the streaming thread */
  gboolean is_over;             /* what comes is dropped */
  GstSegment segment;
  gboolean has_caps;
  gboolean is_raw;
  GstVideoInfo info;            /* if it is raw */
  GstCaps *frame_caps;          /* (nullable): what the encoder is told of it */
  GstFoxapiImageBytes image;
  GByteArray *head;             /* of a movie */
  guint64 movie_size;
  GstFoxapiCaptureFile *file;
  GstFoxapiClip clip;
  GstCaps *held_caps;           /* (nullable): of the frame that the clip holds */
  GstCaps *encoded_caps;        /* (nullable): what the encoder was told last */

  /* The object lock */
  GstFoxapiEncoding *encoding;

  /* Has a lock of its own */
  GCancellable *cancellable;
};

G_DEFINE_FINAL_TYPE (GstFoxapiRecorder, gst_foxapi_recorder, GST_TYPE_ELEMENT)
/* Both end a run of data. */
     static void fail (GstFoxapiRecorder * self, const GError * error)
{
  self->is_over = TRUE;
  if (!g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    self->listener->failed (self->user_data, error);
}

static void
refuse (GstFoxapiRecorder * self, GstCaps * caps)
{
  self->is_over = TRUE;
  self->listener->refused (self->user_data, caps);
}

static goffset
get_limit (GstFoxapiRecorder * self)
{
  return self->kind == GST_FOXAPI_CAPTURE_IMAGE ? FOXAPI_IMAGE_MAX_BYTES :
      FOXAPI_VIDEO_MAX_BYTES;
}

static void
set_size_error (GstFoxapiRecorder * self, GError ** error)
{
  g_set_error (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_SETTINGS,
      "It is larger than the %s that the service takes. Make it smaller or "
      "shorter.", self->kind == GST_FOXAPI_CAPTURE_IMAGE ? "20 MB" : "100 MB");
}

static void
set_end_error (GstFoxapiRecorder * self, GError ** error)
{
  g_set_error (error, GST_STREAM_ERROR, GST_STREAM_ERROR_FORMAT,
      "The stream ended before a usable %s came. See what the element before the "
      "pad delivers.", self->is_raw ? "frame" :
      self->kind == GST_FOXAPI_CAPTURE_IMAGE ? "image" : "video");
}

/* Nobody complained, and yet there is no such file. */
static void
set_encode_error (GError ** error)
{
  g_set_error_literal (error, GST_STREAM_ERROR, GST_STREAM_ERROR_ENCODE,
      "The encoder made nothing of the raw video. Put videoconvert or videoscale "
      "before the pad, or link encoded media.");
}

/* The end of all that work: the file gets its name. */
static gboolean
keep_file (GstFoxapiRecorder * self, const gchar * media_type,
    const gchar * suffix, GError ** error)
{
  g_autofree gchar *path = NULL;
  guint64 size;

  if (!gst_foxapi_capture_file_get_size (self->file, &size, error))
    return FALSE;
  path = gst_foxapi_capture_file_keep (self->file, suffix, error);
  if (path == NULL)
    return FALSE;
  self->is_over = TRUE;
  GST_INFO_OBJECT (self, "captured %s, %" G_GUINT64_FORMAT " bytes", path,
      size);
  self->listener->captured (self->user_data, path, media_type, size);
  return TRUE;
}

static gboolean
open_file (GstFoxapiRecorder * self, GError ** error)
{
  g_clear_pointer (&self->file, gst_foxapi_capture_file_free);
  self->file = gst_foxapi_capture_file_new (self->directory, self->name, error);
  return self->file != NULL;
}

/* Encoding */

static void
drop_encoding (GstFoxapiRecorder * self)
{
  GstFoxapiEncoding *encoding;

  GST_OBJECT_LOCK (self);
  encoding = g_steal_pointer (&self->encoding);
  GST_OBJECT_UNLOCK (self);
  g_clear_pointer (&encoding, gst_foxapi_encoding_unref);
  gst_clear_caps (&self->encoded_caps);
}

/* From here on cancel() finds it. */
static gboolean
publish_encoding (GstFoxapiRecorder * self, GstFoxapiEncoding * encoding,
    GError ** error)
{
  GST_OBJECT_LOCK (self);
  self->encoding = encoding;
  GST_OBJECT_UNLOCK (self);
  return !g_cancellable_set_error_if_cancelled (self->cancellable, error);
}

static gboolean
open_encoding (GstFoxapiRecorder * self, GstFoxapiEncodingFormat format,
    guint bitrate, GError ** error)
{
  GstFoxapiEncoding *encoding;

  drop_encoding (self);
  if (!open_file (self, error))
    return FALSE;
  encoding = gst_foxapi_encoding_new (format, &self->info, bitrate,
      gst_foxapi_capture_file_get_path (self->file), error);
  return encoding != NULL && publish_encoding (self, encoding, error)
      && gst_foxapi_encoding_start (encoding, error);
}

/* frame: (transfer full) */
static gboolean
encode (GstFoxapiRecorder * self, GstBuffer * frame, GstCaps * caps,
    GError ** error)
{
  if (self->encoded_caps == NULL || !gst_caps_is_equal (self->encoded_caps,
          caps)) {
    if (!gst_foxapi_encoding_set_caps (self->encoding, caps, error)) {
      gst_buffer_unref (frame);
      return FALSE;
    }
    gst_caps_replace (&self->encoded_caps, caps);
  }
  return gst_foxapi_encoding_push (self->encoding, frame, error);
}

/* Returns: %FALSE with @error unset if it is too large */
static gboolean
close_encoding (GstFoxapiRecorder * self, GError ** error)
{
  guint64 size;

  if (!gst_foxapi_encoding_finish (self->encoding, error))
    return FALSE;
  drop_encoding (self);
  if (!gst_foxapi_capture_file_get_size (self->file, &size, error))
    return FALSE;
  if (size == 0) {
    set_encode_error (error);
    return FALSE;
  }
  return size <= (guint64) get_limit (self);
}

/* Raw frames */

static gboolean
is_good (GstFoxapiRecorder * self, GstBuffer * frame)
{
  gboolean flagged = GST_BUFFER_FLAG_IS_SET (frame, GST_BUFFER_FLAG_CORRUPTED)
      || GST_BUFFER_FLAG_IS_SET (frame, GST_BUFFER_FLAG_GAP)
      || GST_BUFFER_FLAG_IS_SET (frame, GST_BUFFER_FLAG_DECODE_ONLY);
  gsize needed = gst_buffer_get_video_meta (frame) ? 1 :
      GST_VIDEO_INFO_SIZE (&self->info);

  return !flagged && gst_buffer_get_size (frame) >= needed;
}

/* Returns: %FALSE if it is outside of what is shown */
static gboolean
get_running_time (GstFoxapiRecorder * self, GstBuffer * frame,
    GstClockTime * time)
{
  *time = GST_CLOCK_TIME_NONE;
  if (self->segment.format != GST_FORMAT_TIME
      || !GST_BUFFER_PTS_IS_VALID (frame))
    return TRUE;
  *time = gst_segment_to_running_time (&self->segment, GST_FORMAT_TIME,
      GST_BUFFER_PTS (frame));
  return GST_CLOCK_TIME_IS_VALID (*time);
}

/* Returns: %FALSE with @error unset if it is too large */
static gboolean
encode_jpeg (GstFoxapiRecorder * self, GstBuffer * frame, GError ** error)
{
  return open_encoding (self, GST_FOXAPI_ENCODING_JPEG, 0, error)
      && encode (self, gst_buffer_ref (frame), self->frame_caps, error)
      && close_encoding (self, error);
}

/* Returns: %FALSE with @error unset if it is too large */
static gboolean
write_png (GstFoxapiRecorder * self, GstBuffer * buffer, GError ** error)
{
  GstVideoFrame frame;
  gboolean written, fits;

  if (!open_file (self, error))
    return FALSE;
  if (!gst_video_frame_map (&frame, &self->info, buffer, GST_MAP_READ)) {
    set_encode_error (error);
    return FALSE;
  }
  written = gst_foxapi_png_write (&frame, self->file, get_limit (self),
      self->cancellable, &fits, error);
  gst_video_frame_unmap (&frame);
  return written && fits;
}

/* frame: (transfer full) */
static gboolean
take_still (GstFoxapiRecorder * self, GstBuffer * frame, GError ** error)
{
  g_autoptr (GstBuffer) still = gst_buffer_make_writable (frame);

  self->listener->enough (self->user_data);
  GST_BUFFER_PTS (still) = 0;
  GST_BUFFER_DTS (still) = GST_CLOCK_TIME_NONE;
  if (write_png (self, still, error))
    return keep_file (self, "image/png", "png", error);
  if (*error != NULL)
    return FALSE;
  GST_INFO_OBJECT (self, "too large as PNG, making a JPEG");
  if (encode_jpeg (self, still, error))
    return keep_file (self, "image/jpeg", "jpg", error);
  if (*error == NULL)
    set_size_error (self, error);
  return FALSE;
}

/* kbit a second: by the number of pixels, and so that the clip stays well below
 * the limit. */
static guint
choose_bitrate (GstFoxapiRecorder * self)
{
  gdouble rate = (gdouble) self->info.fps_n / self->info.fps_d;
  gdouble wanted = self->info.width * (gdouble) self->info.height * rate / 5000;
  gdouble seconds = MAX ((gdouble) self->clip.length / GST_SECOND, 0.1);
  gdouble bound = 0.7 * get_limit (self) * 8 / 1000 / seconds;

  return MIN (CLAMP (wanted, MIN_BITRATE, MAX_BITRATE), bound);
}

/* frame: (transfer full) (nullable) */
static gboolean
encode_clip_frame (GstFoxapiRecorder * self, GstBuffer * frame, GError ** error)
{
  if (frame == NULL)
    return TRUE;
  if (self->encoding == NULL
      && !open_encoding (self, GST_FOXAPI_ENCODING_MP4, choose_bitrate (self),
          error)) {
    gst_buffer_unref (frame);
    return FALSE;
  }
  return encode (self, frame, self->held_caps, error);
}

static gboolean
finish_clip (GstFoxapiRecorder * self, GError ** error)
{
  self->listener->enough (self->user_data);
  if (!encode_clip_frame (self, gst_foxapi_clip_end (&self->clip), error))
    return FALSE;
  if (!close_encoding (self, error)) {
    if (*error == NULL)
      set_size_error (self, error);
    return FALSE;
  }
  if (!gst_foxapi_movie_clear_times (gst_foxapi_capture_file_get_path
          (self->file))) {
    set_encode_error (error);
    return FALSE;
  }
  return keep_file (self, "video/mp4", "mp4", error);
}

/* frame: (transfer full) */
static gboolean
take_clip_frame (GstFoxapiRecorder * self, GstBuffer * frame,
    GstClockTime running_time, GError ** error)
{
  GstBuffer *ready;
  gboolean is_complete = clip_times_add (&self->clip, frame, running_time,
      &ready);
  gboolean encoded = encode_clip_frame (self, ready, error);

  /* The frame held has the caps of now, the one before it had its own. Where the
   * clip was complete before this frame, it holds the one before. */
  if (!is_complete || self->held_caps == NULL || ready != NULL)
    gst_caps_replace (&self->held_caps, self->frame_caps);
  if (!encoded)
    return FALSE;
  return is_complete ? finish_clip (self, error) : TRUE;
}

/* frame: (transfer full) */
static gboolean
take_frame (GstFoxapiRecorder * self, GstBuffer * frame, GError ** error)
{
  GstClockTime running_time;

  if (!get_running_time (self, frame, &running_time)
      || !is_good (self, frame)) {
    GST_DEBUG_OBJECT (self, "passing over %" GST_PTR_FORMAT, (gpointer) frame);
    gst_buffer_unref (frame);
    return TRUE;
  }
  if (self->kind == GST_FOXAPI_CAPTURE_IMAGE)
    return take_still (self, frame, error);
  return take_clip_frame (self, frame, running_time, error);
}

/* Bytes */

/* Without caps, and not what was hoped for: what is it? */
static void
name_and_refuse (GstFoxapiRecorder * self, const guint8 * data, gsize size)
{
  g_autoptr (GstCaps) caps = gst_type_find_helper_for_data (GST_OBJECT (self),
      data, size, NULL);

  refuse (self, caps);
}

static gboolean
keep_image (GstFoxapiRecorder * self, GError ** error)
{
  gsize size;
  const guint8 *data = gst_foxapi_image_bytes_get_data (&self->image, &size);
  GstFoxapiImageFormat format = self->image.format;

  self->listener->enough (self->user_data);
  if (size > FOXAPI_IMAGE_MAX_BYTES) {
    set_size_error (self, error);
    return FALSE;
  }
  return open_file (self, error)
      && gst_foxapi_capture_file_write (self->file, data, size, error)
      && keep_file (self, gst_foxapi_image_format_get_media_type (format),
      gst_foxapi_image_format_get_suffix (format), error);
}

static gboolean
take_image_bytes (GstFoxapiRecorder * self, const guint8 * data, gsize size,
    GError ** error)
{
  GstFoxapiImageBytes *image = &self->image;

  gst_foxapi_image_bytes_add (image, data, size);
  if (gst_foxapi_image_bytes_is_complete (image))
    return keep_image (self, error);
  /* A stream that says it is images may start within one. Another is not looked
   * through. */
  if (image->format == GST_FOXAPI_IMAGE_NONE && self->has_caps) {
    gst_foxapi_image_bytes_find (image);
    if (gst_foxapi_image_bytes_is_complete (image))
      return keep_image (self, error);
  } else if (image->format == GST_FOXAPI_IMAGE_NONE
      && image->bytes->len >= TYPE_BYTES) {
    name_and_refuse (self, image->bytes->data, image->bytes->len);
    return TRUE;
  }
  if (image->bytes->len - image->start > FOXAPI_IMAGE_MAX_BYTES) {
    set_size_error (self, error);
    return FALSE;
  }
  return TRUE;
}

/* Returns: %TRUE if the movie can go on */
static gboolean
check_movie_type (GstFoxapiRecorder * self)
{
  g_autoptr (GstCaps) caps = NULL;
  g_autoptr (GstCaps) wanted = NULL;

  if (self->has_caps)
    return TRUE;
  caps = gst_type_find_helper_for_data (GST_OBJECT (self), self->head->data,
      self->head->len, NULL);
  wanted = gst_foxapi_capture_get_caps (self->kind);
  if (caps != NULL && gst_caps_can_intersect (caps, wanted)) {
    self->has_caps = TRUE;
    return TRUE;
  }
  refuse (self, caps);
  return FALSE;
}

static gboolean
take_movie_bytes (GstFoxapiRecorder * self, const guint8 * data, gsize size,
    GError ** error)
{
  gsize missing = TYPE_BYTES - self->head->len;

  self->movie_size += size;
  if (self->movie_size > FOXAPI_VIDEO_MAX_BYTES) {
    set_size_error (self, error);
    return FALSE;
  }
  if (missing > 0) {
    g_byte_array_append (self->head, data, MIN (missing, size));
    if (size >= missing && !check_movie_type (self))
      return TRUE;
  }
  if (self->file == NULL && !open_file (self, error))
    return FALSE;
  return gst_foxapi_capture_file_write (self->file, data, size, error);
}

/* The major brand tells QuickTime from MP4. Files from before there were brands
 * are QuickTime. */
static gboolean
is_mp4 (GstFoxapiRecorder * self)
{
  return self->head->len >= 12 && memcmp (self->head->data + 4, "ftyp", 4) == 0
      && memcmp (self->head->data + 8, "qt  ", 4) != 0;
}

static gboolean
finish_movie (GstFoxapiRecorder * self, GError ** error)
{
  if (self->head->len < TYPE_BYTES && !check_movie_type (self))
    return TRUE;
  self->listener->enough (self->user_data);
  return is_mp4 (self) ? keep_file (self, "video/mp4", "mp4", error) :
      keep_file (self, "video/quicktime", "mov", error);
}

/* What was there of an image or a movie has no continuation. */
static void
forget_bytes (GstFoxapiRecorder * self)
{
  gst_foxapi_image_bytes_reset (&self->image);
  g_byte_array_set_size (self->head, 0);
  if (self->movie_size > 0)
    g_clear_pointer (&self->file, gst_foxapi_capture_file_free);
  self->movie_size = 0;
}

/* buffer: (transfer full) */
static gboolean
take_bytes (GstFoxapiRecorder * self, GstBuffer * buffer, GError ** error)
{
  gboolean is_image = self->kind == GST_FOXAPI_CAPTURE_IMAGE;
  gboolean lost = GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_DISCONT);
  gboolean bad = GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_CORRUPTED)
      || GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_DECODE_ONLY);
  gboolean taken = TRUE;
  GstMapInfo map;

  if (is_image && (lost || bad))
    forget_bytes (self);
  if ((is_image && bad) || gst_buffer_get_size (buffer) == 0) {
    gst_buffer_unref (buffer);
    return TRUE;
  }
  if (gst_buffer_map (buffer, &map, GST_MAP_READ)) {
    taken = is_image ? take_image_bytes (self, map.data, map.size, error) :
        take_movie_bytes (self, map.data, map.size, error);
    gst_buffer_unmap (buffer, &map);
  }
  gst_buffer_unref (buffer);
  return taken;
}

/* The pad */

static GstFlowReturn
gst_foxapi_recorder_chain (GstPad * pad, GstObject * parent, GstBuffer * buffer)
{
  GstFoxapiRecorder *self = GST_FOXAPI_RECORDER (parent);
  g_autoptr (GError) error = NULL;
  gboolean taken;

  if (self->is_over) {
    gst_buffer_unref (buffer);
    return GST_FLOW_OK;
  }
  taken = self->is_raw ? take_frame (self, buffer, &error) :
      take_bytes (self, buffer, &error);
  if (!taken)
    fail (self, error);
  return GST_FLOW_OK;
}

/* The branch has said all. */
static void
finish (GstFoxapiRecorder * self)
{
  g_autoptr (GError) error = NULL;
  GstFoxapiImageBytes *image = &self->image;

  if (self->is_raw && self->clip.held != NULL)
    finish_clip (self, &error);
  else if (!self->is_raw && self->movie_size > 0)
    finish_movie (self, &error);
  else if (!self->is_raw && !self->has_caps && image->bytes->len > 0
      && image->format == GST_FOXAPI_IMAGE_NONE)
    name_and_refuse (self, image->bytes->data, image->bytes->len);
  else
    set_end_error (self, &error);
  if (error != NULL)
    fail (self, error);
}

/* What the encoders and the muxer are not told. They take one frame rate, and a
 * known one; the times say the rest. */
static void
adapt_info (GstFoxapiRecorder * self)
{
  GstVideoInfo held;

  self->info.interlace_mode = GST_VIDEO_INTERLACE_MODE_PROGRESSIVE;
  if (self->held_caps != NULL
      && gst_video_info_from_caps (&held, self->held_caps)) {
    self->info.fps_n = held.fps_n;
    self->info.fps_d = held.fps_d;
  } else if (self->info.fps_n <= 0 || self->info.fps_d <= 0) {
    self->info.fps_n = DEFAULT_FPS;
    self->info.fps_d = 1;
  }
}

static void
set_caps (GstFoxapiRecorder * self, GstCaps * caps)
{
  GstStructure *structure = gst_caps_get_structure (caps, 0);

  if (self->is_over)
    return;
  self->has_caps = TRUE;
  self->is_raw = gst_structure_has_name (structure, "video/x-raw");
  if (!self->is_raw)
    return;
  if (!gst_video_info_from_caps (&self->info, caps)) {
    refuse (self, caps);
    return;
  }
  clip_times_set_frame_rate (&self->clip, self->info.fps_n, self->info.fps_d);
  adapt_info (self);
  gst_clear_caps (&self->frame_caps);
  self->frame_caps = gst_video_info_to_caps (&self->info);
}

static gboolean
gst_foxapi_recorder_event (GstPad * pad, GstObject * parent, GstEvent * event)
{
  GstFoxapiRecorder *self = GST_FOXAPI_RECORDER (parent);
  GstCaps *caps;

  switch (GST_EVENT_TYPE (event)) {
    case GST_EVENT_CAPS:
      gst_event_parse_caps (event, &caps);
      set_caps (self, caps);
      break;
    case GST_EVENT_SEGMENT:
      gst_event_copy_segment (event, &self->segment);
      break;
    case GST_EVENT_STREAM_START:
      forget_bytes (self);
      break;
    case GST_EVENT_FLUSH_STOP:
      forget_bytes (self);
      gst_segment_init (&self->segment, GST_FORMAT_UNDEFINED);
      break;
    case GST_EVENT_EOS:
      if (!self->is_over)
        finish (self);
      break;
    default:
      break;
  }
  gst_event_unref (event);
  return TRUE;
}

/* Makes it ready for the next capture. */
void
gst_foxapi_recorder_prepare (GstFoxapiRecorder * self,
    const gchar * directory, GstClockTime clip_time)
{
  gst_foxapi_recorder_release (self);
  g_free (self->directory);
  self->directory = g_strdup (directory);
  clip_times_init (&self->clip, clip_time);
  g_cancellable_reset (self->cancellable);
  self->is_over = FALSE;
}

/* Called from any thread: the streaming thread comes back as soon as it can. */
void
gst_foxapi_recorder_cancel (GstFoxapiRecorder * self)
{
  g_autoptr (GstFoxapiEncoding) encoding = NULL;

  /* In this order, so that an encoding which is not there yet is not started. */
  g_cancellable_cancel (self->cancellable);
  GST_OBJECT_LOCK (self);
  if (self->encoding != NULL)
    encoding = gst_foxapi_encoding_ref (self->encoding);
  GST_OBJECT_UNLOCK (self);
  if (encoding != NULL)
    gst_foxapi_encoding_cancel (encoding);
}

/* Lets go of all that a capture needed. Nothing is left of an unfinished
 * file. */
void
gst_foxapi_recorder_release (GstFoxapiRecorder * self)
{
  drop_encoding (self);
  forget_bytes (self);
  g_clear_pointer (&self->file, gst_foxapi_capture_file_free);
  clip_times_clear (&self->clip);
  gst_clear_caps (&self->frame_caps);
  gst_clear_caps (&self->held_caps);
  gst_segment_init (&self->segment, GST_FORMAT_UNDEFINED);
  self->has_caps = FALSE;
  self->is_raw = FALSE;
  self->is_over = TRUE;
}

static void
gst_foxapi_recorder_finalize (GObject * object)
{
  GstFoxapiRecorder *self = GST_FOXAPI_RECORDER (object);

  gst_foxapi_recorder_release (self);
  gst_foxapi_image_bytes_clear (&self->image);
  g_byte_array_unref (self->head);
  g_object_unref (self->cancellable);
  g_free (self->name);
  g_free (self->directory);
  G_OBJECT_CLASS (gst_foxapi_recorder_parent_class)->finalize (object);
}

static void
gst_foxapi_recorder_class_init (GstFoxapiRecorderClass * klass)
{
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = gst_foxapi_recorder_finalize;
  gst_element_class_set_static_metadata (element_class, "Reference recorder",
      "Sink", "Makes a file of what a branch carries", "gst-foxapi");
  GST_DEBUG_CATEGORY_INIT (foxapi_recorder_debug, "foxapirecorder", 0,
      "Graph media into files");
}

static void
gst_foxapi_recorder_init (GstFoxapiRecorder * self)
{
  gst_foxapi_image_bytes_init (&self->image);
  self->head = g_byte_array_new ();
  self->cancellable = g_cancellable_new ();
  gst_foxapi_recorder_release (self);
}

GstElement *
gst_foxapi_recorder_new (GstFoxapiCaptureKind kind, const gchar * name,
    const GstFoxapiRecorderListener * listener, gpointer user_data)
{
  GstFoxapiRecorder *self = g_object_new (GST_TYPE_FOXAPI_RECORDER, NULL);
  g_autoptr (GstCaps) caps = gst_foxapi_capture_get_caps (kind);
  GstPadTemplate *template = gst_pad_template_new ("sink", GST_PAD_SINK,
      GST_PAD_ALWAYS, caps);

  self->kind = kind;
  self->name = g_strdup (name);
  self->listener = listener;
  self->user_data = user_data;
  gst_object_ref_sink (template);
  self->sink = gst_pad_new_from_template (template, "sink");
  gst_object_unref (template);
  gst_pad_set_chain_function (self->sink, gst_foxapi_recorder_chain);
  gst_pad_set_event_function (self->sink, gst_foxapi_recorder_event);
  gst_element_add_pad (GST_ELEMENT (self), self->sink);
  return GST_ELEMENT (self);
}
