/* What comes out of a reference branch → a file
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstfoxapirecorder.h"

#include <glib/gi18n-lib.h>
#include <gst/base/gsttypefindhelper.h>

#include "foxapireferences.h"
#include "gstfoxapifolder.h"
#include "gstfoxapiencoding.h"
#include "gstfoxapiimagebytes.h"

GST_DEBUG_CATEGORY_EXTERN (foxapi_capture_debug);
#define GST_CAT_DEFAULT foxapi_capture_debug

/* With fewer bytes a stream without caps is not given a name, unless it ends. */
#define TYPE_BYTES 2048

/* kbit a second: enough for a reference, and within what the service takes */
#define MIN_BITRATE 1000
#define MAX_BITRATE 20000

/* Where the frame rate is variable or unknown */
#define DEFAULT_FPS 30

/* A frame for which nothing says how long it lasts */
#define DEFAULT_FRAME_DURATION (GST_SECOND / 25)

struct _GstFoxapiRecorder
{
  GstFoxapiCaptureKind kind;
  gchar *name;
  gchar *directory;
  GstClockTime clip_time;
  GCancellable *cancellable;

  GError *error;                /* (nullable): why there will be no file */
  GstFoxapiCaptureFile *file;   /* (nullable) */
  gboolean has_caps;
  gboolean is_raw;

  /* Frames. One is held back until the next one says how long it lasts: frame rates
   * may be variable or unknown. */
  GstSegment segment;
  GstVideoInfo branch_info;
  GstVideoInfo info;            /* of what is made of a frame: it, or its field */
  gboolean is_field;            /* @info, of an interlaced frame */
  GstCaps *frame_caps;          /* (nullable): what the encoder is told of it */
  GstBuffer *held;              /* (nullable): with its time in the clip */
  GstCaps *held_caps;           /* (nullable): its frame_caps */
  gboolean has_base;
  GstClockTimeDiff base;        /* a running time minus this is the clip's */
  GstFoxapiEncoding *encoding;  /* (nullable) */

  /* Bytes */
  GstFoxapiImageBytes image;
  GByteArray *head;             /* of a movie */
  guint64 movie_size;
};

GstCaps *
gst_foxapi_recorder_get_caps (GstFoxapiCaptureKind kind)
{
  return gst_caps_from_string (kind == GST_FOXAPI_CAPTURE_IMAGE ?
      "image/jpeg; image/png; image/webp; video/x-raw" :
      "video/quicktime; video/x-raw");
}

static gboolean
is_image (GstFoxapiRecorder * self)
{
  return self->kind == GST_FOXAPI_CAPTURE_IMAGE;
}

static guint64
get_limit (GstFoxapiRecorder * self)
{
  return is_image (self) ? FOXAPI_IMAGE_MAX_BYTES : FOXAPI_VIDEO_MAX_BYTES;
}

static void
set_size_error (GstFoxapiRecorder * self)
{
  g_set_error (&self->error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_SETTINGS,
      _("It is larger than the %s that the service takes. Make it smaller "
          "or shorter."), is_image (self) ? "20 MB" : "100 MB");
}

static void
set_end_error (GstFoxapiRecorder * self)
{
  g_set_error (&self->error, GST_STREAM_ERROR, GST_STREAM_ERROR_FORMAT,
      _("The stream ended before a usable %s arrived. Check what the "
          "element before the pad delivers."), self->is_raw ? _("frame") :
      is_image (self) ? _("image") : _("video"));
}

/* Nobody complained, and yet there is no such file. */
static void
set_encode_error (GstFoxapiRecorder * self)
{
  g_set_error_literal (&self->error, GST_STREAM_ERROR, GST_STREAM_ERROR_ENCODE,
      _("The encoder produced nothing from the raw video. Put videoconvert "
          "or videoscale before the pad, or link encoded media."));
}

