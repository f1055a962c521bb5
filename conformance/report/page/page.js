// The matrix of operations, its filters, and the addresses of the page:
//   #op/NAME[/FAILURE]   the page of an operation (operation.js)
//   #status=failed&...   the matrix, filtered
//   #training, ...       a section
const started = performance.now();
const byId = id => document.getElementById(id);
const data = JSON.parse(byId("index").textContent);
const STATUS = ["passed", "failed", "unsupported"], GLYPH = ["✓", "✗", "–"], PAGE = 100;
const FILTERS = ["search", "family", "property", "dtype", "backend", "status"];
const VERDICTS = {p: 0, f: 1, u: 2};

/** An element with attributes and children; on… attributes are listeners. */
function h(tag, attributes, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value !== undefined && value !== null && value !== false) node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat(Infinity).filter(child => child !== null && child !== undefined && child !== false && child !== ""));
  return node;
}

const grouped = new Intl.NumberFormat("en");
/** A count in groups of three digits; any other number with two or three digits that matter. */
function number(value) {
  if (value === undefined || value === null) return "";
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-3 || size >= 1e9)) return value.toExponential(1).replace("e+", "e");
  return Number.isInteger(value) ? grouped.format(value) : String(Number(value.toPrecision(2)));
}
/** An error: two digits that matter, 3.2e6 where it is large. */
const error = value => value >= 1e4 ? value.toExponential(1).replace("e+", "e") : number(value);
const plural = (count, one) => `${number(count)} ${one}${count === 1 ? "" : "s"}`;

const operations = data.operations.map(([name, family, contract, cells]) => {
  const present = cells.filter(Boolean);
  const most = i => Math.max(0, ...present.map(cell => cell[i]));
  return {name, family: data.families[family], contract, cells, torch: most(2), examples: present.reduce((sum, cell) => sum + cell[3], 0)};
});
const byName = new Map(operations.map(operation => [operation.name, operation]));

// -- the matrix ---------------------------------------------------------------------------------

const state = {sort: "family", down: false, shown: 0, rows: operations, columns: data.backends.map((_, i) => i), property: -1, dtype: -1};
const body = document.querySelector("#matrix tbody"), head = document.querySelector("#matrix thead tr");

/** The status of a cell: of the operation, of one property of it, or of one dtype. What was never checked has none. */
function statusOf(cell) {
  if (!cell) return -1;
  const {property, dtype} = state, ofDtype = dtype < 0 ? cell[0] : VERDICTS[cell[9][dtype]] ?? -1;
  if (property < 0 || ofDtype === 2 || ofDtype === -1) return ofDtype;
  const ofProperty = cell[8].includes(property) ? 1 : cell[7][property] ? 0 : cell[0] === 2 ? 2 : -1;
  return dtype < 0 || ofProperty !== 1 ? ofProperty : ofDtype;
}

/** Dtypes of which no example could be run, of all that were drawn. */
function dtypesOf(cell) {
  const drawn = [...cell[9]].filter(code => code !== "-");
  return [drawn.filter(code => code === "u").length, drawn.length];
}

const glyph = text => h("span", {class: "glyph", "aria-hidden": "true"}, text);

function cellOf(cell, backend) {
  const status = statusOf(cell);
  if (status < 0) return h("td", {class: "cell absent"}, glyph("·"), h("span", {class: "only-read"}, "not judged"));
  const checks = state.property >= 0 && status === 0, [without, drawn] = dtypesOf(cell);
  const value = status === 2 ? "unsupported" : checks ? plural(cell[7][state.property], "check")
    : status === 1 ? (cell[10] ? "↳ " + cell[10] : cell[6] ? plural(cell[6], "failure") : "gap") : cell[1] ? error(cell[1]) : "";
  const aside = status === 2 || state.dtype >= 0 ? "" : without ? `${drawn - without} of ${drawn} dtypes`
    : status === 0 && !checks && cell[1] > 1 ? "finding" : "";
  const counts = `${plural(cell[3], "example")}, ${plural(cell[4], "element")} compared, ${number(cell[5])} unsupported`;
  const follows = cell[10] ? `; it fails because ${cell[10]} does` : "";
  return h("td", {class: `cell ${STATUS[status]}${cell[10] ? " follows" : ""}`, title: `${backend}: ${STATUS[status]}; ${counts}${follows}`},
    h("span", {class: "whole"}, glyph(GLYPH[status]), h("span", {class: "only-read"}, STATUS[status] + " "), h("span", {class: "value"}, value)),
    aside ? h("span", {class: "aside"}, " " + aside) : null);
}

