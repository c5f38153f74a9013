"""Korean and Lao names in the Latin spelling that passports have, as far as letters alone do not say it.

What is left in its own script here is read letter by letter afterwards (`scripts.readings`)."""

import re


def table(pairs: str) -> dict[str, str]:
    """`a=b c=d` as a dictionary, the longer before what they begin with."""
    found = dict(pair.split("=") for pair in pairs.split())
    return {written: found[written] for written in sorted(found, key=len, reverse=True)}


# ---------------------------------------------------------------- Korean

_KOREAN_FAMILIES = table(
    "김=kim 이=lee 박=park 최=choi 정=jung 강=kang 조=cho 임=lim 권=kwon 고=ko 구=koo 문=moon 신=shin 우=woo 백=baek 오=oh 안=ahn"
    " 노=noh 류=ryu 유=yoo 허=hur 전=jeon 손=sohn 배=bae 서=seo 윤=yoon 장=jang 한=han 홍=hong 송=song"
)


def korean(word: str) -> str:
    """One syllable is a family name; of three or four the first is."""
    if len(word) == 2 or word[0] not in _KOREAN_FAMILIES:
        return word
    return f"{_KOREAN_FAMILIES[word[0]]} {word[1:]}".strip()


# ---------------------------------------------------------------- Lao

_LAO_SIGNS = re.compile("[\u0ec6\u0ec8-\u0ecc]")
_LAO_BEFORE = re.compile("([\u0ec0-\u0ec4])([\u0e81-\u0eae])")
"""A vowel that is written before the consonant after which it is said."""


def lao(word: str) -> str:
    """As Lao people spell themselves: Keo, Noi, Thong."""
    plain = _LAO_SIGNS.sub("", word).replace("\u0ecd\u0eb2", "\u0eb3")  # NFKC takes sara am apart
    plain = _LAO_BEFORE.sub(r"\2\1", plain)
    plain = re.sub("(?<=[\u0e81-\u0eae])\u0ead(?=[\u0e81-\u0eae\u0ebd])", "o", plain)
    return plain.replace("o\u0e8d", "oi").replace("o\u0ebd", "oi").removesuffix("\u0ea7") + (
        "o" if plain.endswith("\u0ea7") and len(plain) > 1 else ""
    )
