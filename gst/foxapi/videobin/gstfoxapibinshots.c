/* The shots of a program: which is next, and what it is made of
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstfoxapibinprivate.h"

#include <glib/gi18n-lib.h>
#include <glib/gstdio.h>

#include "foxapicatalogue.h"
#include "foxapirequest.h"

/* The name of a shot that next-prompts has put into the queue, within */
#define PROMPT_STRUCTURE "foxapi-prompt"

/* Called with the object lock. The same picture has the same name: the file of
 * another one goes. @uri: (transfer full) (nullable) */
void
gst_foxapi_video_bin_set_last_frame (GstFoxapiVideoBin * self, gchar * uri)
{
  g_autofree gchar *path = self->last_frame ?
      g_filename_from_uri (self->last_frame, NULL, NULL) : NULL;

  if (path != NULL && g_strcmp0 (self->last_frame, uri) != 0)
    g_unlink (path);
  g_free (self->last_frame);
  self->last_frame = uri;
}

static GstStructure *
new_shot (guint number, const gchar * prompt)
{
  GstStructure *shot = gst_structure_new (GST_FOXAPI_SHOT_STRUCTURE, "shot",
      G_TYPE_UINT, number, NULL);

  if (prompt != NULL)
    gst_structure_set (shot, "prompt", G_TYPE_STRING, prompt, NULL);
  return shot;
}

/* Called with the object lock */
static guint
get_last_number (GstFoxapiVideoBin * self)
{
  GstStructure *last = g_queue_peek_tail (&self->waiting);
  guint number = self->shot + 1;

  if (last != NULL)
    gst_structure_get_uint (last, "shot", &number);
  return number;
}

static gboolean
is_of_property (const GstStructure * shot)
{
  return gst_structure_has_name (shot, PROMPT_STRUCTURE);
}

/* Called with the object lock: behind all others, under a number that is free */
static void
push_shot (GstFoxapiVideoBin * self, GstStructure * shot)
{
  guint number = get_last_number (self) + 1, own = 0;

  gst_structure_get_uint (shot, "shot", &own);
  gst_structure_set (shot, "shot", G_TYPE_UINT, MAX (number, own), NULL);
  g_queue_push_tail (&self->waiting, shot);
}

/* A run goes on with the shot at which the one before was stopped, and what waited
 * behind it: also what has been taken from the property, unless that has changed. */
void
gst_foxapi_video_bin_reset_shots (GstFoxapiVideoBin * self)
{
  GStrv prompts = self->run.next_prompts;
  guint n = g_strv_length (prompts);
  GQueue rest;
  GstStructure *shot;
  gboolean has_changed;

  GST_OBJECT_LOCK (self);
  has_changed = self->prompts == NULL
      || !g_strv_equal ((const gchar * const *) self->prompts,
      (const gchar * const *) prompts);
  rest = self->waiting;
  g_queue_init (&self->waiting);
  if (self->shot == 0)
    self->engine.is_next_shot = self->engine.is_new_try = FALSE;
  if (has_changed && self->shot > 0 && self->shot <= n) {
    gst_clear_structure (&self->current);
    self->current = new_shot (self->shot + 1, prompts[self->shot - 1]);
  }
  for (guint i = self->shot; has_changed && i < n; i++) {
    shot = new_shot (i + 2, prompts[i]);
    gst_structure_set_name (shot, PROMPT_STRUCTURE);
    g_queue_push_tail (&self->waiting, shot);
  }
  gst_foxapi_video_bin_ask_for_parked (self, has_changed ? n : self->shot);
  while ((shot = g_queue_pop_head (&rest)) != NULL) {
    if (gst_foxapi_video_bin_is_parked (self, shot)
        || (has_changed && is_of_property (shot)))
      gst_structure_free (shot);
    else
      push_shot (self, shot);
  }
  g_strfreev (self->prompts);
  self->prompts = g_strdupv (prompts);
  GST_OBJECT_UNLOCK (self);
}

