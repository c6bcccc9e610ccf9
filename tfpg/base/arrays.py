"""Arrays of numbers: what is none is refused in a sentence that names the argument."""

from __future__ import annotations

from typing import Any

import numpy as np

from tfpg.base.arguments import shown
from tfpg.base.errors import BadInput


def check_numbers(name: str, values: Any, *shapes: tuple[str, ...]) -> np.ndarray:
    """Values as an array of numbers with an axis for each letter of one of the shapes: ("T",).

    Raises BadInput for anything else, and for no numbers at all.
    """
    try:
        array = np.asarray(values)
    except (TypeError, ValueError):  # rows of several lengths
        array = np.empty(0, object)
    fits = not shapes or array.ndim in map(len, shapes)
    if array.dtype.kind not in "biuf" or not fits or not array.size:
        wanted = " or ".join(f"({', '.join(shape)}{',' * (len(shape) == 1)})" for shape in shapes)
        of_shape = f" of shape {wanted}" if shapes else ""
        got = f"shape {array.shape}" if array.dtype.kind in "biuf" else shown(values)
        raise BadInput(f"{name} must be numbers{of_shape}, got {got}")
    return array
