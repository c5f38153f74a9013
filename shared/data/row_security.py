"""Row level security: who is asking, and the policies of a table."""

WHO_IS_ASKING = """
CREATE FUNCTION havn_org() RETURNS text LANGUAGE sql STABLE
    RETURN nullif(current_setting('havn.org', true), '')
"""


def guarded(table: str, rights: str, *, visible: str = "havn_org() IS NOT NULL", writable: str = "") -> list[str]:
    """Row level security for a table: the runtime role sees a row when `visible` holds for it, and may write one when
    `writable` does (when somebody is asking at all, where it is empty). Without an actor there are no rows."""
    policies = _policies(visible, writable)
    return [
        f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
        *(f"CREATE POLICY {table}_{name} ON {table} FOR {does} {rule}" for name, (does, rule) in policies.items()),
        f"DO $$ BEGIN EXECUTE format('GRANT {rights} ON {table} TO %I', current_database()); END $$",
    ]


def guarded_anew(table: str, *, visible: str, writable: str = "") -> list[str]:
    """Other conditions for a table that an earlier migration guarded."""
    policies = _policies(visible, writable)
    return [f"ALTER POLICY {table}_{name} ON {table} {rule}" for name, (_, rule) in policies.items()]


def _policies(visible: str, writable: str) -> dict[str, tuple[str, str]]:
    write = writable or "havn_org() IS NOT NULL"
    return {
        "seen": ("SELECT", f"USING ({visible})"),
        "added": ("INSERT", f"WITH CHECK ({write})"),
        "changed": ("UPDATE", f"USING ({visible}) WITH CHECK ({write})"),
        "removed": ("DELETE", f"USING ({visible})"),
    }


def plumbing_by_part(*, history: str, keys: str) -> list[str]:
    """Policies by part for what every service has alike: whose events (`history`) and wrapped keys (`keys`) the requests of an
    organisation see. Numbers are nobody's to see but Havn's; of the audit each organisation sees its own, and the centre all."""
    itself = "havn_org() = 'havn'"
    return [
        *guarded_anew("event_history", visible=history, writable="actor_org = havn_org()"),
        *guarded_anew("event_sequence", visible=itself, writable=itself),
        *guarded_anew("data_key", visible=keys),
    ]
