// A small app on Slack's own framework, as anybody would write it, for the embedded workspace to be its Slack.
//
//     bolt_app.js socket|http --base-url http://127.0.0.1:8080 --bot-token … --app-token … --signing-secret …
//
// Says `ready` and, over HTTP, on which port, in one line; then does what it is asked until it is killed. Needs @slack/bolt
// on NODE_PATH.

const { parseArgs } = require('node:util');
const { App, LogLevel } = require('@slack/bolt');

const { positionals, values: options } = parseArgs({
  allowPositionals: true,
  options: Object.fromEntries(
    ['base-url', 'bot-token', 'app-token', 'signing-secret'].map((name) => [name, { type: 'string' }]),
  ),
});
const overSocket = positionals[0] === 'socket';

const app = new App({
  token: options['bot-token'],
  ...(overSocket
    ? { socketMode: true, appToken: options['app-token'] }
    : { signingSecret: options['signing-secret'] }),
  // Only where Slack is differs from any other app.
  clientOptions: { slackApiUrl: `${options['base-url']}/api/` },
  logLevel: LogLevel.WARN,
});

const form = {
  type: 'modal',
  callback_id: 'form',
  title: { type: 'plain_text', text: 'What happened?' },
  submit: { type: 'plain_text', text: 'Send' },
  blocks: [
    {
      type: 'input',
      block_id: 'what',
      label: { type: 'plain_text', text: 'In one sentence' },
      element: { type: 'plain_text_input', action_id: 'text' },
    },
  ],
};

app.command('/incident', async ({ command, ack, client, respond, say }) => {
  await ack();
  await client.views.open({ trigger_id: command.trigger_id, view: { ...form, private_metadata: command.channel_id } });
  await respond({ response_type: 'ephemeral', text: `heard ${command.text}` });
  await say({
    text: 'Press it',
    blocks: [
      { type: 'section', text: { type: 'mrkdwn', text: '*Press it*' } },
      {
        type: 'actions',
        elements: [{ type: 'button', action_id: 'press', value: '7', text: { type: 'plain_text', text: 'Press' } }],
      },
    ],
  });
});

app.action('press', async ({ ack, action, body, client }) => {
  await ack();
  const text = `pressed ${action.value} by ${body.user.id}`;
  await client.chat.update({ channel: body.channel.id, ts: body.message.ts, text, blocks: [] });
});

app.view('form', async ({ ack, body, client, view }) => {
  const said = view.state.values.what.text.value;
  if (said.length < 5) {
    await ack({ response_action: 'errors', errors: { what: 'Say more' } });
    return;
  }
  await ack();
  await client.chat.postMessage({ channel: view.private_metadata, text: `${body.user.id} says: ${said}` });
});

app.message('hello', async ({ client, message, say }) => {
  await client.reactions.add({ channel: message.channel, timestamp: message.ts, name: 'wave' });
  await say({ text: `hello <@${message.user}>`, thread_ts: message.ts });
});

app.error(async (error) => {
  console.error(error);
  process.exit(1);
});

(async () => {
  const started = await app.start(0);
  console.log(overSocket ? 'ready' : `ready ${started.address().port}`);
})();
