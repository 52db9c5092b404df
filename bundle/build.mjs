// npm ci && npm run build: writes the script and the licences of what is in it where the pages take them from.
import {createHash} from "node:crypto";
import {existsSync, readFileSync, readdirSync, writeFileSync} from "node:fs";
import {build} from "esbuild";

const target = process.argv[2] ?? "../src/warrantor/web/static";
const {dependencies} = JSON.parse(readFileSync("package.json", "utf8"));
const source = createHash("sha256");
for (const file of ["chart.js", "package-lock.json"]) source.update(readFileSync(file));
const banner = `/* ${Object.entries(dependencies).map((pair) => pair.join(" ")).join(", ")}; made from ${source.digest("hex")}; licences in chart.LICENSE */`;
const made = await build({
  entryPoints: ["chart.js"], bundle: true, minify: true, format: "iife", target: "es2022", metafile: true,
  legalComments: "none", banner: {js: banner}, outfile: `${target}/chart.js`});
const packages = new Set(Object.keys(made.metafile.inputs).map((path) => /^(node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1]).filter(Boolean));
const texts = [...packages].sort().map((folder) => {
  const {name, version, license} = JSON.parse(readFileSync(`${folder}/package.json`, "utf8"));
  const file = readdirSync(folder).find((one) => /^licen[cs]e/i.test(one));
  if (!file || !existsSync(`${folder}/${file}`)) throw new Error(`${name} has no licence text`);
  return `${name} ${version} (${license})\n\n${readFileSync(`${folder}/${file}`, "utf8").trim()}\n`;
});
// Nothing of the pages names another host, not even in words that nobody follows.
const named = [["https://vega.github.io/schema/vega/v6.json", "vega v6"], ["https://github.com/vega/vega-lite/issues/2415", "vega-lite issue 2415"]];
let script = readFileSync(`${target}/chart.js`, "utf8");
for (const [address, words] of named) {
  if (!script.includes(address)) throw new Error(`${address} is no longer in the script: look what is`);
  script = script.replaceAll(address, words);
}
writeFileSync(`${target}/chart.js`, script);
writeFileSync(`${target}/chart.LICENSE`, texts.join(`\n${"-".repeat(80)}\n\n`));
console.log(`${packages.size} packages, ${made.metafile.outputs[`${target}/chart.js`].bytes} bytes`);
