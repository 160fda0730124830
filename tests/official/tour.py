"""The newcomer's two minutes with the rehearsal's page, in headless Chromium; then everything else that is said in Slack.

usage: tour.py WEB_URL SCREENSHOT_DIR WEBHOOK_URL WEBHOOK_TOKEN

Writes SCREENSHOT_DIR/slack.md too, which shows each kind of message and form that came by.

Walks alert -> page -> secondary -> acknowledge -> runbook -> resolve -> post-mortem by what the page shows, then the
Slack outage, the incident's own page, and all of it on a phone, in light and dark. Fails on any error in the browser's console,
and when a screenshot is too large to be kept. Exit 3: playwright or chromium is missing.
"""

from gallery import gallery
from rehearsal import CHROMIUM, LAPTOP, PHONE, SHOTS, WEB, act_as, by, expect, fits, keep, listen, messages, shot, sync_playwright, write_kinds


def tour(page):
    page.goto(WEB)
    by(page, "fire-high-error-rate").click()

    by(page, "dm-item").click()
    paged = messages(page, "High error rate on checkout").first
    expect(paged).to_contain_text("Why P2")
    expect(paged).to_contain_text("Diagnosis")
    expect(paged).to_contain_text("Bob")
    expect(paged.get_by_role("button", name="Acknowledge")).to_be_visible()
    paged.evaluate("message => message.scrollIntoView(true)")
    shot(page, "page")
    keep("A page", "A direct message to whoever is on call: what, why, since when, the first steps, one button.", paged)

    by(page, "advance-15m").click()
    act_as(page, "bob")
    by(page, "dm-item").click()
    paged = messages(page, "High error rate on checkout").first
    expect(paged).to_be_visible()
    paged.get_by_role("button", name="Acknowledge").click()
    expect(messages(page, "Acknowledged by").first).to_be_visible()
    expect(messages(page, "Paging has stopped").first).to_be_visible()
    keep("A page that was answered", "The same message for everybody who was paged: somebody has it.", paged)
    by(page, "channel-item-incidents").click()
    announced = messages(page, "High error rate on checkout").first
    expect(announced).to_be_visible()
    keep("The announcement", "One line in the channel for everybody, kept up to date for as long as it lasts.", announced)

    channel = page.locator('[data-testid^="channel-item-inc-"]').first
    channel.click()
    card = messages(page, "Why P2").first
    expect(card).to_contain_text("acknowledged")
    keep("The card", "Pinned in the incident's channel, and edited in place: how it stands, and what can be done.", card)
    composer = by(page, "composer")
    composer.fill("/incident runbook")
    composer.press("Enter")
    steps = messages(page, "Resolution Steps").first
    expect(steps).to_be_visible()
    keep("An answer", "Seen by nobody but whoever asked: here, the runbook.", steps)
    composer.fill("/incident note rolled checkout back to v41, errors are falling")
    composer.press("Enter")
    noted = messages(page, "Bob: rolled checkout back").first
    expect(noted).to_be_visible()
    keep("A line of the timeline", "What happened, in small print, in the order in which it happened.", noted)
    card.scroll_into_view_if_needed()
    card.evaluate("message => message.scrollIntoView(true)")
    shot(page, "channel")

    by(page, "resolve-high-error-rate").click()
    expect(messages(page, "All alerts are clear").first).to_be_visible()
    by(page, "advance-15m").click()
    drafted = messages(page, "MTTA (received to acknowledged)").first
    expect(drafted).to_contain_text("rolled checkout back to v41")
    drafted.evaluate("message => message.scrollIntoView(true)")
    shot(page, "postmortem")
    keep("The post-mortem", "Drafted from the timeline when it is over; nothing in it is invented. Here its beginning.", drafted)
    drafted.get_by_role("button", name="Edit").click()
    form = by(page, "modal")
    expect(form).to_contain_text("What happened, in two sentences")
    form.locator('[data-action-id="choose_section"]').select_option("root-cause")
    expect(form).to_contain_text("Ask why until the answer")
    form.get_by_role("textbox").fill("Nobody looked at the migration.")
    keep("A section of the post-mortem", "What people write stands beside what is generated, and neither touches the other.", form)
    by(page, "modal-submit").click()
    expect(form).to_be_hidden()
    expect(messages(page, "Nobody looked at the migration.").first).to_be_visible()
    by(page, "canvas").click()
    copy = by(page, "canvas-text")
    expect(copy).to_contain_text("This is a copy.")
    expect(copy).to_contain_text("Nobody looked at the migration.")
    keep("The canvas", "A copy of the post-mortem in a tab of its channel, marked so.", copy)
    by(page, "canvas-close").click()
    expect(copy).to_be_hidden()
    asked = messages(page, "One tap each, please.").first
    asked.get_by_role("button", name="Yes").first.click()
    expect(messages(page, "says that the runbook helped").first).to_be_visible()
    keep("How it went", "Whoever had it is asked in one tap; a question turns into its answer.", asked)
    composer.fill("/incident action @bob 2035-12-24 Look at every migration before it runs")
    composer.press("Enter")
    item = messages(page, "Action item 1").filter(has=page.get_by_role("button", name="Done")).first
    expect(item.get_by_role("button", name="Done")).to_be_visible()
    keep("An action item", "What is to be done, by whom, until when; its owner is reminded.", item)
    composer.fill("/incident stats 1d")
    composer.press("Enter")
    figures = messages(page, "MTTA").last
    expect(figures).to_contain_text("The last 1d")
    keep("Figures", "How the last days went.", figures)


