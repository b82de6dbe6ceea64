"use strict";
// The query page: runs operations by POST and live ones by websocket, and reads the schema to explain and complete it.
const at = (id) => document.getElementById(id);
const START = "# Ctrl+Enter runs this. Ctrl+Space completes.\n{\n  health {\n    status\n    version\n    uptimeSeconds\n  }\n}\n";
const INTROSPECTION = `query Schema { __schema { queryType { name } mutationType { name } subscriptionType { name }
  types { kind name description
    fields { name description args { name description defaultValue type { ...T } } type { ...T } }
    inputFields { name description defaultValue type { ...T } }
    enumValues { name description } possibleTypes { name } } } }
fragment T on __Type { kind name ofType { kind name ofType { kind name ofType { kind name } } } }`;
const KEPT = "omniroute.graphql";
const types = new Map();
let roots = {};
let socket = null;

// ── what the page keeps: operations, never keys or answers ──
function load(name, otherwise) {
  try { return JSON.parse(localStorage.getItem(KEPT + "." + name)) ?? otherwise; } catch { return otherwise; }
}
function keep(name, value) {
  try { localStorage.setItem(KEPT + "." + name, JSON.stringify(value)); } catch { /* private windows keep nothing */ }
}

function say(text, bad = false) {
  at("state").textContent = text;
  at("state").className = bad ? "bad" : "";
}
function show(value) { at("result").textContent = JSON.stringify(value, null, 2); }

