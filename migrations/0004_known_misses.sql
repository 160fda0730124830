-- Attempts of an effect that are known to have done nothing: the other side said no, or was never reached.
ALTER TABLE effect ADD COLUMN missed BIGINT NOT NULL DEFAULT 0;
