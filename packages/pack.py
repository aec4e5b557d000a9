#!/usr/bin/env python3
"""Makes every file of a release from built binaries. The release workflow and its test call the same commands.

    pack.py check TAG                          check that the tag fits Cargo.toml and the changelog
    pack.py release BUILT OWNER/REPOSITORY     everything below, from BUILT/TARGET/NAME of every target
    pack.py archive TARGET BINARY [RUNNABLE]   NAME-VERSION-TARGET.tar.gz, or .zip for Windows
    pack.py mcpb PLATFORM=BINARY...            NAME-VERSION.mcpb, or NAME-VERSION-PLATFORM.mcpb for some platforms only
    pack.py server-json OWNER/REPOSITORY       server.json with the bundle's hash
    pack.py checksums                          SHA256SUMS of every file above
    pack.py notes                              the changelog's section of this version

Only Cargo.toml has the version: the files of this folder say 0.0.0. Needs no network, only Python's own library, and
Node for the bundle.
"""

import argparse
import gzip
import hashlib
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import time
import tomllib
import zipfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
CARGO = tomllib.loads((ROOT / "Cargo.toml").read_text(encoding="utf-8"))["package"]
NAME, VERSION = CARGO["name"], CARGO["version"]
LICENCES = ["LICENSE", "NOTICE"]
# With the pages and pictures that the README links to.
DOCUMENTS = [*LICENCES, "README.md", "README.ru.md", "CHANGELOG.md", *sorted(
    str(path.relative_to(ROOT)) for pattern in ("*.md", "*.svg") for path in (ROOT / "docs").glob(pattern)
)]
# The file name that each shell expects in its folder of completions.
COMPLETIONS = {
    "bash": f"{NAME}.bash",
    "zsh": f"_{NAME}",
    "fish": f"{NAME}.fish",
    "powershell": f"_{NAME}.ps1",
    "elvish": f"{NAME}.elv",
}
# A bundle names platforms as Node does, without processors, so macOS gets one program for both of its processors.
PLATFORMS = {"darwin": NAME, "linux": NAME, "win32": f"{NAME}.exe"}
BUNDLED = {"darwin": "universal-apple-darwin", "linux": "x86_64-unknown-linux-musl", "win32": "x86_64-pc-windows-msvc"}
ARCHIVED = [
    "x86_64-unknown-linux-musl",
    "aarch64-unknown-linux-musl",
    "x86_64-apple-darwin",
    "aarch64-apple-darwin",
    "x86_64-pc-windows-msvc",
]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=Path, default=ROOT / "target/packages", help="the folder for the files")
    commands = parser.add_subparsers(required=True)

    def command(run, *arguments):
        added = commands.add_parser(run.__name__.replace("_", "-"))
        added.set_defaults(run=run)
        for name, options in arguments:
            added.add_argument(name, **options)

    command(check, ("tag", {}))
    command(release, ("built", {"type": Path}), ("repository", {}))
    command(archive, ("target", {}), ("binary", {"type": Path}), ("runnable", {"type": Path, "nargs": "?"}))
    command(mcpb, ("binaries", {"nargs": "+", "metavar": "PLATFORM=BINARY"}))
    command(server_json, ("repository", {}))
    command(checksums)
    command(notes)
    given = vars(parser.parse_args())
    run, output = given.pop("run"), given.pop("output")
    output.mkdir(parents=True, exist_ok=True)
    run(output, **given)


def check(_output: Path, tag: str) -> None:
    if tag != f"v{VERSION}":
        sys.exit(f"the tag is {tag}, but Cargo.toml says version {VERSION}")
    changes()
    if "repository" not in CARGO:
        # Not fatal: only `cargo binstall` needs it.
        print("::warning file=Cargo.toml::without `repository`, cargo binstall does not find this release")


def release(output: Path, built: Path, repository: str) -> None:
    """Needs x86-64 Linux, whose program writes the man page and the completions of every archive."""

    def program(target: str) -> Path:
        return built / target / (f"{NAME}.exe" if "windows" in target else NAME)

    runnable = program("x86_64-unknown-linux-musl")
    # GitHub's artefacts lose the executable bit.
    runnable.chmod(0o755)
    for target in ARCHIVED:
        archive(output, target, program(target), runnable)
    mcpb(output, [f"{platform}={program(target)}" for platform, target in BUNDLED.items()])
    server_json(output, repository)
    checksums(output)


def archive(output: Path, target: str, binary: Path, runnable: Path | None = None) -> None:
    """RUNNABLE writes the man page and the completions if BINARY is for another machine."""
    executable = str(runnable or binary)
    windows = "windows" in target
    folder = f"{NAME}-{VERSION}-{target}"
    files = {f"{NAME}.exe" if windows else NAME: (binary.read_bytes(), 0o755)}
    files |= {document: ((ROOT / document).read_bytes(), 0o644) for document in DOCUMENTS}
    files[f"man/{NAME}.1"] = (printed(executable, "man"), 0o644)
    files |= {f"completions/{file}": (printed(executable, "completions", shell), 0o644) for shell, file in COMPLETIONS.items()}
    # All files get the same time: with SOURCE_DATE_EPOCH the same binary makes the same archive.
    moment = int(os.environ.get("SOURCE_DATE_EPOCH", time.time()))
    path = output / f"{folder}{'.zip' if windows else '.tar.gz'}"
    with open(path, "wb") as raw:
        (write_zip if windows else write_tar)(raw, folder, files, moment)
    print(path)


