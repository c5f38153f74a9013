"""What is written where nothing is known, in the words of many languages; and what is like it and is somebody's."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.contract.codes import IdentifierType
from shared.contract.placeholders import PLACEHOLDERS, is_no_name, is_no_number, plain


def listed(values: str) -> list[str]:
    return [each for each in re.split(r"[|\n]", values) if each]


PROSE = """
see file 123|se sag 1234|unknown (lost 2024)|N/A 2026|n/a (2)|ID ukendt (01)|jf. sag 0900-12345|same as P01|se P-01|samme som P01
subject 1|pass no. 1|kopi 1|expired 2024|brak 1|doc 1|pas 1|2 pas|1 person|copy of passport 2024|udløbet 2024|UDLØBET 2024
will follow 30-11-2026|unknown2|none 2026|невідомо 1|no passport (2026)|passport lost 2023|Reisepass verloren 2024
нет паспорта 1|无护照 1|ไม่มี 1|مفقود 2024|hun har ikke pas 12|ukendt nr. 12345678|kopi1|udløbet2024|pas1|pas 30-11-2026
passport 1 of 2|qzqz 12|qzqz wvwv 2024|1900-01-01|30.11.2026|30. november 2026|2026/11/30|12-05-98|11/30/2026|000000001
0000001|10000000|0123456789
"""


@pytest.mark.parametrize("kind", list(IdentifierType))
@pytest.mark.parametrize("value", listed(PROSE))
def test_words_with_some_digits_among_them_and_a_date_are_no_number(kind: IdentifierType, value: str) -> None:
    assert is_no_number(kind, value)


@pytest.mark.parametrize("value", ["wygasł 2024", "qzqz 1999"])
def test_a_word_and_a_year_are_no_number_but_that_of_a_register_that_nobody_knows(value: str) -> None:
    assert is_no_number(IdentifierType.PASSPORT, value)
    assert not is_no_number(IdentifierType.OTHER, value.replace("wygasł", "qzqz"))


@pytest.mark.parametrize("value", ["LGBT-77", "REDEN/12"])
def test_a_running_number_of_a_project_is_one_where_it_is_given_as_another_paper(value: str) -> None:
    assert not is_no_number(IdentifierType.OTHER, value)
    assert is_no_number(IdentifierType.PASSPORT, value)
    assert is_no_number(IdentifierType.OTHER, "sag-12")
    assert is_no_number(IdentifierType.OTHER, "doc-12")


REAL = """
C1234567|FR000123|AB 123456|MP 1234567|KP-Ч 123456|C 01X00T47|C01X00T47|A1234567|AB123456|DAB 123456|DAB123456|75 1234567
45 08 123456
XXI-БА 123456|НА 123456|ЕН-123456|CA 12345 BA|RR-1234567|12 AB 34567|BN0123456|U1234567|12.345.687-K|X00000001|M 1234567
PK 12 34567|IDN 1234567|AB 2024|P1234567(8)|LA 080402|T01 234 567|00AB12345|PAS1234567|Pas C1234567|passport no. AB123456
Pasnr.: C1234567|C1234567<8THA9001014F2701010<<<<<<<|P<THASOMCHAI<<MALEE<<<<<C1234567|ن 1234567|NN 123456|UNK 123456|SE123456
NO 1234567|AS 123456|ID 7654321|THAI 123456|ABCD 1234|MR 1234567|19 AB 2010|20261130|010190 1234567
"""


@pytest.mark.parametrize("kind", [IdentifierType.PASSPORT, IdentifierType.OTHER])
@pytest.mark.parametrize("value", listed(REAL))
def test_numbers_as_countries_write_them_are_matched(kind: IdentifierType, value: str) -> None:
    assert not is_no_number(kind, value)


@given(
    st.from_regex("[A-Z]{0,2}", fullmatch=True),
    st.sampled_from(["", " ", "-", "."]),
    st.text("0123456789", min_size=6, max_size=9),
)
def test_a_series_of_two_letters_and_six_digits_is_a_number(series: str, between: str, digits: str) -> None:
    if len(set(digits)) > 3 and not any(digits in row for row in ("01234567890123", "98765432109876")):
        written = f"{series}{between}{digits}"
        assert is_no_number(IdentifierType.PASSPORT, written) == (plain(written) in PLACEHOLDERS.numbers.listed)


BESIDE_A_REMARK = """
NIE X1234567L|SIN 123 456 782|SAM 1234567|SEM 1234567|VER 123456|NON 123456|JAK 123456|TAK 1234567|P1234567 (expired)
AA1234567, udløbet|AB 123456 stjålet|kopi af P1234567|stolen 1234567|passport 1234567|AB 12345 udløbet|lost: C1234567
P1234567 udløbet 2024|copy of passport AB123456|pas C1234567 beslaglagt af politiet|falsk P1234567|skradziony AB 1234567
"""


@pytest.mark.parametrize("kind", [IdentifierType.PASSPORT, IdentifierType.OTHER])
@pytest.mark.parametrize("value", listed(BESIDE_A_REMARK))
def test_a_number_beside_a_remark_is_matched(kind: IdentifierType, value: str) -> None:
    assert not is_no_number(kind, value)


ELSEWHERE = "see file 123456|se sag 123456|Sagsnr. 12345678|jnr 2023-104455|j.nr. 2023-104455|sags-nr. 123456|samme som P1234567"


@pytest.mark.parametrize("value", listed(ELSEWHERE))
def test_the_number_of_something_else_is_none_but_as_another_paper(value: str) -> None:
    assert is_no_number(IdentifierType.PASSPORT, value)
    assert not is_no_number(IdentifierType.OTHER, value)


SAID_TO_BE_NONE = """
ukendt nr. 12345678|ingen pas 1234567|not known 1234567|hun har ikke pas 12345678|mangler 1234567|TEST 1234567|født 120590
udløbet 20241231|expired 31122024|udløbet20241231|无护照 1234567|нет 1234567
"""


@pytest.mark.parametrize("kind", [IdentifierType.PASSPORT, IdentifierType.OTHER])
@pytest.mark.parametrize("value", listed(SAID_TO_BE_NONE))
def test_what_is_said_to_be_none_or_a_date_is_no_number_of_whatever_length(kind: IdentifierType, value: str) -> None:
    assert is_no_number(kind, value)


NOBODY = """
X|x.|X X|test|TEST|Offer|victim|victims|hemmelig|fortroligt|hemmeligt navn|withheld|redacted|anonymiseret|άγνωστος|Αγνωστος
ΑΓΝΩΣΤΟΣ|Namenlos|Unbekannte|Brak danych|brak|B.B.|b. b.|A.A.|Mustermann|no data|keine Angabe|нет данных|немає даних|sin datos
sem dados|nessun dato|non renseigné|geen gegevens|uppgift saknas|ikke oppgitt|nincs adat|fără date|няма данни|bez údajů
bilgi yok|لا توجد بيانات|نامشخص|ไม่มีข้อมูล|không có thông tin|无资料|保密|BİLİNMİYOR|navnebeskyttet|adressebeskyttet
skyddad identitet|kvindeligt offer|Fru|Hr.|Mrs|Ms.|Frau|Herr|Madame|Señora|господин|女士|นางสาว|Fru Ukendt|Frau Unbekannt|Boy
mand|Mand|boys|prostitueret|Thai prostitueret|Thai offer|nigeriansk offer 2|ung kvinde|2 kvinder|Kvinde ca. 25 år|25-årig kvinde
young woman|kvinna|jente
Mädchen|vrouw|femme|mujer|mulher|ragazza|kobieta|dívka|femeie|áldozat|момиче|дівчина|девушка|kadın|فتاة|دختر|ผู้หญิง|phụ nữ|女人
κορίτσι|N/A 2|n.v.t.|Ola Nordmann|qwerty|مجهول الهوية|بی‌نام|secret|confidential
"""


@pytest.mark.parametrize("name", listed(NOBODY))
def test_words_for_nobody_of_many_languages_are_no_name(name: str) -> None:
    assert is_no_name(name)


SOMEBODY = """
Man|Hanna|Nina|Niña|Donna|Null Petersen|Boy Jensen|Malee Test|Malcolm X|An|Aa|Bb|A.B.|No|Na|Ung|Kind|Mann|Junge|Chai|ชาย
قربانی|Ghorbani|Zena|Žena|Võ Danh|An Danh|Dan Ong|Koné|Dame|Pan|Nang|Khun|O|Thai Man|Danish Mand|السيد|Fata|Muster|Doe|Baby
Yok|Precious|Blessing|Victor|Ms Nguyen|Fru Hansen|Hr. Boy Jensen|Anonimova|Persson|Bay|Chico|Child|Barbat|Fru Thai
சச்சி|தத்தை|Jente Visser|Unknown Petersen
"""


@pytest.mark.parametrize("name", listed(SOMEBODY))
def test_names_that_are_like_such_words_are_names(name: str) -> None:
    assert not is_no_name(name)
