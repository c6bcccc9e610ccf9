"""`tfpg.compare`: the slide beside somebody's own function."""

import ast
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

import keras
import numpy as np

from tfpg.base.errors import BadInput
from tfpg.base.texts import Text, check_language
from tfpg.homework.box.shapes import NOWHERE
from tfpg.homework.checks.checking import check, right_if_flat
from tfpg.homework.checks.judging import Verdict
from tfpg.homework.exercises.catalog import named
from tfpg.slides.compare.apart import randomly_as_before
from tfpg.slides.compare.calling import NotRun, Runner, role_of
from tfpg.slides.compare.finding import Function, located, read, read_function
from tfpg.slides.compare.homework import Method, MethodRunner, method_at
from tfpg.slides.compare.live import LiveRunner
from tfpg.slides.compare.matching import Matches, matched
from tfpg.slides.compare.rows import (
    KEEPS_GRADIENTS,
    REMARKS,
    THERE,
    Line,
    lines_by_name,
    lines_by_numbers,
)
from tfpg.slides.pseudocode import CODE_SLIDES, SLIDES

# What no slide of code shows
WITHOUT_A_POLICY = ("values", "pieces", "trajectories", "estimator", "sample", "rollout")


@dataclass(frozen=True, repr=False)
class Comparison:
    """The slide beside a function; true if every line of the slide is there, and works as there."""

    function: Function
    slide: str  # the library's function that is the slide: "policy_gradient", or its twin
    lines: list[Line]  # the rows: slide, yours, number, verdict, and what is to be said
    checking: Callable[[], Verdict | None]  # what is asked when it is needed, as it takes a second
    not_run: Text | str  # why it could not be run, or ""
    language: str
    moves: bool = True  # the policy's variables, as a step does

    def __bool__(self) -> bool:
        return not any(line.wrong for line in self.lines) and bool(self.checked)

    @cached_property
    def checked(self) -> Verdict | None:
        """What `tfpg.check` says of it; None if it cannot be asked."""
        with randomly_as_before():
            return self.checking()

    def __str__(self) -> str:
        from tfpg.slides.compare.text import as_text

        return as_text(self)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        from tfpg.slides.compare.html import fragment

        return fragment(self)

    @property
    def page(self) -> int:
        """The number of the slide."""
        return SLIDES[self.slide].page

    @property
    def takes_indices(self) -> bool:
        """Whether it takes action indices (N*T,) in place of one-hot rows."""
        return any(remark.text.key == "sparse" for line in self.lines for remark in line.remarks)

    @property
    def problems(self) -> list[str]:
        """A sentence for each line that is missing, or different, or wrong."""
        said = [REMARKS["not_run"].say(self.language, why=self.not_run)] if self.not_run else []
        if all(line.verdict == "missing" for line in self.lines if line.of_slide):
            return [*said, REMARKS["nothing"].say(self.language)]
        for line in self.lines:
            code = line.slide.partition(" #")[0].strip()
            if line.verdict == "missing":
                name, _, _ = line.slide.partition(" = ")
                key = f"untaken.{self.function.framework}" if name == "gradients" else f"missing.{name}"
                said.append(REMARKS[key].say(self.language, code=code))
            elif line.verdict == "different" and self.not_run:
                yours = " ".join(line.yours.split())
                said.append(self._at(line, REMARKS["different"].filled(yours=yours, slide=code)))
            said += [self._at(line, remark.text) for remark in line.remarks if remark.wrong]
        return said

    @property
    def notes(self) -> list[str]:
        """A sentence for each line that does what the slide's does, in a way worth knowing."""
        return [
            self._at(line, remark.text)
            for line in self.lines
            for remark in line.remarks
            if not remark.wrong
        ]

    @property
    def summary(self) -> str:
        """How much of the slide is there."""
        lines = [line for line in self.lines if line.of_slide]
        return REMARKS["summary"].say(
            self.language,
            page=self.page,
            slide=REMARKS[f"slide.{self.slide}"],
            found=sum(line.verdict in THERE for line in lines),
            lines=len(lines),
        )

    def _at(self, line: Line, sentence: Text) -> str:
        return REMARKS["line"].say(self.language, line=line.number, sentence=sentence)


def compare(
    function: Callable | str,
    slide: int | None = None,
    language: str = "en",
    python: str | None = None,
    **given: Any,
) -> Comparison:
    """Lay the slide beside a function of your own: what of it is there, is missing, or differs.

    It is run on the slide's small batch, and where the same numbers come up, the lines are the same,
    in TensorFlow, PyTorch or JAX; whether it is right, `tfpg.check` says. Print the result, or let a
    notebook show it; it is true if every line is there, but for declared departures, and the gradient
    is right. Raises BadInput if there is no such function, or if its framework is not installed.

    Args:
        function: A function, of a notebook's cell too; a place, "mycode.py:Agent.update"; the update
            of a course's homework, "hw2/src/networks/policies.py:MLPPolicyPG.update"; or the method of
            an object, `agent.update`, with arrays.
        slide: p. 29 or p. 30; if it is not given the nearer one, or its twin for policies with a
            distribution.
        language: The language of the sentences.
        python: The Python that runs a course's homework, if not the one in its folder.
        given: For the method of an object, arrays as it takes them, by the slide's names: `states`,
            `actions` and `q_values`. A copy of the object is run, with the slide's policy in place of
            its network.
    """
    if slide not in (None, *CODE_SLIDES):
        raise BadInput(f"slide= is {' or '.join(map(str, CODE_SLIDES))}, got {slide!r}")
    check_language(language)
    with randomly_as_before():
        method = method_at(function, python) if isinstance(function, str) else None
        if method is not None:
            return _of_homework(located(str(function)), method, slide or 30, language)
        found = read(function) if isinstance(function, str) else read_function(function)
        return _compared(found, slide, language, given)


