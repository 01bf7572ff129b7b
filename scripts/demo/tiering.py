"""The second half of the demo: a finished production goes to cold storage and comes back for a trailer."""

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import av

from archive_tiering.clock import utc_now
from foundation.errors import NameTaken
from scripts.demo.acts import VAULT, expire, register, wait_for
from scripts.demo.archive import PROJECT_CLIPS
from scripts.demo.results import Moved, Wanted
from scripts.demo.told import Storyteller
from scripts.following import Workers, follow_run
from search_api import schemas as s
from search_api import schemas_baskets as b
from search_api import schemas_tiering as t
from search_api.bootstrap import Services
from search_api.client import Client
from search_api.schemas_subclips import Subclip
from search_api.schemas_timelines import Moment, TimelineRequest

PROJECT, ROOM, BASKET = "The Last Stone", "demo-project", "trailer"
QUESTION = "rain on the last stone"
RULES = f"""# Written by `rekindle demo`: finished productions go to the vault.
version: 1
rules:
  - name: wrapped productions
    when:
      project: {{state: wrapped}}
    to: {{location: {VAULT}}}
"""
_MOVE_SECONDS = 120.0
_MIDDLE, _LENGTH = 9, 2
_PATIENCE = 4
"""Seconds in which the trailer needs its master: too few for the cheapest retrieval tier."""


@dataclass(frozen=True, slots=True)
class Cutting:
    """Where the production is worked on.

    Attributes:
        home: The demo's home; what comes back is put beside it.
        project: Folder of its clips.
        vault: Folder of the vault.
    """

    home: Path
    project: Path
    vault: Path


def wrap_up(client: Client, workers: Workers, cutting: Cutting, story: Storyteller) -> Moved:
    """Index a production, wrap it, plan, and move its masters to the vault."""
    digests = {clip.name: _digest(clip.name, cutting) for clip in PROJECT_CLIPS}
    register(client, ROOM, str(cutting.project), story)
    run = follow_run(client, client.start_run([ROOM], cold=False), workers, draw=not story.silent)
    story.wrapping(PROJECT, run)
    (cutting.home / "tiering.yaml").write_text(RULES, encoding="utf-8")
    try:
        client.projects.create(PROJECT)
    except NameTaken:
        story.known(PROJECT)
    client.projects.assign(PROJECT, location=ROOM)
    client.projects.set_state(PROJECT, "wrapped")
    plan = client.tiering.plan()
    story.planned(plan)
    moves = _moved(client, plan) if plan.moving else []
    left = [path.name for path in cutting.project.glob("*.mov")]
    kept = {clip.name: _digest(clip.name, cutting) for clip in PROJECT_CLIPS}
    moved = Moved(len(moves), not left and kept == digests, sorted(kept))
    story.moved(moved, moves)
    return moved


def bring_moment(client: Client, services: Services, cutting: Cutting, story: Storyteller) -> Wanted:
    """Find a moment of the production, play it, bring its master back, and take what the trailer needs."""
    hit = _first_hit(client)
    played = bool(hit.playback.url) and len(client.read(hit.playback.url or "", first=0, last=65_535)) > 0
    story.found_asleep(QUESTION, hit, played=played)
    moment = Moment(asset=hit.asset.id, first=f"{_MIDDLE}s", last=f"{_MIDDLE + _LENGTH}s")
    quoted = _fill_basket(client, moment)
    story.basket_quoted(quoted)
    agreed = client.baskets.approve(BASKET, b.BasketApproval(quote=quoted.quote.id))
    statuses = [wait_for(client, restore, story).status for restore in agreed]
    is_whole, edl = _take(client, moment, cutting, story)
    expire(services)
    asleep = _until(lambda: _first_hit(client).master.restore == "needed")
    cost = str(quoted.quote.cost)
    wanted = Wanted(hit.asset.name, played, cost, statuses, is_whole, edl.exists(), asleep)
    story.asleep_again(wanted)
    return wanted


def _fill_basket(client: Client, moment: Moment) -> b.BasketQuote:
    """Put one moment into the basket, empty until then, and ask what its master costs in time."""
    if any(basket.name == BASKET for basket in client.baskets.all()):
        client.baskets.take(BASKET)
    client.baskets.put(BASKET, b.NewItems(moments=[moment]))
    needed = utc_now() + timedelta(seconds=_PATIENCE)
    return client.baskets.quote(BASKET, days=1, deadline=needed)


def _take(client: Client, moment: Moment, cutting: Cutting, story: Storyteller) -> tuple[bool, Path]:
    """Fetch the moment from the master and write the cut; returns whether all of it came, and the cut."""
    made = client.subclips.fetch(client.subclips.quote(moment.asset, moment.first, moment.last).id)
    target, edl = cutting.home / made.suggested_name, cutting.home / "trailer.edl"
    client.subclips.save(made, target)
    edl.write_text(client.timelines.make(_timeline(moment)), encoding="utf-8")
    story.taken(made, target, edl)
    return _is_whole(made, target), edl


def _first_hit(client: Client) -> s.Hit:
    return client.search(s.SearchRequest(q=QUESTION, limit=1)).hits[0]


def _digest(name: str, cutting: Cutting) -> str:
    found = [*cutting.project.glob(name), *cutting.vault.rglob(name)]
    return hashlib.sha256(found[0].read_bytes()).hexdigest()


def _moved(client: Client, plan: t.TierPlan) -> list[t.Move]:
    """Apply a plan with nothing to spend, and wait for its moves."""
    client.tiering.apply(plan.id, budget_usd="0")
    _until(lambda: client.tiering.status(plan.id).unfinished == 0)
    return client.tiering.moves(plan=plan.id)


def _timeline(moment: Moment) -> TimelineRequest:
    return TimelineRequest(moments=[moment], against="master", name="Trailer", format="edl")


def _is_whole(made: Subclip, target: Path) -> bool:
    """Every frame that the subclip says it has can be decoded."""
    with av.open(str(target)) as container:
        return sum(1 for _ in container.decode(video=0)) == made.out_frame - made.in_frame


def _until(done: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + _MOVE_SECONDS
    while not done():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.3)
    return True
