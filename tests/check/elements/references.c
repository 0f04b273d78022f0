/* Local files among the references are uploaded first, and their URLs sent.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "foxapiharness.h"

#include <glib/gstdio.h>
#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define MB (1000 * 1000)

/* (transfer full): of that many bytes, in the format that the name says */
static gchar *
make_large_file (const gchar * name, goffset size)
{
  gchar *uri = harness_make_file (name, "", -1);
  g_autofree gchar *path = g_filename_from_uri (uri, NULL, NULL);

  fail_unless_equals_int (truncate (path, size), 0);
  return uri;
}

static Run *
new_run (const gchar * property, const gchar * uri)
{
  GstElement *source = harness_source (NULL);

  harness_set_list (source, property, uri, NULL);
  return run_new (source);
}

/* The first submission has the URL of this content in a member, in this place */
static void
assert_sent (const gchar * member, guint index, const gchar * content)
{
  g_autoptr (JsonObject) body = harness_submitted (1);
  JsonArray *array = json_object_get_array_member (body, member);

  fail_unless (array != NULL && json_array_get_length (array) > index);
  assert_upload (json_array_get_string_element (array, index), content);
}

TEST (test_upload)
{
  g_autofree gchar *image =
      harness_make_file ("a b\xc3\xa9.png", "a picture", -1);
  g_autofree gchar *video =
      harness_make_file ("v.mp4", "a video\r\n--x\r\n", -1);
  GstElement *source = harness_source (NULL);
  g_autoptr (Run) run = run_new (source);

  harness_set_list (source, "reference-image-urls", "https://a.example/1",
      image, NULL);
  harness_set_list (source, "reference-video-urls", video, NULL);
  run_to_eos (run);
  assert_requests (FOXAPI_SIM_UPLOAD, 2);
  assert_requests (FOXAPI_SIM_SUBMIT, 1);
  assert_body_has (FOXAPI_SIM_SUBMIT, 1,
      "\"reference_image_urls\":[\"https://a.example/1\",\"");
  assert_sent ("reference_image_urls", 1, "a picture");
  assert_sent ("reference_video_urls", 0, "a video\r\n--x\r\n");
  assert_header (FOXAPI_SIM_UPLOAD, 1, "Authorization",
      "Bearer test-key-0123456789");

  /* Neither a restart nor a replay uploads again. */
  run_stop (run);
  run_to_eos (run);
  assert_requests (FOXAPI_SIM_UPLOAD, 2);
  assert_requests (FOXAPI_SIM_SUBMIT, 1);
}

/* The name is made of the content and nothing else; the URI of a file name that
 * is not UTF-8 is as good as any. */
static const gchar *const odd_names[] = {
  "secret\r\nX-Evil: 1\".png", "secret%2f.png", "secret caf\xe9.png",
};

TEST (test_name)
{
  const gchar content[] = HARNESS_PNG " the rest";
  g_autofree gchar *uri = harness_make_file (odd_names[__i__], content,
      sizeof (content) - 1);
  g_autofree gchar *digest =
      g_compute_checksum_for_string (G_CHECKSUM_SHA256, content, -1);
  g_autofree gchar *file = g_strdup_printf
      ("\r\nContent-Disposition: form-data; name=\"file\"; "
      "filename=\"%s.png\"\r\nContent-Type: image/png\r\n\r\n", digest);
  g_autofree gchar *name = g_strdup_printf
      ("\r\nContent-Disposition: form-data; name=\"file_name\"\r\n\r\n"
      "%s.png\r\n", digest);
  g_autofree gchar *body = NULL, *submitted = NULL;
  g_autoptr (Run) run = new_run ("reference-image-urls", uri);

  run_to_eos (run);
  assert_requests (FOXAPI_SIM_UPLOAD, 1);
  body = harness_request_body (FOXAPI_SIM_UPLOAD, 1);
  fail_unless (strstr (body, file) != NULL, "%s", body);
  fail_unless (strstr (body, name) != NULL, "%s", body);
  fail_unless (strstr (body, "secret") == NULL, "%s", body);
  submitted = harness_request_body (FOXAPI_SIM_SUBMIT, 1);
  fail_unless (strstr (submitted, "file:") == NULL
      && strstr (submitted, "secret") == NULL, "%s", submitted);
}

