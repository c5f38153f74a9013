"""Burmese names in the Latin spelling that passports have: syllable by syllable, as an onset, its glides and a rhyme."""

import re
from functools import lru_cache

from services.identification.finding.eastern import table

_USUAL = table(
    "သန်တာ=thandar သီတာ=thida သီရိ=thiri ရတနာ=yadanar ဇေယျာ=zeyar ထွန်း=tun အေး=aye ဝေ=wai ဝါ=wah ဦး=u ဥ=oo အိ=ei စိုး=soe မိုး=moe ပြည့်=pyae"
    " ဖုန်း=phone ဘုန်း=bhone"
)
"""What people spell otherwise than by its letters [A]; what is stacked stands side by side."""
_ONSETS = table(
    "က=k ခ=kh ဂ=g ဃ=g င=ng စ=s ဆ=s ဇ=z ဈ=z ည=ny ဉ=ny ဋ=t ဌ=ht ဍ=d ဎ=d ဏ=n တ=t ထ=ht ဒ=d ဓ=d န=n ပ=p ဖ=ph ဗ=b ဘ=b"
    " မ=m ယ=y ရ=y လ=l ဝ=w သ=th ဟ=h ဠ=l အ= ဿ=th"
)
_ALONE = table("ဣ=i ဤ=i ဥ=u ဦ=u ဧ=ay ဩ=aw ဪ=aw")
_OPEN = table("ာ=ar ါ=ar ိ=i ီ=i ု=u ူ=u ေ=ay ဲ=e ို=o ံ=an ုံ=on ော=aw ေါ=aw ော်=aw ေါ်=aw")
_CLOSED = table(
    "င်=in ဉ်=in က်=et စ်=it ည်=i ယ်=e န်=an ဏ်=an မ်=an တ်=at ပ်=at ဒ်=at ောင်=aung ေါင်=aung ိုင်=aing ောက်=auk ိုက်=aik"
    " ိန်=ein ိမ်=ein ိတ်=eik ိပ်=eik ုန်=on ုမ်=on ုတ်=oke ုပ်=oke"
)
_GLIDED = table("wan=un want=unt wat=ut")
_SYLLABLE = re.compile(
    r"(?P<onset>[\u1000-\u1021\u103f])(?P<glides>[\u103b-\u103e]*)"
    r"(?P<rhyme>[\u102b-\u1032\u1036]*\u103a?\u1037?(?:[\u1000-\u1021]\u103a\u1037?(?![\u103b-\u103e]))?)\u1038?"
)
_STACKED = re.compile("\u103a?\u1039")
"""A letter below another one: the upper one ends its syllable."""
_DOT_BELOW = "\u1037"


def in_one_word(word: str) -> str:
    return "".join(_syllables(word))


def apart(word: str) -> str:
    """As most people write themselves: Aung San Suu Kyi."""
    return " ".join(_syllables(word))


def in_few_letters(word: str) -> str:
    """Thida and Kyi where others write Thidar and Kyii: a long a without its r."""
    return in_one_word(word).replace("ar", "a")


@lru_cache(maxsize=4096)
def _syllables(word: str) -> tuple[str, ...]:
    plain = _STACKED.sub("\u103a", word).replace("\u1037\u103a", "\u103a\u1037")
    read: list[str] = []
    while plain:
        usual = next((written for written in _USUAL if plain.startswith(written) and _ends(plain, written)), None)
        if usual:
            read.append(_USUAL[usual])
            plain = plain[len(usual) :]
        elif found := _SYLLABLE.match(plain):
            read.append(_syllable(found["onset"], found["glides"], found["rhyme"]))
            plain = plain[found.end() :]
        else:
            read.append(_ALONE.get(plain[0], ""))
            plain = plain[1:]
    return tuple(filter(None, read))


def _ends(plain: str, written: str) -> bool:
    """Whether a syllable ends where this does."""
    return not re.match(r"[\u102b-\u103e]|[\u1000-\u1021]\u103a", plain[len(written) :])


def _syllable(onset: str, glides: str, rhyme: str) -> str:
    first = _ONSETS[onset]
    if "\u103b" in glides or "\u103c" in glides:
        first = {"kh": "ch", "y": "y"}.get(first, first + "y")
    if "\u103e" in glides:
        first = "sh" if first in {"y", "ly", "thy"} else "h" + first
    ending = rhyme.replace(_DOT_BELOW, "")
    said = _CLOSED.get(ending) or _OPEN.get(ending) or ("a" if not ending else "")
    # The dot below shortens a nasal end, and is written as a t: Myint, Nyunt.
    said += "t" if _DOT_BELOW in rhyme and said.endswith("n") else ""
    if "\u103d" not in glides:
        return first + said
    return first + _GLIDED.get(f"w{said}", f"w{said}")
