-- Turns within one second.
ALTER TABLE queue_flow ADD COLUMN turn INTEGER NOT NULL DEFAULT 0;
ALTER TABLE queue_lane ADD COLUMN turn INTEGER NOT NULL DEFAULT 0;
DROP INDEX queue_flow_due;
DROP INDEX queue_lane_due;
CREATE INDEX queue_flow_due ON queue_flow (lane, due_at, turn);
CREATE INDEX queue_lane_due ON queue_lane (due_at, turn);
