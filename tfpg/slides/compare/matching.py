"""Which expressions of somebody's function have the numbers of which line of the slide.

Both are run on the same small batches. A line's numbers may come with another sign and scale, as long
as it is one for all batches, and a density may leave out a constant.
"""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from tfpg.homework.box.calling import line_reached
from tfpg.homework.box.seeing import Seen, Value
from tfpg.homework.box.time_limit import TimeLimit
from tfpg.slides.compare.batches import BATCHES, batches, numbers
from tfpg.slides.compare.calling import Form, Runner
from tfpg.slides.compare.homework import MethodRunner
from tfpg.slides.page.batch import LENGTHS
from tfpg.slides.pseudocode import CodeSlide

LIKELIHOODS, WEIGHTED = "negative_likelihoods", "weighted_negative_likelihoods"
LINES = ("logits", LIKELIHOODS, WEIGHTED, "loss", "gradients")
COLUMN = "column"  # the line that makes one of the likelihoods
SAMPLES = sum(LENGTHS)
TOLERANCE = 1e-4  # relative to the largest number


class Match(NamedTuple):
    """An expression with a line's numbers, or one that stands where they should be."""

    place: int  # of the expression
    line: int  # of the function, from which it was reached
    shape: tuple[int, ...]
    scale: float  # times the slide's numbers; 0 if it has others
    trap: bool = False  # each likelihood times every q-value
    inside: bool = False  # the numbers come up inside this expression, which has those of a later line


NOTHING = Match(-1, 0, (), 0.0)


class Matches(NamedTuple):
    """How a function was called, and what was found in it."""

    form: Form
    distribution: bool
    lines: dict[str, Match]
    right: bool  # the gradient is the slide's, up to a positive scale
    constant: bool  # the gradient is zero, or None
    broadcasts: bool  # something in it has the shape (N*T, N*T)
    fixed: bool  # it is right in the means of a distribution, and its log_std is not trained
    loss_alone: bool = False  # the gradient is of the loss that it returns, and is taken by others
    moves: bool = True  # the policy's variables are moved
    loses_column: bool = False  # right with q-values (N*T,), and quietly wrong with the slide's column
    keeps_gradients: bool = False  # right once, and the next call adds that gradient to its own

    @property
    def score(self) -> tuple[bool, int, bool, bool]:
        """How much of the slide is there; rather as it was meant than in the trap, and of a column."""
        trapped = any(match.trap for match in self.lines.values())
        there = sum(match.scale != 0 for match in self.lines.values())
        return self.right, there, not trapped, not self.form.flat and not self.broadcasts


def matched(runner: Runner | MethodRunner, slide: CodeSlide) -> Matches:
    """How the function is called best, and what is found then. Raises NotRun if it always fails."""
    best = _best(runner, slide)
    if not best.right or isinstance(runner, MethodRunner):
        return best
    column = best.form._replace(flat=False)
    if best.form.flat and any(column in forms for forms in runner.forms(best.distribution)):
        with suppress(Exception, SystemExit, TimeLimit):  # it takes no column
            found = _Search(slide, column, best.distribution, runner.seen(column, best.distribution))
            matches = found.matches()
            best = matches if matches.right else best._replace(loses_column=matches.broadcasts)
    if runner.may_keep_gradients(best.form):
        with suppress(Exception, SystemExit, TimeLimit):
            again = runner.seen(best.form, best.distribution, again=True)
            search = _Search(slide, best.form, best.distribution, again)
            best = best._replace(keeps_gradients=not search.matches().right)
    return best


def _best(runner: Runner | MethodRunner, slide: CodeSlide) -> Matches:
    best: Matches | None = None
    why: BaseException | None = None
    reached = partial(line_reached, file=runner.function.file)
    for distribution in (False, True):
        for forms in runner.forms(distribution):
            for form in forms:
                try:
                    seen = runner.seen(form, distribution)
                except TimeLimit as late:
                    raise runner.not_run(late) from late
                except (Exception, SystemExit) as error:
                    further = why and not distribution and reached(error) > reached(why)
                    why = error if further else why or error
                    continue
                found = _Search(slide, form, distribution, seen).matches()
                best = found if best is None or found.score > best.score else best
                break
            if best is not None and best.right:
                return best
        if best is not None and best.lines.get(LIKELIHOODS, NOTHING).scale:
            return best
    if best is None:
        raise runner.not_run(why)
    return best


