"""Names in other scripts than the Latin one, in Latin letters as passports and papers usually have them.

A script leaves things open that a passport had to settle: Arabic most vowels, Cyrillic the language. So a name has several
readings, the likeliest first, and is found by each. Letters come from `anyascii`, Thai syllables and their royal
romanisation from `pythainlp`; what stands here is what those do not know of names."""

import os
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from functools import cache, lru_cache

from services.identification.finding import burmese, eastern

Reader = Callable[[str], str]
MOST_READINGS = 6
_FIRST_OTHER = "\u0370"
"""Below stand Latin letters and their marks alone: most names, which need nothing of all this."""


def readings(*texts: str | None) -> Iterator[tuple[str, ...]]:
    """These texts in Latin letters, in the same way all of them; once where that leaves nothing open. Empty for None."""
    if not any(text and max(text) >= _FIRST_OTHER for text in texts):
        yield tuple(text or "" for text in texts)
        return
    written = [_in_one_script_each(unicodedata.normalize("NFKC", text)) if text else "" for text in texts]
    present = [(pattern, readers) for pattern, readers in _SCRIPTS if any(map(pattern.search, written))]
    seen = set()
    for number in range(max((len(readers) for _, readers in present), default=1)):
        read = []
        for text in written:
            latin = text
            for pattern, readers in present:
                latin = _read(latin, pattern, readers[min(number, len(readers) - 1)])
            read.append(_read(latin, _OTHER, _letters))
        if (found := tuple(read)) not in seen:
            seen.add(found)
            yield found
        if len(seen) == MOST_READINGS:
            break


def _read(text: str, pattern: re.Pattern[str], reader: Reader) -> str:
    return pattern.sub(lambda run: reader(run[0]), text)


def _letters(run: str) -> str:
    from anyascii import anyascii

    return anyascii(run).casefold()


def _table(pairs: str) -> dict[str, str]:
    """`a=b c=` as a dictionary."""
    return dict(pair.split("=") for pair in pairs.split())


def _spelt(text: str, letters: Mapping[str, str]) -> str:
    """Each of these in turn, the longer before what they begin with."""
    for written, read in letters.items():
        text = text.replace(written, read)
    return text


# ---------------------------------------------------------------- letters that look alike

_LOOK_ALIKE = {
    "cyrillic": ("аАеЕоОрРсСхХуУкКмМНТВіІјЈѕЅһԁгп", "aAeEoOpPcCxXyYkKmMHTBiIjJsShdrn"),
    "greek": ("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧοανικυρ", "ABEZHIKMNOPTYXoavikup"),
}
_LATIN_LETTER = re.compile("[A-Za-z]")
_FOREIGN_LETTER = {"cyrillic": re.compile("[\u0400-\u052f]"), "greek": re.compile("[\u0370-\u03ff\u1f00-\u1fff]")}


def _in_one_script_each(text: str) -> str:
    """The text with each word in one script, where the others' letters in it only look as its own do."""
    return re.sub(r"\w+", lambda word: _in_one_script(word[0]), text)


def _in_one_script(word: str) -> str:
    if not _LATIN_LETTER.search(word):
        return word
    for script, (theirs, latin) in _LOOK_ALIKE.items():
        foreign = set(_FOREIGN_LETTER[script].findall(word))
        if foreign and foreign <= set(theirs):
            return word.translate(str.maketrans(theirs, latin))
        if foreign and set(_LATIN_LETTER.findall(word)) <= set(latin):
            return word.translate(str.maketrans(latin, theirs))
    return word


# ---------------------------------------------------------------- Cyrillic

_EAST = _table("ъе=ye х=kh щ=shch ц=ts ъ= ь= ё=yo г=g ы=y э=e")
_BULGARIAN = _table("х=h щ=sht ц=ts ъ=a ь= дж=dj")
_SERBIAN = _table("х=h ц=c ч=c ж=z ш=s ћ=c ђ=d џ=dz ј=j љ=lj њ=nj щ=sht ъ=a ь=")
_ONLY_EAST = re.compile("[іїєґыэё]")


def _east(word: str) -> str:
    return _letters(_spelt(re.sub("^[еёє]", lambda first: "yo" if first[0] == "ё" else "ye", word.casefold()), _EAST))


def _east_plain(word: str) -> str:
    return _letters(_spelt(re.sub("^[еёє]", "e", word.casefold()), _EAST))


def _bulgarian(word: str) -> str:
    return _east(word) if _ONLY_EAST.search(word.casefold()) else _letters(_spelt(word.casefold(), _BULGARIAN))