#define START(text) text, sizeof (text) - 1

static const struct
{
  const gchar *start;
  gssize length;
  const gchar *type;
  const gchar *extension;
} formats[] = {
  {START ("\xff\xd8\xff\xe0\0\x10JFIF"), "image/jpeg", ".jpg"},
  {START ("\x89PNG\r\n\x1a\n"), "image/png", ".png"},
  {START ("BM\x46\0\0\0\0\0\0\0\x36\0\0\0"), "image/bmp", ".bmp"},
  {START ("RIFF\x24\0\0\0WEBPVP8 "), "image/webp", ".webp"},
  {START ("GIF89a\1\0\1\0"), "image/gif", ".gif"},
  {START ("\0\0\0\x1c" "ftypisom\0\0\2\0"), "video/mp4", ".mp4"},
  {START ("\0\0\0\x14" "ftypqt  \0\0\2\0"), "video/quicktime", ".mov"},
  {START ("\0\0\0\x08wide\0\0\1\0mdat"), "video/quicktime", ".mov"},
  {START ("\x1a\x45\xdf\xa3\x9f\x42\x86\x81\1\x42\x82\x84webm"), "video/webm",
      ".webm"},
  {START ("\x1a\x45\xdf\xa3\xa3\x42\x86\x81\1\x42\x82\x88matroska"),
      "video/x-matroska", ".mkv"},
  {START ("ID3\4\0\0\0\0\0\0"), "audio/mpeg", ".mp3"},
  {START ("\xff\xfb\x90\x64\0\0"), "audio/mpeg", ".mp3"},
  {START ("RIFF\x24\0\0\0WAVEfmt "), "audio/wav", ".wav"},
  {START ("\xff\xf1\x50\x80\0\0"), "audio/aac", ".aac"},
  {START ("\0\0\0\x1c" "ftypM4A \0\0\2\0"), "audio/mp4", ".m4a"},
  {START ("OggS\0\2\0\0"), "audio/ogg", ".ogg"},
  {START ("fLaC\0\0\0\x22"), "audio/flac", ".flac"},
};

/* By the first bytes, whatever the file is called */
TEST (test_format)
{
  g_autofree gchar *uri =
      harness_make_file ("misnamed.txt", formats[__i__].start,
      formats[__i__].length);
  g_autofree gchar *header = g_strdup_printf ("%s\"\r\nContent-Type: %s\r\n",
      formats[__i__].extension, formats[__i__].type);
  gboolean is_sound = g_str_has_prefix (formats[__i__].type, "audio/");
  g_autoptr (Run) run = is_sound ? run_new (harness_source ("model",
          "creatify-aurora", "first-frame-url", "https://a.example/a.png",
          "audio-url", uri, NULL)) : new_run (g_str_has_prefix
      (formats[__i__].type, "image/") ? "reference-image-urls" :
      "reference-video-urls", uri);

  run_to_eos (run);
  assert_body_has (FOXAPI_SIM_UPLOAD, 1, header);
}

/* What is no file that can be sent. One of @size is made, if that is not 0; of a
 * video 100 MB are as much as may be sent in all. */
