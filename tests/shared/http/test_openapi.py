"""How a docstring becomes a summary."""

from shared.http.openapi import LONGEST_SUMMARY, summary_of


def test_a_summary_is_the_first_sentence_on_one_line() -> None:
    assert summary_of("The person is missing: the case\n    says so. For a child CMM is alerted.") == (
        "The person is missing: the case says so"
    )


def test_a_stop_inside_a_word_ends_no_sentence() -> None:
    assert summary_of("A figure (`1.csv`) of the reports.") == "A figure (`1.csv`) of the reports"


def test_a_long_sentence_ends_at_its_first_pause() -> None:
    assert summary_of("Store a file: " + "whole or in parts " * 10) == "Store a file"
    assert len(summary_of("Store a file; " + "in parts " * 40) or "") <= LONGEST_SUMMARY


def test_no_docstring_makes_no_summary() -> None:
    assert summary_of(None) is None
    assert summary_of("  ") is None