def outage(page):
    by(page, "outage-switch").click()
    by(page, "fire-service-down").click()
    expect(page.locator('[data-testid="phone-alice"] [data-testid="notification"]').first).to_contain_text(
        "checkout is down"
    )
    by(page, "outage-switch").scroll_into_view_if_needed()
    shot(page, "outage")
    link = page.get_by_test_id("phone-alice").get_by_role("link", name="Open").first.get_attribute("href")
    by(page, "outage-switch").click()
    return link


def incident_page(page, link):
    """The page behind the link on a phone: no script, so what the server sent is all there is."""
    answer = page.goto(link)
    assert answer.ok, f"{link} answered {answer.status}"
    expect(page.get_by_role("heading", level=1)).to_contain_text("checkout is down")
    expect(page.get_by_role("heading", name="Timeline")).to_be_visible()
    fits(page)


def on_a_phone(phone):
    phone.goto(WEB)
    by(phone, "tab-channels").click()
    by(phone, "dm-item").click()
    expect(messages(phone, "High error rate on checkout").first).to_be_visible()
    messages(phone, "High error rate on checkout").first.evaluate("message => message.scrollIntoView(true)")
    fits(phone)


with sync_playwright() as playwright:
    browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
    page = browser.new_page(**LAPTOP)
    errors = []
    listen(page, errors)
    try:
        tour(page)
        link = outage(page)
        incident_page(page, link)
        shot(page, "incident")
        page.goto(WEB)
        page.emulate_media(color_scheme="dark")
        by(page, "dm-item").click()
        expect(messages(page, "High error rate on checkout").first).to_be_visible()
        shot(page, "dark")
        for scheme, suffix in [("light", ""), ("dark", "-dark")]:
            phone = browser.new_page(**PHONE, color_scheme=scheme)
            listen(phone, errors)
            on_a_phone(phone)
            shot(phone, f"phone{suffix}")
            incident_page(phone, link)
            shot(phone, f"incident-phone{suffix}")
        gallery(browser.new_page(**LAPTOP), errors)
        assert not errors, f"the browser complains: {errors}"
    except BaseException:
        page.screenshot(path=SHOTS / "failed.png")
        raise
    finally:
        browser.close()
write_kinds()
print("the tour is complete")
