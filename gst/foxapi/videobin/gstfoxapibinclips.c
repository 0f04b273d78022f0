/* The files of clips, and the players that show them
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstfoxapibinclips.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <gst/video/video.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gstfoxapicapturefile.h"
#include "gstfoxapicontrol.h"
#include "gstfoxapiencoding.h"

GST_DEBUG_CATEGORY_STATIC (foxapi_clip_sink_debug);
#define GST_CAT_DEFAULT foxapi_clip_sink_debug

/* Where a result waits, whole, until it goes on the air */

/* A sink that writes a file and then keeps its last buffer: foxapivideosrc
 * counts a result as delivered, and drops the record of its task, when that
 * buffer has been taken. What lies in a file that nobody has seen yet is not
 * delivered. */

/* Threads and locks: render() and event() run in the streaming thread. unlock(),
 * unlock_stop() and gst_foxapi_clip_sink_let_go() come from others; the lock guards
 * what they tell it. */

struct _GstFoxapiClipSink
{
  GstBaseSink parent;

  GstFoxapiClipSinkFunc complete;
  gpointer user_data;
  gchar *location;

  /* From start() to stop(), NULL to READY and back: the streaming thread */
  GFileOutputStream *stream;
  guint64 written;
  gboolean is_complete;

  GMutex lock;
  GCond moved;
  gboolean is_free;             /* the lock: nothing is to be kept any more */
  gboolean is_flushing;         /* the lock */
  GstEvent *tags;               /* (nullable): the lock */
};

static GstStaticPadTemplate sink_template = GST_STATIC_PAD_TEMPLATE ("sink",
    GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS_ANY);

/* *INDENT-OFF* */
G_DEFINE_FINAL_TYPE (GstFoxapiClipSink, gst_foxapi_clip_sink, GST_TYPE_BASE_SINK)
/* *INDENT-ON* */

static gboolean
gst_foxapi_clip_sink_start (GstBaseSink * sink)
{
  GstFoxapiClipSink *self = GST_FOXAPI_CLIP_SINK (sink);
  g_autoptr (GFile) file = g_file_new_for_path (self->location);
  g_autoptr (GError) error = NULL;

  self->stream = g_file_replace (file, NULL, FALSE,
      G_FILE_CREATE_PRIVATE | G_FILE_CREATE_REPLACE_DESTINATION, NULL, &error);
  if (self->stream == NULL) {
    GST_ELEMENT_ERROR (self, RESOURCE, OPEN_WRITE,
        ("There is no place for the result: %s. Set TMPDIR to a folder that can "
            "be written, then start again.", error->message), (NULL));
    return FALSE;
  }
  self->written = 0;
  self->is_complete = FALSE;
  g_mutex_lock (&self->lock);
  self->is_free = FALSE;
  gst_clear_event (&self->tags);
  g_mutex_unlock (&self->lock);
  return TRUE;
}

static gboolean
gst_foxapi_clip_sink_stop (GstBaseSink * sink)
{
  g_clear_object (&GST_FOXAPI_CLIP_SINK (sink)->stream);
  return TRUE;
}

/* Tells that the file is complete, and stays until the result may go. */
static GstFlowReturn
keep (GstFoxapiClipSink * self)
{
  gboolean is_free;

  self->is_complete = TRUE;
  if (!g_output_stream_flush (G_OUTPUT_STREAM (self->stream), NULL, NULL))
    GST_WARNING_OBJECT (self, "could not flush");
  GST_DEBUG_OBJECT (self, "%" G_GUINT64_FORMAT " bytes are there",
      self->written);
  self->complete (self->user_data);

  g_mutex_lock (&self->lock);
  while (!self->is_free && !self->is_flushing)
    g_cond_wait (&self->moved, &self->lock);
  is_free = self->is_free;
  g_mutex_unlock (&self->lock);
  return is_free ? GST_FLOW_OK : GST_FLOW_FLUSHING;
}

static GstFlowReturn
fail (GstFoxapiClipSink * self, const GError * error)
{
  gboolean is_full = g_error_matches (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE);

  gst_element_message_full (GST_ELEMENT (self), GST_MESSAGE_ERROR,
      GST_RESOURCE_ERROR, is_full ? GST_RESOURCE_ERROR_NO_SPACE_LEFT :
      GST_RESOURCE_ERROR_WRITE,
      g_strdup_printf
      ("The result could not be written to %s: %s. Make room, or "
          "set TMPDIR to another folder, then start again.",
          self->location, error->message), NULL, __FILE__, GST_FUNCTION,
      __LINE__);
  return GST_FLOW_ERROR;
}

