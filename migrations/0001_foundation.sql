-- Ids are TEXT or whole numbers, times BIGINT microseconds since 1970 UTC, documents JSON in TEXT.
-- The same text runs on SQLite and on PostgreSQL.

-- Whole numbers that only count up.
CREATE TABLE counter (
    name TEXT NOT NULL PRIMARY KEY,
    n BIGINT NOT NULL
);
INSERT INTO counter (name, n) VALUES ('incident', 0);
-- Rises with every change of the overrides, and numbers them.
INSERT INTO counter (name, n) VALUES ('override', 0);

-- The incident itself is the document; the columns are what it is looked up by. No service is the empty word.
CREATE TABLE incident (
    n BIGINT NOT NULL PRIMARY KEY,
    version BIGINT NOT NULL,
    state TEXT NOT NULL,
    severity TEXT NOT NULL,
    opened_at BIGINT NOT NULL,
    ended_at BIGINT,
    n_firing BIGINT NOT NULL,
    wake_at BIGINT,
    alertname TEXT,
    service TEXT NOT NULL,
    channel_id TEXT,
    channel_name TEXT,
    announced_in TEXT,
    announced_ts TEXT,
    parent BIGINT REFERENCES incident (n),
    umbrella BIGINT,
    n_truncated BIGINT NOT NULL,
    body TEXT NOT NULL
);
CREATE INDEX incident_due ON incident (wake_at) WHERE wake_at IS NOT NULL;
CREATE INDEX incident_opened ON incident (opened_at, n);
CREATE INDEX incident_open ON incident (n) WHERE ended_at IS NULL;
CREATE INDEX incident_parent ON incident (parent) WHERE parent IS NOT NULL;
CREATE INDEX incident_umbrella ON incident (umbrella) WHERE umbrella IS NOT NULL;
CREATE INDEX incident_still_firing ON incident (n) WHERE ended_at IS NOT NULL AND n_firing > 0;
CREATE INDEX incident_truncated ON incident (n) WHERE ended_at IS NULL AND n_truncated > 0;
CREATE INDEX incident_resolved ON incident (n) WHERE state = 'resolved';
CREATE INDEX incident_ended ON incident (alertname, service, n) WHERE ended_at IS NOT NULL;
CREATE UNIQUE INDEX incident_channel ON incident (channel_id) WHERE channel_id IS NOT NULL;
CREATE INDEX incident_thread ON incident (announced_in, announced_ts) WHERE announced_in IS NOT NULL;
CREATE INDEX incident_channel_name ON incident (channel_name) WHERE channel_name IS NOT NULL;

-- The channels that incidents had before the one they have now: archived ones that Slack did not give back, and deleted ones.
CREATE TABLE former_channel (
    channel_id TEXT NOT NULL PRIMARY KEY,
    incident BIGINT NOT NULL REFERENCES incident (n)
);
CREATE INDEX former_channel_incident ON former_channel (incident);

-- Which alert group feeds which incident. The key is a hash, because a group key has no longest length.
CREATE TABLE incident_key (
    key_hash TEXT NOT NULL,
    incident BIGINT NOT NULL REFERENCES incident (n),
    freed_at BIGINT,
    PRIMARY KEY (key_hash, incident)
);
CREATE UNIQUE INDEX incident_key_open ON incident_key (key_hash) WHERE freed_at IS NULL;
CREATE INDEX incident_key_incident ON incident_key (incident);

-- The alerts of an incident, as last believed. A fingerprint names one alert inside one source only.
CREATE TABLE alert (
    incident BIGINT NOT NULL REFERENCES incident (n),
    source TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    status TEXT NOT NULL,
    starts_at BIGINT NOT NULL,
    ends_at BIGINT,
    heard_at BIGINT NOT NULL,
    inferred_at BIGINT,
    doubted_at BIGINT,
    body TEXT NOT NULL,
    PRIMARY KEY (incident, source, fingerprint)
);
CREATE INDEX alert_firing ON alert (fingerprint) WHERE status = 'firing';
-- Only for what asks for a source: a planner that takes the table for a small one must not walk through it for anything else.
CREATE INDEX alert_believed ON alert (source) WHERE status = 'firing' AND source <> '';
CREATE INDEX alert_inferred ON alert (fingerprint) WHERE inferred_at IS NOT NULL;
CREATE INDEX alert_doubted ON alert (source) WHERE doubted_at IS NOT NULL;

-- What people have silenced from here, as long as it lasts: where an incident's silences are looked up by source or by their end. The
-- incident's document has the rest.
CREATE TABLE silence (
    id TEXT NOT NULL,
    source TEXT NOT NULL,
    incident BIGINT NOT NULL REFERENCES incident (n),
    until BIGINT NOT NULL,
    who TEXT NOT NULL,
    PRIMARY KEY (id, source, incident)
);
CREATE INDEX silence_incident ON silence (incident);
CREATE INDEX silence_source ON silence (source);
CREATE INDEX silence_ending ON silence (until);

