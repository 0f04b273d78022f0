/* Answers about a task: every published form, and no form at all
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <string.h>

#include "foxapitask.h"
#include "protocoltest.h"

#define LINK "https://cdn.example/out.mp4"
#define OTHER_LINK "https://cdn.example/other.mp4"

/* An answer with these members beside its id */
static FoxapiTask *
read_members (const gchar * members, const gchar * asked_id, GError ** error)
{
  g_autofree gchar *text = g_strconcat ("{\"id\":\"task-1\",", members, "}",
      NULL);

  return foxapi_task_new_from_json (text, strlen (text), asked_id, error);
}

static FoxapiTask *
read_task (const gchar * members)
{
  g_autoptr (GError) error = NULL;
  FoxapiTask *task = read_members (members, "task-1", &error);

  fail_unless (task != NULL, "%s: %s", members, error ? error->message : "");
  return task;
}

static void
check_results (FoxapiTask * task, ...)
{
  const gchar *const *results = task->results;
  const gchar *link;
  va_list links;
  guint n = 0;

  va_start (links, task);
  while ((link = va_arg (links, const gchar *)) != NULL)
      fail_unless_equals_string (results[n++], link);
  va_end (links);
  fail_unless (results[n] == NULL);
}

TEST (test_submission)
{
  static const gchar text[] = "{\"created\":1757165031,"
      "\"id\":\"task-unified-1757165031-uyujaw3d\","
      "\"model\":\"wan-2.7-reference-to-video\","
      "\"object\":\"video.generation.task\",\"progress\":0,"
      "\"status\":\"pending\",\"task_info\":{\"can_cancel\":true,"
      "\"estimated_time\":45},\"type\":\"video\",\"usage\":"
      "{\"credits_reserved\":12.5,\"user_group\":\"default\"},\"later\":[{}]}";
  g_autoptr (FoxapiTask) task =
      foxapi_task_new_from_json (text, strlen (text), NULL, NULL);

  fail_unless (task != NULL);
  fail_unless_equals_string (task->id, "task-unified-1757165031-uyujaw3d");
  fail_unless_equals_int (task->state, FOXAPI_TASK_RUNNING);
  fail_unless_equals_string (task->status, "pending");
  fail_unless_equals_int (task->progress, 0);
  fail_unless_equals_string (task->model, "wan-2.7-reference-to-video");
  fail_unless_equals_string (task->object, "video.generation.task");
  fail_unless_equals_string (task->type, "video");
  fail_unless (task->has_created);
  fail_unless_equals_int64 (task->created, 1757165031);
  fail_unless (task->has_can_cancel && task->can_cancel);
  fail_unless_equals_int (task->estimated_time, 45);
  check_results (task, NULL);
  fail_if (task->has_seed);
  fail_unless (task->error_code == NULL);
  fail_unless (task->error_message == NULL);
  fail_unless_equals_string (task->json, text);
}

/* Of the answer to a submission the id is enough: it was paid for. */
TEST (test_least)
{
  static const gchar text[] = "{\"id\":\"t\"}";
  g_autoptr (FoxapiTask) task =
      foxapi_task_new_from_json (text, strlen (text), NULL, NULL);

  fail_unless (task != NULL);
  fail_unless_equals_int (task->state, FOXAPI_TASK_RUNNING);
  fail_unless (task->status == NULL);
  fail_unless_equals_int (task->progress, -1);
  fail_unless_equals_int (task->estimated_time, -1);
  fail_unless (task->model == NULL);
  fail_unless (task->object == NULL);
  fail_unless (task->type == NULL);
  fail_if (task->has_created);
  fail_if (task->has_can_cancel);
  check_results (task, NULL);
}

static const gchar *const forms[] = {
  "\"status\":\"completed\",\"results\":[{\"url\":\"" LINK "\",\"seed\":7}]",
  "\"status\":\"completed\",\"results\":[\"" LINK "\"]",
  "\"status\":\"completed\",\"results\":null,\"output\":{\"url\":\"" LINK
      "\",\"urls\":[\"" LINK "\"],\"duration\":5,\"width\":1920}",
  "\"status\":\"completed\",\"output\":{\"urls\":[\"" LINK "\"]}",
  "\"status\":\"completed\",\"output\":{\"url\":\"" LINK "\"},\"error\":null",
  "\"status\":\"completed\",\"results\":[{\"video_url\":\"" LINK "\"}]",
  "\"status\":\"completed\",\"output\":{\"video_url\":\"" LINK "\"}",
  "\"status\":\"completed\",\"results\":{\"url\":\"" LINK "\"}",
  "\"status\":\"completed\",\"results\":\"" LINK "\"",
};

