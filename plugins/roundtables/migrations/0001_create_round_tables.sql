-- Series of round tables, who is interested, how places were allocated and what became of them.
-- {binary} is text whose order is that of its bytes. An address has one interest in a series that
-- was not withdrawn; a series has one draw that was committed; a person has one place at a table.

CREATE TABLE roundtables_series (
    id {serial},
    public_id TEXT NOT NULL UNIQUE,
    slug {binary} NOT NULL UNIQUE,
    organisation_id INTEGER NOT NULL REFERENCES organisation (id) ON DELETE CASCADE,
    account_id INTEGER REFERENCES account (id) ON DELETE SET NULL,
    contact_id INTEGER REFERENCES account (id) ON DELETE SET NULL,
    title TEXT NOT NULL,
    purpose TEXT NOT NULL,
    questions TEXT NOT NULL,
    lang TEXT NOT NULL,
    zone TEXT NOT NULL,
    opens_at {binary} NOT NULL,
    closes_at {binary} NOT NULL,
    freezes_at {binary} NOT NULL,
    groups TEXT NOT NULL,
    own_groups TEXT NOT NULL,
    weights TEXT NOT NULL,
    org_cap INTEGER NOT NULL,
    seats_per_person INTEGER NOT NULL,
    loss INTEGER NOT NULL,
    offer_hours INTEGER NOT NULL,
    state TEXT NOT NULL,
    version INTEGER NOT NULL,
    counts TEXT NOT NULL,
    created_at {binary} NOT NULL,
    published_at {binary},
    over_at {binary}
);
CREATE INDEX roundtables_series_organisation_id ON roundtables_series (organisation_id);
CREATE INDEX roundtables_series_account_id ON roundtables_series (account_id);
CREATE INDEX roundtables_series_contact_id ON roundtables_series (contact_id);
CREATE INDEX roundtables_series_state ON roundtables_series (state, freezes_at);

CREATE TABLE roundtables_table (
    id {serial},
    public_id TEXT NOT NULL UNIQUE,
    series_id INTEGER NOT NULL REFERENCES roundtables_series (id) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    topic TEXT NOT NULL,
    lang TEXT NOT NULL,
    starts_at {binary} NOT NULL,
    minutes INTEGER NOT NULL,
    capacity INTEGER NOT NULL,
    reserved INTEGER NOT NULL,
    joining TEXT NOT NULL,
    supports TEXT NOT NULL,
    note TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    findings TEXT NOT NULL,
    published_at {binary},
    cancelled_at {binary},
    version INTEGER NOT NULL,
    UNIQUE (series_id, number)
);

CREATE TABLE roundtables_interest (
    id {serial},
    public_id TEXT NOT NULL UNIQUE,
    series_id INTEGER NOT NULL REFERENCES roundtables_series (id) ON DELETE CASCADE,
    account_id INTEGER REFERENCES account (id) ON DELETE SET NULL,
    organisation_id INTEGER REFERENCES organisation (id) ON DELETE SET NULL,
    email TEXT NOT NULL,
    name TEXT NOT NULL,
    lang TEXT NOT NULL,
    employer TEXT NOT NULL,
    groups TEXT NOT NULL,
    choices TEXT NOT NULL,
    is_listed {boolean} NOT NULL,
    is_recordable {boolean} NOT NULL,
    mark TEXT NOT NULL,
    receipt TEXT NOT NULL UNIQUE,
    salt TEXT NOT NULL,
    source TEXT NOT NULL,
    state TEXT NOT NULL,
    version INTEGER NOT NULL,
    position INTEGER NOT NULL,
    is_pooled {boolean} NOT NULL,
    created_at {binary} NOT NULL,
    confirmed_at {binary},
    reminded_at {binary},
    over_at {binary}
);
CREATE UNIQUE INDEX roundtables_interest_open ON roundtables_interest (series_id, email)
    WHERE state <> 'withdrawn';
CREATE INDEX roundtables_interest_email ON roundtables_interest (email);
CREATE INDEX roundtables_interest_account_id ON roundtables_interest (account_id);
CREATE INDEX roundtables_interest_organisation_id ON roundtables_interest (organisation_id);

CREATE TABLE roundtables_need (
    interest_id INTEGER PRIMARY KEY REFERENCES roundtables_interest (id) ON DELETE CASCADE,
    needs TEXT NOT NULL,
    fewer TEXT NOT NULL
);

CREATE TABLE roundtables_draw (
    id {serial},
    public_id TEXT NOT NULL UNIQUE,
    series_id INTEGER NOT NULL REFERENCES roundtables_series (id) ON DELETE CASCADE,
    state TEXT NOT NULL,
    loss INTEGER NOT NULL,
    settings TEXT NOT NULL,
    pool TEXT NOT NULL,
    pool_hash TEXT NOT NULL,
    settings_hash TEXT NOT NULL,
    result TEXT NOT NULL,
    figures TEXT NOT NULL,
    tickets_hash TEXT NOT NULL,
    source TEXT NOT NULL,
    value TEXT NOT NULL,
    ticket INTEGER,
    job_id INTEGER,
    account_id INTEGER REFERENCES account (id) ON DELETE SET NULL,
    created_at {binary} NOT NULL,
    committed_at {binary},
    drawn_at {binary}
);
CREATE UNIQUE INDEX roundtables_draw_one ON roundtables_draw (series_id)
    WHERE state IN ('committed', 'drawn', 'shown');
CREATE UNIQUE INDEX roundtables_draw_working ON roundtables_draw (series_id) WHERE state = 'working';
CREATE INDEX roundtables_draw_series_id ON roundtables_draw (series_id);
CREATE INDEX roundtables_draw_account_id ON roundtables_draw (account_id);

CREATE TABLE roundtables_place (
    id {serial},
    public_id TEXT NOT NULL UNIQUE,
    interest_id INTEGER NOT NULL REFERENCES roundtables_interest (id) ON DELETE CASCADE,
    table_id INTEGER NOT NULL REFERENCES roundtables_table (id) ON DELETE CASCADE,
    state TEXT NOT NULL,
    via TEXT NOT NULL,
    reminded TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    offered_at {binary} NOT NULL,
    answer_by {binary} NOT NULL,
    answered_at {binary},
    attended_at {binary},
    UNIQUE (interest_id, table_id)
);
CREATE INDEX roundtables_place_table_id ON roundtables_place (table_id, state);
CREATE INDEX roundtables_place_answer_by ON roundtables_place (state, answer_by);

CREATE TABLE roundtables_objection (
    id {serial},
    public_id TEXT NOT NULL UNIQUE,
    interest_id INTEGER NOT NULL REFERENCES roundtables_interest (id) ON DELETE CASCADE,
    text TEXT NOT NULL,
    answer TEXT NOT NULL,
    created_at {binary} NOT NULL,
    due_at {binary} NOT NULL,
    answered_at {binary}
);
CREATE INDEX roundtables_objection_interest_id ON roundtables_objection (interest_id);

CREATE TABLE roundtables_letter (
    outbox_id INTEGER PRIMARY KEY,
    table_id INTEGER NOT NULL REFERENCES roundtables_table (id) ON DELETE CASCADE,
    uid TEXT NOT NULL,
    method TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    gate TEXT NOT NULL
);
CREATE INDEX roundtables_letter_table_id ON roundtables_letter (table_id);
