"""Modalities at a real house: what is answered with success is there, and opens for people only."""

import io
from collections.abc import Iterator
from typing import NamedTuple

import pytest
from pydicom import Dataset, dcmread
from pynetdicom.sop_class import StorageCommitmentPushModel as Commitment

from chartkeep.clinical.issuers import Issuers
from chartkeep.custody.clearing import inbox_look, list_inbox
from chartkeep.errors import NotAllowedError
from chartkeep.imaging.dimse.command import Tag
from chartkeep.imaging.dimse.committing import THE_INSTANCE, Committing
from chartkeep.imaging.dimse.negotiating import Proposal
from chartkeep.imaging.dimse.requesting import associated
from chartkeep.imaging.dimse.service import Echo
from chartkeep.imaging.dimse.storing import Storing
from chartkeep.imaging.instance import Instance, read_instance
from chartkeep.imaging.taking import Taker
from chartkeep.inventor.dicom import XRAY, Where, Whose, invent_uid, xray
from chartkeep.model import ChartId, Section
from chartkeep.wiring.modalities import stands_in, take_into
from tests.house import HouseRun
from tests.imaging.dimse.conftest import CT, OURS, Site
from tests.imaging.dimse.test_committing import Heard, request
from tests.imaging.dimse.test_storing import store as command
from tests.records import put

MRN = "http://minato.example/mrn"
LINDA = Whose("4711", "MINATO", "Sato^Linda", "19500102")
STRANGER = LINDA._replace(number="9999")


class Radiology(NamedTuple):
    """A house that knows Linda, with a listener for its modality."""

    house: HouseRun
    site: Site
    chart: ChartId

    def instances(self) -> list[Instance]:
        self.house.admit(self.chart)
        token = self.house.login("aiko")
        found = self.house.open(token, self.chart, frozenset({Section.IMAGING}))
        return [
            read_instance(each.raw) for each in found.entries if each.header.kind == "DicomInstance"
        ]


@pytest.fixture
def radiology(house: HouseRun) -> Iterator[Radiology]:
    identifier = [{"system": MRN, "value": "4711"}]
    names = [{"family": "Sato", "given": ["Linda"]}]
    sent = house.send(
        put("Patient", "a", identifier=identifier, name=names, birthDate="1950-01-02")
    )
    taker = Taker(house.engine, Issuers({"MINATO": MRN}))
    services = [
        Echo(),
        Storing(take_into(taker)),
        Committing(stands_in(house.engine), OURS),
    ]
    site = Site([CT._replace(issuer=MRN)], services)
    yield Radiology(house, site, sent.charts[0])
    site.listener.stop()


def picture(number: int = 1, whose: Whose = LINDA) -> Dataset:
    series = invent_uid("study", "series")
    instance = invent_uid("study", "series", number)
    where = Where(invent_uid("study"), series, instance, "20261122", "081500", "A-1", number)
    return dcmread(io.BytesIO(xray(whose, where, 16)))


def store(radiology: Radiology, *pictures: Dataset) -> list[int]:
    with radiology.site.associated(XRAY) as association:
        return [int(association.send_c_store(each).Status) for each in pictures]


def test_what_is_sent_lies_in_the_chart_of_its_patient_once(radiology: Radiology) -> None:
    assert store(radiology, picture(1), picture(2)) == [0, 0]
    assert store(radiology, picture(2)) == [0]
    found = {each.instance for each in radiology.instances()}
    assert found == {picture(1).SOPInstanceUID, picture(2).SOPInstanceUID}


def test_what_nobody_can_place_is_a_success_and_waits_in_the_inbox(radiology: Radiology) -> None:
    assert store(radiology, picture(1, STRANGER)) == [0]
    token = radiology.house.login("hiro")
    (waiting,) = list_inbox(inbox_look(token), radiology.house.desk)
    assert waiting.row.door == "dicom"
    assert not radiology.instances()


def test_only_what_lies_in_a_chart_is_committed(radiology: Radiology) -> None:
    store(radiology, picture(1), picture(2, STRANGER))
    heard = Heard()
    with radiology.site.associated(Commitment, handlers=heard.handlers) as association:
        uids = [picture(n).SOPInstanceUID for n in (1, 2, 3)]
        association.send_n_action(request(*uids), 1, Commitment, THE_INSTANCE)
        assert heard.came.wait(30)
    (_, report) = heard.reports[0]
    assert [i.ReferencedSOPInstanceUID for i in report.ReferencedSOPSequence] == uids[:1]
    assert [i.ReferencedSOPInstanceUID for i in report.FailedSOPSequence] == uids[1:]


@pytest.mark.attack
def test_the_same_uid_with_other_bytes_is_a_duplicate_and_changes_nothing(
    radiology: Radiology,
) -> None:
    forged = picture(1)
    forged.PixelData = bytes(len(forged.PixelData))
    assert store(radiology, picture(1), forged) == [0, 0x0111]
    (instance,) = radiology.instances()
    assert instance.instance == forged.SOPInstanceUID


@pytest.mark.attack
def test_an_object_that_says_it_is_another_is_told_so(radiology: Radiology) -> None:
    data = io.BytesIO()
    picture(1).save_as(data)
    dataset = data.getvalue()[data.getvalue().index(b"\x08\0\x05\0") :]
    us = CT._replace(aet=OURS, address="127.0.0.1", port=radiology.site.port)
    proposals = [Proposal(XRAY, ("1.2.840.10008.1.2.1",))]
    with associated(CT.aet, us, proposals, None) as association:
        association.send(association.contexts[1], command("1.2.3", XRAY), [dataset])
        answer = association.receive()
    assert answer is not None
    assert answer.command.number(Tag.STATUS) == 0xA900
    assert [each.instance for each in radiology.instances()] == [picture(1).SOPInstanceUID]


@pytest.mark.attack
def test_while_the_store_is_away_nothing_is_acknowledged_and_later_all_of_it_is(
    radiology: Radiology,
) -> None:
    assert store(radiology, picture(1)) == [0]
    radiology.house.stop_store()
    assert store(radiology, picture(2)) == [0xA700]
    radiology.house.start_store()
    assert store(radiology, picture(2)) == [0]
    assert len(radiology.instances()) == 2


@pytest.mark.attack
def test_a_stolen_intake_opens_nothing(radiology: Radiology) -> None:
    store(radiology, picture(1))
    token = radiology.house.login("aiko")
    with pytest.raises(NotAllowedError):
        radiology.house.open(
            token, radiology.chart, frozenset({Section.IMAGING}), house=radiology.house.engine
        )
