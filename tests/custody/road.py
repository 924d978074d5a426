"""A door's road for tests of the inbox: what was put aside is the text of an Observation."""

from typing import NamedTuple

from chartkeep.custody.clearing import Kept
from chartkeep.model import ChartId, to_text
from tests.house import HouseRun


class Road(NamedTuple):
    """A door's road for tests: an Observation of the chart that was named."""

    house: HouseRun

    def __call__(self, kept: Kept, chart: ChartId) -> None:
        body = {
            "resourceType": "Observation", "status": "final",
            "code": {"text": kept.raw.decode()},
            "subject": {"reference": f"Patient/{to_text(chart)}"},
        }  # fmt: skip
        sent = self.house.send(
            {
                "resource": body,
                "fullUrl": f"urn:{kept.row.key}",
                "request": {"method": "POST", "url": "Observation"},
            },
            source=kept.row.source,
        )
        assert not sent.refusals, sent.refusals
