//! The description of the API for programs, OpenAPI 3.1. A test walks it and compares it with what is answered.

use serde_json::{Map, Value, json};

/// The document.
pub fn document() -> Value {
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Don't Panic",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Incidents, their timelines, pages and post-mortems, and who is on call. Times are UTC, RFC 3339. \
                            People are named by their key in `people`. Fields that are not known are refused.",
        },
        "servers": [{ "url": "/api/v1" }],
        "security": [{ "token": [] }],
        "paths": paths(),
        "components": {
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "A token of `api_tokens`. GET needs the scope `read`, everything else `act`.",
                },
            },
            "schemas": schemas(),
        },
    })
}

/// What a list holds when nobody says how much.
const EVERYTHING: &str = "Everything when absent.";

fn limit(otherwise: &str) -> Value {
    let schema = json!({ "type": "integer", "minimum": 1, "maximum": 200 });
    parameter("limit", "query", &schema, &format!("How many at most. {otherwise}"))
}

fn cursor() -> Value {
    parameter("cursor", "query", &text(), "The `next_cursor` of an earlier list.")
}

fn paths() -> Value {
    let id =
        || parameter("id", "path", &json!({ "type": "string", "examples": ["INC-42"] }), "The incident.");
    let section =
        parameter("section", "path", &text(), "Its slug (`root-cause`) or its heading (`Root Cause`).");
    let act = |what: &str, sentence: &str| json!({ "post": operation(what, sentence, &[id()], Some("Act"), "200", "Incident", &["404", "409"]) });
    json!({
        "/incidents": {
            "get": operation("listIncidents", "Incidents, newest first.", &[
                parameter("state", "query", &json!({ "enum": ["open", "all"], "default": "open" }), "Which."),
                limit("50 when absent."),
                cursor(),
            ], None, "200", "Incidents", &[]),
            "post": operation("declareIncident", "Opens an incident and pages as its severity says.", &[], Some("Declaration"), "201", "Incident", &[]),
        },
        "/incidents/{id}": { "get": operation("getIncident", "One incident.", &[id()], None, "200", "Incident", &["404"]) },
        "/incidents/{id}/judgement": { "get": operation("getJudgement", "What the rules said of it, and the alerts as they were received.", &[id()], None, "200", "Judgement", &["404"]) },
        "/incidents/{id}/timeline": { "get": operation("getTimeline", "What happened, newest first.", &[id(), limit(EVERYTHING), cursor()], None, "200", "Timeline", &["404"]) },
        "/incidents/{id}/pages": { "get": operation("getPages", "Who was woken by what, and what is proven of it, newest first.", &[id(), limit(EVERYTHING), cursor()], None, "200", "Pages", &["404"]) },
        "/incidents/{id}/ack": act("acknowledge", "Takes the incident: nobody else is paged. Again changes nothing."),
        "/incidents/{id}/note": act("note", "Writes `text` on the timeline."),
        "/incidents/{id}/resolve": act("resolve", "Ends the incident, with a `summary`, also while alerts fire."),
        "/incidents/{id}/postmortem": { "get": operation("getPostmortem", "The post-mortem as it reads now.", &[id()], None, "200", "Postmortem", &["404"]) },
        "/incidents/{id}/postmortem/{section}": {
            "put": operation("writePostmortem", "Puts a human's text into one section; an empty one takes it away.", &[id(), section], Some("HumanText"), "200", "Postmortem", &["404"]),
        },
        "/oncall": {
            "get": operation("getOnCall", "Who is on call.", &[
                parameter("schedule", "query", &text(), "Which schedule; the default one when absent."),
                parameter("at", "query", &time(), "When; now when absent."),
            ], None, "200", "OnCall", &["404"]),
        },
        "/oncall/shifts": {
            "get": operation("listShifts", "Who is on call from shift to shift, overrides included; each shift is whole.", &[
                parameter("schedule", "query", &text(), "Which schedule; the default one when absent."),
                parameter("from", "query", &time(), "From when, or from the handoff of which day (2026-11-23); now when absent."),
                parameter("to", "query", &time(), "Until when, at most ten years after `from`; four weeks after it when absent."),
                parameter("weeks", "query", &number(), "Instead of `to`: how many weeks."),
            ], None, "200", "Shifts", &["404"]),
        },
        "/oncall/overrides": {
            "get": operation("listOverrides", "Every override that holds or has held, in the order in which they were made: later ones lie on top.", &[], None, "200", "Overrides", &[]),
        },
        "/oncall/report": {
            "get": operation("getCompensation", "What being on call was worth in a month, for everybody to whom anything is due.", &[
                parameter("month", "query", &json!({ "type": "string", "pattern": "^[0-9]{4}-[0-9]{2}$" }), "Which month; this one when absent."),
            ], None, "200", "Compensation", &["404"]),
        },
        "/oncall/ical": {
            "get": operation("listCalendars", "The secret addresses of calendars, per schedule and per person. `url` is null without a `public_url`.", &[], None, "200", "Calendars", &[]),
        },
        "/stats": { "get": stats() },
        "/openapi.json": {
            "get": {
                "operationId": "getDescription",
                "summary": "This document.",
                "responses": { "200": { "description": "OpenAPI 3.1.", "content": { "application/json": {} } } },
            },
        },
    })
}

