-- An appeal is about one case, and there is one of each. Cases about a person's name are found by it.
CREATE UNIQUE INDEX claims_case_parent_id ON claims_case (parent_id);
CREATE INDEX claims_case_about_account_id ON claims_case (about_account_id);
CREATE INDEX claims_case_resembles_id ON claims_case (resembles_id);
