"""What S3 will say of an object, computed from its bytes: SHA-256 and entity tag, whole or of parts.

An entity tag is the MD5 of the bytes, or the MD5 of the parts' MD5s and their number (S3 API reference,
"Object"); a SHA-256 of parts is made alike (S3 user guide, "Checking object integrity", composite checksums).
Objects encrypted with KMS keys have other entity tags; then the SHA-256 decides.
"""

import base64
import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Digests:
    """Digests of one object: ``sha256`` is that of all bytes, lower-case hex."""

    sha256: str
    size: int
    s3_sha256: str
    s3_etag: str


class Digester:
    """Computes all digests in one pass.

    Args:
        part_size: Bytes of a part; None for one piece.
    """

    def __init__(self, part_size: int | None) -> None:
        self._part_size = part_size
        self._whole = hashlib.sha256()
        self._size = self._filled = 0
        self._parts: list[tuple[bytes, bytes]] = []
        self._new_part()

    def update(self, chunk: bytes) -> None:
        """Take in some bytes."""
        self._whole.update(chunk)
        self._size += len(chunk)
        if self._part_size is None:
            self._take(chunk)
            return
        view = memoryview(chunk)
        while view:
            if self._filled == self._part_size:
                self._close_part()
            room = self._part_size - self._filled
            self._take(view[:room])
            view = view[room:]

    def result(self) -> Digests:
        """Return the digests of what was taken in."""
        sha256, md5 = self._sha256.digest(), self._md5.digest()
        if self._part_size is None:
            return Digests(self._whole.hexdigest(), self._size, _base64(sha256), md5.hex())
        parts = [*self._parts, (sha256, md5)]
        both = [hashlib.sha256(b"".join(p[0] for p in parts)), _md5(b"".join(p[1] for p in parts))]
        number = len(parts)
        return Digests(
            self._whole.hexdigest(),
            self._size,
            f"{_base64(both[0].digest())}-{number}",
            f"{both[1].hexdigest()}-{number}",
        )

    def through(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        """Pass chunks on and take them in."""
        for chunk in chunks:
            self.update(chunk)
            yield chunk

    def _take(self, data: bytes | memoryview) -> None:
        self._sha256.update(data)
        self._md5.update(data)
        self._filled += len(data)

    def _close_part(self) -> None:
        self._parts.append((self._sha256.digest(), self._md5.digest()))
        self._new_part()

    def _new_part(self) -> None:
        self._sha256, self._md5 = hashlib.sha256(), _md5(b"")
        self._filled = 0


def _md5(data: bytes) -> "hashlib._Hash":
    return hashlib.md5(data, usedforsecurity=False)


def _base64(digest: bytes) -> str:
    return base64.b64encode(digest).decode("ascii")
