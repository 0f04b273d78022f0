/* The rules of a request, checked before anything is sent
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <string.h>

#include "protocoltest.h"
#include "requesttest.h"

#define FOX "\xf0\x9f\xa6\x8a"  /* one character of four bytes */
#define ACCENT "\xcc\x81"       /* a combining mark: a character of its own */

#define EXTRA(extra, expected) \
  {"{'prompt':'x'}", extra, "extra-parameters|" expected}
#define OF(model, properties, expected) \
  {"{'model':'" model "'" properties "}", NULL, expected}

static const RequestRow refused[] = {
  {"{}", NULL, "property prompt|not set|5000|" WAN},
  {"{'prompt':''}", NULL, "property prompt|''|5000"},
  {"{'model':''}", NULL, "model|''|name of a model"},
  {"{'prompt':'x','duration':1}", NULL, "property duration|is 1,|from 2 to 10"},
  {"{'prompt':'x','duration':11}", NULL, "duration|is 11,|from 2 to 10|" WAN},
  {"{'prompt':'x','duration':-2147483648}", NULL, "is -2147483648,"},
  {"{'prompt':'x','seed':-2}", NULL, "property seed|is -2,|to 2147483647"},
  {"{'prompt':'x','seed':2147483648}", NULL, "seed|is 2147483648,"},
  {"{'prompt':'x','resolution':'480p'}", NULL,
      "property resolution|'480p'|720p or 1080p"},
  {"{'prompt':'x','aspect-ratio':'21:9'}", NULL,
      "property aspect-ratio|'21:9'|4:3 or 3:4"},

  OF ("pixverse-v6-text-to-video", ",'prompt':'x','seed':-5", "seed|is -5,"),
  OF ("seedance-2.0-text-to-video", ",'prompt':'x','seed':-5", "seed|is -5,"),
  OF ("wan-2.7-text-to-video", ",'prompt':'x','seed':2147483648",
      "seed|483648"),

  /* What a model has no field for */
  OF ("wan-2.7-image-to-video", ",'aspect-ratio':'16:9'",
      "property aspect-ratio|wan-2.7-image-to-video has no aspect-ratio|"
      "shape from the first frame|first-frame-url|generation_type"),
  OF ("wan-2.7-text-to-video", ",'prompt':'x','first-frame-url':'https://a'",
      "property first-frame-url|wan-2.7-text-to-video|audio-url"),
  OF (WAN, ",'prompt':'x','first-frame-url':'https://a'",
      "property first-frame-url|" WAN "|reference-image-urls"),
  OF ("lipsync-2", ",'prompt':'x'", "property prompt|lipsync-2"),
  OF ("veo-3.1-fast", ",'prompt':'x','multi-shots':true",
      "multi-shots|veo-3.1-fast"),
  {"{'model':'veo-3.1-fast','prompt':'x'}", "{'enhance_prompt':true}",
      "extra-parameters|enhance_prompt|veo-3.1-fast has no"},
  {"{'prompt':'x'}", "{'ratio':'16:9'}", "extra-parameters, field ratio|" WAN},

  /* What it requires, under the name that its user sets */
  OF ("happyhorse-1.0-image-to-video", "", "property first-frame-url|not set"),
  OF ("omnihuman-1.5", ",'first-frame-url':'https://a'",
      "property audio-url|not set"),
  OF ("topaz-upscale-video", "", "property source-video-url|not set"),
  OF ("grok-imagine-reference-to-video", ",'prompt':'x'",
      "property reference-image-urls|not set|from 1 to 7"),
  OF ("fabric-1.0-text", ",'first-frame-url':'https://a','resolution':'480p'",
      "extra-parameters, field text,|not set"),
  OF ("fabric-1.0", ",'first-frame-url':'https://a','audio-url':'https://b'",
      "property resolution|not set|480p or 720p"),
  OF ("kling-o3-text-to-video", ",'prompt':''", "One of these must be set"),
  OF ("kling-o3-text-to-video", "", "One of these must be set for "
      "kling-o3-text-to-video: prompt, multi_prompt (in extra-parameters). No"),
  {"{'model':'veo-3.1','prompt':'x'}", "{'image_urls':['https://a']}",
      "image_urls is set, veo-3.1 needs one of these: generation_type (in"},

  /* Rules across fields */
  OF ("veo-3.1-lite", ",'prompt':'x','resolution':'1080p','duration':4",
      "The property duration is 4, but must be 8 where resolution is '1080p'"),
  OF ("veo-3.1-lite-text-to-video", ",'prompt':'x','resolution':'1080p',"
      "'duration':6", "duration is 6, but must be 8"),
  OF ("veo-3.1", ",'prompt':'x','reference-image-urls':['https://a'],"
      "'duration':4", "duration is 4, but must be 8 where generation_type is"),
  {"{'model':'veo-3.1','prompt':'x'}",
      "{'generation_type':'reference-to-video'}", "needs one of these: first-"},
  {"{'model':'veo-3.1','prompt':'x'}", "{'reference_type':'STYLE'}",
      "field generation_type, is not set, but must be 'reference-to-video' "
        "where reference_type is set"},
  {"{'model':'kling-v3-text-to-video','prompt':'x'}", "{'voice_ids':['a']}",
      "field generate_audio, is not set, but must be true where voice_ids"},
  {"{'model':'kling-v3-text-to-video','prompt':'x'}",
      "{'voice_ids':['a'],'generate_audio':false}", "generate_audio, is false"},
  {"{'model':'seedance-2.0-reference-to-video','prompt':'x'}",
        "{'audio_urls':['https://a'],'image_urls':[]}",
      "needs one of these: reference-image-urls, reference-video-urls. No"},
  {"{'model':'wan-2.7-image-to-video'}",
        "{'generation_type':'video-continuation'}",
      "needs one of these: source-video-url. No"},
  {"{'model':'kling-o3-video-to-video-edit','prompt':'x','source-video-url':"
        "'https://a','reference-image-urls':['https://a','https://b',"
        "'https://c','https://d']}", "{'elements':[{}]}",
      "at most 4 items of these together, not 5: reference-image-urls, "
        "elements (in extra-parameters)"},

  /* Lists */
  {"{'model':'veo-3.1','prompt':'x','first-frame-url':'https://a'}",
        "{'generation_type':'first-last-frame'}",
      "property first-frame-url|must hold 2|generation_type is "
        "first-last-frame|veo-3.1|holds 1"},
  {"{'model':'veo-3.1-lite','prompt':'x'}",
      "{'generation_type':'image-to-video'}", "must hold 1|holds 0"},
  {"{'model':'wan-2.7-image-to-video','source-video-url':'https://a'}",
      "{'generation_type':'image-to-video'}", "image-to-video"},
  OF ("wan-2.7-image-to-video", ",'last-frame-url':'https://b'",
      "last-frame-url|together with first-frame-url"),
  OF ("wan-2.7-image-to-video", ",'first-frame-url':'https://b',"
      "'source-video-url':'https://a'",
      "set: first-frame-url, source-video-url."),
  OF ("veo-3.1", ",'prompt':'x','first-frame-url':'no url'",
      "The property first-frame-url names 'no url', but there is no such file"),
  OF ("wan-2.7-image-to-video", ",'first-frame-url':'https://a',"
      "'last-frame-url':'no:'", "The property last-frame-url is 'no:', but"),
  OF ("veo-3.1", ",'prompt':'x','reference-image-urls':['no url']",
      "The property reference-image-urls names 'no url', but"),
  OF ("veo-3.1", ",'prompt':'x','first-frame-url':'https://b',"
      "'reference-image-urls':['https://a']",
      "both are set: first-frame-url, reference-image-urls."),
  OF ("kling-v3-motion-control", ",'reference-image-urls':['https://a',"
      "'https://b'],'reference-video-urls':['https://c']",
      "reference-image-urls|2 items|takes one"),
  OF ("veo-3.1-reference-to-video", ",'prompt':'x','reference-image-urls':"
      "['https://a','https://b','https://c','https://d']", "from 1 to 3"),

  /* Kinds of values */
  OF ("kling-v2-6-video", ",'prompt':'x','duration':7", "is 7,|5 or 10"),
  OF ("seedance-2.0-text-to-video", ",'prompt':'x','duration':3",
      "is 3,|from 4 to 15, or -1"),
  {"{'model':'lipsync-2','source-video-url':'https://a',"
        "'audio-url':'https://b'}", "{'temperature':1.5}",
      "temperature|1.5|from 0 to 1"},
  {"{'model':'live-avatar','prompt':'x','first-frame-url':'https://a',"
        "'audio-url':'https://b'}", "{'frames_per_clip':17}",
      "frames_per_clip|is 17,|multiple of 4"},
  {"{'model':'kling-o3-text-to-video'}", "{'multi_prompt':[{'prompt':7}]}",
      "multi_prompt|list of structures|prompt"},
  {"{'model':'pixverse-c1-reference-to-video','prompt':'x'}",
      "{'references':[{'url':'no url'}]}", "references|http"},

  /* Extra parameters are checked like the properties, types included. */
  EXTRA ("{'model':7}", "model|is 7,|name of a model"),
  EXTRA ("{'model':null}", "model|null|name of a model"),
  EXTRA ("{'duration':11}", "field duration,|is 11,"),
  EXTRA ("{'duration':'5'}", "duration|'5'"),
  EXTRA ("{'duration':5.5}", "duration|5.5"),
  EXTRA ("{'duration':null}", "duration|null"),
  EXTRA ("{'duration':true}", "duration|true"),
  EXTRA ("{'seed':-1}", "seed|is -1,"),
  EXTRA ("{'seed':4294967296}", "seed|is 4294967296,"),
  EXTRA ("{'prompt':5}", "prompt|is 5,"),
  EXTRA ("{'prompt':null}", "prompt|null"),
  EXTRA ("{'prompt':' '}", "prompt|' '"),
  EXTRA ("{'prompt':['x']}", "prompt|['x']"),
  EXTRA ("{'resolution':720}", "resolution|is 720,"),
  EXTRA ("{'aspect_ratio':'21:9'}", "aspect_ratio|21:9"),
  EXTRA ("{'multi_shots':1}", "multi_shots|is 1,|true or false"),
  EXTRA ("{'reference_image_urls':'https://a/b'}", "reference_image_urls|http"),
  EXTRA ("{'reference_image_urls':[5]}", "reference_image_urls|[5]"),
  EXTRA ("{'reference_video_urls':[null]}", "reference_video_urls|[null]"),
};