/* The branch carries something else: @caps, (nullable) if unknown. */
GError *
gst_foxapi_recorder_new_type_error (GstFoxapiCaptureKind kind,
    const gchar * name, const GstCaps * caps)
{
  const gchar *found = _("something unknown");
  const gchar *memory = "";

  if (caps != NULL && gst_caps_get_size (caps) > 0) {
    found = gst_structure_get_name (gst_caps_get_structure (caps, 0));
    if (g_str_equal (found, "video/x-raw"))
      memory = _(" in another memory or format");
  }
  return g_error_new (GST_STREAM_ERROR, GST_STREAM_ERROR_WRONG_TYPE,
      _("The pad %s got %s%s. Give it %s, or raw video in system memory."),
      name, found, memory, kind == GST_FOXAPI_CAPTURE_IMAGE ?
      _("JPEG, PNG or WebP") : _("MP4 or QuickTime (video/quicktime)"));
}

static gboolean
open_file (GstFoxapiRecorder * self)
{
  g_clear_pointer (&self->file, gst_foxapi_capture_file_free);
  self->file = gst_foxapi_capture_file_new (self->directory, self->name,
      &self->error);
  return self->file != NULL;
}

/* Encoding */

static gboolean
open_encoding (GstFoxapiRecorder * self, GstFoxapiEncodingFormat format,
    guint bitrate)
{
  if (!open_file (self))
    return FALSE;
  self->encoding = gst_foxapi_encoding_new (format, &self->info, bitrate,
      self->file->path, self->cancellable, &self->error);
  return self->encoding != NULL;
}

/* Returns: (nullable): its media type */
static const gchar *
finish_still (GstFoxapiRecorder * self)
{
  if (open_file (self) && gst_foxapi_png_write (self->held, &self->info,
          self->file, get_limit (self), self->cancellable, &self->error))
    return "image/png";
  if (self->error != NULL)
    return NULL;
  GST_INFO ("%s is too large as PNG, making a JPEG", self->name);
  if (open_encoding (self, GST_FOXAPI_ENCODING_JPEG, 0)
      && gst_foxapi_encoding_push (self->encoding, gst_buffer_ref (self->held),
          self->held_caps, &self->error))
    gst_foxapi_encoding_finish (self->encoding, &self->error);
  return "image/jpeg";
}

/* kbit a second: by the number of pixels, and so that the clip stays well below
 * the limit. */
static guint
choose_bitrate (GstFoxapiRecorder * self)
{
  gdouble rate = (gdouble) self->info.fps_n / self->info.fps_d;
  gdouble wanted = self->info.width * (gdouble) self->info.height * rate / 5000;
  gdouble seconds = MAX ((gdouble) self->clip_time / GST_SECOND, 0.1);
  gdouble bound = 0.7 * get_limit (self) * 8 / 1000 / seconds;

  return MIN (CLAMP (wanted, MIN_BITRATE, MAX_BITRATE), bound);
}

/* @end: when the next one begins. Returns TRUE unless it failed. */
static gboolean
encode_held (GstFoxapiRecorder * self, GstClockTime end)
{
  if (self->held == NULL)
    return TRUE;
  GST_BUFFER_DURATION (self->held) = end - GST_BUFFER_PTS (self->held);
  return (self->encoding != NULL || open_encoding (self,
          GST_FOXAPI_ENCODING_MP4, choose_bitrate (self)))
      && gst_foxapi_encoding_push (self->encoding,
      g_steal_pointer (&self->held), self->held_caps, &self->error);
}

static GstClockTime
get_end (GstFoxapiRecorder * self)
{
  const GstVideoInfo *info = &self->branch_info;
  GstClockTime duration = GST_BUFFER_DURATION (self->held);

  if (!GST_CLOCK_TIME_IS_VALID (duration) || duration == 0)
    duration = info->fps_n > 0 ? MAX (gst_util_uint64_scale (GST_SECOND,
            info->fps_d, info->fps_n), 1) : DEFAULT_FRAME_DURATION;
  return GST_BUFFER_PTS (self->held) + duration;
}

