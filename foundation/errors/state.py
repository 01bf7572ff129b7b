"""What is named does not exist, or clashes with what is."""

from foundation.errors.base import EXIT_CONFLICT, EXIT_NOT_FOUND, RekindleError


class NotFound(RekindleError):
    """Something named does not exist."""

    code, http_status, exit_code = "not-found", 404, EXIT_NOT_FOUND
    default_remedy = "Check the name or id; `rekindle status` lists what there is."


class AssetNotFound(NotFound):
    """No asset has this id."""

    code = "asset-not-found"


class LocationNotFound(NotFound):
    """No location has this name."""

    code = "location-not-found"
    default_remedy = "`rekindle location list` shows the names; `rekindle location add` makes one."


class RestoreNotFound(NotFound):
    """No restore has this id."""

    code = "restore-not-found"
    default_remedy = "`rekindle restore status` lists the restores."


class ApprovalNotFound(NotFound):
    """No request that needs an approver has this id."""

    code = "approval-not-found"
    default_remedy = "`rekindle restore approvals` lists them."


class BasketNotFound(NotFound):
    """You have no basket of this name."""

    code = "basket-not-found"
    default_remedy = "`rekindle basket list` shows the names; `rekindle basket add` makes one."


class RunNotFound(NotFound):
    """No index run has this id."""

    code = "run-not-found"


class PersonNotFound(NotFound):
    """No person has this name or id."""

    code = "person-not-found"
    default_remedy = "`rekindle people list` shows who is known."


class LinkNotFound(NotFound):
    """These two assets are not linked."""

    code = "link-not-found"
    default_remedy = "`rekindle duplicates list` shows the links there are."


class StatementNotFound(NotFound):
    """The asset has no statement of this id."""

    code = "statement-not-found"
    default_remedy = "`rekindle asset statements` lists them; what was superseded or taken back is not there."


class SavedSearchNotFound(NotFound):
    """No saved search has this name or id."""

    code = "saved-search-not-found"
    default_remedy = "`rekindle saved list` shows the names."


class ClusterNotFound(NotFound):
    """No cluster of faces has this id."""

    code = "cluster-not-found"
    default_remedy = (
        "`rekindle people clusters` lists them; clusters that were joined to others have new ids."
    )


class MergeNotFound(NotFound):
    """No merge has this id."""

    code = "merge-not-found"
    default_remedy = "`rekindle people merges` lists them."


class ProhibitionNotFound(NotFound):
    """No entry of the do-not-identify list has this id."""

    code = "prohibition-not-found"
    default_remedy = "`rekindle people prohibited` lists the entries."


class ProjectNotFound(NotFound):
    """No project has this name or id."""

    code = "project-not-found"
    default_remedy = "`rekindle project list` shows the names; `rekindle project create` makes one."


class HoldNotFound(NotFound):
    """No hold has this id."""

    code = "hold-not-found"
    default_remedy = "`rekindle tier holds` lists what holds."


class KeepNotFound(NotFound):
    """Nothing is kept hot under this id."""

    code = "keep-not-found"
    default_remedy = "`rekindle tier keeps` lists what is kept hot."


class PlanNotFound(NotFound):
    """No tier plan has this id."""

    code = "plan-not-found"
    default_remedy = "Make one: `rekindle tier plan`."


class MoveNotFound(NotFound):
    """No move has this id."""

    code = "move-not-found"
    default_remedy = "`rekindle tier status` lists the moves."


class FindingNotFound(NotFound):
    """No finding of the fixity checks has this id."""

    code = "finding-not-found"
    default_remedy = "`rekindle fixity report` lists the findings."


class BackupNotFound(NotFound):
    """There is no whole backup in this folder."""

    code = "backup-not-found"
    default_remedy = "Name a folder that `rekindle backup` wrote to, or one of the backups in it."


class RenditionNotFound(NotFound):
    """The asset has no such rendition yet."""

    code = "rendition-not-found"
    default_remedy = "Run `rekindle index`; a cold asset needs a restore before it has a proxy."


class Conflict(RekindleError):
    """What was asked clashes with what is."""

    code, http_status, exit_code = "conflict", 409, EXIT_CONFLICT


class NameTaken(Conflict):
    """Another location, person or project has this name."""

    code = "name-taken"
    default_remedy = "Choose another name."


class AlreadyOwned(Conflict):
    """Another process owns this home or this index."""

    code, retryable = "already-owned", True
    default_remedy = "Stop the other rekindle process, or use it: commands find it by themselves."


class StateConflict(Conflict):
    """The thing is in a state that does not allow this."""

    code = "state-conflict"
    default_remedy = "Look at its state first; it may already be done."
