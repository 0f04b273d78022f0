/* A timeline of the editing services: a generated clip between two test clips
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "foxapiharness.h"

#include <ges/ges.h>
#include <gst/pbutils/pbutils.h>

#define URI "foxapi://generate/wan-2.7-reference-to-video?prompt=A+clip" \
    "&duration=2&resolution=720p"

static void
setup (void)
{
  harness_setup_player ();
  fail_unless (ges_init ());
}

static void
add_test_clip (GESLayer * layer, GstClockTime start)
{
  GESTestClip *clip = ges_test_clip_new ();

  g_object_set (clip, "start", start, "duration", GST_SECOND, NULL);
  fail_unless (ges_layer_add_clip (layer, GES_CLIP (clip)));
}

/* One second of test picture, two generated, one of test picture */
static GESTimeline *
new_timeline (void)
{
  GESTimeline *timeline = ges_timeline_new ();
  GESTrack *track = GES_TRACK (ges_video_track_new ());
  g_autoptr (GstCaps) caps = gst_caps_from_string ("video/x-raw,width=320,"
      "height=180,framerate=25/1");
  g_autoptr (GESUriClipAsset) asset = NULL;
  g_autoptr (GError) error = NULL;
  GESLayer *layer;

  ges_track_set_restriction_caps (track, caps);
  ges_timeline_add_track (timeline, track);
  layer = ges_timeline_append_layer (timeline);

  asset = ges_uri_clip_asset_request_sync (URI, &error);
  fail_unless (asset != NULL, "%s", error ? error->message : "");
  add_test_clip (layer, 0);
  fail_unless (ges_layer_add_asset (layer, GES_ASSET (asset), GST_SECOND, 0,
          2 * GST_SECOND, GES_TRACK_TYPE_VIDEO) != NULL);
  add_test_clip (layer, 3 * GST_SECOND);
  ges_timeline_commit (timeline);
  return timeline;
}

static void
render (GESTimeline * timeline, const gchar * uri)
{
  GESPipeline *pipeline = ges_pipeline_new ();
  g_autoptr (GstCaps) container = gst_caps_from_string ("video/x-matroska");
  g_autoptr (GstCaps) video = gst_caps_from_string ("image/jpeg");
  GstEncodingContainerProfile *profile =
      gst_encoding_container_profile_new (NULL, NULL, container, NULL);

  gst_encoding_container_profile_add_profile (profile,
      GST_ENCODING_PROFILE (gst_encoding_video_profile_new (video, NULL, NULL,
              1)));
  fail_unless (ges_pipeline_set_timeline (pipeline, timeline));
  fail_unless (ges_pipeline_set_render_settings (pipeline, uri,
          GST_ENCODING_PROFILE (profile)));
  fail_unless (ges_pipeline_set_mode (pipeline, GES_PIPELINE_MODE_RENDER));
  gst_encoding_profile_unref (profile);
  harness_play (GST_ELEMENT (pipeline));
  gst_object_unref (pipeline);
}

static void
on_frame (GstElement * sink, GstBuffer * buffer, GstPad * pad,
    gpointer user_data)
{
  guint *n_frames = user_data;

  ++*n_frames;
}

static guint
count_frames (const gchar * path)
{
  g_autofree gchar *description = g_strdup_printf ("filesrc location=%s ! "
      "matroskademux ! fakesink name=sink signal-handoffs=true", path);
  GstElement *pipeline = gst_parse_launch (description, NULL);
  g_autoptr (GstElement) sink = gst_bin_get_by_name (GST_BIN (pipeline),
      "sink");
  guint n_frames = 0;

  g_signal_connect (sink, "handoff", G_CALLBACK (on_frame), &n_frames);
  harness_play (pipeline);
  gst_object_unref (pipeline);
  return n_frames;
}

TEST (test_rendered_frames)
{
  g_autofree gchar *path = g_build_filename (store, "rendered.mkv", NULL);
  g_autofree gchar *uri = g_filename_to_uri (path, NULL, NULL);
  guint n_frames;

  render (new_timeline (), uri);
  n_frames = count_frames (path);
  /* From 1.28 on there is one frame more, with nothing but test clips, too. */
  fail_unless (n_frames == 4 * 25 || n_frames == 4 * 25 + 1, "%u frames",
      n_frames);
  /* Looked at as an asset, and played: paid for once */
  assert_requests (FOXAPI_SIM_SUBMIT, 1);
}

static const Test tests[] = {
  CASE ("timeline", setup, harness_teardown),
  ONCE (test_rendered_frames),
};

CHECK_MAIN (timeline, tests)
