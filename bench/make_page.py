#!/usr/bin/env python3
"""Fills the tables of docs/performance.md, between its marks, from what side_by_side.py wrote with --json.

    bench/make_page.py figures.jsonl docs/performance.md
"""
import fnmatch
import json
import sys

BEGIN, END = "<!-- figures: made by bench/make_page.py -->", "<!-- end of figures -->"
BUSY = 0.1  # cores that others used, above which a line is marked

# title, workloads, peers
SECTIONS = [
    ("Training of layers, forward and backward", ["train-lstm-[0-9]*", "train-gru-256", "train-rnn-256", "train-bilstm-*",
     "train-lstm2-*"], ["pytorch", "onednn"]),
    ("Training on uneven lengths, real tokens a second", ["train-lengths-*"], ["pytorch", "pytorch-packed"]),
    ("Training of cells that PyTorch lacks, against a loop of its operators", ["train-relu-256", "train-gru-before-256",
     "train-gru-simple-256", "train-lstm-peephole*", "train-lstm-coupled*", "train-lstm-linear*", "train-lstm-cell*",
     "train-lstm-proj*"], ["pytorch"]),
    ("Whole training steps", ["step-*"], ["pytorch"]),
    ("Use of a batch and of one sequence", ["score-*", "sequence-*"], ["pytorch", "onnxruntime", "onednn"]),
    ("One state step by step, through rondo_step", ["stream-*"], ["pytorch", "onnxruntime", "onednn"]),
    ("Long sequences, training", ["scan-*"], []),
    ("Peak memory of training", ["memory-*"], ["pytorch"]),
    ("A model of 1 MB loaded and a step made, inside a process; the peer is the whole life of one that imports PyTorch", ["load-*"], ["start"]),
]
NAMES = {"pytorch": "PyTorch", "pytorch-packed": "PyTorch, packed", "onednn": "oneDNN", "onnxruntime": "ONNX Runtime",
         "start": "import torch"}

# What docs call must / aim: peer and factors for 1 and 2 threads; from the design of this project.
BEST = "best"
TARGETS = {
    "train-lstm-128": ("pytorch", (1.25, 1.6), (1.65, 2.2)),
    "train-lstm-256": ("pytorch", (1.15, 1.5), (1.3, 1.6)),
    "train-lstm-512": ("pytorch", (1.2, 1.5), (1.35, 1.7)),
    "train-lstm-1024": ("pytorch", (1.05, 1.3), (1.1, 1.3)),
    "train-gru-256": ("pytorch", (1.9, 2.3), (2.4, 3)),
    "train-rnn-256": ("pytorch", (1.6, 1.9), (2.1, 2.6)),
    "train-bilstm-512": ("pytorch", (1.2, 1.5), (1.3, 1.6)),
    "train-lstm2-512": ("pytorch", (1.2, 1.5), (1.3, 1.6)),
    "train-lengths-256": ("pytorch", (2.5, 3), (2.6, 3)),
    "step-chars-512": ("pytorch", (1.5, 1.9), (1.7, 2.1)),
    "step-words-200": ("pytorch", (2.0, 2.5), (2.4, 3)),
    "step-words-650": ("pytorch", (1.5, 1.9), (1.6, 2)),
    "score-lstm-256": (BEST, (1.1, 1.35), (1.15, 1.35)),
    "score-lstm-512": (BEST, (1.03, 1.2), (1.03, 1.2)),
    "sequence-lstm-256": ("onnxruntime", (1.1, 1.2), (1.4, 1.7)),
    "stream-lstm-128": ("onnxruntime", (3.5, 4), (6, 8)),
    "stream-lstm-256": ("onnxruntime", (2.3, 2.7), (2.7, 3.3)),
    "stream-lstm-512": ("onnxruntime", (1.4, 1.5), (1.6, 1.8)),
    "stream-lstm-128-int8": ("onednn", None, (5, 6.5)),
    "stream-lstm-256-int8": ("onednn", None, (3.3, 4)),
    "stream-lstm-512-int8": ("onednn", None, (2.3, 2.6)),
    "memory-lstm-256": ("pytorch", (1 / 0.12, 1 / 0.09), (1 / 0.12, 1 / 0.09)),
    "memory-lstm2-512": ("pytorch", (1 / 0.4, 1 / 0.3), (1 / 0.4, 1 / 0.3)),
}
for cell in ("gru-before", "gru-simple", "lstm-peephole", "lstm-coupled", "lstm-linear", "lstm-cell", "lstm-peephole-coupled"):
    TARGETS[f"train-{cell}-256"] = ("pytorch", (5, 8), (5, 8))


