#!/usr/bin/env python3
"""Makes the small safetensors files that the tests of src/formats compare with, and the seeds of its fuzzer.

    golden_safetensors.py GOLDEN_FOLDER CORPUS_FOLDER      write both
    golden_safetensors.py --open FILE...                   open files with the reference reader, print what they hold

The golden files are written by the reference (packages safetensors and numpy); the seeds are put together by hand,
since most of them are what no writer would write. Run with safetensors 0.8.0 and numpy 2.4.6.
"""
import json
import pathlib
import sys

import numpy as np
import safetensors
import safetensors.numpy
from safetensors import TensorSpec, serialize

# name, type for the reference, bytes of an element, shape; tests/formats/test_safetensors.c has the same table
TENSORS = [
    ("weight", "float32", 4, [3, 2]),
    ("bias", "float32", 4, [3]),
    ("scalar", "float32", 4, []),
    ("none", "float32", 4, [2, 0, 5]),
    ("double", "float64", 8, [2]),
    ("half", "float16", 2, [3]),
    ("brain", "bfloat16", 2, [1, 3]),
    ("long", "int64", 8, [1]),
    ("unsigned", "uint64", 8, [1]),
    ("pair", "complex64", 8, [1]),
    ("symbols", "int32", 4, [2]),
    ("counts", "uint32", 4, [1]),
    ("short", "int16", 2, [1]),
    ("ushort", "uint16", 2, [1]),
    ("tiny", "int8", 1, [3]),
    ("bytes", "uint8", 1, [5]),
    ("flags", "bool", 1, [2]),
    ("e4m3", "float8_e4m3fn", 1, [1]),
    ("e5m2", "float8_e5m2", 1, [1]),
    ("e8m0", "float8_e8m0fnu", 1, [1]),
    ("e4m3z", "float8_e4m3fnuz", 1, [1]),
    ("e5m2z", "float8_e5m2fnuz", 1, [1]),
    ("", "uint8", 1, [1]),
    ('a "quoted"\\name\n\t\x01\x7f/é→😀', "uint8", 1, [1]),
]


def fill(k, size):
    """Byte i of tensor k; 0 and 1 only, where a type allows no other."""
    return bytes((i * 37 + k * 11) % (2 if TENSORS[k][1] == "bool" else 256) for i in range(size))


def reference(tensors, metadata):
    keep, specs = [], {}
    for name, dtype, size, shape in tensors:
        k = [t[0] for t in TENSORS].index(name)
        raw = np.frombuffer(fill(k, size * int(np.prod(shape, dtype=int))) or b"\0", "u1").copy()
        keep.append(raw)
        specs[name] = TensorSpec(dtype=dtype, shape=shape, data_ptr=raw.ctypes.data,
                                 data_len=size * int(np.prod(shape, dtype=int)))
    return bytes(serialize(specs, metadata=metadata))


def crc32c(data, crc=0):
    crc ^= 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def frame(header, data=b"", pad=True):
    text = header if isinstance(header, bytes) else json.dumps(header, separators=(",", ":")).encode()
    if pad:
        text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text + data


def guarded():
    """Two tensors and both checksums, put together without our writer."""
    x, y = bytes(range(8)), bytes(range(3))
    lines = "%08x b\n%08x a\\x5c\n" % (crc32c(x), crc32c(y))
    raw = frame({"__metadata__": {"rondo.options": "cell = lstm\nseed = 1\n", "rondo.crc": lines,
                                  "rondo.header_crc": "00000000"},
                 "b": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]},
                 "a\\": {"dtype": "U8", "shape": [3], "data_offsets": [8, 11]}})
    return raw.replace(b'"00000000"', b'"%08x"' % crc32c(raw)) + x + y


def one(dtype="F32", shape=(2,), offsets=(0, 8), **more):
    return {"dtype": dtype, "shape": list(shape), "data_offsets": list(offsets), **more}


def seeds():
    data = bytes(range(8))
    two = {"a": one(shape=[1], offsets=[0, 4]), "b": one(shape=[1], offsets=[4, 8])}
    yield "sound_empty", frame({})
    yield "sound_metadata", frame({"__metadata__": {"format": "pt", "text": "a\nb\u0000\"é😀"}})
    yield "sound_two", frame(two, data)
    yield "sound_types", reference(TENSORS[:6] + TENSORS[14:17], {"format": "pt"})
    yield "sound_crc", guarded()
    yield "sound_unaligned", frame({"a": one("U8", [1], [0, 1]), "b": one("F32", [1], [1, 5])}, data[:5], pad=False)
    yield "sound_empty_tensors", frame({"a": one(shape=[0], offsets=[0, 0]), "b": one(shape=[3, 0], offsets=[0, 0])})
    yield "bad_gap", frame({"a": one(shape=[1], offsets=[0, 4]), "b": one(shape=[1], offsets=[5, 9])}, data + b"x")
    yield "bad_overlap", frame({"a": one(), "b": one()}, data)
    yield "bad_tail", frame({"a": one(shape=[1], offsets=[0, 4])}, data)
    yield "bad_cut", frame({"a": one()}, data[:7])
    yield "bad_twice", frame(b'{"a":{"dtype":"U8","shape":[],"data_offsets":[0,1]},"\\u0061":{"dtype":"U8","shape":'
                             b'[],"data_offsets":[1,2]}}', b"xy")
    yield "bad_wrap", frame({"a": one(shape=[2**33, 2**33])}, data)
    yield "bad_huge", frame(b'{"a":{"dtype":"F32","shape":[18446744073709551616],"data_offsets":[0,8]}}', data)
    yield "bad_negative", frame({"a": one(shape=[-2])}, data)
    yield "bad_fraction", frame({"a": one(shape=[2.0])}, data)
    yield "bad_type", frame({"a": one("F4")}, data)
    yield "bad_member", frame({"a": one(more=1)}, data)
    yield "bad_deep", frame(b'{"a":' + b"[" * 80 + b"]" * 80 + b"}")
    yield "bad_after", frame(b'{}  {}')
    yield "bad_utf8", frame(b'{"__metadata__":{"a":"\xc0\xaf"}}')
    yield "bad_length", (2**64 - 1).to_bytes(8, "little") + b"{}"
    yield "bad_empty", b""
    yield "bad_lfs", b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n"


def main(arguments):
    if arguments[:1] == ["--open"]:
        for path in arguments[1:]:
            tensors = safetensors.numpy.load_file(path)
            print(path, {name: (str(t.dtype), t.shape) for name, t in tensors.items()})
        return
    golden, corpus = map(pathlib.Path, arguments)
    golden.joinpath("reference.safetensors").write_bytes(reference(TENSORS, {"format": "pt"}))
    golden.joinpath("bare.safetensors").write_bytes(reference(TENSORS[:2], None))
    golden.joinpath("empty.safetensors").write_bytes(safetensors.numpy.save({}))
    for name, content in seeds():
        corpus.joinpath(name).write_bytes(content)


if __name__ == "__main__":
    main(sys.argv[1:])
