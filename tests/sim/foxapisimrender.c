/* The FoxAPI service, simulated: results, rendered.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * One thread renders one request after the other, each different request
 * once, beginning when it is submitted. A rendered file is mapped and has no
 * name: the kernel may drop its pages and nothing is left behind. What a
 * render holds is guarded by the simulator's lock; the pipelines belong to
 * the thread, which never holds the lock while it runs one.
 */

#include "foxapisimprivate.h"

#include <glib/gstdio.h>
#include <gst/gst.h>

#define SAMPLE_RATE 48000
#define MAX_PROMPT_TEXT 400
#define RENDER_TIMEOUT (300 * GST_SECOND)

#define VIDEO_BRANCH \
    "videotestsrc name=video pattern=smpte ! capsfilter name=size" \
    " ! textoverlay name=prompt" \
    " valignment=top halignment=center wrap-mode=wordchar" \
    " shaded-background=true font-desc=\"Sans 16\"" \
    " ! timeoverlay valignment=bottom halignment=left font-desc=\"Sans 16\"" \
    " ! x264enc speed-preset=ultrafast key-int-max=50 threads=2 bitrate=4000" \
    " ! h264parse ! queue max-size-time=0 max-size-bytes=0" \
    " max-size-buffers=0 ! mux. "
#define SOUND_BRANCH \
    "audiotestsrc name=sound volume=0.2 ! audio/x-raw,rate=48000,channels=2" \
    " ! audioconvert ! %s ! aacparse ! queue max-size-time=0" \
    " max-size-bytes=0 max-size-buffers=0 ! mux. "
#define FILE_BRANCH "mp4mux name=mux ! filesink name=file"

void
foxapi_sim_render_free (FoxapiSimRender * render)
{
  g_free (render->key);
  foxapi_sim_order_unref (render->order);
  g_clear_pointer (&render->bytes, g_bytes_unref);
  g_free (render->failure);
  g_free (render);
}

/* Makes @bus the one that the simulator's end interrupts, FALSE where that has
 * come */
static gboolean
set_bus (FoxapiSim * sim, GstBus * bus)
{
  FOXAPI_SIM_LOCK (sim);

  sim->render_bus = bus;
  return !sim->stopping;
}

/* To EOS; FALSE with @error where that was not reached */
static gboolean
run_pipeline (FoxapiSim * sim, GstElement * pipeline, GError ** error)
{
  g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);
  g_autoptr (GstMessage) message = NULL;

  if (set_bus (sim, bus)) {
    gst_element_set_state (pipeline, GST_STATE_PLAYING);
    message = gst_bus_timed_pop_filtered (bus, RENDER_TIMEOUT,
        GST_MESSAGE_EOS | GST_MESSAGE_ERROR | GST_MESSAGE_APPLICATION);
  }
  set_bus (sim, NULL);
  if (message == NULL)
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT, "no end in sight");
  else if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR)
    gst_message_parse_error (message, error, NULL);
  else if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_APPLICATION)
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED, "interrupted");
  else
    return TRUE;
  return FALSE;
}

static const gchar *
find_aac_encoder (void)
{
  static const gchar *const names[] = {
    "avenc_aac", "fdkaacenc", "voaacenc", "faac"
  };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
    g_autoptr (GstElementFactory) factory = gst_element_factory_find (names[i]);

    if (factory != NULL)
      return names[i];
  }
  return NULL;
}

static GstElement *
make_pipeline (gboolean silent, GError ** error)
{
  const gchar *encoder = find_aac_encoder ();
  g_autofree gchar *sound = NULL;
  g_autofree gchar *text = NULL;
  GstElement *pipeline;

  if (encoder == NULL) {
    g_set_error (error, GST_CORE_ERROR, GST_CORE_ERROR_MISSING_PLUGIN,
        "there is no AAC encoder");
    return NULL;
  }
  if (!silent)
    sound = g_strdup_printf (SOUND_BRANCH, encoder);
  text = g_strconcat (VIDEO_BRANCH, sound ? sound : "", FILE_BRANCH, NULL);
  pipeline = gst_parse_launch_full (text, NULL, GST_PARSE_FLAG_FATAL_ERRORS,
      error);
  return pipeline != NULL ? gst_object_ref_sink (pipeline) : NULL;
}

/* Sets properties of a child, as g_object_set() does. */
static void
set_on_child (GstElement * pipeline, const gchar * name, const gchar * property,
    ...)
{
  g_autoptr (GstElement) child = gst_bin_get_by_name (GST_BIN (pipeline), name);
  va_list args;

  va_start (args, property);
  g_object_set_valist (G_OBJECT (child), property, args);
  va_end (args);
}

/* A test picture whose snow makes the file as large as that of a camera. Above stand
 * the prompt, and what it refers to. */
static void
configure_video (GstElement * pipeline, FoxapiSimOrder * order)
{
  g_autoptr (GstCaps) caps = gst_caps_new_simple ("video/x-raw",
      "format", G_TYPE_STRING, "I420", "width", G_TYPE_INT, order->width,
      "height", G_TYPE_INT, order->height, "framerate", GST_TYPE_FRACTION,
      FOXAPI_SIM_FPS, 1, NULL);
  g_autoptr (GString) all = g_string_new (order->prompt);
  g_autofree gchar *start = NULL, *escaped = NULL;

  for (guint i = 0; i < order->references->len; i++)
    g_string_append_printf (all, "\n%s",
        (gchar *) g_ptr_array_index (order->references, i));
  start = g_utf8_substring (all->str, 0, MIN (g_utf8_strlen (all->str, -1),
          MAX_PROMPT_TEXT));
  escaped = g_markup_escape_text (start, -1);
  set_on_child (pipeline, "prompt", "text", escaped, NULL);
  set_on_child (pipeline, "size", "caps", caps, NULL);
  set_on_child (pipeline, "video", "num-buffers",
      order->duration * FOXAPI_SIM_FPS, NULL);
}

