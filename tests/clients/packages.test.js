// The files of a release: the archives, the bundle for desktop clients, the registry's entry. packages/pack.py makes them
// from the release binary; the tests unpack them as their readers do.
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, statSync, symlinkSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { test } from "node:test";

import { getMcpConfigForManifest, unpackExtension } from "@anthropic-ai/mcpb";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";

import { binary, emptyFolder, environment, repository } from "./program.js";

const name = "bitrix24-mail-mcp";
const cargo = readFileSync(join(repository, "Cargo.toml"), "utf8");
const version = cargo.match(/^version = "(.+)"$/m)[1];
const archived = [
  "x86_64-unknown-linux-musl",
  "aarch64-unknown-linux-musl",
  "x86_64-apple-darwin",
  "aarch64-apple-darwin",
  "x86_64-pc-windows-msvc",
];
const webhook_url = "https://example.bitrix24.com/rest/1/a-secret-of-this-check/";

/** Runs packages/pack.py and returns the path that it prints. */
function pack(output, ...args) {
  const env = { PATH: process.env.PATH, SOURCE_DATE_EPOCH: "1750000000" };
  const script = join(repository, "packages/pack.py");
  const { status, stdout, stderr } = spawnSync("python3", [script, "--output", output, ...args], { env, encoding: "utf8" });
  assert.equal(status, 0, stderr);
  return stdout.trim();
}

/** The command with which a desktop client starts this unpacked bundle, with these settings of its user. */
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
  assert.deepEqual(readdirSync(unpacked).sort(), ["LICENSE", "NOTICE", "manifest.json", "server"]);

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

test("a bundle for every platform has each one's program, and starts none until the webhook is set", async () => {
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
  // Otherwise the server would get the literal text "${user_config.webhook_url}".
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
  // That schema's rules for the fields that are used here. A release is checked against the schema itself.
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
      // The text must be that of docs/settings.md, whose table is made from the code.
      assert.ok(readFileSync(join(repository, "docs/settings.md"), "utf8").includes(`| ${description} |`), description);
      assert.ok(placeholder.startsWith("https://"));
    }
  }
});

test("a release: archives with program, documents, man page and completions, where cargo binstall looks for them", () => {
  const built = emptyFolder();
  const binstall = cargo.slice(cargo.indexOf("[package.metadata.binstall]"));
  const [common, windows] = binstall.split("[package.metadata.binstall.overrides.x86_64-pc-windows-msvc]");
  const targets = ["universal-apple-darwin", ...archived];
  for (const target of targets) {
    mkdirSync(join(built, target));
    symlinkSync(binary, join(built, target, target.includes("windows") ? `${name}.exe` : name));
  }
  const output = emptyFolder();
  pack(output, "release", built, "some-owner/some-name");
  const made = readdirSync(output);

  for (const target of archived) {
    const isWindows = target.includes("windows");
    const facts = { repo: "R", name, version, target, bin: name, "binary-ext": isWindows ? ".exe" : "" };
    const setting = (section, key) => {
      const template = section.match(new RegExp(`^${key} = "(.+)"$`, "m"))[1];
      return template.replace(/\{ ([a-z-]+) \}/g, (_, variable) => facts[variable]);
    };
    const url = setting(isWindows ? windows : common, "pkg-url");
    assert.ok(url.startsWith(`R/releases/download/v${version}/`), url);
    assert.ok(made.includes(basename(url)), `${url} is not among ${made}`);
    const format = setting(isWindows ? windows : common, "pkg-fmt");
    assert.equal(format, isWindows ? "zip" : "tgz");
    const list = "import sys, tarfile, zipfile; path = sys.argv[1]; archive = zipfile.ZipFile(path) if path.endswith('.zip') else tarfile.open(path); "
      + "print(*(archive.namelist() if path.endswith('.zip') else archive.getnames()), sep='\\n')";
    const names = execFileSync("python3", ["-c", list, join(output, basename(url))], { encoding: "utf8" }).trim().split("\n");
    const program = setting(common, "bin-dir");
    const within = [
      ...["CHANGELOG.md", "LICENSE", "NOTICE", "README.md", "README.ru.md", `man/${name}.1`],
      ...readdirSync(join(repository, "docs")).filter((file) => /\.(md|svg)$/.test(file)).map((file) => `docs/${file}`),
      ...[`_${name}`, `_${name}.ps1`, `${name}.bash`, `${name}.elv`, `${name}.fish`].map((file) => `completions/${file}`),
    ];
    assert.deepEqual(names.sort(), [program, ...within.map((file) => join(dirname(program), file))].sort());
  }
  assert.equal(made.length, archived.length + ["the bundle", "server.json", "SHA256SUMS"].length);
  const checked = execFileSync("sha256sum", ["--check", "--strict", "SHA256SUMS"], { cwd: output, encoding: "utf8" });
  assert.equal(checked.match(/: OK$/gm).length, made.length - 1);

  const target = "x86_64-unknown-linux-musl";
  const archive = join(output, `${name}-${version}-${target}.tar.gz`);
  const unpacked = emptyFolder();
  execFileSync("tar", ["--extract", "--gzip", "--file", archive, "--directory", unpacked, "--strip-components", "1"]);
  const printed = execFileSync(join(unpacked, name), ["--version"], { env: environment(unpacked), encoding: "utf8" });
  assert.equal(printed.trim(), `${name} ${version}`);
  assert.match(readFileSync(join(unpacked, `man/${name}.1`), "utf8"), /^\.TH /m);
  for (const file of readdirSync(join(unpacked, "completions"))) {
    assert.ok(readFileSync(join(unpacked, "completions", file), "utf8").includes("resolve"), file);
  }

  const again = pack(emptyFolder(), "archive", target, binary);
  assert.deepEqual(readFileSync(again), readFileSync(archive), "the same program does not give the same archive");
});

test("one version of Rust builds everything", () => {
  const workflows = readdirSync(join(repository, ".github/workflows")).map((file) => `.github/workflows/${file}`);
  const versions = [...workflows, "packages/Dockerfile"].map((file) => {
    return readFileSync(join(repository, file), "utf8").match(/(?:RUST_VERSION: "|FROM rust:)([0-9.]+)/)[1];
  });
  assert.equal(new Set(versions).size, 1, versions.join(" "));
});
