"""Names as they are written and as they sound: what is left when alphabets, transliterations and habits are set aside.

`fold` makes spellings of one name alike (Sørensen, Soerensen, Sorensen); `sound` keeps its consonants, which survive
most mishearings (Mohammed, Muhamed). Neither is for showing: they compare, and nothing else.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import combinations

from services.identification.finding.scripts import readings
from shared.kernel.text import in_plain_digits

_LETTERS = str.maketrans(
    {
        "æ": "ae",
        "ø": "oe",
        "å": "aa",
        "ä": "ae",
        "ö": "oe",
        "ü": "ue",
        "œ": "oe",
        "ß": "ss",
        "đ": "d",
        "ð": "d",
        "þ": "th",
        "ł": "l",
        "ı": "i",
        "ə": "e",
        "ŋ": "ng",
        "ʼ": "",
        "ʻ": "",
        "ʿ": "",
        "ʾ": "",
        "'": "",
        "’": "",
        "`": "",
    }
)
_TITLES = frozenset(
    [
        "mr",
        "mrs",
        "ms",
        "miss",
        "dr",
        "prof",
        "hr",
        "herr",
        "fru",
        "frk",
        "frøken",
        "nai",
        "nang",
        "nangsao",
        "khun",
        "mme",
        "mlle",
        "madam",
        "madame",
        "sr",
        "sra",
        "pan",
        "pani",
        "chief",
        "alhaji",
        "alhaja",
        "hajj",
        "haji",
        "sheikh",
        "shaikh",
    ]
)
_PARTICLES = frozenset(["al", "el", "ul", "bin", "ibn", "bint", "binti", "bte", "van", "von", "de", "ti"])
"""Parts, as folded, that people leave out or write in (Arabic, Vietnamese, European); they never tell two people apart."""
_SERVANT = re.compile(r"\babd[\s-]*(?:al|el|ul|il|ol|ur|ar|er|us|as|ud|ad|an|en)(?:[\s-]+|(?=lah\b))")
_ARTICLE = re.compile(r"\b(?:al|el|ul|ar|er|as|es|ad|ed|an|at|az|ash|ur|us|ud)-")
_SPELLINGS: tuple[tuple[str, str], ...] = (
    # Vowels that are written once or twice, in Danish and in transliterations from Arabic and Thai.
    ("aa", "a"),
    ("ae", "e"),
    ("oe", "o"),
    ("ue", "u"),
    ("ee", "i"),
    ("oo", "u"),
    ("ou", "u"),
    ("ie", "i"),
    ("y", "i"),
    # Consonants with a breath, which some languages write and others do not hear.
    ("chr", "kr"),
    ("sch", "sh"),
    ("tch", "ch"),
    ("ph", "p"),
    ("kh", "k"),
    ("gh", "g"),
    ("th", "t"),
    ("dh", "d"),
    ("bh", "b"),
    ("ck", "k"),
    ("q", "k"),
    ("x", "ks"),
    ("w", "v"),
    ("z", "s"),
    ("dj", "j"),
)
_DOUBLED = re.compile(r"(.)\1+")
_HARD_C = re.compile(r"c(?![heisz])")
_SOFT_C = re.compile(r"c(?=[ei])")
_VOWELS = "aeiou"
_HISSED = re.compile("sh|ch|tj|sj|cz|c")
_LEADING_J = re.compile(f"^[ij](?=[{_VOWELS}])")
_SILENT_H = re.compile(rf"h(?![{_VOWELS}])")
_UNHEARD = re.compile(f"[{_VOWELS}j]")
_REMEMBERED = 4096
"""Given names, family names and their parts that need not be read again, as those that one resembles are alike. Each by itself,
without whose it is; until others take its place, or the process ends."""


def fold(part: str) -> str:
    """One part of a name, in the spelling that all its usual spellings share; empty when it has no letters."""
    plain = unicodedata.normalize("NFKC", part).casefold().translate(_LETTERS)
    if not (plain.isascii() and plain.isalnum()):
        plain = "".join(letter for letter in unicodedata.normalize("NFKD", plain) if letter.isalnum())
    for written, shared in _SPELLINGS:
        plain = plain.replace(written, shared)
    plain = _SOFT_C.sub("s", _HARD_C.sub("k", plain))
    return _DOUBLED.sub(r"\1", plain)


@lru_cache(maxsize=_REMEMBERED)
def sound(folded: str) -> str:
    """The consonants of a folded part, likes made alike; a vowel counts where it comes first, and then they are all one."""
    heard = _HISSED.sub("s", folded).replace("f", "p")
    heard = _SILENT_H.sub("", _LEADING_J.sub("j", heard)).replace("h", "g")
    first, rest = heard[:1], heard[1:]
    if first and first in _VOWELS:
        first = "a"
    return _DOUBLED.sub(r"\1", first + _UNHEARD.sub("", rest))


def parts(name: str | None) -> tuple[str, ...]:
    """The folded parts of a name, without titles and particles, as far as anything else is left; of a name in another
    script, in its likeliest Latin spelling."""
    ((first,), *_) = readings(name)
    return _parts(first)


@lru_cache(maxsize=_REMEMBERED)
def _parts(latin: str) -> tuple[str, ...]:
    written = unicodedata.normalize("NFKC", latin).casefold()
    written = _ARTICLE.sub("", _SERVANT.sub("abdul", written))
    spelt = [part for part in re.split(r"[\s\-.,/]+", written) if part]
    plain = [part for part in spelt if part not in _TITLES] or spelt
    folded = [shared for part in plain if (shared := fold(part))]
    return tuple(part for part in folded if part not in _PARTICLES) or tuple(folded)


@dataclass(frozen=True, slots=True)
class Name:
    """A name in folded parts. Of an alias nobody says which part is which: they are all `given`."""

    given: tuple[str, ...]
    family: tuple[str, ...] = ()
    is_alias: bool = False
    heard: tuple[str, ...] = field(init=False, compare=False)
    """How each of its parts sounds."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "heard", tuple(map(sound, self.all)))

    @property
    def all(self) -> tuple[str, ...]:
        return self.given + self.family

    @property
    def wholes(self) -> tuple[str, ...]:
        """The given and the family name each in one word, as people write them together and apart."""
        return tuple("".join(some) for some in (self.given, self.family) if some)


