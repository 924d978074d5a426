"""Invented ward packs: people with everything a sheet can say, for pages and paper."""

import datetime as dt
from typing import Final

import msgspec

from chartkeep.continuity.forms import FormKind, FormRange
from chartkeep.continuity.sheet import (
    Allergy,
    Appointment,
    Contact,
    Item,
    Measured,
    Medication,
    Number,
    Order,
    Part,
    PatientSheet,
    Point,
    Says,
    Series,
    Who,
)
from chartkeep.continuity.ward import WardPack
from chartkeep.sealing.pack import WardKey, derive_ward_key

CODE: Final = "0123-4567-89AB-CDEF-GHJT"
FACILITY: Final = "46464646-4646-4646-4646-464646464646"
PACK: Final = "7ac2b1c6-90d1-4c0f-8a53-0c5d8de1a001"
HOUR: Final = 3_600_000
_NAMES: Final = (
    ("長島 千香", "ながしま ちか", "Chika Nagashima", "female"),
    ("南橋 雄郎", "みなみばし たけお", "Takeo Minamibashi", "male"),
    ("Siti Rahayu Wulandari", "", "", "female"),
    ("Élodie Lefèvre", "", "", "female"),
    ("佐藤 健", "さとう けん", "Ken Sato", "male"),
    ("Agus Setiawan", "", "", "male"),
    ("Jean-Baptiste O'Connor", "", "", "male"),
    ("高橋 美咲", "たかはし みさき", "Misaki Takahashi", "female"),
)
_MEDICINES: Final = (
    ("Amlodipine 5 mg tablet", "5 mg", "oral", "once a day in the morning"),
    ("メトホルミン塩酸塩錠 250 mg", "500 mg", "経口", "1日2回 朝夕食後"),
    ("Enoxaparin 4000 IU", "4000 IU", "subcutaneous", "once a day"),
    ("Paracetamol 500 mg", "1000 mg", "oral", "at most every 6 hours"),
    ("Insulin aspart", "4 units", "subcutaneous", "before meals"),
    ("Furosemide 20 mg", "20 mg", "intravenous", "twice a day"),
)
_TESTS: Final = (
    ("Heart rate", "/min", "vital-signs", 78.0, 60.0, 100.0),
    ("Body temperature", "°C", "vital-signs", 37.1, 36.0, 37.5),
    ("Systolic blood pressure", "mm[Hg]", "vital-signs", 128.0, 90.0, 140.0),
    ("Diastolic blood pressure", "mm[Hg]", "vital-signs", 76.0, 60.0, 90.0),
    ("SpO2", "%", "vital-signs", 96.0, 94.0, 100.0),
    ("カリウム", "mmol/L", "laboratory", 4.4, 3.5, 5.0),
    ("Creatinine", "mg/dL", "laboratory", 1.1, 0.6, 1.2),
    ("C-reactive protein", "mg/L", "laboratory", 31.0, 0.0, 5.0),
)


def iso(millis: int) -> str:
    """Write a time as a resource does, nine hours east."""
    zone = dt.timezone(dt.timedelta(hours=9))
    return dt.datetime.fromtimestamp(millis / 1000, zone).isoformat(timespec="seconds")


