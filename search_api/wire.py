"""Base of everything on the wire."""

from pydantic import BaseModel, ConfigDict


class Wire(BaseModel):
    """Base of everything on the wire; unknown fields of a newer server are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore")
