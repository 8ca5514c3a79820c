-- A message's failures are reported together: which ones its sender has not been told of, and how often it was told.
ALTER TABLE queue_message ADD COLUMN reports INTEGER NOT NULL DEFAULT 0;
ALTER TABLE queue_recipient ADD COLUMN said INTEGER NOT NULL DEFAULT 0;
ALTER TABLE queue_recipient ADD COLUMN untold INTEGER NOT NULL DEFAULT 0;
CREATE INDEX queue_recipient_untold ON queue_recipient (message_id) WHERE untold = 1;
