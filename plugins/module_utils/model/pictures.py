# Copyright (c) 2026, the Switchboard authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pictures: told by what is in them. What is said of one is the SHA-256 of its content with its type, such as sha256:<64 hex digits>.png."""
from __future__ import annotations

import hashlib
import re
import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Optional

from .errors import Wrong
from .fields import Field

LARGEST = 8 << 20       # bytes
WIDEST = 10000          # pixels, also the highest
NAME = re.compile(r"sha256:([0-9a-f]{64}\.(?:png|jpg))")
PNG = b"\x89PNG\r\n\x1a\n"
DEPTHS = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}     # bits a sample, by colour type (PNG, 11.2.1)
BARE = (0x01, *range(0xD0, 0xD8))           # JPEG markers that nothing follows: TEM, RSTn
FRAMES = tuple(each for each in range(0xC0, 0xD0) if each not in (0xC4, 0xC8, 0xCC))     # SOFn; the three others are DHT, JPG, DAC


@dataclass(frozen=True)
class Picture(Field):
    """Given as a file on the controller, which the action plugin puts the name of its content in the place of.

    What is wrong with that file comes in its place too, as {wrong: rule}, to be told with all else that is wrong with the item.
    """

    def check(self, value: Any) -> str:
        if isinstance(value, Mapping) and set(value) == {"wrong"}:
            raise Wrong(str(value["wrong"]))
        if not isinstance(value, str) or not NAME.fullmatch(value):
            raise Wrong("must be the path of a PNG or JPEG file on the controller, or sha256:<64 hex digits>.png or .jpg")
        return value


def file_of(name: str) -> str:
    """What the file of a named content is called: the same without sha256:, which no file system has to like."""
    return name.partition(":")[2]


def name_of(content: bytes) -> str:
    """The name of a picture's content. Raises Wrong when it is not one that is taken."""
    if len(content) > LARGEST:
        raise Wrong(f"is larger than {LARGEST >> 20} MiB")
    if content.startswith(PNG):
        ending, size = "png", png_size(content)
    elif content.startswith(b"\xff\xd8\xff"):
        ending, size = "jpg", jpeg_size(content)
    else:
        raise Wrong("is neither PNG nor JPEG by its content, whatever its name says")
    if size is None:
        raise Wrong(f"begins as {'PNG' if ending == 'png' else 'JPEG'} does, but is damaged or not whole")
    if not all(0 < each <= WIDEST for each in size):
        raise Wrong(f"is {size[0]} x {size[1]} pixels: each side must have 1 to {WIDEST}")
    return f"sha256:{hashlib.sha256(content).hexdigest()}.{ending}"


def png_size(content: bytes) -> Optional[tuple[int, int]]:
    """Width and height, of a whole row of chunks from IHDR over IDAT to IEND; None: it is none."""
    header = content[8:33]
    if len(header) < 25 or header[:8] != b"\0\0\0\rIHDR" or zlib.crc32(header[4:21]) != int.from_bytes(header[21:], "big"):
        return None
    width, height, depth, colour = struct.unpack(">IIBB", header[8:18])
    place, kind, seen = 8, b"", set()
    while kind != b"IEND":
        length, kind = int.from_bytes(content[place:place + 4], "big"), content[place + 4:place + 8]
        place += length + 12
        if place > len(content):
            return None
        seen.add(kind)
    return (width, height) if b"IDAT" in seen and depth in DEPTHS.get(colour, ()) else None


def jpeg_size(content: bytes) -> Optional[tuple[int, int]]:
    """Width and height, of a whole row of segments from SOI over a frame header to the first scan; None: it is none."""
    place, size = 2, None
    while content[place:place + 1] == b"\xff":
        marker = content[place + 1:place + 2]
        if marker in (b"", b"\xff"):        # a marker may have 0xff before it to fill up
            place += 1
        elif marker[0] in BARE:
            place += 2
        else:
            length = int.from_bytes(content[place + 2:place + 4], "big")
            if length < 2 or place + 2 + length > len(content):
                return None
            if marker[0] in FRAMES and length >= 11:
                height, width = struct.unpack(">HH", content[place + 5:place + 9])
                size = width, height
            if marker == b"\xda":
                return size
            place += 2 + length
    return None
