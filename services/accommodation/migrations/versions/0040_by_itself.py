"""Whoever knows a merged case alone is shown the whole of who is responsible by that case alone, and not the authority only."""

from shared.data.migrations import apply, retire

revision = "0040"
down_revision = "0039"

# What was merged before is shown to them as far as it was: the authority, and a row that says nothing of the other case.
AS_SHOWN = """
UPDATE placement_request SET by_itself = jsonb_build_object(
    'row', CASE WHEN shown_authority = authority THEN row ELSE 'D' END, 'authority', shown_authority,
    'payer', CASE WHEN shown_authority = authority THEN payer ELSE shown_authority END,
    'options', CASE WHEN shown_authority = authority THEN to_jsonb(options) ELSE '[]' END,
    'why', CASE WHEN shown_authority = authority THEN why ELSE 'Review: CMM settles who is responsible.' END,
    'why_da', CASE WHEN shown_authority = authority THEN why_da ELSE 'Gennemgang: CMM afklarer ansvaret.' END,
    'needs_review', needs_review OR shown_authority <> authority, 'table_version', table_version, 'facts', facts)
WHERE shown_authority IS NOT NULL
"""


def upgrade() -> None:
    apply(
        "ALTER TABLE placement_request ADD COLUMN by_itself jsonb",
        AS_SHOWN,
        *retire("placement_request", "shown_authority"),
    )
