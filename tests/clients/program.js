// Where the release binary is, and how these checks start it: with nothing of this machine's own settings.
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));

export const repository = resolve(here, "../..");
export const binary = process.env.BITRIX24_MAIL_MCP ?? join(repository, "target/release/bitrix24-mail-mcp");

/** An empty folder of its own. */
export function emptyFolder() {
  return mkdtempSync(join(tmpdir(), "bitrix24-mail-mcp-"));
}

/** PATH with the binary's folder first, and a HOME; nothing else. */
export function environment(home) {
  return { HOME: home, PATH: `${dirname(binary)}:${process.env.PATH}` };
}

export { here };
