-- Accounts take turns in the queue, and each account's lanes. What waits already is nobody's: it takes its turn as mail
-- from outside does.
ALTER TABLE queue_message ADD COLUMN account_id INTEGER NOT NULL DEFAULT 0;
ALTER TABLE queue_recipient ADD COLUMN account_id INTEGER NOT NULL DEFAULT 0;
DROP INDEX queue_recipient_due;
CREATE INDEX queue_recipient_due ON queue_recipient (account_id, lane, sender, next_attempt_at) WHERE state = 0;
DROP TABLE queue_flow;
DROP TABLE queue_lane;
CREATE TABLE queue_flow (
  account_id INTEGER NOT NULL,
  lane       TEXT NOT NULL,
  sender     TEXT NOT NULL,
  due_at     INTEGER NOT NULL,
  turn       INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (account_id, lane, sender)
) STRICT, WITHOUT ROWID;
CREATE INDEX queue_flow_due ON queue_flow (account_id, lane, due_at, turn);
CREATE TABLE queue_lane (
  account_id INTEGER NOT NULL,
  lane       TEXT NOT NULL,
  due_at     INTEGER NOT NULL,
  turn       INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (account_id, lane)
) STRICT, WITHOUT ROWID;
CREATE INDEX queue_lane_due ON queue_lane (account_id, due_at, turn);
CREATE INDEX queue_lane_name ON queue_lane (lane, due_at);
CREATE INDEX queue_lane_next ON queue_lane (due_at, turn);
CREATE TABLE queue_account (
  account_id INTEGER NOT NULL PRIMARY KEY,
  due_at     INTEGER NOT NULL,
  turn       INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX queue_account_due ON queue_account (due_at, turn);
INSERT INTO queue_flow (account_id, lane, sender, due_at)
  SELECT 0, lane, sender, min(next_attempt_at) FROM queue_recipient WHERE state = 0 GROUP BY lane, sender;
INSERT INTO queue_lane (account_id, lane, due_at) SELECT 0, lane, min(due_at) FROM queue_flow GROUP BY lane;
INSERT INTO queue_account (account_id, due_at)
  SELECT account_id, min(due_at) FROM queue_lane GROUP BY account_id;