class _Search:
    """The search for each line of the slide in what was seen of a function."""

    def __init__(self, slide: CodeSlide, form: Form, distribution: bool, seen: Sequence[Seen]) -> None:
        self.form, self.distribution, self.seen = form, distribution, seen
        self.slides = numbers(slide.page, distribution)
        self.likely = [slide["gradients"] for slide in numbers(29, distribution)]
        self.order = [line for line in LINES if f"\n{line} = " in slide.text]
        self.lines: dict[str, Match] = {}
        self.at = seen[0].lines
        common = set.intersection(*(set(run.values) for run in seen))
        self.places = sorted(common, key=lambda place: seen[0].values[place][0].time)

    def matches(self) -> Matches:
        """The first expression for each line; what stands in its place where there is none."""
        for line in sorted(self.order, key="loss".__eq__):  # which ends where the gradient begins
            match = self._first(line)
            if match is not None:
                self.lines[line] = match
        gradients = [run.gradient for run in self.seen]
        scale = self._scale(gradients, self._target("gradients", False))
        alone = all(run.loss_alone for run in self.seen)
        if (scale or alone) and self.at and "gradients" not in self.lines:  # taken by others
            trap = self.lines.get(WEIGHTED, NOTHING).trap
            as_slide = scale or self._scale(gradients, self._target("gradients", trap))
            at = self.seen[0].applied_at or list(self.at.values())[-1]
            place = [place for place, line in self.at.items() if line == at][-1]
            self.lines["gradients"] = Match(place, at, (), as_slide, trap and not scale)
        self._add_column()
        self._add_inside()
        self._add_others()
        constant = all(gradient is not None and not gradient.any() for gradient in gradients)
        fixed = self.distribution and not scale and self._is_right_in_means()
        broadcasts = any(
            value.array.shape.count(SAMPLES) >= 2
            for values in self.seen[0].values.values()
            for value in values
        )
        found = Matches(
            self.form, self.distribution, self.lines, scale > 0, constant, broadcasts, fixed, alone
        )
        return found._replace(moves=all(run.moved for run in self.seen))

    def _is_right_in_means(self) -> bool:
        size = -next(batches(True))["log_std"].size  # of what log_std has at the gradient's end
        gradients = [run.gradient for run in self.seen if run.gradient is not None]
        if len(gradients) < BATCHES or any(gradient[size:].any() for gradient in gradients):
            return False
        means = [[slide["gradients"][:size]] for slide in self.slides]
        return self._scale([gradient[:size] for gradient in gradients], means) > 0

    def _first(self, line: str) -> Match | None:
        """The first expression with a line's numbers; the last in its statement, and of losses."""
        places = self.places
        if line == "loss" and "gradients" in self.lines:
            places = places[: places.index(self.lines["gradients"].place)]
        for summed in (False, True):  # over the dimensions of an action
            found: Match | None = None
            for place in places:
                if found is not None and line != "loss" and self.at[place] != found.line:
                    break
                match = self._match(place, line, summed)
                if match is not None and (
                    found is None or line == "loss" or match.shape == found.shape
                ):
                    found = match
            if found is not None:
                return found
        return None

    def _match(self, place: int, line: str, summed: bool = False) -> Match | None:
        for shape, arrays in self._visits(place):
            if line == WEIGHTED:
                trap = shape == (SAMPLES, SAMPLES)
            else:
                trap = line in ("loss", "gradients") and self.lines.get(WEIGHTED, NOTHING).trap
            laid_out = [_laid_out(line, array, shape, summed) for array in arrays]
            target = self._target(line, trap)
            scale = self._scale(laid_out, target)
            if trap and line == WEIGHTED and not scale:  # the other way round
                scale = self._scale([array.T for array in arrays], target)
            if scale and (line != "logits" or abs(scale - 1) < TOLERANCE):
                return Match(place, self.at[place], shape, scale, trap)
        return None

    def _visits(self, place: int) -> Iterator[tuple[tuple[int, ...], list[np.ndarray]]]:
        """Shape and value in each batch: of all visits together, one a sample; and of each visit."""
        visits = [[value.array for value in run.values[place]] for run in self.seen]
        if all(len(arrays) == SAMPLES for arrays in visits):
            shapes = {array.shape for arrays in visits for array in arrays}
            if len(shapes) == 1:
                yield (SAMPLES, *shapes.pop()), [np.stack(arrays) for arrays in visits]
        for arrays in zip(*visits, strict=False):
            yield arrays[0].shape, list(arrays)

    def _target(self, line: str, trap: bool) -> list[list[Any]]:
        """For each batch the numbers of the line, and of a density those of the constant."""
        found, ones = [], np.ones(SAMPLES)
        for slide, likely in zip(self.slides, self.likely, strict=True):
            nll, q = slide[LIKELIHOODS], slide.get("q_values", ones)
            bases: dict[str, list[Any]] = {
                "logits": [slide["logits"]],
                LIKELIHOODS: [nll, ones],
                WEIGHTED: [np.outer(nll, q), np.outer(ones, q)] if trap else [nll * q, q],
                "loss": [nll.mean() * q.mean() if trap else (nll * q).mean(), q.mean()],
                "gradients": [q.mean() * likely if trap else slide["gradients"]],
            }
            found.append(bases[line] if self.distribution else bases[line][:1])
        return found

    def _scale(self, values: Sequence[Any], bases: Sequence[Sequence[Any]]) -> float:
        """By how much the line's numbers are multiplied, in all batches; 0 if these are others."""
        if any(value is None for value in values):
            return 0.0
        found = _end_to_end(values)
        basis = np.stack([_end_to_end(parts) for parts in zip(*bases, strict=True)], 1)
        if len(found) != len(basis) or not np.isfinite(found).all():
            return 0.0
        parts = np.linalg.lstsq(basis, found)[0]
        error, size = np.abs(basis @ parts - found).max(), np.abs(found).max()
        share = np.abs(parts[0] * basis[:, 0]).max()
        return float(parts[0]) if error <= TOLERANCE * size and share > 1e-2 * size else 0.0

    def _is_given(self, array: np.ndarray) -> bool:
        """Whether these are the q-values, which are no line's."""
        given = self.slides[0].get("q_values")
        return given is not None and np.array_equal(np.ravel(array), np.ravel(given))

    def _add_column(self) -> None:
        """Where likelihoods of shape (N*T,) become a column."""
        first = self.lines.get(LIKELIHOODS)
        if first is None or first.shape != (SAMPLES,):
            return
        for place in self.places[self.places.index(first.place) + 1 :]:
            match = self._match(place, LIKELIHOODS)
            if match is not None and match.shape == (SAMPLES, 1):
                self.lines[COLUMN] = match
                return

    def _add_inside(self) -> None:
        """Whoever has the numbers of a line has those of the lines before it inside."""
        for index, line in enumerate(self.order):
            later = [self.lines[name] for name in self.order[index + 1 :] if name in self.lines]
            later = [match for match in later if not match.trap]
            if later and line not in self.lines and line not in self.form.roles:
                self.lines[line] = later[0]._replace(shape=(), scale=1.0, inside=True)

    def _add_others(self) -> None:
        """What stands where a line should be: the last value of its kind before the next line."""
        end = len(self.places)
        for index, line in reversed([*enumerate(self.order)][1:]):
            before = [name for name in self.order[:index] if name in self.lines]
            if line not in self.lines and before:
                begin = self.places.index(self.lines[before[-1]].place) + 1
                for place in reversed(self.places[begin:end]):
                    value = self.seen[0].values[place][-1]
                    if self._is_given(value.array):
                        continue
                    if _is_of_kind(line, value) and not self._match(place, LIKELIHOODS):
                        self.lines[line] = Match(place, self.at[place], value.array.shape, 0.0)
                        break
            if line in self.lines and self.lines[line].place in self.places:
                end = self.places.index(self.lines[line].place)


def _end_to_end(arrays: Sequence[Any]) -> np.ndarray:
    return np.concatenate([np.ravel(array) for array in arrays])


def _laid_out(line: str, array: np.ndarray, shape: tuple[int, ...], summed: bool) -> np.ndarray | None:
    """The array in the shape of the line's numbers; None if it cannot be these."""
    if summed and line in (LIKELIHOODS, WEIGHTED):
        return array.sum(1) if array.ndim == 2 and len(array) == SAMPLES < array.size else None
    fits = {
        "logits": shape[0:1] == (SAMPLES,) and array.size > SAMPLES,
        "loss": array.size == 1,
        "gradients": True,
        LIKELIHOODS: array.size == SAMPLES,
        WEIGHTED: array.size == SAMPLES or shape == (SAMPLES, SAMPLES),
    }
    return array if fits[line] and not summed else None


def _is_of_kind(line: str, value: Value) -> bool:
    if line in ("loss", "gradients"):
        return value.is_gradient if line == "gradients" else value.array.size == 1
    return value.array.size == SAMPLES or (line == WEIGHTED and value.array.size == SAMPLES**2)
