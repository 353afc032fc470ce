#!/usr/bin/env python3
"""Golden vectors: numbers from other systems that tests/golden compares with (interop.md section 13).

    python3 scripts/golden.py            writes tests/golden/*.safetensors

Needs torch, onnx, onnxruntime, numpy, safetensors. Three sources, named inside each file:
  torch   nn.RNN, nn.GRU, nn.LSTM in float64 with packed ragged sequences; gradients by its autograd
  ort     ONNX Runtime in float32 for what PyTorch lacks: reset-before GRU, peepholes, linear output; no gradients
  paper   the formulas of the design's equations written out step by step on torch float64 scalars and vectors,
          gradients by autograd: a second route for every cell nobody else has
Each file holds the model text, parameters under rondo's names, inputs, lengths, initial states, outputs and final
states; the loss is 1/2 sum (y - target)^2 + <final, d_final>, and d.* are its gradients.
"""
import datetime
import pathlib
import numpy as np
import torch
from safetensors.numpy import save_file

OUT = pathlib.Path(__file__).resolve().parent.parent / "tests" / "golden"
LENGTHS = [2, 4, 1, 3]          # PyTorch packs no empty sequences; lengths of 0 are tested by gradients and packing
I, H, P, B, T = 3, 5, 2, len(LENGTHS), max(LENGTHS)
F64 = torch.float64


def draw(rng, *shape, scale=0.6):
    return torch.tensor(rng.uniform(-scale, scale, shape), dtype=F64)


def ragged(rng, width):
    return [draw(rng, n, width, scale=1.0) for n in LENGTHS]


def rows(sequences):
    """Sequences one after the other in the caller's order: [sum of lengths][width]."""
    return np.concatenate([s.detach().numpy() for s in sequences]).astype(np.float64)


def write(name, source, seed, text, params, x, start, y, final, target=None, d_final=None, grads=None):
    tensors = {"lengths": np.array(LENGTHS, dtype=np.int32), "x": rows(x), "y": rows(y),
               "start": start.detach().numpy(), "final": final.detach().numpy()}
    if target is not None:
        tensors |= {"target": rows(target), "d_final": d_final.numpy()}
        tensors |= {"d." + k: v.numpy() for k, v in grads.items()}
    tensors |= {"p." + k: v.detach().numpy() for k, v in params.items()}
    tensors = {k: np.ascontiguousarray(v) for k, v in tensors.items()}
    meta = {"producer": source, "date": datetime.date.today().isoformat(), "seed": str(seed), "model": text}
    save_file(tensors, OUT / f"{name}.safetensors", metadata=meta)


def finish(name, source, seed, text, params, x, start, run):
    """Runs `run` once, takes gradients of the loss by parameters, inputs and initial state, writes the file."""
    rng = np.random.default_rng(seed + 1)
    for v in list(params.values()) + x + [start]:
        v.requires_grad_(True)
    y, final = run()
    target = ragged(rng, y[0].shape[1])
    d_final = draw(rng, *final.shape, scale=1.0)
    loss = sum(((a - b) ** 2).sum() for a, b in zip(y, target)) / 2 + (final * d_final).sum()
    leaves = list(params.values()) + x + [start]
    found = torch.autograd.grad(loss, leaves, allow_unused=True)
    found = [torch.zeros_like(v) if g is None else g for v, g in zip(leaves, found)]
    grads = dict(zip(params, found))
    grads["x"] = torch.cat(found[len(params):len(params) + B])
    grads["start"] = found[-1]
    write(name, source, seed, text, params, x, start, y, final, target, d_final, grads)


# ---- torch: the library's own layers ------------------------------------------------------------------------

