"""The catalog's ports: what the rest of Rekindle may ask of it and tell it.

Open a transaction with :meth:`Catalog.read` or :meth:`Catalog.write`. All that one ``write`` block does is
committed together when the block ends, and not at all when it raises. Readers never wait for the writer.
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Protocol

from catalog.model import (
    Asset,
    AssetState,
    AssetTimeline,
    AuditEntry,
    Change,
    ChangeKind,
    Cue,
    DeadLetter,
    FaceTrack,
    IndexRun,
    Instance,
    Job,
    Keyframe,
    Location,
    Passage,
    Person,
    Quote,
    Rendition,
    RenditionRole,
    Restore,
    RestoreStatus,
    ScreenText,
    Shot,
    StageRun,
    Statement,
    Track,
    VectorFile,
)
from catalog.query import AssetFilter
from foundation.ids import (
    AssetId,
    InstanceId,
    JobId,
    LocationId,
    PersonId,
    PrincipalId,
    QuoteId,
    RestoreId,
    RunId,
)
from foundation.timecode import FrameRange, PtsTable, SampleRange


@dataclass(frozen=True, slots=True)
class KnownInstance:
    """What discovery compares a listing with.

    Attributes:
        identity: :func:`catalog.lifecycle.identity_of` the instance's objects as they were last written.
        complete: The walk is done for the asset's current version.
        recipe: Version of the asset's stage run ``walk``: a digest of all stage versions; empty when none.
    """

    instance_id: InstanceId
    asset_id: AssetId
    identity: str
    storage_class: str
    available: bool
    complete: bool
    recipe: str = ""


@dataclass(frozen=True, slots=True)
class TextQuery:
    """Words to find in full text.

    Attributes:
        terms: Free words, stemmed; tried joined by AND first, then by OR.
        phrases: Exact phrases, unstemmed, all required; they match across neighbouring cues.
    """

    terms: tuple[str, ...] = ()
    phrases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TextMatch:
    r"""A passage, screen text, name or statement that holds the words.

    Attributes:
        score: BM25, larger is better.
        highlight: The text with matched words between ``\x02`` and ``\x03``.
        matched: The words of the query that were found.
    """

    asset_id: AssetId
    row: int
    score: float
    text: str
    highlight: str
    matched: tuple[str, ...]
    sound: SampleRange | None = None
    frames: FrameRange | None = None
    source: str = ""


class Locations(Protocol):
    """Roots that hold masters."""

    def add(self, location: Location) -> None:
        """Register; raises NameTaken."""

    def get(self, name: str) -> Location:
        """By name; raises LocationNotFound."""

    def by_id(self, location_id: LocationId) -> Location:
        """By id; raises LocationNotFound."""

    def all(self) -> list[Location]:
        """All, by name."""

    def remove(self, name: str) -> None:
        """Forget the root; its assets become unavailable, nothing else is lost."""


class Assets(Protocol):
    """Works and their copies."""

    def get(self, asset_id: AssetId) -> Asset:
        """By id, following aliases of merged assets; raises AssetNotFound."""

    def many(self, asset_ids: Iterable[AssetId]) -> dict[AssetId, Asset]:
        """Those that exist, by id."""

    def page(self, where: AssetFilter, *, after: AssetId | None, limit: int) -> list[Asset]:
        """A page in id order."""

    def select(self, where: AssetFilter) -> frozenset[AssetId]:
        """Ids of visible (present or unavailable) assets that pass."""

    def count(self, where: AssetFilter) -> int:
        """How many visible assets pass."""

    def instances(self, asset_id: AssetId) -> list[Instance]:
        """Copies of the essence, the primary one first."""

    def primary_instances(self, asset_ids: Iterable[AssetId]) -> dict[AssetId, Instance]:
        """The primary copy of each asset, in a fixed number of queries."""

    def known(self, location_id: LocationId) -> dict[str, KnownInstance]:
        """Everything known in a location, by name, in one query."""

    def by_sha256(self, sha256: str) -> Asset | None:
        """The asset whose master has this digest."""

    def timelines(self, asset_ids: Iterable[AssetId]) -> dict[AssetId, AssetTimeline]:
        """Pts tables and rates."""

    def tracks(self, asset_id: AssetId) -> list[Track]:
        """Streams of the master."""


class AssetWriter(Protocol):
    """Changes to works and copies; each appends to the change feed what followers need."""

    def register(self, asset: Asset, instance: Instance) -> None:
        """A new asset with its first instance."""

    def replace_instance(self, instance: Instance) -> None:
        """New facts of a known instance (name, objects, storage class, availability).

        The asset's own name, location and storage class follow its primary instance.
        """

    def new_version(self, asset_id: AssetId) -> None:
        """The bytes were overwritten: version + 1, stage runs forgotten, machine facts dropped."""

    def set_available(self, instance_ids: Sequence[InstanceId], *, available: bool) -> None:
        """Take note of copies that are gone or back."""

    def set_state(self, asset_id: AssetId, state: AssetState) -> None:
        """Withdraw, bring back, erase; raises StateConflict."""

    def describe(self, asset: Asset, pts: PtsTable | None, tracks: Sequence[Track]) -> None:
        """Kind, technical facts, duration, dates, digest, pts table and tracks found by probing."""

    def set_has_speech(self, asset_id: AssetId, *, has_speech: bool) -> None:
        """Speech was heard or captioned, or not."""

    def mark_indexed(self, asset_id: AssetId) -> None:
        """The walk is complete for the current version."""

    def merge(self, duplicate: AssetId, into: AssetId) -> None:
        """Equal bytes: move instances, leave a permanent alias, delete the duplicate's facts."""


