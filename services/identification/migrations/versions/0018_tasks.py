"""Familieretshuset has the task to appoint a child's representative; a question is to be answered by a day."""

from shared.data.migrations import apply

revision = "0018"
down_revision = "0017"

REPRESENTATION = """
ALTER TABLE case_merge ADD COLUMN representative_requested_on date, ADD COLUMN goes_on_for varchar[];
INSERT INTO case_party (case_id, org, part, since)
    SELECT id, 'familieretshuset', 'representation', now() FROM case_file
    WHERE representative_requested_on IS NOT NULL AND representative_appointed_on IS NULL AND erased_at IS NULL
      AND age_group IN ('minor', 'presumed_minor')
    ON CONFLICT DO NOTHING;
UPDATE case_file SET is_wound = false WHERE representative_requested_on IS NOT NULL AND erased_at IS NULL;
"""
# As in services/identification/tables/questions-2026.json, for what was asked before there was one.
QUESTIONS = """
ALTER TABLE question
    ADD COLUMN due_at timestamptz,
    ADD COLUMN due_on date,
    ADD COLUMN alert_at timestamptz,
    ADD COLUMN next_alert_at timestamptz;
UPDATE question SET due_on = (asked_at AT TIME ZONE 'Europe/Copenhagen')::date + 7;
UPDATE question SET due_at = (due_on + 1)::timestamp AT TIME ZONE 'Europe/Copenhagen';
UPDATE question SET alert_at = asked_at + (due_at - asked_at) * 0.8;
UPDATE question SET next_alert_at = alert_at WHERE state = 'open';
ALTER TABLE question
    ALTER COLUMN due_at SET NOT NULL, ALTER COLUMN due_on SET NOT NULL, ALTER COLUMN alert_at SET NOT NULL;
CREATE INDEX ix_question_alert ON question (next_alert_at) WHERE state = 'open';
"""
# As migration 0011 has it, but for the parts of a task, of which there is one more.
THROUGH_MERGES = """DO $do$ BEGIN
CREATE OR REPLACE FUNCTION events_through_merges(after bigint, settled bigint, most integer) RETURNS TABLE
    (event_id uuid, "position" bigint, key varchar, sequence bigint, type varchar, occurred_at timestamptz, payload jsonb,
     alias uuid, shift bigint)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $fn$
    WITH RECURSIVE chain AS (
        SELECT m.case_id AS alias, m.into_id, m.position AS since, m.merged_at, m.own_sequence - m.sequence AS shift
        FROM case_party p JOIN case_merge m ON m.case_id = p.case_id
        WHERE p.org = havn_org() AND p.org <> 'us' AND p.part = 'referrer'
          AND NOT EXISTS (SELECT FROM case_party q WHERE q.case_id = m.into_id AND q.org = havn_org()
                          AND q.part NOT IN ('municipality', 'prosecution', 'representation'))
        UNION ALL
        SELECT c.alias, m.into_id, m.position, m.merged_at, c.shift + m.own_sequence - m.sequence
        FROM chain c JOIN case_merge m ON m.case_id = c.into_id)
    SELECT h.event_id, h.position, h.key, h.sequence, h.type, h.occurred_at, h.payload, c.alias, c.shift
    FROM chain c JOIN event_history h ON h.key = c.into_id::text
    WHERE h.position > greatest(after, c.since) AND h.position <= settled AND h.occurred_at > c.merged_at
      AND h.type <> 'dk.havn.identification.case-routed.v1'  -- a further merge routes again, and would tell of itself
    ORDER BY h.position LIMIT most
$fn$;
END $do$"""

# What `overview/aliases.py` shows of the status under a merged case, for a list that is asked for those of one status.
STATUS = """DO $do$ BEGIN
CREATE FUNCTION status_through_merges(the_case uuid) RETURNS varchar
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $fn$
    WITH RECURSIVE above AS (
        SELECT m.into_id, m.status AS before FROM case_party p JOIN case_merge m ON m.case_id = p.case_id
        WHERE p.case_id = the_case AND p.org = havn_org() AND p.part = 'referrer'
        UNION ALL SELECT m.into_id, m.status FROM above a JOIN case_merge m ON m.case_id = a.into_id),
    stands AS (
        SELECT f.status FROM case_file f JOIN case_party p ON p.case_id = f.id
        WHERE f.id = the_case AND p.org = havn_org() AND p.part = 'referrer'
        UNION ALL SELECT f.status FROM above a JOIN case_file f ON f.id = a.into_id WHERE f.status <> a.before)
    SELECT status FROM stands
    ORDER BY array_position(ARRAY['referred', 'clarification', 'recommended', 'decided', 'closed'], status::text) DESC LIMIT 1
$fn$;
END $do$"""


def upgrade() -> None:
    apply(REPRESENTATION, QUESTIONS, THROUGH_MERGES, STATUS)