TEST (test_result_forms)
{
  g_autoptr (FoxapiTask) task = read_task (forms[__i__]);

  fail_unless_equals_int (task->state, FOXAPI_TASK_COMPLETED);
  check_results (task, LINK, NULL);
  fail_unless_equals_int (task->has_seed, __i__ == 0);
  fail_unless_equals_int64 (task->seed, __i__ == 0 ? 7 : 0);
}

TEST (test_several_results)
{
  g_autoptr (FoxapiTask) objects =
      read_task ("\"status\":\"completed\",\"results\":[{\"url\":\"" LINK
      "\"},{\"url\":\"" OTHER_LINK "\",\"seed\":9},{\"url\":\"" LINK "\"}]");
  g_autoptr (FoxapiTask) mixed =
      read_task ("\"status\":\"completed\",\"results\":[\"" OTHER_LINK
      "\"],\"output\":{\"url\":\"" LINK "\",\"urls\":[\"" LINK "\",\""
      OTHER_LINK "\"]}");

  check_results (objects, LINK, OTHER_LINK, NULL);
  fail_unless (objects->has_seed);
  fail_unless_equals_int64 (objects->seed, 9);
  check_results (mixed, OTHER_LINK, LINK, NULL);
}

/* Elements that are no links don't hide those that are. */
TEST (test_odd_results)
{
  g_autoptr (FoxapiTask) task = read_task ("\"status\":\"completed\","
      "\"results\":[null,5,true,[],{},{\"url\":5},{\"url\":null},\"\","
      "{\"url\":\"\"},\"v-1\",{\"seed\":\"x\",\"url\":\"" LINK "\"}]");

  check_results (task, LINK, NULL);
  fail_if (task->has_seed);
}

/* Completed without a result: the links follow seconds later. With a result that
 * has no link, it is an end. */
static const struct
{
  const gchar *members;
  const gchar *linkless;        /* NULL: it still runs */
} without_link[] = {
  {"\"status\":\"completed\"", NULL},
  {"\"status\":\"completed\",\"progress\":50,\"results\":null", NULL},
  {"\"status\":\"completed\",\"results\":[]", NULL},
  {"\"status\":\"completed\",\"results\":[null,\"\",{}]", NULL},
  {"\"status\":\"completed\",\"results\":null,\"output\":{\"url\":null,"
        "\"urls\":[]}", NULL},
  {"\"status\":\"completed\",\"output\":{\"url\":\"\",\"duration\":5}", NULL},
  {"\"status\":\"completed\",\"results\":[{\"video_url\":null,\"seed\":7}]",
      NULL},
  {"\"status\":\"processing\",\"results\":[{\"stage\":\"render\"}]", NULL},
  {"\"status\":\"completed\",\"results\":[{\"voice_id\":\"v-1\"}]",
      "[{\"voice_id\":\"v-1\"}]"},
  {"\"status\":\"completed\",\"results\":[\"v-1\"]", "[\"v-1\"]"},
  {"\"status\":\"completed\",\"results\":[{\"url\":\"/out.mp4\"}]",
      "[{\"url\":\"/out.mp4\"}]"},
  {"\"status\":\"completed\",\"results\":[{\"id\":7}]", "[{\"id\":7}]"},
  {"\"status\":\"completed\",\"output\":{\"character\":{\"id\":\"c\"}}",
      "{\"character\":{\"id\":\"c\"}}"},
};

TEST (test_without_link)
{
  g_autoptr (FoxapiTask) task = read_task (without_link[__i__].members);
  const gchar *linkless = without_link[__i__].linkless;

  fail_unless_equals_int (task->state, linkless ? FOXAPI_TASK_LINKLESS :
      FOXAPI_TASK_RUNNING);
  if (linkless != NULL)
    fail_unless_equals_string (task->linkless, linkless);
  check_results (task, NULL);
}

/* What a task is called, and what that means as long as it carries no link:
 * with one it is complete, whatever it is called. */
