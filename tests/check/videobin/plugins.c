/* What the two elements share, and what the bin says where an element is missing.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "binharness.h"

static GType
get_property_type (GstElement * element, const gchar * name)
{
  return g_object_class_find_property (G_OBJECT_GET_CLASS (element),
      name)->value_type;
}

/* Whichever element is made first, an application sees one enumeration. */
TEST (test_types_are_shared)
{
  const gchar *factories[] = { "foxapivideosrc", "foxapivideobin" };
  const gchar *names[] = { "resolution", "aspect-ratio", "multi-shots" };
  GstElement *one = gst_element_factory_make (factories[__i__], NULL);
  GstElement *other = gst_element_factory_make (factories[1 - __i__], NULL);

  fail_unless (one != NULL && other != NULL);
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    assert_equals_uint64 (get_property_type (one, names[i]),
        get_property_type (other, names[i]));
  gst_object_unref (one);
  gst_object_unref (other);
}

/* What a result is decoded with */
static const gchar *const needed[] = { "decodebin", "videorate",
  "audioresample"
};

static void
fail_to_start (Run * run, const gchar * words)
{
  run_refused_with (run, GST_CORE_ERROR, GST_CORE_ERROR_MISSING_PLUGIN);
  run_assert_says (run, GST_MESSAGE_ERROR, words, NULL);
  bin_assert_count (run, GST_MESSAGE_ERROR, 1);
  assert_nothing_sent ();
}

static const struct
{
  GstElementFactoryListType type;
  const gchar *caps;
  const gchar *words;
} formats[] = {
  {GST_ELEMENT_FACTORY_TYPE_DEMUXER, "video/quicktime", "MP4"},
  {GST_ELEMENT_FACTORY_TYPE_DECODER, "video/x-h264", "libav"},
};

/* Nor is there one that decodes what the service makes. */
TEST (test_missing_decoder)
{
  g_autoptr (GstCaps) caps = gst_caps_from_string (formats[__i__].caps);
  GList *all = gst_element_factory_list_get_elements (formats[__i__].type,
      GST_RANK_MARGINAL);
  GList *found = gst_element_factory_list_filter (all, caps, GST_PAD_SINK,
      FALSE);
  g_autofree guint *ranks = g_new (guint, g_list_length (found));
  g_autoptr (Run) run = bin_run_new (bin_new (NULL, NULL));
  guint n = 0;

  for (GList * l = found; l != NULL; l = l->next) {
    ranks[n++] = gst_plugin_feature_get_rank (l->data);
    gst_plugin_feature_set_rank (l->data, GST_RANK_NONE);
  }
  fail_to_start (run, formats[__i__].words);
  for (GList * l = g_list_last (found); l != NULL; l = l->prev)
    gst_plugin_feature_set_rank (l->data, ranks[--n]);
  gst_plugin_feature_list_free (found);
  gst_plugin_feature_list_free (all);
}

/* It says so before anything is paid for. */
TEST (test_missing_element)
{
  GstRegistry *registry = gst_registry_get ();
  GstPluginFeature *feature = gst_registry_lookup_feature (registry,
      needed[__i__]);
  g_autoptr (Run) run = NULL;
  g_autofree gchar *task_id = NULL;
  GstElement *bin;

  gst_registry_remove_feature (registry, feature);
  bin = bin_new ("seed", G_GINT64_CONSTANT (7), NULL);
  g_object_get (bin, "task-id", &task_id, NULL);
  assert_equals_string (task_id, NULL);

  run = bin_run_new (bin);
  fail_to_start (run, needed[__i__]);
  gst_registry_add_feature (registry, feature);
}

/* In a process that has used nothing of GIO yet: the threads of both elements
 * come to its modules together, with those of other such processes. A thousand
 * starts: GST_CHECKS=test_first_start meson test --repeat 25 plugins */
TEST (test_first_start)
{
  g_autofree gchar *line = g_strdup_printf ("model=wan-2.7-text-to-video "
      "placeholder=0 is-live=false ! fakesink foxapivideosrc prompt=Hen "
      "model=wan-2.7-text-to-video poll-interval=20 base-url=%s "
      "task-store=%s ! fakesink", foxapi_sim_get_base_url (sim), store);
  GSubprocess *clients[4];

  for (guint i = 0; i < G_N_ELEMENTS (clients); i++)
    clients[i] = bin_spawn (line, FALSE);
  for (guint i = 0; i < G_N_ELEMENTS (clients); i++) {
    fail_unless (g_subprocess_wait_check (clients[i], NULL, NULL));
    g_object_unref (clients[i]);
  }
  fail_unless_equals_int (foxapi_sim_count_requests (sim, FOXAPI_SIM_RESULT),
      2 * G_N_ELEMENTS (clients));
}

static const Test tests[] = {
  BIN_CASE ("plugins", bin_setup),
  TIMES (test_types_are_shared, 2),
  ROWS (test_missing_decoder, formats),
  ROWS (test_missing_element, needed),
  TIMES (test_first_start, 10),
};

CHECK_MAIN (plugins, tests)