def names_of(given: str | None, family: str | None, *, is_alias: bool = False) -> tuple[Name, ...]:
    """The name, the likeliest reading first where its script leaves several; none where there is no letter in it."""
    read = (Name(_parts(one), _parts(other), is_alias) for one, other in readings(given, family))
    return tuple(dict.fromkeys(name for name in read if name.all))


def trigrams(folded: str) -> frozenset[str]:
    """Every three letters that stand together, the ends marked."""
    marked = f"#{folded}#"
    return frozenset(marked[start : start + 3] for start in range(len(marked) - 2))


_MOST_PARTS = 8


def keys_of(name: Name, years: Iterable[int]) -> frozenset[str]:
    """What a name can be found by, from what few people share to what many do: two parts' sounds, a sound and a birth
    year, a sound and three letters of another part, a sound alone, three letters alone."""
    spelt = tuple(dict.fromkeys(name.all[:_MOST_PARTS]))
    heard = [sound(part) for part in spelt]
    found = {f"s:{each}" for each in heard}
    found |= {f"s:{sound(whole)}" for whole in name.wholes}
    found |= {_pair(one, other) for one, other in combinations(heard, 2)}
    found |= {_pair(*map(sound, name.wholes))} if len(name.wholes) == 2 else set()
    found |= {f"y:{each}+{year}" for each in heard for year in years}
    for part in spelt:
        grams = trigrams(part)
        found |= {f"g:{gram}" for gram in grams}
        found |= {f"t:{gram}+{sound(other)}" for gram in grams for other in spelt if other != part}
    return frozenset(found)


def _pair(one: str, other: str) -> str:
    first, second = sorted((one, other))
    return f"p:{first}+{second}"


def phone(written: str) -> str:
    """A telephone number as digits with its country, Denmark where none is written; empty when it is too short, or nobody's.
    The 0 in `+46 (0)70` is dialled within the country alone, and is none of its digits."""
    plain = in_plain_digits(written)
    plain = re.sub(r"(?<=\d)\s*\(\s*0\s*\)", "", plain) if re.search(r"\+|^\W*00", plain) else plain
    digits = re.sub(r"[^0-9+]", "", plain)
    digits = re.sub(r"^(\+|00)", "", digits).replace("+", "")
    national = digits.removeprefix("45") if len(digits) == len("45") + _SHORTEST_PHONE else digits
    if len(digits) < _SHORTEST_PHONE or national in _NOBODYS_PHONES or _ENDS_ALIKE.search(digits):
        return ""
    return f"45{digits}" if len(digits) == _SHORTEST_PHONE else digits


_SHORTEST_PHONE = 8
_NOBODYS_PHONES = frozenset({"12345678", "01234567", "23456789", "34567890", "87654321", "98765432", "12341234"})
"""What is written in Denmark where no telephone number is known; so is one that ends in six digits alike."""
_ENDS_ALIKE = re.compile(r"([0-9])\1{5,}$")


def full(spelt: Sequence[str]) -> str:
    """A name of at least two parts, for equality in whatever order; empty for fewer, which too many people share."""
    return " ".join(sorted(spelt)) if len(spelt) > 1 else ""
