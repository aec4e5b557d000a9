"""Draws docs/picture-light.svg and docs/picture-dark.svg, the picture of the README, from a real run of the program.

    python3 docs/picture.py PROGRAM            draw both
    python3 docs/picture.py --check PROGRAM    exit with status 1 if a file is not what PROGRAM would draw

Starts PROGRAM with --demo, calls a tool over stdio as an assistant does, and draws the question, the call and the
result. Python's standard library only.
"""

import json
import subprocess
import sys
import textwrap
from html import escape
from pathlib import Path

QUESTION = "Invite Anna at Contoso, Yuri Shcherbakov and Ольгу Соколову."
TOOL = "resolve_mail_recipients"
NAMES = ["Anna at Contoso", "Yuri Shcherbakov", "Ольгу Соколову"]

SANS = "-apple-system, 'Segoe UI', Roboto, 'Noto Sans', Helvetica, Arial, sans-serif"
MONO = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace"

THEMES = {
    "light": {
        "page": "#ffffff", "card": "#f6f8fa", "border": "#d1d9e0", "text": "#1f2328", "muted": "#59636e",
        "accent": "#0969da", "bubble": "#ddf4ff", "one": "#1a7f37", "one-soft": "#dafbe1",
        "several": "#8a5b00", "several-soft": "#fff3c4",
    },
    "dark": {
        "page": "#0d1117", "card": "#151b23", "border": "#3d444d", "text": "#f0f6fc", "muted": "#a2aab4",
        "accent": "#58a6ff", "bubble": "#132b4a", "one": "#56d364", "one-soft": "#12301d",
        "several": "#e3b341", "several-soft": "#332a12",
    },
}  # fmt: skip

WIDTH = 880
LEFT, RIGHT = 168, 848  # the cards' edges
PADDING = 22
RAIL = 36  # the line that joins the three steps


