import { Playground } from './playground.ts'

new Playground(document.querySelector<HTMLElement>('.playground')!)
