/* What is shown: the placeholder, and results on their way to the air
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstfoxapibinprivate.h"

#include <glib/gi18n-lib.h>
#include <glib/gstdio.h>

#include "gstfoxapioutput.h"

/* Parts work at PLAYING, whatever the state of the bin. */

static void
add_part (GstFoxapiVideoBin * self, GstElement * part)
{
  gst_element_set_locked_state (part, TRUE);
  gst_bin_add (GST_BIN (self), part);
}

static void
remove_part (GstFoxapiVideoBin * self, GstElement * part)
{
  gst_element_set_state (part, GST_STATE_NULL);
  gst_bin_remove (GST_BIN (self), part);
}

/* The placeholder */

static gchar *
choose_uri (GstFoxapiVideoBin * self, const gchar * reference)
{
  switch ((GstFoxapiPlaceholderKind) self->run.placeholder) {
    case GST_FOXAPI_PLACEHOLDER_KIND_IMAGE:
      return gst_filename_to_uri (self->run.placeholder_location, NULL);
    case GST_FOXAPI_PLACEHOLDER_KIND_REFERENCE:
      return g_strdup (reference);
    default:
      return NULL;
  }
}

static void
show (GstFoxapiVideoBin * self, GstElement * placeholder)
{
  if (self->run.show_progress && !gst_foxapi_placeholder_draw_text
      (GST_FOXAPI_PLACEHOLDER (placeholder)))
    GST_ELEMENT_WARNING (self, CORE, MISSING_PLUGIN,
        (_("The progress cannot be drawn: the element textoverlay is "
                "missing. Install the package gstreamer1.0-x.")), (NULL));
  if (self->placeholder != NULL)
    remove_part (self, self->placeholder);
  self->placeholder = placeholder;
  self->placeholder_has_failed = FALSE;
  add_part (self, placeholder);
  gst_foxapi_bin_output_set_placeholder (GST_FOXAPI_BIN_OUTPUT
      (self->video_output), GST_FOXAPI_PLACEHOLDER (placeholder));
  gst_element_set_state (placeholder, GST_STATE_PLAYING);
}

/* Shows what the properties say, in the place of the one before. */
void
gst_foxapi_video_bin_show_placeholder (GstFoxapiVideoBin * self,
    const gchar * reference)
{
  g_autofree gchar *uri = choose_uri (self, reference);

  if (self->run.placeholder == GST_FOXAPI_PLACEHOLDER_KIND_NONE)
    return;
  if (uri != NULL)
    show (self, gst_foxapi_placeholder_new_picture (uri, self->video_caps));
  else
    show (self, gst_foxapi_placeholder_new_pattern (self->run.placeholder
            == GST_FOXAPI_PLACEHOLDER_KIND_PATTERN ? "smpte" : "black",
            self->video_caps));
}

/* Writes how far the task is. */
void
gst_foxapi_video_bin_update_text (GstFoxapiVideoBin * self)
{
  g_autofree gchar *text = NULL;
  gint elapsed_s = (g_get_monotonic_time () - self->begun_us) / G_USEC_PER_SEC;
  gint progress = -1;

  if (self->placeholder == NULL || !self->run.show_progress)
    return;
  GST_OBJECT_LOCK (self);
  if (self->is_generating && self->engine.task != NULL)
    progress = self->engine.task->progress;
  GST_OBJECT_UNLOCK (self);
  text = progress < 0 ? g_strdup ("") : g_strdup_printf (_("%d %%, %d:%02d "
          "since the start"), progress, elapsed_s / 60, elapsed_s % 60);
  gst_foxapi_placeholder_set_text (GST_FOXAPI_PLACEHOLDER (self->placeholder),
      text);
}

