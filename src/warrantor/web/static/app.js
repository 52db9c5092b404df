// Keys, the theme and forms that send themselves; every page works without this file.
"use strict";
(() => {
  const typing = (e) => e.isComposing || /^(INPUT|TEXTAREA|SELECT)$/.test(e.target.tagName) || e.target.isContentEditable;
  const rows = () => [...document.querySelectorAll("tbody a[data-row]")];
  const move = (by) => {
    const all = rows(), at = all.indexOf(document.activeElement);
    if (all.length) all[Math.min(all.length - 1, Math.max(0, at + by))].focus();
  };
  const help = () => document.getElementById("keys");
  document.addEventListener("keydown", (e) => {
    if (typing(e) || e.ctrlKey || e.metaKey || e.altKey) return;
    if (e.key === "/") {
      const box = document.querySelector("[data-search]");
      if (box) { e.preventDefault(); box.focus(); }
    } else if (e.key === "j") move(1);
    else if (e.key === "k") move(-1);
    else if (e.key === "?" && help()) help().showModal();
  });
  // The script that draws figures to be moved in is loaded once, when somebody asks for one.
  const drawer = () => window.warrantorChart ? Promise.resolve() : new Promise((done, failed) => {
    const script = document.createElement("script");
    script.src = document.body.dataset.chartScript;
    script.onload = done;
    script.onerror = failed;
    document.head.append(script);
  });
  const move_in = async (button) => {
    const figure = button.closest("figure"), still = figure.querySelector("[data-still]");
    button.disabled = true;
    const [answer] = await Promise.all([fetch(figure.dataset.chart, {headers: {accept: "application/json"}}), drawer()]);
    if (!answer.ok) { button.disabled = false; return; }
    const spec = await answer.json(), holder = document.createElement("div"), plot = document.createElement("div");
    holder.className = "live";
    holder.setAttribute("role", "img");
    holder.setAttribute("aria-label", spec.description);
    plot.dataset.plot = "";
    plot.setAttribute("aria-hidden", "true"); // the holder says it in a sentence; its table says it in numbers
    holder.append(plot);
    still.hidden = true;
    still.after(holder);
    await window.warrantorChart(holder, spec);
    figure.querySelector("[data-hint]").hidden = false;
    button.remove();
  };
  document.addEventListener("click", (e) => {
    const theme = e.target.closest("[data-theme-switch]");
    if (theme) {
      const root = document.documentElement;
      const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
      root.dataset.theme = dark ? "light" : "dark";
      document.cookie = `theme=${root.dataset.theme};path=/;max-age=31536000;samesite=lax`;
    }
    if (e.target.closest("[data-close]")) help().close();
    if (e.target.closest("[data-print]")) window.print();
    const live = e.target.closest("[data-live]");
    if (live) move_in(live);
  });
  // The server says when a job has moved; the part that shows it asks for itself again.
  const watched = () => document.querySelector("[data-told]");
  if (watched()) {
    const told = new EventSource("/jobs/events");
    told.addEventListener("jobs", (e) => {
      if (watched()) htmx.trigger(watched(), "told");
      if (e.data === "0") told.close();
    });
  }
  document.documentElement.classList.add("scripted");
})();
