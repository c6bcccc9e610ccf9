"""Questions about somebody's classes, answered one by one in a process of their own Python."""

from __future__ import annotations

import contextlib
import importlib
import os
import sys
import traceback
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from tfpg.homework.box import wire
from tfpg.homework.box.classes import graphs, torch_steps
from tfpg.homework.box.classes.modules import prepare
from tfpg.homework.box.classes.places import is_own
from tfpg.homework.box.classes.protocols import PROTOCOLS
from tfpg.homework.box.classes.stand_ins import is_installed
from tfpg.homework.box.silence import silent
from tfpg.homework.box.time_limit import TimeLimit, at_most

MESSAGE = 300  # characters
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def main() -> None:
    """Read one request; write one message when ready, then one for each question."""
    request = wire.decode(sys.stdin.buffer.read())
    out = os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nowhere, descriptor)
    for answer in answers(request):
        out.write(wire.encode(answer))
        out.flush()
    os._exit(0)  # whatever threads are left


def answers(request: Mapping[str, Any]) -> Iterator[dict]:
    """Import a homework, and say so; then answer one question after the other."""
    os.environ.update(dict.fromkeys(THREADS, "1"), MPLBACKEND="Agg", CUDA_VISIBLE_DEVICES="")
    os.environ.update(PYTHONBREAKPOINT="0", WANDB_MODE="disabled")
    frameworks = {question["framework"] for question in request["questions"]} - {""}
    with silent():
        lacking = {framework: _lacking(framework) for framework in frameworks}
        absent = [] if lacking.get(graphs.FRAMEWORK) == "" else request["absent"]
        broken = prepare(request["folder"], request["paths"], absent, request["calls"])
        for module in {question["module"] for question in request["questions"]} - broken.keys():
            with contextlib.suppress(BaseException):  # it is told where it is asked for
                importlib.import_module(module)
        if "torch" in frameworks:
            with contextlib.suppress(Exception):  # it is not there
                torch_steps.warm_up()
    yield {"state": "ready"}
    late = set()  # the functions that ran for too long
    for question in request["questions"]:
        question = {**question, "folder": request["folder"]}
        if question["module"] in broken:
            line, message = broken[question["module"]]
            yield {"state": "broken", "line": line, "message": message}
        elif module := lacking.get(question["framework"]):
            yield {"state": "needs", "module": module}
        elif question.get("through") in late:  # it would run as long
            yield {"state": "observed", "outcomes": [[TimeLimit.__name__, "", None, None]]}
        else:
            answer = _answer(question, request["seconds"])
            if _is_late(answer["outcomes"][-1]):
                late.add(question["name"])
            yield answer


def _lacking(framework: str) -> str:
    """The module that a framework lacks here, or ""."""
    if framework == graphs.FRAMEWORK:
        return graphs.lacking()
    return "" if is_installed(framework) else framework


def _answer(question: Mapping[str, Any], seconds: float) -> dict:
    known = graphs.PROTOCOLS if question["framework"] == graphs.FRAMEWORK else PROTOCOLS
    protocol, outcomes = known[question["protocol"]], []
    for settings, inputs in question["cases"]:
        try:
            with silent(), np.errstate(all="ignore"), at_most(seconds):
                outcomes.append(protocol(question, settings, inputs))
        except BaseException as error:  # SystemExit too: somebody's code may call exit()
            message = " ".join(str(error).split())[:MESSAGE]
            line, file = _place(error, question["folder"])
            outcomes.append([type(error).__name__, message, line, file])
        if _is_late(outcomes[-1]):
            break
    return {"state": "observed", "outcomes": outcomes}


def _is_late(outcome: Any) -> bool:
    return isinstance(outcome, list) and outcome[0] == TimeLimit.__name__


def _place(error: BaseException, folder: str) -> tuple:
    """The last line of somebody's code that an exception came through."""
    frames = traceback.extract_tb(error.__traceback__)
    places = [(frame.lineno, frame.filename) for frame in frames if is_own(frame.filename, folder)]
    return places[-1] if places else (None, None)