def torch_case(name, kind, seed, layers=1, both=False, proj=0, relu=False):
    rng = np.random.default_rng(seed)
    cls = {"rnn": torch.nn.RNN, "gru": torch.nn.GRU, "lstm": torch.nn.LSTM}[kind]
    extra = {"proj_size": proj} if proj else {}
    if kind == "rnn":
        extra["nonlinearity"] = "relu" if relu else "tanh"
    net = cls(I, H, num_layers=layers, bidirectional=both, dtype=F64, **extra)
    params = {}
    for key, value in net.named_parameters():
        value.data = draw(rng, *value.shape)
        params["rnn." + key] = value
    width = proj or H
    ways = 2 if both else 1
    x = ragged(rng, I)
    states = 2 if kind == "lstm" else 1
    # Our state of a sequence: for each layer and direction h then c.
    start = draw(rng, B, layers * ways * (width + (H if states == 2 else 0)), scale=0.5)

    def run():
        order = sorted(range(B), key=lambda b: -LENGTHS[b])
        packed = torch.nn.utils.rnn.pack_sequence([x[b] for b in order])
        per = width + (H if states == 2 else 0)
        h0 = torch.stack([start[order, k * per:k * per + width] for k in range(layers * ways)])
        c0 = torch.stack([start[order, k * per + width:(k + 1) * per] for k in range(layers * ways)]) if states == 2 else None
        out, last = net(packed, (h0, c0) if states == 2 else h0)
        hn, cn = last if states == 2 else (last, None)
        out = torch.nn.utils.rnn.unpack_sequence(out)
        y, final = [None] * B, [None] * B
        for place, b in enumerate(order):
            y[b] = out[place]
            parts = []
            for k in range(layers * ways):
                parts.append(hn[k, place])
                if states == 2:
                    parts.append(cn[k, place])
            final[b] = torch.cat(parts)
        return y, torch.stack(final)

    options = f"size={H}" + (f", proj={proj}" if proj else "") + (", nonlinearity=relu" if relu else "")
    lines, below = [], "x"
    for k in range(layers):
        lines.append(f"f{k} = {kind}({below}, {options}, as=rnn.l{k})")
        below = f"f{k}"
        if both:
            lines.append(f"b{k} = {kind}({lines[-1].split('(')[1].split(',')[0]}, {options}, reverse=1, as=rnn.l{k})")
            lines.append(f"h{k} = concat(f{k}, b{k})")
            below = f"h{k}"
    lines.append(f"loss = squared({below}, y)")
    finish(name, f"torch {torch.__version__}", seed, "\n".join(lines) + "\n", params, x, start, run)


# ---- paper: the equations, one step at a time ---------------------------------------------------------------

sigma = torch.sigmoid


def layer_norm(v, gain, shift=None):
    mean = v.mean()
    out = gain * (v - mean) / torch.sqrt(((v - mean) ** 2).mean() + 1e-5)
    return out if shift is None else out + shift


def paper_case(name, seed, text, make, step, states):
    rng = np.random.default_rng(seed)
    params = {k: draw(rng, *shape) for k, shape in make.items()}
    x = ragged(rng, I)
    start = draw(rng, B, sum(states), scale=0.5)

    def run():
        ys, finals = [], []
        for b in range(B):
            parts, at = [], 0
            for w in states:
                parts.append(start[b, at:at + w])
                at += w
            out = [None] * LENGTHS[b]
            for t in range(LENGTHS[b]):
                parts, y = step(params, x[b][t], parts)
                out[t] = y
            ys.append(torch.stack(out))
            finals.append(torch.cat(parts))
        return ys, torch.stack(finals)

    finish(name, f"equations on torch {torch.__version__} float64", seed, text + "\nloss = squared(h, y)\n", params, x, start, run)


def blocks(v, n):
    return [v[k * H:(k + 1) * H] for k in range(n)]


def gru_simple(p, x, s):
    h, = s
    a = p["rnn.gru_simple.weight_x_l0"] @ x + p["rnn.gru_simple.weight_h_l0"] @ h + p["rnn.gru_simple.bias_l0"]
    au, an = blocks(a, 2)
    u, n = sigma(au), torch.tanh(an)
    h = u * n + (1 - u) * h
    return [h], h


