-- Version 3. One row per run, its results in order, of its progress the newest,
-- and what is too large for a result. (No semicolon but at the end of a statement.)
CREATE TABLE runs (
  id         TEXT PRIMARY KEY,
  number     INTEGER NOT NULL UNIQUE,
  created    REAL NOT NULL,
  experiment BLOB NOT NULL,
  options    BLOB NOT NULL,
  status     TEXT NOT NULL,
  queued     REAL NOT NULL,
  pid        INTEGER,
  finished   REAL,
  cancel     INTEGER NOT NULL DEFAULT 0,
  epoch      INTEGER NOT NULL DEFAULT 0,
  machine    TEXT NOT NULL DEFAULT '',
  beat       REAL,
  note       TEXT NOT NULL DEFAULT '',
  tags       BLOB NOT NULL DEFAULT x'5b5d',
  checksum   BLOB,
  seal       BLOB
);
CREATE TABLE events (
  run      TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
  seq      INTEGER NOT NULL,
  path     TEXT NOT NULL,
  payload  BLOB NOT NULL,
  checksum BLOB NOT NULL,
  PRIMARY KEY (run, seq)
) WITHOUT ROWID;
CREATE TABLE progress (
  run     TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
  path    TEXT NOT NULL,
  payload BLOB NOT NULL,
  PRIMARY KEY (run, path)
) WITHOUT ROWID;
CREATE TABLE artifacts (
  run      TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
  name     TEXT NOT NULL,
  payload  BLOB NOT NULL,
  checksum BLOB NOT NULL,
  PRIMARY KEY (run, name)
);
