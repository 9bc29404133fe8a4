-- Invitations go 30 days after registration has closed. Of an address that never wants to be written to
-- only a digest stays, which nobody can read without the site's key.

CREATE TABLE roundtable_invitations_invitation (
    id {serial},
    public_id TEXT NOT NULL UNIQUE,
    series_id INTEGER NOT NULL,
    mark {binary} NOT NULL UNIQUE,
    email TEXT NOT NULL,
    name TEXT NOT NULL,
    employer TEXT NOT NULL,
    lang TEXT NOT NULL,
    reason TEXT NOT NULL,
    source TEXT NOT NULL,
    state TEXT NOT NULL,
    invited_at {binary} NOT NULL,
    reminded_at {binary},
    closes_at {binary} NOT NULL
);
CREATE INDEX roundtable_invitations_invitation_series ON roundtable_invitations_invitation (series_id);
CREATE INDEX roundtable_invitations_invitation_email ON roundtable_invitations_invitation (email);
CREATE INDEX roundtable_invitations_invitation_closes ON roundtable_invitations_invitation (closes_at);

CREATE TABLE roundtable_invitations_never (
    digest {binary} NOT NULL PRIMARY KEY,
    said_at {binary} NOT NULL
);
