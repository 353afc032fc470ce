#!/usr/bin/env python3
"""rondo and its peers on the same workloads, alternated cycle by cycle on one machine.

    bench/side_by_side.py train-lstm-256 stream-lstm-128 --threads 1,2 --cycles 5 --markdown table.md --json all.jsonl

A peer is one process for the whole comparison of a workload, asked again in each cycle and stopped (SIGSTOP) while
others run; rondo is started anew in each cycle. What is printed is how many times faster rondo is: the ratio of the
medians of the cycles, and the least and the greatest ratio of any one cycle. A peer that is missing or fails is
reported and left out. Beside each line stands what else used the machine in that time; on a machine that is not idle
the ratio of the fastest calls says more than that of the medians.
"""
import argparse
import fnmatch
import json
import os
import platform
import select
import shutil
import signal
import statistics
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
PEERS = os.path.join(HERE, "peers")
sys.path.insert(0, PEERS)
from peer import workloads  # noqa: E402

# name, program, variant, and whether it says anything about a workload
PEER_ROWS = [
    ("pytorch", "pytorch.py", "", lambda w: w["kind"] in ("train", "score", "step", "stream", "memory") and not
     w["workload"].startswith("scan") and w["weights"] == "f32"),
    ("pytorch-packed", "pytorch.py", "packed", lambda w: w["ragged"] and w["kind"] == "train"),
    ("onnxruntime", "onnxruntime_peer.py", "", lambda w: w["kind"] in ("score", "stream") and w["weights"] == "f32"),
    ("onednn", "onednn", "", lambda w: w["cell"] == "lstm" and not w["settings"] and not w["ragged"] and
     not w["proj_size"] and w["weights"] != "bf16" and w["kind"] in ("train", "score", "stream")),
    ("start", "start.py", "", lambda w: w["kind"] == "load"),
]


class Missing(Exception):
    """The peer cannot run here."""


def pinned(threads):
    """A command prefix that keeps a process on the last so many cores."""
    cores = sorted(os.sched_getaffinity(0))[-threads:]
    return ["taskset", "-c", ",".join(map(str, cores))] if shutil.which("taskset") else []


