"""Packs of faces and speech from folders as they are published; no torch is needed."""

import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from embeddings.compute import Compute
from embeddings.manifest import FILE_NAME, PackManifest, describe_files, revision_of
from embeddings.model_source import Licence, folder_of, licence_of, pack_name_of
from embeddings.packs import Pack, PackKind, PackStore
from foundation.errors import PackInvalid, PackMissing

# Measured on 300 labelled pairs with a small recogniser; public packs of insightface lie near it.
INSIGHTFACE_SAME_PERSON = 0.4
INSIGHTFACE_LICENCE = Licence(
    "Not stated beside the weights; insightface publishes its models for non-commercial research only", False
)


@dataclass(frozen=True, slots=True)
class Adoption:
    """A model to be taken in.

    Attributes:
        source: A local folder; for speech also a faster-whisper name, which is then fetched.
        name: Of the pack; made of the source where it is None.
        licence: Where a person knows better than the model card.
        same_person: Cosine above which two faces are probably one person.
    """

    source: str
    name: str | None = None
    licence: Licence | None = None
    same_person: float = INSIGHTFACE_SAME_PERSON


def adopt(kind: PackKind, order: Adoption, store: PackStore) -> Pack:
    """Install a ready pack of any kind, an insightface folder or a faster-whisper one.

    Raises:
        PackMissing: There is no such folder or model.
        PackInvalid: The folder does not hold what it should.
        NameTaken: Another pack of this kind has this name.
        NoSpace: The disk is full.
    """
    folder = folder_of(order.source)
    if folder is not None and (folder / FILE_NAME).is_file():
        return store.add(folder)
    makers: dict[str, Callable[[Adoption, PackStore, Path], Pack]] = {
        "face": _adopt_faces,
        "speech": _adopt_speech,
    }
    if kind not in makers:
        raise PackInvalid(
            f"{order.source} is no {kind} pack.", remedy="Visual and text models must be exported first."
        )
    with store.staging() as scratch:
        return makers[kind](order, store, scratch)


def _adopt_faces(order: Adoption, store: PackStore, scratch: Path) -> Pack:
    # Importing insightface takes a second that no other kind should wait for.
    from embeddings.face_insightface import dim_of, files_of, open_analysis  # noqa: PLC0415

    folder = _existing(order.source)
    analysis = open_analysis(folder, Compute(threads=1, device="cpu"))
    licence = order.licence or licence_of(order.source, otherwise=INSIGHTFACE_LICENCE)
    _copy(folder, files_of(analysis), scratch)
    manifest = _manifest("face", "insightface", replace(order, licence=licence), scratch)
    changes = {"dim": dim_of(analysis), "options": {"same_person": order.same_person}}
    return _install(manifest.model_copy(update=changes), scratch, store)


def _adopt_speech(order: Adoption, store: PackStore, scratch: Path) -> Pack:
    from embeddings.speech_whisper import check_folder, fetch  # noqa: PLC0415

    folder = folder_of(order.source) or fetch(order.source, scratch / "fetched")
    check_folder(folder)
    names = [path.name for path in folder.iterdir() if path.suffix in {".bin", ".json", ".txt"}]
    ready = scratch / "ready"
    ready.mkdir()
    _copy(folder, names, ready)
    manifest = _manifest("speech", "faster-whisper", order, ready)
    return _install(manifest.model_copy(update={"options": _speech_options(ready)}), ready, store)


def _speech_options(folder: Path) -> dict[str, object]:
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    except ValueError as error:
        raise PackInvalid(f"config.json of the speech model cannot be read: {error}.") from error
    return {} if config.get("lang_ids") else {"language": "en"}


def _existing(source: str) -> Path:
    folder = folder_of(source)
    if folder is None or not folder.is_dir():
        raise PackMissing(
            f"There is no folder {source}.", remedy="Give the path of a folder with the models."
        )
    return folder


def _copy(folder: Path, names: Sequence[str], target: Path) -> None:
    for name in names:
        shutil.copyfile(folder / name, target / name)


def _manifest(kind: PackKind, adapter: str, order: Adoption, folder: Path) -> PackManifest:
    files = describe_files(folder, [path.name for path in folder.iterdir()])
    licence = order.licence or licence_of(order.source)
    return PackManifest(
        format=1, kind=kind, name=order.name or pack_name_of(order.source), adapter=adapter,
        revision=revision_of(files), dim=0, licence=licence.text, commercial_use=licence.commercial_use,
        source=pack_name_of(order.source), files=files,
    )  # fmt: skip


def _install(manifest: PackManifest, folder: Path, store: PackStore) -> Pack:
    (folder / FILE_NAME).write_text(manifest.to_json(), encoding="utf-8")
    return store.add(folder)
