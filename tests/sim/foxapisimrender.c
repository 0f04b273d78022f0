/* The FoxAPI service, simulated: results, rendered.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * One thread renders one request after the other, each different request
 * once, beginning when it is submitted. A rendered file is mapped and already
 * unlinked: the kernel may drop its pages and nothing is left behind. What a
 * render holds is guarded by the simulator's lock; the pipelines belong to
 * the thread, which never holds the lock while it runs one.
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "foxapisimdraw.h"

#include <glib/gstdio.h>
#include <gst/app/gstappsrc.h>
#include <string.h>

#define SAMPLE_RATE 48000
#define MAX_PROMPT_TEXT 400
#define RENDER_TIMEOUT (300 * GST_SECOND)

#define VIDEO_BRANCH \
    "appsrc name=video format=time ! textoverlay name=prompt" \
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

struct _FoxapiSimRender
{
  gchar *key;
  FoxapiSimOrder *order;        /* never changed */
  gboolean done;
  GBytes *bytes;                /* once it is done, unless it failed */
  gchar *failure;
};

/* What one pipeline needs, in the renderer's thread and its streaming thread */
typedef struct
{
  GstVideoInfo info;
  GPtrArray *stills;            /* (element-type FoxapiSimStill) */
  guint hue;
  guint n_frames;
  guint next;                   /* streaming thread only */
} Drawing;

void
foxapi_sim_render_free (FoxapiSimRender * render)
{
  g_free (render->key);
  foxapi_sim_order_free (render->order);
  g_clear_pointer (&render->bytes, g_bytes_unref);
  g_free (render->failure);
  g_free (render);
}

gboolean
foxapi_sim_render_is_done (FoxapiSimRender * render)
{
  return render->done;
}

GBytes *
foxapi_sim_render_get_bytes (FoxapiSimRender * render)
{
  return render->bytes;
}

const gchar *
foxapi_sim_render_get_failure (FoxapiSimRender * render)
{
  return render->failure;
}

/* Makes @bus the one that the simulator's end interrupts, FALSE where that has
 * come */
static gboolean
set_bus (FoxapiSim * sim, GstBus * bus)
{
  gboolean go_on;

  foxapi_sim_lock (sim);
  sim->render_bus = bus;
  go_on = !sim->stopping;
  foxapi_sim_unlock (sim);
  return go_on;
}

