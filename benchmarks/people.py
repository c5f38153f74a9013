"""People for the benchmarks, all made up, and how somebody else types them in. Their numbers have a day of 61 to 91, which no
real number has."""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

POOLS: Final[Mapping[str, tuple[str, str]]] = {
    "DNK": (
        "Sørine Åse Mynte Kjeld Bjørn Tøger Æbba Ragnhild Gøril Asbjørn Ingeborg Torkild Signe Malthe Liva Øjvind Karla Frode",
        "Kjærgård Østerlund Åkjær Sørensen Bækhøj Møllegård Nørrelund Skovsgaard Højbjerg Dalsgaard Præstø Storm Lindegaard "
        "Ravnsborg Ågesen Brøndum Fløjstrup Kirkegaard",
    ),
    "ROU": (
        "Ioana Andreea Ștefan Mihaela Răzvan Țurca Elena Gheorghe Lăcrămioara Bogdan Crina Vasile Ileana Cătălina Dragoș Sorin",
        "Popescu Ionescu Țepeș Munteanu Văcărescu Dumitrescu Ștefănescu Brâncoveanu Rădulescu Moldoveanu Lupu Codreanu Ursu "
        "Bălan Ciobanu Negrea",
    ),
    "NGA": (
        "Blessing Ngozi Chukwuemeka Adaeze Osaro Ifeoma Efosa Chidinma Oluwaseun Amarachi Tamuno Ebele Folake Nkechi Osas Ugochi",
        "Okafor Eze Osagie Igbinedion Okonkwo Adeyemi Chukwu Ehigiator Nwosu Balogun Omoruyi Obasogie Ezeigbo Ogbeide Uwaifo "
        "Iyamu",
    ),
    "THA": (
        "Malee Kanya Somchai Phonchai Supaporn Wichai Nattaya Ratana Pimchanok Sunisa Thongchai Chanthira Duangjai Orathai "
        "Kannika Siriporn",
        "Suwan Wattana Phromma Chaiyasit Thongdee Saengthong Wongsa Srisuk Boonmee Khamphaeng Rattanakorn Phanit Intharat "
        "Jaidee Maneewan Buakaew",
    ),
    "VNM": (
        "Lan Hương Phượng Minh Thảo Đức Ngọc Quỳnh Tuấn Hạnh Trâm Khánh Phúc Uyên Duyên Giang",
        "Nguyễn Trần Lê Phạm Hoàng Phan Vũ Đặng Bùi Đỗ Hồ Ngô Dương Lý Đinh Huỳnh",
    ),
    "IRQ": (
        "Muhammad Fatimah Khaled Zainab Abdulrahman Yousef Aisha Saleem Noor Hussein Layla Mustafa Yasmeen Ibraheem Maryam Tareq",
        "al-Hassan al-Jabouri Khalil al-Sadoun Haddad al-Tikriti Rashid al-Dulaimi Mansour al-Azzawi Hamoudi Saleh al-Obeidi "
        "Kareem al-Bayati Jaffar",
    ),
    "UKR": (
        "Oleksandra Yuliia Kateryna Serhiy Olha Mykola Iryna Vasyl Halyna Zhanna Bohdan Liudmyla Yevhen Oksana Andriy Solomiya",
        "Shevchuk Kovalenko Bondarchuk Tkachenko Kravets Hrytsenko Melnychuk Ostapenko Yaremchuk Lysenko Zhadan Dovzhenko "
        "Khmara Polishchuk Vynnyk Shulha",
    ),
}
FIRST_BIRTH, DAYS = date(1966, 1, 1), 365 * 42
ON: Final = date(2026, 3, 2)