static const struct
{
  const gchar *word;
  FoxapiTaskState state;
} words[] = {
  {"pending", FOXAPI_TASK_RUNNING},
  {"processing", FOXAPI_TASK_RUNNING},
  {"failed", FOXAPI_TASK_FAILED},
  {"cancelled", FOXAPI_TASK_FAILED},
  {"upscaling", FOXAPI_TASK_RUNNING},
  {"done", FOXAPI_TASK_RUNNING},
  {"succeeded", FOXAPI_TASK_RUNNING},
  {"", FOXAPI_TASK_RUNNING},
  {"FAILED", FOXAPI_TASK_RUNNING},
};

TEST (test_words_of_status)
{
  const gchar *word = words[__i__].word;
  g_autofree gchar *status = g_strdup_printf ("\"status\":\"%s\"", word);
  g_autofree gchar *with_link = g_strconcat (status, ",\"results\":[\"" LINK
      "\"]", NULL);
  g_autoptr (FoxapiTask) task = read_task (status);
  g_autoptr (FoxapiTask) complete = read_task (with_link);

  fail_unless_equals_int (task->state, words[__i__].state);
  fail_unless_equals_string (task->status, word);
  fail_unless_equals_int (complete->state, FOXAPI_TASK_COMPLETED);
  fail_unless_equals_string (complete->status, word);
}

TEST (test_failed)
{
  g_autoptr (FoxapiTask) task = read_task ("\"status\":\"failed\","
      "\"results\":null,\"error\":{\"code\":\"content_policy\",\"message\":"
      "\"Refused\",\"type\":\"task_error\"}");
  g_autoptr (FoxapiTask) odd = read_task ("\"status\":\"failed\","
      "\"error\":{\"code\":5,\"message\":[]}");
  g_autoptr (FoxapiTask) text = read_task ("\"status\":\"failed\","
      "\"error\":\"bad\"");

  fail_unless_equals_string (task->error_code, "content_policy");
  fail_unless_equals_string (task->error_message, "Refused");
  fail_unless (odd->error_message == NULL);
  fail_unless_equals_string (task->error_type, "task_error");
  fail_unless_equals_string (odd->error_code, "5");
  fail_unless_equals_string (text->error_message, "bad");
  fail_unless_equals_int (text->state, FOXAPI_TASK_FAILED);
}

static void
check_progress (const gchar * value, gint expected)
{
  g_autofree gchar *members =
      g_strconcat ("\"status\":\"x\",\"progress\":", value, NULL);
  g_autoptr (FoxapiTask) task = read_task (members);

  fail_unless (task->progress == expected, "%s: %d", value, task->progress);
}

TEST (test_progress)
{
  check_progress ("0", 0);
  check_progress ("100", 100);
  check_progress ("42", 42);
  check_progress ("41.4", 41);
  check_progress ("41.6", 42);
  check_progress ("99.9", 100);
  check_progress ("0.2", 0);
  check_progress ("-1", 0);
  check_progress ("-1e300", 0);
  check_progress ("101", 100);
  check_progress ("1e300", 100);
  check_progress ("2147483648", 100);
  check_progress ("1e999", -1);
  check_progress ("-1e999", -1);
  check_progress ("\"50\"", -1);
  check_progress ("null", -1);
  check_progress ("true", -1);
  check_progress ("[50]", -1);
}

static void
check_estimate (const gchar * value, gint expected)
{
  g_autofree gchar *members = g_strconcat ("\"status\":\"x\",\"task_info\":"
      "{\"estimated_time\":", value, "}", NULL);
  g_autoptr (FoxapiTask) task = read_task (members);

  fail_unless (task->estimated_time == expected, "%s: %d",
      value, task->estimated_time);
}

TEST (test_estimates)
{
  check_estimate ("0", 0);
  check_estimate ("45", 45);
  check_estimate ("44.7", 45);
  check_estimate ("-1", -1);
  check_estimate ("-1e300", -1);
  check_estimate ("1e300", -1);
  check_estimate ("1e999", -1);
  check_estimate ("\"45\"", -1);
  check_estimate ("null", -1);
}

