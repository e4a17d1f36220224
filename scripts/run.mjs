// Every npm script goes through here, on whatever Node ≥ 20 the machine has: it installs what the lock
// file names when that has not been done, then runs the given program on the Node that the lock file pins.
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, statSync, utimesSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const modules = join(root, 'node_modules')

/** Names of the packages that hold a Node binary for this machine. */
function runtimePackages() {
  const platform = process.platform === 'win32' ? 'win' : process.platform
  return [`node-${platform}-${process.arch}`, `node-bin-${platform}-${process.arch}`]
}

/** npm's own record of what is installed; a lock file younger than that is not installed yet. */
const record = join(modules, '.package-lock.json')

function isInstalled() {
  return existsSync(record) && statSync(record).mtimeMs >= statSync(join(root, 'package-lock.json')).mtimeMs
}

function installWhenStale() {
  if (isInstalled()) return
  console.error('Installing the packages named in package-lock.json …')
  const npm = process.env.npm_execpath
  const [command, ...prefix] = npm ? [process.execPath, npm] : ['npm']
  // `ci` empties node_modules first, which would pull the floor from under whatever runs beside; only a clone has none.
  const install = existsSync(record) ? ['install', '--no-save'] : ['ci']
  const result = spawnSync(
    command,
    [...prefix, ...install, '--include=dev', '--include=optional', '--no-audit', '--no-fund'],
    {
      cwd: root,
      stdio: ['ignore', 2, 2],
      shell: !npm && process.platform === 'win32',
    },
  )
  if (result.status !== 0) {
    console.error(
      'npm could not install; see its words above. Check the network or the npm registry setting, then run again.',
    )
    process.exit(result.status ?? 1)
  }
  // npm leaves its record untouched where nothing had changed.
  const now = new Date()
  utimesSync(record, now, now)
}

function runtime() {
  for (const name of runtimePackages()) {
    for (const file of ['bin/node', 'bin/node.exe']) {
      const path = join(modules, name, file)
      if (existsSync(path)) return path
    }
  }
  if (Number(process.versions.node.split('.')[0]) >= 26) return process.execPath
  console.error(
    `No pinned Node for ${process.platform}-${process.arch} is installed and this one is ${process.version}; Node 26 is needed.\n` +
      'Remedy: install Node 26 on this machine, or run on linux-x64, linux-arm64, win-x64, darwin-x64 or darwin-arm64.',
  )
  process.exit(1)
}

/**
 * Where Node keeps what it has compiled, and stripped of types, for the next start: a third of the hub's start is saved.
 * Node goes without where the folder cannot be written. https://nodejs.org/api/module.html#module-compile-cache
 */
const compiled = process.env.NODE_COMPILE_CACHE ?? join(modules, '.cache', 'compiled')

installWhenStale()
const child = spawn(runtime(), process.argv.slice(2), {
  stdio: 'inherit',
  env: { ...process.env, NODE_COMPILE_CACHE: compiled },
})

/**
 * Ctrl-C goes to everybody at the terminal, the program among them, and npm repeats it: what the program has, or has had a
 * moment ago, is not passed on, since a second signal may break off what the first one began. This process ends when it ends.
 */
const isAtTerminal = [process.stdin, process.stdout, process.stderr].some(({ isTTY }) => isTTY)
const REPEATED_WITHIN_MS = 1_000
/** By signal. */
const passedOnMs = new Map()

function passOn(signal) {
  const nowMs = performance.now()
  if (
    (signal === 'SIGINT' && isAtTerminal) ||
    nowMs - (passedOnMs.get(signal) ?? Number.NEGATIVE_INFINITY) < REPEATED_WITHIN_MS
  )
    return
  passedOnMs.set(signal, nowMs)
  child.kill(signal)
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => passOn(signal))
child.on('exit', (code, signal) => {
  process.exitCode = code ?? (signal === 'SIGTERM' || signal === 'SIGINT' ? 0 : 1)
})
