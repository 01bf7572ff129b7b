"""What people decide about faces, each with its audit entry, and the work that follows from it."""

from catalog.model import Person, Prohibition, ProhibitionReason
from catalog.repository import CatalogWriter
from foundation.errors import PersonNotFound, StateConflict
from foundation.ids import LOCAL_PRINCIPAL, ClusterId, MergeId, PersonId, ProhibitionId, RunId, is_id

CLUSTER, PURGE = "cluster", "purge"
"""Kinds of jobs that the indexer knows."""

_DETECTION = ("faces", "walk")
"""Stages that count as not done where faces are to be looked for again."""


def person_called(writer: CatalogWriter, name_or_id: str) -> Person:
    """The person of this name or id; a name that nobody has is a new person.

    Raises:
        PersonNotFound: An id that nobody has.
    """
    try:
        return writer.people.get(name_or_id)
    except PersonNotFound:
        if is_id(name_or_id, "per"):
            raise
    person = writer.people.add(name_or_id)
    writer.audit.append(LOCAL_PRINCIPAL, "person.add", person.id, {})
    return person


def merge(writer: CatalogWriter, gone: str, kept: str) -> MergeId:
    """Let a person or cluster count as another one.

    Raises:
        PersonNotFound, ClusterNotFound: One of them is unknown.
        StateConflict: They count as one already, or cannot.
    """
    if is_id(gone, "clu") or is_id(kept, "clu"):
        made = writer.clusters.merge(ClusterId(gone), ClusterId(kept))
    else:
        former, latter = writer.people.get(gone), writer.people.get(kept)
        made = writer.people.merge(former.id, latter.id)
    writer.audit.append(LOCAL_PRINCIPAL, "people.merge", made.id, {"gone": made.gone, "kept": made.kept})
    return made.id


def recluster(writer: CatalogWriter, person_id: PersonId) -> RunId:
    """Group a person's faces anew around those that were confirmed one by one.

    Raises:
        StateConflict: None was.
    """
    confirmed = writer.people.confirmed(person_id)
    if not confirmed:
        raise StateConflict(
            "No face of this person was confirmed.",
            remedy="Confirm a few with `rekindle people confirm` first: the others are judged by them.",
        )
    members = writer.clusters.dissolve(person_id)
    detail = {"confirmed": len(confirmed), "members": len(members)}
    writer.audit.append(LOCAL_PRINCIPAL, "person.recluster", person_id, detail)
    return order(writer, CLUSTER, CLUSTER, {})


def prohibit(writer: CatalogWriter, subject: str, reason: ProhibitionReason) -> tuple[Prohibition, RunId]:
    """Remove somebody's faces, names and clusters for good, and order that files follow.

    Raises:
        PersonNotFound, ClusterNotFound: There is no such person or cluster.
        StateConflict: A template is wanted, and no face of theirs is in a cluster.
    """
    is_cluster = is_id(subject, "clu")
    known = writer.clusters.get(ClusterId(subject)).id if is_cluster else writer.people.get(subject).id
    tracks = writer.prohibitions.tracks_of(known)
    keeps = reason is ProhibitionReason.SUPPRESSED
    if keeps and not any(track.cluster_id for track in tracks):
        raise StateConflict(
            "None of their faces was compared yet, so there is nothing to know the face by.",
            remedy="Run `rekindle people cluster` first, or erase instead.",
        )
    subjects = writer.prohibitions.subjects(known)
    entry = writer.prohibitions.add(reason, tracks, subjects=subjects, templates=keeps)
    if is_cluster:
        writer.clusters.dissolve(ClusterId(known))
    else:
        writer.clusters.dissolve(PersonId(known))
        writer.people.remove(PersonId(known))
    detail = {"reason": reason.value, "places": entry.places}
    writer.audit.append(LOCAL_PRINCIPAL, "people.prohibit", entry.id, detail)
    return entry, order(writer, PURGE, entry.id, {"prohibition": entry.id})


def allow(writer: CatalogWriter, prohibition_id: ProhibitionId) -> None:
    """Take an entry off the list; the next index run looks for faces again where it applied.

    Raises:
        ProhibitionNotFound: There is no such entry.
    """
    for asset_id in writer.prohibitions.allow(prohibition_id):
        writer.assets_writer.reopen(asset_id, _DETECTION, needs_master=False)
    writer.audit.append(LOCAL_PRINCIPAL, "people.allow", prohibition_id, {})


def order(writer: CatalogWriter, kind: str, key: str, payload: dict[str, object]) -> RunId:
    """A run of one job."""
    run = writer.runs.start()
    writer.jobs.enqueue(kind, key, payload, run=run, asset=None)
    return run
