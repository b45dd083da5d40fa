// typescript-eslint's strictest rules, as a project of a user has them.
import tseslint from 'typescript-eslint'

export default tseslint.config(
  tseslint.configs.strictTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      // How a snippet is written, not how the package is typed: short arrows, numbers in texts, names that are only shown, stand-ins
      // for what a page or an environment has.
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      // An interface gives the type of a map a short name: docs/event-map.md.
      '@typescript-eslint/no-empty-object-type': ['error', { allowInterfaces: 'with-single-extends' }],
      '@typescript-eslint/no-unused-vars': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/require-await': 'off',
    },
  },
  {
    // The declarations of MCP's SDK do not compile with exactOptionalPropertyTypes, which the rule does not take into account.
    files: ['docs_recipes_mcp_md/*.ts'],
    rules: { '@typescript-eslint/no-unnecessary-type-assertion': 'off' },
  },
)
