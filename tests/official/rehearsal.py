"""What the tour and the gallery share: the rehearsal's page in headless Chromium, and pictures of what it shows.

Called with WEB_URL SCREENSHOT_DIR WEBHOOK_URL WEBHOOK_TOKEN. Exit 3: playwright or chromium is missing.
"""

import shutil
import sys
from pathlib import Path

try:
    from playwright.sync_api import expect, sync_playwright
except ImportError:
    print("install playwright into this Python: pip install playwright", file=sys.stderr)
    sys.exit(3)

WEB, SHOTS, WEBHOOK, TOKEN = sys.argv[1], Path(sys.argv[2]), sys.argv[3], sys.argv[4]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
if CHROMIUM is None:
    print("install chromium (Debian: apt-get install chromium)", file=sys.stderr)
    sys.exit(3)
# A busy machine with two cores is slow, not broken.
expect.set_options(timeout=30_000)

LAPTOP = {"viewport": {"width": 1200, "height": 760}}
PHONE = {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 1.5}


def by(page, testid):
    return page.get_by_test_id(testid)


# A screenshot that is kept is no larger, bytes.
LARGEST = 200_000


def shot(page, name):
    path = SHOTS / f"{name}.png"
    page.screenshot(path=path)
    assert path.stat().st_size < LARGEST, f"{path} has {path.stat().st_size} bytes"


# The kinds of messages that came by, in order: what each is called, its picture, and what it is for.
KINDS = []


# A picture of a message shows so much of it, pixels; the window is higher for as long as it is taken.
TALLEST, WINDOW = 1000, 1400


def place(element):
    """Where a message is once it is scrolled into view; it has no place for a moment when it is drawn anew."""
    for _ in range(20):
        element.evaluate("message => message.scrollIntoView(true)")
        if box := element.bounding_box():
            return box
    raise AssertionError("the message has no place on the page")


def keep(kind, purpose, element):
    """Takes a picture of a message for the page about Slack."""
    name = f"message-{kind.lower().replace(' ', '-')}.png"
    path = SHOTS / name
    page, size = element.page, element.page.viewport_size
    page.set_viewport_size({**size, "height": WINDOW})
    box = place(element)
    page.screenshot(path=path, clip={**box, "height": min(box["height"], TALLEST)})
    page.set_viewport_size(size)
    assert path.stat().st_size < LARGEST, f"{path} has {path.stat().st_size} bytes"
    KINDS.append(f"## {kind}\n\n{purpose}\n\n![{kind}](screenshots/{name})\n")


def write_kinds():
    opening = (
        "# What it says in Slack\n\nIts messages, forms and home tab, as the rehearsal shows them. Made by `scripts/docs`, not by hand.\n"
    )
    (SHOTS / "slack.md").write_text("\n".join([opening, *KINDS]))


def listen(page, errors):
    """Everything the browser complains about from now on."""

    def heard(said):
        # The browser reports each request that Slack does not answer while it is down; that is what an outage is.
        url = said.location.get("url", "")
        is_outage = "503" in said.text and "/workspace/act/" in url
        if said.type == "error" and not is_outage:
            errors.append(f"{said.text} ({url})")

    page.on("console", heard)
    page.on("pageerror", lambda error: errors.append(str(error)))


def fits(page):
    overflow = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    assert overflow <= 0, f"the page is {overflow} px wider than the screen"


def act_as(page, person):
    by(page, "person-switcher").click()
    by(page, f"person-option-{person}").click()


def messages(page, text):
    return by(page, "message").filter(has_text=text)


def control(page, path, body):
    answer = page.request.post(f"{WEB}/demo/{path}", data=body, timeout=120_000)
    assert answer.ok, f"/demo/{path} answered {answer.status}: {answer.text()}"
