-- What is due is found by lanes and senders, and an attempt is leased before it begins. What waits in the queue stays in
-- it: its lanes are its domains, until the routes of the config are known.
ALTER TABLE queue_message ADD COLUMN submitted INTEGER NOT NULL DEFAULT 0;
ALTER TABLE queue_recipient ADD COLUMN lane TEXT NOT NULL DEFAULT '';
ALTER TABLE queue_recipient ADD COLUMN sender TEXT NOT NULL DEFAULT '';
ALTER TABLE queue_recipient ADD COLUMN holder TEXT NOT NULL DEFAULT '';
ALTER TABLE queue_recipient ADD COLUMN asked INTEGER NOT NULL DEFAULT 0;
UPDATE queue_recipient SET lane = domain,
  sender = coalesce((SELECT reverse_path FROM queue_message WHERE id = message_id), '');
DROP INDEX queue_recipient_due;
CREATE INDEX queue_recipient_due ON queue_recipient (lane, sender, next_attempt_at) WHERE state = 0;
CREATE INDEX queue_recipient_holder ON queue_recipient (holder) WHERE holder != '';
CREATE TABLE queue_flow (
  lane   TEXT NOT NULL,
  sender TEXT NOT NULL,
  due_at INTEGER NOT NULL,
  PRIMARY KEY (lane, sender)
) STRICT, WITHOUT ROWID;
CREATE INDEX queue_flow_due ON queue_flow (lane, due_at);
CREATE TABLE queue_lane (
  lane   TEXT NOT NULL PRIMARY KEY,
  due_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX queue_lane_due ON queue_lane (due_at);
CREATE TABLE queue_route (
  domain TEXT NOT NULL PRIMARY KEY,
  lane   TEXT NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO queue_flow (lane, sender, due_at)
  SELECT lane, sender, min(next_attempt_at) FROM queue_recipient WHERE state = 0 GROUP BY lane, sender;
INSERT INTO queue_lane (lane, due_at) SELECT lane, min(due_at) FROM queue_flow GROUP BY lane;
