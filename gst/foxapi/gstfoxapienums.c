/* The enumerations of the properties
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstfoxapienums.h"

#include "foxapirequest.h"

/**
 * gst_foxapi_enum_register_once:
 * @type: (inout): a static variable, 0 at first
 * @name: the name of the enumeration's type
 * @values: (array zero-terminated=1): static
 *
 * Both plugins have the enumerations; the one that is loaded first registers them.
 * GStreamer loads one at a time, and registers their elements' classes, and by
 * them these types, when it does.
 *
 * Returns: the type
 */
GType
gst_foxapi_enum_register_once (gsize * type, const gchar * name,
    const GEnumValue * values)
{
  if (g_once_init_enter (type)) {
    GType known = g_type_from_name (name);

    g_once_init_leave (type, known ? known : g_enum_register_static (name,
            values));
  }
  return *type;
}

GType
gst_foxapi_resolution_get_type (void)
{
  static gsize type;
  static const GEnumValue values[] = {
    {GST_FOXAPI_RESOLUTION_720P, "1280x720 at 16:9", "720p"},
    {GST_FOXAPI_RESOLUTION_1080P, "1920x1080 at 16:9", "1080p"},
    {0, NULL, NULL},
  };

  return gst_foxapi_enum_register_once (&type, "GstFoxapiResolution", values);
}

GType
gst_foxapi_aspect_ratio_get_type (void)
{
  static gsize type;
  static const GEnumValue values[] = {
    {GST_FOXAPI_ASPECT_RATIO_16_9, "Landscape", "16:9"},
    {GST_FOXAPI_ASPECT_RATIO_9_16, "Portrait", "9:16"},
    {GST_FOXAPI_ASPECT_RATIO_1_1, "Square", "1:1"},
    {GST_FOXAPI_ASPECT_RATIO_4_3, "Landscape, television", "4:3"},
    {GST_FOXAPI_ASPECT_RATIO_3_4, "Portrait, television", "3:4"},
    {0, NULL, NULL},
  };

  return gst_foxapi_enum_register_once (&type, "GstFoxapiAspectRatio", values);
}

GType
gst_foxapi_switch_get_type (void)
{
  static gsize type;
  static const GEnumValue values[] = {
    {FOXAPI_SWITCH_DEFAULT, "Not sent, the model decides", "default"},
    {FOXAPI_SWITCH_FALSE, "Off", "false"},
    {FOXAPI_SWITCH_TRUE, "On", "true"},
    {0, NULL, NULL},
  };

  return gst_foxapi_enum_register_once (&type, "GstFoxapiSwitch", values);
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

  return gst_foxapi_enum_register_once (&type, "GstFoxapiOutput", values);
}

/**
 * gst_foxapi_enum_to_nick:
 * @type: an enumeration
 * @value: any number
 *
 * Returns: (transfer full): the value's nick; the number itself as text where
 *   it is none of the enumeration
 *
 * Since: 0.1
 */
gchar *
gst_foxapi_enum_to_nick (GType type, gint value)
{
  GEnumClass *klass = g_type_class_ref (type);
  GEnumValue *known = g_enum_get_value (klass, value);
  gchar *nick = known ? g_strdup (known->value_nick) :
      g_strdup_printf ("%d", value);

  g_type_class_unref (klass);
  return nick;
}

/**
 * gst_foxapi_enum_from_nick:
 * @type: an enumeration
 * @nick: a text made by gst_foxapi_enum_to_nick()
 *
 * Returns: the value
 *
 * Since: 0.1
 */
gint
gst_foxapi_enum_from_nick (GType type, const gchar * nick)
{
  GEnumClass *klass = g_type_class_ref (type);
  GEnumValue *known = g_enum_get_value_by_nick (klass, nick);
  gint value = known ? known->value : (gint) g_ascii_strtoll (nick, NULL, 10);

  g_type_class_unref (klass);
  return value;
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

    GType known = g_type_from_name ("GstFoxapiParamEnum");

    g_once_init_leave (&type, known ? known : g_type_register_static
        (G_TYPE_PARAM_ENUM, "GstFoxapiParamEnum", &info, 0));
  }
  return type;
}

/**
 * gst_foxapi_param_spec_enum:
 * @name: the property's name
 * @nick: its title
 * @blurb: what it is
 * @type: an enumeration
 * @default_value: its default
 * @flags: as for every property
 *
 * Returns: (transfer floating): a specification that takes any number
 *
 * Since: 0.1
 */
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
