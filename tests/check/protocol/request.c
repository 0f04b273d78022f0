/* Request bodies: exact, and nothing in them that is unset
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <string.h>

#include "foxapicatalogue.h"
#include "foxapijson.h"
#include "foxapirequest.h"
#include "protocoltest.h"
#include "requesttest.h"

#define FOX "\xf0\x9f\xa6\x8a"
#define DEFAULTS "'duration':5,'resolution':'1080p','aspect_ratio':'16:9'"

static const RequestRow bodies[] = {
  {"{'prompt':'A fox'}", NULL,
      "{'model':'" WAN "','prompt':'A fox'," DEFAULTS "}"},
  {"{'model':'" WAN "','prompt':'\\\"A\\\"\\n\\\\" FOX "',"
        "'reference-image-urls':['https://a/1.png?x=1&y=%20','http://b'],"
        "'reference-video-urls':['file:///tmp/v.mp4'],'duration':10,"
        "'resolution':'720p','aspect-ratio':'3:4','negative-prompt':'blur',"
        "'seed':2147483647,'multi-shots':false,'enable-safety-checker':true}",
        NULL,
      "{'model':'" WAN "','prompt':'\\\"A\\\"\\n\\\\" FOX "',"
        "'reference_image_urls':['https://a/1.png?x=1&y=%20','http://b'],"
        "'reference_video_urls':['file:///tmp/v.mp4'],'duration':10,"
        "'resolution':'720p','aspect_ratio':'3:4','negative_prompt':'blur',"
        "'seed':2147483647,'multi_shots':false,'enable_safety_checker':true}"},

  /* Another model gets what was set. */
  {"{'model':'wan-2.7-text-to-video','prompt':'A fox'}", NULL,
      "{'model':'wan-2.7-text-to-video','prompt':'A fox'}"},
  {"{'model':'" OTHER_MODEL "'}", NULL, "{'model':'" OTHER_MODEL "'}"},
  {"{'model':'" OTHER_MODEL "','prompt':'A fox','duration':99,'seed':-7,"
        "'resolution':'8k','aspect-ratio':'1:9'}",
        "{'ratio':'21:9','camera':{'moves':[1,2.5,'up',null]}}",
      "{'model':'" OTHER_MODEL "','prompt':'A fox','duration':99,'seed':-7,"
        "'resolution':'8k','aspect_ratio':'1:9','ratio':'21:9',"
        "'camera':{'moves':[1,2.5,'up',null]}}"},
  /* One of a page that many old models share */
  {"{'model':'wan2.5-i2v','prompt':'A fox','resolution':'480p',"
        "'first-frame-url':'https://a'}", "{'model_params':{'x':1}}",
      "{'model':'wan2.5-i2v','prompt':'A fox','resolution':'480p',"
        "'image_url':'https://a','model_params':{'x':1}}"},

  /* Roles: one vocabulary, each model's names */
  {"{'model':'wan-2.7-image-to-video','first-frame-url':'https://a',"
        "'last-frame-url':'https://b','audio-url':'https://c','duration':15}",
      NULL, "{'model':'wan-2.7-image-to-video','duration':15,"
        "'image_urls':['https://a','https://b'],'audio_url':'https://c'}"},
  {"{'model':'wan-2.7-image-to-video','source-video-url':'https://a'}", NULL,
      "{'model':'wan-2.7-image-to-video','video_url':'https://a'}"},
  {"{'model':'wan-2.7-video-edit','prompt':'x','source-video-url':'https://a',"
        "'reference-image-urls':['https://b'],'duration':0}", NULL,
      "{'model':'wan-2.7-video-edit','prompt':'x','video_url':'https://a',"
        "'reference_image_url':'https://b','duration':0}"},
  {"{'model':'kling-o3-reference-to-video','prompt':'x','first-frame-url':"
        "'https://a','last-frame-url':'https://b','reference-image-urls':"
        "['https://c']}", NULL,
      "{'model':'kling-o3-reference-to-video','prompt':'x','start_image_url':"
        "'https://a','end_image_url':'https://b','image_urls':['https://c']}"},
  {"{'model':'veo-3.1-first-last-frame-to-video','prompt':'x',"
        "'first-frame-url':'https://a','last-frame-url':'https://b'}", NULL,
      "{'model':'veo-3.1-first-last-frame-to-video','prompt':'x',"
        "'first_image_url':'https://a','last_image_url':'https://b'}"},
  {"{'model':'heygen-video-agent','prompt':'x','reference-image-urls':"
        "['https://a'],'reference-video-urls':['https://b']}", NULL,
      "{'model':'heygen-video-agent','prompt':'x',"
        "'file_urls':['https://a','https://b']}"},
  {"{'model':'pixverse-c1-reference-to-video','prompt':'x',"
        "'reference-image-urls':['https://a','https://b']}", NULL,
      "{'model':'pixverse-c1-reference-to-video','prompt':'x',"
        "'references':[{'url':'https://a'},{'url':'https://b'}]}"},
  {"{'model':'omnihuman-1.5','first-frame-url':'https://a',"
        "'audio-url':'https://b'}", NULL,
      "{'model':'omnihuman-1.5','image_url':'https://a',"
        "'audio_url':'https://b'}"},
  {"{'model':'sora-2-pro-remix','prompt':'x','source-video-url':'video_1'}",
      NULL, "{'model':'sora-2-pro-remix','prompt':'x','video_id':'video_1'}"},
  /* What images mean to it follows from their properties. */
  {"{'model':'veo-3.1','prompt':'x'}", NULL,
      "{'model':'veo-3.1','prompt':'x'}"},
  {"{'model':'veo-3.1','prompt':'x','first-frame-url':'https://a'}", NULL,
      "{'model':'veo-3.1','prompt':'x','image_urls':['https://a'],"
        "'generation_type':'image-to-video'}"},
  {"{'model':'veo-3.1','prompt':'x','first-frame-url':'https://a',"
        "'last-frame-url':'https://b'}", NULL,
      "{'model':'veo-3.1','prompt':'x','image_urls':['https://a','https://b'],"
        "'generation_type':'first-last-frame'}"},
  {"{'model':'veo-3.1-fast','prompt':'x','reference-image-urls':"
        "['https://a']}", NULL,
      "{'model':'veo-3.1-fast','prompt':'x','image_urls':['https://a'],"
        "'generation_type':'reference-to-video'}"},
  {"{'model':'veo-3.1','prompt':'x','first-frame-url':'https://a'}",
        "{'generation_type':'reference-to-video'}",
      "{'model':'veo-3.1','prompt':'x','image_urls':['https://a'],"
        "'generation_type':'reference-to-video'}"},

  /* Extra parameters come on top, nested as they are, and win. */
  {"{'prompt':'A fox'}", "{'prompt':'A hare','duration':7,'seed':null}",
      "{'model':'" WAN
        "','prompt':'A hare','duration':7,'resolution':'1080p',"
        "'aspect_ratio':'16:9','seed':null}"},
  {"{'prompt':'A fox'}", "{'model':'" OTHER_MODEL "'}",
      "{'model':'" OTHER_MODEL "','prompt':'A fox'}"},
  {"{'model':'" OTHER_MODEL "','prompt':'A fox'}", "{'model':'" WAN "'}",
      "{'model':'" WAN "','prompt':'A fox'," DEFAULTS "}"},
  {"{'model':'kling-o3-text-to-video'}",
        "{'multi_prompt':[{'prompt':'a','duration':3},{'prompt':'b'}]}",
      "{'model':'kling-o3-text-to-video',"
        "'multi_prompt':[{'prompt':'a','duration':3},{'prompt':'b'}]}"},
};

