"""Storage commitment: what is in a chart is committed, and nothing else."""

import threading

import pytest
from pydicom import Dataset
from pynetdicom import AE, evt
from pynetdicom.sop_class import StorageCommitmentPushModel as Commitment

from chartkeep.imaging.dimse.command import Command, Field, Tag
from chartkeep.imaging.dimse.committing import THE_INSTANCE
from chartkeep.imaging.dimse.identifiers import write_row
from chartkeep.imaging.dimse.negotiating import Proposal
from chartkeep.imaging.dimse.peers import Peers
from chartkeep.imaging.dimse.requesting import associated
from tests.imaging.dimse.conftest import CT, OURS, Taking

CT_CLASS = "1.2.840.10008.5.1.4.1.1.2"
ACTION = Command(
    {
        Tag.FIELD: Field.ACT,
        Tag.MESSAGE: 1,
        Tag.DATA: 0,
        Tag.REQUESTED_CLASS: Commitment,
        Tag.REQUESTED_INSTANCE: THE_INSTANCE,
        Tag.ACTION: 1,
    }
)


class Heard:
    """The reports a modality hears; `came` when it has answered: hanging up before breaks it."""

    def __init__(self) -> None:
        self.reports: list[tuple[int, Dataset]] = []
        self.came = threading.Event()
        self.handlers = [(evt.EVT_N_EVENT_REPORT, self._hear), (evt.EVT_PDU_SENT, self._sent)]
        self._answered = 0

    def _hear(self, event: evt.Event) -> tuple[int, None]:
        self.reports.append((event.event_type, event.event_information))
        return 0, None

    def _sent(self, _event: evt.Event) -> None:
        if self._answered < len(self.reports):
            self._answered += 1
            self.came.set()


def request(*instances: str) -> Dataset:
    found = Dataset()
    found.TransactionUID = "2.25.77"
    found.ReferencedSOPSequence = []
    for instance in instances:
        item = Dataset()
        item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = CT_CLASS, instance
        found.ReferencedSOPSequence.append(item)
    return found


def test_what_is_there_is_committed_and_what_is_not_is_named(site: Taking) -> None:
    site.there = {"1.2.1", "1.2.2"}
    heard = Heard()
    with site.associated(Commitment, handlers=heard.handlers) as association:
        status, _ = association.send_n_action(
            request("1.2.1", "1.2.2"), 1, Commitment, THE_INSTANCE
        )
        assert status.Status == 0
        assert heard.came.wait(30)
        heard.came.clear()
        association.send_n_action(request("1.2.1", "1.2.3"), 1, Commitment, THE_INSTANCE)
        assert heard.came.wait(30)
    (first, good), (second, bad) = heard.reports
    assert (first, second) == (1, 2)
    assert [i.ReferencedSOPInstanceUID for i in good.ReferencedSOPSequence] == ["1.2.1", "1.2.2"]
    assert "FailedSOPSequence" not in good
    (missing,) = bad.FailedSOPSequence
    assert (missing.ReferencedSOPInstanceUID, missing.FailureReason) == ("1.2.3", 0x0112)


def test_who_hung_up_is_called_back(site: Taking) -> None:
    heard = Heard()
    modality = AE(ae_title=CT.aet)
    modality.add_supported_context(Commitment, scu_role=True, scp_role=True)
    server = modality.start_server(("127.0.0.1", 0), block=False, evt_handlers=heard.handlers)
    called_back = CT._replace(address="127.0.0.1", port=server.socket.getsockname()[1])
    site.listener._peers = Peers(OURS, [called_back])
    us = CT._replace(aet=OURS, address="127.0.0.1", port=site.port)
    with associated(CT.aet, us, [Proposal(Commitment, ("1.2.840.10008.1.2",))], None) as asking:
        context = asking.contexts[1]
        asking.send(context, ACTION, [write_row(request("1.2.9").to_json_dict(), context.syntax)])
        assert asking.is_heard(Field.ACT)
    assert heard.came.wait(30)
    server.shutdown()
    assert heard.reports[0][0] == 2


@pytest.mark.attack
@pytest.mark.parametrize("broken", ["nothing", "no items", "no uid"])
def test_a_request_that_is_none_is_refused(site: Taking, broken: str) -> None:
    asked = request("1.2.3")
    if broken == "nothing":
        asked = Dataset()
        asked.PatientName = "x"
    elif broken == "no items":
        asked = request()
    else:
        asked.ReferencedSOPSequence[0].ReferencedSOPInstanceUID = ""
    with site.associated(Commitment) as association:
        status, _ = association.send_n_action(asked, 1, Commitment, THE_INSTANCE)
        assert status.Status == 0xC000
        status, _ = association.send_n_action(request("1.2.3"), 9, Commitment, THE_INSTANCE)
        assert status.Status == 0x0123