class Facts(Protocol):
    """What was seen and heard."""

    def shots(self, asset_id: AssetId) -> list[Shot]:
        """In order."""

    def keyframes(self, asset_id: AssetId) -> list[Keyframe]:
        """In order of frame."""

    def cues(self, asset_id: AssetId) -> list[Cue]:
        """In order."""

    def cues_within(self, ranges: Sequence[tuple[AssetId, SampleRange]]) -> dict[AssetId, list[Cue]]:
        """Cues that overlap any of the ranges of their asset, in order, in a fixed number of queries."""

    def passages(self, asset_id: AssetId) -> list[Passage]:
        """In order."""

    def passages_at(self, keys: Iterable[tuple[AssetId, int]]) -> dict[tuple[AssetId, int], Passage]:
        """Passages by asset and ordinal, those that exist, in one query."""

    def screen_text(self, asset_id: AssetId) -> list[ScreenText]:
        """In order."""

    def faces(self, asset_id: AssetId) -> list[FaceTrack]:
        """In order."""

    def statements(self, asset_id: AssetId) -> list[Statement]:
        """Those not superseded."""

    def renditions(self, asset_id: AssetId) -> dict[RenditionRole, Rendition]:
        """By role."""

    def renditions_of(self, asset_ids: Iterable[AssetId], role: RenditionRole) -> dict[AssetId, Rendition]:
        """The rendition of one role, for those assets that have it, in one query."""

    def vector_files(self, asset_id: AssetId | None = None) -> list[VectorFile]:
        """Of one asset, or all."""

    def stage_runs(self, asset_id: AssetId) -> dict[str, StageRun]:
        """By stage name."""


class FactWriter(Protocol):
    """Replaces one stage's facts of an asset in one step; full text follows in the same transaction."""

    def put_rendition(self, asset_id: AssetId, rendition: Rendition) -> None:
        """Add or replace by role."""

    def replace_shots(self, asset_id: AssetId, shots: Sequence[Shot], keyframes: Sequence[Keyframe]) -> None:
        """All shots and keyframes."""

    def replace_words(self, asset_id: AssetId, cues: Sequence[Cue], passages: Sequence[Passage]) -> None:
        """All cues and passages."""

    def replace_screen_text(self, asset_id: AssetId, texts: Sequence[ScreenText]) -> None:
        """All text on screen."""

    def replace_faces(self, asset_id: AssetId, faces: Sequence[FaceTrack]) -> None:
        """All face tracks; names people gave survive by overlap in range and box."""

    def replace_statements(self, asset_id: AssetId, source: str, statements: Sequence[Statement]) -> None:
        """All statements of one machine source; human ones are never touched."""

    def add_statement(self, statement: Statement) -> None:
        """One statement of a person."""

    def put_vectors(self, file: VectorFile) -> None:
        """Add or replace by (asset, space); appends a VECTORS change."""

    def finish_stage(self, run: StageRun) -> None:
        """Record that a stage is done, in the same transaction as its facts."""


class Words(Protocol):
    """Full text. Limits apply after the filter."""

    def speech(self, query: TextQuery, where: AssetFilter, limit: int) -> list[TextMatch]:
        """Passages (``sound`` set; ``row`` is the passage's ordinal; ``source`` its cue kind)."""

    def onscreen(self, query: TextQuery, where: AssetFilter, limit: int) -> list[TextMatch]:
        """Text on screen (``frames`` set)."""

    def names(self, query: TextQuery, where: AssetFilter, limit: int) -> list[TextMatch]:
        """Names, titles and file metadata."""

    def descriptions(self, query: TextQuery, where: AssetFilter, limit: int) -> list[TextMatch]:
        """Statements, human and machine (``frames`` set where the statement has a range)."""


class People(Protocol):
    """Names of faces."""

    def all(self) -> list[Person]:
        """Everybody, by name."""

    def get(self, name_or_id: str) -> Person:
        """By id, else by name without regard to case; raises PersonNotFound."""

    def add(self, name: str) -> Person:
        """Create; raises NameTaken."""

    def remove(self, person_id: PersonId) -> None:
        """Forget the person; tracks become nameless."""

    def assign(self, asset_id: AssetId, ordinals: Sequence[int], person_id: PersonId | None) -> None:
        """Name (or un-name) face tracks; appends PAYLOAD changes."""

    def tracks(self, person_id: PersonId | None, where: AssetFilter, limit: int) -> list[FaceTrack]:
        """Face tracks of a person; None gives the nameless ones."""


