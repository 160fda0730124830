"""Shows messages and forms to the models of Slack's own Python SDK, which know the limits of each block.

    messages_check.py FOLDER    every *.json in it is a message, {"text": …, "blocks": […]}, or a view, {"type": "modal", …}

Exits 0 when the models take all of them and give them back as they were, 1 with everything that is wrong, 3 when slack_sdk
is not installed.
"""

import json
import sys
from pathlib import Path

try:
    from slack_sdk.errors import SlackObjectFormationError
    from slack_sdk.models.blocks import Block
    from slack_sdk.models.views import View
except ImportError as missing:
    print(f"slack_sdk is not installed for {sys.executable}: {missing}", file=sys.stderr)
    sys.exit(3)

# What Slack takes in a message, and no model checks.
MOST_BLOCKS = 50
LONGEST_TEXT = 40_000


def lost(sent, taken, path="blocks"):
    """What the models have dropped or changed: they do not know it."""
    if isinstance(sent, dict) and isinstance(taken, dict):
        return [what for name in sent for what in lost(sent[name], taken.get(name), f"{path}.{name}")]
    if isinstance(sent, list) and isinstance(taken, list) and len(sent) == len(taken):
        return [what for n, pair in enumerate(zip(sent, taken)) for what in lost(*pair, f"{path}[{n}]")]
    return [] if sent == taken else [f"{path} is not understood: {str(sent)[:80]}"]


def faults(message):
    if "type" in message:
        yield from faults_of_view(message)
        return
    blocks = message.get("blocks", [])
    if not message["text"] or len(message["text"]) > LONGEST_TEXT:
        yield f"a text of {len(message['text'])} characters"
    if len(blocks) > MOST_BLOCKS:
        yield f"{len(blocks)} blocks"
    try:
        models = Block.parse_all(json.loads(json.dumps(blocks)))
        taken = []
        for model in models:
            model.validate_json()
            taken.append(model.to_dict())
    except (SlackObjectFormationError, TypeError, ValueError) as refusal:
        yield f"refused: {refusal}"
        return
    yield from lost(blocks, taken)


def faults_of_view(view):
    try:
        # The models take blocks out of what they are given: let it be a copy.
        model = View(**json.loads(json.dumps(view)))
        model.validate_json()
        yield from lost(view, model.to_dict(), "view")
    except (SlackObjectFormationError, TypeError, ValueError) as refusal:
        yield f"refused: {refusal}"


def judge_is_awake():
    too_long = [{"type": "section", "text": {"type": "mrkdwn", "text": "x" * 3001}}]
    assert list(faults({"text": "x", "blocks": too_long})), "3001 characters in a section must be refused"
    unknown = [{"type": "section", "text": {"type": "mrkdwn", "text": "x"}, "colour": "red"}]
    assert list(faults({"text": "x", "blocks": unknown})), "an unknown field must be refused"
    title = {"type": "plain_text", "text": "x" * 25}
    assert list(faults({"type": "modal", "title": title, "blocks": []})), "25 characters in a title must be refused"


def main():
    judge_is_awake()
    files = sorted(Path(sys.argv[1]).glob("*.json"))
    wrong = [(file.name, fault) for file in files for fault in faults(json.loads(file.read_text()))]
    for name, fault in wrong:
        print(f"{name}: {fault}", file=sys.stderr)
    print(f"{len(files)} messages and forms")
    sys.exit(1 if wrong or not files else 0)


if __name__ == "__main__":
    main()
