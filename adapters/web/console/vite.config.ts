// The build: one small bundle the hub serves itself, under a strict content security policy.
import { defineConfig } from "vite";

const hub = process.env["CITYWATCH_HUB"] ?? "http://127.0.0.1:8080";

export default defineConfig({
  base: "/",
  build: {
    outDir: process.env["CITYWATCH_STATIC"] ?? "../static",
    emptyOutDir: true,
    target: "es2022",
    // The policy is `default-src 'self'`: nothing may become a data: URI.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    sourcemap: false,
    chunkSizeWarningLimit: 300,
  },
  server: {
    host: "127.0.0.1",
    proxy: { "/api": { target: hub, ws: true }, "/healthz": hub },
  },
});
