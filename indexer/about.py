"""Stage ``about``: what people wrote beside the master, and the year that follows from all there is."""

import hashlib
from collections.abc import Mapping
from dataclasses import replace

from catalog.model import AssetKind, ObjectRole, Statement, StoredObject
from catalog.repository import CatalogWriter
from foundation.errors import BadSidecar
from foundation.ids import StatementId, mint
from indexer.derived import read_json
from indexer.describe import PROBED
from indexer.letters import letter_of
from indexer.sidecar_names import METADATA_SUFFIXES
from indexer.sidecars import MOST_BYTES, fields_of, single
from indexer.work import Commit, Work
from indexer.years import Year, year_of

SOURCE = "stage:about@1"

_FIELDS = {
    **dict.fromkeys(("title", "headline"), "title"),
    **dict.fromkeys(("label", "labels"), "label"),
    **dict.fromkeys(("description", "caption", "abstract", "synopsis"), "description"),
    **dict.fromkeys(("keywords", "keyword", "subject", "tags"), "keyword"),
    **dict.fromkeys(("creator", "author", "artist", "credit"), "creator"),
    **dict.fromkeys(("location", "place", "city", "country"), "place"),
    **dict.fromkeys(("reel", "reelname", "reel_name", "tape", "tapename", "tape_name"), "reel"),
    **dict.fromkeys(("rights", "copyright", "license", "licence", "usageterms"), "rights"),
}
"""Fields of JSON, Dublin Core, Photoshop, IPTC and XMP Dynamic Media, by the statement they become."""


def inputs(work: Work) -> str:
    """The master's digest, the name, and every metadata sidecar."""
    parts = [work.asset.sha256 or "", work.asset.name, *(o.identity for o in _sidecars(work))]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def read(work: Work) -> Commit:
    """Read the sidecars; one that cannot be read gets a dead letter and the rest goes on."""
    fields: dict[str, list[str]] = {}
    bad: list[tuple[StoredObject, BadSidecar]] = []
    for item in _sidecars(work):
        try:
            data = b"".join(work.store.read(item.key, 0, MOST_BYTES + 1, item.version))
            fields |= fields_of(item.key, data)
        except BadSidecar as error:
            bad.append((item, error))
    year = _year(work, single(fields))
    fields = {"reel_name": _reel(work), **fields}
    return lambda writer: _write(writer, work, _statements(work, fields), year, bad)


def _sidecars(work: Work) -> list[StoredObject]:
    return [
        item
        for item in work.instance.objects
        if item.role is ObjectRole.SIDECAR and item.key.lower().endswith(tuple(METADATA_SUFFIXES))
    ]


def _reel(work: Work) -> list[str]:
    """The reel name that the container itself carries, if any."""
    tags = read_json(work.folder / PROBED).get("tags")
    found = tags.get("reel_name") if isinstance(tags, dict) else None
    return [str(found)] if found else []


def _year(work: Work, fields: Mapping[str, str]) -> Year | None:
    tags = read_json(work.folder / PROBED).get("tags")
    with work.services.catalog.read() as reader:
        this_year = reader.now.year
    still = work.asset.kind is AssetKind.STILL
    tagged = {str(k): str(v) for k, v in tags.items()} if isinstance(tags, dict) else {}
    return year_of(work.asset.name, fields, tagged, still=still, this_year=this_year)


def _statements(work: Work, fields: Mapping[str, list[str]]) -> list[Statement]:
    found = dict.fromkeys(
        (_FIELDS[key], text) for key, texts in fields.items() if key in _FIELDS for text in texts
    )
    return [Statement(StatementId(mint("stm")), work.asset.id, name, text, SOURCE) for name, text in found]


def _write(
    writer: CatalogWriter,
    work: Work,
    statements: list[Statement],
    year: Year | None,
    bad: list[tuple[StoredObject, BadSidecar]],
) -> None:
    asset = writer.assets.get(work.asset.id)
    dated = replace(asset, year=year.value if year else None, year_source=year.source if year else None)
    if (dated.year, dated.year_source) != (asset.year, asset.year_source):
        timeline = writer.assets.timelines([asset.id])[asset.id]
        writer.assets_writer.describe(dated, timeline.pts, writer.assets.tracks(asset.id))
    writer.facts_writer.replace_statements(asset.id, SOURCE, statements)
    for item in _sidecars(work):
        writer.runs.clear_dead_letter(item.uri)
    for item, error in bad:
        writer.runs.put_dead_letter(letter_of(error, item.uri, "about", writer.now, work.lease.job))