def series(number: int, at: int, points: int) -> Part[Series]:
    """Every test's course: swinging around its middle, out of range now and then."""
    made = []
    for place, (what, unit, kind, middle, low, high) in enumerate(_TESTS):
        course = []
        for step in range(points):
            swing = ((step * 7 + place * 3 + number) % 11 - 5) / 10
            value = round(middle + swing * (high - low), 1)
            flag = "H" if value > high else "L" if value < low else ""
            course.append(
                Point(
                    time=iso(at - (points - step) * 72 * HOUR // (points + 1)),
                    text=f"{value}",
                    value=value,
                    flag=flag,
                    low=low,
                    high=high,
                    state="final",
                    source=f"Observation/{number}-{place}-{step}",
                )
            )
        made.append(
            Series(what=what, unit=unit, kind=kind, range=f"{low:g}-{high:g}", points=course)
        )
    return Part(says=Says.DATA, items=made)


def item(what: str, at: int, kind: str = "Observation", **more: str) -> Item:
    """One thing said an hour ago."""
    return Item(what=what, time=iso(at - HOUR), source=f"{kind}/{len(what)}", **more)


def some(*items: Item) -> Part[Item]:
    """A part with items."""
    return Part(says=Says.DATA, items=list(items))


def orders(number: int, at: int) -> list[Order]:
    """Medicines by turns, due at the next full hours."""
    made = []
    for place in range(3 + number % 4):
        what, dose, route, timing = _MEDICINES[(number + place) % len(_MEDICINES)]
        hour = at // HOUR * HOUR
        made.append(
            Order(
                what=what,
                dose=dose,
                route=route,
                timing=timing,
                kind="MedicationRequest",
                as_needed="at most" in timing,
                time=iso(at - 30 * HOUR),
                by="Dr. Ito",
                priority="urgent" if place == 1 and number % 5 == 0 else "routine",
                due=[]
                if "at most" in timing
                else [iso(hour + (place + 1) * HOUR), iso(hour + 9 * HOUR)],
                source=f"MedicationRequest/{number}-{place}",
                state="active",
                last=iso(at - 3 * HOUR) if place == 0 else "",
            )
        )
    return made


def sheet(number: int, at: int, points: int = 12) -> PatientSheet:
    """One patient; every third one is told little about."""
    name, reading, latin, sex = _NAMES[number % len(_NAMES)]
    last = f" {chr(64 + number // 8)}" if number >= 8 else ""
    given = orders(number, at)
    base = PatientSheet(
        chart=f"00000000-0000-4000-8000-{number:012d}",
        patient=f"Patient/p{number}",
        who=Who(
            name=name + last,
            reading=reading + last if reading else "",
            latin=latin + last if latin else "",
            sex=sex,
            birth_date=f"{1931 + number * 7 % 80}-{1 + number % 12:02d}-{1 + number % 28:02d}",
            numbers=[Number(label="MR", value=f"{4_710_000 + number * 37}")],
        ),
        bed=f"{301 + number // 4}-{1 + number % 4}",
        since=iso(at - 60 * HOUR),
        time=at - HOUR // 2,
        mark=f"1{number:04d}.56789.01234.56789",
        allergies=Part(
            says=Says.DATA,
            items=[
                Allergy(
                    what="Penicillin",
                    criticality="high",
                    reactions="anaphylaxis",
                    time="2019-04-02",
                    source=f"AllergyIntolerance/{number}",
                ),
                Allergy(
                    what="ラテックス",
                    criticality="low",
                    reactions="蕁麻疹",
                    source="AllergyIntolerance/x",
                ),
            ][: 1 + number % 2],
        )
        if number % 3 == 0
        else Part(says=Says.NONE if number % 3 == 1 else Says.NO_DATA),
        orders=Part(says=Says.DATA, items=given),
        medications=Part(
            says=Says.DATA,
            items=[
                Medication(
                    what=each.what,
                    dose=each.dose,
                    route=each.route,
                    timing=each.timing,
                    time=each.time,
                    source=each.source,
                    state="active",
                )
                for each in given[:2]
            ],
        ),
        problems=some(
            item("Heart failure", at, "Condition", state="active", by="Dr. Ito"),
            item("2型糖尿病", at, "Condition", state="active"),
        ),
        results=series(number, at, points),
        weight=Part(
            says=Says.DATA,
            items=[
                Measured(
                    what="Body weight",
                    value="61.5",
                    unit="kg",
                    time=iso(at - 20 * HOUR),
                    source="Observation/w",
                )
            ],
        ),
    )
    return base if number % 3 == 2 else _more(base, number, at)


def _more(base: PatientSheet, number: int, at: int) -> PatientSheet:
    """Say what is seldom said too."""
    return msgspec.structs.replace(
        base,
        code_status=some(item("Do not attempt resuscitation" if number % 2 else "Full code", at)),
        isolation=some(item("Contact precautions (MRSA)", at)) if number % 4 == 0 else Part(),
        alerts=some(item("Risk of falls", at)),
        blood_group=some(item("A Rh D positive", at, note="laboratory")),
        diet=some(item("減塩食 6 g", at)),
        legal=some(item("医療保護入院", at)) if number % 6 == 0 else Part(),
        infusions=Part(
            says=Says.DATA,
            items=[
                Order(
                    what="Ringer's lactate 500 mL",
                    dose="60 mL/h",
                    route="intravenous",
                    kind="MedicationRequest",
                    time=iso(at - 5 * HOUR),
                    source="MedicationRequest/i",
                    state="active",
                )
            ],
        ),
        pending=some(item("Blood culture", at, "ServiceRequest", state="active")),
        procedures=some(item("Coronary angiography", at, "Procedure", state="completed")),
        devices=some(item("Peripheral venous catheter, left forearm", at, "Device")),
        appointments=Part(
            says=Says.DATA,
            items=[
                Appointment(
                    what="Echocardiography",
                    start=iso(at + HOUR),
                    end=iso(at + 2 * HOUR),
                    where="Room 2",
                    source="Appointment/1",
                    state="booked",
                )
            ],
        ),
        contacts=Part(
            says=Says.DATA,
            items=[
                Contact(
                    what="長島 明", relation="son", phones=["+81 90 0000 0000"], source="Patient/p"
                )
            ],
        ),
        reports=some(
            item(
                "Chest X-ray",
                at,
                "DiagnosticReport",
                state="final",
                note="No infiltrate. Heart slightly enlarged. " * 4,
            )
        ),
        immunizations=Part(says=Says.DATA, items=[item("Influenza", at, "Immunization")], older=3),
    )


def ward_pack(beds: int, made: int, hours: int = 24, points: int = 12, name: str = "") -> WardPack:
    """A pack of so many beds, good for so many hours; `name` is put in everybody's name."""
    sheets = [sheet(number, made, points) for number in range(beds)]
    if name:
        sheets = [
            msgspec.structs.replace(each, who=msgspec.structs.replace(each.who, name=name))
            for each in sheets
        ]
    return WardPack(
        pack=PACK,
        ward="3 East",
        facility=FACILITY,
        name="Okayama Kita Hospital",
        data_time=made - 45_000,
        made=made,
        expires=made + hours * HOUR,
        sheets=sheets,
        forms=tuple(FormRange(47, kind, 21_884_501, 400) for kind in FormKind),
    )


def long_pack(made: int) -> WardPack:
    """A pack of one patient of whom everything is long."""
    pack = ward_pack(1, made)
    given = orders(0, made)[0]
    many = [
        msgspec.structs.replace(given, what=f"order-{at} {_MEDICINES[at % 6][0]}")
        for at in range(45)
    ]
    allergies = [
        Allergy(what=f"allergy-{at}", criticality="low", source="AllergyIntolerance/x")
        for at in range(40)
    ]
    long = msgspec.structs.replace(
        pack.sheets[0],
        orders=Part(says=Says.DATA, items=many),
        allergies=Part(says=Says.DATA, items=allergies),
        alerts=some(item("転倒の危険 " * 1_500 + "alert-end", made)),
        reports=some(item("Chest X-ray", made, note="所見なし。" * 2_000 + "note-end")),
    )
    return msgspec.structs.replace(pack, sheets=[long])


def ward_key() -> WardKey:
    """Derive the key of CODE."""
    return derive_ward_key(CODE, bytes(range(16)))
