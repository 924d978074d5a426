"""Stations at a real house: what they find and move is their role's, counted, and a line each."""

import datetime as dt
import io
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, NamedTuple

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pydicom import Dataset, dcmread
from pydicom.data import get_testdata_file
from pydicom.uid import ImplicitVRLittleEndian
from pynetdicom import AE, evt
from pynetdicom.sop_class import (
    ModalityWorklistInformationFind,
    PatientRootQueryRetrieveInformationModelFind,
    StudyRootQueryRetrieveInformationModelFind,
    StudyRootQueryRetrieveInformationModelMove,
)

from chartkeep.clinical.issuers import Issuers
from chartkeep.custody.charts import Charts
from chartkeep.custody.journal import Journal
from chartkeep.imaging.arriving import File
from chartkeep.imaging.dimse.command import NO_DATA, Command, Field, Tag
from chartkeep.imaging.dimse.desk import Desk
from chartkeep.imaging.dimse.finding import Finding
from chartkeep.imaging.dimse.identifiers import write_row
from chartkeep.imaging.dimse.moving import Moving
from chartkeep.imaging.dimse.negotiating import Proposal
from chartkeep.imaging.dimse.peers import Peer, Peers, Right
from chartkeep.imaging.dimse.requesting import associated
from chartkeep.imaging.dimse.service import Echo
from chartkeep.imaging.dimse.stations import Stations
from chartkeep.imaging.dimse.worklist import Worklist
from chartkeep.imaging.pixels.pool import Pixels
from chartkeep.imaging.taking import Sender, Taker
from chartkeep.inventor.dicom import XRAY, Where, Whose, invent_uid, xray
from chartkeep.keyholder import actions
from chartkeep.model import ChartId, Section
from tests.house import HouseRun
from tests.imaging.dimse.conftest import LOOPBACK, OURS, Site
from tests.records import put
from tests.sealing.assertions import pem, private

MRN = "http://minato.example/mrn"
ISSUERS = Issuers({"MINATO": MRN})
LINDA = Whose("4711", "MINATO", "Sato^Linda=佐藤^リンダ", "19500102")
FIND = StudyRootQueryRetrieveInformationModelFind
MOVE = StudyRootQueryRetrieveInformationModelMove
PATIENTS = PatientRootQueryRetrieveInformationModelFind
LIST = ModalityWorklistInformationFind
MR_IMAGE = "1.2.840.10008.5.1.4.1.1.4"
DCM = "http://dicom.nema.org/resources/ontology/DCM"
ACSN = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v2-0203", "code": "ACSN"}]}
READER = frozenset({Right.FIND, Right.MOVE})
RAD1 = Peer("RAD1", LOOPBACK, READER)
CT1 = Peer("CT1", LOOPBACK, frozenset({Right.WORKLIST}))
ROGUE = Peer("ROGUE", LOOPBACK, READER)


def spot(number: int, series: int = 1, study: str = "a") -> Where:
    return Where(
        invent_uid(study), invent_uid(study, series), invent_uid(study, series, number),
        "20261122", "081500", "A-17", number,
    )  # fmt: skip


def picture(number: int, series: int = 1, study: str = "a") -> bytes:
    return xray(LINDA, spot(number, series, study), 16)


class Store:
    """A destination: an SCP of `pynetdicom` that keeps what it is sent."""

    def __init__(self, kind: str = XRAY, *syntaxes: str) -> None:
        self.came: list[Dataset] = []
        self.status = 0
        self.ae = ae = AE(ae_title="PACS2")
        ae.add_supported_context(kind, list(syntaxes) or None)
        self.server = ae.start_server(
            ("127.0.0.1", 0), block=False, evt_handlers=[(evt.EVT_C_STORE, self._take)]
        )
        assert self.server is not None
        port = self.server.socket.getsockname()[1]
        self.peer = Peer("PACS2", LOOPBACK, frozenset(), "", "127.0.0.1", port)

    def _take(self, event: evt.Event) -> int:
        dataset = event.dataset
        dataset.file_meta = event.file_meta
        self.came.append(dataset)
        return self.status