function rowOf(operation) {
  return h("tr", null,
    h("th", {scope: "row"}, h("a", {href: "#op/" + encodeURIComponent(operation.name)}, operation.name)),
    h("td", {class: "soft wide"}, operation.contract),
    state.columns.map(i => cellOf(operation.cells[i], data.backends[i])),
    h("td", {class: "n wide"}, error(operation.torch)), h("td", {class: "n wide"}, number(operation.examples)));
}

function familyRow(family) {
  const members = state.rows.filter(operation => operation.family === family);
  const failed = members.filter(operation => state.columns.some(i => statusOf(operation.cells[i]) === 1)).length;
  const note = plural(members.length, "operation") + (failed ? `, ${number(failed)} failed` : "");
  return h("tr", {class: "family"}, h("th", {scope: "rowgroup", colspan: 4 + state.columns.length}, family, h("small", null, note)));
}

/** Append the next rows: a page of them at a time, so that a thousand operations open as fast as ten. */
function appendRows() {
  const rows = document.createDocumentFragment(), end = Math.min(state.shown + PAGE, state.rows.length);
  for (let i = state.shown; i < end; i++) {
    const operation = state.rows[i];
    if (state.sort === "family" && (i === 0 || state.rows[i - 1].family !== operation.family)) rows.append(familyRow(operation.family));
    rows.append(rowOf(operation));
  }
  body.append(rows);
  state.shown = end;
  byId("more").hidden = end >= state.rows.length;
  byId("more").textContent = `Show more (${number(state.rows.length - end)} left)`;
}

function columnHead(key, title, className) {
  const sorted = state.sort === key ? (state.down ? "descending" : "ascending") : "none";
  const choose = () => {
    state.down = state.sort === key ? !state.down : key !== "family" && key !== "contract";
    state.sort = key;
    draw();
    head.querySelector(`[data-sort="${key}"]`).focus();
  };
  return h("th", {scope: "col", class: className, "aria-sort": sorted}, h("button", {type: "button", "data-sort": key, onclick: choose}, title));
}

function sortKey(operation) {
  if (state.sort === "contract") return operation.contract;
  if (state.sort === "torch" || state.sort === "examples") return operation[state.sort];
  const cell = operation.cells[Number(state.sort)], status = statusOf(cell);
  return status < 0 ? -1e9 : status === 1 ? (cell[10] ? 1e17 : 1e18) + cell[6] : status === 2 ? -1 : state.property >= 0 ? cell[7][state.property] : cell[1];
}

/** Choose the form of the matrix by the room that it has. */
function fit() {
  const room = byId("main").clientWidth || innerWidth, backends = 115 * state.columns.length;
  byId("matrix").classList.toggle("narrow", room < 540 + backends);
  byId("matrix").classList.toggle("compact", room < 180 + backends);
}

