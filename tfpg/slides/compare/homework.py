"""A course's update of a policy is run as its homework is checked: in its own Python."""

import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from tfpg.base.errors import BadInput
from tfpg.base.texts import ENGLISH, Texts
from tfpg.homework.box.classes import graphs
from tfpg.homework.box.classes.lines import seen_of
from tfpg.homework.box.seeing import Seen
from tfpg.homework.box.watching import Expression
from tfpg.homework.checks.judging import Verdict
from tfpg.homework.courses.asking import Case, case, single
from tfpg.homework.courses.asking_there import question, question_of, replies
from tfpg.homework.courses.asks import ASKS
from tfpg.homework.courses.checking import rows
from tfpg.homework.courses.course import Function as OfCourse
from tfpg.homework.courses.course import Homework, recognized
from tfpg.homework.courses.pythons import python_for
from tfpg.homework.courses.sentences import said
from tfpg.slides.compare.batches import batches
from tfpg.slides.compare.calling import REMARKS, Form, NotRun, source_of, weights_of
from tfpg.slides.compare.finding import Function

CHECKS = Texts("checks")
# What the slide calls what a course's update is given
ROLES = {"states": "states", "actions": "actions", "advantages": "q_values", "q_values": ""}


class Method(NamedTuple):
    """The method of a course's homework that updates a policy."""

    homework: Homework
    function: OfCourse
    python: str


def method_at(target: str, python: str | None = None) -> Method | None:
    """That of "hw2/src/networks/policies.py:MLPPolicyPG.update"; None if it is in no course's homework.

    Raises BadInput if it is in one, and does not update its policy.
    """
    file, _, name = target.rpartition(":")
    path = Path(file)
    homework = recognized(path) if path.is_file() and path.suffix == ".py" else None
    if homework is None:
        return None
    own = [
        function
        for function in homework.course.functions
        if homework.folder / function.file == path.resolve() and function.name.partition(" ")[0] == name
    ]
    if any(function.table.get("framework") == graphs.FRAMEWORK for function in own):
        raise BadInput(
            f"{name} runs a graph of TensorFlow 1, whose lines were written before it is called: "
            f"use `tfpg check {shlex.quote(str(file))}`"
        )
    if not homework.course.framework:
        return None
    for function in own:
        if function.ask == "actor_update":
            return Method(
                homework, function, python_for(homework.folder, python, homework.course.needed)
            )
        updates = [f for f in homework.course.functions if f.ask == "actor_update"]
        if not updates:
            return None
        raise BadInput(
            f"{name} does not update the policy, so there is no slide like it: compare "
            f"{updates[0].name} in {updates[0].file}, or use `tfpg check {shlex.quote(str(file))}`"
        )
    return None


class MethodRunner:
    """As `Runner`, for a course's method."""

    takes_weights = True

    def __init__(self, function: Function, method: Method) -> None:
        self.function, self.method = function, method
        self.expressions: list[Expression] = []
        self.checked: dict[str, Any] = {"state": "ended"}  # what it answers to `tfpg check`
        self.cases = ASKS[method.function.ask].cases(np.random.default_rng(0))

    def verdict(self, language: str) -> Verdict:
        """What `tfpg check` says of it."""
        asked = [(self.method.function, self.cases, self.checked)]
        (row,) = rows(self.method.homework.folder, asked)
        finding, place = row.finding, f"{row.file}:{row.line}" if row.line else row.file
        evidence = said(finding, language, place)
        if finding.state == "right" and not evidence:
            evidence = CHECKS["all_agree"].say(language, count=len(self.cases))
        right, open = finding.state == "right", finding.state == "open"
        return Verdict(self.method.function.name, right, finding.mistake, evidence, open)

    def forms(self, distribution: bool) -> Iterator[list[Form]]:
        """The one way to call it."""
        feeds = [feed for feed in self.method.function.table["feeds"] if ROLES[feed]]
        names = [a.arg for a in self.function.definition.args.args][1 : len(feeds) + 1]
        order = tuple(ROLES[feed] for feed in feeds)
        yield [Form(None, order, tuple(names), ids=not distribution, flat=True)]

    def seen(self, form: Form, distribution: bool) -> list[Seen]:
        """What is seen on each of the slide's batches. Raises NotRun."""
        course, folder = self.method.homework
        cases = [_case(given, distribution) for given in batches(distribution)]
        lines = question_of(self.method.function, "lines", course.framework, cases)
        lines["source"] = list(source_of(self.function))
        check = question(course, self.method.function, self.cases)
        answer, self.checked = replies(course, folder, [lines, check], self.method.python)
        outcomes = answer.get("outcomes", [])
        failed = next((outcome for outcome in outcomes if not isinstance(outcome, dict)), None)
        if failed is not None:
            kind, message, line, _ = failed
            said = f"{kind}: {message}"
            raise NotRun(REMARKS["line"].filled(line=line, sentence=said) if line else said)
        if not outcomes:
            raise NotRun(self.verdict(ENGLISH).evidence)
        self.expressions = [Expression(*expression) for expression in outcomes[0]["expressions"]]
        return [seen_of(outcome["seen"]) for outcome in outcomes]

    def not_run(self, error: BaseException | None) -> NotRun:
        """Why it was not."""
        return error if isinstance(error, NotRun) else NotRun(str(error))


def _case(given: Mapping[str, Any], distribution: bool) -> Case:
    (kernel,), actions = weights_of(given["policy"]).arrays, given["actions"]
    weights = single(given["q_values"][:, 0])
    inputs = {
        "states": single(given["states"]),
        "actions": single(actions if distribution else actions.argmax(1)),
        "advantages": weights,
        "q_values": weights,
        "kernel": kernel,
        "spread": np.asarray(given["log_std"], float),
    }
    sizes = {"Ds": kernel.shape[0], "Da": kernel.shape[1]}
    return case("slide", inputs, discrete=not distribution, **sizes)
