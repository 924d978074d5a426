"""Names of invented people in their own scripts.

Japanese names are put together from parts, each with kanji, kana and romaji; Indonesian (some
of a single word) and Western ones come from pools that faker fills once. A name may by accident
be somebody's; that person is not meant.
"""

from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING

from chartkeep.inventor.chance import Chance

if TYPE_CHECKING:
    from faker import Faker

_POOL_DRAWS = 800


class Origin(StrEnum):
    """Where a person's name, address and numbers come from: ISO 3166 country codes."""

    JAPAN = "JP"
    INDONESIA = "ID"
    WEST = "US"


class Sex(StrEnum):
    """Administrative gender as FHIR writes it; the two that names are drawn for."""

    FEMALE = "female"
    MALE = "male"


@dataclass(frozen=True, slots=True)
class Name:
    """One spelling of a name; a single-word Indonesian name has no family."""

    family: str
    given: str

    @property
    def text(self) -> str:
        """The name as written: Japanese family first, others given first."""
        if not self.family:
            return self.given
        if self.family.isascii():
            return f"{self.given} {self.family}"
        return f"{self.family} {self.given}"


@dataclass(frozen=True, slots=True)
class Names:
    """A person's official name, and for Japanese ones its kana and romaji spelling."""

    official: Name
    kana: Name | None = None
    romaji: Name | None = None

    @property
    def latin(self) -> Name:
        """The spelling in Latin letters."""
        return self.romaji or self.official


_Part = tuple[str, str, str]


def _parts(text: str) -> list[_Part]:
    words = text.split()
    return list(zip(words[0::3], words[1::3], words[2::3], strict=True))


_FAMILY_HEADS = _parts("""
    山 ヤマ yama  川 カワ kawa  中 ナカ naka  小 コ ko  高 タカ taka  松 マツ matsu  竹 タケ take
    石 イシ ishi  岩 イワ iwa  森 モリ mori  西 ニシ nishi  北 キタ kita  南 ミナミ minami
    村 ムラ mura  吉 ヨシ yoshi  福 フク fuku  藤 フジ fuji  杉 スギ sugi  梅 ウメ ume
    青 アオ ao  黒 クロ kuro  白 シラ shira  金 カネ kane  長 ナガ naga  広 ヒロ hiro  秋 アキ aki
    清 キヨ kiyo  宮 ミヤ miya  浜 ハマ hama  安 ヤス yasu""")
_FAMILY_TAILS = _parts("""
    田 ダ da  川 カワ kawa  村 ムラ mura  本 モト moto  木 キ ki  野 ノ no  原 ハラ hara
    島 シマ shima  崎 サキ saki  谷 タニ tani  井 イ i  上 ウエ ue  下 シタ shita  沢 サワ sawa
    岡 オカ oka  山 ヤマ yama  橋 ハシ hashi  口 グチ guchi  岸 ギシ gishi  浦 ウラ ura""")  # noqa: RUF001 - katakana is meant
_MALE_HEADS = _parts("""
    健 ケン ken  雄 ユウ yu  大 ダイ dai  真 シン shin  浩 コウ ko  隆 リュウ ryu  翔 ショウ sho
    英 エイ ei  俊 シュン shun  陽 ヨウ yo  哲 テツ tetsu  啓 ケイ kei""")
_MALE_TAILS = _parts("""
    一 イチ ichi  太 タ ta  介 スケ suke  郎 ロウ ro  也 ヤ ya  司 ジ ji  吾 ゴ go  平 ヘイ hei
    樹 キ ki  真 マ ma""")
_FEMALE_HEADS = _parts("""
    美 ミ mi  由 ユ yu  千 チ chi  真 マ ma  沙 サ sa  奈 ナ na  佳 カ ka  恵 エ e  理 リ ri
    亜 ア a  紗 サ sa  友 ト to""")
_FEMALE_TAILS = _parts("""
    子 コ ko  香 カ ka  奈 ナ na  里 リ ri  代 ヨ yo  江 エ e  菜 ナ na  美 ミ mi  穂 ホ ho
    乃 ノ no""")  # noqa: RUF001 - katakana is meant


def draw_names(chance: Chance, origin: Origin, sex: Sex) -> Names:
    """Draw one person's names."""
    if origin is Origin.JAPAN:
        return _japanese(chance, sex)
    given = chance.choice(pool(origin, f"first_name_{sex}"))
    single = origin is Origin.INDONESIA and chance.random() < 0.3
    return Names(Name("" if single else chance.choice(pool(origin, "last_name")), given))


def _japanese(chance: Chance, sex: Sex) -> Names:
    female = sex is Sex.FEMALE
    family = _compound(chance, _FAMILY_HEADS, _FAMILY_TAILS)
    given = _compound(
        chance,
        _FEMALE_HEADS if female else _MALE_HEADS,
        _FEMALE_TAILS if female else _MALE_TAILS,
    )
    kanji, kana, romaji = (Name(f, g) for f, g in zip(family, given, strict=True))
    return Names(kanji, kana, romaji)


def _compound(chance: Chance, heads: list[_Part], tails: list[_Part]) -> _Part:
    head = chance.choice(heads)
    tail = chance.choice([part for part in tails if part[0] != head[0]])
    return head[0] + tail[0], head[1] + tail[1], (head[2] + tail[2]).capitalize()


@cache
def pool(origin: Origin, kind: str) -> tuple[str, ...]:
    """Draw one of a country's pools, e.g. `last_name`: each answer once, as first drawn.

    `kind` is faker's own word. Seeded by its own name, so that no pool depends on which others
    were drawn before: it is the same in every process with the same version of faker.
    """
    faker = _faker(origin)
    faker.seed_instance(f"{origin}/{kind}")
    return tuple(dict.fromkeys(faker.format(kind) for _ in range(_POOL_DRAWS)))


@cache
def _faker(origin: Origin) -> "Faker":
    from faker import Faker  # noqa: PLC0415 - takes a third of the start of every command

    return Faker({Origin.JAPAN: "ja_JP", Origin.INDONESIA: "id_ID", Origin.WEST: "en_US"}[origin])
