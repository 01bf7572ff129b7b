"""Which listed objects belong together: pure grouping of a listing into candidate instances.

A candidate is a file with its sidecars, a clip of a camera card, or a numbered sequence of pictures.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from archive_tiering.stores.names import is_hidden
from archive_tiering.stores.object_store import ObjectInfo
from catalog.lifecycle import identity_of
from catalog.model import AssetKind, InstanceKind, ObjectRole, StoredObject
from indexer.cards import card_clips
from indexer.segments import segments
from indexer.sequences import sequences
from indexer.sidecar_names import SidecarName, sidecar_of
from media.formats import SEQUENCE_SUFFIXES, kind_of, suffix_of


@dataclass(frozen=True, slots=True)
class Candidate:
    """One copy of some essence, as a listing shows it. ``name`` is the key of its first essence object."""

    name: str
    kind: InstanceKind
    media: AssetKind
    objects: tuple[StoredObject, ...]

    @property
    def identity(self) -> str:
        """What the catalog knows the same objects by."""
        return identity_of(self.objects)

    @property
    def essence(self) -> StoredObject:
        """The object that is read first."""
        return self.objects[0]


def grouped(listing: Iterable[ObjectInfo]) -> Iterator[Candidate]:
    """Group a listing in key order as it comes; see :func:`indexer.segments.segments`."""
    for segment in segments(listing):
        if len(segment) > 1:
            yield from group(segment)
        else:
            yield from _single(segment[0])


def _single(info: ObjectInfo) -> Iterator[Candidate]:
    """What a file without any neighbour is: most of a large archive."""
    kind = kind_of(info.key)
    if kind is None:
        return
    is_frame = suffix_of(info.key) in SEQUENCE_SUFFIXES
    yield (
        _sequence([info])
        if is_frame and sequences([info])
        else Candidate(info.key, InstanceKind.FILE, AssetKind(kind), (stored(info, ObjectRole.ESSENCE),))
    )


def group(listing: Iterable[ObjectInfo]) -> list[Candidate]:
    """Group a location's listing; what is neither media nor a sidecar of media is left out."""
    infos = {info.key: info for info in listing if not _is_hidden(info.key)}
    cards = card_clips(infos)
    rest = [info for key, info in infos.items() if key not in cards.members]
    runs = sequences(rest)
    found = [_card(clip.key, [infos[k] for k in clip.parts]) for clip in cards.clips]
    found += [_sequence(run) for run in runs]
    in_runs = {info.key for run in runs for info in run}
    files = [info for info in rest if info.key not in in_runs]
    return sorted([*found, *_files(files)], key=lambda c: c.name)


def _is_hidden(key: str) -> bool:
    return any(is_hidden(part) for part in PurePosixPath(key).parts)


def _files(infos: list[ObjectInfo]) -> Iterator[Candidate]:
    media = {info.key: kind for info in infos if (kind := kind_of(info.key))}
    attached = _attach([info for info in infos if info.key not in media], media)
    for info in infos:
        if (kind := media.get(info.key)) is not None:
            objects = (stored(info, ObjectRole.ESSENCE), *attached[info.key])
            yield Candidate(info.key, InstanceKind.FILE, AssetKind(kind), objects)


def _attach(others: list[ObjectInfo], media: Mapping[str, str]) -> dict[str, list[StoredObject]]:
    """Sidecars by the key of the media file they stand beside."""
    owners = _owners(media)
    attached: dict[str, list[StoredObject]] = defaultdict(list)
    for info in others:
        match = next((s for s in sidecar_of(info.key) if s.owner in owners), None)
        if match is not None:
            for owner in owners[match.owner]:
                attached[owner].append(_sidecar(info, match))
    return attached


def _owners(media: Mapping[str, str]) -> dict[str, list[str]]:
    """Media keys by what a sidecar may call them: the whole name, or the name without its suffix.

    Where a stem is shared, the picture has the sidecars: ``take.wav`` beside ``take.mov`` gets none.
    """
    owners: dict[str, list[str]] = defaultdict(list)
    for kind in ("video", "sound", "still"):
        stems: dict[str, list[str]] = defaultdict(list)
        for key in (k for k, its in media.items() if its == kind):
            owners[key].append(key)
            stems[str(PurePosixPath(key).with_suffix(""))].append(key)
        for stem, keys in stems.items():
            owners.setdefault(stem, keys)
    return owners


def stored(info: ObjectInfo, role: ObjectRole) -> StoredObject:
    """The catalog's form of a listed object."""
    return StoredObject(
        role=role,
        uri=info.uri,
        key=info.key,
        size=info.size,
        etag=info.etag,
        mtime_ns=info.mtime_ns,
        version=info.version,
        storage_class=info.storage_class,
        restore=info.restore,
        archive_tier=info.archive_tier,
    )


def _sidecar(info: ObjectInfo, match: SidecarName) -> StoredObject:
    role = ObjectRole.CAPTIONS if match.caption_kind else ObjectRole.SIDECAR
    return replace(stored(info, role), language=match.language, caption_kind=match.caption_kind)


def _card(key: str, infos: list[ObjectInfo]) -> Candidate:
    roles = [ObjectRole.ESSENCE if i.key == key else _part_role(i.key) for i in infos]
    objects = tuple(stored(i, role) for i, role in zip(infos, roles, strict=True))
    kind = InstanceKind.CARD if len(objects) > 1 else InstanceKind.FILE
    return Candidate(key, kind, AssetKind.VIDEO, objects)


def _part_role(key: str) -> ObjectRole:
    return ObjectRole.CARD_PART if kind_of(key) else ObjectRole.SIDECAR


def _sequence(infos: list[ObjectInfo]) -> Candidate:
    objects = tuple(stored(i, ObjectRole.FRAME) for i in infos)
    return Candidate(infos[0].key, InstanceKind.SEQUENCE, AssetKind.VIDEO, objects)