/* By the size that the source knows */
static gboolean
is_whole (GstFoxapiClipSink * self)
{
  gint64 size;

  return gst_pad_peer_query_duration (GST_BASE_SINK_PAD (self),
      GST_FORMAT_BYTES, &size) && size > 0 && self->written == (guint64) size;
}

static GstFlowReturn
gst_foxapi_clip_sink_render (GstBaseSink * sink, GstBuffer * buffer)
{
  GstFoxapiClipSink *self = GST_FOXAPI_CLIP_SINK (sink);
  g_autoptr (GError) error = NULL;
  GstMapInfo map;
  gboolean is_written;

  if (!gst_buffer_map (buffer, &map, GST_MAP_READ))
    return GST_FLOW_ERROR;
  is_written = g_output_stream_write_all (G_OUTPUT_STREAM (self->stream),
      map.data, map.size, NULL, NULL, &error);
  self->written += map.size;
  gst_buffer_unmap (buffer, &map);
  if (!is_written)
    return fail (self, error);

  return is_whole (self) ? keep (self) : GST_FLOW_OK;
}

static gboolean
gst_foxapi_clip_sink_event (GstBaseSink * sink, GstEvent * event)
{
  GstFoxapiClipSink *self = GST_FOXAPI_CLIP_SINK (sink);

  if (GST_EVENT_TYPE (event) == GST_EVENT_TAG) {
    g_mutex_lock (&self->lock);
    gst_event_replace (&self->tags, event);
    g_mutex_unlock (&self->lock);
  }
  /* Where the server does not tell the size, the end does. The source knows it
   * then, and sends the task's event ahead of EOS; when EOS leaves it, the result
   * is delivered. */
  if (!self->is_complete && self->written > 0 && GST_EVENT_IS_SERIALIZED (event)
      && (GST_EVENT_TYPE (event) == GST_EVENT_EOS || is_whole (self))
      && keep (self) != GST_FLOW_OK) {
    gst_event_unref (event);
    return FALSE;
  }
  return GST_BASE_SINK_CLASS (gst_foxapi_clip_sink_parent_class)->event (sink,
      event);
}

static void
set_flushing (GstFoxapiClipSink * self, gboolean is_flushing)
{
  g_mutex_lock (&self->lock);
  self->is_flushing = is_flushing;
  g_cond_signal (&self->moved);
  g_mutex_unlock (&self->lock);
}

static gboolean
gst_foxapi_clip_sink_unlock (GstBaseSink * sink)
{
  set_flushing (GST_FOXAPI_CLIP_SINK (sink), TRUE);
  return TRUE;
}

static gboolean
gst_foxapi_clip_sink_unlock_stop (GstBaseSink * sink)
{
  set_flushing (GST_FOXAPI_CLIP_SINK (sink), FALSE);
  return TRUE;
}

static void
gst_foxapi_clip_sink_finalize (GObject * object)
{
  GstFoxapiClipSink *self = GST_FOXAPI_CLIP_SINK (object);

  g_free (self->location);
  gst_clear_event (&self->tags);
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->moved);

  G_OBJECT_CLASS (gst_foxapi_clip_sink_parent_class)->finalize (object);
}

static void
gst_foxapi_clip_sink_init (GstFoxapiClipSink * self)
{
  g_mutex_init (&self->lock);
  g_cond_init (&self->moved);
  /* It writes what comes when it comes, whatever its pipeline is waiting for. */
  gst_base_sink_set_sync (GST_BASE_SINK (self), FALSE);
  gst_base_sink_set_async_enabled (GST_BASE_SINK (self), FALSE);
  gst_base_sink_set_last_sample_enabled (GST_BASE_SINK (self), FALSE);
}

