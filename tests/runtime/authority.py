"""A time stamp authority on this machine: a real server, which has `openssl ts` sign. All names are invented."""

from __future__ import annotations

import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

OPENSSL = shutil.which("openssl")

CONFIG = """
[req]
distinguished_name = name
prompt = no
[name]
CN = Generated authority for tests
[ca]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign
[stamping]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = critical,timeStamping
[tsa]
default_tsa = here
[here]
serial = {folder}/serial
signer_cert = {folder}/tsa.pem
certs = {folder}/ca.pem
signer_key = {folder}/tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
ess_cert_id_alg = sha256
"""


def openssl(*arguments: object, check: bool = True) -> subprocess.CompletedProcess[bytes]:
    """Run the real tool."""
    assert OPENSSL is not None
    return subprocess.run([OPENSSL, *map(str, arguments)], check=check, capture_output=True, timeout=30)


@dataclass
class Authority:
    """Where it answers, and what its certificate can be checked with."""

    folder: Path
    url: str = ""
    asked: list[bytes] = field(default_factory=list)
    canned: bytes | None = None
    """What is answered in place of a new stamp."""
    status: int = 200

    @property
    def ca(self) -> Path:
        return self.folder / "ca.pem"

    def answer(self, query: bytes) -> bytes:
        self.asked.append(query)
        if self.canned is not None:
            return self.canned
        asked, answered = self.folder / "query.tsq", self.folder / "answer.tsr"
        asked.write_bytes(query)
        config = ("-config", self.folder / "openssl.cnf")
        openssl("ts", "-reply", "-queryfile", asked, "-out", answered, *config)
        return answered.read_bytes()


@contextmanager
def authority(folder: Path) -> Iterator[Authority]:
    """A running authority with a certificate of its own."""
    folder.mkdir()
    config = folder / "openssl.cnf"
    config.write_text(CONFIG.format(folder=folder), "ascii")
    (folder / "serial").write_text("01\n", "ascii")
    new = ("req", "-config", config, "-newkey", "rsa:2048", "-nodes")
    openssl(*new, "-x509", "-days", "2", "-extensions", "ca", "-keyout", folder / "ca.key", "-out", folder / "ca.pem")
    openssl(*new, "-keyout", folder / "tsa.key", "-out", folder / "tsa.csr", "-subj", "/CN=Generated stamp")
    signing = ("-CA", folder / "ca.pem", "-CAkey", folder / "ca.key", "-set_serial", "2")
    extensions = ("-extfile", config, "-extensions", "stamping")
    openssl(
        "x509", "-req", "-in", folder / "tsa.csr", *signing, "-days", "2", *extensions, "-out", folder / "tsa.pem"
    )
    here = Authority(folder)

    class Desk(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = here.answer(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(here.status)
            self.send_header("Content-Type", "application/timestamp-reply")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *arguments: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Desk) as server:
        here.url = f"http://127.0.0.1:{server.server_port}/tsr"
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield here
        finally:
            server.shutdown()
            thread.join()