static const struct
{
  const gchar *format;          /* of its URI, with the folder's path for %s */
  goffset size;
  const gchar *property;
  gint code;
} unusable[] = {
  {"file://%s/caf%E9.png", 0, "image", GST_RESOURCE_ERROR_NOT_FOUND},
  {"file://%s", 0, "image", GST_RESOURCE_ERROR_SETTINGS},
  {"file://%s/fifo", 0, "image", GST_RESOURCE_ERROR_SETTINGS},
  {"file:///dev/zero", 0, "image", GST_RESOURCE_ERROR_SETTINGS},
  {"file://elsewhere.example%s", 0, "image", GST_RESOURCE_ERROR_NOT_FOUND},
  {"file://%s/mine/empty", 0, "image", GST_RESOURCE_ERROR_SETTINGS},
  {"file://%s/mine/large", 20 * MB + 1, "image", GST_RESOURCE_ERROR_SETTINGS},
  {"file://%s/mine/large", 100 * MB, "video", GST_RESOURCE_ERROR_SETTINGS},
};

TEST (test_unusable)
{
  g_autofree gchar *property = g_strdup_printf ("reference-%s-urls",
      unusable[__i__].property);
  g_autofree gchar *good = harness_make_file (g_str_equal
      (unusable[__i__].property, "video") ? "good.mp4" : "good.png", "x", -1);
  g_autofree gchar *fifo = g_build_filename (store, "fifo", NULL);
  g_auto (GStrv) halves = g_strsplit (unusable[__i__].format, "%s", 2);
  g_autofree gchar *uri = g_strjoinv (store, halves);
  GstElement *source = harness_source (NULL);
  g_autoptr (Run) run = run_new (source);

  g_free (harness_make_file ("empty", "", 0));
  g_free (make_large_file ("large", unusable[__i__].size));
  fail_unless_equals_int (mkfifo (fifo, 0600), 0);
  harness_set_list (source, property, good, uri, NULL);
  run_refused (run, unusable[__i__].code);
  run_assert_says (run, GST_MESSAGE_ERROR, property, uri, NULL);
  assert_nothing_sent ();
}

/* A format that the model does not take is found before the upload. */
TEST (test_wrong_format)
{
  g_autofree gchar *heic =
      harness_make_file ("a.jpg", "\0\0\0\x18" "ftypheic\0\0\0\0", 16);
  g_autofree gchar *bmp = harness_make_file ("a.bmp", "BM....\0\0\0\0....", 14);
  GstElement *source = harness_source ("model", "wan-2.7-image-to-video",
      "first-frame-url", heic, NULL);
  g_autoptr (Run) run = run_new (source);

  run_refused (run, GST_RESOURCE_ERROR_SETTINGS);
  run_assert_says (run, GST_MESSAGE_ERROR, "of the format heic, but "
      "wan-2.7-image-to-video takes jpeg, png, bmp, webp there", NULL);
  assert_nothing_sent ();

  g_object_set (source, "first-frame-url", bmp, NULL);
  run_to_eos (run);
}

#define TEXT START ("root:x:0:0\n")
#define PNG START (HARNESS_PNG)
#define MP4 START ("\0\0\0\x1c" "ftypisom\0\0\2\0")

/* What is no media at all, here a text, or of another kind than the field goes
 * nowhere, whatever it is called and although no entry excludes it. */
static const struct
{
  const gchar *model;
  const gchar *property;
  const gchar *start;
  gsize length;
  const gchar *formats;
} no_media[] = {
  {"wan-2.7-image-to-video", "first-frame-url", TEXT, "jpeg, png, bmp, webp"},
  {"wan-2.7-reference-to-video", "reference-image", TEXT, "jpeg, png, webp"},
  {"wan-2.7-reference-to-video", "reference-video", TEXT, "mp4, mov"},
  {"wan-2.7-text-to-video", "audio-url", TEXT, "wav, mp3"},
  {"a-new-model", "first-frame-url", TEXT, "jpeg, png, webp"},
  {"wan-2.7-reference-to-video", "reference-image", MP4, "jpeg, png, webp"},
  {"wan-2.7-reference-to-video", "reference-video", PNG, "mp4, mov"},
  {"wan-2.7-reference-to-video", "reference-video", START ("ID3"), "mp4, mov"},
  {"creatify-aurora", "audio-url", PNG, "mp3, wav"},
  {"a-new-model", "first-frame-url", MP4, "jpeg, png, webp"},
};

