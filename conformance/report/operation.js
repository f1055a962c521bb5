// The page of one operation: what is in the details, which are read when the first page is opened.
const CONTRACTS = {
  exact: () => "Bit for bit. Any NaN matches any NaN; zeros keep their sign.",
  ulps: k => `At most ${plural(Number(k), "representable step")} from the correctly rounded result (one more in float64, where the `
    + "reference has been rounded itself).",
  accumulated: c => `At most ${c === "1" ? "" : c + " × "}n × u × (the operation on absolute values), plus one rounding, `
    + "where n is the number of terms and u the unit roundoff.",
};
let details = null;

function contractText(contract) {
  const [, kind, parameter] = /^(\w+)(?:\(([^)]*)\))?/.exec(contract) || [];
  return CONTRACTS[kind] ? CONTRACTS[kind](parameter) : "";
}

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

/** How many results are how many ulps off: a backend's filled, torch's outlined; heights are logarithms, so that one bad result is seen. */
function distribution(own, torch, contract, label) {
  const width = 400, base = 128, top = 16, step = width / data.buckets.length, most = Math.log10(1 + Math.max(...own, ...torch));
  const plot = s("svg", {viewBox: `0 0 ${width} 158`, role: "img", "aria-label": label});
  plot.append(s("line", {class: "axis", x1: 0, x2: width, y1: base + 0.5, y2: base + 0.5}));
  data.buckets.forEach((bucket, i) => {
    [[own[i], "own", 0], [torch[i], "torch", 1]].forEach(([count, name, side]) => {
      if (!count) return;
      const size = Math.max(2, (base - top) * Math.log10(1 + count) / most), wide = step / 2 - 4, x = i * step + 3 + side * (wide + 2);
      plot.append(s("rect", {class: name, x, y: base - size, width: wide, height: size}));
      plot.append(s("text", {x: x + wide / 2, y: base - size - 4, "text-anchor": "middle"}, short(count)));
    });
    const name = bucket === "0" ? "0" : bucket === "more" ? "more" : bucket === "nan" ? "not finite" : "≤ " + number(Number(bucket));
    plot.append(s("text", {x: i * step + step / 2, y: base + 14, "text-anchor": "middle", style: "font-size:9.5px"}, name));
  });
  plot.append(s("text", {x: 0, y: 156}, "error in ulps"));
  const allowed = contract === "exact" ? 0 : contract.startsWith("ulps(") ? parseFloat(contract.slice(5)) : null;
  if (allowed !== null) {
    const place = step * data.buckets.filter(bucket => Number(bucket) <= allowed).length;
    plot.append(s("line", {class: "limit", x1: place, x2: place, y1: 2, y2: base}));
    plot.append(s("text", {class: "limit", x: place + 4, y: 10}, "outside the contract"));
  }
  return plot;
}

function plots(operation, found) {
  const drawn = [], same = [], none = data.buckets.map(() => 0);
  found.forEach((detail, i) => {
    const name = data.backends[i];
    if (detail && (detail.histogram || detail.torch)) {
      const own = detail.histogram || none, told = own.map((count, k) => count ? `${count} at ${data.buckets[k]}` : "").filter(Boolean).join(", ");
      const label = `Errors of ${name} in ulps: ${told || "none measured"}`;
      drawn.push(h("figure", null, h("figcaption", null, name), distribution(own, detail.torch || none, operation.contract, label)));
    } else if (detail && operation.cells[i][4]) {
      const text = `${name}: ${plural(operation.cells[i][4], "element")} compared, none measured: bit for bit as torch’s, or no floats.`;
      same.push(h("p", {class: "soft"}, text));
    }
  });
  if (!drawn.length && !same.length) return null;
  const key = h("div", {class: "key"}, h("span", null, h("i", {class: "own"}), "the backend"),
    h("span", null, h("i", {class: "torch"}), "torch on the same inputs"), h("span", null, "heights are logarithms"));
  return [h("h2", null, "Distribution of errors"), drawn.length ? [key, h("div", {class: "plots"}, drawn)].flat() : [], same].flat();
}

// -- tables -------------------------------------------------------------------------------------

const present = operation => operation.cells.map((cell, i) => cell ? i : -1).filter(i => i >= 0);

const headRow = (heads, numbersFrom) =>
  h("thead", null, h("tr", null, heads.map((head, i) => h("th", {scope: "col", class: i >= numbersFrom ? "n" : null}, head))));

function table(title, caption, heads, rows) {
  if (!rows.length) return null;
  const lines = rows.map(([name, ...cells]) => h("tr", null, h("th", {scope: "row"}, name), cells.map(cell => h("td", {class: "n"}, cell))));
  return h("div", null, h("h3", null, title), h("p", {class: "soft"}, caption),
    h("div", {class: "scroll", tabindex: 0, role: "region", "aria-label": title}, h("table", null, headRow(heads, 1), h("tbody", null, lines))));
}

