"""Which expressions of somebody's function have the numbers of which line of the slide.

Both are run on the same small batches. A line's numbers may come with another sign and scale, as long
as it is one for all batches, and a density may leave out a constant.
"""

from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any, NamedTuple

import keras
import numpy as np

from tfpg.policies import GaussianPolicy
from tfpg.slides.compare.calling import Form, Runner, Seen, Value
from tfpg.slides.page.batch import LENGTHS, run, small_batch
from tfpg.slides.pseudocode import CODE_SLIDES, CodeSlide
from tfpg.slides.source import imported

LIKELIHOODS, WEIGHTED = "negative_likelihoods", "weighted_negative_likelihoods"
LINES = ("logits", LIKELIHOODS, WEIGHTED, "loss", "gradients")
COLUMN = "column"  # the line that makes one of the likelihoods
BATCHES = 3
SAMPLES = sum(LENGTHS)
TOLERANCE = 1e-4  # relative to the largest number

Given = dict[str, Any]  # what each role stands for
Numbers = dict[str, np.ndarray]  # what each line of a slide is


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
    fixed: bool  # it is right in the means of a distribution, and its log_std is not trained

    @property
    def score(self) -> tuple[bool, int]:
        """How much of the slide is there."""
        return self.right, sum(match.scale != 0 for match in self.lines.values())


@cache
def batches(distribution: bool) -> tuple[Given, ...]:
    """Small batches, and policies that differ in all their numbers."""
    generator = np.random.default_rng(0)
    policy, states, actions, q_values = small_batch()
    (weights,) = policy.get_weights()
    found = []
    for number in range(BATCHES):
        layer = keras.layers.Dense(weights.shape[1], use_bias=False, dtype="float32")
        policy = keras.Sequential([keras.Input(states.shape[1:]), layer])
        policy.set_weights([weights])
        logits = np.asarray(policy(states), float)
        if distribution:
            policy, actions = GaussianPolicy(policy), generator.normal(size=actions.shape)
        optimizer = keras.optimizers.SGD(1.0)
        optimizer.build(policy.trainable_variables)
        given: Given = {"policy": policy, "optimizer": optimizer, "logits": logits, "means": logits}
        given |= {"log_std": np.zeros(len(weights[0])), "states": states, "actions": actions}
        found.append(given | {"q_values": q_values})
        states = states + generator.normal(size=states.shape)
        q_values = q_values + generator.normal(size=q_values.shape)
        weights = weights + generator.normal(size=weights.shape)
        actions = np.roll(actions, number + 1, 0)
    return tuple(found)


@cache
def numbers(page: int, distribution: bool) -> list[Numbers]:
    """What each line of the slide makes of each batch."""
    slide, found = CODE_SLIDES[page], []
    function = imported(f"step.pseudo_loss.{slide.twin if distribution else slide.function}")
    for given in batches(distribution):
        tensors = run(function, *(given[role] for role in slide.arguments))
        several = {one.name: one.value.astype(float) for one in tensors}
        parts = [one.value.ravel() for one in tensors if one.name == "gradients"]
        several["gradients"] = np.concatenate(parts).astype(float)
        found.append(
            {name: array if name == "logits" else array.ravel() for name, array in several.items()}
        )
    return found


def matched(runner: Runner, slide: CodeSlide) -> Matches:
    """How the function is called best, and what is found then. Raises NotRun if it always fails."""
    best: Matches | None = None
    why: BaseException | None = None
    for distribution in (False, True):
        for forms in runner.forms(distribution):
            for form in forms:
                try:
                    seen = [runner.run(form, one) for one in _fresh(batches(distribution))]
                except KeyboardInterrupt:
                    raise
                except BaseException as error:  # SystemExit and TimeLimit too
                    why = why or error
                    continue
                found = _Search(runner, slide, form, distribution, seen).matches()
                best = found if best is None or found.score > best.score else best
                break
            if best is not None and best.lines.get(LIKELIHOODS, NOTHING).scale:
                return best
    if best is None:
        raise runner.not_run(why)
    return best


def _fresh(given: Sequence[Given]) -> Iterator[Given]:
    """With the policies as they were before the function moved them."""
    for one in given:
        weights = one["policy"].get_weights()
        yield one
        one["policy"].set_weights(weights)


