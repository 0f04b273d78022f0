/* JSON: its bounds, and getters that no content upsets
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <string.h>

#include "foxapijson.h"
#include "protocoltest.h"

static gboolean
is_accepted (const gchar * text, gsize length)
{
  g_autoptr (GError) error = NULL;
  /* to the byte: nobody may look for a NUL behind it */
  g_autofree gchar *exact = g_memdup2 (text, length);
  g_autoptr (JsonObject) object = foxapi_json_parse (exact, length, &error);

  fail_unless ((object == NULL) == (error != NULL));
  return object != NULL;
}

static JsonObject *
parse (const gchar * text)
{
  g_autoptr (GError) error = NULL;
  JsonObject *object = foxapi_json_parse (text, strlen (text), &error);

  fail_unless (object != NULL, "%s: %s", text, error ? error->message : "");
  return object;
}

/* An object of this many bytes */
static gchar *
make_long (gsize length)
{
  gchar *text = g_malloc (length + 1);

  memset (text, 'x', length);
  text[length] = '\0';
  memcpy (text, "{\"a\":\"", 6);
  memcpy (text + length - 2, "\"}", 2);
  return text;
}

TEST (test_bytes)
{
  g_autofree gchar *most = make_long (FOXAPI_JSON_MAX_BYTES);
  g_autofree gchar *more = make_long (FOXAPI_JSON_MAX_BYTES + 1);

  fail_unless_equals_int (FOXAPI_JSON_MAX_BYTES, 16777216);
  fail_unless (is_accepted (most, FOXAPI_JSON_MAX_BYTES));
  fail_if (is_accepted (more, FOXAPI_JSON_MAX_BYTES + 1));
}

/* `{"a":[[[…]]]}`, so many deep */
static gboolean
is_depth_accepted (guint depth)
{
  GString *text = g_string_new ("{\"a\":");
  g_autofree gchar *done = NULL;
  gsize length;

  for (guint i = 1; i < depth; i++)
    g_string_append_c (text, '[');
  for (guint i = 1; i < depth; i++)
    g_string_append_c (text, ']');
  if (depth == 1)
    g_string_append_c (text, '1');
  g_string_append_c (text, '}');
  length = text->len;
  done = g_string_free (text, FALSE);
  return is_accepted (done, length);
}

TEST (test_depth)
{
  g_autofree gchar *open = g_strnfill (1000000, '[');
  g_autofree gchar *objects = NULL;
  GString *text = g_string_new (NULL);

  fail_unless (is_depth_accepted (1));
  fail_unless (is_depth_accepted (FOXAPI_JSON_MAX_DEPTH));
  fail_if (is_depth_accepted (FOXAPI_JSON_MAX_DEPTH + 1));
  fail_if (is_depth_accepted (100000));
  fail_if (is_accepted (open, 1000000));
  for (guint i = 0; i < 100000; i++)
    g_string_append (text, "{\"a\":");
  objects = g_string_free (text, FALSE);
  fail_if (is_accepted (objects, strlen (objects)));
}

/* Brackets in strings are no depth, however the string is quoted; and what is
 * closed too often is no credit. */
TEST (test_depth_and_strings)
{
  g_autofree gchar *fill = g_strnfill (500, '[');
  g_autofree gchar *plain = g_strconcat ("{\"a\":\"", fill, "\"}", NULL);
  g_autofree gchar *escaped =
      g_strconcat ("{\"a\":\"\\\\\\\"", fill, "{{\"}", NULL);
  g_autofree gchar *behind = g_strconcat ("{\"a\":\"\\\\\",\"b\":", fill, NULL);
  g_autofree gchar *closed = g_strconcat ("]]]]]]]]]]", fill, NULL);

  fail_unless (is_accepted (plain, strlen (plain)));
  fail_unless (is_accepted (escaped, strlen (escaped)));
  fail_if (is_accepted (behind, strlen (behind)));
  fail_if (is_accepted (closed, strlen (closed)));
}

static gboolean
is_count_accepted (guint n)
{
  GString *text = g_string_new ("{\"a\":[0");
  gboolean accepted;

  for (guint i = 1; i < n; i++)
    g_string_append (text, ",0");
  g_string_append (text, "]}");
  accepted = is_accepted (text->str, text->len);
  g_string_free (text, TRUE);
  return accepted;
}

TEST (test_number_of_values)
{
  fail_unless (is_count_accepted (FOXAPI_JSON_MAX_VALUES - 10));
  fail_if (is_count_accepted (FOXAPI_JSON_MAX_VALUES + 10));
}

TEST (test_encoding)
{
  static const gchar *const bad[] = {
    "{\"a\":\"\xff\"}", "{\"a\":\"\xc3\"}", "{\"a\":\"\xc0\x80\"}",
    "{\"a\":\"\xed\xa0\x80\"}", "{\"a\":\"\xf4\x90\x80\x80\"}",
    "{\"\xfe\":1}", "{\"a\":1}\xff", "\xff\xfe{\0\"\0a\0",
  };

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    fail_if (is_accepted (bad[i], strlen (bad[i])), "%u", i);
  fail_unless (is_accepted ("{\"\xf0\x9f\xa6\x8a\":\"\xc3\xa9\"}", 13));
  fail_if (is_accepted ("{\"a\":\"x\0y\"}", 11));
  fail_if (is_accepted ("{\"a\":1}\0", 8));
  fail_if (is_accepted ("\0{\"a\":1}", 8));
}

