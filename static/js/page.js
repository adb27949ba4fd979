/* Behaviour of every page: dialogs for actions, countdowns by the server's clock, rows of forms. */
(() => {
  "use strict";

  const dialog = document.getElementById("dialog");

  /* Actions open in a dialog; without script the same link opens the same form as a page. */
  document.addEventListener("click", (event) => {
    const opener = event.target.closest("a[data-dialog]");
    if (opener && dialog && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
      event.preventDefault();
      window.htmx
        .ajax("GET", opener.href, { target: "#dialog", swap: "innerHTML", source: opener })
        .then(() => {
          dialog.showModal();
          const first = dialog.querySelector("input:not([type=hidden]), select, textarea, footer button.btn:last-child");
          if (first) first.focus();
        });
    }
    if (event.target.closest("[data-close]")) dialog.close();
    for (const menu of document.querySelectorAll("details.jb-menu[open]")) {
      if (!menu.contains(event.target)) menu.open = false;
    }
  });

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const menu of document.querySelectorAll("details.jb-menu[open]")) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
  });

  /* A form that was sent once must not be sent again by a second click. */
  document.addEventListener("submit", (event) => {
    const button = event.submitter;
    if (!button || event.target.hasAttribute("hx-post")) return;
    window.setTimeout(() => { button.disabled = true; }, 0);
    window.setTimeout(() => { button.disabled = false; }, 4000);
  });

  const english = document.documentElement.lang === "en";
  const say = english
    ? {
        denied: "Not permitted, or the session has ended. Reload the page and try again.",
        broken: "The server did not answer properly. Try again later; what you typed is still on the page.",
        offline: "No connection. Check it and try again; what you typed is still on the page.",
      }
    : {
        denied: "没有权限，或登录已过期。请刷新页面后重试。",
        broken: "服务器没有正常应答，请稍后再试；已填内容仍在页面上。",
        offline: "网络不通，请检查连接后再试；已填内容仍在页面上。",
      };
  document.addEventListener("htmx:responseError", (event) => announce(event.detail.xhr.status === 403 ? say.denied : say.broken));
  document.addEventListener("htmx:sendError", () => announce(say.offline));

  function announce(sentence) {
    const place = dialog && dialog.open ? dialog.querySelector(".jb-body") : document.getElementById("main");
    if (!place) return;
    const box = document.createElement("div");
    box.className = "jb-alert jb-alert-error";
    box.setAttribute("role", "alert");
    box.textContent = sentence;
    for (const old of place.querySelectorAll(":scope > .jb-alert[role=alert]")) old.remove();
    place.prepend(box);
  }

  /* Countdowns follow the server: the difference to this machine's clock is taken once. */
  const shift = Date.parse(document.documentElement.dataset.now) - Date.now();

  function left(seconds) {
    const days = Math.floor(seconds / 86400);
    const hours = Math.floor((seconds % 86400) / 3600);
    const minutes = Math.floor((seconds % 3600) / 60);
    const rest = Math.floor(seconds % 60);
    if (english) return days ? `${days} d ${hours} h left` : hours ? `${hours} h ${minutes} min left` : `${minutes} min ${rest} s left`;
    if (days) return `还剩 ${days} 天 ${hours} 小时`;
    return hours ? `还剩 ${hours} 小时 ${minutes} 分` : `还剩 ${minutes} 分 ${rest} 秒`;
  }

  function tick() {
    for (const node of document.querySelectorAll("time[data-countdown]")) {
      const seconds = (Date.parse(node.dateTime) - Date.now() - shift) / 1000;
      node.textContent = seconds > 0 ? left(seconds) : node.dataset.ended;
      const urgency = seconds <= 0 ? "over" : seconds < 172800 ? "near" : seconds < 604800 ? "soon" : "far";
      node.className = `jb-countdown jb-left-${urgency}`;
    }
  }
  if (document.querySelector("time[data-countdown]")) window.setInterval(tick, 1000);

  /* Filters send themselves when a choice changes; text waits for Enter or the button. */
  document.addEventListener("change", (event) => {
    const form = event.target.closest("form[data-auto]");
    if (form && event.target.tagName === "SELECT") form.requestSubmit();
  });

  /* Rows of a formset: the template row is copied with its number filled in. */
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-add-row]");
    if (!button) return;
    const prefix = button.dataset.addRow;
    const total = document.getElementById(`id_${prefix}-TOTAL_FORMS`);
    const blank = document.getElementById(`${prefix}-blank`);
    const copy = document.createElement("template");
    copy.innerHTML = blank.innerHTML.replaceAll("__prefix__", total.value);
    const row = copy.content.firstElementChild;
    document.getElementById(`${prefix}-rows`).append(row);
    total.value = String(Number(total.value) + 1);
    const first = row.querySelector("input:not([type=hidden]), select, textarea");
    if (first) first.focus();
  });

  /* Leaving a page with unsaved fields asks first. */
  let unsaved = false;
  document.addEventListener("input", (event) => {
    if (event.target.closest("form[data-guard]")) unsaved = true;
  });
  document.addEventListener("submit", () => { unsaved = false; });
  window.addEventListener("beforeunload", (event) => {
    if (unsaved) event.preventDefault();
  });
})();
