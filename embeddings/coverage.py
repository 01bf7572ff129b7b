"""Which shots and passages have a vector in a space: all are accounted for, none is skipped in silence."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from catalog.model import Asset, AssetKind, DeadLetter, RenditionRole, Shot, VectorFile
from catalog.query import AssetFilter
from catalog.repository import Catalog, CatalogReader
from embeddings.encoder import EncoderSpec
from embeddings.vector_file import VectorRow, read_vectors
from foundation.errors import StorageError
from foundation.home import Home
from foundation.ids import AssetId

NO_PICTURE, NO_SOUND = "a sound has no picture", "a still has no sound"
NO_WORDS = "nothing is said in it"
NEVER_READ = "its master was never read, so that there is no proxy to look at"
FAILED = "its master cannot be read; see the dead letters"
NOT_YET, OUTDATED = "not encoded yet", "encoded for former cuts or words"
NO_SHOTS = "its shots were not found yet"
_PAGE = 500


@dataclass(frozen=True, slots=True)
class Lack:
    """Shots or passages of one asset that have no vector, and why."""

    asset: AssetId
    name: str
    units: int
    why: str


@dataclass(slots=True)
class Coverage:
    """One space held against the archive. ``expected == encoded + missing``, always.

    Attributes:
        spec: The encoder of the space.
        assets: Visible assets.
        expected: Shots (visual) or passages (text) that are to have a vector; stills count as one shot.
        encoded: Those that have one.
        excused: Assets with nothing to encode, by reason.
        lacking: Where vectors are missing.
    """

    spec: EncoderSpec
    assets: int = 0
    expected: int = 0
    encoded: int = 0
    excused: Counter[str] = field(default_factory=Counter)
    lacking: list[Lack] = field(default_factory=list)

    @property
    def missing(self) -> int:
        """Shots or passages without a vector."""
        return sum(lack.units for lack in self.lacking)

    @property
    def is_whole(self) -> bool:
        """Say whether nothing is missing."""
        return not self.lacking


def coverage_of(catalog: Catalog, home: Home, spec: EncoderSpec) -> Coverage:
    """Hold every visible asset against a space; its vector files are read and compared with their digests."""
    found = Coverage(spec)
    with catalog.read() as reader:
        failed = _failed(reader.runs.dead_letters())
    for reader, asset in _visible(catalog):
        found.assets += 1
        excuse = _excuse(reader, asset, spec, failed)
        if excuse is not None:
            found.excused[excuse] += 1
            continue
        expected, missing, why = _held_against(reader, home, asset, spec)
        found.expected += expected
        found.encoded += expected - missing
        if missing:
            found.lacking.append(Lack(asset.id, asset.name, missing, why))
    return found


def _visible(catalog: Catalog) -> Iterator[tuple[CatalogReader, Asset]]:
    """Assets in pages: one view over a large archive would hold the catalog's log open."""
    after: AssetId | None = None
    while True:
        with catalog.read() as reader:
            page = reader.assets.page(AssetFilter(), after=after, limit=_PAGE)
            for asset in page:
                yield reader, asset
        if len(page) < _PAGE:
            return
        after = page[-1].id


def _failed(letters: Sequence[DeadLetter]) -> frozenset[AssetId]:
    return frozenset(letter.asset_id for letter in letters if letter.asset_id)


def _excuse(reader: CatalogReader, asset: Asset, spec: EncoderSpec, failed: frozenset[AssetId]) -> str | None:
    """Why there is nothing to encode; None where there is something."""
    if spec.kind == "text":
        if asset.kind is AssetKind.STILL:
            return NO_SOUND
        return None if reader.facts.passages(asset.id) else NO_WORDS
    if asset.kind is AssetKind.SOUND:
        return NO_PICTURE
    role = RenditionRole.STILL if asset.kind is AssetKind.STILL else RenditionRole.PROXY
    if role in reader.facts.renditions(asset.id):
        return None
    return FAILED if asset.id in failed else NEVER_READ


def _held_against(reader: CatalogReader, home: Home, asset: Asset, spec: EncoderSpec) -> tuple[int, int, str]:
    """Units of an asset, how many of them lack a vector, and why."""
    files = [file for file in reader.facts.vector_files(asset.id) if file.space == spec.space]
    rows, why = _rows(home, asset, files)
    if spec.kind == "text":
        starts = {row.ordinal: row.position for row in rows}
        passages = reader.facts.passages(asset.id)
        missing = sum(starts.get(passage.ordinal) != passage.sound.start for passage in passages)
        return len(passages), missing, why
    if asset.kind is AssetKind.STILL:
        return 1, int(not rows), why
    shots = reader.facts.shots(asset.id)
    if not shots:
        return 1, 1, NO_SHOTS
    return len(shots), _unseen(shots, rows), why


def _unseen(shots: Sequence[Shot], rows: Sequence[VectorRow]) -> int:
    """Shots without a vector; those of former cuts stand for none of today's."""
    seen = {(row.in_frame, row.out_frame) for row in rows}
    return sum((shot.frames.in_frame, shot.frames.out_frame) not in seen for shot in shots)


def _rows(home: Home, asset: Asset, files: Sequence[VectorFile]) -> tuple[Sequence[VectorRow], str]:
    if not files:
        return (), NOT_YET
    try:
        rows, _ = read_vectors(home.asset(asset.id) / files[0].path, files[0].sha256)
    except StorageError as error:
        return (), error.message
    return rows, OUTDATED
