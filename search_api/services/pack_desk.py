"""Another model without downtime: tried beside the one that serves, compared, switched to, and back."""

import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from catalog.model import IndexRun, VectorFile
from catalog.query import AssetFilter
from catalog.repository import Catalog, CatalogWriter
from embeddings.coverage import Coverage, Lack, coverage_of
from embeddings.encoder import EncoderSpec, stage_of
from embeddings.packs import Pack, PackKind, PackStore
from embeddings.vector_file import file_name
from embeddings.vector_index import VectorIndex
from foundation.errors import IndexUnavailable, ModelError, NoSpace, StateConflict
from foundation.home import Home
from foundation.ids import LOCAL_PRINCIPAL, AssetId, RunId
from search_api.schemas_packs import Role, SideBySide, TrialEstimate
from search_api.services.encoders import Encoders

ENCODE = "encode"
"""Kind of the jobs that encode one asset; the indexer does them."""
_ROW_BYTES = 64
_POINT_BYTES = 1_000
"""What a vector takes beside its numbers: in a file, and in the index with payload and graph links."""
_BATCH = 200
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Held:
    """A space, the part its pack has, and how it covers the archive."""

    role: Role
    coverage: Coverage


@dataclass(frozen=True, slots=True)
class Change:
    """Who serves after a change, who served before, and what has no vector."""

    serving: Pack
    former: Pack | None
    missing: int


@dataclass(frozen=True, slots=True)
class Gone:
    """What pruning removed."""

    spaces: Sequence[str]
    assets: int
    size: int