function draw() {
  fit();
  const order = state.down ? -1 : 1, compare = (a, b) => a < b ? -order : a > b ? order : 0;
  const name = (x, y) => x.name < y.name ? -1 : 1;
  if (state.sort === "family") state.rows.sort((x, y) => compare(x.family, y.family) || name(x, y));
  else state.rows.sort((x, y) => compare(sortKey(x), sortKey(y)) || name(x, y));
  head.replaceChildren(columnHead("family", "operation"), columnHead("contract", "contract", "wide"),
    ...state.columns.map(i => columnHead(String(i), data.backends[i], "backend")),
    columnHead("torch", "torch’s own", "n wide"), columnHead("examples", "examples", "n wide"));
  body.replaceChildren();
  state.shown = 0;
  byId("matrix").setAttribute("aria-rowcount", String(state.rows.length + 1));
  byId("nothing").hidden = state.rows.length > 0;
  byId("count").textContent = state.rows.length === operations.length ? plural(operations.length, "operation")
    : `${number(state.rows.length)} of ${plural(operations.length, "operation")}`;
  appendRows();
}

// -- filters ------------------------------------------------------------------------------------

const chosen = () => Object.fromEntries(FILTERS.map(name => [name, byId(name).value.trim()]).filter(pair => pair[1]));

function applyFilters() {
  const wanted = chosen(), words = (wanted.search || "").toLowerCase().split(/\s+/).filter(Boolean);
  state.property = wanted.property ? data.properties.indexOf(wanted.property) : -1;
  state.dtype = wanted.dtype ? data.dtypes.indexOf(wanted.dtype) : -1;
  state.columns = data.backends.map((_, i) => i).filter(i => !wanted.backend || data.backends[i] === wanted.backend);
  if (/^\d+$/.test(state.sort) && !state.columns.includes(Number(state.sort))) Object.assign(state, {sort: "family", down: false});
  const root = wanted.status === "failed by itself", status = root ? 1 : wanted.status ? STATUS.indexOf(wanted.status) : -1;
  state.rows = operations.filter(operation => {
    const text = `${operation.name} ${operation.family} ${operation.contract}`.toLowerCase();
    if (!words.every(word => text.includes(word)) || (wanted.family && operation.family !== wanted.family)) return false;
    const found = state.columns.filter(i => !root || !operation.cells[i]?.[10]).map(i => statusOf(operation.cells[i]));
    return status < 0 ? found.some(each => each >= 0) : found.includes(status);
  });
  byId("clear").hidden = Object.keys(wanted).length === 0;
  draw();
}

/** Write the filters into the address, so that it can be sent to somebody, and apply them. */
function filtersChanged() {
  const address = new URLSearchParams(chosen()).toString();
  history.replaceState(null, "", address ? "#" + address : location.pathname + location.search);
  applyFilters();
}

function readFilters(address) {
  const wanted = new URLSearchParams(address);
  for (const name of FILTERS) byId(name).value = wanted.get(name) || "";
  applyFilters();
}

// -- addresses ----------------------------------------------------------------------------------

const title = document.title;
let left = null; // where the reader was in the matrix when a page was opened

function route() {
  const address = location.hash.slice(1), main = byId("main"), page = byId("page");
  if (address.startsWith("op/")) {
    const [name, failure] = address.slice(3).split("/").map(decodeURIComponent);
    if (!main.hidden) left = {scroll: scrollY, link: document.activeElement?.getAttribute("href")};
    main.hidden = true;
    page.hidden = false;
    showOperation(page, name, failure);
    return;
  }
  const back = !page.hidden;
  document.title = title;
  main.hidden = false;
  page.hidden = true;
  page.replaceChildren();
  if (address.includes("=")) {
    readFilters(address);
    if (!back) byId("operations").scrollIntoView();
  } else if (address) {
    byId(address)?.scrollIntoView();
    return;
  }
  if (back && left) {
    scrollTo({top: left.scroll, behavior: "instant"});
    if (left.link) document.querySelector(`a[href="${CSS.escape(left.link)}"]`)?.focus({preventScroll: true});
    left = null;
  }
}

/** The address of the matrix as it was left. */
const matrixAddress = () => "#" + (new URLSearchParams(chosen()).toString() || "operations");

function closePage() {
  const wanted = matrixAddress();
  history.pushState(null, "", wanted === "#operations" ? location.pathname + location.search : wanted);
  route();
}