TEST (test_refused)
{
  check_refused (&refused[__i__]);
}

static const RequestRow kept[] = {
  {"{'model':'veo-3.1-lite','prompt':'x','resolution':'1080p'}", NULL, NULL},
  {"{'model':'veo-3.1-lite','prompt':'x','resolution':'1080p','duration':8}",
      NULL, NULL},
  {"{'model':'veo-3.1-lite','prompt':'x','duration':4}", NULL, NULL},
  {"{'model':'kling-v3-text-to-video','prompt':'x'}",
      "{'voice_ids':['a'],'generate_audio':true}", NULL},
  {"{'model':'kling-v3-text-to-video','prompt':'x'}", "{'voice_ids':[]}", NULL},
  {"{'model':'seedance-2.0-reference-to-video','prompt':'x',"
        "'reference-video-urls':['https://a'],'seed':-1}",
      "{'audio_urls':['https://a']}", NULL},
};

static const gchar *const accepted[] = {
  "{'seed':0}", "{'seed':2147483647}", "{'duration':2}", "{'duration':10}",
  "{'negative_prompt':null}", "{'negative_prompt':''}", "{'multi_shots':null}",
  "{'reference_image_urls':[]}", "{'reference_video_urls':null}",
  "{'aspect_ratio':'1:1'}", "{'resolution':'720p'}",
};

