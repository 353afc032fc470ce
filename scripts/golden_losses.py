#!/usr/bin/env python3
"""Golden numbers of losses: what tests/losses/golden_losses.h compares with.

    python3 scripts/golden_losses.py            writes tests/losses/golden/losses.safetensors

Needs torch, numpy, safetensors; all in float64.
  ctc       torch.nn.functional.ctc_loss, gradients by its autograd
  gaussian  torch.nn.functional.gaussian_nll_loss of the variance exp(s)
  quantile  max(q e, (q - 1) e), e = y - z, summed, on torch tensors
  crf       the forward recursion and the score of the tags written out with NumPy, posteriors for the gradients by
            listing every tag sequence; nothing of torch
Rows are sequences one after the other; targets of gaussian and quantile stand target by target.
"""
import datetime
import itertools
import pathlib
import numpy as np
import torch
from safetensors.numpy import save_file

OUT = pathlib.Path(__file__).resolve().parent.parent / "tests" / "losses" / "golden" / "losses.safetensors"


def ctc(rng, out):
    width = 5
    steps = [7, 30, 12, 5, 180, 9, 3]
    targets = [[0, 1], [3, 3, 2, 0, 0], [], [1, 1, 0], [int(k) for k in rng.integers(0, width - 1, 40)], [2], [0, 1, 2]]
    logits = [torch.tensor(rng.normal(0, 2, (n, width)), requires_grad=True) for n in steps]
    losses = []
    for z, y in zip(logits, targets):
        loss = torch.nn.functional.ctc_loss(torch.log_softmax(z, 1).unsqueeze(1), torch.tensor([[k + 1 for k in y]], dtype=torch.long),
                                            [len(z)], [len(y)], blank=0, reduction="none")
        loss.sum().backward()
        losses.append(loss.item())
    out["ctc.steps"] = np.array(steps, dtype=np.int32)
    out["ctc.target_steps"] = np.array([len(y) for y in targets], dtype=np.int32)
    out["ctc.targets"] = np.array(sum(targets, []), dtype=np.int32)
    out["ctc.output"] = np.concatenate([z.detach().numpy() for z in logits])
    out["ctc.gradient"] = np.concatenate([z.grad.numpy() for z in logits])
    out["ctc.loss"] = np.array(losses)


def crf_loss(output, start, end, between, tags):
    """log of the sum over all tag sequences, minus the score of these tags."""
    alpha = start + output[0]
    score = start[tags[0]] + output[0][tags[0]]
    for t in range(1, len(output)):
        alpha = np.logaddexp.reduce(alpha[:, None] + between, axis=0) + output[t]
        score += between[tags[t - 1]][tags[t]] + output[t][tags[t]]
    return np.logaddexp.reduce(alpha + end) - (score + end[tags[-1]])


def posteriors(output, start, end, between):
    """Of tags at each step and of neighbours, by listing every tag sequence."""
    steps, width = output.shape
    tag, pair, total = np.zeros((steps, width)), np.zeros((width, width)), 0.0
    for path in itertools.product(range(width), repeat=steps):
        chance = np.exp(start[path[0]] + end[path[-1]] + sum(output[t][k] for t, k in enumerate(path)) +
                        sum(between[a][b] for a, b in zip(path, path[1:])))
        total += chance
        for t, k in enumerate(path):
            tag[t][k] += chance
        for a, b in zip(path, path[1:]):
            pair[a][b] += chance
    return tag / total, pair / total


def crf(rng, out):
    width = 5
    steps = [1, 6, 4, 2, 5]
    start, end, between = rng.normal(0, 1, width), rng.normal(0, 1, width), rng.normal(0, 1, (width, width))
    grads = np.zeros(2 * width + width * width)
    outputs, gradients, losses, all_tags = [], [], [], []
    for n in steps:
        z, tags = rng.normal(0, 1.5, (n, width)), [int(k) for k in rng.integers(0, width, n)]
        tag, pair = posteriors(z, start, end, between)
        for t, k in enumerate(tags):
            tag[t][k] -= 1
        for a, b in zip(tags, tags[1:]):
            pair[a][b] -= 1
        grads += np.concatenate([tag[0], tag[-1], pair.ravel()])
        outputs.append(z), gradients.append(tag), losses.append(crf_loss(z, start, end, between, tags)), all_tags.append(tags)
    out["crf.steps"] = out["crf.target_steps"] = np.array(steps, dtype=np.int32)
    out["crf.targets"] = np.array(sum(all_tags, []), dtype=np.int32)
    out["crf.output"], out["crf.gradient"] = np.concatenate(outputs), np.concatenate(gradients)
    out["crf.loss"] = np.array(losses)
    out["crf.params"], out["crf.grads"] = np.concatenate([start, end, between.ravel()]), grads


def rows(rng, out, name, outputs_each, loss_of):
    count, width = 9, 3
    z = torch.tensor(rng.normal(0, 1.5, (count, width, outputs_each)), requires_grad=True)
    y = torch.tensor(rng.normal(0, 2, (count, width)))
    loss = loss_of(z, y)
    loss.sum().backward()
    out[name + ".output"] = z.detach().numpy().reshape(count, -1)
    out[name + ".gradient"] = z.grad.numpy().reshape(count, -1)
    out[name + ".targets"] = y.numpy()
    out[name + ".loss"] = loss.detach().numpy().sum(axis=1)


def main():
    rng = np.random.default_rng(20)
    out = {}
    ctc(rng, out)
    crf(rng, out)
    rows(rng, out, "gaussian", 2, lambda z, y: torch.nn.functional.gaussian_nll_loss(
        z[..., 0], y, torch.exp(z[..., 1]), full=True, eps=1e-30, reduction="none"))
    q = torch.tensor([0.1, 0.5, 0.9], dtype=torch.float64)
    rows(rng, out, "quantile", 3, lambda z, y: torch.maximum(q * (y[..., None] - z), (q - 1) * (y[..., None] - z)).sum(-1))
    OUT.parent.mkdir(parents=True, exist_ok=True)
    save_file({k: np.ascontiguousarray(v) for k, v in out.items()}, OUT,
              metadata={"producer": f"torch {torch.__version__}, numpy {np.__version__}", "date": datetime.date.today().isoformat()})


if __name__ == "__main__":
    main()
