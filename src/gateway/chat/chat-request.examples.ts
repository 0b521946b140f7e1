export const CHAT_EXAMPLES = {
  question: {
    summary: 'A question',
    value: {
      model: 'embedded-chat',
      messages: [{ role: 'user', content: 'Name three lighthouses.' }],
    },
  },
  stream: {
    summary: 'An answer that comes word by word',
    value: {
      model: 'embedded-chat',
      stream: true,
      stream_options: { include_usage: true },
      messages: [
        { role: 'system', content: 'You answer in one sentence.' },
        { role: 'user', content: 'Why is the sky blue?' },
      ],
    },
  },
};
