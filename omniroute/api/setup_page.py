"""The set-up page: one self-contained document that sets the first password and leads to the dashboard.

It holds nothing of the installation: the token is in the page's own address, from which the script takes it away.
"""

import base64
import hashlib
from collections.abc import Mapping

_STYLE = """
:root { color-scheme: light dark; --ink: #1c2330; --soft: #5a6475; --back: #f4f6f9; --card: #fff; --line: #cfd6e0;
  --go: #1f5fd0; --go-ink: #fff; --bad: #b3261e; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6eaf1; --soft: #a3adbd; --back: #12161d; --card: #1b212b;
  --line: #384252; --go: #7aa7ff; --go-ink: #0c1524; --bad: #ff8a80; } }
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 1.5rem; background: var(--back);
  color: var(--ink); font: 1rem/1.5 system-ui, sans-serif; }
main { width: min(34rem, 100%); background: var(--card); border: 1px solid var(--line); border-radius: .75rem;
  padding: clamp(1.25rem, 4vw, 2.25rem); }
h1 { font-size: 1.4rem; margin: 0 0 .25rem; }
p { margin: .25rem 0 1rem; color: var(--soft); }
label { display: block; font-weight: 600; margin-top: 1rem; }
input { width: 100%; font: inherit; color: inherit; background: var(--back); border: 1px solid var(--line);
  border-radius: .4rem; padding: .6rem .7rem; margin-top: .25rem; }
button, .go { display: inline-block; text-decoration: none;
  font: inherit; font-weight: 600; color: var(--go-ink); background: var(--go); border: 0;
  border-radius: .4rem; padding: .65rem 1.1rem; margin-top: 1.25rem; cursor: pointer; }
button:disabled { opacity: .6; cursor: progress; }
:focus-visible { outline: 3px solid var(--go); outline-offset: 2px; }
small { color: var(--soft); }
#problem { color: var(--bad); font-weight: 600; margin: 1rem 0 0; min-height: 1.5rem; }
[hidden] { display: none; }
"""

_SCRIPT = """
"use strict";
const at = (id) => document.getElementById(id);
const token = new URLSearchParams(location.search).get("token") || "";
history.replaceState(null, "", location.pathname);

async function post(path, body) {
  const answer = await fetch(path, {
    method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body),
  });
  const value = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error(value.error ? value.error.message : "The gateway answered " + answer.status + ".");
  return value;
}

async function attempt(button, problem, work) {
  button.disabled = true;
  problem.textContent = "";
  try { await work(); } catch (error) { problem.textContent = error.message; } finally { button.disabled = false; }
}

if (!token) at("problem").textContent = "This address has no set-up token. Open the whole link from the console.";

at("form").addEventListener("submit", (event) => {
  event.preventDefault();
  const password = at("password").value;
  attempt(at("set"), at("problem"), async () => {
    if (password !== at("again").value) throw new Error("The two passwords differ.");
    await post("/api/setup", { token, password });
    at("first").hidden = true;
    at("next").hidden = false;
    at("done").focus();
    location.assign("/dashboard/welcome");
  });
});
"""

_OPEN = """
<div id="first">
<h1>Set up OmniRoute</h1>
<p>Choose the password with which you manage this gateway. This link works once.</p>
<form id="form">
<label for="password">Password</label>
<input id="password" type="password" autocomplete="new-password" minlength="8" maxlength="200" required autofocus
  aria-describedby="rule">
<small id="rule">At least 8 characters.</small>
<label for="again">The same again</label>
<input id="again" type="password" autocomplete="new-password" minlength="8" maxlength="200" required>
<p id="problem" role="alert"></p>
<button id="set" type="submit">Set password</button>
</form>
<noscript><p>This page needs JavaScript. Without it, send
<code>{"token": "…", "password": "…"}</code> as JSON by POST to <code>/api/setup</code>.</p></noscript>
</div>
<div id="next" hidden>
<h1 id="done" tabindex="-1">Your gateway is ready</h1>
<p>You are signed in. The dashboard leads you from here to a client that works, in three steps.</p>
<p><a class="go" href="/dashboard/welcome">Go on to the dashboard</a></p>
</div>
"""

_DONE = """
<h1>This gateway is set up</h1>
<p>The set-up link has done its work. If the password is lost, the command line can set a new one.</p>
<p><a class="go" href="/dashboard/">Sign in at the dashboard</a></p>
"""


def _page(body: str, script: str) -> str:
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>OmniRoute set-up</title>\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n<link rel="icon" href="data:,">\n'
        f"<style>{_STYLE}</style>\n</head>\n<body>\n<main>{body}</main>\n{script}</body>\n</html>\n"
    )


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode('ascii')}'"


PAGE_OPEN = _page(_OPEN, f"<script>{_SCRIPT}</script>\n")
PAGE_DONE = _page(_DONE, "")

# The page's own script and style by their hashes, requests to this gateway, and nothing else.
PAGE_POLICY: Mapping[str, str] = {
    "content-security-policy": (
        f"default-src 'none'; style-src {_hash(_STYLE)}; script-src {_hash(_SCRIPT)}; connect-src 'self'; "
        "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "referrer-policy": "no-referrer",
    "x-frame-options": "DENY",
}
