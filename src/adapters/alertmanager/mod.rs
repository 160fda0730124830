//! Alertmanager's API v2: what fires, what is silenced, and silences of our own.
//!
//! An answer is whole or none. The members of one source are asked together for what they know; what is to be done is done
//! at the first that answers, which tells the others. Addresses may hold a secret, so they are never printed: a member is known
//! by its place in the list.

mod shapes;

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, Utc};
use futures::FutureExt as _;
use futures::future::{BoxFuture, join_all, try_join3};
use reqwest::{Method, RequestBuilder, StatusCode};
use serde::de::DeserializeOwned;
use url::Url;

use self::shapes::{Alert, Created, Posted, Silence, Status};
use super::http_client::{self, NoClient};
use crate::domain::reconcile::{Listed, Listing, Member};
use crate::ids::{SilenceId, SourceId};
use crate::ports::{Alertmanagers, Look, NewSilence, NotDone};

/// How long a member may take to answer.
pub const ANSWER_WITHIN: Duration = Duration::from_secs(4);
/// The largest answer, bytes.
const LARGEST: usize = 64 << 20;
/// So much of a refusal is repeated, characters.
const LONGEST_REFUSAL: usize = 300;

/// Asks the members of the configured sources. Cheap to clone.
#[derive(Debug, Clone)]
pub struct AlertmanagerApi {
    client: reqwest::Client,
    members: BTreeMap<SourceId, Vec<Url>>,
}

/// Why a call failed.
enum Failed {
    /// Another member may do better.
    NotNow(String),
    Refused(StatusCode, String),
}

impl Failed {
    fn unless_gone(self) -> NotDone {
        match self {
            // Older ones answer 500 for a silence that they do not know.
            Self::NotNow(why) if why.contains("silence not found") => NotDone::Gone,
            Self::Refused(StatusCode::NOT_FOUND, _) => NotDone::Gone,
            Self::NotNow(why) => NotDone::NotNow { why },
            Self::Refused(_, why) => NotDone::Refused { why },
        }
    }
}

impl AlertmanagerApi {
    /// Answers are waited for no longer than `answer_within`; the service uses [`ANSWER_WITHIN`].
    ///
    /// # Errors
    /// When a client cannot be made.
    pub fn new(members: BTreeMap<SourceId, Vec<Url>>, answer_within: Duration) -> Result<Self, NoClient> {
        Ok(Self { client: http_client::client(answer_within)?, members })
    }

    /// What each member shows of its own configuration, as YAML, in order; or why it does not.
    pub async fn settings(&self, source: &SourceId) -> Vec<Result<String, String>> {
        let asked = self.members(source).iter().map(async |member| {
            match self.get::<Status>(member, &["status"]).await {
                Ok(Status { config: Some(config), .. }) => Ok(config.original),
                Ok(Status { config: None, .. }) => Err("does not show its settings".to_owned()),
                Err(Failed::NotNow(why) | Failed::Refused(_, why)) => Err(why),
            }
        });
        join_all(asked).await
    }

    fn members(&self, source: &SourceId) -> &[Url] {
        self.members.get(source).map(Vec::as_slice).unwrap_or_default()
    }

    /// A request for a path below the address of a member, which may have a path of its own.
    fn request(&self, method: Method, member: &Url, path: &[&str]) -> Result<RequestBuilder, Failed> {
        let mut url = member.clone();
        url.path_segments_mut()
            .map_err(|()| Failed::NotNow("its address has no place for a path".to_owned()))?
            .pop_if_empty()
            .extend(["api", "v2"])
            .extend(path);
        Ok(self.client.request(method, url))
    }

    async fn get<T: DeserializeOwned>(&self, member: &Url, path: &[&str]) -> Result<T, Failed> {
        let body = whole(self.request(Method::GET, member, path)?).await?;
        read(&body)
    }

    async fn member(&self, member: &Url) -> Result<Member, Failed> {
        let (status, alerts, silences) = try_join3(
            self.get::<Status>(member, &["status"]),
            self.get::<Vec<Alert>>(member, &["alerts"]),
            self.get::<Vec<Silence>>(member, &["silences"]),
        )
        .await?;
        Ok(Member {
            up_since: status.uptime,
            alerts: alerts.into_iter().map(Listed::from).collect(),
            silences: silences.into_iter().map(Listing::from).collect(),
        })
    }

    async fn post(&self, member: &Url, silence: &Posted) -> Result<SilenceId, Failed> {
        let body = whole(self.request(Method::POST, member, &["silences"])?.json(silence)).await?;
        Ok(SilenceId(read::<Created>(&body)?.id))
    }

    async fn extend_at(
        &self,
        member: &Url,
        id: &SilenceId,
        until: DateTime<Utc>,
    ) -> Result<SilenceId, Failed> {
        let known: Silence = self.get(member, &["silence", id.as_str()]).await?;
        if known.is_over() {
            return Err(Failed::Refused(StatusCode::NOT_FOUND, "it is over".to_owned()));
        }
        self.post(member, &known.until(until)).await
    }

