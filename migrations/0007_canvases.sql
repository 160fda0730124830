-- The canvas of each channel that holds a copy of a post-mortem.
CREATE TABLE canvas (
    channel TEXT NOT NULL PRIMARY KEY,
    id TEXT NOT NULL
);
