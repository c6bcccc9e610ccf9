"""Arrays between two processes that do not trust each other: JSON, then raw numbers, never pickle.

A message is two lengths, a JSON text in which {"array": [dtype, shape]} stands for each array, and the
arrays' bytes in that order. Reading one can fail, with ValueError, and do nothing else.
"""

from __future__ import annotations

import json
import math
import struct
from typing import Any

import numpy as np

LENGTHS = struct.Struct(">QQ")
LONGEST = 2**20  # bytes of JSON, which may take a hundred times as many in memory


def encode(document: Any) -> bytes:
    """One message."""
    arrays = []

    def put(array: Any) -> dict:
        if not isinstance(array, np.ndarray):
            raise TypeError(f"{type(array).__name__} is not plain data")
        if array.dtype.itemsize > 8:  # long double
            array = array.astype(np.float64)
        arrays.append(array.tobytes())
        return {"array": [array.dtype.str, array.shape]}

    text = json.dumps(document, default=put).encode()
    return LENGTHS.pack(len(text), sum(map(len, arrays))) + text + b"".join(arrays)


def split(stream: bytes) -> list[bytes]:
    """The messages that stand one after the other, as far as they are complete."""
    several, start = [], 0
    while start + LENGTHS.size <= len(stream):
        end = start + LENGTHS.size + sum(LENGTHS.unpack_from(stream, start))
        if end > len(stream):
            break
        several.append(stream[start:end])
        start = end
    return several


def decode(message: bytes) -> Any:
    """What was encoded. Raises ValueError for anything else."""
    if len(message) < LENGTHS.size:
        raise ValueError("the message is too short")
    head, body = LENGTHS.unpack_from(message)
    if head > LONGEST:
        raise ValueError("the text of the message is too long")
    text, rest = message[LENGTHS.size :][:head], message[LENGTHS.size + head :]
    if len(rest) != body:
        raise ValueError("the lengths of the message are wrong")
    start = 0

    def get(item: dict) -> Any:
        nonlocal start
        if set(item) != {"array"}:
            return item
        name, shape = item["array"]
        dtype = np.dtype(str(name))
        if dtype.kind not in "biuf" or dtype.itemsize > 8 or len(shape) > 8:
            raise ValueError(f"{name} {shape} is not an array of plain numbers")
        if any(type(length) is not int or length < 0 for length in shape):
            raise ValueError(f"{shape} is not a shape")
        end = start + dtype.itemsize * math.prod(shape)
        if end > len(rest):
            raise ValueError("an array is longer than the message")
        array = np.frombuffer(rest[start:end], dtype).reshape(shape).copy()
        start = end
        return array

    try:
        document = json.loads(text, object_hook=get)
    except Exception as error:  # the message may be anything, and so may what it leads to
        raise ValueError(str(error)) from error
    if start != len(rest):
        raise ValueError("numbers are left over")
    return document
