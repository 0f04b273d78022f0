"""The built plugins, as GObject introspection shows it.

SPDX-License-Identifier: LGPL-2.1-or-later
"""

import os

import gi

gi.require_version("Gst", "1.0")
from gi.repository import GObject, Gst  # noqa: E402

PREFIX = "GstFoxapi"
SIMPLE_TYPES = {"gchararray": "string", "gint": "int", "guint": "uint",
                "gint64": "int64", "guint64": "uint64", "gboolean": "boolean",
                "gdouble": "double", "gfloat": "float"}


def load():
    """The plugins of the build under test."""
    Gst.init(None)
    folder = os.path.join(os.environ["FOXAPI_BUILD"], "gst", "foxapi")
    return [Gst.Plugin.load_file(os.path.join(folder, "libgstfoxapi.so"))]


def elements():
    """Their element factories, by name."""
    names = [plugin.get_name() for plugin in load()]
    registry = Gst.Registry.get()
    return sorted((feature for name in names
                   for feature in registry.get_feature_list_by_plugin(name)
                   if isinstance(feature, Gst.ElementFactory)),
                  key=lambda feature: feature.get_name())


def source():
    """A foxapivideosrc."""
    load()
    return Gst.ElementFactory.make("foxapivideosrc")


def own_properties(element):
    """The properties that are not those of GStreamer's base classes."""
    return [spec for spec in element.list_properties()
            if spec.owner_type.name.startswith(PREFIX)]


def nicks_of(spec):
    """The words of an enumeration, by number."""
    if hasattr(spec.enum_class, "__enum_values__"):
        return {number: value.value_nick for number, value
                in spec.enum_class.__enum_values__.items()}
    # PyGObject from 3.50 on
    values = (GObject.enum_get_value(spec.enum_class, number)
              for number in range(-1, 256))
    return {value.value: value.value_nick for value in values if value}


def type_of(spec):
    """The type, in the words of the tables."""
    name = spec.value_type.name
    if spec.value_type.is_a(GObject.TYPE_ENUM):
        return ", ".join(f"`{nick}`" for _, nick
                         in sorted(nicks_of(spec).items()))
    if spec.name == "queued-shots":
        return "array of structures"
    if name == "GstValueArray":
        return "array of strings"
    return SIMPLE_TYPES.get(name, f"`{name}`")


def default_of(spec):
    """The default, in the words of the tables."""
    kind = spec.value_type.name
    if not spec.flags & GObject.ParamFlags.READABLE:
        return "`NULL`"
    if kind == "GstValueArray":
        return "empty"
    if kind == "GstFraction":
        value = GObject.new(spec.owner_type).get_property(spec.name)
        return f"`{int(value.num)}/{int(value.denom)}`"
    value = getattr(spec, "default_value", None)
    if spec.value_type.is_a(GObject.TYPE_ENUM):
        return f"`{nicks_of(spec)[int(value)]}`"
    if value is None:
        return "`NULL`"
    if kind == "gchararray":
        return f'`"{value}"`'
    if kind == "gboolean":
        return f"`{str(value).lower()}`"
    return f"`{value}`"


def access_of(spec):
    """Who may do what with it, and when."""
    if not spec.flags & GObject.ParamFlags.WRITABLE:
        return "read"
    words = "read, write" if spec.flags & GObject.ParamFlags.READABLE \
        else "write"
    flags = int(spec.flags)
    if flags & Gst.PARAM_MUTABLE_PLAYING:
        return f"{words} in any state"
    if flags & Gst.PARAM_MUTABLE_PAUSED:
        return f"{words} up to PAUSED"
    return words


def signals(element):
    """The names of the signals that are the element's own."""
    found = []
    kind = element.__gtype__
    while kind.name.startswith(PREFIX):
        found += [GObject.signal_query(number).signal_name
                  for number in GObject.signal_list_ids(kind)]
        kind = kind.parent
    return found


def pads(factory):
    """Its pad templates: name, direction, presence, caps."""
    return [(f"`{template.name_template}`",
             template.direction.value_nick,
             template.presence.value_nick,
             f"`{template.static_caps.string}`")
            for template in factory.get_static_pad_templates()]
