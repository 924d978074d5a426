"""The stand-alone checker loaded as a stranger has it, and a local time-stamping authority."""

import argparse
import importlib.util
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from types import ModuleType

SCRIPT = Path(__file__).parents[3] / "verify" / "verify_bag.py"


def load() -> ModuleType:
    spec = importlib.util.spec_from_file_location("stand_alone_verify_bag", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.path.insert(0, str(SCRIPT.parent))  # as a script that is run has it
    try:
        spec.loader.exec_module(module)
    finally:
        sys.path.remove(str(SCRIPT.parent))
    return module


CHECKER = load()
TWO_PEOPLE = sys.modules["two_people"]


def check(
    bag: Path,
    key: str,
    *,
    house: str = "",
    authority: Path | None = None,
    head: Path | None = None,
) -> None:
    ca = str(authority) if authority else None
    CHECKER.verify_bag(argparse.Namespace(bag=bag, key=key, house=house, tsa_ca=ca, head=head))


_CONFIG = """
[tsa]
default_tsa = here
[here]
dir = {folder}
serial = $dir/serial
crypto_device = builtin
signer_cert = $dir/tsa.pem
signer_key = $dir/tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256, sha512
accuracy = secs:1
ess_cert_id_alg = sha256
[req]
distinguished_name = name
prompt = no
[name]
CN = TSA of the tests
[ca]
basicConstraints = critical, CA:true
keyUsage = critical, keyCertSign
[stamping]
basicConstraints = critical, CA:false
keyUsage = critical, digitalSignature
extendedKeyUsage = critical, timeStamping
"""


class Authority:
    """A time-stamping authority made with OpenSSL in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        (folder / "tsa.cnf").write_text(_CONFIG.format(folder=folder))
        (folder / "serial").write_text("01\n")
        self.ca = folder / "ca.pem"
        made = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -config tsa.cnf"
        self.run(f"req -x509 {made} -keyout ca.key -out ca.pem -subj /CN=CA -extensions ca")
        self.run(f"req -new {made} -keyout tsa.key -out tsa.csr")
        signing = "-CA ca.pem -CAkey ca.key -CAcreateserial -extfile tsa.cnf -extensions stamping"
        self.run(f"x509 -req -in tsa.csr {signing} -out tsa.pem -days 30")

    def run(self, words: str, given: bytes = b"") -> bytes:
        command = ["openssl", *words.split()]
        return subprocess.run(
            command, cwd=self.folder, input=given, check=True, capture_output=True, timeout=60
        ).stdout

    def answer(self, request: bytes) -> bytes:
        (self.folder / "request.tsq").write_bytes(request)
        self.run("ts -reply -config tsa.cnf -queryfile request.tsq -out answer.tsr")
        return (self.folder / "answer.tsr").read_bytes()

    @contextmanager
    def serving(self, answer: bytes | None = None, status: int = 200) -> Iterator[str]:
        """Listen at loopback; `answer`: what to say instead of the truth."""
        authority = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                asked = self.rfile.read(int(self.headers["Content-Length"]))
                said = authority.answer(asked) if answer is None else answer
                self.send_response(status)
                self.send_header("Content-Length", str(len(said)))
                self.end_headers()
                self.wfile.write(said)

            def log_message(self, *_: object) -> None:
                pass

        server = HTTPServer(("127.0.0.1", 0), Handler)
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/tsr"
        finally:
            server.shutdown()
            thread.join()
            server.server_close()


@contextmanager
def deaf() -> Iterator[str]:
    """Give an address nobody listens at, and nobody can while this lasts."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{taken.getsockname()[1]}/tsr"
