-- A link is found by the digest of its secret; the one before leads to the newer mail.

CREATE TABLE links_link (
    id {serial},
    public_id {binary} NOT NULL,
    purpose {binary} NOT NULL,
    object_id BIGINT NOT NULL,
    role {binary} NOT NULL,
    email TEXT NOT NULL,
    name TEXT NOT NULL,
    language TEXT NOT NULL,
    digest {binary} NOT NULL,
    digest_before {binary} NOT NULL,
    sent_at {binary} NOT NULL,
    expires_at {binary} NOT NULL,
    used_at {binary},
    closed_at {binary}
);
CREATE UNIQUE INDEX links_link_public_id ON links_link (public_id);
CREATE UNIQUE INDEX links_link_digest ON links_link (digest);
CREATE INDEX links_link_digest_before ON links_link (digest_before);
CREATE INDEX links_link_purpose_object_id ON links_link (purpose, object_id);
CREATE INDEX links_link_email ON links_link (email);
CREATE INDEX links_link_expires_at ON links_link (expires_at);