/* Without its picture, the placeholder is black. */
void
gst_foxapi_video_bin_tell_placeholder_error (GstFoxapiVideoBin * self,
    gpointer placeholder, GstMessage * message)
{
  g_autoptr (GError) error = NULL;
  g_autofree gchar *debug = NULL;

  if (placeholder != self->placeholder || self->placeholder_has_failed)
    return;
  self->placeholder_has_failed = TRUE;
  gst_message_parse_error (message, &error, &debug);
  GST_ELEMENT_WARNING (self, RESOURCE, READ,
      (_("The placeholder cannot be shown, so it is black instead: %s"),
          error->message), ("%s", debug ? debug : ""));
}

void
gst_foxapi_video_bin_drop_placeholder (GstFoxapiVideoBin * self)
{
  gst_foxapi_bin_output_set_placeholder (GST_FOXAPI_BIN_OUTPUT
      (self->video_output), NULL);
  if (self->placeholder != NULL)
    remove_part (self, g_steal_pointer (&self->placeholder));
}

/* Results: their files, and the players that show them */

static gchar *
dup_path (GstFoxapiVideoBin * self, guint clip)
{
  g_autofree gchar *name = g_strdup_printf ("result-%u.mp4", clip);

  return g_build_filename (self->folder.path, name, NULL);
}

static void
remove_file (GstFoxapiVideoBin * self, guint clip)
{
  g_autofree gchar *path = NULL;

  if (self->folder.path == NULL)
    return;
  path = dup_path (self, clip);
  g_unlink (path);
}

/* The number of the file that @player plays */
static guint
get_clip (gpointer player)
{
  return GPOINTER_TO_UINT (g_object_get_data (player, "foxapi-clip"));
}

/* The number of the result that @player is the first to show; 0: it repeats one */
guint
gst_foxapi_video_bin_get_result (gpointer player)
{
  return GPOINTER_TO_UINT (g_object_get_data (player, "foxapi-result"));
}

/* Another result is to come. (transfer full): where it goes */
gchar *
gst_foxapi_video_bin_begin_clip (GstFoxapiVideoBin * self)
{
  return dup_path (self, ++self->latest);
}

/* See gst_foxapi_program_offer(). */
static void
add_player (GstFoxapiVideoBin * self, GList * events,
    const GstStructure * about)
{
  g_autofree gchar *path = dup_path (self, self->complete);
  g_autoptr (GstCaps) audio_caps = gst_foxapi_bin_output_fix_caps
      (GST_FOXAPI_BIN_OUTPUT (self->audio_output));
  GstElement *player = gst_foxapi_player_new (path, self->video_caps,
      audio_caps);

  g_object_set_data (G_OBJECT (player), "foxapi-clip",
      GUINT_TO_POINTER (self->complete));
  if (about != NULL)
    g_object_set_data (G_OBJECT (player), "foxapi-result",
        GUINT_TO_POINTER (self->complete));
  self->players = g_list_prepend (self->players, player);
  add_part (self, player);
  gst_foxapi_program_offer (self->program, GST_FOXAPI_PLAYER (player), events,
      about);
  gst_element_set_state (player, GST_STATE_PLAYING);
}

static void
remove_if_unused (GstFoxapiVideoBin * self, guint clip)
{
  if (clip == self->complete || clip == self->downloaded
      || clip == self->latest || clip == self->on_air)
    return;
  for (GList * l = self->players; l != NULL; l = l->next) {
    if (get_clip (l->data) == clip)
      return;
  }
  remove_file (self, clip);
}

/* A result on its way into the program */
typedef struct
{
  guint clip;
  GList *events;
  GstStructure *about;
} Ready;

static void
ready_free (Ready * ready)
{
  g_list_free_full (ready->events, (GDestroyNotify) gst_mini_object_unref);
  gst_structure_free (ready->about);
  g_free (ready);
}

/* The program takes one that is not on the air yet; another would replace it. */
static void
offer_next (GstFoxapiVideoBin * self)
{
  guint before = self->complete;
  Ready *ready;

  if (self->offered != 0 || g_queue_is_empty (&self->to_show))
    return;
  ready = g_queue_pop_head (&self->to_show);
  self->complete = self->offered = ready->clip;
  add_player (self, g_steal_pointer (&ready->events), ready->about);
  remove_if_unused (self, before);
  ready_free (ready);
}

