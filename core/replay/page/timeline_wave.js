// The timeline page: the outline of a sound at every zoom. Pure; the reader of core/replay/wave_peaks.hpp.
//
//   level 0   low high | low high | low high | low high     as recorded: one pair a bucket
//   level 1   low high            | low high                each pair covers `fold` of the level below
const fold = 4;

class Wave {
  /** `bytes`: int8 low, high, ...; `bucket`: samples a pair; `samples`: all of them once decoded, for the closest view. */
  constructor(bytes, bucket) {
    this.bucket = bucket;
    this.samples = null;
    const count = bytes.length >> 1, signed = new Int8Array(bytes.buffer, bytes.byteOffset, bytes.length);
    const low = new Int8Array(count), high = new Int8Array(count);
    for (let i = 0; i < count; i++) { low[i] = signed[2 * i]; high[i] = signed[2 * i + 1]; }
    this.levels = [{ low, high, samples: bucket }];
    while (this.levels[this.levels.length - 1].low.length > 2048) this.levels.push(this.coarser());
  }
  coarser() {
    const below = this.levels[this.levels.length - 1], count = Math.ceil(below.low.length / fold);
    const low = new Int8Array(count), high = new Int8Array(count);
    for (let i = 0; i < count; i++) {
      let min = 127, max = -128;
      for (let k = i * fold; k < Math.min(below.low.length, (i + 1) * fold); k++) {
        if (below.low[k] < min) min = below.low[k];
        if (below.high[k] > max) max = below.high[k];
      }
      low[i] = min; high[i] = max;
    }
    return { low, high, samples: below.samples * fold };
  }
  /** Lowest and highest value, -1..1, between two samples (not whole); null outside. Puts them into `out`. */
  range(first, last, out) {
    if (this.samples && last - first < this.bucket) return this.exactRange(first, last, out);
    let level = this.levels[0];
    for (const one of this.levels) if (one.samples <= last - first) level = one;
    const from = Math.max(0, Math.floor(first / level.samples));
    const to = Math.min(level.low.length - 1, Math.floor(last / level.samples));
    if (to < from || last < 0) return false;
    let min = 127, max = -128;
    for (let i = from; i <= to; i++) {
      if (level.low[i] < min) min = level.low[i];
      if (level.high[i] > max) max = level.high[i];
    }
    out.min = min / 127; out.max = max / 127;
    return true;
  }
  exactRange(first, last, out) {
    const from = Math.max(0, Math.floor(first)), to = Math.min(this.samples.length - 1, Math.floor(last));
    if (to < from) return false;
    let min = 1, max = -1;
    for (let i = from; i <= to; i++) {
      if (this.samples[i] < min) min = this.samples[i];
      if (this.samples[i] > max) max = this.samples[i];
    }
    out.min = min; out.max = max;
    return true;
  }
  /** Samples as -1..1 of the loudest, like the pairs. */
  setSamples(samples, loudest) {
    const scale = 32768 / Math.max(1, loudest);
    this.samples = samples.map((value) => value * scale);
  }
}