/* Returns: (nullable): its media type */
static const gchar *
finish_clip (GstFoxapiRecorder * self)
{
  GstClockTime last = MAX (self->clip_time, GST_BUFFER_PTS (self->held) + 1);

  if (encode_held (self, MIN (get_end (self), last)))
    gst_foxapi_encoding_finish (self->encoding, &self->error);
  return "video/mp4";
}

/* Raw frames */

static gboolean
is_good (GstFoxapiRecorder * self, GstBuffer * frame)
{
  gboolean flagged = GST_BUFFER_FLAG_IS_SET (frame, GST_BUFFER_FLAG_CORRUPTED)
      || GST_BUFFER_FLAG_IS_SET (frame, GST_BUFFER_FLAG_GAP)
      || GST_BUFFER_FLAG_IS_SET (frame, GST_BUFFER_FLAG_DECODE_ONLY);
  gsize needed = gst_buffer_get_video_meta (frame) ? 1 :
      GST_VIDEO_INFO_SIZE (&self->branch_info);

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

/* The time of the next frame in the clip. Where it has none, or time stands still or
 * went back (a seek), it follows the last one. */
static GstClockTime
get_time (GstFoxapiRecorder * self, GstClockTime running_time)
{
  GstClockTime expected = self->held ? get_end (self) : 0;
  GstClockTimeDiff time = (GstClockTimeDiff) running_time - self->base;

  if (!GST_CLOCK_TIME_IS_VALID (running_time))
    return expected;
  if (self->has_base && (self->held == NULL
          || time > (GstClockTimeDiff) GST_BUFFER_PTS (self->held)))
    return time;
  self->base = (GstClockTimeDiff) (running_time - expected);
  self->has_base = TRUE;
  return expected;
}

/* frame: (transfer full). Returns: %FALSE if no more are needed */
static gboolean
take_clip_frame (GstFoxapiRecorder * self, GstBuffer * frame,
    GstClockTime running_time)
{
  GstClockTime time = get_time (self, running_time);

  if (self->held != NULL && time >= self->clip_time) {
    gst_buffer_unref (frame);
    GST_BUFFER_DURATION (self->held) = self->clip_time -
        GST_BUFFER_PTS (self->held);
    return FALSE;
  }
  if (!encode_held (self, time)) {
    gst_buffer_unref (frame);
    return FALSE;
  }
  self->held = gst_buffer_make_writable (frame);
  GST_BUFFER_PTS (self->held) = time;
  GST_BUFFER_DTS (self->held) = GST_CLOCK_TIME_NONE;
  gst_caps_replace (&self->held_caps, self->frame_caps);
  return !is_image (self) && get_end (self) < self->clip_time;
}

/* What the frames that follow are made into. Of an interlaced frame that is its
 * first field, which shows one moment: whoever reads a reference would take the
 * combs of two for the picture. The encoders and the muxer take one frame rate, and
 * a known one; the times say the rest. */
static void
choose_picture (GstFoxapiRecorder * self, gboolean is_field)
{
  const GstVideoInfo *branch = &self->branch_info;
  gboolean is_first = self->held == NULL && self->encoding == NULL;
  gboolean is_rate_known = branch->fps_n > 0 && branch->fps_d > 0;
  gint fps_n = is_rate_known ? branch->fps_n : DEFAULT_FPS;
  gint fps_d = is_rate_known ? branch->fps_d : 1;
  GstVideoInfo info = *branch;

  if (is_field) {
    gst_video_info_set_format (&info, GST_VIDEO_INFO_FORMAT (branch),
        branch->width, branch->height / 2);
    info.colorimetry = branch->colorimetry;
    info.chroma_site = branch->chroma_site;
    info.par_n = branch->par_n;
    info.par_d = branch->par_d * 2;
  }
  info.interlace_mode = GST_VIDEO_INTERLACE_MODE_PROGRESSIVE;
  info.fps_n = is_first ? fps_n : self->info.fps_n;
  info.fps_d = is_first ? fps_d : self->info.fps_d;
  self->info = info;
  self->is_field = is_field;
  gst_clear_caps (&self->frame_caps);
  self->frame_caps = gst_video_info_to_caps (&info);
}

static gboolean
is_interlaced (GstFoxapiRecorder * self, GstBuffer * frame)
{
  const GstVideoInfo *info = &self->branch_info;

  if (info->height < 2 || GST_VIDEO_FORMAT_INFO_IS_TILED (info->finfo))
    return FALSE;
  return info->interlace_mode == GST_VIDEO_INTERLACE_MODE_INTERLEAVED
      || (info->interlace_mode == GST_VIDEO_INTERLACE_MODE_MIXED
      && GST_BUFFER_FLAG_IS_SET (frame, GST_VIDEO_BUFFER_FLAG_INTERLACED));
}

/* Every other row of the same memory. The frame may be of a pool, which wants its
 * metadata back as it was. frame: (transfer full) */
static GstBuffer *
take_field (GstFoxapiRecorder * self, GstBuffer * frame)
{
  GstBuffer *field = gst_buffer_copy (frame);
  GstVideoMeta *meta = gst_buffer_get_video_meta (field);

  gst_buffer_unref (frame);
  if (meta == NULL)
    meta = gst_buffer_add_video_meta_full (field, GST_VIDEO_FRAME_FLAG_NONE,
        GST_VIDEO_INFO_FORMAT (&self->branch_info), self->info.width,
        self->info.height, GST_VIDEO_INFO_N_PLANES (&self->branch_info),
        self->branch_info.offset, self->branch_info.stride);
  meta->height = self->info.height;
  meta->flags &= ~GST_VIDEO_FRAME_FLAG_INTERLACED;
  for (guint i = 0; i < meta->n_planes; i++)
    meta->stride[i] *= 2;
  GST_BUFFER_FLAG_UNSET (field, GST_VIDEO_BUFFER_FLAG_INTERLACED);
  return field;
}

/* frame: (transfer full). Returns: %FALSE if no more are needed */
static gboolean
take_frame (GstFoxapiRecorder * self, GstBuffer * frame)
{
  GstClockTime running_time;

  if (!get_running_time (self, frame, &running_time)
      || !is_good (self, frame)) {
    GST_DEBUG ("passing over %" GST_PTR_FORMAT, (gpointer) frame);
    gst_buffer_unref (frame);
    return TRUE;
  }
  if (self->is_field != is_interlaced (self, frame))
    choose_picture (self, !self->is_field);
  if (self->is_field)
    frame = take_field (self, frame);
  return take_clip_frame (self, frame, running_time);
}

/* Bytes */

/* Of a stream without caps. Returns TRUE if it is wanted. */
static gboolean
check_type (GstFoxapiRecorder * self, const GByteArray * bytes)
{
  g_autoptr (GstCaps) wanted = gst_foxapi_recorder_get_caps (self->kind);
  g_autoptr (GstCaps) caps = gst_type_find_helper_for_data (NULL, bytes->data,
      bytes->len, NULL);

  self->has_caps = !is_image (self) && caps != NULL
      && gst_caps_can_intersect (caps, wanted);
  if (!self->has_caps)
    self->error = gst_foxapi_recorder_new_type_error (self->kind, self->name,
        caps);
  return self->has_caps;
}

static gboolean
take_image_bytes (GstFoxapiRecorder * self, const guint8 * data, gsize size)
{
  GstFoxapiImageBytes *image = &self->image;

  /* A stream that says it is images may start within one. Another is not looked
   * through. */
  if (gst_foxapi_image_bytes_add (image, data, size, self->has_caps))
    return FALSE;
  if (image->format == GST_FOXAPI_IMAGE_NONE && image->bytes->len >= TYPE_BYTES)
    return check_type (self, image->bytes);
  if (image->bytes->len - image->start > get_limit (self))
    set_size_error (self);
  return self->error == NULL;
}

static const gchar *
finish_image (GstFoxapiRecorder * self)
{
  GstFoxapiImageBytes *image = &self->image;

  if (open_file (self))
    gst_foxapi_capture_file_write (self->file, image->bytes->data +
        image->start, image->position, &self->error);
  return gst_foxapi_image_bytes_get_media_type (image);
}

static gboolean
take_movie_bytes (GstFoxapiRecorder * self, const guint8 * data, gsize size)
{
  gsize missing = TYPE_BYTES - self->head->len;

  self->movie_size += size;
  if (self->movie_size > get_limit (self)) {
    set_size_error (self);
    return FALSE;
  }
  g_byte_array_append (self->head, data, MIN (missing, size));
  if (!self->has_caps && self->head->len == TYPE_BYTES
      && !check_type (self, self->head))
    return FALSE;
  return (self->file != NULL || open_file (self))
      && gst_foxapi_capture_file_write (self->file, data, size, &self->error);
}

/* The major brand tells QuickTime from MP4. Files from before there were brands
 * are QuickTime. */
static const gchar *
finish_movie (GstFoxapiRecorder * self)
{
  if (!self->has_caps && !check_type (self, self->head))
    return NULL;
  return self->head->len >= 12 && memcmp (self->head->data + 4, "ftyp", 4) == 0
      && memcmp (self->head->data + 8, "qt  ", 4) != 0 ? "video/mp4" :
      "video/quicktime";
}

/* What was there of an image or a movie has no continuation. */
static void
forget_bytes (GstFoxapiRecorder * self)
{
  gst_foxapi_image_bytes_clear (&self->image);
  g_byte_array_set_size (self->head, 0);
  if (self->movie_size > 0)
    g_clear_pointer (&self->file, gst_foxapi_capture_file_free);
  self->movie_size = 0;
}

/* buffer: (transfer full). Returns: %FALSE if no more are needed */
static gboolean
take_bytes (GstFoxapiRecorder * self, GstBuffer * buffer)
{
  gboolean lost = GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_DISCONT);
  gboolean bad = GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_CORRUPTED)
      || GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_DECODE_ONLY);
  gboolean wants_more = TRUE;
  GstMapInfo map;

  if (is_image (self) && (lost || bad))
    forget_bytes (self);
  if (!(is_image (self) && bad) && gst_buffer_get_size (buffer) > 0
      && gst_buffer_map (buffer, &map, GST_MAP_READ)) {
    wants_more = is_image (self) ? take_image_bytes (self, map.data, map.size) :
        take_movie_bytes (self, map.data, map.size);
    gst_buffer_unmap (buffer, &map);
  }
  gst_buffer_unref (buffer);
  return wants_more;
}

