"""`Taker`: one file with all that lies inside it, each member by the reader of its form."""

from collections.abc import Iterator
from io import BufferedReader, BytesIO
from tarfile import TarError
from typing import IO, BinaryIO
from zipfile import ZipFile

from defusedxml import DefusedXmlException

from chartkeep.incident.trace.found import Clock, Kind
from chartkeep.incident.trace.intake import archive, mail
from chartkeep.incident.trace.intake.archive import Member
from chartkeep.incident.trace.intake.bson_dump import read_bson
from chartkeep.incident.trace.intake.charset import opened_text
from chartkeep.incident.trace.intake.delimited import read_text
from chartkeep.incident.trace.intake.dicom import read_dicom
from chartkeep.incident.trace.intake.hl7_text import read_hl7
from chartkeep.incident.trace.intake.json_values import read_json
from chartkeep.incident.trace.intake.limits import Budget
from chartkeep.incident.trace.intake.line import FarFile, Line
from chartkeep.incident.trace.intake.markup import read_html, read_rtf, read_xml
from chartkeep.incident.trace.intake.office import read_modified, read_office, read_old
from chartkeep.incident.trace.intake.out import Out
from chartkeep.incident.trace.intake.part import Part
from chartkeep.incident.trace.intake.pdf import read_pdf
from chartkeep.incident.trace.intake.picture import read_picture
from chartkeep.incident.trace.intake.sheet import ENCRYPTED, read_sheets
from chartkeep.incident.trace.intake.sniffing import Form, form_of
from chartkeep.incident.trace.intake.sql_dump import read_sql
from chartkeep.incident.trace.intake.sqlite_file import read_sqlite
from chartkeep.incident.trace.intake.telling import Entered, Job, Place, Trouble, TroubleError

_WORKBOOK = "Workbook".encode("utf-16-le")


class Taker:
    """Reads one job's file."""

    def __init__(self, line: Line, job: Job) -> None:
        self._line = line
        self._job = job
        self._budget = Budget(job.size)

    def take_file(self) -> None:
        """Read the file itself and everything in it."""
        far = FarFile(self._line, self._job.size)
        whole = Member(self._job.name, 0, self._job.size, None, lambda: far)
        self._take(whole, (), (), far)

    def _take(
        self, member: Member, at: Place, inside: tuple[str, ...], far: FarFile | None = None
    ) -> None:
        """Read one member, whatever becomes of it: the others go on."""
        after = self._job.after
        if after is not None and at <= after and not (at != after and after[: len(at)] == at):
            return  # it was told before the last reader ended, or it ended it
        self._line.tell(Entered(at, inside))
        out = Out(self._line, at)
        kind, size, digest, trouble = Kind.UNKNOWN, member.size, b"", Trouble.NONE
        if member.modified is not None:
            out.clock(Clock.MEMBER, member.modified)
        try:
            self._budget.enter(len(at))
            packed = None if far else member.packed
            part = Part(member.open(), member.name, self._budget, packed)
            reading = _Reading(self, part, member, at, inside, far, out)
            kind = reading.read()
            digest = b"" if far else part.finish()
            size = member.size if far else part.size
            trouble = Trouble.CUT if part.is_cut else trouble
        except TroubleError as error:
            trouble = error.trouble
        except DefusedXmlException:
            trouble = Trouble.ENTITIES
        except MemoryError:
            trouble = Trouble.KILLED
        except SystemExit:
            raise
        except BaseException:  # noqa: BLE001 -- a dozen libraries; one of them panics in Rust
            trouble = Trouble.BROKEN
        out.end(kind, size, digest, trouble)

    def take_member(self, member: Member, at: Place, inside: tuple[str, ...]) -> None:
        """Read a member of what is being read; TroubleError if nothing more may be unpacked."""
        if self._budget.spent:
            raise TroubleError(Trouble.UNPACKS)
        self._take(member, at, (*inside, member.name[:1_000]))

    @property
    def budget(self) -> Budget:
        """What the file may still become."""
        return self._budget


