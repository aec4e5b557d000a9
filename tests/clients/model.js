// A scripted model on loopback, for a real client to drive: it speaks Anthropic's Messages API and OpenAI's Responses
// API, calls one tool with the test's arguments, then says a last sentence, and records every request.
//
// The tool is called by the name under which the client offers it. If the client offers tools only on request (Claude
// Code's ToolSearch), the model requests them first.
import { createServer } from "node:http";

import { listen } from "./machine.js";

/** The model's last sentence, which a client prints. */
export const lastWords = "That was the whole script.";

const event = (type, data) => `event: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`;

// Messages API, https://docs.claude.com/en/api/messages-streaming

function blocks({ messages }, type) {
  return messages.flatMap(({ content }) => (Array.isArray(content) ? content : [])).filter((block) => block.type === type);
}

/** The name of a tool that is offered only on request: a message has a line with it. */
function deferredName({ messages }, tool) {
  return JSON.stringify(messages).match(new RegExp(`\\\\n(mcp__[^\\\\"]*__${tool})(?=\\\\n|")`))?.[1];
}

function nextBlock(body, { tool, args }) {
  const called = blocks(body, "tool_use").map(({ name }) => name);
  const offered = (body.tools ?? []).map(({ name }) => name);
  const wanted = offered.find((name) => name.endsWith(`__${tool}`));
  const deferred = deferredName(body, tool);
  if (wanted && !called.includes(wanted)) return { name: wanted, input: args };
  if (!wanted && deferred && !called.includes("ToolSearch") && offered.includes("ToolSearch")) {
    return { name: "ToolSearch", input: { query: `select:${deferred}`, max_results: 5 } };
  }
  return { text: lastWords };
}

function message(body, script, id) {
  const block = nextBlock(body, script);
  const [content, delta] = block.name
    ? [
        { type: "tool_use", id: `toolu_${id}`, name: block.name, input: {} },
        { type: "input_json_delta", partial_json: JSON.stringify(block.input) },
      ]
    : [{ type: "text", text: "" }, { type: "text_delta", text: block.text }];
  const start = { id: `msg_${id}`, type: "message", role: "assistant", model: body.model, content: [] };
  const stop = { stop_reason: block.name ? "tool_use" : "end_turn", stop_sequence: null };
  return [
    event("message_start", { message: { ...start, stop_reason: null, usage: { input_tokens: 1, output_tokens: 1 } } }),
    event("content_block_start", { index: 0, content_block: content }),
    event("content_block_delta", { index: 0, delta }),
    event("content_block_stop", { index: 0 }),
    event("message_delta", { delta: stop, usage: { output_tokens: 1 } }),
    event("message_stop", {}),
  ].join("");
}

function messageResults(body, tool) {
  const call = blocks(body, "tool_use").find(({ name }) => name.endsWith(`__${tool}`));
  return blocks(body, "tool_result")
    .filter(({ tool_use_id }) => tool_use_id === call?.id)
    .map(({ content, is_error }) => ({
      text: typeof content === "string" ? content : content.map(({ text }) => text).join("\n"),
      isError: is_error === true,
    }));
}

// Responses API, https://platform.openai.com/docs/api-reference/responses-streaming

/** Tools are in the list itself, or in a namespace of their server. */
function offeredFunctions({ tools = [] }) {
  return tools.flatMap((tool) =>
    tool.type === "namespace" ? tool.tools.map(({ name }) => ({ namespace: tool.name, name })) : [{ name: tool.name }],
  );
}

function responseItem(body, { tool, args }, id) {
  const wanted = offeredFunctions(body).find(({ name }) => name === tool || name?.endsWith(`__${tool}`));
  const called = body.input.some(({ type }) => type === "function_call");
  return wanted && !called
    ? { type: "function_call", id: `fc_${id}`, call_id: `call_${id}`, ...wanted, arguments: JSON.stringify(args) }
    : { type: "message", id: `msg_${id}`, role: "assistant", content: [{ type: "output_text", text: lastWords }] };
}

function response(body, script, id) {
  const item = { ...responseItem(body, script, id), status: "completed" };
  const usage = { input_tokens: 1, output_tokens: 1, total_tokens: 2 };
  return [
    event("response.created", { response: { id: `resp_${id}` } }),
    event("response.output_item.done", { output_index: 0, item }),
    event("response.completed", { response: { id: `resp_${id}`, output: [item], usage } }),
  ].join("");
}

function responseResults({ input }, tool) {
  const call = input.find(({ type, name }) => type === "function_call" && name.endsWith(tool));
  return input
    .filter(({ type, call_id }) => type === "function_call_output" && call_id === call?.call_id)
    .map(({ output }) => ({ text: typeof output === "string" ? output : output.map(({ text }) => text).join("\n") }));
}

const languages = {
  "/v1/messages": { answer: message, results: messageResults },
  "/v1/responses": { answer: response, results: responseResults },
};

/** A model that calls `tool` once with `args`. */
export async function model(tool, args) {
  const requests = [];
  const unknownRequests = [];
  const server = createServer(async (request, reply) => {
    let text = "";
    for await (const part of request.setEncoding("utf8")) text += part;
    const path = request.url.split("?")[0];
    const language = languages[path];
    if (request.method !== "POST" || !language) {
      unknownRequests.push(`${request.method} ${request.url}`);
      reply.writeHead(404, { "content-type": "application/json" }).end("{}");
      return;
    }
    const body = JSON.parse(text);
    requests.push({ path, body });
    reply.writeHead(200, { "content-type": "text/event-stream" });
    reply.end(language.answer(body, { tool, args }, requests.length));
  });
  return {
    base: await listen(server),
    /** Every turn: path and body, oldest first. */
    requests,
    /** The client's requests to other paths, which got 404. */
    unknownRequests,
    /** The result of the model's one call: text, and with the Messages API also isError. */
    result() {
      const { path, body } = requests.at(-1) ?? {};
      const results = path ? languages[path].results(body, tool) : [];
      if (results.length !== 1) throw new Error(`${results.length} results of ${tool} after ${requests.length} requests`);
      return results[0];
    },
  };
}
