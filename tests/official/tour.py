"""The newcomer's two minutes with the rehearsal's page, in headless Chromium.

usage: tour.py WEB_URL SCREENSHOT_DIR

Walks alert -> page -> secondary -> acknowledge -> runbook -> resolve -> post-mortem by what the page shows, then the
Slack outage, then the page on a phone. Fails on any error in the browser's console. Exit 3: playwright or chromium is missing.
"""

import shutil
import sys
from pathlib import Path

try:
    from playwright.sync_api import expect, sync_playwright
except ImportError:
    print("install playwright into this Python: pip install playwright", file=sys.stderr)
    sys.exit(3)

WEB, SHOTS = sys.argv[1], Path(sys.argv[2])
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
if CHROMIUM is None:
    print("install chromium (Debian: apt-get install chromium)", file=sys.stderr)
    sys.exit(3)
# A busy machine with two cores is slow, not broken.
expect.set_options(timeout=30_000)


def by(page, testid):
    return page.get_by_test_id(testid)


def shot(page, name):
    page.screenshot(path=SHOTS / f"{name}.png")


def act_as(page, person):
    by(page, "person-switcher").click()
    by(page, f"person-option-{person}").click()


def messages(page, text):
    return by(page, "message").filter(has_text=text)


def control(page, path, body):
    answer = page.request.post(f"{WEB}/demo/{path}", data=body)
    assert answer.ok, f"/demo/{path} answered {answer.status}: {answer.text()}"


def tour(page):
    page.goto(WEB)
    by(page, "fire-high-error-rate").click()

    by(page, "dm-item").click()
    paged = messages(page, "High error rate on checkout").first
    expect(paged).to_contain_text("Why P2")
    expect(paged).to_contain_text("Diagnosis")
    expect(paged).to_contain_text("Bob")
    expect(paged.get_by_role("button", name="Acknowledge")).to_be_visible()
    shot(page, "page")

    by(page, "advance-15m").click()
    act_as(page, "bob")
    by(page, "dm-item").click()
    paged = messages(page, "High error rate on checkout").first
    expect(paged).to_be_visible()
    paged.get_by_role("button", name="Acknowledge").click()
    expect(messages(page, "Acknowledged by").first).to_be_visible()
    expect(messages(page, "Paging has stopped").first).to_be_visible()

    channel = page.locator('[data-testid^="channel-item-inc-"]').first
    channel.click()
    card = messages(page, "Why P2").first
    expect(card).to_contain_text("acknowledged")
    composer = by(page, "composer")
    composer.fill("/incident runbook")
    composer.press("Enter")
    expect(messages(page, "Resolution Steps").first).to_be_visible()
    composer.fill("/incident note rolled checkout back to v41, errors are falling")
    composer.press("Enter")
    expect(messages(page, "bob: rolled checkout back").first).to_be_visible()
    shot(page, "channel")

    by(page, "resolve-high-error-rate").click()
    expect(messages(page, "All alerts are clear").first).to_be_visible()
    by(page, "advance-15m").click()
    drafted = messages(page, "MTTA (received to acknowledged)").first
    expect(drafted).to_contain_text("rolled checkout back to v41")
    drafted.scroll_into_view_if_needed()
    shot(page, "postmortem")


def outage(page):
    by(page, "outage-switch").click()
    by(page, "fire-service-down").click()
    expect(page.locator('[data-testid="phone-alice"] [data-testid="notification"]').first).to_contain_text(
        "checkout is down"
    )
    shot(page, "outage")
    by(page, "outage-switch").click()


def on_a_phone(browser):
    phone = browser.new_page(viewport={"width": 390, "height": 844}, device_scale_factor=2)
    phone.goto(WEB)
    by(phone, "tab-channels").click()
    by(phone, "dm-item").click()
    expect(messages(phone, "High error rate on checkout").first).to_be_visible()
    messages(phone, "High error rate on checkout").first.evaluate("message => message.scrollIntoView(true)")
    overflow = phone.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    assert overflow <= 0, f"the page is {overflow} px wider than the phone"
    shot(phone, "phone")


with sync_playwright() as playwright:
    browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
    page = browser.new_page(viewport={"width": 1400, "height": 900})
    errors = []
    page.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    try:
        tour(page)
        assert not errors, f"the browser complains: {errors}"
        # While Slack is down its answers fail, and the browser says so; that is no fault of the page.
        outage(page)
        on_a_phone(browser)
    except BaseException:
        shot(page, "failed")
        raise
    finally:
        browser.close()
print("the tour is complete")