class Radiology(NamedTuple):
    """A house with a study of Linda's, and a listener that answers its stations."""

    house: HouseRun
    site: Site
    chart: ChartId
    store: Store
    journal: Journal

    def find(self, model: str, calling: str = "RAD1", **asked: Any) -> list[Dataset]:
        query = Dataset()
        for keyword, value in asked.items():
            setattr(query, keyword, value)
        with self.site.associated(model, calling=calling) as association:
            answers = [(s.Status, row) for s, row in association.send_c_find(query, model)]
        assert [status for status, _ in answers[:-1]] == [0xFF00] * (len(answers) - 1)
        return [row for _, row in answers[:-1]]

    def status(self, model: str, calling: str = "RAD1", **asked: Any) -> int:
        query = Dataset()
        for keyword, value in asked.items():
            setattr(query, keyword, value)
        with self.site.associated(model, calling=calling) as association:
            return int([s.Status for s, _ in association.send_c_find(query, model)][-1])

    def move(self, to: str = "PACS2", **asked: Any) -> list[tuple[Dataset, Dataset | None]]:
        query = Dataset()
        for keyword, value in asked.items():
            setattr(query, keyword, value)
        with self.site.associated(MOVE, calling="RAD1") as association:
            return list(association.send_c_move(query, to, MOVE))


def key(_: str) -> bytes:
    raw = private("EdDSA").private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return bytes(raw)


@pytest.fixture
def old() -> Iterator[Store]:
    """A peer that knows X-ray and MR, in implicit little endian and nothing else."""
    made = Store(XRAY, ImplicitVRLittleEndian)
    made.ae.add_supported_context(MR_IMAGE, ImplicitVRLittleEndian)
    made.server.contexts = made.ae.supported_contexts
    yield made
    made.server.shutdown()


@pytest.fixture
def radiology(house: HouseRun, old: Store) -> Iterator[Radiology]:
    desk = house.desk.keyholder
    erik, fumi = house.login("erik"), house.login("fumi")
    for name, role in (("RAD1", "viewing station"), ("CT1", "modality")):
        added = actions.AddProgram(name, role, pem("EdDSA"), "")
        desk.approve(fumi, desk.act(erik, added).proposal)
    names = [{"family": "Sato", "given": ["Linda"]}, {"text": "佐藤 リンダ"}]
    identifier = [{"system": MRN, "value": "4711"}]
    today = dt.datetime.fromtimestamp(house.now() / 1000, dt.UTC).date().isoformat()
    order = {
        "status": "active",
        "intent": "order",
        "identifier": [
            {"type": ACSN, "system": "http://minato.example/accession", "value": "A-17"}
        ],
        "code": {"text": "CT thorax"},
        "orderDetail": [{"coding": [{"system": DCM, "code": "CT"}]}],
        "subject": {"reference": "Patient/a"},
        "occurrenceDateTime": f"{today}T09:30:00Z",
    }
    sent = house.send(
        put("Patient", "a", identifier=identifier, name=names, birthDate="1950-01-02"),
        put("ServiceRequest", "o", **order),
    )
    taker = Taker(house.engine, ISSUERS)
    for number, series in ((1, 1), (2, 1), (3, 2)):
        outcome = taker.take_one(File(io.BytesIO(picture(number, series))), Sender("CT3", MRN))
        assert outcome.error is None
    serve, store = house.join("serve"), Store()
    journal = Journal(serve)
    pixels = Pixels()
    reading = Desk(Charts(serve), journal, Stations(serve, key), ISSUERS)
    peers = [RAD1, CT1, ROGUE, store.peer, old.peer._replace(aet="OLD")]
    services = [
        Echo(),
        Finding(reading),
        Moving(reading, pixels, Peers(OURS, peers), OURS),
        Worklist(reading),
    ]
    site = Site(peers, services)
    yield Radiology(house, site, sent.charts[0], store, journal)
    site.listener.stop()
    pixels.close()
    journal.close()
    with suppress(OSError, ValueError):  # a test may have ended it
        store.server.shutdown()


