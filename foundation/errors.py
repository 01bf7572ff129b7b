"""The error tree.

Every leaf carries a stable code, the HTTP status and exit code it maps to, whether a retry can help, and a
remedy: the sentence that tells a person what to do next. Foreign exceptions are translated into this tree
once, at the adapter that meets them.

    RekindleError
    ├── InputError           what was asked or handed in cannot be used
    │   ├── BadQuery, BadFilter, BadCursor, BadTimecode, BadRange, BadSettings, UntrustedRequest
    │   └── MediaError       a file that is not what it should be
    │       ├── EmptyFile, NotMedia, UnsupportedMedia, CorruptMedia, TruncatedMedia, ForbiddenReference
    │       ├── TooLarge, NoEssence, BadCaptions, BadSidecar, FrameCountMismatch
    ├── NotFound             AssetNotFound, LocationNotFound, RestoreNotFound, RunNotFound, PersonNotFound,
    │                        RenditionNotFound
    ├── Conflict             NameTaken, AlreadyOwned, StateConflict
    ├── StorageError         ObjectMissing, ObjectChanged, ObjectUnreadable, StorageUnreachable, NeedsRestore,
    │                        NoSpace, FixityMismatch, TierUnavailable, Throttled
    ├── ToolError            ToolFailed, ToolTimeout, ToolMissing
    ├── ModelError           PackMissing, PackInvalid, ExportFailed, ExtraMissing
    ├── SpendError           BudgetExceeded, QuoteExpired
    └── InternalError        IndexUnavailable, CatalogBusy, CatalogCorrupt, Interrupted, WorkerLost, ApiUnreachable, ApiFailed
"""

from collections.abc import Iterator, Mapping
from typing import ClassVar

EXIT_USAGE = 2
EXIT_INCOMPLETE = 3
EXIT_NOT_FOUND = 4
EXIT_CONFLICT = 5
EXIT_STORAGE = 6
EXIT_TOOL = 7
EXIT_MODEL = 8
EXIT_SPEND = 9
EXIT_INTERNAL = 70
EXIT_INTERRUPTED = 130


