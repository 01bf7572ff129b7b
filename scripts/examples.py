"""Examples as typed on the command line: picture files, and moments as ``ASSET@SECONDS``."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from foundation.errors import BadExample
from search_api.client import Client
from search_api.schemas import SearchReply, SearchRequest
from search_api.schemas_examples import Example, ExampleRequest

_MOST_BYTES = 20 << 20
"""Larger picture files do not fit a request; no encoder looks at so many pixels anyway."""
_SECONDS = r"\d{1,6}(?:\.\d{1,6})?"
_MOMENT = re.compile(
    rf"(?P<asset>ast_[0-9A-Z]{{26}})(?:@(?P<start>{_SECONDS})(?:-(?P<end>{_SECONDS}))?)?", re.ASCII
)


@dataclass(frozen=True, slots=True)
class Examples:
    """What was given beside the words."""

    like: Sequence[str]
    unlike: Sequence[str]
    unlike_text: Sequence[str]

    def search(self, client: Client, request: SearchRequest) -> SearchReply:
        """Ask by example where there is one, else by words alone.

        Raises:
            BadExample: Something is neither a picture file nor a moment.
        """
        if not (self.like or self.unlike or self.unlike_text):
            return client.search(request)
        return client.search_by_example(
            ExampleRequest(
                **request.model_dump(),
                like=[example_of(text) for text in self.like],
                unlike=[example_of(text) for text in self.unlike],
                unlike_text=list(self.unlike_text),
            )
        )


def example_of(text: str) -> Example:
    """Read one example.

    Raises:
        BadExample: It is no file that can be read, nor ``ASSET``, ``ASSET@SECONDS`` or ``ASSET@FROM-TO``.
    """
    moment = _MOMENT.fullmatch(text)
    if moment is None:
        return Example.of_picture(_bytes(text))
    start, end = (None if part is None else float(part) for part in moment.group("start", "end"))
    if start is not None and end is not None and end <= start:
        raise BadExample(f"{text!r} ends before it starts.")
    return Example(asset=moment["asset"], start=start, end=end)


def _bytes(text: str) -> bytes:
    remedy = "Give a picture file, or a moment such as `ast_…@12.5`; `search --json` shows the ids."
    try:
        size = Path(text).stat().st_size
        if size > _MOST_BYTES:
            raise BadExample(
                f"{text!r} has {size / 1e6:.0f} MB.", remedy=f"Save it below {_MOST_BYTES >> 20} MB."
            )
        return Path(text).read_bytes()
    except (OSError, ValueError) as error:
        raise BadExample(f"{text!r} is no moment and no file that can be read.", remedy=remedy) from error
