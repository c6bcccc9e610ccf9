"""`tfpg.check`: what takes a policy of PyTorch or JAX, or action indices, is run as by `compare`."""

from collections.abc import Callable
from dataclasses import replace

from tfpg.base.errors import BadInput
from tfpg.base.texts import Texts
from tfpg.homework.checks import checking
from tfpg.homework.checks.judging import Verdict

CHECKS, MISTAKES = Texts("checks"), Texts("mistakes")
# Whose gradient is that of a slide
OF_SLIDES = ("maximum_likelihood", "policy_gradient")


def check(function: Callable, name: str | None = None, language: str = "en", seed: int = 0) -> Verdict:
    """Say whether a function is right; if not, which known mistake it is, or where it first fails.

    The verdict is true if it is right, so that a test may say `assert tfpg.check(reward_to_go)`. Raises
    BadInput for a name that is not an exercise.

    Args:
        function: It is called with small made-up inputs; the arrays of any framework will do. A method
            of an object whose attributes hold some of them, such as `agent.gamma`, is called with
            the rest; the object itself is left as it is.
        name: The exercise that it is for, if that is not the function's own name.
        language: The language of the evidence.
        seed: The seed of the inputs.
    """
    verdict = checking.check(function, name, language, seed)
    return by_comparison(function, verdict, language)


def by_comparison(function: Callable | str, verdict: Verdict, language: str) -> Verdict:
    """The verdict of `compare` on a function, or on that of a file, where it knows better.

    A right function in TensorFlow may take action indices; one of another framework could not even be
    called with a Keras policy.
    """
    slide = verdict.name.removesuffix("_step").removeprefix("distribution_")
    if verdict or verdict.open or slide not in OF_SLIDES:
        return verdict
    from tfpg.slides.compare.calling import NotRun
    from tfpg.slides.compare.comparison import compare

    try:
        comparison = compare(function, language=language)
        found = comparison.checked
    except BadInput as error:  # it does not run there, either
        if not isinstance(error.__cause__, NotRun):
            return verdict
        # of another framework: what it says to a policy of its own
        return replace(verdict, mistake=None, evidence=error.__cause__.said(language))
    if found is None or slide not in found.name:
        foreign = comparison.function.framework != "TensorFlow" and comparison.problems
        return replace(verdict, mistake=None, evidence=comparison.problems[0]) if foreign else verdict
    if found and verdict.name.endswith("_step") and not comparison.moves:
        evidence = CHECKS["means"].say(language, what=MISTAKES["D16.what"], fix=MISTAKES["D16.fix"])
        return replace(found, name=verdict.name, right=False, mistake="D16", evidence=evidence)
    if comparison.function.framework == "TensorFlow":
        if not (found and comparison.takes_indices):
            return verdict
        remark = CHECKS["takes_indices"].say(language)
        found = replace(found, evidence=CHECKS["between"].say(language).join([found.evidence, remark]))
    return replace(found, name=verdict.name)