class Peer:
    """A peer in a process of its own, stopped while it is not asked."""

    def __init__(self, program, variant, threads, args):
        if program.endswith(".py"):
            command = [args.python, os.path.join(PEERS, program)]
        else:
            command = [os.path.join(args.build, program)]
            if not os.path.exists(command[0]):
                raise Missing(f"{command[0]} is not built (-DRONDO_BENCH_ONEDNN=ON)")
        environment = dict(os.environ, OMP_NUM_THREADS=str(threads), MKL_NUM_THREADS=str(threads))
        self.process = subprocess.Popen(
            pinned(threads) + command + ["--serve", "--threads", str(threads), "--variant", variant],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment)
        self.stopped = False
        try:
            self.hear(120)  # it has imported what it needs: starting would disturb the others
        except (Missing, ValueError):
            self.close()
            raise Missing("it could not start") from None
        self.stop()

    def hear(self, patience):
        """The next line, as an object."""
        ready, _, _ = select.select([self.process.stdout], [], [], patience)
        line = self.process.stdout.readline() if ready else ""
        if not line:
            raise Missing("it ended or did not answer")
        return json.loads(line)

    def ask(self, w, variant, seconds, patience=600):
        """One figure."""
        self.resume()
        try:
            self.process.stdin.write(json.dumps({"workload": w, "variant": variant, "seconds": seconds}) + "\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            raise Missing("it ended") from None
        out = self.hear(patience)
        if "error" in out:
            raise Missing(out["error"])
        self.stop()
        return out

    def stop(self):
        """Leaves the machine to the others."""
        self.process.send_signal(signal.SIGSTOP)
        self.stopped = True

    def resume(self):
        """Goes on after ask."""
        if self.stopped:
            self.process.send_signal(signal.SIGCONT)
        self.stopped = False

    def close(self):
        """Ends the process."""
        self.resume()
        self.process.kill()
        self.process.wait()


def ask_rondo(w, threads, seconds, args):
    """One figure of rondo, from a process of its own; a stream always has its 100,000 steps."""
    command = pinned(threads) + [args.rondo, "bench", w["workload"], "--json", "--threads", str(threads)]
    if seconds and w["kind"] != "stream":
        command += ["--max-time", f"{seconds}s"]
    run = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
    if run.returncode:
        raise Missing(run.stderr.strip()[:300] or f"status {run.returncode}")
    return json.loads(run.stdout.splitlines()[-1])


def processor_times():
    """Seconds of all processors: busy, in all."""
    with open("/proc/stat", encoding="ascii") as file:
        fields = [int(x) for x in file.readline().split()[1:9]]
    tick = os.sysconf("SC_CLK_TCK")
    return (sum(fields) - fields[3] - fields[4]) / tick, sum(fields) / tick, fields[7] / tick


def own_times():
    """Processor seconds of this process, its children and theirs (those that have ended, and those that run)."""
    times = os.times()
    used = times.user + times.system + times.children_user + times.children_system
    tick = os.sysconf("SC_CLK_TCK")
    mine = {os.getpid()}
    for pid in sorted(int(p) for p in os.listdir("/proc") if p.isdigit()):
        try:
            with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
                fields = file.read().rsplit(")", 1)[1].split()
        except OSError:
            continue
        if int(fields[1]) in mine:
            mine.add(pid)
            used += (int(fields[11]) + int(fields[12])) / tick
    return used


class Neighbours:
    """What else uses the machine between begin and end."""

    def __init__(self):
        self.busy, self.all, self.stolen = processor_times()
        self.own = own_times()

    def share(self):
        """Cores that others used on average, and share of time that the hypervisor took."""
        busy, total, stolen = processor_times()
        elapsed = (total - self.all) / os.cpu_count()
        if elapsed <= 0:
            return 0, 0
        others = (busy - self.busy) - (own_times() - self.own) - (stolen - self.stolen)
        return max(0, others / elapsed), (stolen - self.stolen) / max(1e-9, total - self.all)


def processor():
    """Its name and cores."""
    name = platform.processor() or platform.machine()
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            for line in file:
                if line.startswith("model name"):
                    name = line.split(":", 1)[1].strip()
                    break
    except OSError:
        pass
    return f"{name}, {len(os.sched_getaffinity(0))} cores"


def measured(f, w):
    """What is compared: seconds of a call, or bytes."""
    return f["bytes"] if w["kind"] == "memory" else f["median_s"]


def compare(w, threads, args):
    """All peers of one workload: a list of rows."""
    peers, missing, figures = {}, {}, {"rondo": []}
    for name, program, variant, fits in PEER_ROWS:
        if not fits(w) or (args.peers and name not in args.peers):
            continue
        try:
            peers[name] = (Peer(program, variant, threads, args), variant)
            figures[name] = []
        except (OSError, Missing) as error:
            missing[name] = str(error)
    neighbours = Neighbours()
    try:
        for cycle in range(args.cycles):
            figures["rondo"].append(ask_rondo(w, threads, args.seconds, args))
            for name, (process, variant) in list(peers.items()):
                try:
                    figures[name].append(process.ask(w, variant, args.seconds))
                except Missing as error:
                    missing[name] = str(error)
                    peers.pop(name)[0].close()
    except (Missing, subprocess.TimeoutExpired) as error:
        missing["rondo"] = str(error)
    finally:
        for process, _ in peers.values():
            process.close()
    others, stolen = neighbours.share()
    return make_rows(w, threads, figures, missing, {"other_cores": round(others, 3), "stolen": round(stolen, 4),
                                                    "load": round(os.getloadavg()[0], 2)})


def make_rows(w, threads, figures, missing, beside):
    """One row a peer, and one for rondo alone."""
    rondo = figures["rondo"]
    base = {"workload": w["workload"], "kind": w["kind"], "threads": threads, **beside}
    rows = []
    if rondo:
        base["rondo_s"] = statistics.median(f["median_s"] for f in rondo)
        middle = sorted(rondo, key=lambda f: f["median_s"])[len(rondo) // 2]
        for key in ("tokens_per_s", "gflops", "roof_share", "roof_gflops", "p99_s", "max_s", "bytes", "isa", "version"):
            base[key] = middle.get(key)
        rows.append({**base, "peer": "rondo", "cycles": len(rondo)})
    for name, why in missing.items():
        rows.append({**base, "peer": name, "error": why})
    for name, of_peer in figures.items():
        if name == "rondo" or name in missing or not rondo:
            continue
        ratios = [measured(p, w) / measured(r, w) for p, r in zip(of_peer, rondo)]
        ratio = statistics.median(measured(p, w) for p in of_peer) / statistics.median(measured(r, w) for r in rondo)
        own = None
        if threads == 1 and all(f.get("cpu_s") for f in of_peer + rondo):
            own = statistics.median(p["cpu_s"] for p in of_peer) / statistics.median(r["cpu_s"] for r in rondo)
        fastest = min(p["min_s"] for p in of_peer) / min(r["min_s"] for r in rondo)
        rows.append({**base, "peer": name, "peer_version": of_peer[0]["version"], "fastest": fastest, "own": own,
                     "peer_s": statistics.median(p["median_s"] for p in of_peer),
                     "peer_tokens_per_s": statistics.median(p["tokens_per_s"] for p in of_peer),
                     "peer_gflops": statistics.median(p["gflops"] for p in of_peer),
                     "peer_p99_s": statistics.median(p["p99_s"] for p in of_peer),
                     "peer_bytes": statistics.median(p["bytes"] for p in of_peer),
                     "ratio": ratio, "least": min(ratios), "most": max(ratios), "cycles": len(ratios)})
    return rows


def amount(row, who=""):
    """What a row is about: bytes, seconds, or tokens a second."""
    if row["kind"] == "memory":
        return f"{row[(who or '') + 'bytes'] / 2**20:,.0f} MB"
    if row["kind"] == "load":
        return f"{1000 * row[(who or 'rondo_') + 's']:,.2f} ms, {row[(who or '') + 'bytes'] / 2**20:,.0f} MB"
    if row["kind"] == "stream":
        return f"{1e6 * row[(who or 'rondo_') + 's']:,.2f} µs"
    return f"{row[who + 'tokens_per_s']:,.0f} tokens/s"


def show(row):
    """A line for people."""
    name = f"{row['workload']:<31} {row['threads']} thread{'s' if row['threads'] > 1 else ' '}"
    if "error" in row:
        return f"{name} {row['peer']:<15} missing: {row['error']}"
    if row["peer"] == "rondo":
        return (f"{name} {'rondo':<15} {amount(row):>20} {row['gflops']:6.1f} GFLOP/s "
                f"{100 * (row['roof_share'] or 0):3.0f} % of the roof; others used {row['other_cores']:.2f} cores")
    own = f", processor time {row['own']:.2f} x" if row["own"] else ""
    return (f"{name} {row['peer']:<15} {amount(row, 'peer_'):>20} {row['peer_gflops']:6.1f} GFLOP/s  rondo is "
            f"{row['ratio']:.2f} x ({row['least']:.2f} to {row['most']:.2f}), fastest {row['fastest']:.2f} x{own}")


def markdown(rows, about):
    """The same as a table."""
    out = [f"{about['processor']}; {about['rondo']}; {about['when']} UTC; {about['command']}", "",
           "| workload | threads | rondo | GFLOP/s | of the roof | peer | its figure | rondo is × | spread | others, cores |",
           "|---|--:|--:|--:|--:|---|--:|--:|---|--:|"]
    for r in rows:
        if "error" in r:
            out.append(f"| {r['workload']} | {r['threads']} | | | | {r['peer']} | missing: {r['error']} | | | |")
        elif r["peer"] != "rondo":
            out.append(f"| {r['workload']} | {r['threads']} | {amount(r)} | {r['gflops']:.1f} | {100 * (r['roof_share'] or 0):.0f} % | "
                       f"{r['peer_version']} ({r['peer']}) | {amount(r, 'peer_')} | {r['ratio']:.2f} | "
                       f"{r['least']:.2f}–{r['most']:.2f} | {r['other_cores']:.2f} |")
    return "\n".join(out) + "\n"


def main():
    """Reads the command line, compares, tells."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="+", help="workloads of rondo bench --list, * and ? allowed")
    parser.add_argument("--threads", default="1,2")
    parser.add_argument("--cycles", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=0, help="for each figure of each cycle; 0: as long as it needs")
    parser.add_argument("--peers", default="", help="only these, separated by commas")
    parser.add_argument("--rondo", default=os.path.join(HERE, "..", "build", "release", "rondo"))
    parser.add_argument("--build", default=os.path.join(HERE, "..", "build", "release", "bench"), help="where the peers in C are")
    parser.add_argument("--python", default="/opt/ref/bin/python" if os.path.exists("/opt/ref/bin/python") else sys.executable)
    parser.add_argument("--markdown", help="a file for the table")
    parser.add_argument("--json", help="a file to which a JSON line a row is added")
    args = parser.parse_args()
    args.peers = [p for p in args.peers.split(",") if p]
    table = workloads(args.rondo)
    chosen = [w for w in table.values() if any(fnmatch.fnmatch(w["workload"], n) for n in args.names)]
    if not chosen:
        sys.exit(f"side_by_side.py: no workload {args.names[0]!r}; rondo bench --list names all")
    about = {"processor": processor(), "when": time.strftime("%Y-%m-%d %H:%M", time.gmtime()),
             "command": "bench/" + " ".join([os.path.basename(sys.argv[0])] + sys.argv[1:]),
             "rondo": subprocess.run([args.rondo, "--version"], capture_output=True, text=True, check=False).stdout.split("\n")[0]}
    print(f"{about['processor']}; {about['rondo']}; load {os.getloadavg()[0]:.2f}")
    rows = []
    for w in chosen:
        for threads in (int(t) for t in args.threads.split(",")):
            for row in compare(w, threads, args):
                rows.append(row)
                print(show(row), flush=True)
                if args.json:
                    with open(args.json, "a", encoding="utf-8") as file:
                        file.write(json.dumps({**row, **about}) + "\n")
    if args.markdown:
        with open(args.markdown, "w", encoding="utf-8") as file:
            file.write(markdown(rows, about))


if __name__ == "__main__":
    main()
