#!/usr/bin/env python3
"""Array files written by NumPy itself, which the tests of src/formats/npy.c read and write again.

    golden_numpy.py GOLDEN_FOLDER CORPUS_FOLDER

GOLDEN/arrays.npz    every type and order that is read, stored        GOLDEN/packed.npz   some of them, deflated
GOLDEN/plain.npz     what the writer must write, byte for byte        GOLDEN/arrays.safetensors  all values, plain
CORPUS/npy, CORPUS/zip  seeds of the fuzzers. Run with numpy 2.4.6, safetensors 0.8.0.
"""
import io
import pathlib
import sys
import zipfile

import numpy as np
from safetensors.numpy import save_file

TYPES = ["b1", "u1", "i1", "i2", "u2", "f2", "i4", "u4", "f4", "f8", "i8", "u8"]
SHAPES = {"point": (), "row": (5,), "table": (3, 4), "block": (2, 3, 4), "none": (2, 0, 3)}


def values(kind, shape):
    """Different in every byte, negative and fractional where the type allows it."""
    n = int(np.prod(shape, dtype=int))
    i = np.arange(n)
    if kind == "b1":
        return (i % 3 == 1).reshape(shape)
    base = i * 37 + 5
    if kind[0] == "f":
        base = (base - 300) / 8
    elif kind[0] == "i":
        base = base % 251 - 125
    else:
        base = base % 251
    if kind[1] in "48" and kind[0] != "f":
        base = base * 1000003
    return base.astype(kind).reshape(shape)


def npy(array, version=None):
    out = io.BytesIO()
    np.lib.format.write_array(out, array, version=version, allow_pickle=True)
    return out.getvalue()


def pack(path, files, method=zipfile.ZIP_STORED):
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, content in files.items():
            info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            archive.writestr(info, content, method)


def golden(folder):
    arrays, plain, tensors = {}, {}, {}
    for kind in TYPES:
        for name, shape in SHAPES.items():
            if name not in ("row", "block") and kind not in ("f4", "i8"):
                continue
            a = values(kind, shape)
            key = f"{kind}.{name}"
            plain[key + ".npy"] = npy(a, (1, 0))
            for order in ["<", ">"] if kind[1] != "1" else ["|"]:
                for axes in "CF":
                    full = f"{key}.{'big' if order == '>' else 'little'}.{axes}"
                    arrays[full + ".npy"] = npy(np.asarray(a.astype(order + kind), order=axes))
                    tensors[full] = a.copy()
    for major in (1, 2, 3):
        arrays[f"version{major}.npy"] = npy(values("f4", (2, 3)), (major, 0))
        tensors[f"version{major}"] = values("f4", (2, 3))
    pack(folder / "arrays.npz", arrays)
    pack(folder / "plain.npz", plain)
    pack(folder / "packed.npz", {k: v for k, v in plain.items() if "block" in k}, zipfile.ZIP_DEFLATED)
    save_file(tensors, folder / "arrays.safetensors", metadata={"producer": "numpy " + np.__version__})


def header(text, data=b"", version=b"\1\0"):
    body = text.encode()
    size = len(body).to_bytes(2 if version[0] == 1 else 4, "little")
    return b"\x93NUMPY" + version + size + body + data


def seeds(corpus):
    small = npy(np.arange(6, dtype="<f4").reshape(2, 3))
    good = "{'descr': '<f4', 'fortran_order': False, 'shape': (1,), }\n"
    files = {
        "plain": small,
        "fortran": npy(np.asfortranarray(np.arange(24, dtype=">i2").reshape(2, 3, 4))),
        "scalar": npy(np.float64(2.5)),
        "empty": npy(np.zeros((2, 0, 3), "u1")),
        "bool": npy(np.array([True, False])),
        "version2": npy(np.arange(3, dtype="f2"), (2, 0)),
        "version3": npy(np.arange(3, dtype="i8"), (3, 0)),
        "bad_version": header(good, b"\0" * 4, b"\4\0\0\0"),
        "bad_cut": small[:-1],
        "bad_more": small + b"\0",
        "bad_header": small[:40],
        "bad_object": npy(np.array([{}, None], dtype=object)),
        "bad_record": npy(np.zeros(2, dtype=[("a", "f4"), ("b", "i4")])),
        "bad_text": npy(np.array(["a", "bc"])),
        "bad_complex": npy(np.zeros(2, "c8")),
        "bad_wrap": header(good.replace("(1,)", "(4294967296, 4294967296, 4)"), b"\0" * 4),
        "bad_huge": header(good.replace("(1,)", "(99999999999999999999999,)"), b"\0" * 4),
        "bad_axes": header(good.replace("(1,)", "(1,1,1,1,1,1,1,1,1)"), b"\0" * 4),
        "bad_negative": header(good.replace("(1,)", "(-1,)"), b"\0" * 4),
        "bad_twice": header(good.replace("'shape'", "'descr'"), b"\0" * 4),
        "bad_key": header(good.replace("'shape'", "'form'"), b"\0" * 4),
        "bad_missing": header("{'descr': '<f4', 'shape': (1,)}\n", b"\0" * 4),
        "bad_tuple": header(good.replace("(1,)", "(1)"), b"\0" * 4),
        "python2": header(good.replace("(1,)", "(1L,)"), b"\0" * 4),
        "double": header(good.replace("'", '"'), b"\0" * 4),
    }
    for name, content in files.items():
        (corpus / "npy" / name).write_bytes(b"\0" + content)
    for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2):
        pack(corpus / "zip" / f"method{method}", {"a.npy": small, "b/c.npy": npy(np.zeros(400, "u1")), "d/": b""}, method)
    whole = (corpus / "zip" / "method8").read_bytes()
    (corpus / "zip" / "bad_cut").write_bytes(whole[:-5])
    (corpus / "zip" / "bad_size").write_bytes(whole.replace(len(small).to_bytes(4, "little"), b"\xff\xff\xff\x7f"))
    (corpus / "zip" / "bad_flag").write_bytes(whole.replace(b"PK\1\2\x14\x03\x14\0\0\0", b"PK\1\2\x14\x03\x14\0\1\0"))
    (corpus / "zip" / "bad_data").write_bytes(whole.replace(b"descr", b"dEscr").replace(whole[60:64], b"\xff\0\xff\0"))
    stored = (corpus / "zip" / "method0").read_bytes()
    (corpus / "zip" / "bad_crc").write_bytes(stored.replace(b"NUMPY", b"numpy"))
    (corpus / "zip" / "bad_twice").write_bytes(stored.replace(b"b/c.npy", b"d/"[:2] + b"c.npy"))
    (corpus / "zip" / "empty").write_bytes(b"PK\5\6" + b"\0" * 18)
    for name in ("method0", "method8", "bad_crc"):
        (corpus / "npy" / f"zip_{name}").write_bytes(b"\1" + (corpus / "zip" / name).read_bytes())


for each in ("npy", "zip"):
    (pathlib.Path(sys.argv[2]) / each).mkdir(parents=True, exist_ok=True)
golden(pathlib.Path(sys.argv[1]))
seeds(pathlib.Path(sys.argv[2]))