/* The sound lasts as long as the picture, to the sample */
static void
configure_sound (GstElement * pipeline, FoxapiSimOrder * order)
{
  set_on_child (pipeline, "sound", "samplesperbuffer",
      SAMPLE_RATE / FOXAPI_SIM_FPS, "num-buffers",
      order->duration * FOXAPI_SIM_FPS, "freq",
      220.0 + g_str_hash (order->prompt) % 256, NULL);
}

static gboolean
render_to (FoxapiSim * sim, FoxapiSimOrder * order, const gchar * path,
    const gchar * faststart_path, GError ** error)
{
  g_autoptr (GstElement) pipeline = make_pipeline (order->silent, error);
  gboolean rendered;

  if (pipeline == NULL)
    return FALSE;
  configure_video (pipeline, order);
  if (!order->silent)
    configure_sound (pipeline, order);
  set_on_child (pipeline, "mux", "faststart", !sim->options.moov_at_end,
      "faststart-file", faststart_path, NULL);
  set_on_child (pipeline, "file", "location", path, NULL);
  rendered = run_pipeline (sim, pipeline, error);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  return rendered;
}

/* A temporary file without a name goes with the process, even if that is killed. */
static int
open_nameless (GError ** error)
{
  g_autofree gchar *path = NULL;
  int fd = g_file_open_tmp ("foxapi-sim-XXXXXX", &path, error);

  if (fd >= 0)
    g_unlink (path);
  return fd;
}

static GBytes *
render_into (FoxapiSim * sim, FoxapiSimOrder * order, int video,
    int faststart, GError ** error)
{
  g_autofree gchar *path = g_strdup_printf ("/proc/self/fd/%d", video);
  g_autofree gchar *faststart_path = g_strdup_printf ("/proc/self/fd/%d",
      faststart);
  g_autoptr (GMappedFile) file = NULL;

  if (render_to (sim, order, path, faststart_path, error))
    file = g_mapped_file_new_from_fd (video, FALSE, error);
  return file != NULL ? g_mapped_file_get_bytes (file) : NULL;
}

static GBytes *
render (FoxapiSim * sim, FoxapiSimOrder * order, GError ** error)
{
  int video = open_nameless (error);
  int faststart = video >= 0 ? open_nameless (error) : -1;
  GBytes *bytes = NULL;

  if (faststart >= 0) {
    bytes = render_into (sim, order, video, faststart, error);
    g_close (faststart, NULL);
  }
  if (video >= 0)
    g_close (video, NULL);
  return bytes;
}

/* Renders what is queued until the simulator ends */
static gpointer
render_thread (gpointer data)
{
  FoxapiSim *sim = data;

  g_mutex_lock (&sim->lock);
  while (!sim->stopping) {
    FoxapiSimRender *next = g_queue_pop_head (&sim->render_queue);
    g_autoptr (GError) error = NULL;
    GBytes *bytes;

    if (next == NULL) {
      g_cond_wait (&sim->changed, &sim->lock);
      continue;
    }
    g_mutex_unlock (&sim->lock);
    bytes = render (sim, next->order, &error);
    g_mutex_lock (&sim->lock);
    next->bytes = bytes;
    if (bytes == NULL)
      next->failure = g_strdup_printf ("The result cannot be rendered: %s",
          error->message);
    next->done = TRUE;
    g_cond_broadcast (&sim->changed);
  }
  g_mutex_unlock (&sim->lock);
  return NULL;
}

gboolean
foxapi_sim_renderer_start (FoxapiSim * sim, GError ** error)
{
  if (!gst_init_check (NULL, NULL, error))
    return FALSE;
  sim->render_thread = g_thread_new ("foxapi-render", render_thread, sim);
  return TRUE;
}

/* The caller has set stopping. */
void
foxapi_sim_renderer_stop (FoxapiSim * sim)
{
  g_autoptr (GstBus) bus = NULL;

  if (sim->render_thread == NULL)
    return;
  g_mutex_lock (&sim->lock);
  if (sim->render_bus != NULL)
    bus = gst_object_ref (sim->render_bus);
  g_mutex_unlock (&sim->lock);
  if (bus != NULL)
    gst_bus_post (bus, gst_message_new_application (NULL,
            gst_structure_new_empty ("foxapi-sim-stop")));
  g_thread_join (sim->render_thread);
  sim->render_thread = NULL;
  g_queue_clear (&sim->render_queue);
}

/* What renders, or has rendered, this request; owned by the simulator */
FoxapiSimRender *
foxapi_sim_renderer_ask (FoxapiSim * sim, const gchar * key_text,
    FoxapiSimOrder * order)
{
  g_autofree gchar *key =
      g_compute_checksum_for_string (G_CHECKSUM_SHA256, key_text, -1);
  FoxapiSimRender *entry = g_hash_table_lookup (sim->renders, key);

  if (entry != NULL)
    return entry;
  entry = g_new0 (FoxapiSimRender, 1);
  entry->key = g_steal_pointer (&key);
  entry->order = g_atomic_rc_box_acquire (order);
  g_hash_table_insert (sim->renders, entry->key, entry);
  g_queue_push_tail (&sim->render_queue, entry);
  g_cond_broadcast (&sim->changed);
  return entry;
}