TEST (test_wrong_types_are_absent)
{
  g_autoptr (FoxapiTask) task = read_task ("\"status\":\"pending\","
      "\"model\":5,\"object\":[],\"type\":{},\"created\":\"now\","
      "\"task_info\":\"soon\",\"results\":5,\"output\":true,\"error\":[]");
  g_autoptr (FoxapiTask) other = read_task ("\"status\":\"pending\","
      "\"created\":1.5,\"task_info\":{\"can_cancel\":1}");

  fail_unless (task->model == NULL);
  fail_unless (task->object == NULL);
  fail_unless (task->type == NULL);
  fail_if (task->has_created);
  fail_unless_equals_int (task->estimated_time, -1);
  check_results (task, NULL);
  fail_if (other->has_created);
  fail_if (other->has_can_cancel);
}

static const struct
{
  const gchar *id;
  gboolean is_valid;
} ids[] = {
  {"t", TRUE}, {"task-unified-1757165031-uyujaw3d", TRUE}, {"a.b_c~d", TRUE},
  {"...", TRUE}, {"a:b@c!$&'()*+,;=", TRUE}, {"\xc3\xa9", TRUE},
  {NULL, FALSE}, {"", FALSE}, {".", FALSE}, {"..", FALSE}, {"/", FALSE},
  {"a/b", FALSE}, {"../x", FALSE}, {"a\\b", FALSE}, {"a?b", FALSE},
  {"a#b", FALSE}, {"a%2fb", FALSE}, {"a b", FALSE}, {"a\nb", FALSE},
  {"a\tb", FALSE}, {"\x7f", FALSE}, {"a\x1b[31m", FALSE}, {"\xff", FALSE},
  {"\xc0\xaf", FALSE}, {"\xc2\x9b", FALSE}, {"\xe2\x80\x8b", FALSE},
  {"\xe2\x80\xae", FALSE}, {"\xc2\xa0", FALSE},
};

TEST (test_ids)
{
  fail_unless_equals_int (foxapi_task_id_is_valid (ids[__i__].id),
      ids[__i__].is_valid);
}

TEST (test_long_ids)
{
  g_autofree gchar *longest = g_strnfill (200, 'x');
  g_autofree gchar *too_long = g_strnfill (201, 'x');

  fail_unless (foxapi_task_id_is_valid (longest));
  fail_if (foxapi_task_id_is_valid (too_long));
}

#define WITH_ID(id) "{\"id\":" id ",\"status\":\"pending\"}"

/* What is no answer: to a submission, which may leave out the status; to a
 * question, which may leave out the id */
static const struct
{
  const gchar *text;
  gboolean is_submission;
  gboolean is_question;
} refused[] = {
  {"", TRUE, TRUE}, {"null", TRUE, TRUE}, {"[]", TRUE, TRUE},
  {"\"task-1\"", TRUE, TRUE}, {"<html>504</html>", TRUE, TRUE},
  {"{\"id\":\"task-1\",\"status\":\"pend", TRUE, TRUE},
  {"{\"status\":\"pending\"}", TRUE, FALSE},
  {"{\"id\":\"task-1\",\"status\":5}", FALSE, TRUE},
  {"{\"id\":\"task-1\"}", FALSE, TRUE}, {"{}", FALSE, TRUE},
  /* of another task */
  {WITH_ID ("\"task-2\""), FALSE, TRUE},
  /* hostile; not the id before the NUL, which is another one */
  {WITH_ID ("\"../x\""), TRUE, TRUE}, {WITH_ID ("\"\""), TRUE, TRUE},
  {WITH_ID ("5"), TRUE, TRUE}, {WITH_ID ("null"), TRUE, TRUE},
  {WITH_ID ("[]"), TRUE, TRUE}, {WITH_ID ("{}"), TRUE, TRUE},
  {WITH_ID ("true"), TRUE, TRUE}, {WITH_ID ("\"a\\nb\""), TRUE, TRUE},
  {WITH_ID ("\"a\\/b\""), TRUE, TRUE}, {WITH_ID ("\"..\""), TRUE, TRUE},
  {WITH_ID ("\"\\ud83e\""), TRUE, TRUE},
  {WITH_ID ("\"x\\ud83e x\""), TRUE, TRUE},
  {WITH_ID ("\"task-1\\u0000x\""), TRUE, TRUE},
};

static void
check_refused (const gchar * text, const gchar * asked_id)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (FoxapiTask) task = foxapi_task_new_from_json (text, strlen (text),
      asked_id, &error);

  fail_unless (task == NULL, "%s", text);
  fail_unless (error != NULL && *error->message != '\0');
}

