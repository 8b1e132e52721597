// A sound card made of a clock: an ALSA plugin that paces a PCM by a timerfd, for tests on machines without sound.
//
//   pcm.NAME { type phalarope_paced  source "counter" | "silence" | FILE.raw   sink FILE.raw   unplug FILE }
//
//   hardware position = time since start x 16 000; a reader or writer that falls a whole buffer behind gets EPIPE,
//   as from a card: real waits, real overruns, real underruns.
//
// Source "counter": the sample at hardware frame n since the plugin's first start is n mod 32768, also across restarts,
// so a test reads from the samples themselves how many frames a gap has lost. While the file `unplug` exists the card
// is gone: running streams fail and opening answers ENODEV. Fault model: a late program, and a pulled cable.
// Not simulated: drift, DMA bursts, short transfers. One thread per stream, as ALSA's plugin interface has it.
#include <alsa/asoundlib.h>
#include <alsa/pcm_external.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <memory>
#include <string>
#include <vector>

namespace {

constexpr std::int64_t rate_hz = 16'000;
constexpr std::int64_t ns_per_s = 1'000'000'000;

std::int64_t now_ns() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::int64_t>(now.tv_sec) * ns_per_s + now.tv_nsec;
}

struct PacedPcm {
  snd_pcm_ioplug_t io{};
  std::string source = "silence";
  std::string sink;
  std::string unplug;
  std::vector<std::int16_t> samples;  // of a source file
  std::FILE* sink_file = nullptr;
  int timer = -1;
  std::int64_t first_start_ns = -1;
  std::int64_t start_ns = 0;
  std::int64_t start_frame = 0;  // hardware frames since the first start, when this run began
  std::int64_t transferred = 0;  // by the program, in this run
  std::int64_t prefilled = 0;    // written before the start
  bool running = false;

  ~PacedPcm() {
    if (sink_file != nullptr) std::fclose(sink_file);
    if (timer >= 0) ::close(timer);
  }
  bool unplugged() const { return !unplug.empty() && ::access(unplug.c_str(), F_OK) == 0; }
  std::int64_t elapsed() const { return running ? (now_ns() - start_ns) * rate_hz / ns_per_s : 0; }
  std::int16_t sample_at(std::int64_t frame) const {
    if (source == "counter") return static_cast<std::int16_t>(frame & 0x7fff);
    return frame < static_cast<std::int64_t>(samples.size()) ? samples[static_cast<std::size_t>(frame)]
                                                             : std::int16_t{0};
  }
};

PacedPcm& self(snd_pcm_ioplug_t* io) { return *static_cast<PacedPcm*>(io->private_data); }

int paced_start(snd_pcm_ioplug_t* io) {
  PacedPcm& pcm = self(io);
  if (pcm.unplugged()) return -ENODEV;
  pcm.start_ns = now_ns();
  if (pcm.first_start_ns < 0) pcm.first_start_ns = pcm.start_ns;
  pcm.start_frame = (pcm.start_ns - pcm.first_start_ns) * rate_hz / ns_per_s;
  pcm.running = true;
  const auto period_ns = static_cast<long>(static_cast<std::int64_t>(io->period_size) * ns_per_s / rate_hz);
  const itimerspec every{.it_interval = {0, period_ns}, .it_value = {0, period_ns}};
  return ::timerfd_settime(pcm.timer, 0, &every, nullptr) == 0 ? 0 : -errno;
}

int paced_stop(snd_pcm_ioplug_t* io) {
  PacedPcm& pcm = self(io);
  pcm.running = false;
  const itimerspec never{};
  return ::timerfd_settime(pcm.timer, 0, &never, nullptr) == 0 ? 0 : -errno;
}

int paced_prepare(snd_pcm_ioplug_t* io) {
  PacedPcm& pcm = self(io);
  if (pcm.unplugged()) return -ENODEV;
  pcm.transferred = 0;
  pcm.running = false;
  return 0;
}

snd_pcm_sframes_t paced_pointer(snd_pcm_ioplug_t* io) {
  PacedPcm& pcm = self(io);
  if (pcm.unplugged()) return -ENODEV;
  const std::int64_t elapsed = pcm.elapsed();
  const auto buffer = static_cast<std::int64_t>(io->buffer_size);
  const bool behind =
      io->stream == SND_PCM_STREAM_CAPTURE ? elapsed - pcm.transferred > buffer : elapsed > pcm.transferred;
  if (pcm.running && behind) return -EPIPE;
  return static_cast<snd_pcm_sframes_t>(elapsed % buffer);
}

snd_pcm_sframes_t paced_transfer(snd_pcm_ioplug_t* io, const snd_pcm_channel_area_t* areas, snd_pcm_uframes_t offset,
                                 snd_pcm_uframes_t size) {
  PacedPcm& pcm = self(io);
  auto* const first = static_cast<std::int16_t*>(areas->addr) + areas->first / 16 + offset * (areas->step / 16);
  const std::size_t step = areas->step / 16;
  for (snd_pcm_uframes_t i = 0; i < size; ++i) {
    const auto frame = pcm.transferred + static_cast<std::int64_t>(i);
    if (io->stream == SND_PCM_STREAM_CAPTURE) {
      first[i * step] = pcm.sample_at(pcm.start_frame + frame);
    } else if (pcm.sink_file != nullptr) {
      std::fwrite(&first[i * step], sizeof(std::int16_t), 1, pcm.sink_file);
    }
  }
  pcm.transferred += static_cast<std::int64_t>(size);
  return static_cast<snd_pcm_sframes_t>(size);
}

