# SPDX-License-Identifier: LGPL-2.1-or-later
"""Row 1: from the result's server to a sink."""

from measure import in_turn, pick

ROW = "Delivery"
MIB = 1 << 20
SLOW_RATE = 100 * MIB
SIZES = {"1 KiB": 1024, "64 MiB": 64 * MIB, "128 MiB": 128 * MIB,
         "512 MiB": 512 * MIB, "1 GiB": 1024 * MIB}


def prepare(bench):
    """Sparse files: what they hold does not matter to anybody here."""
    for name, size in SIZES.items():
        with open(bench.scratch / "files" / file_name(name), "wb") as file:
            file.truncate(size)
        for server in ("plain", "tls", "http2"):
            bench.service.links[f"{server}-{file_name(name)}"] = \
                link(bench, server, name)


def file_name(size):
    return size.replace(" ", "")


def link(bench, server, size):
    return f"{getattr(bench.web, server)}/{file_name(size)}"


def service(bench, server, size):
    return f"{bench.service.url}/done/{server}-{file_name(size)}"


def fetch(bench, server, size, kind, *options):
    url = service(bench, server, size) if kind == "foxapivideosrc" else \
        link(bench, server, size)
    run = bench.json("fetch", kind, url, *options, tls=server != "plain")
    if run["bytes"] != SIZES[size]:
        raise RuntimeError(f"{kind} has not delivered {size}")
    return run


def curl(bench, url, *options):
    run = bench.whole_process(
        "curl", "-s", "-o", "/dev/null", "-w", "%{time_total}", "--cacert",
        bench.authority, *options, url)
    run["wall"] = float(run["output"])
    return run


def contestants(bench, server, size):
    url = link(bench, server, size)
    all_of_them = {
        "foxapivideosrc": lambda: fetch(bench, server, size, "foxapivideosrc"),
        "souphttpsrc": lambda: fetch(bench, server, size, "souphttpsrc"),
        "curl": lambda: curl(bench, url),
    }
    if server == "plain":
        all_of_them["curlhttpsrc"] = lambda: fetch(bench, server, size,
                                                   "curlhttpsrc")
        all_of_them["recv(), the limit"] = lambda: bench.json("fetch", "recv", url)
    return all_of_them


def compare(bench, case, all_of_them, rounds):
    runs = in_turn(rounds, all_of_them)
    add = bench.results.add
    add(ROW, case, "wall time", "s", pick(runs, "wall"))
    add(ROW, case, "processor time", "s", pick(runs, "cpu"))
    add(ROW, case, "context switches", "", pick(runs, "switches"))
    add(ROW, case, "peak memory", "MiB", pick(runs, "peak", 1 / 1024))


def compare_large(bench, protocol, server, size, rounds, wall, cpu):
    """With targets for what is to be reached of souphttpsrc's."""
    case = f"{protocol}, {size}"
    compare(bench, case, contestants(bench, server, size), rounds)
    for metric, at_most in (("peak memory", 1), ("wall time", wall),
                            ("processor time", cpu)):
        bench.results.target(ROW, case, metric, at_most, "souphttpsrc")


def compare_slow(bench, case, server, size, rounds):
    """The same, and then with a sink that takes SLOW_RATE and no more."""
    runs = in_turn(rounds, {
        kind + suffix: lambda kind=kind, options=options: fetch(
            bench, server, size, kind, *options)
        for kind in ("foxapivideosrc", "souphttpsrc")
        for suffix, options in (("", [SLOW_RATE]), (", fast sink", []))
    })
    bench.results.add(ROW, case, "peak memory", "MiB",
                      pick(runs, "peak", 1 / 1024))
    bench.results.target(ROW, case, "peak memory", 1.1,
                         "foxapivideosrc, fast sink")


def compare_round_trips(bench, rounds):
    case = "plain HTTP, 1 KiB"
    runs = in_turn(rounds, {
        kind: lambda kind=kind: fetch(bench, "plain", "1 KiB", kind)
        for kind in ("foxapivideosrc", "souphttpsrc")
    })
    bench.results.add(ROW, case, "wall time", "ms", pick(runs, "wall", 1000))
    bench.results.add(ROW, case, "processor time", "ms",
                      pick(runs, "cpu", 1000))


def measure(bench):
    prepare(bench)
    compare_large(bench, "plain HTTP", "plain",
                  "128 MiB" if bench.quick else "1 GiB", bench.rounds(9, 3),
                  .80, .55)
    compare_large(bench, "TLS 1.3", "tls",
                  "64 MiB" if bench.quick else "512 MiB", bench.rounds(7, 3),
                  .58, .42)
    compare_http2(bench, bench.rounds(7, 3))
    compare_slow(bench, "a sink of 100 MiB/s, plain HTTP, 128 MiB", "plain",
                 "128 MiB", bench.rounds(3, 1))
    compare_slow(bench, "a sink of 100 MiB/s, TLS with HTTP/2, 64 MiB", "http2",
                 "64 MiB", bench.rounds(3, 1))
    compare_round_trips(bench, bench.rounds(15, 5))


def compare_http2(bench, rounds):
    """Against souphttpsrc, and against our own over TLS without HTTP/2."""
    case = "TLS 1.3 with HTTP/2 offered, 64 MiB"
    ours = "foxapivideosrc, HTTP/2 not offered"
    all_of_them = contestants(bench, "http2", "64 MiB")
    all_of_them[ours] = contestants(bench, "tls", "64 MiB")["foxapivideosrc"]
    compare(bench, case, all_of_them, rounds)
    bench.results.target(ROW, case, "wall time", 1.05, ours)
    bench.results.target(ROW, case, "processor time", 1.05, ours)
    bench.results.target(ROW, case, "peak memory", 1, "souphttpsrc")