fn stats() -> Value {
    let mut stats = operation(
        "getStats",
        "How the last weeks went, in figures.",
        &[
            parameter(
                "window",
                "query",
                &json!({ "type": "string", "default": "30d" }),
                "So long before now: from 1h to 366d.",
            ),
            parameter("format", "query", &json!({ "enum": ["json", "csv"], "default": "json" }), "As what."),
        ],
        None,
        "200",
        "Stats",
        &[],
    );
    stats["responses"]["200"]["content"]["text/csv"] = json!({ "schema": text() });
    stats
}

fn schemas() -> Value {
    json!({
        "Incident": object(&[
            ("id", text()),
            ("title", text()),
            ("severity", severity()),
            ("severity_rule", text()),
            ("severity_reason", text()),
            ("state", json!({ "enum": ["triggered", "acknowledged", "monitoring", "resolved", "closed"] })),
            ("service", or_null(&text())),
            ("env", or_null(&text())),
            ("opened_at", time()),
            ("acked_at", or_null(&time())),
            ("acked_by", described(or_null(&text()), "Who has it since `acked_at`; of one that has ended, who had it last.")),
            ("resolved_at", or_null(&time())),
            ("channel", or_null(&object(&[("id", text()), ("name", text())]))),
            ("alerts", list(&object(&[
                ("fingerprint", text()),
                ("status", json!({ "enum": ["firing", "resolved"] })),
                ("labels", texts()),
            ]))),
            ("alerts_total", or_null(&number())),
            ("flaps", number()),
            ("parent", or_null(&text())),
            ("truncated_alerts", number()),
            ("private", json!({ "type": "boolean" })),
        ]),
        "Judgement": object(&[
            ("opened_at", time()),
            ("severity", severity()),
            ("rule", text()),
            ("reason", text()),
            ("service", or_null(&text())),
            ("overridden", json!({ "type": "boolean" })),
            ("ladders", list(&object(&[("schedule", text()), ("policy", text())]))),
            ("alerts", list(&object(&[
                ("source", text()),
                ("fingerprint", text()),
                ("status", json!({ "enum": ["firing", "resolved"] })),
                ("labels", texts()),
                ("annotations", texts()),
                ("starts_at", time()),
                ("ends_at", or_null(&time())),
                ("generator_url", or_null(&text())),
                ("severity", severity()),
                ("rule", text()),
                ("service", or_null(&text())),
            ]))),
        ]),
        "Incidents": object(&[("incidents", list(&named("Incident"))), ("next_cursor", or_null(&text()))]),
        "Timeline": object(&[("events", list(&object(&[
            ("seq", number()),
            ("at", time()),
            ("kind", text()),
            ("source", json!({ "enum": ["alertmanager", "slack", "api", "timer", "pager", "link", "sms", "voice", "pagerduty"] })),
            ("actor", text()),
            ("text", text()),
            ("data", json!({ "type": "object" })),
        ]))), ("next_cursor", or_null(&text()))]),
        "Pages": object(&[("pages", list(&object(&[
            ("person", text()),
            ("method", json!({ "enum": ["slack", "sms", "voice", "email", "ntfy", "webhook"] })),
            ("cause", json!({
                "enum": ["ladder", "commander", "back", "snooze_over", "joined", "asked"],
                "description": "Why: a step of a ladder, the commander of a P1, an alert that is back after the \
                                acknowledgement, a snooze that is over, another service (or, in a storm, more \
                                incidents) that joined after it, or a human who asked.",
            })),
            ("schedule", described(or_null(&text()), "Whose ladder asked; `null` when none did.")),
            ("step", described(number(), "The ladder's step, from 1. When no ladder asked (`round` 0), a number that no other such \
                                          page of the incident has.")),
            ("round", described(number(), "How often the ladder has begun, from 1; 0 when no ladder asked.")),
            ("repeats", described(number(), "How often the same page was sent again, because the last method repeats.")),
            ("due", time()),
            ("sent", or_null(&time())),
            ("accepted", or_null(&time())),
            ("delivered", described(or_null(&time()), "When the provider said that it had arrived: a text message on the telephone, \
                                                       or a call that was answered. `null` when it said nothing of the sort.")),
            ("acked", or_null(&time())),
            ("failed", or_null(&time())),
            ("superseded", or_null(&time())),
            ("provider_id", described(or_null(&text()), "The provider's name for what it took last; for Slack `channel/ts`.")),
            ("error", or_null(&text())),
            ("folded_into", described(or_null(&text()), "The incident whose page rang for this one too, and names it.")),
        ]))), ("next_cursor", or_null(&text()))]),
        "Postmortem": object(&[
            ("state", text()),
            ("due_at", or_null(&time())),
            ("overdue", json!({ "type": "boolean" })),
            ("markdown", text()),
            ("sections", list(&object(&[("name", text()), ("generated", text()), ("human", or_null(&text()))]))),
        ]),
        "OnCall": object(&[
            ("schedule", text()),
            ("at", time()),
            ("primary", or_null(&text())),
            ("secondary", or_null(&text())),
            ("until", time()),
        ]),
        "Shifts": object(&[("schedule", text()), ("timezone", text()), ("shifts", list(&object(&[
            ("start", time()),
            ("end", time()),
            ("primary", or_null(&text())),
            ("secondary", or_null(&text())),
        ])))]),
        "Overrides": object(&[("overrides", list(&object(&[
            ("id", number()),
            ("schedule", text()),
            ("person", text()),
            ("from", time()),
            ("to", time()),
            ("by", text()),
            ("made_at", time()),
        ])))]),
        "Calendars": object(&[("calendars", list(&object(&[
            ("schedule", or_null(&text())),
            ("person", or_null(&text())),
            ("path", text()),
            ("url", or_null(&text())),
        ])))]),
        "Compensation": object(&[
            ("month", text()),
            ("currency", text()),
            ("people", list(&object(&[
                ("person", text()),
                ("month", text()),
                ("weeks", json!({ "type": "number" })),
                ("week_bonus", json!({ "type": "number" })),
                ("night_incidents", number()),
                ("night_bonus", json!({ "type": "number" })),
                ("weekend_incidents", number()),
                ("time_off_hours", json!({ "type": "number" })),
                ("total", json!({ "type": "number" })),
                ("currency", text()),
            ]))),
        ]),
        "Stats": object(&[
            ("window", text()),
            ("from", time()),
            ("to", time()),
            ("incidents", object(&[("P1", number()), ("P2", number()), ("P3", number()), ("P4", number())])),
            ("open", number()),
            ("mtta_seconds", or_null(&number())),
            ("mttr_seconds", or_null(&number())),
            ("ack_target_missed", number()),
            ("pages", number()),
            ("night_pages", number()),
            ("people", list(&object(&[("person", text()), ("pages", number()), ("night_pages", number()), ("hours_on_call", measure())]))),
            ("never_acted_on", list(&object(&[
                ("alertname", text()),
                ("service", or_null(&text())),
                ("owner", or_null(&text())),
                ("incidents", number()),
                ("flaps", number()),
            ]))),
            ("feedback", object(&[
                ("runbook_helped", object(&[("yes", number()), ("no", number())])),
                ("page_needed", object(&[("yes", number()), ("no", number())])),
            ])),
            ("postmortems_overdue", number()),
        ]),
        "Declaration": asked(&["title", "severity"], &[
            ("title", text()),
            ("severity", severity()),
            ("service", text()),
            ("person", text()),
            ("private", json!({ "type": "boolean" })),
        ]),
        "Act": asked(&[], &[("person", text()), ("text", text()), ("summary", text())]),
        "HumanText": asked(&["human"], &[("human", or_null(&text())), ("person", text())]),
        "Error": object(&[("error", text())]),
    })
}

