// The paths of the repository and the binary. No node:test, so that scripts may import this file too.
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

export const here = dirname(fileURLToPath(import.meta.url));
export const repository = resolve(here, "../..");
export const binary = process.env.BITRIX24_MAIL_MCP ?? join(repository, "target/release/bitrix24-mail-mcp");

/** Variables that stop Claude Code's requests to other hosts. */
export const quiet = { DISABLE_AUTOUPDATER: "1", CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1" };
