/* Files go from the browser straight to the object store: digest, promise, PUT, completion. */

for (const panel of document.querySelectorAll("[data-files]")) {
  if (panel.querySelector("[data-uploader]")) connect(panel);
}

function connect(panel) {
  const uploader = panel.querySelector("[data-uploader]");
  const say = JSON.parse(uploader.querySelector("script[type='application/json']").textContent);
  const token = uploader.querySelector("[name=csrfmiddlewaretoken]").value;
  const slot = uploader.querySelector("[data-slot]");
  const input = uploader.querySelector("[data-input]");
  const list = uploader.querySelector("[data-uploads]");
  const live = uploader.querySelector("[data-announce]");
  const remembered = `said-${panel.id}`;
  let running = 0;
  let arrived = [];

  /* What was said before the page was read anew, said again to who listens. */
  const said = window.sessionStorage.getItem(remembered);
  if (said) {
    window.sessionStorage.removeItem(remembered);
    window.setTimeout(() => { live.textContent = said; }, 300);
  }

  input.addEventListener("change", async () => {
    const files = [...input.files];
    input.value = "";
    for (const file of files) await send(file, slot.value, row(file.name));
  });

  panel.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-remove]");
    if (!button || !window.confirm(fill(say.confirm, { name: button.dataset.name }))) return;
    button.disabled = true;
    try {
      await call("DELETE", button.dataset.remove);
      again(fill(say.removed, { name: button.dataset.name }));
    } catch (problem) {
      button.disabled = false;
      row(button.dataset.name).fail(problem.message);
    }
  });

  async function send(file, slotValue, shown) {
    running += 1;
    try {
      refuseAtOnce(file);
      shown.say(say.digest);
      const sha256 = await digest(file);
      const promise = { holder: panel.dataset.holder, id: Number(panel.dataset.id), slot: slotValue, name: file.name, size: file.size, sha256 };
      const ticket = await call("POST", panel.dataset.begin, promise);
      await put(ticket.upload_url, file, shown);
      shown.say(say.checking);
      await call("POST", ticket.complete_url, {});
      shown.done();
      arrived.push(file.name);
    } catch (problem) {
      shown.fail(problem.message, () => send(file, slotValue, shown));
    }
    running -= 1;
    if (running === 0 && arrived.length && !list.querySelector(".failed, .busy")) {
      again(fill(say.uploaded, { names: arrived.join("、") }));
      arrived = [];
    }
  }

  function refuseAtOnce(file) {
    const extension = `.${file.name.split(".").pop().toLowerCase()}`;
    if (!panel.dataset.accept.split(",").includes(extension)) throw new Error(fill(say.badKind, { name: file.name, kinds: panel.dataset.kinds }));
    if (file.size === 0) throw new Error(fill(say.empty, { name: file.name }));
    if (file.size > Number(panel.dataset.max)) throw new Error(fill(say.tooLarge, { name: file.name }));
    if (!window.crypto || !window.crypto.subtle) throw new Error(say.insecure);
  }

  async function digest(file) {
    let bytes;
    try {
      bytes = await file.arrayBuffer();
    } catch {
      throw new Error(fill(say.unreadable, { name: file.name }));
    }
    const hash = await window.crypto.subtle.digest("SHA-256", bytes);
    return [...new Uint8Array(hash)].map((b) => b.toString(16).padStart(2, "0")).join("");
  }

  async function call(method, url, body) {
    let answer;
    try {
      answer = await fetch(url, { method, headers: { "X-CSRFToken": token, "Content-Type": "application/json" }, body: body && JSON.stringify(body), credentials: "same-origin" });
    } catch {
      throw new Error(say.server);
    }
    if (answer.status === 204) return null;
    const isJson = (answer.headers.get("Content-Type") || "").includes("json");
    const read = isJson ? await answer.json() : {};
    if (!answer.ok) throw new Error(read.detail || say.server);
    return read;
  }

  /* XMLHttpRequest, because fetch tells nothing of the progress of what is sent. */
  function put(url, file, shown) {
    return new Promise((resolve, reject) => {
      const request = new XMLHttpRequest();
      request.open("PUT", url);
      request.upload.addEventListener("progress", (event) => {
        if (event.lengthComputable) shown.progress(event.loaded / event.total);
      });
      request.addEventListener("load", () => {
        if (request.status >= 200 && request.status < 300) resolve();
        else reject(new Error(fill(say.refusedByStore, { name: file.name, status: request.status })));
      });
      request.addEventListener("error", () => reject(new Error(fill(say.network, { name: file.name }))));
      request.send(file);
    });
  }

  function row(name) {
    const item = document.createElement("li");
    const title = document.createElement("b");
    const buttons = document.createElement("span");
    const bar = document.createElement("progress");
    const says = document.createElement("span");
    item.className = "busy";
    title.textContent = name;
    buttons.className = "buttons";
    bar.max = 1;
    bar.setAttribute("aria-label", name);
    says.className = "says";
    item.append(title, buttons, bar, says);
    list.append(item);
    return {
      say(sentence) {
        item.className = "busy";
        buttons.replaceChildren();
        bar.hidden = false;
        bar.removeAttribute("value");
        says.textContent = sentence;
      },
      progress(part) {
        bar.value = part;
        says.textContent = `${say.sending} ${Math.round(part * 100)}%`;
      },
      done() {
        item.className = "done";
        bar.hidden = true;
        says.textContent = say.done;
        live.textContent = `${name} ${say.done}`;
      },
      fail(sentence, retry) {
        item.className = "failed";
        bar.hidden = true;
        says.textContent = sentence;
        live.textContent = sentence;
        buttons.replaceChildren();
        if (retry) buttons.append(button(say.retry, name, retry));
        buttons.append(button(say.dismiss, name, () => item.remove()));
      },
    };
  }

  function button(label, name, action) {
    const made = document.createElement("button");
    made.type = "button";
    made.className = "btn btn-sm";
    made.textContent = label;
    made.setAttribute("aria-label", `${label} ${name}`);
    made.addEventListener("click", action);
    return made;
  }

  /* The page is read anew: its list of what is missing has changed, too. */
  function again(sentence) {
    window.sessionStorage.setItem(remembered, sentence);
    window.location.reload();
  }
}

function fill(sentence, values) {
  return sentence.replace(/\{(\w+)\}/g, (_whole, name) => values[name]);
}