-- What is remembered of an alert source between two polls of it, and when the last one began.
CREATE TABLE alert_source (
    source TEXT NOT NULL PRIMARY KEY,
    looked_at BIGINT NOT NULL,
    body TEXT NOT NULL
);

-- The receivers of each alert source that have posted to us.
CREATE TABLE alert_receiver (
    source TEXT NOT NULL,
    receiver TEXT NOT NULL,
    PRIMARY KEY (source, receiver)
);

-- The heartbeats of alert sources.
CREATE TABLE heartbeat (
    source TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (source, fingerprint)
);

-- The timeline: append-only.
CREATE TABLE event (
    incident BIGINT NOT NULL REFERENCES incident (n),
    seq BIGINT NOT NULL,
    at BIGINT NOT NULL,
    kind TEXT NOT NULL,
    text TEXT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (incident, seq)
);

-- The words of messages on a timeline. They belong to whoever wrote them, so they change and go with the message; the event stays.
CREATE TABLE message_words (
    incident BIGINT NOT NULL REFERENCES incident (n),
    seq BIGINT NOT NULL,
    channel TEXT NOT NULL,
    ts TEXT NOT NULL,
    words TEXT,
    sentence TEXT,
    PRIMARY KEY (incident, seq)
);
CREATE INDEX message_words_message ON message_words (channel, ts);

-- The page ledger: what is proven about each attempt to wake somebody.
CREATE TABLE page (
    id TEXT NOT NULL PRIMARY KEY,
    incident BIGINT NOT NULL REFERENCES incident (n),
    walk BIGINT NOT NULL,
    person TEXT NOT NULL,
    method TEXT NOT NULL,
    round BIGINT NOT NULL,
    step BIGINT NOT NULL,
    cause TEXT NOT NULL,
    opening BIGINT,
    repeats BIGINT NOT NULL,
    due BIGINT NOT NULL,
    sent BIGINT,
    accepted BIGINT,
    delivered BIGINT,
    acked BIGINT,
    failed BIGINT,
    superseded BIGINT,
    provider_id TEXT,
    error TEXT
);
CREATE INDEX page_incident ON page (incident, walk);
CREATE INDEX page_undelivered ON page (due) WHERE accepted IS NULL AND acked IS NULL AND superseded IS NULL;
CREATE INDEX page_sent ON page (sent) WHERE sent IS NOT NULL;
CREATE INDEX page_digest ON page (opening, person) WHERE opening IS NOT NULL;

-- Things to do outside, in lanes that keep their order. A row that is done is deleted; one that was given up is kept. Only pages have
-- a method; urgency is 1 for P1 and so on.
CREATE TABLE effect (
    id BIGINT NOT NULL PRIMARY KEY,
    lane TEXT NOT NULL,
    incident BIGINT,
    kind TEXT NOT NULL,
    method TEXT,
    urgency BIGINT NOT NULL,
    once TEXT,
    body TEXT NOT NULL,
    due_at BIGINT NOT NULL,
    attempt BIGINT NOT NULL,
    given_back BIGINT NOT NULL DEFAULT 0,
    lease_until BIGINT,
    began_at BIGINT,
    last_error TEXT,
    buried_at BIGINT
);
CREATE INDEX effect_page ON effect (method, urgency, id) WHERE method IS NOT NULL AND buried_at IS NULL;
CREATE INDEX effect_order ON effect (urgency, id) WHERE method IS NULL AND buried_at IS NULL;
CREATE INDEX effect_lane ON effect (lane, id) WHERE buried_at IS NULL;
CREATE INDEX effect_buried ON effect (buried_at) WHERE buried_at IS NOT NULL;
CREATE UNIQUE INDEX effect_once ON effect (once) WHERE once IS NOT NULL AND attempt = 0 AND buried_at IS NULL;

-- What a message or a topic showed when it was last sent, as a hash: what has not changed is not sent again.
CREATE TABLE shown (
    place TEXT NOT NULL PRIMARY KEY,
    incident BIGINT NOT NULL,
    hash TEXT NOT NULL
);
CREATE INDEX shown_incident ON shown (incident);

-- What Slack told us and was acknowledged to it, until it has been acted upon; kept for a while so that it is not acted upon twice.
CREATE TABLE inbox (
    id TEXT NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    body TEXT NOT NULL,
    received_at BIGINT NOT NULL,
    attempt BIGINT NOT NULL,
    lease_until BIGINT,
    done_at BIGINT,
    error TEXT
);
CREATE INDEX inbox_open ON inbox (received_at) WHERE done_at IS NULL;

