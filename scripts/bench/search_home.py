"""The home that search over HTTP is measured on: vectors, words, a generation of the index."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import islice

from catalog.factory import open_catalog
from catalog.model import Cue, CueKind, Passage, Shot
from catalog.query import AssetFilter
from catalog.repository import Catalog, CatalogReader
from embeddings.encoder import EncoderSpec
from embeddings.factory import spec_of
from embeddings.index_factory import open_index
from embeddings.packs import PackStore
from foundation.ids import AssetId, CueId, PassageId, ShotId, mint
from foundation.settings import Settings
from foundation.timecode import FrameRange, SampleRange
from indexer.follower import open_follower
from scripts.bench.geometry import Geometry
from scripts.bench.questions import Vocabulary
from scripts.bench.search_archive import PASSAGE_SAMPLES, SHOT_FRAMES, SHOTS, Film, SearchArchive, Spaces

_PAGE = 1000
_SENTENCE = 18


@dataclass(frozen=True, slots=True)
class Size:
    """How much there is to search: ``passages`` of each of so many films."""

    films: int
    passages: int

    @property
    def title(self) -> str:
        """In words."""
        return f"{self.films * SHOTS:,} shots, {self.films * self.passages:,} passages"


def build(settings: Settings, geometry: Geometry, size: Size, vocabulary: Vocabulary) -> list[AssetId]:
    """The films of a home of this size, which is filled where it is empty, in the order of their numbers.

    Raises:
        RuntimeError: The home holds something, but fewer films.
    """
    home = settings.layout.create()
    spaces = spaces_of(PackStore(home.packs))
    with closing(open_catalog(home)) as catalog:
        known = _known(catalog)
        if known:
            return _as_large(known, size)
        archive = SearchArchive(home, catalog, spaces)
        seen = geometry.squeezed(spaces.visual.dim).films(size.films, SHOTS, 1)
        heard = geometry.squeezed(spaces.text.dim, seed=1).films(size.films, size.passages, 2)
        archive.add(Film(n, *vectors) for n, vectors in enumerate(zip(seen, heard, strict=True)))
        _tell(catalog, archive.films, size.passages, vocabulary)
        with closing(open_index(settings.layout, settings.vectors)) as index:
            open_follower(catalog, index, settings.layout).rebuild()
        return archive.films


def spaces_of(packs: PackStore) -> Spaces:
    """The spaces of the packs in use."""
    return Spaces(_spec(packs, "visual"), _spec(packs, "text"))


def _spec(packs: PackStore, kind: str) -> EncoderSpec:
    spec = spec_of(packs, "visual" if kind == "visual" else "text")
    if spec is None:
        raise RuntimeError(f"no {kind} pack is active")
    return spec


def _known(catalog: Catalog) -> list[AssetId]:
    with catalog.read() as reader:
        named = sorted((name, asset) for asset, name in _names(reader))
    return [asset for _, asset in named]


def _names(reader: CatalogReader) -> Iterator[tuple[AssetId, str]]:
    after: AssetId | None = None
    while page := reader.assets.page(AssetFilter(), after=after, limit=_PAGE):
        yield from ((asset.id, asset.name) for asset in page)
        after = page[-1].id


def _as_large(known: Sequence[AssetId], size: Size) -> list[AssetId]:
    if len(known) < size.films:
        raise RuntimeError(f"the home holds {len(known):,} films; {size.films:,} were asked for")
    return list(known)


def _tell(catalog: Catalog, films: Sequence[AssetId], passages: int, vocabulary: Vocabulary) -> None:
    left = iter(films)
    while batch := list(islice(left, 50)):
        with catalog.write() as writer:
            for asset_id in batch:
                writer.facts_writer.replace_shots(asset_id, _shots(asset_id), [])
                writer.facts_writer.replace_words(asset_id, *_words(asset_id, passages, vocabulary))


def _shots(asset_id: AssetId) -> list[Shot]:
    return [
        Shot(ShotId(mint("sht")), asset_id, n, FrameRange(n * SHOT_FRAMES, (n + 1) * SHOT_FRAMES))
        for n in range(SHOTS)
    ]


def _words(asset_id: AssetId, count: int, vocabulary: Vocabulary) -> tuple[list[Cue], list[Passage]]:
    cues, passages = [], []
    for n in range(count):
        sound = SampleRange(n * PASSAGE_SAMPLES, (n + 1) * PASSAGE_SAMPLES)
        text, cue_id = vocabulary.sentence(_SENTENCE), CueId(mint("cue"))
        cues.append(Cue(cue_id, asset_id, n, sound, text, CueKind.CAPTION))
        passage_id = PassageId(mint("psg"))
        passages.append(Passage(passage_id, asset_id, n, sound, text, CueKind.CAPTION, cue_ids=(cue_id,)))
    return cues, passages
