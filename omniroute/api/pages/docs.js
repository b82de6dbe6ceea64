"use strict";
const at = (id) => document.getElementById(id);
const root = document.documentElement;

function made(name, attributes, ...inside) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes || {})) element.setAttribute(key, value);
  element.append(...inside.filter((one) => one !== null && one !== undefined));
  return element;
}

/* Light or dark: as the system says, until someone says otherwise. */
const wanted = localStorage.getItem("theme");
const isDark = wanted ? wanted === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
root.dataset.theme = isDark ? "dark" : "light";
at("theme").addEventListener("click", () => {
  root.dataset.theme = root.dataset.theme === "dark" ? "light" : "dark";
  localStorage.setItem("theme", root.dataset.theme);
});

let contract = null;
const named = (schema) => (schema.$ref ? contract.components.schemas[schema.$ref.split("/").pop()] : schema);

function kindOf(schema) {
  if (schema.$ref) return schema.$ref.split("/").pop();
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map((one) => JSON.stringify(one)).join(" | ");
  if (schema.anyOf) return schema.anyOf.map(kindOf).join(" | ");
  if (schema.type === "array" || schema.items) return `list of ${kindOf(schema.items || {})}`;
  const kind = [].concat(schema.type || "any").join(" | ");
  return schema.format ? `${kind} (${schema.format})` : kind;
}

function limits(schema) {
  const words = { minimum: "at least", maximum: "at most", minLength: "shortest", maxLength: "longest",
    minItems: "fewest", maxItems: "most", default: "unless said otherwise:" };
  return Object.entries(words).filter(([key]) => schema[key] !== undefined && schema[key] !== null)
    .map(([key, word]) => `${word} ${JSON.stringify(schema[key])}`).join(", ");
}

function line(name, schema, isNeeded, words) {
  const told = [words || schema.description || "", limits(schema)].filter(Boolean).join(" ");
  const below = nested(schema);
  return made("tr", {},
    made("td", {}, made("code", {}, name), isNeeded ? " " : null, isNeeded ? made("small", {}, "needed") : null),
    made("td", {}, made("code", {}, kindOf(schema)), made("div", {}, told), below));
}

/* What lies below a field opens on demand, so that schemas may refer to themselves. */
function nested(schema) {
  const inner = [schema, schema.items || {}, ...(schema.anyOf || [])].map(named)
    .map((one) => (one.items ? named(one.items) : one)).filter((one) => one && one.properties);
  if (!inner.length) return null;
  const holder = made("details", {}, made("summary", {}, "fields"));
  holder.addEventListener("toggle", () => {
    if (holder.open && holder.childElementCount === 1) holder.append(...inner.map((one) => fields(one)));
  });
  return holder;
}

function fields(schema) {
  const needed = new Set(schema.required || []);
  const rows = Object.entries(schema.properties || {}).map(([name, one]) => line(name, one, needed.has(name)));
  return made("table", {}, made("tbody", {}, ...rows));
}

function shown(schema) {
  const whole = named(schema);
  const list = whole.items ? named(whole.items) : whole;
  return made("div", {}, made("p", { class: "soft" }, kindOf(schema), whole.description ? ` - ${whole.description}` : ""),
    list.properties ? fields(list) : nested(schema));
}

function address(path, parameters) {
  let text = path;
  const query = [];
  for (const one of parameters) {
    const value = one.example;
    if (one.in === "path" && value !== undefined) text = text.replace(`{${one.name}}`, value);
    if (one.in === "query" && value !== undefined) query.push(`${one.name}=${encodeURIComponent(value)}`);
  }
  return query.length ? `${text}?${query.join("&")}` : text;
}

function trial(method, path, operation) {
  const content = operation.requestBody && operation.requestBody.content["application/json"];
  const where = made("input", { value: address(path, operation.parameters || []), "aria-label": "Path and query" });
  const body = content ? made("textarea", { "aria-label": "Body" }) : null;
  if (body) body.value = JSON.stringify(content.example || {}, null, 2);
  const key = made("input", { type: "password", placeholder: "API key, unless signed in", "aria-label": "API key",
    autocomplete: "off" });
  const out = made("pre", { hidden: "", tabindex: "0", "aria-live": "polite" });
  const send = made("button", { type: "button" }, "Send");
  send.addEventListener("click", async () => {
    out.hidden = false;
    out.textContent = "...";
    const headers = key.value ? { authorization: `Bearer ${key.value}` } : {};
    if (body) headers["content-type"] = "application/json";
    try {
      const answer = await fetch(where.value, { method: method.toUpperCase(), headers, body: body ? body.value : null });
      const text = await answer.text();
      let pretty = text;
      try { pretty = JSON.stringify(JSON.parse(text), null, 2); } catch { /* not JSON: as it came */ }
      out.textContent = `${answer.status} ${answer.statusText}\n\n${pretty}`;
    } catch (error) { out.textContent = String(error); }
  });
  where.className = "wide";
  return made("div", {}, where, body, made("p", {}, key, " ", send), out);
}

