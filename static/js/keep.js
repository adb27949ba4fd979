/* What is typed into a form is kept by this browser until the form has been taken by the server.
 *
 * An ended session, a lost network, a closed window or an Escape in a dialog costs nobody his words: when the form is
 * opened again, they are put back. A bid saves itself (autosave.js); this is for every other form. Only controls that
 * somebody touched are kept, each with the text the page had shown, so that the server still sees what others changed.
 */
(() => {
  "use strict";

  const user = document.body.dataset.user;
  if (!user) return;
  const english = document.documentElement.lang === "en";
  const say = english
    ? { back: "What you had typed on this computer and not yet saved has been put back.", drop: "Discard it" }
    : { back: "已恢复您在这台电脑上填写、尚未保存的内容。", drop: "不要这些内容" };
  const prefix = `jb-kept:${user}:`;
  const LONGEST = 7 * 86400 * 1000;
  const loaded = performance.getEntriesByType("navigation")[0];
  const isAnswered = !loaded || !loaded.responseStatus || loaded.responseStatus < 400;

  const isKept = (form) => form.method === "post" && (form.hasAttribute("data-guard") || form.hasAttribute("hx-post"));
  const keyOf = (form) => prefix + new URL(form.getAttribute("action") || "", location.href).pathname;
  const isText = (node) => node.name && !["hidden", "file", "password", "submit", "button"].includes(node.type);
  const named = (form, name) => [...form.elements].filter((node) => node.name === name);
  const valueOf = (node) => (node.type === "checkbox" || node.type === "radio" ? node.checked : node.value);
  /* Boxes of one name differ by their value. */
  const slot = (node) => (node.type === "checkbox" || node.type === "radio" ? `${node.name}=${node.value}` : node.name);

  function read(key) {
    try { return JSON.parse(localStorage.getItem(key)); } catch { return null; }
  }

  function write(key, entry) {
    try { localStorage.setItem(key, JSON.stringify(entry)); } catch { /* Full or forbidden: the page still holds it. */ }
  }

  const kept = () => Object.keys(localStorage).filter((key) => key.startsWith(prefix));

  function keep(form, node) {
    const entry = read(keyOf(form)) || { fields: {} };
    const shown = named(form, `initial-${node.name}`)[0];
    const before = entry.fields[slot(node)];
    entry.fields[slot(node)] = { value: valueOf(node), shown: before ? before.shown : shown && shown.value };
    const total = form.querySelector("[name$='-TOTAL_FORMS']");
    write(keyOf(form), { ...entry, at: Date.now(), sent: false, rows: total ? Number(total.value) : 0 });
  }

  function put(node, value) {
    if (typeof value === "boolean") node.checked = value;
    else node.value = value;
  }

  /* Rows that were added by hand are added again before they are filled in. */
  function addRows(form, wanted) {
    const total = form.querySelector("[name$='-TOTAL_FORMS']"), more = form.querySelector("[data-add-row]");
    for (let n = total && more ? Number(total.value) : wanted; n < wanted; n += 1) more.click();
  }

  function restore(form) {
    const key = keyOf(form), entry = read(key);
    if (!entry) return;
    if (form.querySelector(".jb-error, .jb-alert-error")) { refresh(form, key, entry); return; }
    addRows(form, entry.rows);
    let changed = false;
    for (const node of [...form.elements].filter(isText)) {
      const field = entry.fields[slot(node)];
      if (!field || valueOf(node) === field.value) continue;
      put(node, field.value);
      changed = true;
      const shown = named(form, `initial-${node.name}`)[0];
      if (shown && field.shown !== undefined) shown.value = field.shown;
    }
    if (!changed) { localStorage.removeItem(key); return; }
    write(key, { ...entry, sent: false });
    tell(form, key);
  }

  /* The page came back with what was sent and with its own idea of what is stored now. */
  function refresh(form, key, entry) {
    for (const node of [...form.elements].filter(isText)) {
      const shown = named(form, `initial-${node.name}`)[0];
      if (entry.fields[slot(node)]) entry.fields[slot(node)] = { value: valueOf(node), shown: shown && shown.value };
    }
    write(key, { ...entry, sent: false });
  }

  function tell(form, key) {
    const box = document.createElement("div"), words = document.createElement("div"), drop = document.createElement("button");
    box.className = "jb-alert jb-kept";
    box.setAttribute("role", "status");
    words.textContent = `${say.back} `;
    Object.assign(drop, { type: "button", className: "btn btn-sm", textContent: say.drop });
    drop.addEventListener("click", () => {
      localStorage.removeItem(key);
      form.reset();
      if (form.hasAttribute("hx-post")) box.remove();
      else location.assign(location.href);
    });
    words.append(drop);
    box.append(words);
    (form.querySelector(".jb-body, .card-body") || form).prepend(box);
  }

  const formsIn = (place) => [...place.querySelectorAll("form")].filter(isKept);

  for (const event of ["input", "change"]) {
    document.addEventListener(event, ({ target }) => {
      if (target.form && isText(target) && isKept(target.form)) keep(target.form, target);
    });
  }
  document.addEventListener("submit", ({ target }) => {
    const entry = isKept(target) && !target.hasAttribute("hx-post") && read(keyOf(target));
    if (entry) write(keyOf(target), { ...entry, sent: true });
  });
  document.addEventListener("htmx:afterRequest", ({ detail }) => {
    const form = detail.elt;
    if (form.tagName === "FORM" && isKept(form) && detail.xhr.status >= 200 && detail.xhr.status < 400) localStorage.removeItem(keyOf(form));
  });
  document.addEventListener("htmx:afterSwap", ({ detail }) => formsIn(detail.target.parentNode || document).forEach(restore));

  const here = formsIn(document);
  const open = new Set(here.map(keyOf));
  for (const key of kept()) {
    const entry = read(key);
    const isDone = entry && entry.sent && isAnswered && !open.has(key);
    if (!entry || isDone || Date.now() - entry.at > LONGEST) localStorage.removeItem(key);
  }
  here.forEach(restore);
})();
