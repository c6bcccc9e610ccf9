"""When do two outputs agree? (call, inputs, expected, found) -> Comparison."""

from __future__ import annotations

import itertools
from typing import Any, NamedTuple

import numpy as np

from tfpg.base.texts import Text, Texts
from tfpg.homework.box.calling import Arrays
from tfpg.homework.exercises import words
from tfpg.homework.exercises.tolerances import LARGEST, computable, gradient_tolerance, value_tolerance

CHECKS = Texts("checks")

# How many times that of the mean a right gradient may be: a sum has a factor of N*T, tens here, and
# a constant that somebody weighs the loss by is a few powers of ten. Beyond them rounding decides.
LEAST_SCALE, MOST_SCALE = 1e-6, 1e6


class Comparison(NamedTuple):
    """Whether two outputs agree; if not, the sentence that says where they differ."""

    agrees: bool
    complaint: Text | None = None
    places: dict[str, Any] = {}  # noqa: RUF012
    scale: float | None = None  # of a gradient: found / expected
    remark: Text | None = None


def _wrong(key: str, **places: Any) -> Comparison:
    return Comparison(False, CHECKS[key], places)


def refused(call: str, expected: Arrays, found: Arrays) -> Comparison | None:
    """Where the expected is computable, so is all that is found, or it is wrong, whatever is compared.

    What a known mistake gives need not be computable: there it takes the same entries to agree.
    """
    if not all(map(computable, expected.values())):
        return None
    for name in sorted(found, key=lambda name: name not in expected):
        got, wanted = found[name], expected.get(name)
        if not computable(got):
            where = call if name in ("values", "gradient") else f"{name}: {call}"
            if wanted is not None and wanted.shape == got.shape:
                return _differs(where, wanted, got)
            return _wrong("no_number", call=where, got=words.array(got))
    return None


def elementwise(call: str, inputs: Arrays, expected: Arrays, found: Arrays) -> Comparison:
    """Every entry. A row per sample may also be a column of such rows, and a number an array of one."""
    for name, wanted in expected.items():
        got = found.get(name)
        if got is None or not _same_shape(got, wanted):
            return _misshapen(call, wanted, got)
        got = got.reshape(wanted.shape)
        if not _close(got, wanted, value_tolerance(got, wanted, inputs)):
            return _differs(call, wanted, got)
    return Comparison(True, remark=_other_shape(expected, found))


def exact_shape(call: str, inputs: Arrays, expected: Arrays, found: Arrays) -> Comparison:
    """Every entry, in this very shape."""
    for name, wanted in expected.items():
        got = found.get(name)
        if got is None or got.shape != wanted.shape:
            return _misshapen(call, wanted, got)
    return elementwise(call, inputs, expected, found)


def rows_or_mean(call: str, inputs: Arrays, expected: Arrays, found: Arrays) -> Comparison:
    """A number for each sample, or their mean or sum."""
    wanted, got = expected["values"], found["values"]
    if got.size != 1:
        return elementwise(call, inputs, expected, found)
    got, tolerance = got.reshape(()), value_tolerance(got, wanted, inputs) * wanted.size
    agrees = any(_close(got, reduced, tolerance) for reduced in (wanted.mean(), wanted.sum()))
    return Comparison(True) if agrees else _differs(call, wanted.mean(), got)


def normalized(call: str, inputs: Arrays, expected: Arrays, found: Arrays) -> Comparison:
    """Mean 0 and standard deviation 1, with ddof 0 or 1, and perhaps an epsilon beside it."""
    wanted, got = expected["values"], found["values"]
    if not _same_shape(got, wanted):
        return _misshapen(call, wanted, got)
    got, samples = got.reshape(wanted.shape), wanted.size
    if samples == 1 and np.isnan(got).all() and not np.isnan(wanted).any():
        return Comparison(True, remark=CHECKS["nan_for_one"])
    for ddof in (0, 1):
        scale = np.sqrt((samples - ddof) / samples)
        if _close(got, wanted * scale, 5e-3):
            remark = _other_shape(expected, found)
            return Comparison(True, scale=scale if wanted.any() else None, remark=remark)
    return _differs(call, wanted, got)


def estimated(call: str, inputs: Arrays, expected: Arrays, found: Arrays) -> Comparison:
    """The column of an estimator, in this very shape, normalised if that was asked."""
    exact = found["values"].shape == expected["values"].shape
    compare = normalized if inputs["normalized"] and exact else exact_shape
    return compare(call, inputs, expected, found)


