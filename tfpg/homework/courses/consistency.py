"""Functions that are right by themselves, and wrong beside one another.

A convention other than the handout's is right where all keep to it: what acts and what is scored have
the same standard deviation, and a critic that is fitted to normalized q-values has its values rescaled.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from tfpg.homework.courses.judging import Finding


class Pair(NamedTuple):
    """A remark on a function, and the remarks one of which its partner must have, too."""

    remark: str
    partner: str  # what it is asked
    needed: frozenset[str]


SAME_SPREAD = [
    Pair(remark, partner, frozenset({remark}))
    for remark in ("variance", "tanh")
    for partner in ("get_action", "actor_update")
]
RESCALED = frozenset({"rescaled", "rescaled_raw"})
NORMALIZED_TARGETS = [
    Pair(remark, "advantages", RESCALED) for remark in ("targets_normalized", "targets_normalized_ddof")
]
PAIRS = SAME_SPREAD + NORMALIZED_TARGETS


def can_be_wrong(finding: Finding) -> bool:
    """Whether a finding waits for that of another function."""
    return finding.state == "right" and any(pair.remark in finding.remarks for pair in PAIRS)


def contradicted(finding: Finding, others: Mapping[str, Sequence[Finding]]) -> Finding:
    """The finding, or that another function keeps to another convention.

    Args:
        finding: One that is right with a remark.
        others: The findings by what was asked.
    """
    for pair in PAIRS:
        partners = others.get(pair.partner, ()) if pair.remark in finding.remarks else ()
        if any(other.state == "right" and not pair.needed & set(other.remarks) for other in partners):
            mistake = "W11" if pair.partner == "advantages" else None
            return finding._replace(state="wrong", mistake=mistake, remarks=(), what=pair.remark)
    return finding