def test_a_study_is_found_by_what_its_face_tells(radiology: Radiology) -> None:
    for asked in (
        {"PatientID": "4711"},
        {"PatientName": "Sato*"},
        {"AccessionNumber": "A-17"},
        {"StudyDate": "20261122", "ModalitiesInStudy": "CR"},
        {"StudyInstanceUID": spot(1).study},
    ):
        wanted = {"PatientID": "", "StudyInstanceUID": "", "NumberOfStudyRelatedInstances": None}
        (row,) = radiology.find(FIND, QueryRetrieveLevel="STUDY", **wanted | asked)
        assert (row.PatientID, row.StudyInstanceUID) == ("4711", spot(1).study)
        assert row.NumberOfStudyRelatedInstances == 3


def test_names_come_back_as_they_are_spelled(radiology: Radiology) -> None:
    (row,) = radiology.find(
        PATIENTS, QueryRetrieveLevel="PATIENT", PatientID="4711", PatientName="", PatientSex=""
    )
    assert row.PatientName.alphabetic == "Sato^Linda"
    assert row.PatientName.ideographic.startswith("佐藤")
    assert "StudyInstanceUID" not in row


def test_series_and_images_are_listed_in_their_study(radiology: Radiology) -> None:
    asked = {"StudyInstanceUID": spot(1).study, "SeriesInstanceUID": "", "Modality": ""}
    series = radiology.find(
        FIND, QueryRetrieveLevel="SERIES", NumberOfSeriesRelatedInstances=None, **asked
    )
    assert sorted(int(row.NumberOfSeriesRelatedInstances) for row in series) == [1, 2]
    images = radiology.find(FIND, QueryRetrieveLevel="IMAGE", SOPInstanceUID="", **asked)
    assert len({row.SOPInstanceUID for row in images}) == 3


def test_a_study_is_moved_byte_for_byte_and_counted(radiology: Radiology) -> None:
    answers = radiology.move(QueryRetrieveLevel="STUDY", StudyInstanceUID=spot(1).study)
    last, _ = answers[-1]
    assert (last.Status, last.NumberOfCompletedSuboperations) == (0, 3)
    assert [s.NumberOfRemainingSuboperations for s, _ in answers[:-1]] == [2, 1, 0]
    came = {each.SOPInstanceUID: each for each in radiology.store.came}
    for number, within in ((1, 1), (2, 1), (3, 2)):
        sent = dcmread(io.BytesIO(picture(number, within)))
        assert came[sent.SOPInstanceUID] == sent


def test_one_series_and_one_image_are_moved_alone(radiology: Radiology) -> None:
    one = spot(3, 2)
    uids = {"StudyInstanceUID": one.study, "SeriesInstanceUID": one.series}
    radiology.move(QueryRetrieveLevel="SERIES", **uids)
    assert [each.SOPInstanceUID for each in radiology.store.came] == [one.instance]
    radiology.move(QueryRetrieveLevel="IMAGE", SOPInstanceUID=one.instance, **uids)
    assert len(radiology.store.came) == 2


def test_what_the_destination_refuses_is_named(radiology: Radiology) -> None:
    radiology.store.status = 0xA700
    last, failed = radiology.move(QueryRetrieveLevel="STUDY", StudyInstanceUID=spot(1).study)[-1]
    assert (last.Status, last.NumberOfFailedSuboperations) == (0xA702, 3)
    assert failed is not None
    assert len(failed.FailedSOPInstanceUIDList) == 3


