/* The shots of a program: which is next, and what it is made of
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstfoxapibinshots.h"

#include <glib/gstdio.h>

/* Properties of foxapivideosrc that change with each shot: what the application
 * has set is kept here. */
typedef enum
{
  OWN_PROMPT,
  OWN_IMAGES,
  OWN_VIDEOS,
  N_OWN
} Own;

static const gchar *const own_names[N_OWN] = {
  "prompt", "reference-image-urls", "reference-video-urls"
};

struct _GstFoxapiBinShots
{
  GMutex lock;                  /* of what follows; those of the program and the
                                 * messages may follow it */
  GValue own[N_OWN];
  guint n_asked;                /* shots that the application has asked for */
  gboolean asked_since_failure; /* it asked when it could know of the failure */
  GStrv next_prompts;           /* (nullable): of this run */
  guint number;                 /* which prompt: 0 is `prompt` itself */
  gchar *last_frame;            /* (nullable): URI, of the shot before */
};

GstFoxapiBinShots *
gst_foxapi_bin_shots_new (GObjectClass * klass)
{
  GstFoxapiBinShots *self = g_new0 (GstFoxapiBinShots, 1);

  g_mutex_init (&self->lock);
  for (guint i = 0; i < N_OWN; i++) {
    GParamSpec *pspec = g_object_class_find_property (klass, own_names[i]);

    g_value_init (&self->own[i], G_PARAM_SPEC_VALUE_TYPE (pspec));
  }
  return self;
}

void
gst_foxapi_bin_shots_free (GstFoxapiBinShots * shots)
{
  for (guint i = 0; i < N_OWN; i++)
    g_value_unset (&shots->own[i]);
  g_strfreev (shots->next_prompts);
  g_free (shots->last_frame);
  g_mutex_clear (&shots->lock);
  g_free (shots);
}

static GValue *
find_own (GstFoxapiBinShots * self, const gchar * name)
{
  for (guint i = 0; i < N_OWN; i++) {
    if (g_str_equal (name, own_names[i]))
      return &self->own[i];
  }
  return NULL;
}

/* Returns FALSE if it does not change with the shots. */
gboolean
gst_foxapi_bin_shots_set (GstFoxapiBinShots * shots, const gchar * name,
    const GValue * value)
{
  GValue *own = find_own (shots, name);

  if (own == NULL)
    return FALSE;
  g_mutex_lock (&shots->lock);
  g_value_copy (value, own);
  g_mutex_unlock (&shots->lock);
  return TRUE;
}

/* Returns FALSE if it does not change with the shots. */
gboolean
gst_foxapi_bin_shots_get (GstFoxapiBinShots * shots, const gchar * name,
    GValue * value)
{
  GValue *own = find_own (shots, name);

  if (own == NULL)
    return FALSE;
  g_mutex_lock (&shots->lock);
  g_value_copy (own, value);
  g_mutex_unlock (&shots->lock);
  return TRUE;
}

/* Called with the lock. The same picture has the same name.
 * @uri: (transfer full) (nullable) */
static void
replace_last_frame (GstFoxapiBinShots * self, gchar * uri)
{
  g_autofree gchar *path = self->last_frame ?
      g_filename_from_uri (self->last_frame, NULL, NULL) : NULL;

  if (path != NULL && g_strcmp0 (self->last_frame, uri) != 0)
    g_unlink (path);
  g_free (self->last_frame);
  self->last_frame = uri;
}

/* The next one is the first. */
void
gst_foxapi_bin_shots_begin_anew (GstFoxapiBinShots * shots)
{
  g_mutex_lock (&shots->lock);
  shots->number = 0;
  replace_last_frame (shots, NULL);
  g_mutex_unlock (&shots->lock);
}

/* Goes on with the shot at which the bin was stopped. */
void
gst_foxapi_bin_shots_start (GstFoxapiBinShots * shots,
    const gchar * const *next_prompts)
{
  g_mutex_lock (&shots->lock);
  shots->n_asked = 0;
  shots->asked_since_failure = FALSE;
  g_strfreev (shots->next_prompts);
  shots->next_prompts = g_strdupv ((GStrv) next_prompts);
  g_mutex_unlock (&shots->lock);
}

/* Forgets what was asked for. */
void
gst_foxapi_bin_shots_stop (GstFoxapiBinShots * shots)
{
  g_mutex_lock (&shots->lock);
  shots->n_asked = 0;
  g_mutex_unlock (&shots->lock);
}

/* One more is wanted. Returns FALSE if the program has not started, or has
 * ended. */
gboolean
gst_foxapi_bin_shots_ask (GstFoxapiBinShots * shots, GstFoxapiProgram * program,
    GstFoxapiBinMessages * messages)
{
  gboolean is_open;

  g_mutex_lock (&shots->lock);
  is_open = gst_foxapi_program_ask_for_more (program);
  if (is_open) {
    shots->n_asked++;
    shots->asked_since_failure |= gst_foxapi_bin_messages_has_failed (messages);
  }
  g_mutex_unlock (&shots->lock);
  return is_open;
}

/* Called with the lock: how many follow the one that is on its way */
static guint
count_waiting (GstFoxapiBinShots * self)
{
  guint n_prompts = self->next_prompts ? g_strv_length (self->next_prompts) : 0;

  return MAX (n_prompts, self->number) - self->number + self->n_asked;
}

