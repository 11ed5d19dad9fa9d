"""The one page for a visitor without a token."""

from __future__ import annotations

from starlette.responses import HTMLResponse, Response

from monitor.view import palette


def door(action: str, problem: str = "") -> Response:
    """`action`: where the form sends a token; `problem`: one of our own sentences, never what a visitor sent."""
    return HTMLResponse(DOOR.replace("{action}", action).replace("{problem}", problem), 401)


COLOURS = palette.properties_of_both("page", "text", "edge", "surface", "accent", "on-accent", "crit")
DOOR = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Vitalsigns</title>
<meta name="viewport" content="width=device-width">
<style>
:root{color-scheme:light dark;{colours}}
body{font:16px/24px "Source Sans 3","Source Sans Pro",system-ui,sans-serif;max-width:34rem;margin:15vh auto;
padding:0 16px;background:var(--vs-page);color:var(--vs-text)}
h1{font-size:20px;line-height:28px}code{font-family:"Source Code Pro",monospace}
input,button{font:inherit;min-height:44px;padding:0 12px;border-radius:6px;border:1px solid var(--vs-edge)}
input{flex:1;min-width:0;background:var(--vs-surface);color:inherit}
button{background:var(--vs-accent);color:var(--vs-on-accent);border:0}
form{display:flex;gap:8px}p.problem{color:var(--vs-crit)}
</style>
<h1>This dashboard needs its link</h1>
<p>The link with the token was printed where <code>python -m monitor serve</code> was started;
the same command prints it again. Open that link, or paste it here.</p>
<p class="problem" role="alert">{problem}</p>
<form method="post" action="{action}"><input name="token" aria-label="Token or link" autofocus autocomplete="off">
<button>Open</button></form></html>""".replace("{colours}", COLOURS)
