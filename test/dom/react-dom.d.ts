// As much of react-dom's types as the tests use.
declare module 'react-dom/client' {
  export function createRoot(container: Element): {
    render(element: import('react').ReactNode): void
    unmount(): void
  }
}