/* What the branch brings */

/* Takes the buffer. Returns TRUE if more is needed before
 * gst_foxapi_recorder_finish(). */
gboolean
gst_foxapi_recorder_take (GstFoxapiRecorder * recorder, GstBuffer * buffer)
{
  return recorder->is_raw ? take_frame (recorder, buffer) :
      take_bytes (recorder, buffer);
}

static void
take_caps (GstFoxapiRecorder * self, GstCaps * caps)
{
  GstStructure *structure = gst_caps_get_structure (caps, 0);

  self->has_caps = TRUE;
  self->is_raw = gst_structure_has_name (structure, "video/x-raw");
  if (!self->is_raw)
    return;
  if (!gst_video_info_from_caps (&self->branch_info, caps)
      || self->branch_info.interlace_mode == GST_VIDEO_INTERLACE_MODE_FIELDS)
    self->error = gst_foxapi_recorder_new_type_error (self->kind, self->name,
        caps);
  else
    choose_picture (self, FALSE);
}

/* Returns TRUE if more is needed before gst_foxapi_recorder_finish(). */
gboolean
gst_foxapi_recorder_take_event (GstFoxapiRecorder * recorder, GstEvent * event)
{
  GstCaps *caps;

  switch (GST_EVENT_TYPE (event)) {
    case GST_EVENT_CAPS:
      gst_event_parse_caps (event, &caps);
      take_caps (recorder, caps);
      break;
    case GST_EVENT_SEGMENT:
      gst_event_copy_segment (event, &recorder->segment);
      break;
    case GST_EVENT_STREAM_START:
      forget_bytes (recorder);
      break;
    case GST_EVENT_FLUSH_STOP:
      forget_bytes (recorder);
      gst_segment_init (&recorder->segment, GST_FORMAT_UNDEFINED);
      break;
    default:
      break;
  }
  return recorder->error == NULL && GST_EVENT_TYPE (event) != GST_EVENT_EOS;
}