static void
gst_foxapi_clip_sink_class_init (GstFoxapiClipSinkClass * klass)
{
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);
  GstBaseSinkClass *sink_class = GST_BASE_SINK_CLASS (klass);

  GST_DEBUG_CATEGORY_INIT (foxapi_clip_sink_debug, "foxapiclipsink", 0,
      "Where a result waits");

  G_OBJECT_CLASS (klass)->finalize = gst_foxapi_clip_sink_finalize;

  gst_element_class_add_static_pad_template (element_class, &sink_template);
  gst_element_class_set_static_metadata (element_class, "FoxAPI clip sink",
      "Sink", "Keeps a result until it goes on the air",
      "The gst-foxapi authors");

  sink_class->start = gst_foxapi_clip_sink_start;
  sink_class->stop = gst_foxapi_clip_sink_stop;
  sink_class->render = gst_foxapi_clip_sink_render;
  sink_class->event = gst_foxapi_clip_sink_event;
  sink_class->unlock = gst_foxapi_clip_sink_unlock;
  sink_class->unlock_stop = gst_foxapi_clip_sink_unlock_stop;
}

GstElement *
gst_foxapi_clip_sink_new (GstFoxapiClipSinkFunc complete, gpointer user_data)
{
  GstFoxapiClipSink *self =
      g_object_new (GST_TYPE_FOXAPI_CLIP_SINK, "name", "clipsink",
      NULL);

  self->complete = complete;
  self->user_data = user_data;
  return GST_ELEMENT (self);
}

void
gst_foxapi_clip_sink_set_location (GstFoxapiClipSink * clip_sink,
    const gchar * location)
{
  g_free (clip_sink->location);
  clip_sink->location = g_strdup (location);
}

/* The result has been shown: its delivery may end. */
void
gst_foxapi_clip_sink_let_go (GstFoxapiClipSink * clip_sink)
{
  g_mutex_lock (&clip_sink->lock);
  clip_sink->is_free = TRUE;
  g_cond_signal (&clip_sink->moved);
  g_mutex_unlock (&clip_sink->lock);
}

/* The folder of the bin's files: captures, results, last frames */

struct _GstFoxapiBinFolder
{
  gchar *path;                  /* NULL until it is needed */
  gint fd;                      /* locks it: a process that uses it lives */
};

GstFoxapiBinFolder *
gst_foxapi_bin_folder_new (void)
{
  GstFoxapiBinFolder *self = g_new0 (GstFoxapiBinFolder, 1);

  self->fd = -1;
  return self;
}

static void
remove_files (const gchar * folder)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const gchar *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL) {
    g_autofree gchar *path = g_build_filename (folder, name, NULL);

    g_unlink (path);
  }
}

/* (transfer full) (nullable): what the result is, in words */
GstEvent *
gst_foxapi_clip_sink_dup_tags (GstFoxapiClipSink * clip_sink)
{
  GstEvent *tags;

  g_mutex_lock (&clip_sink->lock);
  tags = clip_sink->tags ? gst_event_ref (clip_sink->tags) : NULL;
  g_mutex_unlock (&clip_sink->lock);
  return tags;
}

/* Removes it with all that is in it. */
void
gst_foxapi_bin_folder_free (GstFoxapiBinFolder * folder)
{
  if (folder->path != NULL) {
    remove_files (folder->path);
    g_rmdir (folder->path);
  }
  if (folder->fd >= 0)
    close (folder->fd);
  g_free (folder->path);
  g_free (folder);
}

static gboolean
is_own_directory (const gchar * path)
{
  GStatBuf status;

  return g_lstat (path, &status) == 0 && S_ISDIR (status.st_mode)
      && status.st_uid == geteuid ();
}

/* Returns a descriptor that holds it, or -1 where another process does. The kernel
 * lets go of it with the process, however that ends. */
static gint
lock_directory (const gchar * path)
{
  gint fd = open (path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

  if (fd >= 0 && flock (fd, LOCK_EX | LOCK_NB) != 0) {
    close (fd);
    fd = -1;
  }
  return fd;
}

/* Removes what killed processes have left. */
static void
sweep (const gchar * where)
{
  g_autoptr (GDir) dir = g_dir_open (where, 0, NULL);
  const gchar *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL) {
    g_autofree gchar *path = g_build_filename (where, name, NULL);
    gint fd;

    if (!g_str_has_prefix (name, "gst-foxapi-") || !is_own_directory (path))
      continue;
    fd = lock_directory (path);
    if (fd < 0)
      continue;
    remove_files (path);
    g_rmdir (path);
    close (fd);
  }
}