class _Reading:
    """One member being read: what every form needs."""

    def __init__(
        self, taker: Taker, part: Part, member: Member, at: Place, inside: tuple[str, ...],
        far: FarFile | None, out: Out,
    ) -> None:  # fmt: skip
        self._taker = taker
        self._part = part
        self._member = member
        self._at = at
        self._inside = inside
        self._far = far
        self._out = out

    def read(self) -> Kind:  # noqa: C901, PLR0911, PLR0912 -- a table of forms
        """Read it by its form. Raises TroubleError and what the libraries raise."""
        part, out = self._part, self._out
        form, charset = form_of(part.head, self._member.name)
        match form:
            case Form.EMPTY:
                return Kind.EMPTY
            case Form.ZIP:
                return self._zip()
            case Form.TAR:
                return self._members(archive.members_of_tar(part.opened()))
            case Form.GZ | Form.BZ2 | Form.XZ | Form.ZST:
                return self._packed(form)
            case Form.OLD_OFFICE:
                return self._old_office()
            case Form.PDF:
                read_pdf(part.whole(), self._taker.budget, out)
                return Kind.PDF
            case Form.SQLITE:
                return self._sqlite()
            case Form.DICOM:
                read_dicom(part.opened(), out)
                return Kind.DICOM
            case Form.BSON:
                read_bson(part.opened(), out)
                return Kind.BSON
            case Form.MESSAGE:
                return self._message(part.whole())
            case Form.MAILBOX:
                return self._mailbox(part.opened())
            case Form.PICTURE:
                read_picture(part.whole(), self._taker.budget, out)
                return Kind.PICTURE
            case Form.UNKNOWN:
                raise TroubleError(Trouble.FORMAT)
            case Form.XML:
                return read_xml(part.opened(), out)
            case Form.HL7 | Form.HTML | Form.JSON | Form.RTF | Form.SQL | Form.TEXT:
                return self._text(form, charset)

    def _text(self, form: Form, charset: str) -> Kind:
        out = self._out
        text = opened_text(self._part, charset or "cp1252", out)
        match form:
            case Form.HL7:
                read_hl7(text, out)
                return Kind.HL7
            case Form.JSON:
                read_json(text, out)
                return Kind.JSON
            case Form.SQL:
                read_sql(text, out)
                return Kind.SQL
            case Form.HTML:
                read_html(text, out)
                return Kind.TEXT
            case Form.RTF:
                read_rtf(text, out)
                return Kind.OFFICE
            case _:
                return read_text(text, self._member.name, out)

    def _zip(self) -> Kind:
        """Read a ZIP: a document or a sheet if its list says so, else its members."""
        file: IO[bytes] = (
            BufferedReader(self._far, 256 << 10) if self._far else BytesIO(self._part.whole())
        )
        package = archive.open_zip(file)
        names = set(package.namelist())
        if "xl/workbook.xml" in names or "xl/workbook.bin" in names:
            return self._sheets(package, file)
        if "word/document.xml" in names or "ppt/presentation.xml" in names:
            self._unpack_whole(package)
            read_office(package, self._out)
            return Kind.OFFICE
        if "mimetype" in names and "content.xml" in names:
            if b"spreadsheet" in package.read("mimetype")[:200]:
                return self._sheets(package, file)
            self._unpack_whole(package)
            read_office(package, self._out)
            return Kind.OFFICE
        return self._members(archive.members_of_zip(package))

    def _sheets(self, package: ZipFile, file: IO[bytes]) -> Kind:
        self._unpack_whole(package)
        read_modified(package, self._out)
        file.seek(0)
        read_sheets(file.read(), self._out)
        return Kind.SHEET

    def _unpack_whole(self, package: ZipFile) -> None:
        """Refuse a document that says it unpacks to too much; one that lies about it is ended."""
        for info in package.infolist():
            if info.flag_bits & 0x1:
                raise TroubleError(Trouble.PASSWORD)
            self._taker.budget.unpack(info.file_size)

    def _sqlite(self) -> Kind:
        """Read a database page by page where it lies; one inside something else is held."""
        file: BinaryIO = (
            BufferedReader(self._far, 64 << 10) if self._far else BytesIO(self._part.whole())
        )
        size = self._member.size if self._far else self._part.size
        read_sqlite(file, size, self._taker.budget, self._out)
        return Kind.SQLITE

    def _old_office(self) -> Kind:
        data = self._part.whole()
        if ENCRYPTED in data:
            raise TroubleError(Trouble.PASSWORD)
        if _WORKBOOK in data:
            read_sheets(data, self._out)
            return Kind.SHEET
        read_old(data, self._out)
        return Kind.OFFICE

    def _members(self, members: Iterator[Member]) -> Kind:
        """Read each member; the list itself may break, and what came before it stays."""
        try:
            for number, member in enumerate(members):
                self._taker.take_member(member, (*self._at, number), self._inside)
        except (TarError, EOFError, OSError) as error:
            raise TroubleError(Trouble.BROKEN) from error
        return Kind.ARCHIVE

    def _packed(self, form: Form) -> Kind:
        """Read the one thing that was packed; its name is the archive's without the ending."""
        name = self._member.name.rsplit("/", 1)[-1]
        inner = name.rsplit(".", 1)[0] if "." in name else name
        size = max(self._member.size, self._part.size)
        file = self._part.opened()
        member = Member(inner, size, 10 * size, None, lambda: archive.unpacked(form, file))
        return self._members(iter([member]))

    def _message(self, data: bytes) -> Kind:
        attached = list(mail.read_message(data, self._out))
        self._out.flush()
        return self._mail_members(iter(attached))

    def _mailbox(self, file: BufferedReader) -> Kind:
        named = ((f"message {n}", data) for n, data in enumerate(mail.messages_of(file), 1))
        return self._mail_members(named)

    def _mail_members(self, parts: Iterator[tuple[str, bytes]]) -> Kind:
        self._members(
            Member(name, len(data), len(data), None, lambda data=data: BytesIO(data))  # type: ignore[misc]
            for name, data in parts
        )
        return Kind.MAIL
