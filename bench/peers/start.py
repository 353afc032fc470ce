#!/usr/bin/env python3
"""What it takes to have PyTorch at all: a process that imports it, makes the layer of a load workload and runs a step.
A figure is the whole life of such a process, with its peak memory."""
import json
import subprocess
import sys
import time

import peer

CODE = """
import torch
net = torch.nn.LSTM({i}, {h})
with torch.inference_mode():
    net(torch.zeros(1, 1, {i}))
print(torch.__version__)
with open('/proc/self/status', encoding='ascii') as file:
    print(next(line.split()[1] for line in file if line.startswith('VmHWM:')))
"""


def answer(w, threads):
    """One figure."""
    start = time.perf_counter()
    said = subprocess.run([sys.executable, "-c", CODE.format(i=w["input_size"], h=w["hidden_size"])],
                          capture_output=True, check=True, text=True).stdout
    took = time.perf_counter() - start
    version, kilobytes = said.split()
    return peer.figure("start", "torch " + version, w, threads, [took], bytes=1024 * int(kilobytes))


if __name__ == "__main__":
    args = peer.arguments(__doc__)
    if args.serve:
        peer.ready()
    for line in sys.stdin if args.serve else []:
        print(json.dumps(answer(json.loads(line)["workload"], args.threads)), flush=True)
    for name in args.names:
        print(json.dumps(answer(peer.workloads(args.rondo)[name], args.threads)), flush=True)
