// Seals what was built: compresses the script, so that no search of the repository meets it, and
// writes which sources it belongs to: SHA-256 over the sorted source files, each as path, a zero
// byte, its text, and another zero byte. A test of the Python package computes the same.
import { createHash } from "node:crypto";
import { readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

const root = new URL("..", import.meta.url).pathname;
const PAGES = [
  { name: "timeline", room: "viewing", folders: ["src"], config: "vite.config.js" },
  { name: "studio", room: "studio", folders: ["src", "studio"], config: "vite.studio.config.js" },
];
for (const { name, room, folders, config } of PAGES) {
  const built = join(root, "../src/unisono", room, "page");
  writeFileSync(join(built, `${name}.js.gz`), gzipSync(readFileSync(join(built, `${name}.js`)), { level: 9 }));
  rmSync(join(built, `${name}.js`));
  const sources = folders.flatMap((folder) => readdirSync(join(root, folder)).map((file) => `${folder}/${file}`));
  const hash = createHash("sha256");
  for (const file of [...sources, "package-lock.json", "package.json", config].sort()) {
    hash.update(file).update("\0").update(readFileSync(join(root, file))).update("\0");
  }
  writeFileSync(join(built, `${name}.json`), `${JSON.stringify({ sources: hash.digest("hex") })}\n`);
}
