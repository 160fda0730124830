-- Ends that were told of alerts for which there was no incident, as long as their firings may come late.
CREATE TABLE told_end (
    fingerprint TEXT NOT NULL,
    source TEXT NOT NULL,
    starts_at BIGINT NOT NULL,
    ends_at BIGINT NOT NULL,
    heard_at BIGINT NOT NULL,
    PRIMARY KEY (fingerprint, source)
);
CREATE INDEX told_end_heard ON told_end (heard_at);