/* shot: (transfer full). Returns its number, or 0 if it cannot follow. */
static guint
ask_for (GstFoxapiVideoBin * self, GstStructure * shot)
{
  guint number = 0;

  GST_OBJECT_LOCK (self);
  if (!self->lacks_reference && gst_foxapi_program_ask_for_more (self->program)) {
    push_shot (self, g_steal_pointer (&shot));
    number = get_last_number (self);
    self->asked_since_failure |= self->has_failed || self->holds_back;
  }
  GST_OBJECT_UNLOCK (self);
  gst_clear_structure (&shot);
  if (number > 0)
    gst_foxapi_control_tell (self->control, GST_FOXAPI_EVENT_NEXT, NULL, NULL);
  return number;
}

/* The action signals */

/* After a failure that is to go on with what waits, which is paid for then. */
gboolean
gst_foxapi_video_bin_next (GstFoxapiVideoBin * self)
{
  gboolean goes_on, is_open = FALSE;

  GST_OBJECT_LOCK (self);
  goes_on = (self->has_failed || self->holds_back) && self->waiting.length > 0;
  if (goes_on)
    is_open = !self->lacks_reference
        && gst_foxapi_program_ask_for_more (self->program);
  self->asked_since_failure |= is_open;
  GST_OBJECT_UNLOCK (self);
  if (!goes_on)
    return ask_for (self, new_shot (0, NULL)) > 0;
  if (is_open)
    gst_foxapi_control_tell (self->control, GST_FOXAPI_EVENT_NEXT, NULL, NULL);
  return is_open;
}

typedef struct
{
  GstFoxapiVideoBin *bin;
  GstStructure *shot;
  const gchar *fault;           /* (nullable): the name of a field that is wrong */
} OwnFields;

/* (nullable): %NULL if the property says nothing of what to generate. @is_item: (out):
 * it is for the only item of a list, which is returned */
static GParamSpec *
find_field (GstFoxapiVideoBin * self, const gchar * name, gboolean * is_item)
{
  GObjectClass *klass = G_OBJECT_GET_CLASS (self);
  GParamSpec *spec = g_object_class_find_property (klass, name);
  const gchar *list;

  /* Those of the base classes have numbers of their own. */
  if (spec == NULL || spec->owner_type != GST_TYPE_FOXAPI_VIDEO_BIN)
    return NULL;
  list = gst_foxapi_settings_get_list_name (spec->param_id);
  *is_item = list != NULL;
  if (list != NULL)
    return g_object_class_find_property (klass, list);
  return gst_foxapi_field_is_known (spec->param_id) ? spec : NULL;
}

/* %FALSE: it was cut, or has become another number. */
static gboolean
is_same_number (const GValue * value, const GValue * typed)
{
  g_auto (GValue) a = G_VALUE_INIT;
  g_auto (GValue) b = G_VALUE_INIT;

  g_value_init (&a, G_TYPE_DOUBLE);
  g_value_init (&b, G_TYPE_DOUBLE);
  return !g_value_transform (value, &a) || !g_value_transform (typed, &b)
      || g_value_get_double (&a) == g_value_get_double (&b);
}

/* A field as its property has it, or as a launch line would write it */
static gboolean
add_field (GQuark field, const GValue * value, gpointer user_data)
{
  OwnFields *own = user_data;
  const gchar *name = g_quark_to_string (field);
  gboolean is_item;
  GParamSpec *spec = find_field (own->bin, name, &is_item);
  g_auto (GValue) typed = G_VALUE_INIT;

  own->fault = name;
  if (spec == NULL)
    return FALSE;
  g_value_init (&typed, spec->value_type);
  if (is_item) {
    if (!G_VALUE_HOLDS_STRING (value))
      return FALSE;
    gst_value_array_append_value (&typed, value);
  } else if (!g_value_type_compatible (G_VALUE_TYPE (value), spec->value_type)
      && G_VALUE_HOLDS_STRING (value)) {
    if (!gst_value_deserialize (&typed, g_value_get_string (value)))
      return FALSE;
  } else if (!g_value_transform (value, &typed)) {
    return FALSE;
  } else if (!is_same_number (value, &typed)) {
    return FALSE;
  }
  gst_structure_set_value (own->shot, spec->name, &typed);
  own->fault = NULL;
  return TRUE;
}

