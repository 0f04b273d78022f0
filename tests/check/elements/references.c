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

static gchar *directory;

static void
setup (void)
{
  harness_setup ();
  directory = g_build_filename (store, "mine", NULL);
  fail_unless_equals_int (g_mkdir (directory, 0700), 0);
}

static void
teardown (void)
{
  harness_teardown ();
  g_clear_pointer (&directory, g_free);
}

/* (transfer full): the URI of a file with this content */
static gchar *
make_file (const gchar * name, const gchar * content, gssize length)
{
  g_autofree gchar *path = g_build_filename (directory, name, NULL);

  fail_unless (g_file_set_contents (path, content, length, NULL));
  return g_filename_to_uri (path, NULL, NULL);
}

/* (transfer full): of that many bytes */
static gchar *
make_large_file (const gchar * name, goffset size)
{
  g_autofree gchar *path = g_build_filename (directory, name, NULL);

  fail_unless (g_file_set_contents (path, "", 0, NULL));
  fail_unless_equals_int (truncate (path, size), 0);
  return g_filename_to_uri (path, NULL, NULL);
}

static Run *
new_run (const gchar * property, const gchar * uri)
{
  GstElement *source = harness_source (NULL);

  harness_set_list (source, property, uri, NULL);
  return run_new (source);
}

/* (transfer full): the one URL that the nth submission has in this member */
static gchar *
sent_url (guint nth, const gchar * member, guint index)
{
  g_autofree gchar *text = harness_request_body (FOXAPI_SIM_SUBMIT, nth);
  g_autoptr (JsonNode) root = json_from_string (text, NULL);
  JsonArray *array = json_object_get_array_member (json_node_get_object (root),
      member);

  fail_unless (array != NULL && json_array_get_length (array) > index);
  return g_strdup (json_array_get_string_element (array, index));
}

static void
assert_upload (const gchar * url, const gchar * content)
{
  g_autoptr (GBytes) upload = foxapi_sim_get_upload (sim, url);
  g_autoptr (GBytes) expected = g_bytes_new (content, strlen (content));

  fail_unless (upload != NULL, "%s is no upload", url);
  fail_unless (g_bytes_equal (upload, expected));
}

GST_START_TEST (test_upload)
{
  g_autofree gchar *image = make_file ("a b\xc3\xa9.png", "a picture", -1);
  g_autofree gchar *video = make_file ("v.mp4", "a video\r\n--x\r\n", -1);
  g_autofree gchar *image_url = NULL, *other_url = NULL, *video_url = NULL;
  g_autofree gchar *key = NULL;
  GstElement *source = harness_source (NULL);
  g_autoptr (Run) run = NULL;

  harness_set_list (source, "reference-image-urls", "https://a.example/1",
      image, NULL);
  harness_set_list (source, "reference-video-urls", video, NULL);
  run = run_new (source);
  run_to_eos (run);
  assert_requests (FOXAPI_SIM_UPLOAD, 2);
  assert_requests (FOXAPI_SIM_SUBMIT, 1);
  other_url = sent_url (1, "reference_image_urls", 0);
  fail_unless_equals_string (other_url, "https://a.example/1");
  image_url = sent_url (1, "reference_image_urls", 1);
  assert_upload (image_url, "a picture");
  video_url = sent_url (1, "reference_video_urls", 0);
  assert_upload (video_url, "a video\r\n--x\r\n");
  key = harness_request_header (FOXAPI_SIM_UPLOAD, 1, "Authorization");
  fail_unless_equals_string (key, "Bearer test-key-0123456789");
  assert_no_key_on_results ();

  /* Neither a restart nor a replay uploads again. */
  run_stop (run);
  run_to_eos (run);
  assert_requests (FOXAPI_SIM_UPLOAD, 2);
  assert_requests (FOXAPI_SIM_SUBMIT, 1);
}

GST_END_TEST;

/* The name is made of the content and nothing else; the URI of a file name that
 * is not UTF-8 is as good as any. */
static const gchar *const odd_names[] = {
  "secret.png", "secret \xe6\x88\x91.png", "secret\r\nX-Evil: 1.png",
  "secret\".png", "secret%2f.png", "secret caf\xe9.png",
};

