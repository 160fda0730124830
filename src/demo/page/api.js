// Talking to the two APIs of this origin: the workspace (what a person sees and does) and the demo's own controls.

/** Raised for a refused request; its message is a sentence for the person. */
export class Refused extends Error {}

async function call(path, options) {
  let response;
  try {
    response = await fetch(path, options);
  } catch {
    throw new Refused("The demo does not answer. Is it still running?");
  }
  const body = await response.json().catch(() => ({}));
  if (!response.ok) throw new Refused(body.error ?? `The demo answered ${response.status}.`);
  return body;
}

const query = (parameters) => new URLSearchParams(Object.entries(parameters).filter(([, value]) => value)).toString();

const post = (path, body) =>
  call(path, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });

/** What the workspace shows to a person. */
export const workspaceState = (user) => call(`/workspace/state?${query({ user })}`);

/** The newest messages of a channel or thread, oldest first. `where`: `channel`, and maybe `thread`, `before`, `limit`. */
export const messages = (user, where) => call(`/workspace/messages?${query({ user, ...where })}`);

/** The canvas of a channel: its title and its Markdown. */
export const canvas = (user, channel) => call(`/workspace/canvas?${query({ user, channel })}`);

/** The live events of a person. */
export const events = (user) => new EventSource(`/workspace/events?${query({ user })}`);

/** Something a person does; `{acknowledged, error, errors}`. A refusal comes back as its `error` too. */
export async function act(what, body) {
  try {
    return await post(`/workspace/act/${what}`, body);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    return { acknowledged: false, error: error.message, errors: {} };
  }
}

/** The clock, the recordings, the people, their phones and the incidents. */
export const demoState = () => call("/demo/state");

/** What can be typed: slash command → `[{word, rest, about}]`. */
export const commandWords = () => call("/demo/commands");

/** One of the demo's controls: `clock`, `outage`, `fire`, `reset`. Raises `Refused`. */
export const control = (what, body) => post(`/demo/${what}`, body);
