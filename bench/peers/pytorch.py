#!/usr/bin/env python3
"""PyTorch on the workloads of rondo bench: forward and backward of layers, whole steps, scoring, streaming, memory.

A cell that PyTorch lacks is a Python loop of its operators, as one writes it. Variants: packed (uneven lengths through
pack_padded_sequence), loop (a loop for the built-in cells too), script (streaming through torch.jit), plain (an
optimizer that is not fused)."""
import peer
import torch
from torch import nn

VERSION = "torch " + torch.__version__


# ---- cells that PyTorch lacks, as a loop of its operators; products of all steps with the input at once


class Loop(nn.Module):
    """One layer, a Python loop over time. x: [T, B, I]."""

    def __init__(self, w):
        super().__init__()
        self.cell, self.settings, self.hidden = w["cell"], w["settings"], w["hidden_size"]
        self.coupled, self.peephole = "coupled=1" in self.settings, "peephole=1" in self.settings
        self.linear, self.on_cell = "output=linear" in self.settings, "candidate=cell" in self.settings
        self.before, self.relu = "reset=before" in self.settings, "nonlinearity=relu" in self.settings
        gates = {"rnn": 1, "gru": 3, "gru_simple": 2, "lstm": 3 if self.coupled else 4}[self.cell]
        scale = self.hidden ** -0.5
        self.width = w["proj_size"] or self.hidden
        self.w = nn.Parameter(torch.empty(gates * self.hidden, w["input_size"]).uniform_(-scale, scale))
        self.u = nn.Parameter(torch.empty(gates * self.hidden, self.width).uniform_(-scale, scale))
        self.b = nn.Parameter(torch.zeros(gates * self.hidden))
        self.p = nn.Parameter(torch.zeros(3 if self.peephole else 0, self.hidden))
        self.proj = nn.Parameter(torch.empty(w["proj_size"], self.hidden).uniform_(-scale, scale))

    def forward(self, x):
        """Outputs [T, B, H] and nothing."""
        ax = torch.nn.functional.linear(x, self.w, self.b)
        h = x.new_zeros(x.shape[1], self.width)
        c = x.new_zeros(x.shape[1], self.hidden)
        step = {"rnn": self.rnn, "gru": self.gru, "gru_simple": self.gru_simple, "lstm": self.lstm}[self.cell]
        u = self.u.t()
        outputs = []
        for a in ax.unbind(0):
            h, c = step(a, h, c, u)
            outputs.append(h)
        return torch.stack(outputs), None

    def rnn(self, a, h, c, u):
        """Elman."""
        a = torch.addmm(a, h, u)
        return (torch.relu(a) if self.relu else torch.tanh(a)), c

    def gru(self, a, h, c, u):
        """Reset before or after the product."""
        n = self.hidden
        if self.before:
            r, z = torch.sigmoid(torch.addmm(a[:, :2 * n], h, u[:, :2 * n])).chunk(2, 1)
            g = torch.tanh(torch.addmm(a[:, 2 * n:], r * h, u[:, 2 * n:]))
        else:
            ah = h @ u
            r, z = torch.sigmoid(a[:, :2 * n] + ah[:, :2 * n]).chunk(2, 1)
            g = torch.tanh(a[:, 2 * n:] + r * ah[:, 2 * n:])
        return torch.lerp(g, h, z), c

    def gru_simple(self, a, h, c, u):
        """One gate."""
        z, g = torch.addmm(a, h, u).chunk(2, 1)
        return torch.lerp(torch.tanh(g), h, torch.sigmoid(z)), c

    def lstm(self, a, h, c, u):
        """The family with its switches; gates i g o, and f in the second place unless coupled."""
        n = self.hidden
        if self.on_cell:  # the candidate reads c
            a = torch.cat((torch.addmm(a[:, :-n], h, u[:, :-n]), torch.addmm(a[:, -n:], c, u[:, -n:])), 1)
            parts = list(a.chunk(a.shape[1] // n, 1))
            parts.insert(-1, parts.pop())
        else:
            parts = list(torch.addmm(a, h, u).chunk(a.shape[1] // n, 1))
        i = parts[0] + self.p[0] * c if self.peephole else parts[0]
        i, g = torch.sigmoid(i), parts[-2]
        g = g if self.on_cell and self.linear else torch.tanh(g)
        if self.coupled:
            c = torch.lerp(c, g, i)
        else:
            f = torch.sigmoid(parts[1] + self.p[1] * c if self.peephole else parts[1])
            c = f * c + i * g
        o = torch.sigmoid(parts[-1] + self.p[2] * c if self.peephole else parts[-1])
        h = o * (c if self.linear else torch.tanh(c))
        return (h @ self.proj.t() if self.proj.numel() else h), c


BUILT_IN = {"rnn": nn.RNN, "gru": nn.GRU, "lstm": nn.LSTM}
BUILT_IN_SETTINGS = ("", "nonlinearity=relu")


def layers(w, variant=""):
    """The layers of a workload, time first, or None when PyTorch cannot."""
    plain = w["cell"] in BUILT_IN and (w["settings"] in BUILT_IN_SETTINGS or w["proj_size"])
    if plain and variant != "loop":
        more = {"nonlinearity": "relu"} if "relu" in w["settings"] else {}
        if w["proj_size"]:
            more["proj_size"] = w["proj_size"]
        return BUILT_IN[w["cell"]](w["input_size"], w["hidden_size"], num_layers=w["num_layers"],
                                   bidirectional=w["directions"] == 2, **more)
    if w["cell"] not in ("rnn", "gru", "gru_simple", "lstm") or w["num_layers"] > 1 or w["directions"] > 1:
        return None
    return Loop(w)


# ---- kinds of workloads


def training(w, variant):
    """Forward and backward, gradient by the input included; no update."""
    net = layers(w, variant)
    if net is None:
        return None
    length = torch.tensor(peer.lengths(w))
    x = torch.randn(w["seq_len"], w["batch_size"], w["input_size"], requires_grad=True)
    order = torch.sort(length, descending=True).values
    width = (w["proj_size"] or w["hidden_size"]) * w["directions"]
    upstream = torch.randn(w["seq_len"], w["batch_size"], width)
    packed_upstream = torch.randn(int(length.sum()), width)

    def once():
        net.zero_grad(set_to_none=True)
        x.grad = None
        if variant == "packed":
            packed = nn.utils.rnn.pack_padded_sequence(x, order)
            out, _ = net(packed)
            out.data.backward(packed_upstream)
        else:
            out, _ = net(x)
            out.backward(upstream)
    return once


def scoring(w, variant):
    """Forward."""
    net = layers(w, variant)
    if net is None:
        return None
    net.eval()
    x = torch.randn(w["seq_len"], w["batch_size"], w["input_size"])

    def once():
        with torch.inference_mode():
            net(x)
    return once


class Language(nn.Module):
    """Embedding (or one-hot input), layers, softmax over the vocabulary."""

    def __init__(self, w):
        super().__init__()
        self.one_hot = w["input_size"] == w["vocabulary"]
        if not self.one_hot:
            self.embedding = nn.Embedding(w["vocabulary"], w["input_size"])
        self.net = layers(w)
        self.head = nn.Linear(w["hidden_size"], w["vocabulary"])

    def forward(self, x):
        """Logits of all rows."""
        if self.one_hot:
            e = nn.functional.one_hot(x, self.head.out_features).float()
        else:
            e = self.embedding(x)
        h, _ = self.net(e)
        return self.head(h).flatten(0, 1)


def whole_step(w, variant):
    """Forward, loss, backward, clipping at 5, update."""
    net = Language(w)
    make = {"adam": torch.optim.Adam, "sgd": torch.optim.SGD}[w["optimizer"]]
    fused = {} if variant == "plain" else {"fused": True}
    optimizer = make(net.parameters(), lr=0.002, **fused)
    x = torch.randint(w["vocabulary"], (w["seq_len"], w["batch_size"]))
    y = torch.randint(w["vocabulary"], (w["seq_len"] * w["batch_size"],))

    def once():
        optimizer.zero_grad(set_to_none=True)
        nn.functional.cross_entropy(net(x), y).backward()
        nn.utils.clip_grad_norm_(net.parameters(), 5)
        optimizer.step()
    return once


class Step(nn.Module):
    """A layer whose state is two tensors, so that torch.jit can take it."""

    def __init__(self, net: nn.LSTM):
        super().__init__()
        self.net = net

    def forward(self, x: torch.Tensor, h: torch.Tensor, c: torch.Tensor):
        """One step."""
        y, (h, c) = self.net(x, (h, c))
        return y, h, c


def streaming(w, variant):
    """One step of one sequence. script: through torch.jit, frozen."""
    if w["weights"] == "bf16" or w["cell"] != "lstm":
        return None
    net = Step(layers(w)).eval()
    if w["weights"] == "int8":
        net = torch.ao.quantization.quantize_dynamic(net, {nn.LSTM}, dtype=torch.qint8)
    if variant == "script":
        net = torch.jit.freeze(torch.jit.script(net))
    inputs = torch.randn(64, 1, 1, w["input_size"])
    zero = torch.zeros(1, 1, w["hidden_size"])
    kept = [zero, zero, 0]

    def once():
        with torch.inference_mode():
            kept[2] += 1
            _, kept[0], kept[1] = net(inputs[kept[2] % 64], kept[0], kept[1])
    return once


KINDS = {"train": training, "memory": training, "score": scoring, "step": whole_step, "stream": streaming}


def prepare(w, variant, threads):
    """The call to measure."""
    if w["kind"] not in KINDS:
        return None
    torch.set_num_threads(threads)
    torch.set_flush_denormal(True)
    torch.manual_seed(1)
    return KINDS[w["kind"]](w, variant)


if __name__ == "__main__":
    peer.run(__doc__, "pytorch", VERSION, prepare)
