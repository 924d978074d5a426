"""The keyholder as its callers see it: a method for each verb, each an answer or an error."""

from collections.abc import Callable, Iterable, Iterator

import msgspec

from chartkeep.keyholder import protocol as p
from chartkeep.keyholder.actions import Actions
from chartkeep.model import Consent
from chartkeep.wire.client import Asking, Worked
from chartkeep.wire.frames import Done, Message


class _UnreadLines(Message, frozen=True, array_like=True, tag="LineList"):
    """A `LineList` whose lines are left unread, for another process."""

    lines: msgspec.Raw


class KeyholderClient:
    """Asks one keyholder, as one instance."""

    def __init__(self, client: Asking) -> None:
        self._client = client

    def close(self) -> None:
        """End the connection."""
        self._client.close()

    def login(self, person: str, password: str, code: str) -> p.Session:
        """Open a session."""
        return self._client.ask(p.Login(person, password, code), p.Session)

    def login_program(self, assertion: str) -> p.Session:
        """Open a session for a program that signed an assertion."""
        return self._client.ask(p.LoginProgram(assertion), p.Session)

    def logout(self, token: bytes) -> None:
        """End a session."""
        self._client.ask(p.Logout(token), Done)

    def who_is(self, token: bytes) -> p.Known:
        """Ask who a session is now; one that has ended is refused."""
        return self._client.ask(p.WhoIs(token), p.Known)

    def census(self, token: bytes, ward: str) -> list[p.Inpatient]:
        """Ask who has a bed on a ward of one's own."""
        return self._client.ask(p.Census(token, ward), p.Inpatients).inpatients

    def sessions(self, token: bytes) -> list[p.LiveSession]:
        """Ask who is logged in; whoever does not audit sees their own sessions."""
        return self._client.ask(p.Sessions(token), p.SessionList).sessions

    def reviews(self, token: bytes) -> list[p.Unreviewed]:
        """Ask which break-glass openings wait for review."""
        return self._client.ask(p.Reviews(token), p.ReviewList).waiting

    def read_grant(
        self, token: bytes, grant: bytes, after: bytes = b"", limit: int = 0
    ) -> p.GrantTerms:
        """Tell what a grant lets while it holds, and charts it lets, in order."""
        return self._client.ask(p.ReadGrant(token, grant, after, limit), p.GrantTerms)

    def pack_ward(self, token: bytes, grant: bytes, ward: str) -> p.WardTerms:
        """Ask for what a ward's pack is made with."""
        return self._client.ask(p.PackWard(token, grant, ward), p.WardTerms)

    def note_pack(self, note: p.NotePack) -> None:
        """Say that a pack lies where it belongs."""
        self._client.ask(note, Done)

    def seal_keys(self, wants: list[p.SealWant]) -> p.SealedKeys:
        """Ask for fresh keys to write with."""
        return self._client.ask(p.SealKeys(wants), p.SealedKeys)

    def open_keys(self, request: p.OpenKeys) -> p.OpenedKeys:
        """Ask to open charts."""
        return self._client.ask(request, p.OpenedKeys)

    def open_keys_while(
        self, request: p.OpenKeys, work: Callable[[], Worked]
    ) -> tuple[p.OpenedKeys, Worked]:
        """Ask to open charts, and work while the keyholder writes down that it was asked."""
        return self._client.ask_while(request, p.OpenedKeys, work)

    def set_consent(self, chart: bytes, about: bytes, consents: Iterable[Consent]) -> None:
        """Say what an entry's patient allows and refuses; durable when this returns."""
        self._client.ask(p.SetConsent(chart, about, list(consents)), Done)

    def write_labels(self, chart: bytes, labelled: list[p.Labelled]) -> list[bytes]:
        """Ask for fresh labels of a chart's entries."""
        return self._client.ask(p.WriteLabels(chart, labelled), p.LabelList).labels

    def read_labels(self, token: bytes, purpose: str, keywords: list[str]) -> list[p.Labels]:
        """Ask for the labels that exist for keywords."""
        return self._client.ask(p.ReadLabels(token, purpose, keywords), p.FoundLabels).found

    def match_number(self, keyword: str) -> p.Labels:
        """Ask, as a feed, for the labels of one exact number."""
        return self._client.ask(p.MatchNumber(keyword), p.Labels)

    def same_person(self, chart: bytes, keywords: list[str]) -> bool:
        """Ask, as a feed, whether a chart's Patient has a birth date and any part of a name."""
        return self._client.ask(p.SamePerson(chart, keywords), p.Same).same

    def sameness(self) -> bytes:
        """Ask for the key that hashes (source, key) pairs."""
        return self._client.ask(p.Sameness(), p.Key).key

    def act(self, token: bytes, action: Actions) -> p.Acted:
        """Do an act, or propose it."""
        return self._client.ask(p.Act(token, action), p.Acted)

    def proposals(self, token: bytes) -> list[p.Waiting]:
        """Ask what waits for a second person."""
        return self._client.ask(p.Proposals(token), p.WaitingList).waiting

    def approve(self, token: bytes, proposal: bytes) -> p.Acted:
        """Be the second person."""
        return self._client.ask(p.Approve(token, proposal), p.Acted)

    def decoys(self) -> p.Decoys:
        """Ask for the decoys and their seed: a program on the keyholder's host only."""
        return self._client.ask(p.AskDecoys(), p.Decoys)

    def beds(self) -> list[p.Bed]:
        """Ask who has a bed now: a program on the keyholder's host only."""
        return self._client.ask(p.AskBeds(), p.Beds).beds

    def keyless(self, charts: list[bytes]) -> list[bytes]:
        """Tell which of at most 10,000 charts have no key: the same program only."""
        return self._client.ask(p.AskKeyless(charts), p.ChartList).charts

    def written(self, since: int) -> list[bytes]:
        """Tell for which charts keys or labels went out since a time: the same program only."""
        return self._client.ask(p.AskWritten(since), p.ChartList).charts

    def note_backup(self) -> None:
        """Note that a sealed backup was made: a program on the keyholder's host only."""
        self._client.ask(p.NoteBackup(), Done)

    def rotate_chart(self, chart: bytes, wraps: list[bytes]) -> p.Rotated:
        """Give a chart a new key."""
        return self._client.ask(p.RotateChart(chart, wraps), p.Rotated)

    def retire_key(self, chart: bytes, generation: int) -> None:
        """Forget a chart's older keys once no wrap needs them."""
        self._client.ask(p.RetireKey(chart, generation), Done)

    def lines(self, first: int, end: int) -> Iterator[tuple[int, p.SealedLine]]:
        """Give sealed lines with their indices, page by page."""
        while first < end:
            page = self._client.ask(p.ReadLines(first, min(end - first, 2_048)), p.LineList).lines
            if not page:
                return
            yield from enumerate(page, first)
            first += len(page)

    def line_pages(self, first: int, end: int, most: int) -> Iterator[tuple[int, int, bytes]]:
        """Give sealed lines unread, as `protocol.read_page` takes them: begin, end, and bytes.

        Pages end at multiples of `most`; the last ones are short where the ledger ends before.
        """
        while first < end:
            upto = min(end, first - first % most + most)
            page = self._client.ask(p.ReadLines(first, upto - first), _UnreadLines)
            yield first, upto, bytes(page.lines)
            first = upto

    def open_lines(self, token: bytes, since: int, until: int) -> p.LineKeys:
        """Ask for the keys of the lines of a window."""
        return self._client.ask(p.OpenLines(token, since, until), p.LineKeys)

    def read_tile(self, level: int, index: int, width: int) -> bytes:
        """Read a tile of the ledger."""
        return self._client.ask(p.ReadTile(level, index, width), p.TileHashes).hashes

    def checkpoint(self) -> p.Head:
        """Ask for a signed checkpoint."""
        return self._client.ask(p.ReadCheckpoint(), p.Head)

    def status(self) -> p.Health:
        """Ask how it is."""
        return self._client.ask(p.Status(), p.Health)
