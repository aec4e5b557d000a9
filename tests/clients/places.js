// Where things are. Without node:test, so that scripts may use it too.
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

export const here = dirname(fileURLToPath(import.meta.url));
export const repository = resolve(here, "../..");
export const binary = process.env.BITRIX24_MAIL_MCP ?? join(repository, "target/release/bitrix24-mail-mcp");

/** Variables that keep Claude Code from asking other hosts. */
export const quiet = { DISABLE_AUTOUPDATER: "1", CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1" };
