"""A placed file as what is deposited of it: its instance, its study's entry, its row's part."""

from typing import NamedTuple

from chartkeep.clinical.incoming import Item
from chartkeep.clinical.keywords import study_keywords
from chartkeep.clinical.ownership import Owner
from chartkeep.clinical.studies import (
    INSTANCE_KIND,
    STUDY_FACE_KIND,
    STUDY_KIND,
    SeriesCount,
    Study,
    encode_row,
    encode_study,
)
from chartkeep.custody.sending import SentBlob
from chartkeep.imaging.arriving import Arriving
from chartkeep.imaging.counting import Part
from chartkeep.imaging.facts import Facts
from chartkeep.imaging.instance import Instance, encode_instance
from chartkeep.model import ChartId, Section
from chartkeep.store.protocol import Head

_NOBODY = Owner()


class Placed(NamedTuple):
    """A file that is understood, in memory or at the store, and whose chart is known."""

    arriving: Arriving
    chart: ChartId
    instance: Instance
    sent: SentBlob | None = None

    @property
    def section(self) -> Section:
        """Say where it lies."""
        return section_of(self.arriving.facts)


def section_of(facts: Facts) -> Section:
    """Say in which section a file lies."""
    return Section.RESTRICTED if facts.restricted else Section.IMAGING


def by_study(placed: list[Placed]) -> list[list[Placed]]:
    """Group what a list of studies may show: what is restricted is not counted."""
    studies: dict[str, list[Placed]] = {}
    for each in placed:
        if not each.arriving.facts.restricted:
            studies.setdefault(each.instance.study, []).append(each)
    return list(studies.values())


def counts_of(placed: list[Placed], by: int) -> dict[str, SeriesCount]:
    """Count files by series, `by` each."""
    found: dict[str, SeriesCount] = {}
    for each in placed:
        series, modality = each.instance.series, each.instance.modality
        before = found.get(series, SeriesCount(modality, 0))
        found[series] = SeriesCount(before.modality, before.instances + by)
    return found


def instance_item(placed: Placed) -> Item:
    """Make the entry of an instance; its bytes go beside it, or lie at the store."""
    return Item(
        placed.instance.instance, INSTANCE_KIND, encode_instance(placed.instance), _NOBODY,
        placed.section, {}, (), frozenset(), None, placed.arriving.where,
        blob=None if placed.sent else placed.arriving.bulk(), sums=placed.arriving.sums(),
    )  # fmt: skip


def study_item(placed: Placed) -> Item:
    """Make the entry a study is found by; of what is restricted only who knows its UID finds it."""
    facts = placed.arriving.facts
    accession, day = ("", "") if facts.restricted else (facts.accession, facts.day)
    said = (facts.study, accession, day, facts.modality)
    raw = encode_study(Study(facts.study, facts.modality, facts.day, facts.time, facts.accession,
                             facts.description))  # fmt: skip
    return Item(
        "/".join((STUDY_KIND, placed.section.name, *said)), STUDY_KIND, raw, _NOBODY,
        placed.section, {}, (), study_keywords(*said), None, placed.arriving.where, if_absent=True,
    )  # fmt: skip


def row_item(part: Part) -> Item:
    """Make the part of a row: named as a PUT, for it is replaced."""
    return Item(
        f"{STUDY_FACE_KIND}/{part.name}", STUDY_FACE_KIND, encode_row(part.row), _NOBODY,
        Section.FACE, {}, (), frozenset(), None, "",
    )  # fmt: skip


def head_of(part: Part, chart: ChartId) -> Head:
    """Say where a part stands: nobody but this worker writes it."""
    return Head(chart, Section.FACE, part.version, STUDY_FACE_KIND, b"")