/* Returns: (nullable): the media type of the file, where nothing has failed */
static const gchar *
make_file (GstFoxapiRecorder * self)
{
  GstFoxapiImageBytes *image = &self->image;

  if (self->is_raw && self->held != NULL)
    return is_image (self) ? finish_still (self) : finish_clip (self);
  if (!self->is_raw && self->movie_size > 0)
    return finish_movie (self);
  if (!self->is_raw && image->is_complete)
    return finish_image (self);
  if (!self->is_raw && !self->has_caps
      && image->format == GST_FOXAPI_IMAGE_NONE)
    check_type (self, image->bytes);
  else
    set_end_error (self);
  return NULL;
}

/* Makes the file of all that came. Returns its path, or NULL. */
gchar *
gst_foxapi_recorder_finish (GstFoxapiRecorder * recorder,
    const gchar ** media_type, guint64 * size, GError ** error)
{
  if (recorder->error == NULL)
    *media_type = make_file (recorder);
  if (recorder->error == NULL
      && gst_foxapi_capture_file_get_size (recorder->file, size,
          &recorder->error)) {
    if (*size == 0)
      set_encode_error (recorder);
    else if (*size > get_limit (recorder))
      set_size_error (recorder);
  }
  if (recorder->error != NULL) {
    g_propagate_error (error, g_steal_pointer (&recorder->error));
    return NULL;
  }
  return gst_foxapi_capture_file_keep (recorder->file, *media_type, error);
}

