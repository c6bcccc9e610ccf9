"""A user's editor and type checker see what tfpg gives."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import tfpg

pytest.importorskip("mypy")

USER = """\
import tfpg

policy = tfpg.policy_for("CartPole-v1", hidden=(8,))
for iteration in tfpg.train("CartPole-v1", policy, iterations=1):
    reveal_type(iteration.returns)
tfpg.policy_for("CartPole-v1", hiden=(8,))
tfpg.no_such_name
"""


@pytest.mark.slow
def test_mypy_sees_the_public_names_and_catches_a_misspelt_keyword(tmp_path):
    (tmp_path / "user.py").write_text(USER)
    package = Path(tfpg.__file__).parent
    assert (package / "py.typed").exists()
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--ignore-missing-imports", "user.py"],
        env={**os.environ, "MYPYPATH": str(package.parent)},  # an editable install has no other path
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    lines = done.stdout.splitlines()
    assert any("user.py:5" in line and "ndarray" in line for line in lines), done.stdout
    assert any('user.py:6: error: Unexpected keyword argument "hiden"' in line for line in lines)
    assert any("user.py:7" in line and "no_such_name" in line for line in lines)
    assert not any("stubs" in line or "py.typed" in line for line in lines)
    assert sum("error" in line for line in lines[:-1]) == 2