/* Goes while the bin is in NULL, unless it has a reference of a live branch, which
 * no other could replace. */
void
gst_foxapi_bin_folder_close (GstFoxapiBinFolder * folder)
{
  if (folder->path == NULL || g_rmdir (folder->path) != 0)
    return;
  if (folder->fd >= 0)
    close (folder->fd);
  folder->fd = -1;
  g_clear_pointer (&folder->path, g_free);
}

/* Makes the folder, once more if need be: whoever cleans folders of
 * temporary files may have taken it away since. Returns FALSE if it is not
 * there. */
gboolean
gst_foxapi_bin_folder_ensure (GstFoxapiBinFolder * folder, GError ** error)
{
  if (folder->path == NULL) {
    sweep (g_get_tmp_dir ());
    folder->path = g_dir_make_tmp ("gst-foxapi-XXXXXX", error);
    if (folder->path == NULL)
      return FALSE;
    folder->fd = lock_directory (folder->path);
  }
  if (is_own_directory (folder->path))
    return TRUE;
  if (g_mkdir (folder->path, 0700) == 0) {
    if (folder->fd >= 0)
      close (folder->fd);
    folder->fd = lock_directory (folder->path);
    return TRUE;
  }
  g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (errno),
      "%s: %s", folder->path, g_strerror (errno));
  return FALSE;
}

/* Returns where it is; NULL before gst_foxapi_bin_folder_ensure(). */
const gchar *
gst_foxapi_bin_folder_get_path (GstFoxapiBinFolder * folder)
{
  return folder->path;
}

static gchar *
folder_dup_clip_path (GstFoxapiBinFolder * folder, guint clip)
{
  g_autofree gchar *name = g_strdup_printf ("result-%u.mp4", clip);

  return g_build_filename (folder->path, name, NULL);
}

static void
folder_remove_clip (GstFoxapiBinFolder * folder, guint clip)
{
  g_autofree gchar *path = NULL;

  if (folder->path == NULL)
    return;
  path = folder_dup_clip_path (folder, clip);
  g_unlink (path);
}

/* Returns the URI of an image of the frame, or NULL. */
gchar *
gst_foxapi_bin_folder_write_frame (GstFoxapiBinFolder * folder,
    GstBuffer * buffer, GstCaps * caps, GCancellable * cancellable,
    GError ** error)
{
  g_autoptr (GstFoxapiCaptureFile) file = NULL;
  g_autofree gchar *path = NULL;
  GstVideoInfo info;
  GstVideoFrame frame;
  gboolean is_written, fits;

  file = gst_foxapi_capture_file_new (folder->path, "last", error);
  if (file == NULL || !gst_video_info_from_caps (&info, caps)
      || !gst_video_frame_map (&frame, &info, buffer, GST_MAP_READ))
    return NULL;
  is_written = gst_foxapi_png_write (&frame, file, G_MAXUINT64, cancellable,
      &fits, error);
  gst_video_frame_unmap (&frame);
  if (is_written)
    path = gst_foxapi_capture_file_keep (file, "png", error);
  return path ? gst_filename_to_uri (path, error) : NULL;
}

/* Results on their way to the air: their files and players */

struct _GstFoxapiBinClips
{
  /* These outlive this. */
  GstBin *bin;
  GstFoxapiProgram *program;
  GstFoxapiBinFolder *folder;

  GstCaps *video_caps;          /* of this run */
  GstCaps *audio_caps;
  GList *players;               /* children */
  gint latest;                  /* atomic: number of the latest generation's file */
  guint complete;               /* of the latest file that is complete */
};

static GQuark
get_clip_quark (void)
{
  return g_quark_from_static_string ("foxapi-clip");
}

/* The number of the file that @player plays */
static guint
get_clip (gpointer player)
{
  return GPOINTER_TO_UINT (g_object_get_qdata (player, get_clip_quark ()));
}

static guint
get_latest (GstFoxapiBinClips * self)
{
  return g_atomic_int_get (&self->latest);
}

