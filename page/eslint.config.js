import tseslint from "typescript-eslint";

export default tseslint.config(
  ...tseslint.configs.strictTypeChecked.map((config) => ({ ...config, files: ["src/**/*.ts", "studio/**/*.ts"] })),
  {
    files: ["src/**/*.ts", "studio/**/*.ts"],
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      complexity: ["error", 12],
      "max-lines": ["error", 400],
      "max-lines-per-function": ["error", 80],
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
    },
  },
);
