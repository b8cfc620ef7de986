// Shows openapi.json: every operation by tag, with its parameters, body and answers.

const main = document.querySelector("#operations");
const api = await (await fetch("/openapi.json")).json();

function element(name, text, ...children) {
  const made = document.createElement(name);
  made.textContent = text;
  made.append(...children);
  return made;
}

function resolve(schema) {
  const path = schema?.$ref;
  if (!path) return schema;
  return path.slice(2).split("/").reduce((at, key) => at?.[key], api);
}

/** A schema in one short text; names of schemas stay names below the first level. */
function shown(schema, depth = 0) {
  if (!schema) return "";
  if (schema.$ref && depth > 0) return schema.$ref.split("/").at(-1);
  const found = resolve(schema);
  if (!found) return "any";
  const parts = found.oneOf ?? found.anyOf ?? found.allOf;
  if (parts) return parts.map((part) => shown(part, depth + 1)).join(found.allOf ? " & " : " | ");
  if (found.enum) return found.enum.map((value) => JSON.stringify(value)).join(" | ");
  if (found.type === "array") return `${shown(found.items, depth + 1)}[]`;
  if (found.properties && depth < 2) {
    const required = new Set(found.required ?? []);
    const pad = "  ".repeat(depth + 1);
    const lines = Object.entries(found.properties).map(
      ([name, value]) => `${pad}${name}${required.has(name) ? "" : "?"}: ${shown(value, depth + 1)}`,
    );
    return `{\n${lines.join("\n")}\n${"  ".repeat(depth)}}`;
  }
  return [found.type ?? "any"].flat().join(" | ");
}

function operation(method, path, it) {
  const summary = element("summary", "", element("code", `${method.toUpperCase()} ${path}`), element("span", it.summary ?? ""));
  const details = element("details", "", summary);
  if (it.description) details.append(element("p", it.description));
  for (const parameter of it.parameters ?? []) {
    details.append(element("p", `${parameter.in} ${parameter.name}: ${parameter.description ?? ""}`));
  }
  for (const [type, body] of Object.entries(it.requestBody?.content ?? {})) {
    details.append(element("h3", `Body · ${type}`), element("pre", shown(body.schema)));
  }
  for (const [status, answer] of Object.entries(it.responses ?? {})) {
    details.append(element("h3", `${status} ${resolve(answer)?.description ?? ""}`));
    for (const [type, body] of Object.entries(resolve(answer)?.content ?? {})) {
      details.append(element("pre", `${type}\n${shown(body.schema)}`));
    }
  }
  return details;
}

const tags = new Map();
for (const [path, methods] of Object.entries(api.paths)) {
  for (const [method, it] of Object.entries(methods)) {
    const tag = it.tags?.[0] ?? "other";
    if (!tags.has(tag)) tags.set(tag, element("section", "", element("h2", tag)));
    tags.get(tag).append(operation(method, path, it));
  }
}
main.append(...tags.values());
main.removeAttribute("aria-busy");
