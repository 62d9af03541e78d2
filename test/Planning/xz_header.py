"""Copies an xz file with one byte of its block header changed and the header's sum mended.

Usage: xz_header.py FROM TO (dictionary|filter)

`dictionary` claims a dictionary of 4 GiB, `filter` an unknown filter.
"""

import sys
import zlib
from pathlib import Path

STREAM_HEADER, LZMA2 = 12, 0x21

source, target, what = sys.argv[1:]
data = bytearray(Path(source).read_bytes())
size = (data[STREAM_HEADER] + 1) * 4
header = data[STREAM_HEADER : STREAM_HEADER + size - 4]
at = header.index(LZMA2, 2)
if what == "dictionary":
    header[at + 2] = 40
else:
    header[at] = 0x30
data[STREAM_HEADER : STREAM_HEADER + size] = header + zlib.crc32(header).to_bytes(4, "little")
Path(target).write_bytes(data)