/* All of them outlive the return value. */
GstFoxapiBinClips *
gst_foxapi_bin_clips_new (GstBin * bin, GstFoxapiProgram * program,
    GstFoxapiBinFolder * folder)
{
  GstFoxapiBinClips *self = g_new0 (GstFoxapiBinClips, 1);

  self->bin = bin;
  self->program = program;
  self->folder = folder;
  return self;
}

void
gst_foxapi_bin_clips_free (GstFoxapiBinClips * clips)
{
  gst_clear_caps (&clips->video_caps);
  gst_clear_caps (&clips->audio_caps);
  g_free (clips);
}

void
gst_foxapi_bin_clips_start (GstFoxapiBinClips * clips, GstCaps * video_caps,
    GstCaps * audio_caps)
{
  gst_caps_replace (&clips->video_caps, video_caps);
  gst_caps_replace (&clips->audio_caps, audio_caps);
}

/* Nothing is left of them. The numbers go on. */
void
gst_foxapi_bin_clips_stop (GstFoxapiBinClips * clips)
{
  while (clips->players != NULL) {
    GstElement *player = clips->players->data;
    guint clip = get_clip (player);

    clips->players = g_list_delete_link (clips->players, clips->players);
    /* In this order: it may be about to open the file. */
    gst_foxapi_bin_remove_locked (clips->bin, player);
    folder_remove_clip (clips->folder, clip);
  }
  folder_remove_clip (clips->folder, get_latest (clips));
  clips->complete = 0;
}

/* Another result is to come. */
gchar *
gst_foxapi_bin_clips_begin (GstFoxapiBinClips * clips)
{
  g_atomic_int_inc (&clips->latest);
  return folder_dup_clip_path (clips->folder, get_latest (clips));
}

/* @events: (transfer full): go ahead of the first frame */
static void
add_player (GstFoxapiBinClips * self, GList * events)
{
  g_autofree gchar *path = folder_dup_clip_path (self->folder,
      self->complete);
  GstElement *player = gst_foxapi_player_new (NULL, path, self->video_caps,
      self->audio_caps);

  g_object_set_qdata (G_OBJECT (player), get_clip_quark (),
      GUINT_TO_POINTER (self->complete));
  self->players = g_list_prepend (self->players, player);
  gst_foxapi_bin_add_locked (self->bin, player);
  gst_foxapi_program_offer (self->program, GST_FOXAPI_PLAYER (player), events);
  gst_element_set_state (player, GST_STATE_PLAYING);
}

static void
remove_if_unused (GstFoxapiBinClips * self, guint clip)
{
  if (clip == self->complete || clip == get_latest (self))
    return;
  for (GList * l = self->players; l != NULL; l = l->next) {
    if (get_clip (l->data) == clip)
      return;
  }
  folder_remove_clip (self->folder, clip);
}

void
gst_foxapi_bin_clips_show (GstFoxapiBinClips * clips, GList * events)
{
  guint before = clips->complete;

  clips->complete = get_latest (clips);
  add_player (clips, events);
  remove_if_unused (clips, before);
}

/* Shows the same once more, unless there is something newer. */
void
gst_foxapi_bin_clips_repeat (GstFoxapiBinClips * clips, GstObject * player)
{
  if (get_clip (player) == clips->complete)
    add_player (clips, NULL);
}

/* Called from any thread. Returns TRUE if that is the latest generation's. */
gboolean
gst_foxapi_bin_clips_is_latest (GstFoxapiBinClips * clips, GstObject * player)
{
  return get_clip (player) == get_latest (clips);
}

/* If that is a player, or within one, the program goes on without it. */
void
gst_foxapi_bin_clips_withdraw (GstFoxapiBinClips * clips, GstObject * who)
{
  for (GList * l = clips->players; l != NULL; l = l->next) {
    if (who == l->data || gst_object_has_as_ancestor (who, l->data)) {
      gst_foxapi_program_withdraw (clips->program, l->data);
      break;
    }
  }
}

/* Removes it, and its file with the last player of it. */
void
gst_foxapi_bin_clips_gone (GstFoxapiBinClips * clips, GstObject * player)
{
  GList *link = g_list_find (clips->players, player);
  guint clip = get_clip (player);

  if (link == NULL)
    return;
  clips->players = g_list_delete_link (clips->players, link);
  gst_foxapi_bin_remove_locked (clips->bin, GST_ELEMENT (player));
  remove_if_unused (clips, clip);
}