TEST (test_body)
{
  check_body (&bodies[__i__]);
}

/* What JSON has no word for must not get into the body. */
TEST (test_body_is_json)
{
  static const gchar *const extras[] = { "{'zoom':1e999}",
    "{'zoom':[{'x':-1e999}]}", "{'zoom':1e308}",
  };

  for (guint i = 0; i < G_N_ELEMENTS (extras); i++) {
    g_autofree gchar *body = build_body ("{'model':'" OTHER_MODEL "'}",
        extras[i], NULL);
    g_autoptr (JsonObject) again =
        body ? foxapi_json_parse (body, strlen (body), NULL) : NULL;

    fail_unless (body == NULL || again != NULL, "%s", body);
  }
}

static gchar *
make_text (const gchar * properties, const gchar * extra)
{
  g_autoptr (JsonObject) set = parse_object (properties);
  g_autoptr (JsonObject) further = extra ? parse_object (extra) : NULL;
  g_autoptr (JsonObject) body = foxapi_request_build (set, further, NULL);

  return foxapi_json_to_text (body);
}

/* Whatever order the application had, and whether it set a default or left it:
 * one request, one text, one identity. */
TEST (test_same_settings_same_text)
{
  g_autofree gchar *a = make_text ("{'prompt':'x','seed':5}",
      "{'negative_prompt':'y'}");
  g_autofree gchar *b = make_text ("{'resolution':'1080p','prompt':'x',"
      "'negative-prompt':'y','duration':5}", "{'seed':5}");
  g_autofree gchar *c = make_text ("{'model':'a'}",
      "{'zoom':1,'angle':{'x':1},'seed':5}");
  g_autofree gchar *d = make_text ("{'model':'a'}",
      "{'seed':5,'angle':{'x':1},'zoom':1}");

  fail_unless_equals_string (a, b);
  fail_unless_equals_string (c, d);
}

