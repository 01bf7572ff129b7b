"""The client's part for trials of model packs, and for who serves."""

from search_api import schemas_packs as sp
from search_api.client_paths import Send, part


class PacksClient:
    """Trials of packs at one API.

    Args:
        send: Sends a request.
    """

    def __init__(self, send: Send) -> None:
        self._send = send

    def estimate(self, kind: sp.SideBySide, name: str) -> sp.TrialEstimate:
        """What trying a pack takes; nothing begins."""
        path = f"/v1/packs/{part(kind)}/trial/estimate"
        return self._send("GET", path, sp.TrialEstimate, query={"name": name})

    def begin(self, kind: sp.SideBySide, name: str) -> sp.Trial:
        """Encode everything with another pack while the one in use serves."""
        return self._send("POST", f"/v1/packs/{part(kind)}/trial", sp.Trial, body={"name": name})

    def end(self, kind: sp.SideBySide) -> sp.TrialEnded:
        """Try nothing any more."""
        return self._send("DELETE", f"/v1/packs/{part(kind)}/trial", sp.TrialEnded)

    def audit(self, kind: sp.SideBySide | None = None) -> list[sp.SpaceAudit]:
        """Every vector space held against the archive."""
        return self._send("GET", "/v1/packs/audit", sp.PackAudit, query={"kind": kind}).spaces

    def switch(self, kind: sp.SideBySide, *, force: bool = False) -> sp.Switched:
        """Let the pack on trial serve."""
        return self._send("POST", f"/v1/packs/{part(kind)}/switch", sp.Switched, body={"force": force})

    def roll_back(self, kind: sp.SideBySide) -> sp.Switched:
        """Let the pack serve that served before."""
        return self._send("POST", f"/v1/packs/{part(kind)}/rollback", sp.Switched)

    def prune(self, kind: sp.SideBySide) -> sp.Pruned:
        """Remove vectors of packs that neither serve nor are on trial."""
        return self._send("POST", f"/v1/packs/{part(kind)}/prune", sp.Pruned)
