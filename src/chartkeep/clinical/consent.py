"""From a FHIR R4 Consent to what the keyholder enforces (consent.html, Consent.provision).

Promises: what is read here is no less strict than what the resource says, and what cannot be
said in `model.Consent` is refused by its element, never half read. A denial of a resource type
denies all sections it can lie in; a permit must name whole sections. In force are consents with
status `active` and scope `patient-privacy`; any other gives nothing. Knows no person: whether
a name is known here is the keyholder's to say. docs/formats/consent.md.
"""

from collections.abc import Iterable
from typing import Any

from chartkeep.clinical.element import BadElementError
from chartkeep.clinical.face import FACE_KINDS
from chartkeep.clinical.period import read_period
from chartkeep.clinical.sections import RESTRICTING, SECTIONS
from chartkeep.model import CHART_SECTIONS, Consent, Provision, Purpose, Section

CONSENT_KIND = "Consent"
NAMES = frozenset({"urn:chartkeep:person", "urn:chartkeep:role"})
"""Systems of an actor's identifier: the name somebody logs in with, or a role's."""
SECTION_SYSTEM = "urn:chartkeep:section"
TYPE_SYSTEM = "http://hl7.org/fhir/resource-types"

_OTHER_SCOPES = frozenset({"adr", "research", "treatment"})
_RECIPIENTS = frozenset({"PRCP", "IRCP"})
_ACTIONS = frozenset({"access", "use", "disclose"})
_ASKED = frozenset(Purpose) - {Purpose.BREAK_GLASS}
_OPAQUE = ("code", "dataPeriod", "data", "modifierExtension")
_EVERY = sum(1 << section for section in CHART_SECTIONS)
_ROOT = "Consent.provision"
MOST = 50
"""Exceptions of a consent, and actors or purposes of one rule."""
LONGEST = 200
"""Letters of a name."""

Json = dict[str, Any]


def read_consent(consent: Json) -> tuple[Consent, ...]:
    """Read a checked Consent: one rule with its exceptions, or none when it is not in force.

    Raises BadElementError for what cannot be enforced.
    """
    if consent["status"] != "active" or not _is_privacy(consent["scope"]):
        return ()
    if "modifierExtension" in consent:
        raise _cannot("Consent.modifierExtension")
    policy = {code for _, code in _codes(consent.get("policyRule", {}))}
    provision = consent.get("provision", {})
    kind = provision.get("type", "")
    if not kind and not policy & {"OPTIN", "OPTOUT"}:
        raise BadElementError(
            f"{_ROOT}.type", "is missing: nothing here can be enforced", hint="permit or deny"
        )
    nested = tuple(
        _read(each, f"{_ROOT}.provision[{n}]", whole=True)
        for n, each in enumerate(provision.get("provision", ()))
    )
    if "OPTOUT" in policy and kind == "permit":  # all is denied, but for this permit
        own = _read(provision, _ROOT, whole=True)
        return (Consent(Provision(permit=False), (own, *nested)),)
    root = _read({"type": "deny" if "OPTOUT" in policy else "permit"} | provision, _ROOT)
    return (Consent(root, nested),)


def _is_privacy(scope: Json) -> bool:
    codes = {code for _, code in _codes(scope)}
    if "patient-privacy" not in codes and not codes & _OTHER_SCOPES:
        raise BadElementError(
            "Consent.scope", "is no scope of the standard", hint="a code such as patient-privacy"
        )
    return "patient-privacy" in codes


def _read(rule: Json, place: str, *, whole: bool = False) -> Provision:
    """Read one provision; `whole`: it is an exception, whose permit must name whole sections."""
    for name in _OPAQUE:
        if name in rule:
            raise _cannot(f"{place}.{name}")
    for name in ("actor", "purpose", "provision"):
        if len(rule.get(name, ())) > MOST:
            raise BadElementError(f"{place}.{name}", f"is repeated more than {MOST} times")
    if place != _ROOT and "provision" in rule:
        raise _cannot(f"{place}.provision")
    if "type" not in rule:
        raise BadElementError(f"{place}.type", "is missing", hint="permit or deny")
    _check_actions(rule, place)
    permit = rule["type"] == "permit"
    since, until = read_period(rule.get("period", {}), f"{place}.period")
    return Provision(
        permit,
        _sections(rule, place, whole=permit and whole),
        tuple(_name(each, f"{place}.actor[{n}]") for n, each in enumerate(rule.get("actor", ()))),
        _purposes(rule, place),
        since,
        until,
    )