class _Search:
    """The search for each line of the slide in what was seen of a function."""

    def __init__(
        self, runner: Runner, slide: CodeSlide, form: Form, distribution: bool, seen: Sequence[Seen]
    ) -> None:
        self.runner, self.form, self.distribution, self.seen = runner, form, distribution, seen
        self.slides = numbers(slide.page, distribution)
        self.likely = [one["gradients"] for one in numbers(29, distribution)]
        self.order = [line for line in LINES if line != WEIGHTED or slide.page == 30]
        self.lines: dict[str, Match] = {}
        places = set.intersection(*(set(one.lines) for one in seen))
        self.places = sorted(places, key=self._time)

    def matches(self) -> Matches:
        """The first expression for each line; what stands in its place where there is none."""
        for line in sorted(self.order, key="loss".__eq__):  # which ends where the gradient begins
            match = self._first(line)
            if match is not None:
                self.lines[line] = match
        gradient = self._scale([one.gradient for one in self.seen], self._target("gradients", False))
        if gradient and "gradients" not in self.lines:  # applied by what the function calls
            at = self.seen[0].applied_at or self.seen[0].lines[self.places[-1]]
            place = [place for place in self.places if self.seen[0].lines[place] == at][-1]
            self.lines["gradients"] = Match(place, at, (), gradient)
        self._add_column()
        self._add_inside()
        self._add_others()
        constant = all(one.gradient is not None and not one.gradient.any() for one in self.seen)
        fixed = self.distribution and not gradient and self._is_right_in_means()
        return Matches(self.form, self.distribution, self.lines, gradient > 0, constant, fixed)

    def _is_right_in_means(self) -> bool:
        size = -batches(True)[0]["log_std"].size  # of what log_std has at the gradient's end
        gradients = [one.gradient for one in self.seen if one.gradient is not None]
        if len(gradients) < BATCHES or any(gradient[size:].any() for gradient in gradients):
            return False
        means = [[one["gradients"][:size]] for one in self.slides]
        return self._scale([gradient[:size] for gradient in gradients], means) > 0

    def _time(self, place: int) -> int:
        return self.seen[0].values[place][0].time

    def _first(self, line: str) -> Match | None:
        """The first expression with the numbers of a line; of one statement's, and of all losses, the last."""
        end = self.lines.get("gradients", NOTHING).place if line == "loss" else -1
        places = self.places[: self.places.index(end)] if end >= 0 else self.places
        for summed in (False, True):  # over the dimensions of an action
            found: Match | None = None
            for place in places:
                at = self.seen[0].lines[place]
                ended = found is not None and (at != found.line or line in ("logits", "gradients"))
                if ended and line != "loss":
                    break
                match = self._match(place, line, summed)
                if match is not None and (
                    found is None or match.shape == found.shape or line == "loss"
                ):
                    found = match
            if found is not None:
                return found
        return None

    def _match(self, place: int, line: str, summed: bool) -> Match | None:
        for shape, arrays in self._visits(place):
            trap = shape == (SAMPLES, SAMPLES) if line == WEIGHTED else self._after_trap(line)
            laid_out = [_laid_out(line, array, shape, summed) for array in arrays]
            if any(one is None for one in laid_out):
                continue
            target = self._target(line, trap)
            scale = self._scale(laid_out, target)
            if trap and line == WEIGHTED and not scale:
                scale = self._scale([array.T for array in laid_out], target)
            if scale and (line != "logits" or abs(scale - 1) < TOLERANCE):
                return Match(place, self.seen[0].lines[place], shape, scale, trap)
        return None

    def _after_trap(self, line: str) -> bool:
        return line in ("loss", "gradients") and WEIGHTED in self.lines and self.lines[WEIGHTED].trap

    def _visits(self, place: int) -> Iterator[tuple[tuple[int, ...], list[np.ndarray]]]:
        """Shape and value in each batch: of all visits together, one a sample; and of each visit."""
        visits = [[value.array for value in one.values[place]] for one in self.seen]
        if all(len(arrays) == SAMPLES for arrays in visits):
            shapes = {array.shape for arrays in visits for array in arrays}
            if len(shapes) == 1:
                yield (SAMPLES, *shapes.pop()), [np.stack(arrays) for arrays in visits]
        for arrays in zip(*visits, strict=False):
            yield arrays[0].shape, list(arrays)

    def _target(self, line: str, trap: bool) -> list[list[np.ndarray]]:
        """For each batch the numbers of the line, and of a density those of the constant."""
        found = []
        for one, likely in zip(self.slides, self.likely, strict=True):
            nll, q = one[LIKELIHOODS], one.get("q_values", np.ones(SAMPLES))
            ones = np.ones(SAMPLES)
            if trap:
                bases = {
                    WEIGHTED: [np.outer(nll, q), np.outer(ones, q)],
                    "loss": [nll.mean() * q.mean(), q.mean()],
                    "gradients": [q.mean() * likely],
                }
            else:
                bases = {
                    "logits": [one["logits"]],
                    LIKELIHOODS: [nll, ones],
                    WEIGHTED: [nll * q, q],
                    "loss": [(nll * q).mean(), q.mean()],
                    "gradients": [one["gradients"]],
                }
            found.append(bases[line] if self.distribution else bases[line][:1])
        return found

    def _scale(self, values: Sequence[Any], bases: Sequence[Sequence[Any]]) -> float:
        """By how much the line's numbers are multiplied, in all batches; 0 if these are others."""
        if any(value is None for value in values):
            return 0.0
        found = np.concatenate([np.ravel(value) for value in values])
        basis = np.stack(
            [np.concatenate([np.ravel(one) for one in b]) for b in zip(*bases, strict=True)], 1
        )
        if found.shape[0] != basis.shape[0] or not np.isfinite(found).all():
            return 0.0
        parts = np.linalg.lstsq(basis, found)[0]
        error, size = np.abs(basis @ parts - found).max(), np.abs(found).max()
        share = np.abs(parts[0] * basis[:, 0]).max()
        return float(parts[0]) if error <= TOLERANCE * size and share > 1e-2 * size else 0.0

    def _add_column(self) -> None:
        """Where likelihoods of shape (N*T,) become a column."""
        first = self.lines.get(LIKELIHOODS)
        if first is None or first.shape != (SAMPLES,):
            return
        for place in self.places[self.places.index(first.place) + 1 :]:
            match = self._match(place, LIKELIHOODS, False)
            if match is not None and match.shape == (SAMPLES, 1):
                self.lines[COLUMN] = match
                return

    def _add_inside(self) -> None:
        """Whoever has the numbers of a line has those of the lines before it inside."""
        for index, line in enumerate(self.order):
            later = [self.lines[one] for one in self.order[index + 1 :] if one in self.lines]
            later = [match for match in later if not match.trap]
            if (
                line not in self.lines
                and later
                and not (line == "logits" and "logits" in self.form.roles)
            ):
                self.lines[line] = later[0]._replace(shape=(), scale=1.0, inside=True)

    def _add_others(self) -> None:
        """What stands where a line should be: the last value of its kind before the next line."""
        end = len(self.places)
        for line in reversed(self.order[1:]):
            if line in self.lines:
                end = self.places.index(self.lines[line].place)
                continue
            before = [one for one in self.order[: self.order.index(line)] if one in self.lines]
            if not before:
                continue
            begin = self.places.index(self.lines[before[-1]].place) + 1
            for place in reversed(self.places[begin:end]):
                value = self.seen[0].values[place][-1]
                known = COLUMN in self.lines and place == self.lines[COLUMN].place
                if (
                    not known
                    and _is_of_kind(line, value)
                    and not self._match(place, LIKELIHOODS, False)
                ):
                    self.lines[line] = Match(place, self.seen[0].lines[place], value.array.shape, 0.0)
                    end = self.places.index(place)
                    break


def _laid_out(line: str, array: np.ndarray, shape: tuple[int, ...], summed: bool) -> Any:
    """The array in the shape of the line's numbers; None if it cannot be these."""
    if line == "gradients":
        return array.ravel()
    if line == "loss":
        return array.ravel() if array.size == 1 and not summed else None
    if line == "logits":
        return (
            array.reshape(SAMPLES, -1)
            if shape[:1] == (SAMPLES,) and array.size == 3 * SAMPLES and not summed
            else None
        )
    if line == WEIGHTED and shape == (SAMPLES, SAMPLES):
        return array
    if summed:
        return (
            array.sum(1) if array.ndim == 2 and len(array) == SAMPLES and array.shape[1] == 3 else None
        )
    return array.ravel() if array.size == SAMPLES else None


def _is_of_kind(line: str, value: Value) -> bool:
    array = value.array
    if line == "gradients":
        return value.is_gradient
    if line == "loss":
        return array.size == 1 and not value.is_gradient
    return array.size == SAMPLES or (line == WEIGHTED and array.size == SAMPLES**2)
