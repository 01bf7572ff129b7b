"""``pack.json``: what a model pack says of itself, and the files it promises."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from embeddings.encoder import EncoderKind, EncoderSpec
from foundation.errors import PackInvalid

FILE_NAME = "pack.json"
READ_BYTES = 1 << 20

PackName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")]
# A plain name in the pack's own folder: a pack from elsewhere must not point outside it.
PackFileName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_][A-Za-z0-9 ._-]{0,127}$")]
Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class PackFile(BaseModel):
    """One promised file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    sha256: Digest
    bytes: int = Field(ge=0)


class PackManifest(BaseModel):
    """The content of ``pack.json``.

    Attributes:
        format: Version of this file's layout.
        adapter: Which code runs the pack.
        revision: Digest over the weights; see :func:`revision_of`.
        dim: Length of a vector, 0 where none is made.
        package: Python package that carries the files of a pack that comes with Rekindle, else empty.
        package_folder: Folder of the files within that package.
        options: What the adapter needs to know; each adapter documents its own.
        checks: Figures measured when the pack was made.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    format: Literal[1]
    kind: EncoderKind
    name: PackName
    adapter: str
    revision: Digest
    dim: int = Field(ge=0)
    metric: Literal["cosine"] = "cosine"
    licence: str = ""
    commercial_use: bool | None = None
    weakness: str = ""
    source: str = ""
    package: str = ""
    package_folder: str = ""
    files: dict[PackFileName, PackFile] = Field(min_length=1)
    options: dict[str, Any] = Field(default_factory=dict)
    checks: dict[str, Any] = Field(default_factory=dict)

    @property
    def spec(self) -> EncoderSpec:
        """The spec that vectors and searches carry."""
        return EncoderSpec(
            kind=self.kind, name=self.name, revision=self.revision, dim=self.dim, metric=self.metric,
            licence=self.licence, commercial_use=self.commercial_use, weakness=self.weakness,
        )  # fmt: skip

    def to_json(self) -> str:
        """Serialise for ``pack.json``."""
        return json.dumps(self.model_dump(), indent=1, ensure_ascii=False) + "\n"


def read_manifest(folder: Path) -> PackManifest:
    """Read and check ``pack.json``; the files it names are not looked at.

    Raises:
        PackInvalid: There is none, or it is not what it should be.
    """
    path = folder / FILE_NAME
    try:
        return PackManifest.model_validate_json(path.read_bytes())
    except OSError as error:
        raise PackInvalid(f"{path} cannot be read: {error.strerror}.") from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "the file"
        raise PackInvalid(f"{path} is not a pack description: {place}: {first['msg']}.") from error


def check_presence(manifest: PackManifest, folder: Path) -> None:
    """Compare names and sizes, which is cheap enough for every start.

    Raises:
        PackInvalid: A file is missing or has another size.
    """
    for name, promised in manifest.files.items():
        path = folder / name
        if not path.is_file():
            raise PackInvalid(f"{_title(manifest)} lacks the file {name} in {folder}.")
        if path.stat().st_size != promised.bytes:
            raise PackInvalid(f"{_title(manifest)}: {name} has another size than it should have.")


def check_digests(manifest: PackManifest, folder: Path) -> None:
    """Compare every byte.

    Raises:
        PackInvalid: A file is missing or was changed.
    """
    check_presence(manifest, folder)
    for name, promised in manifest.files.items():
        if sha256_of(folder / name) != promised.sha256:
            raise PackInvalid(f"{_title(manifest)}: {name} was changed or damaged.")


def describe_files(folder: Path, names: Iterable[str]) -> dict[str, PackFile]:
    """Measure and hash files of a folder."""
    return {
        name: PackFile(sha256=sha256_of(folder / name), bytes=(folder / name).stat().st_size)
        for name in sorted(names)
    }


def revision_of(files: Mapping[str, PackFile], recipe: str = "") -> str:
    """Digest over names and digests of the files, and over how they are used where that changes vectors."""
    lines = [f"{name} {fact.sha256}" for name, fact in sorted(files.items())]
    return hashlib.sha256("\n".join([*lines, recipe]).encode()).hexdigest()


def sha256_of(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(READ_BYTES):
            digest.update(block)
    return digest.hexdigest()


def _title(manifest: PackManifest) -> str:
    return f"The {manifest.kind} pack {manifest.name}"
