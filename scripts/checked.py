"""What was typed, as a request body; what makes no sense is told in words."""

from collections.abc import Mapping
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from foundation.errors import InputError

Shape = TypeVar("Shape", bound=BaseModel)


def checked(shape: type[Shape], typed: Mapping[str, object]) -> Shape:
    """The request body.

    Raises:
        InputError: It does not fit the shape.
    """
    try:
        return shape.model_validate(typed)
    except ValidationError as error:
        first = error.errors()[0]
        where = " ".join(str(part) for part in first["loc"])
        said = first["msg"].removeprefix("Value error, ")
        raise InputError(f"{where}: {said}." if where else f"That makes no sense: {said}.") from error
