/* The enumerations of the properties
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstfoxapienums.h"

#include "foxapicatalogue.h"

static void
add_word (GArray * values, const gchar * word)
{
  GEnumValue value = { values->len, word, word };

  for (guint i = 0; i < values->len; i++) {
    if (g_str_equal (g_array_index (values, GEnumValue, i).value_nick, word))
      return;
  }
  g_array_append_val (values, value);
}

/* @known, and whatever else a model of the catalogue has in this field; stays */
static GEnumValue *
collect_values (const GEnumValue * known, guint n, const gchar * field)
{
  GArray *values = g_array_new (TRUE, TRUE, sizeof (GEnumValue));
  g_auto (GStrv) words = foxapi_catalogue_collect_words (field);

  g_array_append_vals (values, known, n);
  for (guint i = 0; words[i] != NULL; i++)
    add_word (values, g_intern_string (words[i]));
  return (GEnumValue *) g_array_free (values, FALSE);
}

GType
gst_foxapi_resolution_get_type (void)
{
  static gsize type;
  static const GEnumValue known[] = {
    {GST_FOXAPI_RESOLUTION_720P, "1280x720 at 16:9", "720p"},
    {GST_FOXAPI_RESOLUTION_1080P, "1920x1080 at 16:9", "1080p"},
  };

  if (g_once_init_enter (&type))
    g_once_init_leave (&type, g_enum_register_static ("GstFoxapiResolution",
            collect_values (known, G_N_ELEMENTS (known), "resolution")));
  return type;
}

GType
gst_foxapi_aspect_ratio_get_type (void)
{
  static gsize type;
  static const GEnumValue known[] = {
    {GST_FOXAPI_ASPECT_RATIO_16_9, "Landscape", "16:9"},
    {GST_FOXAPI_ASPECT_RATIO_9_16, "Portrait", "9:16"},
    {GST_FOXAPI_ASPECT_RATIO_1_1, "Square", "1:1"},
    {GST_FOXAPI_ASPECT_RATIO_4_3, "Landscape, television", "4:3"},
    {GST_FOXAPI_ASPECT_RATIO_3_4, "Portrait, television", "3:4"},
  };

  if (g_once_init_enter (&type))
    g_once_init_leave (&type, g_enum_register_static ("GstFoxapiAspectRatio",
            collect_values (known, G_N_ELEMENTS (known), "aspect_ratio")));
  return type;
}

GType
gst_foxapi_switch_get_type (void)
{
  static gsize type;
  static const GEnumValue values[] = {
    {GST_FOXAPI_SWITCH_DEFAULT, "Not sent, the model decides", "default"},
    {GST_FOXAPI_SWITCH_FALSE, "Off", "false"},
    {GST_FOXAPI_SWITCH_TRUE, "On", "true"},
    {0, NULL, NULL},
  };

  if (g_once_init_enter (&type))
    g_once_init_leave (&type, g_enum_register_static ("GstFoxapiSwitch",
            values));
  return type;
}

GType
gst_foxapi_output_get_type (void)
{
  static gsize type;
  static const GEnumValue values[] = {
    {GST_FOXAPI_OUTPUT_MEDIA, "The bytes of the finished video", "media"},
    {GST_FOXAPI_OUTPUT_TASK,
          "One buffer with the task as JSON, without waiting for its end",
        "task"},
    {0, NULL, NULL},
  };

  if (g_once_init_enter (&type))
    g_once_init_leave (&type, g_enum_register_static ("GstFoxapiOutput",
            values));
  return type;
}

static gboolean
accept_every_value (GParamSpec * spec, GValue * value)
{
  return FALSE;
}

static void
init_spec_class (gpointer klass, gpointer data)
{
  GParamSpecClass *spec_class = klass;

  spec_class->value_validate = accept_every_value;
  spec_class->value_is_valid = NULL;
}

/* GObject drops a number that is no value of an enumeration with a warning, and
 * the element would go on with the default: money spent on the wrong video. An
 * enumeration that lets it through leaves it to the check at the start. */
static GType
get_unchecked_enum_spec_type (void)
{
  static gsize type;

  if (g_once_init_enter (&type)) {
    const GTypeInfo info = {
      .class_size = sizeof (GParamSpecClass),
      .class_init = init_spec_class,
      .instance_size = sizeof (GParamSpecEnum),
    };

    g_once_init_leave (&type, g_type_register_static (G_TYPE_PARAM_ENUM,
            "GstFoxapiParamEnum", &info, 0));
  }
  return type;
}

/* (transfer floating): takes any number */
GParamSpec *
gst_foxapi_param_spec_enum (const gchar * name, const gchar * nick,
    const gchar * blurb, GType type, gint default_value, GParamFlags flags)
{
  GParamSpecEnum *spec = g_param_spec_internal (get_unchecked_enum_spec_type (),
      name, nick, blurb, flags);

  spec->enum_class = g_type_class_ref (type);
  spec->default_value = default_value;
  G_PARAM_SPEC (spec)->value_type = type;
  return G_PARAM_SPEC (spec);
}

gboolean
gst_foxapi_enum_is_known (GParamSpec * spec, gint value)
{
  return g_enum_get_value (G_PARAM_SPEC_ENUM (spec)->enum_class, value) != NULL;
}
