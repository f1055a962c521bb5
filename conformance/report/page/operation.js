// The page of one operation: what is in the details, which are read when the first page is opened.
let details = null;

/** A docstring: paragraphs, indented or interactive blocks as they stand, ``code``. */
function prose(text) {
  const lines = text.split("\n"), margins = lines.slice(1).filter(line => line.trim()).map(line => line.search(/\S/));
  const margin = Math.min(...margins, 40);
  const blocks = lines.map((line, i) => i ? line.slice(margin) : line).join("\n").trim().split(/\n\s*\n/);
  return blocks.map(block => /^(>>>|\s)/.test(block) ? h("pre", {tabindex: 0}, block) : /^[-*] /.test(block)
    ? h("ul", null, block.split(/\n(?=[-*] )/).map(item => h("li", null, inline(item.slice(2))))) : h("p", null, inline(block)));
}
function inline(text) {
  const plain = text.replace(/:\w+:`~?([^`]*)`/g, "``$1``").replace(/\s*\n\s*/g, " ");
  return plain.split(/(``[^`]+``)/).map(part => part.startsWith("``") ? h("code", null, part.slice(2, -2)) : part);
}

// -- plots --------------------------------------------------------------------------------------

const SVG = "http://www.w3.org/2000/svg";
function s(tag, attributes, text) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  if (text !== undefined) node.textContent = text;
  return node;
}
const short = count => count >= 1e6 ? (count / 1e6).toPrecision(2) + "M" : count >= 1e3 ? Number((count / 1e3).toPrecision(2)) + "k" : String(count);

/** How many results have which error: a backend's filled, torch's outlined; heights are logarithms, so that one bad result is seen. */
function distribution(own, torch, buckets, unit, allowed, label) {
  const width = 400, base = 128, top = 16, step = width / buckets.length, most = Math.log10(1 + Math.max(...own, ...torch));
  const plot = s("svg", {viewBox: `0 0 ${width} 158`, role: "img", "aria-label": label});
  plot.append(s("line", {class: "axis", x1: 0, x2: width, y1: base + 0.5, y2: base + 0.5}));
  buckets.forEach((bucket, i) => {
    [[own[i], "own", 0], [torch[i], "torch", 1]].forEach(([count, name, side]) => {
      if (!count) return;
      const size = Math.max(2, (base - top) * Math.log10(1 + count) / most), wide = step / 2 - 4, x = i * step + 3 + side * (wide + 2);
      plot.append(s("rect", {class: name, x, y: base - size, width: wide, height: size}));
      plot.append(s("text", {x: x + wide / 2, y: base - size - 4, "text-anchor": "middle"}, short(count)));
    });
    const name = bucket === "0" ? "0" : bucket === "more" ? "more" : bucket === "nan" ? "NaN" : "≤ " + number(Number(bucket));
    plot.append(s("text", {x: i * step + step / 2, y: base + 14, "text-anchor": "middle", style: "font-size:9.5px"}, name));
  });
  plot.append(s("text", {x: 0, y: 156}, unit));
  if (allowed !== null) {
    const place = step * buckets.filter(bucket => Number(bucket) <= allowed).length;
    plot.append(s("line", {class: "limit", x1: place, x2: place, y1: 2, y2: base}));
    plot.append(s("text", {class: "limit", x: place + 4, y: 10}, "outside the contract"));
  }
  return plot;
}

/** The plots of all backends in one measure: ulps, or units of the contract. */
function figures(found, own, torch, buckets, unit, allowed) {
  const none = buckets.map(() => 0);
  return found.map((detail, i) => {
    if (!detail || !(detail[own] || detail[torch])) return null;
    const mine = detail[own] || none, told = mine.map((count, k) => count ? `${count} at ${buckets[k]}` : "").filter(Boolean).join(", ");
    const label = `${unit}, ${data.backends[i]}: ${told || "none measured"}`;
    return h("figure", null, h("figcaption", null, data.backends[i]), distribution(mine, detail[torch] || none, buckets, unit, allowed, label));
  }).filter(Boolean);
}

