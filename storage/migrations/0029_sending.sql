-- How much each account has sent in the hour and the day that are under way.
CREATE TABLE sending (
  account_id      INTEGER NOT NULL PRIMARY KEY,
  hour_from       INTEGER NOT NULL DEFAULT 0,
  hour_messages   INTEGER NOT NULL DEFAULT 0,
  hour_recipients INTEGER NOT NULL DEFAULT 0,
  day_from        INTEGER NOT NULL DEFAULT 0,
  day_messages    INTEGER NOT NULL DEFAULT 0,
  day_recipients  INTEGER NOT NULL DEFAULT 0,
  told_at         INTEGER NOT NULL DEFAULT 0
) STRICT;
