// Language, theme, deep links, the column that is dragged, and the presenter's view.
const root = document.documentElement;
const find = (selector) => document.querySelector(selector);
const all = (selector, within = document) => [...within.querySelectorAll(selector)];

// --- language and theme
const tags = JSON.parse(find("#language").dataset.tags);  // of each language, for HTML
const languages = Object.keys(tags);
function setLanguage(language) {
  const seen = document.elementFromPoint(innerWidth / 3, innerHeight / 3)?.closest("tr, figure, dl, section, main");
  const before = seen?.getBoundingClientRect().top;
  root.dataset.language = language;
  root.lang = tags[language];
  for (const element of all("[data-words]"))
    element.setAttribute(element.dataset.words, element.getAttribute(`data-${language}`));
  if (stage.screens) fit();
  else if (seen) scrollBy({ top: seen.getBoundingClientRect().top - before, behavior: "instant" });
}
find("#language").onclick = () => {
  const here = languages.indexOf(root.dataset.language);
  setLanguage(languages[(here + 1) % languages.length]);
};

for (const button of all("button[data-way]"))
  button.onclick = () => {
    root.dataset.way = button.dataset.way;
    for (const other of all("button[data-way]"))
      other.setAttribute("aria-pressed", other.dataset.way === root.dataset.way);
    if (stage.screens) fit();
  };

find("#theme").onclick = () => {
  const dark = root.dataset.theme
    ? root.dataset.theme === "dark"
    : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "light" : "dark";
};

// --- what a link leads to stands below the header, however many lines that has
new ResizeObserver(([header]) => {
  root.style.setProperty("--header", `${header.target.offsetHeight}px`);
}).observe(find(".bar"));

// --- links: #p30, #p17, #pseudo_loss-66, #p30?q=1,2,3,4,5
function follow() {
  const [name, query] = decodeURIComponent(location.hash.slice(1)).split("?");
  find(".contents").open = false;
  const target = name && document.getElementById(name);
  if (query) setColumn(new URLSearchParams(query).get("q").split(",").map(Number));
  if (!target) return;
  for (let element = target; element; element = element.parentElement)
    if (element.tagName === "DETAILS") element.open = true;
  (query ? find("#column") : target).scrollIntoView();
}
addEventListener("hashchange", follow);
document.addEventListener("click", (event) => {
  if (!event.target.closest(".contents")) find(".contents").open = false;
});

// --- the column
const batch = JSON.parse(find("#column-data").textContent);
const LIMIT = 5;
const number = (value, digits = 2) => {
  const text = Math.abs(value) < 0.5 * 10 ** -digits ? (0).toFixed(digits) : value.toFixed(digits);
  return text.replace("-", "\u2212");
};
const table = find(".column tbody");
const labelOf = (name) => `<span class="label">${find(`#head-${name}`).innerHTML}</span>`;  // on a phone
batch.states.forEach((state, i) => {
  const row = table.insertRow();
  row.innerHTML = `<td>${labelOf("state")}<code>(${state.map((x) => number(x, 1)).join(", ")})</code></td>
    <td>${labelOf("action")}<code>${batch.actions[i].indexOf(1)}</code></td>
    <td class="drag">${labelOf("q-value")}<label><input type="range" min="${-LIMIT}" max="${LIMIT}" step="0.1"><output></output></label></td>
    <td class="label">${find("#head-probability").innerHTML}</td>
    ${["before", "after", "literal"].map((name) => `<td class="${name}">${labelOf(name)}<span class="value"></span></td>`).join("")}`;
  const input = row.querySelector("input");
  const label = (language) => find("#column").getAttribute(`data-${language}`).replace("{sample}", i + 1);
  input.setAttribute("aria-label", label(root.dataset.language));
  input.dataset.words = "aria-label";
  for (const language of languages) input.setAttribute(`data-${language}`, label(language));
  input.oninput = () => { column[i] = Number(input.value); show(); };
  input.onchange = remember;
});

let column = [...batch.q_values];

function setColumn(values) {
  if (values.length !== batch.q_values.length || !values.every(Number.isFinite)) return;
  column = values.map((q) => Math.max(-LIMIT, Math.min(LIMIT, q)));
  show();
}

function remember() {
  const values = column.map((q) => Number(q.toFixed(4))).join(",");
  history.replaceState(null, "", `#p30?q=${values}`);
}

function fill(matrix, values) {
  matrix.innerHTML = `<tbody>${values.map((row) =>
    `<tr>${row.map((one) => `<td>${number(one)}</td>`).join("")}</tr>`).join("")}</tbody>`;
}

function show() {
  const found = consequences(batch, column);
  [...table.rows].forEach((row, i) => {
    const action = batch.actions[i].indexOf(1);
    const input = row.querySelector("input");
    input.value = column[i];
    const at = (q) => `${50 + 50 * q / LIMIT}%`;
    input.style.setProperty("--low", at(Math.min(0, column[i])));
    input.style.setProperty("--high", at(Math.max(0, column[i])));
    row.querySelector("output").textContent = number(column[i]);
    const was = found.before[i][action];
    row.querySelector(".before .value").textContent = number(was);
    for (const [name, after] of [[".after", found.after], [".literal", found.afterLiteral]]) {
      const now = after[i][action];
      const arrow = Math.abs(now - was) < 0.005 ? "\u00a0" : now > was ? "↑" : "↓";
      row.querySelector(`${name} .value`).textContent = `${number(now)} ${arrow}`;
    }
  });
  fill(find("#right-gradient"), found.right);
  fill(find("#literal-gradient"), found.literal);
  find("#mean").textContent = number(found.mean);
  find("#cosine").textContent = Number.isNaN(found.cosine) ? "–" : number(found.cosine);
  find("#column").consequences = found;  // in full precision, for whoever asks
}
find("#ones").onclick = () => { setColumn(column.map(() => 1)); remember(); };
find("#normalize").onclick = () => { setColumn(normalized(column)); remember(); };
find("#reset").onclick = () => { setColumn(batch.q_values); remember(); };

