"""Programs, models and Rekindle itself."""

from foundation.errors.base import EXIT_INTERRUPTED, EXIT_MODEL, EXIT_TOOL, RekindleError


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


class NoticeError(RekindleError):
    """Telling somebody something."""

    code, http_status = "notice", 502


class NoticeUndelivered(NoticeError):
    """Whoever takes notices in did not answer, or asked to be tried again."""

    code, http_status, retryable = "notice-undelivered", 503, True
    default_remedy = (
        "Nothing to do: it is tried again. `GET /v1/notices/undelivered` lists what was given up."
    )


class NoticeRefused(NoticeError):
    """Whoever takes notices in refuses this one."""

    code = "notice-refused"
    default_remedy = "Check the address in the notify settings."


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
    default_remedy = (
        "Upgrade Rekindle, or move catalog.db aside and `rekindle recover` a backup; nothing was written."
    )


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
