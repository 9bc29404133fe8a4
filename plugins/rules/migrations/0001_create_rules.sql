-- Content rules (rules_rule) with what they did (rules_run); webhooks (rules_webhook) with what was
-- sent to them (rules_delivery). {binary} is text whose order is that of its bytes.

CREATE TABLE rules_rule (
    id {serial},
    public_id TEXT NOT NULL UNIQUE,
    title TEXT NOT NULL,
    event {binary} NOT NULL,
    matching TEXT NOT NULL,
    conditions TEXT NOT NULL,
    actions TEXT NOT NULL,
    mail_to TEXT NOT NULL,
    is_active {boolean} NOT NULL,
    position INTEGER NOT NULL,
    created_by_id INTEGER REFERENCES account (id) ON DELETE SET NULL,
    created_at {binary} NOT NULL,
    version INTEGER NOT NULL,
    deleted_at {binary}
);
CREATE INDEX rules_rule_event ON rules_rule (event);
CREATE INDEX rules_rule_created_by_id ON rules_rule (created_by_id);

-- A rule looks at an event once. It acts on an object once in a chain of events: `guard` names both,
-- and is null for runs that did not act.
CREATE TABLE rules_run (
    id {serial},
    rule_id INTEGER NOT NULL REFERENCES rules_rule (id) ON DELETE CASCADE,
    event_id INTEGER NOT NULL,
    event {binary} NOT NULL,
    subject_type TEXT NOT NULL,
    subject_id INTEGER NOT NULL,
    account_id INTEGER REFERENCES account (id) ON DELETE SET NULL,
    payload TEXT NOT NULL,
    happened_at {binary} NOT NULL,
    chain INTEGER NOT NULL,
    depth INTEGER NOT NULL,
    guard {binary},
    state {binary} NOT NULL,
    reason TEXT NOT NULL,
    done TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    created_at {binary} NOT NULL,
    finished_at {binary},
    UNIQUE (rule_id, event_id),
    UNIQUE (rule_id, guard)
);
CREATE INDEX rules_run_state ON rules_run (state, created_at);
CREATE INDEX rules_run_subject ON rules_run (rule_id, subject_type, subject_id, created_at);
CREATE INDEX rules_run_account_id ON rules_run (account_id);

-- The secret of a webhook is not stored: it follows from the portal's secret key and the nonce.
CREATE TABLE rules_webhook (
    id {serial},
    public_id TEXT NOT NULL UNIQUE,
    title TEXT NOT NULL,
    url TEXT NOT NULL,
    nonce TEXT NOT NULL,
    old_nonce TEXT NOT NULL,
    old_until {binary},
    secret_shown_at {binary},
    is_active {boolean} NOT NULL,
    created_by_id INTEGER REFERENCES account (id) ON DELETE SET NULL,
    created_at {binary} NOT NULL,
    version INTEGER NOT NULL,
    deleted_at {binary}
);
CREATE INDEX rules_webhook_created_by_id ON rules_webhook (created_by_id);

CREATE TABLE rules_delivery (
    id {serial},
    public_id TEXT NOT NULL UNIQUE,
    webhook_id INTEGER NOT NULL REFERENCES rules_webhook (id) ON DELETE CASCADE,
    run_id INTEGER REFERENCES rules_run (id) ON DELETE SET NULL,
    event {binary} NOT NULL,
    content TEXT NOT NULL,
    state {binary} NOT NULL,
    attempts INTEGER NOT NULL,
    status INTEGER,
    answer TEXT NOT NULL,
    error TEXT NOT NULL,
    created_at {binary} NOT NULL,
    tried_at {binary}
);
CREATE INDEX rules_delivery_webhook_id ON rules_delivery (webhook_id);
CREATE INDEX rules_delivery_run_id ON rules_delivery (run_id);
CREATE INDEX rules_delivery_state ON rules_delivery (state, created_at);
