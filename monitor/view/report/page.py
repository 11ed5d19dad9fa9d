"""A report as one page without scripts or links; everything a run says is escaped."""

from __future__ import annotations

import html

from monitor.run_dir.words import steady
from monitor.view import palette
from monitor.view.report.blocks import Block, Blocks, Bullets, Code, Figure, Heading, Table, Text
from monitor.view.report.chart import chart

USED = ("text", "hairline", "sunken", "surface", *palette.CONDITIONS)
# No light-dark() here: a report is a file, and is also opened in a browser of some years ago.
COLOURS = f"""
:root {{ color-scheme: light dark; {palette.properties(*USED, dark=False)} }}
@media (prefers-color-scheme: dark) {{ :root {{ {palette.properties(*USED, dark=True)} }} }}"""
STYLE = (
    COLOURS
    + """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem;
  color: var(--vs-text); background: var(--vs-surface) }
h1, h2, h3 { line-height: 1.25 } h2 { margin-top: 2.2rem }
.wide { overflow-x: auto } table { border-collapse: collapse }
td { white-space: nowrap }
td, th { border: 1px solid var(--vs-hairline); padding: .3rem .6rem; text-align: left }
pre { background: var(--vs-sunken); padding: .8rem; overflow-x: auto; font-size: .9rem }
figure { margin: 1rem 0; overflow-x: auto } figcaption { font-weight: 600 }
svg { width: 100%; min-width: 34rem; height: auto }
svg text { fill: var(--vs-muted); font-size: 12px } svg .axis { stroke: var(--vs-hairline) }
"""
)


def to_html(blocks: Blocks) -> str:
    """One page without scripts or links; everything a run says is escaped."""
    title = next((block.text for block in blocks if isinstance(block, Heading)), "Run")
    body = "\n".join(_html(block) for block in blocks)
    meta = '<meta charset="utf-8"><meta name="viewport" content="width=device-width">'
    head = f"{meta}<title>{html.escape(title)}</title><style>{STYLE}</style>"
    return steady(f'<!doctype html>\n<html lang="en"><head>{head}</head><body>\n{body}\n</body></html>\n')


def _html(block: Block) -> str:
    match block:
        case Heading(text, level):
            return f"<h{level}>{html.escape(text)}</h{level}>"
        case Text(text):
            return f"<p>{html.escape(text)}</p>"
        case Bullets(items, numbered):
            tag = "ol" if numbered else "ul"
            return f"<{tag}>" + "".join(f"<li>{html.escape(item)}</li>" for item in items) + f"</{tag}>"
        case Figure():
            return chart(block)
        case Code(text):
            return f"<pre>{html.escape(text)}</pre>"
        case Table(columns, rows):
            head = "".join(f"<th>{html.escape(column)}</th>" for column in columns)
            body = "".join("<tr>" + "".join(f"<td>{html.escape(c)}</td>" for c in row) + "</tr>" for row in rows)
            return f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'
