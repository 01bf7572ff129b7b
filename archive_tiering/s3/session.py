"""boto3's sessions: whose credentials are used."""

from functools import cache

import boto3


@cache
def session_of(profile: str | None) -> boto3.Session:
    """Return the one session of a profile, or of boto3's own chain; what it loads is large.

    Raises:
        ProfileNotFound: There is no such profile.
    """
    return boto3.Session(profile_name=profile or None)
