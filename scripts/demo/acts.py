"""What happens in the demo, step by step, through the API alone."""

import hashlib
import shutil
import subprocess
import time
from datetime import timedelta
from pathlib import Path

import imageio_ffmpeg

from archive_tiering.clock import utc_now
from archive_tiering.factory import open_restorer
from foundation.errors import NameTaken
from scripts.demo.archive import CLIPS
from scripts.demo.questions import QUESTIONS
from scripts.demo.results import Answer, Played, Returned
from scripts.demo.told import Storyteller
from scripts.following import Workers, follow_run
from search_api.bootstrap import Services
from search_api.client import Client
from search_api.schemas import SearchReply, SearchRequest
from search_api.schemas_restores import Restore
from search_api.schemas_work import Run

SHELF, VAULT = "demo-shelf", "demo-vault"
_PIECE = 1 << 16
_ENDED = frozenset({"verified", "failed", "cancelled", "expired"})
_RESTORE_SECONDS = 120.0


def index_all(client: Client, workers: Workers, shelf: Path, vault: Path, story: Storyteller) -> Run:
    """Register both folders and index them, the cold one within a budget of nothing."""
    register(client, SHELF, str(shelf), story)
    register(client, VAULT, f"vault:{vault}", story)
    story.indexing()
    began = time.monotonic()
    started = client.start_run([SHELF, VAULT], cold=True, budget_usd="0")
    run = follow_run(client, started, workers, draw=not story.silent)
    story.indexed(run, client.dead_letters(run.id) if run.failed else [], time.monotonic() - began)
    return run


def register(client: Client, name: str, uri: str, story: Storyteller) -> None:
    """Register a location, unless an earlier run has."""
    try:
        client.add_location(uri, name=name)
    except NameTaken:
        story.known(name)


def ask_all(client: Client, story: Storyteller) -> list[Answer]:
    """Ask every question and compare the first hit with the clip that is right."""
    answers = []
    for number, question in enumerate(QUESTIONS):
        reply: SearchReply = client.search(SearchRequest(q=question.words, limit=3))
        answer = Answer(question, reply.hits[0] if reply.hits else None)
        answers.append(answer)
        story.answered(answer.question, reply, right=answer.right, with_signals=number == 0)
    story.summed_up([answer.right for answer in answers])
    return answers


def play(client: Client, address: str, answers: list[Answer], home: Path, story: Storyteller) -> Played:
    """Fetch the proxy by Range where the moment lies, and decode the picture there."""
    playable = [answer.hit for answer in answers if answer.hit and answer.hit.playback.url]
    hit = max(playable, key=lambda hit: hit.playback.start or 0.0)
    url = hit.playback.url or ""
    start = hit.playback.start or 0.0
    detail = client.asset(hit.asset.id)
    size = next(item.size for item in client.renditions(hit.asset.id) if item.role == "proxy")
    first = int(size * start / (detail.duration or 1.0))
    began = time.perf_counter()
    piece = client.read(url, first=first, last=min(size, first + _PIECE) - 1)
    spent = (time.perf_counter() - began) * 1000
    still = home / "played.jpg"
    decoded = bool(piece) and _decode(address + url, start, still)
    played = Played(hit.asset.name, start, first, round(spent, 1), decoded)
    story.played(played, size, still if decoded else None)
    return played


def fall_asleep(client: Client, workers: Workers, services: Services, story: Storyteller) -> None:
    """Let the restored copies expire, as they do by themselves in time, and take note of it."""
    expire(services)
    began = time.monotonic()
    run = follow_run(client, client.start_run([SHELF, VAULT], cold=False), workers, draw=False)
    story.slept(run, time.monotonic() - began)


def expire(services: Services) -> None:
    """Let the keeper look with a clock that is ahead, and empty the vault's ledger of what is awake."""
    later = utc_now() + timedelta(days=services.settings.tiering.restore_days + 2)
    open_restorer(services.catalog, services.settings, clock=lambda: later).poll()
    shutil.rmtree(services.home.root / "vaults", ignore_errors=True)


def bring_back(client: Client, answers: list[Answer], vault: Path, story: Storyteller) -> Returned:
    """Quote and restore one cold master, and compare its checksum with one taken here."""
    cold = {clip.name for clip in CLIPS if clip.shelf == "vault"}
    hit = next(answer.hit for answer in answers if answer.hit and answer.found in cold)
    quote = client.quote([hit.asset.id], retrieval_tier="standard", days=1)
    story.quoted(hit.asset.name, quote)
    began = time.monotonic()
    restore = wait_for(client, client.request_restore(quote.id)[0], story)
    ours = hashlib.sha256((vault / hit.asset.name).read_bytes()).hexdigest()
    known = client.asset(hit.asset.id).sha256
    verified = restore.status == "verified" and ours == (restore.sha256 or known) == known
    returned = Returned(hit.asset.name, str(quote.cost), round(time.monotonic() - began, 1), ours, verified)
    story.returned(returned, restore.status)
    return returned


def wait_for(client: Client, restore: Restore, story: Storyteller) -> Restore:
    """Wait until a restore has ended well or badly."""
    deadline = time.monotonic() + _RESTORE_SECONDS
    while restore.status not in _ENDED and time.monotonic() < deadline:
        time.sleep(0.3)
        before, restore = restore.status, client.restore(restore.id)
        if restore.status != before:
            story.restore_state(restore.status)
    return restore


def _decode(url: str, start: float, still: Path) -> bool:
    program = imageio_ffmpeg.get_ffmpeg_exe()
    command = [program, "-v", "error", "-y", "-ss", f"{start:.3f}", "-i", url, "-frames:v", "1", str(still)]
    done = subprocess.run(command, capture_output=True, timeout=60, check=False)  # noqa: S603
    return done.returncode == 0 and still.stat().st_size > 0
