"""How many keys a second a bucket is listed with, on one core, against a canned server on this machine."""

import json
import multiprocessing
import os
import resource
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing.connection import Connection
from urllib.parse import parse_qs, urlsplit

from archive_tiering.factory import open_store
from catalog.model import Location, LocationKind
from foundation.ids import LocationId
from foundation.s3_settings import S3Settings
from foundation.settings import Settings
from scripts.bench.report import Figure

_PAGE = 1000
_TARGET = 50_000
_ENTRY = (
    "<Contents><Key>{key}</Key><LastModified>2026-01-02T03:04:05.000Z</LastModified>"
    "<ETag>&quot;d41d8cd98f00b204e9800998ecf8427e&quot;</ETag><Size>1234567890</Size>"
    "<StorageClass>DEEP_ARCHIVE</StorageClass></Contents>"
)


def listing(pages: int) -> list[Figure]:
    """Keys for each CPU second of the process that lists, and what memory that takes it."""
    ours, theirs = multiprocessing.Pipe()
    server = multiprocessing.get_context("fork").Process(target=_serve, args=(theirs, pages), daemon=True)
    server.start()
    try:
        found = _measured(f"http://127.0.0.1:{ours.recv()}")
    finally:
        server.terminate()
        server.join()
    if found["keys"] != pages * _PAGE:
        raise RuntimeError(f"{found['keys']} keys came back, not {pages * _PAGE}")
    note = f"{found['keys']:,.0f} keys in pages of {_PAGE:,}; {found['wall']:.1f} s of wall time"
    value = found["keys"] / found["cpu"]
    return [
        Figure("listing a bucket, keys per CPU second", value, "keys/s", "at least", _TARGET, note),
        Figure("listing a bucket, growth of memory at its peak", found["grown"], "MB"),
    ]


def _measured(url: str) -> dict[str, float]:
    """List in a process of its own, which gets credentials that nobody checks from its environment."""
    credentials = ["AWS_ACCESS_KEY_ID=bench", "AWS_SECRET_ACCESS_KEY=bench"]
    command = ["/usr/bin/env", *credentials, sys.executable, "-m", "scripts.bench.listing", url]
    done = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603
    found: dict[str, float] = json.loads(done.stdout)
    return found


def main() -> None:
    """List the bucket behind the address given and print keys, CPU seconds and wall seconds."""
    settings = Settings(s3=S3Settings(endpoint_url=sys.argv[1], region="us-east-1"))
    store = open_store(Location(LocationId("loc"), "bench", "s3://bench", LocationKind.S3), settings)
    before, cpu, wall = _peak_megabytes(), time.process_time(), time.monotonic()
    keys = sum(1 for _ in store.list())
    facts = {"keys": keys, "cpu": time.process_time() - cpu, "wall": time.monotonic() - wall}
    sys.stdout.write(json.dumps({**facts, "grown": _peak_megabytes() - before}))


def _peak_megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _serve(pipe: Connection, pages: int) -> None:
    class Canned(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            query = parse_qs(urlsplit(self.path).query)
            after = query.get("start-after", [""])[0]
            number = 0 if not after else int(after.rpartition("/")[2][:9]) // _PAGE + 1
            body = _no_folders() if "delimiter" in query else _body(number, is_last=number == pages - 1)
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Canned)
    pipe.send(server.server_port)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    server.serve_forever()


def _end_with_parent() -> None:
    parent = os.getppid()
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(0)


def _body(number: int, *, is_last: bool) -> bytes:
    keys = (f"films/{at // 50_000:04}/{at:09}.mxf" for at in range(number * _PAGE, (number + 1) * _PAGE))
    contents = "".join(_ENTRY.format(key=key) for key in keys)
    return _result(contents, truncated="false" if is_last else "true")


def _no_folders() -> bytes:
    return _result("", truncated="false")


def _result(contents: str, truncated: str) -> bytes:
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        '<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>bench</Name>'
        f"<EncodingType>url</EncodingType><IsTruncated>{truncated}</IsTruncated>{contents}</ListBucketResult>"
    ).encode()


if __name__ == "__main__":
    main()
