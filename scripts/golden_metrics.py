#!/usr/bin/env python3
"""Golden metrics: what sacreBLEU, seqeval and scikit-learn say, for tests/tasks to compare with.

    golden_metrics.py                   writes tests/golden/metrics_{bleu,entity,class,forecast}.txt
    golden_metrics.py --real DATA OUT   writes OUT/metrics_{bleu,entity}.txt from the real sets under DATA, with errors
                                        put in; the tests read them with RONDO_GOLDEN=OUT

Lines of fields parted by tabs, the first says what the line is. Needs sacrebleu, seqeval, scikit-learn, numpy
(made with 2.6.0, 1.2.2, 1.9.1, 2.4.6).
"""
import pathlib
import random
import re
import sys

import numpy as np
import sacrebleu
import seqeval.metrics as tags
import sklearn.metrics as classes

GOLDEN = pathlib.Path(__file__).resolve().parent.parent / "tests" / "golden"
MADE = "# made by scripts/golden_metrics.py; do not edit"


def save(folder, name, lines):
    (folder / f"metrics_{name}.txt").write_text("\n".join([MADE, *lines]) + "\n", encoding="utf-8")


def numbers(values):
    return "\t".join(repr(float(v)) for v in values)


# ---- BLEU

def bleu_case(name, tok, pairs):
    metric = sacrebleu.BLEU(tokenize=tok, force=True)
    score = metric.corpus_score([h for h, _ in pairs], [[r for _, r in pairs]])
    line = score.format(width=1, signature=metric.get_signature().format())
    yield f"case\t{name}\t{tok}"
    yield from (f"pair\t{h}\t{r}" for h, r in pairs)
    yield f"score\t{numbers([score.score, *score.precisions, score.bp])}"
    yield "line\t" + re.sub(r"version:\S+", "version:", line)


BLEU = {
    "plain": [("the old sailor mended his net by the lamp", "the old sailor mended the net by the lamp"),
              ("rain fell on the harbour all night long", "it rained on the harbour all night")],
    "punctuation": [('He said, "wait; I\'m (nearly) done!"', 'He said: "Wait, I\'m nearly (really) done."'),
                    ("a/b [c] {d} ~e_f^g `h` <i> =j+ k*l $5 #6 50% @me", "a / b [ c ] {d} ~ e_f^g `h` <i> = j + k*l"),
                    ("well-known, half - done --- and co-op.", "well-known, half-done --- and a co-op .")],
    "digits": [("in 1,234.5 of 7 cases, 3-4 times, 1990-1995.", "In 1,234.5 of 7. cases 3-4 times; 1990 - 1995 ."),
               (".5 and 5. and ,5, 5,, a.b.c 1.a a.1 3,x x,3 ...", ".5 and 5. and ,5, 5,, a.b.c 1.a a.1 3,x x,3 ..."),
               ("6-pack v2.0-rc1 -7 7- 7-- 10-", "6-pack v2.0-rc1 -7 7- 7-- 10-")],
    "entities": [("&quot;fish &amp; chips&quot; &lt;b&gt; &amp;lt; <skipped>x R&D", '"fish & chips" <b> &lt; x R&D'),
                 ("a &amp;amp; b &amp; c", "a &amp; b & c & d")],
    "unicode": [("Zwölf Boxkämpfer jagen Viktor quer über den Sylter Deich.", "Zwölf Boxkämpfer jagten Viktor über den Deich ."),
                ("«чай»\u00a0и\u3000кофе\u2009… 茶、咖啡。", "«чай» и кофе … 茶、咖啡 。"),
                ("e\u0301t\u00e9.\u00e9 \u00e9,\u00e9 1\u00e9.2", "\u00e9t\u00e9 . \u00e9 \u00e9 , \u00e9 1\u00e9.2")],
    "spaces": [("  two   spaces and a  tab  ", "two spaces and a tab"), ("a\x0bb\x0cc\x1cd\x1fe\u0085f", "a b c d e f")],
    "empty": [("", "nothing came out of it"), ("something came of it all", ""), ("", ""),
              ("but this one is fine", "but this one is fine")],
    "short": [("yes", "yes"), ("no no", "no"), ("a b c", "a b c")],
    "nothing": [("", "one two three"), ("", "four five")],
    "strange": [("completely different words here now", "nothing alike is found in this reference")],
    "smooth": [("the cat the cat on the mat", "the cat is on the mat today")],
    "smooth twice": [("one x two y three z four", "one a two b three c four")],
    "brief": [("a short answer", "a short answer that should have been a good deal longer than it is")],
    "long": [("a long answer that goes on and on and on and on", "a long answer that goes on")],
    "clipped": [("the the the the the the the", "the cat is on the mat")],
}


