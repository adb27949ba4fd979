/* The bid beside the sheet: pages of its files as pictures, tabs, and how long the page is in use. */
(() => {
  "use strict";

  const view = document.querySelector(".jb-score");
  if (!view) return;
  const say = JSON.parse(document.getElementById("score-words").textContent);
  const fill = (sentence, values) => sentence.replace(/\{(\w+)\}/g, (_all, name) => values[name]);

  /* --- pages ------------------------------------------------------------------------------- */

  const reader = view.querySelector("[data-reader]");
  if (reader) {
    const files = reader.querySelector("select"), picture = reader.querySelector("[data-picture]");
    const where = reader.querySelector("[data-page]"), trouble = reader.querySelector("[data-trouble]");
    const zoom = reader.querySelector("[data-zoom]"), text = reader.querySelector("[data-text]");
    const details = text.closest("details");
    let page = 1, pages = 1, asked = 0;

    const address = () => `${files.value}${page}/`;

    function show() {
      const isWide = zoom.getAttribute("aria-pressed") === "true";
      where.textContent = fill(say.loading, { page });
      picture.src = `${address()}${isWide ? "?wide=1" : ""}`;
      picture.classList.toggle("is-wide", isWide);
      for (const button of reader.querySelectorAll("[data-turn]")) {
        const to = page + Number(button.dataset.turn);
        button.disabled = to < 1 || to > pages;
      }
      if (details.open) read();
    }

    async function read() {
      const mine = ++asked;
      const answer = await fetch(`${address()}text/`, { credentials: "same-origin" });
      const words = answer.ok ? (await answer.text()).trim() : "";
      if (mine === asked) text.textContent = words || say.no_text;
    }

    async function open() {
      page = pages = 1;
      show();
      try {
        const answer = await fetch(files.value, { credentials: "same-origin" });
        if (answer.ok) pages = (await answer.json()).pages;
      } catch { /* The picture says what is wrong. */ }
      for (const button of reader.querySelectorAll("[data-turn]")) button.disabled = page + Number(button.dataset.turn) < 1 || page + Number(button.dataset.turn) > pages;
      if (picture.complete && picture.naturalWidth) told();
    }

    function told() {
      where.textContent = fill(say.page, { page, pages });
      picture.alt = `${files.selectedOptions[0].textContent} ${where.textContent}`;
    }

    function turn(by) {
      const to = page + by;
      if (to < 1 || to > pages) return;
      page = to;
      reader.querySelector(".jb-reader-page").scrollTop = 0;
      show();
    }

    picture.addEventListener("load", () => { picture.hidden = false; trouble.hidden = true; told(); });
    picture.addEventListener("error", () => { picture.hidden = true; trouble.hidden = false; trouble.textContent = say.broken; });
    picture.addEventListener("contextmenu", (event) => event.preventDefault());
    picture.addEventListener("dragstart", (event) => event.preventDefault());
    files.addEventListener("change", open);
    details.addEventListener("toggle", () => { if (details.open) read(); });
    zoom.addEventListener("click", () => { zoom.setAttribute("aria-pressed", String(zoom.getAttribute("aria-pressed") !== "true")); show(); });
    reader.addEventListener("click", (event) => {
      const button = event.target.closest("[data-turn]");
      if (button) turn(Number(button.dataset.turn));
    });
    view.addEventListener("jb:turn", (event) => turn(event.detail));
    open();
  }

  /* --- tabs -------------------------------------------------------------------------------- */

  const tabs = [...view.querySelectorAll("[role=tab]")];

  function choose(tab) {
    for (const one of tabs) {
      const isOn = one === tab;
      one.setAttribute("aria-selected", String(isOn));
      one.tabIndex = isOn ? 0 : -1;
      document.getElementById(one.getAttribute("aria-controls")).hidden = !isOn;
    }
  }

  for (const tab of tabs) tab.addEventListener("click", () => choose(tab));
  view.querySelector("[role=tablist]")?.addEventListener("keydown", (event) => {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!by) return;
    const next = tabs[(tabs.indexOf(event.target) + by + tabs.length) % tabs.length];
    choose(next);
    next.focus();
  });
  view.addEventListener("jb:tab", () => {
    const at = tabs.findIndex((tab) => tab.getAttribute("aria-selected") === "true");
    if (tabs.length) choose(tabs[(at + 1) % tabs.length]);
  });

  /* --- seconds of use: in front, and somebody moves ------------------------------------------ */

  const form = view.querySelector("form[data-score]");
  if (!form) return;
  const BEAT = 15, IDLE = 60000;
  let seconds = 0, sum = 0, moved = Date.now();
  for (const kind of ["pointermove", "keydown", "wheel", "touchstart", "scroll"]) {
    document.addEventListener(kind, () => { moved = Date.now(); }, { passive: true, capture: true });
  }
  window.setInterval(() => {
    if (document.hidden || !document.hasFocus() || Date.now() - moved > IDLE) return;
    seconds += 1;
    if (seconds >= BEAT) beat();
  }, 1000);

  function beat() {
    if (!seconds) return;
    const body = new URLSearchParams({ seconds, csrfmiddlewaretoken: form.querySelector("[name=csrfmiddlewaretoken]").value });
    sum += seconds;
    seconds = 0;
    const used = view.querySelector("[data-used]");
    if (used && sum >= 60) used.textContent = fill(say.used, { minutes: Math.floor(sum / 60) });
    fetch(form.dataset.beat, { method: "POST", body, credentials: "same-origin", keepalive: true }).catch(() => {});
  }
  window.addEventListener("pagehide", beat);
  form.addEventListener("submit", beat);
})();