/* Finishes the program, unless another shot follows. Returns FALSE if
 * another one is to follow. */
gboolean
gst_foxapi_bin_shots_finish (GstFoxapiBinShots * shots,
    GstFoxapiProgram * program, gboolean goes_on, guint * n_waiting)
{
  gboolean is_finished;

  g_mutex_lock (&shots->lock);
  *n_waiting = count_waiting (shots);
  is_finished = !shots->asked_since_failure && !(goes_on && *n_waiting > 0
      && gst_foxapi_program_ask_for_more (program));
  if (is_finished)
    gst_foxapi_program_finish (program);
  g_mutex_unlock (&shots->lock);
  return is_finished;
}

/* What failed before is past. */
void
gst_foxapi_bin_shots_leave_failure (GstFoxapiBinShots * shots,
    GstFoxapiBinMessages * messages)
{
  g_mutex_lock (&shots->lock);
  gst_foxapi_bin_messages_forget_failure (messages);
  shots->asked_since_failure = FALSE;
  g_mutex_unlock (&shots->lock);
}

/* Returns TRUE if another one is to follow. */
gboolean
gst_foxapi_bin_shots_has_more (GstFoxapiBinShots * shots)
{
  gboolean has_more;

  g_mutex_lock (&shots->lock);
  has_more = count_waiting (shots) > 0;
  g_mutex_unlock (&shots->lock);
  return has_more;
}

void
gst_foxapi_bin_shots_announce (GstFoxapiBinShots * shots,
    GstFoxapiProgram * program)
{
  /* In one piece: the application may ask for another meanwhile. */
  g_mutex_lock (&shots->lock);
  gst_foxapi_program_set_more_to_come (program, count_waiting (shots) > 0);
  g_mutex_unlock (&shots->lock);
}

/* Goes on to it. */
void
gst_foxapi_bin_shots_advance (GstFoxapiBinShots * shots)
{
  g_mutex_lock (&shots->lock);
  if (count_waiting (shots) == shots->n_asked && shots->n_asked > 0)
    shots->n_asked--;
  shots->number++;
  g_mutex_unlock (&shots->lock);
}

/* Removes the file of the one before. */
void
gst_foxapi_bin_shots_take_last_frame (GstFoxapiBinShots * shots, gchar * uri)
{
  g_mutex_lock (&shots->lock);
  replace_last_frame (shots, uri);
  g_mutex_unlock (&shots->lock);
}

guint
gst_foxapi_bin_shots_get_number (GstFoxapiBinShots * shots)
{
  guint number;

  g_mutex_lock (&shots->lock);
  number = shots->number;
  g_mutex_unlock (&shots->lock);
  return number;
}

static gchar *
dup_prompt (GstFoxapiBinShots * self)
{
  gchar *prompt;

  g_mutex_lock (&self->lock);
  if (self->number > 0 && self->next_prompts != NULL
      && self->number <= g_strv_length (self->next_prompts))
    prompt = g_strdup (self->next_prompts[self->number - 1]);
  else
    prompt = g_value_dup_string (&self->own[OWN_PROMPT]);
  g_mutex_unlock (&self->lock);
  return prompt;
}

/* The application's URLs, behind the last frame of the shot before, and in front
 * of what the pads have captured. */
static void
set_references (GstFoxapiBinShots * self, Own own, const gchar * prefix,
    GstElement * source, GstFoxapiBinCaptures * captures)
{
  GValue list = G_VALUE_INIT;

  g_value_init (&list, GST_TYPE_ARRAY);
  g_mutex_lock (&self->lock);
  if (own == OWN_IMAGES && self->last_frame != NULL) {
    GValue value = G_VALUE_INIT;

    g_value_init (&value, G_TYPE_STRING);
    g_value_set_string (&value, self->last_frame);
    gst_value_array_append_and_take_value (&list, &value);
  }
  for (guint i = 0; i < gst_value_array_get_size (&self->own[own]); i++)
    gst_value_array_append_value (&list,
        gst_value_array_get_value (&self->own[own], i));
  g_mutex_unlock (&self->lock);
  gst_foxapi_bin_captures_append_uris (captures, prefix, &list);
  g_object_set_property (G_OBJECT (source), own_names[own], &list);
  g_value_unset (&list);
}

void
gst_foxapi_bin_shots_set_up (GstFoxapiBinShots * shots, GstElement * source,
    GstFoxapiBinCaptures * captures)
{
  g_autofree gchar *prompt = dup_prompt (shots);

  g_object_set (source, "prompt", prompt, NULL);
  set_references (shots, OWN_IMAGES, "image_", source, captures);
  set_references (shots, OWN_VIDEOS, "video_", source, captures);
}

/* Returns the URI of a reference that can be shown: a capture before any that
 * the application names, or NULL. */
gchar *
gst_foxapi_bin_shots_dup_first_reference (GstFoxapiBinShots * shots,
    GstFoxapiBinCaptures * captures)
{
  gchar *uri = gst_foxapi_bin_captures_dup_first_uri (captures);

  g_mutex_lock (&shots->lock);
  for (Own own = OWN_IMAGES; uri == NULL && own < N_OWN; own++) {
    if (gst_value_array_get_size (&shots->own[own]) > 0)
      uri = g_value_dup_string (gst_value_array_get_value (&shots->own[own],
              0));
  }
  g_mutex_unlock (&shots->lock);
  return uri;
}
