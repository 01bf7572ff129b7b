"""THE WALK of one asset, top to bottom.

A stage is skipped when it is done for what it reads at its version. Which stages there are in this home, and
at which version, is decided in :mod:`indexer.recipe`.
"""

from functools import partial

from catalog.model import PLAYABLE, StageRun
from catalog.repository import CatalogWriter
from indexer import about, describing, faces, fingerprints, listen, onscreen, proxy, seeing
from indexer.identify import identify
from indexer.look_at import look_at
from indexer.pipeline import EVERY_KIND, PICTURES, SOUNDS, Doing, Stage, Watching, run_stages
from indexer.recipe import WALK, Recipe
from indexer.work import Work

BORROWED = "stage:borrow@1"
"""Source of the statement that the proxy is somebody else's; it goes once the master was read."""


def walk(work: Work) -> None:
    """Take one copy of some essence to a findable, playable asset; every step is kept once it is done.

    Raises:
        RekindleError: Why the asset is not complete; a later walk goes on after the last step that is done.
    """
    # Which asset do these bytes belong to? New, known, moved, copied or overwritten.
    identify(work)
    with work.alone():
        complete = run_stages(work, stages(work.recipe), look_at)
        with work.services.catalog.write() as writer:
            work.lease.fence(writer)
            _finish(writer, work, complete=complete)


def stages(recipe: Recipe) -> list[Stage]:
    """The steps after identification, in order; what the recipe leaves out is off or lacks a model."""
    at = recipe.versions.get
    steps: list[Stage] = [
        # The master is read here, in one pass, and nowhere below.
        Doing("proxy", at("proxy", ""), EVERY_KIND, master, proxy.make),
        # What people wrote beside it.
        Doing("about", at("about", ""), EVERY_KIND, about.inputs, about.read),
        # One look at the proxy serves all who watch.
        Watching("shots", at("shots", ""), PICTURES, picture, seeing.Shots),
        *looks(recipe),
        Watching("descriptors", at("descriptors", ""), PICTURES, picture, describing.Descriptors),
        Watching("fingerprint", at("fingerprint", ""), PICTURES, picture, fingerprints.Fingerprints),
        Watching("faces", at("faces", ""), PICTURES, picture, faces.Faces),
        Watching("onscreen", at("onscreen", ""), PICTURES, picture, onscreen.Onscreen),
        # Captions, else recognised speech; then what it means.
        Doing("words", at("words", ""), SOUNDS, listen.words_inputs, listen.words),
        *meanings(recipe),
    ]
    return [step for step in steps if step.name in recipe.versions]


def looks(recipe: Recipe) -> list[Stage]:
    """One stage per visual pack: the one in use, and the one on trial."""
    return [
        Watching(item.stage, recipe.versions[item.stage], PICTURES, picture, partial(seeing.Visual, item))
        for item in recipe.encodings
        if item.kind == "visual"
    ]


def meanings(recipe: Recipe) -> list[Stage]:
    """One stage per text pack."""
    return [
        Doing(
            item.stage,
            recipe.versions[item.stage],
            SOUNDS,
            listen.meaning_inputs,
            partial(listen.meaning, item),
        )
        for item in recipe.encodings
        if item.kind == "text"
    ]


def master(work: Work) -> str:
    """Digest of the master."""
    return work.asset.sha256 or ""


def picture(work: Work) -> str:
    """Digest of the picture that is looked at: the proxy's, or the still's."""
    found = (work.renditions.get(role) for role in PLAYABLE)
    return next((rendition.sha256 for rendition in found if rendition), "")


def _finish(writer: CatalogWriter, work: Work, *, complete: bool) -> None:
    """The asset is complete: discovery passes over it until its bytes or the recipe change."""
    asset_id = work.asset.id
    writer.facts_writer.replace_statements(asset_id, BORROWED, ())
    writer.assets_writer.mark_indexed(asset_id)
    if complete:
        writer.facts_writer.finish_stage(
            StageRun(asset_id, WALK, work.recipe.digest, work.asset.sha256 or "")
        )
    writer.runs.clear_dead_letter(work.instance.essence.uri)
