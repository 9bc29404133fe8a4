-- Stays from before an organisation joined are told later, with a document: they weigh less.

ALTER TABLE mobilities_mobility ADD COLUMN evidence TEXT NOT NULL DEFAULT 'live';
