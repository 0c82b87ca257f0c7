/** Numbers as people read them, the way the text report writes them. */

const UNITS = ["B", "kB", "MB", "GB", "TB", "PB", "EB"];

function threeDigits(value: number): string {
  const magnitude = Math.abs(value);
  if (magnitude < 9.995) return value.toFixed(2);
  return magnitude < 99.95 ? value.toFixed(1) : value.toFixed(0);
}

/** Bytes in units of 1000: `999 B`, `97.3 MB`, `1.20 GB`. */
export function size(amount: number): string {
  if (!Number.isFinite(amount)) return "?";
  if (Math.abs(amount) < 1000) return `${Math.round(amount)} B`;
  let value = amount;
  let digits = "";
  for (const unit of UNITS) {
    digits = unit === "B" ? value.toFixed(0) : threeDigits(value);
    if (Math.abs(Number(digits)) < 1000) return `${digits} ${unit}`;
    value /= 1000;
  }
  return `${digits} EB`;
}

/** The same with its sign, for growth: `+96.1 MB`, `−3 B`, `0 B`. */
export function change(amount: number): string {
  if (amount === 0) return "0 B";
  return (amount > 0 ? "+" : "−") + size(Math.abs(amount));
}

/** A number of things with thousands separators. */
export function count(amount: number): string {
  return Math.round(amount).toLocaleString("en-US");
}

/** A change in a number of things: `+1,200`. */
export function countChange(amount: number): string {
  if (amount === 0) return "0";
  return (amount > 0 ? "+" : "−") + count(Math.abs(amount));
}

/** A share of 1: `46 %`, `0.4 %`, `<0.1 %`. */
export function percent(share: number): string {
  if (!Number.isFinite(share)) return "? %";
  const hundredths = share * 100;
  if (hundredths > 0 && hundredths < 0.1) return "<0.1 %";
  if (hundredths > 0 && hundredths < 0.95) return `${hundredths.toFixed(1)} %`;
  return `${hundredths.toFixed(0)} %`;
}

/** A time span in its two largest units: `3 ms`, `1.2 s`, `4 min 05 s`, `2 h 04 min`. */
export function duration(seconds: number): string {
  if (!Number.isFinite(seconds)) return "?";
  if (seconds <= 0) return "0 s";
  if (seconds < 0.0995) {
    return seconds < 0.0005 ? "<1 ms" : `${Number((seconds * 1000).toPrecision(2))} ms`;
  }
  if (seconds < 0.9995) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 9.95) return `${Number(seconds.toPrecision(2))} s`;
  const whole = Math.round(seconds);
  const two = (part: number): string => String(part).padStart(2, "0");
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${two(whole % 60)} s`;
  if (whole < 86400) return `${Math.floor(whole / 3600)} h ${two(Math.floor((whole % 3600) / 60))} min`;
  return `${count(Math.floor(whole / 86400))} d ${two(Math.floor((whole % 86400) / 3600))} h`;
}

/** The time of day of a moment in Unix seconds, in the reader's own zone. */
export function clock(unix: number, withSeconds = false): string {
  const options: Intl.DateTimeFormatOptions = { hour: "2-digit", minute: "2-digit", hour12: false };
  if (withSeconds) options.second = "2-digit";
  return new Date(unix * 1000).toLocaleTimeString("en-GB", options);
}
