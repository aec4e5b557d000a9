// Configures the server in each client: one function per client writes the user's own file.
//
// A server is `{ command, args, env, env_vars }` or `{ url, headers, type }`; `type` is only for HTTP+SSE.
import { appendFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { binary } from "./program.js";

/** The name under which the server is configured everywhere. */
export const serverName = "bitrix24-mail";

/** Over stdio: the binary with these arguments. */
export const program = (args, more = {}) => ({ command: binary, args, ...more });

/** Claude Code: `~/.claude.json`. */
export function configureClaudeCode(home, { url, headers, type = "http", ...stdio }) {
  const entry = url ? { type, url, headers } : { type: "stdio", ...stdio };
  writeFileSync(join(home, ".claude.json"), JSON.stringify({ mcpServers: { [serverName]: entry } }));
}

/** Codex: `~/.codex/config.toml`. */
export function configureCodex(home, server) {
  const lines = Object.entries(server).map(([key, value]) => `${key} = ${toml(value)}\n`);
  appendToCodex(home, `[mcp_servers.${serverName}]\n${lines.join("")}`);
}

/** Strings and lists are written as in JSON; a table has "=" where JSON has ":". */
function toml(value) {
  if (typeof value === "string" || Array.isArray(value)) return JSON.stringify(value);
  return `{ ${Object.entries(value).map(([key, value]) => `${key} = ${toml(value)}`).join(", ")} }`;
}

/** Codex: the scripted model at this address instead of OpenAI's, with requests to other hosts turned off. */
export function configureCodexModel(home, base) {
  appendToCodex(
    home,
    `model = "scripted"
model_provider = "scripted"
approval_policy = "never"
check_for_update_on_startup = false

[analytics]
enabled = false

[features]
plugins = false

[model_providers.scripted]
name = "scripted"
base_url = "${base}/v1"
env_key = "SCRIPTED_MODEL_KEY"
wire_api = "responses"

`,
  );
}

function appendToCodex(home, text) {
  mkdirSync(join(home, ".codex"), { recursive: true });
  appendFileSync(join(home, ".codex/config.toml"), text);
}
