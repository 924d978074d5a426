"""What an association is about: requests, acceptances and rejections as bytes (PS3.8 9.3.2-9.3.4).

`pynetdicom` reads and writes the items; here it is decided which contexts are taken. A transfer
syntax is taken as proposed, whatever it compresses with: what comes is kept as it comes.
"""

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from pydicom.uid import (
    UID,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)
from pynetdicom.pdu import A_ASSOCIATE_AC, A_ASSOCIATE_RJ, A_ASSOCIATE_RQ
from pynetdicom.pdu_primitives import (
    A_ASSOCIATE,
    ImplementationClassUIDNotification,
    ImplementationVersionNameNotification,
    MaximumLengthNotification,
    SCP_SCU_RoleSelectionNegotiation,
)
from pynetdicom.presentation import PresentationContext, build_context

from chartkeep.imaging.dimse.channel import MOST_PDU, GarbageError

APPLICATION = "1.2.840.10008.3.1.1.1"
IMPLEMENTATION = "2.25.197381260155291487209468301923470153209"
VERSION = "CHARTKEEP_1"
"""Both stand in every file we make from a C-STORE: another version of ours keeps them."""
LEAST_PDU = 1_024
HEADER = 6
"""Bytes of a PDV's header: length, context, control."""

ACCEPTED, NO_CLASS, NO_SYNTAX = 0, 3, 4


class Context(NamedTuple):
    """An accepted presentation context: which class, in which transfer syntax."""

    number: int
    abstract: str
    syntax: str


class Proposal(NamedTuple):
    """Something proposed: `provider` asks to be the SCP of it (role selection)."""

    abstract: str
    syntaxes: tuple[str, ...]
    provider: bool = False


class Request(NamedTuple):
    """An A-ASSOCIATE-RQ as far as it is asked for; titles without padding."""

    calling: str
    called: str
    most: int
    proposed: list[PresentationContext]
    raw: A_ASSOCIATE


def read_request(body: bytes) -> Request:
    """Read the body of an A-ASSOCIATE-RQ. Raises GarbageError."""
    pdu = A_ASSOCIATE_RQ()
    asked = _decode(pdu, 1, body)
    if asked.application_context_name != APPLICATION:
        raise GarbageError("not an association of DICOM")
    return Request(
        asked.calling_ae_title.strip(),
        asked.called_ae_title.strip(),
        _most_of(asked),
        asked.presentation_context_definition_list,
        asked,
    )


Syntaxes = Callable[[UID], bool]
"""Says which transfer syntaxes are taken."""


def choose(
    proposed: Iterable[PresentationContext], offers: Callable[[str], Syntaxes | None]
) -> list[PresentationContext]:
    """Take or refuse each proposed context; of several syntaxes the first that is not outdated.

    `offers` says which syntaxes are taken of a class, None for a class that is not served.
    """
    answers = []
    for asked in proposed:
        takes = offers(str(asked.abstract_syntax))
        syntaxes = [each for each in asked.transfer_syntax if takes is not None and takes(each)]
        syntaxes.sort(key=lambda each: each == ExplicitVRBigEndian)  # retired in 2006
        answer = PresentationContext()
        answer.context_id = asked.context_id
        answer.abstract_syntax = asked.abstract_syntax
        named = next(iter([*syntaxes, *asked.transfer_syntax]), ImplicitVRLittleEndian)
        answer.add_transfer_syntax(named)
        answer.result = NO_CLASS if takes is None else ACCEPTED if syntaxes else NO_SYNTAX
        answers.append(answer)
    return answers


def is_syntax(uid: UID) -> bool:
    """Say whether this is any transfer syntax of the standard: all of them are kept as they come.

    A private one is refused: nobody could tell where in it the pixels begin.
    """
    return not uid.is_private and uid.is_transfer_syntax


def is_plain(uid: UID) -> bool:
    """Say whether this is a syntax for queries and reports: little endian, never deflated."""
    return uid in {ImplicitVRLittleEndian, ExplicitVRLittleEndian}


