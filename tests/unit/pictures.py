# SPDX-License-Identifier: GPL-3.0-or-later
"""Real pictures, made with nothing but the standard library."""

from __future__ import annotations

import io
import random
import struct
import tarfile
import zlib
from pathlib import Path


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int = 2, height: int = 3, colour: int = 0) -> bytes:
    """One colour all over, 8 bits a sample, RGB."""
    rows = (b"\0" + colour.to_bytes(3, "big") * width) * height
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def segment(marker: int, data: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(data) + 2) + data


def jpeg(width: int = 8, height: int = 8, frame: int = 0xC0) -> bytes:
    """A grey square of one colour: baseline, each table with the one code that it needs."""
    quantised = segment(0xDB, b"\0" + b"\1" * 64)
    table = b"\1" + bytes(15) + b"\0"           # one code, of one bit, that means 0: no difference to the block before, nothing more in this one
    tables = segment(0xC4, b"\0" + table) + segment(0xC4, b"\x10" + table)
    blocks = -(-width // 8) * -(-height // 8)
    scan = bytes(-(-2 * blocks // 8))
    return (b"\xff\xd8" + segment(0xE0, b"JFIF\0\1\1\0\0\1\0\1\0\0") + quantised + segment(frame, struct.pack(">BHHB", 8, height, width, 1) + b"\1\x11\0")
            + tables + segment(0xDA, b"\1\1\0\0\x3f\0") + scan + b"\xff\xd9")


GIF = b"GIF89a\1\0\1\0\x80\0\0\xff\xff\xff\0\0\0,\0\0\0\0\1\0\1\0\0\2\2D\1\0;"


def large(size: int) -> bytes:
    """A PNG of so many bytes: the rest is a chunk that readers skip."""
    whole = png()
    return whole[:33] + chunk(b"noIs", random.Random(1).randbytes(size - len(whole) - 12)) + whole[33:]


def archive(path: Path, files: dict[str, bytes]) -> str:
    with tarfile.open(path, "w") as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return str(path)
