/* A result, decoded: frames and samples in the programme's formats
 *
 * The file is complete before a player is made, so that no network is in the way
 * any more; what is decoded ahead of its time is what the two sinks hold.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Threads and locks: decodebin's streaming threads fill the sinks, the programme
 * takes out of them, the bin sets states. The counters are atomic; a sink's own
 * lock guards its queue. */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstfoxapiplayer.h"
#include "gstfoxapidecoding.h"

GST_DEBUG_CATEGORY_STATIC (foxapi_player_debug);
#define GST_CAT_DEFAULT foxapi_player_debug

/* As much is decoded ahead. 8 frames of 1920x1080 take 25 MB. */
#define FRAMES_AHEAD 8
#define AUDIO_BUFFERS_AHEAD 16

static const gchar *const video_chain[] = { "videoconvert", "videoscale",
  "videorate", NULL
};

static const gchar *const audio_chain[] = { "audioconvert", "audioresample",
  "audiorate", NULL
};

/* One of the two streams */
typedef struct
{
  GstFoxapiPlayer *player;
  GstAppSink *sink;             /* a child of the player */
  gint is_there;                /* atomic: the file has one */
  gint count;                   /* atomic: so many are in the sink */
  gint has_ended;               /* atomic: no more will come into the sink */
} Stream;

struct _GstFoxapiPlayer
{
  GstFoxapiSinkBin parent;

  GstElement *decoding;         /* a child */
  GstCaps *video_caps;
  GstCaps *audio_caps;
  Stream video;
  Stream audio;
  gint streams_are_known;       /* atomic */
  gint is_given_up;             /* atomic */
  gint failure_is_told;         /* atomic */

  GstFoxapiPlayerFunc changed;
  gpointer user_data;
};

/* *INDENT-OFF* */
G_DEFINE_FINAL_TYPE (GstFoxapiPlayer, gst_foxapi_player,
    GST_TYPE_FOXAPI_SINK_BIN)
/* *INDENT-ON* */

static void
tell (GstFoxapiPlayer * self)
{
  if (self->changed != NULL)
    self->changed (self->user_data);
}

static GstFlowReturn
on_new_sample (GstAppSink * sink, gpointer user_data)
{
  Stream *stream = user_data;

  g_atomic_int_inc (&stream->count);
  tell (stream->player);
  return GST_FLOW_OK;
}

static void
on_eos (GstAppSink * sink, gpointer user_data)
{
  Stream *stream = user_data;

  g_atomic_int_set (&stream->has_ended, TRUE);
  tell (stream->player);
}

/* Makes a chain of @factories from the decoder's @pad to the stream's sink. It is
 * there before there is a stream: an element that is added and started while the
 * player stops may be forgotten in PLAYING, and hold up whoever stops. */
static void
prepare_stream (GstFoxapiPlayer * self, const gchar * pad, Stream * stream,
    const gchar * const *factories, GstCaps * caps)
{
  GstElement *last = self->decoding;

  gst_app_sink_set_caps (stream->sink, caps);
  for (; *factories != NULL; factories++) {
    GstElement *element = gst_element_factory_make (*factories, NULL);

    if (g_str_equal (*factories, "videoscale"))
      g_object_set (element, "add-borders", TRUE, NULL);
    gst_bin_add (GST_BIN (self), element);
    gst_element_link_pads (last, last == self->decoding ? pad : "src", element,
        "sink");
    last = element;
  }
  gst_element_link (last, GST_ELEMENT (stream->sink));
}

static void
on_streams_are_known (GstElement * decoder, gpointer user_data)
{
  GstFoxapiPlayer *self = user_data;

  g_atomic_int_set (&self->video.is_there,
      gst_foxapi_decoding_has_video (self->decoding));
  g_atomic_int_set (&self->audio.is_there,
      gst_foxapi_decoding_has_audio (self->decoding));
  g_atomic_int_set (&self->streams_are_known, TRUE);
  if (!g_atomic_int_get (&self->video.is_there))
    GST_ELEMENT_ERROR (self, STREAM, WRONG_TYPE,
        ("The result has no video that can be decoded."), (NULL));
  tell (self);
}

static void
init_stream (GstFoxapiPlayer * self, Stream * stream, guint ahead)
{
  GstAppSinkCallbacks callbacks = {.eos = on_eos,.new_sample = on_new_sample };

  stream->player = self;
  stream->sink = gst_foxapi_sink_bin_add_sink (GST_FOXAPI_SINK_BIN (self),
      ahead);
  gst_app_sink_set_callbacks (stream->sink, &callbacks, stream, NULL);
}

static void
gst_foxapi_player_finalize (GObject * object)
{
  GstFoxapiPlayer *self = GST_FOXAPI_PLAYER (object);

  gst_clear_caps (&self->video_caps);
  gst_clear_caps (&self->audio_caps);

  G_OBJECT_CLASS (gst_foxapi_player_parent_class)->finalize (object);
}

static void
gst_foxapi_player_init (GstFoxapiPlayer * self)
{
  init_stream (self, &self->video, FRAMES_AHEAD);
  init_stream (self, &self->audio, AUDIO_BUFFERS_AHEAD);
}

static void
gst_foxapi_player_class_init (GstFoxapiPlayerClass * klass)
{
  GST_DEBUG_CATEGORY_INIT (foxapi_player_debug, "foxapiplayer", 0,
      "A result, decoded");

  G_OBJECT_CLASS (klass)->finalize = gst_foxapi_player_finalize;
  gst_element_class_set_static_metadata (GST_ELEMENT_CLASS (klass),
      "FoxAPI player", "Generic/Bin", "Decodes a result",
      "The gst-foxapi authors");
}