int paced_poll_revents(snd_pcm_ioplug_t* io, struct pollfd* descriptors, unsigned, unsigned short* revents) {
  std::uint64_t ticks = 0;
  // A read that finds no tick is fine: somebody else's wake-up.
  [[maybe_unused]] const ssize_t got = ::read(descriptors[0].fd, &ticks, sizeof ticks);
  const bool tick = (descriptors[0].revents & POLLIN) != 0;
  *revents = static_cast<unsigned short>(!tick ? 0 : io->stream == SND_PCM_STREAM_CAPTURE ? POLLIN : POLLOUT);
  return 0;
}

int paced_close(snd_pcm_ioplug_t* io) {
  delete &self(io);
  return 0;
}

constexpr snd_pcm_ioplug_callback_t make_callbacks() {
  snd_pcm_ioplug_callback_t calls{};
  calls.start = paced_start;
  calls.stop = paced_stop;
  calls.pointer = paced_pointer;
  calls.transfer = paced_transfer;
  calls.close = paced_close;
  calls.prepare = paced_prepare;
  calls.poll_revents = paced_poll_revents;
  return calls;
}
const snd_pcm_ioplug_callback_t callbacks = make_callbacks();

int set_constraints(snd_pcm_ioplug_t* io) {
  const unsigned accesses[] = {SND_PCM_ACCESS_RW_INTERLEAVED, SND_PCM_ACCESS_MMAP_INTERLEAVED};
  const unsigned formats[] = {SND_PCM_FORMAT_S16_LE};
  int error = snd_pcm_ioplug_set_param_list(io, SND_PCM_IOPLUG_HW_ACCESS, 2, accesses);
  if (error >= 0) error = snd_pcm_ioplug_set_param_list(io, SND_PCM_IOPLUG_HW_FORMAT, 1, formats);
  if (error >= 0) error = snd_pcm_ioplug_set_param_minmax(io, SND_PCM_IOPLUG_HW_CHANNELS, 1, 1);
  if (error >= 0) error = snd_pcm_ioplug_set_param_minmax(io, SND_PCM_IOPLUG_HW_RATE, rate_hz, rate_hz);
  if (error >= 0) error = snd_pcm_ioplug_set_param_minmax(io, SND_PCM_IOPLUG_HW_PERIOD_BYTES, 128, 4096);
  if (error >= 0) error = snd_pcm_ioplug_set_param_minmax(io, SND_PCM_IOPLUG_HW_PERIODS, 2, 16);
  return error;
}

int read_settings(snd_config_t* config, PacedPcm& pcm) {
  snd_config_iterator_t at;
  snd_config_iterator_t next;
  snd_config_for_each(at, next, config) {
    snd_config_t* const entry = snd_config_iterator_entry(at);
    const char* id = nullptr;
    const char* text = nullptr;
    if (snd_config_get_id(entry, &id) < 0) continue;
    const std::string name = id;
    if (name == "type" || name == "comment" || name == "hint") continue;
    if (snd_config_get_string(entry, &text) < 0) return -EINVAL;
    if (name == "source") {
      pcm.source = text;
    } else if (name == "sink") {
      pcm.sink = text;
    } else if (name == "unplug") {
      pcm.unplug = text;
    } else {
      SNDERR("phalarope_paced: unknown field %s", id);
      return -EINVAL;
    }
  }
  return 0;
}

void load_source(PacedPcm& pcm) {
  if (pcm.source == "counter" || pcm.source == "silence") return;
  std::FILE* const file = std::fopen(pcm.source.c_str(), "rb");
  if (file == nullptr) return;
  std::int16_t block[4096];
  for (std::size_t got = 0; (got = std::fread(block, 2, std::size(block), file)) > 0;) {
    pcm.samples.insert(pcm.samples.end(), block, block + got);
  }
  std::fclose(file);
}

}  // namespace

extern "C" {
// The names are ALSA's: SND_PCM_PLUGIN_DEFINE_FUNC and SND_PCM_PLUGIN_SYMBOL make the entry point it looks up.
SND_PCM_PLUGIN_DEFINE_FUNC(phalarope_paced) {
  (void)root;
  auto pcm = std::make_unique<PacedPcm>();
  if (const int error = read_settings(conf, *pcm); error < 0) return error;
  if (pcm->unplugged()) return -ENODEV;
  pcm->timer = ::timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
  if (pcm->timer < 0) return -errno;
  if (stream == SND_PCM_STREAM_CAPTURE) load_source(*pcm);
  if (stream == SND_PCM_STREAM_PLAYBACK && !pcm->sink.empty()) pcm->sink_file = std::fopen(pcm->sink.c_str(), "wb");
  pcm->io.version = SND_PCM_IOPLUG_VERSION;
  pcm->io.name = "a sound card made of a clock";
  pcm->io.callback = &callbacks;
  pcm->io.private_data = pcm.get();
  pcm->io.poll_fd = pcm->timer;
  pcm->io.poll_events = POLLIN;
  pcm->io.mmap_rw = 0;
  if (const int error = snd_pcm_ioplug_create(&pcm->io, name, stream, mode); error < 0) return error;
  PacedPcm* const owned_by_alsa = pcm.release();
  if (const int error = set_constraints(&owned_by_alsa->io); error < 0) {
    snd_pcm_ioplug_delete(&owned_by_alsa->io);  // calls paced_close()
    return error;
  }
  *pcmp = owned_by_alsa->io.pcm;
  return 0;
}
SND_PCM_PLUGIN_SYMBOL(phalarope_paced);
}
