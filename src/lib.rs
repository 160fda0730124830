//! Don't Panic takes alerts from Prometheus Alertmanager, decides how bad it is, pages the on-call engineer until a human
//! answers, opens an incident channel in Slack, keeps the timeline, and drafts the post-mortem from it.
//!
//! This page is the map of the crate: what lies where, which way the roads lead, and the life of one alert as a walk through
//! the rooms. Four sentences decide every argument: *a page is proven, not assumed · page first · one tap · nothing is
//! invented*.
//!
//! # Rooms
//!
//! ```text
//! http ────┬──► engine ──┬──► store ──────────────────┐
//! inbound ─┘             ├──► documents, config ──────┤
//!                        └──► words ──┬──► ports ─────┼──► domain
//!             adapters ──────►        └──► commands ──┘
//! app, cli, demo see everything; nobody sees them.   workspace sees only the clock.
//! ```
//!
//! Whoever sees a room sees what lies behind it; `ids`, `clock` and `telemetry` lie beside the roads. The sources are held to
//! these directions, room by room, by a test.
//!
//! | room | what it is for | what it never does |
//! | --- | --- | --- |
//! | [`domain`] | decides, as pure functions over values: severity, on-call, the incident machine, the post-mortem's facts | no IO, no clock, no randomness, no logging |
//! | [`ids`], [`clock`] | names as types; time as a value | nothing else reads the machine's clock |
//! | [`store`] | one SQL text and one migrations folder for SQLite and PostgreSQL; group commit | only room that names `sqlx`; never reads a clock |
//! | [`ports`] | what is needed from outside, as traits, with the [`View`](ports::View) a message may show | never sees the store |
//! | [`engine`] | use cases: load, decide, save, then act; the workers that make due things happen, and go on when one panics | nothing performed inside a transaction, nothing acknowledged before the commit |
//! | [`adapters`] | Slack's Web API, Alertmanager's API, the other contact methods: mail, ntfy, Twilio, webhook; PagerDuty | never sees engine or store |
//! | [`words`] | every sentence the product says, and the escaping of outside text | decides nothing |
//! | [`commands`] | reads what people type and click, from Slack's raw payload on | looks nothing up |
//! | [`inbound`] | Slack's two ways in, Socket Mode and signed HTTP, with one outcome | works on nothing |
//! | [`http`] | webhooks, API, health, metrics, the incident's page and the button that acknowledges, behind signed links | decides nothing about incidents |
//! | [`documents`] | runbooks and post-mortem templates, from folders or from the binary | |
//! | [`config`] | one YAML file into one validated value, or every fault at once | nobody else reads YAML or the environment |
//! | [`telemetry`] | logs and metrics | never a secret, a telephone number or a mail address |
//! | [`app`], [`cli`] | put it together; one file per command | |
//! | [`workspace`] | a Slack workspace of our own, strict enough for Slack's official clients | knows nothing of the rest of the crate |
//! | [`demo`] | the rehearsal: the whole service against that workspace, with a clock that can be sped up | |
//!
//! # Ideas that carry the rest
//!
//! - **Decisions are data.** [`domain::incident::decide`] takes an incident, a command and the facts, and returns the next
//!   incident with everything that follows: timeline entries, page-ledger changes, alerts, effects. The engine stores all of
//!   it in one transaction and only then acts.
//! - **Timers are derived.** An incident says by itself when it must be looked at again
//!   ([`wake_at`](domain::incident::Incident::wake_at)); that instant is a column with an index. There is no timer row that could be
//!   forgotten, so an unacknowledged ladder cannot be left without one.
//! - **What people see is derived too.** A decision compares the incident before and after and asks for exactly the edits that
//!   have become due; no command can forget one. Effects name what to do, not the words: messages are made when they are sent,
//!   so edits coalesce and nothing stale leaves.
//! - **Effects live in lanes.** Each page has a lane of its own; the channel of an incident, its card and what is said there share
//!   one, in order; the announcement has another, so that no channel waits for it. A broken Slack delays decoration and nothing else. Pages are committed already leased to the process that decided them,
//!   so only the commit stands between the decision and the wire.
//! - **What waits is not held.** The Slack port says how many calls of a sort its pace lets through; no more effects are claimed
//!   than that, the others stay in the outbox, in order, where their like can still join them. Being asked to wait is no failed
//!   attempt. What a message shows already is not sent again.
//! - **Leases, not locks.** A claimed effect belongs to its worker for twelve seconds, with the attempt number as a fence. Work of
//!   a dead process comes back by itself. Polling once a second is the guarantee; the nudge after a commit is only speed.
//! - **Events stay, words are their author's.** The timeline is append-only. What somebody said in Slack lies beside its event: an
//!   edit replaces the words, a deletion takes them away, and each of them is an event of its own.
//! - **Who is on call is asked, never stored.** One resolver answers from the rotation and the overrides. Decisions use a copy of
//!   the overrides in memory ([`engine::rota`]), which is never more than about a second old on any replica; after each change
//!   the incidents that nobody has answered look again. Handoffs and their notes are derived from schedules like timers; a row only
//!   says which one was attended to.
//! - **Absence is judged, not assumed.** Every minute the engine asks each Alertmanager what fires, and a pure function
//!   ([`domain::reconcile`]) says what follows: only whole answers of members that have been up for a while count, and only while the
//!   source's heartbeat ([`domain::heartbeat`]) lives. While it does not, no resolve is believed.
//! - **A configuration is an engine.** What was configured never changes under anybody's hands: a reload makes another
//!   [`Engine`](engine::Engine) over the same workings and puts it [in force](engine::InForce). What has begun ends as it began; every
//!   loop and every request asks which one is in force.
//! - **A storm is one page.** What opens faster than a person can be woken joins an umbrella, an incident of its own kind
//!   ([`domain::storm`]). That is decided where incidents take their numbers, one process at a time; whatever comes under an
//!   umbrella changes the umbrella in the same transaction, so nothing is left under one that nobody answers for.
//! - **Pages of one moment ring once.** What a person is to be woken for within seconds of an unanswered page is folded into it
//!   ([`domain::incident::fold`]), in the transaction that decides it: its row names the one that rings, whose message names it. When
//!   that one ends before it was taken, the same transaction has the folded one ring by itself.
//! - **Two times.** *Story* time is what ladders and timelines live in; *wire* time is what leases, back-off and signatures live
//!   in. Tests move both, the demo speeds up the first.
//!
//! # The life of an alert
//!
//! 1. `POST /webhooks/alertmanager` reaches [`http::alertmanager`]: credentials first, then the body out of a byte budget, then a
//!    typed parse that forgives everything but the absence of alerts.
//! 2. [`Engine::ingest`](engine::Engine::ingest) judges each alert ([`domain::severity`], [`domain::service`]) and, in one job
//!    of the [`store`]'s writer, looks for the open incident that this group feeds. Known already? Nothing is written. New? A
//!    number is taken and [`domain::incident::open`] decides: who is on call now ([`domain::on_call`]), whom the first step pages,
//!    by what, and that the channel is wanted.
//! 3. The writer commits everything that waited together, once. Only now the webhook is answered 200.
//! 4. The page worker already holds the lease. It reads the [`View`](ports::View), and the Slack adapter posts the direct
//!    message within three seconds. Accepted or not, that is a command to the incident: the ledger says so, and a failure starts the
//!    next contact method at once.
//! 5. Meanwhile the announcement is posted, and the room's lane opens `#inc-…` and posts the card; people are invited, the card is
//!    pinned. When many incidents come at once, channels open at Slack's pace, the worst first and then the oldest.
//! 6. Nobody answers. When `wake_at` comes, `Command::Wake` fires the next step: the secondary, then the commander, then
//!    management, then round again, louder. It never ends before an acknowledgement or the incident's end.
//! 7. Bob taps *Acknowledge*. [`inbound`] proves the request and commits it to the inbox before Slack is answered; the inbox
//!    worker turns it into `Command::Acknowledge`, and the acknowledgement, the answer to Bob and the settled letter are one
//!    transaction. Every ladder stops; every message of every person is edited.
//! 8. The alerts clear: *monitoring*. Ten quiet minutes later it resolves, the post-mortem is drafted from the timeline and
//!    the ledger ([`domain::postmortem`]), shown in the channel, and copied to disk. What humans write in it is never touched.
//!
//! # Glossary
//!
//! *alert*: one labelled signal, known by its fingerprint · *group*: what one webhook delivers, known by its `groupKey` · *incident*:
//! the work of people on one problem · *page*: waking one person about one incident · *walk*: that page going through the
//! person's contact methods · *ladder*: the climb through an escalation policy · *ledger*: what is proven about each page ·
//! *effect*: a thing to do outside · *lane*: an ordered queue of effects · *receipt*: the proof that one is done · *letter*: a thing
//! Slack told us, kept until acted upon · *epoch*: rises when older buttons go stale · *story, wire*: the two times.

pub mod adapters;
pub mod app;
pub mod cli;
pub mod clock;
pub mod commands;
pub mod config;
pub mod demo;
pub mod documents;
pub mod domain;
pub mod engine;
pub mod http;
pub mod ids;
pub mod inbound;
pub mod ports;
pub mod store;
pub mod telemetry;
pub mod words;
pub mod workspace;
