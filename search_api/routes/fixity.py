"""Fixity: whether bytes still are what they were, and what can be done where they are not."""

from typing import Annotated

from fastapi import APIRouter, Path, Query

from archive_tiering.fixity.desk import PlaceReport
from archive_tiering.fixity.repair import Offer
from archive_tiering.fixity.schedule import MILLION
from catalog import model as m
from foundation.errors import NotAllowed
from foundation.ids import FindingId, PrincipalId
from search_api import schemas_fixity as f
from search_api.bootstrap import Services
from search_api.problems import documented
from search_api.routes.deps import PrincipalDep, ServicesDep

router = APIRouter(prefix="/v1/fixity", tags=["fixity"], responses=documented(401, 404, 422))
FindingPath = Annotated[str, Path(max_length=64, description="Id of the finding.")]


@router.get("/status", operation_id="fixity_status")
def fixity_status(services: ServicesDep) -> f.FixityStatus:
    """How far every place is checked, what was read and spent this month, and what a round would cost."""
    return f.FixityStatus(places=[_place(report) for report in services.fixity.status()])


@router.get("/report", operation_id="fixity_report")
def fixity_report(
    services: ServicesDep,
    every: Annotated[bool, Query(alias="all", description="Findings that are over, too.")] = False,  # noqa: FBT002
) -> f.FixityReport:
    """How far every place is checked, and what was found there."""
    findings = services.fixity.findings(open_only=not every)
    return f.FixityReport(
        places=fixity_status(services).places, findings=[_finding(services, item) for item in findings]
    )


@router.post("/steps", operation_id="fixity_step", responses=documented(403))
def fixity_step(services: ServicesDep, principal: PrincipalDep, body: f.NewFixityStep) -> f.FixityStep:
    """Check some objects of a place now, those checked longest ago first; budgets hold all the same."""
    _expect_keeper(services, principal)
    done = services.fixity.step(services.fixity.place_of(body.place), body.weight, begins=body.begins)
    return f.FixityStep(
        place=body.place,
        objects=done.objects,
        weight=done.weight,
        bytes=done.size,
        outcomes={outcome.value: number for outcome, number in done.outcomes.items()},
        unreachable=done.unreachable,
    )


@router.get("/findings/{finding_id}", operation_id="fixity_finding")
def fixity_finding(services: ServicesDep, finding_id: FindingPath) -> f.FixityFinding:
    """One finding, and other copies with the digest on record."""
    with services.catalog.read() as reader:
        found = reader.fixity.finding(FindingId(finding_id))
    return _finding(services, found)


@router.post(
    "/findings/{finding_id}/repair", operation_id="repair_finding", responses=documented(403, 409, 500)
)
def repair_finding(
    services: ServicesDep, principal: PrincipalDep, finding_id: FindingPath
) -> f.FixityFinding:
    """Put it right: both copies are read now, before anything changes; the bad one is kept."""
    _expect_keeper(services, principal)
    return _finding(services, services.fixity.repair(FindingId(finding_id), principal))


def _expect_keeper(services: Services, principal: PrincipalId) -> None:
    if principal not in services.settings.tiering.approvers:
        raise NotAllowed(f"{principal} may not have masters read or repaired.")


def _place(report: PlaceReport) -> f.FixityPlace:
    totals, limits = report.totals, report.limits
    return f.FixityPlace(
        name=report.name,
        objects=totals.objects,
        bytes=totals.size,
        days=limits.days,
        read=totals.read,
        told=totals.told,
        never=totals.never,
        oldest_read_at=totals.oldest,
        outcomes=dict(totals.outcomes),
        weight=report.weight,
        share=report.share,
        month_bytes=report.month.size,
        month_bytes_limit=limits.month_bytes,
        month_cost=report.month.micros / MILLION,
        month_budget=limits.month_micros / MILLION,
        round_cost=report.round_cost,
        round_days=report.round_days,
        open_findings=report.open,
    )


def _finding(services: Services, found: m.Finding) -> f.FixityFinding:
    is_open = found.state in (m.FindingState.FOUND, m.FindingState.CONFIRMED)
    return f.FixityFinding(
        id=found.id,
        place=services.fixity.name_of(found.place),
        key=found.key,
        uri=found.uri,
        asset=found.asset_id,
        state=found.state.value,
        wrong=found.wrong,
        expected=found.expected,
        found=found.found,
        found_at=found.found_at,
        confirmed_at=found.confirmed_at,
        aside=found.aside,
        note=found.note,
        advice=services.fixity.advice(found) if is_open else "",
        offers=[_offer(offer) for offer in services.fixity.offers(found)] if is_open else [],
    )


def _offer(offer: Offer) -> f.FixityOffer:
    return f.FixityOffer(
        instance=offer.instance_id,
        location=offer.location,
        key=offer.key,
        uri=offer.uri,
        asleep=offer.asleep,
        billed=offer.billed,
        read_at=offer.read_at,
        commands=list(offer.commands),
    )