def _compared(found: Function, page: int | None, language: str, given: Mapping[str, Any]) -> Comparison:
    exercises = named(found.definition.name)
    if exercises and exercises[0].protocol in WITHOUT_A_POLICY and not given:
        raise BadInput(
            f"{found.name} stands on neither p. 29 nor p. 30: check it, "
            f"`tfpg check {shlex.quote(found.file)}` or tfpg.check({found.definition.name})"
        )
    names = {node.arg for node in ast.walk(found.definition) if isinstance(node, ast.arg)}
    names |= {node.id for node in ast.walk(found.definition) if isinstance(node, ast.Name)}
    weighted = "q_values" in map(role_of, names)
    try:
        runner = LiveRunner(found, given) if given else Runner(found)
        slide = CODE_SLIDES[page or (30 if weighted or runner.takes_weights else 29)]
        matches = matched(runner, slide)
    except NotRun as error:
        if found.framework != "TensorFlow":
            raise _of_no_use(found, error.said(language), language) from error
        name = CODE_SLIDES[page or (30 if weighted else 29)].function
        return Comparison(found, name, lines_by_name(found, name), lambda: None, error.why, language)
    name = slide.twin if matches.distribution else slide.function
    lines = lines_by_numbers(found, name, matches, runner.expressions)
    checking = partial(_checked, runner, matches, name, language)
    return Comparison(found, name, lines, checking, "", language, matches.moves)


def _of_homework(found: Function, method: Method, page: int, language: str) -> Comparison:
    """A course's method; the verdict is that of its course."""
    slide, runner = CODE_SLIDES[page], MethodRunner(found, method)
    checking = partial(runner.verdict, language)
    try:
        matches = matched(runner, slide)
    except NotRun as error:
        verdict = checking()
        why = verdict.evidence if verdict.open else error.said(language)
        raise _of_no_use(found, why, language) from error
    name = slide.twin if matches.distribution else slide.function
    lines = lines_by_numbers(found, name, matches, runner.expressions)
    return Comparison(found, name, lines, checking, "", language)


def _of_no_use(found: Function, why: str, language: str) -> BadInput:
    """The names of another framework are not the slide's: only what runs can be compared."""
    return BadInput(REMARKS["foreign"].say(language, name=found.name, why=why))


class _AsOnSlide:
    """A function called as the slide is; no Python function, so that nobody looks into it instead."""

    def __init__(self, runner: Runner, matches: Matches) -> None:
        self.runner, self.form = runner, matches.form
        self.broadcast = None if matches.broadcasts else NOWHERE

    def __call__(self, policy: Any, states: Any, actions: Any, q_values: Any) -> list[np.ndarray]:
        """The gradient of each of the policy's variables."""
        optimizer = keras.optimizers.SGD(1.0)
        optimizer.build(policy.trainable_variables)
        given = {"policy": policy, "optimizer": optimizer, "states": states, "actions": actions}
        flat = self.runner.run(self.form, given | {"q_values": q_values}).gradient
        return self.runner.in_shapes_of(policy, flat)


class _Unweighted(_AsOnSlide):
    def __call__(self, policy: Any, states: Any, actions: Any) -> list[np.ndarray]:  # type: ignore[override]
        """The same, of p. 29; a function that takes q-values is given some."""
        return super().__call__(policy, states, actions, np.linspace(-1, 2, len(states))[:, np.newaxis])


def _checked(runner: Runner, matches: Matches, slide: str, language: str) -> Verdict | None:
    """What `tfpg.check` says of the gradient, or of a loss of (logits, actions, q_values)."""
    form = matches.form
    if matches.keeps_gradients:
        return Verdict(slide, False, None, KEEPS_GRADIENTS.say(language))
    if "gradients" in matches.lines:
        kind = _AsOnSlide if "q_values" in SLIDES[slide].arguments else _Unweighted
        verdict = check(kind(runner, matches), slide, language)
        return right_if_flat(verdict, language) if matches.loses_column else verdict
    losses = {name: named(name)[0] for name in ("loss", "gaussian_loss")}
    name = next((name for name in losses if set(losses[name].parameters) == set(form.order)), None)
    if name is None:
        return None

    def loss(**given: Any) -> Any:
        flat = {"q_values": given["q_values"].reshape(-1)} if form.flat else {}
        return runner.called(*({**given, **flat}[role] for role in form.order))

    return check(loss, name, language)