class RekindleError(Exception):
    """Root of every error Rekindle raises on purpose.

    Args:
        message: One sentence that says what happened, with the names involved.
        remedy: Overrides the class's remedy where the situation allows a better one.
        detail: Machine-readable facts for the problem document and the log.
    """

    code: ClassVar[str] = "internal"
    http_status: ClassVar[int] = 500
    exit_code: ClassVar[int] = EXIT_INTERNAL
    retryable: ClassVar[bool] = False
    default_remedy: ClassVar[str] = "Run `rekindle check` and report the log if it repeats."

    def __init__(
        self, message: str, *, remedy: str | None = None, detail: Mapping[str, object] | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy or self.default_remedy
        self.detail: dict[str, object] = dict(detail or {})

    def __reduce__(self) -> tuple[object, ...]:
        """Survive the trip between processes with remedy and detail."""
        return (_rebuild, (type(self), self.message, self.remedy, self.detail))


def _rebuild(cls: type[RekindleError], message: str, remedy: str, detail: dict[str, object]) -> RekindleError:
    return cls(message, remedy=remedy, detail=detail)


def leaves(root: type[RekindleError] = RekindleError) -> Iterator[type[RekindleError]]:
    """Yield every concrete error class, depth first; the generated reference is built from it."""
    children = root.__subclasses__()
    if not children:
        yield root
    for child in children:
        yield from leaves(child)


class InputError(RekindleError):
    """What was asked or handed in cannot be used as it is."""

    code, http_status, exit_code = "bad-input", 422, EXIT_USAGE
    default_remedy = "Correct the request and send it again."


class BadQuery(InputError):
    """A search query that holds nothing to search for, or too much."""

    code = "bad-query"
    default_remedy = "Give a few words that describe what you look for, at most 2,000 characters."


class BadFilter(InputError):
    """A filter that does not exist, or a value it cannot take."""

    code = "bad-filter"
    default_remedy = "See `rekindle search --help` for the filters and their values."


class BadCursor(InputError):
    """A page cursor this server did not issue, or that belongs to another query."""

    code = "bad-cursor"
    default_remedy = "Start again without a cursor."


class BadTimecode(InputError):
    """A label that is not SMPTE timecode, or names a frame that drop-frame counting skips."""

    code = "bad-timecode"
    default_remedy = "Write HH:MM:SS:FF, or HH:MM:SS;FF for drop-frame."


class BadRange(InputError):
    """A range that is empty, reversed or outside the asset."""

    code = "bad-range"
    default_remedy = "Give a start before the end, both inside the asset."


class BadSettings(InputError):
    """A setting that cannot be read or has an impossible value."""

    code = "bad-settings"
    default_remedy = "See docs/reference/settings.md for the setting and its values."


class UntrustedRequest(InputError):
    """A request from a web page, or for a host name, that this API does not serve."""

    code, http_status = "untrusted-request", 403
    default_remedy = "Use the address that `rekindle up` printed."


class MediaError(InputError):
    """A file that is not what it should be."""

    code = "bad-media"
    default_remedy = "Check the file with a player; replace it and run `rekindle index` again."


class EmptyFile(MediaError):
    """The file has no bytes."""

    code = "empty-file"
    default_remedy = "Copy the file again; an interrupted copy leaves an empty file."


class NotMedia(MediaError):
    """The bytes are not those of any media format Rekindle reads."""

    code = "not-media"
    default_remedy = "Remove the file from the location, or give it its right extension."


class UnsupportedMedia(MediaError):
    """A real media file in a format or codec that is switched off or unknown."""

    code = "unsupported-media"
    default_remedy = "Convert it to MP4, MOV, MXF, Matroska, MPEG-TS or AVI."


class CorruptMedia(MediaError):
    """The container opens, but its packets do not decode."""

    code = "corrupt-media"
    default_remedy = "Restore the file from another copy; this one lost data."


class TruncatedMedia(MediaError):
    """The file ends before the essence it announces."""

    code = "truncated-media"
    default_remedy = "Copy the file again from its source; the end is missing."


class ForbiddenReference(MediaError):
    """A playlist or reference file that points at other files or addresses."""

    code = "forbidden-reference"
    default_remedy = "Index the files it names instead; playlists are never followed."


class TooLarge(MediaError):
    """More pixels, streams or bytes than the limits allow."""

    code = "too-large"
    default_remedy = "Raise REKINDLE_MEDIA__MAX_PIXELS if the file is to be trusted."


class NoEssence(MediaError):
    """A container without picture or sound."""

    code = "no-essence"
    default_remedy = "Nothing can be shown or heard from it; remove it or replace it."


class BadCaptions(MediaError):
    """A caption file that cannot be parsed."""

    code = "bad-captions"
    default_remedy = "Fix the sidecar (SRT, WebVTT or TTML, UTF-8) and run `rekindle index` again."


class BadSidecar(MediaError):
    """A metadata file beside a master that cannot be read."""

    code = "bad-sidecar"
    default_remedy = "Fix the sidecar (JSON object or XMP) and run `rekindle index` again."


class FrameCountMismatch(MediaError):
    """The proxy does not match its master frame for frame."""

    code = "frame-count-mismatch"
    default_remedy = "The master is probably damaged; compare it with another copy."


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


class RunNotFound(NotFound):
    """No index run has this id."""

    code = "run-not-found"


class PersonNotFound(NotFound):
    """No person has this name or id."""

    code = "person-not-found"
    default_remedy = "`rekindle people list` shows who is known."


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


class NeedsRestore(StorageError):
    """The object sleeps in a class that must be restored before it is read."""

    code, http_status = "needs-restore", 409
    default_remedy = "`rekindle restore quote` shows what that costs and how long it takes."


class NoSpace(StorageError):
    """The disk is full."""

    code, http_status, retryable = "no-space", 507, True
    default_remedy = "Free space under REKINDLE_HOME or point it elsewhere, then run the command again."


class FixityMismatch(StorageError):
    """The bytes do not have the digest on record."""

    code, http_status = "fixity-mismatch", 500
    default_remedy = "Do not delete any copy; compare with the other instances of this asset."


class TierUnavailable(StorageError):
    """The storage class does not offer this retrieval tier."""

    code, http_status, exit_code = "tier-unavailable", 422, EXIT_USAGE
    default_remedy = "Choose another retrieval tier; the quote lists those on offer."


class ToolError(RekindleError):
    """An external program."""

    code, http_status, exit_code = "tool", 500, EXIT_TOOL


class ToolFailed(ToolError):
    """The program ended with an error."""

    code = "tool-failed"
    default_remedy = "The last lines of its output are in the message; the file is the likely cause."


class ToolTimeout(ToolError):
    """The program took longer than its limit and was stopped."""

    code = "tool-timeout"
    default_remedy = "Raise REKINDLE_MEDIA__TIMEOUT_FACTOR for very long or very slow masters."


class ToolMissing(ToolError):
    """The program is not installed."""

    code = "tool-missing"
    default_remedy = "Run `make setup`; every tool comes with the Python packages."


class ModelError(RekindleError):
    """A model pack."""

    code, http_status, exit_code = "model", 500, EXIT_MODEL


class PackMissing(ModelError):
    """No pack of this kind or name is installed."""

    code, http_status = "pack-missing", 409
    default_remedy = "`rekindle packs list` shows what there is, `rekindle packs add` installs one."


class PackInvalid(ModelError):
    """A pack folder that is incomplete or does not match its digests."""

    code = "pack-invalid"
    default_remedy = "Add the pack again from its source."


class ExportFailed(ModelError):
    """A model could not be exported, or the export disagrees with the original."""

    code = "export-failed"
    default_remedy = "Try another revision of the model, or report the figures in the message."


class ExtraMissing(ModelError):
    """An optional Python package is needed for this."""

    code = "extra-missing"
    default_remedy = "Install it: `pip install 'rekindle[export]'`."


class SpendError(RekindleError):
    """Money."""

    code, http_status, exit_code = "spend", 402, EXIT_SPEND


class BudgetExceeded(SpendError):
    """The quote is larger than what the budget leaves."""

    code = "budget-exceeded"
    default_remedy = "Choose a cheaper retrieval tier, fewer masters, or a larger budget."


class QuoteExpired(SpendError):
    """The quote is too old, or what it quoted has changed."""

    code, http_status = "quote-expired", 409
    default_remedy = "Ask for a new quote."


class InternalError(RekindleError):
    """Something inside Rekindle."""


class IndexUnavailable(InternalError):
    """The vector index cannot be opened or queried."""

    code, http_status, retryable = "index-unavailable", 503, True
    default_remedy = "`rekindle check --repair` rebuilds it from stored vectors without touching a master."


class CatalogBusy(InternalError):
    """The catalog's writer lock was not had in time."""

    code, http_status, retryable = "catalog-busy", 503, True
    default_remedy = "Another process writes for long; try again in a moment."


class CatalogCorrupt(InternalError):
    """The catalog does not pass its integrity check, or comes from a newer version."""

    code = "catalog-corrupt"
    default_remedy = "Restore catalog.db from a backup, or upgrade Rekindle; nothing was written."


class Interrupted(InternalError):
    """The work was stopped from outside."""

    code, exit_code, retryable = "interrupted", EXIT_INTERRUPTED, True
    default_remedy = "Run the same command again; it goes on where it stopped."


class ApiUnreachable(InternalError):
    """No API answers at the address."""

    code, http_status, retryable = "api-unreachable", 503, True
    default_remedy = "Start it with `rekindle up`, or correct REKINDLE_API__URL."


class ApiFailed(InternalError):
    """The API answered something that this client does not understand."""

    code, http_status = "api-failed", 502
    default_remedy = "Use the same version of Rekindle on both sides; the API's log has the cause."


class WorkerLost(InternalError):
    """The workers that tried this died before they could say why."""

    code = "worker-lost"
    default_remedy = "Something in it kills the reader or a model; look at the log, then check the file."