def accepted(answers: Iterable[PresentationContext]) -> dict[int, Context]:
    """Give the contexts that were taken, by number."""
    found = {}
    for each in answers:
        if each.result == ACCEPTED and each.context_id is not None:
            syntax = str(each.transfer_syntax[0])
            found[each.context_id] = Context(each.context_id, str(each.abstract_syntax), syntax)
    return found


def write_acceptance(request: Request, answers: list[PresentationContext]) -> bytes:
    """Write the body of an A-ASSOCIATE-AC."""
    told = A_ASSOCIATE()
    told.application_context_name = UID(APPLICATION)
    told.calling_ae_title = request.raw.calling_ae_title
    told.called_ae_title = request.raw.called_ae_title
    told.result, told.result_source = ACCEPTED, 1
    told.presentation_context_definition_results_list = answers
    told.user_information = _about_us()
    return A_ASSOCIATE_AC(told).encode()[6:]


def write_rejection(result: int, source: int, reason: int) -> bytes:
    """Write the body of an A-ASSOCIATE-RJ."""
    told = A_ASSOCIATE()
    told.result, told.result_source, told.diagnostic = result, source, reason
    return A_ASSOCIATE_RJ(told).encode()[6:]


def write_request(calling: str, called: str, proposals: list[Proposal]) -> bytes:
    """Write the body of an A-ASSOCIATE-RQ; its contexts are numbered 1, 3, 5, in their order."""
    asked = A_ASSOCIATE()
    asked.application_context_name = UID(APPLICATION)
    asked.calling_ae_title, asked.called_ae_title = calling, called
    contexts = [build_context(each.abstract, list(each.syntaxes)) for each in proposals]
    for number, context in enumerate(contexts):
        context.context_id = 2 * number + 1
    asked.presentation_context_definition_list = contexts
    roles = [_provider_of(each.abstract) for each in proposals if each.provider]
    asked.user_information = [*_about_us(), *roles]
    return A_ASSOCIATE_RQ(asked).encode()[6:]


def read_acceptance(body: bytes, proposals: list[Proposal]) -> tuple[dict[int, Context], int]:
    """Read the body of an A-ASSOCIATE-AC: contexts taken, and the longest PDU the peer takes."""
    told = _decode(A_ASSOCIATE_AC(), 2, body)
    classes = {2 * number + 1: each.abstract for number, each in enumerate(proposals)}
    found = {}
    for each in told.presentation_context_definition_results_list:
        number = each.context_id
        if each.result == ACCEPTED and number in classes and each.transfer_syntax:
            found[number] = Context(number, classes[number], str(each.transfer_syntax[0]))
    return found, _most_of(told)


def _decode(pdu: A_ASSOCIATE_RQ | A_ASSOCIATE_AC, kind: int, body: bytes) -> A_ASSOCIATE:
    try:
        pdu.decode(bytes((kind, 0)) + len(body).to_bytes(4, "big") + body)
        return pdu.to_primitive()
    except Exception as error:  # its readers raise whatever their bytes make them
        raise GarbageError("not a readable association request") from error


def _most_of(told: A_ASSOCIATE) -> int:
    """Read the longest P-DATA the other side takes; it may leave it open."""
    return max(min(told.maximum_length_received or MOST_PDU, MOST_PDU), LEAST_PDU)


def _about_us() -> list[Any]:
    length = MaximumLengthNotification()
    length.maximum_length_received = MOST_PDU
    name = ImplementationClassUIDNotification()
    name.implementation_class_uid = UID(IMPLEMENTATION)
    version = ImplementationVersionNameNotification()
    version.implementation_version_name = VERSION
    return [length, name, version]


def _provider_of(abstract: str) -> SCP_SCU_RoleSelectionNegotiation:
    role = SCP_SCU_RoleSelectionNegotiation()
    role.sop_class_uid = UID(abstract)
    role.scu_role, role.scp_role = False, True
    return role