/* One object, and nothing before or behind it */
TEST (test_not_an_object)
{
  static const gchar *const bad[] = {
    "", " ", "null", "true", "1", "\"a\"", "[]", "[{\"a\":1}]", "{", "}",
    "{\"a\"}", "{\"a\":}", "{\"a\":1", "{\"a\":1]", "{a:1}", "{\"a\":1}}",
    "<html></html>", "{\"a\":\"b}", "{\"a\":\"\\", "{\"a\":1,}",
    "{\"a\":1} 5", "{\"a\":1} \"x\"", "{\"a\":1},", "5 {\"a\":1}",
    "{\"a\":1}{\"a\":2}", "{\"a\":1}[]", "var x = {\"a\":1};",
  };

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    fail_if (is_accepted (bad[i], strlen (bad[i])), "accepted: %s", bad[i]);
  fail_if (is_accepted (NULL, 0));
  fail_unless (is_accepted ("{}", 2));
  fail_unless (is_accepted (" \r\n{ }\t\n", 8));
  fail_unless (is_accepted ("\xef\xbb\xbf{}", 5));
  fail_if (is_accepted ("\xef\xbb\xbf", 3));
}

static const gchar everything[] = "{\"string\":\"text\",\"empty\":\"\","
    "\"int\":-42,\"zero\":0,\"real\":2.5,\"exponent\":1e3,\"huge\":1e999,"
    "\"long\":99999999999999999999999,\"true\":true,\"false\":false,"
    "\"null\":null,\"array\":[1,\"x\"],\"none\":[],\"object\":{\"a\":1},"
    "\"bare\":{}}";

/* Every getter on every kind of value: of another type is absent, and nothing
 * is a critical, which would end this test. */
TEST (test_getters_by_type)
{
  g_autoptr (JsonObject) object = parse (everything);
  g_autoptr (GList) names = json_object_get_members (object);

  names = g_list_append (names, (gpointer) "absent");
  for (GList * l = names; l != NULL; l = l->next) {
    const gchar *name = l->data;
    gboolean flag;
    gdouble number;
    gint64 whole;

    fail_unless_equals_int (foxapi_json_get_string (object, name) != NULL,
        strstr ("string empty", name) != NULL);
    fail_unless_equals_int (foxapi_json_get_object (object, name) != NULL,
        strstr ("object bare", name) != NULL);
    fail_unless_equals_int (foxapi_json_get_array (object, name) != NULL,
        strstr ("array none", name) != NULL);
    fail_unless_equals_int (foxapi_json_get_boolean (object, name, &flag),
        strstr ("true false", name) != NULL);
    /* What a long number reads as is not defined, but no getter minds. */
    fail_unless (foxapi_json_get_int (object, name, &whole) ==
        (strstr ("int zero", name) != NULL) || g_str_equal (name, "long"));
    fail_unless (foxapi_json_get_number (object, name, &number) ==
        (strstr ("int zero real exponent", name) != NULL)
        || g_str_equal (name, "long"));
  }
}

TEST (test_getters_by_value)
{
  g_autoptr (JsonObject) object = parse (everything);
  gboolean flag = FALSE;
  gdouble number = 0;
  gint64 whole = 0;

  fail_unless_equals_string (foxapi_json_get_string (object, "string"), "text");
  fail_unless_equals_string (foxapi_json_get_string (object, "empty"), "");
  fail_unless (foxapi_json_get_int (object, "int", &whole));
  fail_unless_equals_int64 (whole, -42);
  fail_unless (foxapi_json_get_number (object, "int", &number));
  fail_unless_equals_float (number, -42);
  fail_unless (foxapi_json_get_number (object, "real", &number));
  fail_unless_equals_float (number, 2.5);
  fail_unless (foxapi_json_get_number (object, "exponent", &number));
  fail_unless_equals_float (number, 1000);
  fail_unless (foxapi_json_get_boolean (object, "true", &flag) && flag);
  fail_unless (foxapi_json_get_boolean (object, "false", &flag) && !flag);
}

TEST (test_nodes)
{
  g_autoptr (JsonObject) object = parse (everything);
  gint64 whole = 0;

  fail_unless (foxapi_json_node_get_string (NULL) == NULL);
  fail_if (foxapi_json_node_get_int (NULL, &whole));
  fail_unless_equals_string (foxapi_json_node_get_string
      (json_object_get_member (object, "string")), "text");
  fail_unless (foxapi_json_node_get_string (json_object_get_member (object,
              "array")) == NULL);
  fail_unless (foxapi_json_node_get_string (json_object_get_member (object,
              "null")) == NULL);
  fail_unless (foxapi_json_node_get_int (json_object_get_member (object, "int"),
          &whole));
  fail_unless_equals_int64 (whole, -42);
  fail_if (foxapi_json_node_get_int (json_object_get_member (object, "object"),
          &whole));
}

