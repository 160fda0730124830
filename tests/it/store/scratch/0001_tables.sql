CREATE TABLE counter (
    id TEXT PRIMARY KEY,
    n BIGINT NOT NULL
);
CREATE TABLE thing (
    id TEXT PRIMARY KEY,
    seen_at BIGINT,
    severity TEXT,
    document TEXT,
    weight DOUBLE PRECISION
);
