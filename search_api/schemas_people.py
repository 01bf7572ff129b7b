"""Wire types of persons, clusters of faces, merges and the do-not-identify list."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from search_api.schemas import ASSET_ID, Face
from search_api.schemas_work import Request, Run
from search_api.wire import Wire

PERSON_ID = "per_01K9X2V7QJ8M4T6W0N3B5C7D9F"
CLUSTER_ID = "clu_01K9X2V7QJ8M4T6W0N3B5C7D9F"
MERGE_ID = "mrg_01K9X2V7QJ8M4T6W0N3B5C7D9F"
PROHIBITION_ID = "dni_01K9X2V7QJ8M4T6W0N3B5C7D9F"


class NewPerson(Request):
    """Somebody to know by name."""

    name: str = Field(min_length=1, max_length=200, examples=["Ada Lovelace"])


class NamedFaces(Request):
    """Face tracks that show this person, or do not."""

    asset: str = Field(examples=[ASSET_ID])
    ordinals: list[int] = Field(min_length=1, max_length=1000, examples=[[0, 3]])


class Person(Wire):
    """Somebody with a name."""

    id: str = Field(examples=[PERSON_ID])
    name: str = Field(examples=["Ada Lovelace"])
    faces: int = Field(description="Face tracks that show them.", examples=[12])


class PersonList(Wire):
    """Everybody, by name."""

    people: list[Person]


class FaceCluster(Wire):
    """Faces that are alike."""

    id: str = Field(examples=[CLUSTER_ID])
    faces: int = Field(description="Face tracks in it.", examples=[12])
    assets: int = Field(description="Assets they are seen in.", examples=[3])
    person: Person | None = Field(description="Whom it shows, once named.")
    best: Face = Field(description="The clearest of its faces.")


class FaceClusterList(Wire):
    """Clusters, the largest first."""

    clusters: list[FaceCluster]


class ClusterName(Request):
    """Whom a cluster shows."""

    person: str = Field(
        min_length=1,
        max_length=200,
        description="Name or id; a name nobody has is a new person.",
        examples=["Ada Lovelace"],
    )


class NewMerge(Request):
    """Two persons, or two clusters, that are one."""

    gone: str = Field(
        min_length=1,
        max_length=200,
        description="Name or id that counts as the other.",
        examples=["Lovelace"],
    )
    kept: str = Field(min_length=1, max_length=200, examples=["Ada Lovelace"])


class Merge(Wire):
    """An entry of the log of merges."""

    id: str = Field(examples=[MERGE_ID])
    gone: str = Field(description="Id that counts as the other.", examples=[PERSON_ID])
    kept: str = Field(examples=[PERSON_ID])
    at: datetime
    undone_at: datetime | None


class MergeList(Wire):
    """Merges, newest first."""

    merges: list[Merge]


class NewProhibition(Request):
    """Somebody who must not be identified, or is to be erased."""

    subject: str = Field(
        min_length=1,
        max_length=200,
        description="Name or id of a person, or id of a cluster.",
        examples=["Ada Lovelace"],
    )
    reason: Literal["suppressed", "erased"] = Field(
        description="`suppressed` keeps a template, to know the face again and leave it alone; "
        "`erased` keeps none.",
        examples=["suppressed"],
    )


class Prohibition(Wire):
    """An entry of the do-not-identify list."""

    id: str = Field(examples=[PROHIBITION_ID])
    reason: Literal["suppressed", "erased"]
    places: int = Field(description="Appearances it names by asset, range and box.", examples=[4])
    recognises: bool = Field(description="A template is kept: the face is left alone in new footage too.")
    created_at: datetime
    purged_at: datetime | None = Field(description="When its vectors had left all files; null until then.")


class ProhibitionList(Wire):
    """The do-not-identify list, newest first.

    ``index_pending`` says that the vector index is still being rebuilt without what was removed.
    """

    prohibitions: list[Prohibition]
    index_pending: bool


class Removal(Wire):
    """What was removed, and the run that clears it out of the files."""

    prohibition: Prohibition
    run: Run