// --- the presenter's view: screens in the lecture's order, and p. 30 line by line
const stage = { screens: null, index: 0, row: -1 };

function enter() {
  const pages = all("[data-page]").sort((a, b) => parseInt(a.id.slice(1)) - parseInt(b.id.slice(1)));
  for (const page of pages) if (page.tagName === "DETAILS") page.open = true;
  stage.screens = pages.flatMap((page) => all(".screen", page));
  const here = document.getElementById(location.hash.slice(1).split("?")[0]) || find("#p29");
  const page = here.closest("[data-page]") || find("#p29");
  stage.index = stage.screens.indexOf(page.querySelector(".screen"));
  stage.row = -1;
  root.classList.add("presenting");
  find(".stage-foot").hidden = false;
  document.activeElement.blur();  // the keys are the presenter's, not the button's
  root.requestFullscreen?.().catch(() => {});
  arrive();
}

function leave() {
  if (!stage.screens) return;
  const page = stage.screens[stage.index].closest("[data-page]");
  for (const screen of stage.screens) {
    screen.classList.remove("current", "stepping");
    screen.style.zoom = "";
  }
  for (const row of all(".here")) row.classList.remove("here");
  stage.screens = null;
  root.classList.remove("presenting");
  find(".stage-foot").hidden = true;
  if (document.fullscreenElement) document.exitFullscreen();
  page.scrollIntoView();
}

const rowsOf = (screen) => (screen.closest("#p30") ? all(".beside tbody tr", screen) : []);

function move(by) {
  const screen = stage.screens[stage.index];
  const below = screen.scrollHeight - screen.clientHeight - screen.scrollTop;
  if (!rowsOf(screen).length && (by > 0 ? below : screen.scrollTop) > 4) {
    screen.scrollBy({ top: by * 0.8 * screen.clientHeight, behavior: "instant" });
    return;  // what is too long for the screen is read to its end first
  }
  const rows = rowsOf(stage.screens[stage.index]);
  if (rows.length && stage.row + by >= -1 && stage.row + by < rows.length) {
    stage.row += by;
  } else {
    const next = Math.max(0, Math.min(stage.screens.length - 1, stage.index + by));
    if (next === stage.index) return;
    jump(next);
    if (by > 0) return;
    stage.row = rowsOf(stage.screens[next]).length - 1;
  }
  arrive();
}

function jump(index) {
  stage.index = index;
  stage.row = -1;
  arrive();
}

function arrive() {
  const screen = stage.screens[stage.index];
  const page = screen.closest("[data-page]");
  const screens = stage.screens.filter((one) => one.closest("[data-page]") === page);
  for (const one of stage.screens) one.classList.toggle("current", one === screen);
  const rows = rowsOf(screen);
  screen.classList.toggle("stepping", stage.row >= 0);
  rows.forEach((row, i) => row.classList.toggle("here", i === stage.row));
  const row = rows[stage.row];
  find("#now").replaceChildren(...(row ? all(".assigned span", row).map((one) => one.cloneNode(true)) : []));
  find("#place").textContent = `${page.dataset.page} · ${screens.indexOf(screen) + 1}/${screens.length}`;
  history.replaceState(null, "", `#${page.id}`);
  if (stage.row < 0) {
    screen.scrollTop = 0;
    fit();
  }
  row?.scrollIntoView({ block: "nearest" });
}

// The largest type with which the screen needs no scrolling, within what can be read from the back.
function fit() {
  const screen = stage.screens[stage.index];
  const usual = parseFloat(getComputedStyle(root).fontSize);
  let low = Math.max(14, innerWidth / 100) / usual, high = Math.max(18, innerWidth / 48) / usual;
  for (let i = 0; i < 7; i++) {
    const zoom = (low + high) / 2;
    screen.style.zoom = zoom;
    const fits = screen.scrollHeight <= screen.clientHeight && screen.scrollWidth <= screen.clientWidth;
    if (fits) low = zoom; else high = zoom;
  }
  screen.style.zoom = low;
}

find("#present").onclick = enter;
find("#leave").onclick = leave;
addEventListener("resize", () => stage.screens && fit());
document.addEventListener("fullscreenchange", () => { if (!document.fullscreenElement) leave(); });
document.addEventListener("keydown", (event) => {
  if (!stage.screens || event.altKey || event.ctrlKey || event.metaKey) return;
  const key = event.key === " " && event.shiftKey ? "Shift+Space" : event.key;
  const dragging = event.target.matches("input");
  const control = event.target.closest("a, button, input, summary");  // Space and Enter press it
  const forward = ["PageDown", ...(dragging ? [] : ["ArrowRight", "ArrowDown"]), ...(control ? [] : [" ", "Enter"])];
  const back = ["PageUp", ...(dragging ? [] : ["ArrowLeft", "ArrowUp"]), ...(control ? [] : ["Shift+Space"])];
  if (forward.includes(key)) move(1);
  else if (back.includes(key)) move(-1);
  else if (key === "Home" && !dragging) jump(0);
  else if (key === "End" && !dragging) jump(stage.screens.length - 1);
  else if (key === "Escape") leave();
  else return;
  event.preventDefault();
});

// --- print: everything is shown
let closed = [];
addEventListener("beforeprint", () => {
  closed = all("details.slide:not([open])");
  for (const one of closed) one.open = true;
});
addEventListener("afterprint", () => { for (const one of closed) one.open = false; });

show();
follow();
