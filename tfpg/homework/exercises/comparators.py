"""When do two outputs agree? Tolerances follow from the precision that the numbers were computed in."""

import itertools
from typing import Any, NamedTuple

import numpy as np

from tfpg.base.texts import Text, Texts
from tfpg.homework.box.calling import Arrays
from tfpg.homework.box.differences import in_single_precision, step_for
from tfpg.homework.exercises import words

CHECKS = Texts("checks")

SINGLE, DOUBLE = 2.0**-23, 2.0**-52
# What a small number beside a standard deviation, or in a logarithm, may change: log(pi + 1e-5) where
# the least likely of the actions has .04. Relative to the largest number, and to the largest slope.
OF_EPSILON, OF_EPSILON_IN_SLOPES = 3e-4, 5e-4
# From here on a double has no fraction: nothing can be told from its neighbour. Squares of what is
# below, and their sums, do not overflow.
LARGEST = 2.0**53
# How many times that of the mean a right gradient may be: a sum has a factor of N*T, tens here, and
# a constant that somebody weighs the loss by is a few powers of ten. Beyond them rounding decides.
LEAST_SCALE, MOST_SCALE = 1e-6, 1e6
# Of a weight below 4 that an optimizer moves in single precision
ROUNDING_OF_A_STEP = 3e-7


class Comparison(NamedTuple):
    """Whether two outputs agree; if not, the sentence that says where they differ."""

    agrees: bool
    complaint: Text | None = None
    places: dict[str, Any] = {}  # noqa: RUF012
    scale: float | None = None  # of a gradient: found / expected
    remark: Text | None = None


def computable(values: np.ndarray) -> bool:
    """Whether all are numbers, and none too large to be computed with."""
    return bool((np.abs(values) < LARGEST).all())


def refused(call: str, expected: Arrays, found: Arrays) -> Comparison | None:
    """Where the expected is computable, so is all that is found, or it is wrong, whatever is compared.

    What a known mistake gives need not be computable: there it takes the same entries to agree.
    """
    if not all(map(computable, expected.values())):
        return None
    for name in sorted(found, key=lambda one: one not in expected):
        got, wanted = found[name], expected.get(name)
        if not computable(got):
            where = call if name in ("values", "gradient") else f"{name}: {call}"
            if wanted is not None and wanted.shape == got.shape:
                return _differs(where, wanted, got)
            return Comparison(False, CHECKS["no_number"], {"call": where, "got": words.array(got)})
    return None


def elementwise(call: str, inputs: Arrays, expected: Arrays, found: Arrays) -> Comparison:
    """Every entry. A row per sample may also be a column of such rows, and a number an array of one."""
    for name, wanted in expected.items():
        got = found.get(name)
        if got is None or not _same_shape(got, wanted):
            return _misshapen(call, wanted, got)
        got = got.reshape(wanted.shape)
        if not _close(got, wanted, _tolerance(got, wanted, inputs)):
            return _differs(call, wanted, got)
    return Comparison(True)


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
    tolerance = _tolerance(got, wanted, inputs)
    for reduced in (wanted.mean(), wanted.sum()):
        if _close(got.reshape(()), reduced, tolerance * wanted.size):
            return Comparison(True)
    return _differs(call, wanted.mean(), got.reshape(()))


def normalized(call: str, inputs: Arrays, expected: Arrays, found: Arrays) -> Comparison:
    """Mean 0 and standard deviation 1, with ddof 0 or 1, and perhaps an epsilon beside it."""
    wanted, got = expected["values"], found["values"]
    if not _same_shape(got, wanted):
        return elementwise(call, inputs, expected, found)
    got = got.reshape(wanted.shape)
    samples = wanted.size
    if samples == 1 and np.isnan(got).all() and not np.isnan(wanted).any():
        return Comparison(True, remark=CHECKS["nan_for_one"])
    for ddof in (0, 1):
        scale = np.sqrt((samples - ddof) / samples)
        if _close(got, wanted * scale, 5e-3):
            return Comparison(True, scale=scale if wanted.any() else None)
    return _differs(call, wanted, got)


def estimated(call: str, inputs: Arrays, expected: Arrays, found: Arrays) -> Comparison:
    """The column of an estimator, in this very shape, normalised if that was asked."""
    exact = found["values"].shape == expected["values"].shape
    of = normalized if inputs["normalized"] and exact else exact_shape
    return of(call, inputs, expected, found)


def up_to_scale(call: str, inputs: Arrays, expected: Arrays, found: Arrays) -> Comparison:
    """A gradient: every entry, but for one positive factor.

    The gradient that trains is the framework's own, where it is known: exp(log pi - stopped(log pi))
    is right though its differences are 0, and what is cut off from its inputs trains nothing.
    """
    measured = _one_up_to_scale(call, inputs, expected, found)
    if "autodiff" not in found:
        return measured
    if found["autodiff"].any():
        return _one_up_to_scale(call, inputs, expected, found | {"gradient": found["autodiff"]})
    if measured.scale is not None:
        return Comparison(False, CHECKS["cut_off"], {"call": call})
    return measured


