// Keeps what is typed during a call and lets the page think along; without this file the button does the same.

const PAUSE_MS = 700;
const form = document.getElementById("call");
const saved = document.getElementById("saved");
let timer = 0;
let sent = "";
let busy = false;

function say(on, text) {
  saved.dataset.on = String(on);
  saved.querySelector("[data-text]").textContent = text;
}

function typed() {
  const all = new FormData(form);
  return new URLSearchParams(["form_token", "notes", "place", "q"].map((name) => [name, all.get(name) ?? ""]));
}

// What somebody is answering just now is left alone under their hands.
function answering(part) {
  return part.contains(document.activeElement) && document.activeElement.matches("input, select")
    || [...part.querySelectorAll("input[type=text], input[type=radio]")].some((field) => field.dataset.touched);
}

function put(html) {
  const fresh = document.createElement("template");
  fresh.innerHTML = html;
  for (const part of fresh.content.querySelectorAll("[data-part]")) {
    const shown = document.querySelector(`#hints [data-part="${part.dataset.part}"]`);
    if (shown && !answering(shown) && shown.innerHTML !== part.innerHTML) shown.replaceChildren(...part.childNodes);
  }
}

async function save() {
  const body = typed();
  if (String(body) === sent) return;
  if (busy) { later(); return; }
  busy = true;
  try {
    const answer = await fetch(form.action, { method: "POST", body, headers: { accept: "application/json" }, redirect: "manual" });
    if (answer.type === "opaqueredirect" || answer.status === 401) { say(false, "登录已过期，请另开一页登录，再按保存"); return; }
    if (!answer.ok) throw new Error(String(answer.status));
    const parts = await answer.json();
    sent = String(body);
    put(parts.hints);
    document.querySelector('#call [data-part="record"]').innerHTML = parts.record;
    say(true, "已保存");
  } catch {
    say(false, "没有存上，请按“保存并查资料”再试");
  } finally {
    busy = false;
  }
}

function later() {
  clearTimeout(timer);
  timer = setTimeout(save, PAUSE_MS);
}

form.addEventListener("input", (event) => {
  if (["notes", "place", "q"].includes(event.target.name)) { say(false, "正在记…"); later(); }
});
document.getElementById("hints").addEventListener("input", (event) => { event.target.dataset.touched = "yes"; });
document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.isComposing) return;
  if (event.target.name === "answer") { event.preventDefault(); document.querySelector("[data-answer]")?.click(); }
  if (event.target.name === "q" || event.target.name === "place") { event.preventDefault(); save(); }
});
// What the page came with is kept already; what was typed while this file was on its way is not.
if (["notes", "place", "q"].some((name) => form.elements[name].value !== form.elements[name].defaultValue)) later();
else sent = String(typed());
