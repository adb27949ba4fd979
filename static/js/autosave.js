/* A form (of a bid, a score sheet) saves itself, field by field, while somebody types.
 *
 * Every keystroke goes into a queue that this browser keeps (cell-store.js) before anything is sent, so that a
 * closed window, an ended session or a lost network loses nothing. One request is under way at a time. What
 * others wrote meanwhile comes back with each answer; where both changed the same, both texts are shown.
 */
(() => {
  "use strict";

  const form = document.querySelector("form[data-autosave]");
  if (!form) return;
  /* The form is handed in when everything is saved, instead of going on to another page. */
  const hands = form.dataset.handsIn !== undefined;
  const { autosave: url, bid, user, onward, overview, login } = form.dataset;
  const english = document.documentElement.lang === "en";
  const client = crypto.randomUUID ? crypto.randomUUID() : uuid();
  const store = window.jbCellStore(`jb-cells:${bid}:${user}`, client);
  const PAUSE = 800, POLL = 10000;
  const say = english
    ? {
        saved: (at) => `All saved at ${at}`, saving: "Saving…", idle: "What you type is saved by itself",
        offline: (n) => `No connection: ${n} field(s) kept on this computer and sent once it is back`,
        session: (n) => `Signed out: ${n} field(s) kept on this computer.`, again: "Sign in again (new window)",
        conflict: (who) => `${who || "Somebody"} changed this field, too:`, mine: "Keep mine", theirs: "Take theirs",
        newer: (who) => `${who} has just changed this field`, settle: "Please settle the marked fields first.",
        empty: "(empty)",
      }
    : {
        saved: (at) => `已全部保存 ${at}`, saving: "正在保存…", idle: "边填边自动保存，不用点保存",
        offline: (n) => `网络不通：${n} 项已存在这台电脑上，恢复后自动上传`,
        session: (n) => `登录已过期：${n} 项已存在这台电脑上。`, again: "重新登录（新窗口）",
        conflict: (who) => `${who || "另一位填写人"}也改了这一项：`, mine: "用我填的", theirs: "用对方的",
        newer: (who) => `${who}刚刚改了这一项`, settle: "请先处理标出的栏目。",
        empty: "（空）",
      };

  let csrf = form.querySelector("[name=csrfmiddlewaretoken]").value;
  let seq = Number(form.dataset.seq);
  let timer = 0, wait = 0, sending = null, trouble = "", refused = "";
  /* What the server holds, by path, as far as this window knows. */
  const known = new Map();
  /* Typed and not yet answered: path → {base, text, id}. `held` waits for a decision between two texts.
   * One that was `tried` may have arrived although no answer came: it is sent again under its number, and what
   * was typed since comes `after` it. */
  const queue = new Map();

  function uuid() {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    bytes[6] = (bytes[6] & 15) | 64;
    bytes[8] = (bytes[8] & 63) | 128;
    const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    return hex.replace(/(.{8})(.{4})(.{4})(.{4})(.{12})/, "$1-$2-$3-$4-$5");
  }

  const keep = () => store.keep(queue);

  const controls = () => [...form.querySelectorAll("input, select, textarea")].filter(isCell);
  const isCell = (node) => node.name && !["csrfmiddlewaretoken", "seen_seq"].includes(node.name) && !node.name.startsWith("before-") && node.type !== "submit" && !node.closest("template");
  const control = (path) => controls().find((node) => node.name === path);
  const textOf = (node) => (node.type === "checkbox" ? (node.checked ? "on" : "") : node.value.replace(/\r\n?/g, "\n"));

  function show(node, text) {
    if (node.type === "checkbox") node.checked = text === "on";
    else node.value = text;
    if (node.name.endsWith("-DELETE")) node.closest("tr").hidden = text === "on";
  }

  /* Sums and counts of the page follow what was shown without typing. */
  const told = (node) => node.dispatchEvent(new CustomEvent("jb:shown", { bubbles: true }));

  function typed(node) {
    const path = node.name, text = textOf(node), entry = queue.get(path);
    if (path.endsWith("-DELETE")) node.closest("tr").hidden = node.checked;
    if (entry && entry.held !== undefined) entry.text = text;
    else if (entry && entry.tried) queue.set(path, { base: entry.discarded ? entry.base : entry.text, text, id: uuid(), after: entry });
    else if (entry && entry.after && text === entry.base) queue.set(path, entry.after);
    else if (entry) Object.assign(entry, { text, id: uuid() });
    else queue.set(path, { base: known.get(path) ?? "", text, id: uuid() });
    const now = queue.get(path);
    if (!now.tried && !now.after && now.held === undefined && now.text === now.base) queue.delete(path);
    keep();
    tell();
  }

  function later(pause) {
    window.clearTimeout(timer);
    timer = window.setTimeout(send, pause);
  }

  const due = () => [...queue].filter(([, entry]) => entry.held === undefined);

  function send() {
    window.clearTimeout(timer);
    if (sending) return sending;
    const batch = due().map(([path, entry]) => [path, entry.after || entry]);
    if (!batch.length) { tell(); return Promise.resolve(); }
    for (const [, entry] of batch) entry.tried = true;
    keep();
    sending = post(batch).finally(() => {
      sending = null;
      if (due().length) later(trouble ? (wait = Math.min(30000, (wait || 1000) * 2)) : 0);
    });
    tell();
    return sending;
  }

  async function post(batch) {
    const changes = batch.map(([path, entry]) => ({ path, base: entry.base, text: entry.text, id: entry.id, discarded: Boolean(entry.discarded) }));
    const body = JSON.stringify({ user: Number(user), client, since: seq, changes });
    try {
      let answer = await call("POST", body);
      if (answer.status === 403) {
        // Signing in anew has changed the token.
        const fresh = await call("GET");
        if (fresh.ok) csrf = (await fresh.json()).csrf;
        answer = fresh.ok ? await call("POST", body) : fresh;
      }
      if (!answer.ok) return await failed(answer);
      trouble = refused = "";
      wait = 0;
      take(await answer.json(), new Map(batch));
    } catch {
      trouble = "offline";
    }
    tell();
  }

  function call(method, body) {
    const address = method === "GET" ? `${url}?since=${seq}` : url;
    return fetch(address, { method, body, credentials: "same-origin", headers: { "X-CSRFToken": csrf, "Content-Type": "application/json" } });
  }

  async function failed(answer) {
    trouble = answer.status === 401 ? "session" : answer.status === 409 || answer.status === 400 ? "refused" : "offline";
    if (trouble === "refused") {
      try { refused = (await answer.json()).detail; } catch { trouble = "offline"; }
    }
    tell();
  }

  function take(state, batch) {
    csrf = form.elements.csrfmiddlewaretoken.value = state.csrf;
    seq = Math.max(seq, state.seq);
    for (const one of state.written) {
      const sent = batch.get(one.path), entry = queue.get(one.path), node = control(one.path);
      if (one.outcome === "conflict") {
        queue.set(one.path, { base: one.text, text: entry.text, id: uuid(), held: one.text, who: one.by });
        if (node) ask(node);
        continue;
      }
      if (one.outcome === "refused") { fault(node, one.fault); queue.delete(one.path); continue; }
      known.set(one.path, one.text);
      if (entry === sent) {
        queue.delete(one.path);
        if (node && textOf(node) === sent.text) show(node, one.text);
      } else if (entry) {
        delete entry.after;
      }
      fault(node, one.fault);
    }
    for (const cell of state.cells) {
      if (queue.has(cell.path)) continue;
      const node = control(cell.path) || newRow(cell.path);
      const before = known.get(cell.path) ?? "";
      known.set(cell.path, cell.text);
      if (!node) continue;
      fault(node, cell.fault);
      if (before !== cell.text && textOf(node) === before) {
        show(node, cell.text);
        told(node);
        if (!cell.is_mine) hint(node, say.newer(cell.by));
      }
    }
    keep();
    tell();
  }

  const place = (node) => node.closest(".jb-field") || node.closest("td") || node.parentNode;

  function fault(node, sentence) {
    if (!node) return;
    const id = `${node.id}_error`, old = document.getElementById(id);
    node.classList.toggle("is-invalid", Boolean(sentence));
    if (sentence) node.setAttribute("aria-invalid", "true");
    else node.removeAttribute("aria-invalid");
    if (old && !sentence) old.remove();
    if (!sentence) return;
    const box = old || document.createElement("div");
    box.id = id;
    box.className = "jb-error";
    box.textContent = sentence;
    if (!old) place(node).append(box);
    const described = new Set((node.getAttribute("aria-describedby") || "").split(" ").filter(Boolean)).add(id);
    node.setAttribute("aria-describedby", [...described].join(" "));
  }

  function hint(node, sentence) {
    const box = document.createElement("div");
    box.className = "jb-newer";
    box.setAttribute("role", "status");
    box.textContent = sentence;
    place(node).append(box);
    window.setTimeout(() => box.remove(), 8000);
  }

  /* Two texts for one field: side by side, until its user has chosen. */
  function ask(node) {
    const entry = queue.get(node.name);
    place(node).querySelector(".jb-conflict")?.remove();
    const box = document.createElement("div");
    box.className = "jb-conflict";
    box.setAttribute("role", "alert");
    const who = document.createElement("b"), theirs = document.createElement("blockquote");
    who.textContent = say.conflict(entry.who);
    const option = node.tagName === "SELECT" && [...node.options].find((one) => one.value === entry.held);
    theirs.textContent = option ? option.textContent : entry.held || say.empty;
    box.append(who, theirs);
    for (const [label, isMine] of [[say.mine, true], [say.theirs, false]]) {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "btn btn-sm";
      button.textContent = label;
      button.dataset.choose = isMine ? "mine" : "theirs";
      button.addEventListener("click", () => {
        known.set(node.name, entry.held);
        box.remove();
        queue.delete(node.name);
        const change = { base: entry.held, text: entry.text, id: uuid() };
        // What is given up goes into the history all the same.
        if (entry.text !== entry.held) queue.set(node.name, isMine ? change : { ...change, discarded: true, tried: true });
        if (!isMine) show(node, entry.held);
        told(node);
        keep();
        node.focus();
        send();
      });
      box.append(button);
    }
    place(node).append(box);
  }

  /* A partner that somebody else has added. */
  function newRow(path) {
    const found = /^partner-([0-9a-z]+)-/.exec(path);
    if (!found || !document.getElementById("partner-blank")) return null;
    addRow(found[1]);
    return control(path);
  }

  function addRow(key) {
    const copy = document.createElement("template");
    copy.innerHTML = document.getElementById("partner-blank").innerHTML.replaceAll("__key__", key);
    const row = copy.content.firstElementChild;
    document.getElementById("partner-rows").append(row);
    return row;
  }

  function tell() {
    const bar = form.querySelector("[data-save-state]");
    const left = queue.size;
    let sentence = say.idle, tone = "idle";
    if (trouble === "session") [sentence, tone] = [say.session(left), "bad"];
    else if (trouble === "offline" || (left && !navigator.onLine)) [sentence, tone] = [say.offline(left), "bad"];
    else if (trouble === "refused") [sentence, tone] = [refused, "bad"];
    else if (left && !due().length) [sentence, tone] = [say.settle, "bad"];
    else if (left) [sentence, tone] = [say.saving, "busy"];
    else if (known.size && bar.dataset.tone) [sentence, tone] = [say.saved(new Date().toLocaleTimeString(english ? "en-GB" : "zh-CN", { hour12: false })), "good"];
    if (!left && bar.dataset.tone === "good") return;
    bar.dataset.tone = tone;
    bar.textContent = sentence;
    if (trouble === "session") {
      const link = document.createElement("a");
      Object.assign(link, { href: login, target: "_blank", textContent: say.again });
      bar.append(" ", link);
    }
  }

  /* Begin: what the page shows is what the server holds; what this browser still keeps is put back on top. */
  for (const node of form.querySelectorAll("input[type=hidden][name^='before-']")) known.set(node.name.slice(7), node.value.replace(/\r\n?/g, "\n"));
  // A browser that puts back what a field once held shows neither what was typed last nor what is stored.
  if (form.dataset.fresh !== undefined) {
    for (const [path, text] of known) {
      const node = control(path);
      if (node && textOf(node) !== text) { show(node, text); told(node); }
    }
  }
  store.adopt((path, entry) => {
    const node = control(path) || newRow(path);
    if (!node || queue.has(path)) return false;
    queue.set(path, entry);
    show(node, entry.text);
    told(node);
    if (entry.held !== undefined) ask(node);
    return true;
  }, () => {
    keep();
    tell();
    if (due().length) later(0);
  });
  tell();

  form.addEventListener("input", (event) => { if (isCell(event.target)) { typed(event.target); later(PAUSE); } });
  form.addEventListener("change", (event) => { if (isCell(event.target)) { typed(event.target); later(0); } });
  form.addEventListener("focusout", () => { if (due().length) later(0); });
  form.addEventListener("click", (event) => {
    if (!event.target.closest("[data-add-partner]")) return;
    addRow(`n${uuid().replaceAll("-", "").slice(0, 12)}`).querySelector("select").focus();
  });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const goal = event.submitter && event.submitter.name === "stay" ? overview : onward;
    trouble = "";
    if (sending) await sending;
    while (due().length && !trouble) await send();
    const wrong = form.querySelector(hands ? ".jb-conflict button" : ".jb-conflict button, .is-invalid");
    if (!queue.size && !wrong && hands) {
      form.elements.seen_seq.value = seq;
      HTMLFormElement.prototype.submit.call(form);
      return;
    }
    if (!queue.size && !wrong) { window.location.assign(goal); return; }
    if (wrong) wrong.focus();
    if (!trouble) form.querySelector("[data-save-state]").textContent = say.settle;
  });

  async function look() {
    if (document.hidden || sending) return;
    if (due().length) { send(); return; }
    try {
      const answer = await call("GET");
      if (answer.ok) { trouble = trouble === "refused" ? trouble : ""; take(await answer.json(), new Map()); }
      else if (answer.status === 401) { trouble = "session"; tell(); }
    } catch { trouble = "offline"; tell(); }
  }
  window.setInterval(look, POLL);
  window.addEventListener("online", () => { trouble = ""; wait = 0; send(); });
  window.addEventListener("focus", look);
  window.addEventListener("pageshow", (event) => { if (event.persisted) look(); });
  document.addEventListener("visibilitychange", look);
  window.addEventListener("pagehide", keep);
})();