static void
check_accepted (const gchar * properties, const gchar * extra)
{
  g_autoptr (GError) error = NULL;
  g_autofree gchar *body = build_body (properties, extra, &error);

  fail_unless (body != NULL, "%s", error ? error->message : "");
}

TEST (test_accepted)
{
  check_accepted ("{'prompt':'x'}", accepted[__i__]);
}

TEST (test_kept)
{
  check_accepted (kept[__i__].properties, kept[__i__].extra);
}

/* @unit repeated, up to the limit and one more */
static void
check_limit (const gchar * unit, const gchar * property, guint n)
{
  g_autofree gchar *least = g_strdup_printf ("%s|%u|%u", property, n + 1, n);
  GString *text = g_string_new (NULL);
  g_autofree gchar *fits = NULL, *long_one = NULL;

  for (guint i = 0; i < n; i++)
    g_string_append (text, unit);
  fits = g_strdup_printf ("{'prompt':'x','%s':'%s'}", property, text->str);
  check_accepted (fits, NULL);
  long_one = g_strdup_printf ("{'prompt':'x','%s':'%s%s'}", property, text->str,
      unit);
  check_refused (&(RequestRow) {
      long_one, NULL, least}
  );
  g_string_free (text, TRUE);
}

/* A letter with a mark on it is two characters, a family of three is five. */
TEST (test_characters_not_bytes)
{
  static const gchar *const units[] = { "x", "\xc3\xa9", "\xe7\x8b\x90", FOX,
    ACCENT
  };

  for (guint i = 0; i < G_N_ELEMENTS (units); i++) {
    check_limit (units[i], "prompt", 5000);
    check_limit (units[i], "negative-prompt", 500);
  }
}