-- Authenticated deliveries that had nothing usable in them, and what Slack told us and could not be acted upon.
CREATE TABLE dead_letter (
    id BIGINT NOT NULL PRIMARY KEY,
    source TEXT NOT NULL,
    received_at BIGINT NOT NULL,
    why TEXT NOT NULL,
    body TEXT NOT NULL
);

-- What was said already and is not to be said again before some time.
CREATE TABLE said (
    what TEXT NOT NULL PRIMARY KEY,
    at BIGINT NOT NULL
);

-- The post-mortem: the generated parts.
CREATE TABLE postmortem (
    incident BIGINT NOT NULL PRIMARY KEY REFERENCES incident (n),
    drafted_at BIGINT NOT NULL,
    body TEXT NOT NULL
);

-- The post-mortem: what humans wrote. Generating never touches it. The revision rises with every change.
CREATE TABLE postmortem_text (
    incident BIGINT NOT NULL REFERENCES incident (n),
    section TEXT NOT NULL,
    human TEXT NOT NULL,
    actor TEXT NOT NULL,
    at BIGINT NOT NULL,
    revision BIGINT NOT NULL,
    PRIMARY KEY (incident, section)
);

-- Action items, by owner and due day (2026-12-01). What they are lies in the incident too.
CREATE TABLE action_item (
    incident BIGINT NOT NULL REFERENCES incident (n),
    n BIGINT NOT NULL,
    owner TEXT NOT NULL,
    due TEXT NOT NULL,
    done_at BIGINT,
    body TEXT NOT NULL,
    PRIMARY KEY (incident, n)
);
CREATE INDEX action_item_open ON action_item (due, incident, n) WHERE done_at IS NULL;

-- What is known of each schedule's latest incidents, and the umbrella of its storm.
CREATE TABLE storm (
    schedule TEXT NOT NULL PRIMARY KEY,
    version BIGINT NOT NULL,
    body TEXT NOT NULL
);

-- Keys that only this service knows, made at the first start.
CREATE TABLE secret_key (
    name TEXT NOT NULL PRIMARY KEY,
    secret TEXT NOT NULL
);

-- Who is who in the workspace, as Slack last said.
CREATE TABLE slack_user (
    id TEXT NOT NULL PRIMARY KEY,
    body TEXT NOT NULL,
    fetched_at BIGINT NOT NULL
);

-- Who has opened their App Home, and a hash of what it shows: it is kept up to date until they have not come back for long.
CREATE TABLE home (
    id TEXT NOT NULL PRIMARY KEY,
    opened_at BIGINT NOT NULL,
    shows TEXT
);

-- Who takes which span of which schedule. What has begun is never deleted, only ended: it is what people were paged and paid by.
CREATE TABLE shift_override (
    id BIGINT NOT NULL PRIMARY KEY,
    schedule TEXT NOT NULL,
    person TEXT NOT NULL,
    from_at BIGINT NOT NULL,
    to_at BIGINT NOT NULL,
    made_by TEXT NOT NULL,
    made_at BIGINT NOT NULL,
    cancelled_at BIGINT
);
CREATE INDEX shift_override_standing ON shift_override (id) WHERE cancelled_at IS NULL;

-- Exchanges of shifts that somebody asked somebody else for.
CREATE TABLE swap (
    id BIGINT NOT NULL PRIMARY KEY,
    body TEXT NOT NULL,
    asked_at BIGINT NOT NULL,
    answered_at BIGINT
);

-- The latest handoff of each schedule that was attended to.
CREATE TABLE handoff (
    schedule TEXT NOT NULL PRIMARY KEY,
    at BIGINT NOT NULL
);

-- Test pages, and what became of each method.
CREATE TABLE test_page (
    id BIGINT NOT NULL PRIMARY KEY,
    person TEXT NOT NULL,
    schedule TEXT,
    asked_at BIGINT NOT NULL,
    due_at BIGINT,
    confirmed_at BIGINT,
    told_at BIGINT,
    reply TEXT
);
CREATE INDEX test_page_open ON test_page (due_at) WHERE due_at IS NOT NULL AND confirmed_at IS NULL AND told_at IS NULL;
CREATE TABLE test_page_try (
    test_page BIGINT NOT NULL REFERENCES test_page (id),
    method TEXT NOT NULL,
    n BIGINT NOT NULL,
    tried_at BIGINT,
    error TEXT,
    PRIMARY KEY (test_page, method)
);

-- Whom the user group of each schedule was last set to.
CREATE TABLE usergroup (
    schedule TEXT NOT NULL PRIMARY KEY,
    holds TEXT NOT NULL
);

-- What is compared with what is now: schedules whose people have been told, holes that have been told, the last word about the
-- configuration.
CREATE TABLE remembered (
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (kind, name)
);