static const gchar *
find_missing (const gchar * const *factories)
{
  for (; *factories != NULL; factories++) {
    g_autoptr (GstElementFactory) factory =
        gst_element_factory_find (*factories);

    if (factory == NULL)
      return *factories;
  }
  return NULL;
}

/* Returns the name of an element that players are made of and that is not
 * there, or NULL. */
const gchar *
gst_foxapi_player_find_missing (void)
{
  static const gchar *const ends[] =
      { "filesrc", "decodebin", "appsink", NULL };
  const gchar *missing = find_missing (ends);

  if (missing == NULL)
    missing = find_missing (video_chain);
  if (missing == NULL)
    missing = find_missing (audio_chain);
  return missing;
}

/* Whoever calls has made sure that no element is missing. */
GstElement *
gst_foxapi_player_new (const gchar * name, const gchar * location,
    GstCaps * video_caps, GstCaps * audio_caps)
{
  GstFoxapiPlayer *self = g_object_new (GST_TYPE_FOXAPI_PLAYER, "name", name,
      NULL);

  self->video_caps = gst_caps_ref (video_caps);
  self->audio_caps = gst_caps_ref (audio_caps);
  self->decoding = gst_foxapi_decoding_new_file (location,
      on_streams_are_known, self);
  gst_bin_add (GST_BIN (self), self->decoding);
  prepare_stream (self, "video", &self->video, video_chain, self->video_caps);
  prepare_stream (self, "audio", &self->audio, audio_chain, self->audio_caps);
  return GST_ELEMENT (self);
}

void
gst_foxapi_player_set_listener (GstFoxapiPlayer * player,
    GstFoxapiPlayerFunc changed, gpointer user_data)
{
  player->changed = changed;
  player->user_data = user_data;
}

static gboolean
is_filled (Stream * stream, gint ahead)
{
  return g_atomic_int_get (&stream->has_ended)
      || g_atomic_int_get (&stream->count) >= ahead;
}

/* Returns TRUE once all that is decoded ahead is there. */
gboolean
gst_foxapi_player_is_ready (GstFoxapiPlayer * player)
{
  return g_atomic_int_get (&player->streams_are_known)
      && is_filled (&player->video, FRAMES_AHEAD)
      && (!g_atomic_int_get (&player->audio.is_there)
      || is_filled (&player->audio, AUDIO_BUFFERS_AHEAD));
}

static GstSample *
take (Stream * stream)
{
  GstSample *sample;

  /* A sample that is not counted yet is left to the call behind it. */
  if (g_atomic_int_get (&stream->count) <= 0)
    return NULL;
  sample = gst_app_sink_try_pull_sample (stream->sink, 0);
  if (sample != NULL)
    g_atomic_int_add (&stream->count, -1);
  return sample;
}

/* Nothing is left, and nothing will come. */
static gboolean
has_ended (Stream * stream)
{
  return g_atomic_int_get (&stream->player->is_given_up)
      || (g_atomic_int_get (&stream->has_ended)
      && g_atomic_int_get (&stream->count) <= 0);
}

guint
gst_foxapi_player_count_frames (GstFoxapiPlayer * player)
{
  return MAX (g_atomic_int_get (&player->video.count), 0);
}

/* Returns the next frame, if it is there, or NULL. */
GstSample *
gst_foxapi_player_take_frame (GstFoxapiPlayer * player)
{
  return take (&player->video);
}

/* Returns TRUE if the last frame has been taken. */
gboolean
gst_foxapi_player_video_has_ended (GstFoxapiPlayer * player)
{
  return has_ended (&player->video);
}

/* Returns the next audio buffer, if it is there, or NULL. */
GstSample *
gst_foxapi_player_take_samples (GstFoxapiPlayer * player)
{
  return take (&player->audio);
}

/* Returns TRUE if there is no sound, or the last of it has been taken. */
gboolean
gst_foxapi_player_audio_has_ended (GstFoxapiPlayer * player)
{
  return !g_atomic_int_get (&player->audio.is_there)
      || has_ended (&player->audio);
}

/* A file has both streams in turns: while all the frames that fit in wait to be
 * taken, no samples come. */
gboolean
gst_foxapi_player_video_is_in_the_way (GstFoxapiPlayer * player)
{
  return g_atomic_int_get (&player->video.count) >= FRAMES_AHEAD
      && g_atomic_int_get (&player->audio.is_there)
      && !is_filled (&player->audio, AUDIO_BUFFERS_AHEAD / 2);
}

/* Nobody takes the samples any more: they must not hold up the frames. */
void
gst_foxapi_player_drop_audio (GstFoxapiPlayer * player)
{
  gst_app_sink_set_drop (player->audio.sink, TRUE);
}

/* What has not been taken by now is not waited for. */
void
gst_foxapi_player_give_up (GstFoxapiPlayer * player)
{
  g_atomic_int_set (&player->is_given_up, TRUE);
  tell (player);
}

/* Returns TRUE once: what follows from a failure is no news. */
gboolean
gst_foxapi_player_claim_failure (GstFoxapiPlayer * player)
{
  return g_atomic_int_compare_and_exchange (&player->failure_is_told, FALSE,
      TRUE);
}
