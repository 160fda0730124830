// The emoji shortcodes in common use, as characters.

const CHARACTERS = {
  rotating_light: "🚨", fire: "🔥", warning: "⚠️", bell: "🔔", no_bell: "🔕", pager: "📟", telephone_receiver: "📞", phone: "☎️",
  white_check_mark: "✅", heavy_check_mark: "✔️", ballot_box_with_check: "☑️", x: "❌", no_entry: "⛔", no_entry_sign: "🚫",
  red_circle: "🔴", large_orange_circle: "🟠", large_yellow_circle: "🟡", large_green_circle: "🟢", large_blue_circle: "🔵",
  white_circle: "⚪", black_circle: "⚫", large_blue_square: "🟦", large_red_square: "🟥", large_orange_square: "🟧", large_yellow_square: "🟨", large_green_square: "🟩",
  eyes: "👀", pushpin: "📌", round_pushpin: "📍", memo: "📝", pencil: "📝", pencil2: "✏️", book: "📖", books: "📚", closed_book: "📕", blue_book: "📘", green_book: "📗", bookmark: "🔖",
  bar_chart: "📊", chart_with_upwards_trend: "📈", chart_with_downwards_trend: "📉", link: "🔗", mag: "🔍", calendar: "📅", date: "📅",
  spiral_calendar_pad: "🗓️", clock3: "🕒", alarm_clock: "⏰", stopwatch: "⏱️", hourglass: "⌛", hourglass_flowing_sand: "⏳", zzz: "💤", sleeping: "😴", crescent_moon: "🌙", sunny: "☀️",
  arrow_up: "⬆️", arrow_down: "⬇️", arrow_right: "➡️", arrow_left: "⬅️", arrows_counterclockwise: "🔄", repeat: "🔁", rewind: "⏪", fast_forward: "⏩",
  thumbsup: "👍", "+1": "👍", thumbsdown: "👎", "-1": "👎", clap: "👏", wave: "👋", pray: "🙏", ok_hand: "👌", muscle: "💪", raised_hands: "🙌", point_right: "👉", hand: "✋",
  tada: "🎉", sparkles: "✨", star: "⭐", rocket: "🚀", bulb: "💡", lock: "🔒", unlock: "🔓", key: "🔑", gear: "⚙️", wrench: "🔧", hammer_and_wrench: "🛠️", toolbox: "🧰", robot_face: "🤖",
  smile: "😄", slightly_smiling_face: "🙂", sweat_smile: "😅", joy: "😂", thinking_face: "🤔", cry: "😢", scream: "😱", heart: "❤️", green_heart: "💚", blue_heart: "💙", broken_heart: "💔",
  information_source: "ℹ️", question: "❓", exclamation: "❗", bangbang: "‼️", speech_balloon: "💬", loudspeaker: "📢", mega: "📣", email: "📧", envelope: "✉️", inbox_tray: "📥", outbox_tray: "📤",
  package: "📦", ticket: "🎫", label: "🏷️", clipboard: "📋", card_index_dividers: "🗂️", bust_in_silhouette: "👤", busts_in_silhouette: "👥", firefighter: "🧑‍🚒", fire_engine: "🚒",
  ambulance: "🚑", construction: "🚧", boom: "💥", cyclone: "🌀", snowflake: "❄️", skull: "💀", ghost: "👻", coffee: "☕", money_with_wings: "💸", credit_card: "💳", globe_with_meridians: "🌐", electric_plug: "🔌", computer: "💻",
};

/** The character of a shortcode (without colons), or null when it is not known here. */
export const emoji = (name) => (Object.hasOwn(CHARACTERS, name) ? CHARACTERS[name] : null);

/** The character, or the shortcode as it was written. */
export const emojiText = (name) => emoji(name) ?? `:${name}:`;

/** What the reaction menu offers. */
export const REACTIONS = ["pushpin", "eyes", "white_check_mark", "thumbsup", "tada", "fire"];
