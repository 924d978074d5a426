"""An S3 server in a thread: `tests.recovery.s3_bucket` over HTTP.

It speaks as much S3 as boto3 and obstore use here: path style, versions, retention, legal holds,
multipart, lifecycle rules kept and never run. It checks whose key signed, not the signature.
"""

import threading
from collections.abc import Iterator
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, quote, unquote, urlsplit
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

from tests.recovery.s3_bucket import (
    NONE,
    RefusedError,
    Server,
    Version,
    parse_time,
    show_time,
    text_of,
)

Answer = tuple[int, dict[str, str], bytes]


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    s3: Server

    def log_message(self, *_: Any) -> None:
        """Say nothing."""

    def handle_expect_100(self) -> bool:
        going_on = super().handle_expect_100()
        self.wfile.flush()
        return going_on

    def handle_one_request(self) -> None:
        try:
            super().handle_one_request()
        except (ConnectionError, TimeoutError):
            self.close_connection = True

    def do_GET(self) -> None:
        self.serve()

    do_PUT = do_POST = do_DELETE = do_HEAD = do_GET  # noqa: N815 - names of http.server

    def serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        url = urlsplit(self.path)
        bucket, _, key = unquote(url.path).lstrip("/").partition("/")
        query = dict(parse_qsl(url.query, keep_blank_values=True))
        headers = {name.lower(): text for name, text in self.headers.items()}
        with self.s3.lock:
            self.s3.calls.append(f"{self.command} {self.path}")
            breaks = len(self.s3.calls) == self.s3.break_at
            if breaks and self.s3.fault == "lost before":
                self.close_connection = True
                return
            try:
                self.s3.check_fault(breaks=breaks)
                self.s3.check_signed(headers)
                self.s3.check_bucket(bucket)
                ask = self.object if key else self.bucket
                status, more, data = ask(Asked(key, query, headers, body))
            except RefusedError as error:
                status, more = error.status, {}
                data = f"<Error><Code>{error.code}</Code><Message>no</Message></Error>".encode()
            if breaks and self.s3.fault == "lost after":
                self.close_connection = True
                return
        self.send(status, more, data)

    def send(self, status: int, headers: dict[str, str], data: bytes) -> None:
        self.send_response_only(status)
        self.send_header("Date", format_datetime(self.s3.now(), usegmt=True))
        length = headers.pop("Content-Length", str(len(data)))
        if status != 204:
            self.send_header("Content-Length", length)
        for name, text in headers.items():
            self.send_header(name, text)
        self.end_headers()
        if self.command != "HEAD" and status != 204:
            self.wfile.write(data)
        self.wfile.flush()

    def object(self, ask: "Asked") -> Answer:
        match self.command:
            case "PUT":
                return self.put_object(ask)
            case "POST":
                return self.post_object(ask)
            case "DELETE" if "uploadId" in ask.query:
                self.s3.uploads.pop(ask.query["uploadId"], None)
                return 204, {}, b""
            case "DELETE":
                marker = self.s3.delete(ask.key, ask.version, bypass=ask.bypass)
                told = {"x-amz-version-id": marker.id} if marker else {}
                return 204, told, b""
            case _:
                return self.give(self.s3.find(ask.key, ask.version), ask.headers)

    def put_object(self, ask: "Asked") -> Answer:
        s3 = self.s3
        if "retention" in ask.query:
            version = s3.find(ask.key, ask.version)
            until = text_of(ask.xml, "RetainUntilDate")
            mode, time = text_of(ask.xml, "Mode"), parse_time(until) if until else NONE
            s3.check_retain(version, mode, time, bypass=ask.bypass)
            s3.retain(version, mode, time)
            return 200, {}, b""
        if "legal-hold" in ask.query:
            s3.find(ask.key, ask.version).hold = text_of(ask.xml, "Status") == "ON"
            return 200, {}, b""
        if "uploadId" in ask.query:
            s3.uploads[ask.query["uploadId"]][2][int(ask.query["partNumber"])] = ask.body
            return 200, {"ETag": Version("", "", ask.body).etag}, b""
        data, told = ask.body, b""
        if source := unquote(ask.headers.get("x-amz-copy-source", "")):
            key, _, wanted = source.lstrip("/").partition("/")[2].partition("?versionId=")
            data = s3.find(key, wanted or None).data
            told = tell("CopyObjectResult", ETag=Version("", "", data).etag)
        version = s3.put(ask.key, data, ask.headers)
        return 200, {"ETag": version.etag, "x-amz-version-id": version.id}, told

    def post_object(self, ask: "Asked") -> Answer:
        s3 = self.s3
        if "uploads" in ask.query:
            upload = f"u{next(s3.numbers)}"
            s3.uploads[upload] = (ask.key, ask.headers, {})
            told = tell("InitiateMultipartUploadResult", Key=ask.key, UploadId=upload)
            return 200, {}, told
        _, first, pieces = s3.uploads.pop(ask.query["uploadId"])
        data = b"".join(pieces[n] for n in sorted(pieces))
        version = s3.put(ask.key, data, first, multipart=True)
        told = tell("CompleteMultipartUploadResult", Key=ask.key, ETag=version.etag)
        return 200, {"x-amz-version-id": version.id}, told

    def give(self, version: Version, headers: dict[str, str]) -> Answer:
        data, size, status = self.s3.bytes_of(version), len(version.data), 200
        told = {
            "ETag": version.etag,
            "x-amz-version-id": version.id,
            "Last-Modified": format_datetime(version.made, usegmt=True),
        }
        if version.mode:
            told["x-amz-object-lock-mode"] = version.mode
            told["x-amz-object-lock-retain-until-date"] = show_time(version.until)
        if wanted := headers.get("range"):
            first, _, last = wanted.removeprefix("bytes=").partition("-")
            start, end = int(first), min(int(last or size), size - 1)
            if start >= size:
                raise RefusedError(416, "InvalidRange")
            data, status = data[start : end + 1], 206
            told["Content-Range"] = f"bytes {start}-{end}/{size}"
        return status, told | {"Content-Length": str(len(data))}, data

    def bucket(self, ask: "Asked") -> Answer:
        if self.command == "DELETE":
            self.s3.check_bucket_delete()
            self.s3.gone = True
            return 204, {}, b""
        what = next((one for one in SETTINGS if one in ask.query), "")
        act = getattr(self, f"{self.command.lower()}_{SETTINGS.get(what, 'nothing')}", None)
        if act is None:
            raise RefusedError(501, "NotImplemented")
        data: bytes = act(ask)
        return 200, {}, data

    def get_versioning(self, _: "Asked") -> bytes:
        return tell("VersioningConfiguration", Status=self.s3.versioning)

    def put_versioning(self, ask: "Asked") -> bytes:
        self.s3.check_versioning(text_of(ask.xml, "Status"))
        self.s3.versioning = text_of(ask.xml, "Status")
        return b""

    def get_lock(self, _: "Asked") -> bytes:
        inside = tell("Mode", "COMPLIANCE") + tell("Days", str(self.s3.days))
        rule = b"<Rule><DefaultRetention>" + inside + b"</DefaultRetention></Rule>"
        on = tell("ObjectLockEnabled", "Enabled") + (rule if self.s3.days else b"")
        return b"<ObjectLockConfiguration>" + on + b"</ObjectLockConfiguration>"

    def put_lock(self, ask: "Asked") -> bytes:
        self.s3.check_lock_setting(ask.xml)
        self.s3.days = int(text_of(ask.xml, "Days") or 0)
        return b""

    def get_lifecycle(self, _: "Asked") -> bytes:
        if not self.s3.lifecycle:
            raise RefusedError(404, "NoSuchLifecycleConfiguration")
        return self.s3.lifecycle

    def put_lifecycle(self, ask: "Asked") -> bytes:
        self.s3.check_lifecycle()
        self.s3.lifecycle = ask.body
        return b""

    def get_versions(self, ask: "Asked") -> bytes:
        return list_versions(self.s3, ask.query)

    def post_delete(self, ask: "Asked") -> bytes:
        told = []
        for one in ask.xml.iterfind("{*}Object"):
            key, wanted = text_of(one, "Key"), text_of(one, "VersionId")
            words = f"<Key>{escape(key)}</Key><VersionId>{wanted}</VersionId>"
            try:
                self.s3.delete(key, wanted or None, bypass=ask.bypass)
                told.append(f"<Deleted>{words}</Deleted>")
            except RefusedError as error:
                told.append(f"<Error>{words}<Code>{error.code}</Code></Error>")
        return f"<DeleteResult>{''.join(told)}</DeleteResult>".encode()