/// One method of one address. `refusals` are those it has besides 400, 401 and 403.
fn operation(
    name: &str,
    sentence: &str,
    parameters: &[Value],
    body: Option<&str>,
    status: &str,
    answer: &str,
    refusals: &[&str],
) -> Value {
    let content = |schema: &str| json!({ "application/json": { "schema": named(schema) } });
    let mut responses = Map::new();
    responses.insert(status.to_owned(), json!({ "description": sentence, "content": content(answer) }));
    for refusal in ["400", "401", "403"].iter().chain(refusals) {
        let why = match *refusal {
            "400" => "The request is wrong; `error` says how.",
            "401" => "There is no valid token.",
            "403" => {
                "The token may only read; or the incident is private, and only tokens that may act may know more of it."
            }
            "404" => "There is no such thing.",
            _ => "The incident has ended.",
        };
        responses.insert((*refusal).to_owned(), json!({ "description": why, "content": content("Error") }));
    }
    let unavailable = "The database does not answer; try again.";
    responses.insert("503".to_owned(), json!({ "description": unavailable, "content": content("Error") }));
    let mut operation = json!({
        "operationId": name,
        "summary": sentence,
        "parameters": parameters,
        "responses": responses,
    });
    if let (Some(body), Some(fields)) = (body, operation.as_object_mut()) {
        fields.insert("requestBody".to_owned(), json!({ "content": content(body) }));
    }
    operation
}

