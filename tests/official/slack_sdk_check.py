"""Drives the embedded workspace, and the bot, with Slack's own Python client, unchanged.

    slack_sdk_check.py web     --base-url http://127.0.0.1:8080 …   Web API: channels, messages, pages, a 429
    slack_sdk_check.py socket  --base-url … --page-url …            Socket Mode: hello, a slash command, its acknowledgement
    slack_sdk_check.py signed  --signing-secret …                   prints a port, then checks one signed request sent to it
    slack_sdk_check.py signing --signing-secret … --app-url …       signs requests to the bot, well and badly

Exits 0 when everything held, 1 with the failed assertion, 3 when slack_sdk is not installed.
"""

import argparse
import json
import sys
import threading
import time
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs, urlencode

try:
    from slack_sdk import WebClient
    from slack_sdk.errors import SlackApiError
    from slack_sdk.http_retry.builtin_handlers import RateLimitErrorRetryHandler
    from slack_sdk.signature import SignatureVerifier
    from slack_sdk.socket_mode import SocketModeClient
    from slack_sdk.socket_mode.response import SocketModeResponse
except ImportError as missing:
    print(f"slack_sdk is not installed for {sys.executable}: {missing}", file=sys.stderr)
    sys.exit(3)


def client_for(options):
    return WebClient(
        token=options.bot_token,
        base_url=options.base_url + "/api/",
        retry_handlers=[RateLimitErrorRetryHandler(max_retry_count=1)],
    )


def refused(error, call, **arguments):
    try:
        call(**arguments)
    except SlackApiError as refusal:
        assert refusal.response["error"] == error, f"expected {error}, got {refusal.response['error']}"
        return refusal.response
    raise AssertionError(f"expected {error}, but the call succeeded")


def check_web(options):
    client = client_for(options)
    me = client.auth_test()
    assert me["user_id"] == "U0BOT" and me["bot_id"], me.data

    channel = client.conversations_create(name="inc-20261120-ledger")["channel"]["id"]
    refused("name_taken", client.conversations_create, name="inc-20261120-ledger")
    refused("invalid_name_specials", client.conversations_create, name="Upper Case")
    client.conversations_setTopic(channel=channel, topic="P1 · triggered")
    refused("too_long", client.conversations_setTopic, channel=channel, topic="x" * 251)
    client.conversations_invite(channel=channel, users=["U0A", "U0B"])
    failed = refused("already_in_channel", client.conversations_invite, channel=channel, users="U0A")
    assert failed["errors"][0]["user"] == "U0A", failed.data
    assert set(client.conversations_members(channel=channel)["members"]) == {"U0A", "U0B", "U0BOT"}

    blocks = [
        {"type": "section", "text": {"type": "mrkdwn", "text": "*P1* ledger is down"}},
        {"type": "actions", "elements": [
            {"type": "button", "text": {"type": "plain_text", "text": "Acknowledge"}, "action_id": "ack"}]},
    ]
    card = client.chat_postMessage(channel=channel, text="P1 ledger is down", blocks=blocks)
    ts = card["ts"]
    assert card["message"]["blocks"][0]["block_id"], card.data
    refused("no_text", client.chat_postMessage, channel=channel, text="")
    refused("invalid_blocks", client.chat_postMessage, channel=channel, text="x",
            blocks=[{"type": "header", "text": {"type": "mrkdwn", "text": "no"}}])
    client.chat_update(channel=channel, ts=ts, text="acknowledged")
    client.pins_add(channel=channel, timestamp=ts)
    refused("already_pinned", client.pins_add, channel=channel, timestamp=ts)
    assert client.pins_list(channel=channel)["items"][0]["message"]["text"] == "acknowledged"
    client.bookmarks_add(channel_id=channel, title="Runbook", type="link", link="https://example.com/runbook")
    assert client.bookmarks_list(channel_id=channel)["bookmarks"][0]["title"] == "Runbook"
    client.reactions_add(channel=channel, timestamp=ts, name="pushpin")
    assert client.reactions_get(channel=channel, timestamp=ts)["message"]["reactions"][0]["count"] == 1
    client.chat_postEphemeral(channel=channel, user="U0A", text="only you")
    reply = client.chat_postMessage(channel=channel, text="in a thread", thread_ts=ts)["ts"]
    assert [m["ts"] for m in client.conversations_replies(channel=channel, ts=ts)["messages"]] == [ts, reply]
    assert client.chat_getPermalink(channel=channel, message_ts=ts)["permalink"].endswith(ts.replace(".", ""))

    for n in range(25):
        client.chat_postMessage(channel=channel, text=f"line {n}")
    seen = []
    for page in client.conversations_history(channel=channel, limit=7):
        assert len(page["messages"]) <= 7
        seen += [message["ts"] for message in page["messages"]]
    assert seen == sorted(set(seen), reverse=True) and len(seen) >= 26, seen
    names = []
    began = time.monotonic()
    for page in client.conversations_list(limit=1, types="public_channel"):
        names += [room["name"] for room in page["channels"]]
    assert sorted(names) == ["inc-20261120-ledger", "incidents"], names
    assert time.monotonic() - began >= 1.0, "the first page was to be refused with Retry-After: 1"

    direct = client.conversations_open(users="U0A")["channel"]["id"]
    assert client.chat_postMessage(channel="U0A", text="a page")["channel"] == direct
    assert client.users_info(user="U0A")["user"]["tz"] == "Europe/Paris"
    assert client.users_lookupByEmail(email="alice@example.com")["user"]["id"] == "U0A"
    home = client.views_publish(user_id="U0A", view={"type": "home", "blocks": blocks[:1]})
    assert home["view"]["id"].startswith("V")
    client.conversations_archive(channel=channel)
    refused("is_archived", client.chat_postMessage, channel=channel, text="too late")
    refused("name_taken", client.conversations_create, name="inc-20261120-ledger")
    refused("unknown_method", lambda: client.api_call("no.such.method"))
    refused("invalid_auth", WebClient(token="xoxb-wrong", base_url=options.base_url + "/api/").auth_test)