def bleu_lines():
    for name, pairs in BLEU.items():
        for tok in ("13a", "none"):
            yield from bleu_case(name, tok, pairs)


def bleu_real(data):
    rng = random.Random(5)
    lines = (data / "mt-multi30k" / "test_2016_flickr.lc.norm.tok.de").read_text(encoding="utf-8").splitlines()
    vocabulary = sorted({w for line in lines for w in line.split()})
    for rate in (0.02, 0.2, 0.6):
        pairs = []
        for line in lines:
            words = [w if rng.random() > rate else rng.choice(vocabulary) for w in line.split() if rng.random() > rate / 4]
            pairs.append((" ".join(words), line))
        for tok in ("13a", "none"):
            yield from bleu_case(f"multi30k {rate}", tok, pairs)


# ---- entities

def entity_case(name, truth, guess):
    names = sorted({t for s in truth + guess for t in s})
    index = {t: str(i) for i, t in enumerate(names)}
    yield f"case\t{name}"
    yield "tags\t" + " ".join(names)
    for t, g in zip(truth, guess):
        yield "sentence\t" + " ".join(index[x] for x in t) + "\t" + " ".join(index[x] for x in g)
    score = [100 * f(truth, guess) for f in (tags.accuracy_score, tags.precision_score, tags.recall_score, tags.f1_score)]
    yield f"score\t{numbers(score)}"
    report = tags.classification_report(truth, guess, output_dict=True, zero_division=0)
    for kind, row in sorted(report.items()):
        if not kind.endswith(" avg"):
            yield f"type\t{kind}\t{numbers([100 * row['precision'], 100 * row['recall'], 100 * row['f1-score']])}\t{row['support']}"


def phrases_of(rng, length, kinds):
    """Random phrases as (type or None, words)."""
    out = []
    while sum(n for _, n in out) < length:
        out.append((rng.choice(kinds + [None]), rng.randint(1, 3)))
    return out


def write_scheme(phrases, scheme):
    out, before = [], None
    for kind, n in phrases:
        if kind is None:
            out += ["O"] * n
        elif scheme == "iob1":
            out += [("B-" if before == kind else "I-") + kind] + ["I-" + kind] * (n - 1)
        elif scheme == "iob2":
            out += ["B-" + kind] + ["I-" + kind] * (n - 1)
        else:
            out += ["S-" + kind] if n == 1 else ["B-" + kind] + ["I-" + kind] * (n - 2) + ["E-" + kind]
        before = kind
    return out


def damage(rng, sentence, names, rate):
    return [rng.choice(names) if rng.random() < rate else t for t in sentence]


def entity_lines():
    rng = random.Random(7)
    for scheme in ("iob1", "iob2", "bioes"):
        for rate in (0.0, 0.15, 1.0):
            truth = [write_scheme(phrases_of(rng, rng.randint(0, 14), ["PER", "LOC", "WORK-OF-ART"]), scheme) for _ in range(12)]
            truth = [s for s in truth if s]
            names = sorted({t for s in truth for t in s})
            yield from entity_case(f"{scheme} {rate}", truth, [damage(rng, s, names, rate) for s in truth])


