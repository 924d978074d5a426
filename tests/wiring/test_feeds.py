"""What `feeds.json` may say."""

import json
from pathlib import Path

import pytest

from chartkeep.errors import RefusedError
from chartkeep.wiring.feeds import Feeds, read_feeds

HIS = {"name": "his", "port": 2575, "from": ["10.1.0.0/16"], "issuer": "MINATO"}
DROP = {"name": "drop", "path": "/srv/drop", "issuer": "MINATO"}
MODALITY = {"aet": "CT1", "from": ["10.2.0.7"], "may": ["store"], "issuer": "MINATO"}


def read(folder: Path, feeds: object) -> Feeds:
    (folder / "feeds.json").write_text(json.dumps(feeds))
    return read_feeds(folder)


def test_a_house_without_the_file_has_no_feeds(tmp_path: Path) -> None:
    assert read_feeds(tmp_path) == Feeds()


def test_it_reads_what_is_configured_and_listens_on_this_machine_unless_told(
    tmp_path: Path,
) -> None:
    feeds = read(tmp_path, {"mllp": [HIS], "dimse": {"aet": "CHARTKEEP", "peers": [MODALITY]}})
    assert feeds.mllp[0].address == "127.0.0.1"
    assert not feeds.mllp[0].place
    assert feeds.dimse is not None
    assert feeds.dimse.peers[0].may == ["store"]


@pytest.mark.parametrize(
    "feeds",
    [
        {"mlpp": [HIS]},
        {"mllp": [HIS | {"may": "everything"}]},
        {"folders": [DROP, DROP | {"name": "b"}]},
        {"folders": [DROP, DROP | {"name": "b", "path": "/srv/drop/in"}]},
        {"folders": [DROP | {"may": "everything"}]},
        {"mllp": [HIS | {"port": 0}]},
        {"mllp": [HIS | {"from": []}]},
        {"mllp": [HIS | {"from": ["the ward"]}]},
        {"mllp": [HIS, HIS | {"port": 2576}]},
        {"mllp": [HIS, HIS | {"name": "lab"}]},
        {"mllp": [HIS | {"from": ["0.0.0.0/0"]}]},
        {"dimse": {"aet": "CHARTKEEP", "peers": [MODALITY | {"may": ["everything"]}]}},
        {"dimse": {"aet": "CHARTKEEP", "peers": [MODALITY, MODALITY]}},
        [],
    ],
)
def test_it_refuses_what_nobody_can_have_meant(tmp_path: Path, feeds: object) -> None:
    with pytest.raises(RefusedError, match=r"feeds\.json"):
        read(tmp_path, feeds)
