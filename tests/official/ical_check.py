"""Reads a calendar from standard input with the `icalendar` library, strictly, and writes its events as JSON."""

import json
import sys

try:
    import icalendar
except ImportError:
    sys.exit("icalendar is missing: pip install icalendar for DONTPANIC_TEST_PYTHON")

calendar = icalendar.Calendar.from_ical(sys.stdin.buffer.read())
assert calendar.name == "VCALENDAR", calendar.name
for needed in ("VERSION", "PRODID"):
    assert needed in calendar, needed
assert not calendar.errors, calendar.errors
events = []
for event in calendar.walk("VEVENT"):
    assert not event.errors, event.errors
    for needed in ("UID", "DTSTAMP", "DTSTART", "DTEND", "SUMMARY"):
        assert needed in event, needed
    start, end, stamp = (event[name].dt for name in ("DTSTART", "DTEND", "DTSTAMP"))
    for moment in (start, end, stamp):
        assert moment.utcoffset().total_seconds() == 0, moment
    assert start < end, (start, end)
    events.append(
        {
            "uid": str(event["UID"]),
            "start": start.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "end": end.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "summary": str(event["SUMMARY"]),
            "description": str(event["DESCRIPTION"]),
        }
    )
assert len({event["uid"] for event in events}) == len(events), "two events have one UID"
print(json.dumps({"name": str(calendar["X-WR-CALNAME"]), "events": events}))
