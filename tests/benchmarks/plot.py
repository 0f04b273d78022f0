# SPDX-License-Identifier: LGPL-2.1-or-later
"""Results → results.svg: ratios on a logarithmic scale, a line for each case"""

import html
import math
import statistics

from measure import quantile, ratios

WIDTH = 960
LEFT = 400
RIGHT = 930
LINE = 19
TOP = 70
SHOWN = {
    "Delivery": ("wall time", "processor time", "peak memory"),
    "First frame": ("delay",),
    "Starting": ("to the request", "to the answer"),
    "Many": ("memory each", "time"),
}
COLOURS = {
    "foxapivideosrc": "#c4420f", "souphttpsrc": "#555555",
    "curlhttpsrc": "#17becf", "curl": "#1f77b4",
    "recv()": "#9467bd", "playbin": "#2ca02c", "Python": "#bf9000",
    "GStreamer": "#8a8a8a",
}
FROM, TO = .02, 10


def to_x(ratio):
    share = (math.log(min(max(ratio, FROM), TO)) - math.log(FROM)) / (
        math.log(TO) - math.log(FROM))
    return LEFT + share * (RIGHT - LEFT)


def colour_of(contestant):
    for start, colour in COLOURS.items():
        if contestant.startswith(start):
            return colour
    return "#000000"


def text(x, y, words, **options):
    attributes = "".join(f' {key.replace("_", "-")}="{value}"'
                         for key, value in options.items())
    return f'<text x="{x:.1f}" y="{y:.1f}"{attributes}>' \
        f"{html.escape(words)}</text>"


def list_lines(results):
    """(row, case, metric, contestant → paired ratios to souphttpsrc)"""
    groups = {}
    for each in results.series:
        if each.metric in SHOWN.get(each.row, ()):
            groups.setdefault((each.row, each.case, each.metric),
                              []).append(each)
    for (row, case, metric), members in groups.items():
        base = next((each for each in members
                     if each.contestant.startswith("souphttpsrc")), None)
        if base is None or not all(base.values):
            continue
        yield row, case, metric, {
            each.contestant: ratios(each.values, base.values)
            for each in members
            if each is not base and "fast sink" not in each.contestant
            and len(each.values) == len(base.values)}
    yield from list_stopping(results)


def list_stopping(results):
    """Each phase against that of souphttpsrc which the target names."""
    for target in results.targets:
        if target.row != "Stopping" or target.statistic != "median":
            continue
        ours, base = (results.find(target.row, target.case, target.metric, name)
                      for name in (target.contestant, target.against))
        phase = target.contestant.removeprefix("foxapivideosrc, ")
        if ours is not None and base is not None:
            yield target.row, f"{target.case}, {phase}", target.metric, {
                ours.contestant: ratios(ours.values, base.values)}


def draw_scale(bottom):
    for ratio in (.02, .05, .1, .2, .5, 1, 2, 5, 10):
        x = to_x(ratio)
        strong = ratio == 1
        yield (f'<line x1="{x:.1f}" y1="{TOP - 8}" x2="{x:.1f}" y2="{bottom}" '
               f'stroke="{"#555555" if strong else "#dddddd"}"/>')
        yield text(x, TOP - 13, f"{ratio:g}", text_anchor="middle")


def draw_ratios(y, contestants):
    # Ours last, on top.
    for name, values in reversed(contestants.items()):
        colour = colour_of(name)
        ours = name.startswith("foxapivideosrc")
        low, high = quantile(values, .25), quantile(values, .75)
        yield (f'<line x1="{to_x(low):.1f}" y1="{y}" x2="{to_x(high):.1f}" '
               f'y2="{y}" stroke="{colour}" stroke-width="2"/>')
        yield (f'<circle cx="{to_x(statistics.median(values)):.1f}" cy="{y}" '
               f'r="{5 if ours else 3.5}" fill="{colour}"><title>'
               f"{html.escape(name)}: {statistics.median(values):.2f}"
               "</title></circle>")


def draw_targets(results, y, row, case, metric):
    for target in results.targets:
        if (target.row, target.case, target.metric) == (row, case, metric) and \
                (target.against or "").startswith("souphttpsrc"):
            x = to_x(target.at_most)
            yield (f'<path d="M{x:.1f} {y - 8} v16" stroke="#c4420f" '
                   'stroke-width="1.5" stroke-dasharray="3 2"/>')


def draw_legend():
    x = 12
    for name, colour in COLOURS.items():
        yield f'<circle cx="{x}" cy="28" r="4" fill="{colour}"/>'
        yield text(x + 8, 32, name)
        x += 20 + 7.5 * len(name)
    yield text(x, 32, "dashed: target; bars: middle half of the runs")


def write_plot(results, folder):
    lines = list(list_lines(results))
    parts, y, last = [], TOP + 8, None
    for row, case, metric, contestants in lines:
        if row != last:
            y += 6
            parts.append(text(12, y + LINE - 6, row, font_weight="bold"))
            y += LINE
            last = row
        parts.append(text(LEFT - 12, y + 4, f"{case}: {metric}"[:66],
                          text_anchor="end"))
        parts += draw_targets(results, y, row, case, metric)
        parts += draw_ratios(y, contestants)
        y += LINE
    head = (f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" '
            f'height="{y + 10}" font-family="sans-serif" font-size="11">'
            '<rect width="100%" height="100%" fill="#ffffff"/>')
    title = text(12, 16, "Ratio to souphttpsrc (less is better)",
                 font_weight="bold", font_size=13)
    (folder / "results.svg").write_text("\n".join(
        [head, title, *draw_legend(), *draw_scale(y), *parts, "</svg>", ""]),
        encoding="utf-8")
