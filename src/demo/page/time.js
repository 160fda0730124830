// Instants as a person reads them: always story time, always in the acted person's zone.

const LOCALE = "en-GB";
const formats = new Map();

function format(options, tz) {
  const key = JSON.stringify([options, tz]);
  if (!formats.has(key)) {
    try {
      formats.set(key, new Intl.DateTimeFormat(LOCALE, { ...options, timeZone: tz }));
    } catch {
      formats.set(key, new Intl.DateTimeFormat(LOCALE, { ...options, timeZone: "UTC" }));
    }
  }
  return formats.get(key);
}

const say = (seconds, options, tz) => format(options, tz).format(new Date(seconds * 1000));

/** `03:00`. All functions take unix seconds and an IANA zone. */
export const clockTime = (seconds, tz) => say(seconds, { hour: "2-digit", minute: "2-digit" }, tz);

/** `03:00:07`. */
export const clockSeconds = (seconds, tz) => say(seconds, { hour: "2-digit", minute: "2-digit", second: "2-digit" }, tz);

/** `Friday 20 November`. */
export const longDay = (seconds, tz) => say(seconds, { weekday: "long", day: "numeric", month: "long" }, tz);

/** `Fri 20 Nov`. */
export const shortDay = (seconds, tz) => say(seconds, { weekday: "short", day: "numeric", month: "short" }, tz);

/** `CET`, `GMT+9`: how the zone is called at that instant. */
export function zoneName(seconds, tz) {
  const parts = format({ timeZoneName: "short", hour: "2-digit" }, tz).formatToParts(new Date(seconds * 1000));
  return parts.find((part) => part.type === "timeZoneName")?.value ?? tz;
}

/** `2026-11-20`, for telling days apart. */
export function dayKey(seconds, tz) {
  const parts = format({ year: "numeric", month: "2-digit", day: "2-digit" }, tz).formatToParts(new Date(seconds * 1000));
  const get = (type) => parts.find((part) => part.type === type)?.value;
  return `${get("year")}-${get("month")}-${get("day")}`;
}

function relativeDay(seconds, tz, now) {
  const day = dayKey(seconds, tz);
  if (day === dayKey(now, tz)) return "Today";
  if (day === dayKey(now - 86400, tz)) return "Yesterday";
  if (day === dayKey(now + 86400, tz)) return "Tomorrow";
  return null;
}

/** `Today`, `Yesterday` or the day: what a separator between messages says. */
export const separator = (seconds, tz, now) => relativeDay(seconds, tz, now) ?? longDay(seconds, tz);

/** `in 4 min`, `2 h ago`. */
export function ago(seconds, now) {
  const distance = Math.abs(seconds - now);
  const amount = distance < 60 ? `${Math.round(distance)} s` : distance < 5400 ? `${Math.round(distance / 60)} min`
    : distance < 172800 ? `${Math.round(distance / 3600)} h` : `${Math.round(distance / 86400)} d`;
  return seconds > now ? `in ${amount}` : `${amount} ago`;
}

const DATE_TOKENS = {
  date_num: (at, tz) => dayKey(at, tz),
  date: (at, tz) => say(at, { day: "numeric", month: "long", year: "numeric" }, tz),
  date_slash: (at, tz) => say(at, { day: "2-digit", month: "2-digit", year: "numeric" }, tz),
  date_short: (at, tz) => say(at, { day: "numeric", month: "short", year: "numeric" }, tz),
  date_long: (at, tz) => say(at, { weekday: "long", day: "numeric", month: "long", year: "numeric" }, tz),
  time: clockTime,
  time_secs: clockSeconds,
  ago: (at, _tz, now) => ago(at, now),
  day_divider_pretty: separator,
};
for (const name of ["date", "date_short", "date_long"]) {
  DATE_TOKENS[`${name}_pretty`] = (at, tz, now) => relativeDay(at, tz, now)?.toLowerCase() ?? DATE_TOKENS[name](at, tz, now);
}

/** Slack's date format string (`{date_short_pretty} at {time}`) filled in; tokens not known stay as they are. */
export const slackDate = (seconds, pattern, tz, now) =>
  pattern.replace(/\{(\w+)\}/g, (whole, name) => (Object.hasOwn(DATE_TOKENS, name) ? DATE_TOKENS[name](seconds, tz, now) : whole));

/** Unix seconds of a wall clock `2026-11-20T18:00` in a zone. */
export function fromWallClock(text, tz) {
  const wall = Date.parse(`${text}Z`) / 1000;
  const offset = (at) => Date.parse(`${dayKey(at, tz)}T${clockSeconds(at, tz)}Z`) / 1000 - at;
  return wall - offset(wall - offset(wall));
}

/** The wall clock of an instant in a zone, as `datetime-local` wants it. */
export const toWallClock = (seconds, tz) => `${dayKey(seconds, tz)}T${clockTime(seconds, tz)}`;

/** Unix seconds of a message's `ts`. */
export const seconds = (ts) => Number.parseFloat(ts);