def gru_before(p, x, s):
    h, = s
    w = p["rnn.gru_before.weight_x_l0"] @ x + p["rnn.gru_before.bias_l0"]
    u_rows = p["rnn.gru_before.weight_h_l0"]
    r = sigma(w[:H] + u_rows[:H] @ h)
    u = sigma(w[H:2 * H] + u_rows[H:2 * H] @ h)
    n = torch.tanh(w[2 * H:] + u_rows[2 * H:] @ (r * h))
    h = u * n + (1 - u) * h
    return [h], h


def lstm(linear=False, from_cell=False, peephole=False, coupled=False, proj=0, norm=False, prefix="rnn."):
    """Our gate order: i f g o; candidate from c': i f o g; coupled: without f."""
    order = [g for g in (["i", "f", "o", "g"] if from_cell else ["i", "f", "g", "o"]) if not (coupled and g == "f")]
    n_h = len(order) - 1 if from_cell else len(order)

    def step(p, x, s):
        h, c = s
        wx = p[prefix + "weight_x_l0"] @ x
        uh = p[prefix + "weight_h_l0"] @ h
        uc = p[prefix + "weight_c_l0"] @ c if from_cell else None
        if norm:
            wx = layer_norm(wx, p[prefix + "gain_x_l0"])
            uh = layer_norm(uh, p[prefix + "gain_h_l0"][:n_h * H])
            if from_cell:
                uc = layer_norm(uc, p[prefix + "gain_h_l0"][n_h * H:])
        rec = torch.cat([uh, uc]) if from_cell else uh
        a = dict(zip(order, blocks(wx + rec + p[prefix + "bias_l0"], len(order))))
        if peephole:
            w = blocks(p[prefix + "peephole_l0"].reshape(-1), 2 if coupled else 3)
            a["i"] = a["i"] + w[0] * c
            if not coupled:
                a["f"] = a["f"] + w[1] * c
        i, g = sigma(a["i"]), torch.tanh(a["g"])
        f = 1 - i if coupled else sigma(a["f"])
        new = f * c + i * g
        if peephole:
            a["o"] = a["o"] + w[-1] * new
        o = sigma(a["o"])
        seen = layer_norm(new, p[prefix + "gain_c_l0"], p[prefix + "shift_c_l0"]) if norm else new
        m = o * (seen if linear else torch.tanh(seen))
        h = p[prefix + "weight_r_l0"] @ m if proj else m
        return [h, new], h
    width = proj or H
    shapes = {"weight_x_l0": (len(order) * H, I), "weight_h_l0": (n_h * H, width), "bias_l0": (len(order) * H,)}
    if from_cell:
        shapes["weight_c_l0"] = (H, H)
    if peephole:
        shapes["peephole_l0"] = (2 if coupled else 3, H)
    if norm:
        shapes |= {"gain_x_l0": (len(order) * H,), "gain_h_l0": (len(order) * H,), "gain_c_l0": (H,), "shift_c_l0": (H,)}
    if proj:
        shapes["weight_r_l0"] = (proj, H)
    return step, {prefix + k: v for k, v in shapes.items()}, [width, H]


def mingru(p, x, s):
    h, = s
    a = p["rnn.mingru.weight_x_l0"] @ x + p["rnn.mingru.bias_l0"]
    au, n = blocks(a, 2)
    u = sigma(au)
    h = (1 - u) * h + u * n
    return [h], h


def minlstm(p, x, s):
    h, = s
    a = p["rnn.minlstm.weight_x_l0"] @ x + p["rnn.minlstm.bias_l0"]
    af, ai, n = blocks(a, 3)
    f, i = sigma(af), sigma(ai)
    h = f / (f + i) * h + i / (f + i) * n
    return [h], h


# ---- ort: ONNX Runtime for what PyTorch lacks ---------------------------------------------------------------