gboolean
gst_foxapi_video_bin_drop_shot (GstFoxapiVideoBin * self, guint number)
{
  GstStructure *dropped = NULL;

  GST_OBJECT_LOCK (self);
  for (GList * l = self->waiting.head; l != NULL && dropped == NULL;
      l = l->next) {
    guint its_number;

    if (gst_structure_get_uint (l->data, "shot", &its_number)
        && its_number == number) {
      dropped = l->data;
      g_queue_delete_link (&self->waiting, l);
      gst_foxapi_video_bin_drop_parked (self, number);
      break;
    }
  }
  GST_OBJECT_UNLOCK (self);
  if (dropped == NULL)
    return FALSE;
  gst_structure_free (dropped);
  gst_foxapi_control_tell (self->control, GST_FOXAPI_EVENT_DROPPED, NULL, NULL);
  return TRUE;
}

/* Into an empty array */
void
gst_foxapi_video_bin_list_shots (GstFoxapiVideoBin * self, GValue * array)
{
  GST_OBJECT_LOCK (self);
  for (GList * l = self->waiting.head; l != NULL; l = l->next) {
    GValue value = G_VALUE_INIT;

    g_value_init (&value, GST_TYPE_STRUCTURE);
    g_value_set_boxed (&value, l->data);
    gst_structure_set_name (g_value_get_boxed (&value),
        GST_FOXAPI_SHOT_STRUCTURE);
    gst_value_array_append_and_take_value (array, &value);
  }
  GST_OBJECT_UNLOCK (self);
}

gboolean
gst_foxapi_video_bin_retry (GstFoxapiVideoBin * self)
{
  gboolean is_open;

  GST_OBJECT_LOCK (self);
  is_open = self->has_failed && !self->lacks_reference
      && gst_foxapi_program_ask_for_more (self->program);
  GST_OBJECT_UNLOCK (self);
  if (is_open)
    gst_foxapi_control_tell (self->control, GST_FOXAPI_EVENT_RETRY, NULL, NULL);
  return is_open;
}

/* Finishes the program. %FALSE: another shot is to follow instead. */
gboolean
gst_foxapi_video_bin_finish (GstFoxapiVideoBin * self, gboolean goes_on,
    guint * n_waiting)
{
  gboolean is_finished;

  GST_OBJECT_LOCK (self);
  *n_waiting = self->waiting.length;
  is_finished = !self->asked_since_failure && !(goes_on && *n_waiting > 0
      && gst_foxapi_program_ask_for_more (self->program));
  if (is_finished)
    gst_foxapi_program_finish (self->program, FALSE);
  GST_OBJECT_UNLOCK (self);
  return is_finished;
}

gboolean
gst_foxapi_video_bin_has_more (GstFoxapiVideoBin * self)
{
  gboolean has_more;

  GST_OBJECT_LOCK (self);
  has_more = self->waiting.length > 0;
  GST_OBJECT_UNLOCK (self);
  return has_more;
}

/* In one piece: the application may ask for another meanwhile. What waits behind a
 * failure waits for that. */
void
gst_foxapi_video_bin_announce_shots (GstFoxapiVideoBin * self)
{
  GST_OBJECT_LOCK (self);
  gst_foxapi_program_set_more_to_come (self->program, self->waiting.length > 0
      && (!self->has_failed || self->asked_since_failure
          || self->begins_at_end));
  GST_OBJECT_UNLOCK (self);
}

/* Goes on to the next one, which has this first frame (nullable). %FALSE: it was
 * dropped, and the shot that has been shown keeps its own: a start repeats it. */
gboolean
gst_foxapi_video_bin_advance (GstFoxapiVideoBin * self,
    const gchar * last_frame)
{
  GstStructure *next;
  g_autofree gchar *unused = NULL;

  GST_OBJECT_LOCK (self);
  next = g_queue_pop_head (&self->waiting);
  if (next == NULL && g_strcmp0 (last_frame, self->last_frame) != 0)
    unused = last_frame ? g_filename_from_uri (last_frame, NULL, NULL) : NULL;
  if (next != NULL) {
    gst_foxapi_video_bin_set_last_frame (self, g_strdup (last_frame));
    gst_clear_structure (&self->current);
    self->current = next;
    gst_structure_get_uint (next, "shot", &self->shot);
    self->shot--;
  }
  GST_OBJECT_UNLOCK (self);
  if (unused != NULL)
    g_unlink (unused);
  return next != NULL;
}

