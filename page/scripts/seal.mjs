// Seals what was built: compresses the script, so that no search of the repository meets it, and
// writes which sources it belongs to: SHA-256 over the sorted source files, each as path, a zero
// byte, its text, and another zero byte. A test of the Python package computes the same.
import { createHash } from "node:crypto";
import { readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

const root = new URL("..", import.meta.url).pathname;
const built = join(root, "../src/unisono/viewing/page");
writeFileSync(join(built, "timeline.js.gz"), gzipSync(readFileSync(join(built, "timeline.js")), { level: 9 }));
rmSync(join(built, "timeline.js"));
const files = [
  ...readdirSync(join(root, "src")).map((name) => `src/${name}`),
  "package-lock.json",
  "package.json",
  "vite.config.js",
].sort();
const hash = createHash("sha256");
for (const file of files) {
  hash.update(file).update("\0").update(readFileSync(join(root, file))).update("\0");
}
writeFileSync(join(built, "timeline.json"), `${JSON.stringify({ sources: hash.digest("hex") })}\n`);
