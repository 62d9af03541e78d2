"""Writes arrays for before.mlir, without NumPy. Usage: arrays.py KIND OUT.

KIND is one of:
  inputs      an .npz file of the five arguments
  folder      the same as .npy files in a folder
  reference   the results that the step has on them, computed in double precision
  missing, extra, shape, type, order, cut
              inputs with one mistake, in the .npz file OUT
"""

import math
import struct
import sys
import zipfile
from pathlib import Path

SHAPES = [(32, 16), (16, 64), (64, 8), (8, 256), (256, 8)]


def npy(rows: list[list[float]], dtype: str = "<f4", fortran: bool = False) -> bytes:
    """Returns a matrix as a .npy file."""
    header = f"{{'descr': '{dtype}', 'fortran_order': {fortran}, 'shape': ({len(rows)}, {len(rows[0])}), }}"
    header = header.ljust(117) + "\n"
    code = "f" if dtype.endswith("4") else "d"
    data = b"".join(struct.pack(f"<{len(row)}{code}", *row) for row in rows)
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + data


def inputs() -> list[list[list[float]]]:
    """Returns five matrices of multiples of 1/64 around 0."""
    return [
        [[((i * 7 + j * 5 + which) % 13 - 6) / 64 for j in range(columns)] for i in range(rows)]
        for which, (rows, columns) in enumerate(SHAPES)
    ]


def product(a: list[list[float]], b: list[list[float]]) -> list[list[float]]:
    columns = list(zip(*b, strict=True))
    return [[sum(x * y for x, y in zip(r, c, strict=True)) for c in columns] for r in a]


def results() -> list[list[list[float]]]:
    x, w, v, u, r = inputs()
    h = [[math.tanh(a) for a in row] for row in product(x, w)]
    y = product(h, v)
    s = product([[math.tanh(a) for a in row] for row in product(y, u)], r)
    dh = product(s, list(zip(*v, strict=True)))
    dp = [[d * (1 - a * a) for d, a in zip(*rows, strict=True)] for rows in zip(dh, h, strict=True)]
    return [y, product(list(zip(*x, strict=True)), dp)]


def main() -> None:
    kind, out = sys.argv[1:]
    if kind == "reference":
        files = {f"result{i}.npy": npy(rows) for i, rows in enumerate(results())}
    else:
        files = {f"arg{i}.npy": npy(rows) for i, rows in enumerate(inputs())}
    if kind == "missing":
        del files["arg1.npy"]
    elif kind == "extra":
        files["arg9.npy"] = files["arg1.npy"]
    elif kind == "shape":
        files["arg1.npy"] = files["arg2.npy"]
    elif kind == "type":
        files["arg1.npy"] = npy(inputs()[1], "<f8")
    elif kind == "order":
        files["arg1.npy"] = npy(inputs()[1], fortran=True)
    elif kind == "cut":
        files["arg1.npy"] = files["arg1.npy"][:-4]
    if kind == "folder":
        Path(out).mkdir(exist_ok=True)
        for name, content in files.items():
            (Path(out) / name).write_bytes(content)
        return
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)


main()
