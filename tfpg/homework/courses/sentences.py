"""What a finding says to a person."""

from __future__ import annotations

from tfpg.base.texts import Text, Texts
from tfpg.homework.courses.asking_there import SECONDS
from tfpg.homework.courses.judging import Finding

COURSES, MISTAKES = Texts("courses"), Texts("mistakes")
KINDS = dict.fromkeys(("finish_episode", "reinforce", "grpo"), "actor_update")
KINDS["discount_cumsum"] = "reward_to_go"


def said(finding: Finding, language: str, place: str = "") -> str:
    """Why it is wrong, and what is to be done; what is worth a remark if it is right.

    Args:
        finding: What was found.
        language: The language.
        place: The file and line that belong to it.
    """
    between, at = (COURSES[name].say(language) for name in ("between", "at"))
    if finding.state == "right":
        remarks = [COURSES[f"remarks.{remark}"].say(language) for remark in finding.remarks]
        return between.join(dict.fromkeys(remarks))
    if finding.state == "open":
        return COURSES["not_written"].say(language, place=place)
    example = _example(finding, language) if finding.what else ""
    if finding.state == "not run" or finding.mistake is None or finding.mistake == "A16":
        return example + at.format(place=place) if place else example
    what, fix = (_of_mistake(finding, part).say(language) for part in ("what", "fix"))
    text = COURSES["example" if finding.what else "plain"]
    told = text.say(language, what=what, example=example, fix=fix)
    told += at.format(place=place) if place else ""
    effect = f"effects.{finding.mistake}"
    return (
        told + COURSES["stop"].say(language) + COURSES[effect].say(language)
        if effect in COURSES
        else told
    )


def _of_mistake(finding: Finding, part: str) -> Text:
    """The mistake's sentence in the form in which it occurs here, or else in general."""
    table = {"what": "mistakes", "fix": "fixes"}[part]
    general = f"{table}.{finding.mistake}"
    for key in (f"{general} {_kind(finding.ask)}", general):
        if key in COURSES:
            return COURSES[key]
    return MISTAKES[f"{finding.mistake}.{part}"]


def _kind(ask: str) -> str:
    """Advantages are advantages, rescaled or not, and whatever updates a policy updates an actor."""
    return "advantages" if "advantages" in ask else KINDS.get(ask, ask)


def _example(finding: Finding, language: str) -> str:
    numbers = {**finding.numbers, "seconds": f"{SECONDS:.0f}"}
    case = f"cases.{numbers.get('case')}"
    if case in COURSES:
        numbers["case"] = COURSES[case].say(language)
    what = "wrong_field" if "field" in numbers else finding.what
    return COURSES[f"what.{what}"].say(language, **numbers)
