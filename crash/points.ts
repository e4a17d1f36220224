/** Which system calls a run at system calls fails, and in which order. */
import { seededChance } from '../simulators/time.ts'
import { FAULTS, type Point, SYSTEM_CALLS, type SystemCall } from './tracer.ts'

/** Every call dies; every write and every sync fails in both ways as well. A sync does not run out of space. */
export function pointsOf(calls: ReadonlyMap<SystemCall, number>): Point[] {
  return FAULTS.flatMap((fault) =>
    SYSTEM_CALLS.filter((call) => fault !== 'ENOSPC' || call.includes('write')).flatMap((call) =>
      Array.from({ length: calls.get(call) ?? 0 }, (_, index) => ({ call, number: index + 1, fault })),
    ),
  )
}

/** About `count` of them, evenly spread over each kind of fault at each kind of call, and of each kind at least three. */
export function sampleOf(points: readonly Point[], count: number): Point[] {
  const kinds = Object.values(Object.groupBy(points, ({ call, fault }) => `${fault} ${call}`))
  return kinds.flatMap((kind = []) => {
    const share = Math.min(kind.length, Math.max(3, Math.round((kind.length / points.length) * count)))
    return Array.from(
      { length: share },
      (_, index) => kind[Math.floor(((index + 0.5) * kind.length) / share)] as Point,
    )
  })
}

/** The same way every time: a run that is out of time has not left out one kind of point. */
export function shuffled(points: readonly Point[]): Point[] {
  const chance = seededChance(1)
  return points
    .map((point) => ({ point, place: chance.fraction() }))
    .sort((a, b) => a.place - b.place)
    .map(({ point }) => point)
}
