"""How many wrong solutions do the checks let through? `python tests/mutation [NAME ...]`.

Cosmic Ray makes every single change that it knows, such as + for - or 0 for 1, to right solutions:
those in solutions.py, and the library's own functions. Each mutant is given to `tfpg.check`, which
must refuse it. Mutants that do the same as the original by what the checks accept on purpose
(EQUIVALENT, each with its reason) are counted apart. Takes minutes, and is no part of CI:
`pip install cosmic-ray` first.
"""

import ast
import difflib
import signal
import sys
import types
from collections import Counter
from pathlib import Path

from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator, operator_names

from tfpg.checks.checking import check
from tfpg.checks.exercises import EXERCISES
from tfpg.startup import import_tensorflow

FOLDER = Path(__file__).parent
LIBRARY = ("returns", "baselines", "off_policy", "per_sample", "pseudo_loss", "natural_gradient")
SECONDS = 20

# (function, what its mutated line holds): why no check should refuse it
EQUIVALENT: dict[tuple[str, str], str] = {}


class _TooLong(BaseException):
    pass


def _stop(*_):
    raise _TooLong


def spans(source):
    """Of each function at the top of a file, its first line, its body's first line and its last."""
    return {
        node.name: (node.lineno, node.body[0].lineno, node.end_lineno)
        for node in ast.parse(source).body
        if isinstance(node, ast.FunctionDef)
    }


def mutants(source):
    """(the line that changed, the new line, the whole new source) of every single change."""
    for name in operator_names():
        operator = get_operator(name)()
        occurrence = 0
        while (mutated := mutate_code(source, operator, occurrence)) is not None:
            occurrence += 1
            changes = [
                line
                for line in difflib.unified_diff(
                    source.split("\n"), mutated.split("\n"), n=0, lineterm=""
                )
                if line.startswith("@@") or (line[:1] == "+" and not line.startswith("+++"))
            ]
            if len(changes) >= 2:
                yield int(changes[0].split()[1][1:].split(",")[0]), changes[1][1:].strip(), mutated


def refused(source, name, path):
    module = types.ModuleType("mutant")
    signal.setitimer(signal.ITIMER_REAL, SECONDS)
    try:
        exec(compile(source, str(path), "exec"), module.__dict__)
        return not check(getattr(module, name), name)
    except _TooLong:
        return True
    except Exception:  # it does not even load
        return None
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def main(wanted):
    signal.signal(signal.SIGALRM, _stop)
    import_tensorflow()
    names = {one.name for one in EXERCISES}
    import tfpg

    paths = [FOLDER / "solutions.py", *(Path(tfpg.__file__).parent / f"{one}.py" for one in LIBRARY)]
    counts = Counter()
    for path in paths:
        source = path.read_text(encoding="utf-8")
        places = spans(source)
        for line, changed, mutated in mutants(source):
            here = [one for one, (_, start, end) in places.items() if start <= line <= end]
            for name in here or ():
                users = [name] if name in names else helpers(source, name, names)
                for user in users[:1]:
                    if wanted and user not in wanted:
                        continue
                    outcome = refused(mutated, user, path)
                    reason = next(
                        (
                            why
                            for (of, part), why in EQUIVALENT.items()
                            if of == name and part in changed
                        ),
                        None,
                    )
                    kind = (
                        "does not load"
                        if outcome is None
                        else "refused"
                        if outcome
                        else "equivalent"
                        if reason
                        else "survived"
                    )
                    counts[kind] += 1
                    if kind in ("survived", "equivalent"):
                        print(
                            f"{kind:10} {path.name}:{line} {name}: {changed}  {reason or ''}",
                            flush=True,
                        )
    judged = counts["refused"] + counts["survived"]
    print(dict(counts))
    print(
        f"{counts['refused']} of {judged} mutants that are not equivalent refused: "
        f"{100 * counts['refused'] / judged:.1f} %"
    )


def helpers(source, helper, names):
    """The exercises in this file that call a helper."""
    return [
        node.name
        for node in ast.parse(source).body
        if isinstance(node, ast.FunctionDef)
        and node.name in names
        and any(isinstance(one, ast.Name) and one.id == helper for one in ast.walk(node))
    ]


if __name__ == "__main__":
    main(sys.argv[1:])
