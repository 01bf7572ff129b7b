"""Places where bytes live, and money."""

from foundation.errors.base import EXIT_SPEND, EXIT_STORAGE, EXIT_USAGE, RekindleError


class StorageError(RekindleError):
    """Something about the place where bytes live."""

    code, http_status, exit_code = "storage", 502, EXIT_STORAGE
    default_remedy = "Check that the location is mounted and reachable, then run the command again."


class ObjectMissing(StorageError):
    """The object was listed once and is not there now."""

    code, http_status = "object-missing", 404
    default_remedy = "It was moved or deleted; run `rekindle index` to take note of that."


class ObjectChanged(StorageError):
    """The object changed while it was being read."""

    code, retryable = "object-changed", True
    default_remedy = "Wait until whoever writes it is done, then run `rekindle index` again."


class ObjectUnreadable(StorageError):
    """The object exists, and may not or cannot be read."""

    code = "object-unreadable"
    default_remedy = "Give this user read permission; FIFOs, sockets and devices are never read."


class StorageUnreachable(StorageError):
    """The store does not answer."""

    code, http_status, retryable = "storage-unreachable", 503, True


class Throttled(StorageError):
    """The store asks for fewer requests."""

    code, http_status, retryable = "throttled", 503, True
    default_remedy = "Nothing to do: it is tried again more slowly."


class ManyMissing(StorageError):
    """A listing lacks more of what is known in a location than is believed unasked; nothing was changed."""

    code, http_status = "many-missing", 409
    default_remedy = (
        "Check that the location is fully mounted and that its prefix and permissions are what they were. If "
        "the masters really are gone: `rekindle index NAME --accept-losses`."
    )


class NeedsRestore(StorageError):
    """The object sleeps in a class that must be restored before it is read."""

    code, http_status = "needs-restore", 409
    default_remedy = "`rekindle restore quote` shows what that costs and how long it takes."


class NoSpace(StorageError):
    """The disk is full."""

    code, http_status, retryable = "no-space", 507, True
    default_remedy = "Free space under REKINDLE_HOME or point it elsewhere, then run the command again."


class HomeUnusable(StorageError):
    """The folder that holds what Rekindle owns cannot be made or written to."""

    code, http_status = "home-unusable", 500
    default_remedy = "Point REKINDLE_HOME or --home at a folder that this user may write to."


class FixityMismatch(StorageError):
    """The bytes do not have the digest on record."""

    code, http_status = "fixity-mismatch", 500
    default_remedy = "Do not delete any copy; compare with the other instances of this asset."


class BackupDamaged(StorageError):
    """A backup is not whole, or its bytes are not those that were written."""

    code, http_status = "backup-damaged", 500
    default_remedy = "Use an older backup. Nothing was put in place of anything."


class NotYet(StorageError):
    """The store has not done what it was asked for; it does so in its own time."""

    code, http_status, retryable = "not-yet", 503, True
    default_remedy = "Nothing to do: it is looked at again later."


class TierUnavailable(StorageError):
    """The storage class does not offer this retrieval tier."""

    code, http_status, exit_code = "tier-unavailable", 422, EXIT_USAGE
    default_remedy = "Choose another retrieval tier; the quote lists those on offer."


class SpendError(RekindleError):
    """Money."""

    code, http_status, exit_code = "spend", 402, EXIT_SPEND


class BudgetExceeded(SpendError):
    """The quote is larger than what the budget leaves."""

    code = "budget-exceeded"
    default_remedy = "Choose a cheaper retrieval tier, fewer masters, or a larger budget."


class ConsentNeeded(SpendError):
    """Reading this costs money, and nobody has agreed to that."""

    code = "consent-needed"
    default_remedy = "Run the command again with `--budget USD`, the most that it may cost, or with `--yes`."


class ApprovalNeeded(SpendError):
    """The quote is above the sum that needs no approver."""

    code = "approval-needed"
    default_remedy = "Ask an approver: send the request again with `--ask-approval`."


class QuoteExpired(SpendError):
    """The quote is too old, or what it quoted has changed."""

    code, http_status = "quote-expired", 409
    default_remedy = "Ask for a new quote."