/* Escapes can name halves of characters that no text can have. */
TEST (test_strings_are_text)
{
  static const gchar *const texts[] = {
    "{\"a\":\"\\ud83e\"}", "{\"a\":\"\\udd8a\"}", "{\"a\":\"\\ud83e x\"}",
    "{\"a\":\"x\\ud83e\\ud83e\"}", "{\"a\":\"\\ud83e\\u0041\"}",
    "{\"a\":\"\\udd8a\\ud83e\"}", "{\"a\":\"\\ud83e\\n\"}",
    "{\"a\":\"\\u0000\"}", "{\"a\":\"x\\u0000y\"}", "{\"a\":\"\\ud83ee\"}",
  };
  g_autoptr (JsonObject) whole = parse ("{\"a\":\"\\ud83e\\udd8a\"}");

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++) {
    g_autoptr (JsonObject) object =
        foxapi_json_parse (texts[i], strlen (texts[i]), NULL);
    const gchar *value = object ? foxapi_json_get_string (object, "a") : NULL;

    fail_unless (value == NULL || g_utf8_validate (value, -1, NULL),
        "not UTF-8: %s", texts[i]);
  }
  fail_unless_equals_string (foxapi_json_get_string (whole, "a"),
      "\xf0\x9f\xa6\x8a");
}

TEST (test_to_text)
{
  static const gchar text[] = "{\"b\":[1,true,null,{\"x\":\"y\"}],\"a\":\"\"}";
  g_autoptr (JsonObject) object = parse (text);
  g_autofree gchar *printed = foxapi_json_to_text (object);

  fail_unless_equals_string (printed, text);
}

/* Numbers by the letter, not by what json-glib makes of them */
TEST (test_exact)
{
  static const gchar *const good[] = { "0", "-0", "7", "-7", "10", "1.5",
    "0.5", "1e5", "1E+5", "1.25e-3", "0e0", "9223372036854775807",
    "-9223372036854775808", "1e999", "true", "false", "null", "\"\"", "\"a b\"",
    "\"\\u00e9\\n\\/\"", "\"\xc3\xa9\"", "[]", "[ ]", "[1,[2],{}]", " [1 , 2] ",
    "{}", "{\"a\":{\"b\" : [null]}, \"c\":\"}\"}", "\t1\n"
  };
  static const gchar *const bad[] = { "", " ", "007", "00", "-01", "0x10", "1.",
    ".5", "-", "-.5", "+1", "1e", "1e+", "1.e5", "1_000", "1 2", "1,2", "1a",
    "Infinity", "NaN", "TRUE", "True", "tru", "truely", "nul", "\"", "\"a",
    "\"\\u12", "\"\\", "'a'", "[", "[1", "1],[2", "1],\"b\":[2",
    "[1,]",
    "[,]", "[1 2]", "{", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{a:1}",
    "{1:1}", "[1]]", "[1}", "1//", "/**/1", "var a = 1;",
    "9223372036854775808", "-9223372036854775809", "12345678901234567890",
    "\f1"
  };

  for (guint i = 0; i < G_N_ELEMENTS (good); i++)
    fail_unless (foxapi_json_is_exact (good[i]), "%s", good[i]);
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    fail_if (foxapi_json_is_exact (bad[i]), "%s", bad[i]);
}

TEST (test_exact_depth)
{
  g_autofree gchar *deep = g_strnfill (1000000, '[');

  fail_if (foxapi_json_is_exact (deep));
}

/* json-glib would write `1e+22.0`, and infinity. */
TEST (test_reads_back)
{
  static const gdouble bad[] = { 1e22, -1e30, G_MAXDOUBLE * 2 };
  g_autoptr (JsonObject) object = json_object_new ();

  json_object_set_double_member (object, "a", 0.1);
  json_object_set_string_member (object, "b", "\x01\n\"\x7f");
  fail_unless (foxapi_json_reads_back (object));
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++) {
    json_object_set_double_member (object, "a", bad[i]);
    fail_if (foxapi_json_reads_back (object));
  }
}

static const Test tests[] = {
  CASE ("bounds", NULL, NULL),
  ONCE (test_bytes),
  ONCE (test_depth),
  ONCE (test_depth_and_strings),
  ONCE (test_number_of_values),
  ONCE (test_encoding),
  ONCE (test_not_an_object),
  CASE ("values", NULL, NULL),
  ONCE (test_getters_by_type),
  ONCE (test_getters_by_value),
  ONCE (test_nodes),
  ONCE (test_strings_are_text),
  ONCE (test_to_text),
  CASE ("letter", NULL, NULL),
  ONCE (test_exact),
  ONCE (test_exact_depth),
  ONCE (test_reads_back),
};

CHECK_MAIN (json, tests)
