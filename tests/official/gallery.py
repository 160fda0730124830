"""Everything else that is said in Slack, for docs/slack.md: the rehearsal from its beginning, three more times."""

from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

from rehearsal import SHOTS, TOKEN, WEB, WEBHOOK, act_as, by, control, expect, keep, listen, messages

# Where the rehearsal's people work.
OFFICE = ZoneInfo("Europe/Paris")

# What opens each form, what it is called, what it is for, and a word that it shows.
FORMS = [
    ("/incident declare", "Declaring an incident", "Only the title must be typed; the rest is filled in as far as it is known.", "What is wrong?"),
    ("/incident severity", "Changing the severity", "How bad it is now, and why.", "How bad is it now?"),
    ("/incident update", "An update", "For everybody: it goes to the channel and below the announcement.", "How does it go?"),
    ("/oncall override", "An override", "Who stands in, and from when to when.", "Who is on call?"),
]


def type_in(page, command):
    composer = by(page, "composer")
    composer.fill(command)
    composer.press("Enter")


def answered(page, command, kind, purpose, word):
    """What a command says to whoever typed it."""
    type_in(page, command)
    answer = messages(page, "Only visible to you").filter(has_text=word).last
    expect(answer).to_be_visible()
    keep(kind, purpose, answer)
    return answer


def kept_form(page, kind, purpose, word):
    form = by(page, "modal")
    expect(form).to_contain_text(word)
    keep(kind, purpose, form)
    by(page, "modal-cancel").click()
    expect(form).to_be_hidden()


def begin_again(page):
    # Nobody looks while the stage is set anew: what was shown is gone by then.
    page.goto("about:blank")
    control(page, "reset", {})
    page.goto(WEB)
    expect(by(page, "fire-high-error-rate")).to_be_visible()


def now(page):
    """Story time."""
    return datetime.fromisoformat(page.request.get(f"{WEB}/demo/state").json()["clock"]["now"]).astimezone(timezone.utc)


