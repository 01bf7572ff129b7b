"""What a person may say of an asset, checked before it is written."""

from dataclasses import replace

from catalog.model import HUMAN, RECORDED, Asset, AssetKind, Statement
from catalog.recorded import FIRST_YEAR, recorded_year
from catalog.repository import CatalogReader, CatalogWriter
from foundation.errors import BadRange, InputError, StatementNotFound
from foundation.ids import PrincipalId, StatementId, mint
from foundation.timecode import FrameRange
from search_api.presenters import Clock
from search_api.schemas_knowledge import NewRight, NewStatement

_IN_ANY_CASE = frozenset({"label", "keyword"})
"""Fields whose values count in any case; in titles, names and sentences it can be what is corrected."""


def state(writer: CatalogWriter, asset: Asset, said: NewStatement, principal: PrincipalId) -> Statement:
    """Write down what somebody says; what was said before, correcting the same, is not written twice.

    Raises:
        InputError: The text is empty, or no date.
        BadRange: The asset has no such frames.
        StatementNotFound: There is none to supersede.
    """
    wanted = replace(_statement(asset, said, principal), frames=frames_in(writer, asset, said))
    if wanted.field == RECORDED:
        _check_date(wanted.value, writer.now.year)
    known = writer.facts.statements(asset.id)
    said_before = next((item for item in known if _is_said_by(item, wanted)), None)
    if said_before is not None:
        return said_before
    if wanted.supersedes is not None:
        _check_superseded(wanted, known)
    writer.facts_writer.add_statement(wanted)
    facts = {"statement": wanted.id, "field": wanted.field}  # no words: an audit trail is never erased
    writer.audit.append(principal, "statement.add", asset.id, facts)
    return replace(wanted, created_at=writer.now)


def take_back(
    writer: CatalogWriter, asset: Asset, statement_id: StatementId, principal: PrincipalId
) -> Statement:
    """Forget what a person said.

    Raises:
        StatementNotFound: Nobody said it.
        StateConflict: No person made it.
    """
    gone = writer.facts_writer.take_back(asset.id, statement_id)
    facts = {"statement": gone.id, "field": gone.field}
    writer.audit.append(principal, "statement.take-back", asset.id, facts)
    return gone


def frames_in(reader: CatalogReader, asset: Asset, given: NewStatement | NewRight) -> FrameRange | None:
    """The range that was given, if any.

    Raises:
        BadRange: The asset has no such frames.
    """
    if given.in_frame is None or given.out_frame is None:
        return None
    frames = Clock(asset.kind, reader.assets.timelines([asset.id]).get(asset.id)).frames
    if asset.kind is not AssetKind.VIDEO or (frames is not None and given.out_frame > frames):
        has = f"{frames} frames" if frames else "no frames that are counted"
        raise BadRange(f"{asset.name!r} has {has}; {given.in_frame} to {given.out_frame} is outside.")
    return FrameRange(given.in_frame, given.out_frame)


def _statement(asset: Asset, said: NewStatement, principal: PrincipalId) -> Statement:
    value = " ".join(said.value.split()) if said.field != "description" else said.value.strip()
    if not value:
        raise InputError(f"The {said.field} is empty.", remedy="Say something, or take back what was said.")
    return Statement(
        id=StatementId(mint("stm")),
        asset_id=asset.id,
        field=said.field,
        value=value,
        source=f"{HUMAN}{principal}",
        language=said.language,
        supersedes=None if said.supersedes is None else StatementId(said.supersedes),
        principal=principal,
    )


def _check_date(value: str, this_year: int) -> None:
    year = recorded_year(value)
    if year is None or year > this_year:
        raise InputError(
            f"{value!r} is no date between {FIRST_YEAR} and {this_year}.",
            remedy="Write 1987, 1987-06 or 1987-06-14; add ? where it is uncertain.",
        )


def _check_superseded(wanted: Statement, known: list[Statement]) -> None:
    older = next((item for item in known if item.id == wanted.supersedes), None)
    if older is None:
        raise StatementNotFound(f"Asset {wanted.asset_id} has no statement {wanted.supersedes!r} to correct.")
    if older.field != wanted.field:
        raise InputError(f"A {wanted.field} cannot correct a {older.field}.")


def _is_said_by(known: Statement, wanted: Statement) -> bool:
    corrects_nothing_new = wanted.supersedes in (None, known.supersedes)
    return known.is_human and corrects_nothing_new and _says(known) == _says(wanted)


def _says(statement: Statement) -> tuple[object, ...]:
    value = statement.value.casefold() if statement.field in _IN_ANY_CASE else statement.value
    return statement.field, value, statement.language, statement.frames, statement.sound