def _check_actions(rule: Json, place: str) -> None:
    """Refuse a rule about writing: here nothing is asked but whether a chart may be opened."""
    for n, action in enumerate(rule.get("action", ())):
        if not {code for _, code in _codes(action)} <= _ACTIONS or not action.get("coding"):
            raise _cannot(f"{place}.action[{n}]")
    named = {code for action in rule.get("action", ()) for _, code in _codes(action)}
    if named and "access" not in named:
        raise BadElementError(
            f"{place}.action", "cannot be told from access here", hint="name access as well"
        )


def _purposes(rule: Json, place: str) -> tuple[str, ...]:
    found = tuple(each.get("code", "") for each in rule.get("purpose", ()))
    for n, code in enumerate(found):
        if code not in _ASKED:
            hint = f"one of {', '.join(sorted(_ASKED))}; break-glass passes every consent"
            raise BadElementError(f"{place}.purpose[{n}]", "is never asked here", hint=hint)
    return found


def _name(actor: Json, place: str) -> str:
    """Give the name of a person or role: an identifier of this house, else the display."""
    if not {code for _, code in _codes(actor["role"])} <= _RECIPIENTS or "extension" in actor:
        raise BadElementError(
            f"{place}.role", "only who receives can be named", hint="PRCP or IRCP, or no coding"
        )
    reference = actor["reference"]
    name = _named(reference, place)
    if len(name) > LONGEST:
        raise BadElementError(f"{place}.reference", "is longer than any name here")
    return name


def _named(reference: Json, place: str) -> str:
    identifier = reference.get("identifier")
    if identifier is not None:
        if identifier.get("system") not in NAMES or not identifier.get("value"):
            hint = f"a system of {', '.join(sorted(NAMES))}"
            raise BadElementError(
                f"{place}.reference.identifier", "names nobody of this house", hint=hint
            )
        return str(identifier["value"])
    if not reference.get("display"):
        raise BadElementError(
            f"{place}.reference", "does not say who logs in", hint="add an identifier or display"
        )
    return str(reference["display"])


def _sections(rule: Json, place: str, *, whole: bool) -> int:
    """Give the sections a rule is about, 0 for all: those of its classes and of its labels."""
    classes = rule.get("class", ())
    labels = rule.get("securityLabel", ())
    found = 0 if classes else _EVERY
    for n, each in enumerate(classes):
        found |= _class_bits(each, f"{place}.class[{n}]", whole=whole)
    if labels:
        _check_labels(labels, place, whole=whole)
        found &= 1 << Section.RESTRICTED
    if not found:
        raise BadElementError(place, "nothing is both of this class and so labelled")
    return found if classes or labels else 0


def _class_bits(coding: Json, place: str, *, whole: bool) -> int:
    system, code = coding.get("system"), coding.get("code", "")
    if system == SECTION_SYSTEM:
        named = {section.name.lower(): section for section in CHART_SECTIONS}
        if code not in named:
            raise BadElementError(
                place, "is no section of a chart", hint=f"one of {', '.join(sorted(named))}"
            )
        return 1 << named[code]
    if system != TYPE_SYSTEM or code not in SECTIONS:
        hint = f"{SECTION_SYSTEM}, or a type of {TYPE_SYSTEM}"
        raise BadElementError(place, "is no class this house knows", hint=hint)
    if whole:
        raise BadElementError(
            place,
            "a permit of one type would open its whole section",
            hint=f"name sections, system {SECTION_SYSTEM}",
        )
    faced = 1 << Section.FACE if code in FACE_KINDS else 0
    return 1 << SECTIONS[code] | 1 << Section.RESTRICTED | faced


def _check_labels(labels: list[Json], place: str, *, whole: bool) -> None:
    """Refuse labels that do not restrict, and a permit of less than the restricted section."""
    for n, each in enumerate(labels):
        if each.get("code") not in RESTRICTING.get(each.get("system", ""), ()):
            raise _cannot(f"{place}.securityLabel[{n}]")
    if whole and "V" not in {each.get("code") for each in labels}:
        raise BadElementError(
            f"{place}.securityLabel",
            "a permit of these labels would open all that is restricted",
            hint="permit V, very restricted, if that is meant",
        )


def _codes(concept: Json) -> Iterable[tuple[str, str]]:
    return ((each.get("system", ""), each.get("code", "")) for each in concept.get("coding", ()))


def _cannot(place: str) -> BadElementError:
    return BadElementError(place, "cannot be enforced here", hint="see docs/formats/consent.md")