    async fn expire_at(&self, member: &Url, id: &SilenceId) -> Result<(), Failed> {
        whole(self.request(Method::DELETE, member, &["silence", id.as_str()])?).await.map(drop)
    }

    async fn asked_at(&self, member: &Url, wish: Wish<'_>) -> Result<SilenceId, Failed> {
        match wish {
            Wish::Silence(silence) => self.post(member, &silence.into()).await,
            Wish::Extend(id, until) => self.extend_at(member, id, until).await,
            Wish::Expire(id) => self.expire_at(member, id).await.map(|()| id.clone()),
        }
    }

    /// Asks one member after the other until one answers.
    async fn first(&self, source: &SourceId, wish: Wish<'_>) -> Result<SilenceId, NotDone> {
        let mut why = NotDone::NoAddress;
        for (n, member) in self.members(source).iter().enumerate() {
            match self.asked_at(member, wish).await {
                Ok(answer) => return Ok(answer),
                Err(refused @ Failed::Refused(..)) => return Err(refused.unless_gone()),
                Err(Failed::NotNow(said)) => {
                    let last = Failed::NotNow(format!("member {} {said}", n + 1)).unless_gone();
                    if last == NotDone::Gone {
                        return Err(last);
                    }
                    why = last;
                }
            }
        }
        Err(why)
    }
}

/// What is asked of the first member that answers.
#[derive(Clone, Copy)]
enum Wish<'a> {
    Silence(&'a NewSilence),
    Extend(&'a SilenceId, DateTime<Utc>),
    Expire(&'a SilenceId),
}

/// The whole body of a good answer. The library's errors name the address, so only their class is kept.
async fn whole(request: RequestBuilder) -> Result<Vec<u8>, Failed> {
    let answer = request.send().await.map_err(|error| {
        Failed::NotNow(if error.is_connect() { "cannot be reached" } else { "does not answer" }.to_owned())
    });
    let mut answer = answer?;
    let status = answer.status();
    let mut body = vec![];
    loop {
        match answer.chunk().await {
            Ok(Some(chunk)) if body.len() + chunk.len() > LARGEST => {
                return Err(Failed::NotNow(format!("answers with more than {LARGEST} bytes")));
            }
            Ok(Some(chunk)) => body.extend_from_slice(&chunk),
            Ok(None) => break,
            Err(_broken_off) => return Err(Failed::NotNow("breaks off its answer".to_owned())),
        }
    }
    if status.is_success() {
        return Ok(body);
    }
    let said =
        serde_json::from_slice(&body).unwrap_or_else(|_plain| String::from_utf8_lossy(&body).into_owned());
    let said: String = said.trim().chars().take(LONGEST_REFUSAL).collect();
    let said = if said.is_empty() { String::new() } else { format!(": {said}") };
    let said = format!("answers with http status {}{said}", status.as_u16());
    let is_passing = status.is_server_error()
        || matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT);
    Err(if is_passing { Failed::NotNow(said) } else { Failed::Refused(status, said) })
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Failed> {
    serde_json::from_slice(body).map_err(|error| {
        Failed::NotNow(format!("answers with what is not of its API ({:?})", error.classify()))
    })
}

impl Alertmanagers for AlertmanagerApi {
    fn knows(&self, source: &SourceId) -> bool {
        !self.members(source).is_empty()
    }

    fn look<'a>(&'a self, source: &'a SourceId) -> BoxFuture<'a, Look> {
        async move {
            let asked = self.members(source).iter().map(|member| self.member(member));
            let mut look = Look::default();
            for (n, answered) in join_all(asked).await.into_iter().enumerate() {
                match answered {
                    Ok(member) => look.members.push(member),
                    Err(Failed::NotNow(why) | Failed::Refused(_, why)) => {
                        look.faults.push(format!("member {} {why}", n + 1));
                    }
                }
            }
            look
        }
        .boxed()
    }

    fn silence<'a>(
        &'a self,
        source: &'a SourceId,
        silence: &'a NewSilence,
    ) -> BoxFuture<'a, Result<SilenceId, NotDone>> {
        self.first(source, Wish::Silence(silence)).boxed()
    }

    fn extend<'a>(
        &'a self,
        source: &'a SourceId,
        id: &'a SilenceId,
        until: DateTime<Utc>,
    ) -> BoxFuture<'a, Result<SilenceId, NotDone>> {
        self.first(source, Wish::Extend(id, until)).boxed()
    }

    fn expire<'a>(&'a self, source: &'a SourceId, id: &'a SilenceId) -> BoxFuture<'a, Result<(), NotDone>> {
        async move { self.first(source, Wish::Expire(id)).await.map(drop) }.boxed()
    }
}

#[cfg(test)]
mod tests;
