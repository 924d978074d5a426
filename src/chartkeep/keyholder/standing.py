"""What holds now: people, programs, sessions, wards, grants, freezes, decoys, proposals.

All of it follows from the ledger: `apply` is given every standing line in order and nothing else
changes this state, so a keyholder that starts again knows exactly what it knew. Pure, no clock.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from chartkeep.errors import NotAllowedError
from chartkeep.keyholder import actions, details
from chartkeep.keyholder.budget import Kind, Limit, Scope, Spending, Who, feed_of
from chartkeep.keyholder.consents import Consents
from chartkeep.keyholder.guesses import Guesses
from chartkeep.keyholder.packs import Packs, Pushed
from chartkeep.keyholder.reviewing import Reviews
from chartkeep.keyholder.roles import CARE_FLOOR
from chartkeep.keyholder.roster import Instance, Person, Program, Proposal, Session
from chartkeep.ledger.line import Line
from chartkeep.model import Section
from chartkeep.sealing.keyed import keyed_hash

DAY = 86_400_000
SHRED_DELAY = 7 * DAY
WORKER_LIFE = 8 * 3_600_000
PROPOSAL_LIFE = DAY
CONSENT_LIFE = 30 * DAY
"""Nobody is told when one comes in, so it waits longer."""
TWO_DECOYS = 3_600_000


@dataclass
class Standing:
    """The state; every field is named for the nouns it holds."""

    spending: Spending = field(default_factory=Spending)
    people: dict[str, Person] = field(default_factory=dict)
    programs: dict[str, Program] = field(default_factory=dict)
    """By a name that also stands in `people`, with a role and without means to log in there."""
    assertions: dict[bytes, int] = field(default_factory=dict)
    """Used ones, until they end."""
    instances: dict[str, Instance] = field(default_factory=dict)
    sessions: dict[bytes, Session] = field(default_factory=dict)
    steps: dict[str, int] = field(default_factory=dict)
    places: dict[bytes, tuple[str, str]] = field(default_factory=dict)
    census: dict[str, set[bytes]] = field(default_factory=dict)
    relations: dict[tuple[str, bytes], int] = field(default_factory=dict)
    grants: dict[bytes, actions.Grant] = field(default_factory=dict)
    granted: dict[bytes, set[bytes]] = field(default_factory=dict)
    frozen: dict[tuple[str, str], int] = field(default_factory=dict)
    safes: list[bytes] = field(default_factory=list)
    """Keys of what lay in the safe; of the last one it lies there."""
    proposals: dict[bytes, Proposal] = field(default_factory=dict)
    shredding: dict[bytes, int] = field(default_factory=dict)
    shredded: set[bytes] = field(default_factory=set)
    decoys: set[bytes] = field(default_factory=set)
    """Keyed hashes of the decoys' charts: an auditor who reads the ledger learns none."""
    decoy_key: bytes = bytes(32)
    workers: dict[tuple[str, bytes], int] = field(default_factory=dict)
    leavers: list[int] = field(default_factory=list)
    tripped: int = -DAY
    leases: dict[tuple[bytes, bytes, str], tuple[int, int]] = field(default_factory=dict)
    most_leases: int = 200_000
    """When to look for leases that have ended."""
    reviews: Reviews = field(default_factory=Reviews)
    consents: Consents = field(default_factory=Consents)
    guesses: Guesses = field(default_factory=Guesses)
    packs: Packs = field(default_factory=Packs)
    epoch: int = 1
    gaps: list[details.Gap] = field(default_factory=list)
    head_accepted: bytes = b""
    following: bool = False
    """Whether a follower is needed: it once had everything and nobody detached it."""
    detached: bool = False

    def apply(self, line: Line, index: int = 0) -> None:  # noqa: C901, PLR0912 - an arm a verb
        """Take in one line, which stands at `index` in the ledger."""
        match line.verb:
            case "release":
                self._release(line, index, details.unpack(line))
            case "same":
                self._compared(line, details.unpack(line))
            case "match":
                self._matched(line, details.unpack(line))
            case "search":
                told = details.unpack(line)
                self.spending.spend(self.who(line), Kind(told.kind), line.time, told.keywords)
                self.spending.spend(self.who(line), Kind.HIT, line.time, told.hits)
            case "hello":
                self.workers.setdefault((line.instance, line.worker), line.time)
            case "act":
                self._act(line, details.unpack(line))
            case "propose":
                self._propose(line, details.unpack(line))
            case "login":
                self._login(line, details.unpack(line))
            case "logout":
                self._end(lambda s: s.id == line.session)
            case "shredded":
                self.shredding.pop(line.chart, None)
                self.shredded.add(line.chart)
                self.consents.forget(line.chart)
                self._place(line.chart, "", "")
            case "decoy":
                self.tripped = line.time
            case "consent":
                self._consent(line, details.unpack(line))
            case "packed":
                packed = details.unpack(line)
                self.packs.pushed[packed.ward] = Pushed(line.time, packed.expires)
            case "follow":
                self.following = True
            case "epoch":
                self.epoch = details.unpack(line).number
                self.following = False
            case "gap":
                self.gaps.append(details.unpack(line))
                self.spending.fill(line.time)
            case _:
                pass

    @property
    def safe(self) -> bytes:
        """Give the key of what lies in the safe; empty before two people put anything there."""
        return self.safes[-1] if self.safes else b""

    def who(self, line: Line) -> Who:
        """Say on whom a line's opening counts."""
        if not line.person:
            return feed_of(line.instance)
        person = self.people.get(line.person)
        return Who(line.person, person.role if person else "", line.instance)

    def session(self, token_hash: bytes, instance: str, now: int) -> Session:
        """Find a live session. Raises NotAllowedError; a stranger's guess and an old one alike."""
        found = self.sessions.get(token_hash)
        if found is None or found.expires <= now or found.person not in self.people:
            raise NotAllowedError("no such session", hint="log in again")
        if found.instance != instance:
            raise NotAllowedError("this session belongs to another instance", hint="log in here")
        return found

    def is_frozen(self, session: Session) -> tuple[str, str] | None:
        """Give what is frozen of a session, its person, its instance and the site, or None."""
        for key in (
            ("instance", session.instance),
            ("session", session.id.hex()),
            ("person", session.person),
            ("site", ""),
        ):
            if key in self.frozen:
                return key
        return None

    def on_floor(self, person: Person, chart: bytes, sections: int) -> bool:
        """Say whether the care floor carries this: a current inpatient of the person's wards."""
        ward, bed = self.places.get(chart, ("", ""))
        carried = person.rights.care and not sections & ~(CARE_FLOOR & person.rights.sections)
        return carried and bool(bed) and ward in person.wards

    def admits(self, chart: bytes, ward: str, bed: str) -> bool:
        """Say whether a placement makes somebody a ward's inpatient who was not."""
        old, old_bed = self.places.get(chart, ("", ""))
        return bool(ward and bed) and not (old == ward and old_bed)

    def relates_anew(self, person: str, chart: bytes, until: int, now: int) -> bool:
        """Say whether a relation lets a person treat somebody they did not."""
        return self.relations.get((person, chart), 0) <= now < until

    def is_decoy(self, chart: bytes) -> bool:
        """Say whether a chart is an invented patient's; the ledger names decoys by keyed hash."""
        return keyed_hash(self.decoy_key, chart) in self.decoys if self.decoys else False

    def is_stale(self, instance: str, worker: bytes, now: int) -> bool:
        """Say whether a worker lives longer than eight hours: it remembers too much."""
        return now - self.workers.get((instance, worker), now) > WORKER_LIFE

    def is_related(self, person: Person, chart: bytes, now: int) -> bool:
        """Say whether a person treats a patient: ward, appointment or a registered relation."""
        if not person.rights.care:
            return False
        ward, _ = self.places.get(chart, ("", ""))
        return ward in person.wards or self.relations.get((person.name, chart), 0) > now

    def _release(self, line: Line, index: int, told: details.Released) -> None:
        who = self.who(line)
        if told.kind == Kind.BREAK_GLASS:
            self.reviews.note(index, line, told)
        if told.fresh and told.kind != Kind.FREE:
            self.spending.spend(who, Kind(told.kind), line.time)
        if told.kind == Kind.PACK:
            self.packs.note(told.grant, line.chart, line.time)
        elif told.grant and not line.sections >> Section.ORDINARY:  # the house's own is no patient
            self.granted.setdefault(told.grant, set()).add(line.chart)
        key = (line.session, line.chart, told.kind)
        self.leases[key] = (line.sections | self.leases.get(key, (0, 0))[0], told.lease_end)
        if len(self.leases) > self.most_leases:
            self.leases = {k: v for k, v in self.leases.items() if v[1] > line.time}
            self.most_leases = max(200_000, 2 * len(self.leases))

    def _matched(self, line: Line, told: details.Counted) -> None:
        self.spending.spend(self.who(line), Kind.MATCH, line.time, told.keywords)
        if not told.hits:
            self.spending.spend(self.who(line), Kind.MISS, line.time, told.keywords)

    def _compared(self, line: Line, told: details.Compared) -> None:
        self.spending.spend(self.who(line), Kind(told.kind), line.time, told.keywords)
        if not told.same:
            self.guesses.note(line.chart, told.question, line.time)

    def _propose(self, line: Line, told: details.Proposed) -> None:
        self.proposals = {k: p for k, p in self.proposals.items() if p.expires > line.time}
        waits_long = isinstance(told.action, actions.LoosenConsent)
        expires = line.time + (CONSENT_LIFE if waits_long else PROPOSAL_LIFE)
        self.proposals[told.proposal] = Proposal(line.person, told.action, expires)

    def _consent(self, line: Line, told: details.Consented) -> None:
        """Let consents hold; what waited about the same entry is about an older one of it."""
        self.spending.spend(self.who(line), Kind.CONSENT, line.time)
        self.consents.put(line.chart, told.about, tuple(told.consents))
        self.proposals = {
            ident: found
            for ident, found in self.proposals.items()
            if not isinstance(found.action, actions.LoosenConsent)
            or (found.action.chart, found.action.about) != (line.chart, told.about)
        }

    def _login(self, line: Line, told: details.LoggedIn) -> None:
        if told.assertion:
            self.assertions = {k: t for k, t in self.assertions.items() if t > line.time}
            self.assertions[told.assertion] = told.assertion_end
        else:
            self.steps[line.person] = told.step
        self.sessions = {k: s for k, s in self.sessions.items() if s.expires > line.time}
        self.sessions[told.token_hash] = Session(
            line.session, line.person, line.instance, told.expires, line.time
        )

    def _act(self, line: Line, told: details.Acted) -> None:  # noqa: C901, PLR0912, PLR0915 - an arm an act
        self.proposals.pop(told.proposal, None)
        match told.action:
            case actions.AddPerson(name, role, wards, secret, totp):
                self.people[name] = Person(name, role, frozenset(wards), secret, totp)
                self.programs.pop(name, None)
            case actions.AddProgram(name, role, key, audience):
                self.people[name] = Person(name, role, frozenset(), "", "")
                self.programs[name] = Program(key, audience)
                self._end(lambda s: s.person == name)
            case actions.RemovePerson(name):
                self.leavers = [t for t in self.leavers if t > line.time - DAY] + [line.time]
                self.people.pop(name, None)
                self.programs.pop(name, None)
                self.proposals = {k: p for k, p in self.proposals.items() if p.person != name}
                self._end(lambda s: s.person == name)
            case actions.AddInstance(name, key, may):
                self.instances[name] = Instance(key, frozenset(may))
            case actions.Place(chart, ward, bed):
                if self.admits(chart, ward, bed):
                    self.spending.spend(admission(ward, line.instance), Kind.PLACE, line.time)
                self._place(chart, ward, bed)
            case actions.Relate(person, chart, until):
                self._relate(line, person, chart, until)
            case actions.Grant():
                self.grants[told.proposal] = told.action
            case actions.GrantPacks() | actions.SetWardKey() | actions.EndGrant():
                self._pack(told.action, told.proposal)
            case actions.SetSafe(key):
                self.safes.append(key)
            case actions.SetLimit(scope, who, kind, window, limit):
                self.spending.set_limit(Limit(Scope(scope), Kind(kind), window, limit), who)
            case actions.Freeze(scope, who):
                self.frozen[scope, who] = line.time
            case actions.Unfreeze(scope, who):
                self.frozen.pop((scope, who), None)
            case actions.Shred(chart, _):
                self.shredding[chart] = line.time + SHRED_DELAY
            case actions.StopShred(chart):
                self.shredding.pop(chart, None)
            case actions.Detach():
                self.following, self.detached = False, True
            case actions.Attach():
                self.detached = False
            case actions.AcceptHead(root):
                self.head_accepted = root
            case actions.MarkDecoy(chart):
                self.decoys.add(chart)
            case actions.EndSession(ident):
                self._end(lambda s: s.id == ident)
            case actions.LoosenConsent(chart, about, consents):
                self.consents.put(chart, about, tuple(consents))
            case actions.Review(reviewed, _):
                self.reviews.end(reviewed)
            case actions.Vouch():
                pass  # what it says stands elsewhere

    def _pack(
        self, action: actions.GrantPacks | actions.SetWardKey | actions.EndGrant, ident: bytes
    ) -> None:
        match action:
            case actions.EndGrant(grant):
                self.grants.pop(grant, None)
                self.packs.end(grant)
            case _:
                self.packs.apply(action, ident)

    def _relate(self, line: Line, person: str, chart: bytes, until: int) -> None:
        if not line.person and self.relates_anew(person, chart, until, line.time):
            self.spending.spend(care(person, line.instance), Kind.PLACE, line.time)
        self.relations[person, chart] = until

    def _place(self, chart: bytes, ward: str, bed: str) -> None:
        old, _ = self.places.pop(chart, ("", ""))
        self.census.get(old, set()).discard(chart)
        if ward:
            self.places[chart] = (ward, bed)
            if bed:
                self.census.setdefault(ward, set()).add(chart)

    def _end(self, ends: Callable[[Session], bool]) -> None:
        self.sessions = {k: s for k, s in self.sessions.items() if not ends(s)}


def admission(ward: str, instance: str) -> Who:
    """Name what admissions are counted on: a ward."""
    return Who(f"ward {ward}", "", instance)


def care(person: str, instance: str) -> Who:
    """Name what patients a source gives to a person are counted on."""
    return Who(f"care {person}", "", instance)
