/** What a receiver does with a message that it may have already: said before a replay, in plain words. */
import type { Names, System } from '../config/topology.ts'
import type { Delivery } from '../contract/store.ts'

export interface DuplicateRisk {
  readonly kind: 'dedupes' | 'queryable' | 'neither' | 'inbox' | 'gone'
  readonly words: Names
}

const WORDS: Readonly<Record<DuplicateRisk['kind'], Names>> = {
  dedupes: {
    zh: '接收方按消息标识去重：已收到的会被识别，不会重复办理。',
    en: 'The receiver drops a message id that it has seen: what it has already is not doubled.',
  },
  queryable: {
    zh: '接收方不去重，只能按业务号查询。重放会再次发送：先查询确认它没有收到，否则会重复。',
    en: 'The receiver does not drop repeats, but can be asked. A replay sends again: ask first whether it has the case, or it will have it twice.',
  },
  neither: {
    zh: '接收方既不去重也不可查询。已收到的消息重放后会重复办理：先与对方人工核对。',
    en: 'The receiver neither drops repeats nor can be asked. What it has already will be doubled: check with its people first.',
  },
  inbox: {
    zh: '由对方到收件箱领取：领取并确认过的会再次出现，消息标识不变，由对方识别。',
    en: 'The receiver collects from its inbox: what it acknowledged appears again, with the same message id.',
  },
  gone: {
    zh: '拓扑中已没有该系统，重放不会有人投递。',
    en: 'The topology has no such system any more: nobody will deliver it.',
  },
}

/** @param system undefined where the topology has it no more */
export function duplicateRisk(system: Pick<System, 'outbound'> | undefined): DuplicateRisk {
  const kind = kindOf(system)
  return { kind, words: WORDS[kind] }
}

function kindOf(system: Pick<System, 'outbound'> | undefined): DuplicateRisk['kind'] {
  if (system === undefined) return 'gone'
  if (system.outbound === undefined) return 'inbox'
  if (system.outbound.dedupes) return 'dedupes'
  return system.outbound.queryable ? 'queryable' : 'neither'
}

/** What a system that was replaced may have received of what is taken from it. */
export interface MovedRisk {
  /** Deliveries that were attempted, with an outcome that does not say "nothing was sent". */
  readonly perhapsReceived: number
  readonly words: Names
}

/** The new system knows the message ids of the hub, not what the old one did: no idempotency key helps between two systems. */
export function movedRisk(moved: readonly Pick<Delivery, 'state' | 'attempts'>[]): MovedRisk {
  const perhapsReceived = moved.filter(
    ({ state, attempts }) => state === 'unknown' || state === 'leased' || attempts > 0,
  ).length
  return {
    perhapsReceived,
    words:
      perhapsReceived === 0
        ? { zh: '旧系统从未收到其中任何一件。', en: 'The old system was never sent any of them.' }
        : {
            zh: `其中 ${perhapsReceived} 件曾向旧系统发送，旧系统可能已收到并在办理。新系统不知情，会再办一次：先与旧系统核对并停止其办理。`,
            en: `${perhapsReceived} of them were sent to the old system, which may have them and work on them. The new system cannot know and will do it again: check with the old one, and stop it, first.`,
          },
  }
}
