"use strict";
// Comfort for who has scripts: keys, warnings, pages that refresh a part of themselves. Every page works
// without it. Never: a figure, a rule, a name kept in the browser.
(() => {
  const body = document.body;
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const first = (selector, root = document) => root.querySelector(selector);
  const signedIn = body.hasAttribute("data-session");

  // Makes an element: attributes, then words or other elements.
  const make = (name, attributes, ...inside) => {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.append(...inside);
    return made;
  };

  // What to do when the server has just heard of this session.
  let heard = () => {};

  // Fetches another state of a page. Null when one is sent elsewhere, or it is refused.
  const fetched = async (address, signal) => {
    const answer = await fetch(address, { redirect: "manual", credentials: "same-origin", signal });
    if (!answer.ok) return null;
    heard();
    return new DOMParser().parseFromString(await answer.text(), "text/html");
  };

  // What is kept between pages: preferences only; a browser may refuse to keep them.
  const kept = (key) => { try { return localStorage.getItem(key); } catch { return null; } };
  const keep = (key, value) => { try { localStorage.setItem(key, value); } catch { /* not kept */ } };

  // --- what is wrong with a form is read first ------------------------------------------------------
  first("main .fault[tabindex]")?.focus();

  // --- a form is sent once --------------------------------------------------------------------------
  const sent = new Set();
  const free = (form) => {
    sent.delete(form);
    all("button[data-sent]", form).forEach((button) => { button.disabled = false; button.removeAttribute("data-sent"); });
  };
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.method !== "post") return;
    if (sent.has(form)) return event.preventDefault();
    sent.add(form);
    // After the browser has read the form: a button that is off is not sent.
    setTimeout(() => all("button:not([disabled])", form).forEach((button) => { button.disabled = true; button.dataset.sent = ""; }));
    // A file that was given leaves the page as it is.
    setTimeout(() => free(form), 8000);
  });
  addEventListener("pageshow", () => [...sent].forEach(free));

  // --- a long work tells how far it is --------------------------------------------------------------
  const job = first("[data-job]");
  if (job) {
    const look = async () => {
      const page = await fetched(location.href).catch(() => undefined);
      // Nobody answers: it may come back.
      if (page === undefined) return void setTimeout(look, 3000);
      const now = page && first("[data-job]", page);
      // It is over, or failed: the page says it.
      if (!now) return location.reload();
      for (const part of all("[data-part]", now)) {
        const here = first(`[data-part="${part.dataset.part}"]`, job);
        if (!here) return location.reload();
        if (here.textContent !== part.textContent) here.textContent = part.textContent;
        if (part.hasAttribute("value")) { here.max = part.max; here.value = part.value; }
      }
      setTimeout(look, 1000);
    };
    setTimeout(look, 1000);
  }

  // --- the verdict follows the question -------------------------------------------------------------
  const live = first("[data-live]");
  const question = live && first('main form[method="get"]');
  if (question) {
    let waiting, asking, last = "";
    const address = () => {
      const query = new URLSearchParams();
      for (const [key, value] of new FormData(question)) if (value !== "") query.append(key, value);
      return `${question.action.split(/[?#]/)[0]}?${query}`;
    };
    // What depends on a choice is in the form itself: it is read again, and the focus stays.
    const choose = (page) => {
      const form = page && first('main form[method="get"]', page);
      if (!form) return;
      const focused = document.activeElement?.id;
      question.replaceChildren(...form.childNodes);
      if (focused) document.getElementById(focused)?.focus();
    };
    const ask = async (chose) => {
      const there = address();
      if (there === last) return;
      last = there;
      asking?.abort();
      asking = new AbortController();
      try {
        const page = await fetched(chose ? there : `${there}&fragment=1`, asking.signal);
        const answer = page && first("[data-live]", page);
        if (!answer) return;
        if (chose) choose(page);
        live.replaceChildren(...answer.childNodes);
        history.replaceState(null, "", there);
      } catch { /* asked again since, or the network is away: the button remains */ }
    };
    const soon = (chose) => {
      clearTimeout(waiting);
      waiting = setTimeout(() => ask(chose), chose ? 0 : 400);
    };
    question.addEventListener("input", () => soon(false));
    question.addEventListener("change", (event) => soon(event.target.matches("select")));
  }

  // --- long tables are filtered as one types --------------------------------------------------------
  const folded = (words) => words.normalize("NFD").replace(/[\u0300-\u036f]/g, "").replace(/\s/g, " ").toLowerCase();
  all("main .scroll > table").forEach((table, rank) => {
    const rows = all("tbody > tr:not(.heading, .subtotal, .total)", table);
    if (rows.length < 12) return;
    const field = make("input", { type: "search", id: `filtre-${rank}`, autocomplete: "off" });
    const count = make("span", { class: "note", role: "status" });
    const label = make("label", { for: field.id }, "Filtrer les lignes affichées");
    table.parentElement.before(make("p", { class: "filter noprint" }, label, field, count));
    field.addEventListener("input", () => {
      const wanted = folded(field.value.trim());
      let shown = 0;
      for (const row of rows) {
        row.hidden = !folded(row.textContent).includes(wanted);
        if (!row.hidden) shown += 1;
      }
      count.textContent = wanted ? `${shown} sur ${rows.length} ; les totaux restent ceux de toutes les lignes` : "";
    });
  });

  // --- the end of the session is announced ----------------------------------------------------------
  const idle = Number(body.dataset.session);
  if (signedIn && idle > 0) {
    const notice = make("div", { class: "session noprint", role: "alert", hidden: "" });
    body.append(notice);
    let timers = [];
    const say = (...words) => { notice.replaceChildren(...words); notice.hidden = false; };
    const stay = make("button", { type: "button" }, "Rester connecté");
    const restart = () => {
      timers.forEach(clearTimeout);
      notice.hidden = true;
      const soon = "Votre session se ferme dans 3 minutes, faute d'activité. Ce qui n'est pas envoyé serait perdu. ";
      const over = "Votre session est terminée. Recopiez ce que vous aviez écrit, puis ";
      const again = make("a", { href: location.pathname + location.search }, "connectez-vous");
      timers = [
        setTimeout(() => say(soon, stay), (idle - 180) * 1000),
        setTimeout(() => say(over, again, "."), idle * 1000),
      ];
    };
    heard = () => { restart(); keep("denier.vu", String(Date.now())); };
    stay.addEventListener("click", async () => {
      if (await fetched("/compte").catch(() => null)) first("main").focus();
    });
    // Another tab of the same session was at work.
    addEventListener("storage", (event) => event.key === "denier.vu" && restart());
    heard();
  }

  // --- keys -----------------------------------------------------------------------------------------
  const OFF = "denier.touches";
  let areOn = kept(OFF) !== "non";
  const dialog = make("dialog", { "aria-labelledby": "touches" });
  const help = () => {
    const list = make("dl", { class: "facts" });
    const key = (keys, words) => {
      const names = keys.split(" ").flatMap((name) => [make("kbd", {}, name), " "]);
      list.append(make("dt", {}, ...names), make("dd", {}, words));
    };
    key("/", "chercher une personne");
    all(".menu [data-key]").forEach((link) => key(`g ${link.dataset.key}`, link.textContent));
    key("j k", "ligne suivante, ligne précédente d'un tableau");
    key("Ctrl Entrée", "envoyer le formulaire où l'on écrit");
    key("?", "cette liste");
    const box = make("input", { type: "checkbox", id: "touches-actives" });
    box.checked = areOn;
    box.addEventListener("change", () => { areOn = box.checked; keep(OFF, areOn ? "oui" : "non"); });
    const close = make("button", { type: "button" }, "Fermer");
    close.addEventListener("click", () => dialog.close());
    const label = make("label", { class: "check", for: box.id }, box, "Raccourcis d'une touche");
    dialog.replaceChildren(make("h2", { id: "touches" }, "Raccourcis du clavier"), list, label, close);
    if (!dialog.isConnected) body.append(dialog);
    dialog.showModal();
  };
  const opens = make("button", { type: "button", class: "noprint" }, "Raccourcis du clavier");
  opens.addEventListener("click", help);
  first(".foot p:last-of-type")?.append(" · ", opens);

  const rowsWithLinks = () => all("main tbody tr").filter((row) => !row.hidden && first("a[href]", row));
  const step = (by) => {
    const rows = rowsWithLinks();
    const here = rows.indexOf(document.activeElement?.closest("tr"));
    const next = here < 0 ? (by > 0 ? 0 : rows.length - 1) : here + by;
    const link = rows[next] && first("a[href]", rows[next]);
    link?.focus();
    return Boolean(link);
  };

  let going = 0;
  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      const form = document.activeElement?.closest("form");
      if (form) { event.preventDefault(); form.requestSubmit(); }
      return;
    }
    const typing = event.target.closest?.("input, select, textarea, [contenteditable], dialog");
    if (typing || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    const inRow = document.activeElement?.closest("main tbody tr");
    const arrow = inRow && { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (arrow) return void (step(arrow) && event.preventDefault());
    if (!areOn) return;
    const went = going;
    going = 0;
    if (went && Date.now() - went < 1500) {
      const link = first(`.menu [data-key="${CSS.escape(event.key)}"]`);
      if (link) { event.preventDefault(); link.click(); }
      return;
    }
    const field = first("#recherche");
    if (event.key === "/" && field) { event.preventDefault(); field.focus(); field.select(); }
    else if (event.key === "g") going = Date.now();
    else if (event.key === "j" || event.key === "k") step(event.key === "j" ? 1 : -1);
    else if (event.key === "?") { event.preventDefault(); help(); }
  });
})();
