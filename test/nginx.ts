import { type ChildProcess, spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

const TEMPORARY = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']

/** Starts an nginx in the foreground that keeps its files in a folder; `http` has the lines of its block of that name. */
export function spawnNginx(folder: string, http: string): ChildProcess {
  const config = join(folder, 'nginx.conf')
  writeFileSync(
    config,
    `daemon off; master_process off; pid ${folder}/pid; error_log stderr error;
events {}
http {
  access_log off;
  ${TEMPORARY.map((name) => `${name}_temp_path ${folder}/${name};`).join(' ')}
  ${http}
}
`,
  )
  return spawn('nginx', ['-p', folder, '-c', config, '-e', 'stderr'], { stdio: 'pipe' })
}