fn parameter(name: &str, place: &str, schema: &Value, sentence: &str) -> Value {
    json!({ "name": name, "in": place, "required": place == "path", "description": sentence, "schema": schema })
}

/// An answer: every field is always there.
fn object(fields: &[(&str, Value)]) -> Value {
    let names: Vec<&str> = fields.iter().map(|(name, _)| *name).collect();
    json!({ "type": "object", "required": names, "properties": properties(fields) })
}

/// A question: other fields are refused.
fn asked(required: &[&str], fields: &[(&str, Value)]) -> Value {
    json!({
        "type": "object",
        "required": required,
        "properties": properties(fields),
        "additionalProperties": false,
    })
}

fn properties(fields: &[(&str, Value)]) -> Map<String, Value> {
    fields.iter().map(|(name, schema)| ((*name).to_owned(), schema.clone())).collect()
}

fn named(schema: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{schema}") })
}

/// A schema with a sentence about it.
fn described(mut schema: Value, sentence: &str) -> Value {
    if let Some(fields) = schema.as_object_mut() {
        fields.insert("description".to_owned(), json!(sentence));
    }
    schema
}

fn list(of: &Value) -> Value {
    json!({ "type": "array", "items": of })
}

fn or_null(schema: &Value) -> Value {
    json!({ "anyOf": [schema, { "type": "null" }] })
}

fn text() -> Value {
    json!({ "type": "string" })
}

fn time() -> Value {
    json!({ "type": "string", "format": "date-time" })
}

fn severity() -> Value {
    json!({ "enum": ["P1", "P2", "P3", "P4"] })
}

fn texts() -> Value {
    json!({ "type": "object", "additionalProperties": text() })
}

fn measure() -> Value {
    json!({ "type": "number", "minimum": 0 })
}

fn number() -> Value {
    json!({ "type": "integer", "minimum": 0 })
}
