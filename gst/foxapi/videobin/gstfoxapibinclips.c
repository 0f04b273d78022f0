/* Results on their way to the air: their files and players
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstfoxapibinclips.h"

#include "gstfoxapibackstage.h"

struct _GstFoxapiBinClips
{
  /* These outlive this. */
  GstBin *bin;
  GstFoxapiProgram *program;
  GstFoxapiBinFolder *folder;

  GstCaps *video_caps;          /* of this run */
  GstCaps *audio_caps;
  GList *players;               /* children */
  gint latest;                  /* atomic: number of the latest generation's file */
  guint staged;                 /* of the latest file that is complete */
};

static GQuark
get_clip_quark (void)
{
  return g_quark_from_static_string ("foxapi-clip");
}

/* The number of the file that @player plays */
static guint
get_clip (gpointer player)
{
  return GPOINTER_TO_UINT (g_object_get_qdata (player, get_clip_quark ()));
}

static guint
get_latest (GstFoxapiBinClips * self)
{
  return g_atomic_int_get (&self->latest);
}

/* All of them outlive the return value. */
GstFoxapiBinClips *
gst_foxapi_bin_clips_new (GstBin * bin, GstFoxapiProgram * program,
    GstFoxapiBinFolder * folder)
{
  GstFoxapiBinClips *self = g_new0 (GstFoxapiBinClips, 1);

  self->bin = bin;
  self->program = program;
  self->folder = folder;
  return self;
}

void
gst_foxapi_bin_clips_free (GstFoxapiBinClips * clips)
{
  gst_clear_caps (&clips->video_caps);
  gst_clear_caps (&clips->audio_caps);
  g_free (clips);
}

void
gst_foxapi_bin_clips_start (GstFoxapiBinClips * clips, GstCaps * video_caps,
    GstCaps * audio_caps)
{
  gst_caps_replace (&clips->video_caps, video_caps);
  gst_caps_replace (&clips->audio_caps, audio_caps);
}

/* Nothing is left of them. The numbers go on. */
void
gst_foxapi_bin_clips_stop (GstFoxapiBinClips * clips)
{
  while (clips->players != NULL) {
    GstElement *player = clips->players->data;
    guint clip = get_clip (player);

    clips->players = g_list_delete_link (clips->players, clips->players);
    /* In this order: it may be about to open the file. */
    gst_foxapi_backstage_remove (clips->bin, player);
    gst_foxapi_bin_folder_remove_clip (clips->folder, clip);
  }
  gst_foxapi_bin_folder_remove_clip (clips->folder, get_latest (clips));
  clips->staged = 0;
}

/* Another result is to come. */
gchar *
gst_foxapi_bin_clips_begin (GstFoxapiBinClips * clips)
{
  g_atomic_int_inc (&clips->latest);
  return gst_foxapi_bin_folder_dup_clip_path (clips->folder,
      get_latest (clips));
}

/* @event: (transfer full) (nullable): goes ahead of the first frame */
static void
add_player (GstFoxapiBinClips * self, GstEvent * event)
{
  g_autofree gchar *path = gst_foxapi_bin_folder_dup_clip_path (self->folder,
      self->staged);
  GstElement *player = gst_foxapi_player_new (NULL, path, self->video_caps,
      self->audio_caps);

  g_object_set_qdata (G_OBJECT (player), get_clip_quark (),
      GUINT_TO_POINTER (self->staged));
  self->players = g_list_prepend (self->players, player);
  gst_foxapi_backstage_add (self->bin, player);
  gst_foxapi_program_offer (self->program, GST_FOXAPI_PLAYER (player), event);
  gst_element_set_state (player, GST_STATE_PLAYING);
}

static void
remove_if_unused (GstFoxapiBinClips * self, guint clip)
{
  if (clip == self->staged || clip == get_latest (self))
    return;
  for (GList * l = self->players; l != NULL; l = l->next) {
    if (get_clip (l->data) == clip)
      return;
  }
  gst_foxapi_bin_folder_remove_clip (self->folder, clip);
}

void
gst_foxapi_bin_clips_show (GstFoxapiBinClips * clips, GstEvent * event)
{
  guint before = clips->staged;

  clips->staged = get_latest (clips);
  add_player (clips, event);
  remove_if_unused (clips, before);
}

/* Shows the same once more, unless there is something newer. */
void
gst_foxapi_bin_clips_repeat (GstFoxapiBinClips * clips, GstObject * player)
{
  if (get_clip (player) == clips->staged)
    add_player (clips, NULL);
}

/* Called from any thread. Returns TRUE if that is the latest generation's. */
gboolean
gst_foxapi_bin_clips_is_latest (GstFoxapiBinClips * clips, GstObject * player)
{
  return get_clip (player) == get_latest (clips);
}

/* If that is a player, or within one, the program goes on without it. */
void
gst_foxapi_bin_clips_withdraw (GstFoxapiBinClips * clips, GstObject * who)
{
  for (GList * l = clips->players; l != NULL; l = l->next) {
    if (who == l->data || gst_object_has_as_ancestor (who, l->data)) {
      gst_foxapi_program_withdraw (clips->program, l->data);
      break;
    }
  }
}

/* Removes it, and its file with the last player of it. */
void
gst_foxapi_bin_clips_gone (GstFoxapiBinClips * clips, GstObject * player)
{
  GList *link = g_list_find (clips->players, player);
  guint clip = get_clip (player);

  if (link == NULL)
    return;
  clips->players = g_list_delete_link (clips->players, link);
  gst_foxapi_backstage_remove (clips->bin, GST_ELEMENT (player));
  remove_if_unused (clips, clip);
}
