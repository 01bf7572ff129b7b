"""The only runner of other programs: ffmpeg, and readers of masters in a process of their own.

A child sees one master through a file descriptor (so that no file name is ever parsed), an empty
environment, bounded memory, CPU and output, no network where the platform allows that, and a time-out that
kills its whole process group.
"""

import json
import os
import selectors
import signal
import stat
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

import imageio_ffmpeg

from foundation import errors
from foundation.errors import (
    NoSpace,
    ObjectChanged,
    ObjectMissing,
    ObjectUnreadable,
    RekindleError,
    ToolFailed,
    ToolMissing,
    ToolTimeout,
)
from foundation.settings import MediaSettings
from media.whitelist import CODECS, FORMATS

_JAIL = Path(__file__).with_name("jail.py")
_ROOT = Path(__file__).resolve().parent.parent
_FULL_DISK = ("No space left on device", "Disk quota exceeded", "File too large")
_DAMAGE = ("corrupt decoded frame", "Error submitting packet to decoder", "Decoding error")


@dataclass(frozen=True, slots=True)
class MediaLimits:
    """What one decoder process may use.

    Attributes:
        max_pixels: Most pixels of one picture.
        max_streams: Most streams of one file.
        memory_bytes: Address space.
        output_bytes: Largest file it may write.
        timeout_factor: Seconds per second of essence, on top of ``timeout_floor``.
        timeout_floor: Shortest time-out in seconds.
        isolate: Leave the network where the platform allows it.
    """

    max_pixels: int = 70_000_000
    max_streams: int = 64
    memory_bytes: int = 6 << 30
    output_bytes: int = 256 << 30
    timeout_factor: float = 20.0
    timeout_floor: float = 60.0
    isolate: bool = True

    @classmethod
    def from_settings(cls, settings: MediaSettings) -> "MediaLimits":
        """Take the limits from the settings."""
        return cls(
            max_pixels=settings.max_pixels,
            max_streams=settings.max_streams,
            memory_bytes=settings.memory_limit_bytes,
            timeout_factor=settings.timeout_factor,
            timeout_floor=settings.timeout_floor_seconds,
            isolate=settings.sandbox == "auto",
        )

    def timeout(self, seconds: float | None) -> float:
        """Seconds a child may take over ``seconds`` of essence (None: not known)."""
        return self.timeout_floor + self.timeout_factor * (seconds or 0.0)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a finished ffmpeg did: its last lines, and how many pictures it called damaged."""

    tail: str
    damaged: int


@dataclass(frozen=True, slots=True)
class SandboxReport:
    """What decoder children give up on this platform."""

    network: bool
    dies_with_parent: bool
    limits: bool = True

    @property
    def sentence(self) -> str:
        """One line for ``doctor``."""
        network = "no network" if self.network else "network NOT isolated (namespaces are not allowed here)"
        end = "die with their worker" if self.dies_with_parent else "may outlive a killed worker"
        return f"Decoders run with an empty environment, resource limits and {network}; they {end}."


@dataclass(frozen=True, slots=True)
class OpenMaster:
    """A master held open for children: they get the descriptor and never see the name.

    ``companions`` are held open beside it, for essence that lies in several files.
    """

    path: Path
    fd: int
    size: int
    mtime_ns: int
    companions: "tuple[OpenMaster, ...]" = ()

    @property
    def url(self) -> str:
        """Where a child finds it."""
        return f"file:/dev/fd/{self.fd}"


@contextmanager
def open_master(path: Path) -> Iterator[OpenMaster]:
    """Open a regular file for children, and notice when it changes meanwhile.

    Raises:
        ObjectMissing: There is nothing at ``path``.
        ObjectUnreadable: It may not be read, or is no regular file (FIFOs are never waited for).
        ObjectChanged: Size or modification time changed before the block ended.
    """
    fd = _open(path)
    try:
        before = os.fstat(fd)
        if not stat.S_ISREG(before.st_mode):
            raise ObjectUnreadable(f"{path.name!r} is not a regular file.")
        yield OpenMaster(path, fd, before.st_size, before.st_mtime_ns)
        after = os.fstat(fd)
        if (after.st_size, after.st_mtime_ns) != (before.st_size, before.st_mtime_ns):
            raise ObjectChanged(f"{path.name!r} changed while it was being read.")
    finally:
        os.close(fd)


def _open(path: Path) -> int:
    try:
        return os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise ObjectMissing(f"{path.name!r} is not there.") from error
    except (OSError, ValueError) as error:
        raise ObjectUnreadable(f"{path.name!r} cannot be opened: {error}.") from error


def ffmpeg_program() -> str:
    """Path of the ffmpeg that comes with the Python packages.

    Raises:
        ToolMissing: The package has no binary for this platform.
    """
    try:
        return str(imageio_ffmpeg.get_ffmpeg_exe())
    except RuntimeError as error:
        raise ToolMissing("There is no ffmpeg for this platform.") from error


def input_arguments(master: OpenMaster, limits: MediaLimits) -> list[str]:
    """Arguments that open a master with nothing but listed protocols, formats and decoders."""
    return [
        *("-protocol_whitelist", "file", "-format_whitelist", FORMATS, "-codec_whitelist", CODECS),
        *("-max_streams", str(limits.max_streams), "-max_pixels", str(limits.max_pixels), "-i", master.url),
    ]


def run_ffmpeg(
    arguments: Sequence[str],
    master: OpenMaster,
    *,
    limits: MediaLimits,
    seconds: float | None,
    progress: Callable[[float], None] | None = None,
) -> Outcome:
    """Run ffmpeg over one master.

    Args:
        arguments: Everything after the global options; see :func:`input_arguments`.
        master: The file it reads.
        limits: What it may use.
        seconds: Length of the essence, for the time-out and the progress.
        progress: Called with the fraction done, 0..1.

    Raises:
        ToolTimeout: It took too long and was killed with its whole group.
        NoSpace: The disk, quota or output limit is full.
        ToolFailed: It ended with an error; ``detail["tail"]`` has its last words.
    """
    argv = [ffmpeg_program(), "-nostdin", "-hide_banner", "-nostats", "-y", "-v", "level+warning"]
    report = ("-progress", "pipe:1") if progress else ()
    listener = _Listener(seconds, progress)
    code = _watch([*argv, *report, *arguments], master, limits, seconds, listener)
    if code:
        raise _failure("ffmpeg", master, code, listener)
    return Outcome(listener.tail, listener.damaged)


def run_reader(
    module: str,
    request: Mapping[str, object],
    master: OpenMaster,
    *,
    limits: MediaLimits,
    seconds: float | None,
) -> dict[str, object]:
    """Run ``python -m module`` on a master in a child of its own: a decoder's crash must not end a worker.

    Args:
        module: A module that answers one JSON request on its command line with one JSON object.
        request: What to ask; ``url`` and ``limits`` are added.
        master: The file it reads.
        limits: What it may use.
        seconds: Length of the essence where it is known.

    Returns:
        The answer.

    Raises:
        MediaError: What the reader found wrong with the file.
        ToolTimeout: It took too long.
        ToolFailed: It crashed.
    """
    question = json.dumps(
        {**request, "url": master.url, "name": master.path.name, "max_pixels": limits.max_pixels}
    )
    listener = _Listener(None, None)
    argv = [sys.executable, "-sE", "-c", _READER, str(_ROOT), module, question]
    code = _watch(argv, master, limits, seconds, listener)
    if code:
        raise _failure("the reader", master, code, listener)
    return _answer(listener.output)


_READER = (
    "import sys; sys.path.insert(0, sys.argv[1]); from importlib import import_module; "
    "import_module(sys.argv[2]).main(sys.argv[3])"
)


def _answer(output: str) -> dict[str, object]:
    answer = json.loads(output)
    if "error" in answer:
        leaf = cast("type[RekindleError]", getattr(errors, answer["error"]))
        raise leaf(answer["message"], remedy=answer.get("remedy"))
    return cast("dict[str, object]", answer)


def sandbox_report(limits: MediaLimits | None = None) -> SandboxReport:
    """Say what children give up here, by trying it."""
    request = _jail_request(limits or MediaLimits(), 10)
    done = subprocess.run(  # noqa: S603 - our own interpreter and script
        [sys.executable, "-I", "-S", str(_JAIL), request], env={}, capture_output=True, check=True, timeout=30
    )
    answer = json.loads(done.stdout)
    return SandboxReport(network=answer["network"], dies_with_parent=answer["dies_with_parent"])


def _jail_request(limits: MediaLimits, timeout: float) -> str:
    cpu = int(timeout * (os.cpu_count() or 1)) + 1
    return json.dumps(
        {"memory": limits.memory_bytes, "cpu": cpu, "file": limits.output_bytes, "network": limits.isolate}
    )


class _Listener:
    """Takes in what a child says: progress or an answer on stdout, complaints on stderr."""

    def __init__(self, seconds: float | None, progress: Callable[[float], None] | None) -> None:
        self._seconds, self._progress = seconds, progress
        self._output: list[str] = []
        self._tail: deque[str] = deque(maxlen=30)
        self.damaged = 0

    @property
    def output(self) -> str:
        return "".join(self._output)

    @property
    def tail(self) -> str:
        return "\n".join(self._tail)

    def said(self, line: str) -> None:
        if self._progress is None:
            self._output.append(line)
        elif line.startswith("out_time_us=") and self._seconds and line[12:].strip().isdigit():
            self._progress(min(int(line[12:]) / 1e6 / self._seconds, 1.0))

    def complained(self, line: str) -> None:
        self._tail.append(line.rstrip()[:500])
        self.damaged += line.startswith("[vist#") and any(sign in line for sign in _DAMAGE)


def _watch(
    argv: Sequence[str], master: OpenMaster, limits: MediaLimits, seconds: float | None, listener: _Listener
) -> int:
    timeout = limits.timeout(seconds)
    process = subprocess.Popen(  # noqa: S603 - an argument list, no shell
        [sys.executable, "-I", "-S", str(_JAIL), _jail_request(limits, timeout), *argv],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={},
        cwd="/",
        pass_fds=(master.fd, *(other.fd for other in master.companions)),
        start_new_session=True,
    )
    deadline = time.monotonic() + timeout
    try:
        _listen(process, listener, deadline)
        return process.wait(max(0.0, deadline - time.monotonic()))
    except subprocess.TimeoutExpired as error:
        raise ToolTimeout(f"Reading {master.path.name!r} took longer than {timeout:.0f} seconds.") from error
    finally:
        _end(process)


def _listen(process: subprocess.Popen[bytes], listener: _Listener, deadline: float) -> None:
    """Feed the listener until both pipes close or the deadline has passed."""
    with selectors.DefaultSelector() as selector:
        for pipe, take in ((process.stdout, listener.said), (process.stderr, listener.complained)):
            selector.register(cast("IO[bytes]", pipe), selectors.EVENT_READ, _Lines(take))
        while selector.get_map() and (left := deadline - time.monotonic()) > 0:
            for key, _ in selector.select(left):
                if not key.data.read(key.fd):
                    selector.unregister(key.fileobj)


class _Lines:
    """Cuts a pipe's bytes into lines."""

    def __init__(self, take: Callable[[str], None]) -> None:
        self._take, self._rest = take, b""

    def read(self, fd: int) -> bool:
        data = os.read(fd, 1 << 16)
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines if data else [*lines, self._rest]:
            self._take(line.decode("utf-8", "replace"))
        return bool(data)


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    for pipe in (process.stdout, process.stderr):
        cast("IO[bytes]", pipe).close()


def _failure(who: str, master: OpenMaster, code: int, listener: _Listener) -> RekindleError:
    tail = listener.tail
    if any(sign in tail for sign in _FULL_DISK):
        return NoSpace(f"There is no room left for what is made from {master.path.name!r}.")
    if code in (-signal.SIGKILL, -signal.SIGXCPU):
        return ToolTimeout(f"Reading {master.path.name!r} used up its processor time.")
    said = tail.splitlines()[-1] if tail else f"exit code {code}"
    return ToolFailed(f"{who} failed on {master.path.name!r}: {said}", detail={"tail": tail, "exit": code})
