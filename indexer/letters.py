"""Failures as dead letters."""

from datetime import datetime

from catalog.model import DeadLetter, Job
from foundation.errors import RekindleError
from foundation.ids import AssetId


def letter_of(
    error: RekindleError, uri: str, stage: str, at: datetime, job: Job, asset: AssetId | None = None
) -> DeadLetter:
    """What went wrong with which object and what to do about it; without an asset, it is the job's."""
    return DeadLetter(
        uri=uri,
        stage=stage,
        code=error.code,
        message=error.message,
        remedy=error.remedy,
        retryable=error.retryable,
        at=at,
        asset_id=asset or job.asset_id,
        run_id=job.run_id,
    )
