#!/usr/bin/env python3
"""Golden vectors of encoders and decoders with attention, for tests/golden.

    python3 scripts/golden_attention.py            writes tests/golden/attention_*.safetensors

Needs torch, numpy, safetensors. The model is put together from torch.nn.GRUCell and torch.nn.LSTMCell in float64, one
sequence and one step at a time, with the attention of the design's equations (section 4) written on top; gradients by
autograd. Part "x" is the decoder's input; part "source", with lengths of its own, is what it attends to.
"""
import numpy as np
import torch
from safetensors import safe_open
from safetensors.numpy import save_file

import golden
from golden import B, F64, H, I, LENGTHS, OUT, draw, rows

SOURCE_LENGTHS = [3, 0, 4, 2]
S = 4  # numbers of a step of the source


def cell_step(cell, w, prefix, suffix, x, state):
    """One step of torch's own cell with the parameters of that prefix."""
    found = {n: w[f"{prefix}.{n}{suffix}"] for n in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")}
    net = {"gru": torch.nn.GRUCell, "lstm": torch.nn.LSTMCell}[cell](x.shape[0], found["weight_hh"].shape[1], dtype=F64)
    given = tuple(s[None] for s in state) if cell == "lstm" else state[0][None]
    out = torch.func.functional_call(net, found, (x[None], given))
    return [v[0] for v in out] if cell == "lstm" else [out[0]]


def attention_case(name, seed, cell, score, feed, place="after", dense=False):
    rng = np.random.default_rng(seed)
    gates, states, enc = {"gru": 3, "lstm": 4}[cell], {"gru": 1, "lstm": 2}[cell], 3 if dense or score != "dot" else H
    both = dense or score != "dot"
    memory = 2 * enc if both else enc
    params = {}
    for part in (["f", "b"] if both else ["f"]):
        tail = "_l0_reverse" if part == "b" else "_l0"
        for key, shape in {"weight_ih": (gates * enc, S), "weight_hh": (gates * enc, enc), "bias_ih": (gates * enc,),
                           "bias_hh": (gates * enc,)}.items():
            params[f"{part}.{key}{tail}"] = draw(rng, *shape)
    if dense:
        params["s.weight"] = draw(rng, states * H, states * memory)
        params["s.bias"] = draw(rng, states * H)
    for key, shape in {"weight_ih": (gates * H, I), "weight_hh": (gates * H, H), "bias_ih": (gates * H,),
                       "bias_hh": (gates * H,)}.items():
        params[f"d.{key}_l0"] = draw(rng, *shape)
    if score != "dot":
        params["d.weight_key"] = draw(rng, H, memory)
    if score == "additive":
        params["d.weight_query"] = draw(rng, H, H)
        params["d.weight_score"] = draw(rng, 1, H)
    params["d.weight_out"] = draw(rng, H, memory + H)
    if feed:
        params["d.weight_feed"] = draw(rng, gates * H, H)
    if place == "before":
        params["d.weight_context"] = draw(rng, gates * H, memory)
    x = golden.ragged(rng, I)
    source = [draw(rng, n, S, scale=1.0) for n in SOURCE_LENGTHS]
    enc_state = (2 if both else 1) * states * enc
    start = torch.zeros(B, enc_state + H + states * H, dtype=F64)  # not read: sequences begin afresh

    def encode(b):
        state = {}
        out = {}
        for part in (["f", "b"] if both else ["f"]):
            now = [torch.zeros(enc, dtype=F64) for _ in range(states)]
            steps = list(range(SOURCE_LENGTHS[b]))
            seen = {}
            for t in (reversed(steps) if part == "b" else steps):
                now = cell_step(cell, params, part, "_l0_reverse" if part == "b" else "_l0", source[b][t], now)
                seen[t] = now[0]
            state[part], out[part] = now, seen
        values = [torch.cat([out[p][t] for p in out]) for t in range(SOURCE_LENGTHS[b])]
        return values, state

    def context(q, values):
        if not values:
            return torch.zeros(memory, dtype=F64)
        if score == "dot":
            e = [q @ v for v in values]
        elif score == "general":
            e = [q @ (params["d.weight_key"] @ v) for v in values]
        else:
            e = [params["d.weight_score"][0] @ torch.tanh(params["d.weight_query"] @ q + params["d.weight_key"] @ v)
                 for v in values]
        alpha = torch.softmax(torch.stack(e), 0)
        return sum(a * v for a, v in zip(alpha, values))

    def decode(b):
        values, state = encode(b)
        flat = torch.cat([state[p][k] for k in range(states) for p in state])
        if dense:
            joined = torch.cat([state[p][0] for p in state] + [s for p in state for s in state[p][1:]])
            flat = torch.tanh(params["s.weight"] @ joined + params["s.bias"])
        now = [flat[k * H:(k + 1) * H] for k in range(states)] if dense or not both else \
            [torch.zeros(H, dtype=F64) for _ in range(states)]
        tilde, ys = torch.zeros(H, dtype=F64), []
        wide = dict(params)
        for t in range(LENGTHS[b]):
            read, columns = [x[b][t]], [params["d.weight_ih_l0"]]
            if place == "before":
                ctx = context(now[0], values)
                read.append(ctx)
                columns.append(params["d.weight_context"])
            if feed:
                read.append(tilde)
                columns.append(params["d.weight_feed"])
            wide["d.weight_ih_l0"] = torch.cat(columns, 1)
            now = cell_step(cell, wide, "d", "_l0", torch.cat(read), now)
            if place == "after":
                ctx = context(now[0], values)
            tilde = torch.tanh(params["d.weight_out"] @ torch.cat([ctx, now[0]]))
            ys.append(tilde)
        return torch.stack(ys), torch.cat([s for p in state for s in state[p]] + [tilde] + now)

    def run():
        done = [decode(b) for b in range(B)]
        return [y for y, _ in done], torch.stack([f for _, f in done])

    lines = [f"f = {cell}(source, size={enc})"]
    if both:
        lines.append(f"b = {cell}(source, size={enc}, reverse=1)\nenc = concat(f, b)")
    if dense:
        lines.append(f"s = bridge(f, b, mode=dense, size={states * H})")
    elif not both:
        lines.append("s = bridge(f)")
    begins = ", start=s" if dense or not both else ""
    lines.append(f"d = decoder(x, memory={'enc' if both else 'f'}{begins}, cell={cell}, size={H}, attention={score}, "
                 f"feed={int(feed)}, place={place})")
    lines.append("loss = squared(d, y)")
    golden.finish(name, f"torch {torch.__version__} cells, attention by the equations", seed, "\n".join(lines) + "\n", params,
                  x, start, run)
    add_source(name, source)


def add_source(name, source):
    path = OUT / f"{name}.safetensors"
    with safe_open(path, "numpy") as f:
        tensors, meta = {k: f.get_tensor(k) for k in f.keys()}, f.metadata()
    tensors |= {"source": rows(source), "source_lengths": np.array(SOURCE_LENGTHS, dtype=np.int32)}
    save_file({k: np.ascontiguousarray(v) for k, v in tensors.items()}, path, metadata=meta)


if __name__ == "__main__":
    attention_case("attention_dot_gru", 901, "gru", "dot", feed=False)
    attention_case("attention_dot_lstm_feed", 902, "lstm", "dot", feed=True)
    attention_case("attention_general_gru_feed", 903, "gru", "general", feed=True, dense=True)
    attention_case("attention_general_lstm", 904, "lstm", "general", feed=False, dense=True)
    attention_case("attention_additive_gru", 905, "gru", "additive", feed=False)
    attention_case("attention_additive_lstm_feed", 906, "lstm", "additive", feed=True, dense=True)
    attention_case("attention_before_gru_feed", 907, "gru", "additive", feed=True, place="before", dense=True)
