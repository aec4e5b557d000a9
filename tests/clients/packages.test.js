// What a release is made of: the archive, the bundle for desktop clients, the registry's entry, each made by
// packages/pack.py from the release binary and taken apart again as its reader would.
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { test } from "node:test";

import { getMcpConfigForManifest, unpackExtension } from "@anthropic-ai/mcpb";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";

import { binary, emptyFolder, environment, repository } from "./program.js";

const name = "bitrix24-mail-mcp";
const cargo = readFileSync(join(repository, "Cargo.toml"), "utf8");
const version = cargo.match(/^version = "(.+)"$/m)[1];
const webhook_url = "https://example.bitrix24.com/rest/1/a-secret-of-this-check/";

/** Runs packages/pack.py, and gives the path that it prints. */
function pack(output, ...args) {
  const env = { PATH: process.env.PATH, SOURCE_DATE_EPOCH: "1750000000" };
  const script = join(repository, "packages/pack.py");
  const { status, stdout, stderr } = spawnSync("python3", [script, "--output", output, ...args], { env, encoding: "utf8" });
  assert.equal(status, 0, stderr);
  return stdout.trim();
}

/** What a desktop client starts of the bundle that is unpacked here, with these answers of its user. */
async function started(extensionPath, userConfig) {
  const manifest = JSON.parse(readFileSync(join(extensionPath, "manifest.json"), "utf8"));
  const systemDirs = { HOME: "/nowhere", DESKTOP: "/nowhere", DOCUMENTS: "/nowhere", DOWNLOADS: "/nowhere" };
  const config = await getMcpConfigForManifest({ manifest, extensionPath, systemDirs, userConfig, pathSeparator: "/" });
  return { manifest, config };
}

async function connected({ command, args, env }) {
  const client = new Client({ name: "check", version: "1" });
  const { PATH } = process.env;
  await client.connect(new StdioClientTransport({ command, args, env: { HOME: emptyFolder(), PATH, ...env }, stderr: "ignore" }));
  return client;
}

test("a bundle, unpacked, starts and has the tools that its manifest lists", async () => {
  const output = emptyFolder();
  const bundle = pack(output, "mcpb", `${process.platform}=${binary}`);
  assert.equal(basename(bundle), `${name}-${version}-${process.platform}.mcpb`);
  const unpacked = emptyFolder();
  assert.ok(await unpackExtension({ mcpbPath: bundle, outputDir: unpacked, silent: true }));
  assert.deepEqual(readdirSync(unpacked).sort(), ["LICENSE", "manifest.json", "server"]);

  const { manifest, config } = await started(unpacked, { webhook_url });
  assert.equal(manifest.version, version);
  assert.deepEqual(manifest.compatibility.platforms, [process.platform]);
  assert.equal(config.command, join(unpacked, manifest.server.entry_point));
  assert.equal(statSync(config.command).mode & 0o777, 0o755);
  assert.deepEqual(config.env, { BITRIX24_WEBHOOK_URL: webhook_url });

  const client = await connected(config);
  assert.equal(client.getServerVersion().version, version);
  assert.equal(client.getServerVersion().title, manifest.display_name);
  const { tools } = await client.listTools();
  const listed = tools.map((tool) => ({ name: tool.name, description: tool.title }));
  assert.deepEqual(listed, manifest.tools);
  await client.close();

  const demo = await connected({ ...config, args: [...config.args, "--demo"] });
  const result = await demo.callTool({ name: "list_mail_contacts", arguments: { query: "client@example.com" } });
  assert.deepEqual(result.structuredContent.contacts, [{ id: 10, email: "client@example.com", name: "Client" }]);
  await demo.close();
});

test("a bundle for every platform has each one's program, and none is started before its user gave the webhook", async () => {
  const output = emptyFolder();
  const bundle = pack(output, "mcpb", ...["darwin", "linux", "win32"].map((platform) => `${platform}=${binary}`));
  assert.equal(basename(bundle), `${name}-${version}.mcpb`);
  const unpacked = emptyFolder();
  assert.ok(await unpackExtension({ mcpbPath: bundle, outputDir: unpacked, silent: true }));
  const { mcp_config, entry_point } = (await started(unpacked, {})).manifest.server;
  const commands = [mcp_config, ...Object.values(mcp_config.platform_overrides)].map(({ command }) => command);
  assert.deepEqual(commands.map((command) => basename(command)), [name, name, `${name}.exe`]);
  for (const command of [...commands, entry_point]) {
    assert.equal(statSync(join(unpacked, command.replace("${__dirname}/", ""))).mode & 0o777, 0o755);
  }
  // Else the server would be handed the text "${user_config.webhook_url}" as it stands.
  for (const userConfig of [undefined, {}, { webhook_url: "" }]) {
    assert.equal((await started(unpacked, userConfig)).config, undefined);
  }

  const entry = JSON.parse(readFileSync(pack(output, "server-json", "Some-Owner/a-fork"), "utf8"));
  const [mcpb, oci] = entry.packages;
  assert.equal(mcpb.identifier, `https://github.com/Some-Owner/a-fork/releases/download/v${version}/${basename(bundle)}`);
  assert.equal(mcpb.fileSha256, createHash("sha256").update(readFileSync(bundle)).digest("hex"));
  assert.equal(oci.identifier, `ghcr.io/some-owner/${name}:${version}`);
  assert.equal(entry.name, `io.github.Some-Owner/${name}`);
  assert.equal(entry.repository.url, "https://github.com/Some-Owner/a-fork");
  assert.equal(entry.version, version);
  assert.ok(!/OWNER|0\.0\.0/.test(JSON.stringify(entry)));
});

