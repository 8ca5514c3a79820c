-- What happened to each message.
CREATE TABLE trace (
  id    INTEGER PRIMARY KEY,
  at    INTEGER NOT NULL,
  story TEXT NOT NULL
) STRICT;