static const struct
{
  const gchar *url;
  gboolean is_good;
} references[] = {
  {"", FALSE}, {"a.png", FALSE}, {"/tmp/a.png", FALSE}, {"ftp://a/b", FALSE},
  {"data:image/png;base64,AAAA", FALSE}, {"https://", FALSE},
  {"http:///a", FALSE}, {"javascript:x", FALSE}, {"https", FALSE},
  {"https://a/%zz", FALSE}, {"file://elsewhere/../%00", FALSE},
  {"file:x", FALSE}, {"https://a/b c", FALSE}, {"https://a b/", FALSE},
  {"https://a/\\n", FALSE},
  {"http://127.0.0.1:8080/a?b=c&d=%20#e", TRUE}, {"https://[::1]/a", TRUE},
  {"HTTPS://EXAMPLE.COM/A.PNG", TRUE}, {"file:///tmp/a%20b.png", TRUE},
  {"https://a/b?sig=%FF", TRUE}, {"https://a/%E9", TRUE},
  {"file:///tmp/caf%E9.png", TRUE},
};

TEST (test_reference)
{
  static const gchar *const forms[] = {
    "{'prompt':'x','reference-image-urls':['https://e.com/a.png','%s']}",
    "{'prompt':'x','reference-video-urls':['%s']}",
    "{'model':'wan-2.7-image-to-video','first-frame-url':'%s'}",
    "{'model':'wan-2.7-image-to-video','audio-url':'%s'}",
  };

  for (guint i = 0; i < G_N_ELEMENTS (forms); i++) {
    g_auto (GStrv) halves = g_strsplit (forms[i], "%s", 2);
    g_autofree gchar *properties = g_strconcat (halves[0],
        references[__i__].url, halves[1], NULL);

    if (references[__i__].is_good)
      check_accepted (properties, NULL);
    else
      check_refused (&(RequestRow) {
          properties, NULL, *references[__i__].url == '\0'
          || strchr (references[__i__].url, ':') != NULL ?
          "http|percent" : "no such file|http"}
    );
  }
}

/* Some take the picture itself, too. */
TEST (test_inline)
{
  check_accepted ("{'model':'vidu-q3-image-to-video',"
      "'first-frame-url':'data:image/png;base64,AAAA'}", NULL);
}

static const Test tests[] = {
  CASE ("rules", NULL, NULL),
  ROWS (test_refused, refused),
  ROWS (test_accepted, accepted),
  ROWS (test_kept, kept),
  ONCE (test_characters_not_bytes),
  ROWS (test_reference, references),
  ONCE (test_inline),
};

CHECK_MAIN (rules, tests)
