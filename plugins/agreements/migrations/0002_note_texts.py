"""Texts that were kept before the log named each of them stand in it from now on."""

from portal import audit
from portal.context import system_context

AGREEMENT = "agreements_agreement"


def up(migrator, db):
    """Write an entry for each version; later ones get theirs when they are stored."""
    rows = db.execute_sql(
        "SELECT v.agreement_id, v.number, v.digest, v.why, v.clause, v.account_id, v.created_at, "
        "p.public_id FROM agreements_version v LEFT JOIN agreements_party p ON p.id = v.party_id "
        "ORDER BY v.id"
    ).fetchall()
    for agreement, number, digest, why, clause, account, at, party in rows:
        audit.record(
            system_context(),
            "agreement.text_kept",
            AGREEMENT,
            agreement,
            version=number,
            digest=digest,
            why=why,
            clause=clause,
            party=party or "",
            at=at,
            account=account,
        )
