"""How often to kill: a few times in every run, as often as REKINDLE_TEST_KILLS says on demand."""

import os

import pytest

KILLS = int(os.environ.get("REKINDLE_TEST_KILLS", "50"))
"""Kills to ask for, about, over all tests that kill real processes."""


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many processes were killed."""
    reports = terminalreporter.getreports("passed")
    kills = sum(count for report in reports for name, count in report.user_properties if name == "kills")
    if kills:
        terminalreporter.write_line(f"{kills} processes were killed with SIGKILL, nothing was lost.")