def _bulgarian_french(word: str) -> str:
    """As before 2000: Jeliazkov, Vulchev."""
    return _bulgarian(re.sub("ъ", "у", re.sub("ж", "j", word.casefold())))


def _serbian(word: str) -> str:
    return _east(word) if _ONLY_EAST.search(word.casefold()) else _letters(_spelt(word.casefold(), _SERBIAN))


def _serbian_plain(word: str) -> str:
    return _serbian(word.casefold().replace("ђ", "dj"))


# ---------------------------------------------------------------- Greek

_GREEK_PAIRS = _table("ου=ou αυ=av ευ=ev γγ=ng γξ=nx γχ=nch")
_GREEK_SOUNDS = _table("μπ=b ντ=d γκ=g χ=h αι=e ει=i οι=i")
_GREEK_SOUNDS_INSIDE = _table("μπ=mb ντ=nd γκ=ng")


def _greek_letters(word: str) -> str:
    plain = re.sub("[αε]υ(?=[θκξπστφχψς]|$)", lambda pair: {"α": "af", "ε": "ef"}[pair[0][0]], _plain_greek(word))
    return _letters(_spelt(plain, _GREEK_PAIRS))


def _greek_sounds(word: str) -> str:
    plain = re.sub("^γ(?=[ιηυε])", "y", _plain_greek(word))
    plain = re.sub("^(μπ|ντ|γκ)", lambda pair: _GREEK_SOUNDS[pair[0]], plain)
    return _greek_letters(_spelt(plain, _GREEK_SOUNDS_INSIDE | _GREEK_SOUNDS))


def _plain_greek(word: str) -> str:
    """Without accents, but where they part two vowels."""
    apart = unicodedata.normalize("NFD", word.casefold())
    return unicodedata.normalize("NFC", re.sub("[\u0300\u0301\u0313\u0314\u0342]", "", apart))


# ---------------------------------------------------------------- Arabic, Persian

_ARABIC_MARKS = re.compile("[\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06ed]")
_SAME_LETTER = str.maketrans(
    _table(
        "ي=ی ې=ی ۍ=ی ێ=ی ئ=ی ك=ک ڪ=ک ة=ه ە=ه ۀ=ه ہ=ه ھ=ه أ=ا إ=ا ٱ=ا آ=ا ۆ=و ۇ=و ؤ=و ڤ=و ڵ=ل ڕ=ر ء= \u0640= \u200c= \u200d="
    )
)
"""Letters of other keyboards; tatweel, joiners and the hamza alone count for nothing."""
_ARABIC = _table(
    "ب=b پ=p ت=t ج=j چ=ch ح=h خ=kh د=d ر=r ز=z ژ=zh س=s ش=sh ص=s ط=t غ=gh ف=f ق=q ک=k گ=g ل=l م=m ن=n ه=h ٹ=t ڈ=d ڑ=r ں=n"
)
_ARABIC_ALONE = _table("ث=th ذ=dh ض=d ظ=z ى=a")
_PERSIAN = _table("ث=s ذ=z ض=z ظ=z ق=gh ژ=j ى=i")
_WHOLE_WORDS = _table("بن=bin ابن=ibn بنت=bint ابو=abu ام=um عبد=abd الله=allah")


def _arabic(word: str, *, is_persian: bool, waw: str, keeps_h: bool) -> str:
    plain = _ARABIC_MARKS.sub("", word).translate(_SAME_LETTER)
    if whole := _WHOLE_WORDS.get(plain):
        return whole
    before = ""
    if not is_persian and (servant := re.match("عبدال(?=..)", plain)):
        before, plain = "abd al-", plain[servant.end() :]
    elif not is_persian and (article := re.match("ال(?=...)", plain)):
        before, plain = "al-", plain[article.end() :]
    letters = _ARABIC | (_PERSIAN if is_persian else _ARABIC_ALONE)
    return before + _with_vowels(plain, letters, waw=waw, keeps_h=keeps_h)


def _with_vowels(plain: str, letters: Mapping[str, str], *, waw: str, keeps_h: bool) -> str:
    """Letter by letter, with an `a` between consonants: which vowel it was nobody wrote, and the comparison does not ask."""
    read = ""
    for place, letter in enumerate(plain):
        after = plain[place + 1 : place + 2]
        if letter in "اع":
            heard = "a"
        elif letter == "و":
            heard = "v" if not place or (after and after in "ایه") else waw
        elif letter == "ی":
            heard = "y" if not place or (after and after in "او") else "i"
        elif letter == "ه" and place and not after:
            heard = "a" if not read.endswith("a") else ""
        else:
            heard = letters.get(letter) or _letters(letter)
        is_mute = not keeps_h and read[-2:-1] in set("aeiou") and read.endswith("h") and plain[place - 1] in "حه"
        if read and heard and not {read[-1], heard[0]} & set("aeiou") and not is_mute:
            read += "a"
        read += heard
    return read