function scores(operation, found) {
  const heads = ["backend", "verdict", "examples", "elements", "unsupported", "worst error", "torch’s own", "seconds"];
  const rows = present(operation).map(i => {
    const [status, units, torch, examples, compared, unsupported] = operation.cells[i];
    const values = [number(examples), number(compared), number(unsupported), error(units), error(torch), number(found[i].seconds)];
    return h("tr", null, h("th", {scope: "row"}, data.backends[i]), h("td", {class: STATUS[status]}, glyph(GLYPH[status]), STATUS[status]),
      values.map((value, k) => h("td", {class: "n", "data-head": heads[k + 2]}, value)));
  });
  return h("div", {class: "scroll"}, h("table", {class: "cards"}, headRow(heads, 2), h("tbody", null, rows)));
}

function tables(operation, found) {
  const columns = present(operation), heads = columns.map(i => data.backends[i]);
  const keys = field => [...new Set(columns.flatMap(i => Object.keys(found[i][field] || {})))].sort();
  const dtypes = [...new Set([...keys("ulps"), ...keys("torchUlps")])].sort();
  const torchWorst = dtype => Math.max(...columns.map(i => found[i].torchUlps?.[dtype] ?? 0));
  const never = (i, name) => (found[i].never || []).includes(name), drawn = (i, k) => found[i].classes?.[k] || 0;
  const classes = data.classes.map((name, k) => [name, k]).filter(([name, k]) => columns.some(i => drawn(i, k) || never(i, name)));
  const checks = (i, k) => {
    const [checked, failed] = [number(operation.cells[i][7][k]), operation.cells[i][8].includes(k)];
    return failed ? h("span", {class: "failed"}, "✗ " + checked) : checked;
  };
  return h("div", {class: "tables", style: `--least: ${9 + 8 * columns.length}rem`},
    table("Worst error by dtype", "In ulps of the correctly rounded result.", ["dtype", ...heads, "torch"],
      dtypes.map(dtype => [dtype, ...columns.map(i => error(found[i].ulps?.[dtype])), error(torchWorst(dtype))])),
    table("Checks", "How often each property was looked at.", ["property", ...heads],
      data.properties.map((name, k) => [name, ...columns.map(i => checks(i, k))])),
    table("Input classes drawn", "Examples of each.", ["class", ...heads],
      classes.map(([name, k]) => [name, ...columns.map(i => never(i, name) ? h("span", {class: "gap"}, "never") : number(drawn(i, k)))])),
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

function factsOf(failure) {
  const {dtype, element, ulps, units, reference, ...others} = failure.details;
  return [
    dtype, element !== undefined ? "worst element " + element : "", ulps !== undefined ? error(ulps) + (ulps === 1 ? " ulp" : " ulps") : "",
    units !== undefined ? error(units) + " times what is allowed" : "", reference ? "against " + reference : "",
    ...Object.entries(others).map(([name, value]) => `${name} ${value}`), failure.form === "function" ? "" : "called as " + failure.form,
    failure.classes.length ? "input: " + failure.classes.join(", ") : "",
  ].filter(Boolean);
}

function failureOf(failures, operation, marked) {
  const failure = failures.find(each => each.id === marked) || failures[0], facts = factsOf(failure);
  const address = id => `#op/${encodeURIComponent(operation)}/${id}`;
  const links = failures.flatMap(({backend, id}) => [" ", h("a", {href: address(id), title: "Link to failure " + id}, backend)]);
  const commands = failures.map(each => "python -m conformance repro " + each.id + (failures.length > 1 ? "  # " + each.backend : ""));
  return h("article", {class: "failure" + (failure.id === marked ? " marked" : ""), "data-failure": failures.map(each => each.id).join(" ")},
    h("header", null, h("h3", null, h("b", null, failure.property), ": ", failure.rule), h("small", null, links)),
    h("dl", null, h("dt", null, "expected"), h("dd", null, failure.expected), h("dt", null, "got"), h("dd", null, failure.got)),
    facts.length ? h("p", {class: "soft"}, facts.join(" · ")) : null,
    code(failure.script.trim(), `the script for ${failure.backend}`), code(commands.join("\n"), "the command"));
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
  const [rule, found] = details[name];
  const failures = alike(found).map(group => failureOf(group, name, failureId));
  const title = h("h1", {tabindex: -1}, name);
  page.replaceChildren(
    h("nav", {class: "crumbs", "aria-label": "Operations"}, back, h("span", null, neighbour(operation, -1), neighbour(operation, 1))),
    title, h("p", {class: "soft"}, operation.family, " · contract ", h("code", null, operation.contract)),
    h("div", {class: "columns"},
      h("aside", {class: "rule"}, h("h2", null, "Rule"), rule ? prose(rule) : h("p", {class: "soft"}, "The specification has no page for it."),
        h("h3", null, "Contract"), h("p", null, h("code", null, operation.contract), ". ", contractText(operation.contract))),
      h("div", null, h("h2", null, "Verdict"), scores(operation, found),
        h("p", {class: "soft"}, "Errors in units of what the contract allows: up to 1 is allowed."), gaps(found),
        failures.length ? h("h2", null, plural(failures.length, "failure")) : null, failures,
        plots(operation, found), tables(operation, found), notes(found))));
  document.title = name + " · conformance";
  const marked = page.querySelector(".marked");
  scrollTo({top: 0, behavior: "instant"});
  if (marked) marked.scrollIntoView({block: "center"});
  title.focus({preventScroll: true});
}
