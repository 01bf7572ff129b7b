"""Failures as dead letters."""

from datetime import datetime

from catalog.model import DeadLetter, Job
from foundation.errors import RekindleError


def letter_of(error: RekindleError, uri: str, stage: str, at: datetime, job: Job) -> DeadLetter:
    """What went wrong with which object, and what to do about it."""
    return DeadLetter(
        uri=uri,
        stage=stage,
        code=error.code,
        message=error.message,
        remedy=error.remedy,
        retryable=error.retryable,
        at=at,
        asset_id=job.asset_id,
        run_id=job.run_id,
    )
