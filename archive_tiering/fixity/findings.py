"""Writes findings down, with the audit; what reads well again, or is another object now, is outdated."""

from collections.abc import Sequence
from dataclasses import replace

from archive_tiering.clock import Clock
from archive_tiering.fixity.check import Reading, expected_of
from archive_tiering.fixity.derived import Damage
from catalog.model import Checked, CheckHow, CheckOutcome, Finding, FindingState, FixityItem, StoredObject
from catalog.repository import Catalog, CatalogWriter
from foundation.ids import LOCAL_PRINCIPAL, FindingId, mint

OPEN = (FindingState.FOUND, FindingState.CONFIRMED)
WRONG_DIGEST = "Its bytes have another digest."
READS_WELL = "A later read gave the digest on record."
IS_ANOTHER = "Another object lies there by now."
MADE_AGAIN = "It is whole again."


class Findings:
    """The way of findings from first sight to being confirmed or outdated."""

    def __init__(self, catalog: Catalog, clock: Clock) -> None:
        self._catalog = catalog
        self._clock = clock

    def found_master(self, item: FixityItem, listed: StoredObject, reading: Reading) -> Finding:
        """An object's bytes have another digest, by one read so far."""
        finding = replace(
            self._fresh(item, listed.key, WRONG_DIGEST),
            instance_id=item.instance_id,
            expected=expected_of(item, listed),
            found=reading.sha256,
            etag=reading.info.etag,
            version=listed.version,
            size=listed.size,
        )
        with self._catalog.write() as tx:
            for known in tx.fixity.findings(place=item.place, uri=item.uri, states=OPEN):
                if known.etag == finding.etag:
                    return known
                self._end(tx, known, IS_ANOTHER)
            return self._put(tx, finding)

    def confirm(self, finding: Finding, found: str, etag: str) -> Finding:
        """A second read gave other bytes than those on record, too."""
        with self._catalog.write() as tx:
            now = self._clock()
            confirmed = replace(
                finding, state=FindingState.CONFIRMED, found=found, etag=etag, confirmed_at=now
            )
            return self._put(tx, confirmed)

    def settle_master(self, item: FixityItem, checked: Checked) -> None:
        """End open findings of an object that reads well, or is another one."""
        if checked.outcome is CheckOutcome.CHANGED:
            note = IS_ANOTHER
        elif checked.outcome is CheckOutcome.GOOD and checked.how is CheckHow.READ:
            note = READS_WELL
        else:
            return
        self._settle(item, (), note)

    def settle_derived(self, item: FixityItem, damages: Sequence[Damage]) -> None:
        """Derived files were read twice: what was wrong both times is confirmed at once."""
        self._settle(item, [damage.file.path for damage in damages], MADE_AGAIN)
        for damage in damages:
            finding = replace(
                self._fresh(item, damage.file.path, damage.wrong),
                expected=damage.file.sha256,
                found=damage.found,
                stage=damage.file.stage,
            )
            self._found_and_confirmed(finding)

    def settle_catalog(self, item: FixityItem, wrong: Sequence[str]) -> None:
        """SQLite's own check named these; each sentence is a finding."""
        self._settle(item, wrong, MADE_AGAIN)
        for sentence in wrong:
            self._found_and_confirmed(self._fresh(item, sentence, sentence))

    def _found_and_confirmed(self, finding: Finding) -> None:
        with self._catalog.write() as tx:
            known = tx.fixity.findings(place=finding.place, uri=finding.uri, states=OPEN)
            same = next((item for item in known if item.key == finding.key), None)
            first = same or self._put(tx, finding)
            now = self._clock()
            self._put(tx, replace(finding, id=first.id, state=FindingState.CONFIRMED, confirmed_at=now))

    def _settle(self, item: FixityItem, still: Sequence[str], note: str) -> None:
        with self._catalog.read() as view:
            known = view.fixity.findings(place=item.place, uri=item.uri, states=OPEN)
        ended = [finding for finding in known if finding.key not in still]
        if ended:
            with self._catalog.write() as tx:
                for finding in ended:
                    self._end(tx, finding, note)

    def _end(self, tx: CatalogWriter, finding: Finding, note: str) -> None:
        self._put(tx, replace(finding, state=FindingState.OUTDATED, note=note))

    def _put(self, tx: CatalogWriter, finding: Finding) -> Finding:
        before = tx.fixity.findings(place=finding.place, uri=finding.uri)
        known = next((item for item in before if item.id == finding.id), None)
        kept = tx.fixity.put_finding(finding)
        if known is None or known.state is not kept.state:
            facts = {"place": kept.place, "uri": kept.uri, "key": kept.key, "note": kept.note}
            tx.audit.append(LOCAL_PRINCIPAL, f"fixity.{kept.state}", kept.id, facts)
        return kept

    def _fresh(self, item: FixityItem, key: str, wrong: str) -> Finding:
        return Finding(
            id=FindingId(mint("fnd")),
            place=item.place,
            uri=item.uri,
            key=key,
            wrong=wrong,
            state=FindingState.FOUND,
            found_at=self._clock(),
            asset_id=item.asset_id,
        )
