#!/bin/sh
# Every figure of docs/performance.md: rondo and its peers side by side, then the tables. About 20 minutes on two
# idle cores. usage: bench/run_all.sh [FIGURES.jsonl]; BUILD names the build folder, CYCLES and THREADS are taken too.
# The peers: PyTorch and ONNX Runtime by $PYTHON, oneDNN by cmake -DRONDO_BENCH_ONEDNN=ON; what is missing is left out.
set -eu
cd "$(dirname "$0")/.."
build=${BUILD:-build/release} cycles=${CYCLES:-5} threads=${THREADS:-1,2}
figures=${1:-$build/figures.jsonl}
: >"$figures"
date -u

compare() { # compare CYCLES SECONDS WORKLOAD…
    many=$1 seconds=$2
    shift 2
    python3 bench/side_by_side.py "$@" --threads "$threads" --cycles "$many" --seconds "$seconds" \
        --rondo "$build/rondo" --build "$build/bench" --json "$figures" ${PYTHON:+--python "$PYTHON"}
}
compare "$cycles" 0.3 'train-lstm-128' 'train-lstm-256' 'train-gru-256' 'train-rnn-256' 'train-lengths-*'
compare "$cycles" 0.2 'train-lstm-512' 'train-lstm-1024' 'train-bilstm-*' 'train-lstm2-*'
compare "$cycles" 0.2 'train-relu-*' 'train-gru-before-*' 'train-gru-simple-*' 'train-lstm-[a-z]*'
compare "$cycles" 0.3 'step-*'
compare "$cycles" 0.3 'score-*' 'sequence-*'
compare "$cycles" 0.5 'stream-*'
compare 3 0.3 'scan-*'
compare 1 0.1 'memory-*'
compare 3 0.3 'load-*'
python3 bench/make_page.py "$figures" docs/performance.md
date -u
