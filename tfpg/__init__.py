"""tfpg: the policy-gradient lecture of CS285, running in TensorFlow 2.

Roll out, estimate, step: the lecture's three verbs are the first three folders.

    rollout/     roll out: trajectories of a policy in an environment       NumPy, no TensorFlow
    estimate/    fill the column of q-values: returns, baselines, GAE, importance weights
    step/        take the step: the slides themselves, the natural gradient, how a step is compiled
    training.py  the loop of the three
    policies.py  what acts; networks.py what it is made of, saved_policies.py what comes from a file
    exact.py     tiny problems, enumerated
    runs/        a run and its folder: settings, progress, checkpoints, curves, videos
    labs/        one file per claim of the lecture
    homework/    a student's code, judged: exercises, the box it runs in, checks, assignments, grading
    slides/      the slides beside the code (page/), and somebody's function beside the slide (compare/)
    texts/       every sentence that exists in two languages; a language is a folder
    cli/         the command line, one file per command
    base/        what all of them stand on

The public names come in the order of the lecture in __init__.pyi. TensorFlow is imported when the
first of them that needs it is used.
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
