/* A result carries its origin: the event behind decodebin, tags through remuxing
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "foxapiharness.h"

static void
setup_index_last (void)
{
  FoxapiSimOptions options = harness_options ();

  options.payload = NULL;
  options.moov_at_end = TRUE;
  harness_setup_with (&options);
}

static GstElement *
parse_behind (GstElement * source, const gchar * description)
{
  g_autofree gchar *all = g_strconcat ("identity name=entry ! ", description,
      NULL);
  g_autoptr (GError) error = NULL;
  GstElement *pipeline = gst_parse_launch (all, &error);
  g_autoptr (GstElement) entry = NULL;

  fail_unless (pipeline != NULL, "%s", error ? error->message : "");
  entry = gst_bin_get_by_name (GST_BIN (pipeline), "entry");
  gst_bin_add (GST_BIN (pipeline), source);
  fail_unless (gst_element_link (source, entry));
  return pipeline;
}

/* Runs a pipeline that was parsed behind a source, to EOS. */
static GstTagList *
run_behind (GstElement * source, const gchar * description)
{
  GstElement *pipeline = parse_behind (source, description);
  g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);
  GstTagList *tags = gst_tag_list_new_empty ();
  gboolean ended = FALSE;

  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  while (!ended) {
    g_autoptr (GstMessage) message = gst_bus_timed_pop_filtered (bus,
        60 * GST_SECOND, GST_MESSAGE_EOS | GST_MESSAGE_ERROR | GST_MESSAGE_TAG);

    fail_unless (message != NULL, "nothing came");
    fail_if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR);
    ended = GST_MESSAGE_TYPE (message) == GST_MESSAGE_EOS;
    if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_TAG) {
      g_autoptr (GstTagList) some = NULL;

      gst_message_parse_tag (message, &some);
      gst_tag_list_insert (tags, some, GST_TAG_MERGE_REPLACE);
    }
  }
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_object_unref (pipeline);
  return tags;
}

static void
assert_origin (GstTagList * tags)
{
  g_autofree gchar *id = harness_task_id (1);
  g_autofree gchar *title = NULL, *comment = NULL;
  GDate *date = NULL;

  fail_unless (gst_tag_list_get_string (tags, GST_TAG_TITLE, &title));
  fail_unless_equals_string (title, "A fox, tagged");
  fail_unless (gst_tag_list_get_string (tags, GST_TAG_COMMENT, &comment));
  fail_unless (strstr (comment, id) != NULL, "%s", comment);
  fail_unless (strstr (comment, "wan-2.7-reference-to-video") != NULL, "%s",
      comment);
  fail_unless (strstr (comment, "seed 42") != NULL, "%s", comment);
  fail_unless (gst_tag_list_get_date (tags, GST_TAG_DATE, &date));
  g_date_free (date);
}

static GstElement *
tagged_source (void)
{
  return harness_source ("prompt", "A fox, tagged", "seed",
      G_GINT64_CONSTANT (42), "duration", 2, "resolution", 0, NULL);
}

static const gchar *const muxers[] = { "mp4mux", "matroskamux" };

/* Remuxes, and reads the tags of the new file. */
TEST (test_remuxed)
{
  g_autofree gchar *path = g_build_filename (store, "remuxed", NULL);
  g_autofree gchar *behind = g_strdup_printf ("qtdemux ! h264parse ! %s ! "
      "filesink location=%s", muxers[__i__], path);
  g_autoptr (GstTagList) tags = NULL;
  GstElement *file = gst_element_factory_make ("filesrc", NULL);

  gst_tag_list_unref (run_behind (tagged_source (), behind));
  g_object_set (file, "location", path, NULL);
  tags = run_behind (file, "decodebin ! fakesink");
  assert_origin (tags);
}

static GstPadProbeReturn
on_event (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  GstEvent *event = GST_PAD_PROBE_INFO_EVENT (info);
  gint *n_seen = user_data;

  if (GST_EVENT_TYPE (event) == GST_EVENT_CUSTOM_DOWNSTREAM_STICKY
      && gst_event_has_name (event, "foxapi-task"))
    g_atomic_int_inc (n_seen);
  return GST_PAD_PROBE_OK;
}

TEST (test_event_behind_decodebin)
{
  gint n_seen = 0;
  GstElement *pipeline = parse_behind (tagged_source (),
      "decodebin ! video/x-raw ! fakesink name=last");
  g_autoptr (GstElement) sink = gst_bin_get_by_name (GST_BIN (pipeline),
      "last");
  g_autoptr (GstPad) pad = gst_element_get_static_pad (sink, "sink");

  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, on_event,
      &n_seen, NULL);
  harness_play (pipeline);
  fail_unless (g_atomic_int_get (&n_seen) > 0);
  gst_object_unref (pipeline);
}

static const Test tests[] = {
  CASE ("index first", harness_setup_player, harness_teardown),
  ROWS (test_remuxed, muxers),
  ONCE (test_event_behind_decodebin),
  CASE ("index last", setup_index_last, harness_teardown),
  ROWS (test_remuxed, muxers),
};

CHECK_MAIN (tags, tests)