function curl(method, path, operation) {
  const content = operation.requestBody && operation.requestBody.content["application/json"];
  const parts = [`curl -X ${method.toUpperCase()} '${location.origin}${address(path, operation.parameters || [])}'`];
  if ((operation.security || []).length) parts.push(`-H "authorization: Bearer $KEY"`);
  if (content) parts.push("-H 'content-type: application/json'", `-d '${JSON.stringify(content.example || {})}'`);
  return made("pre", { tabindex: "0" }, parts.join(" \\\n  "));
}

function inside(method, path, operation) {
  const parts = [operation.description ? made("p", {}, operation.description) : null];
  const parameters = operation.parameters || [];
  if (parameters.length) {
    const rows = parameters.map((one) => line(`${one.name} (${one.in})`, one.schema, one.required, one.description));
    parts.push(made("h3", {}, "Parameters"), made("table", {}, made("tbody", {}, ...rows)));
  }
  if (operation.requestBody) {
    const content = operation.requestBody.content;
    parts.push(made("h3", {}, "Body"), ...Object.values(content).filter((one) => one.schema).map((one) => shown(one.schema)));
  }
  parts.push(made("h3", {}, "Answers"));
  for (const [status, answer] of Object.entries(operation.responses)) {
    const media = Object.entries(answer.content || {});
    const holder = made("details", {}, made("summary", {}, made("code", {}, status), ` ${answer.description} `,
      made("small", {}, media.map(([name]) => name).join(", "))));
    holder.append(...media.filter(([, one]) => one.schema).slice(0, 1).map(([, one]) => shown(one.schema)));
    parts.push(holder);
  }
  parts.push(made("h3", {}, "Example"), curl(method, path, operation), made("h3", {}, "Try it"),
    trial(method, path, operation));
  return made("div", {}, ...parts);
}

function entry(method, path, operation) {
  const words = made("summary", {}, made("span", { class: `method ${method}` }, method.toUpperCase()),
    made("code", {}, path), " ", made("span", { class: "soft" }, operation.summary));
  const holder = made("details", { class: "operation", id: operation.operationId }, words);
  holder.addEventListener("toggle", () => {
    if (holder.open && holder.childElementCount === 1) holder.append(inside(method, path, operation));
  });
  const link = made("a", { href: `#${operation.operationId}` }, made("span", { class: `method ${method}` },
    method.toUpperCase()), path);
  const item = made("li", {}, link);
  const text = [method, path, operation.summary, operation.description, operation.operationId].join(" ").toLowerCase();
  return { holder, item, text };
}

const entries = [];
function draw() {
  at("about").textContent = contract.info.description.replace(/([^\n])\n(?!\n)/g, "$1 ");
  at("version").textContent = contract.info.version;
  for (const tag of contract.tags) {
    const list = made("ul", {});
    const heading = made("h2", {}, tag.name);
    const group = made("section", {}, heading, list);
    const title = made("h2", { id: `tag-${tag.name}` }, tag.name);
    const about = made("p", { class: "soft" }, tag.description || "");
    at("operations").append(title, about);
    at("menu").append(group);
    const own = [];
    for (const [path, item] of Object.entries(contract.paths)) {
      for (const [method, operation] of Object.entries(item)) {
        if (!operation.tags.includes(tag.name)) continue;
        const one = entry(method, path, operation);
        at("operations").append(one.holder);
        list.append(one.item);
        own.push(one);
      }
    }
    entries.push({ own, frame: [group, title, about] });
  }
}

function search() {
  const words = at("search").value.toLowerCase().split(/\s+/).filter(Boolean);
  let count = 0;
  for (const { own, frame } of entries) {
    let any = false;
    for (const one of own) {
      const fits = words.every((word) => one.text.includes(word));
      one.holder.hidden = one.item.hidden = !fits;
      any = any || fits;
      count += fits ? 1 : 0;
    }
    for (const one of frame) one.hidden = !any;
  }
  at("count").textContent = `${count} operations`;
}

function follow() {
  const target = location.hash && at(decodeURIComponent(location.hash.slice(1)));
  if (!target || target.tagName !== "DETAILS") return;
  target.open = true;
  target.scrollIntoView();
  target.firstElementChild.focus();
}

at("search").addEventListener("input", search);
addEventListener("hashchange", follow);
addEventListener("keydown", (event) => {
  const isTyping = /^(INPUT|TEXTAREA)$/.test(event.target.tagName);
  if (event.key === "/" && !isTyping) { event.preventDefault(); at("search").focus(); }
  if (event.key === "Escape" && event.target === at("search")) { at("search").value = ""; search(); }
});

fetch("openapi.json").then((answer) => answer.json()).then((found) => {
  contract = found;
  draw();
  search();
  follow();
  document.body.dataset.ready = "true";
}).catch((error) => { at("about").textContent = `The document could not be read: ${error}`; });
