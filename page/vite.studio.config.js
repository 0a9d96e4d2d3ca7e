import { defineConfig } from "vite";

// The studio's script and stylesheet, put into the Python package, which serves them itself.
export default defineConfig({
  build: {
    outDir: "../src/unisono/studio/page",
    emptyOutDir: false,
    target: "es2022",
    cssCodeSplit: false,
    rollupOptions: {
      input: "studio/main.ts",
      output: { format: "iife", entryFileNames: "studio.js", assetFileNames: "studio[extname]" },
    },
  },
});