def act(options, path, **body):
    request = urllib.request.Request(
        f"{options.page_url}/act/{path}", json.dumps(body).encode(), {"content-type": "application/json"})
    with urllib.request.urlopen(request, timeout=10) as response:
        return json.load(response)


def check_socket(options):
    heard = []

    def listener(socket, request):
        heard.append((request.type, request.payload))
        payload = {"text": f"heard {request.payload.get('text')}"} if request.type == "slash_commands" else None
        socket.send_socket_mode_response(SocketModeResponse(envelope_id=request.envelope_id, payload=payload))

    socket = SocketModeClient(app_token=options.app_token, web_client=client_for(options))
    socket.socket_mode_request_listeners.append(listener)
    socket.connect()
    try:
        channel = next(r["id"] for r in client_for(options).conversations_list()["channels"] if r["name"] == "incidents")
        answer = act(options, "command", user="U0A", channel=channel, text="/incident ack @bob")
        assert answer["acknowledged"] and answer["error"] is None, answer
        kind, payload = next(item for item in heard if item[0] == "slash_commands")
        assert payload["command"] == "/incident" and payload["text"] == "ack <@U0B|bob>", payload
        posted = act(options, "post", user="U0A", channel=channel, text="hello")
        assert posted["acknowledged"] and posted["ts"], posted
        events = [payload["event"] for kind, payload in heard if kind == "events_api"]
        assert any(event["type"] == "message" and event["text"] == "hello" for event in events), events
    finally:
        socket.close()


def check_signed(options):
    verifier = SignatureVerifier(options.signing_secret)
    outcome = {}

    class App(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["content-length"]))
            good = verifier.is_valid_request(body, dict(self.headers.items()))
            other = SignatureVerifier("another secret").is_valid_request(body, dict(self.headers.items()))
            outcome.update(good=good, other=other, fields=parse_qs(body.decode()))
            self.send_response(200)
            self.end_headers()
            threading.Thread(target=self.server.shutdown).start()

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), App)
    print(server.server_port, flush=True)
    server.serve_forever()
    assert outcome["good"] and not outcome["other"], outcome
    assert outcome["fields"]["command"] == ["/oncall"], outcome


def status_of(options, body, sent_at, signature):
    headers = {"content-type": "application/x-www-form-urlencoded"}
    if sent_at is not None:
        headers["X-Slack-Request-Timestamp"] = sent_at
    if signature is not None:
        headers["X-Slack-Signature"] = signature
    request = urllib.request.Request(options.app_url, body.encode(), headers)
    try:
        with urllib.request.urlopen(request, timeout=10) as response:
            return response.status
    except urllib.error.HTTPError as refusal:
        return refusal.code


def check_signing(options):
    ours, others = SignatureVerifier(options.signing_secret), SignatureVerifier("another secret")
    command = {"command": "/oncall", "text": "", "user_id": "U0A", "team_id": "T0HOME", "channel_id": "C0",
               "trigger_id": "1.2", "response_url": "http://127.0.0.1:1/"}
    body = urlencode(command)
    now = str(int(time.time()))
    old = str(int(time.time()) - 301)
    future = str(int(time.time()) + 310)

    def signed(verifier, sent_at, text=body):
        return verifier.generate_signature(timestamp=sent_at, body=text)

    cases = [
        ("well signed", 200, now, signed(ours, now)),
        ("signed with another secret", 401, now, signed(others, now)),
        ("signed for another body", 401, now, signed(ours, now, body + "&text=resolve")),
        ("signed for another time", 401, now, signed(ours, old)),
        ("old", 401, old, signed(ours, old)),
        ("from the future", 401, future, signed(ours, future)),
        ("not signed", 401, now, None),
        ("not dated", 401, None, signed(ours, now)),
        ("dated with words", 401, "yesterday", signed(ours, "yesterday")),
    ]
    for what, expected, sent_at, signature in cases:
        status = status_of(options, body, sent_at, signature)
        assert status == expected, f"{what}: expected {expected}, got {status}"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("check", choices=["web", "socket", "signed", "signing"])
    parser.add_argument("--base-url", default="")
    parser.add_argument("--app-url", default="")
    parser.add_argument("--page-url", default="")
    parser.add_argument("--bot-token", default="")
    parser.add_argument("--app-token", default="")
    parser.add_argument("--signing-secret", default="")
    options = parser.parse_args()
    checks = {"web": check_web, "socket": check_socket, "signed": check_signed, "signing": check_signing}
    checks[options.check](options)


if __name__ == "__main__":
    main()