function plots(operation, found) {
  const {contract} = operation, bounded = /^(accumulated|conditioned)/.test(contract);
  const allowed = contract === "exact" ? 0 : contract.startsWith("ulps(") ? parseFloat(contract.slice(5)) : null;
  const inUnits = bounded ? figures(found, "units", "torchUnits", data.unitBuckets, "error in units of what the contract allows", 1) : [];
  const inUlps = figures(found, "histogram", "torch", data.buckets, "error in ulps", allowed);
  const same = found.map((detail, i) => !detail || detail.histogram || detail.torch || !operation.cells[i][4] ? null
    : h("li", null, `${data.backends[i]}: ${plural(operation.cells[i][4], "element")} compared, bit for bit as torch’s.`)).filter(Boolean);
  if (!inUlps.length && !same.length) return null;
  const key = h("div", {class: "key"}, h("span", null, h("i", {class: "own"}), "the backend"),
    h("span", null, h("i", {class: "torch"}), "torch on the same inputs"), h("span", null, "heights are logarithms"));
  const all = [h("h2", null, "Distribution of errors"), inUlps.length ? key : null, inUnits.length ? h("div", {class: "plots"}, inUnits) : null];
  if (inUlps.length && bounded) all.push(h("details", null, h("summary", null, "The same in ulps, which cancellation makes large"),
    h("div", {class: "plots"}, inUlps)));
  else if (inUlps.length) all.push(h("div", {class: "plots"}, inUlps));
  return [...all, same.length ? h("ul", {class: "list soft"}, same) : null];
}

// -- tables -------------------------------------------------------------------------------------

const present = operation => operation.cells.map((cell, i) => cell ? i : -1).filter(i => i >= 0);

/** A backend's name, which may be broken after a colon, a dot or an underscore. */
const breakable = name => name.split(/(?<=[:._])/).flatMap((part, i) => i ? [h("wbr"), part] : [part]);
const headRow = (heads, numbersFrom) =>
  h("thead", null, h("tr", null, heads.map((head, i) => h("th", {scope: "col", class: i >= numbersFrom ? "n" : null}, breakable(head)))));

function table(title, caption, heads, rows) {
  if (!rows.length) return null;
  const lines = rows.map(([name, ...cells]) => h("tr", null, h("th", {scope: "row"}, name), cells.map(cell => h("td", {class: "n"}, cell))));
  return h("div", null, h("h3", null, title), h("p", {class: "soft"}, caption),
    h("div", {class: "scroll", tabindex: 0, role: "region", "aria-label": title}, h("table", null, headRow(heads, 1), h("tbody", null, lines))));
}

function scores(operation, found) {
  const heads = ["backend", "verdict", "examples", "elements", "unsupported", "worst error", "torch’s own", "seconds"];
  const rows = present(operation).map(i => {
    const [status, units, torch, examples, compared, unsupported] = operation.cells[i], follows = operation.cells[i][10];
    const values = [number(examples), number(compared), number(unsupported), error(units), error(torch), number(found[i].seconds)];
    const from = follows ? h("small", null, " follows from ", h("a", {href: "#op/" + encodeURIComponent(follows)}, follows)) : null;
    return h("tr", null, h("th", {scope: "row"}, data.backends[i]),
      h("td", {class: "nowrap " + STATUS[status]}, glyph(GLYPH[status]), STATUS[status], from),
      values.map((value, k) => h("td", {class: "n", "data-head": heads[k + 2]}, value)));
  });
  return h("div", {class: "scroll"}, h("table", {class: "cards"}, headRow(heads, 2), h("tbody", null, rows)));
}

/** One row for each dtype: the verdict of each backend, and its worst error beside torch's. */
function dtypeTable(operation, found) {
  const columns = present(operation);
  const rows = data.dtypes.map((dtype, k) => {
    const cells = columns.map(i => {
      const code = operation.cells[i][9][k], [passed, failed, unsupported] = found[i].drawn?.[k] || [0, 0, 0], ulps = found[i].ulps?.[dtype];
      if (code === "-") return h("td", {class: "n absent"}, "·");
      const counts = `${number(passed)} passed, ${number(failed)} failed, ${number(unsupported)} unsupported`;
      const told = code === "u" ? "" : code === "f" ? ` ${number(failed)} of ${number(passed + failed)}` : ulps ? " " + error(ulps) : "";
      return h("td", {class: `n ${STATUS[VERDICTS[code]]}`, title: counts}, glyph(GLYPH[VERDICTS[code]]),
        h("span", {class: "only-read"}, STATUS[VERDICTS[code]]), h("span", {class: "value"}, told));
    });
    if (columns.every(i => operation.cells[i][9][k] === "-")) return null;
    const torch = Math.max(...columns.map(i => found[i].torchUlps?.[dtype] ?? 0));
    return h("tr", null, h("th", {scope: "row"}, dtype), cells, h("td", {class: "n"}, torch ? error(torch) : ""));
  }).filter(Boolean);
  if (!rows.length) return null;
  const heads = ["dtype", ...columns.map(i => data.backends[i]), "torch"];
  const note = "By the dtype of the first tensor: ✓ and the worst error in ulps if there is one; ✗ and how many examples failed; – unsupported.";
  return [h("h2", null, "Dtype by dtype"), h("p", {class: "soft"}, note),
    h("div", {class: "scroll snug", tabindex: 0, role: "region", "aria-label": "Dtype by dtype"},
      h("table", {class: "verdicts"}, headRow(heads, 1), h("tbody", null, rows)))];
}

