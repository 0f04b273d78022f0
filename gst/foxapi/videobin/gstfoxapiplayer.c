/* A result, decoded: frames and samples in the program's formats
 *
 * The file is complete before a player is made, so that no network is in the way
 * any more; what is decoded ahead of its time is what the two sinks hold.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Threads and locks: decodebin's streaming threads fill the sinks, the program
 * takes out of them, the bin sets states. The counters are atomic; a sink's own
 * lock guards its queue. */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstfoxapiplayer.h"

#include <glib/gi18n-lib.h>
#include "gstfoxapidecoding.h"

GST_DEBUG_CATEGORY_STATIC (foxapi_player_debug);
#define GST_CAT_DEFAULT foxapi_player_debug

/* What makes the program's format of a stream, and how much of it is decoded ahead.
 * 8 frames of 1920x1080 take 25 MB. */
static const struct
{
  const gchar *pad;             /* of the decoder */
  const gchar *chain[4];        /* factories, behind the pad */
  gint ahead;                   /* buffers */
} kinds[GST_FOXAPI_N_STREAMS] = {
  {"video", {"videoconvert", "videoscale", "videorate"}, 8},
  {"audio", {"audioconvert", "audioresample", "audiorate"}, 16},
};

/* One of the two streams */
typedef struct
{
  GstFoxapiPlayer *player;
  GstAppSink *sink;             /* a child of the player */
  gint count;                   /* atomic: so many are in the sink */
  gint has_ended;               /* atomic: no more will come into the sink */
} Stream;

struct _GstFoxapiPlayer
{
  GstFoxapiSinkBin parent;

  GstElement *decoding;         /* a child */
  Stream streams[GST_FOXAPI_N_STREAMS];
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

static void
on_streams_are_known (GstElement * decoder, gpointer user_data)
{
  GstFoxapiPlayer *self = user_data;
  Stream *audio = &self->streams[GST_FOXAPI_STREAM_AUDIO];

  if (!gst_foxapi_decoding_has_stream (self->decoding, "video"))
    GST_ELEMENT_ERROR (self, STREAM, WRONG_TYPE,
        (_("The result has no video that can be decoded.")), (NULL));
  if (!gst_foxapi_decoding_has_stream (self->decoding, "audio"))
    on_eos (audio->sink, audio);
}

static void
gst_foxapi_player_init (GstFoxapiPlayer * self)
{
  GstAppSinkCallbacks callbacks = {.eos = on_eos,.new_sample = on_new_sample };

  for (guint i = 0; i < GST_FOXAPI_N_STREAMS; i++) {
    Stream *stream = &self->streams[i];

    stream->player = self;
    stream->sink = gst_foxapi_sink_bin_add_sink (GST_FOXAPI_SINK_BIN (self),
        kinds[i].ahead);
    gst_app_sink_set_callbacks (stream->sink, &callbacks, stream, NULL);
  }
}

static void
gst_foxapi_player_class_init (GstFoxapiPlayerClass * klass)
{
  GST_DEBUG_CATEGORY_INIT (foxapi_player_debug, "foxapiplayer", 0,
      "A result, decoded");

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

  for (guint i = 0; i < GST_FOXAPI_N_STREAMS && missing == NULL; i++)
    missing = find_missing (kinds[i].chain);
  return missing;
}

/* Makes the chain from the decoder to the stream's sink. It is there before there
 * is a stream: an element that is added and started while the player stops may be
 * forgotten in PLAYING, and hold up whoever stops. */
static void
add_chain (GstFoxapiPlayer * self, GstFoxapiStream stream, GstCaps * caps)
{
  GstAppSink *sink = self->streams[stream].sink;
  GstElement *last = self->decoding;
  const gchar *pad = kinds[stream].pad;

  gst_app_sink_set_caps (sink, caps);
  for (const gchar * const *name = kinds[stream].chain; *name != NULL; name++) {
    GstElement *element = gst_element_factory_make (*name, NULL);

    if (g_str_equal (*name, "videoscale"))
      g_object_set (element, "add-borders", TRUE, NULL);
    gst_bin_add (GST_BIN (self), element);
    gst_element_link_pads (last, pad, element, "sink");
    last = element;
    pad = "src";
  }
  gst_element_link (last, GST_ELEMENT (sink));
}

/* Whoever calls has made sure that no element is missing. */
GstElement *
gst_foxapi_player_new (const gchar * location, GstCaps * video_caps,
    GstCaps * audio_caps)
{
  GstFoxapiPlayer *self = g_object_new (GST_TYPE_FOXAPI_PLAYER, NULL);

  self->decoding = gst_foxapi_decoding_new_file (location,
      on_streams_are_known, self);
  gst_bin_add (GST_BIN (self), self->decoding);
  add_chain (self, GST_FOXAPI_STREAM_VIDEO, video_caps);
  add_chain (self, GST_FOXAPI_STREAM_AUDIO, audio_caps);
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
has_ahead (GstFoxapiPlayer * self, GstFoxapiStream stream, gint n)
{
  return g_atomic_int_get (&self->streams[stream].has_ended)
      || g_atomic_int_get (&self->streams[stream].count) >= n;
}

/* Returns TRUE once all that is decoded ahead is there. */
gboolean
gst_foxapi_player_is_ready (GstFoxapiPlayer * player)
{
  return has_ahead (player, GST_FOXAPI_STREAM_VIDEO,
      kinds[GST_FOXAPI_STREAM_VIDEO].ahead)
      && has_ahead (player, GST_FOXAPI_STREAM_AUDIO,
      kinds[GST_FOXAPI_STREAM_AUDIO].ahead);
}

/* Returns the stream's next frame or samples, if they are there, or NULL. */
GstSample *
gst_foxapi_player_take (GstFoxapiPlayer * player, GstFoxapiStream stream)
{
  Stream *from = &player->streams[stream];
  GstSample *sample;

  /* A sample that is not counted yet is left to the call behind it. */
  if (g_atomic_int_get (&from->count) <= 0)
    return NULL;
  sample = gst_app_sink_try_pull_sample (from->sink, 0);
  if (sample != NULL)
    g_atomic_int_add (&from->count, -1);
  return sample;
}

/* Returns TRUE if nothing of the stream is left, and nothing will come. */
gboolean
gst_foxapi_player_has_ended (GstFoxapiPlayer * player, GstFoxapiStream stream)
{
  return g_atomic_int_get (&player->is_given_up)
      || (g_atomic_int_get (&player->streams[stream].has_ended)
      && g_atomic_int_get (&player->streams[stream].count) <= 0);
}

gint
gst_foxapi_player_count_frames (GstFoxapiPlayer * player)
{
  return MAX (g_atomic_int_get (&player->
          streams[GST_FOXAPI_STREAM_VIDEO].count), 0);
}

/* A file has both streams in turns: while all the frames that fit in wait to be
 * taken, no samples come. */
gboolean
gst_foxapi_player_video_is_in_the_way (GstFoxapiPlayer * player)
{
  return gst_foxapi_player_count_frames (player)
      >= kinds[GST_FOXAPI_STREAM_VIDEO].ahead
      && !has_ahead (player, GST_FOXAPI_STREAM_AUDIO,
      kinds[GST_FOXAPI_STREAM_AUDIO].ahead / 2);
}

/* Nobody takes the samples any more: they must not hold up the frames. */
void
gst_foxapi_player_drop_audio (GstFoxapiPlayer * player)
{
  gst_app_sink_set_drop (player->streams[GST_FOXAPI_STREAM_AUDIO].sink, TRUE);
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