GST_START_TEST (test_name)
{
  const gchar content[] = "\x89PNG\r\n\x1a\n the rest";
  g_autofree gchar *uri = make_file (odd_names[__i__], content, -1);
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

GST_END_TEST;

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
GST_START_TEST (test_format)
{
  g_autofree gchar *uri = make_file ("misnamed.txt", formats[__i__].start,
      formats[__i__].length);
  g_autofree gchar *type =
      g_strconcat ("Content-Type: ", formats[__i__].type, "\r\n", NULL);
  g_autofree gchar *extension =
      g_strconcat (formats[__i__].extension, "\"\r\n", NULL);
  g_autofree gchar *body = NULL;
  g_autoptr (Run) run = new_run ("reference-image-urls", uri);

  run_to_eos (run);
  body = harness_request_body (FOXAPI_SIM_UPLOAD, 1);
  fail_unless (strstr (body, type) != NULL, "%s", body);
  fail_unless (strstr (body, extension) != NULL, "%s", body);
}

GST_END_TEST;

static gchar *
missing (void)
{
  return g_strdup_printf ("file://%s/caf%%E9.png", directory);
}

static gchar *
folder (void)
{
  return g_strdup_printf ("file://%s", directory);
}

static gchar *
fifo (void)
{
  g_autofree gchar *path = g_build_filename (directory, "fifo", NULL);

  fail_unless_equals_int (mkfifo (path, 0600), 0);
  return g_filename_to_uri (path, NULL, NULL);
}

static gchar *
device (void)
{
  return g_strdup ("file:///dev/zero");
}

static gchar *
empty (void)
{
  return make_file ("empty.png", "", 0);
}

static gchar *
of_another_host (void)
{
  return g_strdup ("file://elsewhere.example/etc/hostname");
}

static gchar *
large_image (void)
{
  return make_large_file ("large", 20 * MB + 1);
}

/* Alone it is as large as what may be sent in all. */
static gchar *
large_video (void)
{
  return make_large_file ("large", 100 * MB);
}

static const struct
{
  gchar *(*make) (void);
  const gchar *property;
  gint code;
} unusable[] = {
  {missing, "reference-image-urls", GST_RESOURCE_ERROR_NOT_FOUND},
  {missing, "reference-video-urls", GST_RESOURCE_ERROR_NOT_FOUND},
  {folder, "reference-image-urls", GST_RESOURCE_ERROR_NOT_FOUND},
  {fifo, "reference-image-urls", GST_RESOURCE_ERROR_NOT_FOUND},
  {device, "reference-image-urls", GST_RESOURCE_ERROR_NOT_FOUND},
  {of_another_host, "reference-image-urls", GST_RESOURCE_ERROR_NOT_FOUND},
  {empty, "reference-image-urls", GST_RESOURCE_ERROR_SETTINGS},
  {large_image, "reference-image-urls", GST_RESOURCE_ERROR_SETTINGS},
  {large_video, "reference-video-urls", GST_RESOURCE_ERROR_SETTINGS},
};

GST_START_TEST (test_unusable)
{
  g_autofree gchar *good = make_file ("good.png", "x", -1);
  g_autofree gchar *uri = unusable[__i__].make ();
  GstElement *source = harness_source (NULL);
  g_autoptr (Run) run = NULL;
  g_autoptr (GError) error = NULL;
  GstMessage *message;

  harness_set_list (source, unusable[__i__].property, good, uri, NULL);
  run = run_new (source);
  message = run_refused (run, unusable[__i__].code);
  gst_message_parse_error (message, &error, NULL);
  fail_unless (strstr (error->message, unusable[__i__].property) != NULL
      && strstr (error->message, uri) != NULL, "%s", error->message);
  assert_nothing_sent ();
}

GST_END_TEST;

/* Exactly the limit is allowed. */
GST_START_TEST (test_largest)
{
  g_autofree gchar *uri = make_large_file ("large", 20 * MB);
  g_autoptr (Run) run = new_run ("reference-image-urls", uri);

  run_to_eos (run);
  assert_requests (FOXAPI_SIM_UPLOAD, 1);
  assert_requests (FOXAPI_SIM_SUBMIT, 1);
}

GST_END_TEST;

/* A file URI leaves the machine in no field. */
static const gchar *const elsewhere[] = {
  "parameters,image=(string)\"%s\"",
  "parameters,elements=(structure)\"e\\,url\\=(string)\\\"%s\\\"\\;\"",
  "parameters,urls=(string)<\"https://a.example/\",\"%s\">",
  "parameters,prompt=(string)\"%s\"",
  "parameters,negative_prompt=(string)\" %s\"",
};

GST_START_TEST (test_elsewhere)
{
  g_autofree gchar *uri = make_file ("a.png", "a picture", -1);
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

GST_END_TEST;

static const struct
{
  FoxapiSimFault fault;
  gint code;
} rows[] = {
  {{.status = 401}, GST_RESOURCE_ERROR_NOT_AUTHORIZED},
  {{.status = 413}, GST_RESOURCE_ERROR_SETTINGS},
  {{.status = 429,.headers = "Retry-After: 0"}, GST_RESOURCE_ERROR_BUSY},
  {{.status = 503,.headers = "Retry-After: 0"}, GST_RESOURCE_ERROR_FAILED},
  {{.status = 200,.body = "nonsense"}, GST_RESOURCE_ERROR_FAILED},
  {{.status = 200,.body = "{\"url\":\"file:///etc/passwd\"}"},
      GST_RESOURCE_ERROR_FAILED},
};

/* An upload that fails costs nothing: no submission. When the reason is gone, a
 * restart goes on. */
GST_START_TEST (test_refused)
{
  g_autofree gchar *uri = make_file ("a.png", "a picture", -1);
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

GST_END_TEST;

static const FoxapiSimFault passing[] = {
  {.status = 503,.headers = "Retry-After: 0"}, {.reset = TRUE},
  {.status = 500},
};

GST_START_TEST (test_passing)
{
  g_autofree gchar *uri = make_file ("a.png", "a picture", -1);
  g_autofree gchar *url = NULL;
  g_autoptr (Run) run = new_run ("reference-image-urls", uri);

  foxapi_sim_script (sim, FOXAPI_SIM_UPLOAD, 1, &passing[__i__]);
  run_to_eos (run);
  assert_requests (FOXAPI_SIM_UPLOAD, 2);
  assert_requests (FOXAPI_SIM_SUBMIT, 1);
  url = sent_url (1, "reference_image_urls", 0);
  assert_upload (url, "a picture");
}

GST_END_TEST;

/* That the answer took too long is no reason to send 100 MB again. */
GST_START_TEST (test_silent)
{
  const FoxapiSimFault fault = {.hold = TRUE };
  g_autofree gchar *uri = make_file ("a.png", "a picture", -1);
  g_autoptr (Run) run = new_run ("reference-image-urls", uri);

  g_object_set (run->source, "submit-timeout", 1, NULL);
  foxapi_sim_script (sim, FOXAPI_SIM_UPLOAD, 0, &fault);
  run_to_error (run, GST_RESOURCE_ERROR_OPEN_READ);
  assert_requests (FOXAPI_SIM_UPLOAD, 1);
  assert_requests (FOXAPI_SIM_SUBMIT, 0);
}

GST_END_TEST;

/* Refuses an upload as soon as it has begun, and counts what comes after that. */
static gboolean
refuse_early (GThreadedSocketService * service, GSocketConnection * connection,
    GObject * object, gpointer n_bytes)
{
  const gchar answer[] = "HTTP/1.1 413 Payload Too Large\r\n"
      "Content-Type: text/html\r\nContent-Length: 3\r\n\r\n<p>";
  GIOStream *stream = G_IO_STREAM (connection);
  gchar piece[4096];
  gssize n;

  g_atomic_int_inc ((gint *) n_bytes);
  g_main_context_wakeup (NULL);
  g_output_stream_write_all (g_io_stream_get_output_stream (stream), answer,
      strlen (answer), NULL, NULL, NULL);
  while ((n = g_input_stream_read (g_io_stream_get_input_stream (stream), piece,
              sizeof (piece), NULL, NULL)) > 0)
    g_atomic_int_add ((gint *) n_bytes, n);
  return TRUE;
}

/* What the sockets between them hold is less than half of the file. */
GST_START_TEST (test_refused_early)
{
  g_autofree gchar *uri = make_large_file ("large", 80 * MB);
  g_autoptr (Run) run = new_run ("reference-video-urls", uri);
  g_autoptr (GSocketService) service = g_threaded_socket_service_new (1);
  gint n_bytes = 0;
  guint port = g_socket_listener_add_any_inet_port (G_SOCKET_LISTENER (service),
      NULL, NULL);
  g_autofree gchar *base_url = g_strdup_printf ("http://127.0.0.1:%u", port);

  g_signal_connect (service, "run", G_CALLBACK (refuse_early), &n_bytes);
  g_object_set (run->source, "base-url", base_url, NULL);
  run_set_state (run, GST_STATE_PLAYING);
  while (g_atomic_int_get (&n_bytes) == 0)
    g_main_context_iteration (NULL, TRUE);
  assert_uint (run_to_error (run, GST_RESOURCE_ERROR_SETTINGS), "http-status",
      413);
  fail_unless (g_atomic_int_get (&n_bytes) < 40 * MB, "%d", n_bytes);
  g_socket_service_stop (service);
}

GST_END_TEST;

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

static void (*const changes[]) (const gchar * path) = {
  append, replace, delete
};

/* While the service still has it, or before it is sent again */
GST_START_TEST (test_changed)
{
  const FoxapiSimFault faults[] = { {.hold = TRUE}, {.hold = TRUE,.status = 500,
      .headers = "Retry-After: 0"}
  };
  g_autofree gchar *uri = make_file ("a.png", "a picture", -1);
  g_autofree gchar *path = g_filename_from_uri (uri, NULL, NULL);
  g_autoptr (Run) run = new_run ("reference-image-urls", uri);

  foxapi_sim_script (sim, FOXAPI_SIM_UPLOAD, 1, &faults[__i__ / 3]);
  run_set_state (run, GST_STATE_PAUSED);
  fail_unless (foxapi_sim_wait_requests (sim, FOXAPI_SIM_UPLOAD, 1));
  changes[__i__ % 3] (path);
  foxapi_sim_release (sim);
  run_to_error (run, GST_RESOURCE_ERROR_READ);
  assert_requests (FOXAPI_SIM_UPLOAD, 1);
  assert_requests (FOXAPI_SIM_SUBMIT, 0);
}

GST_END_TEST;

/* What nothing but the content tells: written in place, with its time set back */
GST_START_TEST (test_changed_in_secret)
{
  const FoxapiSimFault fault = {.hold = TRUE,.status = 500,
    .headers = "Retry-After: 0"
  };
  g_autofree gchar *uri = make_file ("a.png", "a picture", -1);
  g_autofree gchar *path = g_filename_from_uri (uri, NULL, NULL);
  g_autoptr (Run) run = new_run ("reference-image-urls", uri);
  struct stat before;
  gint fd;

  foxapi_sim_script (sim, FOXAPI_SIM_UPLOAD, 1, &fault);
  run_set_state (run, GST_STATE_PAUSED);
  fail_unless (foxapi_sim_wait_requests (sim, FOXAPI_SIM_UPLOAD, 1));
  fail_unless_equals_int (stat (path, &before), 0);
  fd = g_open (path, O_WRONLY, 0);
  fail_unless (write (fd, "A", 1) == 1);
  fail_unless_equals_int (futimens (fd, (struct timespec[]) {
            before.st_atim, before.st_mtim
          }), 0);
  close (fd);
  foxapi_sim_release (sim);
  run_to_error (run, GST_RESOURCE_ERROR_READ);
  assert_requests (FOXAPI_SIM_SUBMIT, 0);
}

GST_END_TEST;

static void
abandon (const gchar * uri)
{
  g_autoptr (Run) run = new_run ("reference-image-urls", uri);

  run_set_state (run, GST_STATE_PAUSED);
  run_wait_task (run, NULL);
  run_stop (run);
}

/* In the store local files count by content, not by name or time. */
GST_START_TEST (test_content_counts)
{
  FoxapiSimFault hold = {.hold = TRUE };
  g_autofree gchar *one = make_file ("one.png", "a picture", -1);
  g_autofree gchar *two = make_file ("two.png", "a picture", -1);
  g_autofree gchar *changed = NULL;

  foxapi_sim_script (sim, FOXAPI_SIM_RESULT, 0, &hold);
  abandon (one);
  assert_requests (FOXAPI_SIM_SUBMIT, 1);
  abandon (two);
  assert_requests (FOXAPI_SIM_SUBMIT, 1);
  assert_requests (FOXAPI_SIM_UPLOAD, 1);
  changed = make_file ("one.png", "another picture", -1);
  abandon (changed);
  assert_requests (FOXAPI_SIM_SUBMIT, 2);
}

GST_END_TEST;

/* 100 MB of video do not become 100 MB of process. The process is one of its own,
 * as the simulator in this one keeps all that it is sent. */
GST_START_TEST (test_memory)
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

GST_END_TEST;

static Suite *
references_suite (void)
{
  Suite *suite = suite_create ("references");
  TCase *tcase = tcase_create ("local");

  suite_add_tcase (suite, tcase);
  tcase_add_checked_fixture (tcase, setup, teardown);
  tcase_add_test (tcase, test_upload);
  tcase_add_loop_test (tcase, test_name, 0, G_N_ELEMENTS (odd_names));
  tcase_add_loop_test (tcase, test_format, 0, G_N_ELEMENTS (formats));
  tcase_add_loop_test (tcase, test_unusable, 0, G_N_ELEMENTS (unusable));
  tcase_add_test (tcase, test_largest);
  tcase_add_loop_test (tcase, test_elsewhere, 0, G_N_ELEMENTS (elsewhere));
  tcase_add_loop_test (tcase, test_refused, 0, G_N_ELEMENTS (rows));
  tcase_add_loop_test (tcase, test_passing, 0, G_N_ELEMENTS (passing));
  tcase_add_test (tcase, test_silent);
  tcase_add_test (tcase, test_refused_early);
  tcase_add_loop_test (tcase, test_changed, 0, 2 * G_N_ELEMENTS (changes));
  tcase_add_test (tcase, test_changed_in_secret);
  tcase_add_test (tcase, test_content_counts);
  tcase_add_test (tcase, test_memory);
  return suite;
}

GST_CHECK_MAIN (references);
