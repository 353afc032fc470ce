"""What the peers share: workloads come from `rondo bench --list --json`, one JSON line a figure goes out.

A peer is run with names (`pytorch.py train-lstm-256 --threads 1`), or with --serve by side_by_side.py: it then reads a
JSON object a line, {"workload": {...}, "seconds": 1}, and answers each with a line.
"""
import argparse
import json
import os
import subprocess
import sys
import time

LEAST_RUNS, MOST_RUNS, WARM_RUNS, WARM_SECONDS = 3, 100000, 5, 0.3
SECONDS = {"stream": 0}  # 0: MOST_RUNS calls; else about a second


def arguments(description):
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("names", nargs="*", help="workloads, as rondo bench --list names them")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=0, help="for each figure; 0: as long as it needs")
    parser.add_argument("--variant", default="", help="another way of doing the same, e.g. packed")
    parser.add_argument("--rondo", default="build/release/rondo")
    parser.add_argument("--serve", action="store_true")
    return parser.parse_args()


def workloads(rondo):
    """name -> row of the table of rondo bench."""
    lines = subprocess.run([rondo, "bench", "--list", "--json"], capture_output=True, check=True, text=True).stdout
    rows = [json.loads(line) for line in lines.splitlines()]
    return {row["workload"]: row for row in rows}


def lengths(w):
    """Steps of each sequence, as workload_length in cli/bench_workloads.c."""
    if not w["ragged"] or w["batch_size"] < 2:
        return [w["seq_len"]] * w["batch_size"]
    shortest = w["seq_len"] // 8
    return [shortest + (w["seq_len"] - shortest) * i // (w["batch_size"] - 1) for i in range(w["batch_size"])]


def status_bytes(name):
    """A line of /proc/self/status in bytes: VmRSS, VmHWM."""
    with open("/proc/self/status", encoding="ascii") as file:
        for line in file:
            if line.startswith(name + ":"):
                return 1024 * int(line.split()[1])
    return 0


def measure(once, w, seconds):
    """Calls until the time is over; the times of single calls, sorted, and the processor time of one on average."""
    seconds = seconds or SECONDS.get(w["kind"], 1)
    start = time.perf_counter()
    for _ in range(WARM_RUNS):
        once()
        if time.perf_counter() - start > WARM_SECONDS:
            break
    took = []
    own = time.process_time()
    start = before = time.perf_counter()
    while len(took) < MOST_RUNS and (len(took) < LEAST_RUNS or not seconds or before - start < seconds):
        once()
        after = time.perf_counter()
        took.append(after - before)
        before = after
    return sorted(took), (time.process_time() - own) / len(took)


def figure(system, version, w, threads, took, own=None, **more):
    """The JSON object of one figure, with the names that rondo bench uses."""
    middle = (took[(len(took) - 1) // 2] + took[len(took) // 2]) / 2
    out = {"schema": 1, "system": system, "version": version, "workload": w["workload"], "threads": threads,
           "runs": len(took), "median_s": middle, "min_s": took[0], "max_s": took[-1],
           "cpu_s": own, "p99_s": took[int(0.99 * (len(took) - 1))], "tokens_per_s": w["tokens"] / middle,
           "gflops": w["flops"] / middle * 1e-9, "bytes": status_bytes("VmHWM")}
    out.update(more)
    return out


def ready():
    """Says to side_by_side.py that all is imported."""
    print(json.dumps({"ready": True}), flush=True)


class Prepared:
    """The last workload that was prepared, so that later cycles find it as the first one left it."""

    def __init__(self):
        self.key, self.once = None, None

    def get(self, w, variant, threads, prepare):
        """prepare(w, variant, threads) gives a call, or None when this peer does not do it."""
        key = (json.dumps(w, sort_keys=True), variant, threads)
        if key != self.key:
            self.once = None  # the memory of the old one first
            self.key, self.once = key, prepare(w, variant, threads)
        return self.once


def run(description, system, version, prepare):
    """prepare(workload, variant, threads) gives the call to measure, or None when this peer does not do it."""
    args = arguments(description)
    prepared = Prepared()

    def answer(w, variant, threads, seconds):
        once = prepared.get(w, variant, threads, prepare)
        if once is None:
            return None
        name = system + ("-" + variant if variant else "")
        return figure(name, version, w, threads, *measure(once, w, seconds))

    def tell(w, variant, seconds):
        try:
            out = answer(w, variant, args.threads, seconds)
        except Exception as error:  # a peer that fails is reported, it does not end the comparison
            out = {"system": system, "workload": w["workload"], "error": f"{type(error).__name__}: {error}"[:300]}
        if out is None:
            out = {"system": system, "workload": w["workload"], "error": "this peer does not do it"}
        print(json.dumps(out), flush=True)

    if args.serve:
        ready()
        for line in sys.stdin:
            asked = json.loads(line)
            tell(asked["workload"], asked.get("variant", args.variant), asked.get("seconds", 0))
        return
    table = workloads(args.rondo)
    for name in args.names or sorted(table):
        if name not in table:
            sys.exit(f"{os.path.basename(sys.argv[0])}: no workload {name!r}")
        tell(table[name], args.variant, args.seconds)