@dataclass(frozen=True, slots=True)
class PackDesk:
    """Trials of packs, and who serves.

    Attributes:
        index: None while it cannot be opened.
    """

    catalog: Catalog
    home: Home
    packs: PackStore
    index: VectorIndex | None
    encoders: Encoders

    def audit(self, kind: SideBySide) -> list[Held]:
        """Every space of a kind: who serves, who is tried, who served, and what is left of others."""
        specs = {spec.space: (role, spec) for role, spec in reversed(self._parts(kind))}
        specs |= {spec.space: ("kept", spec) for spec in self._stored_specs(kind) if spec.space not in specs}
        order: tuple[Role, ...] = ("serving", "trial", "former", "kept")
        ordered = sorted(specs.values(), key=lambda item: (order.index(item[0]), item[1].space))
        return [Held(role, coverage_of(self.catalog, self.home, spec)) for role, spec in ordered]

    def estimate(self, kind: SideBySide, name: str) -> tuple[TrialEstimate, Coverage]:
        """What trying a pack takes.

        Raises:
            PackMissing, PackInvalid: It cannot be tried.
        """
        spec = self.packs.get(kind, name).spec
        coverage = coverage_of(self.catalog, self.home, spec)
        vectors = self._vectors_of(kind, coverage.lacking)
        estimate = TrialEstimate(
            kind=kind,
            pack=spec.name,
            space=spec.space,
            assets=len(coverage.lacking),
            vectors=vectors,
            file_bytes=vectors * (2 * spec.dim + _ROW_BYTES),
            index_bytes=vectors * (4 * spec.dim + _POINT_BYTES),
            free_bytes=shutil.disk_usage(self.home.root).free,
        )
        return estimate, coverage

    def begin(self, kind: SideBySide, name: str) -> tuple[TrialEstimate, IndexRun]:
        """Try a pack beside the one that serves; asked again, it goes on with what is left.

        Raises:
            PackMissing, PackInvalid, StateConflict: It cannot be tried.
            NoSpace: Its vectors do not fit the disk.
        """
        estimate, coverage = self.estimate(kind, name)
        needed = estimate.file_bytes + 2 * estimate.index_bytes
        if needed > estimate.free_bytes:
            raise NoSpace(
                f"The trial takes about {needed / 1e9:.1f} GB; {estimate.free_bytes / 1e9:.1f} GB are free."
            )
        pack = self.packs.begin_trial(kind, name)
        run = self._order(kind, pack.spec, coverage)
        with self.catalog.write() as writer:
            writer.audit.append(LOCAL_PRINCIPAL, "packs.trial", pack.spec.space, {"run": run})
            return estimate, writer.runs.get(run)

    def end_trial(self, kind: SideBySide) -> Pack | None:
        """Try nothing any more, and say what was tried; the vectors stay until they are pruned."""
        tried = self._or_none(self.packs.trial, kind)
        self.packs.end_trial(kind)
        with self.catalog.write() as writer:
            writer.audit.append(LOCAL_PRINCIPAL, "packs.end_trial", kind, {})
        return tried

    def switch(self, kind: SideBySide, *, force: bool) -> Change:
        """Let the pack on trial serve, from one search to the next.

        Raises:
            StateConflict: None is on trial, or it does not cover the archive yet.
            PackMissing, PackInvalid: It does not load.
        """
        pack = self.packs.trial(kind)
        if pack is None:
            raise StateConflict(
                f"No {kind} pack is on trial.", remedy=f"`rekindle packs trial {kind} NAME` begins one."
            )
        coverage = coverage_of(self.catalog, self.home, pack.spec)
        if not force:
            self._expect_whole(kind, coverage)
            self._expect_followed(pack.spec)
        change = self._serve(kind, pack, coverage, "packs.switch")
        self.packs.end_trial(kind)
        return change

    def roll_back(self, kind: SideBySide) -> Change:
        """Let the pack serve that served before; its vectors are still there, nothing is encoded.

        Raises:
            StateConflict: None served before, or its vectors were pruned.
            PackMissing, PackInvalid: It does not load.
        """
        pack = self.packs.former(kind)
        if pack is None:
            raise StateConflict(
                f"No other {kind} pack served before.",
                remedy=f"`rekindle packs use {kind} NAME` chooses one.",
            )
        coverage = coverage_of(self.catalog, self.home, pack.spec)
        return self._serve(kind, pack, coverage, "packs.rollback")

    def prune(self, kind: SideBySide) -> Gone:
        """Remove vectors of packs that neither serve nor are on trial; there is no way back afterwards."""
        self.packs.forget_former(kind)
        kept = [spec for role, spec in self._parts(kind) if role in ("serving", "trial")]
        spaces = {spec.space for spec in kept}
        with self.catalog.read() as reader:
            files = [f for f in reader.facts.vector_files() if f.kind == kind and f.space not in spaces]
        for some in _batches(files):
            self._drop(some)
        gone = Gone(
            sorted({file.space for file in files}),
            len({file.asset_id for file in files}),
            self._sweep(kind, {file_name(spec) for spec in kept}),
        )
        with self.catalog.write() as writer:
            writer.audit.append(LOCAL_PRINCIPAL, "packs.prune", kind, {"spaces": list(gone.spaces)})
        return gone

    def _parts(self, kind: SideBySide) -> list[tuple[Role, EncoderSpec]]:
        found: list[tuple[Role, Pack | None]] = [
            ("serving", self._or_none(self.packs.active, kind)),
            ("trial", self._or_none(self.packs.trial, kind)),
            ("former", self._or_none(self.packs.former, kind)),
        ]
        return [(role, pack.spec) for role, pack in found if pack is not None]

    def _or_none(self, find: Callable[[PackKind], Pack | None], kind: SideBySide) -> Pack | None:
        """A pack that has a part, None where it went missing meanwhile."""
        try:
            return find(kind)
        except ModelError:
            return None

    def _stored_specs(self, kind: SideBySide) -> list[EncoderSpec]:
        with self.catalog.read() as reader:
            files = {file.space: file for file in reader.facts.vector_files() if file.kind == kind}
        return [EncoderSpec(kind, file.encoder, file.revision, file.dim) for file in files.values()]

    def _vectors_of(self, kind: SideBySide, lacking: Sequence[Lack]) -> int:
        """Vectors these assets have in the fullest of the other spaces, else one per shot or passage."""
        units = {lack.asset: lack.units for lack in lacking}
        with self.catalog.read() as reader:
            for file in reader.facts.vector_files():
                if file.kind == kind and file.asset_id in units:
                    units[file.asset_id] = max(units[file.asset_id], file.rows)
        return sum(units.values())

    def _order(self, kind: SideBySide, spec: EncoderSpec, coverage: Coverage) -> RunId:
        """One job per asset that lacks something; what it had made before counts as not done."""
        with self.catalog.write() as writer:
            run = writer.runs.start()
        for lacks in _batches(coverage.lacking):
            with self.catalog.write() as writer:
                _enqueue(writer, run, kind, spec, lacks)
        unchanged = coverage.assets - len(coverage.lacking)
        state = "indexing" if coverage.lacking else "finished"
        with self.catalog.write() as writer:
            if writer.runs.get(run).finished_at is None:
                writer.runs.update(run, state=state, discovered=coverage.assets, unchanged=unchanged, cold=0)
        return run

    def _serve(self, kind: SideBySide, pack: Pack, coverage: Coverage, action: str) -> Change:
        self.encoders.rehearse(kind, pack.spec.name)
        serving = self.packs.use(kind, pack.spec.name)
        with self.catalog.write() as writer:
            detail = {"missing": coverage.missing, "expected": coverage.expected}
            writer.audit.append(LOCAL_PRINCIPAL, action, pack.spec.space, detail)
        return Change(serving, self._or_none(self.packs.former, kind), coverage.missing)

    def _expect_whole(self, kind: SideBySide, coverage: Coverage) -> None:
        if not coverage.is_whole:
            raise StateConflict(
                f"{coverage.missing} of {coverage.expected} are not encoded with {coverage.spec.name} yet.",
                remedy=f"`rekindle packs trial {kind} {coverage.spec.name}` goes on; `rekindle packs audit` "
                "says what is missing; --force switches all the same.",
                detail={"missing": coverage.missing, "expected": coverage.expected},
            )

    def _expect_followed(self, spec: EncoderSpec) -> None:
        """What is encoded must be in the index, too, or it would not be found for a while."""
        if self.index is None:
            raise IndexUnavailable("The vector index cannot be opened.")
        points = {row.space: row.points for row in self.index.stats()}.get(spec.space, 0)
        with self.catalog.read() as reader:
            visible = reader.assets.select(AssetFilter())
            files = [f for f in reader.facts.vector_files() if f.space == spec.space]
        waiting = sum(file.rows for file in files if file.asset_id in visible) - points
        if waiting > 0:
            raise StateConflict(
                f"The vector index has yet to take in {waiting} vectors of {spec.name}.",
                remedy="Try again in a moment; --force switches all the same.",
            )

    def _drop(self, files: Iterable[VectorFile]) -> None:
        with self.catalog.write() as writer:
            for file in files:
                writer.facts_writer.drop_vectors(file.asset_id, file.space)
                stage = stage_of(file.kind, file.revision)
                writer.assets_writer.reopen(file.asset_id, [stage], needs_master=False)

    def _sweep(self, kind: SideBySide, kept: set[str]) -> int:
        """Delete this kind's vector files but those of ``kept`` names; returns their bytes."""
        size = 0
        for path in self.home.derived.glob(f"*/*/vectors/{kind}-*.parquet"):
            if path.name not in kept:
                size += path.stat().st_size
                path.unlink(missing_ok=True)
        return size


def _enqueue(
    writer: CatalogWriter, run: RunId, kind: SideBySide, spec: EncoderSpec, lacks: Sequence[Lack]
) -> None:
    copies = writer.assets.primary_instances(lack.asset for lack in lacks)
    for lack in lacks:
        writer.assets_writer.reopen(lack.asset, [spec.stage], needs_master=False)
        copy = copies.get(lack.asset)
        name = lack.name if copy is None else copy.essence.uri
        payload = {"asset": lack.asset, "kind": kind, "uri": f"{name}#{kind}"}
        key = f"{kind}/{lack.asset}"
        writer.jobs.enqueue(ENCODE, key, payload, run=run, asset=AssetId(lack.asset))


def excuses(coverage: Coverage) -> dict[str, int]:
    """Assets with nothing to encode, by reason, the most frequent first."""
    return dict(Counter(coverage.excused).most_common())


def _batches(items: Sequence[T]) -> Iterator[Sequence[T]]:
    """Few enough for one transaction; searches and walks get their turn in between."""
    return (items[start : start + _BATCH] for start in range(0, len(items), _BATCH))
