# SPDX-License-Identifier: LGPL-2.1-or-later
"""Row 6: how long set_state (NULL) takes, in each phase."""

ROW = "Stopping"
PHASES = {
    "silent": "connecting",
    "hold-submit": "submitting",
    "running": "waiting",
    "hold-ask": "asking",
    "stall": "downloading",
}
SOUP_PHASES = ("silent", "hold-ask", "stall")


def list_contestants(base, silent):
    """(title, what bench-stop takes)"""
    for phase, title in PHASES.items():
        scenario = "stalled" if phase == "stall" else phase
        url = silent + "/x" if phase == "silent" else f"{base}/{scenario}"
        yield f"foxapivideosrc, {title}", f"{phase}=foxapivideosrc,{url}"
    for phase in SOUP_PHASES:
        title = "waiting" if phase == "hold-ask" else PHASES[phase]
        url = silent + "/x" if phase == "silent" else f"{base}/{phase}"
        yield f"souphttpsrc, {title}", f"{phase}=souphttpsrc,{url}"
    yield "GStreamer alone, appsrc", "none=floor,http://127.0.0.1"


def measure(bench):
    service = bench.service
    runs = bench.rounds(200, 20)
    for case, base, silent in (
            ("plain HTTP", service.url, service.silent_plain_url),
            ("TLS 1.3", service.tls_url, service.silent_url)):
        service.links["stall"] = base
        titles, words = zip(*list_contestants(base, silent))
        bench.results.add(ROW, case, "time", "ms", bench.columns(
            titles, bench.program("bench-stop"), service.url, runs, *words,
            tls=case != "plain HTTP"))
        add_targets(bench.results, case)
    measure_curl(bench, "plain HTTP", max(runs // 8, 7))


def measure_curl(bench, case, runs):
    """Apart from the others, as it takes too long to be run as often."""
    service = bench.service
    service.links["stall"] = service.url
    bench.results.add(ROW, case, "time", "ms", bench.columns(
        ["curlhttpsrc, downloading"], bench.program("bench-stop"), service.url,
        runs, f"stall=curlhttpsrc,{service.url}/stall"))


def add_targets(results, case):
    for phase, title in PHASES.items():
        other = {"silent": "connecting", "stall": "downloading"}.get(
            phase, "waiting")
        for statistic in ("median", "p95"):
            results.target(
                ROW, case, "time", 1.1, f"souphttpsrc, {other}",
                contestant=f"foxapivideosrc, {title}", statistic=statistic)
