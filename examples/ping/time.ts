/** Formats a time as RFC 3339 in Tokyo's time zone, or in UTC where the runtime does not know that zone. */
export function timeInTokyo(date: Date = new Date()): string {
  try {
    return `${date.toLocaleString('sv', { timeZone: 'Asia/Tokyo' }).replace(' ', 'T')}+09:00`
  } catch {
    return date.toISOString()
  }
}
