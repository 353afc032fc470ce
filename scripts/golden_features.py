#!/usr/bin/env python3
"""Features of sound by the formulas of src/data/features.h, with NumPy alone, for tests/data/test_features.c.

    golden_features.py FOLDER      writes FOLDER/tone8k.wav and, for each kind, FOLDER/features.safetensors

The sound is a chirp with two harmonics, noise from a fixed generator and a silent stretch: 16 bits, 8000 a second. The
transform is written out as a sum over sines and cosines, not taken from a library. Run with numpy 2.4.6, safetensors 0.8.0.
"""
import pathlib
import sys
import wave

import numpy as np
from safetensors.numpy import save_file

RATE, WINDOW, HOP, POINTS = 8000, 200, 80, 256


def sound():
    t = np.arange(2050) / RATE
    phase = 2 * np.pi * (300 * t + 2000 * t * t)
    rng = np.random.Generator(np.random.PCG64(7))
    x = 0.4 * np.sin(phase) + 0.2 * np.sin(2 * phase) + 0.02 * rng.standard_normal(len(t))
    x[900:1300] = 0
    return np.round(np.clip(x, -1, 1) * 32767).astype("<i2")


def log_mel(x, mels):
    y = x.copy()
    y[1:] -= 0.97 * x[:-1]
    frames = 1 + (len(x) - WINDOW) // HOP if len(x) >= WINDOW else 1
    y = np.concatenate([y, np.zeros(max(0, WINDOW - len(x)))])
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(WINDOW) / (WINDOW - 1))
    k, i = np.arange(POINTS // 2 + 1)[:, None], np.arange(WINDOW)[None, :]
    angle = -2 * np.pi * k * i / POINTS
    mel = lambda f: 1127 * np.log(1 + f / 700)  # noqa: E731
    corner = np.linspace(0, mel(RATE / 2), mels + 2)
    at = mel(np.arange(POINTS // 2 + 1) * RATE / POINTS)
    bank = np.zeros((mels, len(at)))
    for m in range(mels):
        rise = (at - corner[m]) / (corner[m + 1] - corner[m])
        fall = (corner[m + 2] - at) / (corner[m + 2] - corner[m + 1])
        bank[m] = np.maximum(0, np.minimum(rise, fall))
    out = []
    for t in range(frames):
        w = y[t * HOP:t * HOP + WINDOW] * hann
        power = (np.cos(angle) @ w) ** 2 + (np.sin(angle) @ w) ** 2
        out.append(np.log(np.maximum(bank @ power, 1e-10)))
    return np.array(out)


def mfcc(x, count):
    energy = log_mel(x, 40)
    q, m = np.arange(count)[:, None], np.arange(40)[None, :]
    basis = np.cos(np.pi * q * (m + 0.5) / 40) * np.where(q == 0, np.sqrt(1 / 40), np.sqrt(2 / 40))
    return energy @ basis.T


def differences(c):
    padded = np.pad(c, ((2, 2), (0, 0)), mode="edge")
    n = len(c)
    return (padded[3:3 + n] - padded[1:1 + n] + 2 * (padded[4:4 + n] - padded[0:n])) / 10


def main():
    folder = pathlib.Path(sys.argv[1])
    pcm = sound()
    with wave.open(str(folder / "tone8k.wav"), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(pcm.tobytes())
    x = pcm.astype(np.float64) / 32768
    c = mfcc(x, 13)
    d = differences(c)
    tensors = {
        "logmel40": log_mel(x, 40),
        "logmel23": log_mel(x, 23),
        "mfcc13": c,
        "mfcc39": np.concatenate([c, d, differences(d)], axis=1),
        "short": log_mel(x[:150], 40),
    }
    save_file({name: np.ascontiguousarray(a) for name, a in tensors.items()}, folder / "features.safetensors",
              metadata={"producer": "scripts/golden_features.py, numpy " + np.__version__})


main()
