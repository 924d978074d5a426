"""Notes in the doctor's language, as DocumentReference with the text inside."""

from base64 import b64encode
from datetime import datetime

from chartkeep.inventor.bundle import instant
from chartkeep.inventor.codes import LOINC, concept
from chartkeep.inventor.names import Origin
from chartkeep.inventor.site import person_reference
from chartkeep.inventor.visit import Visit

_TYPES = (("11506-3", "Progress note"), ("34133-9", "Summary of episode note"))
_SENTENCES = {
    Origin.JAPAN: (
        "全身状態は安定している。", "食欲あり、睡眠は良好。", "内服薬は継続とする。",
        "家族に病状を説明した。", "発熱なし、呼吸音清。", "次回は二週間後に再診。",
        "採血結果に大きな変化なし。", "転倒に注意するよう指導した。",
    ),
    Origin.INDONESIA: (
        "Keadaan umum baik.", "Nafsu makan dan tidur cukup.", "Obat dilanjutkan.",
        "Keluarga sudah diberi penjelasan.", "Tidak demam, suara napas vesikuler.",
        "Kontrol dua minggu lagi.", "Hasil laboratorium tidak banyak berubah.",
        "Pasien diingatkan risiko jatuh.",
    ),
    Origin.WEST: (
        "General condition stable.", "Eating and sleeping well.", "Continue medication.",
        "Family informed about the course.", "No fever, lungs clear.", "Review in two weeks.",
        "No major change in blood results.", "Advised about the risk of falls.",
    ),
}  # fmt: skip


def post_note(visit: Visit, at: datetime) -> None:
    """Write one note of 4 to 24 sentences, UTF-8 in base64."""
    sentences = _SENTENCES[visit.patient.origin]
    text = "\n".join(visit.chance.choices(sentences, k=visit.chance.randint(4, 24)))
    code, display = visit.chance.choice(_TYPES)
    visit.post(
        "DocumentReference",
        {
            "status": "current",
            "type": concept(LOINC, code, display),
            "date": instant(at),
            "author": [person_reference(visit.doctor)],
            "content": [
                {
                    "attachment": {
                        "contentType": "text/plain; charset=utf-8",
                        "data": b64encode(text.encode()).decode(),
                        "title": display,
                    }
                }
            ],
            "context": {"encounter": [{"reference": visit.encounter}]},
        },
    )
