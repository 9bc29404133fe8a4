-- Cases run on the workflow of the core. Those that are there get the history that is known.

ALTER TABLE claims_case ADD COLUMN version INTEGER NOT NULL DEFAULT 1;

UPDATE claims_case SET version = 2 WHERE state <> 'open';

INSERT INTO workflow_history
    (object_type, object_id, seq, transition, source_state, target_state, actor_id, role, at, version)
SELECT 'claims_case', id, 1, '', '', 'open', account_id, '', created_at, 1 FROM claims_case ORDER BY id;

INSERT INTO workflow_history
    (object_type, object_id, seq, transition, source_state, target_state, actor_id, role, at, version)
SELECT 'claims_case', id, 2, CASE state WHEN 'accepted' THEN 'accept' ELSE 'decline' END, 'open', state,
    decided_by_id, 'Reviewer', COALESCE(decided_at, created_at), 2
FROM claims_case WHERE state <> 'open' ORDER BY id;

INSERT INTO workflow_comment (entry_id, text)
SELECT h.id, c.decision FROM workflow_history h JOIN claims_case c ON c.id = h.object_id
WHERE h.object_type = 'claims_case' AND h.seq = 2 AND c.decision <> '';

INSERT INTO review_task (object_type, object_id, since, due_at)
SELECT 'claims_case', id, created_at, due_at FROM claims_case WHERE state = 'open' ORDER BY id;
