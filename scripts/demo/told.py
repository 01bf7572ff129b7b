"""What the demo says while it runs."""

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.text import Text

from scripts.demo.questions import Question
from scripts.demo.results import Moved, Played, Returned, Wanted
from scripts.hits import clock_text, hits_table, signals_line
from scripts.terminal import duration_text, money_text, out, size_text
from search_api.schemas import Hit, SearchReply
from search_api.schemas_baskets import BasketQuote
from search_api.schemas_restores import Quote
from search_api.schemas_subclips import Subclip
from search_api.schemas_tiering import Move, TierPlan
from search_api.schemas_work import DeadLetter, Run


class Storyteller:
    """Tells the demo on standard output, or keeps silent.

    Args:
        silent: Say nothing; the result is printed as JSON instead.
    """

    def __init__(self, *, silent: bool) -> None:
        self.silent = silent
        self._out: Console = out()
        self._out.quiet = silent
        self._step = 0

    def begin(self, home: Path, archive: Path) -> None:
        """Say where things are."""
        self._heading("A small archive")
        self._say(f"Fourteen clips filmed from openly licensed photographs: {archive}")
        self._say(f"What Rekindle knows of them: {home}")

    def clip_made(self, name: str) -> None:
        """A clip is there."""
        self._out.print(Text(f"{name} "), end="", style="dim")

    def known(self, name: str) -> None:
        """A location was registered before."""
        self._say(f"{name} is registered already.")

    def indexing(self) -> None:
        """The backfill begins."""
        self._out.print()
        self._heading("Look and listen: seven clips on the shelf, seven in cold storage, budget 0 USD")

    def indexed(self, run: Run, letters: Sequence[DeadLetter], seconds: float) -> None:
        """The backfill is over."""
        self._say(f"{run.discovered} found, {run.unchanged} unchanged, {run.failed} failed, {seconds:.1f} s.")
        for letter in letters:
            self._say(f"{letter.uri}: {letter.message} → {letter.remedy}")

    def answered(self, question: Question, reply: SearchReply, *, right: bool, with_signals: bool) -> None:
        """Show what a question brought."""
        if with_signals:
            self._heading("Ask in plain words; no file name or title holds them")
            self._out.print(signals_line(reply))
            for remark in reply.notes:
                self._say(remark)
        verdict = Text(
            "✓ first" if right else f"✗ expected {question.clip}", "bold green" if right else "bold red"
        )
        self._out.print()
        self._out.print(Text(f"“{question.words}”  ", "bold").append_text(verdict))
        self._out.print(hits_table(reply))

    def summed_up(self, rights: Sequence[bool]) -> None:
        """Say how many questions were answered right."""
        self._out.print()
        self._say(f"{sum(rights)} of {len(rights)} found the right clip first.")

    def played(self, played: Played, size: int, still: Path | None) -> None:
        """A piece of a proxy came over HTTP."""
        self._heading("Play it at once, wherever the master is")
        self._say(
            f"{played.clip} at {clock_text(played.start)}: bytes from {played.first_byte} "
            f"of {size_text(size)} in {played.milliseconds:.0f} ms."
        )
        if still is not None:
            self._say(f"The picture there: {still}")

    def slept(self, run: Run, seconds: float) -> None:
        """The restored copies expired."""
        self._heading("Days later the restored copies have expired (the demo turns the clock forward)")
        self._say(
            f"Index again: {run.unchanged} of {run.discovered} unchanged, nothing read, {seconds:.1f} s."
        )

    def quoted(self, clip: str, quote: Quote) -> None:
        """Show a quote."""
        self._heading("Bring one master back, at a price agreed beforehand")
        self._say(
            f"{clip}: {size_text(quote.size)}, {quote.retrieval_tier}, "
            f"ready in {duration_text(quote.eta_seconds)}, {money_text(quote.cost, quote.currency)}"
        )

    def restore_state(self, status: str) -> None:
        """A restore moved on."""
        self._say(f"  {status}")

    def returned(self, returned: Returned, status: str) -> None:
        """A master is back, or not."""
        self._say(f"{returned.clip} is {status} after {returned.seconds:.1f} s.")
        word = "equals the one on record" if returned.verified else "DIFFERS from the one on record"
        self._say(f"SHA-256 of the master {word}: {returned.sha256[:16]}…")

    def wrapping(self, project: str, run: Run) -> None:
        """A production is finished."""
        self._heading(f"A production is finished: wrap “{project}”, and a rule lets its masters sleep")
        self._say(f"{run.discovered} masters found, {run.unchanged} unchanged.")

    def planned(self, plan: TierPlan) -> None:
        """What the rule would move."""
        for route in plan.routes:
            self._say(
                f"Plan: {route.copies} masters, {size_text(route.bytes)}, {route.from_location} → "
                f"{route.to_location} {route.to_class} by “{route.rule}” (line {route.line}), "
                f"{money_text(route.cost, plan.currency)} once."
            )
        for refusal in plan.refusals:
            self._say(f"Stays: {refusal.copies} masters. {refusal.sentence}")

    def moved(self, moved: Moved, moves: Sequence[Move]) -> None:
        """Masters are in the vault."""
        for move in moves:
            self._say(f"  {move.name}: {move.state}, {'; '.join(move.verified)}")
        if not moves:
            self._say("Nothing to move: an earlier run has.")
        word = "are in the vault with the same SHA-256" if moved.verified else "ARE NOT ALL IN THE VAULT"
        self._say(f"{', '.join(moved.clips)} {word}; the sources were deleted last.")

    def found_asleep(self, question: str, hit: Hit, *, played: bool) -> None:
        """A moment of a sleeping master plays."""
        self._heading("Cold never means gone: find it, play it, take what the trailer needs")
        plays = "plays from its proxy" if played else "DOES NOT PLAY"
        self._say(f"“{question}” → {hit.asset.name}, {hit.master.storage_class}; it {plays}.")

    def basket_quoted(self, quote: BasketQuote) -> None:
        """What each retrieval tier means."""
        for tier in quote.tiers:
            chosen = " ←" if tier.retrieval_tier == quote.quote.retrieval_tier else ""
            self._say(
                f"  {tier.retrieval_tier}: ready in {duration_text(tier.eta_seconds)}, "
                f"{money_text(tier.cost, quote.quote.currency)}{chosen}"
            )

    def taken(self, made: Subclip, target: Path, edl: Path) -> None:
        """A subclip and a cut are there."""
        self._say(
            f"Subclip from {made.timecode or made.in_frame}: read {size_text(made.read)} of "
            f"{size_text(made.whole)}: {target}"
        )
        self._say(f"The cut for Resolve, Premiere or Avid: {edl}")

    def asleep_again(self, wanted: Wanted) -> None:
        """The restored copy expired."""
        word = "sleeps again" if wanted.asleep else "IS STILL AWAKE"
        self._say(f"Days later (the demo turns the clock forward) {wanted.clip} {word}.")

    def end(self, *, right: bool) -> None:
        """The verdict."""
        self._out.print()
        self._out.print(Text("Everything worked." if right else "Not everything worked.", "bold"))

    def serving(self, api: str, page: str, home: Path) -> None:
        """Say where API and UI are."""
        self._heading("Yours now; Ctrl-C stops it")
        self._say(f"UI    {page}")
        self._say(f"API   {api}/openapi.json")
        self._say(f'Shell rekindle --home {home} search "a cat"')

    def _heading(self, text: str) -> None:
        self._step += 1
        self._out.print()
        self._out.print(Text(f"{self._step}. {text}", "bold cyan"))

    def _say(self, text: str) -> None:
        self._out.print(Text(text))