def ort_case(name, seed, op, text, params, weights, attributes, states):
    import onnx
    import onnxruntime
    from onnx import helper, TensorProto
    rng = np.random.default_rng(seed)
    x = ragged(rng, I)
    start = draw(rng, B, sum(states), scale=0.5)
    padded = np.zeros((T, B, I), np.float32)
    for b, s in enumerate(x):
        padded[:LENGTHS[b], b] = s.numpy()
    feeds = {"X": padded, "sequence_lens": np.array(LENGTHS, np.int32),
             "initial_h": start[:, :H].numpy()[None].astype(np.float32)}
    names = ["X", "W", "R", "B", "sequence_lens", "initial_h"]
    outputs = ["Y", "Y_h"]
    if op == "LSTM":
        feeds["initial_c"] = start[:, H:].numpy()[None].astype(np.float32)
        names += ["initial_c"] + (["P"] if "P" in weights else [])
        outputs += ["Y_c"]
    feeds |= {k: np.ascontiguousarray(v, np.float32) for k, v in weights.items()}
    node = helper.make_node(op, names, outputs, hidden_size=H, **attributes)
    inputs = [helper.make_tensor_value_info(k, TensorProto.INT32 if k == "sequence_lens" else TensorProto.FLOAT, v.shape)
              for k, v in feeds.items()]
    graph = helper.make_graph([node], "g", inputs, [helper.make_tensor_value_info(k, TensorProto.FLOAT, None) for k in outputs])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 14)], ir_version=8)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    got = session.run(outputs, feeds)
    y = [torch.tensor(got[0][:LENGTHS[b], 0, b], dtype=F64) for b in range(B)]
    final = torch.tensor(np.concatenate([got[k][0] for k in range(1, len(got))], axis=1), dtype=F64)
    write(name, f"onnxruntime {onnxruntime.__version__}, onnx {onnx.__version__}", seed,
          text + "\nloss = squared(h, y)\n", params, x, start, y, final)


def gates(v, order, have):
    """Rows of `v` in blocks named by `have`, put into the order `order`."""
    at = {g: v[k * H:(k + 1) * H] for k, g in enumerate(have)}
    return torch.cat([at[g] for g in order])


def ort_cases():
    rng = np.random.default_rng(900)
    w, u, b = draw(rng, 3 * H, I), draw(rng, 3 * H, H), draw(rng, 3 * H)
    # Ours r u n, u multiplies the candidate; ONNX z r h with z on the old state: negate the update gate.
    flip = torch.cat([torch.ones(H), -torch.ones(H), torch.ones(H)]).to(F64)
    to = lambda v: gates(v * (flip if v.dim() == 1 else flip[:, None]), "urn", "run")
    ort_case("ort_gru_before", 901, "GRU", f"h = gru(x, size={H}, reset=before, as=rnn.l0)",
             {"rnn.gru_before.weight_x_l0": w, "rnn.gru_before.weight_h_l0": u, "rnn.gru_before.bias_l0": b},
             {"W": to(w)[None].numpy(), "R": to(u)[None].numpy(), "B": torch.cat([to(b), 0 * b])[None].numpy()},
             {"linear_before_reset": 0}, [H])
    for name, linear, peep in (("ort_lstm_peephole", False, True), ("ort_lstm_a", True, False), ("ort_lstm_a_peephole", True, True)):
        w, u, b, p = draw(rng, 4 * H, I), draw(rng, 4 * H, H), draw(rng, 4 * H), draw(rng, 3, H)
        prefix = lstm_prefix(linear=linear, peephole=peep)
        params = {prefix + "weight_x_l0": w, prefix + "weight_h_l0": u, prefix + "bias_l0": b}
        iofc = lambda v: gates(v, "iofg", "ifgo")
        weights = {"W": iofc(w)[None].numpy(), "R": iofc(u)[None].numpy(), "B": torch.cat([iofc(b), 0 * b])[None].numpy()}
        if peep:
            params[prefix + "peephole_l0"] = p
            weights["P"] = p[[0, 2, 1]].reshape(1, -1).numpy()      # ONNX i o f
        attributes = {}
        if linear:
            attributes = {"activations": ["Sigmoid", "Tanh", "Affine"], "activation_alpha": [1.0], "activation_beta": [0.0]}
        text = f"h = lstm(x, size={H}{', output=linear' if linear else ''}{', peephole=1' if peep else ''}, as=rnn.l0)"
        ort_case(name, 910 + len(name), "LSTM", text, params, weights, attributes, [H, H])