/* The latest result is there. @events: (transfer full): go ahead of it */
void
gst_foxapi_video_bin_show_clip (GstFoxapiVideoBin * self, GList * events)
{
  Ready *ready = g_new0 (Ready, 1);

  ready->clip = self->downloaded = self->latest;
  ready->events = events;
  GST_OBJECT_LOCK (self);
  ready->about = gst_structure_new (GST_FOXAPI_ON_AIR_STRUCTURE, "shot",
      G_TYPE_UINT, self->shot + 1, "task-id", G_TYPE_STRING,
      self->engine.task_id, NULL);
  GST_OBJECT_UNLOCK (self);
  g_queue_push_tail (&self->to_show, ready);
  offer_next (self);
}

/* It is not offered any more: the program takes another one. */
static void
take_back (GstFoxapiVideoBin * self, GstObject * player)
{
  if (gst_foxapi_video_bin_get_result (player) == self->offered)
    self->offered = 0;
  offer_next (self);
}

/* It is decided which frame is its first. */
void
gst_foxapi_video_bin_on_air (GstFoxapiVideoBin * self, GstObject * player)
{
  guint before = self->on_air;

  self->on_air = get_clip (player);
  remove_if_unused (self, before);
  take_back (self, player);
}

/* Shows the same once more, unless there is something newer. @player: (nullable):
 * what the same is; NULL: the latest */
void
gst_foxapi_video_bin_repeat_clip (GstFoxapiVideoBin * self, GstObject * player)
{
  if (self->complete > 0 && (player == NULL
          || get_clip (player) == self->complete))
    add_player (self, NULL, NULL);
}

/* It cannot be shown: what is on the air is the same that is repeated. */
void
gst_foxapi_video_bin_give_up_clip (GstFoxapiVideoBin * self, GstObject * player)
{
  if (self->on_air == 0 || get_clip (player) != self->complete
      || self->on_air == self->complete)
    return;
  remove_file (self, self->complete);
  self->complete = self->on_air;
  if (self->run.end == GST_FOXAPI_END_REPEAT)
    add_player (self, NULL, NULL);
}

/* Whether it is the first to show the latest generation's result */
gboolean
gst_foxapi_video_bin_is_latest (GstFoxapiVideoBin * self, GstObject * player)
{
  return gst_foxapi_video_bin_get_result (player) == self->latest;
}

/* Its file goes with the last player of it. */
void
gst_foxapi_video_bin_remove_player (GstFoxapiVideoBin * self, gpointer player,
    GstMessage * message)
{
  GList *link = g_list_find (self->players, player);
  guint clip = get_clip (player);

  if (link == NULL)
    return;
  self->players = g_list_delete_link (self->players, link);
  remove_part (self, player);
  remove_if_unused (self, clip);
  /* It may not have come to the air. */
  take_back (self, player);
}

/* Nothing is left of them. The numbers go on. */
void
gst_foxapi_video_bin_stop_clips (GstFoxapiVideoBin * self)
{
  while (self->players != NULL) {
    GstElement *player = self->players->data;
    guint clip = get_clip (player);

    self->players = g_list_delete_link (self->players, self->players);
    /* In this order: it may be about to open the file. */
    remove_part (self, player);
    remove_file (self, clip);
  }
  for (GList * l = self->to_show.head; l != NULL; l = l->next)
    remove_file (self, ((Ready *) l->data)->clip);
  g_queue_clear_full (&self->to_show, (GDestroyNotify) ready_free);
  /* The frame that is held has no player. */
  remove_file (self, self->on_air);
  remove_file (self, self->complete);
  remove_file (self, self->latest);
  self->on_air = self->complete = self->offered = 0;
}
