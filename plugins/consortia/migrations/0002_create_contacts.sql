-- Who at a member is to be written to for what; gone with the person's part in the organisation.

CREATE TABLE consortia_contact (
    id {serial},
    membership_id INTEGER NOT NULL REFERENCES consortia_membership (id) ON DELETE CASCADE,
    member_id INTEGER NOT NULL REFERENCES organisation_member (id) ON DELETE CASCADE,
    role TEXT NOT NULL,
    UNIQUE (membership_id, role)
);
CREATE INDEX consortia_contact_member_id ON consortia_contact (member_id);