def read_tags(path):
    blocks = re.split(r"\n\s*\n", path.read_text(encoding="utf-8").replace("\r", ""))
    return [s for s in ([line.split()[-1] for line in b.splitlines() if line.strip()] for b in blocks) if s]


def entity_real(data):
    rng = random.Random(11)
    for name in ("ner-wnut17/emerging.test.annotated", "ner-wnut17/emerging.dev.conll", "ner-lener-br/test.conll", "ner-lener-br/train.conll"):
        truth = read_tags(data / name)
        names = sorted({t for s in truth for t in s})
        for rate in (0.0, 0.02, 0.3):
            yield from entity_case(f"{name} {rate}", truth, [damage(rng, s, names, rate) for s in truth])


# ---- classes and forecasts

def class_lines():
    rng = random.Random(13)
    for name, count, rows, hit in (("two", 2, 40, 0.8), ("five", 5, 200, 0.6), ("rare", 7, 30, 0.5), ("all wrong", 3, 12, -1)):
        weights = [1 / (k + 1) ** 2 for k in range(count)]
        truth = rng.choices(range(count), weights, k=rows)
        guess = [t if rng.random() < hit else (t + rng.randint(1, count - 1)) % count for t in truth]
        yield f"case\t{name}\t{count}"
        yield "truth\t" + " ".join(map(str, truth))
        yield "guess\t" + " ".join(map(str, guess))
        yield f"score\t{numbers([classes.accuracy_score(truth, guess), classes.f1_score(truth, guess, average='macro', zero_division=0)])}"
        parts = classes.precision_recall_fscore_support(truth, guess, labels=list(range(count)), zero_division=0)
        for k, row in enumerate(zip(*parts)):
            yield f"class\t{k}\t{numbers(row)}"


def forecast_lines():
    rng = np.random.default_rng(17)
    levels = [0.1, 0.5, 0.9]
    y = (1000 + rng.normal(size=(24, 2)).cumsum(axis=0) * [1, 7]).astype(np.float32)
    p = (y[:, :, None] + rng.normal(size=(24, 2, 3)) * 2 + np.array([-2, 0.3, 2])).astype(np.float32)
    past = np.float32(rng.normal(size=(30, 2)).cumsum(axis=0))
    y64, p64, m64 = y.astype(float), p.astype(float), p.astype(float)[:, :, 1]
    yield "levels\t" + numbers(levels)
    for truth, forecast in zip(y64, p64):
        yield f"row\t{numbers(truth)}\t{numbers(forecast.ravel())}"
    for row in past.astype(float):
        yield f"past\t{numbers(row)}"
    mae, mse = classes.mean_absolute_error(y64, m64), classes.mean_squared_error(y64, m64)
    scale = np.abs(past.astype(float)[12:] - past.astype(float)[:-12]).mean(axis=0)
    mase = (np.abs(y64 - m64).mean(axis=0) / scale).mean()
    pinball = np.mean([classes.mean_pinball_loss(y64, p64[:, :, q], alpha=a) for q, a in enumerate(levels)])
    rse = np.sqrt(((y64 - m64) ** 2).sum()) / np.sqrt(((y64 - y64.mean()) ** 2).sum())
    corr = np.mean([np.corrcoef(y64[:, k], m64[:, k])[0, 1] for k in range(2)])
    yield "score\t" + numbers([mae, mse, np.sqrt(mse), mase, pinball, rse, corr])


if __name__ == "__main__":
    if len(sys.argv) == 4 and sys.argv[1] == "--real":
        source, target = pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])
        save(target, "bleu", bleu_real(source))
        save(target, "entity", entity_real(source))
    elif len(sys.argv) == 1:
        for what, lines in (("bleu", bleu_lines()), ("entity", entity_lines()), ("class", class_lines()), ("forecast", forecast_lines())):
            save(GOLDEN, what, lines)
    else:
        sys.exit(__doc__)
