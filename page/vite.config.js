import { defineConfig } from "vite";

// One script and one stylesheet, put into the Python package; Python puts them into each page.
export default defineConfig({
  build: {
    outDir: "../src/unisono/viewing/page",
    emptyOutDir: false,
    target: "es2022",
    cssCodeSplit: false,
    chunkSizeWarningLimit: 1500,
    rollupOptions: {
      input: "src/main.ts",
      output: {
        format: "iife",
        entryFileNames: "timeline.js",
        assetFileNames: "timeline[extname]",
      },
    },
  },
});
