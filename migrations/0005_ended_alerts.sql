-- When alerts ended, for what begins to fire through another group: an end is known of the alert, whichever incident has it.
CREATE INDEX alert_ended ON alert (fingerprint, heard_at) WHERE status = 'resolved';