TEST (test_no_media)
{
  g_autofree gchar *uri = harness_make_file ("a.png", no_media[__i__].start,
      no_media[__i__].length);
  GstElement *source = harness_source ("model", no_media[__i__].model,
      no_media[__i__].property, uri, NULL);
  g_autoptr (Run) run = run_new (source);

  if (g_str_equal (no_media[__i__].model, "creatify-aurora"))
    g_object_set (source, "first-frame-url", "https://a.example/a.png", NULL);
  run_refused (run, GST_RESOURCE_ERROR_SETTINGS);
  run_assert_says (run, GST_MESSAGE_ERROR, uri, no_media[__i__].formats,
      no_media[__i__].model, NULL);
  assert_nothing_sent ();
}

/* An image of 300 pixels or more is wanted; the shorter side is 299, then 300. */
#define SIDE "\1\x2b"

static const struct
{
  const gchar *start;
  gsize length;
  gsize at;                     /* of that side's last byte */
} images[] = {
  {START (HARNESS_PNG "\0\0\0\x0dIHDR\0\0\2\0\0\0" SIDE "\10\2\0\0\0...."), 23},
  {START ("\xff\xd8\xff\xe0\0\4\xff\xc0\xff\xc2\0\x11\10" SIDE "\2\0\3..."),
      14},
  {START ("RIFF....WEBPVP8X\x0a\0\0\0\0\0\0\0\xff\1\0" "\x2a\1\0"), 27},
  {START ("RIFF....WEBPVP8 \x0a\0\0\0...\x9d\1\x2a" "\x2b\1" "\0\2"), 26},
};

TEST (test_small_image)
{
  g_autofree gchar *content =
      g_memdup2 (images[__i__].start, images[__i__].length);
  g_autofree gchar *uri = harness_make_file ("a.png", content,
      images[__i__].length);
  g_autoptr (Run) run = run_new (harness_source ("model",
          "happyhorse-1.0-image-to-video", "first-frame-url", uri, NULL));

  run_refused (run, GST_RESOURCE_ERROR_SETTINGS);
  run_assert_says (run, GST_MESSAGE_ERROR, "first-frame-url", uri,
      "299 pixels", "300", NULL);
  assert_nothing_sent ();

  content[images[__i__].at]++;
  g_free (harness_make_file ("a.png", content, images[__i__].length));
  run_to_eos (run);
}

/* The error names the property that is set, where the field is made of several. */
TEST (test_name_in_error)
{
  g_autofree gchar *good = harness_make_file ("a.png", "a frame", -1);
  g_autofree gchar *bad = harness_make_file ("b.png", "no frame", 8);
  g_autoptr (Run) run = run_new (harness_source ("model",
          "wan-2.7-image-to-video", "first-frame-url", good,
          __i__ ? "last-frame-url" : "first-frame-url", bad, NULL));

  run_refused (run, GST_RESOURCE_ERROR_SETTINGS);
  run_assert_says (run, GST_MESSAGE_ERROR, __i__ ?
      "The property last-frame-url names" :
      "The property first-frame-url names", NULL);
}

/* A path becomes a URI when it is set: the process may go elsewhere. The file is not
 * missed by an element that has its task. */
static const struct
{
  const gchar *property;
  const gchar *value;
  const gchar *read;            /* what is expected around the URI */
} paths[] = {
  {"reference-image", "fox.png", ""},
  {"reference-image-urls", "<\"https://a.example/1.png\",\"fox.png\">",
      "https://a.example/1.png"},
  {"first-frame-url", "fox.png", ""},
  {"extra-parameters", "x,reference_image_urls=<\"fox.png\">",
      "reference_image_urls"},
  {"extra-parameters", "x,elements=<(structure)\"e\\,frontal_image_url\\="
        "(string)fox.png\\;\">", "frontal_image_url"},
};