TEST (test_refused)
{
  if (refused[__i__].is_submission)
    check_refused (refused[__i__].text, NULL);
  if (refused[__i__].is_question)
    check_refused (refused[__i__].text, "task-1");
}

/* An answer without an id is about the task that was asked about. */
TEST (test_whose_answer)
{
  static const gchar text[] = "{\"status\":\"pending\"}";
  g_autoptr (FoxapiTask) task =
      foxapi_task_new_from_json (text, strlen (text), "task-1", NULL);

  fail_unless (task != NULL);
  fail_unless_equals_string (task->id, "task-1");
}

/* What is told goes into messages that take nothing but text. */
TEST (test_told_as_text)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (FoxapiTask) task = read_members ("\"status\":\"a\\ud83e b\","
      "\"model\":\"\\ud83e x\",\"object\":\"\\ud83e y\","
      "\"type\":\"x\\ud83e y\",\"results\":[\"" LINK "\",\"" LINK
      "\\ud83e x\"],\"error\":{\"code\":\"\\ud83e c\",\"message\":"
      "\"\\ud83e m\"}", NULL, &error);
  const gchar *texts[6];

  if (task == NULL)
    return;
  texts[0] = task->status;
  texts[1] = task->model;
  texts[2] = task->object;
  texts[3] = task->type;
  texts[4] = task->error_code;
  texts[5] = task->error_message;
  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    fail_unless (!texts[i] || g_utf8_validate (texts[i], -1, NULL), "%u", i);
  for (const gchar * const *link = task->results; *link; link++)
    fail_unless (g_utf8_validate (*link, -1, NULL));
}

static void
check_same (const gchar * earlier, const gchar * later, gboolean same)
{
  g_autoptr (FoxapiTask) a = read_task (earlier);
  g_autoptr (FoxapiTask) b = read_task (later);

  fail_unless ((foxapi_task_equal (a, b) != FALSE) == same);
  fail_unless ((foxapi_task_equal (b, a) != FALSE) == same);
  fail_unless (foxapi_task_equal (a, a));
}

TEST (test_says_the_same)
{
  check_same ("\"status\":\"pending\"", "\"status\":\"pending\"", TRUE);
  check_same ("\"status\":\"pending\",\"progress\":5",
      "\"progress\":5.2,\"status\":\"pending\",\"usage\":{}", TRUE);
  check_same ("\"status\":\"pending\"", "\"status\":\"processing\"", FALSE);
  check_same ("\"status\":\"x\",\"progress\":5",
      "\"status\":\"x\",\"progress\":6", FALSE);
  check_same ("\"status\":\"x\"", "\"status\":\"x\",\"progress\":0", FALSE);
  check_same ("\"status\":\"x\",\"results\":[\"x://a\"]",
      "\"status\":\"x\",\"results\":[{\"url\":\"x://a\"}]", TRUE);
  check_same ("\"status\":\"x\",\"results\":[\"x://a\"]",
      "\"status\":\"x\",\"results\":[\"x://b\"]", FALSE);
  check_same ("\"status\":\"x\",\"results\":[\"x://a\"]", "\"status\":\"x\"",
      FALSE);
}

TEST (test_reference_count)
{
  FoxapiTask *task = read_task ("\"status\":\"pending\"");

  fail_unless (foxapi_task_ref (task) == task);
  foxapi_task_unref (task);
  fail_unless_equals_string (task->id, "task-1");
  foxapi_task_unref (task);
}

static const Test tests[] = {
  CASE ("good", NULL, NULL),
  ONCE (test_submission),
  ONCE (test_least),
  ROWS (test_result_forms, forms),
  ONCE (test_several_results),
  ROWS (test_words_of_status, words),
  ONCE (test_failed),
  ONCE (test_progress),
  ONCE (test_estimates),
  ONCE (test_whose_answer),
  ONCE (test_says_the_same),
  ONCE (test_reference_count),
  CASE ("odd", NULL, NULL),
  ONCE (test_odd_results),
  ROWS (test_without_link, without_link),
  ONCE (test_wrong_types_are_absent),
  ROWS (test_ids, ids),
  ONCE (test_long_ids),
  ROWS (test_refused, refused),
  ONCE (test_told_as_text),
};

CHECK_MAIN (task, tests)
