"""Who asks: a bearer token names a principal; without one it is the local user."""

import hmac
from collections.abc import Mapping

from pydantic import SecretStr

from foundation.errors import UnknownToken
from foundation.ids import LOCAL_PRINCIPAL, PrincipalId

_SCHEME = "bearer "


def principal_of(header: str | None, tokens: Mapping[str, SecretStr]) -> PrincipalId:
    """Return whose token an ``Authorization`` header carries.

    Raises:
        UnknownToken: Nobody's, or no bearer token.
    """
    if header is None:
        return LOCAL_PRINCIPAL
    sent = header[len(_SCHEME) :].strip() if header.lower().startswith(_SCHEME) else ""
    for principal, token in tokens.items():
        if sent and hmac.compare_digest(sent.encode(), token.get_secret_value().encode()):
            return PrincipalId(principal)
    raise UnknownToken("The bearer token belongs to nobody.")
