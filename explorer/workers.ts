/** Where the editor finds its workers. Loaded before the editor. */
const WORKERS: Record<string, string> = {
  editorWorkerService: 'editor-worker.js',
  json: 'json-worker.js',
  graphql: 'graphql-worker.js',
}

Object.assign(window, {
  MonacoEnvironment: {
    globalAPI: false,
    getWorkerUrl: (_moduleId: string, label: string) => new URL(WORKERS[label] ?? '', import.meta.url).href,
  },
})

export {}
