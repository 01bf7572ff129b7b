"""``rekindle tier``: what moves to which storage class by rule, and what stays."""

import typer

from scripts.commands import applying, keeping, keeping_hot
from scripts.commands.planning import plan


def fill(group: typer.Typer) -> None:
    """Add the sub-commands."""
    group.command("plan")(plan)
    group.command("apply")(applying.apply)
    group.command("status")(applying.status)
    group.command("cancel")(applying.cancel)
    group.command("holds")(keeping.holds)
    group.command("hold")(keeping.hold)
    group.command("release")(keeping.release)
    group.command("keep")(keeping_hot.keep)
    group.command("keeps")(keeping_hot.keeps)
    group.command("leases")(keeping.leases)
    group.command("lease")(keeping.lease)
    group.command("unlease")(keeping.unlease)
