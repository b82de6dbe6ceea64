// Speaks for the JavaScript SDKs: a question in the tests' words comes in as a line of JSON, what the SDK heard goes
// out as one. The tests' words are those of talk.py; pictures are base64 here.
import { AsyncLocalStorage } from 'node:async_hooks';
import { createInterface } from 'node:readline';

import Anthropic from '@anthropic-ai/sdk';
import { GoogleGenAI } from '@google/genai';
import { Ollama } from 'ollama';
import OpenAI from 'openai';

const [url, key] = [process.env.PAIRS_URL, process.env.PAIRS_KEY];
const exchange = new AsyncLocalStorage();
const realFetch = globalThis.fetch;

// All five SDKs end up here: the question's own headers go in, the answer's headers come out.
globalThis.fetch = async (input, init) => {
  const store = exchange.getStore();
  const headers = new Headers(init?.headers ?? (input instanceof Request ? input.headers : {}));
  for (const [name, value] of Object.entries(store.sending)) headers.set(name, value);
  const answer = await realFetch(input, { ...init, headers });
  store.heard = Object.fromEntries(answer.headers);
  return answer;
};

const openai = new OpenAI({ baseURL: `${url}/v1`, apiKey: key, maxRetries: 0 });
const anthropic = new Anthropic({ baseURL: url, apiKey: key, maxRetries: 0 });
const google = new GoogleGenAI({ apiKey: key, httpOptions: { baseUrl: url } });
const ollama = new Ollama({ host: url, headers: { authorization: `Bearer ${key}` } });

const dataUrl = (picture) => picture.url ?? `data:${picture.media_type};base64,${picture.data}`;
const given = (fields) =>
  Object.fromEntries(Object.entries(fields).filter(([, v]) => v != null && v !== '' && !(Array.isArray(v) && !v.length)));
const sum = (texts) => texts.filter(Boolean).join('');
const PLAIN = ['auto', 'none', 'required'];

