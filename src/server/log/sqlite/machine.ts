/** File systems over a network, by the type that statfs of Linux answers: they cannot share the memory that WAL needs. */
const NETWORK: Record<string, string> = {
  '6969': 'NFS',
  '517b': 'SMB',
  fe534d42: 'SMB',
  ff534d42: 'CIFS',
  '1021997': '9p',
  '5346414f': 'AFS',
  c36400: 'Ceph',
  bd00bd0: 'Lustre',
  '47504653': 'GPFS',
}

function builtin(name: string): any {
  return (globalThis as any).process?.getBuiltinModule?.(name)
}

/** The kind of the network file system that a file is on; `undefined` for a local or unknown one. */
export function networkOf(file: string): string | undefined {
  try {
    return NETWORK[(builtin('fs').statfsSync(file).type >>> 0).toString(16)]
  } catch {
    return undefined
  }
}

/** An identifier of this boot of the machine: the kernel's id, else the boot time in seconds, else ''. */
export function bootId(): string {
  try {
    return builtin('fs').readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
  } catch {}
  try {
    return `${Math.round(Date.now() / 1000 - builtin('os').uptime())}`
  } catch {
    return ''
  }
}

/** Measured boot times differ by some seconds. An id and a time, or '', cannot be compared and count as the same boot. */
export function isSameBoot(before: string, now: string): boolean {
  const [one, other] = [Number(before), Number(now)]
  if (before === now || before === '' || now === '' || Number.isNaN(one) !== Number.isNaN(other)) return true
  return Math.abs(one - other) < 30
}