TEST (test_path_is_fixed)
{
  g_autofree gchar *uri = harness_make_file ("fox.png", "a fox", -1);
  g_autofree gchar *path = g_filename_from_uri (uri, NULL, NULL);
  g_autofree gchar *folder = g_path_get_dirname (path);
  g_autofree gchar *here = g_get_current_dir ();
  g_autofree gchar *read = NULL;
  g_auto (GValue) value = G_VALUE_INIT;
  GstElement *source = harness_source (NULL);
  GParamSpec *spec = g_object_class_find_property (G_OBJECT_GET_CLASS (source),
      paths[__i__].property);
  g_autoptr (Run) run = run_new (source);

  fail_unless_equals_int (g_chdir (folder), 0);
  harness_set (source, paths[__i__].property, paths[__i__].value);
  /* Which field of the extra parameters is of media is known with the model. */
  if (__i__ == 2)
    g_object_set (source, "model", "wan-2.7-image-to-video", NULL);
  else if (__i__ == 4)
    g_object_set (source, "model", "kling-o3-reference-to-video", NULL);
  fail_unless_equals_int (g_chdir (here), 0);
  g_value_init (&value, spec->value_type);
  g_object_get_property (G_OBJECT (source), paths[__i__].property, &value);
  read = gst_value_serialize (&value);
  fail_unless (strstr (read, "file://") != NULL
      && strstr (read, paths[__i__].read) != NULL, "%s", read);

  run_to_eos (run);
  assert_requests (FOXAPI_SIM_UPLOAD, 1);
  for (guint i = 0; i < 2; i++) {
    run_stop (run);
    if (i == 0)
      fail_unless (g_file_set_contents (path, "another", -1, NULL));
    else
      fail_unless_equals_int (g_remove (path), 0);
    run_to_eos (run);
  }
  assert_requests (FOXAPI_SIM_UPLOAD, 1);
  assert_requests (FOXAPI_SIM_SUBMIT, 1);
}

/* A path does for a URI where there is a file, at the start at the latest, and one
 * text for a list. */
TEST (test_path)
{
  g_autofree gchar *uri = harness_make_file ("a fox.png", "a fox", -1);
  g_autofree gchar *path = g_filename_from_uri (uri, NULL, NULL);
  g_autofree gchar *folder = g_path_get_dirname (path);
  g_autofree gchar *here = g_get_current_dir ();
  GstElement *source = harness_source ("reference-image", "a fox.png",
      "reference-video", "https://a.example/b.mp4", NULL);
  g_autoptr (Run) run = run_new (source);

  assert_property (source, "reference-video", "https://a.example/b.mp4");
  run_refused (run, GST_RESOURCE_ERROR_SETTINGS);
  assert_nothing_sent ();

  fail_unless_equals_int (g_chdir (folder), 0);
  run_to_eos (run);
  fail_unless_equals_int (g_chdir (here), 0);
  assert_sent ("reference_image_urls", 0, "a fox");

  g_object_set (source, "reference-video", NULL, "reference-image", folder,
      NULL);
  run_stop (run);
  run_refused (run, GST_RESOURCE_ERROR_SETTINGS);
}

/* Exactly the limit is allowed. */
TEST (test_largest)
{
  g_autofree gchar *uri = make_large_file ("large.png", 20 * MB);
  g_autoptr (Run) run = new_run ("reference-image-urls", uri);

  run_to_eos (run);
  assert_requests (FOXAPI_SIM_UPLOAD, 1);
  assert_requests (FOXAPI_SIM_SUBMIT, 1);
}

/* A file URI leaves the machine in no field. */
static const gchar *const elsewhere[] = {
  "parameters,image=(string)\"%s\"",
  "parameters,elements=(structure)\"e\\,url\\=(string)\\\"%s\\\"\\;\"",
  "parameters,urls=(string)<\"https://a.example/\",\"%s\">",
  "parameters,prompt=(string)\"%s\"",
  "parameters,negative_prompt=(string)\" %s\"",
};