def up_to_scale(call: str, inputs: Arrays, expected: Arrays, found: Arrays) -> Comparison:
    """A gradient: every entry, but for one positive factor.

    The gradient that trains is the framework's own, where it is known: exp(log pi - stopped(log pi))
    is right though its differences are 0, and what is cut off from its inputs trains nothing.
    """
    measured = _multiple(call, inputs, expected, found)
    if "autodiff" not in found:
        return measured
    if found["autodiff"].any():
        return _multiple(call, inputs, expected, found | {"gradient": found["autodiff"]})
    return measured if measured.scale is None else _wrong("cut_off", call=call)


def _multiple(call: str, inputs: Arrays, expected: Arrays, found: Arrays) -> Comparison:
    """Whether a gradient is a positive multiple of the right one, and what is beside it right."""
    losses = found.get("losses")
    if losses is not None and "gradient" not in found:
        return _wrong("no_scalar", got=words.shape(losses))
    if losses is not None and np.isfinite(losses).all():
        first, second = losses
        if not np.isclose(first, second, 1e-4, 1e-9):
            return _wrong("not_repeated", one=words.number(first), other=words.number(second))
    wanted, got = expected["gradient"], found["gradient"]
    if got.shape != wanted.shape:
        return _misshapen(call, wanted, got)
    known = np.abs(wanted) < LARGEST  # all, unless this is a known mistake
    if not (computable(got[known]) and _close(got[~known], wanted[~known], 0)):
        return _differs(call, wanted, got)
    wanted, got = wanted[known], got[known]
    tolerance = gradient_tolerance(inputs, found | {"gradient": wanted})
    if np.abs(wanted).max(initial=0) <= tolerance:
        vanishes = np.abs(got).max(initial=0) <= tolerance
        return Comparison(True) if vanishes else _turned(call, wanted, got)
    scale = float(wanted @ got / (wanted @ wanted))
    tolerance = gradient_tolerance(inputs, found | {"gradient": got}, scale)
    if scale <= 0 or np.abs(got - scale * wanted).max() > tolerance:
        return _turned(call, wanted, got)
    if not _as_often(expected, found):
        return _wrong("wrong_steps", got=words.array(found["steps"]))
    critic = "critic gradient"
    if critic in expected:
        wanted, got, where = expected[critic], found[critic], f"{critic}: {call}"
        if got.shape != wanted.shape:
            return _misshapen(where, wanted, got)
        if not _close(got, wanted, tolerance):
            return _differs(where, wanted, got)
    return _scaled(scale)


def natural(call: str, inputs: Arrays, expected: Arrays, found: Arrays) -> Comparison:
    """The direction x of (F + damping) x = gradient, for some small damping, and F sampled or exact."""
    if "fishers" not in expected:  # of a known mistake
        return up_to_scale(call, inputs, expected, found)
    if not _as_often(expected, found):
        return _wrong("wrong_steps", got=words.array(found["steps"]))
    gradient, got = expected["gradient"], found["gradient"]
    if got.shape != gradient.shape:
        return _misshapen(call, gradient, got)
    directions = [
        np.linalg.lstsq(fisher + damping * np.eye(len(gradient)), gradient, rcond=1e-9)[0]
        for fisher in expected["fishers"]
        for damping in (0, *np.geomspace(1e-8, 1e-2, 49))
    ]
    best = max(directions, key=lambda direction: _cosine(direction, got))
    scale = float(best @ got / (best @ best))
    if _cosine(best, got) < 1 - 1e-4 or scale <= 0:
        return _turned(call, directions[0], got)
    return _scaled(scale)


def _as_often(expected: Arrays, found: Arrays) -> bool:
    return "steps" not in expected or found["steps"].tolist() == expected["steps"].tolist()


def _scaled(scale: float) -> Comparison:
    if not LEAST_SCALE <= scale <= MOST_SCALE:
        return _wrong("far_scale", scale=f"{scale:.3g}")
    return Comparison(True, scale=scale)