def _one_up_to_scale(call: str, inputs: Arrays, expected: Arrays, found: Arrays) -> Comparison:
    losses = found.get("losses")
    if losses is not None and "gradient" not in found:
        return Comparison(False, CHECKS["no_scalar"], {"got": words.shape(losses)})
    wanted, got = expected["gradient"], found["gradient"]
    if (
        losses is not None
        and np.isfinite(losses).all()
        and not np.isclose(losses[0], losses[1], 1e-4, 1e-9)
    ):
        one, other = map(words.number, losses)
        return Comparison(False, CHECKS["not_repeated"], {"one": one, "other": other})
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
        return Comparison(False, CHECKS["wrong_steps"], {"got": words.array(found["steps"])})
    critic = "critic gradient"
    if critic in expected:
        wanted, got = expected[critic], found[critic]
        if got.shape != wanted.shape:
            return _misshapen(f"{critic}: {call}", wanted, got)
        if not _close(got, wanted, tolerance):
            return _differs(f"{critic}: {call}", wanted, got)
    return _scaled(scale)


def natural(call: str, inputs: Arrays, expected: Arrays, found: Arrays) -> Comparison:
    """The direction x of (F + damping) x = gradient, for some small damping, and F sampled or exact."""
    if "fishers" not in expected:  # of a known mistake
        return up_to_scale(call, inputs, expected, found)
    if not _as_often(expected, found):
        return Comparison(False, CHECKS["wrong_steps"], {"got": words.array(found["steps"])})
    gradient, got = expected["gradient"], found["gradient"]
    if got.shape != gradient.shape:
        return _misshapen(call, gradient, got)
    candidates = []
    for fisher in expected["fishers"]:
        for damping in (0, *np.geomspace(1e-8, 1e-2, 49)):
            matrix = fisher + damping * np.eye(len(gradient))
            candidates.append(np.linalg.lstsq(matrix, gradient, rcond=1e-9)[0])
    best = max(candidates, key=lambda one: _cosine(one, got))
    scale = float(best @ got / (best @ best))
    if _cosine(best, got) < 1 - 1e-4 or scale <= 0:
        return _turned(call, candidates[0], got)
    return _scaled(scale)


def _as_often(expected: Arrays, found: Arrays) -> bool:
    return "steps" not in expected or found["steps"].tolist() == expected["steps"].tolist()


def _scaled(scale: float) -> Comparison:
    if not LEAST_SCALE <= scale <= MOST_SCALE:
        return Comparison(False, CHECKS["far_scale"], {"scale": f"{scale:.3g}"})
    return Comparison(True, scale=scale)


def frequencies(call: str, inputs: Arrays, expected: Arrays, found: Arrays) -> Comparison:
    """Actions drawn for many samples; a right sampler is refused once in a million times."""
    from scipy.stats import chi2, chi2_contingency

    logits, drawn = inputs["logits"], found["actions"]
    choices = logits.shape[1]
    shape = (len(logits),)
    if "actions" in expected and not drawn.shape == expected["actions"].shape == shape:
        return Comparison(drawn.shape == expected["actions"].shape)  # as wrong as that known mistake
    names = ("actions",) if "actions" in expected else ("actions", "other seed", "same seed")
    for name in names:
        if not _same_shape(found[name], np.empty(shape)):
            return _misshapen(call, np.empty(shape), found[name])
    for row, name in itertools.product(np.unique(logits, axis=0), names):
        same = (logits == row).all(1)
        counts = _counts(found[name].reshape(-1)[same], choices)
        unlikely = counts.sum() != same.sum()
        if "probabilities" in expected:
            wanted = expected["probabilities"][same][0]
            expectation = wanted * same.sum()
            statistic = ((counts - expectation) ** 2 / expectation).sum()
            unlikely = unlikely or chi2.sf(statistic, choices - 1) < 1e-6
        else:
            others = _counts(expected["actions"].reshape(-1)[same], choices)
            seen = (counts + others) > 0
            if seen.sum() > 1 and not unlikely:
                unlikely = chi2_contingency([counts[seen], others[seen]]).pvalue < 1e-6
            wanted = others / others.sum()
        if unlikely:
            got = counts / max(counts.sum(), 1)
            places = {"expected": words.array(wanted), "got": words.array(got)}
            return Comparison(False, CHECKS["wrong_frequencies"], {"call": call, **places})
    if "probabilities" not in expected or len(logits) <= 100:
        return Comparison(True)
    if np.array_equal(drawn, found["other seed"]):
        return Comparison(False, CHECKS["same_draws"], {"count": len(logits)})
    alike = (logits[0::2] == logits[1::2]).all(1)
    flat = drawn.reshape(-1).astype(int)
    table = np.zeros((choices, choices))
    np.add.at(table, (flat[0::2][alike], flat[1::2][alike]), 1)
    table = table[table.sum(1) > 0][:, table.sum(0) > 0]
    if table.size > 1 and chi2_contingency(table).pvalue < 1e-6:
        return Comparison(False, CHECKS["not_independent"], {"call": call})
    repeated = np.array_equal(drawn, found["same seed"])
    return Comparison(True, remark=None if repeated else CHECKS["other_generator"])