def write_tar(raw, folder: str, files: dict, moment: int) -> None:
    with gzip.GzipFile(filename="", fileobj=raw, mode="wb", mtime=moment) as packed, tarfile.open(fileobj=packed, mode="w") as tar:
        for name, (data, mode) in sorted(files.items()):
            entry = tarfile.TarInfo(f"{folder}/{name}")
            entry.size, entry.mode, entry.mtime = len(data), mode, moment
            tar.addfile(entry, io.BytesIO(data))


def write_zip(raw, folder: str, files: dict, moment: int) -> None:
    with zipfile.ZipFile(raw, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, (data, mode) in sorted(files.items()):
            entry = zipfile.ZipInfo(f"{folder}/{name}", time.gmtime(moment)[:6])
            entry.external_attr, entry.compress_type = mode << 16, zipfile.ZIP_DEFLATED
            packed.writestr(entry, data)


def printed(executable: str, *arguments: str) -> bytes:
    """The program's output, which must not be empty."""
    done = subprocess.run([executable, *arguments], stdout=subprocess.PIPE, check=False)
    if done.returncode != 0 or not done.stdout:
        sys.exit(f"`{NAME} {' '.join(arguments)}` ended with status {done.returncode} and printed {len(done.stdout)} bytes")
    return done.stdout


def mcpb(output: Path, binaries: list[str]) -> None:
    given = dict(sorted(pair.split("=", 1) for pair in binaries))
    if unknown := given.keys() - PLATFORMS.keys():
        sys.exit(f"no such platform: {', '.join(sorted(unknown))}; there are {', '.join(PLATFORMS)}")
    stage = ROOT / "target/mcpb" / "-".join(given)
    shutil.rmtree(stage, ignore_errors=True)
    for platform, binary in given.items():
        placed = stage / "server" / platform / PLATFORMS[platform]
        placed.parent.mkdir(parents=True)
        shutil.copyfile(binary, placed)
        placed.chmod(0o755)
    for licence in LICENCES:
        shutil.copyfile(ROOT / licence, stage / licence)
    (stage / "manifest.json").write_text(json.dumps(manifest(list(given)), indent=2) + "\n", encoding="utf-8")

    everywhere = given.keys() == PLATFORMS.keys()
    path = output / f"{NAME}-{VERSION}{'' if everywhere else '-' + '-'.join(given)}.mcpb"
    tool = ["node", str(ROOT / "tests/clients/node_modules/@anthropic-ai/mcpb/dist/cli/cli.js")]
    for arguments in (["validate", str(stage / "manifest.json")], ["pack", str(stage), str(path)]):
        # The tool's messages go to stderr, since stdout holds only the path.
        if subprocess.run([*tool, *arguments], stdout=sys.stderr, check=False).returncode != 0:
            sys.exit(f"`mcpb {arguments[0]}` failed")
    print(path)


def manifest(platforms: list[str]) -> dict:
    """The manifest of this version, for these platforms only."""
    stamped = json.loads((HERE / "mcpb/manifest.json").read_text(encoding="utf-8"))
    stamped["version"] = VERSION
    stamped["compatibility"]["platforms"] = platforms
    if repository := os.environ.get("GITHUB_REPOSITORY"):
        stamped["repository"] = {"type": "git", "url": f"https://github.com/{repository}"}
    config = stamped["server"]["mcp_config"]
    overrides = config["platform_overrides"]
    if "darwin" not in platforms:
        config["command"] = overrides[platforms[0]]["command"]
        stamped["server"]["entry_point"] = config["command"].removeprefix("${__dirname}/")
    config["platform_overrides"] = {platform: overrides[platform] for platform in platforms if platform in overrides}
    return stamped


def server_json(output: Path, repository: str) -> None:
    if not re.fullmatch(r"[\w.-]+/[\w.-]+", repository):
        sys.exit(f"not of the form OWNER/REPOSITORY: {repository}")
    owner = repository.split("/")[0]
    text = (HERE / "server.json").read_text(encoding="utf-8").replace("0.0.0", VERSION)
    text = text.replace(f"github.com/OWNER/{NAME}", f"github.com/{repository}")
    # Names of images are in lower case.
    text = text.replace("ghcr.io/OWNER", f"ghcr.io/{owner.lower()}").replace("OWNER", owner)
    stamped = json.loads(text)
    for package in stamped["packages"]:
        if package["registryType"] == "mcpb":
            package["fileSha256"] = sha256(output / package["identifier"].rsplit("/", 1)[1])
    path = output / "server.json"
    path.write_text(json.dumps(stamped, indent=2) + "\n", encoding="utf-8")
    print(path)


def checksums(output: Path) -> None:
    files = sorted(path for path in output.iterdir() if path.name != "SHA256SUMS")
    text = "".join(f"{sha256(path)}  {path.name}\n" for path in files)
    (output / "SHA256SUMS").write_text(text, encoding="utf-8")
    print(output / "SHA256SUMS")


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def notes(_output: Path) -> None:
    print(changes())


def changes() -> str:
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    found = re.search(rf"^## \[{re.escape(VERSION)}\][^\n]*\n(.*?)(?=^## |^\[[^\n]*\]:|\Z)", text, re.MULTILINE | re.DOTALL)
    if not found or not found[1].strip():
        sys.exit(f"CHANGELOG.md has no section [{VERSION}]")
    return found[1].strip()


if __name__ == "__main__":
    main()
