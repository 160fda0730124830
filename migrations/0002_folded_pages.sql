-- Pages that ring together. A folded one names the page that rings for it; one that rings by itself has the time when it last did.
ALTER TABLE page ADD COLUMN folded_into TEXT;
ALTER TABLE page ADD COLUMN rang BIGINT;
CREATE INDEX page_unanswered ON page (person, method, rang) WHERE acked IS NULL AND superseded IS NULL;
CREATE INDEX page_folded ON page (folded_into) WHERE folded_into IS NOT NULL;
