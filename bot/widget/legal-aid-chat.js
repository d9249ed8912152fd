// <legal-aid-chat>: the conversation on any web page. One module, shadow DOM, no build step, no request but to its own
// service. Attributes: region (GB/T 2260 code), base (service address, default: where this file came from), exit (where
// “快速离开” leads). What must not be left behind on a shared computer lives in sessionStorage only.

const STYLE = `
:host{--fs:1rem;--ink:#1b1f24;--soft:#50565e;--paper:#fff;--field:#f4f6f8;--line:#767c84;--hair:#d9dde2;--deep:#12497f;
--on:#fff;--mine:#e3eefa;--warn:#a3170f;--warnbg:#fdf0ee;--focus:#b35900;display:block;color:var(--ink);
font:400 var(--fs)/1.65 system-ui,"PingFang SC","Microsoft YaHei","Noto Sans CJK SC","Noto Sans SC",sans-serif}
@media (prefers-color-scheme:dark){:host{--ink:#e9ecef;--soft:#b3bac2;--paper:#171b20;--field:#20262d;--line:#8b939c;
--hair:#353c45;--deep:#9cc8f5;--on:#0d1420;--mine:#1f3a56;--warn:#ffb4ab;--warnbg:#3a1a17;--focus:#ffb766}}
:host([data-size=large]){--fs:1.5rem}
:host([data-contrast=high]){--ink:#fff;--soft:#fff;--paper:#000;--field:#000;--line:#fff;--hair:#fff;--deep:#ffe34d;--on:#000;
--mine:#000;--warn:#ffe34d;--warnbg:#000;--focus:#0ff}
*{box-sizing:border-box}
.box{display:flex;flex-direction:column;block-size:100%;min-block-size:26rem;background:var(--paper);
border:1px solid var(--line);border-radius:10px;overflow:hidden}
header{display:flex;flex-wrap:wrap;gap:.4em;align-items:center;padding:.55em .7em;border-block-end:1px solid var(--hair)}
h2{flex:1 1 9em;margin:0;font-size:1.05em;line-height:1.3}h2 small{display:block;font-weight:400;font-size:.8em;color:var(--soft)}
.box{container-type:inline-size}.tools{display:flex;flex-wrap:wrap;gap:.35em}
@container (max-width:30em){h2{flex-basis:100%}.tools button{padding:.3em .55em}
header{padding:.4em .6em}form{padding:.4em .6em}label{white-space:nowrap;overflow:hidden;text-overflow:ellipsis}}
button{font:inherit;line-height:1.3;min-block-size:2.75rem;min-inline-size:2.75rem;padding:.35em .75em;color:var(--deep);
background:var(--paper);border:1px solid var(--deep);border-radius:8px;cursor:pointer;overflow-wrap:anywhere}
button:hover{text-decoration:underline}button[aria-pressed=true],button.main{background:var(--deep);color:var(--on)}
button.exit{border-color:var(--warn);color:var(--warn)}button:disabled{opacity:.6;cursor:default}
:focus-visible{outline:3px solid var(--focus);outline-offset:2px}
.log{flex:1;min-block-size:0;overflow-y:auto;padding:.8em .8em .3em;overscroll-behavior:contain}
ol{list-style:none;margin:0;padding:0}
li{margin:0 0 .8em;max-inline-size:min(100%,38em);inline-size:fit-content}
li>.say{padding:.55em .8em;border-radius:4px 12px 12px 12px;background:var(--field);border:1px solid var(--hair)}
li.citizen{margin-inline-start:auto;max-inline-size:88%}
li.citizen>.say{background:var(--mine);border-radius:12px 4px 12px 12px}
li.person>.say{border-inline-start:4px solid var(--deep)}
li.safety>.say{background:var(--warnbg);border:2px solid var(--warn);font-weight:600}
li.verdict>.say,li.receipt>.say{border:1px solid var(--deep);border-inline-start-width:6px}
.say p{margin:0;overflow-wrap:anywhere;white-space:pre-wrap}.say p+p{margin-block-start:.3em}.say p.part{margin-block-start:.7em;
padding-block-start:.7em;border-block-start:1px solid var(--hair)}.say p.head{font-weight:700;margin-block-start:.7em}
.say p.item{padding-inline-start:1.1em;text-indent:-1.1em;margin-block-start:.1em}.say p.source{font-size:.88em;color:var(--soft)}.who{display:block;font-size:.8em;color:var(--soft)}
.say a{color:var(--warn);font-size:1.1em;font-weight:700}
.tag{display:inline-block;margin:0 0 .3em;padding:.05em .6em;border-radius:99px;background:var(--deep);color:var(--on);font-weight:600}
.ref{display:block;margin:.3em 0;font:700 1.25em/1.4 ui-monospace,Consolas,monospace;letter-spacing:.04em;user-select:all}
details{margin:.45em 0 0;border-block-start:1px solid var(--hair);padding-block-start:.3em;font-size:.92em}
summary{cursor:pointer;color:var(--deep);min-block-size:1.8em;overflow-wrap:anywhere}
blockquote{margin:.3em 0;padding:.1em .8em;border-inline-start:3px solid var(--line);white-space:pre-wrap;overflow-wrap:anywhere}
dl{margin:.2em 0;display:grid;grid-template-columns:auto 1fr;gap:0 .8em}dt{color:var(--soft)}dd{margin:0;overflow-wrap:anywhere}
.choices{display:flex;flex-wrap:wrap;gap:.45em;margin:.5em 0 0}
.choices button{text-align:start}
.state{margin:0;padding:.1em .9em;min-block-size:1.8em;font-size:.88em;color:var(--soft)}
form{display:flex;flex-wrap:wrap;gap:.5em;padding:.6em .7em;border-block-start:1px solid var(--hair)}
label{flex-basis:100%;font-size:.88em;color:var(--soft)}
textarea{flex:1 1 8em;min-inline-size:0;min-block-size:2.75rem;max-block-size:9em;resize:vertical;font:inherit;padding:.45em .6em;
color:inherit;background:var(--paper);border:1px solid var(--line);border-radius:8px}
.hide{position:absolute;inline-size:1px;block-size:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
@media (prefers-reduced-motion:no-preference){.log{scroll-behavior:smooth}li{animation:in .18s ease-out}@keyframes in{from{opacity:0;transform:translateY(4px)}}}
@media (forced-colors:active){li>.say,button{border:1px solid}}
@media print{header .tools,form,.choices,.state{display:none}.log{overflow:visible}.box{block-size:auto}}
`;

