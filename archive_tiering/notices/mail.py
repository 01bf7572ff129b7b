"""Notices by e-mail: one message per person and round, whatever there is to tell."""

import smtplib
import ssl
from collections.abc import Mapping, Sequence
from email.message import EmailMessage

from catalog.model import Notice
from foundation.errors import NoticeRefused, NoticeUndelivered, RekindleError
from foundation.ids import PrincipalId
from foundation.settings import MailSettings

SECONDS = 20.0
"""How long the SMTP server may take for each step."""

MOST_LINES = 200
_PERMANENT = 500


class Mail:
    """Sends through one SMTP server.

    Args:
        settings: Server, sender, and people's addresses.
        trust: Certificates to go by; the machine's own where None.
    """

    name = "mail"

    def __init__(self, settings: MailSettings, trust: ssl.SSLContext | None = None) -> None:
        self._settings = settings
        self._trust = trust

    def send(self, notices: Sequence[Notice]) -> list[RekindleError | None]:
        """See the port; who has no address is told nothing here, and that counts as done."""
        by_person: dict[PrincipalId, list[Notice]] = {}
        for notice in notices:
            by_person.setdefault(notice.principal, []).append(notice)
        addresses = self._settings.addresses
        told = {who: mine for who, mine in by_person.items() if who in addresses}
        errors: Mapping[PrincipalId, RekindleError | None] = self._send_all(told) if told else {}
        return [errors.get(notice.principal) for notice in notices]

    def _send_all(self, told: Mapping[PrincipalId, list[Notice]]) -> dict[PrincipalId, RekindleError | None]:
        host = self._settings.host or "localhost"
        try:
            with smtplib.SMTP(host, self._settings.port, timeout=SECONDS) as server:
                self._greet(server)
                return {who: self._send_one(server, who, mine) for who, mine in told.items()}
        except (OSError, smtplib.SMTPException) as error:
            lost = NoticeUndelivered(f"The mail server {host} does not take it: {error}.")
            return dict.fromkeys(told, lost)

    def _greet(self, server: smtplib.SMTP) -> None:
        if self._settings.starttls:
            server.starttls(context=self._trust or ssl.create_default_context())
        if self._settings.user is not None:
            password = self._settings.password
            server.login(self._settings.user, "" if password is None else password.get_secret_value())

    def _send_one(
        self, server: smtplib.SMTP, who: PrincipalId, notices: Sequence[Notice]
    ) -> RekindleError | None:
        address = self._settings.addresses[who]
        try:
            server.send_message(message_of(notices, self._settings.sender, address))
        except smtplib.SMTPRecipientsRefused as error:
            code = max(code for code, _ in error.recipients.values())
            kind = NoticeRefused if code >= _PERMANENT else NoticeUndelivered
            return kind(f"The mail server refuses {address}: {code}.")
        except smtplib.SMTPResponseException as error:
            kind = NoticeRefused if error.smtp_code >= _PERMANENT else NoticeUndelivered
            return kind(f"The mail server refuses it: {error.smtp_code}.")
        return None


def message_of(notices: Sequence[Notice], sender: str, address: str) -> EmailMessage:
    """One message about some notices; its id is made of theirs, so that mail programs know a repetition."""
    message = EmailMessage()
    first = notices[0]
    more = f" and {len(notices) - 1:,} more" if len(notices) > 1 else ""
    message["Subject"] = f"Rekindle: {_words(first)}{more}"
    message["From"], message["To"] = sender, address
    message["Message-ID"] = f"<{first.id}.{notices[-1].seq}@rekindle>"
    message["Auto-Submitted"] = "auto-generated"
    lines = [f"{notice.at:%Y-%m-%d %H:%M} UTC  {_line(notice)}" for notice in notices[:MOST_LINES]]
    if len(notices) > MOST_LINES:
        lines.append(f"… and {len(notices) - MOST_LINES:,} more: rekindle restore status")
    message.set_content("\n".join(lines) + "\n")
    return message


def _words(notice: Notice) -> str:
    return notice.event.value.partition(".")[2].replace("_", " ")


def _line(notice: Notice) -> str:
    facts = notice.facts
    what = facts.get("uri") or notice.subject
    parts = [f"{_words(notice)}: {what} ({notice.subject})"]
    shown = ("eta", "expires_at", "cost", "reason", "note", "error")
    parts += [f"{name.replace('_', ' ')}: {facts[name]}" for name in shown if facts.get(name)]
    return "; ".join(" ".join(str(part).split()) for part in parts)
