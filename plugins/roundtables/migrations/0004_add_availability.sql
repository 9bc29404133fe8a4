-- Somebody may take any other table too, and may say at which times they can't come: pairs of moments.

ALTER TABLE roundtables_interest ADD COLUMN is_flexible {boolean} NOT NULL DEFAULT FALSE;
ALTER TABLE roundtables_interest ADD COLUMN away TEXT NOT NULL DEFAULT '[]';