const STANDING = {
  in_force: "现行有效", historical: "历史文件", plan_ended: "计划期已过", superseded: "已被新规定取代", unknown: "效力待核实",
};
const VERDICT = { likely: "可能符合", needs_person: "需要人工判断", unlikely: "可能不符合" };
const WHO = { bot: "自动助手", person: "工作人员", citizen: "您", system: "系统提示" };
const HOLDER = { waiting: "已经替您叫了工作人员，请稍等；等的时候可以继续问我。", person: "工作人员正在接待您。", typing: "工作人员正在写……", closed: "" };
const KEPT = "legal-aid-chat";
const MODES = "legal-aid-chat-modes";
const OPEN = { open: "按资料开着", closed: "按资料没开", by_appointment: "要预约", unknown: "开没开说不准" };
const NUMBERS = /(?<!\d)(12110\d{3}|12\d{3}|1(?:10|19|20)|96110)(?!\d)/g;
const TAKEN = "image/jpeg,image/png,image/webp,application/pdf";
const SILENCE = 45000; // the server gives a sign of life every 15 s
const POLL = 4000;
const SIGN = 3000; // one key counts for so long
const TURN = 1500; // what comes within so short a while of one another is one turn

const sheet = new CSSStyleSheet();
sheet.replaceSync(STYLE);