def test_a_peer_that_takes_the_default_syntax_only_gets_everything_in_it(
    radiology: Radiology, old: Store
) -> None:
    last, _ = radiology.move("OLD", QueryRetrieveLevel="STUDY", StudyInstanceUID=spot(1).study)[-1]
    assert (last.Status, last.NumberOfCompletedSuboperations) == (0, 3)
    sent = dcmread(io.BytesIO(picture(1)))
    (came,) = (each for each in old.came if each.SOPInstanceUID == sent.SOPInstanceUID)
    assert came.file_meta.TransferSyntaxUID == ImplicitVRLittleEndian
    assert came.PixelData == sent.PixelData


def test_what_is_compressed_is_unpacked_for_a_peer_that_cannot(
    radiology: Radiology, old: Store
) -> None:
    sent = dcmread(get_testdata_file("MR_small_RLE.dcm"))
    sent.PatientID, sent.PatientName, sent.PatientBirthDate = "4711", "Sato^Linda", "19500102"
    raw = io.BytesIO()
    sent.save_as(raw)
    raw.seek(0)
    assert Taker(radiology.house.engine, ISSUERS).take_one(File(raw), Sender("MR", MRN)).chart
    study = {"QueryRetrieveLevel": "STUDY", "StudyInstanceUID": sent.StudyInstanceUID}
    assert radiology.move("PACS2", **study)[-1][0].Status == 0xA702
    assert radiology.move("OLD", **study)[-1][0].Status == 0
    assert old.came[0].PixelData == dcmread(get_testdata_file("MR_small.dcm")).PixelData


@pytest.mark.parametrize("field", [Field.FIND, Field.MOVE])
def test_who_has_heard_enough_is_told_no_more(radiology: Radiology, field: Field) -> None:
    model = FIND if field == Field.FIND else MOVE
    us = Peer(OURS, LOOPBACK, frozenset(), "", "127.0.0.1", radiology.site.port)
    query = Dataset()
    query.QueryRetrieveLevel, query.StudyInstanceUID = "IMAGE", spot(1).study
    query.SOPInstanceUID = ""
    asking = Command({Tag.FIELD: field, Tag.MESSAGE: 7, Tag.AFFECTED_CLASS: model, Tag.DATA: 0})
    asking[Tag.DESTINATION] = "PACS2"
    enough = Command({Tag.FIELD: Field.CANCEL, Tag.ABOUT: 7, Tag.DATA: NO_DATA})
    proposals = [Proposal(model, (ImplicitVRLittleEndian,))]
    with associated("RAD1", us, proposals, None) as association:
        context = association.contexts[1]
        association.send(context, asking, [write_row(query.to_json_dict(), context.syntax)])
        association.send(context, enough)
        answer = association.receive()
    assert answer is not None
    assert answer.command.number(Tag.STATUS) == 0xFE00
    assert not radiology.store.came


@pytest.mark.attack
def test_pictures_go_to_registered_peers_only(radiology: Radiology) -> None:
    study = {"QueryRetrieveLevel": "STUDY", "StudyInstanceUID": spot(1).study}
    assert radiology.move("NOWHERE", **study)[-1][0].Status == 0xA801
    assert radiology.move("CT1", **study)[-1][0].Status == 0xA801
    assert "release" not in radiology.house.verbs()[-3:]


def test_a_destination_that_is_away_fails_all_of_it(radiology: Radiology) -> None:
    radiology.store.server.shutdown()
    last, _ = radiology.move(QueryRetrieveLevel="STUDY", StudyInstanceUID=spot(1).study)[-1]
    assert (last.Status, last.NumberOfFailedSuboperations) == (0xA702, 3)


def test_every_find_and_move_is_lines_with_the_machines_name_and_notes(
    radiology: Radiology,
) -> None:
    radiology.find(FIND, QueryRetrieveLevel="STUDY", PatientID="4711")
    radiology.move(QueryRetrieveLevel="STUDY", StudyInstanceUID=spot(1).study)
    verbs = [line.verb for line in radiology.house.lines() if line.person == "RAD1"]
    assert verbs.count("login") == 1
    assert {"search", "release"} <= set(verbs)
    radiology.journal.flush()
    desk = radiology.house.desk
    assert "Journal" in desk.store.kinds([desk.chart], [int(Section.JOURNAL)])


