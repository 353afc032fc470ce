#!/usr/bin/env python3
"""Seeds of the fuzzers of MIDI and sound files: seeds_sound.py CORPUS_FOLDER

Sound files are a few milliseconds by the standard library and by hand; MIDI files come from mido (1.3.3) and by hand.
The first byte of a MIDI seed chooses steps a quarter and style, as fuzz/fuzz_midi.c says.
"""
import io
import pathlib
import struct
import sys

import mido

CORPUS = pathlib.Path(sys.argv[1])


def wav(tag, channels, rate, bits, data, extra=b""):
    fmt = struct.pack("<HHIIHH", tag, channels, rate, rate * channels * bits // 8, channels * bits // 8, bits)
    body = b"WAVEfmt " + struct.pack("<I", len(fmt)) + fmt + extra + b"data" + struct.pack("<I", len(data)) + data
    return b"RIFF" + struct.pack("<I", len(body)) + body


def flac():
    """Two frames of one constant value each, 16 samples, mono, 8 bits, 8000 a second, checksums left 0."""
    info = struct.pack(">HH", 16, 16) + b"\0" * 6 + (8000 << 44 | 0 << 41 | 7 << 36 | 32).to_bytes(8, "big") + b"\0" * 16
    frames = b"".join(b"\xff\xf8\x60\x02" + bytes([n]) + b"\x0f\0\0\x07\0\0" for n in range(2))
    return b"fLaC\x80\0\0\x22" + info + frames


def sounds():
    tone = b"".join(struct.pack("<h", (i * 997) % 30000 - 15000) for i in range(300))
    sound = {
        "pcm16": wav(1, 1, 8000, 16, tone),
        "stereo": wav(1, 2, 8000, 16, tone),
        "pcm8": wav(1, 1, 8000, 8, bytes(range(200))),
        "float": wav(3, 1, 8000, 32, struct.pack("<4f", 0, 0.5, -1, 1e20)),
        "ulaw": wav(7, 1, 8000, 8, bytes(range(256))),
        "list": wav(1, 1, 8000, 16, tone[:20], b"LIST\3\0\0\0abc\0"),
        "flac": flac(),
        "bad_nan": wav(3, 1, 8000, 32, struct.pack("<2f", 0, float("nan"))),
        "bad_empty": wav(1, 1, 8000, 16, b""),
        "bad_channels": wav(1, 0, 8000, 16, tone),
        "bad_rate": wav(1, 1, 0, 16, tone),
        "bad_cut": wav(1, 1, 8000, 16, tone)[:100],
        "bad_size": wav(1, 1, 8000, 16, tone).replace(struct.pack("<I", 600), b"\xff\xff\xff\xff"),
        "bad_stream": b"RIFF\xff\xff\xff\xff" + wav(1, 1, 8000, 16, tone)[8:],
        "bad_adpcm": wav(2, 1, 8000, 4, tone),
    }
    for name, content in sound.items():
        (CORPUS / "audio" / name).write_bytes(content)


def song(kind, tracks):
    file = mido.MidiFile(type=kind, ticks_per_beat=96)
    for events in tracks:
        file.tracks.append(mido.MidiTrack(events))
    out = io.BytesIO()
    file.save(file=out)
    return out.getvalue()


def midi():
    on = lambda pitch, time, velocity=64: mido.Message("note_on", note=pitch, velocity=velocity, time=time)  # noqa: E731
    notes = [on(60, 0), on(64, 0), on(60, 96, 0), mido.Message("note_off", note=64, time=48), on(67, 0), on(67, 96, 0)]
    good = song(0, [notes])
    head = b"MThd\0\0\0\6\0\0\0\1\0\x60MTrk"
    track = lambda events: head + struct.pack(">I", len(events)) + events  # noqa: E731
    files = {
        "type0": good,
        "type1": song(1, [[mido.MetaMessage("set_tempo", tempo=400000)], notes, [on(36, 200), on(36, 90, 0)]]),
        "sysex": song(0, [[mido.Message("sysex", data=[1, 2, 3]), *notes]]),
        "control": song(0, [[mido.Message("control_change", control=7, value=90), mido.Message("pitchwheel", pitch=99)]]),
        "chunk": good + b"XFKM\0\0\0\2ab",
        "endless_note": track(b"\0\x90\x3c\x40\x60\xff\x2f\0"),
        "bad_cut": good[:-3],
        "bad_format": good.replace(b"MThd\0\0\0\6\0\0", b"MThd\0\0\0\6\0\2"),
        "bad_division": good.replace(b"\0\x60MTrk", b"\0\0MTrk"),
        "bad_time_code": good.replace(b"\0\x60MTrk", b"\xe7\x28MTrk"),
        "bad_running": track(b"\0\x3c\x40\0\xff\x2f\0"),
        "bad_delta": track(b"\xff\xff\xff\xff\x7f\x90\x3c\x40\0\xff\x2f\0"),
        "bad_length": track(b"\0\xff\x01\xff\xff\xff\x7fab"),
        "bad_ticks": track(b"\xff\xff\xff\x7f\x90\x3c\x40" * 9 + b"\0\xff\x2f\0"),
        "bad_end": track(b"\0\x90\x3c\x40"),
        "bad_status": track(b"\0\xf5\0\xff\x2f\0"),
    }
    for i, (name, content) in enumerate(files.items()):
        (CORPUS / "midi" / name).write_bytes(bytes([(i % 2) * 128 + i % 8]) + content)


for each in ("audio", "midi"):
    (CORPUS / each).mkdir(parents=True, exist_ok=True)
sounds()
midi()