@dataclass(frozen=True)
class Person:
    """Somebody who does not exist."""

    given_name: str
    family_name: str
    born: date
    tells: str
    citizenship: str
    number: str

    @property
    def recorded(self) -> dict[str, Any]:
        """What a case has of the person: a birth date, an age, or neither."""
        known: dict[str, Any] = {"given_name": self.given_name, "family_name": self.family_name}
        known |= {"birth_date": self.born.isoformat()} if self.tells == "birth date" else {}
        known |= {"stated_age": (ON - self.born).days // 365} if self.tells == "age" else {}
        identifier = {"type": "replacement_cpr", "value": self.number}
        return known | {"citizenships": [self.citizenship], "identifiers": [identifier]}


def person(chance: random.Random) -> Person:
    country = chance.choice(sorted(POOLS))
    given, family = (chance.choice(pool.split()) for pool in POOLS[country])
    if chance.random() < 0.3:
        given += " " + chance.choice(POOLS[country][0].split())
    if chance.random() < 0.8:  # the pools are small: most family names are the beginning of one and the end of another
        other = chance.choice(POOLS[country][1].split())
        family = family[: (len(family) + 1) // 2] + other[len(other) // 2 :].casefold().lstrip("-")
    born = FIRST_BIRTH + timedelta(days=chance.randrange(DAYS))
    number = f"{born.day + 60:02}{born:%m%y}-{chance.randrange(10_000):04}"
    tells = chance.choices(("birth date", "age", "nothing"), (55, 35, 10))[0]
    return Person(given, family, born, tells, country, number)


# ---------------------------------------------------------------- typed in by somebody else


def retyped(one: Person, chance: random.Random) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The person as somebody else writes them down, without the number, and with which slips: one or two of them."""
    sought = {name: value for name, value in one.recorded.items() if name not in ("citizenships", "identifiers")}
    slips = tuple(chance.sample(sorted(SLIPS), chance.choice((1, 1, 2))))
    for slip in slips:
        SLIPS[slip](sought, chance)
    return sought, slips


def _swap(sought: dict[str, Any], chance: random.Random) -> None:
    sought["given_name"], sought["family_name"] = sought.get("family_name"), sought.get("given_name")


_PLAIN = str.maketrans("ăâîșțđ", "aaistd")
_HEARD = (
    ("ø", "oe"),
    ("å", "aa"),
    ("æ", "ae"),
    ("ph", "p"),
    ("kh", "k"),
    ("ee", "i"),
    ("oo", "u"),
    ("ou", "u"),
    ("y", "i"),
    ("w", "v"),
    ("al-", "al "),
    ("al-", ""),
    ("ck", "k"),
    ("th", "t"),
    ("h", ""),
    ("aa", "a"),
    ("mm", "m"),
    ("ss", "s"),
)


def _transliterate(sought: dict[str, Any], chance: random.Random) -> None:
    import unicodedata

    for field in ("given_name", "family_name"):
        name = (sought.get(field) or "").casefold()
        possible = [(written, heard) for written, heard in _HEARD if written in name[1:]]
        if possible:
            written, heard = chance.choice(possible)
            name = name[0] + name[1:].replace(written, heard)
        plain = unicodedata.normalize("NFD", name.translate(_PLAIN))
        name = "".join(letter for letter in plain if not unicodedata.combining(letter))
        sought[field] = name.title() or None


def _leave_out(sought: dict[str, Any], chance: random.Random) -> None:
    given = (sought.get("given_name") or "").split()
    if len(given) > 1:
        sought["given_name"] = chance.choice(given)
    else:
        sought[chance.choice(("given_name", "family_name"))] = None


def _mistype(sought: dict[str, Any], chance: random.Random) -> None:
    field = chance.choice([field for field in ("given_name", "family_name") if sought.get(field)])
    name = sought[field]
    place = chance.randrange(1, max(2, len(name)))
    letter = chance.choice("abdefghiklmnoprstuv")
    sought[field] = chance.choice(
        (
            name[:place] + letter + name[place + 1 :],
            name[:place] + letter + name[place:],
            name[:place] + name[place + 1 :],
            name[: place - 1] + name[place : place + 1] + name[place - 1 : place] + name[place + 1 :],
        )
    )


def _misdate(sought: dict[str, Any], chance: random.Random) -> None:
    if "stated_age" in sought:
        sought["stated_age"] += chance.choice((-2, -1, 1, 2))
    if "birth_date" in sought:
        born = date.fromisoformat(sought["birth_date"])
        swapped = born.replace(month=born.day, day=born.month) if born.day <= 12 else born + timedelta(days=1)
        a_year_off = born.replace(year=born.year + chance.choice((-1, 1)), day=min(born.day, 28))
        sought["birth_date"] = chance.choice((swapped, a_year_off, born + timedelta(days=1))).isoformat()


SLIPS: Final[Mapping[str, Callable[[dict[str, Any], random.Random], None]]] = {
    "birth date off": _misdate,
    "part missing": _leave_out,
    "swapped": _swap,
    "transliterated": _transliterate,
    "typo": _mistype,
}
