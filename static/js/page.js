// Small behaviours bound by data attributes. Every form works without them.
(function () {
  "use strict";

  var BUSY_AFTER = 1000;   // ms: what takes longer says so
  var HUGE = 50 * 1048576; // bytes: the largest file the server takes

  function closest(event, selector) {
    return event.target.closest ? event.target.closest(selector) : null;
  }

  // --- a form is sent once, and one that takes longer than a second says so ---
  var busyTimer;
  function showBusy() {
    var bar = document.getElementById("busy");
    if (bar) busyTimer = window.setTimeout(function () { bar.hidden = false; }, BUSY_AFTER);
  }
  function hideBusy() {
    window.clearTimeout(busyTimer);
    var bar = document.getElementById("busy");
    if (bar) bar.hidden = true;
  }
  document.addEventListener("submit", function (event) {
    var form = event.target;
    if (event.defaultPrevented) return;
    if (form.dataset.sent) { event.preventDefault(); return; }
    if (form.getAttribute("method") === "post") {
      form.dataset.sent = "1";
      delete form.dataset.dirty;
      showBusy();
    }
  });
  window.addEventListener("pageshow", function () {
    hideBusy();
    document.querySelectorAll("form[data-sent]").forEach(function (form) { delete form.dataset.sent; });
  });

  // --- leaving a changed form asks first ---
  document.addEventListener("input", function (event) {
    var form = closest(event, "form[data-guard]");
    if (form) form.dataset.dirty = "1";
  });
  window.addEventListener("beforeunload", function (event) {
    if (document.querySelector("form[data-guard][data-dirty]")) event.preventDefault();
  });

  // --- typing is being there: the session stays open while somebody fills in a form, and no longer ---
  var ALIVE_EVERY = 300000; // ms
  var typed = 0, told = Date.now();
  document.addEventListener("input", function (event) {
    if (closest(event, "form[data-guard]")) typed = Date.now();
  });
  window.setInterval(function () {
    var token = document.querySelector("form[data-guard] [name=csrfmiddlewaretoken]");
    var now = Date.now();
    if (!token || now - typed > ALIVE_EVERY || now - told < ALIVE_EVERY) return;
    told = now;
    fetch("/accounts/alive/", { method: "POST", headers: { "X-CSRFToken": token.value }, credentials: "same-origin" }).catch(function () {});
  }, 60000);

  // --- what cannot be undone is said before it is done ---
  document.addEventListener("click", function (event) {
    var button = closest(event, "[data-confirm]");
    if (!button || button.dataset.sure) return;
    var dialog = document.getElementById("confirm");
    if (!dialog || !dialog.showModal) {
      if (!window.confirm(button.dataset.confirm)) event.preventDefault();
      return;
    }
    event.preventDefault();
    dialog.querySelector("h2").textContent = button.dataset.confirm;
    var yes = dialog.querySelector("[value=yes]");
    yes.textContent = button.textContent.trim();
    dialog.returnValue = "";
    dialog.onclose = function () {
      button.focus();
      if (dialog.returnValue !== "yes") return;
      button.dataset.sure = "1";
      button.click();
      delete button.dataset.sure;
    };
    dialog.showModal();
  });

  // --- choosing 是 opens the part below; the server opens it too when scripts are off ---
  function openPart(radio) {
    var part = document.getElementById(radio.dataset.opens);
    if (part) part.hidden = !(radio.checked && radio.value === "yes");
    if (part) part.parentNode.classList.toggle("answered-no", radio.checked && radio.value === "no");
  }
  document.addEventListener("change", function (event) {
    if (event.target.dataset && event.target.dataset.opens) openPart(event.target);
  });

  // --- copy a text to the clipboard ---
  document.addEventListener("click", function (event) {
    var button = closest(event, "[data-copy]");
    if (!button) return;
    var source = document.getElementById(button.dataset.copy);
    source.hidden = false;
    source.select();
    document.execCommand("copy");
    button.textContent = button.dataset.copied;
  });

  // --- put a name where the cursor stands in a text ---
  document.addEventListener("click", function (event) {
    var button = closest(event, "[data-insert]");
    if (!button) return;
    var field = document.getElementById(button.dataset.into);
    field.focus();
    field.setRangeText(button.dataset.insert, field.selectionStart, field.selectionEnd, "end");
    field.dispatchEvent(new Event("input", { bubbles: true }));
  });

  // --- files: what was chosen, how large, and how much of it has arrived ---
  function size(bytes) {
    return bytes < 1048576 ? Math.ceil(bytes / 1024) + " KB" : (bytes / 1048576).toFixed(1) + " MB";
  }
  document.addEventListener("change", function (event) {
    var input = event.target;
    if (input.type !== "file") return;
    var list = input.parentNode.querySelector(".chosen");
    if (!list) {
      list = document.createElement("ul");
      list.className = "chosen";
      list.setAttribute("aria-live", "polite");
      input.insertAdjacentElement("afterend", list);
    }
    list.textContent = "";
    Array.prototype.forEach.call(input.files, function (file) {
      var row = document.createElement("li");
      row.textContent = file.name + "　" + size(file.size);
      if (file.size > HUGE) { row.className = "late"; row.textContent += "　超过 50 MB，请换一个小些的文件"; }
      list.appendChild(row);
    });
  });
  ["dragenter", "dragover", "dragleave", "drop"].forEach(function (name) {
    document.addEventListener(name, function (event) {
      if (event.target.type === "file") event.target.classList.toggle("over", name === "dragenter" || name === "dragover");
    });
  });
  document.addEventListener("htmx:xhr:progress", function (event) {
    var bar = event.target.querySelector && event.target.querySelector("progress[data-upload]");
    if (!bar || !event.detail.lengthComputable) return;
    bar.hidden = false;
    bar.max = event.detail.total;
    bar.value = event.detail.loaded;
  });
  // A form sent by htmx shows the server's answer whatever it is, and starts like a new page.
  document.addEventListener("htmx:beforeSwap", function (event) {
    if (event.detail.boosted) { event.detail.shouldSwap = true; event.detail.isError = false; }
  });
  document.addEventListener("htmx:sendError", function (event) {
    if (event.target.dataset && event.target.dataset.autosave) return; // says so itself, and tries again
    hideBusy();
    var notice = document.getElementById("offline");
    if (notice) notice.hidden = false;
    document.querySelectorAll("form[data-sent]").forEach(function (form) { delete form.dataset.sent; form.dataset.dirty = "1"; });
  });
  document.addEventListener("htmx:afterSettle", function (event) {
    if (event.target === document.body) { hideBusy(); start(); }
  });

  // --- ticking rows: one box ticks the page, and how many are ticked is said ---
  function ticks(form) { return document.querySelectorAll("input[name=pk][form=" + form + "]"); }
  function tellTicked(form) {
    var words = document.querySelector("[data-ticked=" + form + "]");
    var boxes = Array.prototype.slice.call(ticks(form));
    var on = boxes.filter(function (box) { return box.checked; }).length;
    var whole = document.querySelector("[data-ticks=" + form + "]");
    if (words) words.textContent = on ? "已选 " + on + " 件" : "勾选后办理";
    if (whole) { whole.checked = on > 0 && on === boxes.length; whole.classList.toggle("some", on > 0 && on < boxes.length); }
  }
  document.addEventListener("change", function (event) {
    var form = event.target.dataset && event.target.dataset.ticks;
    if (form) ticks(form).forEach(function (box) { box.checked = event.target.checked; });
    else form = event.target.name === "pk" && event.target.getAttribute("form");
    if (form) tellTicked(form);
  });

  // --- lists by keyboard: J and K walk the rows, X ticks, Enter opens what has the focus ---
  function rows() {
    return Array.prototype.filter.call(document.querySelectorAll("main .table tbody tr, main .duties > li"), function (row) { return row.querySelector("a"); });
  }
  document.addEventListener("keydown", function (event) {
    if (event.ctrlKey || event.metaKey || event.altKey || closest(event, "input, textarea, select, dialog, [contenteditable]")) return;
    if (document.documentElement.dataset.letterKeys === "off") return;
    var key = event.key.toLowerCase();
    if (key !== "j" && key !== "k" && key !== "x") return;
    var all = rows();
    var at = all.indexOf(document.querySelector(".here"));
    if (key === "x") {
      var tick = at >= 0 && all[at].querySelector("input[type=checkbox]");
      if (tick) tick.click();
      return;
    }
    var next = all[Math.min(Math.max(at + (key === "j" ? 1 : -1), 0), all.length - 1)];
    if (!next) return;
    if (at >= 0) all[at].classList.remove("here");
    next.classList.add("here");
    (next.querySelector("a.title") || next.querySelector("a")).focus();
    next.scrollIntoView({ block: "nearest" });
  });

  // --- at the start, and after a form came back without a new page ---
  function start() {
    document.querySelectorAll("[data-opens]:checked").forEach(openPart);
    document.querySelectorAll("[data-ticks]").forEach(function (box) { box.hidden = false; tellTicked(box.dataset.ticks); });
    var summary = document.querySelector(".error-summary:not([hidden])");
    if (summary) summary.focus(); // after a failed submit the reader starts at the summary
  }
  start();
})();