/* The one that has failed to begin waits again. */
void
gst_foxapi_video_bin_go_back (GstFoxapiVideoBin * self)
{
  GST_OBJECT_LOCK (self);
  if (self->current != NULL)
    g_queue_push_head (&self->waiting, g_steal_pointer (&self->current));
  GST_OBJECT_UNLOCK (self);
}

/* What a shot is made from: in properties, and in the files of pads, whose names begin
 * so */
typedef struct
{
  GstFoxapiProperty id;
  const gchar *property;
  const gchar *pads;
} Input;

static const Input inputs[] = {
  {GST_FOXAPI_PROP_FIRST_FRAME_URL, "first-frame-url", "first_frame"},
  {GST_FOXAPI_PROP_REFERENCE_IMAGE_URLS, "reference-image-urls", "image_"},
  {GST_FOXAPI_PROP_REFERENCE_VIDEO_URLS, "reference-video-urls", "video_"},
  {GST_FOXAPI_PROP_SOURCE_VIDEO_URL, "source-video-url", "source_video"},
  {GST_FOXAPI_PROP_LAST_FRAME_URL, "last-frame-url", "last_frame"},
};

/* Stands for what a pad is still to capture, where only rules are checked */
#define STAND_IN "https://example.com/capture"

/* (nullable): of the value of an input, which may be a list */
static const gchar *
get_first (const GValue * value)
{
  if (G_VALUE_HOLDS_STRING (value))
    return g_value_get_string (value);
  return gst_value_array_get_size (value) == 0 ? NULL :
      g_value_get_string (gst_value_array_get_value (value, 0));
}

/* The application's URLs, and behind them what the pads have captured
 * @stand_in: (nullable): for those that have nothing yet */
static void
add_captures (GstFoxapiVideoBin * self, GstFoxapiFields * fields,
    const Input * input, const gchar * stand_in)
{
  const GValue *own = &fields->values[input->id];
  gboolean is_list = GST_VALUE_HOLDS_ARRAY (own);
  GValue list = G_VALUE_INIT;

  g_value_init (&list, GST_TYPE_ARRAY);
  if (is_list)
    g_value_copy (own, &list);
  gst_foxapi_video_bin_append_captures (self, input->pads, &list, stand_in);
  if (is_list)
    gst_foxapi_fields_set (fields, input->id, &list);
  else if (gst_value_array_get_size (&list) > 0)
    gst_foxapi_fields_set (fields, input->id, gst_value_array_get_value (&list,
            0));
  g_value_unset (&list);
}

static gchar *
find_path (const GstFoxapiFields * fields, const gchar * property)
{
  const gchar *model = g_value_get_string (&fields->values
      [GST_FOXAPI_PROP_MODEL]);

  return foxapi_catalogue_find_path (foxapi_catalogue_find (model), property);
}

/* The last frame of the shot before is the first one of this, where the model has
 * such an input and does not need the place for what the application gives it.
 * Otherwise it is a reference, where the model has those. */
static void
add_last_frame (GstFoxapiFields * fields, const gchar * uri)
{
  GValue *images = &fields->values[GST_FOXAPI_PROP_REFERENCE_IMAGE_URLS];
  const gchar *source =
      g_value_get_string (&fields->values[GST_FOXAPI_PROP_SOURCE_VIDEO_URL]);
  g_autofree gchar *first = find_path (fields, "first-frame-url");
  g_autofree gchar *references = find_path (fields, "reference-image-urls");
  gboolean is_shared = g_strcmp0 (first, references) == 0
      && get_first (images) != NULL;
  g_auto (GValue) value = G_VALUE_INIT;

  g_value_init (&value, G_TYPE_STRING);
  g_value_set_string (&value, uri);
  if (first != NULL && source == NULL && !is_shared)
    gst_foxapi_fields_set (fields, GST_FOXAPI_PROP_FIRST_FRAME_URL, &value);
  else if (references != NULL)
    gst_value_array_prepend_value (images, &value);
}

/* Called with the object lock: what a shot has instead of the properties. @shot:
 * (nullable) */
