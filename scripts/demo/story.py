"""The demo from top to bottom."""

import logging as stdlib_logging
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Literal

from foundation import logging
from foundation.errors import AlreadyOwned
from foundation.settings import Settings, load
from scripts.crew import crew
from scripts.demo.acts import ask_all, bring_back, fall_asleep, index_all, play
from scripts.demo.footage import make_archive, make_project
from scripts.demo.results import Answer, Played, Returned
from scripts.demo.tiering import Cutting, bring_moment, wrap_up
from scripts.demo.told import Storyteller
from scripts.locks import held
from scripts.owner import Owned, own
from scripts.processes import by_socket
from scripts.stay import until_stopped
from scripts.terminal import print_json
from scripts.ui_process import Ui, api_address, ui_log

_SETTINGS = "# Written by `rekindle demo`.\n[signals]\nfaces = true\n"


Part = Literal["everything", "tiering"]


def run_demo(home: Path, part: Part = "everything", *, serve: bool, as_json: bool) -> bool:
    """Do the main job on the demo archive.

    Args:
        home: The demo's home; the clips lie beside it.
        part: ``tiering`` leaves out what has nothing to do with cold storage.
        serve: Leave API and UI running until interrupted.
        as_json: Print what came out as JSON instead of telling a story.

    Returns:
        Whether every search found its clip first, every master had the right checksum, and what was taken
        of one could be decoded.
    """
    story = Storyteller(silent=as_json)
    settings = prepare_home(home)
    archive = home.with_name(f"{home.name}-archive")
    story.begin(home, archive)
    shelf, vault = make_archive(archive, story.clip_made)
    with ExitStack() as stack:
        stack.enter_context(held(settings.layout.create().owner_lock))
        owned = _serve(stack, settings, fixed=serve)
        client = stack.enter_context(by_socket(settings.layout))
        address = api_address(settings.api.host, owned.port or 0)
        workers = stack.enter_context(crew(settings))
        index_all(client, workers, shelf, vault, story)
        facts: dict[str, object] = {}
        right = True
        if part == "everything":
            answers = ask_all(client, story)
            played = play(client, address, answers, home, story)
            fall_asleep(client, workers, owned.services, story)
            returned = bring_back(client, answers, vault, story)
            right = all(answer.right for answer in answers) and played.decoded and returned.verified
            facts |= _facts(answers, played, returned)
        cutting = Cutting(home, make_project(archive), vault)
        moved = wrap_up(client, workers, cutting, story)
        wanted = bring_moment(client, owned.services, cutting, story)
        right = right and moved.verified and wanted.right
        if as_json:
            print_json(facts | {"moved": asdict(moved), "wanted": asdict(wanted)})
        story.end(right=right)
        if serve:
            page = stack.enter_context(Ui(address, _free_or(settings.api.ui_port), ui_log(settings)))
            story.serving(address, page.address, home)
            until_stopped(page.has_ended)
    return right


def prepare_home(home: Path) -> Settings:
    """Make the demo's home, where faces are on, and return its settings."""
    home.mkdir(parents=True, exist_ok=True)
    file = home / "rekindle.toml"
    if not file.exists():
        file.write_text(_SETTINGS, encoding="utf-8")
    settings = load(home)
    logging.configure(settings.log_level, file=settings.layout.logs / "rekindle.log")
    return settings


def _serve(stack: ExitStack, settings: Settings, *, fixed: bool) -> Owned:
    """Serve on the port of the settings if that is to stay and is free, else on any free one."""
    if fixed:
        try:
            return stack.enter_context(own(settings, tcp=True))
        except AlreadyOwned:
            stdlib_logging.getLogger(__name__).info("port_taken")
    free = settings.model_copy(update={"api": settings.api.model_copy(update={"port": 0})})
    return stack.enter_context(own(free, tcp=True))


def _free_or(port: int) -> int:
    from scripts.locks import listen_tcp  # noqa: PLC0415 - only asked when something stays

    try:
        listen_tcp("127.0.0.1", port).close()
    except AlreadyOwned:
        return 0
    return port


def _facts(answers: list[Answer], played: Played, returned: Returned) -> dict[str, object]:
    return {
        "answers": [
            asdict(answer.question) | {"found": answer.found, "right": answer.right} for answer in answers
        ],
        "played": asdict(played),
        "returned": asdict(returned),
    }