function tables(operation, found) {
  const columns = present(operation), heads = columns.map(i => data.backends[i]);
  const keys = field => [...new Set(columns.flatMap(i => Object.keys(found[i][field] || {})))].sort();
  const never = (i, name) => (found[i].never || []).includes(name), drawn = (i, k) => found[i].classes?.[k] || 0;
  const classes = data.classes.map((name, k) => [name, k]).filter(([name, k]) => columns.some(i => drawn(i, k) || never(i, name)));
  const checks = (i, k) => {
    const [checked, failed] = [number(operation.cells[i][7][k]), operation.cells[i][8].includes(k)];
    return failed ? h("span", {class: "failed"}, "✗ " + checked) : checked;
  };
  const checked = data.properties.map((name, k) => [name, k]).filter(([, k]) => columns.some(i => operation.cells[i][7][k] || operation.cells[i][8].includes(k)));
  return h("div", {class: "tables", style: `--least: ${7 + 6 * columns.length}rem`},
    table("Input classes drawn", "Examples of each.", ["class", ...heads],
      classes.map(([name, k]) => [name, ...columns.map(i => never(i, name) ? h("span", {class: "gap"}, "never") : number(drawn(i, k)))])),
    table("Checks", "How often each property was looked at.", ["property", ...heads],
      checked.map(([name, k]) => [name, ...columns.map(i => checks(i, k))])),
    table("Not supported", "Examples that needed what the backend does not have.", ["what", ...heads],
      keys("missing").map(what => [what, ...columns.map(i => number(found[i].missing?.[what] ?? 0))])));
}

// -- failures -----------------------------------------------------------------------------------

/** The same failure of several backends is told once: property, rule, what was expected and what came are the same. */
function alike(found) {
  const groups = new Map();
  found.forEach((detail, i) => (detail?.failures || []).forEach(failure => {
    const key = JSON.stringify([failure.property, failure.rule, failure.form, failure.expected, failure.got]);
    if (!groups.has(key)) groups.set(key, []);
    groups.get(key).push({...failure, backend: data.backends[i]});
  }));
  return [...groups.values()];
}

/** Where the worst element is, and how far off: in ulps, and in units of what the contract allows. */
function factsOf(failure) {
  const {element, ulps, units} = failure.details;
  return [
    failure.dtype, element !== undefined ? "worst element " + element : "", ulps ? error(ulps) + (ulps === 1 ? " ulp" : " ulps") : "",
    units !== undefined ? error(units) + " times what is allowed" : failure.property === "values" && failure.rule.startsWith("exact") ? "must be equal" : "",
    failure.form === "function" ? "" : "called as " + failure.form,
  ].filter(Boolean).join(" · ");
}

/** A failure in ten lines; its script and the command that repeats it. */
function failureOf(failures, operation, marked, place, alone) {
  const failure = failures.find(each => each.id === marked) || failures[0], open = alone || failure.id === marked;
  const address = id => `#op/${encodeURIComponent(operation)}/${id}`;
  const links = failures.flatMap(({backend, id}) => [" ", h("a", {href: address(id), title: "Link to failure " + id}, backend)]);
  const where = data.directory ? " --report-dir '" + data.directory.replaceAll("'", "'\\''") + "'" : "";
  const commands = failures.map(each => "python -m conformance repro " + each.id + where + (failures.length > 1 ? "  # " + each.backend : ""));
  const line = (name, ...value) => value[0] ? [h("dt", null, name), h("dd", null, value)] : [];
  const follows = failure.follows ? [h("a", {href: "#op/" + encodeURIComponent(failure.follows)}, failure.follows), ", which fails in the same way"] : [""];
  return h("article", {class: "failure" + (failure.id === marked ? " marked" : ""), "data-failure": failures.map(each => each.id).join(" ")},
    h("header", null, h("h3", null, h("b", null, failure.property), " on", links)),
    h("dl", null, line("rule", failure.rule), line("page", place), line("input", failure.input), line("expected", failure.expected),
      line("got", h("span", {class: "failed"}, failure.got)), line("where", factsOf(failure)), line("worst", failure.worst), line("shown", failure.shown), line("classes", failure.classes.join(", ")),
      line("follows", ...follows)),
    h("details", {open}, h("summary", null, "Script"), code(failure.script.trim(), `the script for ${failure.backend}`)),
    code(commands.join("\n"), "the command"));
}

