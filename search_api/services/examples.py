"""Examples as shifts of a query: stored vectors of moments, encoded pictures, unwanted words."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from catalog.model import Asset, AssetState
from catalog.repository import CatalogReader
from embeddings.encoder import EncoderSpec, Picture, Vectors
from embeddings.vector_file import VectorRow, read_vectors
from foundation.errors import AssetNotFound, BadExample, ModelError
from foundation.home import Home
from foundation.ids import AssetId
from search_api.schemas_examples import Example, ExampleRequest
from search_api.services.encoders import Encoders
from search_api.services.example_places import Place, passages_at, place_of, rows_at
from search_api.services.feedback import PICTURE_SPREAD, Shift, centre, shift_of
from search_api.services.timelines import Timelines

_Found = TypeVar("_Found")
PictureReader = Callable[[bytes], Picture]
"""Decodes a picture from outside; raises MediaError or ToolError leaves."""


@dataclass(frozen=True, slots=True)
class Steering:
    """What examples do to the signals that compare vectors.

    Attributes:
        picture: Shift among pictures; None where no example has one; the error of a pack that is unusable.
        meaning: Likewise among passages.
    """

    picture: Shift | ModelError | None
    meaning: Shift | ModelError | None


@dataclass(frozen=True, slots=True)
class _Moment:
    asset: Asset
    place: Place


_Material = Picture | _Moment


@dataclass(frozen=True, slots=True)
class Examples:
    """Reads examples; moments of the archive need no model.

    Attributes:
        read_picture: Decodes pictures from outside.
    """

    encoders: Encoders
    home: Home
    timelines: Timelines
    read_picture: PictureReader

    def steering(self, reader: CatalogReader, request: ExampleRequest) -> Steering:
        """What the request's examples amount to.

        Raises:
            BadExample: Nothing says what is wanted, or no example can be compared with anything.
            AssetNotFound: An example names an asset that is not there.
            MediaError, ToolError: A picture cannot be read.
            StorageError: Stored vectors cannot be read.
        """
        if not request.like and not request.q.strip():
            raise BadExample(
                "Nothing says what is looked for.", remedy="Give words, or something it is like."
            )
        like = [self._material(reader, item) for item in request.like]
        unlike = [self._material(reader, item) for item in request.unlike]
        words = [text for text in request.unlike_text if text.strip()]
        found = Steering(
            _or_error(lambda: self._picture_shift(reader, like, unlike, words)),
            _or_error(lambda: self._meaning_shift(reader, like, unlike, words)),
        )
        if not request.q.strip() and not any(_is_wanted(shift) for shift in (found.picture, found.meaning)):
            raise _incomparable(found)
        return found

    def _material(self, reader: CatalogReader, example: Example) -> _Material:
        if example.picture is not None:
            return self.read_picture(example.picture)
        asset = reader.assets.get(AssetId(example.asset or ""))
        if asset.state in (AssetState.WITHDRAWN, AssetState.ERASED):
            raise AssetNotFound(f"There is no asset {example.asset!r}.")
        timeline = self.timelines.of(reader, [asset]).get(asset.id)
        return _Moment(asset, place_of(example, asset, timeline))

    def _picture_shift(
        self,
        reader: CatalogReader,
        like: Sequence[_Material],
        unlike: Sequence[_Material],
        words: Sequence[str],
    ) -> Shift | None:
        spec = self.encoders.visual.get().spec
        wanted, unwanted = (
            _known(self._look(reader, item, spec) for item in side) for side in (like, unlike)
        )
        rejected = [self.encoders.picture_query(text)[1] for text in words]
        return shift_of(spec, wanted, unwanted, rejected, spread=PICTURE_SPREAD)

    def _meaning_shift(
        self,
        reader: CatalogReader,
        like: Sequence[_Material],
        unlike: Sequence[_Material],
        words: Sequence[str],
    ) -> Shift | None:
        spec = self.encoders.text.get().spec
        wanted, unwanted = (
            _known(self._said(reader, item, spec) for item in side) for side in (like, unlike)
        )
        rejected = [self.encoders.meaning_query(text)[1] for text in words]
        return shift_of(spec, wanted, unwanted, rejected, spread=1.0)

    def _look(self, reader: CatalogReader, item: _Material, spec: EncoderSpec) -> Vectors | None:
        if not isinstance(item, _Moment):
            encoded: Vectors = self.encoders.visual.get().encode_pictures([item])[0]
            return encoded
        rows, vectors = self._stored(reader, item.asset, spec)
        return _middle(vectors[rows_at(rows, item.place.frames)])

    def _said(self, reader: CatalogReader, item: _Material, spec: EncoderSpec) -> Vectors | None:
        if not isinstance(item, _Moment):
            return None
        rows, vectors = self._stored(reader, item.asset, spec)
        heard = passages_at(reader.facts.passages(item.asset.id), item.place.sound) if rows else frozenset()
        return _middle(vectors[[number for number, row in enumerate(rows) if row.ordinal in heard]])

    def _stored(
        self, reader: CatalogReader, asset: Asset, spec: EncoderSpec
    ) -> tuple[Sequence[VectorRow], Vectors]:
        """Rows and vectors of an asset in a space; none where it was not encoded there yet."""
        for file in reader.facts.vector_files(asset.id):
            if file.space == spec.space:
                return read_vectors(self.home.asset(asset.id) / file.path, file.sha256)
        return [], np.empty((0, spec.dim), np.float32)


def _or_error(find: Callable[[], _Found]) -> _Found | ModelError:
    try:
        return find()
    except ModelError as error:
        return error


def _known(found: Iterable[Vectors | None]) -> list[Vectors]:
    return [vector for vector in found if vector is not None]


def _middle(vectors: Vectors) -> Vectors | None:
    return centre(vectors) if len(vectors) else None


def _is_wanted(shift: Shift | ModelError | None) -> bool:
    return isinstance(shift, Shift) and shift.is_wanted


def _incomparable(found: Steering) -> BadExample:
    broken = [error for error in (found.picture, found.meaning) if isinstance(error, ModelError)]
    if broken:
        return BadExample(broken[0].message, remedy=broken[0].remedy)
    return BadExample(
        "No example was encoded with the packs in use yet.", remedy="Run `rekindle index`, or add words."
    )