function h(tag, props, ...children) {
  const node = document.createElement(tag);
  for (const [key, value] of Object.entries(props ?? {})) {
    if (value === undefined || value === false) continue;
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else node.setAttribute(key, value === true ? "" : value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

// Storage may be forbidden (private windows, strict settings); the conversation then simply is not resumed.
function keep(store, key, value) {
  try {
    if (value === null) window[store].removeItem(key);
    else window[store].setItem(key, JSON.stringify(value));
  } catch { /* not kept */ }
}
function kept(store, key) {
  try { return JSON.parse(window[store].getItem(key)); } catch { return null; }
}

function uuid() {
  if (crypto.randomUUID) return crypto.randomUUID(); // absent on plain http
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

class Problem extends Error {
  constructor(status, body) {
    super(body?.detail ?? body?.title ?? "");
    this.status = status;
  }
}

class LegalAidChat extends HTMLElement {
  static observedAttributes = ["region"];
  #seen = new Set();
  #last = 0;
  #first = null;
  #shown = 0;
  #pending = [];
  #sending = 0;
  #session = null;
  #opening = null;
  #stop = null;
  #ui = {};
  #held = "bot";
  #read = 0;
  #joined = 0;
  #typed = 0;
  #still = 0;

  constructor() {
    super();
    this.attachShadow({ mode: "open" }).adoptedStyleSheets = [sheet];
  }

  connectedCallback() {
    if (!this.#ui.log) this.#build();
    this.#start();
  }

  disconnectedCallback() {
    this.#stop?.abort();
    clearTimeout(this.#still);
  }

  attributeChangedCallback(_name, before, after) {
    if (this.#ui.log && before !== after && this.isConnected) this.restart();
  }

  /** Forget this conversation and begin a new one. */
  restart() {
    this.#stop?.abort();
    keep("sessionStorage", KEPT, null);
    this.#session = this.#opening = null;
    this.#seen.clear();
    this.#last = this.#read = this.#joined = 0;
    this.#pending = [];
    this.#ui.list.replaceChildren();
    this.#start();
  }

  get #base() {
    return new URL(this.getAttribute("base") ?? "/", import.meta.url).href.replace(/\/$/, "");
  }

  #build() {
    const ui = this.#ui;
    ui.list = h("ol");
    // A scrolling region must be reachable by keyboard.
    ui.log = h("div", { class: "log", role: "log", "aria-live": "polite", "aria-label": "对话记录", tabindex: "0" }, ui.list);
    ui.state = h("p", { class: "state", role: "status" });
    ui.input = h("textarea", { id: "text", rows: "1", maxlength: "4000", autocomplete: "off", enterkeyhint: "send",
      oninput: () => this.#typing(),
      onkeydown: (event) => {
        const composing = event.isComposing || event.keyCode === 229; // Enter that ends an input method's word
        if (event.key === "Enter" && !event.shiftKey && !composing) { event.preventDefault(); ui.form.requestSubmit(); }
      } });
    ui.form = h("form", { onsubmit: (event) => {
      event.preventDefault();
      const text = ui.input.value.trim();
      if (!text) return;
      ui.input.value = "";
      this.#send({ text }, text);
      this.#rest();
    } }, h("label", { for: "text" }, "请说说您遇到了什么事（不用留姓名）"), ui.input,
      h("button", { type: "button", "aria-label": "发照片或文件", onclick: () => ui.file.click() }, "照片"), h("button", { class: "main" }, "发送"));
    // Never shown, and out of the way of the keyboard: the button above opens it.
    ui.file = h("input", { type: "file", accept: TAKEN, hidden: true, onchange: () => {
      const [file] = ui.file.files;
      if (file) this.#send({ file }, file.type.startsWith("image/") ? "［发来一张图片］" : "［发来一个文件］");
      ui.file.value = "";
      this.#rest();
    } });
    ui.form.append(ui.file);
    const modes = kept("localStorage", MODES) ?? {};
    this.shadowRoot.append(h("section", { class: "box", "aria-labelledby": "title" },
      h("header", {},
        h("h2", { id: "title" }, "法律援助咨询", h("small", {}, "自动助手，不是律师")),
        h("div", { class: "tools" },
          h("button", { type: "button", class: "exit", onclick: () => this.#exit() }, "快速离开"),
          h("button", { type: "button", onclick: () => this.#send({ payload: '{"act":"human"}' }, "转人工") }, "转人工"),
          this.#mode("size", "large", "大字", modes),
          this.#mode("contrast", "high", "高对比", modes))),
      ui.log, ui.state, ui.form));
    document.addEventListener("visibilitychange", () => this.#looked());
  }

  #mode(name, value, title, modes) {
    const button = h("button", { type: "button", onclick: () => set(!this.dataset[name]) }, title);
    const set = (on) => {
      if (on) this.dataset[name] = value; else delete this.dataset[name];
      button.setAttribute("aria-pressed", String(on));
      keep("localStorage", MODES, { ...kept("localStorage", MODES), [name]: on });
      this.#scroll();
    };
    set(Boolean(modes[name]));
    return button;
  }

  #exit() {
    keep("sessionStorage", KEPT, null);
    this.#ui.list.replaceChildren();
    location.replace(this.getAttribute("exit") ?? "about:blank");
  }

  // ---- talking to the service

  async #call(path, { method = "GET", body, headers = {}, signal } = {}) {
    const response = await fetch(this.#base + path, {
      method, signal, cache: "no-store", referrerPolicy: "no-referrer", credentials: "omit",
      headers: { ...(body && { "Content-Type": body instanceof Blob ? body.type || "application/octet-stream" : "application/json" }),
        ...(this.#session && { Authorization: `Bearer ${this.#session.token}` }), ...headers },
      body: body instanceof Blob ? body : body && JSON.stringify(body),
    });
    if (!response.ok) throw new Problem(response.status, await response.json().catch(() => null));
    return response;
  }

  #start() {
    this.#opening ??= this.#open().catch(() => {
      this.#opening = null;
      this.#offline(() => this.#start());
    });
    return this.#opening;
  }

  async #open() {
    this.#stop = new AbortController();
    const { signal } = this.#stop;
    const region = this.getAttribute("region") || undefined;
    const before = kept("sessionStorage", KEPT);
    this.#say("");
    this.#session = before?.region === region ? before : null; // another place, another conversation
    if (this.#session) {
      try {
        const past = await (await this.#call(`/api/v1/conversations/${this.#session.id}/messages?after=0`, { signal })).json();
        past.messages.forEach((message) => this.#follow(message, { quiet: true }));
        this.#holder(past.holder);
      } catch (error) {
        if (!(error instanceof Problem)) throw error;
        this.#session = null; // unknown or closed by the service: begin anew
      }
    }
    if (!this.#session) {
      const answer = await this.#call("/api/v1/conversations", { method: "POST", body: { channel: "web", region, locale: "zh-CN" }, signal });
      const opened = await answer.json();
      this.#session = { id: opened.id, token: opened.token, region };
      keep("sessionStorage", KEPT, this.#session);
      opened.messages.forEach((message) => this.#follow(message));
    }
    this.#listen(signal);
  }

  async #send(body, words, { id = uuid(), bubble = this.#bubble(words) } = {}) {
    this.#clearChoices();
    this.#sending += 1;
    this.#say(body.file ? "正在传……" : "正在查……");
    try {
      await this.#start();
      if (!this.#session) throw new TypeError("no session");
      const [to, what] = body.file ? [`attachments?client_id=${id}`, body.file] : ["messages", { client_id: id, ...body }];
      const answer = await this.#call(`/api/v1/conversations/${this.#session.id}/${to}`, { method: "POST", body: what });
      const { messages, holder } = await answer.json();
      messages.forEach((message) => this.#show(message));
      this.#sending -= 1;
      // A person may have come while the answer was on its way: it no longer knows who holds the thread.
      this.#holder(messages.some((message) => message.seq < this.#joined) ? "person" : holder);
    } catch (error) {
      this.#sending -= 1;
      this.#say("");
      const lost = error instanceof Problem && (error.status === 401 || error.status === 404);
      const text = lost ? "这次对话已经结束。" : error instanceof Problem && error.message ? error.message
        : "没有发出去，可能是网络断了。急事请直接打 12348，危险打 110。";
      const again = lost ? ["重新开始", () => this.restart()] : ["再发一次", () => this.#send(body, words, { id, bubble })];
      const note = h("div", { class: "choices", role: "alert" }, h("span", {}, text),
        h("button", { type: "button", onclick: () => { note.remove(); again[1](); } }, again[0]));
      bubble.append(note);
      note.scrollIntoView({ block: "nearest" });
    }
  }

  // Live messages: a stream read with fetch, so that the token stays out of addresses; polling where streams fail.
  async #listen(signal) {
    let failures = 0;
    while (!signal.aborted) {
      try {
        if (failures < 3) await this.#stream(signal, () => { failures = 0; });
        else { await this.#poll(signal); await pause(POLL, signal); continue; }
        failures += 1; // a stream that ended is opened again, but not in a hurry
      } catch (error) {
        if (signal.aborted) return;
        if (error instanceof Problem && [401, 403, 404].includes(error.status)) return;
        failures += 1;
      }
      await pause(Math.min(15000, 500 * 2 ** failures) * (0.7 + Math.random() / 2), signal);
    }
  }

  async #stream(signal, alive) {
    const ours = new AbortController();
    const stop = () => ours.abort();
    signal.addEventListener("abort", stop, { once: true });
    let watch = setTimeout(stop, SILENCE);
    try {
      const answer = await this.#call(`/api/v1/conversations/${this.#session.id}/events`,
        { signal: ours.signal, headers: { Accept: "text/event-stream", "Last-Event-ID": String(this.#last) } });
      const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
      for (let rest = ""; ;) {
        const { value, done } = await reader.read();
        if (done) return;
        alive();
        clearTimeout(watch);
        watch = setTimeout(stop, SILENCE);
        const events = (rest + value).split(/\r?\n\r?\n/);
        rest = events.pop();
        for (const event of events) {
          const named = /^event: ?(.+)$/m.exec(event)?.[1];
          const data = event.split(/\r?\n/).filter((line) => line.startsWith("data:")).map((line) => line.slice(5)).join("\n");
          if (data.trim() && named === "signs") this.#signs(JSON.parse(data));
          else if (data.trim()) this.#follow(JSON.parse(data));
        }
      }
    } finally {
      clearTimeout(watch);
      signal.removeEventListener("abort", stop);
    }
  }

  async #poll(signal) {
    const answer = await this.#call(`/api/v1/conversations/${this.#session.id}/messages?after=${this.#last}`, { signal });
    const { messages, holder } = await answer.json();
    messages.forEach((message) => this.#follow(message));
    if (!this.#sending) this.#holder(holder);
  }

  // ---- showing

  // What comes in order moves the place from which to go on. The answer to a post does not: a staff member's words may
  // lie before it, still unread.
  #follow(message, options) {
    this.#last = Math.max(this.#last, message.seq);
    this.#show(message, options);
  }

  #show(message, { quiet = false } = {}) {
    if (this.#seen.has(message.seq)) return;
    this.#seen.add(message.seq);
    if (message.from === "citizen" && this.#pending.length) {
      this.#pending.shift().dataset.seq = message.seq; // our own words, already on the screen as they were typed
      return;
    }
    if (message.from === "person" && !quiet) {
      this.#joined = message.seq;
      this.#holder("person");
    }
    this.#looked();
    this.#clearChoices();
    const item = h("li", { class: `${message.from} ${message.kind}`, "data-seq": message.seq }, this.#content(message));
    const next = [...this.#ui.list.children].find((each) => Number(each.dataset.seq) > message.seq);
    this.#ui.list.insertBefore(item, next ?? null);
    this.#scroll(item);
  }

  #content(message) {
    const say = h("div", { class: "say" });
    say.append(h("span", { class: message.from === "person" ? "who" : "hide" }, `${WHO[message.from] ?? ""}：`));
    if (message.verdict) say.append(h("span", { class: "tag" }, VERDICT[message.verdict.outcome]));
    if (message.reference) say.append(h("strong", { class: "ref" }, message.reference));
    // The sources stand below, to be unfolded: the line that names them is for channels of bare text.
    const words = message.citations ? message.text.replace(/\n?^出处：.*$/gmu, "") : message.text;
    say.append(...lines(words, ["safety", "handover"].includes(message.kind) || message.directions ? dialable : (line) => [line]));
    if (message.question?.why) say.append(h("details", {}, h("summary", {}, "为什么问"), h("p", {}, message.question.why)));
    (message.citations ?? []).forEach((each) => say.append(citation(each)));
    (message.directions?.offices ?? []).forEach((each) => say.append(office(each)));
    const choices = message.choices ?? [];
    if (choices.length && message.from !== "citizen") {
      say.append(h("div", { class: "choices", role: "group", "aria-label": "可以这样回答" }, ...choices.map((choice) =>
        h("button", { type: "button", onclick: () => { this.#send({ payload: choice.payload }, choice.title); this.#rest(); } }, choice.title))));
    }
    return say;
  }

  #bubble(words) {
    const item = h("li", { class: "citizen text" }, h("div", { class: "say" }, h("span", { class: "hide" }, "您："), h("p", {}, words)));
    this.#pending.push(item);
    this.#ui.list.append(item);
    this.scrollIntoView({ block: "nearest" }); // the page may stand so that only the field is in view
    this.#scroll(item);
    return item;
  }

  // After something was sent: on a touch screen the keyboard goes, so that there is room to read; elsewhere one types on.
  #rest() {
    (matchMedia("(pointer: coarse)").matches ? this.#ui.log : this.#ui.input).focus({ preventScroll: true });
  }

  // Only the newest question can be answered by a tap; older buttons would answer the wrong one.
  #clearChoices() {
    this.#ui.list.querySelectorAll(".choices[role=group]").forEach((each) => each.remove());
  }

  // While a person is there, each side sees that the other reads and writes. A mark that is lost is no harm.
  #sign(body) {
    if (!this.#session || this.#held !== "person") return;
    this.#call(`/api/v1/conversations/${this.#session.id}/signs`, { method: "POST", body }).catch(() => {});
  }

  #looked() {
    if (document.hidden || this.#last <= this.#read || this.#held !== "person") return;
    this.#read = this.#last;
    this.#sign({ read: this.#read });
  }

  #typing() {
    if (Date.now() - this.#typed < SIGN) return;
    this.#typed = Date.now();
    this.#sign({ typing: true });
  }

  #signs({ read = 0, typing = false }) {
    clearTimeout(this.#still);
    if (typing) {
      this.#holder("typing");
      this.#still = setTimeout(() => this.#holder("person"), 2 * SIGN);
    } else if (this.#ui.state.textContent === HOLDER.typing) this.#holder("person");
    const mine = [...this.#ui.list.querySelectorAll("li.citizen[data-seq]")].filter((each) => Number(each.dataset.seq) <= read).pop();
    if (mine && !mine.querySelector(".read")) {
      this.#ui.list.querySelectorAll(".read").forEach((each) => each.remove());
      mine.append(h("span", { class: "who read" }, "工作人员已看到"));
    }
  }

  #holder(holder) {
    this.#held = holder === "typing" ? "person" : holder;
    this.#looked();
    if (!this.#sending) this.#say(HOLDER[holder] ?? "");
  }

  #say(text) {
    if (this.#ui.state.textContent !== text) this.#ui.state.textContent = text;
  }

  #offline(again) {
    this.#say("连不上服务，正在重试。急事请直接打 12348，危险打 110。");
    setTimeout(() => { if (this.isConnected) again(); }, POLL);
  }

  // A turn is read from its first line, however long it is and however many messages it has; what fits is shown whole.
  #scroll(item) {
    const { log } = this.#ui;
    if (item) {
      const now = performance.now();
      if (!this.#first?.isConnected || this.#first.matches(".citizen") || item.matches(".citizen") || now - this.#shown > TURN) this.#first = item;
      this.#shown = now;
    }
    if (log && this.#first) log.scrollTop += this.#first.getBoundingClientRect().top - log.getBoundingClientRect().top - 8;
  }
}

// Text comes as plain lines; a little typography makes a long one readable: items, headings, sources, parts.
function lines(text, inline) {
  const paragraphs = [];
  let part = false;
  for (const line of text.split("\n")) {
    if (!line.trim()) { part = true; continue; }
    const style = part ? "part" : line.startsWith("· ") ? "item" : line.startsWith("出处：") ? "source" : line.length < 24 && line.endsWith("：") ? "head" : "";
    paragraphs.push(h("p", { class: style || undefined }, ...inline(line)));
    part = false;
  }
  return paragraphs;
}

function citation(cite) {
  const rows = [["文号", cite.number], ["条款", cite.clause], ["成文日期", cite.issued], ["效力", STANDING[cite.standing]],
    ["核实", cite.verified_on && `${cite.verified_by} ${cite.verified_on}`]];
  const about = [cite.issued && `${cite.issued} 成文`, STANDING[cite.standing]].filter(Boolean).join("，");
  return h("details", {}, h("summary", {}, `看原文：《${cite.document.replace(/[《》]/g, "")}》${cite.clause}（${about}）`),
    cite.quote ? h("blockquote", {}, cite.quote) : null,
    h("dl", {}, ...rows.filter(([, value]) => value).flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, value)])));
}

// What is on file of one office, as a card to unfold; what is missing is named, an own number can be tapped.
function office(each) {
  const rows = [["地址", each.address], ["电话", each.phone && h("a", { href: `tel:${each.phone.replace(/[^0-9]/g, "")}` }, each.phone)],
    ["时间", each.hours], ["来源", each.source], ["核实", each.checked === "verified" ? each.verified_on : "未核实"]];
  return h("details", { class: "office" }, h("summary", {}, `${each.name}（${OPEN[each.open]}）`),
    h("dl", {}, ...rows.flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, value || "资料里没有")])));
}

// Emergency numbers can be tapped; 12110… is reached by text message.
function dialable(text) {
  return text.split(NUMBERS).map((part, index) =>
    index % 2 ? h("a", { href: `${part.startsWith("12110") ? "sms" : "tel"}:${part}` }, part) : part);
}

function pause(ms, signal) {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => { clearTimeout(timer); resolve(); }, { once: true });
  });
}

customElements.define("legal-aid-chat", LegalAidChat);