// -- keyboard, copying, theme -------------------------------------------------------------------

function moveFocus(step) {
  const links = [...body.querySelectorAll("th a")], at = links.indexOf(document.activeElement);
  if (at < 0) return false;
  if (at + step >= links.length && state.shown < state.rows.length) { appendRows(); return moveFocus(step); }
  (links[at + step] || byId("search")).focus();
  return true;
}

document.addEventListener("keydown", event => {
  const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName), onPage = !byId("page").hidden;
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "/" && !typing) {
    event.preventDefault();
    if (onPage) closePage();
    byId("search").focus();
    byId("search").select();
  } else if (event.key === "Escape" && onPage) closePage();
  else if (event.key === "Escape" && event.target.id === "search") { byId("search").value = ""; filtersChanged(); }
  else if (event.key === "ArrowDown" && event.target.id === "search") { event.preventDefault(); body.querySelector("th a")?.focus(); }
  else if ((event.key === "ArrowDown" || event.key === "ArrowUp") && !typing && !onPage) {
    if (moveFocus(event.key === "ArrowDown" ? 1 : -1)) event.preventDefault();
  } else if (onPage && !typing && (event.key === "ArrowLeft" || event.key === "ArrowRight")) {
    byId("page").querySelector(event.key === "ArrowLeft" ? "a[rel=prev]" : "a[rel=next]")?.click();
  }
});

/** A script or command with a button that copies it. */
const code = (text, what) => h("div", {class: "code"}, h("pre", {tabindex: 0}, text),
  h("button", {type: "button", class: "copy", "aria-label": "Copy " + what}, "Copy"));

document.addEventListener("click", async event => {
  const button = event.target.closest("button.copy");
  if (!button) return;
  const source = button.parentElement.querySelector("pre");
  try {
    await navigator.clipboard.writeText(source.textContent);
    button.textContent = "Copied";
  } catch (error) { // no clipboard here: leave the text selected for the reader's own keys
    getSelection().selectAllChildren(source);
    button.textContent = "Selected";
  }
  setTimeout(() => { button.textContent = "Copy"; }, 1500);
});

const THEMES = ["auto", "light", "dark"];
function setTheme(theme) {
  if (theme === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  byId("theme").replaceChildren(h("span", {"aria-hidden": "true"}, "◐ "), h("span", {class: "wide-only"}, theme));
  byId("theme").setAttribute("aria-label", `Theme: ${theme}`);
}
function stored(theme) { // a page from a file may have no storage
  try {
    if (theme) localStorage.setItem("conformance-theme", theme);
    return localStorage.getItem("conformance-theme") || "auto";
  } catch (error) { return theme || "auto"; }
}
let theme = THEMES.includes(stored()) ? stored() : "auto";
setTheme(theme);
byId("theme").addEventListener("click", () => { theme = THEMES[(THEMES.indexOf(theme) + 1) % 3]; stored(theme); setTheme(theme); });

// -- start --------------------------------------------------------------------------------------

const CHOICES = [["family", data.families], ["property", data.properties], ["dtype", data.dtypes], ["backend", data.backends]];
for (const [id, values] of CHOICES)
  for (const value of values) byId(id).append(h("option", null, value));
for (const name of FILTERS) byId(name).addEventListener("input", filtersChanged);
byId("filters").addEventListener("submit", event => event.preventDefault());
byId("clear").addEventListener("click", () => { for (const name of FILTERS) byId(name).value = ""; filtersChanged(); byId("search").focus(); });
byId("more").addEventListener("click", appendRows);
const near = entries => { if (entries.some(entry => entry.isIntersecting)) appendRows(); };
new IntersectionObserver(near, {rootMargin: "0px 0px 800px 0px"}).observe(byId("more"));
addEventListener("hashchange", route);
addEventListener("resize", fit);
applyFilters();
route();
document.documentElement.dataset.ready = String(Math.round(performance.now() - started));
