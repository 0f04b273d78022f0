/* The bin's choice of a placeholder, and what is written on it
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Threads: the director's, and whoever starts and stops. */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstfoxapivideobinpriv.h"

#include "gstfoxapibackstage.h"
#include "gstfoxapiplaceholder.h"
#include "gstfoxapivideoplayout.h"

GST_DEBUG_CATEGORY_EXTERN (foxapi_video_bin_debug);
#define GST_CAT_DEFAULT foxapi_video_bin_debug

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
        ("The progress cannot be drawn: the element textoverlay is missing. "
            "Install the package gstreamer1.0-x."), (NULL));
  if (self->placeholder != NULL)
    gst_foxapi_backstage_remove (self, self->placeholder);
  gst_foxapi_bin_reports_new_placeholder (self->reports);
  self->placeholder = placeholder;
  gst_foxapi_backstage_add (self, placeholder);
  gst_foxapi_video_playout_set_placeholder (GST_FOXAPI_VIDEO_PLAYOUT
      (self->video_playout), GST_FOXAPI_PLACEHOLDER (placeholder));
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

  if (self->placeholder == NULL || !self->run.show_progress)
    return;
  text = gst_foxapi_bin_task_make_text (gst_foxapi_bin_reports_get_task
      (self->reports));
  gst_foxapi_placeholder_set_text (GST_FOXAPI_PLACEHOLDER (self->placeholder),
      text);
}

void
gst_foxapi_video_bin_drop_placeholder (GstFoxapiVideoBin * self)
{
  gst_foxapi_video_playout_set_placeholder (GST_FOXAPI_VIDEO_PLAYOUT
      (self->video_playout), NULL);
  if (self->placeholder != NULL)
    gst_foxapi_backstage_remove (self, g_steal_pointer (&self->placeholder));
}
