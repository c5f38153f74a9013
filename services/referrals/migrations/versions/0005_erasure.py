"""Erasing what is known of a case: each subject is sealed under a key of its own, so that the others of a referral stay."""

from shared.data.migrations import apply

revision = "0005"
down_revision = "0004"

TABLES = """
ALTER TABLE referral ADD COLUMN erased_at timestamptz;
ALTER TABLE referral_subject ADD COLUMN erased_at timestamptz;
CREATE INDEX ix_referral_case ON referral (case_id) WHERE case_id IS NOT NULL;
"""
# The one way by which words of a referral go; Havn alone may take it. A subject goes with its case; its texts, which
# may speak of all its subjects, go with the last of them. It gives all ids of what was touched.
ERASE = """DO $do$ BEGIN
CREATE FUNCTION erase_case(the_case uuid, at timestamptz) RETURNS SETOF uuid
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public AS $fn$
DECLARE
    gone uuid[];
    touched uuid[];
    emptied uuid[];
BEGIN
    IF havn_org() IS DISTINCT FROM 'havn' THEN
        RAISE EXCEPTION 'Only Havn itself erases.' USING ERRCODE = 'insufficient_privilege';
    END IF;
    SELECT coalesce(array_agg(s.id), '{}'), coalesce(array_agg(DISTINCT s.referral_id), '{}') INTO gone, touched
        FROM referral_subject s JOIN referral r ON r.id = s.referral_id
        WHERE s.case_id = the_case OR (r.case_id = the_case AND r.kind <> 'identification');
    PERFORM FROM referral WHERE id = ANY (touched) ORDER BY id FOR UPDATE;
    UPDATE referral_subject SET person = '', erased_at = coalesce(erased_at, at) WHERE id = ANY (gone);
    SELECT coalesce(array_agg(r.id), '{}') INTO emptied FROM referral r
        WHERE r.id = ANY (touched)
          AND NOT EXISTS (SELECT FROM referral_subject s WHERE s.referral_id = r.id AND s.erased_at IS NULL);
    UPDATE referral SET narrative = '', erased_at = coalesce(erased_at, at), municipality = NULL, custody_since = NULL,
        occurred_at = date_trunc('year', occurred_at), version = version + 1
        WHERE id = ANY (emptied);
    UPDATE status_change SET remark = NULL WHERE referral_id = ANY (emptied);
    DELETE FROM data_key WHERE owner_id = ANY (gone || emptied);
    RETURN QUERY SELECT unnest(gone || touched);
END $fn$;
END $do$"""


def upgrade() -> None:
    apply(TABLES, ERASE)
