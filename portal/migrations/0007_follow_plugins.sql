-- What the workers tell each other about plugins.
-- {binary} is text whose order is that of its bytes, {serial} a key that the database counts up.

ALTER TABLE heartbeat ADD COLUMN code_generation INTEGER NOT NULL DEFAULT 0;

ALTER TABLE plugin ADD COLUMN addresses TEXT NOT NULL DEFAULT '[]';

CREATE TABLE plugin_failure (
    id {serial},
    plugin TEXT NOT NULL,
    hook TEXT NOT NULL,
    at {binary} NOT NULL
);
CREATE INDEX plugin_failure_plugin_at ON plugin_failure (plugin, at);