def read(path):
    """(workload, threads) -> peer -> row; a later line of the same replaces an earlier one."""
    table = {}
    with open(path, encoding="utf-8") as file:
        for line in file:
            row = json.loads(line)
            table.setdefault((row["workload"], row["threads"]), {})[row["peer"]] = row
    return table


def rate(row, who=""):
    """What a row is about, in its unit."""
    kind, seconds = row["kind"], row["peer_s" if who else "rondo_s"]
    if kind == "memory":
        return f"{row[who + 'bytes'] / 1e6:,.0f} MB"
    if kind == "load":
        return f"{1000 * seconds:,.2f} ms, {row[who + 'bytes'] / 1e6:,.0f} MB"
    if kind == "stream":
        return f"{1e6 * seconds:,.2f} µs"
    return f"{row[who + 'tokens_per_s']:,.0f} /s"


def factor(row):
    """1.25 (1.20–1.31), and the ratio of processor times where others used the machine."""
    digits = 2 if row["ratio"] < 100 else 0
    own = f", cpu {row['own']:.2f}" if row.get("own") and row["other_cores"] > BUSY and row["kind"] not in ("memory", "load") else ""
    return f"**{row['ratio']:.{digits}f}** ({row['least']:.{digits}f}–{row['most']:.{digits}f}{own})"


def cell_of(peers, name):
    """One peer's cell: its own figure, and how many times faster rondo is."""
    row = peers.get(name)
    if not row:
        return ""
    if "error" in row:
        return "missing"
    return f"{rate(row, 'peer_')}: {factor(row)}"


def target(workload, threads, peers):
    """must / aim, and whether the median meets them; no verdict from a machine that was busy."""
    if workload not in TARGETS or threads not in (1, 2):
        return ""
    peer, *both = TARGETS[workload]
    wanted = both[threads - 1]
    if not wanted:
        return ""
    names = ("pytorch", "onnxruntime") if peer == BEST else (peer,)
    ratios = [peers[n]["ratio"] for n in names if n in peers and "ratio" in peers[n] and peers[n]["other_cores"] <= BUSY]
    said = f"{wanted[0]:.3g} / {wanted[1]:.3g}"
    if not ratios:
        return said
    return said + (" aim" if min(ratios) >= wanted[1] else " met" if min(ratios) >= wanted[0] else " **short**")


def marked(*rows):
    """A dagger where others used the machine."""
    return "†" if any(row["other_cores"] > BUSY for row in rows) else ""


def section(table, title, patterns, peers):
    """One table, or nothing when nothing of it was measured."""
    keys = [k for p in patterns for k in table if fnmatch.fnmatch(k[0], p) and "rondo" in table[k]]
    keys = list(dict.fromkeys(keys))
    if not keys:
        return []
    streams = table[keys[0]]["rondo"]["kind"] == "stream"
    memory = table[keys[0]]["rondo"]["kind"] in ("memory", "load")
    head = ["workload", "threads", "rondo"]
    head += ["99 %", "worst"] if streams else [] if memory else ["GFLOP/s", "of the roof"]
    head += [NAMES[p] for p in peers] + (["must / aim"] if peers else [])
    out = ["", f"### {title}", "", "| " + " | ".join(head) + " |", "|---" + "|--:" * (len(head) - 1) + "|"]
    for key in keys:
        row = table[key]["rondo"]
        cells = [row["workload"] + marked(row), str(row["threads"]), rate(row)]
        if streams:
            cells += [f"{1e6 * row['p99_s']:.2f} µs", f"{1e6 * row['max_s']:,.0f} µs"]
        elif not memory:
            cells += [f"{row['gflops']:.1f}", f"{100 * (row['roof_share'] or 0):.0f} %"]
        cells += [cell_of(table[key], p) for p in peers]
        cells += [target(*key, table[key])] if peers else []
        out.append("| " + " | ".join(cells) + " |")
    return out


