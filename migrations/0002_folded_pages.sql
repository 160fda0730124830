-- Pages that ring together. A folded one names the page that rings for it, and its incident; one that rings by itself has the time when it last did.
ALTER TABLE page ADD COLUMN folded_into TEXT;
ALTER TABLE page ADD COLUMN carrier BIGINT;
ALTER TABLE page ADD COLUMN rang BIGINT;
CREATE INDEX page_unanswered ON page (person, method, rang) WHERE acked IS NULL AND superseded IS NULL;
CREATE INDEX page_carried ON page (carrier) WHERE carrier IS NOT NULL;
