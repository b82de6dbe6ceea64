"""The sign-in page: one self-contained document that needs no session, no socket and no framework."""

import base64
import hashlib
from collections.abc import Mapping

from omniroute.ui.theme import LOGO

_STYLE = """
:root { color-scheme: light dark; --ink: #16202e; --soft: #55617a; --back: #f5f6f8; --card: #fff; --line: #c9d0da;
  --go: #3454d1; --go-ink: #fff; --bad: #b42332; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8edf5; --soft: #a9b4c6; --back: #0e131b; --card: #161d28;
  --line: #3a475d; --go: #7c97ff; --go-ink: #0b1220; --bad: #ff8f98; } }
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 1.5rem; background: var(--back);
  color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
main { width: min(24rem, 100%); background: var(--card); border: 1px solid var(--line); border-radius: 14px;
  padding: 2rem; }
svg { width: 44px; height: 44px; }
h1 { font-size: 1.3rem; margin: .75rem 0 .25rem; letter-spacing: -.01em; }
p { margin: 0 0 1rem; color: var(--soft); }
label { display: block; font-weight: 600; }
input { width: 100%; font: inherit; color: inherit; background: var(--back); border: 1px solid var(--line);
  border-radius: 8px; padding: .6rem .75rem; margin-top: .3rem; }
button { width: 100%; font: inherit; font-weight: 600; color: var(--go-ink); background: var(--go); border: 0;
  border-radius: 8px; padding: .65rem 1rem; margin-top: 1rem; cursor: pointer; }
button:disabled { opacity: .6; cursor: progress; }
:focus-visible { outline: 3px solid var(--go); outline-offset: 2px; }
#problem { color: var(--bad); font-weight: 600; margin: 1rem 0 0; }
#problem:empty { display: none; }
"""

_SCRIPT = """
"use strict";
const at = (id) => document.getElementById(id);
const german = (navigator.language || "").startsWith("de");
if (german) {
  document.documentElement.lang = "de";
  at("title").textContent = "Anmelden";
  at("hint").textContent = "Das Passwort dieses Gateways öffnet die Verwaltung.";
  at("name").textContent = "Passwort";
  at("go").textContent = "Anmelden";
}
const next = new URLSearchParams(location.search).get("next") || "/dashboard/";
at("form").addEventListener("submit", async (event) => {
  event.preventDefault();
  at("go").disabled = true;
  at("problem").textContent = "";
  try {
    const answer = await fetch("/api/auth/login", {
      method: "POST", headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ password: at("password").value }),
    });
    if (answer.ok) { location.assign(next.startsWith("/dashboard") ? next : "/dashboard/"); return; }
    const value = await answer.json().catch(() => ({}));
    at("problem").textContent = value.error ? value.error.message : "The gateway answered " + answer.status + ".";
  } catch (error) {
    at("problem").textContent = german ? "Das Gateway antwortet nicht." : "The gateway does not answer.";
  }
  at("go").disabled = false;
  at("password").select();
});
"""

PAGE = f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>OmniRoute</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<style>{_STYLE}</style>
</head>
<body>
<main>
{LOGO}
<h1 id="title">Sign in</h1>
<p id="hint">The password of this gateway opens its management.</p>
<form id="form">
<label for="password" id="name">Password</label>
<input id="password" type="password" autocomplete="current-password" required autofocus>
<p id="problem" role="alert"></p>
<button id="go" type="submit">Sign in</button>
</form>
<noscript><p>This page needs JavaScript.</p></noscript>
</main>
<script>{_SCRIPT}</script>
</body>
</html>
"""


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode('ascii')}'"


PAGE_HEADERS: Mapping[str, str] = {
    "content-security-policy": (
        f"default-src 'none'; style-src {_hash(_STYLE)}; script-src {_hash(_SCRIPT)}; connect-src 'self'; "
        "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "referrer-policy": "no-referrer",
    "x-frame-options": "DENY",
    "x-content-type-options": "nosniff",
    "cache-control": "no-store",
}