def derived(table):
    """What rondo's own rows say about each other."""
    out = ["", "### rondo against itself", "", "| figure | threads | value | must / aim |", "|---|--:|--:|--:|"]
    rondo = {key: peers["rondo"] for key, peers in table.items() if "rondo" in peers}

    def seconds(name, threads):
        row = rondo.get((name, threads))
        return row and row["rondo_s"]
    for name in dict.fromkeys(k[0] for k in rondo if k[0].startswith("train-")):
        one, two = seconds(name, 1), seconds(name, 2)
        if one and two:
            out.append(f"| 2 threads over 1, {name}{marked(rondo[name, 1], rondo[name, 2])} | 2 | {one / two:.2f} | 1.85 / 1.95 |")
    for (name, threads), row in rondo.items():
        base = rondo.get(("train-lstm-256", threads))
        if base and row["kind"] == "train" and name.endswith("-256") and name != "train-lstm-256" and "lengths" not in name \
                and not name.startswith("scan"):
            out.append(f"| time per FLOP, {name} over train-lstm-256{marked(row, base)} | {threads} | {base['gflops'] / row['gflops']:.2f} | 1.15 / 1.05 |")
    for threads in (1, 2):
        gru, scan = seconds("scan-gru-256", threads), seconds("scan-mingru-256", threads)
        if gru and scan:
            out.append(f"| mingru over gru, tokens/s at T = 4096{marked(rondo['scan-gru-256', threads])} | {threads} | {gru / scan:.2f} | 3 / 5 |")
    return out if len(out) > 5 else []


def page(table):
    """All between the marks."""
    rows = [row for peers in table.values() for row in peers.values()]
    measured = [row for row in rows if "rondo_s" in row]
    if not measured:
        sys.exit("make_page.py: no figures")
    last = max(measured, key=lambda r: r["when"])
    versions = sorted({row["peer_version"] for row in rows if "peer_version" in row})
    busy = max(row["other_cores"] for row in measured)
    cycles = sorted({row["cycles"] for row in measured if "cycles" in row})
    cycles = str(cycles[0]) if len(cycles) == 1 else f"{cycles[0]} to {cycles[-1]}"
    out = [f"{last['processor']}, kernels {last['isa']}; {last['when']} UTC; {last['rondo']}; {', '.join(versions)}.",
           "A peer's cell is its own figure and, in bold, how many times faster rondo is (least and most of the cycles, of which there were {cycles}).".format(cycles=cycles)]
    if busy > BUSY:
        out.append(f"**The machine was not idle:** † marks lines during which other programs used more than {BUSY} cores "
                   f"(at most {busy:.1f}); such figures say little and no verdict is given. With one thread `cpu` is the ratio of processor times, which says more.")
    for title, patterns, peers in SECTIONS:
        out += section(table, title, patterns, peers)
    out += derived(table)
    missing = sorted({f"{row['peer']}: {row['error']}" for row in rows if "error" in row})
    if missing:
        out += ["", "Missing: " + "; ".join(missing) + "."]
    return "\n".join(out)


def main():
    """Reads figures, rewrites the page."""
    if len(sys.argv) != 3:
        sys.exit("usage: make_page.py FIGURES.jsonl docs/performance.md")
    with open(sys.argv[2], encoding="utf-8") as file:
        text = file.read()
    if BEGIN not in text or END not in text:
        sys.exit(f"{sys.argv[2]}: the marks of the figures are missing")
    before, rest = text.split(BEGIN, 1)
    after = rest.split(END, 1)[1]
    with open(sys.argv[2], "w", encoding="utf-8") as file:
        file.write(before + BEGIN + "\n" + page(read(sys.argv[1])) + "\n" + END + after)


if __name__ == "__main__":
    main()
