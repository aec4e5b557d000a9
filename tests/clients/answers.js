// The results that every client must get from the demo portal: a contact, and a failure's complete advice.
import assert from "node:assert/strict";

import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";

import { binary, emptyFolder, environment } from "./program.js";

/** The three tools, in the order in which the server lists them. */
export const tools = ["resolve_mail_recipients", "list_mail_contacts", "list_mail_employees"];

/** The tools by name as the server describes them, to compare with what a model is shown. */
export async function describedTools() {
  const client = new Client({ name: "check", version: "1" });
  await client.connect(new StdioClientTransport({ command: binary, env: environment(emptyFolder()), stderr: "ignore" }));
  const { tools } = await client.listTools();
  await client.close();
  return new Map(tools.map((tool) => [tool.name, tool]));
}

/** The call whose answer is known, and the argument that makes the demo portal refuse it. */
export const call = { name: "list_mail_contacts", arguments: { query: "client" } };
export const refusing = ["--demo-fault", "no-mail-scope"];

const contact = { id: 10, email: "client@example.com", name: "Client" };

/** `structuredContent` of a success. */
export function assertContacts({ contacts, page }) {
  assert.deepEqual(contacts.find(({ id }) => id === contact.id), contact);
  // Only an answer from the cache has `age_seconds`.
  const { age_seconds, ...rest } = page;
  assert.deepEqual(rest, { offset: 0, limit: 50, returned: contacts.length, complete: true });
}

const advice = {
  code: "BITRIX_REST_V3_EXCEPTION_INSUFFICIENTSCOPEEXCEPTION",
  http_status: 403,
  message: "the portal says: Insufficient access permissions: required scope is missing.",
  meaning: "The webhook or token lacks the mail permission (scope).",
  fix: [
    "As the webhook's owner, open it under Applications > Developer resources and add the mail permission (edited by anyone else, it changes secret and owner).",
    "Call again.",
  ],
  who: "user",
  retry: "never",
  docs: "https://apidocs.bitrix24.com/api-reference/scopes/permissions.html",
};

/** `structuredContent` of the refusal. */
export function assertAdvice({ error }) {
  assert.deepEqual(error, advice);
}

/** The text of the refusal, which must have the same content. */
export function assertAdviceText(text) {
  const { code, http_status, message, meaning, fix, who, retry, docs } = advice;
  assert.deepEqual(text.split("\n"), [
    `Failed: ${message}`,
    `Code: ${code}, HTTP ${http_status}`,
    `Meaning: ${meaning}`,
    `Fix (who: ${who}):`,
    ...fix.map((step, index) => `${index + 1}. ${step}`),
    `Retry: ${retry}`,
    `Docs: ${docs}`,
  ]);
}

/** Codex shows a model the time of the call, then the structured content. */
export function structuredOfCodex(text) {
  const [, json] = text.match(/^Wall time: [\d.]+ seconds\nOutput:\n(.*)$/s) ?? assert.fail(text);
  return JSON.parse(json);
}