def test_a_modality_sees_who_is_scheduled_and_one_study_for_it(radiology: Radiology) -> None:
    step = Dataset()
    step.Modality, step.ScheduledProcedureStepStartDate = "CT", ""
    step.ScheduledStationAETitle = step.ScheduledProcedureStepDescription = ""
    asked = {
        "ScheduledProcedureStepSequence": [step], "PatientName": "", "PatientID": "",
        "AccessionNumber": "", "StudyInstanceUID": "",
    }  # fmt: skip
    (row,) = radiology.find(LIST, calling="CT1", **asked)
    (again,) = radiology.find(LIST, calling="CT1", **asked)
    assert (row.PatientID, row.AccessionNumber) == ("4711", "A-17")
    (planned,) = row.ScheduledProcedureStepSequence
    assert (planned.Modality, planned.ScheduledStationAETitle) == ("CT", "CT1")
    assert planned.ScheduledProcedureStepDescription == "CT thorax"
    assert row.StudyInstanceUID == again.StudyInstanceUID
    step.Modality = "MR"
    assert not radiology.find(LIST, calling="CT1", **asked)
    step.Modality, asked["AccessionNumber"] = "", "A-17"
    assert len(radiology.find(LIST, calling="CT1", **asked)) == 1
    asked |= {"AccessionNumber": "*", "PatientID": "*", "PatientName": "sato*"}
    assert len(radiology.find(LIST, calling="CT1", **asked)) == 1
    asked |= {"AccessionNumber": "", "PatientID": "4711"}
    assert len(radiology.find(LIST, calling="CT1", **asked)) == 1


@pytest.mark.attack
def test_a_station_without_a_registered_key_or_right_finds_nothing(radiology: Radiology) -> None:
    assert radiology.status(FIND, "ROGUE", QueryRetrieveLevel="STUDY", PatientID="4711") == 0x0124
    with radiology.site.associated(FIND, calling="CT1") as association:
        assert not association.accepted_contexts
    with radiology.site.associated(LIST, calling="RAD1") as association:
        assert not association.accepted_contexts


@pytest.mark.attack
def test_a_frozen_station_finds_nothing_and_the_others_go_on(radiology: Radiology) -> None:
    asked = {"QueryRetrieveLevel": "STUDY", "PatientID": "4711", "StudyInstanceUID": ""}
    assert radiology.find(FIND, **asked)
    dewi = radiology.house.login("dewi")
    radiology.house.desk.keyholder.act(dewi, actions.Freeze("person", "RAD1"))
    assert radiology.status(FIND, **asked) == 0x0124
    step = Dataset()
    step.Modality = "CT"
    assert radiology.find(LIST, calling="CT1", ScheduledProcedureStepSequence=[step])


@pytest.mark.attack
def test_a_find_of_everything_is_refused(radiology: Radiology) -> None:
    asked = {"QueryRetrieveLevel": "STUDY", "StudyInstanceUID": ""}
    assert radiology.status(FIND, **asked) == 0xC000
    assert radiology.status(FIND, **asked, PatientName="*") == 0xC000
    assert radiology.status(FIND, QueryRetrieveLevel="SERIES", SeriesInstanceUID="") == 0xC000
    assert radiology.status(FIND, QueryRetrieveLevel="WHAT") == 0xC000


@pytest.mark.attack
def test_a_station_moves_no_more_charts_than_its_budget(radiology: Radiology) -> None:
    radiology.house.clock.move(minutes=2)
    desk = radiology.house.desk.keyholder
    erik, fumi = radiology.house.login("erik"), radiology.house.login("fumi")
    none = actions.SetLimit("person", "RAD1", "chart", 3_600_000, 0)
    desk.approve(fumi, desk.act(erik, none).proposal)
    last, _ = radiology.move(QueryRetrieveLevel="STUDY", StudyInstanceUID=spot(1).study)[-1]
    assert last.Status == 0xA700
    assert not radiology.store.came
