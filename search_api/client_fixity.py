"""The client's part for fixity."""

from search_api import schemas_fixity as f
from search_api.client_paths import Send, part


class FixityClient:
    """Checks, findings and repairs of one API."""

    def __init__(self, send: Send) -> None:
        self._send = send

    def status(self) -> list[f.FixityPlace]:
        """How far every place is checked."""
        return self._send("GET", "/v1/fixity/status", f.FixityStatus).places

    def report(self, *, every: bool = False) -> f.FixityReport:
        """Places and findings; with ``every``, those that are over, too."""
        return self._send("GET", "/v1/fixity/report", f.FixityReport, query={"all": str(every).lower()})

    def step(self, place: str, weight: int, *, begins: bool = True) -> f.FixityStep:
        """Check some objects of a place now; see :class:`~search_api.schemas_fixity.NewFixityStep`."""
        return self._send(
            "POST",
            "/v1/fixity/steps",
            f.FixityStep,
            body={"place": place, "weight": weight, "begins": begins},
        )

    def finding(self, finding_id: str) -> f.FixityFinding:
        """One finding with its offers."""
        return self._send("GET", f"/v1/fixity/findings/{part(finding_id)}", f.FixityFinding)

    def repair(self, finding_id: str) -> f.FixityFinding:
        """Put it right."""
        return self._send("POST", f"/v1/fixity/findings/{part(finding_id)}/repair", f.FixityFinding)