def gradient_tolerance(inputs: Arrays, found: Arrays, scale: float = 1.0) -> float:
    """The largest error that an entry of this gradient may have, which is `scale` times the mean's.

    Differences divide the loss's rounding error, that of its largest terms, by their step. Gradients
    of policies are computed in single precision. Losses may be forged, so there is a bound that does
    not depend on them.
    """
    largest = float(np.abs(found["gradient"]).max(initial=0))
    weight = scale * float(np.abs(inputs.get("q_values", np.ones(1))).max())
    losses = found.get("losses")
    if losses is None:
        rounding = min(ROUNDING_OF_A_STEP, 1e-2 * largest) if "steps" in found else 0.0
        return max(2e-4 * max(largest, 1e-2 * weight), rounding)
    step = step_for(losses)
    in_single = in_single_precision(losses)
    terms = max(float(np.abs(losses[np.isfinite(losses)]).max(initial=0)), 4 * weight)
    rounding = 8 * terms * (SINGLE if in_single else DOUBLE) / step
    return min(rounding + OF_EPSILON_IN_SLOPES * largest, max(1e-2 * largest, 1e-3 * weight)) + 1e-9


def _tolerance(got: np.ndarray, wanted: np.ndarray, inputs: Arrays) -> float:
    """Rounding of a sum over all samples, some for other orders of doing it, and an epsilon."""
    sizes = [one.size for one in inputs.values()]
    numbers = [
        np.abs(one).max(initial=0) for one in (wanted, *inputs.values()) if one.dtype.kind == "f"
    ]
    finite = [float(one) for one in numbers if np.isfinite(one)]
    rounding = max(OF_EPSILON, 8 * max(sizes) * (SINGLE if in_single_precision(got) else DOUBLE))
    return min(rounding, 1e-3) * max(finite, default=1.0)


def _misshapen(call: str, wanted: np.ndarray, got: np.ndarray | None) -> Comparison:
    shapes = {"expected": words.shape(wanted), "got": "()" if got is None else words.shape(got)}
    return Comparison(False, CHECKS["wrong_shape"], {"call": call, **shapes})


def _same_shape(got: np.ndarray, wanted: np.ndarray) -> bool:
    if wanted.ndim == 0:
        return got.size == 1
    same = [wanted.shape]
    if wanted.ndim == 1:
        same.append((len(wanted), 1))
    elif wanted.ndim == 2 and 1 in wanted.shape:
        same.append((wanted.size,))
    return got.shape in same


def _close(got: np.ndarray, wanted: np.ndarray, tolerance: float) -> bool:
    return bool(np.allclose(got, wanted, rtol=0, atol=tolerance, equal_nan=True))


def _differs(call: str, wanted: np.ndarray, got: np.ndarray) -> Comparison:
    wanted, got = np.asarray(wanted), np.asarray(got)
    finite = np.isfinite(got).all()
    if wanted.size > 12:  # too many to read: the first entry that differs
        wrong = ~np.isclose(got, wanted, rtol=1e-6)
        index = tuple(int(one) for one in np.argwhere(wrong if wrong.any() else ~wrong)[0])
        call = f"{call}[{', '.join(map(str, index))}]"
        wanted, got = wanted[index], got[index]
    complaint = CHECKS["wrong_value"] if finite else CHECKS["not_finite"]
    return Comparison(False, complaint, {"call": call, **words.apart(wanted, got)})


def _turned(call: str, wanted: np.ndarray, got: np.ndarray) -> Comparison:
    cosine = words.apart(np.array(1.0), np.array(_cosine(wanted, got)))["got"]
    places = {"what": call, **words.apart(wanted, got), "cosine": cosine}
    return Comparison(False, CHECKS["wrong_direction"], places)


def _cosine(one: np.ndarray, other: np.ndarray) -> float:
    lengths = np.linalg.norm(one) * np.linalg.norm(other)
    return float(one @ other / lengths) if lengths > 0 else 0.0


def _counts(drawn: np.ndarray, choices: int) -> np.ndarray:
    whole = drawn.astype(int)
    valid = (whole == drawn) & (whole >= 0) & (whole < choices)
    return np.bincount(whole[valid], minlength=choices)