def advance_to(page, then):
    minutes = int((then - now(page)).total_seconds() // 60) + 1
    control(page, "clock", {"advance": f"{minutes}m"})


def incident_channel(page):
    page.locator('[data-testid^="channel-item-inc-"]').first.click()


def fires(page, alertname, severity, summary):
    """An alert, as Alertmanager delivers it."""
    labels = {"alertname": alertname, "severity": severity, "service": "checkout"}
    alert = {"status": "firing", "labels": labels, "annotations": {"summary": summary}, "startsAt": now(page).isoformat()}
    key = f'{{}}:{{alertname="{alertname}"}}'
    body = {"version": "4", "status": "firing", "receiver": "dontpanic", "groupKey": key, "groupLabels": {}, "alerts": [alert]}
    answer = page.request.post(WEBHOOK, data=body, headers={"authorization": f"Bearer {TOKEN}"})
    assert answer.ok, f"the webhook answered {answer.status}: {answer.text()}"


def worst(page):
    """A P1, from the page to the end."""
    begin_again(page)
    by(page, "fire-service-down").click()
    act_as(page, "alice")
    by(page, "dm-item").click()
    paged = messages(page, "checkout is down").first
    expect(paged.get_by_role("link", name="Open channel")).to_be_visible()
    keep("A page about the worst", "Primary and incident commander get it at the same moment.", paged)
    paged.get_by_role("button", name="Acknowledge").click()
    expect(messages(page, "Acknowledged by").first).to_be_visible()
    by(page, "home-item").click()
    home = by(page, "home")
    expect(home).to_contain_text("checkout is down")
    keep("The home tab", "Who is on call now and next, what is mine, and what I have promised.", home)
    by(page, "channel-item-incidents").click()
    answered(page, "/incident help", "Help", "Every command, from the same list that is obeyed.", "declare")
    answered(page, "/incident lst", "A mistyped command", "The nearest right one.", "did you mean")
    answered(page, "/incident list", "What is open", "The worst first.", "checkout is down")
    answered(page, "/oncall", "Who is on call", "By schedule, with when that ends.", "platform")
    answered(page, "/oncall schedule", "The next shifts", "In the reader's own time.", "4 weeks")
    incident_channel(page)
    for command, kind, purpose, word in FORMS:
        type_in(page, command)
        kept_form(page, kind, purpose, word)
    type_in(page, "/incident silence")
    silenced = messages(page, "Only visible to you").filter(has_text="is silenced").last
    silenced.get_by_role("button", name="Silence…").click()
    kept_form(page, "A silence", "For how long, which of its alerts, and why: it is asked of Alertmanager, and ends by itself.", "Silence alerts")
    card = messages(page, "Why P1").first
    card.get_by_role("button", name="Resolve with summary…").click()
    kept_form(page, "Resolving with a summary", "It says what still fires, so nobody is asked twice.", "What resolved it?")
    asked = answered(page, "/incident resolve", "A resolve while alerts fire", "Asked once, of whoever asked.", "still fires")
    expect(asked.get_by_role("button", name="Resolve")).to_be_visible()
    type_in(page, "/incident snooze 30m the vendor is on it")
    snoozed = messages(page, "snooze").last
    expect(snoozed).to_be_visible()
    type_in(page, "/incident update half of the customers are back")
    updated = messages(page, "half of the customers are back").last
    expect(updated).to_be_visible()
    keep("An update in the channel", "What was said to everybody, by whom.", updated)
    by(page, "channel-item-incidents").click()
    type_in(page, "/incident declare P2 Customers cannot pay")
    expect(messages(page, "Customers cannot pay").first).to_be_visible()
    answered(page, "/incident INC-2 merge INC-1", "Two that are one", "The number, the channel and the people of one; the other says where it went.", "Merged INC-2")


def unanswered(page):
    """A P2 and a P3 that nobody takes."""
    begin_again(page)
    by(page, "fire-high-response-time").click()
    by(page, "channel-item-incidents").click()
    slow = messages(page, "P3").first
    expect(slow).to_be_visible()
    keep("A P3", "No channel of its own: what follows is in the thread below.", slow)
    by(page, "fire-high-error-rate").click()
    expect(messages(page, "High error rate on checkout").first).to_be_visible()
    control(page, "clock", {"advance": "61m"})
    told = messages(page, "Nobody answered in round 1").last
    expect(told).to_be_visible()
    keep("Nobody answers", "After each round of the ladder, which begins again with new messages.", told)


def storm(page):
    """Everything at once."""
    begin_again(page)
    for n in range(14):
        fires(page, f"Broken{n}", "critical", f"Part {n} of checkout is broken")
    by(page, "dm-item").click()
    paged = messages(page, "Storm on platform").last
    expect(paged).to_contain_text("5 incidents")
    keep("A storm", "One page for all of them, with how many on which service.", paged)


def gone_to_bed(page):
    """What waits for the morning, and what the week brings."""
    begin_again(page)
    opened = now(page).astimezone(OFFICE)
    evening = opened.replace(hour=20, minute=0, second=0, microsecond=0)
    advance_to(page, evening if evening > opened else evening + timedelta(days=1))
    by(page, "fire-high-error-rate").click()
    by(page, "dm-item").click()
    paged = messages(page, "High error rate on checkout").first
    paged.get_by_role("button", name="Acknowledge").click()
    incident_channel(page)
    card = messages(page, "Why P2").first
    expect(card).to_contain_text("Acknowledged by")
    control(page, "clock", {"advance": "15m"})
    asked = messages(page, "Still on it").last
    expect(asked.get_by_role("button", name="Still on it")).to_be_visible()
    keep("A nudge", "Somebody has it and has said nothing for a quarter of an hour.", asked)
    by(page, "resolve-high-error-rate").click()
    expect(messages(page, "All alerts are clear").first).to_be_visible()
    keep("All clear", "It resolves by itself unless somebody keeps it open.", messages(page, "All alerts are clear").first)
    fires(page, "DiskFillsUp", "warning", "The disk of checkout is full in four days")
    fires(page, "CertificateExpires", "warning", "The certificate of checkout ends in a week")
    morning = now(page).astimezone(OFFICE) + timedelta(days=1)
    morning = morning.replace(hour=9, minute=0, second=0, microsecond=0)
    while morning.weekday() > 4:
        morning += timedelta(days=1)
    advance_to(page, morning)
    by(page, "dm-item").click()
    digest = messages(page, "outside business hours").last
    expect(digest).to_be_visible()
    keep("A digest", "What waited for the working day, on one page.", digest)
    for incident in ["INC-2", "INC-3"]:
        taken = digest.get_by_role("button", name=f"Acknowledge {incident}")
        taken.click()
        expect(taken).to_be_hidden()
    shifts = page.request.get(f"{WEB}/api/v1/oncall", headers={"authorization": f"Bearer {TOKEN}"}).json()
    advance_to(page, datetime.fromisoformat(shifts["until"]))
    act_as(page, "bob")
    by(page, "dm-item").click()
    note = messages(page, "Handoff of platform").last
    expect(note).to_be_visible()
    keep("A handoff", "For both people and the team: what is open, what was, and what is noisy.", note)
    test = messages(page, "Test page").last
    expect(test).to_be_visible()
    keep("A test page", "At each handoff: that it rings is seen, not assumed.", test)


def gallery(page, errors):
    listen(page, errors)
    try:
        for part in [worst, unanswered, storm, gone_to_bed]:
            part(page)
    except BaseException:
        page.screenshot(path=SHOTS / "failed.png")
        raise
