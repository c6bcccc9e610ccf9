"""The one folder in which a submission may write: new for each, small where that is possible."""

import contextlib
import ctypes
import os
import secrets
import subprocess
from pathlib import Path

SIZE = 64 * 2**20  # bytes of files, where it is a file system of its own
MS_NOSUID, MS_NODEV = 2, 4


def mount(place: str) -> None:
    """Make it a file system of its own, seen by this process and its heirs alone (needs the right)."""
    flags = MS_NOSUID | MS_NODEV
    options = f"size={SIZE},mode=1777,nr_inodes=10000"
    ctypes.CDLL(None).mount(b"tmpfs", place.encode(), b"tmpfs", flags, options.encode())


def make(place: str, user: int | None) -> Path:
    """A folder that nobody has had before, and nobody else may enter."""
    folder = Path(place, secrets.token_hex(16))
    folder.mkdir(mode=0o700)
    if user is not None:
        os.chown(folder, user, user)
    return folder


def remove(folder: Path) -> bool:
    """Remove a folder with whatever a submission has made in it; say whether it is gone.

    By programs that know no depth at which they fail.
    """
    with contextlib.suppress(OSError):
        folder.rmdir()
    for command in (["rm", "-rf"], ["chmod", "-R", "u+rwx"], ["rm", "-rf"]):
        if folder.exists():
            subprocess.run([*command, folder], capture_output=True)
    return not folder.exists()