SETTINGS = {
    "versioning": "versioning",
    "object-lock": "lock",
    "lifecycle": "lifecycle",
    "versions": "versions",
    "delete": "delete",
}


class Asked(NamedTuple):
    """A request."""

    key: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    @property
    def version(self) -> str | None:
        return self.query.get("versionId")

    @property
    def bypass(self) -> bool:
        return self.headers.get("x-amz-bypass-governance-retention", "").lower() == "true"

    @property
    def xml(self) -> ET.Element:
        return ET.fromstring(self.body)


def tell(name: str, text: str = "", **words: str) -> bytes:
    inside = "".join(f"<{tag}>{escape(text)}</{tag}>" for tag, text in words.items())
    return f"<{name}>{escape(text)}{inside}</{name}>".encode()


def list_versions(s3: Server, query: dict[str, str]) -> bytes:
    """Give a page of versions, the newest of each key first."""
    after, last_id = query.get("key-marker", ""), query.get("version-id-marker", "")
    rows = [
        (place == 0, one)
        for key in sorted(s3.versions)
        if key.startswith(query.get("prefix", "")) and key >= after
        for place, one in enumerate(reversed(s3.versions[key]))
    ]
    if after:
        ids = [one.id for _, one in rows if one.key == after]
        rows = rows[ids.index(last_id) + 1 if last_id else len(ids) :]
    most = int(query.get("max-keys", "1000"))
    words = [show_version(one, latest=latest) for latest, one in rows[:most]]
    more = len(rows) > most
    words.append(f"<IsTruncated>{str(more).lower()}</IsTruncated>")
    if more:
        last = rows[most - 1][1]
        words.append(f"<NextKeyMarker>{quote(last.key)}</NextKeyMarker>")
        words.append(f"<NextVersionIdMarker>{last.id}</NextVersionIdMarker>")
    words.append("<EncodingType>url</EncodingType>")
    return f"<ListVersionsResult>{''.join(words)}</ListVersionsResult>".encode()


def show_version(one: Version, *, latest: bool) -> str:
    tag = "DeleteMarker" if one.marker else "Version"
    words = (
        f"<Key>{quote(one.key)}</Key><VersionId>{one.id}</VersionId>"
        f"<IsLatest>{str(latest).lower()}</IsLatest>"
        f"<LastModified>{show_time(one.made)}</LastModified>"
    )
    if not one.marker:
        words += f"<ETag>{one.etag}</ETag><Size>{len(one.data)}</Size>"
    return f"<{tag}>{words}</{tag}>"


class Run:
    """A server in a thread, on a port of its own."""

    def __init__(self, s3: Server) -> None:
        self.s3 = s3
        handler = type("Bound", (Handler,), {"s3": s3})
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._http.daemon_threads = True
        self.endpoint = f"http://127.0.0.1:{self._http.server_address[1]}"
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,))
        self._thread.start()

    def stop(self) -> None:
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()


def serve(s3: Server) -> Iterator[Run]:
    """Give a running server, for a fixture."""
    run = Run(s3)
    yield run
    run.stop()