def _arabic_reader(*, is_persian: bool, waw: str, keeps_h: bool) -> Reader:
    return lambda word: _arabic(word, is_persian=is_persian, waw=waw, keeps_h=keeps_h)


# ---------------------------------------------------------------- Hebrew

_HEBREW_MARKS = re.compile("[\u0591-\u05c7]")
_HEBREW = _table("ב=v ג=g ד=d ז=z ט=t כ=k ך=k ל=l מ=m ם=m נ=n ן=n ס=s פ=f ף=f צ=ts ץ=ts ק=k ר=r ש=sh ת=t ح=h")
_HEBREW_VOWELS = str.maketrans("אעויהח", "اعویهح")
"""Letters that may be vowels, as the Arabic ones that are read in the same way."""
_HEBREW_PAIRS = _table("ג׳=j צ׳=ch ץ׳=ch ז׳=zh ג'=j צ'=ch ץ'=ch ז'=zh וו=v")
_HEBREW_HARD = _table("ב=b פ=p ح=ch")


def _hebrew(word: str, *, waw: str, is_hard: bool) -> str:
    """`is_hard`: b inside a word as well, and ch as in Rachel."""
    plain = _spelt(_HEBREW_MARKS.sub("", word), _HEBREW_PAIRS)
    plain = re.sub("^[בפ]", lambda first: _HEBREW_HARD[first[0]], plain)
    letters = _HEBREW | (_HEBREW_HARD if is_hard else {})
    return _with_vowels(plain.translate(_HEBREW_VOWELS), letters, waw=waw, keeps_h=is_hard)


def _hebrew_reader(*, waw: str, is_hard: bool) -> Reader:
    return lambda word: _hebrew(word, waw=waw, is_hard=is_hard)


# ---------------------------------------------------------------- Thai

_THAI_TITLE = re.compile("^(?:นางสาว|นาย|นาง)(?=[ก-ฮเแโใไ].)")
_THAI_SIGNS = re.compile(".[\u0e34-\u0e39]?\u0e4c|[\u0e47-\u0e4b\u0e2f\u0e46]")
_MOST_THAI_LETTERS = 60
_THAI_ENDS = {("ร", "n"): "rn", ("ล", "n"): "l", ("ช", "t"): "ch", ("จ", "t"): "j"}


def _thai_royal(word: str) -> str:
    return "".join(map(_royal, _syllables(word)))


def _thai_usual(word: str) -> str:
    """As Thais spell themselves: Jaidee, Siriporn, Kamol, Kaew."""
    read = "".join(map(_usual, _syllables(word)))
    return _spelt(read, {"td": "dd", "pb": "bb"})


def _thai_letters(word: str) -> str:
    """Letter by letter, for what the syllables got wrong."""
    plain = _THAI_SIGNS.sub("", _THAI_TITLE.sub("", word))
    return _letters(re.sub("([เแโใไ])(.)", r"\2\1", plain))


def _syllables(word: str) -> list[str]:
    split, _ = _pythainlp()
    whole = _THAI_TITLE.sub("", word).replace("\u0e4d\u0e32", "\u0e33")  # NFKC takes sara am apart
    return split(whole[:_MOST_THAI_LETTERS])


@cache
def _pythainlp() -> tuple[Callable[[str], list[str]], Reader]:
    """What splits syllables and what romanises one; loaded by the first Thai name, with nothing fetched and nothing written.

    The public `romanize` and `subword_tokenize` split by words first, and load a dictionary for it: 70 MB, and a second or two in
    which nothing else is answered. Names are hardly in it, and syllables are enough."""
    os.environ.update(PYTHAINLP_OFFLINE="1", PYTHAINLP_READ_ONLY="1")
    from pythainlp.corpus import thai_syllables
    from pythainlp.tokenize import Tokenizer
    from pythainlp.transliterate.royin import _romanize

    return Tokenizer(thai_syllables(), engine="newmm").word_tokenize, _romanize


@lru_cache(maxsize=4096)
def _royal(syllable: str) -> str:
    _, romanize = _pythainlp()
    read = romanize(syllable)
    ends_hard = len(syllable) > 2 and syllable.endswith(("จ", "ช")) and read.endswith("ch")
    return read.removesuffix("ch") + "t" if ends_hard else read


