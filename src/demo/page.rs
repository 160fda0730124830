//! The page's own files, part of the program.

use axum::Router;
use axum::http::HeaderValue;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

/// Nothing from elsewhere, nothing inline.
const POLICY: &str = "default-src 'self'; style-src 'self'; script-src 'self'; img-src 'self' data:; base-uri 'none'; frame-ancestors 'none'";

struct File {
    path: &'static str,
    kind: &'static str,
    text: &'static str,
}

macro_rules! files {
    ($($path:literal => $kind:literal, $file:literal;)+) => {
        const FILES: &[File] = &[$(File { path: $path, kind: $kind, text: include_str!(concat!("page/", $file)) }),+];
    };
}

files! {
    "/" => "text/html; charset=utf-8", "index.html";
    "/demo/page/messages.css" => "text/css; charset=utf-8", "messages.css";
    "/demo/page/rehearsal.css" => "text/css; charset=utf-8", "rehearsal.css";
    "/demo/page/style.css" => "text/css; charset=utf-8", "style.css";
    "/demo/page/api.js" => "text/javascript; charset=utf-8", "api.js";
    "/demo/page/app.js" => "text/javascript; charset=utf-8", "app.js";
    "/demo/page/blocks.js" => "text/javascript; charset=utf-8", "blocks.js";
    "/demo/page/commands.js" => "text/javascript; charset=utf-8", "commands.js";
    "/demo/page/composer.js" => "text/javascript; charset=utf-8", "composer.js";
    "/demo/page/conversation.js" => "text/javascript; charset=utf-8", "conversation.js";
    "/demo/page/dom.js" => "text/javascript; charset=utf-8", "dom.js";
    "/demo/page/elements.js" => "text/javascript; charset=utf-8", "elements.js";
    "/demo/page/emoji.js" => "text/javascript; charset=utf-8", "emoji.js";
    "/demo/page/guide.js" => "text/javascript; charset=utf-8", "guide.js";
    "/demo/page/menu.js" => "text/javascript; charset=utf-8", "menu.js";
    "/demo/page/message.js" => "text/javascript; charset=utf-8", "message.js";
    "/demo/page/markdown.js" => "text/javascript; charset=utf-8", "markdown.js";
    "/demo/page/mrkdwn.js" => "text/javascript; charset=utf-8", "mrkdwn.js";
    "/demo/page/places.js" => "text/javascript; charset=utf-8", "places.js";
    "/demo/page/rehearsal.js" => "text/javascript; charset=utf-8", "rehearsal.js";
    "/demo/page/sidebar.js" => "text/javascript; charset=utf-8", "sidebar.js";
    "/demo/page/store.js" => "text/javascript; charset=utf-8", "store.js";
    "/demo/page/time.js" => "text/javascript; charset=utf-8", "time.js";
    "/demo/page/views.js" => "text/javascript; charset=utf-8", "views.js";
}

/// The routes of the page's files.
pub fn router<S: Clone + Send + Sync + 'static>() -> Router<S> {
    FILES.iter().fold(Router::new(), |router, file| router.route(file.path, get(async || serve(file))))
}

fn serve(file: &'static File) -> Response {
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static(file.kind)),
        (CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY)),
        (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (CACHE_CONTROL, HeaderValue::from_static("no-cache")),
    ];
    (headers, file.text).into_response()
}
