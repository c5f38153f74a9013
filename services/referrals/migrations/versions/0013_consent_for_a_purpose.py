"""A consent lets a referral go on to whom it is given for what that organisation may read a referral for."""

from shared.data.migrations import apply

revision = "0013"
down_revision = "0012"

LETS_KNOW = """DO $do$ BEGIN
CREATE FUNCTION lets_know(the_case uuid, the_org varchar, purposes varchar[]) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public
    RETURN (SELECT bool_or(k.is_live AND k.purpose = ANY (purposes)) FROM known_consent k
            WHERE k.case_id = the_case AND k.org = the_org
              AND EXISTS (SELECT FROM referral_subject s JOIN referral r ON r.id = s.referral_id
                          WHERE s.case_id = the_case AND havn_org() IN (r.sender, r.recipient)));
END $do$"""


def upgrade() -> None:
    apply(LETS_KNOW)