const TALK = {
  'openai-chat': {
    turn: {
      user: (t) => {
        const parts = [{ type: 'text', text: t.text }];
        for (const picture of t.pictures) parts.push({ type: 'image_url', image_url: { url: dataUrl(picture) } });
        return [{ role: 'user', content: t.pictures.length ? parts : t.text }];
      },
      instruction: (t) => [{ role: 'system', content: t.text }],
      heard: (t) => [t.native],
      results: (t) => t.results.map((r) => ({ role: 'tool', tool_call_id: r.call.id, content: r.text })),
    },
    async ask(ask, turns) {
      const named = ask.choice && !PLAIN.includes(ask.choice);
      const schema = ask.schema && { name: 'weather', schema: ask.schema, strict: true };
      const body = given({
        model: ask.model,
        messages: [...(ask.system ? [{ role: 'system', content: ask.system }] : []), ...turns],
        tools: ask.tools.map((t) => ({
          type: 'function',
          function: { name: t.name, description: t.description, parameters: t.schema },
        })),
        tool_choice: named ? { type: 'function', function: { name: ask.choice } } : ask.choice,
        response_format: schema && { type: 'json_schema', json_schema: schema },
        reasoning_effort: ask.effort,
        stop: ask.stop,
        max_completion_tokens: ask.max_tokens,
      });
      let answer;
      let thinking = '';
      if (ask.stream) {
        const stream = openai.chat.completions.stream({ ...body, stream_options: { include_usage: true } });
        // Its helper keeps only the last piece of a field that it does not know, so the pieces are joined here.
        stream.on('chunk', (chunk) => (thinking += chunk.choices[0]?.delta?.reasoning_content ?? ''));
        try {
          answer = await stream.finalChatCompletion();
        } catch (error) {
          // The helper refuses what was cut by its limit; a plain call just tells.
          if (error.constructor.name !== 'LengthFinishReasonError') throw error;
          answer = stream.currentChatCompletionSnapshot ?? (await openai.chat.completions.create(body));
        }
      } else {
        answer = await openai.chat.completions.create(body);
      }
      const { message, finish_reason } = answer.choices[0];
      const usage = answer.usage;
      delete message.parsed;
      if (thinking) message.reasoning_content = thinking;
      return {
        text: message.content ?? '',
        thinking: message.reasoning_content ?? '',
        calls: (message.tool_calls ?? []).map((c) => ({
          id: c.id,
          name: c.function.name,
          arguments: JSON.parse(c.function.arguments || '{}'),
        })),
        stop: { stop: 'end', length: 'length', tool_calls: 'tools' }[finish_reason],
        usage: usage && {
          input: usage.prompt_tokens,
          output: usage.completion_tokens,
          cached: usage.prompt_tokens_details?.cached_tokens,
          reasoning: usage.completion_tokens_details?.reasoning_tokens,
        },
        native: message,
      };
    },
  },

  'openai-responses': {
    turn: {
      user: (t) => {
        const content = [{ type: 'input_text', text: t.text }];
        for (const picture of t.pictures) content.push({ type: 'input_image', image_url: dataUrl(picture) });
        return [{ type: 'message', role: 'user', content }];
      },
      instruction: (t) => [{ type: 'message', role: 'developer', content: t.text }],
      heard: (t) => t.native,
      results: (t) =>
        t.results.map((r) => ({
          type: 'function_call_output',
          call_id: r.call.id,
          output: r.picture
            ? [
                { type: 'input_text', text: r.text },
                { type: 'input_image', image_url: dataUrl(r.picture) },
              ]
            : r.text,
        })),
    },
    async ask(ask, turns) {
      const named = ask.choice && !PLAIN.includes(ask.choice);
      const body = given({
        model: ask.model,
        input: turns,
        instructions: ask.system,
        tools: ask.tools.map((t) => ({
          type: 'function',
          name: t.name,
          description: t.description,
          parameters: t.schema,
          strict: false,
        })),
        tool_choice: named ? { type: 'function', name: ask.choice } : ask.choice,
        text: ask.schema && { format: { type: 'json_schema', name: 'weather', schema: ask.schema, strict: true } },
        reasoning: ask.effort && { effort: ask.effort, summary: 'auto' },
        include: ask.effort && ['reasoning.encrypted_content'],
        max_output_tokens: ask.max_tokens,
        store: false,
      });
      const answer = ask.stream
        ? await openai.responses.stream(body).finalResponse()
        : await openai.responses.create(body);
      const calls = answer.output.filter((i) => i.type === 'function_call');
      const thoughts = answer.output.filter((i) => i.type === 'reasoning').flatMap((i) => [...i.summary, ...(i.content ?? [])]);
      const texts = answer.output.filter((i) => i.type === 'message').flatMap((i) => i.content);
      const usage = answer.usage;
      for (const item of calls) delete item.parsed_arguments;
      for (const part of texts) delete part.parsed;
      return {
        text: sum(texts.map((part) => part.text)),
        thinking: sum(thoughts.map((part) => part.text)),
        calls: calls.map((c) => ({ id: c.call_id, name: c.name, arguments: JSON.parse(c.arguments) })),
        stop: answer.status === 'incomplete' ? 'length' : calls.length ? 'tools' : 'end',
        usage: usage && {
          input: usage.input_tokens,
          output: usage.output_tokens,
          cached: usage.input_tokens_details.cached_tokens,
          reasoning: usage.output_tokens_details.reasoning_tokens,
        },
        native: answer.output,
      };
    },
  },

  anthropic: {
    image: (p) => ({
      type: 'image',
      source: p.url ? { type: 'url', url: p.url } : { type: 'base64', media_type: p.media_type, data: p.data },
    }),
    turn: {
      user: (t) => [
        { role: 'user', content: [...t.pictures.map(TALK_IMAGE), { type: 'text', text: t.text }] },
      ],
      instruction: (t) => [{ role: 'system', content: t.text }],
      heard: (t) => [{ role: 'assistant', content: t.native }],
      results: (t) => [
        {
          role: 'user',
          content: t.results.map((r) => ({
            type: 'tool_result',
            tool_use_id: r.call.id,
            content: r.picture ? [{ type: 'text', text: r.text }, TALK_IMAGE(r.picture)] : r.text,
            ...(r.failed ? { is_error: true } : {}),
          })),
        },
      ],
    },
    async ask(ask, turns) {
      const choices = { auto: { type: 'auto' }, none: { type: 'none' }, required: { type: 'any' } };
      const config = given({
        format: ask.schema && { type: 'json_schema', schema: ask.schema },
        effort: ask.effort,
      });
      const thinking = ask.budget
        ? { type: 'enabled', budget_tokens: ask.budget }
        : ask.effort && { type: 'adaptive' };
      const body = given({
        model: ask.model,
        max_tokens: ask.max_tokens ?? 4000,
        messages: turns,
        system: ask.system,
        tools: ask.tools.map((t) => ({ name: t.name, description: t.description, input_schema: t.schema })),
        tool_choice: ask.choice && (choices[ask.choice] ?? { type: 'tool', name: ask.choice }),
        thinking,
        output_config: Object.keys(config).length ? config : null,
        stop_sequences: ask.stop,
      });
      const answer = ask.stream
        ? await anthropic.messages.stream(body).finalMessage()
        : await anthropic.messages.create(body);
      if (!answer.stop_reason) throw new Error('the stream ended without its end');
      const usage = answer.usage;
      const cached = usage.cache_read_input_tokens;
      return {
        text: sum(answer.content.map((b) => b.type === 'text' && b.text)),
        thinking: sum(answer.content.map((b) => b.type === 'thinking' && b.thinking)),
        calls: answer.content
          .filter((b) => b.type === 'tool_use')
          .map((b) => ({ id: b.id, name: b.name, arguments: b.input })),
        stop: { end_turn: 'end', max_tokens: 'length', tool_use: 'tools', stop_sequence: 'stop' }[answer.stop_reason],
        usage: {
          input: usage.input_tokens + (cached ?? 0) + (usage.cache_creation_input_tokens ?? 0),
          output: usage.output_tokens,
          cached,
          reasoning: usage.output_tokens_details?.thinking_tokens,
        },
        native: answer.content,
      };
    },
  },

  gemini: {
    turn: {
      user: (t) => [
        {
          role: 'user',
          parts: [
            ...t.pictures.map((p) =>
              p.url
                ? { fileData: { fileUri: p.url, mimeType: p.media_type } }
                : { inlineData: { mimeType: p.media_type, data: p.data } },
            ),
            { text: t.text },
          ],
        },
      ],
      heard: (t) => [t.native],
      results: (t) => [
        {
          role: 'user',
          parts: t.results.map((r) => ({
            functionResponse: given({
              id: r.call.id,
              name: r.call.name,
              response: { [r.failed ? 'error' : 'output']: r.text },
              parts: r.picture && [{ inlineData: { mimeType: r.picture.media_type, data: r.picture.data } }],
            }),
          })),
        },
      ],
    },
    async ask(ask, contents) {
      const modes = { auto: 'AUTO', none: 'NONE', required: 'ANY' };
      const calling = ask.choice && (modes[ask.choice] ? { mode: modes[ask.choice] } : { mode: 'ANY', allowedFunctionNames: [ask.choice] });
      const thinking = ask.budget
        ? { includeThoughts: true, thinkingBudget: ask.budget }
        : ask.effort && { includeThoughts: true, thinkingLevel: ask.effort.toUpperCase() };
      const functions = ask.tools.map((t) => ({ name: t.name, description: t.description, parametersJsonSchema: t.schema }));
      const config = given({
        systemInstruction: ask.system,
        tools: functions.length ? [{ functionDeclarations: functions }] : null,
        toolConfig: calling && { functionCallingConfig: calling },
        responseMimeType: ask.schema && 'application/json',
        responseJsonSchema: ask.schema,
        thinkingConfig: thinking,
        stopSequences: ask.stop,
        maxOutputTokens: ask.max_tokens,
      });
      const asked = { model: ask.model, contents, config };
      const chunks = [];
      if (ask.stream) for await (const chunk of await google.models.generateContentStream(asked)) chunks.push(chunk);
      else chunks.push(await google.models.generateContent(asked));
      const candidates = chunks.flatMap((c) => c.candidates ?? []);
      const parts = candidates.flatMap((c) => c.content?.parts ?? []);
      const called = parts.filter((p) => p.functionCall);
      const stop = { STOP: 'end', MAX_TOKENS: 'length' }[candidates.map((c) => c.finishReason).filter(Boolean).pop()];
      const usage = chunks.map((c) => c.usageMetadata).filter(Boolean).pop();
      return {
        text: sum(parts.map((p) => !p.thought && p.text)),
        thinking: sum(parts.map((p) => p.thought && p.text)),
        calls: called.map((p) => ({ id: p.functionCall.id ?? '', name: p.functionCall.name, arguments: p.functionCall.args ?? {} })),
        stop: stop === 'end' && called.length ? 'tools' : stop,
        usage: usage && {
          input: usage.promptTokenCount,
          output: (usage.candidatesTokenCount ?? 0) + (usage.thoughtsTokenCount ?? 0),
          cached: usage.cachedContentTokenCount,
          reasoning: usage.thoughtsTokenCount,
        },
        native: { role: 'model', parts: parts.filter((p) => p.text || p.functionCall || p.thoughtSignature) },
      };
    },
  },

  ollama: {
    turn: {
      user: (t) => [given({ role: 'user', content: t.text, images: t.pictures.map((p) => p.data) })],
      instruction: (t) => [{ role: 'system', content: t.text }],
      heard: (t) => [t.native],
      results: (t) =>
        t.results.map((r) => ({
          role: 'tool',
          tool_name: r.call.name,
          content: r.text,
          ...(r.picture ? { images: [r.picture.data] } : {}),
        })),
    },
    async ask(ask, turns) {
      const functions = ask.tools.map((t) => ({ name: t.name, description: t.description, parameters: t.schema }));
      const options = given({ stop: ask.stop, num_predict: ask.max_tokens });
      const body = given({
        model: ask.model,
        messages: [...(ask.system ? [{ role: 'system', content: ask.system }] : []), ...turns],
        tools: functions.map((f) => ({ type: 'function', function: f })),
        format: ask.schema,
        think: ask.effort,
        options,
      });
      const lines = [];
      if (ask.stream) for await (const line of await ollama.chat({ ...body, stream: true })) lines.push(line);
      else lines.push(await ollama.chat({ ...body, stream: false }));
      const last = lines[lines.length - 1];
      if (!last?.done) throw new Error('the stream ended without its last line');
      const messages = lines.map((line) => line.message);
      const called = messages.flatMap((m) => m.tool_calls ?? []);
      const text = sum(messages.map((m) => m.content));
      const thinking = sum(messages.map((m) => m.thinking));
      const stop = { stop: 'end', length: 'length' }[last.done_reason];
      return {
        text,
        thinking,
        calls: called.map((c) => ({ id: '', name: c.function.name, arguments: c.function.arguments })),
        stop: stop === 'end' && called.length ? 'tools' : stop,
        usage: { input: last.prompt_eval_count, output: last.eval_count },
        native: { ...given({ role: 'assistant', thinking, tool_calls: called }), content: text },
      };
    },
  },
};

function TALK_IMAGE(picture) {
  return TALK.anthropic.image(picture);
}

function told(error, heard) {
  const status = error.status ?? error.status_code ?? null;
  return { kind: error.constructor.name, status, message: String(error.message), headers: heard };
}

async function answer({ client, ask }) {
  const store = { sending: ask.headers, heard: {} };
  return exchange.run(store, async () => {
    const talk = TALK[client];
    try {
      const turns = ask.turns.flatMap((turn) => talk.turn[turn.kind](turn));
      return { heard: { ...(await talk.ask(ask, turns)), headers: store.heard } };
    } catch (error) {
      return { refused: told(error, store.heard) };
    }
  });
}

for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${JSON.stringify(await answer(JSON.parse(line)))}\n`);
}
