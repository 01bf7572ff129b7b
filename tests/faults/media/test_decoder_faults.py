"""The decoder child: what it may not do, and what happens when it hangs, crashes or fills the disk."""

import os
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from foundation.errors import NoSpace, ObjectChanged, TooLarge, ToolFailed, ToolTimeout
from media import tool
from media.probe import probe
from media.proxy import ProxyRecipe, make_proxy
from media.stills import make_still
from media.tool import MediaLimits, open_master, run_ffmpeg, run_reader, sandbox_report
from tests import material

LIMITS, RECIPE = MediaLimits(), ProxyRecipe()
HASTY = replace(LIMITS, timeout_floor=1.0, timeout_factor=0.0)


@pytest.fixture
def master(tmp_path: Path) -> Path:
    return material.clip(tmp_path / "a.mp4", 2)


def fake_ffmpeg(folder: Path, script: str) -> str:
    program = folder / "ffmpeg"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return str(program)


@pytest.fixture
def derived(tmp_path: Path) -> Path:
    return tmp_path / "derived"


def nothing_in(folder: Path) -> bool:
    return not folder.exists() or not list(folder.iterdir())


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().split(")")[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_a_hung_decoder_is_killed_with_its_children(
    master: Path, derived: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pids = tmp_path / "pids"
    script = f"/bin/sleep 1000 & echo $! > {pids}; echo $$ >> {pids}; wait"
    info = probe(master, LIMITS)
    monkeypatch.setattr(tool, "ffmpeg_program", lambda: fake_ffmpeg(tmp_path, script))
    with pytest.raises(ToolTimeout, match="longer than 1 seconds"):
        make_proxy(master, info, derived, RECIPE, HASTY)
    wait_for(lambda: not any(alive(int(pid)) for pid in pids.read_text().split()))
    assert nothing_in(derived)


def test_a_decoder_that_closes_its_pipes_and_hangs_is_killed(
    master: Path, derived: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    info = probe(master, LIMITS)
    monkeypatch.setattr(
        tool, "ffmpeg_program", lambda: fake_ffmpeg(tmp_path, "exec >&- 2>&-; exec /bin/sleep 1000")
    )
    with pytest.raises(ToolTimeout):
        make_proxy(master, info, derived, RECIPE, HASTY)
    assert nothing_in(derived)


@pytest.mark.parametrize(
    ("script", "leaf"),
    [
        ("kill -SEGV $$", ToolFailed),
        ("kill -XCPU $$", ToolTimeout),
        ("echo 'Error writing trailer: No space left on device' >&2; exit 1", NoSpace),
        ("exit 0", ToolFailed),
    ],
)
def test_a_decoder_that_dies(
    master: Path,
    derived: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    script: str,
    leaf: type[Exception],
) -> None:
    info = probe(master, LIMITS)
    monkeypatch.setattr(tool, "ffmpeg_program", lambda: fake_ffmpeg(tmp_path, script))
    with pytest.raises(leaf):
        make_proxy(master, info, derived, RECIPE, LIMITS)
    assert nothing_in(derived)


def test_output_past_the_limit_is_a_full_disk(tmp_path: Path, derived: Path) -> None:
    master = material.clip(tmp_path / "a.mp4", 4, size="640x360")
    info = probe(master, LIMITS)
    with pytest.raises(NoSpace):
        make_proxy(master, info, derived, RECIPE, replace(LIMITS, output_bytes=20_000))
    assert nothing_in(derived)


def test_a_still_past_the_limit_is_a_full_disk(tmp_path: Path, derived: Path) -> None:
    master = material.made(tmp_path / "a.png", "-f", "lavfi", "-i", "testsrc2=size=800x600", "-frames:v", "1")
    with pytest.raises(NoSpace):
        make_still(master, probe(master, LIMITS), derived, replace(LIMITS, output_bytes=1000))
    assert nothing_in(derived)


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "tiny"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)]
    if os.geteuid() or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("mounting a tmpfs needs root")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk(tmp_path: Path, tiny_disk: Path) -> None:
    master = material.clip(tmp_path / "a.mp4", 4, size="640x360")
    with pytest.raises(NoSpace):
        make_proxy(master, probe(master, LIMITS), tiny_disk, RECIPE, LIMITS)
    assert list(tiny_disk.iterdir()) == []


def test_memory_is_bounded(tmp_path: Path) -> None:
    master = material.made(tmp_path / "a.png", "-f", "lavfi", "-i", "color=size=6000x6000", "-frames:v", "1")
    limits = replace(LIMITS, memory_bytes=200 << 20)
    with pytest.raises((ToolFailed, TooLarge)):
        make_still(master, probe(master, LIMITS), tmp_path / "derived", limits)
    assert nothing_in(tmp_path / "derived")


def test_a_master_that_grows_while_it_is_read(master: Path, derived: Path) -> None:
    info = probe(master, LIMITS)

    def grow(_: float) -> None:
        with master.open("ab") as file:
            file.write(b"\0")

    with pytest.raises(ObjectChanged):
        make_proxy(master, info, derived, RECIPE, LIMITS, grow)
    assert nothing_in(derived)


def test_a_master_that_vanishes_while_it_is_read_is_read_to_its_end(master: Path, derived: Path) -> None:
    info = probe(master, LIMITS)
    result = make_proxy(master, info, derived, RECIPE, LIMITS, lambda _: master.unlink(missing_ok=True))
    assert result.frames == 50


def test_a_reader_that_crashes_leaves_the_worker_standing(master: Path) -> None:
    with open_master(master) as opened, pytest.raises(ToolFailed, match="KeyError"):
        run_reader("media.reader", {"what": "nothing of the kind"}, opened, limits=LIMITS, seconds=None)


def test_an_interrupt_ends_the_child(master: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pids = tmp_path / "pids"
    monkeypatch.setattr(
        tool, "ffmpeg_program", lambda: fake_ffmpeg(tmp_path, f"echo $$ > {pids}; exec /bin/sleep 1000")
    )
    threading.Thread(target=interrupt_once_running, args=(pids,), daemon=True).start()
    with open_master(master) as opened, pytest.raises(KeyboardInterrupt):
        run_ffmpeg([], opened, limits=LIMITS, seconds=None)
    wait_for(lambda: not alive(int(pids.read_text())))


def interrupt_once_running(pids: Path) -> None:
    wait_for(lambda: pids.exists() and pids.read_text().strip() != "")
    os.kill(os.getpid(), signal.SIGINT)


WORKER = """
import sys
from pathlib import Path
from media import tool
from media.tool import MediaLimits, open_master, run_ffmpeg
tool.ffmpeg_program = lambda: sys.argv[2]
with open_master(Path(sys.argv[1])) as opened:
    run_ffmpeg([], opened, limits=MediaLimits(), seconds=None)
"""


def test_a_killed_worker_takes_its_decoder_with_it(master: Path, tmp_path: Path) -> None:
    if not sandbox_report().dies_with_parent:
        pytest.skip("the platform cannot tie a child to its parent")
    pids = tmp_path / "pids"
    program = fake_ffmpeg(tmp_path, f"echo $$ > {pids}; exec /bin/sleep 1000")
    worker = subprocess.Popen([sys.executable, "-c", WORKER, str(master), program])
    wait_for(pids.exists)
    wait_for(lambda: pids.read_text().strip() != "")
    worker.kill()
    worker.wait()
    wait_for(lambda: not alive(int(pids.read_text())))


def wait_for(condition: "object", seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.02)


def test_children_hold_no_secret_and_see_one_file(
    master: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CANARY_SECRET", "sesame")
    seen = tmp_path / "seen"
    script = f"/usr/bin/env > {seen}; ls /proc/$$/fd >> {seen}; ulimit -v >> {seen}; ulimit -c >> {seen}"
    monkeypatch.setattr(tool, "ffmpeg_program", lambda: fake_ffmpeg(tmp_path, script))
    with (tmp_path / "other").open("w") as other, open_master(master) as opened:
        os.set_inheritable(other.fileno(), True)
        run_ffmpeg([], opened, limits=LIMITS, seconds=None)
        lines = seen.read_text().split()
        assert str(opened.fd) in lines
        assert str(other.fileno()) not in lines
    assert "sesame" not in seen.read_text()
    assert lines[-2:] == [str(LIMITS.memory_bytes // 1024), "0"]


def test_children_have_no_network(tmp_path: Path, master: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if not sandbox_report().network:
        pytest.skip("the platform allows no network namespaces")
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        script = (
            f"exec {sys.executable} -c \"import socket; socket.create_connection(('127.0.0.1', {port}), 2)\""
        )
        monkeypatch.setattr(tool, "ffmpeg_program", lambda: fake_ffmpeg(tmp_path, script))
        with open_master(master) as opened:
            with pytest.raises(ToolFailed, match="unreachable"):
                run_ffmpeg([], opened, limits=LIMITS, seconds=None)
            run_ffmpeg([], opened, limits=replace(LIMITS, isolate=False), seconds=None)


def test_the_report_says_what_was_given_up() -> None:
    report = sandbox_report()
    assert report.limits
    assert ("no network" in report.sentence) is report.network
    assert not sandbox_report(replace(LIMITS, isolate=False)).network