gboolean
foxapi_sim_run_pipeline (FoxapiSim * sim, GstElement * pipeline, GstState state,
    GstMessageType wanted, GstClockTime timeout, GError ** error)
{
  g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);
  g_autoptr (GstMessage) message = NULL;

  if (set_bus (sim, bus)) {
    gst_element_set_state (pipeline, state);
    message = gst_bus_timed_pop_filtered (bus, timeout,
        wanted | GST_MESSAGE_ERROR | GST_MESSAGE_APPLICATION);
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

static void
on_need_data (GstAppSrc * source, G_GNUC_UNUSED guint size, gpointer data)
{
  Drawing *drawing = data;
  GstBuffer *buffer;

  if (drawing->next == drawing->n_frames) {
    gst_app_src_end_of_stream (source);
    return;
  }
  buffer = foxapi_sim_draw_frame (&drawing->info, drawing->next++,
      drawing->hue, drawing->stills);
  gst_app_src_push_buffer (source, buffer);
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

static void
set_on_child (GstElement * pipeline, const gchar * name, const gchar * property,
    const gchar * value)
{
  g_autoptr (GstElement) child = gst_bin_get_by_name (GST_BIN (pipeline), name);

  g_object_set (child, property, value, NULL);
}

static void
configure_video (GstElement * pipeline, FoxapiSimOrder * order,
    Drawing * drawing)
{
  g_autoptr (GstElement) source =
      gst_bin_get_by_name (GST_BIN (pipeline), "video");
  GstAppSrcCallbacks callbacks = {.need_data = on_need_data };
  g_autoptr (GstCaps) caps = gst_video_info_to_caps (&drawing->info);
  g_autofree gchar *start = g_utf8_substring (order->prompt, 0,
      MIN (g_utf8_strlen (order->prompt, -1), MAX_PROMPT_TEXT));
  g_autofree gchar *escaped = g_markup_escape_text (start, -1);

  g_object_set (source, "caps", caps, NULL);
  gst_app_src_set_callbacks (GST_APP_SRC (source), &callbacks, drawing, NULL);
  set_on_child (pipeline, "prompt", "text", escaped);
}

/* The sound lasts as long as the picture, to the sample */
static void
configure_sound (GstElement * pipeline, FoxapiSimOrder * order, guint hue)
{
  g_autoptr (GstElement) source =
      gst_bin_get_by_name (GST_BIN (pipeline), "sound");

  g_object_set (source, "samplesperbuffer", SAMPLE_RATE / FOXAPI_SIM_FPS,
      "num-buffers", order->duration * FOXAPI_SIM_FPS,
      "freq", 220.0 + hue, NULL);
}

static void
configure_file (FoxapiSim * sim, GstElement * pipeline, const gchar * path,
    const gchar * faststart_path)
{
  g_autoptr (GstElement) mux = gst_bin_get_by_name (GST_BIN (pipeline), "mux");

  g_object_set (mux, "faststart", !sim->options.moov_at_end,
      "faststart-file", faststart_path, NULL);
  set_on_child (pipeline, "file", "location", path);
}

static gboolean
render_to (FoxapiSim * sim, FoxapiSimOrder * order, GPtrArray * stills,
    const gchar * path, const gchar * faststart_path, GError ** error)
{
  g_autoptr (GstElement) pipeline = make_pipeline (order->silent, error);
  Drawing drawing = {.stills = stills };
  gboolean rendered;

  if (pipeline == NULL)
    return FALSE;
  drawing.hue = g_str_hash (order->prompt) % 256;
  drawing.n_frames = order->duration * FOXAPI_SIM_FPS;
  gst_video_info_set_format (&drawing.info, GST_VIDEO_FORMAT_I420,
      order->width, order->height);
  drawing.info.fps_n = FOXAPI_SIM_FPS;
  drawing.info.fps_d = 1;
  configure_video (pipeline, order, &drawing);
  if (!order->silent)
    configure_sound (pipeline, order, drawing.hue);
  configure_file (sim, pipeline, path, faststart_path);
  rendered = foxapi_sim_run_pipeline (sim, pipeline, GST_STATE_PLAYING,
      GST_MESSAGE_EOS, RENDER_TIMEOUT, error);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  return rendered;
}

static GPtrArray *
make_stills (FoxapiSim * sim, FoxapiSimOrder * order)
{
  GPtrArray *stills = g_ptr_array_new_with_free_func (
      (GDestroyNotify) foxapi_sim_still_free);
  gint width = order->width / 5 & ~1;
  gint height = order->height / 5 & ~1;

  for (guint i = 0; i < order->references->len && i < FOXAPI_SIM_MAX_STILLS;
      i++) {
    FoxapiSimStill *still = foxapi_sim_still_new (sim,
        g_ptr_array_index (order->references, i), width, height);

    if (still != NULL)
      g_ptr_array_add (stills, still);
  }
  return stills;
}

static GBytes *
render (FoxapiSim * sim, FoxapiSimOrder * order, GError ** error)
{
  g_autoptr (GPtrArray) stills = make_stills (sim, order);
  g_autofree gchar *dir = g_dir_make_tmp ("foxapi-sim-XXXXXX", error);
  g_autofree gchar *path = NULL;
  g_autofree gchar *faststart_path = NULL;
  g_autoptr (GMappedFile) file = NULL;

  if (dir == NULL)
    return NULL;
  path = g_build_filename (dir, "video.mp4", NULL);
  faststart_path = g_build_filename (dir, "media", NULL);
  if (render_to (sim, order, stills, path, faststart_path, error))
    file = g_mapped_file_new (path, FALSE, error);
  g_unlink (path);
  g_unlink (faststart_path);
  g_rmdir (dir);
  return file != NULL ? g_mapped_file_get_bytes (file) : NULL;
}

/* Renders what is queued until the simulator ends */
static gpointer
render_thread (gpointer data)
{
  FoxapiSim *sim = data;

  foxapi_sim_lock (sim);
  while (!sim->stopping) {
    FoxapiSimRender *next = g_queue_pop_head (&sim->render_queue);
    g_autoptr (GError) error = NULL;
    GBytes *bytes;

    if (next == NULL) {
      foxapi_sim_wait (sim, -1);
      continue;
    }
    foxapi_sim_unlock (sim);
    bytes = render (sim, next->order, &error);
    foxapi_sim_lock (sim);
    next->bytes = bytes;
    if (bytes == NULL)
      next->failure = g_strdup_printf ("The result cannot be rendered: %s",
          error->message);
    next->done = TRUE;
    g_cond_broadcast (&sim->changed);
  }
  foxapi_sim_unlock (sim);
  return NULL;
}

gboolean
foxapi_sim_renderer_start (FoxapiSim * sim, GError ** error)
{
  if (!gst_init_check (NULL, NULL, error))
    return FALSE;
  sim->render_cancellable = g_cancellable_new ();
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
  g_cancellable_cancel (sim->render_cancellable);
  foxapi_sim_lock (sim);
  if (sim->render_bus != NULL)
    bus = gst_object_ref (sim->render_bus);
  foxapi_sim_unlock (sim);
  if (bus != NULL)
    gst_bus_post (bus, gst_message_new_application (NULL,
            gst_structure_new_empty ("foxapi-sim-stop")));
  g_thread_join (sim->render_thread);
  sim->render_thread = NULL;
  g_queue_clear (&sim->render_queue);
  g_clear_object (&sim->render_cancellable);
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
  entry->order = foxapi_sim_order_copy (order);
  g_hash_table_insert (sim->renders, entry->key, entry);
  g_queue_push_tail (&sim->render_queue, entry);
  g_cond_broadcast (&sim->changed);
  return entry;
}
