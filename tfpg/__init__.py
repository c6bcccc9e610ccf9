"""tfpg: the policy-gradient lecture of CS285, running in TensorFlow 2.

The names below come in the order in which the lecture introduces them. TensorFlow is imported when
the first of them that needs it is used.
"""

import sys

# `python -m tfpg` puts the current folder first on the path: a random.py there would be imported.
if (
    sys.argv[:1] == ["-m"]
    and sys.orig_argv[-len(sys.argv)] in ("tfpg", "-mtfpg")
    and not sys.flags.safe_path
):
    del sys.path[0]

import lazy_loader

__version__ = "0.1.0"

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