/* json-glib counts who has a value without a lock, and all threads have the
 * catalogue's. */
TEST (test_defaults_are_copied)
{
  g_autoptr (JsonObject) properties = parse_object ("{'prompt':'A fox'}");
  g_autoptr (JsonObject) body = foxapi_request_build (properties, NULL, NULL);
  JsonObject *fields = foxapi_json_get_object (foxapi_catalogue_find (WAN),
      "fields");
  const gchar *own = foxapi_json_get_string (foxapi_json_get_object (fields,
          "resolution"), "default");
  const gchar *copy = foxapi_json_get_string (body, "resolution");

  fail_unless_equals_string (copy, own);
  fail_if (copy == own);
}

/* What the application has is sent again at the next start. */
TEST (test_settings_are_not_used_up)
{
  g_autoptr (JsonObject) set = parse_object ("{'model':'a'}");
  g_autoptr (JsonObject) extra = parse_object ("{'camera':{'x':[1]}}");
  g_autoptr (JsonObject) body = foxapi_request_build (set, extra, NULL);
  g_autoptr (JsonObject) again = NULL;
  g_autofree gchar *text = NULL;

  json_object_set_int_member (body, "camera", 7);
  again = foxapi_request_build (set, extra, NULL);
  text = foxapi_json_to_text (again);
  fail_unless_equals_string (text, "{\"model\":\"a\",\"camera\":{\"x\":[1]}}");
}

/* Text alone is another model's work, and the provider takes five references, which
 * costs nothing to say. */
TEST (test_gap)
{
  g_autoptr (JsonObject) body = parse_object ("{'model':'" WAN "',"
      "'prompt':'x','reference_image_urls':[]}");
  g_autoptr (JsonObject) good = parse_object ("{'model':'" WAN "',"
      "'prompt':'x','reference_video_urls':['https://a']}");
  g_autoptr (JsonObject) other = parse_object ("{'model':"
      "'wan-2.7-text-to-video','prompt':'x'}");
  g_autoptr (JsonObject) most = parse_object ("{'model':'" WAN "',"
      "'prompt':'x','reference_image_urls':['a','b'],"
      "'reference_video_urls':['c','d','e']}");
  g_autoptr (JsonObject) many = parse_object ("{'model':'" WAN "',"
      "'prompt':'x','reference_image_urls':['a','b','c'],"
      "'reference_video_urls':['d','e','f']}");
  g_autoptr (JsonObject) no_frame = parse_object ("{'model':"
      "'wan-2.7-image-to-video','prompt':'x'}");
  g_autofree gchar *gap = foxapi_request_describe_doubt (body);
  g_autofree gchar *frame_gap = foxapi_request_describe_doubt (no_frame);
  g_autofree gchar *slip = NULL;
  g_autofree gchar *surplus = foxapi_request_describe_doubt (many);

  check_words (surplus, "6 references", "more than 5", "reference-video-urls",
      NULL);
  fail_unless (foxapi_request_describe_doubt (most) == NULL);
  check_words (gap, "reference-image-urls", "wan-2.7-text-to-video", NULL);
  check_words (frame_gap, "first-frame-url", "source-video-url", NULL);
  json_object_set_string_member (no_frame, "video_url", "https://a");
  fail_unless (foxapi_request_describe_doubt (no_frame) == NULL);
  fail_unless (foxapi_request_describe_doubt (good) == NULL);
  fail_unless (foxapi_request_describe_doubt (other) == NULL);
  json_object_set_string_member (other, "model", "wan-2.7-text2video");
  slip = foxapi_request_describe_doubt (other);
  check_words (slip, "wan-2.7-text2video", "mean wan-2.7-text-to-video", NULL);
  json_object_set_string_member (other, "model", "another-model");
  fail_unless (foxapi_request_describe_doubt (other) == NULL);
}

static const Test tests[] = {
  CASE ("bodies", NULL, NULL),
  ROWS (test_body, bodies),
  ONCE (test_body_is_json),
  ONCE (test_same_settings_same_text),
  ONCE (test_defaults_are_copied),
  ONCE (test_settings_are_not_used_up),
  ONCE (test_gap),
};

CHECK_MAIN (request, tests)
