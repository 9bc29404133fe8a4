-- Who was written to after a table, or does not want that; one row a seat, so that nobody is written
-- to twice, whatever stops in between.

CREATE TABLE attendance_letter (
    seat_id INTEGER NOT NULL PRIMARY KEY,
    interest_id INTEGER NOT NULL,
    is_wanted {boolean} NOT NULL,
    noted_at {binary} NOT NULL
);
CREATE INDEX attendance_letter_interest ON attendance_letter (interest_id);