def result_of(program):
    """The structured result of the tool call."""
    messages = [
        {
            "jsonrpc": "2.0",
            "id": 1,
            "method": "initialize",
            "params": {
                "protocolVersion": "2025-06-18",
                "capabilities": {},
                "clientInfo": {"name": "picture", "version": "1"},
            },
        },
        {"jsonrpc": "2.0", "method": "notifications/initialized"},
        {
            "jsonrpc": "2.0",
            "id": 2,
            "method": "tools/call",
            "params": {"name": TOOL, "arguments": {"names": NAMES}},
        },
    ]
    with subprocess.Popen(
        [program, "--demo"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8"
    ) as server:
        # Standard input stays open until the result is there: the program stops at the end of its input.
        server.stdin.writelines(json.dumps(message) + "\n" for message in messages)
        server.stdin.flush()
        for line in server.stdout:
            message = json.loads(line)
            if message.get("id") == 2:
                server.stdin.close()
                return message["result"]["structuredContent"]
    raise SystemExit("the program ended without a result")


class Drawing:
    """SVG elements, in the colours of one theme."""

    def __init__(self, theme):
        self.colours = THEMES[theme]
        self.elements = []

    def box(self, x, y, width, height, fill, radius=10, border=None):
        stroke = f' stroke="{self.colours[border]}"' if border else ""
        self.elements.append(
            f'<rect x="{x}" y="{y}" width="{width}" height="{height}" rx="{radius}" fill="{self.colours[fill]}"{stroke}/>'
        )

    def line(self, x1, y1, x2, y2):
        self.elements.append(
            f'<line x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}" stroke="{self.colours["border"]}"/>'
        )

    def dot(self, x, y):
        colours = self.colours
        self.elements.append(
            f'<circle cx="{x}" cy="{y}" r="5" fill="{colours["accent"]}" stroke="{colours["page"]}" stroke-width="3"/>'
        )

    def text(self, x, y, text, size=15, colour="text", font=SANS, weight=400, anchor="start"):
        self.elements.append(
            f'<text x="{x}" y="{y}" fill="{self.colours[colour]}" font-family="{font}" font-size="{size}" '
            f'font-weight="{weight}" text-anchor="{anchor}" xml:space="preserve">{escape(text)}</text>'
        )


def step(drawing, y, title, subtitle):
    """The name of a step, left of its card."""
    drawing.dot(RAIL, y)
    drawing.text(RAIL + 20, y + 5, title, weight=600)
    drawing.text(RAIL + 20, y + 24, subtitle, size=13, colour="muted")


def recipient(drawing, y, found):
    """One name with its status and matches; returns the y below it."""
    status = found["status"]
    drawing.text(LEFT + PADDING, y + 17, found["asked"], weight=600)
    colour = status if status == "one" else "several"
    drawing.box(LEFT + 178, y, 66, 24, f"{colour}-soft", radius=12)
    drawing.text(LEFT + 211, y + 17, status, size=13, colour=colour, weight=600, anchor="middle")
    for match in found["matches"]:
        drawing.text(LEFT + 268, y + 17, match["name"])
        drawing.text(RIGHT - PADDING, y + 17, match["email"], size=13, font=MONO, anchor="end")
        drawing.text(LEFT + 268, y + 38, f"why: {match['why']}", size=13, colour="muted")
        if cautions := match.get("cautions"):
            text = f"caution: {', '.join(cautions)}"
            drawing.text(RIGHT - PADDING, y + 38, text, size=13, colour="several", anchor="end")
        y += 54
    return y + 6


def picture(theme, result):
    drawing = Drawing(theme)
    below = Drawing(theme)  # drawn first, under everything else

    y = 28
    step(drawing, y + 27, "You", "ask")
    drawing.box(LEFT, y, RIGHT - LEFT, 54, "bubble")
    drawing.text(LEFT + PADDING, y + 33, QUESTION, size=16)
    first = y + 27

    y += 54 + 22
    step(drawing, y + 27, "Assistant", "calls the tool")
    drawing.box(LEFT, y, RIGHT - LEFT, 76, "card", border="border")
    drawing.text(LEFT + PADDING, y + 31, TOOL, size=14, colour="accent", font=MONO, weight=600)
    arguments = json.dumps({"names": NAMES}, ensure_ascii=False)
    drawing.text(LEFT + PADDING, y + 55, arguments, size=13, font=MONO)

    y += 76 + 22
    top = y
    step(drawing, y + 27, "This server", "finds people")
    last = y + 27
    y += 20
    for at, found in enumerate(result["recipients"]):
        if at:
            drawing.line(LEFT + PADDING, y, RIGHT - PADDING, y)
            y += 14
        y = recipient(drawing, y, found)
    drawing.line(LEFT + PADDING, y, RIGHT - PADDING, y)
    y += 26
    for line in textwrap.wrap(f"advice: {result['advice']}", 96):
        drawing.text(LEFT + PADDING, y, line, size=13, colour="muted")
        y += 20
    y += 2
    below.box(0.5, 0.5, WIDTH - 1, y + 28 - 1, "page", radius=14, border="border")
    below.box(LEFT, top, RIGHT - LEFT, y - top, "card", border="border")
    below.line(RAIL, first, RAIL, last)
    height = y + 28

    description = "A person names three people; the assistant calls the tool; the server returns names, addresses and reasons."
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" role="img">',
            f"<title>{description}</title>",
            *below.elements,
            *drawing.elements,
            "</svg>\n",
        ]
    )


def main(arguments):
    is_check = arguments[:1] == ["--check"]
    if len(arguments) != 1 + is_check:
        raise SystemExit(__doc__)
    result = result_of(arguments[-1])
    for theme in THEMES:
        path = Path(__file__).with_name(f"picture-{theme}.svg")
        drawn = picture(theme, result)
        if not is_check:
            path.write_text(drawn, encoding="utf-8")
        elif path.read_text(encoding="utf-8") != drawn:
            raise SystemExit(f"{path} is not what the program returns; run docs/picture.py without --check")


main(sys.argv[1:])