function gaps(found) {
  return found.flatMap((detail, i) => !detail ? [] : [
    detail.never ? h("p", {class: "failed"}, `${data.backends[i]}: these classes apply and were never drawn: ${detail.never.join(", ")}.`) : null,
    detail.nothing ? h("p", {class: "failed"}, `${data.backends[i]}: values were checked and no element was compared.`) : null,
  ].filter(Boolean));
}

function notes(found) {
  const of = (field, text, show) => {
    const told = found.map((detail, i) => detail?.[field] ? `${data.backends[i]} ${show(detail[field])}` : "").filter(Boolean);
    return told.length ? h("li", null, `${text}: ${told.join(", ")}.`) : null;
  };
  const listed = known => Object.entries(known).map(([name, count]) => `${name} (${number(count)})`).join(", ");
  const items = [
    of("raised", "Examples in which torch raises an error", number), of("findings", "Examples in which torch is outside the contract", number),
    of("known", "Known differences that occurred", listed), of("layout", "Results with other bits, within the contract, in another layout", number),
  ].filter(Boolean);
  return items.length ? [h("h3", null, "Notes"), h("ul", {class: "list"}, items)] : [];
}

// -- the page -----------------------------------------------------------------------------------

function neighbour(operation, step) {
  const at = state.rows.indexOf(operation), other = at < 0 ? undefined : state.rows[at + step];
  if (!other) return null;
  const name = h("span", {class: "wide-only"}, step < 0 ? " " + other.name : other.name + " ");
  const attributes = {href: "#op/" + encodeURIComponent(other.name), rel: step < 0 ? "prev" : "next", "aria-label": other.name};
  return h("a", attributes, step < 0 ? ["←", name] : [name, "→"]);
}

function showOperation(page, name, failureId) {
  details ??= JSON.parse(byId("details").textContent);
  const operation = byName.get(name);
  const back = h("a", {href: matrixAddress(), onclick: event => { event.preventDefault(); closePage(); }}, "← All operations");
  if (!operation) {
    page.replaceChildren(h("nav", {class: "crumbs"}, back), h("h1", {tabindex: -1}, name), h("p", null, "This report has no such operation."));
    return;
  }
  const [rule, words, place, found] = details[name];
  const groups = alike(found), failures = groups.map(group => failureOf(group, name, failureId, place, groups.length === 1));
  const title = h("h1", {tabindex: -1}, name);
  page.replaceChildren(
    h("nav", {class: "crumbs", "aria-label": "Operations"}, back, h("span", null, neighbour(operation, -1), neighbour(operation, 1))),
    title, h("p", {class: "soft"}, operation.family, " · contract ", h("code", null, operation.contract)),
    h("div", {class: "columns"},
      h("aside", {class: "rule"}, h("h2", null, "Rule"), rule ? prose(rule) : h("p", {class: "soft"}, "The specification has no page for it."),
        h("h3", null, "Contract"), h("p", null, words.startsWith(operation.contract) ? null : [h("code", null, operation.contract), words ? ": " : ""], words, "."),
        place ? [h("h3", null, "Page"), h("p", null, h("code", null, place))] : null),
      h("div", null, h("h2", null, "Verdict"), scores(operation, found),
        h("p", {class: "soft"}, "Errors in units of what the contract allows: up to 1 is allowed."), gaps(found),
        failures.length ? h("h2", null, plural(failures.length, "failure")) : null, failures,
        dtypeTable(operation, found), plots(operation, found), h("h2", null, "What was drawn"), tables(operation, found), notes(found))));
  document.title = name + " · conformance";
  const marked = page.querySelector(".marked");
  scrollTo({top: 0, behavior: "instant"});
  if (marked) marked.scrollIntoView({block: "center"});
  title.focus({preventScroll: true});
}