// ── running ──
function headers() {
  const key = at("key").value.trim();
  return { "Content-Type": "application/json", ...(key ? { Authorization: "Bearer " + key } : {}) };
}
async function post(body) {
  const answer = await fetch(location.pathname, { method: "POST", headers: headers(), body: JSON.stringify(body) });
  const value = await answer.json().catch(() => ({ errors: [{ message: "The gateway answered " + answer.status }] }));
  if (answer.status === 401) say("Sign in to the gateway first, or type a key with the scope admin.", true);
  return value;
}
function operationAt(text, position) {
  // The operation that the cursor stands in, or the first one.
  const found = [...text.matchAll(/^\s*(query|mutation|subscription)\s+(\w+)/gm)];
  return (found.filter((one) => one.index <= position).pop() || found[0] || [])[2];
}
function isLive(text, name) {
  const bare = text.replace(/#.*$/gm, "");
  return new RegExp("(^|})\\s*subscription\\b" + (name ? "\\s+" + name + "\\b" : ""), "m").test(bare);
}
async function run() {
  if (socket) { stop("Stopped."); return; }
  const query = at("query").value;
  let variables;
  try { variables = JSON.parse(at("variables").value || "{}"); }
  catch (error) { say("The variables are no JSON: " + error.message, true); return; }
  remember(query, at("variables").value);
  const operationName = operationAt(query, at("query").selectionStart);
  const body = { query, variables, ...(operationName ? { operationName } : {}) };
  if (isLive(query, operationName)) { follow(body); return; }
  say("…");
  const begun = performance.now();
  try {
    const value = await post(body);
    show(value);
    if (!at("state").classList.contains("bad") || !value.errors) {
      say((value.errors ? "Errors" : "Done") + " in " + Math.round(performance.now() - begun) + " ms", !!value.errors);
    }
  } catch (error) { say("The gateway cannot be reached: " + error.message, true); }
}
function follow(body) {
  const scheme = location.protocol === "https:" ? "wss://" : "ws://";
  const mine = socket = new WebSocket(scheme + location.host + location.pathname, "graphql-transport-ws");
  const key = at("key").value.trim();
  let count = 0;
  at("run").textContent = "Stop";
  say("Connecting …");
  mine.onopen = () => mine.send(JSON.stringify({ type: "connection_init", payload: key ? { authorization: key } : {} }));
  mine.onmessage = (event) => {
    const told = JSON.parse(event.data);
    if (told.type === "connection_ack") mine.send(JSON.stringify({ id: "1", type: "subscribe", payload: body }));
    if (told.type === "ping") mine.send('{"type":"pong"}');
    if (told.type === "next") { count += 1; show(told.payload); say(count + " messages, the newest is shown"); }
    if (told.type === "error") { show({ errors: told.payload }); stop("Refused.", true); }
    if (told.type === "complete") stop("Ended after " + count + " messages.");
  };
  mine.onclose = (event) => { if (socket === mine) stop("Closed: " + (event.reason || event.code), true); };
}
function stop(words, bad = false) {
  const old = socket;
  socket = null;
  if (old) old.close();
  at("run").textContent = "Run";
  say(words, bad);
}

// ── history ──
function remember(query, variables) {
  const kept = load("history", []).filter((one) => one.query !== query);
  keep("history", [{ query, variables }, ...kept].slice(0, 50));
  listHistory();
}
function listHistory() {
  at("history").replaceChildren(...load("history", []).map((one) => {
    const button = document.createElement("button");
    button.textContent = one.query.replace(/#.*$/gm, "").replace(/\s+/g, " ").trim().slice(0, 120);
    button.title = one.query;
    button.onclick = () => { at("query").value = one.query; at("variables").value = one.variables; at("query").focus(); };
    return button;
  }));
}

// ── the schema explained ──
function bare(type) { while (type.ofType) type = type.ofType; return type.name; }
function spelled(type) {
  if (type.kind === "NON_NULL") return spelled(type.ofType) + "!";
  return type.kind === "LIST" ? "[" + spelled(type.ofType) + "]" : type.name;
}
function node(tag, text, ...inner) {
  const made = document.createElement(tag);
  if (text) made.textContent = text;
  made.append(...inner);
  return made;
}
function link(name, text = name) {
  const button = node("button", text);
  button.className = "kind";
  button.onclick = () => explain(name);
  return button;
}
function explain(name) {
  const type = types.get(name);
  if (!type) return;
  const list = node("dl");
  for (const field of type.fields || type.inputFields || []) {
    const term = node("dt", field.name);
    if ((field.args || []).length) {
      term.append("(");
      field.args.forEach((one, number) => term.append(
        (number ? ", " : "") + one.name + ": ", link(bare(one.type), spelled(one.type)),
        one.defaultValue ? " = " + one.defaultValue : ""));
      term.append(")");
    }
    term.append(": ", link(bare(field.type), spelled(field.type)), field.defaultValue ? " = " + field.defaultValue : "");
    list.append(term, node("dd", field.description || ""));
    for (const one of (field.args || []).filter((two) => two.description)) {
      list.append(node("dd", one.name + ": " + one.description));
    }
  }
  for (const one of type.enumValues || []) list.append(node("dt", one.name), node("dd", one.description || ""));
  for (const one of type.possibleTypes || []) list.append(node("dt", "", link(one.name)));
  const home = node("p");
  for (const one of Object.values(roots)) if (one) home.append(link(one.name), " ");
  at("docs").replaceChildren(home, node("h2", name), node("p", type.description || ""), list);
}
async function learn() {
  const value = await post({ query: INTROSPECTION });
  if (!value.data) { at("docs").textContent = "The schema is shown once you are signed in or have typed a key."; return; }
  const schema = value.data.__schema;
  roots = { query: schema.queryType, mutation: schema.mutationType, subscription: schema.subscriptionType };
  types.clear();
  for (const type of schema.types) types.set(type.name, type);
  explain(schema.queryType.name);
  say("Ready.");
}

// ── completion: the fields of whatever the cursor stands in ──
function typeAt(text) {
  const marks = text.replace(/#.*$/gm, "").replace(/"(\\.|[^"\\])*"/g, '""').match(/\.\.\.\s*on\s+\w+|[A-Za-z_]\w*|[{}()]/g) || [];
  const open = [];
  let word = null;
  let depth = 0;
  for (const mark of marks) {
    if (mark === "(") depth += 1;
    else if (mark === ")") depth -= 1;
    else if (depth) continue;
    else if (mark === "{") {
      const above = open[open.length - 1];
      let next;
      if (above === undefined) next = (roots[word] || roots[kindOf(marks)] || roots.query || {}).name;
      else if (word && word.startsWith("...")) next = word.split(/\s+/).pop();
      else {
        const field = (types.get(above)?.fields || []).find((one) => one.name === word);
        next = field ? bare(field.type) : "";
      }
      open.push(next);
      word = null;
    } else if (mark === "}") { open.pop(); word = null; } else word = mark;
  }
  return open[open.length - 1];
}
function kindOf(marks) { return [...marks].reverse().find((one) => one in roots); }
function offer() {
  const box = at("query");
  const before = box.value.slice(0, box.selectionStart);
  const begun = /[A-Za-z_]\w*$/.exec(before)?.[0] || "";
  const type = types.get(typeAt(before.slice(0, before.length - begun.length)) || "");
  const names = (type?.fields || type?.possibleTypes?.map((one) => ({ name: "... on " + one.name + " { }" })) || [])
    .map((one) => one.name).filter((one) => one.startsWith(begun));
  at("offers").replaceChildren(...names.map((name, number) => {
    const one = node("li", name);
    one.setAttribute("role", "option");
    one.setAttribute("aria-selected", String(number === 0));
    one.onmousedown = (event) => { event.preventDefault(); take(name); };
    return one;
  }));
  at("offers").hidden = !names.length;
}
function move(by) {
  const all = [...at("offers").children];
  const now = all.findIndex((one) => one.getAttribute("aria-selected") === "true");
  all.forEach((one, number) => one.setAttribute("aria-selected", String(number === (now + by + all.length) % all.length)));
  all[(now + by + all.length) % all.length].scrollIntoView({ block: "nearest" });
}
function take(name) {
  const box = at("query");
  const begun = /[A-Za-z_]\w*$/.exec(box.value.slice(0, box.selectionStart))?.[0] || "";
  box.setRangeText(name, box.selectionStart - begun.length, box.selectionEnd, "end");
  at("offers").hidden = true;
}
function tidy() {
  let depth = 0;
  at("query").value = at("query").value.split("\n").map((line) => {
    const text = line.trim();
    const code = text.replace(/#.*$/, "").replace(/"(\\.|[^"\\])*"/g, "");
    const closes = /^[})\]]/.test(code) ? 1 : 0;
    const made = "  ".repeat(Math.max(depth - closes, 0)) + text;
    depth = Math.max(depth + (code.match(/[{([]/g) || []).length - (code.match(/[})\]]/g) || []).length, 0);
    return text ? made : "";
  }).join("\n");
}

// ── wiring ──
at("run").onclick = run;
at("tidy").onclick = tidy;
at("key").onchange = learn;
at("theme").onclick = () => {
  const dark = getComputedStyle(document.documentElement).colorScheme === "dark"
    || (!document.documentElement.className && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.className = dark ? "light" : "dark";
  keep("theme", document.documentElement.className);
};
for (const name of ["docs", "history"]) {
  at("tab-" + name).onclick = () => {
    for (const one of ["docs", "history"]) {
      at(one).hidden = one !== name;
      at("tab-" + one).setAttribute("aria-selected", String(one === name));
    }
  };
}
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey && event.key === "Enter") { event.preventDefault(); run(); }
  if (event.ctrlKey && event.shiftKey && event.key.toLowerCase() === "p") { event.preventDefault(); tidy(); }
});
at("query").addEventListener("keydown", (event) => {
  const open = !at("offers").hidden;
  if (event.ctrlKey && event.key === " ") { event.preventDefault(); offer(); }
  else if (open && event.key === "ArrowDown") { event.preventDefault(); move(1); }
  else if (open && event.key === "ArrowUp") { event.preventDefault(); move(-1); }
  else if (open && (event.key === "Enter" || event.key === "Tab")) {
    event.preventDefault();
    take(document.querySelector('#offers [aria-selected="true"]').textContent);
  } else if (event.key === "Escape") at("offers").hidden = true;
});
at("query").addEventListener("input", () => {
  keep("query", at("query").value);
  if (/\w$/.test(at("query").value.slice(0, at("query").selectionStart))) offer();
  else at("offers").hidden = true;
});
at("query").addEventListener("blur", () => { at("offers").hidden = true; });
document.documentElement.className = load("theme", "");
at("query").value = load("query", START);
listHistory();
learn().catch((error) => say("The gateway cannot be reached: " + error.message, true));