static void
add_own_fields (GstFoxapiVideoBin * self, GstFoxapiFields * fields,
    const GstStructure * shot)
{
  guint n = shot ? gst_structure_n_fields (shot) : 0;

  for (guint i = 0; i < n; i++) {
    const gchar *name = gst_structure_nth_field_name (shot, i);
    gboolean is_item;
    GParamSpec *spec = find_field (self, name, &is_item);

    if (spec != NULL)
      gst_foxapi_fields_set (fields, spec->param_id,
          gst_structure_get_value (shot, name));
  }
}

/* What the application has set → what this shot is made of. Called by whoever
 * starts the engine: the thread that starts the bin, or the control thread. */
void
gst_foxapi_video_bin_adapt_fields (GstElement * element,
    GstFoxapiFields * fields)
{
  GstFoxapiVideoBin *self = GST_FOXAPI_VIDEO_BIN (element);
  g_autofree gchar *last_frame = NULL;

  GST_OBJECT_LOCK (self);
  add_own_fields (self, fields, self->current);
  last_frame = g_strdup (self->last_frame);
  GST_OBJECT_UNLOCK (self);
  for (guint i = 0; i < G_N_ELEMENTS (inputs); i++)
    add_captures (self, fields, &inputs[i], self->is_checking ? STAND_IN :
        NULL);
  if (last_frame != NULL)
    add_last_frame (fields, last_frame);
}

/* Whether the shot that follows has an input for the last frame of this one */
gboolean
gst_foxapi_video_bin_can_continue (GstFoxapiVideoBin * self)
{
  g_autofree gchar *first = NULL, *references = NULL;
  GstFoxapiFields fields;

  if (!self->run.shot_continuity)
    return FALSE;
  GST_OBJECT_LOCK (self);
  gst_foxapi_fields_copy (&self->engine.settings.fields, &fields);
  add_own_fields (self, &fields, g_queue_peek_head (&self->waiting));
  GST_OBJECT_UNLOCK (self);
  first = find_path (&fields, "first-frame-url");
  references = find_path (&fields, "reference-image-urls");
  gst_foxapi_fields_clear (&fields);
  return first != NULL || references != NULL;
}

static gboolean
check_fields (GObject * owner, const GstFoxapiFields * fields, GError ** error)
{
  g_autoptr (JsonObject) properties = NULL, extra = NULL, body = NULL;

  if (gst_foxapi_fields_to_json (fields, G_OBJECT_GET_CLASS (owner),
          &properties, &extra, error))
    body = foxapi_request_build (properties, extra, error);
  return body != NULL && foxapi_request_makes_media (body, error);
}

/* Whether a shot could be submitted, with the properties as they are, and with what
 * it will have of pads and of the shot before it */
static gboolean
check_shot (GstFoxapiVideoBin * self, const GstStructure * shot,
    GError ** error)
{
  GstFoxapiFields fields;
  gboolean continues, is_right;
  guint number = 0;

  g_object_get (self, "shot-continuity", &continues, NULL);
  GST_OBJECT_LOCK (self);
  gst_foxapi_fields_copy (&self->engine.settings.fields, &fields);
  add_own_fields (self, &fields, shot);
  GST_OBJECT_UNLOCK (self);
  for (guint i = 0; i < G_N_ELEMENTS (inputs); i++)
    add_captures (self, &fields, &inputs[i], STAND_IN);
  if (continues)
    add_last_frame (&fields, STAND_IN);
  is_right = check_fields (G_OBJECT (self), &fields, error);
  gst_foxapi_fields_clear (&fields);
  if (!is_right && gst_structure_get_uint (shot, "shot", &number)
      && number > 0)
    g_prefix_error (error, _("Shot %u: "), number);
  return is_right;
}

/* Those that wait at the start of a run, but what is paid for already */
gboolean
gst_foxapi_video_bin_check_shots (GstFoxapiVideoBin * self, GError ** error)
{
  g_auto (GValue) shots = G_VALUE_INIT;

  g_value_init (&shots, GST_TYPE_ARRAY);
  gst_foxapi_video_bin_list_shots (self, &shots);
  for (guint i = 0; i < gst_value_array_get_size (&shots); i++) {
    const GstStructure *shot =
        g_value_get_boxed (gst_value_array_get_value (&shots, i));
    gboolean is_parked;

    GST_OBJECT_LOCK (self);
    is_parked = gst_foxapi_video_bin_is_parked (self, shot);
    GST_OBJECT_UNLOCK (self);
    if (!is_parked && !check_shot (self, shot, error))
      return FALSE;
  }
  return TRUE;
}

