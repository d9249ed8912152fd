// Keeps an open page fresh: a server-sent stream says that something changed, the page then fetches its own
// fragment; where the stream fails, a poll does the same. Everything works without this file, by form and reload.

const POLL_MS = 15000;
const FOCUSABLE = "a, button, summary";
const FIELDS = "textarea, select:not([data-choice]), input[type=text]";
const live = document.getElementById("live");
const root = document.querySelector("[data-stream]");
let after = Number(root?.dataset.after ?? 0);
let busy = false;
let again = false;

function say(on, text) {
  if (!live || live.dataset.on === String(on)) return;
  live.dataset.on = String(on);
  live.querySelector("[data-text]").textContent = text;
}

function editing(part) {
  const fields = [...part.querySelectorAll(FIELDS)];
  return fields.some((field) => field === document.activeElement || field.value !== "")
    || part.querySelector("details[open] form") !== null;
}

function put(name, html) {
  const part = document.querySelector(`[data-live="${name}"]`);
  if (!part) return;
  // What stands there already is left alone: exchanged under a hand or a key, it would swallow the click.
  const fresh = document.createElement("template");
  fresh.innerHTML = html;
  if (part.dataset.was === html || part.innerHTML.trim() === fresh.innerHTML.trim()) return;
  if (name !== "alerts" && editing(part)) return;
  const open = [...part.querySelectorAll("details")].map((each) => each.open);
  const held = part.contains(document.activeElement) ? place(document.activeElement) : null;
  part.dataset.was = html;
  part.replaceChildren(fresh.content);
  // Nothing is being written here: what is new shows at once, a list stays open, and the keyboard where it was.
  part.querySelectorAll("details").forEach((each, at) => { each.open ||= open[at] ?? false; });
  if (held) [...part.querySelectorAll(FOCUSABLE)].find((each) => place(each) === held)?.focus();
}

function place(node) {
  return `${node.tagName} ${node.getAttribute("href") ?? node.form?.getAttribute("action") ?? ""} ${node.closest("details") !== null}`;
}

function append(html) {
  const talk = document.getElementById("talk");
  const box = document.createElement("template");
  box.innerHTML = html;
  const atEnd = talk.scrollHeight - talk.scrollTop - talk.clientHeight < 80;
  for (const item of [...box.content.children]) {
    const seq = Number(item.dataset.seq);
    if (seq <= after) continue;
    after = seq;
    talk.querySelector('[data-seq="0"]')?.remove();
    talk.append(item);
  }
  if (atEnd) talk.scrollTop = talk.scrollHeight;
  looked();
}

async function refresh() {
  if (busy) { again = true; return; }
  busy = true;
  try {
    const url = new URL(root.dataset.url, location.href);
    if (root.dataset.after !== undefined) url.searchParams.set("after", String(after));
    const answer = await fetch(url, { headers: { accept: "application/json" }, redirect: "manual" });
    if (answer.type === "opaqueredirect" || answer.status === 401) { location.reload(); return; }
    if (!answer.ok) throw new Error(String(answer.status));
    const parts = await answer.json();
    for (const [name, html] of Object.entries(parts)) name === "talk" ? append(html) : put(name, html);
  } catch {
    say(false, "暂时连不上，正在重试");
  } finally {
    busy = false;
    if (again) { again = false; refresh(); }
  }
}

if (root) {
  const talk = document.getElementById("talk");
  if (talk) talk.scrollTop = talk.scrollHeight;
  const stream = new EventSource(root.dataset.stream);
  let poll = 0;
  stream.addEventListener("open", () => {
    clearInterval(poll);
    poll = 0;
    say(true, "实时更新中");
    refresh();
  });
  stream.addEventListener("changed", refresh);
  stream.addEventListener("ended", () => { stream.close(); location.reload(); });
  stream.addEventListener("error", () => {
    say(false, "每 15 秒更新一次");
    if (!poll) poll = setInterval(refresh, POLL_MS);
  });
  addEventListener("pagehide", () => stream.close());
}

// The other side sees that somebody reads and writes here: the place is there only for whoever holds the thread.
const SIGN_MS = 3000;
const signs = document.querySelector("[data-signs]");
let read = 0;
let typed = 0;

function sign(fields) {
  const token = document.querySelector("input[name=form_token]").value;
  const body = new URLSearchParams({ form_token: token, ...fields });
  fetch(signs.dataset.signs, { method: "POST", body, redirect: "manual" }).catch(() => {}); // a mark may be lost
}

function looked() {
  if (!signs || document.hidden || after <= read) return;
  read = after;
  sign({ read: String(read) });
}

if (signs) {
  looked();
  document.addEventListener("visibilitychange", looked);
  document.addEventListener("input", (event) => {
    if (event.target.id !== "text" || Date.now() - typed < SIGN_MS) return;
    typed = Date.now();
    sign({ typing: "yes", read: String(read) });
  });
}

// Ctrl+Enter sends, as staff know it from every desk.
document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && event.target instanceof HTMLTextAreaElement) {
    event.target.form?.requestSubmit();
  }
});

// A canned reply goes behind what is written already; without this file its link opens the page with it written.
document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a[data-say]");
  const field = link?.closest("form")?.querySelector("textarea");
  if (!field) return;
  event.preventDefault();
  field.value += (field.value && !field.value.endsWith("\n") ? "\n" : "") + link.dataset.say;
  link.closest("details").open = false;
  field.focus();
});
