/* Runs every file of some folders through a fuzz target
 *
 * With it the inputs that libFuzzer once found are tests for any compiler.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "fuzz.h"

/* The copy is as large as the input to the byte, so that AddressSanitizer and
 * valgrind see who reads behind it. */
static void
run_input (const gchar * contents, gsize length)
{
  uint8_t *exact = malloc (length);

  if (length > 0)
    memcpy (exact, contents, length);
  LLVMFuzzerTestOneInput (exact, length);
  free (exact);
}

static guint
run_folder (const gchar * folder)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GDir) dir = g_dir_open (folder, 0, &error);
  const gchar *name;
  guint n = 0;

  if (dir == NULL)
    g_error ("%s", error->message);
  while ((name = g_dir_read_name (dir)) != NULL) {
    g_autofree gchar *path = g_build_filename (folder, name, NULL);
    g_autofree gchar *contents = NULL;
    gsize length;

    g_print ("%s\n", path);
    if (!g_file_get_contents (path, &contents, &length, &error))
      g_error ("%s", error->message);
    run_input (contents, length);
    n++;
  }
  return n;
}

int
main (int argc, char **argv)
{
  guint n = 0;

  for (int i = 1; i < argc; i++)
    n += run_folder (argv[i]);
  g_print ("%u inputs\n", n);
  return n > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