TEST (test_elsewhere)
{
  g_autofree gchar *uri = harness_make_file ("a.png", "a picture", -1);
  g_autofree gchar *text = g_strdup (elsewhere[__i__]);
  g_auto (GStrv) halves = g_strsplit (text, "%s", 2);
  g_autofree gchar *full = g_strconcat (halves[0], uri, halves[1], NULL);
  GstStructure *parameters = gst_structure_new_from_string (full);
  GstElement *source = harness_source ("model", "a-new-model", NULL);
  g_autoptr (Run) run = run_new (source);

  fail_unless (parameters != NULL, "%s", full);
  g_object_set (source, "extra-parameters", parameters, NULL);
  gst_structure_free (parameters);
  run_refused (run, GST_RESOURCE_ERROR_SETTINGS);
  assert_nothing_sent ();
}

static const struct
{
  FoxapiSimFault fault;
  gint code;
} rows[] = {
  {{.status = 401}, GST_RESOURCE_ERROR_NOT_AUTHORIZED},
  {{.status = 429,.headers = "Retry-After: 0"}, GST_RESOURCE_ERROR_BUSY},
  {{.status = 503,.headers = "Retry-After: 0"}, GST_RESOURCE_ERROR_FAILED},
  {{.status = 200,.body = "{\"url\":\"file:///etc/passwd\"}"},
      GST_RESOURCE_ERROR_FAILED},
};

/* An upload that fails costs nothing: no submission. When the reason is gone, a
 * restart goes on. */
TEST (test_refused)
{
  g_autofree gchar *uri = harness_make_file ("a.png", "a picture", -1);
  g_autoptr (Run) run = new_run ("reference-image-urls", uri);
  const GstStructure *details;

  g_object_set (run->source, "retries", 1, NULL);
  foxapi_sim_script (sim, FOXAPI_SIM_UPLOAD, 0, &rows[__i__].fault);
  details = run_to_error (run, rows[__i__].code);
  if (rows[__i__].fault.status != 200)
    assert_uint (details, "http-status", rows[__i__].fault.status);
  if (details != NULL && gst_structure_has_field (details, "maybe-charged"))
    assert_boolean (details, "maybe-charged", FALSE);
  assert_requests (FOXAPI_SIM_SUBMIT, 0);

  foxapi_sim_script (sim, FOXAPI_SIM_UPLOAD, 0, NULL);
  run_to_eos (run);
  assert_requests (FOXAPI_SIM_SUBMIT, 1);
}

/* That the answer took too long is no reason to send 100 MB again. */
TEST (test_silent)
{
  g_autofree gchar *uri = harness_make_file ("a.png", "a picture", -1);
  g_autoptr (Run) run = new_run ("reference-image-urls", uri);

  g_object_set (run->source, "submit-timeout", 1, NULL);
  harness_hold (FOXAPI_SIM_UPLOAD, 0);
  run_to_error (run, GST_RESOURCE_ERROR_OPEN_READ);
  assert_requests (FOXAPI_SIM_UPLOAD, 1);
  assert_requests (FOXAPI_SIM_SUBMIT, 0);
}

/* Changes of a file */

static void
append (const gchar * path)
{
  gint fd = g_open (path, O_WRONLY | O_APPEND, 0);

  fail_unless (write (fd, "!", 1) == 1);
  close (fd);
}

/* Another file with the same content */
static void
replace (const gchar * path)
{
  fail_unless (g_file_set_contents (path, "a picture", -1, NULL));
}

static void
delete (const gchar * path)
{
  fail_unless_equals_int (g_unlink (path), 0);
}

/* What nothing but the content tells: in place, with its time set back */
static void
overwrite (const gchar * path)
{
  struct stat before;
  gint fd = g_open (path, O_WRONLY, 0);

  fail_unless_equals_int (fstat (fd, &before), 0);
  fail_unless (write (fd, "A", 1) == 1);
  fail_unless_equals_int (futimens (fd, (struct timespec[]) {
            before.st_atim, before.st_mtim
          }), 0);
  close (fd);
}