test("the registry's entry keeps to the schema of 2025-12-11", () => {
  // What that schema asks of the fields that are used here; a release is checked against the schema itself.
  const entry = JSON.parse(readFileSync(join(repository, "packages/server.json"), "utf8"));
  const { $schema, name, title, description, version, repository: source, packages, ...others } = entry;
  assert.deepEqual(others, {});
  assert.equal($schema, "https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json");
  assert.match(name, /^io\.github\.[a-zA-Z0-9-]+\/[a-zA-Z0-9._-]+$/);
  assert.ok(title.length <= 100 && description.length <= 100);
  assert.match(version, /^\d+\.\d+\.\d+$/);
  assert.deepEqual(Object.keys(source), ["url", "source"]);
  for (const { registryType, identifier, runtimeHint, transport, environmentVariables, ...others } of packages) {
    assert.deepEqual(others, {});
    assert.deepEqual(transport, { type: "stdio" });
    // Both carry the version in their identifier, so neither has a field for it.
    assert.match(identifier, registryType === "mcpb" ? /^https:\/\/github\.com\/.+\.mcpb$/ : /^ghcr\.io\/.+:\d+\.\d+\.\d+$/);
    assert.equal(runtimeHint, registryType === "oci" ? "docker" : undefined);
    for (const { name, isSecret, isRequired, format, description, placeholder, ...others } of environmentVariables) {
      assert.deepEqual([name, isSecret, isRequired, format, others], ["BITRIX24_WEBHOOK_URL", true, true, "string", {}]);
      // The same words as in the README, whose table is made from the code.
      assert.ok(readFileSync(join(repository, "README.md"), "utf8").includes(`| ${description} |`), description);
      assert.ok(placeholder.startsWith("https://"));
    }
  }
});

test("an archive holds program, documents, man page and completions, and is where cargo binstall looks for it", () => {
  const output = emptyFolder();
  const metadata = cargo.slice(cargo.indexOf("[package.metadata.binstall]"));
  const [elsewhere, windows] = metadata.split("[package.metadata.binstall.overrides.x86_64-pc-windows-msvc]");
  const binDir = elsewhere.match(/^bin-dir = "(.+)"$/m)[1];
  for (const [target, section, extension, fmt, list] of [
    ["x86_64-unknown-linux-gnu", elsewhere, "", "tgz", (path) => ["tar", ["--list", "--gzip", "--file", path]]],
    ["x86_64-pc-windows-msvc", windows, ".exe", "zip", (path) => ["python3", ["-c", "import sys, zipfile; print(*zipfile.ZipFile(sys.argv[1]).namelist(), sep='\\n')", path]]],
  ]) {
    const path = pack(output, "archive", target, binary, ...(extension ? [binary] : []));
    const facts = { repo: "R", name, version, target, bin: name, "binary-ext": extension };
    const expanded = (template) => template.replace(/\{ ([a-z-]+) \}/g, (_, key) => facts[key]);
    assert.equal(expanded(section.match(/^pkg-url = "(.+)"$/m)[1]), `R/releases/download/v${version}/${basename(path)}`);
    assert.equal(section.match(/^pkg-fmt = "(.+)"$/m)[1], fmt);
    const names = execFileSync(...list(path), { encoding: "utf8" }).trim().split("\n");
    const folder = `${name}-${version}-${target}`;
    const within = [
      "CHANGELOG.md", "LICENSE", "README.md", `${name}${extension}`,
      ...[`_${name}`, `_${name}.ps1`, `${name}.bash`, `${name}.elv`, `${name}.fish`].map((file) => `completions/${file}`),
      `man/${name}.1`,
    ];
    assert.deepEqual(names.sort(), within.map((file) => `${folder}/${file}`).sort());
    assert.ok(names.includes(expanded(binDir)));
    // The same binary gives the same archive.
    const first = readFileSync(path);
    assert.deepEqual(readFileSync(pack(output, "archive", target, binary, binary)), first);
  }
  const unpacked = emptyFolder();
  execFileSync("tar", ["--extract", "--gzip", "--directory", unpacked, "--strip-components=1", "--file", join(output, `${name}-${version}-x86_64-unknown-linux-gnu.tar.gz`)]);
  assert.equal(execFileSync(join(unpacked, name), ["--version"], { env: environment(unpacked), encoding: "utf8" }).trim(), `${name} ${version}`);
  assert.match(readFileSync(join(unpacked, `man/${name}.1`), "utf8"), /^\.TH /m);
  for (const file of readdirSync(join(unpacked, "completions"))) {
    assert.ok(readFileSync(join(unpacked, "completions", file), "utf8").includes("resolve"), file);
  }

  pack(output, "checksums");
  const checked = execFileSync("sha256sum", ["--check", "--strict", "SHA256SUMS"], { cwd: output, encoding: "utf8" });
  assert.equal(checked.trim().split("\n").length, 2);
});
