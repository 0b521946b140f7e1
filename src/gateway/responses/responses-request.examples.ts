export const RESPONSES_EXAMPLES = {
  question: {
    summary: 'A question',
    value: { model: 'embedded-chat', input: 'Name three lighthouses.' },
  },
  conversation: {
    summary: 'A conversation, sent whole, with the reasoning of the model',
    value: {
      model: 'embedded-chat',
      instructions: 'You answer in one sentence.',
      include: ['reasoning.encrypted_content'],
      input: [
        { role: 'user', content: 'Why is the sky blue?' },
        { role: 'assistant', content: 'Air scatters blue light most.' },
        { role: 'user', content: 'And at dusk?' },
      ],
      stream: true,
    },
  },
  pictures: {
    summary: 'An answer with pictures that this service makes',
    value: {
      model: 'embedded-chat',
      input: 'Draw a lighthouse at dawn, and tell of it.',
      tools: [{ type: 'generate_image', model: 'embedded-image', size: '1024x1024' }],
    },
  },
};
