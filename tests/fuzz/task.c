/* Fuzz target: the service's answer about a task
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "foxapijson.h"
#include "foxapitask.h"
#include "fuzz.h"

static void
require_text (const gchar * text)
{
  FUZZ_REQUIRE (text == NULL || g_utf8_validate (text, -1, NULL));
}

static void
require_results (const FoxapiTask * task)
{
  const gchar *const *results = task->results;
  gboolean completed = task->state == FOXAPI_TASK_COMPLETED;

  FUZZ_REQUIRE (results != NULL);
  FUZZ_REQUIRE (completed == (*results != NULL));
  for (gsize i = 0; results[i] != NULL; i++) {
    require_text (results[i]);
    FUZZ_REQUIRE (!g_strv_contains (results + i + 1, results[i]));
  }
}

static void
require_sense (FoxapiTask * task, const gchar * asked_id)
{
  gint progress = task->progress;

  FUZZ_REQUIRE (foxapi_task_id_is_valid (task->id));
  FUZZ_REQUIRE (asked_id == NULL || g_str_equal (task->id, asked_id));
  FUZZ_REQUIRE (progress >= -1 && progress <= 100);
  FUZZ_REQUIRE (task->estimated_time >= -1);
  require_results (task);
  require_text (task->status);
  require_text (task->model);
  require_text (task->object);
  require_text (task->type);
  require_text (task->error_code);
  require_text (task->error_message);
  FUZZ_REQUIRE (foxapi_task_equal (task, task));
}

/* What a task keeps as its JSON must make the same task again. */
static void
require_round_trip (FoxapiTask * task, const gchar * asked_id)
{
  const gchar *json = task->json;
  g_autoptr (FoxapiTask) again = NULL;

  FUZZ_REQUIRE (json != NULL);
  require_text (json);
  again = foxapi_task_new_from_json (json, strlen (json), asked_id, NULL);
  FUZZ_REQUIRE (again != NULL);
  FUZZ_REQUIRE (foxapi_task_equal (task, again));
}

static void
read_answer (const gchar * text, gsize length, const gchar * asked_id)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (FoxapiTask) task = NULL;

  task = foxapi_task_new_from_json (text, length, asked_id, &error);
  FUZZ_REQUIRE ((task == NULL) == (error != NULL));
  if (task == NULL)
    return;
  require_sense (task, asked_id);
  require_round_trip (task, asked_id);
}

static void
print_again (const gchar * text, gsize length)
{
  g_autoptr (JsonObject) object = foxapi_json_parse (text, length, NULL);
  g_autofree gchar *printed = object ? foxapi_json_to_text (object) : NULL;

  FUZZ_REQUIRE ((printed == NULL) == (object == NULL));
}

int
LLVMFuzzerTestOneInput (const uint8_t * data, size_t size)
{
  const gchar *text = (const gchar *) data;

  fuzz_make_criticals_fatal ();
  read_answer (text, size, NULL);
  read_answer (text, size, "task-1");
  print_again (text, size);
  return 0;
}
