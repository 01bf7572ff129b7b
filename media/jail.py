"""What a decoder child does to itself before it becomes the decoder.

Run as a script by :mod:`media.tool`, in a fresh interpreter with nothing of ours imported: it gives away
rights, then replaces itself with the program named on its command line. That keeps Python code out of the
moment between fork and exec of a process that may hold threads.

    python -I -S jail.py '{"memory": bytes, "cpu": seconds, "file": bytes, "network": bool}' PROGRAM ARG …
"""

import ctypes
import json
import os
import resource
import signal
import sys

_CLONE_NEWUSER, _CLONE_NEWNET = 0x10000000, 0x40000000
_PR_SET_PDEATHSIG, _PR_SET_NO_NEW_PRIVS = 1, 38


def limit(memory: int, cpu: int, file: int) -> None:
    """Bound address space, CPU seconds and the size of written files; leave no core behind."""
    for which, value in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CPU, cpu),
        (resource.RLIMIT_FSIZE, file),
        (resource.RLIMIT_CORE, 0),
    ):
        _lower(which, value)
    # Ignored, so that writing past the limit is an error the program reports instead of a silent death.
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)


def _lower(which: int, value: int) -> None:
    _, hard = resource.getrlimit(which)
    capped = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(which, (capped, capped))


def die_with_parent() -> bool:
    """Ask for SIGKILL when the worker dies, and forgo new privileges; say whether the platform did it."""
    try:
        libc = ctypes.CDLL(None, use_errno=True)
        followed = libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0) == 0
        confined = libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0
        return bool(followed and confined)
    except (AttributeError, OSError):
        return False


def leave_network() -> bool:
    """Move into an empty network namespace; say whether the platform allowed it."""
    try:
        libc = ctypes.CDLL(None, use_errno=True)
        return any(libc.unshare(flags) == 0 for flags in (_CLONE_NEWNET, _CLONE_NEWUSER | _CLONE_NEWNET))
    except (AttributeError, OSError):
        return False


def main(request: dict[str, int], argv: list[str]) -> None:
    """Give rights away, then become ``argv``; without one, print what could be given away."""
    network = leave_network() if request["network"] else False
    limit(request["memory"], request["cpu"], request["file"])
    followed = die_with_parent()
    if not argv:
        print(json.dumps({"network": network, "dies_with_parent": followed}))  # noqa: T201
        return
    os.execve(argv[0], argv, {})  # noqa: S606


if __name__ == "__main__":
    main(json.loads(sys.argv[1]), sys.argv[2:])