@lru_cache(maxsize=4096)
def _usual(syllable: str) -> str:
    read, plain = _royal(syllable), _THAI_SIGNS.sub("", syllable)
    if plain.lstrip("เแโใไ").startswith("จ") and read.startswith("ch"):
        read = "j" + read[2:]
    for (letter, royal), usual in _THAI_ENDS.items():
        if plain.endswith(letter) and read.endswith(royal) and len(plain) > 1:
            return read.removesuffix(royal) + usual
    return read.removesuffix("o") + "w" if plain.endswith("ว") and read.endswith("eo") else read


# ---------------------------------------------------------------- Chinese

_TWO_CHARACTERS = frozenset(
    pair
    for pair in re.findall(
        "..", "欧阳歐陽司马司馬诸葛諸葛上官夏侯皇甫慕容令狐司徒东方東方端木公孙公孫尉迟尉遲长孙長孫宇文"
    )
)
_AS_A_FAMILY = _table(
    "曾=zeng 单=shan 單=shan 仇=qiu 解=xie 查=zha 任=ren 朴=piao 乐=yue 盖=ge 葛=ge 区=ou 缪=miao 翟=zhai 覃=qin 冼=xian "
    "尉迟=yuchi 长孙=zhangsun"
)
"""Those that are read in another way as a family name."""


def _chinese(word: str) -> str:
    """Three or four characters are a whole name, the family name first; fewer may be either."""
    if len(word) in (3, 4):
        family = word[: 2 if word[:2] in _TWO_CHARACTERS else 1]
        return f"{_pinyin(family)} {_pinyin(word[len(family) :])}"
    return _pinyin(word)


def _pinyin(characters: str) -> str:
    return _AS_A_FAMILY.get(characters) or _letters(characters)


# ---------------------------------------------------------------- others


def _bengali(word: str) -> str:
    """The first vowel as well, where it is the one that is not written: the others are not asked for."""
    read = re.sub("c(?!h)", "ch", _letters(unicodedata.normalize("NFC", word)))
    return re.sub("^([^aeiou]h?)(?=[^aeiouh])", r"\1a", re.sub("oy'?a", "wa", read))


def _bengali_glides(word: str) -> str:
    return re.sub("(?<=[aeo])[ou](?=[^aeiou])", "w", _bengali(word))


def _bengali_with_b(word: str) -> str:
    """Nepali and Bengali say b where others write v: Bishnu."""
    return _bengali(word).replace("v", "b")


def _korean_plain(word: str) -> str:
    """As many spell themselves: Ji-sung, Hyun."""
    return _letters(eastern.korean(word)).replace("eo", "u")


def _georgian_plain(word: str) -> str:
    return _letters(_spelt(word.casefold(), {"ხ": "h", "ჟ": "j"}))


_SCRIPTS: tuple[tuple[re.Pattern[str], tuple[Reader, ...]], ...] = (
    (
        re.compile("[\u0400-\u052f]+(?:['’ʼ][\u0400-\u052f]+)*"),
        (_east, _east_plain, _serbian, _serbian_plain, _bulgarian, _bulgarian_french),
    ),
    (re.compile("[\u0370-\u03ff\u1f00-\u1fff]+"), (_greek_letters, _greek_sounds)),
    (
        re.compile("[\u0600-\u06ff\u0750-\u077f\u200c]+"),
        tuple(
            _arabic_reader(is_persian=is_persian, waw=waw, keeps_h=keeps_h)
            for waw in ("u", "v")
            for keeps_h in (True, False)
            for is_persian in (False, True)
        ),
    ),
    (
        re.compile("[\u0590-\u05ff]+(?:'[\u0590-\u05ff]*)*"),
        tuple(_hebrew_reader(waw=waw, is_hard=is_hard) for is_hard in (False, True) for waw in ("u", "v")),
    ),
    (re.compile("[\u0e00-\u0e7f]+"), (_thai_royal, _thai_usual, _thai_letters)),
    (re.compile("[\u3400-\u9fff]+"), (_chinese,)),
    (re.compile("[\u0900-\u0dff]+"), (_bengali, _bengali_glides, _bengali_with_b)),
    (re.compile("[\u0e80-\u0eff]+"), (eastern.lao,)),
    (re.compile("[\u1000-\u109f]+"), (burmese.in_one_word, burmese.apart, burmese.in_few_letters)),
    (re.compile("[\uac00-\ud7a3]+"), (eastern.korean, _korean_plain, _letters)),
    (re.compile("[\u10a0-\u10ff\u1c90-\u1cbf]+"), (_letters, _georgian_plain)),
)
_OTHER = re.compile("[\u0370-\u1dff\u1f00-\u1fff\u2c00-\uffff\U00010000-\U0003ffff]+")