/* While the service still has it (status 0), or before it is sent again */
static const struct
{
  void (*change) (const gchar * path);
  guint status;
} changes[] = {
  {append, 0}, {replace, 0}, {delete, 0}, {append, 500}, {delete, 500},
  {overwrite, 500},
};

TEST (test_changed)
{
  const FoxapiSimFault fault = {.hold = TRUE,.status = changes[__i__].status,
    .headers = "Retry-After: 0"
  };
  g_autofree gchar *uri = harness_make_file ("a.png", "a picture", -1);
  g_autofree gchar *path = g_filename_from_uri (uri, NULL, NULL);
  g_autoptr (Run) run = new_run ("reference-image-urls", uri);

  foxapi_sim_script (sim, FOXAPI_SIM_UPLOAD, 1, &fault);
  run_to_request (run, GST_STATE_PAUSED, FOXAPI_SIM_UPLOAD, 1);
  changes[__i__].change (path);
  foxapi_sim_release (sim);
  run_to_error (run, GST_RESOURCE_ERROR_READ);
  assert_requests (FOXAPI_SIM_SUBMIT, 0);
}

static void
abandon (const gchar * uri)
{
  GstElement *source = harness_source (NULL);

  harness_set_list (source, "reference-image-urls", uri, NULL);
  run_abandon (source);
}

/* In the store local files count by content, not by name or time. */
TEST (test_content_counts)
{
  g_autofree gchar *one = harness_make_file ("one.png", "a picture", -1);
  g_autofree gchar *two = harness_make_file ("two.png", "a picture", -1);
  g_autofree gchar *changed = NULL;

  harness_hold (FOXAPI_SIM_RESULT, 0);
  abandon (one);
  assert_requests (FOXAPI_SIM_SUBMIT, 1);
  abandon (two);
  assert_requests (FOXAPI_SIM_SUBMIT, 1);
  assert_requests (FOXAPI_SIM_UPLOAD, 1);
  changed = harness_make_file ("one.png", "another picture", -1);
  abandon (changed);
  assert_requests (FOXAPI_SIM_SUBMIT, 2);
}

/* 100 MB of video do not become 100 MB of process. The process is one of its own,
 * as the simulator in this one keeps all that it is sent. */
TEST (test_memory)
{
  g_autofree gchar *uri = make_large_file ("large.mp4", 99 * MB);
  g_autofree gchar *list =
      g_strdup_printf ("reference-video-urls=<\"%s\">", uri);
  g_autoptr (GSubprocess) client = NULL;
  struct rusage usage;

  /* Sanitizers need much of their own. */
  if (g_getenv ("CHECK_PLUGINS") != NULL)
    return;
  client = harness_spawn (list, FALSE);
  fail_unless (g_subprocess_wait_check (client, NULL, NULL));
  assert_requests (FOXAPI_SIM_UPLOAD, 1);
  fail_unless_equals_int (getrusage (RUSAGE_CHILDREN, &usage), 0);
  fail_unless (usage.ru_maxrss < 80 * 1024, "%ld KiB", usage.ru_maxrss);
}

static const Test tests[] = {
  CASE ("local", harness_setup, harness_teardown),
  ONCE (test_upload),
  ROWS (test_name, odd_names),
  ROWS (test_format, formats),
  ROWS (test_unusable, unusable),
  ONCE (test_wrong_format),
  ROWS (test_no_media, no_media),
  ROWS (test_small_image, images),
  TIMES (test_name_in_error, 2),
  ROWS (test_path_is_fixed, paths),
  ONCE (test_path),
  ONCE (test_largest),
  ROWS (test_elsewhere, elsewhere),
  ROWS (test_refused, rows),
  ONCE (test_silent),
  ROWS (test_changed, changes),
  ONCE (test_content_counts),
  ONCE (test_memory),
};

CHECK_MAIN (references, tests)
