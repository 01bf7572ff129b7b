"""A mail server: as little of RFC 5321 as smtplib needs, and STARTTLS where it has a certificate."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@dataclass
class Box:
    """What a mail server took in: ``clear`` as anybody on the way reads it, ``lines`` all of it."""

    port: int
    lines: list[str] = field(default_factory=list)
    clear: list[str] = field(default_factory=list)

    @property
    def messages(self) -> int:
        return [line.upper() for line in self.lines].count("DATA")


@contextmanager
def smtp_server(refuse: str = "", tls: ssl.SSLContext | None = None) -> Iterator[Box]:
    """A server that refuses recipients with ``refuse`` in their address."""
    listener = socket.create_server(("127.0.0.1", 0))
    box = Box(listener.getsockname()[1])

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection, suppress(OSError):
                _Talk(connection, box, refuse, tls).go_on("220 here")

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield box
    finally:
        listener.close()


@dataclass
class _Talk:
    connection: socket.socket
    box: Box
    refuse: str
    tls: ssl.SSLContext | None
    is_private: bool = False

    def go_on(self, greeting: str | None) -> None:
        with self.connection.makefile("rb") as file:
            if greeting is not None:
                self._say(greeting)
            for raw in file:
                line = self._noted(raw)
                answer = self._taken(file) if line.upper() == "DATA" else self._answer(line)
                self._say(answer)
                if line.upper() in ("QUIT", "STARTTLS"):
                    break
        if line.upper() == "STARTTLS" and self.tls is not None:
            with self.tls.wrap_socket(self.connection, server_side=True) as private:
                _Talk(private, self.box, self.refuse, None, is_private=True).go_on(None)

    def _answer(self, line: str) -> str:
        match line.upper().split():
            case ["EHLO", *_]:
                return "250-here\r\n250 " + ("STARTTLS" if self.tls else "AUTH PLAIN")
            case ["AUTH", *_]:
                return "235 welcome"
            case ["STARTTLS"]:
                return "220 go on" if self.tls else "502 no"
            case ["RCPT", *_] if self.refuse and self.refuse in line:
                return "550 nobody"
        return "221 bye" if line.upper() == "QUIT" else "250 fine"

    def _taken(self, file) -> str:  # type: ignore[no-untyped-def]
        self._say("354 go on")
        while self._noted(file.readline()) != ".":
            pass
        return "250 taken"

    def _noted(self, raw: bytes) -> str:
        line = raw.decode().rstrip("\r\n")
        self.box.lines.append(line)
        if not self.is_private:
            self.box.clear.append(line)
        return line

    def _say(self, text: str) -> None:
        self.connection.sendall(text.encode() + b"\r\n")


def certified(folder: Path, name: str) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """What a server of this name shows (signed by itself), and what whoever trusts it goes by."""
    key, subject = (
        ec.generate_private_key(ec.SECP256R1()),
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]),
    )
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    plain = serialization.NoEncryption()
    form = serialization.PrivateFormat.PKCS8
    both = folder / f"{name}.pem"
    shown = certificate.public_bytes(serialization.Encoding.PEM)
    both.write_bytes(shown + key.private_bytes(serialization.Encoding.PEM, form, plain))
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(both)
    return server, ssl.create_default_context(cadata=shown.decode())
