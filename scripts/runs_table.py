#!/usr/bin/env python3
"""Prints a table of runs in Markdown for the docs: steps, best validation loss in nats and bits, speed, time.

usage: scripts/runs_table.py [--sort] [NAME=]RUN...     a run folder or its metrics.jsonl
"""
import argparse
import json
import math
import os
import sys


def read(path):
    """What the table needs of one log; a cut last line is passed over."""
    if os.path.isdir(path):
        path = os.path.join(path, "metrics.jsonl")
    run = {"steps": 0, "best": math.nan, "best_step": 0, "speeds": [], "seconds": math.nan, "unit": "nats"}
    with open(path, encoding="utf-8") as lines:
        for number, text in enumerate(lines, 1):
            try:
                line = json.loads(text)
            except ValueError:
                if text.endswith("\n"):
                    sys.exit(f"{path}:{number}: expected a JSON object")
                break
            run["steps"] = max(run["steps"], line["step"])
            run["unit"] = line.get("loss_unit", run["unit"])
            run["seconds"] = line.get("seconds_trained", run["seconds"])
            if line["event"] != "eval":
                continue
            loss = line["valid_loss"]
            if loss is not None and not loss >= run["best"]:
                run["best"], run["best_step"] = loss, line["step"]
            if line.get("tokens_per_second"):
                run["speeds"].append(line["tokens_per_second"])
    return run


def row(name, run):
    bits = f"{run['best'] / math.log(2):.3f}" if run["unit"] == "nats" else "–"
    speed = sorted(run["speeds"])[len(run["speeds"]) // 2] if run["speeds"] else math.nan
    return (f"| {name} | {run['steps']} | {run['best']:.4f} | {bits} | {run['best_step']} "
            f"| {speed:.0f} | {run['seconds']:.0f} |")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--sort", action="store_true", help="the lowest loss first")
    parser.add_argument("runs", nargs="+", metavar="[NAME=]RUN")
    arguments = parser.parse_args()
    runs = []
    for given in arguments.runs:
        name, _, path = given.rpartition("=")
        runs.append((name or os.path.basename(path.rstrip("/")).removesuffix(".run"), read(path)))
    if arguments.sort:
        runs.sort(key=lambda item: (math.isnan(item[1]["best"]), item[1]["best"]))
    unit = runs[0][1]["unit"]
    print(f"| run | steps | best valid ({unit}) | bits | at step | tokens/s | seconds |")
    print("|---|--:|--:|--:|--:|--:|--:|")
    for name, run in runs:
        print(row(name, run))


main()
