// Any bytes as what a hostile node writes into the shared memory, while the host takes and judges: no take reads beyond
// a slot, a broken ring stays broken, and what is accepted is a result of the node's type about the command in hand,
// with frames in a row from sample 0 and never more of them than were granted (a naive count beside the real one).
//
//   byte 0: type of the node; then operations: 0 publish a result as the SDK would, 1 write one byte anywhere,
//   2 take and judge, 3 the next command
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>

#include "hal/external/result_check.hpp"

namespace {

using namespace phalarope;
using namespace phalarope::hal;

constexpr std::size_t input_bytes_max = 64 * 1024;
constexpr std::uint16_t result_kind_first = static_cast<std::uint16_t>(EventKind::recognition_partial);
constexpr std::uint16_t result_kinds = 8;  // one more than there are

void must(bool condition) {
  if (!condition) std::abort();
}

class Input {
 public:
  Input(const std::uint8_t* data, std::size_t size) : data_(data), size_(size) {}
  bool empty() const { return size_ == 0; }
  std::uint32_t next(int count = 1) {
    std::uint32_t value = 0;
    for (int i = 0; i < count && size_ > 0; ++i, ++data_, --size_) value = value << 8 | *data_;
    return value;
  }

 private:
  const std::uint8_t* data_;
  std::size_t size_;
};

class Hostile {
 public:
  explicit Hostile(NodeType type) : type_(type), check_(type) {
    for (std::uint64_t i = 0; i < PHAL_RESULT_SLOTS; ++i) region_->results[i].number = i + 1 - PHAL_RESULT_SLOTS;
    next_command(1, 0);
  }

  void publish(Input& bytes) {
    phal_slot& slot = region_->results[published_ % PHAL_RESULT_SLOTS];
    slot.type = phal_record_result;
    slot.event = {};
    slot.event.kind = static_cast<std::uint16_t>(result_kind_first + bytes.next() % result_kinds);
    slot.event.ticket = command_.ticket;
    const bool frame = slot.event.kind == static_cast<std::uint16_t>(EventKind::synthesis_frame);
    slot.event.argument_a = static_cast<std::int64_t>(bytes.next(2)) * (frame ? external_frame_samples : 1);
    slot.event.argument_b = frame ? external_frame_samples : bytes.next(2);
    slot.payload_bytes = frame ? external_frame_samples * 2 : bytes.next() % 8;
    std::memset(slot.payload, static_cast<int>(bytes.next()), slot.payload_bytes);
    slot.number = ++published_;
  }
  void write_anywhere(Input& bytes) {
    auto* const memory = reinterpret_cast<std::uint8_t*>(region_.get());
    memory[bytes.next(3) % sizeof(phal_region)] = static_cast<std::uint8_t>(bytes.next());
  }
  void next_command(std::uint64_t ticket, std::int64_t credit) {
    if (ticket != command_.ticket) granted_ = frames_ = 0;
    command_ = {};
    command_.kind = EventKind::command_node_credit;
    command_.ticket = ticket;
    command_.argument_a = credit;
    if (credit > 0) granted_ += credit;
    check_.begin(command_);
  }
  void take() {
    switch (ring_.take(*record_)) {
      case Taken::nothing:
        return;
      case Taken::broken:
        must(ring_.fault() != ExternalFault::none && ring_.take(*record_) == Taken::broken);
        return;
      case Taken::record:
        must(record_->payload().size() <= PHAL_PAYLOAD_BYTES_MAX);
        judge();
    }
  }

 private:
  void judge() {
    const auto result = check_.accept(*record_);
    if (!result) {
      must(result.error() != ExternalFault::none);
      return;
    }
    must(result->ticket == command_.ticket && !result->payload.present() && result->lane == Lane::data);
    const bool voice = result->kind >= EventKind::synthesis_frame;
    const bool answer = result->kind == EventKind::dialogue_sentence || result->kind == EventKind::dialogue_done;
    must(voice ? type_ == NodeType::synthesiser : answer ? type_ == NodeType::dialogue : type_ == NodeType::recogniser);
    if (result->kind != EventKind::synthesis_frame) return;
    must(result->argument_a == frames_ * external_frame_samples);
    ++frames_;
    must(frames_ <= granted_);
  }

  NodeType type_;
  std::unique_ptr<phal_region> region_ = std::make_unique<phal_region>();
  std::unique_ptr<ResultRecord> record_ = std::make_unique<ResultRecord>();
  ResultRing ring_{*region_};
  ResultCheck check_;
  Event command_{};
  std::uint64_t published_ = 0;
  std::int64_t granted_ = 0;
  std::int64_t frames_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > input_bytes_max) return 0;
  constexpr NodeType types[] = {NodeType::recogniser, NodeType::dialogue, NodeType::synthesiser};
  Input bytes(data, size);
  Hostile hostile(types[bytes.next() % 3]);
  while (!bytes.empty()) {
    switch (bytes.next() % 4) {
      case 0:
        hostile.publish(bytes);
        break;
      case 1:
        hostile.write_anywhere(bytes);
        break;
      case 2:
        hostile.take();
        break;
      case 3: {
        const std::uint64_t ticket = 1 + bytes.next() % 4;
        hostile.next_command(ticket, static_cast<std::int8_t>(bytes.next()));
        break;
      }
    }
  }
  return 0;
}