def lstm_prefix(linear=False, from_cell=False, peephole=False, coupled=False, norm=False):
    """The tensors' prefix of an LSTM that PyTorch cannot express names what is different, so nothing loads wrongly."""
    form = "lstm" + ("_linear" if linear else "") + ("_candidate" if from_cell else "") + ("_peephole" if peephole else "") \
        + ("_coupled" if coupled else "") + ("_norm" if norm else "")
    return f"rnn.{form}."


def main():
    OUT.mkdir(parents=True, exist_ok=True)
    torch_case("torch_rnn_tanh", "rnn", 1)
    torch_case("torch_rnn_relu", "rnn", 2, relu=True)
    torch_case("torch_gru", "gru", 3)
    torch_case("torch_lstm", "lstm", 4)
    torch_case("torch_lstm_proj", "lstm", 5, proj=P)
    for k, kind in enumerate(("rnn", "gru", "lstm")):
        torch_case(f"torch_{kind}_both_2", kind, 10 + k, layers=2, both=True)
        torch_case(f"torch_{kind}_3", kind, 20 + k, layers=3)
    torch_case("torch_lstm_proj_both_2", "lstm", 30, layers=2, both=True, proj=P)
    paper_case("paper_gru_simple", 101, f"h = gru_simple(x, size={H}, as=rnn.l0)",
               {"rnn.gru_simple.weight_x_l0": (2 * H, I), "rnn.gru_simple.weight_h_l0": (2 * H, H), "rnn.gru_simple.bias_l0": (2 * H,)},
               gru_simple, [H])
    paper_case("paper_gru_before", 102, f"h = gru(x, size={H}, reset=before, as=rnn.l0)",
               {"rnn.gru_before.weight_x_l0": (3 * H, I), "rnn.gru_before.weight_h_l0": (3 * H, H), "rnn.gru_before.bias_l0": (3 * H,)},
               gru_before, [H])
    seed = 110
    for linear in (False, True):
        for from_cell in (False, True):
            for extra in ({}, {"peephole": True}, {"coupled": True}, {"peephole": True, "coupled": True}, {"proj": P}, {"norm": True},
                          {"norm": True, "peephole": True}):
                seed += 1
                if not linear and not from_cell and extra in ({}, {"proj": P}):
                    continue  # nn.LSTM has these
                words = {k: v for k, v in extra.items() if k != "proj"}
                step, make, states = lstm(linear, from_cell, prefix=lstm_prefix(linear, from_cell, **words), **extra)
                settings = (", output=linear" if linear else "") + (", candidate=cell" if from_cell else "") + \
                    "".join(f", {k}={int(v)}" for k, v in extra.items())
                name = "paper_lstm" + ("_linear" if linear else "") + ("_cell" if from_cell else "") + "".join("_" + k for k in extra)
                paper_case(name, seed, f"h = lstm(x, size={H}{settings}, as=rnn.l0)", make, step, states)
    for k, fn, gates_ in (("mingru", mingru, 2), ("minlstm", minlstm, 3)):
        paper_case(f"paper_{k}", 200 + gates_, f"h = {k}(x, size={H}, as=rnn.l0)",
                   {f"rnn.{k}.weight_x_l0": (gates_ * H, I), f"rnn.{k}.bias_l0": (gates_ * H,)}, fn, [H])
    ort_cases()


if __name__ == "__main__":
    main()
