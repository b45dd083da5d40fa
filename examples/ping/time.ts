/** The time now in Tokyo as RFC 3339 has it, in UTC where the time zone is unknown. */
export function timeInTokyo(date: Date = new Date()): string {
  try {
    return `${date.toLocaleString('sv', { timeZone: 'Asia/Tokyo' }).replace(' ', 'T')}+09:00`
  } catch {
    return date.toISOString()
  }
}
