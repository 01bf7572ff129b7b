"""Reads and mends pages of a database file in a process of its own.

A process that closes a file loses every lock it holds on it (fcntl(2)), those that SQLite holds among them:
so the catalog's process never opens the catalog by itself. This file is also the program that the child runs.
"""

import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

DIGEST_BYTES = 8
_AT_ONCE = 1024


def digest(page: bytes) -> bytes:
    """Digest of one page."""
    return hashlib.blake2b(page, digest_size=DIGEST_BYTES).digest()


def all_digests(path: Path, page_size: int) -> bytes:
    """Digests of all pages of a file, one after the other.

    Raises:
        OSError: The file cannot be opened, or the child failed.
    """
    return b"".join(_child(path, page_size, "digests", b"", DIGEST_BYTES))


def pages(path: Path, page_size: int, numbers: Sequence[int]) -> Iterator[bytes]:
    """Single pages in the order asked for; what is not there or cannot be read comes as zeros.

    Raises:
        OSError: The file cannot be opened, or the child failed.
    """
    for start in range(0, len(numbers), _AT_ONCE):
        wanted = b"".join(number.to_bytes(4, "big") for number in numbers[start : start + _AT_ONCE])
        yield from _child(path, page_size, "pages", wanted, page_size)


def write(path: Path, number: int, page: bytes) -> None:
    """Write a page over what is there, durably.

    Raises:
        OSError: The file cannot be written, or the child failed.
    """
    list(_child(path, len(page), "write", number.to_bytes(4, "big") + page, 1))


def _child(path: Path, page_size: int, what: str, wanted: bytes, size: int) -> Iterator[bytes]:
    command = [sys.executable, "-I", "-S", __file__, str(path), str(page_size), what]
    done = subprocess.run(command, input=wanted, env={}, stdout=subprocess.PIPE, check=False)  # noqa: S603
    if done.returncode:
        raise OSError(f"The pages of {path} could not be read.")
    for start in range(0, len(done.stdout), size):
        yield done.stdout[start : start + size]


def _read(file: int, page_size: int, number: int) -> bytes:
    try:
        found = os.pread(file, page_size, (number - 1) * page_size)
    except OSError:
        found = b""  # what the disk cannot give back is damaged
    return found.ljust(page_size, b"\0")


def _main(path: str, page_size: int, what: str) -> None:
    file = os.open(path, (os.O_RDWR if what == "write" else os.O_RDONLY) | os.O_CLOEXEC)
    say = sys.stdout.buffer.write
    if what == "digests":
        for number in range(1, os.fstat(file).st_size // page_size + 1):
            say(digest(_read(file, page_size, number)))
    while what == "pages" and (wanted := sys.stdin.buffer.read(4)):
        say(_read(file, page_size, int.from_bytes(wanted, "big")))
    if what == "write":
        number = int.from_bytes(sys.stdin.buffer.read(4), "big")
        os.pwrite(file, sys.stdin.buffer.read(page_size), (number - 1) * page_size)
        os.fsync(file)


if __name__ == "__main__":
    _main(sys.argv[1], int(sys.argv[2]), sys.argv[3])
