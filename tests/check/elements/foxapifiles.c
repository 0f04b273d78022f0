/* What the tests of foxapivideosrc share: files below a directory.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "foxapiharness.h"

#include <glib/gstdio.h>
#include <string.h>

gchar *
harness_make_file (const gchar * name, const gchar * content, gssize length)
{
  g_autofree gchar *directory = g_build_filename (store, "mine", NULL);
  g_autofree gchar *path = g_build_filename (directory, name, NULL);
  const gchar *head = length >= 0 ? "" :
      g_str_has_suffix (name, ".png") ? HARNESS_PNG :
      g_str_has_suffix (name, ".mp4") ? "....ftypisom" : "";
  g_autofree gchar *whole = g_strconcat (head, content, NULL);

  g_mkdir (directory, 0700);
  fail_unless (g_file_set_contents (path, length < 0 ? whole : content, length,
          NULL));
  return g_filename_to_uri (path, NULL, NULL);
}

gchar *
harness_write_file (const gchar * name, GBytes * content)
{
  gchar *path = g_build_filename (store, name, NULL);

  fail_unless (g_file_set_contents (path, g_bytes_get_data (content, NULL),
          g_bytes_get_size (content), NULL));
  return path;
}

void
harness_remove_tree (const gchar * path)
{
  g_autoptr (GDir) directory = NULL;
  const gchar *name;

  if (!g_file_test (path, G_FILE_TEST_IS_SYMLINK))
    directory = g_dir_open (path, 0, NULL);
  while (directory != NULL && (name = g_dir_read_name (directory)) != NULL) {
    g_autofree gchar *child = g_build_filename (path, name, NULL);

    harness_remove_tree (child);
  }
  g_remove (path);
}

static void
list_files (GPtrArray * files, const gchar * path)
{
  g_autoptr (GDir) directory = g_dir_open (path, 0, NULL);
  const gchar *name;

  while (directory != NULL && (name = g_dir_read_name (directory)) != NULL) {
    gchar *child = g_build_filename (path, name, NULL);

    if (g_file_test (child, G_FILE_TEST_IS_DIR)) {
      list_files (files, child);
      g_free (child);
    } else {
      g_ptr_array_add (files, child);
    }
  }
}

GPtrArray *
harness_list_files (const gchar * directory)
{
  GPtrArray *files = g_ptr_array_new_with_free_func (g_free);

  list_files (files, directory);
  return files;
}

static gboolean
find_bytes (const gchar * content, gsize length, const gchar * text)
{
  gsize size = strlen (text);

  for (gsize i = 0; i + size <= length; i++) {
    if (memcmp (content + i, text, size) == 0)
      return TRUE;
  }
  return FALSE;
}

gboolean
harness_files_contain (const gchar * directory, const gchar * text)
{
  g_autoptr (GPtrArray) files = harness_list_files (directory);

  for (guint i = 0; i < files->len; i++) {
    g_autofree gchar *content = NULL;
    gsize length;

    if (g_file_get_contents (g_ptr_array_index (files, i), &content, &length,
            NULL) && find_bytes (content, length, text))
      return TRUE;
  }
  return FALSE;
}