def frequencies(call: str, inputs: Arrays, expected: Arrays, found: Arrays) -> Comparison:
    """Actions drawn for many samples; a right sampler is refused once in a million times."""
    from scipy.stats import chi2

    logits, drawn, of_mistake = inputs["logits"], found["actions"], expected.get("actions")
    choices, shape = logits.shape[1], (len(logits),)
    if of_mistake is not None and not drawn.shape == of_mistake.shape == shape:
        return Comparison(drawn.shape == of_mistake.shape)  # as wrong as that known mistake
    names = ("actions", "other seed", "same seed") if of_mistake is None else ("actions",)
    for name in names:
        if not _same_shape(found[name], np.empty(shape)):
            return _misshapen(call, np.empty(shape), found[name])
    for row, name in itertools.product(np.unique(logits, axis=0), names):
        same = (logits == row).all(1)
        counts = _counts(found[name].reshape(-1)[same], choices)
        if of_mistake is None:
            wanted = expected["probabilities"][same][0]
            statistic = ((counts - wanted * same.sum()) ** 2 / (wanted * same.sum())).sum()
            unlikely = chi2.sf(statistic, choices - 1) < 1e-6
        else:
            others = _counts(of_mistake.reshape(-1)[same], choices)
            wanted = others / others.sum()
            unlikely = _dependent(np.array([counts, others]))
        if unlikely or counts.sum() != same.sum():
            got = counts / max(counts.sum(), 1)
            places = {"expected": words.array(wanted), "got": words.array(got)}
            return _wrong("wrong_frequencies", call=call, **places)
    if of_mistake is not None or len(logits) <= 100:
        return Comparison(True)
    if np.array_equal(drawn, found["other seed"]):
        return _wrong("same_draws", count=len(logits))
    alike = (logits[0::2] == logits[1::2]).all(1)
    flat = drawn.reshape(-1).astype(int)
    table = np.zeros((choices, choices))
    np.add.at(table, (flat[0::2][alike], flat[1::2][alike]), 1)
    if _dependent(table):
        return _wrong("not_independent", call=call)
    repeated = np.array_equal(drawn, found["same seed"])
    return Comparison(True, remark=None if repeated else CHECKS["other_generator"])


def _counts(drawn: np.ndarray, choices: int) -> np.ndarray:
    whole = drawn.astype(int)
    valid = (whole == drawn) & (whole >= 0) & (whole < choices)
    return np.bincount(whole[valid], minlength=choices)


def _dependent(table: np.ndarray) -> bool:
    """Whether the rows of a table of counts differ by more than chance."""
    from scipy.stats import chi2_contingency

    table = table[table.sum(1) > 0][:, table.sum(0) > 0]
    return table.size > 1 and chi2_contingency(table).pvalue < 1e-6


def _close(got: np.ndarray, wanted: np.ndarray, tolerance: float) -> bool:
    return bool(np.allclose(got, wanted, rtol=0, atol=tolerance, equal_nan=True))


def _same_shape(got: np.ndarray, wanted: np.ndarray) -> bool:
    if wanted.ndim == 0:
        return got.size == 1
    same = [wanted.shape]
    if wanted.ndim == 1:
        same.append((len(wanted), 1))
    elif wanted.ndim == 2 and 1 in wanted.shape:
        same.append((wanted.size,))
    return got.shape in same


def _other_shape(expected: Arrays, found: Arrays) -> Text | None:
    """A remark where rows are no column, or a column no rows; on one sample nobody can tell."""
    for name, wanted in expected.items():
        if found[name].ndim != wanted.ndim and wanted.size > 1:
            return CHECKS["flat_for_column" if wanted.ndim == 2 else "column_for_flat"]
    return None


def _misshapen(call: str, wanted: np.ndarray, got: np.ndarray | None) -> Comparison:
    shapes = {"expected": words.shape(wanted), "got": "()" if got is None else words.shape(got)}
    flat = got is not None and got.ndim > 0 and wanted.shape == (*got.shape, 1)
    return _wrong("wrong_shape_of_column" if flat else "wrong_shape", call=call, **shapes)


def _differs(call: str, wanted: np.ndarray, got: np.ndarray) -> Comparison:
    wanted, got = np.asarray(wanted), np.asarray(got)
    key = "wrong_value" if np.isfinite(got).all() else "not_finite"
    if wanted.size > 12:  # too many to read: the first entry that differs
        wrong = ~np.isclose(got, wanted, rtol=1e-6)
        index = tuple(int(axis) for axis in np.argwhere(wrong if wrong.any() else ~wrong)[0])
        call = f"{call}[{', '.join(map(str, index))}]"
        wanted, got = wanted[index], got[index]
    return _wrong(key, call=call, **words.apart(wanted, got))


def _turned(call: str, wanted: np.ndarray, got: np.ndarray) -> Comparison:
    cosine = words.apart(np.array(1.0), np.array(_cosine(wanted, got)))["got"]
    return _wrong("wrong_direction", what=call, **words.apart(wanted, got), cosine=cosine)


def _cosine(vector: np.ndarray, other: np.ndarray) -> float:
    lengths = np.linalg.norm(vector) * np.linalg.norm(other)
    return float(vector @ other / lengths) if lengths > 0 else 0.0