/* Returns a recorder for a new file in @directory whose name begins with @name. */
GstFoxapiRecorder *
gst_foxapi_recorder_new (GstFoxapiCaptureKind kind, const gchar * name,
    const gchar * directory, GstClockTime clip_time, GCancellable * cancellable)
{
  GstFoxapiRecorder *self = g_new0 (GstFoxapiRecorder, 1);

  self->kind = kind;
  self->name = g_strdup (name);
  self->directory = g_strdup (directory);
  self->clip_time = clip_time;
  self->cancellable = g_object_ref (cancellable);
  gst_segment_init (&self->segment, GST_FORMAT_UNDEFINED);
  self->head = g_byte_array_new ();
  return self;
}

/* Nothing is left of an unfinished file. */
void
gst_foxapi_recorder_free (GstFoxapiRecorder * recorder)
{
  g_clear_pointer (&recorder->encoding, gst_foxapi_encoding_free);
  forget_bytes (recorder);
  g_clear_pointer (&recorder->file, gst_foxapi_capture_file_free);
  gst_clear_buffer (&recorder->held);
  gst_clear_caps (&recorder->frame_caps);
  gst_clear_caps (&recorder->held_caps);
  g_clear_error (&recorder->error);
  g_byte_array_unref (recorder->head);
  g_object_unref (recorder->cancellable);
  g_free (recorder->directory);
  g_free (recorder->name);
  g_free (recorder);
}