class Jobs(Protocol):
    """The ledger of work. A lease that ran out is somebody else's to take; stale owners are fenced."""

    def enqueue(
        self, kind: str, key: str, payload: Mapping[str, object], *, run: RunId | None, asset: AssetId | None
    ) -> JobId:
        """Add, or return the job with this key that already waits or runs; one that waits joins ``run``."""

    def lease(self, owner: str, *, run: RunId | None, seconds: float) -> Job | None:
        """Take the oldest job that waits or whose lease ran out; attempts + 1."""

    def renew(self, job_id: JobId, owner: str, *, seconds: float, stage: str, progress: float) -> bool:
        """Keep the lease and report; False when it was lost."""

    def finish(self, job_id: JobId, owner: str) -> bool:
        """Done; False when the lease was lost."""

    def fail(self, job_id: JobId, owner: str, letter: DeadLetter, *, retry: bool) -> bool:
        """Back to waiting, or dead with its letter; False when the lease was lost."""

    def release(self, job_id: JobId, owner: str, *, seconds: float = 0.0, stage: str = "") -> bool:
        """Put back to waiting without counting the attempt, not to be leased again for ``seconds``.

        False when the lease was lost.
        """

    def cancel_run(self, run: RunId) -> int:
        """Cancel what waits; returns how many."""

    def active(self, run: RunId) -> list[Job]:
        """Leased jobs of a run, with stage and progress."""


class Runs(Protocol):
    """Index runs and dead letters."""

    def start(self) -> RunId:
        """A new run in state ``discovering``."""

    def update(self, run: RunId, *, state: str, discovered: int, unchanged: int, cold: int) -> None:
        """Progress of discovery, or the final state (``finished``, ``interrupted``)."""

    def get(self, run: RunId) -> IndexRun:
        """With counts from the ledger; raises RunNotFound."""

    def latest(self) -> IndexRun | None:
        """The newest run."""

    def dead_letters(self, run: RunId | None = None) -> list[DeadLetter]:
        """Current ones, of a run or all."""

    def put_dead_letter(self, letter: DeadLetter) -> None:
        """Add or replace by URI."""

    def clear_dead_letter(self, uri: str) -> None:
        """The thing was indexed after all, or is gone."""


class Changes(Protocol):
    """The change feed."""

    def after(self, seq: int, limit: int) -> list[Change]:
        """In commit order."""

    def last(self) -> int:
        """Newest sequence number, 0 when empty."""

    def append(self, asset_id: AssetId, kind: ChangeKind, space: str | None = None) -> None:
        """Add one; writers of facts do this themselves."""


class Restores(Protocol):
    """Quotes, restores, spending."""

    def put_quote(self, quote: Quote) -> None:
        """Keep a quote."""

    def quote(self, quote_id: QuoteId) -> Quote:
        """By id; raises RestoreNotFound."""

    def begin(self, restore: Restore, budget: Decimal, month: str) -> Restore:
        """Reserve the money and add the restore, or return the active one of this object version.

        Raises:
            BudgetExceeded: Nothing was reserved.
        """

    def update(self, restore: Restore) -> None:
        """New status and facts; a failed or cancelled one gives its reservation back."""

    def get(self, restore_id: RestoreId) -> Restore:
        """By id; raises RestoreNotFound."""

    def find(self, *, statuses: Sequence[RestoreStatus] = (), asset: AssetId | None = None) -> list[Restore]:
        """Newest first."""

    def spent(self, month: str) -> Decimal:
        """Reserved and spent in a month (``2026-11``)."""


class Audit(Protocol):
    """Append-only, hash-chained."""

    def append(self, principal: PrincipalId, action: str, subject: str, detail: Mapping[str, object]) -> None:
        """Add an entry."""

    def tail(self, limit: int) -> list[AuditEntry]:
        """Newest first."""

    def verify(self) -> int | None:
        """Sequence number of the first entry that does not fit the chain, or None."""


class CatalogReader(Protocol):
    """A consistent view."""

    locations: Locations
    assets: Assets
    facts: Facts
    words: Words
    people: People
    runs: Runs
    changes: Changes
    restores: Restores
    audit: Audit

    @property
    def now(self) -> datetime:
        """The catalog's clock (UTC)."""


class CatalogWriter(CatalogReader, Protocol):
    """A transaction that may write; sees its own changes."""

    assets_writer: AssetWriter
    facts_writer: FactWriter
    jobs: Jobs


class Catalog(Protocol):
    """The truth."""

    def read(self) -> AbstractContextManager[CatalogReader]:
        """A snapshot; never waits for a writer."""

    def write(self) -> AbstractContextManager[CatalogWriter]:
        """A transaction under the writer lock; raises CatalogBusy when the lock is not had in time."""

    def check(self) -> list[str]:
        """Sentences about what is wrong with the file; empty when sound."""

    def close(self) -> None:
        """Release files and locks."""
