// The board counts down by itself and takes changes as the server sends them. It never decides anything.
"use strict";

const body = document.body;
const words = { day: body.dataset.wordDay, age: body.dataset.wordAge, live: body.dataset.wordLive, off: body.dataset.wordOff };
const OLD_AFTER = 5000; // ms, as the server has it

// The server's time: its last word, and what the machine's own steady clock counted since. The browser's wall clock may be wrong.
let serverNow = Number(body.dataset.now);
let heardAt = performance.now();
let asOf = body.dataset.asOf === "" ? null : Number(body.dataset.asOf);
let connected = false;
let saidOld = false;

const now = () => serverNow + (performance.now() - heardAt);

function length(milliseconds) {
  const seconds = Math.floor(Math.abs(milliseconds) / 1000);
  const days = Math.floor(seconds / 86400);
  const two = (number) => String(number).padStart(2, "0");
  const clock = `${Math.floor((seconds % 86400) / 3600)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  return days ? `${days} ${words.day} ${clock}` : clock;
}

function setText(element, text) {
  if (element.firstChild?.data !== text) element.textContent = text;
}

function count() {
  const at = now();
  for (const left of document.querySelectorAll("[data-due]")) {
    const due = Number(left.dataset.due);
    setText(left, (at > due ? "+" : "") + length(due - at));
    left.classList.toggle("over", at > due);
  }
  for (const bar of document.querySelectorAll("svg[data-since]")) {
    const needle = bar.querySelector(".now");
    if (!needle) continue;
    const { since, until } = bar.dataset;
    const share = until === since ? 1 : Math.min(1, Math.max(0, (at - since) / (until - since)));
    const x = (1000 * share).toFixed(1);
    if (needle.getAttribute("x1") === x) continue;
    needle.setAttribute("x1", x);
    needle.setAttribute("x2", x);
    const rest = bar.querySelector(".rest");
    rest.setAttribute("x", x);
    rest.setAttribute("width", (1000 - x).toFixed(1));
  }
  tellAge(at);
}

function tellAge(at) {
  const age = document.getElementById("age");
  const old = asOf !== null && at - asOf > OLD_AFTER;
  const pulse = document.getElementById("pulse");
  pulse.classList.toggle("live", connected && !old);
  pulse.classList.toggle("late", !connected || old);
  setText(document.getElementById("pulse-text"), connected && !old ? words.live : words.off);
  const text = old ? words.age.replace("{seconds}", Math.floor((at - asOf) / 1000)) : "";
  age.hidden = !old;
  if (old) setText(age, text);
  if (old && !saidOld) say(text);
  saidOld = old;
}

function say(text) {
  document.getElementById("news").textContent = text;
}

function made(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  return template.content.firstElementChild;
}

// Where the keyboard is, so that it is still there when a part has been replaced.
function focusIn(element) {
  const focused = document.activeElement;
  if (!focused || focused === body || !element.contains(focused)) return () => {};
  const same = [...element.querySelectorAll(focused.tagName)].indexOf(focused);
  const href = focused.getAttribute("href");
  return (fresh) => {
    const all = [...fresh.querySelectorAll(focused.tagName)];
    (all.find((one) => href && one.getAttribute("href") === href) ?? all[same])?.focus({ preventScroll: true });
  };
}

function replaceParts(parts) {
  for (const [id, [version, html]] of Object.entries(parts)) {
    const old = document.getElementById(id);
    if (!old || old.dataset.v === version) continue;
    // Whoever is choosing a filter is not interrupted.
    if (id === "filters" && old.contains(document.activeElement)) continue;
    const restore = focusIn(old);
    const fresh = made(html);
    old.replaceWith(fresh);
    restore(fresh);
  }
}

function replaceRows(order, changed) {
  const rows = document.getElementById("rows");
  const known = new Map([...rows.children].map((row) => [row.dataset.key, row]));
  const restore = focusIn(rows);
  let touched = false;
  let after = null;
  for (const key of order) {
    let row = known.get(key);
    const [version, html] = changed[key] ?? [];
    if (html !== undefined && row?.dataset.v !== version) {
      const fresh = made(html);
      if (row) row.replaceWith(fresh);
      if (row || known.size) fresh.classList.add("fresh");
      row = fresh;
      touched = true;
    }
    known.delete(key);
    if (!row) continue;
    const place = after ? after.nextElementSibling : rows.firstElementChild;
    if (place !== row) { rows.insertBefore(row, place); touched = true; }
    after = row;
  }
  for (const row of known.values()) { row.remove(); touched = true; }
  if (touched) restore(rows);
}

function take(message) {
  serverNow = message.now;
  heardAt = performance.now();
  asOf = message.as_of;
  if (message.parts) replaceParts(message.parts);
  if (message.order) replaceRows(message.order, message.rows);
  if (message.say) say(message.say);
  count();
}

function listen() {
  const source = new EventSource(body.dataset.stream);
  source.addEventListener("board", (event) => { connected = true; take(JSON.parse(event.data)); });
  source.addEventListener("error", () => {
    connected = false;
    count();
    if (source.readyState === EventSource.CLOSED) setTimeout(listen, 5000); // refused: signed out, or full
  });
  addEventListener("pagehide", () => source.close(), { once: true });
}

// Up and down go from ticket to ticket while the keyboard is in the list.
document.addEventListener("keydown", (event) => {
  const row = event.target.closest?.("#rows tr");
  if (!row || event.altKey || event.ctrlKey || event.metaKey) return;
  const links = [...document.querySelectorAll("#rows th a")];
  const here = links.indexOf(row.querySelector("th a"));
  const to = { ArrowDown: here + 1, ArrowUp: here - 1, Home: 0, End: links.length - 1 }[event.key];
  if (to === undefined || !links[to]) return;
  event.preventDefault();
  links[to].focus();
});

// Filters apply as they are chosen; without this script the button does it.
document.addEventListener("change", (event) => {
  if (event.target.matches?.("#filters select")) event.target.form.requestSubmit();
});
document.addEventListener("submit", (event) => {
  for (const field of event.target.querySelectorAll("#filters select, #filters input")) {
    if (!field.value) field.disabled = true; // keeps the address short
  }
});
addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload();
});

count();
// Four times a second: once a second, a tick just before a second's end and a message just after it would skip that second.
setInterval(count, 250);
listen();
