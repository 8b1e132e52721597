#include "hal/speech/speak_clip.hpp"

#include <cstring>
#include <map>

namespace phalarope::hal {
namespace {

/// Keeps the frames of one sentence and throws everything else away.
class Collector final : public NodeContext {
 public:
  explicit Collector(std::string_view text) { payloads_[text_handle.slot] = {text.begin(), text.end()}; }

  bool emit(const Event& result) override {
    if (result.kind == EventKind::synthesis_frame) {
      const auto bytes = payload(result.payload);
      const std::size_t before = samples.size();
      samples.resize(before + bytes.size() / sizeof(std::int16_t));
      std::memcpy(samples.data() + before, bytes.data(), bytes.size());
    }
    if (result.payload.present()) payloads_.erase(result.payload.slot);
    return true;
  }
  std::optional<PayloadHandle> put_payload(std::span<const std::byte> bytes) override {
    const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    payloads_[next_slot_] = {text.begin(), text.end()};
    return PayloadHandle{
        .generation = 1, .length_bytes = static_cast<std::uint32_t>(bytes.size()), .slot = next_slot_++, .pool = 1};
  }
  std::span<const std::byte> payload(const PayloadHandle& handle) const override {
    const auto found = payloads_.find(handle.slot);
    if (found == payloads_.end()) return {};
    return std::as_bytes(std::span(found->second));
  }
  bool cancelled() const override { return false; }

  PayloadHandle handle() const {
    PayloadHandle made = text_handle;
    made.length_bytes = static_cast<std::uint32_t>(payloads_.at(text_handle.slot).size());
    return made;
  }
  std::vector<std::int16_t> samples;

 private:
  static constexpr PayloadHandle text_handle{.generation = 1, .length_bytes = 0, .slot = 0, .pool = 1};
  std::map<std::uint16_t, std::vector<char>> payloads_;
  std::uint16_t next_slot_ = 1;
};

}  // namespace

std::vector<std::int16_t> speak_clip(std::string_view text, FliteVoice voice) {
  SynthesiserNode node({.voice = voice});
  if (node.init()) return {};
  Collector collector(text);
  Event credit{};
  credit.kind = EventKind::command_node_credit;
  credit.ticket = 1;
  credit.argument_a = answer_buffer_samples_max / synthesis_frame_samples;
  node.handle(credit, collector);
  Event sentence{};
  sentence.kind = EventKind::command_synthesise;
  sentence.ticket = 1;
  sentence.payload = collector.handle();
  node.handle(sentence, collector);
  return std::move(collector.samples);
}

}  // namespace phalarope::hal
