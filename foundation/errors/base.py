"""The root of the tree and the exit codes."""

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
