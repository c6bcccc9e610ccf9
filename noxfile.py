"""What is checked before a change is shared: `nox`, or `nox -s lint types fast tests`.

In the environment that is active: `pip install -e ".[dev]"` has put everything there.
"""

import nox

nox.options.default_venv_backend = "none"
nox.options.sessions = ["lint", "types", "fast"]


@nox.session
def lint(session: nox.Session) -> None:
    """Style, and which layer may import which."""
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")
    session.run("lint-imports", "--no-logo")


@nox.session
def types(session: nox.Session) -> None:
    """Types of the library."""
    session.run("mypy")


@nox.session
def fast(session: nox.Session) -> None:
    """Whatever needs no training, no browser and no box: a minute on two cores."""
    session.run("pytest", "-n", "2", "-m", "not slow", *session.posargs)


@nox.session
def tests(session: nox.Session) -> None:
    """Everything."""
    session.run("pytest", "-n", "2", *session.posargs)