guint
gst_foxapi_video_bin_queue_shot (GstFoxapiVideoBin * self, const gchar * prompt,
    const GstStructure * fields)
{
  OwnFields own = { self, new_shot (0, prompt), NULL };
  g_autoptr (GError) error = NULL;
  guint on_air;

  if (gst_foxapi_program_get_state (self->program, &on_air)
      == GST_FOXAPI_STATE_STOPPED) {
    gst_structure_free (own.shot);
    return 0;
  }
  if (fields != NULL && !gst_structure_foreach (fields, add_field, &own))
    g_set_error (&error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_SETTINGS,
        _("%s is not a property of a generation or cannot have that value. "
            "Nothing was sent."), own.fault);
  if (error == NULL && check_shot (self, own.shot, &error))
    return ask_for (self, own.shot);
  gst_structure_free (own.shot);
  GST_ELEMENT_WARNING (self, RESOURCE, SETTINGS,
      (_("The shot is not queued. %s"), error->message), (NULL));
  return 0;
}

/* Called with the object lock */
static gboolean
check_pad (GstFoxapiVideoBin * self, const gchar * pad, const Input * input,
    GError ** error)
{
  const GstFoxapiFields *fields = &self->engine.settings.fields;
  const GValue *own = &fields->values[input->id];
  const gchar *model = g_value_get_string (&fields->values
      [GST_FOXAPI_PROP_MODEL]);
  g_autofree gchar *path = find_path (fields, input->property);

  if (path == NULL
      && foxapi_catalogue_is_enforced (foxapi_catalogue_find (model))) {
    g_set_error (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_SETTINGS,
        _("There is a pad %s, but %s has no %s. Choose a model that has one "
            "(foxapi-models lists them), or release the pad. Nothing was "
            "sent."), pad, model, input->property);
    return FALSE;
  }
  if (G_VALUE_HOLDS_STRING (own) && g_value_get_string (own) != NULL) {
    g_set_error (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_SETTINGS,
        _("There is a pad %s, and the property %s is set, but it takes one "
            "of them. Set the property to NULL, or release the pad. Nothing "
            "was sent."), pad, input->property);
    return FALSE;
  }
  return TRUE;
}

/* Whether the model has inputs for what the pads capture. A task that is named
 * needs none. */
gboolean
gst_foxapi_video_bin_check_pads (GstFoxapiVideoBin * self, GError ** error)
{
  gboolean is_right = TRUE;

  GST_OBJECT_LOCK (self);
  for (GList * l = GST_ELEMENT (self)->sinkpads; l != NULL
      && self->engine.named_task_id == NULL; l = l->next) {
    for (guint i = 0; is_right && i < G_N_ELEMENTS (inputs); i++) {
      if (g_str_has_prefix (GST_OBJECT_NAME (l->data), inputs[i].pads))
        is_right = check_pad (self, GST_OBJECT_NAME (l->data), &inputs[i],
            error);
    }
  }
  GST_OBJECT_UNLOCK (self);
  return is_right;
}

static gchar *
dup_first_capture (GstFoxapiVideoBin * self, const gchar * pads)
{
  g_auto (GValue) list = G_VALUE_INIT;

  g_value_init (&list, GST_TYPE_ARRAY);
  gst_foxapi_video_bin_append_captures (self, pads, &list, NULL);
  return g_strdup (get_first (&list));
}

/* (transfer full) (nullable): the URI of what can be shown before the result: a
 * capture before any that the application names, and not the last frame */
gchar *
gst_foxapi_video_bin_dup_first_reference (GstFoxapiVideoBin * self)
{
  const GstFoxapiFields *fields = &self->engine.settings.fields;
  const guint n = G_N_ELEMENTS (inputs) - 1;
  gchar *uri = NULL;

  for (guint i = 0; uri == NULL && i < n; i++)
    uri = dup_first_capture (self, inputs[i].pads);
  GST_OBJECT_LOCK (self);
  for (guint i = 0; uri == NULL && i < n; i++)
    uri = g_strdup (get_first (&fields->values[inputs[i].id]));
  GST_OBJECT_UNLOCK (self);
  return uri;
}
